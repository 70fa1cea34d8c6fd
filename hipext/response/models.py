"""The six impulse-response models, from one component to drifting states (Kalman)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd

from hipext.files.checks import InputError
from hipext.files.tables import table_of
from hipext.metrics.days import day_text, days_of, index_of, on_days_of
from hipext.metrics.workload import checked_load, decayed_sum
from hipext.response.impulse_response import ImpulseResponse, Traces, Values

FILTERED = table_of(
    "filtered",
    "one day; states given the tests up to it (filter) or all tests (smooth)",
    """
    fitness | float64 | performance | mean of the state
    fitness_sd | float64 | performance | its standard deviation
    fatigue | float64 | performance | mean of the state
    fatigue_sd | float64 | performance | its standard deviation
    performance | float64 | performance | baseline, fitness, fatigue
    performance_sd | float64 | performance | of it, without test error
    predicted | float64 | performance | of a test, before it is seen
    predicted_sd | float64 | performance | of it, with test error
    innovation | float64 | performance | test - predicted; NaN: none
    """,
)

SIGNS = np.array([1.0, -1.0])  # fitness raises performance, fatigue lowers it


@dataclass(frozen=True, kw_only=True)
class OneComponent(ImpulseResponse):
    r"""One-component impulse-response model: every load helps, and decays.

    .. math::

        p(n) = p_0 + q_1 e^{-n/\tau_1} + k_1 \sum_{i} w(i) e^{-(n-i)/\tau_1}

    with the sum over the days ``i < n`` ("next_day") or ``i <= n`` ("same_day").
    Parameters are those of `ImpulseResponse`, without fatigue.

    Notes
    -----
    The model to beat: in six of eight untrained participants, a fatigue component did
    not improve the fit significantly (evidence row E04-008).

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

    NONLINEAR: ClassVar = ("fitness_tau",)
    SHORTER: ClassVar = ()

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness, and no fatigue."""
        fitness = decayed_sum(load, values["fitness_tau"], convention=convention)
        return fitness, np.zeros_like(fitness)


@dataclass(frozen=True, kw_only=True)
class Banister(ImpulseResponse):
    r"""Two-component impulse-response model: fitness and fatigue.

    .. math::

        p(n) = p_0 + q_1 e^{-n/\tau_1} - q_2 e^{-n/\tau_2}
                   + k_1 \sum_{i} w(i) e^{-(n-i)/\tau_1}
                   - k_2 \sum_{i} w(i) e^{-(n-i)/\tau_2}

    with the sums over the days ``i < n`` ("next_day") or ``i <= n`` ("same_day").
    Parameters are those of `ImpulseResponse`.

    References
    ----------
    .. [1] Evidence rows E04-001 (sum), E04-002 (recursion) and E04-017.

    Examples
    --------
    >>> import pandas as pd
    >>> gains = {"fitness_gain": 1.0, "fatigue_gain": 2.0}
    >>> model = Banister(baseline=100.0, **gains, fitness_tau=42.0, fatigue_tau=7.0)
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


@dataclass(frozen=True, kw_only=True)
class FitnessDelay(ImpulseResponse):
    r"""Impulse-response model whose fitness is delayed: three time constants.

    .. math::

        k_1 \sum_{i} w(i) (e^{-(n-i)/\tau_1} - e^{-(n-i)/\tau_d})

    takes the place of the sum of fitness in `Banister`. One load alone makes the most
    fitness after ``ln(tau1 / taud) / (1 / taud - 1 / tau1)`` days. The load of the day
    itself adds no fitness under either convention. Parameters not listed here are those
    of `ImpulseResponse`.

    Parameters
    ----------
    delay_tau : float
        Time constant taud in days of the rise of fitness, above 0 and below
        `fitness_tau`.

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

    NONLINEAR: ClassVar = ("fitness_tau", "fatigue_tau", "delay_tau")
    SHORTER: ClassVar = (("fatigue_tau", "fitness_tau"), ("delay_tau", "fitness_tau"))

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        fitness, fatigue = ImpulseResponse.traces(load, values, convention)
        fitness -= decayed_sum(load, values["delay_tau"], convention=convention)
        return fitness, fatigue


@dataclass(frozen=True, kw_only=True)
class VariableDose(ImpulseResponse):
    r"""Variable dose-response model: recent load makes every load more fatiguing.

    .. math::

        \sum_{i} k_2(i) w(i) e^{-(n-i)/\tau_2}, \qquad
        k_2(i) = k_3 \sum_{j \le i} w(j) e^{-(i-j)/\tau_3}

    takes the place of k2 and the sum of fatigue in `Banister`. The gain of fatigue
    counts the load of its own day, undecayed, under both conventions; load before day 0
    adds nothing to it. Parameters not listed are those of `ImpulseResponse`.

    Parameters
    ----------
    fatigue_gain : float
        k3, performance per squared unit of training load, at least 0.
    gain_tau : float
        tau3 in days, above 0: how long a load makes later loads more fatiguing.

    Notes
    -----
    The factor w(i) belongs into the sum of fatigue. Some published code leaves it out,
    some multiplies the whole sum by the newest k2, some starts the inner sum a day late
    (evidence rows E04-012, E04-014, E04-020): parameters do not carry over. Evidence
    row E04-010 has the equations, which were not checked in the paper; that they make
    sense in this form is an assumption supported by the size of its constants
    (E04-012, six cyclists).

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

    NONLINEAR: ClassVar = ("fitness_tau", "fatigue_tau", "gain_tau")

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        # Fatigue is a decayed sum of w(i) k2(i) / k3, with k2 up to and with day i.
        dose = decayed_sum(load, values["gain_tau"], convention="same_day")
        dose *= load if dose.ndim == load.ndim else load[:, np.newaxis]
        return (
            decayed_sum(load, values["fitness_tau"], convention=convention),
            decayed_sum(dose, values["fatigue_tau"], convention=convention),
        )


