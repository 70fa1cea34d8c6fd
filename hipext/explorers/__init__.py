"""Interactive explorers: controls, one figure, and its description."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["widgets"],
    submod_attrs={
        "widgets": [
            "explore_compare",
            "explore_deload",
            "explore_effort",
            "explore_exercise",
            "explore_fit",
            "explore_plan",
            "explore_recovery",
        ],
    },
)
