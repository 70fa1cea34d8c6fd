"""The first notebook in JupyterLab, in a real browser: keys move the curves."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from hipext.data import notebooks_dir

pytestmark = pytest.mark.browser
TOKEN = "test"
KERNEL_IS_IDLE = (
    "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
    "?.kernel?.status === 'idle'"
)


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab on a copy of the notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    settings = folder / "settings"
    settings.mkdir()
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    (settings / "overrides.json").write_text(json.dumps(quiet))
    port = free_port()
    names = ("CONFIG", "RUNTIME", "DATA")
    places = {f"JUPYTER_{name}_DIR": str(folder / name) for name in names}
    places |= {"IPYTHONDIR": str(folder / "ipython")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "user")}
    places |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    environment = {**os.environ, **places}
    environment.pop("MPLBACKEND", None)
    shutil.copytree(notebooks_dir(), folder / "work")
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--ip=127.0.0.1",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
            "--ServerApp.allow_root=True",
            f"--ServerApp.root_dir={folder / 'work'}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
            "--LabApp.news_url=",
            f"--LabApp.app_settings_dir={settings}",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api?token={TOKEN}", server)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address, server, seconds=60):
    """Wait until a server answers; fail if it stops or takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, "JupyterLab stopped at once"
        try:
            with urlopen(address):
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer within {seconds} s")


@pytest.fixture(scope="module")
def page(lab, browser):
    """Return a page with the first notebook, all cells run."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.requests_seen = []
    page.on("request", lambda request: page.requests_seen.append(request.url))
    page.goto(f"{lab}/doc/tree/01_first_plan.ipynb?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_selector("img.widget-image", timeout=60_000)
    yield page
    page.close()


def first_explorer(page):
    """Return sliders, number fields, picture and words of the first explorer."""
    output = page.locator(".jp-OutputArea-output", has=page.locator(".noUi-handle"))
    return output.first


def wait_for_another(page, picture, before):
    """Wait until a picture has another source than `before`."""
    page.wait_for_function(
        "([image, source]) => image.src !== source",
        arg=[picture.element_handle(), before],
        timeout=20_000,
    )


def test_every_cell_runs_without_error(page):
    errors = page.locator('[data-mime-type="application/vnd.jupyter.error"]')
    assert errors.count() == 0
    warnings = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    assert warnings.count() == 0


def test_an_arrow_key_on_a_slider_moves_picture_and_words(page):
    explorer = first_explorer(page)
    explorer.scroll_into_view_if_needed()
    picture = explorer.locator("img.widget-image")
    words = explorer.locator('[role="status"]')
    words.get_by_text("16 weeks").wait_for(timeout=20_000)
    before = picture.get_attribute("src")
    explorer.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")  # one week fewer
    wait_for_another(page, picture, before)
    words.get_by_text("15 weeks").wait_for(timeout=20_000)


def test_a_typed_number_moves_slider_picture_and_words(page):
    explorer = first_explorer(page)
    picture = explorer.locator("img.widget-image")
    explorer.locator('[role="status"]').get_by_text("weeks").first.wait_for()
    before = picture.get_attribute("src")
    field = explorer.get_by_label("Deload every (weeks, 0: never)")
    field.fill("7")
    field.press("Enter")
    words = explorer.locator('[role="status"]')
    words.get_by_text("Deload weeks: 7, 14.").wait_for(timeout=20_000)
    wait_for_another(page, picture, before)
    handle = explorer.locator(".noUi-handle").nth(1)
    assert float(handle.get_attribute("aria-valuenow")) == 7


def test_no_request_leaves_the_machine(page, lab):
    strangers = [
        address
        for address in page.requests_seen
        if not address.startswith((lab, "data:", "blob:"))
    ]
    assert strangers == []