@dataclass(frozen=True, kw_only=True)
class SaturatedDose(ImpulseResponse):
    r"""Two-component model of a dose that saturates: Hill's function of the load.

    .. math::

        w^*(i) = \kappa \frac{w(i)^\gamma}{\delta^\gamma + w(i)^\gamma}

    takes the place of the load w(i) in both sums of `Banister`. Parameters not listed
    are those of `ImpulseResponse`.

    Parameters
    ----------
    fitness_gain, fatigue_gain : float
        k1 and k2, performance per unit of dose, at least 0.
    half_load : float
        delta, the load that makes half of the largest dose, above 0.
    steepness : float
        gamma, above 0; above 1 small loads count less than in proportion.
    max_dose : float, default 1
        kappa, the dose that no load exceeds, above 0. It only scales the two gains, so
        no data can tell it from them: a fit leaves it at 1.

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

    NONLINEAR: ClassVar = ("fitness_tau", "fatigue_tau", "half_load", "steepness")

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        half_load, steepness = values["half_load"], values["steepness"]
        if np.ndim(half_load) or np.ndim(steepness):
            load = load[:, np.newaxis]
        dose = values.get("max_dose", 1.0) * _hill(load, half_load, steepness)
        return ImpulseResponse.traces(dose, values, convention)

    def dose(self, training_load: pd.Series) -> pd.Series:
        """Return the dose of each load, in units of `max_dose`."""
        dose = _hill(checked_load(training_load), self.half_load, self.steepness)
        return pd.Series(self.max_dose * dose, index_of(training_load), name="dose")


@dataclass(frozen=True, kw_only=True)
class Kalman(ImpulseResponse):
    r"""Two-component model whose states drift at random and are observed in tests.

    .. math::

        x_j(n+1) = e^{-1/\tau_j} (x_j(n) + k_j w(n)) + \epsilon_j(n), \qquad
        y(n) = p_0 + x_1(n) - x_2(n) + \eta(n)

    for fitness (j = 1) and fatigue (j = 2), with independent normal errors
    ("next_day"); under "same_day" ``x(n) = exp(-1/tau) x(n-1) + k w(n) + e``. Without
    noise of the states it is `Banister`. Initial states are known exactly. Parameters
    not listed are those of `ImpulseResponse`.

    Parameters
    ----------
    fitness_noise, fatigue_noise : float
        Standard deviation of what chance adds to a state each day, in the unit of the
        performance, at least 0. Where a source has it in units of load, multiply by the
        gain.
    performance_noise : float
        Standard deviation of a test, above 0.

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

    NOISE: ClassVar = ("fitness_noise", "fatigue_noise", "performance_noise")

    def filter(self, training_load: pd.Series, performance: pd.Series) -> pd.DataFrame:
        """Return the states of each day, given the tests up to that day.

        The load is as for `respond`; `performance` has the test of each day, NaN for
        none. Columns and units of the result are those of `FILTERED`.
        """
        *found, _ = self._filtered(training_load, performance)
        return self._table(training_load, *found)

    def smooth(self, training_load: pd.Series, performance: pd.Series) -> pd.DataFrame:
        """Return the states of each day, given all tests; arguments as `filter`.

        The columns of the prediction and the innovation are those of `filter`.
        """
        means, covariances, ahead, predictions = self._filtered(
            training_load, performance
        )
        keep = self._keep()
        # From the last day back (Rauch, Tung and Striebel): with mean m and covariance
        # P of a day, and m' and P' that were predicted from them for the next one,
        # m += C (m_next - m') and P += C (P_next - P') C', where C = P A P'^-1.
        # Without noise P' may have no inverse.
        for day in range(len(means) - 2, -1, -1):
            mean, covariance = predictions[day + 1]
            gain = covariances[day] * keep @ np.linalg.pinv(covariance, hermitian=True)
            means[day] += gain @ (means[day + 1] - mean)
            covariances[day] += gain @ (covariances[day + 1] - covariance) @ gain.T
        return self._table(training_load, means, covariances, ahead)

    def _keep(self) -> np.ndarray:
        """Return what is left of fitness and of fatigue after a day."""
        return np.exp(-1 / np.array([self.fitness_tau, self.fatigue_tau]))

    def _filtered(
        self, training_load: pd.Series, performance: pd.Series
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, list]:
        """Return the states of each day, and what was predicted of it and its test.

        These are means [day, state] and covariances [day, state, state]; prediction,
        variance and innovation of the test [day, 3]; mean and covariance before it.
        """
        load = checked_load(training_load)
        tests = checked_tests(performance, training_load)
        keep = self._keep()
        added = load[:, np.newaxis] * [self.fitness_gain, self.fatigue_gain]
        if self.convention == "next_day":  # yesterday's load, decayed by one day
            added = keep * np.vstack([np.zeros(2), added])[:-1]
        noise = np.diag([self.fitness_noise**2, self.fatigue_noise**2])
        mean = np.array([self.initial_fitness, self.initial_fatigue])
        covariance = np.zeros((2, 2))
        means, covariances = np.empty((len(load), 2)), np.empty((len(load), 2, 2))
        ahead, predictions = np.empty((len(load), 3)), []
        for day, test in enumerate(tests):
            # Prediction: x = A x + B w and P = A P A' + Q, with a diagonal A.
            if day:
                mean = keep * mean
                covariance = covariance * np.outer(keep, keep) + noise
            mean = mean + added[day]
            predictions.append((mean, covariance))
            across = covariance @ SIGNS
            predicted = self.baseline + SIGNS @ mean
            variance = SIGNS @ across + self.performance_noise**2
            innovation = test - predicted
            # Update, if there is a test, with the Kalman gain P h / (h' P h + r^2).
            if not np.isnan(innovation):
                mean = mean + across * innovation / variance
                covariance = covariance - np.outer(across, across) / variance
            means[day], covariances[day] = mean, covariance
            ahead[day] = predicted, variance, innovation
        return means, covariances, ahead, predictions

    def _table(
        self,
        training_load: pd.Series,
        means: np.ndarray,
        covariances: np.ndarray,
        ahead: np.ndarray,
    ) -> pd.DataFrame:
        """Return the table `FILTERED`."""
        predicted, variance, innovation = ahead.T
        performance = self.baseline + means @ SIGNS
        spread = np.einsum("i,dij,j->d", SIGNS, covariances, SIGNS)
        variances = covariances[:, 0, 0], covariances[:, 1, 1], spread, variance
        # Rounding may leave a variance just below 0.
        sds = iter(np.sqrt(np.clip(variances, 0.0, None)))
        means = means[:, 0], means[:, 1], performance, predicted
        values = [column for mean in means for column in (mean, next(sds))]
        columns = dict(zip(FILTERED.names, [*values, innovation], strict=True))
        return pd.DataFrame(columns, index_of(training_load))


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


