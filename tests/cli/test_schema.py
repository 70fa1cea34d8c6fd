"""The JSON Schemas: what they say about files is what the readers do."""

from datetime import date

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from strategies import plan_values

from hipext.athletes.population import check_population
from hipext.cli.schema import SCHEMAS, plan_schema
from hipext.files.io import data_dir, read_toml, shipped_names
from hipext.plans.edits import KNOBS
from hipext.plans.plan import Plan
from hipext.plans.plan_file import check_plan
from hipext.plans.rules import RULES
from hipext.studies.sweep_file import check_search, check_sweep

VALIDATORS = {kind: Draft202012Validator(SCHEMAS[kind]()) for kind in SCHEMAS}
PLAN, ATHLETE = VALIDATORS["plan"], VALIDATORS["athlete"]
FOLDERS = {kind: f"{kind}s" for kind in SCHEMAS} | {"search": "searches"}
SHIPPED = [(kind, name) for kind in SCHEMAS for name in shipped_names(FOLDERS[kind])]
SWEEP = {
    "format": 1,
    "name": "good",
    "plan": "guide_16wk",
    "athlete": "novice",
    "vary": {"load_step": [0.5, 1]},
}
SEARCH = SWEEP | {"goals": {"strength_pct": "highest"}}
PEOPLE = {
    "format": 1,
    "name": "good",
    "athlete": "novice",
    "group": [{"share": 1.0, "training_status": "novice"}],
}
GOOD = {"population": PEOPLE, "sweep": SWEEP, "search": SEARCH}
READERS = {
    "population": check_population,
    "sweep": check_sweep,
    "search": check_search,
}


def shipped(kind, name):
    """Return the values of a shipped file."""
    return read_toml(data_dir() / FOLDERS[kind] / f"{name}.toml")


def good_plan(*, slot=None, **changes):
    """Return the values of a good plan of one slot, with changes."""
    deadlift = {"exercise": "deadlift", "sets": "3x8-10 @RIR2", **(slot or {})}
    session = {"name": "A", "days": ["mon"], "slot": [deadlift]}
    phase = {"name": "hinge", "weeks": 2, "session": [session]}
    return {"format": 1, "name": "good", "phase": [phase], **changes}


def properties(schema):
    """Return every property of a schema, by owner and key."""
    parts = {"": schema, **schema["$defs"]}
    return {
        f"{owner}.{key}": field
        for owner, part in parts.items()
        for key, field in part.get("properties", {}).items()
    }


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schema_is_one(kind):
    Draft202012Validator.check_schema(SCHEMAS[kind]())


@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_shipped_file_fits_its_schema(kind, name):
    assert [*VALIDATORS[kind].iter_errors(shipped(kind, name))] == []


@given(plan_values(max_phases=2))
def test_every_good_plan_fits_the_schema(values):
    assert [*PLAN.iter_errors(values)] == []


