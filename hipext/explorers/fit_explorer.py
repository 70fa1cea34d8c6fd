"""The fit explorer: Banister's model set by hand, and the likelihood surface.

Many pairs of time constants meet the same tests about equally well: a map shows which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import ceil, floor, inf, log10, sqrt

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullLocator

from hipext.explorers.explorer import Choice, Definition, Explorer, Number, Settings
from hipext.explorers.panels import Panels
from hipext.files.checks import InputError
from hipext.plots.style import BLACK, BLUE, GREY, VERMILION
from hipext.response import optimisation
from hipext.response.calibration import Fit, fit
from hipext.response.models import Banister
from hipext.response.uncertainty import limit_of
from hipext.simulation.simulation import teaching_model

BY_HAND, AT_BEST = "by_hand", "at_best"
_GAINS = {BY_HAND: "by hand", AT_BEST: "best for these time constants"}
_EXAMPLES = {  # label, number of tests, their error in kg
    "careful": ("60, with an error of 0.5 kg", 60, 0.5),
    "rough": ("9, with an error of 2 kg", 9, 2.0),
}
_GIVEN = "given"
LEVEL = 0.95  # of the region of all constants together
_LONGEST_FATIGUE_D = 100.0  # end of the slider, unless the best fit is beyond
_RATIOS = (1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)  # of RMSE to the best one
# Equal steps of colour for all of them.
_COLOURS = {"norm": BoundaryNorm(_RATIOS, 256, extend="max"), "cmap": "cividis_r"}
_LARGEST_RATIO = 1e6
_N_STEPS = 100  # of the map, on each side
_TICKS_D = (1, 3, 10, 30, 100, 300)
_TEST = {"color": BLACK, "marker": "o", "markersize": 4, "linestyle": ""}
_MODEL = {"color": BLUE, "linewidth": 1.8}
_MODEL_AT = {"marker": "o", "ms": 9, "mfc": "white", "mec": BLACK, "mew": 2}
_BEST = {"color": VERMILION, "linestyle": "--", "linewidth": 1.3}
_BEST_AT = {"marker": "*", "ms": 13, "mfc": VERMILION, "mec": BLACK}
_TRUE_AT = {"marker": "D", "ms": 5, "mfc": "white", "mec": BLACK}
_REGION = {"color": BLACK, "linestyle": ":", "linewidth": 1.8}
# The athlete and the weeks of the notebook 09_fit_your_own_data.
_SEED = 2024
_WEEK = (60.0, 0.0, 60.0, 0.0, 60.0, 60.0, 0.0)  # load, a.u. per day
_BLOCK_FACTORS = (0.5, 1.0, 0.4, 1.2, 0.3, 1.1, 0.4, 1.3, 0.3)
_BLOCK_WEEKS = (4, 3, 1, 4, 2, 4, 1, 5, 2)
ATHLETE = Banister(
    baseline=100.0,  # kg
    fitness_gain=0.02,  # kg per a.u.
    fitness_tau=42.0,  # days
    fatigue_gain=0.05,  # kg per a.u.
    fatigue_tau=8.0,  # days
)


def explore_fit(
    load: pd.Series | None = None, tests: pd.Series | None = None
) -> Explorer:
    """Return an explorer of a fit: Banister's model set by hand, beside the best fit.

    A map shows how well each pair of time constants can fit the tests with the best
    gains and baseline, and which pairs the tests cannot distinguish from the best one.

    Parameters
    ----------
    load : pandas.Series, optional
        Training load (a.u.) of consecutive days, as `calibration.fit` takes it.
        Default: the 26 weeks of the notebook 09_fit_your_own_data.
    tests : pandas.Series, optional
        Result of each test, by the same days. Default: the tests of that notebook,
        made by a model, 60 careful ones or 9 rough ones.

    Raises
    ------
    InputError
        If only one of the two is given, or `calibration.fit` refuses them.
    """
    if (load is None) != (tests is None):
        missing = "tests" if tests is None else "load"
        raise InputError(
            f"{missing} is missing: give load and tests of the same days, or neither."
        )
    if load is None:
        all_series = {name: _example(*made) for name, (_, *made) in _EXAMPLES.items()}
        labels = {name: label for name, (label, *_) in _EXAMPLES.items()}
        choice = (Choice("tests", "Tests (made by a model)", labels, "careful"),)
    else:
        given = FittedTests(load, _best_fit(load, tests), "unit of the tests")
        all_series, choice = {_GIVEN: given}, ()
    first = next(iter(all_series.values()))
    controls = (
        *choice,
        *_tau_controls(first),
        Choice("gains", "Gains and baseline", _GAINS, BY_HAND),
        *_linear_controls(first),
    )

    def evaluate(settings: Settings) -> ManualFit:
        series = all_series[settings.get("tests", _GIVEN)]
        bounds = series.problem.bounds
        model = Banister(**{name: float(settings[name]) for name in bounds})
        has_best_gains = settings["gains"] == AT_BEST
        if has_best_gains:
            model = series.best_for(model.fitness_tau, model.fatigue_tau)
        return ManualFit(series, model, has_best_gains)

    definition = Definition(
        name="fit",
        title="A model set by hand, tests, and the map of time constants",
        controls=controls,
        evaluate=evaluate,
        drawing=FitFigure,
        description=description,
    )
    return Explorer(definition)


@dataclass(frozen=True, eq=False)
class FittedTests:
    """Tests of one athlete by day, with their best fit and the surface around it."""

    load: pd.Series
    best_fit: Fit
    unit: str
    truth: Banister | None = None  # the model that made the tests, where one did

    @property
    def problem(self) -> optimisation.FitProblem:
        """The tests as a problem of optimisation."""
        return self.best_fit.problem

    @cached_property
    def best(self) -> "ManualFit":
        """The best fit, as if it had been set by hand."""
        return ManualFit(self, self.best_fit.model, has_best_gains=True)

    @cached_property
    def surface(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Fitness and fatigue time constants (days), and the ratio of RMSE to the best.

        Gains and baseline are at their best for each pair, so this is the profile
        likelihood: a deviance d above the best is the ratio exp(d / 2n) for n tests.
        """
        steps = np.linspace(0.0, 1.0, _N_STEPS)
        # Fitness, then fatigue as a share of its room.
        points = np.array([*product(steps, steps)])
        taus = optimisation.nonlinear_at(self.problem, points)
        columns = optimisation.columns_at(self.problem, taus)
        screen = optimisation.Screen(points=points, columns=columns)
        deviances = optimisation.deviances_of(self.problem, screen)
        rises = deviances - self.best.solution.deviance
        ratios = np.exp(rises / (2 * len(self.problem.tests)))
        surface = (taus["fitness_tau"], taus["fatigue_tau"], ratios)
        return tuple(part.reshape(_N_STEPS, _N_STEPS) for part in surface)

    @cached_property
    def limit_ratio(self) -> float:
        """RMSE at the edge of the region over the best RMSE; infinite for few tests."""
        limit = limit_of(self.problem, LEVEL, together=len(self.problem.free))
        return float(np.exp(limit / (2 * len(self.problem.tests))))

    def best_for(self, fitness_tau: float, fatigue_tau: float) -> Banister:
        """Return the model with the best gains and baseline for time constants."""
        taus = {"fitness_tau": fitness_tau, "fatigue_tau": fatigue_tau}
        return Banister(**optimisation.solution_at(self.problem, taus).parameters)


