"""Checks for plans that are valid but probably not what was meant.

Every rule is a function that yields findings, or returns what it finds in one slot;
its name is the id of the rule (`RULES`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise

import pandas as pd

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.files.tables import DAYS_PER_WEEK, WEEKDAYS, table_of
from hipext.metrics.volume import hard_sets, weekly
from hipext.plans.exercises import Exercise, read_exercises
from hipext.plans.plan import (
    Plan,
    Session,
    Slot,
    slot_kind,
    slots_of,
    step_of,
    weeks_of,
)
from hipext.plans.rules import LoadRule
from hipext.simulation.simulation import expand_plan

MAX_WEEKLY_RISE_PCT = 10  # of sets or volume load; a rule of thumb, assumption
# Deloads come every 5.6 weeks (SD 2.3) in practice: Rogerson et al. (2024), E07-002.
MAX_WEEKS_WITHOUT_DELOAD = 8
MIN_HIP_SHARE = 0.6  # of hip- and knee-dominant sets; assumption
MAX_STEP_PCT = 10  # of the load; consensus is 2-10 %: Ratamess et al. (2009), E06-006
LINT = table_of(
    "lint",
    "one finding",
    """
    place | str | | where in the plan
    check | str | | id of the check
    message | str | | what was found, with the number and the limit
    suggestion | str | | what to write instead
    """,
)
Finding = tuple[str, str, str]  # place, message, suggestion


def lint_plan(
    plan: Plan,
    *,
    athlete: Athlete | None = None,
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return what is suspicious in a valid plan.

    Parameters
    ----------
    plan : a checked plan, as `read_plan` returns it
    athlete : whose loads are looked at; by default the shipped ``"novice"``
    exercises : the catalogue; by default the shipped one

    Returns
    -------
    pandas.DataFrame
        One row per finding (columns: `LINT`), in the order of `RULES`; no rows if
        nothing was found.

    Raises
    ------
    InputError
        If the 1RM of a lift of the plan is neither known nor to be estimated.

    Notes
    -----
    The limits are consensus, practice or assumptions, never effects that were shown.
    Deload weeks are left out of comparisons.

    Examples
    --------
    >>> from hipext import lint_plan, read_plan
    >>> lint_plan(read_plan("deadlift_5x5_10wk"))["check"].unique().tolist()[:2]
    ['no_failure_path', 'no_deload_in_reach']
    """
    exercises = read_exercises() if exercises is None else exercises
    athlete = read_athlete("novice") if athlete is None else athlete
    sets = expand_plan(plan, athlete, exercises=exercises)
    weeks = weekly(sets, n_weeks=plan.n_weeks, exercises=exercises)
    linted = LintedPlan(plan, exercises, sets, weeks)
    rows = [
        (place, rule.__name__, message, suggestion)
        for rule, at in RULES.items()
        for place, message, suggestion in _found(rule, at, linted)
    ]
    return LINT.from_rows(rows)


@dataclass(frozen=True, eq=False)
class LintedPlan:
    """A plan with its sets and weeks in the open loop, and names of its places."""

    plan: Plan
    exercises: Mapping[str, Exercise]
    sets: pd.DataFrame
    weeks: pd.DataFrame

    @property
    def ordinary_weeks(self) -> pd.DataFrame:
        """The weeks that are no deloads."""
        return self.weeks[~self.weeks["is_deload"]]

    def homes(self) -> Iterator[tuple[str, Sequence[Slot]]]:
        """Yield place and slots of every block and session of the file, once."""
        for number, block in enumerate(self.plan.block, start=1):
            yield f"block {number} ({block.name})", block.slot
        for place, session in self.sessions():
            yield place, session.slot

    def sessions(self) -> Iterator[tuple[str, Session]]:
        """Yield place and session of every session of the file, once."""
        homes = [("", self.plan.session)]
        homes += [(f"{self.phase(one.name)}, ", one.session) for one in self.plan.phase]
        for home, sessions in homes:
            for number, session in enumerate(sessions, start=1):
                yield f"{home}session {number} ({session.name})", session

    def phase(self, name: str) -> str:
        """Return the place of a phase."""
        names = [phase.name for phase in self.plan.phase]
        return f"phase {names.index(name) + 1} ({name})"

    def kind(self, slot: Slot) -> str:
        """Return what the sets of a slot count as."""
        return slot_kind(slot, self.exercises[slot.exercise])

    @cached_property
    def lightest_kg(self) -> dict[int, float]:
        """Lowest load of every slot outside deload weeks, by the id() of the slot.

        A slot of a block belongs to several sessions.
        """
        # Slots of equal content are equal; only their identity tells them apart.
        sets = self.sets[~self.sets["is_deload"]]
        keys = ["phase", "session", "slot"]
        load_kg = sets.groupby(keys)["load_kg"].min().to_dict()
        lowest: dict[int, float] = {}
        for phase in self.plan.phase:
            for session in (*self.plan.session, *phase.session):
                for number, slot in enumerate(slots_of(self.plan, session), start=1):
                    kg = load_kg.get((phase.name, session.name, number))
                    if kg is not None:
                        lowest[id(slot)] = min(lowest.get(id(slot), kg), kg)
        return lowest


