"""Figures of sweeps, sensitivity and search: what matters, and what goes together.

Like `plots`: a table in, matplotlib Axes out; nothing is computed.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from math import floor, isnan, log10
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import QuadMesh

from hipext import _marks
from hipext._checks import check_columns, check_one_of
from hipext._outcome_words import label_of, short_names
from hipext.outcomes import OUTCOMES
from hipext.plots import BLACK, BLUE, GREY, VERMILION

MAX_CELLS = 60  # with their values in them
_MAX_TICKS = 12
NUMBERS = "iuf"  # kinds of dtypes
_AXIS_LETTERS = 72  # of the names along an axis
INDICES = {  # how they are told, how far they are from the middle of the row, and look
    "first": ("first: alone", -0.15, {"color": BLUE, "marker": "o"}),
    "total": ("total: with others", 0.15, {"color": VERMILION, "marker": "D"}),
}
RANGE_STYLE = {"color": GREY, "linewidth": 1.2, "zorder": 1}
POINT_STYLE = {"color": BLUE, "marker": "o", "markersize": 5}
EVEN_STYLE = {"color": "0.75", "linewidth": 1, "zorder": 0}
REFUSED_STYLE = {"color": "0.6", "marker": "x", "linestyle": "", "markersize": 4}
ALLOWED_STYLE = {"color": "0.6", "marker": "o", "linestyle": "", "markersize": 3}
FRONT_STYLE = {"color": BLUE, "marker": "D", "linestyle": "--"}
SHADES = {"cmap": "cividis", "edgecolors": BLACK}  # dark to light in grey too
WAYS = {"highest": "higher is better", "lowest": "lower is better"}
SIZES_PT2 = (25, 120)  # of marks, from the lowest value to the highest


def plot_sensitivity(indices: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw Sobol indices, a row per knob, the largest total at the top.

    Parameters
    ----------
    indices : pandas.DataFrame
        One row per knob: first and total, with the ends of their intervals.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    columns = [f"{what}{end}" for what in INDICES for end in ("", "_low", "_high")]
    _check_knobs(indices, columns)
    rows = indices.sort_values("total", ascending=False, kind="stable")
    ax = _marks.axes_or_current(ax)
    for what, (label, shift, look) in INDICES.items():
        heights = np.arange(len(rows)) + shift
        ends = rows[f"{what}_low"], rows[f"{what}_high"]
        ax.hlines(heights, *ends, color=look["color"], linewidth=1.5)
        ax.plot(rows[what], heights, linestyle="", label=label, **look)
    ax.axvline(0.0, **EVEN_STYLE)
    _marks.name_rows(ax, short_names(rows["knob"]))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel("Sobol index (share of the variance)")
    _marks.legend_above(ax)
    return ax


def plot_screening(indices: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw Morris' measures: how much a knob does, and how much that varies.

    Parameters
    ----------
    indices : pandas.DataFrame
        One row per knob: mu_star with the ends of its interval, and sigma.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        On the grey line sigma equals mu_star.
    """
    _check_knobs(indices, ("mu_star", "mu_star_low", "mu_star_high", "sigma"))
    ax = _marks.axes_or_current(ax)
    ax.hlines("sigma", "mu_star_low", "mu_star_high", data=indices, **RANGE_STYLE)
    rows = zip(short_names(indices["knob"]), indices.itertuples(), strict=True)
    points = [
        ax.plot(row.mu_star, row.sigma, label=name, **POINT_STYLE) for name, row in rows
    ]
    ax.axline((0, 0), slope=1, label="sigma = mu*", **EVEN_STYLE)
    ax.set_xlabel("mean size of the effect, mu* (unit of the outcome)")
    ax.set_ylabel("spread of the effect, sigma\n(unit of the outcome)")
    _marks.name_lines(ax, [*chain(*points)])
    return ax


