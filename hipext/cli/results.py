"""Results of fits, comparisons, sweeps and searches: files, text and JSON."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.athletes.population import Cohort, cohort
from hipext.cli.text import (
    json_text,
    table,
    table_json,
    wrapped,
    wrapped_lines,
    write_results,
)
from hipext.files import records
from hipext.files.checks import InputError, counted, escaped, shortened
from hipext.files.io import csv_bytes, write_files
from hipext.files.parameters import parameter
from hipext.plans.plan import Plan
from hipext.plots import studies as figures
from hipext.plots.fits import plot_fit, plot_profile
from hipext.plots.report import figure_files
from hipext.response.calibration import Fit
from hipext.response.series import (
    Series,
    daily_series,
    is_sets_table,
    lift_series,
    read_cells,
)
from hipext.studies import reproduction
from hipext.studies.comparison import (
    MAX_RUNS,
    Comparison,
    comparison_files,
    variations,
)
from hipext.studies.crowds import OUTCOMES, Outcome
from hipext.studies.designs import COLUMNS, Sensitivity
from hipext.studies.scenarios import Copies, Scenario, changes_text
from hipext.studies.search import Search, search_tables
from hipext.studies.sweep_file import SearchSpec, inputs_of_study
from hipext.studies.sweeps import Sweep, part_paths

_FIGURE_IN, _PANEL_IN, _FONT_PT = 8.0, 2.3, 10  # width; height of a profile
_ACTS = {"next_day": "from the next day on", "same_day": "on the day itself"}
_ENDS = {"interval": "", "all together": "region_", "bootstrap": "bootstrap_"}
_MODEL_HEADS = {
    "model": "model",
    "n_parameters": "parameters",
    "rmse": "RMSE",
    "aicc": "AICc",
    "delta_aicc": "behind",
    "weight": "weight",
    "cv_rmse": "left out",
    "is_identified": "identified",
}
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


def fit_results(
    path: str,
    out: Path | None,
    *,
    columns: Mapping[str, str | None],
    exercise: str | None,
    missing: str,
    as_json: bool,
    **options: object,
) -> str:
    """Fit a model to the series of a file, write the files, and return the summary."""
    series = _series_of(path, columns, exercise=exercise, missing=missing)
    folder = out or Path("out") / f"fit-{Path(path).stem}-{options['model']}"
    records.check_folder_is_free(folder, "fit")
    source = {
        "name": escaped(Path(path).name),  # not every name of a file is UTF-8
        "sha256": records.sha256_of(Path(path).read_bytes()),
        "read_as": dict(series.read_as),
        "missing": missing,
    }
    inputs = {"source": source, **reproduction.inputs_of_fit(series, options)}
    found, models = reproduction.fit_from_record(inputs)
    files = reproduction.fit_files(found, models)
    record = records.record_of("fit", inputs, files)
    files |= {records.RECORD: records.record_bytes(record)}
    # A file of this name in a folder without a fit is the user's, and stays.
    replaceable = ["models.csv"] if (folder / reproduction.FIT_RESULT).is_file() else []
    drawn = figure_files(_fit_figures(found, series))
    written = write_results(folder, files, drawn, replaceable=replaceable)
    if as_json:
        settings = {name: inputs[name] for name in inputs if name != "series"}
        summary = settings | json.loads(files[reproduction.FIT_RESULT])
        return json_text(summary | {"sentence": series.sentence} | written.facts())
    convention = inputs["convention"]
    verdict = "identified" if found.identifiable else "not identified"
    parts = [
        f"{inputs['model']}, load acts {_ACTS[convention]} ({convention}); "
        f"{counted(len(found.tests), 'test')} in {counted(len(found.bands), 'day')}",
        wrapped(series.sentence, prefix=""),
        _parameters_text(found),
        _errors_text(found),
        wrapped_lines([f"Verdict: {verdict}.", *found.identifiable.sentences]),
        "" if models is None else _models_text(models),
        f"See {folder / 'fit.png'}.\n{written.text()}",
    ]
    return "\n\n".join(part for part in parts if part)


def _series_of(
    path: str,
    columns: Mapping[str, str | None],
    *,
    exercise: str | None,
    missing: str,
) -> Series:
    """Return the series of a file: one row per day, or a sets table."""
    cells = read_cells(path)
    if not is_sets_table(cells):
        if exercise is not None:
            raise InputError(
                f"--exercise {exercise} needs a sets table, as hipext run writes it; "
                f"{path} has the columns {', '.join(cells.columns)}."
            )
        return daily_series(cells, columns, source=path, missing=missing)
    named = [f"--{name} {column}" for name, column in columns.items() if column]
    if unused := [one for one in named if not one.startswith("--load ")]:
        raise InputError(
            f"{path} is a sets table: its days are known and its performance is that "
            f"of --exercise. Leave out {' and '.join(unused)}."
        )
    return lift_series(cells, exercise, load=columns["load"], source=path)


def _fit_figures(found: Fit, series: Series) -> dict[str, Figure]:
    """Return the curve of a fit, and the profiles of all parameters, a panel each."""
    with rc_context({"font.size": _FONT_PT}):
        curve = Figure(figsize=(_FIGURE_IN, 3.8))
        curve.subplots_adjust(left=0.09, right=0.895, bottom=0.14, top=0.87)
        plot_fit(found, series.training_load, ax=curve.subplots())
        names = list(found.parameters.index)
        n_rows = -(-len(names) // 2)
        size = (_FIGURE_IN, n_rows * _PANEL_IN + 0.4)
        profiles = Figure(figsize=size, layout="constrained")
        panels = list(profiles.subplots(n_rows, 2, squeeze=False).flat)
        legend = {}
        for name, panel in zip(names, panels, strict=False):
            plot_profile(found, name, ax=panel)
            handles, labels = panel.get_legend_handles_labels()
            legend |= dict(zip(labels, handles, strict=True))
        for panel in panels[1::2]:
            panel.set_ylabel("")
        for panel in panels[len(names) :]:
            panel.set_axis_off()
        look = {"frameon": False, "fontsize": "small", "columnspacing": 1.2}
        look |= {"loc": "outside upper center", "ncols": len(legend)}
        profiles.legend(legend.values(), legend.keys(), **look)
    return {"fit": curve, "profiles": profiles}


def _parameters_text(fit: Fit) -> str:
    """Return the parameters with their intervals; * where the bounds are the end."""
    rows = fit.parameters
    shown = {"parameter": rows.index, "estimate": rows["estimate"].map(_number)}
    for head, prefix in _ENDS.items():
        shown[head] = [_range(row, prefix) for _, row in rows.iterrows()]
    units = rows.loc[rows.index.str.endswith("_gain"), "unit"].unique()
    gains = f", gains in {' and '.join(units)}" if len(units) else ""
    note = (
        f"interval: {100 * fit.level:g} % of each parameter alone; all together: "
        f"{100 * fit.level:g} % region of all; bootstrap: of {len(fit.draws)} "
        "resampled fits; *: at a bound, so the tests set no end there. Time constants "
        f"(tau) are in days{gains}."
    )
    return f"{table(pd.DataFrame(shown))}\n{wrapped(note, prefix='')}"


def _range(row: pd.Series, prefix: str) -> str:
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    if pd.isna(low):
        return "-"
    at_low = "*" if -inf < low <= row["lowest"] else ""
    at_high = "*" if inf > high >= row["highest"] else ""
    return f"{_number(low)}{at_low} to {_number(high)}{at_high}"


def _number(value: float, form: str = ".4g", infinite: str = "no end") -> str:
    return f"{value:{form}}" if abs(value) < inf else infinite


def _errors_text(fit: Fit) -> str:
    """Return how far the curve is off, and how far it is off tests left out."""
    lines = [
        f"SSE {fit.sse:.5g}, RMSE {fit.rmse:.4g}, R2 {fit.r_squared:.3f}, "
        f"AICc {_number(fit.aicc, '.2f', 'none: too few tests')}, "
        f"condition number {fit.condition_number:.2g}"
    ]
    n_blocks = len(fit.cross_validation)
    lines.append(
        f"Tests left out in turn, in {counted(n_blocks, 'block')}: RMSE "
        f"{fit.cv_rmse:.4g}; the plain mean of the other tests: "
        f"{reproduction.rmse_of_mean(fit):.4g}."
        if n_blocks
        else "Too few tests to leave some out in turn."
    )
    return wrapped_lines(lines)


def _models_text(models: pd.DataFrame) -> str:
    """Return the table of models, best first, and how to read it."""
    shown = models[list(_MODEL_HEADS)].copy()
    forms = {"rmse": ".4g", "cv_rmse": ".4g"}
    forms |= dict.fromkeys(("aicc", "delta_aicc", "weight"), ".2f")
    for name, form in forms.items():
        shown[name] = [_number(value, form, "-") for value in shown[name]]
    shown["is_identified"] = shown["is_identified"].map({True: "yes", False: "no"})
    note = (
        "behind: AICc above the lowest; weight: Akaike's, among these models; left "
        "out: RMSE of tests left out in turn; -: too few tests for AICc. A lower AICc "
        "says that a model loses less in these tests, not that it is true."
    )
    text = table(shown.rename(columns=_MODEL_HEADS))
    return f"{text}\n{wrapped(note, prefix='')}"


def compared_scenarios(
    names: Sequence[str],
    plans: Sequence[Plan],
    varied: Mapping[str, Sequence],
    *,
    factorial: bool,
) -> Sequence[Scenario] | Mapping[str, Plan]:
    """Return one plan with varied values, or several plans by name."""
    if len(plans) == 1:
        return variations(plans[0], varied, together=factorial)
    if varied:
        raise InputError(
            f"--vary changes one plan; several were named ({', '.join(names)}). "
            "Compare plans, or values in one plan."
        )
    # Stems are shorter; full names differ where plans of two folders share a stem.
    for called in ([Path(name).stem for name in names], names):
        if len(set(called)) == len(called):
            return dict(zip(called, plans, strict=True))
    raise InputError(f"A plan is named twice: {', '.join(names)}.")


def compared_athletes(
    athlete: str | None, population: str | None, n: int, *, seed: int
) -> Sequence[Athlete]:
    """Return one athlete n times, or n athletes drawn from a population."""
    if not 1 <= n <= MAX_RUNS:
        more = " A sweep takes more." if n > MAX_RUNS else ""
        raise InputError(f"--athletes must be 1 to {MAX_RUNS}; got {n}.{more}")
    if athlete is None:
        return cohort(n, population or "novices", seed=seed)
    if population is not None:
        raise InputError("Name --athlete or --population, not both.")
    return Copies(read_athlete(athlete), n)


def comparison_results(
    found: Comparison,
    outcome: str,
    folder: Path,
    *,
    changed: Mapping[str, object],
    as_json: bool,
) -> str:
    """Write a comparison into a folder; return its differences as text or JSON."""
    drawn = figure_files({"compare": figures.comparison_figure(found, outcome)})
    written = write_results(folder, comparison_files(found), drawn)
    if as_json:
        facts = {
            "baseline": found.baseline,
            "scenarios": [one.name for one in found.scenarios],
            "n_athletes": len(found.athletes),
            "seeds": list(found.seeds),
            "differences": json.loads(table_json(found.differences)),
        }
        return json_text(facts | written.facts())
    lines = [found.scenarios[0].plan.name]
    lines += [f"Changed in all: {changes_text(changed)}"] if changed else []
    lines.append(f"{_athletes_text(found.athletes)}; the same in every scenario.")
    lines += ["", *_difference_lines(found, OUTCOMES[outcome])]
    if 1 < len(found.scenarios) <= _MOST:
        lines += ["", *_overview_lines(found, outcome)]
    lines += ["", *_note_lines(found, outcome), "", written.text("compare.png")]
    return "\n".join(lines)


def _athletes_text(athletes: Sequence[Athlete]) -> str:
    n = len(athletes)
    if isinstance(athletes, Cohort):
        return f"{n:,} athlete{'s' * (n > 1)} drawn from {athletes.population.name!r}"
    times = "once" if n == 1 else f"{n:,} times with other random numbers"
    return f"{athletes[0].name}, {times}"


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
    differences = found.differences.pivot_table(
        index="scenario", columns="outcome", values="difference", sort=False
    )
    heads = "".join(f"{_OVERVIEW[name]:>9}" for name in others)
    lines = [f"{'mean differences of others':<{_NAME}}{heads}"]
    for scenario, row in differences.iterrows():
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
    """Say how to resume a sweep that Ctrl-C or a fault of the system stops."""
    try:
        yield
    except (KeyboardInterrupt, OSError) as error:
        # Without a record the sweep has not begun, and there is nothing to resume.
        advice = f"Finished parts are kept. Resume with: {shlex.join(command)}"
        has_begun = (folder / records.RECORD).is_file()
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
    """Draw a sweep into its folder; return its means as text or JSON."""
    files = figure_files({"sweep": figures.sweep_figure(found, outcome)})
    parts = [found.name, _summary_text(found, outcome)]
    # Where the design allows it, also how much each varied name matters.
    if found.kind in COLUMNS:
        weights = found.sensitivity(outcome)
        files |= _sensitivity_files(weights)
        parts.append(weights.report())
    write_files(files, found.folder)
    if not as_json:
        return "\n\n".join([*parts, _sweep_files_text(found)])
    facts = {
        "name": found.name,
        "folder": str(found.folder),
        "n_scenarios": len(found.summary),
        "n_athletes": int(found.summary["n"].iloc[0]),
        "summary": json.loads(table_json(found.summary.reset_index())),
    }
    return json_text(facts)


def _summary_text(found: Sweep, outcome: str) -> str:
    """Return the means of scenarios, the first ones of many."""
    summary, names = found.summary, list(found.vary)
    shown = list(dict.fromkeys([outcome, *_SUMMARISED]))
    # A grid can be read as a table; of a random design a few rows show the columns.
    n_rows = _MOST_ROWS if found.kind == "grid" else _MOST_SAMPLES
    columns = [*names, *(f"{one}_mean" for one in shown)]
    rows = figures.as_written(summary[columns].head(n_rows), names)
    rows = rows.round(2).set_axis([*_heads(names), *shown], axis=1)
    n = summary["n"].iloc[0]
    who = "one athlete" if n == 1 else f"means of {n:,} athletes"
    lines = [f"{who} in each scenario:", _rows_text(rows, len(summary), "summary.csv")]
    # A scenario whose changes make no legal plan has no weeks.
    n_impossible = (summary["weeks_mean"] == 0).sum()
    if n_impossible:
        lines.append(
            f"{n_impossible:,} of {len(summary):,} scenarios make no legal plan: "
            "values that fit one by one do not always fit together. They are missing."
        )
    return "\n".join(lines)


def _rows_text(rows: pd.DataFrame, n_all: int, file: str) -> str:
    """Return the first rows of a table, and how many more its file has."""
    n_more = n_all - len(rows)
    return table(rows) + (f"\n... and {n_more:,} more in {file}" if n_more else "")


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
    n_left = len(found.vary) - figures.MOST_PANELS
    if n_left <= 0:
        return text
    verbs = ("was", "is") if n_left == 1 else ("were", "are")
    return f"{text} {n_left} more {verbs[0]} varied, but {verbs[1]} not drawn."


def sensitivity_results(found: Sensitivity, folder: Path, *, as_json: bool) -> str:
    """Write a sensitivity analysis into a folder; return it as text or JSON."""
    paths = write_files(_sensitivity_files(found), folder)
    if as_json:
        return table_json(found.indices)
    return f"{found.report()}\n\nSee {paths[1]}."


def _sensitivity_files(found: Sensitivity) -> dict[str, bytes]:
    name = f"sensitivity-{found.outcome}"
    drawn = figure_files({name: figures.sensitivity_figure(found)})
    return {f"{name}.csv": csv_bytes(found.indices)} | drawn


def search_results(
    spec: SearchSpec, found: Search, folder: Path, *, as_json: bool
) -> str:
    """Write a search into a folder; return the front as text or JSON."""
    files = search_tables(found)
    record = records.record_of("search", inputs_of_study(spec), files)
    # One goal alone has no trade-off to draw.
    drawn = {"front": figures.front_figure(found)} if len(found.goals) > 1 else {}
    written = write_results(
        folder,
        files | {records.RECORD: records.record_bytes(record)},
        figure_files(drawn),
        replaceable=("front.png", "front.svg"),
    )
    if as_json:
        return table_json(found.front)
    parts = [spec.name, found.report()]
    front = found.front.drop(columns=["generation", "is_allowed", "is_on_front"])
    if len(front):
        first = front.head(_MOST_ROWS).round(3)
        parts.append(_rows_text(first, len(front), "front.csv"))
    return "\n\n".join([*parts, written.text("front.png" if drawn else "")])
