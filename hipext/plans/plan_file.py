"""Plan files: read and check TOML, and write it in a canonical layout.

All problems of a file are reported at once, each with its place and a likely fix.
Values are read by `tomllib`, comments by `tomlkit`; the layout is ours.
"""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import tomlkit
from tomlkit import items as toml
from tomlkit.exceptions import ParseError

from hipext.files.checks import did_you_mean, place
from hipext.files.io import check_kind, find_file, parse_toml, read_toml
from hipext.files.schema import check_values
from hipext.plans.exercises import read_exercises
from hipext.plans.plan import MAX_WEEKS, Plan

WIDTH = 88  # a list that does not fit gets one line per item
_INDENT = "  "
_KeyPath = tuple[str | int, ...]  # keys, and places in lists from 0
# Comments above a place and beside it, in the order of the text; () is its end.
_Comments = dict[_KeyPath, tuple[list[str], list[str]]]
# The place of a line, and the line. A line of indentation alone is not written, only
# the comments of its place; a line whose place is None takes no comments.
_Line = tuple[_KeyPath | None, str]


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


def format_plan(plan: Plan) -> str:
    """Return the text of a plan file that reads back as this plan.

    Parameters
    ----------
    plan : Plan
        A checked plan, as `read_plan` or `vary` returns it.

    Returns
    -------
    str
        TOML in the canonical layout: only what was set, keys in the order of the
        models, a blank line between tables. Ends with a line end.

    Examples
    --------
    >>> from hipext import read_plan
    >>> print(format_plan(read_plan("deadlift_5x5_10wk"))[:50])
    format = 1
    name = "Deadlift five by five, 10 weeks
    """
    values = plan.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return _text(values, {})


def format_text(text: str, *, source: str = "the plan") -> str:
    """Return the text of a plan file in the canonical layout, with its comments.

    The values stay as they are written: ``"3x8 @RPE7"`` and ``"1x5min"`` are not
    turned into repetitions in reserve or seconds. Comments stay above or beside what
    they are about; those inside a table that becomes one line move above that line.
    """
    text = text.removeprefix("\ufeff")
    values = parse_toml(text, source=source)
    plan = check_plan(values, source=source)
    keys = plan.model_dump(exclude_unset=True)
    return _text(_in_order(values, keys), _read_comments(text))


# The next functions read values before their kind is checked, so that all problems of a
# file come together: whatever is not of the expected kind is passed over here, and
# reported by the models.
def _tables(values: Mapping, key: str) -> list[tuple[int, Mapping]]:
    """Return number and values of the tables under a key of unchecked values."""
    items = enumerate(_items(values.get(key)))
    return [(number, item) for number, item in items if isinstance(item, Mapping)]


def _items(found: object) -> list | tuple:
    return found if isinstance(found, list | tuple) else ()


def _names(values: Mapping, key: str) -> list[str]:
    """Return the names of the tables under a key of unchecked values."""
    names = [item.get("name") for _, item in _tables(values, key)]
    return [name for name in names if isinstance(name, str)]


def _week_problems(values: Mapping) -> Iterator[str]:
    """Yield weeks that lie outside the phases whose length can be read."""
    # Where the length of a phase is wrong, later weeks cannot be placed for sure.
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
    blocks, of_plan = _names(values, "block"), _names(values, "session")
    yield from _doubled("block", blocks)
    yield from _doubled("phase", _names(values, "phase"))
    phases = [(("phase", number), phase) for number, phase in _tables(values, "phase")]
    for home, table in [((), values), *phases]:
        sessions = (*home, "session")
        yield from _doubled(place(values, sessions), _names(table, "session"))
        for number, session in _tables(table, "session"):
            where, name = place(values, (*sessions, number)), session.get("name")
            for part in ("begin_with", "end_with"):
                for problem in _block_problems(_items(session.get(part)), blocks):
                    yield f"{where}, {part}: {problem}"
            if not any(map(session.get, ("begin_with", "end_with", "slot"))):
                header = ".".join((*home[:1], "session", "slot"))
                yield f"{where}: it has no exercises. Add a [[{header}]] or a block."
            if not session.get("days", values.get("days")):
                yield f'{where}: it has no days. Write days = ["mon", "fri"].'
            if home and name in of_plan:
                yield (
                    f"{where}: a session of the whole plan is called {name!r} too. "
                    "Give each its own name."
                )


