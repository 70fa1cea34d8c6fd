"""Variations of a plan: one value changes, everything else stays."""

import json
import pickle
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import athletes, plans

from hipext.athletes.athlete import read_athlete
from hipext.cli.options import read_vary
from hipext.files.checks import PlanError
from hipext.plans.edits import apply_knob, vary
from hipext.plans.plan_file import check_plan, read_plan
from hipext.studies.scenarios import Scenario, changed_athlete, scenario_of


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
        ("name.first.letter", r"there is nothing below 'name'; it is 'Progressive"),
        ("phase..weeks", r"there is no ''; "),
    ],
)
def test_path_that_leads_nowhere_is_reported_with_what_there_is(plan, path, message):
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
def test_value_that_makes_no_good_plan_is_reported_like_in_a_file(
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


def slots_of_all(plan):
    """Return the slots of the sessions of all phases."""
    sessions = [session for phase in plan.phase for session in phase.session]
    return [slot for session in sessions for slot in session.slot]


@pytest.fixture
def double():
    """Return a plan of two phases, one of whose four slots has a rule with a step."""
    step = {"rule": "double", "add_kg": 2.5}
    squat = {"exercise": "goblet_squat", "sets": "3x8-10 @RIR2", "progress": step}
    bridge = {"exercise": "glute_bridge", "sets": "2x8-12"}
    growing = bridge | {"progress": {"rule": "double"}}
    gate = {"pain_max": 3}
    phases = [
        {"name": "one", "weeks": 2, "advance": gate},
        {"name": "two", "weeks": 2},
    ]
    slots = [[squat, bridge], [growing, bridge, bridge]]
    for phase, ours in zip(phases, slots, strict=True):
        phase["session"] = [{"name": "A", "days": ["mon"], "slot": ours}]
    block = {"name": "end", "slot": [bridge, growing]}
    values = {"format": 1, "name": "double", "phase": phases, "block": [block]}
    return check_plan(values, source="double")


def test_star_stands_for_every_item(double):
    varied = vary(double, {"phase.*.session.*.slot.*.rest_s": 90})
    assert [slot.rest_s for slot in slots_of_all(varied)] == [90] * 5
    assert varied.block == double.block


def test_star_reaches_blocks_and_gives_each_item_a_value_of_its_own(double):
    varied = vary(double, {"block.*.slot.*.progress": {"rule": "none"}})
    first, second = varied.block[0].slot
    assert first.progress == second.progress != double.block[0].slot[1].progress
    assert varied.phase == double.phase


def test_star_may_stand_below_a_name(double):
    varied = vary(double, {"phase.two.session.A.slot.*.rest_s": 90})
    assert [slot.rest_s for slot in slots_of_all(varied)] == [60, 60, 90, 90, 90]


def test_star_can_be_the_end_of_a_path(double):
    varied = vary(double, {"phase.*.session.*.days.*": "tue"})
    assert [phase.session[0].days for phase in varied.phase] == [("tue",)] * 2


@pytest.mark.parametrize("name", ["glute_bridge", "2"])
def test_below_a_star_a_named_item_is_changed_wherever_it_is(double, name):
    varied = vary(double, {f"phase.*.session.*.slot.{name}.note": "slowly"})
    expected = {
        "glute_bridge": ["", "slowly", "slowly", "slowly", "slowly"],
        "2": ["", "slowly", "", "slowly", ""],
    }
    assert [slot.note for slot in slots_of_all(varied)] == expected[name]


def test_below_a_star_a_rule_changes_only_where_it_has_the_key(double):
    path = "phase.*.session.*.slot.*.progress"
    varied = vary(double, {f"{path}.add_kg": 5})
    rules = [slot.progress for slot in slots_of_all(varied)]
    assert [getattr(rule, "add_kg", None) for rule in rules] == [5, *[None] * 4]
    more = [x.progress for x in slots_of_all(vary(double, {f"{path}.add_reps": 2}))]
    assert [getattr(rule, "add_reps", 0) for rule in more] == [2, 0, 2, 0, 0]


def test_below_a_star_a_gate_changes_only_where_there_is_one(double):
    varied = vary(double, {"phase.*.advance.max_extra_weeks": 1})
    assert varied.phase[0].advance.max_extra_weeks == 1
    assert varied.phase[1].advance is None


def test_value_for_every_item_is_not_shared(double):
    gate = {"pain_max": 2}
    varied = vary(double, {"phase.*.advance": gate, "phase.two.advance.pain_max": 5})
    assert [phase.advance.pain_max for phase in varied.phase] == [2, 5]
    assert gate == {"pain_max": 2}


@given(plans(max_phases=3))
def test_star_for_phases_is_each_phase_by_number(plan):
    numbers = range(1, len(plan.phase) + 1)
    one_by_one = {f"phase.{number}.aim": "other" for number in numbers}
    assert vary(plan, {"phase.*.aim": "other"}) == vary(plan, one_by_one)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "phase.*.session.*.slot.glut_bridge.sets",
            r"no place .* has 'glut_bridge'; there are goblet_squat, glute_bridge\. "
            r"Did you mean 'glute_bridge'\?",
        ),
        ("phase.*.session.*.slot.9.sets", r"no place .* has '9'; there are goblet_s"),
        (
            "phase.*.session.*.slot.*.progress.ad_kg",
            r"has 'ad_kg'; there are add_kg, .*rule\. Did you mean 'add_kg'\?",
        ),
        (
            "phase.*.session.*.slot.*.progress.add_pct",
            r"slot\.\*\.progress\.add_pct: no place that it leads to has 'add_pct'; ",
        ),
        ("phase.*.sesion.*.days", r"has 'sesion'; .* Did you mean 'session'\?"),
        ("fase.*.weeks", r"fase\.\*\.weeks: .* 'fase'; .* Did you mean 'phase'\?"),
        ("phase.tow.session.*.days", r"there is no 'tow'; .*Did you mean 'two'\?"),
        ("phase.*.name.first", r"there is nothing to look 'first' up in"),
        (
            "phase.*.session.*.slot.*.ladder.*",
            r"no place that it leads to has 'ladder'",
        ),
        ("phase.*.advance.*", r"advance\.\*: '\*' stands for the items of a list, "),
        ("phase.one.session.*.end_with.*", r"has 'end_with'; there are "),
        ("deload.*", r"no place that it leads to has 'deload'; there are "),
        ("phase.one.advance.*", r"'\*' stands for the items of a list, and there are"),
    ],
)
def test_star_that_leads_nowhere_is_reported_with_what_there_is(double, path, message):
    with pytest.raises(ValueError, match=message):
        vary(double, {path: 1})


