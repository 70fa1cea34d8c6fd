"""What the linter looks at, and its rules about slots and sessions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import pandas as pd

from hipext.exercises import Exercise
from hipext.plan import Plan, Session
from hipext.rules import LoadRule
from hipext.slot import Slot, slot_kind, step_of
from hipext.timetable import occasions_of, slots_of

MAX_STEP_PCT = 10  # of the load; consensus is 2-10 %: Ratamess et al. (2009), E06-006
Finding = tuple[str, str, str]  # place, message, suggestion


class Where(NamedTuple):
    """The place of a slot in the file: its block or session, and what it is there."""

    home: str
    number: int
    exercise: str


SlotFinding = tuple[Where, str, str]  # message and suggestion as they follow a name


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


def no_failure_path(seen: Seen) -> Iterator[Finding]:
    """Find load that is added and never taken away."""
    return _per_home(_without_failure_path(seen), at=", progress")


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


def large_step(seen: Seen) -> Iterator[Finding]:
    """Find large single steps of load, where the implement could make a smaller one."""
    return _per_home(_with_large_step(seen), at=", progress")


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
    keys = ["day", "session", "slot"]
    load_kg = sets.groupby(keys)["load_kg"].min().to_dict()
    lowest: dict[int, float] = {}
    for occasion in occasions_of(seen.plan):
        for number, slot in enumerate(occasion.slots, start=1):
            key = (occasion.day, occasion.session.name, number)
            if key in load_kg:
                lowest[id(slot)] = min(lowest.get(id(slot), load_kg[key]), load_kg[key])
    return lowest


def step_below_increment(seen: Seen) -> Iterator[Finding]:
    """Find steps that the implement cannot make."""
    return _per_home(_with_odd_step(seen), at=", progress, add_kg")


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


def no_side_policy(seen: Seen) -> Iterator[Finding]:
    """Find work on one side at a time that does not say which side starts."""
    return _per_home(_without_first_side(seen))


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
