"""What ``hipext fit`` does: read a series, fit it, write the results, tell of them."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import version
from math import inf, isfinite, isnan
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext.cli import text as show
from hipext.files.checks import check_one_of, counted
from hipext.files.io import REPLACED, csv_bytes, drop_leftovers, write_files
from hipext.plots.fits import plot_fit, plot_profile
from hipext.plots.report import figure_files
from hipext.response.calibration import Fit, compare_models, fit, pooled
from hipext.response.models import MODELS
from hipext.response.series import (
    Series,
    daily_series,
    is_sets_table,
    lift_series,
    read_cells,
)

_MARK = "fit.json"
FIGURES = ("fit", "profiles")
TABLES = ("parameters", "profiles", "draws", "bands", "tests", "cross_validation")
ALL_FILES = (
    *(f"{name}.csv" for name in (*TABLES, "models")),
    *(f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")),
    "fit.json",
)
SCORES = ("sse", "rmse", "r_squared", "aicc", "cv_rmse", "condition_number")
_LIBRARIES = ("hipext", "numpy", "pandas", "scipy", "matplotlib")
_WIDTH_IN = 8.0
_FONT_PT = 10
_PANEL_IN = 2.3  # height of the profile of a parameter
_LEGEND = {"frameon": False, "fontsize": "small", "columnspacing": 1.2}
_FELT = {"next_day": "from the next day on", "same_day": "on the day itself"}
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


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """The arguments of ``hipext fit``, as they were written."""

    series: str
    model: str = "banister"
    load: str | None = None
    performance: str | None = None
    day: str | None = None
    exercise: str | None = None
    missing: str = "refuse"
    convention: str = "next_day"
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    compare: tuple[str, ...] = ()
    n_bootstrap: int = 200
    level: float = 0.95
    seed: int = 0
    out: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the results go."""
        name = f"fit-{Path(self.series).stem}-{self.model}"
        return self.out or Path("out") / name


def run_fit(request: FitRequest, *, as_json: bool) -> str:
    """Fit what is asked for, write the files, and return the text that tells of it."""
    for name in (request.model, *request.compare):
        check_one_of(name, MODELS, name="A model")
    series = series_of(request)
    found = _fit(request, series)
    others = [name for name in dict.fromkeys(request.compare) if name != request.model]
    fits = [_fit(_for_other(request, name), series) for name in others]
    models = compare_models([found, *fits]) if request.compare else None
    fitted = Fitted(request=request, series=series, fit=found, models=models)
    folder = request.folder
    is_replaced = _replaces_other_inputs(files := fit_files(fitted), folder)
    was_fit = (folder / _MARK).is_file()
    paths = write_files(files, folder)
    if was_fit:
        drop_leftovers(folder, {*ALL_FILES} - {path.name for path in paths})
    if as_json:
        return _json(files[_MARK], series, folder, paths)
    text = f"{fit_text(fitted)}\n\nSee {folder / 'fit.png'}.\n"
    text += f"{len(paths)} files are in {folder}."
    again = f"\n{REPLACED}"
    return text + again if is_replaced else text


def series_of(request: FitRequest) -> Series:
    """Return the series of the file: one row per day, or a sets table."""
    cells, load, source = read_cells(request.series), request.load, request.series
    given = {"performance": request.performance, "day": request.day}
    if not is_sets_table(cells):
        if request.exercise is not None:
            raise ValueError(
                f"--exercise {request.exercise} needs a sets table, as hipext run "
                f"writes it; {source} has the columns {', '.join(cells.columns)}."
            )
        return daily_series(
            cells, {"load": load, **given}, source=source, missing=request.missing
        )
    unused = [f"--{name} {column}" for name, column in given.items() if column]
    if unused:
        raise ValueError(
            f"{source} is a sets table: its days are known and its performance is that "
            f"of --exercise. Leave out {' and '.join(unused)}."
        )
    return lift_series(cells, request.exercise, load=load, source=source)


def _fit(request: FitRequest, series: Series) -> Fit:
    return fit(
        request.model,
        series.training_load,
        series.performance,
        convention=request.convention,
        bounds=request.bounds,
        start=request.start or None,
        level=request.level,
        n_bootstrap=request.n_bootstrap,
        seed=request.seed,
    )


def _for_other(request: FitRequest, model: str) -> FitRequest:
    """Return the request for a model to compare: the same bounds where it has them."""
    names = {one.name for one in fields(MODELS[model])}
    bounds = {name: pair for name, pair in request.bounds.items() if name in names}
    return replace(request, model=model, bounds=bounds, start={}, n_bootstrap=0)


def _replaces_other_inputs(files: dict[str, bytes], folder: Path) -> bool:
    """Return whether a folder holds another fit."""
    path = folder / _MARK
    return path.is_file() and path.read_bytes() != files[_MARK]


