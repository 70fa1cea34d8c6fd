"""What ``hipext sweep``, ``sensitivity`` and ``search`` do and tell."""

import json
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hipext._checks import check_one_of
from hipext._dataset import RECORD, part_paths
from hipext._phrases import shortened
from hipext._report_figures import figure_files
from hipext._sweep_figure import (
    MOST_PANELS,
    as_written,
    front_figure,
    sensitivity_figure,
    sweep_figure,
)
from hipext.indices import COLUMNS, Sensitivity
from hipext.outcomes import OUTCOMES
from hipext.pareto import Search
from hipext.records import (
    REPLACED,
    csv_bytes,
    drop_leftovers,
    read_record,
    record_bytes,
    record_of,
    replaces_other_inputs,
    write_files,
)
from hipext.searches import front_again, inputs_of_search, search_tables
from hipext.sweep_file import SweepSpec, read_search_file, read_sweep_file
from hipext.sweeps import Sweep, read_sweep, sweep

_MOST_ROWS, _MOST_SAMPLES = 24, 6  # of a table on the terminal: a grid, and others
_FRONT_FILES = ("front.png", "front.svg")  # not of a single goal
_SHOWN = ("strength_pct", "pain_reported", "n_failed", "minutes", "weeks")


@dataclass(frozen=True, kw_only=True)
class SweepRequest:
    """The arguments of ``hipext sweep``, as they were written."""

    path: str
    out: Path | None = None
    resume: bool = False
    scheduler: str | None = None
    n_threads: int | None = None
    outcome: str = "strength_pct"

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.out or Path("out") / f"sweep-{Path(self.path).stem}"

    def way_on(self) -> str:
        """Return how to go on with what is in the folder; nothing before a record."""
        if not (self.folder / RECORD).is_file():
            return ""
        where = [] if self.out is None else ["--out", str(self.out)]
        command = shlex.join(["hipext", "sweep", self.path, *where, "--resume"])
        return f"What is done is kept. Go on with: {command}"


def sweep_told(request: SweepRequest, *, as_json: bool) -> str:
    """Run a sweep file, draw it, and return the text, or the JSON, that tells of it.

    Raises
    ------
    OSError
        If a file cannot be written: which one, why, and how to go on.
    """
    check_one_of(request.outcome, OUTCOMES, name="--outcome")
    spec = read_sweep_file(request.path)
    try:
        return _swept(spec, request, as_json=as_json)
    except OSError as error:
        way_on = request.way_on()
        if not error.errno or not way_on:
            raise  # it says so itself, or nothing was begun
        place = error.filename or request.folder
        raise OSError(f"{place}: {error.strerror}. {way_on}") from None


def _swept(spec: SweepSpec, request: SweepRequest, *, as_json: bool) -> str:
    if request.scheduler is not None:
        _hush_dask()
    found = sweep(
        spec,
        request.folder,
        resume=request.resume,
        scheduler=request.scheduler,
        n_threads=request.n_threads,
        progress=True,
    )
    files = figure_files({"sweep": sweep_figure(found, request.outcome)})
    told = [found.name, "", summary_text(found, request.outcome)]
    if found.kind in COLUMNS:
        weights = found.sensitivity(request.outcome)
        files |= sensitivity_files(weights)
        told += ["", weights.told()]
    write_files(files, request.folder)
    return _json(found) if as_json else "\n".join([*told, "", _places(found)])


def _places(found: Sweep) -> str:
    n_parts, n_left = len(part_paths(found.folder)), len(found.vary) - MOST_PANELS
    files = "1 Parquet file" if n_parts == 1 else f"{n_parts} Parquet files"
    told = (
        f"See {found.folder / 'sweep.png'} and summary.csv; persons: {files} in "
        f"{found.folder / 'outcomes'}."
    )
    if n_left <= 0:
        return told
    more = (
        "1 more was varied, but is"
        if n_left == 1
        else f"{n_left} more were varied, but are"
    )
    return f"{told} {more} not drawn."


def _hush_dask() -> None:
    """Let Dask keep its tracebacks to itself: faults are told in our words."""
    with suppress(ModuleNotFoundError):
        import dask

        names = ("distributed", "distributed.client", "distributed.worker", "tornado")
        dask.config.set(logging=dict.fromkeys(names, "critical"))


