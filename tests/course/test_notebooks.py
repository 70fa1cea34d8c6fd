"""Notebooks are executed, short in every cell, and really compared by nbval."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from math import exp
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from PIL import Image, PngImagePlugin

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXECUTE = ROOT / "tests" / "execute_notebooks.py"
COMPARER = ROOT / "notebooks" / "conftest.py"
NBVAL = ["-m", "pytest", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]

MAX_LINES_OF_CELL = 15
MAX_BYTES = 300_000
HIDDEN_SET_UP = r"%run|!pip|%pip|sys\.path|filterwarnings|import \*"
SKIPPING = r"nbval-skip|NBVAL_SKIP"
MACHINE_PATH = r"/(home|root|Users|tmp|work|usr|opt|var)/|[A-Z]:\\\\"


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    """Return the path of a notebook."""
    return request.param


@pytest.fixture
def notebook(path):
    """Return the values of a notebook."""
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def code_cells(notebook):
    """Return the code cells of a notebook."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def tags(cell):
    """Return the tags of a cell."""
    return cell["metadata"].get("tags", [])


def outputs_of(cells):
    """Return all outputs of `cells`."""
    return [output for cell in cells for output in cell["outputs"]]


def test_every_code_cell_was_run_once_from_top_to_bottom(code_cells):
    counts = [cell["execution_count"] for cell in code_cells]
    assert counts == list(range(1, len(code_cells) + 1))


def test_cells_are_short(code_cells):
    assert max(len(cell["source"]) for cell in code_cells) <= MAX_LINES_OF_CELL


def test_outputs_that_the_prose_relies_on_are_marked(code_cells):
    checked = [cell for cell in code_cells if "nbval-check-output" in tags(cell)]
    assert len(checked) >= 2
    assert [cell["source"] for cell in checked if not cell["outputs"]] == []


def test_first_cell_is_the_title(notebook):
    first = notebook["cells"][0]
    titles = [line for line in first["source"] if line.startswith("# ")]
    assert first["cell_type"] == "markdown"
    assert first["source"][0] in titles
    assert len(titles) == 1


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
NO_RESULT = (  # code, headings, time needed, ids; what is said with its source
    r"`[^`]*`",
    r"(?m)^#+ .*",
    r"\*(You need|Time)\*.*",
    r"(?s)[^.\n]*(?:\.\d[^.\n]*)*\bE\d\d-\d{3}\b[^.\n]*",
    r"\b[GRTX]\d+(-\d+)?\b|Task \d\d\.\d",
)
COUNTED = 12  # whole numbers up to this one count things that the reader sees
MAIN_COURSE = [path for path in NOTEBOOKS if re.match(r"(0[1-9]|10)_", path.name)]


def numbers_in(text):
    """Return the numbers of a text, with the number of their decimals."""
    found = [
        match.group().rstrip(",").replace(",", "") for match in NUMBER.finditer(text)
    ]
    return {(float(x), len(x.partition(".")[2])) for x in found}


def text_of(output):
    """Return what a reader sees of an output, pictures aside."""
    data = output.get("data", {})
    parts = [output.get("text", ""), data.get("text/plain", "")]
    parts.append(re.sub("<[^>]+>", " ", "".join(data.get("text/html", ""))))
    return " ".join("".join(part) for part in parts)


def is_shown(number, decimals, shown):
    """Return whether a number is one of those shown: rounded, or in percent."""
    percent = {100 * x for x in shown} | {x - 100 for x in shown}
    percent |= {100 * x - 100 for x in shown}
    return number in {round(x, decimals) for x in shown | percent}


@pytest.mark.parametrize("path", MAIN_COURSE, ids=lambda path: path.stem)
def test_numbers_of_the_prose_come_from_a_cell(notebook, code_cells):
    seen = ["".join(cell["source"]) for cell in code_cells]
    seen += [text_of(output) for output in outputs_of(code_cells)]
    shown = {number for number, _ in numbers_in(" ".join(seen))} | {exp(-1)}
    prose = " ".join(
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
    )
    for pattern in NO_RESULT:
        prose = re.sub(pattern, " ", prose)
    told = {pair for pair in numbers_in(prose) if pair[0] > COUNTED or pair[1]}
    assert sorted(pair[0] for pair in told if not is_shown(*pair, shown)) == []


def test_errors_are_shown_on_purpose_only(code_cells):
    unmarked = [cell for cell in code_cells if "raises-exception" not in tags(cell)]
    assert [x for x in outputs_of(unmarked) if x["output_type"] == "error"] == []


def test_nothing_is_written_to_stderr(code_cells):
    assert [x for x in outputs_of(code_cells) if x.get("name") == "stderr"] == []


def test_code_hides_no_set_up(code_cells):
    sources = ["".join(cell["source"]) for cell in code_cells]
    assert [source for source in sources if re.search(HIDDEN_SET_UP, source)] == []


def test_no_cell_is_left_out_of_the_comparison(notebook):
    assert re.search(SKIPPING, json.dumps(notebook)) is None


