"""What a person brings, as numbers, and what the day loop makes of it; who is drawn.

Persons of files and persons drawn by chance take the same way: traits, then the record
that the day loop reads. Everything here runs in plain Python and compiled alike.
"""

from math import exp

import numpy as np

from hipext._state import BOTH, LEFT, RIGHT, SIDES
from hipext.random import normals, philox

STATUSES = ("untrained", "novice", "intermediate", "trained")
USUAL_SLEEP_H, USUAL_EATING, USUAL_STRESS = 7.5, 0.75, 0.35
USUAL_OTHER_SESSIONS = 2.0
LEAST_RECOVERY, MOST_RECOVERY = 0.4, 1.3  # what habits make of recovery
TRAIT = 5  # channel of random numbers that the day loop does not use
MAX_RESPONSE, MAX_LEG, MAX_BODY_MASS_KG = 5.0, 5.0, 250.0  # of the person file
MIN_BODY_MASS_KG, MAX_STRENGTH, MAX_RANGE_DEG, MAX_SORENSEN_S = 30.0, 3.0, 60.0, 600.0
_SPAN = 4294967296.0  # 2**32
_REAL, _WHOLE, _FLAG, _OF_SIDES = "f8", "i8", "?", (2,)

TRAITS = np.dtype(
    [
        ("body_mass_kg", _REAL),
        ("strength", _REAL),  # times the 1RMs that are known
        ("response", _REAL),
        ("legs", _REAL, _OF_SIDES),
        ("status", _WHOLE),  # place in STATUSES
        ("technique", _REAL),
        ("pain", _REAL),
        ("range_deg", _REAL, _OF_SIDES),
        ("bridge_reps", _REAL, _OF_SIDES),
        ("sorensen_s", _REAL),
        ("sleep_h", _REAL),
        ("nutrition", _REAL),
        ("hydration", _REAL),
        ("stress", _REAL),
        ("other_sessions", _REAL),
        ("stays_away_above", _REAL),
    ],
    align=True,
)
KNOWN = np.dtype(  # of one lift of one person
    [
        ("measured_kg", _REAL),  # 1RM of the lift that it is estimated from; 0: none
        ("ratio", _REAL),  # to that one
        ("is_measured", _FLAG),
        ("familiarity", _REAL),  # missing: by training status
    ],
    align=True,
)
GEAR = np.dtype(  # of one lift, whoever does it
    [
        ("n_implements", _REAL),
        ("rated_share", _REAL),
        ("hold_share", _REAL),  # of the hold of the back
        ("hold_factor", _REAL),
    ],
    align=True,
)
SPREAD = np.dtype(  # how persons of a population differ; of logarithms where "log"
    [
        ("log_response", _REAL),
        ("legs_r", _REAL),
        ("log_one_rm", _REAL),
        ("log_body_mass", _REAL),
        ("technique", _REAL),
        ("range_deg", _REAL),
        ("sides_range_deg", _REAL),
        ("log_bridge", _REAL),
        ("log_sides_bridge", _REAL),
        ("log_sorensen", _REAL),
        ("sleep_h", _REAL),
        ("stress", _REAL),
    ],
    align=True,
)
GROUP = np.dtype([("up_to", _REAL), ("status", _WHOLE), ("strength", _REAL)])


def bear_all(
    traits: np.ndarray,
    known: np.ndarray,
    gear: np.ndarray,
    model: np.void,
    persons: np.ndarray,
    strengths: np.ndarray,
) -> None:
    """Fill the records of the day loop from traits.

    `traits` is [person], `known` [person, lift] of KNOWN, `gear` [lift], `persons`
    [person] of `_state.PERSON` and `strengths` [person, lift] of `_state.STRENGTH`.
    """
    for who in range(len(traits)):
        bear(traits[who], model, persons[who])
        for e in range(len(gear)):
            know(traits[who], known[who, e], gear[e], model, strengths[who, e])


def bear(has: np.void, model: np.void, me: np.void) -> None:
    """Fill the record of a person."""
    status = has.status
    me.body_mass_kg, me.technique, me.chronic_pain = (
        has.body_mass_kg,
        has.technique,
        has.pain,
    )
    me.recovery = recovery_of(has, model)
    me.sorensen_s, me.stays_away_above = has.sorensen_s, has.stays_away_above
    left = max(has.bridge_reps[LEFT], 1.0) ** model.sides_power
    right = max(has.bridge_reps[RIGHT], 1.0) ** model.sides_power
    muscle, skill, tolerance = (
        model.muscle_ceiling_untrained,
        model.skill_ceiling_untrained,
        model.tolerance_untrained,
    )
    if status == 1:
        muscle, skill = model.muscle_ceiling_novice, model.skill_ceiling_novice
        tolerance = model.tolerance_novice
    elif status == 2:
        muscle = model.muscle_ceiling_intermediate
        skill = model.skill_ceiling_intermediate
        tolerance = model.tolerance_intermediate
    elif status == 3:
        muscle, skill = model.muscle_ceiling_trained, model.skill_ceiling_trained
        tolerance = model.tolerance_trained
    me.tolerance = tolerance
    for side in SIDES:
        me.response[side] = has.response * has.legs[side]
        me.side_factor[side] = 2.0 * (left if side == LEFT else right) / (left + right)
        strongest = max(me.response[side], 1e-9)  # a ceiling of nothing is divided by
        # Sides of one person are alike in what they can become; the difference of today
        # is taken to be a difference of training, in the share `sides.room`.
        off = me.side_factor[side] ** model.sides_room
        me.muscle_ceiling[side] = max((1.0 + muscle * strongest) / off - 1.0, 1e-9)
        me.skill_ceiling[side] = max((1.0 + skill * strongest) / off - 1.0, 1e-9)
        me.range_deg[side] = has.range_deg[side]
        me.bridge_reps[side] = has.bridge_reps[side]
    me.weaker = BOTH
    if has.bridge_reps[LEFT] != has.bridge_reps[RIGHT]:
        is_left = has.bridge_reps[LEFT] < has.bridge_reps[RIGHT]
        me.weaker = LEFT if is_left else RIGHT


