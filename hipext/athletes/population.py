"""Persons drawn by chance from a documented population.

A population is an average person and how much people differ. Every trait is drawn with
its own random numbers, a pure function of seed and number of the person: person 7 is
the same whether 10 or a million are drawn. All spreads but that of the response are
assumptions (``population.*`` in `parameters.parameter_table`); traits are independent
of each other, save the two legs of a person, which agree by ``legs_r``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np
from pydantic import Field

from hipext.athletes.athlete import Athlete, Sides, Status, check_athlete, read_athlete
from hipext.engine.compiled import as_python_objects, can_compile, compiled
from hipext.engine.random import normals, philox
from hipext.engine.state import LEFT, RIGHT, SIDES
from hipext.files.checks import PlanError
from hipext.files.io import check_kind, find_file, read_toml
from hipext.files.parameters import parameter
from hipext.files.schema import FileValue, check_values

STATUSES = ("untrained", "novice", "intermediate", "trained")
TRAIT = 5  # channel of random numbers that the day loop does not use
MAX_RESPONSE, MAX_LEG, MAX_BODY_MASS_KG = 5.0, 5.0, 250.0  # of the person file
MIN_BODY_MASS_KG, MAX_STRENGTH, MAX_RANGE_DEG, MAX_SORENSEN_S = 30.0, 3.0, 60.0, 600.0
_SPAN = 4294967296.0  # 2**32
_REAL, _WHOLE, _FLAG, _OF_SIDES = "f8", "i8", "?", (2,)
TRAITS = np.dtype(
    [
        ("body_mass_kg", _REAL),
        ("strength", _REAL),  # times the 1RMs that are known
        ("response", _REAL),
        ("legs", _REAL, _OF_SIDES),
        ("status", _WHOLE),  # place in STATUSES
        ("technique", _REAL),
        ("pain", _REAL),
        ("range_deg", _REAL, _OF_SIDES),
        ("bridge_reps", _REAL, _OF_SIDES),
        ("sorensen_s", _REAL),
        ("sleep_h", _REAL),
        ("nutrition", _REAL),
        ("hydration", _REAL),
        ("stress", _REAL),
        ("other_sessions", _REAL),
        ("stays_away_above", _REAL),
    ],
    align=True,
)
SPREAD = np.dtype(  # how persons of a population differ; of logarithms where "log"
    [
        ("log_response", _REAL),
        ("legs_r", _REAL),
        ("log_one_rm", _REAL),
        ("log_body_mass", _REAL),
        ("technique", _REAL),
        ("range_deg", _REAL),
        ("sides_range_deg", _REAL),
        ("log_bridge", _REAL),
        ("log_sides_bridge", _REAL),
        ("log_sorensen", _REAL),
        ("sleep_h", _REAL),
        ("stress", _REAL),
    ],
    align=True,
)
GROUP = np.dtype([("up_to", _REAL), ("status", _WHOLE), ("strength", _REAL)])
MAX_PERSONS = 2**32 - 1  # numbers that random numbers know persons by
_NEVER = 99.0  # standard deviations
_SIDED_TRAITS = {  # fields of a person and their traits
    "legs": "legs",
    "hip_extension_deg": "range_deg",
    "single_leg_bridge_reps": "bridge_reps",
}


def draw_athletes(
    average: np.void,
    spread: np.void,
    groups: np.ndarray,
    seed: int,
    first: int,
    traits: np.ndarray,
) -> None:
    """Fill the traits of persons `first`, `first` + 1 and so on of a population."""
    for who in range(len(traits)):
        draw_athlete(average, spread, groups, seed, first + who, traits[who])


def draw_athlete(
    average: np.void,
    spread: np.void,
    groups: np.ndarray,
    seed: int,
    person: int,
    has: np.void,
) -> None:
    """Fill the traits of one person: those of the average one, spread by chance."""
    z, legs, lifts, mass = normals(seed, person, 0, TRAIT)
    hinge, hips, sides, bridge = normals(seed, person, 1, TRAIT)
    bridges, back, sleep, stress = normals(seed, person, 2, TRAIT)
    word, _, _, _ = philox(person, 3, TRAIT, 0, seed & 0xFFFFFFFF, seed >> 32)
    place, here = 0, (word + 0.5) / _SPAN
    while place < len(groups) - 1 and here > groups[place].up_to:
        place += 1
    has.status = groups[place].status
    strength = lognormal(spread.log_one_rm, lifts) * groups[place].strength
    has.strength = min(strength, MAX_STRENGTH)
    # log(response of a leg) = common + or - own: variance s ** 2, correlation r.
    common = spread.log_response * ((1.0 + spread.legs_r) / 2.0) ** 0.5
    own = spread.log_response * ((1.0 - spread.legs_r) / 2.0) ** 0.5
    size = exp(common * z - spread.log_response * spread.log_response / 2.0)
    has.response = min(average.response * size, MAX_RESPONSE)
    has.legs[LEFT] = min(average.legs[LEFT] * exp(own * legs), MAX_LEG)
    has.legs[RIGHT] = min(average.legs[RIGHT] * exp(-own * legs), MAX_LEG)
    body_mass_kg = average.body_mass_kg * lognormal(spread.log_body_mass, mass)
    has.body_mass_kg = within(body_mass_kg, MIN_BODY_MASS_KG, MAX_BODY_MASS_KG)
    has.technique = within(average.technique + spread.technique * hinge, 0.0, 1.0)
    has.pain = average.pain
    alike, off = lognormal(spread.log_bridge, bridge), spread.log_sides_bridge * bridges
    for side in SIDES:
        sign = 1.0 if side == LEFT else -1.0
        deg = spread.range_deg * hips + sign * spread.sides_range_deg * sides
        deg = average.range_deg[side] + deg
        has.range_deg[side] = within(deg, -MAX_RANGE_DEG / 2.0, MAX_RANGE_DEG)
        reps = average.bridge_reps[side] * alike * exp(sign * off)
        has.bridge_reps[side] = min(reps, 200.0)
    hold_s = average.sorensen_s * lognormal(spread.log_sorensen, back)
    has.sorensen_s = min(hold_s, MAX_SORENSEN_S)
    has.sleep_h = within(average.sleep_h + spread.sleep_h * sleep, 3.0, 12.0)
    has.stress = within(average.stress + spread.stress * stress, 0.0, 1.0)
    has.nutrition, has.hydration = average.nutrition, average.hydration
    has.other_sessions = average.other_sessions
    has.stays_away_above = average.stays_away_above


def lognormal(sd: float, z: float) -> float:
    """Return a factor with a mean of 1 whose logarithm has a spread of `sd`."""
    return exp(sd * z - sd * sd / 2.0)


def within(value: float, least: float, most: float) -> float:
    """Return a value, or the limit that it passed."""
    return min(max(value, least), most)


class Spread(FileValue):
    """How much people differ. What is left out is ``population.*`` of the constants."""

    response_cv: float | None = Field(default=None, ge=0, le=2)
    """Response to training, lognormal: spread in parts of the mean."""
    legs_r: float | None = Field(default=None, ge=-1, le=1)
    """Correlation of the logarithms of the responses of a person's legs."""
    one_rm_cv: float | None = Field(default=None, ge=0, le=1)
    """1RMs, all lifts of a person alike, lognormal."""
    body_mass_cv: float | None = Field(default=None, ge=0, le=0.5)
    """Body mass, lognormal."""
    technique_sd: float | None = Field(default=None, ge=0, le=0.5)
    """Rated hinge at the start, 0 to 1."""
    range_sd_deg: float | None = Field(default=None, ge=0, le=15)
    """Hip extension, both sides of a person alike, in degrees."""
    sides_range_sd_deg: float | None = Field(default=None, ge=0, le=10)
    """What either side is off the mean of both, in degrees."""
    bridge_cv: float | None = Field(default=None, ge=0, le=1)
    """Single-leg bridge test, both sides alike, lognormal."""
    sides_bridge_cv: float | None = Field(default=None, ge=0, le=0.5)
    """What either side is off the mean of both, lognormal."""
    sorensen_cv: float | None = Field(default=None, ge=0, le=1)
    """Biering-Sørensen hold, lognormal."""
    sleep_sd_h: float | None = Field(default=None, ge=0, le=3)
    """Usual sleep, hours a night."""
    stress_sd: float | None = Field(default=None, ge=0, le=0.5)
    """Usual stress, 0 to 1."""


