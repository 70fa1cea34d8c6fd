"""The report of a run: one HTML page with figures that needs no network.

The sentences are in ``templates``; `_report_facts` and `_report_answers` look up the
numbers.
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

from hipext.files.checks import listed, weeks_text
from hipext.files.evidence import cite, read_evidence
from hipext.files.parameters import parameter_table
from hipext.files.tables import DAYS_PER_WEEK, WEEKDAYS
from hipext.metrics import volume
from hipext.plans.exercises import read_exercises
from hipext.plans.plan import Phase, Plan
from hipext.plots import training
from hipext.plots.training import (
    MAX_LETTERS,
    plot_decisions,
    plot_pain,
    plot_range,
    plot_strength,
    plot_technique,
    rule_limits,
)
from hipext.simulation.explanations import course
from hipext.simulation.simulation import Simulation

MISSING = "\N{EN DASH}"
_EDGES = {  # left, right and top of the axes; fixed, because layout engines are slow
    "phases": (0.20, 0.98, 0.87),
    "volume": (0.13, 0.98, 0.86),
    "muscles": (0.25, 0.89, 0.97),
    "response": (0.09, 0.98, 0.86),
    "balance": (0.10, 0.98, 0.86),
    "loads": (0.115, 0.73, 0.92),
}
_EDGES_OF_ANSWERS = {
    "pain": (0.08, 0.86, 0.86),
    "technique": (0.09, 0.98, 0.86),
    "range": (0.09, 0.98, 0.86),
    "strength": (0.09, 0.76, 0.92),
}
NAMES = (*_EDGES, *_EDGES_OF_ANSWERS, "decisions")
FILE_NAMES = tuple(f"{name}.{kind}" for name in NAMES for kind in ("png", "svg"))
LIMITS = ("E11-001", "E11-002", "E11-010", "E01-043")  # of every claim about outcomes
FRACTIONAL_COUNTING = "E06-004"  # how the figure of the muscles counts
_MOVES = ("advance", "hold", "reduce")
_BACK = ("reduce", "regress")
SIZE_IN = (8.0, 3.3)
_SAVING = {  # no date and no version, so that files can be compared
    "png": {
        "dpi": 150,
        "metadata": {"Software": None},
        "pil_kwargs": {"compress_level": 1},  # quick to write, a third larger
    },
    "svg": {"metadata": {"Date": None}},
}
_OWN = re.compile(r'( id="| href="#|url\(#)')
_LOOK = {"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "hipext"}
_LANE_IN = 0.19  # height of an exercise among the decisions
_LETTER = 0.0093  # width of a letter of its name, in parts of the figure


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
        "highest": peak(weekly, "system_volume_load_kg"),
        "ranges": {name: range_text(weekly[name]) for name in training.BALANCE_STYLES},
        "muscles": muscle_peaks_text(simulation.sets),
        "states": states_text(simulation.response),
        "lifts": list(lift_texts(simulation.sets)),
        "phases": list(phase_texts(simulation)),
        "tests": test_texts(simulation.assessments),
        "changes": change_texts(simulation.decisions),
        "decisions": simulation.decisions.to_dict("records"),
        "assumptions": simulation.assumptions.to_dict("records"),
        **source_texts(simulation),
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
        "named": named,
        "weekday": lambda day: WEEKDAYS[day % DAYS_PER_WEEK].capitalize(),
        "is_missing": pd.isna,
        "minus": lambda text: text.replace("-", "\N{MINUS SIGN}"),
    }
    return environment


def _span(shares: tuple[float, float]) -> str:
    low, high = map(number, (100 * shares[0], 100 * shares[1]))
    return f"{low} %" if low == high else f"{low} to {high} %"


def named(exercise: str) -> str:
    """Return the name of an exercise."""
    return read_exercises()[exercise].name


def peak(table: pd.DataFrame, column: str) -> dict | None:
    """Return the row with the highest value, the first of equals; None if all are 0."""
    if not len(table) or not table[column].max() > 0:
        return None
    return table.loc[table[column].idxmax()].to_dict()


def range_text(shares: pd.Series) -> tuple[float, float] | None:
    """Return the lowest and highest share; None where nothing is known."""
    known = shares.dropna()
    return (known.min(), known.max()) if len(known) else None


def muscle_peaks_text(sets: pd.DataFrame) -> list[dict]:
    """Return the week with most sets of every muscle that works, most first."""
    counted = volume.muscle_sets(sets)
    ranked = counted.sort_values("sets", ascending=False, kind="stable")
    return ranked[ranked["sets"] > 0].drop_duplicates("muscle").to_dict("records")


def states_text(response: pd.DataFrame) -> dict[str, float]:
    """Return the last states of the response, and its highest fatigue."""
    return {
        **response.iloc[-1].to_dict(),
        "fatigue": response["fatigue"].max(),
        "fatigue_week": int(response["fatigue"].argmax()) // DAYS_PER_WEEK + 1,
    }


def lift_texts(sets: pd.DataFrame) -> Iterator[dict]:
    """Yield first, highest and last load of the lifts in the figure."""
    top = training.top_sets(sets)
    for exercise in list(dict.fromkeys(top["exercise"][::-1]))[: training.MAX_LIFTS]:
        loads = top[top["exercise"] == exercise].sort_values("week")
        ordinary = loads[~loads["is_deload"]]
        ends = loads if ordinary.empty else ordinary  # deload weeks bend a trend
        yield {
            "name": named(exercise),
            "first": ends.iloc[0].to_dict(),
            "highest": peak(loads, "load_kg"),
            "last": ends.iloc[-1].to_dict(),
        }


def phase_texts(simulation: Simulation) -> Iterator[dict]:
    """Yield every phase with its weeks as words and its first session with work."""
    for phase, numbers in _weeks_of(simulation):
        sets = simulation.sets[simulation.sets["week"].isin(numbers)]
        yield {
            "name": phase.name,
            "aim": phase.aim,
            "weeks": weeks_text(numbers) if numbers else "not reached",
            "session": _first(sets),
        }


def _weeks_of(simulation: Simulation) -> Iterator[tuple[Phase, list[int]]]:
    """Yield every phase with its weeks: as planned, or as they came."""
    last, weekly = 0, simulation.weekly
    for phase in simulation.plan.phase:
        first, last = last + 1, last + phase.weeks
        if simulation.mode == "open_loop":
            yield phase, list(range(first, last + 1))
        else:
            yield phase, weekly.loc[weekly["phase"] == phase.name, "week"].tolist()


def _first(sets: pd.DataFrame) -> dict | None:
    """Return the first session with work, with one row per slot; None without sets."""
    if not len(sets):
        return None
    start = sets.loc[(sets["kind"] == "work").idxmax()]
    rows = sets[(sets["day"] == start["day"]) & (sets["session"] == start["session"])]
    slots = rows.drop_duplicates("slot").set_index("slot")
    most = rows.groupby("slot")[["set", "rest_s"]].max()  # no rest between two sides
    slots = slots.assign(n_sets=most["set"], rest_s=most["rest_s"])
    slots["name"] = slots["exercise"].map(named)
    return {**start, "rows": slots.to_dict("records")}


def test_texts(assessments: pd.DataFrame) -> list[dict]:
    """Return the planned tests: first values, and weeks."""
    tests = assessments.groupby(["test", "subject", "side"], sort=False).agg(
        value=("value", "first"), unit=("unit", "first"), weeks=("week", list)
    )
    return tests.reset_index().to_dict("records")


def change_texts(decisions: pd.DataFrame) -> list[dict]:
    """Return how often each exercise was moved on, held and reduced."""
    moves = decisions[decisions["action"].isin(_MOVES)]
    moves = moves[moves["subject"].isin(read_exercises())]
    flags = pd.DataFrame({action: moves["action"] == action for action in _MOVES})
    counts = flags.groupby(moves["subject"], sort=False).sum().reset_index()
    return counts.assign(name=counts["subject"].map(named)).to_dict("records")


def source_texts(simulation: Simulation) -> dict:
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


def answers(simulation: Simulation) -> dict:
    """Return everything that the sections about answers tell."""
    weekly, plan = simulation.weekly, simulation.plan
    return {
        "seed": simulation.seed,
        "is_noisy": simulation.noise,
        "course": course(plan, weekly, simulation.decisions),
        "most_pain": peak(weekly, "pain"),
        "most_soreness": peak(weekly, "soreness"),
        "limits_of_rules": rule_limits(),
        "rated": _ends(weekly.dropna(subset=["technique"])),
        "gates": {
            limit: asked_by_gates(plan, limit)
            for limit in ("technique_min", "range_min_deg", "asymmetry_max_deg")
        },
        "ends": _ends(weekly),
        "strengths": list(_strengths(simulation)),
        "moves": _moves(simulation.decisions),
        "by_week": list(_by_week(simulation)),
        "test_weeks": sorted(simulation.assessments["week"].unique().tolist()),
        "results": list(_results(simulation.assessments)),
    }


def _ends(rows: pd.DataFrame) -> dict | None:
    """Return the first and the last row; None where there is none."""
    if rows.empty:
        return None
    return {"first": rows.iloc[0].to_dict(), "last": rows.iloc[-1].to_dict()}


def _strengths(simulation: Simulation) -> Iterator[dict]:
    """Yield first and last 1RM, mean of both sides, of the lifts in the figure."""
    capacity = simulation.capacity
    for lift in lifts_of(simulation):
        kg = capacity[capacity["exercise"] == lift].groupby("day")["one_rm_kg"].mean()
        yield {"name": named(lift), "first_kg": kg.iloc[0], "last_kg": kg.iloc[-1]}


def _moves(decisions: pd.DataFrame) -> dict[str, int]:
    """Return how often exercises advanced, held, went back and ended early."""
    actions = decisions.loc[~decisions["subject"].isin(["week", "phase"]), "action"]
    return {
        "exercises": decisions["subject"].nunique()
        - decisions["subject"].isin(["week"]).any()
        - decisions["subject"].isin(["phase"]).any(),
        "advance": int((actions == "advance").sum()),
        "hold": int((actions == "hold").sum()),
        "back": int(actions.isin(_BACK).sum()),
        "stop": int((actions == "stop").sum()),
    }


def _by_week(simulation: Simulation) -> Iterator[dict]:
    """Yield every week with its decisions."""
    decisions = dict([*simulation.decisions.groupby("week")])
    for week in simulation.weekly.to_dict("records"):
        rows = decisions.get(week["week"], simulation.decisions[:0])
        yield {**week, "decisions": rows.to_dict("records")}


def _results(assessments: pd.DataFrame) -> Iterator[dict]:
    """Yield every test with its results by week."""
    for key, rows in assessments.groupby(["test", "subject", "side"], sort=False):
        test, subject, side = key
        yield {
            "test": test,
            "subject": subject,
            "side": side,
            "unit": rows["unit"].iloc[0],
            "values": dict(zip(rows["week"].tolist(), rows["value"], strict=True)),
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
        phases, volume, muscles, response, balance and loads; in the closed loop pain,
        technique, range, strength and decisions besides. They are unknown to pyplot.
    """
    with mpl.rc_context(_LOOK):
        drawn = _of_sets(simulation)
        if simulation.mode == "closed_loop":
            drawn |= _of_answers(simulation)
            drawn["decisions"] = _of_decisions(simulation)
    return drawn


