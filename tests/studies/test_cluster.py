"""A sweep on a scheduler and workers of this machine: the same bytes, come what may."""

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from distributed import KilledWorker
from distributed.comm import CommClosedError

from hipext.studies import batches
from hipext.studies.batches import (
    _result,
    batches_on,
    job_from_record,
    tables_on_worker,
)
from hipext.studies.sweep_file import inputs_of_study, read_sweep_file
from hipext.studies.sweeps import sweep

ROOT = Path(__file__).parents[2]
FILE = """
format = 1
name = "test"
plan = "deadlift_5x5_10wk"
population = "gym"
n_athletes = 9000
[vary]
deload_every = [0, 4]
"""
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
PATIENCE_S = 60


def hashes(folder):
    """Return the SHA-256 of every file of a folder by name."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in paths
        if not path.name.startswith("sweep.")
    }


def wait_for(happens):
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def started(*arguments, **options):
    """Start a program of Dask in a process of its own."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.Popen(command, **QUIET, **options)


@contextmanager
def stopped(*processes):
    """Stop processes in the end."""
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def running_scheduler(folder):
    """Run a scheduler without workers; give its process and its address."""
    told = folder / "told.json"
    told.touch()
    arguments = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    process = started(
        "distributed.cli.dask_scheduler", *arguments, "--scheduler-file", told
    )
    with stopped(process):
        wait_for(lambda: '"address": "tcp://' in told.read_text())
        text = told.read_text()
        yield process, text[text.index("tcp://") :].partition('"')[0]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Return the address of a scheduler without workers."""
    with running_scheduler(tmp_path_factory.mktemp("scheduler")) as (_, address):
        yield address


def worker(scheduler, **options):
    """Start a worker with one thread that nobody starts again."""
    arguments = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
    return started("distributed.cli.dask_worker", scheduler, *arguments, **options)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return the path of a sweep file."""
    path = tmp_path_factory.mktemp("sweep") / "my.toml"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def in_process(path, tmp_path_factory):
    """Return the hashes of the sweep, made in this process."""
    return hashes(sweep(path, tmp_path_factory.mktemp("in") / "out").folder)


def command(path, folder, scheduler, *more):
    """Return the command of a sweep on a scheduler."""
    arguments = ["sweep", path, "--out", folder, "--scheduler", scheduler, *more]
    return [sys.executable, "-m", "hipext", *map(str, arguments)]


def n_parts(folder):
    """Return how many parts are there."""
    return len([*(folder / "outcomes").glob("part-*.parquet")])


@pytest.mark.slow
def test_workers_make_the_same_bytes_though_one_is_killed(
    scheduler, path, in_process, tmp_path
):
    folder = tmp_path / "out"
    running = subprocess.Popen(command(path, folder, scheduler), **QUIET)
    with stopped(worker(scheduler), worker(scheduler), running) as (victim, *_):
        wait_for(lambda: n_parts(folder) >= 3)
        assert n_parts(folder) < 36  # in the middle
        victim.send_signal(signal.SIGKILL)
        assert running.wait(PATIENCE_S) == 0
    assert victim.returncode == -signal.SIGKILL
    assert hashes(folder) == in_process


@pytest.mark.slow
def test_sweep_whose_scheduler_dies_can_be_resumed(path, in_process, tmp_path):
    folder = tmp_path / "out"
    with running_scheduler(tmp_path) as (lone, address), stopped(worker(address)):
        running = subprocess.Popen(
            command(path, folder, address),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: n_parts(folder) >= 3)
        lone.kill()
        _, fault = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 2
    assert f"The scheduler at {address!r} went away. Parts that are done" in fault
    assert "Traceback" not in fault
    sweep(path, folder, resume=True)
    assert hashes(folder) == in_process


@pytest.mark.slow
def test_local_cluster_makes_the_same_bytes(path, in_process, tmp_path):
    folder = tmp_path / "out"
    subprocess.run(command(path, folder, "local", "--threads", 2), check=True, **QUIET)
    assert hashes(folder) == in_process


def test_worker_with_other_code_is_reported(scheduler, path, tmp_path):
    for name in ("hipext", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    with (tmp_path / "hipext" / "engine" / "day.py").open("a") as other:
        other.write("# another version\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with stopped(worker(scheduler, env=environment, cwd=tmp_path)):
        done = subprocess.run(
            command(path, tmp_path / "out", scheduler),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "cannot do its part: this worker has another hipext" in done.stderr
    assert "Install the same hipext on every machine" in done.stderr


def test_worker_checks_its_code_before_it_works(path):
    job = job_from_record(inputs_of_study(read_sweep_file(path)))
    with pytest.raises(RuntimeError, match="this worker has another hipext"):
        tables_on_worker(job.head(), (), "other", None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (KilledWorker("batch", None, 3), "Several workers died over one batch"),
        (CancelledError("batch"), "went away"),
        (CommClosedError("in the middle"), "went away"),
        (RuntimeError("no hipext\nmore"), r"cannot do its part: no hipext\. Install"),
        (ModuleNotFoundError("No module named 'hipext'"), "named 'hipext'. Install"),
    ],
)
def test_fault_of_a_batch_is_reported_with_what_to_do(fault, told):
    future = Future()
    future.set_exception(fault)
    with pytest.raises(ConnectionError, match=rf"{told}.*go on with --resume"):
        _result(future, "tcp://far:1")


def test_where_nothing_is_left_to_do_no_scheduler_is_needed():
    assert list(batches_on("nowhere", b"", [])) == []


@pytest.fixture
def impatient(monkeypatch):
    """Wait shortly for a scheduler."""
    monkeypatch.setattr(batches, "_CONNECT_S", 1)


@pytest.mark.usefixtures("impatient")
def test_scheduler_without_workers_is_reported(scheduler, path, tmp_path):
    with pytest.raises(
        ConnectionError, match=f"has no workers.*dask worker {scheduler}"
    ):
        sweep(path, tmp_path / "out", scheduler=scheduler)


@pytest.mark.usefixtures("impatient")
def test_scheduler_that_is_not_there_is_reported(path, tmp_path):
    address = "tcp://127.0.0.1:9"
    with pytest.raises(ConnectionError, match=f"No scheduler answers at '{address}'"):
        sweep(path, tmp_path / "out", scheduler=address)


@pytest.mark.parametrize("address", ["nowhere", "tcp://", "a b:1", "tcp://host:port"])
def test_what_is_no_address_is_reported(path, tmp_path, address):
    with pytest.raises(ConnectionError, match=f"'{address}' is no address"):
        sweep(path, tmp_path / "out", scheduler=address)


@pytest.mark.usefixtures("impatient")
def test_sweep_that_found_no_scheduler_starts_without_resume(
    path, in_process, tmp_path
):
    with pytest.raises(ConnectionError):
        sweep(path, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    assert hashes(sweep(path, tmp_path / "out").folder) == in_process
