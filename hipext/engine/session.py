"""A training session: its sets, effort and failure, what they leave behind, and tests.

A day has a morning (`day.start_day`), perhaps sessions, and a night in which every
state moves on (`body.overnight_update`). States are those of the morning: a session is
felt from the next morning on. The same source runs as plain Python and compiled.
Constants of `model` carry the names of ``data/parameters.toml``.

1. A set: repetitions or seconds that today's capacity allows, those done, those left in
   reserve (`perform_work`, `reps_to_failure`, `tempo_factor`).
2. A session: the dose and fatigue of its sets in muscles, lift and lower back
   (`add_set_dose`, `add_slot_dose`).
3. Between sessions: adaptation and recovery (`body.overnight_update`).
4. Other states: technique as shown in a set here, all of them overnight in `body`.
5. Decisions: `decisions`, which sees observations and never the body.
"""

from math import floor, isnan, nan, sqrt

import numpy as np

from hipext.engine.body import capacity_of
from hipext.engine.decisions import (
    decide_after_tests,
    decide_session,
    decide_slot,
    prescribe_today,
    stop_sets,
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
    SCRIPT_COMPLETED,
    SCRIPT_RANGE_LEFT,
    SCRIPT_RANGE_RIGHT,
    SCRIPT_RIR,
    SCRIPT_TECHNIQUE,
    SIDES,
    SORENSEN_TEST,
    STRENGTH_TEST,
    TECHNIQUE_TEST,
    TESTS,
    WARM_UP,
    WEAKER_FIRST,
    WORK,
    RunState,
    log_set,
    log_test,
    scripted,
)
from hipext.files.tables import MUSCLES

MOST_REPS = 60.0  # beyond these a set is no longer one of strength
MOST_SPENT = 0.9  # of the strength; some is always left
GLUTE, ERECTOR = MUSCLES.index("gluteus_maximus"), MUSCLES.index("erector_spinae")


def perform_session(run: RunState, day: int, occasion: int) -> None:
    """Do a session: its slots in turn, each judged at its end."""
    body, observed, span = run.body, run.observed, run.occasions[occasion]
    is_light = decide_session(run, day, span.first_slot, span.end_slot)
    body.warmth = run.log.count.session_s = 0.0
    for muscle in range(N_MUSCLES):
        for side in SIDES:
            run.muscles[muscle, side].acute_fatigue = 0.0
    rated_sum, n_rated = 0.0, 0
    for slot in range(span.first_slot, span.end_slot):
        completed, rir, rated = True, nan, nan
        if run.plan.is_open_loop:
            complete_as_asked(run, day, slot, is_light)
        elif run.slots[slot].kind == WORK:
            completed, rir, rated = perform_work(run, day, slot, is_light)
            rated_sum += rated
            n_rated += 1
        else:
            perform_preparation(run, day, slot, is_light)
        decide_slot(run, day, slot, is_light, span.is_week_end, completed, rir, rated)
        run.slot_states[slot].last_day = day
    if n_rated > 0:
        run.log.count.seconds += run.log.count.session_s
        at = observed.n_rated % RING
        observed.rated[at], observed.pains_reported[at] = (
            rated_sum / n_rated,
            observed.pain,
        )
        observed.n_rated += 1


