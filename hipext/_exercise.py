"""One exercise, as the catalogue file tells it."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hipext._schema import FileValue
from hipext.notation import TEMPO_PATTERN
from hipext.tables import MUSCLES

COUNTED_ROLES = ("strength", "control")  # their sets count for muscles
ANCHORS = ("deadlift", "barbell_hip_thrust", "back_squat")  # lifts a person tests


def _like(pattern: str, wanted: str) -> object:
    """Return the type of a text of a certain form, with an error in plain words."""

    def check(given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise ValueError(f"must be {wanted}; got {given!r}.")
        return given

    in_schema = Field(json_schema_extra={"pattern": pattern})
    return Annotated[str, AfterValidator(check), in_schema]


Id = _like(r"^[a-z][a-z0-9_]*$", "small letters, digits and _, like 'hip_thrust'")
Muscle = Literal[MUSCLES]
Tissue = Literal[
    "hip_flexors",
    "adductors",
    "hamstrings",
    "gluteals",
    "deep_stabilisers",
    "lower_back",
]
Claim = _like(r"^G([1-9]|[1-4][0-9]|5[01])$", "a claim of the guide, G1 to G51")
Evidence = _like(r"^E\d\d-\d\d\d$", "the id of an evidence row, like 'E01-043'")
Fraction = Annotated[float, Field(ge=0, le=1)]


class LadderStep(FileValue):
    """A move to another exercise, and when to make it."""

    to: Id
    """Id of the other exercise."""
    when: Annotated[str, Field(min_length=1)]
    """Criterion in words, with numbers where possible."""


class OneRmFrom(FileValue):
    """How a one-repetition maximum (1RM) that nobody measured is estimated."""

    exercise: Id
    """Id of the exercise whose 1RM is known or estimated first."""
    ratio: Annotated[float, Field(gt=0, le=5)]
    """1RM per implement of this exercise, divided by that one's. An assumption."""


class Exercise(FileValue):
    """One exercise of the catalogue."""

    id: Id
    """Name in plans and tables, in snake_case."""
    name: Annotated[str, Field(min_length=1)]
    """Name for readers."""
    aliases: tuple[str, ...] = ()
    """Other names, as training logs write them."""
    role: Literal[
        "strength", "control", "mobility", "soft_tissue", "warm_up", "breathing"
    ]
    """Purpose; control is activation, stability or technique, not load."""
    pattern: Literal[
        "hinge",
        "thrust",
        "extension",
        "squat",
        "lunge_step",
        "abduction",
        "adduction",
        "knee_flexion",
        "brace",
        "stretch",
        "massage",
        "cardio",
        "breathing",
    ]
    """Movement pattern; technique is learned per pattern."""
    laterality: Literal["bilateral", "unilateral"]
    """Unilateral: repetitions and seconds are per side."""
    measure: Literal["reps", "hold"]
    """What a set counts: repetitions, or seconds of a hold or an activity."""
    implement: Literal[
        "none",
        "barbell",
        "dumbbell",
        "kettlebell",
        "trap_bar",
        "band",
        "cable",
        "machine",
        "dowel",
    ]
    """What is lifted or pulled; none is body mass alone, a dowel weighs nothing."""
    n_implements: Annotated[int, Field(ge=0, le=2)] = 0
    """Implements carried at once, each of the same load; 0 for none."""
    increment_kg: Annotated[float, Field(ge=0)] = 0.0
    """Smallest step of load, kg per implement; 0 for none."""
    body_mass_share: Fraction = 0.0
    """Share of body mass (0-1) that a side's repetition lifts. An assumption."""
    tempo: str = ""
    """Default tempo, s: eccentric-pause-concentric-pause; empty for a hold."""
    dominant_joint: Literal["hip", "knee", "trunk", "none"]
    """Joint whose muscles do most of the work."""
    primary: tuple[Muscle, ...] = ()
    """Muscle groups trained directly. A judgement."""
    secondary: tuple[Muscle, ...] = ()
    """Muscle groups trained indirectly. A judgement."""
    stretches: tuple[Tissue, ...] = ()
    """Tissues that mobility work or massage is for."""
    emg_pct_mvic: dict[Muscle, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict
    )
    """Mean muscle activity, % of maximal voluntary isometric contraction."""
    emg_sources: tuple[Evidence, ...] = ()
    """Rows of the evidence table that hold those figures."""
    one_rm_from: OneRmFrom | None = None
    """Estimate of the 1RM per implement (per side if unilateral) if none is known.
    Of an exercise without implement: the load that could be added."""
    cues: tuple[str, ...] = ()
    """What to do, in words for the person who does it."""
    faults: tuple[str, ...] = ()
    """What is seen when it goes wrong; what to do about it."""
    prerequisites: tuple[Id, ...] = ()
    """Ids of the exercises to master first."""
    regress: tuple[LadderStep, ...] = ()
    """Easier exercises, and when to go back to them."""
    progress: tuple[LadderStep, ...] = ()
    """Harder exercises, and when to go on to them."""
    swap: tuple[LadderStep, ...] = ()
    """Exercises of about the same demand, and when to change to them."""
    guide: tuple[Claim, ...] = ()
    """Claims of the guide that the exercise serves."""
    sources: tuple[Evidence, ...] = ()
    """Rows of the evidence table about the exercise."""

    @property
    def is_unilateral(self) -> bool:
        """Whether one side works at a time."""
        return self.laterality == "unilateral"

    @property
    def is_loaded(self) -> bool:
        """Whether an external load is lifted or pulled."""
        return self.implement not in ("none", "dowel")

    @property
    def rates_body_mass(self) -> bool:
        """Whether effort counts the lifted body mass besides the load.

        Tables of repetitions are about the load of barbells and machines alone. Where
        the body is most of what is lifted, they hold better for both together. An
        assumption.
        """
        return self.implement not in ("barbell", "trap_bar", "machine", "cable")

    @property
    def needs_one_rm(self) -> bool:
        """Whether its load, or the load that could be added, has a 1RM."""
        is_repeated_strength = self.role == "strength" and self.measure == "reps"
        return self.is_loaded or is_repeated_strength

    @property
    def is_counted(self) -> bool:
        """Whether its sets count for muscles."""
        return self.role in COUNTED_ROLES

    @property
    def is_foundation(self) -> bool:
        """Whether nothing has to come before it."""
        return not self.prerequisites and not self.regress

    @model_validator(mode="after")
    def _fits_together(self) -> "Exercise":
        problems = " ".join(_contradictions(self))
        if problems:
            raise ValueError(problems)
        return self


