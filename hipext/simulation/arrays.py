"""A plan as the arrays that the day loop reads."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from math import nan
from typing import NamedTuple
from zlib import crc32

import numpy as np

from hipext.athletes.athlete import Athlete, one_rm_of
from hipext.athletes.population import Cohort, traits_of
from hipext.engine.compiled import can_compile, compiled, plain
from hipext.engine.state import (
    ATHLETE,
    BOTH,
    EXERCISE,
    LEFT,
    MAX_LADDER_STEPS,
    MAX_TEMPOS,
    OCCASION,
    PATTERNS,
    PHASE,
    PLAN,
    RIGHT,
    SIDES,
    SLOT,
    STRENGTH,
    WEEK,
    WEEK_EVENTS,
)
from hipext.files.checks import PlanError
from hipext.files.tables import MUSCLES, SET_KINDS, WEEKDAYS
from hipext.intensity.relations import RELATION, RELATIONS, pct_1rm
from hipext.plans.exercises import SECONDARY_SHARE, Exercise
from hipext.plans.notation import seconds_per_rep
from hipext.plans.plan import (
    MAX_WEEKS,
    TESTS,
    Gate,
    Phase,
    Plan,
    Session,
    Slot,
    slot_kind,
    slots_of,
    step_of,
)
from hipext.plans.rules import rule_record

_REAL, _WHOLE, _FLAG, _OF_SIDES = "f8", "i8", "?", (2,)
POLICIES = {None: 0, "left": 1, "right": 2, "alternate": 3, "weaker": 4}
_REST_S = (15.0, 480.0)  # beyond these a rest makes no further difference
_HOLDS = {"brace": "hold_brace_share", "adduction": "hold_adduction_share"}
_SORENSEN_SHARE = 0.5  # of body mass, as in the catalogue
USUAL_SLEEP_H, USUAL_EATING, USUAL_STRESS = 7.5, 0.75, 0.35
USUAL_OTHER_SESSIONS = 2.0
LEAST_RECOVERY, MOST_RECOVERY = 0.4, 1.3  # what habits make of recovery
KNOWN = np.dtype(  # of one lift of one person
    [
        ("measured_kg", _REAL),  # 1RM of the lift that it is estimated from; 0: none
        ("ratio", _REAL),  # to that one
        ("is_measured", _FLAG),
        ("familiarity", _REAL),  # missing: by training status
    ],
    align=True,
)
GEAR = np.dtype(  # of one lift, whoever does it
    [
        ("n_implements", _REAL),
        ("rated_share", _REAL),
        ("hold_share", _REAL),  # of the hold of the back
        ("hold_factor", _REAL),
    ],
    align=True,
)


class Program(NamedTuple):
    """A plan as records; see `_state`."""

    plan: np.void
    phases: np.ndarray
    occasions: np.ndarray
    calendar: np.ndarray
    slots: np.ndarray
    exercises: np.ndarray


def horizon_of(plan: Plan) -> int:
    """Return the most weeks that a plan can take: all extensions and a step back."""
    extra_weeks = [p.advance.max_extra_weeks if p.advance else 0 for p in plan.phase]
    longest = [
        phase.weeks + more for phase, more in zip(plan.phase, extra_weeks, strict=True)
    ]
    twice = [
        longest[place - 1] + longest[place]
        for place, phase in enumerate(plan.phase)
        if place > 0 and phase.advance
    ]
    return min(plan.n_weeks + sum(extra_weeks) + max(twice, default=0), MAX_WEEKS)


def slots_in_order(plan: Plan) -> list[tuple[str, str, tuple[Slot, ...]]]:
    """Return phase (empty: all), session and slots, as the arrays number the slots."""
    sessions = [("", session) for session in plan.session]
    sessions += [(phase.name, s) for phase in plan.phase for s in phase.session]
    return [(name, one.name, slots_of(plan, one)) for name, one in sessions]


def exercises_of(plan: Plan, tested: Sequence[str]) -> list[str]:
    """Return the ids of all exercises of a plan and of its tests, sorted."""
    slots = [slot for _, _, slots in slots_in_order(plan) for slot in slots]
    return sorted(
        {e for slot in slots for e in (slot.exercise, *slot.ladder)} | {*tested}
    )


def program_of(
    plan: Plan,
    exercises: Mapping[str, Exercise],
    tested: Sequence[str],
    model: np.void,
) -> Program:
    """Return a plan as arrays.

    Parameters
    ----------
    plan : Plan
        A checked plan.
    exercises : Mapping[str, Exercise]
        The catalogue.
    tested : sequence of str
        Lifts whose 1RM a strength check measures.
    model : numpy.void
        Constants of the day loop.
    """
    names = exercises_of(plan, tested)
    known = (ById(exercises), tuple(names), tuple(tested))
    return Program(
        _plan_values(plan),
        _phases(plan),
        _occasions(plan),
        _weeks(plan),
        _slots(plan, exercises, names, model),
        _lifts(*known, model.mobility_other_share),
    )


def open_loop_of(program: Program) -> Program:
    """Return a program whose sets all succeed; no slot climbs its ladder."""
    plan, slots = program.plan.copy(), program.slots.copy()
    plan["is_open_loop"], slots["n_ladder_steps"] = True, 1
    return program._replace(plan=plan, slots=slots)


def with_calendar(program: Program, plan: Plan) -> Program:
    """Return a program with the light weeks and tests of a plan; the rest is alike."""
    return program._replace(plan=_plan_values(plan), calendar=_weeks(plan))


def _plan_values(plan: Plan) -> np.void:
    deload, tests = plan.deload, plan.assessment.tests if plan.assessment else ()
    sets, _, reps = (deload.sets or "0x0").partition("x")
    values = (
        horizon_of(plan),
        deload.every_weeks,
        deload.sets_fraction,
        deload.load_fraction,
        int(sets),
        int(reps),
        deload.reactive.pain_above if deload.reactive else nan,
        deload.reactive.min_weeks_between if deload.reactive else 1,
        [test in tests for test in TESTS],
        False,
    )
    return np.array([values], dtype=PLAN)[0]


def _phases(plan: Plan) -> np.ndarray:
    rows, n_occasions = [], 0
    for phase in plan.phase:
        gate, first = phase.advance or Gate(), []
        for found in _sessions_by_weekday(plan, phase):
            first.append(n_occasions)
            n_occasions += len(found)
        ends = [*first[1:], n_occasions]
        busy = [d for d, end in enumerate(ends) if end > first[d]]
        limits = (
            gate.technique_min,
            gate.pain_max,
            gate.range_min_deg,
            gate.asymmetry_max_deg,
        )
        rows.append(
            (
                phase.weeks,
                gate.max_extra_weeks if phase.advance else 0,
                phase.advance is not None,
                gate.over_sessions,
                *(nan if limit is None else limit for limit in limits),
                busy[0] if busy else 0,
                [*first, n_occasions],
            )
        )
    return np.array(rows, dtype=PHASE)


def _sessions_by_weekday(plan: Plan, phase: Phase) -> list[list[tuple[str, Session]]]:
    """Return the sessions of each weekday of a phase, with the phase they belong to."""
    sessions = [("", session) for session in plan.session]
    sessions += [(phase.name, session) for session in phase.session]
    return [
        [one for one in sessions if weekday in (one[1].days or plan.days)]
        for weekday in WEEKDAYS
    ]


def _occasions(plan: Plan) -> np.ndarray:
    """Return the slots of every session of every weekday of every phase."""
    spans, end = {}, 0
    for phase, session, slots in slots_in_order(plan):
        spans[phase, session] = (end, end + len(slots))
        end += len(slots)
    rows = []
    for phase in plan.phase:
        for place, found in enumerate(_sessions_by_weekday(plan, phase)):
            for name, session in found:
                days = session.days or plan.days
                is_last = place == max(map(WEEKDAYS.index, days))
                rows.append((*spans[name, session.name], is_last))
    return np.array(rows, dtype=OCCASION)


def _weeks(plan: Plan) -> np.ndarray:
    """Return light weeks, by week of the plan, and weeks with tests, by calendar."""
    horizon, assessment = horizon_of(plan), plan.assessment
    weeks = np.zeros(horizon, dtype=WEEK)
    weeks["is_light"] = [week + 1 in plan.deload.weeks for week in range(horizon)]
    if assessment:
        every = assessment.every_weeks or horizon
        weeks["is_test"] = [
            week % every == 0 or week + 1 in assessment.weeks for week in range(horizon)
        ]
    return weeks


def _slots(
    plan: Plan,
    exercises: Mapping[str, Exercise],
    names: Sequence[str],
    model: np.void,
) -> np.ndarray:
    known = (ById(exercises), tuple(names), model.effort_usual_rest_s)
    parts = [
        slots_of_session(session, TupleById(slots), *known)
        for _, session, slots in slots_in_order(plan)
    ]
    rows = np.empty(sum(map(len, parts)), dtype=SLOT)
    ends = np.cumsum([len(part) for part in parts])
    for part, end in zip(parts, ends, strict=True):
        rows[end - len(part) : end] = part
    return rows


class ById:
    """One value; equal to another `ById` only if both hold the same object."""

    def __init__(self, value: object) -> None:
        self.value = value  # kept, so that no other object gets its id

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return self.value is other.value


@lru_cache(maxsize=64)
def _lifts(
    catalogue: ById, names: tuple[str, ...], tested: tuple[str, ...], other: float
) -> np.ndarray:
    """Return exercises as records; `other` is `_exercise`'s."""
    known = ((catalogue.value[name], name in tested) for name in names)
    rows = [_exercise(exercise, is_tested, other) for exercise, is_tested in known]
    lifts = np.array(rows, dtype=EXERCISE)
    lifts.flags.writeable = False  # many programs hold it
    return lifts


