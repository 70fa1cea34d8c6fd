import numpy as np
import pytest

from hipext import read_athlete, read_plan, simulate, vary
from hipext.explorers.widgets import explore_plan
from hipext.plans.edits import apply_knob


@pytest.fixture(scope="module")
def explorer():
    return explore_plan("guide_16wk", "novice")


@pytest.fixture(autouse=True)
def start_anew(explorer):
    explorer.reset()


def simulated(plan, athlete="novice"):
    """Return the run that the explorer should show."""
    return simulate(plan, read_athlete(athlete), noise=False)


def assert_shows(explorer, run):
    """Check that the curves of an explorer are the tables of a run."""
    shown = explorer.definition.table(explorer.shown)
    for name in ("week", "phase", "is_deload"):
        assert shown[name].tolist() == run.weekly[name].tolist()
    for name in ("working_sets", "hard_sets", "system_volume_load_kg", "strength_pct"):
        np.testing.assert_array_equal(shown[name], run.weekly[name])
    for name in ("fitness", "fatigue", "performance"):
        curve = run.response[name]
        np.testing.assert_array_equal(explorer.shown.response[name], curve)


def test_the_explorer_starts_from_the_plan_as_it_is(explorer):
    assert explorer.settings["weeks"] == 16
    assert explorer.settings["deload_every_weeks"] == 4
    assert explorer.settings["deload_sets_pct"] == 50
    assert_shows(explorer, simulated(read_plan("guide_16wk")))


@pytest.mark.parametrize(
    ("settings", "knob", "value"),
    [
        ({"weeks": 12}, "weeks", 12),
        ({"sessions_per_week": 2}, "sessions_a_week", 2),
        ({"deload_every_weeks": 3}, "deload_every", 3),
        ({"deload_sets_pct": 20}, "deload_sets", 0.2),
        ({"deload_load_pct": 70}, "deload_load", 0.7),
    ],
    ids=str,
)
def test_a_control_does_what_the_knob_of_the_plan_does(explorer, settings, knob, value):
    explorer.restore(settings)
    plan = apply_knob(read_plan("guide_16wk"), knob, value)
    assert_shows(explorer, simulated(plan))


def test_load_steps_are_those_of_the_knob_of_comparisons(explorer):
    explorer.knobs["load_step_pct"].value = 200
    doubled = apply_knob(read_plan("guide_16wk"), "load_step", 2.0)
    assert_shows(explorer, simulated(doubled))


def test_another_athlete_is_shown(explorer):
    explorer.knobs["athlete"].value = "lifter"
    assert_shows(explorer, simulated(read_plan("guide_16wk"), "lifter"))


def test_an_own_plan_and_athlete_can_be_explored():
    plan = vary(read_plan("deadlift_5x5_10wk"), {"deload.every_weeks": 5})
    someone = read_athlete("lifter").model_copy(update={"name": "Someone"})
    own = explore_plan(plan, someone)
    assert own.settings["athlete"] == "given"
    assert_shows(own, simulate(plan, someone, noise=False))


def test_the_words_follow_the_knobs(explorer):
    assert "Deload weeks: 4, 8, 12, 16." in explorer.words.value
    explorer.knobs["deload_every_weeks"].value = 0
    assert "Deload weeks: none." in explorer.words.value


def test_the_words_say_what_the_tables_say(explorer):
    run = simulated(read_plan("guide_16wk"))
    total = run.weekly["working_sets"].sum()
    volume = run.weekly.set_index("week")["system_volume_load_kg"]
    words = explorer.words.value
    assert f"{len(run.weekly)} weeks, {total:.0f} working sets" in words
    assert f"in week {volume.idxmax()} ({volume.max():,.0f} kg)" in words
    assert f"({run.response['performance'].max():.1f} a.u.)" in words
    assert f"fatigue peaks at {run.response['fatigue'].max():.1f} a.u." in words
