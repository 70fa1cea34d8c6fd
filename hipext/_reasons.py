"""The words of the day loop's decisions: rule, observations and sentence by reason.

Everything here is data. `_sentences` fills in the braces.
"""

from hipext import _judge as why
from hipext import _steps as steps

RULES = {  # of reasons that are not the slot's own rule
    steps.MISSED: "attendance",
    steps.LIGHT_WEEK: "light_week",
    why.PAIN_TODAY: "pain",
    why.PAIN_TOO_HIGH: "pain",
    why.PAIN_SESSION: "pain",
    why.TOO_SORE: "soreness",
    why.TECHNIQUE_LOW: "technique",
    why.TECHNIQUE_BACK: "technique",
    why.SET_STOPPED: "technique",
    why.TOO_HARD: "effort",
    why.AFTER_GAP: "resume",
    why.HELD_BY_TEST: "assessment",
    why.GATE_OPEN: "gate",
    why.GATE_CLOSED: "gate",
    why.GATE_BACK: "gate",
    why.GATE_SHUT: "gate",
    why.PLANNED_DELOAD: "scheduled_deload",
    why.PAIN_DELOAD: "reactive_deload",
    why.DELOAD_NOT_STACKED: "scheduled_deload",
    why.RESUMED: "resume",
    why.WEAKER_SIDE_FIRST: "weaker_side",
    why.SIDES_ALIKE: "weaker_side",
    why.MORE_MOBILITY: "mobility",
    why.RANGE_ALIKE: "mobility",
    why.TEST_WORSE: "assessment",
    why.TEST_STEADY: "assessment",
    why.MISSED_SESSION: "attendance",
    why.LOWER_ESTIMATES: "resume",
}

OF_SLOT = {
    steps.MISSED: "the session was missed",
    steps.LIGHT_WEEK: "a light session does not count",
    steps.FAILED: "not all sets were completed",
    steps.FAILED_OFTEN: "sets were missed in {often}, {cut}",
    steps.WAITING: "{waiting}",
    steps.WAITING_AT_TOP: "{waiting} at the top of the range",
    steps.BY_WEEK: "its load changes from week to week",
    steps.MORE_LOAD: "{good}, so {grows}",
    steps.MORE_AMOUNT: "all sets were completed, so each {longer}",
    steps.MORE_SETS: "the top of the range was reached, so there is one set more, "
    "from {low} again",
    steps.MORE_LOAD_FROM_LOW: "the top of the range was reached, so {grows}, "
    "from {low} again",
    steps.TOP_REACHED: "the top of the range was reached, and no harder step is "
    "planned",
    steps.GOOD_WEEK: "{good}, so {grows}",
    steps.NEXT_OF_WAVE: "week {week} of the wave asks for {pct} %",
    steps.NEW_WAVE: "week {week} of the wave asks for {pct} %, and {step} more than "
    "last time",
    steps.LONGER_HOLD: "all holds were completed, so each {longer}",
    steps.LONGEST_HOLD: "the longest hold was reached, and no harder step is planned",
    steps.NEXT_TEMPO: "{good}, so the tempo becomes {tempo}",
    steps.LAST_TEMPO: "the last tempo was reached, and no harder step is planned",
    steps.REPEATED: "the plan repeats it",
    steps.HARDER_EXERCISE: "the top of the range was mastered, so the harder exercise "
    "follows, from {low}",
    why.PAIN_TODAY: "reported pain of {value} is above {limit}",
    why.PAIN_TOO_HIGH: "reported pain of {value} is above {limit}, {cut}",
    why.TOO_SORE: "reported soreness of {value} is above {limit}",
    why.TECHNIQUE_LOW: "technique {value} is below {limit} {seen_in}",
    why.TECHNIQUE_BACK: "technique {value} is below {limit} {seen_in}",
    why.SET_STOPPED: "technique {value} is below {limit}",
    why.TOO_HARD: "{value} repetitions in reserve were reported where {limit} "
    "should be left",
    why.AFTER_GAP: "{gap} days passed without it, {cut}",
    why.HELD_BY_TEST: "pain rose since the last assessment, so nothing advances this "
    "week",
}

