"""A training session: sets, effort, failure, the training dose they give, and tests.

A day has a morning (`day.start_day`), perhaps sessions, and a night in which every
state moves on (`body.overnight_update`). States are those of the morning: a session is
felt from the next morning on. The same source runs as plain Python and compiled.
Constants of `model` carry the names of ``data/parameters.toml``.

1. A set: repetitions or seconds that today's capacity allows, those done, those left in
   reserve (`perform_work`, `reps_to_failure`, `tempo_factor`).
2. A session: the dose and fatigue of its sets in muscles, lift and lower back
   (`add_set_dose`, `add_slot_dose`).
3. Between sessions: adaptation and recovery (`body.overnight_update`).
4. Technique: as shown in a set here, learned overnight in `body`.
5. Decisions: `decisions`, which sees observations and never the body.
"""

from math import floor, isnan, nan, sqrt

import numpy as np

from hipext.engine import state
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
from hipext.engine.state import LEFT, RIGHT, RunState, log_set, log_test, scripted

EPLEY_REPS = 30.0  # of Epley's relation, evidence row E03-001
MAX_REPS = 60.0  # beyond these a set is no longer one of strength
MAX_ACUTE_FATIGUE = 0.9  # share of the strength; some is always left
MAX_RIR_FOR_E1RM, MAX_REPS_FOR_E1RM = 5.0, 30.0  # beyond them a set says little
MAX_RIR, UNKNOWN_RIR = 10.0, 99.0  # highest that is reported; more than any


def perform_session(run: RunState, occasion: int) -> None:
    """Do a session: its slots in turn, each followed by its decision."""
    body, observed, span = run.body, run.observed, run.occasions[occasion]
    is_reduced = decide_session(run, occasion)
    body.warmth = run.log.count.session_s = 0.0
    for muscle in range(state.N_MUSCLES):
        for side in state.SIDES:
            run.muscles[muscle, side].acute_fatigue = 0.0
    technique_sum, n_rated = 0.0, 0
    for slot in range(span.first_slot, span.end_slot):
        completed, rir, technique = True, nan, nan
        if run.plan.is_open_loop:
            complete_as_prescribed(run, slot, is_reduced)
        elif run.slots[slot].kind == state.WORK:
            completed, rir, technique = perform_work(run, slot, is_reduced)
            technique_sum += technique
            n_rated += 1
        else:
            perform_preparation(run, slot, is_reduced)
        decide_slot(run, slot, is_reduced, span.is_week_end, completed, rir, technique)
        run.slot_states[slot].last_day = observed.day
    if n_rated > 0:  # a session without work has no technique, and no gate sees it
        run.log.count.seconds += run.log.count.session_s
        place = observed.n_rated % state.MAX_GATE_SESSIONS
        observed.session_technique[place] = technique_sum / n_rated
        observed.session_pain[place] = observed.pain
        observed.n_rated += 1


def complete_as_prescribed(run: RunState, slot_number: int, is_reduced: bool) -> None:
    """Complete every set of a slot as prescribed: the open loop.

    The body stays as it is. A working set raises the estimated 1RM if it implies more.
    """
    slot, slot_state = run.slots[slot_number], run.slot_states[slot_number]
    index = slot.exercise[slot_state.ladder_step]
    exercise = run.exercises[index]
    is_cut = is_reduced and slot.kind == state.WORK
    n_sets, reps_or_s, load_kg = prescribe_today(run, slot_number, is_cut)
    body_kg = exercise.rated_share * run.athlete.body_mass_kg
    rated_kg = exercise.n_implements * load_kg + body_kg
    one_rm_kg = 0.0
    if exercise.is_loaded and not slot.is_hold:
        one_rm_kg = run.e1rm_kg[index]
    rir = nan if is_cut else slot.target_rir
    if isnan(rir) and one_rm_kg > 0.0:
        reserve = reps_to_failure(rated_kg, one_rm_kg) - reps_or_s
        rir = min(max(reserve, 0.0), MAX_RIR)
    today = state.SlotToday(slot_number, reps_or_s, load_kg, is_cut, one_rm_kg)
    for set_number in range(1, n_sets + 1):
        first = starting_side(slot.side_policy, run.observed.weaker_side, set_number)
        for turn in range(2 if exercise.is_sided else 1):
            side = state.BOTH
            if exercise.is_sided:
                side = first if turn == 0 else 1 - first
            if run.log.is_kept:
                log_set(run, today, set_number, side, reps_or_s, rir, nan)
    if is_cut:
        return
    slot_state.done_kg = load_kg
    # Without a target the set is taken to have been done to failure.
    reps = reps_or_s + (0.0 if isnan(slot.target_rir) else slot.target_rir)
    if slot.kind == state.WORK and one_rm_kg > 0.0 and reps <= MAX_REPS_FOR_E1RM:
        implied_kg = one_rm_from_reps(rated_kg, reps)
        run.e1rm_kg[index] = max(one_rm_kg, implied_kg)


