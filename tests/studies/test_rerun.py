"""Comparisons, sweeps and searches are made again from nothing but their record."""

import json

import numpy as np
import pandas as pd
import pytest

from hipext import read_athlete, read_plan
from hipext.athletes.population import Population, cohort
from hipext.files.checks import PlanError
from hipext.files.io import write_files
from hipext.files.parameters import parameters_changed
from hipext.files.records import read_record, record_bytes, record_of
from hipext.plans.edits import vary
from hipext.studies.comparison import (
    compare,
    comparison_files,
    comparison_from_record,
    one_at_a_time,
)
from hipext.studies.reproduction import reproduce
from hipext.studies.scenarios import scenario_of
from hipext.studies.search import find_front, search_tables
from hipext.studies.sweep_file import check_search, check_sweep, inputs_of_study
from hipext.studies.sweeps import sweep

PLAN = read_plan("deadlift_5x5_10wk")
QUESTION = {
    "format": 1,
    "name": "test",
    "plan": "deadlift_5x5_10wk",
    "population": "gym",
    "n_athletes": 9,
    "seed": 2,
    "vary": {"load_step": [0.5, 1.5], "athlete.missed_weeks": [[], [2, 3]]},
}
CHANGES = (
    {},
    {"deload_every": 2},
    {"athlete.missed_weeks": (2, 3), "athlete.attendance": 0.7},
    {"parameter.muscle.gain": 0.01, "load_step": np.float64(1.5)},
)
NOVICE, RUNNER = read_athlete("novice"), read_athlete("runner")
COPY = NOVICE.model_copy(update={"flare_ups": (), "missed_weeks": (4,)})
PEOPLE = {
    "a cohort": cohort(6, "gym", seed=2**63 - 1),
    "a part of a cohort": cohort(90, "novices", seed=4)[50:54],
    "a cohort around a person": cohort(4, Population(name="around one", athlete=COPY)),
    "one person": NOVICE,
    "one person often": [NOVICE] * 4,
    "several persons": [NOVICE, RUNNER, COPY, NOVICE],
    "persons drawn": [*cohort(3, "gym")],
}


def compared(people=NOVICE, **options):
    """Return a comparison of every kind of change."""
    scenarios = [scenario_of(PLAN, changes) for changes in CHANGES]
    return compare(scenarios, people, progress=False, **options)


def written(found, folder):
    """Write a comparison and return its folder."""
    write_files(comparison_files(found), folder)
    return folder


@pytest.mark.parametrize("who", [*PEOPLE])
def test_comparison_is_made_again_for_the_same_athletes(who, tmp_path):
    found = written(compared(PEOPLE[who]), tmp_path)
    assert reproduce(found, progress=False).is_identical


@pytest.mark.parametrize(
    "options",
    [
        {"seeds": (3, 0, 2**63 - 1)},
        {"noise": False},
        {"level": 0.5},
        {"seeds": range(2), "noise": False, "level": 0.9},
    ],
)
def test_comparison_is_made_again_with_its_options(options, tmp_path):
    found = written(compared([NOVICE, RUNNER], **options), tmp_path)
    assert reproduce(found, progress=False).is_identical


def test_comparison_is_made_again_with_the_constants_of_its_record(tmp_path):
    with parameters_changed({"muscle.gain": 0.0, "population.response_cv": 0.1}):
        found = compared(cohort(5))
        files = comparison_files(found)
    assert (
        files["outcomes.csv"] != comparison_files(compared(cohort(5)))["outcomes.csv"]
    )
    write_files(files, tmp_path)
    assert reproduce(tmp_path, progress=False).is_identical


def test_groups_of_a_comparison_are_made_again(tmp_path):
    changes = {"none": [], "mine": [{"load_step": 2}], "yours": [{"rest": 2}]}
    found = one_at_a_time(PLAN, NOVICE, changes=changes, progress=False)
    table = pd.read_csv(written(found, tmp_path) / "differences.csv")
    groups = table.groupby("group")["scenario"].unique().map(list).to_dict()
    assert groups == {"mine": ["load_step = 2"], "yours": ["rest = 2"]}
    assert reproduce(tmp_path, progress=False).is_identical


def test_plans_of_their_own_are_made_again(tmp_path):
    other = vary(read_plan("guide_16wk"), {"deload.every_weeks": 0})
    pair = {"other first": other, "this": PLAN, "this again": PLAN}
    found = compare(pair, NOVICE, progress=False)
    record = read_record(written(found, tmp_path))
    assert [one["plan"] for one in record["scenarios"]] == [1, 2, 2]
    assert len(record["plans"]) == 2
    assert reproduce(tmp_path, progress=False).is_identical