def _exercise(exercise: Exercise, is_tested: bool, other: float) -> tuple:
    """Return the values of an EXERCISE; `other` is what a stretch elsewhere does."""
    shares = [
        float(exercise.is_counted)
        * (
            (muscle in exercise.primary)
            + SECONDARY_SHARE * (muscle in exercise.secondary)
        )
        for muscle in MUSCLES
    ]
    total, share = sum(shares) or 1.0, dict(zip(MUSCLES, shares, strict=True))
    pattern = exercise.pattern if exercise.pattern in PATTERNS else PATTERNS[-1]
    mobility = other if exercise.stretches else 0.0
    return (
        exercise.is_loaded,
        exercise.is_unilateral,
        is_tested,
        exercise.n_implements,
        exercise.body_mass_share,
        exercise.body_mass_share * exercise.rates_body_mass,
        shares,
        [part / total for part in shares],
        PATTERNS.index(pattern),
        float(seconds_per_rep(exercise.tempo)) if exercise.tempo else 1.0,
        share["erector_spinae"],
        share["hip_abductors"] + share["hip_adductors"] + share["trunk"],
        1.0 if "hip_flexors" in exercise.stretches else mobility,
        crc32(exercise.id.encode()) >> 1,
    )


class TupleById:
    """Some values in order; equal if they are the same objects in the same order.

    `owner` is what they belong to; it is not compared.
    """

    def __init__(self, values: tuple, owner: object = None) -> None:
        self.values, self.owner = values, owner

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.values)))

    def __eq__(self, other: object) -> bool:
        return [*map(id, self.values)] == [*map(id, other.values)]


