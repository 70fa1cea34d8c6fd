"""Results are made again from their record; what differs has a place and a cause."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hipext.athletes.athlete import read_athlete
from hipext.files.checks import PlanError
from hipext.files.io import write_files
from hipext.files.parameters import parameters_changed, shipped_values
from hipext.files.records import hash_of_modules, input_hashes, record_bytes
from hipext.plans.plan_file import read_plan
from hipext.simulation.simulation import open_loop, record_files, simulate, write_record
from hipext.studies import reproduction
from hipext.studies.reproduction import first_difference, reproduce

ROOT = Path(__file__).parents[2]
PLAN = """
format = 1
name = "Short"
days = ["mon", "thu"]

[[phase]]
name = "only"
weeks = 2

  [[phase.session]]
  name = "A"

    [[phase.session.slot]]
    exercise = "deadlift"
    sets = "3x5 @RIR2"
    progress = { rule = "linear", add_kg = 2.5 }

    [[phase.session.slot]]
    exercise = "front_plank"
    sets = "2x20s"
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Return a short plan whose file is gone."""
    path = tmp_path_factory.mktemp("plans") / "short.toml"
    path.write_text(PLAN, encoding="utf-8")
    plan = read_plan(path)
    path.unlink()
    return plan


@pytest.fixture(scope="module")
def files(plan):
    """Return the files of a run of it."""
    return record_files(simulate(plan, read_athlete("novice"), seed=7))


@pytest.fixture
def folder(files, tmp_path):
    """Return a folder with the run."""
    write_files(files, tmp_path)
    return tmp_path


def edit_record(folder, edit):
    """Let a function change the record of a folder in place."""
    record = json.loads((folder / "record.json").read_bytes())
    edit(record)
    (folder / "record.json").write_bytes(record_bytes(record))


def edit_table(folder, old, new, *, name="weekly.csv", with_sha256=False):
    """Replace the first place of a text in a table; there must be one."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    content = text.replace(old, new, 1).encode()
    (folder / name).write_bytes(content)
    if with_sha256:
        checksum = sha256(content).hexdigest()
        edit_record(folder, lambda record: record["sha256"].update({name: checksum}))


def last_performance(files):
    """Return the last value of the response as it is written."""
    return files["response.csv"].decode().strip().rpartition(",")[2]


# --- identical ---


def test_a_run_is_rerun_byte_for_byte(folder):
    again = reproduce(folder)
    assert (again.kind, again.n_tables) == ("run", 8)
    assert again.is_identical
    assert again.is_equal
    assert (again.difference, again.cause, again.notes) == ("", "", ())
    assert again.report() == "identical: 8 tables, byte for byte"


def test_an_open_loop_is_rerun(plan, tmp_path):
    write_record(open_loop(plan, read_athlete("runner")), tmp_path)
    assert reproduce(str(tmp_path)).report() == "identical: 7 tables, byte for byte"


@pytest.mark.parametrize("engine", [None, "compiled"])
def test_seed_noise_and_load_are_those_of_the_record(plan, tmp_path, engine):
    if engine:
        pytest.importorskip("numba", reason="nothing to compile with")
    run = simulate(
        plan, read_athlete("runner"), seed=5, noise=False, training_load="hard_sets"
    )
    write_record(run, tmp_path)
    assert reproduce(tmp_path, engine=engine).is_equal


def test_the_compiled_engine_makes_the_same(folder):
    pytest.importorskip("numba", reason="nothing to compile with")
    again = reproduce(folder, engine="compiled")
    assert again.is_equal
    assert again.report().split()[0].rstrip(":") == "identical"


def test_a_run_of_other_constants_is_rerun_with_them(plan, files, tmp_path):
    changes = {"muscle.gain": 0.5, "muscle.ceiling_novice": math.inf}
    with parameters_changed(changes):
        write_record(simulate(plan, read_athlete("novice"), seed=7), tmp_path)
    assert (tmp_path / "sets.csv").read_bytes() != files["sets.csv"]
    again = reproduce(tmp_path)
    assert again.is_identical
    shipped = shipped_values()["muscle.gain"]
    assert again.notes == (
        f"muscle.gain is 0.5 in the record, {shipped} shipped; muscle.ceiling_novice "
        f"is inf in the record, {shipped_values()['muscle.ceiling_novice']} shipped; "
        "the record's own were used",
    )


