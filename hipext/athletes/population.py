"""Populations of athletes, and cohorts drawn from them at random.

A population is an average athlete and the spread of traits around it. Every trait is
drawn with its own random numbers, a pure function of the seed and the number of the
athlete: athlete 7 is the same whether 10 or a million are drawn. All spreads but that
of the response are assumptions (``population.*`` in `parameters.parameter_table`).
Traits are independent of each other, save the responses of an athlete's legs, whose
correlation is ``legs_r``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from operator import attrgetter
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from hipext.athletes.athlete import (
    STATUSES,
    Athlete,
    Status,
    check_athlete,
    read_athlete,
)
from hipext.engine.compiled import as_python_objects, can_compile, compiled
from hipext.engine.progression import record_of
from hipext.engine.random import normals, philox
from hipext.engine.state import LEFT, RIGHT, SIDES
from hipext.files.checks import InputError, PlanError
from hipext.files.io import check_kind, find_file, read_toml
from hipext.files.parameters import parameter
from hipext.files.schema import FileValue, Line, Text, check_values

TRAIT = 5  # channel of random numbers that the day loop does not use
MAX_ATHLETES = 2**32 - 1  # athletes that random numbers can tell apart
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
_both = attrgetter("left", "right")
_SIDED_TRAITS = {  # fields of an athlete and their traits
    "legs": "legs",
    "hip_extension_deg": "range_deg",
    "single_leg_bridge_reps": "bridge_reps",
}


class Spread(FileValue):
    """Spread of traits. What is left out is ``population.*`` of the constants."""

    response_cv: float | None = Field(default=None, ge=0, le=2)
    """Response to training, lognormal: SD as a fraction of the mean."""
    legs_r: float | None = Field(default=None, ge=-1, le=1)
    """Correlation of the logarithms of the responses of an athlete's legs."""
    one_rm_cv: float | None = Field(default=None, ge=0, le=1)
    """1RMs, one factor for all lifts of an athlete, lognormal."""
    body_mass_cv: float | None = Field(default=None, ge=0, le=0.5)
    """Body mass, lognormal."""
    technique_sd: float | None = Field(default=None, ge=0, le=0.5)
    """Rated technique of the hip hinge at the start, 0 to 1."""
    range_sd_deg: float | None = Field(default=None, ge=0, le=15)
    """Hip extension, mean of the sides, in degrees."""
    sides_range_sd_deg: float | None = Field(default=None, ge=0, le=10)
    """Hip extension, deviation of either side from their mean, in degrees."""
    bridge_cv: float | None = Field(default=None, ge=0, le=1)
    """Single-leg bridge test, mean of the sides, lognormal."""
    sides_bridge_cv: float | None = Field(default=None, ge=0, le=0.5)
    """Single-leg bridge test, deviation of either side, lognormal."""
    sorensen_cv: float | None = Field(default=None, ge=0, le=1)
    """Biering-Sørensen hold, lognormal."""
    sleep_sd_h: float | None = Field(default=None, ge=0, le=3)
    """Usual sleep, hours a night."""
    stress_sd: float | None = Field(default=None, ge=0, le=0.5)
    """Usual stress, 0 to 1."""


# As the drawing reads it: SD of the logarithm in place of coefficients of variation.
SPREAD = record_of(
    **{name.replace("_cv", "_log_sd"): _REAL for name in Spread.model_fields}
)


class Group(FileValue):
    """Part of a population with one training status."""

    share: float = Field(gt=0, le=1)
    """Share of the population, 0 to 1; the shares of all groups make 1."""
    training_status: Status
    """Experience of strength training."""
    strength: float = Field(default=1.0, gt=0, le=3)
    """1RMs, as a factor on those of the average athlete."""


def _shares_make_one(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    total = sum(group.share for group in groups)
    if groups and abs(total - 1) >= 1e-9:
        raise InputError(f"the shares must make 1 together; they make {total:g}.")
    return groups


class Population(FileValue):
    """An average athlete and the spread around it. Those shipped are invented."""

    format: int = Field(default=1, ge=1, le=1)
    """Version of the file format."""
    name: Line = Field(min_length=1)
    """Name shown in tables."""
    description: Text = ""
    """The population in a sentence or two."""
    athlete: Athlete
    """The average athlete: a table like an athlete file, or the name of one."""
    spread: Spread = Spread()
    """Spread of traits."""
    group: Annotated[tuple[Group, ...], AfterValidator(_shares_make_one)] = ()
    """Parts with a training status each. Default: that of the average for all."""


@dataclass(frozen=True, kw_only=True)
class Cohort(Sequence):
    """Athletes of a population, each made when it is looked at.

    The seed and the number of an athlete, from `first` on, determine the traits.
    """

    population: Population
    n: int
    seed: int = 0
    first: int = 0

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, place: int | slice) -> "Athlete | Cohort":
        if isinstance(place, slice):
            places = range(self.n)[place]
            if places.step != 1:
                raise InputError(
                    f"athletes are taken in a row; got step {places.step}."
                )
            return replace(self, n=len(places), first=self.first + places.start)
        one = replace(self, n=1, first=self.first + range(self.n)[place])
        average = self.population.athlete
        name = f"{average.name} {one.first + 1}"
        return _athlete_with(average, one.traits()[0], name=name)

    def traits(self) -> np.ndarray:
        """Return the traits (`TRAITS`) of all athletes, without making athletes."""
        average, *_ = traits_of([self.population.athlete])
        source = Source(
            average, _spread(self.population), _groups(self.population), self.seed
        )
        traits = np.zeros(self.n, dtype=TRAITS)
        if can_compile() and self.n > 1:
            compiled(draw_athletes)(source, self.first, traits)
        else:
            into = traits.view(np.recarray)
            draw_athletes(as_python_objects(source), self.first, into)
        return traits


