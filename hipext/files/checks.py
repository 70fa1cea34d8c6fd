"""Checks of input values, and standard wording for messages and other text."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DAY_NAMES = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
# Control characters, line and paragraph separators, what turns the direction of the
# text around it, what takes no room, and what XML lacks; a text may have line ends and
# tabs. Joiners stay (U+200C, U+200D): scripts and emoji need them.
_HIDDEN = (
    r"\x00-\x08\x0B-\x1F\x7F-\x9F\u00AD\u061C\u200B\u200E\u200F\u2028-\u202E\u2060"
    r"\u2066-\u2069\uFEFF\uFFFE\uFFFF"
)
TEXT_PATTERN = rf"^[^{_HIDDEN}]*$"
LINE_PATTERN = rf"^[^{_HIDDEN}\t\n]*$"
_NOT_SHOWN = re.compile(rf"[{_HIDDEN}\uD800-\uDFFF]")  # halves of characters as well
_NOT_IN_A_LINE = re.compile(rf"[{_HIDDEN}\uD800-\uDFFF\t\n]")
MAX_DEPTH = 20  # lists and tables in each other; a plan has seven
MAX_WHOLE = 2**63 - 1  # as TOML has it, and the engine


class InputError(ValueError):
    """What was given cannot be used: a wrong value, or a wrong combination.

    The message names the thing, what was given, what is allowed and the likely fix.
    Any other ValueError that leaves hipext is a fault of hipext itself.
    """

    def __init__(self, message: str):
        super().__init__(escaped(message))  # it may quote what was given


class MissingExtra(InputError, ImportError):  # noqa: N818 - it names what is missing
    """A package is not installed that only some uses of hipext need."""


class PlanError(InputError):
    """A file that cannot be used, with every problem found in it.

    Parameters
    ----------
    source : str
        Name of the file, or of whatever else has the problems.
    problems : iterable of str
        One full sentence per problem, each opening with its place.
    """

    def __init__(self, source: str, problems: Iterable[str]):
        self.source = source
        self.problems = tuple(map(escaped, problems))
        lines = [f"{source} has {len(self.problems)} problem(s):"]
        super().__init__("\n  - ".join([*lines, *self.problems]))

    def __reduce__(self) -> tuple:
        # Exceptions are pickled by their message alone, which would lose the problems
        # on the way from a worker process.
        return type(self), (self.source, self.problems)


def did_you_mean(given: object, allowed: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest allowed word, else nothing."""
    words = {word.lower(): word for word in allowed}
    close = get_close_matches(str(given).lower(), words, n=1, cutoff=0.6)
    return f" Did you mean {words[close[0]]!r}?" if close else ""


def check_one_of(given: object, allowed: Collection[str], *, name: str) -> None:
    """Raise InputError unless `given` is one of the `allowed` words."""
    if given not in allowed:
        options = ", ".join(repr(word) for word in allowed)
        raise InputError(
            f"{name} must be one of {options}; got {given!r}."
            f"{did_you_mean(given, allowed)}"
        )


def check_line(given: str, *, name: str) -> None:
    """Raise InputError unless `given` is one line of text that shows as it is."""
    if problem := text_problem(given, is_line=True):
        raise InputError(f"{name} {problem}")


def text_problem(given: str, *, is_line: bool) -> str:
    """Return what is wrong with the characters of a text; empty if nothing."""
    found = (_NOT_IN_A_LINE if is_line else _NOT_SHOWN).search(given)
    if not found:
        return ""
    at = f"{found[0]!a} is character {found.start() + 1}"
    if found[0] in "\t\n":
        return f"must be one line of text, without tabs; {at}."
    return f"has a character that does not show ({at}). Remove it."


def escaped(text: str, *, is_line: bool = False) -> str:
    r"""Return a text that shows as it is: an escape character becomes ``\x1b``."""
    pattern = _NOT_IN_A_LINE if is_line else _NOT_SHOWN
    return pattern.sub(lambda found: ascii(found[0])[1:-1], text)


