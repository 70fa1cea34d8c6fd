"""Personalisation: adapt a plan to an athlete's build, history, activity and habits.

A rule has a reason, seen in the athlete, and a change of the plan. No trial tested the
rules: that a change applies, and how large it is, are judgements of ours, made so that
a reader can disagree with each of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd

from hipext.athletes.athlete import Athlete, one_rm_of
from hipext.files.checks import InputError, listed, place
from hipext.files.parameters import parameter
from hipext.files.tables import DAYS_PER_WEEK, WEEKDAYS, table_of
from hipext.intensity.relations import RELATION, RELATIONS
from hipext.plans.edits import (
    changed,
    exercise_of,
    is_work,
    with_phases,
    with_sessions,
    with_slots,
)
from hipext.plans.exercises import Exercise, read_exercises
from hipext.plans.plan import Phase, Plan, Session, Slot, slots_of, weeks_of
from hipext.plans.plan_file import check_plan

CHANGES = table_of(
    "changes",
    "one value of a plan, changed to suit an athlete",
    """
    where | str | | place in the plan, as a path
    what | str | | name of the value there
    was | str | | value before; empty for none
    now | str | | value after; empty for none
    rule | str | | id of the rule
    guide | str | | claim of the guide that it serves
    sentence | str | | the change and its reason, in words
    """,
)
# When a rule applies: thresholds of the athlete.
PAIN_FROM = 3  # of 10, usual low-back pain
SHORT_HOLD_S = 60  # Biering-Sorensen test
MANY_SESSIONS = 4  # runs or matches a week
SKILLED = 0.8  # rated technique of the hip hinge
SHORT_SLEEP_H, HIGH_STRESS = 6.5, 0.6
USUAL_FOOT_DEG = (5, 15)  # outwards
# What it makes of a plan: floors and caps.
EASY_RIR, EASY_PCT = 4.0, 70.0  # least reserve, most percent of the 1RM
LEG_SETS, LEG_RIR = 2, 3.0  # most sets, least reserve of squats and lunges
MAIN_SETS, MAIN_REPS = 4, 8  # sets instead of three, from 8 repetitions down
MOBILITY_SETS = 2  # least sets of mobility work for the hip flexors
EASY_EXTRA_WEEKS = 6  # least extra weeks that a gate may add
EARLY_WEEKS = 1  # most weeks of each phase before load
DELOAD_EVERY = 3  # weeks
LEG_PATTERNS = ("squat", "lunge_step")
_HEAVY_PATTERNS = ("hinge", "thrust", *LEG_PATTERNS)
_BARS = ("barbell", "trap_bar")
_SHIFTS = (0, 1, -1, 2, -2, 3, -3)  # days, the nearest first
_KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Personalised:
    """A plan adapted to an athlete, and what was changed (columns: `CHANGES`)."""

    plan: Plan
    changes: pd.DataFrame


@dataclass(frozen=True)
class PersonalisationRule:
    """A reason ("" where the rule does not apply), a change, and its purpose."""

    id: str
    guide: str  # claim of the guide
    reason: Callable[[Athlete], str]
    change: Callable[[Plan, Athlete], Plan]
    purpose: str


RULES: list[PersonalisationRule] = []  # in the order in which they are defined below


def personalise(plan: Plan, athlete: Athlete) -> Personalised:
    """Adapt a plan to an athlete, and list every change.

    Parameters
    ----------
    plan : a checked plan, as `read_plan` returns it; it stays as it is
    athlete : as `read_athlete` returns it

    Returns
    -------
    Personalised
        ``plan``: a checked plan; the given one where no rule applies. One of its
        assumptions names the athlete it was adapted to. ``changes``: one row per
        changed value, in the order of `RULES`; no rows where no rule applies.

    Notes
    -----
    The rules and their limits are judgements of ours, tested in no trial. A rule sets
    a floor, a cap or a place: adapting an adapted plan to the same athlete changes
    nothing further.

    Examples
    --------
    >>> from hipext import read_athlete, read_plan
    >>> adapted = personalise(read_plan("guide_16wk"), read_athlete("lifter"))
    >>> adapted.plan.n_weeks
    14
    >>> adapted.changes.loc[0, ["where", "what", "was", "now", "rule"]].tolist()
    ['assessment', 'weeks', '16', '14', 'short_start']
    """
    adapted, rows = plan, []
    for rule in RULES:
        reason = rule.reason(athlete)
        if not reason:
            continue
        after = rule.change(adapted, athlete)
        before, now = (one.model_dump(mode="json") for one in (adapted, after))
        for keys, *values in _differences(before, now):
            cells = [*_where(before, keys), *map(_cell, values)]
            change = _change_text(place(before, keys), *cells[2:])
            sentence = f"{change}, because {reason}. {rule.purpose}"
            rows.append((*cells, rule.id, rule.guide, sentence))
        adapted = after
    if rows:
        values = adapted.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        note = f"Adapted to {athlete.name} by rules that are judgements of ours."
        values["assumptions"] = [*plan.assumptions, note]
        source = f"{plan.name!r}, adapted to {athlete.name}"
        adapted = check_plan(values, source=source)
    return Personalised(plan=adapted, changes=CHANGES.from_rows(rows))


def sensitive_back(athlete: Athlete) -> str:
    """Return what calls for a gentle start; "" for nothing."""
    hold_s = athlete.biering_sorensen_s
    return _joined(
        (athlete.activity == "desk_work", "work is at a desk"),
        (athlete.pain_nprs >= PAIN_FROM, f"pain is {athlete.pain_nprs:g} of 10"),
        (hold_s < SHORT_HOLD_S, f"the static back hold lasts {hold_s:g} s"),
    )


def busy_legs(athlete: Athlete) -> str:
    """Return how often the athlete runs besides the plan; "" for seldom."""
    n, activity = athlete.other_sessions_per_week, athlete.activity
    is_busy = activity in ("running", "field_sport") and n >= MANY_SESSIONS
    words = activity.replace("_", " ")
    return f"{words} already takes {n} sessions a week" if is_busy else ""


def experience(athlete: Athlete) -> str:
    """Return what allows a faster start; "" if nothing or a sensitive back."""
    status, technique = athlete.training_status, athlete.technique
    is_lifter = status == "trained" or athlete.activity == "lifting"
    if not is_lifter or technique < SKILLED or sensitive_back(athlete):
        return ""
    return f"training status is {status} and rated technique is {technique:g}"


def poor_recovery(athlete: Athlete) -> str:
    """Return what slows recovery; "" for nothing."""
    sleep_h, stress = athlete.recovery.sleep_h, athlete.recovery.stress
    return _joined(
        (sleep_h < SHORT_SLEEP_H, f"sleep is {sleep_h:g} h a night"),
        (stress > HIGH_STRESS, f"stress is rated {stress:g} of 1"),
    )


def uneven_legs(athlete: Athlete) -> str:
    """Return the difference of the legs in the bridge test; "" if it is small."""
    test = athlete.single_leg_bridge_reps
    gap_pct = 100 * abs(test.left - test.right) / max(test.left, test.right, 1)
    words = f"the {athlete.weaker_side} leg does {gap_pct:.0f} % fewer bridges"
    return words if gap_pct > parameter("rule.strength_gap_pct") else ""


def stiff_hip(athlete: Athlete) -> str:
    """Return how far a stiff hip extends; "" where both extend enough."""
    low, sides = parameter("rule.range_low_deg"), athlete.hip_extension_deg
    return _joined(
        (sides.left < low, f"the left hip extends only {sides.left:g} degrees"),
        (sides.right < low, f"the right hip extends only {sides.right:g} degrees"),
    )


def own_stance(athlete: Athlete) -> str:
    """Return that the build calls for another stance; "" for the usual one."""
    low, high = USUAL_FOOT_DEG
    is_usual = athlete.stance_width == "hip" and low <= athlete.foot_angle_deg <= high
    return "" if is_usual else "that suits the build"


def stance_cue(athlete: Athlete) -> str:
    """Return the cue for the stance of an athlete."""
    width = {"hip": "hip-wide"}.get(athlete.stance_width, athlete.stance_width)
    angle_deg = athlete.foot_angle_deg
    way = "outwards" if angle_deg >= 0 else "inwards"
    return f"Stance: {width}, feet {abs(angle_deg):g} degrees {way}."


def _joined(*reasons: tuple[bool, str]) -> str:
    return listed([words for applies, words in reasons if applies] or [""])


def _differences(
    before: object, after: object, keys: _KeyPath = ()
) -> Iterator[tuple[_KeyPath, object, object]]:
    """Yield where two dumps of equal shape differ, and both values."""
    if before == after:
        return
    if isinstance(before, Mapping):
        for key in before:
            yield from _differences(before[key], after[key], (*keys, key))
    elif isinstance(before, list) and before and isinstance(before[0], Mapping):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from _differences(*pair, (*keys, number))
    else:
        yield keys, before, after


def _where(values: object, keys: _KeyPath) -> tuple[str, str]:
    """Return the path of the table that holds a value, and the way to it from there."""
    # Both are as `vary` reads them: items are named, or numbered from 1 where they have
    # no name or one with a dot.
    n_lists = [at for at, key in enumerate(keys) if isinstance(key, int)]
    split = n_lists[-1] + 1 if n_lists else len(keys) - 1
    words = []
    for key in keys[:split]:
        values = values[key]
        if isinstance(key, str):
            words.append(key)
            continue
        name = values.get("name", "") if isinstance(values, Mapping) else ""
        words.append(name if name and "." not in name else str(key + 1))
    return ".".join(words), ".".join(map(str, keys[split:]))


def _cell(value: object) -> str:
    """Return a value as the table has it."""
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def _change_text(where: str, was: str, now: str) -> str:
    """Return a change in words; of a longer text only what was added."""
    added = now.removeprefix(was)
    is_longer = now.startswith(was) and " " in added
    words = f'"{added.strip()}" is added' if is_longer else f"{was} becomes {now}"
    return f"{where[0].upper()}{where[1:]}: {words}"


def _rule(
    reason: Callable[[Athlete], str],
    guide: str,
    purpose: str,
    each: Callable[[Plan, Callable], Plan] | None = None,
) -> Callable[[Callable], Callable]:
    """Make a function a rule: it changes a plan, or the parts that `each` maps."""

    def added(change: Callable) -> Callable:
        def change_each(plan: Plan, athlete: Athlete) -> Plan:
            return each(plan, lambda part: change(part, athlete))

        used, name = change_each if each else change, change.__name__
        RULES.append(PersonalisationRule(name, guide, reason, used, purpose))
        return change

    return added


@_rule(experience, "G48", "An experienced athlete needs fewer weeks before load.")
def short_start(plan: Plan, _: Athlete) -> Plan:
    """Shorten the phases before load; week numbers of the plan move along."""
    loaded = [_has_work(plan, phase.session, is_heavy=False) for phase in plan.phase]
    n_early = loaded.index(True) if True in loaded else 0
    phases = [
        changed(phase, weeks=min(phase.weeks, EARLY_WEEKS)) for phase in plan.phase
    ]
    phases[n_early:] = plan.phase[n_early:]
    # Whether each week of the old plan is part of the new one: the new number of a
    # week is the number of weeks kept up to it.
    is_kept = [
        week < short.weeks
        for phase, short in zip(plan.phase, phases, strict=True)
        for week in range(phase.weeks)
    ]

    def renumbered(weeks: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sum(is_kept[:week]) for week in weeks if is_kept[week - 1])

    deload, tests = plan.deload, plan.assessment
    return changed(
        plan,
        phase=tuple(phases),
        deload=changed(deload, weeks=renumbered(deload.weeks)),
        assessment=tests and changed(tests, weeks=renumbered(tests.weeks)),
    )


@_rule(poor_recovery, "G41", "Slow recovery calls for more frequent deloads.")
def light_weeks(plan: Plan, _: Athlete) -> Plan:
    """Make every third week a deload, where more weeks in a row are not."""
    runs = groupby(weeks_of(plan), key=lambda week: week.is_deload)
    lengths = [len([*weeks]) for is_deload, weeks in runs if not is_deload]
    if max(lengths, default=0) < DELOAD_EVERY:
        return plan
    deload = changed(plan.deload, every_weeks=DELOAD_EVERY, weeks=())
    return changed(plan, deload=deload)


@_rule(
    sensitive_back,
    "G50",
    "A phase may take longer before the next one begins.",
    with_phases,
)
def patient_gates(phase: Phase, _: Athlete) -> Phase:
    """Give the gate of a phase more weeks to open."""
    gate = phase.advance
    if gate is None:
        return phase
    weeks = max(gate.max_extra_weeks, EASY_EXTRA_WEEKS)
    return changed(phase, advance=changed(gate, max_extra_weeks=weeks))


@_rule(sensitive_back, "G47", "The easier hinge is mastered first.", with_sessions)
def easier_hinges(session: Session, athlete: Athlete) -> Session:
    """Go back from hinges with a barbell to the nearest easier one without."""
    return _swapped(session, athlete, _easier_hinge)


@_rule(
    experience,
    "G47",
    "After mastering the easier lift, the athlete goes on to the bar.",
    with_sessions,
)
def bars(session: Session, athlete: Athlete) -> Session:
    """Go on from dumbbell, kettlebell or band to the bar that comes after it."""
    return _swapped(session, athlete, _on_the_bar)


def _swapped(
    session: Session, athlete: Athlete, other: Callable[[Exercise], Exercise | None]
) -> Session:
    """Return a session with some exercises replaced by others of the same kind."""
    names = {slot.exercise for slot in session.slot}

    def swap(slot: Slot) -> Slot:
        to = other(exercise_of(slot))
        # Loads in kg, waves and ladders were written for the exercise of the plan.
        is_fixed = slot.progress.rule == "wave" or slot.scheme.load_kg is not None
        if to is None or to.id in names or is_fixed or slot.ladder:
            return slot
        if not _has_one_rm(athlete, to):
            return slot
        rule = slot.progress
        if getattr(rule, "add_kg", None) is not None:
            rule = changed(rule, add_kg=to.increment_kg)
        return changed(slot, exercise=to.id, progress=rule, increment_kg=None)

    return changed(session, slot=tuple(map(swap, session.slot)))


def _has_one_rm(athlete: Athlete, exercise: Exercise) -> bool:
    """Return whether a 1RM is known or can be estimated."""
    with suppress(InputError):
        return one_rm_of(athlete, exercise.id, read_exercises()).kg > 0
    return False


def _easier_hinge(exercise: Exercise) -> Exercise | None:
    """Return the nearest easier hinge without a barbell, for one with it."""
    if (exercise.pattern, exercise.implement) != ("hinge", "barbell"):
        return None
    exercises = read_exercises()
    below = [exercise]
    while below:  # breadth first, so that the nearest is found first
        below = [exercises[step.to] for one in below for step in one.regress]
        for one in below:
            if one.implement != "barbell" and one.is_loaded:
                return one
    return None


def _on_the_bar(exercise: Exercise) -> Exercise | None:
    """Return the next harder exercise with a bar, of the same pattern."""
    if exercise.implement in _BARS or not exercise.is_loaded:
        return None
    kind = (exercise.pattern, exercise.laterality)
    for step in exercise.progress:
        one = read_exercises()[step.to]
        if one.implement in _BARS and (one.pattern, one.laterality) == kind:
            return one
    return None


@_rule(
    sensitive_back,
    "G40",
    "Technique comes before effort: sets end further from failure.",
    with_slots,
)
def more_reserve(slot: Slot, _: Athlete) -> Slot:
    """Keep working sets further from failure."""
    return _eased(slot, EASY_RIR, EASY_PCT)


def _eased(slot: Slot, rir: float, pct: float) -> Slot:
    """Return a working slot with at least a reserve, and at most a percentage."""
    if not is_work(slot):
        return slot
    scheme, rule = slot.scheme, slot.progress
    if scheme.rir is not None:
        # No load is known for more repetitions to failure than the relation covers.
        room = RELATIONS[RELATION].max_reps - scheme.low
        scheme = replace(scheme, rir=max(scheme.rir, min(rir, room)))
    if scheme.pct_1rm is not None:
        scheme = replace(scheme, pct_1rm=min(scheme.pct_1rm, pct))
    if rule.rule == "wave":
        rule = changed(rule, pct=tuple(min(one, pct) for one in rule.pct))
    return changed(slot, sets=str(scheme), progress=rule)


@_rule(
    busy_legs,
    "G48",
    "Squats and lunges add to the load on legs that run often.",
    with_slots,
)
def easy_legs(slot: Slot, _: Athlete) -> Slot:
    """Give squats and lunges fewer sets, further from failure."""
    if exercise_of(slot).pattern not in LEG_PATTERNS or not is_work(slot):
        return slot
    n_sets, n_sets_max = slot.scheme.n_sets, slot.scheme.n_sets_max
    fewer = _with_sets(slot, min(n_sets, LEG_SETS), min(n_sets_max, LEG_SETS))
    return _eased(fewer, LEG_RIR, 100)


@_rule(busy_legs, "G16", "No heavy day follows another.")
def heavy_days_apart(plan: Plan, _: Athlete) -> Plan:
    """Keep heavy days apart; a phase whose week has no room for that stays as it is."""
    fixed = [
        day
        for session in plan.session
        if _has_work(plan, [session], is_heavy=True)
        for day in _days(plan, session)
    ]

    def spread(phase: Phase) -> Phase:
        placed, sessions = [*fixed], []
        for session in phase.session:
            if _has_work(plan, [session], is_heavy=True):
                days = _days(plan, session)
                moved = _moved(days, placed)
                if moved is None:
                    return phase
                placed += moved
                if moved != days:
                    names = tuple(WEEKDAYS[day] for day in sorted(moved))
                    session = changed(session, days=names)
            sessions.append(session)
        return changed(phase, session=tuple(sessions))

    return with_phases(plan, spread)


def _moved(days: list[int], placed: list[int]) -> list[int] | None:
    """Return days without a neighbour, near the given ones; None if there are none."""
    moved: list[int] = []
    # Weeks repeat, so Sunday and Monday are neighbours: a gap of 1 or 6 days.
    for day in days:
        for shift in _SHIFTS:
            other = (day + shift) % DAYS_PER_WEEK
            gaps = {abs(other - one) for one in (*placed, *moved)}
            is_taken = shift != 0 and (0 in gaps or other in days)
            if not is_taken and not gaps & {1, DAYS_PER_WEEK - 1}:
                moved.append(other)
                break
        else:
            return None
    return moved


def _days(plan: Plan, session: Session) -> list[int]:
    return [*map(WEEKDAYS.index, session.days or plan.days)]


def _has_work(plan: Plan, sessions: Iterable[Session], *, is_heavy: bool) -> bool:
    """Return whether sessions hold loaded work; if heavy, of hips and legs."""
    return any(
        is_work(slot)
        and exercise_of(slot).is_loaded
        and (not is_heavy or exercise_of(slot).pattern in _HEAVY_PATTERNS)
        for session in sessions
        for slot in slots_of(plan, session)
    )


@_rule(
    experience,
    "G49",
    "An athlete used to lifting can do another set of the main lifts.",
    with_slots,
)
def main_sets(slot: Slot, _: Athlete) -> Slot:
    """Start at the most sets of a range, and make three sets of heavy work four."""
    exercise, scheme = exercise_of(slot), slot.scheme
    is_main = exercise.is_loaded and exercise.role == "strength"
    if not (is_main and exercise.dominant_joint == "hip" and is_work(slot)):
        return slot
    n_sets = scheme.n_sets_max
    if n_sets == MAIN_SETS - 1 and scheme.low <= MAIN_REPS:
        n_sets = MAIN_SETS
    return _with_sets(slot, n_sets, n_sets)


@_rule(stiff_hip, "G9", "The hip flexors get more mobility work.", with_slots)
def hip_mobility(slot: Slot, _: Athlete) -> Slot:
    """Give the hip flexors more sets of mobility work."""
    exercise = exercise_of(slot)
    if exercise.role != "mobility" or "hip_flexors" not in exercise.stretches:
        return slot
    n_sets = max(slot.scheme.n_sets, MOBILITY_SETS)
    return _with_sets(slot, n_sets, max(slot.scheme.n_sets_max, n_sets))


def _with_sets(slot: Slot, n_sets: int, n_sets_max: int) -> Slot:
    scheme = replace(slot.scheme, n_sets=n_sets, n_sets_max=n_sets_max)
    return changed(slot, sets=str(scheme))


@_rule(uneven_legs, "G23", "The weaker side starts, while it is rested.", with_slots)
def weaker_side(slot: Slot, _: Athlete) -> Slot:
    """Let the weaker side start wherever one side works at a time."""
    is_one_sided = exercise_of(slot).is_unilateral
    return changed(slot, side_first="weaker") if is_one_sided else slot


@_rule(
    own_stance, "G20", "The cue comes with the first session of each hinge and squat."
)
def stance(plan: Plan, athlete: Athlete) -> Plan:
    """Add a cue where each hinge or squat on two legs first comes in the plan."""
    cue, seen = stance_cue(athlete), set()

    def cued(slot: Slot) -> Slot:
        exercise = exercise_of(slot)
        is_standing = exercise.pattern in ("hinge", "squat") and exercise.is_counted
        is_first = exercise.id not in seen
        seen.add(exercise.id)
        if exercise.is_unilateral or not (is_standing and is_first) or cue in slot.note:
            return slot
        return changed(slot, note=f"{slot.note} {cue}".strip())

    return with_slots(plan, cued)
