"""Impulse-response models: daily training load in, fitness and fatigue out.

One family. Each model holds its parameters and answers a series of loads with a table.
Days count from 0; states are those of the morning ("next_day"), unless the load of a
day is agreed to count on the day itself ("same_day"). Loads fade by ``exp(-1 / tau)`` a
day, never by ``1 / tau``. Fitness and fatigue are states of a model, never a claim
about a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, pi
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd

from hipext.files.checks import check_positive
from hipext.files.tables import Column, Table
from hipext.metrics.workload import check_days, checked_load, decayed_sum
from hipext.response.impulse_response import (
    STATE_NOISE,
    Traces,
    Values,
    check_parameters,
    response_of,
    two_sums,
)

FILTERED = Table(
    "filtered",
    "one day; states given the tests up to it (filter) or all tests (smooth)",
    (
        Column("fitness", "float64", "performance", "mean of the state"),
        Column("fitness_sd", "float64", "performance", "its standard deviation"),
        Column("fatigue", "float64", "performance", "mean of the state"),
        Column("fatigue_sd", "float64", "performance", "its standard deviation"),
        Column("performance", "float64", "performance", "baseline, fitness, fatigue"),
        Column("performance_sd", "float64", "performance", "of it, without test error"),
        Column("predicted", "float64", "performance", "of a test, before it is seen"),
        Column("predicted_sd", "float64", "performance", "of it, with test error"),
        Column("innovation", "float64", "performance", "test - predicted; NaN: none"),
    ),
)
_SIGNS = np.array([1.0, -1.0])  # fitness raises performance, fatigue lowers it


@dataclass(frozen=True, kw_only=True)
class OneComponent:
    r"""One-component impulse-response model: every load helps, and fades.

    .. math::

        p(n) = p_0 + q_1 e^{-n/\tau_1} + k_1 \sum_{i} w(i) e^{-(n-i)/\tau_1}

    with the sum over the days ``i < n`` ("next_day") or ``i <= n`` ("same_day").

    Parameters
    ----------
    baseline : float
        Performance without training, p0, in the unit of the performance.
    fitness_gain : float
        k1, performance per unit of training load, at least 0.
    fitness_tau : float
        Time constant in days, above 0.
    initial_fitness : float, default 0
        q1, fitness on the morning of day 0, in the unit of the performance.
    convention : {"next_day", "same_day"}
        Whether the load of a day is felt on the next morning or on the day itself.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    The model to beat: in six of eight untrained people, a fatigue component did not
    improve the fit significantly (evidence row E04-008).

    Examples
    --------
    >>> import pandas as pd
    >>> model = OneComponent(baseline=100.0, fitness_gain=1.0, fitness_tau=42.0)
    >>> model.respond(pd.Series([1.0, 0.0]))["performance"].round(3).tolist()
    [100.0, 100.976]
    """

    baseline: float
    fitness_gain: float
    fitness_tau: float
    initial_fitness: float = 0.0
    convention: str = "next_day"

    SHAPE: ClassVar = ("fitness_tau",)
    SHORTER: ClassVar = ()

    def __post_init__(self) -> None:
        check_parameters(self)

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness, and no fatigue."""
        fitness = decayed_sum(load, values["fitness_tau"], convention=convention)
        return fitness, np.zeros_like(fitness)

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return the response table, as `Banister.respond` does; fatigue is 0."""
        return response_of(self, training_load)


@dataclass(frozen=True, kw_only=True)
class Banister:
    r"""Two-component impulse-response model.

    .. math::

        p(n) = p_0 + q_1 e^{-n/\tau_1} - q_2 e^{-n/\tau_2}
                   + k_1 \sum_{i} w(i) e^{-(n-i)/\tau_1}
                   - k_2 \sum_{i} w(i) e^{-(n-i)/\tau_2}

    with the sum over the days ``i < n`` ("next_day": a session is felt from the next
    morning on) or ``i <= n`` ("same_day": it counts on its own day, undecayed, as some
    published fits have it). The two differ by the load of day n itself.

    Parameters
    ----------
    baseline : float
        Performance without training, p0, in the unit of the performance.
    fitness_gain, fatigue_gain : float
        k1 and k2, performance per unit of training load, at least 0.
    fitness_tau, fatigue_tau : float
        Time constants in days, above 0; fatigue must fade faster.
    initial_fitness, initial_fatigue : float, default 0
        q1 and q2, states on the morning of day 0, in the unit of the performance. Each
        fades with its own time constant.
    convention : {"next_day", "same_day"}
        Whether the load of a day is felt on the next morning or on the day itself.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    There are no default values: no set of constants is measured for strength (see
    evidence rows E04-003 and E04-019). Fitness and fatigue are states of a model,
    never a claim about a person.

    References
    ----------
    .. [1] Evidence rows E04-001 (sum), E04-002 (recursion) and E04-017.

    Examples
    --------
    >>> import pandas as pd
    >>> model = Banister(
    ...     baseline=100.0,
    ...     fitness_gain=1.0,
    ...     fitness_tau=42.0,
    ...     fatigue_gain=2.0,
    ...     fatigue_tau=7.0,
    ... )
    >>> model.respond(pd.Series([1.0, 0.0])).round(3).to_dict("list")
    {'fitness': [0.0, 0.976], 'fatigue': [0.0, 1.734], 'performance': [100.0, 99.243]}
    """

    baseline: float
    fitness_gain: float
    fitness_tau: float
    fatigue_gain: float
    fatigue_tau: float
    initial_fitness: float = 0.0
    initial_fatigue: float = 0.0
    convention: str = "next_day"

    SHAPE: ClassVar = ("fitness_tau", "fatigue_tau")
    SHORTER: ClassVar = (("fatigue_tau", "fitness_tau"),)

    def __post_init__(self) -> None:
        check_parameters(self)

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        return two_sums(load, values, convention)

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return fitness, fatigue and performance of each day.

        Parameters
        ----------
        training_load : pandas.Series
            Training load (a.u.) of consecutive days. A rest day is 0; a missing value
            is refused, because only the caller knows whether it was rest.

        Returns
        -------
        pandas.DataFrame
            One row per day with the index of `training_load`; columns and units:
            `tables.RESPONSE`.

        Raises
        ------
        ValueError
            If a load is missing, negative or not finite, or days are not consecutive.
        """
        return response_of(self, training_load)


