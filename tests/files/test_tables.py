"""Tables have one grain each, and columns in order with dtype, unit and meaning."""

import pandas as pd
import pytest

from hipext import tables
from hipext.files.tables import Column, Table

ALL = {table.name: table for table in vars(tables).values() if isinstance(table, Table)}
COLUMNS = [
    pytest.param(column, id=f"{table.name}.{column.name}")
    for table in ALL.values()
    for column in table.columns
]
UNITS = {"_kg": "kg", "_s": "s", "_deg": "deg"}
PAIR = Table(
    "pair",
    "one of two",
    (
        Column("reps", "Int64", "", "repetitions"),
        Column("load_kg", "float64", "kg", "load"),
        Column("name", "str", "", "name"),
    ),
)


def test_a_week_has_seven_days_and_starts_on_monday():
    assert tables.WEEKDAYS == ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert len(tables.WEEKDAYS) == tables.DAYS_PER_WEEK


def test_every_definition_of_training_load_is_a_column_of_the_daily_table():
    assert set(tables.TRAINING_LOADS) <= set(tables.DAILY.names)


@pytest.mark.parametrize("table", ALL.values(), ids=ALL)
def test_no_column_is_named_twice(table):
    assert len(set(table.names)) == len(table.names)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_says_what_it_means(column):
    assert column.meaning


@pytest.mark.parametrize("column", COLUMNS)
def test_the_suffix_of_a_column_agrees_with_its_unit(column):
    suffix = next((word for word in UNITS if column.name.endswith(word)), None)
    assert column.unit == UNITS.get(suffix, column.unit)


@pytest.mark.parametrize("table", ALL.values(), ids=ALL)
def test_a_table_without_rows_keeps_its_columns_and_dtypes(table):
    empty = table.from_rows([])
    assert tuple(empty.columns) == table.names
    assert [str(dtype) for dtype in empty.dtypes] == [c.dtype for c in table.columns]


def test_rows_become_typed_columns_in_order():
    table = PAIR.from_rows([(3, 20, "a"), (None, 22.5, "b")])
    expected = pd.DataFrame(
        {
            "reps": pd.array([3, None], dtype="Int64"),
            "load_kg": [20.0, 22.5],
            "name": pd.Series(["a", "b"], dtype="str"),
        }
    )
    pd.testing.assert_frame_equal(table, expected)


def test_columns_are_put_in_the_order_of_the_table():
    table = PAIR.from_columns({"name": ["a"], "load_kg": [1], "reps": [2]})
    assert table.iloc[0].tolist() == [2, 1.0, "a"]
    assert tuple(table.columns) == PAIR.names


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"shorter"):
        PAIR.from_rows([(3, 20.0)])


def test_rows_of_different_length_are_refused():
    with pytest.raises(ValueError, match=r"longer"):
        PAIR.from_rows([(3, 20.0, "a"), (3, 20.0, "b", "one too many")])


def test_a_table_and_its_columns_cannot_be_changed():
    with pytest.raises(AttributeError, match=r"cannot assign to field 'name'"):
        PAIR.name = "other"
    with pytest.raises(AttributeError, match=r"cannot assign to field 'unit'"):
        PAIR.columns[1].unit = "lb"


def test_a_table_is_checked_for_the_columns_it_lacks():
    with pytest.raises(ValueError, match=r"The pair table lacks load_kg; it has reps"):
        PAIR.check(pd.DataFrame(columns=["reps", "name"]))


def test_a_complete_table_passes_the_check():
    PAIR.check(PAIR.from_rows([]))


def test_a_table_describes_its_columns_with_their_units():
    described = tables.WEEKLY.describe().set_index("name")
    assert described.index.tolist() == list(tables.WEEKLY.names)
    assert described.loc["volume_load_kg", "unit"] == "kg"
    assert (described["meaning"] != "").all()
