"""Run notebooks top to bottom and store their outputs, the same bytes every time.

    python tests/execute_notebooks.py [NOTEBOOK ...]

Without arguments all notebooks of the project are run. What differs from run to run
(times, widget ids) or between machines (version of Python) is not stored.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def execute(path):
    """Run the notebook at `path` and write it back in its normal form."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    text = nbformat.writes(normal_form(notebook))
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def normal_form(notebook):
    """Return `notebook` without what differs from run to run."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return nbformat.from_dict(number_widgets(notebook))


def number_widgets(notebook):
    """Return `notebook` with the ids of its widgets replaced by 1, 2, ..."""
    text = json.dumps(notebook)
    for number, model_id in enumerate(dict.fromkeys(widget_ids(notebook)), start=1):
        text = text.replace(model_id, f"{number:032x}")
    return json.loads(text)


def widget_ids(notebook):
    """Return the ids of all widgets shown in the outputs, in order."""
    return [
        output["data"][WIDGET_VIEW]["model_id"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if WIDGET_VIEW in output.get("data", {})
    ]


def main(arguments):
    """Run the notebooks named, or all of them."""
    os.environ.pop("MPLBACKEND", None)
    paths = [Path(name).resolve() for name in arguments]
    with tempfile.TemporaryDirectory() as os.environ["IPYTHONDIR"]:
        for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
            print(f"running {path.name} ...", flush=True)
            execute(path)


if __name__ == "__main__":
    main(sys.argv[1:])
