"""Load metrics of a sets table: by set, by day, by week and by muscle group.

A light week is marked (``is_deload``), so that a trend can leave it out. A day without
sets is a rest day with load 0; whoever does not know whether it was one must say so.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hipext._checks import check_columns, check_one_of
from hipext._monotony import monotony, strain
from hipext._trailing import as_daily, rolling_load
from hipext.exercises import Exercise, exercise_named, muscle_shares, read_exercises
from hipext.set_metrics import (
    by_name,
    hard_sets,
    is_work,
    minutes,
    session_codes,
    session_rpe,
    share_of,
    sides_done,
    sums_of,
    time_under_tension,
    volume_load,
    working_sets,
)
from hipext.tables import (
    DAILY,
    DAYS_PER_WEEK,
    MAPPINGS,
    MUSCLE_SETS,
    MUSCLES,
    SETS,
    TRAINING_LOADS,
    WEEKDAYS,
    WEEKLY,
)
from hipext.workload import acwr, acwr_parts, pmc

__all__ = [
    "acwr",
    "acwr_parts",
    "as_daily",
    "daily",
    "hard_sets",
    "minutes",
    "monotony",
    "muscle_sets",
    "pmc",
    "rolling_load",
    "session_rpe",
    "strain",
    "time_under_tension",
    "training_load",
    "volume_load",
    "weekly",
    "weekly_from",
    "weekly_trend",
    "working_sets",
]


def muscle_sets(
    sets: pd.DataFrame,
    *,
    mapping: str = "fractional",
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return weekly working sets per muscle group, under one mapping.

    Parameters
    ----------
    sets : pandas.DataFrame
        Sets table.
    mapping : {"fractional", "primary", "emg"}
        How much of a set counts for a muscle: 1 for direct and 0.5 for indirect work;
        1 for direct work only; or by measured muscle activity. One week counts
        differently under each, and none is the truth.
    exercises : Mapping[str, Exercise], optional
        The catalogue. Default: the shipped one.

    Returns
    -------
    pandas.DataFrame
        One row per week and muscle (columns and units: `tables.MUSCLE_SETS`).

    Raises
    ------
    ValueError
        If there is no such mapping or exercise, or a column is missing.
    """
    check_one_of(mapping, MAPPINGS, name="mapping")
    check_columns(sets, ("week", "is_deload", "exercise"), name="sets")
    exercises = read_exercises() if exercises is None else exercises
    ids = by_name(sets["exercise"], lambda name: exercise_named(name, exercises).id)
    shares = muscle_shares(exercises, mapping)
    part_of = shares.pivot_table(index="exercise", columns="muscle", values="share")
    part_of = part_of.reindex(columns=list(MUSCLES)).fillna(0.0)
    done = sets.assign(done=working_sets(sets), exercise=ids).pivot_table(
        index="week", columns="exercise", values="done", aggfunc="sum"
    )
    per_week = done.reindex(columns=part_of.index).fillna(0.0) @ part_of
    is_light = sets.groupby("week")["is_deload"].any()
    return MUSCLE_SETS.from_columns(
        {
            "week": np.repeat(per_week.index.to_numpy(), len(MUSCLES)),
            "is_deload": np.repeat(is_light.to_numpy(), len(MUSCLES)),
            "muscle": list(MUSCLES) * len(per_week),
            "sets": per_week.to_numpy().ravel(),
        }
    )


def daily(sets: pd.DataFrame, *, n_weeks: int | None = None) -> pd.DataFrame:
    """Return one row per day, rest days included.

    Parameters
    ----------
    sets : pandas.DataFrame
        Sets table (columns and units: `tables.SETS`).
    n_weeks : int, optional
        Length of the table in weeks. Default: up to the last week with a set.

    Returns
    -------
    pandas.DataFrame
        Columns and units: `tables.DAILY`. The last four columns are the definitions
        of training load in `tables.TRAINING_LOADS`; none is the right one.
    """
    SETS.check(sets)
    last = int(sets["week"].max()) if len(sets) else 0
    days = np.arange((last if n_weeks is None else n_weeks) * DAYS_PER_WEEK)
    works = is_work(sets)
    per_set = {
        "working_sets": working_sets(sets),
        "volume_load": volume_load(sets, load="system") * works,
        "time_under_tension": time_under_tension(sets) * works,
        "hard_sets": hard_sets(sets),
    }
    sums = sums_of(per_set, sets["day"])
    sessions = session_rpe(sets)
    sums["session_rpe"] = sums_of({"load": sessions["session_rpe"]}, sessions["day"])
    sums = sums.reindex(days, fill_value=0.0)
    weeks = sets.drop_duplicates("week").set_index("week")
    week = days // DAYS_PER_WEEK + 1
    names: dict[int, list[str]] = {}
    for day, name in zip(sessions["day"], sessions["session"], strict=True):
        names.setdefault(day, []).append(name)
    return DAILY.from_columns(
        {
            "week": week,
            "day": days,
            "phase": weeks["phase"].reindex(week, fill_value="").to_numpy(),
            "is_deload": weeks["is_deload"].reindex(week, fill_value=False).to_numpy(),
            "weekday": [WEEKDAYS[day % DAYS_PER_WEEK] for day in days],
            "sessions": [" + ".join(names.get(day, ())) for day in days.tolist()],
            **{name: column.to_numpy() for name, column in sums.items()},
        }
    )


