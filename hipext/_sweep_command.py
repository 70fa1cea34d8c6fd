"""What ``hipext sweep``, ``sensitivity`` and ``search`` do and tell."""

import json
from contextlib import suppress
from pathlib import Path

from hipext._checks import check_one_of
from hipext._dataset import part_paths
from hipext._phrases import shortened
from hipext._report_figures import figure_files
from hipext._sweep_figure import front_figure, sensitivity_figure, sweep_figure
from hipext.indices import COLUMNS, Sensitivity
from hipext.outcomes import OUTCOMES
from hipext.pareto import Search
from hipext.records import (
    csv_bytes,
    record_bytes,
    record_of,
    replaces_other_inputs,
    write_files,
)
from hipext.searches import front_again, inputs_of_search, search_tables
from hipext.sweep_file import read_search_file, read_sweep_file
from hipext.sweeps import Sweep, read_sweep, sweep

_MOST_ROWS = 24  # of a table on the terminal
_SHOWN = ("strength_pct", "pain_reported", "n_failed", "minutes", "weeks")


def sweep_told(
    path: str,
    out: Path | None,
    *,
    resume: bool,
    scheduler: str | None,
    n_threads: int | None,
    outcome: str,
    as_json: bool,
) -> str:
    """Run a sweep file, draw it, and return the text, or the JSON, that tells of it."""
    check_one_of(outcome, OUTCOMES, name="--outcome")
    if scheduler is not None:
        _hush_dask()
    spec = read_sweep_file(path)
    folder = out or Path("out") / f"sweep-{Path(path).stem}"
    found = sweep(
        spec,
        folder,
        resume=resume,
        scheduler=scheduler,
        n_threads=n_threads,
        progress=True,
    )
    files = figure_files({"sweep": sweep_figure(found, outcome)})
    told = [found.name, "", summary_text(found, outcome)]
    if found.kind in COLUMNS:
        weights = found.sensitivity(outcome)
        files |= sensitivity_files(weights)
        told += ["", weights.told()]
    write_files(files, folder)
    if as_json:
        return _json(found, folder)
    n_parts = len(part_paths(folder))
    told.append(
        f"\nSee {folder / 'sweep.png'} and summary.csv; {n_parts} Parquet files of "
        f"persons are in {folder / 'outcomes'}."
    )
    return "\n".join(told)


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
    rows = found.summary[[*names, *(f"{one}_mean" for one in shown)]].head(_MOST_ROWS)
    rows = rows.rename(columns={f"{one}_mean": one for one in shown}).round(2)
    rows = rows.rename(columns={name: shortened(name, 24) for name in names})
    lines = [f"means of {found.summary['n'].iloc[0]:,} persons in each scenario:"]
    lines.append(rows.to_string(index=False, na_rep="-"))
    n_more = len(found.summary) - len(rows)
    if n_more > 0:
        lines.append(f"... and {n_more:,} more in summary.csv")
    return "\n".join(lines)


def _json(found: Sweep, folder: Path) -> str:
    told = {
        "name": found.name,
        "folder": str(folder),
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
    inputs = inputs_of_search(spec)
    found = front_again(inputs, progress=True)
    tables = search_tables(found)
    files = tables | {"record.json": record_bytes(record_of("search", inputs, tables))}
    is_replaced = replaces_other_inputs(files, folder)
    drawn = figure_files({"front": front_figure(found)}) if len(spec.goals) > 1 else {}
    paths = write_files(drawn | files, folder)
    if as_json:
        return found.front.to_json(orient="records", indent=2, force_ascii=False)
    lines = [spec.name, "", found.told()]
    if len(found.front):
        lines += ["", *_front_lines(found)]
    picture = f"See {folder / 'front.png'}; " if drawn else ""
    lines.append(f"\n{picture}{len(paths)} files are in {folder}.")
    if is_replaced:
        lines.append("These replace earlier results of other inputs; --out keeps both.")
    return "\n".join(lines)


def _front_lines(found: Search) -> list[str]:
    front = found.front.drop(columns=["generation", "is_allowed", "is_on_front"])
    shown = front.head(_MOST_ROWS).round(3)
    n_more = len(front) - len(shown)
    more = [f"... and {n_more} more in front.csv"] if n_more > 0 else []
    return [shown.to_string(index=False, na_rep="-"), *more]
