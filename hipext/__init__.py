"""Simulated hip-extension strength training: plans, athletes, tables and figures.

Names are loaded when they are first used, so that ``import hipext`` is quick.
"""

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["intensity", "metrics", "plots", "response"],
    submod_attrs={
        "athletes": ["cohort", "personalise", "read_athlete", "read_population"],
        "course": ["check_answer"],
        "explorers": [
            "explore_compare",
            "explore_deload",
            "explore_effort",
            "explore_exercise",
            "explore_fit",
            "explore_plan",
            "explore_recovery",
            "widgets",
        ],
        "files": [
            "InputError",
            "PlanError",
            "cite",
            "parameter",
            "read_evidence",
            "search_evidence",
            "tables",
        ],
        "plans": ["format_plan", "read_exercises", "read_plan", "vary"],
        "plots.report": ["report"],
        "response": ["calibration", "fit", "inverse"],
        "simulation": [
            "expand_plan",
            "lint_plan",
            "open_loop",
            "simulate",
            "write_record",
        ],
        "studies": [
            "changed_athlete",
            "compare",
            "find_front",
            "one_at_a_time",
            "predicted_and_observed",
            "read_sweep",
            "reproduce",
            "scenario_of",
            "sweep",
            "variations",
        ],
    },
)


def __getattr__(name: str) -> object:
    """Load a public name from its room (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"hipext has no {name!r}; it has {', '.join(__all__)}.")
    return _load(name)