@dataclass(frozen=True, eq=False)
class ManualFit:
    """A model that was set by hand, and the tests that it is compared with."""

    series: FittedTests
    model: Banister
    has_best_gains: bool

    @cached_property
    def solution(self) -> optimisation.Solution:
        """The model with its residuals."""
        problem = self.series.problem
        values = {name: getattr(self.model, name) for name in problem.bounds}
        return optimisation.evaluate(problem, values)

    @property
    def rmse(self) -> float:
        """Root mean squared error, in the unit of the tests."""
        residual = self.solution.residual
        return sqrt(residual @ residual / len(residual))

    @cached_property
    def curve(self) -> np.ndarray:
        """Performance on every day by the model."""
        return self.model.respond(self.series.load)["performance"].to_numpy()

    def table(self) -> pd.DataFrame:
        """Return one row per day: load, test, and performance by either model."""
        load, problem = self.series.load, self.series.problem
        tests = np.full(len(load), np.nan)
        tests[problem.days] = problem.tests
        columns = {
            "day": np.arange(len(load)),
            "training_load": np.asarray(load, dtype="float64"),
            "test": tests,
            "performance": self.curve,
            "residual": tests - self.curve,
            "performance_of_best_fit": self.series.best.curve,
        }
        return pd.DataFrame(columns)


