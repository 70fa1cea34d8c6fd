"""Figure of the decisions of a run: table in, matplotlib Axes out."""

import pandas as pd
from matplotlib.axes import Axes

from hipext._checks import check_columns
from hipext._marks import (
    axes_or_current,
    legend_above,
    mark_weeks,
    name_rows,
    spoken,
)
from hipext._phrases import shortened
from hipext.plots import BLACK, BLUE, GREEN, VERMILION
from hipext.tables import DAYS_PER_WEEK

MAX_LETTERS = 30  # of the name of an exercise beside its lane
MOVES = {  # of an exercise: actions, and how they look
    "advances": (("advance",), {"marker": "^", "color": GREEN, "markersize": 5}),
    "holds": (
        ("hold",),
        {"marker": "o", "color": "0.55", "markersize": 3, "fillstyle": "none"},
    ),
    "goes back": (
        ("reduce", "regress"),
        {"marker": "v", "color": VERMILION, "markersize": 5.5},
    ),
    "ends early": (("stop",), {"marker": "x", "color": BLACK, "markersize": 4.5}),
}
TURNS = {  # of the plan
    "gate passed": (("pass",), {"marker": "D", "color": BLUE, "markersize": 5}),
    "gate closed": (
        ("extend", "hold"),
        {"marker": "s", "color": BLACK, "markersize": 5, "fillstyle": "none"},
    ),
    "phase back": (("regress",), {"marker": "<", "color": VERMILION, "markersize": 6}),
    "missed": (("skip",), {"marker": "+", "color": BLACK, "markersize": 5}),
}


def plot_decisions(
    decisions: pd.DataFrame,
    *,
    weekly: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw when each exercise advanced, held or went back, and when a gate opened.

    Parameters
    ----------
    decisions : pandas.DataFrame
        Decisions table (columns: `tables.DECISIONS`).
    weekly : pandas.DataFrame, optional
        Weekly table of the same run, for its light weeks and phases.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        One lane per exercise, in the order of their first decision, under one of the
        plan. A mark stands on its day and differs in shape, not only in colour.
    """
    check_columns(decisions, ("week", "day", "subject", "action"), name="decisions")
    ax = axes_or_current(ax)
    of_plan = decisions["subject"].isin(["phase", "week"])
    lanes = ["the plan", *dict.fromkeys(decisions.loc[~of_plan, "subject"])]
    is_gate = (decisions["subject"] == "phase") | (decisions["action"] == "skip")
    for kind, marks in ((is_gate, TURNS), (~of_plan, MOVES)):
        for label, (actions, style) in marks.items():
            rows = decisions[kind & decisions["action"].isin(actions)]
            if len(rows):
                names = rows["subject"].where(~of_plan, lanes[0])
                heights = [lanes.index(name) for name in names]
                x = rows["day"] / DAYS_PER_WEEK + 1
                ax.plot(x, heights, linestyle="", label=label, **style)
    if weekly is None:
        weekly = decisions[["week"]].drop_duplicates()
    mark_weeks(ax, weekly, starts_at=0.0)
    name_rows(ax, [shortened(spoken(name), MAX_LETTERS) for name in lanes])
    ax.hlines(range(len(lanes)), *ax.get_xlim(), color="0.9", linewidth=0.6, zorder=0)
    ax.set_ylim(len(lanes) - 0.4, -0.6)
    ax.set_ylabel("exercise")
    if ax.get_legend_handles_labels()[1]:
        legend_above(ax)
    return ax
