"""hipext on other machines: another user, no home, full disks, few packages."""

import os
import shutil
import stat
import subprocess
import sys
from contextlib import suppress
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

import hipext
from hipext.engine.compiled import can_compile
from hipext.files.io import temporary_folder

if os.name == "nt":
    pytest.skip("users and rights are those of POSIX", allow_module_level=True)
import resource

# pytest and Matplotlib require it.
Requirement = pytest.importorskip("packaging.requirements").Requirement
ROOT = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0
STRANGER = 54321  # no user of the machine: without a name and a home folder
USER = STRANGER if IS_ROOT else os.geteuid()
needs_numba = pytest.mark.skipif(not can_compile(), reason="nothing to compile with")
PHILOX = "6627e8d5 e169c58d bc57ac4c 9b00dbd8"  # Salmon et al. (2011), all zeros
COMPILE = """
from hipext.engine.compiled import compiled
from hipext.engine.random import philox
print(*(f"{int(word):08x}" for word in compiled(philox)(*[0] * 6)))
"""
SWEEP = """
format = 1
name = "Small"
plan = "maintenance_2day_13wk"
population = "novices"
n_athletes = {n}
[design]
{design}
[vary]
{vary}
"""
GRID = {"design": 'kind = "grid"', "vary": "rest = [0.5, 1.0]"}
MORRIS = {
    "design": 'kind = "morris"\nn = 2',
    "vary": "rest = {low = 0.5, high = 1.5}\nload_step = {low = 0.5, high = 1.5}",
}
SEARCH = """
format = 1
name = "Search"
plan = "maintenance_2day_13wk"
population = "novices"
n_athletes = 2
[goals]
strength_pct = "highest"
[vary]
rest = {{ low = 0.5, high = 1.5 }}
[search]
trials = {trials}
generation = 4
"""


@cache
def as_user():
    """Return what runs a command as somebody who is not root, and reads all files."""
    if not IS_ROOT:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root needs setpriv to become another user")
    # Python may be in the home folder of root: reading is allowed, writing is not.
    rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    ids = [f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    command = ["setpriv", *ids, *rights]
    done = subprocess.run([*command, "true"], capture_output=True, text=True)
    if done.returncode:  # a container may have taken this right from root
        pytest.skip(f"root cannot become a user who reads all files: {done.stderr}")
    return command


def python(*arguments, cwd, path, prefix=(), limit=None, **environment):
    """Run Python with nothing of the environment of the tests."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **{name: str(value) for name, value in environment.items()},
    }

    def no_larger_files():  # what a full disk does to a file, half-way
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [*prefix, sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        preexec_fn=None if limit is None else no_larger_files,
    )


def files_in(folder):
    """Return the names of all files below a folder."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def set_writable(folder, is_writable):
    """Let everybody, or nobody, write into a folder and all that is in it."""
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | 0o222 if is_writable else mode & ~0o222)


def copied_package(folder):
    """Copy the package and its data, without anything compiled; return the folder."""
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in ("hipext", "data", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Return the folder of a package that nobody can write."""
    folder = copied_package(tmp_path_factory.mktemp("package"))
    set_writable(folder, False)
    yield folder
    set_writable(folder, True)


@pytest.fixture
def own_package(tmp_path):
    """Return the folder of a package that can be written."""
    return copied_package(tmp_path / "package")


@pytest.fixture
def cwd(tmp_path):
    """Return an empty folder that everybody can write."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """Return a folder for temporary files of everybody."""
    folder = tmp_path_factory.mktemp("temporary")
    folder.chmod(0o1777)
    return folder


def full_disk(folder):
    """Mount a disk without room; return what removes it."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a full disk needs the right to mount one")
    with suppress(OSError), (folder / "filled").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return lambda: subprocess.run(["umount", str(folder)], check=True, timeout=60)


@pytest.fixture(params=["read-only", "absent", "full"])
def home(request, tmp_path):
    """Return the environment of a user without a home folder to write in."""
    folder = tmp_path / "home"
    if request.param == "absent":
        if not IS_ROOT:
            pytest.skip("only root can become a user without a home folder")
        yield {}
    elif request.param == "full":
        remove = full_disk(folder)
        yield {"HOME": folder}
        remove()
    else:
        folder.mkdir(mode=0o555)
        yield {"HOME": folder}


