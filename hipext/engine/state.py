"""What the daily simulation keeps: plan, athlete, body, observations and log.

Every record has named fields and is a row of a structured NumPy array, so that the same
code reads it as plain Python and compiled. The records of the plan and of the athlete
never change. The body holds the states of the athlete, which no rule may read; the
observed record holds what a coach could have written down, which is all that rules
read. The log keeps what happened.

States are those of the morning unless a comment says otherwise. A dose or a cost of
one side is what that side did itself; a two-sided exercise gives it to both sides.
"""

from math import isnan
from typing import NamedTuple

import numpy as np

from hipext.engine.progression import MAX_WAVE, Prescription
from hipext.files.tables import DAILY_STATES, DAYS_PER_WEEK, MUSCLES, SET_KINDS

WORK, WARM_UP = SET_KINDS.index("work"), SET_KINDS.index("warm_up")
NO_POLICY, LEFT_FIRST, RIGHT_FIRST, ALTERNATE, WEAKER_FIRST = range(5)
RANGE_TEST, BRIDGE_TEST, SORENSEN_TEST, STRENGTH_TEST, TECHNIQUE_TEST = range(5)
BOTH, LEFT, RIGHT = -1, 0, 1
SIDES = (LEFT, RIGHT)
MAX_GATE_SESSIONS = 20  # sessions that a gate may look back
# Channels of random numbers; those of slots are above 255.
MORNING, TESTS, RANGE, BASELINE = 1, 2, 3, 4
PATTERNS = ("hinge", "thrust", "extension", "squat", "lunge_step", "brace", "other")
MAX_LADDER_STEPS, MAX_TEMPOS = 6, 13  # exercises of a ladder, tempos of a slot
N_MUSCLES, HINGE = len(MUSCLES), PATTERNS.index("hinge")
GLUTE, ERECTOR = MUSCLES.index("gluteus_maximus"), MUSCLES.index("erector_spinae")

_REAL, _INT, _FLAG = "f8", "i8", "?"
_BY_MUSCLE, _BY_SIDE = ("f8", (N_MUSCLES,)), ("f8", (2,))
_BY_PATTERN = ("f8", (len(PATTERNS),))


def record_of(**fields: str | tuple | np.dtype) -> np.dtype:
    """Return the dtype of a record with these fields."""
    return np.dtype([*fields.items()], align=True)  # compiled code reads no other


# The plan, as written.
PLAN = record_of(
    horizon=_INT,  # weeks, with all extensions
    deload_every=_INT,  # weeks; 0 for never
    deload_sets_fraction=_REAL,
    deload_load_fraction=_REAL,
    deload_sets=_INT,  # instead of a fraction; 0 for none
    deload_reps=_INT,
    deload_above_pain=_REAL,  # missing without reactive deloads
    deload_weeks_apart=_INT,  # fewest weeks between two deloads
    has_test=(_INT, (5,)),
    is_open_loop=_FLAG,  # every set succeeds as prescribed, nothing is observed
)
PHASE = record_of(
    weeks=_INT,
    extra_weeks=_INT,  # by which closed gates may extend it
    has_gate=_FLAG,
    gate_sessions=_INT,  # sessions that must meet the gate
    gate_technique=_REAL,  # missing where not demanded, like the next three
    gate_pain=_REAL,
    gate_range=_REAL,
    gate_asymmetry=_REAL,
    test_weekday=_INT,
    first_occasion=(_INT, (DAYS_PER_WEEK + 1,)),  # of a weekday; the next one's ends it
)
OCCASION = record_of(first_slot=_INT, end_slot=_INT, is_week_end=_FLAG)
CALENDAR_WEEK = record_of(is_deload=_FLAG, is_test=_FLAG)
PROGRESSION = record_of(  # kg, %, s, repetitions, sessions or weeks; 0 if not given
    progression="i8",
    every="i8",
    add_kg="f8",
    add_pct="f8",
    add_reps_or_s="i8",
    low="i8",
    high="i8",
    n_sets_min="i8",
    n_sets_max="i8",
    fail_after="i8",
    fail_drop_pct="f8",
    n_wave="i8",
    wave_pct=("f8", (MAX_WAVE,)),
    wave_reps=("i8", (MAX_WAVE,)),
    n_tempos="i8",
    n_ladder_steps="i8",
)
SLOT = record_of(
    kind=_INT,
    is_hold=_FLAG,
    first_fraction=_REAL,  # share of the 1RM to start with; 0 for first_kg
    first_kg=_REAL,
    target_rir=_REAL,  # missing where none is prescribed
    rest_factor=_REAL,  # how much a set costs the next, 1 at usual rest
    rest_s=_REAL,
    has_tempo=_FLAG,  # of its own
    side_policy=_INT,
    channel=_INT,  # of random numbers
    seconds=(_REAL, (MAX_TEMPOS,)),  # per repetition
    exercise=(_INT, (MAX_LADDER_STEPS,)),
    step_kg=(_REAL, (MAX_LADDER_STEPS,)),
    **{name: PROGRESSION[name] for name in PROGRESSION.names},
)
EXERCISE = record_of(
    is_loaded=_FLAG,
    is_sided=_FLAG,
    is_tested=_FLAG,
    n_implements=_REAL,
    lifted_share=_REAL,  # of body mass
    rated_share=_REAL,  # of body mass, in what effort goes by
    share=_BY_MUSCLE,  # of a set that counts for the muscle
    weight=_BY_MUSCLE,  # of the muscle in the lift; sums to 1 or 0
    pattern=_INT,
    usual_seconds=_REAL,  # per repetition, at the exercise's own tempo
    lumbar=_REAL,  # how much of the load the lower back carries
    stability_share=_REAL,  # of a set that trains the stability of the pelvis
    mobility=_REAL,  # dose of hip mobility of a set
    identity=_INT,  # a number that stays with the exercise
)