def _doubled(where: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{where}: the name {name!r} is used twice. Give each its own name."


def _block_problems(named: list | tuple, blocks: list[str]) -> Iterator[str]:
    for name in named:
        if isinstance(name, str) and name not in blocks:
            yield (
                f"there is no block {name!r}; there are "
                f"{', '.join(blocks) or 'none'}.{did_you_mean(name, blocks)}"
            )


def _in_order(written: object, kept: object) -> object:
    """Return values as they are written, with keys in the order of the models."""
    if isinstance(written, Mapping):
        return {key: _in_order(written[key], inner) for key, inner in kept.items()}
    if isinstance(written, list):
        return [_in_order(*pair) for pair in zip(written, kept, strict=True)]
    return written


def _text(values: Mapping, comments: _Comments) -> str:
    lines = [*_table(values, (), comments), (None, ""), ((), "")]
    places = dict(lines)
    above, beside = defaultdict(list), defaultdict(list)
    for path, (over, behind) in comments.items():
        # What a line holds has its comments above that line.
        here = path
        while here not in places:
            here = here[:-1]
        above[here] += over
        (beside if here == path and places[path].strip() else above)[here] += behind
    text = []
    for path, line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        text += [indent + comment for comment in above[path]]
        if line.strip() or path is None:
            text.append("  ".join([line, *beside[path]]))
    return "\n".join(text).strip("\n") + "\n"


def _table(values: Mapping, path: _KeyPath, comments: _Comments) -> Iterator[_Line]:
    """Yield the lines of a table: its own keys first, then the tables below it."""
    for key, value in values.items():
        if not _has_header(value, path):
            yield from _pair(value, (*path, key), comments)
    for key, value in values.items():
        if _has_header(value, path):
            yield from _tables_below(value, (*path, key), comments)


def _has_header(value: object, path: _KeyPath) -> bool:
    # Smaller tables, such as a progression rule, stay on one line.
    if isinstance(value, Mapping):
        return not path
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _tables_below(
    found: Mapping | list, path: _KeyPath, comments: _Comments
) -> Iterator[_Line]:
    """Yield a table, or every table of a list, with its header."""
    header = f"[{'.'.join(key for key in path if isinstance(key, str))}]"
    items = {path: found}
    if isinstance(found, list):
        items = {(*path, number): item for number, item in enumerate(found)}
        header = f"[{header}]"
    for item, values in items.items():
        yield None, ""
        if item == (*path, 0):
            yield path, _indent(item)
        yield item, _indent(item) + header
        yield from _table(values, item, comments)


def _pair(value: object, path: _KeyPath, comments: _Comments) -> Iterator[_Line]:
    """Yield the lines of a key and its value."""
    indent = _indent(path[:-1])
    opening = f"{indent}{path[-1]} = "
    line = opening + _value(value)
    if isinstance(value, list):
        is_commented = any(one[:-1] == path for one in comments)
        if is_commented or len(line) > WIDTH:
            deeper = indent + _INDENT
            yield path, f"{opening}["
            for number, item in enumerate(value):
                yield (*path, number), f"{deeper}{_value(item)},"
            yield (*path, len(value)), deeper
            yield None, f"{indent}]"
            return
    if isinstance(value, str) and "\n" in value:
        # A line end right after the quotes is not part of a text. The dot keeps
        # `tomlkit` from adding one of its own where the text begins with one.
        quoted = tomlkit.string(f".{value}", multiline=True).as_string()
        line = f'{opening}"""\n{quoted[4:]}'
    yield path, line


def _indent(path: _KeyPath) -> str:
    n_lists = sum(isinstance(key, int) for key in path)
    return _INDENT * max(n_lists - 1, 0)


def _value(value: object) -> str:
    """Return a value in one line; what rule it is comes first in a table."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key != "rule")
        pairs = ", ".join(f"{key} = {_value(value[key])}" for key in keys)
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    is_whole = isinstance(value, float) and value.is_integer()
    return tomlkit.item(int(value) if is_whole else value).as_string()


def _read_comments(text: str) -> _Comments:
    """Return the comments of a text that is known to be TOML."""
    comments: _Comments = defaultdict(lambda: ([], []))
    waiting: list[str] = []  # comments on lines of their own, for what comes next
    n_items: Counter[_KeyPath] = Counter()
    for section in _sections(text):
        for path, comment in _commented(section.body, (), n_items):
            if path is None:
                waiting.append(comment)
            elif comment:
                # A list may have one behind each bracket; the second goes above it.
                above, beside = comments[path]
                (above if beside else beside).append(comment)
            elif waiting:
                comments[path][0].extend(waiting)
                waiting = []
    return {**comments, (): (waiting, [])}


def _sections(text: str) -> Iterator[tomlkit.TOMLDocument]:
    """Yield the text cut before every header."""
    # `tomlkit` collects the tables of a list at its first table, so that a comment
    # after a table in between would lose what it stands above; with one header at a
    # time, the order is that of the text.
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.lstrip(" \t").startswith("["):
            # It is a header unless a list or a text of several lines is open.
            with suppress(ParseError, tomllib.TOMLDecodeError):
                yield _section(lines)
                lines = []
        lines.append(line)
    yield _section(lines)


def _section(lines: list[str]) -> tomlkit.TOMLDocument:
    """Return a header and what follows it; the header alone if there is no comment."""
    text = "\n".join(lines)
    if "#" not in text and text.lstrip(" \t").startswith("["):
        tomllib.loads(text)  # `tomlkit` takes five times as long
        text = lines[0]
    return tomlkit.parse(text)


def _commented(
    body: list, path: _KeyPath, n_items: Counter[_KeyPath]
) -> Iterator[tuple[_KeyPath | None, str]]:
    """Yield every place in a table without a comment, then with each one beside it.

    A comment on a line of its own comes without a place. `n_items` counts the tables
    of each list so far.
    """
    for key, item in body:
        if isinstance(item, toml.Comment):
            yield None, item.trivia.comment
        if key is None:
            continue
        here = (*path, key.key)
        if isinstance(item, toml.AoT):  # [[name]]: one more item of the list
            n_items[here] += 1
            item = item.body[0]
        if n_items[here]:
            here = (*here, n_items[here] - 1)
        is_table = isinstance(item, toml.Table)
        is_part = is_table and item.is_super_table()  # of a dotted name
        if not is_part:
            yield here, ""
        if not is_table:
            yield from _commented_value(item, here, n_items)
        if item.trivia.comment and not is_part:
            yield here, item.trivia.comment
        if is_table:
            yield from _commented(item.value.body, here, n_items)


def _commented_value(
    value: toml.Item, path: _KeyPath, n_items: Counter[_KeyPath]
) -> Iterator[tuple[_KeyPath | None, str]]:
    """Yield the places inside a list or an inline table, as `_commented` does."""
    if isinstance(value, toml.InlineTable):
        yield from _commented(value.value.body, path, n_items)
    if not isinstance(value, toml.Array):
        return
    on_line: _KeyPath | None = path  # what a comment at the end of the line is about
    number = 0
    for part in value._iter_items():  # the only way to the comments in a list
        if isinstance(part, toml.Comment):
            yield on_line, part.trivia.comment
        elif isinstance(part, toml.Whitespace):
            on_line = None if "\n" in part.s else on_line
        elif not isinstance(part, toml.Null):
            on_line = (*path, number)
            yield on_line, ""
            yield from _commented_value(part, on_line, n_items)
            number += 1
    # A list of tables is written with headers; comments at its end wait for the next.
    if not any(isinstance(item, toml.InlineTable) for item in value):
        yield (*path, number), ""
