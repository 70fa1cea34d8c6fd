"""Constants of the model: value, unit, range, kind and source of each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from math import isnan
from numbers import Real
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from hipext.files.checks import InputError, PlanError, did_you_mean
from hipext.files.io import data_dir, read_toml
from hipext.files.schema import FileValue, Line, Text, check_values

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# A context variable, so that each thread of a study can have constants of its own.
_changed: ContextVar[Mapping[str, float]] = ContextVar(
    "changed constants", default=MappingProxyType({})
)


class Parameter(FileValue):
    """One constant."""

    id: Line
    """What it belongs to and its name: ``banister.fitness_tau``."""
    value: float
    """The value that the package uses."""
    unit: Line
    """Unit of the value."""
    range: tuple[float, float]
    """What a reader may reasonably try, lowest and highest."""
    kind: Literal["measured", "consensus", "assumption"]
    """Whether it was measured, is agreed on, or is assumed."""
    source: Line
    """Id of a row of the evidence table; empty for none."""
    meaning: Text
    """What it stands for, in words."""

    @model_validator(mode="after")
    def _value_is_in_its_range(self) -> "Parameter":
        low, high = self.range
        if not low <= self.value <= high:
            raise InputError(f"value {self.value} lies outside its range {low}-{high}.")
        if self.kind != "assumption" and not self.source:
            raise InputError(f"kind {self.kind!r} needs a source; got none.")
        return self


def parameter(name: str) -> float:
    """Return the value in use of a constant; InputError if there is none."""
    _check_known(name)
    return _changed.get().get(name, shipped_values()[name])


class _File(FileValue):
    format: Literal[1]
    parameter: tuple[Parameter, ...]


def read_parameters(path: str | Path | None = None) -> MappingProxyType[str, Parameter]:
    """Return the constants of a file, by default the shipped one, by id."""
    path = data_dir() / "parameters.toml" if path is None else Path(path)
    rows = check_values(_File, read_toml(path), source=str(path)).parameter
    ids = [row.id for row in rows]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if problems := [f"{name}: this id is used twice." for name in twice]:
        raise PlanError(str(path), problems)
    return MappingProxyType({row.id: row for row in rows})


_shipped = cache(read_parameters)


@cache
def shipped_values() -> Mapping[str, float]:
    """Return all constants by id as shipped, whatever is changed at the moment."""
    return MappingProxyType({name: row.value for name, row in _shipped().items()})


def shipped_parameter(name: str) -> Parameter:
    """Return a constant as shipped, with its range; InputError if there is none."""
    _check_known(name)
    return _shipped()[name]


def values_in_use() -> dict[str, float]:
    """Return all constants by id: as shipped, but for what is changed at the moment."""
    return {**shipped_values(), **_changed.get()}


def parameter_table() -> "pd.DataFrame":
    """Return the constants, one row each, in the order of the file.

    ``value`` is the value in use; everything else is as shipped.
    """
    import pandas as pd  # here, because plans and athletes are read without it

    table = pd.DataFrame([row.model_dump() for row in _shipped().values()])
    return table.assign(value=[*values_in_use().values()])


@contextmanager
def parameters_changed(changes: Mapping[str, float]) -> Iterator[None]:
    """Use other values of some constants inside a ``with`` block.

    Of nested blocks the inner one wins. The values may lie outside the range of the
    file, and be infinite. They hold in the thread that entered the block, not in
    threads started inside it: enter it in each of them.
    """
    # All are checked before one is set: an error leaves the constants as they were.
    checked = {name: _checked(name, value) for name, value in changes.items()}
    token = _changed.set(MappingProxyType({**_changed.get(), **checked}))
    try:
        yield
    finally:
        _changed.reset(token)


def _checked(name: str, value: object) -> float:
    _check_known(name)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"parameter {name} must be a number; got {value!r}.")
    if isnan(value):
        raise InputError(f"parameter {name} must be a number; got {value}.")
    return float(value)


def _check_known(name: str) -> None:
    shipped = _shipped()
    if name not in shipped:
        group = name.partition(".")[0]
        alike = [one for one in shipped if one.startswith(f"{group}.")]
        groups = dict.fromkeys(f"{one.partition('.')[0]}.*" for one in shipped)
        raise InputError(
            f"There is no parameter {name!r}; there are {', '.join(alike or groups)}."
            f"{did_you_mean(name, shipped)}"
        )


@cache
def _model_dtype() -> "np.dtype":
    import numpy as np

    return np.dtype([(name.replace(".", "_"), "f8") for name in shipped_values()])


def shipped_model(**changes: float) -> "np.void":
    """Return the constants in use, with changes, as a record: `a.b` is ``a_b``."""
    import numpy as np

    # One record of floats, because machine code of numba can read its fields by name.
    model = np.array([tuple(values_in_use().values())], dtype=_model_dtype())
    model = model.view(np.recarray)
    for name, value in changes.items():
        model[name] = value
    return model[0]
