"""The 1RM and the constant of a relation, estimated from sets at several loads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import pandas as pd

from hipext._checks import check_one_of
from hipext._estimable import check_enough, check_given, checked_sets
from hipext._lines import Line, fitted_line, interval_of_start, interval_of_zero
from hipext.relations import (
    Numbers,
    Relation,
    epley_with,
    linear_with,
    modified_epley_with,
)


def _inverse(values: Numbers) -> Numbers:
    with np.errstate(divide="ignore"):
        return np.divide(1.0, values)


@dataclass(frozen=True, kw_only=True)
class _Family:
    """A relation that is a straight line, alpha + beta x, in a scale of the load."""

    relation_with: Callable[[float], Relation]
    first: int  # repetitions to failure at 100 % of the 1RM, where the line is 0
    scale: Callable[[Numbers], Numbers]  # load to x, and back
    direction: int  # sign of beta, and of minus alpha
    alpha_at: Callable[[float], float]  # of k
    k_at: Callable[[float], float]  # of alpha


_EPLEY = _Family(
    relation_with=epley_with,
    first=0,
    scale=_inverse,
    direction=1,
    alpha_at=lambda k: -1 / k,
    k_at=lambda alpha: -1 / alpha if alpha < 0 else inf,
)
FAMILIES = {
    "epley": _EPLEY,
    "modified_epley": replace(_EPLEY, relation_with=modified_epley_with, first=1),
    "linear": _Family(
        relation_with=linear_with,
        first=1,
        scale=np.positive,
        direction=-1,
        alpha_at=lambda k: k - 1,
        k_at=lambda alpha: max(alpha + 1, 1.0),  # it starts at one repetition
    ),
}


@dataclass(frozen=True, kw_only=True)
class RepsEstimate:
    """Constant and 1RM of a relation, with 95 % intervals; inf where no bound is."""

    relation: str
    k: float  # argument of epley_with, modified_epley_with or linear_with
    k_low: float
    k_high: float
    one_rm_kg: float
    one_rm_low_kg: float
    one_rm_high_kg: float
    residual_sd_reps: float  # of the repetitions to failure about the curve
    n_sets: int

    @property
    def sentence(self) -> str:
        """What was found, with its intervals, in a sentence."""
        k = _interval(self.k_low, self.k_high, ".3g", "")
        one_rm = _interval(self.one_rm_low_kg, self.one_rm_high_kg, ".1f", " kg")
        return (
            f"By {self.relation}, from {self.n_sets} sets: k = {self.k:.3g} (95 % "
            f"interval {k}), 1RM = {self.one_rm_kg:.1f} kg (95 % interval {one_rm}), "
            f"residual SD {self.residual_sd_reps:.2g} repetitions."
        )

    def as_relation(self) -> Relation:
        """Return the relation with the estimated constant."""
        return FAMILIES[self.relation].relation_with(self.k)


def estimate_one_rm(
    sets: pd.DataFrame,
    *,
    relation: str = "epley",
    k: float | None = None,
    one_rm_kg: float | None = None,
    load: str = "load_kg",
) -> RepsEstimate:
    """Estimate the 1RM, and the constant of a relation, from sets at several loads.

    The error is in the repetitions: repetitions to failure are regressed by ordinary
    least squares on x, in which the relation is a straight line that meets the 1RM.

    Parameters
    ----------
    sets : pandas.DataFrame
        One row per set: the column `load` (kg, above 0), reps (at least 1) and, if
        there is one, rir (repetitions in reserve as reported, at least 0). Without
        rir every set counts as taken to failure. At least 3 sets at 2 loads; if `k`
        or `one_rm_kg` is given, at least 2 sets.
    relation : {"epley", "modified_epley", "linear"}
        The form of the relation.
    k : float, optional
        The constant, if it is known; then only the 1RM is estimated. Per repetition
        for Epley and modified Epley, repetitions at no load for linear.
    one_rm_kg : float, optional
        The 1RM in kg, if it is known; then only the constant is estimated.
    load : {"load_kg", "system_load_kg"}
        The column with the load: on the implement, or with the lifted body mass.

    Returns
    -------
    RepsEstimate
        Estimates, 95 % intervals and the residual SD in repetitions. The interval of
        what was given is its value.

    Raises
    ------
    ValueError
        If the sets cannot be used or do not determine the estimate, or both `k` and
        `one_rm_kg` are given.

    Notes
    -----
    With r repetitions to failure, load w, 1RM m (evidence rows E03-001, E03-008 and
    E03-018 for the forms):

    - epley: r = (m / k) (1 / w) - 1 / k
    - modified_epley: r - 1 = (m / k) (1 / w) - 1 / k
    - linear: r - 1 = (k - 1) - ((k - 1) / m) w

    With the line alpha + beta x, k is -1 / alpha (linear: alpha + 1), and its
    interval follows from the t interval of alpha. The 1RM lies where the line is 0;
    its interval is Fieller's and can be unbounded when the sets hardly determine it:
    the bound is then inf, or 0 at the lower end. An interval of two pieces is given
    as the whole that holds both.

    The intervals assume independent errors of one normal distribution. They know
    nothing of fatigue from set to set or of a wrong relation. A reported reserve is
    off by about 1 repetition with 0-5 left and by more than 2 with 7-10 left
    (evidence row E03-013). Repetitions count as exact numbers, although a set ends
    on a whole one.

    Examples
    --------
    >>> sets = pd.DataFrame({"load_kg": [75.0, 80.0, 90.0], "reps": [10, 8, 3]})
    >>> found = estimate_one_rm(sets)
    >>> round(found.one_rm_kg, 1), round(found.k, 4)
    (98.8, 0.0309)
    """
    check_one_of(relation, FAMILIES, name="relation")
    family = FAMILIES[relation]
    check_given(k, one_rm_kg, family.relation_with)
    load_kg, possible = checked_sets(sets, load)
    check_enough(load_kg, possible, k, one_rm_kg)
    line = fitted_line(
        family.scale(load_kg),
        possible - family.first,
        alpha=None if k is None else family.alpha_at(k),
        zero=None if one_rm_kg is None else float(family.scale(one_rm_kg)),
    )
    _check_falls(line, family, relation)
    return RepsEstimate(
        relation=relation,
        **_constants(line, family, k),
        **_maxima(line, family, one_rm_kg),
        residual_sd_reps=line.residual_sd,
        n_sets=len(load_kg),
    )


def _constants(line: Line, family: _Family, given: float | None) -> dict[str, float]:
    """Return the constant and its interval; twice itself if it was given."""
    if given is not None:
        return {"k": given, "k_low": given, "k_high": given}
    low, high = map(family.k_at, interval_of_start(line))
    return {"k": family.k_at(line.alpha), "k_low": low, "k_high": high}


def _maxima(line: Line, family: _Family, given: float | None) -> dict[str, float]:
    """Return the 1RM and its interval; twice itself if it was given."""
    names = ("one_rm_kg", "one_rm_low_kg", "one_rm_high_kg")
    if given is not None:
        return dict.fromkeys(names, given)
    low, high = sorted(float(family.scale(x)) for x in interval_of_zero(line))
    found = float(family.scale(-line.alpha / line.beta))
    return dict(zip(names, (found, low, high), strict=True))


def _check_falls(line: Line, family: _Family, relation: str) -> None:
    """Raise ValueError unless the line is one that the relation can have."""
    if line.beta * family.direction <= 0:
        raise ValueError(
            "An estimate needs repetitions that fall as the load rises; in these sets "
            f"they do not (slope {line.beta:.3g} repetitions per unit of "
            f"{'1 / load' if family.direction > 0 else 'load'})."
        )
    if line.alpha * family.direction >= 0:
        raise ValueError(
            f"No positive k of {relation} fits these sets: its line leaves "
            f"{line.alpha:.1f} repetitions at a load without limit. Give k, or more "
            "sets at different loads."
        )


def _interval(low: float, high: float, form: str, unit: str) -> str:
    if low == 0 and high == inf:
        return "without bounds: these sets do not determine it"
    if high == inf:
        return f"from {low:{form}}{unit}, without an upper bound"
    return f"{low:{form}} to {high:{form}}{unit}"