def complete_as_asked(run: RunState, day: int, slot: int, is_light: bool) -> None:
    """Complete every set of a slot as asked for: the open loop.

    The body stays as it is. A working set raises the estimated 1RM if it implies more.
    """
    asked, slot_state = run.slots[slot], run.slot_states[slot]
    e = asked.exercise[slot_state.ladder_step]
    exercise = run.exercises[e]
    is_cut = is_light and asked.kind == WORK
    n_sets, reps_or_s, load_kg = prescribe_today(run, slot, is_cut)
    body_kg = exercise.rated_share * run.athlete.body_mass_kg
    rated_kg = exercise.n_implements * load_kg + body_kg
    has_one_rm = exercise.is_loaded and run.e1rm_kg[e] > 0.0 and not asked.is_hold
    rir = nan if is_cut else asked.target_rir
    if isnan(rir) and has_one_rm:
        spare = reps_to_failure(rated_kg, run.e1rm_kg[e]) - reps_or_s
        rir = min(max(spare, 0.0), 10.0)
    for number in range(1, n_sets + 1):
        first = starting_side(asked.side_policy, run.observed.weaker, number)
        for turn in range(2 if exercise.is_sided else 1):
            side = BOTH
            if exercise.is_sided:
                side = first if turn == 0 else 1 - first
            if run.log.is_kept:
                log_set(
                    run.log,
                    slot_state,
                    day,
                    slot,
                    number,
                    side,
                    reps_or_s,
                    reps_or_s,
                    load_kg,
                    rir,
                    nan,
                    is_cut,
                    run.e1rm_kg[e] if has_one_rm else 0.0,
                )
    if is_cut:
        return
    slot_state.done_kg = load_kg
    # Without a target the set is taken to have been done to failure.
    possible = reps_or_s + (0.0 if isnan(asked.target_rir) else asked.target_rir)
    if asked.kind == WORK and has_one_rm and possible <= EPLEY_REPS:
        implied_kg = rated_kg * (1.0 + possible / EPLEY_REPS)
        run.e1rm_kg[e] = max(run.e1rm_kg[e], implied_kg)


def starting_side(policy: int, weaker: int, number: int) -> int:
    """Return the side that starts a set; left where the plan names none."""
    if policy == WEAKER_FIRST and weaker != BOTH:
        return weaker
    if policy == RIGHT_FIRST or (policy == ALTERNATE and number % 2 == 0):
        return RIGHT
    return LEFT


def perform_preparation(run: RunState, day: int, slot: int, is_light: bool) -> None:
    """Do a slot that is not work: it warms, keeps range, or rests."""
    body, slot_state = run.body, run.slot_states[slot]
    e = run.slots[slot].exercise[slot_state.ladder_step]
    exercise = run.exercises[e]
    if run.slots[slot].kind == WARM_UP:
        body.warmth = min(1.0, body.warmth + run.model.warm_up_per_slot)
    n_sets, reps_or_s, load_kg = prescribe_today(run, slot, False)
    for side in SIDES:
        work_done = exercise.mobility * n_sets
        body.mobility[side] += work_done * run.observed.mobility_factor[side]
    first, end = (LEFT, RIGHT + 1) if exercise.is_sided else (BOTH, LEFT)
    set_s = (
        (end - first)
        * reps_or_s
        * rep_duration_s(run.slots[slot], slot_state, exercise)
    )
    add_session_time(run, n_sets, n_sets * set_s, run.slots[slot].rest_s)
    if run.log.is_kept:
        for number in range(1, n_sets + 1):
            for side in range(first, end):
                log_set(
                    run.log,
                    slot_state,
                    day,
                    slot,
                    number,
                    side,
                    reps_or_s,
                    reps_or_s,
                    load_kg,
                    nan,
                    nan,
                    is_light,
                    run.strengths[e].base_kg,
                )


