"""The linter: each rule finds its fault, and is silent where there is none."""

import pandas as pd
import pytest
from hypothesis import given
from strategies import plans

from hipext.athletes.athlete import read_athlete
from hipext.files.io import shipped_names
from hipext.plans.edits import vary
from hipext.plans.plan_file import check_plan, read_plan
from hipext.simulation.lint import LINT, RULES, lint_plan

WARM_UP = {"exercise": "hip_openers", "sets": "1x6"}
SQUEEZE = {"exercise": "glute_squeeze_hold", "sets": "3x20s"}
STRETCH = {"exercise": "couch_stretch", "sets": "1x30s"}
ON_FAIL = {"after": 2, "drop_pct": 10}


def deadlift(sets="3x8 @RIR2", **values):
    """Return a slot with deadlifts."""
    return {"exercise": "deadlift", "sets": sets, **values}


def plan_of(*slots, days=("mon",), weeks=4, **values):
    """Return a plan of one phase and one session."""
    session = {"name": "A", "days": list(days), "slot": list(slots)}
    phase = {"name": "hinge", "weeks": weeks, "session": [session]}
    return check_plan(
        {"format": 1, "name": "p", "phase": [phase], **values}, source="p"
    )


def plan_of_phases(*phases, **values):
    """Return a plan of phases of two weeks, each given as its slots."""
    tables = [
        {
            "name": f"phase {number}",
            "weeks": 2,
            "session": [{"name": "A", "days": ["mon"], "slot": list(slots)}],
        }
        for number, slots in enumerate(phases, start=1)
    ]
    return check_plan({"format": 1, "name": "p", "phase": tables, **values}, source="p")


def found(plan, rule):
    """Return place, message and suggestion of what one rule found."""
    findings = lint_plan(plan)
    rows = findings[findings["check"] == rule]
    return list(
        rows[["place", "message", "suggestion"]].itertuples(index=False, name=None)
    )


def test_good_plan_has_no_findings():
    findings = lint_plan(plan_of(WARM_UP, deadlift(), weeks=1))
    assert findings.empty
    assert tuple(findings.columns) == LINT.names


def test_shipped_plan_of_two_days_has_no_findings():
    assert lint_plan(read_plan("maintenance_2day_13wk")).empty


def test_load_that_is_never_taken_away_is_found():
    plan = plan_of(WARM_UP, deadlift(progress={"rule": "linear", "add_kg": 2.5}))
    assert found(plan, "no_failure_path") == [
        (
            "phase 1 (hinge), session 1 (A), slot 2 (deadlift), progress",
            "deadlift: rule 'linear' adds load but does not say what happens after "
            "missed sets; the same load is repeated.",
            "Write on_fail = { after = 2, drop_pct = 10 } in progress.",
        )
    ]


def test_slots_of_one_session_are_found_together():
    linear, double = ({"rule": one, "add_kg": 2.5} for one in ("linear", "double"))
    bridge = {"exercise": "barbell_hip_thrust", "sets": "3x8 @RIR2"}
    slots = (deadlift(progress=linear), WARM_UP, {**bridge, "progress": linear})
    plan = plan_of(*slots, deadlift("3x6-8 @RIR2", progress=double))
    assert found(plan, "no_failure_path") == [
        (
            "phase 1 (hinge), session 1 (A), slots 1, 3, 4, progress",
            "deadlift, barbell_hip_thrust: rule 'linear' adds load but does not say "
            "what happens after missed sets; the same load is repeated. "
            "deadlift: rule 'double' adds load but does not say what happens after "
            "missed sets; the same load is repeated.",
            "Write on_fail = { after = 2, drop_pct = 10 } in progress.",
        )
    ]


def test_slots_of_two_sessions_are_found_apart():
    slot = {"exercise": "clam", "sets": "2x10"}
    plan = plan_of(slot, slot, session=[{"name": "B", "days": ["tue"], "slot": [slot]}])
    assert [place for place, *_ in found(plan, "no_side_policy")] == [
        "session 1 (B), slot 1 (clam)",
        "phase 1 (hinge), session 1 (A), slots 1, 2",
    ]


def test_load_that_is_taken_away_again_is_not_found():
    rule = {"rule": "linear", "add_kg": 2.5, "on_fail": ON_FAIL}
    assert found(plan_of(deadlift(progress=rule)), "no_failure_path") == []


