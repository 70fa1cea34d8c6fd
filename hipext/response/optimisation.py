"""From a model, a load and tests to a problem that can be searched; all is checked."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property, lru_cache, partial
from itertools import product
from math import inf, isnan, log

import numpy as np
import pandas as pd
from scipy.linalg.blas import dtrsm
from scipy.optimize import least_squares, lsq_linear, minimize, minimize_scalar, nnls

from hipext.files.checks import check_one_of
from hipext.metrics.workload import CONVENTIONS, check_days, checked_load
from hipext.response.impulse_response import LINEAR, STATE_NOISE, Model, faded
from hipext.response.models import MODELS, checked_tests, covariance_of_tests

_LONGEST_D = 300.0
BOUNDS = {  # where a search looks unless told otherwise; judgements of ours
    "fitness_tau": (1.0, _LONGEST_D),
    "fatigue_tau": (1.0, _LONGEST_D),
    "delay_tau": (0.5, 100.0),
    "gain_tau": (0.5, 100.0),
    "steepness": (0.2, 10.0),
}
_HALF_LOAD = (0.02, 5.0)  # of the largest load
_NOISE = {"performance_noise": (1e-3, 3.0)}  # of the SD of the tests
_NOISE_OF_STATES = (0.0, 1.0)
_LEAST_SHARE = 0.05  # of the usual lowest value: what a lowest value of 0 stands for
CLOSEST = 0.999  # a shorter time constant reaches this share of the longer one
_ROUNDED = 1 + 1e-12  # a bound is not passed by a rounding error
_TINY = 1e-300
_LONGER = 1.0001  # of a time constant: a step that shows its direction
Bounds = Mapping[str, tuple[float, float]]
Values = dict[str, float]
N_SCREENED = 256  # shapes looked at before the search goes downhill
_N_COSTLY = 128  # of them where each costs a covariance of all tests
_N_BESIDE = 12  # of them beside a guess
_FARTHEST = 12.0  # deviance above the best at which a start is not worth a descent
_APART = 0.05  # of the unit cube, between starts
N_STEPS = 15  # enough for a search that begins near its end
_FEW_STEPS = 6  # by which a good start can be told from a bad one
_NEAR = 0.02  # how far a search along one axis goes: a few screened points
_OUT_OF_ORDER = 1e12  # what a search is told where time constants change places
_EDGE = 1e-6  # of the unit cube: a start on its edge would never leave it
_TOLERANCES = {"xtol": 1e-9, "ftol": 1e-10, "gtol": 1e-14}


@dataclass(frozen=True, kw_only=True, eq=False)
class FitProblem:
    """Tests of one person, a model, and the bounds of its free parameters."""

    model: type[Model]
    load: np.ndarray
    """Training load of consecutive days."""
    days: np.ndarray
    """Place of each test among the days."""
    tests: np.ndarray
    """Performance in each test."""
    weights: np.ndarray
    """Weight of each test; their mean is 1."""
    bounds: Bounds
    """Lowest and highest value by parameter; equal ones hold it fast."""
    convention: str
    is_restricted: bool = True
    """Whether noise is judged by what the curve cannot follow."""

    @cached_property
    def noise(self) -> tuple[str, ...]:
        """Names of the standard deviations, if the model has any."""
        return getattr(self.model, "NOISE", ())

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Names of the axes of the unit cube."""
        names = (*self.model.SHAPE, *self.noise)
        return tuple(name for name in names if not self.is_fixed(name))

    @cached_property
    def linear(self) -> tuple[str, ...]:
        """Names of the parameters that are solved for, free or held fast."""
        return tuple(name for name in LINEAR if name in self.bounds)

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Names of the free parameters, in the order of the model."""
        return tuple(name for name in self.bounds if not self.is_fixed(name))

    @cached_property
    def fixed(self) -> Values:
        """Values of the parameters that are held fast."""
        held = {name: low for name, (low, _) in self.bounds.items()}
        return {name: low for name, low in held.items() if self.is_fixed(name)}

    @property
    def n_spare(self) -> int:
        """How many tests there are beyond the free parameters."""
        return len(self.tests) - len(self.free)

    @cached_property
    def limits(self) -> tuple[tuple[str, float, float, str], ...]:
        """Shape and noise: name, lowest, highest, and what must be longer, if any."""
        longer = dict(self.model.SHORTER)
        lows = {name: self.bounds[name][0] for name in self.bounds}
        for short, long in longer.items():
            lows[long] = max(lows[long], self.bounds[short][0] / CLOSEST)
        names = (*self.model.SHAPE, *self.noise)
        return tuple(
            (name, lows[name], self.bounds[name][1], longer.get(name, ""))
            for name in names
        )

    def is_fixed(self, name: str) -> bool:
        """Return whether a parameter is held at one value."""
        low, high = self.bounds[name]
        return low == high

    def held(self, **values: float) -> "FitProblem":
        """Return the same problem with some parameters held fast."""
        fixed = {name: (value, value) for name, value in values.items()}
        return replace(self, bounds={**self.bounds, **fixed})

    def with_tests(self, tests: np.ndarray) -> "FitProblem":
        """Return the same problem with other results of the tests."""
        return replace(self, tests=tests)

    def without(self, left_out: np.ndarray) -> "FitProblem":
        """Return the same problem with some tests left out."""
        kept = ~left_out
        return replace(
            self,
            days=self.days[kept],
            tests=self.tests[kept],
            weights=self.weights[kept],
        )


def fit_problem(
    model: type[Model] | str,
    training_load: pd.Series,
    performance: pd.Series,
    *,
    convention: str,
    weights: pd.Series | None,
    bounds: Bounds | None,
) -> FitProblem:
    """Return the problem of a fit; ValueError with the first thing that is wrong."""
    check_one_of(convention, CONVENTIONS, name="convention")
    model = model_named(model)
    load = checked_load(training_load)
    tests = checked_tests(performance, training_load)
    days = np.flatnonzero(~np.isnan(tests))
    chosen = _bounds_of(model, load, tests[days], bounds or {})
    problem = FitProblem(
        model=model,
        load=load[: days[-1] + 1] if len(days) else load,  # later days change no test
        days=days,
        tests=tests[days],
        weights=_weights_of(weights, training_load, days),
        bounds=chosen,
        convention=convention,
    )
    _check_enough(problem)
    return problem


def model_named(model: type[Model] | str) -> type[Model]:
    """Return a model class of `response.MODELS`, by name or as it is."""
    if isinstance(model, str):
        check_one_of(model, MODELS, name="model")
        return MODELS[model]
    if model not in MODELS.values():
        raise ValueError(
            f"model must be a class of hipext.response or one of {', '.join(MODELS)}; "
            f"got {model!r}. Give the class itself: response.Banister, not "
            "response.Banister(...)."
        )
    return model


def name_of(model: type[Model]) -> str:
    """Return the name of a model class in `response.MODELS`."""
    return next(name for name, one in MODELS.items() if one is model)


def free_names(model: type[Model]) -> tuple[str, ...]:
    """Return the parameters that a fit looks for unless told otherwise."""
    return tuple(
        field.name
        for field in fields(model)
        if field.default is MISSING and field.name != "convention"
    )


def _bounds_of(
    model: type[Model], load: np.ndarray, tests: np.ndarray, given: Bounds
) -> Bounds:
    initial = [field.name for field in fields(model) if "initial" in field.name]
    free = free_names(model)
    allowed = (*free, *initial)
    for name, pair in given.items():
        check_one_of(name, allowed, name="A name in bounds")
        _check_pair(name, pair)
    usual = {name: _usual(name, load, tests) for name in free}
    chosen = {**usual, **{name: _lifted(name, given[name], usual) for name in given}}
    return {name: chosen[name] for name in allowed if name in chosen}


def _usual(name: str, load: np.ndarray, tests: np.ndarray) -> tuple[float, float]:
    """Return the bounds of a parameter where none are given."""
    largest = float(load.max(initial=0)) or 1.0
    spread = float(tests.std()) if len(tests) else 1.0
    if name == "half_load":
        return _HALF_LOAD[0] * largest, _HALF_LOAD[1] * largest
    if name.endswith("_noise"):
        low, high = _NOISE.get(name, _NOISE_OF_STATES)
        return low * spread, high * spread
    if name in LINEAR:
        return (-inf if name == "baseline" else 0.0), inf
    return BOUNDS[name]


def _lifted(name: str, pair: tuple[float, float], usual: Bounds) -> tuple[float, float]:
    """Return bounds as numbers; 0 becomes the least that a logarithm can take."""
    low, high = map(float, pair)
    needs_more = name not in LINEAR and name not in STATE_NOISE
    floor = min(_LEAST_SHARE * usual.get(name, (1.0, 1.0))[0], high)
    return (floor if needs_more and low == 0 else low), high


def _check_pair(name: str, pair: tuple[float, float]) -> None:
    """Raise ValueError unless a pair of bounds can be."""
    is_pair = np.shape(pair) == (2,) and not any(isnan(one) for one in pair)
    least = _least_of(name)
    if not (is_pair and pair[0] <= pair[1] and pair[0] >= least):
        raise ValueError(
            f"bounds of {name} must be a pair (lowest, highest)"
            f"{'' if least == -inf else f', {least:g} or more'}; got {pair!r}. "
            f"Two equal values hold it fast: {{{name!r}: (42, 42)}}."
        )
    is_some = pair[1] > 0 or name in STATE_NOISE
    if name not in LINEAR and not (np.isfinite(pair).all() and is_some):
        raise ValueError(
            f"bounds of {name} must be finite, and the highest above 0; got {pair!r}."
        )


def _least_of(name: str) -> float:
    return -inf if name == "baseline" else 0.0


def _weights_of(
    weights: pd.Series | None, training_load: pd.Series, days: np.ndarray
) -> np.ndarray:
    """Return one weight per test, with mean 1; given per day, or per test."""
    if weights is None:
        return np.ones(len(days))
    if isinstance(weights, pd.Series) and isinstance(training_load, pd.Series):
        check_days(weights.index, name="weights", gaps=True)
        weights = weights.reindex(training_load.index)
    given = np.asarray(weights, dtype="float64")
    if given.shape == np.shape(training_load):
        given = given[days]
    if given.shape != days.shape or not (np.isfinite(given) & (given > 0)).all():
        raise ValueError(
            "weights must be one number above 0 per test, such as 1 over the variance "
            f"of the test; got {given.size} for {len(days)} tests: {given.tolist()}."
        )
    return given / given.mean()


def _check_enough(problem: FitProblem) -> None:
    """Raise ValueError where the tests cannot say anything about the parameters."""
    n_tests, n_free = len(problem.tests), len(problem.free)
    name = problem.model.__name__
    if not n_free:
        raise ValueError(f"bounds hold all parameters of {name} fast: nothing to fit.")
    if n_tests < n_free:
        raise ValueError(
            f"{name} has {n_free} free parameters ({', '.join(problem.free)}); "
            f"{n_tests} test(s) cannot determine them. Test more often, take a smaller "
            "model, or hold some fast with bounds."
        )
    if np.ptp(problem.tests) == 0:
        raise ValueError(
            f"performance is {problem.tests[0]:g} in all {n_tests} tests: there is no "
            "change that training could explain."
        )
    if not problem.load.any():
        raise ValueError(
            "training_load is 0 on every day up to the last test: nothing can be "
            "learnt about a response to it."
        )


def nonlinear_at(problem: FitProblem, point: np.ndarray) -> Values | None:
    """Return the shape at a point of the unit cube, or of many; None: impossible.

    `point` has the axes of ``problem.searched`` last. Bounds leave room for all points
    or for none: what must be longer starts where the shorter one has room.
    """
    is_one = point.ndim == 1
    columns = point.tolist() if is_one else np.moveaxis(point, -1, 0)
    places = dict(zip(problem.searched, columns, strict=True))
    values: Values = {}
    for name, low, high, longer in problem.limits:
        if longer:
            highest = CLOSEST * values[longer]
            high = min(high, highest) if is_one else np.minimum(high, highest)
        if (low > high * _ROUNDED) if is_one else np.any(low > high * _ROUNDED):
            return None
        values[name] = _between(low, high, places.get(name, 1.0), name)
    return values


def _between(
    low: float, high: float, place: float | np.ndarray, name: str
) -> float | np.ndarray:
    if name in STATE_NOISE:
        return (low**2 + (high**2 - low**2) * place) ** 0.5  # straight in the variance
    return low * (high / low) ** place


def place_of(problem: FitProblem, values: Mapping[str, float]) -> np.ndarray:
    """Return the point of the unit cube of a shape, moved into the bounds."""
    point = np.full(len(problem.searched), 0.5)
    for axis, name in enumerate(problem.searched):
        ends = []
        for end in (0.0, 1.0):
            point[axis] = end
            ends.append(nonlinear_at(problem, point)[name])
        low, high = ends
        wanted = min(max(values[name], low), high)
        if name in STATE_NOISE:
            point[axis] = (wanted**2 - low**2) / (high**2 - low**2)
        else:
            point[axis] = log(wanted / low) / log(high / low) if high > low else 1.0
    return point


def columns_at(
    problem: FitProblem, shape: Mapping[str, float | np.ndarray]
) -> np.ndarray:
    """Return what one unit of each linear parameter adds: tests x parameters.

    Many shapes at once give draws x tests x parameters.
    """
    if problem.noise and not isinstance(shape["fitness_tau"], np.ndarray):
        return _kept_columns(
            problem, tuple((name, shape[name]) for name in problem.model.SHAPE)
        )
    return _columns(problem, shape)


@lru_cache(maxsize=8)  # searches for noise come back to the same time constants
def _kept_columns(
    problem: FitProblem, shape: tuple[tuple[str, float], ...]
) -> np.ndarray:
    columns = _columns(problem, dict(shape))
    columns.flags.writeable = False
    return columns


def _columns(
    problem: FitProblem, shape: Mapping[str, float | np.ndarray]
) -> np.ndarray:
    fitness, fatigue = problem.model.traces(problem.load, shape, problem.convention)
    columns = {
        "baseline": np.ones_like(fitness),
        "fitness_gain": fitness,
        "fatigue_gain": -fatigue,
    }
    for state, sign in (("fitness", 1), ("fatigue", -1)):
        name = f"initial_{state}"
        if name in problem.bounds:
            one = {f"{state}_tau": shape.get(f"{state}_tau"), name: 1.0}
            columns[name] = sign * faded(one, state, len(problem.load))
    stacked = np.stack([columns[name][problem.days] for name in problem.linear], -1)
    return np.moveaxis(stacked, 0, -2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Whitener:
    """What makes the errors of the tests alike: root weights, or a triangle."""

    scale: np.ndarray
    log_det: float
    """Logarithm of the determinant of the covariance."""

    def white(self, errors: np.ndarray) -> np.ndarray:
        """Return errors, or columns of them, made alike and independent."""
        if self.scale.ndim == 1:
            return (self.scale * errors.T).T
        columns = errors.reshape(len(errors), -1)  # threads of a solver cost more here
        return dtrsm(1.0, self.scale.T, columns, trans_a=1).reshape(errors.shape)

    def coloured(self, errors: np.ndarray) -> np.ndarray:
        """Return errors that hang together as those of the tests do."""
        return errors / self.scale if self.scale.ndim == 1 else self.scale @ errors


def whitener(problem: FitProblem, values: Mapping[str, float]) -> Whitener:
    """Return what makes the errors of the tests alike."""
    if not problem.noise:
        return Whitener(scale=np.sqrt(problem.weights), log_det=0.0)
    triangle = np.linalg.cholesky(
        covariance_of_tests(values, problem.days, problem.weights)
    )
    log_det = 2 * float(np.log(np.diag(triangle)).sum())
    return Whitener(scale=triangle, log_det=log_det)


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """The best linear parameters of one shape."""

    parameters: Values
    """All parameters by name."""
    residual: np.ndarray
    """Whitened residual of each test, prediction - test."""
    deviance: float
    """-2 log-likelihood, up to a constant."""


def solution_at(problem: FitProblem, shape: Mapping[str, float]) -> Solution:
    """Return the best linear parameters within their bounds."""
    errors = whitener(problem, shape)
    matrix = errors.white(columns_at(problem, shape))
    target = errors.white(problem.tests)
    bounds = np.array([problem.bounds[name] for name in problem.linear])
    best = bounded_least_squares(matrix, target, bounds[:, 0], bounds[:, 1])
    residual = matrix @ best - target
    linear = dict(zip(problem.linear, best.tolist(), strict=True))
    plain = {name: float(value) for name, value in shape.items()}
    return _judged(problem, plain | linear, residual, errors)


def evaluated(problem: FitProblem, values: Values) -> Solution:
    """Return all parameters as they are, with the errors they make."""
    errors = whitener(problem, values)
    residual = errors.white(predictions(problem, values) - problem.tests)
    return _judged(problem, values, residual, errors)


def _judged(
    problem: FitProblem, values: Values, residual: np.ndarray, errors: Whitener
) -> Solution:
    squares, n_tests = float(residual @ residual), len(residual)
    if problem.noise:
        deviance = squares + errors.log_det
        if problem.is_restricted:
            deviance += _log_det_of_curve(problem, values, errors)
    else:
        deviance = n_tests * log(max(squares / n_tests, _TINY))
    return Solution(parameters=values, residual=residual, deviance=deviance)


def _log_det_of_curve(problem: FitProblem, values: Values, errors: Whitener) -> float:
    """Return what the restricted likelihood takes off for parameters of the curve.

    Without it, a slow drift is taken for a curve and noise of the states comes out too
    small. ``ln det(J' C^-1 J) - ln det(J' J)`` for the directions J in which the linear
    parameters and the time constants move the curve, and the covariance C of the tests.
    """
    longer = {name: values[name] * _LONGER for name in problem.model.SHAPE}
    moved = [columns_at(problem, shape) for shape in (values, {**values, **longer})]
    directions = np.linalg.qr(np.hstack([moved[0], moved[1][:, 1:]]))[0]
    triangle = np.linalg.qr(errors.white(directions), mode="r")
    return 2 * float(np.log(np.abs(np.diag(triangle))).sum())


def predictions(problem: FitProblem, values: Values) -> np.ndarray:
    """Return the expected performance in each test."""
    linear = np.array([values[name] for name in problem.linear])
    return columns_at(problem, values) @ linear


@dataclass(frozen=True, kw_only=True, eq=False)
class Screen:
    """Shapes spread over the bounds, and the columns that each gives."""

    points: np.ndarray
    columns: np.ndarray
    """Draws x tests x linear parameters."""


def screened(problem: FitProblem, n_points: int = N_SCREENED) -> Screen:
    """Return shapes spread evenly over the bounds, with their columns."""
    points = _spread(len(problem.searched), n_points)
    shapes = nonlinear_at(problem, points)
    shapes = {
        name: np.broadcast_to(value, len(points)) for name, value in shapes.items()
    }
    return Screen(points=points, columns=columns_at(problem, shapes))


@lru_cache(maxsize=32)
def _spread(n_axes: int, n_points: int) -> np.ndarray:
    """Return points that fill the unit cube evenly; the same ones every time.

    An additive recurrence: steps are powers of the root of ``x**(n+1) = x + 1``, the
    golden ratio for one axis.
    """
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (n_axes + 1))
    steps = root ** -np.arange(1.0, n_axes + 1)
    return (0.5 + np.arange(1, n_points + 1)[:, np.newaxis] * steps) % 1


def searched(
    problem: FitProblem,
    *,
    screen: Screen | None = None,
    guesses: tuple[Mapping[str, float], ...] = (),
    n_descents: int | None = None,
    n_steps: int | None = None,
) -> Solution | None:
    """Return the best fit that is found; None where the bounds leave no shape.

    Parameters
    ----------
    problem : Problem
        What to fit.
    screen : Screen, optional
        Shapes of this problem's model, load and bounds. Default: made here.
    guesses : tuple of Mapping
        Shapes to go downhill from besides.
    n_descents : int, optional
        From how many of all these starts, the best first. Default: two for a plane,
        more where there are more axes.
    n_steps : int, optional
        After how many steps one descent ends at the latest. Default: when it is there.
    """
    n_axes = len(problem.searched)
    middle = nonlinear_at(problem, np.full(n_axes, 0.5))
    if middle is None or not n_axes:
        return None if middle is None else solution_at(problem, middle)
    if n_descents is None:
        n_descents = 3 if problem.noise else max(2, 2 * (n_axes - 1))
    starts = [place_of(problem, guess) for guess in guesses if _fits(problem, guess)]
    screen = screened(problem) if screen is None else screen
    starts += _best_starts(problem, screen, n_descents)
    if len(starts) > n_descents:
        starts.sort(key=lambda start: _value(problem, start))
    found = _descents(problem, starts[:n_descents], n_steps)
    return min(found, key=lambda one: one.deviance)


def _descents(
    problem: FitProblem, starts: list[np.ndarray], n_steps: int | None
) -> list[Solution]:
    """Return where the ways downhill end; the worse half only goes a few steps."""
    if len(starts) < 2 or problem.noise or len(problem.searched) < 2:
        return [descended(problem, start, n_steps=n_steps) for start in starts]
    rough = [descended(problem, start, n_steps=_FEW_STEPS) for start in starts]
    rough.sort(key=lambda one: one.deviance)
    better = rough[: (len(rough) + 1) // 2]
    return [
        descended(problem, place_of(problem, one.parameters), n_steps=n_steps)
        for one in better
    ]


def _fits(problem: FitProblem, guess: Mapping[str, float]) -> bool:
    return all(name in guess for name in problem.searched)


def _best_starts(problem: FitProblem, screen: Screen, n_best: int) -> list[np.ndarray]:
    """Return the best screened points that are apart from each other."""
    if problem.noise:
        few = screen.points[: _N_COSTLY if n_best > 1 else _N_BESIDE]
        deviances = np.array([_value(problem, point) for point in few])
    else:
        deviances = deviances_of(problem, screen)
    chosen: list[np.ndarray] = []
    order = np.argsort(deviances)
    for place in order:
        point = screen.points[place]
        is_far = deviances[place] > deviances[order[0]] + _FARTHEST
        if len(chosen) == n_best or (chosen and is_far):
            break
        if all(np.abs(point - one).max() > _APART for one in chosen):
            chosen.append(point)
    return chosen


def deviances_of(problem: FitProblem, screen: Screen) -> np.ndarray:
    """Return the deviance of every screened shape; gains that are negative become 0."""
    root = whitener(problem, {}).scale
    linear = problem.linear
    fixed = {name: problem.fixed[name] for name in linear if name in problem.fixed}
    columns = screen.columns * root[:, np.newaxis]
    target = np.broadcast_to(problem.tests * root, columns.shape[:2])
    for name, value in fixed.items():
        target = target - value * columns[..., linear.index(name)]
    free = [place for place, name in enumerate(linear) if name not in fixed]
    squares = np.full(len(columns), np.inf)
    bounded = [place for place in free if np.isfinite(problem.bounds[linear[place]][0])]
    for kept in product((True, False), repeat=len(bounded)):
        out = {place for place, stays in zip(bounded, kept, strict=True) if not stays}
        used = [place for place in free if place not in out]
        found, fitted = _least_squares(columns[..., used], target)
        signs = [used.index(place) for place in bounded if place not in out]
        is_legal = (found[:, signs] >= 0).all(axis=1)
        squares = np.where(is_legal & (fitted < squares), fitted, squares)
    n_tests = len(problem.tests)
    return n_tests * np.log(np.maximum(squares / n_tests, 1e-300))


def _least_squares(
    columns: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and squared errors of many small problems."""
    size = np.sqrt((columns**2).sum(axis=1, keepdims=True))
    scaled = columns / np.where(size > 0, size, 1.0)
    basis, triangle = np.linalg.qr(scaled)
    along = np.einsum("dti,dt->di", basis, target)
    left = target - np.einsum("dti,di->dt", basis, along)
    diagonal = np.einsum("dii->di", triangle)
    safe = triangle + np.eye(triangle.shape[-1]) * (np.abs(diagonal) < 1e-13)[:, None]
    found = np.linalg.solve(safe, along[..., np.newaxis])[..., 0]
    return found, (left**2).sum(axis=1)


