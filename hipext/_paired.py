"""Statistics of paired persons: fans over weeks, differences with intervals."""

from collections.abc import Iterator

import numpy as np
from scipy.special import stdtrit

from hipext.outcomes import OUTCOMES, WEEKLY, course_of

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LEAST_SHARE = 0.5  # of persons who still train, for a week to be told


def interval_of_mean(values: np.ndarray, level: float) -> tuple[float, float]:
    """Return the interval of a mean by Student's t; missing limits for one value.

    Parameters
    ----------
    values : numpy.ndarray
        [person, seed], missing where there is none. Seeds of one person are not
        independent of each other: the mean of a person counts as one value, or each
        seed where there is one person only.
    level : float
        For example 0.95.
    """
    is_there = ~np.isnan(values)
    counted = values[0][is_there[0]]
    if len(values) > 1:
        n_seeds = is_there.sum(axis=1)
        sums = np.where(is_there, values, 0.0).sum(axis=1)
        counted = sums[n_seeds > 0] / n_seeds[n_seeds > 0]
    n = len(counted)
    if n < 2:
        return np.nan, np.nan
    mean = float(counted.mean())
    half = stdtrit(n - 1, (1 + level) / 2) * counted.std(ddof=1) / np.sqrt(n)
    return mean - float(half), mean + float(half)


def differences(
    theirs: dict[str, np.ndarray], baseline: dict[str, np.ndarray], level: float
) -> Iterator[tuple]:
    """Yield a row of `DIFFERENCES` per outcome, each array being [person, seed]."""
    for name, outcome in OUTCOMES.items():
        ours, before = theirs[name], baseline[name]
        gap = ours - before
        is_there = ~np.isnan(gap)
        has_better = outcome.better and is_there.any()
        p_better = (gap * outcome.better > 0).mean() if has_better else np.nan
        p_equal = (gap == 0).mean() if is_there.any() else np.nan
        yield (
            name,
            outcome.unit,
            gap.size,
            float(before.mean()),
            float(ours.mean()),
            float(gap.mean()),
            *interval_of_mean(gap, level),
            float(p_better),
            float(p_equal),
            *np.quantile(gap, (QUANTILES[0], QUANTILES[-1])).tolist(),
        )


def fans(weeks: np.ndarray) -> Iterator[tuple]:
    """Yield a row of `WEEKLY_FANS` per outcome and week, of persons who still train.

    `weeks` is [person, seed, week, column]; weeks that fewer than half of the persons
    reach are left out, because who is late differs from who is not.
    """
    for name in WEEKLY:
        for week, spread in spreads(course_of(weeks, name)):
            yield (week, name, *spread)


def courses(weeks: np.ndarray, baseline: np.ndarray, level: float) -> Iterator[tuple]:
    """Yield a row of `WEEKLY_DIFFERENCES` per outcome and week that half reach."""
    n_weeks = min(weeks.shape[2], baseline.shape[2])
    ours, before = weeks[:, :, :n_weeks], baseline[:, :, :n_weeks]
    for name in WEEKLY:
        gap = course_of(ours, name) - course_of(before, name)
        for week, (n, mean, *quantiles) in spreads(gap):
            low, high = interval_of_mean(gap[:, :, week - 1], level)
            yield (week, name, n, mean, low, high, *quantiles)


def spreads(course: np.ndarray) -> Iterator[tuple[int, tuple]]:
    """Yield weeks that enough persons reach, from 1: n, mean and quantiles.

    `course` is [person, seed, week], missing where somebody does not train any more.
    """
    flat = course.reshape(-1, course.shape[-1])
    is_there = ~np.isnan(flat)
    shares = is_there.mean(axis=0)
    full = np.flatnonzero(shares == 1.0)  # all at once: a call for each takes long
    of_all = np.quantile(flat[:, full], QUANTILES, axis=0).T.tolist()
    known = dict(zip(full.tolist(), of_all, strict=True))
    for week in np.flatnonzero(shares >= LEAST_SHARE).tolist():
        values = flat[is_there[:, week], week]
        quantiles = known.get(week) or np.quantile(values, QUANTILES).tolist()
        yield week + 1, (values.size, float(values.mean()), *quantiles)
