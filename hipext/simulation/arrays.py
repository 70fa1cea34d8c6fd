"""A plan and athletes prepared as the numerical input of the daily simulation.

Files become arrays in two steps. A plan becomes `PlanArrays`: its phases, the sessions
of every weekday, its calendar, its slots and its exercises. Athletes become
`AthleteArrays`: traits, which a population may have drawn, are turned into records,
all athletes at once, since a study draws them by the million.

An explorer builds the arrays anew at every move of a slider, and most parts of the plan
are then the very objects of the last time. They are cached by identity: see `ById`.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import nan
from typing import NamedTuple
from zlib import crc32

import numpy as np

from hipext.athletes.athlete import STATUSES, Athlete, one_rm_of
from hipext.athletes.population import Cohort
from hipext.athletes.traits import traits_of
from hipext.engine import state
from hipext.engine.state import BOTH, LEFT, RIGHT, record_of
from hipext.files.checks import InputError, PlanError
from hipext.files.tables import MUSCLES, SET_KINDS, WEEKDAYS
from hipext.intensity.relations import RELATION, RELATIONS, pct_1rm
from hipext.plans.exercises import SECONDARY_SHARE, Exercise
from hipext.plans.notation import seconds_per_rep
from hipext.plans.plan import (
    MAX_WEEKS,
    TESTS,
    Gate,
    Plan,
    Session,
    Slot,
    slot_kind,
    slots_of,
    step_of,
)
from hipext.plans.rules import rule_record

POLICIES = {
    None: state.NO_POLICY,
    "left": state.LEFT_FIRST,
    "right": state.RIGHT_FIRST,
    "alternate": state.ALTERNATE,
    "weaker": state.WEAKER_FIRST,
}
_FIRST_SLOT_CHANNEL = 256  # of random numbers; smaller ones are in `engine.state`
_REST_S = (15.0, 480.0)  # beyond these a rest makes no further difference
_HOLDS = {"brace": "hold_brace_share", "adduction": "hold_adduction_share"}
_SORENSEN_SHARE = 0.5  # of body mass, as in the catalogue
USUAL_SLEEP_H, USUAL_NUTRITION, USUAL_STRESS = 7.5, 0.75, 0.35
USUAL_OTHER_SESSIONS = 2.0
MIN_RECOVERY, MAX_RECOVERY = 0.4, 1.3
MIN_CEILING = 1e-9  # a ceiling is divided by
KNOWN = record_of(  # of one lift of one athlete
    measured_kg="f8",  # 1RM of the lift that it is estimated from; 0 for none
    ratio="f8",  # to that one
    is_measured="?",
    familiarity="f8",  # missing: by training status
)


class PlanArrays(NamedTuple):
    """A plan as records of `engine.state`, in the order of a `RunState`."""

    plan: np.void
    phases: np.ndarray
    occasions: np.ndarray
    calendar: np.ndarray
    slots: np.ndarray
    exercises: np.ndarray

    @property
    def horizon(self) -> int:
        """Weeks that the plan can take."""
        return int(self.plan["horizon"])


class AthleteArrays(NamedTuple):
    """Athletes as records of `engine.state`, one row each."""

    records: np.ndarray  # of ATHLETE
    strengths: np.ndarray  # [athlete, exercise] of STRENGTH
    events: np.ndarray  # [athlete, week] of WEEK_EVENTS


class ById:
    """Values as the key of a cache: equal if they are the same objects in order.

    Plans, their parts and the catalogue are frozen, so that the same object has the
    same content; comparing the content would take longer than the work that a cache
    saves. A changed plan shares most of its parts with the one before. `owner` is what
    the values belong to; it is not compared.
    """

    def __init__(self, *values: object, owner: object = None) -> None:
        self.values, self.owner = values, owner  # kept: no other object gets their ids
        self.value = values[0] if values else None

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.values)))

    def __eq__(self, other: object) -> bool:
        return [*map(id, self.values)] == [*map(id, other.values)]


def plan_arrays_of(
    plan: Plan,
    exercises: Mapping[str, Exercise],
    tested: Sequence[str],
    model: np.void,
) -> PlanArrays:
    """Return a plan as arrays; `tested` are lifts whose 1RM a strength check tests."""
    names, catalogue = tuple(exercises_of(plan, tested)), ById(exercises)
    known = catalogue, names, model.effort_usual_rest_s
    slots = [
        _slots_of_session(session, ById(*slots), *known)
        for _, session, slots in slots_in_order(plan)
    ]
    return PlanArrays(
        _plan_record(plan),
        *_phases_and_occasions(plan),
        _calendar(plan),
        np.concatenate([*slots, np.zeros(0, state.SLOT)]),
        _exercises(catalogue, names, tuple(tested), model.mobility_other_share),
    )


def open_loop_of(arrays: PlanArrays) -> PlanArrays:
    """Return arrays of a plan whose sets all succeed; no slot climbs its ladder."""
    slots = arrays.slots.copy()
    slots["n_ladder_steps"] = 1
    plan = np.array(arrays.plan)
    plan["is_open_loop"] = True
    return arrays._replace(plan=plan[()], slots=slots)


def with_calendar(arrays: PlanArrays, plan: Plan) -> PlanArrays:
    """Return arrays with the deloads and tests of a plan that is otherwise alike."""
    return arrays._replace(plan=_plan_record(plan), calendar=_calendar(plan))


def horizon_of(plan: Plan) -> int:
    """Return the most weeks that a plan can take: all extensions and a step back."""
    # A phase whose gate may send back to the one before can take both twice, at their
    # longest; at most one step back is allowed for.
    longest = [
        phase.weeks + (phase.advance.max_extra_weeks if phase.advance else 0)
        for phase in plan.phase
    ]
    twice = [
        before + own
        for (before, own), phase in zip(pairwise(longest), plan.phase[1:], strict=True)
        if phase.advance
    ]
    return min(sum(longest) + max(twice, default=0), MAX_WEEKS)


def slots_in_order(plan: Plan) -> list[tuple[str, str, tuple[Slot, ...]]]:
    """Return phase (empty: all), session and slots, as the arrays number the slots."""
    return [(name, one.name, slots_of(plan, one)) for name, one in _sessions(plan)]


def _sessions(plan: Plan) -> list[tuple[str, Session]]:
    """Return the sessions of a plan with the phase they belong to (empty: all)."""
    sessions = [("", session) for session in plan.session]
    return sessions + [(one.name, s) for one in plan.phase for s in one.session]


def exercises_of(plan: Plan, tested: Sequence[str]) -> list[str]:
    """Return the ids of all exercises of a plan and of its tests, sorted."""
    slots = [slot for _, _, slots in slots_in_order(plan) for slot in slots]
    return sorted(
        {e for slot in slots for e in (slot.exercise, *slot.ladder)} | {*tested}
    )


def _plan_record(plan: Plan) -> np.void:
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
    return np.array([values], dtype=state.PLAN)[0]


def _phases_and_occasions(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return the phases, and the sessions of every weekday of every phase."""
    sessions, phases, occasions = _sessions(plan), [], []
    ends = accumulate((len(slots_of(plan, one)) for _, one in sessions), initial=0)
    spans = [*pairwise(ends)]  # of slots
    for phase in plan.phase:
        gate, first, busy = phase.advance or Gate(), [], []
        for place, weekday in enumerate(WEEKDAYS):
            first.append(len(occasions))
            for (name, session), span in zip(sessions, spans, strict=True):
                days = session.days or plan.days
                if name in ("", phase.name) and weekday in days:
                    is_week_end = place == max(map(WEEKDAYS.index, days))
                    occasions.append((*span, is_week_end))
                    busy.append(place)
        limits = gate.technique_min, gate.pain_max
        limits += gate.range_min_deg, gate.asymmetry_max_deg
        values = (
            phase.weeks,
            gate.max_extra_weeks if phase.advance else 0,
            phase.advance is not None,
            gate.over_sessions,
            *(nan if limit is None else limit for limit in limits),
            busy[0] if busy else 0,
            [*first, len(occasions)],
        )
        phases.append(values)
    occasions = np.array(occasions, dtype=state.OCCASION)
    return np.array(phases, dtype=state.PHASE), occasions


