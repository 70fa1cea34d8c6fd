"""The fit explorer: many constants meet the same tests about equally well."""

from collections.abc import Iterator, Mapping
from functools import partial
from math import ceil, floor, inf, log10

import numpy as np
import pandas as pd

from hipext._controls import Choice, Control, Number, choice_of
from hipext._design import columns_at
from hipext._fit_figure import FitFigure
from hipext._fit_valley import LEVEL, Fitted, Tested, example_tests, fitted_tests
from hipext.explorer import Scene
from hipext.response import Banister
from hipext.simulation import teaching_model

BY_HAND, AT_BEST = "by_hand", "at_best"
_GAINS = {BY_HAND: "by hand", AT_BEST: "best for these time constants"}
_EXAMPLES = {  # words, number of tests, their error in kg
    "careful": ("60, with an error of 0.5 kg", 60, 0.5),
    "rough": ("9, with an error of 2 kg", 9, 2.0),
}
_GIVEN = "given"
_LONGEST_FATIGUE_D = 100.0  # that the slider goes to, unless the best fit is beyond


def fit_scene(load: pd.Series | None, tests: pd.Series | None) -> Scene:
    """Return what `widgets.explore_fit` explores."""
    series, choice = _series(load, tests)
    first = next(iter(series.values()))
    controls: tuple[Control, ...] = (
        *choice,
        *_tau_controls(first),
        choice_of("gains", "Gains and baseline", _GAINS, BY_HAND),
        *_linear_controls(first),
    )

    def answer(settings: Mapping[str, object]) -> Fitted:
        ours = series[settings.get("tests", _GIVEN)]
        values = {name: float(settings[name]) for name in ours.problem.bounds}
        model = Banister(**values)
        is_at_best = settings["gains"] == AT_BEST
        if is_at_best:
            model = ours.best_for(model.fitness_tau, model.fatigue_tau)
        return Fitted(ours, model, is_at_best)

    return Scene(
        name="fit",
        title="A model set by hand, tests, and the valley of time constants",
        controls=controls,
        answer=answer,
        drawing=partial(FitFigure, series=tuple(series.values())),
        in_words=in_words,
        table=Fitted.table,
    )


def _series(
    load: pd.Series | None, tests: pd.Series | None
) -> tuple[dict[str, Tested], tuple[Choice, ...]]:
    """Return tests by name, and what chooses among them where there are several."""
    if (load is None) != (tests is None):
        missing = "tests" if tests is None else "load"
        raise ValueError(
            f"{missing} is missing: give load and tests of the same days, or neither."
        )
    if load is not None:
        return {_GIVEN: fitted_tests(load, tests)}, ()
    made = {
        name: example_tests(n_tests, error_kg)
        for name, (_, n_tests, error_kg) in _EXAMPLES.items()
    }
    words = {name: words for name, (words, *_) in _EXAMPLES.items()}
    return made, (choice_of("tests", "Tests (made by a model)", words, "careful"),)


def _tau_controls(ours: Tested) -> Iterator[Number]:
    """Yield the time constants; they start where textbooks have them."""
    bounds, usual = ours.problem.bounds, teaching_model()
    longest_d = max(_LONGEST_FATIGUE_D, ceil(ours.found.model.fatigue_tau))
    for state, high in (
        ("fitness", bounds["fitness_tau"][1]),
        ("fatigue", longest_d),
    ):
        name = f"{state}_tau"
        yield Number(
            name=name,
            label=f"{state.capitalize()} time constant (days)",
            low=bounds[name][0],
            high=float(high),
            step=0.5,
            start=getattr(usual, name),
        )


def _linear_controls(ours: Tested) -> Iterator[Number]:
    """Yield gains and baseline; they start near the best for the first time constants.

    A gain goes to four times that, and at least to where it alone moves the curve by
    half the spread of the tests; the baseline, by the spread up and down.
    """
    usual, spread = teaching_model(), float(np.ptp(ours.problem.tests))
    best = ours.best_for(usual.fitness_tau, usual.fatigue_tau)
    traces = np.abs(columns_at(ours.problem, vars(best))).max(axis=0)
    unit = "" if ours.truth is None else f"{ours.unit} "
    labels = {
        "baseline": f"Baseline ({ours.unit})",
        "fitness_gain": f"Fitness gain ({unit}per a.u.)",
        "fatigue_gain": f"Fatigue gain ({unit}per a.u.)",
    }
    for name, largest in zip(ours.problem.linear, traces.tolist(), strict=True):
        value = getattr(best, name)
        ends = (0.0, max(4 * value, spread / (2 * largest) if largest else 1.0))
        if name == "baseline":
            ends = (value - spread, value + spread)
        digits = 2 - floor(log10(ends[1] - ends[0]))
        low, start, high = (round(one, digits) for one in (ends[0], value, ends[1]))
        yield Number(
            name=name,
            label=labels[name],
            low=low,
            high=high,
            step=10.0**-digits,
            start=start,
        )


def in_words(now: Fitted) -> str:
    """Return what the picture shows, as sentences with numbers."""
    ours, model, best = now.tested, now.model, now.tested.found.model
    n_tests = len(ours.problem.tests)
    how = _GAINS[AT_BEST if now.is_best_for_taus else BY_HAND]
    return (
        f"Fitness {model.fitness_tau:g} and fatigue {model.fatigue_tau:g} days; gains "
        f"{model.fitness_gain:.4g} and {model.fatigue_gain:.4g}, baseline "
        f"{model.baseline:.5g} ({how}). "
        f"The curve misses the {n_tests} tests by {ours.rmse(now.met):.4g} {ours.unit} "
        f"(RMSE); the best fit, with {best.fitness_tau:.3g} and {best.fatigue_tau:.3g} "
        f"days, by {ours.rmse(ours.best):.4g}. "
        f"{_told_apart(now)} "
        f"{_truth(ours)}"
    )


def _told_apart(now: Fitted) -> str:
    """Return whether the tests tell the curve from the best fit, in words."""
    if now.tested.limit == inf:
        return (
            "There are no more tests than constants: nothing is left to tell curves "
            "apart by."
        )
    can = "cannot" if now.is_in_region else "can"
    level = f"{100 * LEVEL:g} % region of all five constants"
    return f"These tests {can} tell the two apart ({level})."


def _truth(ours: Tested) -> str:
    """Return that a good fit is not a true model, in words."""
    if ours.truth is None:
        return "A good fit is not a true model."
    return (
        "A good fit is not a true model: these tests were made with "
        f"{ours.truth.fitness_tau:g} and {ours.truth.fatigue_tau:g} days."
    )
