"""The canonical text of a plan: one layout for what is written and what is tidied."""

import re
from collections.abc import Iterator, Mapping

from hipext._comments import Comments, Path, read_comments
from hipext._schema import FileValue, models_in
from hipext.data import parse_toml
from hipext.plan import Plan
from hipext.plan_file import check_plan

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


def _text(values: Mapping, comments: Comments) -> str:
    lines = [*_table(values, Plan, (), comments), ""]
    return "\n".join([*lines, *comments.at_end]).strip("\n") + "\n"


def _table(
    values: Mapping, model: type[FileValue], path: Path, comments: Comments
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
    found: Mapping | list, model: type[FileValue], path: Path, comments: Comments
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


def _header(form: str, path: Path, above: list[str], beside: str) -> Iterator[str]:
    indent = _indent(path)
    name = ".".join(key for key in path if isinstance(key, str))
    yield ""
    yield from (indent + text for text in above)
    yield indent + form.format(name) + _at_line_end(beside)


def _pair(
    value: object, models: list[type[FileValue]], path: Path, comments: Comments
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
        yield from _items(value, path, comments)
        yield indent + "]"
        return
    yield from (indent + text for text in (*note.above, *inner))
    if isinstance(value, str) and "\n" in value:
        line = opening + _lines_of_text(value)
    yield line + beside


def _items(items: list, path: Path, comments: Comments) -> Iterator[str]:
    """Yield the items of a list, one per line."""
    indent = _indent(path[:-1]) + _INDENT
    for number, item in enumerate(items):
        note = comments.at((*path, number))
        yield from (indent + text for text in note.above)
        yield f"{indent}{_value(item, [])},{_at_line_end(note.beside)}"
    last = comments.at((*path, len(items)))
    yield from (indent + text for text in last.above)


def _indent(path: Path) -> str:
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