def test_scenarios_of_a_record_are_those_that_were_compared(tmp_path):
    before = compared()
    after = comparison_from_record(read_record(written(before, tmp_path)))
    for one, other in zip(before.scenarios, after.scenarios, strict=True):
        assert (one.name, one.plan) == (other.name, other.plan)


def test_both_engines_make_a_comparison_again(tmp_path):
    folder = written(compared([NOVICE, RUNNER], engine="compiled"), tmp_path)
    again = reproduce(folder, engine="plain", progress=False)
    assert again.is_equal


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (lambda record: record.update(seeds=[1]), "seeds"),
        (lambda record: record.update(noise=False), "noise"),
        (
            lambda record: record["participants"].update(order=[1, 1]),
            "participants: order.2",
        ),
    ],
)
def test_edit_of_a_comparison_is_found_in_its_tables(edit, cause, tmp_path):
    folder = written(compared([NOVICE, RUNNER]), tmp_path)
    record = json.loads((folder / "record.json").read_text())
    edit(record)
    (folder / "record.json").write_bytes(record_bytes(record))
    again = reproduce(folder, progress=False)
    assert not again.is_equal
    assert cause in again.cause


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda record: record["scenarios"][0].update(plan=9), "has plan 9 of "),
        (lambda record: record["scenarios"][0].update(x=9), "'x' is not a known key"),
        (lambda record: record.update(groups={"a": "b"}), "groups has no title for"),
        (
            lambda record: record["participants"].pop("n"),
            "athletes with n or with their",
        ),
        (
            lambda record: record["participants"].update(order=[3]),
            "numbers from 1 to 1",
        ),
        (lambda record: record["participants"].update(athletes=[]), "numbers from 1"),
        (lambda record: record.update(participants={"population": {}}), "with n, seed"),
        (lambda record: record.update(participants=3), "participants: must be a table"),
    ],
)
def test_a_comparison_edited_into_another_form_is_refused(edit, problem, tmp_path):
    folder = written(compared([NOVICE] * 2), tmp_path)
    record = json.loads((folder / "record.json").read_text())
    edit(record)
    (folder / "record.json").write_bytes(record_bytes(record))
    with pytest.raises(PlanError) as error:
        reproduce(folder, progress=False)
    assert problem in str(error.value)


def test_an_impossible_constant_of_a_scenario_is_a_difference(tmp_path):
    folder = written(compared([NOVICE]), tmp_path)
    record = json.loads((folder / "record.json").read_text())
    record["scenarios"][0]["parameters"]["muscle.gain"] = "inf"
    (folder / "record.json").write_bytes(record_bytes(record))
    again = reproduce(folder, progress=False)
    assert not again.is_equal
    assert 'parameters.muscle.gain (as it is) is "inf" in the record' in again.cause


def test_athlete_of_a_part_of_a_cohort_keeps_its_number():
    people = cohort(10, "gym", seed=1)
    whole, part = (compared(one).outcomes for one in (people, people[3:5]))
    assert part["athlete"].unique().tolist() == [4, 5]
    both = whole[whole["athlete"].isin([4, 5])].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, both)


@pytest.mark.parametrize(("weeks", "noise"), [(False, True), (True, False)])
def test_sweep_is_made_again(weeks, noise, tmp_path):
    values = {**QUESTION, "weeks": weeks, "noise": noise}
    sweep(check_sweep(values, source="test"), tmp_path, progress=False)
    again = reproduce(tmp_path, progress=False)
    assert again.is_identical
    assert again.n_tables == 3 + weeks


def test_sweep_is_made_again_with_the_constants_of_its_record(tmp_path):
    spec = check_sweep(QUESTION, source="test")
    with parameters_changed({"muscle.gain": 0.0, "population.response_cv": 0.1}):
        own = sweep(spec, tmp_path / "own", progress=False).summary
    usual = sweep(spec, tmp_path / "usual", progress=False).summary
    assert (own["strength_pct_mean"] < usual["strength_pct_mean"]).all()
    assert reproduce(tmp_path / "own", progress=False).is_identical


def test_search_is_made_again(tmp_path):
    size = {"trials": 6, "generation": 3}
    goals = {"strength_pct": "highest"}
    spec = check_search({**QUESTION, "goals": goals, "search": size}, source="test")
    with parameters_changed({"muscle.gain": 0.01}):
        files = search_tables(find_front(spec, progress=False))
        record = record_of("search", inputs_of_study(spec), files)
    write_files(files | {"record.json": record_bytes(record)}, tmp_path)
    assert reproduce(tmp_path, progress=False).is_identical
