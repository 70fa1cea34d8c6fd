"""Search for scenarios that serve several goals: a front of them, never one best."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hipext._checks import check_columns
from hipext._front import all_excesses, check_goals, excesses, front_of, is_allowed
from hipext._nsga import changes_of, distributions_of, study_of, tell
from hipext._phrases import counted, listed
from hipext._varied import Varied, as_column, written
from hipext.sweep_file import Limit

__all__ = ["Search", "front_of", "search"]

_HEADS = ("trial", "generation")
_N_NEAREST = 3

Changes = dict[str, object]
Evaluate = Callable[[list[Changes]], pd.DataFrame]
Values = dict[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """What a search has tried and found."""

    trials: pd.DataFrame
    """One row per scenario tried: trial and generation (from 1), the values set, goals
    and limited quantities, ``is_allowed``, ``is_on_front``. A value set that is called
    like an outcome has the ending ``_set``."""
    front: pd.DataFrame
    """The rows that are allowed and not beaten, best in the first goal first."""
    space: Mapping[str, Varied]
    """By name: what could be set."""
    goals: Mapping[str, str]
    """By outcome: highest or lowest."""
    limits: Mapping[str, Limit]
    """By outcome: what it had to keep to."""

    def told(self) -> str:
        """Return what came of it; where nothing is allowed, the nearest misses."""
        tried = f"{counted(len(self.trials), 'scenario')} tried"
        n_allowed = int(self.trials["is_allowed"].sum())
        if n_allowed:
            together = " together" if len(self.goals) > 1 else ""
            return (
                f"{tried}, {n_allowed} allowed, {len(self.front)} on the front, which "
                f"no other one beats in {listed(self.goals)}{together}. Which of them "
                "to take is a choice, not a result."
            )
        misses = [*map(self._miss_told, _nearest(self))]
        if not misses:
            return f"{tried}, none of which can be done as it was set."
        return "\n- ".join([f"{tried}, none allowed. The nearest misses:", *misses])

    def _miss_told(self, row: Mapping[str, object]) -> str:
        names = _columns_of(self.space, _quantities(self.goals, self.limits))
        was_set = [f"{name} = {_shown(row[column])}" for name, column in names.items()]
        broken = [
            f"{limit.column(outcome)} is {row[limit.column(outcome)]:.3g}, {bound}"
            for outcome, limit in self.limits.items()
            for bound, excess in excesses(limit, row[limit.column(outcome)]).items()
            if excess > 0
        ]
        return f"{', '.join(was_set)}: {listed(broken)}."


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """A scenario that was tried, and what came of it."""

    trial: int
    generation: int
    changes: Changes
    outcomes: Values


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def search(
    space: Mapping[str, Varied],
    goals: Mapping[str, str],
    limits: Mapping[str, Limit],
    evaluate: Evaluate,
    *,
    trials: int,
    generation: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> Search:
    """Return the front of what a genetic search finds within limits.

    Parameters
    ----------
    space : Mapping
        By name, the values or the range of numbers to choose from.
    goals : Mapping of str to {"highest", "lowest"}
        One to four outcomes.
    limits : Mapping of str to Limit
        What a scenario must keep to, by outcome.
    evaluate : callable
        Takes a list of changes (value by name) and returns a table with a row for
        each, in order, and a column for each goal and ``limit.column(outcome)``. A
        missing value is a scenario that cannot be: it is not allowed. No changes are
        asked for twice.
    trials : int
        How many scenarios are chosen; fewer are evaluated where some are chosen again.
    generation : int
        How many are chosen, and evaluated, at a time; at least 2.
    seed : int
        The same seed gives the same search.
    progress : callable, optional
        Told after each generation how many more trials are done.

    Returns
    -------
    Search

    Raises
    ------
    ValueError
        If goals or the table of `evaluate` are not as said.

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

    Examples
    --------
    >>> from hipext.designs import Range
    >>> def evaluate(scenarios):
    ...     x = pd.Series([changes["x"] for changes in scenarios])
    ...     return pd.DataFrame({"strength_pct": 100 + x, "minutes": 60 + x**2})
    >>> goals = {"strength_pct": "highest", "minutes": "lowest"}
    >>> space = {"x": Range(low=-4, high=4, whole=True)}
    >>> found = search(
    ...     space, goals, {}, evaluate, trials=100, generation=20, seed=0
    ... )
    >>> found.front["x"].tolist()
    [4, 3, 2, 1, 0]
    """
    check_goals(goals)
    if not 2 <= generation <= trials:
        raise ValueError(
            f"generation must be from 2 to trials; got generation={generation}, "
            f"trials={trials}."
        )
    study = study_of(goals, generation, seed)
    tried: dict[str, _Tried] = {}
    for number, first in enumerate(range(0, trials, generation), start=1):
        n_asked = min(generation, trials - first)
        asked = [study.ask(distributions_of(space)) for _ in range(n_asked)]
        chosen = [changes_of(space, trial.params) for trial in asked]
        keys = [written(changes) for changes in chosen]
        pairs = zip(keys, chosen, strict=True)
        new = {key: one for key, one in pairs if key not in tried}
        rows = _evaluated(evaluate, [*new.values()], _quantities(goals, limits))
        for key, values in zip(new, rows, strict=True):
            tried[key] = _Tried(
                trial=len(tried) + 1,
                generation=number,
                changes=new[key],
                outcomes=values,
            )
        for trial, key in zip(asked, keys, strict=True):
            tell(study, trial, tried[key].outcomes, goals, limits)
        if progress is not None:
            progress(n_asked)
    return _search_of([*tried.values()], space, goals, limits)


def _quantities(goals: Mapping[str, str], limits: Mapping[str, Limit]) -> list[str]:
    """Return the columns that must be evaluated."""
    limited = [limit.column(outcome) for outcome, limit in limits.items()]
    return [*dict.fromkeys([*goals, *limited])]


def _columns_of(space: Mapping[str, Varied], quantities: list[str]) -> dict[str, str]:
    """Return the columns of values that were set, apart from those of outcomes."""
    return {name: f"{name}_set" if name in quantities else name for name in space}


def _evaluated(
    evaluate: Evaluate, changes: list[Changes], quantities: Sequence[str]
) -> list[Values]:
    """Return the quantities of each of the changes; ValueError if some lack."""
    if not changes:
        return []
    table = evaluate(changes)
    check_columns(table, quantities, name="evaluated")
    if len(table) != len(changes):
        raise ValueError(
            f"evaluate must return a row for each of {len(changes)} scenarios; "
            f"got {len(table)}."
        )
    return table[[*quantities]].astype("float64").to_dict("records")


def _search_of(
    tried: Sequence[_Tried],
    space: Mapping[str, Varied],
    goals: Mapping[str, str],
    limits: Mapping[str, Limit],
) -> Search:
    """Return the trials as tables, with what is allowed and on the front."""
    columns = _columns_of(space, _quantities(goals, limits))
    heads = {key: [getattr(one, key) for one in tried] for key in _HEADS}
    was_set = {
        columns[name]: as_column([one.changes[name] for one in tried]) for name in space
    }
    table = pd.DataFrame(
        {**heads, **was_set, **pd.DataFrame([one.outcomes for one in tried])}
    )
    table["is_allowed"] = [is_allowed(one.outcomes, limits) for one in tried]
    front = front_of(table[table["is_allowed"]], goals)
    table["is_on_front"] = table.index.isin(front.index)
    return Search(
        trials=table,
        front=table.loc[front.index],
        space=space,
        goals=goals,
        limits=limits,
    )


def _nearest(found: Search) -> list[dict[str, object]]:
    """Return the trials that break limits least, of those that can be done."""

    def excess(row: Mapping[str, float]) -> float:
        return sum(max(one, 0.0) for one in all_excesses(row, found.limits).values())

    known = found.trials.dropna(subset=_quantities(found.goals, found.limits))
    return sorted(known.to_dict("records"), key=excess)[:_N_NEAREST]