def recovery_of(has: np.void, model: np.void) -> float:
    """Return how well a person's habits support recovery; 1 for usual habits."""
    extra_h = min(max(has.sleep_h - USUAL_SLEEP_H, -3.0), 1.0)
    others = max(has.other_sessions - USUAL_OTHER_SESSIONS, 0.0)
    recovery = (
        1.0
        + model.recovery_sleep_per_h * extra_h
        + model.recovery_nutrition * (has.nutrition - USUAL_EATING)
        + model.recovery_hydration * (has.hydration - USUAL_EATING)
        - model.recovery_stress * (has.stress - USUAL_STRESS)
        - model.recovery_other_sessions * others
    )
    return min(max(recovery, LEAST_RECOVERY), MOST_RECOVERY)


def know(
    has: np.void, known: np.void, gear: np.void, model: np.void, lift: np.void
) -> None:
    """Fill what a person can do in one lift at the start; a 1RM of 0 for none."""
    kg = known.ratio * (known.measured_kg * has.strength)
    if kg > 0.0:
        kg = kg * max(gear.n_implements, 1.0) + gear.rated_share * has.body_mass_kg
    lift.base_kg, lift.is_measured = kg, known.is_measured
    lift.hold_s = has.sorensen_s * gear.hold_share * gear.hold_factor
    lift.familiarity = known.familiarity
    if not known.familiarity >= 0.0:  # missing
        lift.familiarity = model.familiarity_known_untrained
        if has.status == 1:
            lift.familiarity = model.familiarity_known_novice
        elif has.status == 2:
            lift.familiarity = model.familiarity_known_intermediate
        elif has.status == 3:
            lift.familiarity = model.familiarity_known_trained


def draw_all(
    average: np.void,
    spread: np.void,
    groups: np.ndarray,
    seed: int,
    first: int,
    traits: np.ndarray,
) -> None:
    """Fill the traits of persons `first`, `first` + 1 and so on of a population."""
    for who in range(len(traits)):
        draw(average, spread, groups, seed, first + who, traits[who])


def draw(
    average: np.void,
    spread: np.void,
    groups: np.ndarray,
    seed: int,
    person: int,
    has: np.void,
) -> None:
    """Fill the traits of one person: those of the average one, spread by chance."""
    z, legs, lifts, mass = normals(seed, person, 0, TRAIT)
    hinge, hips, sides, bridge = normals(seed, person, 1, TRAIT)
    bridges, back, sleep, stress = normals(seed, person, 2, TRAIT)
    word, _, _, _ = philox(person, 3, TRAIT, 0, seed & 0xFFFFFFFF, seed >> 32)
    place, here = 0, (word + 0.5) / _SPAN
    while place < len(groups) - 1 and here > groups[place].up_to:
        place += 1
    has.status = groups[place].status
    strength = lognormal(spread.log_one_rm, lifts) * groups[place].strength
    has.strength = min(strength, MAX_STRENGTH)
    # log(response of a leg) = common + or - own: variance s ** 2, correlation r.
    common = spread.log_response * ((1.0 + spread.legs_r) / 2.0) ** 0.5
    own = spread.log_response * ((1.0 - spread.legs_r) / 2.0) ** 0.5
    size = exp(common * z - spread.log_response * spread.log_response / 2.0)
    has.response = min(average.response * size, MAX_RESPONSE)
    has.legs[LEFT] = min(average.legs[LEFT] * exp(own * legs), MAX_LEG)
    has.legs[RIGHT] = min(average.legs[RIGHT] * exp(-own * legs), MAX_LEG)
    body_mass_kg = average.body_mass_kg * lognormal(spread.log_body_mass, mass)
    has.body_mass_kg = within(body_mass_kg, MIN_BODY_MASS_KG, MAX_BODY_MASS_KG)
    has.technique = within(average.technique + spread.technique * hinge, 0.0, 1.0)
    has.pain = average.pain
    alike, off = lognormal(spread.log_bridge, bridge), spread.log_sides_bridge * bridges
    for side in SIDES:
        sign = 1.0 if side == LEFT else -1.0
        deg = spread.range_deg * hips + sign * spread.sides_range_deg * sides
        deg = average.range_deg[side] + deg
        has.range_deg[side] = within(deg, -MAX_RANGE_DEG / 2.0, MAX_RANGE_DEG)
        reps = average.bridge_reps[side] * alike * exp(sign * off)
        has.bridge_reps[side] = min(reps, 200.0)
    hold_s = average.sorensen_s * lognormal(spread.log_sorensen, back)
    has.sorensen_s = min(hold_s, MAX_SORENSEN_S)
    has.sleep_h = within(average.sleep_h + spread.sleep_h * sleep, 3.0, 12.0)
    has.stress = within(average.stress + spread.stress * stress, 0.0, 1.0)
    has.nutrition, has.hydration = average.nutrition, average.hydration
    has.other_sessions = average.other_sessions
    has.stays_away_above = average.stays_away_above


def lognormal(sd: float, z: float) -> float:
    """Return a factor with a mean of 1 whose logarithm has a spread of `sd`."""
    return exp(sd * z - sd * sd / 2.0)


def within(value: float, least: float, most: float) -> float:
    """Return a value, or the limit that it passed."""
    return min(max(value, least), most)
