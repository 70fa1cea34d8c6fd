"""The figure of a comparison: courses, their difference, and where persons end."""

from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext.comparison import Comparison
from hipext.outcomes import WEEKLY
from hipext.plots import MAX_LIFTS
from hipext.whatif_plots import (
    plot_difference,
    plot_differences,
    plot_fan,
    plot_fans,
    plot_one_at_a_time,
)

_WIDTH_IN, _PANEL_IN, _ROW_IN = 9.0, 3.0, 0.28
_FONT_PT = 10


def comparison_figure(found: Comparison, outcome: str) -> Figure:
    """Return courses over weeks and differences of an outcome, scenario by scenario."""
    with rc_context({"font.size": _FONT_PT}):
        if found.groups:
            return _overview(found, outcome)
        if len(found.scenarios) == 1:
            return _one(found, outcome)
        return _panels(found, outcome)


def _one(found: Comparison, outcome: str) -> Figure:
    drawn = Figure(figsize=(_WIDTH_IN, _PANEL_IN + 0.6), layout="constrained")
    plot_fan(found.weekly, outcome=outcome, ax=drawn.subplots())
    return drawn


def _overview(found: Comparison, outcome: str) -> Figure:
    rows = found.differences.query("outcome == @outcome")
    height = _ROW_IN * (len(rows) + rows["group"].nunique()) + 1.2
    drawn = Figure(figsize=(_WIDTH_IN, height), layout="constrained")
    plot_one_at_a_time(found.differences, outcome=outcome, ax=drawn.subplots())
    return drawn


def _panels(found: Comparison, outcome: str) -> Figure:
    n_rows = len(found.scenarios) - 1
    ends = _ROW_IN * n_rows + 1.2
    has_course = outcome in WEEKLY and n_rows < MAX_LIFTS
    heights = [*([_PANEL_IN] * 2 if has_course else []), ends]
    drawn = Figure(figsize=(_WIDTH_IN, sum(heights)), layout="constrained")
    panels = drawn.subplots(len(heights), 1, height_ratios=heights, squeeze=False)
    if has_course:
        plot_fans(found.weekly, outcome=outcome, ax=panels[0, 0])
        plot_difference(found.weekly_differences, outcome=outcome, ax=panels[1, 0])
    plot_differences(found.differences, outcome=outcome, ax=panels[-1, 0])
    return drawn
