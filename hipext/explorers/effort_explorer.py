"""The effort explorer: repetitions to failure by each %1RM relation and across sets."""

from dataclasses import dataclass
from functools import cache, cached_property
from types import SimpleNamespace

import numpy as np
import pandas as pd

from hipext.engine import session
from hipext.explorers.explorer import Choice, Definition, Explorer, Number, Settings
from hipext.explorers.panels import Panels, columns
from hipext.files.checks import counted
from hipext.files.parameters import shipped_model
from hipext.intensity.relations import RELATION, RELATIONS, RPE_OF_FAILURE, reps_at
from hipext.plans.exercises import read_exercises
from hipext.plans.notation import seconds_per_rep
from hipext.plots.style import BLACK, BLUE, VERMILION, spoken
from hipext.simulation.arrays import cost_of_rest

LIFT = "romanian_deadlift"  # slower than its usual tempo costs repetitions
LOW_PCT, HIGH_PCT, MAX_SETS = 40.0, 100.0, 6
RELATION_NAMES = {
    name: {"oconner": "O'Conner"}.get(name, spoken(name).title()) for name in RELATIONS
}
PANELS = {  # label; left, bottom, width and height
    "relation": ("load (% of the 1RM)", (0.115, 0.54, 0.665, 0.44)),
    "sets": ("repetitions", (0.115, 0.235, 0.665, 0.215)),
    "tut": ("time under\ntension (s)", (0.115, 0.09, 0.665, 0.105)),
}
BAR_STYLES = {
    "done": {"facecolor": BLUE, "edgecolor": BLUE},
    "in reserve": {"facecolor": "white", "edgecolor": BLUE, "hatch": "////"},
    "missed": {"facecolor": "white", "edgecolor": VERMILION, "hatch": "xxxx"},
}
_ALL = {"color": "#A6A6A6", "linewidth": 0.9, "zorder": 1}
_DIAMOND = {"marker": "D", "mfc": "white"}
LINE_STYLES = {
    "the chosen one": {"color": BLACK, "lw": 2.2},
    "at this slow tempo": {"color": BLUE, "lw": 1.6, "ls": "--"},
    "in reserve or missing": {"color": VERMILION, "lw": 1.6, "ls": ":"},
    "prescribed": {"color": BLUE, "ls": "", "marker": "o", "ms": 8},
    "possible in set 1": {"color": VERMILION, "ls": "", "ms": 7, **_DIAMOND},
}
_BAR_WIDTH = 0.7


def explore_effort() -> Explorer:
    """Return an explorer of effort: load, repetitions, reserve, set after set.

    The first set follows the chosen relation (`intensity.RELATIONS`); the effects of
    earlier sets, short rests and slow repetitions are those of `simulate`. The lift is
    a Romanian deadlift by a rested athlete after a warm-up. Repetitions slower than its
    usual tempo reduce their number.

    Notes
    -----
    Holds are left out: in the model their longest duration depends on the athlete and
    the lifted share of body mass, not on a percentage of the 1RM.
    """
    usual_s = float(seconds_per_rep(read_exercises()[LIFT].tempo))

    def evaluate(settings: Settings) -> PerformedSets:
        return performed_sets(PrescribedSets(**settings, usual_seconds=usual_s))

    definition = Definition(
        name="effort",
        title="Repetitions to failure and in reserve, and time under tension",
        controls=(
            Choice("relation", "Relation", RELATION_NAMES, RELATION),
            Number("pct_1rm", "Load (% of the 1RM)", LOW_PCT, HIGH_PCT, 0.5, 75.0),
            Number("reps", "Repetitions a set", 1, 20, step=1, start=8),
            Number("n_sets", "Sets", 1, MAX_SETS, step=1, start=3),
            Number("rest_s", "Rest between sets (s)", 30.0, 300.0, 5.0, 120.0),
            Number("seconds", "Seconds a repetition", 1.0, 12.0, 0.5, usual_s),
        ),
        evaluate=evaluate,
        drawing=EffortFigure,
        description=description,
    )
    return Explorer(definition)


@dataclass(frozen=True, kw_only=True)
class PrescribedSets:
    """Equal sets of one lift, in percent of its 1RM."""

    pct_1rm: float
    reps: int
    n_sets: int
    rest_s: float
    seconds: float  # of a repetition
    usual_seconds: float  # of a repetition of this lift; slower ones cost repetitions
    relation: str

    @cached_property
    def tempo_factor(self) -> float:
        """Share of the repetitions that is possible at the tempo."""
        # Only what the rule of the simulation reads of a slot and its exercise.
        prescription = SimpleNamespace(is_hold=False)
        exercise = SimpleNamespace(usual_seconds=self.usual_seconds)
        model = shipped_model()
        return session.tempo_factor(model, prescription, self.seconds, exercise)


