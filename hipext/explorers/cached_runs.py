"""One person in one plan, as arrays, again and again: fast enough for a slider.

The numbers are those of `simulation.simulate` (tests say so); tables, sentences and
whatever a picture does not need are left out.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Thread
from typing import NamedTuple

import numpy as np

from hipext.athletes.athlete import Athlete
from hipext.athletes.population import Cohort, cohort
from hipext.engine.compiled import can_compile
from hipext.engine.progression import TEMPO
from hipext.engine.state import WORK
from hipext.files.parameters import parameter, shipped_model
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.exercises import read_exercises
from hipext.plans.plan import Plan
from hipext.plans.plan_file import read_plan
from hipext.simulation.arrays import (
    AthleteArrays,
    ById,
    PlanArrays,
    athlete_arrays_of,
    exercises_of,
    horizon_of,
    plan_arrays_of,
    slots_in_order,
    with_calendar,
)
from hipext.simulation.log_tables import strength_pct
from hipext.simulation.run import Setting, Trace, trace
from hipext.simulation.simulation import check_inputs
from hipext.studies.crowds import weeks_in_parts

_is_warm: list[bool] = []  # True once the machine code of the day loop is there
_warmers: list[Thread] = []


@dataclass(frozen=True, eq=False)
class CachedRun:
    """What came of a plan for a person: the log of the day loop, read by name."""

    plan: Plan
    setting: Setting
    trace: Trace
    sessions: np.ndarray
    """For every slot, by its number, the number of its session's name."""

    @property
    def n_weeks(self) -> int:
        """Weeks that the plan took."""
        return len(self.trace.weeks)

    def of_weeks(self, name: str) -> np.ndarray:
        """Return a field of `state.WEEK_LOG`, week by week."""
        return self.trace.weeks[name]

    def of_days(self, name: str) -> np.ndarray:
        """Return a state of every morning: a field of `state.DAY_LOG`."""
        return self.trace.days[name]

    @cached_property
    def is_deload(self) -> np.ndarray:
        """Which weeks are deloads."""
        return self.trace.days["is_deload"][::DAYS_PER_WEEK]

    @cached_property
    def strength_pct(self) -> np.ndarray:
        """Mean 1RM of the tested lifts every morning; the start is 100."""
        return strength_pct(self.setting, self.trace)

    @cached_property
    def phases(self) -> list[str]:
        """The phase of every week."""
        places = self.trace.days["phase"][::DAYS_PER_WEEK]
        return [self.plan.phase[place].name for place in places]

    @cached_property
    def hard_sets(self) -> np.ndarray:
        """Hard sets of every week, as `set_metrics.hard_sets` counts them."""
        limit = parameter("effort.hard_set_max_rir")
        hard_sets = self._counted * (np.round(self.trace.sets["rir"], 6) <= limit)
        weeks = self.trace.sets["day"] // DAYS_PER_WEEK
        return np.bincount(weeks, weights=hard_sets, minlength=self.n_weeks)

    @cached_property
    def volume_kg(self) -> np.ndarray:
        """Volume load of every week, with the lifted share of body mass."""
        log, slot, slots = self.trace.sets, self._slot, self.setting.plan.slots
        lifts, exercise = self.setting.plan.exercises, self._exercise
        mass_kg = self.setting.athletes.records[0]["body_mass_kg"]
        body_kg = (lifts["lifted_share"] * mass_kg)[exercise]
        moved_kg = (
            lifts["n_implements"][exercise] * np.round(log["load_kg"], 6) + body_kg
        )
        counts = (self._counted > 0) & ~slots["is_hold"][slot]
        weeks = log["day"] // DAYS_PER_WEEK
        volume = log["done"] * moved_kg * counts
        return np.bincount(weeks, weights=volume, minlength=self.n_weeks)

    @cached_property
    def session_rpe(self) -> np.ndarray:
        """Rating x minutes of every day, as `set_metrics.session_rpe` has them."""
        log, counted = self.trace.sets, self._counted
        n_days = len(self.trace.days)
        key, session = self._day_and_session
        n_keys = n_days * (session.max(initial=0) + 1)
        minutes = np.bincount(key, weights=self._seconds / 60, minlength=n_keys)
        rpe = 10.0 - np.round(log["rir"], 6)
        effort = counted * np.where(np.isnan(rpe), parameter("effort.unrated_rpe"), rpe)
        work = np.bincount(key, weights=counted, minlength=n_keys)
        rated = np.bincount(key, weights=effort, minlength=n_keys)
        loads = np.where(work > 0, rated / np.where(work > 0, work, 1), 0.0) * minutes
        return loads.reshape(n_days, -1).sum(axis=1)

    @cached_property
    def _slot(self) -> np.ndarray:
        return self.trace.sets["slot"]

    @cached_property
    def _exercise(self) -> np.ndarray:
        ladder_step = self.trace.sets["ladder_step"]
        return self.setting.plan.slots["exercise"][self._slot, ladder_step]

    @cached_property
    def _counted(self) -> np.ndarray:
        """How much every row counts as a working set; a side is half of one."""
        is_work = self.setting.plan.slots["kind"][self._slot] == WORK
        return np.where(self.trace.sets["side"] < 0, 1.0, 0.5) * is_work

    @cached_property
    def _day_and_session(self) -> tuple[np.ndarray, np.ndarray]:
        """A number for day and session of every row, and one for the session alone."""
        day = self.trace.sets["day"]
        session = self.sessions[self._slot]
        return day * (session.max(initial=0) + 1) + session, session

    @cached_property
    def _seconds(self) -> np.ndarray:
        """Seconds of every row: work, rest after the set, and setting up its slot."""
        log, slot, slots = self.trace.sets, self._slot, self.setting.plan.slots
        steps = (slots["progression"] == TEMPO)[slot] * log["n_steps"]
        usual_s = self.setting.plan.exercises["usual_seconds"][self._exercise]
        has_tempo = slots["has_tempo"][slot] | (steps > 0)
        per_rep_s = np.where(has_tempo, slots["seconds"][slot, steps], usual_s)
        work_s = log["done"] * np.where(slots["is_hold"][slot], 1.0, per_rep_s)
        # The log goes from slot to slot, and from set to set within one.
        new_slot = _is_new(log["day"]) | _is_new(slot)
        new_set = new_slot | _is_new(log["set_number"])
        set_up_s = new_slot * parameter("time.setup_s")
        return work_s + set_up_s + new_set * slots["rest_s"][slot]


