"""Save a run: its tables, and what is needed to make them again."""

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from hipext.parameters import parameter_table
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
_INPUTS = ("mode", "seed", "noise", "plan", "athlete", "training_load")
_LIBRARIES = ("hipext", "numpy", "pandas", "matplotlib", "pydantic")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as CSV: UTF-8, comma, shortest exact numbers, no index."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def record_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the files of a record by name: one CSV per table, and ``record.json``.

    Parameters
    ----------
    simulation : Simulation
        A finished run.

    Returns
    -------
    dict of str to bytes
        The same for the same plan, person, load, mode, seed, noise and versions; no
        clock, no path.
    """
    is_open = simulation.mode == "open_loop"
    names = TABLES if is_open else CLOSED_LOOP_TABLES
    tables = {name: getattr(simulation, name) for name in names}
    tables["response"] = simulation.response.reset_index()  # its day
    files = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    record = {
        "format": 1,
        "mode": simulation.mode,
        "seed": simulation.seed,
        "noise": simulation.noise,
        "plan": simulation.plan.model_dump(mode="json", exclude_unset=True),
        "athlete": simulation.athlete.model_dump(mode="json", exclude_unset=True),
        "training_load": simulation.training_load,
        "parameters": parameter_table().set_index("id")["value"].to_dict(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
        },
        "sha256": {
            name: hashlib.sha256(content).hexdigest() for name, content in files.items()
        },
    }
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return files | {"record.json": f"{text}\n".encode()}


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
    new = json.loads(files["record.json"])
    try:
        earlier = json.loads(path.read_bytes())
        return any(earlier[key] != new[key] for key in _INPUTS)
    except (ValueError, TypeError, KeyError):
        return True  # not a record of ours


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
