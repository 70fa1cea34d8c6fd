"""Fit a plan to a person: build, history, activity and habits, change by change.

Nobody tested these rules in a trial: that a change applies, and how large it is, are
judgements of ours, made so that a reader can disagree with each of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd

from hipext.athletes.athlete import Athlete, one_rm_of
from hipext.files.parameters import parameter
from hipext.files.schema import place
from hipext.files.tables import DAYS_PER_WEEK, WEEKDAYS, Column, Table
from hipext.intensity.relations import RELATION, RELATIONS
from hipext.plans.edits import changed, exercise_of, is_work, with_sessions, with_slots
from hipext.plans.exercises import Exercise, read_exercises
from hipext.plans.plan import Phase, Plan, Session, Slot, slots_of, weeks_of
from hipext.plans.plan_file import check_plan

CHANGES = Table(
    "changes",
    "one value of a plan, changed to fit a person",
    (
        Column("where", "str", "", "place in the plan, as a path"),
        Column("what", "str", "", "name of the value there"),
        Column("was", "str", "", "value before; empty for none"),
        Column("now", "str", "", "value after; empty for none"),
        Column("rule", "str", "", "id of the rule"),
        Column("guide", "str", "", "claim of the guide that it serves"),
        Column("sentence", "str", "", "the change and its reason, in words"),
    ),
)
Keys = tuple[str | int, ...]
EASY_RIR, EASY_PCT = 4.0, 70.0  # least reserve, most percent of the 1RM
LEG_SETS, LEG_RIR = 2, 3.0  # most sets, least reserve of squats and lunges
MAIN_SETS, MAIN_REPS = 4, 8  # sets instead of three, from 8 repetitions down
MOBILITY_SETS = 2  # least sets of work for the hip flexors
LEG_PATTERNS = ("squat", "lunge_step")
_BARS = ("barbell", "trap_bar")
EASY_EXTRA_WEEKS = 6  # least extra weeks that a gate may add
EARLY_WEEKS = 1  # of each phase before load
LIGHT_EVERY = 3  # weeks
_HEAVY_PATTERNS = ("hinge", "thrust", *LEG_PATTERNS)
_SHIFTS = (0, 1, -1, 2, -2, 3, -3)  # days, the nearest first
PAIN_FROM = 3  # of 10, usual low-back pain
SHORT_HOLD_S = 60  # Biering-Sorensen test
MANY_SESSIONS = 4  # runs or matches a week
SKILLED = 0.8  # rated technique of the hip hinge
SHORT_SLEEP_H, HIGH_STRESS = 6.5, 0.6
USUAL_FOOT_DEG = (5, 15)  # outwards


@dataclass(frozen=True, kw_only=True, eq=False)
class Personalised:
    """A plan fitted to a person, and what was changed (columns: `CHANGES`)."""

    plan: Plan
    changes: pd.DataFrame


def personalise(plan: Plan, athlete: Athlete) -> Personalised:
    """Fit a plan to a person and tell every change.

    Parameters
    ----------
    plan : Plan
        A checked plan, as `read_plan` returns it; it stays as it is.
    athlete : Athlete
        The person, as `read_athlete` returns it.

    Returns
    -------
    Personalised
        ``plan``: a checked plan; the same one where no rule applies. One of its
        assumptions names the person it was fitted to. ``changes``: one row per
        changed value, in the order of `RULES`; no rows where no rule applies.

    Notes
    -----
    The rules and their limits are judgements of ours, tested in no trial. A rule sets
    a floor, a cap or a place: fitting a fitted plan to the same person changes
    nothing further.

    Examples
    --------
    >>> from hipext import read_athlete, read_plan
    >>> fitted = personalise(read_plan("guide_16wk"), read_athlete("lifter"))
    >>> fitted.plan.n_weeks
    14
    >>> fitted.changes.loc[0, ["where", "what", "was", "now", "rule"]].tolist()
    ['assessment', 'weeks', '16', '14', 'short_start']
    """
    fitted, rows = plan, []
    for rule in RULES:
        reason = rule.reason(athlete)
        after = rule.change(fitted, athlete) if reason else fitted
        before, then = (one.model_dump(mode="json") for one in (fitted, after))
        for keys, *values in _differences(before, then):
            was, now = map(_text, values)
            told = f"{_told(place(before, keys), was, now)}, because {reason}."
            cells = (*_where(before, keys), was, now, rule.id, rule.guide)
            rows.append((*cells, f"{told} {rule.purpose}"))
        fitted = after
    return Personalised(
        plan=_checked(fitted, athlete) if rows else plan,
        changes=CHANGES.from_rows(rows),
    )


@dataclass(frozen=True, kw_only=True)
class PersonalisationRule:
    """A reason ("" where the rule does not apply), a change, and what it is for."""

    id: str
    guide: str  # claim of the guide
    reason: Callable[[Athlete], str]
    change: Callable[[Plan, Athlete], Plan]
    purpose: str


def with_easier_hinges(plan: Plan, athlete: Athlete) -> Plan:
    """Take hinges with the barbell back to an easier exercise of the catalogue."""
    return with_sessions(plan, lambda session: _swapped(session, athlete, _easier))


def with_bars(plan: Plan, athlete: Athlete) -> Plan:
    """Go on from dumbbell, kettlebell or band to the bar that comes after it."""
    return with_sessions(plan, lambda session: _swapped(session, athlete, _on_the_bar))


def sensitive_back(athlete: Athlete) -> str:
    """Return what speaks for a gentle start; "" for nothing."""
    hold_s = athlete.biering_sorensen_s
    return _both(
        (athlete.activity == "desk_work", "work is at a desk"),
        (athlete.pain_nprs >= PAIN_FROM, f"pain is {athlete.pain_nprs:g} of 10"),
        (hold_s < SHORT_HOLD_S, f"the static back hold lasts {hold_s:g} s"),
    )


def busy_legs(athlete: Athlete) -> str:
    """Return how often the legs run besides; "" for seldom."""
    n, activity = athlete.other_sessions_per_week, athlete.activity
    is_busy = activity in ("running", "field_sport") and n >= MANY_SESSIONS
    words = activity.replace("_", " ")
    return f"{words} already takes {n} sessions a week" if is_busy else ""


def experience(athlete: Athlete) -> str:
    """Return what speaks for a faster start; "" if nothing or a sensitive back."""
    status, technique = athlete.training_status, athlete.technique
    is_used = status == "trained" or athlete.activity == "lifting"
    if not is_used or technique < SKILLED or sensitive_back(athlete):
        return ""
    return f"training status is {status} and rated technique is {technique:g}"


def poor_recovery(athlete: Athlete) -> str:
    """Return what slows recovery; "" for nothing."""
    sleep_h, stress = athlete.recovery.sleep_h, athlete.recovery.stress
    return _both(
        (sleep_h < SHORT_SLEEP_H, f"sleep is {sleep_h:g} h a night"),
        (stress > HIGH_STRESS, f"stress is rated {stress:g} of 1"),
    )


def uneven_legs(athlete: Athlete) -> str:
    """Return how far the bridge test of the legs differs; "" for little."""
    test = athlete.single_leg_bridge_reps
    gap_pct = 100 * abs(test.left - test.right) / max(test.left, test.right, 1)
    words = f"the {athlete.weaker_side} leg does {gap_pct:.0f} % fewer bridges"
    return words if gap_pct > parameter("rule.strength_gap_pct") else ""


def stiff_hip(athlete: Athlete) -> str:
    """Return how little a hip extends; "" where both extend enough."""
    low, sides = parameter("rule.range_low_deg"), athlete.hip_extension_deg
    return _both(
        (sides.left < low, f"the left hip extends only {sides.left:g} degrees"),
        (sides.right < low, f"the right hip extends only {sides.right:g} degrees"),
    )


def own_stance(athlete: Athlete) -> str:
    """Return that the build asks for a stance of its own; "" for the usual one."""
    low, high = USUAL_FOOT_DEG
    is_usual = athlete.stance_width == "hip" and low <= athlete.foot_angle_deg <= high
    return "" if is_usual else "that suits the build"


RULES = (
    PersonalisationRule(
        id="short_start",
        guide="G48",
        reason=experience,
        change=lambda plan, _: with_short_start(plan),
        purpose="What is known already needs less time before load.",
    ),
    PersonalisationRule(
        id="light_weeks",
        guide="G41",
        reason=poor_recovery,
        change=lambda plan, _: with_light_weeks(plan),
        purpose="Slow recovery asks for rest sooner.",
    ),
    PersonalisationRule(
        id="patient_gates",
        guide="G50",
        reason=sensitive_back,
        change=lambda plan, _: with_patient_gates(plan),
        purpose="A phase may take longer before the next one begins.",
    ),
    PersonalisationRule(
        id="easier_hinges",
        guide="G47",
        reason=sensitive_back,
        change=with_easier_hinges,
        purpose="The easier hinge is mastered first.",
    ),
    PersonalisationRule(
        id="bars",
        guide="G47",
        reason=experience,
        change=with_bars,
        purpose="Who masters the easier lift goes on to the bar.",
    ),
    PersonalisationRule(
        id="more_reserve",
        guide="G40",
        reason=sensitive_back,
        change=lambda plan, _: with_reserve(plan),
        purpose="Quality comes before effort: sets end further from failure.",
    ),
    PersonalisationRule(
        id="easy_legs",
        guide="G48",
        reason=busy_legs,
        change=lambda plan, _: with_easy_legs(plan),
        purpose="Squats and lunges add to legs that are used often already.",
    ),
    PersonalisationRule(
        id="heavy_days_apart",
        guide="G16",
        reason=busy_legs,
        change=lambda plan, _: with_heavy_days_apart(plan),
        purpose="No heavy day follows another.",
    ),
    PersonalisationRule(
        id="main_sets",
        guide="G49",
        reason=experience,
        change=lambda plan, _: with_main_sets(plan),
        purpose="Who is used to lifting can do another set of the main lifts.",
    ),
    PersonalisationRule(
        id="hip_mobility",
        guide="G9",
        reason=stiff_hip,
        change=lambda plan, _: with_mobility(plan),
        purpose="The hip flexors get more mobility work.",
    ),
    PersonalisationRule(
        id="weaker_side",
        guide="G23",
        reason=uneven_legs,
        change=lambda plan, _: with_weaker_first(plan),
        purpose="The weaker side starts, while it is fresh.",
    ),
    PersonalisationRule(
        id="stance",
        guide="G20",
        reason=own_stance,
        change=lambda plan, athlete: with_cue(plan, stance_cue(athlete)),
        purpose="The cue comes with the first session of each hinge and squat.",
    ),
)


def _checked(plan: Plan, athlete: Athlete) -> Plan:
    """Return a changed plan, checked like a file, that says whom it was fitted to."""
    values = plan.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    note = f"Fitted to {athlete.name} by rules that are judgements of ours."
    values["assumptions"] = [*plan.assumptions, note]
    return check_plan(values, source=f"{plan.name!r}, fitted to {athlete.name}")


def _differences(
    before: object, after: object, keys: Keys = ()
) -> Iterator[tuple[Keys, object, object]]:
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


def _where(values: object, keys: Keys) -> tuple[str, str]:
    """Return the path of the table that holds a value, and the way to it from there."""
    n_lists = [at for at, key in enumerate(keys) if isinstance(key, int)]
    split = n_lists[-1] + 1 if n_lists else len(keys) - 1
    words = []
    for key in keys[:split]:
        values = values[key]
        name = values.get("name", "") if isinstance(values, Mapping) else ""
        is_word = isinstance(key, str) or (name and "." not in name)
        words.append(
            (key if isinstance(key, str) else name) if is_word else str(key + 1)
        )
    return ".".join(words), ".".join(map(str, keys[split:]))


def _told(where: str, was: str, now: str) -> str:
    """Return a change in words."""
    is_longer = now.startswith(was) and " " in now[len(was) :]
    words = f'"{now[len(was) :].strip()}" is added' if is_longer else ""
    return f"{where[0].upper()}{where[1:]}: {words or f'{was} becomes {now}'}"


def _text(value: object) -> str:
    """Return a value as the table has it."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


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
        room = RELATIONS[RELATION].max_reps - scheme.low  # beyond it no load is known
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