def starting_side(policy: int, weaker: int, set_number: int) -> int:
    """Return the side that starts a set; left where the plan names none."""
    if policy == state.WEAKER_FIRST and weaker != state.BOTH:
        return weaker
    if policy == state.ALTERNATE:
        return LEFT if set_number % 2 == 1 else RIGHT
    return RIGHT if policy == state.RIGHT_FIRST else LEFT


def perform_preparation(run: RunState, slot_number: int, is_reduced: bool) -> None:
    """Do a slot that is not work: warm-up, mobility or recovery."""
    body, slot = run.body, run.slots[slot_number]
    slot_state = run.slot_states[slot_number]
    index = slot.exercise[slot_state.ladder_step]
    exercise = run.exercises[index]
    if slot.kind == state.WARM_UP:
        body.warmth = min(1.0, body.warmth + run.model.warm_up_per_slot)
    # Reduced sessions cut work only.
    n_sets, reps_or_s, load_kg = prescribe_today(run, slot_number, False)
    for side in state.SIDES:
        mobility = exercise.mobility * n_sets
        body.mobility[side] += mobility * run.observed.mobility_factor[side]
    # Sides of a set: left and right in turn, or both at once.
    first, end = (LEFT, RIGHT + 1) if exercise.is_sided else (state.BOTH, LEFT)
    set_s = (end - first) * reps_or_s * rep_duration_s(slot, slot_state, exercise)
    add_session_time(run, n_sets, n_sets * set_s, slot.rest_s)
    base_kg = run.strengths[index].base_kg
    today = state.SlotToday(slot_number, reps_or_s, load_kg, is_reduced, base_kg)
    for set_number in range(1, n_sets + 1):
        for side in range(first, end):
            if run.log.is_kept:
                log_set(run, today, set_number, side, reps_or_s, nan, nan)


