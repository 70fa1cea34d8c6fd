"""Progression rules: each by hand, and what must hold for all of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.engine import progression as steps
from hipext.engine.progression import round_to_increment
from hipext.plans.notation import SetScheme
from hipext.plans.rules import (
    RULES,
    Double,
    Hold,
    Linear,
    NoRule,
    Outcome,
    Prescription,
    Step,
    Tempo,
    Wave,
    decide,
    step_reason,
)

GOOD, SETS_FAILED = Outcome(), Outcome(is_success=False)
SKIPPED, LIGHT = Outcome(is_skipped=True), Outcome(is_deload=True)
MIDWEEK = Outcome(is_week_end=False)
FAILED_MIDWEEK = Outcome(is_success=False, is_week_end=False)
SCHEME = SetScheme(n_sets=3, n_sets_max=4, low=8, high=10)
FIRST = Prescription(n_sets=3, reps_or_s=8, load_kg=60.0, tempo="3-1-1-0")
ON_FAIL = {"after": 2, "drop_pct": 10}


def walk(rule, outcomes, *, first=FIRST, scheme=SCHEME):
    """Return the decisions after each outcome in turn."""
    now, decisions = first, []
    for outcome in outcomes:
        decisions.append(decide(rule, now, outcome, scheme=scheme))
        now = decisions[-1].next
    return decisions


def loads(decisions):
    return [decision.next.load_kg for decision in decisions]


def amounts(decisions):
    return [decision.next.reps_or_s for decision in decisions]


def actions(decisions):
    return [decision.action for decision in decisions]


# --- each rule by hand ---


def test_linear_adds_load_after_every_good_session():
    decisions = walk(Linear(rule="linear", add_kg=2.5), [GOOD] * 3)
    assert loads(decisions) == [62.5, 65.0, 67.5]
    assert actions(decisions) == ["advance"] * 3
    assert (
        decisions[0].reason
        == "all sets were completed, so the load increases by 2.5 kg"
    )


def test_linear_waits_for_so_many_good_sessions_in_a_row():
    rule = Linear(rule="linear", add_kg=5, every_sessions=2)
    decisions = walk(rule, [GOOD, SETS_FAILED, GOOD, GOOD, GOOD, GOOD])
    assert loads(decisions) == [60, 60, 60, 65, 65, 70]
    assert decisions[0].reason == "1 of 2 good sessions in a row"


def test_a_percentage_step_is_of_the_load_now():
    decisions = walk(Linear(rule="linear", add_pct=10), [GOOD, GOOD])
    assert loads(decisions) == pytest.approx([66.0, 72.6])
    assert (
        decisions[0].reason == "all sets were completed, so the load increases by 10 %"
    )


def test_double_builds_repetitions_then_sets_then_load():
    steps = walk(Double(rule="double", add_kg=2.5), [GOOD] * 9)
    seen = [
        (step.next.n_sets, step.next.reps_or_s, step.next.load_kg) for step in steps
    ]
    assert seen == [
        (3, 9, 60.0),
        (3, 10, 60.0),
        (4, 8, 60.0),
        (4, 9, 60.0),
        (4, 10, 60.0),
        (4, 8, 62.5),
        (4, 9, 62.5),
        (4, 10, 62.5),
        (4, 8, 65.0),
    ]


def test_double_says_what_it_does():
    steps = walk(Double(rule="double", add_kg=2.5), [GOOD] * 6)
    assert [steps[place].reason for place in (0, 2, 5)] == [
        "all sets were completed, so each set has 1 more repetition",
        "the top of the range was reached, so one set is added, restarting at 8 "
        "repetitions",
        "the top of the range was reached, so the load increases by 2.5 kg, "
        "restarting at 8 repetitions",
    ]


def test_double_stops_at_the_top_of_the_range_with_a_larger_step():
    decisions = walk(Double(rule="double", add_reps=5), [GOOD])
    assert amounts(decisions) == [10]


def test_double_waits_at_the_top_of_the_range():
    rule = Double(rule="double", add_kg=2.5, after=2)
    one_set = replace(SCHEME, n_sets_max=3)
    decisions = walk(rule, [GOOD] * 4, scheme=one_set)
    assert amounts(decisions) == [9, 10, 10, 8]
    assert loads(decisions) == [60, 60, 60, 62.5]
    assert (
        decisions[2].reason == "1 of 2 good sessions in a row at the top of the range"
    )


def test_double_without_a_load_step_stays_at_the_top():
    decisions = walk(Double(rule="double"), [GOOD] * 7)
    top = replace(FIRST, n_sets=4, reps_or_s=10)
    last = decisions[-1]
    assert (last.next.n_sets, last.next.reps_or_s) == (top.n_sets, top.reps_or_s)
    assert last.action == "repeat"
    assert last.reason == (
        "the top of the range was reached, and no harder step is planned"
    )


def test_step_adds_load_once_a_week_whatever_the_sessions():
    week = [MIDWEEK, MIDWEEK, GOOD]
    decisions = walk(Step(rule="step", add_kg=2.5), week * 2)
    assert loads(decisions) == [60, 60, 62.5, 62.5, 62.5, 65]
    assert decisions[0].reason == "its load changes from week to week"
    assert decisions[2].reason == "a good week, so the load increases by 2.5 kg"


def test_step_counts_good_weeks_in_a_row():
    rule = Step(rule="step", add_kg=2.5, every_weeks=2)
    decisions = walk(rule, [MIDWEEK, GOOD] * 4)
    assert loads(decisions) == [60, 60, 60, 62.5, 62.5, 62.5, 62.5, 65]
    assert decisions[1].reason == "1 of 2 good weeks in a row"


def test_step_does_not_take_a_week_with_a_failed_session_for_a_good_one():
    weeks = [FAILED_MIDWEEK, MIDWEEK, GOOD], [MIDWEEK, MIDWEEK, GOOD]
    decisions = walk(Step(rule="step", add_kg=2.5), [*weeks[0], *weeks[1]])
    assert loads(decisions) == [60, 60, 60, 60, 60, 62.5]


def test_step_starts_to_count_again_after_a_failed_week_end():
    rule = Step(rule="step", add_kg=2.5, every_weeks=2)
    decisions = walk(rule, [GOOD, SETS_FAILED, GOOD, GOOD])
    assert loads(decisions) == [60, 60, 60, 62.5]


def test_wave_goes_through_its_percentages_and_each_cycle_is_heavier():
    rule = Wave(rule="wave", pct=(75, 80, 85), reps=(8, 6, 4), add_kg=5)
    decisions = walk(rule, [GOOD] * 6, first=replace(FIRST, load_kg=75.0))
    assert loads(decisions) == pytest.approx(
        [80, 85, 80, 80 * 80 / 75, 80 * 85 / 75, 85]
    )
    assert amounts(decisions) == [6, 4, 8, 6, 4, 8]
    assert actions(decisions) == ["advance", "advance", "reduce"] * 2
    assert decisions[0].reason == "week 2 of the wave prescribes 80 %"
    assert decisions[2].reason == (
        "week 1 of the wave prescribes 75 %, and 5 kg more than in the previous cycle"
    )


def test_wave_without_step_and_repetitions_comes_back_to_where_it_began():
    decisions = walk(Wave(rule="wave", pct=(70, 80)), [GOOD] * 4)
    assert loads(decisions)[1::2] == pytest.approx([60, 60])
    assert amounts(decisions) == [8] * 4


def test_wave_moves_on_at_the_end_of_the_week_only():
    decisions = walk(Wave(rule="wave", pct=(70, 77)), [MIDWEEK, GOOD, MIDWEEK])
    assert loads(decisions) == pytest.approx([60, 66, 66])
    assert decisions[0].reason == "its load changes from week to week"


@pytest.mark.parametrize(
    ("pct", "reps", "action"),
    [
        ((70, 70), (8, 8), "repeat"),
        ((70, 70), (8, 9), "advance"),
        ((70, 70), (8, 6), "reduce"),
        ((70, 75), (8, 6), "advance"),
        ((70, 65), (8, 9), "reduce"),
    ],
)
def test_a_wave_says_whether_it_goes_up_or_down(pct, reps, action):
    decisions = walk(Wave(rule="wave", pct=pct, reps=reps), [GOOD])
    assert actions(decisions) == [action]


def test_hold_is_lengthened_to_the_top_of_its_range():
    scheme = SetScheme(n_sets=2, n_sets_max=2, low=20, high=32, is_hold=True)
    decisions = walk(
        Hold(rule="hold", add_s=5),
        [GOOD] * 4,
        first=replace(FIRST, reps_or_s=20),
        scheme=scheme,
    )
    assert amounts(decisions) == [25, 30, 32, 32]
    assert decisions[0].reason == "all holds were completed, so each hold is 5 s longer"
    assert (decisions[3].action, decisions[3].reason) == (
        "repeat",
        "the longest hold was reached, and no harder step is planned",
    )


def test_tempo_goes_through_its_list_and_stops_there():
    rule = Tempo(rule="tempo", tempos=("4-1-1-0", "5-1-1-0"), after=2)
    decisions = walk(rule, [GOOD] * 6)
    assert [decision.next.tempo for decision in decisions] == [
        "3-1-1-0",
        *["4-1-1-0"] * 2,
        *["5-1-1-0"] * 3,
    ]
    assert decisions[0].reason == "1 of 2 good sessions in a row"
    assert decisions[1].reason == (
        "2 good sessions in a row, so the tempo becomes 4-1-1-0"
    )
    assert decisions[5].reason == (
        "the last tempo was reached, and no harder step is planned"
    )


def test_no_rule_repeats_the_same():
    decisions = walk(NoRule(rule="none"), [GOOD] * 3)
    assert [decision.next for decision in decisions] == [FIRST] * 3
    assert decisions[0].reason == "no progression is planned"


# --- failures ---


def test_the_load_drops_by_the_stated_percentage_after_so_many_failures_in_a_row():
    rule = Linear(rule="linear", add_kg=2.5, on_fail={"after": 3, "drop_pct": 20})
    decisions = walk(rule, [SETS_FAILED] * 7)
    assert loads(decisions) == pytest.approx([60, 60, 48, 48, 48, 38.4, 38.4])
    assert actions(decisions)[:3] == ["repeat", "repeat", "reduce"]
    assert decisions[2].reason == (
        "not all sets were completed in 3 sessions in a row, so the load is reduced by "
        "20 %"
    )
    assert decisions[0].reason == "not all sets were completed"


def test_a_good_session_forgets_the_failures_before():
    rule = Linear(rule="linear", add_kg=2.5, every_sessions=9, on_fail=ON_FAIL)
    decisions = walk(rule, [SETS_FAILED, GOOD, SETS_FAILED, SETS_FAILED])
    assert loads(decisions) == pytest.approx([60, 60, 60, 54])


def test_a_missed_or_light_session_neither_counts_nor_forgets():
    rule = Linear(rule="linear", add_kg=2.5, every_sessions=2, on_fail=ON_FAIL)
    decisions = walk(
        rule, [SETS_FAILED, SKIPPED, LIGHT, SETS_FAILED, GOOD, SKIPPED, LIGHT, GOOD]
    )
    assert loads(decisions) == pytest.approx([60, 60, 60, 54, 54, 54, 54, 56.5])


def test_without_a_failure_path_the_load_is_repeated():
    decisions = walk(Linear(rule="linear", add_kg=2.5), [SETS_FAILED] * 5)
    assert loads(decisions) == [60.0] * 5
    assert decisions[4].next.n_failed == 5


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (SKIPPED, "the session was missed"),
        (LIGHT, "a reduced session does not count"),
        (Outcome(is_skipped=True, is_deload=True), "the session was missed"),
        (Outcome(is_deload=True, is_success=False), "a reduced session does not count"),
    ],
)
def test_a_session_that_does_not_count_says_why(outcome, reason):
    decision = decide(Linear(rule="linear", add_kg=2.5), FIRST, outcome, scheme=SCHEME)
    assert (decision.next, decision.action, decision.reason) == (
        FIRST,
        "repeat",
        reason,
    )


@pytest.mark.parametrize(
    ("reason", "load_kg", "text"),
    [
        (steps.MORE_LOAD, 62.5, "so the load increases by 2.5 kg each"),
        (steps.FAILED_REPEATEDLY, 54.0, "so the load is reduced by 10 % each"),
    ],
)
def test_a_note_follows_every_change_of_the_load(reason, load_kg, text):
    rule = Linear(rule="linear", add_kg=2.5, on_fail=ON_FAIL)
    before = steps.Prescription(3, 8, 60.0, 0, 1, 0, 0)
    after = before._replace(load_kg=load_kg)
    words = step_reason(reason, rule, SCHEME, before, after, note=" each")
    assert words.endswith(text)


# --- what must hold for all rules ---

ON_FAILS = st.none() | st.builds(
    dict, after=st.integers(1, 4), drop_pct=st.floats(1, 90)
)
LOAD_STEPS = st.sampled_from([{"add_kg": 2.5}, {"add_pct": 5.0}])
COUNTS = st.integers(1, 4)


def with_load(kind, rule, **fields):
    return st.builds(
        lambda step, on_fail, **more: kind(rule=rule, on_fail=on_fail, **step, **more),
        LOAD_STEPS,
        ON_FAILS,
        **fields,
    )


BY_NAME = {
    "linear": with_load(Linear, "linear", every_sessions=COUNTS),
    "double": with_load(Double, "double", add_reps=COUNTS, after=COUNTS),
    "step": with_load(Step, "step", every_weeks=COUNTS),
    "wave": with_load(
        Wave,
        "wave",
        pct=st.lists(st.floats(40, 100), min_size=2, max_size=5).map(tuple),
    ),
    "hold": st.builds(Hold, rule=st.just("hold"), add_s=st.integers(1, 30)),
    "tempo": st.builds(
        Tempo,
        rule=st.just("tempo"),
        tempos=st.just(("4-1-1-0", "5-1-1-0")),
        after=COUNTS,
    ),
    "none": st.just(NoRule(rule="none")),
}
ANY_RULE = st.one_of(*BY_NAME.values())
SCHEMES = st.builds(
    lambda n_sets, more_sets, low, span: SetScheme(
        n_sets=n_sets, n_sets_max=n_sets + more_sets, low=low, high=low + span
    ),
    st.integers(1, 5),
    st.integers(0, 3),
    st.integers(1, 15),
    st.integers(0, 10),
)
OUTCOMES = st.lists(
    st.builds(
        Outcome,
        is_success=st.booleans(),
        is_skipped=st.sampled_from([False, False, True]),
        is_deload=st.sampled_from([False, False, True]),
        is_week_end=st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def first_of(scheme):
    return replace(FIRST, n_sets=scheme.n_sets, reps_or_s=scheme.low)


def steps_of(rule, scheme, outcomes):
    """Return what was asked for, how it went, and what was decided, in turn."""
    first = first_of(scheme)
    decisions = walk(rule, outcomes, first=first, scheme=scheme)
    asked = [first, *(decision.next for decision in decisions)]
    return list(zip(asked, outcomes, decisions, strict=False))


def demands(asked):
    return asked.n_sets, asked.reps_or_s, asked.load_kg, asked.tempo


def test_every_rule_of_the_plan_files_is_among_those_tried():
    assert tuple(BY_NAME) == RULES


@given(rule=ANY_RULE, scheme=SCHEMES, outcomes=OUTCOMES)
def test_a_skipped_or_light_session_changes_nothing(rule, scheme, outcomes):
    idle = [
        (now, decision)
        for now, outcome, decision in steps_of(rule, scheme, outcomes)
        if outcome.is_skipped or outcome.is_deload
    ]
    assert all(decision.next == now for now, decision in idle)
    assert all(decision.action == "repeat" for _, decision in idle)


@given(rule=ANY_RULE, scheme=SCHEMES, outcomes=OUTCOMES)
def test_a_failure_never_advances_and_cuts_the_load_alone(rule, scheme, outcomes):
    failed = [
        (now, decision)
        for now, outcome, decision in steps_of(rule, scheme, outcomes)
        if not (outcome.is_skipped or outcome.is_deload or outcome.is_success)
    ]
    assert all(decision.action in ("repeat", "reduce") for _, decision in failed)
    assert all(decision.next.load_kg <= now.load_kg for now, decision in failed)
    assert all(
        replace(now, load_kg=decision.next.load_kg, n_successes=0, n_failed=0)
        == replace(decision.next, n_successes=0, n_failed=0)
        for now, decision in failed
    )


@given(rule=ANY_RULE, scheme=SCHEMES, outcomes=OUTCOMES)
def test_one_session_is_at_most_one_micro_step(rule, scheme, outcomes):
    steps = steps_of(rule, scheme, outcomes)
    raised = [
        (decision.next.n_sets > now.n_sets)
        + (decision.next.reps_or_s > now.reps_or_s)
        + (decision.next.load_kg > now.load_kg)
        + (decision.next.tempo != now.tempo)
        for now, _, decision in steps
    ]
    counted = [decision.next.n_steps - now.n_steps for now, _, decision in steps]
    assert max(raised) <= 1
    assert set(counted) <= {0, 1}


@given(rule=ANY_RULE, scheme=SCHEMES, outcomes=OUTCOMES)
def test_sets_and_repetitions_stay_inside_their_ranges(rule, scheme, outcomes):
    asked = [decision.next for _, _, decision in steps_of(rule, scheme, outcomes)]
    assert all(scheme.low <= one.reps_or_s <= scheme.high for one in asked)
    assert all(scheme.n_sets <= one.n_sets <= scheme.n_sets_max for one in asked)


@given(rule=ANY_RULE, scheme=SCHEMES, outcomes=OUTCOMES)
def test_what_is_held_asks_for_the_same_again(rule, scheme, outcomes):
    held = [
        (now, decision.next)
        for now, _, decision in steps_of(rule, scheme, outcomes)
        if decision.action == "repeat"
    ]
    assert all(demands(now) == demands(after) for now, after in held)


@given(rule=ANY_RULE, scheme=SCHEMES, outcomes=OUTCOMES)
def test_only_double_and_wave_ask_for_less_after_a_good_session(rule, scheme, outcomes):
    good = [
        (now, decision.next)
        for now, outcome, decision in steps_of(rule, scheme, outcomes)
        if outcome.is_success and rule.rule not in ("double", "wave")
    ]
    assert all(after.load_kg >= now.load_kg for now, after in good)
    assert all(after.reps_or_s >= now.reps_or_s for now, after in good)


@given(rule=ANY_RULE, scheme=SCHEMES, outcomes=OUTCOMES)
def test_a_decision_has_a_known_action_and_a_reason(rule, scheme, outcomes):
    decisions = [decision for _, _, decision in steps_of(rule, scheme, outcomes)]
    assert {decision.action for decision in decisions} <= {
        "advance",
        "repeat",
        "reduce",
    }
    assert all(decision.reason for decision in decisions)


# --- rounding ---


@pytest.mark.parametrize(
    ("load_kg", "increment_kg", "expected"),
    [
        (61.24, 2.5, 60.0),
        (61.25, 2.5, 62.5),
        (0.7 * 87.5, 2.5, 62.5),  # 61.25, not quite in binary
        (17.4, 1.0, 17.0),
        (17.5, 1.0, 18.0),
        (18.5, 1.0, 19.0),  # halves upwards, not to the even one
        (1.9, 4.0, 4.0),  # at least one step
        (0.0, 2.5, 2.5),
        (5.0, 2.27, 4.54),
    ],
)
def test_loads_are_rounded_to_what_the_implement_makes(load_kg, increment_kg, expected):
    assert round_to_increment(load_kg, increment_kg) == expected


@given(load_kg=st.floats(0, 500), increment_kg=st.sampled_from([0.5, 1, 2.27, 2.5, 4]))
def test_rounding_goes_to_the_nearest_step_and_never_below_one(load_kg, increment_kg):
    near_kg = round_to_increment(load_kg, increment_kg)
    assert near_kg >= increment_kg
    assert abs(near_kg - max(load_kg, increment_kg)) <= increment_kg / 2 + 1e-5
    assert near_kg / increment_kg == pytest.approx(round(near_kg / increment_kg))
    assert round_to_increment(near_kg, increment_kg) == near_kg
