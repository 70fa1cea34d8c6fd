"""The day loop: a plan acts on a person, and the person answers back.

A day has a morning (how the person wakes, what is reported), perhaps sessions, and a
night in which every state moves on (`_body.sleep`). States are those of the morning: a
session is felt from the next morning on. The same source runs as plain Python and
compiled. Constants of `model` carry the names of `data/parameters.toml`.

1. A set: how many repetitions or seconds are possible at today's capacity, how many are
   done, how many were left (`work`, `reps_at`, `slowness`).
2. A session: what sets leave behind in muscles, lift and lower back (`strain`, `tire`).
3. Between sessions: adaptation and fatigue (`_body.sleep`, `_body.capacity_of`).
4. The other states: technique in a set here, all of them by night in `_body.sleep`.
5. Decisions: `_judge` (slots, sessions) and `_gates` (weeks, phases, tests), which see
   what was observed and never the body.
"""

from math import floor, nan, sqrt

import numpy as np

from hipext.engine.body import capacity_of
from hipext.engine.decisions import (
    ask_today,
    judge_session,
    judge_slot,
    judge_stop,
    judge_tests,
)
from hipext.engine.progression import TEMPO
from hipext.engine.random import normals, pair
from hipext.engine.state import (
    ALTERNATE,
    BOTH,
    BRIDGE_TEST,
    EPLEY_REPS,
    LEFT,
    N_MUSCLES,
    NO_POLICY,
    RANGE,
    RANGE_TEST,
    RIGHT,
    RIGHT_FIRST,
    RING,
    SAID_COMPLETED,
    SAID_LEFT,
    SAID_RESERVE,
    SAID_RIGHT,
    SAID_TECHNIQUE,
    SIDES,
    SORENSEN_TEST,
    STRENGTH_TEST,
    TECHNIQUE_TEST,
    TESTS,
    WARM_UP,
    WEAKER_FIRST,
    WORK,
    Life,
    note_set,
    note_test,
    said,
)
from hipext.files.tables import MUSCLES

MOST_REPS = 60.0  # beyond these a set is no longer one of strength
MOST_SPENT = 0.9  # of the strength; some is always left
GLUTE, ERECTOR = MUSCLES.index("gluteus_maximus"), MUSCLES.index("erector_spinae")


def train(life: Life, day: int, occasion: int) -> None:
    """Do a session: its slots in turn, each judged at its end."""
    body, book, span = life.body, life.book, life.occasions[occasion]
    is_light = judge_session(life, day, span.first_slot, span.end_slot)
    body.warmth = life.log.count.session_s = 0.0
    for muscle in range(N_MUSCLES):
        for side in SIDES:
            life.muscles[muscle, side].spent = 0.0
    rated_sum, n_rated = 0.0, 0
    for slot in range(span.first_slot, span.end_slot):
        completed, rir, rated = True, nan, nan
        if life.slots[slot].kind == WORK:
            completed, rir, rated = work(life, day, slot, is_light)
            rated_sum += rated
            n_rated += 1
        else:
            prepare(life, day, slot, is_light)
        judge_slot(life, day, slot, is_light, span.is_week_end, completed, rir, rated)
        life.lines[slot].last_day = day
    if n_rated > 0:
        life.log.count.seconds += life.log.count.session_s
        at = book.n_rated % RING
        book.rated[at], book.pains[at] = rated_sum / n_rated, book.pain
        book.n_rated += 1


