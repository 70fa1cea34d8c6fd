"""Fit a response model to tests, and say how far the answer can be trusted.

Baseline, gains and initial states are solved for exactly at every step (variable
projection); time constants and other shapes are searched within bounds from many
starts. Intervals come from the profile of the likelihood and from resampling; the
verdict says in words whether the tests identify the parameters at all. In published
data they often do not (evidence rows E04-007, E04-008, E04-018, E04-019).
"""

from collections.abc import Iterable, Mapping
from numbers import Integral

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from hipext._checks import check_one_of
from hipext._design import Bounds, Problem, Solved, evaluated, solved
from hipext._fitted import Fit, Parts, assembled
from hipext._impulse import Model
from hipext._posterior import Posterior, posterior
from hipext._problem import name_of, problem_of
from hipext._profile import Profile, profiled
from hipext._resample import BLOCKS, bootstrapped, left_out_in_turn
from hipext._search import Screen, descended_as_published, screened, searched

__all__ = ["Fit", "Posterior", "compare_models", "fit", "posterior"]

_ROUNDS = 3  # a profile that finds a better fit starts everything over, so often
_DEEPER = 1e-3  # deviance by which a fit is better, and not only rounded otherwise
_LAST_SEED = 2**63 - 1
_BAR = {"desc": "fit", "delay": 1.0, "leave": False, "unit": "fit"}


def fit(
    model: type[Model] | str,
    training_load: pd.Series,
    performance: pd.Series,
    *,
    convention: str = "next_day",
    weights: pd.Series | None = None,
    bounds: Bounds | None = None,
    start: Mapping[str, float] | None = None,
    level: float = 0.95,
    profile: bool = True,
    n_bootstrap: int = 200,
    n_blocks: int = 5,
    seed: int = 0,
    progress: bool = True,
) -> Fit:
    """Fit a response model to tests of performance.

    Parameters
    ----------
    model : type or str
        A class of `response`, such as ``response.Banister``, or its name in
        ``response.MODELS``.
    training_load : pandas.Series
        Training load (a.u.) of consecutive days; 0 for rest, never NaN.
    performance : pandas.Series
        Result of each test, by the same days; a day without a test is NaN or absent.
    convention : {"next_day", "same_day"}
        Whether load is felt from the next morning on or on the day itself.
    weights : pandas.Series, optional
        Weight of each test, such as 1 over its variance: by day, or one per test. Only
        their ratios count. Default: all alike.
    bounds : Mapping, optional
        Lowest and highest value by parameter. Two equal values hold a parameter fast;
        bounds for ``initial_fitness`` or ``initial_fatigue`` free what is else 0.
        A lowest time constant of 0 stands for 0.05 days. Default: time constants 1 to
        300 days, gains 0 or more, and see ``_problem.BOUNDS``; judgements of ours.
    start : Mapping, optional
        Values of parameters to start from. The search then goes downhill from there
        only, over all parameters at once, as published fits do, and may stop early.
        Parameters left out start at their best given the others. Default: search
        everywhere within the bounds.
    level : float, default 0.95
        Of intervals, regions and bands.
    profile : bool, default True
        Whether to profile each parameter. Without it nothing counts as identified.
    n_bootstrap : int, default 200
        Number of resampled fits; 0 for none, and no bands.
    n_blocks : int, default 5
        Number of blocks of tests for cross-validation; 0 for none.
    seed : int, default 0
        Of the resampling; 0 is a seed.
    progress : bool, default True
        Whether a bar shows after a second of work.

    Returns
    -------
    Fit
        Parameters with intervals, profiles, draws, bands, cross-validation and verdict.

    Raises
    ------
    ValueError
        If a load or test cannot be, days are not in order, the tests are fewer than the
        free parameters or all alike, or an option makes no sense.

    Notes
    -----
    Errors of tests are taken as independent and normal, with one variance divided by
    the weight. An interval (``low``, ``high``) is for one parameter: the deviance rises
    by less than ``n ln(1 + F / (n - p))`` with the quantile of F(1, n - p), for n tests
    and p free parameters. A region (``region_low``, ``region_high``) is for all p
    together: ``n ln(1 + p F / (n - p))`` with F(p, n - p). Both are exact for a linear
    model. A shorter time constant may come within 0.1 % of the longer one, no nearer.

    For `response.Kalman` it is the restricted likelihood that is highest: that of the
    contrasts of tests which no change of the curve moves. The plain likelihood takes
    slow drift for a curve and finds too little noise. AICc goes by the plain one.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from hipext import response
    >>> load = pd.Series(np.tile([60.0, 0, 60, 0, 60, 60, 0], 12))
    >>> truth = response.OneComponent(baseline=100, fitness_gain=0.1, fitness_tau=20)
    >>> tests = truth.respond(load)["performance"].iloc[5::6]
    >>> found = fit("one_component", load, tests, n_bootstrap=0, progress=False)
    >>> found.parameters["estimate"].round(3).to_dict()
    {'baseline': 100.0, 'fitness_gain': 0.1, 'fitness_tau': 20.0}
    """
    problem = problem_of(
        model,
        training_load,
        performance,
        convention=convention,
        weights=weights,
        bounds=bounds,
    )
    _check_options(level=level, n_bootstrap=n_bootstrap, n_blocks=n_blocks, seed=seed)
    screen = screened(problem)
    best = searched(problem, screen=screen)
    n_parts = min(n_blocks, len(problem.tests))
    n_steps = n_bootstrap + n_parts + (len(problem.free) if profile else 0)
    profiles: list[Profile] = []
    with tqdm(total=n_steps, disable=None if progress else True, **_BAR) as bar:
        if profile:
            best, profiles = _profiles(problem, best, screen, level, bar)
        draws = bootstrapped(problem, best, screen, range(n_bootstrap), seed)
        blocks = left_out_in_turn(problem, best, n_parts) if n_blocks else ()
        parts = Parts(
            problem=problem,
            best=best,
            shown=best if start is None else _from(problem, start, best),
            profiles=tuple(profiles),
            draws=pd.DataFrame(_told(draws, bar), columns=list(problem.free)),
            blocks=pd.DataFrame(_told(blocks, bar), columns=BLOCKS),
            level=level,
        )
    return assembled(parts, training_load)


