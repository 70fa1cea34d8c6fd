"""One person or a population as values of JSON, and who of them trains."""

from collections.abc import Mapping, Sequence

from hipext.athlete import Athlete, check_athlete, read_athlete
from hipext.population import Cohort, Population, check_population, read_population


def people_named(athlete: str | None, population: str | None) -> Athlete | Population:
    """Return the person of a file, or the population where that is named."""
    return read_athlete(athlete) if population is None else read_population(population)


def people_values(people: Athlete | Population) -> dict[str, object]:
    """Return a person or a population as a record has it: the kind, and its values."""
    kind = "population" if isinstance(people, Population) else "athlete"
    return {kind: people.model_dump(mode="json", exclude_unset=True)}


def people_from(values: Mapping[str, object]) -> Athlete | Population:
    """Return the person or the population of a record."""
    if "population" in values:
        return check_population(values["population"], source="people of the record")
    return check_athlete(values["athlete"], source="person of the record")


def persons_of(
    people: Athlete | Population, n: int, *, seed: int, first: int = 0
) -> Sequence[Athlete]:
    """Return who trains: copies of one person, or persons drawn from `first` on."""
    if isinstance(people, Athlete):
        return [people] * n
    return Cohort(population=people, n=n, seed=seed, first=first)
