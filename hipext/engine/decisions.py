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
    Asked,
    after_failure,
    after_success,
    makeable,
)
from hipext.engine.state import (
    BRIDGE_TEST,
    DAYS,
    LEFT,
    RANGE_TEST,
    RIGHT,
    RING,
    WORK,
    Life,
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
) = range(21, 47)
WEEK_ROW, PHASE_ROW = -1, -2  # in place of the slot


def write(
    life: Life, day: int, slot: int, action: int, reason: int, seen: tuple
) -> None:
    """Add a decision that is not about what a slot asks for; 8 observations."""
    none = Asked(0, 0, 0.0, 0, 0, 0, 0)
    write_change(life, day, slot, action, reason, seen, none, none)


def write_change(
    life: Life,
    day: int,
    slot: int,
    action: int,
    reason: int,
    seen: tuple,
    was: Asked,
    will: Asked,
) -> None:
    """Add a row to the log: 8 observations, and what was and will be asked for."""
    log = life.log
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
        log.decisions[row, place + 1] = asked.amount
        log.decisions[row, place + 2] = asked.load_kg
        log.decisions[row, place + 3] = asked.n_good
        log.decisions[row, place + 4] = asked.n_failed
        log.decisions[row, place + 5] = asked.n_steps
        log.decisions[row, place + 6] = asked.rung


def asked_of(line: np.void) -> Asked:
    """Return what a slot asks for."""
    return Asked(
        line.n_sets,
        line.amount,
        line.load_kg,
        line.n_good,
        line.n_failed,
        line.n_steps,
        line.rung,
    )


def ask(line: np.void, asked: Asked) -> None:
    """Keep what a slot asks for next."""
    line.n_sets = asked.n_sets
    line.amount = asked.amount
    line.load_kg = asked.load_kg
    line.n_good = asked.n_good
    line.n_failed = asked.n_failed
    line.n_steps = asked.n_steps
    line.rung = asked.rung


def ask_today(life: Life, slot: int, is_light: bool) -> tuple[int, int, float]:
    """Return sets, amount and load of a slot today, lighter where `is_light`."""
    plan, asked, line = life.plan, life.slots[slot], life.lines[slot]
    exercise = life.exercises[asked.exercise[line.rung]]
    if not exercise.is_loaded:
        line.load_kg = 0.0
    elif line.load_kg <= 0.0:
        line.load_kg = max(first_load(life, slot), asked.step_kg[line.rung])
    n_sets, amount, load_kg = line.n_sets, line.amount, line.load_kg
    if is_light:
        if plan.light_sets > 0 and not asked.is_hold:
            n_sets, amount = plan.light_sets, plan.light_reps
        else:
            n_sets = max(1, floor(n_sets * plan.light_sets_fraction + 0.5 + 1e-9))
        if not isnan(line.done_kg):
            load_kg = line.done_kg
        load_kg *= plan.light_load_fraction
    if exercise.is_loaded:
        load_kg = makeable(load_kg, asked.step_kg[line.rung])
    return n_sets, amount, load_kg


def first_load(life: Life, slot: int) -> float:
    """Return the load to start with: given, or a share of the 1RM as it is known."""
    asked = life.slots[slot]
    e = asked.exercise[life.lines[slot].rung]
    exercise = life.exercises[e]
    if asked.first_fraction == 0.0:
        return asked.first_kg
    body_kg = exercise.rated_share * life.me.body_mass_kg
    return (asked.first_fraction * life.known_kg[e] - body_kg) / exercise.n_implements


