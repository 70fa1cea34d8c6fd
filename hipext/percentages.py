"""Percent of the 1RM, repetitions and effort, by a repetition-maximum relation."""

import numpy as np

from hipext.relations import Numbers, Relation, relation_of

ROUNDING = 1e-9  # percentage points or repetitions that are not told apart
RPE_OF_FAILURE = 10.0  # rpe = 10 - rir; evidence row E03-014


def pct_1rm(
    reps: Numbers, rir: Numbers = 0.0, *, relation: str | Relation = "epley"
) -> Numbers:
    """Return the load, in percent of the 1RM, that allows `reps` with `rir` left.

    Parameters
    ----------
    reps : float or array
        Repetitions of the set, at least 1.
    rir : float or array, default 0
        Repetitions in reserve at its end, at least 0.
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    float or array
        Percent, 0-100.

    Raises
    ------
    ValueError
        If `reps` + `rir` is outside the range of the relation, in any element.

    Notes
    -----
    Epley gives 96.8 % at one repetition, not 100 %: by it, the 1RM itself allows no
    repetition (evidence row E03-008). People differ widely: at 70 % of the 1RM,
    trained lifters did from 6 to 26 repetitions (evidence row E03-011).

    Examples
    --------
    >>> round(pct_1rm(8, 2), 1)
    75.0
    >>> pct_1rm(np.array([1, 5, 10]), relation="brzycki").round(1).tolist()
    [100.0, 88.9, 75.0]
    """
    chosen = relation_of(relation)
    possible = np.add(reps, rir)
    is_known = np.greater_equal(reps, 1) & np.greater_equal(rir, 0)
    is_known = is_known & np.less_equal(possible, chosen.max_reps)
    if not np.all(is_known):
        bad_reps, bad_rir = first_where(np.logical_not(is_known), reps, rir)
        raise ValueError(
            f"{chosen.name} holds for 1 to {chosen.max_reps:g} repetitions to failure; "
            f"got reps={bad_reps:g}, rir={bad_rir:g}."
        )
    return plain(100 * chosen.fraction_at(possible))


def reps_at(pct_1rm: Numbers, *, relation: str | Relation = "epley") -> Numbers:
    """Return the repetitions to failure that a percentage of the 1RM allows.

    Parameters
    ----------
    pct_1rm : float or array
        Load in percent of the 1RM, above 0 and at most 100.
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    float or array
        Repetitions, not rounded; Epley gives 0 at 100 %.

    Raises
    ------
    ValueError
        If a percentage is out of range, or allows more repetitions than the relation
        holds for.

    Examples
    --------
    >>> round(reps_at(75.0), 6)
    10.0
    """
    chosen = relation_of(relation)
    lowest, highest = chosen.lowest_pct, chosen.highest_pct
    is_known = np.greater_equal(pct_1rm, lowest - ROUNDING)
    is_known = is_known & np.less_equal(pct_1rm, highest + ROUNDING)
    if not np.all(is_known):
        (bad,) = first_where(np.logical_not(is_known), pct_1rm)
        raise ValueError(
            f"pct_1rm must be {lowest:.1f} to {highest:g}, the range of {chosen.name}; "
            f"got {bad:g}.{as_percent(bad)}"
        )
    return plain(chosen.reps_at(np.divide(pct_1rm, 100)))


def rir_at(
    pct_1rm: Numbers, reps: Numbers, *, relation: str | Relation = "epley"
) -> Numbers:
    """Return the repetitions in reserve after `reps` at a percentage of the 1RM.

    Parameters
    ----------
    pct_1rm : float or array
        Load in percent of the 1RM, above 0 and at most 100.
    reps : float or array
        Repetitions of the set, at least 1.
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    float or array
        Repetitions possible less those done, at least 0, not rounded.

    Raises
    ------
    ValueError
        If the set asks for more repetitions than the load allows, or for less than
        one, or the percentage is outside the range of the relation.

    Notes
    -----
    People who report their reserve miss it by about 1 repetition with 0-5 left and by
    more than 2 with 7-10 left (evidence row E03-013).

    Examples
    --------
    >>> round(rir_at(75.0, 8), 6)
    2.0
    """
    chosen = relation_of(relation)
    possible = reps_at(pct_1rm, relation=chosen)
    spare = np.subtract(possible, reps)
    is_done = np.greater_equal(spare, -ROUNDING) & np.greater_equal(reps, 1)
    if not np.all(is_done):
        bad = first_where(np.logical_not(is_done), pct_1rm, possible, reps)
        raise ValueError(
            f"{bad[0]:g} % of the 1RM allows {bad[1]:.1f} repetitions by "
            f"{chosen.name}; reps must be 1 to that, got {bad[2]:g}."
        )
    return plain(np.maximum(spare, 0.0))


def rpe_at(
    pct_1rm: Numbers, reps: Numbers, *, relation: str | Relation = "epley"
) -> Numbers:
    """Return the effort (RPE) of `reps` at a percentage of the 1RM: 10 - reserve.

    Parameters
    ----------
    pct_1rm : float or array
        Load in percent of the 1RM, above 0 and at most 100.
    reps : float or array
        Repetitions of the set, at least 1.
    relation : str or Relation, default "epley"
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    float or array
        RPE, 0-10, not rounded (evidence row E03-014: RIR = 10 - RPE).

    Raises
    ------
    ValueError
        As `rir_at`, and if more than 10 repetitions are left: RPE has no value there.

    Examples
    --------
    >>> round(rpe_at(75.0, 8), 6)
    8.0
    """
    spare = rir_at(pct_1rm, reps, relation=relation)
    is_rated = np.less_equal(spare, RPE_OF_FAILURE + ROUNDING)
    if not np.all(is_rated):
        bad = first_where(np.logical_not(is_rated), reps, pct_1rm, spare)
        raise ValueError(
            f"RPE is known for at most 10 repetitions in reserve; {bad[0]:g} "
            f"repetitions at {bad[1]:g} % of the 1RM leave {bad[2]:.1f}."
        )
    return plain(np.maximum(RPE_OF_FAILURE - spare, 0.0))


def as_percent(given: float) -> str:
    """Return how to write a fraction in percent, if `given` looks like one."""
    return f" Write {given * 100:g} for {given * 100:g} %." if 0 < given <= 1 else ""


def first_where(is_bad: Numbers, *values: Numbers) -> list[float]:
    """Return the values at the first place where something is wrong."""
    place = int(np.argmax(is_bad))
    shape = np.shape(is_bad)
    return [float(np.broadcast_to(value, shape).flat[place]) for value in values]


def plain(values: Numbers) -> Numbers:
    """Return a Python number for one value, the array for several."""
    return float(values) if np.ndim(values) == 0 else values
