"""Estimates of 1RM and constant: known truth, coverage, and a brute-force profile."""

from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.intensity.estimates import (
    RepsEstimate,
    estimate_one_rm,
    fitted_line,
    interval_of_zero,
)
from hipext.intensity.relations import (
    epley_with,
    linear_with,
    modified_epley_with,
    pct_1rm,
)

WITH = {
    "epley": epley_with,
    "modified_epley": modified_epley_with,
    "linear": linear_with,
}
TRUE_K = {"epley": 0.036, "modified_epley": 0.041, "linear": 38.0}
TRUE_KG = 120.0
PCT = np.array([65.0, 70, 75, 80, 85, 90])
NOISY = [0.6, -0.9, 0.4, 0.8, -0.7, 0.2]  # repetitions
T_4 = 2.7764451  # 97.5 % quantile of t with 4 degrees of freedom, from a table
families = pytest.mark.parametrize("relation", WITH)


def sets_of(relation, *, errors=0.0, pct=PCT, k=None, one_rm_kg=TRUE_KG):
    """Return sets to failure of a person who follows a relation."""
    k = TRUE_K[relation] if k is None else k
    reps = WITH[relation](k).reps_at(pct / 100) + errors
    return pd.DataFrame({"load_kg": pct / 100 * one_rm_kg, "reps": reps})


@families
@given(k=st.floats(0.9, 1.2), one_rm_kg=st.floats(40, 300))
def test_sets_without_error_give_constant_and_1rm_back(relation, k, one_rm_kg):
    k = k * TRUE_K[relation]
    found = estimate_one_rm(
        sets_of(relation, k=k, one_rm_kg=one_rm_kg), relation=relation
    )
    assert found.k == pytest.approx(k)
    assert found.one_rm_kg == pytest.approx(one_rm_kg)
    assert found.residual_sd_reps == pytest.approx(0, abs=1e-9)
    assert [found.k_low, found.k_high] == pytest.approx([k, k], rel=1e-5)
    interval_kg = [found.one_rm_low_kg, found.one_rm_high_kg]
    assert interval_kg == pytest.approx([one_rm_kg, one_rm_kg], rel=1e-5)


@families
def test_a_known_constant_leaves_the_1rm_and_a_known_1rm_the_constant(relation):
    sets = sets_of(relation)
    with_k = estimate_one_rm(sets, relation=relation, k=TRUE_K[relation])
    with_1rm = estimate_one_rm(sets, relation=relation, one_rm_kg=TRUE_KG)
    assert with_k.one_rm_kg == pytest.approx(TRUE_KG)
    assert (with_k.k, with_k.k_low, with_k.k_high) == (TRUE_K[relation],) * 3
    assert with_1rm.k == pytest.approx(TRUE_K[relation])
    assert (with_1rm.one_rm_low_kg, with_1rm.one_rm_high_kg) == (TRUE_KG, TRUE_KG)


@families
def test_reserve_counts_like_repetitions_done(relation):
    sets = sets_of(relation, errors=np.array(NOISY))
    spared = sets.assign(reps=sets["reps"] - 1.5, rir=1.5)
    expected = estimate_one_rm(sets, relation=relation)
    found = estimate_one_rm(spared, relation=relation)
    assert found.one_rm_kg == pytest.approx(expected.one_rm_kg)
    assert found.k_high == pytest.approx(expected.k_high)


def test_the_estimate_is_that_of_numpy_polynomials():
    sets = sets_of("epley", errors=np.array(NOISY))
    beta, alpha = np.polyfit(1 / sets["load_kg"], sets["reps"], 1)
    found = estimate_one_rm(sets)
    residuals = sets["reps"] - alpha - beta / sets["load_kg"]
    assert found.k == pytest.approx(-1 / alpha)
    assert found.one_rm_kg == pytest.approx(-beta / alpha)
    assert found.residual_sd_reps == pytest.approx(np.sqrt((residuals**2).sum() / 4))


def x_of(relation, load_kg):
    return load_kg if relation == "linear" else 1 / load_kg


def squares_at(relation, sets, one_rm_kg):
    """Return the least sum of squares of any line that is 0 at this 1RM."""
    x = x_of(relation, sets["load_kg"]) - x_of(relation, one_rm_kg)
    y = sets["reps"] - (relation != "epley")
    return np.linalg.lstsq(x.to_numpy()[:, None], y, rcond=None)[1][0]


@families
def test_the_1rm_interval_is_that_of_the_brute_force_profile(relation):
    sets = sets_of(relation, errors=np.array(NOISY))
    found = estimate_one_rm(sets, relation=relation)
    least = squares_at(relation, sets, found.one_rm_kg)
    ends = [
        squares_at(relation, sets, found.one_rm_low_kg),
        squares_at(relation, sets, found.one_rm_high_kg),
    ]
    assert found.one_rm_low_kg < found.one_rm_kg < found.one_rm_high_kg
    assert least == pytest.approx(4 * found.residual_sd_reps**2)
    limit = least + (T_4 * found.residual_sd_reps) ** 2
    assert ends == pytest.approx([limit, limit], rel=1e-6)


