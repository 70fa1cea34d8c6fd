"""Daily training load and tests to fit, read from a CSV file or from a sets table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from hipext.files.checks import (
    InputError,
    PlanError,
    check_one_of,
    counted,
    did_you_mean,
    listed,
    ranges_text,
)
from hipext.files.io import parse_csv, read_text, unquoted
from hipext.files.tables import SETS, TRAINING_LOADS
from hipext.intensity.relations import RELATION, RELATIONS, one_rm
from hipext.metrics.days import day_of, day_text, read_days
from hipext.metrics.volume import training_load
from hipext.metrics.workload import as_daily
from hipext.plans.exercises import read_exercises

USUAL = {  # names of the columns unless others are chosen
    "load": ("training_load",),
    "performance": ("performance",),
    "day": ("day", "date"),
}
MISSING = ("refuse", "rest")  # what to do about a day without a load
FIRST_ROW = 2  # row 1 is the heading, as in a spreadsheet
LARGEST = 1e9  # of a load or a test in whatever unit; squares of sums must stay finite
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
_WITH_COMMA = r"[+-]?[\d.]*(,[\d.]+)+([eE][+-]?\d+)?"
_MOST_LETTERS = 60  # of a list of row numbers; a longer one is shortened
_MOST_ROWS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """A daily load and the tests of the same days, ready to be fitted."""

    training_load: pd.Series  # of consecutive days
    performance: pd.Series  # result of the test of each day; NaN for none
    read_as: Mapping[str, str]  # what was taken as load, performance and day
    sentence: str = ""  # what a reader must know about the performance


def read_cells(path: str | Path) -> pd.DataFrame:
    """Return the cells of a CSV file as texts, by the number of their row.

    Commas or semicolons stand between cells. Rows are numbered from 2 after the
    heading; empty lines are left out.
    """
    text = read_text(path)
    heading = text.partition("\n")[0]
    # Spreadsheets write semicolons where the comma is the decimal sign.
    mark = ";" if heading.count(";") > heading.count(",") else ","
    lines = parse_csv(text, source=str(path), mark=mark)
    cells = [[unquoted(cell.strip()) for cell in line] for line in lines]
    names, rows = (cells or [[]])[0], dict(enumerate(cells[1:], FIRST_ROW))
    rows = {number: row for number, row in rows.items() if any(row)}
    problems = list(_form_problems(names, rows, mark))
    if problems:
        raise PlanError(str(path), problems)
    return pd.DataFrame(rows.values(), index=list(rows), columns=names, dtype="str")


def daily_series(
    cells: pd.DataFrame,
    given: Mapping[str, str | None],
    *,
    source: str,
    missing: str = "refuse",
) -> Series:
    """Return the series in a file with one row per day, whole numbers or dates.

    `given` names the columns of "load", "performance" and "day"; None is the usual
    name. An empty performance is no test. A day without a row, or without a load, is a
    mistake or a rest day, as `missing` says.
    """
    check_one_of(missing, MISSING, name="--missing")
    names = _column_names(cells.columns, given, source)
    day_cells, load_cells = cells[names["day"]], cells[names["load"]]
    is_empty = load_cells == ""
    if missing == "rest":
        load_cells = load_cells.where(~is_empty, "0")
    days, day_problems = _days_in(day_cells, names["day"])
    load, load_problems = _numbers_in(load_cells, names["load"])
    test_cells = cells[names["performance"]]
    tests, test_problems = _numbers_in(test_cells, names["performance"])
    impossible = load[~is_empty & ((load < 0) | (load > LARGEST))]
    problems = [
        *(day_problems or _order_problems(days, missing)),
        *load_problems,
        *_fault(impossible, f"{names['load']} is a training load, 0 to {LARGEST:g}"),
        *test_problems,
        *_fault(
            tests[tests.abs() > LARGEST],
            f"{names['performance']} must lie within {-LARGEST:g} and {LARGEST:g}",
        ),
    ]
    if missing == "refuse" and is_empty.any():
        problems.append(
            f"{_rows_text(cells.index[is_empty])}: {names['load']} is empty. Write 0 "
            "for a rest day, or --missing rest if every day without a load was one."
        )
    if problems:
        raise PlanError(source, problems)
    by_day = pd.Index(days.array, name="day")
    daily = as_daily(load.set_axis(by_day), missing="rest")  # days without a row
    tests = tests.set_axis(by_day).reindex(daily.index).rename("performance")
    return Series(training_load=daily, performance=tests, read_as=names)


def is_sets_table(cells: pd.DataFrame) -> bool:
    """Return whether cells have all the columns of a sets table."""
    return set(SETS.names) <= set(cells.columns)


def lift_series(
    cells: pd.DataFrame, exercise: str | None, *, load: str | None, source: str
) -> Series:
    """Return the load of each day and the best estimated 1RM (kg) of an exercise.

    `cells` are those of a sets table; `load` is one of `tables.TRAINING_LOADS`, and
    session_rpe_load if None. Days run from 0 to the end of the last week.
    """
    definition = load or "session_rpe_load"
    check_one_of(definition, TRAINING_LOADS, name="--load of a sets table")
    sets = _typed_sets(cells, source)
    # A 1RM follows from loaded working sets within the range of the relation.
    possible = _possible_reps(sets)
    is_in_range = (possible >= 1) & (possible <= RELATIONS[RELATION].max_reps)
    usable = sets[(sets["kind"] == "work") & (_rated_kg(sets) > 0) & is_in_range]
    lifts = sorted(usable["exercise"].unique())
    if exercise is None:
        raise InputError(
            f"{source} is a sets table. Name the exercise whose best estimated 1RM of "
            f"a day is the performance: --exercise NAME, one of {', '.join(lifts)}."
        )
    check_one_of(exercise, lifts, name="--exercise")
    of_lift = usable[usable["exercise"] == exercise]
    best = best_e1rm_kg(of_lift)
    daily = training_load(sets, definition=definition)
    return Series(
        training_load=daily,
        performance=best.reindex(daily.index),
        read_as={"load": definition, "performance": f"e1RM of {exercise} (kg)"},
        sentence=(
            f"Performance is the best 1RM of a day estimated from the working sets of "
            f"{exercise} ({RELATION}, repetitions done and in reserve; "
            f"{counted(len(of_lift), 'set')} on {counted(len(best), 'day')}). An "
            "estimate is not a test: its errors are those of the relation and of the "
            "reported reserve."
        ),
    )


def best_e1rm_kg(sets: pd.DataFrame) -> pd.Series:
    """Return the highest estimated 1RM of each day, in kg.

    A single repetition with none in reserve is the 1RM itself.
    """
    possible, load_kg = _possible_reps(sets).to_numpy(), _rated_kg(sets).to_numpy()
    # Epley's relation gives 103 % for one repetition; a single is the 1RM itself.
    is_single = possible == 1
    several = np.where(is_single, 2.0, possible)
    e1rm_kg = np.where(is_single, load_kg, one_rm(load_kg, several, relation=RELATION))
    return pd.Series(e1rm_kg, index=sets["day"]).groupby(level=0).max()


def _form_problems(
    names: Sequence[str], rows: Mapping[int, Sequence[str]], mark: str
) -> Iterator[str]:
    """Yield what is wrong with the heading and the number of cells."""
    if not rows:
        yield "there is no row of data. Write a heading and one row per day."
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        yield f"row 1: more than one column is named {listed(twice)}. Rename them."
    wrong = [number for number, row in rows.items() if len(row) != len(names)]
    if wrong:
        comma = " For a decimal comma write a point: 12.5." if mark == "," else ""
        yield (
            f"{_rows_text(wrong)}: {counted(len(rows[wrong[0]]), 'cell')} instead of "
            f"the {len(names)} of the heading.{comma}"
        )


def _column_names(
    columns: Sequence[str], given: Mapping[str, str | None], source: str
) -> dict[str, str]:
    """Return the name of the column with the load, the performance and the day."""
    found, unnamed, problems = {}, [], []
    columns_text = ", ".join(columns)
    for what, usual in USUAL.items():
        name = given.get(what)
        matches = [
            column
            for column in columns
            if (column.lower() in usual if name is None else column == name)
        ]
        if matches:
            found[what] = matches[0]
        elif name is None:
            unnamed.append(what)
        else:
            problems.append(
                f"row 1: there is no column {name!r} for --{what}; the columns are "
                f"{columns_text}.{did_you_mean(name, columns)}"
            )
    if unnamed:
        flags = " ".join(f"--{what} COLUMN" for what in unnamed)
        wanted = "; ".join(" or ".join(USUAL[what]) for what in unnamed)
        problems.append(
            f"row 1: no column has the name {wanted}. Name it with {flags}; the "
            f"columns are {columns_text}."
        )
    if problems:
        raise PlanError(source, problems)
    return found


def _days_in(cells: pd.Series, name: str) -> tuple[pd.Series, list[str]]:
    """Return whole numbers or dates; and what is neither."""
    days = [day_of(cell) for cell in cells]
    is_date, is_whole = (
        np.array([isinstance(day, kind) for day in days], dtype=bool)
        for kind in (date, int)
    )
    # The kind that most cells are of is meant; the others are mistakes.
    are_dates = is_date.sum() > is_whole.sum()
    is_valid = is_date if are_dates else is_whole
    if is_valid.all():
        return pd.Series(read_days(pd.Index(days), name=name), index=cells.index), []
    kind = "a date like 2024-01-31" if are_dates else "a whole number"
    other = "" if is_valid.any() else ", nor a date like 2024-01-31"
    fix = " Write all days as whole numbers (7 digits at most), or all as dates."
    return cells, _fault(cells[~is_valid], f"{name} is not {kind}{other}", fix)


def _numbers_in(cells: pd.Series, name: str) -> tuple[pd.Series, list[str]]:
    """Return the numbers, NaN where a cell is empty or wrong; and what is no number."""
    is_number, is_comma = cells.str.fullmatch(_NUMBER), cells.str.fullmatch(_WITH_COMMA)
    numbers = cells.where(is_number, "nan").astype("float64")
    is_other = ~is_number & ~is_comma & (cells != "")
    point = " Write a decimal point, 12.5, and nothing between thousands."
    empty = " Leave the cell empty where nothing is known."
    return numbers, [
        *_fault(cells[is_comma], f"{name} is not a number", point),
        *_fault(cells[is_other], f"{name} is not a number", empty),
    ]


def _fault(bad: pd.Series, rule: str, fix: str = "") -> list[str]:
    """Return the rule, the rows and the first value against it; nothing if none is."""
    if bad.empty:
        return []
    first = bad.iloc[0]
    got = repr(first) if isinstance(first, str) else f"{first:g}"
    got = "nothing" if pd.isna(first) else got
    return [f"{_rows_text(bad.index)}: {rule}; got {got}.{fix}"]


def _order_problems(days: pd.Series, missing: str) -> Iterator[str]:
    """Yield which days are repeated, out of order or missing."""
    for day, rows in days[days.duplicated(keep=False)].groupby(days):
        yield (
            f"{_rows_text(rows.index)}: day {day_text(day)} is there {len(rows)} "
            "times. Write one row per day."
        )
    day_long = 1 if days.dtype == "int64" else pd.Timedelta(days=1)
    late = days.index[days.diff() / day_long < 0]
    if len(late):
        yield (
            f"{_rows_text(late)}: day {day_text(days[late[0]])} comes after day "
            f"{day_text(days.shift()[late[0]])}. Sort the rows by day."
        )
    rising = days.drop_duplicates().sort_values()
    gaps = (rising.diff() / day_long)[lambda steps: steps > 1]
    if len(gaps) and missing == "refuse":
        first = gaps.index[0]
        yield (
            f"{_rows_text(gaps.index)}: {counted(int(gaps[first]) - 1, 'day')} missing "
            f"between day {day_text(rising.shift()[first])} and day "
            f"{day_text(days[first])}. Give a rest day a row with load 0, or write "
            "--missing rest."
        )


def _typed_sets(cells: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the sets table of the cells; PlanError with what is no number."""
    columns, problems = {}, []
    for column in SETS.columns:
        texts = cells[column.name]
        if column.dtype == "str":
            columns[column.name] = texts
        elif column.dtype == "bool":
            columns[column.name] = texts.str.lower() == "true"
        else:
            numbers, faults = _numbers_in(texts, column.name)
            problems += faults
            beyond = numbers[numbers.abs() > LARGEST]
            problems += _fault(beyond, f"{column.name} must be at most {LARGEST:g}")
            if column.dtype.lower() == "int64":
                # NaN % 1 is not 0 either: only Int64 may be missing.
                bad = numbers[numbers % 1 != 0]
                bad = bad.dropna() if column.dtype == "Int64" else bad
                rule = f"{column.name} is a whole number, {column.meaning}"
                problems += _fault(bad, rule)
            columns[column.name] = numbers
    if problems:
        raise PlanError(source, problems)
    return SETS.from_columns(columns)


def _possible_reps(sets: pd.DataFrame) -> pd.Series:
    """Return the repetitions to failure: done and in reserve; NaN where unknown."""
    return sets["reps"].astype("float64") + sets["rir"]


def _rated_kg(sets: pd.DataFrame) -> pd.Series:
    """Return what effort goes by: the load, with the lifted body mass where it counts.

    An exercise that the catalogue lacks goes by its load alone.
    """
    rating_body = [one.id for one in read_exercises().values() if one.rates_body_mass]
    on_implements_kg = sets["load_kg"] * sets["n_implements"]
    counts_body = sets["exercise"].isin(rating_body) & (on_implements_kg > 0)
    return on_implements_kg.where(~counts_body, sets["system_load_kg"])


def _rows_text(numbers: Sequence[int]) -> str:
    """Return numbers of rows as words, only the first of many."""
    numbers = sorted(numbers)
    runs = ranges_text(numbers)
    if len(runs) > _MOST_LETTERS:
        more = len(numbers) - _MOST_ROWS
        return f"rows {ranges_text(numbers[:_MOST_ROWS])}, and {more} more"
    return f"row{'s' if len(numbers) > 1 else ''} {runs}"