def odd_values(values: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield place and problem of what no file of hipext holds, whatever its kind.

    Numbers beyond 64 bits, dates, halves of characters, and nesting without end: they
    would make trouble wherever they are read, shown or written.
    """
    level: list[tuple[tuple[str | int, ...], object]] = [((), values)]
    for depth in range(MAX_DEPTH + 2):  # level by level: no recursion to run out of
        deeper = []
        for keys, value in level:
            if isinstance(value, Mapping):
                deeper += [((*keys, key), inner) for key, inner in value.items()]
            elif isinstance(value, list | tuple):
                deeper += [((*keys, place), one) for place, one in enumerate(value)]
            elif isinstance(value, int) and not -MAX_WHOLE - 1 <= value <= MAX_WHOLE:
                yield keys, f"whole numbers go to {MAX_WHOLE}; this one is beyond."
            elif isinstance(value, date | time):
                yield keys, f'is a date or time; got {value}. For text write "{value}".'
            elif isinstance(value, str) and re.search(r"[\uD800-\uDFFF]", value):
                yield keys, text_problem(value, is_line=False)
        if depth > MAX_DEPTH and level:
            keys, _ = level[0]
            yield keys[:1], f"is nested more than {MAX_DEPTH} deep. Write it flatter."
            return
        level = deeper


def check_positive(given: float, *, name: str, unit: str = "") -> None:
    """Raise InputError unless `given` is a finite number above zero."""
    if not 0 < given < float("inf"):
        raise InputError(f"{name} must be a positive number{unit}; got {given}.")


def import_extra(module: str, extra: str, *, use: str) -> ModuleType:
    """Return a module of an optional package; MissingExtra says how to install it.

    `extra` is its name in pyproject.toml, `use` a sentence about what needs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise  # it is there, but broken
        raise MissingExtra(
            f"{use} Install it with: pip install 'hipext[{extra}]'"
        ) from None


def check_columns(
    table: "pd.DataFrame",
    columns: Iterable[str],
    *,
    name: str,
    numbers: Iterable[str] = (),
) -> "pd.DataFrame":
    """Return a table with needed columns of numpy types; InputError if one is lacking.

    Tables of other libraries are converted by their method ``to_pandas``, columns that
    are categories, nullable or of pyarrow to numbers, truth values or texts. Those
    named in `numbers` must be numbers; other columns stay as they are.
    """
    import pandas as pd  # slow to import

    if hasattr(table, "to_pandas"):
        table = table.to_pandas()
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"The {name} table must be a pandas.DataFrame; got {type(table).__name__}."
        )
    columns, names = list(columns), list(table.columns)
    missing = [column for column in columns if column not in names]
    if missing:
        raise InputError(
            f"The {name} table lacks {', '.join(missing)}; "
            f"it has {', '.join(map(str, names))}."
        )
    if twice := [column for column in columns if names.count(column) > 1]:
        raise InputError(
            f"The {name} table has more than one column {twice[0]!r}. Rename one."
        )
    changed = {column: _plain(table[column]) for column in columns}
    changed = {column: plain for column, plain in changed.items() if plain is not None}
    for column in numbers:
        values = changed.get(column, table[column])
        if values.dtype.kind not in "biuf":
            changed[column] = numbers_in(values, name=f"{column} of the {name} table")
    if changed:
        table = table.copy(deep=False)
    for column, values in changed.items():
        table[column] = values
    return table


def _plain(column: "pd.Series") -> "pd.Series | None":
    """Return a column with a type of numpy, or as texts; None if it has one already."""
    import numpy as np
    import pandas as pd  # slow to import

    kind, is_numpy = column.dtype.kind, isinstance(column.dtype, np.dtype)
    if column.dtype == "str" or (is_numpy and kind != "O"):
        return None
    if kind in "biuf":
        dtype = {"b": "bool", "f": "float64"}.get(kind, "int64")
        return column.astype("float64" if column.hasnans else dtype)
    values = [np.nan if value is pd.NA else value for value in column]
    return pd.Series(values, index=column.index, dtype=object).infer_objects()