def _empty(edges: Mapping[str, tuple[float, float, float]]) -> dict[str, Figure]:
    drawn = {}
    for name, (left, right, top) in edges.items():
        drawn[name] = Figure(figsize=SIZE_IN)
        drawn[name].subplots_adjust(left=left, right=right, bottom=0.17, top=top)
    return drawn


def _of_sets(simulation: Simulation) -> dict[str, Figure]:
    weekly, sets, drawn = simulation.weekly, simulation.sets, _empty(_EDGES)
    longest = min(weekly["phase"].str.len().max(), training.MAX_PHASE_LETTERS)
    drawn["phases"].subplots_adjust(left=0.07 + 0.012 * longest)
    training.plot_phases(weekly, ax=drawn["phases"].subplots())
    training.plot_volume(weekly, ax=drawn["volume"].subplots())
    training.plot_muscle_sets(volume.muscle_sets(sets), ax=drawn["muscles"].subplots())
    training.plot_response(
        simulation.response, weekly=weekly, ax=drawn["response"].subplots()
    )
    training.plot_balance(weekly, ax=drawn["balance"].subplots())
    training.plot_lifts(sets, ax=drawn["loads"].subplots())
    return drawn


def _of_answers(simulation: Simulation) -> dict[str, Figure]:
    daily, tests, plan = simulation.daily, simulation.assessments, simulation.plan
    drawn = _empty(_EDGES_OF_ANSWERS)
    plot_pain(daily, ax=drawn["pain"].subplots())
    asked = asked_by_gates(plan, "technique_min")
    plot_technique(daily, gates=asked, ax=drawn["technique"].subplots())
    asked = asked_by_gates(plan, "range_min_deg")
    plot_range(daily, tests, gates=asked, ax=drawn["range"].subplots())
    plot_strength(
        simulation.capacity,
        tests,
        exercises=lifts_of(simulation),
        weekly=simulation.weekly,
        ax=drawn["strength"].subplots(),
    )
    return drawn


