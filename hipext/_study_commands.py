"""The commands about many persons, and about results made before."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import typer

from hipext import _options as options
from hipext import show
from hipext._changes import read_changes, read_vary
from hipext._checks import check_one_of
from hipext._listings import population_table, study_table
from hipext.data import find_file, read_text, shipped_names
from hipext.population import read_population
from hipext.sweep_file import read_search_file, read_sweep_file


def compare(
    plans: options.ComparedPlans,
    vary: options.Varied = None,
    together: options.Together = False,
    changes: options.Changes = None,
    athlete: options.OnePerson = None,
    population: options.PopulationName = None,
    persons: options.Persons = 1000,
    seed: options.Seed = 0,
    no_noise: options.NoNoise = False,
    outcome: options.OutcomeShown = "strength_pct",
    level: options.Level = 0.95,
    out: options.OutFolder = Path("out"),
    as_json: options.AsJson = False,
) -> None:
    """Compare plans, or values in one plan, for the same persons.

    Every person lives through every scenario on the same days, so that a difference is
    one of the scenarios and not of chance. Without --vary, one thing of the plan is
    changed at a time: light weeks, load step, rule, sessions a week and more.
    """
    from hipext._compare_command import CompareRequest, compare_told  # slow to load

    request = CompareRequest(
        plans=tuple(plans),
        varied=read_vary(vary or []),
        together=together,
        changes=read_changes(changes or []),
        athlete=athlete,
        population=population,
        persons=persons,
        seed=seed,
        noise=not no_noise,
        level=level,
        outcome=outcome,
        out=out,
    )
    typer.echo(compare_told(request, as_json=as_json))


def sweep(
    path: options.SweepFile,
    out: options.SweepFolder = None,
    resume: options.Resume = False,
    scheduler: options.Scheduler = None,
    threads: options.Threads = None,
    outcome: options.OutcomeShown = "strength_pct",
    as_json: options.AsJson = False,
) -> None:
    """Simulate many scenarios for many persons, into Parquet files.

    A sweep that was stopped, by whatever, goes on with --resume. Threads, a local
    cluster and a cluster of machines make the same bytes.
    """
    from hipext._sweep_command import SweepRequest, sweep_told  # slow to load

    request = SweepRequest(
        path=path,
        out=out,
        resume=resume,
        scheduler=scheduler,
        n_threads=threads,
        outcome=outcome,
    )
    try:
        typer.echo(sweep_told(request, as_json=as_json))
    except KeyboardInterrupt:
        typer.echo(f"Stopped. {request.way_on()}".rstrip(), err=True)
        sys.exit(130)


def sensitivity(
    folder: options.DoneSweep,
    outcome: options.OutcomeShown = "strength_pct",
    level: options.Level = 0.95,
    as_json: options.AsJson = False,
) -> None:
    """Tell what matters for an outcome, of all that a sweep varies.

    For sweeps whose design is of kind saltelli (Sobol indices) or morris (screening).
    """
    from hipext._sweep_command import sensitivity_told  # slow to load

    typer.echo(sensitivity_told(folder, outcome, level=level, as_json=as_json))


def search(
    path: options.SearchFile,
    out: options.SearchFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Look for plans that serve several goals and keep to limits.

    What is found is a front of trades between the goals, never a single best plan.
    """
    from hipext._sweep_command import search_told  # slow to load

    typer.echo(search_told(path, out, as_json=as_json))


def reproduce(
    folder: options.RecordFolder,
    engine: options.EngineName = None,
    as_json: options.AsJson = False,
) -> None:
    """Make results again from their record, and compare.

    Prints "identical", or the first difference and its cause, with exit code 1.
    """
    from hipext.reproduction import reproduce as made_again  # slow to load

    found = made_again(folder, engine=engine, progress=True)
    told = json.dumps(asdict(found), indent=2, ensure_ascii=False)
    typer.echo(told if as_json else found.told())
    if not found.is_equal:
        sys.exit(1)


def populations(
    name: options.FileShown = None,
    as_json: options.AsJson = False,
) -> None:
    """List the shipped populations, or print the file of one.

    A start for a file of your own: hipext populations novices > people.toml
    """
    if name is None:
        _echo_table(population_table(), "population", as_json=as_json)
        return
    found = read_population(name)
    text = read_text(find_file(name, "populations")).rstrip()
    typer.echo(found.model_dump_json(indent=2) if as_json else text)


def studies(
    name: options.FileShown = None,
    as_json: options.AsJson = False,
) -> None:
    """List the shipped sweeps and searches, or print one.

    A start for a file of your own: hipext studies light_weeks > my_sweep.toml
    """
    if name is None:
        _echo_table(study_table(), "study", as_json=as_json)
        return
    readers = {"sweeps": read_sweep_file, "searches": read_search_file}
    folders = {one: folder for folder in readers for one in shipped_names(folder)}
    check_one_of(name, folders, name="The name of a study")
    found = readers[folders[name]](name)
    text = read_text(find_file(name, folders[name])).rstrip()
    typer.echo(found.model_dump_json(indent=2) if as_json else text)


def _echo_table(table: pd.DataFrame, key: str, *, as_json: bool) -> None:
    rows = table.to_json(orient="records", indent=2, force_ascii=False)
    typer.echo(rows if as_json else show.entries(table, key))


COMMANDS = (compare, sweep, sensitivity, search, reproduce, populations, studies)
