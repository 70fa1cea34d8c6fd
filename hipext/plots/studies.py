"""Figures of studies: comparisons, sweeps, sensitivity, searches and published trials.

A table in, matplotlib Axes out; nothing is computed. Every `plot_` function draws on
the axes that it is given, `ax`, or on the current ones of pyplot; functions that end in
`_figure` return whole pages. All raise InputError for a column that is missing and for
an unknown name. An `outcome` is one of those in the table. Values are those of a model,
never a claim about an athlete.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import floor, isnan, log10, nan
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hipext.files.checks import (
    InputError,
    check_columns,
    check_one_of,
    distinct_text,
    shortened,
)
from hipext.files.tables import OUTCOMES, WEEKLY_OUTCOMES
from hipext.plots.style import (
    BLACK,
    BLUE,
    GREY,
    MAX_SERIES,
    NAME_SIZE,
    SERIES_STYLES,
    SKY,
    VERMILION,
    axes_or_current,
    beside,
    legend_above,
    mark_weeks,
    name_lines,
    name_rows,
    spoken,
)
from hipext.studies.comparison import Comparison
from hipext.studies.designs import Sensitivity
from hipext.studies.search import Search
from hipext.studies.sweep_file import written
from hipext.studies.sweeps import Sweep

DIRECTIONS = {1: "\nbetter to the right →", -1: "\n← better to the left", 0: ""}
ATHLETES, MEAN = "9 in 10 athletes", "interval of the mean"
ATHLETES_STYLE = {"label": ATHLETES, "color": SKY, "alpha": 0.25, "linewidth": 0}
BAND_STYLE = {"color": BLUE, "alpha": 0.3, "linewidth": 0, "zorder": 2}
LINE_STYLE = {"color": BLUE, "linestyle": "-", "linewidth": 2, "zorder": 4}
MEAN_STYLE = {"color": BLACK, "linestyle": "--", "linewidth": 1.3, "zorder": 4}
RANGE_STYLE = {"color": GREY, "linewidth": 1.2, "zorder": 1}
INTERVAL_STYLE = {"color": SKY, "linewidth": 5, "zorder": 2}
ZERO_STYLE = {"color": GREY, "linewidth": 1, "zorder": 0.5}
EVEN_STYLE = {"color": "0.75", "linewidth": 1, "zorder": 0}
DOT_STYLE = {"color": BLACK, "marker": "o", "linestyle": "", "markersize": 5}
POINT_STYLE = {"color": BLUE, "marker": "o", "markersize": 5}
REFUSED_STYLE = {"color": "0.6", "marker": "x", "linestyle": "", "markersize": 4}
ALLOWED_STYLE = {"color": "0.6", "marker": "o", "linestyle": "", "markersize": 3}
FRONT_STYLE = {"color": BLUE, "marker": "D", "linestyle": "--"}
SHADES = {"cmap": "cividis", "edgecolors": BLACK}  # dark to light in grey too
# Two marks of a row are shifted off its middle, so that their bars do not overlap.
INDEX_STYLES = {  # label, shift, and marker
    "first": ("first: alone", -0.15, {"color": BLUE, "marker": "o"}),
    "total": ("total: with others", 0.15, {"color": VERMILION, "marker": "D"}),
}
TRIAL_STYLES = {  # shift, marker, and line of the SD
    "observed": (-0.15, {"color": BLACK, "marker": "o"}, "-"),
    "predicted": (0.15, {"color": VERMILION, "marker": "D"}, "--"),
}
MOST_PANELS = 12  # of a sweep
_DIFFERENCE = ("difference", "ci_low", "ci_high", "q05", "q95")
_DIFFERENCE += ("share_better", "share_equal", "baseline")
_TRIAL = ("trial", "arm", "exercise", "week", "unit")
_TRIAL += ("observed", "predicted", "observed_sd", "predicted_sd")
_TRIAL_LABELS = {"%": "gain of the 1RM (%)", "kg": "load of the last session (kg)"}
_GOALS = {"highest": "higher is better", "lowest": "lower is better"}
_NUMBERS = "iuf"  # kinds of dtypes
_MAX_CELLS = 60  # with their values in them
_MAX_TICKS = 12
_MAX_STACKED = 3  # panels below each other; more stand in two columns
_MAX_LETTERS = 26  # of the name of a scenario
_AXIS_LETTERS = 72  # of the names along an axis
_LABEL_LETTERS = 34  # of a line of a label beside a panel
_SIZES_PT2 = (25, 120)  # of marks, from the lowest value to the highest
_DOT_PT = 3.5  # a scenario among many
_WIDTH_IN, _FONT_PT = 9.0, 10
_COURSE_IN, _PANEL_IN = 3.0, 3.2  # heights of panels: by week, and others
_ROW_IN, _INDEX_ROW_IN = 0.28, 0.4  # heights of rows: a difference, two indices


def plot_fan(
    weekly: pd.DataFrame,
    *,
    outcome: str = "strength_pct",
    scenario: str | int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the spread of athletes in one scenario, week by week.

    Parameters
    ----------
    weekly : weekly fans, one row per scenario, week and outcome
    scenario : one of the table's; needed where it has several
    """
    columns = ("week", "n", "mean", "q05", "q25", "q50", "q75", "q95")
    rows = _rows_of(weekly, outcome, columns, scenario)
    names = rows["scenario"].unique()
    if len(names) > 1:
        raise InputError(
            f"A fan shows one scenario; name one of {', '.join(map(repr, names))}."
        )
    ax = axes_or_current(ax)
    ax.fill_between("week", "q05", "q95", data=rows, **ATHLETES_STYLE)
    ax.fill_between("week", "q25", "q75", data=rows, label="half of them", **BAND_STYLE)
    ax.plot(rows["week"], rows["q50"], label="median", **LINE_STYLE)
    ax.plot(rows["week"], rows["mean"], label="mean", **MEAN_STYLE)
    _name_weeks(ax, rows, weekly_label(outcome))
    legend_above(ax)
    return ax


