"""From a model, a load and tests to a problem that can be searched; all is checked."""

from dataclasses import MISSING, fields
from math import inf, isnan

import numpy as np
import pandas as pd

from hipext._checks import check_one_of
from hipext._design import Bounds, Problem
from hipext._impulse import (
    CONVENTIONS,
    LINEAR,
    STATE_NOISE,
    Model,
    check_days,
    checked_load,
)
from hipext._kalman import checked_tests
from hipext.response import MODELS

_LONGEST_D = 300.0
BOUNDS = {  # where a search looks unless told otherwise; judgements of ours
    "fitness_tau": (1.0, _LONGEST_D),
    "fatigue_tau": (1.0, _LONGEST_D),
    "delay_tau": (0.5, 100.0),
    "gain_tau": (0.5, 100.0),
    "steepness": (0.2, 10.0),
}
_HALF_LOAD = (0.02, 5.0)  # of the largest load
_NOISE = {"performance_noise": (1e-3, 3.0)}  # of the SD of the tests
_NOISE_OF_STATES = (0.0, 1.0)
_LEAST_SHARE = 0.05  # of the usual lowest value: what a lowest value of 0 stands for


def problem_of(
    model: type[Model] | str,
    training_load: pd.Series,
    performance: pd.Series,
    *,
    convention: str,
    weights: pd.Series | None,
    bounds: Bounds | None,
) -> Problem:
    """Return the problem of a fit; ValueError with the first thing that is wrong."""
    check_one_of(convention, CONVENTIONS, name="convention")
    model = model_named(model)
    load = checked_load(training_load)
    tests = checked_tests(performance, training_load)
    days = np.flatnonzero(~np.isnan(tests))
    chosen = _bounds_of(model, load, tests[days], bounds or {})
    problem = Problem(
        model=model,
        load=load[: days[-1] + 1] if len(days) else load,  # later days change no test
        days=days,
        tests=tests[days],
        weights=_weights_of(weights, training_load, days),
        bounds=chosen,
        convention=convention,
    )
    _check_enough(problem)
    return problem


def model_named(model: type[Model] | str) -> type[Model]:
    """Return a model class of `response.MODELS`, by name or as it is."""
    if isinstance(model, str):
        check_one_of(model, MODELS, name="model")
        return MODELS[model]
    if model not in MODELS.values():
        raise ValueError(
            f"model must be a class of hipext.response or one of {', '.join(MODELS)}; "
            f"got {model!r}. Give the class itself: response.Banister, not "
            "response.Banister(...)."
        )
    return model


def name_of(model: type[Model]) -> str:
    """Return the name of a model class in `response.MODELS`."""
    return next(name for name, one in MODELS.items() if one is model)


def free_names(model: type[Model]) -> tuple[str, ...]:
    """Return the parameters that a fit looks for unless told otherwise."""
    return tuple(
        field.name
        for field in fields(model)
        if field.default is MISSING and field.name != "convention"
    )


def _bounds_of(
    model: type[Model], load: np.ndarray, tests: np.ndarray, given: Bounds
) -> Bounds:
    initial = [field.name for field in fields(model) if "initial" in field.name]
    free = free_names(model)
    allowed = (*free, *initial)
    for name, pair in given.items():
        check_one_of(name, allowed, name="A name in bounds")
        _check_pair(name, pair)
    usual = {name: _usual(name, load, tests) for name in free}
    chosen = {**usual, **{name: _lifted(name, given[name], usual) for name in given}}
    return {name: chosen[name] for name in allowed if name in chosen}


def _usual(name: str, load: np.ndarray, tests: np.ndarray) -> tuple[float, float]:
    """Return the bounds of a parameter where none are given."""
    largest = float(load.max(initial=0)) or 1.0
    spread = float(tests.std()) if len(tests) else 1.0
    if name == "half_load":
        return _HALF_LOAD[0] * largest, _HALF_LOAD[1] * largest
    if name.endswith("_noise"):
        low, high = _NOISE.get(name, _NOISE_OF_STATES)
        return low * spread, high * spread
    if name in LINEAR:
        return (-inf if name == "baseline" else 0.0), inf
    return BOUNDS[name]


def _lifted(name: str, pair: tuple[float, float], usual: Bounds) -> tuple[float, float]:
    """Return bounds as numbers; 0 becomes the least that a logarithm can take."""
    low, high = map(float, pair)
    needs_more = name not in LINEAR and name not in STATE_NOISE
    floor = min(_LEAST_SHARE * usual.get(name, (1.0, 1.0))[0], high)
    return (floor if needs_more and low == 0 else low), high


def _check_pair(name: str, pair: tuple[float, float]) -> None:
    """Raise ValueError unless a pair of bounds can be."""
    is_pair = np.shape(pair) == (2,) and not any(isnan(one) for one in pair)
    least = _least_of(name)
    if not (is_pair and pair[0] <= pair[1] and pair[0] >= least):
        raise ValueError(
            f"bounds of {name} must be a pair (lowest, highest)"
            f"{'' if least == -inf else f', {least:g} or more'}; got {pair!r}. "
            f"Two equal values hold it fast: {{{name!r}: (42, 42)}}."
        )
    is_some = pair[1] > 0 or name in STATE_NOISE
    if name not in LINEAR and not (np.isfinite(pair).all() and is_some):
        raise ValueError(
            f"bounds of {name} must be finite, and the highest above 0; got {pair!r}."
        )


def _least_of(name: str) -> float:
    return -inf if name == "baseline" else 0.0


def _weights_of(
    weights: pd.Series | None, training_load: pd.Series, days: np.ndarray
) -> np.ndarray:
    """Return one weight per test, with mean 1; given per day, or per test."""
    if weights is None:
        return np.ones(len(days))
    if isinstance(weights, pd.Series) and isinstance(training_load, pd.Series):
        check_days(weights.index, name="weights", gaps=True)
        weights = weights.reindex(training_load.index)
    given = np.asarray(weights, dtype="float64")
    if given.shape == np.shape(training_load):
        given = given[days]
    if given.shape != days.shape or not (np.isfinite(given) & (given > 0)).all():
        raise ValueError(
            "weights must be one number above 0 per test, such as 1 over the variance "
            f"of the test; got {given.size} for {len(days)} tests: {given.tolist()}."
        )
    return given / given.mean()


def _check_enough(problem: Problem) -> None:
    """Raise ValueError where the tests cannot say anything about the parameters."""
    n_tests, n_free = len(problem.tests), len(problem.free)
    name = problem.model.__name__
    if not n_free:
        raise ValueError(f"bounds hold all parameters of {name} fast: nothing to fit.")
    if n_tests < n_free:
        raise ValueError(
            f"{name} has {n_free} free parameters ({', '.join(problem.free)}); "
            f"{n_tests} test(s) cannot determine them. Test more often, take a smaller "
            "model, or hold some fast with bounds."
        )
    if np.ptp(problem.tests) == 0:
        raise ValueError(
            f"performance is {problem.tests[0]:g} in all {n_tests} tests: there is no "
            "change that training could explain."
        )
    if not problem.load.any():
        raise ValueError(
            "training_load is 0 on every day up to the last test: nothing can be "
            "learnt about a response to it."
        )
