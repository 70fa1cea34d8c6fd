"""Arguments and options of the command line that have more than a name."""

from pathlib import Path
from typing import Annotated

import typer

from hipext.tables import TRAINING_LOADS

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