Rule = Callable[[LintedPlan], Iterator[Finding]]
Texts = tuple[str, str] | None  # message and suggestion, after the exercise's name
SlotRule = Callable[[LintedPlan, Slot, Exercise], Texts]


def _found(
    rule: Rule | SlotRule, at: str | None, linted: LintedPlan
) -> Iterator[Finding]:
    """Yield the findings of a rule: those about slots as one per block or session."""
    if at is None:
        yield from rule(linted)
        return
    for home, slots in linted.homes():
        found = [
            (number, slot.exercise, *texts)
            for number, slot in enumerate(slots, start=1)
            if (texts := rule(linted, slot, linted.exercises[slot.exercise]))
        ]
        if found:
            yield _merged(home, found, at)


def _merged(home: str, found: Sequence[tuple[int, str, str, str]], at: str) -> Finding:
    """Return the findings about slots of one home as one."""
    numbers, names, messages, suggestions = zip(*found, strict=True)
    slots = f"slots {', '.join(map(str, numbers))}"
    if len(found) == 1:
        slots = f"slot {numbers[0]} ({names[0]})"
    first = suggestions[0]
    suggestion = first[0].upper() + first[1:]
    if len(set(suggestions)) > 1:
        suggestion = _by_exercise(names, suggestions)
    return f"{home}, {slots}{at}", _by_exercise(names, messages), suggestion


def _by_exercise(names: Sequence[str], texts: Sequence[str]) -> str:
    """Return every text once, after the exercises that it is about."""
    about: dict[str, dict[str, None]] = {}
    for name, text in zip(names, texts, strict=True):
        about.setdefault(text, {})[name] = None
    return " ".join(f"{', '.join(names)}: {text}" for text, names in about.items())


def no_failure_path(_linted: LintedPlan, slot: Slot, exercise: Exercise) -> Texts:
    """Find load that is added and never reduced."""
    rule = slot.progress
    if not (isinstance(rule, LoadRule) and exercise.is_loaded and rule.on_fail is None):
        return None
    return (
        f"rule {rule.rule!r} adds load but does not say what happens after missed "
        "sets; the same load is repeated.",
        "write on_fail = { after = 2, drop_pct = 10 } in progress.",
    )


def weekly_jump(linted: LintedPlan) -> Iterator[Finding]:
    """Find weeks that prescribe much more than the ordinary week before."""
    measures = {
        "working_sets": ("Working sets rise", ""),
        "system_volume_load_kg": ("Volume load with body mass rises", " kg"),
    }
    for phase, weeks in linted.ordinary_weeks.groupby("phase", sort=False):
        for before, after in pairwise(weeks.to_dict("records")):
            for column, (words, unit) in measures.items():
                was, will = before[column], after[column]
                if will <= was * (1 + MAX_WEEKLY_RISE_PCT / 100) or was == 0:
                    continue
                yield (
                    f"{linted.phase(phase)}, week {after['week']}",
                    f"{words} by {100 * (will / was - 1):.1f} %, from {was:g} to "
                    f"{will:g}{unit}; at most {MAX_WEEKLY_RISE_PCT} % is usual.",
                    "Add fewer sets, repetitions or slots at once, or a smaller step.",
                )


def large_step(linted: LintedPlan, slot: Slot, exercise: Exercise) -> Texts:
    """Find large single steps of load, if the implement allows smaller ones."""
    pct, add_kg = (
        getattr(slot.progress, f"add_{unit}", None) for unit in ("pct", "kg")
    )
    load_kg = linted.lightest_kg.get(id(slot), 0.0)
    if add_kg is not None and add_kg > step_of(slot, exercise) and load_kg > 0:
        pct = 100 * add_kg / load_kg
    if pct is None or pct <= MAX_STEP_PCT or not exercise.is_loaded:
        return None
    at = f" of the {load_kg:g} kg at the start" if add_kg else ""
    return (
        f"one step adds {pct:.0f} %{at}; 2-{MAX_STEP_PCT} % is usual.",
        f"write add_pct = {MAX_STEP_PCT / 2:g}, or let repetitions grow first "
        "(rule 'double').",
    )


