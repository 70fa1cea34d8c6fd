"""Arguments and options of the commands, and values written as KEY=VALUE."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

# Names in help texts are written out: importing them takes longer than `--help`.
DEFAULT_ATHLETE = "novice"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
PlanName = Annotated[
    str, typer.Argument(metavar="PLAN", help="Name of a shipped plan, or a TOML file.")
]
AthleteName = Annotated[
    str, typer.Option("--athlete", "-a", help="Shipped athlete, or a TOML file.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a value: deload.every_weeks=0. Repeatable."),
]
LoadName = Annotated[
    str,
    typer.Option(
        help="Training load: system_volume_load_kg, tut_s, hard_sets, session_rpe_load."
    ),
]
IsOpen = Annotated[
    bool, typer.Option("--open-loop", help="Assume that every set succeeds.")
]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers: 0, 1, 2, ...")]
NoNoise = Annotated[bool, typer.Option("--no-noise", help="Without random variation.")]
ExplainedWeek = Annotated[
    int | None, typer.Option(help="Explain the decisions of a week.")
]
OutFolder = Annotated[
    Path, typer.Option(help="Results go into a folder in here, named by the plan.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 if anything is found.")]
Write = Annotated[bool, typer.Option("--write", "-w", help="Rewrite the file instead.")]
Check = Annotated[
    bool, typer.Option("--check", help="Exit 1 if the file would change.")
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
    str,
    typer.Option(
        "--model",
        "-m",
        help="One of one_component, banister, fitness_delay, variable_dose, "
        "saturated_dose, kalman.",
    ),
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
    str, typer.Option("--convention", help="Load takes effect: next_day or same_day.")
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
    typer.Option("--compare", help="Model to compare with. Repeatable."),
]
NBootstrap = Annotated[
    int, typer.Option("--bootstrap", min=0, help="Resampled fits; 0: no bands.")
]
Level = Annotated[float, typer.Option(help="Of intervals and bands: 0.95 for 95 %.")]
FitSeed = Annotated[
    int, typer.Option("--seed", min=0, help="Seed of the resampling: 0, 1, 2, ...")
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
Factorial = Annotated[
    bool, typer.Option("--factorial", help="Every combination of the values to try.")
]
RepeatedAthlete = Annotated[
    str | None,
    typer.Option("--athlete", "-a", help="Simulate one athlete repeatedly instead."),
]
PopulationName = Annotated[
    str | None,
    typer.Option(help="Population to draw from. Default: novices."),
]
NumberOfAthletes = Annotated[
    int, typer.Option("--athletes", help="Number of athletes drawn.")
]
OutcomeShown = Annotated[str, typer.Option(help="Outcome to draw and to list first.")]
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
    typer.Option(help="Folder of the results. Default: out/sweep-NAME."),
]
SearchFolder = Annotated[
    Path | None,
    typer.Option(help="Folder of the results. Default: out/search-NAME."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Resume a sweep that was stopped.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Dask scheduler, tcp://HOST:8786, or local."),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Threads, or workers of a local cluster."),
]
DoneSweep = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of a finished sweep.")
]
RecordFolder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder that hipext wrote.")
]
EngineName = Annotated[
    str | None,
    typer.Option(help="plain or compiled. Default: that of the record."),
]
FileShown = Annotated[str | None, typer.Argument(help="Print the file of this one.")]
CourseNotebooks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NOTEBOOK", help="Name or number: 01_first_plan, 01. Default: all."
    ),
]
CourseFolder = Annotated[Path, typer.Option(help="Folder of the course.")]
HandoutFolder = Annotated[Path, typer.Option(help="Folder of the handouts.")]
Points = Annotated[int, typer.Option(min=1, help="Points per task.")]
WithFigures = Annotated[
    bool, typer.Option("--figures/--no-figures", help="Include the figures.")
]
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'""", re.DOTALL)


def read_changes(texts: Iterable[str]) -> dict[str, object]:
    """Return values by dotted path from texts like ``deload.every_weeks=0``.

    Raises
    ------
    ValueError
        If a text has no path or no value.
    """
    pairs = (_key_and_value(text, "--set needs KEY=VALUE") for text in texts)
    return {path: _parsed(value) for path, value in pairs}


def read_vary(texts: Iterable[str]) -> dict[str, list[object]]:
    """Return lists of values by name from texts like ``deload.every_weeks=0,4,6``.

    A comma inside brackets, braces or quotes belongs to a value.

    Raises
    ------
    ValueError
        If a text has no name or an empty value, leaves a bracket or a quote open, or
        repeats the name of another one.

    Examples
    --------
    >>> read_vary(["athlete.missed_weeks=[],[3, 4]", "tempo=3-1-1-0,2-0-1-0"])
    {'athlete.missed_weeks': [[], [3, 4]], 'tempo': ['3-1-1-0', '2-0-1-0']}
    """
    lists: dict[str, list[object]] = {}
    # A dict would silently keep the last of two texts with one name.
    for text in texts:
        name, values = _key_and_value(text, "--vary needs KEY=VALUE,VALUE")
        if name in lists:
            raise ValueError(
                f"--vary: {name!r} is there twice; got {text!r} besides. "
                f"Write all its values behind one {name}=."
            )
        parts = [*_parts(values, text)]
        if not all(parts):
            raise ValueError(
                f"--vary needs a value before and after each comma; got {text!r}. "
                f'Write "" for an empty text.'
            )
        lists[name] = [_parsed(part) for part in parts]
    return lists


def _key_and_value(text: str, needed: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ValueError(f"{needed}; got {text!r}.")
    return key.strip(), value


def _parsed(text: str) -> object:
    """Return a TOML value; a text that is none needs no quotes here."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _parts(values: str, text: str) -> Iterator[str]:
    """Yield the values between commas."""
    part = None
    for piece in values.split(","):
        part = piece if part is None else f"{part},{piece}"
        # Brackets and commas inside complete quotes do not count.
        bare = _QUOTED.sub("", part)
        has_open_quote = '"' in bare or "'" in bare
        depth = sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))
        if depth < 0 and not has_open_quote:
            raise ValueError(f"--vary: a bracket was never opened in {text!r}.")
        # A comma inside quotes or brackets belongs to the value: read on.
        if depth == 0 and not has_open_quote:
            yield part.strip()
            part = None
    if part is not None:
        what = "quote" if has_open_quote else "bracket"
        raise ValueError(f"--vary: a {what} is not closed in {text!r}.")
