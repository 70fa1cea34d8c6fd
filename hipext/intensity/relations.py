"""Repetition-maximum relations: percent of the 1RM, repetitions, RIR, RPE and 1RM.

With ``r`` repetitions to failure, done and in reserve, and the load as a fraction of
the one-repetition maximum (1RM):

================  ======================================  ================  ========
relation          fraction of the 1RM                     r at 100 %        source
================  ======================================  ================  ========
epley             1 / (1 + r / 30)                        0                 E03-001
brzycki           (37 - r) / 36                           1                 E03-002
lombardi          r ^ -0.10                               1                 E03-003
mayhew            0.522 + 0.419 exp(-0.055 r)             never (94.1 %)    E03-004
wathan            0.488 + 0.538 exp(-0.075 r)             0.66              E03-005
oconner           1 / (1 + 0.025 r)                       0                 E03-006
lander            (101.3 - 2.67123 r) / 100               0.49              E03-007
linear            (34 - r) / 33                           1                 E03-018
modified_epley    1 / (1 + 0.0353 (r - 1))                1                 E03-008
================  ======================================  ================  ========

All of them are formulas, not measurements. Each is used for 1 to 30 repetitions only,
an assumption of ours, and refused outside. Mayhew and Wathan never fall below 52.2 %
and 48.8 %, so lighter loads have no answer by them; Brzycki, Lander and linear reach
no load at all at 37, 37.9 and 34 repetitions.

The functions take numbers or arrays and give the same kind; nothing is rounded. Their
arguments are repetitions done (``reps``, at least 1) and left in reserve (``rir``, at
least 0), the load as a percentage of the 1RM (``pct_1rm``, above 0 and at most 100) and
a ``relation``: a name in `RELATIONS`, or a relation with a constant of its own. Results
are in the same units, a 1RM in that of the load. An InputError says which argument lies
outside the range of the relation, in any element.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from numbers import Real

import numpy as np
import pandas as pd

from hipext.files.checks import (
    MAX_WHOLE,
    InputError,
    check_one_of,
    check_positive,
    numbers_in,
)
from hipext.intensity import MAX_REPS_TO_FAILURE

EPLEY_SLOPE = 1 / 30  # of the 1RM per repetition; evidence row E03-001
BRZYCKI_REPS = 37  # repetitions at no load; evidence row E03-002
LOMBARDI_POWER = 0.10  # evidence row E03-003
MAYHEW = (0.522, 0.419, 0.055)  # fraction, fraction, per repetition; row E03-004
WATHAN = (0.488, 0.538, 0.075)  # fraction, fraction, per repetition; row E03-005
OCONNER_SLOPE = 0.025  # of the 1RM per repetition; evidence row E03-006
LANDER = (1.013, 0.0267123)  # fraction, fraction per repetition; row E03-007
MODIFIED_EPLEY_SLOPE = 0.0353  # of the 1RM per repetition; evidence row E03-008
LINEAR_REPS = 34  # repetitions at no load, klin + 1 with klin = 33; row E03-018
RELATION = "epley"  # the default everywhere, and the relation of the simulation
RPE_OF_FAILURE = 10.0  # rpe = 10 - rir; evidence row E03-014
ROUNDING = 1e-9  # percentage points or repetitions that count as equal
Numbers = float | np.ndarray


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A repetition-maximum relation: load fraction of the 1RM against repetitions."""

    name: str
    fraction_at: Callable[[Numbers], Numbers]
    reps_at: Callable[[Numbers], Numbers]
    source: str  # id of an evidence row
    min_reps: float = 1.0  # at the highest load it knows, 100 % if it gets there
    max_reps: float = MAX_REPS_TO_FAILURE

    @property
    def lowest_pct(self) -> float:
        """Load in percent of the 1RM that allows `max_reps`."""
        return float(100 * self.fraction_at(self.max_reps))

    @property
    def highest_pct(self) -> float:
        """Load in percent of the 1RM, at most 100, above which nothing is known."""
        return min(float(100 * self.fraction_at(self.min_reps)), 100.0)

    @property
    def is_exact_at_one(self) -> bool:
        """Whether one repetition to failure stands at 100 % of the 1RM."""
        return abs(float(self.fraction_at(1.0)) - 1) < 1e-12


