"""Simulate a plan for an athlete: sets, daily and weekly tables, decisions, record."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hipext.athletes.athlete import Athlete, one_rm_of
from hipext.files.checks import InputError, PlanError, check_one_of
from hipext.files.io import csv_bytes, write_files
from hipext.files.parameters import parameter, parameter_table, values_in_use
from hipext.files.records import INPUTS_OF_RUN, record_bytes, record_of
from hipext.files.tables import CAPACITY, TRAINING_LOADS, table_of
from hipext.metrics import volume
from hipext.plans.exercises import Exercise, read_exercises
from hipext.plans.plan import Plan
from hipext.response.models import Banister
from hipext.simulation import log_tables
from hipext.simulation.arrays import open_loop_of, slots_in_order
from hipext.simulation.explanations import decisions_table, explained
from hipext.simulation.run import MAX_SEED, Setting, Trace, setting_of, trace

TABLES = ("sets", "daily", "weekly", "decisions", "assessments", "response")
TABLES += ("assumptions",)
CLOSED_LOOP_TABLES = (*TABLES, "capacity")
ALL_FILES = (*(f"{name}.csv" for name in CLOSED_LOOP_TABLES), "record.json")
ASSUMPTIONS = table_of(
    "assumptions",
    "one thing that was assumed",
    """
    where | str | | plan, athlete, catalogue or model
    what | str | | name of the quantity, or the statement itself
    value | str | | value with its unit; empty for a statement
    source | str | | evidence row of a convention; empty for none
    """,
)
STATEMENTS = {  # of a mode
    "open_loop": (
        "Every set succeeds as asked; there is no soreness, pain, illness or fatigue.",
        "Gates between phases are open; no signal brings a deload forward.",
        "A completed set raises the estimated 1RM if it implies a higher one; this is "
        "optimistic and not a prediction.",
    ),
    "closed_loop": (
        "The athlete's states follow a model; its constants are listed here.",
        "Rules see only reported pain, soreness and effort, rated technique and tests.",
        "A closed gate extends a phase, at most as long as the plan allows.",
    ),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """A simulated plan: its inputs and tables.

    Columns and units of its tables are in `tables`. In the closed loop performance,
    pain and fatigue feed back into the plan; in the open loop every set succeeds.
    """

    plan: Plan
    athlete: Athlete
    mode: str  # "closed_loop" or "open_loop"
    seed: int  # 0 in the open loop, which has no random numbers
    noise: bool
    training_load: str  # definition of the load that drives `response`
    parameters: Mapping[str, float]  # constants in use, by id
    sets: pd.DataFrame
    daily: pd.DataFrame  # in the closed loop also with `tables.DAILY_STATES`
    weekly: pd.DataFrame  # in the closed loop also with `tables.WEEKLY_STATES`
    decisions: pd.DataFrame
    assessments: pd.DataFrame
    response: pd.DataFrame  # of the days of `daily`
    assumptions: pd.DataFrame  # everything that was assumed (`ASSUMPTIONS`)
    capacity: pd.DataFrame  # of either side, by day; no rows in the open loop

    def explain(self, *, week: int) -> str:
        """Return what happened in a week, counted from 1, and why, as text."""
        n_weeks = len(self.weekly)
        if not 1 <= week <= n_weeks:
            raise InputError(f"week must be 1 to {n_weeks}; got {week}.")
        return explained(self.weekly, self.decisions, week=week)


def simulate(
    plan: Plan,
    athlete: Athlete,
    *,
    seed: int = 0,
    noise: bool = True,
    training_load: str = "session_rpe_load",
) -> Simulation:
    """Simulate a plan in the closed loop: performance and pain feed back into it.

    Sets can fail, soreness and pain rise and fall, strength and technique improve. The
    plan's rules see what a coach would see (completed sets, reported effort, pain and
    soreness, rated technique, tests) and decide, with a reason for every decision.

    Parameters
    ----------
    plan : a checked plan, as `read_plan` returns it
    athlete : as `read_athlete` returns it
    seed : int
        Of the random numbers: 0 to 2**63 - 1. The same seed is the same athlete on the
        same days, whatever the plan.
    noise : whether days, reports and measurements vary by chance
    training_load : the load that drives the response, one of `tables.TRAINING_LOADS`

    Returns
    -------
    Simulation
        Of as many weeks as it took: closed gates make a plan longer.

    Raises
    ------
    InputError
        If a 1RM is missing, the seed is out of range, or there is no such load.

    Notes
    -----
    It runs in plain Python, with or without a compiler, so that every machine makes
    the same bytes. Constants that are not measured are assumptions; see
    `parameters.parameter_table`. States are those of a model and say nothing about a
    real person.

    Examples
    --------
    >>> from hipext import read_athlete, read_plan, simulate
    >>> done = simulate(read_plan("deadlift_5x5_10wk"), read_athlete("novice"))
    >>> len(done.weekly)
    10
    """
    check_inputs(plan, athlete)
    check_one_of(training_load, TRAINING_LOADS, name="training_load")
    check_seed(seed)
    setting = setting_of(plan, [athlete])
    chance = {"seed": seed, "noise": noise}
    run = trace(setting, **chance)
    options = {"training_load": training_load, **chance}
    return simulation_of(plan, athlete, setting, run, **options)


def open_loop(
    plan: Plan, athlete: Athlete, *, training_load: str = "session_rpe_load"
) -> Simulation:
    """Simulate a plan in the open loop: every set succeeds as asked for.

    Nothing is random, and nothing feeds back: pain, missed sessions, failed sets,
    ladders and the gates between phases are left out.

    Parameters
    ----------
    plan, athlete, training_load : as in `simulate`

    Raises
    ------
    InputError
        If a 1RM is missing or below a load that the plan gives in kg, or there is no
        such load.
    """
    check_one_of(training_load, TRAINING_LOADS, name="training_load")
    setting, run = _open_loop_run(plan, athlete, read_exercises())
    options = {"seed": 0, "noise": False, "training_load": training_load}
    return simulation_of(plan, athlete, setting, run, **options)


def expand_plan(
    plan: Plan, athlete: Athlete, *, exercises: Mapping[str, Exercise] | None = None
) -> pd.DataFrame:
    """Return the sets of a plan in the open loop: every set succeeds as asked for.

    Every set of every session is a row, one per side where an exercise is unilateral.
    Loads follow from the 1RM, the progression rules and the deloads, and are rounded
    last.

    Parameters
    ----------
    plan, athlete : as in `simulate`
    exercises : the catalogue; by default the shipped one

    Returns
    -------
    pandas.DataFrame
        Sets table (columns and units: `tables.SETS`), in the order performed.

    Raises
    ------
    InputError
        If a 1RM is missing or below a load that the plan gives in kg.

    Notes
    -----
    A deload keeps a share of the sets and of the load last lifted, and pauses every
    rule, so that the plan continues afterwards where it was. A new phase derives its
    loads from the highest 1RM that the completed sets imply by then. As every set is
    assumed to succeed, this 1RM is optimistic and not a prediction.

    Examples
    --------
    >>> from hipext import expand_plan, read_athlete, read_plan
    >>> sets = expand_plan(read_plan("deadlift_5x5_10wk"), read_athlete("novice"))
    >>> len(sets), sets["reps"].unique().tolist()
    (100, [5])
    """
    exercises = read_exercises() if exercises is None else exercises
    setting, run = _open_loop_run(plan, athlete, exercises)
    return log_tables.sets_table(
        plan, setting, run, log_tables.places_of(plan, exercises)
    )


def check_inputs(plan: Plan, athlete: Athlete) -> None:
    """Raise TypeError if a plan or an athlete is not what was read from a file."""
    for name, value, kind in (("plan", plan, Plan), ("athlete", athlete, Athlete)):
        if not isinstance(value, kind):
            raise TypeError(
                f"{name} must be what read_{name}() returns; got {value!r}. "
                f"Write read_{name}({value!r})."
            )


def check_seed(seed: int) -> None:
    """Raise InputError if a seed is not a whole number that random numbers take."""
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(
            f"seed must be a whole number; got {seed!r}. Write 0, 1, 2, ..."
        )
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed must be 0 to {MAX_SEED}; got {seed}.")


def _open_loop_run(
    plan: Plan, athlete: Athlete, exercises: Mapping[str, Exercise]
) -> tuple[Setting, Trace]:
    """Return a run of the open loop; PlanError unless all loads are below the 1RM."""
    check_inputs(plan, athlete)
    # A 1RM is needed for external loads alone: effort without a load is not simulated.
    loads_kg = [
        (slot.scheme.load_kg or 0.0, slot.exercise)
        for *_, slots in slots_in_order(plan)
        for slot in slots
        if exercises[slot.exercise].is_loaded
    ]
    # The heaviest load that the plan gives in kg comes last, and stays.
    heaviest_kg = {name: load_kg for load_kg, name in sorted(loads_kg)}
    setting = setting_of(plan, [athlete], exercises=exercises, needed=heaviest_kg)
    # No set fails in the open loop, so a load that cannot be lifted is refused here.
    faults = []
    for name, load_kg in sorted(heaviest_kg.items()):
        one_rm = one_rm_of(athlete, name, exercises)
        if load_kg > one_rm.kg:
            faults.append(
                f"{name}: the plan asks for {load_kg:g} kg, above the 1RM of "
                f"{one_rm.kg:g} kg ({one_rm.basis}). Write less, or another 1RM."
            )
    if faults:
        raise PlanError(athlete.name, faults)
    setting = setting._replace(plan=open_loop_of(setting.plan))
    return setting, trace(setting, noise=False)


def simulation_of(
    plan: Plan,
    athlete: Athlete,
    setting: Setting,
    run: Trace,
    *,
    seed: int,
    noise: bool,
    training_load: str = "session_rpe_load",
) -> Simulation:
    """Return the log of the day loop for one athlete as tables and sentences."""
    is_open = bool(setting.plan.plan["is_open_loop"])
    mode = "open_loop" if is_open else "closed_loop"
    places = log_tables.places_of(plan, read_exercises())
    sets = log_tables.sets_table(plan, setting, run, places)
    # Extensions by closed gates make a run longer than its plan.
    daily = volume.daily(sets, n_weeks=len(run.weeks))
    weekly = volume.weekly_from(sets, daily)
    response = teaching_model().respond(daily.set_index("day")[training_load])
    assessments = log_tables.assessments_table(setting, run)
    if is_open:
        # Only the values before the plan are known: later ones are not simulated.
        is_first = assessments["week"] == 1
        assessments["value"] = assessments["value"].where(is_first)
        capacity = CAPACITY.from_rows([])
    else:
        daily, weekly = log_tables.with_states(daily, weekly, plan, setting, run)
        capacity = log_tables.capacity_table(setting, run)
    return Simulation(
        plan=plan,
        athlete=athlete,
        mode=mode,
        seed=seed,
        noise=noise,
        training_load=training_load,
        parameters=values_in_use(),
        sets=sets,
        daily=daily,
        weekly=weekly,
        decisions=decisions_table(plan, setting, run, places),
        assessments=assessments,
        response=response,
        assumptions=_assumptions(plan, athlete, sets, mode),
        capacity=capacity,
    )


def _assumptions(
    plan: Plan, athlete: Athlete, sets: pd.DataFrame, mode: str
) -> pd.DataFrame:
    """Return everything that was assumed: by the plan, the mode, and for each lift."""
    exercises = read_exercises()
    done = [exercises[name] for name in sets["exercise"].unique()]
    statements = (*plan.assumptions, *STATEMENTS[mode])
    rows = [("plan", statement, "", "") for statement in statements]
    for exercise in (one for one in done if one.is_loaded):
        one_rm = one_rm_of(athlete, exercise.id, exercises)
        if not one_rm.is_measured:
            what = f"1RM of {exercise.name}, from {one_rm.basis}"
            rows.append(("athlete", what, f"{one_rm.kg:.1f} kg", ""))
    for exercise in done:
        if exercise.body_mass_share > 0:
            what = f"share of body mass lifted in {exercise.name}"
            rows.append(("catalogue", what, f"{exercise.body_mass_share:g}", ""))
    constants = parameter_table()
    # One athlete is simulated: what describes a population has no part in it.
    is_used = ~constants["id"].str.startswith("population.")
    for row in constants[is_used & (constants["kind"] == "assumption")].itertuples():
        rows.append(("model", row.meaning, f"{row.value:g} {row.unit}", row.source))
    return ASSUMPTIONS.from_rows(rows)


def teaching_model() -> Banister:
    """Return the impulse-response model with the shipped constants.

    They are conventions and assumptions, good for showing shapes; see
    `parameters.parameter_table` for value, unit, range, kind and source of each.
    """
    ids = [name for name in values_in_use() if name.startswith("banister.")]
    return Banister(**{name.removeprefix("banister."): parameter(name) for name in ids})


def write_record(simulation: Simulation, folder: str | Path) -> list[Path]:
    """Write the tables of a run and ``record.json`` into a folder.

    Parameters
    ----------
    simulation : a finished run
    folder : made if it does not exist; other files in it are left alone

    Returns
    -------
    list of Path
        The files written.
    """
    return write_files(record_files(simulation), folder)


def record_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the files of a record by name: one CSV per table, and ``record.json``.

    They contain no clock time and no path: they are the same for the same plan,
    athlete, load, mode, seed, noise, constants, code and versions.
    """
    files = table_files(simulation)
    inputs = {name: getattr(simulation, name) for name in INPUTS_OF_RUN}
    for name in ("plan", "athlete"):
        inputs[name] = inputs[name].model_dump(mode="json", exclude_unset=True)
    return files | {"record.json": record_bytes(record_of("run", inputs, files))}


def table_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the tables of a run as CSV by file name."""
    names = TABLES if simulation.mode == "open_loop" else CLOSED_LOOP_TABLES
    tables = {name: getattr(simulation, name) for name in names}
    tables["response"] = simulation.response.reset_index()  # with its day
    return {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
