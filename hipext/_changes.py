"""Changes to a plan in words: read from the command line, told in the report."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping

from hipext.plan import Plan

_PIECES = re.compile(
    r"""(?P<quoted>"(?:\\.|[^"\\])*"|'[^']*')|(?P<bracket>[][{}])|(?P<comma>,)"""
    r"""|(?P<quote>["'])|[^][{},"']+""",
    re.DOTALL,
)


def read_changes(texts: Iterable[str]) -> dict[str, object]:
    """Return values by dotted path from texts like ``deload.every_weeks=0``.

    Raises
    ------
    ValueError
        If a text has no path or no value.
    """
    changes = {}
    for text in texts:
        path, value = _halves(text, "--set needs KEY=VALUE")
        changes[path] = _value(value)
    return changes


def read_vary(texts: Iterable[str]) -> dict[str, list[object]]:
    """Return lists of values by name from texts like ``deload.every_weeks=0,4,6``.

    A comma inside brackets, braces or quotes belongs to a value.

    Raises
    ------
    ValueError
        If a text has no name or an empty value, leaves a bracket or a quote open, or
        names what another one names.

    Examples
    --------
    >>> read_vary(["athlete.missed_weeks=[],[3, 4]", "tempo=3-1-1-0,2-0-1-0"])
    {'athlete.missed_weeks': [[], [3, 4]], 'tempo': ['3-1-1-0', '2-0-1-0']}
    """
    lists: dict[str, list[object]] = {}
    for text in texts:
        name, values = _halves(text, "--vary needs KEY=VALUE,VALUE")
        if name in lists:
            raise ValueError(
                f"--vary: {name!r} is there twice; got {text!r} besides. "
                f"Write all its values behind one {name}=."
            )
        parts = _parted(values, text)
        if not all(parts):
            raise ValueError(
                f"--vary needs a value before and after each comma; got {text!r}. "
                f'Write "" for an empty text.'
            )
        lists[name] = [_value(part) for part in parts]
    return lists


def _halves(text: str, needed: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise ValueError(f"{needed}; got {text!r}.")
    return path.strip(), value


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()  # plain words need no quotes here


def _parted(values: str, text: str) -> list[str]:
    """Return the texts between commas, except those inside brackets and quotes."""
    parts, depth = [""], 0
    for piece in _PIECES.finditer(values):
        if piece["quote"]:
            raise ValueError(f"--vary: a quote is not closed in {text!r}.")
        if piece["bracket"]:
            depth += 1 if piece["bracket"] in "[{" else -1
        if depth < 0:
            raise ValueError(f"--vary: a bracket was never opened in {text!r}.")
        if piece["comma"] and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece[0]
    if depth:
        raise ValueError(f"--vary: a bracket is not closed in {text!r}.")
    return [part.strip() for part in parts]


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
