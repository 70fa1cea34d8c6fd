"""Decisions of the day loop in words that a student can read."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import isnan
from types import SimpleNamespace
from typing import NamedTuple

import pandas as pd

from hipext.engine import decisions as why
from hipext.engine import progression as steps
from hipext.engine.compiled import as_python_objects
from hipext.engine.progression import (
    REDUCE,
    REGRESS,
    STOP,
    Prescription,
    round_to_increment,
)
from hipext.files.checks import (
    DAY_NAMES,
    counted,
    distinct_text,
    listed,
    observations_text,
    ranges_text,
    weeks_text,
)
from hipext.files.tables import ACTIONS, DAYS_PER_WEEK, DECISIONS
from hipext.plans.plan import Gate, Plan, step_of
from hipext.simulation.log_tables import Place, session_of, tempo_of
from hipext.simulation.run import Setting, Trace

Observations = SimpleNamespace  # fields of state.OBSERVATIONS

RULES = {  # of reasons that are not the slot's own rule
    steps.MISSED: "attendance",
    steps.REDUCED_SESSION: "light_week",
    why.PAIN_BLOCKS_STEP: "pain",
    why.PAIN_REDUCES_LOAD: "pain",
    why.PAIN_REDUCES_SESSION: "pain",
    why.SORENESS_HIGH: "soreness",
    why.TECHNIQUE_LOW: "technique",
    why.TECHNIQUE_REGRESSION: "technique",
    why.TECHNIQUE_STOP: "technique",
    why.EFFORT_HIGH: "effort",
    why.TRAINING_GAP: "resume",
    why.NO_PROGRESS_WEEK: "assessment",
    why.GATE_PASSED: "gate",
    why.GATE_EXTENDS: "gate",
    why.GATE_REGRESSES: "gate",
    why.GATE_STAYS_CLOSED: "gate",
    why.PLANNED_DELOAD: "scheduled_deload",
    why.REACTIVE_DELOAD: "reactive_deload",
    why.DELOAD_NOT_STACKED: "scheduled_deload",
    why.AFTER_DELOAD: "resume",
    why.WEAKER_SIDE_FIRST: "weaker_side",
    why.SIDES_SIMILAR: "weaker_side",
    why.MORE_MOBILITY: "mobility",
    why.RANGE_SUFFICIENT: "mobility",
    why.PAIN_ROSE: "assessment",
    why.PAIN_STEADY: "assessment",
    why.MISSED_SESSION: "attendance",
    why.ESTIMATES_REDUCED: "resume",
}
OF_SLOT = {
    steps.MISSED: "the session was missed",
    steps.REDUCED_SESSION: "a light session does not count",
    steps.SETS_FAILED: "not all sets were completed",
    steps.FAILED_REPEATEDLY: "sets were missed in {often}, {cut}",
    steps.STEP_PENDING: "{waiting}",
    steps.STEP_PENDING_AT_TOP: "{waiting} at the top of the range",
    steps.CHANGES_WEEKLY: "its load changes from week to week",
    steps.MORE_LOAD: "{good}, so {grows}",
    steps.MORE_REPS_OR_S: "all sets were completed, so each {longer}",
    steps.MORE_SETS: "the top of the range was reached, so there is one set more, "
    "from {low} again",
    steps.MORE_LOAD_FROM_LOW: "the top of the range was reached, so {grows}, "
    "from {low} again",
    steps.TOP_REACHED: "the top of the range was reached, and no harder step is "
    "planned",
    steps.MORE_LOAD_AFTER_WEEK: "{good}, so {grows}",
    steps.NEXT_WAVE_WEEK: "week {week} of the wave asks for {pct} %",
    steps.NEXT_WAVE_CYCLE: "week {week} of the wave asks for {pct} %, and {step} more "
    "than last time",
    steps.LONGER_HOLD: "all holds were completed, so each {longer}",
    steps.LONGEST_HOLD: "the longest hold was reached, and no harder step is planned",
    steps.NEXT_TEMPO: "{good}, so the tempo becomes {tempo}",
    steps.LAST_TEMPO: "the last tempo was reached, and no harder step is planned",
    steps.NO_PROGRESSION: "the plan repeats it",
    steps.HARDER_EXERCISE: "the top of the range was mastered, so the harder exercise "
    "follows, from {low}",
    why.PAIN_BLOCKS_STEP: "reported pain of {value} is above {limit}",
    why.PAIN_REDUCES_LOAD: "reported pain of {value} is above {limit}, {cut}",
    why.SORENESS_HIGH: "reported soreness of {value} is above {limit}",
    why.TECHNIQUE_LOW: "technique {value} is below {limit} {seen_in}",
    why.TECHNIQUE_REGRESSION: "technique {value} is below {limit} {seen_in}",
    why.TECHNIQUE_STOP: "technique {value} is below {limit}",
    why.EFFORT_HIGH: "{value} repetitions in reserve were reported where {limit} "
    "should be left",
    why.TRAINING_GAP: "{gap} days passed without it, {cut}",
    why.NO_PROGRESS_WEEK: "pain rose since the last assessment, so nothing advances "
    "this week",
}
OF_WEEK = {
    why.PLANNED_DELOAD: "Week {week} is light by plan; every rule pauses.",
    why.REACTIVE_DELOAD: "Week {week} becomes light: reported pain of {value} in the "
    "week before is above {limit}; every rule pauses.",
    why.DELOAD_NOT_STACKED: "Week {week} would be light by plan, but pain brought a "
    "light week {ago}: they are not stacked.",
    why.AFTER_DELOAD: "Week {week} goes on where the plan was before the light week.",
    why.PAIN_REDUCES_SESSION: "{weekday}'s session {session!r} is light: reported pain "
    "of {value} is above {limit}.",
    why.WEAKER_SIDE_FIRST: "The {weaker} side is weaker ({left:g} and {right:g} "
    "repetitions, left and right): it starts, and does more.",
    why.SIDES_SIMILAR: "Both sides are about equally strong ({left:g} and {right:g} "
    "repetitions, left and right): neither does more.",
    why.MORE_MOBILITY: "Hips extend {left:.1f} (left) and {right:.1f} degrees (right): "
    "{stiffer} more mobility work.",
    why.RANGE_SUFFICIENT: "Hips extend {left:.1f} (left) and {right:.1f} degrees "
    "(right): neither side needs more mobility work.",
    why.PAIN_ROSE: "Pain rose by {value} points since the last assessment, more than "
    "{limit}: nothing advances this week.",
    why.PAIN_STEADY: "Pain {changed} since the last assessment: the plan goes on.",
    why.MISSED_SESSION: "{weekday}'s session {session!r} was missed; nothing in it "
    "moves on.",
    why.ESTIMATES_REDUCED: "{days:g} days passed without work, so every estimate of "
    "a 1RM is cut by {cut_pct:.3g} %.",
}
OF_GATE = {
    why.GATE_PASSED: "Phase {phase!r} is passed: {seen}.",
    why.GATE_EXTENDS: "Phase {phase!r} goes on for a week: {faults}.",
    why.GATE_REGRESSES: "Phase {phase!r} is left for the one before: {faults}.",
    why.GATE_STAYS_CLOSED: "Phase {phase!r} has had all its extra weeks, and goes on: "
    "{faults}.",
}
JUDGED_BY = {  # observation that is compared with the limit, and its decimals
    why.PAIN_BLOCKS_STEP: ("pain_reported", 1),
    why.PAIN_REDUCES_LOAD: ("pain_reported", 1),
    why.SORENESS_HIGH: ("soreness_reported", 1),
    why.TECHNIQUE_LOW: ("technique_rated", 2),
    why.TECHNIQUE_REGRESSION: ("technique_rated", 2),
    why.TECHNIQUE_STOP: ("technique_rated", 2),
    why.EFFORT_HIGH: ("reserve_reported", 1),
    why.REACTIVE_DELOAD: ("pain_reported", 1),
    why.PAIN_REDUCES_SESSION: ("pain_reported", 1),
    why.PAIN_ROSE: ("change", 1),
}
_INTERNAL = ("gate_phase", "gate_failures", "occasion")  # numbers that mean no quantity
_COUNTS = ("none", "one", "two", "all")
_LIMITS = ("technique_min", "pain_max", "range_min_deg", "asymmetry_max_deg")
MISSED = "attendance"  # rule of a missed session


def decisions_table(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> pd.DataFrame:
    """Return what was decided, by which rule, from what, and why (`DECISIONS`)."""
    return DECISIONS.from_rows([*_rows(plan, setting, trace, places)])


def _rows(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> Iterator[tuple]:
    phases = [plan.phase[number].name for number in trace.days["phase"]]
    rows = as_python_objects(trace.decisions)
    n_rated: Counter[int] = Counter()
    for number, row in enumerate(rows):
        day = min(row.day, len(phases) - 1)  # the last gate is seen the morning after
        seen, reason = row.observed, row.reason
        if row.slot >= 0:
            is_rated = not isnan(seen.technique_rated)
            n_rated[row.slot] += reason != why.TECHNIQUE_STOP and is_rated
            about = _about_slot(places[row.slot], row, n_rated[row.slot])
        elif row.slot == why.PHASE_ROW:
            observed, sentence = about_gate(plan, reason, seen)
            about = "", "phase", RULES[reason], observed, sentence
        else:
            session = _session(setting, places, rows, number)
            about = _about_week(setting, session, day, reason, seen)
        session, subject, rule, observed, sentence = about
        when = day // DAYS_PER_WEEK + 1, day, phases[day]
        yield *when, session, subject, ACTIONS[row.action], rule, observed, sentence


def _session(
    setting: Setting, places: Sequence[Place], rows: Sequence, number: int
) -> str:
    """Return the session of a decision that is about none of its slots."""
    row = rows[number]
    if row.reason == why.MISSED_SESSION:
        return session_of(setting, places, int(row.observed.occasion))
    if row.reason in (why.PAIN_REDUCES_SESSION, why.ESTIMATES_REDUCED):
        # The slots that follow are those of the session.
        slots = (later.slot for later in rows[number + 1 :])
        return next((places[slot].session for slot in slots if slot >= 0), "")
    return ""


def _known(seen: Observations) -> dict[str, float]:
    """Return what was observed, by name."""
    return {name: value for name, value in vars(seen).items() if name not in _INTERNAL}


def _about_slot(
    place: Place, row: SimpleNamespace, n_rated: int
) -> tuple[str, str, str, str, str]:
    """Return session, subject, rule, observations and sentence."""
    seen, was, will = row.observed, row.before, row.after
    exercise = place.ladder[was.ladder_step]
    because = reason_of(Change(place, row.reason, seen, was, will, n_rated))
    rule = RULES.get(row.reason, place.slot.progress.rule)
    if row.action == STOP:
        verb = f"ends after set {seen.sets_done:g} of {seen.sets_prescribed:g}"
    else:
        verb = _verb(place, row.action, was, will)
    sentence = f"{exercise.name} {verb}: {because}."
    return (
        place.session,
        exercise.id,
        rule,
        observations_text(_known(seen).items()),
        sentence,
    )


def _verb(place: Place, action: int, was: Prescription, will: Prescription) -> str:
    """Return how what a slot asks for changes."""
    if action == REGRESS:
        return f"gives way to {next_words(place, will)}"
    if will.ladder_step > was.ladder_step:
        return f"is followed by {next_words(place, will)}"
    before, after = asked_words(place, was), asked_words(place, will)
    if before == after:
        return f"stays at {before}"
    back = " back" if action == REDUCE else ""
    return f"goes{back} from {before} to {after}"


def _about_week(
    setting: Setting, session: str, day: int, reason: int, seen: Observations
) -> tuple[str, str, str, str, str]:
    """Return session, subject, rule, observations and sentence."""
    week = day // DAYS_PER_WEEK + 1
    if session:
        known = {"attended": float(reason != why.MISSED_SESSION)}
    else:
        known = {"week": float(week)}
    facts = _facts_of_week(setting, reason, seen)
    facts |= {"week": week, "weekday": DAY_NAMES[day % DAYS_PER_WEEK]}
    sentence = OF_WEEK[reason].format(session=session, **facts)
    observed = observations_text((known | _known(seen)).items())
    return session, "week", RULES[reason], observed, sentence


def _facts_of_week(
    setting: Setting, reason: int, seen: Observations
) -> dict[str, float | str]:
    """Return what the words of a reason may ask for, by name."""
    since = seen.weeks_since_deload
    facts = {
        "left": seen.left,
        "right": seen.right,
        "weaker": "left" if seen.left < seen.right else "right",
        "stiffer": _stiffer(setting, seen.left, seen.right),
        "ago": "last week" if since == 1 else f"{counted(since, 'week')} ago",
        "changed": _changed(seen.change),
        "days": seen.days_without,
        "cut_pct": seen.cut_pct,
        "limit": f"{seen.limit:g}",
    }
    if reason in JUDGED_BY:
        name, digits = JUDGED_BY[reason]
        facts["value"] = distinct_text(getattr(seen, name), seen.limit, digits)
    return facts


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
    seen: Observations
    was: Prescription
    will: Prescription
    n_rated: int  # sessions of the slot so far


def asked_words(place: Place, asked: Prescription) -> str:
    """Return what a slot asks for: ``3x8 at 40 kg``."""
    text = f"{asked.n_sets}x{_plain_amount(place, asked.reps_or_s)}"
    exercise = place.ladder[asked.ladder_step]
    if exercise.is_loaded and asked.load_kg > 0:
        step_kg = step_of(place.slot, exercise)
        text += f" at {round_to_increment(asked.load_kg, step_kg):g} kg"
    if place.slot.progress.rule == "tempo":
        text += f", tempo {_tempo(place, asked)}"
    return text


def next_words(place: Place, will: Prescription) -> str:
    """Return the exercise that follows and what it begins with; its load is open."""
    exercise = place.ladder[will.ladder_step]
    return f"{exercise.name}, {will.n_sets}x{_plain_amount(place, will.reps_or_s)}"


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


def _tempo(place: Place, asked: Prescription) -> str:
    return tempo_of(place, asked.ladder_step, asked.n_steps)


def _value(change: Change) -> str:
    name, digits = JUDGED_BY[change.reason]
    return distinct_text(getattr(change.seen, name), change.seen.limit, digits)


def _limit(change: Change) -> str:
    _, digits = JUDGED_BY[change.reason]
    return f"{change.seen.limit:.2f}" if digits == 2 else f"{change.seen.limit:g}"


def _seen_in(change: Change) -> str:
    """Return in how many of the last sessions: at most three count."""
    n_low, of = int(change.seen.sessions_below), min(change.n_rated, 3)
    if of < 2:
        return "in the first session"
    if of == 2:
        return "in both sessions so far" if n_low == 2 else "in one of two sessions"
    return f"in {_COUNTS[n_low]} of the last three sessions"


def _cut(change: Change) -> str:
    was_kg, will_kg = change.was.load_kg, change.will.load_kg
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
    more = change.will.reps_or_s - change.was.reps_or_s
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
    n_successes, every = change.seen.good_in_a_row, _every(change)
    thing = "week" if change.place.slot.progress.rule == "step" else "session"
    if n_successes < 1:  # a set was missed earlier in the week
        return f"this {thing} does not count towards {counted(every, f'good {thing}')}"
    return f"{n_successes:g} of {counted(every, f'good {thing}')} in a row"


def _often(change: Change) -> str:
    many = change.place.slot.progress.on_fail.after
    return counted(many, "session") + (" in a row" if many > 1 else "")


def _wave(change: Change) -> int:
    return change.will.n_steps % len(change.place.slot.progress.pct)


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
    "gap": lambda change: f"{change.seen.days_without:g}",
    "week": lambda change: f"{_wave(change) + 1}",
    "pct": lambda change: f"{change.place.slot.progress.pct[_wave(change)]:g}",
}


def about_gate(plan: Plan, reason: int, seen: Observations) -> tuple[str, str]:
    """Return observations and sentence of a decision at a gate."""
    own = plan.phase[int(seen.gate_phase)]
    observed = {"sessions": seen.gate_sessions}
    if seen.gate_sessions:
        observed["technique_rated"] = seen.technique_rated
        observed["pain_reported"] = seen.pain_reported
    observed |= {"range_left": seen.left, "range_right": seen.right}
    limits = {name: getattr(own.advance, name) for name in _LIMITS}
    observed |= {name: value for name, value in limits.items() if value is not None}
    failed = "; ".join(_failures(own.advance, seen))
    met = "; ".join(_met(own.advance, seen)) or "its gate asks for nothing else"
    sentence = OF_GATE[reason].format(phase=own.name, faults=failed, seen=met)
    return observations_text(observed.items()), sentence


def _failures(gate: Gate, seen: Observations) -> Iterator[str]:
    """Yield what does not meet the gate."""
    failures, n_sessions = int(seen.gate_failures), seen.gate_sessions
    technique, left, right = seen.technique_rated, seen.left, seen.right
    if failures & why.LOW_TECHNIQUE and n_sessions < gate.over_sessions:
        yield (
            f"technique was rated in {n_sessions:g} of "
            f"{counted(gate.over_sessions, 'session')} asked for"
        )
    if failures & why.LOW_TECHNIQUE and technique < gate.technique_min:
        yield (
            f"technique of {distinct_text(technique, gate.technique_min, 2)} "
            f"{_within(n_sessions)} is below {gate.technique_min:.2f}"
        )
    if failures & why.HIGH_PAIN:
        pain = distinct_text(seen.pain_reported, gate.pain_max, 1)
        yield (
            f"reported pain of {pain} {_within(n_sessions)} is above {gate.pain_max:g}"
        )
    if failures & why.SHORT_RANGE:
        side, least = ("left", left) if left < right else ("right", right)
        yield (
            f"the {side} hip extends {distinct_text(least, gate.range_min_deg, 1)} "
            f"degrees, fewer than {gate.range_min_deg:g}"
        )
    if failures & why.ASYMMETRY:
        gap = distinct_text(abs(left - right), gate.asymmetry_max_deg, 1)
        yield (
            f"the hips differ by {gap} degrees, more than {gate.asymmetry_max_deg:g}"
        )


def _met(gate: Gate, seen: Observations) -> Iterator[str]:
    """Yield what meets the gate, of what it asks for."""
    within = _within(seen.gate_sessions)
    if gate.technique_min is not None:
        yield f"technique was {seen.technique_rated:.2f} or more {within}"
    if gate.pain_max is not None and seen.gate_sessions:
        yield f"reported pain was {seen.pain_reported:.1f} at most {within}"
    if gate.range_min_deg is not None or gate.asymmetry_max_deg is not None:
        yield (
            f"the hips extend {seen.left:.1f} (left) and {seen.right:.1f} degrees "
            "(right)"
        )


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
        text += f" Back to the phase before: in {weeks_text(back['week'].tolist())}."
    return text


def _light(decisions: pd.DataFrame) -> str:
    """Return which weeks were light, by what rule."""
    light = decisions[decisions["action"] == "deload"]
    parts = [
        f"{ranges_text(rows['week'].tolist())} {reason}"
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
            f"{weeks_text(missed['week'].tolist())}."
        )
