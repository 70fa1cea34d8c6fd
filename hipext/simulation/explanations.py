"""Decisions of the day loop in words that a student can read."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import isnan
from typing import NamedTuple

import pandas as pd

from hipext.engine import decisions as why
from hipext.engine import progression as steps
from hipext.engine.progression import REDUCE, REGRESS, STOP, round_to_increment
from hipext.files.checks import DAY_NAMES, apart, counted, listed, spans, told, weeks
from hipext.files.tables import ACTIONS, DAYS_PER_WEEK, DECISIONS
from hipext.plans.plan import Gate, Plan, step_of
from hipext.simulation.log_tables import Place, session_of
from hipext.simulation.run import Setting, Trace

RULES = {  # of reasons that are not the slot's own rule
    steps.MISSED: "attendance",
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
    why.GATE_ASSUMED: "gate",
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
    why.MISSED_SESSION: "attendance",
    why.LOWER_ESTIMATES: "resume",
}
OF_SLOT = {
    steps.MISSED: "the session was missed",
    steps.LIGHT_WEEK: "a light session does not count",
    steps.FAILED: "not all sets were completed",
    steps.FAILED_OFTEN: "sets were missed in {often}, {cut}",
    steps.WAITING: "{waiting}",
    steps.WAITING_AT_TOP: "{waiting} at the top of the range",
    steps.BY_WEEK: "its load changes from week to week",
    steps.MORE_LOAD: "{good}, so {grows}",
    steps.MORE_AMOUNT: "all sets were completed, so each {longer}",
    steps.MORE_SETS: "the top of the range was reached, so there is one set more, "
    "from {low} again",
    steps.MORE_LOAD_FROM_LOW: "the top of the range was reached, so {grows}, "
    "from {low} again",
    steps.TOP_REACHED: "the top of the range was reached, and no harder step is "
    "planned",
    steps.GOOD_WEEK: "{good}, so {grows}",
    steps.NEXT_OF_WAVE: "week {week} of the wave asks for {pct} %",
    steps.NEW_WAVE: "week {week} of the wave asks for {pct} %, and {step} more than "
    "last time",
    steps.LONGER_HOLD: "all holds were completed, so each {longer}",
    steps.LONGEST_HOLD: "the longest hold was reached, and no harder step is planned",
    steps.NEXT_TEMPO: "{good}, so the tempo becomes {tempo}",
    steps.LAST_TEMPO: "the last tempo was reached, and no harder step is planned",
    steps.REPEATED: "the plan repeats it",
    steps.HARDER_EXERCISE: "the top of the range was mastered, so the harder exercise "
    "follows, from {low}",
    why.PAIN_TODAY: "reported pain of {value} is above {limit}",
    why.PAIN_TOO_HIGH: "reported pain of {value} is above {limit}, {cut}",
    why.TOO_SORE: "reported soreness of {value} is above {limit}",
    why.TECHNIQUE_LOW: "technique {value} is below {limit} {seen_in}",
    why.TECHNIQUE_BACK: "technique {value} is below {limit} {seen_in}",
    why.SET_STOPPED: "technique {value} is below {limit}",
    why.TOO_HARD: "{value} repetitions in reserve were reported where {limit} "
    "should be left",
    why.AFTER_GAP: "{gap} days passed without it, {cut}",
    why.HELD_BY_TEST: "pain rose since the last assessment, so nothing advances this "
    "week",
}
OF_WEEK = {
    why.PLANNED_DELOAD: "Week {week} is light by plan; every rule pauses.",
    why.PAIN_DELOAD: "Week {week} becomes light: reported pain of {value} in the week "
    "before is above {limit}; every rule pauses.",
    why.DELOAD_NOT_STACKED: "Week {week} would be light by plan, but pain brought a "
    "light week {ago}: they are not stacked.",
    why.RESUMED: "Week {week} goes on where the plan was before the light week.",
    why.PAIN_SESSION: "{weekday}'s session {session!r} is light: reported pain of "
    "{value} is above {limit}.",
    why.WEAKER_SIDE_FIRST: "The {weaker} side is weaker ({left:g} and {right:g} "
    "repetitions, left and right): it starts, and does more.",
    why.SIDES_ALIKE: "Both sides are about equally strong ({left:g} and {right:g} "
    "repetitions, left and right): neither does more.",
    why.MORE_MOBILITY: "Hips extend {left:.1f} (left) and {right:.1f} degrees (right): "
    "{stiffer} more mobility work.",
    why.RANGE_ALIKE: "Hips extend {left:.1f} (left) and {right:.1f} degrees (right): "
    "neither side needs more mobility work.",
    why.TEST_WORSE: "Pain rose by {value} points since the last assessment, more than "
    "{limit}: nothing advances this week.",
    why.TEST_STEADY: "Pain {changed} since the last assessment: the plan goes on.",
    why.LOWER_ESTIMATES: "{left:g} days passed without training: every 1RM is taken to "
    "be {right:g} % lower, so that new lifts start lighter.",
    why.MISSED_SESSION: "{weekday}'s session {session!r} was missed; nothing in it "
    "moves on.",
    why.LOWER_ESTIMATES: "{left:g} days passed without work, so every estimate of a "
    "1RM is cut by {right:.3g} %.",
}
OF_GATE = {
    why.GATE_OPEN: "Phase {phase!r} is passed: {seen}.",
    why.GATE_CLOSED: "Phase {phase!r} goes on for a week: {faults}.",
    why.GATE_BACK: "Phase {phase!r} is left for the one before: {faults}.",
    why.GATE_ASSUMED: "Phase {phase!r} ends after {weeks}: what its gate asks for is "
    "assumed to be met.",
    why.GATE_SHUT: "Phase {phase!r} has had all its extra weeks, and goes on: "
    "{faults}.",
}
# Names of what was seen; places 6 and 7 mean something else for every reason.
SEEN_OF_SLOT = (
    "all_sets_completed",
    "reserve_reported",
    "technique_rated",
    "pain_reported",
    "soreness_reported",
    "limit",
)
SEEN_BESIDES = {
    steps.FAILED: ("failed_in_a_row",),
    steps.FAILED_OFTEN: ("failed_in_a_row",),
    why.TECHNIQUE_LOW: ("sessions_below",),
    why.TECHNIQUE_BACK: ("sessions_below",),
    why.SET_STOPPED: ("set", "sets"),
    why.AFTER_GAP: ("days_without", "cut_pct"),
}
SEEN_OF_WEEK = {  # name: place
    why.PLANNED_DELOAD: {"pain_reported": 3},
    why.PAIN_DELOAD: {"pain_reported": 3, "limit": 5},
    why.DELOAD_NOT_STACKED: {"pain_reported": 3, "weeks_since_light": 6},
    why.RESUMED: {"pain_reported": 3},
    why.PAIN_SESSION: {"pain_reported": 3, "limit": 5},
    why.WEAKER_SIDE_FIRST: {"left": 4, "right": 5, "difference_pct": 6, "limit": 7},
    why.SIDES_ALIKE: {"left": 4, "right": 5, "difference_pct": 6, "limit": 7},
    why.MORE_MOBILITY: {"left": 4, "right": 5, "difference_deg": 6, "limit": 7},
    why.RANGE_ALIKE: {"left": 4, "right": 5, "difference_deg": 6, "limit": 7},
    why.TEST_WORSE: {"pain_reported": 3, "change": 6, "limit": 7},
    why.TEST_STEADY: {"pain_reported": 3, "change": 6, "limit": 7},
    why.MISSED_SESSION: {"pain_reported": 3},
    why.LOWER_ESTIMATES: {
        "pain_reported": 3,
        "days_without": 4,
        "cut_pct": 5,
        "limit": 7,
    },
    why.LOWER_ESTIMATES: {"days_without": 4, "cut_pct": 5, "limit": 7},
}
JUDGED_BY = {  # place and decimals of what is compared with a limit
    why.PAIN_TODAY: (3, 1),
    why.PAIN_TOO_HIGH: (3, 1),
    why.TOO_SORE: (4, 1),
    why.TECHNIQUE_LOW: (2, 2),
    why.TECHNIQUE_BACK: (2, 2),
    why.SET_STOPPED: (2, 2),
    why.TOO_HARD: (1, 1),
    why.PAIN_DELOAD: (3, 1),
    why.PAIN_SESSION: (3, 1),
    why.TEST_WORSE: (6, 1),
}
Numbers = Sequence[float]  # sets, amount, load, good and failed in a row, steps, rung
_COUNTS = ("none", "one", "two", "all")
_CLUMSY, _PAINFUL, _STIFF, _UNEVEN = 1, 2, 4, 8  # of the sum that the gate writes down
_LIMITS = ("technique_min", "pain_max", "range_min_deg", "asymmetry_max_deg")
COMPLETED_AS_ASKED = "all_sets_completed=assumed"  # in the open loop
MISSED = "attendance"  # rule of a missed session


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
            about = "", "phase", RULES[reason], observed, sentence
        else:
            session = _session(setting, places, rows, number)
            about = _about_week(setting, session, day, reason, seen)
        session, subject, rule, observed, sentence = about
        if setting.program.plan["is_open_loop"]:
            observed = observed.replace("all_sets_completed=1", COMPLETED_AS_ASKED)
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
    rule = RULES.get(reason, place.slot.progress.rule)
    more = SEEN_BESIDES.get(reason, ("good_in_a_row",))
    observed = told(zip((*SEEN_OF_SLOT, *more), seen, strict=False))
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
    known = {name: seen[place] for name, place in SEEN_OF_WEEK[reason].items()}
    if session:
        known = {"attended": float(reason != why.MISSED_SESSION)} | known
    else:
        known = {"week": float(week)} | known
    facts = _facts_of_week(setting, reason, seen)
    facts |= {"week": week, "weekday": DAY_NAMES[day % DAYS_PER_WEEK]}
    sentence = OF_WEEK[reason].format(session=session, **facts)
    return session, "week", RULES[reason], told(known.items()), sentence


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
    if reason in JUDGED_BY:
        place, digits = JUDGED_BY[reason]
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


class Change(NamedTuple):
    """A decision about a slot: why, from what, what was and what will be asked for."""

    place: Place
    reason: int
    seen: Numbers
    was: Numbers
    will: Numbers
    n_rated: int  # sessions of the slot so far


def asked_words(place: Place, asked: Numbers) -> str:
    """Return what a slot asks for: ``3x8 at 40 kg``."""
    n_sets, reps_or_s, load_kg, _, _, _, ladder_step = asked
    text = f"{n_sets:g}x{_plain_amount(place, reps_or_s)}"
    exercise = place.ladder[int(ladder_step)]
    if exercise.is_loaded and load_kg > 0:
        text += f" at {round_to_increment(load_kg, step_of(place.slot, exercise)):g} kg"
    if place.slot.progress.rule == "tempo":
        text += f", tempo {_tempo(place, asked)}"
    return text


def next_words(place: Place, will: Numbers) -> str:
    """Return the exercise that follows and what it begins with; its load is open."""
    exercise = place.ladder[int(will[6])]
    return f"{exercise.name}, {will[0]:g}x{_plain_amount(place, will[1])}"


def reason_of(change: Change) -> str:
    """Return why, in words."""
    template = OF_SLOT[change.reason]
    facts = {name: _FACTS[name](change) for name in _asked_for(template)}
    return template.format_map(facts)


@cache
def _asked_for(template: str) -> tuple[str, ...]:
    return tuple(re.findall(r"{(\w+)}", template))


def _plain_amount(place: Place, reps_or_s: float) -> str:
    return f"{reps_or_s:g} s" if place.slot.scheme.is_hold else f"{reps_or_s:g}"


def _amount(place: Place, reps_or_s: float) -> str:
    is_hold = place.slot.scheme.is_hold
    return f"{reps_or_s:g} s" if is_hold else counted(reps_or_s, "repetition")


def _tempo(place: Place, asked: Numbers) -> str:
    n_steps, ladder_step = int(asked[5]), int(asked[6])
    if place.slot.progress.rule == "tempo" and n_steps:
        return place.slot.progress.tempos[n_steps - 1]
    return place.slot.tempo or place.ladder[ladder_step].tempo


def _value(change: Change) -> str:
    at, digits = JUDGED_BY[change.reason]
    return apart(change.seen[at], change.seen[5], digits)


def _limit(change: Change) -> str:
    _, digits = JUDGED_BY[change.reason]
    return f"{change.seen[5]:.2f}" if digits == 2 else f"{change.seen[5]:g}"


def _seen_in(change: Change) -> str:
    """Return in how many of the last sessions: at most three count."""
    n_low, of = int(change.seen[6]), min(change.n_rated, 3)
    if of < 2:
        return "in the first session"
    if of == 2:
        return "in both sessions so far" if n_low == 2 else "in one of two sessions"
    return f"in {_COUNTS[n_low]} of the last three sessions"


def _cut(change: Change) -> str:
    was_kg, will_kg = change.was[2], change.will[2]
    if was_kg <= 0 or isnan(was_kg):
        return "but there is no load to cut"
    less = 100 * (1 - will_kg / was_kg)
    return f"so the load is cut by {less:.3g} %{_unseen(change)}"


def _grows(change: Change) -> str:
    return f"the load grows by {_step(change)}{_unseen(change)}"


def _unseen(change: Change) -> str:
    place, was, will = change.place, change.was, change.will
    is_seen = asked_words(place, was) != asked_words(place, will)
    return "" if is_seen else ", which is no whole step yet"


def _step(change: Change) -> str:
    rule = change.place.slot.progress
    if getattr(rule, "add_kg", None) is not None:
        return f"{rule.add_kg:g} kg"
    return f"{getattr(rule, 'add_pct', None) or 0:g} %"


def _longer(change: Change) -> str:
    more = change.will[1] - change.was[1]
    if change.place.slot.scheme.is_hold:
        return f"is {more:g} s longer"
    return f"has {counted(more, 'repetition')} more"


def _every(change: Change) -> int:
    """Return the good sessions, or weeks, that a step takes."""
    names = ("every_sessions", "every_weeks", "after")
    rule = change.place.slot.progress
    return next((getattr(rule, name) for name in names if hasattr(rule, name)), 1)


def _good(change: Change) -> str:
    every, is_weekly = _every(change), change.place.slot.progress.rule == "step"
    if every > 1:
        return f"{every} good {'weeks' if is_weekly else 'sessions'} in a row"
    return "a good week" if is_weekly else "all sets were completed"


def _waiting(change: Change) -> str:
    n_successes, every = change.seen[6], _every(change)
    thing = "week" if change.place.slot.progress.rule == "step" else "session"
    if n_successes < 1:  # a set was missed earlier in the week
        return f"this {thing} does not count towards {counted(every, f'good {thing}')}"
    return f"{n_successes:g} of {counted(every, f'good {thing}')} in a row"


def _often(change: Change) -> str:
    many = change.place.slot.progress.on_fail.after
    return counted(many, "session") + (" in a row" if many > 1 else "")


def _wave(change: Change) -> int:
    return int(change.will[5]) % len(change.place.slot.progress.pct)


_FACTS: dict[str, Callable[[Change], str]] = {
    "value": _value,
    "limit": _limit,
    "seen_in": _seen_in,
    "cut": _cut,
    "grows": _grows,
    "step": _step,
    "longer": _longer,
    "good": _good,
    "waiting": _waiting,
    "often": _often,
    "low": lambda change: _amount(change.place, change.place.slot.scheme.low),
    "tempo": lambda change: _tempo(change.place, change.will),
    "gap": lambda change: f"{change.seen[6]:g}",
    "week": lambda change: f"{_wave(change) + 1}",
    "pct": lambda change: f"{change.place.slot.progress.pct[_wave(change)]:g}",
}


def about_gate(plan: Plan, reason: int, seen: Sequence[float]) -> tuple[str, str]:
    """Return observations and sentence of a decision at a gate."""
    faults, n_sessions, technique, pain, left, right, phase, _ = seen
    own = plan.phase[int(phase)]
    observed = {"sessions": n_sessions}
    if n_sessions:
        observed |= {"technique_rated": technique, "pain_reported": pain}
    observed |= {"range_left": left, "range_right": right}
    limits = {name: getattr(own.advance, name) for name in _LIMITS}
    observed |= {name: value for name, value in limits.items() if value is not None}
    shown = "; ".join(_faults(own.advance, int(faults), seen))
    met = "; ".join(_met(own.advance, seen)) or "its gate asks for nothing else"
    stay = counted(own.weeks, "week")
    sentence = OF_GATE[reason].format(
        phase=own.name, faults=shown, seen=met, weeks=stay
    )
    if reason == why.GATE_ASSUMED:
        return "gate_open=assumed", sentence
    return told(observed.items()), sentence


def _faults(gate: Gate, faults: int, seen: Sequence[float]) -> Iterator[str]:
    """Yield what does not meet the gate."""
    _, n_sessions, technique, pain, left, right, _, _ = seen
    if faults & _CLUMSY and n_sessions < gate.over_sessions:
        yield (
            f"technique was rated in {n_sessions:g} of "
            f"{counted(gate.over_sessions, 'session')} asked for"
        )
    if faults & _CLUMSY and technique < gate.technique_min:
        yield (
            f"technique of {apart(technique, gate.technique_min, 2)} "
            f"{_within(n_sessions)} is below {gate.technique_min:.2f}"
        )
    if faults & _PAINFUL:
        yield (
            f"reported pain of {apart(pain, gate.pain_max, 1)} {_within(n_sessions)} "
            f"is above {gate.pain_max:g}"
        )
    if faults & _STIFF:
        side, least = ("left", left) if left < right else ("right", right)
        yield (
            f"the {side} hip extends {apart(least, gate.range_min_deg, 1)} degrees, "
            f"fewer than {gate.range_min_deg:g}"
        )
    if faults & _UNEVEN:
        gap = apart(abs(left - right), gate.asymmetry_max_deg, 1)
        yield (
            f"the hips differ by {gap} degrees, more than {gate.asymmetry_max_deg:g}"
        )


def _met(gate: Gate, seen: Sequence[float]) -> Iterator[str]:
    """Yield what meets the gate, of what it asks for."""
    _, n_sessions, technique, pain, left, right, _, _ = seen
    if gate.technique_min is not None:
        yield f"technique was {technique:.2f} or more {_within(n_sessions)}"
    if gate.pain_max is not None and n_sessions:
        yield f"reported pain was {pain:.1f} at most {_within(n_sessions)}"
    if gate.range_min_deg is not None or gate.asymmetry_max_deg is not None:
        yield f"the hips extend {left:.1f} (left) and {right:.1f} degrees (right)"


def _within(n_sessions: float) -> str:
    return (
        "in the last session"
        if n_sessions == 1
        else f"in the last {n_sessions:g} sessions"
    )


def explained(weekly: pd.DataFrame, decisions: pd.DataFrame, *, week: int) -> str:
    """Return what happened in a week and why: one line per fact, for a terminal."""
    row = weekly[weekly["week"] == week].iloc[0]
    now = decisions[decisions["week"] == week]
    is_missed = now["rule"] == MISSED
    of_slot = now[~now["subject"].isin(["week", "phase"])]
    of_week = now[now["subject"].isin(["week", "phase"]) & ~is_missed]
    lines = [*_heading(row), *(f"- {text}" for text in of_week["sentence"])]
    for _, rows in of_slot.groupby("subject", sort=False):
        lines += _merged(rows)
    if is_missed.any():
        lines.append(f"- Missed: {'; '.join(_missed(now[is_missed]))}.")
    return "\n".join(lines)


def _heading(row: pd.Series) -> Iterator[str]:
    light = ", a light week" if row["is_deload"] else ""
    yield f"Week {row['week']}: phase {row['phase']!r}{light}."
    done = (
        f"{counted(row['n_sessions'], 'session')} with work, "
        f"{counted(row['working_sets'], 'working set')}"
    )
    if "n_failed" not in row:
        yield f"Asked for: {done}."
        return
    if row["n_failed"]:
        often = "once" if row["n_failed"] == 1 else f"{row['n_failed']} times"
        done += f"; {often} the sets of an exercise were not completed"
    yield f"Done: {done}."
    seen = f"highest pain {row['pain']:.1f}, highest soreness {row['soreness']:.1f}"
    if row["technique"] == row["technique"]:
        seen += f", mean technique {row['technique']:.2f}"
    yield f"Seen: {seen}."


def _merged(rows: pd.DataFrame) -> Iterator[str]:
    """Yield the sentences about one exercise, each once, with its days."""
    for sentence, same in rows.groupby("sentence", sort=False):
        days = dict.fromkeys(same["day"].map(_short_day))
        yield f"- {listed(days)}: {sentence}"


def _missed(rows: pd.DataFrame) -> Iterator[str]:
    for session, same in rows.groupby("session", sort=False):
        days = dict.fromkeys(same["day"].map(_short_day))
        yield f"{session!r} on {listed(days)}"


def _short_day(day: int) -> str:
    return DAY_NAMES[day % DAYS_PER_WEEK][:3]


def course(plan: Plan, weekly: pd.DataFrame, decisions: pd.DataFrame) -> list[str]:
    """Return how a run went through its plan: one sentence per fact.

    Whether its end was reached, which gates kept it, which weeks were light and why,
    and which sessions were missed.
    """
    return [
        _reached(plan, weekly, decisions),
        _kept(decisions),
        _light(decisions),
        *_absences(weekly),
    ]


def is_finished(plan: Plan, weekly: pd.DataFrame, decisions: pd.DataFrame) -> bool:
    """Return whether the last phase was lived to its end, through its gate."""
    last = plan.phase[-1]
    is_last = weekly["phase"] == last.name
    stay = int(is_last[::-1].cumprod().sum())  # weeks of it in a row at the end
    if last.advance is None:
        return stay >= last.weeks
    gates = decisions[(decisions["subject"] == "phase") & (stay > 0)]
    at_end = gates[gates["day"] == len(weekly) * DAYS_PER_WEEK - 1]
    return bool((at_end["action"] == "pass").any())  # other gates are seen on Mondays


def _reached(plan: Plan, weekly: pd.DataFrame, decisions: pd.DataFrame) -> str:
    n_weeks, last = len(weekly), weekly["phase"].iloc[-1]
    if is_finished(plan, weekly, decisions):
        extra_weeks = n_weeks - plan.n_weeks
        more = f", {extra_weeks} more than written" if extra_weeks else ""
        return f"The plan was finished in {counted(n_weeks, 'week')}{more}."
    number = [phase.name for phase in plan.phase].index(last) + 1
    return (
        f"The plan was NOT finished: gates kept it until the {n_weeks} weeks it may "
        f"take were over, in phase {last!r}, {number} of {len(plan.phase)}."
    )


def _kept(decisions: pd.DataFrame) -> str:
    """Return which gates kept the plan, and for how many weeks."""
    gates = decisions[decisions["subject"] == "phase"]
    kept = gates[gates["action"].isin(["extend", "hold"])]
    parts = [
        f"{phase!r} by {counted(len(rows), 'week')}"
        for phase, rows in kept.groupby("phase", sort=False)
    ]
    back = gates[gates["action"] == "regress"]
    text = f"Phases that gates extended: {listed(parts) if parts else 'none'}."
    if len(back):
        text += f" Back to the phase before: in {weeks(back['week'].tolist())}."
    return text


def _light(decisions: pd.DataFrame) -> str:
    """Return which weeks were light, by what rule."""
    light = decisions[decisions["action"] == "deload"]
    parts = [
        f"{spans(rows['week'].tolist())} {reason}"
        for rule, reason in (
            ("scheduled_deload", "by plan"),
            ("reactive_deload", "for reported pain"),
        )
        if len(rows := light[light["rule"] == rule])
    ]
    return f"Light weeks: {'; '.join(parts) if parts else 'none'}."


def _absences(weekly: pd.DataFrame) -> Iterator[str]:
    missed = weekly[weekly["n_missed"] > 0]
    if len(missed):
        yield (
            f"Missed: {counted(missed['n_missed'].sum(), 'session')} with work, in "
            f"{weeks(missed['week'].tolist())}."
        )
