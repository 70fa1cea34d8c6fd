"""Coaches' conventions: set schemes, RPE charts, and submaximal loads.

All of them are coaching practice, not measured. The repetitions and steps of the set
schemes in ``data/set_schemes.csv`` are assumptions of ours. Arguments and results are
those of `relations`; a ``chart`` is a name in ``data/rpe_charts.csv`` or a chart of
one's own (`RpeChart`, `read_chart`), and ``rpe`` the
effort at the end of a set, 0-10: 10 is failure, and each point less one repetition in
reserve (evidence row E03-014). An InputError says which argument a relation or chart
does not hold for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import inf, isinf
from pathlib import Path

import numpy as np
import pandas as pd

from hipext.files.checks import InputError, PlanError, check_one_of, numbers_in
from hipext.files.io import data_dir, parse_csv, read_table, read_text
from hipext.files.tables import table_of
from hipext.intensity import MAX_REPS_TO_FAILURE
from hipext.intensity.relations import (
    RELATION,
    ROUNDING,
    RPE_OF_FAILURE,
    Relation,
    given_number,
    pct_1rm,
    percent_hint,
    relation_of,
    reps_at,
    rir_at,
)

SCHEMES = table_of(
    "set_schemes",
    "one set of a scheme",
    """
    scheme | str | | name of the scheme
    set | int64 | | number of the set, from 1
    reps | int64 | repetitions | repetitions of the set
    load_from | str | | repetitions that set the load: own, longest
    points | float64 | % of 1RM | added to the load; below 0, lighter
    kind | str | | kind of figure, as in the table of sources
    """,
)
SCHEME_WEEKS = table_of(
    "scheme_weeks",
    "one set of a week",
    """
    week | int64 | | number of the week, from 1
    set | int64 | | number of the set, from 1
    reps | int64 | repetitions | repetitions of the set
    rir | float64 | repetitions | left in reserve by the relation
    pct_1rm | float64 | % | load in percent of the 1RM, 0-100
    """,
)
ADJUSTMENTS = {  # what the adjustment of a method means, and its unit
    "rir": "repetitions in reserve",
    "deducted": "percentage points of the 1RM taken off",
    "relative": "load in percent of the most for these repetitions",
    "pct_max_reps": "repetitions in percent of those possible",
}
_MOST_WEEKS = 104
_LIMITS = {  # lowest and highest adjustment; 1 % would be a fraction written wrongly
    "rir": (0.0, MAX_REPS_TO_FAILURE),
    "deducted": (0.0, 100.0),
    "relative": (2.0, 100.0),
    "pct_max_reps": (2.0, 100.0),
}


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
    - plateau: the same set every time;
    - step: the same repetitions, with less load in the first sets;
    - pyramid: fewer repetitions up to the middle, then more;
    - ladder: more repetitions from set to set at one load, that of the longest set.

    A reverse scheme has the sets in the other order (step, wave, ladder) or more
    repetitions first (pyramid).

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
    relation: str | Relation = RELATION,
    reps: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Return the sets of a scheme by week, with fewer repetitions in reserve each week.

    Parameters
    ----------
    name : str
        A scheme of `set_schemes`.
    weeks : int, default 4
        Number of weeks, 1 to 104.
    last_rir, rir_step : float, default 1
        Repetitions in reserve in the last week, and how many fewer from week to week;
        at least 0.
    reps : sequence of int, optional
        Own repetitions, one per set of the scheme. Default: those of the scheme.

    Returns
    -------
    pandas.DataFrame
        One row per week and set, columns and units as in `SCHEME_WEEKS`. A set below
        the load of its repetitions leaves more in reserve than the week prescribes.

    Notes
    -----
    The load of a set allows its repetitions (ladder: those of the longest set) and the
    reserve of the week, plus the points of the scheme. How fast the reserve falls is
    an assumption of ours.

    Examples
    --------
    >>> wave = set_scheme("wave", weeks=2)
    >>> wave[wave["week"] == 2].round(1).to_dict(orient="list")["pct_1rm"]
    [73.2, 76.9, 81.1]
    """
    chosen = relation_of(relation)
    sets = _sets_of(name, reps)
    weeks = given_number(weeks, name="weeks")
    if weeks not in range(1, _MOST_WEEKS + 1):
        raise InputError(
            f"weeks must be a whole number from 1 to {_MOST_WEEKS}; got {weeks:g}."
        )
    for argument, given in (("last_rir", last_rir), ("rir_step", rir_step)):
        if not 0 <= given_number(given, name=argument) < float("inf"):
            raise InputError(
                f"{argument} must be a number of repetitions, 0 or more; got {given:g}."
            )
    tables = [
        _week(sets, week, last_rir + rir_step * (weeks - week), chosen)
        for week in range(1, int(weeks) + 1)
    ]
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class RpeChart:
    """A chart of loads by repetitions and effort, as one curve.

    Attributes
    ----------
    name : str
        What messages call it.
    reps_to_failure : sequence of float
        Repetitions done and in reserve, rising, from 1 to 100. A cell of a printed
        chart, so many repetitions at an RPE, stands at repetitions + 10 - RPE.
    pct_1rm : sequence of float
        Load in percent of the 1RM, 0-100, at each of them, falling.

    Examples
    --------
    >>> mine = RpeChart(name="mine", reps_to_failure=(1, 5, 10), pct_1rm=(100, 85, 70))
    >>> pct_from_chart(3, 8, chart=mine)
    85.0
    """

    name: str
    reps_to_failure: Sequence[float]
    pct_1rm: Sequence[float]

    def __post_init__(self) -> None:
        reps, pct = (
            tuple(np.atleast_1d(numbers_in(numbers, name=name)).tolist())
            for name, numbers in (
                ("reps_to_failure", self.reps_to_failure),
                ("pct_1rm", self.pct_1rm),
            )
        )
        if problems := [*_chart_problems(reps, pct)]:
            raise PlanError(f"The chart {self.name}", problems)
        object.__setattr__(self, "reps_to_failure", reps)
        object.__setattr__(self, "pct_1rm", pct)


