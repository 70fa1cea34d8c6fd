"""Figures of one simulation: volume, response, loads, pain, technique, hip range.

A table in, matplotlib Axes out: nothing is computed, shown or saved. Every function
draws columns of a table on the axes that it is given, `ax`, or on the current ones of
pyplot, and raises InputError for a column that is missing and for an unknown name.
Deload weeks are shaded, and hatched where there are bars; lines differ in dash or
marker too, so that a figure can be read in grey. Week w spans w - 0.5 to w + 0.5 where
a row is a week, and w to w + 1, Monday to Monday, where a row is a day.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from hipext.files.checks import InputError, check_columns, check_one_of, shortened
from hipext.files.parameters import parameter
from hipext.files.tables import (
    ASSESSMENTS,
    CAPACITY,
    DAILY,
    DAILY_STATES,
    DAYS_PER_WEEK,
    DECISIONS,
    MUSCLE_SETS,
    RESPONSE,
    SETS,
    WEEKLY,
)
from hipext.metrics.days import read_days
from hipext.plots.style import (
    BLACK,
    BLUE,
    BROWN,
    GREEN,
    GREY,
    MAX_SERIES,
    PALE,
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

MEASURES = {
    "system_volume_load_kg": "volume load with body mass (kg)",
    "volume_load_kg": "volume load on the bar (kg)",
    "working_sets": "working sets (sets)",
    "hard_sets": "hard sets (sets)",
    "tut_s": "time under tension (s)",
    "session_rpe_load": "session rating x minutes (a.u.)",
}
BAR_STYLES = {
    False: {"color": BLUE, "edgecolor": BLUE, "label": "load week"},
    True: {"color": PALE, "edgecolor": BROWN, "hatch": "////", "label": "deload week"},
}
RESPONSE_STYLES = {
    "fitness": {"color": BLUE, "linestyle": "--"},
    "fatigue": {"color": VERMILION, "linestyle": ":", "linewidth": 2},
    "performance": {"color": BLACK, "linestyle": "-", "linewidth": 2},
}
BALANCE_STYLES = {  # label, marker and line, and colour of a column
    "hip_share": ("hip, of hip and knee sets", "o-", BLUE),
    "unilateral_share": ("unilateral, of all sets", "s--", VERMILION),
    "left_share": ("left, of one-sided work", "^:", BLACK),
}
MAX_PHASE_LETTERS = 24  # of a name beside its bar
LANE_STYLE = {"color": BLUE, "marker": "o", "markersize": 3, "linewidth": 1.5}
DOT_STYLE = {"linestyle": "", "markersize": 3.5, "fillstyle": "none"}
TEST_STYLE = DOT_STYLE | {"markersize": 6}
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
MAX_EXERCISE_LETTERS = 30  # of a name beside its lane
MOVES = {  # decisions on an exercise: actions; colour, marker, its size and filling
    "advances": (("advance",), GREEN, "^", 5, "full"),
    "holds": (("repeat",), "0.55", "o", 3, "none"),
    "goes back": (("reduce", "regress"), VERMILION, "v", 5.5, "full"),
    "ends early": (("stop",), BLACK, "x", 4.5, "full"),
}
TURNS = {  # decisions on the plan
    "gate passed": (("pass",), BLUE, "D", 5, "full"),
    "gate closed": (("extend", "repeat"), BLACK, "s", 5, "none"),
    "phase back": (("regress",), VERMILION, "<", 6, "full"),
    "missed": (("skip",), BLACK, "+", 5, "full"),
}
_MARK = ("color", "marker", "markersize", "fillstyle")


def plot_volume(
    weekly: pd.DataFrame,
    *,
    measure: str = "system_volume_load_kg",
    ax: Axes | None = None,
) -> Axes:
    """Draw the volume of every week as bars.

    Parameters
    ----------
    weekly : weekly table, as `metrics.weekly` returns it
    measure : a column of the table, one of `MEASURES`
    """
    check_one_of(measure, MEASURES, name="measure")
    weekly = WEEKLY.check(weekly, ("week", "is_deload", measure))
    ax = axes_or_current(ax)
    for is_deload, rows in weekly.groupby("is_deload"):
        look = {"width": 0.8, "linewidth": 0.8, **BAR_STYLES[is_deload]}
        ax.bar(rows["week"], rows[measure], **look)
    mark_weeks(ax, weekly, MEASURES[measure], starts_at=-0.5)
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    legend_above(ax)
    return ax


def plot_phases(weekly: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw which weeks belong to which phase, and which of them are deload weeks.

    Parameters
    ----------
    weekly : weekly table, as `metrics.weekly` returns it
    """
    weekly = WEEKLY.check(weekly, ("week", "phase", "is_deload"))
    ax = axes_or_current(ax)
    names = list(dict.fromkeys(weekly["phase"]))
    for is_deload, rows in weekly.groupby("is_deload"):
        lanes = [names.index(phase) for phase in rows["phase"]]
        look = {"height": 0.6, **BAR_STYLES[is_deload]}
        ax.barh(lanes, 1, left=rows["week"] - 0.5, **look)
    mark_weeks(ax, weekly[["week", "is_deload"]], "phase", starts_at=-0.5)
    name_rows(ax, [shortened(name, MAX_PHASE_LETTERS) for name in names])
    # Bars of one or two phases stay as thin as those of four.
    middle, half = (len(names) - 1) / 2, max(len(names), 4) / 2 + 0.1
    ax.set_ylim(middle + half, middle - half)
    legend_above(ax)
    return ax


