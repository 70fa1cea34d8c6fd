"""The course: tasks, assignments, handouts, JupyterLab."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["handouts", "lab", "tasks"],
    submod_attrs={
        "tasks": ["check_answer"],
    },
)
