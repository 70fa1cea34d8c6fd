"""Changes to a plan in words: read from the command line, told in the report."""

import json
import tomllib
from collections.abc import Iterable, Mapping

from hipext.plan import Plan


def read_changes(texts: Iterable[str]) -> dict[str, object]:
    """Return values by dotted path from texts like ``deload.every_weeks=0``.

    Raises
    ------
    ValueError
        If a text has no path or no value.
    """
    changes = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise ValueError(f"--set needs KEY=VALUE; got {text!r}.")
        try:
            changes[path.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            changes[path.strip()] = value.strip()  # plain words need no quotes here
    return changes


def listed(changes: Mapping[str, object]) -> str:
    """Return changes in one line, like ``deload.every_weeks = 0``."""
    return ", ".join(
        f"{path} = {json.dumps(value, ensure_ascii=False, default=str)}"
        for path, value in changes.items()
    )


def with_changes_told(plan: Plan, changes: Mapping[str, object]) -> Plan:
    """Return a changed plan with a description that says so."""
    if not changes:
        return plan
    description = (
        f"{plan.description.strip()} Changed for this run: {listed(changes)}. "
        "The texts of the plan describe it as it was written."
    )
    return plan.model_copy(update={"description": description.strip()})
