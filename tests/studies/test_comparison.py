"""Comparisons are paired: what is not changed does not differ, to the last bit."""

from math import nan, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t, ttest_rel
from strategies import athletes, plans

from hipext import PlanError, read_athlete, read_plan, simulate
from hipext.athletes.population import cohort
from hipext.engine.state import WEEK_LOG
from hipext.files.tables import OUTCOMES, WEEKLY_OUTCOMES
from hipext.plans.edits import vary
from hipext.plans.plan_file import check_plan
from hipext.studies.comparison import (
    MAX_RUNS,
    Comparison,
    compare,
    courses,
    differences,
    fans,
    interval_of_mean,
    one_at_a_time,
    variations,
)
from hipext.studies.crowds import threads_for
from hipext.studies.scenarios import Scenario, scenario_of


def small_plan(**deload):
    """Return five weeks of deadlifts with three light weeks or none."""
    slot = {
        "exercise": "romanian_deadlift",
        "sets": "3x8-10 @RIR3",
        "progress": {"rule": "double", "add_kg": 2.5},
    }
    session = {"name": "A", "days": ["mon", "thu"], "slot": [slot]}
    phase = {"name": "only", "weeks": 5, "session": [session]}
    values = {"format": 1, "name": "small", "deload": deload, "phase": [phase]}
    return check_plan(values, source="small")


@pytest.fixture(scope="module")
def found():
    """Return a comparison of light weeks among forty persons, with two seeds."""
    changes = {"deload.every_weeks": [0, 2, 4]}
    scenarios = variations(small_plan(every_weeks=4), changes)
    return compare(scenarios, cohort(40), seeds=(3, 0))


def rows_of(found, scenario):
    """Return the differences of a scenario by outcome."""
    table = found.differences
    return table[table["scenario"] == scenario].set_index("outcome")


def lives(found, scenario, outcome):
    """Return an outcome of all lives in a scenario, in the order of the table."""
    table = found.outcomes
    return table.loc[table["scenario"] == scenario, outcome].to_numpy("float64")


# --- pairing ---


def test_change_that_changes_nothing_makes_differences_of_exactly_zero(found):
    rows = rows_of(found, "deload.every_weeks = 4")
    numbers = rows[["difference", "ci_low", "ci_high", "q05", "q95"]].to_numpy()
    assert (numbers == 0.0).all()
    assert (rows["share_equal"] == 1.0).all()
    assert set(rows["share_better"].dropna()) == {0.0}
    assert len(rows) == len(OUTCOMES)


def test_course_of_a_change_that_changes_nothing_is_zero_in_every_week(found):
    table = found.weekly_differences
    same = table[table["scenario"] == "deload.every_weeks = 4"]
    assert (
        same[["mean", "ci_low", "ci_high", "q05", "q50", "q95"]].to_numpy() == 0.0
    ).all()
    assert set(same["outcome"]) == set(WEEKLY_OUTCOMES)
    assert set(same["week"]) == {1, 2, 3, 4, 5}


@settings(max_examples=20)
@given(plan=plans(), athlete=athletes(), seed=st.integers(0, 2**63 - 1))
def test_equal_plans_differ_in_nothing(plan, athlete, seed):
    scenarios = {"one": plan, "other": plan.model_copy(update={"name": "renamed"})}
    pairs = compare(scenarios, athlete, seeds=(seed,), engine="plain")
    assert (pairs.differences["difference"] == 0.0).all()


def test_weeks_before_a_change_do_not_differ(found):
    table = found.weekly_differences
    later = table[table["scenario"] == "deload.every_weeks = 0"]
    before, after = later[later["week"] < 4], later[later["week"] == 4]
    assert (before["mean"] == 0.0).all()
    assert after.set_index("outcome").loc["n_deload_weeks", "mean"] == -1.0


def test_athlete_in_a_comparison_lives_as_alone():
    plan, people = small_plan(every_weeks=2), cohort(5, seed=8)
    found = compare([plan], people, seeds=(11,))
    person = found.outcomes.iloc[0]
    alone = simulate(plan, people[0], seed=11)
    assert person["minutes"] == pytest.approx(alone.weekly["minutes"].mean())
    assert person["pain_reported"] == alone.weekly["pain_reported_max"].max()
    assert person["working_sets"] == alone.weekly["working_sets"].sum()


def test_engines_agree():
    plan = small_plan()
    compiled, plain = (
        compare([plan], cohort(6), engine=engine) for engine in ("compiled", "plain")
    )
    pd.testing.assert_frame_equal(compiled.outcomes, plain.outcomes, rtol=1e-12)


def test_more_athletes_leave_the_first_ones_as_they_are():
    few, many = (compare([small_plan()], cohort(n)).outcomes for n in (5, 300))
    pd.testing.assert_frame_equal(few, many.head(5))