# Three forms. Each has its own inverse, so that loads and repetitions round-trip.


def _hyperbola(name: str, slope: float, first: int, source: str) -> Relation:
    """Return a relation whose inverse load rises by `slope` per repetition."""
    return Relation(
        name=name,
        fraction_at=lambda reps: 1 / (1 + slope * (reps - first)),
        reps_at=lambda fraction: (1 / fraction - 1) / slope + first,
        min_reps=float(first),
        source=source,
    )


def _line(name: str, no_load: float, source: str) -> Relation:
    """Return a relation that falls by equal steps, to nothing at `no_load`."""
    # (n - r) / (n - 1): one repetition at 100 %, n at no load, which has no answer.
    return Relation(
        name=name,
        fraction_at=lambda reps: (no_load - reps) / (no_load - 1),
        reps_at=lambda fraction: no_load - (no_load - 1) * fraction,
        max_reps=min(MAX_REPS_TO_FAILURE, no_load - 1),
        source=source,
    )


def _exponential(
    name: str, constants: tuple[float, float, float], source: str
) -> Relation:
    """Return a relation that falls exponentially towards a load above 0."""
    floor, height, rate = constants
    # Where the curve starts above 100 %, it holds from where it falls to that.
    return Relation(
        name=name,
        fraction_at=lambda reps: floor + height * np.exp(-rate * reps),
        reps_at=lambda fraction: -np.log((fraction - floor) / height) / rate,
        min_reps=max(0.0, -log((1 - floor) / height) / rate),
        source=source,
    )


RELATIONS = {
    one.name: one
    for one in (
        _hyperbola("epley", EPLEY_SLOPE, 0, "E03-001"),
        _line("brzycki", BRZYCKI_REPS, "E03-002"),
        # A power of the repetitions, infinite at none: it begins at one.
        Relation(
            name="lombardi",
            fraction_at=lambda reps: np.power(reps, -LOMBARDI_POWER),
            reps_at=lambda fraction: np.power(fraction, -1 / LOMBARDI_POWER),
            source="E03-003",
        ),
        _exponential("mayhew", MAYHEW, "E03-004"),
        _exponential("wathan", WATHAN, "E03-005"),
        _hyperbola("oconner", OCONNER_SLOPE, 0, "E03-006"),
        # Falls from 101.3 % at no repetition, so that 100 % is left at 0.49.
        Relation(
            name="lander",
            fraction_at=lambda reps: LANDER[0] - LANDER[1] * reps,
            reps_at=lambda fraction: (LANDER[0] - fraction) / LANDER[1],
            min_reps=(LANDER[0] - 1) / LANDER[1],
            source="E03-007",
        ),
        _line("linear", LINEAR_REPS, "E03-018"),
        _hyperbola("modified_epley", MODIFIED_EPLEY_SLOPE, 1, "E03-008"),
    )
}


def relation_of(relation: str | Relation) -> Relation:
    """Return the relation of a name, or the relation itself."""
    if isinstance(relation, Relation):
        return relation
    check_one_of(relation, RELATIONS, name="relation")
    return RELATIONS[relation]


def epley_with(k: float) -> Relation:
    """Return Epley's relation with another constant: fraction = 1 / (1 + k r).

    Parameters
    ----------
    k : float
        Slope of the inverse load per repetition, above 0; Epley's is 1/30. The
        larger, the fewer repetitions a load allows.

    Notes
    -----
    The form is that of evidence row E03-001; at one repetition it is not exact. That an
    athlete, or a lift, has a constant of its own is an assumption.

    Examples
    --------
    >>> round(100 * epley_with(0.04).fraction_at(10), 1)
    71.4
    """
    check_positive(k, name="k", unit=" per repetition")
    return _hyperbola(f"epley with k={k:.4g}", k, 0, "E03-001")


