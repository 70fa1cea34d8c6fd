"""Hash every column of every table that the shipped files make.

    python tests/reference/table_hashes.py            # compare with table_hashes.csv
    python tests/reference/table_hashes.py --write    # store the hashes of today

A refactoring keeps every hash; a change of results is seen column by column, and is
named in the changelog under *Changed results*. One row is one column of one kind of
table, over all runs of a study; floats are hashed with all their bits. What SciPy
computes is compared under the version that it was stored with, all else under any.
"""

import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import hipext
from hipext.files.io import data_dir, read_toml, shipped_names

STORED = Path(__file__).with_name("table_hashes.csv")
KEYS = ["study", "table", "column"]
SCIPY = "1.17.1"  # that the stored fits and intervals were made with
TABLES = (
    "sets",
    "daily",
    "weekly",
    "decisions",
    "assessments",
    "response",
    "assumptions",
    "capacity",
)
Tables = Iterator[tuple[str, str, pd.DataFrame]]


def run_tables() -> Tables:
    """Yield the tables of every shipped plan for every shipped athlete."""
    for plan in map(hipext.read_plan, shipped_names("plans")):
        for athlete in map(hipext.read_athlete, shipped_names("athletes")):
            runs = {
                "closed loop": hipext.simulate(plan, athlete, seed=7),
                "closed loop without noise": hipext.simulate(
                    plan, athlete, noise=False
                ),
                "open loop": hipext.open_loop(plan, athlete),
            }
            for study, run in runs.items():
                for table in TABLES:
                    yield study, table, getattr(run, table)
            changes = hipext.personalise(plan, athlete).changes
            yield "personalise", "changes", changes


def study_tables() -> Tables:
    """Yield the tables of a comparison, a sweep, a search and the lint of all flaws."""
    plan, athletes = hipext.read_plan("guide_16wk"), hipext.cohort(50, seed=3)
    scenarios = hipext.variations(plan, {"deload_every": [0, 3], "load_step": [2.0]})
    comparison = hipext.compare(scenarios, athletes, progress=False)
    for table in ("outcomes", "differences", "weekly", "weekly_differences"):
        yield "compare", table, getattr(comparison, table)
    with tempfile.TemporaryDirectory() as folder:
        spec = _smaller("sweeps/light_weeks", folder, n_athletes=20)
        sweep = hipext.sweep(spec, Path(folder, "out"), progress=False)
        for table in ("outcomes", "scenarios", "summary"):
            found = getattr(sweep, table)
            yield "sweep", table, found() if callable(found) else found
        spec = _smaller("searches/less_time", folder, n_athletes=10, trials=40)
        search = hipext.find_front(spec, progress=False)
        yield "search", "trials", search.trials
        yield "search", "front", search.front
    for path in sorted((data_dir() / "flaws").glob("*.toml")):
        yield "lint", "findings", hipext.lint_plan(hipext.read_plan(path))


def fit_tables() -> Tables:
    """Yield the tables of a fit to noisy tests of a known model."""
    rng = np.random.default_rng(11)
    days = pd.RangeIndex(120, name="day")
    load = pd.Series(
        np.where(days % 7 < 4, rng.uniform(200, 600, 120), 0.0), index=days
    )
    truth = hipext.response.Banister(
        baseline=250.0,
        fitness_gain=0.1,
        fitness_tau=40,
        fatigue_gain=0.2,
        fatigue_tau=8,
    ).respond(load)["performance"]
    tests = truth[::4] + rng.normal(0.0, 2.0, 30)
    found = hipext.fit("banister", load, tests, n_bootstrap=20, progress=False)
    for table in ("parameters", "profiles", "draws", "bands", "tests"):
        yield "fit", table, getattr(found, table)
    yield "fit", "cross_validation", found.cross_validation


def _smaller(name: str, folder: str, **values: int) -> Path:
    """Write a shipped study with other whole numbers; return its path."""
    text = (data_dir() / f"{name}.toml").read_text(encoding="utf-8")
    for key, value in values.items():
        before = read_toml(data_dir() / f"{name}.toml")
        old = before.get(key, before.get("search", {}).get(key))
        text = text.replace(f"{key} = {old}", f"{key} = {value}")
    path = Path(folder, "study.toml")
    path.write_text(text, encoding="utf-8")
    return path


def column_bytes(values: pd.Series) -> bytes:
    """Return a column as bytes: all bits of its numbers, or its texts as UTF-8."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy("float64", na_value=np.nan).tobytes()
    return "\0".join(map(str, values)).encode()


def hashes() -> pd.DataFrame:
    """Return one row per study, table and column: its number of values and its hash."""
    columns: dict[tuple[str, str, str], list[pd.Series]] = {}
    for tables in (run_tables(), study_tables(), fit_tables()):
        for study, table, frame in tables:
            for name in frame.columns:
                columns.setdefault((study, table, name), []).append(frame[name])
    rows = [
        (*key, sum(map(len, parts)), sha256(b"\1".join(map(column_bytes, parts))))
        for key, parts in columns.items()
    ]
    found = pd.DataFrame(rows, columns=[*KEYS, "n_values", "sha256"])
    found["sha256"] = [one.hexdigest()[:16] for one in found["sha256"]]
    return found


def differences(found: pd.DataFrame, stored: pd.DataFrame) -> list[str]:
    """Return a line for every column that is new, gone or has other values."""
    options = {"suffixes": ("", "_stored"), "indicator": "side"}
    both = found.merge(stored, "outer", KEYS, **options)
    words = {"left_only": "is new", "right_only": "is gone", "both": "has other values"}
    is_other = both["sha256"] != both["sha256_stored"]
    if version("scipy") != SCIPY:
        is_other &= (both["study"] != "fit") & ~both["column"].str.startswith("ci_")
    is_other |= both["side"] != "both"
    return [
        f"{row.study}: {row.table}.{row.column} {words[row.side]}"
        for row in both[is_other].itertuples(index=False)
    ]


def main() -> None:
    """Compare with the stored hashes, or store those of today."""
    found = hashes()
    if "--write" in sys.argv:
        found.to_csv(STORED, index=False, lineterminator="\n")
        return
    lines = differences(found, pd.read_csv(STORED))
    print("\n".join(lines) or f"All {len(found)} columns are as stored.")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