def _calendar(plan: Plan) -> np.ndarray:
    """Return deloads by week of the plan, and tests by week of the run."""
    horizon, assessment = horizon_of(plan), plan.assessment
    weeks = np.zeros(horizon, dtype=state.CALENDAR_WEEK)
    weeks["is_deload"] = [week + 1 in plan.deload.weeks for week in range(horizon)]
    if assessment:
        every = assessment.every_weeks or horizon
        weeks["is_test"] = [
            week % every == 0 or week + 1 in assessment.weeks for week in range(horizon)
        ]
    return weeks


@lru_cache(maxsize=64)
def _exercises(
    catalogue: ById, names: tuple[str, ...], tested: tuple[str, ...], other: float
) -> np.ndarray:
    """Return exercises as records; `other` is the dose of a stretch elsewhere."""
    rows = [
        _exercise(catalogue.value[name], name in tested, other=other) for name in names
    ]
    records = np.array(rows, dtype=state.EXERCISE)
    records.flags.writeable = False  # shared by all that find it in the cache
    return records


def _exercise(exercise: Exercise, is_tested: bool, *, other: float) -> tuple:
    """Return the values of an EXERCISE."""
    share = dict.fromkeys(MUSCLES, 0.0)
    if exercise.is_counted:
        share |= dict.fromkeys(exercise.secondary, SECONDARY_SHARE)
        share |= dict.fromkeys(exercise.primary, 1.0)
    # Weights in the lift add up to 1, or are all 0 where no muscle counts.
    shares, total = [*share.values()], sum(share.values()) or 1.0
    *patterns, other_pattern = state.PATTERNS
    pattern = exercise.pattern if exercise.pattern in patterns else other_pattern
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
        state.PATTERNS.index(pattern),
        float(seconds_per_rep(exercise.tempo)) if exercise.tempo else 1.0,
        share["erector_spinae"],
        share["hip_abductors"] + share["hip_adductors"] + share["trunk"],
        1.0 if "hip_flexors" in exercise.stretches else mobility,
        _stable_number(exercise.id),
    )