@lru_cache(maxsize=256)
def slots_of_session(
    session: str,
    same: TupleById,
    catalogue: ById,
    names: tuple[str, ...],
    usual_rest_s: float,
) -> np.ndarray:
    """Return the slots of a session; those of an unchanged one are there already."""
    slots, exercises, rows = same.values, catalogue.value, []
    for slot, nth in zip(slots, _nth(slots), strict=True):
        ladder = [exercises[e] for e in (slot.exercise, *slot.ladder)]
        scheme, channel = slot.scheme, f"{session}/{slot.exercise}/{nth}"
        rule = rule_record(slot.progress, scheme, len(ladder))
        rows.append(
            (
                SET_KINDS.index(slot_kind(slot, ladder[0])),
                scheme.is_hold,
                _first_fraction(slot),
                scheme.load_kg or 0.0,
                nan if scheme.rir is None else scheme.rir,
                _rest_factor(slot, slots, exercises, usual_rest_s),
                slot.rest_s,
                slot.tempo is not None,
                POLICIES[slot.side_first],
                256 + (crc32(channel.encode()) >> 1),
                _filled(_seconds(slot, ladder[0]), MAX_TEMPOS),
                _filled([names.index(e.id) for e in ladder], MAX_LADDER_STEPS),
                _filled([step_of(slot, e) for e in ladder], MAX_LADDER_STEPS),
                *rule,
            )
        )
    return np.array(rows, dtype=SLOT)