def modified_epley_with(k: float) -> Relation:
    """Return the modified Epley relation: fraction = 1 / (1 + k (r - 1)).

    It is exact at one repetition; `k` is the slope after that one, as in `epley_with`,
    and 0.0353 in evidence row E03-008.

    Examples
    --------
    >>> round(100 * modified_epley_with(0.04).fraction_at(11), 1)
    71.4
    """
    check_positive(k, name="k", unit=" per repetition")
    return _hyperbola(f"modified_epley with k={k:.4g}", k, 1, "E03-008")


def linear_with(reps_at_no_load: float) -> Relation:
    """Return a straight relation: fraction = (n - r) / (n - 1), n at no load.

    Parameters
    ----------
    reps_at_no_load : float
        Repetitions at which the line reaches no load at all, above 2: 34 in
        ``linear`` (there ``klin`` is one less, 33), 37 in ``brzycki``.

    Notes
    -----
    It holds to 30 repetitions, or to one before `reps_at_no_load`, and is exact at one
    repetition. The form is that of evidence row E03-018: coaching practice, not
    measured.

    Examples
    --------
    >>> linear_with(41).fraction_at(11)
    0.75
    """
    if not 2 < reps_at_no_load < float("inf"):
        raise InputError(
            "reps_at_no_load must be a number of repetitions above 2; "
            f"got {reps_at_no_load:g}. It is klin + 1: write 34 for klin = 33."
        )
    name = f"linear with reps_at_no_load={reps_at_no_load:.4g}"
    return _line(name, reps_at_no_load, "E03-018")


def pct_1rm(
    reps: Numbers, rir: Numbers = 0.0, *, relation: str | Relation = RELATION
) -> Numbers:
    """Return the load, in percent of the 1RM, that allows `reps` with `rir` left.

    Notes
    -----
    Epley gives 96.8 % at one repetition, not 100 %: by it, the 1RM itself allows no
    repetition (evidence row E03-008). Athletes differ widely: at 70 % of the 1RM,
    trained lifters did from 6 to 26 repetitions (evidence row E03-011).

    Examples
    --------
    >>> round(pct_1rm(8, 2), 1)
    75.0
    >>> pct_1rm(np.array([1, 5, 10]), relation="brzycki").round(1).tolist()
    [100.0, 88.9, 75.0]
    """
    chosen = relation_of(relation)
    reps, rir = given_numbers(reps, name="reps"), given_numbers(rir, name="rir")
    possible = np.add(reps, rir)
    is_known = np.greater_equal(reps, 1) & np.greater_equal(rir, 0)
    is_known = is_known & np.less_equal(possible, chosen.max_reps)
    if bad := _first_where_not(is_known, reps, rir):
        raise InputError(
            f"{chosen.name} holds for 1 to {chosen.max_reps:g} repetitions to failure; "
            f"got reps={bad[0]:g}, rir={bad[1]:g}."
        )
    return scalar_if_0d(100 * chosen.fraction_at(possible))


def reps_at(pct_1rm: Numbers, *, relation: str | Relation = RELATION) -> Numbers:
    """Return the repetitions to failure that a percentage of the 1RM allows.

    By Epley's relation they are 0 at 100 %.

    Examples
    --------
    >>> round(reps_at(75.0), 6)
    10.0
    """
    chosen = relation_of(relation)
    lowest, highest = chosen.lowest_pct, chosen.highest_pct
    pct_1rm = given_numbers(pct_1rm, name="pct_1rm")
    # With some tolerance: the ends of the range are computed, not exact.
    is_known = np.greater_equal(pct_1rm, lowest - ROUNDING)
    is_known = is_known & np.less_equal(pct_1rm, highest + ROUNDING)
    if bad := _first_where_not(is_known, pct_1rm):
        raise InputError(
            f"pct_1rm must be {lowest:.1f} to {highest:g}, the range of {chosen.name}; "
            f"got {bad[0]:g}.{percent_hint(bad[0])}"
        )
    return scalar_if_0d(chosen.reps_at(np.divide(pct_1rm, 100)))


