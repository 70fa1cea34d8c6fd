"""Load metrics of a sets table, by set and by session.

Only sets of kind ``work`` count as work; warm-up, mobility and recovery sets count in
the minutes alone. Missing efforts stay missing and never count as hard.
"""

import numpy as np
import pandas as pd

from hipext._checks import check_columns, check_one_of
from hipext.parameters import parameter
from hipext.tables import SETS

_SIDES_DONE = {"both": 1, "left": 1, "right": 1, "each": 2}


def sides_done(sets: pd.DataFrame) -> pd.Series:
    """Return how many sides every row stands for: 2 for ``each``, else 1."""
    check_columns(sets, ("side",), name="sets")
    for side in sets["side"].unique():
        check_one_of(side, _SIDES_DONE, name="side")
    return sets["side"].map(_SIDES_DONE)


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
        moved_kg = sets["system_load_kg"]
    else:
        moved_kg = sets["load_kg"] * sets["n_implements"]
    reps = sets["reps"].astype("float64").fillna(0.0)
    volume = reps * moved_kg.fillna(0.0) * sides_done(sets)
    return volume.rename("volume_load_kg")


def time_under_tension(sets: pd.DataFrame) -> pd.Series:
    """Return the time under tension of every set, in s; both sides for ``each``."""
    check_columns(sets, ("tut_s", "side"), name="sets")
    return (sets["tut_s"].fillna(0.0) * sides_done(sets)).rename("tut_s")


def working_sets(sets: pd.DataFrame) -> pd.Series:
    """Return how much every row counts as a working set.

    Returns
    -------
    pandas.Series
        ``working_sets``: 1 for a working set, 0.5 for either side of a unilateral one
        (the two sides together are one set), 0 for a set that is not work.
    """
    check_columns(sets, ("kind", "side"), name="sets")
    is_half = sets["side"].isin(["left", "right"])
    counted = np.where(is_half, 0.5, 1.0) * (sets["kind"] == "work")
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
    is_first = ~sets.duplicated(["day", "session", "slot"])
    seconds = time_under_tension(sets) + sets["rest_s"].fillna(0.0)
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
    work = working_sets(sets)
    effort = sets["rpe"].fillna(parameter("effort.unrated_rpe")) * work
    columns = pd.DataFrame(
        {
            "day": sets["day"],
            "session": sets["session"],
            "minutes": minutes(sets),
            "working_sets": work,
            "effort": effort,
        }
    )
    sessions = columns.groupby(["day", "session"], sort=False).sum().reset_index()
    has_work = sessions["working_sets"] > 0
    rating = (sessions["effort"] / sessions["working_sets"]).where(has_work, 0.0)
    sessions["rating"] = rating
    sessions["session_rpe"] = rating * sessions["minutes"]
    return sessions[["day", "session", "minutes", "rating", "session_rpe"]]
