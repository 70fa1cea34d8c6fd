"""The wheel of this checkout, and the folder that it is installed into."""

import sys
from pathlib import Path

import pytest
from commands import started

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Return the path of the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    started(build, cwd=ROOT)
    return next(folder.glob("hipext-*.whl"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """Return the folder that the wheel is installed into."""
    pytest.importorskip("pip", reason="needs pip to install the wheel")
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--target", folder, wheel]
    started([sys.executable, "-m", "pip", "install", *options], cwd=folder.parent)
    return folder
