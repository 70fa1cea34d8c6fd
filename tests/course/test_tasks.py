import csv

import pytest

from hipext.course.tasks import check_answer, read_tasks
from hipext.files.io import data_dir


def test_an_unanswered_task_says_so():
    assert check_answer("01.1", None) == "Task 01.1: not answered yet."


@pytest.mark.parametrize("task", sorted(read_tasks()))
def test_the_key_is_correct_and_a_far_answer_gets_the_hint(task):
    asked = read_tasks()[task]
    assert check_answer(task, asked.key) == f"Task {task}: correct."
    wrong = check_answer(task, asked.key + 2 * asked.tolerance + 1)
    assert wrong == f"Task {task}: not yet. {asked.hint}"


def test_words_are_no_answer():
    assert check_answer("01.1", "many") == (
        "Task 01.1: the answer is a number; got 'many'."
    )


def test_a_task_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"got '01\.11'\. Did you mean '01\.1'\?"):
        check_answer("01.11", 3)


def test_every_task_has_a_unit_and_a_hint_that_does_not_tell():
    with (data_dir() / "tasks.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    for row in rows:
        assert row["unit"]
        assert row["hint"].endswith((".", "?"))
        assert row["key"] not in row["hint"]
