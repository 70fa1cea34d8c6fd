"""The figures of a report, their files, and what a page takes of them."""

import re
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO

import matplotlib as mpl
from matplotlib.figure import Figure

from hipext import metrics, plots
from hipext.decision_plots import MAX_LETTERS, plot_decisions
from hipext.plan import Plan
from hipext.simulation import Simulation
from hipext.state_plots import (
    plot_pain,
    plot_range,
    plot_strength,
    plot_technique,
)

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
_LANE_IN = 0.19  # height of an exercise among the decisions
_LETTER = 0.0093  # width of a letter of its name, in parts of the figure


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
    longest = min(weekly["phase"].str.len().max(), plots.MAX_PHASE_LETTERS)
    drawn["phases"].subplots_adjust(left=0.07 + 0.012 * longest)
    plots.plot_phases(weekly, ax=drawn["phases"].subplots())
    plots.plot_volume(weekly, ax=drawn["volume"].subplots())
    plots.plot_muscle_sets(metrics.muscle_sets(sets), ax=drawn["muscles"].subplots())
    plots.plot_response(
        simulation.response, weekly=weekly, ax=drawn["response"].subplots()
    )
    plots.plot_balance(weekly, ax=drawn["balance"].subplots())
    plots.plot_lifts(sets, ax=drawn["loads"].subplots())
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
        : plots.MAX_LIFTS
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
