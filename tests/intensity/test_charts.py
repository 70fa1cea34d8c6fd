"""The chart of repetitions and effort as printed, and what it refuses."""

import csv
import re
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.files.evidence import check_sources, read_evidence
from hipext.files.io import data_dir, read_text
from hipext.intensity.schemes import pct_from_chart, rpe_from_chart

ROWS = [
    *csv.DictReader(read_text(data_dir() / "rpe_charts.csv").splitlines()),
]


def printed(column):
    """Return the numbers of a cell of the row that the chart is from."""
    evidence = read_evidence().set_index("id")
    return [float(x) for x in re.findall(r"\d+\.?\d*", evidence.at["E03-015", column])]


def test_the_shipped_chart_is_the_one_of_its_source():
    assert [float(row["pct_1rm"]) for row in ROWS] == printed("value")
    assert [int(row["reps_to_failure"]) for row in ROWS] == [*range(1, 13)]
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
    ],
)
def test_the_chart_is_read_along_repetitions_and_reserve(reps, rpe, pct):
    assert pct_from_chart(reps, rpe) == pct
    assert rpe_from_chart(pct, reps) == pytest.approx(rpe, abs=1e-9)


@pytest.mark.parametrize(
    ("reps", "pct"), [(1, 97.8), (2, 93.9), (3, 90.7), (4, 87.8), (5, 85.0)]
)
def test_half_steps_are_the_printed_half_row_to_rounding(reps, pct):
    assert pct in printed("note")
    assert pct_from_chart(reps, 9.5) == pytest.approx(pct, abs=0.05 + 1e-9)


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
    [(13, 10), (10, 7.5), (0, 10), (5, 10.5), (1, -1), (nan, 8), (5, nan)],
)
def test_sets_outside_the_chart_are_refused(reps, rpe):
    told = f"^The rts chart goes from 1 to 12 .*; got reps={reps:g}, rpe={rpe:g}.$"
    with pytest.raises(ValueError, match=told):
        pct_from_chart(reps, rpe)


@pytest.mark.parametrize(
    ("pct", "reps", "message"),
    [
        (67.9, 5, "must be 68 to 100, the range of the rts chart; got 67.9.$"),
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
