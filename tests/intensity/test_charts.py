"""The chart of repetitions and effort as printed, and what it refuses."""

import csv
import re
from math import nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.files.checks import InputError, PlanError
from hipext.files.evidence import check_sources, read_evidence
from hipext.files.io import data_dir, read_text
from hipext.intensity.schemes import (
    RpeChart,
    pct_from_chart,
    read_chart,
    rpe_from_chart,
)

ROWS = [
    *csv.DictReader(read_text(data_dir() / "rpe_charts.csv").splitlines()),
]


def printed(column):
    """Return the numbers of a cell of the row that the chart is from."""
    evidence = read_evidence().set_index("id")
    return [float(x) for x in re.findall(r"\d+\.?\d*", evidence.loc["E03-015", column])]


def test_the_shipped_chart_is_the_one_of_its_source():
    pct = [float(row["pct_1rm"]) for row in ROWS]
    assert pct[::2] == printed("value")
    assert pct[1::2] == [one for one in printed("note") if one > 60 and one != 81.1]
    reps = [float(row["reps_to_failure"]) for row in ROWS]
    assert reps == [1 + step / 2 for step in range(29)]  # 1, 1.5, ..., 15
    check_sources({row["source"] for row in ROWS}, name="the charts")


@pytest.mark.parametrize(
    ("reps", "rpe", "pct"),
    [
        (1, 10, 100.0),
        (12, 10, 68.0),
        (5, 8, 81.1),  # the worked reading of E03-015: 7 repetitions to failure
        (1, 6, 86.3),
        (6, 5, 70.7),
        (3, 1, 68.0),
        (2, 0, 68.0),
        (12, 7, 59.9),  # the last one printed for RPE 7
        (5, 9.5, 85.0),
        (1, 9.5, 97.8),  # as printed; half of its neighbours is 97.75
        (10, 8.5, 69.4),
    ],
)
def test_the_chart_is_read_along_repetitions_and_reserve(reps, rpe, pct):
    assert pct_from_chart(reps, rpe) == pct
    assert rpe_from_chart(pct, reps) == pytest.approx(rpe, abs=1e-9)


@pytest.mark.parametrize(
    ("reps", "pct"), [(1, 97.8), (2, 93.9), (3, 90.7), (4, 87.8), (5, 85.0)]
)
def test_half_steps_are_the_printed_half_row(reps, pct):
    assert pct in printed("note")
    assert pct_from_chart(reps, 9.5) == pct


@given(reps=st.integers(1, 10), rpe=st.floats(8, 10))
def test_effort_comes_back_from_its_percentage(reps, rpe):
    pct = pct_from_chart(reps, rpe)
    assert rpe_from_chart(pct, reps) == pytest.approx(rpe, abs=1e-9)
    assert 0 <= rpe_from_chart(pct, reps) <= 10


@given(reps=st.floats(1, 12))
def test_a_set_to_failure_is_a_10_although_numbers_are_rounded(reps):
    assert 10 - 1e-9 <= rpe_from_chart(pct_from_chart(reps, 10), reps) <= 10


@given(reps=st.floats(1, 9), rpe=st.floats(7.5, 9.5), less=st.floats(0.01, 0.5))
def test_more_in_reserve_is_less_load(reps, rpe, less):
    assert pct_from_chart(reps, rpe - less) < pct_from_chart(reps, rpe)


@pytest.mark.parametrize(
    ("reps", "rpe"),
    [(16, 10), (10, 4.5), (0, 10), (5, 10.5), (1, -1), (nan, 8), (5, nan)],
)
def test_sets_outside_the_chart_are_refused(reps, rpe):
    told = f"^The rts chart goes from 1 to 15 .*; got reps={reps:g}, rpe={rpe:g}.$"
    with pytest.raises(ValueError, match=told):
        pct_from_chart(reps, rpe)


