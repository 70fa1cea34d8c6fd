"""Arguments and options of the command line that have more than a name."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from hipext.files.tables import TRAINING_LOADS
from hipext.plans.plan import Plan
from hipext.response.models import MODELS
from hipext.studies.scenarios import changes_text

DEFAULT_ATHLETE = "novice"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
PlanName = Annotated[
    str, typer.Argument(metavar="PLAN", help="Name of a shipped plan, or a TOML file.")
]
AthleteName = Annotated[
    str, typer.Option("--athlete", "-a", help="Shipped person, or a TOML file.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a value: deload.every_weeks=0. Repeatable."),
]
LoadName = Annotated[
    str, typer.Option("--load", help=f"Training load: {', '.join(TRAINING_LOADS)}.")
]
IsOpen = Annotated[
    bool, typer.Option("--open-loop", help="Let every set succeed; without chance.")
]
Seed = Annotated[
    int, typer.Option("--seed", help="Of the random numbers: 0, 1, 2 and so on.")
]
NoNoise = Annotated[
    bool, typer.Option("--no-noise", help="Let nothing vary by chance.")
]
ExplainedWeek = Annotated[
    int | None, typer.Option("--explain", help="Tell what happened in a week, and why.")
]
OutFolder = Annotated[
    Path,
    typer.Option("--out", help="Results go into a folder in here, named by the plan."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 if anything is found.")]
Write = Annotated[bool, typer.Option("--write", "-w", help="Rewrite the file instead.")]
Check = Annotated[
    bool, typer.Option("--check", help="Only tell; exit 1 if it would change.")
]
ExerciseShown = Annotated[str | None, typer.Argument(help="Show this one in full.")]
Kind = Annotated[
    str, typer.Argument(help="plan, athlete, population, sweep or search.")
]
SourceIds = Annotated[
    list[str] | None, typer.Argument(help="Only these rows: E07-001.")
]
Topic = Annotated[str | None, typer.Option(help="Only this topic.")]
Search = Annotated[str | None, typer.Option(help="Only rows with this text.")]
Status = Annotated[
    str | None, typer.Option(help="Only VERIFIED, RECALLED or CONFLICT.")
]
NotebookFolder = Annotated[
    Path, typer.Argument(help="Your copy of the notebooks goes in here.")
]
OpensBrowser = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open a browser window.")
]
Port = Annotated[
    int, typer.Option(min=1, max=65535, help="Port; the next free one is taken.")
]
AllowRoot = Annotated[
    bool, typer.Option("--allow-root", help="Run even as root, as in a container.")
]
SeriesFile = Annotated[
    str, typer.Argument(metavar="SERIES", help="CSV file: one row per day, or sets.")
]
ModelName = Annotated[
    str, typer.Option("--model", "-m", help=f"One of {', '.join(MODELS)}.")
]
LoadColumn = Annotated[
    str | None,
    typer.Option(
        "--load",
        help="Column of the training load; of sets, its definition as in hipext run.",
    ),
]
PerformanceColumn = Annotated[
    str | None, typer.Option("--performance", help="Column of the tests.")
]
DayColumn = Annotated[
    str | None, typer.Option("--day", help="Column of the days: numbers or dates.")
]
FittedExercise = Annotated[
    str | None,
    typer.Option("--exercise", help="Of sets: whose best estimated 1RM is tested."),
]
MissingLoad = Annotated[
    str,
    typer.Option("--missing", help="A day without a load: refuse it, or rest (0)."),
]
Convention = Annotated[
    str, typer.Option("--convention", help="Load is felt: next_day or same_day.")
]
FitBounds = Annotated[
    list[str] | None,
    typer.Option("--bound", help="Where to look: fitness_tau=1,300. Repeatable."),
]
FitStarts = Annotated[
    list[str] | None,
    typer.Option("--start", help="Search from here only: fitness_tau=40. Repeatable."),
]
ComparedModels = Annotated[
    list[str] | None,
    typer.Option("--compare", help="Fit this model as well. Repeatable."),
]
NBootstrap = Annotated[
    int, typer.Option("--bootstrap", min=0, help="Resampled fits; 0: no bands.")
]
Level = Annotated[
    float, typer.Option("--level", help="Of intervals and bands: 0.95 for 95 %.")
]
FitSeed = Annotated[
    int, typer.Option("--seed", min=0, help="Of the resampling: 0, 1, 2 and so on.")
]
FitFolder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder of the results. Default: out/fit-SERIES-MODEL."),
]
ComparedPlans = Annotated[
    list[str], typer.Argument(metavar="PLAN", help="Shipped plans, or TOML files.")
]
Varied = Annotated[
    list[str] | None,
    typer.Option("--vary", help="Values to try: deload.every_weeks=0,4,6. Repeatable."),
]
Together = Annotated[
    bool, typer.Option("--together", help="Every combination of what is varied.")
]
OnePerson = Annotated[
    str | None, typer.Option("--athlete", "-a", help="One person, on many other days.")
]
PopulationName = Annotated[
    str | None,
    typer.Option("--population", help="Draw persons from it. Default: novices."),
]
Persons = Annotated[int, typer.Option("--persons", help="Persons in every scenario.")]
OutcomeShown = Annotated[
    str, typer.Option("--outcome", help="What is told first and drawn.")
]
SweepFile = Annotated[
    str,
    typer.Argument(metavar="SWEEP", help="Name of a shipped sweep, or a TOML file."),
]
SearchFile = Annotated[
    str,
    typer.Argument(metavar="SEARCH", help="Name of a shipped search, or a TOML file."),
]
SweepFolder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder of the results. Default: out/sweep-NAME."),
]
SearchFolder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder of the results. Default: out/search-NAME."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with a sweep that was stopped.")
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Dask scheduler, tcp://HOST:8786, or local."),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Threads, or workers of a local cluster."),
]
DoneSweep = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of a finished sweep.")
]
RecordFolder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder that hipext wrote.")
]
EngineName = Annotated[
    str | None, typer.Option("--engine", help="plain or compiled. Default: as then.")
]
FileShown = Annotated[str | None, typer.Argument(help="Print the file of this one.")]
CourseNotebooks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NOTEBOOK", help="Such as 01_first_plan, or 01. Default: all."
    ),
]
CourseFolder = Annotated[Path, typer.Option("--out", help="Folder of the course.")]
HandoutFolder = Annotated[Path, typer.Option("--out", help="Folder of the handouts.")]
Points = Annotated[int, typer.Option("--points", min=1, help="Of each task.")]
WithFigures = Annotated[
    bool, typer.Option("--figures/--no-figures", help="With figures, or not.")
]
_PIECES = re.compile(
    r"""(?P<quoted>"(?:\\.|[^"\\])*"|'[^']*')|(?P<bracket>[][{}])|(?P<comma>,)"""
    r"""|(?P<quote>["'])|[^][{},"']+""",
    re.DOTALL,
)


