"""Change the core rooms bit by bit and see whether a test notices every change.

Run from the root of the project: ``make mutants``, or ``python
tests/reference/mutants.py`` with names of rooms to run these only, ``--sample 0`` for
all changes instead of some of every room.

mutmut changes one operator, number, word or argument of a function at a time, in a copy
of the project. It imports everything once, and forks a process for every change, which
runs the tests that call the function until one fails. The day loop runs as plain
Python: machine code would go on doing what the source said before. Properties are tried
with few examples.

The sample is the same every time: of every module in proportion to its size those
changes whose names have the lowest hashes. A change that no test notices is a new test
to write, dead code to take out, or a row of ``mutants.csv`` with the reason why no test
can or should notice it. Survivors that are not in that table are printed, and the exit
code is 1.
"""

import argparse
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_suffix(".csv")
N_EXAMPLES = 8  # of a property: a survivor costs all of them
NEEDED = ("hipext", "data", "tests", "notebooks", "pyproject.toml", "README.md")
# Machine code has tests of its own; the tests below read the text of the source, where
# mutmut keeps all changes of a function side by side.
LEFT_OUT = [
    "*/__init__.py",
    "hipext/engine/compiled.py",
    "hipext/engine/code_cache.py",
]
READ_SOURCE = (
    "test_no_rule_reads_what",
    "test_no_rule_calls_what",
    "another_process",
    "test_every_field_is_described",
)
# Changes of these cannot be switched on: they run while the package is imported, or,
# the last one, compiled only.
OUT_OF_REACH = (
    "_knob",
    "_no_fraction_below",
    "_number",
    "_one_of",
    "_or_as_is",
    "_whole",
    "simulate_all",
)
# The process that is forked has run all tests, and its caches know every answer.
FORGET = """

def pytest_sessionstart():
    import functools, gc

    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper):
            if one.__module__.startswith("hipext"):
                one.cache_clear()
"""


class Room(NamedTuple):
    """Modules to change, and the tests that should notice."""

    modules: str
    tests: tuple[str, ...]


ROOMS = {
    "engine": Room(
        "hipext/engine/*",
        (
            "tests/engine",
            "tests/plans/test_rules.py",
            "tests/simulation/test_open_loop.py",
            "tests/simulation/test_stories.py",
        ),
    ),
    "plans": Room("hipext/plans/*", ("tests/plans", "tests/studies/test_scenarios.py")),
    "response": Room("hipext/response/*", ("tests/response",)),
    "metrics": Room(
        "hipext/metrics/*", ("tests/metrics", "tests/response/test_days.py")
    ),
    "records": Room(
        "hipext/files/records.py",
        ("tests/files/test_records.py", "tests/files/test_checksums.py"),
    ),
}


class Survivor(NamedTuple):
    """A change that no test noticed."""

    function: str
    before: str
    after: str