def test_outputs_name_no_place_on_a_machine(code_cells):
    outputs = [json.dumps(output) for output in outputs_of(code_cells)]
    texts = [re.sub(r'"image/\w+": "[^"]*"', "", output) for output in outputs]
    assert [text for text in texts if re.search(MACHINE_PATH, text)] == []


def test_notebook_is_stored_in_its_normal_form(notebook):
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert [x for x in notebook["cells"] if "execution" in x["metadata"]] == []


def test_notebook_file_is_small(path):
    assert path.stat().st_size < MAX_BYTES


# One notebook shows what the comparison sees: every cell is changed in its own way.

LINE = """\
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(3, 2))
_ = ax.plot([0, 1], [0, 1])"""
OWN_PNG = """\
import base64, struct, zlib
def chunk(kind, body):
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc
header = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0))
rows = chunk(b"IDAT", zlib.compress((b"\\0" + bytes(12)) * 4))
png = b"\\x89PNG\\r\\n\\x1a\\n" + header + rows + chunk(b"IEND", b"")
shown = {"text/plain": "square", "image/png": base64.b64encode(png).decode()}
display(shown, raw=True)"""
WIDGET = """\
import ipywidgets
ipywidgets.IntSlider(3)"""
EXPLORER = """\
from hipext.explorers import plan_explorer, widgets
plan_explorer._STRENGTH_STYLES["without"]["color"] = "#000000"
plan_explorer.DELOAD_PANELS["strength"] = "strength of the athlete"
widgets.explore_deload()"""
CHANGES = {  # code, what is changed in it, and what the report then says
    "nothing": (LINE, ("", ""), "PASSED"),
    "data": (LINE, ("[0, 1])", "[1, 0])"), "pixels differ"),
    "data, other version": (LINE, ("[0, 1])", "[1, 0])"), "PASSED"),
    "label": (LINE, ("_ =", "ax.set_ylabel('kg'); _ ="), "pixels are stored"),
    "own writer": (OWN_PNG, ("bytes(12)", "bytes([9] * 12)"), "pixels differ"),
    "no picture": (OWN_PNG, ("display", "del shown['image/png']; display"), "0 are"),
    "thin line": (EXPLORER, ("#000000", "#404040"), "pixels differ"),
    "word": (EXPLORER, ("the athlete", "an athlete"), "pixels differ"),
    "explorer": (EXPLORER, ("_deload()", '_deload(athlete="lifter")'), "strength"),
    "widget": (WIDGET, ("(3)", "(4)"), "value=4"),
}
OTHER_VERSION = list(CHANGES).index("data, other version")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Return the folder of an executed notebook and of the comparer."""
    folder = tmp_path_factory.mktemp("stored")
    shutil.copy(COMPARER, folder)
    cells = [
        nbformat.v4.new_code_cell(code, id=re.sub(r"\W+", "-", name))
        for name, (code, _, _) in CHANGES.items()
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "one.ipynb")
    execute(folder / "one.ipynb")
    return folder


@pytest.fixture(scope="module")
def reports_of_changes(stored, tmp_path_factory):
    """Return by name what nbval reports when the code, not the output, is changed."""
    folder = shutil.copytree(stored, tmp_path_factory.mktemp("changed") / "copy")
    notebook = nbformat.read(folder / "one.ipynb", as_version=4)
    for cell, (_, change, _) in zip(notebook.cells, CHANGES.values(), strict=True):
        cell.source = cell.source.replace(*change)
    mark_as_drawn_by_another_version(notebook.cells[OTHER_VERSION].outputs[0].data)
    nbformat.write(notebook, folder / "one.ipynb")
    cases = ElementTree.fromstring(compare(folder)[1]).iter("testcase")
    texts = ["".join(case.itertext()) or "PASSED" for case in cases]
    return dict(zip(CHANGES, texts, strict=True))


def mark_as_drawn_by_another_version(data):
    """Write the stored picture again as if an old Matplotlib had drawn it."""
    info, file = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text("Software", "Matplotlib version3.0.0")
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    picture.save(file, "PNG", pnginfo=info)
    data["image/png"] = base64.b64encode(file.getvalue()).decode()


def execute(path):
    """Run a notebook and store its outputs."""
    command = [sys.executable, EXECUTE, path]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def compare(folder):
    """Return the exit code of nbval over a notebook, and its report as XML."""
    done = subprocess.run(
        [sys.executable, *NBVAL, "--junit-xml=report.xml", "one.ipynb"],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "Agg"},
        stdout=subprocess.DEVNULL,
        timeout=120,
    )
    return done.returncode, (folder / "report.xml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_unchanged_notebook_passes_whatever_the_backend(stored):
    exit_code, report = compare(stored)
    assert exit_code == 0, report


@pytest.mark.slow
@pytest.mark.parametrize("what", CHANGES)
def test_comparison_reports_what_has_changed(reports_of_changes, what):
    assert CHANGES[what][-1] in reports_of_changes[what]


@pytest.mark.slow
def test_two_executions_store_the_same_bytes(stored):
    path = stored / "one.ipynb"
    before = path.read_bytes()
    execute(path)
    assert path.read_bytes() == before