def read_chart(path: str | Path) -> RpeChart:
    """Read a chart of one's own from a CSV file.

    Parameters
    ----------
    path : str or Path
        File with the columns ``reps_to_failure`` and ``pct_1rm``; others are ignored.

    Returns
    -------
    RpeChart
        Named by the file.

    Raises
    ------
    PlanError
        If a column is missing, or the numbers make no chart.
    """
    lines = parse_csv(read_text(path), source=str(path))
    heading = [cell.strip() for cell in (lines or [[]])[0]]
    columns, problems = [], []
    for name in ("reps_to_failure", "pct_1rm"):
        if name not in heading:
            found = ", ".join(heading) or "nothing"
            problems.append(f"line 1: there is no column {name}; there are {found}.")
            continue
        place, numbers = heading.index(name), []
        for number, line in enumerate(lines[1:], start=2):
            cell = line[place].strip() if place < len(line) else ""
            try:
                numbers += [float(cell)] if any(line) else []
            except ValueError:
                problems.append(f"line {number}: {name} is not a number; got {cell!r}.")
        columns.append(numbers)
    if problems:
        raise PlanError(str(path), problems)
    return RpeChart(
        name=Path(path).stem, reps_to_failure=columns[0], pct_1rm=columns[1]
    )


def pct_from_chart(reps: float, rpe: float, *, chart: str | RpeChart = "rts") -> float:
    """Return the load, in percent of the 1RM, that a chart gives for `reps` at `rpe`.

    Notes
    -----
    ``rts`` is consensus practice of powerlifting coaches (evidence row E03-015), not
    measured; it is read along repetitions plus reserve, to 15. Half repetitions are as
    printed; between them the value is interpolated linearly.

    Examples
    --------
    >>> pct_from_chart(5, 8)
    81.1
    """
    chart = _chart(chart)
    known = chart.reps_to_failure
    reps, rpe = given_number(reps, name="reps"), given_number(rpe, name="rpe")
    # The chart is one curve of repetitions to failure: reps + (10 - RPE).
    possible, first, last = reps + RPE_OF_FAILURE - rpe, known[0], known[-1]
    if not (reps >= 1 and 0 <= rpe <= RPE_OF_FAILURE and first <= possible <= last):
        raise InputError(
            f"The {chart.name} chart goes from {first:g} to {last:g} repetitions, done "
            f"and in reserve, with an RPE of 0 to 10; got reps={reps:g}, rpe={rpe:g}."
        )
    return float(np.interp(possible, known, chart.pct_1rm))


