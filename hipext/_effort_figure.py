"""The figure of the effort explorer: relations, sets one by one, their duration."""

from functools import cache

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.text import Annotation

from hipext._set_by_set import SetsDone
from hipext.explorer_figure import Panels, rectangles
from hipext.intensity import RELATIONS, reps_at
from hipext.plots import BLACK, BLUE, VERMILION

LOW_PCT, HIGH_PCT, MAX_SETS = 40.0, 100.0, 6
RELATION_WORDS = {
    name: {"oconner": "O'Conner"}.get(name, name.replace("_", " ").title())
    for name in RELATIONS
}
PANELS = {
    "relation": "load (% of the 1RM)",
    "sets": "repetitions",
    "tut": "time under\ntension (s)",
}
_PLACES = {  # left, bottom, width, height
    "relation": (0.115, 0.54, 0.665, 0.44),
    "sets": (0.115, 0.235, 0.665, 0.215),
    "tut": (0.115, 0.09, 0.665, 0.105),
}
BAR_STYLES = {
    "done": {"facecolor": BLUE, "edgecolor": BLUE},
    "in reserve": {"facecolor": "white", "edgecolor": BLUE, "hatch": "////"},
    "missed": {"facecolor": "white", "edgecolor": VERMILION, "hatch": "xxxx"},
}
OTHERS = {"color": "#A6A6A6", "linewidth": 0.9, "zorder": 1}
LINE_STYLES = {
    "the chosen one": {"color": BLACK, "linewidth": 2.2},
    "at this slow tempo": {"color": BLUE, "linewidth": 1.6, "linestyle": "--"},
    "in reserve or missing": {"color": VERMILION, "linewidth": 1.6, "linestyle": ":"},
    "asked for": {"color": BLUE, "marker": "o", "linestyle": "", "markersize": 8},
    "possible in set 1": {
        "color": VERMILION,
        "marker": "D",
        "markerfacecolor": "white",
        "linestyle": "",
        "markersize": 7,
    },
}
_MARK_OF_TEXT = {"textcoords": "offset points", "ha": "center", "fontsize": 9}


@cache
def curve_of(relation: str) -> tuple[np.ndarray, np.ndarray]:
    """Return repetitions and loads of a relation, where it may be used."""
    one = RELATIONS[relation]
    pct = np.linspace(max(one.lowest_pct, LOW_PCT), one.highest_pct, 121)
    return reps_at(pct, relation=relation), pct


class EffortFigure:
    """All relations and the sets chosen, set by set, and how long each took."""

    def __init__(self, start: SetsDone) -> None:
        panels = Panels(PANELS, shares_x=False)
        for name, label in PANELS.items():
            panels.axes[name].set_position(_PLACES[name])
            panels.axes[name].set_ylabel(label)
        _set_axes(panels)
        self.lines = {
            label: panels.line("relation", label, zorder=3, **style)
            for label, style in LINE_STYLES.items()
        }
        self.bars = {
            name: _bars(panels, "sets", name, style)
            for name, style in BAR_STYLES.items()
        }
        self.tut = _bars(panels, "tut", "_", BAR_STYLES["done"])
        self.efforts = [_text(panels, "sets") for _ in range(MAX_SETS)]
        self.name = _name(panels)
        panels.legend("relation", "sets")
        self.panels = panels
        self.figure, self.picture = panels.figure, panels.picture
        self.show(start)

    def show(self, now: SetsDone) -> bytes:
        """Draw other sets; return the picture as PNG."""
        self._show_relation(now)
        nothing = np.zeros(len(now.done))
        asked = nothing + now.asked.reps
        tops = asked + now.reserve
        spans = {
            "done": (nothing, now.done),
            "in reserve": (asked, tops),
            "missed": (now.done, asked),
        }
        for name, (bottom, top) in spans.items():
            self.bars[name].set_verts(_columns(bottom, top))
        self.tut.set_verts(_columns(nothing, now.tut_s))
        self.panels.fit("sets", 0, 1.2 * tops.max())
        self.panels.fit("tut", 0, max(now.tut_s.max(), 1.0))
        for place, text in enumerate(self.efforts):
            is_there = place < len(tops)
            text.xy = (place + 1, tops[place] if is_there else 0)
            text.set_text(_effort(now, place) if is_there else "")
        return self.picture.png()

    def _show_relation(self, now: SetsDone) -> None:
        asked, first = now.asked, now.possible[0]
        reps, pct = curve_of(asked.relation)
        is_slow = asked.slowness < 1
        points = {
            "the chosen one": (reps, pct),
            "at this slow tempo": (asked.slowness * reps, pct) if is_slow else ([], []),
            "in reserve or missing": ([asked.reps, first], [asked.pct_1rm] * 2),
            "asked for": ([asked.reps], [asked.pct_1rm]),
            "possible in set 1": ([first], [asked.pct_1rm]),
        }
        for label, line in self.lines.items():
            line.set_data(*points[label])
        self.name.set_text(RELATION_WORDS[asked.relation])


def _set_axes(panels: Panels) -> None:
    relations = panels.axes["relation"]
    for place, name in enumerate(RELATIONS):
        label = "_" if place else "the nine relations"
        relations.plot(*curve_of(name), label=label, **OTHERS)
    relations.set(xlim=(0, 31), ylim=(LOW_PCT, 102), xlabel="repetitions to failure")
    for name in ("sets", "tut"):
        ticks = range(1, MAX_SETS + 1)
        panels.axes[name].set(xlim=(0.4, MAX_SETS + 0.6), xticks=ticks)
    panels.axes["sets"].tick_params(axis="x", labelbottom=False)
    panels.axes["tut"].set_xlabel("set")


def _bars(
    panels: Panels, panel: str, label: str, style: dict[str, str]
) -> PolyCollection:
    bars = PolyCollection([], label=label, linewidth=1, **style)
    panels.axes[panel].add_collection(bars, autolim=False)
    return panels.moves(bars)


def _text(panels: Panels, panel: str) -> Annotation:
    text = panels.axes[panel].annotate("", (0, 0), xytext=(0, 3), **_MARK_OF_TEXT)
    return panels.moves(text)


def _name(panels: Panels) -> Annotation:
    """Return the name of the chosen relation, in the corner that no curve reaches."""
    text = panels.axes["relation"].annotate("", (0.99, 0.97), xycoords="axes fraction")
    text.set(ha="right", va="top", fontsize=11, fontweight="bold")
    return panels.moves(text)


def _columns(bottom: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Return the corners of bars of the sets, without those of no height."""
    middle = np.arange(1, len(top) + 1)
    corners = rectangles(middle - 0.35, middle + 0.35, bottom, top)
    return corners[top > bottom]


def _effort(now: SetsDone, place: int) -> str:
    """Return what stands above a set."""
    if now.missed[place] > 0:
        return f"{now.done[place]} of {now.asked.reps}"
    rpe = now.rpe[place]
    return "over 10 left" if np.isnan(rpe) else f"RPE {rpe:.1f}"
