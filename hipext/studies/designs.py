"""Designs of sweeps and sensitivity indices: which scenarios, and what matters in them.

A design has a row per scenario and a column per varied name. A name is varied over a
list of values or over a `Range` of numbers. The same kind, names, size and seed give
the same table.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, prod
from statistics import NormalDist

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from hipext.files.checks import InputError, PlanError, check_one_of, import_extra
from hipext.files.schema import FileValue, check_values, frozen
from hipext.files.tables import mean_in_order, sd_in_order, sum_in_order

KINDS = ("grid", "random", "sobol", "saltelli", "morris")
MAX_SCENARIOS = 1_000_000
MORRIS_LEVELS = 4  # values of a name that trajectories step between
N_RESAMPLES = 500
_OF_POWERS = ("sobol", "saltelli")  # Sobol' sequences are balanced at powers of 2
_ROUNDING = 1e-12  # relative to the outcome: differences below it mean nothing
_ENDS = ("low", "high")
_WANTED = "must be a list, like [0, 4], or a range, like { low = 1, high = 2 }"


def _interval_columns(name: str) -> tuple[str, ...]:
    return (name, *(f"{name}_{end}" for end in _ENDS))


COLUMNS = {  # of the table of indices, by the kind of design that it needs
    "saltelli": ("knob", *_interval_columns("first"), *_interval_columns("total")),
    "morris": ("knob", *_interval_columns("mu_star"), "sigma"),
}


class Range(FileValue):
    """Numbers between two ends, which belong to it."""

    low: float
    """The lowest number."""
    high: float
    """The highest number."""
    whole: bool = False
    """Whether only whole numbers are taken, each as often as the others."""
    steps: int | None = Field(default=None, ge=2, le=10_000)
    """How many numbers a grid takes, evenly from end to end."""

    @model_validator(mode="after")
    def _ends_make_a_range(self) -> "Range":
        ends = f"got low = {self.low:g}, high = {self.high:g}"
        if not self.low < self.high:
            raise InputError(f"low must be below high; {ends}.")
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise InputError(f"low and high must be whole where whole is true; {ends}.")
        if self.whole and self.steps and self.steps > self.n_whole:
            raise InputError(
                f"steps must be at most {self.n_whole}, the whole numbers from "
                f"{self.low:g} to {self.high:g}; got {self.steps}."
            )
        return self

    @property
    def n_whole(self) -> int:
        """How many whole numbers there are."""
        return int(self.high) - int(self.low) + 1

    @property
    def ends(self) -> tuple[float, float]:
        """The ends, as whole numbers where only those are taken."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)


Varied = Range | Sequence[object]


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


def n_scenarios(kind: str, vary: Mapping[str, Varied], n: int | None = None) -> int:
    """Return how many scenarios a design has; 0 where that is not yet said."""
    if kind == "grid":
        return prod(n_values(varied) for varied in vary.values())
    return (n or 0) * {"saltelli": len(vary) + 2, "morris": len(vary) + 1}.get(kind, 1)


def design_problems(
    kind: str, vary: Mapping[str, Varied], n: int | None = None
) -> list[str]:
    """Return what keeps a design from being made, a sentence each."""
    problems = [*_n_problems(kind, n), *_range_problems(kind, vary)]
    if not vary:
        problems.append("nothing is varied; name at least one thing to vary.")
    size = n_scenarios(kind, vary, n)
    if size > MAX_SCENARIOS:
        problems.append(
            f"it makes {size:,} scenarios; at most {MAX_SCENARIOS:,} are allowed. "
            "Take fewer values, or fewer samples (n)."
        )
    return problems


def read_varied(
    table: object, *, source: str
) -> tuple[dict[str, Range | tuple[object, ...]], list[str]]:
    """Return what a table of a file varies, by dotted name, and the problems in it."""
    if not isinstance(table, Mapping) or not table:
        given = "nothing" if not table else repr(table)
        return {}, [
            f"vary: name at least one thing to vary, such as load_step = [0.5, 1, 2]; "
            f"got {given}."
        ]
    items = [*_flattened(table)]
    times = Counter(name for name, _ in items)
    twice = sorted(name for name in times if times[name] > 1)
    problems = [f"vary, {name}: it is there twice. Keep one." for name in twice]
    found = {}
    for name, item in items:
        if isinstance(item, tuple):
            faults = [f"vary, {name}: {fault}" for fault in _faults(item)]
        elif isinstance(item, Mapping):
            item, faults = _range(name, item, source)
        else:
            faults = [f"vary, {name}: {_WANTED}; got {item!r}."]
        problems += faults
        if not faults:
            found[name] = item
    return found, problems


