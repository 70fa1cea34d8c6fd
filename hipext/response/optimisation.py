"""Finding the parameters of a response model that fit tests best (variable projection).

Performance is linear in the baseline, the gains and the initial states. For given
nonlinear parameters (time constants, dose parameters, noise) the best linear ones are
therefore a least-squares solution; only the nonlinear ones are searched for, within
bounds, on the unit cube: a screening of the whole cube, then local descents from its
best points.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property, lru_cache
from itertools import product
from math import expm1, frexp, inf, isfinite, log, sqrt

import numpy as np
import pandas as pd
from scipy.linalg.lapack import dtrtrs
from scipy.optimize import least_squares, lsq_linear, minimize, minimize_scalar, nnls

from hipext.files.checks import InputError, check_one_of
from hipext.metrics.days import on_days_of
from hipext.metrics.workload import CONVENTIONS, checked_load
from hipext.response.drift import Likelihood
from hipext.response.impulse_response import (
    LINEAR,
    STATE_NOISE,
    ImpulseResponse,
    decayed_initial,
)
from hipext.response.models import MODELS, checked_tests

# Default bounds of a search: judgements of this package. Time constants in days, the
# half load times the largest load, noise times the SD of the tests.
BOUNDS = {
    "baseline": (-inf, inf),
    "fitness_gain": (0.0, inf),
    "fitness_tau": (1.0, 300.0),
    "fatigue_gain": (0.0, inf),
    "fatigue_tau": (1.0, 300.0),
    "delay_tau": (0.5, 100.0),
    "gain_tau": (0.5, 100.0),
    "half_load": (0.02, 5.0),
    "steepness": (0.2, 10.0),
    "fitness_noise": (0.0, 1.0),
    "fatigue_noise": (0.0, 1.0),
    "performance_noise": (1e-3, 3.0),
}
_LEAST_SHARE = 0.05  # of the default lowest value: replaces a lowest value of 0
CLOSEST = 0.999  # largest ratio of a shorter time constant to the longer one
_ROUNDING = 1 + 1e-12  # a bound is not passed by a rounding error
_SIZES = (1e-30, 1e30)  # of loads and tests, whatever their unit
_LARGEST_BOUND = 1e60  # of a gain: the largest test over the smallest load
_TINY = 1e-300  # keeps the logarithm of a perfect fit finite
_LITTLE_NOISE = 0.03  # of the SD of the tests: like a variance below, on an axis

# Effort of the search.
N_SCREENED = 256  # points looked at before the descents
_N_DESCENTS = 8  # of a model with noise, whose likelihood has many maxima
_FARTHEST = 12.0  # deviance above the best at which a start is not worth a descent
_APART = 0.05  # of the unit cube, between starts
N_STEPS = 15  # enough for a descent that starts near its end
_FEW_STEPS = 6  # enough to tell a good start from a bad one
_NEAR = 0.02  # half-width of a search along one axis: a few screened points
_EDGE = 1e-6  # of the unit cube: a start on its edge would never leave it
_TOLERANCES = {"xtol": 1e-9, "ftol": 1e-10, "gtol": 1e-14}
_ENOUGH = 1e-7  # change of the deviance at which a descent with noise ends
_NEARLY = 1e-3  # the same where the end need not be so exact
_STEP = 1e-3  # of the unit cube: between slopes, for a curvature
_MOST_STEPS = 200
_LONGEST = 0.3  # step of a descent with noise along an axis
_SHORTEST = 1e-3  # share of a step at which a descent ends
_SHORTER = 0.3  # the next share of a step that fails
_DOWNHILL = 1e-4  # least gain of a step, in that of a straight slope
_TOGETHER = 4000  # tests of likelihoods that are found at once: fits into a cache
_FLATTEST = 1e-3  # of the largest curvature: a smaller one is taken for this
_OUT_OF_ORDER = 1e12  # objective where time constants are in the wrong order

Bounds = Mapping[str, tuple[float, float]]
Values = dict[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class FitProblem:
    """Tests of one athlete, a model, and the bounds of its free parameters."""

    model: type[ImpulseResponse]
    load: np.ndarray  # of consecutive days
    days: np.ndarray  # place of each test among them
    tests: np.ndarray  # performance in each test
    weights: np.ndarray  # of each test; their mean is 1
    bounds: Bounds  # lowest and highest value by parameter; equal ones fix it
    convention: str
    is_restricted: bool = True  # whether noise is estimated by restricted likelihood
    curvature: np.ndarray | None = None  # of the deviance by axis, also by fixed ones

    @property
    def noise(self) -> tuple[str, ...]:
        """Names of the standard deviations, if the model has any."""
        return self.model.NOISE

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """Names of the free nonlinear parameters: the axes of the unit cube."""
        names = (*self.model.NONLINEAR, *self.noise)
        return tuple(name for name in names if not self.is_fixed(name))

    @property
    def middle(self) -> np.ndarray:
        """Point in the middle of the unit cube."""
        return np.full(len(self.axes), 0.5)

    @cached_property
    def linear(self) -> tuple[str, ...]:
        """Names of the linear parameters, free or fixed."""
        return tuple(name for name in LINEAR if name in self.bounds)

    @cached_property
    def little_noise(self) -> float:
        """Noise below which an axis is like the variance."""
        return _LITTLE_NOISE * float(self.tests.std())

    @cached_property
    def linear_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest values of the linear parameters."""
        low, high = np.array([self.bounds[name] for name in self.linear]).T
        return low.copy(), high.copy()

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Names of the free parameters, in the order of the model."""
        return tuple(name for name in self.bounds if not self.is_fixed(name))

    @cached_property
    def fixed(self) -> Values:
        """Values of the fixed parameters."""
        lowest = {name: low for name, (low, _high) in self.bounds.items()}
        return {name: low for name, low in lowest.items() if self.is_fixed(name)}

    @property
    def n_spare(self) -> int:
        """Degrees of freedom: tests beyond the number of free parameters."""
        return len(self.tests) - len(self.free)

    @cached_property
    def limits(self) -> tuple[tuple[str, float, float, str], ...]:
        """Nonlinear parameters: name, lowest, highest, and what must be longer."""
        longer = dict(self.model.SHORTER)
        lows = {name: low for name, (low, _high) in self.bounds.items()}
        for short, long in longer.items():
            lows[long] = max(lows[long], self.bounds[short][0] / CLOSEST)
        names = (*self.model.NONLINEAR, *self.noise)
        return tuple(
            (name, lows[name], self.bounds[name][1], longer.get(name, ""))
            for name in names
        )

    def is_fixed(self, name: str) -> bool:
        """Return whether the bounds leave a parameter one value."""
        low, high = self.bounds[name]
        return low == high

    def with_fixed(self, **values: float) -> "FitProblem":
        """Return the same problem with some parameters fixed."""
        fixed = {name: (value, value) for name, value in values.items()}
        curvature = self.curvature
        if curvature is not None:
            is_free = np.array([name not in fixed for name, *_ in self.limits])
            curvature = curvature * np.outer(is_free, is_free)
        return replace(self, bounds={**self.bounds, **fixed}, curvature=curvature)


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """The parameters of a fit, and the errors they leave."""

    parameters: Values  # all of them by name
    residual: np.ndarray  # of each test, prediction - test, weighted; see `Likelihood`
    deviance: float  # -2 log-likelihood, up to a constant


@dataclass(frozen=True, kw_only=True, eq=False)
class Screen:
    """Points spread over the unit cube, and the design matrix at each."""

    points: np.ndarray
    columns: np.ndarray | None  # points x tests x parameters; None for one with noise


def fit_problem(
    model: type[ImpulseResponse] | str,
    training_load: pd.Series,
    performance: pd.Series,
    *,
    convention: str,
    weights: pd.Series | None,
    bounds: Bounds | None,
) -> FitProblem:
    """Return the problem of a fit; InputError with the first thing that is wrong."""
    check_one_of(convention, CONVENTIONS, name="convention")
    model = _model_class(model)
    load = checked_load(training_load)
    tests = checked_tests(performance, training_load)
    days = np.flatnonzero(~np.isnan(tests))
    problem = FitProblem(
        model=model,
        load=load[: days[-1] + 1] if len(days) else load,  # later days change no test
        days=days,
        tests=tests[days],
        weights=_checked_weights(weights, training_load, days),
        bounds=_checked_bounds(model, load, tests[days], bounds or {}),
        convention=convention,
    )
    _check_enough(problem)
    for name, values in ("training_load", problem.load), ("performance", problem.tests):
        _check_size(name, values)
    return problem


def name_of(model: type[ImpulseResponse]) -> str:
    """Return the name of a model class in `response.MODELS`."""
    return next(name for name, one in MODELS.items() if one is model)


def best_fit(
    problem: FitProblem,
    *,
    screen: Screen | None = None,
    guesses: tuple[Mapping[str, float], ...] = (),
    n_descents: int | None = None,
    n_steps: int | None = None,
) -> Solution | None:
    """Return the best fit that is found; None if the bounds exclude every point.

    Descents begin at the best `n_descents` of the screened points and the guesses, and
    take `n_steps` at most. By default there are two for a plane, more for more axes and
    eight for a model with noise, and they go on until they converge.
    """
    n_axes = len(problem.axes)
    middle = nonlinear_at(problem, problem.middle)
    if middle is None or not n_axes:
        return None if middle is None else solution_at(problem, middle)
    if n_descents is None:
        n_descents = _N_DESCENTS if problem.noise else max(2, 2 * (n_axes - 1))
    # The deviance of a response model has several minima and flat valleys, so that one
    # start is not enough; screened points cost far less than a descent.
    starts = [
        place_of(problem, guess) for guess in guesses if set(problem.axes) <= set(guess)
    ]
    screen = screen_cube(problem) if screen is None else screen
    if not problem.noise or len(starts) < n_descents:
        starts += _best_starts(problem, screen, n_descents)
    if len(starts) > n_descents:
        deviances = _deviances_at(problem, np.array(starts))
        starts = [starts[place] for place in np.argsort(deviances, kind="stable")]
    found = _descents(problem, starts[:n_descents], n_steps)
    return min(found, key=lambda one: one.deviance)


def fits_nearby(
    tasks: Sequence[tuple[FitProblem, Mapping[str, float], Screen | None]],
) -> list[Solution | None]:
    """Return the best fit to each problem that one short descent ends at.

    It begins at the guess; without noise, at a screened point if that is better.
    Problems with noise may differ in tests and bounds.
    """
    found: list[Solution | None] = [None] * len(tasks)
    rows, problems, starts = [], [], []
    for row, (problem, guess, screen) in enumerate(tasks):
        if problem.noise and problem.axes and nonlinear_at(problem, problem.middle):
            rows.append(row)
            problems.append(problem)
            starts.append(place_of(problem, guess))
        else:
            options = {"guesses": (guess,), "n_descents": 1, "n_steps": N_STEPS}
            found[row] = best_fit(problem, screen=screen, **options)
    if rows:
        ends = _descents_with_noise(problems, starts, N_STEPS)
        for row, one in zip(rows, ends, strict=True):
            found[row] = one
    return found


def local_fit(
    problem: FitProblem, start: np.ndarray, *, n_steps: int | None = None
) -> Solution:
    """Return the fit that a descent from a point of the unit cube ends at.

    It stops after `n_steps` at the latest; but not along one axis. For a model with
    noise, any number of them is for a less exact end.
    """
    if problem.noise:
        return _descents_with_noise([problem], [start], n_steps)[0]
    if len(start) == 1:
        end = minimize_scalar(
            lambda place: _solution_at_point(problem, np.array([place])).deviance,
            bounds=(max(start[0] - _NEAR, 0.0), min(start[0] + _NEAR, 1.0)),
            method="bounded",
            options={"xatol": _TOLERANCES["xtol"]},
        ).x
    else:
        # Projected residuals r(theta) = (A A^+ - I) y, so that Gauss-Newton steps
        # follow the valley of the full problem (variable projection). Small ones are
        # made larger by a power of two: a tolerance of SciPy is absolute.
        unit = 2.0 ** max(-frexp(problem.tests.std())[1], 0)
        end = least_squares(
            lambda point: _solution_at_point(problem, point).residual * unit,
            np.clip(start, _EDGE, 1 - _EDGE),
            bounds=(0, 1),
            max_nfev=n_steps,
            **_TOLERANCES,
        ).x
    return _solution_at_point(problem, np.atleast_1d(end))


def quasi_newton_fit(problem: FitProblem, start: Mapping[str, float]) -> Values:
    """Return where a bounded quasi-Newton search of all parameters ends.

    As published fits are made: no projection, one start (L-BFGS-B). It may stop early
    in a narrow valley.
    """
    names = problem.free

    def objective(vector: np.ndarray) -> float:
        values = problem.fixed | dict(zip(names, vector, strict=True))
        if any(values[short] >= values[long] for short, long in problem.model.SHORTER):
            return _OUT_OF_ORDER
        found = evaluate(problem, values)
        squares = float(found.residual @ found.residual)
        return found.deviance if problem.noise else squares

    bounds = [problem.bounds[name] for name in names]
    first = [start[name] for name in names]
    end = minimize(objective, first, method="L-BFGS-B", bounds=bounds)
    best = end.x if end.fun < objective(np.array(first)) else first
    return problem.fixed | dict(zip(names, map(float, best), strict=True))


def solution_at(problem: FitProblem, nonlinear: Mapping[str, float]) -> Solution:
    """Return the fit with the best linear parameters within their bounds."""
    if problem.noise:
        one = likelihood_at(problem, nonlinear)
        return _best_at(problem, nonlinear, one.matrix, one.target, one.offset)
    matrix = weighted(problem, columns_at(problem, nonlinear))
    return _best_at(problem, nonlinear, matrix, weighted(problem, problem.tests))


def evaluate(problem: FitProblem, values: Values) -> Solution:
    """Return all parameters as they are, with the errors they leave."""
    if problem.noise:
        likelihood = likelihood_at(problem, values)
        linear = np.array([values[name] for name in problem.linear])
        residual = likelihood.matrix @ linear - likelihood.target
        return _solution(problem, values, linear, residual, likelihood.offset)
    residual = weighted(problem, predictions(problem, values) - problem.tests)
    linear = [values[name] for name in problem.linear]
    return _solution(problem, values, linear, residual)


def likelihood_at(
    problem: FitProblem, values: Mapping[str, float | np.ndarray]
) -> Likelihood:
    """Return the likelihood of tests of drifting states, for a model with noise."""
    names = ("load", "days", "tests", "weights", "linear", "convention")
    given = {name: getattr(problem, name) for name in names}
    return Likelihood(values=values, is_restricted=problem.is_restricted, **given)


def weighted(problem: FitProblem, errors: np.ndarray) -> np.ndarray:
    """Return errors of the tests, or columns of them, with one variance."""
    return (np.sqrt(problem.weights) * errors.T).T


def predictions(problem: FitProblem, values: Values) -> np.ndarray:
    """Return the expected performance in each test."""
    linear = np.array([values[name] for name in problem.linear])
    return columns_at(problem, values) @ linear


def nonlinear_at(problem: FitProblem, point: np.ndarray) -> Values | None:
    """Return the nonlinear parameters at a point of the unit cube, or at many.

    `point` has the axes of ``problem.axes`` last. None where the bounds exclude it:
    they leave room for all points or for none, since what must be longer starts where
    the shorter one has room.
    """
    is_one = point.ndim == 1
    columns = point.tolist() if is_one else np.moveaxis(point, -1, 0)
    places = dict(zip(problem.axes, columns, strict=True))
    values: Values = {}
    for name, low, high, longer in problem.limits:
        # A shorter time constant has its axis below the longer one, so that every
        # point of the cube is in order.
        if longer:
            highest = CLOSEST * values[longer]
            high = min(high, highest) if is_one else np.minimum(high, highest)
        if (low > high * _ROUNDING) if is_one else np.any(low > high * _ROUNDING):
            return None
        place = places.get(name, 1.0)
        if name in problem.noise:
            values[name] = _noise_at(place, low, high, problem.little_noise)
        else:  # the axis is the logarithm: steps in a time constant are relative
            value = low * (high / low) ** place
            # A bound is not passed by a rounding error.
            values[name] = min(value, high) if is_one else np.minimum(value, high)
    return values


def place_of(problem: FitProblem, values: Mapping[str, float]) -> np.ndarray:
    """Return the point of the unit cube of a model, moved into the bounds."""
    point = np.full(len(problem.axes), 0.5)
    for axis, name in enumerate(problem.axes):
        # The ends of an axis depend on those before it (the longer time constant).
        before, after = point[:axis], point[axis + 1 :]
        low, high = (
            nonlinear_at(problem, np.array([*before, end, *after]))[name]
            for end in (0.0, 1.0)
        )
        wanted = min(max(values[name], low), high)
        if name in problem.noise:
            start, end, place = (
                _noise_axis(one, problem.little_noise) for one in (low, high, wanted)
            )
            point[axis] = (place - start) / (end - start)
        else:
            point[axis] = log(wanted / low) / log(high / low) if high > low else 1.0
    return point


def columns_at(
    problem: FitProblem, nonlinear: Mapping[str, float | np.ndarray]
) -> np.ndarray:
    """Return the design matrix: tests x linear parameters.

    A column is what one unit of its parameter adds to the performance. Many values of
    the nonlinear parameters at once give points x tests x parameters.
    """
    fitness, fatigue = problem.model.traces(problem.load, nonlinear, problem.convention)
    columns = {
        "baseline": np.ones_like(fitness),
        "fitness_gain": fitness,
        "fatigue_gain": -fatigue,
    }
    for state, sign in (("fitness", 1), ("fatigue", -1)):
        name = f"initial_{state}"
        if name in problem.bounds:
            one = {f"{state}_tau": nonlinear.get(f"{state}_tau"), name: 1.0}
            columns[name] = sign * decayed_initial(one, state, len(problem.load))
    stacked = np.stack([columns[name][problem.days] for name in problem.linear], -1)
    return np.moveaxis(stacked, 0, -2)


def screen_cube(problem: FitProblem, n_points: int = N_SCREENED) -> Screen:
    """Return points spread evenly over the unit cube, with their design matrices."""
    points = _spread(len(problem.axes), n_points)
    if problem.noise:  # each point has a likelihood of its own
        return Screen(points=points, columns=None)
    values = {
        name: np.broadcast_to(value, len(points))
        for name, value in nonlinear_at(problem, points).items()
    }
    return Screen(points=points, columns=columns_at(problem, values))


def deviances_of(problem: FitProblem, screen: Screen) -> np.ndarray:
    """Return the deviance of every screened point, for a model without noise.

    Gains and initial states are kept from being negative; their upper bounds and those
    of the baseline are ignored.
    """
    root = np.sqrt(problem.weights)
    linear = problem.linear
    columns = screen.columns * root[:, np.newaxis]
    target = np.broadcast_to(problem.tests * root, columns.shape[:2])
    fixed = [name for name in linear if name in problem.fixed]
    for name in fixed:
        target = target - problem.fixed[name] * columns[..., linear.index(name)]
    free = [place for place, name in enumerate(linear) if name not in fixed]
    squares = np.full(len(columns), np.inf)
    bounded = [place for place in free if np.isfinite(problem.bounds[linear[place]][0])]
    # Non-negative least squares of all points at once: the solution leaves out some
    # subset of the bounded columns, and of all subsets whose coefficients come out
    # non-negative it is the one with the least squares.
    for kept in product((True, False), repeat=len(bounded)):
        out = {place for place, stays in zip(bounded, kept, strict=True) if not stays}
        used = [place for place in free if place not in out]
        found, fitted = _least_squares(columns[..., used], target)
        signs = [used.index(place) for place in bounded if place not in out]
        is_legal = (found[:, signs] >= 0).all(axis=1)
        squares = np.where(is_legal & (fitted < squares), fitted, squares)
    n_tests = len(problem.tests)
    return n_tests * np.log(np.maximum(squares / n_tests, _TINY))


def _best_linear(
    problem: FitProblem, matrix: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Return the best linear parameters within their bounds."""
    low, high = problem.linear_bounds
    n_linear = len(low)
    if problem.noise and len(matrix) >= n_linear:
        # The matrix is a triangle; where no bound holds, that is all there is to solve.
        best, failed = dtrtrs(matrix[:n_linear], target[:n_linear])
        if not failed and (low <= best).all() and (best <= high).all():
            return best
        # Without upper bounds there is a faster solver. Parameters that pass one are
        # held there, and the end is the same if the errors pull them further up.
        is_held = low == high
        for _ in range(2):
            lows, highs = np.where(is_held, high, low), np.where(is_held, high, inf)
            best = bounded_least_squares(matrix, target, lows, highs)
            is_over = best > high
            pulls = matrix.T @ (target - matrix @ best)
            if not is_over.any() and (pulls[is_held & (low < high)] >= 0).all():
                return best
            is_held |= is_over
    return bounded_least_squares(matrix, target, low, high)


