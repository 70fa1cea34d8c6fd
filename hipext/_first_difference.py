"""Where two versions of a table differ first."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import zip_longest

import numpy as np
import pandas as pd

_NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first place at which a table made again differs from the one in a folder."""

    file: str  # name of the table's file
    row: int  # from 1; 0 for the names of the columns
    label: str  # first column of the row and its value: "week 3"
    column: str
    ours: str  # the value made again
    theirs: str  # the value in the folder
    relative: float  # |ours - theirs| / the larger of both; NaN where not numbers

    def told(self) -> str:
        """Return where it is, both values, and by how much they differ."""
        if self.row:
            label = f" ({self.label})" if self.label else ""
            place = f"row {self.row}{label}, column {self.column}"
        else:
            place = f"names of the columns, {self.column}"
        is_size = self.relative > 0  # neither texts nor one number written otherwise
        size = f" (relative difference {self.relative:.1e})" if is_size else ""
        return (
            f"{self.file}, {place}: {self.theirs} in the folder, "
            f"{self.ours} made again{size}"
        )


def first_difference(
    name: str, ours: bytes, theirs: bytes, *, tolerance: float = 0.0
) -> Difference | None:
    """Return the first place, row by row, at which two versions of a table differ.

    Parameters
    ----------
    name : str
        Name of the file; it ends in ``.csv`` or ``.parquet``.
    ours : bytes
        The table made again.
    theirs : bytes
        The table in the folder.
    tolerance : float, default 0
        Numbers that differ relatively by no more are the same. 0: so are only those
        written alike.

    Returns
    -------
    Difference or None
        None if no cell differs: then it is in how the bytes are packed.

    Raises
    ------
    ValueError
        If `theirs` is no such table, or files of this kind cannot be compared.
    """
    find = _FINDERS.get(name.rpartition(".")[2])
    if find is None:
        raise ValueError(f"{name} cannot be compared; only .csv and .parquet can.")
    return find(name, ours, theirs, tolerance)


def _in_csv(
    name: str, ours: bytes, theirs: bytes, tolerance: float
) -> Difference | None:
    header: Sequence[str] = ()
    pairs = zip_longest(_csv_rows(ours), _csv_rows(theirs), fillvalue=())
    try:
        for number, (mine, other) in enumerate(pairs):
            header = header or mine
            if mine != other:
                found = _in_row(name, number, header, (mine, other), tolerance)
                if found:
                    return found
    except csv.Error as error:
        raise ValueError(f"{name} cannot be read as CSV: {error}.") from None
    return None


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = content.decode("utf-8", errors="replace")
    return csv.reader(StringIO(text, newline=""))


def _in_row(
    name: str,
    number: int,
    header: Sequence[str],
    rows: tuple[Sequence[str], Sequence[str]],
    tolerance: float,
) -> Difference | None:
    """Return the first difference of two rows of texts."""
    for place, (mine, other) in enumerate(zip_longest(*rows, fillvalue=_NOTHING)):
        relative = _relative(mine, other)
        if mine == other or (tolerance and relative <= tolerance):
            continue
        whole = rows[0] or rows[1]
        return Difference(
            file=name,
            row=number,
            label=f"{header[0]} {whole[0]}" if place and number else "",
            column=header[place] if place < len(header) else f"number {place + 1}",
            ours=mine or "empty",
            theirs=other or "empty",
            relative=relative,
        )
    return None


def _relative(mine: object, other: object) -> float:
    """Return by how much two values differ relatively; NaN where not two numbers."""
    try:
        mine, other = float(mine), float(other)
    except (TypeError, ValueError):
        return math.nan
    if mine == other:
        return 0.0
    largest = max(abs(mine), abs(other))
    return abs(mine - other) / largest if math.isfinite(largest) else math.nan


def _in_parquet(
    name: str, ours: bytes, theirs: bytes, tolerance: float
) -> Difference | None:
    tables = _parquet_table(name, ours), _parquet_table(name, theirs)
    header = [*tables[0].columns]
    if header != [*tables[1].columns]:
        return _in_row(name, 0, header, (header, [*tables[1].columns]), tolerance)
    n_rows = [len(table) for table in tables]
    shared = [table.head(min(n_rows)) for table in tables]
    found = [_differing(shared[0][key], shared[1][key], tolerance) for key in header]
    rows = np.flatnonzero(np.any(found, axis=0)) if header else np.array([], int)
    if not len(rows) and n_rows[0] == n_rows[1]:
        return None
    row = int(rows[0]) if len(rows) else min(n_rows)
    texts = [_row_of(table, row) for table in tables]
    return _in_row(name, row + 1, header, (texts[0], texts[1]), tolerance)


def _parquet_table(name: str, content: bytes) -> pd.DataFrame:
    from pyarrow import ArrowException, parquet  # optional, and slow to import

    try:
        return parquet.read_table(BytesIO(content)).to_pandas()
    except (ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"{name} cannot be read as Parquet: {reason}.") from None


def _differing(mine: pd.Series, other: pd.Series, tolerance: float) -> np.ndarray:
    """Return for every row whether two columns differ there."""
    are_missing = (mine.isna() & other.isna()).to_numpy()
    are_numbers = all(pd.api.types.is_numeric_dtype(one) for one in (mine, other))
    if not tolerance or not are_numbers:
        return (mine.astype(object) != other.astype(object)).to_numpy() & ~are_missing
    first, second = mine.to_numpy(float), other.to_numpy(float)
    largest = np.fmax(np.abs(first), np.abs(second))
    with np.errstate(invalid="ignore"):  # infinite minus infinite
        are_near = np.abs(first - second) <= tolerance * largest
    are_near &= np.isfinite(largest)
    return ~(are_missing | are_near | (first == second))


def _row_of(table: pd.DataFrame, row: int) -> list[str]:
    """Return a row as texts; empty where a value is missing, no row past the end."""
    if row >= len(table):
        return []
    values = table.iloc[[row]].astype(object).to_numpy().tolist()[0]
    return ["" if pd.isna(value) else str(value) for value in values]


_FINDERS = {"csv": _in_csv, "parquet": _in_parquet}