# --- machine code ---


@needs_numba
def test_machine_code_is_kept_in_a_temporary_folder(home, package, cwd, tmp_path):
    place = tmp_path / "temporary"
    place.mkdir()
    place.chmod(0o1777)
    where = {"cwd": cwd, "path": [package], "prefix": as_user(), "TMPDIR": place}
    first = python("-c", COMPILE, **where, **home)
    assert first.stdout.strip() == PHILOX, first.stderr
    (line,) = first.stderr.splitlines()
    assert line.startswith(f"Machine code is kept in {place}/hipext-{USER}, because")
    assert {name.rpartition(".")[2] for name in files_in(place)} == {"nbi", "nbc"}
    assert stat.S_IMODE((place / f"hipext-{USER}").stat().st_mode) == 0o700
    again = python("-c", COMPILE, **where, **home)  # reads what is kept
    assert (again.stdout.strip(), again.stderr) == (PHILOX, "")
    assert files_in(cwd) == set()
    assert [*cwd.iterdir()] == []  # nothing named "~"


@needs_numba
def test_machine_code_is_made_anew_where_it_cannot_be_kept(package, cwd, tmp_path):
    nowhere = {"HOME": tmp_path / "none", "TMPDIR": tmp_path / "none"}
    where = {"cwd": cwd, "path": [package], "prefix": as_user()}
    tmp_path.chmod(0o555)
    done = python("-c", COMPILE, **where, **nowhere)
    assert done.stdout.strip() == PHILOX, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("Machine code cannot be kept (")
    assert line.endswith("Set NUMBA_CACHE_DIR to a folder that can be written.")


@needs_numba
def test_machine_code_is_not_kept_where_others_can_write(package, cwd, tmp_path):
    place = tmp_path / "temporary"
    shared = place / f"hipext-{USER}"
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    home = {"HOME": tmp_path / "none", "TMPDIR": place}
    tmp_path.chmod(0o555)
    where = {"cwd": cwd, "path": [package], "prefix": as_user()}
    done = python("-c", COMPILE, **where, **home)
    assert done.stdout.strip() == PHILOX, done.stderr
    assert done.stderr.startswith("Machine code cannot be kept (")
    assert files_in(place) == set()


