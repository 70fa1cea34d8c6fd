"""What happened in a week, and in a whole run, in words."""

from collections.abc import Iterator

import pandas as pd

from hipext._phrases import DAY_NAMES, counted, listed, spans, weeks
from hipext.plan import Plan
from hipext.tables import DAYS_PER_WEEK

MISSED = "attendance"  # rule of a missed session


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
        extra = n_weeks - plan.n_weeks
        more = f", {extra} more than written" if extra else ""
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
