"""Messages for bad input say what is allowed, what was given, and the likely fix."""

import pickle
import re

import pandas as pd
import pytest

from hipext.files.checks import (
    PlanError,
    check_columns,
    check_one_of,
    check_positive,
    did_you_mean,
)


def test_a_plan_error_lists_every_problem_on_its_own_line():
    error = PlanError(
        "my.toml", (problem for problem in ("phase 1: a.", "phase 2: b."))
    )
    assert str(error) == "my.toml has 2 problem(s):\n  - phase 1: a.\n  - phase 2: b."


def test_a_plan_error_keeps_its_source_and_problems_and_is_a_value_error():
    error = PlanError("my.toml", ["phase 1: a."])
    assert (error.source, error.problems) == ("my.toml", ("phase 1: a.",))
    assert isinstance(error, ValueError)


def test_the_closest_word_is_suggested_whatever_its_case():
    assert did_you_mean("Hip_Trust", ["RDL", "HIP_THRUST"]) == (
        " Did you mean 'HIP_THRUST'?"
    )


def test_nothing_is_suggested_where_no_word_is_close():
    assert did_you_mean("squat", ["hip_thrust", "plank"]) == ""


def test_a_number_for_a_word_is_looked_up_as_text():
    assert did_you_mean(12, ["12", "x"]) == " Did you mean '12'?"


def test_an_allowed_word_passes():
    check_one_of("b", ("a", "b"), name="side")


def test_another_word_is_refused_with_the_allowed_ones_and_the_closest():
    told = "side must be one of 'left', 'right'; got 'lefd'. Did you mean 'left'?"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        check_one_of("lefd", ("left", "right"), name="side")


@pytest.mark.parametrize("given", [1e-9, 1, 2.5, 1e9])
def test_a_positive_number_passes(given):
    check_positive(given, name="load_kg")


@pytest.mark.parametrize("given", [0, 0.0, -1, float("inf"), float("nan")])
def test_anything_but_a_finite_positive_number_is_refused(given):
    with pytest.raises(
        ValueError, match=f"^load_kg must be a positive number of kg; got {given}.$"
    ):
        check_positive(given, name="load_kg", unit=" of kg")


def test_a_table_with_more_columns_than_needed_passes():
    check_columns(pd.DataFrame(columns=["a", "b", "c"]), ("c", "a"), name="sets")


def test_columns_that_a_table_lacks_are_reported_with_those_it_has():
    told = "The sets table lacks a, c; it has b, 7."
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        check_columns(pd.DataFrame(columns=["b", 7]), ("a", "b", "c"), name="sets")


def test_a_plan_error_survives_the_way_to_another_process():
    fault = PlanError("my.toml", ["one.", "two."])
    again = pickle.loads(pickle.dumps(fault))
    assert (str(again), again.problems) == (str(fault), ("one.", "two."))
