"""Least squares within bounds, for the few linear parameters of a fit."""

import numpy as np
from scipy.optimize import lsq_linear, nnls


def bounded_least_squares(
    matrix: np.ndarray, target: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return the vector within its bounds that comes nearest: min |matrix x - target|.

    Columns may differ in size by many orders; they are scaled first.
    """
    is_fixed = low == high
    best = np.where(is_fixed, low, 0.0)
    rest = target - matrix @ best
    free = matrix[:, ~is_fixed]
    if not free.shape[1]:
        return best
    size = np.sqrt((free * free).sum(axis=0))
    size[size == 0] = 1.0
    free = free / size
    lows, highs = low[~is_fixed] * size, high[~is_fixed] * size
    found = np.linalg.lstsq(free, rest, rcond=1e-14)[0]
    if (found < lows).any() or (found > highs).any():
        found = _on_the_bounds(free, rest, lows, highs)
    best[~is_fixed] = found / size
    return best


def _on_the_bounds(
    free: np.ndarray, rest: np.ndarray, lows: np.ndarray, highs: np.ndarray
) -> np.ndarray:
    if np.isfinite(highs).any():
        return lsq_linear(free, rest, (lows, highs), method="bvls").x
    start = np.where(np.isfinite(lows), lows, 0.0)
    unbounded = ~np.isfinite(lows)
    both_ways = np.column_stack([free, -free[:, unbounded]])
    found = nnls(both_ways, rest - free @ start)[0]
    best = found[: free.shape[1]]
    best[unbounded] -= found[free.shape[1] :]
    return start + best
