"""Draw parameters from their posterior distribution with emcee."""

from dataclasses import dataclass, replace
from functools import partial
from math import inf, log

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from hipext._design import Problem, evaluated

_WALKERS_PER_PARAMETER = 4
_SPREAD = 0.02  # of the starting walkers around the best fit
_ENOUGH = 50  # autocorrelation times that a chain should last, as emcee advises


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Draws of the free parameters, and whether there were enough of them."""

    draws: pd.DataFrame
    """One row per draw."""
    n_effective: float
    """How many independent draws they are worth; NaN where that is unknown."""
    acceptance: float
    """Mean share of moves that were taken."""
    has_converged: bool
    """Whether the chain lasted 50 times its autocorrelation time."""
    sentence: str
    """The same in words."""


def posterior(
    fitted: object,
    *,
    n_steps: int = 2000,
    seed: int = 0,
    progress: bool = True,
) -> Posterior:
    """Draw from the posterior distribution of the parameters of a fit.

    Parameters
    ----------
    fitted : Fit
        As `fit` returns it.
    n_steps : int, default 2000
        Steps of each of the 4 walkers per parameter; the first half is dropped.
    seed : int, default 0
        Of the random numbers; 0 is a seed.
    progress : bool, default True
        Whether a bar shows after a second.

    Returns
    -------
    Posterior
        Draws, and how far the chain has come.

    Raises
    ------
    ModuleNotFoundError
        If emcee is not installed; it comes with the extra ``bayes``.

    Notes
    -----
    Priors, all of them assumptions of ours: flat within the bounds of the fit; flat in
    the logarithm of time constants and other shapes; flat in the logarithm of the
    standard deviation of a test, which is integrated out. Where the tests do not
    identify the parameters, these priors decide; the fit's verdict tells.
    """
    from emcee import EnsembleSampler  # optional

    problem: Problem = replace(fitted.problem, is_restricted=False)
    names = problem.free
    best = np.array([fitted.parameters.loc[name, "estimate"] for name in names])
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    n_walkers = max(_WALKERS_PER_PARAMETER * len(names), 8)
    start = best * (1 + _SPREAD * rng.standard_normal((n_walkers, len(names))))
    start = np.array([_moved_inside(problem, row, best) for row in start])
    sampler = EnsembleSampler(n_walkers, len(names), partial(_log_density, problem))
    sampler.random_state = np.random.RandomState(seed).get_state()  # emcee asks for it
    steps = sampler.sample(start, iterations=n_steps)
    for _ in tqdm(
        steps, total=n_steps, disable=None if progress else True, delay=1.0, leave=False
    ):
        pass
    return _summarised(sampler, names, n_steps)


def _moved_inside(problem: Problem, row: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Return a walker's start, drawn towards the best fit until it is allowed."""
    for _ in range(60):
        if np.isfinite(_log_density(problem, row)):
            return row
        row = (row + best) / 2
    return best * (1 - 1e-9 * np.arange(len(best)))


def _log_density(problem: Problem, row: np.ndarray) -> float:
    """Return the logarithm of the posterior density, up to a constant."""
    values = problem.fixed | dict(zip(problem.free, row.tolist(), strict=True))
    is_inside = all(
        low <= values[name] <= high for name, (low, high) in problem.bounds.items()
    )
    is_ordered = all(
        values[short] < values[long] for short, long in problem.model.SHORTER
    )
    if not (is_inside and is_ordered):
        return -inf
    logs = [name for name in problem.free if _is_log(problem, name)]
    flat_in_logarithm = -sum(log(values[name]) for name in logs if values[name] > 0)
    return flat_in_logarithm - evaluated(problem, values).deviance / 2


def _is_log(problem: Problem, name: str) -> bool:
    return name in problem.model.SHAPE or name == "performance_noise"


def _summarised(sampler: object, names: tuple[str, ...], n_steps: int) -> Posterior:
    """Return the second half of the chain, and how far it has come."""
    draws = sampler.get_chain(discard=n_steps // 2, flat=True)
    times = sampler.get_autocorr_time(quiet=True, tol=0)
    slowest = float(np.max(times))
    has_converged = bool(n_steps >= _ENOUGH * slowest)
    word = "is" if has_converged else "is not"
    return Posterior(
        draws=pd.DataFrame(draws, columns=list(names)).rename_axis("draw"),
        n_effective=len(draws) / slowest,
        acceptance=float(np.mean(sampler.acceptance_fraction)),
        has_converged=has_converged,
        sentence=(
            f"The chain of {n_steps} steps {word} long enough: the slowest parameter "
            f"needs {slowest:.0f} steps to forget, and {_ENOUGH} times that is asked."
        ),
    )
