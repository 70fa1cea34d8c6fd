"""Variations of a plan: one value changes, everything else stays."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import plans

from hipext._checks import PlanError
from hipext.plan_file import check_plan, read_plan
from hipext.whatif import vary


@pytest.fixture(scope="module")
def plan():
    """Return the guide as a plan."""
    return read_plan("guide_16wk")


@pytest.fixture
def small():
    """Return a plan of one phase with two deadlifts in its session."""
    slots = [
        {"exercise": "deadlift", "sets": "3x5 @RIR2"},
        {"exercise": "glute_bridge", "sets": "2x10"},
        {"exercise": "deadlift", "sets": "2x8 @RIR3"},
    ]
    session = {"name": "A", "days": ["mon"], "slot": slots}
    phase = {"name": "hinge", "weeks": 4, "session": [session]}
    return check_plan({"format": 1, "name": "small", "phase": [phase]}, source="small")


def test_value_of_a_table_changes(plan):
    assert vary(plan, {"deload.every_weeks": 0}).deload.every_weeks == 0


def test_phase_is_named_by_its_name_or_its_number(plan):
    by_name = vary(plan, {"phase.hinge.weeks": 3})
    assert by_name.n_weeks == plan.n_weeks + 1
    assert vary(plan, {"phase.2.weeks": 3}) == by_name


def test_slot_is_named_by_its_exercise(small):
    path = "phase.hinge.session.A.slot.glute_bridge.sets"
    slots = vary(small, {path: "2x12"}).phase[0].session[0].slot
    assert [slot.sets for slot in slots] == ["3x5 @RIR2", "2x12", "2x8 @RIR3"]


def test_value_that_the_file_left_out_can_be_set(small):
    varied = vary(small, {"deload.every_weeks": 2, "phase.hinge.advance.pain_max": 3})
    assert varied.deload.every_weeks == 2
    assert varied.phase[0].advance.pain_max == 3


def test_several_values_change_together(plan):
    changes = {"phase.1.weeks": 3, "deload.load_fraction": 0.8, "name": "other"}
    varied = vary(plan, changes)
    assert varied.phase[0].weeks == 3
    assert varied.deload.load_fraction == 0.8
    assert varied.name == "other"


def test_whole_rule_can_be_exchanged(small):
    rule = {"rule": "linear", "add_kg": 2.5}
    varied = vary(small, {"phase.hinge.session.A.slot.1.progress": rule})
    assert varied.phase[0].session[0].slot[0].progress.add_kg == 2.5


def test_item_of_a_list_of_words_can_be_exchanged(small):
    varied = vary(small, {"phase.hinge.session.A.days.mon": "tue"})
    assert varied.phase[0].session[0].days == ("tue",)


@given(plans(max_phases=2), st.integers(0, 8))
def test_nothing_else_changes(plan, every_weeks):
    varied = vary(plan, {"deload.every_weeks": every_weeks})
    deload = plan.deload.model_copy(update={"every_weeks": every_weeks})
    assert varied == plan.model_copy(update={"deload": deload})


@given(plans())
def test_no_change_gives_an_equal_plan(plan):
    assert vary(plan, {}) == plan


def test_plan_and_changes_stay_as_they_are(plan):
    changes = {"deload": {"every_weeks": 3}, "deload.weeks": [2]}
    before, values = deepcopy(changes), plan.model_dump()
    varied = vary(plan, changes)
    assert varied.deload.weeks == (2,)
    assert changes == before
    assert plan.model_dump() == values


@pytest.mark.parametrize("every_weeks", [np.int64(3), np.float64(3.0).astype(int), 3])
def test_numbers_of_numpy_count_as_numbers(plan, every_weeks):
    assert vary(plan, {"deload.every_weeks": every_weeks}).deload.every_weeks == 3


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "phase.hing.weeks",
            r"there is no 'hing'; .* hinge, .* \(or 1 to 7\)\. Did you mean 'hinge'\?",
        ),
        ("phase.8.weeks", r"phase\.8\.weeks: there is no '8'; there are foundation,"),
        ("phase.0.weeks", r"there is no '0'; .*\(or 1 to 7\)"),
        ("phase.-1.weeks", r"there is no '-1'; "),
        ("phase.hinge.session.Z.days", r"there is no 'Z'; there are "),
        (
            "name.first",
            r"name\.first: there is nothing below 'name'; it is 'Progressive",
        ),
        ("name.first.letter", r"there is nothing to look 'first' up in"),
        ("phase..weeks", r"there is no ''; "),
    ],
)
def test_path_that_leads_nowhere_is_told_with_what_there_is(plan, path, message):
    with pytest.raises(ValueError, match=message):
        vary(plan, {path: 1})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "deload.every_week",
            4,
            r"deload: 'every_week' is not a known key; .* Did you mean 'every_weeks'\?",
        ),
        (
            "delod.every_weeks",
            4,
            r"'delod' is not a known key; .* Did you mean 'deload'\?",
        ),
        ("", 1, r"'' is not a known key"),
        ("phase", 3, r"phase: must be a list of tables; got 3"),
        ("phase.hinge", 3, r"phase 2: must be a table of values"),
        (
            "phase.hinge.weeks",
            "3",
            r"phase 2 \(hinge\), weeks: must be a whole number, like 2; got '3'",
        ),
        (
            "phase.hinge.weeks",
            0,
            r"phase 2 \(hinge\), weeks: must be at least 1; got 0",
        ),
        (
            "deload.sets_fraction",
            50,
            r"is a fraction between 0 and 1; got 50\. Write 0\.5",
        ),
        ("deload.weeks", [99], r"deload, weeks: week 99 lies outside the plan"),
    ],
)
def test_value_that_makes_no_good_plan_is_told_like_in_a_file(
    plan, path, value, message
):
    with pytest.raises(PlanError, match=message) as caught:
        vary(plan, {path: value})
    assert caught.value.source == f"{plan.name!r} with {path} changed"


def test_exercise_that_is_there_twice_is_named_by_its_number(small):
    path = "phase.hinge.session.A.slot.deadlift.sets"
    with pytest.raises(ValueError, match=r"'deadlift' is there 2 times; .* 1 or 3\."):
        vary(small, {path: "3x3 @RIR2"})
    varied = vary(small, {path.replace("deadlift", "3"): "3x3 @RIR2"})
    assert varied.phase[0].session[0].slot[2].sets == "3x3 @RIR2"


def fault_of(plan, changes):
    """Return what is wrong with changes, or nothing."""
    try:
        vary(plan, changes)
    except ValueError as error:
        return str(error)
    return ""


KEYS = st.sampled_from(
    [
        "phase",
        "hinge",
        "1",
        "9",
        "session",
        "slot",
        "A",
        "name",
        "weeks",
        "deload",
        "",
        "x",
    ]
)


@given(
    plans(), st.lists(KEYS, min_size=1, max_size=7), st.sampled_from([1, "x", [], {}])
)
def test_any_path_gives_a_plan_or_a_plain_message(plan, keys, value):
    message = fault_of(plan, {".".join(keys): value})
    assert "Input should" not in message
