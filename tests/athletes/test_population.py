"""Persons are drawn from what a population says, each by its own number."""

from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext import PlanError, read_athlete, read_plan
from hipext.athletes.athlete import Athlete, check_athlete
from hipext.athletes.population import check_population, cohort, read_population
from hipext.engine.random import normals
from hipext.engine.state import BASELINE, MORNING, RANGE, TESTS
from hipext.simulation.run import setting_of, weeks_of_all

POPULATIONS = ("novices", "gym")
N = 40_000
NO_SPREAD = dict.fromkeys(
    [
        "response_cv",
        "one_rm_cv",
        "body_mass_cv",
        "technique_sd",
        "range_sd_deg",
        "sides_range_sd_deg",
        "bridge_cv",
        "sides_bridge_cv",
        "sorensen_cv",
        "sleep_sd_h",
        "stress_sd",
    ],
    0.0,
)


def population(*, spread=None, **more):
    """Return a population around the shipped novice with spreads of its own."""
    values = {"name": "test", "athlete": "novice", "spread": spread or {}, **more}
    return check_population(values, source="test")


def drawn(trait, **spread):
    """Return a trait of many persons of whom nothing differs but what is given."""
    people = cohort(N, population(spread=NO_SPREAD | spread), seed=11)
    return people.traits()[trait]


@pytest.mark.parametrize(
    ("trait", "name", "cv"),
    [
        ("response", "response_cv", 0.5),
        ("strength", "one_rm_cv", 0.2),
        ("body_mass_kg", "body_mass_cv", 0.1),
        ("sorensen_s", "sorensen_cv", 0.25),
    ],
)
def test_lognormal_trait_keeps_its_mean_and_has_the_spread_asked_for(trait, name, cv):
    average = drawn(trait)[0]
    values = drawn(trait, **{name: cv}, legs_r=1.0)
    assert values.mean() == pytest.approx(average, rel=5 * cv / sqrt(N))
    assert values.std() / values.mean() == pytest.approx(cv, rel=0.04)


@pytest.mark.parametrize(
    ("trait", "name", "sd"),
    [
        ("technique", "technique_sd", 0.08),
        ("sleep_h", "sleep_sd_h", 0.5),
        ("stress", "stress_sd", 0.06),
    ],
)
def test_normal_trait_has_the_spread_asked_for(trait, name, sd):
    values = drawn(trait, **{name: sd})
    assert values.std() == pytest.approx(sd, rel=0.02)
    assert values.mean() == pytest.approx(drawn(trait)[0], abs=5 * sd / sqrt(N))


@pytest.mark.parametrize("r", [-0.5, 0.0, 0.9, 1.0])
def test_legs_agree_as_much_as_asked_for(r):
    people = cohort(N, population(spread=NO_SPREAD | {"response_cv": 0.5, "legs_r": r}))
    traits = people.traits()
    left, right = np.log(traits["response"][:, np.newaxis] * traits["legs"]).T
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(r, abs=0.02)
    assert left.std() == pytest.approx(sqrt(log(1 + 0.5**2)), rel=0.02)
    assert np.exp(left).mean() == pytest.approx(1.0, abs=0.02)


def test_legs_of_athletes_grow_as_alike_as_their_responses():
    people = cohort(400, population(spread=NO_SPREAD | {"response_cv": 0.5}))
    weeks = weeks_of_all(
        setting_of(read_plan("deadlift_5x5_10wk"), people), noise=False
    )
    left, right = (weeks[f"strength_{side}"][:, -1] for side in ("left", "right"))
    assert 0.8 < np.corrcoef(left, right)[0, 1] < 0.99


def test_sides_are_spread_around_the_mean_of_both():
    spread = NO_SPREAD | {"range_sd_deg": 4.0, "sides_range_sd_deg": 1.5}
    people = cohort(N, population(spread=spread))
    left, right = people.traits()["range_deg"].T
    assert ((left + right) / 2).std() == pytest.approx(4.0, rel=0.02)
    assert ((left - right) / 2).std() == pytest.approx(1.5, rel=0.02)


def test_bridges_of_sides_are_spread_around_the_mean_of_both():
    spread = NO_SPREAD | {"bridge_cv": 0.2, "sides_bridge_cv": 0.1}
    left, right = np.log(cohort(N, population(spread=spread)).traits()["bridge_reps"]).T
    for values, cv in (((left + right) / 2, 0.2), ((left - right) / 2, 0.1)):
        assert values.std() == pytest.approx(sqrt(log(1 + cv**2)), rel=0.02)


