"""What ``hipext fit`` does: read a series, fit it, write the results, tell of them."""

import json
from dataclasses import fields, replace
from pathlib import Path

from hipext._cells import read_cells
from hipext._checks import check_one_of
from hipext._fit_files import ALL_FILES, Fitted, fit_files
from hipext._fit_request import FitRequest
from hipext._fit_text import fit_text
from hipext._lift_series import is_sets_table, lift_series
from hipext._series import Series, daily_series
from hipext.calibration import Fit, compare_models, fit
from hipext.records import REPLACED, drop_leftovers, write_files
from hipext.response import MODELS

_MARK = "fit.json"


def fit_told(request: FitRequest, *, as_json: bool) -> str:
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
