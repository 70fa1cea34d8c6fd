"""Means and quantiles of the persons of every scenario, read part by part."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hipext._parquet import read_parquet
from hipext.outcomes import OUTCOMES

QUANTILES = {"q05": 0.05, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q95": 0.95}


def summary_of(paths: Sequence[Path], n_scenarios: int, persons: int) -> pd.DataFrame:
    """Return one row per scenario: n, and mean, sd and quantiles of every outcome.

    Columns are read one at a time, so that memory holds one outcome of one scenario.
    """
    columns: dict[str, Sequence[float]] = {"n": [persons] * n_scenarios}
    for name in OUTCOMES:
        rows = [_row(values) for values in _by_scenario(paths, name, persons)]
        for place, ending in enumerate(("mean", "sd", *QUANTILES)):
            columns[f"{name}_{ending}"] = [row[place] for row in rows]
    return pd.DataFrame(columns).rename_axis(index="scenario")


def _row(values: np.ndarray) -> tuple[float, ...]:
    sd = float(values.std(ddof=1)) if len(values) > 1 else np.nan
    quantiles = np.quantile(values, list(QUANTILES.values())).tolist()
    return float(values.mean()), sd, *quantiles


def _by_scenario(
    paths: Sequence[Path], name: str, persons: int
) -> Iterator[np.ndarray]:
    """Yield a column of each scenario; rows of a scenario stand together."""
    waiting, n_waiting = [], 0
    for path in paths:
        values = read_parquet([path], [name])[name].to_numpy("float64")
        while n_waiting + len(values) >= persons:
            head, values = np.split(values, [persons - n_waiting])
            yield np.concatenate([*waiting, head])
            waiting, n_waiting = [], 0
        waiting.append(values)
        n_waiting += len(values)
