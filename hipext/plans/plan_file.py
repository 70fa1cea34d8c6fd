"""Read plan files: all problems at once, each with its place and a likely fix."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hipext.files.checks import did_you_mean
from hipext.files.io import check_kind, find_file, parse_toml, read_toml
from hipext.files.schema import FileValue, check_values, models_in, place
from hipext.plans.exercises import read_exercises
from hipext.plans.plan import MAX_WEEKS, Plan

WIDTH = 88  # a list that does not fit gets one line per item
_INDENT = "  "
_ESCAPES = {
    **{chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}
_ESCAPE_OF_CODE = str.maketrans(_ESCAPES)
_ESCAPE_IN_LINES = {
    code: text for code, text in _ESCAPE_OF_CODE.items() if chr(code) not in '"\n'
}
_KeyPath = tuple[str | int, ...]  # keys, and places in lists from 0
_TOKENS = re.compile(
    r'(?P<text>"""(?:\\.|[^\\])*?"{3,5}|'
    r"'''.*?'{3,5}|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'[^'\n]*')"
    r"|(?P<comment>#[^\n]*)"
    r"|(?P<line>\n)"
    r"|(?P<mark>[\[\]{}=,.])"
    r"""|(?P<bare>[^\s\[\]{}=,.#"']+)""",
    re.DOTALL,
)


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
    return _text(values, Comments())


def format_text(text: str, *, source: str = "the plan") -> str:
    r"""Return the text of a plan file in the canonical layout, with its comments.

    The values stay as they are written: ``"3x8 @RPE7"`` and ``"1x5min"`` are not
    turned into repetitions in reserve or seconds.

    Parameters
    ----------
    text : str
        Text of a plan file.
    source : str
        Name of the file, for the message.

    Returns
    -------
    str
        The same plan and every comment: those on lines of their own stay above what
        they precede, those at the end of a line stay on it. Comments inside a table
        that becomes one line move above that line.

    Raises
    ------
    PlanError
        With all problems, if the text is not a good plan.

    Examples
    --------
    >>> from hipext import read_plan
    >>> text = format_plan(read_plan("deadlift_5x5_10wk"))
    >>> format_text("# mine\n" + text) == "# mine\n" + text
    True
    """
    text = text.removeprefix("\ufeff")
    values = parse_toml(text, source=source)
    check_plan(values, source=source)
    return _text(values, read_comments(text))


@dataclass
class Note:
    """The comments of one key, table or item: on lines above it, and at its end."""

    above: list[str] = field(default_factory=list)
    beside: str = ""


@dataclass(frozen=True)
class Comments:
    """The comments of a text.

    Attributes
    ----------
    notes : dict
        What belongs to a key, table or item, by its path, in order. Comments before
        the end of a list belong to the item that would come next.
    at_end : list of str
        Comments after everything else.
    """

    notes: dict[_KeyPath, Note] = field(default_factory=dict)
    at_end: list[str] = field(default_factory=list)

    def at(self, path: _KeyPath) -> Note:
        """Return what belongs to `path`, which may be nothing."""
        return self.notes.get(path, Note())

    def below(self, path: _KeyPath) -> list[str]:
        """Return every comment inside the value at `path`, in order."""
        n_keys = len(path)
        return [
            text
            for inner, note in self.notes.items()
            if len(inner) > n_keys and inner[:n_keys] == path
            for text in (*note.above, note.beside)
            if text
        ]


def _text(values: Mapping, comments: Comments) -> str:
    lines = [*_table(values, Plan, (), comments), ""]
    return "\n".join([*lines, *comments.at_end]).strip("\n") + "\n"


def _table(
    values: Mapping, model: type[FileValue], path: _KeyPath, comments: Comments
) -> Iterator[str]:
    """Yield the lines of a table: keys first, then the tables below it."""
    below = []
    for key in _ordered(values, [model]):
        models = models_in(model.model_fields[key].annotation)
        is_list, is_empty = isinstance(values[key], list), not values[key]
        if models and (not path or is_list) and not (is_list and is_empty):
            below.append((key, models[0]))
        else:
            yield from _pair(values[key], models, (*path, key), comments)
    for key, inner in below:
        yield from _tables_below(values[key], inner, (*path, key), comments)