def training_load(
    sets: pd.DataFrame,
    *,
    definition: str = "session_rpe",
    n_weeks: int | None = None,
) -> pd.Series:
    """Return the daily training load, the input of the response models.

    Parameters
    ----------
    sets : pandas.DataFrame
        Sets table (columns and units: `tables.SETS`).
    definition : {"session_rpe", "volume_load", "time_under_tension", "hard_sets"}
        What counts as load: session rating x minutes, working repetitions x system
        load (kg), seconds under tension of the working sets, or hard sets.
    n_weeks : int, optional
        Length in weeks. Default: up to the last week with a set.

    Returns
    -------
    pandas.Series
        ``training_load`` (a.u.) by day from 0; rest days are 0.

    Raises
    ------
    ValueError
        If there is no such definition, or a column is missing.
    """
    check_one_of(definition, TRAINING_LOADS, name="definition")
    days = daily(sets, n_weeks=n_weeks).set_index("day")
    return days[definition].astype("float64").rename("training_load")


def weekly(
    sets: pd.DataFrame,
    *,
    n_weeks: int | None = None,
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return one row per week of the plan.

    Parameters
    ----------
    sets : pandas.DataFrame
        Sets table (columns and units: `tables.SETS`).
    n_weeks : int, optional
        Length of the table in weeks. Default: up to the last week with a set.
    exercises : Mapping[str, Exercise], optional
        The catalogue. Default: the shipped one.

    Returns
    -------
    pandas.DataFrame
        Columns and units: `tables.WEEKLY`. A share is missing in a week that has
        nothing to share.

    Raises
    ------
    ValueError
        If a column is missing, or an exercise is not in the catalogue.
    """
    return weekly_from(sets, daily(sets, n_weeks=n_weeks), exercises=exercises)


def weekly_from(
    sets: pd.DataFrame,
    days: pd.DataFrame,
    *,
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return `weekly` of a sets table whose `daily` table is there already."""
    exercises = read_exercises() if exercises is None else exercises
    weeks = days.drop_duplicates("week").set_index("week")[["phase", "is_deload"]]
    works = is_work(sets)
    done = working_sets(sets)
    joint = by_name(
        sets["exercise"], lambda name: exercise_named(name, exercises).dominant_joint
    )
    tut_s = time_under_tension(sets) * works
    side, length = sets["side"].to_numpy(dtype=object), minutes(sets)
    codes = session_codes(sets)
    trained = (np.bincount(codes, weights=works) > 0)[codes]
    reps = sets["reps"].to_numpy("float64", na_value=0.0)
    per_set = {
        "working_sets": done,
        "hard_sets": hard_sets(sets),
        "reps": reps * sides_done(sets) * works,
        "volume_load_kg": volume_load(sets) * works,
        "system_volume_load_kg": volume_load(sets, load="system") * works,
        "tut_s": tut_s,
        "minutes": length * trained,
        "other_minutes": length * ~trained,
        "hip": done * (joint == "hip"),
        "knee": done * (joint == "knee"),
        "unilateral": done * (side != "both"),
        "left": tut_s * (side == "left"),
        "right": tut_s * (side == "right"),
    }
    sums = sums_of(per_set, sets["week"]).reindex(weeks.index, fill_value=0.0)
    sums["session_rpe"] = sums_of({"load": days["session_rpe"]}, days["week"])
    firsts = np.flatnonzero(~pd.Series(codes[works]).duplicated().to_numpy())
    started = pd.Series(sets["week"].to_numpy()[works][firsts]).value_counts()
    sums["n_sessions"] = started.reindex(weeks.index, fill_value=0)
    sums["hip_share"] = share_of(sums["hip"], sums["hip"] + sums["knee"])
    sums["unilateral_share"] = share_of(sums["unilateral"], sums["working_sets"])
    sums["left_share"] = share_of(sums["left"], sums["left"] + sums["right"])
    return WEEKLY.from_columns(weeks.join(sums).reset_index())


def weekly_trend(weeks: pd.DataFrame, column: str, *, deloads: bool = False) -> float:
    """Return the slope of a weekly measure, by least squares.

    Parameters
    ----------
    weeks : pandas.DataFrame
        Weekly table, as `weekly` returns it.
    column : str
        A numeric column of it.
    deloads : bool, default False
        Whether light weeks count. They bend a trend, so they are left out.

    Returns
    -------
    float
        Unit of the column per week.

    Raises
    ------
    ValueError
        If the column is missing or fewer than two weeks remain.
    """
    check_columns(weeks, ("week", "is_deload", column), name="weekly")
    kept = (weeks if deloads else weeks[~weeks["is_deload"]]).dropna(subset=[column])
    if len(kept) < 2:
        raise ValueError(f"A trend needs at least 2 weeks; {column} has {len(kept)}.")
    return float(np.polyfit(kept["week"], kept[column], 1)[0])
