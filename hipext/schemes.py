"""Set schemes of coaches: how repetitions and loads change from set to set.

What wave, plateau, step, pyramid and ladder mean is coaching practice, and the
repetitions and steps in ``data/set_schemes.csv`` are assumptions of ours.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from hipext._checks import check_one_of
from hipext.data import data_dir
from hipext.percentages import pct_1rm, rir_at
from hipext.relations import Relation, relation_of
from hipext.tables import Column, Table

SCHEMES = Table(
    "set_schemes",
    "one set of a scheme",
    (
        Column("scheme", "str", "", "name of the scheme"),
        Column("set", "int64", "", "number of the set, from 1"),
        Column("reps", "int64", "repetitions", "repetitions of the set"),
        Column("load_from", "str", "", "repetitions that set the load: own, longest"),
        Column("points", "float64", "% of 1RM", "added to the load; below 0, lighter"),
        Column("kind", "str", "", "kind of figure, as in the table of sources"),
    ),
)
SCHEME_WEEKS = Table(
    "scheme_weeks",
    "one set of a week",
    (
        Column("week", "int64", "", "number of the week, from 1"),
        Column("set", "int64", "", "number of the set, from 1"),
        Column("reps", "int64", "repetitions", "repetitions of the set"),
        Column("rir", "float64", "repetitions", "left in reserve by the relation"),
        Column("pct_1rm", "float64", "%", "load in percent of the 1RM, 0-100"),
    ),
)


def set_schemes() -> pd.DataFrame:
    """Return the shipped set schemes, one row per scheme and set.

    Returns
    -------
    pandas.DataFrame
        Columns as in `SCHEMES`. The caller may change it: it is a copy.

    Notes
    -----
    The schemes are coaching practice, written down as assumptions of ours:

    - wave: fewer repetitions and more load from set to set;
    - plateau: the same set again and again;
    - step: the same repetitions, with less load in the first sets;
    - pyramid: fewer repetitions up to the middle, then more again;
    - ladder: more repetitions from set to set at one load, that of the longest set.

    A reverse does the sets in the other order (step, wave, ladder) or goes up first
    (pyramid).

    Examples
    --------
    >>> schemes = set_schemes()
    >>> schemes.loc[schemes["scheme"] == "wave", "reps"].tolist()
    [10, 8, 6]
    """
    return _shipped().copy()


def set_scheme(
    name: str,
    *,
    weeks: int = 4,
    last_rir: float = 1.0,
    rir_step: float = 1.0,
    relation: str | Relation = "epley",
    reps: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Return the sets of a scheme week by week, with less in reserve every week.

    Parameters
    ----------
    name : str
        A scheme of `set_schemes`.
    weeks : int, default 4
        Number of weeks, at least 1.
    last_rir : float, default 1
        Repetitions in reserve in the last week, at least 0.
    rir_step : float, default 1
        Repetitions in reserve fewer from week to week, at least 0.
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.
    reps : sequence of int, optional
        Own repetitions, one per set of the scheme. Default: those of the scheme.

    Returns
    -------
    pandas.DataFrame
        One row per week and set, columns and units as in `SCHEME_WEEKS`. A set below
        the load of its repetitions leaves more in reserve than the week asks.

    Raises
    ------
    ValueError
        If there is no such scheme, an argument is out of range, or the relation does
        not hold for a set.

    Notes
    -----
    The load of a set is that which allows its repetitions (ladder: those of the
    longest set) and the reserve of the week, changed by the points of the scheme. How
    fast the reserve falls is an assumption of ours.

    Examples
    --------
    >>> wave = set_scheme("wave", weeks=2)
    >>> wave[wave["week"] == 2].round(1).to_dict(orient="list")["pct_1rm"]
    [73.2, 76.9, 81.1]
    """
    chosen = relation_of(relation)
    sets = _sets_of(name, reps)
    _check_weeks(weeks, last_rir, rir_step)
    tables = [
        _week(sets, week, last_rir + rir_step * (weeks - week), chosen)
        for week in range(1, weeks + 1)
    ]
    return pd.concat(tables, ignore_index=True)


def _week(
    sets: pd.DataFrame, week: int, spare: float, relation: Relation
) -> pd.DataFrame:
    """Return the sets of one week, all with `spare` repetitions below their maximum."""
    longest = sets["reps"].where(sets["load_from"] == "own", sets["reps"].max())
    try:
        pct = pct_1rm(longest.to_numpy(), spare, relation=relation) + sets["points"]
        rir = rir_at(pct.to_numpy(), sets["reps"].to_numpy(), relation=relation)
    except ValueError as error:
        raise ValueError(f"{sets['scheme'].iloc[0]}, week {week}: {error}") from None
    return SCHEME_WEEKS.from_columns(
        {
            "week": np.full(len(sets), week),
            "set": sets["set"].to_numpy(),
            "reps": sets["reps"].to_numpy(),
            "rir": rir.round(9),  # rounding of the relation and its inverse
            "pct_1rm": pct.to_numpy(),
        }
    )


def _sets_of(name: str, reps: Sequence[int] | None) -> pd.DataFrame:
    """Return the sets of a scheme, with own repetitions if there are any."""
    schemes = _shipped()
    check_one_of(name, [*schemes["scheme"].unique()], name="scheme")
    sets = schemes[schemes["scheme"] == name].reset_index(drop=True)
    if reps is None:
        return sets
    if len(reps) != len(sets):
        raise ValueError(
            f"{name} has {len(sets)} sets, so reps needs {len(sets)} numbers; "
            f"got {len(reps)}: {', '.join(map(str, reps))}."
        )
    wrong = [one for one in reps if one != int(one) or one < 1]
    if wrong:
        raise ValueError(f"reps must be whole numbers from 1; got {wrong[0]:g}.")
    return sets.assign(reps=[int(one) for one in reps])


def _check_weeks(weeks: int, last_rir: float, rir_step: float) -> None:
    """Raise ValueError unless there is a week and the reserve never rises."""
    if weeks < 1 or weeks != int(weeks):
        raise ValueError(f"weeks must be a whole number from 1; got {weeks:g}.")
    for name, given in (("last_rir", last_rir), ("rir_step", rir_step)):
        if not 0 <= given < float("inf"):
            raise ValueError(
                f"{name} must be a number of repetitions, 0 or more; got {given:g}."
            )


@cache
def _shipped() -> pd.DataFrame:
    return SCHEMES.from_columns(pd.read_csv(data_dir() / "set_schemes.csv"))
