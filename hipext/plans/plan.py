"""The training plan: phases, sessions, slots, deloads and assessments; its calendar.

A plan holds what its file says, as checked, frozen values. `weeks_of` and
`occasions_of` unroll it into weeks and into sessions by date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from hipext.files.checks import InputError
from hipext.files.evidence import check_sources
from hipext.files.schema import FileValue, Line, Name, Text, mass
from hipext.files.tables import SET_KINDS, WEEKDAYS
from hipext.intensity import MAX_REPS_TO_FAILURE
from hipext.plans.exercises import Exercise, exercise_named
from hipext.plans.notation import SetScheme, TempoText, parse_sets
from hipext.plans.rules import NoRule, Rule

MAX_WEEKS = 104
TESTS = (
    "hip_extension_range",
    "single_leg_bridge",
    "biering_sorensen",
    "strength_check",
    "technique_rating",
)
LADDER_RULES = ("double", "hold")  # progressions that reach a top
_KIND_OF_ROLE = {
    "strength": "work",
    "control": "work",
    "mobility": "mobility",
    "soft_tissue": "recovery",
    "breathing": "recovery",
    "warm_up": "warm_up",
}


def _canonical_exercise(name: str, info: ValidationInfo) -> str:
    return exercise_named(name, info.context["exercises"]).id


def _checked_count(text: str) -> str:
    scheme = parse_sets(text)
    if text != f"{scheme.n_sets}x{scheme.low}":
        raise InputError(
            f"is sets and repetitions alone, such as '3x10'; got {text!r}. The effort "
            "of a deload week follows from load_fraction."
        )
    return text


def _checked_fraction(share: float) -> float:
    if share > 1:
        raise InputError(
            f"is a fraction between 0 and 1; got {share:g}. "
            f"Write {share / 100:g} for {share:g} %."
        )
    return share


def _checked_sources(sources: tuple[str, ...]) -> tuple[str, ...]:
    check_sources(sources, name="the plan")
    return sources


Weekday = Literal[WEEKDAYS]
Weeks = Annotated[tuple[int, ...], Field(max_length=MAX_WEEKS)]
ExerciseId = Annotated[str, AfterValidator(_canonical_exercise)]
SetsText = Annotated[str, AfterValidator(lambda text: str(parse_sets(text)))]
DeloadSets = Annotated[SetsText, AfterValidator(_checked_count)]
Fraction = Annotated[float, AfterValidator(_checked_fraction), Field(ge=0)]
IncrementKg = mass(gt=0, le=20)


class Slot(FileValue):
    """One exercise in a session: sets, effort, tempo, rest and progression."""

    exercise: ExerciseId = Field(examples=['"romanian_deadlift"'])
    """Id or alias of an exercise in the catalogue."""
    sets: SetsText = Field(examples=['"3x8-10 @RIR3"'])
    """Set notation: 3x8, 3x8-10 @RIR3, 2x8/side, 3x10s, 4x6 @75%, 3x8 @RPE7."""
    tempo: TempoText | None = Field(default=None, examples=['"3-1-1-0"'])
    """Seconds: eccentric-pause-concentric-pause. Default: that of the exercise."""
    rest_s: float = Field(default=60.0, ge=0, le=900)
    """Rest after each set, in seconds."""
    kind: Literal[SET_KINDS] | None = None
    """Only 'work' counts as work. Default: by the role of the exercise."""
    group: Line = Field(default="", max_length=20)
    """Slots of one group are done in turn, round by round: a pair or a circuit."""
    side_first: Literal["weaker", "left", "right", "alternate"] | None = None
    """Which side starts in a unilateral exercise. Default: left, by no policy."""
    increment_kg: IncrementKg | None = None
    """Smallest load step in kg or as "5 lb", where that of the exercise differs."""
    progress: Rule = NoRule(rule="none")
    """Progression: how the slot moves on from session to session."""
    ladder: tuple[ExerciseId, ...] = Field(default=(), max_length=5)
    """Harder exercises in turn, once the top of the range is mastered; closed loop."""
    note: Text = ""
    """A cue for the athlete."""

    @property
    def scheme(self) -> SetScheme:
        """What `sets` says."""
        return parse_sets(self.sets)

    @model_validator(mode="after")
    def _fits_the_exercise(self, info: ValidationInfo) -> "Slot":
        exercises = info.context["exercises"]
        of_slot = [*_exercise_problems(self, exercises[self.exercise])]
        problems = [*of_slot, *_ladder_problems(self)]
        for number, name in enumerate(self.ladder, start=1):
            problems += [
                f"ladder {number} ({name}): {problem}"
                for problem in _exercise_problems(self, exercises[name])
                if problem not in of_slot  # problems of the slot itself come once
            ]
        if problems:
            raise InputError(" ".join(problems))
        return self


class Block(FileValue):
    """A named list of slots that sessions can begin or end with."""

    name: Name
    """Name by which sessions refer to it."""
    slot: tuple[Slot, ...] = Field(min_length=1)
    """Exercises, in order."""


class Session(FileValue):
    """One training occasion and the days of the week on which it happens."""

    name: Name
    """Short name: A, B, daily mobility."""
    days: tuple[Weekday, ...] = Field(default=(), examples=['["mon", "fri"]'])
    """Days of the week. Default: the `days` of the plan."""
    begin_with: tuple[Line, ...] = ()
    """Names of blocks done first: warm-up, activation."""
    end_with: tuple[Line, ...] = ()
    """Names of blocks done last: closing circuit, cool-down."""
    slot: tuple[Slot, ...] = ()
    """Exercises, in order."""


class Gate(FileValue):
    """Criteria for leaving a phase. The open loop assumes that they are met."""

    technique_min: float | None = Field(default=None, ge=0, le=1)
    """Lowest rated technique, 0 to 1."""
    over_sessions: int = Field(default=1, ge=1, le=20)
    """Sessions in a row over which technique must reach it."""
    pain_max: float | None = Field(default=None, ge=0, le=10)
    """Highest reported low-back pain, 0 to 10."""
    range_min_deg: float | None = Field(default=None, ge=-30, le=60)
    """Least hip-extension range of either side, in degrees."""
    asymmetry_max_deg: float | None = Field(default=None, ge=0, le=60)
    """Largest difference of range between the sides, in degrees."""
    max_extra_weeks: int = Field(default=4, ge=0, le=26)
    """Longest extension of the phase while the gate is closed."""


class Phase(FileValue):
    """Weeks with one aim and the same sessions."""

    name: Name
    """Name of the phase."""
    weeks: int = Field(ge=1, le=MAX_WEEKS, examples=["2"])
    """Length in weeks."""
    aim: Text = ""
    """Aim in a sentence."""
    guide: tuple[Line, ...] = ()
    """Claims of the guide that it serves."""
    advance: Gate | None = None
    """Criteria for going on to the next phase."""
    session: tuple[Session, ...] = Field(min_length=1)
    """Sessions of every week of the phase."""


class Reactive(FileValue):
    """When reported pain brings a deload week. It acts in the closed loop only."""

    pain_above: float = Field(ge=0, le=10)
    """Reported pain, 0 to 10, above which a deload week follows."""
    min_weeks_between: int = Field(default=2, ge=1, le=26)
    """Least weeks between two deload weeks."""


class Deload(FileValue):
    """Deload weeks: fewer sets at less load, progression paused."""

    every_weeks: int = Field(default=0, ge=0, le=MAX_WEEKS)
    """Every so many weeks: 4 makes weeks 4, 8, 12, ... deloads; 0 for none."""
    weeks: Weeks = ()
    """Weeks, counted from 1, that are deloads besides."""
    sets_fraction: Fraction = 0.5
    """Share of the working sets that stay: rounded half up, at least one."""
    load_fraction: Fraction = 0.9
    """Share of the load last lifted that stays, rounded to what can be loaded."""
    sets: DeloadSets | None = None
    """Sets and repetitions instead, like '3x10'; holds keep a share of their sets."""
    reactive: Reactive | None = None
    """Deload weeks after reported pain."""


class Assessment(FileValue):
    """Tests at the start and then every few weeks."""

    every_weeks: int = Field(default=0, ge=0, le=MAX_WEEKS)
    """Weeks from one assessment to the next; 0 for the start only."""
    weeks: Weeks = ()
    """Weeks, counted from 1, with an assessment besides."""
    tests: tuple[Literal[TESTS], ...] = Field(min_length=1)
    """Names of the tests."""


class Plan(FileValue):
    """A plan: what is prescribed, week by week. Results are never written into it."""

    format: Literal[1] = Field(examples=["1"])
    """Version of the file format."""
    name: Name = Field(examples=['"Hips first, 8 weeks"'])
    """Name shown in tables and reports."""
    description: Text = ""
    """Purpose and origin."""
    assumptions: tuple[Text, ...] = ()
    """What was assumed where the source is silent."""
    sources: Annotated[tuple[str, ...], AfterValidator(_checked_sources)] = ()
    """Ids of VERIFIED rows of the evidence table: hipext evidence."""
    days: tuple[Weekday, ...] = Field(default=(), examples=['["mon", "wed", "fri"]'])
    """Training days, for the sessions that name none."""
    deload: Deload = Deload()
    """Planned deload weeks."""
    assessment: Assessment | None = None
    """Tests every few weeks."""
    block: tuple[Block, ...] = ()
    """Named lists of slots that sessions can begin or end with."""
    session: tuple[Session, ...] = ()
    """Sessions of every week of the whole plan, like daily mobility."""
    phase: tuple[Phase, ...] = Field(min_length=1)
    """Phases, in order."""

    @property
    def n_weeks(self) -> int:
        """Length of the plan in weeks."""
        return sum(phase.weeks for phase in self.phase)

    def is_deload_week(self, week: int) -> bool:
        """Return whether a week, counted from 1, is a planned deload."""
        every = self.deload.every_weeks
        return week in self.deload.weeks or (every > 0 and week % every == 0)


def slot_kind(slot: Slot, exercise: Exercise) -> str:
    """Return what the sets of a slot count as: one of `tables.SET_KINDS`."""
    return slot.kind or _KIND_OF_ROLE[exercise.role]


def step_of(slot: Slot, exercise: Exercise) -> float:
    """Return the smallest load step of a slot, in kg per implement."""
    return slot.increment_kg or exercise.increment_kg


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week of a plan: its number from 1, phase, and whether it is a deload."""

    number: int
    phase: Phase
    is_deload: bool


