"""Open the notebooks in JupyterLab, or the explorers as a web page (Voila)."""

import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from filecmp import cmp
from html import escape
from pathlib import Path
from subprocess import DEVNULL, Popen
from threading import Thread
from types import ModuleType

from hipext.files.checks import InputError, import_extra
from hipext.files.io import data_dir, notebooks_dir, write_files

_KEPT = "yours is kept. Rename it to get a fresh copy beside it."
_TEMPLATES = Path(__file__).parent / "templates"
_EXTENSIONS = (  # of JupyterLab; others are not for Voila and load slowly
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
)
_VOILA_ARGUMENTS = (
    str(_TEMPLATES / "explorers.ipynb"),
    "--Voila.ip=127.0.0.1",
    "--Voila.open_browser=True",  # calls launch_browser
    "--Voila.auto_token=True",
    "--Voila.log_level=WARN",
    "--VoilaConfiguration.template=hipext",
    "--VoilaConfiguration.allow_template_override=NO",
    "--VoilaConfiguration.allow_theme_override=NO",
    *(f"--VoilaConfiguration.extension_allowlist={name}" for name in _EXTENSIONS),
    # A kernel that has had no page for an hour is ended.
    "--MappingKernelManager.cull_idle_timeout=3600",
)
_REDIRECT = """\
<!DOCTYPE html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={url}">
<title>hipext</title>
<p><a href="{url}">To the explorers</a></p>
"""


def check_user(*, allow_root: bool = False, command: str = "lab") -> None:
    """Raise InputError for root, unless `allow_root`, and for a user without a home."""
    is_root = getattr(os, "geteuid", lambda: None)() == 0  # Windows has no such id
    if is_root and not allow_root:
        raise InputError(
            "What runs as root can change everything here. If that is meant: "
            f"hipext {command} --allow-root"
        )
    try:
        Path.home()
    except RuntimeError:
        raise InputError(
            "Jupyter keeps files in the home folder of the user, who has none here. "
            f"Name a folder that can be written: HOME=/some/folder hipext {command}"
        ) from None


def copy_notebooks(folder: Path) -> Iterator[str]:
    """Copy the files of the course that `folder` lacks; yield what became of each."""
    notebooks, flaws = notebooks_dir(), data_dir() / "flaws"
    copies = {path.name: path for path in sorted(notebooks.glob("*.ipynb"))}
    copies |= {path.name: path for path in sorted(notebooks.glob("*.md"))}
    # The guides link to the flawed plans there.
    copies |= {f"data/flaws/{path.name}": path for path in sorted(flaws.glob("*.toml"))}
    contents = {name: path.read_bytes() for name, path in copies.items()}
    written = write_files(contents, folder, replace=False)
    for name, source in copies.items():
        target = folder / name
        if target in written:
            yield f"{target}: a fresh copy."
        elif not (target.is_file() and cmp(source, target, shallow=False)):
            yield f"{target}: {_KEPT}"


def jupyterlab() -> ModuleType:
    """Return JupyterLab's application; MissingExtra if it is not installed."""
    use = "hipext lab opens JupyterLab, which is not installed."
    return import_extra("jupyterlab.labapp", "lab", use=use)


def launch_lab(
    folder: Path, *, browser: bool = True, port: int = 8888, allow_root: bool = False
) -> None:
    """Run JupyterLab in `folder` until it is stopped; local, with a token."""
    lab = jupyterlab()
    send_at_once()
    arguments = [
        f"--ServerApp.root_dir={folder.resolve()}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        f"--ServerApp.allow_root={allow_root}",
    ]
    with compile_in_background():
        lab.LabApp.launch_instance(arguments)


@contextmanager
def compile_in_background() -> Iterator[None]:
    """Compile the day loop in another process meanwhile, where numba is installed."""
    # It takes up to a minute once; a kernel that starts earlier compiles for itself.
    # Here, because it loads NumPy.
    from hipext.engine.compiled import can_compile

    if not can_compile():
        yield
        return
    quiet = {"stdin": DEVNULL, "stdout": DEVNULL, "stderr": DEVNULL}
    # -P: no file in the folder where this was started is taken for a module.
    command = [sys.executable, "-P", "-m", "hipext.explorers.cached_runs"]
    compiler = Popen(command, **quiet)
    try:
        yield
    finally:
        compiler.terminate()
        compiler.wait()


def send_at_once() -> None:
    """Turn Nagle's algorithm off in the server: explorers answer 35 ms sooner."""
    # The class may change (Voila's inherits from it): a failure has no other effect.
    try:
        from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

        original = KernelWebsocketHandler.open
    except (ImportError, AttributeError):
        return

    async def open_at_once(self: object, kernel_id: str) -> object:
        with suppress(Exception):  # then messages are slower
            self.set_nodelay(True)
        return await original(self, kernel_id)

    KernelWebsocketHandler.open = open_at_once


def launch_app(
    *, tell: Callable[[str], None], browser: bool = True, port: int = 8866
) -> None:
    """Serve the page of all explorers, and call `tell` with its address and token."""
    use = "hipext app serves its page with Voila, which is not installed."
    voila = import_extra("voila.app", "app,lab", use=use)

    class Explorers(voila.Voila):
        """Voila for this machine alone, which announces its address with the token."""

        def init_settings(self) -> dict[str, object]:
            """Refuse requests under other host names: they could come from any page."""
            return super().init_settings() | {"allow_remote_access": False}

        def launch_browser(self) -> None:
            """Announce the address, and open it with its token."""
            url = f"{self.connection_url}?token={self.identity_provider.token}"
            tell(f"The explorers are at {url}\nTo stop them: Ctrl-C.")
            if browser:
                _open_privately(url)

    paths = [str(_TEMPLATES / "jupyter"), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    send_at_once()
    with compile_in_background():
        Explorers.launch_instance([*_VOILA_ARGUMENTS, f"--Voila.port={port}"])


def _open_privately(url: str) -> Thread | None:
    """Open an address in the browser through a file that only its owner can read."""
    # As an argument of the browser the token would appear in the list of processes.
    try:
        number, path = tempfile.mkstemp(prefix="hipext_", suffix=".html")
        os.close(number)
        Path(path).write_text(_REDIRECT.format(url=escape(url)), encoding="utf-8")
    except OSError:  # no room for a file: the address is on the terminal as well
        return None
    opening = Thread(target=webbrowser.open, args=(Path(path).as_uri(),), daemon=True)
    opening.start()
    return opening
