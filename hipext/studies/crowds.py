"""Many athletes through a scenario, and the outcomes of each of them.

The athlete with a given number sees the same random numbers on the same days in every
scenario, whatever the number of athletes or threads and however they are cut into
parts.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from os import cpu_count
from threading import current_thread, main_thread
from typing import TypeVar

import numpy as np

from hipext.athletes.athlete import Athlete
from hipext.athletes.population import Cohort
from hipext.engine.compiled import can_compile
from hipext.files.checks import InputError, MissingExtra, check_one_of
from hipext.files.parameters import parameters_changed
from hipext.files.tables import OUTCOMES, WEEKLY_OUTCOMES
from hipext.simulation.arrays import AthleteArrays
from hipext.simulation.run import Setting, setting_of, weeks_of_all
from hipext.simulation.simulation import check_inputs
from hipext.studies.scenarios import Scenario, athletes_in

MAX_THREADS = 1024
_CHUNK = 256  # athletes: about 50 ms of a guide of sixteen weeks
_LAST, _HIGHEST, _MEAN = "at the end", "highest", "mean of a week"
_WAITING = "getting ready (20 s the first time)"  # machine code is made once and kept
Task, Result = TypeVar("Task"), TypeVar("Result")


def simulate_athletes(
    scenario: Scenario,
    athletes: Sequence[Athlete],
    *,
    seed: int = 0,
    noise: bool = True,
    engine: str | None = None,
    n_threads: int | None = None,
    progress: Callable[[int], object] = int,  # called with the number just done
) -> np.ndarray:
    """Return weeks of athletes in a scenario: [athlete, week] of `state.WEEK_LOG`."""
    setting, parts = setting_in(scenario, athletes), []
    options = {"seed": seed, "noise": noise, "engine": engine, "n_threads": n_threads}
    for weeks in weeks_in_parts(setting, first_of(athletes), **options):
        parts.append(weeks)
        progress(len(weeks))
    return np.concatenate(parts)


def weeks_in_parts(
    setting: Setting,
    first: int,
    *,
    seed: int = 0,
    noise: bool = True,
    engine: str | None = None,
    n_threads: int | None = None,
) -> Iterator[np.ndarray]:
    """Yield the weeks of one group of athletes after another, from number `first`."""
    # Machine code takes chunks, so that threads share the work and a bar moves: every
    # thread gets some, however few they are. Plain Python takes one athlete at a time.
    is_compiled, n = runs_compiled(engine), len(setting.athletes.records)
    n_threads = threads_for(engine, n_threads)
    size = min(_CHUNK, -(-n // n_threads)) if is_compiled else 1

    def weeks_from(start: int) -> np.ndarray:
        rows = (part[start : start + size] for part in setting.athletes)
        return weeks_of_all(
            setting._replace(athletes=AthleteArrays(*rows)),
            first_number=first + start,
            seed=seed,
            noise=noise,
            is_compiled=is_compiled,
        )

    return side_by_side(weeks_from, range(0, n, size), n_threads=n_threads)


def setting_in(scenario: Scenario, athletes: Sequence[Athlete]) -> Setting:
    """Return plan, athletes and constants of a scenario as the day loop reads them."""
    with parameters_changed(scenario.parameters):
        changed = athletes_in(scenario, athletes)
        is_drawn = isinstance(changed, Cohort)
        average = changed.population.athlete if is_drawn else changed[0]
        check_inputs(scenario.plan, average)  # athletes drawn around it have its lifts
        return setting_of(scenario.plan, changed)


def first_of(athletes: Sequence[Athlete]) -> int:
    """Return the number of the first athlete, which makes its random numbers."""
    return athletes.first if isinstance(athletes, Cohort) else 0


def outcomes_of(weeks: np.ndarray) -> dict[str, np.ndarray]:
    """Return every outcome by name, a value per athlete, from weeks [athlete, week]."""
    # 'weeks' are whole numbers; all others are missing for athletes without a week.
    n_weeks = is_simulated(weeks).sum(axis=1)
    return {
        name: _taken(course_of(weeks, name), one.taken, n_weeks)
        if name in WEEKLY_OUTCOMES
        else n_weeks
        for name, one in OUTCOMES.items()
    }


def is_simulated(weeks: np.ndarray) -> np.ndarray:
    """Return which weeks of which athletes belong to the plan: [athlete, week]."""
    return ~np.isnan(weeks["phase"])


def course_of(weeks: np.ndarray, name: str) -> np.ndarray:
    """Return an outcome week by week: [..., week], missing after the end."""
    one = OUTCOMES[name]
    return weeks[one.column] * (100.0 if one.unit == "%" else 1.0)


def check_engine(engine: str | None) -> None:
    """Raise an error unless an engine is known and, if it is compiled, can compile."""
    if engine is not None:
        check_one_of(engine, ("compiled", "plain"), name="engine")
    if engine == "compiled" and not can_compile():
        raise MissingExtra(
            "Engine 'compiled' needs numba; engine 'plain' gives the same numbers. "
            "Install it with: pip install 'hipext[fast]'"
        )


def runs_compiled(engine: str | None) -> bool:
    """Return whether an engine is compiled; by default where numba is installed."""
    return can_compile() if engine is None else engine == "compiled"


def check_threads(n_threads: int | None) -> None:
    """Raise InputError unless so many threads can be asked for; None asks for none."""
    if n_threads is not None and not 1 <= n_threads <= MAX_THREADS:
        raise InputError(f"n_threads must be 1 to {MAX_THREADS}; got {n_threads}.")


def threads_for(engine: str | None, n_threads: int | None = None) -> int:
    """Return how many threads run side by side, where `n_threads` are asked for."""
    check_threads(n_threads)
    # Machine code runs without the lock of the interpreter. Plain Python does not, so
    # more than one thread would gain nothing.
    return (n_threads or cpu_count() or 1) if runs_compiled(engine) else 1


def side_by_side(
    work: Callable[[Task], Result], tasks: Iterable[Task], *, n_threads: int
) -> Iterator[Result]:
    """Yield the results of tasks in their order; a few are under way at a time."""
    # Never in the main thread: there, Ctrl-C can end a call of machine code with an
    # AttributeError of numba in place of KeyboardInterrupt.
    if n_threads == 1 and current_thread() is not main_thread():
        yield from map(work, tasks)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        # One task more than threads waits here: the results of all tasks at once could
        # be larger than the memory.
        waiting: deque = deque()
        try:
            for task in tasks:
                # Constants in use belong to a context, of which a thread has none.
                waiting.append(pool.submit(copy_context().run, work, task))
                if len(waiting) > n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # what is not begun by now is not waited for
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def progress_bar(
    total: int, unit: str, *, is_shown: bool, initial: int = 0
) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, and give a function that moves it by some units."""
    if not (is_shown and sys.stderr and sys.stderr.isatty()):
        yield int
        return
    from tqdm import tqdm  # slow to import

    with tqdm(
        total=total,
        initial=initial,  # done before; they do not count in the rate
        unit=f" {unit}",
        unit_scale=total > 100_000,
        desc=_WAITING,
        leave=False,
    ) as bar:

        def advance(n: int) -> None:
            if bar.n == initial:
                bar.set_description_str("", refresh=False)
            bar.update(n)

        yield advance


def _taken(course: np.ndarray, how: str, n_weeks: np.ndarray) -> np.ndarray:
    """Return what is taken of a course, [athlete, week]: a value per athlete."""
    if how == _LAST:
        return course[np.arange(len(course)), n_weeks - 1]
    if how == _HIGHEST:
        return np.fmax.reduce(course, axis=1)
    # Week by week, not by `sum`: NumPy adds in an order that depends on the shape of
    # the array, and the last bit would depend on how athletes are cut into parts.
    total = np.where(n_weeks > 0, 0.0, np.nan)
    for week in range(course.shape[1]):
        total += np.where(np.isnan(course[:, week]), 0.0, course[:, week])
    return total / np.maximum(n_weeks, 1) if how == _MEAN else total
