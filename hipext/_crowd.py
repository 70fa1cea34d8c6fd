"""Crowds in scenarios: many persons live through a plan, and their weeks are kept.

The person with one number sees the same random numbers on the same days in every
scenario, whatever the size of the crowd, the number of threads or the way it is run.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os import cpu_count
from typing import TypeVar

import numpy as np

from hipext._compiled import can_compile
from hipext._people import People
from hipext._run import Setting, setting_of, weeks_of_all
from hipext.athlete import Athlete
from hipext.parameters import parameters_changed
from hipext.population import Cohort
from hipext.schedule import check_inputs
from hipext.whatif import Scenario, changed_athlete

ENGINES = ("compiled", "plain")
_CHUNK = 256  # persons: about 50 ms of a guide of sixteen weeks
Task, Result = TypeVar("Task"), TypeVar("Result")


def usual_engine() -> str:
    """Return "compiled" where numba is installed, else "plain"."""
    return ENGINES[0] if can_compile() else ENGINES[1]


def runs_compiled(engine: str | None) -> bool:
    """Return whether an engine, or the usual one, is compiled."""
    return (engine or usual_engine()) == ENGINES[0]


def usual_threads() -> int:
    """Return how many threads run side by side where nobody says."""
    return cpu_count() or 1


def threads_for(engine: str | None, n_threads: int | None = None) -> int:
    """Return how many threads run side by side: one in plain Python, which gains none.

    `n_threads` is what was asked for, if anything was.
    """
    return (n_threads or usual_threads()) if runs_compiled(engine) else 1


def first_of(athletes: Sequence[Athlete]) -> int:
    """Return the number of the first person, by which random numbers know it."""
    return athletes.first if isinstance(athletes, Cohort) else 0


def people_in(scenario: Scenario, athletes: Sequence[Athlete]) -> Sequence[Athlete]:
    """Return persons as a scenario changes them; a cohort by its average person."""
    if not scenario.athlete:
        return athletes
    if isinstance(athletes, Cohort):
        average = changed_athlete(athletes.population.athlete, scenario.athlete)
        changed = athletes.population.model_copy(update={"athlete": average})
        return replace(athletes, population=changed)
    alike: dict[int, Athlete] = {}  # copies of one person are changed once
    return [
        alike.get(id(one))
        or alike.setdefault(id(one), changed_athlete(one, scenario.athlete))
        for one in athletes
    ]


def setting_in(scenario: Scenario, athletes: Sequence[Athlete]) -> Setting:
    """Return plan, persons and constants of a scenario as the day loop reads them."""
    with parameters_changed(scenario.parameters):
        people = people_in(scenario, athletes)
        who = people.population.athlete if isinstance(people, Cohort) else people[0]
        check_inputs(scenario.plan, who)
        return setting_of(scenario.plan, people)


def lived(
    scenario: Scenario,
    athletes: Sequence[Athlete],
    *,
    seed: int = 0,
    noise: bool = True,
    engine: str | None = None,
    n_threads: int | None = None,
    tell: Callable[[int], object] = int,
) -> np.ndarray:
    """Let persons live through a scenario.

    Parameters
    ----------
    scenario : Scenario
        The plan and what is changed.
    athletes : sequence of Athlete
        Who trains.
    seed, noise : int, bool
        Of the random numbers.
    engine : {"compiled", "plain"}, optional
        Default: `usual_engine`.
    n_threads : int, optional
        Threads side by side; it changes no result. Default: one per processor.
    tell : callable
        Called with the number of persons whenever some are done.

    Returns
    -------
    numpy.ndarray
        [person, week, column]: see `outcomes.WEEK_COLUMNS`.
    """
    setting, parts = setting_in(scenario, athletes), []
    options = {"seed": seed, "noise": noise, "engine": engine, "n_threads": n_threads}
    for weeks in weeks_in_parts(setting, first_of(athletes), **options):
        parts.append(weeks)
        tell(len(weeks))
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
    """Yield the weeks of some persons after the other; `first` is the first number.

    Every thread gets some of them, however few they are.
    """
    is_compiled, n = runs_compiled(engine), len(setting.people.persons)
    n_threads = threads_for(engine, n_threads)
    size = min(_CHUNK, -(-n // n_threads)) if is_compiled else 1

    def weeks_from(start: int) -> np.ndarray:
        part = setting._replace(people=_part(setting.people, start, size))
        options = {"seed": seed, "noise": noise, "is_compiled": is_compiled}
        return weeks_of_all(part, first_person=first + start, **options)

    return side_by_side(weeks_from, range(0, n, size), n_threads=n_threads)


def side_by_side(
    work: Callable[[Task], Result], tasks: Iterable[Task], *, n_threads: int
) -> Iterator[Result]:
    """Yield the results of tasks in their order; a few are under way at a time."""
    if n_threads == 1:
        yield from map(work, tasks)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque = deque()
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _part(people: People, start: int, size: int) -> People:
    return People(*(rows[start : start + size] for rows in people))
