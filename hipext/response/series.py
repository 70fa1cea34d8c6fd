"""A series to fit: a daily training load, and the tests of the same days."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from hipext.files.checks import (
    PlanError,
    check_one_of,
    counted,
    did_you_mean,
    listed,
    spans,
)
from hipext.files.io import read_text
from hipext.files.tables import SETS, TRAINING_LOADS, Column
from hipext.intensity.relations import RELATION, RELATIONS, one_rm
from hipext.metrics.volume import training_load
from hipext.plans.exercises import read_exercises

USUAL = {  # names that a column goes by unless another is chosen
    "load": ("training_load",),
    "performance": ("performance",),
    "day": ("day", "date"),
}
MISSING = ("refuse", "rest")  # what to do about a day without a load
FIRST_ROW = 2  # row 1 is the heading, as in a spreadsheet
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_WITH_COMMA = re.compile(r"[+-]?[\d.]*(,[\d.]+)+([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d{1,9}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_MOST_LETTERS = 60  # of the numbers of rows; of more, only the first and how many
_MOST_ROWS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """A daily load and the tests of the same days, ready to be fitted."""

    training_load: pd.Series
    """Load of consecutive days."""
    performance: pd.Series
    """Result of the test of each day; NaN for none."""
    read_as: Mapping[str, str]
    """What was taken as load, performance and day."""
    sentence: str = ""
    """What a reader must know about the performance."""


def daily_series(
    cells: pd.DataFrame,
    given: Mapping[str, str | None],
    *,
    source: str,
    missing: str = "refuse",
) -> Series:
    """Return the series that the cells of a file tell.

    Parameters
    ----------
    cells : pandas.DataFrame
        Texts, as `_cells.read_cells` returns them; an empty performance is no test.
    given : Mapping
        Name of the column by "load", "performance" and "day"; None for the usual one.
    source : str
        Name of the file, for messages.
    missing : {"refuse", "rest"}
        Whether a day without a row, or without a load, is a mistake or a rest day.

    Returns
    -------
    Series
        Of consecutive days: whole numbers, or dates.

    Raises
    ------
    PlanError
        With all that is wrong in the file, by the number of its row.
    """
    check_one_of(missing, MISSING, name="--missing")
    names = _chosen(cells.columns, given, source)
    days, unreadable = days_in(cells[names["day"]], names["day"])
    load, load_problems = numbers_in(
        cells[names["load"]].where(cells[names["load"]] != "", _if_empty(missing)),
        names["load"],
    )
    tests, test_problems = numbers_in(cells[names["performance"]], names["performance"])
    problems = [
        *unreadable,
        *([] if unreadable else _order_problems(days, missing)),
        *load_problems,
        *_load_problems(load, names["load"], unknown=cells[names["load"]] == ""),
        *test_problems,
    ]
    if missing == "refuse":
        problems += _empty_loads(cells[names["load"]], names["load"])
    if problems:
        raise PlanError(source, problems)
    return _on_all_days(days, load, tests, names)


def _if_empty(missing: str) -> str:
    return "0" if missing == "rest" else ""


def _on_all_days(
    days: pd.Series, load: pd.Series, tests: pd.Series, names: Mapping[str, str]
) -> Series:
    """Return the series by day, days without a row as rest."""
    index = pd.Index(days.array, name="day")
    is_date = isinstance(index, pd.DatetimeIndex)
    calendar = (
        pd.date_range(index[0], index[-1], name="day")
        if is_date
        else pd.RangeIndex(index[0], index[-1] + 1, name="day")
    )
    return Series(
        training_load=pd.Series(
            load.array, index=index, name="training_load", dtype="float64"
        ).reindex(calendar, fill_value=0.0),
        performance=pd.Series(
            tests.array, index=index, name="performance", dtype="float64"
        ).reindex(calendar),
        read_as=names,
    )


def _chosen(
    columns: Sequence[str], given: Mapping[str, str | None], source: str
) -> dict[str, str]:
    """Return the name of the column by what it holds."""
    found, unnamed, problems = {}, [], []
    shown = ", ".join(columns)
    for what, usual in USUAL.items():
        name = given.get(what)
        fits = [one for one in columns if one == name or _is_usual(one, name, usual)]
        if fits:
            found[what] = fits[0]
        elif name is None:
            unnamed.append(what)
        else:
            problems.append(
                f"row 1: there is no column {name!r} for --{what}; the columns are "
                f"{shown}.{did_you_mean(name, columns)}"
            )
    if unnamed:
        flags = " ".join(f"--{what} COLUMN" for what in unnamed)
        wanted = "; ".join(" or ".join(USUAL[what]) for what in unnamed)
        problems.append(
            f"row 1: no column has the name {wanted}. Name it with {flags}; the "
            f"columns are {shown}."
        )
    if problems:
        raise PlanError(source, problems)
    return found


def _is_usual(column: str, given: str | None, usual: Sequence[str]) -> bool:
    return given is None and column.lower() in usual


def _load_problems(load: pd.Series, name: str, *, unknown: pd.Series) -> Iterator[str]:
    bad = load[~unknown & (~np.isfinite(load.fillna(0.0)) | (load < 0))]
    if len(bad):
        yield (
            f"{rows_text(bad.index)}: {name} is a training load, 0 or more; got "
            f"{bad.iloc[0]:g}."
        )


def _empty_loads(cells: pd.Series, name: str) -> Iterator[str]:
    empty = cells[cells == ""]
    if len(empty):
        yield (
            f"{rows_text(empty.index)}: {name} is empty. Write 0 for a rest day, or "
            "--missing rest if every day without a load was one."
        )


def _order_problems(days: pd.Series, missing: str) -> Iterator[str]:
    """Tell of days that are there twice, out of order, or not there."""
    for day, rows in days[days.duplicated(keep=False)].groupby(days):
        yield (
            f"{rows_text(rows.index)}: day {_day(day)} is there {len(rows)} times. "
            "Write one row per day."
        )
    ordinals = days.astype("int64") if days.dtype == "int64" else _ordinals(days)
    late = ordinals.index[ordinals.diff() < 0]
    if len(late):
        before = days.shift()[late[0]]
        yield (
            f"{rows_text(late)}: day {_day(days[late[0]])} comes after day "
            f"{_day(before)}. Sort the rows by day."
        )
    rising = ordinals.drop_duplicates().sort_values()
    gaps = rising.diff()[lambda steps: steps > 1]
    if len(gaps) and missing == "refuse":
        before = days[rising.index[rising.index.get_loc(gaps.index[0]) - 1]]
        yield (
            f"{rows_text(gaps.index)}: {counted(gaps.iloc[0] - 1, 'day')} missing "
            f"between day {_day(before)} and day {_day(days[gaps.index[0]])}. Give a "
            "rest day a row with load 0, or write --missing rest."
        )


def _ordinals(days: pd.Series) -> pd.Series:
    return (days - pd.Timestamp(0)).dt.days


def _day(day: object) -> str:
    return f"{day:%Y-%m-%d}" if isinstance(day, pd.Timestamp) else f"{day:.0f}"


def is_sets_table(cells: pd.DataFrame) -> bool:
    """Return whether cells have all the columns of a sets table."""
    return set(SETS.names) <= set(cells.columns)


def lift_series(
    cells: pd.DataFrame, exercise: str | None, *, load: str | None, source: str
) -> Series:
    """Return the load of each day and the best estimated 1RM of an exercise.

    Parameters
    ----------
    cells : pandas.DataFrame
        Texts of a sets table (columns: `tables.SETS`), as `_cells.read_cells` returns
        them.
    exercise : str or None
        Id of the exercise whose working sets tell the performance.
    load : str or None
        What counts as load: one of `tables.TRAINING_LOADS`; None for session_rpe.
    source : str
        Name of the file, for messages.

    Returns
    -------
    Series
        From day 0 to the end of the last week; performance in kg.

    Raises
    ------
    ValueError
        If the cells are not those of sets, or no set of the exercise can be used.
    """
    definition = load or "session_rpe"
    check_one_of(definition, TRAINING_LOADS, name="--load of a sets table")
    sets = _typed(cells, source)
    can = sets[usable(sets)]
    lifts = sorted(can["exercise"].unique())
    if exercise is None:
        raise ValueError(
            f"{source} is a sets table. Name the exercise whose best estimated 1RM of "
            f"a day is the performance: --exercise NAME, one of {', '.join(lifts)}."
        )
    check_one_of(exercise, lifts, name="--exercise")
    of_lift = can[can["exercise"] == exercise]
    best = best_e1rm_kg(of_lift)
    daily = training_load(sets, definition=definition)
    return Series(
        training_load=daily,
        performance=best.reindex(daily.index),
        read_as={"load": definition, "performance": f"e1RM of {exercise} (kg)"},
        sentence=_told(exercise, n_sets=len(of_lift), n_days=len(best)),
    )


def usable(sets: pd.DataFrame) -> pd.Series:
    """Return which sets tell a 1RM: loaded working sets in the relation's range."""
    possible = _possible(sets)
    most = RELATIONS[RELATION].max_reps
    is_work = (sets["kind"] == "work") & (_rated_kg(sets) > 0)
    return is_work & (possible >= 1) & (possible <= most)


