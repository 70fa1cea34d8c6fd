"""Records: the inputs behind results, and whether they have changed since."""

import hashlib
import json
import platform
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from math import isfinite, isnan
from pathlib import Path
from types import MappingProxyType

from hipext.files.checks import PlanError, excerpt, label_of
from hipext.files.io import data_dir, parse_json, read_text
from hipext.files.parameters import shipped_values, values_in_use
from hipext.files.schema import RecordedNumber, RecordPart, check_values

FORMAT = 2  # 1: tables had other columns, and fits no record
RECORD = "record.json"
INPUTS_OF_RUN = (
    "mode",
    "seed",
    "noise",
    "plan",
    "athlete",
    "training_load",
    "parameters",
)
# What a record holds besides the inputs. The hashes of inputs find edits by hand; those
# of data and code, and the versions, are the circumstances that results depend on.
_OF_ALL = ("parameters", "data", "versions", "input_hashes", "sha256", "code")
_NO_INPUTS = ("format", "data", "code", "versions", "input_hashes", "sha256")
_N_DIGITS = 12  # of a short hash: an edit goes unseen by a chance of 1 in 3e14
_LIBRARIES = ("hipext", "numpy", "pandas", "matplotlib", "pydantic", "scipy")
_LIBRARIES += ("numba", "pyarrow")  # optional
_DATA = {  # shipped files that results depend on, in words
    "exercises.toml": "catalogue",
    "outcomes.csv": "definitions of outcomes",
    "parameters.toml": "words about the constants",  # values are in the record
}


class _Circumstances(RecordPart):
    """What every record has beside the inputs of its kind."""

    kind: str
    parameters: dict[str, RecordedNumber]
    data: dict[str, str]
    code: str
    versions: dict[str, str | None]
    input_hashes: dict[str, str]
    sha256: dict[str, str]


