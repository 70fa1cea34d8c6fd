"""Progression rules: their fields in a plan file, their decisions, and the reasons."""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hipext.engine import progression as steps
from hipext.files.checks import InputError, counted
from hipext.files.schema import FileValue, mass
from hipext.files.tables import ACTIONS
from hipext.plans.notation import SetScheme, TempoText

AddKg = mass(gt=0, le=50)
RULES = ("linear", "double", "step", "wave", "hold", "tempo", "none")
_EVERY = {  # the field with the good sessions, or weeks, that a step takes
    "linear": "every_sessions",
    "double": "after",
    "step": "every_weeks",
    "tempo": "after",
}
_CODES = dict(zip(("none", *RULES[:-1]), range(len(RULES)), strict=True))

STEP_REASONS = {  # reasons of `engine.progression`; the fields: see `step_reason`
    steps.MISSED: "the session was missed",
    steps.REDUCED_SESSION: "a reduced session does not count",
    steps.SETS_FAILED: "not all sets were completed",
    steps.FAILED_REPEATEDLY: "not all sets were completed{failed}, {cut}",
    steps.STEP_PENDING: "{waiting}",
    steps.STEP_PENDING_AT_TOP: "{waiting} at the top of the range",
    steps.CHANGES_WEEKLY: "its load changes from week to week",
    steps.MORE_LOAD: "{good}, so {more_load}",
    steps.MORE_REPS_OR_S: "all sets were completed, so each set {longer}",
    steps.MORE_SETS: "the top of the range was reached, so one set is added, "
    "restarting at {low}",
    steps.MORE_LOAD_FROM_LOW: "the top of the range was reached, so {more_load}, "
    "restarting at {low}",
    steps.TOP_REACHED: "the top of the range was reached, and no harder step is "
    "planned",
    steps.MORE_LOAD_AFTER_WEEK: "{good}, so {more_load}",
    steps.NEXT_WAVE_WEEK: "week {week} of the wave prescribes {pct} %",
    steps.NEXT_WAVE_CYCLE: "week {week} of the wave prescribes {pct} %, and {step} "
    "more than in the previous cycle",
    steps.LONGER_HOLD: "all holds were completed, so each hold {longer}",
    steps.LONGEST_HOLD: "the longest hold was reached, and no harder step is planned",
    steps.NEXT_TEMPO: "{good}, so the tempo becomes {tempo}",
    steps.LAST_TEMPO: "the last tempo was reached, and no harder step is planned",
    steps.NO_PROGRESSION: "no progression is planned",
    steps.HARDER_EXERCISE: "the top of the range was mastered, so the harder exercise "
    "follows, starting at {low}",
}


def _no_fraction_below(least_pct: float) -> AfterValidator:
    """Return a check that a percentage is not written as a fraction."""

    def check(pct: float) -> float:
        if pct < least_pct:
            raise InputError(
                f"is a percentage (0-100); got {pct}. "
                f"Write {pct * 100:g} for {pct * 100:g} %."
            )
        return pct

    return AfterValidator(check)


WavePct = Annotated[float, Field(le=100), _no_fraction_below(1.01)]


class OnFail(FileValue):
    """What happens when sets are failed."""

    after: int = Field(default=2, ge=1, le=10)
    """Failed sessions in a row before the load is cut."""
    drop_pct: Annotated[float, _no_fraction_below(1)] = Field(
        default=10.0, gt=0, lt=100
    )
    """Cut of the load, in percent."""


