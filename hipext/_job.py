"""What a sweep has to do, in values alone, cut into batches of rows.

A row is a person in a scenario; rows are counted scenario by scenario. A batch can be
done anywhere: it takes the head of the job (plan, people, constants) and its pieces,
and needs no file.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from hipext._crowd import people_in, runs_compiled, setting_in
from hipext._run import Setting, weeks_of_all, with_others
from hipext._who import people_from, people_values, persons_of
from hipext.athlete import Athlete
from hipext.outcomes import (
    OUTCOMES,
    WEEK_COLUMNS,
    WEEKLY,
    course_of,
    is_lived,
    outcomes_of,
)
from hipext.parameters import parameters_changed, values_in_use
from hipext.plan import Plan
from hipext.plan_file import check_plan
from hipext.population import Population
from hipext.whatif import Scenario, scenario_of

LEAST_ROWS, MOST_ROWS = 512, 8192  # of a batch: at least 50 ms of compiled work
_BATCHES = 64  # wanted, where they are not too small or too large
_MOST_SCENARIOS = 32  # of a batch: each costs as much as a few hundred rows


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """Everything that a sweep is made of.

    Attributes
    ----------
    plan : Plan
        The plan before any change.
    people : Athlete or Population
        One person, or who persons are drawn from.
    persons : int
        Persons in every scenario.
    seed, noise, keeps_weeks : int, bool, bool
        Of the random numbers; whether weeks are kept beside outcomes.
    design : pandas.DataFrame
        One row per scenario, one column per varied name.
    """

    plan: Plan
    people: Athlete | Population
    persons: int
    seed: int
    noise: bool
    keeps_weeks: bool
    design: pd.DataFrame

    @property
    def n_rows(self) -> int:
        """Persons in all scenarios together."""
        return len(self.design) * self.persons

    def changes(self, scenario: int) -> dict[str, object]:
        """Return what a scenario changes, by name."""
        return {name: column.iloc[scenario] for name, column in self.design.items()}

    def head(self) -> bytes:
        """Return what all batches need to know."""
        values = {
            "plan": self.plan.model_dump(mode="json", exclude_unset=True),
            **people_values(self.people),
            "persons": self.persons,
            "seed": self.seed,
            "noise": self.noise,
            "keeps_weeks": self.keeps_weeks,
            "parameters": values_in_use(),
        }
        return zlib.compress(json.dumps(values).encode())


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Persons of one scenario: `n` of them from `first`, counted from 0."""

    scenario: int
    changes: str
    """What the scenario changes, as JSON."""
    first: int
    n: int


def batch_size(job: Job) -> int:
    """Return the rows of a batch; it follows from the job alone, not from who does it.

    A sweep of many scenarios with few persons each has smaller batches, because making
    a scenario ready takes as long as some hundred persons.
    """
    wanted = -(-job.n_rows // _BATCHES)
    size = min(max(wanted, LEAST_ROWS), MOST_ROWS)
    return min(size, _MOST_SCENARIOS * job.persons)


def n_batches(job: Job) -> int:
    """Return how many batches a job has."""
    return -(-job.n_rows // batch_size(job))


def pieces_of(job: Job, batch: int) -> tuple[Piece, ...]:
    """Return the pieces of a batch, in order."""
    size = batch_size(job)
    return tuple(_pieces(job, batch * size, min((batch + 1) * size, job.n_rows)))


def _pieces(job: Job, row: int, end: int) -> Iterator[Piece]:
    while row < end:
        scenario, first = divmod(row, job.persons)
        n = min(job.persons - first, end - row)
        changes = json.dumps(job.changes(scenario), default=_plain)
        yield Piece(scenario=scenario, changes=changes, first=first, n=n)
        row += n


def check_first(job: Job) -> None:
    """Raise PlanError if the first scenario cannot be done, as without a 1RM."""
    first = pieces_of(job, 0)[0]
    _scenario(job.head(), first.changes)


def _plain(value: object) -> object:
    """Return a number of NumPy as one that JSON knows."""
    return value.item() if isinstance(value, np.generic) else list(value)


def columns_of(
    head: bytes, pieces: Sequence[Piece], engine: str | None = None
) -> dict[str, dict[str, np.ndarray]]:
    """Let the persons of a batch live, and return what came of it.

    Parameters
    ----------
    head : bytes
        `Job.head` of the job.
    pieces : sequence of Piece
        Of one batch.
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed.

    Returns
    -------
    dict of str to dict of str to numpy.ndarray
        The columns of ``outcomes`` (a row per person) and, where they are to be kept,
        of ``weeks`` (a row per person and week), each piece in its order.
    """
    is_compiled = runs_compiled(engine)
    known = _known(head)
    parts = [_lived(head, piece, is_compiled=is_compiled) for piece in pieces]
    tables = {"outcomes": _joined(map(_outcome_columns, pieces, parts))}
    if known["keeps_weeks"]:
        tables["weeks"] = _joined(map(_week_columns, pieces, parts))
    return tables


@lru_cache(maxsize=4)
def _known(head: bytes) -> Mapping[str, object]:
    """Return the values of a head, plan and people as checked values."""
    values = json.loads(zlib.decompress(head))
    return values | {
        "plan": check_plan(values["plan"], source="the plan"),
        "people": people_from(values),
    }


def _persons(head: bytes, first: int, n: int) -> Sequence[Athlete]:
    known = _known(head)
    return persons_of(known["people"], n, seed=known["seed"], first=first)


@lru_cache(maxsize=8)
def _scenario(head: bytes, changes: str) -> tuple[Scenario, Setting]:
    """Return a scenario, and its setting with a person who stands for all."""
    scenario = scenario_of(_known(head)["plan"], json.loads(changes))
    return scenario, setting_in(scenario, _persons(head, 0, 1))


def _lived(head: bytes, piece: Piece, *, is_compiled: bool) -> np.ndarray:
    """Return the weeks of the persons of a piece: none where changes make no plan."""
    known = _known(head)
    with parameters_changed(known["parameters"]):
        try:
            scenario, one = _scenario(head, piece.changes)
        except ValueError:  # legal one by one, not together
            return np.full((piece.n, 1, len(WEEK_COLUMNS)), np.nan)
        with parameters_changed(scenario.parameters):
            people = people_in(scenario, _persons(head, piece.first, piece.n))
            return weeks_of_all(
                with_others(one, people),
                seed=known["seed"],
                first_person=piece.first,
                noise=known["noise"],
                is_compiled=is_compiled,
            )


def _outcome_columns(piece: Piece, weeks: np.ndarray) -> dict[str, np.ndarray]:
    found = outcomes_of(weeks)
    persons = np.arange(piece.first + 1, piece.first + piece.n + 1)
    return {
        "scenario": np.full(piece.n, piece.scenario, dtype="int32"),
        "person": persons.astype("int64"),
        "weeks": found["weeks"].astype("int16"),
        **{name: found[name] for name in OUTCOMES if name != "weeks"},
    }


def _week_columns(piece: Piece, weeks: np.ndarray) -> dict[str, np.ndarray]:
    persons, place = np.nonzero(is_lived(weeks))
    return {
        "scenario": np.full(len(persons), piece.scenario, dtype="int32"),
        "person": persons + piece.first + 1,
        "week": (place + 1).astype("int16"),
        **{name: course_of(weeks, name)[persons, place] for name in WEEKLY},
    }


def _joined(parts: Iterator[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return tables of the same columns one below the other."""
    parts = list(parts)
    return {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}