def weeks_of(plan: Plan) -> Iterator[Week]:
    """Yield the weeks of a plan, in order."""
    phases = [phase for phase in plan.phase for _ in range(phase.weeks)]
    for number, phase in enumerate(phases, start=1):
        yield Week(number=number, phase=phase, is_deload=plan.is_deload_week(number))


def slots_of(plan: Plan, session: Session) -> tuple[Slot, ...]:
    """Return all slots of a session, with those of its blocks, in order."""
    blocks = {block.name: block.slot for block in plan.block}
    before = [slot for name in session.begin_with for slot in blocks[name]]
    after = [slot for name in session.end_with for slot in blocks[name]]
    return (*before, *session.slot, *after)


def _exercise_problems(slot: Slot, exercise: Exercise) -> Iterator[str]:
    """Yield why sets and progression do not fit an exercise of the slot."""
    yield from _scheme_problems(slot, exercise)
    yield from _progression_problems(slot, exercise)


def _ladder_problems(slot: Slot) -> Iterator[str]:
    rule, names = slot.progress.rule, (slot.exercise, *slot.ladder)
    if slot.ladder and rule not in LADDER_RULES:
        yield (
            f"a ladder needs rule 'double' or 'hold', which reach a top; got {rule!r}. "
            "Change the rule, or leave out ladder."
        )
    if slot.ladder and rule == "double" and slot.progress.has_step:
        yield (
            "with a ladder the harder exercise is the step at the top of the range; "
            f"leave out {'add_kg' if slot.progress.add_kg else 'add_pct'}."
        )
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield (
            f"ladder: {name} is there {names.count(name)} times, the slot's own "
            f"exercise counted; got {list(slot.ladder)}. Name each exercise once."
        )


