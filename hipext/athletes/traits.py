"""Traits of athletes as records, and their drawing from a population.

Every trait is drawn with its own random numbers, a pure function of the seed and the
number of the athlete. Traits are independent of each other, save the responses of an
athlete's legs, whose correlation is ``legs_r``.
"""

from collections.abc import Mapping, Sequence
from math import exp
from operator import attrgetter
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from hipext.athletes.athlete import STATUSES, Athlete
from hipext.engine.compiled import as_python_objects, can_compile, compiled
from hipext.engine.random import normals, philox
from hipext.engine.state import LEFT, RIGHT, SIDES, record_of

TRAIT = 5  # channel of random numbers that the day loop does not use
_UINT32_SPAN = 4294967296.0  # 2**32
_ALWAYS = 99.0  # standard deviations: no normal number is above it
# Limits of an athlete file; what is drawn beyond them is moved to the limit.
MIN_BODY_MASS_KG, MAX_BODY_MASS_KG, MAX_RESPONSE, MAX_LEG = 30.0, 250.0, 5.0, 5.0
MAX_RANGE_DEG, MAX_BRIDGES, MAX_SORENSEN_S, MAX_STRENGTH = 60.0, 200.0, 600.0, 3.0
_REAL, _WHOLE, _BY_SIDE = "f8", "i8", ("f8", (2,))
TRAITS = record_of(
    body_mass_kg=_REAL,
    strength=_REAL,  # factor on the 1RMs that are known
    response=_REAL,
    legs=_BY_SIDE,
    status=_WHOLE,  # place in STATUSES
    technique=_REAL,
    pain=_REAL,
    range_deg=_BY_SIDE,
    bridge_reps=_BY_SIDE,
    sorensen_s=_REAL,
    sleep_h=_REAL,
    nutrition=_REAL,
    hydration=_REAL,
    stress=_REAL,
    other_sessions=_REAL,
    stays_away_above=_REAL,  # standard normal number that keeps from coming
)
GROUP = record_of(up_to=_REAL, status=_WHOLE, strength=_REAL)
SPREAD = record_of(  # SD of the logarithm in place of coefficients of variation
    response_log_sd=_REAL,
    legs_r=_REAL,
    one_rm_log_sd=_REAL,
    body_mass_log_sd=_REAL,
    technique_sd=_REAL,
    range_sd_deg=_REAL,
    sides_range_sd_deg=_REAL,
    bridge_log_sd=_REAL,
    sides_bridge_log_sd=_REAL,
    sorensen_log_sd=_REAL,
    sleep_sd_h=_REAL,
    stress_sd=_REAL,
)
_both = attrgetter("left", "right")


def traits_of(athletes: Sequence[Athlete]) -> np.ndarray:
    """Return the traits (`TRAITS`) of athletes."""
    return np.array([_traits(athlete) for athlete in athletes], dtype=TRAITS)


def drawn_traits(
    average: Athlete,
    spread: Mapping[str, float],
    groups: Sequence[tuple[float, int, float]],
    *,
    seed: int,
    first: int,
    n: int,
) -> np.ndarray:
    """Return the traits (`TRAITS`) of athletes `first`, `first` + 1 and so on.

    `spread` has the fields of `SPREAD`, `groups` those of `GROUP`, a tuple each.
    """
    source = Source(
        traits_of([average])[0],
        np.array([tuple(spread[name] for name in SPREAD.names)], dtype=SPREAD)[0],
        np.array(groups, dtype=GROUP),
        seed,
    )
    traits = np.zeros(n, dtype=TRAITS)
    if can_compile() and n > 1:
        compiled(draw_athletes)(source, first, traits)
    else:
        into = traits.view(np.recarray)
        draw_athletes(as_python_objects(source), first, into)
    return traits


class Source(NamedTuple):
    """A population as the drawing reads it: its records, and the seed."""

    average: np.void  # TRAITS
    spread: np.void  # SPREAD
    groups: np.ndarray  # GROUP
    seed: int


def draw_athletes(source: Source, first: int, traits: np.ndarray) -> None:
    """Fill the traits of athletes `first`, `first` + 1 and so on of a population."""
    for place in range(len(traits)):
        draw_athlete(source, first + place, traits[place])