def rir_at(
    pct_1rm: Numbers, reps: Numbers, *, relation: str | Relation = RELATION
) -> Numbers:
    """Return the repetitions in reserve after `reps` at a percentage of the 1RM.

    They are those possible, `reps_at` that load, less those done.

    Notes
    -----
    A reported reserve is off by about 1 repetition with 0-5 left and by more than 2
    with 7-10 left (evidence row E03-013).

    Examples
    --------
    >>> round(rir_at(75.0, 8), 6)
    2.0
    """
    chosen = relation_of(relation)
    reps = given_numbers(reps, name="reps")
    possible = reps_at(pct_1rm, relation=chosen)
    # A set at exactly its maximum may come out a rounding error below 0.
    spare = np.subtract(possible, reps)
    is_done = np.greater_equal(spare, -ROUNDING) & np.greater_equal(reps, 1)
    if bad := _first_where_not(is_done, pct_1rm, possible, reps):
        raise InputError(
            f"{bad[0]:g} % of the 1RM allows {bad[1]:.1f} repetitions by "
            f"{chosen.name}; reps must be 1 to that, got {bad[2]:g}."
        )
    return scalar_if_0d(np.maximum(spare, 0.0))


def rpe_at(
    pct_1rm: Numbers, reps: Numbers, *, relation: str | Relation = RELATION
) -> Numbers:
    """Return the effort (RPE) of `reps` at a percentage of the 1RM: 10 - reserve.

    RPE is 0-10 (evidence row E03-014: RIR = 10 - RPE). More than 10 repetitions left
    raise InputError: RPE has no value there.

    Examples
    --------
    >>> round(rpe_at(75.0, 8), 6)
    8.0
    """
    spare = rir_at(pct_1rm, reps, relation=relation)
    is_rated = np.less_equal(spare, RPE_OF_FAILURE + ROUNDING)
    if bad := _first_where_not(is_rated, reps, pct_1rm, spare):
        raise InputError(
            f"RPE is known for at most 10 repetitions in reserve; {bad[0]:g} "
            f"repetitions at {bad[1]:g} % of the 1RM leave {bad[2]:.1f}."
        )
    return scalar_if_0d(np.maximum(RPE_OF_FAILURE - spare, 0.0))


def one_rm(
    load_kg: Numbers, reps: Numbers, *, relation: str | Relation = RELATION
) -> Numbers:
    """Return the 1RM, in kg, estimated from a set taken to failure.

    Parameters
    ----------
    load_kg : float or array
        Load of the set, above 0; with the lifted body mass where that counts.
    reps : float or array
        Repetitions to failure, done plus those in reserve.

    Notes
    -----
    A load lifted once to failure is the 1RM. Epley would make 103.3 kg of 100 kg
    (evidence row E03-008); such a relation is refused at one repetition.

    Examples
    --------
    >>> round(one_rm(100.0, 10), 1)
    133.3
    """
    load_kg = given_numbers(load_kg, name="load_kg")
    reps = given_numbers(reps, name="reps")
    is_load = np.greater(load_kg, 0) & np.isfinite(load_kg)
    for bad_kg in _first_where_not(is_load, load_kg):
        check_positive(bad_kg, name="load_kg", unit=" of kg")
    chosen = relation_of(relation)
    pct = pct_1rm(reps, relation=chosen)
    # Epley's 1 / (1 + 1/30) would make a single of 100 kg a 1RM of 103.3 kg.
    is_known = chosen.is_exact_at_one | (np.not_equal(reps, 1) & is_load)
    for once_kg in _first_where_not(is_known, load_kg):
        made_kg = once_kg / float(chosen.fraction_at(1.0))
        exact = ", ".join(one.name for one in RELATIONS.values() if one.is_exact_at_one)
        raise InputError(
            f"{once_kg:g} kg lifted once to failure is the 1RM itself; {chosen.name} "
            f"would make it {made_kg:.1f} kg. Take the load, or a relation that is "
            f"exact at one repetition: {exact}."
        )
    return scalar_if_0d(np.divide(load_kg, np.divide(pct, 100)))