def _scheme_problems(slot: Slot, exercise: Exercise) -> Iterator[str]:
    scheme, name = slot.scheme, exercise.id
    if scheme.is_hold and exercise.measure == "reps":
        yield f"{name} is counted in repetitions; got {slot.sets!r}. Write '3x10'."
    if not scheme.is_hold and exercise.measure == "hold":
        yield f"{name} is held for a time; got {slot.sets!r}. Write '3x20s'."
    if scheme.is_per_side and not exercise.is_unilateral:
        yield f"{name} works both sides at once; leave out '/side' in {slot.sets!r}."
    if scheme.is_hold and slot.tempo:
        yield f"a hold has no tempo; leave out tempo = {slot.tempo!r}."
    if exercise.is_loaded and scheme.rir is not None:
        # The load follows from repetitions to failure, reps + RIR, by a relation that
        # holds up to its largest number of repetitions.
        if scheme.is_hold:
            yield f"the load of a hold needs kg; got {slot.sets!r}. Write '... @20kg'."
        elif scheme.low + scheme.rir > MAX_REPS_TO_FAILURE:
            yield (
                f"a load can be derived for at most {MAX_REPS_TO_FAILURE:g} "
                f"repetitions with those in reserve; got {slot.sets!r}. "
                "Write '... @20kg'."
            )
    if exercise.is_loaded:
        if scheme.pct_1rm is scheme.rir is scheme.load_kg is None:
            yield (
                f"{name} needs a load; got {slot.sets!r}. "
                f"Write how hard: '{slot.sets} @RIR2', '... @70%' or '... @20kg'."
            )
    elif scheme.pct_1rm is not None or scheme.load_kg is not None:
        yield (
            f"{name} has no external load to set; got {slot.sets!r}. "
            "Write the effort as @RIR2, or nothing."
        )


