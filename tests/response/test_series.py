from math import nan

import pandas as pd
import pytest

from hipext.athletes.athlete import read_athlete
from hipext.files.checks import PlanError
from hipext.files.io import csv_bytes
from hipext.intensity.relations import one_rm
from hipext.plans.plan_file import read_plan
from hipext.response.series import best_e1rm_kg, daily_series, lift_series, read_cells
from hipext.simulation.simulation import open_loop

PLAIN = "day,training_load,performance\n0,10,\n1,0,100\n2,5.5,\n"


@pytest.fixture
def series_of(tmp_path):
    """Return a function that reads the series of a text."""

    def read(text, missing="refuse", **given):
        path = tmp_path / "mine.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return daily_series(read_cells(path), given, source="mine.csv", missing=missing)

    return read


@pytest.fixture(scope="module")
def sets():
    """Return the sets of a shipped plan as if all succeeded."""
    return open_loop(read_plan("deadlift_5x5_10wk"), read_athlete("novice")).sets


def as_cells(sets, folder):
    """Return a sets table as the texts of its file."""
    (folder / "sets.csv").write_bytes(csv_bytes(sets))
    return read_cells(folder / "sets.csv")


def test_an_empty_cell_is_no_test_and_days_are_those_of_the_file(series_of):
    series = series_of(PLAIN)
    index = pd.RangeIndex(3, name="day")
    load = pd.Series([10, 0, 5.5], index=index, name="training_load")
    tests = pd.Series([nan, 100, nan], index=index, name="performance")
    pd.testing.assert_series_equal(series.training_load, load)
    pd.testing.assert_series_equal(series.performance, tests)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace(",", ";"),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\n\n"),
        PLAIN + ",,\n",
        PLAIN.replace("day,training_load", "Day , Training_Load"),
        PLAIN.replace("10,", '"10",'),
        "performance,note,training_load,day\n,,10,0\n100,,0.0,1\n,x,55e-1,2\n",
    ],
)
def test_the_same_series_may_be_written_in_many_ways(series_of, text):
    plain, other = series_of(PLAIN), series_of(text)
    pd.testing.assert_series_equal(other.training_load, plain.training_load)
    pd.testing.assert_series_equal(other.performance, plain.performance)


def test_dates_become_days_of_the_calendar(series_of):
    text = "date,training_load,performance\n2024-02-28,1,\n2024-02-29,2,9\n"
    series = series_of(text)
    days = pd.date_range("2024-02-28", "2024-02-29", name="day")
    assert series.training_load.index.equals(days)
    assert series.performance.loc["2024-02-29"] == 9


def test_columns_are_chosen_by_name(series_of):
    text = "d,bike,test,training_load\n1,5,,7\n2,6,3,8\n"
    series = series_of(text, load="bike", performance="test", day="d")
    assert series.training_load.to_dict() == {1: 5.0, 2: 6.0}
    assert series.read_as == {"load": "bike", "performance": "test", "day": "d"}


def test_days_without_load_are_rest_only_where_one_says_so(series_of):
    text = "day,training_load,performance\n1,5,\n2,,4\n5,6,\n"
    series = series_of(text, missing="rest")
    assert series.training_load.to_dict() == {1: 5.0, 2: 0.0, 3: 0.0, 4: 0.0, 5: 6.0}
    assert series.performance.dropna().to_dict() == {2: 4.0}