def _example(n_tests: int, error_kg: float) -> FittedTests:
    """Return tests of the athlete of notebook 09, evenly spread over 26 weeks.

    `error_kg` is the standard deviation of a test; results are read to 0.1 kg.
    """
    factors = np.repeat(_BLOCK_FACTORS, _BLOCK_WEEKS)
    load = pd.Series(np.outer(factors, _WEEK).ravel())
    truth = ATHLETE.respond(load)["performance"]
    rng = np.random.default_rng(_SEED)
    days = np.linspace(0, len(load) - 1, n_tests).round().astype("int64")
    tests = (truth[days] + rng.normal(0.0, error_kg, n_tests)).round(1)
    return FittedTests(load, _best_fit(load, tests), "kg", ATHLETE)


def _best_fit(load: pd.Series, tests: pd.Series) -> Fit:
    """Return the best fit alone; errors are those of `calibration.fit`."""
    options = {"profile": False, "n_bootstrap": 0, "n_blocks": 0, "progress": False}
    return fit("banister", load, tests, **options)


def _tau_controls(series: FittedTests) -> Iterator[Number]:
    """Yield the controls of the time constants; they start at textbook values."""
    bounds, usual = series.problem.bounds, teaching_model()
    longest_d = max(_LONGEST_FATIGUE_D, ceil(series.best_fit.model.fatigue_tau))
    ends = {"fitness": bounds["fitness_tau"][1], "fatigue": longest_d}
    for state, high in ends.items():
        name, label = f"{state}_tau", f"{state.capitalize()} time constant (days)"
        low, start = bounds[name][0], getattr(usual, name)
        yield Number(name, label, low, float(high), 0.5, start)


def _linear_controls(series: FittedTests) -> Iterator[Number]:
    """Yield the controls of gains and baseline.

    They start near the best for the first time constants. A gain goes to four times
    that, and at least to where it alone moves the curve by half the spread of the
    tests; the baseline goes up and down by the spread.
    """
    usual, spread = teaching_model(), float(np.ptp(series.problem.tests))
    best = series.best_for(usual.fitness_tau, usual.fatigue_tau)
    traces = np.abs(optimisation.columns_at(series.problem, vars(best))).max(axis=0)
    unit = "" if series.truth is None else f"{series.unit} "
    labels = {
        "baseline": f"Baseline ({series.unit})",
        "fitness_gain": f"Fitness gain ({unit}per a.u.)",
        "fatigue_gain": f"Fatigue gain ({unit}per a.u.)",
    }
    for name, largest in zip(series.problem.linear, traces.tolist(), strict=True):
        value = getattr(best, name)
        ends = (0.0, max(4 * value, spread / (2 * largest) if largest else 1.0))
        if name == "baseline":
            ends = (value - spread, value + spread)
        # Rounded so that a slider has 100 to 1,000 steps.
        digits = 2 - floor(log10(ends[1] - ends[0]))
        low, high, start = (round(one, digits) for one in (*ends, value))
        yield Number(name, labels[name], low, high, step=10.0**-digits, start=start)


