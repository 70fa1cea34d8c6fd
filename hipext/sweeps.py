"""Sweeps: many scenarios, each for the same persons, streamed to Parquet files.

The same sweep makes the same bytes, whether it ran in one piece or was killed and
resumed, in one thread or many, or on a cluster of machines (`cluster`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from hipext import _dataset as dataset
from hipext._checks import check_one_of
from hipext._crowd import ENGINES, side_by_side, threads_for
from hipext._job import Job, batch_size, check_first, columns_of, n_batches, pieces_of
from hipext._parquet import parquet_bytes, read_parquet
from hipext._progress import progress_told
from hipext._summary import summary_of
from hipext._sweep_record import (
    inputs_of_sweep,
    job_again,
    job_of,
    scenario_columns,
)
from hipext._varied import Varied, read_varied
from hipext.cluster import batches_on
from hipext.indices import COLUMNS, Sensitivity, sensitivity
from hipext.outcomes import OUTCOMES
from hipext.records import csv_bytes, read_record, record_of
from hipext.sweep_file import SweepSpec, read_sweep_file


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """A finished sweep.

    Attributes
    ----------
    folder : Path
        Where its files are.
    name : str
        What the sweep file calls it.
    kind : str
        Of the design: one of `designs.KINDS`.
    vary : Mapping
        By name, the values or the range that was varied.
    scenarios : pandas.DataFrame
        One row per scenario, one column per varied name.
    summary : pandas.DataFrame
        One row per scenario: the varied columns, ``n``, and mean, sd and quantiles of
        persons of every outcome (``strength_pct_mean``, ..., ``strength_pct_q95``).
    """

    folder: Path
    name: str
    kind: str
    vary: Mapping[str, Varied]
    scenarios: pd.DataFrame
    summary: pd.DataFrame

    def outcomes(self) -> pd.DataFrame:
        """Return one row per scenario and person; a large sweep is large in memory."""
        return read_parquet(dataset.part_paths(self.folder))

    def weeks(self) -> pd.DataFrame:
        """Return one row per scenario, person and week, if they were kept."""
        paths = dataset.part_paths(self.folder, "weeks")
        if not paths:
            raise FileNotFoundError(
                f"'{self.folder}' keeps no weeks. Write weeks = true in the sweep file."
            )
        return read_parquet(paths)

    def sensitivity(
        self, outcome: str = "strength_pct", *, level: float = 0.95
    ) -> Sensitivity:
        """Return how much each varied name matters for the mean of an outcome.

        Raises
        ------
        ValueError
            If the design is not of kind "saltelli" or "morris", or there is no such
            outcome.
        """
        check_one_of(outcome, OUTCOMES, name="outcome")
        if self.kind not in COLUMNS:
            raise ValueError(
                f"Sensitivity needs a design of kind {' or '.join(COLUMNS)}; that of "
                f"'{self.folder}' is {self.kind}. Change kind in the sweep file."
            )
        means = self.summary[f"{outcome}_mean"].to_frame(outcome)
        return sensitivity(
            self.scenarios,
            means,
            outcome=outcome,
            kind=self.kind,
            vary=self.vary,
            level=level,
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
        workers on this machine; see `cluster`. Default: threads of this process.
    n_threads : int, optional
        Threads, or workers of a local cluster. Default: one per processor.
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed.
    progress : bool, default True
        Whether to show a bar, with rate and time left, on a terminal.

    Returns
    -------
    Sweep

    Raises
    ------
    PlanError
        With all problems of the sweep file, or if its first scenario cannot be done.
    FileExistsError
        If the folder holds something else, or this sweep unfinished and `resume` is
        not given. Nothing is touched.
    OSError
        If a file cannot be written; parts that are done stay, and can be resumed.
    ConnectionError
        If no scheduler answers, or it has no workers.
    ModuleNotFoundError
        If pyarrow is not installed, or Dask where a scheduler is named.
    """
    if engine is not None:
        check_one_of(engine, ENGINES, name="engine")
    spec = spec if isinstance(spec, SweepSpec) else read_sweep_file(spec)
    job, folder = job_of(spec), Path(out)
    check_first(job)
    scenarios = parquet_bytes(scenario_columns(job))  # pyarrow is needed from here on
    record = record_of("sweep", inputs_of_sweep(spec, job), {})
    dataset.begin(folder, record, resume=resume)
    done = dataset.parts_done(folder)
    left = [n for n in range(n_batches(job)) if not _is_done(job, n, done)]
    run = partial(
        _batches, job, left, scheduler=scheduler, n_threads=n_threads, engine=engine
    )
    _fill(folder, job, run, done, progress=progress)
    if left or not dataset.is_closed(folder):
        summary = csv_bytes(_with_changes(job, _summary(folder, job)))
        files = {dataset.SCENARIOS: scenarios, dataset.SUMMARY: summary}
        dataset.finish(folder, record, files, done)
    return read_sweep(folder)


