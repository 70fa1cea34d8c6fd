"""Populations of athletes, and cohorts drawn from them at random.

A population is an average athlete and the spread of traits around it, from which
`traits` draws: athlete 7 is the same whether 10 or a million are drawn. All spreads but
that of the response are assumptions (``population.*`` in `parameters.parameter_table`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from hipext.athletes.athlete import (
    STATUSES,
    Athlete,
    Status,
    check_athlete,
    read_athlete,
)
from hipext.files.checks import InputError, PlanError
from hipext.files.io import check_kind, find_file, read_toml
from hipext.files.parameters import parameter
from hipext.files.schema import FileValue, Line, Text, check_values

if TYPE_CHECKING:
    import numpy as np

MAX_ATHLETES = 2**32 - 1  # athletes that random numbers can tell apart
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

    def traits(self) -> "np.ndarray":
        """Return their traits (`traits.TRAITS`), without making athletes."""
        # Here, because populations are read and named without NumPy.
        from hipext.athletes.traits import drawn_traits

        return drawn_traits(
            self.population.athlete,
            _spread(self.population),
            _groups(self.population),
            seed=self.seed,
            first=self.first,
            n=self.n,
        )


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
    InputError
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


def _spread(population: Population) -> dict[str, float]:
    """Return the spreads of a population by the fields of `traits.SPREAD`."""
    values = {}
    for name, given in population.spread:
        value = parameter(f"population.{name}") if given is None else given
        # SD of the logarithm of a lognormal trait with a coefficient of variation cv:
        # sqrt(log(1 + cv**2)).
        is_log = name.endswith("_cv")
        field = name.replace("_cv", "_log_sd")
        values[field] = sqrt(log(1.0 + value**2)) if is_log else value
    return values


def _groups(population: Population) -> list[tuple[float, int, float]]:
    """Return cumulative share, status and strength of the groups of a population."""
    rows, up_to = [], 0.0
    for group in population.group:
        up_to += group.share
        status = STATUSES.index(group.training_status)
        rows.append((up_to, status, group.strength))
    own = STATUSES.index(population.athlete.training_status)
    return rows or [(1.0, own, 1.0)]


def _athlete_with(average: Athlete, drawn: "np.void", *, name: str) -> Athlete:
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