def bounded_least_squares(
    matrix: np.ndarray, target: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return the vector x within its bounds with the least |matrix x - target|."""
    is_fixed = low == high
    best = np.where(is_fixed, low, 0.0)
    rest = target - matrix @ best
    free = matrix[:, ~is_fixed]
    if not free.shape[1]:
        return best
    # Columns differ in size by many orders (1 for the baseline, a sum of loads for a
    # gain): scaled to length 1, so that none is lost below the rank tolerance.
    size = np.sqrt((free * free).sum(axis=0))
    size[size == 0] = 1.0
    free = free / size
    lows, highs = low[~is_fixed] * size, high[~is_fixed] * size
    found = np.linalg.lstsq(free, rest, rcond=1e-14)[0]
    if (found < lows).any() or (found > highs).any():
        found = _on_the_bounds(free, rest, lows, highs)
    best[~is_fixed] = found / size
    # Solvers may pass a bound by a rounding error.
    return np.clip(best, low, high)


def _model_class(model: type[ImpulseResponse] | str) -> type[ImpulseResponse]:
    """Return a model class of `response.MODELS`, by name or as it is."""
    if isinstance(model, str):
        check_one_of(model, MODELS, name="model")
        return MODELS[model]
    if model not in MODELS.values():
        raise InputError(
            f"model must be a class of hipext.response or one of {', '.join(MODELS)}; "
            f"got {model!r}. Give the class itself: response.Banister, not "
            "response.Banister(...)."
        )
    return model


def _checked_bounds(
    model: type[ImpulseResponse], load: np.ndarray, tests: np.ndarray, given: Bounds
) -> Bounds:
    """Return the bounds of all free and fixed parameters, in the order of the model.

    Parameters with a default value are not fitted unless bounds are given for them.
    """
    free = [field.name for field in fields(model) if field.default is MISSING]
    allowed = (*free, *(name for name in LINEAR[3:] if hasattr(model, name)))
    largest = float(load.max(initial=0)) or 1.0
    spread = float(tests.std()) if len(tests) else 1.0
    units = {"half_load": largest, **dict.fromkeys(model.NOISE, spread)}
    default = {
        name: tuple(end * units.get(name, 1.0) for end in BOUNDS[name]) for name in free
    }
    chosen = dict(default)
    for name, pair in given.items():
        check_one_of(name, allowed, name="A name in bounds")
        _check_pair(name, pair)
        low, high = map(float, pair)
        needs_more = name not in LINEAR and name not in STATE_NOISE
        if needs_more and low == 0:  # an axis in logarithms cannot start at 0
            low = min(_LEAST_SHARE * default[name][0], high)
        chosen[name] = low, high
    return {name: chosen[name] for name in allowed if name in chosen}


def _check_size(name: str, values: np.ndarray) -> None:
    """Raise InputError for values in a unit whose squares or quotients overflow."""
    largest, (low, high) = np.abs(values).max(), _SIZES
    if not low <= largest <= high:
        raise InputError(
            f"The largest {name} must lie within {low:g} and {high:g}; got "
            f"{largest:g}. Take another unit."
        )


def _check_pair(name: str, pair: tuple[float, float]) -> None:
    """Raise InputError unless a pair of bounds is possible."""
    least = -inf if name == "baseline" else 0.0
    # A NaN fails every comparison.
    if not (np.shape(pair) == (2,) and least <= pair[0] <= pair[1]):
        raise InputError(
            f"bounds of {name} must be a pair (lowest, highest)"
            f"{'' if least == -inf else f', {least:g} or more'}; got {pair!r}. "
            f"Two equal values fix it: {{{name!r}: (42, 42)}}."
        )
    if any(isfinite(end) and abs(end) > _LARGEST_BOUND for end in pair):
        raise InputError(
            f"bounds of {name} must be at most {_LARGEST_BOUND:g} in size, or "
            f"infinite; got {pair!r}."
        )
    is_positive = pair[1] > 0 or name in STATE_NOISE
    if name not in LINEAR and not (np.isfinite(pair).all() and is_positive):
        raise InputError(
            f"bounds of {name} must be finite, and the highest above 0; got {pair!r}."
        )


def _checked_weights(
    weights: pd.Series | None, training_load: pd.Series, days: np.ndarray
) -> np.ndarray:
    """Return one weight per test, with mean 1; given per day, or per test."""
    if weights is None:
        return np.ones(len(days))
    given = on_days_of(training_load, weights, name="weights")
    if given.shape == (len(training_load),):
        given = given[days]
    if given.shape != days.shape or not (np.isfinite(given) & (given > 0)).all():
        raise InputError(
            "weights must be one number above 0 per test, such as 1 over the variance "
            f"of the test; got {given.size} for {len(days)} tests: {given.tolist()}."
        )
    return given / given.mean()


def _check_enough(problem: FitProblem) -> None:
    """Raise InputError where the tests contain nothing about the parameters."""
    n_tests, n_free = len(problem.tests), len(problem.free)
    name = problem.model.__name__
    if not n_free:
        raise InputError(f"bounds fix all parameters of {name}: nothing to fit.")
    if n_tests < n_free:
        raise InputError(
            f"{name} has {n_free} free parameters ({', '.join(problem.free)}); "
            f"{n_tests} test(s) cannot determine them. Test more often, take a smaller "
            "model, or fix some with bounds."
        )
    if np.ptp(problem.tests) == 0:
        raise InputError(
            f"performance is {problem.tests[0]:g} in all {n_tests} tests: there is no "
            "change that training could explain."
        )
    if not problem.load.any():
        raise InputError(
            "training_load is 0 on every day up to the last test: nothing can be "
            "learnt about a response to it."
        )


def _best_starts(problem: FitProblem, screen: Screen, n_best: int) -> list[np.ndarray]:
    """Return the best screened points that are apart from each other."""
    if problem.noise:
        few = screen.points[:: max(_N_DESCENTS // n_best, 1)]
        deviances = _deviances_at(problem, few)
    else:
        few, deviances = screen.points, deviances_of(problem, screen)
    chosen: list[np.ndarray] = []
    order = np.argsort(deviances)
    for place in order:
        point = few[place]
        # With noise, far starts may end lowest: near ones share a degenerate valley.
        is_far = deviances[place] > deviances[order[0]] + _FARTHEST
        if len(chosen) == n_best or (chosen and is_far and not problem.noise):
            break
        # Neighbours would end in the same minimum.
        if all(np.abs(point - one).max() > _APART for one in chosen):
            chosen.append(point)
    return chosen


def _descents(
    problem: FitProblem, starts: list[np.ndarray], n_steps: int | None
) -> list[Solution]:
    """Return where the descents end; the worse half takes a few steps only."""
    if problem.noise:
        return _descents_with_noise([problem] * len(starts), starts, n_steps)
    if len(starts) < 2 or len(problem.axes) < 2:
        return [local_fit(problem, start, n_steps=n_steps) for start in starts]
    rough = [local_fit(problem, start, n_steps=_FEW_STEPS) for start in starts]
    rough.sort(key=lambda one: one.deviance)
    better = rough[: (len(rough) + 1) // 2]
    return [
        local_fit(problem, place_of(problem, one.parameters), n_steps=n_steps)
        for one in better
    ]


def _solution_at_point(problem: FitProblem, point: np.ndarray) -> Solution:
    """Return the best fit at a point; one beyond the cube is moved to its edge."""
    return solution_at(problem, nonlinear_at(problem, np.clip(point, 0, 1)))


def _deviances_at(problem: FitProblem, points: np.ndarray) -> list[float]:
    """Return the deviance at each of many points."""
    if problem.noise:
        repeated = [problem] * len(points)
        parts = _parts(repeated, _places(repeated, points))
        return [one.deviance for found, *_ in parts for one in found]
    return [_solution_at_point(problem, point).deviance for point in points]


def _solution(
    problem: FitProblem,
    nonlinear: Mapping[str, float],
    linear: Sequence[float],
    residual: np.ndarray,
    offset: float = 0.0,
) -> Solution:
    values = {name: float(value) for name, value in nonlinear.items()}
    values |= zip(problem.linear, map(float, linear), strict=True)
    squares, n_tests = float(residual @ residual), len(residual)
    if problem.noise:
        deviance = squares + float(offset)
    else:
        # The variance of a test is at its best, SSE / n: -2 ln L = n ln(SSE / n).
        deviance = n_tests * log(max(squares / n_tests, _TINY))
    return Solution(parameters=values, residual=residual, deviance=deviance)


def with_curvature(problem: FitProblem, best: Solution) -> FitProblem:
    """Return a problem with noise whose descents begin with the curvature there."""
    places = _places([problem], [place_of(problem, best.parameters)])
    return replace(problem, curvature=_curvatures([problem], places)[0])


def _curvatures(problems: Sequence[FitProblem], places: np.ndarray) -> np.ndarray:
    """Return the second derivatives of the deviance by axis, for each problem."""
    n_axes = places.shape[1]
    steps = np.where(places > 0.5, -_STEP, _STEP)
    moved = places[:, np.newaxis] + np.eye(n_axes) * steps[:, np.newaxis]
    around = np.concatenate([places[:, np.newaxis], moved], axis=1)
    repeated = [problem for problem in problems for _ in range(n_axes + 1)]
    slopes = _slopes(repeated, around.reshape(-1, n_axes))[1].reshape(around.shape)
    curvatures = (slopes[:, 1:] - slopes[:, :1]) / steps[..., np.newaxis]
    return (curvatures + curvatures.mT) / 2


def _descents_with_noise(
    problems: Sequence[FitProblem], starts: Sequence[np.ndarray], n_steps: int | None
) -> list[Solution]:
    """Return the best fits that descents of the deviance meet, a start per problem.

    Problems may differ in tests and bounds. All descents take their steps together,
    since many likelihoods at once cost little more than a few.
    """
    # The deviance has a log-determinant besides the squares: quasi-Newton (BFGS, with
    # Powell's damping), which begins with the curvature at the start, or at the best
    # fit where it is known. A descent that starts near its end then takes few steps.
    exact = _ENOUGH if n_steps is None else _NEARLY
    places = _places(problems, starts)
    if problems[0].curvature is None:
        curved = _curvatures(problems, places)
    else:
        curved = np.array([problem.curvature for problem in problems])
    sizes, ways = np.linalg.eigh(curved)
    sizes = np.abs(sizes)
    least = np.maximum(_FLATTEST * sizes.max(axis=-1, keepdims=True), _TINY)
    curved = (ways * np.maximum(sizes, least)[:, np.newaxis]) @ ways.mT
    found, slopes = _slopes(problems, places)
    shares = np.ones(len(found))
    left = np.arange(len(found))
    for _ in range(_MOST_STEPS):
        steps = _steps_in_cube(places[left], slopes[left], curved[left])
        steps *= shares[left, np.newaxis]
        bent = (curved[left] @ steps[..., np.newaxis])[..., 0]
        along = (slopes[left] * steps).sum(axis=-1)
        falls = -along - (steps * bent).sum(axis=-1) / 2
        goes_on = (falls > exact * shares[left]) & (shares[left] > _SHORTEST)
        left, steps, bent, along = (one[goes_on] for one in (left, steps, bent, along))
        if not len(left):
            break
        tried, tried_slopes = _slopes(
            [problems[place] for place in left], places[left] + steps
        )
        gained = np.array([found[place].deviance for place in left])
        gained -= [one.deviance for one in tried]
        is_lower = gained > np.maximum(-_DOWNHILL * along, 0)
        shares[left] = np.where(is_lower, gained > exact, _SHORTER * shares[left])
        rows = left[is_lower]
        changes = tried_slopes[is_lower] - slopes[rows]
        _update(curved, rows, steps[is_lower], bent[is_lower], changes)
        slopes[rows] = tried_slopes[is_lower]
        places[rows] += steps[is_lower]
        for row in np.flatnonzero(is_lower):
            found[left[row]] = tried[row]
    return found


def _steps_in_cube(
    places: np.ndarray, slopes: np.ndarray, curved: np.ndarray
) -> np.ndarray:
    """Return steps towards the lowest points of parabolas that stay in the cube."""
    steps = np.zeros_like(places)
    is_held = ((places <= 0) & (slopes > 0)) | ((places >= 1) & (slopes < 0))
    identity = np.eye(places.shape[1])
    for _ in identity:
        # Towards the lowest point up to the first edge; then on along that edge.
        is_free = ~is_held
        pulls = slopes + (curved @ steps[..., np.newaxis])[..., 0]
        both = is_free[:, np.newaxis] & is_free[..., np.newaxis]
        ways = _solved(np.where(both, curved, identity), -pulls * is_free)
        at = np.clip(places + steps, 0, 1)
        room = np.where(ways > 0, 1 - at, np.where(ways < 0, at, 1.0))
        shares = room / np.maximum(np.abs(ways), _TINY)
        first = shares.min(axis=-1, keepdims=True)
        steps += np.minimum(first, 1) * ways
        is_held |= (shares == first) & (first < 1)
        if (first >= 1).all():
            break
    longest = np.abs(steps).max(axis=-1, keepdims=True)
    return steps * np.minimum(1, _LONGEST / np.maximum(longest, _TINY))


def _solved(matrices: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the solutions of linear systems; the shortest one where there are many."""
    targets = targets[..., np.newaxis]
    try:
        return np.linalg.solve(matrices, targets)[..., 0]
    except np.linalg.LinAlgError:
        if len(matrices) == 1:  # flat in some direction: no step that way
            return (np.linalg.pinv(matrices, hermitian=True) @ targets)[..., 0]
    each = zip(matrices[:, np.newaxis], targets[:, np.newaxis, :, 0], strict=True)
    return np.concatenate([_solved(*one) for one in each])


def _update(
    curved: np.ndarray,
    rows: np.ndarray,
    steps: np.ndarray,
    bent: np.ndarray,
    changes: np.ndarray,
) -> None:
    """Update curvatures by the change of the slopes along a step (BFGS)."""
    expected = (steps * bent).sum(axis=-1, keepdims=True)
    seen = (steps * changes).sum(axis=-1, keepdims=True)
    # Powell: a mixture with what was expected, which keeps the curvature positive.
    little = seen < 0.2 * expected
    share = np.where(little, 0.8 * expected / np.where(little, expected - seen, 1), 1)
    changes = share * changes + (1 - share) * bent
    seen = (steps * changes).sum(axis=-1, keepdims=True)
    for sign, vector, size in ((1, changes, seen), (-1, bent, expected)):
        outer = vector[:, np.newaxis] * vector[..., np.newaxis]
        curved[rows] += sign * outer / size[..., np.newaxis]


def _places(problems: Sequence[FitProblem], points: Sequence[np.ndarray]) -> np.ndarray:
    """Return points with an axis for every nonlinear parameter, also a fixed one."""
    places = np.ones((len(problems), len(problems[0].limits)))
    for row, (problem, point) in enumerate(zip(problems, points, strict=True)):
        is_free = [name in problem.axes for name, *_ in problem.limits]
        places[row, is_free] = np.clip(point, 0, 1)
    return places


def _slopes(
    problems: Sequence[FitProblem], places: np.ndarray
) -> tuple[list[Solution], np.ndarray]:
    """Return the best fit at a place in the cube of each problem, and its slopes."""
    solutions, slopes = [], []
    for found, likelihood, steps in _parts(problems, places):
        names = likelihood.linear
        linear = np.array([[one.parameters[name] for name in names] for one in found])
        slopes.append((likelihood.slope(linear)[:, np.newaxis] @ steps)[:, 0])
        solutions += found
    return solutions, np.concatenate(slopes)


def _parts(
    problems: Sequence[FitProblem], places: np.ndarray
) -> Iterator[tuple[list[Solution], Likelihood, np.ndarray]]:
    """Yield best fits, their likelihoods, and steps along axes, for some problems."""
    most = max(_TOGETHER // len(problems[0].tests), 1)
    for first in range(0, len(problems), most):
        some = problems[first : first + most]
        values, steps = _values_and_steps(some, places[first : first + most])
        tests = np.array([problem.tests for problem in some])
        likelihood = likelihood_at(replace(some[0], tests=tests), values)
        rows = zip(likelihood.matrix, likelihood.target, likelihood.offset, strict=True)
        found = []
        for row, (problem, one) in enumerate(zip(some, rows, strict=True)):
            nonlinear = {name: value[row] for name, value in values.items()}
            found.append(_best_at(problem, nonlinear, *one))
        yield found, likelihood, steps


def _best_at(
    problem: FitProblem,
    nonlinear: Mapping[str, float],
    matrix: np.ndarray,
    target: np.ndarray,
    offset: float = 0.0,
) -> Solution:
    """Return the fit with the best linear parameters for a matrix and a target."""
    best = _best_linear(problem, matrix, target)
    return _solution(problem, nonlinear, best, matrix @ best - target, offset)


def _values_and_steps(
    problems: Sequence[FitProblem], places: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return values at a place in the cube of each problem, and steps along its axes.

    Steps are those of the variables of `Likelihood.slope`: (problems, variables, axes).
    """
    limits = problems[0].limits
    names = [name for name, *_ in limits]
    given = [[limit[1:3] for limit in problem.limits] for problem in problems]
    lows, highs = np.moveaxis(np.array(given), 0, -1).swapaxes(0, 1)
    little = np.array([problem.little_noise for problem in problems])
    values: dict[str, np.ndarray] = {}
    steps = np.zeros((len(problems), len(names), len(names)))
    for axis, (name, _low, _high, longer) in enumerate(limits):
        place, low, high = places[:, axis], lows[axis], highs[axis]
        if longer:  # the end of its axis moves, where it is not the bound
            end = CLOSEST * values[longer]
            by_longer = steps[:, names.index(longer)]
            steps[:, axis] = np.where(end < high, place, 0.0)[:, np.newaxis] * by_longer
            high = np.minimum(high, end)
        if name in problems[0].noise:
            start, length = _noise_axis(low, little), _noise_axis(high, little)
            length = length - start
            variance = little**2 * np.maximum(np.expm1(start + length * place), 0.0)
            values[name] = np.clip(np.sqrt(variance), low, high)
            step = length * (values[name] ** 2 + little**2)
            if name not in STATE_NOISE:  # by the logarithm of the SD of a test
                step = step / (2 * values[name] ** 2)
        else:
            values[name] = np.minimum(low * (high / low) ** place, high)
            step = np.log(high / low)
        steps[:, axis, axis] = step
    return values, steps


def _noise_axis(noise: np.ndarray, little: np.ndarray) -> np.ndarray:
    """Return the place of a standard deviation on its axis, before it is scaled."""
    # Like the variance near 0, which a state may reach, and like a logarithm above, so
    # that steps are relative.
    return np.log1p((noise / little) ** 2)


def _noise_at(place: float, low: float, high: float, little: float) -> float:
    """Return the standard deviation at a place of its axis."""
    if low == high:
        return low
    start, end = _noise_axis(low, little), _noise_axis(high, little)
    noise = little * sqrt(max(expm1(start + (end - start) * place), 0.0))
    return min(max(noise, low), high)


@lru_cache(maxsize=32)
def _spread(n_axes: int, n_points: int) -> np.ndarray:
    """Return points that fill the unit cube evenly; the same ones at every call."""
    # An additive recurrence, x_n = n s mod 1. The steps s are powers of 1 / r with
    # r^(d+1) = r + 1: the golden ratio for one axis, its generalisation for d axes.
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (n_axes + 1))
    steps = root ** -np.arange(1.0, n_axes + 1)
    return (0.5 + np.arange(1, n_points + 1)[:, np.newaxis] * steps) % 1


def _least_squares(
    columns: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (of scaled columns) and squared errors of many problems."""
    size = np.sqrt((columns**2).sum(axis=1, keepdims=True))
    scaled = columns / np.where(size > 0, size, 1.0)
    basis, triangle = np.linalg.qr(scaled)
    along = np.einsum("dti,dt->di", basis, target)
    left = target - np.einsum("dti,di->dt", basis, along)
    # A column that depends on the others leaves a 0 on the diagonal: made solvable.
    diagonal = np.einsum("dii->di", triangle)
    safe = triangle + np.eye(triangle.shape[-1]) * (np.abs(diagonal) < 1e-13)[:, None]
    found = np.linalg.solve(safe, along[..., np.newaxis])[..., 0]
    return found, (left**2).sum(axis=1)


def _on_the_bounds(
    free: np.ndarray, rest: np.ndarray, lows: np.ndarray, highs: np.ndarray
) -> np.ndarray:
    """Return the least-squares solution where some parameters are at a bound."""
    if np.isfinite(highs).any():
        return lsq_linear(free, rest, (lows, highs), method="bvls").x
    # Without upper bounds `nnls` is faster: measured from the lower bounds, and with
    # an unbounded parameter as the difference of two non-negative ones.
    start = np.where(np.isfinite(lows), lows, 0.0)
    unbounded = ~np.isfinite(lows)
    both_ways = np.column_stack([free, -free[:, unbounded]])
    found = nnls(both_ways, rest - free @ start)[0]
    best = found[: free.shape[1]]
    best[unbounded] -= found[free.shape[1] :]
    return start + best
