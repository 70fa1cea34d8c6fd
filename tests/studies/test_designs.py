"""Designs: which scenarios, in which order, and the same ones for the same seed."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats.qmc import discrepancy

from hipext.studies.designs import design_of, positions
from hipext.studies.sweep_file import KINDS, MAX_SCENARIOS, Range, n_scenarios

SAMPLED = ("random", "sobol", "saltelli", "morris")
VARY = {
    "load_step": Range(low=0.5, high=2.0),
    "weeks": Range(low=8, high=16, whole=True),
    "athlete.missed_weeks": [(), (3,), (3, 4)],
}


def unit(*names):
    return {name: Range(low=0, high=1) for name in names}


def test_a_grid_has_every_combination_with_the_last_name_changing_fastest():
    design = design_of("grid", {"a": [0, 3], "b": ["x", "y", "z"]})
    assert [*design.itertuples(index=False, name=None)] == [*product([0, 3], "xyz")]


def test_a_grid_crosses_a_range_from_end_to_end_in_even_steps():
    design = design_of("grid", {"load_step": Range(low=0.1, high=0.5, steps=5)})
    assert design["load_step"].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_grid_takes_every_whole_number_unless_steps_are_given():
    weeks = {"weeks": Range(low=8, high=12, whole=True)}
    assert design_of("grid", weeks)["weeks"].tolist() == [8, 9, 10, 11, 12]
    few = {"weeks": Range(low=8, high=12, whole=True, steps=3)}
    assert design_of("grid", few)["weeks"].tolist() == [8, 10, 12]


@pytest.mark.parametrize("kind", SAMPLED)
def test_the_same_seed_gives_the_same_table_and_another_seed_another(kind):
    first, again, other = (design_of(kind, VARY, 4, seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.mark.parametrize("kind", SAMPLED)
def test_no_design_touches_the_random_numbers_of_others(kind):
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    design_of(kind, VARY, 4, 0)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("kind", SAMPLED)
def test_the_largest_seed_is_a_seed(kind):
    assert len(design_of(kind, VARY, 2, 2**63 - 1)) == n_scenarios(kind, VARY, 2)


@pytest.mark.parametrize(
    ("kind", "n", "expected"),
    [("random", 5, 5), ("sobol", 4, 4), ("saltelli", 4, 20), ("morris", 5, 20)],
)
def test_a_sample_of_three_names_has_so_many_scenarios(kind, n, expected):
    design = design_of(kind, VARY, n)
    assert len(design) == n_scenarios(kind, VARY, n) == expected
    assert design.index.tolist() == [*range(expected)]
    assert design.index.name == "scenario"


@pytest.mark.parametrize("kind", SAMPLED)
def test_values_are_those_that_may_be_set(kind):
    design = design_of(kind, VARY, 64)
    assert design["load_step"].between(0.5, 2.0).all()
    assert set(design["weeks"]) <= {*range(8, 17)}
    assert set(design["athlete.missed_weeks"]) <= {(), (3,), (3, 4)}


def test_values_of_a_list_keep_their_kind():
    mixed = design_of("grid", {"a": [0, True], "b": [0, 0.5], "c": [0, "x"]})
    kinds = [{type(value) for value in mixed[name]} for name in "abc"]
    assert kinds == [{int, bool}, {int, float}, {int, str}]
    rows = design_of("sobol", VARY, 2).to_dict("records")
    assert {type(row["weeks"]) for row in rows} == {int}


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_values_of_a_list_and_whole_numbers_have_equal_shares(kind):
    design = design_of(kind, VARY, 4096)
    for column, n_values in (("weeks", 9), ("athlete.missed_weeks", 3)):
        shares = design[column].value_counts(normalize=True)
        assert len(shares) == n_values
        assert shares.to_numpy() == pytest.approx(1 / n_values, abs=0.03)


def test_a_sobol_design_fills_the_space_more_evenly_than_chance():
    even, chance = (
        design_of(kind, unit("a", "b"), 256) for kind in ("sobol", "random")
    )
    assert discrepancy(even.to_numpy()) < discrepancy(chance.to_numpy()) / 10


@pytest.mark.parametrize("seed", range(5))
def test_each_half_of_every_range_has_half_of_a_sobol_design(seed):
    design = design_of("sobol", unit("a", "b", "c"), 64, seed)
    assert ((design < 0.5).sum() == 32).all()


def test_a_saltelli_sample_sets_one_name_after_the_other_from_last_to_first():
    design = design_of("saltelli", unit("a", "b"), 8).to_numpy().reshape(8, 4, 2)
    first, of_a, of_b, last = design.transpose(1, 0, 2)
    np.testing.assert_array_equal(of_a, np.column_stack([last[:, 0], first[:, 1]]))
    np.testing.assert_array_equal(of_b, np.column_stack([first[:, 0], last[:, 1]]))
    assert not np.isin(first, last).any()


def test_a_morris_trajectory_changes_each_name_once_by_two_thirds():
    design = design_of("morris", unit("a", "b", "c"), 20, 3).to_numpy()
    steps = np.abs(np.diff(design.reshape(20, 4, 3), axis=1))
    np.testing.assert_allclose(steps.max(axis=1), 2 / 3)
    np.testing.assert_allclose(steps.sum(axis=1), 2 / 3)
    assert set(design.ravel()) == {0, 1 / 3, 2 / 3, 1}


def test_both_ends_of_a_range_are_reached_exactly():
    design = design_of("morris", {"a": Range(low=-0.1, high=0.3)}, 50)
    assert {-0.1, 0.3} < set(design["a"])


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6, unique=True),
    st.integers(0, 99),
)
def test_a_place_in_a_list_is_found_again(values, seed):
    design = design_of("random", {"a": values}, 8, seed)
    places = positions(values, design["a"]) * max(len(values) - 1, 1)
    assert [values[round(place)] for place in places] == design["a"].tolist()


def test_true_is_not_taken_for_one():
    assert positions([1, True], pd.Series([True, 1])).tolist() == [1.0, 0.0]


def test_lists_are_found_again_when_a_file_has_made_tuples_of_them():
    values = pd.Series([[3, 4], np.array([], dtype=int)])
    assert positions([(), (3, 4)], values).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "vary", "n", "message"),
    [
        ("grid", {"a": [1]}, 4, r"no use in a grid; got 4"),
        ("random", {"a": [1]}, None, r"n is missing; random needs it"),
        ("random", {"a": [1]}, 0, r"at least 1 for random; got 0"),
        ("morris", {"a": [1]}, 1, r"at least 2 for morris; got 1"),
        ("sobol", {"a": [1]}, 100, r"power of 2 for sobol; got 100. Write 64 or 128"),
        ("saltelli", {"a": [1]}, 3, r"power of 2 for saltelli; got 3. Write 2 or 4"),
        ("grid", unit("load_step"), None, r"load_step is a range, .* steps = 5"),
        ("morris", {"b": Range(low=0, high=1, steps=3)}, 2, r"b has steps.* morris"),
        ("grid", {"b": []}, None, r"b has no values"),
        ("random", {}, 3, r"nothing is varied"),
        ("random", {"a": [1]}, MAX_SCENARIOS + 1, r"1,000,001 scenarios; .* 1,000,000"),
        ("grid", dict.fromkeys("abc", range(101)), None, r"1,030,301 scenarios"),
    ],
)
def test_a_design_that_cannot_be_made_is_refused(kind, vary, n, message):
    with pytest.raises(ValueError, match=message):
        design_of(kind, vary, n)


def test_all_that_is_wrong_with_a_design_is_reported_at_once():
    with pytest.raises(ValueError, match=r"power of 2.*load_step has steps"):
        design_of("sobol", {"load_step": Range(low=0, high=1, steps=2)}, 3)


def test_an_unknown_kind_of_design_is_reported_with_the_closest():
    with pytest.raises(ValueError, match=r"kind must be .*'saltely'.*mean 'saltelli'"):
        design_of("saltely", {"a": [1]}, 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"low": 2, "high": 2}, r"low must be below high; got low = 2, high = 2"),
        ({"low": 0.5, "high": 2, "whole": True}, r"must be whole .* low = 0.5"),
        ({"low": 1, "high": 3, "whole": True, "steps": 4}, r"at most 3, .* got 4"),
    ],
)
def test_a_range_that_is_none_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        Range(**values)


def test_every_kind_of_design_is_tried_here():
    assert set(KINDS) == {"grid", *SAMPLED}