HEADING = "day,training_load,performance\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no row of data"),
        (HEADING, "no row of data"),
        ("day,day,performance\n1,2,3\n", "row 1: more than one column is named day"),
        (HEADING + "0,1\n1,2,3\n", "row 2: 2 cells instead of the 3 of the heading"),
        (
            HEADING + "0,1,12,5\n",
            "row 2: 4 cells instead of the 3 .* a decimal comma write a point: 12.5",
        ),
        (
            "day;training_load;performance\n0;1;12,5\n1;2;\n2;3;1.234,5\n",
            "rows 2 and 4: performance is not a number; got '12,5'. Write a decimal",
        ),
        (HEADING + "0,x,1\n", "row 2: training_load is not a number; got 'x'"),
        (HEADING + "0,1,n/a\n", "row 2: performance is not a number; got 'n/a'. Leave"),
        (HEADING + "0,inf,1\n", "row 2: training_load is not a number; got 'inf'"),
        (HEADING + "0,1e999,1\n", "row 2: training_load is .* load, .* got inf"),
        (HEADING + "0,-3,1\n", "row 2: training_load is a training load, .* got -3"),
        (
            HEADING + "0,,1\n1,1,\n2,,\n",
            "rows 2 and 4: training_load is empty. Write 0 for a rest day",
        ),
        (HEADING + "0.5,1,1\n", "row 2: day is not a whole number, nor .* got '0.5'"),
        (
            HEADING + "2024-01-01,1,1\n2024-01-02,1,1\n2024-02-30,1,1\n",
            "row 4: day is not a date like 2024-01-31; got '2024-02-30'",
        ),
        (HEADING + "0,1,1\n1,1,1\n05.01.24,1,1\n", "row 4: day is not a whole number;"),
        (
            HEADING + "20240131,1,\n20240201,1,2\n",
            r"rows 2 to 3: day is not .* got '20240131'.*7 digits at most",
        ),
        (HEADING + "0,1,\n1,1,\n0,2,\n", "rows 2 and 4: day 0 is there 2 times"),
        (HEADING + "0,1,\n2,1,\n1,2,\n", "row 4: day 1 comes after day 2. Sort"),
        (
            HEADING + "2024-01-01,1,\n2024-01-04,1,\n",
            "row 3: 2 days missing between day 2024-01-01 and day 2024-01-04",
        ),
        (
            "Datum,Last,Test\n0,1,2\n",
            "row 1: no column has the name training_load; performance; day or date. "
            "Name it with --load COLUMN --performance COLUMN --day COLUMN; the "
            "columns are Datum, Last, Test",
        ),
    ],
)
def test_a_mistake_is_named_with_its_row_and_its_fix(series_of, text, message):
    with pytest.raises(PlanError, match=message):
        series_of(text)


def test_a_column_that_is_not_there_is_named_with_the_nearest(series_of):
    message = "no column 'lod' for --load; the columns are day, load, test. Did you m"
    with pytest.raises(PlanError, match=message):
        series_of("day,load,test\n0,1,2\n", load="lod", performance="test")


def test_all_mistakes_of_a_file_are_reported_at_once(series_of):
    text = HEADING + '0,1,x\n0,-1,\n3,,\n2,,"1,5"\n'
    with pytest.raises(PlanError) as caught:
        series_of(text)
    places = [problem.partition(":")[0] for problem in caught.value.problems]
    order = ["rows 2 to 3", "row 5", "row 5"]  # twice, before row 4, after a gap
    assert places == [*order, "row 3", "row 5", "row 2", "rows 4 to 5"]


def test_many_rows_are_named_by_the_first_of_them_and_their_number(series_of):
    rows = "".join(f"{day},{'' if day % 2 else 1},\n" for day in range(200))
    with pytest.raises(PlanError, match=r"rows 3, 5, .*15 and 17, and 92 more: train"):
        series_of(HEADING + rows)


def test_missing_is_refuse_or_rest(series_of):
    with pytest.raises(ValueError, match=r"--missing must be .*; got 'unknown'"):
        series_of(PLAIN, missing="unknown")


def test_a_sets_file_gives_the_load_and_the_best_estimate_of_each_day(sets, tmp_path):
    series = lift_series(as_cells(sets, tmp_path), "deadlift", load=None, source="s")
    work = sets[(sets["exercise"] == "deadlift") & (sets["kind"] == "work")]
    naive = {}
    for row in work.itertuples():  # one bar, so its load is what is lifted
        e1rm_kg = row.load_kg * (1 + (row.reps + row.rir) / 30)
        naive[row.day] = max(naive.get(row.day, 0.0), e1rm_kg)
    found = series.performance.dropna()
    assert found.to_dict() == pytest.approx(naive)
    assert list(series.training_load.index) == list(range(7 * sets["week"].max()))
    assert f"{len(work)} sets on {len(naive)} days" in series.sentence


def test_a_single_repetition_with_none_in_reserve_counts_as_the_1rm(sets, tmp_path):
    cells = as_cells(sets, tmp_path)
    cells.loc[cells["exercise"] == "deadlift", ["reps", "rir"]] = "1", "0"
    found = lift_series(cells, "deadlift", load=None, source="s").performance.dropna()
    work = sets[(sets["exercise"] == "deadlift") & (sets["kind"] == "work")]
    heaviest = work.groupby("day")["load_kg"].max()
    assert found.to_dict() == pytest.approx(heaviest.to_dict())


@pytest.mark.parametrize(
    "load", ["session_rpe_load", "system_volume_load_kg", "hard_sets"]
)
def test_the_load_of_sets_is_that_of_the_run(sets, tmp_path, load):
    run = open_loop(read_plan("deadlift_5x5_10wk"), read_athlete("novice"))
    cells = as_cells(sets, tmp_path)
    series = lift_series(cells, "deadlift", load=load, source="s")
    expected = run.daily.set_index("day")[load]
    assert series.training_load.to_list() == pytest.approx(expected.to_list())