def _contradictions(exercise: Exercise) -> Iterator[str]:
    """Yield a sentence for every two values that cannot both be right."""
    yield from _measure_contradictions(exercise)
    yield from _load_contradictions(exercise)
    yield from _muscle_contradictions(exercise)


def _measure_contradictions(exercise: Exercise) -> Iterator[str]:
    tempo = exercise.tempo
    if exercise.measure == "hold" and tempo:
        yield f"a hold has no tempo; got tempo = {tempo!r}."
    if exercise.measure == "reps" and not re.match(TEMPO_PATTERN, tempo):
        yield (
            "tempo must be eccentric-pause-concentric-pause in seconds, like "
            f"'3-1-1-0'; got {tempo!r}."
        )


def _load_contradictions(exercise: Exercise) -> Iterator[str]:
    steps = (exercise.n_implements, exercise.increment_kg)
    if exercise.is_loaded and 0 in steps:
        yield (
            f"a {exercise.implement} needs n_implements and increment_kg above 0; "
            f"got {steps[0]} and {steps[1]:g}."
        )
    if not exercise.is_loaded and any(steps):
        yield (
            f"implement {exercise.implement!r} has no load, so n_implements and "
            f"increment_kg must be 0; got {steps[0]} and {steps[1]:g}."
        )
    if exercise.needs_one_rm and not (exercise.one_rm_from or exercise.id in ANCHORS):
        yield (
            "one_rm_from is missing: say which 1RM this one is estimated from. Write, "
            'for example, one_rm_from = { exercise = "deadlift", ratio = 0.8 }'
        )


def _muscle_contradictions(exercise: Exercise) -> Iterator[str]:
    twice = sorted(set(exercise.primary) & set(exercise.secondary))
    if twice:
        yield f"{', '.join(twice)} cannot be both primary and secondary."
    if exercise.is_counted and not exercise.primary:
        yield f"role {exercise.role!r} needs at least one primary muscle; got none."
    if exercise.role in ("mobility", "soft_tissue") and not exercise.stretches:
        yield f"role {exercise.role!r} needs at least one word in stretches; got none."
    if bool(exercise.emg_pct_mvic) != bool(exercise.emg_sources):
        yield (
            "emg_pct_mvic and emg_sources go together; got "
            f"{exercise.emg_pct_mvic} and {list(exercise.emg_sources)}."
        )