def perform_work(
    run: RunState, slot_number: int, is_reduced: bool
) -> tuple[bool, float, float]:
    """Do the working sets of a slot.

    Returns whether all were completed, the fewest repetitions in reserve as reported
    (missing if nobody reports them), and the mean technique as rated.
    """
    model, body, athlete, observed = run.model, run.body, run.athlete, run.observed
    day = observed.day
    slot, slot_state = run.slots[slot_number], run.slot_states[slot_number]
    index = slot.exercise[slot_state.ladder_step]
    exercise, lift, muscles = run.exercises[index], run.lifts[index], run.muscles
    is_hold, is_sided = slot.is_hold, exercise.is_sided
    n_sets, reps_or_s, load_kg = prescribe_today(run, slot_number, is_reduced)
    # Effort goes by the load and the part of body mass that counts in the 1RM; the
    # lower back carries the load and all body mass that is lifted, in body masses.
    implements_kg = exercise.n_implements * load_kg
    rated_kg = implements_kg + exercise.rated_share * athlete.body_mass_kg
    back_load = implements_kg / athlete.body_mass_kg + exercise.lifted_share
    z_effort, z_technique = 0.0, 0.0
    if run.is_noisy:
        z_effort, z_technique = pair(run.seed, run.athlete_number, day, slot.channel)
    # A jump of the load and a cold start take from technique.
    jump = 0.0
    if slot_state.done_kg > 0.0 and load_kg > slot_state.done_kg:
        jump = max(load_kg / slot_state.done_kg - 1.0 - model.technique_free_jump, 0.0)
    lost = model.technique_cold_loss * (1.0 - body.warmth)
    lost += model.technique_jump_loss * jump
    skill = body.technique[exercise.pattern] - lost
    seconds = rep_duration_s(slot, slot_state, exercise)
    slow = tempo_factor(model, slot, seconds, exercise)
    cold = 1.0 - model.warm_up_loss * (1.0 - body.warmth)
    left = capacity_of(exercise, lift, muscles, LEFT) * athlete.side_factor[LEFT]
    right = capacity_of(exercise, lift, muscles, RIGHT) * athlete.side_factor[RIGHT]
    fatigue_left = acute_fatigue_of(exercise, muscles, LEFT)
    fatigue_right = acute_fatigue_of(exercise, muscles, RIGHT)
    for side in state.SIDES:
        body.slot_dose[side] = body.slot_cost[side] = 0.0
        body.slot_fatigue[side] = body.slot_skill[side] = 0.0

    drop = model.effort_drop_per_set * slot.rest_factor
    policy, weaker = slot.side_policy, observed.weaker_side
    # The weaker side starts where the plan or the last assessment asks for it; after an
    # assessment it also does extra sets alone.
    by_test = policy == state.NO_POLICY and observed.has_asymmetry
    if by_test:
        policy = state.WEAKER_FIRST
    starts_weaker = is_sided and weaker != state.BOTH and policy == state.WEAKER_FIRST
    n_rounds = n_sets
    if starts_weaker and observed.has_asymmetry and not is_reduced:
        n_rounds += int(model.rule_extra_sets)
    completed, min_rir, technique_sum, n_rated, n_done = True, UNKNOWN_RIR, 0.0, 0, 0
    base_kg = run.strengths[index].base_kg
    today = state.SlotToday(slot_number, reps_or_s, load_kg, is_reduced, base_kg)
    for set_number in range(1, n_rounds + 1):
        first = starting_side(policy, weaker, set_number)
        target, rated = reps_or_s, nan
        for turn in range(2 if is_sided and set_number <= n_sets else 1):
            side, strength = state.BOTH, (left + right) / 2.0
            acute_fatigue = (fatigue_left + fatigue_right) / 2.0
            if is_sided:
                side = first if turn == 0 else 1 - first
                strength = left if side == LEFT else right
                acute_fatigue = fatigue_left if side == LEFT else fatigue_right
            # Earlier slots and earlier sets of this one; both sides tire alike in a
            # set of both (BOTH is -1).
            acute_fatigue += body.slot_fatigue[max(side, LEFT)]
            acute_fatigue = min(acute_fatigue, MAX_ACUTE_FATIGUE)
            strength *= body.readiness * cold * (1.0 - acute_fatigue)
            # 1 The set: what is possible, what is done, what is left in reserve.
            if is_hold:
                possible = run.strengths[index].hold_s * strength
                relative = reps_or_s / max(possible, 1.0)
                reserve = model.effort_hold_reps * max(1.0 - relative, 0.0)
            else:
                # Exercises of motor control have no 1RM: their load is taken to be a
                # fixed share of it, in units of the 1RM.
                effort_kg, one_rm_kg = model.effort_control_load, 1.0
                if lift.base_kg > 0.0:
                    effort_kg, one_rm_kg = rated_kg, lift.base_kg * strength
                relative = effort_kg / one_rm_kg
                possible = MAX_REPS
                if effort_kg > 0.0:
                    possible = min(reps_to_failure(effort_kg, one_rm_kg), MAX_REPS)
                possible = slow * possible
                reserve = max(possible - target, 0.0)
            done = completed_reps(possible, target)
            failed = done < target
            n_done += done
            completed = completed and not failed
            if starts_weaker:
                target = done  # the other side does no more than the weaker one
            # 4 Technique as shown: the nearer to failure, the worse.
            nearness = max(1.0 - reserve / model.technique_safe_rir, 0.0)
            shown = skill - model.technique_effort_loss * nearness
            shown -= model.technique_tired_loss * acute_fatigue
            shown = min(max(shown, 0.0), 1.0)
            # 2 What the set leaves behind.
            effort = set_effort(model, reserve, done)
            add_set_dose(
                model, body, lift, side, effort, relative, failed, is_hold, drop
            )
            # Lumbar load: load x repetitions (a hold counts as one per so many
            # seconds), raised by poor technique; one side at a time is half of both.
            penalty = 1.0 + model.lumbar_technique_penalty * (1.0 - shown)
            n_lifts = done / model.lumbar_hold_s if is_hold else 1.0 * done
            lumbar = exercise.lumbar * back_load * n_lifts * penalty
            body.lumbar += lumbar if side == state.BOTH else lumbar / 2.0
            # 5 What a coach observes. Reports of effort err less near failure.
            rir = nan
            if not is_hold and lift.base_kg > 0.0:
                sd = model.effort_rir_sd + model.effort_rir_sd_slope * min(reserve, 6.0)
                rir = min(max(reserve + sd * z_effort, 0.0), MAX_RIR)
                rir = scripted(run.script.rir, day, rir)
                min_rir = min(min_rir, rir)
            rated = min(max(shown + model.technique_rater_sd * z_technique, 0.0), 1.0)
            rated = scripted(run.script.technique, day, rated)
            technique_sum, n_rated = technique_sum + rated, n_rated + 1
            if run.log.is_kept:
                log_set(run, today, set_number, side, done, rir, rated)
        if rated < model.rule_technique_stop and set_number < n_rounds:
            stop_sets(run, slot_number, set_number, n_rounds, rated)
            completed = False
            break
    add_slot_dose(model, body, muscles, lift, exercise, completed)
    add_session_time(run, set_number, n_done * seconds, slot.rest_s)
    count, sets = run.log.count, n_rated / 2.0 if is_sided else 1.0 * n_rated
    count.working_sets += sets
    count.failed += 0.0 if completed else 1.0
    count.volume += 0.0 if is_hold else n_done * implements_kg
    completed = scripted(run.script.is_completed, day, 1.0 if completed else 0.0) > 0.5
    rir = nan if min_rir == UNKNOWN_RIR else min_rir
    if not is_reduced:
        slot_state.done_kg = load_kg
        # A completed set near failure moves the estimated 1RM part of the way to what
        # it implies; a missing reserve (NaN) compares false.
        reps = reps_or_s + rir
        if completed and rir <= MAX_RIR_FOR_E1RM and reps <= MAX_REPS_FOR_E1RM:
            change_kg = one_rm_from_reps(rated_kg, reps) - run.e1rm_kg[index]
            run.e1rm_kg[index] += model.rule_estimate_weight * change_kg
    return completed, rir, technique_sum / n_rated