@dataclass(frozen=True, kw_only=True)
class FitnessDelay:
    r"""Impulse-response model whose fitness comes late: three time constants.

    .. math::

        p(n) = p_0 + q_1 e^{-n/\tau_1} - q_2 e^{-n/\tau_2}
                   + k_1 \sum_{i} w(i) (e^{-(n-i)/\tau_1} - e^{-(n-i)/\tau_d})
                   - k_2 \sum_{i} w(i) e^{-(n-i)/\tau_2}

    One load alone makes the most fitness after
    ``ln(tau1 / taud) / (1 / taud - 1 / tau1)`` days.

    Parameters
    ----------
    baseline, fitness_gain, fatigue_gain : float
        As in `Banister`.
    fitness_tau, fatigue_tau : float
        Time constants in days, above 0; fatigue must fade faster than fitness.
    delay_tau : float
        Time constant in days of the rise of fitness, above 0 and below `fitness_tau`.
    initial_fitness, initial_fatigue : float, default 0
        As in `Banister`.
    convention : {"next_day", "same_day"}
        As in `Banister`; the load of the day itself adds no fitness either way.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] Evidence row E04-021.

    Examples
    --------
    >>> import pandas as pd
    >>> gains, taus = {"fitness_gain": 1, "fatigue_gain": 1}, {"fatigue_tau": 12}
    >>> taus |= {"fitness_tau": 30, "delay_tau": 8}
    >>> model = FitnessDelay(baseline=100, **gains, **taus)
    >>> model.respond(pd.Series([1.0, 0.0]))["fitness"].round(4).tolist()
    [0.0, 0.0847]
    """

    baseline: float
    fitness_gain: float
    fitness_tau: float
    fatigue_gain: float
    fatigue_tau: float
    delay_tau: float
    initial_fitness: float = 0.0
    initial_fatigue: float = 0.0
    convention: str = "next_day"

    SHAPE: ClassVar = ("fitness_tau", "fatigue_tau", "delay_tau")
    SHORTER: ClassVar = (("fatigue_tau", "fitness_tau"), ("delay_tau", "fitness_tau"))

    def __post_init__(self) -> None:
        check_parameters(self)

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        fitness, fatigue = two_sums(load, values, convention)
        fitness -= decayed_sum(load, values["delay_tau"], convention=convention)
        return fitness, fatigue

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return fitness, fatigue and performance, as `Banister.respond` does."""
        return response_of(self, training_load)


@dataclass(frozen=True, kw_only=True)
class VariableDose:
    r"""Variable dose-response model: recent load makes every load more tiring.

    .. math::

        p(n) = p_0 + q_1 e^{-n/\tau_1} - q_2 e^{-n/\tau_2}
                   + k_1 \sum_{i} w(i) e^{-(n-i)/\tau_1}
                   - \sum_{i} k_2(i) w(i) e^{-(n-i)/\tau_2}, \qquad
        k_2(i) = k_3 \sum_{j \le i} w(j) e^{-(i-j)/\tau_3}

    The outer sums run over ``i < n`` ("next_day") or ``i <= n`` ("same_day"). The gain
    of fatigue k2(i) counts the load of day i itself, undecayed, under both.

    Parameters
    ----------
    baseline, fitness_gain : float
        As in `Banister`.
    fitness_tau, fatigue_tau : float
        tau1 and tau2 in days, above 0; fatigue must fade faster.
    fatigue_gain : float
        k3, performance per squared unit of training load, at least 0.
    gain_tau : float
        tau3 in days, above 0: how long a load makes later loads more tiring.
    initial_fitness, initial_fatigue : float, default 0
        As in `Banister`. Load before day 0 adds nothing to k2.
    convention : {"next_day", "same_day"}
        As in `Banister`.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    The factor w(i) belongs into the sum of fatigue. Some published code leaves it out,
    some multiplies the whole sum by the newest k2, some starts the inner sum a day late
    (evidence rows E04-012, E04-014, E04-020): parameters do not carry over. Evidence
    row E04-010 has the equations, which were not checked in the paper; that they make
    sense in this form is an assumption supported by the size of its constants
    (E04-012, six people on bicycles).

    Examples
    --------
    >>> import pandas as pd
    >>> taus = {"fitness_tau": 30.8, "fatigue_tau": 16.8, "gain_tau": 2.3}
    >>> gains = {"fitness_gain": 0.031, "fatigue_gain": 0.000035}
    >>> model = VariableDose(baseline=100, **gains, **taus)
    >>> model.respond(pd.Series([200.0, 200.0, 0.0]))["fatigue"].round(3).tolist()
    [0.0, 1.319, 3.416]
    """

    baseline: float
    fitness_gain: float
    fitness_tau: float
    fatigue_gain: float
    fatigue_tau: float
    gain_tau: float
    initial_fitness: float = 0.0
    initial_fatigue: float = 0.0
    convention: str = "next_day"

    SHAPE: ClassVar = ("fitness_tau", "fatigue_tau", "gain_tau")
    SHORTER: ClassVar = (("fatigue_tau", "fitness_tau"),)

    def __post_init__(self) -> None:
        check_parameters(self)

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        dose = decayed_sum(load, values["gain_tau"], convention="same_day")
        dose *= load if dose.ndim == load.ndim else load[:, np.newaxis]
        return (
            decayed_sum(load, values["fitness_tau"], convention=convention),
            decayed_sum(dose, values["fatigue_tau"], convention=convention),
        )

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return fitness, fatigue and performance, as `Banister.respond` does."""
        return response_of(self, training_load)