def draw_athlete(source: Source, athlete: int, drawn: np.void) -> None:
    """Fill the traits of one athlete: the average, with a random deviation of each."""
    # Positive traits are lognormal with the average as their mean, those on a bounded
    # scale normal; both are held within the limits of an athlete file.
    average, spread, groups, seed = source
    z_response, z_legs, z_one_rm, z_body_mass = normals(seed, athlete, 0, TRAIT)
    z_technique, z_range, z_sides_range, z_bridge = normals(seed, athlete, 1, TRAIT)
    z_sides_bridge, z_sorensen, z_sleep, z_stress = normals(seed, athlete, 2, TRAIT)
    # The group: a uniform number on (0, 1) among the cumulative shares.
    word, _, _, _ = philox(athlete, 3, TRAIT, 0, seed & 0xFFFFFFFF, seed >> 32)
    place, uniform = 0, (word + 0.5) / _UINT32_SPAN
    while place < len(groups) - 1 and uniform > groups[place].up_to:
        place += 1
    drawn.status = groups[place].status
    strength = lognormal(spread.one_rm_log_sd, z_one_rm) * groups[place].strength
    drawn.strength = min(strength, MAX_STRENGTH)
    # Responses of the legs, correlated: log(response of a leg) = c * z1 +- o * z2 with
    # c = s * sqrt((1 + r) / 2) and o = s * sqrt((1 - r) / 2). Its variance is
    # c**2 + o**2 = s**2, and the covariance of the legs c**2 - o**2 = r * s**2. The
    # shift by -s**2 / 2 gives each leg a mean of 1.
    log_sd = spread.response_log_sd
    common = log_sd * ((1.0 + spread.legs_r) / 2.0) ** 0.5
    own = log_sd * ((1.0 - spread.legs_r) / 2.0) ** 0.5
    response = exp(common * z_response - log_sd * log_sd / 2.0)
    drawn.response = min(average.response * response, MAX_RESPONSE)
    drawn.legs[LEFT] = min(average.legs[LEFT] * exp(own * z_legs), MAX_LEG)
    drawn.legs[RIGHT] = min(average.legs[RIGHT] * exp(-own * z_legs), MAX_LEG)
    body_mass_kg = average.body_mass_kg * lognormal(
        spread.body_mass_log_sd, z_body_mass
    )
    drawn.body_mass_kg = within(body_mass_kg, MIN_BODY_MASS_KG, MAX_BODY_MASS_KG)
    technique = average.technique + spread.technique_sd * z_technique
    drawn.technique = within(technique, 0.0, 1.0)
    drawn.pain = average.pain
    # Sides: one number moves the mean of both, another either side away from it.
    mean_bridge = lognormal(spread.bridge_log_sd, z_bridge)
    side_bridge = spread.sides_bridge_log_sd * z_sides_bridge
    for side in SIDES:
        sign = 1.0 if side == LEFT else -1.0
        deg = (
            spread.range_sd_deg * z_range
            + sign * spread.sides_range_sd_deg * z_sides_range
        )
        deg = average.range_deg[side] + deg
        drawn.range_deg[side] = within(deg, -MAX_RANGE_DEG / 2.0, MAX_RANGE_DEG)
        reps = average.bridge_reps[side] * mean_bridge * exp(sign * side_bridge)
        drawn.bridge_reps[side] = min(reps, MAX_BRIDGES)
    hold_s = average.sorensen_s * lognormal(spread.sorensen_log_sd, z_sorensen)
    drawn.sorensen_s = min(hold_s, MAX_SORENSEN_S)
    drawn.sleep_h = within(average.sleep_h + spread.sleep_sd_h * z_sleep, 3.0, 12.0)
    drawn.stress = within(average.stress + spread.stress_sd * z_stress, 0.0, 1.0)
    drawn.nutrition, drawn.hydration = average.nutrition, average.hydration
    drawn.other_sessions = average.other_sessions
    drawn.stays_away_above = average.stays_away_above


def lognormal(log_sd: float, z: float) -> float:
    """Return a lognormal factor with a mean of 1, for a standard normal number `z`."""
    return exp(log_sd * z - log_sd * log_sd / 2.0)


def within(value: float, least: float, most: float) -> float:
    """Return a value, or the limit that it passed."""
    return min(max(value, least), most)


def _traits(athlete: Athlete) -> tuple:
    """Return the values of TRAITS, in order."""
    habits = athlete.recovery
    # An athlete comes where a standard normal number is at most this quantile.
    is_regular = athlete.attendance == 1.0
    return (
        athlete.body_mass_kg,
        1.0,
        athlete.response,
        _both(athlete.legs),
        STATUSES.index(athlete.training_status),
        athlete.technique,
        athlete.pain_nprs,
        _both(athlete.hip_extension_deg),
        _both(athlete.single_leg_bridge_reps),
        athlete.biering_sorensen_s,
        habits.sleep_h,
        habits.nutrition,
        habits.hydration,
        habits.stress,
        athlete.other_sessions_per_week,
        _ALWAYS if is_regular else NormalDist().inv_cdf(athlete.attendance),
    )