def plot_front(
    trials: pd.DataFrame,
    *,
    goals: Mapping[str, str],
    x: str | None = None,
    y: str | None = None,
    colour: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the trials of a search by their goals, and the front among them.

    Parameters
    ----------
    trials : pandas.DataFrame
        One row per trial: a column per goal, ``is_allowed`` and ``is_on_front``.
    goals : Mapping[str, str]
        "highest" or "lowest" by goal; two or more.
    x, y, colour : str, optional
        Goals to draw. Default: the first ones left; a colour from the third on.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        The front is a line; of three goals its marks are coloured, larger for more.
    """
    check_columns(trials, (*goals, "is_allowed", "is_on_front"), name="trials")
    x, y, colour = _drawn_goals(goals, [x, y, colour])
    ax = _marks.axes_or_current(ax)
    is_allowed, is_on_front = trials["is_allowed"] == 1, trials["is_on_front"] == 1
    refused, allowed = trials[~is_allowed], trials[is_allowed & ~is_on_front]
    front = trials[is_on_front].sort_values(x)
    if len(refused):
        ax.plot(x, y, data=refused, label=f"refused ({len(refused)})", **REFUSED_STYLE)
    ax.plot(x, y, data=allowed, label=f"allowed ({len(allowed)})", **ALLOWED_STYLE)
    label = f"on the front ({len(front)})"
    if colour is None or front.empty:
        ax.plot(x, y, data=front, label=label, **FRONT_STYLE)
    else:
        look = {"marker": "D", "label": label, "zorder": 3, **SHADES}
        ends = front[colour].min(), front[colour].max()
        sizes = np.interp(front[colour], ends, SIZES_PT2)
        marks = ax.scatter(x, y, sizes, colour, data=front, **look)
        _name_shades(ax, marks, _goal(colour, goals))
    ax.set_xlabel(fill(_goal(x, goals), 60))
    ax.set_ylabel(fill(_goal(y, goals), 34))
    _marks.legend_above(ax)
    return ax


def plot_surface(
    summary: pd.DataFrame, *, x: str, y: str, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw the mean of an outcome by two varied numbers.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario: what was varied, and the mean of the outcome.
    x, y : str
        The two varied numbers, in a row that no other scenario shares.
    outcome : str
        One of `outcomes.OUTCOMES`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        Cells of one size where at least half of a grid is there, else points.
    """
    check_one_of(outcome, OUTCOMES, name="outcome")
    mean = f"{outcome}_mean"
    check_columns(summary, (x, y, mean), name="summary")
    _check_places(summary[[x, y]].infer_objects())
    ax = _marks.axes_or_current(ax)
    grid = summary.pivot_table(mean, index=y, columns=x, dropna=False)
    if grid.size <= 2 * len(summary):
        shades = _draw_cells(ax, grid)
    else:
        shades = ax.scatter(x, y, c=mean, data=summary, **SHADES)
    _name_shades(ax, shades, f"mean of {label_of(outcome)}")
    ax.set_xlabel(_as_set(x), parse_math=False)
    ax.set_ylabel(_as_set(y), parse_math=False)
    return ax


def plot_effect(
    summary: pd.DataFrame, *, x: str, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw an outcome by one varied quantity: mean and spread of the persons.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario: what was varied, mean and quantiles of the outcome.
    x : str
        What was varied: numbers, or texts, which stand side by side.
    outcome : str
        One of `outcomes.OUTCOMES`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        Means of numbers are joined where a number has one scenario.
    """
    check_one_of(outcome, OUTCOMES, name="outcome")
    mean, low, high = (f"{outcome}_{what}" for what in ("mean", "q05", "q95"))
    check_columns(summary, (x, mean, low, high), name="summary")
    ax = _marks.axes_or_current(ax)
    values = summary[x].infer_objects()
    is_number = values.dtype.kind in NUMBERS
    places = values if is_number else _name_texts(ax, values.map(str))
    rows = summary.assign(place=places).sort_values("place")
    line = "-" if is_number and rows["place"].is_unique else ""
    ax.vlines("place", low, high, data=rows, label="9 in 10 persons", **RANGE_STYLE)
    ax.plot("place", mean, data=rows, label="mean", linestyle=line, **POINT_STYLE)
    ax.set_xlabel(_as_set(x), parse_math=False)
    ax.set_ylabel(fill(label_of(outcome), 34))
    _marks.legend_above(ax)
    return ax


def _check_knobs(indices: pd.DataFrame, columns: Sequence[str]) -> None:
    check_columns(indices, ("knob", *columns), name="indices")
    twice = indices.loc[indices["knob"].duplicated(), "knob"]
    if len(twice):
        raise ValueError(f"indices has {twice.iloc[0]!r} twice; choose one outcome.")


def _check_places(places: pd.DataFrame) -> None:
    for name in places:
        if places[name].dtype.kind not in NUMBERS:
            raise ValueError(f"{name} must hold numbers; got {places[name].iloc[0]!r}.")
    if places.duplicated().any():
        first = places[places.duplicated()].iloc[0]
        place = ", ".join(f"{name} = {value:g}" for name, value in first.items())
        raise ValueError(
            f"Several scenarios have {place}; choose the rows of one, because "
            "something else was varied too."
        )


def _drawn_goals(
    goals: Mapping[str, str], chosen: Sequence[str | None]
) -> list[str | None]:
    """Return the goals on x, on y and in colour: those chosen, then those left."""
    for name, way in goals.items():
        check_one_of(way, WAYS, name=f"goals[{name!r}]")
    named = [name for name in chosen if name is not None]
    for name in named:
        check_one_of(name, goals, name="x, y and colour")
    if len(goals) < 2 or len({*named}) < len(named):
        raise ValueError(
            f"A front needs two different goals; got {', '.join(named or goals)}."
        )
    left = (name for name in goals if name not in named)
    return [name or next(left, None) for name in chosen]


def _goal(name: str, goals: Mapping[str, str]) -> str:
    return f"{label_of(name)}; {WAYS[goals[name]]}"


def _as_set(name: str) -> str:
    return f"{short_names([name])[0]} (as set)"


def _name_shades(ax: Axes, shades: ScalarMappable, words: str) -> None:
    ax.get_figure().colorbar(shades, ax=ax, label=fill(words, 34))


def _draw_cells(ax: Axes, grid: pd.DataFrame) -> QuadMesh:
    """Draw a table as shaded cells, with their values where they are few."""
    cells = ax.pcolormesh(grid.to_numpy(), cmap=SHADES["cmap"], edgecolors="white")
    for axis, values in ((ax.xaxis, grid.columns), (ax.yaxis, grid.index)):
        step = -(-len(values) // _MAX_TICKS)
        names = [f"{value:.6g}" for value in values[::step]]
        axis.set_ticks(np.arange(len(values))[::step] + 0.5, labels=names)
    spread = grid.max(axis=None) - grid.min(axis=None)
    digits = max(1 - floor(log10(spread)), 0) if spread > 0 else 1
    for (row, column), value in np.ndenumerate(grid) if grid.size <= MAX_CELLS else ():
        text = "" if isnan(value) else f"{value:,.{digits}f}"
        colour = "white" if cells.norm(value) < 0.45 else BLACK
        look = {"ha": "center", "va": "center", "fontsize": _marks.NAME_SIZE}
        ax.text(column + 0.5, row + 0.5, text, color=colour, **look)
    return cells


def _name_texts(ax: Axes, texts: pd.Series) -> list[int]:
    """Name the texts along the axis, and return their places on it."""
    names = [*dict.fromkeys(texts)]
    width = max(_AXIS_LETTERS // len(names), 6)
    labels = [fill(name, width) for name in short_names(names, 3 * width)]
    ax.set_xticks(range(len(names)), labels=labels, parse_math=False)
    return [names.index(text) for text in texts]
