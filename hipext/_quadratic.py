"""What a day's dose makes of a later day: a value at rest, a slope and a bend."""

from dataclasses import dataclass
from math import copysign, inf, sqrt


@dataclass(frozen=True, kw_only=True)
class Quadratic:
    """``at_rest + slope x + bend x^2`` for doses x from 0 to below `end`; bend <= 0."""

    at_rest: float
    slope: float
    bend: float
    end: float


def value_at(curve: Quadratic, dose: float) -> float:
    """Return the value at a dose; the limit at an infinite one."""
    if dose < inf:
        return curve.at_rest + (curve.slope + curve.bend * dose) * dose
    steepest = curve.bend or curve.slope
    return copysign(inf, steepest) if steepest else curve.at_rest


def reach_of(curve: Quadratic) -> tuple[float, float]:
    """Return the lowest and the highest value, or the limits of both."""
    values = [curve.at_rest, value_at(curve, curve.end)]
    top = -curve.slope / (2 * curve.bend) if curve.bend else 0.0
    if 0 < top < curve.end:
        values.append(value_at(curve, top))
    return min(values), max(values)


def doses_at(curve: Quadratic, level: float) -> list[float]:
    """Return the doses, in order, at which the value is `level`."""
    above = curve.at_rest - level
    if above == 0 and curve.bend == 0:
        return [0.0]
    inside = curve.slope**2 - 4 * curve.bend * above
    if inside < 0:
        return []
    larger = -(curve.slope + copysign(sqrt(inside), curve.slope)) / 2  # no cancelling
    pairs = ((larger, curve.bend), (above, larger))
    roots = {over / under for over, under in pairs if under}
    return sorted(root + 0.0 for root in roots if 0 <= root < curve.end)


def doses_above(curve: Quadratic, level: float) -> tuple[float, float]:
    """Return the lowest and the highest dose with at least `level`.

    The highest is infinite where no dose is too much; none at all is (infinity, 0).
    """
    at = doses_at(curve, level)
    starts_above = curve.at_rest >= level
    if not (at or starts_above):
        return inf, 0.0
    ends_above = value_at(curve, curve.end) >= level or not at
    return 0.0 if starts_above else at[0], inf if ends_above else at[-1]
