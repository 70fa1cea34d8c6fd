"""Designs of sweeps and sensitivity indices: which scenarios, and what matters in them.

A design has a row per scenario and a column per varied name. A name is varied over a
list of values or over a `Range` of numbers. The same kind, names, size and seed give
the same table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import NormalDist

import numpy as np
import pandas as pd

from hipext.files.checks import InputError, check_one_of, import_extra
from hipext.files.sums import mean_in_order, sd_in_order, sum_in_order
from hipext.studies.sweep_file import (
    KINDS,
    Range,
    Varied,
    design_problems,
    n_scenarios,
    n_values,
    written,
)

MORRIS_LEVELS = 4  # values of a name that trajectories step between
N_RESAMPLES = 500
_ROUNDING = 1e-12  # relative to the outcome: differences below it mean nothing
_ENDS = ("low", "high")


def _interval_columns(name: str) -> tuple[str, ...]:
    return (name, *(f"{name}_{end}" for end in _ENDS))


COLUMNS = {  # of the table of indices, by the kind of design that it needs
    "saltelli": ("knob", *_interval_columns("first"), *_interval_columns("total")),
    "morris": ("knob", *_interval_columns("mu_star"), "sigma"),
}


def design_of(
    kind: str, vary: Mapping[str, Varied], n: int | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return the scenarios of a design, in a fixed order; one column per name.

    ``grid`` takes every combination, the last name changing fastest. ``random`` and
    ``sobol`` spread `n` scenarios over the ranges, by chance or evenly (scrambled
    Sobol' sequence). ``saltelli`` and ``morris`` are for `sensitivity`: `n` base
    samples, each of names + 2 scenarios, and `n` trajectories, each of names + 1
    scenarios. `n` is a power of 2 for ``sobol`` and ``saltelli``.

    Outside grids, a place between 0 and 1 is drawn for every name. A range of numbers
    is crossed evenly; whole numbers, and the values of a list in their order, get
    equal shares. ``morris`` draws places in thirds, so that of more than four values
    some are never taken.

    Examples
    --------
    >>> vary = {"load_step": Range(low=1, high=2, steps=2), "weeks": [8, 9]}
    >>> design_of("grid", vary).to_numpy().tolist()
    [[1.0, 8.0], [1.0, 9.0], [2.0, 8.0], [2.0, 9.0]]
    """
    check_one_of(kind, KINDS, name="kind")
    if problems := design_problems(kind, vary, n):
        raise InputError(f"The design cannot be made: {' '.join(problems)}")
    if kind == "grid":
        rows = product(*map(_grid_values, vary.values()))
        columns = zip(*rows, strict=True)
    else:
        places = _drawn_places(kind, len(vary), n, seed)
        columns = map(_values_at, vary.values(), places.T)
    table = pd.DataFrame(dict(zip(vary, map(as_column, columns), strict=True)))
    return table.rename_axis(index="scenario")


def positions(varied: Varied, column: pd.Series) -> np.ndarray:
    """Return where the values of a column lie, from 0 (first, lowest) to 1 (last)."""
    if isinstance(varied, Range):
        return (column.to_numpy("float64") - varied.low) / (varied.high - varied.low)
    places = {written(value): place for place, value in enumerate(varied)}
    found = [places[written(value)] for value in column]
    return np.array(found, "float64") / max(len(varied) - 1, 1)


def as_column(values: Sequence[object]) -> pd.Series:
    """Return values as they are: 0 stays whole beside 0.5, and a list is one value."""
    kinds = {type(value) for value in values}
    are_of_one_kind = kinds in ({int}, {float}, {np.int64}, {np.float64})
    return pd.Series(list(values), dtype=None if are_of_one_kind else object)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity:
    """How much each varied name matters for one outcome."""

    kind: str  # saltelli or morris
    outcome: str
    level: float  # confidence of the intervals
    n_scenarios: int
    is_constant: bool  # whether the outcome was the same in all scenarios
    indices: pd.DataFrame  # one row per name, in the order in which they were varied

    def report(self) -> str:
        """Return the names in order of their weight, a line each."""
        head = f"{self.outcome}, {self.n_scenarios} scenarios:"
        if self.is_constant:
            return f"{head} the same in all of them; nothing that was varied matters."
        _, by, text_of = _ANALYSES[self.kind]
        if self.indices[by].isna().all():
            return f"{head} too few of them differ to say what matters; take more."
        ranked = self.indices.sort_values(by, ascending=False, kind="stable")
        return "\n".join([head, *map(text_of, ranked.itertuples())])


