"""Profile likelihood: how badly the tests are met when one parameter is held fast."""

from dataclasses import dataclass
from math import exp, inf, log, log1p, sqrt

import numpy as np
from scipy.special import fdtri

from hipext._design import CLOSEST, Problem, Solved
from hipext._impulse import LINEAR
from hipext._search import N_STEPS, Screen, searched

_STEPS = 5  # about so many points up to the limit of one parameter, on each side
_MOST_STEPS = 30
_FIRST = 0.05  # first step, in logarithms or in shares of the scale
_LONGEST = 1.0  # step in logarithms
_SMALLEST = 1e-9  # and no smaller
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
    if problem.n_spare <= 0:
        return inf
    ratio = fdtri(together, problem.n_spare, level) * together / problem.n_spare
    return len(problem.tests) * log1p(ratio)


def profiled(
    problem: Problem, best: Solved, name: str, *, level: float, screen: Screen
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
    return searched(held, screen=kept, guesses=(guess,), n_descents=1, n_steps=N_STEPS)


Point = tuple[float, float, Solved]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Way:
    """From the estimate of a parameter to its bound on one side."""

    problem: Problem
    best: Solved
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

    def rise(self, found: Solved) -> float:
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

    def is_lost(self, found: Solved) -> bool:
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
