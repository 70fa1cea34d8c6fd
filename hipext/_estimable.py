"""Whether sets can be used for an estimate of the 1RM, and what to say if not."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from hipext._checks import check_columns, check_one_of, check_positive
from hipext.relations import MAX_REPS, Relation

LOADS = ("load_kg", "system_load_kg")


def check_given(
    k: float | None,
    one_rm_kg: float | None,
    relation_with: Callable[[float], Relation],
) -> None:
    """Raise ValueError unless at most one constant is given, and one that can be."""
    if k is not None and one_rm_kg is not None:
        raise ValueError(
            f"k={k:g} and one_rm_kg={one_rm_kg:g} are both given; leave out the one "
            "that is to be estimated."
        )
    if k is not None:
        relation_with(k)
    if one_rm_kg is not None:
        check_positive(one_rm_kg, name="one_rm_kg", unit=" of kg")


def checked_sets(sets: pd.DataFrame, load: str) -> tuple[np.ndarray, np.ndarray]:
    """Return loads and repetitions to failure, or raise ValueError naming the row."""
    check_one_of(load, LOADS, name="load")
    check_columns(sets, (load, "reps"), name="sets")
    loads = sets[load].to_numpy("float64", na_value=np.nan)
    reps = sets["reps"].to_numpy("float64", na_value=np.nan)
    spare = np.zeros(len(sets))
    if "rir" in sets.columns:
        spare = sets["rir"].to_numpy("float64", na_value=np.nan)
    _check_rows(sets, load, (loads > 0) & np.isfinite(loads), "a positive number of kg")
    _check_rows(sets, "reps", reps >= 1, "at least 1")
    failure = "0 or more, 0 for a set to failure"
    _check_rows(sets, "rir", spare >= 0, failure)
    most = f"at most {MAX_REPS:g} together with those in reserve"
    _check_rows(sets, "reps", reps + spare <= MAX_REPS, most)
    return loads, reps + spare


def _check_rows(
    sets: pd.DataFrame, column: str, is_good: np.ndarray, allowed: str
) -> None:
    """Raise ValueError naming the first row whose value is not allowed."""
    if is_good.all():
        return
    row = int(np.argmin(is_good))
    spare = f" with rir={sets['rir'].iloc[row]}" if "rir" in sets.columns else ""
    raise ValueError(
        f"sets, row {sets.index[row]}: {column} must be {allowed}; got "
        f"{sets[column].iloc[row]}{spare if column == 'reps' else ''}."
    )


def check_enough(
    load_kg: np.ndarray,
    possible: np.ndarray,
    k: float | None,
    one_rm_kg: float | None,
) -> None:
    """Raise ValueError unless the sets can determine what is unknown."""
    is_free = k is None and one_rm_kg is None
    least = 3 if is_free else 2
    if len(load_kg) < least:
        raise ValueError(
            f"An estimate of {'k and the 1RM' if is_free else 'k or the 1RM'} needs at "
            f"least {least} sets; got {len(load_kg)}."
        )
    if is_free:
        _check_different(load_kg, possible)
    if one_rm_kg is not None:
        _check_below(load_kg, one_rm_kg)


def _check_different(load_kg: np.ndarray, possible: np.ndarray) -> None:
    for values, what, unit in (
        (load_kg, "loads", " kg"),
        (possible, "numbers of repetitions to failure", ""),
    ):
        if np.ptp(values) == 0:
            raise ValueError(
                f"An estimate of k and the 1RM needs different {what}; all "
                f"{len(values)} are {values[0]:g}{unit}. Give k or one_rm_kg, or other "
                "sets."
            )


def _check_below(load_kg: np.ndarray, one_rm_kg: float) -> None:
    if not load_kg.min() < one_rm_kg >= load_kg.max():
        raise ValueError(
            f"The loads must be at most the 1RM, one of them below it; got "
            f"{load_kg.min():g} to {load_kg.max():g} kg, one_rm_kg={one_rm_kg:g}."
        )
