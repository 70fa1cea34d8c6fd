"""What every slot of a plan asks for next, success assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

from hipext._checks import PlanError
from hipext.athlete import Athlete, one_rm_of
from hipext.exercises import Exercise
from hipext.intensity import RELATIONS, pct_1rm
from hipext.notation import SetScheme, parse_sets
from hipext.plan import Plan
from hipext.progression import Decision, Outcome, Prescription, decide, rounded
from hipext.slot import Slot, slot_kind, step_of
from hipext.timetable import Occasion, occasions_of

RELATION = "epley"  # how repetitions and loads are linked in the open loop


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one slot asks for on one day, light weeks applied; see `tables.SETS`."""

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


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A slot after its session: what was asked, and what the rule decided."""

    asked: Asked
    now: Prescription
    decision: Decision


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

    def ask(self, occasion: Occasion, number: int) -> Asked:
        """Return what slot `number` of an occasion asks for on that day."""
        slot = occasion.slots[number]
        exercise = self.exercises[slot.exercise]
        kind = slot_kind(slot, exercise)
        now = self._prescription(occasion, number)
        is_light = occasion.week.is_deload and kind == "work"
        if is_light:
            done_kg = self.done_kg.get(_key(occasion, number), now.load_kg)
            n_sets, amount = _lightened(self.plan, slot, now)
            load_kg, target = done_kg * self.plan.deload.load_fraction, None
        else:
            n_sets, amount, load_kg = now.n_sets, now.amount, now.load_kg
            target = slot.scheme.rir
        load_kg = makeable(load_kg, slot, exercise)
        lifted_kg = exercise.body_mass_share * self.athlete.body_mass_kg
        rated_kg = exercise.n_implements * load_kg + rated_body_kg(
            self.athlete, exercise
        )
        capacity_kg = self.capacity_kg.get(exercise.id)
        spare = _spare_reps(rated_kg, capacity_kg, amount, slot.scheme.is_hold)
        return Asked(
            number=number + 1,
            slot=slot,
            exercise=exercise,
            kind=kind,
            n_sets=n_sets,
            amount=amount,
            load_kg=load_kg,
            system_load_kg=exercise.n_implements * load_kg + lifted_kg,
            pct_1rm=100 * rated_kg / capacity_kg if capacity_kg else nan,
            rir_target=nan if target is None else target,
            rir=spare if target is None else target,
            tempo="" if slot.scheme.is_hold else now.tempo,
        )

    def settle(self, occasion: Occasion, asked: Sequence[Asked]) -> list[Settled]:
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

    def _learn(self, one: Asked) -> None:
        """Raise the 1RM estimate if the completed set implies a higher one."""
        known_kg = self.capacity_kg.get(one.exercise.id)
        if known_kg is None or one.slot.scheme.is_hold or one.kind != "work":
            return
        possible = one.amount + (0.0 if isnan(one.rir_target) else one.rir_target)
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
            amount=scheme.low,
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


def makeable(load_kg: float, slot: Slot, exercise: Exercise) -> float:
    """Return the nearest load that the implement can make, at least its first step."""
    step_kg = step_of(slot, exercise)
    return max(rounded(load_kg, step_kg), step_kg) if exercise.is_loaded else 0.0


def _lightened(plan: Plan, slot: Slot, now: Prescription) -> tuple[int, int]:
    """Return sets and repetitions of a slot in a light week, cut once."""
    deload = plan.deload
    if deload.sets is not None and not slot.scheme.is_hold:
        light = parse_sets(deload.sets)
        return light.n_sets, light.low
    return max(1, int(rounded(now.n_sets * deload.sets_fraction, 1))), now.amount


def _spare_reps(
    rated_kg: float, capacity_kg: float | None, amount: int, is_hold: bool
) -> float:
    """Return repetitions in reserve by the relation, 0 to 10; missing if unknown."""
    if capacity_kg is None or is_hold or rated_kg <= 0:
        return nan
    possible = RELATIONS[RELATION].reps_at(min(rated_kg / capacity_kg, 1.0))
    return round(min(max(possible - amount, 0.0), 10.0), 6)
