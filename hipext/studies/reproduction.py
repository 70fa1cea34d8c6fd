"""Repeat an analysis from its record, and report the first difference and its cause.

The inputs and files of a fit to a series are here as well: runs, comparisons, sweeps
and searches have modules of their own for theirs.
"""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import partial
from io import BytesIO, StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd
from pydantic import Field, model_validator

from hipext.athletes.athlete import check_athlete
from hipext.files.checks import InputError, MissingExtra, check_one_of, import_extra
from hipext.files.io import csv_bytes
from hipext.files.parameters import parameters_changed, shipped_values
from hipext.files.records import (
    RECORD,
    changes_since,
    code_hash,
    edit_messages,
    inputs_of,
    json_value,
    leaves_of,
    read_record,
    sha256_of,
)
from hipext.files.schema import RecordedNumber, RecordPart, check_values
from hipext.files.tables import TRAINING_LOADS
from hipext.metrics.days import day_of
from hipext.plans.plan_file import check_plan
from hipext.response.calibration import Fit, compare_models, fit, pooled
from hipext.response.models import MODELS
from hipext.response.series import Series
from hipext.simulation.run import MAX_SEED, setting_of, trace
from hipext.simulation.simulation import (
    check_seed,
    open_loop,
    simulate,
    simulation_of,
    table_files,
)
from hipext.studies.comparison import (
    ComparisonRecord,
    comparison_from_record,
    comparison_tables,
)
from hipext.studies.crowds import check_engine, progress_bar
from hipext.studies.search import front_from_record, search_tables
from hipext.studies.sweep_file import SearchRecord, SweepRecord
from hipext.studies.sweeps import check_complete, sweep_files_from_record

TOLERANCE = 1e-12  # relative; what is promised between machines and engines
FIT_RESULT = "fit.json"
SCORES = ("sse", "rmse", "r_squared", "aicc", "cv_rmse", "condition_number")
_CHUNK = 1000  # rows of Parquet that become texts at a time
_MOST_SHOWN = 3  # edits or notes of one kind; the rest is counted
_OTHER_MACHINE = (
    "machine: code, catalogue and libraries are the same; exponentials of another "
    "machine may differ in the last place, which can turn a decision; or a table was "
    "changed together with its sha256"
)
_NOTHING = "nothing"


class RunRecord(RecordPart):
    """What the record of a run must have; plan and athlete are checked by the rerun."""

    mode: Literal["closed_loop", "open_loop"]
    seed: int = Field(ge=0, le=MAX_SEED)
    noise: bool
    plan: dict[str, object]
    athlete: dict[str, object]
    training_load: Literal[TRAINING_LOADS]


class _SeriesRecord(RecordPart):
    first_day: object
    training_load: tuple[float, ...] = Field(min_length=1)
    performance: tuple[float | None, ...]

    @model_validator(mode="after")
    def _is_of_days(self) -> "_SeriesRecord":
        n, n_tests = len(self.training_load), len(self.performance)
        if n != n_tests:
            raise InputError(f"there are {n} loads and {n_tests} performances.")
        first = day_of(self.first_day)
        is_day = isinstance(first, int)
        with suppress(TypeError, ValueError):  # no date, or too late a one
            is_day = is_day or len(pd.date_range(first, periods=n))
        if first is None or not is_day:
            raise InputError(
                "first_day must be a date like 2024-01-31, or a whole number of at "
                f"most seven digits; got {self.first_day!r}."
            )
        return self


