"""Progression rules as formulas: the next prescription after each session.

The rules see what was prescribed and whether all sets were completed, and nothing of
the athlete. At most one thing changes by one step: load, repetitions or seconds, sets,
tempo or exercise.
"""

from math import floor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np  # not at run time: plans are read without it


NONE, LINEAR, DOUBLE, STEP, WAVE, LENGTHEN, TEMPO = range(7)  # progressions
(  # actions, in the order of tables.ACTIONS
    REPEAT,
    ADVANCE,
    REDUCE,
    DELOAD,
    PASS,
    EXTEND,
    REGRESS,
    STOP,
    SKIP,
    CHANGE,
    KEEP,
) = range(11)
(  # reasons; those of `decisions` follow
    MISSED,
    REDUCED_SESSION,
    SETS_FAILED,
    FAILED_REPEATEDLY,
    STEP_PENDING,
    STEP_PENDING_AT_TOP,
    CHANGES_WEEKLY,
    MORE_LOAD,
    MORE_REPS_OR_S,
    MORE_SETS,
    MORE_LOAD_FROM_LOW,
    TOP_REACHED,
    MORE_LOAD_AFTER_WEEK,
    NEXT_WAVE_WEEK,
    NEXT_WAVE_CYCLE,
    LONGER_HOLD,
    LONGEST_HOLD,
    NEXT_TEMPO,
    LAST_TEMPO,
    NO_PROGRESSION,
    HARDER_EXERCISE,
) = range(21)
MAX_WAVE = 12  # weeks of a cycle


class Prescription(NamedTuple):
    """What a slot prescribes, and how often in a row it succeeded or failed.

    `reps_or_s` is repetitions or seconds; `load_kg` is not rounded, and 0 until it is
    needed; `n_steps` counts the steps made; `ladder_step` is the place on the slot's
    ladder of exercises, from 0.
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
    # Products such as 0.7 x 87.5 fall just short of 61.25, which is to count as half.
    steps = floor(load_kg / step_kg + 0.5 + 1e-9)
    return max(steps, 1) * step_kg


def with_load(now: Prescription, load_kg: float, ladder_step: int) -> Prescription:
    """Return a prescription with another load; successes and failures start anew."""
    return Prescription(*now[:2], load_kg, 0, 0, now.n_steps, ladder_step)


def after_failure(
    slot: "np.void", now: Prescription, is_week_end: bool
) -> tuple[Prescription, int, int]:
    """Return the prescription after a failed session, the action and the reason."""
    # A weekly progression succeeds or fails by the week: -1 lets the last session of
    # this week raise the count to no more than 0.
    spoils_week = slot.progression == STEP and not is_week_end
    n_successes, n_failed = (-1 if spoils_week else 0), now.n_failed + 1
    load_kg, action, reason = now.load_kg, REPEAT, SETS_FAILED
    if 0 < slot.fail_after <= n_failed:
        load_kg = load_kg * (1.0 - slot.fail_drop_pct / 100.0)
        n_failed, action, reason = 0, REDUCE, FAILED_REPEATEDLY
    # Compiled code has no `_replace`: sets and repetitions stay, steps and place too.
    failed = Prescription(*now[:2], load_kg, n_successes, n_failed, *now[5:])
    return failed, action, reason


def after_success(
    slot: "np.void", now: Prescription, is_week_end: bool
) -> tuple[Prescription, int, int]:
    """Return the prescription after a completed session, the action and the reason."""
    progression = slot.progression
    if progression == WAVE and is_week_end:
        return _next_wave_week(slot, now)
    n_sets, reps_or_s, load_kg = now.n_sets, now.reps_or_s, now.load_kg
    n_successes, n_steps = now.n_successes + 1, now.n_steps
    ladder_step = now.ladder_step
    is_due = n_successes >= slot.every
    is_below_top = reps_or_s < slot.high
    reason, advances = NO_PROGRESSION, False
    if progression == NONE:
        n_successes = 0
    elif progression == WAVE:
        reason = CHANGES_WEEKLY
    elif progression == STEP and not is_week_end:
        # Weeks count, not sessions: the last session of the week counts it.
        n_successes, reason = n_successes - 1, CHANGES_WEEKLY
    elif progression in (LINEAR, STEP):
        advances, reason = is_due, STEP_PENDING
        if advances:
            load_kg = increased_load(slot, load_kg)
            reason = MORE_LOAD if progression == LINEAR else MORE_LOAD_AFTER_WEEK
    elif progression == TEMPO:
        reason = LAST_TEMPO
        if n_steps < slot.n_tempos:
            advances, reason = is_due, NEXT_TEMPO if is_due else STEP_PENDING
    elif is_below_top:  # DOUBLE and LENGTHEN first raise repetitions or seconds
        reps_or_s = min(reps_or_s + slot.add_reps_or_s, slot.high)
        advances = True
        reason = MORE_REPS_OR_S if progression == DOUBLE else LONGER_HOLD
    elif progression == LENGTHEN:
        reason = LONGEST_HOLD
    elif not is_due:
        reason = STEP_PENDING_AT_TOP
    elif n_sets < slot.n_sets_max:
        n_sets, reps_or_s = n_sets + 1, slot.low
        advances, reason = True, MORE_SETS
    elif slot.add_kg + slot.add_pct > 0.0:
        load_kg, reps_or_s = increased_load(slot, load_kg), slot.low
        advances, reason = True, MORE_LOAD_FROM_LOW
    else:
        reason = TOP_REACHED
    if reason in (TOP_REACHED, LONGEST_HOLD) and ladder_step + 1 < slot.n_ladder_steps:
        # The load of another exercise follows from its own 1RM, once it is needed.
        n_sets, reps_or_s, load_kg = slot.n_sets_min, slot.low, 0.0
        ladder_step += 1
        advances, reason = True, HARDER_EXERCISE
    if advances:
        n_successes, n_steps = 0, n_steps + 1
    step = Prescription(
        n_sets, reps_or_s, load_kg, n_successes, 0, n_steps, ladder_step
    )
    return step, (ADVANCE if advances else REPEAT), reason


def _next_wave_week(
    slot: "np.void", now: Prescription
) -> tuple[Prescription, int, int]:
    """Return the prescription of the next week of a wave, the action and the reason."""
    this, following = now.n_steps % slot.n_wave, (now.n_steps + 1) % slot.n_wave
    load_kg = now.load_kg * slot.wave_pct[following] / slot.wave_pct[this]
    reps, reason = now.reps_or_s, NEXT_WAVE_WEEK
    if following == 0 and slot.add_kg + slot.add_pct > 0.0:
        load_kg, reason = increased_load(slot, load_kg), NEXT_WAVE_CYCLE
    if slot.wave_reps[following] > 0:
        reps = slot.wave_reps[following]
    action = REPEAT
    if load_kg > now.load_kg or (load_kg == now.load_kg and reps > now.reps_or_s):
        action = ADVANCE
    elif load_kg < now.load_kg or reps < now.reps_or_s:
        action = REDUCE
    step = Prescription(
        now.n_sets, reps, load_kg, 0, 0, now.n_steps + 1, now.ladder_step
    )
    return step, action, reason


def increased_load(slot: "np.void", load_kg: float) -> float:
    """Return the load after one step of the slot's progression."""
    return load_kg + slot.add_kg + load_kg * slot.add_pct / 100.0