class Group(FileValue):
    """A part of the population with one training status."""

    share: float = Field(gt=0, le=1)
    """Share of the people, 0 to 1; the shares of all groups make 1."""
    training_status: Status
    """How used to strength training."""
    strength: float = Field(default=1.0, gt=0, le=3)
    """1RMs, in parts of those of the average person."""


class Population(FileValue):
    """An average person, and how people differ. Those shipped are invented."""

    format: int = Field(default=1, ge=1, le=1)
    """Version of the file format."""
    name: str = Field(min_length=1)
    """Name shown in tables."""
    description: str = ""
    """Who these people are."""
    athlete: Athlete
    """The average person: a table like a person file, or the name of one."""
    spread: Spread = Spread()
    """How much people differ."""
    group: tuple[Group, ...] = ()
    """Parts with a training status each. Default: all have that of the average."""


@dataclass(frozen=True, kw_only=True)
class Cohort(Sequence):
    """Persons of a population, made when they are looked at.

    Attributes
    ----------
    population : Population
        Where they are drawn from.
    n : int
        How many.
    seed : int
        With the number of a person it makes who that is.
    first : int
        Number of the first person.
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
                raise ValueError(f"persons are taken in a row; got step {places.step}.")
            return replace(self, n=len(places), first=self.first + places.start)
        one = replace(self, n=1, first=self.first + range(self.n)[place])
        average = self.population.athlete
        name = f"{average.name} {one.first + 1}"
        return athlete_with(average, one.traits()[0], name=name)

    def traits(self) -> np.ndarray:
        """Return the traits of all, of `_born.TRAITS`, without making persons."""
        average = traits_of([self.population.athlete])
        spread, groups = _spread(self.population), _groups(self.population)
        traits = np.zeros(self.n, dtype=TRAITS)
        if can_compile() and self.n > 1:
            given = (average[0], spread, groups, self.seed, self.first)
            compiled(draw_athletes)(*given, traits)
        else:
            given = map(as_python_objects, (average[0], spread, groups))
            into = traits.view(np.recarray)
            draw_athletes(*given, self.seed, self.first, into)
        return traits


def cohort(
    n: int, population: str | Path | Population = "novices", *, seed: int = 0
) -> Cohort:
    """Return persons drawn from a population.

    Parameters
    ----------
    n : int
        How many: 1 to 2**32 - 1. More persons leave the first ones as they are.
    population : str, Path or Population, default "novices"
        Name of a shipped population, a TOML file, or one that was read.
    seed : int, default 0
        Makes who they are: 0 to 2**63 - 1.

    Returns
    -------
    Cohort
        A sequence of `Athlete`; also takes part as a whole, which is quicker.

    Raises
    ------
    ValueError
        If `n` or `seed` is out of range.
    FileNotFoundError, PlanError
        If there is no such population, or it has problems.

    Examples
    --------
    >>> people = cohort(1000, "novices")
    >>> people[0].name
    'A novice 1'
    >>> people[0].response == cohort(5, "novices")[0].response
    True
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MAX_PERSONS:
        raise ValueError(f"n must be a whole number, 1 to {MAX_PERSONS}; got {n!r}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be 0 to 2**63 - 1; got {seed!r}.")
    if not isinstance(population, Population):
        population = read_population(population)
    return Cohort(population=population, n=n, seed=seed)