def description(shown: ManualFit) -> str:
    """Return sentences with the numbers of the figure."""
    series, model, best = shown.series, shown.model, shown.series.best_fit.model
    gains = _GAINS[AT_BEST if shown.has_best_gains else BY_HAND]
    return (
        f"Fitness {model.fitness_tau:g} and fatigue {model.fatigue_tau:g} days; gains "
        f"{model.fitness_gain:.4g} and {model.fatigue_gain:.4g}, baseline "
        f"{model.baseline:.5g} ({gains}). "
        f"The curve misses the {len(series.problem.tests)} tests by "
        f"{shown.rmse:.4g} {series.unit} (RMSE); the best fit, with "
        f"{best.fitness_tau:.3g} and {best.fatigue_tau:.3g} days, by "
        f"{series.best.rmse:.4g}. {_region_text(shown)} {_truth_text(series)}"
    )


def _region_text(shown: ManualFit) -> str:
    """Return whether the tests distinguish the curve from the best fit."""
    series = shown.series
    if series.limit_ratio == inf:
        return (
            "There are no more tests than constants, so that nothing can distinguish "
            "curves."
        )
    # A ratio of RMSE is a difference of deviance: d = 2n ln(ratio) for n tests.
    is_inside = shown.rmse <= series.limit_ratio * series.best.rmse
    return (
        f"These tests {'cannot' if is_inside else 'can'} distinguish the two "
        f"({100 * LEVEL:g} % region of all five constants)."
    )


def _truth_text(series: FittedTests) -> str:
    """Return that a good fit is not a true model."""
    if series.truth is None:
        return "A good fit is not a true model."
    return (
        "A good fit is not a true model: these tests were made with "
        f"{series.truth.fitness_tau:g} and {series.truth.fatigue_tau:g} days."
    )


class FitFigure(Panels):
    """Tests with two curves, their residuals, and the map of time constants."""

    def __init__(self, start: ManualFit) -> None:
        labels = {"tests": "performance", "left": "test - curve"}
        labels = {x: f"{text}\n({start.series.unit})" for x, text in labels.items()}
        super().__init__(labels, heights=(1.5, 1.0))
        self.figure.subplots_adjust(right=0.545)
        tests, left = self.axes.values()
        left.set_xlabel("day (from 0)")
        left.axhline(0.0, color=GREY, linewidth=0.8)
        self.axes["surface"] = self.figure.add_axes((0.665, 0.43, 0.31, 0.53))
        _set_map_axes(self.axes["surface"])
        _draw_scale(self.figure)
        self.curve = self.line("tests", **_MODEL)
        self.stems = self.line("left", color=BLUE, linewidth=1.2)
        self.points = self.line("left", **_TEST)
        self.place = self.line("surface", clip_on=False, **_MODEL_AT)
        self.rmse = self.moving(tests.text(0, 1.03, "", transform=tests.transAxes))
        _draw_legend(self.figure, has_truth=start.series.truth is not None)
        self.series: FittedTests | None = None
        self.background: list[Artist] = []  # what is drawn of the series alone

    def update(self, shown: ManualFit) -> None:
        """Update the figure."""
        series, days = shown.series, shown.series.problem.days
        if self.series is not series:
            self._set_series(series)
        # The residuals of an optimisation are curve - test.
        errors = -shown.solution.residual
        self.curve.set_data(np.arange(len(shown.curve)), shown.curve)
        self.points.set_data(days, errors)
        # One line for all stems, with gaps (NaN) between them.
        stems = np.array([[0.0, error, np.nan] for error in errors]).ravel()
        self.stems.set_data(np.repeat(days, 3), stems)
        self.place.set_data([shown.model.fitness_tau], [shown.model.fatigue_tau])
        best = f"best fit {series.best.rmse:.3g}"
        self.rmse.set_text(f"RMSE {shown.rmse:.3g} {series.unit}; {best}")
        performance = np.append(series.problem.tests, shown.curve)
        self.fit("tests", performance.min(), performance.max())
        largest = np.abs(errors).max()
        self.fit("left", -largest, largest)

    def _set_series(self, series: FittedTests) -> None:
        """Draw what the tests show whatever the controls are."""
        for artist in self.background:
            artist.remove()
        tests, left, surface = self.axes.values()
        self.background = [
            *_draw_surface(surface, series),
            *tests.plot(series.best.curve, **_BEST),
            *tests.plot(series.problem.days, series.problem.tests, **_TEST),
        ]
        left.set_xlim(-3.0, len(series.load) + 2.0)
        self.series = series
        self.picture.redraw()