def sensitivity(
    design: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    outcome: str,
    kind: str,
    vary: Mapping[str, Varied],
    seed: int = 0,
    level: float = 0.95,
) -> Sensitivity:
    """Return how much each varied name matters for an outcome, with intervals.

    `design` is what `design_of` returns for ``saltelli`` or ``morris``; `outcomes` has
    one row per scenario of it, in its order. Indices are, for ``saltelli``, shares of
    the variance of the outcome: ``first`` by the name alone, ``total`` with all that it
    does together with others. For ``morris``, in the unit of the outcome: ``mu_star``,
    the mean size of the change as the name goes from end to end of what was varied, and
    ``sigma``, how far such changes differ.

    Notes
    -----
    First order: ``mean(B (AB - A)) / V`` [1]_; total: ``mean((A - AB)^2) / (2 V)``
    [2]_, with outcomes centred first. Morris effects [3]_ are divided by the part of
    the range that was crossed. Intervals are the estimate and normal quantiles times
    the standard deviation of 500 bootstrap resamples of base samples or trajectories,
    as in SALib; for Sobol' sequences they are rather too wide. Estimates of small
    first-order indices can lie below 0.

    References
    ----------
    .. [1] Saltelli A, Annoni P, Azzini I, Campolongo F, Ratto M, Tarantola S (2010).
       Variance based sensitivity analysis of model output. Design and estimator for
       the total sensitivity index. Computer Physics Communications, 181(2), 259-270.
    .. [2] Jansen MJW (1999). Analysis of variance designs for model output. Computer
       Physics Communications, 117(1-2), 35-43.
    .. [3] Morris MD (1991). Factorial sampling plans for preliminary computational
       experiments. Technometrics, 33(2), 161-174.
    """
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1; got {level}. Write 0.95.")
    values = _values(outcomes, outcome, len(design))
    # Base samples or trajectories stand one below the other: [sample, scenario, name].
    flat = [positions(varied, design[name]) for name, varied in vary.items()]
    shape = (-1, n_scenarios(kind, vary, 1), len(vary))
    places = np.column_stack(flat).reshape(shape)
    samples = values.reshape(places.shape[:2])
    is_constant = bool(np.ptp(values) <= _ROUNDING * np.abs(values).max())
    indices_of, *_ = _ANALYSES[kind]
    found = indices_of(places, samples, seed, NormalDist().inv_cdf((1 + level) / 2))
    return Sensitivity(
        kind=kind,
        outcome=outcome,
        level=level,
        n_scenarios=len(design),
        is_constant=is_constant,
        indices=pd.DataFrame({"knob": list(vary), **found}),
    )


def _grid_values(varied: Varied) -> Sequence[object]:
    if not isinstance(varied, Range):
        return varied
    numbers = np.linspace(varied.low, varied.high, n_values(varied))
    if varied.whole:
        return [int(number) for number in np.rint(numbers)]
    return [float(f"{number:.12g}") for number in numbers]  # 0.3, not 0.30000000000004


def _values_at(varied: Varied, places: np.ndarray) -> Sequence[object]:
    """Return the values of a name at places between 0 and 1."""
    if not isinstance(varied, Range):
        return [varied[number] for number in _equal_shares(places, len(varied))]
    if varied.whole:
        return int(varied.low) + _equal_shares(places, varied.n_whole)
    return (1 - places) * varied.low + places * varied.high


def _equal_shares(places: np.ndarray, n_values: int) -> np.ndarray:
    # A place of exactly 1, which Morris designs have, belongs to the last share.
    return np.minimum((places * n_values).astype(np.int64), n_values - 1)


def _drawn_places(kind: str, n_names: int, n: int, seed: int) -> np.ndarray:
    """Return places between 0 and 1 as [scenario, name]."""
    # SALib and SciPy get a generator, so that the numbers of a seed do not depend on
    # their defaults.
    rng = _generator(seed)
    if kind == "random":
        return rng.random((n, n_names))
    if kind == "sobol":
        from scipy.stats.qmc import Sobol

        return Sobol(n_names, rng=rng).random(n)
    use = f"A design of kind {kind!r} is drawn with SALib."
    sobol = import_extra("SALib.sample.sobol", "sweep", use=use)
    morris = import_extra("SALib.sample.morris", "sweep", use=use)
    names = [str(number) for number in range(n_names)]
    problem = {"num_vars": n_names, "names": names, "bounds": [[0.0, 1.0]] * n_names}
    if kind == "saltelli":
        # Of each base sample A, A with one column of B for each name, and B.
        return sobol.sample(problem, n, calc_second_order=False, seed=rng)
    # SALib adds up steps, so that a level has a last bit that depends on the way there;
    # values of a list and whole numbers would then differ between equal levels.
    last = MORRIS_LEVELS - 1
    return np.rint(morris.sample(problem, n, MORRIS_LEVELS, seed=rng) * last) / last


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64DXSM(seed))


def _sobol_text(row: tuple) -> str:
    alone = f"{row.first:z.0%} of the variance alone"
    shared = f"{row.total:z.0%} together with others"
    return (
        f"- {row.knob}: {alone} ({row.first_low:z.0%} to {row.first_high:z.0%}), "
        f"{shared} ({row.total_low:z.0%} to {row.total_high:z.0%})."
    )


