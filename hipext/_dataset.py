"""The folder of a sweep: a record, parts that are whole or not there, a journal.

    record.json             what was asked; in the end also the SHA-256 of every file
    scenarios.parquet       one row per scenario: its number and what it changes
    outcomes/part-*.parquet one row per person of a scenario
    weeks/part-*.parquet    one row per person and week, if they were to be kept
    summary.csv             one row per scenario: means and quantiles of persons
    done.jsonl              while it grows: a line with the SHA-256 of every part

A part is written under a temporary name and renamed, then noted in the journal. A
killed sweep leaves parts that are in the journal, at most some that are not (they are
made again), and temporary files (they are removed).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from hipext._parquet import parquet_bytes
from hipext._phrases import counted
from hipext._seals import changes_since, inputs_of, leaves_of, sha256_of
from hipext.records import read_record, record_bytes, write_files

JOURNAL, RECORD, SUMMARY, SCENARIOS = (
    "done.jsonl",
    "record.json",
    "summary.csv",
    "scenarios.parquet",
)
TABLES = ("outcomes", "weeks")
_TEMPORARY = ".*.part"


def part_name(table: str, batch: int) -> str:
    """Return the name of the file of a batch, as records have it."""
    return f"{table}/part-{batch:06d}.parquet"


def part_files(
    tables: Mapping[str, Mapping[str, np.ndarray]], batch: int
) -> dict[str, bytes]:
    """Return the files of a batch by name."""
    return {
        part_name(table, batch): parquet_bytes(columns)
        for table, columns in tables.items()
    }


def begin(folder: Path, record: Mapping[str, object], *, resume: bool) -> None:
    """Make a folder ready for a sweep, or find that it holds the same one.

    Raises
    ------
    FileExistsError
        If it holds something else, or an unfinished sweep that is not to be resumed.
    """
    if not folder.exists() or not _held(folder):
        write_files({RECORD: record_bytes(record)}, folder)
        return
    if not (folder / RECORD).is_file():
        raise FileExistsError(
            f"'{folder}' is not empty and holds no sweep. Name another folder: --out."
        )
    found = {"kind": "run"} | read_record(folder)
    if found["kind"] != "sweep":
        raise FileExistsError(
            f"'{folder}' holds a {found['kind']}, not a sweep. Name another folder: "
            "--out."
        )
    _check_same(folder, found, record)
    done = len(_journal(folder))
    if done and not is_complete(folder) and not resume:
        raise FileExistsError(
            f"'{folder}' holds this sweep, unfinished ({counted(done, 'part')} done). "
            "Go on with --resume, or name another folder."
        )


def _held(folder: Path) -> list[Path]:
    """Return what a folder holds beside files that a killed sweep left half."""
    return [path for path in folder.iterdir() if not path.match(_TEMPORARY)]


def is_complete(folder: Path) -> bool:
    """Return whether the record of a folder tells the hashes of all its files."""
    return bool(read_record(folder)["sha256"])


def check_complete(folder: Path, record: Mapping[str, object]) -> None:
    """Raise ValueError if the record of a folder is that of an unfinished sweep."""
    if not record["sha256"]:
        raise ValueError(
            f"The sweep in '{folder}' is not finished. Run hipext sweep with --resume."
        )


def is_closed(folder: Path) -> bool:
    """Return whether everything but the parts is there, and the journal gone."""
    return not (folder / JOURNAL).exists() and _is_whole(folder, (SCENARIOS, SUMMARY))


def _is_whole(folder: Path, names: Collection[str] = ()) -> bool:
    """Return whether files have the hashes of the record; default: all of its files."""
    hashes = read_record(folder)["sha256"]
    return bool(hashes) and all(
        (folder / name).is_file()
        and sha256_of((folder / name).read_bytes()) == hashes.get(name)
        for name in names or hashes
    )


def _check_same(folder: Path, found: Mapping, record: Mapping) -> None:
    """Raise FileExistsError if a folder holds a sweep of other inputs or code."""
    ours, theirs = leaves_of(inputs_of(record)), leaves_of(inputs_of(found))
    for path in {**theirs, **ours}:
        if ours.get(path) != theirs.get(path):
            raise FileExistsError(
                f"'{folder}' holds another sweep: {path} is "
                f"{_told(theirs, path)} there, {_told(ours, path)} here. "
                "Name another folder: --out."
            )
    causes = changes_since(found, without=("matplotlib", "numba"))
    if causes and not _is_whole(folder):
        raise FileExistsError(
            f"'{folder}' was begun otherwise, and parts would not fit together: "
            f"{causes[0]}. Name another folder: --out."
        )


def _told(leaves: Mapping[str, object], path: str) -> str:
    return json.dumps(leaves[path], ensure_ascii=False) if path in leaves else "not"


def write_part(folder: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    """Write the files of a batch, whole or not at all; note and return their hashes."""
    for name, content in files.items():
        path = folder / name
        write_files({path.name: content}, path.parent)
    hashes = {name: sha256_of(content) for name, content in files.items()}
    with (folder / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write(f"\n{json.dumps(hashes)}\n")  # apart from a line cut off before
    return hashes


def parts_done(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the parts that are whole; remove what is not.

    A part counts if the journal, or the record of a finished sweep, has its hash and
    the file has it too.
    """
    noted = dict(read_record(folder)["sha256"])
    for line in _journal(folder):
        noted |= line
    _drop_temporary(folder)
    done = {}
    for table in TABLES:
        for path in sorted((folder / table).glob("part-*.parquet")):
            name = f"{table}/{path.name}"
            if noted.get(name) == sha256_of(path.read_bytes()):
                done[name] = noted[name]
            else:
                path.unlink()
    return done


def _journal(folder: Path) -> list[dict[str, str]]:
    """Return the lines of the journal; the last one may have been cut off."""
    lines = []
    with suppress(FileNotFoundError):
        for line in (folder / JOURNAL).read_bytes().splitlines():
            with suppress(ValueError):
                lines.append(json.loads(line))
    return [line for line in lines if isinstance(line, dict)]


def _drop_temporary(folder: Path) -> None:
    for path in (*folder.glob(_TEMPORARY), *folder.glob(f"*/{_TEMPORARY}")):
        path.unlink(missing_ok=True)


def finish(
    folder: Path,
    record: Mapping[str, object],
    files: Mapping[str, bytes],
    parts: Mapping[str, str],
) -> None:
    """Write the last files and the record with all hashes; remove the journal."""
    hashes = {name: sha256_of(content) for name, content in files.items()}
    hashes |= dict(sorted(parts.items()))
    write_files(files, folder)
    complete = {**record, "sha256": hashes}
    write_files({RECORD: record_bytes(complete)}, folder)
    (folder / JOURNAL).unlink(missing_ok=True)


def part_paths(folder: Path, table: str = "outcomes") -> Sequence[Path]:
    """Return the paths of the parts of a table, in the order of their rows."""
    return sorted((folder / table).glob("part-*.parquet"))