def test_star_for_the_items_of_an_empty_list_is_reported():
    plan = vary(read_plan("guide_16wk"), {"deload.weeks": []})
    with pytest.raises(ValueError, match=r"deload\.weeks\.\*: '\*' stands for .* none"):
        vary(plan, {"deload.weeks.*": 3})


def test_unknown_key_of_every_item_is_reported_like_in_a_file(double):
    message = r"phase 1 \(one\).*'rest' is not a known key; .* Did you mean 'rest_s'\?"
    with pytest.raises(PlanError, match=message) as caught:
        vary(double, {"phase.*.session.*.slot.*.rest": 90})
    assert len(caught.value.problems) == 5


def test_name_that_is_there_twice_before_a_star_is_named_by_its_number(small):
    path = "phase.hinge.session.A.slot.deadlift.ladder.*"
    with pytest.raises(ValueError, match=r"'deadlift' is there 2 times; .* 1 or 3\."):
        vary(small, {path: "clam"})


STARRED = st.sampled_from(
    ["phase", "*", "session", "slot", "progress", "add_kg", "1", "A", "weeks", "", "x"]
)


@given(
    plans(),
    st.lists(STARRED, min_size=1, max_size=8),
    st.sampled_from([1, "x", [], {}]),
)
def test_any_path_with_stars_gives_a_plan_or_a_plain_message(plan, keys, value):
    message = fault_of(plan, {".".join(keys): value})
    assert "Input should" not in message


@pytest.fixture(scope="module")
def novice():
    """Return an invented novice."""
    return read_athlete("novice")


