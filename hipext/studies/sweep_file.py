"""Sweep and search files: what is varied, for which athletes, and the goals."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import isfinite, prod
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from hipext.files.checks import InputError, PlanError
from hipext.files.io import check_kind, find_file, read_toml
from hipext.files.schema import FileValue, Line, RecordPart, Text, check_values, frozen
from hipext.files.tables import OUTCOMES
from hipext.plans.plan_file import read_plan
from hipext.studies.scenarios import (
    ParticipantsRecord,
    athletes_in,
    participants_as_json,
    read_participants,
    scenario_of,
)

if TYPE_CHECKING:
    import numpy as np

MAX_ROWS = 100_000_000  # athletes in all scenarios together
KINDS = ("grid", "random", "sobol", "saltelli", "morris")
MAX_SCENARIOS = 1_000_000
_OF_POWERS = ("sobol", "saltelli")  # Sobol' sequences are balanced at powers of 2
_OF_INDICES = ("saltelli", "morris")  # for sensitivity, with intervals
_ENDS = ("low", "high")
_WANTED = "must be a list, like [0, 4], or a range, like { low = 1, high = 2 }"
OutcomeName = Literal[tuple(OUTCOMES)]


class Range(FileValue):
    """Numbers between two ends, which belong to it."""

    low: float
    """The lowest number."""
    high: float
    """The highest number."""
    whole: bool = False
    """Whether only whole numbers are taken, each as often as the others."""
    steps: int | None = Field(default=None, ge=2, le=10_000)
    """How many numbers a grid takes, evenly from end to end."""

    @model_validator(mode="after")
    def _ends_make_a_range(self) -> "Range":
        ends = f"got low = {self.low:g}, high = {self.high:g}"
        if not self.low < self.high:
            raise InputError(f"low must be below high; {ends}.")
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise InputError(f"low and high must be whole where whole is true; {ends}.")
        if self.whole and self.steps and self.steps > self.n_whole:
            raise InputError(
                f"steps must be at most {self.n_whole}, the whole numbers from "
                f"{self.low:g} to {self.high:g}; got {self.steps}."
            )
        return self

    @property
    def n_whole(self) -> int:
        """How many whole numbers there are."""
        return int(self.high) - int(self.low) + 1

    @property
    def ends(self) -> tuple[float, float]:
        """The ends, as whole numbers where only those are taken."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)


Varied = Range | Sequence[object]


