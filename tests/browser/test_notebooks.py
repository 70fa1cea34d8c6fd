"""Every notebook of the course in JupyterLab, in a real browser."""

import pytest
from browser_pages import (
    cells_not_run,
    complaints,
    lab_served,
    open_another,
    open_lab,
    outputs,
    run_all,
    strangers,
    watched_page,
)

from hipext.files.io import notebooks_dir

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMES = sorted(path.name for path in notebooks_dir().glob("*.ipynb"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab on a copy of the notebooks."""
    with lab_served(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def page(lab, browser):
    """Return a page of that JupyterLab."""
    page = watched_page(browser)
    open_lab(page, lab, NAMES[0])
    yield page
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_notebook_runs_without_error_or_warning(page, lab, name):
    page.asked.clear()
    open_another(page, name)
    page.faults.clear()  # JupyterLab's own, where a notebook is closed
    run_all(page)
    assert cells_not_run(page) == []
    seen = outputs(page)
    assert [x["evalue"] for x in seen if x["output_type"] == "error"] == []
    assert [x["text"] for x in seen if x.get("name") == "stderr"] == []
    shown = [x for x in seen if "widget-view" in str(x.get("data", {}).keys())]
    if shown:
        page.locator(".hipext-explorer img").first.wait_for()
    assert strangers(page, lab) == []
    assert complaints(page) == []
