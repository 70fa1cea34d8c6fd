"""Questions asked backwards: the load that would give a wished response.

Every answer is a closed form of a model, so that putting it back into the model gives
the wish. An answer is what the model says, never advice: see the notes of the models.

The load that is given ends yesterday; the answer is the load of today. Under
"next_day" that load is felt from tomorrow morning on, under "same_day" from today on.
"""

from math import inf

import pandas as pd

from hipext._impulse import Model
from hipext._inverse_load import largest_load_for_acwr, load_for_equal_form, past_of
from hipext._later import (
    curves_of,
    dose_of,
    end_of,
    load_of,
    rested,
    steady_gains,
)
from hipext._payback import days_to_peak, days_until_a_session_pays
from hipext._quadratic import Quadratic, doses_above, doses_at, reach_of
from hipext._trailing import check_whole_days

__all__ = [
    "days_to_peak",
    "days_until_a_session_pays",
    "largest_load",
    "largest_load_for_acwr",
    "load_for_equal_form",
    "load_for_equal_performance",
    "steady_load_for",
    "steady_state",
]


def load_for_equal_performance(model: Model, training_load: pd.Series) -> float:
    r"""Return the load today that leaves performance as it was a day before.

    .. math::

        w = \frac{p - p_0'}{k_1 e^{-a/\tau_1} - k_2 e^{-a/\tau_2}}

    for `response.Banister`, with :math:`p` the performance before the load,
    :math:`p_0'` that of a day later after rest, and the age `a` of the load then: 1
    day ("next_day") or 0 ("same_day"). The variable dose makes it a quadratic equation,
    the saturated dose an equation in the dose, which Hill's function turns into a load.

    Parameters
    ----------
    model : Model
        A model of `response`, such as ``Banister``.
    training_load : pandas.Series
        Training load (a.u.) of consecutive days up to yesterday, at least 1 day.

    Returns
    -------
    float
        Load (a.u.), the smallest if there are two. Under "next_day" it makes the
        performance of tomorrow morning that of this morning; under "same_day", where
        it acts today, the performance of today that of yesterday.

    Raises
    ------
    ValueError
        If no load does it, a load is missing, negative or infinite, or days are not
        consecutive.

    Examples
    --------
    >>> import pandas as pd
    >>> from hipext.response import OneComponent
    >>> model = OneComponent(baseline=100.0, fitness_gain=1.0, fitness_tau=42.0)
    >>> round(load_for_equal_performance(model, pd.Series([42.0, 0.0])), 3)
    0.965
    """
    past = past_of(training_load)
    after_d = 0 if model.convention == "same_day" else 1
    before = rested(model, past, n_days=after_d)["performance"]
    curve, _freshness = curves_of(model, past, after_d)
    doses = doses_at(curve, before)
    if not doses:
        low, high = reach_of(curve)
        raise ValueError(
            f"No load today keeps performance at {before:.6g}: "
            f"loads from 0 up lead to {low:.6g} to {high:.6g}."
        )
    return load_of(model, doses[0])


def largest_load(
    model: Model,
    training_load: pd.Series,
    *,
    performance_at_least: float | None = None,
    fatigue_at_most: float | None = None,
    after_d: int = 1,
) -> float:
    r"""Return the largest load today that some days later has not cost too much.

    .. math::

        w = \min\left(\frac{p_0' - p}{k_2 e^{-a/\tau_2} - k_1 e^{-a/\tau_1}},
                      \frac{f - f_0'}{k_2 e^{-a/\tau_2}}\right)

    for `response.Banister`, with :math:`p_0'` and :math:`f_0'` the performance and
    fatigue that rest would give on that day, and a = `after_d`.

    Parameters
    ----------
    model : Model
        A model of `response`, such as ``Banister``.
    training_load : pandas.Series
        Training load (a.u.) of consecutive days up to yesterday, at least 1 day.
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
        Load (a.u.); infinite where no load is too large.

    Raises
    ------
    ValueError
        If no load fits, neither threshold is given, or an argument is out of range.

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
    past = past_of(training_load)
    curves = curves_of(model, past, after_d)
    tired = None if fatigue_at_most is None else -fatigue_at_most
    ranges = [
        doses_above(curve, level)
        for curve, level in zip(curves, (performance_at_least, tired), strict=True)
        if level is not None
    ]
    if not ranges:
        raise ValueError(
            "largest_load needs performance_at_least, fatigue_at_most or both; "
            "got neither."
        )
    highest = min(high for _low, high in ranges)
    if max(low for low, _high in ranges) > highest:
        raise ValueError(
            f"No load today leaves performance_at_least={performance_at_least} and "
            f"fatigue_at_most={fatigue_at_most} after {after_d} day(s): with rest, "
            f"performance is {curves[0].at_rest:.6g} and fatigue "
            f"{-curves[1].at_rest:.6g} then."
        )
    return load_of(model, highest)


def steady_state(model: Model, load: float) -> pd.Series:
    r"""Return the states that the same load every day settles at.

    .. math::

        p = p_0 + w \left(\frac{k_1 a_1}{1 - a_1} - \frac{k_2 a_2}{1 - a_2}\right),
        \qquad a_j = e^{-1/\tau_j}

    for `response.Banister` under "next_day"; under "same_day" the load of the day adds
    itself, and a / (1 - a) becomes 1 / (1 - a).

    Parameters
    ----------
    model : Model
        A model of `response`, such as ``Banister``.
    load : float
        Load of each day (a.u.), 0 or more.

    Returns
    -------
    pandas.Series
        ``fitness``, ``fatigue`` and ``performance``, in the unit of the performance.

    Raises
    ------
    ValueError
        If the load is negative or not finite.

    Examples
    --------
    >>> from hipext.response import OneComponent
    >>> model = OneComponent(baseline=100.0, fitness_gain=1.0, fitness_tau=42.0)
    >>> steady_state(model, 10.0).round(1).to_dict()
    {'fitness': 415.0, 'fatigue': 0.0, 'performance': 515.0}
    """
    if not 0 <= load < inf:
        raise ValueError(f"load must be a number, 0 or more; got {load}.")
    dose = dose_of(model, load)
    gain, (proportional, squared) = steady_gains(model)
    fitness = gain * dose
    fatigue = (proportional + squared * dose) * dose
    performance = model.baseline + fitness - fatigue
    return pd.Series(
        {"fitness": fitness, "fatigue": fatigue, "performance": performance}
    )


def steady_load_for(model: Model, performance: float) -> float:
    """Return the load that, done every day, settles at a performance.

    The inverse of `steady_state`, which has the formula.

    Parameters
    ----------
    model : Model
        A model of `response`, such as ``Banister``.
    performance : float
        Performance to settle at, in its unit.

    Returns
    -------
    float
        Load of each day (a.u.), the smallest if there are two.

    Raises
    ------
    ValueError
        If no load settles there.

    Examples
    --------
    >>> from hipext.response import OneComponent
    >>> model = OneComponent(baseline=100.0, fitness_gain=1.0, fitness_tau=42.0)
    >>> round(steady_load_for(model, 515.0), 2)
    10.0
    """
    gain, (proportional, squared) = steady_gains(model)
    curve = Quadratic(
        at_rest=model.baseline,
        slope=gain - proportional,
        bend=-squared,
        end=end_of(model),
    )
    doses = doses_at(curve, performance)
    if not doses:
        low, high = reach_of(curve)
        raise ValueError(
            f"No daily load settles at performance {performance:g}; "
            f"loads from 0 up settle at {low:.6g} to {high:.6g}."
        )
    return load_of(model, doses[0])
