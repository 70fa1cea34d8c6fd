"""States of the person: what they make of a morning, and how a night moves them on."""

from math import exp, nan
from typing import NamedTuple

import numpy as np

from hipext.engine.decisions import prescribe
from hipext.engine.progression import Prescription
from hipext.engine.random import pair
from hipext.engine.state import (
    BASELINE,
    LEFT,
    N_MUSCLES,
    RIGHT,
    SIDES,
    RunState,
    log_lift,
    log_muscle,
)


class DecayFactors(NamedTuple):
    """Share of a state that a night or a session leaves, exp(-1 / tau)."""

    muscle: float
    skill: float
    fatigue: float
    recent: float
    pending_soreness: float
    soreness: float
    stiffness: float
    range: float
    stability: float
    endurance: float
    irritation: float
    tolerance: float
    flare: float
    chronic_pain_left: float
    unlearned: float
    novelty: float


def decay_factors(model: np.void, recovery: float) -> DecayFactors:
    """Return what a night keeps; well recovered, fatigue and soreness fade faster."""
    return DecayFactors(
        exp(-1.0 / model.muscle_tau_d),
        exp(-1.0 / model.skill_tau_d),
        exp(-recovery / model.fatigue_tau_d),
        exp(-1.0 / model.dose_recent_tau_d),
        exp(-1.0 / model.soreness_coming_tau_d),
        exp(-recovery / model.soreness_tau_d),
        exp(-1.0 / model.stiffness_tau_d),
        exp(-1.0 / model.range_tau_d),
        exp(-1.0 / model.stability_tau_d),
        exp(-1.0 / model.endurance_tau_d),
        exp(-1.0 / model.irritation_tau_d),
        exp(-1.0 / model.tolerance_tau_d),
        exp(-1.0 / model.pain_flare_tau_d),
        exp(-1.0 / model.pain_chronic_tau_d),
        exp(-1.0 / model.familiarity_sessions),
        exp(-1.0 / model.soreness_novelty),
    )


def capacity_of(
    exercise: np.void, lift: np.void, muscles: np.ndarray, side: int
) -> float:
    """Return what a side can lift this morning, as a share of its baseline.

    capacity = 1 + familiarity + adaptation of the lift + of its muscles - fatigue
    """
    capacity = 1.0 + lift.familiar + lift.skill[side]
    for place in range(N_MUSCLES):
        muscle = muscles[place, side]
        capacity += exercise.weight[place] * (muscle.adaptation - muscle.fatigue)
    return max(capacity, 0.05)


def strength_of(run: RunState, side: int) -> float:
    """Return the mean capacity of the tested lifts, as a share of the baseline.

    It is missing where no 1RM is known.
    """
    total, n_lifts = 0.0, 0
    for e in range(len(run.exercises)):
        exercise, lift = run.exercises[e], run.lifts[e]
        if exercise.is_tested and run.strengths[e].is_measured:
            total += capacity_of(exercise, lift, run.muscles, side)
            n_lifts += 1
    return total / n_lifts if n_lifts > 0 else nan