def test_constants_changed_around_it_have_no_part_in_it(folder):
    with parameters_changed({"muscle.gain": 0.5}):
        assert reproduce(folder).is_identical


@pytest.mark.parametrize(
    ("edit", "note"),
    [
        (lambda record: record.update(code="ab" * 32), r"^code version: .*abab.* then"),
        (lambda record: record["versions"].update(numpy="1.0"), r"numpy was 1.0, is"),
        (lambda record: record["versions"].update(python="3.9"), r"^Python was 3.9"),
        (lambda record: record["data"].update({"exercises.toml": "ab"}), r"^catalogue"),
    ],
)
def test_what_has_changed_without_an_effect_is_a_note(folder, edit, note):
    edit_record(folder, edit)
    again = reproduce(folder)
    assert again.is_identical
    assert re.search(note + r".*; the tables agree$", again.notes[0])
    assert again.report().splitlines()[1] == f"note: {again.notes[0]}"


def test_libraries_that_have_no_part_in_a_plain_run_are_not_reported(folder):
    edit_record(
        folder, lambda record: record["versions"].update(numba="1", pyarrow="1")
    )
    assert reproduce(folder).notes == ()


# --- an edited record ---


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (
            lambda record: record["parameters"].update({"muscle.gain": 0.5}),
            r"^parameters: muscle.gain is 0.5 in the record, .* \(shipped: 0\.\d+\)$",
        ),
        (
            lambda record: record["plan"]["phase"][0].update(weeks=1),
            r"^plan: phase.1.weeks \(only\) is 1 in the record, which is not what",
        ),
        (
            lambda record: record["athlete"].update(body_mass_kg=91),
            r"^athlete: body_mass_kg is 91 in the record, which is not what the run",
        ),
        (
            lambda record: record.update(seed=8),
            r"^seed is 8 in the record, which is not what the run was made with$",
        ),
    ],
)
def test_an_edited_input_is_the_cause_and_its_effect_is_found(folder, edit, cause):
    edit_record(folder, edit)
    again = reproduce(folder)
    assert not again.is_equal
    assert re.search(cause, again.cause)
    assert re.match(r"sets.csv, row \d+.*, column \w+: .* in the f", again.difference)
    assert again.report().startswith(f"different: {again.difference}\ncause: ")


def test_an_edit_without_an_effect_is_reported_all_the_same(folder):
    edit_record(folder, lambda record: record["plan"].update(name="Other"))
    again = reproduce(folder)
    assert (again.is_identical, again.is_equal) == (False, False)
    assert again.cause.startswith('plan: name is "Other" in the record')
    assert again.difference.endswith("its tables come out the same")


def test_an_edit_that_makes_no_plan_is_reported_with_the_problem(folder):
    edit_record(folder, lambda record: record["plan"]["phase"][0].update(weeks="x"))
    again = reproduce(folder)
    assert again.difference.startswith("the run cannot be reproduced: the plan of the")
    assert "weeks: must be a whole number, like 2; got 'x'" in again.difference
    assert again.cause.startswith("plan: phase.1.weeks (only) is")


@pytest.mark.parametrize(
    ("edit", "problems"),
    [
        (
            {"parameters": {"muscle.gain": "a"}},
            ["parameters, muscle.gain: must be a number, like 2.5; got 'a'."],
        ),
        ({"seed": "x"}, ["seed: must be a whole number, like 2; got 'x'."]),
        ({"seed": -1}, ["seed: must be at least 0; got -1."]),
        (
            {"mode": "open", "plan": [1], "athlete": None, "noise": 1},
            [
                "mode: must be one of 'closed_loop', 'open_loop'; got 'open'. Did you "
                "mean 'open_loop'?",
                "noise: must be true or false; got 1.",
                "plan: must be a table of values, like { key = 1 }; got the list [1].",
                "athlete: must be a table of values, like { key = 1 }; got None.",
            ],
        ),
        (
            {"versions": {"numpy": 2}, "sha256": {"sets.csv": []}, "code": 1},
            [
                'code: must be text in quotes, like "abc"; got 1.',
                'versions, numpy: must be text in quotes, like "abc"; got 2.',
                'sha256, sets.csv: must be text in quotes, like "abc"; got the list '
                "[].",
            ],
        ),
    ],
)
def test_a_record_edited_into_another_form_lists_every_problem(folder, edit, problems):
    edit_record(folder, lambda record: record.update(edit))
    with pytest.raises(PlanError) as error:
        reproduce(folder)
    assert [*error.value.problems] == problems


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["effort.usual_rest_s", "fatigue.tau_d"])
def test_constants_with_which_nothing_can_be_computed_are_a_difference(folder, name):
    edit_record(folder, lambda record: record["parameters"].update({name: -1.0}))
    again = reproduce(folder)
    assert not again.is_equal
    assert f"{name} is -1.0 in the record" in again.cause


