"""A finished fit, put together from what was found."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hipext._design import Problem, Solved
from hipext._impulse import Model
from hipext._profile import Profile
from hipext._resample import bands_of
from hipext._scores import (
    condition_number,
    corrected_aic,
    parameter_table,
    profile_table,
    test_table,
)
from hipext._verdict import Verdict, verdict_of

_AS_GOOD = 1e-3  # deviance: a search that ends so near the best has found it


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fit:
    """A fitted model, with all that says how far to trust it."""

    model: Model
    """The model with its fitted parameters."""
    parameters: pd.DataFrame
    """One row per free parameter: estimate, intervals, region, bounds."""
    profiles: pd.DataFrame
    """Profile likelihood: parameter, value, sum of squares, deviance, is_inside."""
    draws: pd.DataFrame
    """Parameters of the bootstrap, one row per draw."""
    bands: pd.DataFrame
    """Performance by day, band of its course, band of a new test."""
    tests: pd.DataFrame
    """Tests by day: performance, predicted, residual, weight."""
    cross_validation: pd.DataFrame
    """Blocks of consecutive tests, each met by a fit to the others."""
    identifiable: Verdict
    """Whether the tests identify the parameters, in words; false where they do not."""
    condition_number: float
    """Of the sensitivity of the tests to relative changes of the parameters."""
    sse: float
    """Weighted sum of squared errors."""
    rmse: float
    """Root of its mean over the tests."""
    r_squared: float
    """Share of the variance of the tests that the curve accounts for."""
    aicc: float
    """Akaike's criterion, corrected for few tests; infinite where there are too few."""
    cv_rmse: float
    """Root mean squared error over all tests left out in turn; NaN without."""
    level: float
    """Of intervals and bands."""
    problem: Problem
    """What was fitted."""

    def __repr__(self) -> str:
        name, n_tests = type(self.model).__name__, len(self.tests)
        table = self.parameters[["estimate", "low", "high"]].to_string(
            float_format="{:.4g}".format
        )
        return (
            f"{name}, {n_tests} tests, SSE {self.sse:.6g}\n{table}\n{self.identifiable}"
        )

    def respond(self, training_load: pd.Series) -> pd.DataFrame:
        """Return the response of the fitted model to a load, as the model does."""
        return self.model.respond(training_load)


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """What a fit is put together from."""

    problem: Problem
    best: Solved
    shown: Solved
    profiles: tuple[Profile, ...]
    draws: pd.DataFrame
    blocks: pd.DataFrame
    level: float


def assembled(parts: Parts, training_load: pd.Series) -> Fit:
    """Return the fit with all its tables."""
    problem, shown, level = parts.problem, parts.shown, parts.level
    index = getattr(training_load, "index", pd.RangeIndex(len(training_load)))
    load = np.asarray(training_load, dtype="float64")
    tests = test_table(problem, shown, index)
    squares = float(problem.weights @ tests["residual"] ** 2)
    mean = np.average(problem.tests, weights=problem.weights)
    return Fit(
        model=problem.model(
            **_told_values(problem, shown), convention=problem.convention
        ),
        parameters=parameter_table(problem, shown, parts.profiles, parts.draws, level),
        profiles=profile_table(problem, parts.best, parts.profiles, level),
        draws=parts.draws,
        bands=pd.DataFrame(
            bands_of(problem, shown, parts.draws, load, level), index=index
        ),
        tests=tests,
        cross_validation=parts.blocks,
        identifiable=verdict_of(problem, parts.best, parts.profiles, level)
        if shown is parts.best
        else _stopped_early(parts),
        condition_number=condition_number(problem, shown),
        sse=squares,
        rmse=(squares / len(problem.tests)) ** 0.5,
        r_squared=1 - squares / float(problem.weights @ (problem.tests - mean) ** 2),
        aicc=corrected_aic(problem, shown),
        cv_rmse=pooled(parts.blocks, "rmse"),
        level=level,
        problem=problem,
    )


def _told_values(problem: Problem, found: Solved) -> dict[str, float]:
    return {name: float(found.parameters[name]) for name in problem.bounds}


def pooled(blocks: pd.DataFrame, column: str) -> float:
    """Return the root mean squared error over the tests of all blocks."""
    if blocks.empty:
        return float("nan")
    squares = (blocks[column] ** 2 * blocks["n_tests"]).sum()
    return float((squares / blocks["n_tests"].sum()) ** 0.5)


def _stopped_early(parts: Parts) -> Verdict:
    """Return the verdict on a fit from a given start, next to the best there is."""
    verdict = verdict_of(parts.problem, parts.best, parts.profiles, parts.level)
    ahead = parts.shown.deviance - parts.best.deviance
    if ahead < _AS_GOOD:
        return verdict
    ends = [float(one.residual @ one.residual) for one in (parts.shown, parts.best)]
    told = (
        f"The search from the given start ends at a sum of squared errors of "
        f"{ends[0]:.4f}; elsewhere within the bounds it falls to {ends[1]:.4f}."
    )
    return Verdict(is_identified=False, sentences=(told, *verdict.sentences))
