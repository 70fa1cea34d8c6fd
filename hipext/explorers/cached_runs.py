"""Simulations kept in memory, so that an explorer redraws within milliseconds.

The numbers equal those of `simulation.simulate`. Tables and explanations, which no
figure of an explorer needs, are not made.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Event, Lock, Thread

import numpy as np

from hipext.athletes.athlete import Athlete
from hipext.athletes.population import Cohort, cohort
from hipext.engine.compiled import can_compile
from hipext.engine.progression import TEMPO
from hipext.engine.state import WORK
from hipext.files.parameters import shipped_model
from hipext.files.sums import sum_in_order
from hipext.files.tables import DAYS_PER_WEEK
from hipext.metrics import volume
from hipext.plans.plan import Plan
from hipext.plans.plan_file import read_plan
from hipext.simulation.arrays import ById, with_calendar
from hipext.simulation.log_tables import (
    is_end_of_set,
    sets_as_performed,
    strength_pct,
)
from hipext.simulation.run import Setting, Trace, setting_of, trace
from hipext.simulation.simulation import check_inputs
from hipext.studies.crowds import weeks_in_parts

_is_compiled = Event()
_compiling = Lock()  # taken by the first who compiles, and never released


@dataclass(frozen=True, eq=False)
class CachedRun:
    """A simulated run: the log of the day loop, and measures of it."""

    plan: Plan
    setting: Setting
    trace: Trace

    @property
    def n_weeks(self) -> int:
        """Weeks that the plan took."""
        return len(self.trace.weeks)

    @cached_property
    def is_deload(self) -> np.ndarray:
        """Whether each week is a deload week."""
        return self.trace.days["is_deload"][::DAYS_PER_WEEK]

    @cached_property
    def phases(self) -> list[str]:
        """Name of the phase of each week."""
        places = self.trace.days["phase"][::DAYS_PER_WEEK].tolist()
        return [self.plan.phase[place].name for place in places]

    @cached_property
    def strength_pct(self) -> np.ndarray:
        """Mean 1RM of the tested lifts on every morning, in percent of the start."""
        return strength_pct(self.setting, self.trace)

    @cached_property
    def hard_sets(self) -> np.ndarray:
        """Hard sets of each week."""
        return self._by_week(volume.hard_set_counts(self._counted, self._rir))

    @cached_property
    def volume_kg(self) -> np.ndarray:
        """Volume load of each week in kg, with the lifted share of body mass."""
        log, lifts = self._sets, self.setting.plan.exercises
        mass_kg = self.setting.athletes.records[0]["body_mass_kg"]
        body_kg = (lifts["lifted_share"] * mass_kg)[self._exercise]
        # Rounded as in the table of sets, so that sums are equal to the last digit.
        load_kg = lifts["n_implements"][self._exercise] * np.round(log["load_kg"], 6)
        is_hold = self.setting.plan.slots["is_hold"][log["slot"]]
        is_counted = (self._counted > 0) & ~is_hold
        return self._by_week(log["done"] * (load_kg + body_kg) * is_counted)

    @cached_property
    def session_rpe(self) -> np.ndarray:
        """Rating x minutes of each day, summed over its sessions."""
        log, n_days = self._sets, len(self.trace.days)
        # Slots are numbered session by session, so these tell sessions apart.
        first_slots = np.unique(self.setting.plan.occasions["first_slot"])
        session = np.searchsorted(first_slots, log["slot"], side="right") - 1
        # Every session is rated by itself: ratings times minutes are not additive.
        place = log["day"] * len(first_slots) + session
        effort = volume.weighted_rpe(self._counted, 10.0 - self._rir)
        minutes, effort, counted = (
            np.bincount(place, weights=values, minlength=n_days * len(first_slots))
            for values in (self._minutes(), effort, self._counted)
        )
        loads = volume.session_rating(effort, counted) * minutes
        return sum_in_order(loads.reshape(n_days, -1), axis=1)

    # Columns of the log of sets, which has one row per set and side. Its order is that
    # of the table of sets, so that sums of rows are equal to the last digit.

    @cached_property
    def _sets(self) -> np.ndarray:
        return sets_as_performed(self.plan, self.trace)

    @cached_property
    def _exercise(self) -> np.ndarray:
        log = self._sets
        return self.setting.plan.slots["exercise"][log["slot"], log["ladder_step"]]

    @cached_property
    def _rir(self) -> np.ndarray:
        return np.round(self._sets["rir"], 6)

    @cached_property
    def _counted(self) -> np.ndarray:
        log = self._sets
        is_work = self.setting.plan.slots["kind"][log["slot"]] == WORK
        return volume.set_counts(is_work, log["side"] >= 0)

    def _minutes(self) -> np.ndarray:
        log, slots = self._sets, self.setting.plan.slots
        slot = log["slot"]
        tempo_steps = (slots["progression"] == TEMPO)[slot] * log["n_steps"]
        usual_s = self.setting.plan.exercises["usual_seconds"][self._exercise]
        has_tempo = slots["has_tempo"][slot] | (tempo_steps > 0)
        per_rep_s = np.where(has_tempo, slots["seconds"][slot, tempo_steps], usual_s)
        tut_s = log["done"] * np.where(slots["is_hold"][slot], 1.0, per_rep_s)
        rest_s = is_end_of_set(log) * slots["rest_s"][slot]
        # A slot is set up before the first row that it has on a day.
        occasion = log["day"] * len(slots) + slot
        is_first = np.zeros(len(log), dtype=bool)
        is_first[np.unique(occasion, return_index=True)[1]] = True
        return volume.set_minutes(tut_s, rest_s, is_first)

    def _by_week(self, values: np.ndarray) -> np.ndarray:
        weeks = self._sets["day"] // DAYS_PER_WEEK
        return np.bincount(weeks, weights=values, minlength=self.n_weeks)


def cached_run(
    plan: Plan,
    athlete: Athlete,
    *,
    seed: int = 0,
    noise: bool = False,
    is_compiled: bool | None = None,
) -> CachedRun:
    """Simulate a plan for an athlete; only what changed is converted to arrays.

    Machine code is used once it is ready, unless `is_compiled` is given. The first call
    starts compiling in the background, which takes a second, or half a minute the very
    first time; until then plain Python gives the same numbers more slowly.
    """
    check_inputs(plan, athlete)
    setting = _setting(plan, athlete)
    if is_compiled is None:
        is_compiled = _compile_in_background(setting)
    kept = trace(setting, seed=seed, noise=noise, is_compiled=is_compiled)
    return CachedRun(plan, setting, kept)


def cached_crowd(plan: Plan, athletes: Cohort, *, seed: int = 0) -> np.ndarray:
    """Simulate a plan for many athletes, with noise.

    Return [athlete, week] of `state.WEEK_LOG`, as `crowds.simulate_athletes` does.
    """
    setting = _setting(plan, athletes)
    return np.concatenate([*weeks_in_parts(setting, athletes.first, seed=seed)])


def compile_day_loop() -> None:
    """Run all that is compiled once; numba stores it for the processes to come."""
    plan, athletes = read_plan("maintenance_2day_13wk"), cohort(2)
    cached_run(plan, athletes[0], is_compiled=True)
    cached_crowd(plan, athletes)
    _is_compiled.set()


def _compile_in_background(setting: Setting) -> bool:
    """Return whether machine code is ready; the first call starts compiling it."""

    def compile_one() -> None:
        with suppress(Exception):  # without machine code plain Python goes on
            trace(setting, is_compiled=True)
            _is_compiled.set()

    # A thread, because compiling and drawing take turns in it: the explorer answers
    # meanwhile.
    is_missing = can_compile() and not _is_compiled.is_set()
    if is_missing and _compiling.acquire(blocking=False):
        Thread(target=compile_one).start()
    return _is_compiled.is_set()


def _setting(plan: Plan, who: Athlete | Cohort) -> Setting:
    """Return the input of the day loop."""
    # A slider of deloads makes a new plan of the same phases and sessions. Of such a
    # plan only the calendar is converted again.
    parts = ById(plan.phase, plan.session, plan.block, plan.days, owner=plan)
    setting = _setting_of(parts, ById(who), shipped_model().tobytes())
    return setting._replace(plan=with_calendar(setting.plan, plan))


# The cache compares plans and athletes by identity (`ById`): comparing or hashing the
# fields of a plan would take longer than a simulation. It is right because these values
# are frozen: an object that is unchanged holds what it held. The constants of the model
# are compared by their bytes, because tests and sweeps change them for a while.


@lru_cache(maxsize=64)
def _setting_of(parts: ById, who: ById, _constants: bytes) -> Setting:
    """Return the input for the plan of these parts, and an athlete or a cohort."""
    is_cohort = isinstance(who.value, Cohort)
    return setting_of(parts.owner, who.value if is_cohort else [who.value])


if __name__ == "__main__":
    with suppress(AttributeError, OSError):  # Windows has no priorities of this kind
        os.nice(10)  # explorers that are in use meanwhile come first
    compile_day_loop()
