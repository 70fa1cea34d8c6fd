"""The figures of sweeps, sensitivity and searches."""

from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext._varied import Range
from hipext.indices import Sensitivity
from hipext.pareto import Search
from hipext.sweep_plots import (
    plot_effect,
    plot_front,
    plot_screening,
    plot_sensitivity,
    plot_surface,
)
from hipext.sweeps import Sweep

_WIDTH_IN, _PANEL_IN, _ROW_IN = 9.0, 3.2, 0.4
_MOST_PANELS = 6
_FONT_PT = 10


def sweep_figure(found: Sweep, outcome: str) -> Figure:
    """Return an outcome by each varied name, and as a surface of two numbers."""
    names = list(found.vary)[:_MOST_PANELS]
    is_surface = len(names) == 2 and all(map(found.summary.__contains__, names))
    is_surface = is_surface and all(_is_numbers(found, name) for name in names)
    with rc_context({"font.size": _FONT_PT}):
        n_panels = len(names) + is_surface
        drawn = _figure(n_panels * _PANEL_IN)
        panels = drawn.subplots(n_panels, 1, squeeze=False)[:, 0]
        for name, ax in zip(names, panels, strict=False):
            plot_effect(found.summary, x=name, outcome=outcome, ax=ax)
        if is_surface:
            x, y = names
            plot_surface(found.summary, x=x, y=y, outcome=outcome, ax=panels[-1])
        return drawn


def sensitivity_figure(found: Sensitivity) -> Figure:
    """Return what matters for an outcome."""
    with rc_context({"font.size": _FONT_PT}):
        drawn = _figure(max(_ROW_IN * len(found.indices) + 1.4, _PANEL_IN))
        draw = plot_sensitivity if found.kind == "saltelli" else plot_screening
        draw(found.indices, ax=drawn.subplots())
        return drawn


def front_figure(found: Search) -> Figure:
    """Return the trials of a search and the front among them."""
    with rc_context({"font.size": _FONT_PT}):
        drawn = _figure(1.6 * _PANEL_IN)
        plot_front(found.trials, goals=found.goals, ax=drawn.subplots())
        return drawn


def _is_numbers(found: Sweep, name: str) -> bool:
    varied = found.vary[name]
    if isinstance(varied, Range):
        return True
    return all(isinstance(one, int | float) for one in varied) and len(varied) > 1


def _figure(height_in: float) -> Figure:
    return Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
