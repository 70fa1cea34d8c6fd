"""Tables of what is shipped: plans, persons, populations, sweeps and searches."""

from collections.abc import Iterator

import pandas as pd

from hipext.athlete import read_athlete
from hipext.data import shipped_names
from hipext.plan_file import read_plan
from hipext.population import Population, read_population
from hipext.sweep_file import read_search_file, read_sweep_file


def plan_table() -> pd.DataFrame:
    """Return one row per shipped plan."""
    rows = [(name, read_plan(name)) for name in shipped_names("plans")]
    return pd.DataFrame(
        [(name, plan.n_weeks, plan.name, plan.description) for name, plan in rows],
        columns=["plan", "weeks", "name", "description"],
    )


def athlete_table() -> pd.DataFrame:
    """Return one row per shipped person."""
    rows = [(name, read_athlete(name)) for name in shipped_names("athletes")]
    return pd.DataFrame(
        [
            (name, one.training_status, one.activity, one.name, one.description)
            for name, one in rows
        ],
        columns=["athlete", "training_status", "activity", "name", "description"],
    )


def population_table() -> pd.DataFrame:
    """Return one row per shipped population."""
    rows = [(name, read_population(name)) for name in shipped_names("populations")]
    return pd.DataFrame(
        [
            (name, ", ".join(_statuses(one)), one.name, one.description)
            for name, one in rows
        ],
        columns=["population", "training_status", "name", "description"],
    )


def _statuses(population: Population) -> list[str]:
    own = population.athlete.training_status
    return [group.training_status for group in population.group] or [own]


def study_table() -> pd.DataFrame:
    """Return one row per shipped sweep and search."""
    columns = ["study", "kind", "plan", "people", "name", "description"]
    return pd.DataFrame([*_studies()], columns=columns)


def _studies() -> Iterator[tuple[str, ...]]:
    readers = {
        "sweeps": ("sweep", read_sweep_file),
        "searches": ("search", read_search_file),
    }
    for folder, (kind, read) in readers.items():
        for name in shipped_names(folder):
            one = read(name)
            people = one.population or one.athlete
            yield name, kind, one.plan, people, one.name, one.description