def overnight_update(run: RunState, day: int, decay: DecayFactors) -> None:
    """Move every state on to the next morning."""
    body, model, athlete = run.body, run.model, run.athlete
    is_kept = run.log.is_kept
    for place in range(N_MUSCLES):
        for side in SIDES:
            # 3 Adaptation of a muscle, which fades and has ever less room; fatigue.
            muscle = run.muscles[place, side]
            grown = 0.0
            if muscle.dose > 0.0:
                counted = effective_dose(
                    muscle.recent, muscle.dose, model.dose_crowding
                )
                room = max(1.0 - muscle.adaptation / athlete.muscle_ceiling[side], 0.0)
                gain = athlete.response[side] * athlete.recovery
                grown = model.muscle_gain * gain * counted * room
            tired = model.fatigue_gain * muscle.cost
            if is_kept:
                log_muscle(run.log, day, place, side, muscle, grown, tired)
            muscle.adaptation = (muscle.adaptation + grown) * decay.muscle
            muscle.fatigue = (muscle.fatigue + tired) * decay.fatigue
            muscle.recent = (muscle.recent + muscle.dose) * decay.recent
            muscle.dose = muscle.cost = 0.0
    for e in range(len(run.lifts)):
        lift = run.lifts[e]
        if lift.novelty == 1.0 and not lift.is_exposed:
            continue  # it has not been done yet
        for side in SIDES:
            # 3 Adaptation of the lift alone.
            dose, skill, recent = (
                lift.skill_dose[side],
                lift.skill[side],
                lift.skill_recent[side],
            )
            grown = 0.0
            if dose > 0.0:
                counted = effective_dose(recent, dose, model.dose_crowding)
                room = max(1.0 - skill / athlete.skill_ceiling[side], 0.0)
                gain = athlete.response[side] * athlete.recovery
                grown = model.skill_gain * gain * counted * room
            if is_kept:
                log_lift(run.log, day, e, side, lift, grown)
            lift.skill[side] = (skill + grown) * decay.skill
            lift.skill_recent[side] = (recent + dose) * decay.recent
            lift.skill_dose[side] = 0.0
        if lift.is_exposed:
            # 3 Familiarity: rises with sessions of the lift and soon stays.
            lift.unlearned *= decay.unlearned
            lift.novelty *= decay.novelty
            new = 1.0 - run.strengths[e].familiarity
            lift.familiar = model.familiarity_size * new * (1.0 - lift.unlearned)
            lift.is_exposed = False
    any_practice = 0.0
    for pattern in range(len(body.technique)):
        any_practice = max(any_practice, body.practice[pattern])
    for pattern in range(len(body.technique)):
        # 4 Technique: learned by good practice, spoiled by bad, a part by any pattern.
        practice = body.practice[pattern]
        practice = (
            practice if practice != 0.0 else model.technique_transfer * any_practice
        )
        skill = body.technique[pattern]
        room = max(model.technique_ceiling - skill, 0.0) if practice > 0.0 else skill
        learned = model.technique_gain * practice * room
        body.technique[pattern] = skill + learned
        body.practice[pattern] = 0.0
    # 4 Soreness: comes in the next days, goes in the days after.
    body.pending_soreness += model.soreness_gain * body.soreness_dose
    arrived = body.pending_soreness * (1.0 - decay.pending_soreness)
    body.pending_soreness -= arrived
    body.soreness = min(body.soreness * decay.soreness + arrived, 10.0)
    # 4 Stiffness and range: hard sets stiffen, mobility frees and lengthens.
    freed = (
        1.0
        + model.stiffness_relief * (body.mobility[LEFT] + body.mobility[RIGHT]) / 2.0
    )
    stiffer = body.stiffness + model.stiffness_gain * body.hard_sets
    body.stiffness = min(stiffer * decay.stiffness / freed, model.stiffness_most_deg)
    for side in SIDES:
        room = max(model.range_ceiling_deg - body.range_deg[side], 0.0)
        reached = body.range_deg[side] + model.range_gain * body.mobility[side] * room
        start = athlete.range_deg[side]
        body.range_deg[side] = start + (reached - start) * decay.range
        body.mobility[side] = 0.0
    # 4 Stability of the pelvis, endurance of the back.
    steady = body.stability
    steady += model.stability_gain * body.stability_dose * (1.0 - steady)
    body.stability = (
        model.stability_start + (steady - model.stability_start) * decay.stability
    )
    room = max(1.0 - body.endurance / model.endurance_ceiling, 0.0)
    gain = (athlete.response[LEFT] + athlete.response[RIGHT]) / 2.0 * athlete.recovery
    grown = model.endurance_gain * gain * min(body.endurance_dose, 3.0) * room
    body.endurance = (body.endurance + grown) * decay.endurance
    # 4 Lower back: what the day's load has over tolerance irritates, and pain follows.
    load = body.lumbar * (1.0 - model.lumbar_stability_relief * body.stability)
    over = max(load / body.tolerance - 1.0, 0.0)
    body.irritation = (body.irritation + over) * decay.irritation
    more = model.tolerance_gain * max(load - model.tolerance_spur * body.tolerance, 0.0)
    start = athlete.tolerance
    body.tolerance = start + (body.tolerance + more - start) * decay.tolerance
    body.flare *= decay.flare
    body.chronic_pain_left *= decay.chronic_pain_left
    body.lumbar = body.soreness_dose = body.hard_sets = 0.0
    body.stability_dose = body.endurance_dose = 0.0


