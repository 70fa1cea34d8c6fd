"""States of the person: what they make of a morning, and how a night moves them on."""

from math import exp, nan
from typing import NamedTuple

import numpy as np

from hipext.engine.decisions import ask
from hipext.engine.progression import Asked
from hipext.engine.random import pair
from hipext.engine.state import (
    BASELINE,
    LEFT,
    N_MUSCLES,
    RIGHT,
    SIDES,
    Life,
    note_lift,
    note_muscle,
)


class Keep(NamedTuple):
    """Share of a state that a night or a session leaves, exp(-1 / tau)."""

    muscle: float
    skill: float
    fatigue: float
    recent: float
    coming: float
    soreness: float
    stiffness: float
    range: float
    stability: float
    endurance: float
    irritation: float
    tolerance: float
    flare: float
    ease: float
    unlearned: float
    novelty: float


def keep_of(model: np.void, recovery: float) -> Keep:
    """Return what a night keeps; well recovered, fatigue and soreness fade faster."""
    return Keep(
        exp(-1.0 / model.muscle_tau_d),
        exp(-1.0 / model.skill_tau_d),
        exp(-recovery / model.fatigue_tau_d),
        exp(-1.0 / model.dose_recent_tau_d),
        exp(-1.0 / model.soreness_coming_tau_d),
        exp(-recovery / model.soreness_tau_d),
        exp(-1.0 / model.stiffness_tau_d),
        exp(-1.0 / model.range_tau_d),
        exp(-1.0 / model.stability_tau_d),
        exp(-1.0 / model.endurance_tau_d),
        exp(-1.0 / model.irritation_tau_d),
        exp(-1.0 / model.tolerance_tau_d),
        exp(-1.0 / model.pain_flare_tau_d),
        exp(-1.0 / model.pain_chronic_tau_d),
        exp(-1.0 / model.familiarity_sessions),
        exp(-1.0 / model.soreness_novelty),
    )


def capacity_of(
    exercise: np.void, lift: np.void, muscles: np.ndarray, side: int
) -> float:
    """Return what a side can lift this morning, as a share of its baseline.

    capacity = 1 + familiarity + adaptation of the lift + of its muscles - fatigue
    """
    capacity = 1.0 + lift.familiar + lift.skill[side]
    for place in range(N_MUSCLES):
        muscle = muscles[place, side]
        capacity += exercise.weight[place] * (muscle.fit - muscle.fatigue)
    return max(capacity, 0.05)


def strength_of(life: Life, side: int) -> float:
    """Return the mean capacity of the tested lifts, as a share of the baseline.

    It is missing where no 1RM is known.
    """
    total, n_lifts = 0.0, 0
    for e in range(len(life.exercises)):
        exercise, lift = life.exercises[e], life.lifts[e]
        if exercise.is_tested and life.strengths[e].is_measured:
            total += capacity_of(exercise, lift, life.muscles, side)
            n_lifts += 1
    return total / n_lifts if n_lifts > 0 else nan


