"""Plans that can be used but probably do not say what was meant.

Every rule is a function that yields what it found. Its name is the id of the rule.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

import pandas as pd

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.files.tables import DAYS_PER_WEEK, WEEKDAYS, Column, Table
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
MAX_WEEKS_WITHOUT_DELOAD = (
    8  # 5.6 (SD 2.3) in practice: Rogerson et al. (2024), E07-002
)
MIN_HIP_SHARE = 0.6  # of hip- and knee-dominant sets; assumption
LINT = Table(
    "lint",
    "one finding",
    (
        Column("place", "str", "", "where in the plan"),
        Column("rule", "str", "", "id of the rule"),
        Column("message", "str", "", "what was found, with the number and the limit"),
        Column("suggestion", "str", "", "what to write instead"),
    ),
)
MAX_STEP_PCT = 10  # of the load; consensus is 2-10 %: Ratamess et al. (2009), E06-006
Finding = tuple[str, str, str]  # place, message, suggestion


def lint_plan(
    plan: Plan,
    *,
    athlete: Athlete | None = None,
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return what is suspicious in a plan that can be used as it is.

    Parameters
    ----------
    plan : Plan
        A checked plan, as `read_plan` returns it.
    athlete : Athlete, optional
        Whose loads are looked at. Default: the shipped ``"novice"``.
    exercises : Mapping[str, Exercise], optional
        The catalogue. Default: the shipped one.

    Returns
    -------
    pandas.DataFrame
        One row per finding (columns: `LINT`), in the order of `RULES`; no rows if
        nothing was found.

    Raises
    ------
    ValueError
        If the 1RM of a lift of the plan is neither known nor to be estimated.

    Notes
    -----
    The limits are consensus, practice or assumptions, never effects that were shown.
    Deload weeks are left out of comparisons.

    Examples
    --------
    >>> from hipext import lint_plan, read_plan
    >>> lint_plan(read_plan("deadlift_5x5_10wk"))["rule"].unique().tolist()[:2]
    ['no_failure_path', 'no_deload_in_reach']
    """
    exercises = read_exercises() if exercises is None else exercises
    athlete = read_athlete("novice") if athlete is None else athlete
    sets = expand_plan(plan, athlete, exercises=exercises)
    weeks = weekly(sets, n_weeks=plan.n_weeks, exercises=exercises)
    seen = Seen(plan=plan, exercises=exercises, sets=sets, weeks=weeks)
    return LINT.from_rows(
        [
            (place, rule.__name__, message, suggestion)
            for rule in RULES
            for place, message, suggestion in rule(seen)
        ]
    )


