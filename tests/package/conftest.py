"""The wheel of this checkout, and the folder that it is installed into."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _python(*arguments, cwd):
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Return the path of the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    _python("-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("hipext-*.whl"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """Return the folder that the wheel is installed into."""
    pytest.importorskip("pip", reason="needs pip to install the wheel")
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--target", folder]
    _python("-m", "pip", "install", *options, wheel, cwd=folder.parent)
    return folder
