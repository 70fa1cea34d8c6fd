"""The axes of a profile: which values and heights are shown, and on which scale."""

from collections.abc import Mapping
from math import ceil, floor, log10

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullFormatter,
    StrMethodFormatter,
)

_WIDE = 30.0  # highest over lowest value: from there on the axis is logarithmic
_SHORT, _LONG = 5.0, 1000.0  # highest over lowest: plain numbers, powers of ten
_MOST_NUMBERS = 6
_BESIDE = 0.12  # of the width of the region: shown on both sides of it
_BELOW, _ABOVE = 0.06, 0.2  # air under the best and over the limit of the region


def scale_values(ax: Axes, parameter: str, values: pd.Series) -> None:
    """Make the axis of values logarithmic where that reads better; 0 may be on it."""
    positive = values[values > 0]
    is_wide = len(positive) > 0 and positive.max() > _WIDE * positive.min()
    if (values < 0).any() or not (parameter.endswith("_tau") or is_wide):
        return
    if (values == 0).any():
        ax.set_xscale("symlog", linthresh=float(positive.min()))
    else:
        ax.set_xscale("log")


def name_values(ax: Axes, ends: tuple[float, float]) -> None:
    """Put a few round numbers on the axis of values."""
    if ax.get_xscale() == "symlog":
        lowest = ax.xaxis.get_transform().linthresh
        decades = range(ceil(log10(lowest)), floor(log10(ends[1])) + 1)
        ax.set_xticks([0.0, *(10.0**decade for decade in decades)])
        return
    ratio = ends[1] / ends[0] if ax.get_xscale() == "log" else 1.0
    if ratio < _SHORT:
        ax.xaxis.set_major_locator(MaxNLocator(_MOST_NUMBERS))
    else:
        ax.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5) if ratio < _LONG else (1,))
        )
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def shown_values(ax: Axes, row: pd.Series, values: pd.Series) -> tuple[float, float]:
    """Return the ends of the axis: a little beyond the region, where it has ends."""
    usual = ax.get_xlim()
    region = np.clip(row[["region_low", "region_high"]].to_numpy(float), *usual)
    if not np.isfinite(region).all() or not values.between(*region).any():
        return usual
    scale = ax.xaxis.get_transform()
    low, high = scale.transform(region)
    air = _BESIDE * (high - low)
    left, right = scale.inverted().transform(np.array([low - air, high + air]))
    return max(float(left), usual[0]), min(float(right), usual[1])


def limit_heights(ax: Axes, heights: pd.Series, limits: Mapping[str, float]) -> None:
    """Show the profile up to a little above the higher limit."""
    low = heights.min()
    high = limits.get("region", heights.max())
    span = (high - low) or 1.0
    ax.set_ylim(low - _BELOW * span, high + _ABOVE * span)
