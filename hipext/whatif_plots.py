"""Figures of comparisons: courses of persons, and what a change makes of them.

Like `plots`: a table in, matplotlib Axes out; nothing is computed. Values are those of
a model, never a claim about a person.
"""

from collections.abc import Mapping, Sequence
from math import isnan, nan
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from hipext import _marks
from hipext._checks import check_columns, check_one_of
from hipext._outcome_words import MAX_LETTERS, label_of, short_names, weekly_label
from hipext._phrases import apart
from hipext.outcomes import OUTCOMES
from hipext.plots import BLACK, BLUE, GREY, LIFT_STYLES, MAX_LIFTS, SKY

DIRECTIONS = {1: "\nbetter to the right →", -1: "\n← better to the left", 0: ""}
PERSONS, MEAN = "9 in 10 persons", "interval of the mean"
PERSONS_STYLE = {"color": SKY, "alpha": 0.25, "linewidth": 0, "zorder": 1}
BAND_STYLE = {"color": BLUE, "alpha": 0.3, "linewidth": 0, "zorder": 2}
LINE_STYLE = {"color": BLUE, "linestyle": "-", "linewidth": 2, "zorder": 4}
MEAN_STYLE = {"color": BLACK, "linestyle": "--", "linewidth": 1.3, "zorder": 4}
ZERO_STYLE = {"color": GREY, "linewidth": 1, "zorder": 0.5}
THIN_STYLE = {"color": GREY, "linewidth": 1.2, "zorder": 1}
THICK_STYLE = {"color": SKY, "linewidth": 5, "zorder": 2}
DOT_STYLE = {"color": BLACK, "marker": "o", "linestyle": "", "markersize": 5}
_ROW = ("difference", "low", "high", "q05", "q95", "p_better", "p_equal", "baseline")


