"""Time sweeps: one thread, two, a local cluster of two workers; 10^3 to 10^6 persons.

    python tests/benchmarks/bench_sweep.py [MILLION]

MILLION is the largest crowd (default 1,000,000). Every sweep is closed loop, twelve
weeks of three sessions, six slots and three sets, from drawing persons to Parquet files
and summary; rates are persons a second over all of that. Ratios come from one run.
"""

import resource
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from bench_loop import crowd_plan

from hipext import format_plan, sweep
from hipext.studies.sweep_file import read_sweep_file

WAYS = {
    "1 thread": {"n_threads": 1},
    "2 threads": {"n_threads": 2},
    "Dask, 2 workers": {"scheduler": "local", "n_threads": 2},
}
FILE = """
format = 1
name = "bench"
plan = "crowd.toml"
population = "novices"
n_athletes = {persons}
[vary]
deload_every = [4]
"""


def spec_of(folder, persons):
    """Return a sweep of so many persons; its files are in a folder."""
    (folder / "crowd.toml").write_text(format_plan(crowd_plan()), encoding="utf-8")
    path = folder / "bench.toml"
    path.write_text(FILE.format(persons=persons), encoding="utf-8")
    return read_sweep_file(path)


def hash_of(folder):
    """Return the SHA-256 of the record, which has those of all files."""
    return sha256((folder / "record.json").read_bytes()).hexdigest()


def timed(persons, options):
    """Return the seconds of a sweep, and the hash of what it made."""
    with tempfile.TemporaryDirectory(prefix="hipext-bench-") as folder:
        folder = Path(folder)
        spec = spec_of(folder, persons)
        start = time.perf_counter()
        sweep(spec, folder / "out", **options)
        return time.perf_counter() - start, hash_of(folder / "out")


def memory_mb():
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(million=1_000_000):
    """Print the table."""
    timed(1000, WAYS["2 threads"])  # compiles, or loads what was compiled
    print(f"{'12 weeks, closed loop':<18}{'persons':>10}{'s':>8}{'persons/s':>11}")
    persons, million = 1000, int(million)
    while persons <= million:
        made = set()
        for way, options in WAYS.items():
            seconds, made_here = timed(persons, options)
            made.add(made_here)
            rate = persons / seconds
            print(f"{way:<18}{persons:>10,}{seconds:>8.1f}{rate:>11,.0f}", flush=True)
        print(f"{'':<18}{'same bytes' if len(made) == 1 else 'OTHER BYTES':>10}")
        persons *= 10
    print(f"memory of this process: {memory_mb():.0f} MB at most")


if __name__ == "__main__":
    main(*sys.argv[1:])
