"""The effort explorer: how hard a load is by every relation, and set after set."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import SimpleNamespace

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.text import Annotation

from hipext.engine.session import (
    MOST_SPENT,
    add_set_dose,
    completed_reps,
    set_effort,
    tempo_factor,
)
from hipext.engine.state import BOTH, LEFT
from hipext.explorers.explorer import Number, Scene, choice_of
from hipext.explorers.panels import Panels, rectangles
from hipext.files.checks import counted
from hipext.files.parameters import shipped_model
from hipext.intensity.relations import RELATIONS, RPE_OF_FAILURE, reps_at
from hipext.plans.exercises import read_exercises
from hipext.plans.notation import seconds_per_rep
from hipext.plots.style import BLACK, BLUE, VERMILION
from hipext.simulation.arrays import cost_of_rest

LIFT = "romanian_deadlift"  # slower than its usual tempo costs repetitions
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


def effort_scene() -> Scene:
    """Return what `widgets.explore_effort` explores."""
    usual_s = float(seconds_per_rep(read_exercises()[LIFT].tempo))

    def answer(settings: Mapping[str, object]) -> SetsDone:
        return sets_done(SetsAsked(**settings, usual_seconds=usual_s))

    return Scene(
        name="effort",
        title="Repetitions to failure, repetitions in reserve and time under tension",
        controls=(
            choice_of("relation", "Relation", RELATION_WORDS, "epley"),
            _number("pct_1rm", "Load (% of the 1RM)", LOW_PCT, HIGH_PCT, 0.5, 75.0),
            _number("reps", "Repetitions a set", 1, 20, 1, 8),
            _number("n_sets", "Sets", 1, MAX_SETS, 1, 3),
            _number("rest_s", "Rest between sets (s)", 30.0, 300.0, 5.0, 120.0),
            _number("seconds", "Seconds a repetition", 1.0, 12.0, 0.5, usual_s),
        ),
        answer=answer,
        drawing=EffortFigure,
        in_words=in_words,
        table=table_of,
    )


def _number(
    name: str, label: str, low: float, high: float, step: float, start: float
) -> Number:
    return Number(name=name, label=label, low=low, high=high, step=step, start=start)


@dataclass(frozen=True, kw_only=True)
class SetsAsked:
    """Equal sets of one lift, by its 1RM."""

    pct_1rm: float
    reps: int
    n_sets: int
    rest_s: float
    seconds: float
    """Of a repetition."""
    usual_seconds: float
    """Of a repetition of this lift; slower ones cost repetitions."""
    relation: str
    """One of `relations.RELATIONS`."""

    @cached_property
    def tempo_factor(self) -> float:
        """Share of the repetitions that stays at the tempo."""
        asked = SimpleNamespace(is_hold=False)
        exercise = SimpleNamespace(usual_seconds=self.usual_seconds)
        return tempo_factor(shipped_model(), asked, self.seconds, exercise)


def by_the_others(asked: SetsAsked) -> dict[str, float]:
    """Return repetitions to failure by the other relations that know the load."""
    return {
        name: reps_at(asked.pct_1rm, relation=name)
        for name, one in RELATIONS.items()
        if name != asked.relation and one.lowest_pct <= asked.pct_1rm <= one.highest_pct
    }


@dataclass(frozen=True, eq=False)
class SetsDone:
    """What came of sets: a number for each of them."""

    asked: SetsAsked
    possible: np.ndarray
    """Repetitions to failure, not rounded."""
    done: np.ndarray
    """Whole repetitions."""

    @property
    def reserve(self) -> np.ndarray:
        """Repetitions left, not rounded; 0 where a set failed."""
        return np.maximum(self.possible - self.asked.reps, 0.0)

    @property
    def rpe(self) -> np.ndarray:
        """Effort, 10 - reserve; missing where more than 10 are left: see `rpe_at`."""
        rpe = RPE_OF_FAILURE - self.reserve
        return np.where(rpe >= 0, rpe, np.nan)

    @property
    def missed(self) -> np.ndarray:
        """Repetitions asked for and not done."""
        return self.asked.reps - self.done

    @property
    def tut_s(self) -> np.ndarray:
        """Time under tension."""
        return self.done * self.asked.seconds


def table_of(now: SetsDone) -> pd.DataFrame:
    """Return a row per set."""
    asked = now.asked
    return pd.DataFrame(
        {
            "set": np.arange(1, asked.n_sets + 1),
            "relation": asked.relation,
            "pct_1rm": asked.pct_1rm,
            "rest_s": asked.rest_s,
            "reps_asked": asked.reps,
            "reps_possible": now.possible,
            "reps": now.done,
            "rir": now.reserve,
            "rpe": now.rpe,
            "tut_s": now.tut_s,
        }
    )


def in_words(now: SetsDone) -> str:
    """Return what the picture shows, as sentences with numbers."""
    asked = now.asked
    outcomes = f"Set 1 {_outcome(now, 0)}"
    if asked.n_sets > 1:
        outcomes += f", set {asked.n_sets} {_outcome(now, asked.n_sets - 1)}"
    return (
        f"{_by_relations(asked)} Asked for: {counted(asked.n_sets, 'set')} of "
        f"{counted(asked.reps, 'repetition')} at {asked.seconds:g} s each with "
        f"{asked.rest_s:g} s of rest.{_slowed(now)} {outcomes}. {_failures(now)} "
        f"Time under tension: {now.tut_s.sum():g} s."
    )


def _by_relations(asked: SetsAsked) -> str:
    """Return what the load allows, before tempo and earlier sets count."""
    own = reps_at(asked.pct_1rm, relation=asked.relation)
    others = by_the_others(asked).values()
    spread = (
        f"{min(others):.1f} to {max(others):.1f} by the {len(others)} others that "
        "know this load"
        if others
        else "no other relation knows this load"
    )
    return (
        f"By {RELATION_WORDS[asked.relation]}, {asked.pct_1rm:g} % of the 1RM allows "
        f"{own:.1f} repetitions to failure ({spread})."
    )


def _slowed(now: SetsDone) -> str:
    """Return what a tempo slower than usual leaves; nothing where it is not."""
    if now.asked.tempo_factor == 1:
        return ""
    usual_s = now.asked.usual_seconds
    return f" Slower than the usual {usual_s:g} s, {now.possible[0]:.1f} are possible."


def _outcome(now: SetsDone, place: int) -> str:
    if now.missed[place]:
        return f"fails after {counted(now.done[place], 'repetition')}"
    rpe = now.rpe[place]
    rated = "" if np.isnan(rpe) else f" (RPE {rpe:.1f})"
    return f"leaves {now.reserve[place]:.1f} in reserve{rated}"


def _failures(now: SetsDone) -> str:
    n_failed = np.count_nonzero(now.missed)
    if not n_failed:
        return "No set fails."
    missed = counted(now.missed.sum(), "repetition")
    return f"{counted(n_failed, 'set')} of {now.asked.n_sets} failed: {missed} missing."


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
        is_slow = asked.tempo_factor < 1
        points = {
            "the chosen one": (reps, pct),
            "at this slow tempo": (asked.tempo_factor * reps, pct)
            if is_slow
            else ([], []),
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


def sets_done(asked: SetsAsked) -> SetsDone:
    """Return what comes of sets.

    Raises
    ------
    ValueError
        If the load is outside the range of the relation.
    """
    model, slow = shipped_model(), asked.tempo_factor
    drop = model.effort_drop_per_set * cost_of_rest(
        asked.rest_s, model.effort_usual_rest_s
    )
    body, lift = _rested(), SimpleNamespace(novelty=0.0)
    possible, done = [], []
    for _ in range(asked.n_sets):
        left = 1.0 - min(body.slot_fatigue[LEFT], MOST_SPENT)
        reps = slow * _reps_today(asked, left)
        possible.append(reps)
        done.append(completed_reps(reps, asked.reps))
        effort = set_effort(model, max(reps - asked.reps, 0.0), done[-1])
        relative, failed = asked.pct_1rm / 100 / left, done[-1] < asked.reps
        add_set_dose(model, body, lift, BOTH, effort, relative, failed, False, drop)
    return SetsDone(asked, np.array(possible), np.array(done))


def _reps_today(asked: SetsAsked, left: float) -> float:
    """Return the repetitions to failure once a share of the strength is left."""
    if left == 1.0:
        return reps_at(asked.pct_1rm, relation=asked.relation)
    today_pct = asked.pct_1rm / left
    if today_pct > RELATIONS[asked.relation].highest_pct:
        return 0.0  # too heavy by now for even one repetition
    return reps_at(today_pct, relation=asked.relation)


def _rested() -> SimpleNamespace:
    """Return what `engine.add_set_dose` adds to, before the first set of a session."""
    sums = ("slot_dose", "slot_cost", "slot_fatigue", "slot_skill")
    return SimpleNamespace(
        **{name: [0.0, 0.0] for name in sums}, soreness_dose=0.0, hard_sets=0.0
    )