# The athlete, as before the first day.
ATHLETE = record_of(
    body_mass_kg=_REAL,
    response=_BY_SIDE,  # to training, 1 on average
    recovery=_REAL,  # how well habits support it, 1 for usual habits
    muscle_ceiling=_BY_SIDE,
    skill_ceiling=_BY_SIDE,
    side_factor=_BY_SIDE,  # strength of a side, relative to the mean
    technique=_REAL,  # at the start, like the next five
    chronic_pain=_REAL,
    range_deg=_BY_SIDE,
    bridge_reps=_BY_SIDE,
    sorensen_s=_REAL,
    tolerance=_REAL,
    weaker_side=_INT,  # with the lower bridge test; BOTH if equal
    attendance_z_max=_REAL,  # trains on days whose normal deviate is at most this
)
STRENGTH = record_of(  # of one exercise
    base_kg=_REAL,  # 1RM at the start, as the mass that effort goes by
    is_measured=_FLAG,
    hold_s=_REAL,  # longest hold at the start
    familiarity=_REAL,  # 0 new to 1 long known
)
WEEK_EVENTS = record_of(is_missed=_FLAG, flare=_REAL)

TAUS = {  # time constants of the model by the state that they belong to
    "muscle": "muscle_tau_d",
    "skill": "skill_tau_d",
    "recent": "dose_recent_tau_d",
    "pending_soreness": "soreness_coming_tau_d",
    "stiffness": "stiffness_tau_d",
    "range": "range_tau_d",
    "stability": "stability_tau_d",
    "endurance": "endurance_tau_d",
    "irritation": "irritation_tau_d",
    "tolerance": "tolerance_tau_d",
    "flare": "pain_flare_tau_d",
    "chronic_pain_left": "pain_chronic_tau_d",
    "unlearned": "familiarity_sessions",
    "novelty": "soreness_novelty",
}
# Share of a state that a night, or a session of a lift, leaves: exp(-1 / tau).
DECAY = record_of(**dict.fromkeys(TAUS, _REAL))

