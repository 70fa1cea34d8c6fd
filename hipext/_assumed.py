"""What a run takes for granted, and the tests that it plans."""

from collections.abc import Iterator, Sequence

import pandas as pd

from hipext.athlete import Athlete, one_rm_of
from hipext.exercises import read_exercises
from hipext.parameters import parameter_table
from hipext.plan import Plan
from hipext.tables import ASSESSMENTS, DAYS_PER_WEEK, Column, Table
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
OPEN_LOOP = (
    "Every set succeeds as asked; nobody gets sore, ill or tired of it.",
    "Gates between phases are open; no signal brings a deload forward.",
    "A completed set raises the estimated 1RM if it implies more: a hope, no forecast.",
)
CLOSED_LOOP = (
    "The person's states follow a model; its constants are listed here.",
    "Rules see reported pain, soreness and effort, rated technique and tests alone.",
    "A closed gate keeps a phase going, at most as long as the plan allows.",
)


def planned_assessments(plan: Plan, athlete: Athlete) -> pd.DataFrame:
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


def assumptions_of(
    plan: Plan, athlete: Athlete, sets: pd.DataFrame, statements: Sequence[str]
) -> pd.DataFrame:
    exercises = read_exercises()
    rows = [("plan", statement, "", "") for statement in plan.assumptions]
    rows += [("plan", statement, "", "") for statement in statements]
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
    constants = parameter_table()
    is_used = ~constants["id"].str.startswith("population.")  # one person, none drawn
    for row in constants[is_used & (constants["kind"] == "assumption")].itertuples():
        rows.append(("model", row.meaning, f"{row.value:g} {row.unit}", row.source))
    return ASSUMPTIONS.from_rows(rows)
