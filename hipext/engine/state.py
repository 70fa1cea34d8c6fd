"""What the day loop reads and writes: records with named fields.

The plan, the person and the constants never change. The body is the person's state,
which no rule may read; the book is what a coach could have written down, which is all
that rules read. The log takes what happened.
"""

from math import isnan
from typing import NamedTuple

import numpy as np

from hipext.engine.progression import RULE
from hipext.files.tables import MUSCLES

WEEK_COLUMNS = (  # as `_notes.log_week` writes them
    "strength",
    "pain",
    "soreness",
    "technique",
    "range_left_deg",
    "range_right_deg",
    "phase",
    "working_sets",
    "n_failed",
    "volume_load_kg",
    "pain_reported",
    "lumbar_load",
    "minutes",
    "is_light",
    "left",
    "right",
    "n_missed",
    "fatigue",
)
WORK, WARM_UP, MOBILITY, RECOVERY = range(4)  # kinds of slots, as in tables.SET_KINDS
NO_POLICY, LEFT_FIRST, RIGHT_FIRST, ALTERNATE, WEAKER_FIRST = range(5)
RANGE_TEST, BRIDGE_TEST, SORENSEN_TEST, STRENGTH_TEST, TECHNIQUE_TEST = range(5)
BOTH, LEFT, RIGHT = -1, 0, 1
SIDES = (LEFT, RIGHT)
DAYS = 7
RING = 20  # sessions that a gate may look back
MORNING, TESTS, RANGE, BASELINE = 1, 2, 3, 4  # channels; those of slots are above 255
EPLEY_REPS = 30.0  # of the relation of load and repetitions, evidence row E03-001
PATTERNS = ("hinge", "thrust", "extension", "squat", "lunge_step", "brace", "other")
MAX_LADDER_STEPS, MAX_TEMPOS = 6, 13  # exercises of a ladder, tempos of a slot
N_MUSCLES = len(MUSCLES)
_REAL, _WHOLE, _FLAG, _OF_MUSCLES, _OF_SIDES = "f8", "i8", "?", (N_MUSCLES,), (2,)
PLAN = np.dtype(
    [
        ("horizon", _WHOLE),  # weeks, with all extensions
        ("deload_every", _WHOLE),
        ("deload_sets_fraction", _REAL),
        ("deload_load_fraction", _REAL),
        ("deload_sets", _WHOLE),  # instead of a fraction; 0 for none
        ("deload_reps", _WHOLE),
        ("deload_above_pain", _REAL),  # missing where signals bring no light week
        ("deload_weeks_apart", _WHOLE),  # least weeks between two
        ("has_test", _WHOLE, (5,)),
        ("is_open_loop", _FLAG),  # every set succeeds as asked, nothing is observed
    ],
    align=True,
)
PHASE = np.dtype(
    [
        ("weeks", _WHOLE),
        ("extra_weeks", _WHOLE),
        ("has_gate", _FLAG),
        ("gate_sessions", _WHOLE),
        ("gate_technique", _REAL),  # missing where not demanded, like the next three
        ("gate_pain", _REAL),
        ("gate_range", _REAL),
        ("gate_asymmetry", _REAL),
        ("test_weekday", _WHOLE),
        ("first_occasion", _WHOLE, (8,)),  # those of weekday d are d to d + 1
    ],
    align=True,
)
OCCASION = np.dtype(
    [("first_slot", _WHOLE), ("end_slot", _WHOLE), ("is_week_end", _FLAG)], align=True
)
WEEK = np.dtype([("is_light", _FLAG), ("is_test", _FLAG)], align=True)
SLOT = np.dtype(
    [
        ("kind", _WHOLE),
        ("is_hold", _FLAG),
        ("first_fraction", _REAL),  # share of the 1RM to start with; 0: first_kg
        ("first_kg", _REAL),
        ("target_rir", _REAL),  # missing where none is asked for
        ("rest_factor", _REAL),  # how much a set costs the next, 1 at usual rest
        ("rest_s", _REAL),
        ("has_tempo", _FLAG),  # of its own
        ("side_policy", _WHOLE),
        ("channel", _WHOLE),  # of random numbers
        ("seconds", _REAL, (MAX_TEMPOS,)),  # per repetition
        ("exercise", _WHOLE, (MAX_LADDER_STEPS,)),
        ("step_kg", _REAL, (MAX_LADDER_STEPS,)),
        *((name, *RULE.fields[name][:1]) for name in RULE.names),
    ],
    align=True,
)
EXERCISE = np.dtype(
    [
        ("is_loaded", _FLAG),
        ("is_sided", _FLAG),
        ("is_tested", _FLAG),
        ("n_implements", _REAL),
        ("lifted_share", _REAL),  # of body mass
        ("rated_share", _REAL),  # of body mass, in what effort goes by
        ("share", _REAL, _OF_MUSCLES),  # of a set that counts for the muscle
        ("weight", _REAL, _OF_MUSCLES),  # of the muscle in the lift; sums to 1 or 0
        ("pattern", _WHOLE),
        ("usual_seconds", _REAL),  # per repetition, at the exercise's own tempo
        ("lumbar", _REAL),  # how much of the load the lower back carries
        ("stability_share", _REAL),  # how much a set trains the pelvis to be steady
        ("mobility", _REAL),  # how much a set does for hip extension
        ("identity", _WHOLE),  # a number that stays with the exercise
    ],
    align=True,
)
ATHLETE = np.dtype(
    [
        ("body_mass_kg", _REAL),
        ("response", _REAL, _OF_SIDES),  # how strongly training acts, 1 on average
        ("recovery", _REAL),  # how well habits support it, 1 for usual habits
        ("muscle_ceiling", _REAL, _OF_SIDES),
        ("skill_ceiling", _REAL, _OF_SIDES),
        ("side_factor", _REAL, _OF_SIDES),  # strength of a side, in parts of the mean
        ("technique", _REAL),  # at the start, like the next four
        ("chronic_pain", _REAL),
        ("range_deg", _REAL, _OF_SIDES),
        ("bridge_reps", _REAL, _OF_SIDES),
        ("sorensen_s", _REAL),
        ("tolerance", _REAL),
        ("weaker", _WHOLE),  # side with the lower bridge test; BOTH if alike
        ("stays_away_above", _REAL),  # of a standard normal number
    ],
    align=True,
)
STRENGTH = np.dtype(
    [
        ("base_kg", _REAL),  # 1RM at the start, as the mass that effort goes by
        ("is_measured", _FLAG),
        ("hold_s", _REAL),  # longest hold at the start
        ("familiarity", _REAL),  # 0 new, 1 long known
    ],
    align=True,
)
WEEK_EVENTS = np.dtype(
    [("is_missed", _FLAG), ("flare", _REAL)], align=True
)  # of a week
(
    SCRIPT_PAIN,
    SCRIPT_SORENESS,
    SCRIPT_TECHNIQUE,
    SCRIPT_RIR,
    SCRIPT_COMPLETED,
    SCRIPT_RANGE_LEFT,
    SCRIPT_RANGE_RIGHT,
) = range(7)  # places in the script
SCRIPT = (  # observations that may be given from outside, by day
    "pain",
    "soreness",
    "technique",
    "rir",
    "is_completed",
    "range_left",
    "range_right",
)
BODY = np.dtype(
    [
        ("readiness", _REAL),
        ("pain", _REAL),
        ("chronic_pain_left", _REAL),  # share of the chronic pain that is still there
        ("flare", _REAL),
        ("irritation", _REAL),
        ("tolerance", _REAL),  # lumbar load of a day that does no harm
        ("lumbar", _REAL),  # load of today
        ("soreness", _REAL),
        ("pending_soreness", _REAL),  # soreness that is on its way
        ("soreness_dose", _REAL),  # what today's sets add to it
        ("stiffness", _REAL),  # degrees
        ("hard_sets", _REAL),  # hard sets of today
        ("stability", _REAL),  # 0 to 1
        ("stability_dose", _REAL),  # sets of today that train it
        ("endurance", _REAL),  # of the back, share of the baseline
        ("endurance_dose", _REAL),  # sets of today that train it
        ("warmth", _REAL),  # 0 to 1, within a session
        ("technique", _REAL, (len(PATTERNS),)),  # 0 to 1
        ("practice", _REAL, (len(PATTERNS),)),  # quality of today's
        ("range_deg", _REAL, _OF_SIDES),  # without stiffness
        ("mobility", _REAL, _OF_SIDES),  # of today
        ("slot_dose", _REAL, _OF_SIDES),  # what the sets of a slot leave behind
        ("slot_cost", _REAL, _OF_SIDES),
        ("slot_fatigue", _REAL, _OF_SIDES),
        ("slot_skill", _REAL, _OF_SIDES),
    ],
    align=True,
)
MUSCLE = np.dtype(  # of one side
    [
        ("adaptation", _REAL),  # adaptation, share of the baseline
        ("fatigue", _REAL),
        ("recent", _REAL),  # dose of the last days
        ("dose", _REAL),  # of today
        ("cost", _REAL),  # of today
        ("acute_fatigue", _REAL),  # within a session
    ],
    align=True,
)
LIFT = np.dtype(
    [
        ("base_kg", _REAL),
        ("familiar", _REAL),  # share of the baseline
        ("unlearned", _REAL),  # 1 new to 0, for familiarity
        ("novelty", _REAL),  # 1 new to 0, for soreness
        ("is_exposed", _FLAG),  # today
        ("skill", _REAL, _OF_SIDES),  # adaptation of the lift alone
        ("skill_recent", _REAL, _OF_SIDES),
        ("skill_dose", _REAL, _OF_SIDES),
    ],
    align=True,
)
OBSERVED = np.dtype(
    [
        ("week", _WHOLE),  # from 1
        ("phase", _WHOLE),
        ("phase_week", _WHOLE),  # from 1
        ("extra_weeks", _WHOLE),  # weeks by which the phase was extended
        ("regressed_from", _WHOLE),  # latest phase that was left backwards
        ("plan_week", _WHOLE),  # week of the plan, from 0
        ("is_light", _FLAG),
        ("last_deload_week", _WHOLE),  # week
        ("last_reactive_week", _WHOLE),  # week
        ("weaker", _WHOLE),  # side that starts; BOTH if alike
        ("has_asymmetry", _FLAG),  # whether the weaker side does more
        ("no_progress_week", _WHOLE),  # week in which nothing advances
        ("last_work", _WHOLE),  # day of the last session with work; -1 before
        ("n_rated", _WHOLE),  # sessions so far
        ("pain", _REAL),  # as reported this morning
        ("soreness", _REAL),
        ("pain_of_week", _REAL),  # highest
        ("pain_at_test", _REAL),
        ("range_deg", _REAL, _OF_SIDES),  # as last measured
        ("bridge_reps", _REAL, _OF_SIDES),
        ("mobility_factor", _REAL, _OF_SIDES),  # factor
        ("rated", _REAL, (RING,)),  # technique of the last sessions
        ("pains_reported", _REAL, (RING,)),  # reported before them
    ],
    align=True,
)
SLOT_STATE = np.dtype(  # of the book, about one slot
    [
        ("n_sets", _WHOLE),
        ("reps_or_s", _WHOLE),
        ("load_kg", _REAL),
        ("n_successes", _WHOLE),
        ("n_failed", _WHOLE),
        ("n_steps", _WHOLE),
        ("ladder_step", _WHOLE),
        ("done_kg", _REAL),  # load last lifted; missing before
        ("last_day", _WHOLE),  # last done; -1 before
        ("rated", _REAL, (3,)),  # last three ratings of technique
    ],
    align=True,
)
COUNT = np.dtype(
    [
        ("sets", _WHOLE),  # rows of the log so far
        ("decisions", _WHOLE),
        ("tests", _WHOLE),
        ("weeks", _WHOLE),  # weeks lived
        ("working_sets", _REAL),  # of this week, like the next five
        ("failed", _REAL),
        ("missed", _REAL),
        ("volume", _REAL),
        ("lumbar", _REAL),
        ("seconds", _REAL),
        ("session_s", _REAL),  # of this session so far
    ],
    align=True,
)


