"""All explorers as one page in the browser, served by Voila on this machine only."""

import os
import tempfile
import webbrowser
from collections.abc import Callable
from html import escape
from pathlib import Path
from threading import Thread

from hipext.lab import machine_code_made_aside, send_at_once

_TEMPLATES = Path(__file__).parent / "templates"
_NOTEBOOK = _TEMPLATES / "explorers.ipynb"
_EXTENSIONS = (  # of JupyterLab; others are not made for Voila and load slowly
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
)
_IDLE_S = 3600  # after that long without a page, a kernel is ended
_DOOR = """\
<!DOCTYPE html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={url}">
<title>hipext</title>
<p><a href="{url}">To the explorers</a></p>
"""


def launch(
    *, tell: Callable[[str], None], browser: bool = True, port: int = 8866
) -> None:
    """Serve the page until it is stopped; local, with a token.

    Parameters
    ----------
    tell : callable
        Is given the address, token included, as soon as the page is there.
    browser : bool, default True
        Whether to open it.
    port : int, default 8866
        The next free one is taken.

    Raises
    ------
    ValueError
        If Voila is not installed.
    """
    try:
        from voila.app import Voila
    except ImportError:
        raise ValueError(
            "Voila is not installed. Install it with: pip install 'hipext[app,lab]'"
        ) from None

    class Explorers(Voila):
        """Voila that answers to names of this machine alone, and says its token."""

        def init_settings(self) -> dict[str, object]:
            """Let no page from elsewhere lend this server its name."""
            return super().init_settings() | {"allow_remote_access": False}

        def launch_browser(self) -> None:
            """Tell the address and open it with its token: one click is enough."""
            url = f"{self.connection_url}?token={self.identity_provider.token}"
            tell(f"The explorers are at {url}\nTo stop them: Ctrl-C.")
            if browser:
                _open_unseen(url)

    paths = [str(_TEMPLATES / "jupyter"), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    send_at_once()
    with machine_code_made_aside():
        Explorers.launch_instance(_arguments(port))


def _arguments(port: int) -> list[str]:
    return [
        str(_NOTEBOOK),
        "--Voila.ip=127.0.0.1",
        f"--Voila.port={port}",
        "--Voila.open_browser=True",  # calls launch_browser
        "--Voila.auto_token=True",
        "--Voila.log_level=WARN",
        "--VoilaConfiguration.template=hipext",
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NO",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in _EXTENSIONS),
        f"--MappingKernelManager.cull_idle_timeout={_IDLE_S}",
    ]


def _open_unseen(url: str) -> Thread:
    """Open an address in the browser, by way of a file that only its owner can read.

    As an argument of the browser the token would be seen in the list of processes.
    """
    number, path = tempfile.mkstemp(prefix="hipext_", suffix=".html")
    os.close(number)
    Path(path).write_text(_DOOR.format(url=escape(url)), encoding="utf-8")
    opening = Thread(target=webbrowser.open, args=(Path(path).as_uri(),), daemon=True)
    opening.start()
    return opening
