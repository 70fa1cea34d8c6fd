"""A fit as text for the terminal."""

from math import inf

import pandas as pd

from hipext import show
from hipext._fit_files import Fitted, rmse_of_mean
from hipext._phrases import counted
from hipext.calibration import Fit

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
