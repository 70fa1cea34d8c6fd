"""Outcomes of crowds are those of the tables of each person."""

import numpy as np
import pytest

from hipext import read_athlete, read_plan
from hipext.athletes.athlete import check_athlete
from hipext.engine.state import WEEK_LOG
from hipext.files.parameters import parameters_changed
from hipext.files.tables import DAYS_PER_WEEK, OUTCOMES, WEEKLY_OUTCOMES
from hipext.plans.plan_file import check_plan
from hipext.simulation.run import setting_of, trace
from hipext.simulation.simulation import simulation_of
from hipext.studies.comparison import compare
from hipext.studies.crowds import course_of, outcomes_of

PLANS = ("guide_16wk", "deadlift_5x5_10wk", "tagliaferri_26wk")
MESSY = {"attendance": 0.8, "missed_weeks": (3,), "pain_nprs": 3.0}


def life_in(name):
    """Return the tables of a person, the weeks of the log, and the outcomes."""
    plan = read_plan(name)
    athlete = read_athlete("novice").model_copy(update=MESSY)
    setting = setting_of(plan, [athlete])
    kept = trace(setting, seed=4)
    tables = simulation_of(plan, athlete, setting, kept, seed=4, noise=True)
    weeks = kept.weeks[np.newaxis]
    return tables, weeks, {name: one[0] for name, one in outcomes_of(weeks).items()}


@pytest.fixture(scope="module", params=PLANS)
def simulate_athletes(request):
    """Return what came of a shipped plan."""
    return life_in(request.param)


def by_week(daily, column):
    """Return a column of days as [week, day]."""
    return daily[column].to_numpy().reshape(-1, DAYS_PER_WEEK)


def test_every_outcome_has_a_value_and_a_unit_or_counts(simulate_athletes):
    _, _, found = simulate_athletes
    assert list(found) == list(OUTCOMES)
    assert np.isfinite(list(found.values())).all()


@pytest.mark.parametrize(
    ("outcome", "column"),
    [
        ("strength_pct", "strength_pct"),
        ("range_left_deg", "range_left_deg"),
        ("range_right_deg", "range_right_deg"),
        ("technique", "technique"),
    ],
)
def test_outcome_of_the_end_is_that_of_the_next_morning(
    simulate_athletes, outcome, column
):
    tables, weeks, found = simulate_athletes
    course = course_of(weeks, outcome)[0]
    mornings = by_week(tables.daily, column)[1:, 0]  # of Mondays, after the evenings
    np.testing.assert_allclose(course[:-1], mornings, rtol=1e-12)
    assert found[outcome] == course[-1]


def test_soreness_is_the_highest_of_mornings_after_a_week(simulate_athletes):
    tables, weeks, found = simulate_athletes
    course = course_of(weeks, "soreness")[0]
    mornings = by_week(tables.daily, "soreness")[1:, 0]
    np.testing.assert_allclose(course[:-1], mornings, rtol=1e-12)
    assert found["soreness"] == course.max()


def test_slots_not_completed_are_those_with_too_few_repetitions(simulate_athletes):
    tables, weeks, _ = simulate_athletes
    sets = tables.sets[tables.sets["kind"] == "work"]
    is_short = sets["reps"] < sets["reps_target"]
    is_short = is_short.fillna(False) | (sets["hold_s"] < sets["hold_target_s"])
    keys = [sets[name] for name in ("week", "day", "session", "slot")]
    by_slot = is_short.groupby(keys).any().groupby("week").sum()
    failed = by_slot.reindex(tables.weekly["week"], fill_value=0).to_numpy("float64")
    course = course_of(weeks, "n_failed")[0]
    assert (course >= failed).all()  # or stopped for technique
    assert course.sum() <= failed.sum() + 1


def legs_of(left, right, **constants):
    """Return what came of deadlifts for somebody whose legs respond otherwise."""
    legs = {"left": left, "right": right}
    even = {"single_leg_bridge_reps": {"left": 15, "right": 15}, "legs": legs}
    values = read_athlete("novice").model_dump(mode="json") | even
    changes = {"familiarity.size": 0.0, "fatigue.gain": 0.0, **constants}
    with parameters_changed(changes):
        athlete = check_athlete(values, source="test")
        setting = setting_of(read_plan("deadlift_5x5_10wk"), [athlete])
        return trace(setting, noise=False)


@pytest.mark.parametrize("other", ["muscle.gain", "skill.gain"])
def test_each_leg_responds_by_itself_in_muscles_and_in_skill(other):
    weeks = legs_of(0.1, 2.0, **{other: 0.0}).weeks
    left, right = (course_of(weeks, name)[-1] for name in ("left_pct", "right_pct"))
    assert 100 < left < 100 + (right - 100) / 5
    apply_knob = legs_of(2.0, 0.1, **{other: 0.0}).weeks
    assert course_of(apply_knob, "left_pct")[-1] == pytest.approx(right, rel=1e-9)


def test_back_responds_by_the_mean_of_the_legs():
    mornings = [
        legs_of(*legs).days["endurance"][3] for legs in ((1, 1), (0.5, 1.5), (1.5, 0.5))
    ]
    assert mornings[0] > 0
    assert mornings == pytest.approx([mornings[0]] * 3, rel=1e-12)


