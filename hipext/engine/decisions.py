"""Decisions of each day, made from observations and never from hidden states.

The functions see the plan and what a coach could have written down, never the body.
Each changes the observed record or the next prescription of a slot, and logs one row
per decision: action, reason, and the observations behind it.
"""

from math import floor, isnan, nan

import numpy as np

from hipext.engine import progression as steps
from hipext.engine import state
from hipext.engine.progression import (
    Prescription,
    after_failure,
    after_success,
    round_to_increment,
    with_load,
)
from hipext.engine.state import DAYS_PER_WEEK, LEFT, RIGHT, WORK, RunState

(  # reasons, after those of `progression`
    PAIN_BLOCKS_STEP,
    PAIN_REDUCES_LOAD,
    SORENESS_HIGH,
    TECHNIQUE_LOW,
    TECHNIQUE_REGRESSION,
    EFFORT_HIGH,
    TRAINING_GAP,
    NO_PROGRESS_WEEK,
    GATE_PASSED,
    GATE_EXTENDS,
    GATE_REGRESSES,
    GATE_STAYS_CLOSED,
    PLANNED_DELOAD,
    REACTIVE_DELOAD,
    DELOAD_NOT_STACKED,
    AFTER_DELOAD,
    PAIN_REDUCES_SESSION,
    TECHNIQUE_STOP,
    WEAKER_SIDE_FIRST,
    SIDES_SIMILAR,
    MORE_MOBILITY,
    RANGE_SUFFICIENT,
    PAIN_ROSE,
    PAIN_STEADY,
    MISSED_SESSION,
    ESTIMATES_REDUCED,
    GATE_ASSUMED,
) = range(steps.HARDER_EXERCISE + 1, steps.HARDER_EXERCISE + 28)
WEEK_ROW, PHASE_ROW = -1, -2  # in place of the slot, for decisions about these
LOW_TECHNIQUE, HIGH_PAIN, SHORT_RANGE, ASYMMETRY = 1, 2, 4, 8  # sum: failures of a gate


def log_decision(
    run: RunState, slot: int, action: int, reason: int, pain: float, limit: float
) -> int:
    """Log a decision; return the row that takes the other observations behind it."""
    log, decisions = run.log, run.log.decisions
    row = log.count.decisions
    if log.is_kept:  # otherwise there is one row, which every decision overwrites
        log.count.decisions = row + 1
    decisions.day[row] = run.observed.day
    decisions.slot[row] = slot
    decisions.action[row] = action
    decisions.reason[row] = reason
    decisions.observed.pain_reported[row] = pain
    decisions.observed.limit[row] = limit
    return row


def log_prescription(column: np.ndarray, row: int, prescription: Prescription) -> None:
    """Log a prescription before or after a decision."""
    column.n_sets[row] = prescription.n_sets
    column.reps_or_s[row] = prescription.reps_or_s
    column.load_kg[row] = prescription.load_kg
    column.n_successes[row] = prescription.n_successes
    column.n_failed[row] = prescription.n_failed
    column.n_steps[row] = prescription.n_steps
    column.ladder_step[row] = prescription.ladder_step


def prescription_of(slot_state: np.void) -> Prescription:
    """Return what a slot prescribes next."""
    return Prescription(
        slot_state.n_sets,
        slot_state.reps_or_s,
        slot_state.load_kg,
        slot_state.n_successes,
        slot_state.n_failed,
        slot_state.n_steps,
        slot_state.ladder_step,
    )


def prescribe(slot_state: np.void, prescription: Prescription) -> None:
    """Set what a slot prescribes next."""
    slot_state.n_sets = prescription.n_sets
    slot_state.reps_or_s = prescription.reps_or_s
    slot_state.load_kg = prescription.load_kg
    slot_state.n_successes = prescription.n_successes
    slot_state.n_failed = prescription.n_failed
    slot_state.n_steps = prescription.n_steps
    slot_state.ladder_step = prescription.ladder_step