@families
def test_the_constant_interval_is_that_of_the_t_test_of_the_start(relation):
    sets = sets_of(relation, errors=np.array(NOISY))
    found = estimate_one_rm(sets, relation=relation)
    x = np.column_stack([np.ones(6), x_of(relation, sets["load_kg"])])
    y = sets["reps"] - (relation != "epley")
    start = np.linalg.solve(x.T @ x, x.T @ y)[0]
    error = found.residual_sd_reps * np.sqrt(np.linalg.inv(x.T @ x)[0, 0])
    ends = np.array([start - T_4 * error, start + T_4 * error])
    expected = ends + 1 if relation == "linear" else -1 / ends
    assert [found.k_low, found.k_high] == pytest.approx(expected)


def covers(relation, rng, **known):
    """Return whether the intervals of one simulated person hold the truth."""
    sets = sets_of(relation, errors=rng.normal(0, 0.5, size=len(PCT)))
    found = estimate_one_rm(sets, relation=relation, **known)
    return (
        found.k_low <= TRUE_K[relation] <= found.k_high,
        found.one_rm_low_kg <= TRUE_KG <= found.one_rm_high_kg,
    )


@families
def test_95_percent_intervals_hold_the_truth_in_95_of_100(relation, rng):
    held = np.sum([covers(relation, rng) for _ in range(400)], axis=0)
    # 400 draws: 380 expected, binomial SD 4.4; within 4 SD
    assert 363 <= held.min() <= held.max() <= 397


@families
def test_intervals_hold_the_truth_where_one_of_both_is_known(relation, rng):
    k = TRUE_K[relation]
    of_1rm = sum(covers(relation, rng, k=k)[1] for _ in range(400))
    of_k = sum(covers(relation, rng, one_rm_kg=TRUE_KG)[0] for _ in range(400))
    assert 363 <= min(of_1rm, of_k) <= max(of_1rm, of_k) <= 397


LADDER_KG = np.array([60.0, 70, 80, 90])
T_2 = 4.3026527  # 97.5 % quantile of t with 2 degrees of freedom, from a table


@pytest.mark.parametrize(
    ("relation", "reps"),
    [
        ("epley", [10, 8, 6, 4]),  # bounded
        ("linear", [9, 8, 6, 4]),
        ("epley", [16, 8, 4, 4]),  # no upper bound
        ("linear", [12, 10, 10, 8]),
        ("epley", [12, 10, 11, 6]),  # two pieces
        ("linear", [11, 11, 11, 6]),
        ("epley", [12, 9, 16, 4]),  # everything
    ],
)
def test_the_1rm_interval_spans_what_a_search_over_all_1rms_keeps(relation, reps):
    sets = pd.DataFrame({"load_kg": LADDER_KG, "reps": reps})
    found = estimate_one_rm(sets, relation=relation)
    tried_kg = np.geomspace(1, 1e6, 3001)
    limit = (2 + T_2**2) * found.residual_sd_reps**2
    squares = np.array([squares_at(relation, sets, one) for one in tried_kg])
    kept_kg = np.concatenate([[0], tried_kg, [inf]])[
        np.pad(squares <= limit, 1, mode="edge")
    ]
    ends_kg = [found.one_rm_low_kg, found.one_rm_high_kg]
    assert ends_kg == pytest.approx([kept_kg.min(), kept_kg.max()], rel=0.006)


def test_a_line_held_at_a_zero_has_only_that_zero():
    x, y = np.array([1.0, 2, 3]), np.array([4.0, 1.5, 1])
    held = fitted_line(x, y, zero=4.0)
    assert interval_of_zero(held) == pytest.approx((4, 4), rel=1e-6)
    assert held.alpha + 4 * held.beta == pytest.approx(0)


def test_a_line_that_starts_below_one_repetition_has_none_as_its_lowest_constant():
    assert estimate_one_rm(SHAKY, relation="linear").k_low == 1


SHAKY = pd.DataFrame({"load_kg": [80.0, 85, 90, 95], "reps": [9, 4, 9, 4]})


@families
def test_sets_that_hardly_determine_the_1rm_have_no_upper_bound_and_say_so(relation):
    found = estimate_one_rm(SHAKY, relation=relation)
    assert (found.one_rm_low_kg, found.one_rm_high_kg) == (0, inf)
    assert "interval without bounds: these sets do not determine it" in found.sentence


def test_an_interval_with_one_bound_says_that_the_other_is_missing():
    sets = pd.DataFrame({"load_kg": [80.0, 85, 90, 95], "reps": [9, 8, 5, 5]})
    found = estimate_one_rm(sets)
    assert found.k_low < found.k < found.k_high == inf
    assert f"from {found.k_low:.3g}, without an upper bound" in found.sentence


@pytest.mark.parametrize("relation", ["epley", "linear"])
def test_a_known_constant_bounds_what_a_free_one_does_not(relation):
    found = estimate_one_rm(SHAKY, relation=relation, k=TRUE_K[relation])
    assert 0 < found.one_rm_low_kg < found.one_rm_kg < found.one_rm_high_kg < inf


