"""Change a plan and see: variations by dotted path, and scenarios to compare."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import isfinite

from hipext.athletes.athlete import Athlete, check_athlete, read_athlete
from hipext.athletes.population import (
    Cohort,
    Population,
    check_population,
    read_population,
)
from hipext.files.checks import did_you_mean
from hipext.files.parameters import shipped_parameter
from hipext.plans.edits import KNOBS, apply_knob, changed_values, own_copy, vary
from hipext.plans.plan import Plan

AS_IT_IS = "as it is"  # name of a scenario without a change
_PLAN, _KNOB, _ATHLETE, _PARAMETER = "plan", "knob", "athlete", "parameter"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A plan to compare with others, and what is changed for everybody who does it."""

    name: str
    """How tables name it."""
    plan: Plan
    """The plan, already changed."""
    athlete: Mapping[str, object] = field(default_factory=dict)
    """New values of every person by dotted path: ``{"missed_weeks": [3, 4]}``."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """New values of constants by id: ``{"muscle.gain": 0.02}``."""


def changed_athlete(athlete: Athlete, changes: Mapping[str, object]) -> Athlete:
    """Return a person with some values changed.

    Parameters
    ----------
    athlete : Athlete
        A checked person; it stays as it is.
    changes : Mapping[str, object]
        New values by dotted path, as `vary` takes them: ``{"recovery.sleep_h": 6}``.

    Returns
    -------
    Athlete
        Checked like a file.

    Raises
    ------
    ValueError
        If a path leads nowhere; the message says what there is.
    PlanError
        If the changed person is not a possible one.

    Examples
    --------
    >>> from hipext import read_athlete
    >>> tired = changed_athlete(read_athlete("novice"), {"recovery.sleep_h": 6})
    >>> tired.recovery.sleep_h
    6.0
    """
    if not changes:
        return athlete
    paths = ", ".join(f"{_ATHLETE}.{path}" for path in changes)
    source = f"{athlete.name!r} with {paths} changed"
    return check_athlete(changed_values(athlete, changes), source=source)


def scenario_of(
    plan: Plan, changes: Mapping[str, object], *, name: str = ""
) -> Scenario:
    """Return a plan with changes as a scenario.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    changes : Mapping[str, object]
        New values by name. A name is a knob (`edits.KNOBS`: ``"load_step"``),
        ``"athlete."`` and a path below a person, ``"parameter."`` and the id of a
        constant, or else a path of the plan, as `vary` takes it. Knobs and paths of
        the plan are applied in the order given; paths without a knob between them
        together.
    name : str, optional
        How tables name it. Default: the changes in one line.

    Returns
    -------
    Scenario

    Raises
    ------
    ValueError
        If there is nothing of a name, or a value is out of its range.
    PlanError
        If the changed plan is not a good plan. Changes of a person are checked when
        they are applied (`changed_athlete`); here only that the first key is known.

    Examples
    --------
    >>> from hipext import read_plan
    >>> guide = read_plan("guide_16wk")
    >>> one = scenario_of(guide, {"deload_every": 0, "athlete.missed_weeks": [5]})
    >>> one.name
    'deload_every = 0, athlete.missed_weeks = [5]'
    >>> one.plan.deload.every_weeks, one.athlete
    (0, {'missed_weeks': [5]})
    """
    changes = {path: own_copy(value) for path, value in changes.items()}
    of_athlete = _below(_ATHLETE, changes)
    of_model = _below(_PARAMETER, changes)
    for path in of_athlete:
        _check_person_has(path)
    return Scenario(
        name=name or listed(changes) or AS_IT_IS,
        plan=_changed_plan(plan, changes),
        athlete=of_athlete,
        parameters={key: _constant(key, value) for key, value in of_model.items()},
    )


def _changed_plan(plan: Plan, changes: Mapping[str, object]) -> Plan:
    """Return a plan changed in order, neighbouring paths together."""
    ours = [name for name in changes if _room_of(name) in (_PLAN, _KNOB)]
    for room, names in groupby(ours, key=_room_of):
        if room == _PLAN:
            plan = vary(plan, {name: changes[name] for name in names})
        for name in names if room == _KNOB else ():
            plan = apply_knob(plan, name, changes[name])
    return plan


def _room_of(name: str) -> str:
    """Return what a name belongs to; ValueError if to nothing."""
    first, dot, _ = name.partition(".")
    if dot and first in (_ATHLETE, _PARAMETER):
        return first
    if name in KNOBS:
        return _KNOB
    if first in Plan.model_fields:
        return _PLAN
    known = [*KNOBS, *Plan.model_fields, _ATHLETE, _PARAMETER]
    raise ValueError(
        f"There is no {name!r} to change. There are the knobs {', '.join(KNOBS)}; "
        f"paths of the plan that begin with {', '.join(Plan.model_fields)}; and "
        f"athlete.PATH and parameter.ID.{did_you_mean(first, known)}"
    )


def _below(room: str, changes: Mapping[str, object]) -> dict[str, object]:
    """Return the changes of a room by what their names say behind its own."""
    return {
        name.removeprefix(f"{room}."): value
        for name, value in changes.items()
        if _room_of(name) == room
    }


def _check_person_has(path: str) -> None:
    first, fields = path.partition(".")[0], list(Athlete.model_fields)
    if first not in fields:
        raise ValueError(
            f"{_ATHLETE}.{path}: a person has no {first!r}; there are "
            f"{', '.join(fields)}.{did_you_mean(first, fields)}"
        )


def _constant(name: str, value: object) -> float:
    """Return a new value of a constant; ValueError outside its range."""
    known = shipped_parameter(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not isfinite(value):
        raise ValueError(f"{_PARAMETER}.{name} must be a number; got {value!r}.")
    low, high = known.range
    if not low <= value <= high:
        raise ValueError(
            f"{_PARAMETER}.{name} must lie in its range, {low:g} to {high:g} "
            f"{known.unit}; got {value:g}. It is {known.value:g}."
        )
    return float(value)


def read_participants(
    athlete: str | None, population: str | None
) -> Athlete | Population:
    """Return the person of a file, or the population where that is named."""
    return read_athlete(athlete) if population is None else read_population(population)


def participants_as_json(people: Athlete | Population) -> dict[str, object]:
    """Return a person or a population as a record has it: the kind, and its values."""
    kind = "population" if isinstance(people, Population) else "athlete"
    return {kind: people.model_dump(mode="json", exclude_unset=True)}


def participants_from_json(values: Mapping[str, object]) -> Athlete | Population:
    """Return the person or the population of a record."""
    if "population" in values:
        return check_population(values["population"], source="people of the record")
    return check_athlete(values["athlete"], source="person of the record")


def drawn_athletes(
    people: Athlete | Population, n: int, *, seed: int, first: int = 0
) -> Sequence[Athlete]:
    """Return who trains: copies of one person, or persons drawn from `first` on."""
    if isinstance(people, Athlete):
        return [people] * n
    return Cohort(population=people, n=n, seed=seed, first=first)


def listed(changes: Mapping[str, object]) -> str:
    """Return changes in one line, like ``deload.every_weeks = 0``."""
    return ", ".join(
        f"{path} = {json.dumps(value, ensure_ascii=False, default=str)}"
        for path, value in changes.items()
    )
