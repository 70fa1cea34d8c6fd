"""Make results again from their record, and tell whether they are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hipext._again import KINDS
from hipext._checks import check_one_of
from hipext._compiled import can_compile
from hipext._dataset import check_complete
from hipext._first_difference import first_difference
from hipext._progress import progress_told
from hipext._seals import changes_since, code_hash, edits_told, inputs_of, sha256_of
from hipext.parameters import parameters_changed, shipped_values
from hipext.records import read_record

TOLERANCE = 1e-12  # relative; what is promised between machines and engines
ENGINES = ("plain", "compiled")
_MOST_TOLD = 3  # edits or notes of one kind; the rest is counted
_SAME_MAKING = (
    "machine: code, catalogue and libraries are the same; exponentials of another "
    "machine may differ in the last place, which can turn a decision; or a table was "
    "changed together with its sha256"
)
_UNKNOWN_CODE = "code version or machine: the record does not tell the code it is from"
_UNSEALED = "made before seals; edits cannot be told from other causes"


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Whether results could be made again, and if not, what differs first and why."""

    kind: str  # of the record: "run"
    n_tables: int  # tables of the record
    is_identical: bool  # every table, byte for byte
    is_equal: bool  # all texts, and all numbers to 1e-12; so is what is identical
    difference: str  # the first one; empty for none
    cause: str  # of it; empty for none
    notes: tuple[str, ...]  # what else is worth knowing

    def told(self) -> str:
        """Return it as text; the first word of a success is "identical"."""
        tables = "1 table" if self.n_tables == 1 else f"{self.n_tables} tables"
        if self.is_identical:
            lines = [f"identical: {tables}, byte for byte"]
        else:
            head = f"identical to {TOLERANCE:g}, not byte for byte: {tables}"
            lines = [head if self.is_equal else f"different: {self.difference}"]
            lines += [f"first: {self.difference}"] if self.is_equal else []
            lines += [f"cause: {self.cause}"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """What is not as it should be about one table."""

    name: str
    difference: str
    edit: str = ""  # what somebody did to the folder
    is_made_again: bool = False  # as the record says
    is_near: bool = False  # all texts, and all numbers to the tolerance


def reproduce(
    folder: str | Path, *, engine: str | None = None, progress: bool = True
) -> Reproduction:
    """Make the results of a folder again from its record, and compare.

    Nothing but ``record.json`` goes in: plan, person and constants are its own. The
    tables of the folder are there to be compared with.

    Parameters
    ----------
    folder : str or Path
        A folder that ``hipext run`` or its like wrote.
    engine : {"plain", "compiled"}, optional
        How the day loop runs. Default: plain for runs, else compiled where numba is
        installed.
    progress : bool, default True
        Whether to show a bar on a terminal.

    Returns
    -------
    Reproduction
        The first difference and its cause: an input edited in the record, a table
        changed after the run, or else whatever differs between then and now
        (catalogue, code, libraries, Python), and the machine if nothing does.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no record in it.
    PlanError
        If the record cannot be read.
    ValueError
        If there is no such engine, or results of this kind cannot be made again.
    ModuleNotFoundError
        If the compiled engine is asked for and numba is not installed.
    """
    _check_engine(engine)
    folder = Path(folder)
    record = {"kind": "run"} | read_record(folder)
    check_one_of(record["kind"], tuple(KINDS), name=f"kind of {folder / 'record.json'}")
    seals = record.get("seals")
    edits = (
        [] if seals is None else edits_told(inputs_of(record), seals, record["kind"])
    )
    if record["kind"] == "sweep":
        check_complete(folder, record)
    findings = _findings(record, folder, engine, progress=progress)
    return _judged(record, edits, findings, engine)


def _check_engine(engine: str | None) -> None:
    if engine is not None:
        check_one_of(engine, ENGINES, name="engine")
    if engine == "compiled" and not can_compile():
        raise ModuleNotFoundError(
            "engine 'compiled' needs numba, which is not installed. "
            "Install hipext[fast], or use engine 'plain'."
        )


def _findings(
    record: Mapping[str, object], folder: Path, engine: str | None, *, progress: bool
) -> list[_Finding]:
    """Make every table again; return what is not as it should be, in order."""
    findings, waiting = [], dict(record["sha256"])
    bar = progress_told(len(waiting), "files", is_shown=progress)
    try:
        with bar as tell, parameters_changed(_own_parameters(record)):
            for name, ours in KINDS[record["kind"]](record, engine):
                recorded = waiting.pop(name, None)
                findings += _compared(name, ours, folder / name, recorded)
                tell(1)
    except (ValueError, TypeError, KeyError) as error:
        is_missing = isinstance(error, KeyError)
        words = f"the {record['kind']} cannot be made again: "
        words += f"the record lacks {error}" if is_missing else str(error)
        return [*findings, _Finding(name="", difference=words)]
    return findings + [_not_made(name, record) for name in waiting]


def _not_made(name: str, record: Mapping[str, object]) -> _Finding:
    is_added = record.get("code") == code_hash()  # the code that made it knows it not
    return _Finding(
        name=name,
        difference=f"{name} is in the record, but is not made now",
        edit=f"sha256 of {name} was added to the record" if is_added else "",
        is_made_again=is_added,
    )


def _own_parameters(record: Mapping[str, object]) -> dict[str, float]:
    """Return the constants of a record that there still are."""
    given = record["parameters"]
    return {
        name: float(given[name]) if given[name] in ("inf", "-inf") else given[name]
        for name in given
        if name in shipped_values()
    }


def _compared(
    name: str, ours: bytes, path: Path, recorded: str | None
) -> list[_Finding]:
    """Return what is wrong with a table made again, or with the one in the folder."""
    theirs = path.read_bytes() if path.is_file() else None
    is_made_again = sha256_of(ours) == recorded
    is_untouched = theirs is not None and sha256_of(theirs) == recorded
    if is_made_again and is_untouched:
        return []
    is_near, edit = False, ""
    if theirs == ours:
        difference = f"record.json has not the sha256 of {name}, made again or not"
        edit = f"sha256 of {name} was changed in the record after the run"
        is_made_again = True
    elif recorded is None:
        difference = f"{name} is made now, but is not in the record"
    elif theirs is None:
        difference = f"{name} is missing from the folder"
        edit = f"table {name} was removed after the run"
    else:
        difference, is_near = _first_of(name, ours, theirs, is_edited=not is_untouched)
        edit = "" if is_untouched else f"table {name} was changed after the run"
    return [
        _Finding(
            name=name,
            difference=difference,
            edit=edit,
            is_made_again=is_made_again,
            is_near=is_near,
        )
    ]


def _first_of(
    name: str, ours: bytes, theirs: bytes, *, is_edited: bool
) -> tuple[str, bool]:
    """Return the first difference in words, and whether it is a mere rounding."""
    try:
        far = first_difference(name, ours, theirs, tolerance=TOLERANCE)
        found = far or first_difference(name, ours, theirs)
    except ValueError as error:
        return str(error).removesuffix("."), False
    if found is None:
        return f"{name}: every value is the same, only the file is written otherwise", (
            True
        )
    return found.told(), not far and not is_edited


def _judged(
    record: Mapping[str, object],
    edits: Sequence[str],
    findings: Sequence[_Finding],
    engine: str | None,
) -> Reproduction:
    far = [finding for finding in findings if not finding.is_near]
    others = [one.name for one in findings if not one.is_made_again]
    changes = _changes_that_matter(record, engine, others)
    causes = [*edits, *(finding.edit for finding in findings if finding.edit)]
    if others and not edits:
        usual = _SAME_MAKING if "code" in record else _UNKNOWN_CODE
        causes.append("; or ".join(changes) or usual)
    notes = [] if "seals" in record else [_UNSEALED]
    notes += _parameter_notes(record)
    notes += [] if others else [f"{one}; the tables agree" for one in changes]
    first = [finding.difference for finding in [*far, *findings]]
    if edits and not first:
        first = ["record.json was edited, but its tables come out the same"]
    return Reproduction(
        kind=record["kind"],
        n_tables=len(record["sha256"]),
        is_identical=not findings and not edits,
        is_equal=not far and not edits,
        difference=first[0] if first else "",
        cause=_some(causes),
        notes=tuple(notes),
    )


def _changes_that_matter(
    record: Mapping[str, object], engine: str | None, others: Sequence[str]
) -> list[str]:
    """Return what is not as it was then and may have changed the tables `others`."""
    unknown = "plain" if record["kind"] == "run" else engine
    then = record.get("engine", unknown)
    now = then if engine is None else engine
    without = {"numba"} if now == then == "plain" else set()
    if not any(name.endswith(".parquet") for name in record["sha256"]):
        without.add("pyarrow")
    if "assumptions.csv" not in others:
        without.add("parameters.toml")  # words alone: the values are in the record
    engines = [f"engine: {then} then, {now} now"] if now != then else []
    return engines + changes_since(record, without=without)


def _parameter_notes(record: Mapping[str, object]) -> list[str]:
    """Tell the constants that are shipped with other values now."""
    own, shipped = _own_parameters(record), shipped_values()
    others = [
        f"{name} is {own[name]} in the record, {shipped[name]} shipped"
        for name in own
        if own[name] != shipped[name]
    ]
    return [f"{_some(others)}; the record's own were used"] if others else []


def _some(words: Sequence[str]) -> str:
    more = len(words) - _MOST_TOLD
    return "; ".join(words[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
