"""Comparisons, sweeps and searches: inputs, files, and results as text."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.athletes.population import Cohort, cohort
from hipext.cli.text import json_text, table_json, write_results
from hipext.files.checks import check_one_of, counted, shortened
from hipext.files.io import csv_bytes, write_files
from hipext.files.parameters import parameter
from hipext.files.records import record_bytes, record_of
from hipext.plans.plan import Plan
from hipext.plots.report import figure_files
from hipext.plots.studies import (
    MOST_PANELS,
    as_written,
    comparison_figure,
    front_figure,
    sensitivity_figure,
    sweep_figure,
)
from hipext.studies.comparison import Comparison, comparison_files, variations
from hipext.studies.crowds import OUTCOMES, Outcome
from hipext.studies.designs import COLUMNS, Sensitivity
from hipext.studies.scenarios import Scenario, changes_text
from hipext.studies.search import Search, search_tables
from hipext.studies.sweep_file import SearchSpec, inputs_of_study
from hipext.studies.sweeps import RECORD, Sweep, part_paths

_OVERVIEW = {  # outcomes of the second table of a comparison, and its words for them
    "strength_pct": "strength",
    "pain_reported": "pain",
    "fatigue_pct": "fatigue",
    "n_failed": "failed",
    "minutes": "min/week",
    "weeks": "weeks",
}
_N_OVERVIEW = 5  # outcomes in it, besides the one that is listed first
_NAME = 34  # letters of the name of a scenario
_MOST = 12  # scenarios of an overview; files have all
_BETTER = {1: "more is better", -1: "less is better", 0: "neither is better"}
_MOST_ROWS, _MOST_SAMPLES = 24, 6  # of a table on the terminal: a grid, and others
_SUMMARISED = ("strength_pct", "pain_reported", "n_failed", "minutes", "weeks")


def check_outcome(name: str) -> None:
    """Raise ValueError unless --outcome names an outcome."""
    check_one_of(name, OUTCOMES, name="--outcome")


def scenarios_to_compare(
    names: Sequence[str],
    plans: Sequence[Plan],
    varied: Mapping[str, Sequence],
    *,
    factorial: bool,
) -> Sequence[Scenario] | Mapping[str, Plan]:
    """Return one plan with varied values, or several plans by name.

    A plan is called by the stem of its file, or as given where two stems are equal.
    """
    if len(plans) == 1:
        return variations(plans[0], varied, together=factorial)
    if varied:
        raise ValueError(
            f"--vary changes one plan; several were named ({', '.join(names)}). "
            "Compare plans, or values in one plan."
        )
    # Stems are shorter; full names differ where plans of two folders share a stem.
    for called in ([Path(name).stem for name in names], names):
        if len(set(called)) == len(called):
            return dict(zip(called, plans, strict=True))
    raise ValueError(f"A plan is named twice: {', '.join(names)}.")


def athletes_to_compare(
    athlete: str | None, population: str | None, n: int, *, seed: int
) -> Sequence[Athlete]:
    """Return one athlete n times, or n athletes drawn from a population."""
    if n < 1:
        raise ValueError(f"--athletes must be at least 1; got {n}.")
    if athlete is None:
        return cohort(n, population or "novices", seed=seed)
    if population is not None:
        raise ValueError("Name --athlete or --population, not both.")
    return [read_athlete(athlete)] * n


def comparison_results(
    found: Comparison,
    outcome: str,
    folder: Path,
    *,
    changed: Mapping[str, object],
    as_json: bool,
) -> str:
    """Write a comparison into a folder; return its differences as text or JSON."""
    drawn = figure_files({"compare": comparison_figure(found, outcome)})
    written = write_results(folder, comparison_files(found), drawn)
    if as_json:
        return json_text(
            {
                "baseline": found.baseline,
                "scenarios": [one.name for one in found.scenarios],
                "n_athletes": len(found.athletes),
                "seeds": list(found.seeds),
                "differences": json.loads(table_json(found.differences)),
                "folder": str(folder),
                "files": [path.name for path in written.paths],
            }
        )
    lines = [found.scenarios[0].plan.name]
    if changed:
        lines.append(f"Changed in all: {changes_text(changed)}")
    lines.append(f"{_athletes_text(found.athletes)}; the same in every scenario.")
    lines += ["", *_difference_lines(found, OUTCOMES[outcome])]
    if 1 < len(found.scenarios) <= _MOST:
        lines += ["", *_overview_lines(found, outcome)]
    lines += ["", *_note_lines(found, outcome), "", written.text("compare.png")]
    return "\n".join(lines)


def _athletes_text(athletes: Sequence[Athlete]) -> str:
    if isinstance(athletes, Cohort):
        n = len(athletes)
        return f"{n:,} athlete{'s' * (n > 1)} drawn from {athletes.population.name!r}"
    if len(athletes) == 1:
        return f"{athletes[0].name}, once"
    return f"{athletes[0].name}, {len(athletes):,} times with other random numbers"


def _difference_lines(found: Comparison, outcome: Outcome) -> list[str]:
    unit, better = outcome.unit or "count", _BETTER[outcome.better]
    interval = f"{100 * found.level:g} % interval"
    means = found.outcomes.groupby("scenario", sort=False)[outcome.name].mean()
    lines = [
        f"{outcome.name}: {outcome.meaning} ({unit}; {better})",
        f"{'':<{_NAME}}{'mean':>9}{'differs':>9}{interval:>18}{'better':>8}",
        f"{_padded(found.baseline)}{means.iloc[0]:>9.2f}",
    ]
    rows = found.differences
    for row in rows[rows["outcome"] == outcome.name].itertuples():
        # Exactly 1 where a change does nothing: athletes are compared with themselves
        # on the same random numbers.
        between = f"{_signed(row.ci_low)} to {_signed(row.ci_high)}"
        share = "-" if pd.isna(row.share_better) else f"{100 * row.share_better:.0f} %"
        lines.append(
            f"{_padded(row.scenario)}{row.mean:>9.2f}{_signed(row.difference):>9}"
            f"{between:>18}{'same' if row.share_equal == 1 else share:>8}"
        )
    return lines


def _overview_lines(found: Comparison, outcome: str) -> list[str]:
    others = [name for name in _OVERVIEW if name != outcome][:_N_OVERVIEW]
    table = found.differences.pivot_table(
        index="scenario", columns="outcome", values="difference", sort=False
    )
    heads = "".join(f"{_OVERVIEW[name]:>9}" for name in others)
    lines = [f"{'mean differences of others':<{_NAME}}{heads}"]
    for scenario, row in table.iterrows():
        cells = "".join(f"{_signed(row[name]):>9}" for name in others)
        lines.append(f"{_padded(scenario)}{cells}")
    return lines


def _note_lines(found: Comparison, outcome: str) -> list[str]:
    lines = [
        "Intervals are those of the mean; single athletes differ more (q05, q95 in",
        "differences.csv). Better: share of athletes for whom a scenario is better.",
    ]
    if outcome.endswith("_pct") and outcome != "fatigue_pct":
        # Within-athlete error of a 1RM test, as a coefficient of variation.
        error = 100 * parameter("strength_test.cv")
        lines.append(
            f"A 1RM test errs by {error:g} %: a smaller difference could not be seen "
            "in one athlete."
        )
    if len({*found.outcomes["weeks"]}) > 1:
        lines.append("Closed gates make a plan longer for some: see weeks.")
    return lines


def _padded(scenario: str) -> str:
    return f"{shortened(scenario, _NAME - 1):<{_NAME}}"


def _signed(value: float) -> str:
    if pd.isna(value):
        return "-"
    return f"{value:+.2f}" if value else "0"


@contextmanager
def resumable(folder: Path, command: Sequence[str]) -> Iterator[None]:
    """Tell how to resume a sweep that Ctrl-C or a fault of the system stops.

    Raises
    ------
    OSError
        If a file cannot be written: which one, why, and how to resume.
    """
    try:
        yield
    except (KeyboardInterrupt, OSError) as error:
        # Without a record the sweep has not begun, and there is nothing to resume.
        advice = f"Finished parts are kept. Resume with: {shlex.join(command)}"
        has_begun = (folder / RECORD).is_file()
        if isinstance(error, KeyboardInterrupt):
            sys.stderr.write(f"Stopped. {advice}\n" if has_begun else "Stopped.\n")
            sys.exit(130)
        if not has_begun or not error.errno:  # without a number: our own message
            raise
        place = error.filename or folder
        raise OSError(f"{place}: {error.strerror}. {advice}") from None


def silence_dask() -> None:
    """Keep the tracebacks that Dask logs off the terminal: errors are raised here."""
    with suppress(ModuleNotFoundError):
        import dask

        names = ("distributed", "distributed.client", "distributed.worker", "tornado")
        dask.config.set(logging=dict.fromkeys(names, "critical"))


def sweep_results(found: Sweep, outcome: str, *, as_json: bool) -> str:
    """Draw a sweep into its folder; return its means as text or JSON.

    Where the design allows it, also how much each varied name matters.
    """
    files = figure_files({"sweep": sweep_figure(found, outcome)})
    parts = [found.name, _summary_text(found, outcome)]
    if found.kind in COLUMNS:
        weights = found.sensitivity(outcome)
        files |= _sensitivity_files(weights)
        parts.append(weights.report())
    write_files(files, found.folder)
    if not as_json:
        return "\n\n".join([*parts, _sweep_files_text(found)])
    return json_text(
        {
            "name": found.name,
            "folder": str(found.folder),
            "n_scenarios": len(found.summary),
            "n_athletes": int(found.summary["n"].iloc[0]),
            "summary": json.loads(table_json(found.summary.reset_index())),
        }
    )


def _summary_text(found: Sweep, outcome: str) -> str:
    """Return the means of scenarios, the first ones of many."""
    summary, names = found.summary, list(found.vary)
    shown = list(dict.fromkeys([outcome, *_SUMMARISED]))
    # A grid can be read as a table; of a random design a few rows show the columns.
    n_rows = _MOST_ROWS if found.kind == "grid" else _MOST_SAMPLES
    columns = [*names, *(f"{one}_mean" for one in shown)]
    rows = as_written(summary[columns].head(n_rows), names)
    rows = rows.round(2).set_axis([*_heads(names), *shown], axis=1)
    n = summary["n"].iloc[0]
    lines = ["one athlete" if n == 1 else f"means of {n:,} athletes"]
    lines[0] += " in each scenario:"
    lines.append(rows.to_string(index=False, na_rep="-"))
    if len(summary) > len(rows):
        lines.append(f"... and {len(summary) - len(rows):,} more in summary.csv")
    # A scenario whose changes make no legal plan has no weeks.
    n_impossible = (summary["weeks_mean"] == 0).sum()
    if n_impossible:
        lines.append(
            f"{n_impossible:,} of {len(summary):,} scenarios make no legal plan: "
            "values that fit one by one do not always fit together. They are missing."
        )
    return "\n".join(lines)


def _heads(names: Sequence[str]) -> list[str]:
    """Return what follows the last dot of a name, where no other name ends like it."""
    last = [name.rpartition(".")[2] for name in names]
    return [
        shortened(name, 24) if end in OUTCOMES or last.count(end) > 1 else end
        for name, end in zip(names, last, strict=True)
    ]


def _sweep_files_text(found: Sweep) -> str:
    parts = counted(len(part_paths(found.folder)), "Parquet file")
    text = (
        f"See {found.folder / 'sweep.png'} and summary.csv; athletes: {parts} in "
        f"{found.folder / 'outcomes'}."
    )
    n_left = len(found.vary) - MOST_PANELS
    if n_left <= 0:
        return text
    verbs = ("was", "is") if n_left == 1 else ("were", "are")
    return f"{text} {n_left} more {verbs[0]} varied, but {verbs[1]} not drawn."


def sensitivity_results(found: Sensitivity, folder: Path, *, as_json: bool) -> str:
    """Write a sensitivity analysis into a folder; return it as text or JSON."""
    paths = write_files(_sensitivity_files(found), folder)
    return (
        table_json(found.indices) if as_json else f"{found.report()}\n\nSee {paths[1]}."
    )


def _sensitivity_files(found: Sensitivity) -> dict[str, bytes]:
    name = f"sensitivity-{found.outcome}"
    drawn = figure_files({name: sensitivity_figure(found)})
    return {f"{name}.csv": csv_bytes(found.indices)} | drawn


def search_results(
    spec: SearchSpec, found: Search, folder: Path, *, as_json: bool
) -> str:
    """Write a search into a folder; return the front as text or JSON."""
    tables = search_tables(found)
    record = record_of("search", inputs_of_study(spec), tables)
    # One goal alone has no trade-off to draw.
    drawn = {"front": front_figure(found)} if len(found.goals) > 1 else {}
    written = write_results(
        folder,
        tables | {"record.json": record_bytes(record)},
        figure_files(drawn),
        replaceable=("front.png", "front.svg"),
    )
    if as_json:
        return table_json(found.front)
    parts = [spec.name, found.report()]
    front = found.front.drop(columns=["generation", "is_allowed", "is_on_front"])
    if len(front):
        shown = front.head(_MOST_ROWS).round(3)
        n_more = len(front) - len(shown)
        more = f"\n... and {n_more} more in front.csv" if n_more else ""
        parts.append(shown.to_string(index=False, na_rep="-") + more)
    return "\n\n".join([*parts, written.text("front.png" if drawn else "")])
