"""Find, read and write files: shipped data, TOML and CSV."""

import csv
import io
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import ENOENT, EPERM
from functools import partial
from math import isinf
from os.path import lexists
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from hipext.files.checks import (
    MAX_DEPTH,
    PlanError,
    did_you_mean,
    excerpt,
    odd_values,
    place,
)

if TYPE_CHECKING:
    import pandas as pd

# In a checkout, data and notebooks lie beside the package; the wheel puts them into it
# as _data and _notebooks (pyproject.toml).
_PACKAGE = Path(__file__).parents[1]


class _Kind(NamedTuple):
    """A kind of file of the user."""

    name: str
    keys: str  # which files of the kinds below it in _KINDS lack
    use: str  # how it is used


_KINDS = {  # by the folder of the shipped files
    "plans": _Kind(
        "plan",
        "phase session block deload assessment",
        "Use it as the plan: hipext run {}.",
    ),
    "athletes": _Kind(
        "athlete",
        "body_mass_kg one_rm_kg training_status recovery",
        "Use it with --athlete.",
    ),
    "searches": _Kind(
        "search", "goals limits search", "Use it with: hipext search {}."
    ),
    "sweeps": _Kind("sweep", "vary design plan", "Use it with: hipext sweep {}."),
    "populations": _Kind(
        "population", "athlete spread group", "Use it with --population."
    ),
}
_UNLISTED = {"plans": ("flaws",)}  # folders whose files are found by name as well


def data_dir() -> Path:
    """Return the folder of the shipped data, in a checkout or an installed wheel."""
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent / "data"


def notebooks_dir() -> Path:
    """Return the folder of the shipped notebooks."""
    installed = _PACKAGE / "_notebooks"
    return installed if installed.is_dir() else _PACKAGE.parent / "notebooks"


def shipped_names(folder: str) -> list[str]:
    """Return the sorted names of the shipped files of `folder`, without ``.toml``."""
    return sorted(path.stem for path in (data_dir() / folder).glob("*.toml"))


