"""Loads day by day, and their mean over the window that ends with each day."""

import numpy as np
import pandas as pd

from hipext._checks import check_one_of
from hipext._impulse import checked_load

MISSING = {"rest": 0.0, "unknown": np.nan}
STATISTICS = ("mean", "sum")


def as_daily(
    loads: pd.Series,
    *,
    missing: str,
    first: int | pd.Timestamp | None = None,
    last: int | pd.Timestamp | None = None,
) -> pd.Series:
    """Fill a series of loads up to consecutive days; several on a day are summed.

    Parameters
    ----------
    loads : pandas.Series
        Loads (any unit, 0 or more) by day: whole numbers or dates, in any order. A
        time of day is dropped. NaN is a session whose load is unknown.
    missing : {"rest", "unknown"}
        What a day without a load was: rest (0) or unknown (NaN). There is no default,
        because only the caller knows.
    first, last : int or pandas.Timestamp, optional
        First and last day of the result, to add days before and after the loads.
        Default: those of the loads.

    Returns
    -------
    pandas.Series
        ``training_load`` of consecutive days, in the unit of `loads`. A day with an
        unknown session is NaN, whatever `missing` says.

    Raises
    ------
    ValueError
        If there is no load, a load is negative or infinite, a day is neither a whole
        number nor a date, or a load lies outside `first` to `last`.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.Series([50.0, 30.0, 40.0], index=[0, 0, 3])
    >>> as_daily(sessions, missing="rest").tolist()
    [80.0, 0.0, 0.0, 40.0]
    """
    check_one_of(missing, MISSING, name="missing")
    days = _days_of(loads)
    sums = pd.Series(loads.to_numpy("float64", na_value=np.nan), index=days)
    _check_loads(sums)
    sums = sums.groupby(level=0).sum(skipna=False)
    calendar = _calendar(sums.index, first, last)
    filled = sums.reindex(calendar, fill_value=MISSING[missing])
    return filled.rename("training_load").rename_axis(loads.index.name)


def _days_of(loads: pd.Series) -> pd.Index:
    """Return the day of each load, without its time of day."""
    if not len(loads):
        raise ValueError("loads is empty, so there is no day to begin with.")
    if isinstance(loads.index, pd.DatetimeIndex) and not loads.index.hasnans:
        return loads.index.normalize()
    if pd.api.types.is_integer_dtype(loads.index) and not loads.index.hasnans:
        return loads.index.astype("int64")
    raise ValueError(
        "The index of loads must be days, as whole numbers or dates; got "
        f"{loads.index[0]!r} ({loads.index.dtype}). "
        "Convert words with pandas.to_datetime, and drop loads without a day."
    )


def _check_loads(loads: pd.Series) -> None:
    bad = loads[(loads < 0) | np.isinf(loads)]
    if len(bad):
        raise ValueError(
            "A load must be 0 or more, or NaN where unknown; "
            f"got {bad.iloc[0]} on day {bad.index[0]}."
        )


def _calendar(days: pd.Index, first: object, last: object) -> pd.Index:
    """Return all days from first to last."""
    first = days[0] if first is None else _day(first, days)
    last = days[-1] if last is None else _day(last, days)
    if first > days[0] or last < days[-1]:
        raise ValueError(
            f"loads has days {days[0]} to {days[-1]}, outside first={first} to "
            f"last={last}. Cut it before with loads.loc[first:last]."
        )
    if isinstance(days, pd.DatetimeIndex):
        return pd.date_range(first, last, freq="D")
    return pd.RangeIndex(first, last + 1)


def _day(given: object, days: pd.Index) -> object:
    """Return a day that was given, as the days of the loads are written."""
    if isinstance(days, pd.DatetimeIndex):
        return pd.Timestamp(given).normalize()
    return given


def rolling_load(
    training_load: pd.Series,
    *,
    window_d: int,
    statistic: str = "mean",
    min_coverage: float = 1.0,
) -> pd.Series:
    r"""Return the mean or sum of the load over the days up to each day, incl. today.

    .. math::

        m(n) = \frac{1}{|K_n|} \sum_{i \in K_n} w(i), \qquad s(n) = d \, m(n)

    with :math:`K_n` the known days among the `d` days :math:`n - d + 1, \dots, n`.

    Parameters
    ----------
    training_load : pandas.Series
        Training load (any unit) of consecutive days; 0 is rest, NaN is unknown.
    window_d : int
        Length of the window, d, in days, at least 1.
    statistic : {"mean", "sum"}
        Mean load of a known day, or that mean times `window_d`: the sum an equal load
        on the unknown days would give.
    min_coverage : float, default 1.0
        Share of the days of a window that must be known, above 0 and at most 1.

    Returns
    -------
    pandas.Series
        In the unit of the load, with its index. NaN before the first full window and
        where too few days are known.

    Raises
    ------
    ValueError
        If a load is negative or infinite, days are not consecutive, or an argument is
        out of range.

    Notes
    -----
    The description of a record, not a gate: no level of it is a limit.

    Examples
    --------
    >>> import pandas as pd
    >>> load = pd.Series([3.0, 0.0, None, 9.0])
    >>> rolling_load(load, window_d=3, min_coverage=0.6).tolist()
    [nan, nan, 1.5, 4.5]
    """
    check_one_of(statistic, STATISTICS, name="statistic")
    means = means_of(windows_of(training_load, window_d, min_coverage))
    factor = window_d if statistic == "sum" else 1
    return by_day(means * factor, training_load, name="training_load")


def windows_of(
    training_load: pd.Series, window_d: int, min_coverage: float
) -> np.ndarray:
    """Return the window that ends with each day; all NaN where it is not judged."""
    check_whole_days(window_d, name="window_d")
    if not 0 < min_coverage <= 1:
        raise ValueError(
            "min_coverage is the share of known days, above 0 and at most 1; "
            f"got {min_coverage}."
        )
    load = checked_load(training_load, unknown=True)
    padded = np.concatenate([np.full(int(window_d), np.nan), load])
    windows = np.lib.stride_tricks.sliding_window_view(padded, int(window_d))[1:]
    is_full = np.arange(len(load)) >= window_d - 1
    is_judged = is_full & (np.isfinite(windows).mean(axis=1) >= min_coverage)
    return np.where(is_judged[:, None], windows, np.nan)


def means_of(windows: np.ndarray) -> np.ndarray:
    """Return the mean of the known days of each window; NaN where there are none."""
    n_known = np.isfinite(windows).sum(axis=1)
    return ratio_of(np.nansum(windows, axis=1), n_known)


def ratio_of(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide; NaN where `below` is 0 or unknown."""
    unknown = np.full(len(above), np.nan)
    return np.divide(above, below, out=unknown, where=below > 0)


def by_day(values: np.ndarray, training_load: pd.Series, *, name: str) -> pd.Series:
    """Return values with the days of a training load."""
    return pd.Series(values, index=days_of(training_load), name=name)


def days_of(training_load: pd.Series) -> pd.Index | None:
    """Return the days of a training load; None for an array."""
    return training_load.index if isinstance(training_load, pd.Series) else None


def check_whole_days(given: int, *, name: str, least: int = 1) -> None:
    """Raise ValueError unless `given` is a whole number of days, `least` or more."""
    if not (least <= given < float("inf") and given == int(given)):
        raise ValueError(
            f"{name} must be a whole number of days, {least} or more; got {given}."
        )