def test_repetitions_without_load_need_no_failure_path():
    slot = {
        "exercise": "glute_bridge",
        "sets": "2x8-12",
        "progress": {"rule": "double"},
    }
    assert found(plan_of(slot), "no_failure_path") == []


def test_rise_of_more_than_a_tenth_is_found_with_its_week():
    rule = {"rule": "double", "add_kg": 2.5, "on_fail": ON_FAIL}
    ((place, message, _), *_) = found(
        plan_of(deadlift("3x5-7 @60kg", progress=rule)), "weekly_jump"
    )
    assert place == "phase 1 (hinge), week 2"
    assert message.startswith("Volume load with body mass rises by 20.0 %, from ")
    assert message.endswith(" kg; at most 10 % is usual.")  # 5 to 6 repetitions


def test_volume_load_without_a_load_to_lift_is_that_of_body_mass():
    slot = {"exercise": "hip_thrust_bodyweight", "sets": "2x5-8"}
    plan = plan_of({**slot, "progress": {"rule": "double"}})
    messages = [message for _, message, _ in found(plan, "weekly_jump")]
    assert messages[0].startswith("Volume load with body mass rises by 20.0 %, from ")


def test_more_sets_at_once_are_found():
    rule = {"rule": "double", "add_kg": 2.5, "on_fail": ON_FAIL}
    plan = plan_of(deadlift("2-3x7-8 @60kg", progress=rule))
    messages = [message for _, message, _ in found(plan, "weekly_jump")]
    assert (
        "Working sets rise by 50.0 %, from 2 to 3; at most 10 % is usual." in messages
    )


def test_rise_of_a_tenth_is_not_found():
    rule = {"rule": "linear", "add_pct": 10, "on_fail": ON_FAIL}
    plan = plan_of(deadlift("3x5 @50kg", progress=rule), weeks=2)
    assert found(plan, "weekly_jump") == []


def test_deload_is_left_out_of_the_comparison():
    plan = plan_of(deadlift("4x5 @60kg"), deload={"every_weeks": 2})
    assert found(plan, "weekly_jump") == []


def test_new_phase_starts_a_new_comparison():
    plan = plan_of_phases([deadlift("2x5 @60kg")], [deadlift("4x5 @60kg")])
    assert found(plan, "weekly_jump") == []


def test_step_of_more_than_a_tenth_of_the_load_is_found():
    rule = {"rule": "linear", "add_kg": 10, "on_fail": ON_FAIL}
    ((place, message, suggestion),) = found(
        plan_of(deadlift("3x5 @80kg", progress=rule)), "large_step"
    )
    assert place == "phase 1 (hinge), session 1 (A), slot 1 (deadlift), progress"
    assert message == (
        "deadlift: one step adds 12 % of the 80 kg at the start; 2-10 % is usual."
    )
    assert suggestion.startswith("Write add_pct = 5, or let repetitions grow first")


@pytest.mark.parametrize(
    ("step", "n_found"),
    [({"add_pct": 10.5}, 1), ({"add_pct": 10}, 0), ({"add_kg": 7.5}, 0)],
)
def test_step_of_a_tenth_of_the_load_is_not_found(step, n_found):
    slot = deadlift(
        "3x5 @80kg", progress={"rule": "linear", "on_fail": ON_FAIL, **step}
    )
    assert len(found(plan_of(slot), "large_step")) == n_found


def test_step_is_not_large_where_the_implement_makes_no_smaller_one():
    rule = {"rule": "linear", "add_kg": 2.5, "on_fail": ON_FAIL}
    assert found(plan_of(deadlift("3x5 @10kg", progress=rule)), "large_step") == []


def test_step_that_the_implement_cannot_make_is_found():
    rule = {"rule": "linear", "add_kg": 3, "on_fail": ON_FAIL}
    assert found(plan_of(deadlift(progress=rule)), "step_below_increment") == [
        (
            "phase 1 (hinge), session 1 (A), slot 1 (deadlift), progress, add_kg",
            "deadlift: 3 kg is not a multiple of the smallest step of 2.5 kg; loads "
            "are rounded to that.",
            "Write add_kg = 2.5, or increment_kg = 3.",
        )
    ]


