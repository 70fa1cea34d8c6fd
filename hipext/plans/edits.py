"""Changes of a plan: single values, settings of the whole plan, or slot by slot.

Every change returns a new plan. `vary` sets values by their path in a plan file, and
`apply_knob` makes one documented change of a whole plan; both check the result like
a file. Knobs and other modules build such changes from `changed`, `with_phases`,
`with_sessions` and `with_slots`, which check nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, cycle, groupby
from numbers import Real
from operator import getitem

from hipext.files.checks import (
    InputError,
    check_one_of,
    did_you_mean,
    label_of,
    odd_values,
)
from hipext.files.schema import FileValue, Model
from hipext.files.tables import WEEKDAYS
from hipext.plans.exercises import Exercise, exercise_named, read_exercises
from hipext.plans.notation import MAX_LOAD_KG, SetScheme, parse_tempo
from hipext.plans.plan import MAX_WEEKS, Phase, Plan, Session, Slot, slot_kind
from hipext.plans.plan_file import check_plan
from hipext.plans.rules import Double, Linear, LoadRule, NoRule, Step

STAR = "*"  # in a path: every item of a list
AS_IS = "as_is"  # the value of a knob that changes nothing
LOAD_RULES = {"linear": Linear, "double": Double, "step": Step, "none": NoRule}
ORDERS = ("reversed", "heavy_first", "heavy_last")
SPREAD = {  # number of sessions: days of the week that space them evenly
    1: ("mon",),
    2: ("mon", "thu"),
    3: ("mon", "wed", "fri"),
    4: ("mon", "tue", "thu", "fri"),
    5: ("mon", "tue", "wed", "thu", "fri"),
}
_TEMPOS = ("2-0-1-0", "3-1-1-0", "4-0-2-0")
# What a plan file and the set notation allow; a scaled value is held within it.
_STEPS, _REST_S = {"add_kg": (0.01, 50.0), "add_pct": (0.1, 50.0)}, (0.0, 900.0)
_START_KG, _START_PCT = (0.01, float(MAX_LOAD_KG)), (1.01, 100.0)


def vary(plan: Plan, changes: Mapping[str, object]) -> Plan:
    """Return a plan with some values changed.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    changes : Mapping[str, object]
        New values by dotted path: ``{"deload.every_weeks": 0}``. An item of a list is
        named by its name, its exercise or its number from 1:
        ``"phase.hinge.weeks"``, ``"phase.2.session.A.slot.deadlift.sets"``. ``*``
        stands for every item: ``"phase.*.session.*.slot.*.rest_s"``; behind it, an
        item that is named is changed wherever it is, and a key of a table inside an
        item (``...slot.*.progress.add_kg``) only where the plan has it.

    Returns
    -------
    Plan
        Checked like a file.

    Raises
    ------
    InputError
        If a path leads nowhere; the message says what there is.
    PlanError
        If the changed plan is not a good plan.

    Examples
    --------
    >>> from hipext import read_plan
    >>> plan = vary(read_plan("guide_16wk"), {"phase.hinge.weeks": 3})
    >>> plan.n_weeks
    17
    >>> plan = vary(plan, {"phase.*.session.*.slot.*.rest_s": 90})
    >>> {slot.rest_s for phase in plan.phase for slot in phase.session[0].slot}
    {90.0}
    """
    source = f"{plan.name!r} with {', '.join(changes)} changed"
    return check_plan(changed_values(plan, changes), source=source)


def changed_values(value: FileValue, changes: Mapping[str, object]) -> dict:
    """Return what a file would hold after changes by path, still to be checked."""
    values = value.model_dump(mode="json", exclude_unset=True)
    # With all defaults it shows which keys each item has, set or not.
    defaults = value.model_dump(mode="json")
    for path, new in changes.items():
        _set(values, defaults, path, new)
    return values


@dataclass(frozen=True)
class Allowed:
    """The values of a knob: in words, their check, and the one that changes nothing."""

    words: str
    check: Callable[[str, object], object] = lambda _, value: value
    neutral: object = None


@dataclass(frozen=True)
class Knob:
    """A change of a whole plan: its name, meaning and values, and what it does."""

    name: str
    meaning: str
    allowed: Allowed
    turn: Callable[[Plan, object], Plan]

    @property
    def values(self) -> str:
        """What is allowed, in words."""
        return self.allowed.words

    def change(self, plan: Plan, value: object) -> Plan:
        """Return the plan with the knob turned, still to be checked."""
        value = self.allowed.check(self.name, value)
        return plan if value == self.allowed.neutral else self.turn(plan, value)


KNOBS: dict[str, Knob] = {}  # in the order in which they are defined below


def apply_knob(plan: Plan, name: str, value: object) -> Plan:
    """Return a plan with one of `KNOBS` turned, checked like a file.

    A factor of 1, ``"as_is"`` and the value that the plan has already change nothing.
    A value that is not allowed, or that changes nothing in the plan, is an InputError.
    """
    check_one_of(name, KNOBS, name="knob")
    new = KNOBS[name].change(plan, value)
    # An unchanged plan stays the same object, which caches of runs recognise.
    if new == plan:
        return plan
    values = new.model_dump(exclude_unset=True)
    return check_plan(values, source=f"{plan.name!r} with {name} = {value}")


def one_change_variants(plan: Plan) -> dict[str, list[dict[str, object]]]:
    """Return changes to try one at a time, as `scenario_of` takes them, by title.

    Only those that make a good plan; of changes that make equal plans, the first. A
    title needs two.
    """
    groups = {
        title: [{name: value} for value in _allowed(plan, name, values)]
        for title, name, values in _candidates(plan)
    }
    missed = [weeks for weeks in ([], [5], [5, 6]) if plan.n_weeks >= max([1, *weeks])]
    groups["missed weeks"] = [{"athlete.missed_weeks": weeks} for weeks in missed]
    return {title: found for title, found in groups.items() if len(found) > 1}


def changed(value: Model, **new: object) -> Model:
    """Return a checked value with some fields changed; itself if none is."""
    update = {key: one for key, one in new.items() if getattr(value, key) != one}
    return value.model_copy(update=update) if update else value


def with_phases(plan: Plan, change: Callable[[Phase], Phase]) -> Plan:
    """Return a plan with every phase changed."""
    return changed(plan, phase=tuple(map(change, plan.phase)))


def with_sessions(plan: Plan, change: Callable[[Session], Session]) -> Plan:
    """Return a plan with every session changed, of the phases and of the whole plan."""

    def with_own_sessions(home: Model) -> Model:
        return changed(home, session=tuple(map(change, home.session)))

    return with_phases(with_own_sessions(plan), with_own_sessions)


def with_slots(plan: Plan, change: Callable[[Slot], Slot]) -> Plan:
    """Return a plan with every slot changed, those of blocks first."""

    def with_own_slots(home: Model) -> Model:
        return changed(home, slot=tuple(map(change, home.slot)))

    blocks = tuple(map(with_own_slots, plan.block))
    return with_sessions(changed(plan, block=blocks), with_own_slots)


def exercise_of(slot: Slot) -> Exercise:
    """Return the exercise of a slot."""
    return read_exercises()[slot.exercise]


def is_work(slot: Slot) -> bool:
    """Return whether the sets of a slot count as work."""
    return slot_kind(slot, exercise_of(slot)) == "work"


def sessions_per_week(plan: Plan, phase: Phase) -> int:
    """Return how many sessions of its own a phase has in a week."""
    return sum(len(session.days or plan.days) for session in phase.session)


def own_copy(value: object) -> object:
    """Return a copy of a value, and a Python number for one of NumPy."""
    import numpy as np  # here, because knobs are named without it

    value = value.item() if isinstance(value, np.generic) else value
    for _, problem in odd_values(value):
        raise InputError(f"A new value: {problem}")
    return deepcopy(value)


def _set(values: dict, defaults: dict, path: str, new: object) -> None:
    """Set every place that a path leads to; InputError if there is none."""
    keys = path.split(".")
    # The tables and lists on the way, by the keys and the numbers from 0 to each.
    places: list[tuple] = [()]
    for key in keys:
        steps = [
            (*place, step)
            for place in places
            for step in _steps(values, defaults, keys, place)
        ]
        if not steps:
            found = [_keys(values, defaults, keys, place) for place in places]
            raise InputError(_dead_end(path, key, list(dict.fromkeys(chain(*found)))))
        places = steps
    for *above, last in places:
        reduce(getitem, above, values)[last] = own_copy(new)


def _steps(
    values: dict, defaults: dict, keys: list[str], place: tuple
) -> list[str | int]:
    """Return the keys or numbers in a table or list that the next key names."""
    path, here, key = ".".join(keys), _at(values, place), keys[len(place)]
    is_last = len(place) == len(keys) - 1
    if isinstance(here, list):
        if key == STAR:
            return list(range(len(here)))
        return _numbers(here, key, path, is_one=STAR not in keys[: len(place)])
    # Without a wildcard, keys that the file left out are made on the way, and the check
    # of the file says whether there are such keys. With one, a path only follows what
    # is there, because an item may lack what another has.
    if STAR not in keys:
        if not isinstance(here, dict):
            raise InputError(
                f"{path}: there is nothing below {keys[len(place) - 1]!r}; "
                f"it is {here!r}."
            )
        if not is_last:
            here.setdefault(key, {})
        return [key]
    if not isinstance(here, dict):
        return []
    # Every item may have its own fields. The keys of a table inside it depend on the
    # item: a rule without a step of the load has no add_kg.
    can_be_new = is_last and (not place or isinstance(place[-1], int))
    return [key] if can_be_new or key in _keys(values, defaults, keys, place) else []


def _keys(values: dict, defaults: dict, keys: list[str], place: tuple) -> list[str]:
    """Return what the next key of a path may be called at a place."""
    here = _at(values, place)
    if isinstance(here, list):
        return _labels(here)
    if not isinstance(here, dict):
        return []
    if len(place) < len(keys) - 1:
        return list(here)
    tables = [one for one in (here, _at(defaults, place)) if isinstance(one, dict)]
    return sorted({key for one in tables for key in one if one[key] is not None})


def _at(values: object, place: tuple) -> object:
    """Return what is at a place; None if there is nothing."""
    try:
        return reduce(getitem, place, values)
    except (LookupError, TypeError):
        return None


def _numbers(items: list, key: str, path: str, *, is_one: bool) -> list[int]:
    """Return the numbers, from 0, of the items called so, or else of that number."""
    labels = _labels(items)
    # A name comes before a number, so that a phase may be called "2".
    found = [number for number, label in enumerate(labels) if label == key]
    if not found and key.isdecimal() and 1 <= int(key) <= len(items):
        found = [int(key) - 1]
    if is_one and len(found) > 1:
        choice = " or ".join(str(number + 1) for number in found)
        raise InputError(
            f"{path}: {key!r} is there {len(found)} times; name it by its number, "
            f"{choice}."
        )
    if is_one and not found:
        raise InputError(
            f"{path}: there is no {key!r}; there are {', '.join(labels)} "
            f"(or 1 to {len(labels)}).{did_you_mean(key, labels)}"
        )
    return found


def _labels(items: list) -> list[str]:
    return [str(label_of(x) if isinstance(x, dict) else x) for x in items]


def _dead_end(path: str, key: str, there: list[str]) -> str:
    """Return why a path with wildcards leads nowhere."""
    if key == STAR:
        return f"{path}: '*' stands for the items of a list, and there are none here."
    if not there:
        return f"{path}: there is nothing to look {key!r} up in."
    return (
        f"{path}: no place that it leads to has {key!r}; there are "
        f"{', '.join(there)}.{did_you_mean(key, there)}"
    )


def _number(
    wanted: str, least: float, most: float, kind: type = float
) -> Callable[[str, object], float]:
    """Return a function that checks the number to which a knob is turned."""

    def checked(name: str, value: object) -> float:
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        is_good = is_number and least <= value <= most
        if not is_good or (kind is int and value % 1):
            raise InputError(f"{name} must be {wanted}; got {value!r}.")
        return kind(value)

    return checked


def _whole(least: int, most: int, words: str) -> Allowed:
    wanted = f"a whole number from {least} to {most}"
    return Allowed(f"{words} to {most}", _number(wanted, least, most, int))


def _or_as_is(words: str, *check: Callable[[str, object], object]) -> Allowed:
    return Allowed(f"{words}; {AS_IS} for as it is", *check, neutral=AS_IS)


def _one_of(words: Iterable[str]) -> Allowed:
    def checked(name: str, value: object) -> str:
        check_one_of(value, (AS_IS, *words), name=name)
        return value

    return _or_as_is(", ".join(words), checked)


_SHARE = Allowed("0 to 1", _number("a share from 0 to 1, like 0.5", 0, 1))
_FACTOR = Allowed(
    "a factor from 0.01 to 10; 1 for as it is",
    _number("a factor from 0.01 to 10, like 0.9 for 90 %", 0.01, 10),
    neutral=1,
)


def _knob(meaning: str, allowed: Allowed) -> Callable[[Callable], Callable]:
    """Make a function the knob of its own name."""

    def added(turn: Callable[[Plan, object], Plan]) -> Callable:
        name = turn.__name__.removeprefix("_")
        KNOBS[name] = Knob(name, meaning, allowed, turn)
        return turn

    return added


@_knob(
    "every so many weeks is a deload; deload weeks listed by number fall away",
    _whole(0, MAX_WEEKS, "whole weeks, 0 (none)"),
)
def _deload_every(plan: Plan, every: int) -> Plan:
    return changed(plan, deload=changed(plan.deload, every_weeks=every, weeks=()))


@_knob(
    "share of the working sets that deload weeks keep; sets given for them fall away",
    _SHARE,
)
def _deload_sets(plan: Plan, share: float) -> Plan:
    return changed(plan, deload=changed(plan.deload, sets_fraction=share, sets=None))


@_knob("share of the load last lifted that deload weeks keep", _SHARE)
def _deload_load(plan: Plan, share: float) -> Plan:
    return changed(plan, deload=changed(plan.deload, load_fraction=share))


@_knob(
    "factor on the step of the load of every rule, within what files allow",
    _FACTOR,
)
def _load_step(plan: Plan, factor: float) -> Plan:
    def scaled(slot: Slot) -> Slot:
        steps = {
            key: _within(getattr(slot.progress, key) * factor, limits)
            for key, limits in _STEPS.items()
            if getattr(slot.progress, key) is not None
        }
        return changed(slot, progress=changed(slot.progress, **steps))

    nowhere = "load_step: no rule has a step of the load"
    return _with_those(plan, _has_step, scaled, nowhere)


@_knob(
    "factor on the first load, at most 100 % of the 1RM, and on all of a wave; a load "
    "written by its reserve becomes a percentage, and asks for no reserve from then "
    "on; slots whose ladder has a rung without load stay",
    _FACTOR,
)
def _start_load(plan: Plan, factor: float) -> Plan:
    def is_loaded(slot: Slot) -> bool:
        # A percentage or kg fits no exercise without load, so all rungs must have one.
        names = (slot.exercise, *slot.ladder)
        return all(read_exercises()[name].is_loaded for name in names)

    def scaled(slot: Slot) -> Slot:
        rule = slot.progress
        if rule.rule == "wave":
            pct = tuple(_within(one * factor, _START_PCT) for one in rule.pct)
            rule = changed(rule, pct=pct)
        return changed(slot, sets=_scaled(slot.scheme, factor), progress=rule)

    return _with_those(plan, is_loaded, scaled, "start_load: no exercise has a load")


def _scaled(scheme: SetScheme, factor: float) -> str:
    """Return the notation of a loaded scheme with a factor on its first load."""
    if scheme.load_kg is not None:
        return str(replace(scheme, load_kg=_within(scheme.load_kg * factor, _START_KG)))
    pct = scheme.pct_1rm
    if pct is None:
        # Here, because knobs are named without NumPy.
        from hipext.intensity.relations import RELATION, pct_1rm

        pct = pct_1rm(scheme.low, scheme.rir, relation=RELATION)
    return str(replace(scheme, pct_1rm=_within(pct * factor, _START_PCT), rir=None))


@_knob(
    "progression of the working slots that add load, each with its own step; waves, "
    "and slots without a range for double, stay",
    _one_of(LOAD_RULES),
)
def _progression(plan: Plan, value: str) -> Plan:
    def fits(slot: Slot) -> bool:
        is_stepped = _has_step(slot) and slot.progress.rule != "wave" and is_work(slot)
        has_range = slot.scheme.low < slot.scheme.high
        return is_stepped and (has_range or value != "double")

    def with_rule(slot: Slot) -> Slot:
        if slot.progress.rule == value:
            return slot
        # All load rules share the step and what happens when sets are failed.
        own = {key: getattr(slot.progress, key) for key in LoadRule.model_fields}
        kept = {key: one for key, one in own.items() if one is not None}
        values = {"rule": value} | ({} if value == "none" else kept)
        return changed(slot, progress=LOAD_RULES[value].model_validate(values))

    nowhere = f"progression {value!r} fits no loaded working slot"
    return _with_those(plan, fits, with_rule, nowhere)


@_knob(
    "sessions a week of every phase, spread over the week in their order; a phase that "
    "has so many stays, and so do sessions of the whole plan",
    _whole(min(SPREAD), max(SPREAD), f"{min(SPREAD)}"),
)
def _sessions_a_week(plan: Plan, n_sessions: int) -> Plan:
    def spread(phase: Phase) -> Phase:
        if sessions_per_week(plan, phase) == n_sessions:
            return phase
        # The old week, such as A, B, A, is repeated until the new days are filled; a
        # session whose turn does not come falls away.
        turns = cycle(
            session.name
            for weekday in WEEKDAYS
            for session in phase.session
            if weekday in (session.days or plan.days)
        )
        dealt = dict(zip(SPREAD[n_sessions], turns, strict=False))
        new = [
            changed(one, days=tuple(day for day in dealt if dealt[day] == one.name))
            for one in phase.session
        ]
        return changed(phase, session=tuple(one for one in new if one.days))

    return with_phases(plan, spread)


@_knob(
    "length of the plan, phases in proportion; deload weeks and tests listed by number "
    "beyond the end fall away",
    _whole(1, MAX_WEEKS, "whole weeks, 1"),
)
def _weeks(plan: Plan, n_weeks: int) -> Plan:
    def cut(part: Model) -> Model:
        return changed(
            part, weeks=tuple(week for week in part.weeks if week <= n_weeks)
        )

    if n_weeks == plan.n_weeks:
        return plan
    return changed(
        plan,
        phase=_stretched(plan.phase, n_weeks),
        deload=cut(plan.deload),
        assessment=plan.assessment and cut(plan.assessment),
    )


def _stretched(phases: tuple[Phase, ...], n_weeks: int) -> tuple[Phase, ...]:
    """Return phases whose lengths sum to `n_weeks`, in proportion to the old ones.

    Every phase has one week for sure, so a plan with fewer weeks than phases keeps the
    first ones. The other weeks are shared out by the largest-remainder method.
    """
    phases = phases[:n_weeks]
    total = sum(phase.weeks for phase in phases)
    exact = [(n_weeks - len(phases)) * phase.weeks / total for phase in phases]
    lengths = [1 + int(share) for share in exact]
    # Weeks lost by rounding down go to the largest remainders, earlier phases first.
    by_remainder = sorted(range(len(exact)), key=lambda n: int(exact[n]) - exact[n])
    for number in by_remainder[: n_weeks - sum(lengths)]:
        lengths[number] += 1
    pairs = zip(phases, lengths, strict=True)
    return tuple(changed(phase, weeks=length) for phase, length in pairs)


@_knob(
    "one exercise instead of another wherever that is work, in ladders too; everything "
    "else of the slot stays, a load in kg as well",
    _or_as_is('"old>new" or { old = "...", new = "..." }'),
)
def _swap(plan: Plan, value: object) -> Plan:
    old, new = (exercise_named(name, read_exercises()).id for name in _pair(value))

    def has_it(slot: Slot) -> bool:
        return is_work(slot) and old in (slot.exercise, *slot.ladder)

    def swapped(slot: Slot) -> Slot:
        ours = [new if name == old else name for name in (slot.exercise, *slot.ladder)]
        return changed(slot, exercise=ours[0], ladder=tuple(ours[1:]))

    slots = [slot for slot in _slots(plan) if is_work(slot)]
    at_work = sorted({one for slot in slots for one in (slot.exercise, *slot.ladder)})
    nowhere = f"swap: {old!r} is not among the work ({', '.join(at_work)})"
    hint = did_you_mean(old, at_work)
    return _with_those(plan, has_it, swapped, nowhere, hint)


def _pair(value: object) -> tuple[str, str]:
    if isinstance(value, Mapping) and value.keys() == {"old", "new"}:
        return str(value["old"]), str(value["new"])
    old, arrow, new = str(value).partition(">")
    if not arrow:
        raise InputError(
            "swap names an exercise and the one that comes instead, like "
            f"'deadlift>sumo_deadlift'; got {value!r}."
        )
    return old.strip(), new.strip()


@_knob(
    "tempo of all working slots that count repetitions; those whose rule is tempo stay",
    _or_as_is("seconds like 3-1-1-0 (eccentric-pause-concentric-pause)"),
)
def _tempo(plan: Plan, value: object) -> Plan:
    parse_tempo(str(value))

    def fits(slot: Slot) -> bool:
        is_free = not slot.scheme.is_hold and slot.progress.rule != "tempo"
        return is_free and is_work(slot)

    nowhere = "tempo: no working slot counts repetitions at a tempo of its own"
    return _with_those(plan, fits, lambda slot: changed(slot, tempo=value), nowhere)


@_knob(
    "order of the working slots of every session; a group moves as one, other slots "
    "and blocks keep their place",
    _one_of(ORDERS),
)
def _order(plan: Plan, value: str) -> Plan:
    return with_sessions(plan, lambda session: _reordered(session, value))


def _reordered(session: Session, order: str) -> Session:
    """Return a session in another order; one with a group in two places stays."""
    # A run is what moves as one: neighbours of a group, or a slot without a group,
    # whose number then serves as the key.
    numbered = groupby(enumerate(session.slot), key=lambda one: one[1].group or one[0])
    runs = [[slot for _, slot in run] for _, run in numbered]
    groups = [run[0].group for run in runs if run[0].group]
    if len(set(groups)) < len(groups):  # its two places might come to touch
        return session

    def is_heavy(run: list[Slot]) -> bool:
        return any(exercise_of(slot).is_loaded for slot in run)

    working = [run for run in runs if all(map(is_work, run))]
    if order == "reversed":
        working.reverse()
    else:  # stable: equally heavy ones keep their order
        working.sort(key=is_heavy, reverse=order == "heavy_first")
    following = iter(working)
    moved = [next(following) if all(map(is_work, run)) else run for run in runs]
    return changed(session, slot=tuple(chain.from_iterable(moved)))


@_knob("factor on the rest after the sets of working slots, at most 900 s", _FACTOR)
def _rest(plan: Plan, factor: float) -> Plan:
    def rested(slot: Slot) -> Slot:
        return changed(slot, rest_s=_within(slot.rest_s * factor, _REST_S, digits=1))

    return _with_those(plan, is_work, rested, "rest: there is no working slot")


def _with_those(
    plan: Plan,
    fits: Callable[[Slot], bool],
    change: Callable[[Slot], Slot],
    nowhere: str,
    hint: str = "",
) -> Plan:
    """Return a plan with the slots that fit changed; InputError if none does."""
    # A knob without effect would make two equal scenarios look like a result.
    if not any(map(fits, _slots(plan))):
        raise InputError(f"{nowhere} in {plan.name!r}.{hint}")
    return with_slots(plan, lambda slot: change(slot) if fits(slot) else slot)


def _slots(plan: Plan) -> Iterator[Slot]:
    of_phases = chain.from_iterable(phase.session for phase in plan.phase)
    for home in (*of_phases, *plan.session, *plan.block):
        yield from home.slot


def _has_step(slot: Slot) -> bool:
    return isinstance(slot.progress, LoadRule) and slot.progress.has_step


def _within(number: float, limits: tuple[float, float], digits: int = 2) -> float:
    return round(min(max(number, limits[0]), limits[1]), digits)


def _candidates(plan: Plan) -> Iterator[tuple[str, str, Iterable[object]]]:
    """Yield title, knob and values of the groups of `one_change_variants`."""
    deload = plan.deload
    yield "deload weeks", "deload_every", (0, 3, 4, 5, 6)
    if deload.every_weeks or deload.weeks or deload.reactive:
        yield "depth of deloads", "deload_sets", (0.25, 0.5, 0.75, 1)
    yield "load step", "load_step", (0.5, 1, 2)
    yield "progression", "progression", (AS_IS, *LOAD_RULES)
    yield "sessions a week", "sessions_a_week", (2, 3, 4)
    yield "first load", "start_load", (0.8, 0.9, 1, 1.1)
    yield "tempo", "tempo", (AS_IS, *_TEMPOS)
    yield "order", "order", (AS_IS, *ORDERS)
    # The first swap of the catalogue that fits a loaded working exercise.
    at_work = map(exercise_of, filter(is_work, _slots(plan)))
    pairs = [f"{x.id}>{step.to}" for x in at_work if x.is_loaded for step in x.swap]
    swaps = _allowed(plan, "swap", dict.fromkeys(pairs))
    yield "exercise", "swap", (AS_IS, *swaps[:1])


def _allowed(plan: Plan, name: str, values: Iterable[object]) -> list[object]:
    """Return the values of a knob that make good plans, no two of them equal."""
    found, plans = [], []
    for value in values:
        with suppress(InputError):
            new = apply_knob(plan, name, value)
            if new not in plans:
                found.append(value)
                plans.append(new)
    return found
