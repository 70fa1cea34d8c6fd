"""Figures of a fit: the fitted curve with its bands, and profile likelihoods.

Tables in, Axes out; nothing is computed. Both functions draw on the axes that they are
given (`ax`) or on the current ones of pyplot, and raise InputError for a load of other
days or a parameter without a profile. A curve is that of a model, never a claim about
an athlete.
"""

from collections.abc import Mapping
from math import ceil, exp, floor, inf, isfinite, log10

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from hipext.files.checks import InputError, check_one_of
from hipext.metrics.days import read_days
from hipext.metrics.workload import checked_load
from hipext.plots.style import (
    BLACK,
    BLUE,
    GREY,
    NAME_SIZE,
    SKY,
    VERMILION,
    axes_or_current,
    legend_above,
    spoken,
)
from hipext.response.calibration import Fit
from hipext.response.optimisation import name_of
from hipext.response.uncertainty import limit_of

CURVE_STYLE = {"color": BLUE, "linewidth": 1.8, "zorder": 3}
BAND_STYLE = {"color": BLUE, "alpha": 0.35, "linewidth": 0, "zorder": 2}
TEST_BAND_STYLE = {"color": SKY, "alpha": 0.25, "linewidth": 0, "zorder": 1}
TEST_STYLE = {"color": BLACK, "marker": "o", "markersize": 4, "linestyle": ""}
TEST_STYLE |= {"zorder": 4}
LOAD_STYLE = {"color": "0.72", "width": 0.8, "linewidth": 0}
LOAD_SHARE = 0.22  # of the height, for the highest load
_MARGIN = 0.04  # of the height, over and under the performance
PROFILE_STYLE = {"color": BLUE, "marker": ".", "linewidth": 1.5, "zorder": 3}
ESTIMATE_STYLE = {"color": BLACK, "linestyle": "-", "linewidth": 1.0, "zorder": 2}
LIMIT_NAMES = {"interval": "this one", "region": "all together"}
LIMIT_STYLES = {
    "interval": {"color": BLACK, "linestyle": "--", "linewidth": 1.0, "zorder": 2},
    "region": {"color": VERMILION, "linestyle": ":", "linewidth": 1.6, "zorder": 2},
}
ENDS = {"region": ("region_low", "region_high"), "interval": ("low", "high")}
SHADE_STYLES = {
    "region": {"color": SKY, "alpha": 0.18, "linewidth": 0, "zorder": 0},
    "interval": {"color": SKY, "alpha": 0.35, "linewidth": 0, "zorder": 1},
}
BOUND_STYLE = {"color": GREY, "linestyle": "-.", "linewidth": 1.4, "zorder": 2}
ARROW_STYLE = {"arrowstyle": "-|>", "color": VERMILION, "linewidth": 1.2}
ARROW_TEXT_STYLE = {"va": "center", "fontsize": NAME_SIZE, "color": VERMILION}
HEIGHT_LABELS = {
    "sse": "sum of squared errors\n(unit of the tests, squared)",
    "deviance": "deviance above the best\n(no unit)",
}
_ARROW_AT = 0.93  # of the height of the axes
_WIDE = 30.0  # highest over lowest value: from there on the axis is logarithmic
_SHORT, _LONG = 5.0, 1000.0  # highest over lowest: below, plain numbers; above, 10^n
_MOST_TICKS = 6
_BESIDE = 0.12  # of the width of the region, shown on both sides of it
_BELOW, _ABOVE = 0.06, 0.2  # margins under the best and over the limit of the region


