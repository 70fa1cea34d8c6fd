"""What ``hipext compare`` does: scenarios, persons, tables, a figure and a text."""

import json
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.athletes.population import Cohort, cohort
from hipext.files.checks import check_one_of, shortened
from hipext.files.io import REPLACED, csv_bytes, drop_leftovers, write_files
from hipext.files.parameters import parameter
from hipext.files.records import (
    check_folder_is_free,
    record_bytes,
    record_of,
    replaces_other_inputs,
)
from hipext.plans.edits import vary
from hipext.plans.plan import Plan
from hipext.plans.plan_file import read_plan
from hipext.plots.report import figure_files
from hipext.plots.studies import (
    MOST_PANELS,
    as_written,
    comparison_figure,
    front_figure,
    sensitivity_figure,
    sweep_figure,
)
from hipext.studies.comparison import (
    Comparison,
    compare,
    comparison_files,
    one_at_a_time,
    variations,
)
from hipext.studies.crowds import OUTCOMES, Outcome
from hipext.studies.designs import COLUMNS, Sensitivity
from hipext.studies.scenarios import Scenario, changes_text
from hipext.studies.search import (
    Search,
    front_from_record,
    inputs_of_search,
    search_tables,
)
from hipext.studies.sweep_file import SweepSpec, read_search_file, read_sweep_file
from hipext.studies.sweeps import RECORD, Sweep, part_paths, read_sweep, sweep

OVERVIEW = {  # outcomes of the second table, and its words for them
    "strength_pct": "strength",
    "pain_reported": "pain",
    "fatigue_pct": "fatigue",
    "n_failed": "failed",
    "minutes": "min/week",
    "weeks": "weeks",
}
_NAME = 34  # letters of a scenario
_MOST = 12  # scenarios of an overview; files have all
_WORDS = {1: "more is better", -1: "less is better", 0: "neither is better"}
_MOST_ROWS, _MOST_SAMPLES = 24, 6  # of a table on the terminal: a grid, and others
_FRONT_FILES = ("front.png", "front.svg")  # not of a single goal
_SHOWN = ("strength_pct", "pain_reported", "n_failed", "minutes", "weeks")


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """The arguments of ``hipext compare``, as they were written."""

    plans: Sequence[str]
    varied: Mapping[str, Sequence] = field(default_factory=dict)
    together: bool = False
    changes: Mapping[str, object] = field(default_factory=dict)
    athlete: str | None = None
    population: str | None = None
    persons: int = 1000
    seed: int = 0
    noise: bool = True
    level: float = 0.95
    outcome: str = "strength_pct"
    out: Path = Path("out")

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.out / f"compare-{'-'.join(Path(one).stem for one in self.plans)}"


def run_compare(request: CompareRequest, *, as_json: bool) -> str:
    """Compare what is asked for, write the files, and return the text that tells."""
    check_one_of(request.outcome, OUTCOMES, name="--outcome")
    found = _compared(request)
    files = comparison_files(found)
    drawn = {"compare": comparison_figure(found, request.outcome)}
    folder = request.folder
    is_replaced = replaces_other_inputs(files, folder)
    paths = write_files(figure_files(drawn) | files, folder)
    if as_json:
        return comparison_json(found, folder, paths)
    lines = [found.scenarios[0].plan.name]
    if request.changes:
        lines.append(f"Changed in all: {changes_text(request.changes)}")
    lines.append(comparison_text(found, request.outcome))
    lines.append(f"\nSee {folder / 'compare.png'}; {len(paths)} files are in {folder}.")
    if is_replaced:
        lines.append(REPLACED)
    return "\n".join(lines)


def _compared(request: CompareRequest) -> Comparison:
    plans = [vary(read_plan(one), request.changes) for one in request.plans]
    people = _people(request)
    options = {
        "seeds": (request.seed,),
        "noise": request.noise,
        "level": request.level,
        "progress": True,
    }
    if len(plans) == 1 and not request.varied:
        return one_at_a_time(plans[0], people, **options)
    return compare(_scenarios(request, plans), people, **options)


def _scenarios(
    request: CompareRequest, plans: Sequence[Plan]
) -> Sequence[Scenario] | Mapping[str, Plan]:
    if len(plans) == 1:
        return variations(plans[0], request.varied, together=request.together)
    if request.varied:
        raise ValueError(
            "--vary changes one plan; several were named "
            f"({', '.join(request.plans)}). Compare plans, or values in one plan."
        )
    names = [Path(one).stem for one in request.plans]
    if len(set(names)) < len(names):
        names = list(request.plans)
    if len(set(names)) < len(names):
        raise ValueError(f"A plan is named twice: {', '.join(request.plans)}.")
    return dict(zip(names, plans, strict=True))


def _people(request: CompareRequest) -> Sequence[Athlete]:
    if request.persons < 1:
        raise ValueError(f"--persons must be at least 1; got {request.persons}.")
    if request.athlete is not None:
        if request.population is not None:
            raise ValueError("Name --athlete or --population, not both.")
        return [read_athlete(request.athlete)] * request.persons
    return cohort(request.persons, request.population or "novices", seed=request.seed)


def athletes_text(athletes: Sequence[Athlete]) -> str:
    """Return who trains, in words."""
    if isinstance(athletes, Cohort):
        persons = "1 person" if len(athletes) == 1 else f"{len(athletes):,} persons"
        return f"{persons} drawn from {athletes.population.name!r}"
    names = list(dict.fromkeys(one.name for one in athletes))
    if len(names) > 1:
        return f"{len(athletes):,} persons"
    times = "once" if len(athletes) == 1 else f"{len(athletes):,} times, other days"
    return f"{names[0]}, {times}"


