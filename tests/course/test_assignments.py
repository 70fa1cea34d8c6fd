"""Assignments: what a teacher gets, what a student gets, and what nbgrader marks."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from commands import hipext

from hipext.course import tasks
from hipext.course.tasks import (
    CONFIG_NAME,
    Task,
    answers,
    assignment,
    check_answer,
    chosen_names,
    course_files,
    course_names,
    read_notebook,
    read_tasks,
    write_course,
)

SHIPPED = course_names()
NAME = "01_small"
PATH = f"source/{NAME}/{NAME}.ipynb"
TASKS = {
    "01.1": Task(key=547.0, tolerance=0.5, hint='Add up the "working" sets.'),
    "01.2": Task(key=5.75, tolerance=0.0, hint="Look for the first {positive} day."),
}
LINE = "my_sets = None  # your answer: a number of sets"
SOURCES = [
    ("markdown", "# 1 · A small notebook\n\n*You will learn to* answer."),
    ("code", "from hipext import check_answer"),
    ("markdown", "## Your turn\n\n**Task 01.1** How many sets?"),
    ("code", f'{LINE}\ncheck_answer("01.1", my_sets)'),
    ("markdown", "**Task 01.2** Which day?"),
    ("code", 'my_day = None\n\ncheck_answer("01.2", my_day)'),
    ("markdown", "## What the model leaves out\n\n- Much.\n\n## Solutions\n\nSecret."),
    ("code", 'secret = 547\ncheck_answer("01.1", secret)'),
]


def cell(number, kind, source):
    """Return a cell as a file has it, with the outputs of a run."""
    ran = {"execution_count": number, "outputs": [{"output_type": "stream"}]}
    return {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {"tags": ["solution"]} if "secret" in source else {},
        "source": source,
        **(ran if kind == "code" else {}),
    }


SMALL = {
    "cells": [cell(number, *one) for number, one in enumerate(SOURCES)],
    "metadata": {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def sources(notebook):
    """Return the texts of the cells of a notebook."""
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def nbgrader_of(cell):
    """Return what a cell tells nbgrader; nothing for an ordinary cell."""
    return cell["metadata"].get("nbgrader", {})


def known_to_nbgrader(notebook):
    """Return the cells of a notebook that nbgrader knows."""
    return [cell for cell in notebook["cells"] if nbgrader_of(cell)]


@pytest.fixture
def small():
    """Return the teacher's version of the small notebook."""
    return assignment(SMALL, TASKS, points=2)


def mark(given, notebook, task="01.1"):
    """Run the cell that marks a task as nbgrader does; its message, or "right"."""
    number = task.replace(".", "-")
    found = [x for x in notebook["cells"] if x["id"] == f"test-{number}"]
    name = next(answer.name for answer in answers(SMALL) if answer.task == task)
    try:
        exec(found[0]["source"], {name: given})
    except AssertionError as message:
        return str(message)
    return "right"


# --- the teacher's version ---


def test_cells_up_to_the_solutions_stay_without_outputs(small):
    ordinary = [cell for cell in small["cells"] if not nbgrader_of(cell)]
    kept = [source for kind, source in SOURCES if "my_" not in source][:-1]
    assert sources({"cells": ordinary}) == [
        text.split("\n\n## Solutions")[0] for text in kept
    ]
    assert {len(cell.get("outputs", [])) for cell in small["cells"]} == {0}
    assert {cell.get("execution_count") for cell in small["cells"]} == {None}


def test_nothing_of_the_solutions_is_left(small):
    assert "ecret" not in json.dumps(small)


def test_an_answer_holds_its_key_between_the_marks_of_nbgrader(small):
    answer = next(x for x in small["cells"] if "BEGIN SOLUTION" in x["source"])
    assert answer["source"] == (
        "my_sets = None  # your answer: a number of sets\n"
        "### BEGIN SOLUTION\nmy_sets = 547\n### END SOLUTION\n"
        'check_answer("01.1", my_sets)'
    )


