"""Hashes find every edited input and name it; circumstances differ then and now."""

import json
import re

import pytest

from hipext.files.parameters import shipped_values
from hipext.files.records import (
    changed_inputs,
    changes_since,
    circumstances,
    edit_messages,
    input_hashes,
    json_value,
    leaves_of,
)

INPUTS = {
    "seed": 7,
    "plan": {
        "name": "Tëst",
        "phase": [{"name": "only", "weeks": 3, "gates": []}, {"weeks": 0.1}],
    },
    "athlete": {"missed_weeks": [3, 4], "flare_ups": {}, "side": None},
    "parameters": {"muscle.gain": 0.024},
}
PATHS = [
    "seed",
    "plan.name",
    "plan.phase.1.name",
    "plan.phase.1.weeks",
    "plan.phase.1.gates",
    "plan.phase.2.weeks",
    "athlete.missed_weeks.1",
    "athlete.missed_weeks.2",
    "athlete.flare_ups",
    "athlete.side",
    "parameters.muscle.gain",
]


def edited(path, value):
    """Return the inputs with one value changed, by keys of Python."""
    inputs = json.loads(json.dumps(INPUTS))
    here = inputs
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return inputs


def test_every_value_has_a_path_with_items_numbered_from_1():
    leaves = leaves_of(INPUTS)
    assert list(leaves) == PATHS
    assert leaves["plan.phase.1.weeks"] == 3
    assert leaves["plan.phase.1.gates"] == []
    assert leaves["athlete.flare_ups"] == {}


def test_no_inputs_have_no_values():
    assert leaves_of({}) == {}


def test_a_hash_is_the_start_of_the_checksum_of_the_value_as_json():
    # printf '3' | sha256sum; printf '"a"' | sha256sum
    assert input_hashes({"weeks": 3, "name": "a"}) == {
        "weeks": "4e07408562be",
        "name": "ac8d8342bbb2",
    }


def test_what_is_written_and_read_back_has_the_same_hashes():
    assert input_hashes(json.loads(json.dumps(INPUTS))) == input_hashes(INPUTS)
    assert changed_inputs(json.loads(json.dumps(INPUTS)), input_hashes(INPUTS)) == []


def test_whole_numbers_may_be_written_with_a_point_or_without():
    assert changed_inputs({"weeks": 3.0}, input_hashes({"weeks": 3})) == []
    assert changed_inputs({"load_kg": 20}, input_hashes({"load_kg": 20.0})) == []


@pytest.mark.parametrize(
    ("value", "other"),
    [(1, True), (0, False), (0, None), (1, "1"), ([], {}), (0.1, 0.1 + 2**-56)],
)
def test_values_that_only_look_alike_have_other_hashes(value, other):
    assert input_hashes({"a": value}) != input_hashes({"a": other})


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("seed",), 8, ["seed"]),
        (("plan", "phase", 0, "weeks"), 4, ["plan.phase.1.weeks"]),
        (("athlete", "missed_weeks"), [3], ["athlete.missed_weeks.2"]),
        (("athlete", "missed_weeks"), [4, 3], PATHS[6:8]),
        (("plan", "phase", 0, "gates"), [1], [PATHS[4], "plan.phase.1.gates.1"]),
        (("athlete", "flare_ups", "x"), 1, [PATHS[8], "athlete.flare_ups.x"]),
        (("plan", "note"), "new", ["plan.note"]),
    ],
)
def test_a_changed_removed_or_added_value_is_named(path, value, named):
    assert changed_inputs(edited(path, value), input_hashes(INPUTS)) == named


def test_several_edits_are_named_in_the_order_of_the_inputs():
    inputs = edited(("athlete", "missed_weeks"), [3]) | {"seed": 1, "more": 1}
    named = ["seed", "athlete.missed_weeks.2", "more"]
    assert changed_inputs(inputs, input_hashes(INPUTS)) == named


def test_numbers_that_json_lacks_become_words_or_null():
    assert json_value({"a": [float("inf"), -float("inf")], "b": float("nan")}) == {
        "a": ["inf", "-inf"],
        "b": None,
    }


# --- in words ---


def told(inputs):
    return edit_messages(inputs, input_hashes(INPUTS), "run")


def test_an_edited_value_is_reported_with_its_place_and_names():
    assert told(edited(("plan", "phase", 0, "weeks"), 4)) == [
        "plan: phase.1.weeks (only) is 4 in the record, which is not what the run was "
        "made with"
    ]


