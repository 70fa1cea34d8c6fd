"""Make records with this Python and reproduce them with others, in both engines.

    python tests/reference/other_pythons.py PYTHON [PYTHON ...]

Each PYTHON is an interpreter, for example python3.13. A virtual environment is made for
it from ``requirements.lock`` in a folder of its own, which takes a minute or two. The
table tells what ``hipext reproduce`` said; the exit code is 1 if anything differed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGINES = ("plain", "compiled")
SWEEP = """
format = 1
name = "small"
plan = "deadlift_5x5_10wk"
population = "gym"
n_athletes = 40
weeks = true
[vary]
deload_every = [0, 4]
load_step = [0.5, 1.0]
"""
SEARCH = """
format = 1
name = "small"
plan = "deadlift_5x5_10wk"
population = "novices"
n_athletes = 10
[vary]
load_step = { low = 0.5, high = 2.0 }
[search]
trials = 8
generation = 4
[goals]
strength_pct = "highest"
minutes = "lowest"
"""


def hipext(python, *arguments):
    """Run the command line of a Python; return its first line and exit code."""
    command = [str(python), "-m", "hipext", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False
    )
    lines = (done.stdout.strip() or done.stderr.strip() or "-").splitlines()
    return lines[0], done.returncode


def records(folder):
    """Make one record of each kind with this Python; return their folders."""
    sweep, search = folder / "small.toml", folder / "search.toml"
    sweep.write_text(SWEEP)
    search.write_text(SEARCH)
    vary, few = "deload.every_weeks=0,2", ("--athletes", 40)
    asked = {
        "guide_16wk": ("run", "guide_16wk", "--out", folder),
        "compare-deadlift_5x5_10wk": (
            *("compare", "deadlift_5x5_10wk", "--vary", vary, *few),
            *("--out", folder),
        ),
        "sweep": ("sweep", sweep, "--out", folder / "sweep"),
        "search": ("search", search, "--out", folder / "search"),
    }
    for name, arguments in asked.items():
        line, code = hipext(sys.executable, *arguments)
        if code:
            sys.exit(f"{name}: {line}")
    return [folder / name for name in asked]


def environment(python, folder):
    """Return the interpreter of a new environment with this checkout in it."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    new = folder / "bin" / "python"
    pip = [new, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    lock = ROOT / "requirements.lock"
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
    editable = ["--no-deps", "--no-build-isolation", "-e", ROOT]
    subprocess.run([*pip, *editable], check=True)
    return new


def main(pythons):
    """Print a line per Python, record and engine."""
    n_faults = 0
    with tempfile.TemporaryDirectory(prefix="hipext-") as folder:
        folder = Path(folder)
        folders = records(folder)
        for number, python in enumerate(pythons):
            new = environment(python, folder / f"venv{number}")
            for record in folders:
                for engine in ENGINES:
                    line, code = hipext(new, "reproduce", record, "--engine", engine)
                    n_faults += code != 0
                    print(
                        f"{python:<14}{record.name:<28}{engine:<10}{line}", flush=True
                    )
    sys.exit(1 if n_faults else 0)


if __name__ == "__main__":
    main(sys.argv[1:] or ["python3.12", "python3.13"])
