"""What is varied: lists of values and ranges of numbers, read from a table by name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from hipext._checks import PlanError
from hipext._schema import FileValue, check_values

_ENDS = ("low", "high")
_WANTED = "must be a list, like [0, 4], or a range, like { low = 1, high = 2 }"


class Range(FileValue):
    """Numbers between two ends, which belong to it."""

    low: float
    """The lowest number."""
    high: float
    """The highest number."""
    whole: bool = False
    """Whether only whole numbers are taken, each as often as the others."""
    steps: int | None = Field(default=None, ge=2, le=10_000)
    """How many numbers a grid takes, evenly from end to end."""

    @model_validator(mode="after")
    def _ends_make_a_range(self) -> "Range":
        ends = f"got low = {self.low:g}, high = {self.high:g}"
        if not self.low < self.high:
            raise ValueError(f"low must be below high; {ends}.")
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError(f"low and high must be whole where whole is true; {ends}.")
        if self.whole and self.steps and self.steps > self.n_whole:
            raise ValueError(
                f"steps must be at most {self.n_whole}, the whole numbers from "
                f"{self.low:g} to {self.high:g}; got {self.steps}."
            )
        return self

    @property
    def n_whole(self) -> int:
        """How many whole numbers there are."""
        return int(self.high) - int(self.low) + 1

    @property
    def ends(self) -> tuple[float, float]:
        """The ends, as whole numbers where only those are taken."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)


Varied = Range | Sequence[object]


class _Ranges(FileValue):
    vary: dict[str, Range]


def n_values(varied: Varied) -> int:
    """Return how many values of a name a grid takes; 0 where that is not yet said."""
    if not isinstance(varied, Range):
        return len(varied)
    return varied.steps or (varied.n_whole if varied.whole else 0)


def positions(varied: Varied, column: pd.Series) -> np.ndarray:
    """Return where the values of a column lie, from 0 (first, lowest) to 1 (last).

    Raises
    ------
    ValueError
        If a value is not one of those that are varied.
    """
    if isinstance(varied, Range):
        return (column.to_numpy("float64") - varied.low) / (varied.high - varied.low)
    places = {written(value): place for place, value in enumerate(varied)}
    found = [places.get(written(value)) for value in column]
    if None in found:
        given = column.iloc[found.index(None)]
        raise ValueError(
            f"{column.name}: {written(given)} is not one of the values that are "
            f"varied, {', '.join(places)}."
        )
    return np.array(found, "float64") / max(len(varied) - 1, 1)


def written(value: object) -> str:
    """Return a value as text that tells 1 from true, but not (3, 4) from [3, 4]."""
    return json.dumps(value, default=_of_numpy)


def _of_numpy(value: np.ndarray | np.generic) -> object:
    return value.tolist()


def as_column(values: Sequence[object]) -> pd.Series:
    """Return values as they are: 0 stays whole beside 0.5, and a list is one value."""
    kinds = {type(value) for value in values} if len(values) else set()
    is_plain = kinds in ({int}, {float}, {np.int64}, {np.float64})
    return pd.Series(list(values), dtype=None if is_plain else object)


def read_varied(
    table: object, *, source: str
) -> tuple[dict[str, Range | tuple[object, ...]], list[str]]:
    """Return what a table of a file varies, by dotted name, and the problems in it.

    Parameters
    ----------
    table : object
        What the file holds; ``deload.every_weeks = [0, 4]`` without quotes around the
        name makes tables in tables, and means the same as with them.
    source : str
        Name of the file.
    """
    if not isinstance(table, Mapping) or not table:
        given = "nothing" if not table else repr(table)
        return {}, [
            f"vary: name at least one thing to vary, such as load_step = [0.5, 1, 2]; "
            f"got {given}."
        ]
    items = [*_flattened(table)]
    names = [name for name, _ in items]
    doubled = sorted({name for name in names if names.count(name) > 1})
    problems = [f"vary, {name}: it is there twice. Keep one." for name in doubled]
    lists = {name: item for name, item in items if isinstance(item, tuple)}
    tables = {name: item for name, item in items if isinstance(item, Mapping)}
    for name, item in items:
        if name not in lists and name not in tables:
            problems.append(f"vary, {name}: {_WANTED}; got {item!r}.")
    faults = {name: [*_faults(values)] for name, values in lists.items()}
    problems += [f"vary, {name}: {one}" for name in faults for one in faults[name]]
    ranges, of_ranges = _ranges(tables, source)
    kept = {name: lists[name] for name in lists if not faults[name]} | ranges
    return {name: kept[name] for name in names if name in kept}, problems + of_ranges


def _flattened(table: Mapping, above: str = "") -> Iterator[tuple[str, object]]:
    """Yield names and what they are varied over; lists become tuples."""
    for key, value in table.items():
        name = f"{above}{key}"
        is_range = isinstance(value, Mapping) and any(end in value for end in _ENDS)
        if isinstance(value, Mapping) and value and not is_range:
            yield from _flattened(value, f"{name}.")
        else:
            yield name, _frozen(value)


def _frozen(value: object) -> object:
    """Return a value with tuples for its lists."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _faults(values: tuple) -> Iterator[str]:
    """Yield what is wrong with a list of values."""
    if not values:
        yield "it has no values; write at least one."
    bad = [value for value in values if not _is_plain(value)]
    if bad:
        kinds = "numbers, texts, true or false, and lists and tables of them"
        yield f"values must be {kinds}; got {_shown(bad[0])}."
        return
    texts = [written(value) for value in values]
    for text in sorted({text for text in texts if texts.count(text) > 1}):
        yield f"{text} is there twice. Keep one."


def _shown(value: object) -> str:
    """Return a value of a list as a file has it: lists in square brackets."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def _is_plain(value: object) -> bool:
    """Return whether a record can hold a value and give it back."""
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, str | bool | int) or (
        isinstance(value, float) and isfinite(value)
    )


def _ranges(
    tables: Mapping[str, Mapping], source: str
) -> tuple[dict[str, Range], list[str]]:
    found, problems = {}, []
    for name, table in tables.items():
        try:
            one = check_values(_Ranges, {"vary": {name: table}}, source=source)
        except PlanError as error:
            problems += error.problems
        else:
            found |= one.vary
    return found, problems
