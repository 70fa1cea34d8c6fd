"""Today's load for a wished form or workload ratio: closed forms."""

from math import inf, isnan

import numpy as np
import pandas as pd

from hipext._checks import check_positive
from hipext._impulse import checked_load
from hipext._pmc import chart_shares, pmc
from hipext.workload import acwr_parts


def past_of(training_load: pd.Series, *, unknown: bool = False) -> np.ndarray:
    """Return the load up to yesterday; ValueError if there is none."""
    load = checked_load(training_load, unknown=unknown)
    if not len(load):
        raise ValueError(
            "training_load has 0 days; give the days up to yesterday, at least 1."
        )
    return load


def load_for_equal_form(
    training_load: pd.Series,
    *,
    ctl_d: float = 42,
    atl_d: float = 7,
    decay: str = "exponential",
    start: float | tuple[float, float] = 0.0,
) -> float:
    r"""Return today's load that leaves tomorrow's form (tsb) as it is this morning.

    .. math::

        w = \frac{\lambda_a \, \mathrm{atl} - \lambda_c \, \mathrm{ctl}}
                 {\lambda_a - \lambda_c}

    with atl and ctl of yesterday evening and the shares of `workload.pmc`.

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days up to yesterday, at least 1 day.
    ctl_d, atl_d, decay, start
        As in `workload.pmc`.

    Returns
    -------
    float
        Load, in the unit of `training_load`. More lowers the form, less raises it.

    Raises
    ------
    ValueError
        If form falls even on a day of rest, or as `workload.pmc`.

    Notes
    -----
    An answer of the chart, not a gate and not advice: see `workload.pmc`.

    Examples
    --------
    >>> import pandas as pd
    >>> load_for_equal_form(pd.Series([50.0] * 30), start=50.0)
    50.0
    """
    past = past_of(training_load)
    ctl_share, atl_share = chart_shares(ctl_d, atl_d, decay)
    chart = pmc(past, ctl_d=ctl_d, atl_d=atl_d, decay=decay, start=start)
    ctl, atl = chart["ctl"].iloc[-1], chart["atl"].iloc[-1]
    risen = atl_share * atl - ctl_share * ctl
    if risen < 0:
        raise ValueError(
            f"No load keeps the form: even with rest today it falls by {-risen:.3g}, "
            f"because ctl {ctl:.3g} fades faster than atl {atl:.3g} recovers."
        )
    return float(risen / (atl_share - ctl_share))


def largest_load_for_acwr(
    training_load: pd.Series,
    ratio: float,
    method: str = "ewma",
    *,
    acute_d: int = 7,
    chronic_d: int = 28,
    start: str = "first",
    min_coverage: float = 1.0,
) -> float:
    r"""Return the largest load today whose workload ratio is at most `ratio`.

    Acute and chronic load of today are linear in the load w of today,
    :math:`A_0 + a w` and :math:`C_0 + c w`, so that

    .. math::

        w = \frac{r C_0 - A_0}{a - r c}

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days up to yesterday; NaN is unknown.
    ratio : float
        Workload ratio r that today must not exceed, above 0.
    method, acute_d, chronic_d, start, min_coverage
        As in `workload.acwr`.

    Returns
    -------
    float
        Load, in the unit of `training_load`; infinite where no load, however large,
        exceeds the ratio: from a / c on, which is chronic_d / acute_d for "rolling".

    Raises
    ------
    ValueError
        If the ratio is exceeded even by rest, or is not defined today, or as
        `workload.acwr`.

    Notes
    -----
    It says what a ratio would allow, to show how little the ratio restrains. It is not
    a gate and not a safe load: see `workload.acwr`.

    Examples
    --------
    >>> import pandas as pd
    >>> past = pd.Series([100.0] * 28)
    >>> round(largest_load_for_acwr(past, 1.3, "rolling"), 1)
    411.1
    >>> largest_load_for_acwr(past, 4.0, "rolling")
    inf
    """
    check_positive(ratio, name="ratio")
    past = past_of(training_load, unknown=True)
    trial = float(np.nanmax([*past, 1.0]))  # of the size of the other loads
    rest, loaded = (
        acwr_parts(
            np.append(past, today),
            method,
            acute_d=acute_d,
            chronic_d=chronic_d,
            start=start,
            min_coverage=min_coverage,
        ).iloc[-1]
        for today in (0.0, trial)
    )
    if isnan(rest["ratio"]):
        raise ValueError(
            f"The ratio is not defined today after {len(past)} days: a window is not "
            "full, too few days are known, or the chronic load is 0."
        )
    room = ratio * rest["chronic"] - rest["acute"]
    rises = (loaded - rest) / trial
    cost = rises["acute"] - ratio * rises["chronic"]
    if abs(cost) < 1e-12:  # the ratio that loads approach, but for rounding
        cost = 0.0
    if cost < 0 or (cost == 0 and room >= 0):
        return inf
    if room < 0:
        raise ValueError(
            f"No load keeps the ratio at {ratio:g} or below: "
            f"it is {rest['ratio']:.3g} even with rest today."
        )
    return float(room / cost)
