"""Expand a plan for a person into the table of its sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan, nan

import pandas as pd

from hipext.athletes.athlete import Athlete, one_rm_of
from hipext.files.checks import PlanError
from hipext.files.parameters import parameter_table
from hipext.files.tables import (
    ASSESSMENTS,
    DAYS_PER_WEEK,
    DECISIONS,
    SETS,
    Column,
    Table,
)
from hipext.intensity.relations import RELATION, RELATIONS, pct_1rm
from hipext.plans.exercises import Exercise, read_exercises
from hipext.plans.notation import SetScheme, parse_sets, seconds_per_rep
from hipext.plans.plan import (
    Occasion,
    Plan,
    Slot,
    Week,
    occasions_of,
    slot_kind,
    step_of,
)
from hipext.plans.rules import Decision, Outcome, Prescription, decide, rounded

ASSUMPTIONS = Table(
    "assumptions",
    "one thing that was assumed",
    (
        Column("where", "str", "", "plan, person, catalogue or model"),
        Column("what", "str", "", "name of the quantity, or the statement itself"),
        Column("value", "str", "", "value with its unit; empty for a statement"),
        Column("source", "str", "", "evidence row of a convention; empty for none"),
    ),
)
_SIDED = {
    "hip_extension_range": ("hip_extension_deg", "deg"),
    "single_leg_bridge": ("single_leg_bridge_reps", "reps"),
}
_WHOLE = {
    "biering_sorensen": ("biering_sorensen_s", "s"),
    "technique_rating": ("technique", "0-1"),
}
OPEN_LOOP = (
    "Every set succeeds as asked; nobody gets sore, ill or tired of it.",
    "Gates between phases are open; no signal brings a deload forward.",
    "A completed set raises the estimated 1RM if it implies more: a hope, no forecast.",
)
CLOSED_LOOP = (
    "The person's states follow a model; its constants are listed here.",
    "Rules see reported pain, soreness and effort, rated technique and tests alone.",
    "A closed gate keeps a phase going, at most as long as the plan allows.",
)


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


@dataclass(frozen=True, kw_only=True)
class PlannedSlot:
    """What one slot asks for on one day, light weeks applied; see `tables.SETS`."""

    number: int
    slot: Slot
    exercise: Exercise
    kind: str
    n_sets: int
    reps_or_s: int
    load_kg: float
    system_load_kg: float
    pct_1rm: float
    rir_target: float
    rir: float
    tempo: str


def _rows(
    occasion: Occasion, asked: Sequence[PlannedSlot], athlete: Athlete
) -> Iterator[tuple]:
    """Yield the rows of one session, groups round by round."""
    for _, members in groupby(asked, key=lambda one: one.slot.group or one.number):
        members = list(members)
        for number in range(1, max(one.n_sets for one in members) + 1):
            for one in members:
                if number <= one.n_sets:
                    yield from _set_rows(occasion, one, number, athlete)


def _set_rows(
    occasion: Occasion, one: PlannedSlot, number: int, athlete: Athlete
) -> Iterator[tuple]:
    week = occasion.week
    is_hold = one.slot.scheme.is_hold
    reps, hold_s = (None, float(one.reps_or_s)) if is_hold else (one.reps_or_s, nan)
    tut_s = hold_s if is_hold else float(one.reps_or_s * seconds_per_rep(one.tempo))
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


def _sides(one: PlannedSlot, number: int, athlete: Athlete) -> tuple[str, ...]:
    """Return the sides of a set in the order in which they work."""
    if not one.exercise.is_unilateral:
        return ("both",)
    first = one.slot.side_first
    if first == "weaker":
        first = athlete.weaker_side
    starts_right = first == "right" or (first == "alternate" and number % 2 == 0)
    return ("right", "left") if starts_right else ("left", "right")


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A slot after its session: what was asked, and what the rule decided."""

    asked: PlannedSlot
    now: Prescription
    decision: Decision


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


def _words(one: PlannedSlot, asked: Prescription) -> str:
    unit = " s" if one.slot.scheme.is_hold else ""
    load_kg = load_to_use(asked.load_kg, one.slot, one.exercise)
    load = f" at {load_kg:g} kg" if one.exercise.is_loaded else ""
    tempo = f", tempo {asked.tempo}" if one.slot.progress.rule == "tempo" else ""
    return f"{asked.n_sets}x{asked.reps_or_s}{unit}{load}{tempo}"


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


