"""The fit explorer: many constants meet the same tests about equally well."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from math import ceil, floor, inf, log10, sqrt

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.contour import QuadContourSet
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullLocator

from hipext.explorers.explorer import Choice, Control, Number, Scene, choice_of
from hipext.explorers.panels import Panels
from hipext.plots.style import BLACK, BLUE, GREY, VERMILION
from hipext.response.calibration import Fit, fit
from hipext.response.models import Banister
from hipext.response.optimisation import (
    FitProblem,
    Screen,
    Solution,
    columns_at,
    deviances_of,
    evaluate,
    nonlinear_at,
    solution_at,
)
from hipext.response.uncertainty import limit_of
from hipext.simulation.simulation import teaching_model

BY_HAND, AT_BEST = "by_hand", "at_best"
_GAINS = {BY_HAND: "by hand", AT_BEST: "best for these time constants"}
_EXAMPLES = {  # words, number of tests, their error in kg
    "careful": ("60, with an error of 0.5 kg", 60, 0.5),
    "rough": ("9, with an error of 2 kg", 9, 2.0),
}
_GIVEN = "given"
_LONGEST_FATIGUE_D = 100.0  # that the slider goes to, unless the best fit is beyond
_TIMES = (1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)  # the best RMSE: of the map
_EVEN = BoundaryNorm(_TIMES, 256, extend="max")  # as far apart for every step
_MOST_TIMES = 1e6
_ENDS = (0.05, 0.15, 0.3, 0.6, 1.2, 1.7, 2.5, 6.0, 16.0, 40.0)  # half spreads
_TICKS_D = (1, 3, 10, 30, 100, 300)
_TEST = {"color": BLACK, "marker": "o", "markersize": 4, "linestyle": ""}
_OURS = {"color": BLUE, "linewidth": 1.8}
_OURS_AT = {
    "marker": "o",
    "markersize": 9,
    "markerfacecolor": "white",
    "markeredgecolor": BLACK,
    "markeredgewidth": 2,
}
_BEST = {"color": VERMILION, "linestyle": "--", "linewidth": 1.3}
_BEST_AT = {
    "marker": "*",
    "markersize": 13,
    "markerfacecolor": VERMILION,
    "markeredgecolor": BLACK,
}
_TRUE_AT = {
    "marker": "D",
    "markersize": 5,
    "markerfacecolor": "white",
    "markeredgecolor": BLACK,
}
_REGION = {"color": BLACK, "linestyle": ":", "linewidth": 1.8}
LEVEL = 0.95  # of the region of all constants together
_N_STEPS = 100  # of the map, on each side
# The person and the weeks of the notebook 09_fit_your_own_data.
_SEED = 2024
_WEEK = (60.0, 0.0, 60.0, 0.0, 60.0, 60.0, 0.0)  # load, a.u. per day
_SIZES = (  # of the weeks
    *[0.5] * 4,
    *[1.0] * 3,
    *[0.4],
    *[1.2] * 4,
    *[0.3] * 2,
    *[1.1] * 4,
    *[0.4],
    *[1.3] * 5,
    *[0.3] * 2,
)
PERSON = Banister(
    baseline=100.0,  # kg
    fitness_gain=0.02,  # kg per a.u.
    fitness_tau=42.0,  # days
    fatigue_gain=0.05,  # kg per a.u.
    fatigue_tau=8.0,  # days
)


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


@dataclass(frozen=True, eq=False)
class Tested:
    """Tests of one person by the day, with their best fit and its surroundings."""

    load: pd.Series
    found: Fit
    unit: str
    truth: Banister | None
    """What the tests were made with, where they were made."""

    @property
    def problem(self) -> FitProblem:
        """The tests as a problem to search."""
        return self.found.problem

    @cached_property
    def best(self) -> Solution:
        """The best fit, with the errors it makes."""
        return self.met_by(self.found.model)

    @cached_property
    def best_curve(self) -> np.ndarray:
        """Performance of every day by the best fit."""
        return self.found.respond(self.load)["performance"].to_numpy()

    @cached_property
    def limit(self) -> float:
        """Deviance above the best up to which constants are in the region."""
        return limit_of(self.problem, LEVEL, together=len(self.problem.free))

    @cached_property
    def valley(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Time constants, and the least RMSE that each pair allows, times the best.

        Three arrays: of fitness and of fatigue (days), and of the RMSE with gains and
        baseline at their best.
        """
        steps = np.linspace(0.0, 1.0, _N_STEPS)
        points = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1)
        points = points.reshape(-1, 2)  # fitness, then fatigue as a share of its room
        taus = nonlinear_at(self.problem, points)
        screen = Screen(points=points, columns=columns_at(self.problem, taus))
        deviances = deviances_of(self.problem, screen)
        rises = deviances - self.best.deviance
        times = np.exp(rises / (2 * len(self.problem.tests)))
        square = (_N_STEPS, _N_STEPS)
        return (
            taus["fitness_tau"].reshape(square),
            taus["fatigue_tau"].reshape(square),
            times.reshape(square),
        )

    @property
    def times_of_limit(self) -> float:
        """How many times the best RMSE the region goes to; infinite for few tests."""
        return float(np.exp(self.limit / (2 * len(self.problem.tests))))

    def met_by(self, model: Banister) -> Solution:
        """Return how a model meets the tests."""
        names = self.problem.bounds
        return evaluate(self.problem, {name: getattr(model, name) for name in names})

    def best_for(self, fitness_tau: float, fatigue_tau: float) -> Banister:
        """Return the model with gains and baseline at their best for time constants."""
        shape = {"fitness_tau": fitness_tau, "fatigue_tau": fatigue_tau}
        return Banister(**solution_at(self.problem, shape).parameters)

    def rmse(self, met: Solution) -> float:
        """Return the root mean squared error, in the unit of the tests."""
        return sqrt(met.residual @ met.residual / len(met.residual))


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


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model that is set by hand, and how it meets the tests."""

    tested: Tested
    model: Banister
    is_best_for_taus: bool

    @cached_property
    def met(self) -> Solution:
        """The model with the errors that it makes."""
        return self.tested.met_by(self.model)

    @property
    def is_in_region(self) -> bool:
        """Whether the tests cannot tell the model from the best fit."""
        return self.met.deviance - self.tested.best.deviance <= self.tested.limit

    @cached_property
    def curve(self) -> np.ndarray:
        """Performance of every day by the model."""
        return self.model.respond(self.tested.load)["performance"].to_numpy()

    def table(self) -> pd.DataFrame:
        """Return a row per day: load, test, and performance by either model."""
        load, problem = self.tested.load, self.tested.problem
        tests = np.full(len(load), np.nan)
        tests[problem.days] = problem.tests
        return pd.DataFrame(
            {
                "day": np.arange(len(load)),
                "training_load": np.asarray(load, dtype="float64"),
                "test": tests,
                "performance": self.curve,
                "residual": tests - self.curve,
                "performance_of_best_fit": self.tested.best_curve,
            }
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
        f"{_distinguishable(now)} "
        f"{_truth(ours)}"
    )


def _distinguishable(now: Fitted) -> str:
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


class FitFigure:
    """Tests with two curves, what is left over, and the valley of time constants."""

    def __init__(self, start: Fitted, series: Iterable[Tested]) -> None:
        panels = Panels(("tests", "left"), heights=(1.5, 1.0), right=0.545)
        tests, left = panels.axes["tests"], panels.axes["left"]
        unit = start.tested.unit
        tests.set_ylabel(f"performance\n({unit})")
        left.set_ylabel(f"test - curve\n({unit})")
        left.set_xlabel("day (from 0)")
        left.axhline(0.0, color=GREY, linewidth=0.8)
        panels.axes["valley"] = panels.figure.add_axes((0.665, 0.43, 0.31, 0.53))
        _prepare(panels.axes["valley"])
        self.stays: dict[Tested, list[Artist]] = {}
        for one in series:
            valley = _draw_valley(panels.axes["valley"], one)
            self.stays[one] = [*valley, *_draw_tests(tests, one)]
        _draw_scale(panels, self.stays[start.tested][0])
        self.curve = panels.line("tests", **_OURS)
        self.stems = panels.line("left", color=BLUE, linewidth=1.2)
        self.points = panels.line("left", **_TEST)
        self.at = panels.line("valley", clip_on=False, **_OURS_AT)
        self.told = panels.moves(tests.text(0, 1.03, "", transform=tests.transAxes))
        _draw_names(panels, has_truth=start.tested.truth is not None)
        self.panels, self.shown = panels, None
        self.figure, self.picture = panels.figure, panels.picture

    def show(self, now: Fitted) -> bytes:
        """Draw another curve; return the picture as PNG."""
        ours, days = now.tested, now.tested.problem.days
        if self.shown is not ours:
            self._swap_to(ours)
        errors = -now.met.residual
        self.curve.set_data(np.arange(len(now.curve)), now.curve)
        self.points.set_data(days, errors)
        gaps, zeros = np.full(len(errors), np.nan), np.zeros(len(errors))
        stems = np.stack([zeros, errors, gaps], axis=1)
        self.stems.set_data(np.repeat(days, 3), stems.ravel())
        self.at.set_data([now.model.fitness_tau], [now.model.fatigue_tau])
        rmse, best = ours.rmse(now.met), ours.rmse(ours.best)
        self.told.set_text(f"RMSE {rmse:.3g} {ours.unit}; best fit {best:.3g}")
        tests = ours.problem.tests
        middle, half = (tests.max() + tests.min()) / 2, np.ptp(tests) / 2
        reach = max(np.abs(now.curve - middle).max(), half)
        self._span("tests", middle, half, reach)
        self._span("left", 0.0, half, np.abs(errors).max())
        return self.picture.png()

    def _swap_to(self, ours: Tested) -> None:
        """Show what stays of these tests, and hide that of others."""
        for one, artists in self.stays.items():
            for artist in artists:
                artist.set_visible(one is ours)
        self.panels.axes["left"].set_xlim(-3.0, len(ours.load) + 2.0)
        self.shown = ours
        self.picture.forget()

    def _span(self, panel: str, middle: float, half: float, reach: float) -> None:
        """Let a vertical axis reach far enough on both sides of a middle.

        It changes in few steps, which are parts of half the spread of the tests.
        """
        enough = next((one for one in _ENDS if one * half >= reach), reach / half)
        self.panels.keep(panel, middle - enough * half, middle + enough * half)


def _prepare(axes: Axes) -> None:
    """Set up the map: two logarithmic axes of time constants."""
    axes.set(
        xscale="log",
        yscale="log",
        xlim=_TICKS_D[:: len(_TICKS_D) - 1],
        ylim=_TICKS_D[:: len(_TICKS_D) - 1],
        xlabel="fitness time constant (days)",
        ylabel="fatigue time constant (days)",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(_TICKS_D, labels=map(str, _TICKS_D))
        axis.set_minor_locator(NullLocator())
    words = "fatigue has to\nfade faster"
    axes.text(0.06, 0.94, words, transform=axes.transAxes, va="top", color=GREY)


def _draw_valley(axes: Axes, one: Tested) -> Iterator[Artist]:
    """Draw how well each pair of time constants can meet the tests, at its best."""
    fitness_d, fatigue_d, times = one.valley
    times = np.clip(times, 1.0, _MOST_TIMES)
    yield axes.contourf(
        fitness_d,
        fatigue_d,
        times,
        levels=_TIMES,
        norm=_EVEN,
        cmap="cividis_r",
        extend="max",
    )
    limit = one.times_of_limit
    if times.min() < limit < times.max():  # else all pairs are as good, or none
        style = {f"{name}s": value for name, value in _REGION.items()}
        region = axes.contour(fitness_d, fatigue_d, times, levels=[limit], **style)
        region.set(path_effects=[withStroke(linewidth=3.5, foreground="white")])
        yield region
    places = [(one.found.model, _BEST_AT), (one.truth, _TRUE_AT)]
    for model, style in places:
        if model is not None:
            yield from axes.plot(
                model.fitness_tau, model.fatigue_tau, clip_on=False, zorder=3, **style
            )


def _draw_tests(axes: Axes, one: Tested) -> Iterator[Artist]:
    """Draw tests and the curve of the best fit."""
    yield from axes.plot(one.best_curve, **_BEST)
    yield from axes.plot(one.problem.days, one.problem.tests, **_TEST)


def _draw_scale(panels: Panels, valley: QuadContourSet) -> None:
    """Say below the map what its colours mean."""
    axes = panels.figure.add_axes((0.665, 0.27, 0.31, 0.022))
    scale = panels.figure.colorbar(valley, cax=axes, orientation="horizontal")
    scale.set_ticks(_TIMES, labels=[f"{times:g}" for times in _TIMES])
    axes.tick_params(labelsize=8)
    axes.set_xlabel("least RMSE there, times that of the best fit", fontsize=9)


def _draw_names(panels: Panels, *, has_truth: bool) -> None:
    """Say below the map what lines and marks are."""
    names = {
        "test": _TEST,
        "controls": _OURS | _OURS_AT,
        "best fit": _BEST | _BEST_AT,
        "made with": {"linestyle": "", **_TRUE_AT},
        f"{100 * LEVEL:g} % region of the best fit": _REGION,
    }
    if not has_truth:
        del names["made with"]
    handles = [Line2D([], [], label=name, **style) for name, style in names.items()]
    panels.figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.6, 0.0),
        ncols=2,
        frameon=False,
        fontsize=9,
        handlelength=2.6,
    )


def fitted_tests(
    load: pd.Series,
    tests: pd.Series,
    *,
    unit: str = "unit of the tests",
    truth: Banister | None = None,
) -> Tested:
    """Fit tests, and check them, as `calibration.fit` does."""
    options = {"profile": False, "n_bootstrap": 0, "n_blocks": 0, "progress": False}
    found = fit("banister", load, tests, **options)
    return Tested(load=load, found=found, unit=unit, truth=truth)


def example_tests(n_tests: int, error_kg: float) -> Tested:
    """Return tests of the person of notebook 09, spread over 26 weeks.

    Parameters
    ----------
    n_tests : int
        How many.
    error_kg : float
        Standard deviation of the error of a test; results are read to 0.1 kg.
    """
    load = pd.Series([size * today for size in _SIZES for today in _WEEK])
    truth = PERSON.respond(load)["performance"]
    rng = np.random.default_rng(_SEED)
    days = np.linspace(0, len(load) - 1, n_tests).round().astype("int64")
    tests = (truth[days] + rng.normal(0.0, error_kg, n_tests)).round(1)
    return fitted_tests(load, tests, unit="kg", truth=PERSON)
