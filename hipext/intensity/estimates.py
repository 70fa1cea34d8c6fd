"""1RM and relation constant estimated by regression from sets at several loads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np
import pandas as pd

from hipext.files.checks import (
    InputError,
    check_columns,
    check_one_of,
    check_positive,
)
from hipext.intensity import MAX_REPS_TO_FAILURE
from hipext.intensity.relations import (
    RELATION,
    Numbers,
    Relation,
    epley_with,
    linear_with,
    modified_epley_with,
)

LOADS = ("load_kg", "system_load_kg")
LEVEL = 0.95  # of every interval


@dataclass(frozen=True, kw_only=True)
class RepsEstimate:
    """Constant and 1RM of a relation, with 95 % intervals; inf without a bound."""

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
        """The estimates with their intervals, as a sentence."""
        k = _interval(self.k_low, self.k_high, ".3g", "")
        one_rm = _interval(self.one_rm_low_kg, self.one_rm_high_kg, ".1f", " kg")
        return (
            f"By {self.relation}, from {self.n_sets} sets: k = {self.k:.3g} (95 % "
            f"interval {k}), 1RM = {self.one_rm_kg:.1f} kg (95 % interval {one_rm}), "
            f"residual SD {self.residual_sd_reps:.2g} repetitions."
        )


def estimate_one_rm(
    sets: pd.DataFrame,
    *,
    relation: str = RELATION,
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
        The 1RM in kg, if it and not `k` is known.
    load : {"load_kg", "system_load_kg"}
        The column with the load: on the implement, or with the lifted body mass.

    Returns
    -------
    RepsEstimate
        Estimates, 95 % intervals and the residual SD in repetitions. A value that was
        given is its own interval.

    Raises
    ------
    InputError
        If the sets cannot be used or do not determine the estimate.

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
    the bound is then inf, or 0 at the lower end. Of an interval in two pieces the
    range that contains both is given.

    The intervals assume independent errors of one normal distribution. They ignore
    fatigue from set to set and a wrong relation. A reported reserve is off by about 1
    repetition with 0-5 left and by more than 2 with 7-10 left (evidence row E03-013).
    Repetitions count as exact numbers, although a set ends on a whole one.

    Examples
    --------
    >>> sets = pd.DataFrame({"load_kg": [75.0, 80.0, 90.0], "reps": [10, 8, 3]})
    >>> found = estimate_one_rm(sets)
    >>> round(found.one_rm_kg, 1), round(found.k, 4)
    (98.8, 0.0309)
    """
    check_one_of(relation, FAMILIES, name="relation")
    family = FAMILIES[relation]
    if k is not None and one_rm_kg is not None:
        raise InputError(
            f"k={k:g} and one_rm_kg={one_rm_kg:g} are both given; leave out the one "
            "that is to be estimated."
        )
    if k is not None:
        family.relation_with(k)  # refuses a constant that cannot be
    if one_rm_kg is not None:
        check_positive(one_rm_kg, name="one_rm_kg", unit=" of kg")
    # The relation is a line in x = 1 / load or load; its zero is the 1RM, and its value
    # at x = 0 gives the constant.
    load_kg, possible = _checked_sets(sets, load)
    _check_enough(load_kg, possible, k, one_rm_kg)
    line = fitted_line(
        family.scale(load_kg),
        possible - family.first,
        alpha=None if k is None else family.alpha_at(k),
        zero=None if one_rm_kg is None else float(family.scale(one_rm_kg)),
    )
    _check_falls(line, family, relation)
    k_low = k_high = k
    if k is None:
        # k rises with alpha throughout, so the ends of its interval carry over.
        half = line.quantile * sqrt(line.var_alpha)
        alphas = (line.alpha, line.alpha - half, line.alpha + half)
        k, k_low, k_high = map(family.k_at, alphas)
    low_kg = high_kg = one_rm_kg
    if one_rm_kg is None:
        x = (-line.alpha / line.beta, *interval_of_zero(line))
        one_rm_kg, *ends_kg = (float(family.scale(one)) for one in x)
        low_kg, high_kg = sorted(ends_kg)  # 1 / x turns an interval around
    return RepsEstimate(
        relation=relation,
        k=k,
        k_low=k_low,
        k_high=k_high,
        one_rm_kg=one_rm_kg,
        one_rm_low_kg=low_kg,
        one_rm_high_kg=high_kg,
        residual_sd_reps=line.residual_sd,
        n_sets=len(load_kg),
    )


def _inverse(values: Numbers) -> Numbers:
    """Return 1 / x; infinite at 0, where an interval has no bound."""
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


# Epley: r = (m / k) / w - 1 / k. Linear: r - 1 = (k - 1) - ((k - 1) / m) w.
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
class Line:
    """A fitted line y = alpha + beta x, and the t quantile of its intervals."""

    alpha: float
    beta: float
    var_alpha: float
    var_beta: float
    covariance: float
    residual_sd: float
    quantile: float