def perform_work(
    run: RunState, day: int, slot: int, is_light: bool
) -> tuple[bool, float, float]:
    """Do the working sets of a slot.

    Returns whether all were completed, the fewest repetitions left, as estimated, and
    how the technique was rated.
    """
    model, body, athlete, observed = run.model, run.body, run.athlete, run.observed
    asked, slot_state = run.slots[slot], run.slot_states[slot]
    e = asked.exercise[slot_state.ladder_step]
    exercise, lift = run.exercises[e], run.lifts[e]
    is_hold, is_sided = asked.is_hold, exercise.is_sided
    n_sets, reps_or_s, load_kg = prescribe_today(run, slot, is_light)
    implements_kg = exercise.n_implements * load_kg
    rated_kg = implements_kg + exercise.rated_share * athlete.body_mass_kg
    carried = implements_kg / athlete.body_mass_kg + exercise.lifted_share
    of_effort, of_technique = 0.0, 0.0
    if run.is_noisy:
        of_effort, of_technique = pair(run.seed, run.person, day, asked.channel)
    skill = body.technique[exercise.pattern] - technique_penalty(
        model, body, slot_state, load_kg
    )
    seconds = rep_duration_s(asked, slot_state, exercise)
    slow = tempo_factor(model, asked, seconds, exercise)
    cold = 1.0 - model.warm_up_loss * (1.0 - body.warmth)
    muscles = run.muscles
    left = capacity_of(exercise, lift, muscles, LEFT) * athlete.side_factor[LEFT]
    right = capacity_of(exercise, lift, muscles, RIGHT) * athlete.side_factor[RIGHT]
    spent_left = acute_fatigue_of(exercise, muscles, LEFT)
    spent_right = acute_fatigue_of(exercise, muscles, RIGHT)
    for side in SIDES:
        body.slot_dose[side] = body.slot_cost[side] = 0.0
        body.slot_fatigue[side] = body.slot_skill[side] = 0.0

    drop = model.effort_drop_per_set * asked.rest_factor
    policy, weaker = asked.side_policy, observed.weaker
    by_test = (
        policy == NO_POLICY and observed.has_asymmetry
    )  # an assessment asked for it
    if by_test:
        policy = WEAKER_FIRST
    starts_weaker = is_sided and weaker != BOTH and policy == WEAKER_FIRST
    n_rounds = n_sets
    if starts_weaker and observed.has_asymmetry and not is_light:
        n_rounds += int(model.rule_extra_sets)
    completed, least_rir, rated_sum, n_rated, n_done = True, 99.0, 0.0, 0, 0
    for number in range(1, n_rounds + 1):
        first = starting_side(policy, weaker, number)
        most, rated = reps_or_s, nan
        for turn in range(2 if is_sided and number <= n_sets else 1):
            hand, strength = BOTH, (left + right) / 2.0
            acute_fatigue = (spent_left + spent_right) / 2.0
            if is_sided:
                hand = first if turn == 0 else 1 - first
                strength = left if hand == LEFT else right
                acute_fatigue = spent_left if hand == LEFT else spent_right
            acute_fatigue = min(
                acute_fatigue + body.slot_fatigue[max(hand, LEFT)], MOST_SPENT
            )
            strength *= body.readiness * cold * (1.0 - acute_fatigue)
            # 1 The set: what is possible, what is done, what was left.
            if is_hold:
                possible = run.strengths[e].hold_s * strength
                relative = reps_or_s / max(possible, 1.0)
                spare = model.effort_hold_reps * max(1.0 - relative, 0.0)
            else:
                heavy, heaviest = model.effort_control_load, 1.0
                if lift.base_kg > 0.0:
                    heavy, heaviest = rated_kg, lift.base_kg * strength
                relative = heavy / heaviest
                possible = slow * reps_to_failure(heavy, heaviest)
                spare = max(possible - most, 0.0)
            done = completed_reps(possible, most)
            failed = done < most
            n_done += done
            completed = completed and not failed
            if starts_weaker:
                most = done  # the side that starts sets the number
            # 4 Technique as done: the nearer to failure, the worse.
            near = max(1.0 - spare / model.technique_safe_rir, 0.0)
            shown = skill - model.technique_effort_loss * near
            shown = min(
                max(shown - model.technique_tired_loss * acute_fatigue, 0.0), 1.0
            )
            # 2 What the set leaves behind.
            effort = set_effort(model, spare, done)
            add_set_dose(
                model, body, lift, hand, effort, relative, failed, is_hold, drop
            )
            clumsy = 1.0 + model.lumbar_technique_penalty * (1.0 - shown)
            lifts = done / model.lumbar_hold_s if is_hold else 1.0 * done
            lumbar = exercise.lumbar * carried * lifts * clumsy
            body.lumbar += lumbar if hand == BOTH else lumbar / 2.0
            # Observations.
            rir = nan
            if not is_hold and lift.base_kg > 0.0:
                sd = model.effort_rir_sd + model.effort_rir_sd_slope * min(spare, 6.0)
                rir = min(max(spare + sd * of_effort, 0.0), 10.0)
                rir = scripted(run.script, day, SCRIPT_RIR, rir)
                least_rir = min(least_rir, rir)
            rated = min(max(shown + model.technique_rater_sd * of_technique, 0.0), 1.0)
            rated = scripted(run.script, day, SCRIPT_TECHNIQUE, rated)
            rated_sum, n_rated = rated_sum + rated, n_rated + 1
            if run.log.is_kept:
                log_set(
                    run.log,
                    slot_state,
                    day,
                    slot,
                    number,
                    hand,
                    reps_or_s,
                    done,
                    load_kg,
                    rir,
                    rated,
                    is_light,
                    run.strengths[e].base_kg,
                )
        if rated < model.rule_technique_stop and number < n_rounds:
            stop_sets(run, day, slot, number, n_rounds, rated)
            completed = False
            break
    add_slot_dose(model, body, muscles, lift, exercise, completed)
    add_session_time(run, number, n_done * seconds, asked.rest_s)
    count, sets = run.log.count, n_rated / 2.0 if is_sided else 1.0 * n_rated
    count.working_sets += sets
    count.failed += 0.0 if completed else 1.0
    count.volume += 0.0 if is_hold else n_done * implements_kg
    completed = (
        scripted(run.script, day, SCRIPT_COMPLETED, 1.0 if completed else 0.0) > 0.5
    )
    rir = nan if least_rir > 90.0 else least_rir
    if not is_light:
        slot_state.done_kg = load_kg
        if completed and rir <= 5.0 and reps_or_s + rir <= EPLEY_REPS:
            implied_kg = rated_kg * (1.0 + (reps_or_s + rir) / EPLEY_REPS)
            change_kg = implied_kg - run.e1rm_kg[e]
            run.e1rm_kg[e] += model.rule_estimate_weight * change_kg
    return completed, rir, rated_sum / n_rated