def settings_of(room: Room) -> str:
    """Return the settings of mutmut as a section of pyproject.toml."""
    deselected = " and ".join(f"not {name}" for name in READ_SOURCE)
    settings = {
        "source_paths": ["hipext"],
        "only_mutate": [room.modules],
        "do_not_mutate": LEFT_OUT,
        "also_copy": list(NEEDED[1:]),
        "pytest_add_cli_args_test_selection": list(room.tests),
        "pytest_add_cli_args": [
            "-m",
            "not slow and not browser",
            "-k",
            deselected,
            "-p",
            "no:cacheprovider",
        ],
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join(["", "[tool.mutmut]", *lines, ""])


def copy_project(folder: Path, room: Room) -> None:
    """Copy what the tests of a room need, with settings of mutmut and few examples."""
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    for path in (folder / "tests").rglob("*.py"):
        text = re.sub(
            r"max_examples=\d+", f"max_examples={N_EXAMPLES}", path.read_text()
        )
        path.write_text(text)
    with (folder / "tests" / "conftest.py").open("a") as file:
        file.write(FORGET)
    with (folder / "pyproject.toml").open("a") as file:
        file.write(settings_of(room))


def sample_of(codes: dict[str, dict[str, int]], size: int) -> list[str]:
    """Return the names of some mutants, by module in proportion to their number."""
    total = sum(map(len, codes.values()))
    chosen = []
    for names in codes.values():
        n_chosen = round(size * len(names) / total) if size else len(names)
        by_hash = sorted(names, key=lambda name: sha256(name.encode()).hexdigest())
        chosen += by_hash[:n_chosen]
    return chosen


def codes_in(folder: Path) -> dict[str, dict[str, int]]:
    """Return the exit code of the tests by module and name of a mutant."""
    ends = tuple(f".x_{function}" for function in OUT_OF_REACH)
    found = {}
    for path in sorted((folder / "mutants").rglob("*.meta")):
        module = str(path.relative_to(folder / "mutants").with_suffix(""))
        codes = json.loads(path.read_text())["exit_code_by_key"]
        found[module] = {
            name: code
            for name, code in codes.items()
            if not name.partition("__mutmut_")[0].endswith(ends)
        }
    return found


def try_mutants(size: int) -> None:
    """Make the mutants of the copied project we are in, and run the tests of some."""
    sys.modules["numba"] = None  # as if it were not installed
    from mutmut import __main__ as mutmut

    mutmut.set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir()
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.create_mutants(max_children=None)
    mutmut._run(sample_of(codes_in(Path()), size), max_children=None)
    found = {}
    for module, codes in codes_in(Path()).items():
        for name, code in codes.items():
            if code is not None:
                status = mutmut.status_by_exit_code[code]
                diff = mutmut.get_diff_for_mutant(name, path=module)
                found[name] = status, diff
    Path("found.json").write_text(json.dumps(found))


def survivor_of(name: str, diff: str) -> Survivor:
    """Return a survivor by what changed, since mutants are counted anew every time."""
    place = re.sub(r"(?:x_|xǁ)(\w+)__mutmut_\d+$", r"\1", name).replace("ǁ", ".")
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign))
        for sign in "-+"
    )
    return Survivor(place.removeprefix("hipext."), before, after)


def known_survivors() -> dict[Survivor, str]:
    """Return the reasons of the survivors that are known."""
    with KNOWN.open(newline="") as file:
        rows = csv.DictReader(file)
        return {
            Survivor(*(row[key] for key in Survivor._fields)): row["reason"]
            for row in rows
        }


def survivors_of(name: str, size: int) -> Iterator[Survivor]:
    """Try a room; print its score and yield the changes that no test noticed."""
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder), ROOMS[name])
        command = [sys.executable, Path(__file__).resolve(), "--here", str(size)]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{name}: mutmut failed.\n{(run.stdout + run.stderr)[-2000:]}")
        found = json.loads((Path(folder) / "found.json").read_text())
        n_mutants = sum(map(len, codes_in(Path(folder)).values()))
    counts = Counter(status for status, _ in found.values())
    n_alive = counts["survived"] + counts["no tests"]
    score = 1 - n_alive / len(found)
    error = (score * (1 - score) / len(found) * (1 - len(found) / n_mutants)) ** 0.5
    print(
        f"{name}: {n_mutants} mutants, {len(found)} tried, {n_alive} survived; "
        f"score {100 * score:.1f} % (standard error {100 * error:.1f}), "
        f"{(perf_counter() - start) / len(found):.1f} s a mutant; {dict(counts)}",
        flush=True,
    )
    for one, (status, diff) in sorted(found.items()):
        if status in ("survived", "no tests"):
            yield survivor_of(one, diff)


def main() -> None:
    """Try the rooms asked for; exit with 1 where a survivor is new."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", choices=[[], *ROOMS], help="default: all")
    parser.add_argument("--sample", type=int, default=120, help="of a room; 0 for all")
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here is not None:
        try_mutants(given.here)
        return
    known, new = known_survivors(), []
    for name in given.rooms or ROOMS:
        survivors = [*survivors_of(name, given.sample)]
        for one in survivors:
            reason = known.get(one, "NEW")
            print(f"  {one.function}: {one.before} -> {one.after} ({reason})")
        new += [one for one in survivors if one not in known]
    if new:
        rows = csv.writer(sys.stdout)
        print(f"{len(new)} changes that no test notices are not in {KNOWN.name}:")
        rows.writerows([*one, ""] for one in new)
        sys.exit(1)


if __name__ == "__main__":
    main()