def plot_fan(
    weekly: pd.DataFrame,
    *,
    outcome: str = "strength_pct",
    scenario: str | int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw where the persons of one scenario are, week by week.

    Parameters
    ----------
    weekly : pandas.DataFrame
        Weekly fans: one row per scenario, week and outcome.
    outcome : str, default "strength_pct"
        One of the table's.
    scenario : str or int, optional
        One of the table's; needed where it has several.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    columns = ("week", "n", "mean", "q05", "q25", "q50", "q75", "q95")
    rows = _rows_of(weekly, outcome, columns, scenario)
    names = rows["scenario"].unique()
    if len(names) > 1:
        raise ValueError(
            f"A fan shows one scenario; name one of {', '.join(map(repr, names))}."
        )
    ax = _marks.axes_or_current(ax)
    ax.fill_between("week", "q05", "q95", data=rows, label=PERSONS, **PERSONS_STYLE)
    ax.fill_between("week", "q25", "q75", data=rows, label="half of them", **BAND_STYLE)
    ax.plot(rows["week"], rows["q50"], label="median", **LINE_STYLE)
    ax.plot(rows["week"], rows["mean"], label="mean", **MEAN_STYLE)
    _name_weeks(ax, rows, weekly_label(outcome))
    _marks.legend_above(ax)
    return ax


def plot_fans(
    weekly: pd.DataFrame, *, outcome: str = "strength_pct", ax: Axes | None = None
) -> Axes:
    """Draw the median person of every scenario, and the half around it.

    Parameters
    ----------
    weekly : pandas.DataFrame
        Weekly fans: one row per scenario, week and outcome; at most six scenarios.
    outcome : str, default "strength_pct"
        One of the table's.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        Every line is named at its end; bands are from 25 % to 75 % of the persons.
    """
    rows = _rows_of(weekly, outcome, ("week", "n", "q25", "q50", "q75"))
    ax = _marks.axes_or_current(ax)
    lines = _lines(ax, rows, ("q50", "q25", "q75"))
    _name_weeks(ax, rows, weekly_label(outcome))
    _marks.name_lines(ax, lines)
    return ax


def plot_difference(
    weekly_differences: pd.DataFrame,
    *,
    outcome: str = "strength_pct",
    scenario: str | int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the difference of scenario and baseline, week by week.

    Parameters
    ----------
    weekly_differences : pandas.DataFrame
        Weekly differences: one row per scenario, week and outcome.
    outcome : str, default "strength_pct"
        One of the table's.
    scenario : str or int, optional
        One of the table's. Default: all, at most six.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        A single scenario has the band of its persons besides that of the mean.
    """
    columns = ("week", "n", "mean", "low", "high", "q05", "q95")
    rows = _rows_of(weekly_differences, outcome, columns, scenario)
    ax = _marks.axes_or_current(ax)
    ax.axhline(0.0, **ZERO_STYLE)
    is_one = len(rows["scenario"].unique()) == 1
    styles = (*LIFT_STYLES[1:], LIFT_STYLES[0])  # the first is the baseline's
    lines = [] if is_one else _lines(ax, rows, ("mean", "low", "high"), styles)
    if is_one:
        ax.fill_between("week", "q05", "q95", data=rows, label=PERSONS, **PERSONS_STYLE)
        ax.fill_between("week", "low", "high", data=rows, label=MEAN, **BAND_STYLE)
        ax.plot(rows["week"], rows["mean"], label="mean difference", **LINE_STYLE)
        _marks.legend_above(ax)
    _name_weeks(ax, rows, f"difference of {weekly_label(outcome)}")
    _marks.name_lines(ax, lines)
    return ax


def plot_differences(
    differences: pd.DataFrame, *, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw what every scenario makes of an outcome, a row each.

    Parameters
    ----------
    differences : pandas.DataFrame
        Differences: one row per scenario and outcome.
    outcome : str
        One of the table's.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        Rows in the order of the table. A difference of exactly 0 has a hollow dot.
    """
    rows = _rows_of(differences, outcome, _ROW)
    names = dict(enumerate(short_names(rows["scenario"])))
    return _draw_rows(_marks.axes_or_current(ax), rows, [*names], names)


def plot_one_at_a_time(
    differences_by_group: pd.DataFrame, *, outcome: str, ax: Axes | None = None
) -> Axes:
    """Draw what single changes make of an outcome, under a heading per group.

    Parameters
    ----------
    differences_by_group : pandas.DataFrame
        Differences, with a column ``group``: what was changed.
    outcome : str
        One of the table's.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        The group with the largest difference comes first; its rows stay in the order of
        the table. A name that begins with its group goes on without it.
    """
    rows = _rows_of(differences_by_group, outcome, (*_ROW, "group"))
    by_size = rows.sort_values("difference", key=lambda sizes: -sizes.abs())
    groups = by_size["group"].unique()
    rows = rows.set_index("group").loc[groups].reset_index()
    is_first = ~rows["group"].duplicated()
    heights = rows.index + is_first.cumsum()  # a heading stands above each group
    pairs = zip(rows["scenario"], rows["group"], strict=True)
    own = [name.removeprefix(f"{group} ") for name, group in pairs]
    names = dict(zip(heights, short_names(own), strict=True))
    headings = dict(zip(heights[is_first] - 1, short_names(groups), strict=True))
    ax = _draw_rows(_marks.axes_or_current(ax), rows, heights, names | headings)
    for place in headings:
        ax.get_yticklabels()[place].set_fontweight("bold")
    return ax


def _rows_of(
    table: pd.DataFrame, outcome: str, columns: Sequence[str], scenario: object = None
) -> pd.DataFrame:
    """Return the rows of an outcome, of one scenario if named, after checks."""
    check_columns(table, ("scenario", "outcome", *columns), name="given")
    known = [name for name in table["outcome"].unique() if name in OUTCOMES]
    check_one_of(outcome, known, name="outcome")
    rows = table[table["outcome"] == outcome].astype({"scenario": str})
    if scenario is None:
        return rows
    check_one_of(str(scenario), [*rows["scenario"].unique()], name="scenario")
    return rows[rows["scenario"] == str(scenario)]


def _lines(
    ax: Axes,
    rows: pd.DataFrame,
    columns: Sequence[str],
    styles: Sequence[Mapping] = LIFT_STYLES,
) -> list[Line2D]:
    """Draw a line and a band per scenario."""
    (middle, *ends), names = columns, rows["scenario"].unique()
    if len(names) > MAX_LIFTS:
        raise ValueError(
            f"At most {MAX_LIFTS} scenarios can be told apart; got {len(names)}: "
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
    """Set up the axes of weeks, and tell how many persons a week has."""
    _marks.mark_weeks(ax, rows[["week"]], starts_at=-0.5)
    most, fewest = rows["n"].max(), rows["n"].min()
    few = f", {fewest:,.0f} where fewest" if fewest < most else ""
    ax.set_xlabel(f"week of the plan ({most:,.0f} persons{few})")
    ax.set_ylabel(fill(label, MAX_LETTERS))


def _draw_rows(
    ax: Axes, rows: pd.DataFrame, heights: Sequence[int], names: Mapping[int, str]
) -> Axes:
    """Draw a row per difference, named on the left, with shares on the right."""
    ax.hlines(heights, rows["q05"], rows["q95"], label=PERSONS, **THIN_STYLE)
    ax.hlines(heights, rows["low"], rows["high"], label=MEAN, **THICK_STYLE)
    some, none = rows["difference"], rows["difference"] == 0
    ax.plot(some.mask(none), heights, label="mean difference", **DOT_STYLE)
    ax.plot(some.where(none), heights, fillstyle="none", **DOT_STYLE)
    ax.axvline(0.0, **ZERO_STYLE)
    _marks.name_rows(ax, [names[place] for place in range(len(names))])
    size = min(_marks.NAME_SIZE, ax.get_yticklabels()[0].get_fontsize())
    for height, row in zip(heights, rows.itertuples(), strict=True):
        _marks.beside(ax, height, _told(row))
        ax.texts[-1].set_fontsize(size)
    ax.set_ylim(len(names) - 0.4, -0.6)
    outcome = rows["outcome"].iloc[0]
    baselines = ", ".join(short_names(rows["baseline"].unique()))
    words = fill(f"difference from {baselines!r}: {label_of(outcome)}", 60)
    ax.set_xlabel(words + DIRECTIONS[OUTCOMES[outcome].better], parse_math=False)
    _marks.legend_above(ax)
    return ax


def _told(row: tuple) -> str:
    """Return for whom a scenario is better or the same, in words."""
    if row.p_equal == 1:
        return "the same for all"
    shares = (("better", row.p_better), ("same", row.p_equal or nan))
    known = [(how, 100 * p, 100 * round(p)) for how, p in shares if not isnan(p)]
    words = [f"{how} for {apart(pct, limit, 0)} %" for how, pct, limit in known]
    return ", ".join(["0 on average", *words] if row.difference == 0 else words)