@needs_numba
def test_machine_code_made_at_installation_is_read_by_other_users(
    own_package, cwd, tmp_path
):
    python("-c", COMPILE, cwd=cwd, path=[own_package])
    set_writable(own_package, False)
    nowhere = {"HOME": tmp_path / "none", "TMPDIR": tmp_path / "none"}
    where = {"cwd": cwd, "path": [own_package], "prefix": as_user()}
    tmp_path.chmod(0o555)
    done = python("-c", COMPILE, **where, **nowhere)
    assert (done.stdout.strip(), done.stderr) == (PHILOX, "")


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_damaged_file_of_machine_code_is_replaced(ending, own_package, cwd):
    where = {"cwd": cwd, "path": [own_package], "HOME": cwd}
    python("-c", COMPILE, **where)
    (path,) = own_package.rglob(f"*.{ending}")
    whole = path.read_bytes()
    for damaged in (b"", b"no pickle", whole[: len(whole) // 2], bytes(len(whole))):
        path.write_bytes(damaged)
        done = python("-c", COMPILE, **where)
        assert (done.stdout.strip(), done.stderr) == (PHILOX, "")
        assert path.stat().st_size > len(whole) / 2
        assert path.read_bytes()[:2] == whole[:2]


@needs_numba
def test_a_disk_that_gets_full_while_machine_code_is_written_stops_nothing(
    own_package, cwd
):
    where = {"cwd": cwd, "path": [own_package], "HOME": cwd, "TMPDIR": cwd}
    done = python("-c", COMPILE, limit=2000, **where)
    assert done.stdout.strip() == PHILOX, done.stderr
    assert done.stderr.startswith("Machine code cannot be kept (File too large)")
    assert not [one for one in files_in(own_package) | files_in(cwd) if "tmp" in one]
    again = python("-c", COMPILE, **where)
    assert (again.stdout.strip(), again.stderr) == (PHILOX, "")


def test_the_temporary_folder_is_that_of_this_user_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        temporary_folder()
    folder = temporary_folder(make=True)
    assert temporary_folder() == temporary_folder(make=True) == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for mode in (0o770, 0o707, 0o750):
        folder.chmod(mode)
        with pytest.raises(PermissionError, match="others may have written"):
            temporary_folder(make=True)
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="others may have written"):
        temporary_folder(make=True)
    (tmp_path / "hipext-4711").mkdir(mode=0o700)  # by us, not by that user
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    with pytest.raises(PermissionError, match="others may have written"):
        temporary_folder(make=True)


# --- commands of a user who cannot write elsewhere than here ---


def series_file(folder):
    """Write the load and tests of a run of 60 days; return the path."""
    rows = [f"{day},{day % 3 * 100},{100 + day / 10}" for day in range(60)]
    path = folder / "series.csv"
    path.write_text("\n".join(["day,training_load,performance", *rows]))
    return path


COMMANDS = {
    "run": "run maintenance_2day_13wk",
    "fit": "fit series.csv --bootstrap 0",
    "compare": "compare maintenance_2day_13wk --athletes 3 --population novices",
    "sweep": "sweep sweep.toml",
    "search": "search search.toml",
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_needs_no_home_folder(command, home, package, cwd, temporary):
    series_file(cwd)
    (cwd / "sweep.toml").write_text(SWEEP.format(n=3, **MORRIS))
    (cwd / "search.toml").write_text(SEARCH.format(trials=8))
    done = python(
        *("-P", "-m", "hipext", *COMMANDS[command].split()),
        cwd=cwd,
        path=[package],
        prefix=as_user(),
        TMPDIR=temporary,
        **home,
    )
    assert done.returncode == 0, done.stderr
    spilled = [
        line
        for line in done.stderr.splitlines()
        if not line.startswith(f"Machine code is kept in {temporary}")
    ]
    assert spilled == []
    assert {path.name for path in cwd.iterdir()} <= {
        *("out", "series.csv", "sweep.toml", "search.toml")
    }


@pytest.mark.skipif(not IS_ROOT, reason="only root can become a user without a home")
@pytest.mark.parametrize("command", ["lab", "app"])
def test_jupyter_asks_for_a_home_folder(command, package, cwd):
    arguments = ("-P", "-m", "hipext", command, "--no-browser")
    done = python(*arguments, cwd=cwd, path=[package], prefix=as_user())
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].endswith(f"HOME=/some/folder hipext {command}")
    assert [*cwd.iterdir()] == []


# --- full disks ---

WRITERS = {  # what each writes first is larger than this
    "lab --allow-root --no-browser notebooks": 9_000,
    "assignments": 9_000,
    "handouts": 9_000,
    "run maintenance_2day_13wk": 20_000,
    "compare maintenance_2day_13wk --vary rest=0.5 --athlete novice": 9_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITERS)
def test_a_disk_that_gets_full_leaves_no_file_of_a_command(command, cwd, tmp_path):
    name = command.split()[0]
    if name == "lab":
        pytest.importorskip("jupyterlab")
    if name == "handouts":
        pytest.importorskip("mistune")
    arguments = ("-P", "-m", "hipext", *command.split())
    where = {"cwd": cwd, "path": [ROOT], "HOME": tmp_path}
    done = python(*arguments, limit=WRITERS[command], **where)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].endswith(": File too large.")
    assert "Traceback" not in done.stderr
    assert [*cwd.iterdir()] == []


@pytest.mark.slow
def test_lab_leaves_no_notebook_on_a_full_disk(cwd, tmp_path):
    pytest.importorskip("jupyterlab")
    remove = full_disk(tmp_path / "disk")
    try:
        arguments = ("lab", "--allow-root", "--no-browser", tmp_path / "disk" / "mine")
        where = {"cwd": cwd, "path": [ROOT], "HOME": tmp_path}
        done = python("-P", "-m", "hipext", *arguments, **where)
        assert done.returncode == 2
        assert done.stderr.endswith(": No space left on device.\n")
        assert files_in(tmp_path / "disk") == {"filled"}
    finally:
        remove()


