"""A plan and an athlete in, tables and explanations out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "lint": ["lint_plan"],
        "simulation": [
            "expand_plan",
            "open_loop",
            "simulate",
            "teaching_model",
            "write_record",
        ],
    },
)