def numbers_of(traits):
    """Return the twelve normal numbers that traits were drawn with, up to a scale."""
    left, right = np.log(traits["bridge_reps"]).T
    hips, sides = traits["range_deg"].T
    named = [
        np.log(traits["response"]),
        np.log(traits["legs"][:, 0]),
        np.log(traits["strength"]),
        np.log(traits["body_mass_kg"]),
        traits["technique"],
        hips + sides,
        hips - sides,
        left + right,
        left - right,
        np.log(traits["sorensen_s"]),
        traits["sleep_h"],
        traits["stress"],
    ]
    found = np.column_stack(named)
    return (found - found.mean(axis=0)) / found.std(axis=0)


SMALL_SPREAD = dict.fromkeys(NO_SPREAD, 0.02) | {"legs_r": 0.0}


def test_traits_are_independent_of_each_other():
    group = [
        {"share": 0.3, "training_status": "novice"},
        {"share": 0.7, "training_status": "trained"},
    ]
    traits = cohort(N, population(spread=SMALL_SPREAD, group=group)).traits()
    numbers = numbers_of(traits)
    all_ = np.column_stack([numbers, numbers**2, traits["status"]])
    shared = np.corrcoef(all_.T) - np.eye(all_.shape[1])
    assert abs(shared).max() < 6 / sqrt(N)


def test_traits_are_independent_of_the_days_of_an_athlete():
    n, seed = 600, 3
    numbers = numbers_of(cohort(n, population(spread=SMALL_SPREAD), seed=seed).traits())
    uses = [(day, use) for day in range(4) for use in (MORNING, TESTS, RANGE, BASELINE)]
    days = [
        [number for use in uses for number in normals(seed, person, *use)]
        for person in range(n)
    ]
    shared = np.corrcoef(numbers.T, np.transpose(days))[:12, 12:]
    assert abs(shared).max() < 6 / sqrt(n)


def test_part_of_a_part_of_a_cohort_is_a_part_of_it():
    people = cohort(20, "gym")
    part = people[4:15][3:6]
    assert np.array_equal(part.traits(), people.traits()[7:10])
    assert part[1] == people[8]
    assert part[-1].name == people[9].name


HABITS = {"sleep_h": 6.0, "nutrition": 0.5, "hydration": 0.6, "stress": 0.7}


def test_whatever_the_average_athlete_is_like_is_kept():
    sides = {"left": 20.0, "right": 14.0}
    average = check_athlete(
        {
            **read_athlete("novice").model_dump(mode="json"),
            "response": 1.3,
            "legs": {"left": 1.2, "right": 0.8},
            "hip_extension_deg": {"left": 11.0, "right": 16.0},
            "single_leg_bridge_reps": sides,
            "pain_nprs": 2.0,
            "attendance": 0.8,
            "other_sessions_per_week": 4,
            "missed_weeks": [2],
            "recovery": dict(HABITS),
        },
        source="test",
    )
    people = cohort(4, population(athlete=average.model_dump(), spread=NO_SPREAD))
    plan = read_plan("guide_16wk")
    drawn_, read = (setting_of(plan, who).athletes for who in (people, [average] * 4))
    for part, other in zip(drawn_, read, strict=True):
        assert_records_near(part, other)


def assert_records_near(records, others):
    """Make sure that records agree to rounding."""
    for name in records.dtype.names:
        pairs = records[name], others[name]
        np.testing.assert_allclose(*pairs, rtol=1e-12, err_msg=name)


def test_without_any_spread_everybody_is_the_average_athlete():
    average = read_athlete("novice")
    for one in cohort(3, population(spread=NO_SPREAD | {"legs_r": 0.3})):
        assert one.model_copy(update={"name": average.name}) == average


def test_groups_have_their_shares_and_strengths():
    group = [
        {"share": 0.25, "training_status": "untrained", "strength": 0.5},
        {"share": 0.75, "training_status": "trained", "strength": 2.0},
    ]
    traits = cohort(N, population(spread=NO_SPREAD, group=group)).traits()
    is_first = traits["status"] == 0
    assert is_first.mean() == pytest.approx(0.25, abs=5 * sqrt(0.25 * 0.75 / N))
    assert set(traits["strength"][is_first]) == {0.5}
    assert set(traits["strength"][~is_first]) == {2.0}
    assert set(traits["status"]) == {0, 3}


@pytest.mark.parametrize("name", POPULATIONS)
def test_athletes_drawn_at_once_are_those_drawn_one_by_one(name):
    people = cohort(40, name, seed=7)
    plan = read_plan("guide_16wk")
    together, singly = (setting_of(plan, who).athletes for who in (people, [*people]))
    for part, other in zip(together, singly, strict=True):
        assert np.array_equal(part, other)


@pytest.mark.parametrize("name", POPULATIONS)
def test_plain_python_draws_the_same_athletes(name):
    people = cohort(60, name, seed=2**63 - 1)
    singles = np.concatenate(
        [people[place : place + 1].traits() for place in range(60)]
    )
    assert np.array_equal(people.traits(), singles)


