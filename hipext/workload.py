"""Measures of the daily load: how much, how even, and recent against long-run load.

All of them describe a record. None is a gate: see the notes of each function.
"""

import numpy as np
import pandas as pd

from hipext._checks import check_one_of
from hipext._impulse import checked_load
from hipext._monotony import monotony, strain
from hipext._pmc import pmc, smoothed
from hipext._trailing import (
    as_daily,
    check_whole_days,
    days_of,
    means_of,
    ratio_of,
    rolling_load,
    windows_of,
)

__all__ = [
    "acwr",
    "acwr_parts",
    "as_daily",
    "monotony",
    "pmc",
    "rolling_load",
    "strain",
]

SHARES = {  # what today's load weighs in an average with a memory of so many days
    "ewma": lambda days: 2 / (days + 1),  # evidence row E05-006
    "half_life": lambda days: 1 - 2 ** (-1 / days),
}
METHODS = ("ewma", "half_life", "rolling", "uncoupled")
STARTS = ("first", "mean", "zero")


def acwr(
    training_load: pd.Series,
    method: str = "ewma",
    *,
    acute_d: int = 7,
    chronic_d: int = 28,
    start: str = "first",
    min_coverage: float = 1.0,
) -> pd.Series:
    r"""Return the acute:chronic workload ratio: the recent over the long-run load.

    .. math::

        R(n) = \frac{A(n)}{C(n)}

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days; 0 is rest, NaN is unknown.
    method : {"ewma", "half_life", "rolling", "uncoupled"}
        How acute load A and chronic load C are averaged; see Notes. The same record
        has another ratio under each: 1.43 by rolling means, 1.25 to 1.55 by moving
        averages (E05-007).
    acute_d, chronic_d : int, default 7 and 28
        Days of the two averages, each at least 1; acute shorter than chronic.
    start : {"first", "mean", "zero"}
        How the moving averages ("ewma", "half_life") begin; see Notes.
    min_coverage : float, default 1.0
        Share of the days of a window that must be known, above 0 and at most 1
        ("rolling", "uncoupled"). Moving averages have no window and need every day.

    Returns
    -------
    pandas.Series
        Without unit, 0 or more, with the index of the load. NaN where a window is not
        full or not known well enough, and where the chronic load is 0.

    Raises
    ------
    ValueError
        If there is no such method or start, a load is negative or infinite, days are
        not consecutive, an argument is out of range, or a moving average meets an
        unknown day.

    Notes
    -----
    The methods, with acute window a and chronic window c in days:

    - "ewma": :math:`E(n) = \lambda w(n) + (1 - \lambda) E(n - 1)` with
      :math:`\lambda = 2 / (N + 1)` and N = a or c;
    - "half_life": the same with :math:`\lambda = 1 - 2^{-1/d}`, so that a load counts
      half after d = a or c days (a definition of ours);
    - "rolling": mean of the last a days over mean of the last c days, which contain
      them (coupled: never above c/a);
    - "uncoupled": mean of the last a days over mean of the c - a days before them.

    The starts of a moving average: "first" sets the first day's average to its load,
    so that the ratio begins at 1 whatever the person did before; "mean" sets it, on
    the last of the first N days, to their mean, and gives NaN on the days before;
    "zero" comes from long rest, so that the ratio begins high. The start fades in
    a few times N days.

    It is not a gate. 0.8 to 1.3 is often called safe and 1.5 or more dangerous
    (E05-005). Yet the chronic load adds nothing: its odds ratio for injury, 2.45, is
    1.95 with a constant in its place and 1.16 to 2.07 with random numbers (E05-010).
    Nor does it tell injuries apart usefully (c-statistic 0.574, where 0.5 is chance;
    E05-011), and coupling alone makes acute and chronic load correlate (0.52 in
    simulated athletes; E05-008).

    References
    ----------
    .. [1] Evidence rows E05-005 to E05-008, E05-010 and E05-011.

    Examples
    --------
    >>> import pandas as pd
    >>> load = pd.Series([100.0] * 21 + [150.0] * 7)
    >>> float(acwr(load, method="rolling").round(2).iloc[-1])
    1.33
    >>> float(acwr(load, method="uncoupled").iloc[-1])
    1.5
    >>> float(acwr(load).round(2).iloc[-1])
    1.2
    """
    parts = acwr_parts(
        training_load,
        method,
        acute_d=acute_d,
        chronic_d=chronic_d,
        start=start,
        min_coverage=min_coverage,
    )
    return parts["ratio"].rename("acwr")


