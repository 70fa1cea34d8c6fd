"""A plan and a person in, tables out."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from hipext import metrics
from hipext._checks import check_one_of
from hipext.athlete import Athlete, one_rm_of
from hipext.exercises import read_exercises
from hipext.parameters import parameter, parameter_table
from hipext.plan import Plan
from hipext.response import Banister
from hipext.schedule import expand
from hipext.tables import (
    ASSESSMENTS,
    DAYS_PER_WEEK,
    TRAINING_LOADS,
    Column,
    Table,
)
from hipext.timetable import occasions_of

ASSUMPTIONS = Table(
    "assumptions",
    "one thing that was assumed",
    (
        Column("where", "str", "", "plan, person, catalogue or model"),
        Column("what", "str", "", "name of the quantity, or the statement itself"),
        Column("value", "str", "", "value with its unit; empty for a statement"),
        Column("source", "str", "", "evidence row of a convention; empty for none"),
    ),
)
_SIDED = {
    "hip_extension_range": ("hip_extension_deg", "deg"),
    "single_leg_bridge": ("single_leg_bridge_reps", "reps"),
}
_WHOLE = {
    "biering_sorensen": ("biering_sorensen_s", "s"),
    "technique_rating": ("technique", "0-1"),
}
_OPEN_LOOP = (
    "Every set succeeds as asked; nobody gets sore, ill or tired of it.",
    "Gates between phases are open; no signal brings a deload forward.",
    "A completed set raises the estimated 1RM if it implies more: a hope, no forecast.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """A plan as a person goes through it: inputs and tables.

    Attributes
    ----------
    plan, athlete : Plan, Athlete
        What went in.
    training_load : str
        Definition of the load that drives ``response``.
    sets, daily, weekly, decisions, assessments, response : pandas.DataFrame
        What came out; columns and units are in `tables`. ``response`` has the same
        days as ``daily``.
    assumptions : pandas.DataFrame
        Everything that was assumed on the way (`ASSUMPTIONS`).
    """

    plan: Plan
    athlete: Athlete
    training_load: str
    sets: pd.DataFrame
    daily: pd.DataFrame
    weekly: pd.DataFrame
    decisions: pd.DataFrame
    assessments: pd.DataFrame
    response: pd.DataFrame
    assumptions: pd.DataFrame


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
        training_load=training_load,
        sets=sets,
        daily=curves.daily,
        weekly=curves.weekly,
        decisions=expansion.decisions,
        assessments=_assessments(plan, athlete),
        response=curves.response,
        assumptions=_assumptions(plan, athlete, sets),
    )


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


def _assessments(plan: Plan, athlete: Athlete) -> pd.DataFrame:
    """Return the planned tests: values at the start, missing where not simulated."""
    if plan.assessment is None:
        return ASSESSMENTS.from_rows([])
    every = plan.assessment.every_weeks
    first_day = {}
    for occasion in occasions_of(plan):
        first_day.setdefault(occasion.week.number, occasion.day)
    rows = []
    for week in range(1, plan.n_weeks + 1):
        regular = week == 1 or (every > 0 and (week - 1) % every == 0)
        if regular or week in plan.assessment.weeks:
            day = first_day.get(week, (week - 1) * DAYS_PER_WEEK)
            for test in plan.assessment.tests:
                for subject, side, value, unit in _baseline(test, athlete):
                    known = value if week == 1 else None
                    rows.append((week, day, test, subject, side, known, unit))
    return ASSESSMENTS.from_rows(rows)


def _baseline(test: str, athlete: Athlete) -> Iterator[tuple[str, str, float, str]]:
    """Yield subject, side, value and unit of what a test would have shown before."""
    if test in _SIDED:
        field, unit = _SIDED[test]
        for side in ("left", "right"):
            yield "", side, getattr(getattr(athlete, field), side), unit
    elif test in _WHOLE:
        field, unit = _WHOLE[test]
        yield "", "both", getattr(athlete, field), unit
    else:
        for lift, one_rm_kg in athlete.one_rm_kg.items():
            yield lift, "both", one_rm_kg, "kg"


def _assumptions(plan: Plan, athlete: Athlete, sets: pd.DataFrame) -> pd.DataFrame:
    exercises = read_exercises()
    rows = [("plan", statement, "", "") for statement in plan.assumptions]
    rows += [("plan", statement, "", "") for statement in _OPEN_LOOP]
    for name in sets["exercise"].unique():
        if exercises[name].is_loaded:
            one_rm = one_rm_of(athlete, name, exercises)
            if not one_rm.is_measured:
                what = f"1RM of {exercises[name].name}, from {one_rm.basis}"
                rows.append(("person", what, f"{one_rm.kg:.1f} kg", ""))
    for name in sets["exercise"].unique():
        share = exercises[name].body_mass_share
        if share > 0:
            what = f"share of body mass lifted in {exercises[name].name}"
            rows.append(("catalogue", what, f"{share:g}", ""))
    for row in parameter_table().query("kind == 'assumption'").itertuples():
        rows.append(("model", row.meaning, f"{row.value:g} {row.unit}", row.source))
    return ASSUMPTIONS.from_rows(rows)