def _set_map_axes(axes: Axes) -> None:
    """Set up the map: two logarithmic axes of time constants."""
    limits = _TICKS_D[:: len(_TICKS_D) - 1]
    axes.set(xscale="log", yscale="log", xlim=limits, ylim=limits)
    axes.set_xlabel("fitness time constant (days)")
    axes.set_ylabel("fatigue time constant (days)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(_TICKS_D, labels=map(str, _TICKS_D))
        axis.set_minor_locator(NullLocator())
    text = "fatigue must\nfade faster"
    axes.text(0.06, 0.94, text, transform=axes.transAxes, va="top", color=GREY)


def _draw_surface(axes: Axes, series: FittedTests) -> Iterator[Artist]:
    """Draw the best RMSE at each pair of time constants, and the marks on the map."""
    fitness_d, fatigue_d, ratios = series.surface
    ratios = np.clip(ratios, 1.0, _LARGEST_RATIO)
    colours = {"levels": _RATIOS, "extend": "max", **_COLOURS}
    yield axes.contourf(fitness_d, fatigue_d, ratios, **colours)
    limit = series.limit_ratio
    if ratios.min() < limit < ratios.max():  # else the region is the whole map, or none
        style = {f"{name}s": value for name, value in _REGION.items()}
        region = axes.contour(fitness_d, fatigue_d, ratios, levels=[limit], **style)
        region.set(path_effects=[withStroke(linewidth=3.5, foreground="white")])
        yield region
    for model, style in ((series.best_fit.model, _BEST_AT), (series.truth, _TRUE_AT)):
        if model is not None:
            taus = model.fitness_tau, model.fatigue_tau
            yield from axes.plot(*taus, clip_on=False, zorder=3, **style)


def _draw_scale(figure: Figure) -> None:
    """Draw the colour scale of the map below it."""
    axes = figure.add_axes((0.665, 0.27, 0.31, 0.022))
    look = {"orientation": "horizontal", "ticks": _RATIOS, "format": "{x:g}"}
    figure.colorbar(ScalarMappable(**_COLOURS), cax=axes, **look)
    axes.tick_params(labelsize=8)
    axes.set_xlabel("least RMSE, relative to that of the best fit", fontsize=9)


def _draw_legend(figure: Figure, *, has_truth: bool) -> None:
    """Draw the legend of all panels below the map."""
    truth = {"made with": {"linestyle": "", **_TRUE_AT}} if has_truth else {}
    styles = {
        "test": _TEST,
        "controls": _MODEL | _MODEL_AT,
        "best fit": _BEST | _BEST_AT,
        **truth,
        f"{100 * LEVEL:g} % region of the best fit": _REGION,
    }
    handles = [Line2D([], [], label=name, **style) for name, style in styles.items()]
    place = {"loc": "lower left", "bbox_to_anchor": (0.6, 0.0), "ncols": 2}
    style = {"frameon": False, "fontsize": 9, "handlelength": 2.6}
    figure.legend(handles=handles, **place, **style)
