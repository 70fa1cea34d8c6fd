"""Search for plans that serve several goals within limits, for persons of a crowd."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hipext._crowd import lived, side_by_side, threads_for
from hipext._progress import progress_told
from hipext._varied import read_varied
from hipext._who import people_from, people_named, people_values, persons_of
from hipext.athlete import Athlete
from hipext.outcomes import outcomes_of
from hipext.parameters import parameters_changed, values_in_use
from hipext.pareto import Search, search
from hipext.plan import Plan
from hipext.plan_file import check_plan, read_plan
from hipext.records import csv_bytes
from hipext.sweep_file import Limit, SearchSpec, read_search_file
from hipext.whatif import scenario_of


def find_front(
    spec: SearchSpec | str | Path, *, engine: str | None = None, progress: bool = True
) -> Search:
    """Look for the plans of a search file that no other one beats in all goals.

    Every scenario that is tried is lived by the same persons on the same days. Goals
    are means of persons; limits hold for the mean or a percentile of persons.

    Parameters
    ----------
    spec : SearchSpec, str or Path
        A search file, or what `sweep_file.read_search_file` made of one.
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed.
    progress : bool, default True
        Whether to show a bar on a terminal.

    Returns
    -------
    pareto.Search
        Trials and the front among them. There is no single best: which trade to take
        is a choice. A front is what was found, in a model.

    Raises
    ------
    PlanError
        With all problems of the search file, or if not one scenario can be done.
    """
    spec = spec if isinstance(spec, SearchSpec) else read_search_file(spec)
    return front_again(inputs_of_search(spec), engine=engine, progress=progress)


def inputs_of_search(spec: SearchSpec) -> dict[str, object]:
    """Return everything a search is made of, as values of JSON without paths."""
    files = {"plan", "athlete", "population"}
    return {
        "search": spec.model_dump(mode="json", exclude=files),
        "plan": read_plan(spec.plan).model_dump(mode="json", exclude_unset=True),
        **people_values(people_named(spec.athlete, spec.population)),
    }


def front_again(
    inputs: Mapping[str, object], *, engine: str | None = None, progress: bool = True
) -> Search:
    """Return what a search finds, from the inputs of its record."""
    asked = inputs["search"]
    plan = check_plan(inputs["plan"], source="the plan of the record")
    who = people_from(inputs)
    people = persons_of(who, asked["persons"], seed=asked["seed"])
    limits = {name: Limit(**one) for name, one in asked["limits"].items()}
    n_threads = threads_for(engine)
    constants = values_in_use()

    faults: list[ValueError] = []

    def means(changes: Mapping[str, object]) -> dict[str, float]:
        try:
            with parameters_changed(constants):
                return _means(plan, changes, people, asked, limits, engine)
        except ValueError as fault:  # legal singly, not always together
            faults.append(fault)
            return dict.fromkeys(_quantities(asked, limits), np.nan)

    def evaluate(tried: Sequence[Mapping[str, object]]) -> pd.DataFrame:
        return pd.DataFrame(list(side_by_side(means, tried, n_threads=n_threads)))

    size = asked["search"]
    with progress_told(size["trials"], "plans", is_shown=progress) as tell:
        found = search(
            read_varied(asked["vary"], source="the record")[0],
            asked["goals"],
            limits,
            evaluate,
            trials=size["trials"],
            generation=size["generation"],
            seed=asked["seed"],
            progress=tell,
        )
    if len(faults) == len(found.trials):
        raise min(faults, key=str)  # nothing can be done: the person lacks a 1RM, say
    return found


def search_tables(found: Search) -> dict[str, bytes]:
    """Return the tables of a search as CSV by file name."""
    return {f"{name}.csv": csv_bytes(getattr(found, name)) for name in _TABLES}


_TABLES = ("front", "trials")


def _means(
    plan: Plan,
    changes: Mapping[str, object],
    people: Sequence[Athlete],
    asked: Mapping[str, object],
    limits: Mapping[str, Limit],
    engine: str | None,
) -> dict[str, float]:
    """Return goals and limited quantities; ValueError where changes make no plan."""
    scenario = scenario_of(plan, changes)
    options = {"seed": asked["seed"], "noise": asked["noise"], "n_threads": 1}
    found = outcomes_of(lived(scenario, people, engine=engine, **options))
    means = {name: float(found[name].mean()) for name in asked["goals"]}
    limited = {
        limit.column(name): _of(limit, found[name]) for name, limit in limits.items()
    }
    return means | limited


def _quantities(asked: Mapping[str, object], limits: Mapping[str, Limit]) -> list[str]:
    return [*asked["goals"], *(limit.column(name) for name, limit in limits.items())]


def _of(limit: Limit, persons: np.ndarray) -> float:
    if limit.of == "mean":
        return float(persons.mean())
    return float(np.percentile(persons, int(limit.of.removeprefix("p"))))
