"""Sums, means and standard deviations in a fixed order.

Sums in tables are added one value after the other, as the rows stand, so that they
are equal to the last digit whatever the versions of the libraries. The methods of
pandas and numpy.sum leave their order to the version and to the shape of an array;
numpy.bincount and numpy.add.accumulate are documented to go from first to last.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def sums_by(
    keys: pd.Series | pd.Index | np.ndarray, columns: Mapping[str, Sequence]
) -> pd.DataFrame:
    """Return the sums of columns by key, sorted by key."""
    numbers, found = pd.factorize(keys, sort=True)
    index = pd.Index(found, name=getattr(keys, "name", None))
    sums = {
        name: np.bincount(numbers, weights=values, minlength=len(index))
        for name, values in columns.items()
    }
    return pd.DataFrame(sums, index=index)


def sum_in_order(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Return the sum along an axis, the first value first; 0 for none."""
    values = np.asarray(values)
    if not values.shape[axis]:
        return values.sum(axis=axis)
    return np.add.accumulate(values, axis=axis, dtype="float64").take(-1, axis=axis)


def mean_in_order(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Return the mean along an axis; there must be a value."""
    return sum_in_order(values, axis) / np.shape(values)[axis]


def sd_in_order(values: np.ndarray, axis: int = 0, *, ddof: int = 1) -> np.ndarray:
    """Return the standard deviation along an axis, over n - `ddof`."""
    off = values - np.expand_dims(mean_in_order(values, axis), axis)
    return np.sqrt(sum_in_order(off**2, axis) / (np.shape(values)[axis] - ddof))
