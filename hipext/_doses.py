"""Impulse-response models in which a load does not count in proportion."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from hipext._checks import check_positive
from hipext._impulse import (
    Traces,
    Values,
    check_parameters,
    decayed_sum,
    response_of,
    two_sums,
)


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


def _hill(load: np.ndarray, half_load: float, steepness: float) -> np.ndarray:
    """Return Hill's function; of the ratio, so that no power overflows."""
    with np.errstate(divide="ignore", over="ignore"):
        return 1 / (1 + (half_load / load) ** steepness)
