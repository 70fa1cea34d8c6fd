"""Which scenarios a sweep looks at: a row per scenario, a column per varied name.

A name is varied over a list of values or over a `Range` of numbers. The same kind,
names, size and seed give the same table.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

import numpy as np
import pandas as pd

from hipext._checks import check_one_of
from hipext._varied import Range, Varied, as_column, n_values

KINDS = ("grid", "random", "sobol", "saltelli", "morris")
MAX_SCENARIOS = 1_000_000
MORRIS_LEVELS = 4  # values of a name that trajectories step between
_OF_POWERS = ("sobol", "saltelli")  # Sobol' sequences are balanced at powers of 2


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


def _n_problems(kind: str, n: int | None) -> Iterator[str]:
    least = 2 if kind in ("saltelli", "morris") else 1  # intervals need two
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


def design_of(
    kind: str, vary: Mapping[str, Varied], n: int | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return the scenarios of a design, in a fixed order.

    Parameters
    ----------
    kind : {"grid", "random", "sobol", "saltelli", "morris"}
        ``grid`` takes every combination, the last name changing fastest. ``random`` and
        ``sobol`` spread `n` scenarios over the ranges, by chance or evenly (scrambled
        Sobol' sequence). ``saltelli`` and ``morris`` are for `indices.sensitivity`.
    vary : Mapping
        By name, the values to take or the `Range` of numbers.
    n : int, optional
        Scenarios of ``random`` and ``sobol``; base samples of ``saltelli``, each of
        names + 2 scenarios; trajectories of ``morris``, each of names + 1 scenarios.
        A power of 2 for ``sobol`` and ``saltelli``. Not for a grid.
    seed : int, default 0
        Of all kinds but the grid.

    Returns
    -------
    pandas.DataFrame
        One row per scenario from 0, one column per name. Values of a list are as given.

    Raises
    ------
    ValueError
        If the design cannot be made.

    Notes
    -----
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
        raise ValueError(f"The design cannot be made: {' '.join(problems)}")
    if kind == "grid":
        rows = product(*map(_grid_values, vary.values()))
        columns = zip(*rows, strict=True)
    else:
        units = _UNITS[kind](len(vary), n, seed)
        columns = map(_values_at, vary.values(), units.T)
    table = pd.DataFrame(dict(zip(vary, map(as_column, columns), strict=True)))
    return table.rename_axis(index="scenario")


def _grid_values(varied: Varied) -> Sequence[object]:
    if not isinstance(varied, Range):
        return varied
    numbers = np.linspace(varied.low, varied.high, n_values(varied))
    if varied.whole:
        return [int(number) for number in np.rint(numbers)]
    return [float(f"{number:.12g}") for number in numbers]  # 0.3, not 0.30000000000004


def _values_at(varied: Varied, unit: np.ndarray) -> Sequence[object]:
    """Return the values of a name at places between 0 and 1."""
    if not isinstance(varied, Range):
        return [varied[place] for place in _shares(unit, len(varied))]
    if varied.whole:
        return int(varied.low) + _shares(unit, varied.n_whole)
    return (1 - unit) * varied.low + unit * varied.high


def _shares(unit: np.ndarray, n_values: int) -> np.ndarray:
    return np.minimum((unit * n_values).astype(np.int64), n_values - 1)


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64DXSM(seed))


def _random(n_names: int, n: int, seed: int) -> np.ndarray:
    return _generator(seed).random((n, n_names))


def _sobol(n_names: int, n: int, seed: int) -> np.ndarray:
    from scipy.stats.qmc import Sobol

    return Sobol(n_names, rng=_generator(seed)).random(n)


def _saltelli(n_names: int, n: int, seed: int) -> np.ndarray:
    from SALib.sample import sobol

    problem = _problem(n_names)
    return sobol.sample(problem, n, calc_second_order=False, seed=_generator(seed))


def _morris(n_names: int, n: int, seed: int) -> np.ndarray:
    from SALib.sample import morris

    units = morris.sample(_problem(n_names), n, MORRIS_LEVELS, seed=_generator(seed))
    last = MORRIS_LEVELS - 1
    return np.rint(units * last) / last  # a level has one number, whatever the way


def _problem(n_names: int) -> dict[str, object]:
    """Return names in the words of SALib, each between 0 and 1."""
    names = [str(number) for number in range(n_names)]
    return {"num_vars": n_names, "names": names, "bounds": [[0.0, 1.0]] * n_names}


_UNITS = {"random": _random, "sobol": _sobol, "saltelli": _saltelli, "morris": _morris}