class FitRecord(RecordPart):
    """What the record of a fit must have; see `inputs_of_fit`."""

    series: _SeriesRecord
    model: Literal[tuple(MODELS)]
    convention: str
    bounds: dict[str, tuple[RecordedNumber, RecordedNumber]]
    start: dict[str, float] | None
    compare: tuple[Literal[tuple(MODELS)], ...]
    n_bootstrap: int
    level: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Whether a rerun gives the same results; if not, what differs first and why."""

    kind: str  # of the record: "run"
    n_tables: int  # tables of the record
    is_identical: bool  # every table, byte for byte
    is_equal: bool  # all texts, and all numbers to 1e-12; so is what is identical
    difference: str  # the first one; empty for none
    cause: str  # of it; empty for none
    notes: tuple[str, ...]  # what else is worth knowing

    def report(self) -> str:
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
class Difference:
    """The first place at which the table of a rerun differs from that in a folder."""

    file: str  # name of the table's file
    row: int  # from 1; 0 for the names of the columns
    label: str  # first column of the row and its value: "week 3"
    column: str
    ours: str  # the value of the rerun
    theirs: str  # the value in the folder
    relative: float  # |ours - theirs| / the larger of both; NaN where not numbers

    def report(self) -> str:
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
            f"{self.ours} when reproduced{size}"
        )


class _Finding(NamedTuple):
    """What is not as it should be about one table."""

    name: str
    difference: str
    edit: str = ""  # what was changed in the folder after the run
    is_confirmed: bool = False  # the rerun has it as the record says
    is_near: bool = False  # all texts, and all numbers to the tolerance


def reproduce(
    folder: str | Path, *, engine: str | None = None, progress: bool = True
) -> Reproduction:
    """Rerun what the record of a folder describes, and compare the results.

    Nothing but ``record.json`` goes in: plan, athletes and constants are its own, and
    so is the series of a fit. The tables of the folder are there to be compared with.

    Parameters
    ----------
    folder : one that ``hipext run``, ``fit`` or their like wrote
    engine : {"plain", "compiled"}, optional
        How the day loop runs. Default: plain for runs, else compiled where numba is
        installed.
    progress : whether to show a bar on a terminal

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
        If the record cannot be read, or is of an earlier version of hipext.
    InputError
        If results of this kind cannot be reproduced.
    """
    check_engine(engine)
    folder = Path(folder)
    record = read_record(folder)
    check_one_of(record["kind"], KINDS, name=f"kind of {folder / 'record.json'}")
    check_values(_SHAPES[record["kind"]], record, source=str(folder / RECORD))
    if record["kind"] == "sweep":
        check_complete(folder, record)
    return _judged(record, _findings(record, folder, engine, progress=progress), engine)


def first_difference(
    name: str, ours: bytes, theirs: bytes, *, tolerance: float = 0.0
) -> Difference | None:
    """Return the first place, row by row, at which two versions of a table differ.

    Numbers that differ relatively by no more than `tolerance` are equal; 0 takes only
    those that are written alike. None if only the bytes are packed otherwise.
    """
    label, rows_of = _ROWS[name.rpartition(".")[2]]
    header: Sequence[str] = ()
    try:
        if rows_of is _parquet_rows and _are_near(ours, theirs, tolerance):
            return None
        pairs = zip_longest(rows_of(ours), rows_of(theirs), fillvalue=())
        for number, rows in enumerate(pairs):
            header = header or rows[0]
            if found := _in_row(name, number, header, rows, tolerance):
                return found
    except MissingExtra:
        raise
    except (csv.Error, ValueError, OSError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise InputError(f"{name} cannot be read as {label}: {reason}.") from None
    return None


def inputs_of_fit(series: Series, options: Mapping[str, object]) -> dict[str, object]:
    """Return everything a fit is made of, as values of JSON: the series in full.

    `options` are model, convention, bounds, start, compare (names of other models),
    n_bootstrap, level and seed.
    """
    first = series.training_load.index[0]
    is_date = isinstance(first, pd.Timestamp)
    values = {  # of consecutive days
        "first_day": f"{first:%Y-%m-%d}" if is_date else int(first),
        "training_load": series.training_load.tolist(),
        "performance": series.performance.tolist(),
    }
    return json_value({"series": values, **options})


def fit_from_record(
    record: Mapping[str, object], *, progress: bool = True
) -> tuple[Fit, pd.DataFrame | None]:
    """Return the fit of a record, and a table of the models it is compared with."""
    values = record["series"]
    first, n = values["first_day"], len(values["training_load"])
    days = (
        pd.date_range(first, periods=n, name="day")
        if isinstance(first, str)
        else pd.RangeIndex(first, first + n, name="day")
    )
    load, tests = (
        pd.Series(values[name], days, dtype="float64", name=name)
        for name in ("training_load", "performance")
    )
    model = record["model"]
    others = [name for name in dict.fromkeys(record["compare"]) if name != model]
    for name in (model, *others):
        check_one_of(name, MODELS, name="A model")
    options = {key: record[key] for key in ("convention", "level", "seed")}
    fitted = partial(fit, progress=progress, **options)
    # Infinite bounds are texts in JSON.
    bounds = {name: tuple(map(float, ends)) for name, ends in record["bounds"].items()}
    more = {"start": record["start"] or None, "n_bootstrap": record["n_bootstrap"]}
    found = fitted(model, load, tests, bounds=bounds, **more)
    if not record["compare"]:
        return found, None
    rivals = []  # with neither a start nor resampled fits
    for name in others:
        own = {one.name for one in fields(MODELS[name])}
        shared = {key: ends for key, ends in bounds.items() if key in own}
        rivals.append(fitted(name, load, tests, bounds=shared, n_bootstrap=0))
    return found, compare_models([found, *rivals])


def fit_files(found: Fit, models: pd.DataFrame | None) -> dict[str, bytes]:
    """Return the tables of a fit as CSV by file name, and its results as JSON."""
    # Blocks of tests left out name their days as the series does.
    days = dict(zip(found.problem.days, found.tests.index, strict=True))
    blocks = found.cross_validation
    ends = {end: blocks[end].map(days) for end in ("first_day", "last_day")}
    tables = {
        "parameters": found.parameters.reset_index(),
        "profiles": found.profiles,
        "draws": found.draws.reset_index(),
        "bands": found.bands.rename_axis("day").reset_index(),
        "tests": found.tests.rename_axis("day").reset_index(),
        "cross_validation": blocks.assign(**ends),
        **({} if models is None else {"models": models}),
    }
    files = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    results = {
        "n_days": len(found.bands),
        "n_tests": len(found.tests),
        "parameters": found.parameters.to_dict("index"),
        "fitted": {name: getattr(found, name) for name in SCORES},
        "rmse_of_mean": rmse_of_mean(found),
        "is_identified": bool(found.identifiable),
        "verdict": str(found.identifiable),
        "models": None if models is None else models.to_dict("records"),
    }
    text = json.dumps(json_value(results), indent=2, ensure_ascii=False)
    return files | {FIT_RESULT: f"{text}\n".encode()}


def rmse_of_mean(found: Fit) -> float:
    """Return the error of the plain mean of the other tests, over all blocks."""
    return pooled(found.cross_validation, "rmse_of_mean")


def _rerun_simulation(
    record: Mapping[str, object], engine: str | None
) -> Iterable[tuple[str, bytes]]:
    plan = check_plan(record["plan"], source="the plan of the record")
    athlete = check_athlete(record["athlete"], source="the athlete of the record")
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


# Each gives the files of a rerun of its kind of record: (name, content), one at a time,
# so that a sweep need not be held in memory. The constants of the record are in use.
KINDS: dict[str, Callable[[Mapping, str | None], Iterable[tuple[str, bytes]]]] = {
    "run": _rerun_simulation,
    "fit": lambda record, _: fit_files(
        *fit_from_record(record, progress=False)
    ).items(),
    "compare": lambda record, engine: comparison_tables(
        comparison_from_record(record, engine=engine)
    ).items(),
    "sweep": sweep_files_from_record,
    "search": lambda record, engine: search_tables(
        front_from_record(record, engine=engine, progress=False)
    ).items(),
}

_SHAPES: dict[str, type[RecordPart]] = {
    "run": RunRecord,
    "fit": FitRecord,
    "compare": ComparisonRecord,
    "sweep": SweepRecord,
    "search": SearchRecord,
}


def _findings(
    record: Mapping[str, object], folder: Path, engine: str | None, *, progress: bool
) -> list[_Finding]:
    """Rerun a record; return what is not as it should be, table by table."""
    findings, waiting = [], dict(record["sha256"])
    bar = progress_bar(len(waiting), "files", is_shown=progress)
    try:
        with bar as advance, parameters_changed(_own_parameters(record)):
            for name, ours in KINDS[record["kind"]](record, engine):
                recorded = waiting.pop(name, None)
                findings += _compared(name, ours, folder / name, recorded)
                advance(1)
    except MissingExtra:
        raise
    except (ArithmeticError, ValueError) as error:  # an InputError is a ValueError
        # Whoever edits a record by hand can leave anything in plan or athletes: that is
        # a difference to report. Constants may be such that nothing can be computed.
        are_shipped = _own_parameters(record).items() <= shipped_values().items()
        if are_shipped and not isinstance(error, InputError):
            raise
        words = f"the {record['kind']} cannot be reproduced: {error}"
        return [*findings, _Finding(name="", difference=words)]
    return findings + [_not_made(name, record) for name in waiting]


def _own_parameters(record: Mapping[str, object]) -> dict[str, float]:
    """Return the constants of a record that there still are."""
    given = record["parameters"]
    return {name: float(given[name]) for name in given if name in shipped_values()}


def _not_made(name: str, record: Mapping[str, object]) -> _Finding:
    # If the code is that of the record and does not make the table, its hash was added.
    is_added = record["code"] == code_hash()
    difference = f"{name} is in the record, but is not made now"
    edit = f"sha256 of {name} was added to the record" if is_added else ""
    return _Finding(name, difference, edit, is_confirmed=is_added)


def _compared(
    name: str, ours: bytes, path: Path, recorded: str | None
) -> list[_Finding]:
    """Return what is wrong with a table of the rerun, or with the one in the folder."""
    theirs = path.read_bytes() if path.is_file() else None
    # Three versions, of which two or all may agree: that of the rerun, the one in the
    # folder, and the one whose hash is in the record.
    is_confirmed = sha256_of(ours) == recorded
    is_untouched = theirs is not None and sha256_of(theirs) == recorded
    if is_confirmed and is_untouched:
        return []
    is_near, edit = False, ""
    if theirs == ours:
        difference = f"the sha256 of {name} in record.json is not that of the file"
        edit = f"sha256 of {name} was changed in the record after the run"
        is_confirmed = True
    elif recorded is None:
        difference = f"{name} is made now, but is not in the record"
    elif theirs is None:
        difference = f"{name} is missing from the folder"
        edit = f"table {name} was removed after the run"
    else:
        difference, is_near = _first_of(name, ours, theirs, is_edited=not is_untouched)
        edit = "" if is_untouched else f"table {name} was changed after the run"
    return [_Finding(name, difference, edit, is_confirmed, is_near)]


def _first_of(
    name: str, ours: bytes, theirs: bytes, *, is_edited: bool
) -> tuple[str, bool]:
    """Return the first difference in words, and whether it is a mere rounding."""
    try:
        far = first_difference(name, ours, theirs, tolerance=TOLERANCE)
        found = far or first_difference(name, ours, theirs)
    except MissingExtra:
        raise
    except InputError as error:
        return str(error).removesuffix("."), False
    if found is None:
        words = f"{name}: every value is the same, only the file is written otherwise"
        return words, True
    return found.report(), not far and not is_edited


def _judged(
    record: Mapping[str, object], findings: Sequence[_Finding], engine: str | None
) -> Reproduction:
    edits = edit_messages(inputs_of(record), record["input_hashes"], record["kind"])
    # An edit explains everything that differs. Without one, whatever has changed since
    # then may be the cause of tables that the rerun does not confirm; a table that was
    # only changed in the folder has its own cause.
    far = [finding for finding in findings if not finding.is_near]
    others = [one.name for one in findings if not one.is_confirmed]
    changes = _changes_that_matter(record, engine, others)
    causes = [*edits, *(finding.edit for finding in findings if finding.edit)]
    if others and not edits:
        causes.append("; or ".join(changes) or _OTHER_MACHINE)
    notes = _parameter_notes(record)
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
    # Runs are made in plain Python, and a fit has no day loop. What engine made another
    # kind of record is not known; both make the same numbers to the tolerance.
    is_compiled_run = record["kind"] == "run" and engine == "compiled"
    is_of_one = record["kind"] in ("run", "fit")
    has_parquet = any(name.endswith(".parquet") for name in record["sha256"])
    is_used = {
        "numba": is_compiled_run or not is_of_one,
        "pyarrow": has_parquet,
        "outcomes.csv": not is_of_one,
        # Words alone: the values are in the record.
        "parameters.toml": "assumptions.csv" in others,
    }
    engines = ["engine: plain then, compiled now"] if is_compiled_run else []
    unused = [name for name in is_used if not is_used[name]]
    return engines + changes_since(record, without=unused)


def _parameter_notes(record: Mapping[str, object]) -> list[str]:
    """Return a note of the constants that are shipped with other values now."""
    own, shipped = _own_parameters(record), shipped_values()
    others = [
        f"{name} is {own[name]} in the record, {shipped[name]} shipped"
        for name in own
        if own[name] != shipped[name]
    ]
    return [f"{_some(others)}; the record's own were used"] if others else []


def _some(words: Sequence[str]) -> str:
    more = len(words) - _MOST_SHOWN
    return "; ".join(words[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    return csv.reader(StringIO(content.decode(errors="replace"), ""))


def _json_rows(content: bytes) -> Iterator[list[str]]:
    """Yield every value of a JSON file as a row: where it is, and what it is."""
    yield ["path", "value"]
    for path, value in leaves_of(json.loads(content)).items():
        yield [path, "" if value is None else str(value)]


def _parquet_rows(content: bytes) -> Iterator[list[str]]:
    """Yield the rows of a Parquet file as CSV has them."""
    table = _parquet_table(content)
    yield [*table]
    for start in range(0, len(table), _CHUNK):
        rows = table[start : start + _CHUNK].to_csv(index=False, header=False)
        yield from _csv_rows(rows.encode())


def _parquet_table(content: bytes) -> pd.DataFrame:
    use = "Parquet files are read with pyarrow."
    parquet = import_extra("pyarrow.parquet", "sweep", use=use)
    return parquet.read_table(BytesIO(content)).to_pandas()


def _are_near(ours: bytes, theirs: bytes, tolerance: float) -> bool:
    """Return whether two Parquet tables agree to the tolerance."""
    # Whole columns first: row by row takes minutes for all parts of a sweep that differ
    # in the last place.
    tables = map(_parquet_table, (ours, theirs))
    # pandas 2 compares large whole numbers as floats, unless they are to be exact.
    options = {"rtol": tolerance, "atol": 0.0, "check_exact": tolerance == 0}
    try:
        pd.testing.assert_frame_equal(*tables, **options)
    except AssertionError:
        return False
    return True


_ROWS = {  # by the ending of a file: what messages call it, and the rows of its content
    "csv": ("CSV", _csv_rows),
    "json": ("JSON", _json_rows),
    "parquet": ("Parquet", _parquet_rows),
}


def _in_row(
    name: str,
    number: int,
    header: Sequence[str],
    rows: tuple[Sequence[str], Sequence[str]],
    tolerance: float,
) -> Difference | None:
    """Return the first difference of two rows of texts."""
    for place, (mine, other) in enumerate(zip_longest(*rows, fillvalue=_NOTHING)):
        if mine == other or (tolerance and _relative(mine, other) <= tolerance):
            continue
        whole = rows[0] or rows[1]  # one of them may have no such row
        return Difference(
            file=name,
            row=number,
            label=f"{header[0]} {whole[0]}" if place and number else "",
            column=header[place] if place < len(header) else f"number {place + 1}",
            ours=mine or "empty",
            theirs=other or "empty",
            relative=_relative(mine, other),
        )
    return None


def _relative(mine: str, other: str) -> float:
    """Return by how much two values differ relatively; NaN where not two numbers."""
    try:
        first, second = float(mine), float(other)
    except ValueError:
        return math.nan
    if first == second:
        return 0.0
    largest = max(abs(first), abs(second))
    return abs(first - second) / largest if math.isfinite(largest) else math.nan