def descended(
    problem: FitProblem, start: np.ndarray, *, n_steps: int | None = None
) -> Solution:
    """Return where the way downhill from a point of the unit cube ends.

    With `n_steps`, it ends there if it has not before; but not along one axis, nor for
    a model with noise.
    """
    if problem.noise:
        bounds = [(0.0, 1.0)] * len(start)
        value = partial(_value, problem)
        end = minimize(value, start, method="L-BFGS-B", bounds=bounds).x
    elif len(start) == 1:
        bounds = (max(start[0] - _NEAR, 0.0), min(start[0] + _NEAR, 1.0))
        value = partial(_value_on_axis, problem)
        options = {"xatol": _TOLERANCES["xtol"]}
        found = minimize_scalar(value, bounds=bounds, method="bounded", options=options)
        end = found.x
    else:
        inside = np.clip(start, _EDGE, 1 - _EDGE)
        residual = partial(_residual, problem)
        end = least_squares(
            residual, inside, bounds=(0, 1), max_nfev=n_steps, **_TOLERANCES
        ).x
    return _solved_at(problem, np.atleast_1d(end))


def _solved_at(problem: FitProblem, point: np.ndarray) -> Solution:
    """Return the best fit of a shape; a point beyond the cube is moved to its edge."""
    return solution_at(problem, nonlinear_at(problem, np.clip(point, 0, 1)))


