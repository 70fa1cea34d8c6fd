"""The traits of a person of a file, and back to a person."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from hipext._born import STATUSES, TRAITS
from hipext.athlete import Athlete, Sides

_NEVER = 99.0  # standard deviations
_OF_SIDES = {  # fields of a person and their traits
    "legs": "legs",
    "hip_extension_deg": "range_deg",
    "single_leg_bridge_reps": "bridge_reps",
}


def traits_of(athletes: Sequence[Athlete]) -> np.ndarray:
    """Return the traits of persons, of `_born.TRAITS`."""
    return np.array([_traits(athlete) for athlete in athletes], dtype=TRAITS)


def _traits(athlete: Athlete) -> tuple:
    """Return the values of TRAITS, in order."""
    habits = athlete.recovery
    return (
        athlete.body_mass_kg,
        1.0,
        athlete.response,
        _both(athlete.legs),
        STATUSES.index(athlete.training_status),
        athlete.technique,
        athlete.pain_nprs,
        _both(athlete.hip_extension_deg),
        _both(athlete.single_leg_bridge_reps),
        athlete.biering_sorensen_s,
        habits.sleep_h,
        habits.nutrition,
        habits.hydration,
        habits.stress,
        athlete.other_sessions_per_week,
        _stays_away_above(athlete),
    )


def _both(sides: Sides) -> tuple[float, float]:
    return sides.left, sides.right


def _stays_away_above(athlete: Athlete) -> float:
    if athlete.attendance == 1.0:
        return _NEVER
    return NormalDist().inv_cdf(athlete.attendance)


def athlete_with(average: Athlete, has: np.void, *, name: str) -> Athlete:
    """Return a person with traits that were drawn; the rest is the average person's."""
    changes = {
        "name": name,
        "body_mass_kg": float(has["body_mass_kg"]),
        "training_status": STATUSES[int(has["status"])],
        "response": float(has["response"]),
        "technique": float(has["technique"]),
        "biering_sorensen_s": float(has["sorensen_s"]),
        "one_rm_kg": {
            lift: kg * float(has["strength"]) for lift, kg in average.one_rm_kg.items()
        },
    }
    for field, trait in _OF_SIDES.items():
        left, right = has[trait].tolist()
        changes[field] = type(getattr(average, field))(left=left, right=right)
    habits = {"sleep_h": float(has["sleep_h"]), "stress": float(has["stress"])}
    changes["recovery"] = average.recovery.model_copy(update=habits)
    return average.model_copy(update=changes)
