"""Persons as the arrays that the day loop reads."""

from collections.abc import Collection, Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from hipext._checks import PlanError
from hipext._state import BOTH, FATE, LEFT, PERSON, RIGHT, STRENGTH
from hipext.athlete import Athlete, Sides, one_rm_of
from hipext.exercises import Exercise

_USUAL = {"sleep_h": 7.5, "nutrition": 0.75, "hydration": 0.75, "stress": 0.35}
_USUAL_OTHER_SESSIONS = 2
_RECOVERY = (0.4, 1.3)  # least and most that habits make of recovery
_WEAKER = {"left": LEFT, "right": RIGHT, "both": BOTH}
_HOLDS = {"brace": "hold_brace_share", "adduction": "hold_adduction_share"}
_SORENSEN_SHARE = 0.5  # of body mass, as in the catalogue
_NEVER = 99.0  # standard deviations


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
        Who trains.
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
    persons = [_person(athlete, model) for athlete in athletes]
    strengths = [
        _strengths(athlete, lifts, exercises, model, needed) for athlete in athletes
    ]
    fates = [
        [
            (
                week in athlete.missed_weeks,
                sum(flare.pain for flare in athlete.flare_ups if flare.week == week),
            )
            for week in range(1, n_weeks + 1)
        ]
        for athlete in athletes
    ]
    return People(
        np.array(persons, dtype=PERSON),
        np.array(strengths, dtype=STRENGTH).reshape(len(athletes), len(lifts)),
        np.array(fates, dtype=FATE).reshape(len(athletes), n_weeks),
    )


def _person(athlete: Athlete, model: np.void) -> tuple:
    """Return the values of a PERSON, in order."""
    status = athlete.training_status
    strongest = max(athlete.response, 1e-9)  # a ceiling of nothing is divided by
    return (
        athlete.body_mass_kg,
        athlete.response,
        recovery_of(athlete, model),
        _room(model[f"muscle_ceiling_{status}"] * strongest, athlete, model),
        _room(model[f"skill_ceiling_{status}"] * strongest, athlete, model),
        _side_factor(athlete, model),
        athlete.technique,
        athlete.pain_nprs,
        _both(athlete.hip_extension_deg),
        _both(athlete.single_leg_bridge_reps),
        athlete.biering_sorensen_s,
        model[f"tolerance_{status}"],
        _WEAKER[athlete.weaker_side],
        _stays_away_above(athlete),
    )


def recovery_of(athlete: Athlete, model: np.void) -> float:
    """Return how well a person's habits support recovery; 1 for usual habits."""
    habits = athlete.recovery
    extra_h = min(max(habits.sleep_h - _USUAL["sleep_h"], -3.0), 1.0)
    others = max(athlete.other_sessions_per_week - _USUAL_OTHER_SESSIONS, 0)
    recovery = (
        1.0
        + model.recovery_sleep_per_h * extra_h
        + model.recovery_nutrition * (habits.nutrition - _USUAL["nutrition"])
        + model.recovery_hydration * (habits.hydration - _USUAL["hydration"])
        - model.recovery_stress * (habits.stress - _USUAL["stress"])
        - model.recovery_other_sessions * others
    )
    return min(max(recovery, _RECOVERY[0]), _RECOVERY[1])


def _strengths(
    athlete: Athlete,
    lifts: Sequence[Exercise],
    exercises: Mapping[str, Exercise],
    model: np.void,
    needed: Collection[str],
) -> list[tuple]:
    """Return the values of a STRENGTH for every lift; a 1RM of 0 for none."""
    strengths, faults = [], []
    for lift in lifts:
        kg, is_measured = 0.0, False
        if lift.needs_one_rm and lift.measure == "reps":
            try:
                known = one_rm_of(athlete, lift.id, exercises)
            except ValueError as fault:
                faults += [str(fault)] if lift.id in needed else []
            else:
                share = lift.body_mass_share if lift.rates_body_mass else 0.0
                kg = known.kg * max(lift.n_implements, 1)
                kg += share * athlete.body_mass_kg
                is_measured = known.is_measured
        known_well = model[f"familiarity_known_{athlete.training_status}"]
        familiarity = athlete.familiarity.get(lift.id, known_well)
        hold_s = _hold_s(athlete, lift, model)
        strengths.append((kg, is_measured, hold_s, familiarity))
    if faults:
        raise PlanError(athlete.name, faults)
    return strengths


def _both(sides: Sides) -> tuple[float, float]:
    return sides.left, sides.right


def _side_factor(athlete: Athlete, model: np.void) -> tuple[float, float]:
    power = model.sides_power
    left, right = (
        max(reps, 1.0) ** power for reps in _both(athlete.single_leg_bridge_reps)
    )
    return 2 * left / (left + right), 2 * right / (left + right)


def _room(ceiling: float, athlete: Athlete, model: np.void) -> tuple[float, float]:
    """Return the ceiling of either side: the weaker side has more room to the other.

    Sides of one person are alike in what they can become; the difference of today is
    taken to be a difference of training, in the share `sides.room`.
    """
    left, right = (
        (1.0 + ceiling) / factor**model.sides_room - 1.0
        for factor in _side_factor(athlete, model)
    )
    return max(left, 1e-9), max(right, 1e-9)


def _stays_away_above(athlete: Athlete) -> float:
    if athlete.attendance == 1.0:
        return _NEVER
    return NormalDist().inv_cdf(athlete.attendance)


def _hold_s(athlete: Athlete, lift: Exercise, model: np.void) -> float:
    """Return the longest hold at the start, from that of the back."""
    share = model[_HOLDS[lift.pattern]] if lift.pattern in _HOLDS else 1.0
    lightness = _SORENSEN_SHARE / max(lift.body_mass_share, 0.1)
    return athlete.biering_sorensen_s * share * lightness**model.hold_power
