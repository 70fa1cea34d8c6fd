"""Impulse-response models: daily training load in, fitness and fatigue out.

One family. Each model holds its parameters and answers a series of loads with a table.
Days count from 0; states are those of the morning ("next_day"), unless the load of a
day is agreed to count on the day itself ("same_day"). Loads fade by ``exp(-1 / tau)`` a
day, never by ``1 / tau``. Fitness and fatigue are states of a model, never a claim
about a person.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd

from hipext._doses import SaturatedDose, VariableDose
from hipext._draws import respond_draws
from hipext._impulse import (
    CONVENTIONS,
    Traces,
    Values,
    check_parameters,
    checked_load,
    decayed_sum,
    response_of,
    two_sums,
)
from hipext._kalman import Kalman

__all__ = [
    "CONVENTIONS",
    "MODELS",
    "Banister",
    "FitnessDelay",
    "Kalman",
    "OneComponent",
    "SaturatedDose",
    "VariableDose",
    "checked_load",
    "decayed_sum",
    "respond_draws",
]


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