def one_rm_range(load_kg: float, reps: float, rir: float = 0.0) -> pd.DataFrame:
    """Return the 1RM of one set by every relation, the lowest first.

    Returns
    -------
    pandas.DataFrame
        One row per relation that holds there: relation, e1rm_kg, pct_1rm (load in
        percent of that 1RM, 0-100), source (id of an evidence row); sorted by
        e1rm_kg. At one repetition only relations that are exact there have a row.

    Notes
    -----
    The spread is the answer: no relation is known to be the right one for an athlete
    and a lift, and a reported reserve has an error of its own (evidence row E03-013).

    Examples
    --------
    >>> one_rm_range(100.0, 5).round(1).loc[[0, 8], "e1rm_kg"].tolist()
    [112.5, 119.0]
    """
    load_kg = given_number(load_kg, name="load_kg")
    reps, rir = given_number(reps, name="reps"), given_number(rir, name="rir")
    possible = reps + rir
    holding = [
        one for one in RELATIONS.values() if one.is_exact_at_one or possible != 1
    ]
    pct = [pct_1rm(reps, rir, relation=one) for one in holding]
    rows = {
        "relation": [one.name for one in holding],
        "e1rm_kg": [one_rm(load_kg, possible, relation=one) for one in holding],
        "pct_1rm": pct,
        "source": [one.source for one in holding],
    }
    table = pd.DataFrame(rows)
    return table.sort_values("e1rm_kg", kind="stable", ignore_index=True)


def given_numbers(values: Numbers, *, name: str) -> Numbers:
    """Return numbers as they were given, or as floats if arithmetic needs that."""
    dtype = getattr(values, "dtype", None)
    known = (Real, np.ndarray, np.generic, pd.Series, pd.DataFrame)
    if isinstance(values, Real) and dtype is None:
        return given_number(values, name=name)
    if isinstance(values, known) and (dtype is None or dtype.kind in "biuf"):
        return values
    numbers = numbers_in(values, name=name)
    if not numbers.ndim:  # None, or a text
        raise InputError(f"{name} must be numbers; got {values!r}.")
    return (
        pd.Series(numbers, values.index) if isinstance(values, pd.Series) else numbers
    )


def given_number(value: float, *, name: str) -> float:
    """Return one number as it was given; InputError for anything else."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, Real):
        raise InputError(f"{name} must be one number; got {type(value).__name__}.")
    if isinstance(value, int) and not -MAX_WHOLE <= value <= MAX_WHOLE:
        raise InputError(f"{name} must be one number of usual size; got more digits.")
    return value


def percent_hint(given: float) -> str:
    """Return how to write a fraction as a percentage, if `given` looks like one."""
    return f" Write {given * 100:g} for {given * 100:g} %." if 0 < given <= 1 else ""


def _first_where_not(is_good: Numbers, *values: Numbers) -> list[float]:
    """Return the values at the first place where something is wrong; none if all is."""
    if np.all(is_good):
        return []
    place, shape = int(np.argmin(is_good)), np.shape(is_good)
    return [float(np.broadcast_to(value, shape).flat[place]) for value in values]


def scalar_if_0d(values: Numbers) -> Numbers:
    """Return a Python number for a single value, and an array as it is."""
    return float(values) if np.ndim(values) == 0 else values