def _value(problem: FitProblem, point: np.ndarray) -> float:
    return _solved_at(problem, point).deviance


def _value_on_axis(problem: FitProblem, place: float) -> float:
    return _value(problem, np.array([place]))


def _residual(problem: FitProblem, point: np.ndarray) -> np.ndarray:
    return _solved_at(problem, point).residual


def descended_as_published(problem: FitProblem, start: Mapping[str, float]) -> Values:
    """Return where a bounded quasi-Newton search of all parameters ends.

    The way of published fits: no projection, one start (L-BFGS-B). It may stop early
    in a narrow valley.
    """
    names = problem.free

    def deviation(vector: np.ndarray) -> float:
        values = problem.fixed | dict(zip(names, vector, strict=True))
        if any(values[short] >= values[long] for short, long in problem.model.SHORTER):
            return _OUT_OF_ORDER
        found = evaluated(problem, values)
        return (
            found.deviance if problem.noise else float(found.residual @ found.residual)
        )

    bounds = [problem.bounds[name] for name in names]
    first = [start[name] for name in names]
    ends = minimize(deviation, first, method="L-BFGS-B", bounds=bounds)
    best = ends.x if ends.fun < deviation(np.array(first)) else first
    return problem.fixed | dict(zip(names, map(float, best), strict=True))


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
