"""The commands of ``hipext``: read the arguments, call the package, print the result.

Modules are loaded when a command uses them, so that ``hipext --help`` answers at once.
"""

import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

import hipext
from hipext import cli, course, files
from hipext.cli import options
from hipext.cli.options import read_bounds, read_changes, read_starts, read_vary
from hipext.files.checks import InputError, escaped, listed

if TYPE_CHECKING:
    from hipext.files.schema import FileValue

_DEBUG = "--debug"


class Commands(TyperGroup):
    """Commands that end quietly on Ctrl-C, and when nobody reads their output."""

    # Help and version are printed while the arguments are read, all else when the
    # command runs: both steps can meet Ctrl-C or a closed pipe.

    def make_context(self, *args: object, **kwargs: object) -> object:
        """Read the arguments."""
        with _interruptions_handled():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: object) -> object:
        """Run the command."""
        with _interruptions_handled():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    help="Progressive hip-extension training: a plan and an athlete in, curves out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; bad input ends it with one message and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not a stream of a test, nor a closed one
            stream.reconfigure(errors="replace")  # "?" for what a terminal lacks
    # Where its cache cannot be written Matplotlib goes on without, in many words.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    given = list(sys.argv[1:] if arguments is None else arguments)
    is_debugging = _DEBUG in given  # behind the command as well as in front of it
    try:
        app([one for one in given if one != _DEBUG])
    except Exception as error:
        if is_debugging:
            traceback.print_exc()
        is_own_fault = not isinstance(error, InputError | OSError | MemoryError)
        message = _fault_message(error) if is_own_fault else _error_message(error)
        print(escaped(message), file=sys.stderr)  # names of files may hold anything
        sys.exit(1 if is_own_fault else 2)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"hipext {version('hipext')}")
        raise typer.Exit


@app.callback()
def _without_command(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, help="Print the version."),
    ] = False,
    _debug: Annotated[
        bool, typer.Option(_DEBUG, help="After an error, print where it arose.")
    ] = False,
) -> None:
    """Take the options that need no command."""


