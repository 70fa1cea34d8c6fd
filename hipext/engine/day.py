"""Many persons, one after the other, in the rooms of one life: nothing is allocated."""

from math import nan

import numpy as np

from hipext.engine.body import initial_state, overnight_update, strength_of
from hipext.engine.decisions import log_missed_session, start_week
from hipext.engine.random import normals
from hipext.engine.session import measure_range, perform_session, perform_tests
from hipext.engine.state import (
    DAYS,
    LEFT,
    MORNING,
    RIGHT,
    SCRIPT_PAIN,
    SCRIPT_SORENESS,
    Log,
    RunState,
    log_day,
    log_week,
    scripted,
)


def simulate_all(
    run: RunState,
    persons: np.ndarray,
    strengths: np.ndarray,
    events: np.ndarray,
    weeks: np.ndarray,
    first_person: int,
) -> None:
    """Let persons live through a plan one after the other, in the rooms of one life."""
    for row in range(len(persons)):
        old, log = run, run.log
        simulate_days(
            RunState(
                old.plan,
                old.phases,
                old.occasions,
                old.calendar,
                old.slots,
                old.exercises,
                persons[row],
                strengths[row],
                events[row],
                old.model,
                old.seed,
                first_person + row,
                old.is_noisy,
                old.script,
                old.body,
                old.muscles,
                old.lifts,
                old.observed,
                old.slot_states,
                old.e1rm_kg,
                Log(
                    log.is_kept,
                    log.count,
                    log.sets,
                    log.decisions,
                    log.tests,
                    log.days,
                    log.muscles,
                    log.lifts,
                    weeks[row],
                ),
            )
        )


def simulate_days(run: RunState) -> None:
    """Let one person live through a plan, day by day."""
    body, observed, phases, calendar = run.body, run.observed, run.phases, run.calendar
    decay = initial_state(run)
    for day in range(run.plan.horizon * DAYS):
        week, weekday = day // DAYS, day % DAYS
        if weekday == 0:
            measure_range(run, day)
            if not start_week(run, day):
                break
            body.flare += run.events[week].flare
        is_there = start_day(run, day)
        phase = phases[observed.phase]
        if is_there and calendar[week].is_test and weekday == phase.test_weekday:
            perform_tests(run, day)
        today, tomorrow = (
            phase.first_occasion[weekday],
            phase.first_occasion[weekday + 1],
        )
        for occasion in range(today, tomorrow):
            if is_there:
                perform_session(run, day, occasion)
            else:
                log_missed_session(run, day, occasion)
        if run.log.is_kept:
            log_day(run, day)
        run.log.count.lumbar += body.lumbar
        overnight_update(run, day, decay)
        if weekday == DAYS - 1:
            log_week(run, week, strength_of(run, LEFT), strength_of(run, RIGHT))


def start_day(run: RunState, day: int) -> bool:
    """Set the pain and readiness of a morning, and what is reported of them.

    Returns whether the person comes to train that day.
    """
    body, observed, model, athlete = run.body, run.observed, run.model, run.athlete
    if run.plan.is_open_loop:
        # A comparison with a missing value is false: no signal holds anything back.
        observed.pain = observed.soreness = observed.pain_of_week = nan
        return True
    of_sleep, of_pain, of_soreness, of_will = 0.0, 0.0, 0.0, -99.0
    if run.is_noisy:
        of_sleep, of_pain, of_soreness, of_will = normals(
            run.seed, run.person, day, MORNING
        )
    hurt = athlete.chronic_pain * body.chronic_pain_left + body.flare
    body.pain = min(hurt + model.pain_per_irritation * body.irritation, 10.0)
    lost_h = min(max(-model.readiness_sleep_sd_h * of_sleep, 0.0), 3.0)
    rested = 1.0 - model.readiness_loss_per_h * lost_h
    body.readiness = rested * (1.0 - model.readiness_pain_loss * body.pain)
    pain = body.pain + model.pain_sem * of_pain * min(1.0, body.pain)
    sore = body.soreness + model.soreness_sem * of_soreness * min(1.0, body.soreness)
    observed.pain = scripted(run.script, day, SCRIPT_PAIN, min(max(pain, 0.0), 10.0))
    observed.soreness = scripted(
        run.script, day, SCRIPT_SORENESS, min(max(sore, 0.0), 10.0)
    )
    observed.pain_of_week = max(observed.pain_of_week, observed.pain)
    is_missed = run.events[day // DAYS].is_missed
    return of_will <= athlete.stays_away_above and not is_missed