def acwr_parts(
    training_load: pd.Series,
    method: str = "ewma",
    *,
    acute_d: int = 7,
    chronic_d: int = 28,
    start: str = "first",
    min_coverage: float = 1.0,
) -> pd.DataFrame:
    """Return acute load, chronic load and their ratio, as `acwr` defines them.

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days; 0 is rest, NaN is unknown.
    method : {"ewma", "half_life", "rolling", "uncoupled"}
        How the two loads are averaged; see `acwr`.
    acute_d, chronic_d : int, default 7 and 28
        Days of the two averages, each at least 1; acute shorter than chronic.
    start : {"first", "mean", "zero"}
        How the moving averages ("ewma", "half_life") begin; see `acwr`.
    min_coverage : float, default 1.0
        Share of the days of a window that must be known, above 0 and at most 1.

    Returns
    -------
    pandas.DataFrame
        One row per day: ``acute`` and ``chronic`` (in the unit of the load, per day)
        and ``ratio`` (without unit).

    Raises
    ------
    ValueError
        As `acwr`.

    Notes
    -----
    Like `acwr`, not a gate: the chronic load adds nothing (E05-010, E05-011).

    Examples
    --------
    >>> import pandas as pd
    >>> load = pd.Series([100.0] * 21 + [150.0] * 7)
    >>> acwr_parts(load, "rolling").iloc[-1].round(2).to_dict()
    {'acute': 150.0, 'chronic': 112.5, 'ratio': 1.33}
    """
    check_one_of(method, METHODS, name="method")
    check_one_of(start, STARTS, name="start")
    check_acute_and_chronic(acute_d, chronic_d)
    if method in SHARES:
        load = _known_load(training_load, method)
        acute, chronic = (
            _moving_average(load, days, SHARES[method](days), start)
            for days in (acute_d, chronic_d)
        )
    else:
        acute, chronic = _window_means(
            training_load, method, acute_d, chronic_d, min_coverage
        )
    return pd.DataFrame(
        {"acute": acute, "chronic": chronic, "ratio": ratio_of(acute, chronic)},
        index=days_of(training_load),
    )


def check_acute_and_chronic(acute_d: int, chronic_d: int) -> None:
    """Raise ValueError unless both are whole days and acute is shorter."""
    check_whole_days(acute_d, name="acute_d")
    check_whole_days(chronic_d, name="chronic_d")
    if not acute_d < chronic_d:
        raise ValueError(
            "acute_d must be shorter than chronic_d; "
            f"got acute_d={acute_d}, chronic_d={chronic_d} days."
        )


def _known_load(training_load: pd.Series, method: str) -> np.ndarray:
    """Return the load of each day; ValueError naming the first unknown one."""
    load = checked_load(training_load, unknown=True)
    unknown = np.flatnonzero(np.isnan(load))
    if unknown.size:
        index = days_of(training_load)
        day = unknown[0] if index is None else index[unknown[0]]
        raise ValueError(
            f"The method {method!r} needs the load of every day, and day {day} is "
            "unknown. Take 'rolling' or 'uncoupled' with min_coverage below 1, or "
            "fill the day if it was rest."
        )
    return load


def _moving_average(
    load: np.ndarray, days: int, share: float, start: str
) -> np.ndarray:
    """Return the moving average of each day; NaN before a start from a mean."""
    if start == "zero" or not len(load):
        return smoothed(load, share, 0.0)
    if start == "first":
        return smoothed(load, share, load[0])
    days = int(days)
    seeded = np.full(len(load), np.nan)
    if days <= len(load):
        seed = load[:days].mean()
        seeded[days - 1] = seed
        seeded[days:] = smoothed(load[days:], share, seed)
    return seeded


def _window_means(
    training_load: pd.Series,
    method: str,
    acute_d: int,
    chronic_d: int,
    min_coverage: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean load of the acute and the chronic window of each day."""
    acute = means_of(windows_of(training_load, acute_d, min_coverage))
    if method == "rolling":
        return acute, means_of(windows_of(training_load, chronic_d, min_coverage))
    before = means_of(windows_of(training_load, chronic_d - acute_d, min_coverage))
    late = min(int(acute_d), len(before))
    return acute, np.concatenate([np.full(late, np.nan), before[: len(before) - late]])
