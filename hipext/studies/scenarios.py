"""Scenarios: a plan with named changes, and the athletes who train in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from math import isfinite

from pydantic import Field, model_validator

from hipext.athletes.athlete import Athlete, check_athlete, read_athlete
from hipext.athletes.population import (
    MAX_ATHLETES,
    Cohort,
    Population,
    check_population,
    read_population,
)
from hipext.files.checks import InputError, changes_text, did_you_mean
from hipext.files.parameters import shipped_parameter
from hipext.files.schema import RecordPart
from hipext.plans.edits import KNOBS, apply_knob, changed_values, own_copy, vary
from hipext.plans.plan import Plan

AS_IT_IS = "as it is"  # name of a scenario without a change
_PLAN, _KNOB, _ATHLETE, _PARAMETER = "plan", "knob", "athlete", "parameter"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A plan to compare with others, and what is changed for every athlete on it."""

    name: str  # in tables
    plan: Plan  # already changed
    # New values of every athlete by dotted path: {"missed_weeks": [3, 4]}.
    athlete: Mapping[str, object] = field(default_factory=dict)
    # New values of constants by id: {"muscle.gain": 0.02}.
    parameters: Mapping[str, float] = field(default_factory=dict)


def changed_athlete(athlete: Athlete, changes: Mapping[str, object]) -> Athlete:
    """Return an athlete with some values changed.

    Parameters
    ----------
    athlete : a checked athlete; it stays as it is
    changes : new values by dotted path, as `vary` takes them

    Raises
    ------
    InputError
        If a path leads nowhere, or (PlanError) the changed athlete is not possible.

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


def athletes_in(scenario: Scenario, athletes: Sequence[Athlete]) -> Sequence[Athlete]:
    """Return athletes as a scenario changes them; a cohort by its average athlete."""
    if not scenario.athlete:
        return athletes
    if isinstance(athletes, Cohort):
        average = changed_athlete(athletes.population.athlete, scenario.athlete)
        changed = athletes.population.model_copy(update={"athlete": average})
        return replace(athletes, population=changed)
    # Copies of one athlete are changed once and stay copies: the engine fills its
    # arrays once for each different object.
    different = {id(one): one for one in athletes}
    changed = {
        key: changed_athlete(one, scenario.athlete) for key, one in different.items()
    }
    return [changed[id(one)] for one in athletes]


def scenario_of(
    plan: Plan, changes: Mapping[str, object], *, name: str = ""
) -> Scenario:
    """Return a plan with changes as a scenario.

    Parameters
    ----------
    plan : a checked plan; it stays as it is
    changes : Mapping[str, object]
        New values by name. A name is a knob (`edits.KNOBS`: ``"load_step"``),
        ``"athlete."`` and a path below an athlete, ``"parameter."`` and the id of a
        constant, or else a path of the plan, as `vary` takes it. Knobs and paths of
        the plan are applied in the order given; paths without a knob between them
        together.
    name : how tables name it; by default the changes in one line

    Raises
    ------
    InputError
        If there is nothing of a name, a value is out of its range, or (PlanError) the
        changed plan is not a good plan. Changes of an athlete are checked when they
        are applied (`changed_athlete`); here only that the first key is known.

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
    targets = {path: _target_of(path) for path in changes}
    of_plan = [path for path in changes if targets[path] in (_PLAN, _KNOB)]
    # Paths side by side are checked as one change, because one of them alone may make
    # no plan; a knob reads the plan as it has become by then.
    for target, paths in groupby(of_plan, key=targets.get):
        if target == _PLAN:
            plan = vary(plan, {path: changes[path] for path in paths})
        else:
            for path in paths:
                plan = apply_knob(plan, path, changes[path])

    def below(target: str) -> dict[str, object]:
        found = (path for path in changes if targets[path] == target)
        return {path.removeprefix(f"{target}."): changes[path] for path in found}

    constants = below(_PARAMETER).items()
    return Scenario(
        name=name or changes_text(changes) or AS_IT_IS,
        plan=plan,
        athlete=below(_ATHLETE),
        parameters={key: _constant(key, value) for key, value in constants},
    )


def read_participants(
    athlete: str | None, population: str | None, n: int, *, seed: int
) -> Sequence[Athlete]:
    """Return `n` copies of the athlete of a file, or `n` athletes of a population."""
    if population is None:
        return Copies(read_athlete(athlete), n)
    return Cohort(population=read_population(population), n=n, seed=seed)