def _nth(slots: Sequence[Slot]) -> list[int]:
    """Return how often the exercise of each slot came before it."""
    names = [slot.exercise for slot in slots]
    return [names[:place].count(name) for place, name in enumerate(names)]


def _filled(row: Sequence[float], length: int) -> list[float]:
    """Return a row filled up with its last value."""
    return [*row, *[row[-1]] * (length - len(row))]


def _first_fraction(slot: Slot) -> float:
    scheme = slot.scheme
    if scheme.pct_1rm is not None:
        return scheme.pct_1rm / 100
    most = RELATIONS[RELATION].max_reps
    if scheme.rir is None or scheme.is_hold or scheme.low + scheme.rir > most:
        return 0.0
    return pct_1rm(scheme.low, scheme.rir, relation=RELATION) / 100


def _seconds(slot: Slot, exercise: Exercise) -> list[float]:
    """Return the seconds a repetition takes at each tempo of a slot."""
    if slot.scheme.is_hold:
        return [1.0]
    tempos = [slot.tempo or exercise.tempo, *getattr(slot.progress, "tempos", ())]
    return [float(seconds_per_rep(tempo)) for tempo in tempos]


def _rest_factor(
    slot: Slot,
    ours: Sequence[Slot],
    exercises: Mapping[str, Exercise],
    usual_rest_s: float,
) -> float:
    """Return how much a set costs the next one of its slot, by the time between."""
    members = [one for one in ours if slot.group and one.group == slot.group] or [slot]
    rest_s = sum(one.rest_s for one in members)
    for one in members:
        if one is not slot:
            exercise = exercises[one.exercise]
            sides = 2 if exercise.is_unilateral else 1
            rest_s += sides * one.scheme.low * _seconds(one, exercise)[0]
    return cost_of_rest(rest_s, usual_rest_s)


def cost_of_rest(between_s: float, usual_rest_s: float) -> float:
    """Return how much a set costs the next one after so many seconds; 1 is usual."""
    between_s = min(max(between_s, _REST_S[0]), _REST_S[1])
    return (usual_rest_s / between_s) ** 0.5


class People(NamedTuple):
    """Persons as arrays, one row each."""

    persons: np.ndarray  # of PERSON
    strengths: np.ndarray  # [person, exercise] of STRENGTH
    events: np.ndarray  # [person, week] of FATE


def people_of(
    athletes: Sequence[Athlete],
    exercises: Mapping[str, Exercise],
    names: Sequence[str],
    n_weeks: int,
    model: np.void,
    *,
    needed: Collection[str],
) -> People:
    """Return persons as arrays.

    Parameters
    ----------
    athletes : sequence of Athlete
        Who trains; a `population.Cohort` is drawn without making each an `Athlete`.
    exercises : Mapping[str, Exercise]
        The catalogue.
    names : sequence of str
        Ids of the exercises, in the order of the program.
    n_weeks : int
        Weeks that the plan can take.
    model : numpy.void
        Constants of the day loop.
    needed : collection of str
        Ids of the exercises of the plan; a 1RM of another one may be unknown.

    Raises
    ------
    PlanError
        With every needed 1RM that is neither known nor to be estimated.
    """
    lifts = [exercises[name] for name in names]
    gear = np.array([_gear(lift, model) for lift in lifts], dtype=GEAR)
    alike, rows = unique_athletes(athletes)
    known = [_known(athlete, lifts, exercises, needed) for athlete in alike]
    events = [[_events(one, week) for week in range(1, n_weeks + 1)] for one in alike]
    known = np.array(known, dtype=KNOWN).reshape(len(alike), len(lifts))
    events = np.array(events, dtype=WEEK_EVENTS).reshape(len(alike), n_weeks)
    is_drawn = isinstance(athletes, Cohort)
    traits = athletes.traits() if is_drawn else traits_of(alike)[rows]
    people = People(
        np.zeros(len(rows), dtype=ATHLETE),
        np.zeros((len(rows), len(lifts)), dtype=STRENGTH),
        events[rows],
    )
    if len(rows) > 1 and can_compile():
        compiled(fill_athletes)(traits, known[rows], gear, model, *people[:2])
    else:
        _fill_without_compiler(traits, known[rows], gear, model, people)
    return people


