"""Further tasks of the teacher's guide: their keys are derived here."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from hipext.athletes.athlete import FlareUp, read_athlete
from hipext.athletes.population import cohort
from hipext.intensity.relations import pct_1rm
from hipext.metrics.volume import muscle_sets, time_under_tension
from hipext.plans.edits import vary
from hipext.plans.exercises import read_exercises
from hipext.plans.plan_file import read_plan
from hipext.response.models import Banister
from hipext.simulation.simulation import (
    expand_plan,
    open_loop,
    simulate,
    table_files,
    teaching_model,
)
from hipext.studies.comparison import compare, variations
from hipext.studies.trials import person_of, plan_of, read_trials

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TEXT = (NOTEBOOKS / "TEACHING.md").read_text(encoding="utf-8")
TASK = re.compile(r"\*\*(X\d\d\.\d)\*\*.*?\*Key: ([\d.]*\d)", re.DOTALL)
KEYS = dict(TASK.findall(TEXT))
NUMBERS = [f"{number:02}" for number in range(1, 11)]
LEAST_MISCONCEPTIONS = 3
DEADLIFT = "phase.deadlift.session.A.slot.deadlift.progress"


def guide():
    """Return the guide's plan."""
    return read_plan("guide_16wk")


def kim(**changes):
    """Return the shipped novice, changed."""
    return read_athlete("novice").model_copy(update=changes)


def lived(plan, athlete):
    """Return a closed-loop run without chance."""
    return simulate(plan, athlete, noise=False)


def working_sets(plan):
    """Return the working sets of a plan in which every set succeeds."""
    return open_loop(plan, kim()).weekly["working_sets"].sum()


def hamstring_sets(mapping):
    """Return the sets that week 13 of the guide counts for the hamstrings."""
    sets = muscle_sets(open_loop(guide(), kim()).sets, mapping=mapping)
    rows = sets[(sets["week"] == 13) & (sets["muscle"] == "hamstrings")]
    return rows["sets"].item()


def after_one_session(model):
    """Return the response to one day of training and many of rest."""
    return model.respond(pd.Series([100.0] + [0.0] * 100))


def person_of_notebook_9():
    """Return the model that the person of notebook 9 is."""
    return Banister(
        baseline=100,
        fitness_gain=0.02,
        fitness_tau=42,
        fatigue_gain=0.05,
        fatigue_tau=8,
    )


def light_weeks_with(*weeks):
    """Return how many weeks are light if the back flares up in some."""
    flares = tuple(FlareUp(week=week, pain=7) for week in weeks)
    return lived(guide(), kim(flare_ups=flares)).weekly["is_deload"].sum()


def change_for_novices(knob, values, outcome):
    """Return the mean change of an outcome in 40 novices, first value less second."""
    scenarios = variations(guide(), {knob: values})
    found = compare(scenarios, cohort(40, "novices", seed=0), progress=False)
    rows = found.differences.set_index(["scenario", "outcome"])["difference"]
    return rows[f"{knob} = {values[0]}", outcome]


def gain_of_the_untrained():
    """Return the deadlift gain of the trial kept aside if its people were untrained."""
    arm = {trial.id: trial for trial in read_trials()}["tjosvoll2020"].arm[0]
    person = person_of(arm).model_copy(update={"training_status": "untrained"})
    capacity = lived(plan_of(arm.plan), person).capacity
    rows = capacity[(capacity["exercise"] == "deadlift") & (capacity["day"] == 111)]
    return 100 * (rows["capacity"].mean() - 1)


