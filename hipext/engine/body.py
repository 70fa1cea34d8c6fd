"""States of the body: capacity, their change overnight, and their starting values.

A state is that of the morning. What a day adds to it is summed in doses while the
athlete trains, and takes effect overnight, so that a session is felt from the next
morning on. Most states decay exponentially towards a resting value with a time constant
tau: the factor of one night is exp(-1 / tau).
"""

from math import exp, nan

import numpy as np

from hipext.engine import state
from hipext.engine.decisions import prescribe
from hipext.engine.progression import Prescription
from hipext.engine.random import pair
from hipext.engine.state import LEFT, RIGHT, SIDES, RunState

MIN_CAPACITY = 0.05  # share of the baseline; nobody loses all strength
MAX_ENDURANCE_DOSE = 3.0  # sets; more in one day train the back no further


def capacity_of(
    exercise: np.void, lift: np.void, muscles: np.ndarray, side: int
) -> float:
    """Return what a side can lift this morning, as a share of its baseline.

    capacity = 1 + familiarity + skill + sum over muscles of
    weight x (adaptation - fatigue), which is Banister's model with one fatigue and one
    adaptation per muscle.
    """
    capacity = 1.0 + lift.familiarity_gain + lift.skill[side]
    for index in range(state.N_MUSCLES):
        muscle = muscles[index, side]
        capacity += exercise.weight[index] * (muscle.adaptation - muscle.fatigue)
    return max(capacity, MIN_CAPACITY)


def strength_of(run: RunState, side: int) -> float:
    """Return the mean capacity of the tested lifts, as a share of the baseline.

    It is missing where no 1RM is known.
    """
    total, n_lifts = 0.0, 0
    for index in range(len(run.exercises)):
        exercise, lift = run.exercises[index], run.lifts[index]
        if exercise.is_tested and run.strengths[index].is_measured:
            total += capacity_of(exercise, lift, run.muscles, side)
            n_lifts += 1
    return total / n_lifts if n_lifts > 0 else nan


def overnight_update(run: RunState) -> None:
    """Move every state on to the next morning, and set the doses of the day to 0."""
    _update_muscles(run)
    _update_lifts(run)
    _update_technique(run)
    body, model, athlete, decay = run.body, run.model, run.athlete, run.decay
    # Soreness arrives from a pending pool, d(pending) = dose - pending / tau_coming,
    # and fades from what arrived: two exponentials, with a peak after a day or two.
    body.pending_soreness += model.soreness_gain * body.soreness_dose
    arrived = body.pending_soreness * (1.0 - decay.pending_soreness)
    body.pending_soreness -= arrived
    body.soreness = min(body.soreness * body.soreness_decay + arrived, 10.0)
    # Stiffness grows with hard sets; mobility work divides what is left of it.
    mean_mobility = (body.mobility[LEFT] + body.mobility[RIGHT]) / 2.0
    relief = 1.0 + model.stiffness_relief * mean_mobility
    stiffness = body.stiffness + model.stiffness_gain * body.hard_sets
    stiffness = stiffness * decay.stiffness / relief
    body.stiffness = min(stiffness, model.stiffness_most_deg)
    # Range grows with mobility work in proportion to the room below its ceiling, and
    # decays towards where it started.
    for side in SIDES:
        room = max(model.range_ceiling_deg - body.range_deg[side], 0.0)
        reached = body.range_deg[side] + model.range_gain * body.mobility[side] * room
        start = athlete.range_deg[side]
        body.range_deg[side] = start + (reached - start) * decay.range
        body.mobility[side] = 0.0
    # Stability of the pelvis, likewise, with a ceiling of 1.
    stability, start = body.stability, model.stability_start
    stability += model.stability_gain * body.stability_dose * (1.0 - stability)
    body.stability = start + (stability - start) * decay.stability
    # Endurance of the back responds by the mean of the sides.
    room = max(1.0 - body.endurance / model.endurance_ceiling, 0.0)
    response = (athlete.response[LEFT] + athlete.response[RIGHT]) / 2.0
    gain = response * athlete.recovery
    dose = min(body.endurance_dose, MAX_ENDURANCE_DOSE)
    endurance = body.endurance + model.endurance_gain * gain * dose * room
    body.endurance = endurance * decay.endurance
    # Lower back: the day's load relative to tolerance, less what a stable pelvis takes
    # off it, irritates where it exceeds 1. Load near tolerance raises tolerance.
    load = body.lumbar * (1.0 - model.lumbar_stability_relief * body.stability)
    excess = max(load / body.tolerance - 1.0, 0.0)
    body.irritation = (body.irritation + excess) * decay.irritation
    stimulus = max(load - model.tolerance_spur * body.tolerance, 0.0)
    raised = model.tolerance_gain * stimulus
    start = athlete.tolerance
    body.tolerance = start + (body.tolerance + raised - start) * decay.tolerance
    body.flare *= decay.flare
    body.chronic_pain_left *= decay.chronic_pain_left
    body.lumbar = body.soreness_dose = body.hard_sets = 0.0
    body.stability_dose = body.endurance_dose = 0.0