class Book:
    """What is asked for next in every slot, and the 1RM that the sets so far imply.

    A 1RM is kept as the mass that effort goes by (``capacity_kg``): the load on a
    barbell or machine alone, and with the lifted share of body mass elsewhere.
    """

    def __init__(
        self, plan: Plan, athlete: Athlete, exercises: Mapping[str, Exercise]
    ) -> None:
        self.plan, self.athlete, self.exercises = plan, athlete, exercises
        self.prescriptions: dict[tuple, Prescription] = {}
        self.done_kg: dict[tuple, float] = {}
        self.capacity_kg = _capacities(plan, athlete, exercises)

    def ask(self, occasion: Occasion, number: int) -> PlannedSlot:
        """Return what slot `number` of an occasion asks for on that day."""
        slot = occasion.slots[number]
        exercise = self.exercises[slot.exercise]
        kind = slot_kind(slot, exercise)
        now = self._prescription(occasion, number)
        is_light = occasion.week.is_deload and kind == "work"
        if is_light:
            done_kg = self.done_kg.get(_key(occasion, number), now.load_kg)
            n_sets, reps_or_s = _lightened(self.plan, slot, now)
            load_kg, target = done_kg * self.plan.deload.load_fraction, None
        else:
            n_sets, reps_or_s, load_kg = now.n_sets, now.reps_or_s, now.load_kg
            target = slot.scheme.rir
        load_kg = load_to_use(load_kg, slot, exercise)
        lifted_kg = exercise.body_mass_share * self.athlete.body_mass_kg
        rated_kg = exercise.n_implements * load_kg + rated_body_kg(
            self.athlete, exercise
        )
        capacity_kg = self.capacity_kg.get(exercise.id)
        spare = _spare_reps(rated_kg, capacity_kg, reps_or_s, slot.scheme.is_hold)
        return PlannedSlot(
            number=number + 1,
            slot=slot,
            exercise=exercise,
            kind=kind,
            n_sets=n_sets,
            reps_or_s=reps_or_s,
            load_kg=load_kg,
            system_load_kg=exercise.n_implements * load_kg + lifted_kg,
            pct_1rm=100 * rated_kg / capacity_kg if capacity_kg else nan,
            rir_target=nan if target is None else target,
            rir=spare if target is None else target,
            tempo="" if slot.scheme.is_hold else now.tempo,
        )

    def settle(self, occasion: Occasion, asked: Sequence[PlannedSlot]) -> list[Settled]:
        """Move every slot on, success assumed; return what its rule decided."""
        outcome = Outcome(
            is_deload=occasion.week.is_deload, is_week_end=occasion.is_week_end
        )
        settled = []
        for one in asked:
            key = _key(occasion, one.number - 1)
            now = self.prescriptions[key]
            decision = decide(one.slot.progress, now, outcome, scheme=one.slot.scheme)
            self.prescriptions[key] = decision.next
            settled.append(Settled(asked=one, now=now, decision=decision))
            if not occasion.week.is_deload:
                self.done_kg[key] = one.load_kg
                self._learn(one)
        return settled

    def _learn(self, one: PlannedSlot) -> None:
        """Raise the 1RM estimate if the completed set implies a higher one."""
        known_kg = self.capacity_kg.get(one.exercise.id)
        if known_kg is None or one.slot.scheme.is_hold or one.kind != "work":
            return
        possible = one.reps_or_s + (0.0 if isnan(one.rir_target) else one.rir_target)
        rated_kg = one.pct_1rm / 100 * known_kg
        if rated_kg > 0 and possible <= RELATIONS[RELATION].max_reps:
            share = pct_1rm(possible, relation=RELATION) / 100
            implied_kg = rated_kg / share
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
            reps_or_s=scheme.low,
            load_kg=self._first_load_kg(exercise, scheme),
            tempo=slot.tempo or exercise.tempo,
        )

    def _first_load_kg(self, exercise: Exercise, scheme: SetScheme) -> float:
        """Return the load per implement: in kg, by percentage, or by effort."""
        if not exercise.is_loaded:
            return 0.0
        if scheme.load_kg is not None:
            return scheme.load_kg
        pct = scheme.pct_1rm or pct_1rm(scheme.low, scheme.rir, relation=RELATION)
        rated_kg = pct / 100 * self.capacity_kg[exercise.id]
        return (
            rated_kg - rated_body_kg(self.athlete, exercise)
        ) / exercise.n_implements


def rated_body_kg(athlete: Athlete, exercise: Exercise) -> float:
    """Return the body mass, in kg, that counts for effort beside the load."""
    share = exercise.body_mass_share if exercise.rates_body_mass else 0.0
    return share * athlete.body_mass_kg


def _key(occasion: Occasion, number: int) -> tuple:
    """Return what identifies a slot: sessions of the whole plan go on over phases."""
    return occasion.phase, occasion.session.name, number


