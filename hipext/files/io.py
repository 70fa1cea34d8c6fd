"""Where the shipped files are, how a TOML file is opened, and what kind it is."""

import os
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from hipext.files.checks import PlanError, did_you_mean

_HERE = Path(__file__).parents[1]  # of the package: data lie beside it
_KINDS = {
    "plans": "plan",
    "athletes": "person",
    "populations": "population",
    "sweeps": "sweep",
    "searches": "search",
}
_BESIDE = {"plans": ("flaws",)}  # found by name as well, but not listed
_MARKS = {  # keys that tell a kind of file, from those that others lack as well
    "plan": ("phase", "session", "block", "deload", "assessment"),
    "person": ("body_mass_kg", "one_rm_kg", "training_status", "recovery"),
    "search": ("goals", "limits", "search"),
    "sweep": ("vary", "design", "plan"),
    "population": ("athlete", "spread", "group"),
}
_USES = {
    "plan": "Use it as the plan: hipext run {}.",
    "person": "Use it with --athlete.",
    "search": "Use it with: hipext search {}.",
    "sweep": "Use it with: hipext sweep {}.",
    "population": "Use it with --population.",
}
REPLACED = "These replace earlier results of other inputs; --out keeps both."


def data_dir() -> Path:
    """Return the folder of the shipped data, in a checkout or an installed wheel."""
    installed = _HERE / "_data"
    return installed if installed.is_dir() else _HERE.parent / "data"


def notebooks_dir() -> Path:
    """Return the folder of the shipped notebooks."""
    installed = _HERE / "_notebooks"
    return installed if installed.is_dir() else _HERE.parent / "notebooks"


def shipped_names(folder: str) -> list[str]:
    """Return the sorted names of the shipped files of `folder`, without ``.toml``."""
    return sorted(path.stem for path in (data_dir() / folder).glob("*.toml"))


def find_file(name_or_path: str | Path, folder: str) -> Path:
    """Return the path of a shipped file by its name, or of a file of the user.

    Parameters
    ----------
    name_or_path : str or Path
        ``"guide_16wk"``, or ``"my/plan.toml"``. A name without a folder and without
        a suffix is looked for among the shipped files only.
    folder : str
        Folder of the shipped files: ``"plans"``, ``"athletes"``, ``"populations"``,
        ``"sweeps"`` or ``"searches"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message says where was searched, or that the
        name is that of a folder or of another kind of file.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    names = shipped_names(folder)
    for place in (folder, *_BESIDE.get(folder, ())):
        if str(name_or_path) in shipped_names(place):
            return data_dir() / place / f"{name_or_path}.toml"
    _check_not_misplaced(path, folder)
    kind = _KINDS[folder] if folder == "searches" else folder.removesuffix("s")
    raise FileNotFoundError(
        f"There is no {kind} {str(name_or_path)!r}: it is neither a file nor one of "
        f"the shipped {folder} ({', '.join(names)})."
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
                f"{str(path)!r} is a shipped {kind}, not a {_KINDS[folder]}. "
                + _USES[kind].format(path)
            )


def check_kind(values: Mapping, kind: str, *, source: str) -> None:
    """Raise PlanError for a person where a plan is wanted, or the other way round."""
    if any(key in values for key in _MARKS[kind]):
        return
    for other in _MARKS:
        found = [key for key in _MARKS[other] if key in values]
        if found:
            what = f"this is a {other}, not a {kind} (it has {found[0]})."
            raise PlanError(source, [f"{what} {_USES[other].format(source)}"])


def read_text(path: str | Path) -> str:
    """Return the UTF-8 text of a file; PlanError if it is a folder or not UTF-8."""
    path = Path(path)
    if path.is_dir():
        raise PlanError(str(path), ["this is a folder; name a file in it."])
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8 text. Save the file as UTF-8."
        raise PlanError(str(path), [problem]) from None


def parse_toml(text: str, *, source: str) -> dict:
    """Return the values of a TOML text; PlanError with line and column if it is not."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"the file is not TOML: {error}. Check quotes, brackets and commas."
        raise PlanError(source, [problem]) from None


def read_toml(path: str | Path) -> dict:
    """Return the values of a TOML file."""
    return parse_toml(read_text(path), source=str(path))


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as CSV: UTF-8, comma, shortest exact numbers, no index."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def drop_leftovers(folder: str | Path, names: Iterable[str]) -> None:
    """Remove files that an earlier run left in a folder; those not there are fine."""
    for name in names:
        (Path(folder) / name).unlink(missing_ok=True)


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