def one_set(**values):
    """Return a set of ten deadlifts, or what is said instead."""
    usual = {"day": 0, "exercise": "deadlift", "kind": "work", "reps": 10, "rir": 0.0}
    usual |= {"load_kg": 50.0, "n_implements": 1, "system_load_kg": 90.0}
    return pd.DataFrame([usual | values])


@pytest.mark.parametrize(
    ("values", "e1rm_kg"),
    [
        ({}, 50 * 4 / 3),
        ({"reps": 8, "rir": 2.0}, 50 * 4 / 3),
        ({"reps": 1}, 50.0),  # one repetition with none in reserve is the 1RM
        ({"reps": 1, "rir": 1.0}, one_rm(50.0, 2)),
        ({"exercise": "dumbbell_romanian_deadlift", "n_implements": 2}, 120.0),
        ({"exercise": "of_my_own", "n_implements": 2}, 100 * 4 / 3),
    ],
)
def test_a_set_stands_for_its_e1rm(values, e1rm_kg):
    assert best_e1rm_kg(one_set(**values))[0] == pytest.approx(e1rm_kg)


def test_the_best_set_of_a_day_counts():
    both = pd.concat([one_set(load_kg=40.0), one_set(), one_set(load_kg=30.0, day=2)])
    assert best_e1rm_kg(both).to_dict() == pytest.approx({0: 200 / 3, 2: 40.0})


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("kind", "warm_up", "--exercise must be one of .*; got 'deadlift'"),
        ("reps", "31", "--exercise must be one of .*; got 'deadlift'"),
        ("load_kg", "0", "--exercise must be one of .*; got 'deadlift'"),
        ("rir", "", "--exercise must be one of .*; got 'deadlift'"),
        ("reps", "2,5", "reps is not a number; got '2,5'"),
        ("reps", "2.5", "reps is a whole number, repetitions done .*; got 2.5"),
        ("day", "", "day is a whole number, .*; got nothing"),
    ],
)
def test_sets_that_give_no_1rm_are_left_out_or_named(
    sets, tmp_path, column, value, message
):
    cells = as_cells(sets, tmp_path)
    cells.loc[cells["exercise"] == "deadlift", column] = value
    with pytest.raises(ValueError, match=message):
        lift_series(cells, "deadlift", load=None, source="sets.csv")


def test_a_sets_file_needs_an_exercise_and_a_load_that_there_is(sets, tmp_path):
    cells = as_cells(sets, tmp_path)
    with pytest.raises(ValueError, match=r"--exercise NAME, one of .*deadlift"):
        lift_series(cells, None, load=None, source="sets.csv")
    with pytest.raises(ValueError, match=r"--load of a sets table .*; got 'tonnage'"):
        lift_series(cells, "deadlift", load="tonnage", source="sets.csv")


def test_texts_that_were_quoted_against_formulas_read_back_as_they_were(tmp_path):
    table = pd.DataFrame(
        {"session": ["=A", "-B", "'=C", "-3.5", "'"], "load": [-1.0] * 5}
    )
    (tmp_path / "sets.csv").write_bytes(csv_bytes(table))
    cells = read_cells(tmp_path / "sets.csv")
    assert cells["session"].tolist() == table["session"].tolist()
    assert cells["load"].tolist() == ["-1.0"] * 5


def test_numbers_whose_squares_are_infinite_are_refused(tmp_path):
    rows = [f"{day},{day}e300,{day}e308" for day in range(1, 4)]
    text = "\n".join(["day,training_load,performance", *rows])
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as error:
        daily_series(read_cells(tmp_path / "x.csv"), {}, source="x.csv")
    assert error.value.problems == (
        "rows 2 to 4: training_load is a training load, 0 to 1e+09; got 1e+300.",
        "rows 2 to 4: performance must lie within -1e+09 and 1e+09; got 1e+308.",
    )


@pytest.mark.parametrize("number", ["1e400", "1e300", "-1e12"])
def test_a_number_of_a_sets_table_beyond_all_measure_is_refused(number, tmp_path):
    run = open_loop(read_plan("deadlift_5x5_10wk"), read_athlete("novice"))
    (tmp_path / "sets.csv").write_bytes(csv_bytes(run.sets))
    cells = read_cells(tmp_path / "sets.csv")
    cells.loc[3, "load_kg"] = number
    with pytest.raises(PlanError, match=r"row 3: load_kg must be at most 1e\+09; got"):
        lift_series(cells, "deadlift", load=None, source="sets.csv")