def prescribe_today(
    run: RunState, slot_number: int, is_reduced: bool
) -> tuple[int, int, float]:
    """Return sets, repetitions or seconds, and load of a slot today."""
    plan, slot = run.plan, run.slots[slot_number]
    slot_state = run.slot_states[slot_number]
    exercise = run.exercises[slot.exercise[slot_state.ladder_step]]
    step_kg = slot.step_kg[slot_state.ladder_step]
    if not exercise.is_loaded:
        slot_state.load_kg = 0.0
    elif slot_state.load_kg <= 0.0:
        slot_state.load_kg = max(first_load(run, slot_number), step_kg)
    n_sets, reps_or_s = slot_state.n_sets, slot_state.reps_or_s
    load_kg = slot_state.load_kg
    if is_reduced:
        if plan.deload_sets > 0 and not slot.is_hold:
            n_sets, reps_or_s = plan.deload_sets, plan.deload_reps
        else:  # 1e-9: see `round_to_increment`
            n_sets = max(1, floor(n_sets * plan.deload_sets_fraction + 0.5 + 1e-9))
        # Cut the load last lifted at full dose: cuts never stack, and a step that was
        # not yet trained is not cut instead.
        if not isnan(slot_state.done_kg):
            load_kg = slot_state.done_kg
        load_kg *= plan.deload_load_fraction
    if exercise.is_loaded:
        load_kg = round_to_increment(load_kg, step_kg)
    return n_sets, reps_or_s, load_kg


def first_load(run: RunState, slot_number: int) -> float:
    """Return the load to start with: given, or a share of the estimated 1RM."""
    slot = run.slots[slot_number]
    index = slot.exercise[run.slot_states[slot_number].ladder_step]
    exercise = run.exercises[index]
    if slot.first_fraction == 0.0:
        return slot.first_kg
    # The 1RM is the whole mass that effort goes by: all implements and the body's part.
    body_kg = exercise.rated_share * run.athlete.body_mass_kg
    rated_kg = slot.first_fraction * run.e1rm_kg[index]
    return (rated_kg - body_kg) / exercise.n_implements


def decide_session(run: RunState, occasion: int) -> bool:
    """Return whether a session is reduced today.

    It is reduced in a deload week and when much pain is reported. Loads come back lower
    after a gap: of a slot that was not trained for long, and of every estimated 1RM
    after as long without any work.
    """
    observed, model = run.observed, run.model
    if run.plan.is_open_loop:
        return observed.is_deload
    is_reduced, pain, has_work = observed.is_deload, observed.pain, False
    log, seen = run.log.decisions, run.log.decisions.observed
    span, limit = run.occasions[occasion], model.rule_gap_days
    for number in range(span.first_slot, span.end_slot):
        slot, slot_state = run.slots[number], run.slot_states[number]
        gap_d = observed.day - slot_state.last_day
        if slot.kind != WORK:
            continue
        has_work = True
        exercise = run.exercises[slot.exercise[slot_state.ladder_step]]
        was_done = (
            slot_state.last_day >= 0 and exercise.is_loaded and slot_state.load_kg > 0.0
        )
        if was_done and gap_d >= limit:
            before = prescription_of(slot_state)
            cut_pct = _cut_pct_after(model, gap_d)
            load_kg = before.load_kg * (1.0 - cut_pct / 100.0)
            after = with_load(before, load_kg, before.ladder_step)
            row = log_decision(run, number, steps.REDUCE, TRAINING_GAP, pain, limit)
            seen.days_without[row] = gap_d
            seen.cut_pct[row] = cut_pct
            log_prescription(log.before, row, before)
            log_prescription(log.after, row, after)
            prescribe(slot_state, after)
            slot_state.done_kg *= 1.0 - cut_pct / 100.0
    if not has_work:
        return is_reduced
    gap_d = observed.day - observed.last_work_day
    if observed.last_work_day >= 0 and gap_d >= limit:
        cut_pct = _cut_pct_after(model, gap_d)
        for index in range(len(run.e1rm_kg)):
            run.e1rm_kg[index] *= 1.0 - cut_pct / 100.0
        row = log_decision(run, WEEK_ROW, steps.REDUCE, ESTIMATES_REDUCED, nan, limit)
        seen.days_without[row] = gap_d
        seen.cut_pct[row], seen.occasion[row] = cut_pct, occasion
    observed.last_work_day = observed.day
    if not is_reduced and pain > model.rule_pain_cut:
        limit = model.rule_pain_cut
        reason = PAIN_REDUCES_SESSION
        row = log_decision(run, WEEK_ROW, steps.REDUCE, reason, pain, limit)
        seen.occasion[row] = occasion
        return True
    return is_reduced


