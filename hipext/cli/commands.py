"""The command line: ``hipext --help``."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from typer.core import TyperGroup

from hipext.athletes.athlete import read_athlete
from hipext.athletes.population import read_population
from hipext.cli import options
from hipext.cli import text as show
from hipext.cli.options import read_changes, read_vary, with_changes_recorded
from hipext.cli.text import athlete_table, plan_table, population_table, study_table
from hipext.files import io
from hipext.files.checks import check_one_of
from hipext.files.evidence import read_evidence, search_evidence
from hipext.files.io import find_file, read_text, shipped_names
from hipext.files.tables import TRAINING_LOADS
from hipext.plans.edits import vary
from hipext.plans.exercises import exercise_named, exercise_table, read_exercises
from hipext.plans.plan_file import format_text, read_plan
from hipext.simulation.simulation import open_loop, simulate
from hipext.studies.sweep_file import read_search_file, read_sweep_file


class Commands(TyperGroup):
    """Commands that end in one word, or none, when they are stopped from outside."""

    def make_context(self, *args: object, **kwargs: object) -> object:
        """Read the arguments; help and version are printed here."""
        with _stopped_from_outside():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: object) -> object:
        """Run the command."""
        with _stopped_from_outside():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    help="Progressive hip-extension strengthening: a plan and a person in, curves out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every fault of the input is one message and exit 2."""
    replace_what_cannot_be_shown()
    try:
        app(arguments)
    except (OSError, ValueError) as error:
        print(error_message(error), file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        if os.environ.get("HIPEXT_TRACEBACK"):
            raise
        print(
            f"hipext stumbled over its own fault ({type(error).__name__}: {error}). "
            "Set HIPEXT_TRACEBACK=1 to see where, and please report it.",
            file=sys.stderr,
        )
        sys.exit(1)


def _print_table(table: pd.DataFrame, *, as_json: bool, text: str = "") -> None:
    if as_json:
        print(table.to_json(orient="records", indent=2, force_ascii=False))
    else:
        print(text or show.table(table))


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"hipext {version('hipext')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_tell_version, is_eager=True, help="Print the version."
    ),
]


@app.callback()
def _whole(_version: Version = False) -> None:
    """Take the options that need no command."""


@app.command()
def run(
    plan: options.PlanName,
    athlete: options.AthleteName = options.DEFAULT_ATHLETE,
    changes: options.Changes = None,
    load: options.LoadName = "session_rpe",
    is_open: options.IsOpen = False,
    seed: options.Seed = 0,
    no_noise: options.NoNoise = False,
    explain: options.ExplainedWeek = None,
    out: options.OutFolder = Path("out"),
    as_json: options.AsJson = False,
) -> None:
    """Simulate a plan; write tables, figures and a report.

    The person answers back: sets can fail, pain and soreness come and go, gates open
    or not. With --open-loop every set succeeds as asked.
    """
    from hipext.cli.text import folder_name, run_summary  # draws: slow to load

    check_one_of(load, TRAINING_LOADS, name="--load")
    if is_open and (seed or no_noise):
        raise ValueError("--open-loop has no chance in it: no --seed, no --no-noise.")
    changed = read_changes(changes or [])
    chosen = with_changes_recorded(vary(read_plan(plan), changed), changed)
    person = read_athlete(athlete)
    if is_open:
        simulation = open_loop(chosen, person, training_load=load)
    else:
        simulation = simulate(
            chosen, person, seed=seed, noise=not no_noise, training_load=load
        )
    folder = out / folder_name(plan, athlete)
    told = run_summary(
        simulation, folder, changed=changed, explained_week=explain, as_json=as_json
    )
    print(told)


