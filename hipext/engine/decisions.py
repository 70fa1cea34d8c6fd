"""Decisions of the day loop. They see the plan and the book, never the body.

Each function changes the book and writes one row of the log per decision: what was
decided, by which rule, from which observations.
"""

from math import floor, isnan, nan

import numpy as np

from hipext.engine.progression import (
    CHANGE,
    DELOAD,
    EXTEND,
    HOLD,
    KEEP,
    LIGHT_WEEK,
    PASS,
    REDUCE,
    REGRESS,
    SKIP,
    STOP,
    Prescription,
    after_failure,
    after_success,
    round_to_increment,
)
from hipext.engine.state import (
    BRIDGE_TEST,
    DAYS,
    LEFT,
    RANGE_TEST,
    RIGHT,
    RING,
    WORK,
    RunState,
)

(
    PAIN_TODAY,
    PAIN_TOO_HIGH,
    TOO_SORE,
    TECHNIQUE_LOW,
    TECHNIQUE_BACK,
    TOO_HARD,
    AFTER_GAP,
    HELD_BY_TEST,
    GATE_OPEN,
    GATE_CLOSED,
    GATE_BACK,
    GATE_SHUT,
    PLANNED_DELOAD,
    PAIN_DELOAD,
    DELOAD_NOT_STACKED,
    RESUMED,
    PAIN_SESSION,
    SET_STOPPED,
    WEAKER_SIDE_FIRST,
    SIDES_ALIKE,
    MORE_MOBILITY,
    RANGE_ALIKE,
    TEST_WORSE,
    TEST_STEADY,
    MISSED_SESSION,
    LOWER_ESTIMATES,
    GATE_ASSUMED,
) = range(21, 48)
WEEK_ROW, PHASE_ROW = -1, -2  # in place of the slot


def log_decision(
    run: RunState, day: int, slot: int, action: int, reason: int, seen: tuple
) -> None:
    """Add a decision that is not about what a slot asks for; 8 observations."""
    none = Prescription(0, 0, 0.0, 0, 0, 0, 0)
    log_change(run, day, slot, action, reason, seen, none, none)


def log_change(
    run: RunState,
    day: int,
    slot: int,
    action: int,
    reason: int,
    seen: tuple,
    was: Prescription,
    will: Prescription,
) -> None:
    """Add a row to the log: 8 observations, and what was and will be asked for."""
    log = run.log
    if not log.is_kept:
        return
    row = log.count.decisions
    log.count.decisions = row + 1
    log.decisions[row, 0] = day
    log.decisions[row, 1] = slot
    log.decisions[row, 2] = action
    log.decisions[row, 3] = reason
    for place in range(8):
        log.decisions[row, 4 + place] = seen[place]
    for place, asked in ((12, was), (19, will)):
        log.decisions[row, place] = asked.n_sets
        log.decisions[row, place + 1] = asked.reps_or_s
        log.decisions[row, place + 2] = asked.load_kg
        log.decisions[row, place + 3] = asked.n_successes
        log.decisions[row, place + 4] = asked.n_failed
        log.decisions[row, place + 5] = asked.n_steps
        log.decisions[row, place + 6] = asked.ladder_step


def prescription_of(slot_state: np.void) -> Prescription:
    """Return what a slot asks for."""
    return Prescription(
        slot_state.n_sets,
        slot_state.reps_or_s,
        slot_state.load_kg,
        slot_state.n_successes,
        slot_state.n_failed,
        slot_state.n_steps,
        slot_state.ladder_step,
    )


def prescribe(slot_state: np.void, asked: Prescription) -> None:
    """Keep what a slot asks for next."""
    slot_state.n_sets = asked.n_sets
    slot_state.reps_or_s = asked.reps_or_s
    slot_state.load_kg = asked.load_kg
    slot_state.n_successes = asked.n_successes
    slot_state.n_failed = asked.n_failed
    slot_state.n_steps = asked.n_steps
    slot_state.ladder_step = asked.ladder_step


def prescribe_today(run: RunState, slot: int, is_light: bool) -> tuple[int, int, float]:
    """Return sets, amount and load of a slot today, lighter where `is_light`."""
    plan, asked, slot_state = run.plan, run.slots[slot], run.slot_states[slot]
    exercise = run.exercises[asked.exercise[slot_state.ladder_step]]
    if not exercise.is_loaded:
        slot_state.load_kg = 0.0
    elif slot_state.load_kg <= 0.0:
        slot_state.load_kg = max(
            first_load(run, slot), asked.step_kg[slot_state.ladder_step]
        )
    n_sets, reps_or_s, load_kg = (
        slot_state.n_sets,
        slot_state.reps_or_s,
        slot_state.load_kg,
    )
    if is_light:
        if plan.deload_sets > 0 and not asked.is_hold:
            n_sets, reps_or_s = plan.deload_sets, plan.deload_reps
        else:
            n_sets = max(1, floor(n_sets * plan.deload_sets_fraction + 0.5 + 1e-9))
        if not isnan(slot_state.done_kg):
            load_kg = slot_state.done_kg
        load_kg *= plan.deload_load_fraction
    if exercise.is_loaded:
        load_kg = round_to_increment(load_kg, asked.step_kg[slot_state.ladder_step])
    return n_sets, reps_or_s, load_kg


