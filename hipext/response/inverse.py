"""Questions asked backwards: the load that would give a wished response.

Every answer is a closed form of a model, so that putting it back into the model gives
the wish. An answer is what the model says, never advice: see the notes of the models.

The load that is given ends yesterday; the answer is the load of today. Under
"next_day" that load is felt from tomorrow morning on, under "same_day" from today on.
"""

from dataclasses import dataclass
from math import copysign, exp, expm1, inf, isnan, log, sqrt

import numpy as np
import pandas as pd

from hipext.files.checks import check_positive
from hipext.metrics.workload import (
    acwr_parts,
    chart_shares,
    check_whole_days,
    checked_load,
    pmc,
)
from hipext.response.impulse_response import Model

FatigueGains = tuple[float, float]  # per dose, and per squared dose
BALANCED = ("OneComponent", "Banister", "SaturatedDose", "Kalman")


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


def rested(model: Model, past: np.ndarray, *, n_days: int) -> pd.Series:
    """Return the states of the last day after `n_days` of rest behind the past."""
    load = pd.Series(np.append(past, np.zeros(n_days)))
    return model.respond(load).iloc[-1]


@dataclass(frozen=True, kw_only=True)
class Quadratic:
    """``at_rest + slope x + bend x^2`` for doses x from 0 to below `end`; bend <= 0."""

    at_rest: float
    slope: float
    bend: float
    end: float


def curves_of(
    model: Model, past: np.ndarray, after_d: int
) -> tuple[Quadratic, Quadratic]:
    """Return performance, and fatigue with a minus, of a later day by today's dose.

    Under both conventions today's load has faded by `after_d` days on that day.
    """
    states = rested(model, past, n_days=1 + after_d)
    gain, (proportional, squared) = _gains_after(model, past, after_d)
    end = end_of(model)
    performance = Quadratic(
        at_rest=states["performance"], slope=gain - proportional, bend=-squared, end=end
    )
    freshness = Quadratic(
        at_rest=-states["fatigue"], slope=-proportional, bend=-squared, end=end
    )
    return performance, freshness


def _gains_after(
    model: Model, past: np.ndarray, after_d: int
) -> tuple[float, FatigueGains]:
    """Return the fitness per dose and the fatigue gains, that many days later."""
    values = vars(model)

    def left_of(tau: str) -> float:
        return exp(-after_d / values[tau]) if tau in values else 0.0

    fitness = values["fitness_gain"] * (left_of("fitness_tau") - left_of("delay_tau"))
    fatigue = values.get("fatigue_gain", 0.0) * left_of("fatigue_tau")
    if "gain_tau" not in values:
        return fitness, (fatigue, 0.0)
    ages = np.arange(len(past), 0, -1)
    carried = float(past @ np.exp(-ages / values["gain_tau"]))
    return fitness, (fatigue * carried, fatigue)


def steady_gains(model: Model) -> tuple[float, FatigueGains]:
    """Return the fitness per dose and the fatigue gains of the same dose every day."""
    values = vars(model)
    today = model.convention == "same_day"

    def sum_of(tau: str) -> float:
        return 1 / expm1(1 / values[tau]) + today if tau in values else 0.0

    fitness = values["fitness_gain"] * (sum_of("fitness_tau") - sum_of("delay_tau"))
    fatigue = values.get("fatigue_gain", 0.0) * sum_of("fatigue_tau")
    if "gain_tau" not in values:
        return fitness, (fatigue, 0.0)
    return fitness, (0.0, fatigue / -expm1(-1 / values["gain_tau"]))


def end_of(model: Model) -> float:
    """Return the dose that no load reaches."""
    return vars(model).get("max_dose", inf)


def dose_of(model: Model, load: float) -> float:
    """Return the dose of a load: the load itself, unless the model saturates."""
    if "max_dose" not in vars(model):
        return load
    return float(model.dose(pd.Series([float(load)])).iloc[0])


def load_of(model: Model, dose: float) -> float:
    """Return the load of a dose; infinite where the dose is without limit."""
    end = end_of(model)
    if end == inf or dose in {0.0, inf}:
        return float(dose)
    return float(model.half_load * (dose / (end - dose)) ** (1 / model.steepness))