def test_a_plan_stays_as_it_was_where_its_new_form_does_not_fit(cwd, tmp_path):
    plan = cwd / "mine.toml"
    text = (ROOT / "data" / "plans" / "guide_16wk.toml").read_text()
    plan.write_text(text.replace(" = ", "   =   "))
    before = plan.read_bytes()
    arguments = ("-P", "-m", "hipext", "fmt", "mine.toml", "--write")
    where = {"cwd": cwd, "path": [ROOT], "HOME": tmp_path}
    done = python(*arguments, limit=500, **where)
    assert (done.returncode, done.stderr) == (2, "mine.toml: File too large.\n")
    assert files_in(cwd) == {"mine.toml"}
    assert plan.read_bytes() == before
    assert python(*arguments, **where).returncode == 0
    assert plan.read_bytes() != before


@pytest.mark.slow
def test_a_sweep_goes_on_after_a_disk_was_full(cwd, tmp_path):
    pytest.importorskip("pyarrow")
    (cwd / "sweep.toml").write_text(SWEEP.format(n=1000, **GRID))
    arguments = ("-P", "-m", "hipext", "sweep", "sweep.toml", "--out")
    where = {"cwd": cwd, "path": [ROOT], "HOME": tmp_path}
    whole = python(*arguments, "whole", **where)
    assert whole.returncode == 0, whole.stderr
    stopped = python(*arguments, "stopped", limit=40_000, **where)
    assert stopped.returncode == 2, stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert stopped.stderr.endswith("hipext sweep sweep.toml --out stopped --resume\n")
    resumed = python(*arguments, "stopped", "--resume", **where)
    assert resumed.returncode == 0, resumed.stderr
    assert files_in(cwd / "stopped") == files_in(cwd / "whole")
    for name in files_in(cwd / "whole"):
        assert (cwd / "stopped" / name).read_bytes() == (
            cwd / "whole" / name
        ).read_bytes()


# --- the wheel alone ---


def linked_packages(wheel_folder, folder, extras=()):
    """Link what the wheel and some of its extras require, and nothing else."""
    wanted = [(Distribution.at(next(wheel_folder.glob("*.dist-info"))), {"", *extras})]
    known = set()
    while wanted:
        owner, its_extras = wanted.pop()
        for need in map(Requirement, owner.requires or ()):
            marker = need.marker
            if marker and not any(marker.evaluate({"extra": x}) for x in its_extras):
                continue
            key = (need.name, *sorted(need.extras))
            if key not in known:
                known.add(key)
                wanted.append((distribution(need.name), {"", *need.extras}))
    for name in {key[0] for key in known}:
        files = distribution(name).files or ()
        for top in {one.parts[0] for one in files} - {"..", "__pycache__"}:
            source = Path(distribution(name).locate_file(top))
            if not (folder / top).exists():
                (folder / top).symlink_to(source.resolve())
    return folder


@pytest.fixture(scope="module")
def core(installed, tmp_path_factory):
    """Return the path of modules of an installation without any extra."""
    folder = linked_packages(installed, tmp_path_factory.mktemp("core"))
    linked = {path.name for path in folder.iterdir()}
    assert not linked & {"numba", "pyarrow", "ipywidgets", "mistune"}
    return [installed, folder]


