"""Constants of the model: each has value, unit, range, kind and source."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hipext.files.checks import PlanError
from hipext.files.parameters import (
    parameter,
    parameter_table,
    parameters_changed,
    read_parameters,
    shipped_model,
    shipped_values,
    values_in_use,
)

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


# --- changed for a while ---

TAU = "banister.fitness_tau"


def test_a_changed_constant_is_used_inside_the_block_and_not_after():
    shipped = values_in_use()
    with parameters_changed({TAU: 30}):
        assert parameter(TAU) == 30.0
        assert values_in_use() == shipped | {TAU: 30.0}
    assert values_in_use() == shipped
    assert parameter(TAU) == 42.0


def test_the_table_has_the_value_in_use_and_all_else_as_shipped():
    shipped = parameter_table().set_index("id")
    with parameters_changed({TAU: 30}):
        table = parameter_table().set_index("id")
    assert table["value"].to_dict() == shipped["value"].to_dict() | {TAU: 30.0}
    assert table.drop(columns="value").equals(shipped.drop(columns="value"))


def test_an_inner_block_wins_and_keeps_what_it_does_not_name():
    with parameters_changed({TAU: 30, "muscle.gain": 0.5}):
        with parameters_changed({TAU: 20}):
            assert (parameter(TAU), parameter("muscle.gain")) == (20.0, 0.5)
        assert parameter(TAU) == 30.0


def test_shipped_values_stay_what_they_are_inside_a_block():
    with parameters_changed({TAU: 30}):
        assert shipped_values()[TAU] == 42.0


def test_a_block_left_by_an_error_leaves_nothing_behind():
    with pytest.raises(KeyError, match=r"stop"), parameters_changed({TAU: 30}):
        raise KeyError("stop")
    assert parameter(TAU) == 42.0


def test_a_change_made_to_the_returned_values_changes_nothing():
    values_in_use()[TAU] = 1.0
    assert parameter(TAU) == 42.0


def test_a_block_holds_in_its_own_thread_alone():
    with parameters_changed({TAU: 30}), ThreadPoolExecutor(1) as pool:
        assert pool.submit(parameter, TAU).result() == 42.0


def test_a_change_of_an_unknown_constant_is_refused_with_the_closest_one():
    with (
        pytest.raises(ValueError, match=r"'banister.tau'; .*Did you mean 'banister"),
        parameters_changed({TAU: 30, "banister.tau": 3}),
    ):
        pass
    assert parameter(TAU) == 42.0


@pytest.mark.parametrize("value", ["30", True, None, [30]])
def test_a_change_to_what_is_no_number_is_refused(value):
    given = re.escape(repr(value))
    with (
        pytest.raises(TypeError, match=rf"{TAU} must be a number; got {given}"),
        parameters_changed({TAU: value}),
    ):
        pass


def test_a_change_to_a_missing_number_is_refused():
    with (
        pytest.raises(ValueError, match=rf"{TAU} must be a number; got nan"),
        parameters_changed({TAU: float("nan")}),
    ):
        pass


def test_the_record_of_the_day_loop_has_the_values_in_use():
    shipped = shipped_model()
    with parameters_changed({"muscle.gain": 0.5, "muscle.ceiling_novice": np.inf}):
        model = shipped_model(skill_tau_d=3.0)
    changed = {name for name in shipped.dtype.names if model[name] != shipped[name]}
    assert changed == {"muscle_gain", "muscle_ceiling_novice", "skill_tau_d"}
    assert (model["muscle_gain"], model["skill_tau_d"]) == (0.5, 3.0)
    assert model["muscle_ceiling_novice"] == np.inf
    assert shipped_model() == shipped


def test_the_record_of_the_day_loop_has_every_constant_under_its_name():
    model = shipped_model()
    named = {name.replace(".", "_"): value for name, value in shipped_values().items()}
    assert {name: model[name] for name in model.dtype.names} == named


def test_a_record_of_the_day_loop_that_is_changed_changes_no_other():
    shipped_model()["muscle_gain"] = 9.0
    assert shipped_model()["muscle_gain"] == parameter("muscle.gain")