def record_of(
    kind: str,
    inputs: Mapping[str, object],
    files: Mapping[str, bytes],
    *,
    hashes: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Return the record of results: what they were made of, and their SHA-256.

    The constants in use are added to inputs without any; `hashes` are those of files
    too large to hand over.
    """
    checked = json_value({"kind": kind, "parameters": values_in_use(), **inputs})
    made = {name: sha256_of(content) for name, content in files.items()}
    return {
        "format": FORMAT,
        **checked,
        **circumstances(),
        "input_hashes": input_hashes(checked),
        "sha256": made | dict(hashes or {}),
    }


def record_bytes(record: Mapping[str, object]) -> bytes:
    """Return a record as the text of ``record.json``."""
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def read_record(folder: str | Path) -> dict:
    """Return what the ``record.json`` of a folder holds."""
    folder = Path(folder)
    if folder.is_file():
        raise FileNotFoundError(f"'{folder}' is a file; name the folder it is in.")
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder '{folder}'.")
    path = folder / RECORD
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no record.json in '{folder}'. Name a folder that hipext wrote."
        )
    record = parse_json(read_text(path), source=str(path))
    problems = _problems(record)  # edits by hand are allowed, and reported later
    if problems:
        raise PlanError(str(path), problems)
    check_values(_Circumstances, record, source=str(path))
    return record


def replaces_other_inputs(files: Mapping[str, bytes], folder: str | Path) -> bool:
    """Return whether a folder has a record of other inputs than `files`, its next."""
    path = Path(folder) / RECORD
    if not path.is_file():
        return False
    try:
        earlier = json.loads(path.read_bytes())
        return inputs_of(earlier) != inputs_of(json.loads(files[RECORD]))
    except (ValueError, AttributeError, RecursionError):
        return True  # not a record of hipext


def check_folder_is_free(folder: str | Path, kind: str) -> None:
    """Raise FileExistsError if a folder holds a record of another kind."""
    try:
        found = json.loads((Path(folder) / RECORD).read_bytes())["kind"]
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return  # there is none, or none that anything can be lost with
    if found != kind:
        raise FileExistsError(
            f"'{folder}' holds a {found}, not a {kind}. Name another folder: --out."
        )


def inputs_of(record: Mapping[str, object]) -> dict[str, object]:
    """Return what results were made of: the part of a record that has hashes."""
    return {key: value for key, value in record.items() if key not in _NO_INPUTS}


def leaves_of(inputs: object, path: str = "") -> dict[str, object]:
    """Return every single value of nested inputs by its dotted path.

    Items of lists go by number from 1; empty lists and tables are values.
    """
    items = _items(inputs)
    if path and not items:
        return {path: inputs}
    leaves: dict[str, object] = {}
    for key, inner in items:
        leaves |= leaves_of(inner, f"{path}.{key}" if path else str(key))
    return leaves


def input_hashes(inputs: Mapping) -> dict[str, str]:
    """Return a short SHA-256 of every single value of the inputs by its path."""
    return {path: _short_hash(value) for path, value in leaves_of(inputs).items()}


def changed_inputs(inputs: Mapping, hashes: Mapping[str, str]) -> list[str]:
    """Return paths of inputs changed or removed since `hashes`, then of new ones."""
    now = input_hashes(inputs)
    touched = [path for path, earlier in hashes.items() if now.get(path) != earlier]
    return touched + [path for path in now if path not in hashes]


def edit_messages(inputs: Mapping, hashes: Mapping[str, str], kind: str) -> list[str]:
    """Return a sentence for every input of a record that results were not made with."""
    leaves = leaves_of(inputs)
    messages = []
    for path in changed_inputs(inputs, hashes):
        section, _, rest = path.partition(".")
        subject = f"{section}: {rest}{_names_on(inputs, path)}" if rest else section
        if path not in leaves:
            messages.append(
                f"{subject} is not in the record, but the {kind} was made with it"
            )
            continue
        value = excerpt(json.dumps(leaves[path], ensure_ascii=False))
        if path not in hashes:
            fault = f"but the {kind} was made without it"
        else:
            shipped = shipped_values().get(rest) if section == "parameters" else None
            hint = "" if shipped is None else f" (shipped: {shipped})"
            fault = f"which is not what the {kind} was made with{hint}"
        messages.append(f"{subject} is {value} in the record, {fault}")
    return messages


def json_value(value: object) -> object:
    """Return a value as JSON gives it back."""
    import numpy as np  # here, because files are listed without it

    if isinstance(value, Mapping):
        return {str(key): json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(inner) for inner in value]
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, float) or isfinite(value):
        return value
    # JSON has no such numbers: "inf" and "-inf" as in CSV files, and null for NaN.
    return None if isnan(value) else str(value)


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


@cache
def code_hash() -> str:
    """Return the SHA-256 of this package; see `hash_of_modules`."""
    return hash_of_modules(Path(__file__).parents[1])


def hash_of_modules(package: Path) -> str:
    """Return the SHA-256 of paths and texts of all modules of a package."""
    # Paths are relative and of POSIX, so that all machines with one code have one hash.
    paths = package.rglob("*.py")
    modules = {path.relative_to(package).as_posix(): path for path in paths}
    parts = [
        x for name in sorted(modules) for x in (name.encode(), _text_of(modules[name]))
    ]
    # No name and no Python text has a zero byte: nothing can move from one part to the
    # next without changing the hash.
    return sha256_of(b"\0".join(parts))


@cache
def data_hashes() -> Mapping[str, str]:
    """Return the SHA-256 of the shipped files that results depend on, by name."""
    hashes = {name: sha256_of(_text_of(data_dir() / name)) for name in _DATA}
    return MappingProxyType(hashes)


def circumstances() -> dict[str, object]:
    """Return what results depend on beside inputs: data, code and versions."""
    versions: dict[str, str | None] = {"python": platform.python_version()}
    for name in _LIBRARIES:
        versions[name] = None  # where it is not installed
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {"data": dict(data_hashes()), "code": code_hash(), "versions": versions}


def changes_since(
    record: Mapping[str, object], *, without: Collection[str]
) -> list[str]:
    """Return what has changed since a record was made, likeliest cause first.

    `without` are libraries and data files that made none of the results in question.
    """
    now = circumstances()
    then, versions = record["versions"], now["versions"]
    changes = [
        f"{words}: {name} is not what it was then"
        for name, words in _DATA.items()
        if record["data"].get(name) != now["data"][name] and name not in without
    ]
    changes += _code_changes(record)
    moved = {
        name: f"was {then[name] or 'not there'}, is {versions[name] or 'not there'}"
        for name in then
        if name in versions and then[name] != versions[name]
    }
    python = moved.pop("python", "")
    libraries = [x for x in moved if x not in {"hipext", *without}]
    if libraries:
        words = ", ".join(f"{name} {moved[name]}" for name in libraries)
        changes.append(f"library version: {words}")
    return [*changes, f"Python {python}"] if python else changes


def _problems(record: object) -> list[str]:
    if not isinstance(record, dict):
        return ["this is not a record of hipext: it is no table of values."]
    given = record.get("format")
    if isinstance(given, int) and given > FORMAT:
        return [f"format {given} is newer than {FORMAT}, which this hipext reads."]
    if isinstance(given, int) and given < FORMAT:
        return [
            "this record was written by an earlier version of hipext whose tables had "
            f"other columns (format {given}, now {FORMAT}); run it again."
        ]
    is_run = record.get("kind") == "run"
    needed = ("format", "kind", *(INPUTS_OF_RUN if is_run else ()), *_OF_ALL)
    missing = [key for key in dict.fromkeys(needed) if key not in record]
    if missing:
        return [f"this is not a record of hipext: it lacks {', '.join(missing)}."]
    return []


def _items(value: object) -> list[tuple[object, object]]:
    if isinstance(value, Mapping):
        return [*value.items()]
    return [*enumerate(value, 1)] if isinstance(value, list | tuple) else []


def _short_hash(value: object) -> str:
    # 1 and 1.0 have one hash: programs that write JSON do not tell them apart.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return sha256_of(json.dumps(value, allow_nan=False).encode())[:_N_DIGITS]


def _names_on(inputs: Mapping, path: str) -> str:
    """Return the names of what a path leads through, like `` (foundation, A)``."""
    here, names = inputs, []
    for key in path.split("."):
        here = dict(_items(here)).get(int(key) if key.isdecimal() else key)
        label = label_of(here)
        names += [label] if label and key.isdecimal() else []
    return f" ({excerpt(', '.join(names))})" if names else ""


def _code_changes(record: Mapping[str, object]) -> list[str]:
    """Return whether the code is another, with the constants it has more or fewer."""
    then = record["versions"].get("hipext"), str(record["code"])
    now, known = (version("hipext"), code_hash()), shipped_values()
    # The hashes name the constants that the code had: one that was taken out of the
    # record by hand is an edit, not a change of code.
    paths = [path.partition(".") for path in record["input_hashes"]]
    given = [name for section, _, name in paths if section == "parameters"]
    gone = [name for name in given if name not in known]
    new = [name for name in known if name not in given]
    if then == now and not gone and not new:
        return []
    words = f"code version: hipext {then[0]}, code {then[1][:_N_DIGITS]} then; "
    words += f"{now[0]}, {now[1][:_N_DIGITS]} now"
    words += f"; there is no parameter {', '.join(gone)} now" if gone else ""
    return [words + (f"; there was no parameter {', '.join(new)}" if new else "")]


def _text_of(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n")  # git may write either