def test_an_arithmetic_fault_without_own_constants_is_a_fault(folder, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(reproduction.KINDS, "run", broken)
    with pytest.raises(ZeroDivisionError):
        reproduce(folder)


def test_a_fault_of_hipext_in_a_rerun_is_no_difference(folder, monkeypatch):
    def broken(*_):
        raise KeyError("a fault")

    monkeypatch.setitem(reproduction.KINDS, "run", broken)
    with pytest.raises(KeyError, match="a fault"):
        reproduce(folder)


def test_a_constant_taken_out_of_the_record_is_named(folder):
    edit_record(folder, lambda record: record["parameters"].pop("muscle.gain"))
    again = reproduce(folder)
    assert again.cause.startswith("parameters: muscle.gain is not in the record")
    assert again.notes == ()


def test_the_rest_of_many_edits_is_counted(folder):
    edit_record(
        folder,
        lambda record: record["parameters"].update(
            {name: value + 1 for name, value in [*shipped_values().items()][:5]}
        ),
    )
    told = reproduce(folder).cause.split("; ")
    assert len(told) == 4
    assert told[-1] == "and 2 more"


# --- an edited folder ---


def test_an_edited_cell_is_found_with_both_values(folder, files):
    weekly = pd.read_csv(BytesIO(files["weekly.csv"]), dtype=str)
    row = weekly["volume_load_kg"][1]
    edit_table(folder, row, "77.5")
    again = reproduce(folder)
    assert again.cause == "table weekly.csv was changed after the run"
    assert "weekly.csv, row" in again.difference
    assert "77.5 in the folder" in again.difference
    assert f"{row} when reproduced (relative difference" in again.difference
    assert not again.is_equal


def test_an_edit_of_the_last_digit_is_an_edit(folder, files):
    value = last_performance(files)
    edit_table(folder, value, str(np.nextafter(float(value), 0)), name="response.csv")
    again = reproduce(folder)
    assert again.cause == "table response.csv was changed after the run"
    assert not again.is_equal


def test_a_table_that_is_cut_off_is_reported_with_the_place(folder, files):
    lines = files["sets.csv"].splitlines(keepends=True)
    (folder / "sets.csv").write_bytes(b"".join(lines[:-1]))
    again = reproduce(folder)
    place = f"sets.csv, row {len(lines) - 1}, column week: nothing in the folder"
    assert again.difference.startswith(place)
    assert again.cause == "table sets.csv was changed after the run"


def test_a_table_that_is_gone_is_named(folder):
    (folder / "daily.csv").unlink()
    again = reproduce(folder)
    assert again.difference == "daily.csv is missing from the folder"
    assert again.cause == "table daily.csv was removed after the run"
    assert not again.is_equal


def test_other_ends_of_lines_are_equal_but_not_identical(folder, files):
    content = files["sets.csv"].replace(b"\n", b"\r\n")
    (folder / "sets.csv").write_bytes(content)
    again = reproduce(folder)
    assert (again.is_identical, again.is_equal) == (False, True)
    assert again.report().startswith(
        "identical to 1e-12, not byte for byte: 8 tables\n"
    )
    assert "every value is the same" in again.difference
    assert again.cause == "table sets.csv was changed after the run"


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (lambda hashes: hashes.update({"sets.csv": "ab"}), "changed in the record"),
        (lambda hashes: hashes.pop("sets.csv"), "changed in the record"),
        (lambda hashes: hashes.update({"mine.csv": "ab"}), "added to the record"),
    ],
)
def test_edited_checksums_are_the_cause(folder, edit, cause):
    edit_record(folder, lambda record: edit(record["sha256"]))
    again = reproduce(folder)
    assert re.search(rf"^sha256 of \w+.csv was {cause}", again.cause)
    assert not again.is_equal


