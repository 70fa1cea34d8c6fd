"""Training volume: sets, volume load, time and session-RPE, by set, day and week.

All functions take a sets table (columns and units: `tables.SETS`), leave it as it is,
and raise InputError where a column that they need is missing or has impossible values.
Nullable types, categories and tables with a method ``to_pandas`` will do. Those by day
or week reach up to the last week with a set, or for ``n_weeks``; ``exercises`` is the
catalogue, by default the shipped one. Functions describe their other arguments only.

Days without sets are rest days with load 0, and deload weeks are marked. The arithmetic
of a set is written on arrays (`set_counts` and the functions after it), because the
explorers apply it to the log of a run, without the time that tables take.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from hipext.files.checks import check_one_of
from hipext.files.parameters import parameter
from hipext.files.sums import sums_by
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
_N_SIDES = {"both": 1, "left": 1, "right": 1, "each": 2}  # a row stands for


def daily(sets: pd.DataFrame, *, n_weeks: int | None = None) -> pd.DataFrame:
    """Return one row per day, rest days included.

    Returns
    -------
    pandas.DataFrame
        Columns and units: `tables.DAILY`. The last four columns are the definitions
        of training load in `tables.TRAINING_LOADS`; there is no standard one.
    """
    sets = SETS.check(sets)
    last = int(sets["week"].max()) if len(sets) else 0
    days = np.arange((last if n_weeks is None else n_weeks) * DAYS_PER_WEEK)
    is_work = _is_work(sets)
    per_set = {
        "working_sets": working_sets(sets),
        "volume_load_kg": volume_load(sets) * is_work,
        "system_volume_load_kg": volume_load(sets, load="system") * is_work,
        "tut_s": time_under_tension(sets) * is_work,
        "hard_sets": hard_sets(sets),
    }
    sums = sums_by(sets["day"], per_set)
    sessions = session_rpe(sets)
    sums["session_rpe_load"] = sums_by(sessions["day"], sessions[["session_rpe_load"]])
    sums = sums.reindex(days, fill_value=0.0)
    # Phase and deload of a week are those of its sets; a week of rest has neither.
    weeks = sets.drop_duplicates("week").set_index("week")
    week = days // DAYS_PER_WEEK + 1
    names = sessions.groupby("day")["session"].agg(" + ".join)
    return DAILY.from_columns(
        {
            "week": week,
            "day": days,
            "phase": weeks["phase"].reindex(week, fill_value="").to_numpy(),
            "is_deload": weeks["is_deload"].reindex(week, fill_value=False).to_numpy(),
            "weekday": [WEEKDAYS[day % DAYS_PER_WEEK] for day in days],
            "sessions": names.reindex(days, fill_value="").to_numpy(),
            **{name: column.to_numpy() for name, column in sums.items()},
        }
    )


def weekly(
    sets: pd.DataFrame,
    *,
    n_weeks: int | None = None,
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return one row per week of the plan.

    Returns
    -------
    pandas.DataFrame
        Columns and units: `tables.WEEKLY`. A share is missing in a week without such
        sets.

    Raises
    ------
    InputError
        If an exercise is not in the catalogue.
    """
    sets = SETS.check(sets)
    return weekly_from(sets, daily(sets, n_weeks=n_weeks), exercises=exercises)