def effective_dose(recent: float, dose: float, crowding: float) -> float:
    """Return what a dose counts after the doses of the last days.

    D(recent + dose) - D(recent) with D(x) = (1 + c) x / (1 + c x): one set alone counts
    1, each further one less. A crowding c of 0 makes it the dose itself.
    """
    before, after = 1.0 + crowding * recent, 1.0 + crowding * (recent + dose)
    return (1.0 + crowding) * dose / (before * after)


def initial_state(run: RunState) -> DecayFactors:
    """Set body and book to the first morning; return what each night keeps."""
    _initial_body(run)
    _initial_observations(run)
    return decay_factors(run.model, run.athlete.recovery)


def _initial_body(run: RunState) -> None:
    body, model, athlete = run.body, run.model, run.athlete
    body.readiness = body.chronic_pain_left = 1.0
    body.tolerance, body.stability = athlete.tolerance, model.stability_start
    body.pain = body.flare = body.irritation = body.lumbar = 0.0
    body.soreness = body.pending_soreness = body.soreness_dose = body.stiffness = (
        body.hard_sets
    ) = 0.0
    body.stability_dose = body.endurance = body.endurance_dose = body.warmth = 0.0
    for pattern in range(len(body.technique)):
        body.technique[pattern], body.practice[pattern] = athlete.technique, 0.0
    for side in SIDES:
        body.range_deg[side], body.mobility[side] = athlete.range_deg[side], 0.0
        for place in range(N_MUSCLES):
            muscle = run.muscles[place, side]
            muscle.adaptation = muscle.fatigue = muscle.recent = 0.0
            muscle.dose = muscle.cost = muscle.acute_fatigue = 0.0
    for e in range(len(run.lifts)):
        lift, strength = run.lifts[e], run.strengths[e]
        for side in SIDES:
            lift.skill[side] = lift.skill_recent[side] = lift.skill_dose[side] = 0.0
        lift.familiar = 0.0
        lift.unlearned = lift.novelty = 1.0
        lift.is_exposed = False
        off = 0.0  # an estimated 1RM is off by something; a measured one is not
        if run.is_noisy and not strength.is_measured:
            identity = run.exercises[e].identity
            off, _ = pair(run.seed, run.person, identity, BASELINE)
        lift.base_kg = strength.base_kg * exp(model.baseline_estimate_cv * off)
        run.e1rm_kg[e] = strength.base_kg


def _initial_observations(run: RunState) -> None:
    observed, athlete = run.observed, run.athlete
    observed.week = observed.phase = observed.extra_weeks = observed.regressed_from = (
        observed.plan_week
    ) = 0
    observed.last_reactive_week = observed.no_progress_week = observed.n_rated = 0
    observed.is_light = observed.has_asymmetry = False
    observed.phase_week, observed.last_deload_week, observed.weaker = (
        1,
        -99,
        athlete.weaker,
    )
    observed.last_work = -1
    observed.pain = observed.soreness = 0.0
    observed.pain_of_week = nan if run.plan.is_open_loop else 0.0
    observed.pain_at_test = athlete.chronic_pain
    for side in SIDES:
        observed.range_deg[side] = athlete.range_deg[side]
        observed.bridge_reps[side] = athlete.bridge_reps[side]
        observed.mobility_factor[side] = 1.0
    for slot in range(len(run.slots)):
        asked, slot_state = run.slots[slot], run.slot_states[slot]
        # The first load is worked out when it is needed, from what is known by then.
        prescribe(slot_state, Prescription(asked.n_sets, asked.low, 0.0, 0, 0, 0, 0))
        slot_state.done_kg, slot_state.last_day = nan, -1
        for place in range(len(slot_state.rated)):
            slot_state.rated[place] = nan
