"""Tasks of the notebooks: checking answers, and assignments for nbgrader."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isclose
from pathlib import Path

from hipext.files.checks import InputError, check_one_of, counted
from hipext.files.io import data_dir, notebooks_dir, read_text, write_files

Cell = dict[str, object]
_COURSE_NAME = re.compile(r"(?!00)\d\d_\w+")  # 00 is the template
_SOLUTIONS = re.compile(r"^## Solutions\b", flags=re.MULTILINE)
# A cell that ends with the check of a name, which a line sets to None before.
_ANSWER = re.compile(
    r"\A(?P<before>(?:.*\n)*?"
    r"(?P<name>[a-z]\w*) = None\b(?: *# *your answer: (?P<what>.+))?.*)\n"
    r"(?P<after>(?:.*\n)*check_answer\(\"(?P<task>[\d.]+)\", (?P=name)\))\s*\Z"
)
CONFIG_NAME = "nbgrader_config.py"
SCHEMA_VERSION = 3  # of the metadata that nbgrader 0.9 reads
_NBGRADER = {"schema_version": SCHEMA_VERSION, "task": False}
_TO_ANSWER = _NBGRADER | {"solution": True, "grade": False, "locked": False}
_TO_GRADE = _NBGRADER | {"solution": False, "grade": True, "locked": True}
STUB = "# Put your number in place of None above, then run this cell."
CONFIG = f'''"""Settings of nbgrader for this course.

Its feedback pages show the cells that mark, with their keys: hand them out last.
"""

c = get_config()  # noqa: F821 (nbgrader brings it)
c.CourseDirectory.course_id = "hipext"
c.ClearSolutions.code_stub = {{
    "python": "{STUB}"
}}
c.ExecutePreprocessor.timeout = 300  # s, for one cell
'''
ANSWER_CELL = """\
{before}
### BEGIN SOLUTION
{name} = {key}
### END SOLUTION
{after}"""
TEST_CELL = """\
# This cell marks task {task} ({points}). Please leave it as it is.
assert {name} is not None, "Task {task}: not answered yet."
try:
    _given = float({name})
except (TypeError, ValueError):
    raise AssertionError(f"Task {task}: no number: {{{name}!r}}.") from None
### BEGIN HIDDEN TESTS
_hint = {hint}
assert abs(_given - {key}) <= {tolerance}, f"Task {task}: {{_given:g}}? {{_hint}}"
### END HIDDEN TESTS"""


@dataclass(frozen=True)
class Task:
    """Key of a task, tolerance of an answer, and hint."""

    key: float
    tolerance: float
    hint: str


@cache
def read_tasks() -> dict[str, Task]:
    """Return the tasks of the notebooks by number, such as ``"01.1"``."""
    rows = csv.DictReader(read_text(data_dir() / "tasks.csv").splitlines())
    return {
        row["task"]: Task(float(row["key"]), float(row["tolerance"]), row["hint"])
        for row in rows
    }


def check_answer(task: str, answer: float | None) -> str:
    """Return whether an answer to a task is correct, with a hint if it is not.

    Parameters
    ----------
    task : number of the task, such as ``"01.1"``
    answer : a number; None for not answered yet

    Returns
    -------
    str
        One sentence for the student.

    Raises
    ------
    InputError
        If there is no such task.

    Examples
    --------
    >>> check_answer("01.1", None)
    'Task 01.1: not answered yet.'
    """
    tasks = read_tasks()
    check_one_of(task, tasks, name="task")
    if answer is None:
        return f"Task {task}: not answered yet."
    asked = tasks[task]
    try:
        given = float(answer)
    except (TypeError, ValueError):
        return f"Task {task}: the answer is a number; got {answer!r}."
    if isclose(given, asked.key, rel_tol=0, abs_tol=asked.tolerance):
        return f"Task {task}: correct."
    return f"Task {task}: not yet. {asked.hint}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A cell with a line for an answer, such as ``my_sets = None``, and its check."""

    task: str  # number, such as "01.1"
    name: str  # of the variable
    what: str  # "a number of sets"; empty if the cell does not say
    before: str  # the cell up to the line of the answer, included
    after: str  # the rest, with check_answer(...)