class Log(NamedTuple):
    """What happened, row by row; arrays of no rows where it is not to be kept."""

    is_kept: bool
    count: np.void  # COUNT
    sets: np.ndarray  # [row, 13]
    decisions: np.ndarray  # [row, 26]
    tests: np.ndarray  # [row, 5]
    days: np.ndarray  # [day, 20]
    muscles: np.ndarray  # [day, muscle, side, 4]: see `_notes.log_muscle`
    lifts: np.ndarray  # [day, exercise, side, 3]: see `_notes.log_lift`
    weeks: np.ndarray  # [week, column]: see `outcomes.WEEK_COLUMNS`


class RunState(NamedTuple):
    """One person's way through a plan: what stays, what changes, what is kept."""

    plan: np.void  # PLAN
    phases: np.ndarray  # of PHASE
    occasions: np.ndarray  # of OCCASION
    calendar: np.ndarray  # [week of the plan or of the run] of WEEK
    slots: np.ndarray  # of SLOT
    exercises: np.ndarray  # of EXERCISE
    athlete: np.void  # PERSON
    strengths: np.ndarray  # [exercise] of STRENGTH
    events: np.ndarray  # [week] of FATE
    model: np.void  # constants, see `_model`
    seed: int
    person: int  # number by which random numbers know the person
    is_noisy: bool
    script: np.ndarray  # [day, what], missing where the own observation counts
    body: np.void  # BODY
    muscles: np.ndarray  # [muscle, side] of MUSCLE
    lifts: np.ndarray  # [exercise] of LIFT
    observed: np.void  # BOOK
    slot_states: np.ndarray  # [slot] of LINE
    e1rm_kg: np.ndarray  # [exercise] 1RM as estimated from what was seen
    log: Log