def comparison_text(found: Comparison, outcome: str) -> str:
    """Return the differences of one outcome, and an overview of others."""
    what = OUTCOMES[outcome]
    lines = [f"{athletes_text(found.athletes)}; the same ones in every scenario."]
    if len(found.seeds) > 1:
        lines.append(f"Each lives {len(found.seeds)} times.")
    lines += ["", *_differences(found, what)]
    if 1 < len(found.scenarios) <= _MOST:
        lines += ["", *_overview(found, outcome)]
    return "\n".join([*lines, "", *_notes(found, outcome)])


def _differences(found: Comparison, what: Outcome) -> list[str]:
    values = found.outcomes.groupby("scenario", sort=False)[what.name].mean()
    head = (
        f"{what.name}: {what.meaning} ({what.unit or 'count'}; {_WORDS[what.better]})"
    )
    pct = f"{100 * found.level:g} % interval"
    lines = [head, f"{'':<{_NAME}}{'mean':>9}{'differs':>9}{pct:>18}{'better':>8}"]
    lines.append(
        f"{shortened(found.baseline, _NAME - 1):<{_NAME}}{values.iloc[0]:>9.2f}"
    )
    rows = found.differences
    for row in rows[rows["outcome"] == what.name].itertuples():
        between = f"{_signed(row.low)} to {_signed(row.high)}"
        better = "same" if row.p_equal == 1 else _percent(row.p_better)
        lines.append(
            f"{shortened(row.scenario, _NAME - 1):<{_NAME}}{row.mean:>9.2f}"
            f"{_signed(row.difference):>9}{between:>18}{better:>8}"
        )
    return lines


def _overview(found: Comparison, outcome: str) -> list[str]:
    rows = found.differences
    others = {one: word for one, word in OVERVIEW.items() if one != outcome}
    shown = dict(list(others.items())[:5])
    table = rows.pivot_table(
        index="scenario", columns="outcome", values="difference", sort=False
    )
    heads = "".join(f"{word:>9}" for word in shown.values())
    lines = [f"{'mean differences of others':<{_NAME}}{heads}"]
    for name, row in table.iterrows():
        cells = "".join(f"{_signed(row[one]):>9}" for one in shown)
        lines.append(f"{shortened(str(name), _NAME - 1):<{_NAME}}{cells}")
    return lines


def _notes(found: Comparison, outcome: str) -> list[str]:
    lines = [
        "Intervals are those of the mean; single persons differ more (q05, q95 in",
        "differences.csv). Better: share of persons for whom a scenario is better.",
    ]
    if outcome.endswith("_pct") and outcome != "fatigue_pct":
        error = 100 * parameter("strength_test.cv")
        lines.append(
            f"A 1RM test errs by {error:g} %: a smaller difference could not be seen "
            "in one person."
        )
    if (found.outcomes["weeks"] != found.outcomes["weeks"].iloc[0]).any():
        lines.append("Closed gates make a plan longer for some: see weeks.")
    return lines


def _signed(value: float) -> str:
    if pd.isna(value):
        return "-"
    text = f"{value:+.2f}"
    return "0" if value == 0 else text


def _percent(share: float) -> str:
    return "-" if pd.isna(share) else f"{100 * share:.0f} %"


def comparison_json(found: Comparison, folder: Path, files: Sequence[Path]) -> str:
    """Return what was found as JSON for a machine."""
    rows = json.loads(found.differences.to_json(orient="records"))
    told = {
        "baseline": found.baseline,
        "scenarios": [one.name for one in found.scenarios],
        "n_persons": len(found.athletes),
        "seeds": list(found.seeds),
        "differences": rows,
        "folder": str(folder),
        "files": [path.name for path in files],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


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


def run_sweep(request: SweepRequest, *, as_json: bool) -> str:
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
        told += ["", weights.report()]
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


def run_sensitivity(folder: Path, outcome: str, *, level: float, as_json: bool) -> str:
    """Return what matters for an outcome of a sweep, and draw it into its folder."""
    weights = read_sweep(folder).sensitivity(outcome, level=level)
    paths = write_files(sensitivity_files(weights), folder)
    if as_json:
        return weights.indices.to_json(orient="records", indent=2, force_ascii=False)
    return f"{weights.report()}\n\nSee {paths[1]}."


def run_search(path: str, out: Path | None, *, as_json: bool) -> str:
    """Run a search file, write and draw it, and return what tells of it."""
    spec = read_search_file(path)
    folder = out or Path("out") / f"search-{Path(path).stem}"
    check_folder_is_free(folder, "search")
    inputs = inputs_of_search(spec)
    found = front_from_record(inputs, progress=True)
    tables = search_tables(found)
    files = tables | {"record.json": record_bytes(record_of("search", inputs, tables))}
    is_replaced = replaces_other_inputs(files, folder)
    drawn = figure_files({"front": front_figure(found)}) if len(spec.goals) > 1 else {}
    paths = write_files(drawn | files, folder)
    drop_leftovers(folder, {*_FRONT_FILES} - {path.name for path in paths})
    if as_json:
        return found.front.to_json(orient="records", indent=2, force_ascii=False)
    lines = [spec.name, "", found.report()]
    if len(found.front):
        lines += ["", *_front_lines(found)]
    picture = f"See {folder / 'front.png'}; " if drawn else ""
    lines.append(f"\n{picture}{len(paths)} files are in {folder}.")
    if is_replaced:
        lines.append(REPLACED)
    return "\n".join(lines)


def _front_lines(found: Search) -> list[str]:
    front = found.front.drop(columns=["generation", "is_allowed", "is_on_front"])
    shown = front.head(_MOST_ROWS).round(3)
    n_more = len(front) - len(shown)
    more = [f"... and {n_more} more in front.csv"] if n_more > 0 else []
    return [shown.to_string(index=False, na_rep="-"), *more]
