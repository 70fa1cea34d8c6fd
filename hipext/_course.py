"""The notebooks of the course, as files: their cells, tasks and answers."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hipext._checks import did_you_mean
from hipext.data import notebooks_dir, read_text

Cell = dict[str, object]

_OF_COURSE = re.compile(r"(?!00)\d\d_\w+")  # 00 is the template
_SOLUTIONS = re.compile(r"^## Solutions\b", flags=re.MULTILINE)
_ANSWER = re.compile(
    r"^(?P<line>(?P<name>[a-z]\w*) = None\b(?: *# *your answer: (?P<what>.+))?.*)\n"
    r"(?P<rest>(?:.*\n)*check_answer\(\"(?P<task>[\d.]+)\", (?P=name)\))\s*\Z",
    flags=re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A cell in which a student answers: ``my_sets = None``, and its check."""

    task: str  # number, such as "01.1"
    name: str  # of the variable
    what: str  # "a number of sets"; empty if the cell does not say
    before: str  # the cell up to the answer, with its line
    after: str  # the rest, with check_answer(...)


def course_names() -> list[str]:
    """Return the sorted names of the shipped notebooks that have tasks."""
    paths = sorted(notebooks_dir().glob("*.ipynb"))
    names = [path.stem for path in paths if _OF_COURSE.fullmatch(path.stem)]
    return [name for name in names if any(answers(read_notebook(name)))]


def chosen_names(given: Iterable[str]) -> list[str]:
    """Return the names of the notebooks that are asked for, in order; all for none.

    Parameters
    ----------
    given : iterable of str
        ``"01_first_plan"``, ``"01_first_plan.ipynb"`` or ``"01"``.

    Raises
    ------
    ValueError
        If there is no such notebook, or it has no tasks.
    """
    names = course_names()
    words = {name: name for name in names} | {name[:2]: name for name in names}
    chosen = []
    for word in given:
        name = words.get(word.removesuffix(".ipynb"))
        if name is None:
            raise ValueError(
                f"There is no notebook {word!r} with tasks; there are "
                f"{', '.join(names)}.{did_you_mean(word, names)}"
            )
        chosen.append(name)
    return list(dict.fromkeys(chosen)) or names


def read_notebook(name: str) -> dict:
    """Return the values of a shipped notebook; each source is one text."""
    notebook = json.loads(read_text(notebooks_dir() / f"{name}.ipynb"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def cells_before_solutions(notebook: Mapping) -> Iterator[Cell]:
    """Yield the cells of a notebook up to the heading of its solutions.

    The text before that heading stays; a cell tagged ``solution`` never does.
    """
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text, *solutions = _SOLUTIONS.split(cell["source"], maxsplit=1)
            if solutions:
                if text.strip():
                    yield cell | {"source": text.rstrip()}
                return
        if "solution" not in cell["metadata"].get("tags", []):
            yield cell


def answer_of(cell: Cell) -> Answer | None:
    """Return where a cell asks for an answer; None if it does not."""
    found = _ANSWER.search(cell["source"]) if cell["cell_type"] == "code" else None
    if found is None:
        return None
    return Answer(
        task=found["task"],
        name=found["name"],
        what=found["what"] or "",
        before=cell["source"][: found.end("line")],
        after=found["rest"],
    )


def answers(notebook: Mapping) -> list[Answer]:
    """Return where a notebook asks for answers."""
    found = map(answer_of, cells_before_solutions(notebook))
    return [answer for answer in found if answer is not None]
