"""Uncertainty of a fit: profile likelihood, bootstrap, cross-validation, posterior."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import exp, inf, log, log1p, sqrt

import numpy as np
import pandas as pd
from scipy.special import fdtri, stdtrit
from tqdm.auto import tqdm

from hipext.files.checks import import_extra
from hipext.response.drift import innovations
from hipext.response.impulse_response import LINEAR, states
from hipext.response.models import variance_by_day
from hipext.response.optimisation import (
    CLOSEST,
    FitProblem,
    Screen,
    Solution,
    best_fit,
    evaluate,
    fits_nearby,
    likelihood_at,
    predictions,
)

BLOCKS = ["first_day", "last_day", "n_tests", "rmse", "rmse_of_mean"]
BANDS = ("low", "high", "test_low", "test_high")
_N_POINTS = 5  # about so many points up to the limit of one parameter, on each side
_MOST_POINTS = 30
_FIRST_STEP = 0.05  # in logarithms or in shares of the scale
_LONGEST_STEP = 1.0  # in logarithms
_SHORTEST_STEP = 1e-9
_NEGLIGIBLE = 1e-4  # of the estimate: then 0 itself comes next
_MERGED = 0.5 * (1 + CLOSEST)  # of the closest ratio: two time constants are then one
_WALKERS_PER_PARAMETER = 4
_SPREAD = 0.02  # of the starting walkers around the best fit, relative
_LONG_ENOUGH = 50  # autocorrelation times of a chain, as emcee advises
_TOGETHER = 100  # resampled fits that are made at once

Task = tuple[FitProblem, dict[str, float], Screen | None]  # of a fit near a guess
Walk = Generator[Task, Solution | None, object]  # asks for fits, and is sent them


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Profile likelihood of one parameter, and where it crosses the limits."""

    name: str
    points: np.ndarray
    deviances: np.ndarray  # above that of the best fit
    interval: tuple[float, float]  # of this parameter alone
    region: tuple[float, float]  # of all parameters together, projected on this one
    best: Solution  # the best fit met on the way


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Draws of the free parameters, and whether there were enough of them."""

    draws: pd.DataFrame
    """One row per draw."""
    n_effective: float
    """How many independent draws they are worth; NaN where that is unknown."""
    acceptance: float
    """Mean share of proposals that were accepted."""
    has_converged: bool
    """Whether the chain lasted 50 times its autocorrelation time."""
    sentence: str
    """The same in words."""


def limit_of(problem: FitProblem, level: float, *, together: int = 1) -> float:
    """Return how much deviance above the best is within the level.

    ``n ln(1 + m F / (n - p))`` with the quantile of F(m, n - p), for n tests, p free
    parameters and m of them `together`: exact for a linear model with normal errors.
    """
    if problem.n_spare <= 0:
        return inf
    # From F = ((SSE - SSE0) / m) / (SSE0 / (n - p)) and deviance = n ln(SSE).
    ratio = fdtri(together, problem.n_spare, level) * together / problem.n_spare
    return len(problem.tests) * log1p(ratio)


def profile_likelihoods(
    problem: FitProblem, best: Solution, *, level: float, screen: Screen
) -> Iterator[Profile]:
    """Yield the profile of each free parameter, to both sides of its estimate."""
    limits = [limit_of(problem, level, together=m) for m in (1, len(problem.free))]
    # Many likelihoods at once cost little more than one.
    names = problem.free
    for group in [names] if problem.noise else [(name,) for name in names]:
        walks = [
            _walk(
                _Side(
                    problem=problem,
                    best=best,
                    name=name,
                    direction=direction,
                    screen=screen,
                ),
                limits,
            )
            for name in group
            for direction in (-1, 1)
        ]
        ends = iter(_in_step(walks))
        for name, (below, lowest), (above, highest) in zip(
            group, ends, ends, strict=True
        ):
            points = [*reversed(below[1:]), *above]
            interval, region = zip(lowest, highest, strict=True)
            yield Profile(
                name=name,
                points=np.array([one.parameters[name] for one in points]),
                deviances=np.array([one.deviance for one in points]) - best.deviance,
                interval=interval,
                region=region,
                best=min(points, key=lambda one: one.deviance),
            )


def fit_with_fixed(
    problem: FitProblem,
    name: str,
    value: float,
    near: Solution,
    screen: Screen | None = None,
) -> Solution | None:
    """Return the best fit with one parameter fixed; None where there is none."""
    return fits_nearby([_task(problem, name, value, near, screen)])[0]


def _task(
    problem: FitProblem,
    name: str,
    value: float,
    near: Solution,
    screen: Screen | None = None,
) -> Task:
    """Return the task of a fit with one parameter fixed."""
    # A linear parameter is no axis of the cube, so the screened points still hold.
    guess = {**near.parameters, name: value}
    fixed = problem.with_fixed(**{name: value})
    return fixed, guess, screen if name in LINEAR else None


def bootstrap(
    problem: FitProblem, best: Solution, screen: Screen, numbers: range, seed: int
) -> Iterator[dict[str, float]]:
    """Yield the parameters of a fit to each resampled series of tests.

    Independent residuals of the best fit, centred and scaled by ``n / (n - p)`` in
    variance, are drawn with replacement and added to its curve. A draw depends on the
    seed and its number only.
    """
    curve = predictions(problem, best.parameters)
    n_tests = len(problem.tests)
    spare = max(problem.n_spare, 1)
    # Residuals of a fit are smaller than errors, and without a free baseline they need
    # not be 0 on average.
    if problem.noise:
        chain = likelihood_at(problem, best.parameters).chain
        residual = innovations(chain, curve - problem.tests)
    else:
        residual = best.residual
    residual = (residual - residual.mean()) * (n_tests / spare) ** 0.5

    def draw(number: int) -> FitProblem:
        rng = np.random.Generator(np.random.Philox(key=[seed, number]))
        error = rng.choice(residual, size=n_tests)
        if problem.noise:
            error = innovations(chain, error, undo=True)
        else:
            error = error / np.sqrt(problem.weights)
        return replace(problem, tests=curve + error)

    # Load and bounds are the same, so the screened points are those of the fit.
    for start in range(0, len(numbers), _TOGETHER):
        tasks = [
            (draw(number), best.parameters, screen)
            for number in numbers[start : start + _TOGETHER]
        ]
        for found in fits_nearby(tasks):
            yield {name: float(found.parameters[name]) for name in problem.free}


def bands_of(
    problem: FitProblem,
    best: Solution,
    draws: pd.DataFrame,
    load: np.ndarray,
    level: float,
) -> dict[str, np.ndarray]:
    """Return the curve and its bands by day: of its course, and of a new test.

    Bands are NaN without draws.
    """
    curve = _curve_of(problem, best.parameters, load)
    if draws.empty:
        unknown = np.full(len(load), np.nan)
        return {"performance": curve} | dict.fromkeys(BANDS, unknown)
    rows = draws.to_dict("records")
    curves = [_curve_of(problem, problem.fixed | row, load) for row in rows]
    low, high = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
    spare = max(problem.n_spare, 1)
    if problem.noise:
        variance = variance_by_day(best.parameters, np.arange(len(load)))
    else:
        variance = np.full(len(load), float(best.residual @ best.residual) / spare)
    # The error of a test adds to that of the curve in quadrature; Student's t, since
    # its variance is estimated.
    error = stdtrit(spare, (1 + level) / 2) * np.sqrt(variance)
    below, above = np.maximum(curve - low, 0), np.maximum(high - curve, 0)
    edges = (low, high, curve - np.hypot(below, error), curve + np.hypot(above, error))
    return {"performance": curve} | dict(zip(BANDS, edges, strict=True))


def cross_validate(
    problem: FitProblem, best: Solution, n_blocks: int
) -> Iterator[dict[str, float]]:
    """Yield the error for each block of consecutive tests by a fit to the others.

    A block whose absence leaves too few tests is skipped.
    """
    # Blocks and not single tests: neighbours in time are alike, so that a single test
    # would be predicted by its neighbours.
    for block in np.array_split(np.arange(len(problem.tests)), n_blocks):
        others = replace(
            problem,
            days=np.delete(problem.days, block),
            tests=np.delete(problem.tests, block),
            weights=np.delete(problem.weights, block),
        )
        if len(others.tests) < len(problem.free) or np.ptp(others.tests) == 0:
            continue
        found = best_fit(others, guesses=(best.parameters,), n_descents=2)
        error = predictions(problem, found.parameters)[block] - problem.tests[block]
        error_of_mean = others.tests.mean() - problem.tests[block]
        yield {
            "first_day": int(problem.days[block[0]]),
            "last_day": int(problem.days[block[-1]]),
            "n_tests": len(block),
            "rmse": float(np.sqrt((error**2).mean())),
            "rmse_of_mean": float(np.sqrt((error_of_mean**2).mean())),
        }


def posterior(
    fitted: object, *, n_steps: int = 2000, seed: int = 0, progress: bool = True
) -> Posterior:
    """Draw from the posterior distribution of the parameters of a `Fit`.

    It needs emcee, which comes with the extra ``bayes``.

    Parameters
    ----------
    n_steps : int, default 2000
        Steps of each of the 4 walkers per parameter; the first half is dropped.
    seed, progress
        As in `fit`.

    Notes
    -----
    Priors, all of them assumptions of ours: flat within the bounds of the fit; flat in
    the logarithm of time constants and other nonlinear parameters; flat in the
    logarithm of the standard deviation of a test, which is integrated out. Where the
    tests do not identify the parameters, these priors decide; see the fit's verdict.
    """
    use = "The posterior distribution is drawn with emcee."
    emcee = import_extra("emcee", "bayes", use=use)

    # The restriction stands for integrating over the curve, which the chain does.
    problem: FitProblem = replace(fitted.problem, is_restricted=False)
    names = problem.free
    best = np.array([fitted.parameters.loc[name, "estimate"] for name in names])
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    n_walkers = max(_WALKERS_PER_PARAMETER * len(names), 8)
    start = best * (1 + _SPREAD * rng.standard_normal((n_walkers, len(names))))
    start = np.array([_moved_inside(problem, row, best) for row in start])
    sampler = emcee.EnsembleSampler(
        n_walkers, len(names), partial(_log_density, problem)
    )
    # emcee takes the state of the older generator only.
    sampler.random_state = np.random.RandomState(seed).get_state()
    bar = {"disable": None if progress else True, "delay": 1.0, "leave": False}
    for _ in tqdm(sampler.sample(start, iterations=n_steps), total=n_steps, **bar):
        pass
    draws = sampler.get_chain(discard=n_steps // 2, flat=True)
    slowest = float(np.max(sampler.get_autocorr_time(quiet=True, tol=0)))
    has_converged = bool(n_steps >= _LONG_ENOUGH * slowest)
    word = "is" if has_converged else "is not"
    return Posterior(
        draws=pd.DataFrame(draws, columns=list(names)).rename_axis("draw"),
        n_effective=len(draws) / slowest,
        acceptance=float(np.mean(sampler.acceptance_fraction)),
        has_converged=has_converged,
        sentence=(
            f"The chain of {n_steps} steps {word} long enough: the longest "
            f"autocorrelation time is {slowest:.0f} steps, and {_LONG_ENOUGH} times "
            "that is needed."
        ),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Side:
    """One side of a profile: from the estimate of a parameter to its bound."""

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

    def value(self, found: Solution) -> float:
        return found.parameters[self.name]

    def rise(self, found: Solution) -> float:
        """Return the root of the deviance above the best: nearly straight."""
        # Near its minimum the deviance is a parabola, so its root is linear.
        return sqrt(max(found.deviance - self.best.deviance, 0.0))

    def moved(self, value: float, step: float) -> float:
        """Return the value a step further, or the end if that comes first."""
        step *= self.direction
        scale = self.scale
        value = value * exp(step) if scale is None else value + step * scale
        is_nearly_0 = self.end == 0 and abs(value) < _NEGLIGIBLE * abs(self.start)
        is_past = (self.end - value) * self.direction <= 0
        return self.end if is_past or is_nearly_0 else value

    def is_degenerate(self, found: Solution) -> bool:
        """Return whether a gain rises only because two time constants have merged."""
        # k (e^(-t/tau) - e^(-t/(tau - d))) hardly changes while d falls and k d stays:
        # such a gain has no end but the one that `CLOSEST` sets.
        values = found.parameters
        return (
            self.name in LINEAR[1:]
            and self.direction > 0
            and any(
                values[short] >= _MERGED * CLOSEST * values[long]
                for short, long in self.problem.model.SHORTER
            )
        )


def _in_step(walks: list[Walk]) -> list:
    """Return what walks return; the fits that each asks for next are found together."""
    ends: list = [None] * len(walks)
    answers: dict[int, Solution | None] = dict.fromkeys(range(len(walks)))
    while answers:
        tasks = {}
        for place, answer in answers.items():
            try:
                tasks[place] = walks[place].send(answer)
            except StopIteration as end:
                ends[place] = end.value
        answers = dict(zip(tasks, fits_nearby([*tasks.values()]), strict=True))
    return ends


def _walk(side: _Side, limits: list[float]) -> Walk:
    """Return the points of one side of a profile, and where it crosses the limits."""
    points = yield from _points(side, limits)
    ends = []
    for limit in limits:
        ends.append((yield from _crossing(side, points, limit)))
    return points, ends


def _points(side: _Side, limits: list[float]) -> Walk:
    """Step outwards until both limits are passed, or the bound is reached."""
    points = [side.best]
    if side.start == side.end or limits[0] == inf:
        return points
    # Steps adapt so that the root of the deviance rises by about `aim` in each.
    aim = sqrt(limits[0]) / _N_POINTS
    step, before = _FIRST_STEP, 0.0
    for _ in range(_MOST_POINTS):
        value = side.moved(side.value(points[-1]), step)
        near = _continued(side, points, value)
        found = yield _task(side.problem, side.name, value, near, side.screen)
        if found is None or side.is_degenerate(found):
            break
        rise = side.rise(found)
        if len(points) == 1 and rise > 2 * aim and step > _SHORTEST_STEP:
            step *= max(0.8 * aim / rise, 0.01)  # too far for a first step
            continue
        points.append(found)
        if rise**2 > limits[1] or value == side.end:
            break
        step *= min(max(aim / max(rise - before, 1e-9), 0.4), 2.5)
        step = min(step, _LONGEST_STEP) if side.scale is None else step
        before = rise
    return points


def _continued(side: _Side, points: list[Solution], value: float) -> Solution:
    """Return a guess on the line through the last points; the last of them at first."""
    last = points[-1]
    # Models without noise have screened points besides, and descents of their own.
    if len(points) < 2 or not side.problem.noise:
        return last
    before = points[-2]
    apart = side.value(last) - side.value(before)
    share = (value - side.value(last)) / apart if apart else 0.0
    guess = {
        name: one + share * (one - before.parameters[name])
        for name, one in last.parameters.items()
    }
    return replace(last, parameters=guess)


def _crossing(side: _Side, points: list[Solution], limit: float) -> Walk:
    """Return where the profile crosses a limit; the bound if it never does."""
    is_outside = [side.rise(found) ** 2 > limit for found in points]
    if not any(is_outside):
        return side.end
    place = is_outside.index(True)
    # Two steps of the method of false position, then a last interpolation.
    inner, outer = points[place - 1], points[place]
    for _ in range(2):
        value = _between(side, inner, outer, limit)
        near = _continued(side, [outer, inner], value)
        found = yield _task(side.problem, side.name, value, near)
        if found is None:
            break
        if side.rise(found) ** 2 > limit:
            outer = found
        else:
            inner = found
    return _between(side, inner, outer, limit)


def _between(side: _Side, inner: Solution, outer: Solution, limit: float) -> float:
    """Return where a straight line of the root of the deviance meets the limit."""
    low, high = side.rise(inner), side.rise(outer)
    share = min(max((sqrt(limit) - low) / max(high - low, 1e-12), 0.0), 1.0)
    start, end = side.value(inner), side.value(outer)
    if side.scale is None and start > 0 and end > 0:
        return exp(log(start) + share * (log(end) - log(start)))
    return start + share * (end - start)


def _curve_of(
    problem: FitProblem, values: dict[str, float], load: np.ndarray
) -> np.ndarray:
    """Return the expected performance of each day of a load."""
    fitness, fatigue = states(problem.model, values, load, problem.convention)
    return values["baseline"] + fitness - fatigue


def _log_density(problem: FitProblem, row: np.ndarray) -> float:
    """Return the logarithm of the posterior density, up to a constant."""
    values = problem.fixed | dict(zip(problem.free, row.tolist(), strict=True))
    if any(
        not low <= values[name] <= high for name, (low, high) in problem.bounds.items()
    ) or any(values[short] >= values[long] for short, long in problem.model.SHORTER):
        return -inf
    # A prior that is flat in ln(x) has the density 1 / x.
    logarithmic = {*problem.model.NONLINEAR, "performance_noise"}
    priors = [log(values[name]) for name in problem.free if name in logarithmic]
    return -sum(priors) - evaluate(problem, values).deviance / 2


def _moved_inside(problem: FitProblem, row: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Return a walker's start, moved towards the best fit until it is allowed."""
    for _ in range(60):
        if np.isfinite(_log_density(problem, row)):
            return row
        row = (row + best) / 2
    return best * (1 - 1e-9 * np.arange(len(best)))
