"""Time the day loop: one person, many persons, plain Python and compiled.

    python tests/benchmarks/bench_loop.py [MILLION]

MILLION is the largest crowd (default 1,000,000). Every time is the best of a few turns;
ratios come from one run. Reference: `streprogen` rendering a program of twelve weeks
and six lifts, if it is installed.
"""

import resource
import sys
import time
from functools import partial

import numpy as np

from hipext import read_athlete, read_plan, simulate
from hipext.plans.plan_file import check_plan
from hipext.simulation.arrays import AthleteArrays
from hipext.simulation.run import setting_of, trace, weeks_of_all
from hipext.simulation.simulation import simulation_of
from hipext.studies.crowds import side_by_side

CHUNK = 4096
LIFTS = {
    "romanian_deadlift": 2.5,
    "barbell_hip_thrust": 2.5,
    "back_squat": 2.5,
    "leg_curl": 5.0,
    "split_squat": 1.0,
    "goblet_squat": 1.0,
}


def best(do, n=5):
    """Return the shortest of `n` times of a call, in seconds, after one to warm up."""
    do()
    times = []
    for _ in range(n):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return min(times)


def crowd_plan():
    """Return twelve weeks of three sessions, six slots and three sets."""
    slots = [
        {
            "exercise": exercise,
            "sets": "3x6-8 @RIR3",
            "rest_s": 120,
            "progress": {"rule": "double", "add_kg": add_kg},
        }
        for exercise, add_kg in LIFTS.items()
    ]
    phase = {"name": "all", "weeks": 12, "session": [{"name": "A", "slot": slots}]}
    values = {
        "format": 1,
        "name": "crowd",
        "days": ["mon", "wed", "fri"],
        "deload": {"every_weeks": 4},
        "phase": [phase],
    }
    return check_plan(values, source="the bench")


def many(setting, n):
    """Return the setting of `n` persons like its first one."""
    first = (np.repeat(array[:1], n, axis=0) for array in setting.athletes)
    return setting._replace(athletes=AthleteArrays(*first))


def crowd(setting, n, n_threads):
    """Return persons a second for `n` persons in chunks that are not kept."""
    chunk = many(setting, CHUNK)
    numbers = range(0, n, CHUNK)
    start = time.perf_counter()

    def lived(first):
        weeks_of_all(chunk, first_number=first)
        return first

    for first in side_by_side(lived, numbers, n_threads=n_threads):
        if sys.stderr.isatty():
            print(f"\r{first + CHUNK:>9,} of {n:,} persons", end="", file=sys.stderr)
    return len(numbers) * CHUNK / (time.perf_counter() - start)


def memory_mb():
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def render():
    """Let streprogen render a program of twelve weeks and six lifts."""
    from streprogen import Day, DynamicExercise, Program

    program = Program("bench", duration=12)
    lifts = [DynamicExercise(f"lift {i}", 60, 80) for i in range(6)]
    program.add_days(Day(exercises=lifts))
    program.render()


def one_person():
    """Yield names and seconds of what one person costs."""
    plan, athlete = read_plan("guide_16wk"), read_athlete("novice")
    setting = setting_of(plan, [athlete])
    kept = trace(setting)
    n_weeks = len(kept.weeks)
    yield "plan and person to arrays", best(partial(setting_of, plan, [athlete]))
    yield f"trace, {n_weeks} weeks, plain", best(partial(trace, setting))
    fast = partial(trace, setting, is_compiled=True)
    start = time.perf_counter()
    fast()
    yield "first compiled call (cached on disk)", time.perf_counter() - start
    yield f"trace, {n_weeks} weeks, compiled", best(fast, 20)
    tables = partial(simulation_of, plan, athlete, setting, kept, seed=0, noise=True)
    yield "tables with sentences", best(tables)
    yield "simulate(), all of it", best(partial(simulate, plan, athlete))


def main(million=1_000_000):
    """Print the table."""
    print(f"{'one person, guide_16wk':<42}{'ms':>9}")
    for name, seconds in one_person():
        print(f"{name:<42}{1000 * seconds:>9.2f}", flush=True)
    setting = setting_of(crowd_plan(), [read_athlete("novice")])
    few = many(setting, 20)
    plain_s = best(partial(weeks_of_all, few, is_compiled=False), 3) / 20
    some = many(setting, CHUNK)
    compiled_s = best(partial(weeks_of_all, some)) / CHUNK
    print(f"\n{'12 weeks x 3 sessions x 6 slots x 3 sets':<42}{'persons/s':>9}")
    print(f"{'plain':<42}{1 / plain_s:>9,.0f}")
    print(f"{'compiled, one thread':<42}{1 / compiled_s:>9,.0f}")
    print(f"{'compiled to plain':<42}{plain_s / compiled_s:>8.0f}x")
    n = 10_000
    while n <= int(million):
        rate = crowd(setting, n, 2)
        text = f"{n:,} persons, two threads, {memory_mb():.0f} MB"
        print(f"\r{text:<42}{rate:>9,.0f}", flush=True)
        n *= 10
    try:
        rendered_s = best(render, 3)
    except ModuleNotFoundError:
        print("streprogen is not installed; make bench installs it.")
        return
    print(f"\nstreprogen, 12 weeks of 6 lifts: {1000 * rendered_s:.1f} ms")
    print(
        f"one simulated person, compiled, takes {compiled_s / rendered_s:.4f} of that;"
    )
    print(f"in plain Python {plain_s / rendered_s:.2f}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
