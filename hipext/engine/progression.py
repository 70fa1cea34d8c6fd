"""What a progression rule asks for next, as arithmetic on a slot's numbers.

The same functions serve the open loop (`progression.decide`) and the day loop, plain or
compiled. They see what was asked for and how it went, and nothing of the person.
"""

from math import floor
from typing import NamedTuple

import numpy as np

NONE, LINEAR, DOUBLE, STEP, WAVE, LENGTHEN, TEMPO = range(7)
HOLD, ADVANCE, REDUCE, DELOAD, PASS, EXTEND, REGRESS, STOP, SKIP, CHANGE, KEEP = range(
    11
)
(
    MISSED,
    LIGHT_WEEK,
    FAILED,
    FAILED_OFTEN,
    WAITING,
    WAITING_AT_TOP,
    BY_WEEK,
    MORE_LOAD,
    MORE_AMOUNT,
    MORE_SETS,
    MORE_LOAD_FROM_LOW,
    TOP_REACHED,
    GOOD_WEEK,
    NEXT_OF_WAVE,
    NEW_WAVE,
    LONGER_HOLD,
    LONGEST_HOLD,
    NEXT_TEMPO,
    LAST_TEMPO,
    REPEATED,
    HARDER_EXERCISE,
) = range(21)
MAX_WAVE = 12  # weeks of a cycle
RULE = np.dtype(  # kg, %, s, repetitions, sessions or weeks; 0 where not given
    [
        ("rule", "i8"),
        ("every", "i8"),
        ("add_kg", "f8"),
        ("add_pct", "f8"),
        ("add_amount", "i8"),
        ("low", "i8"),
        ("high", "i8"),
        ("n_sets", "i8"),
        ("n_sets_max", "i8"),
        ("fail_after", "i8"),
        ("fail_drop_pct", "f8"),
        ("n_wave", "i8"),
        ("wave_pct", "f8", (MAX_WAVE,)),
        ("wave_reps", "i8", (MAX_WAVE,)),
        ("n_tempos", "i8"),
        ("n_rungs", "i8"),
    ],
    align=True,
)


class Asked(NamedTuple):
    """What a slot asks for, and how often in a row it went well or failed.

    `amount` is repetitions or seconds; `load_kg` is not rounded; `rung` is the place on
    the slot's ladder of exercises, from 0.
    """

    n_sets: int
    amount: int
    load_kg: float
    n_good: int
    n_failed: int
    n_steps: int
    rung: int


def makeable(load_kg: float, step_kg: float) -> float:
    """Return the nearest load in whole steps, halves upwards, at least one step."""
    steps = floor(load_kg / step_kg + 0.5 + 1e-9)  # 0.7 x 87.5 is not quite 61.25
    return max(steps, 1) * step_kg


def heavier(rule: np.void, load_kg: float) -> float:
    """Return the load after one step of the slot's rule."""
    return load_kg + rule.add_kg + load_kg * rule.add_pct / 100.0


def after_failure(
    rule: np.void, now: Asked, is_week_end: bool
) -> tuple[Asked, int, int]:
    """Return what is asked for after a failed session, the action and the reason."""
    spoils_week = rule.rule == STEP and not is_week_end
    n_good, n_failed = (-1 if spoils_week else 0), now.n_failed + 1
    load_kg, action, reason = now.load_kg, HOLD, FAILED
    if 0 < rule.fail_after <= n_failed:
        load_kg = load_kg * (1.0 - rule.fail_drop_pct / 100.0)
        n_failed, action, reason = 0, REDUCE, FAILED_OFTEN
    failed = Asked(
        now.n_sets, now.amount, load_kg, n_good, n_failed, now.n_steps, now.rung
    )
    return failed, action, reason


def after_success(
    rule: np.void, now: Asked, is_week_end: bool
) -> tuple[Asked, int, int]:
    """Return what is asked for after a good session, the action and the reason.

    At most one thing grows by one step: load, amount, sets, tempo or exercise.
    """
    kind, every = rule.rule, rule.every
    n_sets, amount, load_kg, rung = now.n_sets, now.amount, now.load_kg, now.rung
    n_good, n_steps = now.n_good + 1, now.n_steps
    has_load_step = rule.add_kg + rule.add_pct > 0.0
    at_top = amount >= rule.high
    reason, moved = REPEATED, False
    if kind == NONE:
        n_good = 0
    elif kind == LINEAR:
        moved, reason = n_good >= every, WAITING
        if moved:
            load_kg, reason = heavier(rule, load_kg), MORE_LOAD
    elif kind == DOUBLE:
        if not at_top:
            amount = min(amount + rule.add_amount, rule.high)
            moved, reason = True, MORE_AMOUNT
        elif n_good < every:
            reason = WAITING_AT_TOP
        elif n_sets < rule.n_sets_max:
            n_sets, amount = n_sets + 1, rule.low
            moved, reason = True, MORE_SETS
        elif has_load_step:
            load_kg, amount = heavier(rule, load_kg), rule.low
            moved, reason = True, MORE_LOAD_FROM_LOW
        else:
            reason = TOP_REACHED
    elif kind == STEP:
        if not is_week_end:
            n_good, reason = n_good - 1, BY_WEEK  # weeks count here, not sessions
        else:
            moved, reason = n_good >= every, WAITING
            if moved:
                load_kg, reason = heavier(rule, load_kg), GOOD_WEEK
    elif kind == WAVE:
        reason = BY_WEEK
        if is_week_end:
            place, coming = (
                n_steps % rule.n_wave,
                (n_steps + 1) % rule.n_wave,
            )
            was_kg, was = load_kg, amount
            load_kg = load_kg * rule.wave_pct[coming] / rule.wave_pct[place]
            reason = NEXT_OF_WAVE
            if coming == 0 and has_load_step:
                load_kg, reason = heavier(rule, load_kg), NEW_WAVE
            if rule.wave_reps[coming] > 0:
                amount = rule.wave_reps[coming]
            n_good, n_steps = 0, n_steps + 1
            action = HOLD
            if load_kg > was_kg or (load_kg == was_kg and amount > was):
                action = ADVANCE
            elif load_kg < was_kg or amount < was:
                action = REDUCE
            return Asked(n_sets, amount, load_kg, 0, 0, n_steps, rung), action, reason
    elif kind == LENGTHEN:
        reason = LONGEST_HOLD
        if not at_top:
            amount = min(amount + rule.add_amount, rule.high)
            moved, reason = True, LONGER_HOLD
    elif kind == TEMPO:
        reason = LAST_TEMPO
        if n_steps < rule.n_tempos:
            moved, reason = n_good >= every, WAITING
            if moved:
                reason = NEXT_TEMPO
    if reason in (TOP_REACHED, LONGEST_HOLD) and rung + 1 < rule.n_rungs:
        n_sets, amount, rung = rule.n_sets, rule.low, rung + 1
        moved, reason = True, HARDER_EXERCISE
    if moved:
        n_good, n_steps = 0, n_steps + 1
    step = Asked(n_sets, amount, load_kg, n_good, 0, n_steps, rung)
    return step, (ADVANCE if moved else HOLD), reason
