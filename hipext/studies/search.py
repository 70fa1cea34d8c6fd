"""Search for plans that serve several goals within limits (NSGA-II)."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hipext.files.checks import InputError, counted, import_extra, listed
from hipext.files.io import csv_bytes
from hipext.files.sums import mean_in_order
from hipext.plans.plan_file import check_plan
from hipext.studies.crowds import (
    check_engine,
    outcomes_of,
    progress_bar,
    side_by_side,
    simulate_athletes,
    threads_for,
)
from hipext.studies.designs import as_column
from hipext.studies.scenarios import participants_from_json, scenario_of
from hipext.studies.sweep_file import (
    Limit,
    Range,
    SearchSpec,
    Varied,
    inputs_of_study,
    read_search_file,
    study_from_record,
    written,
)

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution

_WAYS = {"highest": "maximize", "lowest": "minimize"}  # of goals, in words of optuna
_N_NEAREST = 3
_ETA = 5.0  # of mutation, Deb's index: came nearer to known fronts than the usual 20
Changes = dict[str, object]  # by name: what a trial sets
Values = dict[str, float]  # by column: goals and limited quantities of a trial


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """What a search has tried and found."""

    # One row per scenario tried: trial and generation (from 1), the values set, goals
    # and limited quantities, is_allowed, is_on_front. A value set that is called like
    # an outcome has the ending _set.
    trials: pd.DataFrame
    front: pd.DataFrame  # rows allowed and not beaten, best in the first goal first
    space: Mapping[str, Varied]  # by name: what could be set
    goals: Mapping[str, str]  # by outcome: highest or lowest
    limits: Mapping[str, Limit]  # by outcome: what it had to keep to

    def report(self) -> str:
        """Return what was found; where nothing is allowed, the nearest misses."""
        tried = f"{counted(len(self.trials), 'scenario')} tried"
        n_allowed = int(self.trials["is_allowed"].sum())
        if n_allowed:
            together = " together" if len(self.goals) > 1 else ""
            return (
                f"{tried}, {n_allowed} allowed, {len(self.front)} on the front, which "
                f"no other one beats in {listed(self.goals)}{together}. Which of them "
                "to take is a choice, not a result."
            )
        # Those that cannot be done are left out, because their excess is missing.
        excess = _total_excess(self.trials, self.goals, self.limits).dropna()
        nearest = self.trials.loc[excess.nsmallest(_N_NEAREST).index]
        if nearest.empty:
            return f"{tried}, none of which can be done as it was set."
        misses = map(self._miss_text, nearest.to_dict("records"))
        return "\n- ".join([f"{tried}, none allowed. The nearest misses:", *misses])

    def _miss_text(self, row: Mapping[str, object]) -> str:
        was_set = {name: row.get(f"{name}_set", row[name]) for name in self.space}
        values = [
            f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}"
            for name, value in was_set.items()
        ]
        broken = [
            f"{column} is {row[column]:.3g}, {bound}"
            for (column, bound), excess in _excesses(row, self.limits).items()
            if excess > 0
        ]
        return f"{', '.join(values)}: {listed(broken)}."


def find_front(
    spec: SearchSpec | str | Path, *, engine: str | None = None, progress: bool = True
) -> Search:
    """Look for the plans of a search file that no other one beats in all goals.

    Every scenario that is tried is simulated for the same athletes on the same days.
    Goals are means of athletes; limits hold for the mean or a percentile of athletes.
    There is no single best: which trade to take is a choice.

    Parameters
    ----------
    spec : SearchSpec, str or Path
        A search file, or what `sweep_file.read_search_file` made of one.
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed.
    progress : bool, default True
        Whether to show a bar on a terminal.

    Raises
    ------
    PlanError
        With all problems of the search file, or if not one scenario can be done.
    """
    check_engine(engine)
    spec = spec if isinstance(spec, SearchSpec) else read_search_file(spec)
    return front_from_record(inputs_of_study(spec), engine=engine, progress=progress)


def front_from_record(
    inputs: Mapping[str, object], *, engine: str | None = None, progress: bool = True
) -> Search:
    """Return what a search finds, from the inputs of its record."""
    spec = study_from_record(SearchSpec, inputs["search"])
    plan = check_plan(inputs["plan"], source="the plan of the record")
    athletes = participants_from_json(inputs["participants"])
    options = {"seed": spec.seed, "noise": spec.noise, "engine": engine, "n_threads": 1}
    n_threads = threads_for(engine)
    faults: list[InputError] = []

    def means(changes: Changes) -> Values:
        try:
            weeks = simulate_athletes(scenario_of(plan, changes), athletes, **options)
        except InputError as fault:  # each change was checked alone, not all together
            faults.append(fault)
            return {}
        found = outcomes_of(weeks)
        return {name: float(mean_in_order(found[name])) for name in spec.goals} | {
            limit.column(name): limit.value_of(found[name])
            for name, limit in spec.limits.items()
        }

    def evaluate(tried: list[Changes]) -> pd.DataFrame:
        return pd.DataFrame(list(side_by_side(means, tried, n_threads=n_threads)))

    with progress_bar(spec.search.trials, "plans", is_shown=progress) as advance:
        found = search(
            spec.vary,
            spec.goals,
            spec.limits,
            evaluate,
            **spec.search.model_dump(),
            seed=spec.seed,
            progress=advance,
        )
    if len(faults) == len(found.trials):
        raise min(faults, key=str)  # nothing can be done: a 1RM is missing, say
    return found


def search_tables(found: Search) -> dict[str, bytes]:
    """Return the tables of a search as CSV by file name."""
    return {
        f"{name}.csv": csv_bytes(getattr(found, name)) for name in ("front", "trials")
    }


def search(
    space: Mapping[str, Varied],
    goals: Mapping[str, str],
    limits: Mapping[str, Limit],
    evaluate: Callable[[list[Changes]], pd.DataFrame],
    *,
    trials: int,
    generation: int,
    seed: int,
    progress: Callable[[int], object] = int,
) -> Search:
    """Return the front of what a genetic search finds within limits.

    `evaluate` takes a list of changes (value by name) and returns a table with a row
    for each, in order, and a column for each goal and ``limit.column(outcome)``. A
    missing value is a scenario that cannot be: it is not allowed. No changes are asked
    for twice. `trials` scenarios are chosen, `generation` at a time; `progress` is
    called with the number of trials of each generation. Goals, limits and sizes are
    not checked: those of `SearchSpec` were.

    Notes
    -----
    NSGA-II [1]_ by optuna, with simulated binary crossover and polynomial mutation; of
    a list, values are exchanged and drawn anew, without an order. A scenario that
    breaks limits is the worse, the more it does, in parts of each limit. A front is
    what was found, not proof of an optimum.

    References
    ----------
    .. [1] Deb K, Pratap A, Agarwal S, Meyarivan T (2002). A fast and elitist
       multiobjective genetic algorithm: NSGA-II. IEEE Transactions on Evolutionary
       Computation, 6(2), 182-197.
    """
    study = _study(goals, generation, seed)
    limited = [limit.column(outcome) for outcome, limit in limits.items()]
    quantities = [*dict.fromkeys([*goals, *limited])]
    columns = {name: f"{name}_set" if name in quantities else name for name in space}
    tried: dict[str, dict[str, object]] = {}  # rows of the table, by what was set
    for number, first in enumerate(range(0, trials, generation), start=1):
        # Optuna is asked for a whole generation before it gets the first result of it:
        # what is chosen does not depend on the order in which threads are done.
        n_chosen = min(generation, trials - first)
        chosen = [study.ask(_distributions(space)) for _ in range(n_chosen)]
        changes = [
            {
                name: x[name] if isinstance(varied, Range) else varied[x[name]]
                for name, varied in space.items()
            }
            for x in (trial.params for trial in chosen)
        ]
        # Crossover often repeats a scenario. The simulation of it is the same, so it is
        # evaluated once, and the sampler gets its values each time.
        keys = [written(one) for one in changes]
        new = {
            key: one for key, one in zip(keys, changes, strict=True) if key not in tried
        }
        if new:
            found = evaluate([*new.values()]).reindex(columns=quantities)
            values = found.astype("float64").to_dict("records")
            for (key, one), row in zip(new.items(), values, strict=True):
                was_set = {column: one[name] for name, column in columns.items()}
                tried[key] = {"generation": number, **was_set, **row}
        for trial, key in zip(chosen, keys, strict=True):
            _give_result(study, trial, tried[key], goals, limits)
        progress(n_chosen)
    rows = [*tried.values()]
    table = pd.DataFrame(
        {name: as_column([row[name] for row in rows]) for name in rows[0]}
    )
    table.insert(0, "trial", range(1, len(rows) + 1))
    table["is_allowed"] = _total_excess(table, goals, limits) == 0
    front = front_of(table[table["is_allowed"]], goals)
    table["is_on_front"] = table.index.isin(front.index)
    return Search(
        trials=table,
        front=table.loc[front.index],
        space=space,
        goals=goals,
        limits=limits,
    )


def front_of(table: pd.DataFrame, goals: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows that no other row beats, best in the first goal first.

    A row beats another if it is at least as good in all goals and better in one. Rows
    where a goal is missing are left out; rows that are equal in all goals stay.

    Examples
    --------
    >>> table = pd.DataFrame({"strength_pct": [105, 110, 104], "minutes": [50, 60, 55]})
    >>> front_of(table, {"strength_pct": "highest", "minutes": "lowest"}).index.tolist()
    [1, 0]
    """
    signs = [-1.0 if way == "highest" else 1.0 for way in goals.values()]
    costs = signs * table[[*goals]].to_numpy("float64")  # lower is better
    known = np.flatnonzero(~np.isnan(costs).any(axis=1))
    # Sorted by the first goal, then the second and so on (`lexsort` takes its last key
    # first), a row can only be beaten by one that came before, and if so by one that is
    # on the front itself: each row is compared with the front so far, not with all.
    order = known[np.lexsort((known, *costs[known].T[::-1]))]
    front: list[int] = []
    best = np.empty_like(costs)  # costs of the front so far
    for row in order:
        ahead, own = best[: len(front)], costs[row]
        if not ((ahead <= own).all(axis=1) & (ahead < own).any(axis=1)).any():
            best[len(front)] = own
            front.append(row)
    return table.iloc[front]


