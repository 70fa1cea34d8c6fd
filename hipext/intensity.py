"""Percent of the one-repetition maximum (1RM), repetitions, and effort.

A relation says how many repetitions to failure a load allows. Each is a pair of
functions, load fraction at r repetitions and its inverse, with the range of
repetitions in which it may be used; outside it is refused, never capped.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hipext._checks import check_one_of, check_positive

EPLEY_SLOPE = 1 / 30  # of the 1RM per repetition; evidence row E03-001
BRZYCKI_REPS = 37  # repetitions at no load; evidence row E03-002


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A repetition-maximum relation: load fraction of the 1RM against repetitions."""

    fraction_at: Callable[[float], float]
    reps_at: Callable[[float], float]
    max_reps: float
    source: str


RELATIONS = {
    "epley": Relation(
        fraction_at=lambda reps: 1 / (1 + EPLEY_SLOPE * reps),
        reps_at=lambda fraction: (1 / fraction - 1) / EPLEY_SLOPE,
        max_reps=30,
        source="E03-001",
    ),
    "brzycki": Relation(
        fraction_at=lambda reps: (BRZYCKI_REPS - reps) / (BRZYCKI_REPS - 1),
        reps_at=lambda fraction: BRZYCKI_REPS - (BRZYCKI_REPS - 1) * fraction,
        max_reps=30,
        source="E03-002",
    ),
}


def pct_1rm(reps: float, rir: float = 0.0, *, relation: str = "epley") -> float:
    """Return the load, in percent of the 1RM, that allows `reps` with `rir` left.

    Parameters
    ----------
    reps : float
        Repetitions of the set, at least 1.
    rir : float, default 0
        Repetitions in reserve at its end, at least 0.
    relation : str, default "epley"
        One of `RELATIONS`.

    Returns
    -------
    float
        Percent, 0-100.

    Raises
    ------
    ValueError
        If `reps` + `rir` is outside the range of the relation.

    Notes
    -----
    Epley gives 96.8 % at one repetition, not 100 %: by it, the 1RM itself allows no
    repetition. People differ widely: at 70 % of the 1RM, trained lifters did from 6 to
    26 repetitions (evidence row E03-011).

    Examples
    --------
    >>> round(pct_1rm(8, 2), 1)
    75.0
    """
    check_one_of(relation, RELATIONS, name="relation")
    chosen = RELATIONS[relation]
    if not (reps >= 1 and rir >= 0 and reps + rir <= chosen.max_reps):
        raise ValueError(
            f"{relation} holds for 1 to {chosen.max_reps:g} repetitions to failure; "
            f"got reps={reps:g}, rir={rir:g}."
        )
    return 100 * chosen.fraction_at(reps + rir)


def reps_at(pct_1rm: float, *, relation: str = "epley") -> float:
    """Return the repetitions to failure that a percentage of the 1RM allows.

    Parameters
    ----------
    pct_1rm : float
        Load in percent of the 1RM, above 0 and at most 100.
    relation : str, default "epley"
        One of `RELATIONS`.

    Returns
    -------
    float
        Repetitions, not rounded; Epley gives 0 at 100 %.

    Raises
    ------
    ValueError
        If the percentage is out of range, or allows more repetitions than the
        relation holds for.

    Examples
    --------
    >>> round(reps_at(75.0), 6)
    10.0
    """
    check_one_of(relation, RELATIONS, name="relation")
    chosen = RELATIONS[relation]
    lowest = 100 * chosen.fraction_at(chosen.max_reps)
    if not lowest <= pct_1rm <= 100:
        raise ValueError(
            f"pct_1rm must be {lowest:.1f} to 100, the range of {relation}; "
            f"got {pct_1rm:g}.{_as_percent(pct_1rm)}"
        )
    return chosen.reps_at(pct_1rm / 100)


def _as_percent(given: float) -> str:
    return f" Write {given * 100:g} for {given * 100:g} %." if 0 < given <= 1 else ""


def one_rm(load_kg: float, reps: float, *, relation: str = "epley") -> float:
    """Return the 1RM, in kg, estimated from a set taken to failure.

    Parameters
    ----------
    load_kg : float
        Load of the set, above 0; with the lifted body mass where that counts.
    reps : float
        Repetitions to failure, done plus those in reserve.
    relation : str, default "epley"
        One of `RELATIONS`.

    Returns
    -------
    float
        Estimated 1RM in kg.

    Raises
    ------
    ValueError
        If the load is not positive or the repetitions are outside the relation's
        range.

    Examples
    --------
    >>> round(one_rm(100.0, 10), 1)
    133.3
    """
    check_positive(load_kg, name="load_kg", unit=" of kg")
    return load_kg / (pct_1rm(reps, relation=relation) / 100)