def test_each_answer_is_followed_by_the_cell_that_marks_it(small):
    known = known_to_nbgrader(small)
    assert [nbgrader_of(cell)["grade_id"] for cell in known] == [
        "task-01-1",
        "test-01-1",
        "task-01-2",
        "test-01-2",
    ]
    places = [small["cells"].index(cell) for cell in known]
    assert [places[1] - places[0], places[3] - places[2]] == [1, 1]


def test_answers_are_open_and_their_marking_is_locked(small):
    flags = ("solution", "grade", "locked", "task", "schema_version")
    told = [[nbgrader_of(cell)[flag] for flag in flags] for cell in small["cells"][3:5]]
    assert told == [[True, False, False, False, 3], [False, True, True, False, 3]]


def test_points_are_those_of_each_task(small):
    points = [nbgrader_of(cell).get("points") for cell in known_to_nbgrader(small)]
    assert points == [None, 2, None, 2]
    assert "(2 points)" in small["cells"][4]["source"]


def test_ids_of_cells_are_unique(small):
    ids = [cell["id"] for cell in small["cells"]]
    assert len(ids) == len({*ids})


def test_the_notebook_itself_stays_as_it_is(small):
    before = json.dumps(SMALL)
    assert assignment(SMALL, TASKS, points=1) != small
    assert json.dumps(SMALL) == before


def test_a_task_without_a_key_is_named():
    with pytest.raises(ValueError, match=r"Task 01\.2 has no key; .* keys of 01\.1\."):
        assignment(SMALL, {"01.1": TASKS["01.1"]}, points=1)


# --- marking ---


@pytest.mark.parametrize("given", [547, 547.5, "547", 546.5])
def test_what_is_near_enough_is_right(small, given):
    assert mark(given, small) == "right"


@pytest.mark.parametrize("given", [546.4, 547.6, -547, float("nan"), float("inf")])
def test_what_is_too_far_off_gets_the_hint(small, given):
    assert mark(given, small) == (f'Task 01.1: {given:g}? Add up the "working" sets.')


def test_a_hint_with_braces_is_reported_as_it_is(small):
    assert mark(0, small, "01.2") == "Task 01.2: 0? Look for the first {positive} day."


def test_no_answer_is_not_right(small):
    assert mark(None, small) == "Task 01.1: not answered yet."


@pytest.mark.parametrize("given", ["many", [547], {}])
def test_what_is_no_number_is_reported(small, given):
    assert mark(given, small) == f"Task 01.1: no number: {given!r}."


@pytest.mark.parametrize("name", SHIPPED)
def test_a_key_of_a_shipped_task_gets_its_mark_and_none_does_not(name):
    made = assignment(read_notebook(name), read_tasks(), points=1)
    known = known_to_nbgrader(made)
    assert known
    for answer, test in zip(known[::2], known[1::2], strict=True):
        names = {"check_answer": check_answer}
        exec(answer["source"], names)  # as the teacher has it, with the key
        exec(test["source"], names)
        names[answer["source"].split()[0]] = None
        with pytest.raises(AssertionError, match="not answered yet"):
            exec(test["source"], names)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_check_of_a_shipped_notebook_becomes_a_task(name):
    notebook = read_notebook(name)
    cells = tasks.cells_before_solutions(notebook)
    n_checks = sum("check_answer(" in cell["source"] for cell in cells)
    assert len(answers(notebook)) == n_checks > 0


# --- the course ---


def test_each_task_is_in_the_course_once_but_that_of_the_template():
    asked = [answer.task for name in SHIPPED for answer in answers(read_notebook(name))]
    of_course = [task for task in read_tasks() if not task.startswith("00.")]
    assert sorted(asked) == sorted(of_course)


def test_a_notebook_without_tasks_is_no_assignment():
    assert "conventions" not in SHIPPED
    assert [name for name in SHIPPED if name.startswith("00")] == []


@pytest.mark.parametrize("given", [SHIPPED[0], f"{SHIPPED[0]}.ipynb", "01"])
def test_a_notebook_goes_by_its_name_or_number(given):
    assert chosen_names([given, SHIPPED[0]]) == [SHIPPED[0]]


def test_the_same_course_has_the_same_bytes():
    assert course_files() == course_files()
    assert set(course_files()) - set(course_files(["01"])) == {
        f"source/{name}/{name}.ipynb" for name in SHIPPED[1:]
    }


