"""What no other row beats, and how far values are beyond their limits."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hipext._checks import check_columns, check_one_of
from hipext.sweep_file import Limit

_SIGNS = {"highest": -1.0, "lowest": 1.0}  # a cost is lower if it is better
_MOST_GOALS = 4


def front_of(table: pd.DataFrame, goals: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows that no other row beats, best in the first goal first.

    A row beats another if it is at least as good in all goals and better in one. Rows
    where a goal is missing are left out; rows that are equal in all goals stay.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per scenario.
    goals : Mapping of str to {"highest", "lowest"}
        Columns, and which way is better.

    Examples
    --------
    >>> table = pd.DataFrame({"strength_pct": [105, 110, 104], "minutes": [50, 60, 55]})
    >>> front_of(table, {"strength_pct": "highest", "minutes": "lowest"}).index.tolist()
    [1, 0]
    """
    check_goals(goals)
    check_columns(table, goals, name="trials")
    costs = np.column_stack(
        [_SIGNS[way] * table[goal].to_numpy("float64") for goal, way in goals.items()]
    )
    known = np.flatnonzero(~np.isnan(costs).any(axis=1))
    order = known[np.lexsort((known, *costs[known].T[::-1]))]  # first goal first
    front: list[int] = []
    best = np.empty((0, len(goals)))  # rows of the front, each of other costs
    for row in order:  # only one that came before can beat it
        no_worse = (best <= costs[row]).all(axis=1)
        is_equal = (best[no_worse] == costs[row]).all(axis=1)
        if is_equal.any() or not no_worse.any():
            front.append(int(row))
            best = best if is_equal.any() else np.vstack([best, costs[row]])
    return table.iloc[front]


def check_goals(goals: Mapping[str, str]) -> None:
    """Raise ValueError unless there are one to four goals, each with its way."""
    if not 1 <= len(goals) <= _MOST_GOALS:
        raise ValueError(
            f"A search has one to four goals; got {len(goals)}: {', '.join(goals)}."
        )
    for goal, way in goals.items():
        check_one_of(way, _SIGNS, name=f"goal {goal}")


def excesses(limit: Limit, value: float) -> dict[str, float]:
    """Return how far a value is beyond each bound, in parts of the bound."""
    found = {}
    if limit.at_most is not None:
        beyond = value - limit.at_most
        found[f"at most {limit.at_most:g}"] = beyond / (abs(limit.at_most) or 1.0)
    if limit.at_least is not None:
        beyond = limit.at_least - value
        found[f"at least {limit.at_least:g}"] = beyond / (abs(limit.at_least) or 1.0)
    return found


def all_excesses(
    values: Mapping[str, float], limits: Mapping[str, Limit]
) -> dict[str, float]:
    """Return how far values are beyond each bound of each limit."""
    return {
        f"{outcome}: {bound}": excess
        for outcome, limit in limits.items()
        for bound, excess in excesses(limit, values[limit.column(outcome)]).items()
    }


def is_allowed(values: Mapping[str, float], limits: Mapping[str, Limit]) -> bool:
    """Return whether values are known and keep to their limits."""
    is_known = not np.isnan([*values.values()]).any()
    return is_known and max(all_excesses(values, limits).values(), default=0.0) <= 0