def with_patient_gates(plan: Plan) -> Plan:
    """Give every gate more weeks to open."""

    def patient(phase: Phase) -> Phase:
        gate = phase.advance
        if gate is None:
            return phase
        weeks = max(gate.max_extra_weeks, EASY_EXTRA_WEEKS)
        return changed(phase, advance=changed(gate, max_extra_weeks=weeks))

    return changed(plan, phase=tuple(map(patient, plan.phase)))


def with_short_start(plan: Plan) -> Plan:
    """Shorten the phases before load; week numbers of the plan move along."""
    loaded = [_has_work(plan, phase.session, is_heavy=False) for phase in plan.phase]
    n_early = loaded.index(True) if True in loaded else 0
    phases = [
        changed(phase, weeks=min(phase.weeks, EARLY_WEEKS))
        if place < n_early
        else phase
        for place, phase in enumerate(plan.phase)
    ]
    kept = [
        week < short.weeks
        for phase, short in zip(plan.phase, phases, strict=True)
        for week in range(phase.weeks)
    ]

    def moved(weeks: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sum(kept[:week]) for week in weeks if kept[week - 1])

    deload = changed(plan.deload, weeks=moved(plan.deload.weeks))
    tests = plan.assessment
    tests = tests and changed(tests, weeks=moved(tests.weeks))
    return changed(plan, phase=tuple(phases), deload=deload, assessment=tests)