def numbers_in(values: object, *, name: str) -> "np.ndarray":
    """Return a series, array or list as floats, with NaN for what is missing."""
    import numpy as np
    import pandas as pd  # slow to import

    try:
        array = values if isinstance(values, pd.Series) else np.asarray(values)
        if array.dtype.kind in "cmM":  # what is no number, though numpy converts it
            raise TypeError
        if array.dtype.kind == "O" and array.ndim == 1:
            array = pd.Series(array)
        if isinstance(array, pd.Series):
            return array.to_numpy("float64", na_value=np.nan)
        return array.astype("float64")
    except (TypeError, ValueError, OverflowError):
        parts = np.asarray(values, dtype=object).ravel()
        known = [one for one in parts if one is not None and one is not pd.NA]
        bad = next((one for one in known if not _is_number(one)), values)
        raise InputError(f"{name} must be numbers; got {excerpt(repr(bad))}.") from None


def _is_number(value: object) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):  # the last: too many digits
        return False
    return True


def changes_text(changes: Mapping[str, object]) -> str:
    """Return changes in one line, like ``deload.every_weeks = 0``."""
    return ", ".join(
        f"{path} = {json.dumps(value, ensure_ascii=False, default=str)}"
        for path, value in changes.items()
    )


def counted(number: float, thing: str) -> str:
    """Return a number of things: ``1 session``, ``2 sessions``."""
    return f"{number:g} {thing}" if number == 1 else f"{number:g} {thing}s"


def listed(items: Iterable) -> str:
    """Return items as words: ``4, 8 and 12``."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last


def ranges_text(numbers: Sequence[int]) -> str:
    """Return rising whole numbers as words, neighbours joined: ``1 to 3 and 7``."""
    ranges: list[list[int]] = []
    for number in numbers:
        if not ranges or number != ranges[-1][-1] + 1:
            ranges.append([])
        ranges[-1].append(number)
    return listed(" to ".join(map(str, dict.fromkeys((x[0], x[-1])))) for x in ranges)


def weeks_text(numbers: Sequence[int]) -> str:
    """Return weeks as words: ``week 3``, ``weeks 1 to 3 and 7``."""
    return f"week{'s' if len(numbers) > 1 else ''} {ranges_text(numbers)}"


def distinct_text(value: float, limit: float, digits: int) -> str:
    """Return a value with as many digits as it takes to differ from a limit."""
    texts = [f"{value:.{n}f}" for n in range(digits, 16)]
    return next((text for text in texts if float(text) != limit), texts[0])


def shortened(name: str, n_letters: int) -> str:
    """Return a name cut to so many letters; nothing if too few would be left."""
    if len(name) <= n_letters:
        return name
    return f"{name[: n_letters - 3].rstrip()}…" if n_letters > 5 else ""


def excerpt(text: str, n_letters: int = 60) -> str:
    """Return the beginning of a long text, for a message that quotes it."""
    return text if len(text) <= n_letters else f"{text[:n_letters]}..."


def place(values: object, keys: Sequence[str | int]) -> str:
    """Return where a value is, in words: ``phase 2 (hinge), sets``."""
    words: list[str] = []
    for key in keys:
        if isinstance(key, int):
            is_there = isinstance(values, list | tuple) and key < len(values)
            values = values[key] if is_there else None
            last = words.pop() if words else "item"
            label = label_of(values)
            named = "" if label is None else f" ({excerpt(label)})"
            words.append(f"{last} {key + 1}{named}")
        elif isinstance(values, Mapping) and values.get("rule") != key:
            # pydantic puts the tag of a union, here the rule, into the path: that is
            # what a value is, not where.
            values = values.get(key)
            words.append(str(key))
    return ", ".join(words) or "the file"


def label_of(item: object) -> str | None:
    """Return the name, the exercise or the id of a table, whichever it has."""
    table = item if isinstance(item, Mapping) else {}
    labels = map(table.get, ("name", "exercise", "id"))
    return next((label for label in labels if isinstance(label, str)), None)
