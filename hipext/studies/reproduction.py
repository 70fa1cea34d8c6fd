"""Make results again from their record, and tell whether they are the same."""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from hipext.athletes.athlete import check_athlete
from hipext.engine.compiled import can_compile
from hipext.files.checks import check_one_of
from hipext.files.parameters import parameters_changed, shipped_values
from hipext.files.records import (
    changes_since,
    code_hash,
    edit_messages,
    inputs_of,
    read_record,
    sha256_of,
)
from hipext.plans.plan_file import check_plan
from hipext.simulation.run import setting_of, trace
from hipext.simulation.simulation import (
    check_seed,
    open_loop,
    simulate,
    simulation_of,
    table_files,
)
from hipext.studies.comparison import comparison_from_record, comparison_tables
from hipext.studies.crowds import progress_bar
from hipext.studies.search import front_from_record, search_tables
from hipext.studies.sweeps import check_complete, sweep_files_from_record

TOLERANCE = 1e-12  # relative; what is promised between machines and engines
ENGINES = ("plain", "compiled")
_MOST_TOLD = 3  # edits or notes of one kind; the rest is counted
_SAME_MAKING = (
    "machine: code, catalogue and libraries are the same; exponentials of another "
    "machine may differ in the last place, which can turn a decision; or a table was "
    "changed together with its sha256"
)
_UNKNOWN_CODE = "code version or machine: the record does not tell the code it is from"
_UNSEALED = "made before seals; edits cannot be told from other causes"
_NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Whether results could be made again, and if not, what differs first and why."""

    kind: str  # of the record: "run"
    n_tables: int  # tables of the record
    is_identical: bool  # every table, byte for byte
    is_equal: bool  # all texts, and all numbers to 1e-12; so is what is identical
    difference: str  # the first one; empty for none
    cause: str  # of it; empty for none
    notes: tuple[str, ...]  # what else is worth knowing

    def told(self) -> str:
        """Return it as text; the first word of a success is "identical"."""
        tables = "1 table" if self.n_tables == 1 else f"{self.n_tables} tables"
        if self.is_identical:
            lines = [f"identical: {tables}, byte for byte"]
        else:
            head = f"identical to {TOLERANCE:g}, not byte for byte: {tables}"
            lines = [head if self.is_equal else f"different: {self.difference}"]
            lines += [f"first: {self.difference}"] if self.is_equal else []
            lines += [f"cause: {self.cause}"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """What is not as it should be about one table."""

    name: str
    difference: str
    edit: str = ""  # what somebody did to the folder
    is_made_again: bool = False  # as the record says
    is_near: bool = False  # all texts, and all numbers to the tolerance


def reproduce(
    folder: str | Path, *, engine: str | None = None, progress: bool = True
) -> Reproduction:
    """Make the results of a folder again from its record, and compare.

    Nothing but ``record.json`` goes in: plan, person and constants are its own. The
    tables of the folder are there to be compared with.

    Parameters
    ----------
    folder : str or Path
        A folder that ``hipext run`` or its like wrote.
    engine : {"plain", "compiled"}, optional
        How the day loop runs. Default: plain for runs, else compiled where numba is
        installed.
    progress : bool, default True
        Whether to show a bar on a terminal.

    Returns
    -------
    Reproduction
        The first difference and its cause: an input edited in the record, a table
        changed after the run, or else whatever differs between then and now
        (catalogue, code, libraries, Python), and the machine if nothing does.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no record in it.
    PlanError
        If the record cannot be read.
    ValueError
        If there is no such engine, or results of this kind cannot be made again.
    ModuleNotFoundError
        If the compiled engine is asked for and numba is not installed.
    """
    _check_engine(engine)
    folder = Path(folder)
    record = {"kind": "run"} | read_record(folder)
    check_one_of(record["kind"], tuple(KINDS), name=f"kind of {folder / 'record.json'}")
    seals = record.get("seals")
    edits = (
        [] if seals is None else edit_messages(inputs_of(record), seals, record["kind"])
    )
    if record["kind"] == "sweep":
        check_complete(folder, record)
    findings = _findings(record, folder, engine, progress=progress)
    return _judged(record, edits, findings, engine)


def _check_engine(engine: str | None) -> None:
    if engine is not None:
        check_one_of(engine, ENGINES, name="engine")
    if engine == "compiled" and not can_compile():
        raise ModuleNotFoundError(
            "engine 'compiled' needs numba, which is not installed. "
            "Install hipext[fast], or use engine 'plain'."
        )


def _findings(
    record: Mapping[str, object], folder: Path, engine: str | None, *, progress: bool
) -> list[_Finding]:
    """Make every table again; return what is not as it should be, in order."""
    findings, waiting = [], dict(record["sha256"])
    bar = progress_bar(len(waiting), "files", is_shown=progress)
    try:
        with bar as tell, parameters_changed(_own_parameters(record)):
            for name, ours in KINDS[record["kind"]](record, engine):
                recorded = waiting.pop(name, None)
                findings += _compared(name, ours, folder / name, recorded)
                tell(1)
    except (ValueError, TypeError, KeyError) as error:
        is_missing = isinstance(error, KeyError)
        words = f"the {record['kind']} cannot be made again: "
        words += f"the record lacks {error}" if is_missing else str(error)
        return [*findings, _Finding(name="", difference=words)]
    return findings + [_not_made(name, record) for name in waiting]


def _not_made(name: str, record: Mapping[str, object]) -> _Finding:
    is_added = record.get("code") == code_hash()  # the code that made it knows it not
    return _Finding(
        name=name,
        difference=f"{name} is in the record, but is not made now",
        edit=f"sha256 of {name} was added to the record" if is_added else "",
        is_made_again=is_added,
    )


def _own_parameters(record: Mapping[str, object]) -> dict[str, float]:
    """Return the constants of a record that there still are."""
    given = record["parameters"]
    return {
        name: float(given[name]) if given[name] in ("inf", "-inf") else given[name]
        for name in given
        if name in shipped_values()
    }


def _compared(
    name: str, ours: bytes, path: Path, recorded: str | None
) -> list[_Finding]:
    """Return what is wrong with a table made again, or with the one in the folder."""
    theirs = path.read_bytes() if path.is_file() else None
    is_made_again = sha256_of(ours) == recorded
    is_untouched = theirs is not None and sha256_of(theirs) == recorded
    if is_made_again and is_untouched:
        return []
    is_near, edit = False, ""
    if theirs == ours:
        difference = f"record.json has not the sha256 of {name}, made again or not"
        edit = f"sha256 of {name} was changed in the record after the run"
        is_made_again = True
    elif recorded is None:
        difference = f"{name} is made now, but is not in the record"
    elif theirs is None:
        difference = f"{name} is missing from the folder"
        edit = f"table {name} was removed after the run"
    else:
        difference, is_near = _first_of(name, ours, theirs, is_edited=not is_untouched)
        edit = "" if is_untouched else f"table {name} was changed after the run"
    return [
        _Finding(
            name=name,
            difference=difference,
            edit=edit,
            is_made_again=is_made_again,
            is_near=is_near,
        )
    ]


def _first_of(
    name: str, ours: bytes, theirs: bytes, *, is_edited: bool
) -> tuple[str, bool]:
    """Return the first difference in words, and whether it is a mere rounding."""
    try:
        far = first_difference(name, ours, theirs, tolerance=TOLERANCE)
        found = far or first_difference(name, ours, theirs)
    except ValueError as error:
        return str(error).removesuffix("."), False
    if found is None:
        return f"{name}: every value is the same, only the file is written otherwise", (
            True
        )
    return found.told(), not far and not is_edited


def _judged(
    record: Mapping[str, object],
    edits: Sequence[str],
    findings: Sequence[_Finding],
    engine: str | None,
) -> Reproduction:
    far = [finding for finding in findings if not finding.is_near]
    others = [one.name for one in findings if not one.is_made_again]
    changes = _changes_that_matter(record, engine, others)
    causes = [*edits, *(finding.edit for finding in findings if finding.edit)]
    if others and not edits:
        usual = _SAME_MAKING if "code" in record else _UNKNOWN_CODE
        causes.append("; or ".join(changes) or usual)
    notes = [] if "seals" in record else [_UNSEALED]
    notes += _parameter_notes(record)
    notes += [] if others else [f"{one}; the tables agree" for one in changes]
    first = [finding.difference for finding in [*far, *findings]]
    if edits and not first:
        first = ["record.json was edited, but its tables come out the same"]
    return Reproduction(
        kind=record["kind"],
        n_tables=len(record["sha256"]),
        is_identical=not findings and not edits,
        is_equal=not far and not edits,
        difference=first[0] if first else "",
        cause=_some(causes),
        notes=tuple(notes),
    )


def _changes_that_matter(
    record: Mapping[str, object], engine: str | None, others: Sequence[str]
) -> list[str]:
    """Return what is not as it was then and may have changed the tables `others`."""
    unknown = "plain" if record["kind"] == "run" else engine
    then = record.get("engine", unknown)
    now = then if engine is None else engine
    without = {"numba"} if now == then == "plain" else set()
    if not any(name.endswith(".parquet") for name in record["sha256"]):
        without.add("pyarrow")
    if "assumptions.csv" not in others:
        without.add("parameters.toml")  # words alone: the values are in the record
    engines = [f"engine: {then} then, {now} now"] if now != then else []
    return engines + changes_since(record, without=without)


def _parameter_notes(record: Mapping[str, object]) -> list[str]:
    """Tell the constants that are shipped with other values now."""
    own, shipped = _own_parameters(record), shipped_values()
    others = [
        f"{name} is {own[name]} in the record, {shipped[name]} shipped"
        for name in own
        if own[name] != shipped[name]
    ]
    return [f"{_some(others)}; the record's own were used"] if others else []


def _some(words: Sequence[str]) -> str:
    more = len(words) - _MOST_TOLD
    return "; ".join(words[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")


def _rerun_simulation(
    record: Mapping[str, object], engine: str | None
) -> Iterable[tuple[str, bytes]]:
    """Return name and content of the tables of a run."""
    check_one_of(record["mode"], ("closed_loop", "open_loop"), name="mode")
    plan = check_plan(record["plan"], source="the plan of the record")
    athlete = check_athlete(record["athlete"], source="the person of the record")
    load = {"training_load": record["training_load"]}
    if record["mode"] == "open_loop":
        return table_files(open_loop(plan, athlete, **load)).items()
    chance = {"seed": record["seed"], "noise": record["noise"]}
    if engine != "compiled":
        return table_files(simulate(plan, athlete, **chance, **load)).items()
    check_seed(record["seed"])
    setting = setting_of(plan, [athlete])
    kept = trace(setting, **chance, is_compiled=True)
    run = simulation_of(plan, athlete, setting, kept, **chance, **load)
    return table_files(run).items()


def _rerun_comparison(
    record: Mapping[str, object], engine: str | None
) -> Iterable[tuple[str, bytes]]:
    """Return name and content of the tables of a comparison."""
    return comparison_tables(comparison_from_record(record, engine=engine)).items()


def _rerun_search(
    record: Mapping[str, object], engine: str | None
) -> Iterable[tuple[str, bytes]]:
    """Return name and content of the tables of a search."""
    return search_tables(
        front_from_record(record, engine=engine, progress=False)
    ).items()


# Each makes the files of a record of its kind again, one at a time: (name, content).
# The constants of the record are in use while it does.
KINDS: dict[str, Callable[[Mapping, str | None], Iterable[tuple[str, bytes]]]] = {
    "run": _rerun_simulation,
    "compare": _rerun_comparison,
    "sweep": sweep_files_from_record,
    "search": _rerun_search,
}


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
