"""Assignments for nbgrader, made of the notebooks and their tasks."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from hipext._course import (
    Answer,
    Cell,
    answer_of,
    cells_before_solutions,
    chosen_names,
    read_notebook,
)
from hipext._phrases import counted
from hipext.records import write_files
from hipext.tasks import Task, read_tasks

CONFIG_NAME = "nbgrader_config.py"
SCHEMA_VERSION = 3  # of the metadata that nbgrader 0.9 reads
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


def course_files(names: Iterable[str] = (), *, points: int = 1) -> dict[str, bytes]:
    """Return the files of an nbgrader course by their path in its folder.

    Parameters
    ----------
    names : iterable of str, optional
        Notebooks, as ``"01_first_plan"`` or ``"01"``. Default: all that have tasks.
    points : int, default 1
        Points of a task, 1 or more.

    Returns
    -------
    dict of str to bytes
        ``nbgrader_config.py``, and ``source/NAME/NAME.ipynb`` for each notebook; the
        same for the same notebooks and tasks.

    Raises
    ------
    ValueError
        If there is no such notebook, or `points` is less than 1.
    """
    if points < 1:
        raise ValueError(f"points must be 1 or more; got {points}.")
    files = {CONFIG_NAME: CONFIG.encode()}
    for name in chosen_names(names):
        made = assignment(read_notebook(name), read_tasks(), points=points)
        text = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True)
        files[f"source/{name}/{name}.ipynb"] = f"{text}\n".encode()
    return files


def assignment(notebook: Mapping, tasks: Mapping[str, Task], *, points: int) -> dict:
    """Return the teacher's version of a notebook; nbgrader makes the student's of it.

    Parameters
    ----------
    notebook : Mapping
        Values of a notebook; it stays as it is.
    tasks : Mapping[str, Task]
        Keys, tolerances and hints by number of the task.
    points : int
        Points of each task.

    Returns
    -------
    dict
        Its cells up to the solutions, without outputs. Each answer holds the key, which
        nbgrader takes out, and is followed by a cell that marks it.

    Raises
    ------
    ValueError
        If a task of the notebook has no key.
    """
    cells = []
    for cell in cells_before_solutions(notebook):
        answer = answer_of(cell)
        if answer is None:
            cells.append(_cleared(cell))
        else:
            cells += _answer_and_test(cell, answer, _task(answer, tasks), points)
    return {**notebook, "cells": cells}


def _task(answer: Answer, tasks: Mapping[str, Task]) -> Task:
    if answer.task not in tasks:
        raise ValueError(
            f"Task {answer.task} has no key; there are keys of {', '.join(tasks)}."
        )
    return tasks[answer.task]


def _cleared(cell: Cell) -> Cell:
    is_code = cell["cell_type"] == "code"
    return cell | ({"outputs": [], "execution_count": None} if is_code else {})


def _answer_and_test(
    cell: Cell, answer: Answer, task: Task, points: int
) -> Iterator[Cell]:
    key = int(task.key) if task.key.is_integer() else task.key
    number = answer.task.replace(".", "-")
    yield _cleared(cell) | {
        "source": ANSWER_CELL.format(**vars(answer), key=key),
        "metadata": {"nbgrader": _metadata(f"task-{number}", is_solution=True)},
    }
    source = TEST_CELL.format(
        task=answer.task,
        name=answer.name,
        key=key,
        tolerance=task.tolerance,
        hint=json.dumps(task.hint, ensure_ascii=False),
        points=counted(points, "point"),
    )
    graded = _metadata(f"test-{number}", is_solution=False) | {"points": points}
    yield _cleared(cell) | {
        "id": f"test-{number}",
        "source": source,
        "metadata": {"nbgrader": graded},
    }


def _metadata(grade_id: str, *, is_solution: bool) -> dict[str, object]:
    return {
        "grade": not is_solution,
        "grade_id": grade_id,
        "locked": not is_solution,
        "schema_version": SCHEMA_VERSION,
        "solution": is_solution,
        "task": False,
    }


def write_course(files: Mapping[str, bytes], folder: str | Path) -> list[Path]:
    """Write the files of a course; all of them, or none.

    Parameters
    ----------
    files : Mapping[str, bytes]
        As `course_files` returns them.
    folder : str or Path
        Made if it is not there. Settings that are there already are kept.

    Returns
    -------
    list of Path
        The files written; those that were there with the same content are not.

    Raises
    ------
    FileExistsError
        If an assignment is there already with other content: it may have been edited.
    """
    targets = {Path(folder) / name: content for name, content in files.items()}
    there = [path for path in targets if path.exists()]
    edited = [path for path in there if _is_other(path, targets[path])]
    if edited:
        raise FileExistsError(
            f"{', '.join(map(str, edited))}: there already, with other content, and "
            "kept. Move it away, or name another folder with --out."
        )
    new = {path: content for path, content in targets.items() if path not in there}
    parents = {parent for path in new for parent in path.parents}
    new_folders = sorted(path for path in parents if not path.exists())
    try:
        for path, content in new.items():
            write_files({path.name: content}, path.parent)
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        for path in reversed(new_folders):
            with suppress(OSError):  # not made yet, or somebody else's by now
                path.rmdir()
        raise
    return list(new)


def _is_other(path: Path, content: bytes) -> bool:
    return path.name != CONFIG_NAME and path.read_bytes() != content