def unique_athletes(
    athletes: Sequence[Athlete],
) -> tuple[Sequence[Athlete], np.ndarray]:
    """Return persons without copies, and for each of `athletes` the place of its own.

    Those who are drawn go by the average person that they are drawn around.
    """
    if isinstance(athletes, Cohort):
        return [athletes.population.athlete], np.zeros(len(athletes), dtype="int64")
    alike = {id(athlete): athlete for athlete in athletes}
    places = dict(zip(alike, range(len(alike)), strict=True))
    rows = [places[id(athlete)] for athlete in athletes]
    return [*alike.values()], np.array(rows, dtype="int64")


def _fill_without_compiler(
    traits: np.ndarray,
    known: np.ndarray,
    gear: np.ndarray,
    model: np.void,
    people: People,
) -> None:
    """Fill records in plain Python: numbers go in, records take them."""
    persons, strengths = (part.view(np.recarray) for part in people[:2])
    read = (plain(one) for one in (traits, known, gear, model))
    fill_athletes(*read, persons, strengths)


def _known(
    athlete: Athlete,
    lifts: Sequence[Exercise],
    exercises: Mapping[str, Exercise],
    needed: Collection[str],
) -> list[tuple]:
    """Return the values of KNOWN for every lift."""
    known, faults = [], []
    for lift in lifts:
        kg, ratio, is_measured = 0.0, 1.0, False
        if lift.needs_one_rm and lift.measure == "reps":
            try:
                found = one_rm_of(athlete, lift.id, exercises)
            except ValueError as fault:
                faults += [str(fault)] if lift.id in needed else []
            else:
                kg, ratio = found.measured_kg, found.ratio
                is_measured = found.is_measured
        known.append((kg, ratio, is_measured, athlete.familiarity.get(lift.id, nan)))
    if faults:
        raise PlanError(athlete.name, faults)
    return known


def _gear(lift: Exercise, model: np.void) -> tuple:
    """Return the values of GEAR; a longest hold is a part of that of the back."""
    share = model[_HOLDS[lift.pattern]] if lift.pattern in _HOLDS else 1.0
    lightness = _SORENSEN_SHARE / max(lift.body_mass_share, 0.1)
    return (
        lift.n_implements,
        lift.body_mass_share if lift.rates_body_mass else 0.0,
        share,
        lightness**model.hold_power,
    )


def _events(athlete: Athlete, week: int) -> tuple[bool, float]:
    flares = [flare.pain for flare in athlete.flare_ups if flare.week == week]
    return week in athlete.missed_weeks, sum(flares)


def fill_athletes(
    traits: np.ndarray,
    known: np.ndarray,
    gear: np.ndarray,
    model: np.void,
    persons: np.ndarray,
    strengths: np.ndarray,
) -> None:
    """Fill the records of the day loop from traits.

    `traits` is [person], `known` [person, lift] of KNOWN, `gear` [lift], `persons`
    [person] of `_state.ATHLETE` and `strengths` [person, lift] of `_state.STRENGTH`.
    """
    for who in range(len(traits)):
        fill_athlete(traits[who], model, persons[who])
        for e in range(len(gear)):
            fill_strength(traits[who], known[who, e], gear[e], model, strengths[who, e])


