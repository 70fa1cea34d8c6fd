"""Inverse questions: the load that gives a wanted response.

Answers are what a model says, never advice: see the notes of the models. The load that
is given ends yesterday, after at least 1 day; the answer is the load of today (a.u.).
Under "next_day" that load acts from tomorrow morning on, under "same_day" from today
on. All answers are found on the response of a ``model`` of `hipext.response`, such as
``Banister(...)``; the formulas say what that amounts to for this one. InputError says
where no load will do, or where those of the past are not of consecutive days.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import ceil, inf

import numpy as np
import pandas as pd

from hipext.files.checks import InputError
from hipext.metrics.days import check_whole_days
from hipext.metrics.workload import checked_load
from hipext.response.impulse_response import ImpulseResponse

Value = Callable[[float], float]
_LIMITLESS = 1e150  # stands for a load beyond all limits; its square is still a float
_SETTLED = 40  # longest time constants until a state is steady: e^-40 < 1e-17


def load_for_equal_performance(
    model: ImpulseResponse, training_load: pd.Series
) -> float:
    r"""Return the load today that leaves performance as it was a day before.

    For `response.Banister` that is

    .. math::

        w = \frac{p - p_0'}{k_1 e^{-a/\tau_1} - k_2 e^{-a/\tau_2}}

    with :math:`p` the performance before the load, :math:`p_0'` that of a day later
    after rest, and the age `a` of the load then: 1 day ("next_day") or 0 ("same_day").

    Returns
    -------
    float
        Load, the smallest if there are two. Under "next_day" it makes the performance
        of tomorrow morning that of this morning; under "same_day", where it acts today,
        the performance of today that of yesterday.

    Examples
    --------
    >>> import pandas as pd
    >>> from hipext.response import OneComponent
    >>> model = OneComponent(baseline=100.0, fitness_gain=1.0, fitness_tau=42.0)
    >>> round(load_for_equal_performance(model, pd.Series([42.0, 0.0])), 3)
    0.965
    """
    past = _checked_past(training_load)
    after_d = 0 if model.convention == "same_day" else 1
    before = _after(model, [*past, *after_d * [0.0]])["performance"]
    performance = partial(_state_after, model, past, after_d, "performance")
    step = float(past.max()) or 1.0
    at_rest = performance(0.0)
    if at_rest == before:
        return 0.0
    lowest, highest = _loads_with(performance, before, step=step)
    # From above, performance falls to the wanted one once; from below it rises to it,
    # and may fall to it later.
    load = highest if at_rest > before else lowest
    if load < inf:
        return load
    if at_rest > before:
        reach = f"at least {min(at_rest, performance(_LIMITLESS)):.6g}"
    else:
        reach = f"at most {performance(_peak(performance, step)):.6g}"
    raise InputError(
        f"No load today keeps performance at {before:.6g}: "
        f"loads from 0 up lead to {reach}."
    )


def largest_load(
    model: ImpulseResponse,
    training_load: pd.Series,
    *,
    performance_at_least: float | None = None,
    fatigue_at_most: float | None = None,
    after_d: int = 1,
) -> float:
    r"""Return the largest load today that some days later has not cost too much.

    For `response.Banister` that is

    .. math::

        w = \min\left(\frac{p_0' - p}{k_2 e^{-a/\tau_2} - k_1 e^{-a/\tau_1}},
                      \frac{f - f_0'}{k_2 e^{-a/\tau_2}}\right)

    with :math:`p_0'` and :math:`f_0'` the performance and fatigue that rest would give
    on that day, and a = `after_d`.

    Parameters
    ----------
    performance_at_least : float, optional
        Performance p that must be left, in its unit.
    fatigue_at_most : float, optional
        Fatigue f that must not be exceeded, in the unit of the performance.
    after_d : int, default 1
        Days from today to that day, with rest in between: at least 1; 0 is today
        itself, under "same_day" only.

    Returns
    -------
    float
        Load; infinite where no load is too large.

    Examples
    --------
    >>> import pandas as pd
    >>> from hipext.response import Banister
    >>> taus = {"fitness_tau": 42.0, "fatigue_tau": 7.0}
    >>> model = Banister(baseline=100.0, fitness_gain=1.0, fatigue_gain=2.0, **taus)
    >>> past = pd.Series([10.0, 0.0])
    >>> round(largest_load(model, past, fatigue_at_most=30.0, after_d=2), 2)
    12.45
    """
    least = 0 if model.convention == "same_day" else 1
    check_whole_days(after_d, name="after_d", least=least)
    past = _checked_past(training_load)
    performance = partial(_state_after, model, past, after_d, "performance")
    fatigue = partial(_state_after, model, past, after_d, "fatigue")
    step = float(past.max()) or 1.0
    ranges = []
    if performance_at_least is not None:
        ranges.append(_loads_with(performance, performance_at_least, step=step))
    if fatigue_at_most is not None:
        # A fatigue of at most f is a freshness, -fatigue, of at least -f.
        ranges.append(
            _loads_with(lambda load: -fatigue(load), -fatigue_at_most, step=step)
        )
    if not ranges:
        raise InputError(
            "largest_load needs performance_at_least, fatigue_at_most or both; "
            "got neither."
        )
    highest = min(high for _low, high in ranges)
    if max(low for low, _high in ranges) > highest:
        raise InputError(
            f"No load today leaves performance_at_least={performance_at_least} and "
            f"fatigue_at_most={fatigue_at_most} after {after_d} day(s): with rest, "
            f"performance is {performance(0.0):.6g} and fatigue "
            f"{fatigue(0.0):.6g} then."
        )
    return highest


def steady_state(model: ImpulseResponse, load: float) -> pd.Series:
    r"""Return the states that the same load every day settles at.

    For `response.Banister` under "next_day" that is

    .. math::

        p = p_0 + w \left(\frac{k_1 a_1}{1 - a_1} - \frac{k_2 a_2}{1 - a_2}\right),
        \qquad a_j = e^{-1/\tau_j}

    and under "same_day" a / (1 - a) becomes 1 / (1 - a), for a `load` w of 0 or more.
    The states are those after 40 of the longest time constants.

    Returns
    -------
    pandas.Series
        ``fitness``, ``fatigue`` and ``performance``, in the unit of the performance.

    Examples
    --------
    >>> from hipext.response import OneComponent
    >>> model = OneComponent(baseline=100.0, fitness_gain=1.0, fitness_tau=42.0)
    >>> steady_state(model, 10.0).round(1).to_dict()
    {'fitness': 415.0, 'fatigue': 0.0, 'performance': 515.0}
    """
    if not 0 <= load < inf:
        raise InputError(f"load must be a number, 0 or more; got {load}.")
    values = vars(model)
    longest = max(value for name, value in values.items() if name.endswith("_tau"))
    # Initial states decay too, but not to exactly 0.
    initial = {name: 0.0 for name in values if name.startswith("initial_")}
    return _after(replace(model, **initial), [load] * (2 + ceil(_SETTLED * longest)))


def _checked_past(training_load: pd.Series) -> np.ndarray:
    """Return the load up to yesterday; InputError if there is none."""
    past = checked_load(training_load)
    if not len(past):
        raise InputError(
            "training_load has 0 days; give the days up to yesterday, at least 1."
        )
    return past


def _after(model: ImpulseResponse, loads: Sequence[float]) -> pd.Series:
    """Return fitness, fatigue and performance of the last day."""
    return model.respond(pd.Series(loads)).iloc[-1]


def _state_after(
    model: ImpulseResponse, past: np.ndarray, after_d: int, state: str, load: float
) -> float:
    """Return a state some days after today's load, with rest in between."""
    return float(_after(model, [*past, load, *after_d * [0.0]])[state])


def _loads_with(value: Value, level: float, *, step: float) -> tuple[float, float]:
    """Return the lowest and the highest load with at least a value; none: (inf, 0).

    The value may rise up to some load and falls from there on, as a function that is
    linear or concave in the dose does. So the loads in question are one interval.
    """
    is_above_at_rest, is_above_at_end = value(0.0) >= level, value(_LIMITLESS) >= level
    if is_above_at_rest or is_above_at_end:
        lowest = 0.0 if is_above_at_rest else _crossing(value, level, 0.0, step)
        return lowest, inf if is_above_at_end else _crossing(value, level, 0.0, step)
    peak = _peak(value, step)
    if value(peak) < level:
        return inf, 0.0
    return _root(value, level, 0.0, peak), _crossing(value, level, peak, step)


def _crossing(value: Value, level: float, low: float, step: float) -> float:
    """Return the first load from `low` on at which the value passes the level."""
    is_above = value(low) >= level
    # Doubling steps reach a load of any size; the value beyond is known to be on the
    # other side.
    high = low + step
    while (value(high) >= level) == is_above:
        low, high = high, 2 * high
    return _root(value, level, low, high)


def _peak(value: Value, step: float) -> float:
    """Return the load with the highest value, or one as good but for rounding."""
    from scipy.optimize import minimize_scalar  # slow to import

    high = 1e-6 * step
    while value(2 * high) > value(high):
        high *= 2
    # The value falls, or stays, from `high` to twice that: the peak is below.
    ends = (0.0, 2 * high)
    found = minimize_scalar(lambda load: -value(load), bounds=ends, method="bounded")
    return max((0.0, high, float(found.x)), key=value)


def _root(value: Value, level: float, low: float, high: float) -> float:
    """Return the load between two at which the value is the level."""
    from scipy.optimize import brentq  # slow to import

    return float(brentq(lambda load: value(load) - level, low, high))
