"""Running the day loop: one athlete with the full log, or many with weeks alone."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hipext.athletes.athlete import Athlete
from hipext.engine import state
from hipext.engine.compiled import as_python_objects, columns_of, compiled
from hipext.engine.day import simulate_all, simulate_days
from hipext.files.parameters import shipped_model
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.exercises import Exercise, read_exercises
from hipext.plans.plan import Plan
from hipext.simulation import arrays

MAX_SEED = 2**63 - 1
_MAX_OTHER_DECISIONS = 8  # in a day, beside those about slots


class Setting(NamedTuple):
    """A plan, athletes and constants as arrays of the day loop."""

    plan: arrays.PlanArrays
    athletes: arrays.AthleteArrays
    exercises: list[str]
    model: np.void


class Trace(NamedTuple):
    """Everything that happened to one athlete: arrays of the log, cut to length."""

    exercises: list[str]
    sets: np.ndarray  # SET_LOG of `engine.state`, and so on
    decisions: np.ndarray
    tests: np.ndarray
    days: np.ndarray
    muscles: np.ndarray  # [day, muscle, side]
    lifts: np.ndarray  # [day, exercise, side]
    weeks: np.ndarray


def setting_of(
    plan: Plan,
    athletes: Sequence[Athlete],
    *,
    exercises: Mapping[str, Exercise] | None = None,
    model: np.void | None = None,
    needed: Collection[str] | None = None,
) -> Setting:
    """Return a plan and athletes as arrays; PlanError if a needed 1RM is missing.

    `needed` are ids of exercises; all of the plan by default.
    """
    exercises = read_exercises() if exercises is None else exercises
    model = shipped_model() if model is None else model
    needed = arrays.exercises_of(plan, ()) if needed is None else needed
    unique, _ = arrays.unique_athletes(athletes)
    tested = sorted({lift for athlete in unique for lift in athlete.one_rm_kg})
    names = arrays.exercises_of(plan, tested)
    known = exercises, names, arrays.horizon_of(plan), model
    return Setting(
        arrays.plan_arrays_of(plan, exercises, tested, model),
        arrays.athlete_arrays_of(athletes, *known, needed=needed),
        names,
        model,
    )


def with_others(setting: Setting, athletes: Sequence[Athlete]) -> Setting:
    """Return a setting with other athletes, whose measured lifts are the same."""
    horizon, model = setting.plan.horizon, setting.model
    known = read_exercises(), setting.exercises, horizon, model
    return setting._replace(
        athletes=arrays.athlete_arrays_of(athletes, *known, needed=())
    )


def trace(
    setting: Setting,
    *,
    row: int = 0,
    seed: int = 0,
    athlete_number: int = 0,
    noise: bool = True,
    script: Mapping[str, np.ndarray] | None = None,
    is_compiled: bool = False,
) -> Trace:
    """Simulate one athlete, in a row of the setting, through a plan; keep everything.

    Seed, athlete number, day and channel make the random numbers. Observations of a
    script, by day, replace the athlete's own (`state.SCRIPT`).
    """
    log = _full_log(setting)
    run = _run_state(setting, row, log, seed=seed, number=athlete_number, noise=noise)
    run = run._replace(script=_script(script, setting.plan.horizon))
    count = _simulate(run, is_compiled=is_compiled)
    days = slice(count.weeks * DAYS_PER_WEEK)
    return Trace(
        setting.exercises,
        log.sets[: count.sets],
        log.decisions[: count.decisions],
        log.tests[: count.tests],
        log.days[days],
        log.muscles[days],
        log.lifts[days],
        log.weeks[: count.weeks],
    )


def weeks_of_all(
    setting: Setting,
    *,
    seed: int = 0,
    first_number: int = 0,
    noise: bool = True,
    is_compiled: bool = True,
) -> np.ndarray:
    """Simulate all athletes of a setting, and keep their weeks alone.

    They are [athlete, week] of `state.WEEK_LOG`, missing after the end of the plan.
    The first athlete has the number `first_number`.
    """
    n_athletes = len(setting.athletes.records)
    weeks = np.full((n_athletes, setting.plan.horizon), np.nan, dtype=state.WEEK_LOG)
    chance = {"seed": seed, "noise": noise}
    if is_compiled:
        run = _run_state(setting, 0, _log(weeks[0]), number=0, **chance)
        compiled(simulate_all)(run, *setting.athletes, weeks, first_number)
        return weeks
    for row in range(n_athletes):
        log, number = _log(weeks[row]), first_number + row
        run = _run_state(setting, row, log, number=number, **chance)
        _simulate(run, is_compiled=False)
    return weeks


def _simulate(run: state.RunState, *, is_compiled: bool) -> object:
    """Simulate one athlete; return the counts of the log."""
    if is_compiled:
        # The machine code for many serves one: another entry would compile for seconds.
        one = (run.athlete, run.strengths, run.events, run.log.weeks)
        one = (np.asarray(part)[np.newaxis] for part in one)
        compiled(simulate_all)(run, *one, run.athlete_number)
        return as_python_objects(run.log.count)
    # Plain Python reads copies of the records, and writes the log in place.
    log = run.log._replace(
        **{name: columns_of(getattr(run.log, name)) for name in state.Log._fields[2:]}
    )
    script = columns_of(run.script)
    run = as_python_objects(run._replace(log=log, script=script))
    simulate_days(run)
    return run.log.count


def _run_state(
    setting: Setting, row: int, log: state.Log, *, seed: int, number: int, noise: bool
) -> state.RunState:
    """Return the state of one athlete before the first morning."""
    n_lifts = len(setting.exercises)
    return state.RunState(
        *setting.plan,
        athlete=setting.athletes.records[row],
        strengths=setting.athletes.strengths[row],
        events=setting.athletes.events[row],
        model=setting.model,
        seed=seed,
        athlete_number=number,
        is_noisy=noise,
        script=_script(None, 0),
        body=np.zeros(1, state.BODY)[0],
        muscles=np.zeros((state.N_MUSCLES, len(state.SIDES)), state.MUSCLE),
        lifts=np.zeros(n_lifts, state.LIFT),
        observed=np.zeros(1, state.OBSERVED)[0],
        slot_states=np.zeros(len(setting.plan.slots), state.SLOT_STATE),
        e1rm_kg=np.zeros(n_lifts),
        log=log,
    )


def _script(given: Mapping[str, np.ndarray] | None, horizon: int) -> np.ndarray:
    n_days = horizon * DAYS_PER_WEEK if given else 0
    script = np.full(n_days, np.nan, dtype=state.SCRIPT)
    for name, values in (given or {}).items():
        script[name][: len(values)] = values
    return script


def _full_log(setting: Setting) -> state.Log:
    """Return a log with room for everything that can happen to one athlete."""
    plan, n_lifts = setting.plan, len(setting.exercises)
    n_days = plan.horizon * DAYS_PER_WEEK
    max_sets, max_slots = _max_rows_per_week(setting)
    return _log(
        np.full(plan.horizon, np.nan, dtype=state.WEEK_LOG),
        n_sets=max_sets * plan.horizon,
        n_decisions=2 * max_slots * plan.horizon + _MAX_OTHER_DECISIONS * n_days,
        # Range and bridge test of both sides, Sorensen, technique, and a 1RM per lift.
        n_tests=(6 + n_lifts) * int(plan.calendar["is_test"].sum()),
        n_days=n_days,
        n_lifts=n_lifts,
    )


def _log(
    weeks: np.ndarray,
    *,
    n_sets: int = 0,
    n_decisions: int = 1,
    n_tests: int = 0,
    n_days: int = 0,
    n_lifts: int = 0,
) -> state.Log:
    """Return an empty log; one without days keeps nothing but weeks."""
    decision = np.zeros(1, state.DECISION_LOG)
    decision["observed"] = np.nan  # no observation played a part yet
    return state.Log(
        is_kept=n_days > 0,
        count=np.zeros(1, state.COUNT)[0],
        sets=np.zeros(n_sets, state.SET_LOG),
        decisions=np.repeat(decision, n_decisions),
        tests=np.zeros(n_tests, state.TEST_LOG),
        days=np.zeros(n_days, state.DAY_LOG),
        muscles=np.zeros((n_days, state.N_MUSCLES, len(state.SIDES)), state.MUSCLE_LOG),
        lifts=np.zeros((n_days, n_lifts, len(state.SIDES)), state.LIFT_LOG),
        weeks=weeks,
    )


def _max_rows_per_week(setting: Setting) -> tuple[int, int]:
    """Return the most sets (a row per side) and slots that a week can hold."""
    plan = setting.plan
    per_slot = np.maximum(plan.slots["n_sets_max"], plan.plan["deload_sets"])
    per_slot = per_slot + int(setting.model["rule_extra_sets"])
    max_sets, max_slots = 0, 0
    for first in plan.phases["first_occasion"]:
        spans = [
            slice(span["first_slot"], span["end_slot"])
            for span in plan.occasions[first[0] : first[-1]]
        ]
        max_sets = max(max_sets, sum(int(per_slot[span].sum()) for span in spans))
        max_slots = max(max_slots, sum(span.stop - span.start for span in spans))
    return len(state.SIDES) * max_sets, int(max_slots)