def first_load(run: RunState, slot: int) -> float:
    """Return the load to start with: given, or a share of the 1RM as it is known."""
    asked = run.slots[slot]
    e = asked.exercise[run.slot_states[slot].ladder_step]
    exercise = run.exercises[e]
    if asked.first_fraction == 0.0:
        return asked.first_kg
    body_kg = exercise.rated_share * run.athlete.body_mass_kg
    return (asked.first_fraction * run.e1rm_kg[e] - body_kg) / exercise.n_implements


def decide_session(run: RunState, day: int, first: int, last: int) -> bool:
    """Return whether the slots from `first` to `last` are to be light today.

    Loads of slots that rested for long come back lower.
    """
    observed, model = run.observed, run.model
    if run.plan.is_open_loop:
        return observed.is_light
    is_light, pain, has_work = observed.is_light, observed.pain, False
    for slot in range(first, last):
        slot_state = run.slot_states[slot]
        gap = day - slot_state.last_day
        if run.slots[slot].kind != WORK:
            continue
        has_work = True
        exercise = run.exercises[run.slots[slot].exercise[slot_state.ladder_step]]
        was_done = (
            slot_state.last_day >= 0 and exercise.is_loaded and slot_state.load_kg > 0.0
        )
        if was_done and gap >= model.rule_gap_days:
            was = prescription_of(slot_state)
            cut = _cut_after(model, gap)
            load_kg = was.load_kg * (1.0 - cut / 100.0)
            will = Prescription(
                was.n_sets, was.reps_or_s, load_kg, 0, 0, was.n_steps, was.ladder_step
            )
            seen = (nan, nan, nan, pain, nan, model.rule_gap_days, 1.0 * gap, cut)
            log_change(run, day, slot, REDUCE, AFTER_GAP, seen, was, will)
            prescribe(slot_state, will)
            slot_state.done_kg *= 1.0 - cut / 100.0
    if not has_work:
        return is_light
    gap = day - observed.last_work
    if observed.last_work >= 0 and gap >= model.rule_gap_days:
        cut = _cut_after(model, gap)
        for e in range(len(run.e1rm_kg)):
            run.e1rm_kg[e] *= 1.0 - cut / 100.0
        seen = (nan, nan, nan, pain, 1.0 * gap, cut, nan, model.rule_gap_days)
        log_decision(run, day, WEEK_ROW, REDUCE, LOWER_ESTIMATES, seen)
    observed.last_work = day
    if not is_light and pain > model.rule_pain_cut:
        seen = (nan, nan, nan, pain, nan, model.rule_pain_cut, nan, nan)
        log_decision(run, day, WEEK_ROW, REDUCE, PAIN_SESSION, seen)
        return True
    return is_light


def _cut_after(model: np.void, gap: int) -> float:
    """Return by how many percent loads come down after days without training."""
    weeks = gap // DAYS
    return min(model.rule_gap_pct_per_week * weeks, model.rule_gap_most_pct)


def stop_sets(
    run: RunState, day: int, slot: int, number: int, n_sets: int, rated: float
) -> None:
    """End a slot before its last set, for the way this one looked."""
    limit = run.model.rule_technique_stop
    seen = (nan, nan, rated, nan, nan, limit, 1.0 * number, 1.0 * n_sets)
    log_decision(run, day, slot, STOP, SET_STOPPED, seen)