def best_e1rm_kg(sets: pd.DataFrame) -> pd.Series:
    """Return the highest estimated 1RM of each day, in kg.

    A single repetition with none in reserve is the 1RM itself.
    """
    possible, load_kg = _possible(sets).to_numpy(), _rated_kg(sets).to_numpy()
    is_single = possible == 1
    several = np.where(is_single, 2.0, possible)
    e1rm_kg = np.where(is_single, load_kg, one_rm(load_kg, several, relation=RELATION))
    return pd.Series(e1rm_kg, index=sets["day"]).groupby(level=0).max()


def _possible(sets: pd.DataFrame) -> pd.Series:
    """Return the repetitions to failure: done and in reserve; NaN where unknown."""
    return sets["reps"].astype("float64") + sets["rir"]


def _rated_kg(sets: pd.DataFrame) -> pd.Series:
    """Return what effort goes by: the load, with the lifted body mass where it counts.

    An exercise that the catalogue does not know goes by its load alone.
    """
    catalogue = read_exercises()
    rating_body = [one.id for one in catalogue.values() if one.rates_body_mass]
    on_implements_kg = sets["load_kg"] * sets["n_implements"]
    counts_body = sets["exercise"].isin(rating_body) & (on_implements_kg > 0)
    return on_implements_kg.where(~counts_body, sets["system_load_kg"])