def reps_to_failure(load_kg: float, one_rm_kg: float) -> float:
    """Return the repetitions to failure with a load above 0: 30 (1RM / load - 1)."""
    return EPLEY_REPS * (one_rm_kg / load_kg - 1.0)


def one_rm_from_reps(load_kg: float, reps: float) -> float:
    """Return the 1RM implied by repetitions to failure: load (1 + repetitions / 30)."""
    return load_kg * (1.0 + reps / EPLEY_REPS)


def completed_reps(possible: float, target: int) -> int:
    """Return the whole repetitions or seconds done: the target, if possible."""
    # A number that falls just short of a whole one by rounding counts as that one.
    return max(min(target, floor(possible + 1e-9)), 0)


def set_effort(model: np.void, reserve: float, done: int) -> float:
    """Return the effort of a set, 0-1: 1 / (1 + reserve / scale), 1 at failure."""
    scale = model.dose_effort_reps
    return scale / (scale + reserve) if done > 0 else 0.0


def tempo_factor(
    model: np.void, slot: np.void, seconds: float, exercise: np.void
) -> float:
    """Return the share of the repetitions to failure that is left at a slow tempo."""
    if slot.is_hold or seconds <= exercise.usual_seconds:
        return 1.0
    return (exercise.usual_seconds / seconds) ** model.effort_tempo_power


