"""Progressive hip-extension strengthening: plans, people, tables and curves.

Names are loaded when they are first used, so that ``import hipext`` is quick.
"""

from importlib import import_module

_HOMES = {
    "PlanError": "_checks",
    "cohort": "population",
    "compare": "comparison",
    "expand_plan": "schedule",
    "find_front": "searches",
    "fit": "calibration",
    "format_plan": "plan_text",
    "lint_plan": "lint",
    "one_at_a_time": "one_change",
    "open_loop": "simulation",
    "personalise": "personal",
    "read_athlete": "athlete",
    "read_evidence": "evidence",
    "read_exercises": "exercises",
    "read_plan": "plan_file",
    "read_population": "population",
    "read_sweep": "sweeps",
    "report": "html_report",
    "reproduce": "reproduction",
    "scenario_of": "whatif",
    "simulate": "simulation",
    "sweep": "sweeps",
    "variations": "one_change",
    "vary": "whatif",
    "write_record": "records",
}
_MODULES = (
    "calibration",
    "intensity",
    "inverse",
    "metrics",
    "plots",
    "response",
    "tables",
    "widgets",
)

__all__ = [*_HOMES, *_MODULES]


def __getattr__(name: str) -> object:
    """Load a public name from its module (PEP 562)."""
    if name in _HOMES:
        value = getattr(import_module(f"hipext.{_HOMES[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"hipext.{name}")
    else:
        raise AttributeError(f"hipext has no {name!r}; it has {', '.join(__all__)}.")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