# States of the body.
BODY = record_of(
    fatigue_decay=_REAL,  # share that a night leaves, like the next
    soreness_decay=_REAL,
    readiness=_REAL,  # share of the strength that is there today
    pain=_REAL,  # 0 to 10
    chronic_pain_left=_REAL,  # share of the chronic pain that is still there
    flare=_REAL,  # pain of a flare-up
    irritation=_REAL,
    tolerance=_REAL,  # lumbar load of a day that does no harm
    lumbar=_REAL,  # lumbar load of today
    soreness=_REAL,  # 0 to 10
    pending_soreness=_REAL,  # not felt yet
    soreness_dose=_REAL,  # of today's sets
    stiffness=_REAL,  # degrees of hip extension lost
    hard_sets=_REAL,  # of today
    stability=_REAL,  # of the pelvis, 0 to 1
    stability_dose=_REAL,  # of today's sets
    endurance=_REAL,  # of the back, share of the baseline
    endurance_dose=_REAL,  # of today's sets
    warmth=_REAL,  # 0 to 1, within a session
    technique=_BY_PATTERN,  # 0 to 1
    practice=_BY_PATTERN,  # quality of today's
    range_deg=_BY_SIDE,  # without stiffness
    mobility=_BY_SIDE,  # dose of today
    slot_dose=_BY_SIDE,  # sums over the sets of the slot being done
    slot_cost=_BY_SIDE,
    slot_fatigue=_BY_SIDE,
    slot_skill=_BY_SIDE,
)
MUSCLE = record_of(  # of one side
    adaptation=_REAL,  # share of the baseline
    fatigue=_REAL,
    recent=_REAL,  # decayed sum of the doses of earlier days
    dose=_REAL,  # of today
    cost=_REAL,  # of today
    acute_fatigue=_REAL,  # within a session
)
LIFT = record_of(  # of one exercise
    base_kg=_REAL,
    familiarity_gain=_REAL,  # share of the baseline
    unlearned=_REAL,  # 1 new to 0, for familiarity
    novelty=_REAL,  # 1 new to 0, for soreness
    is_exposed=_FLAG,  # today
    skill=_BY_SIDE,  # adaptation of the lift alone
    skill_recent=_BY_SIDE,
    skill_dose=_BY_SIDE,
)

# What a coach could have written down.
OBSERVED = record_of(
    day=_INT,  # from 0
    week=_INT,  # from 1
    phase=_INT,
    phase_week=_INT,  # from 1
    extra_weeks=_INT,  # by which the phase was extended
    regressed_from=_INT,  # latest phase that was left backwards
    plan_week=_INT,  # week of the plan, from 0
    is_deload=_FLAG,  # this week
    last_deload_week=_INT,
    last_reactive_week=_INT,
    weaker_side=_INT,  # starts; BOTH if equal
    has_asymmetry=_FLAG,  # the weaker side does more
    no_progress_week=_INT,  # week in which nothing advances
    last_work_day=_INT,  # day of the last session with work; -1 before
    n_rated=_INT,  # sessions so far
    pain=_REAL,  # as reported this morning
    soreness=_REAL,
    pain_of_week=_REAL,  # highest
    pain_at_test=_REAL,
    range_deg=_BY_SIDE,  # as last measured
    bridge_reps=_BY_SIDE,
    mobility_factor=_BY_SIDE,  # on the prescribed dose
    # Ring buffers: technique of the last sessions, and pain reported before them.
    session_technique=(_REAL, (MAX_GATE_SESSIONS,)),
    session_pain=(_REAL, (MAX_GATE_SESSIONS,)),
)
PRESCRIPTION = record_of(
    **{name: "f8" if name == "load_kg" else "i8" for name in Prescription._fields}
)
SLOT_STATE = record_of(  # of one slot: its next prescription, and how it went
    **{name: PRESCRIPTION[name] for name in PRESCRIPTION.names},
    done_kg=_REAL,  # load last lifted at full dose; missing before
    last_day=_INT,  # last done; -1 before
    technique=(_REAL, (3,)),  # last three ratings
)
SCRIPT = record_of(  # observations of a day given from outside; missing where none is
    pain=_REAL,
    soreness=_REAL,
    technique=_REAL,
    rir=_REAL,
    is_completed=_REAL,  # 1 or 0
    range_left=_REAL,
    range_right=_REAL,
)