def prepare(life: Life, day: int, slot: int, is_light: bool) -> None:
    """Do a slot that is not work: it warms, keeps range, or rests."""
    body, line = life.body, life.lines[slot]
    exercise = life.exercises[life.slots[slot].exercise[line.rung]]
    if life.slots[slot].kind == WARM_UP:
        body.warmth = min(1.0, body.warmth + life.model.warm_up_per_slot)
    n_sets, amount, load_kg = ask_today(life, slot, False)
    for side in SIDES:
        work_done = exercise.mobility * n_sets
        body.mobility[side] += work_done * life.book.more_mobility[side]
    first, end = (LEFT, RIGHT + 1) if exercise.is_sided else (BOTH, LEFT)
    set_s = (end - first) * amount * seconds_of(life.slots[slot], line, exercise)
    pass_time(life, n_sets, n_sets * set_s, life.slots[slot].rest_s)
    if life.log.is_kept:
        for number in range(1, n_sets + 1):
            for side in range(first, end):
                note_set(
                    life.log,
                    line,
                    day,
                    slot,
                    number,
                    side,
                    amount,
                    amount,
                    load_kg,
                    nan,
                    nan,
                    is_light,
                )


def work(life: Life, day: int, slot: int, is_light: bool) -> tuple[bool, float, float]:
    """Do the working sets of a slot.

    Returns whether all were completed, the fewest repetitions left, as estimated, and
    how the technique was rated.
    """
    model, body, me, book = life.model, life.body, life.me, life.book
    asked, line = life.slots[slot], life.lines[slot]
    e = asked.exercise[line.rung]
    exercise, lift = life.exercises[e], life.lifts[e]
    is_hold, is_sided = asked.is_hold, exercise.is_sided
    n_sets, amount, load_kg = ask_today(life, slot, is_light)
    implements_kg = exercise.n_implements * load_kg
    rated_kg = implements_kg + exercise.rated_share * me.body_mass_kg
    carried = implements_kg / me.body_mass_kg + exercise.lifted_share
    of_effort, of_technique = 0.0, 0.0
    if life.is_noisy:
        of_effort, of_technique = pair(life.seed, life.person, day, asked.channel)
    skill = body.technique[exercise.pattern] - haste(model, body, line, load_kg)
    seconds = seconds_of(asked, line, exercise)
    slow = slowness(model, asked, seconds, exercise)
    cold = 1.0 - model.warm_up_loss * (1.0 - body.warmth)
    muscles = life.muscles
    left = capacity_of(exercise, lift, muscles, LEFT) * me.side_factor[LEFT]
    right = capacity_of(exercise, lift, muscles, RIGHT) * me.side_factor[RIGHT]
    spent_left = spent_of(exercise, muscles, LEFT)
    spent_right = spent_of(exercise, muscles, RIGHT)
    for side in SIDES:
        body.slot_dose[side] = body.slot_cost[side] = 0.0
        body.slot_drop[side] = body.slot_skill[side] = 0.0

    drop = model.effort_drop_per_set * asked.rest_factor
    policy, weaker = asked.side_policy, book.weaker
    by_test = policy == NO_POLICY and book.has_gap  # an assessment asked for it
    starts_weaker = is_sided and weaker != BOTH and (policy == WEAKER_FIRST or by_test)
    n_rounds = n_sets
    if starts_weaker and book.has_gap and not is_light:
        n_rounds += int(model.rule_extra_sets)
    completed, least_rir, rated_sum, n_rated, n_done = True, 99.0, 0.0, 0, 0
    for number in range(1, n_rounds + 1):
        first = LEFT
        if policy == RIGHT_FIRST or (policy == ALTERNATE and number % 2 == 0):
            first = RIGHT
        if starts_weaker:
            first = weaker
        most, rated = amount, nan
        for turn in range(2 if is_sided and number <= n_sets else 1):
            hand, strength = BOTH, (left + right) / 2.0
            spent = (spent_left + spent_right) / 2.0
            if is_sided:
                hand = first if turn == 0 else 1 - first
                strength = left if hand == LEFT else right
                spent = spent_left if hand == LEFT else spent_right
            spent = min(spent + body.slot_drop[max(hand, LEFT)], MOST_SPENT)
            strength *= body.readiness * cold * (1.0 - spent)
            # 1 The set: what is possible, what is done, what was left.
            if is_hold:
                possible = life.strengths[e].hold_s * strength
                relative = amount / max(possible, 1.0)
                spare = model.effort_hold_reps * max(1.0 - relative, 0.0)
            else:
                heavy, heaviest = model.effort_control_load, 1.0
                if lift.base_kg > 0.0:
                    heavy, heaviest = rated_kg, lift.base_kg * strength
                relative = heavy / heaviest
                possible = slow * reps_at(heavy, heaviest)
                spare = max(possible - most, 0.0)
            done = done_of(possible, most)
            failed = done < most
            n_done += done
            completed = completed and not failed
            if starts_weaker:
                most = done  # the side that starts sets the number
            # 4 Technique as done: the nearer to failure, the worse.
            near = max(1.0 - spare / model.technique_safe_rir, 0.0)
            shown = skill - model.technique_effort_loss * near
            shown = min(max(shown - model.technique_tired_loss * spent, 0.0), 1.0)
            # 2 What the set leaves behind.
            effort = effort_of(model, spare, done)
            strain(model, body, lift, hand, effort, relative, failed, is_hold, drop)
            clumsy = 1.0 + model.lumbar_technique_penalty * (1.0 - shown)
            lifts = done / model.lumbar_hold_s if is_hold else 1.0 * done
            lumbar = exercise.lumbar * carried * lifts * clumsy
            body.lumbar += lumbar if hand == BOTH else lumbar / 2.0
            # Observations.
            rir = nan
            if not is_hold and lift.base_kg > 0.0:
                sd = model.effort_rir_sd + model.effort_rir_sd_slope * min(spare, 6.0)
                rir = min(max(spare + sd * of_effort, 0.0), 10.0)
                rir = said(life.script, day, SAID_RESERVE, rir)
                least_rir = min(least_rir, rir)
            rated = min(max(shown + model.technique_rater_sd * of_technique, 0.0), 1.0)
            rated = said(life.script, day, SAID_TECHNIQUE, rated)
            rated_sum, n_rated = rated_sum + rated, n_rated + 1
            if life.log.is_kept:
                note_set(
                    life.log,
                    line,
                    day,
                    slot,
                    number,
                    hand,
                    amount,
                    done,
                    load_kg,
                    rir,
                    rated,
                    is_light,
                )
        if rated < model.rule_technique_stop and number < n_rounds:
            judge_stop(life, day, slot, number, n_rounds, rated)
            completed = False
            break
    tire(model, body, muscles, lift, exercise, completed)
    pass_time(life, number, n_done * seconds, asked.rest_s)
    count, sets = life.log.count, n_rated / 2.0 if is_sided else 1.0 * n_rated
    count.working_sets += sets
    count.failed += 0.0 if completed else 1.0
    count.volume += 0.0 if is_hold else n_done * implements_kg
    completed = said(life.script, day, SAID_COMPLETED, 1.0 if completed else 0.0) > 0.5
    rir = nan if least_rir > 90.0 else least_rir
    if not is_light:
        line.done_kg = load_kg
        if completed and rir <= 5.0 and amount + rir <= EPLEY_REPS:
            implied_kg = rated_kg * (1.0 + (amount + rir) / EPLEY_REPS)
            change_kg = implied_kg - life.known_kg[e]
            life.known_kg[e] += model.rule_estimate_weight * change_kg
    return completed, rir, rated_sum / n_rated