def acute_fatigue_of(exercise: np.void, muscles: np.ndarray, side: int) -> float:
    """Return the share of the strength in a lift that earlier slots have taken."""
    total = 0.0
    for index in range(state.N_MUSCLES):
        total += exercise.weight[index] * muscles[index, side].acute_fatigue
    return total


def add_set_dose(
    model: np.void,
    body: np.void,
    lift: np.void,
    side: int,
    effort: float,
    relative: float,
    failed: bool,
    is_hold: bool,
    drop: float,
) -> None:
    """Add one set to the doses of its slot, by effort and relative load.

    dose = effort x min(1, relative / least load), cost = effort (more after failure),
    acute fatigue = drop x effort, skill = effort x min((relative / skill load)^2, 2).
    """
    cost = effort * (1.0 + model.dose_failure_cost) if failed else effort
    # x * x, since compiled code rounds x ** 2 differently now and then.
    ratio = relative / model.dose_skill_load
    skill = 1.0 if is_hold else min(ratio * ratio, 2.0)
    for own_side in state.SIDES:
        if side in (state.BOTH, own_side):
            weight = min(1.0, relative / model.dose_least_load)
            body.slot_dose[own_side] += effort * weight
            body.slot_cost[own_side] += cost
            body.slot_fatigue[own_side] += drop * effort
            body.slot_skill[own_side] += skill * effort
    # Soreness and stiffness are of the whole body, where a side is half of both.
    part = 1.0 if side == state.BOTH else 0.5
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
    """Add the doses of a slot to muscles, lift, stability, endurance and practice."""
    for side in state.SIDES:
        lift.skill_dose[side] += body.slot_skill[side]
        for index in range(state.N_MUSCLES):
            share = exercise.share[index]
            if share > 0.0:
                muscle = muscles[index, side]
                muscle.dose += share * body.slot_dose[side]
                muscle.cost += share * body.slot_cost[side]
                muscle.acute_fatigue += share * body.slot_fatigue[side]
    sets = (body.slot_cost[LEFT] + body.slot_cost[RIGHT]) / 2.0
    body.stability_dose += exercise.stability_share * sets
    body.endurance_dose += exercise.share[state.ERECTOR] * sets
    lift.is_exposed = True
    # The practice of a pattern is that of the worst slot of the day; 0 is none so far.
    quality = 1.0 if completed else model.technique_failed_practice
    practised = body.practice[exercise.pattern]
    if practised == 0.0 or quality < practised:
        body.practice[exercise.pattern] = quality


def rep_duration_s(slot: np.void, slot_state: np.void, exercise: np.void) -> float:
    """Return the seconds that a repetition takes at the slot's tempo of today."""
    if slot.progression == TEMPO and slot_state.n_steps > 0:
        return slot.seconds[slot_state.n_steps]
    if slot.has_tempo or slot.is_hold:
        return slot.seconds[0]
    return exercise.usual_seconds


def add_session_time(run: RunState, n_sets: int, work_s: float, rest_s: float) -> None:
    """Add the time of a slot to that of the session: setting up, work and rest."""
    if n_sets > 0:
        seconds = run.model.time_setup_s + work_s + n_sets * rest_s
        run.log.count.session_s += seconds


