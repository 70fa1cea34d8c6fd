"""The command line: commands, their options, and results as text and JSON."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["fits", "results", "schema", "text"]
)