@dataclass(frozen=True, kw_only=True)
class SaturatedDose:
    r"""Two-component model of a dose that saturates: Hill's function of the load.

    .. math::

        w^*(i) = \kappa \frac{w(i)^\gamma}{\delta^\gamma + w(i)^\gamma}

    takes the place of the load w(i) in both sums of `Banister`.

    Parameters
    ----------
    baseline, initial_fitness, initial_fatigue, convention
        As in `Banister`.
    fitness_gain, fatigue_gain : float
        k1 and k2, performance per unit of dose, at least 0.
    fitness_tau, fatigue_tau : float
        Time constants in days, above 0; fatigue must fade faster.
    half_load : float
        delta, the load that makes half of the largest dose, above 0.
    steepness : float
        gamma, above 0; above 1 small loads count less than in proportion.
    max_dose : float, default 1
        kappa, the dose that no load exceeds, above 0. It only scales the two gains, so
        no data can tell it from them: a fit leaves it at 1.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] Evidence row E04-013; values of the parameters were not read there.

    Examples
    --------
    >>> import pandas as pd
    >>> gains, taus = {"fitness_gain": 1, "fatigue_gain": 2}, {"fitness_tau": 42}
    >>> hill = {"half_load": 60, "steepness": 2}
    >>> model = SaturatedDose(baseline=100, **gains, **taus, fatigue_tau=7, **hill)
    >>> model.dose(pd.Series([0.0, 60.0, 120.0])).tolist()
    [0.0, 0.5, 0.8]
    """

    baseline: float
    fitness_gain: float
    fitness_tau: float
    fatigue_gain: float
    fatigue_tau: float
    half_load: float
    steepness: float
    max_dose: float = 1.0
    initial_fitness: float = 0.0
    initial_fatigue: float = 0.0
    convention: str = "next_day"

    SHAPE: ClassVar = ("fitness_tau", "fatigue_tau", "half_load", "steepness")
    SHORTER: ClassVar = (("fatigue_tau", "fitness_tau"),)

    def __post_init__(self) -> None:
        check_parameters(self)
        check_positive(self.max_dose, name="max_dose")

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        if any(np.ndim(values[name]) for name in ("half_load", "steepness")):
            load = load[:, np.newaxis]
        half_load, steepness = values["half_load"], values["steepness"]
        dose = values.get("max_dose", 1.0) * _hill(load, half_load, steepness)
        return two_sums(dose, values, convention)

    def dose(self, training_load: pd.Series) -> pd.Series:
        """Return the dose of each load, in units of `max_dose`."""
        return self.max_dose * _hill(training_load, self.half_load, self.steepness)

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return fitness, fatigue and performance, as `Banister.respond` does."""
        return response_of(self, training_load)


@dataclass(frozen=True, kw_only=True)
class Kalman:
    r"""Two-component model whose states drift by chance and are seen through tests.

    .. math::

        x_j(n+1) = e^{-1/\tau_j} (x_j(n) + k_j w(n)) + \epsilon_j(n), \qquad
        y(n) = p_0 + x_1(n) - x_2(n) + \eta(n)

    for fitness (j = 1) and fatigue (j = 2), with independent normal errors
    ("next_day"); under "same_day" ``x(n) = exp(-1/tau) x(n-1) + k w(n) + e``. Without
    noise of the states it is `Banister`.

    Parameters
    ----------
    baseline, fitness_gain, fitness_tau, fatigue_gain, fatigue_tau : float
        As in `Banister`.
    fitness_noise, fatigue_noise : float
        Standard deviation of what chance adds to a state each day, in the unit of the
        performance, at least 0. Where a source has it in units of load, multiply by the
        gain.
    performance_noise : float
        Standard deviation of a test, above 0.
    initial_fitness, initial_fatigue : float, default 0
        States on the morning of day 0, known exactly.
    convention : {"next_day", "same_day"}
        As in `Banister`.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] Evidence row E04-006 (state equation, in units of load).

    Examples
    --------
    >>> import pandas as pd
    >>> states = {"fitness_gain": 1, "fitness_tau": 42, "fitness_noise": 0.5}
    >>> states |= {"fatigue_gain": 2, "fatigue_tau": 7, "fatigue_noise": 0.0}
    >>> model = Kalman(baseline=100, **states, performance_noise=1.0)
    >>> seen = model.filter(pd.Series([1.0, 0.0]), pd.Series([None, 100.0]))
    >>> seen.loc[1, ["predicted", "performance"]].round(3).tolist()
    [99.243, 99.394]
    """

    baseline: float
    fitness_gain: float
    fitness_tau: float
    fatigue_gain: float
    fatigue_tau: float
    fitness_noise: float
    fatigue_noise: float
    performance_noise: float
    initial_fitness: float = 0.0
    initial_fatigue: float = 0.0
    convention: str = "next_day"

    SHAPE: ClassVar = ("fitness_tau", "fatigue_tau")
    NOISE: ClassVar = ("fitness_noise", "fatigue_noise", "performance_noise")
    SHORTER: ClassVar = (("fatigue_tau", "fitness_tau"),)

    def __post_init__(self) -> None:
        check_parameters(self)
        for name in STATE_NOISE:
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(
                    f"{name} must be a number, 0 or more; got {getattr(self, name)}."
                )
        check_positive(self.performance_noise, name="performance_noise")

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        return two_sums(load, values, convention)

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return the expected states, as `Banister.respond` does; no test is used."""
        return response_of(self, training_load)

    def filter(self, training_load: pd.Series, performance: pd.Series) -> pd.DataFrame:
        """Return the states of each day, given the tests up to that day.

        Parameters
        ----------
        training_load : pandas.Series
            Training load of consecutive days, as for `respond`.
        performance : pandas.Series
            Tests: one value per day, NaN for a day without.

        Returns
        -------
        pandas.DataFrame
            One row per day; columns and units: `FILTERED`.

        Raises
        ------
        ValueError
            If the days do not match, or a load or a test cannot be.
        """
        means, covariances, seen = _filtered(self, training_load, performance)
        return _table(self, training_load, means, covariances, seen)

    def smooth(self, training_load: pd.Series, performance: pd.Series) -> pd.DataFrame:
        """Return the states of each day, given all tests; arguments as `filter`."""
        means, covariances, seen = _filtered(self, training_load, performance)
        keep = _keep(self)
        added = _added(self, checked_load(training_load))
        for day in range(len(means) - 2, -1, -1):
            ahead = _step(means[day], covariances[day], keep, added[day + 1], self)
            gain = covariances[day] * keep @ np.linalg.pinv(ahead[1])
            means[day] += gain @ (means[day + 1] - ahead[0])
            covariances[day] += gain @ (covariances[day + 1] - ahead[1]) @ gain.T
        return _table(self, training_load, means, covariances, seen)

    def log_likelihood(self, training_load: pd.Series, performance: pd.Series) -> float:
        """Return the log-likelihood of the tests; arguments as `filter`."""
        _predicted, sd, innovation = _filtered(self, training_load, performance)[2].T
        known = ~np.isnan(innovation)
        scaled = innovation[known] / sd[known]
        return float(
            -0.5 * (scaled @ scaled + known.sum() * log(2 * pi))
            - np.log(sd[known]).sum()
        )


