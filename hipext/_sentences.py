"""Decisions of the day loop in words that a student can read."""

from collections.abc import Iterator, Sequence
from math import isnan

import pandas as pd

from hipext import _judge as why
from hipext import _steps as steps
from hipext._decode import Place
from hipext._notes import MISSED_SESSION
from hipext._run import Trace
from hipext._steps import makeable
from hipext.plan import Plan
from hipext.progression import Prescription, reason_words
from hipext.slot import step_of
from hipext.tables import ACTIONS, DAYS_PER_WEEK, DECISIONS, WEEKDAYS

_OBSERVED = (
    "all_sets_completed",
    "reserve_reported",
    "technique_rated",
    "pain_reported",
    "soreness_reported",
    "limit",
    "count",
)
_RULES = {
    steps.LIGHT_WEEK: "light_week",
    why.PAIN_TODAY: "pain",
    why.PAIN_TOO_HIGH: "pain",
    why.PAIN_SESSION: "pain",
    why.TOO_SORE: "soreness",
    why.TECHNIQUE_LOW: "technique",
    why.TECHNIQUE_BACK: "technique",
    why.SET_STOPPED: "technique",
    why.TOO_HARD: "effort",
    why.AFTER_GAP: "resume",
    why.HELD_BY_TEST: "assessment",
    why.GATE_OPEN: "gate",
    why.GATE_CLOSED: "gate",
    why.GATE_BACK: "gate",
    why.GATE_SHUT: "gate",
    why.PLANNED_DELOAD: "scheduled_deload",
    why.PAIN_DELOAD: "reactive_deload",
    why.DELOAD_NOT_STACKED: "scheduled_deload",
    why.RESUMED: "resume",
    why.WEAKER_SIDE_FIRST: "weaker_side",
    why.SIDES_ALIKE: "weaker_side",
    why.MORE_MOBILITY: "mobility",
    why.RANGE_ALIKE: "mobility",
    why.TEST_WORSE: "assessment",
    why.TEST_STEADY: "assessment",
    MISSED_SESSION: "attendance",
}
_FAULTS = ("technique", "pain", "range", "sides")
_ORDINALS = ("", "in one", "in two", "in all three")


def decisions_table(plan: Plan, trace: Trace, places: Sequence[Place]) -> pd.DataFrame:
    """Return what was decided, by which rule, from what, and why (`DECISIONS`)."""
    rows = [*_rows(plan, trace, places)]
    return DECISIONS.from_rows(rows)


