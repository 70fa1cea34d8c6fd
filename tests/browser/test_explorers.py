"""The explorers in JupyterLab, in a real browser: keys, names, files, no network."""

import json

import nbformat
import pytest
from browser_explorer import Shown, numbers_in
from browser_pages import (
    complaints,
    lab_served,
    open_lab,
    outputs,
    run_all,
    strangers,
    watched_page,
)

from hipext.explorers.widgets import EXPLORERS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BROKEN = {
    "a picture that stays": """
explorer = explore_plan()
explorer._show = lambda x=explorer: x.words.set_trait("value", str(x.settings))
explorer""",
    "words that stay": """
from dataclasses import replace
explorer = explore_plan()
words = explorer.definition.description(explorer.shown)
explorer.definition = replace(explorer.definition, description=lambda shown: words)
explorer""",
    "no names": """
explorer = explore_plan()
explorer.companion.names = {"sliders": {}, "picture": "", "explorer": ""}
explorer""",
}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
CELLS = [
    *(f"from hipext.explorers import *\nexplore_{name}()" for name in EXPLORERS),
    *BROKEN.values(),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab with a notebook of all explorers."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "work").mkdir()
    cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.write(notebook, folder / "work" / "all.ipynb")
    with lab_served(folder) as address:
        yield address


@pytest.fixture(scope="module")
def page(lab, browser):
    """Return a page with that notebook, all cells run."""
    page = watched_page(browser)
    open_lab(page, lab, "all.ipynb")
    run_all(page)
    yield page
    page.close()


def explorer_of(page, number, **options):
    """Return the explorer of a cell."""
    cell = page.locator(".jp-Notebook .jp-Cell").nth(number)
    cell.scroll_into_view_if_needed()
    return Shown(page, cell.locator(".hipext-explorer"), **options)


@pytest.fixture(params=list(EXPLORERS))
def explorer(page, request):
    """Return each explorer as it is at the start."""
    shown = explorer_of(page, list(EXPLORERS).index(request.param))
    shown.explorer_name = request.param
    return shown


def broken(page, name):
    """Return an explorer that was broken on purpose."""
    number = len(EXPLORERS) + list(BROKEN).index(name)
    return explorer_of(page, number, patience_ms=1000)


def test_every_cell_runs_without_a_complaint(page):
    kinds = {(x["output_type"], x.get("name")) for x in outputs(page)}
    assert kinds == {("execute_result", None)}


def test_a_screen_reader_finds_names_a_picture_and_one_status(explorer):
    assert explorer.faults_of_names() == []


def test_tab_reaches_every_control_in_order(explorer):
    assert explorer.faults_of_tab() == []


def test_no_label_is_cut(explorer):
    assert explorer.cut_labels() == []


def test_keys_and_typed_numbers_move_picture_and_words_and_back(explorer):
    start, state = explorer.now(), explorer.state.input_value()
    assert explorer.faults_of_moving() == []
    assert json.loads(explorer.state.input_value()) != json.loads(state)
    explorer.paste_state(state)
    assert explorer.comes_back(start) == []
    move = next(iter(explorer.moves().values()))
    assert explorer.after(move) == []
    explorer.reset()
    assert explorer.comes_back(start) == []
    explorer.settle()  # the state is written last
    assert json.loads(explorer.state.input_value()) == pytest.approx(json.loads(state))


def test_a_typed_number_moves_its_slider(explorer):
    if not explorer.handles.count():
        pytest.skip("this explorer has no numbers")
    step = float(explorer.fields.first.get_attribute("step"))
    explorer.type_number()
    explorer.page.wait_for_function(
        "([handle, value, step]) => Math.abs(handle.ariaValueNow - value) <= step / 2",
        arg=[explorer.handles.first.element_handle(), float(explorer.typed), step],
    )
    explorer.reset()


def test_names_are_still_there_after_many_moves(explorer):
    assert explorer.faults_of_moving() == []
    explorer.reset()
    assert explorer.faults_of_names() == []


def test_saved_data_are_numbers(explorer):
    name, content = explorer.saved("Save data")
    assert name == f"hipext_{explorer.explorer_name}.csv"
    assert len(numbers_in(content).columns) >= 1


def test_a_saved_state_is_the_state(explorer):
    name, content = explorer.saved("Save state")
    assert name.endswith(".json")
    assert json.loads(content) == json.loads(explorer.state.input_value())


def test_a_state_that_is_not_allowed_is_said(page):
    explorer = explorer_of(page, 0)
    start = explorer.now()
    explorer.paste_state('{"weeks": 9999}')
    explorer.status.get_by_text("weeks must be").wait_for()
    assert explorer.pixels() == start[0]
    explorer.press_reset()  # the state is still the one that is not allowed
    assert explorer.comes_back(start) == []


# --- broken on purpose, they fail ---


def test_a_picture_that_stays_is_found(page):
    faults = broken(page, "a picture that stays").faults_of_moving()
    assert "arrow key on a slider: the picture has the same source" in faults
    assert "typed number: the picture has the same source" in faults
    assert not [fault for fault in faults if "words" in fault]


def test_words_that_stay_are_found(page):
    faults = broken(page, "words that stay").faults_of_moving()
    assert "arrow key on a slider: the words are the same" in faults
    assert not [fault for fault in faults if "picture" in fault]


def test_missing_names_are_found(page):
    faults = broken(page, "no names").faults_of_names()
    assert "a slider has no name" in faults
    assert any(fault.startswith("the picture is") for fault in faults)


# --- the network, after all of the above ---


def test_nothing_is_asked_of_another_machine_and_nothing_complains(page, lab):
    assert strangers(page, lab) == []
    assert complaints(page) == []


# --- last, as it covers the notebook ---


def test_a_second_view_has_names_and_files_are_saved_once(page):
    explorer_of(page, 0)
    notebook = page.evaluate("() => window.jupyterapp.shell.currentWidget.id")
    page.evaluate(
        """() => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.activeCellIndex = 0;
            return window.jupyterapp.commands.execute("notebook:create-output-view");
        }"""
    )
    view = page.locator(".jp-LinkedOutputView .hipext-explorer")
    second = Shown(page, view)
    assert second.faults_of_names() == []
    files = []
    page.on("download", lambda download: files.append(download.suggested_filename))
    second.saved("Save data")
    second.saved("Save state")
    assert files == ["hipext_plan.csv", "hipext_plan.json"]
    page.evaluate("id => window.jupyterapp.shell.activateById(id)", notebook)
    explorer_of(page, 0)
