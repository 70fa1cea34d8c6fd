"""Interactive explorers: controls, one figure, and its description."""

import lazy_loader

from hipext.files.checks import import_extra

for _module in ("ipywidgets", "anywidget"):
    import_extra(_module, "lab", use="The explorers are made of widgets for Jupyter.")

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
