"""The exercise catalogue: muscles, loading, technique and progressions of exercises.

Exercises are linked: `regress` and `progress` make ladders from foundation exercises to
advanced ones, `prerequisites` say what is mastered first, and `one_rm_from` estimates
an unknown 1RM from another lift.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hipext.files.checks import InputError, PlanError, check_one_of, did_you_mean
from hipext.files.io import data_dir, read_toml
from hipext.files.schema import FileValue, Line, Text, check_values
from hipext.files.tables import MAPPINGS, MUSCLES, table_of
from hipext.plans.notation import TEMPO_PATTERN

if TYPE_CHECKING:
    import pandas as pd

SECONDARY_SHARE = 0.5  # of a set, for indirect work; Pelland et al. (2024), E06-004
EXERCISES = table_of(
    "exercises",
    "one exercise of the catalogue",
    """
    id | str | | name in plans and tables
    name | str | | name for readers
    role | str | | purpose: strength, control, mobility, ...
    pattern | str | | movement pattern
    laterality | str | | bilateral or unilateral
    implement | str | | what is lifted or pulled
    increment_kg | float64 | kg | smallest step of load per implement
    body_mass_share | float64 | 0-1 | lifted share of body mass
    dominant_joint | str | | hip, knee, trunk or none
    primary | str | | muscles trained directly, ', ' between
    secondary | str | | muscles trained indirectly, ', ' between
    """,
)
MUSCLE_SHARES = table_of(
    "muscle_shares",
    "one muscle group of one strength or control exercise, under one mapping",
    """
    exercise | str | | id in the catalogue
    muscle | str | | one of MUSCLES
    share | float64 | 0-1 | part of a set that counts for the muscle
    kind | str | | convention or assumption
    """,
)
COUNTED_ROLES = ("strength", "control")  # their sets count for muscles
# Lifts that athletes test. Every estimate of a 1RM goes back to one of them, so that an
# athlete file with these three has a 1RM for the whole catalogue.
ANCHORS = ("deadlift", "barbell_hip_thrust", "back_squat")
Muscle = Literal[MUSCLES]
Tissue = Literal[
    "hip_flexors",
    "adductors",
    "hamstrings",
    "gluteals",
    "deep_stabilisers",
    "lower_back",
]
Fraction = Annotated[float, Field(ge=0, le=1)]


def _like(pattern: str, wanted: str) -> object:
    """Return the type of a text of a certain form, with an error in plain words."""

    def check(given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise InputError(f"must be {wanted}; got {given!r}.")
        return given

    in_schema = Field(json_schema_extra={"pattern": pattern})
    return Annotated[str, AfterValidator(check), in_schema]


Id = _like(r"^[a-z][a-z0-9_]*$", "small letters, digits and _, like 'hip_thrust'")
Claim = _like(r"^G([1-9]|[1-4][0-9]|5[01])$", "a claim of the guide, G1 to G51")
Evidence = _like(r"^E\d\d-\d\d\d$", "the id of an evidence row, like 'E01-043'")


class LadderStep(FileValue):
    """A move to another exercise, and when to make it."""

    to: Id
    """Id of the other exercise."""
    when: Annotated[Line, Field(min_length=1)]
    """Criterion in words, with numbers where possible."""


class OneRmFrom(FileValue):
    """How a one-repetition maximum (1RM) that was not measured is estimated."""

    exercise: Id
    """Id of the exercise whose 1RM is known or estimated first."""
    ratio: Annotated[float, Field(gt=0, le=5)]
    """1RM of this exercise per implement, divided by the other 1RM. An assumption."""


class Exercise(FileValue):
    """One exercise of the catalogue."""

    id: Id
    """Name in plans and tables, in snake_case."""
    name: Annotated[Line, Field(min_length=1)]
    """Name for readers."""
    aliases: tuple[Line, ...] = ()
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
    cues: tuple[Text, ...] = ()
    """Technique in words for the athlete."""
    faults: tuple[Text, ...] = ()
    """Faults that are seen; and what to do about them."""
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
        """Whether %1RM and reserve are of load and lifted body mass together.

        Tables of repetitions are about the load of barbells and machines alone. Where
        body mass is most of what is lifted, they hold better for the sum. An
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
        """Whether no other exercise comes before it."""
        return not self.prerequisites and not self.regress

    @model_validator(mode="after")
    def _fits_together(self) -> "Exercise":
        problems = [*_problems(self)]
        if problems:
            raise InputError(" ".join(problems))
        return self


class _File(FileValue):
    format: Literal[1]
    exercise: tuple[Exercise, ...]


