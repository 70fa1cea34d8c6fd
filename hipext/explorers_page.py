"""All explorers on one page, each made when it is first looked at."""

import json
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode

import ipywidgets

from hipext import widgets
from hipext._checks import did_you_mean
from hipext.explorer import Explorer

_INTRODUCTION = """\
<h1>Turn a knob, watch a training plan</h1>
<p>Every picture is drawn by a model of progressive hip-extension training. Plans and
people are invented. Nothing here is medical or training advice, and a state of the
model is never a claim about a person.</p>
<p>Sliders move with the arrow keys too, and any number in range can be typed. A link
opens an explorer with settings: <a href="?{query}">?{query}</a></p>"""
_EXAMPLE = {"explorer": "deload", "deload_every_weeks": 3}
_OF_THE_SERVER = {"token", "template", "theme"}  # in an address, not for an explorer

EXPLORERS: dict[str, tuple[str, Callable[[], Explorer]]] = {  # title, how it is made
    "plan": ("Plan", widgets.explore_plan),
    "deload": ("Light weeks", widgets.explore_deload),
    "exercise": ("Exercise", widgets.explore_exercise),
    "effort": ("Effort", widgets.explore_effort),
    "recovery": ("Recovery", widgets.explore_recovery),
    "compare": ("Two plans", widgets.explore_compare),
    "fit": ("Fit", widgets.explore_fit),
}


class ExplorersPage(ipywidgets.VBox):
    """An introduction above tabs, one for each explorer.

    Parameters
    ----------
    query : str, default ""
        ``"explorer=deload&deload_every_weeks=3"`` opens that explorer with that
        setting. What is not allowed is said on the page.

    Attributes
    ----------
    explorers : dict of str to Explorer
        Those made so far, by name.
    tabs : ipywidgets.Tab
        One place for each of `EXPLORERS`, in order.
    """

    def __init__(self, query: str = "") -> None:
        self.explorers: dict[str, Explorer] = {}
        name, settings = _read(query)
        link = escape(urlencode(_EXAMPLE))
        introduction = ipywidgets.HTML(_INTRODUCTION.format(query=link))
        introduction.add_class("hipext-intro")
        self._said = ipywidgets.HTML()
        self.tabs = ipywidgets.Tab(
            [ipywidgets.VBox() for _ in EXPLORERS],
            titles=[title for title, _ in EXPLORERS.values()],
        )
        super().__init__([introduction, self._said, self.tabs])
        self.add_class("hipext-page")
        chosen = name if name in EXPLORERS else next(iter(EXPLORERS))
        self.tabs.selected_index = list(EXPLORERS).index(chosen)
        self._open()
        self.tabs.observe(self._open, names="selected_index")
        if name and name != chosen:
            self._say(_unknown(name))
        elif settings:
            self.explorers[chosen].state.value = json.dumps(settings)

    def _open(self, _change: object = None) -> None:
        """Make the explorer of the chosen tab, if it is not there yet."""
        name = list(EXPLORERS)[self.tabs.selected_index]
        if name in self.explorers:
            return
        place = self.tabs.children[self.tabs.selected_index]
        place.children = [ipywidgets.HTML("<p role='status'>One moment, please.</p>")]
        self.explorers[name] = EXPLORERS[name][1]()
        place.children = [self.explorers[name]]

    def _say(self, text: str) -> None:
        self._said.value = f"<p role='alert'>{escape(text)}</p>"


def _read(query: str) -> tuple[str, Mapping[str, float | str]]:
    """Return the name of an explorer and its settings, as an address has them."""
    values = {key: text for key, text in parse_qsl(query) if key not in _OF_THE_SERVER}
    name = values.pop("explorer", "")
    return name, {key: _number_or_text(text) for key, text in values.items()}


def _number_or_text(text: str) -> float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _unknown(name: str) -> str:
    return (
        f"There is no explorer {name!r}; there are {', '.join(EXPLORERS)}."
        f"{did_you_mean(name, EXPLORERS)}"
    )
