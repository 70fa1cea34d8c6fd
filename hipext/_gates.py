"""Decisions about weeks and phases: gates, light weeks, assessments.

Like `_judge`, they see the plan and the book, never the body.
"""

from math import isnan, nan

from hipext._judge import (
    DELOAD_NOT_STACKED,
    GATE_BACK,
    GATE_CLOSED,
    GATE_OPEN,
    GATE_SHUT,
    MORE_MOBILITY,
    PAIN_DELOAD,
    PHASE_ROW,
    PLANNED_DELOAD,
    RANGE_ALIKE,
    RESUMED,
    SIDES_ALIKE,
    TEST_STEADY,
    TEST_WORSE,
    WEAKER_SIDE_FIRST,
    WEEK_ROW,
    write,
)
from hipext._state import BRIDGE_TEST, DAYS, LEFT, RANGE_TEST, RIGHT, RING, Life
from hipext._steps import CHANGE, DELOAD, EXTEND, HOLD, KEEP, PASS, REGRESS, SKIP


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
