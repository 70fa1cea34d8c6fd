"""What today's load makes of a later day, and what a steady load makes in the end."""

from math import exp, expm1, inf

import numpy as np
import pandas as pd

from hipext._impulse import Model
from hipext._quadratic import Quadratic

FatigueGains = tuple[float, float]  # per dose, and per squared dose


def rested(model: Model, past: np.ndarray, *, n_days: int) -> pd.Series:
    """Return the states of the last day after `n_days` of rest behind the past."""
    load = pd.Series(np.append(past, np.zeros(n_days)))
    return model.respond(load).iloc[-1]


def curves_of(
    model: Model, past: np.ndarray, after_d: int
) -> tuple[Quadratic, Quadratic]:
    """Return performance, and fatigue with a minus, of a later day by today's dose.

    Under both conventions today's load has faded by `after_d` days on that day.
    """
    states = rested(model, past, n_days=1 + after_d)
    gain, (proportional, squared) = _gains_after(model, past, after_d)
    end = end_of(model)
    performance = Quadratic(
        at_rest=states["performance"], slope=gain - proportional, bend=-squared, end=end
    )
    freshness = Quadratic(
        at_rest=-states["fatigue"], slope=-proportional, bend=-squared, end=end
    )
    return performance, freshness


def _gains_after(
    model: Model, past: np.ndarray, after_d: int
) -> tuple[float, FatigueGains]:
    """Return the fitness per dose and the fatigue gains, that many days later."""
    values = vars(model)

    def left_of(tau: str) -> float:
        return exp(-after_d / values[tau]) if tau in values else 0.0

    fitness = values["fitness_gain"] * (left_of("fitness_tau") - left_of("delay_tau"))
    fatigue = values.get("fatigue_gain", 0.0) * left_of("fatigue_tau")
    if "gain_tau" not in values:
        return fitness, (fatigue, 0.0)
    ages = np.arange(len(past), 0, -1)
    carried = float(past @ np.exp(-ages / values["gain_tau"]))
    return fitness, (fatigue * carried, fatigue)


def steady_gains(model: Model) -> tuple[float, FatigueGains]:
    """Return the fitness per dose and the fatigue gains of the same dose every day."""
    values = vars(model)
    today = model.convention == "same_day"

    def sum_of(tau: str) -> float:
        return 1 / expm1(1 / values[tau]) + today if tau in values else 0.0

    fitness = values["fitness_gain"] * (sum_of("fitness_tau") - sum_of("delay_tau"))
    fatigue = values.get("fatigue_gain", 0.0) * sum_of("fatigue_tau")
    if "gain_tau" not in values:
        return fitness, (fatigue, 0.0)
    return fitness, (0.0, fatigue / -expm1(-1 / values["gain_tau"]))


def end_of(model: Model) -> float:
    """Return the dose that no load reaches."""
    return vars(model).get("max_dose", inf)


def dose_of(model: Model, load: float) -> float:
    """Return the dose of a load: the load itself, unless the model saturates."""
    if "max_dose" not in vars(model):
        return load
    return float(model.dose(pd.Series([float(load)])).iloc[0])


def load_of(model: Model, dose: float) -> float:
    """Return the load of a dose; infinite where the dose is without limit."""
    end = end_of(model)
    if end == inf or dose in {0.0, inf}:
        return float(dose)
    return float(model.half_load * (dose / (end - dose)) ** (1 / model.steepness))