def with_light_weeks(plan: Plan) -> Plan:
    """Make every third week light, where more weeks in a row are not."""
    runs = groupby(weeks_of(plan), key=lambda week: week.is_deload)
    longest = max(
        (len([*weeks]) for is_light, weeks in runs if not is_light), default=0
    )
    if longest < LIGHT_EVERY:
        return plan
    return changed(plan, deload=changed(plan.deload, every_weeks=LIGHT_EVERY, weeks=()))


def with_heavy_days_apart(plan: Plan) -> Plan:
    """Move sessions so that no two heavy days of a phase follow each other.

    Where a week has no room for that, the phase stays as it is.
    """
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

    return changed(plan, phase=tuple(map(spread, plan.phase)))


def _moved(days: list[int], placed: list[int]) -> list[int] | None:
    """Return days without a neighbour, near the given ones; None if there are none."""
    moved: list[int] = []
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
    """Return whether sessions hold loaded work, or heavy: of hips and legs."""
    return any(
        is_work(slot)
        and exercise_of(slot).is_loaded
        and (not is_heavy or exercise_of(slot).pattern in _HEAVY_PATTERNS)
        for session in sessions
        for slot in slots_of(plan, session)
    )


def stance_cue(athlete: Athlete) -> str:
    """Return the cue for the stance of a person."""
    width = {"hip": "hip-wide"}.get(athlete.stance_width, athlete.stance_width)
    angle_deg = athlete.foot_angle_deg
    way = "outwards" if angle_deg >= 0 else "inwards"
    return f"Stance: {width}, feet {abs(angle_deg):g} degrees {way}."


def _both(*signs: tuple[bool, str]) -> str:
    *first, last = [words for is_so, words in signs if is_so] or [""]
    return f"{', '.join(first)} and {last}" if first else last
