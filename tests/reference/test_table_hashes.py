"""Every column of every table of the shipped files has the values that are stored."""

from pathlib import Path
from runpy import run_path

import pandas as pd

HASHES = run_path(str(Path(__file__).with_name("table_hashes.py")))


def test_every_column_is_as_stored():
    stored = pd.read_csv(HASHES["STORED"])
    assert HASHES["differences"](HASHES["hashes"](), stored) == []


def test_a_changed_value_a_new_and_a_lost_column_are_named():
    stored = pd.read_csv(HASHES["STORED"])
    found = stored.drop(index=0).reset_index(drop=True)
    found.loc[0, "sha256"] = "other"
    found.loc[len(found)] = ["open loop", "sets", "added", 1, "new"]
    lines = HASHES["differences"](found, stored)
    lost, changed = (
        f"{x.study}: {x.table}.{x.column}" for x in stored[:2].itertuples()
    )
    assert sorted(lines) == sorted(
        [
            f"{lost} is gone",
            f"{changed} has other values",
            "open loop: sets.added is new",
        ]
    )