def compare_models(fits: Iterable[Fit]) -> pd.DataFrame:
    """Compare fits of several models to the same tests.

    Parameters
    ----------
    fits : iterable of Fit
        Fits to the same tests, as `fit` returns them.

    Returns
    -------
    pandas.DataFrame
        One row per fit, the lowest AICc first: model, n_parameters, sse, rmse, aicc,
        delta_aicc, weight (Akaike's), cv_rmse (each block of tests met by a fit to the
        others), is_identified.

    Raises
    ------
    ValueError
        If the fits are not of the same tests.

    Notes
    -----
    A lower AICc only says that a model loses less in these tests, relative to the
    others; `cv_rmse` says whether it predicts. Neither says that it is true.
    """
    fits = list(fits)
    if not fits:
        raise ValueError("There is no fit to compare; give two or more of `fit`.")
    first = fits[0].problem
    for one in fits[1:]:
        is_same = np.array_equal(one.problem.tests, first.tests)
        if not (is_same and np.array_equal(one.problem.days, first.days)):
            raise ValueError(
                "Only fits to the same tests can be compared; "
                f"{name_of(one.problem.model)} has {len(one.problem.tests)} tests, "
                f"{name_of(first.model)} has {len(first.tests)}, and they differ."
            )
    table = pd.DataFrame(
        {
            "model": [name_of(one.problem.model) for one in fits],
            "n_parameters": [len(one.problem.free) for one in fits],
            "sse": [one.sse for one in fits],
            "rmse": [one.rmse for one in fits],
            "aicc": [one.aicc for one in fits],
            "cv_rmse": [one.cv_rmse for one in fits],
            "is_identified": [bool(one.identifiable) for one in fits],
        }
    ).sort_values("aicc", kind="stable", ignore_index=True)
    behind = table["aicc"] - table["aicc"].min()  # NaN where no criterion is known
    likely = np.exp(-behind / 2)
    table.insert(5, "delta_aicc", behind)
    table.insert(6, "weight", likely / likely.sum())
    return table


def _check_options(*, level: float, n_bootstrap: int, n_blocks: int, seed: int) -> None:
    if not 0 < level < 1:
        raise ValueError(
            f"level must be between 0 and 1; got {level}. Write 0.95 for 95 %."
        )
    for name, given in (("n_bootstrap", n_bootstrap), ("seed", seed)):
        if not (isinstance(given, Integral) and 0 <= given <= _LAST_SEED):
            raise ValueError(
                f"{name} must be a whole number, 0 or more; got {given!r}."
            )
    if not (isinstance(n_blocks, Integral) and n_blocks >= 0 and n_blocks != 1):
        raise ValueError(
            "n_blocks must be 0 for no cross-validation, or 2 or more; "
            f"got {n_blocks!r}."
        )


def _profiles(
    problem: Problem, best: Solved, screen: Screen, level: float, bar: tqdm
) -> tuple[Solved, list[Profile]]:
    """Profile every free parameter; start over where a profile finds a better fit."""
    for n_left in reversed(range(_ROUNDS)):
        bar.n = 0
        profiles = list(
            _told(
                (
                    profiled(problem, best, name, level=level, screen=screen)
                    for name in problem.free
                ),
                bar,
            )
        )
        deepest = min((one.best for one in profiles), key=lambda one: one.deviance)
        if deepest.deviance > best.deviance - _DEEPER or not n_left:
            break
        best = searched(problem, screen=screen, guesses=(deepest.parameters,))
    return best, profiles


def _told(steps: Iterable, bar: tqdm) -> Iterable:
    """Yield the steps and move the bar after each."""
    for step in steps:
        bar.update()
        yield step


def _from(problem: Problem, start: Mapping[str, float], best: Solved) -> Solved:
    """Return where a search that begins at `start` ends."""
    for name, value in start.items():
        check_one_of(name, problem.free, name="A name in start")
        low, high = problem.bounds[name]
        if not low <= value <= high:
            raise ValueError(
                f"start of {name} must lie within its bounds, {low:g} to {high:g}; "
                f"got {value:g}."
            )
    shape = {**best.parameters, **start}
    for short, long in problem.model.SHORTER:
        if shape[short] >= shape[long]:
            raise ValueError(
                f"start of {short} must be shorter than that of {long}; got "
                f"{shape[short]:g} and {shape[long]:g} days."
            )
    values = {**solved(problem, shape).parameters, **start}
    return evaluated(problem, descended_as_published(problem, values))