OF_WEEK = {
    why.PLANNED_DELOAD: "Week {week} is light by plan; every rule pauses.",
    why.PAIN_DELOAD: "Week {week} becomes light: reported pain of {value} in the week "
    "before is above {limit}; every rule pauses.",
    why.DELOAD_NOT_STACKED: "Week {week} would be light by plan, but pain brought a "
    "light week {ago}: they are not stacked.",
    why.RESUMED: "Week {week} goes on where the plan was before the light week.",
    why.PAIN_SESSION: "{weekday}'s session {session!r} is light: reported pain of "
    "{value} is above {limit}.",
    why.WEAKER_SIDE_FIRST: "The {weaker} side is weaker ({left:g} and {right:g} "
    "repetitions, left and right): it starts, and does more.",
    why.SIDES_ALIKE: "Both sides are about equally strong ({left:g} and {right:g} "
    "repetitions, left and right): neither does more.",
    why.MORE_MOBILITY: "Hips extend {left:.1f} (left) and {right:.1f} degrees (right): "
    "{stiffer} more mobility work.",
    why.RANGE_ALIKE: "Hips extend {left:.1f} (left) and {right:.1f} degrees (right): "
    "neither side needs more mobility work.",
    why.TEST_WORSE: "Pain rose by {value} points since the last assessment, more than "
    "{limit}: nothing advances this week.",
    why.TEST_STEADY: "Pain {changed} since the last assessment: the plan goes on.",
    why.LOWER_ESTIMATES: "{left:g} days passed without training: every 1RM is taken to "
    "be {right:g} % lower, so that new lifts start lighter.",
    why.MISSED_SESSION: "{weekday}'s session {session!r} was missed; nothing in it "
    "moves on.",
    why.LOWER_ESTIMATES: "{left:g} days passed without work, so every estimate of a "
    "1RM is cut by {right:.3g} %.",
}

OF_GATE = {
    why.GATE_OPEN: "Phase {phase!r} is passed: {seen}.",
    why.GATE_CLOSED: "Phase {phase!r} goes on for a week: {faults}.",
    why.GATE_BACK: "Phase {phase!r} is left for the one before: {faults}.",
    why.GATE_SHUT: "Phase {phase!r} has had all its extra weeks, and goes on: "
    "{faults}.",
}

# Names of what was seen; places 6 and 7 mean something else for every reason.
SEEN_OF_SLOT = (
    "all_sets_completed",
    "reserve_reported",
    "technique_rated",
    "pain_reported",
    "soreness_reported",
    "limit",
)
SEEN_BESIDES = {
    steps.FAILED: ("failed_in_a_row",),
    steps.FAILED_OFTEN: ("failed_in_a_row",),
    why.TECHNIQUE_LOW: ("sessions_below",),
    why.TECHNIQUE_BACK: ("sessions_below",),
    why.SET_STOPPED: ("set", "sets"),
    why.AFTER_GAP: ("days_without", "cut_pct"),
}
SEEN_OF_WEEK = {  # name: place
    why.PLANNED_DELOAD: {"pain_reported": 3},
    why.PAIN_DELOAD: {"pain_reported": 3, "limit": 5},
    why.DELOAD_NOT_STACKED: {"pain_reported": 3, "weeks_since_light": 6},
    why.RESUMED: {"pain_reported": 3},
    why.PAIN_SESSION: {"pain_reported": 3, "limit": 5},
    why.WEAKER_SIDE_FIRST: {"left": 4, "right": 5, "difference_pct": 6, "limit": 7},
    why.SIDES_ALIKE: {"left": 4, "right": 5, "difference_pct": 6, "limit": 7},
    why.MORE_MOBILITY: {"left": 4, "right": 5, "difference_deg": 6, "limit": 7},
    why.RANGE_ALIKE: {"left": 4, "right": 5, "difference_deg": 6, "limit": 7},
    why.TEST_WORSE: {"pain_reported": 3, "change": 6, "limit": 7},
    why.TEST_STEADY: {"pain_reported": 3, "change": 6, "limit": 7},
    why.MISSED_SESSION: {"pain_reported": 3},
    why.LOWER_ESTIMATES: {
        "pain_reported": 3,
        "days_without": 4,
        "cut_pct": 5,
        "limit": 7,
    },
    why.LOWER_ESTIMATES: {"days_without": 4, "cut_pct": 5, "limit": 7},
}
JUDGED_BY = {  # place and decimals of what is compared with a limit
    why.PAIN_TODAY: (3, 1),
    why.PAIN_TOO_HIGH: (3, 1),
    why.TOO_SORE: (4, 1),
    why.TECHNIQUE_LOW: (2, 2),
    why.TECHNIQUE_BACK: (2, 2),
    why.SET_STOPPED: (2, 2),
    why.TOO_HARD: (1, 1),
    why.PAIN_DELOAD: (3, 1),
    why.PAIN_SESSION: (3, 1),
    why.TEST_WORSE: (6, 1),
}