def _total_excess(
    trials: pd.DataFrame, goals: Mapping[str, str], limits: Mapping[str, Limit]
) -> pd.Series:
    """Return how far trials are beyond all limits; missing where they cannot be."""
    excesses = pd.DataFrame(_excesses(trials, limits), index=trials.index)
    total = excesses.clip(lower=0.0).sum(axis=1, skipna=False)
    return total.where(trials[[*goals]].notna().all(axis=1))


def _excesses(
    values: Values | pd.DataFrame, limits: Mapping[str, Limit]
) -> dict[tuple[str, str], float | pd.Series]:
    """Return how far values are beyond bounds, by column and bound in words."""
    # Parts of the bound have no unit, so that excesses of several limits can be added
    # up; beyond a bound of 0 the value itself is taken.
    found = {}
    for outcome, limit in limits.items():
        column = limit.column(outcome)
        for words, bound, sign in (
            ("at most", limit.at_most, 1.0),
            ("at least", limit.at_least, -1.0),
        ):
            if bound is not None:
                beyond = sign * (values[column] - bound)
                found[column, f"{words} {bound:g}"] = beyond / (abs(bound) or 1.0)
    return found


_NEEDS_OPTUNA = "A search draws its plans with optuna."


def _study(goals: Mapping[str, str], generation: int, seed: int) -> "Study":
    """Return a study in memory: NSGA-II with the operators of its paper."""
    optuna = import_extra("optuna", "sweep", use=_NEEDS_OPTUNA)
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers.nsgaii import PolynomialMutation, SBXCrossover

    # The operators usual in optuna draw a mutant from the whole range: of a single
    # name, a search by chance alone.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        sampler = optuna.samplers.NSGAIISampler(
            population_size=generation,
            crossover=SBXCrossover(),
            mutation=PolynomialMutation(eta=_ETA),
            # Optuna takes seeds of 32 bits; ours have up to 63.
            seed=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        )
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # no greeting
    try:
        directions = [_WAYS[way] for way in goals.values()]
        return optuna.create_study(directions=directions, sampler=sampler)
    finally:
        optuna.logging.set_verbosity(verbosity)


