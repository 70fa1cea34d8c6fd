"""A plan and a person in, tables out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hipext.athletes.athlete import Athlete
from hipext.files.checks import check_one_of
from hipext.files.io import csv_bytes, write_files
from hipext.files.parameters import parameter, values_in_use
from hipext.files.records import INPUTS_OF_RUN, record_bytes, record_of
from hipext.files.tables import CAPACITY, TRAINING_LOADS
from hipext.metrics import volume
from hipext.plans.exercises import read_exercises
from hipext.plans.plan import Plan
from hipext.response.models import Banister
from hipext.simulation.explanations import decisions_table, explained
from hipext.simulation.log_tables import (
    assessments_table,
    capacity_table,
    places_of,
    sets_table,
    with_states,
)
from hipext.simulation.run import MAX_SEED, Setting, Trace, setting_of, trace
from hipext.simulation.schedule import (
    CLOSED_LOOP,
    OPEN_LOOP,
    assumptions_of,
    check_inputs,
    expand,
    planned_assessments,
)

TABLES = (
    "sets",
    "daily",
    "weekly",
    "decisions",
    "assessments",
    "response",
    "assumptions",
)
CLOSED_LOOP_TABLES = (*TABLES, "capacity")
ALL_FILES = (*(f"{name}.csv" for name in CLOSED_LOOP_TABLES), "record.json")


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """A plan as a person goes through it: inputs and tables.

    Attributes
    ----------
    plan, athlete : Plan, Athlete
        What went in.
    mode : {"closed_loop", "open_loop"}
        Whether the person answers back, or every set is assumed to succeed.
    seed, noise : int, bool
        Of the random numbers; 0 and False in the open loop, which has none.
    training_load : str
        Definition of the load that drives ``response``.
    sets, daily, weekly, decisions, assessments, response : pandas.DataFrame
        What came out; columns and units are in `tables`. ``response`` has the same
        days as ``daily``.
    assumptions : pandas.DataFrame
        Everything that was assumed on the way (`ASSUMPTIONS`).
    parameters : Mapping[str, float]
        The constants that were in use, by id.
    capacity : pandas.DataFrame
        What either side can lift, day by day (`tables.CAPACITY`); no rows in the open
        loop.

    Notes
    -----
    In the closed loop ``daily`` has the columns of `tables.DAILY_STATES` besides, and
    ``weekly`` those of `tables.WEEKLY_STATES`.
    """

    plan: Plan
    athlete: Athlete
    mode: str
    seed: int
    noise: bool
    training_load: str
    parameters: Mapping[str, float]
    sets: pd.DataFrame
    daily: pd.DataFrame
    weekly: pd.DataFrame
    decisions: pd.DataFrame
    assessments: pd.DataFrame
    response: pd.DataFrame
    assumptions: pd.DataFrame
    capacity: pd.DataFrame

    def explain(self, *, week: int) -> str:
        """Return what happened in a week and why, as text.

        Parameters
        ----------
        week : int
            Week, from 1.

        Raises
        ------
        ValueError
            If the run has no such week.
        """
        n_weeks = len(self.weekly)
        if not 1 <= week <= n_weeks:
            raise ValueError(f"week must be 1 to {n_weeks}; got {week}.")
        return explained(self.weekly, self.decisions, week=week)


def table_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the tables of a run as CSV by file name."""
    is_open = simulation.mode == "open_loop"
    names = TABLES if is_open else CLOSED_LOOP_TABLES
    tables = {name: getattr(simulation, name) for name in names}
    tables["response"] = simulation.response.reset_index()  # its day
    return {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}