def names_in(folder):
    """Return the paths of all files in a folder."""
    found = folder.rglob("*")
    return sorted(str(x.relative_to(folder)) for x in found if x.is_file())


def test_command_writes_the_course_and_tells_the_files(tmp_path):
    done = hipext("assignments", "01", "--out", "c", cwd=tmp_path)
    path = f"source/{SHIPPED[0]}/{SHIPPED[0]}.ipynb"
    assert names_in(tmp_path / "c") == [CONFIG_NAME, path]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{Path('c', CONFIG_NAME)}\n{Path('c', path)}\n"
        "Next, in c: nbgrader generate_assignment NAME\n"
    )


def test_command_again_writes_nothing_new(tmp_path):
    hipext("assignments", "01", "--out", "c", cwd=tmp_path)
    done = hipext("assignments", "01", "--out", "c", cwd=tmp_path)
    assert done.stdout == "Next, in c: nbgrader generate_assignment NAME\n"


def test_an_edited_assignment_is_kept_and_nothing_is_written(tmp_path):
    hipext("assignments", "01", "--out", "c", cwd=tmp_path)
    mine = tmp_path / "c" / "source" / SHIPPED[0] / f"{SHIPPED[0]}.ipynb"
    mine.write_text("mine")
    done = hipext("assignments", "--out", "c", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"{mine.relative_to(tmp_path)}: there already, with other content, and kept. "
        "Move it away, or name another folder with --out.\n"
    )
    assert mine.read_text() == "mine"
    assert len(names_in(tmp_path / "c")) == 2


def test_settings_of_a_course_are_kept(tmp_path):
    (tmp_path / CONFIG_NAME).write_text("mine")
    done = hipext("assignments", "01", "--out", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / CONFIG_NAME).read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["01_first_plam"], "A notebook with tasks must be one of '01_first_plan', "),
        (["01_first_plam"], "Did you mean '01_first_plan'?"),
        (["conventions"], "; got 'conventions'."),
        (["01", "44"], "; got '44'."),
        (["--points", "0"], "Invalid value for '--points'"),
        (["--points", "few"], "Invalid value for '--points'"),
        (["--out", "a_file"], "a_file"),
    ],
)
def test_bad_input_is_one_message_and_no_file(arguments, message, tmp_path):
    (tmp_path / "a_file").write_text("mine")
    done = hipext("assignments", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert names_in(tmp_path) == ["a_file"]


def test_points_below_one_are_refused():
    with pytest.raises(ValueError, match=r"points must be 1 or more; got 0\."):
        course_files(["01"], points=0)


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    mkstemp = tempfile.mkstemp

    def mkstemp_until_full(*, dir, **names):
        if dir.name == "b":
            raise OSError(28, "No space left on device")
        return mkstemp(dir=dir, **names)

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp_until_full)
    files = {CONFIG_NAME: b"1", "source/a/a.ipynb": b"2", f"source/b/{NAME}": b"3"}
    with pytest.raises(OSError, match="No space"):
        write_course(files, tmp_path / "new" / "course")
    assert list(tmp_path.iterdir()) == []


# --- for real ---