class LoadRule(FileValue):
    """What the rules that add load have in common."""

    add_kg: AddKg | None = None
    """Step of the load per implement, in kg or as "5 lb". Give this or `add_pct`."""
    add_pct: Annotated[float, _no_fraction_below(0.1)] | None = Field(
        default=None, gt=0, le=50
    )
    """Step of the load in percent of the load now. Give this or `add_kg`."""
    on_fail: OnFail | None = None
    """What happens when sets are failed. Without it a failed load is repeated."""

    @model_validator(mode="after")
    def _has_one_step(self) -> "LoadRule":
        if self.add_kg is not None and self.add_pct is not None:
            raise InputError(
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
    """Good weeks per step; deloads do not count."""


class Wave(LoadRule):
    """Move through a cycle of percentages by the week, each cycle a little heavier."""

    rule: Literal["wave"]
    pct: tuple[WavePct, ...] = Field(min_length=2, max_length=12)
    """Percent of the 1RM in week 1, 2, ... of a cycle; the first is that of `sets`."""
    reps: tuple[Annotated[int, Field(ge=1, le=100)], ...] = ()
    """Repetitions in week 1, 2, ... of the cycle. Default: those of `sets`."""

    @model_validator(mode="after")
    def _lists_fit(self) -> "Wave":
        if self.reps and len(self.reps) != len(self.pct):
            raise InputError(
                f"pct and reps must be of one length; got {len(self.pct)} and "
                f"{len(self.reps)}."
            )
        return self


class Hold(FileValue):
    """Lengthen a hold up to the top of its range."""

    rule: Literal["hold"]
    add_s: int = Field(default=5, ge=1, le=60)
    """Seconds added per good session."""


class Tempo(FileValue):
    """Move through a list of tempos, each more demanding."""

    rule: Literal["tempo"]
    after: int = Field(default=2, ge=1, le=10)
    """Good sessions in a row per step."""
    tempos: tuple[TempoText, ...] = Field(min_length=1, max_length=12)
    """Tempos after the one of the slot, in order."""


class NoRule(FileValue):
    """Repeat the same."""

    rule: Literal["none"]


Rule = Annotated[
    Linear | Double | Step | Wave | Hold | Tempo | NoRule, Field(discriminator="rule")
]


@dataclass(frozen=True, kw_only=True)
class Prescription:
    """What a slot prescribes for one session.

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
    """The next prescription, the kind of decision, and the reason."""

    next: Prescription
    action: str
    reason: str


def decide(
    rule: Rule, now: Prescription, outcome: Outcome, *, scheme: SetScheme
) -> Decision:
    """Return what a slot prescribes next, as the day loop does.

    Parameters
    ----------
    rule, now, outcome : Rule, Prescription, Outcome
        A rule of a plan, what was prescribed, and how the session went.
    scheme : SetScheme
        The ranges within which the rule may move.

    Returns
    -------
    Decision
        With at most one micro-step.
    """
    # The day loop knows a tempo by the number of steps, and the place on a ladder.
    values = asdict(now)
    tempo = values.pop("tempo")
    before = steps.Prescription(**values, ladder_step=0)
    if outcome.is_skipped or outcome.is_deload:
        after, action = before, steps.REPEAT
        reason = steps.MISSED if outcome.is_skipped else steps.REDUCED_SESSION
    else:
        step = steps.after_success if outcome.is_success else steps.after_failure
        numbers = _numbers(rule, scheme)
        after, action, reason = step(numbers, before, outcome.is_week_end)
    if reason == steps.NEXT_TEMPO:
        tempo = rule.tempos[now.n_steps]
    values = after._asdict()
    del values["ladder_step"]
    text = step_reason(reason, rule, scheme, before, after)
    return Decision(Prescription(**values, tempo=tempo), ACTIONS[action], text)


def step_reason(
    reason: int,
    rule: Rule,
    scheme: SetScheme,
    before: steps.Prescription,
    after: steps.Prescription,
    *,
    note: str = "",
) -> str:
    """Return why a rule decided as it did; `note` follows a change of the load."""
    every, is_hold = _every(rule), scheme.is_hold
    is_weekly, is_wave = rule.rule == "step", rule.rule == "wave"
    goal = counted(every, "good week" if is_weekly else "good session")
    good = "a good week" if is_weekly else "all sets were completed"
    waiting = f"{after.n_successes:g} of {goal} in a row"
    if after.n_successes < 1:
        # A set was missed earlier in the week, which spoils the whole week.
        this = "this week" if is_weekly else "this session"
        waiting = f"{this} does not count towards {goal}"
    step = failed = ""
    if isinstance(rule, LoadRule):
        step = f"{rule.add_kg:g} kg" if rule.add_kg else f"{rule.add_pct or 0:g} %"
        if rule.on_fail and rule.on_fail.after > 1:
            failed = f" in {rule.on_fail.after} sessions in a row"
    more = after.reps_or_s - before.reps_or_s
    longer = f"is {more:g} s longer"
    if not is_hold:
        longer = f"has {counted(more, 'more repetition')}"
    # Steps of a wave count its weeks, cycle after cycle.
    place = after.n_steps % len(rule.pct) if is_wave else 0
    return STEP_REASONS[reason].format(
        good=f"{goal} in a row" if every > 1 else good,
        waiting=waiting,
        step=step,
        more_load=f"the load increases by {step}{note}",
        longer=longer,
        low=f"{scheme.low} s" if is_hold else counted(scheme.low, "repetition"),
        failed=failed,
        cut=cut_text(before.load_kg, after.load_kg, note=note),
        week=place + 1,
        pct=f"{rule.pct[place]:g}" if is_wave else "",
        tempo=rule.tempos[after.n_steps - 1] if reason == steps.NEXT_TEMPO else "",
    )


def cut_text(before_kg: float, after_kg: float, *, note: str = "") -> str:
    """Return by how much a load is reduced, in words."""
    if not before_kg > 0:
        return "but there is no load to reduce"
    cut_pct = 100 * (1 - after_kg / before_kg)
    return f"so the load is reduced by {cut_pct:.3g} %{note}"


def rule_record(rule: Rule, scheme: SetScheme, n_ladder_steps: int) -> tuple:
    """Return the values of an `engine.state.PROGRESSION`, in order."""
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
def _numbers(rule: Rule, scheme: SetScheme) -> object:
    """Return a rule as the numbers that `engine.progression` reads."""
    # Here, because plans are read without NumPy.
    import numpy as np

    from hipext.engine.compiled import as_python_objects
    from hipext.engine.state import PROGRESSION

    return as_python_objects(
        np.array([rule_record(rule, scheme, 1)], dtype=PROGRESSION)[0]
    )


def _every(rule: Rule) -> int:
    """Return the good sessions, or weeks, that a step takes."""
    return getattr(rule, _EVERY[rule.rule]) if rule.rule in _EVERY else 1