# The log; a row is written once.
OBSERVATIONS = record_of(  # behind a decision; missing where they played no part
    all_sets_completed=_REAL,  # 1 or 0
    reserve_reported=_REAL,  # lowest RIR
    technique_rated=_REAL,
    pain_reported=_REAL,
    soreness_reported=_REAL,
    left=_REAL,  # degrees of hip extension, or repetitions of the bridge test
    right=_REAL,
    difference_pct=_REAL,  # between the sides
    difference_deg=_REAL,
    change=_REAL,  # of pain since the last assessment
    weeks_since_deload=_REAL,
    limit=_REAL,  # that one of them was compared with
    good_in_a_row=_REAL,  # sessions or weeks
    failed_in_a_row=_REAL,
    sessions_below=_REAL,  # the limit of technique, of the last three
    sets_done=_REAL,
    sets_prescribed=_REAL,
    days_without=_REAL,
    cut_pct=_REAL,
    gate_phase=_REAL,
    gate_sessions=_REAL,  # rated ones that the gate looked at
    gate_failures=_REAL,  # sum of codes, see `decisions.gate_check`
    occasion=_REAL,  # number of the session that was missed or reduced
    short_sides=_REAL,  # number of sides that lack range
)
SET_LOG = record_of(  # of one set of one side, or of both sides at once
    day=_INT,
    slot=_INT,
    ladder_step=_INT,
    set_number=_INT,  # from 1
    side=_INT,
    target=_INT,  # repetitions or seconds, like `done`
    done=_INT,
    load_kg=_REAL,
    n_steps=_INT,
    rir=_REAL,  # as reported
    technique=_REAL,  # as rated
    is_reduced=_FLAG,
    one_rm_kg=_REAL,  # which %1RM refers to, as the mass that effort goes by; 0: none
)
DECISION_LOG = record_of(
    day=_INT,
    slot=_INT,  # or WEEK_ROW or PHASE_ROW of `decisions`
    action=_INT,
    reason=_INT,
    observed=OBSERVATIONS,
    before=PRESCRIPTION,
    after=PRESCRIPTION,
)
TEST_LOG = record_of(day=_INT, test=_INT, exercise=_INT, side=_INT, value=_REAL)
_DERIVED_STATES = ("technique_rated", "strength_pct")  # of the table, from other logs
DAY_LOG = record_of(
    phase=_INT,
    is_deload=_FLAG,
    **{name: _REAL for name in DAILY_STATES.names if name not in _DERIVED_STATES},
)
# Of one side in the morning, and what the day adds overnight.
MUSCLE_LOG = record_of(
    adaptation=_REAL, fatigue=_REAL, adaptation_gain=_REAL, fatigue_gain=_REAL
)
LIFT_LOG = record_of(skill=_REAL, familiarity=_REAL, skill_gain=_REAL)
# States of the next morning and sums over the week. Numbers alone, all of one type:
# weeks after the end of a plan are missing (NaN) in every field.
WEEK_LOG = record_of(
    strength=_REAL,  # mean capacity of the tested lifts, share of the baseline
    strength_left=_REAL,
    strength_right=_REAL,
    pain=_REAL,
    soreness=_REAL,
    technique=_REAL,
    range_left_deg=_REAL,
    range_right_deg=_REAL,
    fatigue=_REAL,
    phase=_REAL,
    is_deload=_REAL,
    pain_reported=_REAL,  # highest
    working_sets=_REAL,
    n_failed=_REAL,  # slots whose sets were not all completed
    n_missed=_REAL,  # sessions with work
    volume_load_kg=_REAL,
    lumbar_load=_REAL,
    minutes=_REAL,
)
COUNT = record_of(
    sets=_INT,  # rows of the log so far
    decisions=_INT,
    tests=_INT,
    weeks=_INT,
    working_sets=_REAL,  # of this week, like the next five
    failed=_REAL,
    missed=_REAL,
    volume=_REAL,
    lumbar=_REAL,
    seconds=_REAL,
    session_s=_REAL,  # of this session so far
)


class Log(NamedTuple):
    """What happened, row by row; all but the weeks is empty where it is not kept."""

    is_kept: bool
    count: np.void  # COUNT
    sets: np.ndarray  # SET_LOG
    decisions: np.ndarray  # DECISION_LOG
    tests: np.ndarray  # TEST_LOG
    days: np.ndarray  # DAY_LOG
    muscles: np.ndarray  # [day, muscle, side] of MUSCLE_LOG
    lifts: np.ndarray  # [day, exercise, side] of LIFT_LOG
    weeks: np.ndarray  # WEEK_LOG


class RunState(NamedTuple):
    """One athlete going through a plan: what stays, what changes, what is kept."""

    plan: np.void  # PLAN
    phases: np.ndarray  # PHASE
    occasions: np.ndarray  # OCCASION
    calendar: np.ndarray  # CALENDAR_WEEK: deloads by plan week, tests by run week
    slots: np.ndarray  # SLOT
    exercises: np.ndarray  # EXERCISE
    athlete: np.void  # ATHLETE
    strengths: np.ndarray  # [exercise] of STRENGTH
    events: np.ndarray  # [week] of WEEK_EVENTS
    athlete_number: int  # with seed, day and channel it makes the random numbers
    log: Log
    model: np.void  # constants, see `parameters.shipped_model`
    decay: np.void  # DECAY
    seed: int
    is_noisy: bool
    script: np.ndarray  # [day] of SCRIPT
    body: np.void  # BODY
    muscles: np.ndarray  # [muscle, side] of MUSCLE
    lifts: np.ndarray  # [exercise] of LIFT
    observed: np.void  # OBSERVED
    slot_states: np.ndarray  # [slot] of SLOT_STATE
    e1rm_kg: np.ndarray  # [exercise] 1RM as estimated from observations
    memory: np.ndarray  # all bytes of the last six


