"""Time the explorers: from a knob to its picture, in Python, a kernel and a browser.

    python tests/benchmarks/bench_explorers.py [MOVES]

MOVES (default 60) are made for every row. Beside the deload explorer stands the same
plan drawn by `ipywidgets.interactive_output`, with a new figure each time. Pages come
from ``hipext lab`` and ``hipext app``; without Chromium they are left out. Promised for
the deload explorer on two quiet cores: kernel 16 ms (95 %: 25 ms), page 50 ms (100 ms).
"""

import asyncio
import os
import shutil
import sys
import time
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import numpy as np
from browser_pages import app_served, lab_served, open_lab, run_all, watched_page
from conftest import CHROMIUM_FLAGS
from nbclient import NotebookClient

from hipext.explorers.cached_runs import compile_day_loop
from hipext.explorers.explorer import Number
from hipext.explorers.widgets import EXPLORERS

WARM_UP = 10
EXPLORER = """
from hipext.explorers import explore_deload
from hipext.explorers.cached_runs import compile_day_loop
compile_day_loop()
explorer = explore_deload()
explorer"""
PLAIN = """
import ipywidgets
from IPython.display import display
from hipext.explorers.cached_runs import compile_day_loop
from hipext.explorers.plan_explorer import explore_deload
from hipext.explorers.explorer import Number, field_of
%matplotlib inline
compile_day_loop()
definition = explore_deload().definition
sliders = {
    one.name: ipywidgets.IntSlider(value=one.start, min=one.low, max=one.high)
    if isinstance(one, Number) and one.is_whole else field_of(one)
    for one in definition.controls
}

def draw(**settings):
    shown = definition.evaluate(settings)
    drawing = definition.drawing(shown)
    drawing.show(shown)
    for artist in drawing.picture.moving:
        artist.set_animated(False)
    display(drawing.figure)
    print(definition.description(shown))

out = ipywidgets.interactive_output(draw, sliders)
ipywidgets.VBox([*sliders.values(), out])"""
KNOB_IDS = {  # of the first number
    EXPLORER: "next(iter(explorer.knobs.values())).model_id",
    PLAIN: "next(iter(sliders.values())).model_id",
}
NEXT_PICTURE = """root => {
    const old = root.querySelector("img").src;
    window.nextPicture = new Promise(done => {
        let start;
        const press = () => { start = performance.now(); };
        window.addEventListener("keydown", press, { once: true, capture: true });
        const watcher = new MutationObserver(async () => {
            const image = root.querySelector("img");
            if (!image || image.src === old) return;
            watcher.disconnect();
            await image.decode();
            done(performance.now() - start);
        });
        watcher.observe(root, { subtree: true, childList: true, attributes: true });
    });
}"""


def there_and_back(number, n):
    """Return `n` values of a control: up to its end, down to the other, and so on."""
    steps = round((number.high - number.low) / number.step)
    values = [number.low + i * number.step for i in range(steps + 1)]
    start = int(np.argmin([abs(value - number.start) for value in values]))
    ring = [*values, *values[-2:0:-1]]
    return list(islice(cycle(ring), start + 1, start + 1 + n))


def print_row(name, times):
    """Print a row; return its median."""
    median, late = np.quantile(times, [0.5, 0.95])
    print(f"{name:<46}{median:>8.1f}{late:>8.1f}", flush=True)
    return median


def in_process(name, n):
    """Return the times of moves of the first number of an explorer, in ms."""
    compile_day_loop()
    explorer = EXPLORERS[name][1]()
    numbers = [one for one in explorer.definition.controls if isinstance(one, Number)]
    times = []
    for value in there_and_back(numbers[0], n + WARM_UP):
        start = time.perf_counter()
        explorer.knobs[numbers[0].name].value = value
        times.append(1000 * (time.perf_counter() - start))
    return times[WARM_UP:]