def scripted(script: np.ndarray, day: int, what: int, observed: float) -> float:
    """Return what the script says about a day, or `observed` where it says nothing.

    `what` is a place in `_state.SCRIPT`.
    """
    if day < len(script) and not isnan(script[day, what]):
        return script[day, what]
    return observed


def log_set(
    log: Log,
    slot_state: np.void,
    day: int,
    slot: int,
    number: int,
    side: int,
    asked: int,
    done: int,
    load_kg: float,
    rir: float,
    rated: float,
    is_light: bool,
    one_rm_kg: float,
) -> None:
    """Note one set of one side."""
    row = log.count.sets
    log.count.sets = row + 1
    log.sets[row, 0] = day
    log.sets[row, 1] = slot
    log.sets[row, 2] = slot_state.ladder_step
    log.sets[row, 3] = number
    log.sets[row, 4] = side
    log.sets[row, 5] = asked
    log.sets[row, 6] = done
    log.sets[row, 7] = load_kg
    log.sets[row, 8] = slot_state.n_steps
    log.sets[row, 9] = rir
    log.sets[row, 10] = rated
    log.sets[row, 11] = is_light
    log.sets[row, 12] = one_rm_kg  # that the load is a percentage of; 0 for none


def log_test(
    run: RunState, day: int, test: int, e: int, side: int, value: float
) -> None:
    """Note the result of a test."""
    log = run.log
    if not log.is_kept:
        return
    row = log.count.tests
    log.count.tests = row + 1
    log.tests[row, 0] = day
    log.tests[row, 1] = test
    log.tests[row, 2] = e
    log.tests[row, 3] = side
    log.tests[row, 4] = value


