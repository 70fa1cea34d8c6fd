"""Who trains: athletes, populations, and plans adapted to an athlete."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "athlete": ["read_athlete"],
        "population": ["cohort", "read_population"],
        "personalise": ["personalise"],
    },
)
