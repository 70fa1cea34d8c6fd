"""A sweep on a Dask cluster: several processes of one machine, or many machines.

On this machine, ``hipext sweep my_sweep.toml --out DIR --scheduler local`` starts one
worker per processor and stops them in the end. On several machines:

1. Install the same hipext everywhere: ``pip install 'hipext[cluster,fast]'``. A worker
   with other code refuses to work, because its parts would not fit to those of others.
2. On one machine: ``dask scheduler``. It prints its address, ``tcp://HOST:8786``.
3. On each machine that is to work: ``dask worker tcp://HOST:8786 --nworkers auto
   --nthreads 1``. Workers may come and go while a sweep runs. Ports 8786 and those of
   the workers must be open between the machines; ``--tls-*`` options encrypt.
4. From where the results are to be: ``hipext sweep my_sweep.toml --out DIR --scheduler
   tcp://HOST:8786``. Results come back over the network; no disk is shared.

Under a batch system (SLURM, PBS) the package dask-jobqueue starts steps 2 and 3, on
Kubernetes dask-kubernetes. A batch whose worker dies is done by another one. A batch
takes at least 50 ms of compiled work, so that a scheduler, which needs about 2 ms for
each, is no bottleneck below some ten workers, and with large batches some hundred.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

from hipext._crowd import usual_threads
from hipext._job import Piece, columns_of
from hipext._seals import code_hash, data_hashes

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
