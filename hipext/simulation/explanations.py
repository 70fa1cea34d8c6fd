"""Decisions, weeks and whole runs of a plan explained in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isnan, nan
from types import SimpleNamespace

import pandas as pd

from hipext.engine import decisions as why
from hipext.engine import progression as steps
from hipext.engine.compiled import as_python_objects
from hipext.files import checks
from hipext.files.checks import DAY_NAMES, counted, distinct_text, listed
from hipext.files.tables import ACTIONS, DAYS_PER_WEEK, DECISIONS
from hipext.plans.plan import Deload, Gate, Plan, step_of
from hipext.plans.rules import STEP_REASONS, cut_text, step_reason
from hipext.simulation.log_tables import Place, session_of, tempo_of
from hipext.simulation.run import Setting, Trace

Logged = SimpleNamespace  # a decision: `state.DECISION_LOG`, but `observed` is a dict
# Session, subject, rule, observations and sentence of a decision.
About = tuple[str, str, str, Mapping[str, float | str], str]

RULES = {  # id in the table of decisions: reasons; others are of the slot's own rule
    "attendance": (steps.MISSED, why.MISSED_SESSION),
    "light_week": (steps.REDUCED_SESSION,),
    "pain": (why.PAIN_BLOCKS_STEP, why.PAIN_REDUCES_LOAD, why.PAIN_REDUCES_SESSION),
    "soreness": (why.SORENESS_HIGH,),
    "technique": (why.TECHNIQUE_LOW, why.TECHNIQUE_REGRESSION, why.TECHNIQUE_STOP),
    "effort": (why.EFFORT_HIGH,),
    "resume": (why.TRAINING_GAP, why.AFTER_DELOAD, why.ESTIMATES_REDUCED),
    "assessment": (why.NO_PROGRESS_WEEK, why.PAIN_ROSE, why.PAIN_STEADY),
    "weaker_side": (why.WEAKER_SIDE_FIRST, why.SIDES_SIMILAR),
    "mobility": (why.MORE_MOBILITY, why.RANGE_SUFFICIENT),
    "scheduled_deload": (why.PLANNED_DELOAD, why.DELOAD_NOT_STACKED),
    "reactive_deload": (why.REACTIVE_DELOAD,),
}
_RULE_OF = {reason: rule for rule, reasons in RULES.items() for reason in reasons}
# Fields of a text are observations of the decision, in the form of `_DIGITS`, and facts
# about its slot, week or phase.
SLOT_REASONS = {  # beside those of a progression step
    why.PAIN_BLOCKS_STEP: "reported pain of {pain_reported} is above {limit:g}",
    why.PAIN_REDUCES_LOAD: "reported pain of {pain_reported} is above {limit:g}, {cut}",
    why.SORENESS_HIGH: "reported soreness of {soreness_reported} is above {limit:g}",
    why.TECHNIQUE_LOW: "technique of {technique_rated} is below {limit:.2f} {when}",
    why.TECHNIQUE_REGRESSION: "technique of {technique_rated} is below {limit:.2f} "
    "{when}",
    why.TECHNIQUE_STOP: "technique of {technique_rated} is below {limit:.2f}",
    why.EFFORT_HIGH: "{reserve_reported} repetitions in reserve were reported instead "
    "of {limit:g}",
    why.TRAINING_GAP: "{days_without:g} days passed without it, {cut}",
    why.NO_PROGRESS_WEEK: "pain rose since the last assessment, so nothing advances "
    "this week",
}
WEEK_REASONS = {
    why.PLANNED_DELOAD: "Week {week} is a planned deload: {deload}; every progression "
    "pauses.",
    why.REACTIVE_DELOAD: "Week {week} becomes a deload because reported pain of "
    "{pain_reported} in the week before is above {limit:g}: {deload}; every "
    "progression pauses.",
    why.DELOAD_NOT_STACKED: "The deload planned for week {week} is skipped: pain "
    "caused one {ago}, and deloads are not stacked.",
    why.AFTER_DELOAD: "Week {week} continues where the plan was before the deload.",
    why.PAIN_REDUCES_SESSION: "{weekday}'s session {session!r} is reduced: reported "
    "pain of {pain_reported} is above {limit:g}.",
    why.WEAKER_SIDE_FIRST: "The {weaker} side is weaker ({left:g} and {right:g} "
    "repetitions, left and right): it starts and does more sets.",
    why.SIDES_SIMILAR: "Both sides are about equally strong ({left:g} and {right:g} "
    "repetitions, left and right): neither does more sets.",
    why.MORE_MOBILITY: "The hips extend {left:.1f} (left) and {right:.1f} degrees "
    "(right): {stiffer} more mobility work.",
    why.RANGE_SUFFICIENT: "The hips extend {left:.1f} (left) and {right:.1f} degrees "
    "(right): neither side needs more mobility work.",
    why.PAIN_ROSE: "Pain rose by {change} points since the last assessment, more than "
    "{limit:g}: nothing advances this week.",
    why.PAIN_STEADY: "Pain {changed} since the last assessment: the plan continues.",
    why.MISSED_SESSION: "{weekday}'s session {session!r} was missed; none of its "
    "exercises advances.",
    why.ESTIMATES_REDUCED: "{days_without:g} days passed without work, so every "
    "estimated 1RM is reduced by {cut_pct:.3g} %.",
}
GATE_REASONS = {
    why.GATE_PASSED: "Phase {phase!r} is passed: {met}.",
    why.GATE_EXTENDS: "Phase {phase!r} is extended by one week: {unmet}.",
    why.GATE_REGRESSES: "Phase {phase!r} is left for the previous one: {unmet}.",
    why.GATE_STAYS_CLOSED: "Phase {phase!r} continues after all its extensions: "
    "{unmet}.",
    why.GATE_ASSUMED: "Phase {phase!r} ends after {weeks}: its gate is assumed to be "
    "open.",
}
_DIGITS = {  # decimals of observations that a limit is compared with
    "reserve_reported": 1,
    "technique_rated": 2,
    "pain_reported": 1,
    "soreness_reported": 1,
    "change": 1,
}
_COUNTS = ("none", "one", "two", "all")
_INTERNAL = ("gate_phase", "gate_failures", "gate_sessions", "occasion", "short_sides")


def decisions_table(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> pd.DataFrame:
    """Return what was decided, by which rule, from what, and why (`DECISIONS`)."""
    phases = [plan.phase[number].name for number in trace.days["phase"]]
    logged = as_python_objects(trace.decisions)
    for row in logged:  # keep the observations that played a part
        seen = vars(row.observed).items()
        row.observed = {name: value for name, value in seen if not isnan(value)}
    is_open_loop = setting.plan.plan["is_open_loop"]
    n_rated: Counter[int] = Counter()
    rows = []
    for one in logged:
        day = min(one.day, len(phases) - 1)  # the last gate is seen the morning after
        if one.slot >= 0:
            if is_open_loop and places[one.slot].slot.progress.rule == "none":
                continue  # nothing but its rule could have changed it
            # A stopped slot is logged twice: when it stops and when it is decided.
            is_rated = "technique_rated" in one.observed
            n_rated[one.slot] += is_rated and one.reason != why.TECHNIQUE_STOP
            about = _about_slot(places[one.slot], one, n_rated[one.slot])
        elif one.slot == why.PHASE_ROW:
            about = _about_gate(plan, one)
        else:
            session = ""  # of a decision about the week; others name their occasion
            if "occasion" in one.observed:
                session = session_of(setting, places, int(one.observed["occasion"]))
            about = _about_week(plan, session, one)
        session, subject, rule, observed, sentence = about
        if is_open_loop and "all_sets_completed" in observed:
            observed = observed | {"all_sets_completed": "assumed"}
        values = [
            f"{name}={value if isinstance(value, str) else f'{value:.3g}'}"
            for name, value in observed.items()
        ]
        when = day // DAYS_PER_WEEK + 1, day, phases[day]
        action, seen = ACTIONS[one.action], " ".join(values)
        rows.append((*when, session, subject, action, rule, seen, sentence))
    return DECISIONS.from_rows(rows)


def _facts(observed: Mapping[str, float]) -> dict[str, float | str]:
    """Return observations for a text: what misses a limit never reads as the limit."""
    limit = observed.get("limit", nan)
    texts = {
        name: distinct_text(observed[name], limit, digits)
        for name, digits in _DIGITS.items()
        if name in observed
    }
    return {**observed, **texts}


def _about_slot(place: Place, one: Logged, n_rated: int) -> About:
    """Explain a decision about a slot, rated in `n_rated` sessions so far."""
    slot, before, after = place.slot, one.before, one.after
    exercise = place.ladder[before.ladder_step]
    was, will = _prescribed_text(place, before), _prescribed_text(place, after)
    note = ", which rounding does not show yet" if was == will else ""
    # Prescriptions are compared as they are lifted: loads rounded to the implement.
    if one.action == steps.STOP:
        n_done, n_sets = one.observed["sets_done"], one.observed["sets_prescribed"]
        verb = f"ends after set {n_done:g} of {n_sets:g}"
    elif after.ladder_step != before.ladder_step:
        verb = "is replaced by" if one.action == steps.REGRESS else "is followed by"
        verb += f" {place.ladder[after.ladder_step].name}, {will}"
    elif was == will:
        verb = f"stays at {was}"
    else:
        verb = f"goes{' back' * (one.action == steps.REDUCE)} from {was} to {will}"
    if one.reason in STEP_REASONS:
        because = step_reason(
            one.reason, slot.progress, slot.scheme, before, after, note=note
        )
    else:
        because = SLOT_REASONS[one.reason].format(
            cut=cut_text(before.load_kg, after.load_kg, note=note),
            when=_when(one.observed.get("sessions_below", 0), n_rated),
            **_facts(one.observed),
        )
    rule = _RULE_OF.get(one.reason, slot.progress.rule)
    sentence = f"{exercise.name} {verb}: {because}."
    return place.session, exercise.id, rule, one.observed, sentence


def _prescribed_text(place: Place, prescription: steps.Prescription) -> str:
    """Return what a slot prescribes: ``3x8 at 40 kg``."""
    slot, exercise = place.slot, place.ladder[prescription.ladder_step]
    load_kg = prescription.load_kg
    unit = " s" * slot.scheme.is_hold
    text = f"{prescription.n_sets}x{prescription.reps_or_s}{unit}"
    # The load is 0 where another exercise follows: it is derived when it is due.
    if exercise.is_loaded and load_kg > 0:
        text += f" at {steps.round_to_increment(load_kg, step_of(slot, exercise)):g} kg"
    if slot.progress.rule == "tempo":
        tempo = tempo_of(place, prescription.ladder_step, prescription.n_steps)
        text += f", tempo {tempo}"
    return text


def _when(n_below: float, n_rated: int) -> str:
    """Return in how many of the last sessions; at most three count."""
    if n_rated < 2:
        return "in the first session"
    if n_rated == 2:
        return "in both sessions so far" if n_below == 2 else "in one of two sessions"
    return f"in {_COUNTS[int(n_below)]} of the last three sessions"


def _about_week(plan: Plan, session: str, one: Logged) -> About:
    """Explain a decision about a week or a whole session."""
    week = one.day // DAYS_PER_WEEK + 1
    observed = {name: x for name, x in one.observed.items() if name not in _INTERNAL}
    facts = _facts(observed) | {
        "week": week,
        "weekday": DAY_NAMES[one.day % DAYS_PER_WEEK],
        "session": session,
        "deload": _deload_text(plan.deload),
    }
    if "left" in observed:
        left, right = observed["left"], observed["right"]
        lower = facts["weaker"] = "left" if left < right else "right"
        is_both = one.observed.get("short_sides") == 2
        facts["stiffer"] = "both sides get" if is_both else f"the {lower} side gets"
    if "weeks_since_deload" in observed:
        n_weeks = observed["weeks_since_deload"]
        facts["ago"] = "last week" if n_weeks == 1 else f"{n_weeks:g} weeks ago"
    if "change" in observed:
        points = observed["change"]
        changed = f"{'rose' if points > 0 else 'fell'} by {abs(points):.1f} points"
        facts["changed"] = "did not change" if abs(points) < 0.05 else changed
    sentence = WEEK_REASONS[one.reason].format(**facts)
    # A decision is about a session, which was attended or not, or about the week.
    first = {"attended": float(one.reason != why.MISSED_SESSION)}
    observed = (first if session else {"week": float(week)}) | observed
    return session, "week", _RULE_OF[one.reason], observed, sentence


def _deload_text(deload: Deload) -> str:
    """Return what a deload keeps of sets and load."""
    sets = f"{100 * deload.sets_fraction:g} % of the sets"
    if deload.sets:
        sets = f"{deload.sets} ({sets} of holds)"
    return f"{sets} at {100 * deload.load_fraction:g} % of the load"


def _about_gate(plan: Plan, one: Logged) -> About:
    """Explain a decision at the gate of a phase."""
    seen = one.observed
    phase = plan.phase[int(seen["gate_phase"])]
    gate = phase.advance
    sentence = GATE_REASONS[one.reason].format(
        phase=phase.name,
        weeks=counted(phase.weeks, "week"),
        met="; ".join(_met(gate, seen)) or "its gate demands nothing",
        unmet="; ".join(_unmet(gate, seen)),
    )
    if one.reason == why.GATE_ASSUMED:
        return "", "phase", "gate", {"gate_open": "assumed"}, sentence
    observed = {"sessions": seen["gate_sessions"]}
    # Without a rated session the log holds the best values, which were not observed.
    if seen["gate_sessions"]:
        observed |= {name: seen[name] for name in ("technique_rated", "pain_reported")}
    observed |= {f"range_{side}": seen[side] for side in ("left", "right")}
    not_limits = {"over_sessions", "max_extra_weeks"}
    limits = gate.model_dump(exclude=not_limits, exclude_none=True)
    return "", "phase", "gate", observed | limits, sentence


def _unmet(gate: Gate, seen: Mapping[str, float]) -> Iterator[str]:
    """Yield the demands of a gate that are not met."""
    failures, n_sessions = int(seen["gate_failures"]), seen["gate_sessions"]
    technique, pain = seen["technique_rated"], seen["pain_reported"]
    left, right = seen["left"], seen["right"]
    last = _last_sessions(n_sessions)
    # Too few rated sessions and a low rating are one failure in the log.
    if failures & why.LOW_TECHNIQUE and n_sessions < gate.over_sessions:
        required = counted(gate.over_sessions, "session")
        yield f"technique was rated in {n_sessions:g} of {required} required"
    if failures & why.LOW_TECHNIQUE and technique < gate.technique_min:
        rated = distinct_text(technique, gate.technique_min, 2)
        yield f"technique of {rated} {last} is below {gate.technique_min:.2f}"
    if failures & why.HIGH_PAIN:
        reported = distinct_text(pain, gate.pain_max, 1)
        yield f"reported pain of {reported} {last} is above {gate.pain_max:g}"
    if failures & why.SHORT_RANGE:
        side, least = ("left", left) if left < right else ("right", right)
        extends = f"{distinct_text(least, gate.range_min_deg, 1)} degrees"
        yield f"the {side} hip extends {extends}, less than {gate.range_min_deg:g}"
    if failures & why.ASYMMETRY:
        gap = distinct_text(abs(left - right), gate.asymmetry_max_deg, 1)
        yield f"the hips differ by {gap} degrees, more than {gate.asymmetry_max_deg:g}"


def _met(gate: Gate, seen: Mapping[str, float]) -> Iterator[str]:
    """Yield the demands of a gate that are met, with what was seen."""
    last = _last_sessions(seen["gate_sessions"])
    if gate.technique_min is not None:
        yield f"technique was at least {seen['technique_rated']:.2f} {last}"
    if gate.pain_max is not None and seen["gate_sessions"]:
        yield f"reported pain was at most {seen['pain_reported']:.1f} {last}"
    if gate.range_min_deg is not None or gate.asymmetry_max_deg is not None:
        left, right = seen["left"], seen["right"]
        yield f"the hips extend {left:.1f} (left) and {right:.1f} degrees (right)"


def _last_sessions(n_sessions: float) -> str:
    return "in the last " + counted(n_sessions, "session").removeprefix("1 ")


def explained(weekly: pd.DataFrame, decisions: pd.DataFrame, *, week: int) -> str:
    """Return what happened in a week and why: one line per fact, for a terminal."""
    row = weekly[weekly["week"] == week].iloc[0]
    now = decisions[decisions["week"] == week]
    is_missed = now["trigger"] == "attendance"
    is_about_slot = ~now["subject"].isin(["week", "phase"])
    of_week = now[~is_about_slot & ~is_missed]
    lines = [*_heading(row), *(f"- {text}" for text in of_week["sentence"])]
    for _, rows in now[is_about_slot].groupby("subject", sort=False):
        for sentence, alike in rows.groupby("sentence", sort=False):
            lines.append(f"- {_days_text(alike)}: {sentence}")
    if is_missed.any():
        sessions = now[is_missed].groupby("session", sort=False)
        missed = [f"{name!r} on {_days_text(rows)}" for name, rows in sessions]
        lines.append(f"- Missed: {'; '.join(missed)}.")
    return "\n".join(lines)


def _heading(row: pd.Series) -> Iterator[str]:
    deload = ", deload" if row["is_deload"] else ""
    yield f"Week {row['week']}: phase {row['phase']!r}{deload}."
    done = (
        f"{counted(row['n_sessions'], 'session')} with work, "
        f"{counted(row['working_sets'], 'working set')}"
    )
    if "n_failed_slots" not in row:
        yield f"Prescribed: {done}."
        return
    if n_failed := row["n_failed_slots"]:
        often = "once" if n_failed == 1 else f"{n_failed} times"
        done += f"; {often} the sets of an exercise were not completed"
    yield f"Done: {done}."
    seen = f"highest pain {row['pain_reported_max']:.1f}, "
    seen += f"highest soreness {row['soreness_reported_max']:.1f}"
    if not isnan(row["technique_rated_mean"]):
        seen += f", mean technique {row['technique_rated_mean']:.2f}"
    yield f"Observed: {seen}."


def _days_text(rows: pd.DataFrame) -> str:
    """Return the weekdays of decisions, each once: ``Mon and Fri``."""
    days = (DAY_NAMES[day % DAYS_PER_WEEK][:3] for day in rows["day"])
    return listed(dict.fromkeys(days))


def course(plan: Plan, weekly: pd.DataFrame, decisions: pd.DataFrame) -> list[str]:
    """Return how a run went through its plan: end, gates, deloads, missed sessions."""
    texts = [
        _end_text(plan, weekly, decisions),
        _gates_text(decisions),
        _deloads_text(decisions),
    ]
    missed = weekly[weekly["n_missed"] > 0]
    if len(missed):
        sessions = counted(missed["n_missed"].sum(), "session")
        in_weeks = checks.weeks_text(missed["week"].tolist())
        texts.append(f"Missed: {sessions} with work, in {in_weeks}.")
    return texts


def is_finished(plan: Plan, weekly: pd.DataFrame, decisions: pd.DataFrame) -> bool:
    """Return whether the last phase was completed, and its gate passed."""
    last = plan.phase[-1]
    is_last = weekly["phase"] == last.name
    stay = int(is_last[::-1].cumprod().sum())  # weeks of it in a row at the end
    if last.advance is None:
        return stay >= last.weeks
    gates = decisions[(decisions["subject"] == "phase") & (stay > 0)]
    # The last gate is seen on the last day; all others are seen on Mondays.
    at_end = gates[gates["day"] == len(weekly) * DAYS_PER_WEEK - 1]
    return bool((at_end["action"] == "pass").any())


def _end_text(plan: Plan, weekly: pd.DataFrame, decisions: pd.DataFrame) -> str:
    n_weeks, last = len(weekly), weekly["phase"].iloc[-1]
    if is_finished(plan, weekly, decisions):
        extra_weeks = n_weeks - plan.n_weeks
        more = f", {extra_weeks} more than planned" if extra_weeks else ""
        return f"The plan was completed in {counted(n_weeks, 'week')}{more}."
    number = [phase.name for phase in plan.phase].index(last) + 1
    return (
        f"The plan was NOT completed: closed gates kept it in phase {last!r} ({number} "
        f"of {len(plan.phase)}) until its limit of {counted(n_weeks, 'week')}."
    )


def _gates_text(decisions: pd.DataFrame) -> str:
    gates = decisions[decisions["subject"] == "phase"]
    # A gate that has used up its extensions holds the phase for a week each time.
    kept = gates[gates["action"].isin(["extend", "repeat"])]
    parts = [
        f"{phase!r} by {counted(len(rows), 'week')}"
        for phase, rows in kept.groupby("phase", sort=False)
    ]
    text = f"Phases extended by gates: {listed(parts or ['none'])}."
    back = gates.loc[gates["action"] == "regress", "week"].tolist()
    if back:
        text += f" Return to the previous phase: in {checks.weeks_text(back)}."
    return text


def _deloads_text(decisions: pd.DataFrame) -> str:
    causes = {"scheduled_deload": "as planned", "reactive_deload": "for reported pain"}
    deloads = decisions[decisions["action"] == "deload"]
    weeks = deloads.groupby("trigger")["week"].agg(list)
    parts = [
        f"{checks.ranges_text(weeks[rule])} {cause}"
        for rule, cause in causes.items()
        if rule in weeks
    ]
    return f"Deload weeks: {'; '.join(parts) or 'none'}."