def _morris_text(row: tuple) -> str:
    spread = row.sigma if row.sigma > _ROUNDING * row.mu_star_high else 0.0
    return (
        f"- {row.knob}: moves it by {row.mu_star:.3g} ({row.mu_star_low:.3g} to "
        f"{row.mu_star_high:.3g}) from end to end, give or take {spread:.3g} "
        "depending on the rest."
    )


def _values(outcomes: pd.DataFrame, outcome: str, n_rows: int) -> np.ndarray:
    """Return the outcome by scenario; InputError where one has none."""
    if len(outcomes) != n_rows:
        raise InputError(
            f"The outcomes table must have a row per scenario of the design, {n_rows}; "
            f"it has {len(outcomes)}."
        )
    values = outcomes[outcome].to_numpy("float64")
    missing = np.flatnonzero(~np.isfinite(values))
    if len(missing):
        raise InputError(
            f"{outcome} is missing in {len(missing)} of {n_rows} scenarios, the first "
            f"being {outcomes.index[missing[0]]}; indices need all of them."
        )
    return values


def _sobol_indices(
    _: np.ndarray, samples: np.ndarray, seed: int, quantile: float
) -> dict[str, np.ndarray]:
    """Return first-order and total indices, with intervals."""
    if np.ptp(samples[:, [0, -1]]) <= _ROUNDING * np.abs(samples).max():
        unknown = np.full(samples.shape[1] - 2, np.nan)  # shares of no variance
        return dict.fromkeys(COLUMNS["saltelli"][1:], unknown)
    # Centred, because the first-order estimator is a mean of products: its error grows
    # with the mean of the outcome.
    centred = samples - mean_in_order(samples.ravel())
    (first, total), (first_by, total_by) = _with_half_width(
        _variance_shares, centred, seed, quantile
    )
    return {
        **_with_interval("first", first, first_by),
        **_with_interval("total", total, total_by, least=0.0),
    }


def _variance_shares(samples: np.ndarray) -> np.ndarray:
    """Return first-order and total indices: two rows, a column per name."""
    # S_i = mean(f(B) (f(AB_i) - f(A))) / V, Saltelli et al. (2010), table 2 (b)
    # T_i = mean((f(A) - f(AB_i))^2) / (2 V), Jansen (1999); V of f(A) and f(B) together
    a, mixed, b = samples[:, :1], samples[:, 1:-1], samples[:, -1:]
    variance = sd_in_order(samples[:, [0, -1]].ravel(), ddof=0) ** 2
    first = mean_in_order(b * (mixed - a))
    total = 0.5 * mean_in_order((a - mixed) ** 2)
    return np.array([first, total]) / (variance or np.inf)  # a resample may have none


def _morris_indices(
    places: np.ndarray, samples: np.ndarray, seed: int, quantile: float
) -> dict[str, np.ndarray]:
    """Return mean size and spread of the effects, with intervals."""
    # Elementary effect of a name: d_i = (y(x + step e_i) - y(x)) / step, Morris (1991),
    # one per trajectory; a name whose value did not change has none: 0.
    steps = np.diff(places, axis=1)  # trajectory, step, name: one name a step
    changes = np.diff(samples, axis=1)[:, :, np.newaxis]
    effects = sum_in_order(
        np.divide(changes, steps, where=steps != 0, out=np.zeros(steps.shape)), axis=1
    )
    # mu* is the mean of |d_i|: effects of both signs would cancel in the plain mean.
    size, size_by = _with_half_width(
        lambda drawn: mean_in_order(np.abs(drawn)), effects, seed, quantile
    )
    sigma = sd_in_order(effects)
    return {**_with_interval("mu_star", size, size_by, least=0.0), "sigma": sigma}


def _with_half_width(
    statistic: Callable[[np.ndarray], np.ndarray],
    samples: np.ndarray,
    seed: int,
    quantile: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a statistic of samples, and half the width of its interval."""
    # Whole base samples or trajectories are drawn: what is within one belongs together.
    rng = _generator(seed)
    drawn = [
        statistic(samples[rng.integers(len(samples), size=len(samples))])
        for _ in range(N_RESAMPLES)
    ]
    return statistic(samples), quantile * sd_in_order(np.array(drawn))


def _with_interval(
    name: str, estimate: np.ndarray, half: np.ndarray, least: float = -np.inf
) -> dict[str, np.ndarray]:
    """Return the columns of estimates with the ends of their intervals."""
    ends = np.maximum(estimate - half, least), estimate + half
    return dict(zip(_interval_columns(name), (estimate, *ends), strict=True))


_ANALYSES = {  # indices, the one that names are ranked by, and words for a name
    "saltelli": (_sobol_indices, "total", _sobol_text),
    "morris": (_morris_indices, "mu_star", _morris_text),
}