def measure_range(run: RunState) -> None:
    """Measure the hip-extension range of both sides, the mean of several trials."""
    body, observed, model, day = run.body, run.observed, run.model, run.observed.day
    z_left, z_right = 0.0, 0.0
    if run.is_noisy:
        z_left, z_right = pair(run.seed, run.athlete_number, day, state.RANGE)
    sem = model.range_sem_deg / sqrt(model.range_tries)
    left = body.range_deg[LEFT] - body.stiffness + sem * z_left
    right = body.range_deg[RIGHT] - body.stiffness + sem * z_right
    observed.range_deg[LEFT] = scripted(run.script.range_left, day, left)
    observed.range_deg[RIGHT] = scripted(run.script.range_right, day, right)


def perform_tests(run: RunState) -> None:
    """Do the tests of an assessment, which then change the plan."""
    plan, model, athlete = run.plan, run.model, run.athlete
    body, observed, muscles, day = run.body, run.observed, run.muscles, run.observed.day
    z_left, z_right, z_hold = 0.0, 0.0, 0.0
    if run.is_noisy:
        z_left, z_right, z_hold, _ = normals(
            run.seed, run.athlete_number, day, state.TESTS
        )
    if plan.has_test[state.RANGE_TEST]:
        measure_range(run)
        for side in state.SIDES:
            log_test(run, state.RANGE_TEST, -1, side, observed.range_deg[side])
    if plan.has_test[state.BRIDGE_TEST]:
        for side in state.SIDES:
            # Body mass is the load: the repetitions at the start give a 1RM in loads,
            # which changes with the gluteus.
            glute = muscles[state.GLUTE, side]
            one_rm = one_rm_from_reps(1.0, athlete.bridge_reps[side])
            one_rm *= 1.0 + glute.adaptation - glute.fatigue
            z_bridge = z_left if side == LEFT else z_right
            reps = reps_to_failure(1.0, one_rm) + model.bridge_sem * z_bridge
            observed.bridge_reps[side] = max(floor(reps + 0.5), 0.0)
            log_test(run, state.BRIDGE_TEST, -1, side, observed.bridge_reps[side])
    if plan.has_test[state.SORENSEN_TEST]:
        left, right = muscles[state.ERECTOR, LEFT], muscles[state.ERECTOR, RIGHT]
        fatigue = left.fatigue + right.fatigue
        hold_s = athlete.sorensen_s * max(1.0 + body.endurance - fatigue / 2.0, 0.0)
        hold_s = max(hold_s + model.sorensen_sem_s * z_hold, 0.0)
        log_test(run, state.SORENSEN_TEST, -1, state.BOTH, hold_s)
    if plan.has_test[state.STRENGTH_TEST]:
        for index in range(len(run.exercises)):
            exercise, lift = run.exercises[index], run.lifts[index]
            if not exercise.is_tested or not run.strengths[index].is_measured:
                continue
            z_test = 0.0
            if run.is_noisy:
                z_test, _ = pair(run.seed, run.athlete_number, day, exercise.identity)
            capacity = capacity_of(exercise, lift, muscles, LEFT)
            capacity += capacity_of(exercise, lift, muscles, RIGHT)
            one_rm_kg = lift.base_kg * capacity / 2.0 * body.readiness
            one_rm_kg *= 1.0 + model.strength_test_cv * z_test
            lift.is_exposed = True  # a test is practice of the lift too
            log_test(run, state.STRENGTH_TEST, index, state.BOTH, one_rm_kg)
            if not plan.is_open_loop:  # which does not know what a test would show
                run.e1rm_kg[index] = one_rm_kg
    if plan.has_test[state.TECHNIQUE_TEST]:
        technique = athlete.technique
        if observed.n_rated > 0:
            place = (observed.n_rated - 1) % state.MAX_GATE_SESSIONS
            technique = observed.session_technique[place]
        log_test(run, state.TECHNIQUE_TEST, -1, state.BOTH, technique)
    decide_after_tests(run)
