"""Straight lines by least squares, and where they start and cross zero."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

LEVEL = 0.95  # of every interval


@dataclass(frozen=True, kw_only=True)
class Line:
    """A fitted line y = alpha + beta x, and the t quantile of its intervals."""

    alpha: float
    beta: float
    var_alpha: float
    var_beta: float
    covariance: float
    residual_sd: float
    quantile: float


def fitted_line(
    x: np.ndarray,
    y: np.ndarray,
    *,
    alpha: float | None = None,
    zero: float | None = None,
) -> Line:
    """Return the least-squares line; through `alpha` at 0, or 0 at `zero`, if given."""
    if alpha is None and zero is None:
        return _free_line(x, y)
    zero_x = 0.0 if zero is None else zero
    start = 0.0 if alpha is None else alpha
    shifted = x - zero_x
    beta = float(shifted @ (y - start) / (shifted @ shifted))
    residual_sd = _residual_sd(y - start - beta * shifted, n_fitted=1)
    var_beta = residual_sd**2 / float(shifted @ shifted)
    return Line(
        alpha=start - beta * zero_x,
        beta=beta,
        var_alpha=zero_x**2 * var_beta,
        var_beta=var_beta,
        covariance=-zero_x * var_beta,
        residual_sd=residual_sd,
        quantile=_t_quantile(len(x) - 1),
    )


def _free_line(x: np.ndarray, y: np.ndarray) -> Line:
    mean_x = float(x.mean())
    centred = x - mean_x
    beta = float(centred @ (y - y.mean()) / (centred @ centred))
    alpha = float(y.mean()) - beta * mean_x
    residual_sd = _residual_sd(y - alpha - beta * x, n_fitted=2)
    var_beta = residual_sd**2 / float(centred @ centred)
    return Line(
        alpha=alpha,
        beta=beta,
        var_alpha=residual_sd**2 / len(x) + mean_x**2 * var_beta,
        var_beta=var_beta,
        covariance=-mean_x * var_beta,
        residual_sd=residual_sd,
        quantile=_t_quantile(len(x) - 2),
    )


def interval_of_start(line: Line) -> tuple[float, float]:
    """Return the t interval of alpha."""
    half = line.quantile * sqrt(line.var_alpha)
    return line.alpha - half, line.alpha + half


def interval_of_zero(line: Line) -> tuple[float, float]:
    """Return the interval of the positive x where the line is 0, by Fieller's theorem.

    It holds every x at which alpha + beta x does not differ from 0: the x at which
    a x^2 + 2 b x + c <= 0. Where that is not one piece, the whole that holds all of it.
    """
    squared = line.quantile**2
    a = line.beta**2 - squared * line.var_beta
    b = line.alpha * line.beta - squared * line.covariance
    c = line.alpha**2 - squared * line.var_alpha
    root = sqrt(max(b**2 - a * c, 0.0))
    if a > 0:
        return max((-b - root) / a, 0.0), (-b + root) / a
    if a == 0 or (-b + root) / a > 0:
        return 0.0, inf
    return max((-b - root) / a, 0.0), inf


def _residual_sd(residuals: np.ndarray, *, n_fitted: int) -> float:
    return sqrt(float(residuals @ residuals) / (len(residuals) - n_fitted))


def _t_quantile(degrees_of_freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, (1 + LEVEL) / 2))