def log_muscle(
    log: Log,
    day: int,
    place: int,
    side: int,
    muscle: np.void,
    grown: float,
    tired: float,
) -> None:
    """Note the adaptation and fatigue of a muscle this morning and what they gained."""
    log.muscles[day, place, side, 0] = muscle.adaptation
    log.muscles[day, place, side, 1] = muscle.fatigue
    log.muscles[day, place, side, 2] = grown
    log.muscles[day, place, side, 3] = tired


def log_lift(
    log: Log, day: int, e: int, side: int, lift: np.void, grown: float
) -> None:
    """Note the adaptation of a lift alone this morning, its familiarity, the gain."""
    log.lifts[day, e, side, 0] = lift.skill[side]
    log.lifts[day, e, side, 1] = lift.familiar
    log.lifts[day, e, side, 2] = grown


def log_day(run: RunState, day: int) -> None:
    """Note every state of a morning and what the day added."""
    log, body, observed, muscles = run.log, run.body, run.observed, run.muscles
    log.days[day, 0] = observed.phase
    log.days[day, 1] = observed.is_light
    log.days[day, 2] = observed.pain
    log.days[day, 3] = observed.soreness
    log.days[day, 4] = body.pain
    log.days[day, 5] = body.soreness
    log.days[day, 6] = body.stiffness
    log.days[day, 7] = body.readiness
    log.days[day, 8] = body.range_deg[LEFT] - body.stiffness
    log.days[day, 9] = body.range_deg[RIGHT] - body.stiffness
    log.days[day, 10] = body.stability
    log.days[day, 11] = body.lumbar
    log.days[day, 12] = body.tolerance
    log.days[day, 13] = body.irritation
    log.days[day, 14] = body.endurance
    log.days[day, 15] = body.technique[0]
    log.days[day, 16] = (
        muscles[0, LEFT].adaptation + muscles[0, RIGHT].adaptation
    ) / 2.0
    log.days[day, 17] = mean_fatigue(run)
    log.days[day, 18] = observed.extra_weeks
    log.days[day, 19] = observed.plan_week