def _tables_below(
    found: Mapping | list, model: type[FileValue], path: _KeyPath, comments: Comments
) -> Iterator[str]:
    """Yield a table, or every table of a list, with its header."""
    own = comments.at(path)
    if isinstance(found, Mapping):
        yield from _header("[{}]", path, own.above, own.beside)
        yield from _table(found, model, path, comments)
        return
    of_list = [text for text in (*own.above, own.beside) if text]
    for number, values in enumerate(found):
        item = (*path, number)
        note = comments.at(item)
        above = note.above if number else [*of_list, *note.above]
        yield from _header("[[{}]]", item, above, note.beside)
        yield from _table(values, model, item, comments)


def _header(form: str, path: _KeyPath, above: list[str], beside: str) -> Iterator[str]:
    indent = _indent(path)
    name = ".".join(key for key in path if isinstance(key, str))
    yield ""
    yield from (indent + text for text in above)
    yield indent + form.format(name) + _at_line_end(beside)


def _pair(
    value: object, models: list[type[FileValue]], path: _KeyPath, comments: Comments
) -> Iterator[str]:
    """Yield the lines of a key and its value."""
    indent, note, inner = _indent(path[:-1]), comments.at(path), comments.below(path)
    opening, beside = f"{indent}{path[-1]} = ", _at_line_end(note.beside)
    line = opening + _value(value, models)
    is_list = isinstance(value, list) and not models
    is_long = is_list and len(value) > 0 and len(line) > WIDTH
    if is_list and (inner or is_long):
        yield from (indent + text for text in note.above)
        yield opening + "[" + beside
        yield from _written_items(value, path, comments)
        yield indent + "]"
        return
    yield from (indent + text for text in (*note.above, *inner))
    if isinstance(value, str) and "\n" in value:
        line = opening + _lines_of_text(value)
    yield line + beside


def _written_items(items: list, path: _KeyPath, comments: Comments) -> Iterator[str]:
    """Yield the items of a list, one per line."""
    indent = _indent(path[:-1]) + _INDENT
    for number, item in enumerate(items):
        note = comments.at((*path, number))
        yield from (indent + text for text in note.above)
        yield f"{indent}{_value(item, [])},{_at_line_end(note.beside)}"
    last = comments.at((*path, len(items)))
    yield from (indent + text for text in last.above)


def _indent(path: _KeyPath) -> str:
    n_lists = sum(isinstance(key, int) for key in path)
    return _INDENT * max(n_lists - 1, 0)


def _at_line_end(comment: str) -> str:
    return f"  {comment}" if comment else ""


def _ordered(values: Mapping, models: list[type[FileValue]]) -> list[str]:
    """Return the keys in the order of the models; what rule it is comes first."""
    names = dict.fromkeys(name for model in models for name in model.model_fields)
    return sorted(filter(values.__contains__, names), key=lambda name: name != "rule")


def _value(value: object, models: list[type[FileValue]]) -> str:
    """Return a value in one line."""
    if isinstance(value, Mapping):
        pairs = [
            f"{key} = {_value(value[key], _models_at(key, models))}"
            for key in _ordered(value, models)
        ]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(item, models) for item in value)}]"
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPE_OF_CODE)}"'
    if isinstance(value, bool):
        return str(value).lower()
    is_whole = isinstance(value, float) and value.is_integer()
    return repr(int(value) if is_whole else value)


def _models_at(key: str, models: list[type[FileValue]]) -> list[type[FileValue]]:
    fields = [model.model_fields[key] for model in models if key in model.model_fields]
    return [inner for field in fields for inner in models_in(field.annotation)]


def _lines_of_text(text: str) -> str:
    """Return a text of several lines, as it reads."""
    body = re.sub(r'"(?=""|\Z)', r'\\"', text.translate(_ESCAPE_IN_LINES))
    return f'"""\n{body}"""'


def read_comments(text: str) -> Comments:
    r"""Return the comments of a text that is known to be TOML.

    Examples
    --------
    >>> read_comments("# why\nweeks = [4]  # light\n").at(("weeks",))
    Note(above=['# why'], beside='# light')
    """
    return _Reader(text.replace("\r\n", "\n")).read()