def course_names() -> list[str]:
    """Return the sorted names of the shipped notebooks that have tasks."""
    paths = sorted(notebooks_dir().glob("*.ipynb"))
    names = [path.stem for path in paths if _COURSE_NAME.fullmatch(path.stem)]
    return [name for name in names if any(answers(read_notebook(name)))]


def chosen_names(given: Iterable[str]) -> list[str]:
    """Return names for "01_first_plan", "01_first_plan.ipynb" or "01"; all for none."""
    names = course_names()
    known = {name: name for name in names} | {name[:2]: name for name in names}
    chosen = [known.get(one.removesuffix(".ipynb"), one) for one in given]
    for name in chosen:
        check_one_of(name, names, name="A notebook with tasks")
    return list(dict.fromkeys(chosen)) or names


def read_notebook(name: str) -> dict:
    """Return the content of a shipped notebook; the source of a cell is one text."""
    notebook = json.loads(read_text(notebooks_dir() / f"{name}.ipynb"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def cells_before_solutions(notebook: Mapping) -> Iterator[Cell]:
    """Yield the cells before the solutions, leaving out those tagged ``solution``."""
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
    """Return the answer that a cell asks for; None if it asks for none."""
    found = _ANSWER.search(cell["source"]) if cell["cell_type"] == "code" else None
    return None if found is None else Answer(**found.groupdict(default=""))


def answers(notebook: Mapping) -> list[Answer]:
    """Return the answers that a notebook asks for."""
    found = map(answer_of, cells_before_solutions(notebook))
    return [answer for answer in found if answer is not None]


def course_files(names: Iterable[str] = (), *, points: int = 1) -> dict[str, bytes]:
    """Return the files of an nbgrader course by path; each task is worth `points`."""
    if points < 1:
        raise InputError(f"points must be 1 or more; got {points}.")
    files = {CONFIG_NAME: CONFIG.encode()}
    for name in chosen_names(names):
        notebook = assignment(read_notebook(name), read_tasks(), points=points)
        text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
        files[f"source/{name}/{name}.ipynb"] = f"{text}\n".encode()
    return files


def assignment(notebook: Mapping, tasks: Mapping[str, Task], *, points: int) -> dict:
    """Return the teacher's version, from which nbgrader makes that of the students."""
    # An answer contains the key, which nbgrader removes; the cell after it marks it.
    cells = []
    for cell in cells_before_solutions(notebook):
        answer = answer_of(cell)
        if answer is None:
            cells.append(_cleared(cell))
            continue
        if answer.task not in tasks:
            raise InputError(
                f"Task {answer.task} has no key; there are keys of {', '.join(tasks)}."
            )
        cells += _answer_and_test(cell, answer, tasks[answer.task], points)
    return {**notebook, "cells": cells}


def _cleared(cell: Cell) -> Cell:
    """Return a cell without outputs."""
    is_code = cell["cell_type"] == "code"
    return cell | ({"outputs": [], "execution_count": None} if is_code else {})


def _answer_and_test(
    cell: Cell, answer: Answer, task: Task, points: int
) -> Iterator[Cell]:
    number = answer.task.replace(".", "-")
    values = vars(answer) | {
        "key": int(task.key) if task.key.is_integer() else task.key,
        "tolerance": task.tolerance,
        "hint": json.dumps(task.hint, ensure_ascii=False),
        "points": counted(points, "point"),
    }
    graded = _TO_GRADE | {"grade_id": f"test-{number}", "points": points}
    yield _cleared(cell) | {
        "source": ANSWER_CELL.format(**values),
        "metadata": {"nbgrader": _TO_ANSWER | {"grade_id": f"task-{number}"}},
    }
    yield _cleared(cell) | {
        "id": f"test-{number}",
        "source": TEST_CELL.format(**values),
        "metadata": {"nbgrader": graded},
    }


def write_course(files: Mapping[str, bytes], folder: str | Path) -> list[Path]:
    """Write and return the files that are missing; none if an assignment differs."""
    new = {name: files[name] for name in files if not Path(folder, name).exists()}
    edited = [
        str(Path(folder, name))
        for name in sorted(files.keys() - new.keys() - {CONFIG_NAME})
        if Path(folder, name).read_bytes() != files[name]
    ]
    if edited:
        raise FileExistsError(
            f"{', '.join(edited)}: there already, with other content, and "
            "kept. Move it away, or name another folder with --out."
        )
    return write_files(new, folder, replace=False)