def log_week(run: RunState, week: int, left: float, right: float) -> None:
    """Note the sums of a week and its last evening: see `outcomes.WEEK_COLUMNS`."""
    body, observed, count, weeks = run.body, run.observed, run.log.count, run.log.weeks
    count.weeks = week + 1
    weeks[week, 0] = (left + right) / 2.0
    weeks[week, 1] = body.pain
    weeks[week, 2] = body.soreness
    weeks[week, 3] = body.technique[0]
    weeks[week, 4] = body.range_deg[LEFT] - body.stiffness
    weeks[week, 5] = body.range_deg[RIGHT] - body.stiffness
    weeks[week, 6] = observed.phase
    weeks[week, 7] = count.working_sets
    weeks[week, 8] = count.failed
    weeks[week, 9] = count.volume
    weeks[week, 10] = observed.pain_of_week
    weeks[week, 11] = count.lumbar
    weeks[week, 12] = count.seconds / 60.0
    weeks[week, 13] = observed.is_light
    weeks[week, 14] = left
    weeks[week, 15] = right
    weeks[week, 16] = count.missed
    weeks[week, 17] = mean_fatigue(run)
    count.working_sets = count.failed = count.missed = count.volume = 0.0
    count.lumbar = count.seconds = 0.0


def mean_fatigue(run: RunState) -> float:
    """Return the fatigue of the gluteus maximus, mean of the sides."""
    return (run.muscles[0, LEFT].fatigue + run.muscles[0, RIGHT].fatigue) / 2.0
