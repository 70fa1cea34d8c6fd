"""Imports point down: the contracts in pyproject.toml hold, and fail when broken."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "hipext").rglob("*.py"), key=str)
LINT = (
    "import sys; from importlinter.cli import lint_imports; "
    "sys.exit(lint_imports(no_cache=True))"
)


def lint(folder):
    """Check the contracts of the package in a folder."""
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def copied(tmp_path):
    """Return a folder with a copy of the package and of its contracts."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "hipext", tmp_path / "hipext", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add_import(folder, module, imported):
    """Add an import to a module of the copied package."""
    with (folder / "hipext" / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")


def test_imports_point_down_without_circles():
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("files/tables.py", "hipext.plots.style", "point down"),
        ("engine/body.py", "hipext.intensity.relations", "point down"),
        ("engine/state.py", "hipext.engine.session", "circles"),
    ],
)
def test_an_import_upwards_or_in_a_circle_breaks_a_contract(
    copied, module, imported, contract
):
    add_import(copied, module, imported)
    found = lint(copied)
    assert found.returncode == 1
    broken = [line for line in found.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(contract in line for line in broken)


def test_every_room_is_in_the_contract():
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in MODULES} - {"hipext"}
    assert {room for room in rooms if f"hipext.{room}" not in contract} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_written_in_full_and_only_the_command_line_prints(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    assert not [x for x in nodes if isinstance(x, ast.ImportFrom) and x.level]
    calls = [x.func for x in nodes if isinstance(x, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    assert "print" not in names or path.parent.name == "cli"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_fault_of_the_input_has_a_class_of_its_own(module):
    # Any other ValueError counts as a fault of hipext where the command line ends.
    raised = [
        getattr(node.exc.func if isinstance(node.exc, ast.Call) else node.exc, "id", "")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise)
    ]
    assert not {"ValueError", "Exception", "ImportError"} & set(raised)