@app.command()
def run(
    plan: options.PlanName,
    athlete: options.AthleteName = options.DEFAULT_ATHLETE,
    changes: options.Changes = None,
    load: options.LoadName = "session_rpe_load",
    is_open: options.IsOpen = False,
    seed: options.Seed = 0,
    no_noise: options.NoNoise = False,
    explain: options.ExplainedWeek = None,
    out: options.OutFolder = Path("out"),
    as_json: options.AsJson = False,
) -> None:
    """Simulate a plan; write tables, figures and a report.

    Performance, pain and fatigue feed back into the plan: sets can fail, pain and
    soreness rise and fall, gates open or not. With --open-loop every set succeeds.
    """
    from hipext.plots.report import FILE_NAMES, report_files
    from hipext.simulation.simulation import ALL_FILES, record_files

    files.checks.check_one_of(load, hipext.tables.TRAINING_LOADS, name="--load")
    if is_open and (seed or no_noise):
        raise InputError("--open-loop is not random: leave out --seed and --no-noise.")
    changed = read_changes(changes or [])
    chosen = cli.text.with_changes_described(
        hipext.vary(hipext.read_plan(plan), changed), changed
    )
    trained = hipext.read_athlete(athlete)
    if is_open:
        found = hipext.open_loop(chosen, trained, training_load=load)
    else:
        found = hipext.simulate(
            chosen, trained, seed=seed, noise=not no_noise, training_load=load
        )
    # Before anything is written, so that a wrong week leaves no files.
    explained = [] if explain is None else found.explain(week=explain).splitlines()
    name = Path(plan).stem
    if athlete != options.DEFAULT_ATHLETE:
        name += f"-{Path(athlete).stem}"
    written = cli.text.write_results(
        out / name,
        record_files(found),
        report_files(found),
        replaceable=(*FILE_NAMES, *ALL_FILES),
    )
    if as_json:
        print(cli.text.run_json(found, written))
    else:
        print(cli.text.run_text(found, written, changed=changed, explained=explained))


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
    text = cli.fits.fit_results(
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
    print(text)


@app.command()
def compare(
    plans: options.ComparedPlans,
    vary: options.Varied = None,
    factorial: options.Factorial = False,
    changes: options.Changes = None,
    athlete: options.RepeatedAthlete = None,
    population: options.PopulationName = None,
    n_athletes: options.NumberOfAthletes = 1000,
    seed: options.Seed = 0,
    no_noise: options.NoNoise = False,
    outcome: options.OutcomeShown = "strength_pct",
    level: options.Level = 0.95,
    out: options.OutFolder = Path("out"),
    as_json: options.AsJson = False,
) -> None:
    """Compare plans, or values in one plan, for the same athletes.

    Every athlete goes through every scenario with the same random numbers, so that
    differences are due to the scenarios and not to chance. Without --vary, one thing of
    the plan is changed at a time: deload weeks, load step, rule, sessions a week, ...
    """
    files.checks.check_one_of(outcome, hipext.tables.OUTCOMES, name="--outcome")
    changed, varied = read_changes(changes or []), read_vary(vary or [])
    chosen = [hipext.vary(hipext.read_plan(name), changed) for name in plans]
    athletes = options.compared_athletes(athlete, population, n_athletes, seed=seed)
    if len(chosen) == 1 and not varied:  # each part of the plan is changed in turn
        compared, given = hipext.one_at_a_time, chosen[0]
    else:
        given = options.compared_scenarios(plans, chosen, varied, factorial=factorial)
        compared = hipext.compare
    settings = {"noise": not no_noise, "level": level, "progress": True}
    found = compared(given, athletes, seeds=(seed,), **settings)
    folder = out / f"compare-{'-'.join(Path(name).stem for name in plans)}"
    text = cli.results.comparison_results(
        found, outcome, folder, changed=changed, as_json=as_json
    )
    print(text)


@app.command()
def sweep(
    path: options.SweepFile,
    out: options.SweepFolder = None,
    resume: options.Resume = False,
    scheduler: options.Scheduler = None,
    threads: options.Threads = None,
    outcome: options.OutcomeShown = "strength_pct",
    as_json: options.AsJson = False,
) -> None:
    """Simulate many scenarios and athletes, into Parquet files.

    A sweep that was stopped, for whatever reason, continues with --resume. Threads, a
    local cluster and a cluster of machines write the same bytes.
    """
    from hipext.studies.sweep_file import read_sweep_file

    files.checks.check_one_of(outcome, hipext.tables.OUTCOMES, name="--outcome")
    spec = read_sweep_file(path)
    folder = out or Path("out") / f"sweep-{Path(path).stem}"
    # What resumes the sweep: a folder of the user's must be named once more.
    own_folder = [] if out is None else ["--out", str(out)]
    command = ["hipext", "sweep", path, *own_folder, "--resume"]
    with cli.results.resumable(folder, command):
        if scheduler is not None:
            cli.results.silence_dask()
        found = hipext.sweep(
            spec,
            folder,
            resume=resume,
            scheduler=scheduler,
            n_threads=threads,
            progress=True,
        )
        text = cli.results.sweep_results(found, outcome, as_json=as_json)
    print(text)


@app.command()
def sensitivity(
    folder: options.DoneSweep,
    outcome: options.OutcomeShown = "strength_pct",
    level: options.Level = 0.95,
    as_json: options.AsJson = False,
) -> None:
    """Rank what a sweep varies by its effect on an outcome.

    For sweeps whose design is of kind saltelli (Sobol indices) or morris (screening).
    """
    found = hipext.read_sweep(folder).sensitivity(outcome, level=level)
    print(cli.results.sensitivity_results(found, folder, as_json=as_json))


@app.command()
def search(
    path: options.SearchFile,
    out: options.SearchFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Search for plans that serve several goals within limits.

    The result is a front of trade-offs between the goals, never a single best plan.
    """
    from hipext.studies.sweep_file import read_search_file

    spec = read_search_file(path)
    folder = out or Path("out") / f"search-{Path(path).stem}"
    files.records.check_folder_is_free(folder, "search")
    found = hipext.find_front(spec, progress=True)
    print(cli.results.search_results(spec, found, folder, as_json=as_json))


@app.command()
def reproduce(
    folder: options.RecordFolder,
    engine: options.EngineName = None,
    as_json: options.AsJson = False,
) -> None:
    """Repeat what a record describes, and compare the results.

    Prints "identical", or the first difference and its cause, with exit code 1.
    """
    found = hipext.reproduce(folder, engine=engine, progress=True)
    print(cli.text.json_text(asdict(found)) if as_json else found.report())
    if not found.is_equal:
        sys.exit(1)


@app.command()
def plans(as_json: options.AsJson = False) -> None:
    """List the shipped plans."""
    _print_shipped(["plans"], None, as_json=as_json)


@app.command()
def athletes(name: options.FileShown = None, as_json: options.AsJson = False) -> None:
    """List the shipped athletes, or print the file of one.

    All are invented. A start for a file of your own: hipext athletes novice > me.toml
    """
    _print_shipped(["athletes"], name, as_json=as_json)


@app.command()
def populations(
    name: options.FileShown = None, as_json: options.AsJson = False
) -> None:
    """List the shipped populations, or print the file of one.

    A start for a file of your own: hipext populations novices > mine.toml
    """
    _print_shipped(["populations"], name, as_json=as_json)


@app.command()
def studies(name: options.FileShown = None, as_json: options.AsJson = False) -> None:
    """List the shipped sweeps and searches, or print one.

    A start for a file of your own: hipext studies light_weeks > my_sweep.toml
    """
    folders = ["sweeps", "searches"]
    if name is not None:
        found = {
            one: folder for folder in folders for one in files.shipped_names(folder)
        }
        files.checks.check_one_of(name, found, name="The name of a study")
        folders = [found[name]]
    _print_shipped(folders, name, as_json=as_json)


@app.command()
def exercises(
    name: options.ExerciseShown = None, as_json: options.AsJson = False
) -> None:
    """List the exercises, or show one in full.

    Muscles, cues, faults, and what comes next.
    """
    from hipext.plans.exercises import exercise_named, exercise_rows

    catalogue = hipext.read_exercises()
    if name is None:
        columns = ["id", "role", "pattern", "laterality", "implement", "dominant_joint"]
        rows = exercise_rows(catalogue)
        shown = [{column: row[column] for column in columns} for row in rows]
        print(cli.text.json_text(rows) if as_json else cli.text.rows_text(shown))
        return
    exercise = exercise_named(name, catalogue)
    text = cli.text.exercise_text(exercise, catalogue)
    print(exercise.model_dump_json(indent=2) if as_json else text)


@app.command()
def evidence(
    ids: options.SourceIds = None,
    topic: options.Topic = None,
    search: options.Search = None,
    status: options.Status = None,
    as_json: options.AsJson = False,
) -> None:
    """List the sources: every figure from the literature."""
    from hipext.files.evidence import evidence_rows, found_places

    rows = evidence_rows()
    places = found_places(rows, topic=topic, words=search, status=status, ids=ids or ())
    found = [rows[place] for place in places]
    _print_rows(found, cli.text.evidence_text, as_json=as_json)


@app.command()
def lint(
    plan: options.PlanName,
    athlete: options.AthleteName = options.DEFAULT_ATHLETE,
    strict: options.Strict = False,
    as_json: options.AsJson = False,
) -> None:
    """Look for what is allowed in a plan but probably not meant."""
    found = hipext.lint_plan(
        hipext.read_plan(plan), athlete=hipext.read_athlete(athlete)
    )
    _print_rows(found.to_dict("records"), cli.text.findings_text, as_json=as_json)
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
    from hipext.plans.plan_file import format_text

    path = files.io.find_file(plan, "plans")
    before = files.io.read_text(path)
    after = format_text(before, source=str(path))
    if check:
        print(f"{path} is {'' if before == after else 'not '}in canonical form.")
        sys.exit(0 if before == after else 1)
    if not write:
        print(after, end="")
    elif not Path(plan).is_file():
        raise InputError(
            f"{plan} is a shipped plan and stays as it is. "
            f"Save a copy first: hipext fmt {plan} > my_plan.toml"
        )
    elif before != after:
        files.io.write_files({path.name: after.encode()}, path.parent)


@app.command()
def schema(kind: options.Kind = "plan") -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    files.checks.check_one_of(kind, cli.schema.SCHEMAS, name="kind")
    print(cli.text.json_text(cli.schema.SCHEMAS[kind]()))


@app.command()
def lab(
    folder: options.NotebookFolder = Path("hipext_notebooks"),
    browser: options.OpensBrowser = True,
    port: options.Port = 8888,
    allow_root: options.AllowRoot = False,
) -> None:
    """Open JupyterLab on a copy of the notebooks.

    Your own work is never replaced.
    """
    course.lab.check_user(allow_root=allow_root)
    course.lab.jupyterlab()  # without it nothing is copied
    for line in course.lab.copy_notebooks(folder):
        typer.echo(line)  # not kept back while JupyterLab runs
    course.lab.launch_lab(folder, browser=browser, port=port, allow_root=allow_root)


@app.command("app")
def explorers_app(
    browser: options.OpensBrowser = True,
    port: options.Port = 8866,
    allow_root: options.AllowRoot = False,
) -> None:
    """Open all explorers on one page, without any code.

    An address such as ?explorer=deload&deload_every_weeks=3 opens one with settings.
    """
    course.lab.check_user(allow_root=allow_root, command="app")
    course.lab.launch_app(tell=typer.echo, browser=browser, port=port)


@app.command()
def assignments(
    notebooks: options.CourseNotebooks = None,
    out: options.CourseFolder = Path("out/course"),
    points: options.Points = 1,
) -> None:
    """Make nbgrader assignments of the notebooks.

    Each task becomes a cell to answer and a cell that marks it. An assignment that is
    there already and was edited is never replaced, nor are the settings of a course.
    To mark: pip install 'hipext[class]', and nbgrader in the activated environment.
    """
    made = course.tasks.course_files(notebooks or [], points=points)
    for path in course.tasks.write_course(made, out):
        print(path)
    print(f"Next, in {out}: nbgrader generate_assignment NAME")


@app.command()
def handouts(
    notebooks: options.CourseNotebooks = None,
    out: options.HandoutFolder = Path("out/handouts"),
    figures: options.WithFigures = True,
) -> None:
    """Make handouts of the notebooks, to print.

    Questions to predict and tasks, with room to answer; limits, sources, figures. No
    answers except those that the figures show. Needs pip install 'hipext[class]'.
    """
    pages = course.handouts.handout_files(notebooks or [], figures=figures)
    for path in files.io.write_files(pages, out):
        print(path)


def _print_rows(
    rows: Sequence[Mapping[str, object]],
    text_of: Callable[[Sequence[Mapping[str, object]]], str],
    *,
    as_json: bool,
) -> None:
    if as_json:
        print(cli.text.json_text(rows))
    else:
        print(text_of(rows) if rows else "Nothing found.")


def _print_shipped(folders: Sequence[str], name: str | None, *, as_json: bool) -> None:
    """Print the list of the shipped files of folders, or the file of a name."""
    if name is None:
        rows = cli.text.shipped_rows(folders)
        _print_rows(rows, cli.text.entries_text, as_json=as_json)
        return
    (folder,) = folders
    text = files.io.read_text(files.io.find_file(name, folder)).rstrip()
    # A file of the user's is checked before its text is printed.
    if as_json or Path(name).is_file():
        checked = _read_checked(name, folder)
        text = checked.model_dump_json(indent=2) if as_json else text
    print(text)


def _read_checked(name: str, folder: str) -> "FileValue":
    """Return the checked values of a file of the kind of a folder."""
    from hipext.studies.sweep_file import read_search_file, read_sweep_file

    readers = {
        "athletes": hipext.read_athlete,
        "populations": hipext.read_population,
        "sweeps": read_sweep_file,
        "searches": read_search_file,
    }
    return readers[folder](name)


def _fault_message(error: Exception) -> str:
    """Return a fault of hipext itself, or of old packages below it, as a message."""
    if found := _outdated_packages():
        updates = " ".join(f"'{wanted}'" for wanted in found)
        return (
            f"hipext needs {listed(found)}; installed: {listed(found.values())}. "
            f"Install it with: pip install --upgrade {updates}\n"
            f"(The error: {type(error).__name__}: {error})"
        )
    name = "hipext"
    with suppress(PackageNotFoundError):  # a checkout that was not installed
        name += f" {version(name)}"
    return (
        f"This is a fault of hipext, not of your input: {type(error).__name__}: "
        f"{error}\nPlease report it to whoever gave you {name}: "
        f"the command, the files it names, and what it prints with {_DEBUG}."
    )


def _outdated_packages() -> dict[str, str]:
    """Return what hipext requires and is older here: {"numpy>=2.0": "1.26.4"}."""
    # Nothing in pip hinders a later installation from taking an older version.
    needs: list[str] = []
    with suppress(PackageNotFoundError):  # a checkout that was not installed
        needs = requires("hipext") or []
    found = {}
    for line in (need.partition(";")[0].strip() for need in needs):
        name, _, least = line.partition(">=")
        with suppress(PackageNotFoundError):  # of an extra
            installed = version(name)
            if _numbers(installed) < _numbers(least):
                found[line] = installed
    return found


def _numbers(text: str) -> list[int]:
    """Return the leading numbers of a version: [2, 0] of "2.0rc1"."""
    return [int(part) for part in re.match(r"[\d.]*", text)[0].split(".") if part]


def _error_message(error: Exception) -> str:
    """Return a fault of the input or of the system as a message."""
    if isinstance(error, MemoryError):
        return f"There is not enough memory ({error}). Take fewer athletes or weeks."
    # Our own OSErrors are whole sentences; those of the system have a strerror.
    if not getattr(error, "strerror", None):
        return str(error)
    return f"{error.filename or 'The output cannot be written'}: {error.strerror}."


@contextmanager
def _interruptions_handled() -> Iterator[None]:
    """End on Ctrl-C with exit code 130, and on a pipe that nobody reads with 0."""
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                # A fault of the output shows here at the latest.
                sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except OSError as error:
        if error.errno and error.filename is None:  # not a file: the output itself
            # Python flushes the output once more at exit, and would fail again.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
        if isinstance(error, BrokenPipeError):
            sys.exit(0)
        raise
