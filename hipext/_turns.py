"""What knobs do to a plan: one change of all of it, with its value checked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, groupby
from numbers import Real

from hipext._checks import check_one_of, did_you_mean
from hipext._fit import changed, exercise_of, is_work, with_sessions, with_slots
from hipext._slot_rows import RELATION
from hipext.exercises import exercise_named, read_exercises
from hipext.intensity import pct_1rm
from hipext.notation import MAX_LOAD_KG, SetScheme, parse_tempo
from hipext.plan import MAX_WEEKS, Assessment, Deload, Plan, Session
from hipext.reshape import SPREAD, reshape
from hipext.reshape import sessions_a_week as sessions_in
from hipext.rules import Double, Linear, LoadRule, NoRule, Step
from hipext.slot import Slot

AS_IS = "as_is"  # the word that changes nothing
LOAD_RULES = {"linear": Linear, "double": Double, "step": Step, "none": NoRule}
ORDERS = ("reversed", "heavy_first", "heavy_last")
FACTORS = (0.01, 10.0)
_STEP_KG, _STEP_PCT, _REST_S = (0.01, 50.0), (0.1, 50.0), (0.0, 900.0)  # as in a file
_START_KG, _START_PCT = (0.01, float(MAX_LOAD_KG)), (1.01, 100.0)  # as in notation


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


def _has_step(slot: Slot) -> bool:
    return isinstance(slot.progress, LoadRule) and slot.progress.has_step


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


def _scaled(scheme: SetScheme, factor: float) -> str:
    """Return the notation of a loaded scheme with a factor on its first load."""
    if scheme.load_kg is not None:
        return str(replace(scheme, load_kg=_within(scheme.load_kg * factor, _START_KG)))
    pct = scheme.pct_1rm
    if pct is None:
        pct = pct_1rm(scheme.low, scheme.rir, relation=RELATION)
    return str(replace(scheme, pct_1rm=_within(pct * factor, _START_PCT), rir=None))


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


def _own_step(rule: LoadRule) -> dict[str, object]:
    """Return the step of a rule and what happens when sets are failed."""
    kept = {key: getattr(rule, key) for key in LoadRule.model_fields}
    return {key: one for key, one in kept.items() if one is not None}


def sessions_a_week(plan: Plan, value: object) -> Plan:
    """Give every phase so many sessions a week."""
    n_sessions = _whole(value, "sessions_a_week", min(SPREAD), max(SPREAD))

    spread = reshape(plan, sessions_per_week=n_sessions).phase
    pairs = zip(plan.phase, spread, strict=True)
    return changed(
        plan,
        phase=tuple(
            phase if sessions_in(plan, phase) == n_sessions else new
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
