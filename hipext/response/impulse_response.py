"""What the impulse-response models share: checks, decayed sums, one way to add up.

Every model is a baseline, plus a gain times a unit fitness, minus a gain times a unit
fatigue, plus initial states that fade. Models differ in their unit traces only, so that
a curve, ten thousand curves and a fit go through the same lines.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from math import isfinite
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd

from hipext.files.checks import check_columns, check_one_of, check_positive
from hipext.metrics.workload import CONVENTIONS, checked_load, decayed_sum

LINEAR = (
    "baseline",
    "fitness_gain",
    "fatigue_gain",
    "initial_fitness",
    "initial_fatigue",
)
STATE_NOISE = ("fitness_noise", "fatigue_noise")  # of `response.Kalman`; may be 0
Values = Mapping[str, float | np.ndarray]
Traces = tuple[np.ndarray, np.ndarray]
_CHUNK = 2048  # draws at a time: their days fit into the cache of a processor


class Model(Protocol):
    """What a model of the family tells about itself."""

    SHAPE: ClassVar[tuple[str, ...]]
    """Parameters that bend the unit traces; the others enter linearly."""
    SHORTER: ClassVar[tuple[tuple[str, str], ...]]
    """Pairs of time constants: the first must be shorter than the second."""

    @staticmethod
    def traces(load: np.ndarray, values: Values, convention: str) -> Traces:
        """Return unit fitness and unit fatigue of each day, before the gains."""


def response_of(model: Model, training_load: pd.Series) -> pd.DataFrame:
    """Return fitness, fatigue and performance of each day (`tables.RESPONSE`)."""
    load = checked_load(training_load)
    values = vars(model)
    fitness, fatigue = states(type(model), values, load, model.convention)
    return pd.DataFrame(
        {
            "fitness": fitness,
            "fatigue": fatigue,
            "performance": model.baseline + fitness - fatigue,
        },
        index=getattr(training_load, "index", None),
    )


def states(
    model: type[Model], values: Values, load: np.ndarray, convention: str
) -> Traces:
    """Return fitness and fatigue: days, or days x draws where a value is an array."""
    fitness, fatigue = model.traces(load, values, convention)
    for state, trace in (("fitness", fitness), ("fatigue", fatigue)):
        trace *= values.get(f"{state}_gain", 0.0)
        if np.any(values.get(f"initial_{state}", 0.0)):
            trace += faded(values, state, len(load))
    return fitness, fatigue


def faded(values: Values, state: str, n_days: int) -> np.ndarray:
    """Return what is left of an initial state on each day; day 0 has all of it."""
    initial, tau = values[f"initial_{state}"], values[f"{state}_tau"]
    days = np.arange(n_days)
    if np.ndim(initial) or np.ndim(tau):
        days = days[:, np.newaxis]
    return initial * np.exp(-days / tau)


def two_sums(load: np.ndarray, values: Values, convention: str) -> Traces:
    """Return the unit traces of two components: `decayed_sum` with either tau."""
    return (
        decayed_sum(load, values["fitness_tau"], convention=convention),
        decayed_sum(load, values["fatigue_tau"], convention=convention),
    )


def check_parameters(model: Model) -> None:
    """Raise ValueError naming the first parameter that is out of range."""
    values = vars(model)
    check_one_of(values["convention"], CONVENTIONS, name="convention")
    if not isfinite(values["baseline"]):
        raise ValueError(f"baseline must be finite; got {values['baseline']}.")
    for short, long in model.SHORTER:
        if not 0 < values[short] < values[long] < float("inf"):
            raise ValueError(
                f"{short} must be positive and shorter than {long}; got "
                f"{short}={values[short]}, {long}={values[long]} days."
            )
    for name in model.SHAPE:
        check_positive(values[name], name=name, unit=unit_text(name))
    _check_not_negative(values, "gain", "Gains")
    _check_not_negative(values, "initial", "Initial states")


def _check_not_negative(values: Values, word: str, spoken: str) -> None:
    named = {name: values[name] for name in LINEAR if word in name and name in values}
    if not all(0 <= value < float("inf") for value in named.values()):
        given = ", ".join(f"{name}={value}" for name, value in named.items())
        raise ValueError(f"{spoken} must be finite and not negative; got {given}.")


def unit_text(name: str) -> str:
    """Return the unit of a parameter, for a message."""
    return " of days" if name.endswith("_tau") else ""


def respond_draws(
    model: type[Model],
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
        that has a default may be left out; other columns are left alone.
    training_load : pandas.Series
        Training load (a.u.) of consecutive days, as for ``respond``.
    convention : {"next_day", "same_day"}
        As at construction.

    Returns
    -------
    pandas.DataFrame
        Performance: one row per day with the index of `training_load`, one column per
        draw with the index of `draws`. Equal to ``respond`` of each draw.

    Raises
    ------
    ValueError
        If a column is missing, or a draw is out of range; it is named.

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
    values = _checked(model, draws, convention)
    performance = np.empty((len(load), len(draws)))
    for start in range(0, len(draws), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        part = {name: column[chunk] for name, column in values.items()}
        fitness, fatigue = states(model, part, load, convention)
        fitness -= fatigue
        np.add(fitness, part["baseline"], out=performance[:, chunk])
    index = getattr(training_load, "index", None)
    return pd.DataFrame(performance, index=index, columns=draws.index, copy=False)


def _checked(model: type[Model], draws: pd.DataFrame, convention: str) -> Values:
    """Return the columns of the parameters; ValueError naming the first bad draw."""
    parameters = [field for field in fields(model) if field.name != "convention"]
    needed = [field.name for field in parameters if field.default is MISSING]
    check_columns(draws, needed, name="draws")
    here = [field.name for field in parameters if field.name in draws]
    values = {name: draws[name].to_numpy("float64") for name in here}
    is_fine = np.isfinite(np.column_stack(list(values.values()))).all(axis=1)
    for name in here:
        if name != "baseline":
            is_fine &= values[name] >= 0 if _may_be_zero(name) else values[name] > 0
    for short, long in model.SHORTER:
        is_fine &= values[short] < values[long]
    for place in np.flatnonzero(~is_fine)[:1]:
        row = {name: column[place].item() for name, column in values.items()}
        try:
            model(**row, convention=convention)
        except ValueError as error:
            raise ValueError(f"Draw {draws.index[place]}: {error}") from None
    return values


def _may_be_zero(name: str) -> bool:
    return name in LINEAR or name in STATE_NOISE
