"""People: what a file may say, the weaker side, and a 1RM that nobody measured."""

import pytest

from hipext.athletes.athlete import Athlete, check_athlete, one_rm_of, read_athlete
from hipext.files.checks import PlanError
from hipext.files.io import shipped_names
from hipext.files.schema import check_values
from hipext.plans.exercises import OneRmFrom, read_exercises

VALUES = {
    "format": 1,
    "name": "Test person",
    "body_mass_kg": 80,
    "training_status": "novice",
    "activity": "running",
    "one_rm_kg": {"deadlift": 100, "back_squat": 90},
    "hip_extension_deg": {"left": 10, "right": 12},
    "single_leg_bridge_reps": {"left": 15, "right": 20},
    "biering_sorensen_s": 90,
    "recovery": {"sleep_h": 8, "nutrition": 0.8, "hydration": 0.8, "stress": 0.2},
}


def person(**changes):
    return check_athlete(VALUES | changes, source="test")


@pytest.fixture
def exercises():
    """Return the shipped catalogue with ratios that can be worked by hand."""
    shipped = read_exercises()
    ratios = {
        "romanian_deadlift": OneRmFrom(exercise="deadlift", ratio=0.8),
        "good_morning": OneRmFrom(exercise="romanian_deadlift", ratio=0.5),
    }
    changed = {
        name: shipped[name].model_copy(update={"one_rm_from": link})
        for name, link in ratios.items()
    }
    return {**shipped, **changed}


@pytest.mark.parametrize("name", shipped_names("athletes"))
def test_a_shipped_athlete_is_read_and_is_said_to_be_invented(name):
    assert "nvented" in read_athlete(name).description


def test_an_unknown_athlete_is_refused_with_those_that_are_shipped():
    with pytest.raises(
        FileNotFoundError, match=r"no athlete 'novise'.*novice.*Did you"
    ):
        read_athlete("novise")


def test_an_athlete_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("format = 1\nname = 'Me'\nbody_mass_kg = 20\n", encoding="utf-8")
    with pytest.raises(
        PlanError, match=r"mine.toml has \d+ .*(?s:.)*body_mass_kg: .* 30"
    ):
        read_athlete(path)


def test_an_athlete_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        person().body_mass_kg = 70


@pytest.mark.parametrize(
    ("left", "right", "weaker"),
    [(15, 20, "left"), (20, 15, "right"), (18, 18, "both")],
)
def test_the_weaker_side_is_the_one_with_fewer_single_leg_bridges(left, right, weaker):
    test = {"left": left, "right": right}
    assert person(single_leg_bridge_reps=test).weaker_side == weaker


def test_all_1rms_that_cannot_be_are_reported_at_once():
    with pytest.raises(PlanError, match="one_rm_kg") as caught:
        person(one_rm_kg={"deadlif": 100, "back_squat": 0, "good_morning": -5})
    assert caught.value.problems == (
        "one_rm_kg, deadlif: 'deadlif' is not in the catalogue. "
        "Did you mean 'deadlift'?",
        "one_rm_kg, back_squat: must be above 0.0; got 0.",
        "one_rm_kg, good_morning: must be above 0.0; got -5.",
    )


def test_a_lift_may_be_called_by_any_of_its_names():
    athlete = person(one_rm_kg={"Romanian-Deadlift": 60, "conventional deadlift": 90})
    assert athlete.one_rm_kg == {"romanian_deadlift": 60, "deadlift": 90}


def test_a_lift_under_two_of_its_names_is_reported_beside_other_faults():
    with pytest.raises(PlanError, match="one_rm_kg") as caught:
        person(one_rm_kg={"deadlift": 90, "Deadlift": 95, "back_squat": -1})
    assert caught.value.problems == (
        "one_rm_kg, back_squat: must be above 0.0; got -1.",
        "one_rm_kg: 'deadlift' and 'Deadlift' are the same lift, deadlift. "
        "Keep one of them.",
    )


def test_1rms_that_are_no_table_are_reported():
    with pytest.raises(PlanError, match=r"one_rm_kg: must be a table .* got 80\."):
        person(one_rm_kg=80)


def test_a_plan_is_no_athlete_and_that_is_all_that_is_reported():
    plan = {"format": 1, "name": "x", "days": ["mon"], "phase": []}
    with pytest.raises(PlanError) as caught:
        check_athlete(plan, source="mine.toml")
    assert caught.value.problems == (
        "this is a plan, not an athlete (it has phase). "
        "Use it as the plan: hipext run mine.toml.",
    )


def test_the_name_of_a_shipped_plan_is_no_athlete():
    with pytest.raises(FileNotFoundError, match="'guide_16wk' is a shipped plan, not"):
        read_athlete("guide_16wk")