def step_below_increment(_linted: LintedPlan, slot: Slot, exercise: Exercise) -> Texts:
    """Find steps that the implement cannot make."""
    add_kg, step_kg = getattr(slot.progress, "add_kg", None), step_of(slot, exercise)
    if add_kg is None or not exercise.is_loaded:
        return None
    n_steps = add_kg / step_kg
    # Steps given in pounds are no exact multiples in kg.
    if abs(n_steps - round(n_steps)) <= 1e-6:
        return None
    nearest_kg = max(round(n_steps), 1) * step_kg
    return (
        f"{add_kg:g} kg is not a multiple of the smallest step of {step_kg:g} kg; "
        "loads are rounded to that.",
        f"write add_kg = {nearest_kg:g}, or increment_kg = {add_kg:g}.",
    )


def no_deload_in_reach(linted: LintedPlan) -> Iterator[Finding]:
    """Find long runs of weeks without a planned deload."""
    runs = groupby(weeks_of(linted.plan), key=lambda week: week.is_deload)
    for is_deload, weeks in runs:
        numbers = [week.number for week in weeks]
        if not is_deload and len(numbers) > MAX_WEEKS_WITHOUT_DELOAD:
            yield (
                f"weeks {numbers[0]} to {numbers[-1]}",
                f"{len(numbers)} weeks in a row without a planned deload; at most "
                f"{MAX_WEEKS_WITHOUT_DELOAD} is usual.",
                "Write every_weeks = 4 in [deload], or name weeks there.",
            )


def unused_days(linted: LintedPlan) -> Iterator[Finding]:
    """Find training days of the plan that no session follows."""
    days = linted.plan.days
    if days and all(session.days for _, session in linted.sessions()):
        yield (
            "days",
            f"The days of the plan ({', '.join(days)}) have no effect: every session "
            "names its own.",
            "Leave days out of the sessions that should follow those of the plan, or "
            "out of the plan.",
        )


def no_side_policy(linted: LintedPlan, slot: Slot, exercise: Exercise) -> Texts:
    """Find work on one side at a time that does not say which side starts."""
    is_unilateral_work = exercise.is_unilateral and linted.kind(slot) == "work"
    if not is_unilateral_work or slot.side_first is not None:
        return None
    return (
        "works one side at a time, and the plan does not say which side starts; the "
        "left one does.",
        'write side_first = "weaker" (or "alternate").',
    )


def hinge_days_back_to_back(linted: LintedPlan) -> Iterator[Finding]:
    """Find heavy hinges on consecutive days."""
    hinges = [
        name
        for name, exercise in linted.exercises.items()
        if exercise.pattern == "hinge" and exercise.role == "strength"
    ]
    sets = linted.sets
    days = sets.loc[(sets["kind"] == "work") & sets["exercise"].isin(hinges), "day"]
    for place, first, second in _pairs_of_days(linted, days, lambda x, y: y - x == 1):
        yield (
            place,
            f"Strength work with a hinge on consecutive days, {first} and {second}; "
            "at least one day between them is usual.",
            "Move one of the sessions, or use another pattern on one of the days.",
        )


def before_prerequisite(linted: LintedPlan) -> Iterator[Finding]:
    """Find exercises that come before what they build on.

    A plan may start anywhere: the exercises of its first week, and all that these
    build on, count as mastered.
    """
    # Exercises of one week do not prepare each other: a week is added when it is over.
    mastered: set[str] = set()
    for week, rows in linted.sets.groupby("week"):
        firsts = rows.drop_duplicates("exercise")
        for row in firsts.itertuples() if week > 1 else ():
            required = linted.exercises[row.exercise].prerequisites
            missing = [name for name in required if name not in mastered]
            if missing:
                yield (
                    f"{linted.phase(row.phase)}, week {week}, session {row.session}, "
                    f"{row.exercise}",
                    f"{row.exercise} starts in week {week}; {', '.join(missing)} "
                    "should come in an earlier week, and does not.",
                    f"Put {' and '.join(missing)} into an earlier week.",
                )
        for name in firsts["exercise"]:
            mastered |= _with_all_before(name, linted.exercises)