def participants_as_json(athletes: Sequence[Athlete]) -> dict[str, object]:
    """Return who trains as a record holds it."""
    # Either "population" with the n, seed and first number of the athletes drawn from
    # it, or the different "athletes", with n for copies of a single one and with the
    # "order" in which several of them come, by number from 1.
    if isinstance(athletes, Cohort):
        drawn = {"n": athletes.n, "seed": athletes.seed, "first": athletes.first}
        return {"population": _as_json(athletes.population), **drawn}
    if isinstance(athletes, Copies):
        return {"athletes": [_as_json(athletes.athlete)], "n": len(athletes)}
    # Copies are known by identity: comparing the values of many athletes takes long.
    different = {id(one): one for one in athletes}
    values = [_as_json(one) for one in different.values()]
    if len(different) == 1:
        return {"athletes": values, "n": len(athletes)}
    numbers = {key: number for number, key in enumerate(different, start=1)}
    return {"athletes": values, "order": [numbers[id(one)] for one in athletes]}


class ParticipantsRecord(RecordPart):
    """Who trains, as `participants_as_json` keeps it."""

    population: dict[str, object] | None = None
    n: int | None = Field(default=None, ge=1, le=MAX_ATHLETES)
    seed: int | None = Field(default=None, ge=0)
    first: int | None = Field(default=None, ge=0)
    athletes: tuple[dict[str, object], ...] = ()
    order: tuple[int, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _is_of_one_form(self) -> "ParticipantsRecord":
        if self.population is not None:
            drawn = (self.n, self.seed, self.first)
            if None in drawn or self.n + self.first > MAX_ATHLETES:
                raise InputError(
                    f"a population goes with n, seed and first, with n + first at most "
                    f"{MAX_ATHLETES}; got {drawn[0]}, {drawn[1]} and {drawn[2]}."
                )
            return self
        n_different, numbers = len(self.athletes), self.order or (1,)
        is_several = self.order is not None
        if not all(1 <= one <= n_different for one in numbers) or (
            not is_several and self.n is None
        ):
            raise InputError(
                "either a population, or athletes with n or with their order, numbers "
                f"from 1 to {n_different}, is needed."
            )
        return self


def participants_from_json(values: Mapping[str, object]) -> Sequence[Athlete]:
    """Return who trains from what `participants_as_json` has made of it."""
    if "population" in values:
        population = check_population(
            values["population"], source="the population of the record"
        )
        drawn = {key: values[key] for key in ("n", "seed", "first")}
        return Cohort(population=population, **drawn)
    different = [
        check_athlete(one, source="an athlete of the record")
        for one in values["athletes"]
    ]
    if "order" in values:
        return [different[number - 1] for number in values["order"]]
    return Copies(different[0], values["n"])


@dataclass(frozen=True)
class Copies(Sequence):
    """One athlete many times, without a list of so many items."""

    athlete: Athlete
    n: int

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, place: int | slice) -> "Athlete | Copies":
        found = range(self.n)[place]  # as of any sequence, faults as well
        is_part = isinstance(place, slice)
        return Copies(self.athlete, len(found)) if is_part else self.athlete


def _target_of(name: str) -> str:
    """Return what a name changes; InputError if nothing."""
    first, dot, rest = name.partition(".")
    field, fields = rest.partition(".")[0], list(Athlete.model_fields)
    if dot and first == _ATHLETE and field not in fields:
        raise InputError(
            f"{name}: an athlete has no {field!r}; there are {', '.join(fields)}."
            f"{did_you_mean(field, fields)}"
        )
    if dot and first in (_ATHLETE, _PARAMETER):
        return first
    if name in KNOBS:
        return _KNOB
    if first in Plan.model_fields:
        return _PLAN
    known = [*KNOBS, *Plan.model_fields, _ATHLETE, _PARAMETER]
    raise InputError(
        f"There is no {name!r} to change. There are the knobs {', '.join(KNOBS)}; "
        f"paths of the plan that begin with {', '.join(Plan.model_fields)}; and "
        f"athlete.PATH and parameter.ID.{did_you_mean(first, known)}"
    )


def _constant(name: str, value: object) -> float:
    """Return a new value of a constant; InputError outside its range."""
    known = shipped_parameter(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not isfinite(value):
        raise InputError(f"{_PARAMETER}.{name} must be a number; got {value!r}.")
    low, high = known.range
    if not low <= value <= high:
        raise InputError(
            f"{_PARAMETER}.{name} must lie in its range, {low:g} to {high:g} "
            f"{known.unit}; got {value:g}. It is {known.value:g}."
        )
    return float(value)


def _as_json(value: Athlete | Population) -> dict[str, object]:
    return value.model_dump(mode="json", exclude_unset=True)