# --- other circumstances: a table and its checksum as something else made them ---


def from_elsewhere(folder, *, name="weekly.csv", old="\n1,", new="\n5,"):
    edit_table(folder, old, new, name=name, with_sha256=True)


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (
            lambda record: record.update(code="ab" * 32),
            r"^code version: hipext .*now$",
        ),
        (
            lambda record: record["versions"].update(numpy="1.0", pandas="2.0"),
            r"^library version: numpy was 1.0, is .*, pandas was 2.0, is [\d.]+$",
        ),
        (
            lambda record: record["versions"].update(python="3.9"),
            r"^Python was 3.9, is 3\.[\d.]+$",
        ),
        (
            lambda record: record["data"].update({"exercises.toml": "ab"}),
            r"^catalogue: exercises.toml is not what it was then$",
        ),
        (
            lambda record: (
                record.update(code="ab"),
                record["versions"].update(numpy="1.0"),
            ),
            r"^code version: .*; or library version: numpy was 1.0",
        ),
        (lambda record: record["data"].update({"parameters.toml": "ab"}), r"^machine:"),
        (lambda record: record["versions"].update(numba="1"), r"^machine: .* last pla"),
    ],
)
def test_the_cause_is_what_differs_between_then_and_now(folder, edit, cause):
    from_elsewhere(folder)
    edit_record(folder, edit)
    again = reproduce(folder)
    assert re.search(cause, again.cause)
    assert again.difference == (
        "weekly.csv, row 1, column week: 5 in the folder, 1 when reproduced "
        "(relative difference 8.0e-01)"
    )
    assert not again.is_equal


def test_other_words_about_the_constants_matter_to_the_assumptions(folder):
    from_elsewhere(folder, name="assumptions.csv", old="model,", new="model,old ")
    edit_record(folder, lambda record: record["data"].update({"parameters.toml": "a"}))
    assert reproduce(folder).cause.startswith("words about the constants: parameters")


def test_constants_that_came_and_went_are_reported_with_the_code(folder):
    def edit(record):
        for part, name in (("parameters", ""), ("input_hashes", "parameters.")):
            record[part][f"{name}old.one"] = 1.0
            del record[part][f"{name}muscle.gain"]
        old = {"parameters": {"old.one": 1.0}}
        record["input_hashes"] |= input_hashes(old)

    from_elsewhere(folder)
    edit_record(folder, edit)
    cause = reproduce(folder).cause
    assert cause.startswith("code version: hipext")
    assert "there is no parameter old.one now" in cause
    assert "there was no parameter muscle.gain" in cause


def test_a_difference_in_the_last_place_is_equal_but_not_identical(folder, files):
    value = last_performance(files)
    other = str(np.nextafter(float(value), 0))
    from_elsewhere(folder, name="response.csv", old=value, new=other)
    again = reproduce(folder)
    assert (again.is_identical, again.is_equal) == (False, True)
    first, second, third = again.report().splitlines()
    assert first == "identical to 1e-12, not byte for byte: 8 tables"
    assert second.startswith("first: response.csv, row")
    assert third.startswith("cause: machine")


def test_the_first_difference_is_one_that_matters(folder, files):
    value = last_performance(files)
    other = str(float(value) * (1 + 1e-14))
    from_elsewhere(folder, name="response.csv", old=value, new=other)
    from_elsewhere(folder, name="capacity.csv")
    again = reproduce(folder)
    assert again.difference.startswith("capacity.csv, row 1, column week")
    assert not again.is_equal


def test_a_table_changed_here_and_made_otherwise_has_both_causes(folder):
    from_elsewhere(folder)
    edit_record(folder, lambda record: record.update(code="ab"))
    edit_table(folder, "\n2,", "\n6,")
    cause = reproduce(folder).cause
    assert cause.startswith("table weekly.csv was changed after the run; code version")