def bare(*arguments, cwd, path, **options):
    """Run Python without the packages of the tests."""
    return python("-S", "-P", *arguments, cwd=cwd, path=path, HOME=cwd, **options)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Return a folder with two finished sweeps."""
    pytest.importorskip("pyarrow")
    pytest.importorskip("SALib")
    folder = tmp_path_factory.mktemp("swept")
    for name, design in {"grid": GRID, "morris": MORRIS}.items():
        (folder / f"{name}.toml").write_text(SWEEP.format(n=1, **design))
        hipext.sweep(
            folder / f"{name}.toml", folder / name, engine="plain", progress=False
        )
    return folder


REFUSED = {  # the command, and what it names
    "lab": ("lab --allow-root", "lab"),
    "app": ("app --allow-root", "app,lab"),
    "handouts": ("handouts", "class"),
    "sweep": ("sweep {swept}/grid.toml", "sweep"),
    "sampled sweep": ("sweep {swept}/morris.toml", "sweep"),
    "search": ("search search.toml", "sweep"),
    "sensitivity": ("sensitivity {swept}/morris", "sweep"),
    "reproduce": ("reproduce {swept}/grid", "sweep"),
    "compiled": ("reproduce {swept}/grid --engine compiled", "fast"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_command_names_the_extra_it_lacks(name, core, cwd, swept):
    command, extra = REFUSED[name]
    # So many trials take longer than this test may: none must have been made.
    (cwd / "search.toml").write_text(SEARCH.format(trials=20_000))
    arguments = command.format(swept=swept).split()
    done = bare("-m", "hipext", *arguments, cwd=cwd, path=core)
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"Install it with: pip install 'hipext[{extra}]'")
    assert (done.returncode, done.stdout) == (2, "")
    assert {name for name in files_in(cwd) if ".cache" not in name} == {"search.toml"}


def test_a_sweep_on_a_cluster_without_dask_makes_no_folder(installed, cwd, tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "packages").mkdir()
    packages = linked_packages(installed, tmp_path / "packages", extras=["sweep"])
    (cwd / "sweep.toml").write_text(SWEEP.format(n=3, **GRID))
    arguments = ("-m", "hipext", "sweep", "sweep.toml", "--scheduler", "local")
    done = bare(*arguments, cwd=cwd, path=[installed, packages])
    assert done.returncode == 2
    assert done.stderr.endswith("pip install 'hipext[cluster]'\n")
    assert not (cwd / "out").exists()


IN_PYTHON = {
    "posterior": (
        "load = pd.Series([0, 1, 2, 3] * 10) * 100.0\n"
        "tests = pd.Series([100 + x / 9 if x % 4 == 0 else None for x in range(40)])\n"
        "fitted = hipext.fit('banister', load, tests, n_bootstrap=0, progress=False)\n"
        "from hipext.response.uncertainty import posterior\n"
        "posterior(fitted, n_steps=10)",
        "bayes",
    ),
    "explorer": ("hipext.explore_plan", "lab"),
    "search": ("hipext.find_front('less_time', engine='compiled')", "fast"),
    "compare": (
        "plan = hipext.read_plan('guide_16wk')\n"
        "hipext.compare([plan], [hipext.read_athlete('novice')], engine='compiled')",
        "fast",
    ),
    "sweep": ("hipext.sweep('light_weeks', 'out', engine='compiled')", "fast"),
}


@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_function_names_the_extra_it_lacks(name, core, cwd):
    code, extra = IN_PYTHON[name]
    done = bare("-c", f"import hipext, pandas as pd\n{code}", cwd=cwd, path=core)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("hipext.files.checks.MissingExtra: ")
    assert last.endswith(f"Install it with: pip install 'hipext[{extra}]'")


@pytest.mark.parametrize(
    "command",
    [
        "run maintenance_2day_13wk",
        pytest.param("fit series.csv --bootstrap 0", marks=pytest.mark.slow),
        pytest.param(
            "compare maintenance_2day_13wk --athletes 2 --population novices",
            marks=pytest.mark.slow,
        ),
        "assignments",
        "lint guide_16wk",
        "fmt guide_16wk",
        "schema plan",
        "evidence --topic deload",
        "plans",
        "athletes",
        "populations",
        "studies",
        "exercises",
    ],
)
def test_a_command_works_without_any_extra(command, core, cwd):
    series_file(cwd)
    done = bare("-m", "hipext", *command.split(), cwd=cwd, path=core)
    assert (done.returncode, done.stderr) == (0, "")
    if command.startswith("run"):
        folder = "out/maintenance_2day_13wk"
        again = bare("-m", "hipext", "reproduce", folder, cwd=cwd, path=core)
        assert again.stdout.startswith("identical: ")
