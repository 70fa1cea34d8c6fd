"""The report of a run: figures, their files, and one HTML page that needs no network.

The sentences are in ``templates/report.html.jinja``; this module looks up the numbers.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import jinja2
import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from hipext import metrics, plots
from hipext.evidence import cite, read_evidence
from hipext.exercises import read_exercises
from hipext.parameters import parameter_table
from hipext.simulation import Simulation
from hipext.tables import DAYS_PER_WEEK, WEEKDAYS

SIZE_IN = (8.0, 3.3)
_SAVING = {  # no date and no version, so that files can be compared
    "png": {"dpi": 150, "metadata": {"Software": None}},
    "svg": {"metadata": {"Date": None}},
}
LIMITS = ("E11-001", "E11-002", "E11-010", "E01-043")  # of every claim about outcomes
FRACTIONAL_COUNTING = "E06-004"  # how the figure of the muscles counts
MISSING = "\N{EN DASH}"
_MOVES = ("advance", "hold", "reduce")
_OWN = re.compile(r'( id="| href="#|url\(#)')
_LOOK = {"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "hipext"}
_EDGES = {  # left, right and top of the axes; fixed, because layout engines are slow
    "phases": (0.20, 0.98, 0.87),
    "volume": (0.13, 0.98, 0.86),
    "muscles": (0.25, 0.89, 0.97),
    "response": (0.09, 0.98, 0.86),
    "balance": (0.10, 0.98, 0.86),
    "loads": (0.115, 0.73, 0.92),
}


def figures(simulation: Simulation) -> dict[str, Figure]:
    """Return the figures of a run by name.

    Parameters
    ----------
    simulation : Simulation
        A finished run.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        phases, volume, muscles, response, balance and loads; unknown to pyplot.
    """
    weekly = simulation.weekly
    muscle_sets = metrics.muscle_sets(simulation.sets)
    drawn = {}
    with mpl.rc_context(_LOOK):
        for name, (left, right, top) in _EDGES.items():
            drawn[name] = Figure(figsize=SIZE_IN)
            drawn[name].subplots_adjust(left=left, right=right, bottom=0.17, top=top)
        longest = min(weekly["phase"].str.len().max(), plots.MAX_PHASE_LETTERS)
        drawn["phases"].subplots_adjust(left=0.07 + 0.012 * longest)
        plots.plot_phases(weekly, ax=drawn["phases"].subplots())
        plots.plot_volume(weekly, ax=drawn["volume"].subplots())
        plots.plot_muscle_sets(muscle_sets, ax=drawn["muscles"].subplots())
        plots.plot_response(
            simulation.response, weekly=weekly, ax=drawn["response"].subplots()
        )
        plots.plot_balance(weekly, ax=drawn["balance"].subplots())
        plots.plot_lifts(simulation.sets, ax=drawn["loads"].subplots())
    return drawn


def figure_files(
    drawn: Mapping[str, Figure], *, kinds: Sequence[str] = tuple(_SAVING)
) -> dict[str, bytes]:
    """Return PNG and SVG files of figures, by file name, without a date in them."""
    files = {}
    with mpl.rc_context(_LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # names in other scripts
        for name, figure in drawn.items():
            files |= {f"{name}.{kind}": _saved(figure, kind) for kind in kinds}
    return files


def _saved(figure: Figure, kind: str) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format=kind, **_SAVING[kind])
    return stream.getvalue()


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
        "drawings": {name: _drawing(svgs[f"{name}.svg"], name) for name in _EDGES},
        "weeks": weekly.to_dict("records"),
        "deload_weeks": weekly.loc[weekly["is_deload"], "week"].tolist(),
        "totals": weekly.sum(numeric_only=True).to_dict(),
        "highest": _peak(weekly, "system_volume_load_kg"),
        "ranges": {name: _range(weekly[name]) for name in plots.BALANCE_STYLES},
        "muscles": _muscle_peaks(simulation.sets),
        "states": _states(simulation.response),
        "lifts": list(_lifts(simulation.sets)),
        "phases": list(_phases(simulation)),
        "tests": _tests(simulation.assessments),
        "changes": _changes(simulation.decisions),
        "decisions": simulation.decisions.to_dict("records"),
        "assumptions": simulation.assumptions.to_dict("records"),
        **_sources(simulation),
    }
    return _environment().get_template("report.html.jinja").render(shown)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "number": number,
        "percent": lambda share: number(100 * share),
        "span": _span,
        "listed": listed,
        "spoken": lambda name: name.replace("_", " "),
        "named": _named,
        "weekday": lambda day: WEEKDAYS[day % DAYS_PER_WEEK].capitalize(),
        "is_missing": pd.isna,
        "minus": lambda text: text.replace("-", "\N{MINUS SIGN}"),
    }
    return environment


def number(value: float, digits: int = 0) -> str:
    """Return a number for a reader, with at most `digits` decimals; a dash for none."""
    if pd.isna(value):
        return MISSING
    text = f"{round(float(value), digits) + 0.0:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def listed(items: Sequence) -> str:
    """Return items as words: ``4, 8 and 12``."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last


def _span(shares: tuple[float, float]) -> str:
    low, high = map(number, (100 * shares[0], 100 * shares[1]))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _named(exercise: str) -> str:
    return read_exercises()[exercise].name


