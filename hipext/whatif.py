"""Change a plan and see: variations by dotted path."""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np

from hipext._checks import did_you_mean
from hipext.plan import Plan
from hipext.plan_file import check_plan


def vary(plan: Plan, changes: Mapping[str, object]) -> Plan:
    """Return a plan with some values changed.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    changes : Mapping[str, object]
        New values by dotted path: ``{"deload.every_weeks": 0}``. An item of a list is
        named by its name, its exercise or its number from 1:
        ``"phase.hinge.weeks"``, ``"phase.2.session.A.slot.deadlift.sets"``.

    Returns
    -------
    Plan
        Checked like a file.

    Raises
    ------
    ValueError
        If a path leads nowhere; the message says what there is.
    PlanError
        If the changed plan is not a good plan.

    Examples
    --------
    >>> from hipext import read_plan
    >>> plan = vary(read_plan("guide_16wk"), {"phase.hinge.weeks": 3})
    >>> plan.n_weeks
    17
    """
    values = plan.model_dump(mode="json", exclude_unset=True)
    for path, value in changes.items():
        _put(values, path, _plain(value))
    return check_plan(values, source=f"{plan.name!r} with {', '.join(changes)} changed")


def _plain(value: object) -> object:
    """Return a value of its own, and a plain number for one of NumPy."""
    return value.item() if isinstance(value, np.generic) else deepcopy(value)


def _put(values: dict, path: str, value: object) -> None:
    *way, last = path.split(".")
    here: object = values
    for key in way:
        if isinstance(here, dict):
            here = here.setdefault(key, {})
        else:
            here = here[_index(here, key, path)]
    if isinstance(here, list):
        here[_index(here, last, path)] = value
    elif isinstance(here, dict):
        here[last] = value
    else:
        raise ValueError(f"{path}: there is nothing below {way[-1]!r}; it is {here!r}.")


def _index(items: object, key: str, path: str) -> int:
    """Return the place of the item that a key names: by name, exercise or number."""
    if not isinstance(items, list):
        raise ValueError(f"{path}: there is nothing to look {key!r} up in.")
    labels = [
        str(item.get("name") or item.get("exercise"))
        if isinstance(item, dict)
        else str(item)
        for item in items
    ]
    if labels.count(key) > 1:
        places = [str(number) for number, one in enumerate(labels, 1) if one == key]
        raise ValueError(
            f"{path}: {key!r} is there {len(places)} times; name it by its number, "
            f"{' or '.join(places)}."
        )
    if key in labels:
        return labels.index(key)
    if key.isdecimal() and 1 <= int(key) <= len(items):
        return int(key) - 1
    raise ValueError(
        f"{path}: there is no {key!r}; there are {', '.join(labels)} "
        f"(or 1 to {len(labels)}).{did_you_mean(key, labels)}"
    )
