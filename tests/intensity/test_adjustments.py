"""Four ways to stay short of the maximum, worked by hand and there and back."""

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipext.intensity.relations import RELATIONS, epley_with, pct_1rm
from hipext.intensity.schemes import ADJUSTMENTS, adjusted_pct_1rm, adjusted_reps

PAIRS = [
    ("rir", 0),
    ("rir", 4),
    ("deducted", 0),
    ("deducted", 7.5),
    ("relative", 100),
    ("relative", 92.5),
    ("pct_max_reps", 100),
    ("pct_max_reps", 80),
]


@pytest.mark.parametrize(
    ("method", "adjustment", "pct"),
    [
        ("rir", 5, 100 / (1 + 15 / 30)),
        ("deducted", 15, 75 - 15),
        ("relative", 90, 75 * 0.9),
        ("pct_max_reps", 50, 100 / (1 + 20 / 30)),
    ],
)
def test_ten_repetitions_short_of_their_maximum_are_worked_by_hand(
    method, adjustment, pct
):
    found = adjusted_pct_1rm(10, method=method, adjustment=adjustment)
    assert found == pytest.approx(pct, rel=1e-12)


@pytest.mark.parametrize("relation", [*RELATIONS, epley_with(0.04)])
@pytest.mark.parametrize(("method", "adjustment"), PAIRS)
@settings(max_examples=20)
@given(reps=st.floats(1, 10))
def test_repetitions_come_back_from_their_adjusted_load(
    relation, method, adjustment, reps
):
    how = {"method": method, "adjustment": adjustment, "relation": relation}
    pct = adjusted_pct_1rm(reps, **how)
    assert adjusted_reps(pct, **how) == pytest.approx(reps, abs=1e-9)


@pytest.mark.parametrize(
    ("method", "nothing"),
    [("rir", 0), ("deducted", 0), ("relative", 100), ("pct_max_reps", 100)],
)
def test_an_adjustment_of_nothing_is_the_maximum(method, nothing):
    most = adjusted_pct_1rm(8, method=method, adjustment=nothing, relation="lander")
    assert most == pytest.approx(pct_1rm(8, relation="lander"))


@pytest.mark.parametrize(
    ("method", "adjustment", "message"),
    [
        ("rir", -1, "of rir is the repetitions in reserve, 0 to 30; got -1.$"),
        ("rir", nan, "got nan.$"),
        ("deducted", -5, "points of the 1RM taken off, 0 to 100; got -5.$"),
        ("deducted", 0.2, "got 0.2. Write 20 for 20 %.$"),
        ("relative", 0.9, "2 to 100; got 0.9. Write 90 for 90 %.$"),
        ("relative", 1, "got 1. Write 100 for 100 %.$"),
        ("relative", 101, "got 101.$"),
        ("pct_max_reps", 0, "percent of those possible, 2 to 100; got 0.$"),
        ("pct_max_reps", 0.5, "got 0.5. Write 50 for 50 %.$"),
        ("pct_max_reps", inf, "got inf.$"),
    ],
)
@pytest.mark.parametrize("function", [adjusted_pct_1rm, adjusted_reps])
def test_an_adjustment_out_of_range_is_refused(function, method, adjustment, message):
    with pytest.raises(ValueError, match=message):
        function(75, method=method, adjustment=adjustment)


def test_half_a_repetition_in_reserve_is_no_fraction_of_100():
    assert adjusted_pct_1rm(7, method="rir", adjustment=0.5) == pytest.approx(80)


@pytest.mark.parametrize("function", [adjusted_pct_1rm, adjusted_reps])
def test_an_unknown_method_is_refused(function):
    assert list(ADJUSTMENTS) == ["rir", "deducted", "relative", "pct_max_reps"]
    with pytest.raises(
        ValueError, match=r"method must be one of 'rir', .*; got 'relativ'"
    ):
        function(75, method="relativ", adjustment=90)


@pytest.mark.parametrize(
    ("reps", "method", "adjustment", "message"),
    [
        (10, "deducted", 80, "take at most 75.0 % .* 80 points less leave -5.0 %"),
        (10, "deducted", 75, "75 points less leave 0.0 %"),
        (28, "rir", 3, "epley holds for 1 to 30 .*; got reps=28, rir=3.$"),
        (16, "pct_max_reps", 50, "epley holds .*; got reps=16, rir=16.$"),
    ],
)
def test_a_load_that_cannot_be_is_refused(reps, method, adjustment, message):
    with pytest.raises(ValueError, match=message):
        adjusted_pct_1rm(reps, method=method, adjustment=adjustment)


@pytest.mark.parametrize(
    ("pct", "method", "adjustment", "message"),
    [
        (90, "deducted", 20, "^90 % .* would be 110.0 % without it; epley knows 50.0"),
        (95, "relative", 90, "method='relative', adjustment=90 would be 105.6 %"),
        (75, "rir", 9.5, "^75 % .* adjustment=9.5 leaves 0.5 repetitions by epley"),
        (90, "pct_max_reps", 10, "leaves 0.3 repetitions by epley; .* at least 1"),
        (0.75, "rir", 2, "pct_1rm must be 50.0 .*; got 0.75. Write 75 for 75 %.$"),
        (30, "deducted", 5, "would be 35.0 % without it; epley knows 50.0 to 100 %"),
    ],
)
def test_repetitions_that_cannot_be_are_refused(pct, method, adjustment, message):
    with pytest.raises(ValueError, match=message):
        adjusted_reps(pct, method=method, adjustment=adjustment)
