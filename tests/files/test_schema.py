"""Masses with units: kilograms or pounds in, the same plan and person out."""

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hipext.athletes.athlete import check_athlete
from hipext.athletes.population import check_population
from hipext.cli.schema import athlete_schema, plan_schema
from hipext.files.checks import PlanError
from hipext.files.io import data_dir, parse_toml, read_toml
from hipext.files.schema import (
    KG_PER_LB,
    MASS_PATTERN,
    FileValue,
    as_kg,
    check_values,
    kg,
    meanings,
)
from hipext.plans.plan_file import check_plan, format_plan, format_text
from hipext.studies.sweep_file import check_search, check_sweep

PERSON = read_toml(data_dir() / "athletes" / "novice.toml")


def plan_values(*, sets="3x5 @60kg", add_kg=2.5, increment_kg=2.5):
    """Return the values of a plan of one slot with three masses."""
    slot = {
        "exercise": "deadlift",
        "sets": sets,
        "increment_kg": increment_kg,
        "progress": {"rule": "linear", "add_kg": add_kg},
    }
    session = {"name": "A", "days": ["mon"], "slot": [slot]}
    phase = {"name": "base", "weeks": 2, "session": [session]}
    return {"format": 1, "name": "pounds", "phase": [phase]}


def plan(**masses):
    return check_plan(plan_values(**masses), source="a plan")


def test_a_pound_is_what_was_agreed_on():
    assert float(KG_PER_LB) == 0.45359237
    assert kg("1", "lb") == 0.45359237


@pytest.mark.parametrize(
    ("text", "mass_kg"),
    [
        ("154 lb", 69.85322498),
        ("154lbs", 69.85322498),
        (" 2.5 LB ", 1.133980925),
        ("70 kg", 70.0),
        ("70.25kg", 70.25),
        (".5 kg", 0.5),
    ],
)
def test_a_mass_is_read_with_its_unit(text, mass_kg):
    assert as_kg(text) == mass_kg


