"""Sweep and search files: what they may say, and all that is wrong at once."""

import json
import tomllib

import pytest

from hipext.files.checks import PlanError
from hipext.files.tables import OUTCOMES
from hipext.studies.designs import design_of
from hipext.studies.sweep_file import (
    MAX_ROWS,
    Limit,
    Range,
    check_search,
    check_sweep,
    read_search_file,
    read_sweep_file,
)

HEAD = {"format": 1, "name": "Test", "plan": "guide_16wk", "athlete": "novice"}
VARY = {"vary": {"load_step": [0.5, 1, 2]}}
GOALS = {"goals": {"strength_pct": "highest", "minutes": "lowest"}}
SWEEP = """
format = 1
name = "Light weeks and load steps"
plan = "guide_16wk"
population = "novices"
n_athletes = 1000
[design]
kind = "sobol"
n = 128
[vary]
deload.every_weeks = [0, 3, 4, 6]
"athlete.missed_weeks" = [[], [3, 4]]
load_step = { low = 0.5, high = 2.0 }
weeks = { low = 8, high = 16, whole = true }
swap = [{ old = "romanian_deadlift", new = "deadlift" }]
"""
SEARCH = """
format = 1
name = "Strong in little time"
plan = "guide_16wk"
athlete = "novice"
[vary]
deload_every = [0, 3, 4]
[search]
trials = 100
generation = 10
[goals]
strength_pct = "highest"
minutes = "lowest"
[limits]
pain_reported = { at_most = 4 }
lumbar_load = { at_most = 60, of = "p90" }
"""


def sweep(**changes):
    return check_sweep(HEAD | VARY | changes, source="test")


def search(**changes):
    return check_search(HEAD | VARY | GOALS | changes, source="test")


def of_text(text, tmp_path, read=read_sweep_file):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_a_sweep_is_read_from_a_file(tmp_path):
    spec = of_text(SWEEP, tmp_path)
    assert (spec.plan, spec.population) == ("guide_16wk", "novices")
    assert spec.n_athletes == 1000
    assert (spec.design.kind, spec.design.n) == ("sobol", 128)
    assert spec.vary == {
        "deload.every_weeks": (0, 3, 4, 6),
        "athlete.missed_weeks": ((), (3, 4)),
        "load_step": Range(low=0.5, high=2.0),
        "weeks": Range(low=8, high=16, whole=True),
        "swap": ({"old": "romanian_deadlift", "new": "deadlift"},),
    }
    assert (spec.seed, spec.noise, spec.weeks) == (0, True, False)


def test_a_search_is_read_from_a_file(tmp_path):
    spec = of_text(SEARCH, tmp_path, read_search_file)
    assert (spec.search.trials, spec.search.generation) == (100, 10)
    assert spec.goals == {"strength_pct": "highest", "minutes": "lowest"}
    columns = [limit.column(outcome) for outcome, limit in spec.limits.items()]
    assert columns == ["pain_reported", "lumbar_load_p90"]
    assert [limit.at_most for limit in spec.limits.values()] == [4, 60]


def test_a_name_with_dots_means_the_same_with_and_without_quotes():
    plain = tomllib.loads("[vary]\na.b.c = [1]\na.d = {low = 1, high = 2}\ne = [3]")
    quoted = tomllib.loads(
        '[vary]\n"a.b.c" = [1]\n"a.d" = {low = 1, high = 2}\ne = [3]'
    )
    assert sweep(**plain, design={"kind": "random", "n": 2}) == sweep(
        **quoted, design={"kind": "random", "n": 2}
    )


def test_a_sweep_comes_back_from_a_record_the_same(tmp_path):
    spec = of_text(SWEEP, tmp_path)
    record = json.dumps(spec.model_dump(mode="json"), allow_nan=False)
    again = check_sweep(json.loads(record), source="record.json")
    assert again == spec
    pair = [design_of("sobol", one.vary, 8, 3).to_dict() for one in (spec, again)]
    assert pair[0] == pair[1]


def test_a_search_comes_back_from_a_record_the_same(tmp_path):
    spec = of_text(SEARCH, tmp_path, read_search_file)
    record = json.dumps(spec.model_dump(mode="json"), allow_nan=False)
    assert check_search(json.loads(record), source="record.json") == spec


def test_files_are_looked_up_from_the_folder_of_the_sweep(tmp_path, monkeypatch):
    (tmp_path / "plans").mkdir()
    plan = (
        'format = 1\nname = "P"\ndays = ["mon"]\n[[phase]]\nname = "a"\nweeks = 2\n'
        '[[phase.session]]\nname = "A"\n[[phase.session.slot]]\n'
        'exercise = "hip_thrust"\nsets = "3x8 @60%"\n'
    )
    (tmp_path / "plans" / "p.toml").write_text(plan, encoding="utf-8")
    monkeypatch.chdir("/")
    text = (
        'format = 1\nname = "S"\nplan = "plans/p.toml"\nathlete = "novice"\n'
        '[vary]\n"phase.a.weeks" = [2, 3]\n'
    )
    spec = of_text(text, tmp_path)
    assert spec.plan == str(tmp_path / "plans" / "p.toml")
    assert spec.athlete == "novice"


