"""Base of the impulse-response models: parameters, states, response to a daily load.

Performance is a baseline plus fitness minus fatigue. Either state is a gain times a
unit trace of the load, plus an initial state that decays. Models differ in their unit
traces only, so that one response, thousands of draws and a fit share the same code.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from math import isfinite
from typing import ClassVar

import numpy as np
import pandas as pd

from hipext.files.checks import (
    InputError,
    check_columns,
    check_one_of,
    check_positive,
    numbers_in,
)
from hipext.metrics.days import index_of
from hipext.metrics.workload import CONVENTIONS, checked_load, decayed_sum

LINEAR = (  # parameters in which the response is linear; all but the first are >= 0
    "baseline",
    "fitness_gain",
    "fatigue_gain",
    "initial_fitness",
    "initial_fatigue",
)
STATE_NOISE = ("fitness_noise", "fatigue_noise")  # of `models.Kalman`; may be 0
Values = Mapping[str, float | np.ndarray]
Traces = tuple[np.ndarray, np.ndarray]
_CHUNK = 2048  # draws at a time: their days fit into the cache of a processor


class ImpulseResponse:
    r"""An impulse-response model: training load by day in, performance out.

    .. math::

        p(n) = p_0 + q_1 e^{-n/\tau_1} + k_1 G(n) - q_2 e^{-n/\tau_2} - k_2 H(n)

    for day n from 0, with the unit traces G and H of the load that each model defines.
    The first two terms after the baseline are fitness, the last two fatigue.

    Parameters
    ----------
    baseline : float
        Performance without training, p0, in the unit of the performance.
    fitness_gain, fatigue_gain : float
        k1 and k2, performance per unit of training load, at least 0.
    fitness_tau, fatigue_tau : float
        Time constants tau1 and tau2 in days, above 0; fatigue must decay faster.
    initial_fitness, initial_fatigue : float, default 0
        q1 and q2, states on the morning of day 0, in the unit of the performance. Each
        decays with its own time constant.
    convention : {"next_day", "same_day"}
        Whether the load of a day acts from the next morning on, or on the day itself,
        undecayed, as some published fits have it. The two differ by that day's load.

    Notes
    -----
    Loads decay by ``exp(-1 / tau)`` a day, never by ``1 / tau``. Gains and time
    constants have no default values: no set of constants is measured for strength
    (evidence rows E04-003 and E04-019). Fitness and fatigue are states of a model,
    never a claim about an athlete.
    """

    baseline: float
    convention: str

    NONLINEAR: ClassVar[tuple[str, ...]] = ("fitness_tau", "fatigue_tau")
    """Parameters that the unit traces depend on; a fit searches for these."""
    SHORTER: ClassVar[tuple[tuple[str, str], ...]] = (("fatigue_tau", "fitness_tau"),)
    """Pairs of time constants: the first must be shorter than the second."""
    NOISE: ClassVar[tuple[str, ...]] = ()
    """Standard deviations that are parameters of the model."""

    def __post_init__(self) -> None:
        values = vars(self)
        check_one_of(self.convention, CONVENTIONS, name="convention")
        if not isfinite(self.baseline):
            raise InputError(f"baseline must be finite; got {self.baseline}.")
        for short, long in self.SHORTER:
            if not 0 < values[short] < values[long] < float("inf"):
                raise InputError(
                    f"{short} must be positive and shorter than {long}; got "
                    f"{short}={values[short]}, {long}={values[long]} days."
                )
        # Linear parameters and noise of the states may be 0, the others may not.
        for name in values:
            if name != "convention" and not _may_be_zero(name):
                unit = " of days" if name.endswith("_tau") else ""
                check_positive(values[name], name=name, unit=unit)
        for words, names in (
            ("Gains", LINEAR[1:3]),
            ("Initial states", LINEAR[3:]),
            ("Noises of the states", STATE_NOISE),
        ):
            given = {name: values[name] for name in names if name in values}
            if not all(0 <= value < float("inf") for value in given.values()):
                got = ", ".join(f"{name}={value}" for name, value in given.items())
                raise InputError(f"{words} must be finite and not negative; got {got}.")

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""
        return (
            decayed_sum(load, values["fitness_tau"], convention=convention),
            decayed_sum(load, values["fatigue_tau"], convention=convention),
        )

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return fitness, fatigue and performance of each day.

        Columns and units are those of `tables.RESPONSE`, rows the consecutive days of
        the load. They are expected values: chance adds nothing here. A rest day has the
        load 0; a missing value is refused, because only the caller knows whether it was
        rest.
        """
        load = checked_load(training_load)
        fitness, fatigue = states(type(self), vars(self), load, self.convention)
        return pd.DataFrame(
            {
                "fitness": fitness,
                "fatigue": fatigue,
                "performance": self.baseline + fitness - fatigue,
            },
            index=index_of(training_load),
        )


