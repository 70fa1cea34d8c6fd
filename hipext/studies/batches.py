"""Split a sweep into independent batches that any process or computer can run.

A row is an athlete in a scenario; rows are counted scenario by scenario. A batch needs
no file: it takes the head of the job (plan, athletes, constants) and its pieces, all of
them plain values, so that a thread, another process and another machine do the same.
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from os import cpu_count
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete
from hipext.engine.state import WEEK_LOG
from hipext.files.checks import InputError, import_extra
from hipext.files.parameters import parameters_changed, values_in_use
from hipext.files.records import code_hash, data_hashes, json_value
from hipext.files.tables import WEEKLY_OUTCOMES
from hipext.plans.plan import Plan
from hipext.plans.plan_file import check_plan
from hipext.simulation.run import Setting, weeks_of_all, with_others
from hipext.studies.crowds import (
    course_of,
    first_of,
    is_simulated,
    outcomes_of,
    runs_compiled,
    setting_in,
)
from hipext.studies.designs import design_of
from hipext.studies.scenarios import (
    Scenario,
    athletes_in,
    participants_as_json,
    participants_from_json,
    scenario_of,
)
from hipext.studies.sweep_file import SweepSpec, study_from_record

if TYPE_CHECKING:
    from distributed import Client, Future

_LEAST_ROWS, _MOST_ROWS = 512, 8192  # of a batch: at least 50 ms of compiled work
_BATCHES = 64  # wanted, where they are not too small or too large
_MOST_SCENARIOS = 32  # of a batch: each costs as much as a few hundred rows
_ADDRESS = re.compile(r"(\w+://)?([^\s/:]+|\[[\da-fA-F:]+\]):\d+")
_CONNECT_S = 10  # within which a scheduler answers and has a worker
_PATIENCE_S = 60  # without any worker, before a sweep gives up
_LOOK_S = 5
_AHEAD = 3  # batches per processor of the cluster that wait there
_RESUME = "Parts that are done are kept: go on with --resume."


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """Everything that a sweep is made of."""

    plan: Plan  # before any change
    athletes: Sequence[Athlete]  # in every scenario
    seed: int
    noise: bool
    keeps_weeks: bool  # beside outcomes
    design: pd.DataFrame  # one row per scenario, one column per varied name

    @property
    def n_rows(self) -> int:
        """Athletes in all scenarios together."""
        return len(self.design) * len(self.athletes)

    def head(self) -> bytes:
        """Return what all batches need to know."""
        values = {
            "plan": self.plan.model_dump(mode="json", exclude_unset=True),
            "participants": participants_as_json(self.athletes),
            "seed": self.seed,
            "noise": self.noise,
            "keeps_weeks": self.keeps_weeks,
            # Constants in use belong to a context, which another process lacks.
            "parameters": values_in_use(),
        }
        return zlib.compress(json.dumps(values).encode())


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Athletes of one scenario: `n` of them from `first`, counted from 0."""

    scenario: int
    changes: str  # of the scenario, as JSON
    first: int
    n: int


def job_from_record(record: Mapping[str, object]) -> Job:
    """Return what the record of a sweep asks for; no other file is needed."""
    spec = study_from_record(SweepSpec, record["sweep"])
    design = spec.design
    return Job(
        plan=check_plan(record["plan"], source="the plan of the record"),
        athletes=participants_from_json(record["participants"]),
        seed=spec.seed,
        noise=spec.noise,
        keeps_weeks=spec.weeks,
        design=design_of(design.kind, spec.vary, design.n, spec.seed),
    )


