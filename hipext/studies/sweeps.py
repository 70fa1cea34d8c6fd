"""Sweeps: many scenarios with varied values, each for the same athletes.

The same sweep makes the same bytes, whether it ran in one piece or was killed and
resumed, in one thread or many, or on a cluster of machines.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import numpy as np
import pandas as pd

from hipext.files.checks import (
    InputError,
    PlanError,
    check_columns,
    check_one_of,
    counted,
    import_extra,
)
from hipext.files.io import csv_bytes, named_in_errors, read_table, write_files
from hipext.files.records import (
    RECORD,
    changes_since,
    check_folder_is_free,
    inputs_of,
    leaves_of,
    read_record,
    record_bytes,
    record_of,
    sha256_of,
)
from hipext.files.schema import check_values
from hipext.files.sums import mean_in_order, sd_in_order
from hipext.files.tables import OUTCOMES
from hipext.studies.batches import (
    Job,
    batch_size,
    batches_on,
    check_first,
    check_scheduler,
    job_from_record,
    n_batches,
    pieces_of,
    tables_of_batch,
)
from hipext.studies.crowds import (
    check_engine,
    check_threads,
    progress_bar,
    side_by_side,
    threads_for,
)
from hipext.studies.designs import COLUMNS, Sensitivity, sensitivity
from hipext.studies.sweep_file import (
    SweepRecord,
    SweepSpec,
    Varied,
    inputs_of_study,
    read_sweep_file,
    study_from_record,
)

JOURNAL = "done.jsonl"  # of an unfinished sweep: a line of hashes for each part done
SUMMARY = "summary.csv"
SCENARIOS = "scenarios.parquet"
TABLES = ("outcomes", "weeks")
QUANTILES = {"q05": 0.05, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q95": 0.95}
_TEMPORARY = ".*.part"  # what `write_files` leaves if it is killed


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """A finished sweep.

    Attributes
    ----------
    folder, name, kind : Path, str, str
        Where its files are; what the sweep file calls it; of the design.
    vary : Mapping
        By name, the values or the range that was varied.
    scenarios : pandas.DataFrame
        One row per scenario, one column per varied name.
    summary : pandas.DataFrame
        One row per scenario: the varied columns, ``n``, and mean, sd and quantiles of
        athletes of every outcome (``strength_pct_mean``, ..., ``strength_pct_q95``).
    """

    folder: Path
    name: str
    kind: str
    vary: Mapping[str, Varied]
    scenarios: pd.DataFrame
    summary: pd.DataFrame

    def outcomes(self) -> pd.DataFrame:
        """Return one row per scenario and athlete; a large sweep is large in memory."""
        return read_parquet(part_paths(self.folder))

    def weeks(self) -> pd.DataFrame:
        """Return one row per scenario, athlete and week, if they were kept."""
        paths = part_paths(self.folder, "weeks")
        if not paths:
            raise FileNotFoundError(
                f"'{self.folder}' keeps no weeks. Write weeks = true in the sweep file."
            )
        return read_parquet(paths)

    def sensitivity(
        self, outcome: str = "strength_pct", *, level: float = 0.95
    ) -> Sensitivity:
        """Return how much each varied name matters for the mean of an outcome.

        The design must be of kind "saltelli" or "morris"; InputError otherwise.
        """
        check_one_of(outcome, OUTCOMES, name="outcome")
        if self.kind not in COLUMNS:
            raise InputError(
                f"Sensitivity needs a design of kind {' or '.join(COLUMNS)}; that of "
                f"'{self.folder}' is {self.kind}. Change kind in the sweep file."
            )
        means = self.summary[f"{outcome}_mean"].to_frame(outcome)
        of_design = {"kind": self.kind, "vary": self.vary}
        return sensitivity(
            self.scenarios, means, outcome=outcome, level=level, **of_design
        )


def sweep(
    spec: SweepSpec | str | Path,
    out: str | Path,
    *,
    resume: bool = False,
    scheduler: str | None = None,
    n_threads: int | None = None,
    engine: str | None = None,
    progress: bool = True,
) -> Sweep:
    """Simulate every scenario of a sweep file and stream the results to a folder.

    Parameters
    ----------
    spec : SweepSpec, str or Path
        Name of a shipped sweep, a sweep file, or what `sweep_file.read_sweep_file` made
        of one.
    out : str or Path
        Folder of the results; new, empty, or one that holds the same sweep.
    resume : bool, default False
        Whether to go on with an unfinished sweep.
    scheduler : str, optional
        Address of a Dask scheduler (``"tcp://host:8786"``), or ``"local"`` for
        workers on this machine. Default: threads of this process.
    n_threads : int, optional
        Threads, or workers of a local cluster. Default: one per processor.
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed.
    progress : bool, default True
        Whether to show a bar, with rate and time left, on a terminal.

    Raises
    ------
    PlanError
        With all problems of the sweep file, or if its first scenario cannot be done.
    FileExistsError
        If the folder holds something else, or this sweep unfinished and `resume` is
        not given. Nothing is touched.
    ConnectionError
        If no scheduler answers, or it has no workers. Parts that are done stay.
    """
    # All before the folder is touched.
    check_engine(engine)
    check_threads(n_threads)
    if scheduler is not None:
        check_scheduler(scheduler)
    spec = spec if isinstance(spec, SweepSpec) else read_sweep_file(spec)
    inputs, folder = inputs_of_study(spec), Path(out)
    job = job_from_record(inputs)
    check_first(job)
    scenarios = _scenarios(job)  # pyarrow is needed from here on
    record = record_of("sweep", inputs, {})
    begin(folder, record, resume=resume)
    done = parts_done(folder)
    kept = TABLES if job.keeps_weeks else TABLES[:1]
    left = [
        batch
        for batch in range(n_batches(job))
        if not all(part_name(table, batch) in done for table in kept)
    ]
    n_done = sum(name.startswith("outcomes/") for name in done) * batch_size(job)
    bar = progress_bar(
        job.n_rows, "athletes", is_shown=progress, initial=min(n_done, job.n_rows)
    )
    batches = _batches(job, left, engine, scheduler, n_threads)
    # Closing the generator stops threads and cluster, also where a file of a batch
    # cannot be written.
    with bar as advance, closing(batches):
        for batch, tables in batches:
            done |= write_part(folder, _part_files(tables, batch))
            advance(len(tables["outcomes"]["athlete"]))
    if left or not is_closed(folder):
        small = {SCENARIOS: scenarios, SUMMARY: _summary(folder, job)}
        finish(folder, record, small, done)
    return read_sweep(folder)


def read_sweep(folder: str | Path) -> Sweep:
    """Return a finished sweep from its folder; InputError if there is none in it."""
    folder = Path(folder)
    record = read_record(folder)
    if record.get("kind") != "sweep":
        raise InputError(f"'{folder}' holds no sweep, but a {record.get('kind')}.")
    check_complete(folder, record)
    check_values(SweepRecord, record, source=str(folder / RECORD))
    spec, job = study_from_record(SweepSpec, record["sweep"]), job_from_record(record)
    # In the order of the design, whatever that of the file; copied, because a table of
    # so many columns as read is slow to add others to.
    summary = _read_summary(folder / SUMMARY).reindex(job.design.index).copy()
    return Sweep(
        folder=folder,
        name=spec.name,
        kind=spec.design.kind,
        vary=spec.vary,
        scenarios=job.design,
        # Varied columns as they were set; the file has them as texts.
        summary=summary.assign(**job.design),
    )


def sweep_files_from_record(
    record: Mapping[str, object], engine: str | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file of a rerun sweep but its record."""
    job = job_from_record(record)
    yield SCENARIOS, _scenarios(job)
    with TemporaryDirectory(prefix="hipext-") as folder:
        for batch, tables in _batches(job, range(n_batches(job)), engine):
            files = _part_files(tables, batch)
            write_part(Path(folder), files)
            yield from files.items()
        yield SUMMARY, _summary(Path(folder), job)


