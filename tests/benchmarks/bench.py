"""Time whole processes: imports, commands without tables, a run and a comparison.

    python tests/benchmarks/bench.py [ROUNDS]

The commands take turns, so that a busy spell of the machine slows all of them; the
ratios compare with the import of what a command is built on, and hold on other
machines.
"""

import statistics
import subprocess
import sys
import tempfile
import time

TYPER = "import of typer"
TABLES = "import of pandas, matplotlib, pydantic"
BASES = {TYPER: "import typer", TABLES: "import pandas, matplotlib.figure, pydantic"}
WITHOUT_TABLES = (
    "--help",
    "plans",
    "exercises",
    "evidence",
    "fmt guide_16wk",
    "schema",
)
COMPARISON = "compare guide_16wk --vary deload.every_weeks=0,3,5"  # 4 x 1,000 athletes


def commands(folder):
    """Return by name what to time, the base of its ratio, and the goal of that."""
    goals = {f"hipext {one}": (one, TYPER, 3.0) for one in WITHOUT_TABLES}
    goals["hipext run guide_16wk"] = (f"run guide_16wk --out {folder}", TABLES, 1.4)
    goals["hipext compare, 4 x 1,000"] = (f"{COMPARISON} --out {folder}", TABLES, 2.0)
    return {
        **{name: (["-c", code], name, None) for name, code in BASES.items()},
        "import of hipext": (["-c", "import hipext"], TYPER, None),
        **{
            name: (["-m", "hipext", *text.split()], base, goal)
            for name, (text, base, goal) in goals.items()
        },
    }


def seconds(arguments):
    """Return how long one run of Python takes, from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def time_in_turns(n_rounds, runs):
    """Return the seconds of every round by the name of the command."""
    for arguments, *_ in runs.values():
        seconds(arguments)  # files and compiled code are cached from here on
    times = {name: [] for name in runs}
    for number in range(1, n_rounds + 1):
        print(f"round {number} of {n_rounds} ...", file=sys.stderr, flush=True)
        for name, (arguments, *_) in runs.items():
            times[name].append(seconds(arguments))
    return times


def table(times, runs):
    """Return the lines of the table of medians, ranges, ratios and goals."""
    yield f"{'':<40}{'median s':>9}{'min-max s':>13}{'ratio':>7}{'goal':>6}"
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, (_, base, goal) in runs.items():
        span = f"{min(times[name]):.2f}-{max(times[name]):.2f}"
        ratio = medians[name] / medians[base]
        aim = f"{goal:>6}" if goal else ""
        yield f"{name:<40}{medians[name]:>9.2f}{span:>13}{ratio:>7.2f}{aim}"


def main(n_rounds=5):
    """Time everything and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        runs = commands(folder)
        times = time_in_turns(int(n_rounds), runs)
    print(*table(times, runs), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