def decide_slot(
    run: RunState,
    day: int,
    slot: int,
    is_light: bool,
    is_week_end: bool,
    completed: bool,
    rir: float,
    technique: float,
) -> None:
    """Decide what a slot asks for next from how its sets looked.

    The order is that of importance: light week, pain, failure, soreness, technique,
    effort; only where nothing speaks against it does the slot's own rule take a step.
    """
    observed, model = run.observed, run.model
    asked, slot_state = run.slots[slot], run.slot_states[slot]
    was = prescription_of(slot_state)
    pain, soreness = observed.pain, observed.soreness
    limit = run.phases[observed.phase].gate_technique
    if isnan(limit):
        limit = model.rule_technique_min
    n_low = _rated_low(slot_state.rated, technique, limit)
    will, action, reason = was, HOLD, LIGHT_WEEK
    bound, count = nan, nan
    if is_light:
        pass
    elif asked.kind == WORK and pain > model.rule_pain_cut:
        reason, action, bound = PAIN_TOO_HIGH, REDUCE, model.rule_pain_cut
        load_kg = was.load_kg * (1.0 - model.rule_pain_drop_pct / 100.0)
        will = Prescription(
            was.n_sets, was.reps_or_s, load_kg, 0, 0, was.n_steps, was.ladder_step
        )
    elif not completed:
        will, action, reason = after_failure(asked, was, is_week_end)
        count = was.n_failed + 1.0
    elif pain > model.rule_pain_hold:
        reason, bound = PAIN_TODAY, model.rule_pain_hold
    elif soreness > model.rule_soreness_hold:
        reason, bound = TOO_SORE, model.rule_soreness_hold
    elif technique < limit:
        reason, bound, count = TECHNIQUE_LOW, limit, 1.0 * n_low
        if was.ladder_step > 0 and n_low >= 2:
            reason, action = TECHNIQUE_BACK, REGRESS
            will = Prescription(
                was.n_sets, was.reps_or_s, 0.0, 0, 0, was.n_steps, was.ladder_step - 1
            )
    elif rir < asked.target_rir - model.rule_effort_slack:
        reason, bound = TOO_HARD, asked.target_rir
    elif observed.no_progress_week == observed.week:
        reason = HELD_BY_TEST
    else:
        will, action, reason = after_success(asked, was, is_week_end)
        count = was.n_successes + 1.0
        if will.ladder_step != was.ladder_step:
            will = Prescription(
                will.n_sets, will.reps_or_s, 0.0, 0, 0, will.n_steps, will.ladder_step
            )
    if run.log.is_kept and (asked.kind == WORK or action != HOLD):
        seen = (1.0 * completed, rir, technique, pain, soreness, bound, count, nan)
        log_change(run, day, slot, action, reason, seen, was, will)
    prescribe(slot_state, will)
    if will.ladder_step != was.ladder_step:
        slot_state.done_kg = nan  # that was another exercise


def _rated_low(rated: np.ndarray, technique: float, limit: float) -> int:
    """Add a rating to the last three of a slot; return how many are below a limit."""
    if not isnan(technique):
        rated[0], rated[1], rated[2] = rated[1], rated[2], technique
    n_low = 0
    for place in range(3):
        if rated[place] < limit:  # never true for a missing one
            n_low += 1
    return n_low


def start_week(run: RunState, day: int) -> bool:
    """Move to the next week: gate, phase, light week. False when the plan is done."""
    plan, observed, week = run.plan, run.observed, day // DAYS + 1
    observed.week = week
    was_light = observed.is_light
    if week > 1 and not _next_phase_week(run, day):
        return False
    is_extension = observed.phase_week > run.phases[observed.phase].weeks
    is_planned = not is_extension and run.calendar[observed.plan_week].is_light
    every, apart = plan.deload_every, plan.deload_weeks_apart
    is_planned = is_planned or (every > 0 and week % every == 0)
    pain, above = observed.pain_of_week, plan.deload_above_pain
    since_light = week - observed.last_deload_week
    was_reactive = (
        observed.last_reactive_week > 0 and week - observed.last_reactive_week <= apart
    )
    seen = (nan, nan, nan, pain, nan, above, 1.0 * since_light, 1.0 * apart)
    observed.is_light = False
    if is_planned and was_reactive:
        log_decision(run, day, WEEK_ROW, SKIP, DELOAD_NOT_STACKED, seen)
    elif is_planned:
        observed.is_light = True
        log_decision(run, day, WEEK_ROW, DELOAD, PLANNED_DELOAD, seen)
    elif pain > above and since_light > apart:
        observed.is_light, observed.last_reactive_week = True, week
        log_decision(run, day, WEEK_ROW, DELOAD, PAIN_DELOAD, seen)
    if observed.is_light:
        observed.last_deload_week = week
    elif was_light:
        log_decision(run, day, WEEK_ROW, KEEP, RESUMED, seen)
    observed.pain_of_week = 0.0
    return True


def _next_phase_week(run: RunState, day: int) -> bool:
    """Go on by one week, through the gate where the phase is over."""
    phases, observed = run.phases, run.observed
    phase = observed.phase
    if observed.phase_week < phases[phase].weeks:
        observed.phase_week += 1
        observed.plan_week += 1
        return True
    if phases[phase].has_gate:
        seen, is_open, may_go_back = _gate(run)
        if run.plan.is_open_loop:
            log_decision(run, day, PHASE_ROW, PASS, GATE_ASSUMED, seen)
        elif is_open:
            log_decision(run, day, PHASE_ROW, PASS, GATE_OPEN, seen)
        elif observed.extra_weeks < phases[phase].extra_weeks:
            observed.extra_weeks += 1
            observed.phase_week += 1
            log_decision(run, day, PHASE_ROW, EXTEND, GATE_CLOSED, seen)
            return True
        elif may_go_back and observed.regressed_from < phase:
            log_decision(run, day, PHASE_ROW, REGRESS, GATE_BACK, seen)
            observed.plan_week -= phases[phase].weeks - 1
            observed.plan_week -= phases[phase - 1].weeks
            observed.regressed_from = phase
            observed.phase, observed.phase_week, observed.extra_weeks = phase - 1, 1, 0
            return True
        else:
            observed.phase_week += 1
            log_decision(run, day, PHASE_ROW, HOLD, GATE_SHUT, seen)
            return True
    if phase + 1 == len(phases):
        return False
    observed.phase, observed.phase_week, observed.extra_weeks = phase + 1, 1, 0
    observed.plan_week += 1
    return True


