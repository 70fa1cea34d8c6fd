"""Handouts: notebooks as pages to print, with room for answers, without results."""

import re
import struct
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jinja2

from hipext.course.tasks import (
    Cell,
    answer_of,
    cells_before_solutions,
    chosen_names,
    read_notebook,
)
from hipext.files.checks import import_extra
from hipext.files.evidence import cite

LIMITS, TASKS = "What the model leaves out", "Your turn"
_REFERS_BACK = re.compile(  # first word of a paragraph that refers to a result
    r"(Both|But|Hence|It|Neither|No|Not|Only|So|Still|That|Then|Therefore|These|They"
    r"|This|Thus|Yes)\b"
)
_ROW_IN_PROSE = re.compile(r"\b[A-Z]\d\d-\d{3}\b")
_ROW_IN_OUTPUT = re.compile(r"^[A-Z]\d\d-\d{3}(?= )", flags=re.MULTILINE)
Block = dict[str, object]  # of mistune's syntax tree
_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_NEEDS_MISTUNE = "Handouts are made from Markdown, which needs mistune."


@dataclass(frozen=True, kw_only=True)
class Item:
    """One paragraph, question or answer on a handout."""

    kind: str  # text, question or answer
    html: str = ""
    n_lines: int = 0  # empty lines for writing
    what: str = ""  # kind of answer: "a number of sets"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of the notebook."""

    section: str  # heading, as HTML
    png: str  # base64

    @property
    def is_tall(self) -> bool:
        """Whether it is higher than three fifths of its width."""
        # They are bytes 16 to 23 of a PNG, within 32 characters of base64.
        width, height = struct.unpack(">2I", b64decode(self.png[:32])[16:24])
        return 5 * height > 3 * width


@dataclass(kw_only=True)
class _Section:
    """The content under a heading, while the notebook is read."""

    heading: str
    items: list[Item] = field(default_factory=list)
    is_open: bool = True  # its text may be shown: it does not follow a result

    @property
    def is_asked(self) -> bool:
        """Whether there is a question or an answer."""
        return any(item.n_lines for item in self.items)

    def add(self, found: Iterable[Block], *, n_lines: int = 0) -> None:
        """Add blocks; those with empty lines are questions."""
        kind = "question" if n_lines else "text"
        for block in found:
            self.items.append(Item(kind=kind, html=html([block]), n_lines=n_lines))


def handout_files(names: Iterable[str], *, figures: bool = True) -> dict[str, bytes]:
    """Return handouts by file name, ``01_first_plan.html``; see `chosen_names`."""
    pages = {
        name: handout(read_notebook(name), name=name, figures=figures)
        for name in chosen_names(names)
    }
    return {f"{name}.html": page.encode() for name, page in pages.items()}


def handout(notebook: Mapping, *, name: str = "", figures: bool = True) -> str:
    """Return the handout of a notebook as one HTML page that needs no network.

    It has goals, the text before any result, questions, tasks, limits and sources, and
    last the figures. Other results, and solutions, are left out.
    """
    cells = list(cells_before_solutions(notebook))
    title, *introduction = blocks(cells[0]["source"])
    sections, all_figures = _sections(cells)
    return _PAGES.get_template("handout.html.jinja").render(
        title=without_markup(title),
        heading=html(title["children"]),
        introduction=html(x for x in introduction if x["type"] != "heading"),
        sections=[x for x in sections[1:] if x.is_asked or x.heading == LIMITS],
        figures=all_figures if figures else [],
        sources=_source_texts(cells),
        name=name,
    )


# A page must not give a result away. Text is shown until the first output of a section;
# after that only questions are, with the block that introduces them.


def _sections(cells: Iterable[Cell]) -> tuple[list[_Section], list[Figure]]:
    """Return the sections of a notebook, the first under its title, and its figures."""
    sections: list[_Section] = []
    pngs: dict[str, str] = {}
    for cell in cells:
        if cell["cell_type"] == "markdown":
            _read(blocks(cell["source"]), sections)
        elif answer := answer_of(cell):
            sections[-1].items.append(Item(kind="answer", what=answer.what, n_lines=3))
        elif cell["outputs"]:
            sections[-1].is_open &= sections[-1].heading == LIMITS
            for output in cell["outputs"]:
                stored = output.get("data", {}).get("image/png", "")
                # One text or its lines; base64 may be wrapped.
                if png := "".join("".join(stored).split()):
                    pngs.setdefault(png, sections[-1].heading)
    return sections, [Figure(section=pngs[png], png=png) for png in pngs]


