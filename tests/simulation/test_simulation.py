"""A plan and a person in, tables out: tests, curves and everything assumed."""

from math import exp

import pandas as pd
import pytest

from hipext import metrics, tables
from hipext.athletes.athlete import Athlete
from hipext.files.checks import PlanError
from hipext.files.parameters import parameter, parameter_table, read_parameters
from hipext.files.schema import check_values
from hipext.files.tables import TRAINING_LOADS
from hipext.plans.exercises import read_exercises
from hipext.plans.plan_file import check_plan
from hipext.simulation.simulation import (
    ASSUMPTIONS,
    expand_plan,
    open_loop,
    simulate,
    teaching_model,
)

TABLES = ("sets", "daily", "weekly", "decisions", "assessments", "response")
PERSON = {
    "format": 1,
    "name": "Test person",
    "body_mass_kg": 80,
    "training_status": "novice",
    "activity": "running",
    "one_rm_kg": {"deadlift": 100, "back_squat": 90},
    "hip_extension_deg": {"left": 10, "right": 12},
    "single_leg_bridge_reps": {"left": 15, "right": 20},
    "biering_sorensen_s": 95,
    "technique": 0.6,
    "recovery": {"sleep_h": 8, "nutrition": 0.8, "hydration": 0.8, "stress": 0.2},
}
EVERY_TEST = [
    "hip_extension_range",
    "single_leg_bridge",
    "biering_sorensen",
    "strength_check",
    "technique_rating",
]
SLOTS = [
    {"exercise": "hip_openers", "sets": "1x8/side"},
    {"exercise": "deadlift", "sets": "3x5 @RIR2"},
    {"exercise": "leg_press", "sets": "2x8 @RIR3"},
    {"exercise": "split_squat", "sets": "2x8 @RIR3"},
    {"exercise": "good_morning", "sets": "2x8 @RIR3"},
]


def person(**changes):
    return check_values(Athlete, PERSON | changes, source="test")


def plan_of(weeks=9, slots=SLOTS, days=("tue", "fri"), **more):
    session = {"name": "A", "slot": list(slots)}
    phase = {"name": "only", "weeks": weeks, "session": [session]}
    values = {"format": 1, "name": "Test", "days": list(days), "phase": [phase]}
    return check_plan(values | more, source="test")


def assessments_of(**assessment):
    assessment = {"tests": ["biering_sorensen"]} | assessment
    return open_loop(plan_of(assessment=assessment), person()).assessments


# --- tables ---


def test_a_run_has_the_sets_of_the_expanded_plan():
    run = open_loop(plan_of(), person())
    pd.testing.assert_frame_equal(run.sets, expand_plan(plan_of(), person()))


def test_a_run_keeps_what_went_in():
    plan, athlete = plan_of(), person()
    run = open_loop(plan, athlete, training_load="hard_sets")
    assert (run.plan, run.athlete) == (plan, athlete)
    assert run.training_load == "hard_sets"


def test_days_and_weeks_are_those_of_the_whole_plan():
    run = open_loop(plan_of(weeks=3), person())
    pd.testing.assert_frame_equal(run.daily, metrics.daily(run.sets, n_weeks=3))
    pd.testing.assert_frame_equal(run.weekly, metrics.weekly(run.sets, n_weeks=3))
    assert (len(run.daily), len(run.weekly), len(run.response)) == (21, 3, 21)


@pytest.mark.parametrize("name", TABLES)
def test_the_same_plan_and_athlete_give_the_same_table(name):
    first, second = open_loop(plan_of(), person()), open_loop(plan_of(), person())
    pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_columns_it_is_said_to_have(name):
    run = open_loop(plan_of(assessment={"tests": EVERY_TEST}), person())
    expected = getattr(tables, name.upper()).names
    assert tuple(getattr(run, name).columns) == expected


def test_neither_plan_nor_athlete_is_changed():
    plan, athlete = plan_of(), person()
    before = plan.model_dump(), athlete.model_dump()
    open_loop(plan, athlete)
    assert (plan.model_dump(), athlete.model_dump()) == before


def test_a_missing_1rm_stops_the_run():
    with pytest.raises(PlanError, match=r"Test person has no 1RM for deadlift"):
        open_loop(plan_of(), person(one_rm_kg={"back_squat": 90}))


# --- response ---