def summary_text(found: Sweep, outcome: str) -> str:
    """Return the means of scenarios, the first ones of many."""
    shown = list(dict.fromkeys([outcome, *_SHOWN]))
    names = list(found.vary)
    n_rows = _MOST_ROWS if found.kind == "grid" else _MOST_SAMPLES
    columns = [*names, *(f"{one}_mean" for one in shown)]
    rows = as_written(found.summary[columns].head(n_rows), names)
    rows = rows.round(2).set_axis([*_heads(names), *shown], axis=1)
    n_persons = found.summary["n"].iloc[0]
    whose = "one person" if n_persons == 1 else f"means of {n_persons:,} persons"
    lines = [f"{whose} in each scenario:"]
    lines.append(rows.to_string(index=False, na_rep="-"))
    n_more = len(found.summary) - len(rows)
    if n_more > 0:
        lines.append(f"... and {n_more:,} more in summary.csv")
    n_impossible = int((found.summary["weeks_mean"] == 0).sum())
    if n_impossible:
        lines.append(
            f"{n_impossible:,} of {len(found.summary):,} scenarios make no legal plan: "
            "values that fit one by one do not always fit together. They are missing."
        )
    return "\n".join(lines)


def _heads(names: Sequence[str]) -> list[str]:
    """Return what follows the last dot of a name, where that tells it from others."""
    last = [name.rpartition(".")[2] for name in names]
    return [
        shortened(name, 24) if end in OUTCOMES or last.count(end) > 1 else end
        for name, end in zip(names, last, strict=True)
    ]


def _json(found: Sweep) -> str:
    told = {
        "name": found.name,
        "folder": str(found.folder),
        "n_scenarios": len(found.summary),
        "persons": int(found.summary["n"].iloc[0]),
        "summary": json.loads(found.summary.reset_index().to_json(orient="records")),
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def sensitivity_files(weights: Sensitivity) -> dict[str, bytes]:
    """Return table and figures of what matters for an outcome, by file name."""
    name = f"sensitivity-{weights.outcome}"
    drawn = figure_files({name: sensitivity_figure(weights)})
    return {f"{name}.csv": csv_bytes(weights.indices)} | drawn


def sensitivity_told(folder: Path, outcome: str, *, level: float, as_json: bool) -> str:
    """Return what matters for an outcome of a sweep, and draw it into its folder."""
    weights = read_sweep(folder).sensitivity(outcome, level=level)
    paths = write_files(sensitivity_files(weights), folder)
    if as_json:
        return weights.indices.to_json(orient="records", indent=2, force_ascii=False)
    return f"{weights.told()}\n\nSee {paths[1]}."


def search_told(path: str, out: Path | None, *, as_json: bool) -> str:
    """Run a search file, write and draw it, and return what tells of it."""
    spec = read_search_file(path)
    folder = out or Path("out") / f"search-{Path(path).stem}"
    _check_holds_no_other(folder)
    inputs = inputs_of_search(spec)
    found = front_again(inputs, progress=True)
    tables = search_tables(found)
    files = tables | {"record.json": record_bytes(record_of("search", inputs, tables))}
    is_replaced = replaces_other_inputs(files, folder)
    drawn = figure_files({"front": front_figure(found)}) if len(spec.goals) > 1 else {}
    paths = write_files(drawn | files, folder)
    drop_leftovers(folder, {*_FRONT_FILES} - {path.name for path in paths})
    if as_json:
        return found.front.to_json(orient="records", indent=2, force_ascii=False)
    lines = [spec.name, "", found.told()]
    if len(found.front):
        lines += ["", *_front_lines(found)]
    picture = f"See {folder / 'front.png'}; " if drawn else ""
    lines.append(f"\n{picture}{len(paths)} files are in {folder}.")
    if is_replaced:
        lines.append(REPLACED)
    return "\n".join(lines)


def _check_holds_no_other(folder: Path) -> None:
    """Raise FileExistsError for results that took another command to make."""
    if not (folder / RECORD).is_file():
        return
    kind = read_record(folder).get("kind", "run")
    if kind != "search":
        raise FileExistsError(
            f"'{folder}' holds a {kind}, not a search. Name another folder: --out."
        )


def _front_lines(found: Search) -> list[str]:
    front = found.front.drop(columns=["generation", "is_allowed", "is_on_front"])
    shown = front.head(_MOST_ROWS).round(3)
    n_more = len(front) - len(shown)
    more = [f"... and {n_more} more in front.csv"] if n_more > 0 else []
    return [shown.to_string(index=False, na_rep="-"), *more]
