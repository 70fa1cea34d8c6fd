"""The command ``hipext fit``: read a series, fit a model, write files and a summary."""

import json
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext.cli import text as show
from hipext.files.checks import counted
from hipext.files.io import REPLACED, drop_leftovers, write_files
from hipext.files.records import (
    RECORD,
    check_folder_is_free,
    record_bytes,
    record_of,
    replaces_other_inputs,
    sha256_of,
)
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
from hipext.studies.reproduction import (
    FIT_RESULT,
    fit_files,
    fit_from_record,
    inputs_of_fit,
    rmse_of_mean,
)

_WIDTH_IN = 8.0
_FONT_PT = 10
_PANEL_IN = 2.3  # height of the profile of a parameter
_LEGEND = {"frameon": False, "fontsize": "small", "columnspacing": 1.2}
_ACTS = {"next_day": "from the next day on", "same_day": "on the day itself"}
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


def run_fit(
    path: str,
    out: Path | None,
    *,
    columns: Mapping[str, str | None],
    exercise: str | None,
    missing: str,
    as_json: bool,
    **options: object,
) -> str:
    """Fit a model to the series of a file, write the files, and return the summary.

    Parameters
    ----------
    path, out : str, Path or None
        The series, and the folder of the results.
    columns, exercise, missing
        As in `series_of`.
    as_json : bool
        Whether the summary is JSON.
    **options
        As in `reproduction.inputs_of_fit`.
    """
    series = series_of(path, columns=columns, exercise=exercise, missing=missing)
    folder = out or Path("out") / f"fit-{Path(path).stem}-{options['model']}"
    check_folder_is_free(folder, "fit")
    source = {
        "name": Path(path).name,
        "sha256": sha256_of(Path(path).read_bytes()),
        "read_as": dict(series.read_as),
        "missing": missing,
    }
    inputs = {"source": source, **inputs_of_fit(series, options)}
    found, models = fit_from_record(inputs)
    files = fit_files(found, models)
    files |= {RECORD: record_bytes(record_of("fit", inputs, files))}
    was_fit = (folder / FIT_RESULT).is_file()
    is_replaced = replaces_other_inputs(files, folder)
    paths = write_files(files | figure_files(_figures(found, series)), folder)
    if was_fit and models is None:
        drop_leftovers(folder, ["models.csv"])
    if as_json:
        settings = {name: inputs[name] for name in inputs if name != "series"}
        summary = settings | json.loads(files[FIT_RESULT])
        summary |= {"sentence": series.sentence, "folder": str(folder)}
        summary |= {"files": [one.name for one in paths]}
        return json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    text = fit_text(found, models, inputs=inputs, sentence=series.sentence)
    text += f"\n\nSee {folder / 'fit.png'}.\n{len(paths)} files are in {folder}."
    return f"{text}\n{REPLACED}" if is_replaced else text


def series_of(
    path: str,
    *,
    columns: Mapping[str, str | None],
    exercise: str | None,
    missing: str,
) -> Series:
    """Return the series of a file: one row per day, or a sets table.

    Parameters
    ----------
    path : str
        A CSV file.
    columns : Mapping[str, str or None]
        Name of the column by "load", "performance" and "day"; None for the usual one.
        Of a sets table "load" is what counts as load.
    exercise : str or None
        Of a sets table, the exercise whose estimated 1RM is the performance.
    missing : {"refuse", "rest"}
        Whether a day without a load is a mistake or a rest day.
    """
    cells = read_cells(path)
    if not is_sets_table(cells):
        if exercise is not None:
            raise ValueError(
                f"--exercise {exercise} needs a sets table, as hipext run writes it; "
                f"{path} has the columns {', '.join(cells.columns)}."
            )
        return daily_series(cells, columns, source=path, missing=missing)
    unused = [
        f"--{name} {column}"
        for name, column in columns.items()
        if column and name != "load"
    ]
    if unused:
        raise ValueError(
            f"{path} is a sets table: its days are known and its performance is that "
            f"of --exercise. Leave out {' and '.join(unused)}."
        )
    return lift_series(cells, exercise, load=columns["load"], source=path)


def _figures(found: Fit, series: Series) -> dict[str, Figure]:
    with rc_context({"font.size": _FONT_PT}):
        curve = Figure(figsize=(_WIDTH_IN, 3.8))
        curve.subplots_adjust(left=0.09, right=0.895, bottom=0.14, top=0.87)
        plot_fit(found, series.training_load, ax=curve.subplots())
        return {"fit": curve, "profiles": _profile_figure(found)}


