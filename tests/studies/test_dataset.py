"""The folder of a sweep: what is noted counts, and everything else is made again."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from hipext.files.records import read_record, record_bytes, record_of
from hipext.studies import sweeps
from hipext.studies.sweeps import JOURNAL, part_name

SMALL = {"summary.csv": b"n\n1\n", "scenarios.parquet": b"scenarios"}


def record(**inputs):
    """Return the record of a sweep that has only begun."""
    return record_of("sweep", {"sweep": {"name": "test", "seed": 0}} | inputs, {})


def part(batch, content=b"part", table="outcomes"):
    """Return a part as a file."""
    return {part_name(table, batch): content}


def rewritten(folder, **changes):
    """Change the record of a folder."""
    path = folder / "record.json"
    path.write_bytes(record_bytes(json.loads(path.read_text()) | changes))


def files_of(folder):
    """Return the contents of all files of a folder by name."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture
def begun(tmp_path):
    """Return the folder of a sweep with two parts."""
    folder = tmp_path / "begun"
    sweeps.begin(folder, record(), resume=False)
    for batch in (0, 1):
        sweeps.write_part(folder, part(batch))
    return folder


@pytest.fixture
def closed(begun):
    """Return the folder of a finished sweep."""
    sweeps.finish(begun, record(), SMALL, sweeps.parts_done(begun))
    return begun


def test_noted_parts_are_done_with_their_hashes(begun):
    names, digest = [part_name("outcomes", n) for n in (0, 1)], sha256(b"part")
    assert sweeps.parts_done(begun) == dict.fromkeys(names, digest.hexdigest())


@pytest.mark.parametrize("journal", ["", "{", "[1, 2]\n", '"text"\n', "\xff\n"])
def test_parts_that_are_not_noted_are_removed(begun, journal):
    (begun / JOURNAL).write_text(journal, encoding="latin-1")
    assert sweeps.parts_done(begun) == {}
    assert set(files_of(begun)) == {"record.json", JOURNAL}


def test_part_with_another_content_than_noted_is_removed(begun):
    (begun / part_name("outcomes", 0)).write_bytes(b"other")
    assert list(sweeps.parts_done(begun)) == [part_name("outcomes", 1)]
    assert part_name("outcomes", 0) not in files_of(begun)


def test_part_of_a_table_whose_other_part_is_missing_is_kept(begun):
    sweeps.write_part(begun, part(2) | part(2, b"weeks", "weeks"))
    (begun / part_name("weeks", 2)).unlink()
    assert part_name("outcomes", 2) in sweeps.parts_done(begun)


def test_part_noted_twice_counts_as_noted_last(begun):
    sweeps.write_part(begun, part(0, b"newer"))
    digest = sha256(b"newer").hexdigest()
    assert sweeps.parts_done(begun)[part_name("outcomes", 0)] == digest


def test_part_noted_after_a_torn_line_counts(begun):
    with (begun / JOURNAL).open("a") as journal:
        journal.write('{"outcomes/part-0000')
    sweeps.write_part(begun, part(2))
    sweeps.write_part(begun, part(3))
    done = [0, 1, 2, 3]
    assert list(sweeps.parts_done(begun)) == [part_name("outcomes", n) for n in done]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
def test_a_journal_that_finds_no_room_is_named(begun):
    (begun / JOURNAL).unlink()
    (begun / JOURNAL).symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: '.*done\.jsonl'"):
        sweeps.write_part(begun, part(2))


def test_temporary_files_are_removed_everywhere(begun):
    for folder in (begun, begun / "outcomes"):
        (folder / ".abc.part").write_bytes(b"half")
    sweeps.parts_done(begun)
    assert not [name for name in files_of(begun) if name.endswith(".part")]


def test_order_of_parts_is_that_of_their_numbers(begun):
    for batch in (1000, 999, 2):
        sweeps.write_part(begun, part(batch))
    names = [path.name for path in sweeps.part_paths(begun)]
    assert names == [f"part-{n:06d}.parquet" for n in (0, 1, 2, 999, 1000)]


def test_record_of_a_finished_sweep_has_the_hash_of_every_file(closed):
    found = json.loads((closed / "record.json").read_text())["sha256"]
    files = files_of(closed)
    del files["record.json"]
    assert found == {name: sha256(files[name]).hexdigest() for name in files}