class Where(NamedTuple):
    """The place of a slot in the file: its block or session, and what it is there."""

    home: str
    number: int
    exercise: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What the rules look at."""

    plan: Plan
    exercises: Mapping[str, Exercise]
    sets: pd.DataFrame
    weeks: pd.DataFrame

    def slots(self) -> Iterator[tuple[Where, Slot, Exercise]]:
        """Yield place, slot and exercise of every slot of the file, once."""
        blocks = enumerate(self.plan.block, start=1)
        homes = [(f"block {number} ({one.name})", one) for number, one in blocks]
        for place, home in [*homes, *self.sessions()]:
            for number, slot in enumerate(home.slot, start=1):
                where = Where(place, number, slot.exercise)
                yield where, slot, self.exercises[slot.exercise]

    def sessions(self) -> Iterator[tuple[str, Session]]:
        """Yield place and session of every session of the file, once."""
        for number, session in enumerate(self.plan.session, start=1):
            yield f"session {number} ({session.name})", session
        for phase in self.plan.phase:
            for number, session in enumerate(phase.session, start=1):
                yield (
                    f"{self.phase(phase.name)}, session {number} ({session.name})",
                    session,
                )

    def phase(self, name: str) -> str:
        """Return the place of a phase."""
        names = [phase.name for phase in self.plan.phase]
        return f"phase {names.index(name) + 1} ({name})"

    def kind(self, slot: Slot) -> str:
        """Return what the sets of a slot count as."""
        return slot_kind(slot, self.exercises[slot.exercise])


def weekly_jump(seen: Seen) -> Iterator[Finding]:
    """Find weeks that ask for much more than the ordinary week before."""
    measures = {
        "working_sets": ("Working sets rise", ""),
        "system_volume_load_kg": ("Volume load with body mass rises", " kg"),
    }
    ordinary = seen.weeks[~seen.weeks["is_deload"]]
    for phase, weeks in ordinary.groupby("phase", sort=False):
        for before, after in pairwise(weeks.to_dict("records")):
            for column, (words, unit) in measures.items():
                was, will = before[column], after[column]
                if will <= was * (1 + MAX_WEEKLY_RISE_PCT / 100) or was == 0:
                    continue
                yield (
                    f"{seen.phase(phase)}, week {after['week']}",
                    f"{words} by {100 * (will / was - 1):.1f} %, from {was:g} to "
                    f"{will:g}{unit}; at most {MAX_WEEKLY_RISE_PCT} % is usual.",
                    "Add fewer sets, repetitions or slots at once, or a smaller step.",
                )


def no_deload_in_reach(seen: Seen) -> Iterator[Finding]:
    """Find long runs of weeks without a planned deload."""
    runs = groupby(weeks_of(seen.plan), key=lambda week: week.is_deload)
    for is_deload, weeks in runs:
        numbers = [week.number for week in weeks]
        if not is_deload and len(numbers) > MAX_WEEKS_WITHOUT_DELOAD:
            yield (
                f"weeks {numbers[0]} to {numbers[-1]}",
                f"{len(numbers)} weeks in a row without a planned deload (light "
                f"week); at most {MAX_WEEKS_WITHOUT_DELOAD} is usual.",
                "Write every_weeks = 4 in [deload], or name weeks there.",
            )


def hinge_days_back_to_back(seen: Seen) -> Iterator[Finding]:
    """Find heavy hinges on consecutive days."""
    hinges = {
        name
        for name, exercise in seen.exercises.items()
        if exercise.pattern == "hinge" and exercise.role == "strength"
    }
    sets = seen.sets
    rows = sets[(sets["kind"] == "work") & sets["exercise"].isin(hinges)]
    gaps = ((one, two) for one, two in _day_pairs(rows) if two - one == 1)
    for place, first, second in _per_phase(seen, gaps):
        yield (
            place,
            f"Strength work with a hinge on consecutive days, {first} and {second}; "
            "at least one day between them is usual.",
            "Move one of the sessions, or use another pattern on one of the days.",
        )


def no_mobility_between_heavy(seen: Seen) -> Iterator[Finding]:
    """Find heavy sessions with days between them and no mobility on these days.

    Heavy is a hard set of a strength exercise with load; a week apart is no pair.
    """
    sets = seen.sets
    strength = [one.id for one in seen.exercises.values() if one.role == "strength"]
    is_heavy = sets["exercise"].isin(strength) & (sets["load_kg"] > 0)
    heavy = sets[is_heavy & (hard_sets(sets) > 0)]
    moved = set(sets.loc[sets["kind"] == "mobility", "day"])
    gaps = (
        (one, two)
        for one, two in _day_pairs(heavy)
        if 1 < two - one < DAYS_PER_WEEK and not moved & set(range(one + 1, two))
    )
    for place, first, second in _per_phase(seen, gaps):
        yield (
            place,
            f"No mobility on the days between the heavy sessions of {first} and "
            f"{second}; at least one set is expected (G37).",
            'Add a [[session]] like "daily mobility" for these days.',
        )


def _day_pairs(rows: pd.DataFrame) -> Iterator[tuple[int, int]]:
    return pairwise(sorted(rows["day"].unique().tolist()))


def _per_phase(
    seen: Seen, pairs: Iterator[tuple[int, int]]
) -> Iterator[tuple[str, str, str]]:
    """Yield place and weekdays of pairs of days, once per phase."""
    phases = [week.phase.name for week in weeks_of(seen.plan)]
    known = set()
    for days in pairs:
        first, second = (WEEKDAYS[day % DAYS_PER_WEEK] for day in days)
        week = days[1] // DAYS_PER_WEEK
        place = seen.phase(phases[week])
        if (place, first, second) not in known:
            known.add((place, first, second))
            yield f"{place}, week {week + 1}", first, second


def before_prerequisite(seen: Seen) -> Iterator[Finding]:
    """Find exercises that come before what they build on.

    A plan may start anywhere: the exercises of its first week, and all that these
    build on, count as mastered.
    """
    mastered: set[str] = set()
    for week, rows in seen.sets.groupby("week"):
        for name in rows["exercise"].unique():
            missing = [
                one
                for one in seen.exercises[name].prerequisites
                if one not in mastered and week > 1
            ]
            if missing:
                where = rows[rows["exercise"] == name].iloc[0]
                yield (
                    f"{seen.phase(where['phase'])}, week {week}, "
                    f"session {where['session']}, {name}",
                    f"{name} starts in week {week}; {', '.join(missing)} should come "
                    "in an earlier week, and does not.",
                    f"Put {' and '.join(missing)} into an earlier week.",
                )
        for name in rows["exercise"].unique():
            mastered |= _with_all_before(name, seen.exercises)


def _with_all_before(name: str, exercises: Mapping[str, Exercise]) -> set[str]:
    before = (_with_all_before(one, exercises) for one in exercises[name].prerequisites)
    return {name}.union(*before)


def hip_share_low(seen: Seen) -> Iterator[Finding]:
    """Find phases in which the knee, not the hip, is the prime mover."""
    ordinary = seen.weeks[~seen.weeks["is_deload"]].dropna(subset=["hip_share"])
    for phase, weeks in ordinary.groupby("phase", sort=False):
        lowest = weeks.loc[weeks["hip_share"].idxmin()]
        if lowest["hip_share"] < MIN_HIP_SHARE:
            yield (
                f"{seen.phase(phase)}, week {lowest['week']}",
                f"{lowest['hip_share']:.0%} of the hip- and knee-dominant sets are "
                f"hip-dominant; at least {MIN_HIP_SHARE:.0%} is expected (G25).",
                "Add hinge, thrust or extension work, or take squats and lunges out.",
            )


def no_failure_path(seen: Seen) -> Iterator[Finding]:
    """Find load that is added and never taken away."""
    return _per_home(_without_failure_path(seen), at=", progress")


def large_step(seen: Seen) -> Iterator[Finding]:
    """Find large single steps of load, where the implement could make a smaller one."""
    return _per_home(_with_large_step(seen), at=", progress")


def step_below_increment(seen: Seen) -> Iterator[Finding]:
    """Find steps that the implement cannot make."""
    return _per_home(_with_odd_step(seen), at=", progress, add_kg")


def no_side_policy(seen: Seen) -> Iterator[Finding]:
    """Find work on one side at a time that does not say which side starts."""
    return _per_home(_without_first_side(seen))


def unused_days(seen: Seen) -> Iterator[Finding]:
    """Find training days of the plan that no session follows."""
    days = seen.plan.days
    if days and all(session.days for _, session in seen.sessions()):
        yield (
            "days",
            f"The days of the plan ({', '.join(days)}) do nothing: every session "
            "names its own.",
            "Leave days out of the sessions that should follow those of the plan, or "
            "out of the plan.",
        )


def no_warm_up(seen: Seen) -> Iterator[Finding]:
    """Find loaded sessions that start cold."""
    for place, session in seen.sessions():
        slots = slots_of(seen.plan, session)
        loaded = [
            slot.exercise
            for slot in slots
            if seen.kind(slot) == "work" and seen.exercises[slot.exercise].is_loaded
        ]
        if loaded and "warm_up" not in map(seen.kind, slots):
            yield (
                place,
                f"Loaded work ({', '.join(dict.fromkeys(loaded))}) and no warm-up set; "
                "at least one is expected (G38).",
                'Write begin_with = ["warm-up"] and a [[block]] of that name, or give '
                'a slot kind = "warm_up".',
            )


def lonely_group(seen: Seen) -> Iterator[Finding]:
    """Find pairs and circuits of one."""
    for place, session in seen.sessions():
        groups = groupby(slots_of(seen.plan, session), key=lambda slot: slot.group)
        for group, slots in groups:
            members = list(slots)
            if group and len(members) == 1:
                yield (
                    f"{place}, {members[0].exercise}",
                    f"Group {group!r} has 1 slot here, so there is nothing to do in "
                    "turn; a pair or a circuit has at least 2 in a row.",
                    f"Give a slot next to it group = {group!r} too, or leave it out.",
                )


RULES: tuple[Callable[[Seen], Iterator[Finding]], ...] = (
    no_failure_path,
    weekly_jump,
    large_step,
    step_below_increment,
    no_deload_in_reach,
    unused_days,
    no_side_policy,
    hinge_days_back_to_back,
    before_prerequisite,
    hip_share_low,
    no_mobility_between_heavy,
    no_warm_up,
    lonely_group,
)
SlotFinding = tuple[Where, str, str]  # message and suggestion as they follow a name


def _per_home(found: Iterable[SlotFinding], *, at: str = "") -> Iterator[Finding]:
    """Yield one finding per block or session, whose message names the exercises."""
    for home, ones in groupby(found, key=lambda one: one[0].home):
        places, messages, suggestions = zip(*ones, strict=True)
        numbers = ", ".join(str(place.number) for place in places)
        names = [place.exercise for place in places]
        slots = f"slots {numbers}" if len(names) > 1 else f"slot {numbers} ({names[0]})"
        same = suggestions[0] if len(set(suggestions)) == 1 else None
        yield (
            f"{home}, {slots}{at}",
            _by_name(names, messages),
            f"{same[0].upper()}{same[1:]}" if same else _by_name(names, suggestions),
        )


def _by_name(names: Sequence[str], texts: Sequence[str]) -> str:
    """Return every text once, after the names that it is about."""
    about: dict[str, dict[str, None]] = {}
    for name, text in zip(names, texts, strict=True):
        about.setdefault(text, {})[name] = None
    return " ".join(f"{', '.join(names)}: {text}" for text, names in about.items())


def _without_failure_path(seen: Seen) -> Iterator[SlotFinding]:
    for place, slot, exercise in seen.slots():
        rule = slot.progress
        if isinstance(rule, LoadRule) and exercise.is_loaded and rule.on_fail is None:
            yield (
                place,
                f"rule {rule.rule!r} adds load but does not say what happens after "
                "missed sets; the same load is repeated.",
                "write on_fail = { after = 2, drop_pct = 10 } in progress.",
            )


def _with_large_step(seen: Seen) -> Iterator[SlotFinding]:
    lightest = _lightest_kg(seen)
    for place, slot, exercise in seen.slots():
        add_kg = getattr(slot.progress, "add_kg", None)
        pct = getattr(slot.progress, "add_pct", None)
        load_kg = lightest.get(id(slot), 0.0)
        smallest_kg = step_of(slot, exercise)
        if add_kg is not None and add_kg > smallest_kg and load_kg > 0:
            pct = 100 * add_kg / load_kg
        if pct is not None and exercise.is_loaded and pct > MAX_STEP_PCT:
            at = f" of the {load_kg:g} kg at the start" if add_kg else ""
            yield (
                place,
                f"one step adds {pct:.0f} %{at}; 2-{MAX_STEP_PCT} % is usual.",
                f"write add_pct = {MAX_STEP_PCT / 2:g}, or let repetitions grow first "
                "(rule 'double').",
            )


def _lightest_kg(seen: Seen) -> dict[int, float]:
    """Return the lowest load of every slot outside deload weeks, by its id()."""
    sets = seen.sets[~seen.sets["is_deload"]]
    keys = ["phase", "session", "slot"]
    load_kg = sets.groupby(keys)["load_kg"].min().to_dict()
    lowest: dict[int, float] = {}
    for phase in seen.plan.phase:
        for session in (*seen.plan.session, *phase.session):
            for number, slot in enumerate(slots_of(seen.plan, session), start=1):
                kg = load_kg.get((phase.name, session.name, number))
                if kg is not None:
                    lowest[id(slot)] = min(lowest.get(id(slot), kg), kg)
    return lowest


def _with_odd_step(seen: Seen) -> Iterator[SlotFinding]:
    for place, slot, exercise in seen.slots():
        add_kg = getattr(slot.progress, "add_kg", None)
        step_kg = step_of(slot, exercise)
        if add_kg is None or not exercise.is_loaded:
            continue
        n_steps = add_kg / step_kg
        if abs(n_steps - round(n_steps)) > 1e-6:
            nearest_kg = max(round(n_steps), 1) * step_kg
            yield (
                place,
                f"{add_kg:g} kg is not a multiple of the smallest step of "
                f"{step_kg:g} kg; loads are rounded to that.",
                f"write add_kg = {nearest_kg:g}, or increment_kg = {add_kg:g}.",
            )


def _without_first_side(seen: Seen) -> Iterator[SlotFinding]:
    for place, slot, exercise in seen.slots():
        is_work = seen.kind(slot) == "work"
        if exercise.is_unilateral and is_work and slot.side_first is None:
            yield (
                place,
                "works one side at a time, and no side is said to start; left always "
                "does.",
                'write side_first = "weaker" (or "alternate").',
            )