def _with_all_before(name: str, exercises: Mapping[str, Exercise]) -> set[str]:
    before = (_with_all_before(one, exercises) for one in exercises[name].prerequisites)
    return {name}.union(*before)


def hip_share_low(linted: LintedPlan) -> Iterator[Finding]:
    """Find phases in which the knee, not the hip, is the prime mover."""
    weeks = linted.ordinary_weeks.dropna(subset=["hip_share"])
    for phase, rows in weeks.groupby("phase", sort=False):
        lowest = rows.loc[rows["hip_share"].idxmin()]
        if lowest["hip_share"] < MIN_HIP_SHARE:
            yield (
                f"{linted.phase(phase)}, week {lowest['week']}",
                f"{lowest['hip_share']:.0%} of the hip- and knee-dominant sets are "
                f"hip-dominant; at least {MIN_HIP_SHARE:.0%} is expected (G25).",
                "Add hinge, thrust or extension work, or take squats and lunges out.",
            )


def no_mobility_between_heavy(linted: LintedPlan) -> Iterator[Finding]:
    """Find heavy sessions with days between them and no mobility on these days.

    Heavy is a hard set of a strength exercise with load; a week apart is no pair.
    """
    sets = linted.sets
    strength = [one.id for one in linted.exercises.values() if one.role == "strength"]
    is_heavy = sets["exercise"].isin(strength) & (sets["load_kg"] > 0)
    days = sets.loc[is_heavy & (hard_sets(sets) > 0), "day"]
    mobility = set(sets.loc[sets["kind"] == "mobility", "day"])

    def is_without(one: int, two: int) -> bool:
        is_pair = 1 < two - one < DAYS_PER_WEEK
        return is_pair and mobility.isdisjoint(range(one + 1, two))

    for place, first, second in _pairs_of_days(linted, days, is_without):
        yield (
            place,
            f"No mobility on the days between the heavy sessions of {first} and "
            f"{second}; at least one set is expected (G37).",
            'Add a [[session]] like "daily mobility" for these days.',
        )


def _pairs_of_days(
    linted: LintedPlan, days: pd.Series, is_found: Callable[[int, int], bool]
) -> Iterator[tuple[str, str, str]]:
    """Yield place and weekdays of neighbouring days that are found, once per phase."""
    phases = [week.phase.name for week in weeks_of(linted.plan)]
    known = set()
    for pair in pairwise(sorted(days.unique().tolist())):
        week = pair[1] // DAYS_PER_WEEK
        place = linted.phase(phases[week])
        key = place, *(WEEKDAYS[day % DAYS_PER_WEEK] for day in pair)
        if is_found(*pair) and key not in known:
            known.add(key)
            yield f"{place}, week {week + 1}", *key[1:]


def no_warm_up(linted: LintedPlan) -> Iterator[Finding]:
    """Find loaded sessions without a warm-up."""
    for place, session in linted.sessions():
        slots = slots_of(linted.plan, session)
        loaded = [
            slot.exercise
            for slot in slots
            if linted.kind(slot) == "work" and linted.exercises[slot.exercise].is_loaded
        ]
        if loaded and "warm_up" not in map(linted.kind, slots):
            yield (
                place,
                f"Loaded work ({', '.join(dict.fromkeys(loaded))}) and no warm-up set; "
                "at least one is expected (G38).",
                'Write begin_with = ["warm-up"] and a [[block]] of that name, or give '
                'a slot kind = "warm_up".',
            )


def lonely_group(linted: LintedPlan) -> Iterator[Finding]:
    """Find pairs and circuits of one."""
    for place, session in linted.sessions():
        groups = groupby(slots_of(linted.plan, session), key=lambda slot: slot.group)
        for group, slots in groups:
            first, *others = slots
            if group and not others:
                yield (
                    f"{place}, {first.exercise}",
                    f"Group {group!r} has 1 slot here; a pair or a circuit has at "
                    "least 2 in a row.",
                    f"Give a slot next to it group = {group!r} too, or leave it out.",
                )


# Place within the slot for rules about one slot; None for rules about the plan.
RULES: dict[Rule | SlotRule, str | None] = {
    no_failure_path: ", progress",
    weekly_jump: None,
    large_step: ", progress",
    step_below_increment: ", progress, add_kg",
    no_deload_in_reach: None,
    unused_days: None,
    no_side_policy: "",
    hinge_days_back_to_back: None,
    before_prerequisite: None,
    hip_share_low: None,
    no_mobility_between_heavy: None,
    no_warm_up: None,
    lonely_group: None,
}
