"""Expand a plan for a person into the table of its sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor, isnan, nan

import pandas as pd

from hipext._checks import PlanError
from hipext.athlete import Athlete, one_rm_of
from hipext.exercises import Exercise, read_exercises
from hipext.intensity import RELATIONS, one_rm, pct_1rm
from hipext.notation import SetScheme, parse_sets, seconds_per_rep
from hipext.plan import Plan, Slot, slot_kind
from hipext.progression import Decision, Outcome, Prescription, decide, rounded
from hipext.tables import DAYS_PER_WEEK, DECISIONS, SETS
from hipext.timetable import Occasion, occasions_of

RELATION = "epley"  # how repetitions and loads are linked in the open loop


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
    A light week keeps a share of the sets and of the load and pauses every rule, so
    that the week after it goes on where the plan was. A new phase derives its loads
    from the highest 1RM that the completed sets imply by then.

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
    book = _Book(plan, athlete, read_exercises() if exercises is None else exercises)
    rows: list[tuple] = []
    decisions: list[tuple] = []
    last_week = None
    for occasion in occasions_of(plan):
        if occasion.week != last_week:
            decisions += _week_decisions(plan, occasion)
            last_week = occasion.week
        asked = [book.ask(occasion, number) for number in range(len(occasion.slots))]
        rows += _rows(occasion, asked, athlete)
        decisions += book.settle(occasion, asked)
    return Expansion(SETS.from_rows(rows), DECISIONS.from_rows(decisions))


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What one slot asks for on one day, light weeks applied."""

    number: int
    slot: Slot
    exercise: Exercise
    kind: str
    n_sets: int
    amount: int
    load_kg: float
    system_load_kg: float
    pct_1rm: float
    rir_target: float
    rir: float
    tempo: str


class _Book:
    """What is asked for next in every slot, and the 1RM that the sets so far imply."""

    def __init__(
        self, plan: Plan, athlete: Athlete, exercises: Mapping[str, Exercise]
    ) -> None:
        self.plan, self.athlete, self.exercises = plan, athlete, exercises
        self.prescriptions: dict[tuple, Prescription] = {}
        self.capacity_kg = _capacities(plan, athlete, exercises)

    def ask(self, occasion: Occasion, number: int) -> _Asked:
        """Return what slot `number` of an occasion asks for on that day."""
        slot = occasion.slots[number]
        exercise = self.exercises[slot.exercise]
        kind = slot_kind(slot, exercise)
        now = self._prescription(occasion, number)
        n_sets, amount, load_kg, rir_target = now.n_sets, now.amount, now.load_kg, None
        if occasion.week.is_deload and kind == "work":
            n_sets, amount, load_kg = _lightened(self.plan, slot, now)
        else:
            rir_target = slot.scheme.rir
        load_kg = rounded(load_kg, slot.increment_kg or exercise.increment_kg)
        system_load_kg = self._system_load_kg(exercise, load_kg)
        capacity_kg = self.capacity_kg.get(exercise.id)
        spare = _spare_reps(system_load_kg, capacity_kg, amount, slot.scheme.is_hold)
        return _Asked(
            number=number + 1,
            slot=slot,
            exercise=exercise,
            kind=kind,
            n_sets=n_sets,
            amount=amount,
            load_kg=load_kg,
            system_load_kg=system_load_kg,
            pct_1rm=100 * system_load_kg / capacity_kg if capacity_kg else nan,
            rir_target=nan if rir_target is None else rir_target,
            rir=spare if rir_target is None else rir_target,
            tempo="" if slot.scheme.is_hold else now.tempo,
        )

    def settle(self, occasion: Occasion, asked: Sequence[_Asked]) -> list[tuple]:
        """Move every slot on, success assumed; return the rows of the decisions."""
        outcome = Outcome(
            is_deload=occasion.week.is_deload, is_week_end=occasion.is_week_end
        )
        rows = []
        for one in asked:
            now = self._prescription(occasion, one.number - 1)
            decision = decide(one.slot.progress, now, outcome, scheme=one.slot.scheme)
            self.prescriptions[_key(occasion, one.number - 1)] = decision.next
            if one.kind == "work" and one.slot.progress.rule != "none":
                rows.append(_decision_row(occasion, one, now, decision))
            self._learn(one, occasion)
        return rows

    def _learn(self, one: _Asked, occasion: Occasion) -> None:
        """Raise the 1RM estimate if the completed set implies a higher one."""
        if one.exercise.id in self.capacity_kg and not occasion.week.is_deload:
            reserve = 0.0 if isnan(one.rir_target) else one.rir_target
            if one.slot.scheme.is_hold or one.kind != "work":
                return
            implied_kg = one_rm(one.system_load_kg, one.amount + reserve)
            known_kg = self.capacity_kg[one.exercise.id]
            self.capacity_kg[one.exercise.id] = max(known_kg, implied_kg)

    def _prescription(self, occasion: Occasion, number: int) -> Prescription:
        key = _key(occasion, number)
        if key not in self.prescriptions:
            self.prescriptions[key] = self._first(occasion.slots[number])
        return self.prescriptions[key]

    def _first(self, slot: Slot) -> Prescription:
        exercise, scheme = self.exercises[slot.exercise], slot.scheme
        return Prescription(
            n_sets=scheme.n_sets,
            amount=scheme.low,
            load_kg=self._first_load_kg(exercise, scheme),
            tempo=slot.tempo or exercise.tempo,
        )

    def _first_load_kg(self, exercise: Exercise, scheme: SetScheme) -> float:
        if not exercise.is_loaded:
            return 0.0
        if scheme.load_kg is not None:
            return scheme.load_kg
        pct = scheme.pct_1rm or pct_1rm(scheme.low, scheme.rir, relation=RELATION)
        system_load_kg = pct / 100 * self.capacity_kg[exercise.id]
        lifted_kg = exercise.body_mass_share * self.athlete.body_mass_kg
        return max(system_load_kg - lifted_kg, 0.0) / exercise.n_implements

    def _system_load_kg(self, exercise: Exercise, load_kg: float) -> float:
        lifted_kg = exercise.body_mass_share * self.athlete.body_mass_kg
        return exercise.n_implements * load_kg + lifted_kg


