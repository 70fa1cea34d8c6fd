"""JupyterLab and the app in a real browser: how tests serve, open and watch them."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

TOKEN = "test"
OF_JUPYTERLAB = "Could not restore the debugger state"  # where a kernel is ended
LONG_MS = 120_000  # for what takes seconds here; CI has two slow cores
KERNEL_IS_IDLE = (
    "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
    "?.kernel?.status === 'idle'"
)
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def own_places(folder):
    """Return an environment whose Jupyter keeps everything in `folder`."""
    names = ("CONFIG", "RUNTIME", "DATA")
    places = {f"JUPYTER_{name}_DIR": str(folder / name) for name in names}
    places |= {"IPYTHONDIR": str(folder / "ipython")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "user")}
    places |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    environment = {**os.environ, **places}
    environment.pop("MPLBACKEND", None)
    return environment


@contextmanager
def served(arguments, environment, cwd):
    """Run a hipext command that serves pages; give its process and what it prints."""
    log = cwd / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "hipext", *arguments, "--no-browser"],
            env=environment,
            cwd=cwd,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield server, log
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for_line(pattern, server, log, seconds=120):
    """Return what a server has printed that matches; fail if it stops before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text())
        if found:
            return found[0]
        assert server.poll() is None, f"the server stopped:\n{log.read_text()}"
        time.sleep(0.1)
    raise AssertionError(f"no {pattern!r} within {seconds} s:\n{log.read_text()}")


@contextmanager
def lab_served(folder):
    """Serve JupyterLab as ``hipext lab`` does; give its address.

    The notebooks are in ``folder / "work"``, with what lies there before.
    """
    (folder / "settings").mkdir()
    (folder / "settings" / "overrides.json").write_text(json.dumps(QUIET))
    config = {
        "LabApp": {
            "expose_app_in_browser": True,
            "extension_manager": "readonly",
            "app_settings_dir": str(folder / "settings"),
        },
        "ServerApp": {"port_retries": 0},
        "IdentityProvider": {"token": TOKEN},
    }
    (folder / "CONFIG").mkdir()
    path = folder / "CONFIG" / "jupyter_server_config.json"
    path.write_text(json.dumps(config))
    port = free_port()
    command = ["lab", "work", "--port", str(port), "--allow-root"]
    with served(command, own_places(folder), folder) as (server, log):
        wait_for_line(f"http://127.0.0.1:{port}/lab", server, log)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def app_served(folder):
    """Serve the explorers as ``hipext app`` does; give their address with its token."""
    command = ["app", "--port", str(free_port()), "--allow-root"]
    with served(command, own_places(folder), folder) as (server, log):
        yield wait_for_line(r"http://127\.0\.0\.1:\d+/\?token=\w+", server, log)


def watched_page(browser, *, width=1400, height=1000):
    """Return a new page; `asked` and `faults` list its requests and complaints."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(LONG_MS)
    page.asked, page.faults = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.faults.append(message))
    page.on("pageerror", lambda error: page.faults.append(error))
    return page


def strangers(page, address):
    """Return the requests of a page that went elsewhere."""
    own = (address, address.replace("http:", "ws:"), "data:", "blob:")
    return [asked for asked in page.asked if not asked.startswith(own)]


def complaints(page):
    """Return the errors that a page wrote to its console, or raised."""
    texts = [
        getattr(fault, "text", str(fault))
        for fault in page.faults
        if getattr(fault, "type", "error") == "error"
    ]
    return [text for text in texts if not text.startswith(OF_JUPYTERLAB)]


def open_lab(page, address, name):
    """Open a notebook in JupyterLab and wait for its kernel."""
    page.goto(f"{address}/doc/tree/{name}?token={TOKEN}&reset")
    page.wait_for_function(KERNEL_IS_IDLE)


def open_another(page, name):
    """Open a notebook in the JupyterLab that is there, in place of the one before."""
    page.evaluate(
        """async path => {
            const { commands, shell } = window.jupyterapp;
            const old = shell.currentWidget;
            const opened = await commands.execute("docmanager:open", {
                path, factory: "Notebook" });
            if (old && old !== opened) {
                await old.sessionContext?.shutdown();
                await old.context?.revert();  // or it asks whether to save
                old.close();
            }
            shell.activateById(opened.id);
            await opened.sessionContext.ready;
        }""",
        name,
    )
    page.wait_for_function(
        "path => window.jupyterapp.shell.currentWidget?.context?.path === path",
        arg=name,
    )
    page.wait_for_function(KERNEL_IS_IDLE)


def run_all(page):
    """Run all cells of the open notebook, to their end."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(KERNEL_IS_IDLE)


def outputs(page):
    """Return the outputs of all cells of the open notebook, in order."""
    cells = page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
    )
    return [output for cell in cells for output in cell.get("outputs", [])]


def cells_not_run(page):
    """Return the sources of the code cells that did not run."""
    cells = page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
    )
    return [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and cell["execution_count"] is None
    ]