def test_files_that_are_not_there_are_reported_with_the_closest(tmp_path):
    text = (
        'format = 1\nname = "S"\nplan = "guide_16w"\npopulation = "me.toml"\n'
        "n_athletes = 5\n[vary]\nload_step = [1]\n"
    )
    with pytest.raises(PlanError) as error:
        of_text(text, tmp_path)
    of_plan, of_people = error.value.problems
    assert of_plan.startswith("plan: There is no plan 'guide_16w'")
    assert of_plan.endswith("Did you mean 'guide_16wk'?")
    assert str(tmp_path / "me.toml") in of_people


def test_changes_that_the_plan_cannot_take_are_reported_each_with_its_name(tmp_path):
    text = (
        'format = 1\nname = "S"\nplan = "guide_16wk"\nathlete = "novice"\n[vary]\n'
        'load_stp = [1, 2]\n"deload.every_weeks" = [4, -1]\n'
        '"athlete.respons" = { low = 0.5, high = 1.5, steps = 2 }\n'
    )
    with pytest.raises(PlanError) as error:
        of_text(text, tmp_path)
    problems = sorted(error.value.problems)
    assert len(problems) == 3
    assert problems[0].startswith("vary, athlete.respons: ")
    assert problems[0].endswith("Did you mean 'response'?")
    assert problems[1].startswith("vary, deload.every_weeks: deload, every_weeks: must")
    assert problems[1].endswith("got -1.")
    assert problems[2].endswith("Did you mean 'load_step'?")


def test_all_problems_of_a_sweep_are_reported_at_once():
    text = (
        'format = 2\nname = ""\nplan = "guide_16wk"\nsed = 1\nseed = -1\n'
        "n_athletes = 0\n"
        '[design]\nkind = "sobol"\nn = 100\n[vary]\na = []\nb = {low = 2, high = 1}\n'
        "c = 3\nd = [1, 1]\ne = [1]\n"
    )
    with pytest.raises(PlanError) as error:
        check_sweep(tomllib.loads(text), source="mine.toml")
    assert error.value.source == "mine.toml"
    assert error.value.problems == (
        "format: must be 1; got 2.",
        "name: must have at least 1 character(s); got 0.",
        "n_athletes: must be at least 1; got 0.",
        "seed: must be at least 0; got -1.",
        "the file: 'sed' is not a known key; known are format, name, description, "
        "plan, athlete, population, n_athletes, seed, noise, vary, weeks, design. "
        "Did you mean 'seed'?",
        "vary, a: it has no values; write at least one.",
        "vary, b: low must be below high; got low = 2, high = 1.",
        "vary, c: must be a list, like [0, 4], or a range, like { low = 1, high = 2 }; "
        "got 3.",
        "vary, d: 1 is there twice. Keep one.",
        'athlete: name an athlete (athlete = "novice") or a population to draw from '
        '(population = "novices").',
        "design: n must be a power of 2 for sobol; got 100. Write 64 or 128.",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"population": "novices", "n_athletes": 9},
            r"population: there is an athlete",
        ),
        (
            {"seed": 2**63},
            r"seed: must be at most 9223372036854775807; got a whole number beyond",
        ),
        ({"noise": "no"}, r"noise: must be true or false; got 'no'"),
        ({"weeks": 4}, r"weeks: must be true or false; got 4"),
        ({"design": {"kind": "gird"}}, r"kind: .*'gird'. Did you mean 'grid'"),
        ({"design": {"kind": "morris"}}, r"design: n is missing; morris needs it"),
        ({"design": {"kind": "random", "n": 2.5}}, r"n: must be a whole number.*2.5"),
        ({"design": "grid"}, r"design: must be a table of values.*got 'grid'"),
        ({"vary": {}}, r"vary: name at least one thing .* got nothing"),
        ({"vary": ["a"]}, r"vary: name at least one thing .* got \['a'\]"),
        ({"vary": {"a": {"low": 1}}}, r"vary, a: 'high' is missing"),
        ({"vary": {"a": {"low": 1, "high": "2"}}}, r"vary, a, high: .* without quotes"),
        ({"vary": {"a": {"low": 1, "high": float("inf")}}}, r"vary, a, high: .*finite"),
        ({"vary": {"a": {"low": 1, "high": 2}}}, r"design: a is a range, .* steps = 5"),
        ({"vary": {"a": [1, float("nan")]}}, r"vary, a: values must be .*; got nan"),
        ({"vary": {"a": [[1, [None]]]}}, r"vary, a: values must be .*; got \[1, \["),
        ({"vary": {"a": {"b": [1]}, "a.b": [2]}}, r"vary, a.b: it is there twice"),
        ({"vary": {"a": {"b": 1}}}, r"vary, a.b: must be a list, .* got 1"),
        ({"vary": {"a": [[3, 4], [3, 4]]}}, r"vary, a: \[3, 4\] is there twice"),
        (
            {"n_athletes": MAX_ROWS},
            r"3 scenarios of 100,000,000 athletes are 300,000,000",
        ),
    ],
)
def test_a_sweep_that_cannot_be_made_is_refused(changes, message):
    with pytest.raises(PlanError, match=message):
        sweep(**changes)


