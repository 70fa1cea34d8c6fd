"""Explorers for notebooks: turn a knob, see the curves change."""

import json
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode

import ipywidgets
import pandas as pd

from hipext.athletes.athlete import Athlete
from hipext.explorers.compare_explorer import compare_scene
from hipext.explorers.deload_explorer import deload_scene
from hipext.explorers.effort_explorer import effort_scene
from hipext.explorers.exercise_explorer import exercise_scene
from hipext.explorers.explorer import Explorer
from hipext.explorers.fit_explorer import fit_scene
from hipext.explorers.plan_explorer import plan_scene
from hipext.explorers.recovery_explorer import recovery_scene
from hipext.files.checks import did_you_mean
from hipext.plans.plan import Plan

_INTRODUCTION = """\
<h1>Turn a knob, watch a training plan</h1>
<p>Every picture is drawn by a model of progressive hip-extension training. Plans and
people are invented. Nothing here is medical or training advice, and a state of the
model is never a claim about a person.</p>
<p>Sliders move with the arrow keys too, and any number in range can be typed. A link
opens an explorer with settings: <a href="?{query}">?{query}</a></p>"""
_EXAMPLE = {"explorer": "deload", "deload_every_weeks": 3}
_OF_THE_SERVER = {"token", "template", "theme"}  # in an address, not for an explorer


def explore_plan(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of a plan: volume, hard sets, fitness and fatigue.

    The person answers back, as in `simulate` without chance; where nothing is changed
    the curves are those of the plan as it is.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Shipped person to start with, or a person.

    Returns
    -------
    Explorer
        A widget. Where no widget can be shown, its picture stands in.
    """
    return Explorer(plan_scene(plan, athlete))


def explore_deload(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of light weeks: what two models say about them.

    One model adds up fitness and fatigue; its constants can be turned. The other is
    the person who answers back, once with the light weeks and once without any.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Shipped person to start with, or a person.

    Returns
    -------
    Explorer
    """
    return Explorer(deload_scene(plan, athlete))


def explore_compare(
    a: str | Plan = "guide_16wk",
    b: str | Plan | None = None,
    *,
    population: str = "novices",
    n_persons: int = 64,
    seed: int = 0,
) -> Explorer:
    """Return an explorer of two plans: the same people on the same days in both.

    Parameters
    ----------
    a : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    b : str or Plan, optional
        The other one; the knobs change it. Default: `a` with a session a week less.
    population : str, default "novices"
        Shipped population of which people are drawn.
    n_persons : int, default 64
        How many. Without numba each of them takes some 40 ms per picture.
    seed : int, default 0
        Of the people and of their days.

    Returns
    -------
    Explorer
    """
    return Explorer(compare_scene(a, b, population, n_persons, seed))


def explore_exercise(exercise: str = "romanian_deadlift") -> Explorer:
    """Return an explorer of the catalogue: one exercise, its ladder and its muscles.

    Three ways of counting the same sets for muscles stand side by side, because they
    disagree; see `exercises.muscle_shares`.

    Parameters
    ----------
    exercise : str, default "romanian_deadlift"
        Id, name or alias of the exercise to start with.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    return Explorer(exercise_scene(exercise))


def explore_effort() -> Explorer:
    """Return an explorer of effort: load, repetitions, reserve, set after set.

    The first set goes by the chosen relation (`intensity.RELATIONS`); what earlier
    sets, short rests and slow repetitions cost goes by the day loop of `simulate`. The
    lift is a Romanian deadlift, done by somebody rested and warm: repetitions slower
    than its usual tempo cost some of them.

    Returns
    -------
    Explorer

    Notes
    -----
    Holds are left out: how long one can be kept is, in the model, a trait of the person
    and of the lifted share of body mass, not of a percentage of the 1RM.
    """
    return Explorer(effort_scene())


def explore_recovery(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of recovery: habits, a flare-up of pain, mobility work.

    The person answers back, as in `simulate` without chance. Habits start at those of
    `athlete` and stay where they are when another person is chosen; a flare-up comes
    besides those of the person.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Shipped person to start with, or a person.

    Returns
    -------
    Explorer
    """
    return Explorer(recovery_scene(plan, athlete))


def explore_fit(
    load: pd.Series | None = None, tests: pd.Series | None = None
) -> Explorer:
    """Return an explorer of a fit: Banister's model set by hand, beside the best fit.

    A map shows how well each pair of time constants can meet the tests with gains and
    baseline at their best, and which pairs the tests cannot tell from the best one.

    Parameters
    ----------
    load : pandas.Series, optional
        Training load (a.u.) of consecutive days, as `calibration.fit` takes it.
        Default: the 26 weeks of the notebook 09_fit_your_own_data.
    tests : pandas.Series, optional
        Result of each test, by the same days. Default: the tests of that notebook,
        made by a model, 60 careful ones or 9 rough ones.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        If only one of the two is given, or `calibration.fit` refuses them.
    """
    return Explorer(fit_scene(load, tests))


EXPLORERS: dict[str, tuple[str, Callable[[], Explorer]]] = {  # title, how it is made
    "plan": ("Plan", explore_plan),
    "deload": ("Light weeks", explore_deload),
    "exercise": ("Exercise", explore_exercise),
    "effort": ("Effort", explore_effort),
    "recovery": ("Recovery", explore_recovery),
    "compare": ("Two plans", explore_compare),
    "fit": ("Fit", explore_fit),
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
