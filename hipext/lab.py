"""JupyterLab on a copy of the notebooks."""

import os
import shutil
from collections.abc import Iterator
from filecmp import cmp
from pathlib import Path

from hipext.data import notebooks_dir


def check_user(*, allow_root: bool = False) -> None:
    """Raise ValueError for the root user, unless `allow_root`."""
    is_root = getattr(os, "geteuid", lambda: None)() == 0  # Windows has no such id
    if is_root and not allow_root:
        raise ValueError(
            "JupyterLab does not run as root unless told: hipext lab --allow-root"
        )


def copy_notebooks(folder: Path) -> Iterator[str]:
    """Copy the shipped notebooks that `folder` lacks; yield what was done, in words.

    A notebook that is there already is kept, whatever it holds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(notebooks_dir().glob("*.ipynb")):
        target = folder / source.name
        if not target.exists():
            shutil.copyfile(source, target)
            yield f"{target}: a fresh copy."
        elif not cmp(source, target, shallow=False):
            yield f"{target}: yours is kept. Rename it to get a fresh copy beside it."


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
    _send_at_once()
    arguments = [
        f"--ServerApp.root_dir={folder.resolve()}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        f"--ServerApp.allow_root={allow_root}",
    ]
    LabApp.launch_instance(arguments)


def _send_at_once() -> None:
    """Send small messages to the browser at once: sliders answer about 35 ms sooner.

    The server leaves Nagle's algorithm on. This reaches into a class that may change,
    so a failure changes nothing else.
    """
    try:
        from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

        original = KernelWebsocketHandler.open

        async def open_at_once(self: object, kernel_id: str) -> object:
            self.set_nodelay(True)
            return await original(self, kernel_id)

        KernelWebsocketHandler.open = open_at_once
    except (ImportError, AttributeError):
        return
