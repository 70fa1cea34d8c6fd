"""Knobs: changes of a whole plan, each with a name and a value."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from hipext import _turns
from hipext._checks import check_one_of
from hipext._fit import exercise_of, is_work
from hipext._turns import AS_IS, FACTORS, LOAD_RULES, ORDERS
from hipext.plan import MAX_WEEKS, Plan
from hipext.plan_file import check_plan
from hipext.reshape import SPREAD

_FACTOR = "a factor from {:g} to {:g}; 1 for as it is".format(*FACTORS)


@dataclass(frozen=True, kw_only=True)
class Knob:
    """A change of a whole plan: its name, meaning and values, and what it does."""

    name: str
    meaning: str
    values: str
    """What is allowed, in words."""
    change: Callable[[Plan, object], Plan]
    """From a plan and a value to a plan that is still to be checked."""


def turned(plan: Plan, name: str, value: object) -> Plan:
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


_LIST = (
    Knob(
        name="deload_every",
        meaning="every so many weeks is light; light weeks listed by number fall away",
        values=f"whole weeks, 0 (none) to {MAX_WEEKS}",
        change=_turns.deload_every,
    ),
    Knob(
        name="deload_sets",
        meaning="share of the working sets that light weeks keep; sets given for them "
        "fall away",
        values="0 to 1",
        change=_turns.deload_sets,
    ),
    Knob(
        name="deload_load",
        meaning="share of the load last lifted that light weeks keep",
        values="0 to 1",
        change=_turns.deload_load,
    ),
    Knob(
        name="load_step",
        meaning="factor on the step of the load of every rule, within what files allow",
        values=_FACTOR,
        change=_turns.load_step,
    ),
    Knob(
        name="start_load",
        meaning="factor on the first load, at most 100 % of the 1RM, and on all of a "
        "wave; a load written by its reserve becomes a percentage, and asks for no "
        "reserve from then on; slots whose ladder has a rung without load stay",
        values=_FACTOR,
        change=_turns.start_load,
    ),
    Knob(
        name="rule",
        meaning="rule of the working slots that add load, each with its own step; "
        "waves, and slots without a range for double, stay",
        values=_words(*LOAD_RULES),
        change=_turns.rule,
    ),
    Knob(
        name="sessions_a_week",
        meaning="sessions a week of every phase, spread over the week in their order; "
        "a phase that has so many stays, and so do sessions of the whole plan",
        values=f"{min(SPREAD)} to {max(SPREAD)}",
        change=_turns.sessions_a_week,
    ),
    Knob(
        name="weeks",
        meaning="length of the plan, phases in proportion; light weeks and tests "
        "listed by number beyond the end fall away",
        values=f"whole weeks, 1 to {MAX_WEEKS}",
        change=_turns.weeks,
    ),
    Knob(
        name="swap",
        meaning="one exercise instead of another wherever that is work, in ladders "
        "too; everything else of the slot stays, a load in kg as well",
        values='"old>new" or { old = "...", new = "..." }; as_is for as it is',
        change=_turns.swap,
    ),
    Knob(
        name="tempo",
        meaning="tempo of all working slots that count repetitions; those whose rule "
        "is tempo stay",
        values=_words("seconds like 3-1-1-0 (eccentric-pause-concentric-pause)"),
        change=_turns.tempo,
    ),
    Knob(
        name="order",
        meaning="order of the working slots of every session; a group moves as one, "
        "other slots and blocks keep their place",
        values=_words(*ORDERS),
        change=_turns.order,
    ),
    Knob(
        name="rest",
        meaning="factor on the rest after the sets of working slots, at most 900 s",
        values=_FACTOR,
        change=_turns.rest,
    ),
)
KNOBS: dict[str, Knob] = {knob.name: knob for knob in _LIST}

_TEMPOS = ("2-0-1-0", "3-1-1-0", "4-0-2-0")


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
            new = turned(plan, name, value)
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