def weekly_from(
    sets: pd.DataFrame,
    days: pd.DataFrame,
    *,
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return `weekly` of a sets table whose `daily` table is given."""
    exercises = read_exercises() if exercises is None else exercises
    weeks = days.drop_duplicates("week").set_index("week")[["phase", "is_deload"]]
    is_work, counted = _is_work(sets), working_sets(sets)
    joint = _by_name(
        sets["exercise"], lambda name: exercise_named(name, exercises).dominant_joint
    )
    tut_s = time_under_tension(sets) * is_work
    side, length = sets["side"].to_numpy(dtype=object), minutes(sets)
    session = _session_numbers(sets)
    # Minutes of a session without any working set (mobility only) are kept apart.
    has_work = (np.bincount(session, weights=is_work) > 0)[session]
    reps = sets["reps"].to_numpy("float64", na_value=0.0)
    per_set = {
        "working_sets": counted,
        "hard_sets": hard_sets(sets),
        "reps": reps * _n_sides(sets) * is_work,
        "volume_load_kg": volume_load(sets) * is_work,
        "system_volume_load_kg": volume_load(sets, load="system") * is_work,
        "tut_s": tut_s,
        "minutes": length * has_work,
        "other_minutes": length * ~has_work,
        "hip": counted * (joint == "hip"),
        "knee": counted * (joint == "knee"),
        "unilateral": counted * (side != "both"),
        "left": tut_s * (side == "left"),
        "right": tut_s * (side == "right"),
    }
    sums = sums_by(sets["week"], per_set).reindex(weeks.index, fill_value=0.0)
    sums["session_rpe_load"] = sums_by(days["week"], days[["session_rpe_load"]])
    # A session counts once, in the week of its first working set.
    sessions = pd.Series(session[is_work], index=sets["week"].to_numpy()[is_work])
    n_sessions = sessions.drop_duplicates().index.value_counts()
    sums["n_sessions"] = n_sessions.reindex(weeks.index, fill_value=0)
    sums["hip_share"] = _share(sums["hip"], sums["hip"] + sums["knee"])
    sums["unilateral_share"] = _share(sums["unilateral"], sums["working_sets"])
    sums["left_share"] = _share(sums["left"], sums["left"] + sums["right"])
    return WEEKLY.from_columns(weeks.join(sums).reset_index())


def muscle_sets(
    sets: pd.DataFrame,
    *,
    mapping: str = "fractional",
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return weekly working sets per muscle group, under one mapping.

    Parameters
    ----------
    mapping : {"fractional", "primary", "emg"}
        How much of a set counts for a muscle: 1 for direct and 0.5 for indirect work;
        1 for direct work only; or by measured muscle activity. The same week has other
        sums under each, and none is known to be the right one.

    Returns
    -------
    pandas.DataFrame
        One row per week and muscle (columns and units: `tables.MUSCLE_SETS`).
    """
    check_one_of(mapping, MAPPINGS, name="mapping")
    sets = SETS.check(sets, ("week", "is_deload", "exercise"))
    exercises = read_exercises() if exercises is None else exercises
    ids = _by_name(sets["exercise"], lambda name: exercise_named(name, exercises).id)
    shares = muscle_shares(exercises, mapping)
    shares = shares.pivot_table(index="exercise", columns="muscle", values="share")
    shares = shares.reindex(index=ids, columns=list(MUSCLES)).fillna(0.0)
    counted = shares.to_numpy() * working_sets(sets).to_numpy()[:, None]
    per_week = sums_by(sets["week"], dict(zip(MUSCLES, counted.T, strict=True)))
    is_deload = sets.groupby("week")["is_deload"].any()
    return MUSCLE_SETS.from_columns(
        {
            "week": np.repeat(per_week.index.to_numpy(), len(MUSCLES)),
            "is_deload": np.repeat(is_deload.to_numpy(), len(MUSCLES)),
            "muscle": list(MUSCLES) * len(per_week),
            "sets": per_week.to_numpy().ravel(),
        }
    )


def training_load(
    sets: pd.DataFrame,
    *,
    definition: str = "session_rpe_load",
    n_weeks: int | None = None,
) -> pd.Series:
    """Return the daily training load, the input of the response models.

    Parameters
    ----------
    definition : {"session_rpe_load", "system_volume_load_kg", "tut_s", "hard_sets"}
        What counts as load: session rating x minutes, working repetitions x system
        load (kg), seconds under tension of the working sets, or hard sets.

    Returns
    -------
    pandas.Series
        ``training_load`` (a.u.) by day from 0; rest days are 0.
    """
    check_one_of(definition, TRAINING_LOADS, name="definition")
    days = daily(sets, n_weeks=n_weeks).set_index("day")
    return days[definition].astype("float64").rename("training_load")


def volume_load(sets: pd.DataFrame, *, load: str = "external") -> pd.Series:
    """Return repetitions x load of every set.

    Parameters
    ----------
    load : {"external", "system"}
        The load on the implements, or that and the lifted share of body mass.

    Returns
    -------
    pandas.Series
        ``volume_load_kg``, in kg, one value per row; 0 for holds. A row of side
        ``each`` stands for both sides and counts twice.

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
    needed = ["system_load_kg"] if load == "system" else ["load_kg", "n_implements"]
    sets = SETS.check(sets, ("reps", "side", *needed))
    moved_kg = _floats(sets[needed].prod(axis=1, skipna=False))
    volume = _floats(sets["reps"]) * moved_kg * _n_sides(sets)
    return pd.Series(volume, index=sets.index, name="volume_load_kg")


def time_under_tension(sets: pd.DataFrame) -> pd.Series:
    """Return the time under tension of every set, in s; both sides for ``each``."""
    sets = SETS.check(sets, ("tut_s", "side"))
    tut_s = _floats(sets["tut_s"]) * _n_sides(sets)
    return pd.Series(tut_s, index=sets.index, name="tut_s")


def working_sets(sets: pd.DataFrame) -> pd.Series:
    """Return how much every row counts as a working set.

    Returns
    -------
    pandas.Series
        ``working_sets``: 1 for a working set, 0.5 for either side of a unilateral one
        (the two sides together are one set), 0 for a set that is not work.
    """
    sets = SETS.check(sets, ("kind", "side"))
    counted = set_counts(_is_work(sets), sets["side"].isin(_ONE_SIDE).to_numpy())
    return pd.Series(counted, index=sets.index, name="working_sets")


def hard_sets(sets: pd.DataFrame, *, max_rir: float | None = None) -> pd.Series:
    """Return how much every row counts as a hard set.

    Parameters
    ----------
    max_rir : float, optional
        Most repetitions in reserve of a hard set. Default: the parameter
        ``effort.hard_set_max_rir``, an assumption.

    Returns
    -------
    pandas.Series
        ``hard_sets``: as `working_sets`, and 0 where the reserve is larger or unknown.
    """
    sets = SETS.check(sets, ("rir",))
    counted = hard_set_counts(working_sets(sets), sets["rir"], max_rir=max_rir)
    return counted.rename("hard_sets")


def minutes(sets: pd.DataFrame) -> pd.Series:
    """Return the estimated minutes of every row: work, rest and setting up.

    Setting up takes ``time.setup_s`` (a parameter, an assumption), once per slot.
    """
    sets = SETS.check(sets, ("day", "session", "slot", "rest_s"))
    slot = sets["slot"].to_numpy()
    # One number for session and slot together; a slot is set up at its first row.
    slot = _session_numbers(sets) * (slot.max(initial=0) + 1) + slot
    is_first = ~pd.Series(slot).duplicated().to_numpy()
    length = set_minutes(time_under_tension(sets), _floats(sets["rest_s"]), is_first)
    return length.rename("minutes")


def session_rpe(sets: pd.DataFrame) -> pd.DataFrame:
    """Return rating, minutes and load of every session.

    The rating of a session is taken to be the mean effort of its working sets, with
    ``effort.unrated_rpe`` for those whose effort is not known: an assumption. Its load
    is rating x minutes [1]_, and 0 where nothing was work.

    Returns
    -------
    pandas.DataFrame
        One row per session: day, session, minutes, rating, session_rpe_load (a.u.).

    References
    ----------
    .. [1] Foster et al. (2001), evidence row E05-001.
    """
    sets = SETS.check(sets)
    counted, session = working_sets(sets), _session_numbers(sets)
    effort = weighted_rpe(counted, sets["rpe"].to_numpy("float64", na_value=np.nan))
    per_set = {"minutes": minutes(sets), "counted": counted, "effort": effort}
    sums = sums_by(session, per_set)
    rating = session_rating(sums["effort"].to_numpy(), sums["counted"].to_numpy())
    firsts = sets.loc[~pd.Series(session, index=sets.index).duplicated()]
    return pd.DataFrame(
        {
            "day": firsts["day"].to_numpy(),
            "session": firsts["session"].array,
            "minutes": sums["minutes"].to_numpy(),
            "rating": rating,
            "session_rpe_load": rating * sums["minutes"].to_numpy(),
        }
    )


def set_counts(is_work: np.ndarray, is_one_side: np.ndarray) -> np.ndarray:
    """Return how much every row counts as a working set, as in `working_sets`."""
    return np.where(is_one_side, 0.5, 1.0) * is_work


def hard_set_counts(
    counted: np.ndarray, rir: np.ndarray, *, max_rir: float | None = None
) -> np.ndarray:
    """Return how much every row counts as a hard set, from `set_counts`."""
    limit = parameter("effort.hard_set_max_rir") if max_rir is None else max_rir
    return counted * (rir <= limit)  # a missing reserve is not <= the limit


def set_minutes(
    tut_s: np.ndarray, rest_s: np.ndarray, is_first_of_slot: np.ndarray
) -> np.ndarray:
    """Return the minutes of every row: work, rest, and setting up once per slot."""
    return (tut_s + rest_s + is_first_of_slot * parameter("time.setup_s")) / 60


def weighted_rpe(counted: np.ndarray, rpe: np.ndarray) -> np.ndarray:
    """Return the effort of every row, weighted by `set_counts`."""
    return np.where(np.isnan(rpe), parameter("effort.unrated_rpe"), rpe) * counted


def session_rating(effort: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return the mean effort of sessions from their sums; 0 where nothing was work."""
    return np.divide(effort, counted, out=np.zeros(len(effort)), where=counted > 0)


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return a part of a whole; missing where the whole is 0."""
    return (part / whole).where(whole > 0)


def _by_name(column: pd.Series, value_of: Callable[[str], object]) -> np.ndarray:
    """Return a value for every text of a column, looked up once for each."""
    codes, names = pd.factorize(column.to_numpy(dtype=object))
    return np.array([value_of(name) for name in names], dtype=object)[codes]


def _is_work(sets: pd.DataFrame) -> np.ndarray:
    sets = SETS.check(sets, ("kind",))
    return sets["kind"].to_numpy(dtype=object) == "work"


def _n_sides(sets: pd.DataFrame) -> np.ndarray:
    """Return how many sides every row stands for."""
    sets = SETS.check(sets, ("side",))
    for side in sets["side"].unique():
        check_one_of(side, _N_SIDES, name="side")
    return sets["side"].map(_N_SIDES).to_numpy("int64")


def _session_numbers(sets: pd.DataFrame) -> np.ndarray:
    """Return a number for the session of every row, in order of appearance from 0."""
    sets = SETS.check(sets, ("day", "session"))
    codes, names = pd.factorize(sets["session"].to_numpy(dtype=object))
    # One number for day and name together, because factorize takes one array.
    return pd.factorize(sets["day"].to_numpy() * (len(names) + 1) + codes)[0]


def _floats(column: pd.Series) -> np.ndarray:
    """Return numbers, with 0 for those that are missing."""
    return np.nan_to_num(column.to_numpy("float64", na_value=np.nan))
