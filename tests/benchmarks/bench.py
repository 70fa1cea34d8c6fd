"""Time whole processes: the import of hipext and a run of the 16-week plan.

    python tests/benchmarks/bench.py [ROUNDS]

The commands take turns, so that a busy spell of the machine slows all of them; the
ratios compare with the import of what hipext is built on and hold on other machines.
"""

import statistics
import subprocess
import sys
import tempfile
import time

BASE = "import of pandas, matplotlib, pydantic"


def commands(folder):
    """Return the command to time by its name, the base of the ratios first."""
    return {
        BASE: ["-c", "import pandas, matplotlib.figure, pydantic"],
        "import of pandas": ["-c", "import pandas"],
        "import of hipext": ["-c", "import hipext"],
        "hipext run guide_16wk": ["-m", "hipext", "run", "guide_16wk", "--out", folder],
    }


def seconds(arguments):
    """Return how long one run of Python takes, from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def time_in_turns(n_rounds, folder):
    """Return the seconds of every round by the name of the command."""
    runs = commands(folder)
    for arguments in runs.values():
        seconds(arguments)  # files and compiled code are cached from here on
    times = {name: [] for name in runs}
    for number in range(1, n_rounds + 1):
        print(f"round {number} of {n_rounds} ...", file=sys.stderr, flush=True)
        for name, arguments in runs.items():
            times[name].append(seconds(arguments))
    return times


def table(times):
    """Return the lines of the table of medians, ranges and ratios."""
    yield f"{'':<40}{'median s':>9}{'min-max s':>13}{'ratio':>7}"
    base = statistics.median(times[BASE])
    for name, values in times.items():
        median = statistics.median(values)
        span = f"{min(values):.2f}-{max(values):.2f}"
        yield f"{name:<40}{median:>9.2f}{span:>13}{median / base:>7.2f}"


def main(n_rounds=5):
    """Time everything and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        times = time_in_turns(int(n_rounds), folder)
    print(*table(times), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
