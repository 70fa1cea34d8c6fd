"""The figure of the plan explorer: three panels that move without being redrawn."""

from math import ceil, log10

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from hipext.picture import Picture
from hipext.plots import BAR_STYLES, MEASURES, RESPONSE_STYLES
from hipext.simulation import Curves
from hipext.tables import DAYS_PER_WEEK

SIZE_IN, DPI = (9.0, 6.0), 100
_BARS = ("system_volume_load_kg", "hard_sets")
_BAR_WIDTH = 0.8
_REFERENCE = {"color": "#8C8C8C", "linewidth": 1.2}


class ExplorerFigure:
    """Weekly volume load, weekly hard sets and the model's response, in one picture.

    Parameters
    ----------
    start : Curves
        Drawn in grey beneath, to compare with.
    """

    def __init__(self, start: Curves) -> None:
        self.figure = Figure(figsize=SIZE_IN, dpi=DPI)
        panels = self.figure.subplots(3, sharex=True, height_ratios=(1, 0.8, 1.2))
        self.figure.subplots_adjust(
            left=0.115, right=0.81, top=0.96, bottom=0.09, hspace=0.14
        )
        self.panels: dict[str, Axes] = dict(
            zip((*_BARS, "response"), panels, strict=True)
        )
        self.bars = {
            (measure, is_light): _bars(self.panels[measure], is_light)
            for measure in _BARS
            for is_light in (False, True)
        }
        self.lines = {
            name: self.panels["response"].plot([], [], label=name, **style)[0]
            for name, style in RESPONSE_STYLES.items()
        }
        self.start = start
        self._draw_start()
        self._dress()
        self.picture = Picture(self.figure, [*self.bars.values(), *self.lines.values()])

    def show(self, curves: Curves) -> bytes:
        """Draw other curves; return the picture as PNG."""
        for measure in _BARS:
            for is_light in (False, True):
                corners = _corners(curves.weekly, measure, is_light)
                self.bars[measure, is_light].set_verts(corners)
        weeks = _weeks_of_days(curves.response)
        for name, line in self.lines.items():
            line.set_data(weeks, curves.response[name])
        if self._fit(curves):
            self.picture.forget()
        return self.picture.png()

    def _draw_start(self) -> None:
        """Draw the curves to compare with; they stay."""
        for measure in _BARS:
            self.panels[measure].step(
                self.start.weekly["week"],
                self.start.weekly[measure],
                where="mid",
                label="at the start",
                **_REFERENCE,
            )
        weeks = _weeks_of_days(self.start.response)
        performance = self.start.response["performance"]
        self.panels["response"].plot(
            weeks, performance, label="performance\nat the start", **_REFERENCE
        )

    def _dress(self) -> None:
        """Write labels, legends and ticks once."""
        labels = {measure: MEASURES[measure] for measure in _BARS}
        labels["response"] = "model state (a.u.)"
        for name, panel in self.panels.items():
            label = labels[name].replace(" with ", " with\n")
            panel.set_ylabel(label)
            panel.spines[["top", "right"]].set_visible(False)
            panel.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
        self.panels["response"].set_xlabel("week of the plan")
        self.figure.align_ylabels()

    def _fit(self, curves: Curves) -> bool:
        """Adapt the limits to what is drawn; return whether any changed."""
        both = (curves, self.start)
        n_weeks = max(len(one.weekly) for one in both)
        tops = {
            measure: max(one.weekly[measure].max() for one in both) for measure in _BARS
        }
        tops["response"] = max(one.response.max(axis=None) for one in both)
        low = min(one.response.min(axis=None) for one in both)
        wanted = {
            name: (0.0 if name in _BARS else min(0.0, -_ceiling(-low)), _ceiling(top))
            for name, top in tops.items()
        }
        changed = False
        for name, panel in self.panels.items():
            if panel.get_ylim() != wanted[name]:
                panel.set_ylim(wanted[name])
                changed = True
        across = (0.4, n_weeks + 0.6)
        if self.panels["response"].get_xlim() != across:
            self.panels["response"].set_xlim(across)
            self.panels["response"].set_xticks(range(1, n_weeks + 1, 1 + n_weeks // 27))
            changed = True
        return changed


def _bars(panel: Axes, is_light: bool) -> PolyCollection:
    style = BAR_STYLES[is_light]
    bars = PolyCollection(
        [],
        facecolor=style["color"],
        edgecolor=style["edgecolor"],
        hatch=style.get("hatch"),
        label=style["label"],
    )
    panel.add_collection(bars, autolim=False)
    return bars


def _corners(weekly: pd.DataFrame, measure: str, is_light: bool) -> np.ndarray:
    """Return the corners of the bars of one kind of week: bars x 4 x 2."""
    chosen = weekly[weekly["is_deload"] == is_light]
    left = chosen["week"].to_numpy() - _BAR_WIDTH / 2
    top = chosen[measure].to_numpy(dtype="float64")
    right, bottom = left + _BAR_WIDTH, np.zeros(len(left))
    across = np.stack([left, left, right, right], axis=1)
    return np.stack([across, np.stack([bottom, top, top, bottom], axis=1)], axis=2)


def _weeks_of_days(response: pd.DataFrame) -> np.ndarray:
    return np.arange(len(response)) / DAYS_PER_WEEK + 0.5


def _ceiling(top: float) -> float:
    """Return a round number a little above `top`, so that limits change seldom."""
    if top <= 0:
        return 1.0 if top == 0 else 0.0
    step = 10 ** (ceil(log10(top)) - 1) / 2
    return step * ceil(top * 1.02 / step)
