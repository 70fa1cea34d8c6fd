"""A fit as a problem: tests, bounds, and how far off a set of shape values is.

Given its shape (time constants and the like), a model is linear in its baseline, gains
and initial states. Those are solved for exactly (variable projection); only the shape
is searched, on a unit cube in which every point keeps the bounds and the order of the
time constants.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import log

import numpy as np
from scipy.linalg.blas import dtrsm

from hipext._bounded import bounded_least_squares
from hipext._impulse import LINEAR, STATE_NOISE, Model, faded
from hipext._walk import covariance_of_tests

CLOSEST = 0.999  # a shorter time constant reaches this share of the longer one
_ROUNDED = 1 + 1e-12  # a bound is not passed by a rounding error
_TINY = 1e-300
_LONGER = 1.0001  # of a time constant: a step that shows its direction

Bounds = Mapping[str, tuple[float, float]]
Values = dict[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
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

    def held(self, **values: float) -> "Problem":
        """Return the same problem with some parameters held fast."""
        fixed = {name: (value, value) for name, value in values.items()}
        return replace(self, bounds={**self.bounds, **fixed})

    def with_tests(self, tests: np.ndarray) -> "Problem":
        """Return the same problem with other results of the tests."""
        return replace(self, tests=tests)

    def without(self, left_out: np.ndarray) -> "Problem":
        """Return the same problem with some tests left out."""
        kept = ~left_out
        return replace(
            self,
            days=self.days[kept],
            tests=self.tests[kept],
            weights=self.weights[kept],
        )


def shape_at(problem: Problem, point: np.ndarray) -> Values | None:
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


def place_of(problem: Problem, values: Mapping[str, float]) -> np.ndarray:
    """Return the point of the unit cube of a shape, moved into the bounds."""
    point = np.full(len(problem.searched), 0.5)
    for axis, name in enumerate(problem.searched):
        ends = []
        for end in (0.0, 1.0):
            point[axis] = end
            ends.append(shape_at(problem, point)[name])
        low, high = ends
        wanted = min(max(values[name], low), high)
        if name in STATE_NOISE:
            point[axis] = (wanted**2 - low**2) / (high**2 - low**2)
        else:
            point[axis] = log(wanted / low) / log(high / low) if high > low else 1.0
    return point


def columns_at(problem: Problem, shape: Mapping[str, float | np.ndarray]) -> np.ndarray:
    """Return what one unit of each linear parameter adds: tests x parameters.

    Many shapes at once give draws x tests x parameters.
    """
    if problem.noise and not isinstance(shape["fitness_tau"], np.ndarray):
        return _kept_columns(
            problem, tuple((name, shape[name]) for name in problem.model.SHAPE)
        )
    return _columns(problem, shape)


@lru_cache(maxsize=8)  # searches for noise come back to the same time constants
def _kept_columns(problem: Problem, shape: tuple[tuple[str, float], ...]) -> np.ndarray:
    columns = _columns(problem, dict(shape))
    columns.flags.writeable = False
    return columns


def _columns(problem: Problem, shape: Mapping[str, float | np.ndarray]) -> np.ndarray:
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


def whitener(problem: Problem, values: Mapping[str, float]) -> Whitener:
    """Return what makes the errors of the tests alike."""
    if not problem.noise:
        return Whitener(scale=np.sqrt(problem.weights), log_det=0.0)
    triangle = np.linalg.cholesky(
        covariance_of_tests(values, problem.days, problem.weights)
    )
    log_det = 2 * float(np.log(np.diag(triangle)).sum())
    return Whitener(scale=triangle, log_det=log_det)


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """The best linear parameters of one shape."""

    parameters: Values
    """All parameters by name."""
    residual: np.ndarray
    """Whitened residual of each test, prediction - test."""
    deviance: float
    """-2 log-likelihood, up to a constant."""


def solved(problem: Problem, shape: Mapping[str, float]) -> Solved:
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


def evaluated(problem: Problem, values: Values) -> Solved:
    """Return all parameters as they are, with the errors they make."""
    errors = whitener(problem, values)
    residual = errors.white(predictions(problem, values) - problem.tests)
    return _judged(problem, values, residual, errors)


def _judged(
    problem: Problem, values: Values, residual: np.ndarray, errors: Whitener
) -> Solved:
    squares, n_tests = float(residual @ residual), len(residual)
    if problem.noise:
        deviance = squares + errors.log_det
        if problem.is_restricted:
            deviance += _log_det_of_curve(problem, values, errors)
    else:
        deviance = n_tests * log(max(squares / n_tests, _TINY))
    return Solved(parameters=values, residual=residual, deviance=deviance)


def _log_det_of_curve(problem: Problem, values: Values, errors: Whitener) -> float:
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


def predictions(problem: Problem, values: Values) -> np.ndarray:
    """Return the expected performance in each test."""
    linear = np.array([values[name] for name in problem.linear])
    return columns_at(problem, values) @ linear
