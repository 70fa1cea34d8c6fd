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
        ("add_reps_or_s", "i8"),
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
        ("n_ladder_steps", "i8"),
    ],
    align=True,
)


class Prescription(NamedTuple):
    """What a slot asks for, and how often in a row it went well or failed.

    `reps_or_s` is repetitions or seconds; `load_kg` is not rounded; `ladder_step` is
    the place on the slot's ladder of exercises, from 0.
    """

    n_sets: int
    reps_or_s: int
    load_kg: float
    n_successes: int
    n_failed: int
    n_steps: int
    ladder_step: int


def round_to_increment(load_kg: float, step_kg: float) -> float:
    """Return the nearest load in whole steps, halves upwards, at least one step."""
    steps = floor(load_kg / step_kg + 0.5 + 1e-9)  # 0.7 x 87.5 is not quite 61.25
    return max(steps, 1) * step_kg


def increased_load(rule: np.void, load_kg: float) -> float:
    """Return the load after one step of the slot's rule."""
    return load_kg + rule.add_kg + load_kg * rule.add_pct / 100.0


def after_failure(
    rule: np.void, now: Prescription, is_week_end: bool
) -> tuple[Prescription, int, int]:
    """Return what is asked for after a failed session, the action and the reason."""
    spoils_week = rule.rule == STEP and not is_week_end
    n_successes, n_failed = (-1 if spoils_week else 0), now.n_failed + 1
    load_kg, action, reason = now.load_kg, HOLD, FAILED
    if 0 < rule.fail_after <= n_failed:
        load_kg = load_kg * (1.0 - rule.fail_drop_pct / 100.0)
        n_failed, action, reason = 0, REDUCE, FAILED_OFTEN
    failed = Prescription(
        now.n_sets,
        now.reps_or_s,
        load_kg,
        n_successes,
        n_failed,
        now.n_steps,
        now.ladder_step,
    )
    return failed, action, reason


def after_success(
    rule: np.void, now: Prescription, is_week_end: bool
) -> tuple[Prescription, int, int]:
    """Return what is asked for after a good session, the action and the reason.

    At most one thing grows by one step: load, amount, sets, tempo or exercise.
    """
    kind, every = rule.rule, rule.every
    n_sets, reps_or_s, load_kg, ladder_step = (
        now.n_sets,
        now.reps_or_s,
        now.load_kg,
        now.ladder_step,
    )
    n_successes, n_steps = now.n_successes + 1, now.n_steps
    has_load_step = rule.add_kg + rule.add_pct > 0.0
    at_top = reps_or_s >= rule.high
    reason, moved = REPEATED, False
    if kind == NONE:
        n_successes = 0
    elif kind == LINEAR:
        moved, reason = n_successes >= every, WAITING
        if moved:
            load_kg, reason = increased_load(rule, load_kg), MORE_LOAD
    elif kind == DOUBLE:
        if not at_top:
            reps_or_s = min(reps_or_s + rule.add_reps_or_s, rule.high)
            moved, reason = True, MORE_AMOUNT
        elif n_successes < every:
            reason = WAITING_AT_TOP
        elif n_sets < rule.n_sets_max:
            n_sets, reps_or_s = n_sets + 1, rule.low
            moved, reason = True, MORE_SETS
        elif has_load_step:
            load_kg, reps_or_s = increased_load(rule, load_kg), rule.low
            moved, reason = True, MORE_LOAD_FROM_LOW
        else:
            reason = TOP_REACHED
    elif kind == STEP:
        if not is_week_end:
            n_successes, reason = (
                n_successes - 1,
                BY_WEEK,
            )  # weeks count here, not sessions
        else:
            moved, reason = n_successes >= every, WAITING
            if moved:
                load_kg, reason = increased_load(rule, load_kg), GOOD_WEEK
    elif kind == WAVE:
        reason = BY_WEEK
        if is_week_end:
            place, pending_soreness = (
                n_steps % rule.n_wave,
                (n_steps + 1) % rule.n_wave,
            )
            was_kg, was = load_kg, reps_or_s
            load_kg = load_kg * rule.wave_pct[pending_soreness] / rule.wave_pct[place]
            reason = NEXT_OF_WAVE
            if pending_soreness == 0 and has_load_step:
                load_kg, reason = increased_load(rule, load_kg), NEW_WAVE
            if rule.wave_reps[pending_soreness] > 0:
                reps_or_s = rule.wave_reps[pending_soreness]
            n_successes, n_steps = 0, n_steps + 1
            action = HOLD
            if load_kg > was_kg or (load_kg == was_kg and reps_or_s > was):
                action = ADVANCE
            elif load_kg < was_kg or reps_or_s < was:
                action = REDUCE
            return (
                Prescription(n_sets, reps_or_s, load_kg, 0, 0, n_steps, ladder_step),
                action,
                reason,
            )
    elif kind == LENGTHEN:
        reason = LONGEST_HOLD
        if not at_top:
            reps_or_s = min(reps_or_s + rule.add_reps_or_s, rule.high)
            moved, reason = True, LONGER_HOLD
    elif kind == TEMPO:
        reason = LAST_TEMPO
        if n_steps < rule.n_tempos:
            moved, reason = n_successes >= every, WAITING
            if moved:
                reason = NEXT_TEMPO
    if reason in (TOP_REACHED, LONGEST_HOLD) and ladder_step + 1 < rule.n_ladder_steps:
        n_sets, reps_or_s, ladder_step = rule.n_sets, rule.low, ladder_step + 1
        moved, reason = True, HARDER_EXERCISE
    if moved:
        n_successes, n_steps = 0, n_steps + 1
    step = Prescription(
        n_sets, reps_or_s, load_kg, n_successes, 0, n_steps, ladder_step
    )
    return step, (ADVANCE if moved else HOLD), reason