async def in_kernel(source, n):
    """Return the times from a message of a page to the end of its answer, in ms."""
    cells = [source, f"import json; print({KNOB_IDS[source]})"]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    client = NotebookClient(notebook, timeout=600, extra_arguments=["--log-level=40"])
    async with client.async_setup_kernel():
        for i, cell in enumerate(notebook.cells):
            await client.async_execute_cell(cell, i)
        knob = notebook.cells[1].outputs[0]["text"].strip()
        number = EXPLORERS["deload"][1]().definition.controls[0]
        times = []
        for value in there_and_back(number, n + WARM_UP):
            times.append(await _answered(client.kc, knob, value))
    return times[WARM_UP:]


async def _answered(kernel, knob, value):
    update = {"method": "update", "state": {"value": value}, "buffer_paths": []}
    message = kernel.session.msg("comm_msg", {"comm_id": knob, "data": update})
    start = time.perf_counter()
    kernel.shell_channel.send(message)
    while True:
        heard = await kernel.get_iopub_msg(timeout=60)
        if heard["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if heard["content"].get("execution_state") == "idle":
            return 1000 * (time.perf_counter() - start)


def on_page(page, home, n):
    """Return the times from a key on the first slider to the picture, in ms."""
    home.locator("img").first.wait_for()
    handle = home.locator(".noUi-handle").first
    handle.focus()
    root, times, key = home.element_handle(), [], "ArrowRight"
    for _ in range(n + WARM_UP):
        now, low, high = (
            float(handle.get_attribute(f"aria-value{x}")) for x in ("now", "min", "max")
        )
        key = {low: "ArrowRight", high: "ArrowLeft"}.get(now, key)
        page.evaluate(NEXT_PICTURE, root)
        page.keyboard.press(key)
        times.append(page.evaluate("() => window.nextPicture"))
    return times[WARM_UP:]


@contextmanager
def chromium():
    """Give a browser."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)


def in_lab(n):
    """Return the times of the explorer and of `interactive_output` in JupyterLab."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "work").mkdir()
        for i, source in enumerate((EXPLORER, PLAIN)):
            cells = [nbformat.v4.new_code_cell(source.strip())]
            notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
            nbformat.write(notebook, folder / "work" / f"bench_{i}.ipynb")
        times = []
        with lab_served(folder) as address, chromium() as browser:
            for i in range(2):
                page = watched_page(browser)
                open_lab(page, address, f"bench_{i}.ipynb")
                run_all(page)
                home = page.locator(".jp-Notebook .jp-Cell").first
                times.append(on_page(page, home, n))
                page.close()
        return times


def in_app(n):
    """Return the times of the explorer in the app."""
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as name,
        app_served(Path(name)) as address,
        chromium() as browser,
    ):
        page = watched_page(browser)
        page.goto(f"{address}&explorer=deload")
        home = page.locator(".hipext-explorer").first
        home.wait_for()
        time.sleep(10)  # the machine code of the day loop is made aside
        return on_page(page, home, n)


def main(n=60):
    """Print the table."""
    n = int(n)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"{os.cpu_count()} cores, load {load}; {n} moves a row, ms")
    print(f"{'':<46}{'median':>8}{'95 %':>8}")
    for name in EXPLORERS:
        print_row(f"{name}, in process", in_process(name, n))
    fast = print_row("deload, message to a kernel", asyncio.run(in_kernel(EXPLORER, n)))
    slow = print_row("interactive_output, the same", asyncio.run(in_kernel(PLAIN, n)))
    print(f"{'ratio':<46}{slow / fast:>8.1f}")
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        print("No Chromium here: pages are left out.")
        return
    explorer, plain = in_lab(n)
    fast = print_row("deload, key to picture in JupyterLab", explorer)
    slow = print_row("interactive_output, the same", plain)
    print(f"{'ratio':<46}{slow / fast:>8.1f}")
    print_row("deload, key to picture in the app", in_app(n))
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