def _stable_number(text: str) -> int:
    """Return a number of 31 bits, the same in every process; `hash` is not."""
    return crc32(text.encode()) >> 1


@lru_cache(maxsize=256)
def _slots_of_session(
    session: str,
    slots: ById,
    catalogue: ById,
    names: tuple[str, ...],
    usual_rest_s: float,
) -> np.ndarray:
    """Return the slots of a session as records."""
    exercises, rows, before = catalogue.value, [], []
    for slot in slots.values:
        ladder = [exercises[e] for e in (slot.exercise, *slot.ladder)]
        scheme = slot.scheme
        # Random numbers go by session, exercise and how often it came before, so that
        # a plan with other slots beside this one leaves it the same numbers.
        channel = f"{session}/{slot.exercise}/{before.count(slot.exercise)}"
        before.append(slot.exercise)
        rows.append(
            (
                SET_KINDS.index(slot_kind(slot, ladder[0])),
                scheme.is_hold,
                _first_fraction(slot),
                scheme.load_kg or 0.0,
                nan if scheme.rir is None else scheme.rir,
                _rest_factor(slot, slots.values, exercises, usual_rest_s),
                slot.rest_s,
                slot.tempo is not None,
                POLICIES[slot.side_first],
                _FIRST_SLOT_CHANNEL + _stable_number(channel),
                _filled(_seconds(slot, ladder[0]), state.MAX_TEMPOS),
                _filled([names.index(e.id) for e in ladder], state.MAX_LADDER_STEPS),
                _filled([step_of(slot, e) for e in ladder], state.MAX_LADDER_STEPS),
                *rule_record(slot.progress, scheme, len(ladder)),
            )
        )
    return np.array(rows, dtype=state.SLOT)


def _filled(row: Sequence[float], length: int) -> list[float]:
    """Return a row filled up with its last value."""
    return [*row, *[row[-1]] * (length - len(row))]