def test_finished_sweep_is_closed_and_has_no_journal(begun):
    assert not sweeps.is_closed(begun)
    sweeps.finish(begun, record(), SMALL, sweeps.parts_done(begun))
    assert sweeps.is_closed(begun)
    assert not (begun / JOURNAL).exists()


@pytest.mark.parametrize("name", [*SMALL])
@pytest.mark.parametrize("content", [None, b"edited"])
def test_sweep_without_its_small_files_is_not_closed(closed, name, content):
    (closed / name).unlink()
    if content is not None:
        (closed / name).write_bytes(content)
    assert not sweeps.is_closed(closed)


def test_sweep_killed_before_its_journal_was_removed_is_not_closed(closed):
    (closed / JOURNAL).write_text("{}\n")
    assert read_record(closed)["sha256"]
    assert not sweeps.is_closed(closed)


# --- begun again ---


def test_nothing_is_touched_where_a_sweep_is_begun_again(begun):
    before = files_of(begun)
    sweeps.begin(begun, record(), resume=True)
    assert files_of(begun) == before


def test_sweep_without_any_part_begins_without_resume(tmp_path):
    sweeps.begin(tmp_path, record(), resume=False)
    sweeps.begin(tmp_path, record(), resume=False)
    assert set(files_of(tmp_path)) == {"record.json"}


def test_sweep_killed_while_its_record_was_written_begins_anew(tmp_path):
    (tmp_path / ".abc.part").write_bytes(b"half")
    sweeps.begin(tmp_path, record(), resume=False)
    assert sweeps.parts_done(tmp_path) == {}
    assert set(files_of(tmp_path)) == {"record.json"}


def test_finished_sweep_needs_no_resume(closed):
    sweeps.begin(closed, record(), resume=False)


def test_results_of_another_kind_are_reported(tmp_path):
    run = {"mode": "closed_loop", "seed": 0, "noise": True, "training_load": "x"}
    given = record_of("run", {"plan": {}, "athlete": {}} | run, {})
    (tmp_path / "record.json").write_bytes(record_bytes(given))
    with pytest.raises(FileExistsError, match="holds a run, not a sweep"):
        sweeps.begin(tmp_path, record(), resume=True)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"name": "test"}, r"sweep\.seed is 0 there, not here"),
        (
            {"name": "test", "seed": 0, "more": "x"},
            r"sweep\.more is not there, \"x\" here",
        ),
    ],
)
def test_added_and_missing_inputs_are_reported(begun, asked, told):
    with pytest.raises(FileExistsError, match=told):
        sweeps.begin(begun, record(sweep=asked), resume=True)


def test_other_constants_are_another_sweep(begun):
    constants = record()["parameters"] | {"muscle.gain": 0.5}
    with pytest.raises(FileExistsError, match=r"muscle\.gain is .* there, 0\.5 here"):
        sweeps.begin(begun, record(parameters=constants), resume=True)


@pytest.mark.parametrize("key", ["code", "data", "versions"])
def test_unfinished_sweep_of_other_making_is_not_gone_on_with(begun, key):
    other = {
        "code": "0" * 64,
        "data": {"exercises.toml": "0" * 64},
        "versions": {**record()["versions"], "numpy": "1.0"},
    }
    rewritten(begun, **{key: other[key]})
    before = files_of(begun)
    with pytest.raises(FileExistsError, match="parts would not fit together"):
        sweeps.begin(begun, record(), resume=True)
    assert files_of(begun) == before


@pytest.mark.parametrize("library", ["matplotlib", "numba"])
def test_library_that_makes_no_part_may_be_another(begun, library):
    rewritten(begun, versions={**record()["versions"], library: "0.1"})
    sweeps.begin(begun, record(), resume=True)


def test_finished_sweep_of_other_code_is_as_good_as_new(closed):
    rewritten(closed, code="0" * 64)
    sweeps.begin(closed, record(), resume=False)


@pytest.mark.parametrize("name", [part_name("outcomes", 1), "summary.csv"])
@pytest.mark.parametrize("content", [None, b"torn"])
def test_finished_sweep_of_other_code_is_not_mended(closed, name, content):
    rewritten(closed, code="0" * 64)
    (closed / name).unlink()
    if content is not None:
        (closed / name).write_bytes(content)
    with pytest.raises(FileExistsError, match="parts would not fit together"):
        sweeps.begin(closed, record(), resume=True)