@pytest.mark.parametrize("given", [70, 70.5, True, None, [70], {"kg": 70}])
def test_what_is_no_text_is_left_to_the_other_checks(given):
    assert as_kg(given) is given


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("70", "has no unit; got '70'. Write 70 without quotes for kg, or \"70 lb\"."),
        ("11 st", "or a text with the unit kg or lb, like \"5 lb\"; got '11 st'."),
        ("-5 lb", "got '-5 lb'."),
        ("1e3 kg", "got '1e3 kg'."),
        ("70,5 kg", "got '70,5 kg'."),
        ("\u0667 kg", "got '\u0667 kg'."),
        ("", "got ''."),
    ],
)
def test_a_text_that_is_no_mass_is_reported_with_the_way_to_write_it(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        as_kg(text)


@given(st.integers(1, 44000).map(lambda n: f"{n / 100:g}"))
def test_kilograms_and_pounds_of_a_plan_are_the_same_plan(pounds):
    in_kg = float(pounds) * 0.45359237
    of_pounds = plan(sets=f"3x5 @{pounds}lb", add_kg="5 lb").phase[0].session[0].slot[0]
    assert of_pounds.scheme.load_kg == pytest.approx(in_kg, rel=1e-15)
    assert of_pounds.progress.add_kg == pytest.approx(5 * 0.45359237, rel=1e-15)


@given(st.decimals("0.01", 44, places=2), st.decimals("0.01", "2200", places=2))
def test_a_plan_in_pounds_is_written_in_kg_that_read_the_same(step, load):
    pounds = plan(sets=f"3x5 @{load}lb", add_kg=f"{step} lb", increment_kg=f"{step} lb")
    text = format_plan(pounds)
    assert "lb" not in text
    assert check_plan(parse_toml(text, source="it"), source="it") == pounds


def test_masses_in_kg_with_and_without_their_unit_are_the_same_plan():
    assert plan() == plan(add_kg="2.5 kg", increment_kg="2.50 kg")


def test_a_tidied_file_keeps_the_pounds_of_its_author():
    values = plan_values(add_kg="5 lb")
    text = format_plan(check_plan(values, source="a plan")).replace(
        "add_kg = 2.26796185", 'add_kg = "5 lb"'
    )
    assert 'add_kg = "5 lb"' in format_text(text)


def test_an_athlete_may_be_given_in_pounds():
    masses = {"body_mass_kg": "154 lb", "one_rm_kg": {"deadlift": "185 lb"}}
    person = check_athlete(PERSON | masses, source="a person")
    assert person.body_mass_kg == 69.85322498
    assert person.one_rm_kg == {"deadlift": 83.91458845}


def test_an_athlete_in_pounds_is_the_one_in_kilograms():
    pounds = {"body_mass_kg": "154 lb"}
    kilograms = {"body_mass_kg": 69.85322498}
    assert check_athlete(PERSON | pounds, source="it") == check_athlete(
        PERSON | kilograms, source="it"
    )


def test_bounds_hold_for_pounds_in_kg():
    with pytest.raises(PlanError, match=r"body_mass_kg: must be at least 30.*got 27"):
        check_athlete(PERSON | {"body_mass_kg": "60 lb"}, source="a person")
    with pytest.raises(PlanError, match=r"increment_kg: must be at most 20.*got 22"):
        plan(increment_kg="50 lb")


@pytest.mark.parametrize("mass", ["5 lb", "5lbs", "2.5 kg", 2.5, 3])
def test_schema_takes_a_mass_in_both_forms(mass):
    values = plan_values(sets="3x5 @135lb", add_kg=mass, increment_kg=mass)
    assert Draft202012Validator(plan_schema()).is_valid(values)
    person = PERSON | {"body_mass_kg": "154 lb", "one_rm_kg": {"deadlift": mass}}
    assert Draft202012Validator(athlete_schema()).is_valid(person)


@pytest.mark.parametrize("mass", ["5", "5 st", "-5 lb", 0, True, None])
def test_schema_and_reader_refuse_the_same_masses(mass):
    values = plan_values(add_kg=mass)
    assert not Draft202012Validator(plan_schema()).is_valid(values)
    person = PERSON | {"body_mass_kg": mass}
    assert not Draft202012Validator(athlete_schema()).is_valid(person)
    with pytest.raises(PlanError, match="body_mass_kg"):
        check_athlete(person, source="a person")


@given(st.from_regex(MASS_PATTERN))
def test_whatever_has_the_form_is_a_finite_mass(text):
    assert 0 <= as_kg(text.rstrip("\n")) < 1e6


def leaves(values, path=()):
    """Yield the path of every text in nested values."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in items:
        if isinstance(value, str):
            yield (*path, key)
        elif isinstance(value, dict | list):
            yield from leaves(value, (*path, key))


def with_text(values, path, text):
    """Return a copy of nested values with another text at a path."""
    changed = copy.deepcopy(values)
    *above, key = path
    inside = changed
    for one in above:
        inside = inside[one]
    inside[key] = text
    return changed


FULL_PLAN = plan_values() | {
    "description": "d",
    "assumptions": ["a"],
    "days": ["mon"],
    "block": [{"name": "b", "slot": plan_values()["phase"][0]["session"][0]["slot"]}],
}
FULL_PLAN["phase"][0] |= {"aim": "a", "guide": ["G1"]}
FULL_PLAN["phase"][0]["session"][0] |= {"begin_with": ["b"]}
FULL_PLAN["phase"][0]["session"][0]["slot"][0] |= {"note": "n", "group": "g"}
READERS = {
    "plan": (check_plan, FULL_PLAN),
    "athlete": (check_athlete, PERSON),
    "population": (
        check_population,
        read_toml(data_dir() / "populations" / "novices.toml"),
    ),
    "sweep": (check_sweep, read_toml(data_dir() / "sweeps" / "light_weeks.toml")),
    "search": (check_search, read_toml(data_dir() / "searches" / "less_time.toml")),
}
LOOKED_UP = {"sweep": ("plan", "population"), "search": ("plan", "population")}
PLACES = [  # names of files are looked up, by the readers of those
    (kind, path)
    for kind, (_, values) in READERS.items()
    for path in leaves(values)
    if path[0] not in LOOKED_UP.get(kind, ())
]


@pytest.mark.parametrize(("kind", "path"), PLACES)
@pytest.mark.parametrize(
    "odd", ["\x00", "\x1b[31m", "\x85", "\xad", "\u200b", "\u202e", "\u2066", "\uffff"]
)
def test_no_text_of_a_file_hides_a_character(kind, path, odd):
    reader, values = READERS[kind]
    with pytest.raises((PlanError, FileNotFoundError)) as error:
        reader(with_text(values, path, f"x{odd}"), source="my.toml")
    assert odd not in str(error.value)


def test_a_character_that_does_not_show_is_named_with_its_place():
    values = plan_values() | {
        "name": "up \u202eside",
        "description": "a\ttab\nand \x07",
    }
    with pytest.raises(PlanError) as error:
        check_plan(values, source="my.toml")
    assert error.value.problems == (
        r"name: has a character that does not show ('\u202e' is character 4). Remove "
        "it.",
        r"description: has a character that does not show ('\x07' is character 11). "
        "Remove it.",
    )


def test_a_name_is_one_line_and_a_description_may_have_several():
    values = plan_values() | {"name": "two\nlines", "description": "two\n\tlines"}
    with pytest.raises(PlanError) as error:
        check_plan(values, source="my.toml")
    assert error.value.problems == (
        r"name: must be one line of text, without tabs; '\n' is character 4.",
    )


class Parent(FileValue):
    """A value with two fields, of which one has a meaning."""

    first: int
    """The first
    of two."""
    second: int = 2


class Child(Parent):
    """A value that adds a meaning and changes none."""

    second: int
    """The second of two."""


def test_a_field_means_what_is_written_below_it_also_in_a_class_that_inherits_it():
    assert meanings(Parent) == {"first": "The first\nof two."}
    assert meanings(Child) == {
        "first": "The first\nof two.",
        "second": "The second of two.",
    }


def test_a_missing_key_is_named_with_its_meaning():
    with pytest.raises(
        PlanError, match=r"Write second = \.\.\. \(The second of two\)\."
    ):
        check_values(Child, {"first": 1}, source="a file")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": 10**5000}, 'name: must be text in quotes, like "abc"; got a whole '),
        (
            {"format": 10**5000},
            "format: must be a whole number, like 2; got a whole number beyond 64 bi",
        ),
    ],
)
def test_numbers_too_long_to_be_written_are_described(changes, problem):
    with pytest.raises(PlanError) as error:
        check_plan(plan_values() | changes, source="my.toml")
    assert problem in error.value.problems[0]


def test_values_nested_without_end_are_refused():
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(PlanError, match="nested more than 20 deep"):
        check_plan(plan_values() | {"assumptions": deep}, source="my.toml")
