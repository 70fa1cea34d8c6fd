"""Decisions of the day loop in words that a student can read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isnan

import pandas as pd

from hipext import _judge as why
from hipext import _reasons as words
from hipext._decode import Place, session_of
from hipext._gate_words import about_gate
from hipext._phrases import DAY_NAMES, apart, counted, told
from hipext._run import Setting, Trace
from hipext._step_words import Change, asked_words, next_words, reason_of
from hipext._steps import REDUCE, REGRESS, STOP
from hipext.plan import Plan
from hipext.tables import ACTIONS, DAYS_PER_WEEK, DECISIONS


def decisions_table(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> pd.DataFrame:
    """Return what was decided, by which rule, from what, and why (`DECISIONS`)."""
    return DECISIONS.from_rows([*_rows(plan, setting, trace, places)])


def _rows(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> Iterator[tuple]:
    phases = [plan.phase[int(number)].name for number in trace.days[:, 0]]
    rows = trace.decisions.tolist()
    n_rated: Counter[int] = Counter()
    for number, row in enumerate(rows):
        day, slot, action, reason = map(int, row[:4])
        day = min(day, len(phases) - 1)  # the last gate is seen the morning after
        seen = row[4:12]
        if slot >= 0:
            n_rated[slot] += reason != why.SET_STOPPED and not isnan(seen[2])
            about = _about_slot(places[slot], action, reason, row, n_rated[slot])
        elif slot == why.PHASE_ROW:
            observed, sentence = about_gate(plan, reason, seen)
            about = "", "phase", words.RULES[reason], observed, sentence
        else:
            session = _session(setting, places, rows, number)
            about = _about_week(setting, session, day, reason, seen)
        session, subject, rule, observed, sentence = about
        when = day // DAYS_PER_WEEK + 1, day, phases[day]
        yield *when, session, subject, ACTIONS[action], rule, observed, sentence


def _session(
    setting: Setting, places: Sequence[Place], rows: Sequence, number: int
) -> str:
    """Return the session of a decision that is about none of its slots."""
    reason = int(rows[number][3])
    if reason == why.MISSED_SESSION:
        return session_of(setting, places, int(rows[number][10]))
    if reason in (
        why.PAIN_SESSION,
        why.LOWER_ESTIMATES,
    ):  # the slots that follow are those of the session
        slots = (int(row[1]) for row in rows[number + 1 :])
        return next((places[slot].session for slot in slots if slot >= 0), "")
    return ""


def _about_slot(
    place: Place, action: int, reason: int, row: Sequence[float], n_rated: int
) -> tuple[str, str, str, str, str]:
    """Return session, subject, rule, observations and sentence."""
    seen, was, will = row[4:12], row[12:19], row[19:26]
    exercise = place.ladder[int(was[6])]
    because = reason_of(Change(place, reason, seen, was, will, n_rated))
    rule = words.RULES.get(reason, place.slot.progress.rule)
    more = words.SEEN_BESIDES.get(reason, ("good_in_a_row",))
    observed = told(zip((*words.SEEN_OF_SLOT, *more), seen, strict=False))
    if action == STOP:
        verb = f"ends after set {seen[6]:g} of {seen[7]:g}"
    else:
        verb = _verb(place, action, was, will)
    sentence = f"{exercise.name} {verb}: {because}."
    return place.session, exercise.id, rule, observed, sentence


def _verb(
    place: Place, action: int, was: Sequence[float], will: Sequence[float]
) -> str:
    """Return how what a slot asks for changes."""
    if action == REGRESS:
        return f"gives way to {next_words(place, will)}"
    if will[6] > was[6]:
        return f"is followed by {next_words(place, will)}"
    before, after = asked_words(place, was), asked_words(place, will)
    if before == after:
        return f"stays at {before}"
    back = " back" if action == REDUCE else ""
    return f"goes{back} from {before} to {after}"


def _about_week(
    setting: Setting, session: str, day: int, reason: int, seen: Sequence[float]
) -> tuple[str, str, str, str, str]:
    """Return session, subject, rule, observations and sentence."""
    week = day // DAYS_PER_WEEK + 1
    known = {name: seen[place] for name, place in words.SEEN_OF_WEEK[reason].items()}
    if session:
        known = {"attended": float(reason != why.MISSED_SESSION)} | known
    else:
        known = {"week": float(week)} | known
    facts = _facts_of_week(setting, reason, seen)
    facts |= {"week": week, "weekday": DAY_NAMES[day % DAYS_PER_WEEK]}
    sentence = words.OF_WEEK[reason].format(session=session, **facts)
    return session, "week", words.RULES[reason], told(known.items()), sentence


def _facts_of_week(
    setting: Setting, reason: int, seen: Sequence[float]
) -> dict[str, float | str]:
    """Return what the words of a reason may ask for, by name."""
    _, _, _, _, left, right, number, bound = seen
    facts = {
        "left": left,
        "right": right,
        "weaker": "left" if left < right else "right",
        "stiffer": _stiffer(setting, left, right),
        "ago": "last week" if number == 1 else f"{counted(number, 'week')} ago",
        "changed": _changed(number),
    }
    if reason in words.JUDGED_BY:
        place, digits = words.JUDGED_BY[reason]
        limit = bound if reason == why.TEST_WORSE else seen[5]
        facts |= {"value": apart(seen[place], limit, digits), "limit": f"{limit:g}"}
    return {"limit": f"{bound:g}"} | facts


def _stiffer(setting: Setting, left: float, right: float) -> str:
    """Return which sides get more mobility work, by the limits of the rule."""
    low, is_uneven = (
        setting.model.rule_range_low_deg,
        abs(left - right) > setting.model.rule_range_gap_deg,
    )
    is_left = left < low or (is_uneven and left < right)
    is_right = right < low or (is_uneven and right < left)
    if is_left and is_right:
        return "both sides get"
    return f"the {'left' if is_left else 'right'} side gets"


def _changed(points: float) -> str:
    if abs(points) < 0.05:
        return "did not change"
    return f"{'rose' if points > 0 else 'fell'} by {abs(points):.1f} points"
