"""Set schemes: what the shipped ones say, and how effort rises week by week."""

import pandas as pd
import pytest

from hipext.intensity.relations import RELATIONS, epley_with, pct_1rm
from hipext.intensity.schemes import SCHEME_WEEKS, SCHEMES, set_scheme, set_schemes

NAMES = [*set_schemes()["scheme"].unique()]
schemes = pytest.mark.parametrize("name", NAMES)


def sets_of(name):
    """Return the shipped sets of a scheme."""
    shipped = set_schemes()
    return shipped[shipped["scheme"] == name].reset_index(drop=True)


def test_the_shipped_table_is_as_declared_and_calls_itself_assumed():
    shipped = set_schemes()
    assert tuple(shipped.columns) == SCHEMES.names
    assert set(shipped["load_from"]) == {"own", "longest"}
    assert set(shipped["kind"]) == {"assumption"}
    assert (shipped["points"] <= 0).all()


@pytest.mark.parametrize(
    ("name", "reps", "points"),
    [
        ("wave", [10, 8, 6], [0, 0, 0]),
        ("plateau", [5, 5, 5], [0, 0, 0]),
        ("step", [5, 5, 5], [-20, -10, 0]),
        ("pyramid", [12, 10, 8, 10, 12], [0] * 5),
        ("pyramid_reverse", [8, 10, 12, 10, 8], [0] * 5),
        ("ladder", [3, 5, 10], [0, 0, 0]),
    ],
)
def test_a_scheme_has_the_sets_that_coaches_mean(name, reps, points):
    assert sets_of(name)["reps"].tolist() == reps
    assert sets_of(name)["points"].tolist() == points
    assert sets_of(name)["set"].tolist() == [*range(1, len(reps) + 1)]


@pytest.mark.parametrize("name", ["wave", "step", "ladder"])
def test_a_reverse_has_the_same_sets_in_the_other_order(name):
    columns = ["reps", "load_from", "points"]
    apply_knob = sets_of(name)[columns][::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(sets_of(f"{name}_reverse")[columns], apply_knob)


@schemes
def test_there_is_a_row_per_week_and_set(name):
    made = set_scheme(name, weeks=3)
    assert tuple(made.columns) == SCHEME_WEEKS.names
    n_sets = len(sets_of(name))
    assert made["week"].tolist() == [1] * n_sets + [2] * n_sets + [3] * n_sets
    assert made["reps"].tolist() == 3 * sets_of(name)["reps"].tolist()
    assert made["set"].tolist() == 3 * sets_of(name)["set"].tolist()


@schemes
@pytest.mark.parametrize("relation", ["epley", "modified_epley", "brzycki"])
def test_effort_rises_from_week_to_week_in_every_set(name, relation):
    made = set_scheme(name, weeks=3, rir_step=0.5, relation=relation)
    by_set = made.groupby("set")
    assert (by_set["pct_1rm"].diff().dropna() > 0).all()
    assert (by_set["rir"].diff().dropna() < 0).all()


def test_the_reserve_falls_by_its_step_to_its_last_value():
    made = set_scheme("wave", weeks=4, last_rir=0.5, rir_step=1.5)
    first_sets = made[made["set"] == 1]
    assert first_sets["rir"].tolist() == pytest.approx([5, 3.5, 2, 0.5])


@pytest.mark.parametrize("relation", [*RELATIONS, epley_with(0.03)])
def test_the_load_of_a_wave_allows_its_repetitions_and_the_reserve(relation):
    made = set_scheme("wave", weeks=1, last_rir=2, relation=relation)
    expected = [pct_1rm(reps, 2, relation=relation) for reps in (10, 8, 6)]
    assert made["pct_1rm"].tolist() == pytest.approx(expected)
    assert made["rir"].tolist() == pytest.approx([2, 2, 2])


def test_steps_take_points_off_and_leave_more_in_reserve():
    made = set_scheme("step", weeks=1, last_rir=0)
    full = 100 / (1 + 5 / 30)
    assert made["pct_1rm"].tolist() == pytest.approx([full - 20, full - 10, full])
    spare = 30 * (100 / (full - 20) - 1) - 5
    assert made["rir"].iloc[[0, 2]].tolist() == pytest.approx([spare, 0])


@pytest.mark.parametrize(
    ("name", "spare"), [("ladder", [8, 6, 1]), ("ladder_reverse", [1, 6, 8])]
)
def test_a_ladder_has_one_load_that_of_its_longest_set(name, spare):
    made = set_scheme(name, weeks=1, last_rir=1)
    assert made["pct_1rm"].tolist() == pytest.approx([pct_1rm(10, 1)] * 3)
    assert made["rir"].tolist() == pytest.approx(spare)


def test_own_repetitions_take_the_place_of_those_of_the_scheme():
    made = set_scheme("ladder", weeks=1, last_rir=0, reps=(2, 4, 6))
    assert made["reps"].tolist() == [2, 4, 6]
    assert made["pct_1rm"].tolist() == pytest.approx([pct_1rm(6)] * 3)


def test_a_caller_cannot_change_the_shipped_schemes():
    shipped = set_schemes()
    shipped.loc[0, "reps"] = 99
    assert set_schemes().loc[0, "reps"] == 10
    set_scheme("wave", reps=(5, 4, 3))
    assert sets_of("wave")["reps"].tolist() == [10, 8, 6]


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("wav", {}, "scheme must be one of 'wave', .*; got 'wav'. Did you mean 'wave'"),
        ("wave", {"reps": (8, 6)}, "^wave has 3 sets, .* needs 3 .*; got 2: 8, 6.$"),
        ("wave", {"reps": (8, 6, 0)}, "whole numbers from 1; got 0.$"),
        ("wave", {"reps": (8, 6.5, 4)}, "whole numbers from 1; got 6.5.$"),
        ("wave", {"weeks": 0}, "weeks must be a whole number from 1 to 104; got 0.$"),
        ("wave", {"weeks": 2.5}, "weeks must be a whole .* 104; got 2.5.$"),
        ("wave", {"weeks": float("inf")}, "weeks must be .* to 104; got inf.$"),
        ("wave", {"weeks": float("nan")}, "weeks must be .* to 104; got nan.$"),
        ("wave", {"weeks": "3"}, "weeks must be one number; got str.$"),
        ("wave", {"last_rir": -1}, "last_rir must be .* 0 or more; got -1.$"),
        ("wave", {"rir_step": float("nan")}, "rir_step must be .*; got nan.$"),
        ("wave", {"relation": "eply"}, "relation must be .*Did you mean 'epley'"),
        ("wave", {"weeks": 30}, "^wave, week 1: epley holds .* got reps=10, rir=30.$"),
        (
            "step",
            {"reps": [12] * 3},
            "^step, week 1: pct_1rm must be 50.0 .*; got 45.2",
        ),
    ],
)
def test_a_scheme_that_cannot_be_is_refused(name, how, message):
    with pytest.raises(ValueError, match=message):
        set_scheme(name, **how)


def test_a_whole_number_of_weeks_may_be_a_float():
    pd.testing.assert_frame_equal(
        set_scheme("wave", weeks=2.0), set_scheme("wave", weeks=2)
    )
