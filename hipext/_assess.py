"""Tests of an assessment: what the state shows, with the error of the measurement."""

from math import floor, sqrt

from hipext._body import capacity_of
from hipext._gates import judge_tests
from hipext._notes import note_test, said
from hipext._state import (
    BOTH,
    BRIDGE_TEST,
    EPLEY_REPS,
    LEFT,
    RANGE,
    RANGE_TEST,
    RIGHT,
    RING,
    SAID_LEFT,
    SAID_RIGHT,
    SIDES,
    SORENSEN_TEST,
    STRENGTH_TEST,
    TECHNIQUE_TEST,
    TESTS,
    Life,
)
from hipext.random import normals, pair
from hipext.tables import MUSCLES

GLUTE, ERECTOR = MUSCLES.index("gluteus_maximus"), MUSCLES.index("erector_spinae")


def see_range(life: Life, day: int) -> None:
    """Measure the hip-extension range of both sides, the mean of some tries."""
    body, book, model = life.body, life.book, life.model
    of_left, of_right = 0.0, 0.0
    if life.is_noisy:
        of_left, of_right = pair(life.seed, life.person, day, RANGE)
    sem = model.range_sem_deg / sqrt(model.range_tries)
    left = body.range_deg[LEFT] - body.stiffness + sem * of_left
    right = body.range_deg[RIGHT] - body.stiffness + sem * of_right
    book.range_deg[LEFT] = said(life.script, day, SAID_LEFT, left)
    book.range_deg[RIGHT] = said(life.script, day, SAID_RIGHT, right)


def take_tests(life: Life, day: int) -> None:
    """Do the tests of an assessment, which then change the plan."""
    plan, model, me = life.plan, life.model, life.me
    body, book, muscles = life.body, life.book, life.muscles
    bridge_left, bridge_right, of_hold, _ = 0.0, 0.0, 0.0, 0.0
    if life.is_noisy:
        bridge_left, bridge_right, of_hold, _ = normals(
            life.seed, life.person, day, TESTS
        )
    if plan.has_test[RANGE_TEST]:
        see_range(life, day)
        for side in SIDES:
            note_test(life, day, RANGE_TEST, -1, side, book.range_deg[side])
    if plan.has_test[BRIDGE_TEST]:
        for side in SIDES:
            # The same relation as for sets: reps = 30 (capacity / load - 1).
            glute = muscles[GLUTE, side]
            start = EPLEY_REPS + life.me.bridge_reps[side]
            reps = start * (1.0 + glute.fit - glute.fatigue) - EPLEY_REPS
            reps += model.bridge_sem * (bridge_left if side == LEFT else bridge_right)
            book.bridge_reps[side] = max(floor(reps + 0.5), 0.0)
            note_test(life, day, BRIDGE_TEST, -1, side, book.bridge_reps[side])
    if plan.has_test[SORENSEN_TEST]:
        tired = (muscles[ERECTOR, LEFT].fatigue + muscles[ERECTOR, RIGHT].fatigue) / 2.0
        hold_s = me.sorensen_s * max(1.0 + body.endurance - tired, 0.0)
        hold_s = max(hold_s + model.sorensen_sem_s * of_hold, 0.0)
        note_test(life, day, SORENSEN_TEST, -1, BOTH, hold_s)
    if plan.has_test[STRENGTH_TEST]:
        for e in range(len(life.exercises)):
            if not life.exercises[e].is_tested or not life.strengths[e].is_measured:
                continue
            lift, of_test = life.lifts[e], 0.0
            if life.is_noisy:
                of_test, _ = pair(
                    life.seed, life.person, day, life.exercises[e].identity
                )
            both = capacity_of(life.exercises[e], lift, muscles, LEFT)
            both += capacity_of(life.exercises[e], lift, muscles, RIGHT)
            one_rm_kg = lift.base_kg * both / 2.0 * body.readiness
            life.known_kg[e] = one_rm_kg * (1.0 + model.strength_test_cv * of_test)
            lift.is_exposed = True  # a test is practice too
            note_test(life, day, STRENGTH_TEST, e, BOTH, life.known_kg[e])
    if plan.has_test[TECHNIQUE_TEST]:
        rated = me.technique
        if book.n_rated > 0:
            rated = book.rated[(book.n_rated - 1) % RING]
        note_test(life, day, TECHNIQUE_TEST, -1, BOTH, rated)
    judge_tests(life, day)