def judge_session(life: Life, day: int, first: int, last: int) -> bool:
    """Return whether the slots from `first` to `last` are to be light today.

    Loads of slots that rested for long come back lower.
    """
    book, model = life.book, life.model
    is_light, pain, has_work = book.is_light, book.pain, False
    for slot in range(first, last):
        line = life.lines[slot]
        gap = day - line.last_day
        if life.slots[slot].kind != WORK:
            continue
        has_work = True
        exercise = life.exercises[life.slots[slot].exercise[line.rung]]
        was_done = line.last_day >= 0 and exercise.is_loaded and line.load_kg > 0.0
        if was_done and gap >= model.rule_gap_days:
            was = asked_of(line)
            cut = _cut_after(model, gap)
            load_kg = was.load_kg * (1.0 - cut / 100.0)
            will = Asked(was.n_sets, was.amount, load_kg, 0, 0, was.n_steps, was.rung)
            seen = (nan, nan, nan, pain, nan, model.rule_gap_days, 1.0 * gap, cut)
            write_change(life, day, slot, REDUCE, AFTER_GAP, seen, was, will)
            ask(line, will)
            line.done_kg *= 1.0 - cut / 100.0
    if not has_work:
        return is_light
    gap = day - book.last_work
    if book.last_work >= 0 and gap >= model.rule_gap_days:
        cut = _cut_after(model, gap)
        for e in range(len(life.known_kg)):
            life.known_kg[e] *= 1.0 - cut / 100.0
        seen = (nan, nan, nan, pain, 1.0 * gap, cut, nan, model.rule_gap_days)
        write(life, day, WEEK_ROW, REDUCE, LOWER_ESTIMATES, seen)
    book.last_work = day
    if not is_light and pain > model.rule_pain_cut:
        seen = (nan, nan, nan, pain, nan, model.rule_pain_cut, nan, nan)
        write(life, day, WEEK_ROW, REDUCE, PAIN_SESSION, seen)
        return True
    return is_light


def _cut_after(model: np.void, gap: int) -> float:
    """Return by how many percent loads come down after days without training."""
    weeks = gap // DAYS
    return min(model.rule_gap_pct_per_week * weeks, model.rule_gap_most_pct)


def judge_stop(
    life: Life, day: int, slot: int, number: int, n_sets: int, rated: float
) -> None:
    """End a slot before its last set, for the way this one looked."""
    limit = life.model.rule_technique_stop
    seen = (nan, nan, rated, nan, nan, limit, 1.0 * number, 1.0 * n_sets)
    write(life, day, slot, STOP, SET_STOPPED, seen)


