"""Impulse-response models: daily training load in, fitness and fatigue out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["calibration", "inverse"],
    submod_attrs={
        "models": [
            "Banister",
            "FitnessDelay",
            "Kalman",
            "MODELS",
            "OneComponent",
            "SaturatedDose",
            "VariableDose",
        ],
        "impulse_response": ["CONVENTIONS", "respond_draws"],
        "calibration": ["Fit", "compare_models", "fit"],
        "uncertainty": ["posterior"],
    },
)