@dataclass(frozen=True, eq=False)
class PerformedSets:
    """What was possible and done in each set."""

    prescribed: PrescribedSets
    possible: np.ndarray  # repetitions to failure, not rounded
    done: np.ndarray  # whole repetitions

    @property
    def reserve(self) -> np.ndarray:
        """Repetitions in reserve, not rounded; 0 where a set failed."""
        return np.maximum(self.possible - self.prescribed.reps, 0.0)

    @property
    def rpe(self) -> np.ndarray:
        """Effort, 10 - reserve; NaN with more than 10 in reserve: see `rpe_at`."""
        rpe = RPE_OF_FAILURE - self.reserve
        return np.where(rpe >= 0, rpe, np.nan)

    @property
    def missed(self) -> np.ndarray:
        """Repetitions prescribed and not done."""
        return self.prescribed.reps - self.done

    @property
    def tut_s(self) -> np.ndarray:
        """Time under tension."""
        return self.done * self.prescribed.seconds

    def table(self) -> pd.DataFrame:
        """Return one row per set."""
        prescribed = self.prescribed
        columns = {
            "set": np.arange(1, prescribed.n_sets + 1),
            "relation": prescribed.relation,
            "pct_1rm": prescribed.pct_1rm,
            "rest_s": prescribed.rest_s,
            "reps_asked": prescribed.reps,
            "reps_possible": self.possible,
            "reps": self.done,
            "rir": self.reserve,
            "rpe": self.rpe,
            "tut_s": self.tut_s,
        }
        return pd.DataFrame(columns)


def performed_sets(prescribed: PrescribedSets) -> PerformedSets:
    """Return the sets as performed, by the rules of the simulation.

    InputError if the load is outside the range of the relation.
    """
    model, slow = shipped_model(), prescribed.tempo_factor
    rest_cost = cost_of_rest(prescribed.rest_s, model.effort_usual_rest_s)
    drop = model.effort_drop_per_set * rest_cost
    fatigue, possible, done = 0.0, [], []
    for _ in range(prescribed.n_sets):
        # The share of the strength that earlier sets have left.
        left = 1.0 - min(fatigue, session.MAX_ACUTE_FATIGUE)
        reps = slow * _reps_today(prescribed, left)
        possible.append(reps)
        done.append(session.completed_reps(reps, prescribed.reps))
        reserve = max(reps - prescribed.reps, 0.0)
        # The acute fatigue of a set, as `session.add_set_dose` adds it.
        fatigue += drop * session.set_effort(model, reserve, done[-1])
    return PerformedSets(prescribed, np.array(possible), np.array(done))


def _reps_today(prescribed: PrescribedSets, left: float) -> float:
    """Return the repetitions to failure with a share of the strength left."""
    today_pct = prescribed.pct_1rm / left
    if left < 1.0 and today_pct > RELATIONS[prescribed.relation].highest_pct:
        return 0.0  # too heavy by now for even one repetition
    return reps_at(today_pct, relation=prescribed.relation)


def description(shown: PerformedSets) -> str:
    """Return sentences with the numbers of the figure."""
    prescribed, n_sets = shown.prescribed, shown.prescribed.n_sets
    outcomes = f"Set 1 {_outcome_text(shown, 0)}"
    if n_sets > 1:
        outcomes += f", set {n_sets} {_outcome_text(shown, -1)}"
    failed = "No set fails"
    if shown.missed.any():
        missing = counted(shown.missed.sum(), "repetition")
        n_failed = counted(np.count_nonzero(shown.missed), "set")
        failed = f"{n_failed} of {n_sets} failed: {missing} missing"
    tempo = ""
    if prescribed.tempo_factor < 1:
        tempo = (
            f" Slower than the usual {prescribed.usual_seconds:g} s, "
            f"{shown.possible[0]:.1f} are possible."
        )
    return (
        f"{_relations_text(prescribed)} Prescribed: {counted(n_sets, 'set')} of "
        f"{counted(prescribed.reps, 'repetition')} at {prescribed.seconds:g} s each "
        f"with {prescribed.rest_s:g} s of rest.{tempo} {outcomes}. "
        f"{failed}. Time under tension: {shown.tut_s.sum():g} s."
    )


def _relations_text(prescribed: PrescribedSets) -> str:
    """Return what the load allows, before tempo and earlier sets count."""
    pct = prescribed.pct_1rm
    own = reps_at(pct, relation=prescribed.relation)
    others = [
        reps_at(pct, relation=name)
        for name, one in RELATIONS.items()
        if name != prescribed.relation and one.lowest_pct <= pct <= one.highest_pct
    ]
    spread = "no other relation holds for this load"
    if others:
        spread = (
            f"{min(others):.1f} to {max(others):.1f} by the {len(others)} others that "
            "hold for this load"
        )
    return (
        f"By {RELATION_NAMES[prescribed.relation]}, {pct:g} % of the "
        f"1RM allows {own:.1f} repetitions to failure ({spread})."
    )