def n_values(varied: Varied) -> int:
    """Return how many values of a name a grid takes; 0 where that is not yet said."""
    if not isinstance(varied, Range):
        return len(varied)
    return varied.steps or (varied.n_whole if varied.whole else 0)


def positions(varied: Varied, column: pd.Series) -> np.ndarray:
    """Return where the values of a column lie, from 0 (first, lowest) to 1 (last)."""
    if isinstance(varied, Range):
        return (column.to_numpy("float64") - varied.low) / (varied.high - varied.low)
    places = {written(value): place for place, value in enumerate(varied)}
    found = [places[written(value)] for value in column]
    return np.array(found, "float64") / max(len(varied) - 1, 1)


def written(value: object) -> str:
    """Return a value as text: 1 differs from true, but (3, 4) not from [3, 4]."""
    return json.dumps(value, default=lambda of_numpy: of_numpy.tolist())


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


def _n_problems(kind: str, n: int | None) -> Iterator[str]:
    least = 2 if kind in COLUMNS else 1  # one sample has no spread, so no intervals
    if kind == "grid":
        if n is not None:
            yield f"n has no use in a grid; got {n}. Remove it."
    elif n is None:
        yield f"n is missing; {kind} needs it. Write, for example, n = 128."
    elif n < least:
        yield f"n must be at least {least} for {kind}; got {n}."
    elif kind in _OF_POWERS and n & (n - 1):
        below = 1 << (n.bit_length() - 1)
        yield (
            f"n must be a power of 2 for {kind}; got {n}. Write {below} or {2 * below}."
        )


def _range_problems(kind: str, vary: Mapping[str, Varied]) -> Iterator[str]:
    for name, varied in vary.items():
        if not isinstance(varied, Range):
            if not len(varied):
                yield f"{name} has no values; write at least one."
        elif kind == "grid" and not n_values(varied):
            yield f"{name} is a range, so a grid needs its steps, such as steps = 5."
        elif kind != "grid" and varied.steps:
            yield f"{name} has steps, which only a grid takes, not {kind}. Remove them."


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


class _Ranges(FileValue):
    """Ranges as they stand in a file, so that messages name their place there."""

    vary: dict[str, Range]


def _flattened(table: Mapping, above: str = "") -> Iterator[tuple[str, object]]:
    """Yield names and what they are varied over; lists become tuples."""
    # deload.every_weeks = [0, 4] without quotes around the name makes tables in tables,
    # and means the same as with them.
    for key, value in table.items():
        name = f"{above}{key}"
        is_range = isinstance(value, Mapping) and any(end in value for end in _ENDS)
        if isinstance(value, Mapping) and value and not is_range:
            yield from _flattened(value, f"{name}.")
        else:
            yield name, frozen(value)


def _faults(values: tuple) -> Iterator[str]:
    """Yield what is wrong with a list of values."""
    if not values:
        yield "it has no values; write at least one."
    bad = [value for value in values if not _is_json(value)]
    if bad:
        kinds = "numbers, texts, true or false, and lists and tables of them"
        yield f"values must be {kinds}; got {_shown(bad[0])}."
        return
    times = Counter(map(written, values))
    for text in sorted(text for text in times if times[text] > 1):
        yield f"{text} is there twice. Keep one."


def _shown(value: object) -> str:
    """Return a value of a list as a file has it: lists in square brackets."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def _is_json(value: object) -> bool:
    """Return whether a record can hold a value and give it back."""
    if isinstance(value, Mapping):
        return all(map(_is_json, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    return isinstance(value, str | bool | int) or (
        isinstance(value, float) and isfinite(value)
    )


def _range(
    name: str, table: Mapping, source: str
) -> tuple[Range | None, Sequence[str]]:
    try:
        checked = check_values(_Ranges, {"vary": {name: table}}, source=source)
    except PlanError as error:
        return None, error.problems
    return checked.vary[name], []


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
    """Return the outcome by scenario; ValueError where one has none."""
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