def begin(folder: Path, record: Mapping[str, object], *, resume: bool) -> None:
    """Make a folder ready for a sweep, or find that it holds the same one.

    FileExistsError if it holds something else, or this sweep not to be resumed.
    """
    if not (folder / RECORD).is_file():
        if not all(path.match(_TEMPORARY) for path in folder.glob("*")):
            raise FileExistsError(
                f"'{folder}' is not empty and holds no sweep. Name another folder: "
                "--out."
            )
        # The record goes first, without hashes of files: a folder with it is known to
        # be an unfinished sweep of these inputs.
        write_files({RECORD: record_bytes(record)}, folder)
        return
    check_folder_is_free(folder, "sweep")
    try:
        found = read_record(folder)
    except PlanError as error:
        raise FileExistsError(
            f"'{folder}' cannot be gone on with: {error.problems[0]} Remove it, or "
            "name another folder: --out."
        ) from None
    _check_is_this_sweep(folder, found, record)
    n_done = len(_journal(folder))
    if n_done and not found["sha256"] and not resume:
        raise FileExistsError(
            f"'{folder}' holds this sweep, unfinished ({counted(n_done, 'part')} "
            "done). Go on with --resume, or name another folder."
        )


def parts_done(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the parts that are whole; remove what is not."""
    noted = dict(read_record(folder)["sha256"])
    for line in _journal(folder):
        noted |= line
    for path in [*folder.rglob(_TEMPORARY)]:
        path.unlink(missing_ok=True)
    # A part counts if its bytes have the hash that the journal, or the record of a
    # sweep that was finished before, has for it. What was written but not yet
    # noted when the sweep was killed is removed, and made anew.
    done = {}
    for table in TABLES:
        for path in part_paths(folder, table):
            name = f"{table}/{path.name}"
            if noted.get(name) == sha256_of(path.read_bytes()):
                done[name] = noted[name]
            else:
                path.unlink()
    return done


def write_part(folder: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    """Write the files of a batch, whole or not at all; note and return their hashes."""
    write_files(files, folder)
    hashes = {name: sha256_of(content) for name, content in files.items()}
    # The journal gets its line after the files are there: killed in between, the sweep
    # makes the part anew. The line begins with a line break, because the line before
    # may have been cut off without one.
    path = folder / JOURNAL
    with named_in_errors(path), path.open("a", encoding="utf-8") as journal:
        journal.write(f"\n{json.dumps(hashes)}\n")
    return hashes


def finish(
    folder: Path,
    record: Mapping[str, object],
    files: Mapping[str, bytes],
    parts: Mapping[str, str],
) -> None:
    """Write the last files and the record with all hashes; remove the journal."""
    hashes = {name: sha256_of(content) for name, content in files.items()}
    # Batches are done in any order; sorted, the record has the same bytes every time.
    hashes |= dict(sorted(parts.items()))
    write_files(files, folder)
    write_files({RECORD: record_bytes({**record, "sha256": hashes})}, folder)
    (folder / JOURNAL).unlink(missing_ok=True)


def is_closed(folder: Path) -> bool:
    """Return whether everything but the parts is there, and the journal gone."""
    hashes = read_record(folder)["sha256"]
    small = {name: hashes.get(name, "") for name in (SCENARIOS, SUMMARY)}
    return not (folder / JOURNAL).exists() and _are_whole(folder, small)


def check_complete(folder: Path, record: Mapping[str, object]) -> None:
    """Raise InputError if the record of a folder is that of an unfinished sweep."""
    if not record["sha256"]:
        raise InputError(
            f"The sweep in '{folder}' is not finished. Run hipext sweep with --resume."
        )


def part_paths(folder: Path, table: str = "outcomes") -> Sequence[Path]:
    """Return the paths of the parts of a table, in the order of their rows."""
    return sorted((folder / table).glob("part-*.parquet"))


def part_name(table: str, batch: int) -> str:
    """Return the name of the file of a batch, as records have it."""
    return f"{table}/part-{batch:06d}.parquet"


def parquet_bytes(columns: Mapping[str, Sequence]) -> bytes:
    """Return columns as a Parquet file; what is no number or text becomes JSON."""
    pyarrow = _pyarrow()
    table = pyarrow.table({name: _typed(values) for name, values in columns.items()})
    stream = BytesIO()
    # No dictionaries, which depend on the order of values; no schema of Arrow, which
    # has the version of the library in it.
    pyarrow.parquet.write_table(
        table, stream, compression="snappy", use_dictionary=False, store_schema=False
    )
    return stream.getvalue()


def read_parquet(
    paths: Sequence[Path], columns: list[str] | None = None
) -> pd.DataFrame:
    """Return some columns of files that stand one below the other."""
    parquet = _pyarrow().parquet
    return parquet.read_table([*map(str, paths)], columns=columns).to_pandas()


def _batches(
    job: Job,
    numbers: Sequence[int],
    engine: str | None,
    scheduler: str | None = None,
    n_threads: int | None = None,
) -> Iterator[tuple[int, Mapping]]:
    """Yield number and tables of batches, as they are done."""
    if scheduler is not None:
        return batches_on(scheduler, job, numbers, n_workers=n_threads, engine=engine)
    head = job.head()

    def done(batch: int) -> tuple[int, Mapping]:
        return batch, tables_of_batch(head, pieces_of(job, batch), engine)

    return side_by_side(done, numbers, n_threads=threads_for(engine, n_threads))


def _check_is_this_sweep(folder: Path, found: Mapping, record: Mapping) -> None:
    """Raise FileExistsError if a folder holds a sweep of other inputs or code."""
    ours, theirs = leaves_of(inputs_of(record)), leaves_of(inputs_of(found))
    differ = [path for path in theirs | ours if ours.get(path) != theirs.get(path)]
    if differ:
        path = differ[0]
        there, here = (
            json.dumps(one[path], ensure_ascii=False) if path in one else "not"
            for one in (theirs, ours)
        )
        raise FileExistsError(
            f"'{folder}' holds another sweep: {path} is {there} there, {here} here. "
            "Name another folder: --out."
        )
    # A whole sweep may stay, whatever made it. To an unfinished one, only parts of the
    # same code, libraries and data can be added.
    causes = changes_since(found, without=("matplotlib", "numba"))
    if causes and not (found["sha256"] and _are_whole(folder, found["sha256"])):
        raise FileExistsError(
            f"'{folder}' was begun otherwise, and parts would not fit together: "
            f"{causes[0]}. Name another folder: --out."
        )


def _are_whole(folder: Path, hashes: Mapping[str, str]) -> bool:
    """Return whether files are there with their hashes."""
    return all(
        (folder / name).is_file() and sha256_of((folder / name).read_bytes()) == sha256
        for name, sha256 in hashes.items()
    )


def _journal(folder: Path) -> list[dict[str, str]]:
    """Return the lines of the journal; one that was cut off is no JSON."""
    lines = []
    with suppress(FileNotFoundError):
        for line in (folder / JOURNAL).read_bytes().splitlines():
            with suppress(ValueError, RecursionError):
                lines.append(json.loads(line))
    return [line for line in lines if isinstance(line, dict)]


def _scenarios(job: Job) -> bytes:
    """Return the table of scenarios: the number of each, and what it changes."""
    return parquet_bytes({"scenario": job.design.index.to_numpy("int32"), **job.design})


def _part_files(
    tables: Mapping[str, Mapping[str, np.ndarray]], batch: int
) -> dict[str, bytes]:
    """Return the files of a batch by name."""
    return {
        part_name(table, batch): parquet_bytes(columns)
        for table, columns in tables.items()
    }


def _summary(folder: Path, job: Job) -> bytes:
    """Return a row per scenario: changes, n, and mean, sd and quantiles of outcomes."""
    shares, n = list(QUANTILES.values()), len(job.athletes)
    tables = [job.design, pd.Series(n, index=job.design.index, name="n")]
    for name in OUTCOMES:
        columns = [f"{name}_{ending}" for ending in ("mean", "sd", *QUANTILES)]
        rows = [
            (
                mean_in_order(values),
                sd_in_order(values) if n > 1 else np.nan,
                *np.quantile(values, shares),
            )
            for values in _by_scenario(part_paths(folder), name, n)
        ]
        tables.append(pd.DataFrame(rows, columns=columns))
    return csv_bytes(pd.concat(tables, axis=1).reset_index(names="scenario"))


def _read_summary(path: Path) -> pd.DataFrame:
    """Return a file of `_summary` by scenario; PlanError if it was damaged."""
    means = [f"{name}_mean" for name in OUTCOMES]
    try:
        table = read_table(path, index_col="scenario")
        table = check_columns(table, ("n", *means), name=SUMMARY, numbers=("n", *means))
    except ValueError as error:
        problem = str(error).partition("\n")[0].rstrip(".")
        raise PlanError(str(path), [f"it is no summary any more: {problem}."]) from None
    if not table.index.is_unique:
        problem = f"scenario {table.index[table.index.duplicated()][0]} is there twice."
        raise PlanError(str(path), [problem])
    return table


def _by_scenario(paths: Sequence[Path], name: str, n: int) -> Iterator[np.ndarray]:
    """Yield a column of each scenario, the next `n` rows of the parts."""
    # One part after the other: memory holds one outcome of one scenario, however large
    # the sweep.
    parts = (read_parquet([path], [name])[name].tolist() for path in paths)
    rows = chain.from_iterable(parts)
    while len(values := np.fromiter(islice(rows, n), "float64")):
        yield values


def _typed(values: Sequence) -> Sequence:
    """Return a column with one type of Parquet; lists, tables and mixtures as JSON."""
    if getattr(values, "dtype", "O") != "O":
        return values
    kinds = {type(one) for one in values}
    if kinds <= {int, float} or kinds in ({str}, {bool}):
        return list(values)
    return [json.dumps(one, ensure_ascii=False, default=list) for one in values]


_NEEDS_PARQUET = "Sweeps are kept as Parquet files, which needs pyarrow."


def _pyarrow() -> ModuleType:
    import_extra("pyarrow.parquet", "sweep", use=_NEEDS_PARQUET)
    import pyarrow as pa  # it is there

    return pa