def test_fatigue_is_the_mean_of_the_sides():
    athlete = read_athlete("novice").model_copy(update={"missed_weeks": (3,)})
    kept = trace(setting_of(read_plan("guide_16wk"), [athlete]), seed=4)
    mondays = kept.muscles["fatigue"][DAYS_PER_WEEK::DAYS_PER_WEEK, 0]
    course = course_of(kept.weeks, "fatigue_pct")[:-1]
    np.testing.assert_allclose(course, 100 * mondays.mean(axis=1), rtol=1e-12)
    assert abs(mondays[:, 0] - mondays[:, 1]).max() > 0


def test_fatigue_is_that_of_the_gluteus_on_the_next_morning(simulate_athletes):
    tables, weeks, found = simulate_athletes
    course = course_of(weeks, "fatigue_pct")[0]
    mornings = 100 * by_week(tables.daily, "fatigue")[1:, 0]
    np.testing.assert_allclose(course[:-1], mornings, rtol=1e-12)
    assert found["fatigue_pct"] == course.max()


@pytest.mark.parametrize(
    ("outcome", "column", "of_all"),
    [
        ("pain_reported", "pain_reported_max", "max"),
        ("n_failed", "n_failed_slots", "sum"),
        ("n_missed", "n_missed", "sum"),
        ("working_sets", "working_sets", "sum"),
        ("volume_load_kg", "volume_load_kg", "sum"),
        ("minutes", "minutes", "mean"),
    ],
)
def test_outcome_is_that_of_the_weekly_table(
    simulate_athletes, outcome, column, of_all
):
    tables, weeks, found = simulate_athletes
    course, told_ = course_of(weeks, outcome)[0], tables.weekly[column]
    np.testing.assert_allclose(course, told_.to_numpy("float64"), rtol=1e-12)
    assert found[outcome] == pytest.approx(told_.agg(of_all), rel=1e-12)


def test_lumbar_load_of_a_week_is_the_sum_of_its_days(simulate_athletes):
    tables, weeks, found = simulate_athletes
    sums = by_week(tables.daily, "lumbar_load").sum(axis=1)
    np.testing.assert_allclose(course_of(weeks, "lumbar_load")[0], sums, rtol=1e-12)
    assert found["lumbar_load"] == pytest.approx(sums.max())


def test_deloads_and_weeks_are_counted(simulate_athletes):
    tables, _, found = simulate_athletes
    assert found["n_deload_weeks"] == tables.weekly["is_deload"].sum()
    assert found["weeks"] == len(tables.weekly)


def test_sides_are_the_means_of_their_tested_lifts():
    tables, weeks, _ = life_in("guide_16wk")  # all tested lifts are in it
    capacity = tables.capacity
    tested = capacity[capacity["exercise"].isin(tables.athlete.one_rm_kg)]
    sides = tested.groupby(["day", "side"])["capacity"].mean().unstack()
    mondays = sides.loc[DAYS_PER_WEEK::DAYS_PER_WEEK]
    courses = [course_of(weeks, f"{name}_pct")[0, :-1] for name in ("left", "right")]
    expected = 100 * mondays[["left", "right"]].to_numpy().T
    np.testing.assert_allclose(courses, expected, rtol=1e-12)


def test_strength_is_the_mean_of_the_sides(simulate_athletes):
    _, _, found = simulate_athletes
    both = (found["left_pct"] + found["right_pct"]) / 2
    assert found["strength_pct"] == pytest.approx(both, rel=1e-12)


def test_weeks_after_the_end_do_not_count():
    weeks = np.full((2, 5), np.nan, dtype=WEEK_LOG)
    weeks[0, :3] = 1.0
    weeks[1, :2] = np.arange(2)
    found = outcomes_of(weeks)
    assert found["weeks"].tolist() == [3, 2]
    assert found["strength_pct"].tolist() == [100.0, 100.0]
    assert found["pain_reported"].tolist() == [1.0, 1.0]
    assert found["working_sets"].tolist() == [3.0, 1.0]
    assert found["minutes"].tolist() == [1.0, 0.5]


def test_outcomes_with_a_course_are_all_but_the_number_of_weeks():
    assert set(OUTCOMES) - set(WEEKLY_OUTCOMES) == {"weeks"}


def test_strength_of_an_athlete_without_a_known_maximum_is_missing():
    slot = {"exercise": "dead_bug", "sets": "2x10"}
    session = {"name": "A", "days": ["mon"], "slot": [slot]}
    phase = {"name": "only", "weeks": 2, "session": [session]}
    plan = check_plan({"format": 1, "name": "x", "phase": [phase]}, source="x")
    nobody = read_athlete("novice").model_copy(update={"one_rm_kg": {}})
    two = compare([plan, plan.model_copy(update={"name": "y"})], [nobody, nobody])
    assert two.outcomes["strength_pct"].isna().all()
    assert (two.outcomes["weeks"] == 2).all()
    rows = two.differences.set_index("outcome")
    shown = ["difference", "ci_low", "share_better", "share_equal", "q05"]
    assert rows.loc["strength_pct", shown].isna().all()
    assert rows.loc["minutes", "share_equal"] == 1.0
    assert "strength_pct" not in set(two.weekly["outcome"])
