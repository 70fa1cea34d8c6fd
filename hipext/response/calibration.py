"""Fit a response model to tests, and judge how far the result can be trusted.

Baseline, gains and initial states are solved for exactly at every step (variable
projection); time constants and other nonlinear parameters are searched for within
bounds from many starts. Intervals come from the profile likelihood and from
resampling; the verdict says in words whether the tests identify the parameters at all.
In published data they often do not (evidence rows E04-007, E04-008, E04-018, E04-019).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, log, pi, sqrt
from numbers import Integral, Real

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from hipext.files.checks import InputError, check_one_of
from hipext.files.sums import sum_in_order
from hipext.metrics.days import index_of
from hipext.metrics.workload import checked_load
from hipext.response.impulse_response import LINEAR, STATE_NOISE, ImpulseResponse
from hipext.response.optimisation import (
    Bounds,
    FitProblem,
    Screen,
    Solution,
    best_fit,
    evaluate,
    fit_problem,
    likelihood_at,
    name_of,
    predictions,
    quasi_newton_fit,
    screen_cube,
    solution_at,
    weighted,
    with_curvature,
)
from hipext.response.uncertainty import (
    BLOCKS,
    Profile,
    bands_of,
    bootstrap,
    cross_validate,
    limit_of,
    profile_likelihoods,
)

_ROUNDS = 3  # how often a better fit met on a profile starts all profiles over
_DEEPER = 1e-3  # deviance by which a fit is better, beyond rounding
_AS_GOOD = 1e-3  # deviance: a search that ends so near the best has found it
_MERGED = 0.99  # ratio of two time constants from which on they are one
_WIDEST = 10.0  # highest over lowest value of a region that is still informative
_MAY_BE_ZERO = (
    "initial_fitness",
    "initial_fatigue",
    *STATE_NOISE,
    "performance_noise",
)
_DERIVATIVE_STEP = 1e-5  # relative
_LAST_SEED = 2**63 - 1
MAX_BOOTSTRAP = 100_000  # resampled fits: minutes to hours
_BAR = {"desc": "fit", "delay": 1.0, "leave": False, "unit": "fit"}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether all parameters are identified, and why; true where they are."""

    is_identified: bool
    sentences: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.is_identified

    def __str__(self) -> str:
        word = "identified" if self.is_identified else "not identified"
        return " ".join([f"{word}.", *self.sentences])


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fit:
    """A fitted model, with its uncertainty and the verdict on it."""

    model: ImpulseResponse
    """The model with its fitted parameters."""
    parameters: pd.DataFrame
    """One row per free parameter: estimate, intervals, region, bounds."""
    profiles: pd.DataFrame
    """Profile likelihoods: a row per parameter and value, with deviance and SSE."""
    draws: pd.DataFrame
    """Parameters of the bootstrap, one row per draw."""
    bands: pd.DataFrame
    """Performance by day, band of its course, band of a new test."""
    tests: pd.DataFrame
    """Tests by day: performance, predicted, residual, weight."""
    cross_validation: pd.DataFrame
    """Blocks of consecutive tests, each predicted by a fit to the others."""
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
    problem: FitProblem
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