def _progression_problems(slot: Slot, exercise: Exercise) -> Iterator[str]:
    scheme, rule = slot.scheme, slot.progress.rule
    needs_load = rule in ("linear", "step")
    if (needs_load or rule == "wave") and not exercise.is_loaded:
        yield f"rule {rule!r} adds load, but {exercise.id} has none. Use 'double'."
    # With a ladder, the harder exercise takes the place of the step of the load.
    has_step = getattr(slot.progress, "has_step", False)
    needs_step = needs_load or (rule == "double" and not slot.ladder)
    if exercise.is_loaded and needs_step and not has_step:
        step_kg = step_of(slot, exercise)
        yield f"rule {rule!r} needs a step. Write add_kg = {step_kg:g}."
    if rule == "double" and has_step and not (exercise.is_loaded or slot.ladder):
        yield f"{exercise.id} has no external load; leave out add_kg and add_pct."
    if rule == "double" and scheme.low == scheme.high:
        yield f"rule 'double' needs a range; got {slot.sets!r}. Write '3x8-10'."
    if rule == "hold" and not (scheme.is_hold and scheme.low < scheme.high):
        yield f"rule 'hold' needs a range; got {slot.sets!r}. Write '3x10-30s'."
    if rule == "tempo" and scheme.is_hold:
        yield f"a hold has no tempo to progress; got {slot.sets!r}. Use rule 'hold'."
    # A wave is written in percent of the 1RM of the load alone.
    if rule == "wave" and exercise.is_loaded and exercise.rates_body_mass:
        yield f"a wave is for barbells, machines and cables, not for {exercise.id}."
    if rule == "wave" and scheme.pct_1rm != slot.progress.pct[0]:
        yield (
            f"a wave starts at its first percentage; got {slot.sets!r}. "
            f"Write '... @{slot.progress.pct[0]:g}%'."
        )
