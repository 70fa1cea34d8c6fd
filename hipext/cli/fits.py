"""Results of fits: files, text and JSON."""

import json
from collections.abc import Mapping
from math import inf
from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext.cli.text import json_text, table, wrapped, wrapped_lines, write_results
from hipext.files import records
from hipext.files.checks import InputError, counted, escaped
from hipext.plots.fits import plot_fit, plot_profile
from hipext.plots.style import figure_files
from hipext.response.calibration import Fit
from hipext.response.series import (
    Series,
    daily_series,
    is_sets_table,
    lift_series,
    read_cells,
)
from hipext.studies import reproduction

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
