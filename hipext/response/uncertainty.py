"""Profile likelihood: how badly the tests are met when one parameter is held fast."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import exp, inf, log, log1p, sqrt

import numpy as np
import pandas as pd
from scipy.special import fdtri, stdtrit
from tqdm.auto import tqdm

from hipext.response.impulse_response import LINEAR, states
from hipext.response.models import variance_by_day
from hipext.response.optimisation import (
    CLOSEST,
    N_STEPS,
    FitProblem,
    Screen,
    Solution,
    evaluated,
    predictions,
    screened,
    searched,
    whitener,
)

_STEPS = 5  # about so many points up to the limit of one parameter, on each side
_MOST_STEPS = 30
_FIRST = 0.05  # first step, in logarithms or in shares of the scale
_LONGEST = 1.0  # step in logarithms
_SMALLEST = 1e-9  # and no smaller
_NOTHING = 1e-4  # of the estimate: then 0 itself comes next
_NEAR = 0.5 * (1 + CLOSEST)  # as close as two time constants come: one of them is lost
Point = tuple[float, float, Solution]
BLOCKS = ["first_day", "last_day", "n_tests", "rmse", "rmse_of_mean"]
BANDS = ("low", "high", "test_low", "test_high")
_WALKERS_PER_PARAMETER = 4
_SPREAD = 0.02  # of the starting walkers around the best fit
_ENOUGH = 50  # autocorrelation times that a chain should last, as emcee advises


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Deviance above the best, along one parameter, and where it crosses the limits."""

    name: str
    points: np.ndarray
    deviances: np.ndarray
    """Above that of the best fit."""
    interval: tuple[float, float]
    """Of this parameter alone."""
    region: tuple[float, float]
    """Of all parameters together, seen along this one."""
    best: Solution
    """The best fit met on the way."""


def limit_of(problem: FitProblem, level: float, *, together: int = 1) -> float:
    """Return how much deviance above the best is within the level.

    Exact for a linear model with normal errors: the quantile of F for `together`
    parameters, and as many degrees of freedom as tests exceed free parameters.
    """
    if problem.n_spare <= 0:
        return inf
    ratio = fdtri(together, problem.n_spare, level) * together / problem.n_spare
    return len(problem.tests) * log1p(ratio)


def profiled(
    problem: FitProblem, best: Solution, name: str, *, level: float, screen: Screen
) -> Profile:
    """Return the profile of one free parameter, to both sides of its estimate."""
    limits = (
        limit_of(problem, level),
        limit_of(problem, level, together=len(problem.free)),
    )
    down, up = (
        _Way(problem=problem, best=best, name=name, direction=direction, screen=screen)
        for direction in (-1, 1)
    )
    below, above = _points(down, limits), _points(up, limits)
    values, deviances, found = zip(*reversed(below[1:]), *above, strict=True)
    return Profile(
        name=name,
        points=np.array(values),
        deviances=np.array(deviances) - best.deviance,
        interval=(_crossing(down, below, limits[0]), _crossing(up, above, limits[0])),
        region=(_crossing(down, below, limits[1]), _crossing(up, above, limits[1])),
        best=min(found, key=lambda one: one.deviance),
    )


def deviance_at(
    problem: FitProblem,
    name: str,
    value: float,
    near: Solution,
    screen: Screen | None = None,
) -> Solution | None:
    """Return the best fit with one parameter held fast; None where there is none."""
    held = problem.held(**{name: value})
    kept = screen if name in LINEAR else None
    guess = {**near.parameters, name: value}
    return searched(held, screen=kept, guesses=(guess,), n_descents=1, n_steps=N_STEPS)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Way:
    """From the estimate of a parameter to its bound on one side."""

    problem: FitProblem
    best: Solution
    name: str
    direction: int
    screen: Screen

    @property
    def start(self) -> float:
        return self.best.parameters[self.name]

    @property
    def end(self) -> float:
        return self.problem.bounds[self.name][self.direction > 0]

    @property
    def scale(self) -> float | None:
        """Unit of steps; None for steps in logarithms."""
        if self.name != "baseline" and self.start > 0:
            return None
        spread = float(np.ptp(self.problem.tests))
        if self.name.endswith("_gain"):
            return spread / max(float(self.problem.load.sum()), 1e-12)
        return spread

    def rise(self, found: Solution) -> float:
        """Return the root of the deviance above the best: nearly straight."""
        return sqrt(max(found.deviance - self.best.deviance, 0.0))

    def moved(self, value: float, step: float) -> float:
        """Return the value a step further, or the end if that comes first."""
        step *= self.direction
        scale = self.scale
        value = value * exp(step) if scale is None else value + step * scale
        is_as_good_as_0 = self.end == 0 and abs(value) < _NOTHING * abs(self.start)
        is_past = (self.end - value) * self.direction <= 0
        return self.end if is_past or is_as_good_as_0 else value

    def is_lost(self, found: Solution) -> bool:
        """Return whether a gain grows only since two time constants cannot meet."""
        values = found.parameters
        return (
            self.name in LINEAR[1:]
            and self.direction > 0
            and any(
                values[short] >= _NEAR * CLOSEST * values[long]
                for short, long in self.problem.model.SHORTER
            )
        )


