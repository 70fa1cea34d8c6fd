"""Markdown of a notebook as blocks, and blocks as HTML."""

from collections.abc import Callable, Iterable
from functools import cache

Block = dict[str, object]

INSTALL = "mistune is not installed. Install it with: pip install 'hipext[class]'"


def blocks(text: str) -> list[Block]:
    """Return the headings, paragraphs, lists and tables of a Markdown text, in order.

    Raises
    ------
    ValueError
        If mistune is not installed.
    """
    read, _ = _markdowns()
    found = read(text)
    return [_on_paper(block) for block in found if block["type"] != "blank_line"]


def html(found: Iterable[Block]) -> str:
    """Return blocks, or the parts of a block, as HTML; what is HTML in them is text."""
    from mistune import BlockState

    _, write = _markdowns()
    return write.renderer.render_tokens(found, BlockState()).strip()


def plain(block: Block) -> str:
    """Return the words of a block without any marks."""
    return str(block.get("raw", "")) + "".join(map(plain, block.get("children", [])))


def parted(block: Block, word: str) -> tuple[list[Block], list[Block]]:
    """Return what of a paragraph stands before, and from, a word in bold.

    Either holds one block or none.
    """
    parts = block["children"] if block["type"] == "paragraph" else []
    starts = [
        number
        for number, part in enumerate(parts)
        if part["type"] == "strong" and plain(part).startswith(word)
    ]
    if not starts:
        return [block], []
    before, after = parts[: starts[0]], parts[starts[0] :]
    return [block | {"children": before}][: len(before)], [block | {"children": after}]


def is_list_of_questions(block: Block) -> bool:
    """Return whether a block is a list in which every item asks."""
    return block["type"] == "list" and all(
        plain(item).rstrip().endswith("?") for item in block["children"]
    )


@cache
def _markdowns() -> tuple[Callable, Callable]:
    """Return what makes blocks of a text, and what makes HTML."""
    try:
        from mistune import create_markdown
    except ImportError:
        raise ValueError(INSTALL) from None
    blocks_of = create_markdown(renderer=None, plugins=["table"])
    return blocks_of, create_markdown(plugins=["table"])


def _on_paper(block: Block) -> Block:
    """Return a block whose links, which paper cannot follow, are plain words."""
    parts = []
    for part in map(_on_paper, block.get("children", [])):
        parts += part["children"] if part["type"] == "link" else [part]
    return block | ({"children": parts} if "children" in block else {})