def read_sweep(folder: str | Path) -> Sweep:
    """Return a finished sweep from its folder.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or record.
    ValueError
        If it holds no sweep, or one that is not finished.
    """
    folder = Path(folder)
    record = read_record(folder)
    if record.get("kind") != "sweep":
        raise ValueError(f"'{folder}' holds no sweep, but a {record.get('kind')}.")
    dataset.check_complete(folder, record)
    job = job_again(record)
    return Sweep(
        folder=folder,
        name=record["sweep"]["name"],
        kind=record["sweep"]["design"]["kind"],
        vary=read_varied(record["sweep"]["vary"], source=str(folder))[0],
        scenarios=job.design,
        summary=_read_summary(folder / dataset.SUMMARY, job.design),
    )


def _read_summary(path: Path, design: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with the varied columns as they were set, not as texts."""
    table = pd.read_csv(path, index_col="scenario")
    return pd.concat([design, table.drop(columns=list(design))], axis=1).copy()


def files_again(
    record: Mapping[str, object], engine: str | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file of a sweep but its record, made again."""
    job = job_again(record)
    yield dataset.SCENARIOS, parquet_bytes(scenario_columns(job))
    with TemporaryDirectory(prefix="hipext-") as folder:
        for batch, tables in _batches(job, range(n_batches(job)), engine=engine):
            files = dataset.part_files(tables, batch)
            dataset.write_part(Path(folder), files)
            yield from files.items()
        yield (
            dataset.SUMMARY,
            csv_bytes(_with_changes(job, _summary(Path(folder), job))),
        )


def _batches(
    job: Job,
    left: Iterable[int],
    *,
    scheduler: str | None = None,
    n_threads: int | None = None,
    engine: str | None = None,
) -> Iterator[tuple[int, Mapping]]:
    """Yield number and tables of batches, as they are done."""
    head = job.head()
    if scheduler is not None:
        pieces = ((batch, pieces_of(job, batch)) for batch in left)
        yield from batches_on(
            scheduler, head, pieces, n_workers=n_threads, engine=engine
        )
        return

    def done(batch: int) -> tuple[int, Mapping]:
        return batch, columns_of(head, pieces_of(job, batch), engine)

    yield from side_by_side(done, left, n_threads=threads_for(engine, n_threads))


def _fill(
    folder: Path,
    job: Job,
    run: Callable[[], Iterator[tuple[int, Mapping]]],
    done: dict[str, str],
    *,
    progress: bool,
) -> None:
    """Write the parts that are missing, and add them to those done."""
    n_done = sum(name.startswith("outcomes/") for name in done) * batch_size(job)
    initial = min(n_done, job.n_rows)
    bar = progress_told(job.n_rows, "persons", is_shown=progress, initial=initial)
    with bar as tell, closing(run()) as batches:
        for batch, tables in batches:
            files = dataset.part_files(tables, batch)
            done |= dataset.write_part(folder, files)
            tell(len(tables["outcomes"]["person"]))


def _is_done(job: Job, batch: int, done: Mapping[str, str]) -> bool:
    tables = dataset.TABLES if job.keeps_weeks else dataset.TABLES[:1]
    return all(dataset.part_name(table, batch) in done for table in tables)


def _summary(folder: Path, job: Job) -> pd.DataFrame:
    return summary_of(dataset.part_paths(folder), len(job.design), job.persons)


def _with_changes(job: Job, summary: pd.DataFrame) -> pd.DataFrame:
    """Return a summary with the columns of the design in front."""
    return pd.concat([job.design, summary], axis=1).reset_index(names="scenario")
