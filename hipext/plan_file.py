"""Read plan files: all problems at once, each with its place and a likely fix."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hipext._checks import did_you_mean
from hipext._schema import check_values, place
from hipext.data import check_kind, find_file, read_toml
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
    check_kind(values, "plan", source=source)
    return check_values(
        Plan,
        values,
        source=source,
        context={"exercises": read_exercises()},
        more_problems=[*_week_problems(values), *_reference_problems(values)],
    )


def _tables(values: Mapping, key: str) -> list[tuple[int, Mapping]]:
    """Return number and values of the tables under a key of unchecked values."""
    items = enumerate(_items(values.get(key)))
    return [(number, item) for number, item in items if isinstance(item, Mapping)]


def _items(found: object) -> list | tuple:
    return found if isinstance(found, list | tuple) else ()


def _week_problems(values: Mapping) -> Iterator[str]:
    """Yield weeks that lie outside the phases whose length can be read."""
    lengths = [phase.get("weeks") for _, phase in _tables(values, "phase")]
    known = [weeks for weeks in lengths if isinstance(weeks, int) and weeks > 0]
    n_weeks = sum(known)
    span = "the plan" if len(known) == len(lengths) else "the phases that can be read"
    if n_weeks > MAX_WEEKS:
        yield f"phase: {n_weeks} weeks in {span}; at most {MAX_WEEKS} are allowed."
    for part in ("deload", "assessment"):
        table = values.get(part)
        weeks = table.get("weeks") if known and isinstance(table, Mapping) else ()
        for week in _items(weeks):
            if isinstance(week, int) and not 1 <= week <= n_weeks:
                yield (
                    f"{part}, weeks: week {week} lies outside {span} "
                    f"(weeks 1 to {n_weeks}). Remove it or lengthen a phase."
                )


def _reference_problems(values: Mapping) -> Iterator[str]:
    """Yield names that are used twice or refer to nothing."""
    blocks = [block.get("name") for _, block in _tables(values, "block")]
    phases = _tables(values, "phase")
    yield from _doubled("block", blocks)
    yield from _doubled("phase", [phase.get("name") for _, phase in phases])
    homes = [((), values), *((("phase", number), phase) for number, phase in phases)]
    for home, table in homes:
        sessions = _tables(table, "session")
        names = [session.get("name") for _, session in sessions]
        yield from _doubled(place(values, (*home, "session")), names)
        for number, session in sessions:
            where = place(values, (*home, "session", number))
            yield from _session_problems(where, session, blocks)
            if not any(
                session.get(part) for part in ("begin_with", "end_with", "slot")
            ):
                header = ".".join((*home[:1], "session", "slot"))
                yield f"{where}: it has no exercises. Add a [[{header}]] or a block."
            if not session.get("days", values.get("days")):
                yield f'{where}: it has no days. Write days = ["mon", "fri"].'
    yield from _shared_names(values, phases)


def _doubled(where: str, names: list) -> Iterator[str]:
    named = [name for name in names if isinstance(name, str)]
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"{where}: the name {name!r} is used twice. Give each its own name."


def _shared_names(values: Mapping, phases: list[tuple[int, Mapping]]) -> Iterator[str]:
    """Yield sessions of a phase that are called like one of the whole plan."""
    of_plan = [session.get("name") for _, session in _tables(values, "session")]
    for number, phase in phases:
        for place_in, session in _tables(phase, "session"):
            name = session.get("name")
            if isinstance(name, str) and name in of_plan:
                where = place(values, ("phase", number, "session", place_in))
                yield (
                    f"{where}: a session of the whole plan is called {name!r} too. "
                    "Give each its own name."
                )


def _session_problems(where: str, session: Mapping, blocks: list) -> Iterator[str]:
    named = [name for name in blocks if isinstance(name, str)]
    for part in ("begin_with", "end_with"):
        for name in _items(session.get(part)):
            if isinstance(name, str) and name not in named:
                yield (
                    f"{where}, {part}: there is no block {name!r}; "
                    f"there are {', '.join(named) or 'none'}."
                    f"{did_you_mean(name, named)}"
                )
