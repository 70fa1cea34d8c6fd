"""The report of a run: one HTML page with figures that needs no network.

The sentences are in ``templates``; `_report_facts` and `_report_answers` look up the
numbers.
"""

from collections.abc import Mapping
from pathlib import Path

import jinja2
import pandas as pd

from hipext import _report_facts as facts
from hipext import plots
from hipext._phrases import listed
from hipext._report_answers import answers
from hipext._report_facts import LIMITS
from hipext._report_figures import NAMES, drawing, figure_files, figures
from hipext.simulation import Simulation
from hipext.tables import DAYS_PER_WEEK, WEEKDAYS

__all__ = [
    "FILE_NAMES",
    "LIMITS",
    "MISSING",
    "figure_files",
    "figures",
    "listed",
    "number",
    "report",
    "report_files",
]

MISSING = "\N{EN DASH}"
FILE_NAMES = tuple(f"{name}.{kind}" for name in NAMES for kind in ("png", "svg"))


def report_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the files of a report by name: the figures and ``report.html``."""
    files = figure_files(figures(simulation))
    return files | {"report.html": report(simulation, svgs=files).encode()}


def report(simulation: Simulation, *, svgs: Mapping[str, bytes] | None = None) -> str:
    """Return the report of a run as one HTML page.

    Parameters
    ----------
    simulation : Simulation
        A finished run.
    svgs : Mapping[str, bytes], optional
        Files that `figure_files` made of this run, so as not to draw twice.

    Returns
    -------
    str
        HTML that loads nothing from elsewhere; the same for the same run.
    """
    if svgs is None:
        svgs = figure_files(figures(simulation), kinds=["svg"])
    weekly = simulation.weekly
    shown = {
        "plan": simulation.plan,
        "athlete": simulation.athlete,
        "training_load": simulation.training_load,
        "n_weeks": len(weekly),
        "is_closed": simulation.mode == "closed_loop",
        "drawings": {
            name: drawing(svgs[f"{name}.svg"], name)
            for name in NAMES
            if f"{name}.svg" in svgs
        },
        "weeks": weekly.to_dict("records"),
        "deload_weeks": weekly.loc[weekly["is_deload"], "week"].tolist(),
        "totals": weekly.sum(numeric_only=True).to_dict(),
        "highest": facts.peak(weekly, "system_volume_load_kg"),
        "ranges": {
            name: facts.range_told(weekly[name]) for name in plots.BALANCE_STYLES
        },
        "muscles": facts.muscle_peaks_told(simulation.sets),
        "states": facts.states_told(simulation.response),
        "lifts": list(facts.lifts_told(simulation.sets)),
        "phases": list(facts.phases_told(simulation)),
        "tests": facts.tests_told(simulation.assessments),
        "changes": facts.changes_told(simulation.decisions),
        "decisions": simulation.decisions.to_dict("records"),
        "assumptions": simulation.assumptions.to_dict("records"),
        **facts.sources_told(simulation),
        **(answers(simulation) if simulation.mode == "closed_loop" else {}),
    }
    return _environment().get_template("report.html.jinja").render(shown)


def number(value: float, digits: int = 0) -> str:
    """Return a number for a reader, with at most `digits` decimals; a dash for none."""
    if pd.isna(value):
        return MISSING
    text = f"{round(float(value), digits) + 0.0:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def fixed(value: float, digits: int = 0) -> str:
    """Return a number for a column, with all its decimals; a dash for none."""
    return MISSING if pd.isna(value) else f"{value + 0.0:,.{digits}f}"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "number": number,
        "fixed": fixed,
        "percent": lambda share: number(100 * share),
        "span": _span,
        "listed": listed,
        "spoken": lambda name: name.replace("_", " "),
        "named": facts.named,
        "weekday": lambda day: WEEKDAYS[day % DAYS_PER_WEEK].capitalize(),
        "is_missing": pd.isna,
        "minus": lambda text: text.replace("-", "\N{MINUS SIGN}"),
    }
    return environment


def _span(shares: tuple[float, float]) -> str:
    low, high = map(number, (100 * shares[0], 100 * shares[1]))
    return f"{low} %" if low == high else f"{low} to {high} %"