def read_population(name_or_path: str | Path) -> Population:
    """Read a population from a file.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped population (``"novices"``) or path of a TOML file.

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
    given, problems = values.get("athlete"), _group_faults(values.get("group"))
    if isinstance(given, str):
        values = {**values, "athlete": read_athlete(given)}
    elif isinstance(given, Mapping):
        values = {**values, "athlete": read_athlete("novice")}  # until it is read
        try:
            values["athlete"] = check_athlete(given, source="athlete")
        except PlanError as error:
            problems += [f"athlete, {problem}" for problem in error.problems]
    return check_values(Population, values, source=source, more_problems=problems)


def population_of(athlete: Athlete) -> Population:
    """Return the population whose average is a person, with the usual spreads."""
    return Population(name=f"People like {athlete.name}", athlete=athlete)


def _group_faults(groups: object) -> list[str]:
    shares = [
        group.get("share")
        for group in (groups if isinstance(groups, Sequence) else ())
        if isinstance(group, Mapping)
    ]
    if not shares or not all(isinstance(one, int | float) for one in shares):
        return []
    total = sum(shares)
    if abs(total - 1) < 1e-9:
        return []
    return [f"group: the shares must make 1 together; they make {total:g}."]


def _spread(population: Population) -> np.void:
    """Return the spreads of a population as the drawing reads them."""
    given = population.spread.model_dump()
    values = {
        name: parameter(f"population.{name}") if value is None else value
        for name, value in given.items()
    }
    spread = np.zeros(1, dtype=SPREAD)
    for field, name in _FIELDS.items():
        value = values[name]
        is_log = field.startswith("log_")
        spread[field] = sqrt(log(1.0 + value**2)) if is_log else value
    return spread[0]


_FIELDS = dict(zip(SPREAD.names, Spread.model_fields, strict=True))


def _groups(population: Population) -> np.ndarray:
    """Return the groups of a population as the drawing reads them."""
    rows, up_to = [], 0.0
    for group in population.group:
        up_to += group.share
        status = STATUSES.index(group.training_status)
        rows.append((up_to, status, group.strength))
    own = STATUSES.index(population.athlete.training_status)
    return np.array(rows or [(1.0, own, 1.0)], dtype=GROUP)


def traits_of(athletes: Sequence[Athlete]) -> np.ndarray:
    """Return the traits of persons, of `_born.TRAITS`."""
    return np.array([_traits(athlete) for athlete in athletes], dtype=TRAITS)


def _traits(athlete: Athlete) -> tuple:
    """Return the values of TRAITS, in order."""
    habits = athlete.recovery
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
        _stays_away_above(athlete),
    )


def _both(sides: Sides) -> tuple[float, float]:
    return sides.left, sides.right


def _stays_away_above(athlete: Athlete) -> float:
    if athlete.attendance == 1.0:
        return _NEVER
    return NormalDist().inv_cdf(athlete.attendance)


def athlete_with(average: Athlete, has: np.void, *, name: str) -> Athlete:
    """Return a person with traits that were drawn; the rest is the average person's."""
    changes = {
        "name": name,
        "body_mass_kg": float(has["body_mass_kg"]),
        "training_status": STATUSES[int(has["status"])],
        "response": float(has["response"]),
        "technique": float(has["technique"]),
        "biering_sorensen_s": float(has["sorensen_s"]),
        "one_rm_kg": {
            lift: kg * float(has["strength"]) for lift, kg in average.one_rm_kg.items()
        },
    }
    for field, trait in _SIDED_TRAITS.items():
        left, right = has[trait].tolist()
        changes[field] = type(getattr(average, field))(left=left, right=right)
    habits = {"sleep_h": float(has["sleep_h"]), "stress": float(has["stress"])}
    changes["recovery"] = average.recovery.model_copy(update=habits)
    return average.model_copy(update=changes)
