"""Search a problem: many shapes at once first, then downhill from the best of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product

import numpy as np
from scipy.optimize import least_squares, minimize, minimize_scalar

from hipext._design import (
    Problem,
    Solved,
    Values,
    columns_at,
    evaluated,
    place_of,
    shape_at,
    solved,
    whitener,
)

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
class Screen:
    """Shapes spread over the bounds, and the columns that each gives."""

    points: np.ndarray
    columns: np.ndarray
    """Draws x tests x linear parameters."""


def screened(problem: Problem, n_points: int = N_SCREENED) -> Screen:
    """Return shapes spread evenly over the bounds, with their columns."""
    points = _spread(len(problem.searched), n_points)
    shapes = shape_at(problem, points)
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
    problem: Problem,
    *,
    screen: Screen | None = None,
    guesses: tuple[Mapping[str, float], ...] = (),
    n_descents: int | None = None,
    n_steps: int | None = None,
) -> Solved | None:
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
    middle = shape_at(problem, np.full(n_axes, 0.5))
    if middle is None or not n_axes:
        return None if middle is None else solved(problem, middle)
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
    problem: Problem, starts: list[np.ndarray], n_steps: int | None
) -> list[Solved]:
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


def _fits(problem: Problem, guess: Mapping[str, float]) -> bool:
    return all(name in guess for name in problem.searched)


def _best_starts(problem: Problem, screen: Screen, n_best: int) -> list[np.ndarray]:
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


def deviances_of(problem: Problem, screen: Screen) -> np.ndarray:
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
    problem: Problem, start: np.ndarray, *, n_steps: int | None = None
) -> Solved:
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


def _solved_at(problem: Problem, point: np.ndarray) -> Solved:
    """Return the best fit of a shape; a point beyond the cube is moved to its edge."""
    return solved(problem, shape_at(problem, np.clip(point, 0, 1)))


def _value(problem: Problem, point: np.ndarray) -> float:
    return _solved_at(problem, point).deviance


def _value_on_axis(problem: Problem, place: float) -> float:
    return _value(problem, np.array([place]))


def _residual(problem: Problem, point: np.ndarray) -> np.ndarray:
    return _solved_at(problem, point).residual


def descended_as_published(problem: Problem, start: Mapping[str, float]) -> Values:
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
