"""Sweep and search files: what is varied, for which athletes, and the goals."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from pydantic import Field, ValidationError, model_validator

from hipext.files.checks import InputError, PlanError
from hipext.files.io import check_kind, find_file, read_toml
from hipext.files.schema import FileValue, Line, RecordPart, Text, check_values
from hipext.plans.plan_file import read_plan
from hipext.studies.crowds import OUTCOMES, athletes_in
from hipext.studies.designs import (
    Range,
    Varied,
    design_problems,
    n_scenarios,
    read_varied,
)
from hipext.studies.scenarios import (
    ParticipantsRecord,
    participants_as_json,
    read_participants,
    scenario_of,
)

MAX_ROWS = 100_000_000  # athletes in all scenarios together
OutcomeName = Literal[tuple(OUTCOMES)]


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

    kind: Literal["grid", "random", "sobol", "saltelli", "morris"] = "grid"
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

    def value_of(self, values: np.ndarray) -> float:
        """Return what is limited of an outcome, a value per athlete."""
        if self.of == "mean":
            return float(values.mean())
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


class SweepRecord(RecordPart):
    """What the record of a sweep must have; plan and athletes are checked when used."""

    sweep: dict[str, object]
    plan: dict[str, object]
    participants: ParticipantsRecord


class SearchRecord(RecordPart):
    """What the record of a search must have."""

    search: dict[str, object]
    plan: dict[str, object]
    participants: ParticipantsRecord


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
