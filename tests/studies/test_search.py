"""What a search finds are outcomes of the same persons on the same days."""

import numpy as np
import pandas as pd
import pytest

from hipext import PlanError, find_front, read_athlete, read_plan
from hipext.athletes.population import cohort
from hipext.files.parameters import parameters_changed
from hipext.studies.comparison import compare
from hipext.studies.scenarios import scenario_of
from hipext.studies.search import front_from_record, search_tables
from hipext.studies.sweep_file import check_search, inputs_of_study

PLAN = "deadlift_5x5_10wk"
GOALS = {"strength_pct": "highest", "minutes": "lowest"}
LIMITS = {"lumbar_load": {"at_most": 150, "of": "p75"}, "soreness": {"at_most": 5}}
VARY = {"load_step": {"low": 0.3, "high": 2.0}, "deload_every": [0, 2, 4]}


def spec_of(**values):
    """Return a short search for a few persons."""
    spec = {
        "format": 1,
        "name": "test",
        "plan": PLAN,
        "population": "novices",
        "n_athletes": 30,
        "seed": 6,
        "vary": VARY,
        "goals": GOALS,
        "limits": LIMITS,
        "search": {"trials": 12, "generation": 6},
    }
    return check_search(spec | values, source="test")


def of_athlete(**values):
    """Return a short search for one person."""
    return spec_of(population=None, athlete="novice", **values)


@pytest.fixture(scope="module")
def found():
    """Return what a short search finds."""
    return find_front(spec_of(), progress=False)


def outcomes_of_trial(trial, people, **options):
    """Return the outcomes of persons in the scenario of a trial."""
    changes = {name: trial[name] for name in VARY}
    scenario = scenario_of(read_plan(PLAN), changes)
    return compare([scenario], people, progress=False, **options).outcomes


@pytest.mark.parametrize("place", [0, 5, -1])
def test_goals_and_limits_of_a_trial_are_those_of_its_athletes(found, place):
    trial = found.trials.iloc[place]
    simulate_athletes = outcomes_of_trial(
        trial, cohort(30, "novices", seed=6), seeds=(6,)
    )
    for name in (*GOALS, "soreness"):
        assert trial[name] == pytest.approx(simulate_athletes[name].mean(), rel=1e-12)
    assert trial["lumbar_load_p75"] == pytest.approx(
        simulate_athletes["lumbar_load"].quantile(0.75)
    )


def test_each_copy_of_an_athlete_has_days_of_its_own():
    spec = of_athlete(n_athletes=7)
    trial = find_front(spec, progress=False).trials.iloc[3]
    simulate_athletes = outcomes_of_trial(
        trial, [read_athlete("novice")] * 7, seeds=(6,)
    )
    assert trial["soreness"] == pytest.approx(
        simulate_athletes["soreness"].mean(), rel=1e-12
    )


def test_search_without_noise_has_none():
    spec = of_athlete(n_athletes=3, noise=False)
    trial = find_front(spec, progress=False).trials.iloc[0]
    simulate_athletes = outcomes_of_trial(trial, read_athlete("novice"), noise=False)
    assert trial["strength_pct"] == pytest.approx(
        simulate_athletes["strength_pct"].iloc[0]
    )


def test_trials_are_as_many_as_asked_for_and_of_the_space(found):
    assert 6 < len(found.trials) <= 12
    assert found.trials["load_step"].between(0.3, 2.0).all()
    assert set(found.trials["deload_every"]) <= {0, 2, 4}
    assert set(found.trials["generation"]) == {1, 2}


def test_same_record_gives_the_same_bytes(found):
    again = front_from_record(inputs_of_study(spec_of()), progress=False)
    assert search_tables(again) == search_tables(found)


def test_seed_makes_another_search(found):
    other = find_front(spec_of(seed=7), progress=False)
    assert not found.trials["load_step"].isin(other.trials["load_step"]).any()


def test_engines_find_the_same():
    spec = spec_of(n_athletes=2, search={"trials": 4, "generation": 2})
    one, other = (
        find_front(spec, engine=engine, progress=False)
        for engine in ("compiled", "plain")
    )
    pd.testing.assert_frame_equal(one.trials, other.trials, rtol=1e-12)


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_constants_in_use_hold_in_every_thread(engine):
    spec = of_athlete(search={"trials": 2, "generation": 2}, noise=False)
    with parameters_changed({"muscle.gain": 0.0, "skill.gain": 0.0}):
        none = find_front(spec, engine=engine, progress=False).trials
    usual = find_front(spec, engine=engine, progress=False).trials
    assert (none["strength_pct"] < usual["strength_pct"] - 1.0).all()


def test_varied_constants_and_athletes_are_set():
    vary = {"parameter.muscle.gain": [0.0, 0.02], "athlete.response": [0.5, 1.5]}
    spec = of_athlete(vary=vary, limits={}, noise=False, goals={"left_pct": "highest"})
    best = find_front(spec, progress=False).front.iloc[0]
    assert (best["parameter.muscle.gain"], best["athlete.response"]) == (0.02, 1.5)


def test_changes_that_make_no_plan_together_are_not_allowed():
    vary = {"deload_every": [4], "athlete.recovery.sleep_h": [7, 99]}
    spec = of_athlete(vary=vary, limits={}, search={"trials": 8, "generation": 8})
    trials = find_front(spec, progress=False).trials
    asleep = trials["athlete.recovery.sleep_h"] == 99
    assert trials.loc[asleep, list(GOALS)].isna().all(axis=None)
    assert trials["is_allowed"].tolist() == (~asleep).tolist()


@pytest.mark.parametrize("trials", [2, 9])
def test_search_in_which_nothing_can_be_done_says_why(trials):
    size = {"trials": trials, "generation": 2}
    spec = of_athlete(vary={"athlete.one_rm_kg": [{}], "rest": [1, 2]}, search=size)
    with pytest.raises(PlanError, match="has no 1RM for"):
        find_front(spec, progress=False)


def test_search_in_which_nothing_is_allowed_has_no_front():
    found = find_front(spec_of(limits={"weeks": {"at_most": 1}}), progress=False)
    assert found.front.empty
    assert not found.trials["is_allowed"].any()
    assert "The nearest misses" in found.report()


def test_goals_that_nothing_changes_leave_all_on_the_front():
    vary, goals = {"athlete.foot_angle_deg": [0, 5, 10]}, {"strength_pct": "highest"}
    spec = of_athlete(vary=vary, goals=goals, limits={}, noise=False)
    found = find_front(spec, progress=False)
    assert len(set(found.front["strength_pct"])) == 1
    assert sorted(found.front["athlete.foot_angle_deg"]) == [0, 5, 10]


def test_limit_of_a_percentile_goes_by_athletes():
    limits = {"strength_pct": {"at_least": 0, "of": "p1"}}
    limits["minutes"] = {"at_least": 0, "of": "p99"}
    found = find_front(spec_of(limits=limits), progress=False).trials
    assert (found["strength_pct_p1"] < found["strength_pct"]).all()
    assert (found["minutes_p99"] > found["minutes"]).all()


def test_inputs_are_enough_and_hold_no_paths():
    inputs = inputs_of_study(spec_of())
    assert set(inputs) == {"search", "plan", "participants"}
    assert not {"plan", "athlete", "population", "n_athletes"} & set(inputs["search"])
    assert inputs["participants"]["population"]["name"] == "Novices"
    assert inputs["participants"]["n"] == 30
    assert np.isclose(inputs["search"]["limits"]["lumbar_load"]["at_most"], 150)
