"""Crowds in scenarios: many persons live through a plan, and their weeks are kept.

The person with one number sees the same random numbers on the same days in every
scenario, whatever the size of the crowd, the number of threads or the way it is run.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import cpu_count
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from tqdm.auto import tqdm

from hipext.athletes.athlete import Athlete
from hipext.athletes.population import Cohort
from hipext.engine.compiled import can_compile
from hipext.engine.state import WEEK_COLUMNS
from hipext.files.parameters import parameters_changed
from hipext.simulation.arrays import People
from hipext.simulation.run import Setting, setting_of, weeks_of_all
from hipext.simulation.simulation import check_inputs
from hipext.studies.scenarios import Scenario, changed_athlete

ENGINES = ("compiled", "plain")
_CHUNK = 256  # persons: about 50 ms of a guide of sixteen weeks
Task, Result = TypeVar("Task"), TypeVar("Result")
_LAST, _HIGHEST, _SUM, _MEAN = "at the end", "highest", "sum", "mean of a week"
READY = "getting ready (20 s the first time)"  # machine code is made once and kept


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


def simulate_athletes(
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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One kind of number: its name, unit and meaning, and which way is better."""

    name: str
    words: str
    """What is read in any week, in words: "strength"."""
    unit: str
    meaning: str
    """What the outcome is, with what is taken of the weeks."""
    better: int = 0
    """1 if more is better, -1 if less is, 0 if neither."""
    of: str = ""
    """The column of the weeks that it is made of; empty for the number of weeks."""
    taken: str = _LAST
    """What is taken of the weeks."""
    factor: float = 1.0
    """What the column is multiplied by."""


def _named(*outcomes: Outcome) -> Mapping[str, Outcome]:
    return MappingProxyType({outcome.name: outcome for outcome in outcomes})


OUTCOMES = _named(
    Outcome(
        name="weeks",
        words="weeks",
        unit="weeks",
        meaning="weeks that the plan took",
    ),
    Outcome(
        name="strength_pct",
        words="strength",
        unit="%",
        meaning="mean 1RM of tested lifts at the end; start: 100",
        better=1,
        of="strength",
        factor=100.0,
    ),
    Outcome(
        name="left_pct",
        words="strength, left",
        unit="%",
        meaning="mean 1RM of tested lifts at the end, left; start: 100",
        better=1,
        of="left",
        factor=100.0,
    ),
    Outcome(
        name="right_pct",
        words="strength, right",
        unit="%",
        meaning="mean 1RM of tested lifts at the end, right; start: 100",
        better=1,
        of="right",
        factor=100.0,
    ),
    Outcome(
        name="technique",
        words="technique",
        unit="0-1",
        meaning="skill of the hip hinge at the end",
        better=1,
        of="technique",
    ),
    Outcome(
        name="range_left_deg",
        words="hip extension, left",
        unit="deg",
        meaning="hip extension at the end, left",
        better=1,
        of="range_left_deg",
    ),
    Outcome(
        name="range_right_deg",
        words="hip extension, right",
        unit="deg",
        meaning="hip extension at the end, right",
        better=1,
        of="range_right_deg",
    ),
    Outcome(
        name="pain_reported",
        words="highest reported pain",
        unit="0-10",
        meaning="highest reported low-back pain",
        better=-1,
        of="pain_reported",
        taken=_HIGHEST,
    ),
    Outcome(
        name="soreness",
        words="soreness",
        unit="0-10",
        meaning="highest soreness at the end of a week",
        better=-1,
        of="soreness",
        taken=_HIGHEST,
    ),
    Outcome(
        name="fatigue_pct",
        words="fatigue of the gluteus",
        unit="%",
        meaning="highest fatigue of the gluteus at the end of a week, of strength",
        better=-1,
        of="fatigue",
        taken=_HIGHEST,
        factor=100.0,
    ),
    Outcome(
        name="working_sets",
        words="working sets",
        unit="sets",
        meaning="working sets done",
        of="working_sets",
        taken=_SUM,
    ),
    Outcome(
        name="n_failed",
        words="slots not completed",
        unit="",
        meaning="times that the sets of a slot were not completed",
        better=-1,
        of="n_failed",
        taken=_SUM,
    ),
    Outcome(
        name="n_missed",
        words="missed sessions",
        unit="",
        meaning="sessions with work that were missed",
        of="n_missed",
        taken=_SUM,
    ),
    Outcome(
        name="n_light",
        words="light weeks",
        unit="weeks",
        meaning="light weeks",
        of="is_light",
        taken=_SUM,
    ),
    Outcome(
        name="volume_load_kg",
        words="volume load",
        unit="kg",
        meaning="working repetitions x external load",
        of="volume_load_kg",
        taken=_SUM,
    ),
    Outcome(
        name="lumbar_load",
        words="load of the lower back",
        unit="body masses",
        meaning="load of the lower back in its highest week",
        better=-1,
        of="lumbar_load",
        taken=_HIGHEST,
    ),
    Outcome(
        name="minutes",
        words="minutes with work",
        unit="min",
        meaning="length of the sessions with work, a week",
        better=-1,
        of="minutes",
        taken=_MEAN,
    ),
)
WEEKLY = tuple(name for name, one in OUTCOMES.items() if one.of)  # have a course


