"""The listed changes that no test notices are changes of today's source."""

import csv
import inspect
from pathlib import Path
from pkgutil import resolve_name

import pytest

LISTED = Path(__file__).with_name("mutants.csv")
ROWS = [*csv.DictReader(LISTED.read_text(encoding="utf-8").splitlines())]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["function"])
def test_a_listed_change_can_still_be_made(row):
    module, _, name = row["function"].rpartition(".")
    function = inspect.unwrap(resolve_name(f"hipext.{module}:{name}"))
    source = inspect.getsource(getattr(function, "py_func", function))
    assert "".join(row["before"].split()) in "".join(source.split())