def rpe_from_chart(
    pct_1rm: float, reps: float, *, chart: str | RpeChart = "rts"
) -> float:
    """Return the effort (RPE) that a chart gives for `reps` at a percentage.

    The load must be within the chart, 59.9 to 100 % in ``rts``, allow the repetitions
    and leave at most 10. As for `pct_from_chart`: consensus practice, not measured.

    Examples
    --------
    >>> round(rpe_from_chart(81.1, 5), 6)
    8.0
    """
    chart = _chart(chart)
    percent = np.array(chart.pct_1rm)
    pct_1rm = given_number(pct_1rm, name="pct_1rm")
    reps = given_number(reps, name="reps")
    highest, lowest = percent[0], percent[-1]
    if not lowest <= pct_1rm <= highest:
        raise InputError(
            f"pct_1rm must be {lowest:g} to {highest:g}, the range of the {chart.name} "
            f"chart; got {pct_1rm:g}.{percent_hint(pct_1rm)}"
        )
    # The percentages fall along the chart, and interp needs rising ones.
    possible = float(np.interp(-pct_1rm, -percent, chart.reps_to_failure))
    spare = possible - reps
    if not (reps >= 1 and -ROUNDING <= spare <= RPE_OF_FAILURE + ROUNDING):
        raise InputError(
            f"{pct_1rm:g} % of the 1RM allows {possible:.1f} repetitions by the "
            f"{chart.name} chart; reps must be 1 to that, with at most 10 in reserve, "
            f"got {reps:g}."
        )
    return min(max(RPE_OF_FAILURE - spare, 0.0), RPE_OF_FAILURE)


def adjusted_pct_1rm(
    reps: float,
    *,
    method: str,
    adjustment: float,
    relation: str | Relation = RELATION,
) -> float:
    """Return the load, in percent of the 1RM, for `reps` short of the maximum.

    Parameters
    ----------
    reps : float
        Repetitions of the set, at least 1.
    method : str
        One of `ADJUSTMENTS`:

        ``rir``
            the load that allows `reps` + `adjustment` repetitions;
        ``deducted``
            the maximum for `reps`, less `adjustment` percentage points;
        ``relative``
            `adjustment` percent of the maximum for `reps`;
        ``pct_max_reps``
            the load of which `reps` are `adjustment` percent of the repetitions to
            failure.
    adjustment : float
        Repetitions (rir), percentage points (deducted), both at least 0, or percent,
        2 to 100 (relative, pct_max_reps).

    Examples
    --------
    >>> round(adjusted_pct_1rm(5, method="deducted", adjustment=10), 1)
    75.7
    """
    chosen = relation_of(relation)
    _check_adjustment(method, adjustment)
    reps = given_number(reps, name="reps")
    if method == "rir":
        return pct_1rm(reps, adjustment, relation=chosen)
    if method == "pct_max_reps":
        return pct_1rm(reps, reps * (100 / adjustment - 1), relation=chosen)
    most = pct_1rm(reps, relation=chosen)
    if method == "relative":
        return most * adjustment / 100
    if adjustment >= most:
        raise InputError(
            f"{reps:g} repetitions by {chosen.name} take at most {most:.1f} % of the "
            f"1RM; {adjustment:g} points less leave {most - adjustment:.1f} %, which "
            "is no load."
        )
    return most - adjustment


def adjusted_reps(
    pct_1rm: float,
    *,
    method: str,
    adjustment: float,
    relation: str | Relation = RELATION,
) -> float:
    """Return the repetitions at a percentage of the 1RM, short of the maximum.

    The inverse of `adjusted_pct_1rm`; method, adjustment and relation are as there.

    Examples
    --------
    >>> round(adjusted_reps(75, method="rir", adjustment=3), 6)
    7.0
    """
    chosen = relation_of(relation)
    _check_adjustment(method, adjustment)
    pct_1rm = given_number(pct_1rm, name="pct_1rm")
    # First back to the load for the maximum, then to repetitions, then short of them.
    most = pct_1rm
    if method in ("relative", "deducted"):
        is_relative = method == "relative"
        most = pct_1rm / (adjustment / 100) if is_relative else pct_1rm + adjustment
        lowest, highest = chosen.lowest_pct, chosen.highest_pct
        is_known = lowest - ROUNDING <= most <= highest + ROUNDING
        if not is_known and most != pct_1rm:
            raise InputError(
                f"{pct_1rm:g} % of the 1RM with method={method!r}, adjustment="
                f"{adjustment:g} would be {most:.1f} % without it; {chosen.name} knows "
                f"{lowest:.1f} to {highest:g} %."
            )
    possible = reps_at(most, relation=chosen)
    share = adjustment / 100 if method == "pct_max_reps" else 1
    reps = possible * share - (adjustment if method == "rir" else 0)
    if reps < 1 - ROUNDING:
        raise InputError(
            f"{pct_1rm:g} % of the 1RM with method={method!r}, adjustment="
            f"{adjustment:g} leaves {reps:.1f} repetitions by {chosen.name}; a set "
            "needs at least 1."
        )
    return reps