@given(
    st.integers(0, 2**63 - 1), st.integers(1, 30), st.integers(0, 20), st.integers(0, 9)
)
def test_athlete_is_the_same_in_every_part_of_every_cohort(seed, more, first, length):
    people = cohort(first + length + more, "gym", seed=seed)
    part = people[first : first + length + 1]
    assert np.array_equal(part.traits(), people.traits()[first : first + length + 1])
    assert part[0] == people[first]


def test_three_groups_have_their_shares():
    shares_asked = {"untrained": 0.2, "novice": 0.3, "trained": 0.5}
    group = [
        {"share": share, "training_status": status}
        for status, share in shares_asked.items()
    ]
    found = cohort(N, population(spread=NO_SPREAD, group=group)).traits()["status"]
    shares = np.bincount(found)[[0, 1, 3]] / N
    np.testing.assert_allclose(shares, [0.2, 0.3, 0.5], atol=5 * sqrt(0.25 / N))


def test_seeds_draw_others_and_zero_is_a_seed():
    zero, one = (cohort(5, seed=seed).traits() for seed in (0, 1))
    assert not np.isin(zero["response"], one["response"]).any()
    assert np.array_equal(zero, cohort(5).traits())


def test_athletes_drawn_are_legal_athletes():
    for one in cohort(200, "gym"):
        assert Athlete.model_validate(one.model_dump()) == one


def test_extreme_spreads_stay_within_what_an_athlete_file_allows():
    most = {"response_cv": 2.0, "one_rm_cv": 1.0, "bridge_cv": 1.0, "legs_r": -1.0}
    most |= {"sleep_sd_h": 3.0, "stress_sd": 0.5, "range_sd_deg": 15.0}
    most |= {"technique_sd": 0.5, "body_mass_cv": 0.5, "sorensen_cv": 1.0}
    for one in cohort(300, population(spread=most)):
        assert Athlete.model_validate(one.model_dump()) == one


def test_cohort_is_a_sequence():
    people = cohort(10)
    assert len(people) == 10
    assert people[-1] == people[9] == [*people][9]
    assert len(people[2:5]) == 3
    with pytest.raises(IndexError):
        people[10]
    with pytest.raises(ValueError, match="got step 2"):
        people[::2]


@pytest.mark.parametrize("name", POPULATIONS)
def test_shipped_population_survives_json(name):
    one = read_population(name)
    assert check_population(one.model_dump(mode="json"), source="json") == one


@pytest.mark.parametrize("n", [0, -1, 2**32, 1.5, True, "3"])
def test_number_of_athletes_is_checked(n):
    with pytest.raises(ValueError, match=rf"1 to 4294967295; got {n!r}"):
        cohort(n)


@pytest.mark.parametrize("seed", [-1, 2**63, 0.5, None])
def test_seed_is_checked(seed):
    with pytest.raises(ValueError, match=f"seed must be .*; got {seed!r}"):
        cohort(1, seed=seed)


def test_unknown_population_is_reported_with_those_there_are():
    with pytest.raises(
        FileNotFoundError, match=r"gym, novices.*Did you mean 'novices'"
    ):
        cohort(1, "novicess")


def test_athlete_in_place_of_a_population_is_reported():
    with pytest.raises(FileNotFoundError, match="'runner' is a shipped athlete"):
        cohort(1, "runner")


def test_all_problems_of_a_population_are_reported_at_once():
    values = {
        "athlete": {"format": 1, "name": "x", "body_mass_kg": 7},
        "spread": {"response_cv": 9, "legs": 1},
        "group": [{"share": 0.5, "training_status": "novice"}],
    }
    with pytest.raises(PlanError) as caught:
        check_population(values, source="mine.toml")
    problems = "\n".join(caught.value.problems)
    for part in ("body_mass_kg", "response_cv", "legs", "make 0.5", "name"):
        assert part in problems


def test_group_shares_must_make_one():
    group = [{"share": 0.5, "training_status": "novice"}] * 3
    with pytest.raises(PlanError, match=r"must make 1 together; they make 1\.5"):
        population(group=group)


def test_traits_of_the_average_are_exact_closed_forms():
    one = cohort(1, population(spread=NO_SPREAD | {"response_cv": 1.0, "legs_r": 1.0}))
    response = one.traits()["response"][0]
    z = (log(response) + log(2.0) / 2) / sqrt(log(2.0))
    assert exp(sqrt(log(2.0)) * z - log(2.0) / 2) == pytest.approx(response)
    assert abs(z) < 6.7
    assert one.traits()["legs"].tolist() == [[1.0, 1.0]]