def _first_fraction(slot: Slot) -> float:
    """Return the share of the 1RM to start with; 0 where none follows."""
    scheme = slot.scheme
    if scheme.pct_1rm is not None:
        return scheme.pct_1rm / 100
    max_reps = RELATIONS[RELATION].max_reps
    if scheme.rir is None or scheme.is_hold or scheme.low + scheme.rir > max_reps:
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
    slots: Sequence[Slot],
    exercises: Mapping[str, Exercise],
    usual_rest_s: float,
) -> float:
    """Return how much a set costs the next one of its slot, by the time between."""
    # In a group (superset), the sets of the other members are rest for this slot.
    members = [one for one in slots if slot.group and one.group == slot.group] or [slot]
    rest_s = sum(one.rest_s for one in members)
    for one in members:
        if one is not slot:
            exercise = exercises[one.exercise]
            sides = 2 if exercise.is_unilateral else 1
            rest_s += sides * one.scheme.low * _seconds(one, exercise)[0]
    return cost_of_rest(rest_s, usual_rest_s)


def cost_of_rest(rest_s: float, usual_rest_s: float) -> float:
    """Return how much a set costs the next after a rest: sqrt(usual rest / rest)."""
    rest_s = min(max(rest_s, _REST_S[0]), _REST_S[1])
    return (usual_rest_s / rest_s) ** 0.5


def athlete_arrays_of(
    athletes: Sequence[Athlete],
    exercises: Mapping[str, Exercise],
    names: Sequence[str],
    n_weeks: int,
    model: np.void,
    *,
    needed: Collection[str],
) -> AthleteArrays:
    """Return athletes as arrays; PlanError names every needed 1RM that is unknown.

    A `population.Cohort` is drawn without making each an `Athlete`. `names` are the
    ids of the exercises, in the order of the plan's arrays; those in `needed` need a
    1RM that is known or can be estimated.
    """
    lifts = [exercises[name] for name in names]
    unique, rows = unique_athletes(athletes)
    known = [_known(athlete, lifts, exercises, needed) for athlete in unique]
    known = np.array(known, dtype=KNOWN).reshape(len(unique), len(lifts))[rows]
    events = [[_events(one, week) for week in range(1, n_weeks + 1)] for one in unique]
    events = np.array(events, dtype=state.WEEK_EVENTS).reshape(len(unique), n_weeks)
    is_drawn = isinstance(athletes, Cohort)
    traits = athletes.traits() if is_drawn else traits_of(unique)[rows]
    return AthleteArrays(
        _athlete_records(traits, model),
        _strength_records(traits, known, lifts, model),
        events[rows],
    )


def unique_athletes(
    athletes: Sequence[Athlete],
) -> tuple[Sequence[Athlete], np.ndarray]:
    """Return athletes without repetitions, and for each of `athletes` its place.

    Those who are drawn go by the average athlete that they are drawn around.
    """
    if isinstance(athletes, Cohort):
        return [athletes.population.athlete], np.zeros(len(athletes), dtype="int64")
    by_id = {id(athlete): athlete for athlete in athletes}
    places = {key: place for place, key in enumerate(by_id)}
    rows = [places[id(athlete)] for athlete in athletes]
    return [*by_id.values()], np.array(rows, dtype="int64")


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
            except InputError as fault:
                faults += [str(fault)] if lift.id in needed else []
            else:
                kg, ratio = found.measured_kg, found.ratio
                is_measured = found.is_measured
        known.append((kg, ratio, is_measured, athlete.familiarity.get(lift.id, nan)))
    if faults:
        raise PlanError(athlete.name, faults)
    return known


def _events(athlete: Athlete, week: int) -> tuple[bool, float]:
    flares = [flare.pain for flare in athlete.flare_ups if flare.week == week]
    return week in athlete.missed_weeks, sum(flares)


