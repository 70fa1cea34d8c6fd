import numpy as np
import pytest
from numpy.lib.recfunctions import structured_to_unstructured as numbers_of

from hipext import cohort, compare, read_plan, vary
from hipext.explorers.widgets import explore_compare
from hipext.plans.edits import apply_knob

N = 12


@pytest.fixture(scope="module")
def explorer():
    return explore_compare(n_persons=N)


@pytest.fixture(autouse=True)
def start_anew(explorer):
    explorer.reset()


@pytest.fixture(scope="module")
def found():
    guide = read_plan("guide_16wk")
    plans = {"A": guide, "B": apply_knob(guide, "sessions_a_week", 2)}
    return compare(plans, cohort(N, "novices", seed=0), progress=False)


def rows_of(table, outcome):
    return table[table["outcome"] == outcome].reset_index(drop=True)


@pytest.mark.parametrize("outcome", ["strength_pct", "pain_reported", "working_sets"])
def test_the_explorer_shows_what_compare_finds(explorer, found, outcome):
    explorer.knobs["outcome"].value = outcome
    table = explorer.definition.table(explorer.shown)
    row = rows_of(found.differences, outcome).iloc[0]
    assert table["difference"].mean() == pytest.approx(row["difference"], rel=1e-12)
    assert table["plan_a"].mean() == pytest.approx(row["mean_baseline"], rel=1e-12)


def test_the_band_is_that_of_compare(explorer, found):
    weekly = rows_of(found.weekly_differences, "strength_pct")
    band = explorer.shown.band
    assert [*band] == weekly["week"].tolist()
    shown = np.array([band[week] for week in band])
    np.testing.assert_array_equal(shown[:, 1], weekly["mean"])
    quantiles = [name for name in weekly if name.startswith("q")]
    np.testing.assert_array_equal(shown[:, 2:], weekly[quantiles])


def test_two_equal_plans_differ_by_exactly_nothing():
    equal = explore_compare("guide_16wk", "guide_16wk", n_persons=5)
    assert (equal.shown.final_gap == 0).all()
    assert "differs by exactly 0 for all 5 athletes" in equal.words.value
    equal.knobs["deload_every_weeks"].value = 0
    assert (equal.shown.final_gap != 0).any()
    equal.knobs["deload_every_weeks"].value = 4
    assert (equal.shown.final_gap == 0).all()


def test_the_controls_change_plan_b_alone(explorer):
    a, b = explorer.shown.a.copy(), explorer.shown.b.copy()
    explorer.knobs["deload_every_weeks"].value = 2
    np.testing.assert_array_equal(*map(numbers_of, (explorer.shown.a, a)))
    assert explorer.shown.b.shape != b.shape or (explorer.shown.b != b).any()


def test_the_athlete_marked_is_the_one_of_the_table(explorer):
    explorer.knobs["athlete"].value = 5
    row = explorer.definition.table(explorer.shown).iloc[4]
    assert f"athlete 5 reaches {row['plan_a']:.1f} in plan A" in explorer.words.value
    marked = explorer.drawing.mark.get_ydata()
    assert marked == [pytest.approx(row["difference"])]


def test_other_athletes_are_drawn_from_another_population(explorer):
    strength = explorer.shown.final_gap.mean()
    explorer.knobs["population"].value = "gym"
    assert explorer.shown.final_gap.mean() != strength


def test_plans_can_be_given():
    guide = read_plan("guide_16wk")
    own = explore_compare(guide, vary(guide, {"deload.every_weeks": 2}), n_persons=4)
    assert own.settings["plan_a"] == own.settings["plan_b"] == "given"
    assert own.settings["deload_every_weeks"] == 2