def reps_to_failure(heavy: float, heaviest: float) -> float:
    """Return the repetitions to failure with a load, given today's maximum (Epley)."""
    if heavy <= 0.0:
        return MOST_REPS
    return min(EPLEY_REPS * (heaviest / heavy - 1.0), MOST_REPS)


def completed_reps(possible: float, most: int) -> int:
    """Return the whole repetitions or seconds done: those asked for, if possible."""
    return max(min(most, floor(possible + 1e-9)), 0)


def set_effort(model: np.void, spare: float, done: int) -> float:
    """Return the effort of a set, 0-1: the more, the fewer repetitions it left."""
    scale = model.dose_effort_reps
    return scale / (scale + spare) if done > 0 else 0.0


def tempo_factor(
    model: np.void, asked: np.void, seconds: float, exercise: np.void
) -> float:
    """Return the share of repetitions that stays at a tempo."""
    if asked.is_hold or seconds <= exercise.usual_seconds:
        return 1.0
    return (exercise.usual_seconds / seconds) ** model.effort_tempo_power


def technique_penalty(
    model: np.void, body: np.void, slot_state: np.void, load_kg: float
) -> float:
    """Return what a jump of the load and a cold start cost technique."""
    jump = 0.0
    if slot_state.done_kg > 0.0 and load_kg > slot_state.done_kg:
        jump = max(load_kg / slot_state.done_kg - 1.0 - model.technique_free_jump, 0.0)
    cold = model.technique_cold_loss * (1.0 - body.warmth)
    return model.technique_jump_loss * jump + cold


def acute_fatigue_of(exercise: np.void, muscles: np.ndarray, side: int) -> float:
    """Return what the earlier sets of a session took from the strength in a lift."""
    total = 0.0
    for place in range(N_MUSCLES):
        total += exercise.weight[place] * muscles[place, side].acute_fatigue
    return total


