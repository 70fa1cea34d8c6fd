"""Percent of the one-repetition maximum (1RM), repetitions, and effort.

A relation says how many repetitions to failure a load allows (`RELATIONS`); a chart
says the same for a rating of effort. Both are conventions: outside the range in which
one may be used it is refused, never capped.
"""

from hipext.intensity.estimates import RepsEstimate, estimate_one_rm
from hipext.intensity.relations import (
    RELATIONS,
    Relation,
    epley_with,
    linear_with,
    modified_epley_with,
    one_rm,
    one_rm_range,
    pct_1rm,
    reps_at,
    rir_at,
    rpe_at,
)
from hipext.intensity.schemes import (
    ADJUSTMENTS,
    adjusted_pct_1rm,
    adjusted_reps,
    pct_from_chart,
    rpe_from_chart,
    set_scheme,
    set_schemes,
)

__all__ = [
    "ADJUSTMENTS",
    "RELATIONS",
    "Relation",
    "RepsEstimate",
    "adjusted_pct_1rm",
    "adjusted_reps",
    "epley_with",
    "estimate_one_rm",
    "linear_with",
    "modified_epley_with",
    "one_rm",
    "one_rm_range",
    "pct_1rm",
    "pct_from_chart",
    "reps_at",
    "rir_at",
    "rpe_at",
    "rpe_from_chart",
    "set_scheme",
    "set_schemes",
]