def fill_athlete(has: np.void, model: np.void, athlete: np.void) -> None:
    """Fill the record of a person."""
    status = has.status
    athlete.body_mass_kg, athlete.technique, athlete.chronic_pain = (
        has.body_mass_kg,
        has.technique,
        has.pain,
    )
    athlete.recovery = recovery_of(has, model)
    athlete.sorensen_s, athlete.stays_away_above = has.sorensen_s, has.stays_away_above
    left = max(has.bridge_reps[LEFT], 1.0) ** model.sides_power
    right = max(has.bridge_reps[RIGHT], 1.0) ** model.sides_power
    muscle, skill, tolerance = (
        model.muscle_ceiling_untrained,
        model.skill_ceiling_untrained,
        model.tolerance_untrained,
    )
    if status == 1:
        muscle, skill = model.muscle_ceiling_novice, model.skill_ceiling_novice
        tolerance = model.tolerance_novice
    elif status == 2:
        muscle = model.muscle_ceiling_intermediate
        skill = model.skill_ceiling_intermediate
        tolerance = model.tolerance_intermediate
    elif status == 3:
        muscle, skill = model.muscle_ceiling_trained, model.skill_ceiling_trained
        tolerance = model.tolerance_trained
    athlete.tolerance = tolerance
    for side in SIDES:
        athlete.response[side] = has.response * has.legs[side]
        athlete.side_factor[side] = (
            2.0 * (left if side == LEFT else right) / (left + right)
        )
        strongest = max(
            athlete.response[side], 1e-9
        )  # a ceiling of nothing is divided by
        # Sides of one person are alike in what they can become; the difference of today
        # is taken to be a difference of training, in the share `sides.room`.
        off = athlete.side_factor[side] ** model.sides_room
        athlete.muscle_ceiling[side] = max((1.0 + muscle * strongest) / off - 1.0, 1e-9)
        athlete.skill_ceiling[side] = max((1.0 + skill * strongest) / off - 1.0, 1e-9)
        athlete.range_deg[side] = has.range_deg[side]
        athlete.bridge_reps[side] = has.bridge_reps[side]
    athlete.weaker = BOTH
    if has.bridge_reps[LEFT] != has.bridge_reps[RIGHT]:
        is_left = has.bridge_reps[LEFT] < has.bridge_reps[RIGHT]
        athlete.weaker = LEFT if is_left else RIGHT


def recovery_of(has: np.void, model: np.void) -> float:
    """Return how well a person's habits support recovery; 1 for usual habits."""
    extra_h = min(max(has.sleep_h - USUAL_SLEEP_H, -3.0), 1.0)
    others = max(has.other_sessions - USUAL_OTHER_SESSIONS, 0.0)
    recovery = (
        1.0
        + model.recovery_sleep_per_h * extra_h
        + model.recovery_nutrition * (has.nutrition - USUAL_EATING)
        + model.recovery_hydration * (has.hydration - USUAL_EATING)
        - model.recovery_stress * (has.stress - USUAL_STRESS)
        - model.recovery_other_sessions * others
    )
    return min(max(recovery, LEAST_RECOVERY), MOST_RECOVERY)


def fill_strength(
    has: np.void, known: np.void, gear: np.void, model: np.void, lift: np.void
) -> None:
    """Fill what a person can do in one lift at the start; a 1RM of 0 for none."""
    kg = known.ratio * (known.measured_kg * has.strength)
    if kg > 0.0:
        kg = kg * max(gear.n_implements, 1.0) + gear.rated_share * has.body_mass_kg
    lift.base_kg, lift.is_measured = kg, known.is_measured
    lift.hold_s = has.sorensen_s * gear.hold_share * gear.hold_factor
    lift.familiarity = known.familiarity
    if not known.familiarity >= 0.0:  # missing
        lift.familiarity = model.familiarity_known_untrained
        if has.status == 1:
            lift.familiarity = model.familiarity_known_novice
        elif has.status == 2:
            lift.familiarity = model.familiarity_known_intermediate
        elif has.status == 3:
            lift.familiarity = model.familiarity_known_trained