DERIVED = {
    "X01.1": lambda: working_sets(read_plan("maintenance_2day_13wk")),
    "X01.2": lambda: working_sets(vary(guide(), {"deload.sets_fraction": 1})),
    "X02.1": lambda: sum(
        one.dominant_joint == "hip" for one in read_exercises().values()
    ),
    "X02.2": lambda: sum(
        "dumbbell_romanian_deadlift" in one.prerequisites
        for one in read_exercises().values()
    ),
    "X03.1": lambda: pct_1rm(5 + 3, relation="epley"),
    "X03.2": lambda: time_under_tension(
        expand_plan(read_plan("deadlift_5x5_10wk"), kim()).query("week == 1")
    ).sum(),
    "X04.1": lambda: len(lived(guide(), read_athlete("desk_worker")).weekly),
    "X04.2": lambda: expand_plan(
        vary(read_plan("deadlift_5x5_10wk"), {f"{DEADLIFT}.every_sessions": 2}), kim()
    )["load_kg"].iloc[-1],
    "X05.1": lambda: (
        100
        * open_loop(read_plan("maintenance_2day_13wk"), kim())
        .weekly["unilateral_share"]
        .min()
    ),
    "X05.2": lambda: hamstring_sets("fractional") - hamstring_sets("primary"),
    "X06.1": lambda: (
        after_one_session(replace(teaching_model(), fatigue_tau=14))["performance"] > 0
    ).idxmax(),
    "X06.2": lambda: (
        100
        * after_one_session(teaching_model())["fatigue"]
        .loc[[1, 15]]
        .pct_change()
        .add(1)[15]
    ),
    "X07.1": lambda: (
        lived(
            guide(),
            kim(recovery=kim().recovery.model_copy(update={"sleep_h": 6.0})),
        )
        .daily["soreness"]
        .mean()
    ),
    "X07.2": lambda: light_weeks_with(6, 8),
    "X08.1": lambda: change_for_novices("sessions_a_week", [2, 3], "weeks"),
    "X08.2": lambda: -change_for_novices("deload_every", [2, 4], "strength_pct"),
    "X09.1": lambda: (
        after_one_session(person_of_notebook_9())["performance"] > 100
    ).idxmax(),
    "X09.2": lambda: (
        person_of_notebook_9().respond(pd.Series([60.0] * 2000))["fitness"].iloc[-1]
    ),
    "X10.1": lambda: len(table_files(open_loop(guide(), kim()))),
    "X10.2": gain_of_the_untrained,
}


@pytest.mark.parametrize("task", DERIVED)
def test_key_of_a_further_task_is_derived(task):
    n_decimals = len(KEYS[task].partition(".")[2])
    assert round(float(DERIVED[task]()), n_decimals) == float(KEYS[task])


def test_every_further_task_has_a_derivation():
    assert sorted(KEYS) == sorted(DERIVED)


def test_every_notebook_has_two_further_tasks():
    assert sorted(KEYS) == [f"X{number}.{n}" for number in NUMBERS for n in (1, 2)]


def sections():
    """Return the part of the guide about each notebook by its number."""
    parts = re.split(r"^## (\d\d) ·", TEXT, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_notebook_has_its_part_in_order():
    assert list(sections()) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_part_names_goals_timing_and_misconceptions(number):
    part = sections()[number]
    wrong = part.partition("**What students predict wrongly**")[2]
    wrong = wrong.partition("**Further tasks**")[0]
    assert "**Goals**" in part
    assert "**Timing**" in part
    assert len(re.findall(r"^- \*", wrong, re.MULTILINE)) >= LEAST_MISCONCEPTIONS


@pytest.mark.parametrize("number", NUMBERS)
def test_sections_that_are_timed_are_in_the_notebook(number):
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    timing = sections()[number].partition("**Timing**")[2].splitlines()[0]
    named = re.findall(r"\*([^*]+)\* \d+", timing)
    text = path.read_text(encoding="utf-8")
    assert named
    assert [one for one in named if f"## {one}" not in text] == []


def test_course_lists_every_notebook_with_its_title():
    lines = (NOTEBOOKS / "README.md").read_text(encoding="utf-8").splitlines()
    listed = [re.match(r"\| \[\d\d\]\((.+?)\) \| (.+?) \|", line) for line in lines]
    paths = sorted(NOTEBOOKS.glob("[01][0-9]_*.ipynb"))[1:]  # but the template
    titles = [re.search(r"# \d+ · (.+?)\\n", path.read_text("utf-8")) for path in paths]
    expected = [(p.name, t[1]) for p, t in zip(paths, titles, strict=True)]
    assert [found.groups() for found in listed if found] == expected
