"""Repetition-maximum relations: hand values, inverses, and refused ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.intensity import RELATIONS, one_rm, pct_1rm, reps_at

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
@given(reps=REPS, load_kg=st.floats(0.5, 500))
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