def _week(
    sets: pd.DataFrame, week: int, spare: float, relation: Relation
) -> pd.DataFrame:
    """Return the sets of one week, all with `spare` repetitions below their maximum."""
    # A ladder has one load, which its longest set decides.
    longest = sets["reps"].where(sets["load_from"] == "own", sets["reps"].max())
    try:
        pct = pct_1rm(longest.to_numpy(), spare, relation=relation) + sets["points"]
        rir = rir_at(pct.to_numpy(), sets["reps"].to_numpy(), relation=relation)
    except InputError as error:
        raise InputError(f"{sets['scheme'].iloc[0]}, week {week}: {error}") from None
    return SCHEME_WEEKS.from_columns(
        {
            "week": np.full(len(sets), week),
            "set": sets["set"].to_numpy(),
            "reps": sets["reps"].to_numpy(),
            "rir": rir.round(9),  # the relation and its inverse leave rounding errors
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
    reps = numbers_in(reps, name="reps")
    if reps.shape != (len(sets),):
        raise InputError(
            f"{name} has {len(sets)} sets, so reps needs {len(sets)} numbers; "
            f"got {reps.size}: {', '.join(f'{one:g}' for one in np.ravel(reps))}."
        )
    wrong = [one for one in reps if not (one % 1 == 0 and 1 <= one < np.inf)]
    if wrong:
        raise InputError(f"reps must be whole numbers from 1; got {wrong[0]:g}.")
    return sets.assign(reps=[int(one) for one in reps])


@cache
def _shipped() -> pd.DataFrame:
    return SCHEMES.from_columns(read_table(data_dir() / "set_schemes.csv"))


@cache
def _charts() -> dict[str, RpeChart]:
    """Return the shipped charts by name."""
    rows = read_table(data_dir() / "rpe_charts.csv").groupby("chart", sort=False)
    return {
        name: RpeChart(
            name=name,
            reps_to_failure=chart["reps_to_failure"].tolist(),
            pct_1rm=chart["pct_1rm"].tolist(),
        )
        for name, chart in rows
    }


def _chart(chart: str | RpeChart) -> RpeChart:
    if isinstance(chart, RpeChart):
        return chart
    check_one_of(chart, _charts(), name="chart")
    return _charts()[chart]


def _chart_problems(reps: Sequence[float], pct: Sequence[float]) -> Iterator[str]:
    """Yield what keeps numbers from being a chart that can be read both ways."""
    if len(reps) != len(pct) or len(reps) < 2:
        yield (
            "it needs two rows or more, each with repetitions and a percentage; got "
            f"{len(reps)} and {len(pct)}."
        )
    wanted = "reps_to_failure must rise from row to row, from 1 to 100"
    for before, one in pairwise((0.0, *reps)):
        if not before < one <= 100 or one < 1:
            yield f"{wanted}; got {one:g} after {before:g}."
    wanted = "pct_1rm must fall from row to row, above 0 and at most 100"
    for before, one in pairwise((inf, *pct)):
        if not 0 < one < before or one > 100:
            after = "" if isinf(before) else f" after {before:g}"
            yield f"{wanted}; got {one:g}{after}."
    if pct and pct[0] <= 1:
        yield f"pct_1rm is a percentage, 0-100; got {pct[0]:g}.{percent_hint(pct[0])}"


def _check_adjustment(method: str, adjustment: float) -> None:
    """Raise InputError unless a method can have this adjustment."""
    check_one_of(method, ADJUSTMENTS, name="method")
    adjustment = given_number(adjustment, name="adjustment")
    low, high = _LIMITS[method]
    # 0.9 for 90 % would be allowed by the limits, and is a likely mistake.
    is_fraction = method != "rir" and 0 < adjustment < 1
    if low <= adjustment <= high and not is_fraction:
        return
    hint = "" if method == "rir" else percent_hint(adjustment)
    raise InputError(
        f"The adjustment of {method} is the {ADJUSTMENTS[method]}, {low:g} to "
        f"{high:g}; got {adjustment:g}.{hint}"
    )