def _cut_pct_after(model: np.void, gap_d: int) -> float:
    """Return by how many percent loads come down after days without training."""
    weeks = gap_d // DAYS_PER_WEEK
    return min(model.rule_gap_pct_per_week * weeks, model.rule_gap_most_pct)


def stop_sets(
    run: RunState, slot: int, n_done: int, n_sets: int, technique: float
) -> None:
    """Log that a slot ended before its last set, for the technique of this one."""
    seen, limit = run.log.decisions.observed, run.model.rule_technique_stop
    row = log_decision(run, slot, steps.STOP, TECHNIQUE_STOP, nan, limit)
    seen.technique_rated[row] = technique
    seen.sets_done[row] = n_done
    seen.sets_prescribed[row] = n_sets


def decide_slot(
    run: RunState,
    number: int,
    is_reduced: bool,
    is_week_end: bool,
    completed: bool,
    rir: float,
    technique: float,
) -> None:
    """Decide what a slot prescribes next from how its sets went.

    Conditions are tested in order of importance: reduced session, pain, failure,
    soreness, technique, effort. Only if none of them holds does the slot's own
    progression take a step.
    """
    observed, model = run.observed, run.model
    slot, slot_state = run.slots[number], run.slot_states[number]
    before = prescription_of(slot_state)
    pain, soreness = observed.pain, observed.soreness
    technique_min = run.phases[observed.phase].gate_technique
    if isnan(technique_min):
        technique_min = model.rule_technique_min
    n_below = _sessions_below(slot_state.technique, technique, technique_min)
    after, action, reason = before, steps.REPEAT, steps.REDUCED_SESSION
    limit, n_successes, n_failed, n_low = nan, nan, nan, nan
    # Comparisons with a missing value (NaN) are false: what was not observed, such as
    # the effort of a hold, speaks against nothing.
    if is_reduced:
        pass
    elif slot.kind == WORK and pain > model.rule_pain_cut:
        reason, action, limit = PAIN_REDUCES_LOAD, steps.REDUCE, model.rule_pain_cut
        load_kg = before.load_kg * (1.0 - model.rule_pain_drop_pct / 100.0)
        after = with_load(before, load_kg, before.ladder_step)
    elif not completed:
        after, action, reason = after_failure(slot, before, is_week_end)
        n_failed = before.n_failed + 1.0
    elif pain > model.rule_pain_hold:
        reason, limit = PAIN_BLOCKS_STEP, model.rule_pain_hold
    elif soreness > model.rule_soreness_hold:
        reason, limit = SORENESS_HIGH, model.rule_soreness_hold
    elif technique < technique_min:
        reason, limit, n_low = TECHNIQUE_LOW, technique_min, 1.0 * n_below
        if before.ladder_step > 0 and n_below >= 2:
            reason, action = TECHNIQUE_REGRESSION, steps.REGRESS
            after = with_load(before, 0.0, before.ladder_step - 1)
    elif rir < slot.target_rir - model.rule_effort_slack:
        reason, limit = EFFORT_HIGH, slot.target_rir
    elif observed.no_progress_week == observed.week:
        reason = NO_PROGRESS_WEEK
    else:
        after, action, reason = after_success(slot, before, is_week_end)
        n_successes = before.n_successes + 1.0
    if run.log.is_kept and (slot.kind == WORK or action != steps.REPEAT):
        log, seen = run.log.decisions, run.log.decisions.observed
        row = log_decision(run, number, action, reason, pain, limit)
        seen.all_sets_completed[row] = completed
        seen.reserve_reported[row] = rir
        seen.technique_rated[row] = technique
        seen.soreness_reported[row] = soreness
        seen.good_in_a_row[row] = n_successes
        seen.failed_in_a_row[row] = n_failed
        seen.sessions_below[row] = n_low
        log_prescription(log.before, row, before)
        log_prescription(log.after, row, after)
    prescribe(slot_state, after)
    if after.ladder_step != before.ladder_step:
        slot_state.done_kg = nan  # it was the load of another exercise


