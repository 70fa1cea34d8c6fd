"""Inputs that once ended with a fault of hipext end with an answer or a message."""

import json
from pathlib import Path
from runpy import run_path

import pytest

FUZZ = run_path(str(Path(__file__).with_name("fuzz.py")))
CASES = json.loads(FUZZ["CASES"].read_text(encoding="utf-8"))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_input_that_failed_once_is_answered(case):
    problem, *_ = FUZZ["problem_of"](case["command"], case["files"])
    assert problem == ""


@pytest.mark.parametrize(
    ("command", "code", "text", "left", "problem"),
    [
        (["run"], 0, "ok", {"out"}, ""),
        (["run"], 2, "x must be 1.", set(), ""),
        (["run"], 2, "x must be 1.", {"out"}, "left behind ['out']"),
        (["run"], 2, "", set(), "no message"),
        (["run"], 2, "\x1b", set(), "message with control characters"),
        (["run"], 1, "different", set(), "code 1"),
        (["reproduce"], 1, "different", set(), ""),
        (["reproduce"], 1, "This is a fault of hipext", set(), "code 1"),
        (["run"], 0, "Traceback", set(), "fault"),
        (["run"], 0, "RuntimeWarning: x", set(), "warning"),
    ],
)
def test_what_passes_is_an_answer_or_one_message(command, code, text, left, problem):
    found = FUZZ["fault_in"](command, code, text, left, 0.1)
    assert found.startswith(problem)
    assert bool(found) == bool(problem)