def plot_fit(fit: Fit, training_load: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Draw the fitted curve with its bands, the tests, and the load below.

    The load has an axis on the right. Without a bootstrap there are no bands.

    Parameters
    ----------
    fit : as `calibration.fit` returns it
    training_load : the load that was fitted, by the same days

    Notes
    -----
    The darker band is for the course of the curve, the paler one for a new test, which
    has an error of its own. Both come from the bootstrap, for one day at a time.
    """
    bands = fit.bands
    if len(training_load) != len(bands):
        raise InputError(
            f"training_load must be the load that was fitted, of {len(bands)} days; "
            f"got {len(training_load)} days."
        )
    ax = axes_or_current(ax)
    pct = f"{100 * fit.level:g} %"
    load, x = checked_load(training_load), read_days(bands.index, name="fit")
    name = f"{spoken(name_of(type(fit.model)))}, fitted"
    tested = read_days(fit.tests.index, name="fit")
    ax.plot(tested, fit.tests["performance"], label="test", **TEST_STYLE)
    ax.plot(x, bands["performance"], label=name, **CURVE_STYLE)
    if bands["low"].notna().any():
        edges = bands["low"], bands["high"]
        ax.fill_between(x, *edges, label=f"{pct} band, course", **BAND_STYLE)
        edges = bands["test_low"], bands["test_high"]
        ax.fill_between(x, *edges, label=f"{pct} band, new test", **TEST_BAND_STYLE)
    _make_room_below(ax)
    _mark_days(ax, x)
    ax.set_ylabel("performance (unit of the tests)")
    _draw_load(ax, x, load)
    return ax


def plot_profile(fit: Fit, parameter: str, *, ax: Axes | None = None) -> Axes:
    """Draw the profile likelihood of one parameter.

    Sum of squared errors by the value, or the deviance above the best for a model
    with noise of its own. The axis of values is logarithmic for time constants and
    where values differ widely. An end that the tests leave open has an arrow.

    Parameters
    ----------
    fit : as `calibration.fit` returns it, with profiles
    parameter : one of the free parameters

    Notes
    -----
    All other parameters are at their best for each value of this one. Below the dashed
    limit lie the values in the interval of this parameter alone; below the dotted one
    those in the region of all parameters together.
    """
    check_one_of(parameter, fit.parameters.index, name="parameter")
    if fit.profiles.empty:
        raise InputError(
            f"The fit has no profile of {parameter}. Fit it with profile=True."
        )
    ax = axes_or_current(ax)
    rows = fit.profiles[fit.profiles["parameter"] == parameter]
    row = fit.parameters.loc[parameter]
    column = "deviance" if rows["sse"].isna().any() else "sse"
    limits = _limits(fit, rows, column)
    _scale_values(ax, parameter, rows["value"])
    curve = _with_ends(rows, row, column, limits)
    ax.plot(curve.index, curve, label="others at their best", **PROFILE_STYLE)
    ax.axvline(row["estimate"], label="estimate", **ESTIMATE_STYLE)
    for what, limit in limits.items():
        label = f"{100 * fit.level:g} % limit, {LIMIT_NAMES[what]}"
        ax.axhline(limit, label=label, **LIMIT_STYLES[what])
    low, high = rows[column].min(), limits.get("region", rows[column].max())
    span = (high - low) or 1.0
    ax.set_ylim(low - _BELOW * span, high + _ABOVE * span)
    ends = _ends_of_axis(ax, row, rows["value"])
    _set_ticks(ax, ends)
    for what, (left, right) in ENDS.items():
        if row[[left, right]].notna().all():
            shaded = max(row[left], ends[0]), min(row[right], ends[1])
            ax.axvspan(*shaded, label=f"_{what}", **SHADE_STYLES[what])
    for bound in (row["lowest"], row["highest"]):
        if ends[0] <= bound <= ends[1]:
            ax.axvline(bound, label="bound", **BOUND_STYLE)
    _mark_open_ends(ax, row)
    unit = f" ({row['unit']})" if row["unit"] else ""
    words = f"{spoken(parameter)}{unit}"
    ax.set(xlim=ends, xlabel=words, ylabel=HEIGHT_LABELS[column])
    return ax


def _make_room_below(ax: Axes) -> None:
    """Leave the lowest part of the axes to the load."""
    # The performance gets the share 1 - LOAD_SHARE - 2 margins of the height.
    low, high = ax.dataLim.y0, ax.dataLim.y1
    span = (high - low) or 1.0
    bottom = low - span * (LOAD_SHARE + _MARGIN) / (1 - LOAD_SHARE - 2 * _MARGIN)
    ax.set_ylim(bottom, high + _MARGIN * span)
    ax.set_yticks([tick for tick in ax.get_yticks() if low <= tick <= high])


def _mark_days(ax: Axes, days: pd.Index) -> None:
    if isinstance(days, pd.DatetimeIndex):
        locator = AutoDateLocator()
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        ax.set_xlabel("date")
    else:
        ax.set_xlabel("day (as in the series)")
    ax.margins(x=0.01)


def _draw_load(ax: Axes, days: pd.Index, training_load: np.ndarray) -> None:
    """Draw the load as bars on a second axis, behind the curve and below it."""
    highest = float(training_load.max()) or 1.0
    twin = ax.twinx()
    bars = twin.bar(days, training_load, **LOAD_STYLE)
    twin.set_ylim(0, highest / LOAD_SHARE)
    twin.set_yticks([0, highest])
    twin.yaxis.set_major_formatter(StrMethodFormatter("{x:,.4g}"))
    twin.set_ylabel("training load (a.u.)", loc="bottom")
    # The second axes were made last, so they lie on top and are the current ones.
    twin.set_zorder(ax.get_zorder() - 1)
    ax.get_figure().sca(ax)
    ax.patch.set_visible(False)
    handles, labels = ax.get_legend_handles_labels()
    entries = {"handles": [*handles, bars], "labels": [*labels, "training load"]}
    legend_above(ax, ncols=3, columnspacing=1.2, **entries)


def _limits(fit: Fit, rows: pd.DataFrame, column: str) -> dict[str, float]:
    """Return the heights of the two limits; none where there are too few tests."""
    problem = fit.problem
    rises = {
        "interval": limit_of(problem, fit.level),
        "region": limit_of(problem, fit.level, together=len(problem.free)),
    }
    if column == "sse":  # deviance = n ln(SSE / SSE of the best fit)
        n_tests, deepest = len(problem.tests), rows["sse"].min()
        rises = {what: deepest * exp(rise / n_tests) for what, rise in rises.items()}
    return {what: height for what, height in rises.items() if isfinite(height)}


def _scale_values(ax: Axes, parameter: str, values: pd.Series) -> None:
    """Make the axis logarithmic for time constants and values that differ widely."""
    positive = values[values > 0]
    is_wide = positive.max() > _WIDE * positive.min()
    if (values < 0).any() or not (parameter.endswith("_tau") or is_wide):
        return
    if (values == 0).any():  # linear up to the smallest value above 0
        ax.set_xscale("symlog", linthresh=float(positive.min()))
    else:
        ax.set_xscale("log")


def _with_ends(
    rows: pd.DataFrame, row: pd.Series, column: str, limits: Mapping[str, float]
) -> pd.Series:
    """Return the heights by value, with the ends of interval and region added."""
    # Ends were found between two points; there the profile is at the limit.
    curve = rows.set_index("value")[column]
    ends = {
        row[name]: limits[what]
        for what in limits
        for name, bound in zip(ENDS[what], ("lowest", "highest"), strict=True)
        if isfinite(row[name]) and row[name] != row[bound]
    }
    both = pd.concat([curve, pd.Series(ends, dtype="float64")]).sort_index()
    return both[~both.index.duplicated()]


def _ends_of_axis(ax: Axes, row: pd.Series, values: pd.Series) -> tuple[float, float]:
    """Return the ends of the axis: a little beyond the region, where it has ends."""
    usual = ax.get_xlim()
    region = np.clip(row[["region_low", "region_high"]].to_numpy(float), *usual)
    if not np.isfinite(region).all() or not values.between(*region).any():
        return usual
    scale = ax.xaxis.get_transform()
    low, high = scale.transform(region)
    margin = _BESIDE * (high - low)
    left, right = scale.inverted().transform(np.array([low - margin, high + margin]))
    return max(float(left), usual[0]), min(float(right), usual[1])


def _set_ticks(ax: Axes, ends: tuple[float, float]) -> None:
    """Put a few round numbers on the axis of values."""
    if ax.get_xscale() == "symlog":
        lowest = ax.xaxis.get_transform().linthresh
        decades = range(ceil(log10(lowest)), floor(log10(ends[1])) + 1)
        ax.set_xticks([0.0, *(10.0**decade for decade in decades)])
        return
    ratio = ends[1] / ends[0] if ax.get_xscale() == "log" else 1.0
    if ratio < _SHORT:
        ax.xaxis.set_major_locator(MaxNLocator(_MOST_TICKS))
    else:
        subs = (1, 2, 5) if ratio < _LONG else (1,)
        ax.xaxis.set_major_locator(LogLocator(subs=subs))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _mark_open_ends(ax: Axes, row: pd.Series) -> None:
    """Draw an arrow with a text to every edge at which the region is open."""
    low, high = row["lowest"], row["highest"]
    texts = {}
    if row["region_low"] <= low:
        texts[0] = "0 is inside" if low == 0 else f"goes on below {low:g}"
    if row["region_high"] >= high:
        texts[1] = f"goes on beyond {high:g}"
    for side, text in texts.items():  # 0 is the left edge, 1 the right one
        ax.annotate(
            "no end" if abs((low, high)[side]) == inf else text,
            xy=(side, _ARROW_AT),
            xytext=(0.15 + 0.7 * side, _ARROW_AT),
            xycoords="axes fraction",
            arrowprops=ARROW_STYLE,
            ha="right" if side else "left",
            **ARROW_TEXT_STYLE,
        )