def reps_at(heavy: float, heaviest: float) -> float:
    """Return the repetitions to failure with a load, given today's maximum (Epley)."""
    if heavy <= 0.0:
        return MOST_REPS
    return min(EPLEY_REPS * (heaviest / heavy - 1.0), MOST_REPS)


def done_of(possible: float, most: int) -> int:
    """Return the whole repetitions or seconds done: those asked for, if possible."""
    return max(min(most, floor(possible + 1e-9)), 0)


def effort_of(model: np.void, spare: float, done: int) -> float:
    """Return the effort of a set, 0-1: the more, the fewer repetitions it left."""
    scale = model.dose_effort_reps
    return scale / (scale + spare) if done > 0 else 0.0


def slowness(
    model: np.void, asked: np.void, seconds: float, exercise: np.void
) -> float:
    """Return the share of repetitions that stays at a tempo."""
    if asked.is_hold or seconds <= exercise.usual_seconds:
        return 1.0
    return (exercise.usual_seconds / seconds) ** model.effort_tempo_power


def haste(model: np.void, body: np.void, line: np.void, load_kg: float) -> float:
    """Return what a jump of the load and a cold start cost technique."""
    jump = 0.0
    if line.done_kg > 0.0 and load_kg > line.done_kg:
        jump = max(load_kg / line.done_kg - 1.0 - model.technique_free_jump, 0.0)
    cold = model.technique_cold_loss * (1.0 - body.warmth)
    return model.technique_jump_loss * jump + cold