def find_file(name_or_path: str | Path, folder: str) -> Path:
    """Return the path of a shipped file by its name, or of a file of the user.

    `folder` is that of the shipped files: one of the keys of `_KINDS`.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    names = shipped_names(folder)
    for shipped in (folder, *_UNLISTED.get(folder, ())):
        if str(name_or_path) in shipped_names(shipped):
            return data_dir() / shipped / f"{name_or_path}.toml"
    _check_not_misplaced(path, folder)
    raise FileNotFoundError(
        f"There is no {_KINDS[folder].name} {str(name_or_path)!r}: it is neither a "
        f"file nor one of the shipped {folder} ({', '.join(names)})."
        f"{did_you_mean(name_or_path, names)}"
    )


def _check_not_misplaced(path: Path, folder: str) -> None:
    """Raise FileNotFoundError for a folder, a missing one, or another kind of name."""
    if path.is_dir():
        raise FileNotFoundError(f"{str(path)!r} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"There is no folder {str(path.parent)!r} to find {path.name!r} in."
        )
    for other, kind in _KINDS.items():
        if other != folder and str(path) in shipped_names(other):
            raise FileNotFoundError(
                f"{str(path)!r} is a shipped {kind.name}, not "
                f"{_with_article(_KINDS[folder].name)}. {kind.use.format(path)}"
            )


def check_kind(values: Mapping, kind: str, *, source: str) -> None:
    """Raise PlanError for an athlete where a plan is wanted, or the other way round."""
    kinds = _KINDS.values()
    found = [(one, key) for one in kinds for key in one.keys.split() if key in values]
    if found and kind not in {one.name for one, _ in found}:
        other, key = found[0]
        names = f"{_with_article(other.name)}, not {_with_article(kind)}"
        problem = f"this is {names} (it has {key}). {other.use.format(source)}"
        raise PlanError(source, [problem])


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind == "athlete" else f"a {kind}"


def read_text(path: str | Path) -> str:
    """Return the UTF-8 text of a file; PlanError if it is a folder or not UTF-8."""
    path = Path(path)
    if path.is_dir():
        raise PlanError(str(path), ["this is a folder; name a file in it."])
    try:
        return path.read_text(encoding="utf-8-sig")  # editors may put a mark in front
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8 text. Save the file as UTF-8."
        raise PlanError(str(path), [problem]) from None


def parse_toml(text: str, *, source: str) -> dict:
    """Return the values of a TOML text; PlanError with line and column if it is not."""
    with _unreadable_refused(source, "TOML", "Check quotes, brackets and commas."):
        values = tomllib.loads(text)
    check_values_are_usual(values, source=source)
    return values


def parse_json(text: str, *, source: str) -> object:
    """Return the value of a JSON text; PlanError with line and column if it is not."""
    with _unreadable_refused(source, "JSON", "It may be cut off; take a whole copy."):
        value = json.loads(
            text,
            parse_constant=partial(_refuse_number, source),
            parse_float=partial(_finite, source),
        )
    check_values_are_usual(value, source=source)
    return value


def check_values_are_usual(values: object, *, source: str) -> None:
    """Raise PlanError for values of a file that hipext has no use for anywhere."""
    problems = [f"{place(values, keys)}: {text}" for keys, text in odd_values(values)]
    if problems:
        raise PlanError(source, problems)


@contextmanager
def _unreadable_refused(source: str, language: str, hint: str) -> Iterator[None]:
    try:
        yield
    except PlanError:
        raise
    except RecursionError:
        problem = f"it is nested more than {MAX_DEPTH} deep. Write it flatter."
    except ValueError as error:
        # Python refuses to read a number of thousands of digits, with words of its own.
        is_syntax = isinstance(error, tomllib.TOMLDecodeError | json.JSONDecodeError)
        problem = f"the file is not {language}: {error}. {hint}"
        if not is_syntax:
            problem = f"it has a number of too many digits ({error})."
    else:
        return
    raise PlanError(source, [problem])


def _finite(source: str, digits: str) -> float:
    if isinf(number := float(digits)):
        _refuse_number(source, excerpt(digits))
    return number


def _refuse_number(source: str, word: str) -> None:
    raise PlanError(source, [f"{word} is no finite number. Write a number."])


def read_toml(path: str | Path) -> dict:
    """Return the values of a TOML file."""
    return parse_toml(read_text(path), source=str(path))


def parse_csv(text: str, *, source: str, mark: str = ",") -> list[list[str]]:
    """Return the cells of a CSV text by line; PlanError if it has no such form."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        return [*lines]
    except csv.Error as error:
        hint = "A quotation mark may lack its partner."
        raise PlanError(source, [f"line {lines.line_num}: {error}. {hint}"]) from None


def csv_bytes(table: "pd.DataFrame") -> bytes:
    """Return a table as CSV: UTF-8, comma, shortest exact numbers, no index.

    A text that a spreadsheet would take for a formula gets an apostrophe in front;
    `unquoted` takes it away.
    """
    import pandas as pd  # slow to import

    table = table.copy(deep=False)
    for number, dtype in enumerate(table.dtypes):  # a name may be there twice
        if dtype.kind == "O":
            quoted = [_quoted(one) for one in table.iloc[:, number]]
            # The type is kept: 0 stays whole beside 0.5.
            table.isetitem(number, pd.Series(quoted, index=table.index, dtype=object))
    return table.to_csv(index=False, lineterminator="\n").encode()


# A text begins a formula with one of these characters, unless it is a number. Texts
# that look as if they were quoted get one more apostrophe, so that each reads back.
_NUMBER = r"((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf)$"
_FORMULA = re.compile(rf"'*([=@\t\r]|[+\-](?!{_NUMBER}))", re.I)


def _quoted(value: object) -> object:
    is_formula = isinstance(value, str) and _FORMULA.match(value)
    return f"'{value}" if is_formula else value


