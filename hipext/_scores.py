"""Numbers and tables about a fit that is found."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, log, pi

import numpy as np
import pandas as pd

from hipext._design import Problem, Solved, predictions, whitener
from hipext._impulse import Model
from hipext._profile import Profile, limit_of
from hipext._search import searched

_STEP = 1e-5  # relative, of a numerical derivative


def corrected_aic(problem: Problem, found: Solved) -> float:
    """Return Akaike's criterion with the correction for few tests.

    ``-2 ln L + 2 k + 2 k (k + 1) / (n - k - 1)``; k counts the variance of a test.
    """
    n_tests = len(problem.tests)
    k = len(problem.free) + (not problem.noise)
    if n_tests - k - 1 <= 0:
        return inf
    twice = n_tests * log(2 * pi)
    if problem.noise:
        twice += _most_likely(problem, found).deviance
    else:
        twice += found.deviance + n_tests - float(np.log(problem.weights).sum())
    return twice + 2 * k + 2 * k * (k + 1) / (n_tests - k - 1)


def _most_likely(problem: Problem, found: Solved) -> Solved:
    """Return the fit of highest likelihood, near that of the restricted one."""
    whole = replace(problem, is_restricted=False)
    return searched(whole, guesses=(found.parameters,), n_descents=1)


def condition_number(problem: Problem, found: Solved) -> float:
    """Return the condition number of the sensitivity of the tests.

    Columns are the change of the predictions for a relative change of each free
    parameter of the curve; each has length 1, so that units do not count.
    """
    names = [name for name in problem.free if name not in problem.noise]
    errors = whitener(problem, found.parameters)
    columns = []
    for name in names:
        step = _STEP * (abs(found.parameters[name]) or 1.0)
        up, down = (
            predictions(
                problem, {**found.parameters, name: found.parameters[name] + side}
            )
            for side in (step, -step)
        )
        columns.append(errors.white((up - down) / (2 * step)))
    matrix = np.column_stack(columns)
    size = np.sqrt((matrix**2).sum(axis=0))
    if (size == 0).any():
        return inf
    return float(np.linalg.cond(matrix / size))


def parameter_table(
    problem: Problem,
    found: Solved,
    profiles: Sequence[Profile],
    draws: pd.DataFrame,
    level: float,
) -> pd.DataFrame:
    """Return one row per free parameter."""
    by_name = {profile.name: profile for profile in profiles}
    unknown = (np.nan, np.nan)
    tails = [(1 - level) / 2, (1 + level) / 2]
    rows = []
    for name in problem.free:
        profile = by_name.get(name)
        spread = draws[name].quantile(tails) if len(draws) else unknown
        ends = (profile.interval, profile.region) if profile else (unknown, unknown)
        rows.append(
            (
                name,
                unit_of(problem.model, name),
                found.parameters[name],
                *ends[0],
                *ends[1],
                *spread,
            )
            + problem.bounds[name]
        )
    columns = "parameter unit estimate low high region_low region_high"
    columns += " bootstrap_low bootstrap_high lowest highest"
    return pd.DataFrame(rows, columns=columns.split()).set_index("parameter")


def unit_of(model: type[Model], name: str) -> str:
    """Return the unit of a parameter of a model."""
    if name == "fatigue_gain" and "gain_tau" in model.SHAPE:
        return "performance per squared load"
    if name.endswith("_gain") and "half_load" in model.SHAPE:
        return "performance per dose"
    if name.endswith("_tau"):
        return "days"
    if name.endswith("_gain"):
        return "performance per load"
    if name == "half_load":
        return "load"
    return "" if name == "steepness" else "performance"


def profile_table(
    problem: Problem, best: Solved, profiles: Sequence[Profile], level: float
) -> pd.DataFrame:
    """Return the points of all profiles, one row each."""
    limit = limit_of(problem, level)
    together = limit_of(problem, level, together=len(problem.free))
    n_tests = len(problem.tests)
    squares = float(best.residual @ best.residual)
    parts = [
        pd.DataFrame(
            {
                "parameter": profile.name,
                "value": profile.points,
                "deviance": profile.deviances,
                "sse": squares * np.exp(profile.deviances / n_tests)
                if not problem.noise
                else np.nan,
                "is_in_interval": profile.deviances <= limit,
                "is_in_region": profile.deviances <= together,
            }
        )
        for profile in profiles
    ]
    names = "parameter value deviance sse is_in_interval is_in_region"
    none = pd.DataFrame(columns=names.split())
    return pd.concat(parts, ignore_index=True) if parts else none


def test_table(problem: Problem, found: Solved, index: pd.Index) -> pd.DataFrame:
    """Return one row per test."""
    predicted = predictions(problem, found.parameters)
    return pd.DataFrame(
        {
            "performance": problem.tests,
            "predicted": predicted,
            "residual": problem.tests - predicted,
            "weight": problem.weights,
        },
        index=index[problem.days],
    )
