"""Many parameter draws of one model at once."""

from dataclasses import MISSING, fields

import numpy as np
import pandas as pd

from hipext._checks import check_columns, check_one_of
from hipext._impulse import (
    CONVENTIONS,
    LINEAR,
    STATE_NOISE,
    Model,
    Values,
    checked_load,
    states,
)

_CHUNK = 2048  # draws at a time: their days fit into the cache of a processor


def respond_draws(
    model: type[Model],
    draws: pd.DataFrame,
    training_load: pd.Series,
    *,
    convention: str = "next_day",
) -> pd.DataFrame:
    """Return the performance of every draw of the parameters, day by day.

    Parameters
    ----------
    model : type
        A class of `response`, such as ``Banister``.
    draws : pandas.DataFrame
        One row per draw, one column per parameter, named as at construction. One
        that has a default may be left out; other columns are left alone.
    training_load : pandas.Series
        Training load (a.u.) of consecutive days, as for ``respond``.
    convention : {"next_day", "same_day"}
        As at construction.

    Returns
    -------
    pandas.DataFrame
        Performance: one row per day with the index of `training_load`, one column per
        draw with the index of `draws`. Equal to ``respond`` of each draw.

    Raises
    ------
    ValueError
        If a column is missing, or a draw is out of range; it is named.

    Examples
    --------
    >>> import pandas as pd
    >>> from hipext.response import OneComponent
    >>> draws = pd.DataFrame(
    ...     {"baseline": [100, 90], "fitness_gain": 1.0, "fitness_tau": [42, 7]}
    ... )
    >>> performance = respond_draws(OneComponent, draws, pd.Series([1.0, 0.0]))
    >>> performance.round(2).loc[1].tolist()
    [100.98, 90.87]
    """
    check_one_of(convention, CONVENTIONS, name="convention")
    load = checked_load(training_load)
    values = _checked(model, draws, convention)
    performance = np.empty((len(load), len(draws)))
    for start in range(0, len(draws), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        part = {name: column[chunk] for name, column in values.items()}
        fitness, fatigue = states(model, part, load, convention)
        fitness -= fatigue
        np.add(fitness, part["baseline"], out=performance[:, chunk])
    index = getattr(training_load, "index", None)
    return pd.DataFrame(performance, index=index, columns=draws.index, copy=False)


def _checked(model: type[Model], draws: pd.DataFrame, convention: str) -> Values:
    """Return the columns of the parameters; ValueError naming the first bad draw."""
    parameters = [field for field in fields(model) if field.name != "convention"]
    needed = [field.name for field in parameters if field.default is MISSING]
    check_columns(draws, needed, name="draws")
    here = [field.name for field in parameters if field.name in draws]
    values = {name: draws[name].to_numpy("float64") for name in here}
    is_fine = np.isfinite(np.column_stack(list(values.values()))).all(axis=1)
    for name in here:
        if name != "baseline":
            is_fine &= values[name] >= 0 if _may_be_zero(name) else values[name] > 0
    for short, long in model.SHORTER:
        is_fine &= values[short] < values[long]
    for place in np.flatnonzero(~is_fine)[:1]:
        row = {name: column[place].item() for name, column in values.items()}
        try:
            model(**row, convention=convention)
        except ValueError as error:
            raise ValueError(f"Draw {draws.index[place]}: {error}") from None
    return values


def _may_be_zero(name: str) -> bool:
    return name in LINEAR or name in STATE_NOISE