def test_a_1rm_of_a_tonne_is_a_slip_of_the_pen():
    with pytest.raises(
        PlanError, match=r"one_rm_kg, deadlift: must be below 1000.0; got 1000\."
    ):
        person(one_rm_kg={"deadlift": 1000})
    assert person(one_rm_kg={"deadlift": 999.5}).one_rm_kg == {"deadlift": 999.5}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"body_mass_kg": 29.9}, "body_mass_kg: must be at least 30"),
        ({"body_mass_kg": 251}, "body_mass_kg: must be at most 250"),
        ({"pain_nprs": 11}, "pain_nprs: must be at most 10"),
        ({"technique": 1.2}, "technique: must be at most 1"),
        ({"format": 2}, "format: must be .*1; got 2"),
        ({"activity": "runing"}, "got 'runing'. Did you mean 'running'"),
        ({"weight_kg": 80}, "'weight_kg' is not a known key"),
    ],
)
def test_a_value_that_cannot_be_is_refused(changes, message):
    with pytest.raises(PlanError, match=message):
        person(**changes)


BOUNDS = {
    "body_mass_kg": (30, 250),
    "other_sessions_per_week": (0, 14),
    "biering_sorensen_s": (0, 600),
    "technique": (0, 1),
    "pain_nprs": (0, 10),
    "foot_angle_deg": (-10, 60),
    "hip_extension_deg.left": (-30, 200),
    "hip_extension_deg.right": (-30, 200),
    "recovery.sleep_h": (3, 12),
    "recovery.nutrition": (0, 1),
    "recovery.hydration": (0, 1),
    "recovery.stress": (0, 1),
}


def with_value(dotted, value):
    """Return the values of a person with one of them changed."""
    outer, _, inner = dotted.partition(".")
    return {outer: VALUES[outer] | {inner: value} if inner else value}


@pytest.mark.parametrize("dotted", BOUNDS)
def test_the_ends_of_a_range_are_part_of_it(dotted):
    low, high = BOUNDS[dotted]
    assert person(**with_value(dotted, low)) != person(**with_value(dotted, high))


@pytest.mark.parametrize("dotted", BOUNDS)
def test_a_number_beyond_either_end_of_its_range_is_refused(dotted):
    low, high = BOUNDS[dotted]
    with pytest.raises(PlanError, match=f"must be at least {low}"):
        person(**with_value(dotted, low - 1))
    with pytest.raises(PlanError, match=f"must be at most {high}"):
        person(**with_value(dotted, high + 1))


def test_an_athlete_has_a_name():
    with pytest.raises(PlanError, match=r"name: must .*; got"):
        person(name="")


@pytest.mark.parametrize(
    "key",
    [
        "name",
        "body_mass_kg",
        "one_rm_kg",
        "hip_extension_deg",
        "single_leg_bridge_reps",
        "biering_sorensen_s",
        "recovery",
    ],
)
def test_a_missing_value_is_asked_for_with_an_example(key):
    values = {name: value for name, value in VALUES.items() if name != key}
    with pytest.raises(PlanError, match=f"'{key}' is missing. Write, for .* {key} = "):
        check_values(Athlete, values, source="test")


def test_values_that_are_left_out_have_these_defaults():
    athlete = person()
    assert (athlete.technique, athlete.pain_nprs) == (0.5, 0.0)
    assert (athlete.stance_width, athlete.foot_angle_deg) == ("hip", 10.0)
    assert athlete.other_sessions_per_week == 0


def test_a_measured_1rm_is_used_as_it_is(exercises):
    one_rm = one_rm_of(person(), "deadlift", exercises)
    assert (one_rm.kg, one_rm.is_measured, one_rm.basis) == (100, True, "measured")


def test_a_measured_1rm_wins_over_an_estimate(exercises):
    known = person(one_rm_kg={"deadlift": 100, "romanian_deadlift": 70})
    one_rm = one_rm_of(known, "romanian_deadlift", exercises)
    assert (one_rm.kg, one_rm.is_measured) == (70, True)


def test_an_unknown_1rm_is_estimated_by_its_ratio(exercises):
    one_rm = one_rm_of(person(), "romanian_deadlift", exercises)
    assert one_rm.kg == pytest.approx(80)
    assert not one_rm.is_measured
    assert one_rm.basis == "0.80 x Barbell deadlift (100 kg)"


def test_ratios_multiply_along_a_chain(exercises):
    one_rm = one_rm_of(person(), "good_morning", exercises)
    assert one_rm.kg == pytest.approx(0.5 * 0.8 * 100)
    assert one_rm.basis == "0.40 x Barbell deadlift (100 kg)"


def test_a_chain_ends_at_the_first_lift_that_was_measured(exercises):
    known = person(one_rm_kg={"deadlift": 100, "romanian_deadlift": 70})
    one_rm = one_rm_of(known, "good_morning", exercises)
    assert one_rm.kg == pytest.approx(0.5 * 70)


def test_a_lift_without_a_known_one_to_start_from_is_refused(exercises):
    with pytest.raises(ValueError, match="Test person has no 1RM") as caught:
        one_rm_of(person(one_rm_kg={"back_squat": 90}), "good_morning", exercises)
    assert str(caught.value) == (
        "Test person has no 1RM for good_morning, nor for a lift that it could be "
        "estimated from (good_morning, romanian_deadlift, deadlift); measured are "
        "back_squat. Add 'deadlift = ...' to one_rm_kg."
    )


def test_who_has_no_1rm_at_all_is_reported(exercises):
    with pytest.raises(ValueError, match="measured are none"):
        one_rm_of(person(one_rm_kg={}), "deadlift", exercises)