def _update_muscles(run: RunState) -> None:
    """Update adaptation and fatigue of the muscles of both sides."""
    model, athlete, log = run.model, run.athlete, run.log.muscles
    decay, day = run.decay, run.observed.day
    for index in range(state.N_MUSCLES):
        for side in SIDES:
            muscle = run.muscles[index, side]
            adaptation_gain = 0.0
            if muscle.dose > 0.0:
                dose = effective_dose(muscle.recent, muscle.dose, model.dose_crowding)
                share = muscle.adaptation / athlete.muscle_ceiling[side]
                adaptation_gain = _gain(athlete, side, model.muscle_gain, dose, share)
            fatigue_gain = model.fatigue_gain * muscle.cost
            if run.log.is_kept:
                log.adaptation[day, index, side] = muscle.adaptation
                log.fatigue[day, index, side] = muscle.fatigue
                log.adaptation_gain[day, index, side] = adaptation_gain
                log.fatigue_gain[day, index, side] = fatigue_gain
            muscle.adaptation = (muscle.adaptation + adaptation_gain) * decay.muscle
            muscle.fatigue = (muscle.fatigue + fatigue_gain) * run.body.fatigue_decay
            muscle.recent = (muscle.recent + muscle.dose) * decay.recent
            muscle.dose = muscle.cost = 0.0


def _update_lifts(run: RunState) -> None:
    """Update skill and familiarity of the lifts done so far."""
    model, athlete, log = run.model, run.athlete, run.log.lifts
    decay, day = run.decay, run.observed.day
    for index in range(len(run.lifts)):
        lift = run.lifts[index]
        if lift.novelty == 1.0 and not lift.is_exposed:
            continue  # not done yet
        for side in SIDES:
            dose, skill = lift.skill_dose[side], lift.skill[side]
            recent, skill_gain = lift.skill_recent[side], 0.0
            if dose > 0.0:
                counted = effective_dose(recent, dose, model.dose_crowding)
                share = skill / athlete.skill_ceiling[side]
                skill_gain = _gain(athlete, side, model.skill_gain, counted, share)
            if run.log.is_kept:
                log.skill[day, index, side] = skill
                log.familiarity[day, index, side] = lift.familiarity_gain
                log.skill_gain[day, index, side] = skill_gain
            lift.skill[side] = (skill + skill_gain) * decay.skill
            lift.skill_recent[side] = (recent + dose) * decay.recent
            lift.skill_dose[side] = 0.0
        if lift.is_exposed:
            # Familiarity goes by days with the lift, not by time, and does not fade:
            # size x (1 - initial familiarity) x (1 - exp(-n / sessions)).
            lift.unlearned *= decay.unlearned
            lift.novelty *= decay.novelty
            most = model.familiarity_size * (1.0 - run.strengths[index].familiarity)
            lift.familiarity_gain = most * (1.0 - lift.unlearned)
            lift.is_exposed = False


