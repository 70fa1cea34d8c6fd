"""Repetition-maximum relations against their published formulas, and their ranges."""

from math import exp, inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.files.evidence import check_sources
from hipext.intensity.relations import (
    RELATIONS,
    epley_with,
    linear_with,
    modified_epley_with,
    relation_of,
)

PUBLISHED = {  # 1RM from load w and repetitions r, as the rows of evidence have them
    "epley": lambda w, r: w * (1 + r / 30),
    "brzycki": lambda w, r: 36 * w / (37 - r),
    "lombardi": lambda w, r: w * r**0.10,
    "mayhew": lambda w, r: 100 * w / (52.2 + 41.9 * exp(-0.055 * r)),
    "wathan": lambda w, r: 100 * w / (48.8 + 53.8 * exp(-0.075 * r)),
    "oconner": lambda w, r: w * (1 + 0.025 * r),
    "lander": lambda w, r: 100 * w / (101.3 - 2.67123 * r),
    "linear": lambda w, r: w / ((33 - r + 1) / 33),
    "modified_epley": lambda w, r: w * (0.0353 * (r - 1) + 1),
}
relations = pytest.mark.parametrize("relation", RELATIONS)


def test_there_are_nine_relations_under_their_own_names():
    assert {name: one.name for name, one in RELATIONS.items()} == {
        name: name for name in PUBLISHED
    }


@relations
@pytest.mark.parametrize("reps", [1, 2.5, 5, 12, 20, 30])
def test_a_relation_is_its_published_formula(relation, reps):
    expected = 80 / PUBLISHED[relation](80, reps)
    fraction = RELATIONS[relation].fraction_at(reps)
    assert fraction == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("relation", "reps", "pct"),
    [
        ("oconner", 10, 80.0),  # 1 / 1.25
        ("lander", 10, 74.5877),  # 101.3 - 26.7123
        ("linear", 1, 100.0),
        ("linear", 23, 100 / 3),  # 11 / 33
        ("modified_epley", 11, 100 / 1.353),
        ("lombardi", 1, 100.0),
    ],
)
def test_a_relation_gives_the_value_worked_by_hand(relation, reps, pct):
    assert 100 * RELATIONS[relation].fraction_at(reps) == pytest.approx(pct, rel=1e-12)


@relations
@given(reps=st.floats(1, 30))
def test_repetitions_come_back_from_their_fraction(relation, reps):
    chosen = RELATIONS[relation]
    assert chosen.reps_at(chosen.fraction_at(reps)) == pytest.approx(reps, abs=1e-9)


@relations
def test_a_relation_falls_strictly_over_its_whole_range(relation):
    chosen = RELATIONS[relation]
    reps = np.linspace(chosen.min_reps, chosen.max_reps, 500)
    assert (np.diff(chosen.fraction_at(reps)) < 0).all()
    assert (chosen.fraction_at(reps) > 0).all()


@pytest.mark.parametrize(
    ("relation", "min_reps"),
    [
        ("epley", 0),
        ("brzycki", 1),
        ("lombardi", 1),
        ("oconner", 0),
        ("lander", 1.3 / 2.67123),
        ("linear", 1),
        ("modified_epley", 1),
        ("wathan", np.log(53.8 / 51.2) / 0.075),
    ],
)
def test_the_lowest_repetitions_stand_at_the_1rm(relation, min_reps):
    chosen = RELATIONS[relation]
    assert chosen.min_reps == pytest.approx(min_reps)
    assert chosen.fraction_at(chosen.min_reps) == pytest.approx(1)
    assert chosen.highest_pct == pytest.approx(100)


def test_mayhew_knows_nothing_above_the_load_it_gives_to_no_repetition():
    assert RELATIONS["mayhew"].min_reps == 0
    assert RELATIONS["mayhew"].highest_pct == pytest.approx(52.2 + 41.9)


def test_four_relations_give_the_load_itself_at_one_repetition():
    exact = {name for name, one in RELATIONS.items() if one.is_exact_at_one}
    assert exact == {"brzycki", "lombardi", "linear", "modified_epley"}


@relations
def test_every_relation_has_a_source_and_holds_for_30_repetitions(relation):
    check_sources([RELATIONS[relation].source], name=relation)
    assert RELATIONS[relation].max_reps == 30
    lowest = 100 * RELATIONS[relation].fraction_at(30)
    assert RELATIONS[relation].lowest_pct == pytest.approx(lowest)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (epley_with(1 / 30), "epley"),
        (epley_with(0.025), "oconner"),
        (modified_epley_with(0.0353), "modified_epley"),
        (linear_with(34), "linear"),
        (linear_with(37), "brzycki"),
    ],
)
@pytest.mark.parametrize("reps", [1, 7, 30])
def test_a_relation_with_the_constant_of_another_is_the_same(made, named, reps):
    fraction = RELATIONS[named].fraction_at(reps)
    assert made.fraction_at(reps) == pytest.approx(fraction, rel=1e-15)
    assert made.reps_at(fraction) == pytest.approx(reps)
    assert made.is_exact_at_one == RELATIONS[named].is_exact_at_one


@pytest.mark.parametrize(
    ("made", "name", "source"),
    [
        (epley_with(0.04), "epley with k=0.04", "E03-001"),
        (modified_epley_with(0.05), "modified_epley with k=0.05", "E03-008"),
        (linear_with(41), "linear with reps_at_no_load=41", "E03-018"),
    ],
)
def test_a_relation_with_its_own_constant_says_so_in_its_name(made, name, source):
    assert (made.name, made.source, made.max_reps) == (name, source, 30)


def test_a_line_that_ends_early_holds_until_the_repetition_before():
    short = linear_with(12)
    assert short.max_reps == 11
    assert short.fraction_at(short.max_reps) == pytest.approx(1 / 11)


@pytest.mark.parametrize("relation_with", [epley_with, modified_epley_with])
@pytest.mark.parametrize("k", [0, -0.03, nan, inf])
def test_a_constant_of_epley_is_positive(relation_with, k):
    with pytest.raises(
        ValueError, match=f"k must be a positive number per repetition; got {k}"
    ):
        relation_with(k)


@pytest.mark.parametrize("reps_at_no_load", [2, 0.03, -5, nan, inf])
def test_a_line_reaches_no_load_after_more_than_2_repetitions(reps_at_no_load):
    told = f"repetitions above 2; got {reps_at_no_load:g}. It is klin . 1: write 34"
    with pytest.raises(ValueError, match=told):
        linear_with(reps_at_no_load)


def test_a_relation_stands_for_itself_and_a_name_for_its_relation():
    own = epley_with(0.04)
    assert relation_of(own) is own
    assert relation_of("lander") is RELATIONS["lander"]


def test_an_unknown_relation_is_refused_with_the_likely_one():
    with pytest.raises(
        ValueError,
        match=r"relation must be one of 'epley', .*; got 'oconnor'. .*'oconner'",
    ):
        relation_of("oconnor")
