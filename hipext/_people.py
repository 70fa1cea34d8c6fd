"""Persons as the arrays that the day loop reads."""

from collections.abc import Collection, Mapping, Sequence
from math import nan
from typing import NamedTuple

import numpy as np

from hipext._born import GEAR, KNOWN, bear_all
from hipext._checks import PlanError
from hipext._compiled import can_compile, compiled, plain
from hipext._state import FATE, PERSON, STRENGTH
from hipext._traits import traits_of
from hipext.athlete import Athlete, one_rm_of
from hipext.exercises import Exercise
from hipext.population import Cohort

_HOLDS = {"brace": "hold_brace_share", "adduction": "hold_adduction_share"}
_SORENSEN_SHARE = 0.5  # of body mass, as in the catalogue


class People(NamedTuple):
    """Persons as arrays, one row each."""

    persons: np.ndarray  # of PERSON
    strengths: np.ndarray  # [person, exercise] of STRENGTH
    fates: np.ndarray  # [person, week] of FATE


def people_of(
    athletes: Sequence[Athlete],
    exercises: Mapping[str, Exercise],
    names: Sequence[str],
    n_weeks: int,
    model: np.void,
    *,
    needed: Collection[str],
) -> People:
    """Return persons as arrays.

    Parameters
    ----------
    athletes : sequence of Athlete
        Who trains; a `population.Cohort` is drawn without making each an `Athlete`.
    exercises : Mapping[str, Exercise]
        The catalogue.
    names : sequence of str
        Ids of the exercises, in the order of the program.
    n_weeks : int
        Weeks that the plan can take.
    model : numpy.void
        Constants of the day loop.
    needed : collection of str
        Ids of the exercises of the plan; a 1RM of another one may be unknown.

    Raises
    ------
    PlanError
        With every needed 1RM that is neither known nor to be estimated.
    """
    lifts = [exercises[name] for name in names]
    gear = np.array([_gear(lift, model) for lift in lifts], dtype=GEAR)
    alike, rows = who_stands_for(athletes)
    known = [_known(athlete, lifts, exercises, needed) for athlete in alike]
    fates = [[_fate(one, week) for week in range(1, n_weeks + 1)] for one in alike]
    known = np.array(known, dtype=KNOWN).reshape(len(alike), len(lifts))
    fates = np.array(fates, dtype=FATE).reshape(len(alike), n_weeks)
    is_drawn = isinstance(athletes, Cohort)
    traits = athletes.traits() if is_drawn else traits_of(alike)[rows]
    people = People(
        np.zeros(len(rows), dtype=PERSON),
        np.zeros((len(rows), len(lifts)), dtype=STRENGTH),
        fates[rows],
    )
    if len(rows) > 1 and can_compile():
        compiled(bear_all)(traits, known[rows], gear, model, *people[:2])
    else:
        _bear_plainly(traits, known[rows], gear, model, people)
    return people


def who_stands_for(
    athletes: Sequence[Athlete],
) -> tuple[Sequence[Athlete], np.ndarray]:
    """Return persons without copies, and for each of `athletes` the place of its own.

    Those who are drawn go by the average person that they are drawn around.
    """
    if isinstance(athletes, Cohort):
        return [athletes.population.athlete], np.zeros(len(athletes), dtype="int64")
    alike = {id(athlete): athlete for athlete in athletes}
    places = dict(zip(alike, range(len(alike)), strict=True))
    rows = [places[id(athlete)] for athlete in athletes]
    return [*alike.values()], np.array(rows, dtype="int64")


def _bear_plainly(
    traits: np.ndarray,
    known: np.ndarray,
    gear: np.ndarray,
    model: np.void,
    people: People,
) -> None:
    """Fill records in plain Python: numbers go in, records take them."""
    persons, strengths = (part.view(np.recarray) for part in people[:2])
    read = (plain(one) for one in (traits, known, gear, model))
    bear_all(*read, persons, strengths)


def _known(
    athlete: Athlete,
    lifts: Sequence[Exercise],
    exercises: Mapping[str, Exercise],
    needed: Collection[str],
) -> list[tuple]:
    """Return the values of KNOWN for every lift."""
    known, faults = [], []
    for lift in lifts:
        kg, ratio, is_measured = 0.0, 1.0, False
        if lift.needs_one_rm and lift.measure == "reps":
            try:
                found = one_rm_of(athlete, lift.id, exercises)
            except ValueError as fault:
                faults += [str(fault)] if lift.id in needed else []
            else:
                kg, ratio = found.measured_kg, found.ratio
                is_measured = found.is_measured
        known.append((kg, ratio, is_measured, athlete.familiarity.get(lift.id, nan)))
    if faults:
        raise PlanError(athlete.name, faults)
    return known


def _gear(lift: Exercise, model: np.void) -> tuple:
    """Return the values of GEAR; a longest hold is a part of that of the back."""
    share = model[_HOLDS[lift.pattern]] if lift.pattern in _HOLDS else 1.0
    lightness = _SORENSEN_SHARE / max(lift.body_mass_share, 0.1)
    return (
        lift.n_implements,
        lift.body_mass_share if lift.rates_body_mass else 0.0,
        share,
        lightness**model.hold_power,
    )


def _fate(athlete: Athlete, week: int) -> tuple[bool, float]:
    flares = [flare.pain for flare in athlete.flare_ups if flare.week == week]
    return week in athlete.missed_weeks, sum(flares)
