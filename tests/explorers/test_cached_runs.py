"""What explorers show is what the library computes, only faster."""

import numpy as np
import pytest
from numpy.lib.recfunctions import structured_to_unstructured as numbers_of

from hipext import cohort, read_athlete, read_plan, simulate
from hipext.athletes.athlete import FlareUp
from hipext.explorers.cached_runs import cached_crowd, cached_run
from hipext.files.parameters import parameters_changed
from hipext.studies.crowds import simulate_athletes
from hipext.studies.scenarios import Scenario

PLANS = ("guide_16wk", "maintenance_2day_13wk", "deadlift_5x5_10wk")


def assert_equal(cached, run):
    """Check the arrays of a cached run against the tables, to the last digit."""
    weekly, daily = run.weekly, run.daily
    pairs = {
        "session_rpe_load": (cached.session_rpe, daily["session_rpe_load"]),
        "volume": (cached.volume_kg, weekly["system_volume_load_kg"]),
        "hard_sets": (cached.hard_sets, weekly["hard_sets"]),
        "strength": (cached.strength_pct, daily["strength_pct"]),
        "deload": (cached.is_deload, weekly["is_deload"]),
        "working_sets": (cached.trace.weeks["working_sets"], weekly["working_sets"]),
        "pain": (cached.trace.days["pain_reported"], daily["pain_reported"]),
    }
    for name, (ours, theirs) in pairs.items():
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    assert cached.phases == weekly["phase"].tolist()


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("name", ["novice", "runner", "lifter"])
@pytest.mark.parametrize("noise", [False, True])
def test_a_cached_run_has_the_numbers_of_a_simulation(plan, name, noise):
    plan, athlete = read_plan(plan), read_athlete(name)
    run = simulate(plan, athlete, seed=3, noise=noise)
    assert_equal(cached_run(plan, athlete, seed=3, noise=noise), run)


def test_another_athlete_or_constant_is_not_taken_from_the_cache():
    plan, kim = read_plan("guide_16wk"), read_athlete("novice")
    cached_run(plan, kim)
    hurt = kim.model_copy(update={"flare_ups": (FlareUp(week=6, pain=7),)})
    assert_equal(cached_run(plan, hurt), simulate(plan, hurt, noise=False))
    changes = {"effort.usual_rest_s": 240.0, "effort.unrated_rpe": 7.0}
    with parameters_changed(changes | {"tolerance.novice": 30.0}):
        assert_equal(cached_run(plan, kim), simulate(plan, kim, noise=False))
    assert_equal(cached_run(plan, kim), simulate(plan, kim, noise=False))


def test_a_cached_crowd_has_the_weeks_of_a_comparison():
    plan, athletes = read_plan("guide_16wk"), cohort(7, "novices", seed=2)
    scenario = Scenario(name="as it is", plan=plan)
    expected = simulate_athletes(scenario, athletes, seed=5)
    found = cached_crowd(plan, athletes, seed=5)
    np.testing.assert_array_equal(*map(numbers_of, (found, expected)))