def test_athlete_changes_by_path(novice):
    changes = {
        "recovery.sleep_h": 6,
        "missed_weeks": [3, 4],
        "one_rm_kg.deadlift": np.float64(72.5),
    }
    varied = changed_athlete(novice, changes)
    assert varied.recovery == novice.recovery.model_copy(update={"sleep_h": 6.0})
    assert varied.missed_weeks == (3, 4)
    assert varied.one_rm_kg == {**novice.one_rm_kg, "deadlift": 72.5}


def test_athlete_without_changes_is_the_same(novice):
    assert changed_athlete(novice, {}) is novice


@given(athletes())
def test_nothing_else_of_an_athlete_changes(athlete):
    before = athlete.model_copy(deep=True)
    varied = changed_athlete(athlete, {"pain_nprs": 2})
    assert varied == athlete.model_copy(update={"pain_nprs": 2.0})
    assert athlete == before


def test_flare_ups_take_a_star(novice):
    flares = [{"week": 2, "pain": 3}, {"week": 6, "pain": 4}]
    varied = changed_athlete(novice, {"flare_ups": flares, "flare_ups.*.pain": 5})
    assert [(one.week, one.pain) for one in varied.flare_ups] == [(2, 5), (6, 5)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recovery.sleep_h": 1}, r"recovery, sleep_h: must be at least 3\.0; got 1"),
        ({"recovery.slep_h": 6}, r"'slep_h' is not a known key; .* 'sleep_h'\?"),
        ({"missed_weeks": 3}, r"missed_weeks: must be a list .*; got 3"),
    ],
)
def test_athlete_that_cannot_be_is_reported_like_in_a_file(novice, changes, message):
    with pytest.raises(PlanError, match=message) as caught:
        changed_athlete(novice, changes)
    (path,) = changes
    assert caught.value.source == f"{novice.name!r} with athlete.{path} changed"


def test_path_of_an_athlete_that_leads_nowhere_is_reported(novice):
    with pytest.raises(ValueError, match=r"there is no '1'; there are "):
        changed_athlete(novice, {"missed_weeks": [], "missed_weeks.1": 4})


def test_scenario_without_a_change_is_the_plan_as_it_is(plan):
    one = scenario_of(plan, {})
    assert one == Scenario(name="as it is", plan=plan, athlete={}, parameters={})


def test_scenario_holds_changes_of_plan_athlete_and_model(plan):
    changes = {
        "deload.every_weeks": np.int64(0),
        "rest": 2,
        "athlete.missed_weeks": [3, 4],
        "parameter.banister.fitness_tau": 40,
    }
    one = scenario_of(plan, changes)
    assert one.plan == apply_knob(vary(plan, {"deload.every_weeks": 0}), "rest", 2)
    assert one.athlete == {"missed_weeks": [3, 4]}
    assert one.parameters == {"banister.fitness_tau": 40.0}
    assert one.name == (
        "deload.every_weeks = 0, rest = 2, athlete.missed_weeks = [3, 4], "
        "parameter.banister.fitness_tau = 40"
    )


def test_scenario_can_have_a_name_of_its_own(plan):
    assert scenario_of(plan, {"rest": 2}, name="patient").name == "patient"


def test_knobs_and_paths_are_applied_in_the_order_given(plan):
    path = "deload.every_weeks"
    assert scenario_of(plan, {path: 2, "deload_every": 3}).plan.deload.every_weeks == 3
    assert scenario_of(plan, {"deload_every": 3, path: 2}).plan.deload.every_weeks == 2


def test_paths_without_a_knob_between_them_are_checked_together(plan):
    changes = {"deload.weeks": [18], "athlete.technique": 0.6, "phase.hinge.weeks": 5}
    assert scenario_of(plan, changes).plan.deload.weeks == (18,)


def test_scenario_keeps_no_hold_of_the_values_given(plan):
    weeks = [3]
    one = scenario_of(plan, {"athlete.missed_weeks": weeks})
    weeks.append(4)
    assert one.athlete == {"missed_weeks": [3]}