def test_steps_that_are_mended_differently_keep_their_suggestions_apart():
    three, six = ({"rule": "linear", "add_kg": kg} for kg in (3, 6))
    thrust = {"exercise": "barbell_hip_thrust", "sets": "3x8 @RIR2", "progress": six}
    plan = plan_of(deadlift(progress=three), thrust)
    ((_, message, suggestion),) = found(plan, "step_below_increment")
    assert message.startswith("deadlift: 3 kg is not a multiple")
    assert "barbell_hip_thrust: 6 kg is not a multiple" in message
    assert suggestion == (
        "deadlift: write add_kg = 2.5, or increment_kg = 3. "
        "barbell_hip_thrust: write add_kg = 5, or increment_kg = 6."
    )


@pytest.mark.parametrize(
    ("add_kg", "increment_kg"), [(5, 2.5), (2.27, 2.27), (0.3, 0.1)]
)
def test_multiple_of_the_smallest_step_is_not_found(add_kg, increment_kg):
    rule = {"rule": "linear", "add_kg": add_kg, "on_fail": ON_FAIL}
    plan = plan_of(deadlift(increment_kg=increment_kg, progress=rule))
    assert found(plan, "step_below_increment") == []


def test_nine_weeks_without_a_light_one_are_found():
    assert found(plan_of(SQUEEZE, weeks=9), "no_deload_in_reach") == [
        (
            "weeks 1 to 9",
            "9 weeks in a row without a planned deload; at most 8 is usual.",
            "Write every_weeks = 4 in [deload], or name weeks there.",
        )
    ]


@pytest.mark.parametrize(
    ("weeks", "deload", "places"),
    [
        (8, {}, []),
        (12, {"every_weeks": 4}, []),
        (12, {"weeks": [1]}, ["weeks 2 to 12"]),
        (20, {"weeks": [10]}, ["weeks 1 to 9", "weeks 11 to 20"]),
    ],
)
def test_runs_of_ordinary_weeks_end_at_light_ones(weeks, deload, places):
    plan = plan_of(SQUEEZE, weeks=weeks, deload=deload)
    assert [place for place, *_ in found(plan, "no_deload_in_reach")] == places


def test_training_days_that_no_session_follows_are_found():
    plan = vary(plan_of(SQUEEZE), {"days": ["mon", "fri"]})
    assert found(plan, "unused_days") == [
        (
            "days",
            "The days of the plan (mon, fri) have no effect: every session names its "
            "own.",
            "Leave days out of the sessions that should follow those of the plan, or "
            "out of the plan.",
        )
    ]


def test_training_days_that_one_session_follows_are_not_found():
    daily = {"name": "daily", "slot": [STRETCH]}
    days = {"days": ["mon", "fri"], "session": [daily]}
    plan = vary(plan_of(SQUEEZE), days)
    assert found(plan, "unused_days") == []


def test_plan_without_training_days_of_its_own_has_none_unused():
    assert found(plan_of(SQUEEZE), "unused_days") == []


def test_work_on_one_side_without_a_first_side_is_found():
    ((place, message, suggestion),) = found(
        plan_of({"exercise": "clam", "sets": "2x10"}), "no_side_policy"
    )
    assert place == "phase 1 (hinge), session 1 (A), slot 1 (clam)"
    assert message.startswith(
        "clam: works one side at a time, and the plan does not say"
    )
    assert suggestion.startswith('Write side_first = "weaker"')


@pytest.mark.parametrize(
    "slot",
    [
        {"exercise": "clam", "sets": "2x10", "side_first": "weaker"},
        {"exercise": "clam", "sets": "2x10", "kind": "warm_up"},
        STRETCH,
        SQUEEZE,
    ],
)
def test_first_side_matters_for_work_on_one_side_only(slot):
    assert found(plan_of(slot), "no_side_policy") == []


def test_hinges_on_consecutive_days_are_found_once_per_phase():
    plan = plan_of(deadlift(), days=("tue", "wed"))
    ((place, message, _),) = found(plan, "hinge_days_back_to_back")
    assert place == "phase 1 (hinge), week 1"
    assert "on consecutive days, tue and wed; at least one day between" in message


