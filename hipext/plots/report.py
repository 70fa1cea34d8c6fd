"""The report of a simulation: one web page with its figures, readable offline.

Sentences are in ``templates``; functions here look up the numbers for them.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import jinja2
import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hipext.files.checks import listed, weeks_text
from hipext.files.evidence import cite, read_evidence
from hipext.files.parameters import parameter_table
from hipext.files.sums import sum_in_order
from hipext.files.tables import ACTIONS, DAYS_PER_WEEK, WEEKDAYS
from hipext.metrics import volume
from hipext.plans.exercises import read_exercises
from hipext.plans.plan import Plan
from hipext.plots import training
from hipext.plots.style import LOOK, MAX_SERIES, figure_files, spoken
from hipext.simulation.explanations import course
from hipext.simulation.simulation import Simulation

MISSING = "\N{EN DASH}"
SIZE_IN = (8.0, 3.3)
_EDGES = {  # left, right and top of the axes; fixed, because layout engines are slow
    "phases": (0.07, 0.98, 0.87),  # the left one without the names of the phases
    "volume": (0.13, 0.98, 0.86),
    "muscles": (0.25, 0.89, 0.97),
    "response": (0.09, 0.98, 0.86),
    "balance": (0.10, 0.98, 0.86),
    "loads": (0.115, 0.73, 0.92),
    "pain": (0.08, 0.86, 0.86),
    "technique": (0.09, 0.98, 0.86),
    "range": (0.09, 0.98, 0.86),
    "strength": (0.09, 0.76, 0.92),
}
NAMES = (*_EDGES, "decisions")
FILE_NAMES = tuple(f"{name}.{kind}" for name in NAMES for kind in ("png", "svg"))
LIMITS = ("E11-001", "E11-002", "E11-010", "E01-043")  # of every claim about outcomes
FRACTIONAL_COUNTING = "E06-004"  # how the figure of the muscles counts
_TESTED = ["test", "exercise", "side"]
_LANE_IN = 0.19  # height of an exercise among the decisions
_LETTER = 0.0093  # width of a letter of its name, in parts of the figure
_PHASE_LETTER = 0.012  # the same for a letter of the name of a phase


def report_files(simulation: Simulation) -> dict[str, bytes]:
    """Return the files of a report by name: the figures and ``report.html``."""
    files = figure_files(figures(simulation))
    return files | {"report.html": report(simulation, svgs=files).encode()}


def report(simulation: Simulation, *, svgs: Mapping[str, bytes] | None = None) -> str:
    """Return the report of a run as one HTML page.

    It loads nothing from elsewhere, and is the same for the same run.

    Parameters
    ----------
    simulation : a finished run
    svgs : files that `figure_files` made of this run, so as not to draw twice
    """
    if svgs is None:
        svgs = figure_files(figures(simulation), kinds=["svg"])
    weekly, response = simulation.weekly, simulation.response
    is_closed = simulation.mode == "closed_loop"
    shown = {
        "plan": simulation.plan,
        "athlete": simulation.athlete,
        "training_load": simulation.training_load,
        "n_weeks": len(weekly),
        "is_closed": is_closed,
        "drawings": {
            Path(file).stem: _drawing(svg.decode())
            for file, svg in svgs.items()
            if file.endswith(".svg")
        },
        "weeks": weekly.to_dict("records"),
        "deload_weeks": weekly.loc[weekly["is_deload"], "week"].tolist(),
        "totals": {
            name: sum_in_order(weekly[name]) for name in weekly.select_dtypes("number")
        },
        "highest": _peak(weekly, "system_volume_load_kg"),
        "ranges": {name: _span(weekly[name]) for name in training.BALANCE_STYLES},
        "muscles": _muscle_peaks(simulation.sets),
        "states": {
            **response.iloc[-1],
            "fatigue": response["fatigue"].max(),
            "fatigue_week": int(response["fatigue"].argmax()) // DAYS_PER_WEEK + 1,
        },
        "lifts": list(_lift_loads(simulation.sets)),
        "phases": list(_phases(simulation)),
        "tests": [
            {**rows.iloc[0], "values": rows.set_index("week")["value"].to_dict()}
            for _, rows in simulation.assessments.groupby(_TESTED, sort=False)
        ],
        "changes": _decisions_by_exercise(simulation.decisions),
        "decisions": simulation.decisions.to_dict("records"),
        "assumptions": simulation.assumptions.to_dict("records"),
        **_sources(simulation),
        **(_closed_loop_sections(simulation) if is_closed else {}),
    }
    return _environment().get_template("report.html.jinja").render(shown)


@mpl.rc_context(LOOK)
def figures(simulation: Simulation) -> dict[str, Figure]:
    """Return the figures of a run by name; they are unknown to pyplot."""
    plan, weekly, sets = simulation.plan, simulation.weekly, simulation.sets
    drawn: dict[str, Figure] = {}

    def axes(name: str, n_letters: int = 0) -> Axes:
        left, right, top = _EDGES[name]
        drawn[name] = Figure(figsize=SIZE_IN)
        left += _PHASE_LETTER * n_letters
        drawn[name].subplots_adjust(left=left, right=right, bottom=0.17, top=top)
        return drawn[name].subplots()

    longest = min(weekly["phase"].str.len().max(), training.MAX_PHASE_LETTERS)
    training.plot_phases(weekly, ax=axes("phases", longest))
    training.plot_volume(weekly, ax=axes("volume"))
    training.plot_muscle_sets(volume.muscle_sets(sets), ax=axes("muscles"))
    training.plot_response(simulation.response, weekly=weekly, ax=axes("response"))
    training.plot_balance(weekly, ax=axes("balance"))
    training.plot_lifts(sets, ax=axes("loads"))
    if simulation.mode == "open_loop":
        return drawn
    daily, tests = simulation.daily, simulation.assessments
    training.plot_pain(daily, ax=axes("pain"))
    gates = _gate_limits(plan, "technique_min")
    training.plot_technique(daily, gates=gates, ax=axes("technique"))
    gates = _gate_limits(plan, "range_min_deg")
    training.plot_range(daily, tests, gates=gates, ax=axes("range"))
    shown = {"exercises": _measured_lifts(simulation), "weekly": weekly}
    training.plot_strength(simulation.capacity, tests, ax=axes("strength"), **shown)
    return drawn | {"decisions": _decisions_figure(simulation)}


def number(value: float, digits: int = 0) -> str:
    """Return a number for a reader, with at most `digits` decimals; a dash for none."""
    if pd.isna(value):
        return MISSING
    text = fixed(round(float(value), digits), digits)
    return text.rstrip("0").rstrip(".") if digits else text


def fixed(value: float, digits: int = 0) -> str:
    """Return a number for a column, with all its decimals; a dash for none."""
    # Adding zero turns -0.0 into 0.0.
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
        "listed": listed,
        "spoken": spoken,
        "named": _named,
        "weekday": lambda day: WEEKDAYS[day % DAYS_PER_WEEK].capitalize(),
        "is_missing": pd.isna,
        "minus": lambda text: text.replace("-", "\N{MINUS SIGN}"),
    }
    return environment


def _named(exercise: str) -> str:
    return read_exercises()[exercise].name


def _peak(table: pd.DataFrame, column: str) -> dict | None:
    """Return the row with the highest value, the first of equals; None if all are 0."""
    is_known = table[column].max() > 0
    return table.loc[table[column].idxmax()].to_dict() if is_known else None


def _span(shares: pd.Series) -> str:
    """Return the lowest and highest share as a text, empty where nothing is known."""
    low, high = map(number, (100 * shares.min(), 100 * shares.max()))
    span = f"{low} %" if low == high else f"{low} to {high} %"
    return span if shares.notna().any() else ""


def _muscle_peaks(sets: pd.DataFrame) -> list[dict]:
    """Return the week with most sets of every muscle that works, most first."""
    counted = volume.muscle_sets(sets)
    ranked = counted.sort_values("sets", ascending=False, kind="stable")
    return ranked[ranked["sets"] > 0].drop_duplicates("muscle").to_dict("records")


def _lift_loads(sets: pd.DataFrame) -> Iterator[dict]:
    """Yield first, highest and last load of the lifts in the figure."""
    top = training.top_sets(sets)
    for exercise in training.heaviest_lifts(top):
        loads = top[top["exercise"] == exercise].sort_values("week")
        ordinary = loads[~loads["is_deload"]]
        # First and last loads show a trend, which deload weeks would bend.
        ends = loads if ordinary.empty else ordinary
        highest = _peak(loads, "load_kg")
        yield {"name": _named(exercise), "highest": highest, **_first_and_last(ends)}


def _phases(simulation: Simulation) -> Iterator[dict]:
    """Yield every phase with its weeks as words and its first session with work."""
    weekly = simulation.weekly
    for phase in simulation.plan.phase:
        # Gates may have extended the phase, repeated it or never reached it.
        numbers = weekly.loc[weekly["phase"] == phase.name, "week"].tolist()
        sets = simulation.sets[simulation.sets["week"].isin(numbers)]
        yield {
            "name": phase.name,
            "aim": phase.aim,
            "weeks": weeks_text(numbers) if numbers else "not reached",
            "session": _first_session(sets),
        }


def _first_session(sets: pd.DataFrame) -> dict | None:
    """Return the first session with work, with one row per slot; None without sets."""
    if not len(sets):
        return None
    start = sets.loc[(sets["kind"] == "work").idxmax()]
    rows = sets[(sets["day"] == start["day"]) & (sets["session"] == start["session"])]
    slots = rows.drop_duplicates("slot").set_index("slot")
    # The maximum, because there is no rest between the two sides of a set.
    most = rows.groupby("slot")[["set", "rest_s"]].max()
    slots = slots.assign(n_sets=most["set"], rest_s=most["rest_s"])
    slots["name"] = slots["exercise"].map(_named)
    return {**start, "rows": slots.to_dict("records")}


def _decisions_by_exercise(decisions: pd.DataFrame) -> list[dict]:
    """Return how often each exercise advanced, held and was reduced."""
    actions = ["advance", "repeat", "reduce"]
    # Subjects that are no exercises are the plan's phases and weeks.
    is_shown = decisions["action"].isin(actions)
    rows = decisions[is_shown & decisions["subject"].isin(read_exercises())]
    flags = pd.DataFrame({action: rows["action"] == action for action in actions})
    counts = flags.groupby(rows["subject"], sort=False).sum().reset_index()
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
    # Several rows of the table can cite one work.
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


def _closed_loop_sections(simulation: Simulation) -> dict:
    """Return what only the report of a closed loop shows."""
    weekly, plan = simulation.weekly, simulation.plan
    return {
        "seed": simulation.seed,
        "is_noisy": simulation.noise,
        "course": course(plan, weekly, simulation.decisions),
        "most_pain": _peak(weekly, "pain_reported_max"),
        "most_soreness": _peak(weekly, "soreness_reported_max"),
        "limits_of_rules": training.rule_limits(),
        "rated": _first_and_last(weekly.dropna(subset=["technique_rated_mean"])),
        "gates": {
            limit: _gate_limits(plan, limit)
            for limit in ("technique_min", "range_min_deg", "asymmetry_max_deg")
        },
        "ends": _first_and_last(weekly),
        "strengths": list(_strengths(simulation)),
        "moves": _decision_counts(simulation.decisions),
        "test_weeks": sorted(simulation.assessments["week"].unique().tolist()),
    }


def _first_and_last(rows: pd.DataFrame) -> dict | None:
    """Return the first and the last row; None where there is none."""
    if rows.empty:
        return None
    return {"first": rows.iloc[0].to_dict(), "last": rows.iloc[-1].to_dict()}


def _gate_limits(plan: Plan, limit: str) -> dict[str, float]:
    """Return a limit of the gates by phase, where a gate has it."""
    limits = {phase.name: getattr(phase.advance, limit, None) for phase in plan.phase}
    return {name: value for name, value in limits.items() if value is not None}


def _measured_lifts(simulation: Simulation) -> list[str]:
    """Return the lifts whose strength is shown: those with a measured 1RM."""
    known = set(simulation.capacity["exercise"].unique())
    return [x for x in simulation.athlete.one_rm_kg if x in known][:MAX_SERIES]


def _strengths(simulation: Simulation) -> Iterator[dict]:
    """Yield first and last 1RM, mean of both sides, of the lifts in the figure."""
    capacity = simulation.capacity
    for lift in _measured_lifts(simulation):
        kg = capacity[capacity["exercise"] == lift].groupby("day")["one_rm_kg"].mean()
        yield {"name": _named(lift), "first_kg": kg.iloc[0], "last_kg": kg.iloc[-1]}


def _decision_counts(decisions: pd.DataFrame) -> dict[str, int]:
    """Return how often exercises advanced, held, went back and ended early."""
    rows = decisions[~decisions["subject"].isin(["week", "phase"])]
    counts = rows["action"].value_counts().reindex(ACTIONS, fill_value=0)
    back = counts["reduce"] + counts["regress"]
    return {"exercises": rows["subject"].nunique(), "back": back, **counts}


def _decisions_figure(simulation: Simulation) -> Figure:
    """Return the figure of the decisions, as high as it has exercises."""
    subjects = simulation.decisions["subject"].drop_duplicates()
    height = 1.15 + _LANE_IN * (len(subjects) + 1)
    longest = min(max(subjects.str.len().max(), 8), training.MAX_EXERCISE_LETTERS)
    drawn = Figure(figsize=(SIZE_IN[0], height))
    left, bottom, top = 0.07 + _LETTER * longest, 0.5 / height, 1 - 0.65 / height
    drawn.subplots_adjust(left=left, right=0.98, bottom=bottom, top=top)
    weekly = simulation.weekly
    training.plot_decisions(simulation.decisions, weekly=weekly, ax=drawn.subplots())
    return drawn


def _drawing(svg: str) -> dict[str, str]:
    """Return the inside of an SVG file, and its box."""
    view_box, body = re.search(
        r'<svg[^>]* viewBox="([^"]*)"[^>]*>(.*)</svg>', svg, flags=re.DOTALL
    ).groups()
    # Metadata, styles and indents are useless inside an HTML page.
    for unused in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"\n *"):
        body = re.sub(unused, " ", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body).replace(" xlink:href=", " href=")
    return {"view_box": view_box, "body": body}
