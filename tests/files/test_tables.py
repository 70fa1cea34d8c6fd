"""Tables have one grain each, and columns in order with dtype, unit and meaning."""

from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext import tables
from hipext.files.tables import (
    Column,
    Table,
    mean_in_order,
    sd_in_order,
    sum_in_order,
    sums_by,
)

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
    # Texts are of type "str" from pandas 3 on, and objects before.
    typed = [pd.Series(dtype=column.dtype).dtype for column in table.columns]
    assert empty.dtypes.tolist() == typed


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


# Sums: one value after the other, which no version of a library can change

# A sum with compensation, as pandas makes it, would be 2.
LARGE = [1e16, 1.0, -1e16, 1.0]
FLOATS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


def test_values_are_added_one_after_the_other_without_compensation():
    assert sum_in_order(LARGE) == 1.0
    assert sums_by(np.full(4, 3), {"x": LARGE})["x"].to_dict() == {3: 1.0}
    assert mean_in_order(LARGE) == 0.25


@given(FLOATS)
def test_a_sum_does_not_depend_on_the_shape_of_its_array(values):
    expected = reduce(add, values, 0.0)
    column = np.array(values)[:, None]
    table = np.repeat(column, 3, axis=1)
    assert sum_in_order(values) == expected
    for array in (column, table, np.asfortranarray(table), table[:, ::2]):
        assert (sum_in_order(array) == expected).all()
        assert (sum_in_order(array.T, axis=1) == expected).all()


@given(FLOATS, st.data())
def test_sums_by_key_are_those_of_the_rows_of_each_key_in_their_order(values, data):
    n = len(values)
    keys = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    sums = sums_by(pd.Series(keys, name="day"), {"x": values})
    assert sums.index.name == "day"
    assert sums["x"].to_dict() == {
        key: reduce(add, (x for x, k in zip(values, keys, strict=True) if k == key))
        for key in sorted(set(keys))
    }


def test_dates_are_keys_and_a_missing_value_makes_its_sum_missing():
    days = pd.DatetimeIndex(["2026-01-06", "2026-01-05", "2026-01-06"])
    sums = sums_by(days, {"x": [1.0, np.nan, 2.0]})["x"]
    assert [*sums.index.day] == [5, 6]
    assert np.isnan(sums.iloc[0])
    assert sums.iloc[1] == 3.0


def test_the_deviation_is_that_of_a_hand_count_and_of_no_values_the_sum_is_zero():
    assert sd_in_order([1.0, 3.0, 5.0]) == 2.0
    assert sd_in_order([1.0, 5.0], ddof=0) == 2.0
    table = np.array([[1.0, 2.0], [5.0, 2.0]])
    assert sd_in_order(table, ddof=0).tolist() == [2.0, 0.0]
    assert sd_in_order(table, axis=1, ddof=0).tolist() == [0.5, 1.5]
    assert sum_in_order(np.empty((0, 2))).tolist() == [0.0, 0.0]
