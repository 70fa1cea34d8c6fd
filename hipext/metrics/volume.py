"""Load metrics of a sets table: by set, by day, by week and by muscle group.

A light week is marked (``is_deload``), so that a trend can leave it out. A day without
sets is a rest day with load 0; whoever does not know whether it was one must say so.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from hipext.files.checks import check_columns, check_one_of
from hipext.files.parameters import parameter
from hipext.files.tables import (
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
from hipext.plans.exercises import (
    Exercise,
    exercise_named,
    muscle_shares,
    read_exercises,
)

_ONE_SIDE = ("left", "right")
_SIDES_DONE = {"both": 1, "left": 1, "right": 1, "each": 2}


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


def by_name(column: pd.Series, values: Callable[[str], object]) -> np.ndarray:
    """Return what `values` says of every text of a column, asked once for each."""
    codes, names = pd.factorize(column.to_numpy(dtype=object))
    return np.array([values(name) for name in names], dtype=object)[codes]


def is_work(sets: pd.DataFrame) -> np.ndarray:
    """Return which rows are working sets."""
    check_columns(sets, ("kind",), name="sets")
    return sets["kind"].to_numpy(dtype=object) == "work"


def sides_done(sets: pd.DataFrame) -> np.ndarray:
    """Return how many sides every row stands for: 2 for ``each``, else 1."""
    check_columns(sets, ("side",), name="sets")
    return by_name(sets["side"], _sides_of).astype("int64")


def _sides_of(side: str) -> int:
    check_one_of(side, _SIDES_DONE, name="side")
    return _SIDES_DONE[side]


def session_codes(sets: pd.DataFrame) -> np.ndarray:
    """Return a number for the session of every row, in order of appearance from 0."""
    check_columns(sets, ("day", "session"), name="sets")
    codes, names = pd.factorize(sets["session"].to_numpy(dtype=object))
    return pd.factorize(sets["day"].to_numpy() * (len(names) + 1) + codes)[0]


def _floats(column: pd.Series) -> np.ndarray:
    """Return numbers, with 0 for those that are missing."""
    return np.nan_to_num(column.to_numpy("float64", na_value=np.nan))


def sums_of(per_set: Mapping[str, pd.Series], keys: pd.Series) -> pd.DataFrame:
    """Return the sums of columns, as they stand, by key."""
    rows = np.column_stack([np.asarray(x, dtype="float64") for x in per_set.values()])
    sums = pd.DataFrame(rows, columns=list(per_set)).groupby(keys.to_numpy()).sum()
    return sums.rename_axis(keys.name)


def share_of(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return a part of a whole; missing where there is no whole."""
    return (part / whole).where(whole > 0)


def volume_load(sets: pd.DataFrame, *, load: str = "external") -> pd.Series:
    """Return repetitions x load of every set.

    Parameters
    ----------
    sets : pandas.DataFrame
        Sets table.
    load : {"external", "system"}
        What is on the implements, or that and the lifted share of body mass.

    Returns
    -------
    pandas.Series
        ``volume_load_kg``, in kg, one value per row; 0 for holds. A row of side
        ``each`` stands for both sides and counts twice.

    Raises
    ------
    ValueError
        If `load` is another word, or a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> one = pd.DataFrame(
    ...     {"reps": [8], "side": ["both"], "load_kg": [20.0], "n_implements": [2]}
    ... )
    >>> volume_load(one).tolist()
    [320.0]
    """
    check_one_of(load, ("external", "system"), name="load")
    needed = ("system_load_kg",) if load == "system" else ("load_kg", "n_implements")
    check_columns(sets, ("reps", "side", *needed), name="sets")
    if load == "system":
        moved_kg = _floats(sets["system_load_kg"])
    else:
        moved_kg = _floats(sets["load_kg"] * sets["n_implements"])
    volume = _floats(sets["reps"]) * moved_kg * sides_done(sets)
    return pd.Series(volume, index=sets.index, name="volume_load_kg")


