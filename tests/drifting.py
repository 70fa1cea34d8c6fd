"""Closed form of the covariance of tests of drifting states."""

import numpy as np


def covariance_of_drift(values, days, weights):
    """Return the covariance of tests under `Kalman`.

    Two tests share the drift up to the first of them, decayed until the second:
    ``q^2 e^(-|m - n| / tau) (1 - e^(-2 min(m, n) / tau)) / (1 - e^(-2 / tau))``.
    """
    apart = np.abs(days[:, np.newaxis] - days)
    first = np.minimum(days[:, np.newaxis], days)
    covariance = np.diag(values["performance_noise"] ** 2 / weights)
    for state in ("fitness", "fatigue"):
        tau, noise = values[f"{state}_tau"], values[f"{state}_noise"]
        grown = np.expm1(-2 * first / tau) / np.expm1(-2 / tau)
        covariance = covariance + noise**2 * np.exp(-apart / tau) * grown
    return covariance
