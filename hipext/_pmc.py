"""The performance management chart: two moving averages of the load, subtracted."""

from math import exp

import numpy as np
import pandas as pd

from hipext._checks import check_one_of, check_positive
from hipext._impulse import checked_load
from hipext._trailing import days_of

DECAYS = {  # share of a day's load in an average with a memory of so many days
    "exponential": lambda days: 1 - exp(-1 / days),
    "one_over_n": lambda days: 1 / days,
}


def pmc(
    training_load: pd.Series,
    *,
    ctl_d: float = 42,
    atl_d: float = 7,
    decay: str = "exponential",
    start: float | tuple[float, float] = 0.0,
) -> pd.DataFrame:
    r"""Return long-run load, recent load and their balance: the performance chart.

    .. math::

        \mathrm{ctl}(n) &= \mathrm{ctl}(n-1)
            + \lambda_c \, (w(n) - \mathrm{ctl}(n-1)) \\
        \mathrm{atl}(n) &= \mathrm{atl}(n-1)
            + \lambda_a \, (w(n) - \mathrm{atl}(n-1)) \\
        \mathrm{tsb}(n) &= \mathrm{ctl}(n-1) - \mathrm{atl}(n-1)

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days; 0 is rest. An unknown day is
        refused, because averages without a window cannot leave it out.
    ctl_d, atl_d : float, default 42 and 7
        Memory in days of the chronic ("ctl") and of the acute average ("atl"), at
        least 1 under "one_over_n"; the acute one shorter.
    decay : {"exponential", "one_over_n"}
        The share of a day's load: ``1 - exp(-1 / N)``, or ``1 / N``. Charts differ in
        it silently: over 7 days, 0.133 against 0.143.
    start : float or pair of float, default 0
        Both averages on the evening before the first day, or (ctl, atl); in the unit
        of the load, 0 or more.

    Returns
    -------
    pandas.DataFrame
        One row per day, in the unit of the load: ``ctl`` and ``atl`` of the evening,
        with the load of the day; ``tsb`` ("form") of the morning, without it, so it is
        ctl - atl of the row before. Other charts subtract within the day.

    Raises
    ------
    ValueError
        If a load is missing, negative or infinite, days are not consecutive, or an
        argument is out of range.

    Notes
    -----
    It is not a gate, and tsb does not predict performance. 42 and 7 days are a
    convention, not an estimate, and the chart is a fitness-fatigue model with both
    gains equal (E04-003). Such constants depend on the load measure and should not be
    taken as general (E04-019), and a fatigue term did not make predictions better
    (E04-018). After a start at 0 the first months are a run-in.

    References
    ----------
    .. [1] Evidence rows E04-003, E04-018 and E04-019.

    Examples
    --------
    >>> import pandas as pd
    >>> load = pd.Series([100.0, 0.0, 0.0])
    >>> chart = pmc(load, ctl_d=40, atl_d=10, decay="one_over_n")
    >>> chart.round(2).to_dict("list")
    {'ctl': [2.5, 2.44, 2.38], 'atl': [10.0, 9.0, 8.1], 'tsb': [0.0, -7.5, -6.56]}
    """
    ctl_share, atl_share = chart_shares(ctl_d, atl_d, decay)
    before = _start_of(start)
    load = checked_load(training_load)
    ctl = smoothed(load, ctl_share, before[0])
    atl = smoothed(load, atl_share, before[1])
    evenings = np.concatenate([[before[0] - before[1]], ctl - atl])
    return pd.DataFrame(
        {"ctl": ctl, "atl": atl, "tsb": evenings[:-1]}, index=days_of(training_load)
    )


def chart_shares(ctl_d: float, atl_d: float, decay: str) -> tuple[float, float]:
    """Return the shares of a day's load in ctl and atl, once they are checked."""
    check_one_of(decay, DECAYS, name="decay")
    check_positive(atl_d, name="atl_d", unit=" of days")
    check_positive(ctl_d, name="ctl_d", unit=" of days")
    if not atl_d < ctl_d:
        raise ValueError(
            f"atl_d must be shorter than ctl_d; got atl_d={atl_d}, ctl_d={ctl_d} days."
        )
    if decay == "one_over_n" and atl_d < 1:
        raise ValueError(
            f"Under 'one_over_n', atl_d must be 1 day or more; got {atl_d}. "
            "Below a day, take 'exponential'."
        )
    return DECAYS[decay](ctl_d), DECAYS[decay](atl_d)


def _start_of(start: float | tuple[float, float]) -> tuple[float, float]:
    """Return ctl and atl of the evening before the first day."""
    values = np.asarray(start, dtype="float64")
    is_fine = values.shape in {(), (2,)} and np.isfinite(values).all()
    if not (is_fine and (values >= 0).all()):
        raise ValueError(
            "start must be one number for both averages or the pair (ctl, atl), "
            f"0 or more; got {start}."
        )
    ctl, atl = np.broadcast_to(values, 2).tolist()
    return ctl, atl


def smoothed(load: np.ndarray, share: float, before: float) -> np.ndarray:
    """Move an average, `before` the first day, by a share of each day's difference."""
    averages = np.empty(len(load))
    for day, today in enumerate(load.tolist()):
        before += share * (today - before)
        averages[day] = before
    return averages
