"""The first morning: body and book as the person's file and the plan give them."""

from math import exp, nan

from hipext._body import Keep, keep_of
from hipext._judge import ask
from hipext._state import BASELINE, N_MUSCLES, SIDES, Life
from hipext._steps import Asked
from hipext.random import pair


def begin(life: Life) -> Keep:
    """Set body and book to the first morning; return what each night keeps."""
    _begin_body(life)
    _begin_book(life)
    return keep_of(life.model, life.me.recovery)


def _begin_body(life: Life) -> None:
    body, model, me = life.body, life.model, life.me
    body.readiness = body.ease = 1.0
    body.tolerance, body.stability = me.tolerance, model.stability_start
    body.pain = body.flare = body.irritation = body.lumbar = 0.0
    body.soreness = body.coming = body.strange = body.stiffness = body.hard = 0.0
    body.steadied = body.endurance = body.endured = body.warmth = 0.0
    for pattern in range(len(body.technique)):
        body.technique[pattern], body.practice[pattern] = me.technique, 0.0
    for side in SIDES:
        body.range_deg[side], body.mobility[side] = me.range_deg[side], 0.0
        for place in range(N_MUSCLES):
            muscle = life.muscles[place, side]
            muscle.fit = muscle.fatigue = muscle.recent = 0.0
            muscle.dose = muscle.cost = muscle.spent = 0.0
    for e in range(len(life.lifts)):
        lift, strength = life.lifts[e], life.strengths[e]
        for side in SIDES:
            lift.skill[side] = lift.skill_recent[side] = lift.skill_dose[side] = 0.0
        lift.familiar = 0.0
        lift.unlearned = lift.novelty = 1.0
        lift.is_exposed = False
        off = 0.0  # an estimated 1RM is off by something; a measured one is not
        if life.is_noisy and not strength.is_measured:
            identity = life.exercises[e].identity
            off, _ = pair(life.seed, life.person, identity, BASELINE)
        lift.base_kg = strength.base_kg * exp(model.baseline_estimate_cv * off)
        life.known_kg[e] = strength.base_kg


def _begin_book(life: Life) -> None:
    book, me = life.book, life.me
    book.week = book.phase = book.extra = book.went_back = book.position = 0
    book.last_reactive = book.hold_week = book.n_rated = 0
    book.is_light = book.has_gap = False
    book.phase_week, book.last_light, book.weaker = 1, -99, me.weaker
    book.last_work = -1
    book.pain = book.soreness = book.pain_of_week = 0.0
    book.pain_at_test = me.chronic_pain
    for side in SIDES:
        book.range_deg[side] = me.range_deg[side]
        book.bridge_reps[side] = me.bridge_reps[side]
        book.more_mobility[side] = 1.0
    for slot in range(len(life.slots)):
        asked, line = life.slots[slot], life.lines[slot]
        # The first load is worked out when it is needed, from what is known by then.
        ask(line, Asked(asked.n_sets, asked.low, 0.0, 0, 0, 0, 0))
        line.done_kg, line.last_day = nan, -1
        for place in range(len(line.rated)):
            line.rated[place] = nan
