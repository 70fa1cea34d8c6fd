"""Figures of training, fits and studies: a table in, Matplotlib axes out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "training": [
            "MEASURES",
            "plot_balance",
            "plot_decisions",
            "plot_lifts",
            "plot_muscle_sets",
            "plot_pain",
            "plot_phases",
            "plot_range",
            "plot_response",
            "plot_strength",
            "plot_technique",
            "plot_volume",
        ],
        "fits": ["plot_fit", "plot_profile"],
        "studies": [
            "plot_difference",
            "plot_differences",
            "plot_effect",
            "plot_fan",
            "plot_fans",
            "plot_front",
            "plot_one_at_a_time",
            "plot_predicted",
            "plot_screening",
            "plot_sensitivity",
            "plot_surface",
        ],
    },
)
