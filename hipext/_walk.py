"""How tests hang together when the states between them drift by chance."""

from collections.abc import Mapping

import numpy as np


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
