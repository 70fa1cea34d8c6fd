"""Constants of the model: each has value, unit, range, kind and source."""

import pytest

from hipext._checks import PlanError
from hipext.parameters import parameter, parameter_table, read_parameters

ROW = {
    "id": '"effort.limit"',
    "value": "4.0",
    "unit": '"reps"',
    "range": "[1.0, 5.0]",
    "kind": '"assumption"',
    "source": '""',
    "meaning": '"a limit"',
}


@pytest.fixture
def write_rows(tmp_path):
    """Return a function that writes rows of a parameter file and returns its path."""

    def write(*rows):
        path = tmp_path / "mine.toml"
        tables = [
            "\n".join(["[[parameter]]", *(f"{key} = {row[key]}" for key in row)])
            for row in rows
        ]
        path.write_text("\n\n".join(["format = 1", *tables]), encoding="utf-8")
        return path

    return write


def test_a_file_is_read_into_constants_by_id(write_rows):
    read = read_parameters(write_rows(ROW, ROW | {"id": '"a.b"', "value": "2"}))
    assert list(read) == ["effort.limit", "a.b"]
    assert (read["a.b"].value, read["a.b"].range) == (2.0, (1.0, 5.0))


def test_constants_cannot_be_changed(write_rows):
    read = read_parameters(write_rows(ROW))
    with pytest.raises(TypeError, match=r"item assignment"):
        read["effort.limit"] = None


@pytest.mark.parametrize("value", ["1.0", "5.0"])
def test_the_ends_of_the_range_are_part_of_it(write_rows, value):
    read = read_parameters(write_rows(ROW | {"value": value}))
    assert read["effort.limit"].value == float(value)


@pytest.mark.parametrize("value", ["0.99", "5.01"])
def test_a_value_outside_its_range_is_refused(write_rows, value):
    with pytest.raises(
        PlanError, match=rf"effort.limit.*value {value} lies outside .*1.0-5.0"
    ):
        read_parameters(write_rows(ROW | {"value": value}))


@pytest.mark.parametrize("kind", ["measured", "consensus"])
def test_whatever_is_not_an_assumption_needs_a_source(write_rows, kind):
    with pytest.raises(PlanError, match=f"kind '{kind}' needs a source; got none"):
        read_parameters(write_rows(ROW | {"kind": f'"{kind}"'}))


def test_a_measured_value_with_a_source_passes(write_rows):
    row = ROW | {"kind": '"measured"', "source": '"E01-001"'}
    assert read_parameters(write_rows(row))["effort.limit"].source == "E01-001"


def test_an_unknown_kind_is_refused(write_rows):
    with pytest.raises(PlanError, match=r"kind: must be one of .*; got 'guess'"):
        read_parameters(write_rows(ROW | {"kind": '"guess"'}))


def test_ids_used_twice_are_all_named(write_rows):
    other = ROW | {"id": '"a.b"'}
    with pytest.raises(PlanError, match=r"2 problem") as caught:
        read_parameters(write_rows(ROW, other, other, ROW, ROW | {"id": '"c"'}))
    assert caught.value.problems == (
        "a.b: this id is used twice.",
        "effort.limit: this id is used twice.",
    )


def test_an_unknown_parameter_is_refused_with_the_closest_one():
    with pytest.raises(
        ValueError, match=r"no parameter 'banister.tau'; .*Did you mean"
    ):
        parameter("banister.tau")


def test_a_parameter_is_looked_up_in_the_shipped_file():
    assert (
        parameter("banister.fatigue_tau")
        == read_parameters()["banister.fatigue_tau"].value
    )


def test_the_table_has_every_shipped_constant_in_the_order_of_the_file():
    table = parameter_table()
    assert table["id"].tolist() == list(read_parameters())
    assert table["value"].tolist() == [row.value for row in read_parameters().values()]
    assert {"unit", "range", "kind", "source", "meaning"} <= set(table.columns)


def test_the_banister_time_constants_are_the_conventional_ones_and_no_measurement():
    shipped = read_parameters()
    taus = shipped["banister.fitness_tau"], shipped["banister.fatigue_tau"]
    assert [tau.value for tau in taus] == [42.0, 7.0]
    assert {tau.kind for tau in taus} == {"assumption"}
