"""Run the daily simulation: one athlete in full, or many with weekly values only."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from math import exp
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
    weeks = np.full(setting.plan.horizon, np.nan, dtype=state.WEEK_LOG)
    log = _log(setting, weeks, is_kept=True)
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
        run = _run_state(setting, 0, _log(setting, weeks[0]), number=0, **chance)
        compiled(simulate_all)(run, *setting.athletes, weeks, first_number)
        return weeks
    for row in range(n_athletes):
        log, number = _log(setting, weeks[row]), first_number + row
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
    # All states are in one memory, which is emptied at once for the next athlete.
    n_lifts, n_slots = (len(setting.exercises),), (len(setting.plan.slots),)
    kinds = [
        ("body", state.BODY),
        ("muscles", state.MUSCLE, (state.N_MUSCLES, len(state.SIDES))),
        ("lifts", state.LIFT, n_lifts),
        ("observed", state.OBSERVED),
        ("slot_states", state.SLOT_STATE, n_slots),
        ("e1rm_kg", float, n_lifts),
    ]
    states = np.zeros(1, kinds)
    return state.RunState(
        *setting.plan,
        athlete=setting.athletes.records[row],
        strengths=setting.athletes.strengths[row],
        events=setting.athletes.events[row],
        model=setting.model,
        decay=_decay(setting.model),
        seed=seed,
        athlete_number=number,
        is_noisy=noise,
        script=_script(None, 0),
        log=log,
        **{name: states[0][name] for name in states.dtype.names},
        memory=states.view("u1"),
    )


def _decay(model: np.void) -> np.void:
    factors = tuple(exp(-1.0 / model[name]) for name in state.TAUS.values())
    return np.array([factors], state.DECAY)[0]


def _script(given: Mapping[str, np.ndarray] | None, horizon: int) -> np.ndarray:
    n_days = horizon * DAYS_PER_WEEK if given else 0
    script = np.full(n_days, np.nan, dtype=state.SCRIPT)
    for name, values in (given or {}).items():
        script[name][: len(values)] = values
    return script


def _log(setting: Setting, weeks: np.ndarray, *, is_kept: bool = False) -> state.Log:
    """Return an empty log with room for all that can happen, or for weeks alone."""
    plan, n_lifts, n_sides = setting.plan, len(setting.exercises), len(state.SIDES)
    n_weeks = len(weeks) if is_kept else 0
    n_days = n_weeks * DAYS_PER_WEEK
    max_sets, max_slots = _max_rows_per_week(setting) if is_kept else (0, 0)
    # Without a log every decision overwrites one row.
    n_decisions = 1 + 2 * max_slots * n_weeks + _MAX_OTHER_DECISIONS * n_days
    decision = np.zeros(1, state.DECISION_LOG)
    decision["observed"] = np.nan  # no observation played a part yet
    # Range and bridge test of both sides, Sorensen, technique, and a 1RM per lift.
    n_tests = (6 + n_lifts) * plan.calendar["is_test"][:n_weeks].sum()
    return state.Log(
        is_kept=is_kept,
        count=np.zeros(1, state.COUNT)[0],
        sets=np.zeros(max_sets * n_weeks, state.SET_LOG),
        decisions=np.repeat(decision, n_decisions),
        tests=np.zeros(n_tests, state.TEST_LOG),
        days=np.zeros(n_days, state.DAY_LOG),
        muscles=np.zeros((n_days, state.N_MUSCLES, n_sides), state.MUSCLE_LOG),
        lifts=np.zeros((n_days, n_lifts, n_sides), state.LIFT_LOG),
        weeks=weeks,
    )


def _max_rows_per_week(setting: Setting) -> tuple[int, int]:
    """Return the most sets (a row per side) and slots that a week can hold."""
    plan = setting.plan
    n_sets = np.maximum(plan.slots["n_sets_max"], plan.plan["deload_sets"])
    n_sets = n_sets + int(setting.model["rule_extra_sets"])
    spans = [range(first, end) for first, end, _ in plan.occasions.tolist()]
    weeks = [  # slots of a week of every phase
        [*chain(*spans[first[0] : first[-1]])]
        for first in plan.phases["first_occasion"]
    ]
    max_sets = max(int(n_sets[week].sum()) for week in weeks)
    return len(state.SIDES) * max_sets, max(map(len, weeks))