class _Reader:
    """Goes through the tokens of a text once, in order."""

    def __init__(self, text: str) -> None:
        self.tokens = [(one.lastgroup, one[0]) for one in _TOKENS.finditer(text)]
        self.tokens.reverse()  # the next one is the last
        self.found = Comments()
        self.waiting: list[str] = []  # comments for what comes next
        self.on_line: _KeyPath | None = (
            None  # what a comment at the end would belong to
        )
        self.n_tables: dict[_KeyPath, int] = {}

    def read(self) -> Comments:
        """Return the comments of the whole text."""
        table: _KeyPath = ()
        while self.skip():
            if self.tokens[-1][1] == "[":
                table = self.header()
            else:
                self.pair(table)
        self.found.at_end.extend(self.waiting)
        return self.found

    def skip(self) -> bool:
        """Pass line ends and comments; return whether anything is left."""
        while self.tokens and self.tokens[-1][0] in ("line", "comment"):
            kind, word = self.tokens.pop()
            if kind == "line":
                self.on_line = None
            elif self.on_line is None:
                self.waiting.append(word.rstrip())
            else:
                self.note(self.on_line, word.rstrip())
        return bool(self.tokens)

    def note(self, path: _KeyPath, word: str) -> None:
        """Put a comment beside what is at `path`, or above where there is one."""
        note = self.found.notes.setdefault(path, Note())
        if note.beside:
            note.above.append(word)
        else:
            note.beside = word

    def begin(self, path: _KeyPath) -> None:
        """Give the waiting comments to what begins here."""
        if self.waiting:
            self.found.notes.setdefault(path, Note()).above.extend(self.waiting)
            self.waiting = []
        self.on_line = path

    def header(self) -> _KeyPath:
        """Pass ``[table]`` or ``[[table]]``; return its path."""
        self.tokens.pop()
        is_item = self.tokens[-1][1] == "["
        keys, path = self.keys(until="]"), ()
        for depth, key in enumerate(keys, start=1):
            path = (*path, key)
            if is_item and depth == len(keys):
                self.n_tables[path] = self.n_tables.get(path, 0) + 1
            if path in self.n_tables:
                path = (*path, self.n_tables[path] - 1)
        if is_item:
            self.tokens.pop()
        self.begin(path)
        return path

    def keys(self, *, until: str) -> list[str]:
        """Pass a dotted key and the mark behind it; return its parts."""
        parts = []
        while (token := self.tokens.pop())[1] != until or token[0] != "mark":
            if token[0] == "bare":
                parts.append(token[1])
            elif token[0] == "text":
                parts.append(tomllib.loads(f"key = {token[1]}")["key"])
        return parts

    def pair(self, table: _KeyPath) -> None:
        """Pass a key and its value."""
        path = (*table, *self.keys(until="="))
        self.begin(path)
        self.value(path)

    def value(self, path: _KeyPath) -> None:
        """Pass a value; only lists and inline tables hold anything of interest."""
        opening = self.tokens.pop()
        if opening == ("mark", "["):
            self.items(path)
        elif opening == ("mark", "{"):
            self.pairs(path)
        else:  # a number may hold full stops
            while self.tokens and (
                self.tokens[-1][0] in ("text", "bare") or self.tokens[-1][1] == "."
            ):
                self.tokens.pop()
        self.on_line = path

    def items(self, path: _KeyPath) -> None:
        """Pass the rest of a list."""
        number, are_tables = 0, False
        while self.skip() and self.tokens[-1] != ("mark", "]"):
            if self.tokens[-1] == ("mark", ","):
                self.tokens.pop()
                continue
            are_tables = self.tokens[-1] == ("mark", "{")
            self.begin((*path, number))
            self.value((*path, number))
            number += 1
        self.tokens.pop()
        if not are_tables:
            self.begin((*path, number))

    def pairs(self, path: _KeyPath) -> None:
        """Pass the rest of an inline table."""
        while self.skip() and self.tokens[-1] != ("mark", "}"):
            if self.tokens[-1] == ("mark", ","):
                self.tokens.pop()
            else:
                self.pair(path)
        self.tokens.pop()