MODELS = MappingProxyType(
    {
        "one_component": OneComponent,
        "banister": Banister,
        "fitness_delay": FitnessDelay,
        "variable_dose": VariableDose,
        "saturated_dose": SaturatedDose,
        "kalman": Kalman,
    }
)


def _hill(load: np.ndarray, half_load: float, steepness: float) -> np.ndarray:
    """Return Hill's function; of the ratio, so that no power overflows."""
    with np.errstate(divide="ignore", over="ignore"):
        return 1 / (1 + (half_load / load) ** steepness)


def checked_tests(performance: pd.Series, training_load: pd.Series) -> np.ndarray:
    """Return tests by day of the load, NaN for none; ValueError where they cannot be.

    A Series shorter than the load is matched by its index.
    """
    if isinstance(performance, pd.Series) and isinstance(training_load, pd.Series):
        check_days(performance.index, name="performance", gaps=True)
        strange = performance.dropna().index.difference(training_load.index)
        if len(strange):
            raise ValueError(
                f"performance has a test on day {strange[0]}, which training_load "
                "lacks; both go by the same days."
            )
        performance = performance.reindex(training_load.index)
    tests = np.asarray(performance, dtype="float64")
    if tests.shape != np.shape(training_load):
        raise ValueError(
            "performance must have one value per day of training_load, NaN for none; "
            f"got {len(tests)} for {len(training_load)} days."
        )
    if np.isinf(tests).any():
        raise ValueError(
            f"performance must be finite; got {tests[np.isinf(tests)][0]} on day "
            f"{np.flatnonzero(np.isinf(tests))[0]}."
        )
    return tests


