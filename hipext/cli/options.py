"""Arguments and options of the commands, and values written as KEY=VALUE."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

import hipext
from hipext.files.checks import InputError, excerpt, odd_values

if TYPE_CHECKING:
    from hipext.athletes.athlete import Athlete
    from hipext.plans.plan import Plan
    from hipext.studies.scenarios import Scenario

# Names in help texts are written out: importing them takes longer than `--help`.
DEFAULT_ATHLETE = "novice"
_Text = str | None
_Texts = list[str] | None
_Folder = Path | None
AsJson = Annotated[bool, Option("--json", help="Print JSON for a machine.")]
PlanName = Annotated[
    str, Argument(metavar="PLAN", help="Name of a shipped plan, or a TOML file.")
]
AthleteName = Annotated[
    str, Option("--athlete", "-a", help="Shipped athlete, or a TOML file.")
]
Changes = Annotated[
    _Texts, Option("--set", help="Change a value: deload.every_weeks=0. Repeatable.")
]
LoadName = Annotated[
    str,
    Option(
        help="Training load: system_volume_load_kg, tut_s, hard_sets, session_rpe_load."
    ),
]
IsOpen = Annotated[bool, Option("--open-loop", help="Assume that every set succeeds.")]
Seed = Annotated[int, Option(help="Seed of the random numbers: 0, 1, 2, ...")]
NoNoise = Annotated[bool, Option("--no-noise", help="Without random variation.")]
ExplainedWeek = Annotated[int | None, Option(help="Explain the decisions of a week.")]
OutFolder = Annotated[
    Path, Option(help="Results go into a folder in here, named by the plan.")
]
Strict = Annotated[bool, Option("--strict", help="Exit 1 if anything is found.")]
Write = Annotated[bool, Option("--write", "-w", help="Rewrite the file instead.")]
Check = Annotated[bool, Option("--check", help="Exit 1 if the file would change.")]
ExerciseShown = Annotated[_Text, Argument(help="Show this one in full.")]
Kind = Annotated[str, Argument(help="plan, athlete, population, sweep or search.")]
SourceIds = Annotated[_Texts, Argument(help="Only these rows: E07-001.")]
Topic = Annotated[_Text, Option(help="Only this topic.")]
Search = Annotated[_Text, Option(help="Only rows with this text.")]
Status = Annotated[_Text, Option(help="Only VERIFIED, RECALLED or CONFLICT.")]
NotebookFolder = Annotated[
    Path, Argument(help="Your copy of the notebooks goes in here.")
]
OpensBrowser = Annotated[
    bool, Option("--browser/--no-browser", help="Open a browser window.")
]
Port = Annotated[
    int, Option(min=1, max=65535, help="Port; the next free one is taken.")
]
AllowRoot = Annotated[
    bool, Option("--allow-root", help="Run even as root, as in a container.")
]
SeriesFile = Annotated[
    str, Argument(metavar="SERIES", help="CSV file: one row per day, or sets.")
]
ModelName = Annotated[
    str,
    Option(
        "--model",
        "-m",
        help="One of one_component, banister, fitness_delay, variable_dose, "
        "saturated_dose, kalman.",
    ),
]
LoadColumn = Annotated[
    _Text,
    Option(
        help="Column of the training load; of sets, its definition as in hipext run."
    ),
]
PerformanceColumn = Annotated[_Text, Option(help="Column of the tests.")]
DayColumn = Annotated[_Text, Option(help="Column of the days: numbers or dates.")]
FittedExercise = Annotated[
    _Text, Option(help="Of sets: whose best estimated 1RM is tested.")
]
MissingLoad = Annotated[
    str, Option(help="A day without a load: refuse it, or rest (0).")
]
Convention = Annotated[str, Option(help="Load takes effect: next_day or same_day.")]
FitBounds = Annotated[
    _Texts, Option(help="Where to look: fitness_tau=1,300. Repeatable.")
]
FitStarts = Annotated[
    _Texts, Option(help="Search from here only: fitness_tau=40. Repeatable.")
]
ComparedModels = Annotated[_Texts, Option(help="Model to compare with. Repeatable.")]
NBootstrap = Annotated[
    int, Option(min=0, max=100_000, help="Resampled fits; 0: no bands.")
]
Level = Annotated[float, Option(help="Of intervals and bands: 0.95 for 95 %.")]
FitSeed = Annotated[int, Option(min=0, help="Seed of the resampling: 0, 1, 2, ...")]
FitFolder = Annotated[
    _Folder, Option(help="Folder of the results. Default: out/fit-SERIES-MODEL.")
]
ComparedPlans = Annotated[
    list[str], Argument(metavar="PLAN", help="Shipped plans, or TOML files.")
]
Varied = Annotated[
    _Texts, Option(help="Values to try: deload.every_weeks=0,4,6. Repeatable.")
]
Factorial = Annotated[
    bool, Option("--factorial", help="Every combination of the values to try.")
]
RepeatedAthlete = Annotated[
    _Text, Option("--athlete", "-a", help="Simulate one athlete repeatedly instead.")
]
PopulationName = Annotated[
    _Text, Option(help="Population to draw from. Default: novices.")
]
NumberOfAthletes = Annotated[
    int, Option("--athletes", help="Number of athletes drawn.")
]
OutcomeShown = Annotated[str, Option(help="Outcome to draw and to list first.")]
SweepFile = Annotated[
    str, Argument(metavar="SWEEP", help="Name of a shipped sweep, or a TOML file.")
]
SearchFile = Annotated[
    str, Argument(metavar="SEARCH", help="Name of a shipped search, or a TOML file.")
]
SweepFolder = Annotated[
    _Folder, Option(help="Folder of the results. Default: out/sweep-NAME.")
]
SearchFolder = Annotated[
    _Folder, Option(help="Folder of the results. Default: out/search-NAME.")
]
Resume = Annotated[bool, Option("--resume", help="Resume a sweep that was stopped.")]
Scheduler = Annotated[_Text, Option(help="Dask scheduler, tcp://HOST:8786, or local.")]
Threads = Annotated[
    int | None, Option(min=1, max=1024, help="Threads, or workers of a local cluster.")
]
DoneSweep = Annotated[Path, Argument(metavar="DIR", help="Folder of a finished sweep.")]
RecordFolder = Annotated[
    Path, Argument(metavar="DIR", help="Folder that hipext wrote.")
]
EngineName = Annotated[
    _Text, Option(help="plain or compiled. Default: that of the record.")
]
FileShown = Annotated[_Text, Argument(help="Print the file of this one.")]
CourseNotebooks = Annotated[
    _Texts,
    Argument(
        metavar="NOTEBOOK", help="Name or number: 01_first_plan, 01. Default: all."
    ),
]
CourseFolder = Annotated[Path, Option(help="Folder of the course.")]
HandoutFolder = Annotated[Path, Option(help="Folder of the handouts.")]
Points = Annotated[int, Option(min=1, max=1000, help="Points per task.")]
WithFigures = Annotated[
    bool, Option("--figures/--no-figures", help="Include the figures.")
]
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'""", re.DOTALL)