def _athlete_records(traits: np.ndarray, model: np.void) -> np.ndarray:
    """Return [athlete] of ATHLETE from `traits.TRAITS`."""
    athletes = np.zeros(len(traits), state.ATHLETE)
    alike = ("body_mass_kg", "technique", "sorensen_s", "range_deg", "bridge_reps")
    for name in alike:
        athletes[name] = traits[name]
    athletes["chronic_pain"] = traits["pain"]
    athletes["attendance_z_max"] = traits["stays_away_above"]
    athletes["recovery"] = _recovery(traits, model)
    athletes["tolerance"] = _by_status("tolerance", traits, model)
    strength = _power(np.maximum(traits["bridge_reps"], 1.0), model.sides_power)
    side_factor = 2.0 * strength / strength.sum(axis=1, keepdims=True)
    response = traits["response"][:, None] * traits["legs"]
    athletes["side_factor"], athletes["response"] = side_factor, response
    # Sides of one athlete can become equally strong; the difference of today is taken
    # to be one of training, in the share `sides.room`: a weaker side has more room.
    # (1 + own ceiling) x side factor ^ share = 1 + ceiling.
    factor = _power(side_factor, model.sides_room)
    for name in ("muscle_ceiling", "skill_ceiling"):
        ceiling = _by_status(name, traits, model)[:, None]
        own = (1.0 + ceiling * np.maximum(response, 1e-9)) / factor - 1.0
        athletes[name] = np.maximum(own, MIN_CEILING)
    left, right = traits["bridge_reps"].T
    weaker = np.where(left < right, LEFT, RIGHT)
    athletes["weaker_side"] = np.where(left == right, BOTH, weaker)
    return athletes


def _by_status(name: str, traits: np.ndarray, model: np.void) -> np.ndarray:
    """Return a constant of every athlete that training status decides."""
    return np.array([model[f"{name}_{one}"] for one in STATUSES])[traits["status"]]


def _power(base: np.ndarray, exponent: float) -> np.ndarray:
    """Return a power that every machine rounds alike; NumPy's goes by the processor."""
    exponent = float(exponent)  # a number of NumPy would make the power NumPy's
    return np.reshape([one**exponent for one in base.ravel().tolist()], base.shape)


def _recovery(traits: np.ndarray, model: np.void) -> np.ndarray:
    """Return how well athletes' habits support recovery; 1 for usual habits."""
    more_sleep_h = np.clip(traits["sleep_h"] - USUAL_SLEEP_H, -3.0, 1.0)
    more_sessions = np.maximum(traits["other_sessions"] - USUAL_OTHER_SESSIONS, 0.0)
    recovery = (
        1.0
        + model.recovery_sleep_per_h * more_sleep_h
        + model.recovery_nutrition * (traits["nutrition"] - USUAL_NUTRITION)
        + model.recovery_hydration * (traits["hydration"] - USUAL_NUTRITION)
        - model.recovery_stress * (traits["stress"] - USUAL_STRESS)
        - model.recovery_other_sessions * more_sessions
    )
    return np.clip(recovery, MIN_RECOVERY, MAX_RECOVERY)


def _strength_records(
    traits: np.ndarray, known: np.ndarray, lifts: Sequence[Exercise], model: np.void
) -> np.ndarray:
    """Return [athlete, lift] of STRENGTH: what athletes can do at the start."""
    strengths = np.zeros(known.shape, state.STRENGTH)
    implements = np.array([max(one.n_implements, 1.0) for one in lifts])
    rated_share = np.array([one.body_mass_share * one.rates_body_mass for one in lifts])
    # A longest hold is a share of that of the back, and holding less of the body mass
    # lasts longer, by a power of the ratio.
    names = [_HOLDS.get(one.pattern) for one in lifts]
    hold_share = np.array([model[name] if name else 1.0 for name in names])
    held = np.array([max(one.body_mass_share, 0.1) for one in lifts])
    hold_factor = _power(_SORENSEN_SHARE / held, model.hold_power)
    mass_kg, strength, hold_s = (
        traits[name][:, None] for name in ("body_mass_kg", "strength", "sorensen_s")
    )
    kg = known["ratio"] * (known["measured_kg"] * strength)
    rated_kg = kg * implements + rated_share * mass_kg
    strengths["base_kg"] = np.where(kg > 0.0, rated_kg, 0.0)  # 0 for no 1RM
    strengths["is_measured"] = known["is_measured"]
    strengths["hold_s"] = hold_s * hold_share * hold_factor
    usual = _by_status("familiarity_known", traits, model)[:, None]
    own, is_own = known["familiarity"], known["familiarity"] >= 0.0  # false if missing
    strengths["familiarity"] = np.where(is_own, own, usual)
    return strengths
