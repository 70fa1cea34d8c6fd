"""Explorers for notebooks: turn a knob, see the curves change."""

import pandas as pd

from hipext.athlete import Athlete
from hipext.compare_explorer import compare_scene
from hipext.deload_explorer import deload_scene
from hipext.effort_explorer import effort_scene
from hipext.exercise_explorer import exercise_scene
from hipext.explorer import Explorer
from hipext.fit_explorer import fit_scene
from hipext.plan import Plan
from hipext.plan_explorer import plan_scene
from hipext.recovery_explorer import recovery_scene


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