def nbgrader(*arguments, cwd, home):
    """Run nbgrader with settings of its own, and return what it says."""
    kernels = {
        name: str(home / name.lower())
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(  # it calls alembic, by PATH
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | kernels | {"JUPYTER_RUNTIME_DIR": str(home), "PATH": path},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


RIGHT = {"01.1": "547", "01.2": "2 + 3.75"}
STUDENTS = {  # what each writes in place of None; and the points, 3 for each task
    "right": (RIGHT, {"test-01-1": 3, "test-01-2": 3}),
    "wrong": (RIGHT | {"01.2": "6"}, {"test-01-1": 3, "test-01-2": 0}),
    "unanswered": ({}, {"test-01-1": 0, "test-01-2": 0}),
    "cheating": ({}, {"test-01-1": 0, "test-01-2": 0}),
}
READ_MARKS = f"""
import json
from nbgrader.api import Gradebook

with Gradebook("sqlite:///gradebook.db", "hipext") as book:
    marks = {{
        one.student.id: {{
            grade.name: grade.auto_score
            for grade in book.find_submission_notebook(
                {NAME!r}, {NAME!r}, one.student.id
            ).grades
        }}
        for one in book.assignment_submissions({NAME!r})
    }}
print(json.dumps(marks))
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return the folder of a course of the small notebook, marked by nbgrader."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "course"
    (home / "shipped").mkdir()
    (home / "shipped" / f"{NAME}.ipynb").write_text(json.dumps(SMALL), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "notebooks_dir", lambda: home / "shipped")
        patch.setattr(tasks, "read_tasks", lambda: TASKS)
        done = hipext("assignments", "--out", "course", "--points", "3", cwd=home)
    assert done.returncode == 0, done.stderr
    nbgrader("-m", "nbgrader", "generate_assignment", NAME, cwd=folder, home=home)
    for student in STUDENTS:
        hand_in(student, folder)
    nbgrader("-m", "nbgrader", "autograde", NAME, cwd=folder, home=home)
    marks = nbgrader("-c", READ_MARKS, cwd=folder, home=home)
    (folder / "marks.json").write_text(marks)
    return folder


def hand_in(student, folder):
    """Write the released notebook with the answers of a student."""
    notebook = json.loads((folder / "release" / NAME / f"{NAME}.ipynb").read_text())
    for cell in notebook["cells"]:
        found = tasks.answer_of(cell | {"source": "".join(cell["source"])})
        given = STUDENTS[student][0].get(found.task) if found else None
        if given:
            line = found.before.replace("None", given)
            cell["source"] = f"{line}\n{found.after}"
        elif student == "cheating" and nbgrader_of(cell).get("grade"):
            cell["source"] = "assert True"
        elif student == "cheating" and "import check_answer" in cell["source"]:
            cell["source"] = "def check_answer(*_):\n    return 'correct.'"
    path = folder / "submitted" / student / NAME
    path.mkdir(parents=True)
    (path / f"{NAME}.ipynb").write_text(json.dumps(notebook))


@pytest.fixture
def released(course):
    """Return what a student gets."""
    path = course / "release" / NAME / f"{NAME}.ipynb"
    return json.loads(path.read_text("utf-8"))


@pytest.mark.slow
def test_nbgrader_marks_what_is_right(course):
    marks = json.loads((course / "marks.json").read_text())
    assert marks == {student: marks for student, (_, marks) in STUDENTS.items()}


@pytest.mark.slow
def test_a_student_gets_no_key_and_no_hidden_test(released):
    text = "\n".join(sources(released))
    assert [
        word for word in ("547", "5.75", "HIDDEN", "SOLUTION") if word in text
    ] == []
    assert "Add up" not in text
    assert "first {positive}" not in text


@pytest.mark.slow
def test_a_student_gets_none_and_reads_what_to_do(released):
    asked = [text for text in sources(released) if "# Put your number" in text]
    assert asked == [
        "my_sets = None  # your answer: a number of sets\n"
        "# Put your number in place of None above, then run this cell.\n"
        'check_answer("01.1", my_sets)',
        "my_day = None\n"
        "# Put your number in place of None above, then run this cell.\n"
        '\ncheck_answer("01.2", my_day)',
    ]


@pytest.mark.slow
def test_a_student_keeps_every_other_cell(released):
    ordinary = [cell for cell in released["cells"] if not nbgrader_of(cell)]
    assert sources({"cells": ordinary}) == [
        text.split("\n\n## Solutions")[0]
        for _, text in SOURCES[:-1]
        if "my_" not in text
    ]


@pytest.mark.slow
def test_feedback_of_a_wrong_answer_is_the_hint(course):
    path = course / "autograded" / "wrong" / NAME / f"{NAME}.ipynb"
    outputs = [
        output
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    ]
    told = [output["evalue"] for output in outputs]
    assert told == ["Task 01.2: 6? Look for the first {positive} day."]


def test_the_course_needs_no_nbgrader_to_be_made():
    code = "import sys, hipext.course.tasks; print('nbgrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n"
