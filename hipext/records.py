"""Save a run: its tables, and what is needed to make them again."""

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from hipext.parameters import parameter_table
from hipext.simulation import Simulation

TABLES = ("sets", "daily", "weekly", "decisions", "assessments", "response")
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
        The same for the same plan, person, load and versions; no clock, no path.
    """
    files = {f"{name}.csv": csv_bytes(getattr(simulation, name)) for name in TABLES}
    record = {
        "format": 1,
        "mode": "open_loop",
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
        If a file cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for target in map(folder.joinpath, files):
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder; a file is to go there.")
    waiting: list[tuple[str, Path]] = []
    try:
        for name, content in files.items():
            handle, path = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
            waiting.append((path, folder / name))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
        os.umask(mask := os.umask(0))
        for path, target in waiting:
            Path(path).chmod(0o666 & ~mask)
            Path(path).replace(target)
    finally:
        for path, _ in waiting:
            Path(path).unlink(missing_ok=True)
    return [target for _, target in waiting]