def time_under_tension(sets: pd.DataFrame) -> pd.Series:
    """Return the time under tension of every set, in s; both sides for ``each``."""
    check_columns(sets, ("tut_s", "side"), name="sets")
    tut_s = _floats(sets["tut_s"]) * sides_done(sets)
    return pd.Series(tut_s, index=sets.index, name="tut_s")


def working_sets(sets: pd.DataFrame) -> pd.Series:
    """Return how much every row counts as a working set.

    Returns
    -------
    pandas.Series
        ``working_sets``: 1 for a working set, 0.5 for either side of a unilateral one
        (the two sides together are one set), 0 for a set that is not work.
    """
    check_columns(sets, ("kind", "side"), name="sets")
    parts = by_name(sets["side"], lambda side: 0.5 if side in _ONE_SIDE else 1.0)
    counted = parts.astype("float64") * is_work(sets)
    return pd.Series(counted, index=sets.index, name="working_sets")


def hard_sets(sets: pd.DataFrame, *, max_rir: float | None = None) -> pd.Series:
    """Return how much every row counts as a hard set.

    Parameters
    ----------
    sets : pandas.DataFrame
        Sets table.
    max_rir : float, optional
        Most repetitions in reserve of a hard set. Default: the parameter
        ``effort.hard_set_max_rir``, an assumption.

    Returns
    -------
    pandas.Series
        ``hard_sets``: as `working_sets`, and 0 where the reserve is larger or unknown.
    """
    check_columns(sets, ("rir",), name="sets")
    limit = parameter("effort.hard_set_max_rir") if max_rir is None else max_rir
    return (working_sets(sets) * (sets["rir"] <= limit)).rename("hard_sets")


def minutes(sets: pd.DataFrame) -> pd.Series:
    """Return the estimated minutes of every row: work, rest and setting up.

    Setting up takes ``time.setup_s`` (a parameter, an assumption), once per slot.
    """
    check_columns(sets, ("day", "session", "slot", "rest_s"), name="sets")
    slot = sets["slot"].to_numpy()
    place = session_codes(sets) * (slot.max(initial=0) + 1) + slot
    is_first = ~pd.Series(place).duplicated().to_numpy()
    seconds = time_under_tension(sets) + _floats(sets["rest_s"])
    seconds = seconds + is_first * parameter("time.setup_s")
    return (seconds / 60).rename("minutes")


def session_rpe(sets: pd.DataFrame) -> pd.DataFrame:
    """Return rating, minutes and load of every session.

    The rating of a session is taken to be the mean effort of its working sets, with
    ``effort.unrated_rpe`` for those whose effort is not known: an assumption. Its load
    is rating x minutes [1]_, and 0 where nothing was work.

    Returns
    -------
    pandas.DataFrame
        One row per session, with day, session, minutes, rating and session_rpe (a.u.).

    References
    ----------
    .. [1] Foster et al. (2001), evidence row E05-001.
    """
    SETS.check(sets)
    work = working_sets(sets).to_numpy()
    rpe = sets["rpe"].to_numpy("float64", na_value=np.nan)
    effort = np.where(np.isnan(rpe), parameter("effort.unrated_rpe"), rpe) * work
    codes = session_codes(sets)
    columns = np.column_stack([minutes(sets), work, effort])
    sums = pd.DataFrame(columns, columns=["minutes", "work", "effort"])
    sums = sums.groupby(codes).sum()
    has_work = (sums["work"] > 0).to_numpy()
    counted = np.where(has_work, sums["work"], 1.0)
    rating = np.where(has_work, sums["effort"] / counted, 0.0)
    firsts = sets.loc[~pd.Series(codes, index=sets.index).duplicated()]
    return pd.DataFrame(
        {
            "day": firsts["day"].to_numpy(),
            "session": firsts["session"].array,
            "minutes": sums["minutes"].to_numpy(),
            "rating": rating,
            "session_rpe": rating * sums["minutes"].to_numpy(),
        }
    )