def test_the_sentence_says_what_was_found():
    found = RepsEstimate(
        relation="epley",
        k=0.0333,
        k_low=0.03,
        k_high=0.04,
        one_rm_kg=100,
        one_rm_low_kg=97.25,
        one_rm_high_kg=104,
        residual_sd_reps=0.5,
        n_sets=6,
    )
    assert found.sentence == (
        "By epley, from 6 sets: k = 0.0333 (95 % interval 0.03 to 0.04), 1RM = 100.0 "
        "kg (95 % interval 97.2 to 104.0 kg), residual SD 0.5 repetitions."
    )


@families
def test_the_constant_makes_a_relation_that_other_functions_take(relation):
    found = estimate_one_rm(sets_of(relation), relation=relation)
    expected = 100 * WITH[relation](TRUE_K[relation]).fraction_at(6)
    own = WITH[relation](found.k)
    assert pct_1rm(6, relation=own) == pytest.approx(expected)


def test_the_load_may_be_that_with_the_body():
    sets = sets_of("epley").rename(columns={"load_kg": "system_load_kg"})
    found = estimate_one_rm(sets, load="system_load_kg")
    assert found.one_rm_kg == pytest.approx(TRUE_KG)


def test_sets_are_left_as_they_were():
    sets = sets_of("epley").assign(rir=1)
    before = sets.copy()
    estimate_one_rm(sets)
    pd.testing.assert_frame_equal(sets, before)


GOOD = pd.DataFrame({"load_kg": [70.0, 80, 90], "reps": [12, 8, 4], "rir": [0, 1, 0]})


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("load_kg", [70, nan, 90], "^sets, row b: load_kg must be a positive .* nan.$"),
        ("load_kg", [70, 80, -5], "^sets, row c: load_kg must be .* kg; got -5.$"),
        ("load_kg", [0, 80, 90], "^sets, row a: load_kg must be .* kg; got 0.$"),
        ("load_kg", [70, inf, 90], "^sets, row b: load_kg must be .* kg; got inf.$"),
        ("reps", [12, 8, 0], "^sets, row c: reps must be at least 1; got 0 with rir=0"),
        ("reps", [12, nan, 4], "^sets, row b: reps must be at least 1; got nan"),
        ("reps", [12, 30, 4], "^sets, row b: reps must be at most 30 .* 30 with rir=1"),
        ("rir", [0, -2, 0], "^sets, row b: rir must be 0 or more, .* got -2.$"),
        ("rir", [nan, 1, 0], "^sets, row a: rir must be 0 or more, .* got nan.$"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(column, values, message):
    sets = GOOD.assign(**{column: values}).set_axis(["a", "b", "c"])
    with pytest.raises(ValueError, match=message):
        estimate_one_rm(sets)


@pytest.mark.parametrize(
    ("sets", "how", "message"),
    [
        (GOOD[:2], {}, "of k and the 1RM needs at least 3 sets; got 2.$"),
        (GOOD[:1], {"k": 0.03}, "of k or the 1RM needs at least 2 sets; got 1.$"),
        (GOOD.assign(load_kg=80.0), {}, "different loads; all 3 are 80 kg. Give k or"),
        (GOOD.assign(reps=1, rir=0), {}, "different numbers .*; all 3 are 1. Give k"),
        (GOOD.assign(reps=[4, 8, 12]), {}, "fall as the load rises; .* they do not "),
        (GOOD, {"k": 0.03, "one_rm_kg": 100}, "^k=0.03 and one_rm_kg=100 are both"),
        (GOOD, {"k": 0}, "k must be a positive number per repetition; got 0.$"),
        (GOOD, {"k": 1, "relation": "linear"}, "reps_at_no_load must be .*; got 1. "),
        (GOOD, {"one_rm_kg": -9}, "one_rm_kg must be a positive .* of kg; got -9.$"),
        (GOOD, {"one_rm_kg": 85}, "at most the 1RM, .* 70 to 90 kg, one_rm_kg=85.$"),
        (GOOD, {"relation": "lander"}, "relation must be one of 'epley', .*'lander'"),
        (GOOD, {"load": "kg"}, "load must be one of 'load_kg', .*; got 'kg'"),
        (GOOD[["reps"]], {}, "The sets table lacks load_kg; it has reps.$"),
    ],
)
def test_sets_that_do_not_determine_the_estimate_are_refused(sets, how, message):
    with pytest.raises(ValueError, match=message):
        estimate_one_rm(sets, **how)


def test_sets_at_the_1rm_alone_tell_no_constant():
    sets = pd.DataFrame({"load_kg": [90.0, 90], "reps": [1, 1]})
    with pytest.raises(ValueError, match="one of them below it; got 90 to 90 kg"):
        estimate_one_rm(sets, one_rm_kg=90)


def test_sets_that_leave_repetitions_at_any_load_fit_no_constant():
    sets = pd.DataFrame({"load_kg": [60.0, 80, 100], "reps": [12, 11, 10]})
    told = "No positive k of epley fits these sets: its line leaves 7.2 repetitions"
    with pytest.raises(ValueError, match=told):
        estimate_one_rm(sets)
