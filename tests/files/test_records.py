"""A record holds all that a run needs to be made again, whole or not at all."""

import errno
import hashlib
import json
import shutil
import stat
from dataclasses import replace
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.files import records
from hipext.files.checks import PlanError
from hipext.files.io import csv_bytes, data_dir, drop_leftovers, read_table, write_files
from hipext.files.parameters import parameters_changed, read_parameters
from hipext.files.records import (
    INPUTS_OF_RUN,
    changes_since,
    check_folder_is_free,
    hash_of_modules,
    input_hashes,
    read_record,
    record_bytes,
    record_of,
    replaces_other_inputs,
)
from hipext.files.schema import check_values
from hipext.plans.plan_file import check_plan, read_plan
from hipext.simulation.simulation import (
    TABLES,
    open_loop,
    record_files,
    simulate,
    write_record,
)

PACKAGE = Path(records.__file__).parents[1]
MODULES = [*PACKAGE.rglob("*.py")]
VALUES = {
    "format": 1,
    "name": "Tëst",
    "days": ["mon", "thu"],
    "deload": {"weeks": [2]},
    "assessment": {"every_weeks": 2, "tests": ["biering_sorensen"]},
    "phase": [
        {
            "name": "only",
            "weeks": 3,
            "session": [
                {
                    "name": "A",
                    "slot": [
                        {
                            "exercise": "deadlift",
                            "sets": "3x5 @RIR2",
                            "progress": {"rule": "linear", "add_kg": 2.5},
                        },
                        {"exercise": "front_plank", "sets": "2x20s"},
                    ],
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def run():
    """Return a short run: repetitions and holds, a light week, tests to come."""
    return open_loop(check_plan(VALUES, source="test"), read_athlete("novice"))


@pytest.fixture(scope="module")
def record(run):
    """Return what ``record.json`` of that run holds."""
    return json.loads(record_files(run)["record.json"], parse_constant=pytest.fail)


def bytes_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- what is in it ---


def test_a_record_has_one_file_per_table_and_one_about_them(run):
    assert list(record_files(run)) == [
        *(f"{name}.csv" for name in TABLES),
        "record.json",
    ]


def test_the_same_run_gives_the_same_bytes(run):
    again = open_loop(check_plan(VALUES, source="test"), read_athlete("novice"))
    assert record_files(again) == record_files(run)


def test_another_run_gives_other_bytes(run):
    other = open_loop(run.plan, read_athlete("runner"))
    changed = record_files(other)
    assert changed["sets.csv"] != record_files(run)["sets.csv"]
    assert changed["record.json"] != record_files(run)["record.json"]


@pytest.mark.parametrize("name", sorted({*TABLES} - {"response"}))
def test_a_table_comes_back_from_its_file(run, name):
    table = getattr(run, name)
    read = pd.read_csv(BytesIO(record_files(run)[f"{name}.csv"]), keep_default_na=False)
    assert list(read.columns) == list(table.columns)
    assert len(read) == len(table)


def test_the_response_is_written_with_its_days(run):
    read = pd.read_csv(BytesIO(record_files(run)["response.csv"]))
    assert list(read.columns) == ["day", *run.response.columns]
    assert read["day"].tolist() == run.daily["day"].tolist()


@pytest.mark.parametrize("name", ["daily", "weekly", "response"])
def test_numbers_come_back_exactly(run, name):
    numbers = getattr(run, name).select_dtypes("number").reset_index(drop=True)
    read = read_table(BytesIO(record_files(run)[f"{name}.csv"]))
    pd.testing.assert_frame_equal(
        read[numbers.columns], numbers, check_exact=True, check_dtype=False
    )


def test_a_table_is_plain_csv():
    table = pd.DataFrame({"name": ["a,b", "ü"], "load_kg": [0.1, None]})
    assert csv_bytes(table) == 'name,load_kg\n"a,b",0.1\nü,\n'.encode()


def test_the_checksums_are_those_of_the_files(run, record):
    files = record_files(run)
    assert record["sha256"] == {
        f"{name}.csv": hashlib.sha256(files[f"{name}.csv"]).hexdigest()
        for name in TABLES
    }


def test_the_plan_comes_back_from_the_record(run, record):
    assert check_plan(record["plan"], source="record") == run.plan


def test_the_athlete_comes_back_from_the_record(run, record):
    assert check_values(Athlete, record["athlete"], source="record") == run.athlete


@pytest.mark.parametrize("definition", ["session_rpe_load", "hard_sets"])
def test_a_run_made_again_from_its_record_is_the_same(definition):
    run = open_loop(
        read_plan("guide_16wk"), read_athlete("lifter"), training_load=definition
    )
    record = json.loads(record_files(run)["record.json"])
    again = open_loop(
        check_plan(record["plan"], source="record"),
        check_values(Athlete, record["athlete"], source="record"),
        training_load=record["training_load"],
    )
    assert record_files(again) == record_files(run)


def test_the_record_has_every_constant_and_the_versions(record):
    shipped = {name: row.value for name, row in read_parameters().items()}
    assert record["parameters"] == shipped
    assert {"python", "hipext", "numpy", "pandas"} <= set(record["versions"])
    assert (record["format"], record["mode"]) == (2, "open_loop")
    assert (record["seed"], record["noise"]) == (0, False)


def test_the_record_is_readable_text_without_a_path(run):
    text = record_files(run)["record.json"].decode()
    assert text.endswith("}\n")
    assert '\n  "mode": "open_loop",\n' in text
    assert "Tëst" in text
    assert "/home" not in text
    assert "/tmp" not in text


def test_the_record_tells_what_it_is_and_what_it_depends_on(record):
    root = data_dir()
    assert record["kind"] == "run"
    assert record["data"] == {
        name: hashlib.sha256((root / name).read_bytes()).hexdigest()
        for name in ("exercises.toml", "outcomes.csv", "parameters.toml")
    }
    assert {"scipy", "numba", "pyarrow"} <= set(record["versions"])


def test_the_code_is_known_by_paths_and_texts_of_the_modules_of_all_rooms(record):
    modules = {path.relative_to(PACKAGE).as_posix(): path for path in MODULES}
    assert {"files/records.py", "engine/day.py", "cli/results.py"} <= {*modules}
    parts = [
        part
        for name in sorted(modules)
        for part in (name.encode(), modules[name].read_bytes())
    ]
    assert record["code"] == hashlib.sha256(b"\0".join(parts)).hexdigest()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Return a copy of the package."""
    copy = tmp_path_factory.mktemp("copy") / "hipext"
    return shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))


def test_a_copy_elsewhere_is_the_same_code(package):
    assert hash_of_modules(package) == records.code_hash()


@pytest.mark.parametrize(
    "name", sorted(path.relative_to(PACKAGE).as_posix() for path in MODULES)
)
def test_a_changed_byte_of_any_module_of_any_room_is_other_code(package, record, name):
    module = package / name
    content = module.read_bytes()
    module.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    changed = hash_of_modules(package)
    module.write_bytes(content)
    assert changed != records.code_hash()
    (cause,) = changes_since(record | {"code": changed}, without=())
    now = version("hipext")
    assert cause.startswith(f"code version: hipext {now}, code {changed[:12]} then")


def test_ends_of_lines_make_no_other_code(tmp_path):
    for folder, end in (("one", b"\n"), ("other", b"\r\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "module.py").write_bytes(
            end.join([b"a = 1", b"b = 2", b""])
        )
    assert hash_of_modules(tmp_path / "one") == hash_of_modules(tmp_path / "other")


def test_a_module_that_moves_to_another_room_is_other_code(package):
    moved = (package / "files" / "io.py").rename(package / "engine" / "io.py")
    assert hash_of_modules(package) != records.code_hash()
    moved.rename(package / "files" / "io.py")
    assert hash_of_modules(package) == records.code_hash()


def test_every_input_has_its_hash_and_nothing_else(record):
    inputs = ("kind", *INPUTS_OF_RUN, "parameters")
    assert record["input_hashes"] == input_hashes({key: record[key] for key in inputs})


def test_the_record_has_the_constants_in_use(run):
    changed = {"muscle.gain": 0.5, "muscle.ceiling_novice": np.inf}
    with parameters_changed(changed):
        made = simulate(run.plan, run.athlete)
    content = record_files(made)["record.json"]
    written = json.loads(content, parse_constant=pytest.fail)["parameters"]
    assert (written["muscle.gain"], written["muscle.ceiling_novice"]) == (0.5, "inf")


def test_a_record_can_be_of_anything():
    record = record_of(
        "walk",
        {"steps": (1, np.int64(2)), "pace": float("nan"), "way": {3: -np.inf}},
        {"a.csv": b"a"},
        hashes={"b.parquet": "12ab"},
    )
    assert json.loads(record_bytes(record), parse_constant=pytest.fail) == record
    assert (record["kind"], record["steps"]) == ("walk", [1, 2])
    assert (record["pace"], record["way"]) == (None, {"3": "-inf"})
    assert record["sha256"] == {
        "a.csv": hashlib.sha256(b"a").hexdigest(),
        "b.parquet": "12ab",
    }


# --- how it is read ---


def test_a_record_comes_back_as_it_was_written(run, record, tmp_path):
    write_record(run, tmp_path)
    assert read_record(tmp_path) == record
    assert read_record(str(tmp_path)) == record


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder '.*gone'"):
        read_record(tmp_path / "gone")


def test_a_file_in_place_of_the_folder_is_reported(run, tmp_path):
    write_record(run, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"record.json' is a file; name the f"):
        read_record(tmp_path / "record.json")


def test_a_folder_without_a_record_is_reported(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no record.json in '.*empty'"):
        read_record(tmp_path / "empty")


def test_a_record_that_is_cut_off_is_reported_with_the_place(run, tmp_path):
    whole = record_files(run)["record.json"]
    lines = whole[:4000].count(b"\n") + 1
    write_files({"record.json": whole[:4000]}, tmp_path)
    with pytest.raises(PlanError, match=rf"not JSON: .*line {lines} column .*cut off"):
        read_record(tmp_path)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_refused(tmp_path, word):
    write_files({"record.json": f'{{"seed": {word}}}'.encode()}, tmp_path)
    with pytest.raises(PlanError, match=rf"  - {word} is no finite number") as fault:
        read_record(tmp_path)
    assert str(fault.value).startswith(str(tmp_path / "record.json"))


def test_the_keys_that_a_record_lacks_are_named(record, tmp_path):
    others = {key: record[key] for key in record if key not in ("seed", "sha256")}
    write_files({"record.json": json.dumps(others).encode()}, tmp_path)
    with pytest.raises(PlanError, match=r"not a record .* it lacks seed, sha256\."):
        read_record(tmp_path)


def test_a_list_is_no_record(tmp_path):
    write_files({"record.json": b"[1]"}, tmp_path)
    with pytest.raises(
        PlanError,
        match=r"- this is not a record of hipext: it is no table of values\.$",
    ):
        read_record(tmp_path)


def test_a_newer_format_is_reported(record, tmp_path):
    write_files({"record.json": json.dumps(record | {"format": 3}).encode()}, tmp_path)
    with pytest.raises(PlanError, match=r"format 3 is newer than 2, which this"):
        read_record(tmp_path)


def test_an_earlier_format_is_refused_with_the_reason_and_the_way_out(tmp_path):
    write_files({"record.json": b'{"format": 1, "kind": "sweep"}'}, tmp_path)
    reason = (
        r"was written by an earlier version of hipext whose tables had other columns "
        r"\(format 1, now 2\); run it again\."
    )
    with pytest.raises(PlanError, match=reason):
        read_record(tmp_path)


@pytest.mark.parametrize("key", ["versions", "parameters", "input_hashes", "sha256"])
def test_a_part_of_a_record_that_is_no_table_is_named(record, tmp_path, key):
    write_files({"record.json": json.dumps(record | {key: [7]}).encode()}, tmp_path)
    with pytest.raises(
        PlanError, match=rf"{key}: must be a table .*list \[7\]"
    ) as fault:
        read_record(tmp_path)
    assert str(fault.value).startswith(str(tmp_path / "record.json"))


# --- the closed loop ---


@pytest.fixture(scope="module")
def lived():
    """Return a short closed loop with a seed of its own."""
    return simulate(check_plan(VALUES, source="test"), read_athlete("novice"), seed=7)


def test_a_closed_loop_has_its_strength_besides(lived):
    assert list(record_files(lived)) == [
        *(f"{name}.csv" for name in TABLES),
        "capacity.csv",
        "record.json",
    ]


@pytest.mark.parametrize("noise", [True, False])
def test_a_closed_loop_made_again_from_its_record_is_the_same(noise):
    plan, person = read_plan("deadlift_5x5_10wk"), read_athlete("desk_worker")
    run = simulate(plan, person, seed=3, noise=noise, training_load="hard_sets")
    record = json.loads(record_files(run)["record.json"])
    again = simulate(
        check_plan(record["plan"], source="record"),
        check_values(Athlete, record["athlete"], source="record"),
        seed=record["seed"],
        noise=record["noise"],
        training_load=record["training_load"],
    )
    assert record["mode"] == "closed_loop"
    assert record_files(again) == record_files(run)


@pytest.mark.parametrize("name", ["daily", "weekly", "capacity"])
def test_numbers_of_a_closed_loop_come_back_exactly(lived, name):
    numbers = getattr(lived, name).select_dtypes("number")
    read = read_table(BytesIO(record_files(lived)[f"{name}.csv"]))
    pd.testing.assert_frame_equal(
        read[numbers.columns], numbers, check_exact=True, check_dtype=False
    )


@pytest.mark.parametrize("other", [{"seed": 8}, {"seed": 7, "noise": False}])
def test_a_record_of_another_seed_or_noise_is_another(lived, tmp_path, other):
    write_record(lived, tmp_path)
    changed = simulate(lived.plan, lived.athlete, **other)
    assert replaces_other_inputs(record_files(changed), tmp_path)
    assert not replaces_other_inputs(record_files(lived), tmp_path)


def test_a_record_of_the_other_loop_is_another(lived, tmp_path):
    write_record(open_loop(lived.plan, lived.athlete), tmp_path)
    assert replaces_other_inputs(record_files(lived), tmp_path)


def test_leftovers_go_and_other_files_stay(tmp_path):
    write_files({"a.csv": b"a", "mine.csv": b"mine"}, tmp_path)
    drop_leftovers(tmp_path, ["a.csv", "never_there.csv"])
    assert bytes_in(tmp_path) == {"mine.csv": b"mine"}


# --- whether it replaces another ---


def test_nothing_is_replaced_where_nothing_is(run, tmp_path):
    assert not replaces_other_inputs(record_files(run), tmp_path / "new")


def test_a_record_of_the_same_inputs_is_not_another(run, tmp_path):
    write_record(run, tmp_path)
    assert not replaces_other_inputs(record_files(run), tmp_path)


@pytest.mark.parametrize(
    ("athlete", "load"), [("runner", "session_rpe_load"), ("novice", "hard_sets")]
)
def test_a_record_of_another_athlete_or_load_is_another(run, tmp_path, athlete, load):
    write_record(run, tmp_path)
    other = open_loop(run.plan, read_athlete(athlete), training_load=load)
    assert replaces_other_inputs(record_files(other), tmp_path)


def test_a_record_of_other_constants_is_another(run, tmp_path):
    write_record(run, tmp_path)
    other = replace(run, parameters={**run.parameters, "muscle.gain": 0.5})
    assert replaces_other_inputs(record_files(other), tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "\udcff"])
def test_a_record_that_cannot_be_read_is_another(run, tmp_path, text):
    (tmp_path / "record.json").write_bytes(text.encode(errors="surrogateescape"))
    assert replaces_other_inputs(record_files(run), tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "fit"}'])
def test_a_folder_is_free_unless_it_holds_a_record_of_another_kind(tmp_path, text):
    check_folder_is_free(tmp_path / "new", "fit")
    (tmp_path / "record.json").write_text(text)
    check_folder_is_free(tmp_path, "fit")


def test_a_folder_of_another_kind_is_reported(run, tmp_path):
    write_record(run, tmp_path)
    with pytest.raises(FileExistsError, match=r"holds a run, not a fit\. Name another"):
        check_folder_is_free(tmp_path, "fit")


# --- how it is written ---


def test_a_record_is_written_as_it_is(run, tmp_path):
    paths = write_record(run, tmp_path / "new" / "folder")
    assert bytes_in(tmp_path / "new" / "folder") == record_files(run)
    assert [path.name for path in paths] == list(record_files(run))
    assert {path.parent for path in paths} == {tmp_path / "new" / "folder"}


def test_older_files_of_the_same_name_are_replaced_and_others_kept(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"old and longer")
    (tmp_path / "mine.txt").write_bytes(b"mine")
    write_files({"a.csv": b"new"}, str(tmp_path))
    assert bytes_in(tmp_path) == {"a.csv": b"new", "mine.txt": b"mine"}


def test_a_written_file_can_be_read_by_others_as_the_system_has_it(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    (written,) = write_files({"a.csv": b"new"}, tmp_path)
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_disk_that_gets_full_leaves_the_old_files_and_nothing_else(tmp_path):
    resource = pytest.importorskip("resource", reason="no limits on this system")
    write_files({"a.csv": b"old a", "b.csv": b"old b"}, tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(OSError, match=r"too large: '.*b\.csv'"):
            write_files({"a.csv": b"new a", "b.csv": bytes(4_000_000)}, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert bytes_in(tmp_path) == {"a.csv": b"old a", "b.csv": b"old b"}


def test_a_disk_that_is_full_from_the_start_leaves_no_new_folder(tmp_path):
    resource = pytest.importorskip("resource", reason="no limits on this system")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(OSError, match=r"too large: '.*b\.csv'"):
            write_files(
                {"a.csv": b"a", "b.csv": bytes(4_000_000)}, tmp_path / "out" / "plan"
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert bytes_in(tmp_path) == {}


def test_a_file_that_cannot_be_opened_is_reported_by_its_own_name(tmp_path):
    resource = pytest.importorskip("resource", reason="no limits on this system")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(OSError, match=r"open files: '.*[/\\]a\.csv'"):
            write_files({"a.csv": b"new"}, tmp_path / "new")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert bytes_in(tmp_path) == {}


def test_a_folder_below_a_file_is_named(tmp_path):
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(NotADirectoryError, match=r"out[/\\]plan"):
        write_files({"a.csv": b"new"}, tmp_path / "out" / "plan")
    assert bytes_in(tmp_path) == {"out": b"mine"}


def test_a_folder_in_the_way_of_a_file_leaves_the_old_files(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"old a")
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(IsADirectoryError, match=r"b.csv is a folder"):
        write_files({"a.csv": b"new a", "b.csv": b"new b"}, tmp_path)
    assert (tmp_path / "a.csv").read_bytes() == b"old a"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_contents_that_are_no_bytes_leave_the_old_files(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"old a")
    with pytest.raises(TypeError, match=r"bytes-like"):
        write_files({"a.csv": b"new a", "b.csv": "text"}, tmp_path)
    assert bytes_in(tmp_path) == {"a.csv": b"old a"}


def test_without_replacing_only_files_that_are_missing_are_written(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"mine")
    (tmp_path / "b.csv").symlink_to(tmp_path / "elsewhere.csv")  # not there yet
    new = {"a.csv": b"new a", "b.csv": b"new b", "c.csv": b"new c"}
    assert write_files(new, tmp_path, replace=False) == [tmp_path / "c.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere.csv").exists()
    assert {path.name for path in tmp_path.iterdir()} == {*new}


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_appears_in_the_last_moment_is_kept(
    monkeypatch, tmp_path, has_links
):
    def refuse(*_paths):
        raise PermissionError(errno.EPERM, "no links on this disk")

    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    # As if another process had made it after we had looked.
    monkeypatch.setattr("hipext.files.io.lexists", lambda _path: False)
    (tmp_path / "a.csv").write_bytes(b"mine")
    written = write_files({"a.csv": b"a", "b.csv": b"b"}, tmp_path, replace=False)
    assert written == [tmp_path / "b.csv"]
    assert bytes_in(tmp_path) == {"a.csv": b"mine", "b.csv": b"b"}


def test_a_file_where_the_folder_should_be_is_kept(run, tmp_path):
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"out"):
        write_record(run, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"mine"
