"""The controls of a plan that explorers share, and the plan with those that moved."""

from collections.abc import Mapping
from functools import lru_cache
from statistics import mode

from hipext._controls import Choice, Control, Number, choice_of
from hipext._same import Same
from hipext.athlete import Athlete, read_athlete
from hipext.data import shipped_names
from hipext.knobs import turned
from hipext.plan import Plan
from hipext.plan_file import read_plan
from hipext.reshape import SPREAD, reshape, sessions_a_week

MAX_WEEKS_SHOWN = 26
GIVEN = "given"  # in a list: what the explorer was given, beside what is shipped


def plan_of(plan: str | Plan) -> Plan:
    """Return a plan; a text names a shipped one or is a path."""
    return plan if isinstance(plan, Plan) else read_plan(plan)


def weeks_control(plan: Plan) -> Number:
    """Return the control of the length of a plan."""
    high = max(MAX_WEEKS_SHOWN, plan.n_weeks)
    return _number("weeks", "Weeks", 4, high, 1, plan.n_weeks)


def sessions_control(plan: Plan) -> Number:
    """Return the control of the sessions a week; it starts at those of most phases."""
    low, high = min(SPREAD), max(SPREAD)
    start = min(max(usual_sessions(plan), low), high)
    return _number("sessions_per_week", "Sessions a week", low, high, 1, start)


def usual_sessions(plan: Plan) -> int:
    """Return the sessions a week of most phases."""
    return mode(sessions_a_week(plan, phase) for phase in plan.phase)


def load_step_control() -> Number:
    """Return the control of the steepness of all rules that add load."""
    return _number("load_step_pct", "Load steps (% of the plan's)", 10, 300, 10, 100)


def deload_controls(plan: Plan) -> tuple[Number, Number, Number]:
    """Return the controls of the light weeks."""
    deload = plan.deload
    sets, load = (round(100 * x) for x in (deload.sets_fraction, deload.load_fraction))
    return (
        _number(
            "deload_every_weeks",
            "Deload every (weeks; 0: no)",
            0,
            max(8, deload.every_weeks),
            1,
            deload.every_weeks,
        ),
        _number("deload_sets_pct", "Deload keeps (% of sets)", 0, 100, 5, sets),
        _number("deload_load_pct", "Deload keeps (% of load)", 0, 100, 5, load),
    )


def person_control(athlete: str | Athlete) -> Choice:
    """Return the control of who trains: the shipped persons, and one that is given."""
    options = {name: read_athlete(name).name for name in shipped_names("athletes")}
    if isinstance(athlete, Athlete):
        options = {GIVEN: athlete.name} | options
    start = GIVEN if isinstance(athlete, Athlete) else athlete
    return choice_of("person", "Person", options, start)


def person_of(settings: Mapping[str, object], athlete: str | Athlete) -> Athlete:
    """Return who trains by the settings; `athlete` is what the explorer was given."""
    name = settings["person"]
    return athlete if name == GIVEN else _shipped_person(name)


@lru_cache(maxsize=32)
def _shipped_person(name: str) -> Athlete:
    return read_athlete(name)


def replanned(
    plan: Plan, controls: Mapping[str, Control], settings: Mapping[str, object]
) -> Plan:
    """Return a plan with the controls that are not where they started.

    The same values give the same object, so that what follows from it is found again.
    """
    moved = tuple(
        (name, settings[name])
        for name in _TURNS
        if name in controls and settings[name] != controls[name].start
    )
    return _turned(Same(plan), moved)


@lru_cache(maxsize=512)
def _turned(same: Same, moved: tuple[tuple[str, float], ...]) -> Plan:
    plan = same.value
    values = dict(moved)
    if "load_step_pct" in values:
        plan = turned(plan, "load_step", values.pop("load_step_pct") / 100)
    options = {_TURNS[name]: value for name, value in values.items()}
    for name in ("deload_sets_fraction", "deload_load_fraction"):
        if name in options:
            options[name] /= 100
    return reshape(plan, **options)


_TURNS = {  # control: argument of `reshape`
    "weeks": "weeks",
    "sessions_per_week": "sessions_per_week",
    "load_step_pct": "",
    "deload_every_weeks": "deload_every_weeks",
    "deload_sets_pct": "deload_sets_fraction",
    "deload_load_pct": "deload_load_fraction",
}


def _number(
    name: str, label: str, low: float, high: float, step: float, start: float
) -> Number:
    return Number(name=name, label=label, low=low, high=high, step=step, start=start)
