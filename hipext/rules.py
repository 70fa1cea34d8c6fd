"""Progression rules as a plan file gives them: values, checked, without behaviour."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from hipext._schema import FileValue
from hipext._units import mass
from hipext.notation import parse_tempo

AddKg = mass(gt=0, le=50)


class OnFail(FileValue):
    """What happens when sets are failed."""

    after: int = Field(default=2, ge=1, le=10)
    """Failed sessions in a row before the load is cut."""
    drop_pct: float = Field(default=10.0, gt=0, lt=100)
    """Cut of the load, in percent."""

    @field_validator("drop_pct")
    @classmethod
    def _is_not_a_fraction(cls, drop_pct: float) -> float:
        if drop_pct < 1:
            raise ValueError(
                f"is a percentage (0-100); got {drop_pct}. "
                f"Write {drop_pct * 100:g} for {drop_pct * 100:g} %."
            )
        return drop_pct


class LoadRule(FileValue):
    """What the rules that add load have in common."""

    add_kg: AddKg | None = None
    """Step of the load per implement, in kg or as "5 lb". Give this or `add_pct`."""
    add_pct: float | None = Field(default=None, gt=0, le=50)
    """Step of the load in percent of the load now. Give this or `add_kg`."""
    on_fail: OnFail | None = None
    """What happens when sets are failed. Without it a failed load is repeated."""

    @field_validator("add_pct")
    @classmethod
    def _is_not_a_fraction(cls, add_pct: float | None) -> float | None:
        if add_pct is not None and add_pct < 0.1:
            raise ValueError(
                f"is a percentage (0-100); got {add_pct}. "
                f"Write {add_pct * 100:g} for {add_pct * 100:g} %."
            )
        return add_pct

    @model_validator(mode="after")
    def _has_one_step(self) -> "LoadRule":
        if self.add_kg is not None and self.add_pct is not None:
            raise ValueError(
                f"give add_kg or add_pct, not both; got add_kg={self.add_kg:g}, "
                f"add_pct={self.add_pct:g}."
            )
        return self

    @property
    def has_step(self) -> bool:
        """Whether a step of the load is given."""
        return self.add_kg is not None or self.add_pct is not None


class Linear(LoadRule):
    """Add load after every so many good sessions."""

    rule: Literal["linear"]
    every_sessions: int = Field(default=1, ge=1, le=20)
    """Good sessions in a row per step."""


class Double(LoadRule):
    """Build repetitions up to the top of the range, then sets, then load."""

    rule: Literal["double"]
    add_reps: int = Field(default=1, ge=1, le=10)
    """Repetitions added per good session."""
    after: int = Field(default=1, ge=1, le=10)
    """Good sessions in a row at the top of the range before the next step."""


class Step(LoadRule):
    """Add load by the week, whatever the number of sessions in it."""

    rule: Literal["step"]
    every_weeks: int = Field(default=1, ge=1, le=12)
    """Good weeks per step; light weeks do not count."""


class Wave(LoadRule):
    """Move through a cycle of percentages by the week, each cycle a little heavier."""

    rule: Literal["wave"]
    pct: tuple[float, ...] = Field(min_length=2, max_length=12)
    """Percent of the 1RM in week 1, 2, ... of a cycle; the first is that of `sets`."""
    reps: tuple[int, ...] = ()
    """Repetitions in week 1, 2, ... of the cycle. Default: those of `sets`."""

    @model_validator(mode="after")
    def _lists_fit(self) -> "Wave":
        if self.reps and len(self.reps) != len(self.pct):
            raise ValueError(
                f"pct and reps must be of one length; got {len(self.pct)} and "
                f"{len(self.reps)}."
            )
        if not all(1 < pct <= 100 for pct in self.pct):
            raise ValueError(
                f"pct are percentages above 1 and up to 100; got {list(self.pct)}. "
                "Write 75 for 75 %."
            )
        if not all(1 <= reps <= 100 for reps in self.reps):
            raise ValueError(f"reps must be 1 to 100; got {list(self.reps)}.")
        return self


class Hold(FileValue):
    """Lengthen a hold up to the top of its range."""

    rule: Literal["hold"]
    add_s: int = Field(default=5, ge=1, le=60)
    """Seconds added per good session."""


class Tempo(FileValue):
    """Move through a list of tempos, each more demanding."""

    rule: Literal["tempo"]
    tempos: tuple[str, ...] = Field(min_length=1, max_length=12)
    """Tempos after the one of the slot, in order."""
    after: int = Field(default=2, ge=1, le=10)
    """Good sessions in a row per step."""

    @field_validator("tempos")
    @classmethod
    def _are_tempos(cls, tempos: tuple[str, ...]) -> tuple[str, ...]:
        for tempo in tempos:
            parse_tempo(tempo)
        return tempos


class NoRule(FileValue):
    """Repeat the same."""

    rule: Literal["none"]


Rule = Annotated[
    Linear | Double | Step | Wave | Hold | Tempo | NoRule, Field(discriminator="rule")
]
RULES = ("linear", "double", "step", "wave", "hold", "tempo", "none")
