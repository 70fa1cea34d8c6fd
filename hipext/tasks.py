"""Tasks of the notebooks and the check of an answer."""

import csv
from dataclasses import dataclass
from functools import cache
from math import isclose

from hipext._checks import did_you_mean
from hipext.data import data_dir, read_text


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task: its key, how near an answer must come, and a hint."""

    key: float
    tolerance: float
    hint: str


@cache
def read_tasks() -> dict[str, Task]:
    """Return the tasks of the notebooks by number, such as ``"01.1"``."""
    rows = csv.DictReader(read_text(data_dir() / "tasks.csv").splitlines())
    return {
        row["task"]: Task(
            key=float(row["key"]), tolerance=float(row["tolerance"]), hint=row["hint"]
        )
        for row in rows
    }


def check_answer(task: str, answer: float | None) -> str:
    """Return whether an answer to a task is right, or a hint.

    Parameters
    ----------
    task : str
        Number of the task: ``"01.1"``.
    answer : float or None
        A number; None for not answered yet.

    Returns
    -------
    str
        One sentence for the student.

    Raises
    ------
    ValueError
        If there is no such task.

    Examples
    --------
    >>> check_answer("01.1", None)
    'Task 01.1: not answered yet.'
    """
    tasks = read_tasks()
    if task not in tasks:
        raise ValueError(
            f"There is no task {task!r}; there are {', '.join(tasks)}."
            f"{did_you_mean(task, tasks)}"
        )
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
