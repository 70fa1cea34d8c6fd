"""The seven explorers as widgets for notebooks, and the page that holds them all."""

import json
from collections.abc import Callable
from html import escape
from urllib.parse import parse_qsl, urlencode

import ipywidgets
import pandas as pd

from hipext.athletes.athlete import Athlete
from hipext.explorers.compare_explorer import compare_definition
from hipext.explorers.deload_explorer import deload_definition
from hipext.explorers.effort_explorer import effort_definition
from hipext.explorers.exercise_explorer import exercise_definition
from hipext.explorers.explorer import Explorer, Settings
from hipext.explorers.fit_explorer import fit_definition
from hipext.explorers.plan_explorer import plan_definition
from hipext.explorers.recovery_explorer import recovery_definition
from hipext.files.checks import did_you_mean
from hipext.plans.plan import Plan

_INTRODUCTION = """\
<h1>Explore a training plan</h1>
<p>Every picture is drawn by a model of progressive hip-extension training. Plans and
athletes are invented. Nothing here is medical or training advice, and a state of the
model is never a claim about a person.</p>
<p>Sliders move with the arrow keys too, and any number in range can be typed. A link
opens an explorer with settings: <a href="?{query}">?{query}</a></p>"""
_EXAMPLE = {"explorer": "deload", "deload_every_weeks": 3}
_SERVER_KEYS = {"token", "template", "theme"}  # in an address, not for an explorer


def explore_plan(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of a plan: volume, hard sets, fitness and fatigue.

    Performance, pain and fatigue feed back into the plan, as in `simulate` without
    noise. At the start the curves are those of the unchanged plan.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Name of a shipped athlete, or an athlete, to start with.

    Returns
    -------
    Explorer
        A widget. Where no widget can be shown, its picture is shown.
    """
    return Explorer(plan_definition(plan, athlete))


def explore_deload(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of deload weeks, by two models.

    One model adds up fitness and fatigue; its constants are controls. The other is the
    simulation without noise, once with the deload weeks and once without any.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Name of a shipped athlete, or an athlete, to start with.

    Returns
    -------
    Explorer
    """
    return Explorer(deload_definition(plan, athlete))


def explore_compare(
    a: str | Plan = "guide_16wk",
    b: str | Plan | None = None,
    *,
    population: str = "novices",
    n_persons: int = 64,
    seed: int = 0,
) -> Explorer:
    """Return an explorer of two plans: the same athletes on the same days in both.

    Parameters
    ----------
    a : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    b : str or Plan, optional
        The other plan; the controls change it. Default: `a` with a session a week
        less.
    population : str, default "novices"
        Shipped population from which the athletes are drawn.
    n_persons : int, default 64
        Number of athletes. Without numba each takes some 40 ms per picture.
    seed : int, default 0
        Seed of the athletes and of the noise of their days.

    Returns
    -------
    Explorer
    """
    return Explorer(compare_definition(a, b, population, n_persons, seed))


def explore_exercise(exercise: str = "romanian_deadlift") -> Explorer:
    """Return an explorer of the catalogue: one exercise, its ladder and its muscles.

    Three ways of counting the same sets for muscles are shown side by side, because
    they disagree; see `exercises.muscle_shares`.

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
    return Explorer(exercise_definition(exercise))


def explore_effort() -> Explorer:
    """Return an explorer of effort: load, repetitions, reserve, set after set.

    The first set follows the chosen relation (`intensity.RELATIONS`); the effects of
    earlier sets, short rests and slow repetitions are those of `simulate`. The lift is
    a Romanian deadlift by a rested athlete after a warm-up. Repetitions slower than its
    usual tempo reduce their number.

    Returns
    -------
    Explorer

    Notes
    -----
    Holds are left out: in the model their longest duration depends on the athlete and
    the lifted share of body mass, not on a percentage of the 1RM.
    """
    return Explorer(effort_definition())


def explore_recovery(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of recovery: habits, a flare-up of pain, mobility work.

    Performance, pain and fatigue feed back into the plan, as in `simulate` without
    noise. Habits start at those of `athlete` and keep their values when another athlete
    is chosen; a flare-up is added to those of the athlete.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Name of a shipped athlete, or an athlete, to start with.

    Returns
    -------
    Explorer
    """
    return Explorer(recovery_definition(plan, athlete))


def explore_fit(
    load: pd.Series | None = None, tests: pd.Series | None = None
) -> Explorer:
    """Return an explorer of a fit: Banister's model set by hand, beside the best fit.

    A map shows how well each pair of time constants can fit the tests with the best
    gains and baseline, and which pairs the tests cannot distinguish from the best one.

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
    return Explorer(fit_definition(load, tests))


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
    """An introduction above one tab for each explorer.

    Parameters
    ----------
    query : str, default ""
        ``"explorer=deload&deload_every_weeks=3"`` opens that explorer with that
        setting. The page shows a message about what is not allowed.

    Attributes
    ----------
    explorers : dict of str to Explorer
        Those opened so far, by name.
    tabs : ipywidgets.Tab
        One tab for each of `EXPLORERS`, in order.
    """

    def __init__(self, query: str = "") -> None:
        self.explorers: dict[str, Explorer] = {}
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
        try:
            return kind(text)
        except ValueError:
            continue
    return text
