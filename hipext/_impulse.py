"""What the impulse-response models share: checks, decayed sums, one way to add up.

Every model is a baseline, plus a gain times a unit fitness, minus a gain times a unit
fatigue, plus initial states that fade. Models differ in their unit traces only, so that
a curve, ten thousand curves and a fit go through the same lines.
"""

from collections.abc import Mapping
from math import exp, isfinite
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd

from hipext._checks import check_one_of, check_positive

CONVENTIONS = ("next_day", "same_day")
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


def decayed_sum(
    load: np.ndarray, tau: float | np.ndarray, *, convention: str = "next_day"
) -> np.ndarray:
    """Sum the loads up to each day, each faded by ``exp(-age / tau)``.

    Parameters
    ----------
    load : numpy.ndarray
        Load of consecutive days, or days x draws.
    tau : float or numpy.ndarray
        Time constant in days, or one per draw.
    convention : {"next_day", "same_day"}
        Whether the load of the day itself is left out, or counted undecayed.

    Returns
    -------
    numpy.ndarray
        As long as `load`; days x draws where `load` or `tau` has draws.
    """
    if np.ndim(tau) or load.ndim > 1:
        return _decayed_sums(load, np.atleast_1d(tau), convention)
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


def _decayed_sums(load: np.ndarray, tau: np.ndarray, convention: str) -> np.ndarray:
    """Return `decayed_sum` of many draws at once."""
    keep = np.exp(-1 / tau)
    n_draws = np.broadcast_shapes(load.shape[1:], tau.shape)
    sums = np.empty((len(load), *n_draws))
    before = np.zeros(n_draws)
    if convention == "next_day":
        load = np.concatenate([np.zeros_like(load[:1]), load[:-1]])  # of yesterday
    for today, added in zip(sums, load, strict=True):
        if convention == "next_day":
            np.add(before, added, out=today)
            today *= keep
        else:
            np.multiply(before, keep, out=today)
            today += added
        before = today
    return sums


def checked_load(training_load: pd.Series, *, unknown: bool = False) -> np.ndarray:
    """Return a daily load as floats; ValueError naming the first day that cannot be.

    With `unknown`, NaN is a day of which nothing is known; it is refused otherwise.
    """
    load = np.asarray(training_load, dtype="float64")
    is_series = load.ndim == 1
    is_fine = np.isfinite(load) & (load >= 0)
    bad = np.flatnonzero(~(is_fine | (unknown & np.isnan(load))))
    if not is_series or bad.size:
        where = f"got {load[bad[0]]} on day {bad[0]}" if is_series else "got a table"
        raise ValueError(
            "training_load must be one number per day, 0 or more, with 0 for rest; "
            f"{where}. Fill unknown days before the model sees them."
        )
    if isinstance(training_load, pd.Series):
        check_days(training_load.index, name="training_load")
    return load


def check_days(index: pd.Index, *, name: str, gaps: bool = False) -> None:
    """Raise ValueError unless an index of days rises, one day at a time.

    With `gaps`, days may be left out. An index of words is left alone.
    """
    is_date = isinstance(index, pd.DatetimeIndex)
    if len(index) < 2 or not (is_date or pd.api.types.is_numeric_dtype(index)):
        return
    at = index.tz_localize(None).to_numpy("datetime64[s]") if is_date else index
    steps = np.diff(np.asarray(at)) / (np.timedelta64(1, "D") if is_date else 1)
    wrong = np.flatnonzero((steps <= 0) | ((steps != 1) & (not gaps)))
    if not wrong.size:
        return
    place = wrong[0]
    before, after = (_day_text(index[one]) for one in (place, place + 1))
    if steps[place] == 0:
        told = f"day {after} is there twice. Add up what belongs to one day"
    elif steps[place] < 0:
        told = f"day {after} comes after day {before}. Sort it: sort_index()"
    else:
        told = (
            f"day {after} follows day {before}. Give rest days the load 0: "
            'metrics.as_daily(loads, missing="rest")'
        )
    raise ValueError(f"{name} must have consecutive days in order; {told}.")


def _day_text(day: object) -> str:
    return f"{day:%Y-%m-%d}" if isinstance(day, pd.Timestamp) else f"{day:g}"


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
