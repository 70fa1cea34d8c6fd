"""The daily simulation as numbers alone, without files or tables."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "random": ["normals", "philox"],
    },
)