@pytest.mark.parametrize("definition", TRAINING_LOADS)
def test_the_response_is_the_published_sum_over_the_daily_load(definition):
    run = open_loop(plan_of(weeks=2), person(), training_load=definition)
    load, last = run.daily[definition], len(run.daily) - 1
    fitness, fatigue = (
        parameter(f"banister.{state}_gain")
        * sum(
            load[day] * exp(-(last - day) / parameter(f"banister.{state}_tau"))
            for day in range(last)
        )
        for state in ("fitness", "fatigue")
    )
    assert run.response["fitness"].iloc[-1] == pytest.approx(fitness)
    assert run.response["fatigue"].iloc[-1] == pytest.approx(fatigue)
    assert run.response["performance"].iloc[-1] == pytest.approx(
        parameter("banister.baseline") + fitness - fatigue
    )


def test_session_rating_times_minutes_drives_the_response_where_nothing_is_said():
    run = open_loop(plan_of(weeks=2), person())
    named = open_loop(plan_of(weeks=2), person(), training_load="session_rpe_load")
    pd.testing.assert_frame_equal(run.response, named.response)
    assert run.training_load == "session_rpe_load"


def test_the_response_is_by_day_of_the_plan():
    run = open_loop(plan_of(weeks=2), person())
    assert run.response.index.tolist() == list(range(14))
    assert run.response["fatigue"].ne(0).idxmax() == 2  # Tuesday is felt on Wednesday


def test_an_unknown_definition_of_load_is_refused():
    with pytest.raises(ValueError, match=r"training_load must be .*Did you mean 'hard"):
        open_loop(plan_of(), person(), training_load="hard_set")


def test_the_teaching_model_has_the_shipped_constants_and_the_default_convention():
    model = teaching_model()
    shipped = {
        name.removeprefix("banister."): row.value
        for name, row in read_parameters().items()
        if name.startswith("banister.")
    }
    assert {name: getattr(model, name) for name in shipped} == shipped
    assert len(shipped) == 5
    assert model.convention == "next_day"


# --- assessments ---


def test_a_plan_without_assessments_has_none():
    run = open_loop(plan_of(), person())
    assert len(run.assessments) == 0
    assert tuple(run.assessments.columns) == tables.ASSESSMENTS.names