def _points(way: _Way, limits: tuple[float, float]) -> list[Point]:
    """Walk until both limits are passed, or the bound is reached."""
    points: list[Point] = [(way.start, way.best.deviance, way.best)]
    if way.start == way.end or limits[0] == inf:
        return points
    aim = sqrt(limits[0]) / _STEPS
    step, before = _FIRST, 0.0
    for _ in range(_MOST_STEPS):
        value = way.moved(points[-1][0], step)
        found = deviance_at(way.problem, way.name, value, points[-1][2], way.screen)
        if found is None or way.is_lost(found):
            break
        rise = way.rise(found)
        if len(points) == 1 and rise > 2 * aim and step > _SMALLEST:
            step *= max(0.8 * aim / rise, 0.01)  # too far for a first step
            continue
        points.append((value, found.deviance, found))
        if rise**2 > limits[1] or value == way.end:
            break
        step *= min(max(aim / max(rise - before, 1e-9), 0.4), 2.5)
        step = min(step, _LONGEST) if way.scale is None else step
        before = rise
    return points


def _crossing(way: _Way, points: list[Point], limit: float) -> float:
    """Return where the profile crosses a limit; the bound if it never does."""
    outside = (
        n for n, (_, _, found) in enumerate(points) if way.rise(found) ** 2 > limit
    )
    place = next(outside, None)
    if place is None:
        return way.end
    inner, outer = points[place - 1], points[place]
    for _ in range(2):
        value = _between(way, inner, outer, limit)
        found = deviance_at(way.problem, way.name, value, inner[2])
        if found is None:
            break
        middle = (value, found.deviance, found)
        if way.rise(found) ** 2 > limit:
            outer = middle
        else:
            inner = middle
    return _between(way, inner, outer, limit)


def _between(way: _Way, inner: Point, outer: Point, limit: float) -> float:
    """Return where a straight line of the root of the deviance meets the limit."""
    rises = way.rise(inner[2]), way.rise(outer[2])
    share = (sqrt(limit) - rises[0]) / max(rises[1] - rises[0], 1e-12)
    share = min(max(share, 0.0), 1.0)
    if way.scale is None and inner[0] > 0 and outer[0] > 0:
        ends = log(inner[0]), log(outer[0])
        return exp(ends[0] + share * (ends[1] - ends[0]))
    return inner[0] + share * (outer[0] - inner[0])


def bootstrapped(
    problem: FitProblem, best: Solution, screen: Screen, numbers: range, seed: int
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
    problem: FitProblem, values: dict[str, float], load: np.ndarray
) -> np.ndarray:
    """Return the expected performance of each day of a load."""
    fitness, fatigue = states(problem.model, values, load, problem.convention)
    return values["baseline"] + fitness - fatigue