@app.command()
def fit(
    series: options.SeriesFile,
    model: options.ModelName = "banister",
    load: options.LoadColumn = None,
    performance: options.PerformanceColumn = None,
    day: options.DayColumn = None,
    exercise: options.FittedExercise = None,
    missing: options.MissingLoad = "refuse",
    convention: options.Convention = "next_day",
    bound: options.FitBounds = None,
    start: options.FitStarts = None,
    compare: options.ComparedModels = None,
    bootstrap: options.NBootstrap = 200,
    level: options.Level = 0.95,
    seed: options.FitSeed = 0,
    out: options.FitFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Fit a response model to a load and tests.

    SERIES is a CSV file with one row per day: its training load, 0 for rest, and the
    result of a test where there was one. A sets.csv that hipext run has written does as
    well, with --exercise. In JSON and CSV a bound without end is inf.
    """
    from hipext.cli.fit import read_bounds, read_starts, run_fit  # slow to load

    print(
        run_fit(
            series,
            out,
            columns={"load": load, "performance": performance, "day": day},
            exercise=exercise,
            missing=missing,
            model=model,
            convention=convention,
            bounds=read_bounds(bound or []),
            start=read_starts(start or []),
            compare=compare or [],
            n_bootstrap=bootstrap,
            level=level,
            seed=seed,
            as_json=as_json,
        )
    )


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
    from hipext.cli.studies import CompareRequest, run_compare  # slow to load

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
    typer.echo(run_compare(request, as_json=as_json))


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
    from hipext.cli.studies import SweepRequest, run_sweep  # slow to load

    request = SweepRequest(
        path=path,
        out=out,
        resume=resume,
        scheduler=scheduler,
        n_threads=threads,
        outcome=outcome,
    )
    try:
        typer.echo(run_sweep(request, as_json=as_json))
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
    from hipext.cli.studies import run_sensitivity  # slow to load

    typer.echo(run_sensitivity(folder, outcome, level=level, as_json=as_json))


def search(
    path: options.SearchFile,
    out: options.SearchFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Look for plans that serve several goals and keep to limits.

    What is found is a front of trades between the goals, never a single best plan.
    """
    from hipext.cli.studies import run_search  # slow to load

    typer.echo(run_search(path, out, as_json=as_json))


def reproduce(
    folder: options.RecordFolder,
    engine: options.EngineName = None,
    as_json: options.AsJson = False,
) -> None:
    """Make results again from their record, and compare.

    Prints "identical", or the first difference and its cause, with exit code 1.
    """
    from hipext.studies.reproduction import reproduce as rerun  # slow to load

    found = rerun(folder, engine=engine, progress=True)
    told = json.dumps(asdict(found), indent=2, ensure_ascii=False)
    typer.echo(told if as_json else found.report())
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


STUDY_COMMANDS = (compare, sweep, sensitivity, search, reproduce, populations, studies)


def assignments(
    notebooks: options.CourseNotebooks = None,
    out: options.CourseFolder = Path("out/course"),
    points: options.Points = 1,
) -> None:
    """Make assignments of the notebooks, for nbgrader.

    Each task becomes a cell to answer and a cell that marks it. An assignment that is
    there already and was edited is never replaced, nor are the settings of a course.
    To mark: pip install 'hipext[class]', and nbgrader in the activated environment.
    """
    from hipext.course.tasks import course_files, write_course  # reads all notebooks

    files = course_files(notebooks or [], points=points)
    for path in write_course(files, out):
        typer.echo(path)
    typer.echo(f"Next, in {out}: nbgrader generate_assignment NAME")


def handouts(
    notebooks: options.CourseNotebooks = None,
    out: options.HandoutFolder = Path("out/handouts"),
    figures: options.WithFigures = True,
) -> None:
    """Make handouts of the notebooks, to print.

    Questions to predict and tasks, with room to answer; limits, sources, figures. No
    answers, but in the figures. Needs pip install 'hipext[class]'.
    """
    from hipext.course.handouts import handout_files  # slow to load
    from hipext.files.io import write_files

    files = handout_files(notebooks or [], figures=figures)
    for path in write_files(files, out):
        typer.echo(path)


CLASS_COMMANDS = (assignments, handouts)


for command in (*STUDY_COMMANDS, *CLASS_COMMANDS):
    app.command()(command)


@app.command()
def plans(as_json: options.AsJson = False) -> None:
    """List the shipped plans."""
    table = plan_table()
    _print_table(table, as_json=as_json, text=show.entries(table, "plan"))


@app.command()
def athletes(
    name: options.FileShown = None,
    as_json: options.AsJson = False,
) -> None:
    """List the shipped persons, or print the file of one.

    All are invented. A start for a file of your own: hipext athletes novice > me.toml
    """
    if name is not None:
        person = read_athlete(name)
        text = read_text(find_file(name, "athletes"))
        print(person.model_dump_json(indent=2) if as_json else text.rstrip())
        return
    table = athlete_table()
    _print_table(table, as_json=as_json, text=show.entries(table, "athlete"))


@app.command()
def exercises(
    name: options.ExerciseShown = None,
    as_json: options.AsJson = False,
) -> None:
    """List the exercises, or show one in full.

    Muscles, cues, faults, and what comes next.
    """
    catalogue = read_exercises()
    if name is None:
        columns = ["id", "role", "pattern", "laterality", "implement", "dominant_joint"]
        table = exercise_table(catalogue)
        _print_table(table, as_json=as_json, text=show.table(table[columns]))
        return
    exercise = exercise_named(name, catalogue)
    print(
        exercise.model_dump_json(indent=2)
        if as_json
        else show.exercise(exercise, catalogue)
    )


@app.command()
def evidence(
    ids: options.SourceIds = None,
    topic: options.Topic = None,
    search: options.Search = None,
    status: options.Status = None,
    as_json: options.AsJson = False,
) -> None:
    """List the sources: every figure from the literature."""
    found = search_evidence(
        read_evidence(), topic=topic, words=search, status=status, ids=ids or ()
    )
    _print_table(found, as_json=as_json, text=show.evidence(found))


@app.command()
def lint(
    plan: options.PlanName,
    athlete: options.AthleteName = options.DEFAULT_ATHLETE,
    strict: options.Strict = False,
    as_json: options.AsJson = False,
) -> None:
    """Look for what is allowed but probably not meant."""
    from hipext.simulation.lint import lint_plan  # expands the plan: slow to load

    found = lint_plan(read_plan(plan), athlete=read_athlete(athlete))
    _print_table(found, as_json=as_json, text=show.findings(found))
    if strict and len(found):
        sys.exit(1)


@app.command()
def fmt(
    plan: options.PlanName,
    write: options.Write = False,
    check: options.Check = False,
) -> None:
    """Print a plan in canonical form, comments kept.

    A start for a plan of your own: hipext fmt guide_16wk > my_plan.toml
    """
    path = find_file(plan, "plans")
    before = read_text(path)
    after = format_text(before, source=str(path))
    if check:
        print(f"{path} is {'' if before == after else 'not '}in canonical form.")
        sys.exit(0 if before == after else 1)
    if not write:
        print(after, end="")
    elif not Path(plan).is_file():
        raise ValueError(
            f"{plan} is a shipped plan and stays as it is. "
            f"Save a copy first: hipext fmt {plan} > my_plan.toml"
        )
    elif before != after:
        io.write_files({path.name: after.encode()}, path.parent)


@app.command()
def schema(
    kind: options.Kind = "plan",
) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    from hipext.cli.schema import SCHEMAS

    check_one_of(kind, SCHEMAS, name="kind")
    print(json.dumps(SCHEMAS[kind](), indent=2, ensure_ascii=False))


def lab(
    folder: options.NotebookFolder = Path("hipext_notebooks"),
    browser: options.OpensBrowser = True,
    port: options.Port = 8888,
    allow_root: options.AllowRoot = False,
) -> None:
    """Open JupyterLab on a copy of the notebooks.

    Your own work is never replaced.
    """
    from hipext.course.lab import check_user, copy_notebooks  # needs the extra "lab"
    from hipext.course.lab import launch_lab as launch

    check_user(allow_root=allow_root)
    for line in copy_notebooks(folder):
        typer.echo(line)
    launch(folder, browser=browser, port=port, allow_root=allow_root)


def explorers_app(
    browser: options.OpensBrowser = True,
    port: options.Port = 8866,
    allow_root: options.AllowRoot = False,
) -> None:
    """Open all explorers on one page, without any code.

    An address such as ?explorer=deload&deload_every_weeks=3 opens one with settings.
    """
    from hipext.course.lab import check_user
    from hipext.course.lab import launch_app as launch  # needs the extra "app"

    check_user(allow_root=allow_root, command="app")
    launch(tell=typer.echo, browser=browser, port=port)


NOTEBOOK_COMMANDS = (lab, explorers_app)


for command in NOTEBOOK_COMMANDS:
    app.command()(command)


def _echo_table(table: pd.DataFrame, key: str, *, as_json: bool) -> None:
    rows = table.to_json(orient="records", indent=2, force_ascii=False)
    typer.echo(rows if as_json else show.entries(table, key))


def replace_what_cannot_be_shown() -> None:
    """Let a terminal with few characters show ``?`` for one that it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not a stream of a test, nor a closed one
            stream.reconfigure(errors="replace")


def error_message(error: Exception) -> str:
    """Return a fault of the input or of the system as a message."""
    if not getattr(error, "strerror", None):
        return str(error)
    return f"{error.filename or 'The output cannot be written'}: {error.strerror}."


@contextmanager
def _stopped_from_outside() -> Iterator[None]:
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except OSError as error:
        if error.errno and error.filename is None:  # not a file: the output itself
            _drop_output()
        if isinstance(error, BrokenPipeError):
            sys.exit(0)  # the reader has seen enough
        raise


def _drop_output() -> None:
    """Send the rest of the output nowhere, or it fails again when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
