"""pyproject.toml, environment.yml, requirements.lock and the imports agree."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
LOCK = (ROOT / "requirements.lock").read_text()
NOT_ON_CONDA_FORGE = {"mutmut", "playwright", "streprogen"}
USERS_EXTRAS = ("app", "class", "lab", "fast", "bayes", "sweep", "cluster")
DISTRIBUTIONS = {  # where the import differs
    "PIL": "pillow",
    "SALib": "salib",
    "importlinter": "import-linter",
    "jupyter_server": "jupyter-server",
    "lazy_loader": "lazy-loader",
    "yaml": "pyyaml",
}
CONDA_NAMES = re.compile(r"^python-(isal)\b")  # beside jupyter_server
MODULES = sorted((ROOT / "hipext").rglob("*.py"))
CHECKS = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "notebooks").glob("*.py")])


def bounds(lines):
    """Return the lower bound by name of lines like ``numpy>=2.0``."""
    pairs = [re.fullmatch(r"([a-z0-9-]+)>=([0-9.]+)", line) for line in lines]
    assert None not in pairs, f"a line is not NAME>=VERSION: {lines}"
    return dict(pair.groups() for pair in pairs)


def declared(*extras):
    """Return the lower bounds of the package and of its `extras`."""
    optional = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(x for name in extras for x in optional[name])]
    return bounds(line for line in lines if not line.startswith("hipext["))


def number(version):
    """Return a version as numbers that can be ordered."""
    return tuple(int(digits) for digits in re.findall(r"\d+", version))


def imported_distributions(path):
    """Return the distributions that a file imports, except Python and hipext."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    packages = {name.split(".")[0] for name in names}
    packages -= {*sys.stdlib_module_names, "hipext", *(path.stem for path in CHECKS)}
    return {DISTRIBUTIONS.get(name, name) for name in packages}


ALL = declared(*PROJECT["optional-dependencies"])
PIP_LINES = next(entry["pip"] for entry in CONDA if isinstance(entry, dict))
CONDA_LINES = [entry for entry in CONDA if isinstance(entry, str)]
LOCKED = re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, flags=re.MULTILINE)


def test_conda_environment_has_the_names_and_bounds_of_all_extras():
    itself = r"(python|pip)(?![\w-])"
    packages = [line for line in CONDA_LINES if not re.match(itself, line)]
    from_pip = [line for line in PIP_LINES if line != "-e ."]
    names = [CONDA_NAMES.sub(r"\1", line).replace("_", "-") for line in packages]
    assert bounds(names) | bounds(from_pip) == ALL


def test_conda_environment_takes_from_pip_only_what_conda_lacks():
    assert set(bounds(line for line in PIP_LINES if line != "-e .")) == (
        NOT_ON_CONDA_FORGE & set(ALL)
    )


def test_conda_environment_installs_the_checkout_into_the_same_python():
    assert "-e ." in PIP_LINES
    assert "pip" in CONDA_LINES
    assert f"python{PROJECT['requires-python']}" in CONDA_LINES


def test_extras_refer_only_to_extras_that_exist():
    optional = PROJECT["optional-dependencies"]
    lines = {line for extra in optional.values() for line in extra}
    references = {line for line in lines if line.startswith("hipext[")}
    assert references <= {f"hipext[{name}]" for name in optional}


def test_lock_names_no_place_to_download_from():
    assert "://" not in LOCK
    assert not re.search(r"^\s*-(?!-hash=sha256:)", LOCK, flags=re.MULTILINE)


def test_lock_pins_and_hashes_every_requirement():
    requirements = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", LOCK, flags=re.M))
    pinned = r"[a-z0-9-]+==[^\s;]+( ; .+?)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n?"
    assert [x for x in requirements if not re.fullmatch(pinned, x)] == []


def test_lock_holds_every_dependency_but_those_that_make_installs_on_demand():
    missing = set(ALL) - {name for name, _ in LOCKED}
    on_demand = (
        PROJECT["optional-dependencies"][name] for name in ("bench", "mutants")
    )
    assert missing == set(bounds(line for lines in on_demand for line in lines))


def test_lock_is_not_below_a_declared_bound():
    bounded = [(name, version) for name, version in LOCKED if name in ALL]
    assert [x for x in bounded if number(x[1]) < number(ALL[x[0]])] == []


def test_uv_lock_is_not_part_of_the_project():
    assert "uv.lock" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_declared_packages(path):
    assert imported_distributions(path) - set(declared(*USERS_EXTRAS)) == set()


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_check_imports_only_declared_packages(path):
    assert imported_distributions(path) - set(ALL) == set()


def test_every_dependency_of_the_package_is_imported():
    imported = set().union(*map(imported_distributions, MODULES))
    assert set(declared()) - imported == set()


def test_import_of_the_package_loads_nothing_heavy():
    code = "import hipext, sys; print(*{name.split('.')[0] for name in sys.modules})"
    run = [sys.executable, "-c", code]
    loaded = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    heavy = {"IPython", "dask", "distributed", "ipykernel", "ipywidgets", "numba"}
    heavy |= {"jupyter_client", "jupyter_core", "jupyterlab", "scipy"}
    heavy |= {"SALib", "optuna", "pyarrow"}
    heavy |= {"anywidget", "mistune", "nbgrader", "voila"}
    assert heavy & set(loaded.split()) == set()