def test_sunday_and_monday_are_consecutive():
    plan = plan_of(deadlift(), days=("mon", "sun"))
    ((place, message, _),) = found(plan, "hinge_days_back_to_back")
    assert place == "phase 1 (hinge), week 2"
    assert "sun and mon" in message


@pytest.mark.parametrize(
    ("slot", "days"),
    [
        (deadlift(), ("mon", "wed")),
        (deadlift(kind="warm_up"), ("mon", "tue")),
        ({"exercise": "wall_hip_hinge", "sets": "2x8"}, ("mon", "tue")),
        ({"exercise": "goblet_squat", "sets": "2x8 @RIR3"}, ("mon", "tue")),
    ],
)
def test_other_work_may_be_on_consecutive_days(slot, days):
    assert found(plan_of(slot, days=days), "hinge_days_back_to_back") == []


def test_exercise_before_what_it_builds_on_is_found():
    plan = plan_of_phases([SQUEEZE], [deadlift()])
    assert found(plan, "before_prerequisite") == [
        (
            "phase 2 (phase 2), week 3, session A, deadlift",
            "deadlift starts in week 3; dumbbell_romanian_deadlift should come in an "
            "earlier week, and does not.",
            "Put dumbbell_romanian_deadlift into an earlier week.",
        )
    ]


def test_exercise_of_the_same_week_comes_too_late():
    before = {"exercise": "dumbbell_romanian_deadlift", "sets": "2x8 @RIR3"}
    plan = plan_of_phases([SQUEEZE], [before, deadlift()])
    names = [place.split(", ")[-1] for place, *_ in found(plan, "before_prerequisite")]
    assert names == ["dumbbell_romanian_deadlift", "deadlift"]


@pytest.mark.parametrize(
    "phases",
    [
        ([deadlift()],),
        ([deadlift()], [{"exercise": "sumo_deadlift", "sets": "2x8 @RIR3"}]),
        (
            [{"exercise": "dumbbell_romanian_deadlift", "sets": "2x8 @RIR3"}],
            [deadlift()],
        ),
        ([SQUEEZE], [SQUEEZE], [{"exercise": "clam", "sets": "2x8"}]),
    ],
)
def test_plan_may_start_anywhere_and_go_on_from_there(phases):
    assert found(plan_of_phases(*phases), "before_prerequisite") == []


def test_phase_of_squats_is_found():
    squat = {"exercise": "goblet_squat", "sets": "3x8 @RIR3"}
    ((place, message, _),) = found(
        plan_of(squat, deadlift("2x8 @RIR3")), "hip_share_low"
    )
    assert place == "phase 1 (hinge), week 1"
    assert message == (
        "40% of the hip- and knee-dominant sets are hip-dominant; at least 60% is "
        "expected (G25)."
    )


def test_three_hip_sets_of_five_are_enough():
    squat = {"exercise": "goblet_squat", "sets": "2x8 @RIR3"}
    assert found(plan_of(squat, deadlift()), "hip_share_low") == []


def test_heavy_sessions_without_mobility_between_are_found():
    plan = plan_of(deadlift(), days=("mon", "wed"), weeks=1)
    ((place, message, _),) = found(plan, "no_mobility_between_heavy")
    assert place == "phase 1 (hinge), week 1"
    assert "between the heavy sessions of mon and wed; at least one set" in message


@pytest.mark.parametrize(
    ("slot", "day", "n_found"),
    [(STRETCH, "tue", 0), (STRETCH, "mon", 1), (SQUEEZE, "tue", 1)],
)
def test_mobility_counts_on_the_days_between(slot, day, n_found):
    daily = {"name": "daily", "days": [day], "slot": [slot]}
    plan = plan_of(deadlift(), days=("mon", "wed"), weeks=1, session=[daily])
    assert len(found(plan, "no_mobility_between_heavy")) == n_found


def test_no_mobility_fits_between_consecutive_days():
    plan = plan_of(deadlift(), days=("mon", "tue"), weeks=1)
    assert found(plan, "no_mobility_between_heavy") == []


def test_sessions_a_week_apart_are_no_pair():
    assert found(plan_of(deadlift(), days=("tue",)), "no_mobility_between_heavy") == []