def _json(record: bytes, series: Series, folder: Path, paths: list[Path]) -> str:
    told = json.loads(record) | {
        "sentence": series.sentence,
        "folder": str(folder),
        "files": [path.name for path in paths],
    }
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A finished fit with what it was asked for and made from."""

    request: FitRequest
    series: Series
    fit: Fit
    models: pd.DataFrame | None
    """Comparison with other models, if any were asked for."""


def fit_files(fitted: Fitted) -> dict[str, bytes]:
    """Return the files of a fit by name; the same for the same input and versions."""
    tables = {name: csv_bytes(table) for name, table in _tables(fitted).items()}
    files = {f"{name}.csv": content for name, content in tables.items()}
    files |= figure_files(_figures(fitted))
    told = json.dumps(fit_record(fitted), indent=2, ensure_ascii=False, allow_nan=False)
    return files | {"fit.json": f"{told}\n".encode()}


def fit_record(fitted: Fitted) -> dict[str, object]:
    """Return what a fit was made from, and what it found, as values of JSON.

    A number that is not known is null; one without bound is the text "inf" or "-inf",
    as in the CSV files.
    """
    fit = fitted.fit
    return _inputs(fitted) | {
        "n_days": len(fit.bands),
        "n_tests": len(fit.tests),
        "parameters": plain(fit.parameters.to_dict("index")),
        "fitted": plain({name: getattr(fit, name) for name in SCORES}),
        "rmse_of_mean": plain(rmse_of_mean(fit)),
        "is_identified": bool(fit.identifiable),
        "verdict": str(fit.identifiable),
        "models": _records(fitted.models),
    }


def _inputs(fitted: Fitted) -> dict[str, object]:
    """Return what is needed to make a fit again."""
    request = fitted.request
    content = Path(request.series).read_bytes()
    return {
        "format": 1,
        "input": Path(request.series).name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "read_as": dict(fitted.series.read_as),
        "missing": request.missing,
        "model": request.model,
        "convention": request.convention,
        "bounds": plain({name: list(pair) for name, pair in request.bounds.items()}),
        "start": plain(request.start),
        "compare": list(request.compare),
        "n_bootstrap": request.n_bootstrap,
        "level": request.level,
        "seed": request.seed,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
        },
    }


def rmse_of_mean(fit: Fit) -> float:
    """Return the error of the plain mean of the other tests, over all blocks."""
    return pooled(fit.cross_validation, "rmse_of_mean")


def plain(value: object) -> object:
    """Return a value as JSON knows it: null for NaN, "inf" and "-inf" as texts."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, float) or isfinite(value):
        return value
    return None if isnan(value) else str(value)


def _records(models: pd.DataFrame | None) -> object:
    return None if models is None else plain(models.to_dict("records"))


def _tables(fitted: Fitted) -> dict[str, pd.DataFrame]:
    """Return the tables by name; days are those of the series."""
    fit = fitted.fit
    tables = {
        "parameters": fit.parameters.reset_index(),
        "profiles": fit.profiles,
        "draws": fit.draws.reset_index(),
        "bands": fit.bands.rename_axis("day").reset_index(),
        "tests": fit.tests.rename_axis("day").reset_index(),
        "cross_validation": blocks_by_day(fit),
    }
    return tables if fitted.models is None else tables | {"models": fitted.models}


def blocks_by_day(fit: Fit) -> pd.DataFrame:
    """Return the blocks of tests with the days as the series names them."""
    places = dict(zip(fit.problem.days, fit.tests.index, strict=True))
    ends = ["first_day", "last_day"]
    blocks = fit.cross_validation
    return blocks.assign(**{end: blocks[end].map(places) for end in ends})


def _figures(fitted: Fitted) -> dict[str, Figure]:
    with rc_context({"font.size": _FONT_PT}):
        drawn = {"fit": Figure(figsize=(_WIDTH_IN, 3.8))}
        drawn["fit"].subplots_adjust(left=0.09, right=0.895, bottom=0.14, top=0.87)
        load = fitted.series.training_load
        plot_fit(fitted.fit, load, ax=drawn["fit"].subplots())
        return drawn | {"profiles": profile_figure(fitted.fit)}


def profile_figure(fit: Fit) -> Figure:
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


def fit_text(fitted: Fitted) -> str:
    """Return what a fit has found: parameters, errors, verdict, other models."""
    request, fit = fitted.request, fitted.fit
    felt = _FELT[request.convention]
    parts = [
        f"{request.model}, load felt {felt} ({request.convention}); "
        f"{counted(len(fit.tests), 'test')} in {counted(len(fit.bands), 'day')}"
    ]
    if fitted.series.sentence:
        parts.append(show.wrapped(fitted.series.sentence, prefix=""))
    parts += [parameters_text(fit), _errors_text(fit), _verdict_text(fit)]
    if fitted.models is not None:
        parts.append(_models_text(fitted.models))
    return "\n\n".join(parts)


def parameters_text(fit: Fit) -> str:
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