@pytest.mark.parametrize(
    ("assessment", "weeks"),
    [
        ({}, [1]),
        ({"every_weeks": 4}, [1, 5, 9]),
        ({"every_weeks": 3}, [1, 4, 7]),
        ({"every_weeks": 4, "weeks": [3, 5]}, [1, 3, 5, 9]),
        ({"weeks": [9]}, [1, 9]),
        ({"every_weeks": 1}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_tests_come_at_the_start_every_few_weeks_and_when_named(assessment, weeks):
    assert assessments_of(**assessment)["week"].tolist() == weeks


def test_a_test_is_on_the_first_day_of_training_of_its_week():
    assert assessments_of(every_weeks=4)["day"].tolist() == [1, 29, 57]


def test_tests_have_the_values_of_the_athlete_at_the_start():
    rows = assessments_of(tests=EVERY_TEST).drop(columns=["week", "day"])
    assert rows.to_numpy().tolist() == [
        ["hip_extension_range", "", "left", 10.0, "deg"],
        ["hip_extension_range", "", "right", 12.0, "deg"],
        ["single_leg_bridge", "", "left", 15.0, "reps"],
        ["single_leg_bridge", "", "right", 20.0, "reps"],
        ["biering_sorensen", "", "both", 95.0, "s"],
        ["strength_check", "back_squat", "both", 90.0, "kg"],
        ["strength_check", "deadlift", "both", 100.0, "kg"],
        ["technique_rating", "", "both", 0.6, "0-1"],
    ]


def test_later_tests_are_not_made_up():
    later = assessments_of(tests=EVERY_TEST, weeks=[2]).query("week == 2")
    assert len(later) == 8
    assert later["value"].isna().all()


# --- assumptions ---


@pytest.fixture
def assumptions():
    """Return the assumptions of a run with two lifts that were not measured."""
    return open_loop(
        plan_of(assumptions=["Rest was not reported."]), person()
    ).assumptions


def test_assumptions_of_the_plan_come_first_then_what_an_open_loop_assumes(assumptions):
    statements = assumptions.query("where == 'plan'")["what"].tolist()
    assert statements[0] == "Rest was not reported."
    assert any("succeeds" in statement for statement in statements[1:])
    assert any("Gates" in statement for statement in statements[1:])


def test_every_1rm_that_was_estimated_is_listed_with_its_basis(assumptions):
    listed = assumptions.query("where == 'athlete'")
    exercises = read_exercises()
    names = [
        exercises[name].name for name in ("leg_press", "split_squat", "good_morning")
    ]
    assert [what.split(", from ")[0] for what in listed["what"]] == [
        f"1RM of {name}" for name in names
    ]
    assert (
        listed["what"]
        .str.contains(r", from \d\.\d\d x Barbell [\w ]+ \(\d+ kg\)$")
        .all()
    )


def test_an_estimated_1rm_is_in_kg(assumptions):
    ratio = read_exercises()["leg_press"].one_rm_from.ratio
    told = assumptions.query("where == 'athlete'").iloc[0]
    assert told["value"] == f"{ratio * 90:.1f} kg"
    assert told["what"].endswith(f"from {ratio:.2f} x Barbell back squat (90 kg)")


def test_a_measured_1rm_is_no_assumption():
    known = {"deadlift": 100, "leg_press": 180, "split_squat": 20, "good_morning": 40}
    run = open_loop(plan_of(), person(one_rm_kg=known))
    assert len(run.assumptions.query("where == 'athlete'")) == 0


def test_every_share_of_body_mass_is_listed(assumptions):
    listed = assumptions.query("where == 'catalogue'")
    exercises = read_exercises()
    lifted = [
        exercises[slot["exercise"]]
        for slot in SLOTS
        if exercises[slot["exercise"]].body_mass_share > 0
    ]
    assert listed["value"].tolist() == [f"{one.body_mass_share:g}" for one in lifted]
    assert all(
        one.name in what for one, what in zip(lifted, listed["what"], strict=True)
    )


def test_every_constant_that_is_assumed_is_listed_with_its_unit(assumptions):
    listed = assumptions.query("where == 'model'")
    assumed = parameter_table().query("kind == 'assumption'")
    of_crowds = assumed["id"].str.startswith("population.")
    assumed = assumed[~of_crowds]  # who is drawn has no part in one person's run
    assert listed["what"].tolist() == assumed["meaning"].tolist()
    assert listed["source"].tolist() == assumed["source"].tolist()
    units = zip(assumed["value"], assumed["unit"], strict=True)
    assert listed["value"].tolist() == [f"{value:g} {unit}" for value, unit in units]


def test_assumptions_are_a_table_without_gaps(assumptions):
    assert tuple(assumptions.columns) == ASSUMPTIONS.names
    assert assumptions.notna().all(axis=None)
    assert set(assumptions["where"]) == {"plan", "athlete", "catalogue", "model"}


# --- the closed loop ---

LIVED = (*TABLES, "capacity")
PAIRED = [
    {"exercise": "hip_openers", "sets": "1x8/side"},
    {"exercise": "deadlift", "sets": "2x5 @RIR3", "group": "pair", "rest_s": 90},
    {"exercise": "split_squat", "sets": "3x8/side @RIR3", "group": "pair"},
    {"exercise": "leg_press", "sets": "2x8 @RIR3"},
]


@pytest.fixture(scope="module")
def lived():
    """Return a run with weeks without sessions, the first and the last among them."""
    one = person(missed_weeks=[1, 4, 6], attendance=0.8, technique=0.9)
    return simulate(plan_of(weeks=6, slots=PAIRED), one, seed=1)


@pytest.mark.parametrize("name", LIVED)
def test_a_closed_loop_has_the_columns_it_is_said_to_have(lived, name):
    expected = getattr(tables, name.upper()).names
    if name in ("daily", "weekly"):
        expected += getattr(tables, f"{name.upper()}_STATES").names
    assert tuple(getattr(lived, name).columns) == expected


@pytest.mark.parametrize("name", LIVED)
def test_the_same_seed_gives_the_same_table(lived, name):
    again = simulate(lived.plan, lived.athlete, seed=1)
    pd.testing.assert_frame_equal(getattr(again, name), getattr(lived, name))


def test_another_seed_gives_other_reports(lived):
    other = simulate(lived.plan, lived.athlete, seed=2)
    assert not other.sets["rir"].equals(lived.sets["rir"])


def test_a_week_without_sessions_is_there_with_its_phase_and_zeros(lived):
    rows = lived.weekly[lived.weekly["week"].isin([1, 4, 6])]
    assert rows["phase"].tolist() == ["only"] * 3
    for column in ("n_sessions", "working_sets", "reps", "minutes", "session_rpe_load"):
        assert rows[column].tolist() == [0, 0, 0]
    assert rows["n_missed"].tolist() == [2, 2, 2]
    assert not lived.sets["week"].isin([1, 4, 6]).any()
    assert len(lived.weekly) == 6


def test_sessions_done_and_missed_are_those_of_the_plan(lived):
    done, missed = lived.weekly["n_sessions"], lived.weekly["n_missed"]
    assert (done + missed).tolist() == [2] * 6
    assert 0 < done.sum() < 6


def test_days_weeks_and_sets_agree(lived):
    daily, weekly, sets = lived.daily, lived.weekly, lived.sets
    by_week = daily.groupby("week")
    assert by_week["working_sets"].sum().tolist() == weekly["working_sets"].tolist()
    assert (
        by_week["session_rpe_load"].sum().tolist()
        == weekly["session_rpe_load"].tolist()
    )
    assert (
        by_week["pain_reported"].max().tolist() == weekly["pain_reported_max"].tolist()
    )
    assert (daily["sessions"] != "").sum() == sets["day"].nunique()
    assert (daily["technique_rated"].notna() == (daily["working_sets"] > 0)).all()
    assert len(daily) == 7 * len(weekly) == len(lived.response)


def test_a_pair_is_done_round_by_round_and_the_weaker_side_in_turn(lived):
    first = lived.sets[lived.sets["day"] == lived.sets["day"].iloc[0]]
    rounds = first[["exercise", "set", "side"]].to_numpy().tolist()
    assert rounds == [
        ["hip_openers", 1, "left"],
        ["hip_openers", 1, "right"],
        ["deadlift", 1, "both"],
        ["split_squat", 1, "left"],
        ["split_squat", 1, "right"],
        ["deadlift", 2, "both"],
        ["split_squat", 2, "left"],
        ["split_squat", 2, "right"],
        ["split_squat", 3, "left"],
        ["split_squat", 3, "right"],
        ["leg_press", 1, "both"],
        ["leg_press", 2, "both"],
    ]


def test_a_rest_follows_every_set_and_not_between_its_sides(lived):
    first = lived.sets[lived.sets["day"] == lived.sets["day"].iloc[0]]
    rests = first.loc[first["kind"] == "work", "rest_s"].tolist()
    assert rests == [90, 0, 60, 90, 0, 60, 0, 60, 60, 60]


def test_slots_of_one_group_that_are_apart_are_no_round():
    slots = [PAIRED[1], PAIRED[3], PAIRED[2]]
    done = simulate(plan_of(weeks=1, slots=slots), person(technique=0.9))
    first = done.sets[done.sets["day"] == 1]
    assert first["exercise"].tolist() == (
        ["deadlift"] * 2 + ["leg_press"] * 2 + ["split_squat"] * 6
    )


def test_percent_is_of_the_1rm_at_the_start():
    done = simulate(plan_of(weeks=4), person(), noise=False)
    rows = done.sets[done.sets["exercise"] == "deadlift"]
    assert (rows["pct_1rm"] - 100 * rows["load_kg"] / 100).abs().max() < 1e-9


def test_a_test_of_strength_agrees_with_what_can_be_lifted():
    plan = plan_of(weeks=5, assessment={"every_weeks": 2, "tests": EVERY_TEST})
    done = simulate(plan, person(), noise=False)
    lift = done.capacity[done.capacity["exercise"] == "deadlift"]
    days = done.daily.set_index("day")["readiness"]
    tests = done.assessments.query("exercise == 'deadlift'").set_index("day")["value"]
    expected = lift.groupby("day")["one_rm_kg"].mean() * days
    assert tests.tolist() == pytest.approx(expected[tests.index].tolist())


@pytest.mark.parametrize("slots", [SLOTS, SLOTS[:1]])
def test_a_run_in_which_nobody_ever_comes_has_tables_too(slots):
    absent = person(missed_weeks=[1, 2])
    done = simulate(plan_of(weeks=2, slots=slots), absent)
    assert len(done.sets) == 0
    assert done.weekly["working_sets"].tolist() == [0, 0]
    assert done.weekly["technique_rated_mean"].isna().all()
    assert done.decisions["trigger"].unique().tolist() == ["attendance"]
    assert "Missed: 'A' on Tue and Fri." in done.explain(week=2)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match=rf"seed must be 0 to \d+; got {seed}\."):
        simulate(plan_of(), person(), seed=seed)


@pytest.mark.parametrize("seed", [1.0, "1", True, None])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(TypeError, match=r"seed must be a whole number; got"):
        simulate(plan_of(), person(), seed=seed)