@pytest.mark.parametrize(
    "slot",
    [
        {"exercise": "glute_bridge", "sets": "3x8 @RIR1"},
        {"exercise": "clam", "sets": "3x8 @RIR1"},
        {"exercise": "pallof_press", "sets": "3x8 @RIR1"},
    ],
)
def test_hard_work_without_load_or_for_control_is_not_heavy(slot):
    plan = plan_of(slot, days=("mon", "wed"))
    assert found(plan, "no_mobility_between_heavy") == []


def test_easy_sessions_need_no_mobility_between():
    plan = plan_of(deadlift("3x5 @30kg"), days=("mon", "wed"))
    assert found(plan, "no_mobility_between_heavy") == []


def test_loaded_session_without_warm_up_is_found():
    ((place, message, _),) = found(plan_of(SQUEEZE, deadlift()), "no_warm_up")
    assert place == "phase 1 (hinge), session 1 (A)"
    assert message.startswith("Loaded work (deadlift) and no warm-up set; at least one")


def test_warm_up_may_come_from_a_block():
    block = {"name": "warm-up", "slot": [WARM_UP]}
    session = {
        "name": "A",
        "days": ["mon"],
        "begin_with": ["warm-up"],
        "slot": [deadlift()],
    }
    phase = {"name": "hinge", "weeks": 1, "session": [session]}
    values = {"format": 1, "name": "p", "block": [block], "phase": [phase]}
    assert found(check_plan(values, source="p"), "no_warm_up") == []


def test_session_without_load_needs_no_warm_up():
    assert found(plan_of(SQUEEZE), "no_warm_up") == []


def test_group_of_one_is_found():
    plan = plan_of(WARM_UP, deadlift(group="a"), SQUEEZE)
    ((place, message, suggestion),) = found(plan, "lonely_group")
    assert place == "phase 1 (hinge), session 1 (A), deadlift"
    assert message.startswith("Group 'a' has 1 slot here")
    assert suggestion == "Give a slot next to it group = 'a' too, or leave it out."


def test_group_that_is_interrupted_is_two_groups_of_one():
    slots = (deadlift(group="a"), SQUEEZE, deadlift(group="a"))
    assert len(found(plan_of(*slots), "lonely_group")) == 2


def test_pair_is_not_found():
    slots = (deadlift(group="a"), {**SQUEEZE, "group": "a"})
    assert found(plan_of(*slots), "lonely_group") == []


def test_slot_of_a_block_is_found_once_in_the_block():
    block = {"name": "end", "slot": [{"exercise": "clam", "sets": "1x8"}]}
    sessions = [{"name": name, "days": ["mon"], "end_with": ["end"]} for name in "AB"]
    phase = {"name": "hinge", "weeks": 1, "session": sessions}
    values = {"format": 1, "name": "p", "block": [block], "phase": [phase]}
    places = [
        place for place, *_ in found(check_plan(values, source="p"), "no_side_policy")
    ]
    assert places == ["block 1 (end), slot 1 (clam)"]


def test_loads_are_those_of_the_athlete():
    rule = {"rule": "linear", "add_kg": 7.5, "on_fail": ON_FAIL}
    plan = plan_of(deadlift("3x8 @RIR2", progress=rule))
    of_lifter = lint_plan(plan, athlete=read_athlete("lifter"))["check"]
    assert "large_step" in lint_plan(plan)["check"].tolist()
    assert "large_step" not in of_lifter.tolist()


@given(plans(max_phases=2, max_weeks=3))
def test_any_plan_can_be_linted_and_every_finding_says_what_to_do(plan):
    findings = lint_plan(plan)
    assert set(findings["check"]) <= {rule.__name__ for rule in RULES}
    assert (findings.drop(columns="check").map(len) > 0).all(axis=None)


def test_linting_leaves_the_plan_as_it_is():
    plan = read_plan("guide_16wk")
    before = plan.model_dump()
    lint_plan(plan)
    assert plan.model_dump() == before


@pytest.mark.parametrize("name", shipped_names("plans"))
def test_findings_come_in_the_order_of_the_rules(name):
    order = [rule.__name__ for rule in RULES]
    findings = lint_plan(read_plan(name))["check"]
    assert findings.map(order.index).is_monotonic_increasing
    assert isinstance(findings, pd.Series)
