"""Expand a plan for a person into the table of its sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import nan

import pandas as pd

from hipext.athlete import Athlete
from hipext.book import Asked, Book, Settled, makeable
from hipext.exercises import Exercise, read_exercises
from hipext.notation import seconds_per_rep
from hipext.plan import Plan
from hipext.progression import Prescription
from hipext.tables import DAYS_PER_WEEK, DECISIONS, SETS
from hipext.timetable import Occasion, Week, occasions_of


@dataclass(frozen=True, eq=False)
class Expansion:
    """The sets of a plan and the decisions that led to them."""

    sets: pd.DataFrame
    decisions: pd.DataFrame


def expand_plan(
    plan: Plan, athlete: Athlete, *, exercises: Mapping[str, Exercise] | None = None
) -> pd.DataFrame:
    """Expand a plan for a person into the table of its prescribed sets.

    Every set of every session becomes a row, one per side where an exercise is
    unilateral. All sets are assumed to succeed as asked; loads follow from the 1RM,
    the progression rules and the light weeks, and are rounded last.

    Parameters
    ----------
    plan : Plan
        A checked plan, as `read_plan` returns it.
    athlete : Athlete
        The person, as `read_athlete` returns it: 1RM in kg per implement, body mass.
    exercises : Mapping[str, Exercise], optional
        The catalogue. Default: the shipped one.

    Returns
    -------
    pandas.DataFrame
        Sets table (columns and units: `tables.SETS`), in the order performed.

    Raises
    ------
    ValueError
        If the 1RM of a lift of the plan is neither known nor to be estimated.

    Notes
    -----
    A light week keeps a share of the sets and of the load last lifted, and pauses
    every rule, so that the week after it goes on where the plan was. A new phase
    derives its loads from the highest 1RM that the completed sets imply by then: with
    every set assumed to succeed, that 1RM is a hope and not a forecast.

    Examples
    --------
    >>> from hipext import expand_plan, read_athlete, read_plan
    >>> sets = expand_plan(read_plan("deadlift_5x5_10wk"), read_athlete("novice"))
    >>> len(sets), sets["reps"].unique().tolist()
    (100, [5])
    """
    return expand(plan, athlete, exercises=exercises).sets


def expand(
    plan: Plan, athlete: Athlete, *, exercises: Mapping[str, Exercise] | None = None
) -> Expansion:
    """Expand a plan into its sets and the decisions of its rules; see `expand_plan`."""
    check_inputs(plan, athlete)
    book = Book(plan, athlete, read_exercises() if exercises is None else exercises)
    rows: list[tuple] = []
    decisions: list[tuple] = []
    week = None
    for occasion in occasions_of(plan):
        if occasion.week is not week:
            decisions += _week_rows(plan, week, occasion.week)
            week = occasion.week
        asked = [book.ask(occasion, number) for number in range(len(occasion.slots))]
        rows += _rows(occasion, asked, athlete)
        for settled in book.settle(occasion, asked):
            decisions += _decision_rows(occasion, settled)
    return Expansion(SETS.from_rows(rows), DECISIONS.from_rows(decisions))


def check_inputs(plan: Plan, athlete: Athlete) -> None:
    """Raise TypeError if a plan or a person is not what was read from a file."""
    for name, value, kind in (("plan", plan, Plan), ("athlete", athlete, Athlete)):
        if not isinstance(value, kind):
            raise TypeError(
                f"{name} must be what read_{name}() returns; got {value!r}. "
                f"Write read_{name}({value!r})."
            )


def _rows(
    occasion: Occasion, asked: Sequence[Asked], athlete: Athlete
) -> Iterator[tuple]:
    """Yield the rows of one session, groups round by round."""
    for _, members in groupby(asked, key=lambda one: one.slot.group or one.number):
        members = list(members)
        for number in range(1, max(one.n_sets for one in members) + 1):
            for one in members:
                if number <= one.n_sets:
                    yield from _set_rows(occasion, one, number, athlete)


def _set_rows(
    occasion: Occasion, one: Asked, number: int, athlete: Athlete
) -> Iterator[tuple]:
    week = occasion.week
    is_hold = one.slot.scheme.is_hold
    reps, hold_s = (None, float(one.amount)) if is_hold else (one.amount, nan)
    tut_s = hold_s if is_hold else float(one.amount * seconds_per_rep(one.tempo))
    sides = _sides(one, number, athlete)
    for side in sides:
        yield (
            week.number,
            occasion.day,
            week.phase.name,
            week.is_deload,
            occasion.session.name,
            one.number,
            one.slot.group,
            one.exercise.id,
            one.kind,
            number,
            side,
            reps,
            reps,
            hold_s,
            hold_s,
            one.load_kg,
            one.exercise.n_implements,
            one.system_load_kg,
            one.pct_1rm,
            one.rir_target,
            one.rir,
            10.0 - one.rir,
            one.tempo,
            tut_s,
            one.slot.rest_s if side == sides[-1] else 0.0,
        )


def _sides(one: Asked, number: int, athlete: Athlete) -> tuple[str, ...]:
    """Return the sides of a set in the order in which they work."""
    if not one.exercise.is_unilateral:
        return ("both",)
    first = one.slot.side_first
    if first == "weaker":
        first = athlete.weaker_side
    starts_right = first == "right" or (first == "alternate" and number % 2 == 0)
    return ("right", "left") if starts_right else ("left", "right")


def _decision_rows(occasion: Occasion, settled: Settled) -> Iterator[tuple]:
    """Yield what a rule decided about a working slot."""
    one, decision = settled.asked, settled.decision
    rule = one.slot.progress.rule
    if one.kind == "work" and rule != "none":
        was, will = _words(one, settled.now), _words(one, decision.next)
        change = f"stays at {was}" if was == will else f"goes from {was} to {will}"
        yield (
            occasion.week.number,
            occasion.day,
            occasion.week.phase.name,
            occasion.session.name,
            one.exercise.id,
            decision.action,
            rule,
            "all_sets_completed=assumed",
            f"{one.exercise.name} {change}: {decision.reason}.",
        )


def _words(one: Asked, asked: Prescription) -> str:
    unit = " s" if one.slot.scheme.is_hold else ""
    load_kg = makeable(asked.load_kg, one.slot, one.exercise)
    load = f" at {load_kg:g} kg" if one.exercise.is_loaded else ""
    tempo = f", tempo {asked.tempo}" if one.slot.progress.rule == "tempo" else ""
    return f"{asked.n_sets}x{asked.amount}{unit}{load}{tempo}"


def _week_rows(plan: Plan, before: Week | None, week: Week) -> Iterator[tuple]:
    """Yield what the plan itself decides at the start of a week."""
    when = (week.number, (week.number - 1) * DAYS_PER_WEEK, week.phase.name, "")
    if before is not None and before.phase is not week.phase and before.phase.advance:
        sentence = (
            f"Phase {before.phase.name!r} is left after {before.phase.weeks} weeks: "
            "what its gate asks for is assumed."
        )
        yield (*when, "phase", "pass", "gate", "gate_open=assumed", sentence)
    if week.is_deload:
        deload = plan.deload
        cut = f"about {deload.sets_fraction:.0%} of the sets"
        cut = f"{deload.sets} ({cut} of holds)" if deload.sets else cut
        sentence = (
            f"Week {week.number} is a deload by plan: {cut} at "
            f"{deload.load_fraction:.0%} of the load; every rule pauses."
        )
        yield (*when, "week", "deload", "scheduled_deload", "", sentence)
