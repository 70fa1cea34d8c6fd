"""Which of the varied names matter for an outcome: Sobol' indices and Morris effects.

Both hold for the ranges that were varied, and say how far the outcome of the model
moves with a name: not whether that is good, nor that a person would answer so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from hipext._checks import check_columns, check_one_of
from hipext._varied import Varied, positions

N_RESAMPLES = 500
_ALIKE = 1e-12  # relative to the outcome: differences below it are rounding
COLUMNS = {
    "saltelli": (
        "knob",
        "first",
        "first_low",
        "first_high",
        "total",
        "total_low",
        "total_high",
    ),
    "morris": ("knob", "mu_star", "mu_star_low", "mu_star_high", "sigma"),
}

Statistic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity:
    """What the names that were varied do to one outcome."""

    kind: str
    """saltelli or morris."""
    outcome: str
    level: float
    """Confidence of the intervals."""
    n_scenarios: int
    is_constant: bool
    """Whether the outcome was the same in all scenarios."""
    indices: pd.DataFrame
    """One row per name, in the order in which they were varied."""

    def told(self) -> str:
        """Return the names in order of their weight, a line each."""
        head = f"{self.outcome}, {self.n_scenarios} scenarios:"
        if self.is_constant:
            return f"{head} the same in all of them; nothing that was varied matters."
        by = "total" if self.kind == "saltelli" else "mu_star"
        if self.indices[by].isna().all():
            return f"{head} too few of them differ to say what matters; take more."
        ranked = self.indices.sort_values(by, ascending=False, kind="stable")
        return "\n".join([head, *map(_SENTENCES[self.kind], ranked.itertuples())])


def _sobol_sentence(row: tuple) -> str:
    alone = f"{row.first:z.0%} of the variance alone"
    shared = f"{row.total:z.0%} together with others"
    return (
        f"- {row.knob}: {alone} ({row.first_low:z.0%} to {row.first_high:z.0%}), "
        f"{shared} ({row.total_low:z.0%} to {row.total_high:z.0%})."
    )


def _morris_sentence(row: tuple) -> str:
    spread = row.sigma if row.sigma > _ALIKE * row.mu_star_high else 0.0
    return (
        f"- {row.knob}: moves it by {row.mu_star:.3g} ({row.mu_star_low:.3g} to "
        f"{row.mu_star_high:.3g}) from end to end, give or take {spread:.3g} "
        "depending on the rest."
    )


_SENTENCES = {"saltelli": _sobol_sentence, "morris": _morris_sentence}


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
    """Return how much each varied name matters for an outcome.

    Parameters
    ----------
    design : pandas.DataFrame
        The scenarios, as `designs.design_of` returns them for this kind.
    outcomes : pandas.DataFrame
        One row per scenario in the order of the design; `outcome` is a column, such as
        the mean over persons.
    outcome : str
        The column to look at.
    kind : {"saltelli", "morris"}
        The kind of the design.
    vary : Mapping
        What was varied, as for `designs.design_of`.
    seed : int, default 0
        Of the resamples that the intervals rest on.
    level : float, default 0.95
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    Sensitivity
        Its `indices` have, for ``saltelli``, shares of the variance of the outcome:
        ``first`` by the name alone, ``total`` with all that it does together with
        others; missing where the outcome is constant. For ``morris``, in the unit of
        the outcome: ``mu_star``, the mean size of the change as the name goes from end
        to end of what was varied, and ``sigma``, how far such changes differ.

    Raises
    ------
    ValueError
        If the rows are not those of such a design, or an outcome is missing.

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

    Examples
    --------
    >>> from hipext.designs import Range, design_of
    >>> vary = {"load_step": Range(low=0, high=2), "rest": Range(low=0, high=1)}
    >>> design = design_of("morris", vary, n=4)
    >>> outcomes = pd.DataFrame({"strength_pct": 100 + 3 * design["load_step"]})
    >>> found = sensitivity(
    ...     design, outcomes, outcome="strength_pct", kind="morris", vary=vary
    ... )
    >>> found.indices["mu_star"].round(9).tolist()
    [6.0, 0.0]
    """
    check_one_of(kind, COLUMNS, name="kind")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}. Write 0.95.")
    check_columns(design, vary, name="design")
    values = _values(outcomes, outcome, len(design))
    places = _places(design, kind, vary)
    samples = values.reshape(places.shape[:2])
    is_constant = bool(np.ptp(values) <= _ALIKE * np.abs(values).max())
    found = _INDICES[kind](places, samples, seed, NormalDist().inv_cdf((1 + level) / 2))
    table = pd.DataFrame({"knob": list(vary), **found})
    return Sensitivity(
        kind=kind,
        outcome=outcome,
        level=level,
        n_scenarios=len(design),
        is_constant=is_constant,
        indices=table[list(COLUMNS[kind])],
    )


def _values(outcomes: pd.DataFrame, outcome: str, n_rows: int) -> np.ndarray:
    """Return the outcome by scenario; ValueError where one has none."""
    check_columns(outcomes, [outcome], name="outcomes")
    if len(outcomes) != n_rows:
        raise ValueError(
            f"The outcomes table must have a row per scenario of the design, {n_rows}; "
            f"it has {len(outcomes)}."
        )
    values = outcomes[outcome].to_numpy("float64")
    missing = np.flatnonzero(~np.isfinite(values))
    if len(missing):
        raise ValueError(
            f"{outcome} is missing in {len(missing)} of {n_rows} scenarios, the first "
            f"being {outcomes.index[missing[0]]}; indices need all of them."
        )
    return values


def _places(design: pd.DataFrame, kind: str, vary: Mapping[str, Varied]) -> np.ndarray:
    """Return places from 0 to 1: [sample, scenario of the sample, name].

    ValueError unless, in every sample, scenarios differ as the design wants it.
    """
    n_names = len(vary)
    n_each = n_names + (2 if kind == "saltelli" else 1)
    flat = [positions(varied, design[name]) for name, varied in vary.items()]
    whole, rest = divmod(len(design), n_each)
    if whole >= 2 and not rest:
        places = np.column_stack(flat).reshape(whole, n_each, n_names)
        if _is_in_order(places, kind):
            return places
    raise ValueError(
        f"The design is not a {kind} design of {', '.join(vary)} as design_of returns "
        f"it: at least 2 times {n_each} scenarios in their order; it has {len(design)}."
    )


def _is_in_order(places: np.ndarray, kind: str) -> bool:
    if kind == "morris":
        return bool(((np.diff(places, axis=1) != 0).sum(axis=2) <= 1).all())
    n_names = places.shape[2]
    own = np.eye(n_names, dtype=bool)
    first, last = places[:, :1], places[:, -1:]
    return bool((places[:, 1:-1] == np.where(own, last, first)).all())


def _sobol_indices(
    _: np.ndarray, samples: np.ndarray, seed: int, quantile: float
) -> dict[str, np.ndarray]:
    """Return first-order and total indices, with intervals."""
    centred = samples - samples.mean()
    if np.ptp(samples[:, [0, -1]]) <= _ALIKE * np.abs(samples).max():
        unknown = np.full(samples.shape[1] - 2, np.nan)
        return dict.fromkeys(COLUMNS["saltelli"][1:], unknown)
    (first, total), (first_by, total_by) = _resampled(_shares, centred, seed, quantile)
    return {
        "first": first,
        "first_low": first - first_by,
        "first_high": first + first_by,
        "total": total,
        "total_low": np.maximum(total - total_by, 0),
        "total_high": total + total_by,
    }


def _shares(samples: np.ndarray) -> np.ndarray:
    """Return first-order and total indices: two rows, a column per name."""
    first, last = samples[:, :1], samples[:, -1:]
    between = samples[:, 1:-1]
    variance = samples[:, [0, -1]].var()
    one = (last * (between - first)).mean(axis=0)
    all_of_it = 0.5 * ((first - between) ** 2).mean(axis=0)
    return np.array([one, all_of_it]) / (variance or np.inf)  # of no variance: none


def _morris_indices(
    places: np.ndarray, samples: np.ndarray, seed: int, quantile: float
) -> dict[str, np.ndarray]:
    """Return mean size and spread of the effects, with intervals."""
    effects = _effects(places, samples)
    (size,), (size_by,) = _resampled(_sizes, effects, seed, quantile)
    return {
        "mu_star": size,
        "mu_star_low": np.maximum(size - size_by, 0),
        "mu_star_high": size + size_by,
        "sigma": effects.std(axis=0, ddof=1),
    }


def _effects(places: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return the change per whole range crossed: [trajectory, name]; 0 for no step."""
    steps = np.diff(places, axis=1)  # trajectory, step, name: one name a step
    changes = np.diff(samples, axis=1)[:, :, np.newaxis]
    is_step = steps != 0
    return np.divide(changes, steps, where=is_step, out=np.zeros(steps.shape)).sum(
        axis=1
    )


def _sizes(effects: np.ndarray) -> np.ndarray:
    return np.abs(effects).mean(axis=0, keepdims=True)


def _resampled(
    statistic: Statistic, samples: np.ndarray, seed: int, quantile: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return a statistic of samples, and half the width of its interval."""
    rng = np.random.Generator(np.random.PCG64DXSM(seed))
    drawn = [
        statistic(samples[rng.integers(len(samples), size=len(samples))])
        for _ in range(N_RESAMPLES)
    ]
    return statistic(samples), quantile * np.std(drawn, axis=0, ddof=1)


_INDICES = {"saltelli": _sobol_indices, "morris": _morris_indices}
