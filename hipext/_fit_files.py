"""The files of a fit: its tables, its figures, and what is needed to make it again."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from math import isfinite, isnan
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext._fit_request import FitRequest
from hipext._fitted import pooled
from hipext._report_figures import figure_files
from hipext._series import Series
from hipext.calibration import Fit
from hipext.fit_plots import plot_fit, plot_profile
from hipext.records import csv_bytes

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