def batch_size(job: Job) -> int:
    """Return the rows of a batch; a sweep of many small scenarios has smaller ones.

    A batch is one part of the files of a sweep. Its size follows from the job alone,
    not from threads, workers or memory: parts have the same bytes wherever they are
    made, and a sweep that was stopped on one machine can be resumed on another.
    """
    wanted = -(-job.n_rows // _BATCHES)
    size = min(max(wanted, _LEAST_ROWS), _MOST_ROWS)
    # To make a scenario ready takes as long as some hundred athletes.
    return min(size, _MOST_SCENARIOS * len(job.athletes))


def n_batches(job: Job) -> int:
    """Return how many batches a job has."""
    return -(-job.n_rows // batch_size(job))


def pieces_of(job: Job, batch: int) -> tuple[Piece, ...]:
    """Return the pieces of a batch, in order: one for each scenario it reaches into."""
    row, n_each, pieces = batch * batch_size(job), len(job.athletes), []
    end = min(row + batch_size(job), job.n_rows)
    while row < end:
        scenario, first = divmod(row, n_each)
        n = min(n_each - first, end - row)
        values = {name: column.iloc[scenario] for name, column in job.design.items()}
        changes = json.dumps(json_value(values))
        pieces.append(Piece(scenario=scenario, changes=changes, first=first, n=n))
        row += n
    return tuple(pieces)


def check_first(job: Job) -> None:
    """Raise PlanError if the first scenario cannot be done, as without a 1RM."""
    _scenario(job.head(), pieces_of(job, 0)[0].changes)


def tables_of_batch(
    head: bytes, pieces: Sequence[Piece], engine: str | None = None
) -> dict[str, dict[str, np.ndarray]]:
    """Simulate the athletes of a batch, and return the columns of its tables.

    ``outcomes`` has a row per athlete and, where weeks are to be kept, ``weeks`` one
    per athlete and week, each piece in its order. `head` is `Job.head` of the job, and
    the engine by default compiled where numba is installed.
    """
    is_compiled = runs_compiled(engine)
    parts = [_simulated(head, piece, is_compiled=is_compiled) for piece in pieces]
    tables = {"outcomes": _joined(map(_outcome_columns, pieces, parts))}
    if _values_of(head)["keeps_weeks"]:
        tables["weeks"] = _joined(map(_week_columns, pieces, parts))
    return tables


# Both caches go by the bytes of the head: a worker that gets batch after batch of one
# sweep checks plan and athletes once, and each scenario once per batch.
@lru_cache(maxsize=4)
def _values_of(head: bytes) -> Mapping[str, object]:
    """Return the values of a head, plan and athletes as checked values."""
    values = json.loads(zlib.decompress(head))
    return values | {
        "plan": check_plan(values["plan"], source="the plan"),
        "athletes": participants_from_json(values["participants"]),
    }


@lru_cache(maxsize=8)
def _scenario(head: bytes, changes: str) -> tuple[Scenario, Setting]:
    """Return a scenario, and its setting with one athlete in place of all."""
    values = _values_of(head)
    scenario = scenario_of(values["plan"], json.loads(changes))
    return scenario, setting_in(scenario, values["athletes"][:1])


def _simulated(head: bytes, piece: Piece, *, is_compiled: bool) -> np.ndarray:
    """Return the weeks of the athletes of a piece; none where changes make no plan."""
    values = _values_of(head)
    with parameters_changed(values["parameters"]):
        try:
            scenario, one = _scenario(head, piece.changes)
        except InputError:  # each change was checked alone; together they may not fit
            return np.full((piece.n, 1), np.nan, dtype=WEEK_LOG)
        athletes = values["athletes"][piece.first : piece.first + piece.n]
        with parameters_changed(scenario.parameters):
            return weeks_of_all(
                with_others(one, athletes_in(scenario, athletes)),
                seed=values["seed"],
                first_number=first_of(values["athletes"]) + piece.first,
                noise=values["noise"],
                is_compiled=is_compiled,
            )


def _outcome_columns(piece: Piece, weeks: np.ndarray) -> dict[str, np.ndarray]:
    found = outcomes_of(weeks)
    return {
        "scenario": np.full(piece.n, piece.scenario, dtype="int32"),
        "athlete": np.arange(piece.n, dtype="int64") + piece.first + 1,
        **found,
        "weeks": found["weeks"].astype("int16"),  # at its place among the others
    }


def _week_columns(piece: Piece, weeks: np.ndarray) -> dict[str, np.ndarray]:
    rows, place = np.nonzero(is_simulated(weeks))
    return {
        "scenario": np.full(len(rows), piece.scenario, dtype="int32"),
        "athlete": rows + piece.first + 1,
        "week": (place + 1).astype("int16"),
        **{name: course_of(weeks, name)[rows, place] for name in WEEKLY_OUTCOMES},
    }


def _joined(parts: Iterator[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return tables of the same columns one below the other."""
    parts = list(parts)
    return {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}


def batches_on(
    scheduler: str,
    job: Job,
    numbers: Sequence[int],
    *,
    n_workers: int | None = None,
    engine: str | None = None,
) -> Iterator[tuple[int, Mapping]]:
    """Yield number and tables of batches as workers of Dask finish them, in any order.

    `scheduler` is an address, or "local" for workers on this machine.
    """
    if not numbers:
        return
    with ExitStack() as stack:
        client = _client(scheduler, n_workers, stack)
        head, code = job.head(), _code()

        def submit(batch: int) -> "Future":
            # Not pure: Dask would keep the results of a pure function by its arguments.
            # If a worker dies, the scheduler gives its batches to another one.
            pieces = pieces_of(job, batch)
            return client.submit(
                tables_on_worker, head, pieces, code, engine, pure=False
            )

        # Some batches wait at the cluster, so that no worker is idle, but not all of
        # them: what is done must be fetched before it fills the memory of the workers.
        n_ahead = _AHEAD * max(sum(client.nthreads().values()), 1)
        waiting = iter(numbers)
        pending = {submit(batch): batch for batch in islice(waiting, n_ahead)}
        while pending:
            for future in _finished(client, scheduler, list(pending)):
                tables = _result(future, scheduler)
                yield pending.pop(future), tables
                future.release()
                pending |= {submit(batch): batch for batch in islice(waiting, 1)}


def tables_on_worker(
    head: bytes, pieces: Sequence[Piece], code: str, engine: str | None
) -> Mapping:
    """Return the tables of a batch; this runs on a worker with the same code."""
    if _code() != code:
        raise RuntimeError("this worker has another hipext")
    return tables_of_batch(head, pieces, engine)


def _code() -> str:
    """Return what differs between two versions of hipext or its data."""
    return " ".join([code_hash(), *data_hashes().values()])


_NEEDS_DASK = (
    "A cluster needs Dask; without --scheduler the threads of this process are used."
)


def check_scheduler(scheduler: str) -> None:
    """Raise ConnectionError unless this can be a scheduler, and Dask is installed."""
    import_extra("distributed", "cluster", use=_NEEDS_DASK)
    if scheduler != "local" and not _ADDRESS.fullmatch(scheduler):
        raise ConnectionError(
            f"--scheduler: {scheduler!r} is no address. Take the one that 'dask "
            "scheduler' prints, like tcp://127.0.0.1:8786; or write local."
        )


def _client(scheduler: str, n_workers: int | None, stack: ExitStack) -> "Client":
    check_scheduler(scheduler)
    import distributed as dask  # it is there

    address: object = scheduler
    if scheduler == "local":
        size = {"n_workers": n_workers or cpu_count() or 1, "threads_per_worker": 1}
        address = stack.enter_context(dask.LocalCluster(**size, dashboard_address=None))
    try:
        client = stack.enter_context(dask.Client(address, timeout=_CONNECT_S))
    except (OSError, ValueError, TypeError) as error:
        raise ConnectionError(
            f"No scheduler answers at {scheduler!r} ({_first_line(error)}). Start one "
            "with 'dask scheduler' and take the address it prints, like "
            "tcp://127.0.0.1:8786; or write --scheduler local."
        ) from None
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
    except TimeoutError:
        raise ConnectionError(
            f"The scheduler at {scheduler!r} has no workers. Start some with: "
            f"dask worker {scheduler}"
        ) from None
    return client


def _finished(client: "Client", scheduler: str, pending: Sequence) -> Sequence:
    """Return futures that are done, at least one."""
    from distributed import wait

    while True:
        try:
            with suppress(TimeoutError):
                done = wait(pending, timeout=_LOOK_S, return_when="FIRST_COMPLETED")
                return sorted(done.done, key=pending.index)
            # A batch may take longer than that. Only where no worker is left does the
            # wait end: Dask itself would wait for one for ever.
            client.wait_for_workers(1, timeout=_PATIENCE_S)
        except TimeoutError:
            raise ConnectionError(
                f"The scheduler at {scheduler!r} has had no running worker for "
                f"{_PATIENCE_S} s. {_RESUME}"
            ) from None
        except (OSError, CancelledError):
            raise _lost_scheduler(scheduler) from None


def _result(future: "Future", scheduler: str) -> Mapping:
    from distributed import KilledWorker

    try:
        return future.result()
    except (OSError, CancelledError):
        raise _lost_scheduler(scheduler) from None
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


def _lost_scheduler(scheduler: str) -> ConnectionError:
    return ConnectionError(f"The scheduler at {scheduler!r} went away. {_RESUME}")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