def read_changes(texts: Iterable[str]) -> dict[str, object]:
    """Return values by dotted path from texts like ``deload.every_weeks=0``."""
    pairs = (_key_and_value(text, "--set needs KEY=VALUE") for text in texts)
    return {path: _parsed(value) for path, value in pairs}


def read_vary(texts: Iterable[str]) -> dict[str, list[object]]:
    """Return lists of values by name from texts like ``deload.every_weeks=0,4,6``."""
    lists: dict[str, list[object]] = {}
    # A dict would silently keep the last of two texts with one name.
    for text in texts:
        name, values = _key_and_value(text, "--vary needs KEY=VALUE,VALUE")
        if name in lists:
            raise InputError(
                f"--vary: {name!r} is there twice; got {text!r} besides. "
                f"Write all its values behind one {name}=."
            )
        parts = [*_parts(values, text)]
        if not all(parts):
            raise InputError(
                f"--vary needs a value before and after each comma; got {text!r}. "
                f'Write "" for an empty text.'
            )
        lists[name] = [_parsed(part) for part in parts]
    return lists


def read_bounds(texts: Iterable[str]) -> dict[str, tuple[float, ...]]:
    """Return bounds by parameter from texts like ``fitness_tau=1,300``."""
    needed = "--bound needs NAME=LOWEST,HIGHEST: fitness_tau=1,300, or two equal values"
    return _numbers(texts, 2, f"{needed} to hold it fast")