def plot_muscle_sets(muscle_sets: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the weekly sets of every muscle group, one lane each, on one scale.

    Each line starts at the bottom of its lane; its highest value is on the right.

    Parameters
    ----------
    muscle_sets : sets per muscle, as `metrics.muscle_sets` returns it
    """
    muscle_sets = MUSCLE_SETS.check(muscle_sets)
    ax = axes_or_current(ax)
    muscles = list(dict.fromkeys(muscle_sets["muscle"]))
    # Lanes are multiples of 5 sets, at least a tenth higher than the highest value.
    highest = muscle_sets["sets"].max() if len(muscle_sets) else 0
    lane = max(5 * -(-1.1 * highest // 5), 5)
    bottoms = lane * np.arange(len(muscles))[::-1]
    for muscle, bottom in zip(muscles, bottoms, strict=True):
        rows = muscle_sets[muscle_sets["muscle"] == muscle]
        tops = bottom + rows["sets"]
        ax.plot(rows["week"], tops, label=muscle, **LANE_STYLE)
        ax.fill_between(rows["week"], bottom, tops, color=SKY, alpha=0.35)
        ax.axhline(bottom, color="0.6", linewidth=0.8)
        beside(ax, bottom + 0.4 * lane, f"up to {rows['sets'].max():g}")
    label = f"working sets a week\n(one lane: 0 to {lane:g} sets)"
    mark_weeks(ax, muscle_sets, label, starts_at=-0.5)
    ax.set_yticks(bottoms + 0.4 * lane, labels=map(spoken, muscles))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(0, lane * max(len(muscles), 1) * 1.01)
    return ax


def plot_response(
    response: pd.DataFrame,
    *,
    weekly: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw fitness, fatigue and performance, states of a model, by the week.

    Parameters
    ----------
    response : one row per day from day 0, as `respond` of a model returns it
    weekly : weekly table of the same plan, for its deload weeks and phases
    """
    response = RESPONSE.check(response)
    days = read_days(response.index, name="response")
    if isinstance(days, pd.DatetimeIndex):
        days = (days - days.min()).days  # the first date is day 0
    ax = axes_or_current(ax)
    weeks = _week_at(days)
    for column, style in RESPONSE_STYLES.items():
        ax.plot(weeks, response[column], label=column, **style)
    if weekly is None:
        weekly = pd.DataFrame({"week": days // DAYS_PER_WEEK + 1})
    mark_weeks(ax, weekly, "model state (a.u.)", starts_at=0.0)
    legend_above(ax)
    return ax


def plot_balance(weekly: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the hip-dominant, unilateral and left share of every week, and 50 %.

    Parameters
    ----------
    weekly : weekly table, as `metrics.weekly` returns it. A missing share leaves a gap
    """
    weekly = WEEKLY.check(weekly, ("week", *BALANCE_STYLES))
    ax = axes_or_current(ax)
    for column, (label, look, colour) in BALANCE_STYLES.items():
        shares = weekly[column]
        ax.plot(weekly["week"], shares, look, color=colour, label=label, markersize=4)
    ax.axhline(0.5, color=GREY, linewidth=1, zorder=1)
    mark_weeks(ax, weekly, "share (%)", starts_at=-0.5)
    ax.set_ylim(-0.02, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    legend_above(ax)
    return ax


def plot_lifts(
    sets: pd.DataFrame,
    *,
    exercises: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the heaviest working load of every week, one line per lift.

    Every line is named at its end; it has a gap where no working set is loaded.

    Parameters
    ----------
    sets : table of sets (columns: `tables.SETS`)
    exercises : ids of the lifts, at most six. Default: the six with the heaviest loads
    """
    sets = SETS.check(sets, ("week", "exercise", "kind", "load_kg"))
    top = top_sets(sets)
    exercises = heaviest_lifts(top) if exercises is None else list(exercises)
    if len(exercises) > MAX_SERIES:
        raise InputError(
            f"At most {MAX_SERIES} lifts can be told apart; got "
            f"{len(exercises)}: {', '.join(exercises)}."
        )
    for exercise in exercises:
        check_one_of(exercise, sorted({*top["exercise"]}), name="exercise")
    ax = axes_or_current(ax)
    # Weeks without a loaded working set become gaps in the line.
    loads = top.pivot_table("load_kg", index="week", columns="exercise")
    loads = loads.reindex(sorted(sets["week"].unique()))
    lines = []
    for lift, style in zip(exercises, SERIES_STYLES, strict=False):
        lines += ax.plot(loads.index, loads[lift], label=lift, markersize=4, **style)
    mark_weeks(ax, sets, "top working load\n(kg per implement)", starts_at=-0.5)
    ax.set_ylim(0, 1.08 * max(ax.dataLim.y1, 1.0))
    name_lines(ax, lines)
    return ax


def top_sets(sets: pd.DataFrame) -> pd.DataFrame:
    """Return the heaviest loaded working set of every lift and week, lightest first."""
    loaded = sets[(sets["kind"] == "work") & (sets["load_kg"] > 0)]
    by_load = loaded.sort_values("load_kg", kind="stable")
    return by_load.drop_duplicates(["week", "exercise"], keep="last")


def heaviest_lifts(top: pd.DataFrame) -> list[str]:
    """Return the six lifts with the heaviest of their `top_sets`, heaviest first."""
    return list(dict.fromkeys(top["exercise"][::-1]))[:MAX_SERIES]


def plot_pain(
    daily: pd.DataFrame,
    *,
    limits: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw pain and soreness: reports, and states of the model.

    Parameters
    ----------
    daily : daily table of a closed loop (`tables.DAILY` and `tables.DAILY_STATES`)
    limits : limits to draw, by their effect. Default: those of the shipped rules
    """
    daily = _checked_daily(daily, ("day", "week", *PAIN_STYLES, *PAIN_DOTS))
    ax = axes_or_current(ax)
    x = _week_at(daily["day"])
    for column, style in PAIN_DOTS.items():
        label = spoken(column).replace("reported", "as reported")
        ax.plot(x, daily[column], label=label, alpha=0.6, **DOT_STYLE, **style)
    for column, style in PAIN_STYLES.items():
        ax.plot(x, daily[column], label=f"{column}, state", **style)
    ax.set_ylim(-0.2, 10.2)
    limits = rule_limits() if limits is None else limits
    # Rules with one limit share a line and its label.
    for value in sorted(set(limits.values())):
        names = [name for name, limit in limits.items() if limit == value]
        ax.axhline(value, **LIMIT_STYLE)
        beside(ax, value, f"above {value:g}:\n" + "\n".join(names))
    mark_weeks(ax, daily, "pain, soreness (0 to 10)", starts_at=0.0)
    legend_above(ax)
    return ax


def rule_limits() -> dict[str, float]:
    """Return the limits of the shipped rules on pain and soreness, by their effect."""
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
    """Draw technique: ratings of training days, the state, and limits of gates.

    Parameters
    ----------
    daily : daily table of a closed loop (`tables.DAILY` and `tables.DAILY_STATES`)
    gates : least technique that the gate of a phase asks for, by name of the phase
    """
    daily = _checked_daily(daily, ("day", "week", "technique", "technique_rated"))
    ax = axes_or_current(ax)
    x = _week_at(daily["day"])
    rated = {"color": BLUE, "marker": "o", "label": "mean rating of the day"}
    ax.plot(x, daily["technique_rated"], **DOT_STYLE, **rated)
    state = {"color": BLACK, "linewidth": 1.8, "label": "skill of the hinge, state"}
    ax.plot(x, daily["technique"], **state)
    _draw_gates(ax, daily, gates)
    mark_weeks(ax, daily, "technique (0 to 1)", starts_at=0.0)
    ax.set_ylim(-0.02, 1.02)
    legend_above(ax)
    return ax


def plot_range(
    daily: pd.DataFrame,
    assessments: pd.DataFrame,
    *,
    gates: Mapping[str, float | None] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the hip-extension range of each side: states, tests, and limits of gates.

    Parameters
    ----------
    daily : daily table of a closed loop (`tables.DAILY` and `tables.DAILY_STATES`)
    assessments : assessments table of the same run
    gates : least range that the gate of a phase asks for, by name of the phase
    """
    columns = ("day", "week", "range_left_deg", "range_right_deg")
    daily = _checked_daily(daily, columns)
    ax = axes_or_current(ax)
    x = _week_at(daily["day"])
    assessments = ASSESSMENTS.check(assessments, ("test", "day", "side", "value"))
    tested = assessments[assessments["test"] == "hip_extension_range"]
    for side, style in SIDE_STYLES.items():
        ax.plot(x, daily[f"range_{side}_deg"], label=side, **style | {"marker": ""})
        rows = tested[tested["side"] == side]
        if len(rows):
            look = style | TEST_STYLE | {"label": f"{side}, test"}
            ax.plot(_week_at(rows["day"]), rows["value"], **look)
    _draw_gates(ax, daily, gates)
    mark_weeks(ax, daily, "hip extension (degrees)", starts_at=0.0)
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
    """Draw the 1RM of lifts day by day, mean of both sides, and its tests.

    Every line is named at its end.

    Parameters
    ----------
    capacity : capacity table (columns: `tables.CAPACITY`)
    assessments : assessments table of the same run
    exercises : ids of the lifts; six at most are drawn. Default: those that were tested
    weekly : weekly table of the same run, for its deload weeks and phases
    """
    capacity = CAPACITY.check(capacity, ("day", "exercise", "side", "one_rm_kg"))
    ax = axes_or_current(ax)
    needed = ("test", "day", "exercise", "value")
    assessments = ASSESSMENTS.check(assessments, needed)
    tested = assessments[assessments["test"] == "strength_check"]
    if exercises is None:
        exercises = list(dict.fromkeys(tested["exercise"]))
    lines = []
    for lift, style in zip(exercises[:MAX_SERIES], SERIES_STYLES, strict=False):
        own = capacity[capacity["exercise"] == lift]
        mean_kg = own.groupby("day")["one_rm_kg"].mean()
        line = style | {"marker": ""}
        lines += ax.plot(_week_at(mean_kg.index), mean_kg, label=lift, **line)
        rows = tested[tested["exercise"] == lift]
        look = style | TEST_STYLE | {"label": "_test"}
        ax.plot(_week_at(rows["day"]), rows["value"], **look)
    weeks = capacity[["week"]] if weekly is None else weekly
    mark_weeks(ax, weeks, "1RM (kg per implement)", starts_at=0.0)
    name_lines(ax, lines)
    return ax


def _checked_daily(daily: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a daily table with states, checked for columns and types."""
    daily = check_columns(daily, names, name="daily")
    for table in (DAILY, DAILY_STATES):
        daily = table.check(daily, [name for name in names if name in table.names])
    return daily


def _week_at(days: pd.Series | pd.Index) -> pd.Series | pd.Index:
    """Return days from 0 as places on an axis of weeks from 1."""
    return days / DAYS_PER_WEEK + 1


def _draw_gates(
    ax: Axes, daily: pd.DataFrame, gates: Mapping[str, float | None] | None
) -> None:
    """Draw the limit of the gate of every phase over its weeks."""
    limits = daily["phase"].map(gates).astype("float64") if gates else pd.Series()
    if limits.notna().any():
        x = _week_at(daily["day"])
        ax.plot(x, limits, label="gate: at least", **LIMIT_STYLE)


def plot_decisions(
    decisions: pd.DataFrame,
    *,
    weekly: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw when each exercise advanced, held or went back, and when a gate opened.

    One lane per exercise, in the order of their first decision, under one of the
    plan. A mark stands on its day and differs in shape, not only in colour.

    Parameters
    ----------
    decisions : decisions table (columns: `tables.DECISIONS`)
    weekly : weekly table of the same run, for its deload weeks and phases
    """
    decisions = DECISIONS.check(decisions, ("week", "day", "subject", "action"))
    ax = axes_or_current(ax)
    # Phases, and weeks missed as a whole, share a lane above those of the exercises.
    of_plan = decisions["subject"].isin(["phase", "week"])
    lanes = ["the plan", *dict.fromkeys(decisions.loc[~of_plan, "subject"])]
    # Weeks count here only where sessions were skipped.
    is_gate = (decisions["subject"] == "phase") | (decisions["action"] == "skip")
    for kind, marks in ((is_gate, TURNS), (~of_plan, MOVES)):
        for label, (actions, *style) in marks.items():
            rows = decisions[kind & decisions["action"].isin(actions)]
            if len(rows):
                names = rows["subject"].where(~of_plan, lanes[0])
                heights = [lanes.index(name) for name in names]
                look = dict(zip(_MARK, style, strict=True)) | {"linestyle": ""}
                ax.plot(_week_at(rows["day"]), heights, label=label, **look)
    weeks = decisions[["week"]] if weekly is None else weekly
    mark_weeks(ax, weeks, "exercise", starts_at=0.0)
    name_rows(ax, [shortened(spoken(name), MAX_EXERCISE_LETTERS) for name in lanes])
    ax.hlines(range(len(lanes)), *ax.get_xlim(), color="0.9", linewidth=0.6, zorder=0)
    ax.set_ylim(len(lanes) - 0.4, -0.6)
    if ax.get_legend_handles_labels()[1]:
        legend_above(ax)
    return ax
