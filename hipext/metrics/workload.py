"""Workload of a daily training load: sums, monotony, strain, ACWR, performance chart.

All measures describe a record; none is a limit or a gate (see the notes of each). A
training load (any unit) is one number per consecutive day, 0 or more: 0 is rest, NaN is
unknown. Days are numbers or dates (see `days`); those of a list or array count from 0.
Results are in the unit of the load, unless they say otherwise, and have its index.

A window of ``window_d`` days (at least 1) ends with the day it belongs to, that day
included. It has a value where it is full, and where at least the share ``min_coverage``
of its days is known (above 0 and at most 1, by default all); else it is NaN. Arguments
that a function does not describe are these.

All raise InputError where a load is negative or infinite, days are not consecutive, or
an argument is out of range.
"""

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import accumulate
from math import exp

import numpy as np
import pandas as pd

from hipext.files.checks import InputError, check_one_of, check_positive, numbers_in
from hipext.files.sums import mean_in_order, sum_in_order, sums_by
from hipext.metrics.days import (
    check_whole_days,
    day_of,
    day_text,
    days_of,
    index_of,
    read_days,
)

CONVENTIONS = ("next_day", "same_day")
SHARES = {  # weight of today's load in an average with a memory of so many days
    "ewma": lambda days: 2 / (days + 1),  # evidence row E05-006
    "half_life": lambda days: 1 - 2 ** (-1 / days),
}
METHODS = (*SHARES, "rolling", "uncoupled")
STARTS = ("first", "mean", "zero")
DECAYS = {  # the same weight in a performance chart
    "exponential": lambda days: 1 - exp(-1 / days),
    "one_over_n": lambda days: 1 / days,
}
MISSING = {"rest": 0.0, "unknown": np.nan}
STATISTICS = ("mean", "sum")


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
    method : {"ewma", "half_life", "rolling", "uncoupled"}
        How acute load A and chronic load C are averaged; see Notes. A moving average
        needs the load of every day. The same record has a different ratio under each:
        1.43 by rolling means, 1.25 to 1.55 by moving averages (E05-007).
    acute_d, chronic_d : int, default 7 and 28
        Days of the two averages, each at least 1; acute shorter than chronic.
    start : {"first", "mean", "zero"}
        How the moving averages ("ewma", "half_life") begin; see Notes.

    Returns
    -------
    pandas.Series
        Without unit, 0 or more; NaN also where the chronic load is 0.

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
    so that the ratio begins at 1 whatever the athlete did before; "mean" sets it, on
    the last of the first N days, to their mean, and gives NaN on the days before;
    "zero" assumes long rest, so that the ratio begins high. The start decays within
    a few times N days.

    It is not a gate. 0.8 to 1.3 is often called safe and 1.5 or more dangerous
    (E05-005). Yet the chronic load adds nothing: its odds ratio for injury, 2.45, is
    1.95 with a constant in its place and 1.16 to 2.07 with random numbers (E05-010).
    Nor does it discriminate injuries usefully (c-statistic 0.574, where 0.5 is
    chance; E05-011), and coupling alone makes acute and chronic load correlate (0.52
    in simulated athletes; E05-008).

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

    Arguments are those of `acwr`. Like it, not a gate: the chronic load adds nothing
    (E05-010, E05-011).

    Returns
    -------
    pandas.DataFrame
        One row per day: ``acute`` and ``chronic`` (in the unit of the load, per day)
        and ``ratio`` (without unit).

    Examples
    --------
    >>> import pandas as pd
    >>> load = pd.Series([100.0] * 21 + [150.0] * 7)
    >>> acwr_parts(load, "rolling").iloc[-1].round(2).to_dict()
    {'acute': 150.0, 'chronic': 112.5, 'ratio': 1.33}
    """
    check_one_of(method, METHODS, name="method")
    check_one_of(start, STARTS, name="start")
    check_whole_days(acute_d, name="acute_d")
    check_whole_days(chronic_d, name="chronic_d")
    if not acute_d < chronic_d:
        raise InputError(
            "acute_d must be shorter than chronic_d; "
            f"got acute_d={acute_d}, chronic_d={chronic_d} days."
        )
    acute_d, chronic_d = int(acute_d), int(chronic_d)
    if method in SHARES:
        load = _known_load(training_load, method)
        acute, chronic = (
            _moving_average(load, days, SHARES[method], start)
            for days in (acute_d, chronic_d)
        )
    else:
        means = partial(rolling_load, training_load, min_coverage=min_coverage)
        acute = means(window_d=acute_d).to_numpy()
        # The uncoupled chronic window ends where the acute one begins.
        apart_d = acute_d if method == "uncoupled" else 0
        chronic = means(window_d=chronic_d - apart_d).shift(apart_d).to_numpy()
    days = index_of(training_load)
    parts = pd.DataFrame({"acute": acute, "chronic": chronic}, index=days)
    return parts.assign(ratio=(parts["acute"] / chronic).where(chronic > 0))


def _known_load(training_load: pd.Series, method: str) -> np.ndarray:
    """Return the load of each day; InputError naming the first unknown one."""
    load = checked_load(training_load, unknown=True)
    unknown = np.flatnonzero(np.isnan(load))
    if unknown.size:
        day = day_text(days_of(training_load)[unknown[0]])
        raise InputError(
            f"The method {method!r} needs the load of every day, and day {day} is "
            "unknown. Take 'rolling' or 'uncoupled' with min_coverage below 1, or "
            "fill the day if it was rest."
        )
    return load


def _moving_average(
    load: np.ndarray, days: int, share_of: Callable[[int], float], start: str
) -> np.ndarray:
    """Return the moving average of each day; NaN before a start from a mean."""
    share = share_of(days)
    if start == "zero" or not len(load):
        return _smoothed(load, share, 0.0)
    if start == "first":
        return _smoothed(load, share, load[0])
    # The mean of the first N days stands on the last of them.
    averages = np.full(len(load), np.nan)
    if days <= len(load):
        mean = mean_in_order(load[:days])
        averages[days - 1] = mean
        averages[days:] = _smoothed(load[days:], share, mean)
    return averages


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
    ddof : {0, 1}
        What the SD divides by: 0 for the number of days (the seven days are the whole
        week, not a sample of one), 1 for one fewer, as many spreadsheets do. Sources
        rarely state which; over 7 days, 0 gives 8 % more monotony than 1.
    window_d : int, default 7
        Length of the window in days, at least 2.

    Returns
    -------
    pandas.Series
        Without unit, 0 or more. Equal loads above 0 give infinity, the limit; a window
        of rest only gives NaN, as do fewer than two known days.

    Notes
    -----
    A description, not a gate: caution above 2.0 is a practice convention for athletes
    (E05-003), not a limit found by measurement. A program of equal daily loads is
    infinitely monotonous by this formula, however light it is.

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
        raise InputError(
            "ddof must be 0 (SD of the days) or 1 (SD of a sample, one fewer); "
            f"got {ddof!r}."
        )
    check_whole_days(window_d, name="window_d", least=2)
    windows = _windows(training_load, window_d, min_coverage)
    mean, n_known = _means(windows), windows.count(axis=1)
    squares = sum_in_order(windows.sub(mean, axis=0).pow(2).fillna(0.0), axis=1)
    # Equal loads have an SD of exactly 0, however their mean is rounded.
    is_even = windows.max(axis=1) == windows.min(axis=1)
    sd = np.sqrt(squares / (n_known - ddof)).mask(is_even, 0.0)
    return (mean / sd).where(n_known >= 2).rename("monotony")


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

    with the sum s of `rolling_load` and the monotony M of `monotony`, whose arguments
    it has.

    Returns
    -------
    pandas.Series
        0 for a window of rest only, infinite for equal loads above 0, NaN where the
        monotony is unknown.

    Notes
    -----
    A description, not a gate: 6000 is often quoted as high, but that depends on the
    sport and on the unit of the load, and no level is known for strength sessions
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
    ratio = monotony(
        training_load, ddof=ddof, window_d=window_d, min_coverage=min_coverage
    )
    # A window of rest has no monotony (0 / 0), and a strain of 0 all the same.
    return (sums * ratio).mask(sums == 0, 0.0).rename("strain")


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
        An unknown day is refused: averages without a window cannot leave it out.
    ctl_d, atl_d : float, default 42 and 7
        Time constants in days of the chronic ("ctl") and the acute average ("atl"),
        at least 1 under "one_over_n"; the acute one shorter.
    decay : {"exponential", "one_over_n"}
        The weight of a day's load: ``1 - exp(-1 / N)``, or ``1 / N``. Charts rarely
        state which they use: over 7 days, 0.133 against 0.143.
    start : float or pair of float, default 0
        Both averages on the evening before the first day, or (ctl, atl); 0 or more.

    Returns
    -------
    pandas.DataFrame
        One row per day: ``ctl`` and ``atl`` of the evening,
        with the load of the day; ``tsb`` ("form") of the morning, without it, so it is
        ctl - atl of the row before. Other charts subtract within the day.

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
    check_one_of(decay, DECAYS, name="decay")
    check_positive(atl_d, name="atl_d", unit=" of days")
    check_positive(ctl_d, name="ctl_d", unit=" of days")
    if not atl_d < ctl_d:
        raise InputError(
            f"atl_d must be shorter than ctl_d; got atl_d={atl_d}, ctl_d={ctl_d} days."
        )
    if decay == "one_over_n" and atl_d < 1:
        raise InputError(
            f"Under 'one_over_n', atl_d must be 1 day or more; got {atl_d}. "
            "Below a day, take 'exponential'."
        )
    ctl_share, atl_share = DECAYS[decay](ctl_d), DECAYS[decay](atl_d)
    first_ctl, first_atl = _start_averages(start)
    load = checked_load(training_load)
    ctl = _smoothed(load, ctl_share, first_ctl)
    atl = _smoothed(load, atl_share, first_atl)
    # Form of a morning is the balance of the evening before: one day later.
    evenings = np.concatenate([[first_ctl - first_atl], ctl - atl])
    return pd.DataFrame(
        {"ctl": ctl, "atl": atl, "tsb": evenings[:-1]}, index=index_of(training_load)
    )


def _start_averages(start: float | tuple[float, float]) -> tuple[float, float]:
    """Return ctl and atl of the evening before the first day."""
    values = numbers_in(start, name="start")
    is_allowed = (values >= 0) & np.isfinite(values)
    if values.shape not in {(), (2,)} or not is_allowed.all():
        raise InputError(
            "start must be one number for both averages or the pair (ctl, atl), "
            f"0 or more; got {start}."
        )
    ctl, atl = np.broadcast_to(values, 2).tolist()
    return ctl, atl


def rolling_load(
    training_load: pd.Series,
    *,
    window_d: int,
    statistic: str = "mean",
    min_coverage: float = 1.0,
) -> pd.Series:
    r"""Return the mean or sum of the load over the days up to each day, incl. today.

    The description of a record, not a gate: no level of it is a limit.

    .. math::

        m(n) = \frac{1}{|K_n|} \sum_{i \in K_n} w(i), \qquad s(n) = d \, m(n)

    with :math:`K_n` the known days among the d = `window_d` days
    :math:`n - d + 1, \dots, n`.

    Parameters
    ----------
    statistic : {"mean", "sum"}
        Mean load of a known day, or that mean times `window_d`: the sum an equal load
        on the unknown days would give.

    Examples
    --------
    >>> import pandas as pd
    >>> load = pd.Series([3.0, 0.0, None, 9.0])
    >>> rolling_load(load, window_d=3, min_coverage=0.6).tolist()
    [nan, nan, 1.5, 4.5]
    """
    check_one_of(statistic, STATISTICS, name="statistic")
    means = _means(_windows(training_load, window_d, min_coverage))
    # The sum of a window with unknown days is scaled up, as if they had been like the
    # known ones.
    values = means * (window_d if statistic == "sum" else 1)
    return values.rename("training_load")


def _windows(
    training_load: pd.Series, window_d: int, min_coverage: float
) -> pd.DataFrame:
    """Return the window that ends with each day; all NaN where too few are known."""
    check_whole_days(window_d, name="window_d")
    if not 0 < min_coverage <= 1:
        raise InputError(
            "min_coverage is the share of known days, above 0 and at most 1; "
            f"got {min_coverage}."
        )
    load = checked_load(training_load, unknown=True)
    # Padding gives a view with one window per day; those not full yet are dropped.
    padded = np.concatenate([np.full(int(window_d), np.nan), load])
    windows = np.lib.stride_tricks.sliding_window_view(padded, int(window_d))[1:]
    is_full = np.arange(len(load)) >= window_d - 1
    is_used = is_full & (np.isfinite(windows).mean(axis=1) >= min_coverage)
    used = np.where(is_used[:, None], windows, np.nan)
    return pd.DataFrame(used, index=index_of(training_load))


def _means(windows: pd.DataFrame) -> pd.Series:
    """Return the mean of the known days of each window; NaN where none is."""
    n_known = windows.count(axis=1)
    sums = sum_in_order(windows.fillna(0.0), axis=1)
    return sums / n_known.where(n_known > 0)


def _smoothed(load: np.ndarray, share: float, before: float) -> np.ndarray:
    """Return the moving average of each day, `before` ahead of the first one."""
    averages = accumulate(
        load.tolist(),
        lambda average, today: average + share * (today - average),
        initial=before,
    )
    return np.array([*averages][1:], dtype="float64")


def as_daily(
    loads: pd.Series,
    *,
    missing: str,
    first: int | date | str | None = None,
    last: int | date | str | None = None,
) -> pd.Series:
    """Fill a series of loads up to consecutive days; several on a day are summed.

    Parameters
    ----------
    loads : pandas.Series
        Loads (any unit, 0 or more) by day, in any order. A day is a whole number or a
        date; dates may be texts like 2024-01-31. A time of day or a time zone is
        dropped. NaN is a session whose load is unknown.
    missing : {"rest", "unknown"}
        What a day without a load was: rest (0) or unknown (NaN). There is no default,
        because the loads cannot show it.
    first, last : int, date or str, optional
        First and last day of the result. Default: those of the loads.

    Returns
    -------
    pandas.Series
        ``training_load`` of consecutive days. A day with an unknown session is NaN,
        whatever `missing` is.

    Raises
    ------
    InputError
        If there is no load, a day is neither a whole number nor a date, or a load lies
        outside `first` to `last`.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.Series([50.0, 30.0, 40.0], index=[0, 0, 3])
    >>> as_daily(sessions, missing="rest").tolist()
    [80.0, 0.0, 0.0, 40.0]
    """
    check_one_of(missing, MISSING, name="missing")
    if not isinstance(loads, pd.Series):
        raise InputError(
            "loads must be a pandas.Series with days as its index; got "
            f"{type(loads).__name__}. Write pandas.Series(loads, index=days)."
        )
    if not len(loads):
        raise InputError("loads is empty, so there is no day to begin with.")
    days = read_days(loads.index, name="loads")
    sums = pd.Series(numbers_in(loads, name="loads"), index=days)
    bad = sums[(sums < 0) | np.isinf(sums)]
    if len(bad):
        raise InputError(
            "A load must be 0 or more, or NaN where unknown; "
            f"got {bad.iloc[0]} on day {day_text(bad.index[0])}."
        )
    # A day with one unknown session is unknown: its sum is NaN.
    sums = sums_by(sums.index, {"training_load": sums})["training_load"]
    calendar = _calendar(sums.index, first, last)
    filled = sums.reindex(calendar, fill_value=MISSING[missing])
    return filled.rename("training_load").rename_axis(loads.index.name)


def _calendar(days: pd.Index, first: object, last: object) -> pd.Index:
    """Return all days from first to last; those of the loads where none is given."""
    is_date = isinstance(days, pd.DatetimeIndex)
    ends = {"first": (first, days[0]), "last": (last, days[-1])}
    for name, (given, own) in ends.items():
        end = own if given is None else day_of(given)
        if end is None or isinstance(end, date) != is_date:
            kind = "a date" if is_date else "a whole number"
            raise InputError(
                f"{name} must be {kind}, as the days of the loads are; got {given!r}."
            )
        ends[name] = pd.Timestamp(end) if is_date else end
    first, last = ends.values()
    if first > days[0] or last < days[-1]:
        first, last, *own = map(day_text, (first, last, days[0], days[-1]))
        raise InputError(
            f"loads has days {own[0]} to {own[1]}, outside first={first} to "
            f"last={last}. Cut it before with loads.loc[first:last]."
        )
    return pd.date_range(first, last) if is_date else pd.RangeIndex(first, last + 1)


def decayed_sum(
    load: np.ndarray, tau: float | np.ndarray, *, convention: str = "next_day"
) -> np.ndarray:
    """Sum the loads up to each day, each decayed by ``exp(-age / tau)``.

    `load` is that of consecutive days, or days x draws; `tau` a time constant in days,
    or one per draw, and then the result has draws too. The load of the day itself is
    left out ("next_day"), or counted undecayed ("same_day").
    """
    # s(n) = s(n - 1) e^(-1/tau) + w(n) is the sum over all loads up to day n, in time
    # linear in the number of days. Under "next_day" it stands a day later, decayed.
    n_draws = np.broadcast_shapes(load.shape[1:], np.shape(tau))
    sums = np.zeros((len(load), *n_draws))
    is_later = convention == "next_day"
    filled, loads = (sums[1:], load[:-1]) if is_later else (sums, load)
    if n_draws:
        keep = np.exp(-1 / np.asarray(tau))
        before = 0.0
        # A loop over days, not over draws; rows are filled without temporary arrays.
        for today, added in zip(filled, loads, strict=True):
            np.multiply(before, keep, out=today)
            today += added
            before = today
    else:
        keep = exp(-1 / tau)
        steps = accumulate(loads.tolist(), lambda before, today: before * keep + today)
        filled[:] = np.fromiter(steps, "float64", count=len(loads))
    if is_later:
        filled *= keep
    return sums


def checked_load(training_load: pd.Series, *, unknown: bool = False) -> np.ndarray:
    """Return a daily load as floats; InputError naming the first day that cannot be.

    With `unknown`, NaN is a day of which nothing is known; it is refused otherwise.
    """
    load = numbers_in(training_load, name="training_load")
    if load.ndim != 1:
        got = "a table. Take one column of it" if load.ndim else "a single value"
        raise InputError(
            f"training_load must be one number per day, 0 or more; got {got}."
        )
    days = days_of(training_load)
    is_allowed = np.isfinite(load) & (load >= 0)
    bad = np.flatnonzero(~(is_allowed | (unknown & np.isnan(load))))
    if bad.size:
        raise InputError(
            "training_load must be one number per day, 0 or more, with 0 for rest; "
            f"got {load[bad[0]]} on day {day_text(days[bad[0]])}. Fill unknown days "
            "before the model sees them."
        )
    return load
