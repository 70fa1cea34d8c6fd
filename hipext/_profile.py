"""Profile likelihood: how badly the tests are met when one parameter is held fast."""

from dataclasses import dataclass
from math import exp, inf, log, log1p, sqrt

import numpy as np
from scipy.special import fdtri

from hipext._design import CLOSEST, Problem, Solved
from hipext._impulse import LINEAR
from hipext._search import Screen, searched

_STEPS = 5  # about so many points up to the limit of one parameter, on each side
_MOST_STEPS = 30
_FIRST = 0.05  # first step, in logarithms or in shares of the scale
_NOTHING = 1e-4  # of the estimate: then 0 itself comes next
_NEAR = 0.5 * (1 + CLOSEST)  # as close as two time constants come: one of them is lost


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
    best: Solved
    """The best fit met on the way."""


def limit_of(problem: Problem, level: float, *, together: int = 1) -> float:
    """Return how much deviance above the best is within the level.

    Exact for a linear model with normal errors: the quantile of F for `together`
    parameters, and as many degrees of freedom as tests exceed free parameters.
    """
    n_tests, n_free = len(problem.tests), len(problem.free)
    spare = n_tests - n_free
    if spare <= 0:
        return inf
    ratio = fdtri(together, spare, level) * together / spare
    return n_tests * log1p(ratio)


def profiled(
    problem: Problem, best: Solved, name: str, *, level: float, screen: Screen
) -> Profile:
    """Return the profile of one free parameter, to both sides of its estimate."""
    limits = (
        limit_of(problem, level),
        limit_of(problem, level, together=len(problem.free)),
    )
    sides = [
        _side(problem, best, name, limits, screen, direction) for direction in (-1, 1)
    ]
    points = sorted(sides[0][0][1:] + sides[1][0], key=lambda point: point[0])
    values, deviances, found = zip(*points, strict=True)
    return Profile(
        name=name,
        points=np.array(values),
        deviances=np.array(deviances) - best.deviance,
        interval=(sides[0][1][0], sides[1][1][0]),
        region=(sides[0][1][1], sides[1][1][1]),
        best=min(found, key=lambda one: one.deviance),
    )


def deviance_at(
    problem: Problem,
    name: str,
    value: float,
    near: Solved,
    screen: Screen | None = None,
) -> Solved | None:
    """Return the best fit with one parameter held fast; None where there is none."""
    held = problem.held(**{name: value})
    kept = screen if name in LINEAR else None
    guess = {**near.parameters, name: value}
    return searched(held, screen=kept, guesses=(guess,), n_descents=1)


Point = tuple[float, float, Solved]


def _side(
    problem: Problem,
    best: Solved,
    name: str,
    limits: tuple[float, float],
    screen: Screen,
    direction: int,
) -> tuple[list[Point], tuple[float, float]]:
    """Walk one way until both limits are passed, or the bound is reached."""
    end = problem.bounds[name][direction > 0]
    start = best.parameters[name]
    points: list[Point] = [(start, best.deviance, best)]
    if (end - start) * direction <= 0:
        return points, (end, end)
    scale = _scale_of(problem, name, start)
    aim = sqrt(limits[0]) / _STEPS
    step, before = _FIRST, 0.0
    for _ in range(_MOST_STEPS):
        value = _moved(points[-1][0], direction * step, scale)
        is_as_good_as_0 = end == 0 and abs(value) < _NOTHING * abs(start)
        if (end - value) * direction <= 0 or is_as_good_as_0:
            value = end
        found = deviance_at(problem, name, value, points[-1][2], screen)
        if found is None:
            break
        points.append((value, found.deviance, found))
        rise = sqrt(max(found.deviance - best.deviance, 0.0))
        if rise**2 > limits[1] or value == end:
            break
        step *= min(max(aim / max(rise - before, 1e-9), 0.4), 2.5)
        before = rise
    crossings = tuple(
        _crossing(problem, best, name, points, limit, scale) for limit in limits
    )
    return points, crossings


def _scale_of(problem: Problem, name: str, start: float) -> float | None:
    """Return the unit of steps along a parameter; None for steps in logarithms."""
    if name != "baseline" and start > 0:
        return None
    spread = float(np.ptp(problem.tests))
    if name.endswith("_gain"):
        return spread / max(float(problem.load.sum()), 1e-12)
    return spread


def _moved(value: float, step: float, scale: float | None) -> float:
    return value * exp(step) if scale is None else value + step * scale


def _crossing(
    problem: Problem,
    best: Solved,
    name: str,
    points: list[Point],
    limit: float,
    scale: float | None,
) -> float:
    """Return where the profile crosses a limit; the bound, or infinity, if never."""
    place = next(
        (
            number
            for number, point in enumerate(points)
            if point[1] - best.deviance > limit
        ),
        None,
    )
    if place is None:
        return problem.bounds[name][int(points[-1][0] > points[0][0])]
    inner, outer = points[place - 1], points[place]
    if _is_lost(problem, name, inner[2]) and outer[0] > inner[0]:
        return inf
    for _ in range(2):
        value = _between(inner, outer, best.deviance, limit, scale)
        found = deviance_at(problem, name, value, inner[2])
        if found is None:
            break
        middle = (value, found.deviance, found)
        if middle[1] - best.deviance > limit:
            outer = middle
        else:
            inner = middle
    return _between(inner, outer, best.deviance, limit, scale)


def _is_lost(problem: Problem, name: str, found: Solved) -> bool:
    """Return whether a gain grows because two time constants cannot come closer."""
    values = found.parameters
    return name in LINEAR[1:] and any(
        values[short] >= _NEAR * CLOSEST * values[long]
        for short, long in problem.model.SHORTER
    )


def _between(
    inner: Point, outer: Point, deepest: float, limit: float, scale: float | None
) -> float:
    """Return where the root of the deviance, nearly straight, crosses the limit."""
    rises = [sqrt(max(one[1] - deepest, 0.0)) for one in (inner, outer)]
    share = (sqrt(limit) - rises[0]) / max(rises[1] - rises[0], 1e-12)
    share = min(max(share, 0.0), 1.0)
    if scale is None and inner[0] > 0 and outer[0] > 0:
        ends = log(inner[0]), log(outer[0])
        return exp(ends[0] + share * (ends[1] - ends[0]))
    return inner[0] + share * (outer[0] - inner[0])