def read_exercises(path: str | Path | None = None) -> Mapping[str, Exercise]:
    """Return the exercises by id, in the order of the file.

    Parameters
    ----------
    path : str or Path, optional
        A catalogue file. Default: the shipped one, which is read once.

    Returns
    -------
    Mapping[str, Exercise]
        Read-only.

    Raises
    ------
    PlanError
        With all problems at once: first those of single exercises; once these are
        corrected, those between exercises (names used twice, unknown ids, cycles).

    Examples
    --------
    >>> exercises = read_exercises()
    >>> exercises["romanian_deadlift"].primary
    ('hamstrings',)
    """
    return _shipped() if path is None else _read(Path(path))


def exercise_named(name: str, exercises: Mapping[str, Exercise]) -> Exercise:
    """Return the exercise with an id, a name or an alias; InputError if there is none.

    Upper and lower case, spaces, hyphens and underscores make no difference.
    """
    if name in exercises:
        return exercises[name]
    by_name = {
        called: exercise
        for exercise in exercises.values()
        for called in _names_of(exercise)
    }
    called = _normalised(name)
    if called not in by_name:
        alike = [one for one in by_name if _names_one_movement(called, one)]
        raise InputError(
            f"{name!r} is not in the catalogue.{did_you_mean(called, alike)}"
        )
    return by_name[called]


def exercise_rows(exercises: Mapping[str, Exercise]) -> list[dict[str, object]]:
    """Return the exercises as rows of `EXERCISES`, in the order of the file."""
    rows = [
        {column: getattr(exercise, column) for column in EXERCISES.names}
        for exercise in exercises.values()
    ]
    return [
        {key: ", ".join(x) if isinstance(x, tuple) else x for key, x in row.items()}
        for row in rows
    ]


def muscle_shares(exercises: Mapping[str, Exercise], mapping: str) -> "pd.DataFrame":
    """Return which part of a set of each exercise counts for each muscle group.

    Parameters
    ----------
    exercises : Mapping[str, Exercise]
        The catalogue, as `read_exercises` returns it.
    mapping : {"fractional", "primary", "emg"}
        ``primary``: a set counts 1 for each primary muscle. ``fractional``: and 0.5
        for each secondary one [1]_. ``emg``: mean muscle activity in percent of a
        maximal contraction, divided by 100, at most 1; where it was not measured,
        as ``fractional``.

    Returns
    -------
    pandas.DataFrame
        One row per muscle of each strength or control exercise; columns:
        `MUSCLE_SHARES`. ``kind`` is ``convention`` for a way of counting and
        ``assumption`` where activity is turned into a share.

    Notes
    -----
    Activity does not predict growth: the hip thrust excites the gluteus maximus more
    than the squat and did not make it grow more [2]_. No mapping is the right one.

    References
    ----------
    .. [1] Pelland et al. (2024), evidence row E06-004.
    .. [2] Plotkin et al. (2023), evidence row E01-043.
    """
    check_one_of(mapping, MAPPINGS, name="mapping")
    return MUSCLE_SHARES.from_rows(
        [
            (exercise.id, muscle, *_share(exercise, muscle, mapping))
            for exercise in exercises.values()
            if exercise.is_counted
            for muscle in MUSCLES
        ]
    )


def _share(exercise: Exercise, muscle: str, mapping: str) -> tuple[float, str]:
    # Activity above 100 % of a maximal isometric contraction still counts as one set.
    if mapping == "emg" and muscle in exercise.emg_pct_mvic:
        return min(exercise.emg_pct_mvic[muscle] / 100, 1.0), "assumption"
    if muscle in exercise.primary:
        return 1.0, "convention"
    is_half = muscle in exercise.secondary and mapping != "primary"
    return SECONDARY_SHARE if is_half else 0.0, "convention"


def ladder(exercise: str, exercises: Mapping[str, Exercise]) -> list[str]:
    """Return the shortest progression from a foundation exercise to an exercise.

    Parameters
    ----------
    exercise : str
        Id, name or alias.
    exercises : Mapping[str, Exercise]
        The catalogue, as `read_exercises` returns it.

    Returns
    -------
    list of str
        Ids from a foundation exercise to this one, each a progression of the one
        before. Of ladders of equal length, the first in the alphabet.

    Raises
    ------
    InputError
        If there is no such exercise, or no ladder leads to it.

    Examples
    --------
    >>> ladder("kettlebell_deadlift", read_exercises())
    ['wall_hip_hinge', 'dowel_hip_hinge', 'kettlebell_deadlift']
    """
    goal = exercise_named(exercise, exercises).id
    # Breadth first, downwards from the goal: all ladders have the same length, so the
    # first that reach a foundation exercise are the shortest.
    ladders = [(goal,)]
    while ladders:
        complete = [one for one in ladders if exercises[one[0]].is_foundation]
        if complete:
            return list(min(complete))
        ladders = [
            (step.to, *one) for one in ladders for step in exercises[one[0]].regress
        ]
    raise InputError(
        f"No ladder leads to {goal!r}: its regress steps never reach an exercise "
        "without prerequisites."
    )