def _keep(model: Kalman) -> np.ndarray:
    return np.array([exp(-1 / model.fitness_tau), exp(-1 / model.fatigue_tau)])


def _added(model: Kalman, load: np.ndarray) -> np.ndarray:
    """Return what load adds to the states by day."""
    gains = np.array([model.fitness_gain, model.fatigue_gain])
    if model.convention == "same_day":
        return load[:, np.newaxis] * gains
    yesterday = np.concatenate([[0.0], load[:-1]])
    return yesterday[:, np.newaxis] * gains * _keep(model)


def _step(
    mean: np.ndarray,
    covariance: np.ndarray,
    keep: np.ndarray,
    added: np.ndarray,
    model: Kalman,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the states a day later, before its test."""
    noise = np.diag([model.fitness_noise**2, model.fatigue_noise**2])
    return keep * mean + added, covariance * np.outer(keep, keep) + noise


def _filtered(
    model: Kalman, training_load: pd.Series, performance: pd.Series
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means and covariances by day, and prediction, its SD and innovation."""
    load = checked_load(training_load)
    tests = checked_tests(performance, training_load)
    keep, added = _keep(model), _added(model, load)
    mean = np.array([model.initial_fitness, model.initial_fatigue])
    covariance = np.zeros((2, 2))
    means, covariances, seen = [], [], []
    for day, test in enumerate(tests):
        if day:
            mean, covariance = _step(mean, covariance, keep, added[day], model)
        else:
            mean = mean + added[0]
        across = covariance @ _SIGNS
        predicted = model.baseline + _SIGNS @ mean
        variance = _SIGNS @ across + model.performance_noise**2
        innovation = test - predicted
        if not np.isnan(innovation):
            mean = mean + across * innovation / variance
            covariance = covariance - np.outer(across, across) / variance
        means.append(mean)
        covariances.append(covariance)
        seen.append((predicted, variance**0.5, innovation))
    shape = (len(load), 2)
    return (
        np.reshape(means, shape),
        np.reshape(covariances, (*shape, 2)),
        np.reshape(seen, (len(load), 3)),
    )


def _table(
    model: Kalman,
    training_load: pd.Series,
    means: np.ndarray,
    covariances: np.ndarray,
    seen: np.ndarray,
) -> pd.DataFrame:
    variances = np.einsum("i,nij,j->n", _SIGNS, covariances, _SIGNS)
    columns = {
        "fitness": means[:, 0],
        "fitness_sd": np.sqrt(np.maximum(covariances[:, 0, 0], 0)),
        "fatigue": means[:, 1],
        "fatigue_sd": np.sqrt(np.maximum(covariances[:, 1, 1], 0)),
        "performance": model.baseline + means @ _SIGNS,
        "performance_sd": np.sqrt(np.maximum(variances, 0)),
        "predicted": seen[:, 0],
        "predicted_sd": seen[:, 1],
        "innovation": seen[:, 2],
    }
    table = FILTERED.from_columns(columns)
    index = getattr(training_load, "index", None)
    return table if index is None else table.set_axis(index)


def covariance_of_tests(
    values: Mapping[str, float], days: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    r"""Return the covariance of tests under `response.Kalman`, in closed form.

    .. math::

        C_{mn} = \sum_j q_j^2 e^{-|m-n|/\tau_j}
                 \frac{1 - e^{-2 \min(m,n)/\tau_j}}{1 - e^{-2/\tau_j}}
                 + \frac{r^2}{v_m} \delta_{mn}

    for days m and n from 0, noise q of the states, r of a test and its weight v.
    """
    apart = np.abs(days[:, np.newaxis] - days)
    first = np.minimum(days[:, np.newaxis], days)
    covariance = np.diag(values["performance_noise"] ** 2 / weights)
    for state in ("fitness", "fatigue"):
        faded = np.exp(-apart / values[f"{state}_tau"])
        covariance = covariance + faded * _grown(values, state, first)
    return covariance


def variance_by_day(values: Mapping[str, float], days: np.ndarray) -> np.ndarray:
    """Return the variance of a test of weight 1 on each day: the diagonal."""
    grown = [_grown(values, state, days) for state in ("fitness", "fatigue")]
    return values["performance_noise"] ** 2 + sum(grown)


def _grown(values: Mapping[str, float], state: str, days: np.ndarray) -> np.ndarray:
    """Return the variance of a state that noise has made by each day."""
    tau, noise = values[f"{state}_tau"], values[f"{state}_noise"]
    return noise**2 * np.expm1(-2 * days / tau) / np.expm1(-2 / tau)
