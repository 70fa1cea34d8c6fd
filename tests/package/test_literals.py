"""No dict, set or match names a key twice: the first would be dead."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted([*(ROOT / "hipext").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])


def keys_of(node):
    """Return the keys that a node of the syntax tree lists, as text."""
    keys = []
    if isinstance(node, ast.Dict):
        keys = [key for key in node.keys if key is not None]  # None: **other
    elif isinstance(node, ast.Set):
        keys = node.elts
    elif isinstance(node, ast.Match):
        cases = [case.pattern for case in node.cases if case.guard is None]
        keys = [
            key
            for case in cases
            for key in (case.patterns if isinstance(case, ast.MatchOr) else [case])
        ]
    return map(ast.unparse, keys)


def doubled(source):
    """Return the keys that are there twice in one literal or match."""
    return [
        key
        for node in ast.walk(ast.parse(source))
        for key, n in Counter(keys_of(node)).items()
        if n > 1
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_key_is_there_twice(path):
    assert doubled(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "{rules.HOLD: 1, 'a': 2, rules.HOLD: 3}",
        "{rules.HOLD, 1, rules.HOLD}",
        "match x:\n case rules.HOLD: 1\n case 1 | rules.HOLD: 2",
    ],
)
def test_a_key_that_is_there_twice_is_found(source):
    assert doubled(source) == ["rules.HOLD"]


def test_patterns_of_several_parts_are_other_keys():
    source = "match x:\n case [a, 1]: 1\n case [a, 2]: 2\n case Foo(1): 3\n"
    assert doubled(source) == []
