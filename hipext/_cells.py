"""Cells of a CSV file as texts, days and numbers; problems by the number of a row."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from hipext._checks import PlanError
from hipext._phrases import counted, listed, spans
from hipext.data import read_text

FIRST_ROW = 2  # row 1 is the heading, as in a spreadsheet
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_WITH_COMMA = re.compile(r"[+-]?[\d.]*(,[\d.]+)+([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d{1,9}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_MOST_LETTERS = 60  # of the numbers of rows; of more, only the first and how many
_MOST_ROWS = 8


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
            f"{rows_told(wrong)}: {counted(len(rows[wrong[0]]), 'cell')} instead of "
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
        f"{rows_told(bad.index)}: {name} is not {kind}{other}; got {bad.iloc[0]!r}. "
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
                f"{rows_told(bad.index)}: {name} is not a number; got {bad.iloc[0]!r}. "
                f"{fix}."
            )
    return numbers, problems


def rows_told(numbers: Sequence[int]) -> str:
    """Return numbers of rows as words, only the first of many."""
    numbers = sorted(numbers)
    runs = spans(numbers)
    if len(runs) > _MOST_LETTERS:
        more = len(numbers) - _MOST_ROWS
        return f"rows {spans(numbers[:_MOST_ROWS])}, and {more} more"
    return f"row{'s' if len(numbers) > 1 else ''} {runs}"
