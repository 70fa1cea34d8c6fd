"""Decisions of the day loop. They see the plan and the book, never the body.

Each function changes the book and writes one row of the log per decision: what was
decided, by which rule, from which observations.
"""

from math import floor, isnan, nan

import numpy as np

from hipext._state import (
    DAYS,
    WORK,
    Life,
)
from hipext._steps import (
    HOLD,
    LIGHT_WEEK,
    REDUCE,
    REGRESS,
    STOP,
    Asked,
    after_failure,
    after_success,
    makeable,
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
