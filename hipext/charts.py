"""Percent of the 1RM by a chart of repetitions and effort (RPE).

A chart is a convention of coaches, not a measurement, and versions of it disagree.
"""

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np

from hipext._checks import check_one_of
from hipext.data import data_dir, read_text
from hipext.percentages import ROUNDING, RPE_OF_FAILURE, as_percent


@dataclass(frozen=True, kw_only=True)
class _Chart:
    """Percent of the 1RM against repetitions to failure, in rising order of these."""

    reps_to_failure: tuple[float, ...]
    pct_1rm: tuple[float, ...]


def pct_from_chart(reps: float, rpe: float, *, chart: str = "rts") -> float:
    """Return the load, in percent of the 1RM, that a chart gives for `reps` at `rpe`.

    Parameters
    ----------
    reps : float
        Repetitions of the set, at least 1.
    rpe : float
        Effort at its end, 0-10; 10 is failure, and each point less one repetition in
        reserve (evidence row E03-014).
    chart : str, default "rts"
        A chart of ``data/rpe_charts.csv``.

    Returns
    -------
    float
        Percent, 0-100.

    Raises
    ------
    ValueError
        If there is no such chart, `rpe` is not 0 to 10, or the repetitions done and
        in reserve are outside the chart, which ends at 12.

    Notes
    -----
    ``rts`` is consensus practice of powerlifting coaches (evidence row E03-015), not
    measured; it is read along repetitions plus reserve. Between whole repetitions the
    value is interpolated linearly; for half steps that gives the printed half row.

    Examples
    --------
    >>> pct_from_chart(5, 8)
    81.1
    """
    rows = _chart(chart)
    possible = reps + RPE_OF_FAILURE - rpe
    last = rows.reps_to_failure[-1]
    if not (reps >= 1 and 0 <= rpe <= RPE_OF_FAILURE and possible <= last):
        raise ValueError(
            f"The {chart} chart goes from 1 to {last:g} repetitions, done and in "
            f"reserve, with an RPE of 0 to 10; got reps={reps:g}, rpe={rpe:g}."
        )
    return float(np.interp(possible, rows.reps_to_failure, rows.pct_1rm))


def rpe_from_chart(pct_1rm: float, reps: float, *, chart: str = "rts") -> float:
    """Return the effort (RPE) that a chart gives for `reps` at a percentage.

    Parameters
    ----------
    pct_1rm : float
        Load in percent of the 1RM, within the chart: 68 to 100 in ``rts``.
    reps : float
        Repetitions of the set, at least 1.
    chart : str, default "rts"
        A chart of ``data/rpe_charts.csv``.

    Returns
    -------
    float
        RPE, 0-10, not rounded: 10 less the repetitions in reserve.

    Raises
    ------
    ValueError
        If there is no such chart, the percentage is outside it, or the load does not
        allow the repetitions or leaves more than 10 of them.

    Notes
    -----
    As in `pct_from_chart`: consensus practice (evidence row E03-015), not measured.

    Examples
    --------
    >>> round(rpe_from_chart(81.1, 5), 6)
    8.0
    """
    rows = _chart(chart)
    highest, lowest = rows.pct_1rm[0], rows.pct_1rm[-1]
    if not lowest <= pct_1rm <= highest:
        raise ValueError(
            f"pct_1rm must be {lowest:g} to {highest:g}, the range of the {chart} "
            f"chart; got {pct_1rm:g}.{as_percent(pct_1rm)}"
        )
    possible = float(
        np.interp(-pct_1rm, np.negative(rows.pct_1rm), rows.reps_to_failure)
    )
    spare = possible - reps
    if not (reps >= 1 and -ROUNDING <= spare <= RPE_OF_FAILURE + ROUNDING):
        raise ValueError(
            f"{pct_1rm:g} % of the 1RM allows {possible:.1f} repetitions by the "
            f"{chart} chart; reps must be 1 to that, with at most 10 in reserve, "
            f"got {reps:g}."
        )
    return min(max(RPE_OF_FAILURE - spare, 0.0), RPE_OF_FAILURE)


@cache
def _charts() -> dict[str, _Chart]:
    """Return the shipped charts by name."""
    text = read_text(data_dir() / "rpe_charts.csv")
    rows = [*csv.DictReader(text.splitlines())]
    return {
        name: _Chart(
            reps_to_failure=_column(rows, name, "reps_to_failure"),
            pct_1rm=_column(rows, name, "pct_1rm"),
        )
        for name in dict.fromkeys(row["chart"] for row in rows)
    }


def _column(rows: list[dict[str, str]], chart: str, column: str) -> tuple[float, ...]:
    return tuple(float(row[column]) for row in rows if row["chart"] == chart)


def _chart(name: str) -> _Chart:
    check_one_of(name, _charts(), name="chart")
    return _charts()[name]