def _distributions(space: Mapping[str, Varied]) -> dict[str, "BaseDistribution"]:
    """Return what is varied in the form of optuna; of a list, places."""
    from optuna import distributions

    found = {}
    for name, varied in space.items():
        if not isinstance(varied, Range):
            places = range(len(varied))
            found[name] = distributions.CategoricalDistribution([*places])
        elif varied.whole:
            found[name] = distributions.IntDistribution(*varied.ends)
        else:
            found[name] = distributions.FloatDistribution(*varied.ends)
    return found


def _give_result(
    study: "Study",
    trial: "Trial",
    values: Values,
    goals: Mapping[str, str],
    limits: Mapping[str, Limit],
) -> None:
    """Give a study the result of a trial; one that cannot be done has failed."""
    from optuna.trial import TrialState

    excesses = _excesses(values, limits)
    results = [values[goal] for goal in goals]
    if np.isnan([*results, *excesses.values()]).any():
        study.tell(trial, state=TrialState.FAIL)
        return
    # Constrained domination (Deb et al., 2002): whatever keeps to the limits beats what
    # does not, and of two that break them, the one with the smaller sum of excesses.
    for (column, bound), excess in excesses.items():
        trial.set_constraint(f"{column}: {bound}", excess)
    study.tell(trial, results)
