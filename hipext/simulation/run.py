"""Run the day loop: one person with everything kept, or many with the weeks alone."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hipext.athletes.athlete import Athlete
from hipext.engine.compiled import compiled, plain
from hipext.engine.day import simulate_all, simulate_days
from hipext.engine.state import (
    BODY,
    COUNT,
    LIFT,
    MUSCLE,
    N_MUSCLES,
    OBSERVED,
    SCRIPT,
    SLOT_STATE,
    WEEK_COLUMNS,
    Log,
    RunState,
)
from hipext.files.parameters import shipped_model
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.exercises import Exercise, read_exercises
from hipext.plans.plan import Plan
from hipext.simulation.arrays import (
    People,
    Program,
    exercises_of,
    horizon_of,
    people_of,
    program_of,
    unique_athletes,
)

MAX_SEED = 2**63 - 1
_N_DECISIONS_A_DAY = 8  # beside those of slots


class Setting(NamedTuple):
    """What a plan, persons and constants are to the day loop."""

    program: Program
    people: People
    exercises: list[str]
    model: np.void


class Trace(NamedTuple):
    """Everything that happened to one person: arrays of the log, cut to length."""

    exercises: list[str]
    sets: np.ndarray
    decisions: np.ndarray
    tests: np.ndarray
    days: np.ndarray
    muscles: np.ndarray
    lifts: np.ndarray
    weeks: np.ndarray


def setting_of(
    plan: Plan,
    athletes: Sequence[Athlete],
    *,
    exercises: Mapping[str, Exercise] | None = None,
    model: np.void | None = None,
    needed: Collection[str] | None = None,
) -> Setting:
    """Return a plan and persons as arrays; PlanError if a needed 1RM is missing.

    `needed` are ids of exercises; all of the plan by default.
    """
    exercises = read_exercises() if exercises is None else exercises
    model = shipped_model() if model is None else model
    some, _ = unique_athletes(athletes)
    tested = sorted({lift for athlete in some for lift in athlete.one_rm_kg})
    program = program_of(plan, exercises, tested, model)
    names = exercises_of(plan, tested)
    people = people_of(
        athletes,
        exercises,
        names,
        horizon_of(plan),
        model,
        needed=exercises_of(plan, ()) if needed is None else needed,
    )
    return Setting(program, people, names, model)


def with_others(setting: Setting, athletes: Sequence[Athlete]) -> Setting:
    """Return a setting with other persons, whose measured lifts are the same."""
    n_weeks = setting.program.plan["horizon"]
    exercises, names = read_exercises(), setting.exercises
    people = people_of(athletes, exercises, names, n_weeks, setting.model, needed=())
    return setting._replace(people=people)


def trace(
    setting: Setting,
    *,
    row: int = 0,
    seed: int = 0,
    person: int = 0,
    noise: bool = True,
    script: Mapping[str, np.ndarray] | None = None,
    is_compiled: bool = False,
) -> Trace:
    """Let one person live through a plan and keep everything.

    Parameters
    ----------
    setting : Setting
        Plan, persons and constants.
    who : int, default 0
        Row of the person.
    seed, person : int, default 0
        With the day and the channel they make the random numbers.
    noise : bool, default True
        Whether there are any.
    script : Mapping[str, numpy.ndarray], optional
        Observations by day that replace the person's own; see `_state.SCRIPT`.
    is_compiled : bool, default False
        Whether to use machine code. Default: plain Python, which needs no compiler.
    """
    extra_weeks = int(setting.model["rule_extra_sets"])
    log = _full_log(setting.program, extra_weeks)
    run = _run_state(setting, row, log, seed=seed, person=person, noise=noise)
    run = run._replace(script=_script(script, setting.program.plan["horizon"]))
    run = _run(run, is_compiled=is_compiled)
    count = run.log.count
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
    first_person: int = 0,
    noise: bool = True,
    is_compiled: bool = True,
) -> np.ndarray:
    """Let all persons of a setting live through the plan; keep their weeks alone.

    Returns
    -------
    numpy.ndarray
        [person, week, column]: see `outcomes.WEEK_COLUMNS`; missing once the plan is
        done.
    """
    program, people = setting.program, setting.people
    weeks = np.full(
        (len(people.persons), program.plan["horizon"], len(WEEK_COLUMNS)), np.nan
    )
    if is_compiled:
        run = _run_state(setting, 0, _short_log(), seed=seed, person=0, noise=noise)
        compiled(simulate_all)(run, *people, weeks, first_person)
        return weeks
    for row in range(len(weeks)):
        log = _short_log()._replace(weeks=weeks[row])
        person = first_person + row
        run = _run_state(setting, row, log, seed=seed, person=person, noise=noise)
        _run(run, is_compiled=False)
    return weeks


def _run(run: RunState, *, is_compiled: bool) -> RunState:
    """Run one life; return it, with the counts of its log."""
    if is_compiled:
        # The same machine code as for many: compiling takes seconds.
        one = (run.athlete, run.strengths, run.events, run.log.weeks)
        one = (np.asarray(part)[np.newaxis] for part in one)
        compiled(simulate_all)(run, *one, run.person)
        return run._replace(log=run.log._replace(count=plain(run.log.count)))
    run = plain(run)
    simulate_days(run)
    return run


def _run_state(
    setting: Setting, row: int, log: Log, *, seed: int, person: int, noise: bool
) -> RunState:
    """Return the life of one person before its first morning."""
    program, people = setting.program, setting.people
    n_slots, n_lifts = len(program.slots), len(program.exercises)
    return RunState(
        *program,
        athlete=people.persons[row],
        strengths=people.strengths[row],
        events=people.events[row],
        model=setting.model,
        seed=seed,
        person=person,
        is_noisy=noise,
        script=np.empty((0, len(SCRIPT))),
        body=np.zeros(1, BODY)[0],
        muscles=np.zeros((N_MUSCLES, 2), MUSCLE),
        lifts=np.zeros(n_lifts, LIFT),
        observed=np.zeros(1, OBSERVED)[0],
        slot_states=np.zeros(n_slots, SLOT_STATE),
        e1rm_kg=np.zeros(n_lifts),
        log=log,
    )


def _script(given: Mapping[str, np.ndarray] | None, horizon: int) -> np.ndarray:
    if not given:
        return np.empty((0, len(SCRIPT)))
    script = np.full((horizon * DAYS_PER_WEEK, len(SCRIPT)), np.nan)
    for name, values in given.items():
        script[: len(values), SCRIPT.index(name)] = values
    return script


def _full_log(program: Program, extra_weeks: int) -> Log:
    """Return a log with room for everything that can happen to one person."""
    horizon = program.plan["horizon"]
    n_days = horizon * DAYS_PER_WEEK
    n_sets, n_slots = _most_rows_a_week(program, extra_weeks)
    n_tests = (6 + len(program.exercises)) * int(program.calendar["is_test"].sum())
    n_decisions = 2 * n_slots * horizon + _N_DECISIONS_A_DAY * n_days
    return Log(
        is_kept=True,
        count=np.zeros(1, COUNT)[0],
        sets=np.empty((n_sets * horizon, 13)),
        decisions=np.empty((n_decisions, 26)),
        tests=np.empty((n_tests, 5)),
        days=np.zeros((n_days, 20)),
        muscles=np.zeros((n_days, N_MUSCLES, 2, 4)),
        lifts=np.zeros((n_days, len(program.exercises), 2, 3)),
        weeks=np.full((horizon, len(WEEK_COLUMNS)), np.nan),
    )


def _short_log() -> Log:
    """Return a log that keeps nothing but weeks, which are put in later."""
    none, more = np.empty((0, 0)), np.empty((0, 0, 0, 0))
    count = np.zeros(1, COUNT)[0]
    return Log(False, count, none, none, none, none, more, more, none)


def _most_rows_a_week(program: Program, extra_weeks: int) -> tuple[int, int]:
    """Return the most sets (a row per side) and slots that a week can hold."""
    per_slot = np.maximum(program.slots["n_sets_max"], program.plan["deload_sets"])
    per_slot = per_slot + extra_weeks
    most_sets, most_slots = 0, 0
    for first in program.phases["first_occasion"]:
        n_sets = n_slots = 0
        for span in program.occasions[first[0] : first[-1]]:
            n_sets += int(per_slot[span["first_slot"] : span["end_slot"]].sum())
            n_slots += int(span["end_slot"] - span["first_slot"])
        most_sets, most_slots = max(most_sets, n_sets), max(most_slots, n_slots)
    return 2 * most_sets, most_slots
