"""Repetition-maximum relations: hand values, inverses, and refused ranges."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext import intensity
from hipext.intensity.relations import (
    RELATIONS,
    epley_with,
    linear_with,
    one_rm,
    one_rm_range,
    pct_1rm,
    reps_at,
    rir_at,
    rpe_at,
)

relations = pytest.mark.parametrize("relation", RELATIONS)
REPS = st.floats(1, 30)


@pytest.mark.parametrize(
    ("relation", "reps", "rir", "expected"),
    [
        ("epley", 10, 0, 75.0),  # 1 / (1 + 10/30) = 3/4
        ("epley", 8, 2, 75.0),
        ("epley", 5, 0, 600 / 7),  # 1 / (1 + 5/30) = 6/7
        ("epley", 30, 0, 50.0),
        ("epley", 1, 0, 3000 / 31),
        ("brzycki", 10, 0, 75.0),  # 27/36
        ("brzycki", 1, 0, 100.0),
        ("brzycki", 4, 3, 250 / 3),  # 30/36
        ("brzycki", 30, 0, 700 / 36),
    ],
)
def test_percent_of_the_1rm_is_that_worked_by_hand(relation, reps, rir, expected):
    assert pct_1rm(reps, rir, relation=relation) == pytest.approx(expected, rel=1e-12)


def test_epley_is_the_relation_where_none_is_named():
    assert pct_1rm(5) == pct_1rm(5, relation="epley") != pct_1rm(5, relation="brzycki")
    assert reps_at(80) == reps_at(80, relation="epley") == pytest.approx(7.5)
    assert one_rm(100, 15) == one_rm(100, 15, relation="epley") == pytest.approx(150)


def test_brzycki_estimates_the_1rm_as_36_w_over_37_minus_r():
    assert one_rm(100, 5, relation="brzycki") == pytest.approx(36 * 100 / (37 - 5))


def test_epley_estimates_the_1rm_as_w_times_1_plus_r_over_30():
    assert one_rm(80, 6) == pytest.approx(80 * (1 + 6 / 30))


@relations
@given(reps=REPS)
def test_repetitions_come_back_from_their_percentage(relation, reps):
    pct = pct_1rm(reps, relation=relation)
    assert reps_at(pct, relation=relation) == pytest.approx(reps, abs=1e-9)


@relations
@given(reps=st.floats(1, 30, exclude_min=True), load_kg=st.floats(0.5, 500))
def test_a_set_at_its_percentage_gives_the_1rm_back(relation, reps, load_kg):
    one_rm_kg = one_rm(load_kg, reps, relation=relation)
    back_kg = one_rm_kg * pct_1rm(reps, relation=relation) / 100
    assert back_kg == pytest.approx(load_kg)


@relations
@given(reps=st.floats(1, 29.9), more=st.floats(0.05, 29))
def test_percentage_falls_strictly_with_repetitions(relation, reps, more):
    higher = min(reps + more, 30)
    assert pct_1rm(higher, relation=relation) < pct_1rm(reps, relation=relation)


@relations
@given(reps=st.integers(1, 20), rir=st.integers(0, 10))
def test_a_repetition_in_reserve_counts_like_one_done(relation, reps, rir):
    together = pct_1rm(reps + rir, relation=relation)
    assert pct_1rm(reps, rir, relation=relation) == together


@relations
def test_the_ends_of_the_range_are_part_of_it(relation):
    lowest = pct_1rm(30, relation=relation)
    assert reps_at(lowest, relation=relation) == pytest.approx(30)
    assert pct_1rm(1, 29, relation=relation) == lowest


def test_all_of_the_1rm_allows_no_repetition_by_epley_and_one_by_brzycki():
    assert reps_at(100) == 0
    assert reps_at(100, relation="brzycki") == 1


@pytest.mark.parametrize(
    ("reps", "rir"),
    [(0, 0), (0.9, 5), (31, 0), (28, 3), (8, -1), (float("nan"), 0), (8, float("nan"))],
)
def test_repetitions_outside_the_range_are_refused_not_capped(reps, rir):
    told = f"^epley holds for 1 to 30 repetitions to failure; got reps={reps:g}, "
    with pytest.raises(ValueError, match=f"{told}rir={rir:g}"):
        pct_1rm(reps, rir)


@pytest.mark.parametrize(
    ("pct", "relation", "message"),
    [
        (49.9, "epley", "pct_1rm must be 50.0 to 100, the range of epley; got 49.9.$"),
        (19, "brzycki", "pct_1rm must be 19.4 to 100, the range of brzycki; got 19.$"),
        (100.1, "epley", "got 100.1.$"),
        (-5, "epley", "got -5.$"),
        (0, "epley", "got 0.$"),
        (0.75, "epley", "got 0.75. Write 75 for 75 %.$"),
        (1, "epley", "got 1. Write 100 for 100 %.$"),
        (float("nan"), "epley", "got nan.$"),
    ],
)
def test_a_percentage_outside_the_range_is_refused(pct, relation, message):
    with pytest.raises(ValueError, match=message):
        reps_at(pct, relation=relation)


@pytest.mark.parametrize("load_kg", [0, -20, float("nan"), float("inf")])
def test_a_1rm_needs_a_positive_load(load_kg):
    with pytest.raises(ValueError, match=f"load_kg must be .* of kg; got {load_kg}"):
        one_rm(load_kg, 5)


def test_a_1rm_from_too_many_repetitions_is_refused():
    with pytest.raises(ValueError, match=r"brzycki holds for 1 to 30 .*; got reps=31"):
        one_rm(60, 31, relation="brzycki")


@pytest.mark.parametrize(
    "function", [pct_1rm, reps_at, lambda n, **k: one_rm(n, 5, **k)]
)
def test_an_unknown_relation_is_refused(function):
    with pytest.raises(
        ValueError, match=r"relation must be one of .*Did you mean 'epley'"
    ):
        function(80, relation="eply")


def test_every_public_name_is_there():
    assert [name for name in intensity.__all__ if not hasattr(intensity, name)] == []


@pytest.mark.parametrize(
    ("relation", "made_kg"),
    [
        ("epley", "103.3"),  # 1 + 1/30
        ("oconner", "102.5"),
        ("mayhew", "108.9"),  # 100 / (52.2 + 41.9 exp(-0.055))
        ("wathan", "101.3"),  # 100 / (48.8 + 53.8 exp(-0.075))
        ("lander", "101.4"),  # 100 / 98.62877
        (epley_with(0.04), "104.0"),
    ],
)
def test_one_repetition_is_the_1rm_and_no_relation_may_raise_it(relation, made_kg):
    told = (
        "^100 kg lifted once to failure is the 1RM itself; .* would make it "
        f"{made_kg} kg. .*: brzycki, lombardi, linear, modified_epley.$"
    )
    with pytest.raises(ValueError, match=told):
        one_rm(100, 1, relation=relation)


@pytest.mark.parametrize("relation", ["brzycki", "lombardi", "linear", linear_with(40)])
def test_one_repetition_gives_the_load_where_the_relation_is_exact(relation):
    assert one_rm(100, 1, relation=relation) == pytest.approx(100)


@relations
def test_forty_repetitions_are_refused_by_every_relation(relation):
    told = f"^{relation} holds for 1 to 30 repetitions to failure; got reps=40, rir=0"
    with pytest.raises(ValueError, match=told):
        pct_1rm(40, relation=relation)


@relations
def test_arrays_give_what_their_elements_give(relation):
    reps, loads_kg = np.array([2, 5.5, 12]), np.array([80.0, 70, 60])
    pct = [pct_1rm(one, 3, relation=relation) for one in reps]
    np.testing.assert_allclose(pct_1rm(reps, 3, relation=relation), pct)
    np.testing.assert_allclose(reps_at(np.array(pct), relation=relation), reps + 3)
    pairs = zip(loads_kg, reps, strict=True)
    made_kg = [one_rm(load_kg, one, relation=relation) for load_kg, one in pairs]
    np.testing.assert_allclose(one_rm(loads_kg, reps, relation=relation), made_kg)


@relations
def test_one_number_gives_a_plain_number(relation):
    pct = pct_1rm(np.float64(8), relation=relation)
    assert [type(pct), type(reps_at(pct, relation=relation))] == [float, float]
    assert type(one_rm(80, 8, relation=relation)) is float
    assert type(rir_at(pct, 5, relation=relation)) is float


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: pct_1rm(np.array([5, 31, 40])), "got reps=31, rir=0.$"),
        (lambda: pct_1rm(np.array([5, 6]), np.array([0, -1])), "got reps=6, rir=-1.$"),
        (lambda: pct_1rm(np.array([[8, nan]]), 1), "got reps=nan, rir=1.$"),
        (lambda: pct_1rm(5, np.array([0, 26])), "got reps=5, rir=26.$"),
        (lambda: reps_at(np.array([80, 0.75])), "got 0.75. Write 75 for 75 %.$"),
        (lambda: one_rm(np.array([80, nan]), 5), "load_kg .* of kg; got nan.$"),
        (lambda: one_rm(np.array([80, -inf]), 5), "load_kg .* of kg; got -inf.$"),
        (lambda: one_rm(np.array([80, 95]), np.array([5, 1])), "^95 kg lifted once"),
        (lambda: rir_at(80.0, np.array([5, 9])), "allows 7.5 .* got 9.$"),
    ],
)
def test_the_first_bad_element_of_an_array_is_named(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()


@relations
@given(reps=st.integers(1, 18), rir=st.floats(0, 10))
def test_the_reserve_comes_back_from_its_percentage(relation, reps, rir):
    pct = pct_1rm(reps, rir, relation=relation)
    assert rir_at(pct, reps, relation=relation) == pytest.approx(rir, abs=1e-9)
    assert rpe_at(pct, reps, relation=relation) == pytest.approx(10 - rir, abs=1e-9)


def test_a_set_to_failure_leaves_no_reserve_although_numbers_are_rounded():
    reps = np.arange(1, 31)
    assert (rir_at(pct_1rm(reps), reps) >= 0).all()
    np.testing.assert_allclose(rir_at(pct_1rm(reps), reps), 0, atol=1e-9)


@pytest.mark.parametrize(
    ("pct", "reps", "message"),
    [
        (75, 11, "^75 % of the 1RM allows 10.0 repetitions by epley; .*, got 11.$"),
        (75, 0, "reps must be 1 to that, got 0.$"),
        (75, nan, "reps must be 1 to that, got nan.$"),
        (100, 1, "^100 % of the 1RM allows 0.0 repetitions by epley; .*, got 1.$"),
        (0.75, 5, "pct_1rm must be 50.0 to 100, .* got 0.75. Write 75 for 75 %.$"),
    ],
)
def test_a_set_that_the_load_does_not_allow_has_no_reserve(pct, reps, message):
    with pytest.raises(ValueError, match=message):
        rir_at(pct, reps)


def test_effort_has_no_value_with_more_than_10_in_reserve():
    assert rpe_at(60, 10) == pytest.approx(0)  # 20 repetitions possible
    told = "at most 10 .*; 9 repetitions at 60 % of the 1RM leave 11.0.$"
    with pytest.raises(ValueError, match=told):
        rpe_at(60, 9)


def test_mayhew_refuses_loads_above_its_highest():
    told = "pct_1rm must be 60.2 to 94.1, the range of mayhew; got 95.$"
    assert reps_at(94.1, relation="mayhew") == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match=told):
        reps_at(95, relation="mayhew")


@relations
def test_all_of_the_1rm_or_the_most_a_relation_knows_allows_its_lowest(relation):
    chosen = RELATIONS[relation]
    lowest = reps_at(chosen.highest_pct, relation=relation)
    assert lowest == pytest.approx(chosen.min_reps, abs=1e-9)


def test_the_range_has_every_relation_the_lowest_1rm_first():
    made = one_rm_range(100, 6, 2)
    assert made.columns.tolist() == ["relation", "e1rm_kg", "pct_1rm", "source"]
    assert set(made["relation"]) == set(RELATIONS)
    assert made["e1rm_kg"].is_monotonic_increasing
    assert made["relation"].iloc[[0, -1]].tolist() == ["oconner", "wathan"]


def test_each_row_of_the_range_is_what_its_relation_makes_of_the_set():
    made = one_rm_range(100, 6, 2).set_index("relation")
    assert made.loc["epley", "e1rm_kg"] == pytest.approx(100 * (1 + 8 / 30))
    assert made.loc["linear", "pct_1rm"] == pytest.approx(100 * 26 / 33)
    assert made.loc["lander", "source"] == "E03-007"
    np.testing.assert_allclose(made["e1rm_kg"] * made["pct_1rm"], 100 * 100)


def test_at_one_repetition_only_exact_relations_have_a_row():
    made = one_rm_range(100, 1)
    assert set(made["relation"]) == {"brzycki", "lombardi", "linear", "modified_epley"}
    np.testing.assert_allclose(made["e1rm_kg"], 100)
    assert len(one_rm_range(100, 1, 1)) == len(RELATIONS)


@pytest.mark.parametrize(
    ("load_kg", "reps", "rir", "message"),
    [
        (100, 28, 3, "holds for 1 to 30 .*; got reps=28, rir=3"),
        (100, 0, 5, "got reps=0, rir=5"),
        (-5, 5, 0, "load_kg must be .* of kg; got -5"),
    ],
)
def test_a_range_of_an_impossible_set_is_refused(load_kg, reps, rir, message):
    with pytest.raises(ValueError, match=message):
        one_rm_range(load_kg, reps, rir)
