"""Many simulations: scenarios, comparisons, sweeps, searches and published trials."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "scenarios": ["changed_athlete", "scenario_of"],
        "comparison": ["compare", "one_at_a_time", "variations"],
        "sweeps": ["read_sweep", "sweep"],
        "search": ["find_front"],
        "reproduction": ["reproduce"],
        "trials": ["person_of", "plan_of", "predicted_and_observed", "read_trials"],
    },
)
