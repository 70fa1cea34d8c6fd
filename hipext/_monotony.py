"""Monotony and strain: how even and how large the load of a week is."""

import numpy as np
import pandas as pd

from hipext._trailing import (
    by_day,
    check_whole_days,
    means_of,
    ratio_of,
    rolling_load,
    windows_of,
)


def monotony(
    training_load: pd.Series,
    *,
    ddof: int = 0,
    window_d: int = 7,
    min_coverage: float = 1.0,
) -> pd.Series:
    r"""Return the monotony of each day's trailing window: mean load over its SD.

    .. math::

        M(n) = \frac{\bar w}{\mathrm{SD}(w)}, \qquad
        \mathrm{SD}(w)^2 = \frac{1}{|K_n| - \mathrm{ddof}} \sum (w(i) - \bar w)^2

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days; 0 is rest, NaN is unknown.
    ddof : {0, 1}
        What the SD divides by: 0 for the number of days (the seven days are the whole
        week, not a sample of one), 1 for one fewer, as many spreadsheets do. The
        sources rarely say which; over 7 days, 0 gives 8 % more monotony than 1.
    window_d : int, default 7
        Length of the window in days, at least 2.
    min_coverage : float, default 1.0
        Share of the days of a window that must be known, above 0 and at most 1.

    Returns
    -------
    pandas.Series
        Without unit, 0 or more. Equal loads above 0 give infinity, the limit; a window
        of rest only gives NaN, as do fewer than two known days.

    Raises
    ------
    ValueError
        If a load is negative or infinite, days are not consecutive, or an argument is
        out of range.

    Notes
    -----
    A description, not a gate: that above 2.0 caution is due is a practice convention
    for athletes (E05-003), not a limit found by measurement. A program of equal daily
    loads is infinitely monotonous by this formula, however light it is.

    References
    ----------
    .. [1] Evidence rows E05-002 (formula, rest days count as 0) and E05-003 (the
       example below, whose printed SD is neither of the two).

    Examples
    --------
    >>> import pandas as pd
    >>> week = pd.Series([600, 200, 400, 500, 100, 650, 0])
    >>> float(monotony(week).round(2).iloc[-1])
    1.49
    >>> float(monotony(week, ddof=1).round(2).iloc[-1])
    1.38
    """
    if ddof not in (0, 1):
        raise ValueError(
            "ddof must be 0 (SD of the days) or 1 (SD of a sample, one fewer); "
            f"got {ddof!r}."
        )
    check_whole_days(window_d, name="window_d", least=2)
    windows = windows_of(training_load, window_d, min_coverage)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = means_of(windows) / _sd_of(windows, ddof)
    return by_day(values, training_load, name="monotony")


def _sd_of(windows: np.ndarray, ddof: int) -> np.ndarray:
    """Return the SD of the known days of each window; NaN for fewer than two."""
    n_known = np.isfinite(windows).sum(axis=1)
    squares = (windows - means_of(windows)[:, None]) ** 2
    sd = np.sqrt(ratio_of(np.nansum(squares, axis=1), n_known - ddof))
    highest, lowest = (
        reduce(windows, axis=1) for reduce in (np.fmax.reduce, np.fmin.reduce)
    )
    sd[highest == lowest] = 0.0  # exactly, whatever the mean is rounded to
    return np.where(n_known >= 2, sd, np.nan)


def strain(
    training_load: pd.Series,
    *,
    ddof: int = 0,
    window_d: int = 7,
    min_coverage: float = 1.0,
) -> pd.Series:
    r"""Return the strain of each day's trailing window: its summed load x monotony.

    .. math::

        S(n) = s(n) \, M(n)

    with the sum s of `rolling_load` and the monotony M of `monotony`.

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days; 0 is rest, NaN is unknown.
    ddof : {0, 1}
        What the SD in the monotony divides by: the number of days (0) or one fewer.
    window_d : int, default 7
        Length of the window in days, at least 2.
    min_coverage : float, default 1.0
        Share of the days of a window that must be known, above 0 and at most 1.

    Returns
    -------
    pandas.Series
        In the unit of the load, 0 or more: 0 for a window of rest only, infinite for
        equal loads above 0, NaN where the monotony is unknown.

    Raises
    ------
    ValueError
        If a load is negative or infinite, days are not consecutive, or an argument is
        out of range.

    Notes
    -----
    A description, not a gate: 6000 is often quoted as high, but that depends on the
    sport and on the unit of the load, and there is no level for strength sessions
    (E05-004).

    References
    ----------
    .. [1] Evidence rows E05-002 (formula) and E05-004.

    Examples
    --------
    >>> import pandas as pd
    >>> week = pd.Series([600, 200, 400, 500, 100, 650, 0])
    >>> float(strain(week).round(0).iloc[-1])
    3656.0
    """
    sums = rolling_load(
        training_load, window_d=window_d, statistic="sum", min_coverage=min_coverage
    )
    evenness = monotony(
        training_load, ddof=ddof, window_d=window_d, min_coverage=min_coverage
    )
    return (sums * evenness).mask(sums == 0, 0.0).rename("strain")
