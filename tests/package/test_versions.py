"""The declared versions work, oldest and newest, and all of them write the same bytes.

Environments are made for this from the package index: minutes of work. Without an index
the tests are skipped; in CI they fail.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path

import commands
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OLDEST = int(re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])[1])
PANDAS = ("2.3", "3.0", "3.1")  # add each new minor version
GUIDE = ("run", "guide_16wk")
COMPARE = ("compare", "guide_16wk", "--vary", "deload.every_weeks=0,3")

started = partial(commands.started, cwd=ROOT, PYTHONDONTWRITEBYTECODE="1")
pytestmark = pytest.mark.slow


def pythons():
    """Return the Pythons of this machine that hipext runs on, by minor version."""
    found = {sys.version_info[1]: sys.executable}
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    for minor in range(OLDEST, 30):
        name = f"python3.{minor}"
        paths = [shutil.which(name), *pyenv.glob(f"versions/3.{minor}.*/bin/{name}")]
        for path in filter(None, paths):  # a shim of pyenv may have nothing behind it
            command = [path, "-c", "import ensurepip, venv"]
            if not subprocess.run(command, capture_output=True, check=False).returncode:
                found.setdefault(minor, path)
    return found


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Skip where there is no package index, or fail in CI."""
    folder = tmp_path_factory.mktemp("index")
    uv = [sys.executable, "-m", "uv", "--quiet", "pip", "install"]
    command = [*uv, "--no-deps", "--no-cache", "--target", folder, "lazy-loader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail(f"There is no package index: {done.stderr}")
        pytest.skip("no package index to install from")


def environment(folder, *, is_oldest):
    """Return the Python of a new environment with the oldest or the newest versions."""
    found = pythons()
    minor = min(found) if is_oldest else max(found)
    if is_oldest and minor != OLDEST:
        pytest.skip(f"no Python 3.{OLDEST}, which old packages are made for")
    uv = [sys.executable, "-m", "uv", "--quiet"]
    started([*uv, "venv", "--python", found[minor], folder])
    python = folder / "bin" / "python"
    resolution = "lowest-direct" if is_oldest else "highest"
    options = ["--python", python, "--resolution", resolution]
    started([*uv, "pip", "install", *options, "--editable", f"{ROOT}[dev]"])
    return python


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Return a file of loads and tests to fit."""
    rng, path = np.random.default_rng(5), tmp_path_factory.mktemp("series") / "log.csv"
    lines = ["day,training_load,performance"]
    for day in range(90):
        load = rng.uniform(200, 600) * (day % 7 < 4)
        test = f"{250 + 0.1 * day + rng.normal(0, 2):.2f}" if day % 4 == 0 else ""
        lines.append(f"{day},{load:.3f},{test}")
    path.write_text("\n".join(lines))
    return path


def tables(python, folder, *commands, **environment):
    """Return the bytes of the tables that commands write, by path."""
    for number, command in enumerate(commands):
        out = ["--out", folder / str(number)]
        started([python, "-m", "hipext", *command, *out], **environment)
    written = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.csv")}
    assert len(written) >= 4 * len(commands)
    return written


def different(ours, theirs):
    """Return the names of the tables that are not the same bytes."""
    return sorted(str(x) for x in {*ours, *theirs} if ours.get(x) != theirs.get(x))


def without_intervals(written):
    """Return tables as CSV without intervals of means, which take SciPy's quantile."""
    kept = {}
    for path, text in written.items():
        cells = pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False)
        kept[path] = cells.drop(columns=["ci_low", "ci_high"], errors="ignore").to_csv()
    return kept


@pytest.fixture(scope="module")
def commands(series):
    """Return commands whose tables show most kinds of numbers."""
    fit = ("fit", series, "--bootstrap", 20)
    return GUIDE, (*COMPARE, "--athletes", 20), fit


@pytest.fixture(scope="module")
def ours(commands, tmp_path_factory):
    """Return the tables that this environment writes."""
    return tables(sys.executable, tmp_path_factory.mktemp("ours"), *commands)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("minor", PANDAS)
def test_every_version_of_pandas_writes_the_same_tables(
    minor, commands, ours, tmp_path
):
    target = tmp_path / "pandas"
    uv = [sys.executable, "-m", "uv", "--quiet", "pip", "install", "--no-deps"]
    packages = [f"pandas=={minor}.*", "pytz"]  # pandas 2 needs pytz
    started([*uv, "--target", target, *packages])
    found = started(
        [sys.executable, "-c", "import pandas; print(pandas.__version__)"],
        PYTHONPATH=str(target),
    )
    assert found.stdout.startswith(f"{minor}.")
    theirs = tables(sys.executable, tmp_path / "out", *commands, PYTHONPATH=str(target))
    assert different(ours, theirs) == []


# One test, because tests in several processes would make an environment each.
@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("is_oldest", [True, False], ids=["oldest", "newest"])
def test_declared_versions_write_the_same_tables_and_pass_all_tests(
    is_oldest, commands, ours, tmp_path
):
    python = environment(tmp_path / "environment", is_oldest=is_oldest)
    run, compare, _ = commands  # a fit ends where SciPy's optimiser of its version ends
    theirs = tables(python, tmp_path / "out", run, compare)
    without_fit = {path: text for path, text in ours.items() if path.parts[0] != "2"}
    assert different(*map(without_intervals, (without_fit, theirs))) == []
    started([python, "-m", "hipext.explorers.cached_runs"])  # compile once here
    # Old packages meet new ones below them, which deprecate what those call.
    lenient = ["-W", "ignore::DeprecationWarning"] if is_oldest else []
    options = ["-q", "-n", "auto", "--dist", "worksteal", "-p", "no:cacheprovider"]
    chosen = ["-m", "not slow and not browser", "tests"]
    started([python, "-m", "pytest", *options, *lenient, *chosen])
    shutil.rmtree(tmp_path / "environment")