def _checked_sets(sets: pd.DataFrame, load: str) -> tuple[np.ndarray, np.ndarray]:
    """Return loads and repetitions to failure, or raise InputError naming the row."""
    check_one_of(load, LOADS, name="load")
    # Repetitions may have fractions here, as those of a relation do.
    needed = (load, "reps")
    sets = check_columns(sets, needed, name="sets", numbers=needed)
    loads = sets[load].to_numpy("float64", na_value=np.nan)
    reps = sets["reps"].to_numpy("float64", na_value=np.nan)
    spare = np.zeros(len(sets))
    if "rir" in sets.columns:
        sets = check_columns(sets, ("rir",), name="sets", numbers=("rir",))
        spare = sets["rir"].to_numpy("float64", na_value=np.nan)
    most = f"at most {MAX_REPS_TO_FAILURE:g} together with those in reserve"
    for column, is_good, allowed in (
        (load, (loads > 0) & np.isfinite(loads), "a positive number of kg"),
        ("reps", reps >= 1, "at least 1"),
        ("rir", spare >= 0, "0 or more, 0 for a set to failure"),
        ("reps", reps + spare <= MAX_REPS_TO_FAILURE, most),
    ):
        if is_good.all():
            continue
        place = int(np.argmin(is_good))
        given = f"{sets[column].iloc[place]}"
        if column == "reps" and "rir" in sets.columns:
            given += f" with rir={sets['rir'].iloc[place]}"
        raise InputError(
            f"sets, row {sets.index[place]}: {column} must be {allowed}; got {given}."
        )
    return loads, reps + spare


def _check_enough(
    load_kg: np.ndarray, possible: np.ndarray, k: float | None, one_rm_kg: float | None
) -> None:
    """Raise InputError unless the sets can determine what is unknown."""
    is_free = k is None and one_rm_kg is None
    least = 3 if is_free else 2
    if len(load_kg) < least:
        raise InputError(
            f"An estimate of {'k and the 1RM' if is_free else 'k or the 1RM'} needs at "
            f"least {least} sets; got {len(load_kg)}."
        )
    for values, what, unit in (
        (load_kg, "loads", " kg"),
        (possible, "numbers of repetitions to failure", ""),
    ):
        if is_free and np.ptp(values) == 0:
            raise InputError(
                f"An estimate of k and the 1RM needs different {what}; all "
                f"{len(values)} are {values[0]:g}{unit}. Give k or one_rm_kg, or other "
                "sets."
            )
    if one_rm_kg is not None and not load_kg.min() < one_rm_kg >= load_kg.max():
        raise InputError(
            f"The loads must be at most the 1RM, one of them below it; got "
            f"{load_kg.min():g} to {load_kg.max():g} kg, one_rm_kg={one_rm_kg:g}."
        )


def _check_falls(line: Line, family: _Family, relation: str) -> None:
    """Raise InputError unless the line is one that the relation can have."""
    if line.beta * family.direction <= 0:
        raise InputError(
            "An estimate needs repetitions that fall as the load rises; in these sets "
            f"they do not (slope {line.beta:.3g} repetitions per unit of "
            f"{'1 / load' if family.direction > 0 else 'load'})."
        )
    if line.alpha * family.direction >= 0:
        raise InputError(
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


def fitted_line(
    x: np.ndarray,
    y: np.ndarray,
    *,
    alpha: float | None = None,
    zero: float | None = None,
) -> Line:
    """Return the least-squares line; through `alpha` at 0, or 0 at `zero`, if given."""
    from scipy.special import stdtrit

    # Every such line runs through one known point: the means of x and y where it is
    # free, or the point that is given, and then the slope alone is fitted.
    is_free = alpha is None and zero is None
    if is_free:
        x0, y0 = float(x.mean()), float(y.mean())
    else:
        x0, y0 = 0.0 if zero is None else zero, 0.0 if alpha is None else alpha
    shifted, n_left = x - x0, len(x) - (2 if is_free else 1)
    # Slope and error variance of least squares, with 1 or 2 degrees of freedom used.
    square = float(shifted @ shifted)
    beta = float(shifted @ (y - y0)) / square
    residuals = y - y0 - beta * shifted
    variance = float(residuals @ residuals) / n_left
    var_beta = variance / square
    return Line(
        alpha=y0 - beta * x0,
        beta=beta,
        var_alpha=(variance / len(x) if is_free else 0.0) + x0**2 * var_beta,
        var_beta=var_beta,
        covariance=-x0 * var_beta,
        residual_sd=sqrt(variance),
        quantile=float(stdtrit(n_left, (1 + LEVEL) / 2)),
    )


def interval_of_zero(line: Line) -> tuple[float, float]:
    """Return the interval of the positive x where the line is 0, by Fieller's theorem.

    It contains every x at which alpha + beta x does not differ from 0, where
    (alpha + beta x)^2 <= t^2 var(alpha + beta x), or a x^2 + 2 b x + c <= 0. Of two
    pieces the range that contains both is returned.
    """
    squared = line.quantile**2
    a = line.beta**2 - squared * line.var_beta
    b = line.alpha * line.beta - squared * line.covariance
    c = line.alpha**2 - squared * line.var_alpha
    root = sqrt(max(b**2 - a * c, 0.0))
    if a > 0:  # the slope differs from 0: between the roots
        return max((-b - root) / a, 0.0), (-b + root) / a
    if a == 0 or (-b + root) / a > 0:  # outside two positive roots, from 0 on
        return 0.0, inf
    return max((-b - root) / a, 0.0), inf  # beyond the larger root
