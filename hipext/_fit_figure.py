"""The figure of the fit explorer: tests and curves, what is left over, the valley."""

from collections.abc import Iterable, Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.contour import QuadContourSet
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullLocator

from hipext._fit_valley import LEVEL, Fitted, Tested
from hipext.explorer_figure import Panels
from hipext.plots import BLACK, BLUE, GREY, VERMILION

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