def _outcome_text(shown: PerformedSets, place: int) -> str:
    if shown.missed[place]:
        return f"fails after {counted(shown.done[place], 'repetition')}"
    rpe = shown.rpe[place]
    rated = "" if np.isnan(rpe) else f" (RPE {rpe:.1f})"
    return f"leaves {shown.reserve[place]:.1f} in reserve{rated}"


class EffortFigure(Panels):
    """All relations with the chosen sets, the sets one by one, and their duration."""

    def __init__(self, start: PerformedSets) -> None:
        super().__init__(dict.fromkeys(PANELS, ""), shares_x=False)
        for name, (label, place) in PANELS.items():
            self.axes[name].set(ylabel=label, position=place)
        relation, sets, tut = self.axes.values()
        for place, name in enumerate(RELATIONS):
            label = "_" if place else "the nine relations"
            relation.plot(*curve_of(name), label=label, **_ALL)
        limits = {"xlim": (0, 31), "ylim": (LOW_PCT, 102)}
        relation.set(xlabel="repetitions to failure", **limits)
        for axes in (sets, tut):
            axes.set(xlim=(0.4, MAX_SETS + 0.6), xticks=range(1, MAX_SETS + 1))
        sets.tick_params(axis="x", labelbottom=False)
        tut.set_xlabel("set")
        self.lines = {
            label: self.line("relation", label, zorder=3, **style)
            for label, style in LINE_STYLES.items()
        }
        self.bars = {
            name: self.polygons("sets", name, linewidth=1, **style)
            for name, style in BAR_STYLES.items()
        }
        self.tut = self.polygons("tut", linewidth=1, **BAR_STYLES["done"])
        above = {"xytext": (0, 3), "textcoords": "offset points", "ha": "center"}
        self.efforts = [
            self.moving(sets.annotate("", (0, 0), fontsize=9, **above))
            for _ in range(MAX_SETS)
        ]
        # The name of the chosen relation, in the corner that no curve reaches.
        corner = {"xycoords": "axes fraction", "ha": "right", "va": "top"}
        self.name = self.moving(relation.annotate("", (0.99, 0.97), **corner))
        self.name.set(fontsize=11, fontweight="bold")
        self.show(start)

    def update(self, shown: PerformedSets) -> None:
        """Update the figure."""
        self._show_relation(shown)
        nothing = np.zeros(len(shown.done))
        reps = nothing + shown.prescribed.reps
        tops = reps + shown.reserve
        spans = {
            "done": (nothing, shown.done),
            "in reserve": (reps, tops),
            "missed": (shown.done, reps),
        }
        for name, (bottoms, heights) in spans.items():
            self.bars[name].set_verts(_columns(bottoms, heights))
        self.tut.set_verts(_columns(nothing, shown.tut_s))
        self.fit("sets", 0, 1.2 * tops.max())
        self.fit("tut", 0, max(shown.tut_s.max(), 1.0))
        for place, text in enumerate(self.efforts):
            is_set = place < len(tops)
            text.xy = (place + 1, tops[place] if is_set else 0)
            text.set_text(_effort_text(shown, place) if is_set else "")

    def _show_relation(self, shown: PerformedSets) -> None:
        prescribed, first = shown.prescribed, shown.possible[0]
        reps, pct = curve_of(prescribed.relation)
        own_reps, own_pct = prescribed.reps, prescribed.pct_1rm
        factor = prescribed.tempo_factor
        points = {
            "the chosen one": (reps, pct),
            "at this slow tempo": (factor * reps, pct) if factor < 1 else ([], []),
            "in reserve or missing": ([own_reps, first], [own_pct, own_pct]),
            "prescribed": ([own_reps], [own_pct]),
            "possible in set 1": ([first], [own_pct]),
        }
        for label, line in self.lines.items():
            line.set_data(*points[label])
        self.name.set_text(RELATION_NAMES[prescribed.relation])


@cache
def curve_of(relation: str) -> tuple[np.ndarray, np.ndarray]:
    """Return repetitions and loads of a relation, where it holds."""
    one = RELATIONS[relation]
    pct = np.linspace(max(one.lowest_pct, LOW_PCT), one.highest_pct, 121)
    return reps_at(pct, relation=relation), pct


def _columns(bottoms: np.ndarray, tops: np.ndarray) -> np.ndarray:
    """Return the corners of bars of the sets, without those of no height."""
    sets = np.arange(1, len(tops) + 1)
    return columns(sets, tops, bottoms=bottoms, width=_BAR_WIDTH)[tops > bottoms]


def _effort_text(shown: PerformedSets, place: int) -> str:
    """Return the text above a set."""
    if shown.missed[place] > 0:
        return f"{shown.done[place]} of {shown.prescribed.reps}"
    rpe = shown.rpe[place]
    return "over 10 left" if np.isnan(rpe) else f"RPE {rpe:.1f}"