def test_athletes_are_not_drawn_without_their_number():
    values = {**HEAD, **VARY, "population": "novices"}
    del values["athlete"]
    with pytest.raises(PlanError, match=r"n_athletes: say .* n_athletes = 1000"):
        check_sweep(values, source="test")


def test_the_earlier_name_of_the_number_is_refused_with_the_known_keys():
    values = {**HEAD, **VARY, "persons": 5}
    with pytest.raises(PlanError, match=r"'persons' is not .* known are .*n_athletes"):
        check_sweep(values, source="test")


def test_one_and_true_are_different_values():
    assert sweep(vary={"a": [1, True, 1.0]}).vary["a"] == (1, True, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"goals": {}}, r"goals: must have at least 1 item"),
        ({"goals": dict.fromkeys([*OUTCOMES][:5], "lowest")}, r"at most 4 .*; got 5"),
        ({"goals": {"strenght_pct": "highest"}}, r"goals, .* Did you mean 'strength_p"),
        ({"goals": {"minutes": "least"}}, r"goals, minutes: must be one of .*'least'"),
        ({"limits": {"pian_reported": {"at_most": 1}}}, r"Did you mean 'pain_report"),
        ({"limits": {"minutes": {}}}, r"limits, minutes: give at_most or at_least"),
        (
            {"limits": {"minutes": {"at_least": 3, "at_most": 2}}},
            r"limits, minutes: .* got at_least = 3, at_most = 2",
        ),
        (
            {"limits": {"minutes": {"at_most": 2, "of": "90"}}},
            r"limits, minutes: of must be .*; got '90'",
        ),
        ({"limits": {"minutes": {"at_mots": 2}}}, r"Did you mean 'at_most'"),
        ({"search": {"trials": 10, "generation": 11}}, r"generation = 11, trials = 10"),
        ({"search": {"trials": 1}}, r"search, trials: must be at least 2; got 1"),
        (
            {"vary": {"a": {"low": 0, "high": 1, "steps": 2}}},
            r"vary, a: a search takes no steps",
        ),
        (
            {"search": {"trials": 200}, "n_athletes": MAX_ROWS},
            r"200 scenarios of 100,000",
        ),
        ({"vary": {}}, r"vary: name at least one thing"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused(changes, message):
    with pytest.raises(PlanError, match=message):
        search(**changes)


def test_a_search_needs_a_goal():
    with pytest.raises(PlanError, match=r"'goals' is missing. .* strength_pct"):
        check_search(HEAD | VARY, source="test")


@pytest.mark.parametrize("of", ["p0", "p100", "p09", "p", "median", "P90"])
def test_a_limit_is_of_the_mean_athlete_or_of_a_percentile(of):
    with pytest.raises(ValueError, match=rf"of must be .*; got '{of}'"):
        Limit(at_most=1, of=of)


def test_a_search_is_not_taken_for_a_sweep():
    with pytest.raises(PlanError, match=r"search, not a sweep \(it has goals\)"):
        check_sweep(HEAD | VARY | GOALS, source="test")


def test_a_sweep_is_not_taken_for_a_search():
    with pytest.raises(PlanError, match=r"sweep, not a search \(it has design\)"):
        check_search(HEAD | VARY | GOALS | {"design": {}}, source="test")


def test_what_was_given_is_not_changed():
    values = HEAD | {"vary": {"a": {"b": [1, [2]]}}}
    before = json.dumps(values)
    check_sweep(values, source="test")
    assert json.dumps(values) == before


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        read_sweep_file(tmp_path / "none.toml")


def test_shipped_studies_are_read_by_their_names():
    assert read_sweep_file("light_weeks").vary["deload_every"] == (0, 3, 4, 5, 6, 8)
    assert read_sweep_file("what_matters").design.kind == "saltelli"
    assert [*read_search_file("less_time").goals] == ["strength_pct", "minutes"]


@pytest.mark.parametrize("read", [read_sweep_file, read_search_file])
def test_a_plan_is_not_taken_for_a_study(read, tmp_path):
    text = 'format = 1\nname = "P"\n[[phase]]\nname = "a"\nweeks = 2\n'
    with pytest.raises(PlanError, match=r"is a plan, not a s\w+ .* hipext run .*mine"):
        of_text(text, tmp_path, read)


def test_values_of_an_athlete_are_tried_on_the_athlete(tmp_path):
    path = tmp_path / "my.toml"
    text = SWEEP.replace(
        '"athlete.missed_weeks" = [[], [3, 4]]', "athlete.technique = [0, 2]"
    )
    path.write_text(text)
    with pytest.raises(PlanError, match=r"athlete.technique: .* at most 1.0; got 2"):
        read_sweep_file(path)