def test_all_names_on_the_way_to_an_edited_value_are_given():
    session = {"name": "A", "slot": [{"exercise": "deadlift", "rest_s": 60}]}
    inputs = {"plan": {"phase": [{"name": "only", "session": [session]}]}}
    hashes = input_hashes(inputs)
    session["slot"][0]["rest_s"] = 90
    (words,) = edit_messages(inputs, hashes, "run")
    place = "plan: phase.1.session.1.slot.1.rest_s (only, A, deadlift) is 90"
    assert words.startswith(place)


def test_an_edited_input_of_one_value_is_reported_by_its_name():
    (words,) = told(INPUTS | {"seed": 8})
    assert words.startswith("seed is 8 in the record, which is not")


def test_an_edited_constant_is_reported_with_the_shipped_one():
    (words,) = told(INPUTS | {"parameters": {"muscle.gain": 0.03}})
    shipped = shipped_values()["muscle.gain"]
    assert words.startswith("parameters: muscle.gain is 0.03 in the record, which")
    assert words.endswith(f"(shipped: {shipped})")


def test_a_removed_value_is_reported():
    inputs = {key: INPUTS[key] for key in INPUTS if key != "seed"}
    assert told(inputs) == ["seed is not in the record, but the run was made with it"]


def test_an_added_value_is_reported():
    assert told(edited(("plan", "note"), "new")) == [
        'plan: note is "new" in the record, but the run was made without it'
    ]


def test_a_long_value_is_reported_by_its_beginning():
    (words,) = told(edited(("plan", "name"), "x" * 100))
    assert f'name is "{"x" * 59}... in' in words


# --- then and now ---


def record(**changes):
    made = {"parameters": dict(shipped_values()), **circumstances()}
    made |= changes
    return {"input_hashes": input_hashes({"parameters": made["parameters"]}), **made}


def data(**changes):
    changed = {f"{name}.toml": digest for name, digest in changes.items()}
    return {"data": record()["data"] | changed}


def versions(**changes):
    return {"versions": record()["versions"] | changes}


def test_nothing_has_changed_since_just_now():
    assert changes_since(record(), without=()) == []


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (data(exercises="ab"), r"catalogue: exercises.toml is not what"),
        (data(parameters="ab"), r"words about .*: parameters.toml is n"),
        ({"code": "ab" * 32}, r"code version: hipext .*, code abababababab then; "),
        (versions(hipext="0.0.9"), r"code version: hipext 0.0.9, code .* then; "),
        (versions(numpy="1.0"), r"library version: numpy was 1.0, is \d"),
        (versions(scipy=None), r"library version: scipy was not there, is \d"),
        (versions(python="3.9"), r"Python was 3.9, is 3\.\d"),
        ({"parameters": {"a.b": 1} | shipped_values()}, r"no parameter a.b now"),
        ({"parameters": {"muscle.gain": 1}}, r"there was no parameter .*muscle.tau_d"),
    ],
)
def test_what_is_not_as_it_was_is_named(made, named):
    (words,) = changes_since(record(**made), without=())
    assert re.search(named, words)


def test_the_likeliest_change_comes_first():
    made = record(code="ab", **data(exercises="ab"))
    made |= versions(numpy="1", pandas="2", python="3")
    first = [words.split()[0] for words in changes_since(made, without=())]
    assert first == ["catalogue:", "code", "library", "Python"]


def test_what_had_no_part_in_it_is_left_out():
    made = record(**data(parameters="ab")) | versions(numpy="1", numba="2")
    assert changes_since(made, without={"parameters.toml", "numpy", "numba"}) == []


def test_a_constant_taken_out_of_a_record_is_no_change_of_code():
    made = record()
    del made["parameters"]["muscle.gain"]
    assert changes_since(made, without=()) == []


def test_every_removed_value_is_reported_and_what_was_edited_after_it():
    inputs = edited(("athlete", "side"), "left")
    del inputs["seed"], inputs["plan"]["name"]
    messages = edit_messages(inputs, input_hashes(INPUTS), "run")
    assert [one.split()[0] for one in messages] == ["seed", "plan:", "athlete:"]


def test_an_edited_name_is_reported_in_its_own_letters():
    inputs = edited(("plan", "name"), "Zoë")
    (message,) = edit_messages(inputs, input_hashes(INPUTS), "run")
    assert message.startswith('plan: name is "Zoë" in the record')


def test_constants_that_are_gone_are_named_one_by_one():
    made = record()
    for name in ("old.one", "old.two"):
        made["input_hashes"][f"parameters.{name}"] = "0"
    (words,) = changes_since(made, without=())
    assert words.endswith("; there is no parameter old.one, old.two now")
