"""Dotted paths through the values of a file: what they lead to is set."""

from collections.abc import Iterator
from copy import deepcopy

import numpy as np

from hipext._checks import did_you_mean

STAR = "*"  # stands for every item of a list


def plain(value: object) -> object:
    """Return a value of its own, and a plain number for one of NumPy."""
    return value.item() if isinstance(value, np.generic) else deepcopy(value)


def put(values: dict, path: str, value: object, *, whole: dict) -> None:
    """Set what a path leads to.

    Parameters
    ----------
    values : dict
        What a file says; it is changed.
    path : str
        Keys with dots between; an item of a list by name, exercise or number from 1.
        With ``*`` for every item of a list, all places are set that the path leads to.
    value : object
        The new value.
    whole : dict
        The same values with all defaults; a path with ``*`` sets a key of a table
        inside an item only where it has a value here or there.

    Raises
    ------
    ValueError
        If the path leads nowhere; the message says what there is.
    """
    keys = path.split(".")
    if STAR not in keys:
        _put_once(values, keys, value, path)
        return
    tried: dict[int, list[str]] = {}
    places = list(_places(values, whole, keys, tried))
    if not places:
        raise ValueError(_nowhere(path, keys, tried))
    for here, key in places:
        here[key] = deepcopy(value)


def _put_once(values: dict, keys: list[str], value: object, path: str) -> None:
    *way, last = keys
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
    found, labels = _named(items, key), _labels(items)
    if len(found) > 1:
        places = " or ".join(str(place + 1) for place in found)
        raise ValueError(
            f"{path}: {key!r} is there {len(found)} times; name it by its number, "
            f"{places}."
        )
    if not found:
        raise ValueError(
            f"{path}: there is no {key!r}; there are {', '.join(labels)} "
            f"(or 1 to {len(labels)}).{did_you_mean(key, labels)}"
        )
    return found[0]


def _named(items: list, key: str) -> list[int]:
    """Return the places of the items that a key names, or that of its number."""
    found = [place for place, label in enumerate(_labels(items)) if label == key]
    is_number = key.isdecimal() and 1 <= int(key) <= len(items)
    return found or ([int(key) - 1] if is_number else [])


def _labels(items: list) -> list[str]:
    return [
        str(item.get("name") or item.get("exercise"))
        if isinstance(item, dict)
        else str(item)
        for item in items
    ]


def _places(
    here: object,
    whole: object,
    keys: list[str],
    tried: dict[int, list[str]],
    *,
    depth: int = 0,
    is_inside: bool = False,
) -> Iterator[tuple[dict | list, str | int]]:
    """Yield where a path with wildcards ends; note in `tried` what there is.

    Inside: in a table of an item that a wildcard stands for, like its rule.
    """
    if isinstance(here, list):
        found, there = _items(here, keys, depth), _labels(here)
    else:
        found, there = _keys(here, whole, keys, depth, is_inside)
    tried.setdefault(depth, []).extend(there)
    for one in found:
        if depth == len(keys) - 1:
            yield here, one
        else:
            is_table = isinstance(here, dict)
            inner, below = _inner(whole, one), depth + 1
            yield from _places(
                here[one], inner, keys, tried, depth=below, is_inside=is_table
            )


def _items(here: list, keys: list[str], depth: int) -> list[int]:
    """Return the places of a list that a key stands for: one, before a wildcard."""
    if keys[depth] == STAR:
        return list(range(len(here)))
    if STAR in keys[:depth]:
        return _named(here, keys[depth])
    return [_index(here, keys[depth], ".".join(keys))]


def _keys(
    here: object, whole: object, keys: list[str], depth: int, is_inside: bool
) -> tuple[list[str], list[str]]:
    """Return the key of a table, if it can be followed or set, and what keys it has."""
    if not isinstance(here, dict):
        return [], []
    if depth < len(keys) - 1:
        return [key for key in here if key == keys[depth]], list(here)
    there = _with_value(here) | _with_value(whole)
    is_found = keys[depth] in there or not is_inside  # the file's check tells the rest
    return [keys[depth]] * is_found, sorted(there)


def _with_value(table: object) -> set[str]:
    is_table = isinstance(table, dict)
    return {key for key in table if table[key] is not None} if is_table else set()


def _inner(whole: object, key: str | int) -> object:
    """Return what is at a key of `whole`, or nothing where it has no such place."""
    if isinstance(whole, dict):
        return whole.get(key)
    is_there = isinstance(whole, list) and isinstance(key, int) and key < len(whole)
    return whole[key] if is_there else None


def _nowhere(path: str, keys: list[str], tried: dict[int, list[str]]) -> str:
    """Return why a path with wildcards leads nowhere: at its deepest known key."""
    depth = max(tried)
    key, there = keys[depth], list(dict.fromkeys(tried[depth]))
    if key == STAR:
        return f"{path}: '*' stands for the items of a list, and there are none here."
    if not there:
        return f"{path}: there is nothing to look {key!r} up in."
    return (
        f"{path}: no place that it leads to has {key!r}; there are "
        f"{', '.join(there)}.{did_you_mean(key, there)}"
    )