def _update_technique(run: RunState) -> None:
    """Update the technique of every movement pattern, by the practice of the day."""
    body, model = run.body, run.model
    any_practice = 0.0
    for pattern in range(len(state.PATTERNS)):
        any_practice = max(any_practice, body.practice[pattern])
    for pattern in range(len(state.PATTERNS)):
        # Good practice of another pattern transfers a part of itself. Failed practice
        # is negative, and takes from the technique in proportion to what there is.
        practice = body.practice[pattern]
        if practice == 0.0:
            practice = model.technique_transfer * any_practice
        technique = body.technique[pattern]
        room = technique
        if practice > 0.0:
            room = max(model.technique_ceiling - technique, 0.0)
        body.technique[pattern] = technique + model.technique_gain * practice * room
        body.practice[pattern] = 0.0


def effective_dose(recent: float, dose: float, crowding: float) -> float:
    """Return what a dose counts after the doses of the last days.

    D(recent + dose) - D(recent) with D(x) = (1 + c) x / (1 + c x): one set alone counts
    1, each further one less. A crowding c of 0 makes it the dose itself.
    """
    # The difference in closed form: subtracting two near numbers would lose digits.
    before, after = 1.0 + crowding * recent, 1.0 + crowding * (recent + dose)
    return (1.0 + crowding) * dose / (before * after)


def _gain(athlete: np.void, side: int, size: float, dose: float, share: float) -> float:
    """Return what a dose adds to a state that has reached a share of its ceiling."""
    # The nearer to its ceiling, the less.
    room = max(1.0 - share, 0.0)
    return size * (athlete.response[side] * athlete.recovery) * dose * room


def initial_state(run: RunState) -> None:
    """Set body and observations to the first morning; all fields must be 0 before."""
    body, model, athlete = run.body, run.model, run.athlete
    # Recovery divides the time constant of what training leaves behind for days.
    body.fatigue_decay = exp(-athlete.recovery / model.fatigue_tau_d)
    body.soreness_decay = exp(-athlete.recovery / model.soreness_tau_d)
    body.readiness = body.chronic_pain_left = 1.0
    body.tolerance, body.stability = athlete.tolerance, model.stability_start
    for pattern in range(len(state.PATTERNS)):
        body.technique[pattern] = athlete.technique
    for side in SIDES:
        body.range_deg[side] = athlete.range_deg[side]
    for index in range(len(run.lifts)):
        lift, strength = run.lifts[index], run.strengths[index]
        lift.unlearned = lift.novelty = 1.0
        # The true 1RM differs from an estimated one by a lognormal error, which the
        # coach does not know; a measured one is exact.
        z_error = 0.0
        if run.is_noisy and not strength.is_measured:
            identity = run.exercises[index].identity
            z_error, _ = pair(run.seed, run.athlete_number, identity, state.BASELINE)
        lift.base_kg = strength.base_kg * exp(model.baseline_estimate_cv * z_error)
        run.e1rm_kg[index] = strength.base_kg
    _initial_observations(run)


def _initial_observations(run: RunState) -> None:
    observed, athlete = run.observed, run.athlete
    observed.phase_week = 1
    # Long before the first week, so that no distance between deloads holds one back.
    observed.last_deload_week = observed.last_reactive_week = -99
    observed.weaker_side, observed.last_work_day = athlete.weaker_side, -1
    observed.pain_of_week = nan if run.plan.is_open_loop else 0.0
    observed.pain_at_test = athlete.chronic_pain
    for side in SIDES:
        observed.range_deg[side] = athlete.range_deg[side]
        observed.bridge_reps[side] = athlete.bridge_reps[side]
        observed.mobility_factor[side] = 1.0
    for number in range(len(run.slots)):
        slot, slot_state = run.slots[number], run.slot_states[number]
        # A load of 0 is worked out when it is needed, from what is known by then.
        first = Prescription(slot.n_sets_min, slot.low, 0.0, 0, 0, 0, 0)
        prescribe(slot_state, first)
        slot_state.done_kg, slot_state.last_day = nan, -1
        for place in range(len(slot_state.technique)):
            slot_state.technique[place] = nan
