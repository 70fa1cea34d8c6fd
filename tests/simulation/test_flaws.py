"""Find the flaw: every shipped plan has the one flaw that the teacher's key names."""

import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from commands import hipext

from hipext.files.io import data_dir, read_text
from hipext.plans.edits import vary
from hipext.plans.plan_file import format_text, read_plan
from hipext.simulation.lint import lint_plan

TEACHING = Path(__file__).parents[2] / "notebooks" / "TEACHING.md"
FLAWS = data_dir() / "flaws"


class Row(NamedTuple):
    """A row of the key."""

    file: str
    rule: str
    repair: str  # ``path = value``, as in a plan file


def key():
    """Return the rows of the teacher's key."""
    _, _, table = read_text(TEACHING).partition("| file | flaw |")
    lines = [line for line in table.splitlines() if line.startswith("| `flaw")]
    cells = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines
    ]
    return [Row(file, rule, repair) for file, _, rule, _, repair in cells]


@pytest.fixture(params=key(), ids=lambda row: row.file)
def row(request):
    """Return a row of the key."""
    return request.param


@pytest.fixture
def path(row):
    """Return the path of its plan."""
    return FLAWS / row.file


def test_key_has_each_of_the_eight_plans_once():
    names = sorted(path.name for path in FLAWS.glob("*.toml"))
    assert [row.file for row in key()] == names
    assert len(names) == 8


def test_no_flaw_comes_twice():
    rules = [row.rule for row in key()]
    assert len(set(rules)) == len(rules)


def test_plan_has_the_flaw_of_the_key_and_no_other(row, path):
    assert set(lint_plan(read_plan(path))["check"]) == {row.rule}


def test_repair_of_the_key_is_one_change_and_enough(row, path):
    place, _, value = row.repair.partition(" = ")
    changes = {place: tomllib.loads(f"value = {value}")["value"]}
    assert lint_plan(vary(read_plan(path), changes)).empty


def test_plan_is_short_and_in_its_standard_form(path):
    assert 2 <= read_plan(path).n_weeks <= 4
    assert format_text(read_text(path), source=path.name) == read_text(path)


def test_file_does_not_tell_its_flaw(row, path):
    assert "#" not in read_text(path)
    assert row.rule not in read_text(path)


def test_command_names_the_flaw(row, path, tmp_path):
    done = hipext("lint", str(path), "--strict", cwd=tmp_path)
    assert done.returncode == 1
    assert row.rule in done.stdout
