"""Constants of the model, each with value, unit, range, kind and source."""

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import pandas as pd
from pydantic import model_validator

from hipext._checks import PlanError, did_you_mean
from hipext._schema import FileValue, check_values
from hipext.data import data_dir, read_toml


class Parameter(FileValue):
    """One constant."""

    id: str
    """What it belongs to and its name: ``banister.fitness_tau``."""
    value: float
    """The value that the package uses."""
    unit: str
    """Unit of the value."""
    range: tuple[float, float]
    """What a reader may reasonably try, lowest and highest."""
    kind: Literal["measured", "consensus", "assumption"]
    """Whether it was measured, is agreed on, or is assumed."""
    source: str
    """Id of a row of the evidence table; empty for none."""
    meaning: str
    """What it stands for, in words."""

    @model_validator(mode="after")
    def _value_is_in_its_range(self) -> "Parameter":
        low, high = self.range
        if not low <= self.value <= high:
            raise ValueError(f"value {self.value} lies outside its range {low}-{high}.")
        if self.kind != "assumption" and not self.source:
            raise ValueError(f"kind {self.kind!r} needs a source; got none.")
        return self


class _File(FileValue):
    format: Literal[1]
    parameter: tuple[Parameter, ...]


def read_parameters(path: str | Path | None = None) -> MappingProxyType[str, Parameter]:
    """Return the constants by id.

    Parameters
    ----------
    path : str or Path, optional
        A parameter file. Default: the shipped one.

    Raises
    ------
    PlanError
        With all problems of the file at once.
    """
    path = data_dir() / "parameters.toml" if path is None else Path(path)
    rows = check_values(_File, read_toml(path), source=str(path)).parameter
    ids = [row.id for row in rows]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise PlanError(
            str(path), [f"{name}: this id is used twice." for name in twice]
        )
    return MappingProxyType({row.id: row for row in rows})


_shipped = cache(read_parameters)


def parameter(name: str) -> float:
    """Return the shipped value of a constant; ValueError if there is none."""
    shipped = _shipped()
    if name not in shipped:
        raise ValueError(
            f"There is no parameter {name!r}; there are {', '.join(shipped)}."
            f"{did_you_mean(name, shipped)}"
        )
    return shipped[name].value


def parameter_table() -> pd.DataFrame:
    """Return the shipped constants, one row each, in the order of the file."""
    return pd.DataFrame([row.model_dump() for row in _shipped().values()])
