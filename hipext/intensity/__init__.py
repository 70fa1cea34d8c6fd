"""Percent of the one-repetition maximum (1RM), repetitions, and effort.

A relation gives the repetitions to failure at a load (`RELATIONS`); a chart gives them
for a rating of effort. Both are conventions: outside the range in which one may be used
it is refused, never capped.
"""

import lazy_loader

# Repetitions to failure; assumption of ours, for every relation. It stands here because
# plans are checked with it, and without NumPy.
MAX_REPS_TO_FAILURE = 30.0

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "estimates": ["RepsEstimate", "estimate_one_rm"],
        "relations": [
            "RELATIONS",
            "Relation",
            "epley_with",
            "linear_with",
            "modified_epley_with",
            "one_rm",
            "one_rm_range",
            "pct_1rm",
            "reps_at",
            "rir_at",
            "rpe_at",
        ],
        "schemes": [
            "ADJUSTMENTS",
            "RpeChart",
            "adjusted_pct_1rm",
            "adjusted_reps",
            "pct_from_chart",
            "read_chart",
            "rpe_from_chart",
            "set_scheme",
            "set_schemes",
        ],
    },
)