@pytest.mark.parametrize(
    "values",
    [
        good_plan(colour="red"),
        good_plan(slot={"rest": 60}),
        good_plan(format=2),
        good_plan(name=3),
        good_plan(days=["monday"]),
        good_plan(phase=[]),
        good_plan(deload={"sets_fraction": 50}),
        good_plan(deload={"weeks": [0]}),
        good_plan(slot={"sets": 3}),
        good_plan(slot={"sets": "three by eight"}),
        good_plan(slot={"tempo": "3-1-1"}),
        good_plan(slot={"rest_s": "60"}),
        good_plan(slot={"exercise": "deadlfit"}),
        good_plan(slot={"kind": "warmup"}),
        good_plan(slot={"progress": {"rule": "linaer", "add_kg": 2.5}}),
        good_plan(slot={"progress": {"rule": "linear", "add_kg": 0}}),
        good_plan(slot={"progress": {"rule": "tempo", "tempos": ["3-1"]}}),
        {"format": 1, "name": "no phase"},
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(values):
    assert not PLAN.is_valid(values)
    with pytest.raises(ValueError, match="problem"):
        check_plan(values, source="a plan")


@pytest.mark.parametrize("word", ["deadlift", "Barbell Romanian deadlift", "RDL"])
def test_names_and_aliases_fit(word):
    values = good_plan(slot={"exercise": word})
    assert PLAN.is_valid(values)
    assert isinstance(check_plan(values, source="a plan"), Plan)


@pytest.mark.parametrize(
    "changes",
    [
        {"body_mass": 70},
        {"body_mass_kg": "70"},
        {"one_rm_kg": {"deadlfit": 100}},
        {"one_rm_kg": {"deadlift": 0}},
        {"training_status": "pro"},
        {"name": date(2024, 1, 2)},
    ],
)
def test_faulty_athlete_does_not_fit(changes):
    assert not ATHLETE.is_valid(shipped("athlete", "novice") | changes)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_property_says_what_it_is(kind):
    fields = properties(SCHEMAS[kind]())
    assert [key for key, field in fields.items() if not field.get("description")] == []


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_example_fits_its_property(kind):
    schema = SCHEMAS[kind]()
    wrong = [
        key
        for key, field in properties(schema).items()
        for example in field.get("examples", [])
        if not Draft202012Validator(field | {"$defs": schema["$defs"]}).is_valid(
            example
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_place_in_the_schema(rule):
    constants = [
        part["properties"]["rule"]["const"]
        for part in plan_schema()["$defs"].values()
        if "rule" in part["properties"]
    ]
    assert constants.count(rule) == 1


def test_changing_a_schema_leaves_the_next_one_as_it_is():
    plan_schema()["properties"].clear()
    assert "phase" in plan_schema()["properties"]


def of_study(kind, changes):
    """Return the values of a good file, changed; a change to None is left out."""
    values = GOOD[kind] | changes
    return {key: value for key, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("population", {}),
        ("population", {"athlete": shipped("athlete", "runner")}),
        ("population", {"spread": {"response_cv": 0.3}}),
        ("sweep", {}),
        ("sweep", {"athlete": None, "population": "gym", "n_athletes": 3}),
        ("sweep", {"vary": {"deload": {"every_weeks": [0, 4]}}}),
        ("sweep", {"vary": {"deload.every_weeks": [0, 4]}}),
        ("sweep", {"vary": {"a": [[], [3, 4]], "b": [{"old": "x"}], "c": [True]}}),
        ("sweep", {"vary": {"rest": {"low": 1, "high": 2, "steps": 3}}}),
        ("sweep", {"vary": {"a": {"b": {"low": 1, "high": 2, "steps": 3}}}}),
        ("sweep", {"design": {"kind": "sobol", "n": 64}, "weeks": True}),
        ("search", {"limits": {"minutes": {"at_most": 90, "of": "p90"}}}),
        ("search", {"search": {"trials": 40, "generation": 10}}),
    ],
)
def test_what_the_schema_of_a_study_takes_the_reader_takes(kind, changes):
    values = of_study(kind, changes)
    assert [*VALIDATORS[kind].iter_errors(values)] == []
    assert READERS[kind](values, source="a file").name == "good"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("population", {"spraed": {}}),
        ("population", {"spread": {"respons_cv": 0.3}}),
        ("population", {"spread": {"response_cv": -1}}),
        ("population", {"group": [{"share": 1.0, "training_status": "pro"}]}),
        ("population", {"group": [{"training_status": "novice"}]}),
        (
            "population",
            {"athlete": shipped("athlete", "novice") | {"one_rm_kg": {"deadlfit": 9}}},
        ),
        ("population", {"athlete": None}),
        ("sweep", {"sed": 1}),
        ("sweep", {"plan": None}),
        ("sweep", {"athlete": None}),
        ("sweep", {"population": "novices"}),
        ("sweep", {"population": "novices", "n_athletes": 3}),
        ("sweep", {"athlete": None, "population": "novices"}),
        ("sweep", {"vary": {}}),
        ("sweep", {"vary": {"rest": []}}),
        ("sweep", {"vary": {"rest": 1}}),
        ("sweep", {"vary": {"deload": {"every_weeks": 4}}}),
        ("sweep", {"vary": {"rest": {"low": 1, "hihg": 2}}}),
        ("sweep", {"vary": {"rest": {"low": [1, 2], "hihg": [2]}}}),
        ("sweep", {"vary": {"rest": {"low": 1, "high": 2, "step": 3}}}),
        ("sweep", {"vary": {"rest": [date(2024, 1, 2)]}}),
        ("sweep", {"design": {"knid": "grid"}}),
        ("sweep", {"design": {"kind": "gird"}}),
        ("sweep", {"design": {"n": 4}}),
        ("sweep", {"design": {"kind": "grid", "n": 4}}),
        ("sweep", {"design": {"kind": "random"}}),
        ("search", {"goals": None}),
        ("search", {"goals": {}}),
        ("search", {"goals": {"strenght_pct": "highest"}}),
        ("search", {"goals": {"strength_pct": "most"}}),
        ("search", {"limits": {"minuts": {"at_most": 90}}}),
        ("search", {"limits": {"minutes": {}}}),
        ("search", {"limits": {"minutes": {"at_most": 90, "of": "median"}}}),
        ("search", {"search": {"trails": 40}}),
    ],
)
def test_what_the_schema_of_a_study_refuses_the_reader_refuses(kind, changes):
    values = of_study(kind, changes)
    assert not VALIDATORS[kind].is_valid(values)
    with pytest.raises(ValueError, match="problem"):
        READERS[kind](values, source="a file")


@pytest.mark.parametrize("kind", ["sweep", "search"])
def test_every_knob_is_reported_in_the_schema_of_a_study(kind):
    fields = SCHEMAS[kind]()["properties"]["vary"]["properties"]
    printed = {name: field["description"] for name, field in fields.items()}
    assert [name for name in KNOBS if KNOBS[name].meaning not in printed[name]] == []
