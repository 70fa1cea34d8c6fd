"""A comparison as files and a record, and a comparison made again from its record."""

from collections.abc import Mapping, Sequence

import numpy as np

from hipext.athlete import Athlete, check_athlete
from hipext.comparison import Comparison, compare, grouped
from hipext.plan_file import check_plan
from hipext.population import Cohort, check_population
from hipext.records import csv_bytes, record_bytes, record_of
from hipext.whatif import Scenario

TABLES = ("differences", "weekly", "weekly_differences", "outcomes")


def comparison_tables(found: Comparison) -> dict[str, bytes]:
    """Return the tables of a comparison as CSV by file name."""
    return {f"{name}.csv": csv_bytes(getattr(found, name)) for name in TABLES}


def comparison_files(found: Comparison) -> dict[str, bytes]:
    """Return the tables of a comparison and its ``record.json`` by file name.

    Constants are those in use now; those that a scenario changes are told with it.
    """
    files = comparison_tables(found)
    record = record_of("compare", inputs_of_comparison(found), files)
    return files | {"record.json": record_bytes(record)}


def inputs_of_comparison(found: Comparison) -> dict[str, object]:
    """Return everything a comparison is made of, as values of JSON.

    Every plan is there once; scenarios name theirs by number from 1.
    """
    plans: list = []
    scenarios = []
    for one in found.scenarios:
        if one.plan not in plans:
            plans.append(one.plan)
        scenarios.append(
            {
                "name": one.name,
                "plan": plans.index(one.plan) + 1,
                "athlete": dict(one.athlete),
                "parameters": dict(one.parameters),
            }
        )
    return {
        "scenarios": scenarios,
        "plans": [plan.model_dump(mode="json", exclude_unset=True) for plan in plans],
        **_inputs_of_people(found.athletes),
        "seeds": list(found.seeds),
        "noise": found.noise,
        "level": found.level,
        "groups": dict(found.groups),
    }


def _inputs_of_people(athletes: Sequence[Athlete]) -> dict[str, object]:
    if isinstance(athletes, Cohort):
        who = athletes.population.model_dump(mode="json", exclude_unset=True)
        drawn = {"n": athletes.n, "seed": athletes.seed, "first": athletes.first}
        return {"population": who, "cohort": drawn}
    alike = {id(one): one for one in athletes}
    places = {key: place for place, key in enumerate(alike, start=1)}
    who = [one.model_dump(mode="json", exclude_unset=True) for one in alike.values()]
    order = [places[id(one)] for one in athletes]
    is_one = len(who) == 1
    return {"athletes": who, "persons": len(order) if is_one else order}


def compared_again(
    record: Mapping[str, object], *, engine: str | None = None
) -> Comparison:
    """Return the comparison of a record, made again with the constants in use."""
    plans = [check_plan(one, source="a plan of the record") for one in record["plans"]]
    scenarios = {
        one["name"]: Scenario(
            name=one["name"],
            plan=plans[one["plan"] - 1],
            athlete=one["athlete"],
            parameters=one["parameters"],
        )
        for one in record["scenarios"]
    }
    found = compare(
        scenarios,
        _people_of(record),
        seeds=tuple(record["seeds"]),
        noise=record["noise"],
        level=record["level"],
        engine=engine,
        progress=False,
    )
    return grouped(found, record["groups"])


def _people_of(record: Mapping[str, object]) -> Sequence[Athlete]:
    if "population" in record:
        who = check_population(record["population"], source="people of the record")
        return Cohort(population=who, **record["cohort"])
    who = [
        check_athlete(one, source="a person of the record")
        for one in record["athletes"]
    ]
    if isinstance(record["persons"], int):
        return who * record["persons"]
    return [who[place - 1] for place in np.asarray(record["persons"]).tolist()]