@pytest.mark.parametrize("module", ["studies/search.py", "engine/day.py"])
def test_a_changed_module_is_named_by_the_command(folder, tmp_path_factory, module):
    copy = tmp_path_factory.mktemp("copy")
    for name in ("hipext", "data"):
        shutil.copytree(ROOT / name, copy / name)
    with (copy / "hipext" / module).open("a", encoding="utf-8") as changed:
        changed.write("# another version\n")
    from_elsewhere(folder)
    done = subprocess.run(
        [sys.executable, "-m", "hipext", "reproduce", str(folder)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("different: weekly.csv, row 1, column week: 5 in the fold")
    code = hash_of_modules(copy / "hipext")[:12]
    assert re.fullmatch(rf"cause: code version: .* then; .*, {code} now", second)


# --- what cannot be done ---


def test_a_record_that_is_cut_off_is_reported(folder, files):
    (folder / "record.json").write_bytes(files["record.json"][:3000])
    with pytest.raises(PlanError, match=r"record.json has 1 .*\n.*not JSON: .*line \d"):
        reproduce(folder)


def test_a_record_of_an_earlier_version_is_refused(folder):
    edit_record(folder, lambda record: record.update(format=1))
    with pytest.raises(PlanError, match=r"an earlier version .* run it again\.$"):
        reproduce(folder)


def test_an_unknown_kind_is_reported(folder):
    edit_record(folder, lambda record: record.update(kind="rum"))
    with pytest.raises(ValueError, match=r"kind of .*record.json must .*Did you mean"):
        reproduce(folder)


def test_an_unknown_engine_is_reported(folder):
    with pytest.raises(ValueError, match=r"engine must .*; got 'compile'. Did you"):
        reproduce(folder, engine="compile")


# --- where two tables differ first ---

RESULTS = {"n": 3, "fits": [{"tau": 20.0, "end": None}], "verdict": "identified"}


@pytest.mark.parametrize(
    ("path", "value", "ours", "theirs", "relative"),
    [
        ("n", 4, "3", "4", 0.25),
        ("verdict", "no", "identified", "no", math.nan),
        ("fits.1.tau", 20.00002, "20.0", "20.00002", 1e-6 / (1 + 1e-6)),
        ("fits.1.end", 5.0, "empty", "5.0", math.nan),
    ],
)
def test_one_other_value_of_a_json_file_is_found(path, value, ours, theirs, relative):
    other = json.loads(json.dumps(RESULTS))
    *_, key = path.split(".")
    (other["fits"][0] if path.startswith("fits") else other)[key] = value
    contents = [json.dumps(one).encode() for one in (RESULTS, other)]
    one = first_difference("fit.json", *contents)
    assert (one.column, one.label) == ("value", f"path {path}")
    assert (one.ours, one.theirs) == (ours, theirs)
    assert one.relative == pytest.approx(relative, nan_ok=True)
    near = first_difference("fit.json", *contents, tolerance=1e-5)
    assert (near is None) == (path == "fits.1.tau")


def test_a_json_file_written_otherwise_has_no_difference():
    contents = (json.dumps(RESULTS).encode(), json.dumps(RESULTS, indent=4).encode())
    assert first_difference("fit.json", *contents) is None


def test_a_file_that_is_no_json_is_named():
    with pytest.raises(ValueError, match=r"fit.json cannot be read as JSON: Expecting"):
        first_difference("fit.json", b"{}", b"{")


TABLE = pd.DataFrame(
    {
        "week": [1, 2, 3],
        "load_kg": [20.0, np.nan, 0.3],
        "rule": ["hold", None, "step, up"],
        "is_light": [True, False, True],
        "seed": [2**62, 2**62 + 1, 3],
    }
)


def packed(table, kind):
    """Return a table as the bytes of a file."""
    if kind == "csv":
        return table.to_csv(index=False).encode()
    pytest.importorskip("pyarrow", reason="nothing to read Parquet with")
    stream = BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


@pytest.fixture(params=["csv", "parquet"])
def found(request):
    """Return a function: the first difference of the table from another one."""

    def find(other, **options):
        name = f"weekly.{request.param}"
        ours, theirs = packed(TABLE, request.param), packed(other, request.param)
        return first_difference(name, ours, theirs, **options)

    return find


def test_equal_tables_have_no_difference(found):
    assert found(TABLE.copy()) is None
    assert found(TABLE.copy(), tolerance=1e-12) is None


@pytest.mark.parametrize(
    ("row", "column", "value", "ours", "theirs", "relative"),
    [
        (1, "load_kg", 25.0, "20.0", "25.0", 0.2),
        (1, "load_kg", np.nan, "20.0", "empty", math.nan),
        (2, "load_kg", np.inf, "empty", "inf", math.nan),
        (3, "load_kg", np.inf, "0.3", "inf", math.nan),
        (3, "load_kg", -0.3, "0.3", "-0.3", 2.0),
        (3, "rule", "step", "step, up", "step", math.nan),
        (2, "rule", "hold", "empty", "hold", math.nan),
        (2, "is_light", True, "False", "True", math.nan),
        (3, "seed", 4, "3", "4", 0.25),
    ],
)
def test_one_other_value_is_found(found, row, column, value, ours, theirs, relative):
    other = TABLE.copy()
    other.loc[row - 1, column] = value
    for tolerance in (0.0, 1e-12):
        one = found(other, tolerance=tolerance)
        assert (one.row, one.column, one.label) == (row, column, f"week {row}")
        assert (one.ours, one.theirs) == (ours, theirs)
        assert one.relative == pytest.approx(relative, nan_ok=True)


def test_the_first_row_comes_before_the_first_column(found):
    other = TABLE.assign(week=[1, 2, 9], seed=[2**62, 5, 3])
    one = found(other)
    assert (one.row, one.column) == (2, "seed")


def test_a_whole_number_may_differ_by_one_at_any_size(found):
    other = TABLE.assign(seed=[2**62, 2**62 + 2, 3])
    assert (found(other).row, found(other).theirs) == (2, str(2**62 + 2))


def test_rounding_is_a_difference_only_without_tolerance(found):
    other = TABLE.assign(load_kg=[20.0, np.nan, np.nextafter(0.3, 1)])
    assert found(other, tolerance=1e-12) is None
    one = found(other)
    assert (one.row, one.column) == (3, "load_kg")
    assert one.relative == pytest.approx(2**-54 / 0.3)


@pytest.mark.parametrize(("factor", "is_found"), [(0.99, False), (1.01, True)])
def test_the_tolerance_is_relative(found, factor, is_found):
    other = TABLE.assign(load_kg=[20.0 * (1 - factor * 1e-6), np.nan, 0.3])
    assert (found(other, tolerance=1e-6) is not None) == is_found


def test_a_row_that_is_rounded_does_not_hide_a_later_difference(found):
    other = TABLE.assign(load_kg=[20.0 * (1 - 0.9e-6), np.nan, 0.4])
    assert found(other, tolerance=1e-6).row == 3


def test_a_missing_row_is_reported_as_nothing(found):
    one = found(TABLE.head(2))
    assert (one.row, one.column, one.ours, one.theirs) == (3, "week", "3", "nothing")


def test_an_added_row_is_reported_as_nothing(found):
    one = found(pd.concat([TABLE, TABLE.tail(1)]))
    assert (one.row, one.column, one.ours, one.theirs) == (4, "week", "nothing", "3")


def test_another_name_of_a_column_is_found(found):
    one = found(TABLE.rename(columns={"rule": "law"}))
    assert (one.row, one.column, one.ours, one.theirs) == (0, "rule", "rule", "law")
    assert re.match(r"weekly.\w+, names of the columns, rule: law in", one.report())


def test_a_column_that_is_gone_is_found(found):
    one = found(TABLE.drop(columns="seed"))
    assert (one.row, one.ours, one.theirs) == (0, "seed", "nothing")


def test_a_cell_that_is_cut_off_is_found():
    whole = packed(TABLE, "csv")
    one = first_difference("weekly.csv", whole, whole[: whole.index(b"True") + 2])
    assert (one.row, one.column, one.theirs) == (1, "is_light", "Tr")


def test_an_empty_file_lacks_the_names_of_the_columns():
    one = first_difference("weekly.csv", packed(TABLE, "csv"), b"")
    assert (one.row, one.column, one.theirs) == (0, "week", "nothing")


def test_a_file_that_is_no_parquet_is_named():
    whole = packed(TABLE, "parquet")
    with pytest.raises(ValueError, match=r"weekly.parquet cannot be read as Parquet: "):
        first_difference("weekly.parquet", whole, whole[:99])


def test_a_file_that_is_no_csv_is_named():
    with pytest.raises(ValueError, match=r"weekly.csv cannot be read as CSV: .*limit"):
        first_difference("weekly.csv", packed(TABLE, "csv"), b'"' + b"x" * 200_000)
