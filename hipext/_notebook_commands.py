"""The commands that open a browser: JupyterLab, and all explorers on one page."""

from pathlib import Path

import typer

from hipext import _options as options


def lab(
    folder: options.NotebookFolder = Path("hipext_notebooks"),
    browser: options.OpensBrowser = True,
    port: options.Port = 8888,
    allow_root: options.AllowRoot = False,
) -> None:
    """Open JupyterLab on a copy of the notebooks.

    Your own work is never replaced.
    """
    from hipext.lab import check_user, copy_notebooks, launch  # needs the extra "lab"

    check_user(allow_root=allow_root)
    for line in copy_notebooks(folder):
        typer.echo(line)
    launch(folder, browser=browser, port=port, allow_root=allow_root)


def app(
    browser: options.OpensBrowser = True,
    port: options.Port = 8866,
    allow_root: options.AllowRoot = False,
) -> None:
    """Open all explorers on one page, without any code.

    An address such as ?explorer=deload&deload_every_weeks=3 opens one with settings.
    """
    from hipext.app import launch  # needs the extra "app"
    from hipext.lab import check_user

    check_user(allow_root=allow_root, command="app")
    launch(tell=typer.echo, browser=browser, port=port)


COMMANDS = (lab, app)
