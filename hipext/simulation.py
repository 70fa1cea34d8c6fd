"""A plan and a person in, tables out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hipext import metrics
from hipext._answers import assessments_table, capacity_table, with_states
from hipext._assumed import (
    CLOSED_LOOP,
    OPEN_LOOP,
    assumptions_of,
    planned_assessments,
)
from hipext._checks import check_one_of
from hipext._decode import places_of, sets_table
from hipext._explain import explained
from hipext._run import MAX_SEED, Setting, Trace, setting_of, trace
from hipext._sentences import decisions_table
from hipext.athlete import Athlete
from hipext.exercises import read_exercises
from hipext.parameters import parameter, values_in_use
from hipext.plan import Plan
from hipext.response import Banister
from hipext.schedule import check_inputs, expand
from hipext.tables import (
    CAPACITY,
    TRAINING_LOADS,
)


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
    daily = metrics.daily(sets, n_weeks=n_weeks)
    return Curves(
        daily=daily,
        weekly=metrics.weekly_from(sets, daily),
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