def sleep(life: Life, day: int, keep: Keep) -> None:
    """Move every state on to the next morning."""
    body, model, me = life.body, life.model, life.me
    is_kept = life.log.is_kept
    for place in range(N_MUSCLES):
        for side in SIDES:
            # 3 Adaptation of a muscle, which fades and has ever less room; fatigue.
            muscle = life.muscles[place, side]
            grown = 0.0
            if muscle.dose > 0.0:
                counted = returns(muscle.recent, muscle.dose, model.dose_crowding)
                room = max(1.0 - muscle.fit / me.muscle_ceiling[side], 0.0)
                gain = me.response[side] * me.recovery
                grown = model.muscle_gain * gain * counted * room
            tired = model.fatigue_gain * muscle.cost
            if is_kept:
                note_muscle(life.log, day, place, side, muscle, grown, tired)
            muscle.fit = (muscle.fit + grown) * keep.muscle
            muscle.fatigue = (muscle.fatigue + tired) * keep.fatigue
            muscle.recent = (muscle.recent + muscle.dose) * keep.recent
            muscle.dose = muscle.cost = 0.0
    for e in range(len(life.lifts)):
        lift = life.lifts[e]
        if lift.novelty == 1.0 and not lift.is_exposed:
            continue  # it has not been done yet
        for side in SIDES:
            # 3 Adaptation of the lift alone.
            dose, skill, recent = (
                lift.skill_dose[side],
                lift.skill[side],
                lift.skill_recent[side],
            )
            grown = 0.0
            if dose > 0.0:
                counted = returns(recent, dose, model.dose_crowding)
                room = max(1.0 - skill / me.skill_ceiling[side], 0.0)
                gain = me.response[side] * me.recovery
                grown = model.skill_gain * gain * counted * room
            if is_kept:
                note_lift(life.log, day, e, side, lift, grown)
            lift.skill[side] = (skill + grown) * keep.skill
            lift.skill_recent[side] = (recent + dose) * keep.recent
            lift.skill_dose[side] = 0.0
        if lift.is_exposed:
            # 3 Familiarity: rises with sessions of the lift and soon stays.
            lift.unlearned *= keep.unlearned
            lift.novelty *= keep.novelty
            new = 1.0 - life.strengths[e].familiarity
            lift.familiar = model.familiarity_size * new * (1.0 - lift.unlearned)
            lift.is_exposed = False
    any_practice = 0.0
    for pattern in range(len(body.technique)):
        any_practice = max(any_practice, body.practice[pattern])
    for pattern in range(len(body.technique)):
        # 4 Technique: learned by good practice, spoiled by bad, a part by any pattern.
        practice = body.practice[pattern]
        practice = (
            practice if practice != 0.0 else model.technique_transfer * any_practice
        )
        skill = body.technique[pattern]
        room = max(model.technique_ceiling - skill, 0.0) if practice > 0.0 else skill
        learned = model.technique_gain * practice * room
        body.technique[pattern] = skill + learned
        body.practice[pattern] = 0.0
    # 4 Soreness: comes in the next days, goes in the days after.
    body.coming += model.soreness_gain * body.strange
    arrived = body.coming * (1.0 - keep.coming)
    body.coming -= arrived
    body.soreness = min(body.soreness * keep.soreness + arrived, 10.0)
    # 4 Stiffness and range: hard sets stiffen, mobility frees and lengthens.
    freed = (
        1.0
        + model.stiffness_relief * (body.mobility[LEFT] + body.mobility[RIGHT]) / 2.0
    )
    stiffer = body.stiffness + model.stiffness_gain * body.hard
    body.stiffness = min(stiffer * keep.stiffness / freed, model.stiffness_most_deg)
    for side in SIDES:
        room = max(model.range_ceiling_deg - body.range_deg[side], 0.0)
        reached = body.range_deg[side] + model.range_gain * body.mobility[side] * room
        start = me.range_deg[side]
        body.range_deg[side] = start + (reached - start) * keep.range
        body.mobility[side] = 0.0
    # 4 Stability of the pelvis, endurance of the back.
    steady = body.stability
    steady += model.stability_gain * body.steadied * (1.0 - steady)
    body.stability = (
        model.stability_start + (steady - model.stability_start) * keep.stability
    )
    room = max(1.0 - body.endurance / model.endurance_ceiling, 0.0)
    gain = (me.response[LEFT] + me.response[RIGHT]) / 2.0 * me.recovery
    grown = model.endurance_gain * gain * min(body.endured, 3.0) * room
    body.endurance = (body.endurance + grown) * keep.endurance
    # 4 Lower back: what the day's load has over tolerance irritates, and pain follows.
    load = body.lumbar * (1.0 - model.lumbar_stability_relief * body.stability)
    over = max(load / body.tolerance - 1.0, 0.0)
    body.irritation = (body.irritation + over) * keep.irritation
    more = model.tolerance_gain * max(load - model.tolerance_spur * body.tolerance, 0.0)
    start = me.tolerance
    body.tolerance = start + (body.tolerance + more - start) * keep.tolerance
    body.flare *= keep.flare
    body.ease *= keep.ease
    body.lumbar = body.strange = body.hard = 0.0
    body.steadied = body.endured = 0.0


def returns(recent: float, dose: float, crowding: float) -> float:
    """Return what a dose counts after the doses of the last days.

    D(recent + dose) - D(recent) with D(x) = (1 + c) x / (1 + c x): one set alone counts
    1, each further one less. A crowding c of 0 makes it the dose itself.
    """
    before, after = 1.0 + crowding * recent, 1.0 + crowding * (recent + dose)
    return (1.0 + crowding) * dose / (before * after)


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