def record_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the files of a record by name: one CSV per table, and ``record.json``.

    Parameters
    ----------
    simulation : Simulation
        A finished run.

    Returns
    -------
    dict of str to bytes
        The same for the same plan, person, load, mode, seed, noise, constants, code
        and versions; no clock, no path.
    """
    files = table_files(simulation)
    inputs = {name: getattr(simulation, name) for name in INPUTS_OF_RUN}
    for name in ("plan", "athlete"):
        inputs[name] = inputs[name].model_dump(mode="json", exclude_unset=True)
    return files | {"record.json": record_bytes(record_of("run", inputs, files))}


def write_record(simulation: Simulation, folder: str | Path) -> list[Path]:
    """Write the tables of a run and ``record.json`` into a folder.

    Parameters
    ----------
    simulation : Simulation
        A finished run.
    folder : str or Path
        Made if it is not there; other files in it are left alone.

    Returns
    -------
    list of Path
        The files written.
    """
    return write_files(record_files(simulation), folder)


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves:
    """What follows from a sets table: its daily and weekly table and the response."""

    daily: pd.DataFrame
    weekly: pd.DataFrame
    response: pd.DataFrame


def open_loop(
    plan: Plan, athlete: Athlete, *, training_load: str = "session_rpe"
) -> Simulation:
    """Go through a plan with every set assumed to succeed.

    Nothing in it is random. The person does not answer back: pain, missed sessions,
    failed sets and the gates between phases are left out.

    Parameters
    ----------
    plan : Plan
        A checked plan, as `read_plan` returns it.
    athlete : Athlete
        The person, as `read_athlete` returns it.
    training_load : str, default "session_rpe"
        Definition of the load that drives the response; one of
        `tables.TRAINING_LOADS`.

    Returns
    -------
    Simulation

    Raises
    ------
    ValueError
        If a 1RM is missing, or there is no such definition of load.
    """
    expansion = expand(plan, athlete)
    sets = expansion.sets
    curves = curves_of(sets, n_weeks=plan.n_weeks, training_load=training_load)
    return Simulation(
        plan=plan,
        athlete=athlete,
        mode="open_loop",
        seed=0,
        noise=False,
        training_load=training_load,
        parameters=values_in_use(),
        sets=sets,
        daily=curves.daily,
        weekly=curves.weekly,
        decisions=expansion.decisions,
        assessments=planned_assessments(plan, athlete),
        response=curves.response,
        assumptions=assumptions_of(plan, athlete, sets, OPEN_LOOP),
        capacity=CAPACITY.from_rows([]),
    )


def simulate(
    plan: Plan,
    athlete: Athlete,
    *,
    seed: int = 0,
    noise: bool = True,
    training_load: str = "session_rpe",
) -> Simulation:
    """Let a person go through a plan and answer back.

    Sets can fail, soreness and pain come and go, strength and technique grow; the
    plan's rules see what a coach would see (completed sets, reported effort, pain and
    soreness, rated technique, tests) and decide, with a reason for every decision.

    Parameters
    ----------
    plan : Plan
        A checked plan, as `read_plan` returns it.
    athlete : Athlete
        The person, as `read_athlete` returns it.
    seed : int, default 0
        Of the random numbers: 0 to 2**63 - 1. The same seed is the same person on the
        same days, whatever the plan.
    noise : bool, default True
        Whether days, reports and measurements vary by chance.
    training_load : str, default "session_rpe"
        Definition of the load that drives the response; one of
        `tables.TRAINING_LOADS`.

    Returns
    -------
    Simulation
        Of as many weeks as it took: closed gates make a plan longer.

    Raises
    ------
    ValueError
        If a 1RM is missing, the seed is out of range, or there is no such definition
        of load.

    Notes
    -----
    Plain Python does it, with or without a compiler, so that every machine makes the
    same bytes. The constants are assumptions where they are not measured; see
    `parameters.parameter_table`. States are those of a model, never a claim about a
    person.

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
    kept = trace(setting, seed=seed, noise=noise)
    return told(
        plan,
        athlete,
        setting,
        kept,
        seed=seed,
        noise=noise,
        training_load=training_load,
    )


def told(
    plan: Plan,
    athlete: Athlete,
    setting: Setting,
    kept: Trace,
    *,
    seed: int,
    noise: bool,
    training_load: str = "session_rpe",
) -> Simulation:
    """Return what the day loop kept of one person as tables and sentences."""
    places = places_of(plan, read_exercises())
    sets = sets_table(plan, setting, kept, places)
    n_weeks = len(kept.weeks)
    curves = curves_of(sets, n_weeks=n_weeks, training_load=training_load)
    daily, weekly = with_states(curves.daily, curves.weekly, plan, setting, kept)
    return Simulation(
        plan=plan,
        athlete=athlete,
        mode="closed_loop",
        seed=seed,
        noise=noise,
        training_load=training_load,
        parameters=values_in_use(),
        sets=sets,
        daily=daily,
        weekly=weekly,
        decisions=decisions_table(plan, setting, kept, places),
        assessments=assessments_table(setting, kept),
        response=curves.response,
        assumptions=assumptions_of(plan, athlete, sets, CLOSED_LOOP),
        capacity=capacity_table(setting, kept),
    )


def check_seed(seed: int) -> None:
    """Raise ValueError if a seed is not a whole number that random numbers take."""
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(
            f"seed must be a whole number; got {seed!r}. Write 0, 1, 2, ..."
        )
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed must be 0 to {MAX_SEED}; got {seed}.")


def curves_of(
    sets: pd.DataFrame, *, n_weeks: int, training_load: str = "session_rpe"
) -> Curves:
    """Return the daily and weekly table of `sets`, and the response to their load."""
    check_one_of(training_load, TRAINING_LOADS, name="training_load")
    daily = volume.daily(sets, n_weeks=n_weeks)
    return Curves(
        daily=daily,
        weekly=volume.weekly_from(sets, daily),
        response=teaching_model().respond(daily.set_index("day")[training_load]),
    )


def teaching_model() -> Banister:
    """Return the impulse-response model with the shipped constants.

    They are conventions and assumptions, good for showing shapes; see
    `parameters.parameter_table` for value, unit, range, kind and source of each.
    """
    names = (
        "baseline",
        "fitness_gain",
        "fitness_tau",
        "fatigue_gain",
        "fatigue_tau",
    )
    return Banister(**{name: parameter(f"banister.{name}") for name in names})
