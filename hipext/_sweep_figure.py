"""The figures of sweeps, sensitivity and searches."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hipext._outcome_words import label_of
from hipext._varied import Range, written
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

MOST_PANELS = 12
_WIDTH_IN, _PANEL_IN, _ROW_IN = 9.0, 3.2, 0.4
_MOST_STACKED = 3  # panels below each other; more stand in two columns
_FONT_PT, _DOT_PT = 10, 3.5


def sweep_figure(found: Sweep, outcome: str) -> Figure:
    """Return an outcome by each varied name, and as a surface of two numbers.

    Of several names only the means of scenarios are drawn: persons differ by far more
    than scenarios do, and would hide them. Names after the first `MOST_PANELS` are not
    drawn.
    """
    names = list(found.vary)[:MOST_PANELS]
    summary = as_written(found.summary, names)
    is_surface = len(names) == 2 and all(_is_numbers(found, name) for name in names)
    with rc_context({"font.size": _FONT_PT}):
        drawn, panels = _panels(len(names) + is_surface)
        for name, ax in zip(names, panels, strict=False):
            plot_effect(summary, x=name, outcome=outcome, ax=ax)
            if len(names) > 1:
                _keep_means(ax, f"mean of {label_of(outcome)}")
            if _is_whole(found, name):
                ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if is_surface:
            x, y = names
            plot_surface(summary, x=x, y=y, outcome=outcome, ax=panels[-1])
        return drawn


def as_written(summary: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a summary with lists and tables that were set as files have them."""
    shown = summary.copy()
    for name in names:
        shown[name] = [
            written(value) if isinstance(value, tuple | Mapping) else value
            for value in summary[name]
        ]
    return shown


def _panels(n: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels of one size; the last place may stay empty."""
    n_columns = 1 if n <= _MOST_STACKED else 2
    n_rows = -(-n // n_columns)
    drawn = _figure(n_rows * _PANEL_IN)
    places = list(drawn.subplots(n_rows, n_columns, squeeze=False).flat)
    for empty in places[n:]:
        empty.remove()
    return drawn, places[:n]


def _keep_means(ax: Axes, label: str) -> None:
    """Take the spread of persons out of a panel; a dot is a scenario."""
    for spread in [*ax.collections]:
        spread.remove()
    ax.get_legend().remove()
    ax.relim()
    ax.autoscale_view()
    for dots in ax.lines:
        dots.set_markersize(_DOT_PT)
    ax.set_ylabel(fill(label, 34) if ax.get_subplotspec().is_first_col() else "")


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
    is_number = all(type(one) in (int, float) for one in varied)
    return is_number and len(varied) > 1


def _is_whole(found: Sweep, name: str) -> bool:
    varied = found.vary[name]
    if isinstance(varied, Range):
        return varied.whole
    return all(type(one) is int for one in varied)


def _figure(height_in: float) -> Figure:
    return Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
