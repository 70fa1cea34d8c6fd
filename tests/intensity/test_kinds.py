"""Numbers of any types: read alike by the relations, or refused."""

import numpy as np
import pandas as pd
import pytest

from hipext import intensity
from hipext.files.checks import InputError

KINDS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "series": pd.Series,
    "nullable": lambda x: pd.Series(x, dtype="Float64"),
    "nullable array": lambda x: pd.array(x, dtype="Float64"),
    "objects": lambda x: pd.Series(x, dtype=object),
    "categories": lambda x: pd.Series(x, dtype="category"),
    "index": pd.Index,
}
RELATED = {
    "pct_1rm": (intensity.pct_1rm, [5, 8]),
    "pct_1rm by rir": (lambda rir: intensity.pct_1rm(5, rir), [0, 2]),
    "reps_at": (intensity.reps_at, [70, 80]),
    "rir_at": (lambda reps: intensity.rir_at(70, reps), [5, 8]),
    "rpe_at": (lambda pct_1rm: intensity.rpe_at(pct_1rm, 5), [70, 80]),
    "one_rm": (lambda load_kg: intensity.one_rm(load_kg, 5), [60, 80]),
}
ONE = {
    "one_rm_range": lambda reps: intensity.one_rm_range(100.0, reps),
    "pct_from_chart": lambda reps: intensity.pct_from_chart(reps, 8),
    "rpe_from_chart": lambda reps: intensity.rpe_from_chart(80.0, reps),
    "adjusted_pct_1rm": lambda reps: intensity.adjusted_pct_1rm(
        reps, method="rir", adjustment=1
    ),
    "adjusted_reps": lambda pct_1rm: intensity.adjusted_reps(
        pct_1rm, method="rir", adjustment=1
    ),
}
related = pytest.mark.parametrize("name", RELATED)
one = pytest.mark.parametrize("name", ONE)


@related
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_any_types_give_what_single_numbers_give(name, kind):
    relation, values = RELATED[name]
    found = relation(KINDS[kind](values))
    singles = [relation(value) for value in values]
    np.testing.assert_allclose(np.asarray(found, "float64"), singles, rtol=1e-12)


def test_a_series_keeps_its_index():
    reps = pd.Series([5, 8], index=[3, 1], dtype="category")
    assert intensity.pct_1rm(reps).index.tolist() == [3, 1]


@related
@pytest.mark.parametrize("wrong", [None, "5", ["5", "x"], {1: 5}, [[5], [5, 8]], 5j])
def test_what_is_no_number_is_refused_by_a_relation(name, wrong):
    with pytest.raises(InputError, match=r"(reps|rir|pct_1rm|load_kg) must be numbers"):
        RELATED[name][0](wrong)


@one
@pytest.mark.parametrize("wrong", [None, "5", [5, 8], (5,), np.array([5]), {1: 5}])
def test_a_function_of_one_number_refuses_several(name, wrong):
    message = rf"(reps|pct_1rm) must be one number; got {type(wrong).__name__}"
    with pytest.raises(InputError, match=message):
        ONE[name](wrong)


@one
def test_one_number_may_be_of_numpy(name):
    value = 5.0 if name != "adjusted_reps" else 75.0
    values = [ONE[name](kind(value)) for kind in (float, np.float64, np.array)]
    for found in values[1:]:
        np.testing.assert_array_equal(found, values[0])


@pytest.mark.parametrize("reps", [np.array([8, 6, 5]), pd.Series([8, 6, 5]), (8, 6, 5)])
def test_the_repetitions_of_a_scheme_may_be_any_numbers(reps):
    n_sets = {
        name: len(intensity.set_scheme(name, weeks=1).drop_duplicates("set"))
        for name in intensity.set_schemes()["scheme"].unique()
    }
    name = next(name for name, n in n_sets.items() if n == len(reps))
    assert intensity.set_scheme(name, weeks=1, reps=reps)["reps"].tolist() == [8, 6, 5]


def test_repetitions_of_a_scheme_that_are_no_numbers_are_refused():
    name = intensity.set_schemes()["scheme"].iloc[0]
    with pytest.raises(InputError, match="reps must be numbers; got 'x'"):
        intensity.set_scheme(name, weeks=1, reps=["x"])
