"""Claims of the guide: each is in a table, in the model and in the notebooks."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = {path.stem[:2]: path for path in ROOT.glob("notebooks/[0-9]*.ipynb")}
CLAIMS = [f"G{number}" for number in range(1, 52)]
CLAIM = re.compile(r"\bG(?:[1-9]|[1-4][0-9]|5[01])\b")
TEMPLATE = "00"


def rows():
    """Return the cells of every row of the table, without its head."""
    text = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    _, _, table = text.partition("| claim | in words |")
    lines = [line for line in table.splitlines()[2:] if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words_of(number):
    """Return the text of all markdown cells of a notebook."""
    cells = json.loads(NOTEBOOKS[number].read_text(encoding="utf-8"))["cells"]
    texts = ["".join(x["source"]) for x in cells if x["cell_type"] == "markdown"]
    return "\n".join(texts)


def shown_in():
    """Return the pairs of claim and notebook that the table promises."""
    return {(claim, one) for claim, *_, shown in rows() for one in shown.split(", ")}


@pytest.fixture(scope="module")
def source():
    """Return all modules and data of the package as one text."""
    folders = [*ROOT.glob("hipext/**/*.py"), *ROOT.glob("data/**/*.toml")]
    return "\n".join(path.read_text(encoding="utf-8") for path in folders)


def test_table_has_every_claim_once_and_in_order():
    assert [claim for claim, *_ in rows()] == CLAIMS


def test_every_row_says_it_in_words_and_where_it_is():
    assert [row for row in rows() if len(row) != 4 or not all(row)] == []


def test_every_claim_is_met_in_the_notebooks_of_its_row():
    missing = [
        (claim, number)
        for claim, number in sorted(shown_in())
        if claim not in CLAIM.findall(words_of(number))
    ]
    assert missing == []


def test_no_notebook_cites_a_claim_without_a_place_in_the_table():
    cited = {
        (claim, number)
        for number in NOTEBOOKS
        for claim in CLAIM.findall(words_of(number))
        if number != TEMPLATE
    }
    assert sorted(cited - shown_in()) == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_names_in_the_model_are_in_code_or_data(row, source):
    names = re.findall(r"`([^`]+)`", row[2])
    unknown = [
        name
        for name in names
        if not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", source)
    ]
    assert names
    assert unknown == []