@cache
def _shipped() -> Mapping[str, Exercise]:
    return _read(data_dir() / "exercises.toml")


def _read(path: Path) -> Mapping[str, Exercise]:
    rows = check_values(_File, read_toml(path), source=str(path)).exercise
    exercises = {exercise.id: exercise for exercise in rows}
    problems = [*_shared_names(rows), *_link_problems(exercises)]
    if problems:
        raise PlanError(str(path), problems)
    return MappingProxyType(exercises)


def _problems(exercise: Exercise) -> Iterator[str]:
    """Yield which values of an exercise do not fit together."""
    tempo = exercise.tempo
    if exercise.measure == "hold" and tempo:
        yield f"a hold has no tempo; got tempo = {tempo!r}."
    if exercise.measure == "reps" and not re.match(TEMPO_PATTERN, tempo):
        yield (
            "tempo must be eccentric-pause-concentric-pause in seconds, like "
            f"'3-1-1-0'; got {tempo!r}."
        )
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
    # Bodyweight strength exercises need one too: the load that could be added.
    if exercise.needs_one_rm and not (exercise.one_rm_from or exercise.id in ANCHORS):
        yield (
            "one_rm_from is missing: say which 1RM this one is estimated from. Write, "
            'for example, one_rm_from = { exercise = "deadlift", ratio = 0.8 }'
        )
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


def _normalised(name: str) -> str:
    """Return a name in small letters, with one underscore per gap."""
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()


def _names_of(exercise: Exercise) -> set[str]:
    """Return id, name and aliases of an exercise, normalised."""
    return {
        _normalised(name) for name in (exercise.id, exercise.name, *exercise.aliases)
    }


def _names_one_movement(given: str, name: str) -> bool:
    """Return whether a name is the given one misspelt, or with words more or less."""
    # The last word is the movement: a glute-ham raise is no glute-ball release, however
    # many letters they share, and a squat jump no squat.
    given_words, words = given.split("_"), name.split("_")
    fewer, more = sorted((given_words, words), key=len)
    return _is_misspelt(given, name, 0.85) or (
        _is_misspelt(given_words[-1], words[-1])
        and all(any(_is_misspelt(one, other) for other in more) for one in fewer)
    )


def _is_misspelt(given: str, word: str, least: float = 0.75) -> bool:
    return SequenceMatcher(None, given, word).ratio() >= least


def _shared_names(exercises: Iterable[Exercise]) -> Iterator[str]:
    owners = defaultdict(list)
    for exercise in exercises:
        for name in sorted(_names_of(exercise)):
            owners[name].append(exercise.id)
    for name, ids in owners.items():
        if len(ids) > 1:
            yield f"{name!r} names more than one exercise: {', '.join(ids)}."


def _link_problems(exercises: Mapping[str, Exercise]) -> Iterator[str]:
    """Yield what is wrong with the exercises that exercises name."""
    links = [link for exercise in exercises.values() for link in _links(exercise)]
    for here, field, there in links:
        if there not in exercises:
            hint = did_you_mean(there, exercises)
            yield f"{here}, {field}: {there!r} is not in the catalogue.{hint}"
        # One link ahead is enough: a link that is no anchor has a link of its own, or
        # is reported here, and cycles are reported by themselves.
        elif field == "one_rm_from" and not (
            exercises[there].one_rm_from or there in ANCHORS
        ):
            yield (
                f"{here}, one_rm_from: {there} has no 1RM; estimates must "
                f"end at one of {', '.join(ANCHORS)}."
            )
    back = {"progress": "regress", "regress": "progress"}
    given = {*links}
    for here, field, there in sorted(given):
        if field in back and (there, back[field], here) not in given:
            yield f"{here}, {field}: {there} lacks the {back[field]} back to {here}."
    # Steps to harder exercises are followed backwards, by the steps that mirror them.
    before = [(x, y) for x, field, y in links if field in ("prerequisites", "regress")]
    yield from _cycle(before, "prerequisites and progress steps")
    estimates = [(x, y) for x, field, y in links if field == "one_rm_from"]
    yield from _cycle(estimates, "one_rm_from")


def _links(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """Yield id, field and other id for every exercise that an exercise names."""
    for other in exercise.prerequisites:
        yield exercise.id, "prerequisites", other
    for field in ("regress", "progress", "swap"):
        for step in getattr(exercise, field):
            yield exercise.id, field, step.to
    if exercise.one_rm_from:
        yield exercise.id, "one_rm_from", exercise.one_rm_from.exercise


def _cycle(links: Iterable[tuple[str, str]], of_what: str) -> Iterator[str]:
    before = defaultdict(set)
    for here, there in links:
        before[here].add(there)
    # No order is wanted here, only whether there is one.
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        yield f"{of_what} form a cycle: {' -> '.join(error.args[1])}."