def outcomes_of(weeks: np.ndarray) -> dict[str, np.ndarray]:
    """Return every outcome of persons.

    Parameters
    ----------
    weeks : numpy.ndarray
        [person, week, column]: see `WEEK_COLUMNS`.

    Returns
    -------
    dict of str to numpy.ndarray
        A value per person by the names of `OUTCOMES`; 'weeks' as whole numbers. All
        others are missing for persons without a week.
    """
    n_weeks = is_simulated(weeks).sum(axis=1)
    return {
        name: n_weeks if not one.of else one.factor * _taken(weeks, one, n_weeks)
        for name, one in OUTCOMES.items()
    }


def is_simulated(weeks: np.ndarray) -> np.ndarray:
    """Return which weeks of which persons belong to the plan: [person, week]."""
    return ~np.isnan(weeks[:, :, WEEK_COLUMNS.index("phase")])


def course_of(weeks: np.ndarray, name: str) -> np.ndarray:
    """Return an outcome week by week: [..., week], missing after the end."""
    one = OUTCOMES[name]
    return one.factor * weeks[..., WEEK_COLUMNS.index(one.of)]


def _taken(weeks: np.ndarray, one: Outcome, n_weeks: np.ndarray) -> np.ndarray:
    """Return what is taken of the weeks of every person."""
    column = weeks[:, :, WEEK_COLUMNS.index(one.of)]
    if one.taken == _LAST:
        return column[np.arange(len(column)), n_weeks - 1]
    if one.taken == _HIGHEST:
        return np.fmax.reduce(column, axis=1)
    total = np.where(n_weeks > 0, 0.0, np.nan)
    for week in range(column.shape[1]):  # in order, whatever the size of the crowd
        total += np.where(np.isnan(column[:, week]), 0.0, column[:, week])
    return total / np.maximum(n_weeks, 1) if one.taken == _MEAN else total


@contextmanager
def progress_bar(
    total: int, unit: str, *, is_shown: bool, initial: int = 0
) -> Iterator[Callable[[int], None]]:
    """Show a bar; the function it gives is told how many more units are done.

    Parameters
    ----------
    total : int
        Units in all.
    unit : str
        What they are, in the plural.
    is_shown : bool
        Whether to show it; never where there is no terminal.
    initial : int, default 0
        Units that were done before; they do not count in the rate.
    """
    with tqdm(
        total=total,
        initial=initial,
        unit=f" {unit}",
        unit_scale=total > 100_000,
        desc=READY,
        disable=None if is_shown else True,
        leave=False,
    ) as bar:

        def tell(n: int) -> None:
            if bar.n == initial:
                bar.set_description_str("", refresh=False)
            bar.update(n)

        yield tell
