"""The day loop on arrays; it knows neither files nor pandas."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "random": ["normals", "philox"],
    },
)