def _key(occasion: Occasion, number: int) -> tuple:
    """Return what identifies a slot: sessions of the whole plan go on over phases."""
    in_phase = occasion.session in occasion.week.phase.session
    home = occasion.week.phase.name if in_phase else ""
    return home, occasion.session.name, number


def _capacities(
    plan: Plan, athlete: Athlete, exercises: Mapping[str, Exercise]
) -> dict[str, float]:
    """Return the 1RM with lifted body mass, in kg, of every loaded lift of a plan."""
    slots = {slot.exercise for one in occasions_of(plan) for slot in one.slots}
    lifts = sorted(name for name in slots if exercises[name].is_loaded)
    capacity_kg, faults = {}, []
    for name in lifts:
        lift = exercises[name]
        try:
            external_kg = one_rm_of(athlete, name, exercises).kg * lift.n_implements
        except ValueError as fault:
            faults.append(str(fault))
        else:
            lifted_kg = lift.body_mass_share * athlete.body_mass_kg
            capacity_kg[name] = external_kg + lifted_kg
    if faults:
        raise PlanError(athlete.name, faults)
    return capacity_kg


def _lightened(plan: Plan, slot: Slot, now: Prescription) -> tuple[int, int, float]:
    """Return sets, amount and load of a slot in a light week, cut once."""
    deload = plan.deload
    load_kg = now.load_kg * deload.load_fraction
    if deload.sets is not None and not slot.scheme.is_hold:
        light = parse_sets(deload.sets)
        return light.n_sets, light.low, load_kg
    n_sets = max(1, floor(now.n_sets * deload.sets_fraction + 0.5))
    return n_sets, now.amount, load_kg


def _spare_reps(
    system_load_kg: float, capacity_kg: float | None, amount: int, is_hold: bool
) -> float:
    """Return repetitions in reserve by the relation, 0 to 10; missing if unknown."""
    if capacity_kg is None or is_hold or system_load_kg <= 0:
        return nan
    possible = RELATIONS[RELATION].reps_at(min(system_load_kg / capacity_kg, 1.0))
    return min(max(possible - amount, 0.0), 10.0)


def _rows(
    occasion: Occasion, asked: Sequence[_Asked], athlete: Athlete
) -> Iterator[tuple]:
    """Yield the rows of one session, groups round by round."""
    for _, members in groupby(asked, key=lambda one: one.slot.group or one.number):
        members = list(members)
        for number in range(1, max(one.n_sets for one in members) + 1):
            for one in members:
                if number <= one.n_sets:
                    yield from _set_rows(occasion, one, number, athlete)


def _set_rows(
    occasion: Occasion, one: _Asked, number: int, athlete: Athlete
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


def _sides(one: _Asked, number: int, athlete: Athlete) -> tuple[str, ...]:
    """Return the sides of a set in the order in which they work."""
    if not one.exercise.is_unilateral:
        return ("both",)
    first = one.slot.side_first
    if first == "weaker":
        first = athlete.weaker_side
    starts_right = first == "right" or (first == "alternate" and number % 2 == 0)
    return ("right", "left") if starts_right else ("left", "right")


def _decision_row(
    occasion: Occasion, one: _Asked, now: Prescription, decision: Decision
) -> tuple:
    was, will = _words(one, now), _words(one, decision.next)
    change = f"stays at {was}" if was == will else f"goes from {was} to {will}"
    return (
        occasion.week.number,
        occasion.day,
        occasion.week.phase.name,
        occasion.session.name,
        one.exercise.id,
        decision.action,
        one.slot.progress.rule,
        "all_sets_completed=assumed",
        f"{one.exercise.name} {change}: {decision.reason}.",
    )


def _words(one: _Asked, asked: Prescription) -> str:
    unit = " s" if one.slot.scheme.is_hold else ""
    step_kg = one.slot.increment_kg or one.exercise.increment_kg
    load = (
        f" at {rounded(asked.load_kg, step_kg):g} kg" if one.exercise.is_loaded else ""
    )
    tempo = f", tempo {asked.tempo}" if one.slot.progress.rule == "tempo" else ""
    return f"{asked.n_sets}x{asked.amount}{unit}{load}{tempo}"


def _week_decisions(plan: Plan, occasion: Occasion) -> Iterator[tuple]:
    """Yield what the plan itself decides at the start of a week."""
    week, deload = occasion.week, plan.deload
    if week.is_deload:
        cut = deload.sets or f"{deload.sets_fraction:.0%} of the sets"
        sentence = (
            f"Week {week.number} is light by plan: {cut} at "
            f"{deload.load_fraction:.0%} of the load; every rule pauses."
        )
        when = (week.number, (week.number - 1) * DAYS_PER_WEEK, week.phase.name, "")
        yield (*when, "week", "deload", "scheduled_deload", "", sentence)
