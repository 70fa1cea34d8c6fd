"""Save a run: its tables, and what is needed to make them again."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pandas as pd

from hipext._checks import PlanError
from hipext._seals import circumstances, inputs_of, legal, seals_of, sha256_of
from hipext.data import read_text
from hipext.parameters import values_in_use
from hipext.simulation import Simulation

TABLES = (
    "sets",
    "daily",
    "weekly",
    "decisions",
    "assessments",
    "response",
    "assumptions",
)
CLOSED_LOOP_TABLES = (*TABLES, "capacity")
ALL_FILES = (*(f"{name}.csv" for name in CLOSED_LOOP_TABLES), "record.json")
FORMAT = 1
REPLACED = "These replace earlier results of other inputs; --out keeps both."
INPUTS_OF_RUN = (
    "mode",
    "seed",
    "noise",
    "plan",
    "athlete",
    "training_load",
    "parameters",
)
_TABLES_NEEDED = ("parameters", "versions", "sha256")  # tables of values


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as CSV: UTF-8, comma, shortest exact numbers, no index."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def table_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the tables of a run as CSV by file name."""
    is_open = simulation.mode == "open_loop"
    names = TABLES if is_open else CLOSED_LOOP_TABLES
    tables = {name: getattr(simulation, name) for name in names}
    tables["response"] = simulation.response.reset_index()  # its day
    return {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}


def record_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the files of a record by name: one CSV per table, and ``record.json``.

    Parameters
    ----------
    simulation : Simulation
        A finished run.

    Returns
    -------
    dict of str to bytes
        The same for the same plan, person, load, mode, seed, noise, constants, code
        and versions; no clock, no path.
    """
    files = table_files(simulation)
    inputs = {name: getattr(simulation, name) for name in INPUTS_OF_RUN}
    for name in ("plan", "athlete"):
        inputs[name] = inputs[name].model_dump(mode="json", exclude_unset=True)
    return files | {"record.json": record_bytes(record_of("run", inputs, files))}


def record_of(
    kind: str,
    inputs: Mapping[str, object],
    files: Mapping[str, bytes],
    *,
    hashes: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Return what a record tells of results.

    Parameters
    ----------
    kind : str
        What was done: "run".
    inputs : Mapping[str, object]
        Everything it was made of; the constants in use are added where it has none.
    files : Mapping[str, bytes]
        The files of the results by name.
    hashes : Mapping[str, str], optional
        SHA-256 of files too large to hand over, by name.

    Returns
    -------
    dict of str to object
        Ready for `record_bytes`; of infinite and missing numbers see `_seals.legal`.
    """
    sealed = legal({"kind": kind, "parameters": values_in_use(), **inputs})
    made = {name: sha256_of(content) for name, content in files.items()}
    return {
        "format": FORMAT,
        **sealed,
        **circumstances(),
        "seals": seals_of(sealed),
        "sha256": made | dict(hashes or {}),
    }


def record_bytes(record: Mapping[str, object]) -> bytes:
    """Return a record as the text of ``record.json``."""
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def read_record(folder: str | Path) -> dict:
    """Return what the ``record.json`` of a folder holds.

    Parameters
    ----------
    folder : str or Path
        As ``hipext run`` and its like wrote it.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no record in it.
    PlanError
        If the record cannot be read, is none of hipext, or is of a newer format.
    """
    folder = Path(folder)
    if folder.is_file():
        raise FileNotFoundError(f"'{folder}' is a file; name the folder it is in.")
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder '{folder}'.")
    path = folder / "record.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no record.json in '{folder}'. Name a folder that hipext wrote."
        )
    record = _parsed(path)
    problems = _problems(record)
    if problems:
        raise PlanError(str(path), problems)
    return record


def _parsed(path: Path) -> object:
    try:
        return json.loads(read_text(path), parse_constant=partial(_refuse, path))
    except json.JSONDecodeError as error:
        problem = (
            f"the file is not JSON: {error}. It may be cut off; take a whole copy."
        )
        raise PlanError(str(path), [problem]) from None