def _typed(cells: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the sets table of the cells; PlanError with what is no number."""
    columns, problems = {}, []
    for column in SETS.columns:
        texts = cells[column.name]
        if column.dtype == "str":
            columns[column.name] = texts
        elif column.dtype == "bool":
            columns[column.name] = texts.str.lower() == "true"
        else:
            numbers, faults = numbers_in(texts, column.name)
            problems += faults + _not_whole(numbers, column)
            columns[column.name] = numbers
    if problems:
        raise PlanError(source, problems)
    return SETS.from_columns(columns)


def _not_whole(numbers: pd.Series, column: Column) -> list[str]:
    """Tell of numbers of things that are not whole, or not there."""
    if column.dtype.lower() != "int64":
        return []
    may_miss = column.dtype == "Int64"
    wrong = numbers[(numbers % 1 != 0) & ~(may_miss & numbers.isna())]
    if wrong.empty:
        return []
    given = "nothing" if np.isnan(wrong.iloc[0]) else f"{wrong.iloc[0]:g}"
    return [
        f"{rows_text(wrong.index)}: {column.name} is a whole number, {column.meaning}; "
        f"got {given}."
    ]


def _told(exercise: str, *, n_sets: int, n_days: int) -> str:
    return (
        f"Performance is the best 1RM of a day estimated from the working sets of "
        f"{exercise} ({RELATION}, repetitions done and in reserve; "
        f"{counted(n_sets, 'set')} on {counted(n_days, 'day')}). An estimate is not "
        "a test: its errors are those of the relation and of the reported reserve."
    )


def read_cells(path: str | Path) -> pd.DataFrame:
    """Return the cells of a CSV file as texts, by the number of their row.

    Parameters
    ----------
    path : str or Path
        UTF-8 with or without a byte order mark; commas or semicolons between cells.

    Returns
    -------
    pandas.DataFrame
        One row per line, numbered from 2 after the heading; empty lines are left out.

    Raises
    ------
    PlanError
        If there is no row, a name stands twice in the heading, or a row has more or
        fewer cells than the heading.
    """
    text = read_text(path)
    heading = text.partition("\n")[0]
    mark = ";" if heading.count(";") > heading.count(",") else ","
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    cells = [[cell.strip() for cell in line] for line in lines]
    names, rows = (cells or [[]])[0], dict(enumerate(cells[1:], FIRST_ROW))
    rows = {number: row for number, row in rows.items() if any(row)}
    problems = list(_form_problems(names, rows, mark))
    if problems:
        raise PlanError(str(path), problems)
    return pd.DataFrame(rows.values(), index=list(rows), columns=names, dtype="str")


def _form_problems(
    names: Sequence[str], rows: Mapping[int, Sequence[str]], mark: str
) -> Iterator[str]:
    if not rows:
        yield "there is no row of data. Write a heading and one row per day."
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        yield f"row 1: more than one column is named {listed(twice)}. Rename them."
    wrong = [number for number, row in rows.items() if len(row) != len(names)]
    if wrong:
        comma = " For a decimal comma write a point: 12.5." if mark == "," else ""
        yield (
            f"{rows_text(wrong)}: {counted(len(rows[wrong[0]]), 'cell')} instead of "
            f"the {len(names)} of the heading.{comma}"
        )


def days_in(cells: pd.Series, name: str) -> tuple[pd.Series, list[str]]:
    """Return whole numbers or dates; and what is neither."""
    is_whole = cells.map(lambda cell: bool(_WHOLE.fullmatch(cell)))
    is_iso = cells.map(_is_date)
    is_fine = is_whole if is_whole.sum() >= is_iso.sum() else is_iso
    if is_fine.all():
        if is_fine is is_whole:
            return cells.astype("int64"), []
        return pd.to_datetime(cells, format="%Y-%m-%d"), []
    kind = "a date like 2024-01-31" if is_fine is is_iso else "a whole number"
    other = "" if is_fine.any() else ", nor a date like 2024-01-31"
    bad = cells[~is_fine]
    return cells, [
        f"{rows_text(bad.index)}: {name} is not {kind}{other}; got {bad.iloc[0]!r}. "
        "Write all days as whole numbers, or all as dates."
    ]


def _is_date(cell: str) -> bool:
    try:
        return bool(_ISO.fullmatch(cell)) and bool(date.fromisoformat(cell))
    except ValueError:
        return False


def numbers_in(cells: pd.Series, name: str) -> tuple[pd.Series, list[str]]:
    """Return the numbers, NaN where a cell is empty or wrong; and what is no number."""
    is_number = cells.map(lambda cell: bool(_NUMBER.fullmatch(cell)))
    numbers = cells.where(is_number, "nan").astype("float64")
    is_comma = cells.map(lambda cell: bool(_WITH_COMMA.fullmatch(cell)))
    is_other = ~is_number & ~is_comma & (cells != "")
    problems = []
    for bad, fix in (
        (cells[is_comma], "Write a decimal point, 12.5, and nothing between thousands"),
        (cells[is_other], "Leave the cell empty where nothing is known"),
    ):
        if len(bad):
            problems.append(
                f"{rows_text(bad.index)}: {name} is not a number; got {bad.iloc[0]!r}. "
                f"{fix}."
            )
    return numbers, problems


def rows_text(numbers: Sequence[int]) -> str:
    """Return numbers of rows as words, only the first of many."""
    numbers = sorted(numbers)
    runs = spans(numbers)
    if len(runs) > _MOST_LETTERS:
        more = len(numbers) - _MOST_ROWS
        return f"rows {spans(numbers[:_MOST_ROWS])}, and {more} more"
    return f"row{'s' if len(numbers) > 1 else ''} {runs}"