def unquoted(text: str) -> str:
    """Return the text of a cell that `csv_bytes` wrote."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def temporary_folder(*, make: bool = False) -> Path:
    """Return the folder for caches of this user among the temporary files.

    OSError if it is not there, or if anybody else can change what is in it.
    """
    if not hasattr(os, "geteuid"):  # Windows: there is no owner to be checked
        raise FileNotFoundError(ENOENT, "no folder for temporary caches")
    # Not `tempfile.gettempdir`, which may be the folder where hipext was started.
    folder = Path(os.environ.get("TMPDIR") or "/tmp", f"hipext-{os.geteuid()}")
    if make:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    found = folder.lstat()
    is_own = S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not is_own or found.st_mode & 0o077:
        raise PermissionError(EPERM, "others may have written in it", str(folder))
    return folder


def read_table(path: Path | BinaryIO, **options: object) -> "pd.DataFrame":
    """Return a table as `csv_bytes` writes them; options as in pandas.read_csv."""
    import pandas as pd  # slow to import

    # Before pandas 3.1 a number may be off by its last digit, unless one asks for all
    # digits; since then, asking is deprecated.
    is_exact = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    precision = {} if is_exact else {"float_precision": "round_trip"}
    return pd.read_csv(path, **precision, **options)


def drop_leftovers(folder: str | Path, names: Iterable[str]) -> None:
    """Remove files that an earlier run left in a folder; those not there are fine."""
    for name in names:
        (Path(folder) / name).unlink(missing_ok=True)


def write_files(
    files: Mapping[str, bytes], folder: str | Path, *, replace: bool = True
) -> list[Path]:
    """Write files into a folder, each whole or not at all; return their paths.

    Every file gets a temporary name first and is renamed when all are complete, so that
    a killed run or a full disk leaves what was there before. Missing folders are made,
    also those of a name like ``"source/01.ipynb"``. An OSError names the file that
    cannot be written, and the folders made for it are gone. Without `replace` a file
    that is there already stays, and its path is not among those returned.
    """
    targets = {Path(folder, name): content for name, content in files.items()}
    if not replace:  # a link counts, wherever it leads
        targets = {path: targets[path] for path in targets if not lexists(path)}
    folders = {Path(folder), *(target.parent for target in targets)}
    above = folders | {path for one in folders for path in one.parents}
    new_folders = sorted(path for path in above if not path.exists())
    try:
        for path in sorted(folders):
            path.mkdir(parents=True, exist_ok=True)
        return _write_all(targets, Path.replace if replace else _rename_to_new)
    except BaseException:  # Ctrl-C as well
        for path in reversed(new_folders):
            with suppress(OSError):  # not made, or by now with files of others in it
                path.rmdir()
        raise


def _write_all(
    files: Mapping[Path, bytes], rename: Callable[[Path, Path], object]
) -> list[Path]:
    for target in files:
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder; a file is to go there.")
    parts: list[tuple[Path, Path]] = []
    try:
        # The temporary files lie beside their targets: a rename is atomic only within
        # one file system.
        for target, content in files.items():
            with named_in_errors(target):
                handle, part = tempfile.mkstemp(
                    dir=target.parent, prefix=".", suffix=".part"
                )
                parts.append((Path(part), target))
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
        # mkstemp lets nobody else read; the mask of new files can only be read by
        # setting it.
        os.umask(mask := os.umask(0))
        written = []
        for part, target in parts:
            with suppress(FileExistsError), named_in_errors(target):
                part.chmod(0o666 & ~mask)
                rename(part, target)
                written.append(target)
    finally:
        for part, _ in parts:
            part.unlink(missing_ok=True)
    return written


def _rename_to_new(part: Path, target: Path) -> None:
    """Rename a file; FileExistsError if another process was there first."""
    try:
        target.hardlink_to(part)  # a rename would replace what is there
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the name is taken first
        target.open("xb").close()
        part.replace(target)


@contextmanager
def named_in_errors(target: Path) -> Iterator[None]:
    """Let an error of the system name the file it is about, not the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