def plot_fans(
    weekly: pd.DataFrame, *, outcome: str = "strength_pct", ax: Axes | None = None
) -> Axes:
    """Draw the median of every scenario, and the middle half of the athletes.

    Every line is named at its end; bands are from 25 % to 75 % of the athletes.

    Parameters
    ----------
    weekly : weekly fans of at most six scenarios; a row per scenario, week and outcome
    """
    rows = _rows_of(weekly, outcome, ("week", "n", "q25", "q50", "q75"))
    ax = axes_or_current(ax)
    lines = _lines(ax, rows, ("q50", "q25", "q75"))
    _name_weeks(ax, rows, weekly_label(outcome))
    name_lines(ax, lines)
    return ax


def plot_difference(
    weekly_differences: pd.DataFrame,
    *,
    outcome: str = "strength_pct",
    scenario: str | int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the difference of scenario and baseline, week by week.

    A single scenario has the band of its athletes besides that of the mean.

    Parameters
    ----------
    weekly_differences : one row per scenario, week and outcome
    scenario : one of the table's. Default: all, at most six
    """
    columns = ("week", "n", "mean", "ci_low", "ci_high", "q05", "q95")
    rows = _rows_of(weekly_differences, outcome, columns, scenario)
    ax = axes_or_current(ax)
    ax.axhline(0.0, **ZERO_STYLE)
    lines = []
    if len(rows["scenario"].unique()) == 1:
        ax.fill_between("week", "q05", "q95", data=rows, **ATHLETES_STYLE)
        band = BAND_STYLE | {"label": MEAN}
        ax.fill_between("week", "ci_low", "ci_high", data=rows, **band)
        ax.plot(rows["week"], rows["mean"], label="mean difference", **LINE_STYLE)
        legend_above(ax)
    else:
        styles = (*SERIES_STYLES[1:], SERIES_STYLES[0])  # the first is the baseline's
        lines = _lines(ax, rows, ("mean", "ci_low", "ci_high"), styles)
    _name_weeks(ax, rows, f"difference of {weekly_label(outcome)}")
    name_lines(ax, lines)
    return ax


def plot_differences(
    differences: pd.DataFrame, *, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw the difference of every scenario from the baseline, a row each.

    Rows in the order of the table. A difference of exactly 0 has a hollow dot.

    Parameters
    ----------
    differences : one row per scenario and outcome
    """
    rows = _rows_of(differences, outcome, _DIFFERENCE)
    names = dict(enumerate(short_names(rows["scenario"])))
    return _draw_rows(axes_or_current(ax), rows, [*names], names)


def plot_one_at_a_time(
    differences_by_group: pd.DataFrame, *, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw the differences that single changes make, under a heading per group.

    The group with the largest difference comes first; its rows stay in the order of
    the table. A name that begins with its group goes on without it.

    Parameters
    ----------
    differences_by_group : differences, with a column ``group``: what was changed
    """
    rows = _rows_of(differences_by_group, outcome, (*_DIFFERENCE, "group"))
    by_size = rows.sort_values("difference", key=lambda sizes: -sizes.abs())
    groups = by_size["group"].unique()
    rows = rows.set_index("group").loc[groups].reset_index()
    # A heading takes a row above each group: heights count rows and headings.
    is_first = ~rows["group"].duplicated()
    heights = rows.index + is_first.cumsum()
    pairs = zip(rows["scenario"], rows["group"], strict=True)
    own = [name.removeprefix(f"{group} ") for name, group in pairs]
    names = dict(zip(heights, short_names(own), strict=True))
    headings = dict(zip(heights[is_first] - 1, short_names(groups), strict=True))
    ax = _draw_rows(axes_or_current(ax), rows, heights, names | headings)
    for place in headings:
        ax.get_yticklabels()[place].set_fontweight("bold")
    return ax


def plot_effect(
    summary: pd.DataFrame, *, x: str, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw an outcome by one varied quantity: mean and spread of the athletes.

    Means of numbers are joined where a number has one scenario.

    Parameters
    ----------
    summary : one row per scenario: what was varied, mean and quantiles of the outcome
    x : what was varied: numbers, or texts, which are drawn side by side
    outcome : one of `tables.OUTCOMES`
    """
    check_one_of(outcome, OUTCOMES, name="outcome")
    mean, low, high = (f"{outcome}_{what}" for what in ("mean", "q05", "q95"))
    summary = check_columns(
        summary, (x, mean, low, high), name="summary", numbers=(mean, low, high)
    )
    ax = axes_or_current(ax)
    rows = _draw_means(ax, summary, x, mean)
    ax.vlines("place", low, high, data=rows, label=ATHLETES, **RANGE_STYLE)
    ax.set_ylabel(fill(label_of(outcome), _LABEL_LETTERS))
    legend_above(ax)
    return ax


def plot_surface(
    summary: pd.DataFrame, *, x: str, y: str, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw the mean of an outcome by two varied numbers.

    Cells of one size where at least half of a grid is there, else points.

    Parameters
    ----------
    summary : one row per scenario: what was varied, and the mean of the outcome
    x, y : the two varied numbers, in a row that no other scenario shares
    outcome : one of `tables.OUTCOMES`
    """
    check_one_of(outcome, OUTCOMES, name="outcome")
    mean = f"{outcome}_mean"
    summary = check_columns(summary, (x, y, mean), name="summary", numbers=(mean,))
    _check_places(summary[[x, y]].infer_objects())
    ax = axes_or_current(ax)
    # Cells need a grid; a sample fills few of its rows and columns.
    grid = summary.pivot_table(mean, index=y, columns=x, dropna=False)
    if grid.size <= 2 * len(summary):
        shades = _draw_cells(ax, grid)
    else:
        shades = ax.scatter(x, y, c=mean, data=summary, **SHADES)
    _name_shades(ax, shades, f"mean of {label_of(outcome)}")
    ax.set_xlabel(_as_set(x), parse_math=False)
    ax.set_ylabel(_as_set(y), parse_math=False)
    return ax


def plot_sensitivity(indices: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw Sobol indices, a row per knob, the largest total at the top.

    Parameters
    ----------
    indices : one row per knob: first and total, with the ends of their intervals
    """
    columns = [f"{what}{end}" for what in INDEX_STYLES for end in ("", "_low", "_high")]
    indices = _checked_knobs(indices, columns)
    rows = indices.sort_values("total", ascending=False, kind="stable")
    ax = axes_or_current(ax)
    for what, (label, shift, look) in INDEX_STYLES.items():
        y, low, high = np.arange(len(rows)) + shift, f"{what}_low", f"{what}_high"
        ax.hlines(y, rows[low], rows[high], color=look["color"], linewidth=1.5)
        ax.plot(rows[what], y, linestyle="", label=label, **look)
    names = short_names(rows["knob"])
    return _label_rows(ax, names, "Sobol index (share of the variance)")


def plot_screening(indices: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw Morris' measures: the mean effect of each knob, and its spread.

    On the grey line sigma equals mu_star.

    Parameters
    ----------
    indices : one row per knob: mu_star with the ends of its interval, and sigma
    """
    indices = _checked_knobs(
        indices, ("mu_star", "mu_star_low", "mu_star_high", "sigma")
    )
    ax = axes_or_current(ax)
    ax.hlines("sigma", "mu_star_low", "mu_star_high", data=indices, **RANGE_STYLE)
    points = []
    knobs = zip(short_names(indices["knob"]), indices.itertuples(), strict=True)
    for name, row in knobs:
        points += ax.plot(row.mu_star, row.sigma, label=name, **POINT_STYLE)
    ax.axline((0, 0), slope=1, label="sigma = mu*", **EVEN_STYLE)
    ax.set_xlabel("mean size of the effect, mu* (unit of the outcome)")
    ax.set_ylabel("spread of the effect, sigma\n(unit of the outcome)")
    name_lines(ax, points)
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

    The front is a line; of three goals its marks are coloured, larger for more.

    Parameters
    ----------
    trials : one row per trial: a column per goal, ``is_allowed`` and ``is_on_front``
    goals : "highest" or "lowest" by goal; two or more
    x, y, colour : goals to draw. Default: the first ones left; a colour from the third
    """
    needed = (*goals, "is_allowed", "is_on_front")
    trials = check_columns(trials, needed, name="trials", numbers=needed)
    x, y, colour = _drawn_goals(goals, [x, y, colour])
    ax = axes_or_current(ax)
    is_allowed, is_on_front = trials["is_allowed"] == 1, trials["is_on_front"] == 1
    refused, allowed = trials[~is_allowed], trials[is_allowed & ~is_on_front]
    # Sorted by x, the front is a line of trade-offs.
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
        sizes = np.interp(front[colour], ends, _SIZES_PT2)
        marks = ax.scatter(x, y, sizes, colour, data=front, **look)
        _name_shades(ax, marks, _goal(colour, goals))
    ax.set_xlabel(fill(_goal(x, goals), 60))
    ax.set_ylabel(fill(_goal(y, goals), _LABEL_LETTERS))
    legend_above(ax)
    return ax


def plot_predicted(
    table: pd.DataFrame, *, unit: str = "%", ax: Axes | None = None
) -> Axes:
    """Draw observed and predicted means of trials, one row per outcome.

    A bar is one standard deviation between athletes to either side, where known; an
    outcome of which only the direction was observed has no observed mark.

    Parameters
    ----------
    table : as `trials.predicted_and_observed` returns it
    unit : which outcomes: "%" for gains of the 1RM, "kg" for loads
    """
    table = check_columns(table, _TRIAL, name="trials", numbers=_TRIAL[5:])
    check_one_of(unit, _TRIAL_LABELS, name="unit")
    ax = axes_or_current(ax)
    rows = table[table["unit"] == unit]
    for what, (shift, look, line) in TRIAL_STYLES.items():
        # Without a known SD the bar has no length.
        y, sd = np.arange(len(rows)) + shift, rows[f"{what}_sd"].fillna(0.0)
        ends = rows[what] - sd, rows[what] + sd
        ax.hlines(y, *ends, linewidth=1, color=look["color"], linestyle=line)
        ax.plot(rows[what], y, linestyle="", label=what, markersize=5, **look)
    words = "{0.trial}, {0.arm}: {1}, week {0.week}"
    names = [words.format(row, spoken(row.exercise)) for row in rows.itertuples()]
    return _label_rows(ax, names, _TRIAL_LABELS[unit])


@rc_context({"font.size": _FONT_PT})
def comparison_figure(found: Comparison, outcome: str) -> Figure:
    """Return courses over weeks and differences of an outcome, scenario by scenario."""
    n_rows = len(found.scenarios) - 1
    parts = [(plot_differences, found.differences, _ROW_IN * n_rows + 1.2)]
    if found.groups:
        n_rows += found.differences["group"].nunique()
        parts = [(plot_one_at_a_time, found.differences, _ROW_IN * n_rows + 1.2)]
    elif not n_rows:
        parts = [(plot_fan, found.weekly, _COURSE_IN + 0.6)]
    elif outcome in WEEKLY_OUTCOMES and n_rows < MAX_SERIES:  # few enough lines by week
        parts.insert(0, (plot_difference, found.weekly_differences, _COURSE_IN))
        parts.insert(0, (plot_fans, found.weekly, _COURSE_IN))
    plots, tables, heights = zip(*parts, strict=True)
    page = _study_figure(sum(heights))
    panels = page.subplots(len(parts), height_ratios=heights, squeeze=False).flat
    for plot, table, ax in zip(plots, tables, panels, strict=True):
        plot(table, outcome=outcome, ax=ax)
    return page


@rc_context({"font.size": _FONT_PT})
def sweep_figure(found: Sweep, outcome: str) -> Figure:
    """Return an outcome by each varied name, and as a surface of two numbers."""
    check_one_of(outcome, OUTCOMES, name="outcome")
    names = list(found.vary)[:MOST_PANELS]
    summary = as_written(found.summary, names)
    numbers = summary[names].infer_objects().select_dtypes("number")
    # A surface has one scenario at each place; Morris' design visits some repeatedly.
    is_surface = len(names) == 2 == (numbers.min() < numbers.max()).sum()
    is_surface &= not numbers.duplicated().any()
    n_panels = len(names) + is_surface
    n_columns = 1 if n_panels <= _MAX_STACKED else 2
    n_rows = -(-n_panels // n_columns)
    page = _study_figure(n_rows * _PANEL_IN)
    panels = list(page.subplots(n_rows, n_columns, squeeze=False).flat)
    for empty in panels[n_panels:]:
        empty.remove()
    for name, ax in zip(names, panels, strict=False):
        if len(names) == 1:
            plot_effect(summary, x=name, outcome=outcome, ax=ax)
        else:
            # Athletes differ by more than scenarios do, and would hide their means.
            _draw_means(ax, summary, name, f"{outcome}_mean", markersize=_DOT_PT)
        if name in numbers and numbers[name].dtype.kind == "i":
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(names) > 1:
        for ax in panels[::n_columns]:
            ax.set_ylabel(fill(f"mean of {label_of(outcome)}", _LABEL_LETTERS))
    if is_surface:
        x, y = names
        plot_surface(summary, x=x, y=y, outcome=outcome, ax=panels[2])
    return page


@rc_context({"font.size": _FONT_PT})
def sensitivity_figure(found: Sensitivity) -> Figure:
    """Return how much each varied name matters for an outcome."""
    page = _study_figure(max(_INDEX_ROW_IN * len(found.indices) + 1.4, _PANEL_IN))
    plot = plot_sensitivity if found.kind == "saltelli" else plot_screening
    plot(found.indices, ax=page.subplots())
    return page


@rc_context({"font.size": _FONT_PT})
def front_figure(found: Search) -> Figure:
    """Return the trials of a search and the front among them."""
    page = _study_figure(1.6 * _PANEL_IN)
    plot_front(found.trials, goals=found.goals, ax=page.subplots())
    return page


def as_written(summary: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a summary with lists and tables that were set as files have them."""

    def shown(value: object) -> object:
        return written(value) if isinstance(value, tuple | Mapping) else value

    return summary.assign(**{name: summary[name].map(shown) for name in names})


def label_of(name: str) -> str:
    """Return the meaning of an outcome with its unit; of another name, its words."""
    one = OUTCOMES.get(name)
    return f"{one.meaning} ({one.unit or 'number'})" if one else spoken(name)


def weekly_label(outcome: str) -> str:
    """Return what an outcome is in any week, with its unit."""
    one = OUTCOMES[outcome]
    return f"{one.words} ({one.unit or 'number'})"


def short_names(names: Iterable[object], n_letters: int = _MAX_LETTERS) -> list[str]:
    """Return names as words, cut where they still differ, at the front if possible."""
    words = [spoken(str(name)) for name in names]
    # Keep n letters at the front, and so many at the end, until all names differ.
    for n in range(n_letters // 2):
        short = [o[:n] + shortened(o[n:][::-1], n_letters - n)[::-1] for o in words]
        if len({*short}) == len({*words}):
            return short
    return words


def _rows_of(
    table: pd.DataFrame, outcome: str, columns: Sequence[str], scenario: object = None
) -> pd.DataFrame:
    """Return the rows of an outcome, of one scenario if named, after checks."""
    needed = ("scenario", "outcome", *columns)
    numbers = [name for name in columns if name not in ("baseline", "group")]
    table = check_columns(table, needed, name="given", numbers=numbers)
    known = [name for name in table["outcome"].unique() if name in OUTCOMES]
    check_one_of(outcome, known, name="outcome")
    # Scenarios can be numbers, but are named and compared as texts.
    rows = table[table["outcome"] == outcome].astype({"scenario": str})
    if scenario is not None:
        check_one_of(str(scenario), [*rows["scenario"].unique()], name="scenario")
        rows = rows[rows["scenario"] == str(scenario)]
    return rows


def _lines(
    ax: Axes,
    rows: pd.DataFrame,
    columns: Sequence[str],
    styles: Sequence[Mapping] = SERIES_STYLES,
) -> list[Line2D]:
    """Draw a line and a band per scenario."""
    (middle, *ends), names = columns, rows["scenario"].unique()
    if len(names) > MAX_SERIES:
        raise InputError(
            f"At most {MAX_SERIES} scenarios can be told apart; got {len(names)}: "
            f"{', '.join(names)}."
        )
    lines = []
    for name, short, style in zip(names, short_names(names), styles, strict=False):
        own = rows[rows["scenario"] == name]
        look = {"color": style["color"], "alpha": 0.15, "linewidth": 0}
        ax.fill_between("week", *ends, data=own, label=f"_{short}", **look)
        lines += ax.plot(own["week"], own[middle], label=short, markersize=4, **style)
    return lines


def _name_weeks(ax: Axes, rows: pd.DataFrame, label: str) -> None:
    """Set up the axis of weeks, and label it with the number of athletes."""
    mark_weeks(ax, rows[["week"]], fill(label, _MAX_LETTERS), starts_at=-0.5)
    most, fewest = rows["n"].max(), rows["n"].min()
    few = f", {fewest:,.0f} where fewest" if fewest < most else ""
    ax.set_xlabel(f"week of the plan ({most:,.0f} athletes{few})")


def _draw_rows(
    ax: Axes, rows: pd.DataFrame, heights: Sequence[int], names: Mapping[int, str]
) -> Axes:
    """Draw a row per difference, named on the left, with shares on the right."""
    ax.hlines(heights, rows["q05"], rows["q95"], label=ATHLETES, **RANGE_STYLE)
    ax.hlines(heights, rows["ci_low"], rows["ci_high"], label=MEAN, **INTERVAL_STYLE)
    # No difference at all: a hollow dot.
    some, none = rows["difference"], rows["difference"] == 0
    ax.plot(some.mask(none), heights, label="mean difference", **DOT_STYLE)
    ax.plot(some.where(none), heights, fillstyle="none", **DOT_STYLE)
    outcome = rows["outcome"].iloc[0]
    baselines = ", ".join(short_names(rows["baseline"].unique()))
    words = fill(f"difference from {baselines!r}: {label_of(outcome)}", 60)
    words += DIRECTIONS[OUTCOMES[outcome].better]
    _label_rows(ax, [names[place] for place in range(len(names))], words)
    size = min(NAME_SIZE, ax.get_yticklabels()[0].get_fontsize())
    for height, row in zip(heights, rows.itertuples(), strict=True):
        beside(ax, height, _shares_text(row))
        ax.texts[-1].set_fontsize(size)
    return ax


def _label_rows(ax: Axes, names: Sequence[str], xlabel: str) -> Axes:
    """Name rows on the left, the first one at the top, and draw a line at zero."""
    ax.axvline(0.0, **ZERO_STYLE)
    name_rows(ax, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel(xlabel, parse_math=False)
    legend_above(ax)
    return ax


def _shares_text(row: tuple) -> str:
    """Return for how many a scenario is better or the same, in words."""
    if row.share_equal == 1:
        return "the same for all"
    # Shares are rounded, but never to 0 or 100 % unless they are exactly that.
    shares = (("better", row.share_better), ("same", row.share_equal or nan))
    known = [(how, 100 * p, 100 * round(p)) for how, p in shares if not isnan(p)]
    words = [f"{how} for {distinct_text(pct, limit, 0)} %" for how, pct, limit in known]
    return ", ".join(["0 on average", *words] if row.difference == 0 else words)


def _check_places(places: pd.DataFrame) -> None:
    for name in places:
        if places[name].dtype.kind not in _NUMBERS:
            raise InputError(f"{name} must hold numbers; got {places[name].iloc[0]!r}.")
    if places.duplicated().any():
        first = places[places.duplicated()].iloc[0]
        place = ", ".join(f"{name} = {value:g}" for name, value in first.items())
        raise InputError(
            f"Several scenarios have {place}; choose the rows of one, because "
            "something else was varied too."
        )


def _draw_cells(ax: Axes, grid: pd.DataFrame) -> QuadMesh:
    """Draw a table as shaded cells, with their values where the cells are few."""
    cells = ax.pcolormesh(grid.to_numpy(), cmap=SHADES["cmap"], edgecolors="white")
    for axis, values in ((ax.xaxis, grid.columns), (ax.yaxis, grid.index)):
        step = -(-len(values) // _MAX_TICKS)
        names = [f"{value:.6g}" for value in values[::step]]
        axis.set_ticks(np.arange(len(values))[::step] + 0.5, labels=names)
    # Two significant digits of the spread: enough to see cells differ.
    spread = grid.max(axis=None) - grid.min(axis=None)
    digits = max(1 - floor(log10(spread)), 0) if spread > 0 else 1
    for (row, column), value in np.ndenumerate(grid) if grid.size <= _MAX_CELLS else ():
        text = "" if isnan(value) else f"{value:,.{digits}f}"
        colour = "white" if cells.norm(value) < 0.45 else BLACK
        look = {"ha": "center", "va": "center", "fontsize": NAME_SIZE}
        ax.text(column + 0.5, row + 0.5, text, color=colour, **look)
    return cells


def _name_shades(ax: Axes, shades: ScalarMappable, words: str) -> None:
    ax.get_figure().colorbar(shades, ax=ax, label=fill(words, _LABEL_LETTERS))


def _draw_means(
    ax: Axes, summary: pd.DataFrame, x: str, mean: str, **look: float
) -> pd.DataFrame:
    """Draw means by what was varied; return the rows with their place on the axis."""
    # Varied values can be a column of objects although all are numbers.
    values = summary[x].infer_objects()
    is_number = values.dtype.kind in _NUMBERS
    places = values if is_number else _name_texts(ax, values.map(str))
    rows = summary.assign(place=places).sort_values("place")
    line = "-" if is_number and rows["place"].is_unique else ""
    look = POINT_STYLE | {"linestyle": line, "label": "mean", **look}
    ax.plot("place", mean, data=rows, **look)
    ax.set_xlabel(_as_set(x), parse_math=False)
    return rows


def _as_set(name: str) -> str:
    return f"{short_names([name])[0]} (as set)"


def _name_texts(ax: Axes, texts: pd.Series) -> list[int]:
    """Name the texts along the axis, and return their places on it."""
    names = [*dict.fromkeys(texts)]
    # Each name has its part of the axis, and three lines in it.
    width = max(_AXIS_LETTERS // len(names), 6)
    labels = [fill(name, width) for name in short_names(names, 3 * width)]
    ax.set_xticks(range(len(names)), labels=labels, parse_math=False)
    return [names.index(text) for text in texts]


def _checked_knobs(indices: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    needed = ("knob", *columns)
    indices = check_columns(indices, needed, name="indices", numbers=columns)
    twice = indices.loc[indices["knob"].duplicated(), "knob"]
    if len(twice):
        raise InputError(f"indices has {twice.iloc[0]!r} twice; choose one outcome.")
    return indices


def _drawn_goals(
    goals: Mapping[str, str], chosen: Sequence[str | None]
) -> list[str | None]:
    """Return the goals on x, on y and in colour: those chosen, then those left."""
    for name, way in goals.items():
        check_one_of(way, _GOALS, name=f"goals[{name!r}]")
    named = [name for name in chosen if name is not None]
    for name in named:
        check_one_of(name, goals, name="x, y and colour")
    if len(goals) < 2 or len({*named}) < len(named):
        raise InputError(
            f"A front needs two different goals; got {', '.join(named or goals)}."
        )
    left = (name for name in goals if name not in named)
    return [name or next(left, None) for name in chosen]


def _goal(name: str, goals: Mapping[str, str]) -> str:
    return f"{label_of(name)}; {_GOALS[goals[name]]}"


def _study_figure(height_in: float) -> Figure:
    """Return an empty page of the common width."""
    return Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
