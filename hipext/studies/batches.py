"""What a sweep has to do, in values alone, cut into batches of rows.

A row is a person in a scenario; rows are counted scenario by scenario. A batch can be
done anywhere: it takes the head of the job (plan, people, constants) and its pieces,
and needs no file.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete
from hipext.athletes.population import Population
from hipext.engine.state import WEEK_LOG
from hipext.files.parameters import parameters_changed, values_in_use
from hipext.files.records import code_hash, data_hashes
from hipext.plans.plan import Plan
from hipext.plans.plan_file import check_plan, read_plan
from hipext.simulation.run import Setting, weeks_of_all, with_others
from hipext.studies.crowds import (
    OUTCOMES,
    WEEKLY,
    course_of,
    is_simulated,
    outcomes_of,
    people_in,
    runs_compiled,
    setting_in,
    usual_threads,
)
from hipext.studies.designs import design_of, read_varied
from hipext.studies.scenarios import (
    Scenario,
    drawn_athletes,
    participants_as_json,
    participants_from_json,
    read_participants,
    scenario_of,
)
from hipext.studies.sweep_file import SweepSpec

LEAST_ROWS, MOST_ROWS = 512, 8192  # of a batch: at least 50 ms of compiled work
_BATCHES = 64  # wanted, where they are not too small or too large
_MOST_SCENARIOS = 32  # of a batch: each costs as much as a few hundred rows
if TYPE_CHECKING:
    from distributed import Client
LOCAL = "local"
_ADDRESS = re.compile(r"(\w+://)?([^\s/:]+|\[[\da-fA-F:]+\]):\d+")
_ANSWER_S = 10  # within which a scheduler answers and has a worker
_PATIENCE_S = 60  # without any worker, before a sweep gives up
_LOOK_S = 5
_AHEAD = 3  # batches per processor of the cluster that wait there
_MISSING = (
    "A cluster needs Dask. Install it with: pip install 'hipext[cluster]', or leave "
    "out --scheduler to use threads of this process."
)
_RESUME = "Parts that are done are kept: go on with --resume."


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
            **participants_as_json(self.people),
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
    parts = [_simulated(head, piece, is_compiled=is_compiled) for piece in pieces]
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
        "people": participants_from_json(values),
    }


def _persons(head: bytes, first: int, n: int) -> Sequence[Athlete]:
    known = _known(head)
    return drawn_athletes(known["people"], n, seed=known["seed"], first=first)


@lru_cache(maxsize=8)
def _scenario(head: bytes, changes: str) -> tuple[Scenario, Setting]:
    """Return a scenario, and its setting with a person who stands for all."""
    scenario = scenario_of(_known(head)["plan"], json.loads(changes))
    return scenario, setting_in(scenario, _persons(head, 0, 1))


def _simulated(head: bytes, piece: Piece, *, is_compiled: bool) -> np.ndarray:
    """Return the weeks of the persons of a piece: none where changes make no plan."""
    known = _known(head)
    with parameters_changed(known["parameters"]):
        try:
            scenario, one = _scenario(head, piece.changes)
        except ValueError:  # legal one by one, not together
            return np.full((piece.n, 1), np.nan, dtype=WEEK_LOG)
        with parameters_changed(scenario.parameters):
            people = people_in(scenario, _persons(head, piece.first, piece.n))
            return weeks_of_all(
                with_others(one, people),
                seed=known["seed"],
                first_number=piece.first,
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
    persons, place = np.nonzero(is_simulated(weeks))
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


def job_of(spec: SweepSpec) -> Job:
    """Return what a sweep file asks for, with the values of the files it names."""
    design = design_of(spec.design.kind, spec.vary, spec.design.n, spec.seed)
    return Job(
        plan=read_plan(spec.plan),
        people=read_participants(spec.athlete, spec.population),
        persons=spec.persons,
        seed=spec.seed,
        noise=spec.noise,
        keeps_weeks=spec.weeks,
        design=design,
    )


def job_from_record(record: Mapping[str, object]) -> Job:
    """Return what a record asks for; no other file is needed."""
    asked = record["sweep"]
    vary, _ = read_varied(asked["vary"], source="the record")
    kind, n = asked["design"]["kind"], asked["design"].get("n")
    return Job(
        plan=check_plan(record["plan"], source="the plan of the record"),
        people=participants_from_json(record),
        persons=asked["persons"],
        seed=asked["seed"],
        noise=asked["noise"],
        keeps_weeks=asked["weeks"],
        design=design_of(kind, vary, n, asked["seed"]),
    )


def inputs_of_sweep(spec: SweepSpec, job: Job) -> dict[str, object]:
    """Return everything a sweep is made of, as values of JSON without paths."""
    files = {"plan", "athlete", "population"}
    return {
        "sweep": spec.model_dump(mode="json", exclude=files),
        "plan": job.plan.model_dump(mode="json", exclude_unset=True),
        **participants_as_json(job.people),
    }


def scenario_columns(job: Job) -> dict[str, object]:
    """Return the columns of the table of scenarios: its number and what it changes."""
    columns = {name: column.to_numpy() for name, column in job.design.items()}
    return {"scenario": job.design.index.to_numpy("int32"), **columns}


def batches_on(
    scheduler: str,
    head: bytes,
    batches: Iterable[tuple[int, Sequence[Piece]]],
    *,
    n_workers: int | None = None,
    engine: str | None = None,
) -> Iterator[tuple[int, Mapping]]:
    """Yield number and tables of batches as workers finish them, in any order.

    Parameters
    ----------
    scheduler : str
        Address of a scheduler, or "local" for workers on this machine.
    head : bytes
        `_job.Job.head` of the job.
    batches : iterable of (int, sequence of Piece)
        Numbers and pieces; taken as workers become free.
    n_workers : int, optional
        Of a local cluster. Default: one per processor.
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed.

    Raises
    ------
    ConnectionError
        If no scheduler answers, it has no workers, or it goes away.
    ModuleNotFoundError
        If Dask is not installed.
    """
    batches = iter(batches)
    first = next(batches, None)
    if first is None:
        return
    with ExitStack() as stack:
        client = _client(scheduler, n_workers, stack)
        n_ahead = _AHEAD * max(sum(client.nthreads().values()), 1)
        pending = {}
        for batch, pieces in (first, *islice(batches, n_ahead - 1)):
            pending[_asked(client, head, pieces, engine)] = batch
        while pending:
            for future in _finished(client, scheduler, list(pending)):
                tables = _result(future, scheduler)
                yield pending.pop(future), tables
                future.release()
                for batch, pieces in islice(batches, 1):
                    pending[_asked(client, head, pieces, engine)] = batch


def tables_there(
    head: bytes, pieces: Sequence[Piece], code: str, engine: str | None
) -> Mapping:
    """Return the tables of a batch; this runs on a worker.

    Raises
    ------
    RuntimeError
        If the worker has other code or constants.
    """
    if _code() != code:
        raise RuntimeError("this worker has another hipext")
    return columns_of(head, pieces, engine)


def _code() -> str:
    """Return what tells two versions of hipext and its data apart."""
    return " ".join([code_hash(), *data_hashes().values()])


def _client(scheduler: str, n_workers: int | None, stack: ExitStack) -> "Client":
    try:
        from distributed import Client, LocalCluster
    except ModuleNotFoundError:
        raise ModuleNotFoundError(_MISSING) from None
    address: object = scheduler
    if scheduler == LOCAL:
        address = stack.enter_context(
            LocalCluster(
                n_workers=n_workers or usual_threads(),
                threads_per_worker=1,
                dashboard_address=None,
            )
        )
    elif not _ADDRESS.fullmatch(scheduler):
        raise ConnectionError(
            f"--scheduler: {scheduler!r} is no address. Take the one that 'dask "
            "scheduler' prints, like tcp://127.0.0.1:8786; or write local."
        )
    try:
        client = stack.enter_context(Client(address, timeout=_ANSWER_S))
    except (OSError, ValueError, TypeError) as error:
        raise ConnectionError(
            f"No scheduler answers at {scheduler!r} ({_first_line(error)}). Start one "
            "with 'dask scheduler' and take the address it prints, like "
            "tcp://127.0.0.1:8786; or write --scheduler local."
        ) from None
    try:
        client.wait_for_workers(1, timeout=_ANSWER_S)
    except TimeoutError:
        raise ConnectionError(
            f"The scheduler at {scheduler!r} has no workers. Start some with: "
            f"dask worker {scheduler}"
        ) from None
    return client


def _asked(
    client: "Client", head: bytes, pieces: Sequence[Piece], engine: str | None
) -> object:
    """Return the future of a batch; another worker takes over if one dies."""
    return client.submit(tables_there, head, pieces, _code(), engine, pure=False)


def _finished(client: "Client", scheduler: str, pending: Sequence) -> Sequence:
    """Return futures that are done, at least one."""
    from distributed import wait

    waited_s = 0
    while waited_s < _PATIENCE_S:
        try:
            done = wait(pending, timeout=_LOOK_S, return_when="FIRST_COMPLETED").done
            return sorted(done, key=pending.index)
        except TimeoutError:
            has_workers = bool(client.scheduler_info()["workers"])
            waited_s = 0 if has_workers else waited_s + _LOOK_S
        except (OSError, CancelledError):
            raise _gone(scheduler) from None
    raise ConnectionError(
        f"The scheduler at {scheduler!r} has had no worker for {_PATIENCE_S} s. "
        + _RESUME
    )


def _result(future: object, scheduler: str) -> Mapping:
    from distributed import KilledWorker

    try:
        return future.result()
    except (OSError, CancelledError):
        raise _gone(scheduler) from None
    except KilledWorker:
        raise ConnectionError(
            "Several workers died over one batch, perhaps of too little memory. "
            + _RESUME
        ) from None
    except (RuntimeError, ImportError, AttributeError) as error:
        raise ConnectionError(
            f"A worker of {scheduler!r} cannot do its part: {_first_line(error)}. "
            "Install the same hipext on every machine. " + _RESUME
        ) from None


def _gone(scheduler: str) -> ConnectionError:
    return ConnectionError(f"The scheduler at {scheduler!r} went away. {_RESUME}")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