def add_set_dose(
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
            body.slot_fatigue[side] += drop * effort
            body.slot_skill[side] += skill * effort
    part = 1.0 if hand == BOTH else 0.5
    body.soreness_dose += part * cost * (model.soreness_usual + lift.novelty)
    body.hard_sets += part * cost * min(1.0, relative)


def add_slot_dose(
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
                muscle.acute_fatigue += share * body.slot_fatigue[side]
    sets = (body.slot_cost[LEFT] + body.slot_cost[RIGHT]) / 2.0
    body.stability_dose += exercise.stability_share * sets
    body.endurance_dose += exercise.share[ERECTOR] * sets
    lift.is_exposed = True
    quality = 1.0 if completed else model.technique_failed_practice
    practised = body.practice[exercise.pattern]
    if practised == 0.0 or quality < practised:
        body.practice[exercise.pattern] = quality  # a day is as good as its worst slot


def rep_duration_s(asked: np.void, slot_state: np.void, exercise: np.void) -> float:
    """Return the seconds that a repetition takes at the slot's tempo of today."""
    if asked.rule == TEMPO and slot_state.n_steps > 0:
        return asked.seconds[slot_state.n_steps]
    if asked.has_tempo or asked.is_hold:
        return asked.seconds[0]
    return exercise.usual_seconds


def add_session_time(
    run: RunState, n_sets: int, worked_s: float, rest_s: float
) -> None:
    """Add the time of a slot to that of the session: setting up, work and rest."""
    if n_sets > 0:
        seconds = run.model.time_setup_s + worked_s + n_sets * rest_s
        run.log.count.session_s += seconds


def measure_range(run: RunState, day: int) -> None:
    """Measure the hip-extension range of both sides, the mean of some tries."""
    body, observed, model = run.body, run.observed, run.model
    of_left, of_right = 0.0, 0.0
    if run.is_noisy:
        of_left, of_right = pair(run.seed, run.person, day, RANGE)
    sem = model.range_sem_deg / sqrt(model.range_tries)
    left = body.range_deg[LEFT] - body.stiffness + sem * of_left
    right = body.range_deg[RIGHT] - body.stiffness + sem * of_right
    observed.range_deg[LEFT] = scripted(run.script, day, SCRIPT_RANGE_LEFT, left)
    observed.range_deg[RIGHT] = scripted(run.script, day, SCRIPT_RANGE_RIGHT, right)


def perform_tests(run: RunState, day: int) -> None:
    """Do the tests of an assessment, which then change the plan."""
    plan, model, athlete = run.plan, run.model, run.athlete
    body, observed, muscles = run.body, run.observed, run.muscles
    bridge_left, bridge_right, of_hold, _ = 0.0, 0.0, 0.0, 0.0
    if run.is_noisy:
        bridge_left, bridge_right, of_hold, _ = normals(
            run.seed, run.person, day, TESTS
        )
    if plan.has_test[RANGE_TEST]:
        measure_range(run, day)
        for side in SIDES:
            log_test(run, day, RANGE_TEST, -1, side, observed.range_deg[side])
    if plan.has_test[BRIDGE_TEST]:
        for side in SIDES:
            # The same relation as for sets: reps = 30 (capacity / load - 1).
            glute = muscles[GLUTE, side]
            start = EPLEY_REPS + run.athlete.bridge_reps[side]
            reps = start * (1.0 + glute.adaptation - glute.fatigue) - EPLEY_REPS
            reps += model.bridge_sem * (bridge_left if side == LEFT else bridge_right)
            observed.bridge_reps[side] = max(floor(reps + 0.5), 0.0)
            log_test(run, day, BRIDGE_TEST, -1, side, observed.bridge_reps[side])
    if plan.has_test[SORENSEN_TEST]:
        tired = (muscles[ERECTOR, LEFT].fatigue + muscles[ERECTOR, RIGHT].fatigue) / 2.0
        hold_s = athlete.sorensen_s * max(1.0 + body.endurance - tired, 0.0)
        hold_s = max(hold_s + model.sorensen_sem_s * of_hold, 0.0)
        log_test(run, day, SORENSEN_TEST, -1, BOTH, hold_s)
    if plan.has_test[STRENGTH_TEST]:
        for e in range(len(run.exercises)):
            if not run.exercises[e].is_tested or not run.strengths[e].is_measured:
                continue
            lift, of_test = run.lifts[e], 0.0
            if run.is_noisy:
                of_test, _ = pair(run.seed, run.person, day, run.exercises[e].identity)
            both = capacity_of(run.exercises[e], lift, muscles, LEFT)
            both += capacity_of(run.exercises[e], lift, muscles, RIGHT)
            one_rm_kg = lift.base_kg * both / 2.0 * body.readiness
            one_rm_kg *= 1.0 + model.strength_test_cv * of_test
            log_test(run, day, STRENGTH_TEST, e, BOTH, one_rm_kg)
            lift.is_exposed = True  # a test is practice too
            if not plan.is_open_loop:  # which does not know what a test would show
                run.e1rm_kg[e] = one_rm_kg
    if plan.has_test[TECHNIQUE_TEST]:
        rated = athlete.technique
        if observed.n_rated > 0:
            rated = observed.rated[(observed.n_rated - 1) % RING]
        log_test(run, day, TECHNIQUE_TEST, -1, BOTH, rated)
    decide_after_tests(run, day)
