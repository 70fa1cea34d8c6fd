"""Impulse-response models: daily training load in, fitness and fatigue out."""

from dataclasses import dataclass
from math import exp, isfinite

import numpy as np
import pandas as pd

from hipext._checks import check_one_of

CONVENTIONS = ("next_day", "same_day")


@dataclass(frozen=True, kw_only=True)
class Banister:
    r"""Two-component impulse-response model.

    .. math::

        p(n) = p_0 + k_1 \sum_{i} w(i) e^{-(n-i)/\tau_1}
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
    convention: str = "next_day"

    def __post_init__(self) -> None:
        check_one_of(self.convention, CONVENTIONS, name="convention")
        if not isfinite(self.baseline):
            raise ValueError(f"baseline must be finite; got {self.baseline}.")
        if not 0 < self.fatigue_tau < self.fitness_tau < float("inf"):
            raise ValueError(
                "fatigue_tau must be positive and shorter than fitness_tau; got "
                f"fatigue_tau={self.fatigue_tau}, fitness_tau={self.fitness_tau} days."
            )
        if not (0 <= self.fitness_gain < float("inf") > self.fatigue_gain >= 0):
            raise ValueError(
                "Gains must be finite and not negative; got fitness_gain="
                f"{self.fitness_gain}, fatigue_gain={self.fatigue_gain}."
            )

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
            If a load is missing, negative or not finite.
        """
        load = checked_load(training_load)
        fitness = self.fitness_gain * decayed_sum(
            load, self.fitness_tau, convention=self.convention
        )
        fatigue = self.fatigue_gain * decayed_sum(
            load, self.fatigue_tau, convention=self.convention
        )
        return pd.DataFrame(
            {
                "fitness": fitness,
                "fatigue": fatigue,
                "performance": self.baseline + fitness - fatigue,
            },
            index=getattr(training_load, "index", None),
        )


def checked_load(training_load: pd.Series) -> np.ndarray:
    """Return a daily load as floats; ValueError naming the first day that cannot be."""
    load = np.asarray(training_load, dtype="float64")
    is_series = load.ndim == 1
    bad = np.flatnonzero(~(np.isfinite(load) & (load >= 0)))
    if not is_series or bad.size:
        where = f"got {load[bad[0]]} on day {bad[0]}" if is_series else "got a table"
        raise ValueError(
            "training_load must be one number per day, 0 or more, with 0 for rest; "
            f"{where}. Fill unknown days before the model sees them."
        )
    return load


def decayed_sum(
    load: np.ndarray, tau: float, *, convention: str = "next_day"
) -> np.ndarray:
    """Sum the loads up to each day, each faded by ``exp(-age / tau)``.

    Parameters
    ----------
    load : numpy.ndarray
        Load of consecutive days.
    tau : float
        Time constant in days.
    convention : {"next_day", "same_day"}
        Whether the load of the day itself is left out, or counted undecayed.

    Returns
    -------
    numpy.ndarray
        As long as `load`.
    """
    keep = exp(-1 / tau)
    sums = np.empty(len(load))
    carried = 0.0
    for day, today in enumerate(load.tolist()):
        if convention == "next_day":
            sums[day] = carried
            carried = (carried + today) * keep
        else:
            carried = carried * keep + today
            sums[day] = carried
    return sums
