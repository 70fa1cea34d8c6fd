"""Measures of training: sets or a daily load in, numbers by day or week out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "volume": [
            "daily",
            "hard_sets",
            "minutes",
            "muscle_sets",
            "session_rpe",
            "time_under_tension",
            "training_load",
            "volume_load",
            "weekly",
            "working_sets",
        ],
        "workload": [
            "acwr",
            "acwr_parts",
            "as_daily",
            "decayed_sum",
            "monotony",
            "pmc",
            "rolling_load",
            "strain",
        ],
    },
)