def _read(found: Sequence[Block], sections: list[_Section]) -> None:
    """Add the blocks of a cell to the sections, except those that reveal a result."""
    for number, block in enumerate(found):
        if block["type"] == "heading":
            heading = html(block["children"])
            sections.append(_Section(heading=heading, is_open=heading != TASKS))
            continue
        section = sections[-1]
        before, question = split_at(block, "Predict")
        is_task = section.heading == TASKS and bool(split_at(block, "Task")[1])
        if question:
            setting = before if section.is_open else _setting(found[:number], before)
            section.add(setting)
            section.add(question, n_lines=2)
            section.is_open = False
        elif is_list_of_questions(block):
            for item in block["children"]:
                section.add(item["children"], n_lines=1)
        elif section.is_open or is_task:
            section.add([block])
            section.is_open = True


def _setting(earlier: Sequence[Block], before: list[Block]) -> list[Block]:
    """Return the block that introduces a question after a result, if there is one."""
    # The first block after a result describes the result, and so does a block that
    # refers back to it: "So ...". Another one just before the question introduces it.
    last_two = [*earlier, *before][-2:]
    starts = [
        x for x in last_two if x["type"] == "heading" or split_at(x, "Predict")[1]
    ]
    if len(last_two) < 2 or starts or _REFERS_BACK.match(without_markup(last_two[-1])):
        return []
    return last_two[-1:]


def _source_texts(cells: Iterable[Cell]) -> dict[str, list[str]]:
    """Return the sources that a notebook cites, each with its rows of evidence."""
    found: set[str] = set()
    for cell in cells:
        if cell["cell_type"] == "markdown":
            found.update(_ROW_IN_PROSE.findall(cell["source"]))
        for output in cell.get("outputs", []):
            found.update(_ROW_IN_OUTPUT.findall("".join(output.get("text", ""))))
    rows_by_source: dict[str, list[str]] = {}
    for row in sorted(found):
        rows_by_source.setdefault(cite(row), []).append(row)
    return rows_by_source


def blocks(text: str) -> list[Block]:
    """Return the headings, paragraphs, lists and tables of a Markdown text."""
    read, _ = _markdowns()
    return [_on_paper(block) for block in read(text) if block["type"] != "blank_line"]


def html(found: Iterable[Block]) -> str:
    """Return blocks, or the parts of a block, as HTML; HTML in them is escaped."""
    from mistune import BlockState

    _, to_html = _markdowns()
    return to_html.renderer.render_tokens(found, BlockState()).strip()


def without_markup(block: Block) -> str:
    """Return the text of a block without its markup."""
    parts = map(without_markup, block.get("children", []))
    return str(block.get("raw", "")) + "".join(parts)


def split_at(block: Block, word: str) -> tuple[list[Block], list[Block]]:
    """Return a paragraph before and from a word in bold on, each one block or none."""
    parts = block["children"] if block["type"] == "paragraph" else []
    starts = [
        number
        for number, part in enumerate(parts)
        if part["type"] == "strong" and without_markup(part).startswith(word)
    ]
    if not starts:
        return [block], []
    before, after = parts[: starts[0]], parts[starts[0] :]
    return [block | {"children": before}][: len(before)], [block | {"children": after}]


def is_list_of_questions(block: Block) -> bool:
    """Return whether a block is a list in which every item asks."""
    return block["type"] == "list" and all(
        without_markup(item).rstrip().endswith("?") for item in block["children"]
    )


@cache
def _markdowns() -> tuple[Callable, Callable]:
    """Return mistune's functions from text to blocks, and from text to HTML."""
    mistune = import_extra("mistune", "class", use=_NEEDS_MISTUNE)
    to_blocks = mistune.create_markdown(renderer=None, plugins=["table"])
    return to_blocks, mistune.create_markdown(plugins=["table"])


def _on_paper(block: Block) -> Block:
    """Return a block with links replaced by their text."""
    parts = []
    for part in map(_on_paper, block.get("children", [])):
        parts += part["children"] if part["type"] == "link" else [part]
    return block | ({"children": parts} if "children" in block else {})
