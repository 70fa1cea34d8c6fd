"""Progression rules as a plan file gives them: values, checked, without behaviour."""

from dataclasses import dataclass
from functools import cache
from math import floor
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from hipext.engine import progression as steps
from hipext.engine.compiled import as_python_objects
from hipext.files.schema import FileValue, mass
from hipext.files.tables import ACTIONS
from hipext.plans.notation import SetScheme, parse_tempo

AddKg = mass(gt=0, le=50)
RULES = ("linear", "double", "step", "wave", "hold", "tempo", "none")
_CODES = dict(zip(("none", *RULES[:-1]), range(len(RULES)), strict=True))


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


@dataclass(frozen=True, kw_only=True)
class Prescription:
    """What a slot asks for in one session.

    `reps_or_s` is repetitions or seconds; `load_kg` is not rounded yet; `n_successes`
    and `n_failed` count in a row towards the next step or cut; `n_steps` counts the
    steps made.
    """

    n_sets: int
    reps_or_s: int
    load_kg: float
    tempo: str
    n_successes: int = 0
    n_failed: int = 0
    n_steps: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a session went, as a coach could see it."""

    is_success: bool = True  # all sets, at the prescribed load
    is_skipped: bool = False
    is_deload: bool = False
    is_week_end: bool = True  # the last session of this slot in its week


@dataclass(frozen=True)
class Decision:
    """What is asked for next, what kind of decision that is, and the reason."""

    next: Prescription
    action: str
    reason: str


def rounded(load_kg: float, increment_kg: float) -> float:
    """Return the nearest load that the implement can make, halves upwards."""
    if increment_kg <= 0:
        return load_kg
    steps = floor(load_kg / increment_kg + 0.5 + 1e-9)  # 0.7 x 87.5 is not quite 61.25
    return round(steps * increment_kg, 6)


def decide(
    rule: Rule, now: Prescription, outcome: Outcome, *, scheme: SetScheme
) -> Decision:
    """Return what a slot asks for next.

    Parameters
    ----------
    rule : Rule
        A rule of a plan.
    now : Prescription
        What was asked for.
    outcome : Outcome
        How it went.
    scheme : SetScheme
        The ranges within which the rule may move.

    Returns
    -------
    Decision
        With at most one micro-step.
    """
    if outcome.is_skipped:
        return Decision(now, "hold", "the session was missed")
    if outcome.is_deload:
        return Decision(now, "hold", "a deload week does not count")
    numbers = _rule_of_one(rule, scheme)
    asked = steps.Prescription(
        now.n_sets,
        now.reps_or_s,
        now.load_kg,
        now.n_successes,
        now.n_failed,
        now.n_steps,
        0,
    )
    after = steps.after_success if outcome.is_success else steps.after_failure
    will, action, reason = after(numbers, asked, outcome.is_week_end)
    tempo = now.tempo
    if reason == steps.NEXT_TEMPO:
        tempo = rule.tempos[now.n_steps]
    following = Prescription(
        n_sets=will.n_sets,
        reps_or_s=will.reps_or_s,
        load_kg=will.load_kg,
        tempo=tempo,
        n_successes=will.n_successes,
        n_failed=will.n_failed,
        n_steps=will.n_steps,
    )
    n_successes = now.n_successes + 1
    words = reason_words(
        reason, rule, now, following, scheme=scheme, n_successes=n_successes
    )
    return Decision(following, ACTIONS[action], words)


def reason_words(
    reason: int,
    rule: Rule,
    was: Prescription,
    will: Prescription,
    *,
    scheme: SetScheme,
    n_successes: int,
) -> str:
    """Return why a rule decided as it did.

    Parameters
    ----------
    reason : int
        One of the reasons of `engine.progression`.
    rule : Rule
        The rule.
    was, will : Prescription
        What was asked for, and what is asked for next.
    scheme : SetScheme
        The ranges of the slot.
    n_good : int
        Good sessions, or weeks, in a row with this one.
    """
    every = _every(rule)
    unit = " s" if scheme.is_hold else ""
    if reason == steps.FAILED_REPEATEDLY:
        cut = rule.on_fail
        many = f"{cut.after} sessions in a row" if cut.after > 1 else "a session"
        return f"sets were missed in {many}: {cut.drop_pct:g} % less"
    if reason in (steps.STEP_PENDING, steps.STEP_PENDING_AT_TOP):
        thing = "week" if rule.rule == "step" else "session"
        where = " at the top" if reason == steps.STEP_PENDING_AT_TOP else ""
        return f"{n_successes} of {every} good {thing}s in a row{where}"
    if reason in (steps.NEXT_WAVE_WEEK, steps.NEXT_WAVE_CYCLE):
        place = will.n_steps % len(rule.pct)
        words = f"week {place + 1} of the wave: {rule.pct[place]:g} %"
        more = f", and {_step_words(rule)} more than last time"
        return words + (more if reason == steps.NEXT_WAVE_CYCLE else "")
    words = {
        steps.SETS_FAILED: "not all sets were completed",
        steps.CHANGES_WEEKLY: "the load changes by the week",
        steps.MORE_LOAD: "all sets were completed, the step is {step}",
        steps.MORE_REPS_OR_S: "all sets were completed: {will} instead of {was}",
        steps.MORE_SETS: "the top of the range was reached: one more set, "
        "from {low} again",
        steps.MORE_LOAD_FROM_LOW: "the top of the range was reached, the step is "
        "{step}, and it goes on from {low}",
        steps.TOP_REACHED: "the top of the range was reached",
        steps.MORE_LOAD_AFTER_WEEK: "a good week, the step is {step}",
        steps.LONGER_HOLD: "all holds were completed: {will} s instead of {was} s",
        steps.LONGEST_HOLD: "the longest hold was reached",
        steps.NEXT_TEMPO: "tempo {tempo} instead of {was_tempo}",
        steps.LAST_TEMPO: "the last tempo was reached",
        steps.NO_PROGRESSION: "the plan repeats it",
        steps.HARDER_EXERCISE: "the top of the range was mastered, a harder exercise "
        "follows, from {low}{unit} again",
    }
    return words[reason].format(
        step=_step_words(rule),
        was=was.reps_or_s,
        will=will.reps_or_s,
        low=scheme.low,
        tempo=will.tempo,
        was_tempo=was.tempo,
        unit=unit,
    )


def _step_words(rule: Rule) -> str:
    if getattr(rule, "add_kg", None) is not None:
        return f"{rule.add_kg:g} kg"
    return f"{getattr(rule, 'add_pct', None) or 0:g} %"


def rule_record(rule: Rule, scheme: SetScheme, n_ladder_steps: int) -> tuple:
    """Return the values of a `engine.progression.PROGRESSION`, in order."""
    cut = getattr(rule, "on_fail", None)
    pct, reps = getattr(rule, "pct", ()), getattr(rule, "reps", ())
    return (
        _CODES[rule.rule],
        _every(rule),
        getattr(rule, "add_kg", None) or 0.0,
        getattr(rule, "add_pct", None) or 0.0,
        getattr(rule, "add_reps", 0) or getattr(rule, "add_s", 0),
        scheme.low,
        scheme.high,
        scheme.n_sets,
        scheme.n_sets_max,
        cut.after if cut else 0,
        cut.drop_pct if cut else 0.0,
        max(len(pct), 1),
        [*pct, *[0.0] * (steps.MAX_WAVE - len(pct))],
        [*reps, *[0] * (steps.MAX_WAVE - len(reps))],
        len(getattr(rule, "tempos", ())),
        n_ladder_steps,
    )


@cache
def _rule_of_one(rule: Rule, scheme: SetScheme) -> object:
    record = np.array([rule_record(rule, scheme, 1)], dtype=steps.PROGRESSION)
    return as_python_objects(record[0])


def _every(rule: Rule) -> int:
    """Return the good sessions, or weeks, that a step takes."""
    for name in ("every_sessions", "every_weeks", "after"):
        if hasattr(rule, name):
            return getattr(rule, name)
    return 1
