"""Files in and out: checks, tables, constants, evidence and records."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["checks", "io", "records", "tables"],
    submod_attrs={
        "checks": ["InputError", "PlanError"],
        "evidence": ["cite", "read_evidence", "search_evidence"],
        "parameters": ["parameter", "parameter_table"],
        "io": ["shipped_names"],
    },
)
