"""Repetition-maximum relations: what share of the 1RM allows how many repetitions.

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
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from hipext._checks import check_one_of, check_positive

MAX_REPS = 30.0  # repetitions to failure; assumption of ours, for every relation
EPLEY_SLOPE = 1 / 30  # of the 1RM per repetition; evidence row E03-001
BRZYCKI_REPS = 37  # repetitions at no load; evidence row E03-002
LOMBARDI_POWER = 0.10  # evidence row E03-003
MAYHEW = (0.522, 0.419, 0.055)  # fraction, fraction, per repetition; row E03-004
WATHAN = (0.488, 0.538, 0.075)  # fraction, fraction, per repetition; row E03-005
OCONNER_SLOPE = 0.025  # of the 1RM per repetition; evidence row E03-006
LANDER = (1.013, 0.0267123)  # fraction, fraction per repetition; row E03-007
MODIFIED_EPLEY_SLOPE = 0.0353  # of the 1RM per repetition; evidence row E03-008
LINEAR_REPS = 34  # repetitions at no load, klin + 1 with klin = 33; row E03-018

Numbers = float | np.ndarray


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A repetition-maximum relation: load fraction of the 1RM against repetitions."""

    name: str
    fraction_at: Callable[[Numbers], Numbers]
    reps_at: Callable[[Numbers], Numbers]
    min_reps: float  # at the highest load it knows, 100 % of the 1RM if it gets there
    max_reps: float
    source: str  # id of an evidence row

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


def _hyperbola(name: str, slope: float, first: int, source: str) -> Relation:
    """Return a relation whose inverse load rises by `slope` per repetition."""
    return Relation(
        name=name,
        fraction_at=lambda reps: 1 / (1 + slope * (reps - first)),
        reps_at=lambda fraction: (1 / fraction - 1) / slope + first,
        min_reps=float(first),
        max_reps=MAX_REPS,
        source=source,
    )


def _line(name: str, no_load: float, source: str) -> Relation:
    """Return a relation that falls by equal steps, to nothing at `no_load`."""
    return Relation(
        name=name,
        fraction_at=lambda reps: (no_load - reps) / (no_load - 1),
        reps_at=lambda fraction: no_load - (no_load - 1) * fraction,
        min_reps=1.0,
        max_reps=min(MAX_REPS, no_load - 1),
        source=source,
    )


def _exponential(
    name: str, constants: tuple[float, float, float], source: str
) -> Relation:
    """Return a relation that falls exponentially towards a load of its own."""
    floor, height, rate = constants
    return Relation(
        name=name,
        fraction_at=lambda reps: floor + height * np.exp(-rate * reps),
        reps_at=lambda fraction: -np.log((fraction - floor) / height) / rate,
        min_reps=max(0.0, -log((1 - floor) / height) / rate),
        max_reps=MAX_REPS,
        source=source,
    )


LOMBARDI = Relation(
    name="lombardi",
    fraction_at=lambda reps: np.power(reps, -LOMBARDI_POWER),
    reps_at=lambda fraction: np.power(fraction, -1 / LOMBARDI_POWER),
    min_reps=1.0,
    max_reps=MAX_REPS,
    source="E03-003",
)
LANDER_RELATION = Relation(
    name="lander",
    fraction_at=lambda reps: LANDER[0] - LANDER[1] * reps,
    reps_at=lambda fraction: (LANDER[0] - fraction) / LANDER[1],
    min_reps=(LANDER[0] - 1) / LANDER[1],
    max_reps=MAX_REPS,
    source="E03-007",
)
RELATIONS = {
    one.name: one
    for one in (
        _hyperbola("epley", EPLEY_SLOPE, 0, "E03-001"),
        _line("brzycki", BRZYCKI_REPS, "E03-002"),
        LOMBARDI,
        _exponential("mayhew", MAYHEW, "E03-004"),
        _exponential("wathan", WATHAN, "E03-005"),
        _hyperbola("oconner", OCONNER_SLOPE, 0, "E03-006"),
        LANDER_RELATION,
        _line("linear", LINEAR_REPS, "E03-018"),
        _hyperbola("modified_epley", MODIFIED_EPLEY_SLOPE, 1, "E03-008"),
    )
}


def relation_of(relation: str | Relation) -> Relation:
    """Return the relation of a name, or the relation itself.

    Parameters
    ----------
    relation : str or Relation
        One of `RELATIONS`, or a relation with a constant of its own.

    Returns
    -------
    Relation

    Raises
    ------
    ValueError
        If there is no relation of this name.

    Examples
    --------
    >>> relation_of("linear").source
    'E03-018'
    """
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

    Returns
    -------
    Relation
        Holds for 1 to 30 repetitions; at one repetition it is not exact.

    Raises
    ------
    ValueError
        If `k` is not positive.

    Notes
    -----
    The form is that of evidence row E03-001. That a person, or a lift, has a constant
    of its own in it is an assumption.

    Examples
    --------
    >>> round(100 * epley_with(0.04).fraction_at(10), 1)
    71.4
    """
    check_positive(k, name="k", unit=" per repetition")
    return _hyperbola(f"epley with k={k:.4g}", k, 0, "E03-001")


def modified_epley_with(k: float) -> Relation:
    """Return the modified Epley relation: fraction = 1 / (1 + k (r - 1)).

    Parameters
    ----------
    k : float
        Slope of the inverse load per repetition after the first, above 0; 0.0353 in
        evidence row E03-008.

    Returns
    -------
    Relation
        Holds for 1 to 30 repetitions; exact at one repetition.

    Raises
    ------
    ValueError
        If `k` is not positive.

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

    Returns
    -------
    Relation
        Holds for 1 to 30 repetitions, or to one before `reps_at_no_load`; exact at
        one repetition.

    Raises
    ------
    ValueError
        If `reps_at_no_load` is not above 2 and finite.

    Notes
    -----
    The form is that of evidence row E03-018: coaching practice, not measured.

    Examples
    --------
    >>> linear_with(41).fraction_at(11)
    0.75
    """
    if not 2 < reps_at_no_load < float("inf"):
        raise ValueError(
            "reps_at_no_load must be a number of repetitions above 2; "
            f"got {reps_at_no_load:g}. It is klin + 1: write 34 for klin = 33."
        )
    name = f"linear with reps_at_no_load={reps_at_no_load:.4g}"
    return _line(name, reps_at_no_load, "E03-018")
