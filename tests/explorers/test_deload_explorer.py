import numpy as np
import pandas as pd
import pytest

from hipext import read_athlete, read_plan, simulate, vary
from hipext.explorers.widgets import explore_deload
from hipext.plans.edits import apply_knob
from hipext.response.models import Banister


@pytest.fixture(scope="module")
def explorer():
    return explore_deload()


@pytest.fixture(autouse=True)
def start_anew(explorer):
    explorer.reset()


@pytest.fixture(scope="module")
def run():
    return simulate(read_plan("guide_16wk"), read_athlete("novice"), noise=False)


def test_the_states_are_those_of_the_shipped_model(explorer, run):
    for name, state in explorer.shown.response.items():
        np.testing.assert_array_equal(state, run.response[name])


def test_the_constants_of_the_model_are_controls(explorer, run):
    constants = {"fitness_tau": 60.0, "fatigue_tau": 12.0}
    constants |= {"fitness_gain": 0.02, "fatigue_gain": 0.05}
    explorer.restore(constants)
    load = run.daily["session_rpe_load"]
    expected = Banister(baseline=0.0, **constants).respond(load)["performance"]
    shown = explorer.shown.response["performance"]
    np.testing.assert_allclose(shown, expected, rtol=1e-12)


def test_constants_change_neither_volume_nor_the_simulation(explorer, run):
    explorer.restore({"fitness_tau": 20.0, "fatigue_gain": 0.0})
    shown = explorer.shown.run
    np.testing.assert_array_equal(shown.strength_pct, run.daily["strength_pct"])
    np.testing.assert_array_equal(shown.volume_kg, run.weekly["system_volume_load_kg"])


def test_strength_without_deload_weeks_is_that_of_such_a_plan(explorer):
    never = apply_knob(read_plan("guide_16wk"), "deload_every", 0)
    other = simulate(never, read_athlete("novice"), noise=False)
    explorer.restore({"deload_every_weeks": 3, "deload_sets_pct": 10})
    without = explorer.shown.without.strength_pct
    np.testing.assert_allclose(without, other.daily["strength_pct"])
    explorer.restore({"deload_every_weeks": 0})
    np.testing.assert_array_equal(explorer.shown.run.strength_pct, without)


def test_the_description_has_the_first_deload_week_of_the_model(explorer, run):
    monday, next_monday = run.response.loc[21], run.response.loc[28]
    change = next_monday["fatigue"] - monday["fatigue"]
    assert f"fatigue changes by {change:+.1f}," in explorer.words.value
    explorer.knobs["deload_every_weeks"].value = 0
    assert "There is no deload week." in explorer.words.value


def test_time_constants_in_the_wrong_order_give_a_message_alone(explorer):
    explorer.restore({"fitness_tau": 10.0})
    picture = explorer.image.value
    explorer.knobs["fatigue_tau"].value = 20.0
    assert "fatigue_tau" in explorer.words.value
    assert "stays as it was" in explorer.words.value
    assert explorer.image.value == picture


def test_the_table_has_a_row_per_week(explorer, run):
    table = explorer.definition.table(explorer.shown)
    assert table["week"].tolist() == run.weekly["week"].tolist()
    last = table.iloc[-1]
    assert last["strength_pct"] == pytest.approx(run.weekly["strength_pct"].iloc[-1])
    assert isinstance(table, pd.DataFrame)


def test_a_plan_with_listed_deload_weeks_keeps_them_until_a_control_moves():
    plan = vary(read_plan("guide_16wk"), {"deload.every_weeks": 0, "deload.weeks": [5]})
    own = explore_deload(plan)
    run = simulate(plan, read_athlete("novice"), noise=False)
    assert run.weekly["is_deload"].sum() == 1
    is_deload = own.shown.run.is_deload
    assert is_deload.tolist() == run.weekly["is_deload"].tolist()
