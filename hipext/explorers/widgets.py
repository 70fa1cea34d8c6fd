"""The seven explorers as widgets for notebooks, and the page that holds them all."""

import json
from collections.abc import Callable
from contextlib import suppress
from html import escape
from urllib.parse import parse_qsl, urlencode

import ipywidgets

from hipext.explorers.compare_explorer import explore_compare
from hipext.explorers.effort_explorer import explore_effort
from hipext.explorers.exercise_explorer import explore_exercise
from hipext.explorers.explorer import Explorer, Settings
from hipext.explorers.fit_explorer import explore_fit
from hipext.explorers.plan_explorer import explore_deload, explore_plan
from hipext.explorers.recovery_explorer import explore_recovery
from hipext.files.checks import did_you_mean

_INTRODUCTION = """\
<h1>Explore a training plan</h1>
<p>Every picture is drawn by a model of progressive hip-extension training. Plans and
athletes are invented. Nothing here is medical or training advice, and a state of the
model is never a claim about a person.</p>
<p>Sliders move with the arrow keys too, and any number in range can be typed. A link
opens an explorer with settings: <a href="?{query}">?{query}</a></p>"""
_EXAMPLE = {"explorer": "deload", "deload_every_weeks": 3}
_SERVER_KEYS = {"token", "template", "theme"}  # in an address, not for an explorer


EXPLORERS: dict[str, tuple[str, Callable[[], Explorer]]] = {  # title of tab, function
    "plan": ("Plan", explore_plan),
    "deload": ("Deload weeks", explore_deload),
    "exercise": ("Exercise", explore_exercise),
    "effort": ("Effort", explore_effort),
    "recovery": ("Recovery", explore_recovery),
    "compare": ("Two plans", explore_compare),
    "fit": ("Fit", explore_fit),
}


class ExplorersPage(ipywidgets.VBox):
    """An introduction above one tab for each of `EXPLORERS`.

    The query ``"explorer=deload&deload_every_weeks=3"`` opens that explorer with that
    setting. The page shows a message about what is not allowed.
    """

    def __init__(self, query: str = "") -> None:
        self.explorers: dict[str, Explorer] = {}  # opened so far
        name, settings = _read(query)
        link = escape(urlencode(_EXAMPLE))
        introduction = ipywidgets.HTML(_INTRODUCTION.format(query=link))
        introduction.add_class("hipext-intro")
        self._message = ipywidgets.HTML()
        self.tabs = ipywidgets.Tab(
            [ipywidgets.VBox() for _ in EXPLORERS],
            titles=[title for title, _ in EXPLORERS.values()],
        )
        super().__init__([introduction, self._message, self.tabs])
        self.add_class("hipext-page")
        chosen = name if name in EXPLORERS else next(iter(EXPLORERS))
        self.tabs.selected_index = list(EXPLORERS).index(chosen)
        self._open()
        self.tabs.observe(self._open, names="selected_index")
        if name and name != chosen:
            message = (
                f"There is no explorer {name!r}; there are {', '.join(EXPLORERS)}."
                f"{did_you_mean(name, EXPLORERS)}"
            )
            self._message.value = f"<p role='alert'>{escape(message)}</p>"
        elif settings:
            self.explorers[chosen].state.value = json.dumps(settings)

    def _open(self, _change: object = None) -> None:
        """Make the explorer of the chosen tab, if it does not exist yet."""
        name = list(EXPLORERS)[self.tabs.selected_index]
        if name in self.explorers:
            return
        tab = self.tabs.children[self.tabs.selected_index]
        tab.children = [ipywidgets.HTML("<p role='status'>One moment, please.</p>")]
        self.explorers[name] = EXPLORERS[name][1]()
        tab.children = [self.explorers[name]]


def _read(query: str) -> tuple[str, Settings]:
    """Return the name of an explorer and its settings from the query of an address."""
    values = {key: text for key, text in parse_qsl(query) if key not in _SERVER_KEYS}
    name = values.pop("explorer", "")
    return name, {key: _number_or_text(text) for key, text in values.items()}


def _number_or_text(text: str) -> float | str:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text