def _gate(run: RunState) -> tuple[tuple, bool, bool]:
    """Return what the gate saw, whether it is open, and if going back could help."""
    observed, phase = run.observed, run.observed.phase
    gate = run.phases[phase]
    needed = gate.gate_sessions
    n_known = min(observed.n_rated, needed)
    technique, pain = 1.0, 0.0
    for back in range(1, n_known + 1):
        at = (observed.n_rated - back) % RING
        technique, pain = (
            min(technique, observed.rated[at]),
            max(pain, observed.pains_reported[at]),
        )
    left, right = observed.range_deg[LEFT], observed.range_deg[RIGHT]
    limit = gate.gate_technique
    is_clumsy = technique < limit or (n_known < needed and not isnan(limit))
    is_painful = pain > gate.gate_pain
    is_stiff = min(left, right) < gate.gate_range
    is_uneven = abs(left - right) > gate.gate_asymmetry
    faults = 1.0 * is_clumsy + 2.0 * is_painful + 4.0 * is_stiff + 8.0 * is_uneven
    seen = (faults, 1.0 * n_known, technique, pain, left, right, 1.0 * phase, nan)
    return seen, faults == 0.0, phase > 0 and (is_clumsy or is_painful)


def decide_after_tests(run: RunState, day: int) -> None:
    """Let an assessment change the plan: weaker side first, more mobility, hold."""
    plan, observed, model = run.plan, run.observed, run.model
    if plan.is_open_loop:
        return
    if plan.has_test[BRIDGE_TEST]:
        left, right = observed.bridge_reps[LEFT], observed.bridge_reps[RIGHT]
        gap = 100.0 * abs(left - right) / max(left, right, 1.0)
        seen = (nan, nan, nan, nan, left, right, gap, model.rule_strength_gap_pct)
        observed.has_asymmetry = gap > model.rule_strength_gap_pct
        if observed.has_asymmetry:
            observed.weaker = LEFT if left < right else RIGHT
            log_decision(run, day, WEEK_ROW, CHANGE, WEAKER_SIDE_FIRST, seen)
        else:
            log_decision(run, day, WEEK_ROW, KEEP, SIDES_ALIKE, seen)
    if plan.has_test[RANGE_TEST]:
        left, right = observed.range_deg[LEFT], observed.range_deg[RIGHT]
        gap, low = abs(left - right), model.rule_range_low_deg
        seen = (nan, nan, nan, nan, left, right, gap, model.rule_range_gap_deg)
        is_uneven, more = gap > model.rule_range_gap_deg, model.rule_more_mobility
        short_left = left < low or (is_uneven and left < right)
        short_right = right < low or (is_uneven and right < left)
        observed.mobility_factor[LEFT] = more if short_left else 1.0
        observed.mobility_factor[RIGHT] = more if short_right else 1.0
        if short_left or short_right:
            log_decision(run, day, WEEK_ROW, CHANGE, MORE_MOBILITY, seen)
        else:
            log_decision(run, day, WEEK_ROW, KEEP, RANGE_ALIKE, seen)
    pain = observed.pain
    rise = pain - observed.pain_at_test
    seen = (nan, nan, nan, pain, nan, nan, rise, model.rule_pain_rise)
    if day >= DAYS:
        if rise > model.rule_pain_rise:
            observed.no_progress_week = observed.week
            log_decision(run, day, WEEK_ROW, HOLD, TEST_WORSE, seen)
        else:
            log_decision(run, day, WEEK_ROW, KEEP, TEST_STEADY, seen)
    observed.pain_at_test = pain


def log_missed_session(run: RunState, day: int, occasion: int) -> None:
    """Note a session that nobody came to."""
    span = run.occasions[occasion]
    for slot in range(span.first_slot, span.end_slot):
        if run.slots[slot].kind == WORK:
            run.log.count.missed += 1.0
            break
    nothing = float("nan")
    seen = (nothing, nothing, nothing, run.observed.pain, nothing, nothing)
    log_decision(
        run, day, WEEK_ROW, SKIP, MISSED_SESSION, (*seen, 1.0 * occasion, nothing)
    )