def respond_draws(
    model: type[ImpulseResponse],
    draws: pd.DataFrame,
    training_load: pd.Series,
    *,
    convention: str = "next_day",
) -> pd.DataFrame:
    """Return the performance of every draw of the parameters, day by day.

    Parameters
    ----------
    model : type
        A class of `response`, such as ``Banister``.
    draws : pandas.DataFrame
        One row per draw, one column per parameter, named as at construction. One
        that has a default may be left out; other columns are ignored.
    training_load, convention
        As for ``respond``, and as at construction.

    Returns
    -------
    pandas.DataFrame
        Performance: one row per day with the index of `training_load`, one column per
        draw with the index of `draws`. Equal to ``respond`` of each draw.

    Examples
    --------
    >>> import pandas as pd
    >>> from hipext.response import OneComponent
    >>> draws = pd.DataFrame(
    ...     {"baseline": [100, 90], "fitness_gain": 1.0, "fitness_tau": [42, 7]}
    ... )
    >>> performance = respond_draws(OneComponent, draws, pd.Series([1.0, 0.0]))
    >>> performance.round(2).loc[1].tolist()
    [100.98, 90.87]
    """
    check_one_of(convention, CONVENTIONS, name="convention")
    load = checked_load(training_load)
    draws, values = _checked_draws(model, draws)
    performance = np.empty((len(load), len(draws)))
    for start in range(0, len(draws), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        part = {name: column[chunk] for name, column in values.items()}
        fitness, fatigue = states(model, part, load, convention)
        fitness -= fatigue
        np.add(fitness, part["baseline"], out=performance[:, chunk])
    index = index_of(training_load)
    return pd.DataFrame(performance, index=index, columns=draws.index, copy=False)


def states(
    model: type[ImpulseResponse], values: Values, load: np.ndarray, convention: str
) -> Traces:
    """Return fitness and fatigue: days, or days x draws where a value is an array."""
    fitness, fatigue = model.traces(load, values, convention)
    # In place: of thousands of draws, a copy would cost as much as the sums.
    for state, trace in (("fitness", fitness), ("fatigue", fatigue)):
        trace *= values.get(f"{state}_gain", 0.0)
        if np.any(values.get(f"initial_{state}", 0.0)):
            trace += decayed_initial(values, state, len(load))
    return fitness, fatigue


def decayed_initial(values: Values, state: str, n_days: int) -> np.ndarray:
    """Return what remains of an initial state on each day; day 0 has all of it."""
    initial, tau = values[f"initial_{state}"], values[f"{state}_tau"]
    days = np.arange(n_days)
    # Days become a column where there is one value per draw.
    if np.ndim(initial) or np.ndim(tau):
        days = days[:, np.newaxis]
    return initial * np.exp(-days / tau)


def _may_be_zero(name: str) -> bool:
    return name in LINEAR or name in STATE_NOISE


def _checked_draws(
    model: type[ImpulseResponse], draws: pd.DataFrame
) -> tuple[pd.DataFrame, Values]:
    """Return draws and the columns of the parameters; InputError names a bad draw."""
    parameters = [field for field in fields(model) if field.name != "convention"]
    needed = [field.name for field in parameters if field.default is MISSING]
    draws = check_columns(draws, needed, name="draws")
    names = [field.name for field in parameters if field.name in draws]
    values = {name: numbers_in(draws[name], name=name) for name in names}
    # All draws are checked as columns; only the first bad one is built as a model,
    # whose own checks word the message.
    is_valid = np.isfinite(np.column_stack(list(values.values()))).all(axis=1)
    for name in names:
        if name != "baseline":
            is_valid &= values[name] >= 0 if _may_be_zero(name) else values[name] > 0
    for short, long in model.SHORTER:
        is_valid &= values[short] < values[long]
    for place in np.flatnonzero(~is_valid)[:1]:
        row = {name: column[place].item() for name, column in values.items()}
        try:
            model(**row)
        except InputError as error:
            raise InputError(f"Draw {draws.index[place]}: {error}") from None
    return draws, values
