"""Time response models and fits: many draws at once, one fit, a fit with all it tells.

    python tests/benchmarks/bench_fit.py [SERIES]

SERIES is a CSV with a day, a load and a test in the first three columns, such as the
published bike scores; without it, and without HIPEXT_REALDATA, a series of the same
size is made up. Every time is the best of a few turns; ratios come from one run.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from hipext.response.calibration import fit
from hipext.response.impulse_response import respond_draws
from hipext.response.models import MODELS, Banister

N_DRAWS, N_DAYS = 10_000, 365
PUBLISHED = "banister_bikescore_dorem.csv"


def best(do, n=5):
    """Return the shortest of `n` times of a call, in seconds, after one to warm up."""
    do()
    times = []
    for _ in range(n):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return min(times)


def draws(rng):
    """Return many parameter draws, with a column for every parameter of any model."""
    return pd.DataFrame(
        {
            "baseline": rng.normal(100, 5, N_DRAWS),
            "fitness_gain": rng.uniform(0.1, 1, N_DRAWS),
            "fitness_tau": rng.uniform(30, 60, N_DRAWS),
            "fatigue_gain": rng.uniform(0.1, 2, N_DRAWS),
            "fatigue_tau": rng.uniform(3, 20, N_DRAWS),
            "delay_tau": rng.uniform(1, 10, N_DRAWS),
            "gain_tau": rng.uniform(1, 5, N_DRAWS),
            "half_load": rng.uniform(30, 90, N_DRAWS),
            "steepness": rng.uniform(1, 3, N_DRAWS),
            "fitness_noise": 0.1,
            "fatigue_noise": 0.1,
            "performance_noise": 0.1,
        }
    )


def bare_recursion(draws, load):
    """Return Banister's performance by the shortest loop that numpy allows."""
    baseline, k1, k2 = (
        draws[name].to_numpy() for name in ("baseline", "fitness_gain", "fatigue_gain")
    )
    keep1, keep2 = (
        np.exp(-1 / draws[name].to_numpy()) for name in ("fitness_tau", "fatigue_tau")
    )
    performance = np.empty((len(load), len(draws)))
    fitness, fatigue = np.zeros(len(draws)), np.zeros(len(draws))
    for day, today in enumerate(load):
        performance[day] = baseline + k1 * fitness - k2 * fatigue
        fitness = (fitness + today) * keep1
        fatigue = (fatigue + today) * keep2
    return performance


def series(path=None):
    """Return load and tests: those of a file, or made up, and what they are."""
    folder = Path(os.environ.get("HIPEXT_REALDATA", "."))
    path = Path(path) if path else folder / PUBLISHED
    if path.is_file():
        days = pd.read_csv(path, encoding="utf-8-sig").set_index("Day")
        return days.iloc[:, 0], days.iloc[:, 1], path.name
    rng = np.random.default_rng(0)
    load = pd.Series(rng.gamma(2, 30, 165) * (rng.random(165) < 0.7))
    taus = {"fitness_tau": 34.0, "fatigue_tau": 25.0}
    gains = {"baseline": 266.0, "fitness_gain": 0.3, "fatigue_gain": 0.35}
    truth = Banister(**gains, **taus, convention="same_day").respond(load)
    tests = truth["performance"].iloc[[44, 47, 55, 69, 76, 82, 104, 114, 131]]
    return load, tests + rng.normal(0, 1.5, len(tests)), "a made-up series"


def drifting(n_tests):
    """Return a load and tests of an athlete whose fitness drifts, one in two days."""
    rng = np.random.default_rng(0)
    load = pd.Series(rng.gamma(2, 30, 2 * n_tests) * (rng.random(2 * n_tests) < 0.7))
    gains = {"baseline": 100.0, "fitness_gain": 0.05, "fatigue_gain": 0.1}
    truth = Banister(**gains, fitness_tau=45.0, fatigue_tau=9.0).respond(load)
    steps = rng.normal(0, 0.3, len(load))
    drift = np.convolve(steps, np.exp(-np.arange(len(load)) / 45))[: len(load)]
    performance = truth["performance"] + drift
    return load, (performance + rng.normal(0, 0.5, len(load))).iloc[1::2]


def main(path=None):
    """Print the table."""
    rng = np.random.default_rng(0)
    many, load = draws(rng), pd.Series(rng.gamma(2, 30, N_DAYS))
    bare = best(lambda: bare_recursion(many, load))
    print(f"{N_DRAWS:,} draws x {N_DAYS} days{'':<27}{'ms':>8}{'ratio':>7}")
    print(f"{'bare recursion in numpy':<45}{1000 * bare:>8.1f}{1:>7.2f}")
    for name, model in MODELS.items():
        took = best(lambda model=model: respond_draws(model, many, load))
        print(f"{'respond_draws, ' + name:<45}{1000 * took:>8.1f}{took / bare:>7.2f}")
    load, tests, told = series(path)
    options = {"convention": "same_day"}
    alone = options | {"profile": False, "n_bootstrap": 0, "n_blocks": 0}
    point = best(lambda: fit("banister", load, tests, **alone), 9)
    whole = best(lambda: fit("banister", load, tests, **options), 2)
    print(f"\nBanister, {told}: {len(load)} days, {tests.notna().sum()} tests")
    print(f"{'fit alone':<45}{1000 * point:>8.1f}")
    print(f"{'with profiles, 200 bootstrap fits, blocks':<45}{1000 * whole:>8.0f}")
    for n_tests in (40, 650):
        load, tests = drifting(n_tests)
        alone = options | {"profile": False, "n_bootstrap": 0, "n_blocks": 0}
        times = {
            (model, label): best(partial(fit, model, load, tests, **chosen), 1)
            for model in ("banister", "kalman")
            for label, chosen in (("fit alone", alone), ("whole fit", options))
        }
        print(f"\n{f'{n_tests} tests, ratio to Banister':<45}{'ms':>8}{'ratio':>7}")
        for (model, label), took in times.items():
            ratio = took / times["banister", label]
            print(f"{f'{model}, {label}':<45}{1000 * took:>8.0f}{ratio:>7.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
