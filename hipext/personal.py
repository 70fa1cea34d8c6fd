"""Fit a plan to a person: build, history, activity and habits, change by change.

Nobody tested these rules in a trial: that a change applies, and how large it is, are
judgements of ours, made so that a reader can disagree with each of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from hipext import _fit, _fit_weeks
from hipext._schema import place
from hipext._signs import (
    busy_legs,
    experience,
    own_stance,
    poor_recovery,
    sensitive_back,
    stance_cue,
    stiff_hip,
    uneven_legs,
)
from hipext.athlete import Athlete
from hipext.plan import Plan
from hipext.plan_file import check_plan
from hipext.tables import Column, Table

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
class FitRule:
    """A reason ("" where the rule does not apply), a change, and what it is for."""

    id: str
    guide: str  # claim of the guide
    reason: Callable[[Athlete], str]
    change: Callable[[Plan, Athlete], Plan]
    purpose: str


RULES = (
    FitRule(
        id="short_start",
        guide="G48",
        reason=experience,
        change=lambda plan, _: _fit_weeks.with_short_start(plan),
        purpose="What is known already needs less time before load.",
    ),
    FitRule(
        id="light_weeks",
        guide="G41",
        reason=poor_recovery,
        change=lambda plan, _: _fit_weeks.with_light_weeks(plan),
        purpose="Slow recovery asks for rest sooner.",
    ),
    FitRule(
        id="patient_gates",
        guide="G50",
        reason=sensitive_back,
        change=lambda plan, _: _fit_weeks.with_patient_gates(plan),
        purpose="A phase may take longer before the next one begins.",
    ),
    FitRule(
        id="easier_hinges",
        guide="G47",
        reason=sensitive_back,
        change=_fit.with_easier_hinges,
        purpose="The easier hinge is mastered first.",
    ),
    FitRule(
        id="bars",
        guide="G47",
        reason=experience,
        change=_fit.with_bars,
        purpose="Who masters the easier lift goes on to the bar.",
    ),
    FitRule(
        id="more_reserve",
        guide="G40",
        reason=sensitive_back,
        change=lambda plan, _: _fit.with_reserve(plan),
        purpose="Quality comes before effort: sets end further from failure.",
    ),
    FitRule(
        id="easy_legs",
        guide="G48",
        reason=busy_legs,
        change=lambda plan, _: _fit.with_easy_legs(plan),
        purpose="Squats and lunges add to legs that are used often already.",
    ),
    FitRule(
        id="heavy_days_apart",
        guide="G16",
        reason=busy_legs,
        change=lambda plan, _: _fit_weeks.with_heavy_days_apart(plan),
        purpose="No heavy day follows another.",
    ),
    FitRule(
        id="main_sets",
        guide="G49",
        reason=experience,
        change=lambda plan, _: _fit.with_main_sets(plan),
        purpose="Who is used to lifting can do another set of the main lifts.",
    ),
    FitRule(
        id="hip_mobility",
        guide="G9",
        reason=stiff_hip,
        change=lambda plan, _: _fit.with_mobility(plan),
        purpose="The hip flexors get more mobility work.",
    ),
    FitRule(
        id="weaker_side",
        guide="G23",
        reason=uneven_legs,
        change=lambda plan, _: _fit.with_weaker_first(plan),
        purpose="The weaker side starts, while it is fresh.",
    ),
    FitRule(
        id="stance",
        guide="G20",
        reason=own_stance,
        change=lambda plan, athlete: _fit.with_cue(plan, stance_cue(athlete)),
        purpose="The cue comes with the first session of each hinge and squat.",
    ),
)


def _checked(plan: Plan, athlete: Athlete) -> Plan:
    """Return a changed plan, checked like a file, that says whom it was fitted to."""
    values = plan.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    note = f"Fitted to {athlete.name} by rules that are judgements of ours."
    values["assumptions"] = [*plan.assumptions, note]
    return check_plan(values, source=f"{plan.name!r}, fitted to {athlete.name}")


Keys = tuple[str | int, ...]


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