def _is_new(values: np.ndarray) -> np.ndarray:
    """Return which values differ from the one before; the first one does."""
    return np.append(True, values[1:] != values[:-1])[: len(values)]


def cached_run(
    plan: Plan,
    athlete: Athlete,
    *,
    seed: int = 0,
    noise: bool = False,
    is_compiled: bool | None = None,
) -> CachedRun:
    """Let a person live through a plan.

    Parameters
    ----------
    plan, athlete : Plan, Athlete
        The parts that are the same objects as last time are not read again.
    seed, noise : int, bool
        Of the random numbers.
    is_compiled : bool, optional
        Default: as soon as the machine code is there. It is made aside from the first
        call on, which takes a second, or half a minute the very first time; until then
        plain Python gives the same numbers more slowly.
    """
    check_inputs(plan, athlete)
    setting, sessions = _setting(plan, athlete)
    is_compiled = warm_up(setting) if is_compiled is None else is_compiled
    kept = trace(setting, seed=seed, noise=noise, is_compiled=is_compiled)
    return CachedRun(plan, setting, kept, sessions)


def cached_crowd(plan: Plan, people: Cohort, *, seed: int = 0) -> np.ndarray:
    """Let persons live through a plan, with chance; return their weeks.

    Returns
    -------
    numpy.ndarray
        [athlete, week], as `crowds.simulate_athletes` returns them.
    """
    setting, _ = _setting(plan, people)
    return np.concatenate([*weeks_in_parts(setting, people.first, seed=seed)])


def warm_up(setting: Setting) -> bool:
    """Return whether machine code is there; start making it where it can be."""
    if not _warmers and can_compile():

        def make() -> None:
            with suppress(Exception):  # then plain Python goes on
                trace(setting, is_compiled=True)
                _is_warm.append(True)

        _warmers.append(Thread(target=make))
        _warmers[0].start()
    return bool(_is_warm)


def wait_until_compiled() -> None:
    """Wait for the machine code, where any is being made."""
    for thread in _warmers:
        thread.join()


def _setting(plan: Plan, who: Athlete | Cohort) -> tuple[Setting, np.ndarray]:
    """Return what the day loop reads, and the session of every slot."""
    model = shipped_model()
    average = who.population.athlete if isinstance(who, Cohort) else who
    tested = tuple(sorted(average.one_rm_kg))
    parts = ById(plan.phase, plan.session, plan.block, plan.days, owner=plan)
    frame = _frame(parts, tested, model.tobytes())
    arrays = with_calendar(frame.arrays, plan)
    people = _people(
        ById(who), frame.names, horizon_of(plan), frame.needed, model.tobytes()
    )
    return Setting(arrays, people, [*frame.names], model), frame.sessions


class _Frame(NamedTuple):
    """What a plan is to the day loop, whichever of its weeks are light."""

    arrays: PlanArrays
    names: tuple[str, ...]
    needed: tuple[str, ...]
    """Exercises of the plan, without those that are only tested."""
    sessions: np.ndarray
    """For every slot, by its number, the number of its session's name."""


@lru_cache(maxsize=64)
def _frame(parts: ById, tested: tuple[str, ...], constants: bytes) -> _Frame:
    """Return the frame of a plan by its parts; `constants` say when to do it again."""
    del constants
    plan, exercises = parts.owner, read_exercises()
    numbers: dict[str, int] = {}  # of the names of sessions
    sessions = [
        numbers.setdefault(name, len(numbers))
        for _, name, slots in slots_in_order(plan)
        for _ in slots
    ]
    return _Frame(
        plan_arrays_of(plan, exercises, tested, shipped_model()),
        tuple(exercises_of(plan, tested)),
        tuple(exercises_of(plan, ())),
        np.array(sessions, dtype="int64"),
    )


@lru_cache(maxsize=64)
def _people(
    same: ById, names: tuple, n_weeks: int, needed: tuple, constants: bytes
) -> AthleteArrays:
    """Return a person, or a cohort, as arrays; `constants` say when to do it again."""
    del constants
    who = same.value if isinstance(same.value, Cohort) else [same.value]
    known = (read_exercises(), names, n_weeks, shipped_model())
    return athlete_arrays_of(who, *known, needed=needed)


def make() -> None:
    """Run once all that is compiled; numba keeps it for the processes to come."""
    plan, people = read_plan("maintenance_2day_13wk"), cohort(2)
    cached_run(plan, people[0], is_compiled=True)
    cached_crowd(plan, people)


if __name__ == "__main__":
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(10)  # whoever moves a slider meanwhile comes first
    make()
