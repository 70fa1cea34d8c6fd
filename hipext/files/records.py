"""Save a run: its tables, and what is needed to make them again."""

import hashlib
import json
import platform
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from types import MappingProxyType

import numpy as np

from hipext.files.checks import PlanError
from hipext.files.io import data_dir, read_text
from hipext.files.parameters import shipped_values, values_in_use

FORMAT = 1
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
_LENGTH = 12  # hexadecimal digits: an edit that keeps one is a chance of 1 in 3e14
_RESULTS = ("format", "data", "code", "versions", "seals", "sha256")  # no inputs
_CONSTANTS = "parameters."
_LONGEST = 60  # characters of a value that is told
_LIBRARIES = ("hipext", "numpy", "pandas", "matplotlib", "pydantic", "scipy")
_OPTIONAL_LIBRARIES = ("numba", "pyarrow")
_DATA = {  # which results depend on
    "exercises.toml": "catalogue",
    "parameters.toml": "words about the constants",  # values are in the record
}


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
        Ready for `record_bytes`; infinite and missing numbers: see `json_value`.
    """
    sealed = json_value({"kind": kind, "parameters": values_in_use(), **inputs})
    made = {name: sha256_of(content) for name, content in files.items()}
    return {
        "format": FORMAT,
        **sealed,
        **circumstances(),
        "seals": input_hashes(sealed),
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


def inputs_of(record: Mapping[str, object]) -> dict[str, object]:
    """Return what results were made of: the sealed part of a record."""
    return {key: value for key, value in record.items() if key not in _RESULTS}


def leaves_of(inputs: Mapping) -> dict[str, object]:
    """Return every single value of nested inputs by its dotted path.

    Items of lists go by number from 1; empty lists and tables are values.
    """
    return dict(_leaves(inputs, ""))


def input_hashes(inputs: Mapping) -> dict[str, str]:
    """Return a short SHA-256 of every single value of the inputs by its dotted path.

    Parameters
    ----------
    inputs : Mapping
        What JSON can hold: tables, lists, texts, numbers, true, false and null.

    Returns
    -------
    dict of str to str
        In the order of the inputs. 1 and 1.0 have the same seal, because programs that
        read and write JSON do not tell them apart.
    """
    return {path: _short_hash(value) for path, value in leaves_of(inputs).items()}


def changed_inputs(inputs: Mapping, seals: Mapping[str, str]) -> list[str]:
    """Return the paths whose value is not what was sealed.

    Parameters
    ----------
    inputs : Mapping
        The inputs as they are now.
    seals : Mapping[str, str]
        What `input_hashes` returned of them before.

    Returns
    -------
    list of str
        Changed and removed values in the order of the seals, then added ones.
    """
    now = input_hashes(inputs)
    touched = [path for path, seal in seals.items() if now.get(path) != seal]
    return touched + [path for path in now if path not in seals]


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    items = _items(value)
    if path and not items:
        yield path, value
    for key, inner in items:
        yield from _leaves(inner, f"{path}.{key}" if path else str(key))


def _items(value: object) -> list[tuple[object, object]]:
    if isinstance(value, Mapping):
        return [*value.items()]
    return [*enumerate(value, 1)] if isinstance(value, list | tuple) else []


def _short_hash(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = json.dumps(value, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def edit_messages(inputs: Mapping, seals: Mapping[str, str], kind: str) -> list[str]:
    """Return a sentence for every input that is not what results were made with.

    Parameters
    ----------
    inputs : Mapping
        The inputs as the record has them now.
    seals : Mapping[str, str]
        The seals of the record.
    kind : str
        What was done with them: "run".
    """
    leaves = leaves_of(inputs)
    return [
        _edit(path, inputs, leaves, seals, kind)
        for path in changed_inputs(inputs, seals)
    ]


def _edit(
    path: str, inputs: Mapping, leaves: Mapping, seals: Mapping, kind: str
) -> str:
    section, _, rest = path.partition(".")
    subject = f"{section}: {rest}{_names_on(inputs, path)}" if rest else section
    if path not in leaves:
        return f"{subject} is not in the record, but the {kind} was made with it"
    value = _short(json.dumps(leaves[path], ensure_ascii=False))
    if path not in seals:
        return f"{subject} is {value} in the record, but the {kind} was made without it"
    shipped = shipped_values().get(rest) if section == "parameters" else None
    hint = "" if shipped is None else f" (shipped: {shipped})"
    return (
        f"{subject} is {value} in the record, which is not what the {kind} was made "
        f"with{hint}"
    )


def _names_on(inputs: Mapping, path: str) -> str:
    """Return the names of what a path leads through, like `` (foundation, A)``."""
    here, names = inputs, []
    for key in path.split("."):
        here = dict(_items(here)).get(int(key) if key.isdecimal() else key)
        table = here if isinstance(here, Mapping) else {}
        label = table.get("name") or table.get("exercise")
        names += [str(label)] if label and key.isdecimal() else []
    return f" ({_short(', '.join(names))})" if names else ""


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}..."


def json_value(value: object) -> object:
    """Return a value as JSON gives it back.

    Infinite and missing numbers are the texts "inf", "-inf" and "nan", because JSON
    has no numbers for them.
    """
    if isinstance(value, Mapping):
        return {str(key): json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(inner) for inner in value]
    value = value.item() if isinstance(value, np.generic) else value
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


@cache
def code_hash() -> str:
    """Return the SHA-256 of paths and texts of all modules of this package."""
    package = Path(__file__).parents[1]  # all rooms, not this one alone
    paths = {
        path.relative_to(package).as_posix(): path for path in package.rglob("*.py")
    }
    parts = [
        part
        for name in sorted(paths)
        for part in (name.encode(), _text_of(paths[name]))
    ]
    return sha256_of(b"\0".join(parts))


@cache
def data_hashes() -> Mapping[str, str]:
    """Return the SHA-256 of the shipped files that results depend on, by name."""
    hashes = {name: sha256_of(_text_of(data_dir() / name)) for name in _DATA}
    return MappingProxyType(hashes)


def versions_in_use() -> dict[str, str | None]:
    """Return the versions of Python and libraries; None for one not installed."""
    versions: dict[str, str | None] = {"python": platform.python_version()}
    versions |= {name: version(name) for name in _LIBRARIES}
    for name in _OPTIONAL_LIBRARIES:
        versions[name] = None
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def circumstances() -> dict[str, object]:
    """Return what results depend on beside inputs: data, code and versions."""
    return {
        "data": dict(data_hashes()),
        "code": code_hash(),
        "versions": versions_in_use(),
    }


def changes_since(
    record: Mapping[str, object], *, without: Collection[str]
) -> list[str]:
    """Return what is not as it was when a record was made, likeliest cause first.

    Parameters
    ----------
    record : Mapping[str, object]
        A record; what it does not tell is taken to be the same.
    without : collection of str
        Libraries and data files that made none of the results in question.
    """
    then, now = record["versions"], versions_in_use()
    data = record.get("data", {})
    others = [name for name in then if name in now and then[name] != now[name]]
    libraries = [
        f"{name} was {then[name] or 'not there'}, is {now[name] or 'not there'}"
        for name in others
        if name not in {"python", "hipext", *without}
    ]
    return [
        *(
            f"{what}: {name} is not what it was then"
            for name, what in _DATA.items()
            if data.get(name, data_hashes()[name]) != data_hashes()[name]
            and name not in without
        ),
        *_code_changes(record),
        *([f"library version: {', '.join(libraries)}"] if libraries else []),
        *([f"Python was {then['python']}, is {now['python']}"] * ("python" in others)),
    ]


def _code_changes(record: Mapping[str, object]) -> list[str]:
    then, now = record["versions"].get("hipext"), version("hipext")
    ours, theirs = code_hash(), str(record.get("code", code_hash()))
    known = shipped_values()
    sealed = [path for path in record.get("seals", ()) if path.startswith(_CONSTANTS)]
    given = [path.removeprefix(_CONSTANTS) for path in sealed] or record["parameters"]
    gone = [name for name in given if name not in known]
    new = [name for name in known if name not in given]
    if (then, theirs) == (now, ours) and not gone and not new:
        return []
    words = f"code version: hipext {then}, code {theirs[:_LENGTH]} then; "
    words += f"{now}, {ours[:_LENGTH]} now"
    words += f"; there is no parameter {', '.join(gone)} now" if gone else ""
    return [words + (f"; there was no parameter {', '.join(new)}" if new else "")]


def _text_of(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n")  # git may write either