def _refuse(path: Path, word: str) -> None:
    raise PlanError(str(path), [f"{word} is no number in JSON. Write a number."])


def _problems(record: object) -> list[str]:
    if not isinstance(record, dict):
        return ["this is not a record of hipext: it is no table of values."]
    given = record.get("format", FORMAT)
    if isinstance(given, int) and given > FORMAT:
        return [f"format {given} is newer than {FORMAT}, which this hipext reads."]
    is_run = record.get("kind", "run") == "run"
    needed = ("format", *(INPUTS_OF_RUN if is_run else ()), *_TABLES_NEEDED)
    missing = [key for key in dict.fromkeys(needed) if key not in record]
    if missing:
        return [f"this is not a record of hipext: it lacks {', '.join(missing)}."]
    of_run = ("plan", "athlete") if is_run else ()
    return [
        f"{key} must be a table of values; got {record[key]!r}."
        for key in (*of_run, *_TABLES_NEEDED, "data", "seals")
        if not isinstance(record.get(key, {}), dict)
    ]


def replaces_other_inputs(files: Mapping[str, bytes], folder: str | Path) -> bool:
    """Return whether a folder holds a record of other inputs.

    Parameters
    ----------
    files : Mapping[str, bytes]
        The files of the new record, as `record_files` returns them.
    folder : str or Path
        Where they are to go; it need not be there.
    """
    path = Path(folder) / "record.json"
    if not path.is_file():
        return False
    new = inputs_of(json.loads(files["record.json"]))
    try:
        earlier = {"kind": "run"} | json.loads(path.read_bytes())
    except (ValueError, TypeError):
        return True  # not a record of ours
    return inputs_of(earlier) != new


def drop_leftovers(folder: str | Path, names: Iterable[str]) -> None:
    """Remove files that an earlier run left in a folder; those not there are fine."""
    for name in names:
        (Path(folder) / name).unlink(missing_ok=True)


def write_record(simulation: Simulation, folder: str | Path) -> list[Path]:
    """Write the tables of a run and ``record.json`` into a folder.

    Parameters
    ----------
    simulation : Simulation
        A finished run.
    folder : str or Path
        Made if it is not there; other files in it are left alone.

    Returns
    -------
    list of Path
        The files written.
    """
    return write_files(record_files(simulation), folder)


def write_files(files: Mapping[str, bytes], folder: str | Path) -> list[Path]:
    """Write files into a folder, each whole or not at all.

    Every file gets a temporary name first and is renamed when all are complete, so
    that a killed run or a full disk leaves what was there before.

    Parameters
    ----------
    files : Mapping[str, bytes]
        Contents by file name.
    folder : str or Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files written, in order.

    Raises
    ------
    OSError
        If a file cannot be written. It names the file; a folder made for it is gone.
    """
    folder = Path(folder)
    new_folders = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _write_all({folder / name: files[name] for name in files})
    except BaseException:
        for path in new_folders:
            with suppress(OSError):  # not made, or somebody else's by now
                path.rmdir()
        raise


def _write_all(files: Mapping[Path, bytes]) -> list[Path]:
    for target in files:
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder; a file is to go there.")
    parts: list[tuple[Path, Path]] = []
    try:
        for target, content in files.items():
            with _naming(target):
                handle, part = tempfile.mkstemp(
                    dir=target.parent, prefix=".", suffix=".part"
                )
                parts.append((Path(part), target))
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
        os.umask(mask := os.umask(0))
        for part, target in parts:
            with _naming(target):
                part.chmod(0o666 & ~mask)
                part.replace(target)
    finally:
        for part, _ in parts:
            part.unlink(missing_ok=True)
    return [*files]


@contextmanager
def _naming(target: Path) -> Iterator[None]:
    """Tell a fault of the system by the file it is about, not by a temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