def days_until_a_session_pays(model: Model) -> float:
    r"""Return the days after which a single session has paid for its fatigue.

    .. math::

        t = \frac{\ln(k_2 / k_1)}{1/\tau_2 - 1/\tau_1}

    Before, its load makes performance lower than rest would; after, higher.

    Parameters
    ----------
    model : Model
        ``Banister``, ``Kalman``, ``SaturatedDose`` or ``OneComponent``.

    Returns
    -------
    float
        Days, not rounded, whatever the load: 0 if it pays at once, infinite if never.

    Raises
    ------
    ValueError
        If the model has no closed form for it.

    Notes
    -----
    A property of the equations, derived here. It inherits what is uncertain about the
    constants, which are highly correlated when fitted (E04-007).

    Examples
    --------
    >>> from hipext.response import Banister
    >>> taus = {"fitness_tau": 42.0, "fatigue_tau": 7.0}
    >>> model = Banister(baseline=100.0, fitness_gain=1.0, fatigue_gain=2.0, **taus)
    >>> round(days_until_a_session_pays(model), 1)
    5.8
    """
    return _days_to_balance(model, power=0)


def days_to_peak(model: Model) -> float:
    r"""Return the days after which a single session has paid most.

    .. math::

        t = \frac{\ln(k_2 \tau_1 / (k_1 \tau_2))}{1/\tau_2 - 1/\tau_1}

    Parameters
    ----------
    model : Model
        ``Banister``, ``Kalman``, ``SaturatedDose`` or ``OneComponent``.

    Returns
    -------
    float
        Days, not rounded, whatever the load: 0 if it pays most at once, infinite if
        it never pays.

    Raises
    ------
    ValueError
        If the model has no closed form for it.

    Notes
    -----
    A property of the equations, as `days_until_a_session_pays`.

    Examples
    --------
    >>> from hipext.response import Banister
    >>> taus = {"fitness_tau": 42.0, "fatigue_tau": 7.0}
    >>> model = Banister(baseline=100.0, fitness_gain=1.0, fatigue_gain=2.0, **taus)
    >>> round(days_to_peak(model), 1)
    20.9
    """
    return _days_to_balance(model, power=1)


def _days_to_balance(model: Model, *, power: int) -> float:
    """Return when k1/tau1^power e^(-t/tau1) has grown to k2/tau2^power e^(-t/tau2)."""
    if type(model).__name__ not in BALANCED:
        raise ValueError(
            f"{type(model).__name__} has no closed form for it; "
            f"{', '.join(BALANCED)} have. Read it off its respond() of one load."
        )
    values = vars(model)
    cost = values.get("fatigue_gain", 0.0)
    benefit = values["fitness_gain"]
    if cost == 0:
        return 0.0
    if benefit == 0:
        return inf
    fitness_tau, fatigue_tau = values["fitness_tau"], values["fatigue_tau"]
    at_start = log(cost / benefit) + power * log(fitness_tau / fatigue_tau)
    return max(0.0, at_start / (1 / fatigue_tau - 1 / fitness_tau))


def value_at(curve: Quadratic, dose: float) -> float:
    """Return the value at a dose; the limit at an infinite one."""
    if dose < inf:
        return curve.at_rest + (curve.slope + curve.bend * dose) * dose
    steepest = curve.bend or curve.slope
    return copysign(inf, steepest) if steepest else curve.at_rest


def reach_of(curve: Quadratic) -> tuple[float, float]:
    """Return the lowest and the highest value, or the limits of both."""
    values = [curve.at_rest, value_at(curve, curve.end)]
    top = -curve.slope / (2 * curve.bend) if curve.bend else 0.0
    if 0 < top < curve.end:
        values.append(value_at(curve, top))
    return min(values), max(values)


def doses_at(curve: Quadratic, level: float) -> list[float]:
    """Return the doses, in order, at which the value is `level`."""
    above = curve.at_rest - level
    if above == 0 and curve.bend == 0:
        return [0.0]
    inside = curve.slope**2 - 4 * curve.bend * above
    if inside < 0:
        return []
    larger = -(curve.slope + copysign(sqrt(inside), curve.slope)) / 2  # no cancelling
    pairs = ((larger, curve.bend), (above, larger))
    roots = {over / under for over, under in pairs if under}
    return sorted(root + 0.0 for root in roots if 0 <= root < curve.end)


def doses_above(curve: Quadratic, level: float) -> tuple[float, float]:
    """Return the lowest and the highest dose with at least `level`.

    The highest is infinite where no dose is too much; none at all is (infinity, 0).
    """
    at = doses_at(curve, level)
    starts_above = curve.at_rest >= level
    if not (at or starts_above):
        return inf, 0.0
    ends_above = value_at(curve, curve.end) >= level or not at
    return 0.0 if starts_above else at[0], inf if ends_above else at[-1]
