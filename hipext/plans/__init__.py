"""Exercises, notation, progression rules, plans and changes of plans."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "exercises": ["ladder", "muscle_shares", "read_exercises"],
        "rules": ["Outcome", "Prescription", "decide"],
        "plan_file": ["format_plan", "read_plan"],
        "edits": ["vary"],
    },
)