def _sessions_below(rated: np.ndarray, technique: float, limit: float) -> int:
    """Add a rating to the last three of a slot; return how many are below a limit."""
    if not isnan(technique):
        rated[0], rated[1], rated[2] = rated[1], rated[2], technique
    n_below = 0
    for place in range(3):
        if rated[place] < limit:  # false for a missing one
            n_below += 1
    return n_below


def start_week(run: RunState) -> bool:
    """Move to the next week: gate, phase and deload; False once the plan is done."""
    plan, observed, week = run.plan, run.observed, run.observed.day // DAYS_PER_WEEK + 1
    seen = run.log.decisions.observed
    observed.week = week
    was_deload = observed.is_deload
    if week > 1 and not _next_phase_week(run):
        return False
    # Deloads of the plan belong to its weeks, which an extension of a phase is not;
    # those every few weeks go by the weeks of the run.
    is_extension = observed.phase_week > run.phases[observed.phase].weeks
    is_planned = not is_extension and run.calendar[observed.plan_week].is_deload
    every, apart = plan.deload_every, plan.deload_weeks_apart
    is_planned = is_planned or (every > 0 and week % every == 0)
    pain, pain_limit = observed.pain_of_week, plan.deload_above_pain
    weeks_since_deload = week - observed.last_deload_week
    was_reactive = week - observed.last_reactive_week <= apart
    observed.is_deload = False
    if is_planned and was_reactive:
        row = log_decision(run, WEEK_ROW, steps.SKIP, DELOAD_NOT_STACKED, pain, nan)
        seen.weeks_since_deload[row] = weeks_since_deload
    elif is_planned:
        observed.is_deload = True
        log_decision(run, WEEK_ROW, steps.DELOAD, PLANNED_DELOAD, pain, nan)
    elif pain > pain_limit and weeks_since_deload > apart:
        observed.is_deload, observed.last_reactive_week = True, week
        log_decision(run, WEEK_ROW, steps.DELOAD, REACTIVE_DELOAD, pain, pain_limit)
    if observed.is_deload:
        observed.last_deload_week = week
    elif was_deload:
        log_decision(run, WEEK_ROW, steps.KEEP, AFTER_DELOAD, pain, nan)
    observed.pain_of_week = 0.0
    return True


def _next_phase_week(run: RunState) -> bool:
    """Go on by one week, through the gate where the phase is over."""
    phases, observed = run.phases, run.observed
    phase = observed.phase
    if observed.phase_week < phases[phase].weeks:
        observed.phase_week += 1
        observed.plan_week += 1
        return True
    if phases[phase].has_gate:
        failures, n_rated, technique, pain = gate_check(run)
        may_go_back = phase > 0 and failures & (LOW_TECHNIQUE | HIGH_PAIN) > 0
        action, reason = steps.REPEAT, GATE_STAYS_CLOSED
        if run.plan.is_open_loop:
            failures, action, reason = 0, steps.PASS, GATE_ASSUMED
        elif failures == 0:
            action, reason = steps.PASS, GATE_PASSED
        elif observed.extra_weeks < phases[phase].extra_weeks:
            action, reason = steps.EXTEND, GATE_EXTENDS
            observed.extra_weeks += 1
        elif may_go_back and observed.regressed_from < phase:
            # Each phase is left backwards at most once, so that a run ends.
            action, reason = steps.REGRESS, GATE_REGRESSES
        seen = run.log.decisions.observed
        row = log_decision(run, PHASE_ROW, action, reason, pain, nan)
        seen.gate_phase[row] = phase
        seen.gate_sessions[row] = n_rated
        seen.gate_failures[row] = failures
        seen.technique_rated[row] = technique
        seen.left[row] = observed.range_deg[LEFT]
        seen.right[row] = observed.range_deg[RIGHT]
        if action == steps.REGRESS:
            observed.plan_week -= phases[phase].weeks - 1
            observed.plan_week -= phases[phase - 1].weeks
            observed.regressed_from = phase
            observed.phase, observed.phase_week, observed.extra_weeks = phase - 1, 1, 0
            return True
        if action != steps.PASS:
            observed.phase_week += 1
            return True
    if phase + 1 == len(phases):
        return False
    observed.phase, observed.phase_week, observed.extra_weeks = phase + 1, 1, 0
    observed.plan_week += 1
    return True