def scripted(given: np.ndarray, day: int, observed: float) -> float:
    """Return what a column of the script gives for a day, or else `observed`."""
    return given[day] if day < len(given) and not isnan(given[day]) else observed


class SlotToday(NamedTuple):
    """What the sets of a slot have in common on a day, as the log has it."""

    slot: int
    target: int
    load_kg: float
    is_reduced: bool
    one_rm_kg: float


def log_set(
    run: RunState,
    today: SlotToday,
    set_number: int,
    side: int,
    done: int,
    rir: float,
    technique: float,
) -> None:
    """Log one set of one side, or of both at once."""
    sets, row = run.log.sets, run.log.count.sets
    slot_state = run.slot_states[today.slot]
    run.log.count.sets = row + 1
    sets.day[row] = run.observed.day
    sets.slot[row] = today.slot
    sets.ladder_step[row] = slot_state.ladder_step
    sets.set_number[row] = set_number
    sets.side[row] = side
    sets.target[row] = today.target
    sets.done[row] = done
    sets.load_kg[row] = today.load_kg
    sets.n_steps[row] = slot_state.n_steps
    sets.rir[row] = rir
    sets.technique[row] = technique
    sets.is_reduced[row] = today.is_reduced
    sets.one_rm_kg[row] = today.one_rm_kg


def log_test(run: RunState, test: int, exercise: int, side: int, value: float) -> None:
    """Log the result of a test; `exercise` is -1 where it is of none."""
    log, tests = run.log, run.log.tests
    if not log.is_kept:
        return
    row = log.count.tests
    log.count.tests = row + 1
    tests.day[row] = run.observed.day
    tests.test[row] = test
    tests.exercise[row] = exercise
    tests.side[row] = side
    tests.value[row] = value


def log_day(run: RunState) -> None:
    """Log the states of this morning, and the lumbar load of the day."""
    body, observed, days, day = run.body, run.observed, run.log.days, run.observed.day
    log_states(days, day, body, observed, run.muscles)
    glute_left, glute_right = run.muscles[GLUTE, LEFT], run.muscles[GLUTE, RIGHT]
    days.pain_reported[day] = observed.pain
    days.soreness_reported[day] = observed.soreness
    days.stiffness_deg[day] = body.stiffness
    days.readiness[day] = body.readiness
    days.stability[day] = body.stability
    days.lumbar_load[day] = body.lumbar
    days.tolerance[day] = body.tolerance
    days.irritation[day] = body.irritation
    days.endurance[day] = body.endurance
    days.adaptation[day] = (glute_left.adaptation + glute_right.adaptation) / 2.0


def log_week(
    run: RunState, week: int, strength_left: float, strength_right: float
) -> None:
    """Log a week, and set its sums back to 0."""
    count, weeks = run.log.count, run.log.weeks
    log_states(weeks, week, run.body, run.observed, run.muscles)
    count.weeks = week + 1
    weeks.strength[week] = (strength_left + strength_right) / 2.0
    weeks.strength_left[week] = strength_left
    weeks.strength_right[week] = strength_right
    weeks.pain_reported[week] = run.observed.pain_of_week
    weeks.working_sets[week] = count.working_sets
    weeks.n_failed[week] = count.failed
    weeks.n_missed[week] = count.missed
    weeks.volume_load_kg[week] = count.volume
    weeks.lumbar_load[week] = count.lumbar
    weeks.minutes[week] = count.seconds / 60.0
    count.working_sets = count.failed = count.missed = count.volume = 0.0
    count.lumbar = count.seconds = 0.0


def log_states(
    table: np.ndarray, row: int, body: np.void, observed: np.void, muscles: np.ndarray
) -> None:
    """Log the states that days and weeks have in common."""
    table.phase[row] = observed.phase
    table.is_deload[row] = observed.is_deload
    table.pain[row] = body.pain
    table.soreness[row] = body.soreness
    table.technique[row] = body.technique[HINGE]
    table.range_left_deg[row] = body.range_deg[LEFT] - body.stiffness
    table.range_right_deg[row] = body.range_deg[RIGHT] - body.stiffness
    fatigue = muscles[GLUTE, LEFT].fatigue + muscles[GLUTE, RIGHT].fatigue
    table.fatigue[row] = fatigue / 2.0
