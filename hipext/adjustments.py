"""Loads that stay short of the maximum for their repetitions: four ways to say how far.

How far to stay is coaching practice; the conversions are arithmetic on a relation.
"""

from hipext._checks import check_one_of
from hipext.percentages import ROUNDING, as_percent, pct_1rm, reps_at
from hipext.relations import MAX_REPS, Relation, relation_of

ADJUSTMENTS = {  # what the adjustment of a method means, and its unit
    "rir": "repetitions in reserve",
    "deducted": "percentage points of the 1RM taken off",
    "relative": "load in percent of the most for these repetitions",
    "pct_max_reps": "repetitions in percent of those possible",
}
_LIMITS = {  # lowest and highest adjustment; 1 % would be a fraction written wrongly
    "rir": (0.0, MAX_REPS),
    "deducted": (0.0, 100.0),
    "relative": (2.0, 100.0),
    "pct_max_reps": (2.0, 100.0),
}


def adjusted_pct_1rm(
    reps: float,
    *,
    method: str,
    adjustment: float,
    relation: str | Relation = "epley",
) -> float:
    """Return the load, in percent of the 1RM, for `reps` short of the maximum.

    Parameters
    ----------
    reps : float
        Repetitions of the set, at least 1.
    method : str
        One of `ADJUSTMENTS`:

        ``rir``
            the load that allows `reps` + `adjustment` repetitions;
        ``deducted``
            the maximum for `reps`, less `adjustment` percentage points;
        ``relative``
            `adjustment` percent of the maximum for `reps`;
        ``pct_max_reps``
            the load that allows so many repetitions that `reps` are `adjustment`
            percent of them.
    adjustment : float
        Repetitions (rir), percentage points (deducted), both at least 0, or percent,
        2 to 100 (relative, pct_max_reps).
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    float
        Percent of the 1RM, above 0 and at most 100.

    Raises
    ------
    ValueError
        If the method or the adjustment is not allowed, the relation does not hold for
        the repetitions, or nothing is left of the load.

    Examples
    --------
    >>> round(adjusted_pct_1rm(5, method="deducted", adjustment=10), 1)
    75.7
    """
    chosen = relation_of(relation)
    _check_adjustment(method, adjustment)
    most = pct_1rm(reps, _spare(reps, method, adjustment), relation=chosen)
    pct = _from_maximum(most, method, adjustment)
    if pct <= 0:
        raise ValueError(
            f"{reps:g} repetitions by {chosen.name} take at most {most:.1f} % of the "
            f"1RM; {adjustment:g} points less leave {pct:.1f} %, which is no load."
        )
    return pct


def adjusted_reps(
    pct_1rm: float,
    *,
    method: str,
    adjustment: float,
    relation: str | Relation = "epley",
) -> float:
    """Return the repetitions that a percentage of the 1RM leaves short of the maximum.

    The inverse of `adjusted_pct_1rm`.

    Parameters
    ----------
    pct_1rm : float
        Load in percent of the 1RM, above 0 and at most 100.
    method : str
        One of `ADJUSTMENTS`, as in `adjusted_pct_1rm`.
    adjustment : float
        Repetitions (rir), percentage points (deducted), both at least 0, or percent,
        2 to 100 (relative, pct_max_reps).
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    float
        Repetitions, at least 1, not rounded.

    Raises
    ------
    ValueError
        If the method or the adjustment is not allowed, the load without the
        adjustment is outside the range of the relation, or less than one repetition
        remains.

    Examples
    --------
    >>> round(adjusted_reps(75, method="rir", adjustment=3), 6)
    7.0
    """
    chosen = relation_of(relation)
    _check_adjustment(method, adjustment)
    most = _to_maximum(pct_1rm, method, adjustment)
    _check_maximum(most, pct_1rm, method, adjustment, chosen)
    possible = reps_at(most, relation=chosen)
    share = adjustment / 100 if method == "pct_max_reps" else 1
    reps = possible * share - (adjustment if method == "rir" else 0)
    if reps < 1 - ROUNDING:
        raise ValueError(
            f"{pct_1rm:g} % of the 1RM with method={method!r}, adjustment="
            f"{adjustment:g} leaves {reps:.1f} repetitions by {chosen.name}; a set "
            "needs at least 1."
        )
    return reps


def _spare(reps: float, method: str, adjustment: float) -> float:
    """Return the repetitions that a method keeps in reserve."""
    of_possible = reps * (100 / adjustment - 1) if method == "pct_max_reps" else 0.0
    return adjustment if method == "rir" else of_possible


def _from_maximum(most: float, method: str, adjustment: float) -> float:
    """Return the load of a method, from the most for its repetitions, both in %."""
    taken = adjustment if method == "deducted" else 0.0
    return most * adjustment / 100 if method == "relative" else most - taken


def _to_maximum(pct: float, method: str, adjustment: float) -> float:
    """Return the most for the repetitions of a load, both in percent of the 1RM."""
    taken = adjustment if method == "deducted" else 0.0
    return pct / (adjustment / 100) if method == "relative" else pct + taken


def _check_adjustment(method: str, adjustment: float) -> None:
    """Raise ValueError unless a method can have this adjustment."""
    check_one_of(method, ADJUSTMENTS, name="method")
    low, high = _LIMITS[method]
    is_fraction = method != "rir" and 0 < adjustment < 1
    if low <= adjustment <= high and not is_fraction:
        return
    hint = "" if method == "rir" else as_percent(adjustment)
    raise ValueError(
        f"The adjustment of {method} is the {ADJUSTMENTS[method]}, {low:g} to "
        f"{high:g}; got {adjustment:g}.{hint}"
    )


def _check_maximum(
    most: float, pct: float, method: str, adjustment: float, relation: Relation
) -> None:
    """Raise ValueError unless the load without its adjustment is one that is known."""
    lowest, highest = relation.lowest_pct, relation.highest_pct
    if most == pct or lowest - ROUNDING <= most <= highest + ROUNDING:
        return
    raise ValueError(
        f"{pct:g} % of the 1RM with method={method!r}, adjustment={adjustment:g} "
        f"would be {most:.1f} % without it; {relation.name} knows {lowest:.1f} to "
        f"{highest:g} %."
    )
