"""Figures of published trials: what was observed beside what the day loop predicts."""

import pandas as pd
from matplotlib.axes import Axes

from hipext._checks import check_columns, check_one_of
from hipext._marks import axes_or_current, legend_above, name_rows, spoken
from hipext.plots import BLACK, VERMILION

STYLES = {
    "observed": {"color": BLACK, "marker": "o", "linestyle": "-", "shift": -0.15},
    "predicted": {"color": VERMILION, "marker": "D", "linestyle": "--", "shift": 0.15},
}
_COLUMNS = ("trial", "arm", "exercise", "week", "unit", "observed", "predicted")
_LABELS = {"%": "gain of the 1RM (%)", "kg": "load of the last session (kg)"}


def plot_predicted(
    table: pd.DataFrame, *, unit: str = "%", ax: Axes | None = None
) -> Axes:
    """Draw observed and predicted means of trials, one row per outcome.

    Parameters
    ----------
    table : pandas.DataFrame
        Table as `trials.predicted_and_observed` returns it.
    unit : str, default "%"
        Which outcomes: "%" for gains of the 1RM, "kg" for loads.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Default: the current axes.

    Returns
    -------
    matplotlib.axes.Axes
        A bar is one standard deviation between people to either side, where known; an
        outcome of which only the direction was observed has no observed mark.

    Raises
    ------
    ValueError
        If a column is missing, or there is no such unit.
    """
    columns = (*_COLUMNS, "observed_sd", "predicted_sd")
    check_columns(table, columns, name="table")
    check_one_of(unit, _LABELS, name="unit")
    ax = axes_or_current(ax)
    rows = table[table["unit"] == unit]
    heights = pd.Series(range(len(rows)), index=rows.index, dtype=float)
    for what, style in STYLES.items():
        sd = rows[f"{what}_sd"].fillna(0.0)
        ends = rows[what] - sd, rows[what] + sd
        y = heights + style["shift"]
        look = {"color": style["color"], "linestyle": style["linestyle"]}
        ax.hlines(y, *ends, linewidth=1, **look)
        ax.plot(
            rows[what],
            y,
            style["marker"],
            color=style["color"],
            label=what,
            markersize=5,
        )
    ax.axvline(0.0, color="0.75", linewidth=0.8, zorder=0)
    name_rows(ax, [_name(row) for row in rows[list(_COLUMNS)].itertuples()])
    ax.invert_yaxis()
    ax.set_xlabel(_LABELS[unit])
    legend_above(ax)
    return ax


def _name(row: tuple) -> str:
    return f"{row.trial}, {row.arm}: {spoken(row.exercise)}, week {row.week}"