def test_changes_of_athletes_and_constants_are_compared_too():
    plan = small_plan()
    scenarios = [
        scenario_of(plan, {}),
        scenario_of(plan, {"athlete.missed_weeks": [2]}),
        scenario_of(plan, {"parameter.muscle.gain": 0.0}),
    ]
    found = compare(scenarios, cohort(10), noise=False)
    missed = rows_of(found, scenarios[1].name).loc["n_missed"]
    assert missed["difference"] == 2.0
    weaker = rows_of(found, scenarios[2].name).loc["strength_pct"]
    assert weaker["q95"] < 0.0
    assert weaker["share_better"] == 0.0


# --- statistics ---


def test_difference_and_interval_are_those_of_a_paired_t_test():
    found = compare(variations(small_plan(), {"load_step": [2]}), cohort(30))
    row = rows_of(found, "load_step = 2").loc["strength_pct"]
    ours = lives(found, "load_step = 2", "strength_pct")
    before = lives(found, "as it is", "strength_pct")
    interval = ttest_rel(ours, before).confidence_interval(0.95)
    assert row["difference"] == pytest.approx((ours - before).mean())
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [interval.low, interval.high]
    )
    assert row["share_better"] == (ours > before).mean()
    assert row["share_equal"] == (ours == before).mean()
    assert row["n"] == 30


def test_row_of_differences_is_that_of_a_count_by_hand():
    ours = np.array([[4.0, 5.0], [6.0, 9.0]])
    before = np.array([[3.5, 4.0], [2.0, 7.0]])  # less by 0.5, 1, 4 and 2
    rows = differences(
        dict.fromkeys(OUTCOMES, ours), dict.fromkeys(OUTCOMES, before), level=0.8
    )
    name, unit, *numbers = next(row for row in rows if row[0] == "technique")
    low, high = (1.875 + sign * t.ppf(0.9, 1) * 2.25 / 2 for sign in (-1, 1))
    assert (name, unit) == ("technique", OUTCOMES["technique"].unit)
    expected = [4, 4.125, 6, 1.875, low, high, 1, 0, 0.575, 3.7]
    assert numbers == pytest.approx(expected)


def test_row_of_a_course_has_the_level_asked_for():
    gaps = np.array([1.0, 2.0, 6.0])[:, np.newaxis]
    weeks = courses_of(3, 2)
    rows = {
        row[:2]: row[2:] for row in courses(courses_of(3, 2, more=gaps), weeks, 0.8)
    }
    n, mean, low, high, *quantiles = rows[2, "technique"]
    half = t.ppf(0.9, 2) * sqrt(7) / sqrt(3)
    assert (n, mean, low, high) == pytest.approx((3, 3, 3 - half, 3 + half))
    assert quantiles == pytest.approx([1.1, 1.5, 2, 4, 5.6])


def test_level_of_a_comparison_is_that_of_all_its_intervals():
    scenarios = variations(small_plan(), {"load_step": [2]})
    levels = (0.5, 0.99)
    wide = [compare(scenarios, cohort(9), level=level) for level in levels]
    for name in ("differences", "weekly_differences"):
        widths = [
            table["ci_high"].sum() - table["ci_low"].sum()
            for table in (getattr(one, name) for one in wide)
        ]
        assert widths[1] / widths[0] == pytest.approx(t.ppf(0.995, 8) / t.ppf(0.75, 8))


def test_without_noise_seeds_change_nothing():
    table = compare([small_plan()], cohort(5), seeds=(0, 7), noise=False).outcomes
    one, other = (table[table["seed"] == seed].drop(columns="seed") for seed in (0, 7))
    pd.testing.assert_frame_equal(one, other.reset_index(drop=True))


def test_p_better_goes_by_the_direction_that_is_better():
    better = {name: one.better for name, one in OUTCOMES.items()}
    one = {name: np.array([[2.0], [1.0], [0.0]]) for name in OUTCOMES}
    before = {name: np.array([[1.0], [1.0], [1.0]]) for name in OUTCOMES}
    for name, *_, share_better, share_equal, _, _ in differences(one, before, 0.95):
        expected = 1 / 3 if better[name] else nan
        assert share_better == pytest.approx(expected, nan_ok=True)
        assert share_equal == pytest.approx(1 / 3)


def test_p_better_of_pain_is_the_share_with_less():
    one = {name: np.array([[2.0], [2.0], [2.0], [0.0]]) for name in OUTCOMES}
    before = {name: np.ones((4, 1)) for name in OUTCOMES}
    shares = {row[0]: row[8] for row in differences(one, before, 0.95)}
    assert shares["pain_reported"] == 0.25
    assert shares["strength_pct"] == 0.75