@pytest.mark.parametrize(
    ("pct", "reps", "message"),
    [
        (59.8, 5, "must be 59.9 to 100, the range of the rts chart; got 59.8.$"),
        (0.8, 5, "got 0.8. Write 80 for 80 %.$"),
        (nan, 5, "got nan.$"),
        (81.1, 8, "^81.1 % of the 1RM allows 7.0 .* by the rts chart; .* got 8.$"),
        (81.1, 0, "got 0.$"),
        (68, 1, "allows 12.0 .* at most 10 in reserve, got 1.$"),
    ],
)
def test_loads_and_repetitions_outside_the_chart_have_no_effort(pct, reps, message):
    with pytest.raises(ValueError, match=message):
        rpe_from_chart(pct, reps)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: pct_from_chart(5, 8, chart="rst"),
        lambda: rpe_from_chart(80, 5, chart="rst"),
    ],
)
def test_an_unknown_chart_is_refused(ask):
    with pytest.raises(ValueError, match=r"chart must be one of 'rts'; got 'rst'"):
        ask()


def written(text, folder):
    """Return the path of a file with a chart."""
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_chart_of_ones_own_is_read_and_used(tmp_path):
    text = "who,pct_1rm,reps_to_failure\nme,100,1\nme,84,5\n\nme,64.0,10\n"
    mine = read_chart(written(text, tmp_path))
    assert mine == RpeChart(
        name="mine", reps_to_failure=[1, 5, 10], pct_1rm=[100, 84, 64]
    )
    # 5 to 10 repetitions are 84 to 64 %, 4 points each: 3 and 4 in reserve are 76 %.
    assert pct_from_chart(3, 6, chart=mine) == pytest.approx(76)
    assert rpe_from_chart(76, 3, chart=mine) == pytest.approx(6)
    with pytest.raises(
        ValueError, match="The mine chart goes from 1 to 10 repetitions"
    ):
        pct_from_chart(8, 7, chart=mine)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: there is no column reps_to_failure; there are nothing."),
        ("reps_to_failure,pct\n1,100\n", "line 1: there is no column pct_1rm; there"),
        ("reps_to_failure,pct_1rm\n1,100\nx\n", "line 3: reps_to_failure is not a num"),
        ("reps_to_failure,pct_1rm\n1,100\n", "it needs two rows or more"),
        ("reps_to_failure,pct_1rm\n1,100\n1,90\n", "from 1 to 100; got 1 after 1."),
        ("reps_to_failure,pct_1rm\n0,100\n2,90\n", "from 1 to 100; got 0 after 0."),
        ("reps_to_failure,pct_1rm\n1,100\n2,100\n", "at most 100; got 100 after 100."),
        ("reps_to_failure,pct_1rm\n1,101\n2,90\n", "at most 100; got 101."),
        ("reps_to_failure,pct_1rm\n1,nan\n2,inf\n", "at most 100; got nan."),
        ("reps_to_failure,pct_1rm\n1,1\n2,0.95\n", "got 1. Write 100 for 100 %."),
        ('reps_to_failure,pct_1rm\n"' + "1" * 140_000, "A quotation mark may lack its"),
    ],
)
def test_numbers_that_make_no_chart_are_refused(text, problem, tmp_path):
    with pytest.raises(PlanError) as error:
        read_chart(written(text, tmp_path))
    assert problem in str(error.value)


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
def test_a_chart_is_made_of_numbers_of_any_kind(kind):
    chart = RpeChart(name="x", reps_to_failure=kind([1, 5]), pct_1rm=kind([100, 84]))
    assert chart.reps_to_failure == (1.0, 5.0)
    assert hash(chart) == hash(RpeChart(**vars(chart)))


@pytest.mark.parametrize("wrong", [3, "ab", None, ["a", "b"], [1, 10**400]])
def test_what_is_no_list_of_numbers_makes_no_chart(wrong):
    with pytest.raises(InputError):
        RpeChart(name="x", reps_to_failure=wrong, pct_1rm=[100, 84])


def test_numbers_of_too_many_digits_are_refused():
    with pytest.raises(InputError, match="reps must be one number of usual size"):
        pct_from_chart(10**400, 8)