def bands_of(
    problem: FitProblem,
    best: Solution,
    draws: pd.DataFrame,
    load: np.ndarray,
    level: float,
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


def variance_of_test(problem: FitProblem, best: Solution, n_days: int) -> np.ndarray:
    """Return the variance of a test of weight 1 around the curve, by day."""
    if problem.noise:
        return variance_by_day(best.parameters, np.arange(n_days))
    spare = max(problem.n_spare, 1)
    return np.full(n_days, float(best.residual @ best.residual) / spare)


def left_out_in_turn(
    problem: FitProblem, best: Solution, n_blocks: int
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Draws of the free parameters, and whether there were enough of them."""

    draws: pd.DataFrame
    """One row per draw."""
    n_effective: float
    """How many independent draws they are worth; NaN where that is unknown."""
    acceptance: float
    """Mean share of moves that were taken."""
    has_converged: bool
    """Whether the chain lasted 50 times its autocorrelation time."""
    sentence: str
    """The same in words."""


def posterior(
    fitted: object,
    *,
    n_steps: int = 2000,
    seed: int = 0,
    progress: bool = True,
) -> Posterior:
    """Draw from the posterior distribution of the parameters of a fit.

    Parameters
    ----------
    fitted : Fit
        As `fit` returns it.
    n_steps : int, default 2000
        Steps of each of the 4 walkers per parameter; the first half is dropped.
    seed : int, default 0
        Of the random numbers; 0 is a seed.
    progress : bool, default True
        Whether a bar shows after a second.

    Returns
    -------
    Posterior
        Draws, and how far the chain has come.

    Raises
    ------
    ModuleNotFoundError
        If emcee is not installed; it comes with the extra ``bayes``.

    Notes
    -----
    Priors, all of them assumptions of ours: flat within the bounds of the fit; flat in
    the logarithm of time constants and other shapes; flat in the logarithm of the
    standard deviation of a test, which is integrated out. Where the tests do not
    identify the parameters, these priors decide; the fit's verdict tells.
    """
    from emcee import EnsembleSampler  # optional

    problem: FitProblem = replace(fitted.problem, is_restricted=False)
    names = problem.free
    best = np.array([fitted.parameters.loc[name, "estimate"] for name in names])
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    n_walkers = max(_WALKERS_PER_PARAMETER * len(names), 8)
    start = best * (1 + _SPREAD * rng.standard_normal((n_walkers, len(names))))
    start = np.array([_moved_inside(problem, row, best) for row in start])
    sampler = EnsembleSampler(n_walkers, len(names), partial(_log_density, problem))
    sampler.random_state = np.random.RandomState(seed).get_state()  # emcee asks for it
    steps = sampler.sample(start, iterations=n_steps)
    for _ in tqdm(
        steps, total=n_steps, disable=None if progress else True, delay=1.0, leave=False
    ):
        pass
    return _summarised(sampler, names, n_steps)


def _moved_inside(problem: FitProblem, row: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Return a walker's start, drawn towards the best fit until it is allowed."""
    for _ in range(60):
        if np.isfinite(_log_density(problem, row)):
            return row
        row = (row + best) / 2
    return best * (1 - 1e-9 * np.arange(len(best)))


def _log_density(problem: FitProblem, row: np.ndarray) -> float:
    """Return the logarithm of the posterior density, up to a constant."""
    values = problem.fixed | dict(zip(problem.free, row.tolist(), strict=True))
    is_inside = all(
        low <= values[name] <= high for name, (low, high) in problem.bounds.items()
    )
    is_ordered = all(
        values[short] < values[long] for short, long in problem.model.SHORTER
    )
    if not (is_inside and is_ordered):
        return -inf
    logs = [name for name in problem.free if _is_log(problem, name)]
    flat_in_logarithm = -sum(log(values[name]) for name in logs if values[name] > 0)
    return flat_in_logarithm - evaluated(problem, values).deviance / 2


def _is_log(problem: FitProblem, name: str) -> bool:
    return name in problem.model.SHAPE or name == "performance_noise"


def _summarised(sampler: object, names: tuple[str, ...], n_steps: int) -> Posterior:
    """Return the second half of the chain, and how far it has come."""
    draws = sampler.get_chain(discard=n_steps // 2, flat=True)
    times = sampler.get_autocorr_time(quiet=True, tol=0)
    slowest = float(np.max(times))
    has_converged = bool(n_steps >= _ENOUGH * slowest)
    word = "is" if has_converged else "is not"
    return Posterior(
        draws=pd.DataFrame(draws, columns=list(names)).rename_axis("draw"),
        n_effective=len(draws) / slowest,
        acceptance=float(np.mean(sampler.acceptance_fraction)),
        has_converged=has_converged,
        sentence=(
            f"The chain of {n_steps} steps {word} long enough: the slowest parameter "
            f"needs {slowest:.0f} steps to forget, and {_ENOUGH} times that is asked."
        ),
    )