def test_interval_takes_seeds_of_an_athlete_as_one():
    values = np.array([[1.0, 3.0], [2.0, 6.0], [5.0, 7.0]])  # means 2, 4, 6
    low, high = interval_of_mean(values, 0.9)
    half = t.ppf(0.95, 2) * 2.0 / sqrt(3)
    assert (low, high) == pytest.approx((4 - half, 4 + half))


def test_interval_of_one_athlete_is_over_seeds():
    low, high = interval_of_mean(np.array([[1.0, 3.0]]), 0.95)
    half = t.ppf(0.975, 1) * sqrt(2) / sqrt(2)
    assert (low, high) == pytest.approx((2 - half, 2 + half))


def test_single_life_has_no_interval():
    assert np.isnan(interval_of_mean(np.array([[1.0]]), 0.95)).all()


def test_interval_leaves_out_what_is_missing():
    full = interval_of_mean(np.array([[1.0], [2.0], [4.0]]), 0.95)
    assert interval_of_mean(np.array([[1.0], [nan], [2.0], [4.0]]), 0.95) == full


@pytest.mark.parametrize(
    "shape", [(5, 1, 3), (5, 2, 3), (1, 4, 3), (1, 1, 3), (4, 2, 0)]
)
def test_interval_of_several_weeks_is_that_of_each(shape):
    values = np.random.default_rng(1).normal(size=shape)
    lows, highs = interval_of_mean(values, 0.9)
    each = [interval_of_mean(values[:, :, week], 0.9) for week in range(shape[2])]
    np.testing.assert_array_equal([*zip(lows, highs, strict=True)], each)


def courses_of(n_persons, n_weeks, more=0.0):
    """Return weeks whose values are 100 x person + week + more, for one seed."""
    values = np.add.outer(100.0 * np.arange(n_persons), np.arange(1, n_weeks + 1))
    values += more
    return values[:, np.newaxis].astype(WEEK_LOG)


def test_fan_is_of_those_who_still_train():
    weeks = courses_of(4, 3)
    weeks[0, 0, 2:] = nan
    fan = {row[:2]: row[2:] for row in fans(weeks)}
    assert fan[3, "technique"] == (3, 203.0, 113.0, 153.0, 203.0, 253.0, 293.0)
    assert fan[1, "technique"][0] == 4


def test_weeks_that_few_reach_are_left_out():
    weeks = courses_of(4, 3)
    weeks[:2, 0, 1:] = nan  # half of them
    weeks[2, 0, 2:] = nan  # three quarters
    assert {row[0] for row in fans(weeks)} == {1, 2}
    assert {row[0] for row in courses(weeks, courses_of(4, 3), 0.95)} == {1, 2}


def test_courses_of_plans_of_other_lengths_are_compared_while_both_last():
    rows = [*courses(courses_of(3, 5, more=1.0), courses_of(3, 2), 0.95)]
    assert {row[0] for row in rows} == {1, 2}
    week, _, n, mean, low, high, *quantiles = next(
        r for r in rows if r[1] == "technique"
    )
    assert (week, n, mean, low, high) == (1, 3, 1.0, 1.0, 1.0)
    assert quantiles == [1.0] * 5


# --- tables ---


def test_outcomes_have_a_row_per_scenario_seed_and_athlete(found):
    table = found.outcomes
    assert len(table) == 4 * 2 * 40
    assert not table.duplicated(["scenario", "seed", "athlete"]).any()
    assert table["seed"].unique().tolist() == [3, 0]
    assert sorted(table["athlete"].unique()) == list(range(1, 41))
    assert list(table)[3:] == list(OUTCOMES)


def test_seeds_are_kept_apart(found):
    one = compare([small_plan(every_weeks=4)], cohort(40), seeds=(0,)).outcomes
    both = found.outcomes.query("scenario == 'as it is' and seed == 0")
    pd.testing.assert_frame_equal(
        one[list(OUTCOMES)], both[list(OUTCOMES)].reset_index(drop=True)
    )


def test_one_plan_has_a_fan_and_no_difference():
    one = compare([small_plan()], cohort(20))
    assert one.differences.empty
    assert list(one.differences)[:3] == ["scenario", "baseline", "outcome"]
    assert set(one.weekly["week"]) == {1, 2, 3, 4, 5}
    assert one.baseline == "small"


def test_mapping_names_scenarios():
    plan = small_plan()
    pair = {"with": vary(plan, {"deload.every_weeks": 2}), "without": plan}
    found = compare(pair, read_athlete("novice"))
    assert [one.name for one in found.scenarios] == ["with", "without"]
    assert found.differences["baseline"].unique().tolist() == ["with"]
    assert len(found.outcomes) == 2


def test_numbers_may_name_scenarios():
    plan = small_plan()
    found = compare({4: plan, 6: plan}, read_athlete("novice"))
    assert [one.name for one in found.scenarios] == ["4", "6"]


