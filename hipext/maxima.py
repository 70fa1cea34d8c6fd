"""The 1RM that one set stands for, by one relation and by all of them."""

import numpy as np
import pandas as pd

from hipext._checks import check_positive
from hipext.percentages import first_where, pct_1rm, plain
from hipext.relations import RELATIONS, Numbers, Relation, relation_of


def one_rm(
    load_kg: Numbers, reps: Numbers, *, relation: str | Relation = "epley"
) -> Numbers:
    """Return the 1RM, in kg, estimated from a set taken to failure.

    Parameters
    ----------
    load_kg : float or array
        Load of the set, above 0; with the lifted body mass where that counts.
    reps : float or array
        Repetitions to failure, done plus those in reserve.
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    float or array
        Estimated 1RM in kg.

    Raises
    ------
    ValueError
        If a load is not positive, the repetitions are outside the relation's range,
        or one repetition is asked of a relation that is not exact there.

    Notes
    -----
    A load lifted once to failure is the 1RM. Epley would make 103.3 kg of 100 kg
    (evidence row E03-008); such a relation is refused at one repetition.

    Examples
    --------
    >>> round(one_rm(100.0, 10), 1)
    133.3
    """
    is_load = np.greater(load_kg, 0) & np.isfinite(load_kg)
    if not np.all(is_load):
        (bad,) = first_where(np.logical_not(is_load), load_kg)
        check_positive(bad, name="load_kg", unit=" of kg")
    chosen = relation_of(relation)
    pct = pct_1rm(reps, relation=chosen)
    if not chosen.is_exact_at_one and np.any(np.equal(reps, 1)):
        (once,) = first_where(np.equal(reps, 1) & is_load, load_kg)
        _refuse_single(once, chosen)
    return plain(np.divide(load_kg, np.divide(pct, 100)))


def one_rm_range(load_kg: float, reps: float, rir: float = 0.0) -> pd.DataFrame:
    """Return what every relation makes of one set, the lowest 1RM first.

    Parameters
    ----------
    load_kg : float
        Load of the set, above 0; with the lifted body mass where that counts.
    reps : float
        Repetitions done, at least 1.
    rir : float, default 0
        Repetitions in reserve at the end of the set, at least 0.

    Returns
    -------
    pandas.DataFrame
        One row per relation that holds there: relation, e1rm_kg, pct_1rm (load in
        percent of that 1RM, 0-100), source (id of an evidence row); sorted by
        e1rm_kg. At one repetition only relations that are exact there have a row.

    Raises
    ------
    ValueError
        If the load is not positive or no relation holds for the repetitions.

    Notes
    -----
    The spread is the honest answer: none of the relations is known to be the right
    one for a person and a lift, and a reported reserve has an error of its own
    (evidence row E03-013).

    Examples
    --------
    >>> one_rm_range(100.0, 5).round(1).loc[[0, 8], "e1rm_kg"].tolist()
    [112.5, 119.0]
    """
    holding = [
        relation
        for relation in RELATIONS.values()
        if relation.is_exact_at_one or reps + rir != 1
    ]
    rows = {
        "relation": [relation.name for relation in holding],
        "pct_1rm": [pct_1rm(reps, rir, relation=one) for one in holding],
        "e1rm_kg": [one_rm(load_kg, reps + rir, relation=one) for one in holding],
        "source": [relation.source for relation in holding],
    }
    columns = ["relation", "e1rm_kg", "pct_1rm", "source"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("e1rm_kg", kind="stable", ignore_index=True)


def _refuse_single(load_kg: float, relation: Relation) -> None:
    made_kg = load_kg / float(relation.fraction_at(1.0))
    exact = ", ".join(one.name for one in RELATIONS.values() if one.is_exact_at_one)
    raise ValueError(
        f"{load_kg:g} kg lifted once to failure is the 1RM itself; {relation.name} "
        f"would make it {made_kg:.1f} kg. Take the load, or a relation that is exact "
        f"at one repetition: {exact}."
    )