def cohort(
    n: int, population: str | Path | Population = "novices", *, seed: int = 0
) -> Cohort:
    """Return athletes drawn from a population; fastest simulated as a whole.

    Parameters
    ----------
    n : number of athletes, 1 to 2**32 - 1; more leave the first ones as they are
    population : name of a shipped one, a TOML file, or one that was read
    seed : determines their traits: 0 to 2**63 - 1

    Raises
    ------
    ValueError
        If `n` or `seed` is out of range.
    FileNotFoundError, PlanError
        If there is no such population, or it has problems.

    Examples
    --------
    >>> athletes = cohort(1000, "novices")
    >>> athletes[0].name
    'A novice 1'
    >>> athletes[0].response == cohort(5, "novices")[0].response
    True
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MAX_ATHLETES:
        raise InputError(f"n must be a whole number, 1 to {MAX_ATHLETES}; got {n!r}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise InputError(f"seed must be 0 to 2**63 - 1; got {seed!r}.")
    if not isinstance(population, Population):
        population = read_population(population)
    return Cohort(population=population, n=n, seed=seed)


def read_population(name_or_path: str | Path) -> Population:
    """Read a population from a file.

    Parameters
    ----------
    name_or_path : name of a shipped population (``"novices"``) or path of a TOML file

    Raises
    ------
    FileNotFoundError
        If there is no such population or file.
    PlanError
        With all problems of the file at once.
    """
    path = find_file(name_or_path, "populations")
    return check_population(read_toml(path), source=str(path))


def check_population(values: Mapping, *, source: str) -> Population:
    """Return the values of a file as a population; PlanError with all problems."""
    check_kind(values, "population", source=source)
    given, problems = values.get("athlete"), []
    if isinstance(given, str):
        values = {**values, "athlete": read_athlete(given)}
    elif isinstance(given, Mapping):
        # Where the athlete has problems, a shipped one stands in, so that the rest of
        # the population is still checked.
        try:
            values = {**values, "athlete": check_athlete(given, source="athlete")}
        except PlanError as error:
            problems += [f"athlete, {problem}" for problem in error.problems]
            values = {**values, "athlete": read_athlete("novice")}
    return check_values(Population, values, source=source, more_problems=problems)


def traits_of(athletes: Sequence[Athlete]) -> np.ndarray:
    """Return the traits (`TRAITS`) of athletes."""
    return np.array([_traits(athlete) for athlete in athletes], dtype=TRAITS)


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


def _spread(population: Population) -> np.void:
    """Return the spreads of a population as the drawing reads them."""
    values = []
    for name, given in population.spread:
        value = parameter(f"population.{name}") if given is None else given
        # SD of the logarithm of a lognormal trait with a coefficient of variation cv:
        # sqrt(log(1 + cv**2)).
        is_log = name.endswith("_cv")
        values.append(sqrt(log(1.0 + value**2)) if is_log else value)
    return np.array([tuple(values)], dtype=SPREAD)[0]


def _groups(population: Population) -> np.ndarray:
    """Return the groups of a population with their cumulative shares."""
    rows, up_to = [], 0.0
    for group in population.group:
        up_to += group.share
        status = STATUSES.index(group.training_status)
        rows.append((up_to, status, group.strength))
    own = STATUSES.index(population.athlete.training_status)
    return np.array(rows or [(1.0, own, 1.0)], dtype=GROUP)


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


def _athlete_with(average: Athlete, drawn: np.void, *, name: str) -> Athlete:
    """Return an athlete with drawn traits; the rest is that of the average athlete."""
    strength = float(drawn["strength"])
    changes = {
        "name": name,
        "body_mass_kg": float(drawn["body_mass_kg"]),
        "training_status": STATUSES[int(drawn["status"])],
        "response": float(drawn["response"]),
        "technique": float(drawn["technique"]),
        "biering_sorensen_s": float(drawn["sorensen_s"]),
        "one_rm_kg": {lift: kg * strength for lift, kg in average.one_rm_kg.items()},
    }
    for field, trait in _SIDED_TRAITS.items():
        left, right = drawn[trait].tolist()
        changes[field] = type(getattr(average, field))(left=left, right=right)
    habits = {"sleep_h": float(drawn["sleep_h"]), "stress": float(drawn["stress"])}
    changes["recovery"] = average.recovery.model_copy(update=habits)
    return average.model_copy(update=changes)
