"""The effort explorer: how hard a load is by every relation, and set after set."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hipext._controls import Number, choice_of
from hipext._effort_figure import (
    HIGH_PCT,
    LOW_PCT,
    MAX_SETS,
    RELATION_WORDS,
    EffortFigure,
)
from hipext._phrases import counted
from hipext._set_by_set import SetsAsked, SetsDone, sets_done
from hipext.exercises import read_exercises
from hipext.explorer import Scene
from hipext.intensity import RELATIONS, reps_at
from hipext.notation import seconds_per_rep

LIFT = "romanian_deadlift"  # slower than its usual tempo costs repetitions


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


def by_the_others(asked: SetsAsked) -> dict[str, float]:
    """Return repetitions to failure by the other relations that know the load."""
    return {
        name: reps_at(asked.pct_1rm, relation=name)
        for name, one in RELATIONS.items()
        if name != asked.relation and one.lowest_pct <= asked.pct_1rm <= one.highest_pct
    }


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
    if now.asked.slowness == 1:
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