def _drawing(svg: bytes, figure: str) -> dict[str, str]:
    """Return the inside of an SVG file, its ids made the figure's own, and its box."""
    text = svg.decode()
    view_box = re.search(r'viewBox="([^"]*)"', text)[1]
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    for unused in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"\n *"):
        body = re.sub(unused, " ", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body).replace(" xlink:href=", " href=")
    body = re.sub(r"<[^<>]*>", lambda tag: _OWN.sub(rf"\1{figure}-", tag[0]), body)
    return {"view_box": view_box, "body": body}


def _peak(table: pd.DataFrame, column: str) -> dict | None:
    """Return the row with the highest value, the first of equals; None if all are 0."""
    if not len(table) or not table[column].max() > 0:
        return None
    return table.loc[table[column].idxmax()].to_dict()


def _range(shares: pd.Series) -> tuple[float, float] | None:
    known = shares.dropna()
    return (known.min(), known.max()) if len(known) else None


def _muscle_peaks(sets: pd.DataFrame) -> list[dict]:
    counted = metrics.muscle_sets(sets)
    ranked = counted.sort_values("sets", ascending=False, kind="stable")
    return ranked[ranked["sets"] > 0].drop_duplicates("muscle").to_dict("records")


def _states(response: pd.DataFrame) -> dict[str, float]:
    return {
        **response.iloc[-1].to_dict(),
        "fatigue": response["fatigue"].max(),
        "fatigue_week": int(response["fatigue"].argmax()) // DAYS_PER_WEEK + 1,
    }


def _lifts(sets: pd.DataFrame) -> Iterator[dict]:
    """Yield first, highest and last load of the lifts in the figure."""
    top = plots.top_sets(sets)
    for exercise in list(dict.fromkeys(top["exercise"][::-1]))[: plots.MAX_LIFTS]:
        loads = top[top["exercise"] == exercise].sort_values("week")
        ordinary = loads[~loads["is_deload"]]
        ends = loads if ordinary.empty else ordinary  # deload weeks bend a trend
        yield {
            "name": _named(exercise),
            "first": ends.iloc[0].to_dict(),
            "highest": _peak(loads, "load_kg"),
            "last": ends.iloc[-1].to_dict(),
        }


def _phases(simulation: Simulation) -> Iterator[dict]:
    last = 0
    for phase in simulation.plan.phase:
        first, last = last + 1, last + phase.weeks
        sets = simulation.sets[simulation.sets["week"].between(first, last)]
        weeks = {"first": first, "last": last}
        yield {"name": phase.name, "aim": phase.aim, **weeks, "session": _first(sets)}


def _first(sets: pd.DataFrame) -> dict | None:
    """Return the first session with work, with one row per slot; None without sets."""
    if not len(sets):
        return None
    start = sets.loc[(sets["kind"] == "work").idxmax()]
    rows = sets[(sets["day"] == start["day"]) & (sets["session"] == start["session"])]
    slots = rows.drop_duplicates("slot").set_index("slot")
    most = rows.groupby("slot")[["set", "rest_s"]].max()  # no rest between two sides
    slots = slots.assign(n_sets=most["set"], rest_s=most["rest_s"])
    slots["name"] = slots["exercise"].map(_named)
    return {**start, "rows": slots.to_dict("records")}


def _tests(assessments: pd.DataFrame) -> list[dict]:
    tests = assessments.groupby(["test", "subject", "side"], sort=False).agg(
        value=("value", "first"), unit=("unit", "first"), weeks=("week", list)
    )
    return tests.reset_index().to_dict("records")


def _changes(decisions: pd.DataFrame) -> list[dict]:
    """Return how often each exercise was moved on, held and reduced."""
    moves = decisions[decisions["action"].isin(_MOVES)]
    moves = moves[moves["subject"].isin(read_exercises())]
    flags = pd.DataFrame({action: moves["action"] == action for action in _MOVES})
    counts = flags.groupby(moves["subject"], sort=False).sum().reset_index()
    return counts.assign(name=counts["subject"].map(_named)).to_dict("records")


def _sources(simulation: Simulation) -> dict:
    """Return the checked sources, one entry per work, and those of the limits."""
    exercises = read_exercises()
    used = [exercises[name] for name in simulation.sets["exercise"].unique()]
    ids = {*simulation.plan.sources, *parameter_table()["source"], *LIMITS}
    ids |= {FRACTIONAL_COUNTING}.union(*(e.sources + e.emg_sources for e in used))
    evidence = read_evidence()
    evidence = evidence[evidence["id"].isin(ids)]
    verified = evidence[evidence["status"] == "VERIFIED"]
    verified = verified.assign(citation=verified["id"].map(cite))
    works = []
    for citation, rows in verified.groupby("citation"):
        text, _, doi = citation.partition(", doi:")
        works.append({"text": text, "doi": doi, "rows": rows.to_dict("records")})
    rows = verified.set_index("id").to_dict("index")
    return {
        "sources": sorted(works, key=lambda work: work["text"].lower()),
        "limits": {name: rows[name] for name in LIMITS},
        "n_unverified": len(evidence) - len(verified),
    }
