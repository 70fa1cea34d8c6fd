"""Files that are read: what no file may hold; tables that are written as CSV."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hipext.files.checks import PlanError
from hipext.files.io import csv_bytes, parse_csv, parse_json, parse_toml, unquoted

DEEP = 500


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"a = {'[' * DEEP}{']' * DEEP}", "nested more than 20 deep"),
        (f"a = {'{ a = ' * DEEP}1{'}' * DEEP}", "nested more than 20 deep"),
        (f"a = {'[' * 30}{']' * 30}", "a: is nested more than 20 deep. Write it"),
        (f"{'a.' * 30}a = 1", "a: is nested more than 20 deep. Write it flatter."),
        (f"a = {'[' * 10**5}", "nested more than 20 deep"),
        (f"a = 1{'0' * 5000}", "has a number of too many digits"),
        (
            "[[a]]\nb = 9223372036854775808",
            "a 1, b: whole numbers go to 922337203",
        ),
        (f"a = 0x{'F' * 4000}", "a: whole numbers go to 9223372036854775807; this one"),
        ("a = [1979-05-27]", 'is a date or time; got 1979-05-27. For text write "1979'),
        ("a = 07:32:00", "a: is a date or time; got 07:32:00."),
    ],
)
def test_toml_that_no_file_of_hipext_has_is_refused_at_its_place(text, problem):
    with pytest.raises(PlanError) as error:
        parse_toml(text, source="my.toml")
    assert problem in error.value.problems[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{'[' * DEEP * 200}", "nested more than 20 deep"),
        (f"{'[' * 30}{']' * 30}", "is nested more than 20 deep"),
        (f'{{"a": 1{"0" * 5000}}}', "has a number of too many digits"),
        ('{"a": [1e400]}', "1e400 is no finite number. Write a number."),
        ('{"a": -Infinity}', "-Infinity is no finite number. Write a number."),
        (
            '{"a": ["\\ud800"]}',
            r"a 1: has a character that does not show ('\ud800'",
        ),
        ('{"a": 1', "the file is not JSON: Expecting ',' delimiter: line 1 column 8"),
    ],
)
def test_json_that_no_file_of_hipext_has_is_refused_at_its_place(text, problem):
    with pytest.raises(PlanError) as error:
        parse_json(text, source="record.json")
    assert problem in error.value.problems[0]


def test_the_largest_whole_numbers_and_usual_depths_are_read():
    text = f"a = [{2**63 - 1}, {-(2**63)}]\nb = {'[' * 19}1.5e308{']' * 19}"
    assert parse_toml(text, source="my.toml")["a"] == [2**63 - 1, -(2**63)]


@given(st.text(st.sampled_from("'=+-@\t a1."), max_size=6))
@example("=1+1")
@example("'=1+1")
@example("-3.5")
def test_texts_of_a_table_are_no_formulas_and_read_back(text):
    table = pd.DataFrame({"name": [text], "n": [1]})
    (_, (cell, _)) = csv.reader(io.StringIO(csv_bytes(table).decode(), newline=""))
    assert unquoted(cell) == text
    is_number = pd.notna(pd.to_numeric(cell, errors="coerce"))
    assert cell[:1] not in set("=+-@\t\r") or is_number


def test_numbers_of_a_table_stay_as_they_are():
    mixed = pd.Series([-1, -0.5, None, "-2.5", "-inf", "-x"], dtype=object)
    table = pd.DataFrame({"kg": [-3.5, np.inf, np.nan, 0, -1, -np.inf], "any": mixed})
    assert csv_bytes(table).decode().splitlines() == [
        "kg,any",
        "-3.5,-1",
        "inf,-0.5",
        ",",
        "0.0,-2.5",
        "-1.0,-inf",
        "-inf,'-x",
    ]


def test_whole_numbers_beside_others_and_columns_of_any_names_are_written():
    cells = [0, 0.5], ["a", "c"], ["=b", "d"]
    columns = [pd.Series(one, dtype=object) for one in cells]
    table = pd.concat(columns, axis=1, keys=[1, "x", "x"])
    assert csv_bytes(table).decode() == "1,x,x\n0,a,'=b\n0.5,c,d\n"


@pytest.mark.parametrize(
    "text", ['a,b\n"' + "x" * 140_000, 'a\n1\n"2\n' + "3" * 140_000]
)
def test_a_quotation_mark_without_its_partner_is_told_with_its_line(text):
    with pytest.raises(PlanError, match=r"line \d: .*A quotation mark may lack its p"):
        parse_csv(text, source="mine.csv")
