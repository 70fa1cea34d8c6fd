"""The daily simulation: day after day, for one athlete or for many in sequence.

A day goes: pain and readiness of the morning and what is reported of them, tests,
sessions, log, overnight update. A week opens with a measurement of hip range, the gate
of the phase and the decision about a deload.
"""

from math import nan

import numpy as np

from hipext.engine import state
from hipext.engine.body import initial_state, overnight_update, strength_of
from hipext.engine.decisions import log_missed_session, start_week
from hipext.engine.random import normals
from hipext.engine.session import measure_range, perform_session, perform_tests
from hipext.engine.state import LEFT, RIGHT, RunState, log_day, log_week, scripted


def simulate_all(
    run: RunState,
    athletes: np.ndarray,
    strengths: np.ndarray,
    events: np.ndarray,
    weeks: np.ndarray,
    first_number: int,
) -> None:
    """Simulate many athletes in sequence, reusing one preallocated state.

    Each row of `weeks` takes the weeks of one athlete; `first_number` is the athlete
    number of the first row.
    """
    for row in range(len(athletes)):
        # Compiled code has no `_replace`: what belongs to one athlete comes between the
        # six parts of the plan and what all athletes share, in the order of the fields.
        own = (athletes[row], strengths[row], events[row], first_number + row)
        log = state.Log(*run.log[:-1], weeks[row])
        run.memory[:] = 0  # no state of the athlete before stays
        simulate_days(RunState(*run[:6], *own, log, *run[11:]))


def simulate_days(run: RunState) -> None:
    """Simulate one athlete going through a plan, day by day."""
    body, observed, phases, calendar = run.body, run.observed, run.phases, run.calendar
    initial_state(run)
    for day in range(run.plan.horizon * state.DAYS_PER_WEEK):
        week, weekday = day // state.DAYS_PER_WEEK, day % state.DAYS_PER_WEEK
        observed.day = day
        if weekday == 0:
            measure_range(run)
            if not start_week(run):
                break
            body.flare += run.events[week].flare
        attends = start_day(run)
        phase = phases[observed.phase]
        if attends and calendar[week].is_test and weekday == phase.test_weekday:
            perform_tests(run)
        first, end = phase.first_occasion[weekday], phase.first_occasion[weekday + 1]
        for occasion in range(first, end):
            if attends:
                perform_session(run, occasion)
            else:
                log_missed_session(run, occasion)
        if run.log.is_kept:
            log_day(run)
        run.log.count.lumbar += body.lumbar
        overnight_update(run)
        if weekday == state.DAYS_PER_WEEK - 1:
            log_week(run, week, strength_of(run, LEFT), strength_of(run, RIGHT))


def start_day(run: RunState) -> bool:
    """Set the pain and readiness of a morning, and what is reported of them.

    Returns whether the athlete comes to train that day.
    """
    body, observed, model, athlete = run.body, run.observed, run.model, run.athlete
    day = observed.day
    if run.plan.is_open_loop:
        # A comparison with a missing value is false: no signal holds anything back.
        observed.pain = observed.soreness = observed.pain_of_week = nan
        return True
    # Standard normal deviates; without noise everyone attends.
    z_sleep, z_pain, z_soreness, z_attendance = 0.0, 0.0, 0.0, -99.0
    if run.is_noisy:
        z_sleep, z_pain, z_soreness, z_attendance = normals(
            run.seed, run.athlete_number, day, state.MORNING
        )
    persistent = athlete.chronic_pain * body.chronic_pain_left + body.flare
    body.pain = min(persistent + model.pain_per_irritation * body.irritation, 10.0)
    lost_sleep_h = min(max(-model.readiness_sleep_sd_h * z_sleep, 0.0), 3.0)
    rested = 1.0 - model.readiness_loss_per_h * lost_sleep_h
    body.readiness = rested * (1.0 - model.readiness_pain_loss * body.pain)
    # The error of a report shrinks below 1 point: no pain is reported as none.
    pain = body.pain + model.pain_sem * z_pain * min(1.0, body.pain)
    soreness = body.soreness
    soreness += model.soreness_sem * z_soreness * min(1.0, body.soreness)
    pain, soreness = min(max(pain, 0.0), 10.0), min(max(soreness, 0.0), 10.0)
    observed.pain = scripted(run.script.pain, day, pain)
    observed.soreness = scripted(run.script.soreness, day, soreness)
    observed.pain_of_week = max(observed.pain_of_week, observed.pain)
    # A missed week still has its mornings: states go on, and are reported.
    is_missed = run.events[day // state.DAYS_PER_WEEK].is_missed
    return z_attendance <= athlete.attendance_z_max and not is_missed
