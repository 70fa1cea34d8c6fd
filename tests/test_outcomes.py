"""Outcomes of crowds are those of the tables of each person."""

import numpy as np
import pytest

from hipext import read_athlete, read_plan
from hipext._run import setting_of, trace
from hipext.outcomes import OUTCOMES, WEEK_COLUMNS, WEEKLY, course_of, outcomes_of
from hipext.simulation import told
from hipext.tables import DAYS_PER_WEEK

PLANS = ("guide_16wk", "deadlift_5x5_10wk", "tagliaferri_26wk")
MESSY = {"attendance": 0.8, "missed_weeks": (3,), "pain_nprs": 3.0}


def life_in(name):
    """Return the tables of a person, the weeks of the log, and the outcomes."""
    plan = read_plan(name)
    athlete = read_athlete("novice").model_copy(update=MESSY)
    setting = setting_of(plan, [athlete])
    kept = trace(setting, seed=4)
    tables = told(plan, athlete, setting, kept, seed=4, noise=True)
    weeks = kept.weeks[np.newaxis]
    return tables, weeks, {name: one[0] for name, one in outcomes_of(weeks).items()}


@pytest.fixture(scope="module", params=PLANS)
def lived(request):
    """Return what came of a shipped plan."""
    return life_in(request.param)


def by_week(daily, column):
    """Return a column of days as [week, day]."""
    return daily[column].to_numpy().reshape(-1, DAYS_PER_WEEK)


def test_every_outcome_has_a_value_and_a_unit_or_counts(lived):
    _, _, found = lived
    assert list(found) == list(OUTCOMES)
    assert np.isfinite(list(found.values())).all()


@pytest.mark.parametrize(
    ("outcome", "column"),
    [
        ("strength_pct", "strength_pct"),
        ("range_left_deg", "range_left_deg"),
        ("range_right_deg", "range_right_deg"),
    ],
)
def test_outcome_of_the_end_is_that_of_the_next_morning(lived, outcome, column):
    tables, weeks, found = lived
    course = course_of(weeks, outcome)[0]
    mornings = by_week(tables.daily, column)[1:, 0]  # of Mondays, after the evenings
    np.testing.assert_allclose(course[:-1], mornings, rtol=1e-12)
    assert found[outcome] == course[-1]


def test_fatigue_is_that_of_the_gluteus_on_the_next_morning(lived):
    tables, weeks, found = lived
    course = course_of(weeks, "fatigue_pct")[0]
    mornings = 100 * by_week(tables.daily, "fatigue")[1:, 0]
    np.testing.assert_allclose(course[:-1], mornings, rtol=1e-12)
    assert found["fatigue_pct"] == course.max()


@pytest.mark.parametrize(
    ("outcome", "column", "of_all"),
    [
        ("pain_reported", "pain", "max"),
        ("n_failed", "n_failed", "sum"),
        ("n_missed", "n_missed", "sum"),
        ("working_sets", "working_sets", "sum"),
        ("minutes", "minutes", "mean"),
    ],
)
def test_outcome_is_that_of_the_weekly_table(lived, outcome, column, of_all):
    tables, weeks, found = lived
    course, told_ = course_of(weeks, outcome)[0], tables.weekly[column]
    np.testing.assert_allclose(course, told_.to_numpy("float64"), rtol=1e-12)
    assert found[outcome] == pytest.approx(told_.agg(of_all), rel=1e-12)


def test_lumbar_load_of_a_week_is_the_sum_of_its_days(lived):
    tables, weeks, found = lived
    sums = by_week(tables.daily, "lumbar_load").sum(axis=1)
    np.testing.assert_allclose(course_of(weeks, "lumbar_load")[0], sums, rtol=1e-12)
    assert found["lumbar_load"] == pytest.approx(sums.max())


def test_light_weeks_and_weeks_are_counted(lived):
    tables, _, found = lived
    assert found["n_light"] == tables.weekly["is_deload"].sum()
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


def test_strength_is_the_mean_of_the_sides(lived):
    _, _, found = lived
    both = (found["left_pct"] + found["right_pct"]) / 2
    assert found["strength_pct"] == pytest.approx(both, rel=1e-12)


def test_weeks_after_the_end_do_not_count():
    weeks = np.full((2, 5, len(WEEK_COLUMNS)), np.nan)
    weeks[0, :3] = 1.0
    weeks[1, :2] = np.arange(2)[:, np.newaxis]
    found = outcomes_of(weeks)
    assert found["weeks"].tolist() == [3, 2]
    assert found["strength_pct"].tolist() == [100.0, 100.0]
    assert found["pain_reported"].tolist() == [1.0, 1.0]
    assert found["working_sets"].tolist() == [3.0, 1.0]
    assert found["minutes"].tolist() == [1.0, 0.5]


def test_outcomes_with_a_course_are_all_but_the_number_of_weeks():
    assert set(OUTCOMES) - set(WEEKLY) == {"weeks"}