def checked_tests(performance: pd.Series, training_load: pd.Series) -> np.ndarray:
    """Return tests by day of the load; NaN for none, InputError where one cannot be."""
    tests = on_days_of(training_load, performance, name="performance")
    if tests.shape != (len(training_load),):
        raise InputError(
            "performance must have one value per day of training_load, NaN for none; "
            f"got {tests.size} for {len(training_load)} days."
        )
    if np.isinf(tests).any():
        raise InputError(
            f"performance must be finite; got {tests[np.isinf(tests)][0]} on day "
            f"{day_text(days_of(training_load)[np.isinf(tests)][0])}."
        )
    return tests


def variance_by_day(values: Mapping[str, float], days: np.ndarray) -> np.ndarray:
    """Return the variance of a test of weight 1 on each day under `Kalman`."""
    variance = np.full(len(days), values["performance_noise"] ** 2)
    for state in ("fitness", "fatigue"):
        tau, noise = values[f"{state}_tau"], values[f"{state}_noise"]
        # A geometric sum; expm1 keeps it exact where a time constant is long.
        variance += noise**2 * np.expm1(-2 * days / tau) / np.expm1(-2 / tau)
    return variance


def _hill(load: np.ndarray, half_load: float, steepness: float) -> np.ndarray:
    """Return Hill's function, written with a ratio so that no power overflows."""
    with np.errstate(divide="ignore", over="ignore"):
        return 1 / (1 + (half_load / load) ** steepness)