def read_changes(texts: Iterable[str]) -> dict[str, object]:
    """Return values by dotted path from texts like ``deload.every_weeks=0``.

    Raises
    ------
    ValueError
        If a text has no path or no value.
    """
    changes = {}
    for text in texts:
        path, value = _halves(text, "--set needs KEY=VALUE")
        changes[path] = _value(value)
    return changes


def read_vary(texts: Iterable[str]) -> dict[str, list[object]]:
    """Return lists of values by name from texts like ``deload.every_weeks=0,4,6``.

    A comma inside brackets, braces or quotes belongs to a value.

    Raises
    ------
    ValueError
        If a text has no name or an empty value, leaves a bracket or a quote open, or
        names what another one names.

    Examples
    --------
    >>> read_vary(["athlete.missed_weeks=[],[3, 4]", "tempo=3-1-1-0,2-0-1-0"])
    {'athlete.missed_weeks': [[], [3, 4]], 'tempo': ['3-1-1-0', '2-0-1-0']}
    """
    lists: dict[str, list[object]] = {}
    for text in texts:
        name, values = _halves(text, "--vary needs KEY=VALUE,VALUE")
        if name in lists:
            raise ValueError(
                f"--vary: {name!r} is there twice; got {text!r} besides. "
                f"Write all its values behind one {name}=."
            )
        parts = _parted(values, text)
        if not all(parts):
            raise ValueError(
                f"--vary needs a value before and after each comma; got {text!r}. "
                f'Write "" for an empty text.'
            )
        lists[name] = [_value(part) for part in parts]
    return lists


def _halves(text: str, needed: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise ValueError(f"{needed}; got {text!r}.")
    return path.strip(), value


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()  # plain words need no quotes here


def _parted(values: str, text: str) -> list[str]:
    """Return the texts between commas, except those inside brackets and quotes."""
    parts, depth = [""], 0
    for piece in _PIECES.finditer(values):
        if piece["quote"]:
            raise ValueError(f"--vary: a quote is not closed in {text!r}.")
        if piece["bracket"]:
            depth += 1 if piece["bracket"] in "[{" else -1
        if depth < 0:
            raise ValueError(f"--vary: a bracket was never opened in {text!r}.")
        if piece["comma"] and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece[0]
    if depth:
        raise ValueError(f"--vary: a bracket is not closed in {text!r}.")
    return [part.strip() for part in parts]


def with_changes_recorded(plan: Plan, changes: Mapping[str, object]) -> Plan:
    """Return a changed plan with a description that says so."""
    if not changes:
        return plan
    description = (
        f"{plan.description.strip()} Changed for this run: {changes_text(changes)}. "
        "The texts of the plan describe it as it was written."
    )
    return plan.model_copy(update={"description": description.strip()})
