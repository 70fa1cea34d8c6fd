"""Figures of what a person answers: table in, matplotlib Axes out.

Like `plots`, for the tables of the closed loop. Dots are what was reported, rated or
tested; lines are states of the model, never a claim about a person.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from hipext._checks import check_columns
from hipext._marks import (
    axes_or_current,
    beside,
    legend_above,
    mark_weeks,
    name_lines,
    spoken,
)
from hipext.parameters import parameter
from hipext.plots import (
    BLACK,
    BLUE,
    GREY,
    LIFT_STYLES,
    MAX_LIFTS,
    VERMILION,
)
from hipext.tables import DAYS_PER_WEEK

DOT_STYLE = {"linestyle": "", "markersize": 3.5, "fillstyle": "none"}
PAIN_STYLES = {
    "pain": {"color": VERMILION, "linestyle": "-", "linewidth": 1.8},
    "soreness": {"color": BLUE, "linestyle": "--", "linewidth": 1.5},
}
PAIN_DOTS = {
    "pain_reported": {"color": VERMILION, "marker": "o"},
    "soreness_reported": {"color": BLUE, "marker": "s"},
}
SIDE_STYLES = {
    "left": {"color": BLUE, "linestyle": "-", "marker": "o"},
    "right": {"color": VERMILION, "linestyle": "--", "marker": "s"},
}
LIMIT_STYLE = {"color": GREY, "linestyle": "-.", "linewidth": 1.2, "zorder": 1}


def plot_pain(
    daily: pd.DataFrame,
    *,
    limits: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw pain and soreness, as reported and as states of the model.

    Parameters
    ----------
    daily : pandas.DataFrame
        Daily table of a closed loop (`tables.DAILY` and `tables.DAILY_STATES`).
    limits : Mapping[str, float], optional
        Limits to draw, by what they do. Default: those of the shipped rules.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    check_columns(daily, ("day", "week", *PAIN_STYLES, *PAIN_DOTS), name="daily")
    ax = axes_or_current(ax)
    x = daily["day"] / DAYS_PER_WEEK + 1
    for column, style in PAIN_DOTS.items():
        label = spoken(column).replace("reported", "as reported")
        ax.plot(x, daily[column], label=label, alpha=0.6, **DOT_STYLE, **style)
    for column, style in PAIN_STYLES.items():
        ax.plot(x, daily[column], label=f"{column}, state", **style)
    ax.set_ylim(-0.2, 10.2)
    limits = rule_limits() if limits is None else limits
    for value in sorted(set(limits.values())):
        names = [name for name, limit in limits.items() if limit == value]
        ax.axhline(value, **LIMIT_STYLE)
        beside(ax, value, f"above {value:g}:\n" + "\n".join(names))
    _mark_days(ax, daily)
    ax.set_ylabel("pain, soreness (0 to 10)")
    legend_above(ax)
    return ax


def rule_limits() -> dict[str, float]:
    """Return the limits of the shipped rules on pain and soreness, by what they do."""
    return {
        "pain holds": parameter("rule.pain_hold"),
        "pain cuts": parameter("rule.pain_cut"),
        "soreness holds": parameter("rule.soreness_hold"),
    }


def plot_technique(
    daily: pd.DataFrame,
    *,
    gates: Mapping[str, float | None] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw technique: ratings of training days, the state, and what gates ask for.

    Parameters
    ----------
    daily : pandas.DataFrame
        Daily table of a closed loop (`tables.DAILY` and `tables.DAILY_STATES`).
    gates : Mapping[str, float or None], optional
        Least technique that the gate of a phase asks for, by name of the phase.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    check_columns(daily, ("day", "week", "technique", "technique_rated"), name="daily")
    ax = axes_or_current(ax)
    x = daily["day"] / DAYS_PER_WEEK + 1
    rated, own = {"color": BLUE, "marker": "o"}, {"color": BLACK, "linewidth": 1.8}
    label = "mean rating of the day"
    ax.plot(x, daily["technique_rated"], label=label, **DOT_STYLE, **rated)
    ax.plot(x, daily["technique"], label="skill of the hinge, state", **own)
    _draw_gates(ax, daily, gates)
    _mark_days(ax, daily)
    ax.set_ylim(-0.02, 1.02)
    ax.set_ylabel("technique (0 to 1)")
    legend_above(ax)
    return ax


def plot_range(
    daily: pd.DataFrame,
    assessments: pd.DataFrame,
    *,
    gates: Mapping[str, float | None] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw hip-extension range of either side: states, tests, and what gates ask for.

    Parameters
    ----------
    daily : pandas.DataFrame
        Daily table of a closed loop (`tables.DAILY` and `tables.DAILY_STATES`).
    assessments : pandas.DataFrame
        Assessments table of the same run.
    gates : Mapping[str, float or None], optional
        Least range that the gate of a phase asks for, by name of the phase.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    columns = ("day", "week", "range_left_deg", "range_right_deg")
    check_columns(daily, columns, name="daily")
    ax = axes_or_current(ax)
    x = daily["day"] / DAYS_PER_WEEK + 1
    tested = assessments[assessments["test"] == "hip_extension_range"]
    for side, style in SIDE_STYLES.items():
        line = {key: style[key] for key in ("color", "linestyle")}
        ax.plot(x, daily[f"range_{side}_deg"], label=side, **line)
        rows = tested[tested["side"] == side]
        if len(rows):
            dots = {"color": style["color"], "marker": style["marker"]}
            days = rows["day"] / DAYS_PER_WEEK + 1
            looks = DOT_STYLE | {"markersize": 6}
            ax.plot(days, rows["value"], label=f"{side}, test", **looks, **dots)
    _draw_gates(ax, daily, gates)
    _mark_days(ax, daily)
    ax.set_ylabel("hip extension (degrees)")
    legend_above(ax, ncols=5)
    return ax


def plot_strength(
    capacity: pd.DataFrame,
    assessments: pd.DataFrame,
    *,
    exercises: Sequence[str] | None = None,
    weekly: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the 1RM of lifts day by day, mean of both sides, and the tests of it.

    Parameters
    ----------
    capacity : pandas.DataFrame
        Capacity table (columns: `tables.CAPACITY`).
    assessments : pandas.DataFrame
        Assessments table of the same run.
    exercises : sequence of str, optional
        Ids of the lifts; six at most are drawn. Default: those that were tested.
    weekly : pandas.DataFrame, optional
        Weekly table of the same run, for its light weeks and phases.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        Every line is named at its end.
    """
    check_columns(capacity, ("day", "exercise", "side", "one_rm_kg"), name="capacity")
    ax = axes_or_current(ax)
    tested = assessments[assessments["test"] == "strength_check"]
    if exercises is None:
        exercises = list(dict.fromkeys(tested["subject"]))
    lines = []
    for lift, style in zip(exercises[:MAX_LIFTS], LIFT_STYLES, strict=False):
        left, right = (
            capacity[(capacity["exercise"] == lift) & (capacity["side"] == side)]
            for side in ("left", "right")
        )
        mean_kg = (left["one_rm_kg"].to_numpy() + right["one_rm_kg"].to_numpy()) / 2
        line = {key: style[key] for key in ("color", "linestyle")}
        lines += ax.plot(left["day"] / DAYS_PER_WEEK + 1, mean_kg, label=lift, **line)
        rows = tested[tested["subject"] == lift]
        dots = {"color": style["color"], "marker": style["marker"], "markersize": 6}
        days = rows["day"] / DAYS_PER_WEEK + 1
        ax.plot(days, rows["value"], label="_test", **DOT_STYLE | dots)
    weeks = capacity[["week"]].drop_duplicates() if weekly is None else weekly
    mark_weeks(ax, weeks, starts_at=0.0)
    ax.set_ylabel("1RM (kg per implement)")
    name_lines(ax, lines)
    return ax


def _mark_days(ax: Axes, daily: pd.DataFrame) -> None:
    mark_weeks(ax, daily.drop_duplicates("week"), starts_at=0.0)


def _draw_gates(
    ax: Axes, daily: pd.DataFrame, gates: Mapping[str, float | None] | None
) -> None:
    """Draw what the gate of every phase asks for, over its weeks."""
    asked = daily["phase"].map(gates or {}).astype("float64") if gates else None
    if asked is not None and asked.notna().any():
        x = daily["day"] / DAYS_PER_WEEK + 1
        ax.plot(x, asked, label="gate: at least", **LIMIT_STYLE)