def judge_slot(
    life: Life,
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
    book, model = life.book, life.model
    asked, line = life.slots[slot], life.lines[slot]
    was = asked_of(line)
    pain, soreness = book.pain, book.soreness
    limit = life.phases[book.phase].gate_technique
    if isnan(limit):
        limit = model.rule_technique_min
    n_low = _rated_low(line.rated, technique, limit)
    will, action, reason = was, HOLD, LIGHT_WEEK
    bound, count = nan, nan
    if is_light:
        pass
    elif asked.kind == WORK and pain > model.rule_pain_cut:
        reason, action, bound = PAIN_TOO_HIGH, REDUCE, model.rule_pain_cut
        load_kg = was.load_kg * (1.0 - model.rule_pain_drop_pct / 100.0)
        will = Asked(was.n_sets, was.amount, load_kg, 0, 0, was.n_steps, was.rung)
    elif not completed:
        will, action, reason = after_failure(asked, was, is_week_end)
        count = was.n_failed + 1.0
    elif pain > model.rule_pain_hold:
        reason, bound = PAIN_TODAY, model.rule_pain_hold
    elif soreness > model.rule_soreness_hold:
        reason, bound = TOO_SORE, model.rule_soreness_hold
    elif technique < limit:
        reason, bound, count = TECHNIQUE_LOW, limit, 1.0 * n_low
        if was.rung > 0 and n_low >= 2:
            reason, action = TECHNIQUE_BACK, REGRESS
            will = Asked(was.n_sets, was.amount, 0.0, 0, 0, was.n_steps, was.rung - 1)
    elif rir < asked.target_rir - model.rule_effort_slack:
        reason, bound = TOO_HARD, asked.target_rir
    elif book.hold_week == book.week:
        reason = HELD_BY_TEST
    else:
        will, action, reason = after_success(asked, was, is_week_end)
        count = was.n_good + 1.0
        if will.rung != was.rung:
            will = Asked(will.n_sets, will.amount, 0.0, 0, 0, will.n_steps, will.rung)
    if life.log.is_kept and (asked.kind == WORK or action != HOLD):
        seen = (1.0 * completed, rir, technique, pain, soreness, bound, count, nan)
        write_change(life, day, slot, action, reason, seen, was, will)
    ask(line, will)
    if will.rung != was.rung:
        line.done_kg = nan  # that was another exercise


def _rated_low(rated: np.ndarray, technique: float, limit: float) -> int:
    """Add a rating to the last three of a slot; return how many are below a limit."""
    if not isnan(technique):
        rated[0], rated[1], rated[2] = rated[1], rated[2], technique
    n_low = 0
    for place in range(3):
        if rated[place] < limit:  # never true for a missing one
            n_low += 1
    return n_low


def begin_week(life: Life, day: int) -> bool:
    """Move to the next week: gate, phase, light week. False when the plan is done."""
    plan, book, week = life.plan, life.book, day // DAYS + 1
    book.week = week
    was_light = book.is_light
    if week > 1 and not _next_phase_week(life, day):
        return False
    is_extension = book.phase_week > life.phases[book.phase].weeks
    is_planned = not is_extension and life.calendar[book.position].is_light
    every, apart = plan.light_every, plan.light_apart
    is_planned = is_planned or (every > 0 and week % every == 0)
    pain, above = book.pain_of_week, plan.light_above_pain
    since_light = week - book.last_light
    was_reactive = book.last_reactive > 0 and week - book.last_reactive <= apart
    seen = (nan, nan, nan, pain, nan, above, 1.0 * since_light, 1.0 * apart)
    book.is_light = False
    if is_planned and was_reactive:
        write(life, day, WEEK_ROW, SKIP, DELOAD_NOT_STACKED, seen)
    elif is_planned:
        book.is_light = True
        write(life, day, WEEK_ROW, DELOAD, PLANNED_DELOAD, seen)
    elif pain > above and since_light > apart:
        book.is_light, book.last_reactive = True, week
        write(life, day, WEEK_ROW, DELOAD, PAIN_DELOAD, seen)
    if book.is_light:
        book.last_light = week
    elif was_light:
        write(life, day, WEEK_ROW, KEEP, RESUMED, seen)
    book.pain_of_week = 0.0
    return True


def _next_phase_week(life: Life, day: int) -> bool:
    """Go on by one week, through the gate where the phase is over."""
    phases, book = life.phases, life.book
    phase = book.phase
    if book.phase_week < phases[phase].weeks:
        book.phase_week += 1
        book.position += 1
        return True
    if phases[phase].has_gate:
        seen, is_open, may_go_back = _gate(life)
        if is_open:
            write(life, day, PHASE_ROW, PASS, GATE_OPEN, seen)
        elif book.extra < phases[phase].extra_weeks:
            book.extra += 1
            book.phase_week += 1
            write(life, day, PHASE_ROW, EXTEND, GATE_CLOSED, seen)
            return True
        elif may_go_back and book.went_back < phase:
            write(life, day, PHASE_ROW, REGRESS, GATE_BACK, seen)
            book.position -= phases[phase].weeks - 1
            book.position -= phases[phase - 1].weeks
            book.went_back = phase
            book.phase, book.phase_week, book.extra = phase - 1, 1, 0
            return True
        else:
            book.phase_week += 1
            write(life, day, PHASE_ROW, HOLD, GATE_SHUT, seen)
            return True
    if phase + 1 == len(phases):
        return False
    book.phase, book.phase_week, book.extra = phase + 1, 1, 0
    book.position += 1
    return True


def _gate(life: Life) -> tuple[tuple, bool, bool]:
    """Return what the gate saw, whether it is open, and if going back could help."""
    book, phase = life.book, life.book.phase
    gate = life.phases[phase]
    needed = gate.gate_sessions
    n_known = min(book.n_rated, needed)
    technique, pain = 1.0, 0.0
    for back in range(1, n_known + 1):
        at = (book.n_rated - back) % RING
        technique, pain = min(technique, book.rated[at]), max(pain, book.pains[at])
    left, right = book.range_deg[LEFT], book.range_deg[RIGHT]
    limit = gate.gate_technique
    is_clumsy = technique < limit or (n_known < needed and not isnan(limit))
    is_painful = pain > gate.gate_pain
    is_stiff = min(left, right) < gate.gate_range
    is_uneven = abs(left - right) > gate.gate_asymmetry
    faults = 1.0 * is_clumsy + 2.0 * is_painful + 4.0 * is_stiff + 8.0 * is_uneven
    seen = (faults, 1.0 * n_known, technique, pain, left, right, 1.0 * phase, nan)
    return seen, faults == 0.0, phase > 0 and (is_clumsy or is_painful)


def judge_tests(life: Life, day: int) -> None:
    """Let an assessment change the plan: weaker side first, more mobility, hold."""
    plan, book, model = life.plan, life.book, life.model
    if plan.has_test[BRIDGE_TEST]:
        left, right = book.bridge_reps[LEFT], book.bridge_reps[RIGHT]
        gap = 100.0 * abs(left - right) / max(left, right, 1.0)
        seen = (nan, nan, nan, nan, left, right, gap, model.rule_strength_gap_pct)
        book.has_gap = gap > model.rule_strength_gap_pct
        if book.has_gap:
            book.weaker = LEFT if left < right else RIGHT
            write(life, day, WEEK_ROW, CHANGE, WEAKER_SIDE_FIRST, seen)
        else:
            write(life, day, WEEK_ROW, KEEP, SIDES_ALIKE, seen)
    if plan.has_test[RANGE_TEST]:
        left, right = book.range_deg[LEFT], book.range_deg[RIGHT]
        gap, low = abs(left - right), model.rule_range_low_deg
        seen = (nan, nan, nan, nan, left, right, gap, model.rule_range_gap_deg)
        is_uneven, more = gap > model.rule_range_gap_deg, model.rule_more_mobility
        short_left = left < low or (is_uneven and left < right)
        short_right = right < low or (is_uneven and right < left)
        book.more_mobility[LEFT] = more if short_left else 1.0
        book.more_mobility[RIGHT] = more if short_right else 1.0
        if short_left or short_right:
            write(life, day, WEEK_ROW, CHANGE, MORE_MOBILITY, seen)
        else:
            write(life, day, WEEK_ROW, KEEP, RANGE_ALIKE, seen)
    pain = book.pain
    rise = pain - book.pain_at_test
    seen = (nan, nan, nan, pain, nan, nan, rise, model.rule_pain_rise)
    if day >= DAYS:
        if rise > model.rule_pain_rise:
            book.hold_week = book.week
            write(life, day, WEEK_ROW, HOLD, TEST_WORSE, seen)
        else:
            write(life, day, WEEK_ROW, KEEP, TEST_STEADY, seen)
    book.pain_at_test = pain


def note_missed(life: Life, day: int, occasion: int) -> None:
    """Note a session that nobody came to."""
    span = life.occasions[occasion]
    for slot in range(span.first_slot, span.end_slot):
        if life.slots[slot].kind == WORK:
            life.log.count.missed += 1.0
            break
    nothing = float("nan")
    seen = (nothing, nothing, nothing, life.book.pain, nothing, nothing)
    write(life, day, WEEK_ROW, SKIP, MISSED_SESSION, (*seen, 1.0 * occasion, nothing))