def gate_check(run: RunState) -> tuple[int, int, float, float]:
    """Return what fails the gate of the phase, as a sum of codes; 0 if it is open.

    With it come the number of rated sessions that the gate sees, their lowest technique
    and their highest pain.
    """
    observed, gate = run.observed, run.phases[run.observed.phase]
    n_rated, technique, pain = min(observed.n_rated, gate.gate_sessions), 1.0, 0.0
    for back in range(1, n_rated + 1):
        place = (observed.n_rated - back) % state.MAX_GATE_SESSIONS
        technique = min(technique, observed.session_technique[place])
        pain = max(pain, observed.session_pain[place])
    left, right = observed.range_deg[LEFT], observed.range_deg[RIGHT]
    has_too_few = n_rated < gate.gate_sessions and not isnan(gate.gate_technique)
    failures = 0
    # A limit that is not demanded is missing, and comparisons with it are false.
    if technique < gate.gate_technique or has_too_few:
        failures += LOW_TECHNIQUE
    if pain > gate.gate_pain:
        failures += HIGH_PAIN
    if min(left, right) < gate.gate_range:
        failures += SHORT_RANGE
    if abs(left - right) > gate.gate_asymmetry:
        failures += ASYMMETRY
    return failures, n_rated, technique, pain


def decide_after_tests(run: RunState) -> None:
    """Let an assessment change the plan: weaker side, mobility, a week of no steps."""
    plan, observed, model = run.plan, run.observed, run.model
    seen = run.log.decisions.observed
    if plan.is_open_loop:
        return
    if plan.has_test[state.BRIDGE_TEST]:
        left, right = observed.bridge_reps[LEFT], observed.bridge_reps[RIGHT]
        gap_pct = 100.0 * abs(left - right) / max(left, right, 1.0)
        limit = model.rule_strength_gap_pct
        observed.has_asymmetry = gap_pct > limit
        action, reason = steps.KEEP, SIDES_SIMILAR
        if observed.has_asymmetry:
            observed.weaker_side = LEFT if left < right else RIGHT
            action, reason = steps.CHANGE, WEAKER_SIDE_FIRST
        row = log_decision(run, WEEK_ROW, action, reason, nan, limit)
        seen.left[row], seen.right[row] = left, right
        seen.difference_pct[row] = gap_pct
    if plan.has_test[state.RANGE_TEST]:
        left, right = observed.range_deg[LEFT], observed.range_deg[RIGHT]
        gap_deg, low_deg = abs(left - right), model.rule_range_low_deg
        limit = model.rule_range_gap_deg
        is_uneven = gap_deg > limit
        is_left_short = left < low_deg or (is_uneven and left < right)
        is_right_short = right < low_deg or (is_uneven and right < left)
        more = model.rule_more_mobility
        observed.mobility_factor[LEFT] = more if is_left_short else 1.0
        observed.mobility_factor[RIGHT] = more if is_right_short else 1.0
        action, reason = steps.KEEP, RANGE_SUFFICIENT
        if is_left_short or is_right_short:
            action, reason = steps.CHANGE, MORE_MOBILITY
        row = log_decision(run, WEEK_ROW, action, reason, nan, limit)
        seen.left[row], seen.right[row] = left, right
        seen.difference_deg[row] = gap_deg
        seen.short_sides[row] = is_left_short + is_right_short
    pain = observed.pain
    if observed.week > 1:  # in the first week there is no earlier assessment
        rise, limit = pain - observed.pain_at_test, model.rule_pain_rise
        action, reason = steps.KEEP, PAIN_STEADY
        if rise > limit:
            observed.no_progress_week = observed.week
            action, reason = steps.REPEAT, PAIN_ROSE
        row = log_decision(run, WEEK_ROW, action, reason, pain, limit)
        seen.change[row] = rise
    observed.pain_at_test = pain


def log_missed_session(run: RunState, occasion: int) -> None:
    """Log a session that the athlete did not attend."""
    span, seen = run.occasions[occasion], run.log.decisions.observed
    for slot in range(span.first_slot, span.end_slot):
        if run.slots[slot].kind == WORK:
            run.log.count.missed += 1.0
            break
    pain = run.observed.pain
    row = log_decision(run, WEEK_ROW, steps.SKIP, MISSED_SESSION, pain, nan)
    seen.occasion[row] = occasion
