"""Fit again and again: resampled tests, and tests left out."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from hipext._design import Problem, Solved, predictions, whitener
from hipext._impulse import states
from hipext._search import N_STEPS, Screen, screened, searched
from hipext._walk import variance_by_day

BLOCKS = ["first_day", "last_day", "n_tests", "rmse", "rmse_of_mean"]
BANDS = ("low", "high", "test_low", "test_high")


def bootstrapped(
    problem: Problem, best: Solved, screen: Screen, numbers: range, seed: int
) -> Iterator[dict[str, float]]:
    """Yield the parameters of a fit to each resampled series of tests.

    Residuals of the best fit, made alike, centred and widened by the degrees of
    freedom, are drawn with replacement and put back on its curve. A draw depends on the
    seed and its number only.
    """
    errors = whitener(problem, best.parameters)
    curve = predictions(problem, best.parameters)
    n_tests = len(problem.tests)
    spare = max(problem.n_spare, 1)
    residual = (best.residual - best.residual.mean()) * (n_tests / spare) ** 0.5
    for number in numbers:
        rng = np.random.Generator(np.random.Philox(key=[seed, number]))
        error = errors.coloured(rng.choice(residual, size=n_tests))
        again = problem.with_tests(curve + error)
        found = searched(
            again,
            screen=screen,
            guesses=(best.parameters,),
            n_descents=1,
            n_steps=N_STEPS,
        )
        yield {name: float(found.parameters[name]) for name in problem.free}


def curve_of(
    problem: Problem, values: dict[str, float], load: np.ndarray
) -> np.ndarray:
    """Return the expected performance of each day of a load."""
    fitness, fatigue = states(problem.model, values, load, problem.convention)
    return values["baseline"] + fitness - fatigue


def bands_of(
    problem: Problem, best: Solved, draws: pd.DataFrame, load: np.ndarray, level: float
) -> dict[str, np.ndarray]:
    """Return the curve and its bands by day: of its course, and of a new test.

    The band of a test adds the error of a test to that of the course, in quadrature.
    Bands are NaN without draws.
    """
    curve = curve_of(problem, best.parameters, load)
    if draws.empty:
        unknown = np.full(len(load), np.nan)
        return {"performance": curve} | dict.fromkeys(BANDS, unknown)
    curves = np.array(
        [
            curve_of(problem, problem.fixed | row, load)
            for row in draws.to_dict("records")
        ]
    )
    low, high = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
    spare = max(problem.n_spare, 1)
    error = stdtrit(spare, (1 + level) / 2) * np.sqrt(
        variance_of_test(problem, best, len(load))
    )
    below, above = np.maximum(curve - low, 0), np.maximum(high - curve, 0)
    edges = (low, high, curve - np.hypot(below, error), curve + np.hypot(above, error))
    return {"performance": curve} | dict(zip(BANDS, edges, strict=True))


def variance_of_test(problem: Problem, best: Solved, n_days: int) -> np.ndarray:
    """Return the variance of a test of weight 1 around the curve, by day."""
    if problem.noise:
        return variance_by_day(best.parameters, np.arange(n_days))
    spare = max(problem.n_spare, 1)
    return np.full(n_days, float(best.residual @ best.residual) / spare)


def left_out_in_turn(
    problem: Problem, best: Solved, n_blocks: int
) -> Iterator[dict[str, float]]:
    """Yield how well each block of consecutive tests is met by a fit to the others.

    A block whose absence leaves too few tests is left out.
    """
    for block in np.array_split(np.arange(len(problem.tests)), n_blocks):
        is_out = np.isin(np.arange(len(problem.tests)), block)
        others = problem.without(is_out)
        if len(others.tests) < len(problem.free) or np.ptp(others.tests) == 0:
            continue
        screen = screened(others)
        found = searched(
            others, screen=screen, guesses=(best.parameters,), n_descents=2
        )
        error = predictions(problem, found.parameters)[block] - problem.tests[block]
        plain = others.tests.mean() - problem.tests[block]
        yield {
            "first_day": int(problem.days[block[0]]),
            "last_day": int(problem.days[block[-1]]),
            "n_tests": len(block),
            "rmse": float(np.sqrt((error**2).mean())),
            "rmse_of_mean": float(np.sqrt((plain**2).mean())),
        }
