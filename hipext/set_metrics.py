"""Load metrics of a sets table, by set and by session.

Only sets of kind ``work`` count as work; warm-up, mobility and recovery sets count in
the minutes alone. Missing efforts stay missing and never count as hard.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from hipext._checks import check_columns, check_one_of
from hipext.parameters import parameter
from hipext.tables import SETS

_ONE_SIDE = ("left", "right")
_SIDES_DONE = {"both": 1, "left": 1, "right": 1, "each": 2}


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