def _capacities(
    plan: Plan, athlete: Athlete, exercises: Mapping[str, Exercise]
) -> dict[str, float]:
    """Return the 1RM, as the mass that effort goes by, of every loaded lift."""
    slots = {slot for one in occasions_of(plan) for slot in one.slots}
    lifts = sorted(
        {slot.exercise for slot in slots if exercises[slot.exercise].is_loaded}
    )
    capacity_kg, faults = {}, []
    for name in lifts:
        lift = exercises[name]
        try:
            known = one_rm_of(athlete, name, exercises)
        except ValueError as fault:
            faults.append(str(fault))
            continue
        capacity_kg[name] = known.kg * lift.n_implements + rated_body_kg(athlete, lift)
        heaviest_kg = max(
            slot.scheme.load_kg or 0.0 for slot in slots if slot.exercise == name
        )
        if heaviest_kg > known.kg:
            faults.append(
                f"{name}: the plan asks for {heaviest_kg:g} kg, above the 1RM of "
                f"{known.kg:g} kg ({known.basis}). Write less, or another 1RM."
            )
    if faults:
        raise PlanError(athlete.name, faults)
    return capacity_kg


def load_to_use(load_kg: float, slot: Slot, exercise: Exercise) -> float:
    """Return the nearest load that the implement can make, at least its first step."""
    step_kg = step_of(slot, exercise)
    return max(rounded(load_kg, step_kg), step_kg) if exercise.is_loaded else 0.0


def _lightened(plan: Plan, slot: Slot, now: Prescription) -> tuple[int, int]:
    """Return sets and repetitions of a slot in a light week, cut once."""
    deload = plan.deload
    if deload.sets is not None and not slot.scheme.is_hold:
        light = parse_sets(deload.sets)
        return light.n_sets, light.low
    return max(1, int(rounded(now.n_sets * deload.sets_fraction, 1))), now.reps_or_s


def _spare_reps(
    rated_kg: float, capacity_kg: float | None, reps_or_s: int, is_hold: bool
) -> float:
    """Return repetitions in reserve by the relation, 0 to 10; missing if unknown."""
    if capacity_kg is None or is_hold or rated_kg <= 0:
        return nan
    possible = RELATIONS[RELATION].reps_at(min(rated_kg / capacity_kg, 1.0))
    return round(min(max(possible - reps_or_s, 0.0), 10.0), 6)


def planned_assessments(plan: Plan, athlete: Athlete) -> pd.DataFrame:
    """Return the planned tests: values at the start, missing where not simulated."""
    if plan.assessment is None:
        return ASSESSMENTS.from_rows([])
    every = plan.assessment.every_weeks
    first_day = {}
    for occasion in occasions_of(plan):
        first_day.setdefault(occasion.week.number, occasion.day)
    rows = []
    for week in range(1, plan.n_weeks + 1):
        regular = week == 1 or (every > 0 and (week - 1) % every == 0)
        if regular or week in plan.assessment.weeks:
            day = first_day.get(week, (week - 1) * DAYS_PER_WEEK)
            for test in plan.assessment.tests:
                for subject, side, value, unit in _baseline(test, athlete):
                    known = value if week == 1 else None
                    rows.append((week, day, test, subject, side, known, unit))
    return ASSESSMENTS.from_rows(rows)


def _baseline(test: str, athlete: Athlete) -> Iterator[tuple[str, str, float, str]]:
    """Yield subject, side, value and unit of what a test would have shown before."""
    if test in _SIDED:
        field, unit = _SIDED[test]
        for side in ("left", "right"):
            yield "", side, getattr(getattr(athlete, field), side), unit
    elif test in _WHOLE:
        field, unit = _WHOLE[test]
        yield "", "both", getattr(athlete, field), unit
    else:
        for lift, one_rm_kg in athlete.one_rm_kg.items():
            yield lift, "both", one_rm_kg, "kg"


def assumptions_of(
    plan: Plan, athlete: Athlete, sets: pd.DataFrame, statements: Sequence[str]
) -> pd.DataFrame:
    """Return everything that was assumed: by the plan, the mode, and for each lift."""
    exercises = read_exercises()
    rows = [("plan", statement, "", "") for statement in plan.assumptions]
    rows += [("plan", statement, "", "") for statement in statements]
    for name in sets["exercise"].unique():
        if exercises[name].is_loaded:
            one_rm = one_rm_of(athlete, name, exercises)
            if not one_rm.is_measured:
                what = f"1RM of {exercises[name].name}, from {one_rm.basis}"
                rows.append(("person", what, f"{one_rm.kg:.1f} kg", ""))
    for name in sets["exercise"].unique():
        share = exercises[name].body_mass_share
        if share > 0:
            what = f"share of body mass lifted in {exercises[name].name}"
            rows.append(("catalogue", what, f"{share:g}", ""))
    constants = parameter_table()
    is_used = ~constants["id"].str.startswith("population.")  # one person, none drawn
    for row in constants[is_used & (constants["kind"] == "assumption")].itertuples():
        rows.append(("model", row.meaning, f"{row.value:g} {row.unit}", row.source))
    return ASSUMPTIONS.from_rows(rows)