def read_starts(texts: Iterable[str]) -> dict[str, float]:
    """Return values by parameter from texts like ``fitness_tau=33.6``."""
    found = _numbers(texts, 1, "--start needs NAME=VALUE: fitness_tau=33.6")
    return {name: value for name, (value,) in found.items()}


def compared_scenarios(
    names: Sequence[str],
    plans: Sequence["Plan"],
    varied: Mapping[str, Sequence],
    *,
    factorial: bool,
) -> "Sequence[Scenario] | Mapping[str, Plan]":
    """Return one plan with varied values, or several plans by name."""
    if len(plans) == 1:
        return hipext.variations(plans[0], varied, together=factorial)
    if varied:
        raise InputError(
            f"--vary changes one plan; several were named ({', '.join(names)}). "
            "Compare plans, or values in one plan."
        )
    # Stems are shorter; full names differ where plans of two folders share a stem.
    for called in ([Path(name).stem for name in names], names):
        if len(set(called)) == len(called):
            return dict(zip(called, plans, strict=True))
    raise InputError(f"A plan is named twice: {', '.join(names)}.")


def compared_athletes(
    athlete: str | None, population: str | None, n: int, *, seed: int
) -> "Sequence[Athlete]":
    """Return one athlete n times, or n athletes drawn from a population."""
    from hipext.studies.comparison import MAX_RUNS  # slow to import, as is what follows
    from hipext.studies.scenarios import Copies

    if not 1 <= n <= MAX_RUNS:
        more = " A sweep takes more." if n > MAX_RUNS else ""
        raise InputError(f"--athletes must be 1 to {MAX_RUNS}; got {n}.{more}")
    if athlete is None:
        return hipext.cohort(n, population or "novices", seed=seed)
    if population is not None:
        raise InputError("Name --athlete or --population, not both.")
    return Copies(hipext.read_athlete(athlete), n)


def _numbers(
    texts: Iterable[str], n_numbers: int, needed: str
) -> dict[str, tuple[float, ...]]:
    """Return so many numbers by name from texts like ``name=1,2``."""
    found: dict[str, tuple[float, ...]] = {}
    for text in texts:
        name, values = _key_and_value(text, needed)
        if name in found:
            option = needed.partition(" ")[0]
            raise InputError(f"{option} names {name} twice. Leave one out.")
        try:
            found[name] = tuple(map(float, values.split(",")))
        except ValueError:
            found[name] = ()
        # A bound may be infinite, a start may not.
        is_usable = not any(map(isnan, found[name])) and (
            n_numbers > 1 or all(map(isfinite, found[name]))
        )
        if len(found[name]) != n_numbers or not is_usable:
            raise InputError(f"{needed}; got {text!r}.")
    return found


def _key_and_value(text: str, needed: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InputError(f"{needed}; got {text!r}.")
    return key.strip(), value


def _parsed(text: str) -> object:
    """Return a TOML value; a text that is none needs no quotes here."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()
    except (ValueError, RecursionError):  # what Python does not read, or not so deep
        raise InputError(
            f"{excerpt(text)} has too many digits, or brackets in each other."
        ) from None
    for _, problem in odd_values(value):
        raise InputError(f"{excerpt(text)}: {problem}")
    return value


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
            raise InputError(f"--vary: a bracket was never opened in {text!r}.")
        # A comma inside quotes or brackets belongs to the value: read on.
        if depth == 0 and not has_open_quote:
            yield part.strip()
            part = None
    if part is not None:
        what = "quote" if has_open_quote else "bracket"
        raise InputError(f"--vary: a {what} is not closed in {text!r}.")
