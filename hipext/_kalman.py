"""The two-component model whose states drift: a Kalman filter."""

from dataclasses import dataclass
from math import exp, log, pi
from typing import ClassVar

import numpy as np
import pandas as pd

from hipext._checks import check_positive
from hipext._impulse import (
    STATE_NOISE,
    Traces,
    Values,
    check_days,
    check_parameters,
    checked_load,
    response_of,
    two_sums,
)
from hipext.tables import Column, Table

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
