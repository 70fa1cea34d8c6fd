"""Read plan files: all problems at once, each with its place and a likely fix."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hipext._checks import did_you_mean
from hipext._schema import check_values
from hipext.data import find_file, read_toml
from hipext.exercises import read_exercises
from hipext.plan import MAX_WEEKS, Plan


def read_plan(name_or_path: str | Path) -> Plan:
    """Read a plan from a file.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped plan (``"guide_16wk"``) or path of a TOML file.

    Returns
    -------
    Plan
        Checked and frozen; exercise names are catalogue ids.

    Raises
    ------
    FileNotFoundError
        If there is no such plan or file.
    PlanError
        With all problems of the file at once.

    Examples
    --------
    >>> read_plan("guide_16wk").n_weeks
    16
    """
    path = find_file(name_or_path, "plans")
    return check_plan(read_toml(path), source=str(path))


def check_plan(values: Mapping, *, source: str) -> Plan:
    """Return the values of a plan file as a plan; PlanError with all problems."""
    return check_values(
        Plan,
        values,
        source=source,
        context={"exercises": read_exercises()},
        more_problems=[*_week_problems(values), *_reference_problems(values)],
    )


def _tables(values: Mapping, key: str) -> list[Mapping]:
    """Return the tables under a key of unchecked values, and nothing else."""
    found = values.get(key)
    rows = [found] if isinstance(found, Mapping) else _items(found)
    return [row for row in rows if isinstance(row, Mapping)]


def _items(found: object) -> list | tuple:
    return found if isinstance(found, list | tuple) else ()


def _week_problems(values: Mapping) -> Iterator[str]:
    """Yield weeks that lie outside the phases whose length can be read."""
    lengths = [phase.get("weeks") for phase in _tables(values, "phase")]
    known = [weeks for weeks in lengths if isinstance(weeks, int) and weeks > 0]
    n_weeks = sum(known)
    span = "the plan" if len(known) == len(lengths) else "the phases that can be read"
    if n_weeks > MAX_WEEKS:
        yield f"phase: {span} make {n_weeks} weeks; at most {MAX_WEEKS} are allowed."
    for part in ("deload", "assessment"):
        for table in _tables(values, part):
            for week in _items(table.get("weeks")):
                if isinstance(week, int) and not 1 <= week <= n_weeks:
                    yield (
                        f"{part}, weeks: week {week} lies outside {span} "
                        f"(weeks 1 to {n_weeks}). Remove it or lengthen a phase."
                    )


def _reference_problems(values: Mapping) -> Iterator[str]:
    """Yield names that are used twice or refer to nothing."""
    blocks = [str(block.get("name")) for block in _tables(values, "block")]
    phases = _tables(values, "phase")
    yield from _doubled("block", blocks)
    yield from _doubled("phase", [str(phase.get("name")) for phase in phases])
    daily = [session.get("name") for session in _tables(values, "session")]
    for home, table in [
        ("", values),
        *((f"phase {p.get('name')}, ", p) for p in phases),
    ]:
        sessions = _tables(table, "session")
        names = [session.get("name") for session in sessions]
        yield from _doubled(f"{home}session", names + (daily if home else []))
        for session in sessions:
            where = f"{home}session {session.get('name')}"
            yield from _session_problems(where, session, blocks)
            if not session.get("days", values.get("days")):
                yield f'{where}: it has no days. Write days = ["mon", "fri"].'


def _doubled(kind: str, names: list) -> Iterator[str]:
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield f"{kind}: the name {name!r} is used twice. Give each its own name."


def _session_problems(where: str, session: Mapping, blocks: list[str]) -> Iterator[str]:
    used = 0
    for part in ("begin_with", "end_with"):
        for name in _items(session.get(part)):
            used += 1
            if name not in blocks:
                yield (
                    f"{where}, {part}: there is no block {name!r}; "
                    f"there are {', '.join(blocks) or 'none'}."
                    f"{did_you_mean(name, blocks)}"
                )
    if not used and not session.get("slot"):
        yield f"{where}: it has no exercises. Add a [[...session.slot]] or a block."