def fit(
    model: type[ImpulseResponse] | str,
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
        Training load (a.u.) of consecutive days; 0 for rest, never NaN. Its index has
        the days as whole numbers or dates, of any type; a time of day or a time zone
        is dropped. Days of a list or array count from 0.
    performance : pandas.Series
        Result of each test, by the same days; a day without a test is NaN or absent. A
        list or array has one value per day of the load.
    convention : {"next_day", "same_day"}
        Whether load acts from the next morning on or on the day itself.
    weights : pandas.Series, optional
        Weight of each test, such as 1 over its variance: by day, or one per test. Only
        their ratios count. Default: all equal.
    bounds : Mapping, optional
        Lowest and highest value by parameter. Two equal values fix a parameter; bounds
        for ``initial_fitness`` or ``initial_fatigue`` free what is else 0. A lowest
        time constant of 0 stands for 0.05 days. Default: time constants 1 to 300 days,
        gains 0 or more, and see ``optimisation.BOUNDS``; judgements of ours.
    start : Mapping, optional
        Values of parameters to start from. The search then descends from there only,
        over all parameters at once, as published fits do, and may stop early.
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
    InputError
        If a load or test is impossible, days are not in order, or the tests are fewer
        than the free parameters or all equal.

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
    problem = fit_problem(
        model,
        training_load,
        performance,
        convention=convention,
        weights=weights,
        bounds=bounds,
    )
    _check_options(level=level, n_bootstrap=n_bootstrap, n_blocks=n_blocks, seed=seed)
    screen = screen_cube(problem)
    best = best_fit(problem, screen=screen)
    problem, best = _with_curvature(problem, best)
    n_parts = min(n_blocks, len(problem.tests))
    n_fits = n_bootstrap + n_parts + (len(problem.free) if profile else 0)
    profiles: list[Profile] = []
    with tqdm(total=n_fits, disable=None if progress else True, **_BAR) as bar:
        if profile:
            problem, best, profiles = _profiles(problem, best, screen, level, bar)
        reported = best if start is None else _fit_from_start(problem, start, best)
        draws = bootstrap(problem, best, screen, range(n_bootstrap), seed)
        draws = pd.DataFrame(_counting(draws, bar), columns=list(problem.free))
        blocks = cross_validate(problem, best, n_parts) if n_blocks else ()
        blocks = pd.DataFrame(_counting(blocks, bar), columns=BLOCKS)
    load = checked_load(training_load)
    index = index_of(training_load)
    days = pd.RangeIndex(len(load)) if index is None else index
    bands = bands_of(problem, reported, draws, load, level)
    values = {name: float(reported.parameters[name]) for name in problem.bounds}
    tests = _test_table(problem, reported, days)
    # Residuals in the unit of the tests; those of a solution are whitened.
    sse = float(problem.weights @ tests["residual"].to_numpy() ** 2)
    mean = np.average(problem.tests, weights=problem.weights)
    return Fit(
        model=problem.model(**values, convention=convention),
        parameters=_parameter_table(problem, reported, profiles, draws, level),
        profiles=_profile_table(problem, best, profiles, level),
        draws=draws,
        bands=pd.DataFrame(bands, index=days),
        tests=tests,
        cross_validation=blocks,
        identifiable=_verdict_of(problem, best, reported, profiles, level),
        condition_number=_condition_number(problem, reported),
        sse=sse,
        rmse=(sse / len(problem.tests)) ** 0.5,
        r_squared=1 - sse / float(problem.weights @ (problem.tests - mean) ** 2),
        aicc=_corrected_aic(problem, reported),
        cv_rmse=pooled(blocks, "rmse"),
        level=level,
        problem=problem,
    )


def compare_models(fits: Iterable[Fit]) -> pd.DataFrame:
    """Compare fits of several models to the same tests.

    Returns
    -------
    pandas.DataFrame
        One row per fit, the lowest AICc first: model, n_parameters, sse, rmse, aicc,
        delta_aicc, weight (Akaike's), cv_rmse (each block of tests predicted by a fit
        to the others), is_identified.

    Notes
    -----
    A lower AICc only says that a model loses less in these tests, relative to the
    others; `cv_rmse` says whether it predicts. Neither says that it is true.
    """
    fits = list(fits)
    if not fits:
        raise InputError("There is no fit to compare; give two or more of `fit`.")
    first = fits[0].problem
    for one in fits[1:]:
        if not (
            np.array_equal(one.problem.tests, first.tests)
            and np.array_equal(one.problem.days, first.days)
        ):
            raise InputError(
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
    # Akaike weights, exp(-delta / 2) over their sum.
    behind = table["aicc"] - table["aicc"].min()  # NaN where no criterion is known
    likely = np.exp(-behind / 2)
    table.insert(5, "delta_aicc", behind)
    table.insert(6, "weight", likely / sum_in_order(likely))
    return table


def pooled(blocks: pd.DataFrame, column: str) -> float:
    """Return the root mean squared error over the tests of all blocks."""
    if blocks.empty:
        return float("nan")
    return float(np.average(blocks[column] ** 2, weights=blocks["n_tests"]) ** 0.5)


def _check_options(*, level: float, n_bootstrap: int, n_blocks: int, seed: int) -> None:
    if not (isinstance(level, Real) and 0 < level < 1):
        raise InputError(
            f"level must be between 0 and 1; got {level}. Write 0.95 for 95 %."
        )
    limits = {"n_bootstrap": (n_bootstrap, MAX_BOOTSTRAP), "seed": (seed, _LAST_SEED)}
    for name, (given, most) in limits.items():
        if not (isinstance(given, Integral) and 0 <= given <= most):
            raise InputError(
                f"{name} must be a whole number, 0 to {most}; got {given!r}."
            )
    if not (isinstance(n_blocks, Integral) and n_blocks >= 0 and n_blocks != 1):
        raise InputError(
            "n_blocks must be 0 for no cross-validation, or 2 or more; "
            f"got {n_blocks!r}."
        )


def _profiles(
    problem: FitProblem, best: Solution, screen: Screen, level: float, bar: tqdm
) -> tuple[FitProblem, Solution, list[Profile]]:
    """Profile every free parameter; start over where a profile finds a better fit."""
    # A profile walks along the valleys of the likelihood, where it may pass a minimum
    # that no descent has ended in.
    for n_left in reversed(range(_ROUNDS)):
        bar.n = 0
        parts = profile_likelihoods(problem, best, level=level, screen=screen)
        profiles = list(_counting(parts, bar))
        deepest = min((one.best for one in profiles), key=lambda one: one.deviance)
        if deepest.deviance > best.deviance - _DEEPER or not n_left:
            break
        best = best_fit(problem, screen=screen, guesses=(deepest.parameters,))
        problem, best = _with_curvature(problem, best)
    return problem, best, profiles


def _with_curvature(problem: FitProblem, best: Solution) -> tuple[FitProblem, Solution]:
    """Return the problem with its curvature, and the best fit by a last descent."""
    if not problem.noise or not problem.axes:
        return problem, best
    problem = with_curvature(problem, best)
    last = best_fit(problem, guesses=(best.parameters,), n_descents=1)
    return problem, min(last, best, key=lambda one: one.deviance)


def _counting(steps: Iterable, bar: tqdm) -> Iterator:
    """Yield the steps and advance the bar after each."""
    for step in steps:
        bar.update()
        yield step


def _fit_from_start(
    problem: FitProblem, start: Mapping[str, float], best: Solution
) -> Solution:
    """Return where a search of all parameters that begins at `start` ends."""
    for name, value in start.items():
        check_one_of(name, problem.free, name="A name in start")
        low, high = problem.bounds[name]
        if not low <= value <= high:
            raise InputError(
                f"start of {name} must lie within its bounds, {low:g} to {high:g}; "
                f"got {value:g}."
            )
    values = {**best.parameters, **start}
    for short, long in problem.model.SHORTER:
        if values[short] >= values[long]:
            raise InputError(
                f"start of {short} must be shorter than that of {long}; got "
                f"{values[short]:g} and {values[long]:g} days."
            )
    # Gains and baseline that are not given start at their best for these values.
    first = {**solution_at(problem, values).parameters, **start}
    return evaluate(problem, quasi_newton_fit(problem, first))


def _test_table(problem: FitProblem, found: Solution, days: pd.Index) -> pd.DataFrame:
    """Return the tests by day, predicted by a fit."""
    predicted = predictions(problem, found.parameters)
    return pd.DataFrame(
        {
            "performance": problem.tests,
            "predicted": predicted,
            "residual": problem.tests - predicted,
            "weight": problem.weights,
        },
        index=days[problem.days],
    )


def _verdict_of(
    problem: FitProblem,
    best: Solution,
    reported: Solution,
    profiles: Sequence[Profile],
    level: float,
) -> Verdict:
    """Judge a fit by its profiles; without them, only by the best fit itself."""
    ends = [_region_doubt(problem, profile, level) for profile in profiles]
    sentences = [*_best_fit_doubts(problem, best), *filter(None, ends)]
    if not sentences and not profiles:
        sentences.append(
            "No profile was asked for, so nothing is known about the parameters."
        )
    is_identified = not sentences
    if is_identified:
        sentences.append(
            f"The {100 * level:g} % region of every parameter, all of them taken "
            "together, ends inside its bounds. That is about these tests and this "
            "model, not a claim about the athlete."
        )
    # A fit from a given start is judged next to the best there is.
    if reported.deviance - best.deviance >= _AS_GOOD:
        is_identified = False
        measure = "-2 log-likelihood" if problem.noise else "sum of squared errors"
        here, there = (
            one.deviance if problem.noise else float(one.residual @ one.residual)
            for one in (reported, best)
        )
        sentences.insert(
            0,
            f"The search from the given start ends at a {measure} of {here:.4f}; "
            f"elsewhere within the bounds it falls to {there:.4f}.",
        )
    return Verdict(is_identified=is_identified, sentences=tuple(sentences))


def _best_fit_doubts(problem: FitProblem, best: Solution) -> Iterator[str]:
    """Yield what the best fit alone says against the parameters."""
    values = best.parameters
    if problem.n_spare <= 0:
        yield (
            f"{len(problem.tests)} tests fix {len(problem.free)} parameters and leave "
            "none to judge the fit by."
        )
    # Two terms of one time constant cancel: the delay always, fatigue if its gain is
    # not small. As the time constants approach, ever larger gains fit as well.
    for short, long in problem.model.SHORTER:
        are_fixed = problem.is_fixed(short) and problem.is_fixed(long)
        are_merged = values[short] >= _MERGED * values[long]
        gains = "fitness_gain grows"
        cancel = True
        if short == "fatigue_tau":
            gains = "fitness_gain and fatigue_gain grow"
            cancel = values["fatigue_gain"] > 0.5 * values["fitness_gain"]
        if are_fixed or not are_merged or not cancel:
            continue
        limit = (
            "The likelihood has its highest value only in that limit."
            if problem.noise
            else "The sum of squared errors falls towards "
            f"{best.residual @ best.residual:.4f} on the way, and no pair of values "
            "reaches it."
        )
        yield (
            f"The best fit is degenerate: {long} and {short} run together near "
            f"{sqrt(values[short] * values[long]):.2f} days and {gains} without bound. "
            f"{limit}"
        )
    for name in ("fitness_gain", "fatigue_gain"):
        if name in problem.free and values[name] == 0:
            yield (
                f"{name} is 0 in the best fit: these tests give no sign of "
                f"{name.removesuffix('_gain')}, and its time constant means nothing."
            )


def _region_doubt(problem: FitProblem, profile: Profile, level: float) -> str:
    """Return a doubt if a region is open within the bounds, or very wide."""
    name, (low, high) = profile.name, profile.region
    lowest, highest = problem.bounds[name]
    # A region that reaches a bound is open: the bound ends it, not the tests.
    is_open_low = low <= lowest and name not in _MAY_BE_ZERO
    is_open_high = high >= highest
    is_wide = name not in (*LINEAR, *_MAY_BE_ZERO) and high > _WIDEST * low
    if not (is_open_low or is_open_high or is_wide):
        return ""
    unit = " days" if name.endswith("_tau") else ""
    low_text, high_text = (
        "any size" if abs(end) == inf else f"{end:.4g}" for end in (low, high)
    )
    if is_open_low and name in LINEAR[1:]:  # the bound of a gain is 0
        extent = "can be 0, no effect at all"
    elif low == -inf and high == inf:
        extent = "can be anything"
    elif is_open_low and is_open_high:
        extent = f"can be anything from {low_text} to {high_text}{unit}"
    elif high == inf:
        extent = f"runs from {low_text} upwards without end"
    elif is_open_high:
        extent = f"runs from {low_text} to beyond {high_text}{unit}"
    elif is_open_low:
        extent = f"runs from {low_text} or less to {high_text}{unit}"
    else:
        extent = f"runs from {low_text} to {high_text}{unit}, more than tenfold"
    return f"{name} {extent} ({100 * level:g} % region of all parameters)."


def _parameter_table(
    problem: FitProblem,
    found: Solution,
    profiles: Sequence[Profile],
    draws: pd.DataFrame,
    level: float,
) -> pd.DataFrame:
    """Return one row per free parameter."""
    ends = {one.name: (*one.interval, *one.region) for one in profiles}
    tails = [(1 - level) / 2, (1 + level) / 2]
    rows = [
        (
            *(name, _unit_of(problem.model, name), found.parameters[name]),
            *ends.get(name, [np.nan] * 4),
            *(draws[name].quantile(tails) if len(draws) else [np.nan] * 2),
            *problem.bounds[name],
        )
        for name in problem.free
    ]
    columns = "parameter unit estimate low high region_low region_high"
    columns += " bootstrap_low bootstrap_high lowest highest"
    return pd.DataFrame(rows, columns=columns.split()).set_index("parameter")


def _unit_of(model: type[ImpulseResponse], name: str) -> str:
    """Return the unit of a parameter of a model."""
    if name.endswith("_gain"):
        dose = "dose" if "half_load" in model.NONLINEAR else "load"
        is_squared = name == "fatigue_gain" and "gain_tau" in model.NONLINEAR
        return f"performance per {'squared ' if is_squared else ''}{dose}"
    if name.endswith("_tau"):
        return "days"
    return {"half_load": "load", "steepness": ""}.get(name, "performance")


def _profile_table(
    problem: FitProblem, best: Solution, profiles: Sequence[Profile], level: float
) -> pd.DataFrame:
    """Return the points of all profiles, one row each."""
    points = [
        (profile.name, value, deviance)
        for profile in profiles
        for value, deviance in zip(profile.points, profile.deviances, strict=True)
    ]
    table = pd.DataFrame(points, columns=["parameter", "value", "deviance"])
    above = table["deviance"].to_numpy("float64")
    # Without noise, deviance = n ln(SSE / SSE of the best fit).
    squares = np.nan if problem.noise else float(best.residual @ best.residual)
    table["sse"] = squares * np.exp(above / len(problem.tests))
    table["is_in_interval"] = above <= limit_of(problem, level)
    together = limit_of(problem, level, together=len(problem.free))
    table["is_in_region"] = above <= together
    return table


def _condition_number(problem: FitProblem, found: Solution) -> float:
    """Return the condition number of the sensitivity of the tests.

    Columns are the change of the predictions with each free parameter of the curve.
    """
    values = found.parameters
    columns = []
    for name in problem.free:
        if name not in problem.noise:  # central differences
            step = _DERIVATIVE_STEP * (abs(values[name]) or 1.0)
            up = predictions(problem, {**values, name: values[name] + step})
            down = predictions(problem, {**values, name: values[name] - step})
            column = (up - down) / (2 * step)
            columns.append(column if problem.noise else weighted(problem, column))
    if not columns:  # noise alone is free
        return 1.0
    matrix = np.column_stack(columns)
    if problem.noise:
        matrix = likelihood_at(problem, values).chain.independent(matrix.T)
    # Columns of length 1: a condition number without units, whose size is collinearity.
    size = np.sqrt((matrix**2).sum(axis=0))
    if (size == 0).any():
        return inf
    return float(np.linalg.cond(matrix / size))


def _corrected_aic(problem: FitProblem, found: Solution) -> float:
    """Return Akaike's criterion with the correction for few tests.

    ``-2 ln L + 2 k + 2 k (k + 1) / (n - k - 1)``; k counts the variance of a test.
    """
    n_tests = len(problem.tests)
    k = len(problem.free) + (not problem.noise)
    if n_tests - k - 1 <= 0:
        return inf
    twice = n_tests * log(2 * pi)
    if problem.noise:
        # The plain likelihood, at its own maximum near that of the restricted one.
        whole = replace(problem, is_restricted=False)
        twice += best_fit(whole, guesses=(found.parameters,), n_descents=1).deviance
    else:
        # -2 ln L = n ln(2 pi) + n ln(SSE / n) + n - sum ln(weights)
        twice += found.deviance + n_tests - float(np.log(problem.weights).sum())
    return twice + 2 * k + 2 * k * (k + 1) / (n_tests - k - 1)
