"""The wheel is complete: it runs far from the checkout that built it."""

import sys
import zipfile
from pathlib import Path

import pytest
from commands import started

ROOT = Path(__file__).parents[2]
SHIPPED = {".csv", ".toml", ".json", ".md", ".html", ".ipynb", ".svg", ".png"}


def run(*arguments, cwd, **environment):
    """Return what a run of Python prints."""
    return started([sys.executable, *arguments], cwd=cwd, **environment).stdout


@pytest.fixture(scope="module")
def contents(wheel):
    """Return the names of the files in the wheel."""
    return zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("folder", ["data", "notebooks"])
def test_wheel_holds_every_shipped_file(contents, folder):
    paths = [path for path in (ROOT / folder).rglob("*") if path.suffix in SHIPPED]
    shipped = [f"hipext/_{path.relative_to(ROOT).as_posix()}" for path in paths]
    kept = [name for name in shipped if ".ipynb_checkpoints" not in name]
    assert set(kept) - set(contents) == set()


def test_wheel_holds_the_licence(contents):
    assert [name for name in contents if name.endswith("/licenses/LICENSE")]


def test_wheel_holds_no_tests_and_no_leftovers(contents):
    unwanted = ("test", "conftest", "__pycache__", ".ipynb_checkpoints", ".venv")
    assert [name for name in contents if any(x in name for x in unwanted)] == []


def test_installed_package_is_not_the_checkout(installed, tmp_path):
    code = "import hipext; print(hipext.__file__)"
    path = run("-P", "-c", code, cwd=tmp_path, PYTHONPATH=str(installed))
    assert Path(path.strip()).is_relative_to(installed)


def test_installed_package_finds_its_own_data(installed, tmp_path):
    code = (
        "from hipext.files.io import *; print(data_dir(), notebooks_dir(), sep='\\n')"
    )
    folders = run("-P", "-c", code, cwd=tmp_path, PYTHONPATH=str(installed))
    expected = [installed / "hipext" / name for name in ("_data", "_notebooks")]
    assert [Path(line) for line in folders.splitlines()] == expected


def test_installed_package_simulates_the_guide_and_writes_its_report(
    installed, tmp_path
):
    command = ["-P", "-m", "hipext", "run", "guide_16wk", "--out", "out"]
    run(*command, cwd=tmp_path, PYTHONPATH=str(installed))
    assert (tmp_path / "out" / "guide_16wk" / "report.html").is_file()