def spent_of(exercise: np.void, muscles: np.ndarray, side: int) -> float:
    """Return what the earlier sets of a session took from the strength in a lift."""
    total = 0.0
    for place in range(N_MUSCLES):
        total += exercise.weight[place] * muscles[place, side].spent
    return total


def strain(
    model: np.void,
    body: np.void,
    lift: np.void,
    hand: int,
    effort: float,
    relative: float,
    failed: bool,
    is_hold: bool,
    drop: float,
) -> None:
    """Add the dose, the cost and the tiredness of one set to those of its slot."""
    cost = effort * (1.0 + model.dose_failure_cost) if failed else effort
    heavy = relative / model.dose_skill_load
    skill = 1.0 if is_hold else min(heavy * heavy, 2.0)  # ** 2 rounds otherwise, rarely
    for side in SIDES:
        if hand in (BOTH, side):
            body.slot_dose[side] += effort * min(1.0, relative / model.dose_least_load)
            body.slot_cost[side] += cost
            body.slot_drop[side] += drop * effort
            body.slot_skill[side] += skill * effort
    part = 1.0 if hand == BOTH else 0.5
    body.strange += part * cost * (model.soreness_usual + lift.novelty)
    body.hard += part * cost * min(1.0, relative)


def tire(
    model: np.void,
    body: np.void,
    muscles: np.ndarray,
    lift: np.void,
    exercise: np.void,
    completed: bool,
) -> None:
    """Pass what the sets of a slot left behind on to muscles, lift and skills."""
    for side in SIDES:
        lift.skill_dose[side] += body.slot_skill[side]
        for place in range(N_MUSCLES):
            share = exercise.share[place]
            if share > 0.0:
                muscle = muscles[place, side]
                muscle.dose += share * body.slot_dose[side]
                muscle.cost += share * body.slot_cost[side]
                muscle.spent += share * body.slot_drop[side]
    sets = (body.slot_cost[LEFT] + body.slot_cost[RIGHT]) / 2.0
    body.steadied += exercise.steadies * sets
    body.endured += exercise.share[ERECTOR] * sets
    lift.is_exposed = True
    quality = 1.0 if completed else model.technique_failed_practice
    practised = body.practice[exercise.pattern]
    if practised == 0.0 or quality < practised:
        body.practice[exercise.pattern] = quality  # a day is as good as its worst slot


def seconds_of(asked: np.void, line: np.void, exercise: np.void) -> float:
    """Return the seconds that a repetition takes at the slot's tempo of today."""
    if asked.rule == TEMPO and line.n_steps > 0:
        return asked.seconds[line.n_steps]
    if asked.has_tempo or asked.is_hold:
        return asked.seconds[0]
    return exercise.usual_seconds


def pass_time(life: Life, n_sets: int, worked_s: float, rest_s: float) -> None:
    """Add the time of a slot to that of the session: setting up, work and rest."""
    if n_sets > 0:
        seconds = life.model.time_setup_s + worked_s + n_sets * rest_s
        life.log.count.session_s += seconds


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
