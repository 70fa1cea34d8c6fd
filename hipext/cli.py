"""The command line: ``hipext --help``."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import typer

from hipext import _class_commands, _notebook_commands, _study_commands, records, show
from hipext import _options as options
from hipext._changes import read_changes, with_changes_told
from hipext._checks import check_one_of
from hipext._fit_request import FitRequest, read_bounds, read_starts
from hipext._listings import athlete_table, plan_table
from hipext._terminal import (
    Commands,
    Version,
    fault_told,
    replace_what_cannot_be_shown,
)
from hipext.athlete import read_athlete
from hipext.data import find_file, read_text
from hipext.evidence import read_evidence, search_evidence
from hipext.exercises import exercise_named, exercise_table, read_exercises
from hipext.plan_file import read_plan
from hipext.plan_text import format_text
from hipext.simulation import open_loop, simulate
from hipext.tables import TRAINING_LOADS
from hipext.whatif import vary

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
        print(fault_told(error), file=sys.stderr)
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
    from hipext._run_command import folder_name, run_told  # draws: slow to load

    check_one_of(load, TRAINING_LOADS, name="--load")
    if is_open and (seed or no_noise):
        raise ValueError("--open-loop has no chance in it: no --seed, no --no-noise.")
    changed = read_changes(changes or [])
    chosen = with_changes_told(vary(read_plan(plan), changed), changed)
    person = read_athlete(athlete)
    if is_open:
        simulation = open_loop(chosen, person, training_load=load)
    else:
        simulation = simulate(
            chosen, person, seed=seed, noise=not no_noise, training_load=load
        )
    folder = out / folder_name(plan, athlete)
    told = run_told(
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
    from hipext._fit_command import fit_told  # fits and draws: slow to load

    request = FitRequest(
        series=series,
        model=model,
        load=load,
        performance=performance,
        day=day,
        exercise=exercise,
        missing=missing,
        convention=convention,
        bounds=read_bounds(bound or []),
        start=read_starts(start or []),
        compare=tuple(compare or []),
        n_bootstrap=bootstrap,
        level=level,
        seed=seed,
        out=out,
    )
    print(fit_told(request, as_json=as_json))


for command in (*_study_commands.COMMANDS, *_class_commands.COMMANDS):
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
    from hipext.lint import lint_plan  # expands the plan: slow to load

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
        records.write_files({path.name: after.encode()}, path.parent)


@app.command()
def schema(
    kind: options.Kind = "plan",
) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    from hipext.study_schema import SCHEMAS

    check_one_of(kind, SCHEMAS, name="kind")
    print(json.dumps(SCHEMAS[kind](), indent=2, ensure_ascii=False))


for command in _notebook_commands.COMMANDS:
    app.command()(command)