def _of_decisions(simulation: Simulation) -> Figure:
    """Return the figure of the decisions, as high as it has exercises."""
    subjects = simulation.decisions["subject"].drop_duplicates()
    height = 1.15 + _LANE_IN * (len(subjects) + 1)
    longest = min(max(subjects.str.len().max(), 8), MAX_LETTERS)
    drawn = Figure(figsize=(SIZE_IN[0], height))
    drawn.subplots_adjust(
        left=0.07 + _LETTER * longest,
        right=0.98,
        bottom=0.5 / height,
        top=1 - 0.65 / height,
    )
    weekly = simulation.weekly
    plot_decisions(simulation.decisions, weekly=weekly, ax=drawn.subplots())
    return drawn


def asked_by_gates(plan: Plan, limit: str) -> dict[str, float | None]:
    """Return what the gate of every phase asks for; None where it does not."""
    return {
        phase.name: getattr(phase.advance, limit, None)
        for phase in plan.phase
        if getattr(phase.advance, limit, None) is not None
    }


def lifts_of(simulation: Simulation) -> list[str]:
    """Return the lifts whose strength is shown: those with a measured 1RM."""
    known = set(simulation.capacity["exercise"].unique())
    return [lift for lift in simulation.athlete.one_rm_kg if lift in known][
        : training.MAX_LIFTS
    ]


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
    figure.set_layout_engine("none")  # places stay as they were found, for other kinds
    return stream.getvalue()


def drawing(svg: bytes, figure: str) -> dict[str, str]:
    """Return the inside of an SVG file, its ids made the figure's own, and its box."""
    text = svg.decode()
    view_box = re.search(r'viewBox="([^"]*)"', text)[1]
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    for unused in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"\n *"):
        body = re.sub(unused, " ", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body).replace(" xlink:href=", " href=")
    body = re.sub(r"<[^<>]*>", lambda tag: _OWN.sub(rf"\1{figure}-", tag[0]), body)
    return {"view_box": view_box, "body": body}
