"""The comments of a TOML text, and the key, table or item that each one belongs to."""

import re
import tomllib
from dataclasses import dataclass, field

Path = tuple[str | int, ...]  # keys, and places in lists from 0

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

    notes: dict[Path, Note] = field(default_factory=dict)
    at_end: list[str] = field(default_factory=list)

    def at(self, path: Path) -> Note:
        """Return what belongs to `path`, which may be nothing."""
        return self.notes.get(path, Note())

    def below(self, path: Path) -> list[str]:
        """Return every comment inside the value at `path`, in order."""
        n_keys = len(path)
        return [
            text
            for inner, note in self.notes.items()
            if len(inner) > n_keys and inner[:n_keys] == path
            for text in (*note.above, note.beside)
            if text
        ]


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
        self.on_line: Path | None = None  # what a comment at the end would belong to
        self.n_tables: dict[Path, int] = {}

    def read(self) -> Comments:
        """Return the comments of the whole text."""
        table: Path = ()
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

    def note(self, path: Path, word: str) -> None:
        """Put a comment beside what is at `path`, or above where there is one."""
        note = self.found.notes.setdefault(path, Note())
        if note.beside:
            note.above.append(word)
        else:
            note.beside = word

    def begin(self, path: Path) -> None:
        """Give the waiting comments to what begins here."""
        if self.waiting:
            self.found.notes.setdefault(path, Note()).above.extend(self.waiting)
            self.waiting = []
        self.on_line = path

    def header(self) -> Path:
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

    def pair(self, table: Path) -> None:
        """Pass a key and its value."""
        path = (*table, *self.keys(until="="))
        self.begin(path)
        self.value(path)

    def value(self, path: Path) -> None:
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

    def items(self, path: Path) -> None:
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

    def pairs(self, path: Path) -> None:
        """Pass the rest of an inline table."""
        while self.skip() and self.tokens[-1] != ("mark", "}"):
            if self.tokens[-1] == ("mark", ","):
                self.tokens.pop()
            else:
                self.pair(path)
        self.tokens.pop()
