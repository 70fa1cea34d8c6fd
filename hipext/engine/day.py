"""Many persons, one after the other, in the rooms of one life: nothing is allocated."""

import numpy as np

from hipext.engine.body import begin, sleep, strength_of
from hipext.engine.decisions import begin_week, note_missed
from hipext.engine.random import normals
from hipext.engine.session import see_range, take_tests, train
from hipext.engine.state import (
    DAYS,
    LEFT,
    MORNING,
    RIGHT,
    SAID_PAIN,
    SAID_SORENESS,
    Life,
    Log,
    note_day,
    note_week,
    said,
)


def live_all(
    life: Life,
    persons: np.ndarray,
    strengths: np.ndarray,
    fates: np.ndarray,
    weeks: np.ndarray,
    first_person: int,
) -> None:
    """Let persons live through a plan one after the other, in the rooms of one life."""
    for who in range(len(persons)):
        old, log = life, life.log
        live(
            Life(
                old.plan,
                old.phases,
                old.occasions,
                old.calendar,
                old.slots,
                old.exercises,
                persons[who],
                strengths[who],
                fates[who],
                old.model,
                old.seed,
                first_person + who,
                old.is_noisy,
                old.script,
                old.body,
                old.muscles,
                old.lifts,
                old.book,
                old.lines,
                old.known_kg,
                Log(
                    log.is_kept,
                    log.count,
                    log.sets,
                    log.decisions,
                    log.tests,
                    log.days,
                    log.muscles,
                    log.lifts,
                    weeks[who],
                ),
            )
        )


def live(life: Life) -> None:
    """Let one person live through a plan, day by day."""
    body, book, phases, calendar = life.body, life.book, life.phases, life.calendar
    keep = begin(life)
    for day in range(life.plan.horizon * DAYS):
        week, weekday = day // DAYS, day % DAYS
        if weekday == 0:
            see_range(life, day)
            if not begin_week(life, day):
                break
            body.flare += life.fate[week].flare
        is_there = wake(life, day) and not life.fate[week].is_missed
        phase = phases[book.phase]
        if is_there and calendar[week].is_test and weekday == phase.test_weekday:
            take_tests(life, day)
        today, tomorrow = (
            phase.first_occasion[weekday],
            phase.first_occasion[weekday + 1],
        )
        for occasion in range(today, tomorrow):
            if is_there:
                train(life, day, occasion)
            else:
                note_missed(life, day, occasion)
        if life.log.is_kept:
            note_day(life, day)
        life.log.count.lumbar += body.lumbar
        sleep(life, day, keep)
        if weekday == DAYS - 1:
            note_week(life, week, strength_of(life, LEFT), strength_of(life, RIGHT))


def wake(life: Life, day: int) -> bool:
    """Set the pain and readiness of a morning, and what is reported of them.

    Returns whether the person comes to train that day.
    """
    body, book, model, me = life.body, life.book, life.model, life.me
    of_sleep, of_pain, of_soreness, of_will = 0.0, 0.0, 0.0, -99.0
    if life.is_noisy:
        of_sleep, of_pain, of_soreness, of_will = normals(
            life.seed, life.person, day, MORNING
        )
    hurt = me.chronic_pain * body.ease + body.flare
    body.pain = min(hurt + model.pain_per_irritation * body.irritation, 10.0)
    lost_h = min(max(-model.readiness_sleep_sd_h * of_sleep, 0.0), 3.0)
    rested = 1.0 - model.readiness_loss_per_h * lost_h
    body.readiness = rested * (1.0 - model.readiness_pain_loss * body.pain)
    pain = body.pain + model.pain_sem * of_pain * min(1.0, body.pain)
    sore = body.soreness + model.soreness_sem * of_soreness * min(1.0, body.soreness)
    book.pain = said(life.script, day, SAID_PAIN, min(max(pain, 0.0), 10.0))
    book.soreness = said(life.script, day, SAID_SORENESS, min(max(sore, 0.0), 10.0))
    book.pain_of_week = max(book.pain_of_week, book.pain)
    return of_will <= me.stays_away_above