def test_scenario_travels_to_another_process(plan):
    one = scenario_of(plan, {"athlete.pain_nprs": 2, "deload_every": 0})
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"load_stp": 2},
            r"There is no 'load_stp' to change\. .*knobs deload_every, .*assessment"
            r".* Did you mean 'load_step'\?",
        ),
        ({"athlet.technique": 1}, r"no 'athlet\.technique' .* Did you mean 'athlete'"),
        ({"rest.x": 1}, r"There is no 'rest\.x' to change"),
        ({"athlete": 1}, r"There is no 'athlete' to change"),
        (
            {"athlete.techniq": 1},
            r"athlete\.techniq: an athlete has no 'techniq'; .* you mean 'technique'",
        ),
        (
            {"parameter.banister.fitnes_tau": 1},
            r"no parameter 'banister\.fitnes_tau'; .* mean 'banister\.fitness_tau'\?",
        ),
        (
            {"parameter.banister.fitness_tau": 61},
            r"parameter\.banister\.fitness_tau must lie in its range, 20 to 60 d; "
            r"got 61\. It is 42\.",
        ),
        (
            {"parameter.banister.fitness_tau": 19.9},
            r"must lie in its range, 20 to 60 d; got 19\.9\.",
        ),
        (
            {"parameter.banister.fitness_tau": "40"},
            r"parameter\.banister\.fitness_tau must be a number; got '40'\.",
        ),
        ({"parameter.banister.fitness_tau": True}, r"must be a number; got True\."),
        (
            {"parameter.banister.fitness_tau": float("nan")},
            r"must be a number; got nan\.",
        ),
        ({"load_step": 0}, r"load_step must be a factor .*; got 0\."),
        ({"deload.every_week": 4}, r"'every_week' is not a known key"),
    ],
)
def test_change_of_nothing_or_out_of_range_is_reported(plan, changes, message):
    with pytest.raises(ValueError, match=message):
        scenario_of(plan, changes)


@pytest.mark.parametrize("value", [20, 60.0])
def test_ends_of_the_range_of_a_constant_are_allowed(plan, value):
    one = scenario_of(plan, {"parameter.banister.fitness_tau": value})
    assert one.parameters == {"banister.fitness_tau": value}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deload.every_weeks=0,4,6", [0, 4, 6]),
        ("load_step = 0.5 , 1", [0.5, 1]),
        ("athlete.missed_weeks=[],[3],[3, 4]", [[], [3], [3, 4]]),
        ("tempo=3-1-1-0,2-0-1-0", ["3-1-1-0", "2-0-1-0"]),
        ("note=\"slow, then fast\",'a, b'", ["slow, then fast", "a, b"]),
        (r'note="say \"up\", then",x', ['say "up", then', "x"]),
        ('x={ old = "a", new = [1, 2] },"b"', [{"old": "a", "new": [1, 2]}, "b"]),
        ("swap=deadlift>sumo_deadlift", ["deadlift>sumo_deadlift"]),
        ("x=[[1, 2], [3]],4", [[[1, 2], [3]], 4]),
        ("x=a=b,true", ["a=b", True]),
        ('x=""', [""]),
    ],
)
def test_values_to_vary_are_parted_at_commas(text, expected):
    assert [*read_vary([text]).values()] == [expected]


def test_values_to_vary_come_by_name_in_order():
    assert read_vary(["b=1,2", " a =3"]) == {"b": [1, 2], "a": [3]}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["rest"], r"--vary needs KEY=VALUE,VALUE; got 'rest'\."),
        (["=1,2"], r"--vary needs KEY=VALUE,VALUE; got '=1,2'\."),
        (["rest="], r"needs a value before and after each comma; got 'rest='\."),
        (["rest=1,,2"], r"needs a value before and after .* got 'rest=1,,2'\."),
        (["rest=1, "], r"needs a value before and after each comma; got 'rest=1, '"),
        (["x=[1,2"], r"a bracket is not closed in 'x=\[1,2'\."),
        (["x=1],2"], r"a bracket was never opened in 'x=1\],2'\."),
        (["x=Kim's,2"], r'a quote is not closed in "x=Kim\'s,2"\.'),
        (["rest=1", "rest=2"], r"'rest' is there twice; got 'rest=2' besides\."),
    ],
)
def test_values_to_vary_that_cannot_be_read_are_reported(texts, message):
    with pytest.raises(ValueError, match=message):
        read_vary(texts)


whole = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(whole | st.booleans() | st.lists(whole), min_size=1))
def test_values_written_with_commas_between_are_read_back(values):
    text = ",".join(json.dumps(value) for value in values)
    assert read_vary([f"x={text}"]) == {"x": values}