def _rows(plan: Plan, trace: Trace, places: Sequence[Place]) -> Iterator[tuple]:
    for row in trace.decisions.tolist():
        day, slot, action, reason = map(int, row[:4])
        last = min(day, len(trace.days) - 1)
        phase = plan.phase[int(trace.days[last, 0])].name
        head = (day // DAYS_PER_WEEK + 1, day, phase)
        seen = row[4:12]
        if slot >= 0:
            yield (*head, *_about_slot(places[slot], ACTIONS[action], reason, row))
        elif slot == why.PHASE_ROW:
            observed, words = _about_phase(plan, action, reason, seen)
            rest = ("phase", ACTIONS[action], _RULES[reason], observed, words)
            yield (*head, "", *rest)
        else:
            observed, words = _about_week(day, reason, seen)
            rest = ("week", ACTIONS[action], _RULES[reason], observed, words)
            yield (*head, "", *rest)


def _about_slot(place: Place, action: str, reason: int, row: Sequence) -> tuple:
    """Return session, subject, action, rule, observations and sentence of a slot."""
    seen, was, will = row[4:12], row[12:19], row[19:26]
    exercise = place.ladder[int(was[6])]
    rule = _RULES.get(reason, place.slot.progress.rule)
    before, after = _asked(place, was), _asked(place, will)
    now = f"{before} to {after}" if before != after else before
    verb = {
        "hold": f"stays at {before}",
        "advance": f"goes from {now}" if before != after else f"stays at {before}",
        "reduce": f"goes back from {now}" if before != after else f"stays at {before}",
        "regress": f"goes back from {exercise.name}, {before}, to {_next(place, will)}",
        "stop": f"ends after set {seen[6]:g} of {seen[7]:g}",
    }[action]
    if action == "advance" and will[6] > was[6]:
        verb = f"is followed by {_next(place, will)}"
    words = f"{exercise.name} {verb}: {_why(place, reason, row)}."
    return place.session, exercise.id, action, rule, _told(seen), words


def _next(place: Place, will: Sequence) -> str:
    exercise = place.ladder[int(will[6])]
    unit = " s" if place.slot.scheme.is_hold else ""
    return f"{exercise.name}, {will[0]:g}x{will[1]:g}{unit}"


def _asked(place: Place, asked: Sequence) -> str:
    """Return what was asked for: ``3x8 at 40 kg``."""
    exercise, slot = place.ladder[int(asked[6])], place.slot
    unit = " s" if slot.scheme.is_hold else ""
    text = f"{asked[0]:g}x{asked[1]:g}{unit}"
    if exercise.is_loaded and asked[2] > 0:
        text += f" at {makeable(asked[2], step_of(slot, exercise)):g} kg"
    if slot.progress.rule == "tempo":
        text += f", tempo {_prescription(place, asked).tempo}"
    return text


def _prescription(place: Place, asked: Sequence) -> Prescription:
    n_sets, amount, load_kg, n_good, n_failed, n_steps, rung = asked
    tempo = place.slot.tempo or place.ladder[int(rung)].tempo
    if place.slot.progress.rule == "tempo" and n_steps:
        tempo = place.slot.progress.tempos[int(n_steps) - 1]
    return Prescription(
        n_sets=int(n_sets),
        amount=int(amount),
        load_kg=load_kg,
        tempo=tempo,
        n_good=int(n_good),
        n_failed=int(n_failed),
        n_steps=int(n_steps),
    )


def _why(place: Place, reason: int, row: Sequence) -> str:
    """Return the reason of a decision about a slot."""
    _, rir, technique, pain, soreness, limit, count, more = row[4:12]
    if reason == steps.LIGHT_WEEK:
        return "a light session does not count"
    if reason == why.PAIN_TODAY:
        return f"reported pain of {pain:.1f} is above {limit:g}"
    if reason == why.PAIN_TOO_HIGH:
        return f"reported pain of {pain:.1f} is above {limit:g}; demands are cut"
    if reason == why.TOO_SORE:
        return f"reported soreness of {soreness:.1f} is above {limit:g}"
    if reason in (why.TECHNIQUE_LOW, why.TECHNIQUE_BACK):
        often = _ORDINALS[min(int(count), 3)]
        return (
            f"technique {technique:.2f} is below {limit:.2f} {often} of the last three sessions"
            if count < 3
            else f"technique {technique:.2f} is below {limit:.2f} {often} of the last sessions"
        )
    if reason == why.SET_STOPPED:
        return f"technique {technique:.2f} is below {limit:.2f}"
    if reason == why.TOO_HARD:
        return f"{rir:.1f} repetitions were left where {limit:g} are asked for"
    if reason == why.AFTER_GAP:
        return f"{count:g} days without it, so it comes back {more:g} % lighter"
    if reason == why.HELD_BY_TEST:
        return "pain rose since the last assessment, so this week holds"
    if reason == steps.FAILED_OFTEN and place.slot.progress.on_fail is None:
        return "not all sets were completed"
    return reason_words(
        reason,
        place.slot.progress,
        _prescription(place, row[12:19]),
        _prescription(place, row[19:26]),
        scheme=place.slot.scheme,
        n_good=int(count) if not isnan(count) else 0,
    )


def _told(seen: Sequence) -> str:
    """Return observations as ``name=value``, missing ones left out."""
    known = zip(_OBSERVED, seen[:7], strict=True)
    return " ".join(f"{name}={value:.3g}" for name, value in known if not isnan(value))


def _about_phase(
    plan: Plan, action: int, reason: int, seen: Sequence
) -> tuple[str, str]:
    """Return observations and sentence of a gate."""
    faults, n_sessions, technique, pain, left, right, phase, _ = seen
    own = plan.phase[int(phase)]
    gate = own.advance
    observed = (
        f"technique_rated={technique:.3g} sessions={n_sessions:g} "
        f"pain_reported={pain:.3g} range_left={left:.3g} range_right={right:.3g}"
    )
    reasons = []
    if int(faults) & 1:
        few = n_sessions < gate.over_sessions
        seen_in = (
            f"in {n_sessions:g} of {gate.over_sessions} sessions"
            if few
            else f"in the last {gate.over_sessions} sessions"
        )
        reasons.append(
            f"technique fell to {technique:.2f} {seen_in}, {gate.technique_min:g} is asked for"
        )
    if int(faults) & 2:
        reasons.append(f"pain of {pain:.1f} is above {gate.pain_max:g}")
    if int(faults) & 4:
        reasons.append(
            f"a hip extends {min(left, right):.1f} degrees, {gate.range_min_deg:g} are asked for"
        )
    if int(faults) & 8:
        reasons.append(
            f"the sides differ by {abs(left - right):.1f} degrees, at most {gate.asymmetry_max_deg:g} are allowed"
        )
    because = "; ".join(reasons)
    words = {
        why.GATE_OPEN: f"Phase {own.name!r} is passed: everything its gate asks for was seen.",
        why.GATE_CLOSED: f"Phase {own.name!r} goes on for a week: {because}.",
        why.GATE_BACK: f"Back from phase {own.name!r} to the one before: {because}.",
        why.GATE_SHUT: f"Phase {own.name!r} is not passed, and goes on: {because}.",
    }[reason]
    return observed, words


def _about_week(day: int, reason: int, seen: Sequence) -> tuple[str, str]:
    """Return observations and sentence of a decision about a week or a session."""
    week, name = day // DAYS_PER_WEEK + 1, WEEKDAYS[day % DAYS_PER_WEEK].capitalize()
    _, _, _, pain, left, right, number, bound = seen
    limit = seen[5]
    words = {
        why.PLANNED_DELOAD: f"Week {week} is light by plan; every rule pauses.",
        why.PAIN_DELOAD: f"Week {week} becomes light: pain of {pain:.1f} was reported, above {limit:g}; every rule pauses.",
        why.DELOAD_NOT_STACKED: f"Week {week} would be light by plan, but pain brought a light week {number:g} weeks ago: they are not stacked.",
        why.RESUMED: f"Week {week} goes on where the plan was before the light week.",
        why.PAIN_SESSION: f"{name}'s session is light: pain of {pain:.1f} is above {limit:g}.",
        why.WEAKER_SIDE_FIRST: f"The {'left' if left < right else 'right'} side is weaker ({left:g} and {right:g} repetitions, {number:.0f} % apart): it starts and does a set more.",
        why.SIDES_ALIKE: f"Both sides are about equally strong ({left:g} and {right:g} repetitions): nothing changes.",
        why.MORE_MOBILITY: f"Hips extend {left:.1f} (left) and {right:.1f} degrees (right): the {_stiffer(left, right, bound)} more mobility work.",
        why.RANGE_ALIKE: f"Hips extend {left:.1f} (left) and {right:.1f} degrees (right): mobility work stays as it is.",
        why.TEST_WORSE: f"Pain rose by {number:.1f} points since the last assessment: nothing advances this week.",
        why.TEST_STEADY: f"Pain changed by {number:+.1f} points since the last assessment: within error, the plan goes on.",
        MISSED_SESSION: f"{name}'s session was missed; nothing moves on.",
    }[reason]
    told = {
        "pain_reported": pain,
        "left": left if reason in _SIDED else float("nan"),
        "right": right if reason in _SIDED else float("nan"),
        "limit": limit if reason in _LIMITED else float("nan"),
        "weeks_since_light": number if reason in _OF_WEEKS else float("nan"),
    }
    observed = " ".join(f"{k}={v:.3g}" for k, v in told.items() if not isnan(v))
    return observed, words


_SIDED = (why.WEAKER_SIDE_FIRST, why.SIDES_ALIKE, why.MORE_MOBILITY, why.RANGE_ALIKE)
_LIMITED = (why.PAIN_DELOAD, why.PAIN_SESSION)
_OF_WEEKS = (why.PAIN_DELOAD, why.DELOAD_NOT_STACKED)


def _stiffer(left: float, right: float, gap: float) -> str:
    if abs(left - right) > gap:
        return f"{'left' if left < right else 'right'} side gets"
    return "sides with little range get"


def explained(weekly: pd.DataFrame, decisions: pd.DataFrame, *, week: int) -> str:
    """Return what happened in a week and why."""
    now = weekly[weekly["week"] == week].iloc[0]
    light = ", a light week" if now["is_deload"] else ""
    lines = [
        f"Week {week}, phase {now['phase']}{light}: {now['n_sessions']} sessions, "
        f"{now['working_sets']:g} working sets."
    ]
    lines += [
        f"- {text}" for text in decisions.loc[decisions["week"] == week, "sentence"]
    ]
    return "\n".join(lines)
