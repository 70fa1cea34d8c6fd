"""What can be changed in the slots of a plan to fit it to a person: a new plan out.

Every change sets a floor, a cap or a place, never "one more": done twice it changes
nothing further. Limits are judgements of ours; no trial tested them.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from hipext._schema import Model
from hipext.athlete import Athlete, one_rm_of
from hipext.exercises import Exercise, read_exercises
from hipext.intensity import RELATIONS
from hipext.plan import Plan, Session
from hipext.slot import Slot, slot_kind

EASY_RIR, EASY_PCT = 4.0, 70.0  # least reserve, most percent of the 1RM
LEG_SETS, LEG_RIR = 2, 3.0  # most sets, least reserve of squats and lunges
MAIN_SETS, MAIN_REPS = 4, 8  # sets instead of three, from 8 repetitions down
MOBILITY_SETS = 2  # least sets of work for the hip flexors

LEG_PATTERNS = ("squat", "lunge_step")
_BARS = ("barbell", "trap_bar")


def changed(value: Model, **new: object) -> Model:
    """Return a checked value with some fields changed; itself if none is."""
    update = {key: one for key, one in new.items() if getattr(value, key) != one}
    return value.model_copy(update=update) if update else value


def with_sessions(plan: Plan, change: Callable[[Session], Session]) -> Plan:
    """Return a plan with every session changed."""
    phases = (
        changed(phase, session=tuple(map(change, phase.session)))
        for phase in plan.phase
    )
    of_plan = tuple(map(change, plan.session))
    return changed(plan, session=of_plan, phase=tuple(phases))


def with_slots(plan: Plan, change: Callable[[Slot], Slot]) -> Plan:
    """Return a plan with every slot changed, of blocks too."""

    def with_own_slots(home: Model) -> Model:
        return changed(home, slot=tuple(map(change, home.slot)))

    blocks = tuple(map(with_own_slots, plan.block))
    return with_sessions(changed(plan, block=blocks), with_own_slots)


def with_easier_hinges(plan: Plan, athlete: Athlete) -> Plan:
    """Take hinges with the barbell back to an easier exercise of the catalogue."""
    return with_sessions(plan, lambda session: _swapped(session, athlete, _easier))


def with_bars(plan: Plan, athlete: Athlete) -> Plan:
    """Go on from dumbbell, kettlebell or band to the bar that comes after it."""
    return with_sessions(plan, lambda session: _swapped(session, athlete, _on_the_bar))


def _swapped(
    session: Session, athlete: Athlete, other: Callable[[Exercise], Exercise | None]
) -> Session:
    """Return a session with some exercises replaced by others of the same kind."""
    names = {slot.exercise for slot in session.slot}

    def swap(slot: Slot) -> Slot:
        to = other(exercise_of(slot))
        is_fixed = slot.progress.rule == "wave" or slot.scheme.load_kg is not None
        if to is None or to.id in names or is_fixed or slot.ladder:
            return slot
        if not _can_load(athlete, to):
            return slot
        rule = slot.progress
        if getattr(rule, "add_kg", None) is not None:
            rule = changed(rule, add_kg=to.increment_kg)
        return changed(slot, exercise=to.id, progress=rule, increment_kg=None)

    return changed(session, slot=tuple(map(swap, session.slot)))


def _easier(exercise: Exercise) -> Exercise | None:
    """Return the nearest easier hinge without a barbell, for one with it."""
    if (exercise.pattern, exercise.implement) != ("hinge", "barbell"):
        return None
    exercises = read_exercises()
    below = [exercise]
    while below:
        below = [exercises[step.to] for one in below for step in one.regress]
        for one in below:
            if one.implement != "barbell" and one.is_loaded:
                return one
    return None


def _on_the_bar(exercise: Exercise) -> Exercise | None:
    """Return the next harder exercise with a bar, of the same pattern."""
    if exercise.implement in _BARS or not exercise.is_loaded:
        return None
    exercises = read_exercises()
    above = [exercises[step.to] for step in exercise.progress]
    alike = (exercise.pattern, exercise.laterality)
    found = [
        one
        for one in above
        if one.implement in _BARS and (one.pattern, one.laterality) == alike
    ]
    return found[0] if found else None


def _can_load(athlete: Athlete, exercise: Exercise) -> bool:
    """Return whether a 1RM is known or can be estimated."""
    with suppress(ValueError):
        return one_rm_of(athlete, exercise.id, read_exercises()).kg > 0
    return False


def with_reserve(plan: Plan) -> Plan:
    """Keep working sets further from failure."""
    return with_slots(plan, lambda slot: _eased(slot, EASY_RIR, EASY_PCT))


def _eased(slot: Slot, rir: float, pct: float) -> Slot:
    """Return a slot with at least a reserve, and at most a percentage."""
    if not is_work(slot):
        return slot
    scheme, rule = slot.scheme, slot.progress
    if scheme.rir is not None:
        room = RELATIONS["epley"].max_reps - scheme.low  # beyond it no load is known
        scheme = replace(scheme, rir=max(scheme.rir, min(rir, room)))
    if scheme.pct_1rm is not None:
        scheme = replace(scheme, pct_1rm=min(scheme.pct_1rm, pct))
    if rule.rule == "wave":
        rule = changed(rule, pct=tuple(min(one, pct) for one in rule.pct))
    return changed(slot, sets=str(scheme), progress=rule)


def with_mobility(plan: Plan) -> Plan:
    """Give the hip flexors more sets of mobility work."""

    def longer(slot: Slot) -> Slot:
        exercise, scheme = exercise_of(slot), slot.scheme
        if exercise.role != "mobility" or "hip_flexors" not in exercise.stretches:
            return slot
        n_sets = max(scheme.n_sets, MOBILITY_SETS)
        n_most = max(scheme.n_sets_max, n_sets)
        more = replace(scheme, n_sets=n_sets, n_sets_max=n_most)
        return changed(slot, sets=str(more))

    return with_slots(plan, longer)


def with_weaker_first(plan: Plan) -> Plan:
    """Let the weaker side start wherever one side works at a time."""

    def weaker_first(slot: Slot) -> Slot:
        is_one_sided = exercise_of(slot).is_unilateral
        return changed(slot, side_first="weaker") if is_one_sided else slot

    return with_slots(plan, weaker_first)


def with_main_sets(plan: Plan) -> Plan:
    """Start at the most sets of a range, and make three sets of heavy work four."""

    def more(slot: Slot) -> Slot:
        exercise, scheme = exercise_of(slot), slot.scheme
        is_main = exercise.is_loaded and exercise.role == "strength"
        if not (is_main and exercise.dominant_joint == "hip" and is_work(slot)):
            return slot
        n_sets = scheme.n_sets_max
        is_few = n_sets == MAIN_SETS - 1 and scheme.low <= MAIN_REPS
        n_sets = MAIN_SETS if is_few else n_sets
        return changed(
            slot, sets=str(replace(scheme, n_sets=n_sets, n_sets_max=n_sets))
        )

    return with_slots(plan, more)


def with_easy_legs(plan: Plan) -> Plan:
    """Give squats and lunges fewer sets, further from failure."""

    def easy(slot: Slot) -> Slot:
        if exercise_of(slot).pattern not in LEG_PATTERNS or not is_work(slot):
            return slot
        scheme = slot.scheme
        n_sets, n_most = min(scheme.n_sets, LEG_SETS), min(scheme.n_sets_max, LEG_SETS)
        fewer = replace(scheme, n_sets=n_sets, n_sets_max=n_most)
        return _eased(changed(slot, sets=str(fewer)), LEG_RIR, 100)

    return with_slots(plan, easy)


def with_cue(plan: Plan, cue: str) -> Plan:
    """Add a cue where each hinge or squat on two legs is first met."""
    met: set[str] = set()

    def told(slot: Slot) -> Slot:
        exercise = exercise_of(slot)
        is_stood = exercise.pattern in ("hinge", "squat") and exercise.is_counted
        is_first = exercise.id not in met
        met.add(exercise.id)
        if exercise.is_unilateral or not (is_stood and is_first) or cue in slot.note:
            return slot
        return changed(slot, note=f"{slot.note} {cue}".strip())

    return with_slots(plan, told)


def exercise_of(slot: Slot) -> Exercise:
    """Return the exercise of a slot."""
    return read_exercises()[slot.exercise]


def is_work(slot: Slot) -> bool:
    """Return whether the sets of a slot count as work."""
    return slot_kind(slot, exercise_of(slot)) == "work"
