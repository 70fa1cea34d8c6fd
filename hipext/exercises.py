"""The catalogue of exercises: what each one trains, loads, needs and leads to."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import pandas as pd

from hipext._catalogue import comparable, disagreements, words_for
from hipext._checks import PlanError, check_one_of, did_you_mean
from hipext._exercise import Exercise, LadderStep, OneRmFrom
from hipext._schema import FileValue, check_values
from hipext.data import data_dir, read_toml
from hipext.tables import MAPPINGS, MUSCLES, Column, Table

__all__ = [
    "EXERCISES",
    "MUSCLE_SHARES",
    "SECONDARY_SHARE",
    "Exercise",
    "LadderStep",
    "OneRmFrom",
    "exercise_named",
    "exercise_table",
    "ladder",
    "muscle_shares",
    "read_exercises",
]

SECONDARY_SHARE = 0.5  # of a set, for indirect work; Pelland et al. (2024), E06-004


class _File(FileValue):
    format: Literal[1]
    exercise: tuple[Exercise, ...]


EXERCISES = Table(
    "exercises",
    "one exercise of the catalogue",
    (
        Column("id", "str", "", "name in plans and tables"),
        Column("name", "str", "", "name for readers"),
        Column("role", "str", "", "purpose: strength, control, mobility, ..."),
        Column("pattern", "str", "", "movement pattern"),
        Column("laterality", "str", "", "bilateral or unilateral"),
        Column("implement", "str", "", "what is lifted or pulled"),
        Column("increment_kg", "float64", "kg", "smallest step of load per implement"),
        Column("body_mass_share", "float64", "0-1", "lifted share of body mass"),
        Column("dominant_joint", "str", "", "hip, knee, trunk or none"),
        Column("primary", "str", "", "muscles trained directly, ', ' between"),
        Column("secondary", "str", "", "muscles trained indirectly, ', ' between"),
    ),
)
MUSCLE_SHARES = Table(
    "muscle_shares",
    "one muscle group of one strength or control exercise, under one mapping",
    (
        Column("exercise", "str", "", "id in the catalogue"),
        Column("muscle", "str", "", "one of MUSCLES"),
        Column("share", "float64", "0-1", "part of a set that counts for the muscle"),
        Column("kind", "str", "", "convention or assumption"),
    ),
)


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
        mended, those between exercises (names used twice, unknown ids, circles).

    Examples
    --------
    >>> exercises = read_exercises()
    >>> exercises["romanian_deadlift"].primary
    ('hamstrings',)
    """
    return _shipped() if path is None else _read(Path(path))


def _read(path: Path) -> Mapping[str, Exercise]:
    rows = check_values(_File, read_toml(path), source=str(path)).exercise
    problems = disagreements(rows)
    if problems:
        raise PlanError(str(path), problems)
    return MappingProxyType({exercise.id: exercise for exercise in rows})


@cache
def _shipped() -> Mapping[str, Exercise]:
    return _read(data_dir() / "exercises.toml")


def exercise_named(name: str, exercises: Mapping[str, Exercise]) -> Exercise:
    """Return the exercise with an id, a name or an alias.

    Parameters
    ----------
    name : str
        Upper and lower case, spaces, hyphens and underscores make no difference.
    exercises : Mapping[str, Exercise]
        The catalogue, as `read_exercises` returns it.

    Raises
    ------
    ValueError
        If no exercise is called so; the message has the closest name.

    Examples
    --------
    >>> exercise_named("Romanian-Deadlift", read_exercises()).id
    'romanian_deadlift'
    """
    if name in exercises:
        return exercises[name]
    by_word = {
        word: exercise
        for exercise in exercises.values()
        for word in words_for(exercise)
    }
    word = comparable(name)
    if word not in by_word:
        raise ValueError(
            f"{name!r} is not in the catalogue.{did_you_mean(word, by_word)}"
        )
    return by_word[word]


def exercise_table(exercises: Mapping[str, Exercise]) -> pd.DataFrame:
    """Return the catalogue as a table.

    Returns
    -------
    pandas.DataFrame
        One row per exercise, in the order of the file; columns: `EXERCISES`.
    """
    return EXERCISES.from_rows(
        [
            tuple(_cell(getattr(exercise, column)) for column in EXERCISES.names)
            for exercise in exercises.values()
        ]
    )


def _cell(value: object) -> object:
    return ", ".join(value) if isinstance(value, tuple) else value


def muscle_shares(exercises: Mapping[str, Exercise], mapping: str) -> pd.DataFrame:
    """Return which part of a set of each exercise counts for each muscle group.

    Parameters
    ----------
    exercises : Mapping[str, Exercise]
        The catalogue, as `read_exercises` returns it.
    mapping : {"fractional", "primary", "emg"}
        ``primary``: a set counts 1 for each primary muscle. ``fractional``: and 0.5
        for each secondary one [1]_. ``emg``: mean muscle activity in percent of a
        maximal contraction, divided by 100, at most 1; where nobody measured it,
        as ``fractional``.

    Returns
    -------
    pandas.DataFrame
        One row per muscle of each strength or control exercise; columns:
        `MUSCLE_SHARES`. ``kind`` is ``convention`` for a way of counting and
        ``assumption`` where activity is turned into a share.

    Raises
    ------
    ValueError
        If there is no such mapping.

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
    if mapping == "emg" and muscle in exercise.emg_pct_mvic:
        return min(exercise.emg_pct_mvic[muscle] / 100, 1.0), "assumption"
    if muscle in exercise.primary:
        return 1.0, "convention"
    is_half = muscle in exercise.secondary and mapping != "primary"
    return SECONDARY_SHARE if is_half else 0.0, "convention"


def ladder(exercise: str, exercises: Mapping[str, Exercise]) -> list[str]:
    """Return the shortest way up to an exercise from one that needs nothing before.

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
        before. Of ways of equal length, the first in the alphabet.

    Raises
    ------
    ValueError
        If there is no such exercise, or no way up to it.

    Examples
    --------
    >>> ladder("kettlebell_deadlift", read_exercises())
    ['wall_hip_hinge', 'dowel_hip_hinge', 'kettlebell_deadlift']
    """
    goal = exercise_named(exercise, exercises).id
    ways = [(goal,)]
    while ways:
        arrived = [way for way in ways if exercises[way[0]].is_foundation]
        if arrived:
            return list(min(arrived))
        ways = [(step.to, *way) for way in ways for step in exercises[way[0]].regress]
    raise ValueError(
        f"No way up leads to {goal!r}: following its regress steps, one never reaches "
        "an exercise without prerequisites."
    )