class _Study(FileValue):
    """What a sweep and a search have in common."""

    format: Literal[1]
    """Version of the file format."""
    name: Line = Field(min_length=1, examples=['"Light weeks and load steps"'])
    """Name shown in tables and records."""
    description: Text = ""
    """What is asked, in a sentence or two."""
    plan: str = Field(min_length=1, examples=['"guide_16wk"'])
    """Name of a shipped plan, or path of a plan file from the folder of this file."""
    athlete: str | None = None
    """One athlete: name of a shipped one, or path of an athlete file."""
    population: str | None = None
    """Where athletes are drawn from: a shipped population, or path of a file."""
    n_athletes: int = Field(default=1, ge=1, le=MAX_ROWS)
    """Athletes in every scenario, the same ones in all of them."""
    seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Of the athletes, their days and the scenarios."""
    noise: bool = True
    """Whether days differ by chance."""
    vary: dict[str, Range | tuple[object, ...]]
    """What is varied, by name: a list of values, or a range of numbers."""


class Design(FileValue):
    """How scenarios are chosen; see `designs.design_of`."""

    kind: Literal[KINDS] = "grid"
    """Every combination, or a sample of a kind."""
    n: int | None = None
    """Scenarios, base samples or trajectories; not for a grid."""


class SweepSpec(_Study):
    """A sweep: many scenarios of one plan, each for the same athletes."""

    weeks: bool = False
    """Whether every week of every athlete is kept as well."""
    design: Design = Design()
    """How scenarios are chosen."""


class Limit(FileValue):
    """What an outcome must keep to for a scenario to be allowed."""

    at_most: float | None = None
    """The highest value that is allowed."""
    at_least: float | None = None
    """The lowest value that is allowed."""
    of: str = "mean"
    """Of the mean athlete, or of a percentile of athletes: "p90"."""

    @model_validator(mode="after")
    def _limits(self) -> "Limit":
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            raise InputError("give at_most or at_least, such as { at_most = 4 }.")
        if low is not None and high is not None and low > high:
            raise InputError(
                f"at_least must not be above at_most; got at_least = {low:g}, "
                f"at_most = {high:g}."
            )
        if not re.fullmatch("mean|p[1-9][0-9]?", self.of):
            raise InputError(
                'of must be "mean" or a percentile of athletes from "p1" to "p99"; '
                f"got {self.of!r}."
            )
        return self

    def column(self, outcome: str) -> str:
        """Return the column that holds what is limited: ``lumbar_load_p90``."""
        return outcome if self.of == "mean" else f"{outcome}_{self.of}"

    def value_of(self, values: "np.ndarray") -> float:
        """Return what is limited of an outcome, a value per athlete."""
        import numpy as np  # here, because schemas are printed without it

        from hipext.files.sums import mean_in_order

        if self.of == "mean":
            return float(mean_in_order(values))
        return float(np.percentile(values, int(self.of.removeprefix("p"))))


class SearchSize(FileValue):
    """How long a search goes on."""

    trials: int = Field(default=200, ge=2, le=20_000)
    """Scenarios that are tried at most."""
    generation: int = Field(default=20, ge=2, le=1000)
    """Scenarios that are tried before the next ones are chosen."""

    @model_validator(mode="after")
    def _has_a_generation(self) -> "SearchSize":
        if self.generation > self.trials:
            raise InputError(
                f"generation must be at most trials; got generation = "
                f"{self.generation}, trials = {self.trials}."
            )
        return self


class SearchSpec(_Study):
    """A search: which scenarios serve several goals best and keep to limits."""

    search: SearchSize = SearchSize()
    """How long it goes on."""
    goals: dict[OutcomeName, Literal["highest", "lowest"]] = Field(
        min_length=1, max_length=4, examples=['{ strength_pct = "highest" }']
    )
    """What is looked for: outcomes of the mean athlete."""
    limits: dict[OutcomeName, Limit] = Field(default_factory=dict)
    """What a scenario must keep to, by outcome."""


Spec = TypeVar("Spec", SweepSpec, SearchSpec)
_MARKS_OF_OTHER = {  # kind, the other kind, and keys that only the other one has
    SweepSpec: ("sweep", "search", ("goals", "limits", "search")),
    SearchSpec: ("search", "sweep", ("design", "weeks")),
}


def read_sweep_file(path: str | Path) -> SweepSpec:
    """Read a sweep from a TOML file: a shipped one by name, or one by its path.

    Each single change has been tried on the plan. Plans and athletes are named from the
    folder of the file; the paths returned lead there from the working folder. PlanError
    has all problems of the file at once.
    """
    found = find_file(path, "sweeps")
    return check_sweep(read_toml(found), source=str(found), folder=found.parent)


def read_search_file(path: str | Path) -> SearchSpec:
    """Read a search from a TOML file, as `read_sweep_file` does a sweep."""
    found = find_file(path, "searches")
    return check_search(read_toml(found), source=str(found), folder=found.parent)


def inputs_of_study(spec: SweepSpec | SearchSpec) -> dict[str, object]:
    """Return everything a sweep or search is made of, as values of JSON, no paths."""
    athletes = read_participants(
        spec.athlete, spec.population, spec.n_athletes, seed=spec.seed
    )
    replaced = {"plan", "athlete", "population", "n_athletes"}
    kind = "search" if isinstance(spec, SearchSpec) else "sweep"
    return {
        kind: spec.model_dump(mode="json", exclude=replaced),
        "plan": read_plan(spec.plan).model_dump(mode="json", exclude_unset=True),
        "participants": participants_as_json(athletes),
    }


class _StudyRecord(RecordPart):
    plan: dict[str, object]  # checked when used, as the athletes
    participants: ParticipantsRecord


class SweepRecord(_StudyRecord):
    """What the record of a sweep must have."""

    sweep: dict[str, object]


class SearchRecord(_StudyRecord):
    """What the record of a search must have."""

    search: dict[str, object]


def study_from_record(model: type[Spec], values: Mapping) -> Spec:
    """Return a sweep or search from what `inputs_of_study` kept of its file."""
    # Plan and athletes stand beside it in a record, as values.
    elsewhere = {"plan": "of the record", "athlete": "of the record"}
    return check_study(model, {**values, **elsewhere}, source="the record")


def check_study(
    model: type[Spec], values: Mapping, *, source: str, folder: Path | None = None
) -> Spec:
    """Return the values of a file as a sweep or search; PlanError with all problems.

    With a `folder`, plans and athletes are looked up from there and changes are tried.
    """
    kind, other, marks = _MARKS_OF_OTHER[model]
    if "vary" not in values and "plan" not in values:
        check_kind(values, kind, source=source)
    if found := [key for key in marks if key in values]:
        problem = f"this is a {other}, not a {kind} (it has {found[0]})."
        raise PlanError(source, [f"{problem} Use it with: hipext {other} {source}."])
    # What needs several values, or another file, is checked before the model is, and
    # reported with the problems that the model finds: all of them at once.
    vary, problems = read_varied(values.get("vary"), source=source)
    problems += _athlete_problems(values)
    if vary:
        problems += _size_problems(values, vary, model)
    located = {}
    if folder is not None:
        located, missing = _located(values, folder)
        problems += missing
        if "plan" in located:
            problems += _change_problems(located, vary)
    given = {**values, **located, "vary": vary}
    return check_values(model, given, source=source, more_problems=problems)


check_sweep = partial(check_study, SweepSpec)
check_search = partial(check_study, SearchSpec)


def n_scenarios(kind: str, vary: Mapping[str, Varied], n: int | None = None) -> int:
    """Return how many scenarios a design has; 0 where that is not yet said."""
    if kind == "grid":
        return prod(n_values(varied) for varied in vary.values())
    return (n or 0) * {"saltelli": len(vary) + 2, "morris": len(vary) + 1}.get(kind, 1)


def design_problems(
    kind: str, vary: Mapping[str, Varied], n: int | None = None
) -> list[str]:
    """Return what keeps a design from being made, a sentence each."""
    problems = [*_n_problems(kind, n), *_range_problems(kind, vary)]
    if not vary:
        problems.append("nothing is varied; name at least one thing to vary.")
    size = n_scenarios(kind, vary, n)
    if size > MAX_SCENARIOS:
        problems.append(
            f"it makes {size:,} scenarios; at most {MAX_SCENARIOS:,} are allowed. "
            "Take fewer values, or fewer samples (n)."
        )
    return problems


def read_varied(
    table: object, *, source: str
) -> tuple[dict[str, Range | tuple[object, ...]], list[str]]:
    """Return what a table of a file varies, by dotted name, and the problems in it."""
    if not isinstance(table, Mapping) or not table:
        given = "nothing" if not table else repr(table)
        return {}, [
            f"vary: name at least one thing to vary, such as load_step = [0.5, 1, 2]; "
            f"got {given}."
        ]
    items = [*_flattened(table)]
    times = Counter(name for name, _ in items)
    twice = sorted(name for name in times if times[name] > 1)
    problems = [f"vary, {name}: it is there twice. Keep one." for name in twice]
    found = {}
    for name, item in items:
        if isinstance(item, tuple):
            faults = [f"vary, {name}: {fault}" for fault in _faults(item)]
        elif isinstance(item, Mapping):
            item, faults = _range(name, item, source)
        else:
            faults = [f"vary, {name}: {_WANTED}; got {item!r}."]
        problems += faults
        if not faults:
            found[name] = item
    return found, problems


def n_values(varied: Varied) -> int:
    """Return how many values of a name a grid takes; 0 where that is not yet said."""
    if not isinstance(varied, Range):
        return len(varied)
    return varied.steps or (varied.n_whole if varied.whole else 0)


def written(value: object) -> str:
    """Return a value as text: 1 differs from true, but (3, 4) not from [3, 4]."""
    return json.dumps(value, default=lambda of_numpy: of_numpy.tolist())


def _athlete_problems(values: Mapping) -> Iterator[str]:
    """Yield what is wrong with who is to train."""
    given = [key for key in ("athlete", "population") if values.get(key) is not None]
    if not given:
        yield (
            'athlete: name an athlete (athlete = "novice") or a population to draw '
            'from (population = "novices").'
        )
    elif len(given) > 1:
        yield "population: there is an athlete too. Keep one of them."
    elif given == ["population"] and "n_athletes" not in values:
        yield "n_athletes: say how many are drawn, for example n_athletes = 1000."


def _size_problems(
    values: Mapping, vary: Mapping[str, Varied], model: type[_Study]
) -> Iterator[str]:
    """Yield what is wrong with the scenarios, and with their number."""
    if model is SearchSpec:
        for name, varied in vary.items():
            if isinstance(varied, Range) and varied.steps:
                yield f"vary, {name}: a search takes no steps. Remove them."
    with suppress(ValidationError):  # problems of a single value are found later
        if model is SearchSpec:
            size = SearchSize.model_validate(values.get("search", {})).trials
        else:
            design = Design.model_validate(values.get("design", {}))
            asked = {"kind": design.kind, "vary": vary, "n": design.n}
            yield from (f"design: {text}" for text in design_problems(**asked))
            size = n_scenarios(**asked)
        n = values.get("n_athletes", 1)
        if isinstance(n, int) and size * n > MAX_ROWS:
            yield (
                f"n_athletes: {size:,} scenarios of {n:,} athletes are {size * n:,}; "
                f"at most {MAX_ROWS:,} together are allowed."
            )


def _n_problems(kind: str, n: int | None) -> Iterator[str]:
    least = 2 if kind in _OF_INDICES else 1  # one sample has no spread, so no intervals
    if kind == "grid":
        if n is not None:
            yield f"n has no use in a grid; got {n}. Remove it."
    elif n is None:
        yield f"n is missing; {kind} needs it. Write, for example, n = 128."
    elif n < least:
        yield f"n must be at least {least} for {kind}; got {n}."
    elif kind in _OF_POWERS and n & (n - 1):
        below = 1 << (n.bit_length() - 1)
        yield (
            f"n must be a power of 2 for {kind}; got {n}. Write {below} or {2 * below}."
        )


def _range_problems(kind: str, vary: Mapping[str, Varied]) -> Iterator[str]:
    for name, varied in vary.items():
        if not isinstance(varied, Range):
            if not len(varied):
                yield f"{name} has no values; write at least one."
        elif kind == "grid" and not n_values(varied):
            yield f"{name} is a range, so a grid needs its steps, such as steps = 5."
        elif kind != "grid" and varied.steps:
            yield f"{name} has steps, which only a grid takes, not {kind}. Remove them."


class _Ranges(FileValue):
    """Ranges as they stand in a file, so that messages name their place there."""

    vary: dict[str, Range]


def _flattened(table: Mapping, above: str = "") -> Iterator[tuple[str, object]]:
    """Yield names and what they are varied over; lists become tuples."""
    # deload.every_weeks = [0, 4] without quotes around the name makes tables in tables,
    # and means the same as with them.
    for key, value in table.items():
        name = f"{above}{key}"
        is_range = isinstance(value, Mapping) and any(end in value for end in _ENDS)
        if isinstance(value, Mapping) and value and not is_range:
            yield from _flattened(value, f"{name}.")
        else:
            yield name, frozen(value)


def _faults(values: tuple) -> Iterator[str]:
    """Yield what is wrong with a list of values."""
    if not values:
        yield "it has no values; write at least one."
    bad = [value for value in values if not _is_json(value)]
    if bad:
        kinds = "numbers, texts, true or false, and lists and tables of them"
        yield f"values must be {kinds}; got {_shown(bad[0])}."
        return
    times = Counter(map(written, values))
    for text in sorted(text for text in times if times[text] > 1):
        yield f"{text} is there twice. Keep one."


def _shown(value: object) -> str:
    """Return a value of a list as a file has it: lists in square brackets."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def _is_json(value: object) -> bool:
    """Return whether a record can hold a value and give it back."""
    if isinstance(value, Mapping):
        return all(map(_is_json, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    return isinstance(value, str | bool | int) or (
        isinstance(value, float) and isfinite(value)
    )


def _range(
    name: str, table: Mapping, source: str
) -> tuple[Range | None, Sequence[str]]:
    try:
        checked = check_values(_Ranges, {"vary": {name: table}}, source=source)
    except PlanError as error:
        return None, error.problems
    return checked.vary[name], []


def _located(values: Mapping, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Return where the files that are named lie, and problems with them."""
    found, problems = {}, []
    for key in ("plan", "athlete", "population"):
        name = values.get(key)
        if not isinstance(name, str) or not name:
            continue
        # A bare name is that of a shipped file; paths go from the folder of the study.
        is_bare = Path(name).name == name and not Path(name).suffix
        path = name if is_bare else str(folder / name)
        try:
            find_file(path, f"{key}s")
            found[key] = path
        except FileNotFoundError as error:
            problems.append(f"{key}: {error}")
    return found, problems


def _change_problems(
    located: Mapping[str, str], vary: Mapping[str, Varied]
) -> Iterator[str]:
    """Yield why values cannot be set in a plan or athlete, each tried by itself."""
    plan, who = read_plan(located["plan"]), map(located.get, ("athlete", "population"))
    athletes = read_participants(*who, 1, seed=0) if len(located) > 1 else []
    for name, varied in vary.items():
        texts = []
        # The ends stand for a range: between them there is nothing new to refuse.
        for value in varied.ends if isinstance(varied, Range) else varied:
            try:
                athletes_in(scenario_of(plan, {name: value}), athletes)
            except PlanError as error:
                texts += error.problems
            except InputError as error:
                texts.append(str(error))
        yield from (f"vary, {name}: {text}" for text in dict.fromkeys(texts))