def test_scenario_keeps_its_changes_under_another_name():
    scenario = scenario_of(small_plan(), {"athlete.response": 0.0})
    found = compare({"zero": scenario}, read_athlete("novice"), noise=False)
    assert isinstance(found, Comparison)
    assert found.scenarios[0] == Scenario(
        name="zero", plan=scenario.plan, athlete={"response": 0.0}
    )


def test_variations_are_one_at_a_time_or_together():
    plan = small_plan()
    changes = {"deload_every": [0, 2], "load_step": [1, 2]}
    single, all_ = (variations(plan, changes, together=one) for one in (False, True))
    assert [one.name for one in single] == [
        "as it is",
        "deload_every = 0",
        "deload_every = 2",
        "load_step = 1",
        "load_step = 2",
    ]
    assert [one.name for one in all_][1:3] == [
        "deload_every = 0, load_step = 1",
        "deload_every = 0, load_step = 2",
    ]
    assert len(all_) == 5


def test_one_change_at_a_time_names_its_groups():
    table = one_at_a_time(read_plan("deadlift_5x5_10wk"), cohort(3)).differences
    groups = dict(zip(table["scenario"], table["group"], strict=True))
    assert groups["deload_every = 0"] == "deload weeks"
    assert groups["load_step = 0.5"] == "load step"
    assert groups["athlete.missed_weeks = [5]"] == "missed weeks"
    assert {"sessions a week", "first load", "tempo"} <= set(groups.values())


def test_own_changes_one_at_a_time():
    changes = {"mine": [{"load_step": 2}, {"athlete.attendance": 0.5}]}
    table = one_at_a_time(small_plan(), cohort(3), changes=changes).differences
    assert table["group"].unique().tolist() == ["mine"]
    assert table["scenario"].nunique() == 2


# --- faults ---


@pytest.mark.parametrize(
    ("scenarios", "options", "told"),
    [
        ([], {}, "takes 1 to 60 scenarios; got 0"),
        (["a", "a"], {}, "Two scenarios are called 'small'"),
        (["a"], {"seeds": ()}, "needs a seed; got none"),
        (["a"], {"seeds": (1, 1)}, r"must differ from each other; got \[1, 1\]"),
        (["a"], {"seeds": (-1,)}, "seed must be 0 to .*; got -1"),
        (["a"], {"level": 95}, "level must be between 0 and 1; got 95"),
        (["a"], {"engine": "fast"}, "engine must be one of .*; got 'fast'"),
    ],
)
def test_faults_are_reported(scenarios, options, told):
    plans_given = [small_plan() for _ in scenarios]
    with pytest.raises(ValueError, match=told):
        compare(plans_given, read_athlete("novice"), **options)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["guide_16wk"], "'guide_16wk'"),
        ({"mine": 3}, "3"),
        (small_plan(), r"\('format', 1\)"),
    ],
)
def test_what_is_no_scenario_is_reported(given, told):
    with pytest.raises(TypeError, match=rf"a list, or .*; there is {told} in it"):
        compare(given, read_athlete("novice"))


def test_no_athlete_is_reported():
    with pytest.raises(ValueError, match="needs athletes; got none"):
        compare([small_plan()], [])


def test_more_runs_than_memory_holds_are_reported():
    with pytest.raises(ValueError, match=f"500,001 runs, more than the {MAX_RUNS:,}"):
        compare([small_plan()], cohort(500_001))


def test_missing_maximum_is_reported():
    weak = read_athlete("novice").model_copy(update={"one_rm_kg": {"back_squat": 50.0}})
    with pytest.raises(PlanError, match="has no 1RM for romanian_deadlift"):
        compare([small_plan()], weak)


def test_inputs_stay_as_they_are():
    plan, athlete = small_plan(), read_athlete("novice")
    before = plan.model_dump(), athlete.model_dump()
    compare(variations(plan, {"athlete.response": [0.5]}), athlete)
    assert (plan.model_dump(), athlete.model_dump()) == before


def test_a_million_combinations_are_refused_before_they_are_made():
    changes = {f"phase.{number}.weeks": [1, 2] * 5 for number in range(1, 7)}
    message = r"takes 1 to 60 scenarios; got 1000001\. A sweep takes more\.$"
    with pytest.raises(ValueError, match=message):
        variations(small_plan(), changes, together=True)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "\u202e"])
def test_the_name_of_a_scenario_is_a_line_that_shows(name):
    with pytest.raises(ValueError, match=r"The name of a scenario (has|must be one) "):
        compare({name: small_plan()}, read_athlete("novice"))


@pytest.mark.parametrize("n_threads", [0, -1, 10**6])
def test_so_many_threads_are_refused(n_threads):
    with pytest.raises(ValueError, match=rf"must be 1 to 1024; got {n_threads}\.$"):
        threads_for("compiled", n_threads)