def _profile_figure(fit: Fit) -> Figure:
    """Return the profiles of all parameters, one panel each."""
    names = list(fit.parameters.index)
    n_rows = -(-len(names) // 2)
    height = n_rows * _PANEL_IN + 0.4
    drawn = Figure(figsize=(_WIDTH_IN, height), layout="constrained")
    panels = list(drawn.subplots(n_rows, 2, squeeze=False).flat)
    handles = {}
    for name, panel in zip(names, panels, strict=False):
        plot_profile(fit, name, ax=panel)
        found, labels = panel.get_legend_handles_labels()
        handles |= dict(zip(labels, found, strict=True))
    for panel in panels[1::2]:
        panel.set_ylabel("")
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    drawn.legend(
        handles.values(),
        handles.keys(),
        loc="outside upper center",
        ncols=len(handles),
        **_LEGEND,
    )
    return drawn


def read_bounds(texts: Iterable[str]) -> dict[str, tuple[float, float]]:
    """Return bounds by parameter from texts like ``fitness_tau=1,300``.

    Raises
    ------
    ValueError
        If a text is no name and two numbers, or a name is there twice.
    """
    return {
        name: _pair(value, text)
        for name, value, text in _named(texts, option="--bound")
    }


def read_starts(texts: Iterable[str]) -> dict[str, float]:
    """Return values by parameter from texts like ``fitness_tau=33.6``.

    Raises
    ------
    ValueError
        If a text is no name and one number, or a name is there twice.
    """
    return {
        name: _number_in(value, text, like="--start needs NAME=VALUE: fitness_tau=33.6")
        for name, value, text in _named(texts, option="--start")
    }


def _named(texts: Iterable[str], *, option: str) -> list[tuple[str, str, str]]:
    """Return name, value and the whole of each text."""
    found = []
    for text in texts:
        name, _, value = text.partition("=")
        if name.strip() in {one[0] for one in found}:
            raise ValueError(f"{option} names {name.strip()} twice. Leave one out.")
        found.append((name.strip(), value, text))
    return found


def _pair(value: str, text: str) -> tuple[float, float]:
    like = "--bound needs NAME=LOWEST,HIGHEST: fitness_tau=1,300, or two equal values"
    like += " to hold it fast"
    low, _, high = value.partition(",")
    return _number_in(low, text, like=like), _number_in(high, text, like=like)


def _number_in(value: str, text: str, *, like: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{like}; got {text!r}.") from None


def fit_text(
    found: Fit,
    models: pd.DataFrame | None,
    *,
    inputs: Mapping[str, object],
    sentence: str,
) -> str:
    """Return what a fit has found: parameters, errors, verdict, other models."""
    convention = inputs["convention"]
    parts = [
        f"{inputs['model']}, load acts {_ACTS[convention]} ({convention}); "
        f"{counted(len(found.tests), 'test')} in {counted(len(found.bands), 'day')}"
    ]
    if sentence:
        parts.append(show.wrapped(sentence, prefix=""))
    parts += [_parameters_text(found), _errors_text(found), _verdict_text(found)]
    if models is not None:
        parts.append(_models_text(models))
    return "\n\n".join(parts)


def _parameters_text(fit: Fit) -> str:
    """Return the parameters with their intervals; * where the bounds are the end."""
    rows = fit.parameters
    heads = ("interval", "all together", "bootstrap")
    names = (("low", "high"), ("region_low", "region_high"))
    names += (("bootstrap_low", "bootstrap_high"),)
    shown = {"parameter": rows.index, "estimate": rows["estimate"].map(_number)}
    for head, ends in zip(heads, names, strict=True):
        shown[head] = [_range(row, *ends) for _, row in rows.iterrows()]
    note = (
        f"interval: {100 * fit.level:g} % of each parameter alone; all together: "
        f"{100 * fit.level:g} % region of all; bootstrap: of {len(fit.draws)} "
        "resampled fits; *: at a bound, so the tests set no end there. Time constants "
        f"(tau) are in days{_units_of_gains(fit)}."
    )
    table = pd.DataFrame(shown).to_string(index=False)
    return f"{table}\n{show.wrapped(note, prefix='')}"


def _units_of_gains(fit: Fit) -> str:
    is_gain = fit.parameters.index.str.endswith("_gain")
    units = fit.parameters.loc[is_gain, "unit"].unique()
    return f", gains in {' and '.join(units)}" if len(units) else ""


def _range(row: pd.Series, low: str, high: str) -> str:
    if pd.isna(row[low]):
        return "-"
    from_, to = _number(row[low]), _number(row[high])
    from_ += "*" if -inf < row[low] <= row["lowest"] else ""
    to += "*" if inf > row[high] >= row["highest"] else ""
    return f"{from_} to {to}"


def _number(value: float) -> str:
    if abs(value) == inf:
        return "no end"
    return f"{value:.4g}"


def _errors_text(fit: Fit) -> str:
    """Return how far the curve is off, and how far it is off tests left out."""
    lines = [
        f"SSE {fit.sse:.5g}, RMSE {fit.rmse:.4g}, R2 {fit.r_squared:.3f}, "
        f"AICc {_number_or(fit.aicc, 'none: too few tests')}, "
        f"condition number {fit.condition_number:.2g}"
    ]
    n_blocks = len(fit.cross_validation)
    if n_blocks:
        lines.append(
            f"Tests left out in turn, in {counted(n_blocks, 'block')}: RMSE "
            f"{fit.cv_rmse:.4g}; the plain mean of the other tests: "
            f"{rmse_of_mean(fit):.4g}."
        )
    else:
        lines.append("Too few tests to leave some out in turn.")
    return "\n".join(show.wrapped(x, prefix="", hanging="  ") for x in lines)


def _number_or(value: float, words: str) -> str:
    return f"{value:.2f}" if abs(value) < inf else words


def _verdict_text(fit: Fit) -> str:
    word = "identified" if fit.identifiable else "not identified"
    sentences = [f"Verdict: {word}.", *fit.identifiable.sentences]
    return "\n".join(show.wrapped(x, prefix="", hanging="  ") for x in sentences)


def _models_text(models: pd.DataFrame) -> str:
    """Return the table of models, best first, and how to read it."""
    shown = models[list(_MODEL_HEADS)].copy()
    for name in ("rmse", "cv_rmse"):
        shown[name] = shown[name].map("{:.4g}".format)
    for name in ("aicc", "delta_aicc", "weight"):
        shown[name] = [_number_or(value, "-") for value in shown[name]]
    shown["is_identified"] = shown["is_identified"].map({True: "yes", False: "no"})
    note = (
        "behind: AICc above the lowest; weight: Akaike's, among these models; left "
        "out: RMSE of tests left out in turn; -: too few tests for AICc. A lower AICc "
        "says that a model loses less in these tests, not that it is true."
    )
    table = show.table(shown.rename(columns=_MODEL_HEADS))
    return f"{table}\n{show.wrapped(note, prefix='')}"
