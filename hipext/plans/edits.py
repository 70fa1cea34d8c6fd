"""Knobs: changes of a whole plan, each with a name and a value."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain, groupby
from numbers import Real

import numpy as np

from hipext.files.checks import check_one_of, did_you_mean
from hipext.files.schema import FileValue, Model
from hipext.files.tables import WEEKDAYS
from hipext.intensity.relations import RELATION, pct_1rm
from hipext.plans.exercises import Exercise, exercise_named, read_exercises
from hipext.plans.notation import MAX_LOAD_KG, SetScheme, parse_tempo
from hipext.plans.plan import (
    MAX_WEEKS,
    Assessment,
    Deload,
    Phase,
    Plan,
    Session,
    Slot,
    slot_kind,
)
from hipext.plans.plan_file import check_plan
from hipext.plans.rules import Double, Linear, LoadRule, NoRule, Step

FACTORS = (0.01, 10.0)
_FACTOR = "a factor from {:g} to {:g}; 1 for as it is".format(*FACTORS)
_TEMPOS = ("2-0-1-0", "3-1-1-0", "4-0-2-0")
AS_IS = "as_is"  # the word that changes nothing
LOAD_RULES = {"linear": Linear, "double": Double, "step": Step, "none": NoRule}
ORDERS = ("reversed", "heavy_first", "heavy_last")
_STEP_KG, _STEP_PCT, _REST_S = (0.01, 50.0), (0.1, 50.0), (0.0, 900.0)  # as in a file
_START_KG, _START_PCT = (0.01, float(MAX_LOAD_KG)), (1.01, 100.0)  # as in notation
# days of the week that spread so many sessions evenly
SPREAD = {
    1: ("mon",),
    2: ("mon", "thu"),
    3: ("mon", "wed", "fri"),
    4: ("mon", "tue", "thu", "fri"),
    5: ("mon", "tue", "wed", "thu", "fri"),
}
STAR = "*"  # stands for every item of a list


@dataclass(frozen=True, kw_only=True)
class Knob:
    """A change of a whole plan: its name, meaning and values, and what it does."""

    name: str
    meaning: str
    values: str
    """What is allowed, in words."""
    change: Callable[[Plan, object], Plan]
    """From a plan and a value to a plan that is still to be checked."""


def apply_knob(plan: Plan, name: str, value: object) -> Plan:
    """Return a plan with one knob turned.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    name : str
        One of `KNOBS`.
    value : object
        What ``KNOBS[name].values`` allows. A factor of 1, ``"as_is"`` and the value
        that the plan has already change nothing.

    Returns
    -------
    Plan
        Checked like a file.

    Raises
    ------
    ValueError
        If there is no such knob, the value is not allowed, or nothing in the plan
        can be changed by it.
    PlanError
        If the changed plan is not a good plan.

    Examples
    --------
    >>> from hipext import read_plan
    >>> turned(read_plan("guide_16wk"), "deload_every", 6).deload.every_weeks
    6
    """
    check_one_of(name, KNOBS, name="knob")
    new = KNOBS[name].change(plan, value)
    if new == plan:
        return plan
    values = new.model_dump(mode="json", exclude_unset=True)
    return check_plan(values, source=f"{plan.name!r} with {name} = {value}")


def _words(*words: str) -> str:
    return f"{', '.join(words)}; {AS_IS} for as it is"


def deload_every(plan: Plan, value: object) -> Plan:
    """Make every so many weeks light, and none besides."""
    every = _whole(value, "deload_every", 0, MAX_WEEKS)
    return changed(plan, deload=changed(plan.deload, every_weeks=every, weeks=()))


def deload_sets(plan: Plan, value: object) -> Plan:
    """Let light weeks keep a share of the sets."""
    share = _share(value, "deload_sets")
    return changed(plan, deload=changed(plan.deload, sets_fraction=share, sets=None))


def deload_load(plan: Plan, value: object) -> Plan:
    """Let light weeks keep a share of the load."""
    share = _share(value, "deload_load")
    return changed(plan, deload=changed(plan.deload, load_fraction=share))


def load_step(plan: Plan, value: object) -> Plan:
    """Multiply the step of the load of every rule."""
    factor = _factor(value, "load_step")

    def steeper(slot: Slot) -> Slot:
        limits = {"add_kg": _STEP_KG, "add_pct": _STEP_PCT}
        steps = {key: getattr(slot.progress, key) for key in limits}
        new = {
            key: _within(step * factor, limits[key])
            for key, step in steps.items()
            if step is not None
        }
        return changed(slot, progress=changed(slot.progress, **new))

    if factor == 1:
        return plan
    nowhere = "load_step: no rule has a step of the load"
    return _with_those(plan, _has_step, steeper, nowhere)


def start_load(plan: Plan, value: object) -> Plan:
    """Multiply the first load of every loaded slot."""
    factor = _factor(value, "start_load")

    def is_loaded(slot: Slot) -> bool:
        names = (slot.exercise, *slot.ladder)  # an unloaded rung allows RIR only
        return all(read_exercises()[name].is_loaded for name in names)

    def scaled(slot: Slot) -> Slot:
        rule = slot.progress
        if rule.rule == "wave":
            pct = tuple(_within(one * factor, _START_PCT) for one in rule.pct)
            rule = changed(rule, pct=pct)
        return changed(slot, sets=_scaled(slot.scheme, factor), progress=rule)

    if factor == 1:
        return plan
    return _with_those(plan, is_loaded, scaled, "start_load: no exercise has a load")


def rule(plan: Plan, value: object) -> Plan:
    """Give the working slots that add load another rule with the same step."""
    check_one_of(value, (AS_IS, *LOAD_RULES), name="rule")

    def fits(slot: Slot) -> bool:
        is_stepped = _has_step(slot) and slot.progress.rule != "wave" and is_work(slot)
        has_range = slot.scheme.low < slot.scheme.high
        return is_stepped and (has_range or value != "double")

    def ruled(slot: Slot) -> Slot:
        if slot.progress.rule == value:
            return slot
        kept = {} if value == "none" else _own_step(slot.progress)
        rule = LOAD_RULES[value].model_validate({"rule": value, **kept})
        return changed(slot, progress=rule)

    if value == AS_IS:
        return plan
    return _with_those(plan, fits, ruled, f"rule {value!r} fits no loaded working slot")


def sessions_a_week(plan: Plan, value: object) -> Plan:
    """Give every phase so many sessions a week."""
    n_sessions = _whole(value, "sessions_a_week", min(SPREAD), max(SPREAD))

    spread = reshape(plan, sessions_per_week=n_sessions).phase
    pairs = zip(plan.phase, spread, strict=True)
    return changed(
        plan,
        phase=tuple(
            phase if _sessions_of(plan, phase) == n_sessions else new
            for phase, new in pairs
        ),
    )


def weeks(plan: Plan, value: object) -> Plan:
    """Give the plan another length; weeks listed beyond its end fall away."""
    n_weeks = _whole(value, "weeks", 1, MAX_WEEKS)

    def cut(part: Deload | Assessment) -> Deload | Assessment:
        return changed(part, weeks=tuple(x for x in part.weeks if x <= n_weeks))

    if n_weeks == plan.n_weeks:
        return plan
    longer = reshape(plan, weeks=n_weeks)
    tests = plan.assessment and cut(plan.assessment)
    return changed(longer, deload=cut(plan.deload), assessment=tests)


def swap(plan: Plan, value: object) -> Plan:
    """Put another exercise in the place of one, wherever it is work."""
    if value == AS_IS:
        return plan
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


def tempo(plan: Plan, value: object) -> Plan:
    """Give the working slots that count repetitions a tempo."""
    if value == AS_IS:
        return plan
    parse_tempo(str(value))

    def fits(slot: Slot) -> bool:
        is_free = not slot.scheme.is_hold and slot.progress.rule != "tempo"
        return is_free and is_work(slot)

    nowhere = "tempo: no working slot counts repetitions at a tempo of its own"
    return _with_those(plan, fits, lambda slot: changed(slot, tempo=value), nowhere)


def rest(plan: Plan, value: object) -> Plan:
    """Multiply the rest after the sets of working slots."""
    factor = _factor(value, "rest")

    def rested(slot: Slot) -> Slot:
        return changed(slot, rest_s=_within(slot.rest_s * factor, _REST_S, digits=1))

    if factor == 1:
        return plan
    return _with_those(plan, is_work, rested, "rest: there is no working slot")


def order(plan: Plan, value: object) -> Plan:
    """Move the working slots of every session, a group as one."""
    check_one_of(value, (AS_IS, *ORDERS), name="order")
    if value == AS_IS:
        return plan
    return with_sessions(plan, lambda session: _ordered(session, value))


_LIST = (
    Knob(
        name="deload_every",
        meaning="every so many weeks is light; light weeks listed by number fall away",
        values=f"whole weeks, 0 (none) to {MAX_WEEKS}",
        change=deload_every,
    ),
    Knob(
        name="deload_sets",
        meaning="share of the working sets that light weeks keep; sets given for them "
        "fall away",
        values="0 to 1",
        change=deload_sets,
    ),
    Knob(
        name="deload_load",
        meaning="share of the load last lifted that light weeks keep",
        values="0 to 1",
        change=deload_load,
    ),
    Knob(
        name="load_step",
        meaning="factor on the step of the load of every rule, within what files allow",
        values=_FACTOR,
        change=load_step,
    ),
    Knob(
        name="start_load",
        meaning="factor on the first load, at most 100 % of the 1RM, and on all of a "
        "wave; a load written by its reserve becomes a percentage, and asks for no "
        "reserve from then on; slots whose ladder has a rung without load stay",
        values=_FACTOR,
        change=start_load,
    ),
    Knob(
        name="rule",
        meaning="rule of the working slots that add load, each with its own step; "
        "waves, and slots without a range for double, stay",
        values=_words(*LOAD_RULES),
        change=rule,
    ),
    Knob(
        name="sessions_a_week",
        meaning="sessions a week of every phase, spread over the week in their order; "
        "a phase that has so many stays, and so do sessions of the whole plan",
        values=f"{min(SPREAD)} to {max(SPREAD)}",
        change=sessions_a_week,
    ),
    Knob(
        name="weeks",
        meaning="length of the plan, phases in proportion; light weeks and tests "
        "listed by number beyond the end fall away",
        values=f"whole weeks, 1 to {MAX_WEEKS}",
        change=weeks,
    ),
    Knob(
        name="swap",
        meaning="one exercise instead of another wherever that is work, in ladders "
        "too; everything else of the slot stays, a load in kg as well",
        values='"old>new" or { old = "...", new = "..." }; as_is for as it is',
        change=swap,
    ),
    Knob(
        name="tempo",
        meaning="tempo of all working slots that count repetitions; those whose rule "
        "is tempo stay",
        values=_words("seconds like 3-1-1-0 (eccentric-pause-concentric-pause)"),
        change=tempo,
    ),
    Knob(
        name="order",
        meaning="order of the working slots of every session; a group moves as one, "
        "other slots and blocks keep their place",
        values=_words(*ORDERS),
        change=order,
    ),
    Knob(
        name="rest",
        meaning="factor on the rest after the sets of working slots, at most 900 s",
        values=_FACTOR,
        change=rest,
    ),
)
KNOBS: dict[str, Knob] = {knob.name: knob for knob in _LIST}


def one_change_variants(plan: Plan) -> dict[str, list[dict[str, object]]]:
    """Return changes to try one at a time, by what they are about.

    Parameters
    ----------
    plan : Plan
        A checked plan.

    Returns
    -------
    dict of str to list of dict
        Title of a group to its changes, each as `whatif.scenario_of` takes them. Only
        those that make a good plan; of changes that make equal plans, the first. A
        group needs two.

    Examples
    --------
    >>> from hipext import read_plan
    >>> variants = one_change_variants(read_plan("guide_16wk"))
    >>> variants["light weeks"][:2]
    [{'deload_every': 0}, {'deload_every': 3}]
    """
    groups = {
        title: [{name: value} for value in _legal(plan, name, values)]
        for title, name, values in _tried(plan)
    }
    away = [
        weeks for weeks in ([], [5], [5, 6]) if max(weeks, default=1) <= plan.n_weeks
    ]
    groups["missed weeks"] = [{"athlete.missed_weeks": weeks} for weeks in away]
    return {title: found for title, found in groups.items() if len(found) > 1}


def _tried(plan: Plan) -> Iterator[tuple[str, str, Iterable[object]]]:
    """Yield title, knob and values of the groups."""
    deload = plan.deload
    yield "light weeks", "deload_every", (0, 3, 4, 5, 6)
    if deload.every_weeks or deload.weeks or deload.reactive:
        yield "depth of light weeks", "deload_sets", (0.25, 0.5, 0.75, 1)
    yield "load step", "load_step", (0.5, 1, 2)
    yield "rule", "rule", (AS_IS, *LOAD_RULES)
    yield "sessions a week", "sessions_a_week", (2, 3, 4)
    yield "first load", "start_load", (0.8, 0.9, 1, 1.1)
    yield "tempo", "tempo", (AS_IS, *_TEMPOS)
    yield "order", "order", (AS_IS, *ORDERS)
    yield "exercise", "swap", (AS_IS, *_swaps(plan))


def _legal(plan: Plan, name: str, values: Iterable[object]) -> list[object]:
    """Return the values of a knob that make good plans, no two of them equal."""
    found, plans = [], []
    for value in values:
        with suppress(ValueError):
            new = apply_knob(plan, name, value)
            if new not in plans:
                found.append(value)
                plans.append(new)
    return found


def _swaps(plan: Plan) -> list[str]:
    """Return the first swap of the catalogue that fits a loaded working exercise."""
    sessions = [session for phase in plan.phase for session in phase.session]
    slots = [slot for session in sessions for slot in session.slot if is_work(slot)]
    loaded = [x for x in map(exercise_of, slots) if x.is_loaded]
    pairs = [f"{one.id}>{step.to}" for one in loaded for step in one.swap]
    return _legal(plan, "swap", dict.fromkeys(pairs))[:1]


def _number(
    value: object,
    name: str,
    wanted: str,
    limits: tuple[float, float],
    *,
    is_whole: bool = False,
) -> Real:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    is_good = is_number and limits[0] <= value <= limits[1]
    if not is_good or (is_whole and value % 1):
        raise ValueError(f"{name} must be {wanted}; got {value!r}.")
    return value


def _whole(value: object, name: str, least: int, most: int) -> int:
    wanted = f"a whole number from {least} to {most}"
    return int(_number(value, name, wanted, (least, most), is_whole=True))


def _share(value: object, name: str) -> float:
    return float(_number(value, name, "a share from 0 to 1, like 0.5", (0, 1)))


def _factor(value: object, name: str) -> float:
    wanted = "a factor from {:g} to {:g}, like 0.9 for 90 %".format(*FACTORS)
    return float(_number(value, name, wanted, FACTORS))


def _within(number: float, limits: tuple[float, float], digits: int = 2) -> float:
    return round(min(max(number, limits[0]), limits[1]), digits)


def _slots(plan: Plan) -> Iterator[Slot]:
    of_phases = (session for phase in plan.phase for session in phase.session)
    for home in (*plan.session, *of_phases, *plan.block):
        yield from home.slot


def _with_those(
    plan: Plan,
    fits: Callable[[Slot], bool],
    change: Callable[[Slot], Slot],
    nowhere: str,
    hint: str = "",
) -> Plan:
    """Return a plan with the slots that fit changed; ValueError if none does."""
    if not any(map(fits, _slots(plan))):
        raise ValueError(f"{nowhere} in {plan.name!r}.{hint}")
    return with_slots(plan, lambda slot: change(slot) if fits(slot) else slot)


def _has_step(slot: Slot) -> bool:
    return isinstance(slot.progress, LoadRule) and slot.progress.has_step


def _scaled(scheme: SetScheme, factor: float) -> str:
    """Return the notation of a loaded scheme with a factor on its first load."""
    if scheme.load_kg is not None:
        return str(replace(scheme, load_kg=_within(scheme.load_kg * factor, _START_KG)))
    pct = scheme.pct_1rm
    if pct is None:
        pct = pct_1rm(scheme.low, scheme.rir, relation=RELATION)
    return str(replace(scheme, pct_1rm=_within(pct * factor, _START_PCT), rir=None))


def _own_step(rule: LoadRule) -> dict[str, object]:
    """Return the step of a rule and what happens when sets are failed."""
    kept = {key: getattr(rule, key) for key in LoadRule.model_fields}
    return {key: one for key, one in kept.items() if one is not None}


def _pair(value: object) -> tuple[str, str]:
    if isinstance(value, Mapping) and value.keys() == {"old", "new"}:
        return str(value["old"]), str(value["new"])
    old, arrow, new = str(value).partition(">")
    if not arrow:
        raise ValueError(
            "swap names an exercise and the one that comes instead, like "
            f"'deadlift>sumo_deadlift'; got {value!r}."
        )
    return old.strip(), new.strip()


def _ordered(session: Session, way: str) -> Session:
    """Return a session in another order; one with a group in two places stays."""
    numbered = groupby(enumerate(session.slot), key=lambda one: one[1].group or one[0])
    runs = [[slot for _, slot in run] for _, run in numbered]
    groups = [run[0].group for run in runs if run[0].group]
    if len(set(groups)) < len(groups):  # its places might come to touch
        return session
    working = iter(_sorted([run for run in runs if all(map(is_work, run))], way))
    moved = [next(working) if all(map(is_work, run)) else run for run in runs]
    return changed(session, slot=tuple(chain.from_iterable(moved)))


def _sorted(runs: list[list[Slot]], way: str) -> list[list[Slot]]:
    def is_heavy(run: list[Slot]) -> bool:
        return any(exercise_of(slot).is_loaded for slot in run)

    if way == "reversed":
        return runs[::-1]
    return sorted(runs, key=is_heavy, reverse=way == "heavy_first")  # else as it was


def reshape(
    plan: Plan,
    *,
    weeks: int | None = None,
    sessions_per_week: int | None = None,
    pct_step_per_week: float | None = None,
    deload_every_weeks: int | None = None,
    deload_sets_fraction: float | None = None,
    deload_load_fraction: float | None = None,
) -> Plan:
    """Return a plan with another length, rhythm or steepness.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    weeks : int, optional
        New length. Phases shrink and stretch in proportion, none below one week; a
        plan with fewer weeks than phases keeps the first phases.
    sessions_per_week : int, optional
        1 to 5 training sessions, spread over the week, in the order of the plan.
    pct_step_per_week : float, optional
        Every rule that adds load becomes this step (%) per week; 0 for none.
    deload_every_weeks : int, optional
        Every so many weeks is light; 0 for none.
    deload_sets_fraction : float, optional
        Share (0-1) of the working sets that a light week keeps.
    deload_load_fraction : float, optional
        Share (0-1) of the load last lifted that a light week keeps.

    Returns
    -------
    Plan
        What is not given stays as the plan has it.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    if weeks is not None and weeks != plan.n_weeks:
        plan = plan.model_copy(update={"phase": _stretched(plan.phase, weeks)})
    if sessions_per_week is not None:
        plan = _spread(plan, sessions_per_week)
    if pct_step_per_week is not None:
        plan = _steeper(plan, pct_step_per_week)
    changes = {
        "every_weeks": deload_every_weeks,
        "sets_fraction": deload_sets_fraction,
        "load_fraction": deload_load_fraction,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    if changes:
        values = plan.deload.model_dump(exclude_unset=True) | changes
        deload = type(plan.deload).model_validate(values | {"weeks": ()})
        plan = plan.model_copy(update={"deload": deload})
    return plan


def _sessions_of(plan: Plan, phase: Phase) -> int:
    """Return how many sessions of its own a phase has in a week."""
    return sum(len(session.days or plan.days) for session in phase.session)


def _stretched(phases: Sequence[Phase], weeks: int) -> tuple[Phase, ...]:
    """Return phases whose lengths sum to `weeks`, by largest remainder."""
    if weeks < 1:
        raise ValueError(f"weeks must be at least 1; got {weeks}.")
    phases = phases[:weeks]
    total = sum(phase.weeks for phase in phases)
    spare = weeks - len(phases)  # each phase has one week for sure
    exact = [spare * phase.weeks / total for phase in phases]
    lengths = [1 + int(share) for share in exact]
    by_remainder = sorted(
        range(len(phases)), key=lambda place: (int(exact[place]) - exact[place], place)
    )
    for place in by_remainder[: weeks - sum(lengths)]:
        lengths[place] += 1
    return tuple(
        phase.model_copy(update={"weeks": length})
        for phase, length in zip(phases, lengths, strict=True)
    )


def _spread(plan: Plan, n_sessions: int) -> Plan:
    if n_sessions not in SPREAD:
        raise ValueError(
            f"sessions_per_week must be {min(SPREAD)} to {max(SPREAD)}; "
            f"got {n_sessions}."
        )
    phases = tuple(
        phase.model_copy(
            update={"session": tuple(_redated(phase, plan, SPREAD[n_sessions]))}
        )
        for phase in plan.phase
    )
    return plan.model_copy(update={"phase": phases})


def _redated(phase: Phase, plan: Plan, days: Sequence[str]) -> Iterator[Session]:
    """Yield the sessions of a phase with the new days dealt out in their old order."""
    turns = [
        session.name
        for weekday in WEEKDAYS
        for session in phase.session
        if weekday in (session.days or plan.days)
    ]
    dealt = {
        name: tuple(
            day for turn, day in enumerate(days) if turns[turn % len(turns)] == name
        )
        for name in turns
    }
    for session in phase.session:
        if dealt.get(session.name):
            yield session.model_copy(update={"days": dealt[session.name]})


def _steeper(plan: Plan, pct_step: float) -> Plan:
    if not 0 <= pct_step <= 50:
        raise ValueError(f"pct_step_per_week must be 0 to 50 %; got {pct_step}.")
    exercises = read_exercises()

    def changed(slot: Slot) -> Slot:
        if not isinstance(slot.progress, LoadRule) or not slot.progress.has_step:
            return slot
        if not exercises[slot.exercise].is_loaded:
            return slot
        rule = NoRule(rule="none")
        if pct_step > 0:
            rule = Step(rule="step", add_pct=pct_step, on_fail=slot.progress.on_fail)
        return slot.model_copy(update={"progress": rule})

    def remade(session: Session) -> Session:
        return session.model_copy(update={"slot": tuple(map(changed, session.slot))})

    phases = tuple(
        phase.model_copy(update={"session": tuple(map(remade, phase.session))})
        for phase in plan.phase
    )
    return plan.model_copy(update={"phase": phases})


def plain(value: object) -> object:
    """Return a value of its own, and a plain number for one of NumPy."""
    return value.item() if isinstance(value, np.generic) else deepcopy(value)


def put(values: dict, path: str, value: object, *, whole: dict) -> None:
    """Set what a path leads to.

    Parameters
    ----------
    values : dict
        What a file says; it is changed.
    path : str
        Keys with dots between; an item of a list by name, exercise or number from 1.
        With ``*`` for every item of a list, all places are set that the path leads to.
    value : object
        The new value.
    whole : dict
        The same values with all defaults; a path with ``*`` sets a key of a table
        inside an item only where it has a value here or there.

    Raises
    ------
    ValueError
        If the path leads nowhere; the message says what there is.
    """
    keys = path.split(".")
    if STAR not in keys:
        _put_once(values, keys, value, path)
        return
    tried: dict[int, list[str]] = {}
    places = list(_places(values, whole, keys, tried))
    if not places:
        raise ValueError(_nowhere(path, keys, tried))
    for here, key in places:
        here[key] = deepcopy(value)


def _put_once(values: dict, keys: list[str], value: object, path: str) -> None:
    *way, last = keys
    here: object = values
    for key in way:
        if isinstance(here, dict):
            here = here.setdefault(key, {})
        else:
            here = here[_index(here, key, path)]
    if isinstance(here, list):
        here[_index(here, last, path)] = value
    elif isinstance(here, dict):
        here[last] = value
    else:
        raise ValueError(f"{path}: there is nothing below {way[-1]!r}; it is {here!r}.")


def _index(items: object, key: str, path: str) -> int:
    """Return the place of the item that a key names: by name, exercise or number."""
    if not isinstance(items, list):
        raise ValueError(f"{path}: there is nothing to look {key!r} up in.")
    found, labels = _named(items, key), _labels(items)
    if len(found) > 1:
        places = " or ".join(str(place + 1) for place in found)
        raise ValueError(
            f"{path}: {key!r} is there {len(found)} times; name it by its number, "
            f"{places}."
        )
    if not found:
        raise ValueError(
            f"{path}: there is no {key!r}; there are {', '.join(labels)} "
            f"(or 1 to {len(labels)}).{did_you_mean(key, labels)}"
        )
    return found[0]


def _named(items: list, key: str) -> list[int]:
    """Return the places of the items that a key names, or that of its number."""
    found = [place for place, label in enumerate(_labels(items)) if label == key]
    is_number = key.isdecimal() and 1 <= int(key) <= len(items)
    return found or ([int(key) - 1] if is_number else [])


def _labels(items: list) -> list[str]:
    return [
        str(item.get("name") or item.get("exercise"))
        if isinstance(item, dict)
        else str(item)
        for item in items
    ]


def _places(
    here: object,
    whole: object,
    keys: list[str],
    tried: dict[int, list[str]],
    *,
    depth: int = 0,
    is_inside: bool = False,
) -> Iterator[tuple[dict | list, str | int]]:
    """Yield where a path with wildcards ends; note in `tried` what there is.

    Inside: in a table of an item that a wildcard stands for, like its rule.
    """
    if isinstance(here, list):
        found, there = _items(here, keys, depth), _labels(here)
    else:
        found, there = _keys(here, whole, keys, depth, is_inside)
    tried.setdefault(depth, []).extend(there)
    for one in found:
        if depth == len(keys) - 1:
            yield here, one
        else:
            is_table = isinstance(here, dict)
            inner, below = _inner(whole, one), depth + 1
            yield from _places(
                here[one], inner, keys, tried, depth=below, is_inside=is_table
            )


def _items(here: list, keys: list[str], depth: int) -> list[int]:
    """Return the places of a list that a key stands for: one, before a wildcard."""
    if keys[depth] == STAR:
        return list(range(len(here)))
    if STAR in keys[:depth]:
        return _named(here, keys[depth])
    return [_index(here, keys[depth], ".".join(keys))]


def _keys(
    here: object, whole: object, keys: list[str], depth: int, is_inside: bool
) -> tuple[list[str], list[str]]:
    """Return the key of a table, if it can be followed or set, and what keys it has."""
    if not isinstance(here, dict):
        return [], []
    if depth < len(keys) - 1:
        return [key for key in here if key == keys[depth]], list(here)
    there = _with_value(here) | _with_value(whole)
    is_found = keys[depth] in there or not is_inside  # the file's check tells the rest
    return [keys[depth]] * is_found, sorted(there)


def _with_value(table: object) -> set[str]:
    is_table = isinstance(table, dict)
    return {key for key in table if table[key] is not None} if is_table else set()


def _inner(whole: object, key: str | int) -> object:
    """Return what is at a key of `whole`, or nothing where it has no such place."""
    if isinstance(whole, dict):
        return whole.get(key)
    is_there = isinstance(whole, list) and isinstance(key, int) and key < len(whole)
    return whole[key] if is_there else None


def _nowhere(path: str, keys: list[str], tried: dict[int, list[str]]) -> str:
    """Return why a path with wildcards leads nowhere: at its deepest known key."""
    depth = max(tried)
    key, there = keys[depth], list(dict.fromkeys(tried[depth]))
    if key == STAR:
        return f"{path}: '*' stands for the items of a list, and there are none here."
    if not there:
        return f"{path}: there is nothing to look {key!r} up in."
    return (
        f"{path}: no place that it leads to has {key!r}; there are "
        f"{', '.join(there)}.{did_you_mean(key, there)}"
    )


def changed(value: Model, **new: object) -> Model:
    """Return a checked value with some fields changed; itself if none is."""
    update = {key: one for key, one in new.items() if getattr(value, key) != one}
    return value.model_copy(update=update) if update else value


def with_sessions(plan: Plan, change: Callable[[Session], Session]) -> Plan:
    """Return a plan with every session changed."""
    phases = (
        changed(phase, session=tuple(map(change, phase.session)))
        for phase in plan.phase
    )
    of_plan = tuple(map(change, plan.session))
    return changed(plan, session=of_plan, phase=tuple(phases))


def with_slots(plan: Plan, change: Callable[[Slot], Slot]) -> Plan:
    """Return a plan with every slot changed, of blocks too."""

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
    ValueError
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
    return check_plan(_changed(plan, changes), source=source)


def _changed(value: FileValue, changes: Mapping[str, object]) -> dict:
    """Return what a file would hold, with some values changed."""
    values = value.model_dump(mode="json", exclude_unset=True)
    whole = value.model_dump(mode="json")
    for path, new in changes.items():
        put(values, path, plain(new), whole=whole)
    return values
