"""JupyterLab on a copy of the notebooks."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from filecmp import cmp
from pathlib import Path
from subprocess import DEVNULL, Popen

from hipext._compiled import can_compile
from hipext.data import data_dir, notebooks_dir

_KEPT = "yours is kept. Rename it to get a fresh copy beside it."


def check_user(*, allow_root: bool = False, command: str = "lab") -> None:
    """Raise ValueError for the root user, unless `allow_root`."""
    is_root = getattr(os, "geteuid", lambda: None)() == 0  # Windows has no such id
    if is_root and not allow_root:
        raise ValueError(
            "What runs as root can change everything here. If that is meant: "
            f"hipext {command} --allow-root"
        )


def copy_notebooks(folder: Path) -> Iterator[str]:
    """Copy what `folder` lacks of the course; yield what was done, in words.

    A file that is there already is kept, whatever it holds.
    """
    for source, name in _course():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("xb") as copy, source.open("rb") as original:
                shutil.copyfileobj(original, copy)
        except FileExistsError:
            if not (target.is_file() and cmp(source, target, shallow=False)):
                yield f"{target}: {_KEPT}"
        else:
            yield f"{target}: a fresh copy."


def _course() -> Iterator[tuple[Path, Path]]:
    """Yield the files of the course and their places: notebooks, guides, and flaws.

    The plans with flaws lie where the guides look for them.
    """
    for kind in ("*.ipynb", "*.md"):
        for path in sorted(notebooks_dir().glob(kind)):
            yield path, Path(path.name)
    for path in sorted((data_dir() / "flaws").glob("*.toml")):
        yield path, Path("data", "flaws", path.name)


def launch(
    folder: Path, *, browser: bool = True, port: int = 8888, allow_root: bool = False
) -> None:
    """Run JupyterLab in `folder` until it is stopped; local, with a token.

    Raises
    ------
    ValueError
        If JupyterLab is not installed.
    """
    try:
        from jupyterlab.labapp import LabApp
    except ImportError:
        raise ValueError(
            "JupyterLab is not installed. Install it with: pip install 'hipext[lab]'"
        ) from None
    send_at_once()
    arguments = [
        f"--ServerApp.root_dir={folder.resolve()}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        f"--ServerApp.allow_root={allow_root}",
    ]
    with machine_code_made_aside():
        LabApp.launch_instance(arguments)


@contextmanager
def machine_code_made_aside() -> Iterator[None]:
    """Make machine code in another process meanwhile, where it can be made.

    The first time on a machine that takes up to a minute. A kernel that begins before
    it is done makes its own, and answers more slowly until then.
    """
    if not can_compile():
        yield
        return
    quiet = {"stdin": DEVNULL, "stdout": DEVNULL, "stderr": DEVNULL}
    # -P: no file in the folder where this was started is taken for a module.
    maker = Popen([sys.executable, "-P", "-m", "hipext._machine_code"], **quiet)
    try:
        yield
    finally:
        maker.terminate()
        maker.wait()


def send_at_once() -> None:
    """Send small messages to the browser at once: sliders answer about 35 ms sooner.

    The server leaves Nagle's algorithm on. This reaches into a class that may change
    (Voila's inherits from it), so a failure changes nothing else.
    """
    try:
        from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

        original = KernelWebsocketHandler.open
    except (ImportError, AttributeError):
        return

    async def open_at_once(self: object, kernel_id: str) -> object:
        with suppress(Exception):  # slower is better than not at all
            self.set_nodelay(True)
        return await original(self, kernel_id)

    KernelWebsocketHandler.open = open_at_once
