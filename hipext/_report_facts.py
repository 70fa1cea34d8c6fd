"""What a report looks up in the tables of a run."""

from collections.abc import Iterator

import pandas as pd

from hipext import metrics, plots
from hipext._phrases import weeks
from hipext.evidence import cite, read_evidence
from hipext.exercises import read_exercises
from hipext.parameters import parameter_table
from hipext.plan import Phase
from hipext.simulation import Simulation
from hipext.tables import DAYS_PER_WEEK

LIMITS = ("E11-001", "E11-002", "E11-010", "E01-043")  # of every claim about outcomes
FRACTIONAL_COUNTING = "E06-004"  # how the figure of the muscles counts
_MOVES = ("advance", "hold", "reduce")


def named(exercise: str) -> str:
    """Return the name of an exercise."""
    return read_exercises()[exercise].name


def peak(table: pd.DataFrame, column: str) -> dict | None:
    """Return the row with the highest value, the first of equals; None if all are 0."""
    if not len(table) or not table[column].max() > 0:
        return None
    return table.loc[table[column].idxmax()].to_dict()


def range_told(shares: pd.Series) -> tuple[float, float] | None:
    """Return the lowest and highest share; None where nothing is known."""
    known = shares.dropna()
    return (known.min(), known.max()) if len(known) else None


def muscle_peaks_told(sets: pd.DataFrame) -> list[dict]:
    """Return the week with most sets of every muscle that works, most first."""
    counted = metrics.muscle_sets(sets)
    ranked = counted.sort_values("sets", ascending=False, kind="stable")
    return ranked[ranked["sets"] > 0].drop_duplicates("muscle").to_dict("records")


def states_told(response: pd.DataFrame) -> dict[str, float]:
    """Return the last states of the response, and its highest fatigue."""
    return {
        **response.iloc[-1].to_dict(),
        "fatigue": response["fatigue"].max(),
        "fatigue_week": int(response["fatigue"].argmax()) // DAYS_PER_WEEK + 1,
    }


def lifts_told(sets: pd.DataFrame) -> Iterator[dict]:
    """Yield first, highest and last load of the lifts in the figure."""
    top = plots.top_sets(sets)
    for exercise in list(dict.fromkeys(top["exercise"][::-1]))[: plots.MAX_LIFTS]:
        loads = top[top["exercise"] == exercise].sort_values("week")
        ordinary = loads[~loads["is_deload"]]
        ends = loads if ordinary.empty else ordinary  # deload weeks bend a trend
        yield {
            "name": named(exercise),
            "first": ends.iloc[0].to_dict(),
            "highest": peak(loads, "load_kg"),
            "last": ends.iloc[-1].to_dict(),
        }


def phases_told(simulation: Simulation) -> Iterator[dict]:
    """Yield every phase with its weeks as words and its first session with work."""
    for phase, numbers in _weeks_of(simulation):
        sets = simulation.sets[simulation.sets["week"].isin(numbers)]
        yield {
            "name": phase.name,
            "aim": phase.aim,
            "weeks": weeks(numbers) if numbers else "not reached",
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


def tests_told(assessments: pd.DataFrame) -> list[dict]:
    """Return the planned tests: first values, and weeks."""
    tests = assessments.groupby(["test", "subject", "side"], sort=False).agg(
        value=("value", "first"), unit=("unit", "first"), weeks=("week", list)
    )
    return tests.reset_index().to_dict("records")


def changes_told(decisions: pd.DataFrame) -> list[dict]:
    """Return how often each exercise was moved on, held and reduced."""
    moves = decisions[decisions["action"].isin(_MOVES)]
    moves = moves[moves["subject"].isin(read_exercises())]
    flags = pd.DataFrame({action: moves["action"] == action for action in _MOVES})
    counts = flags.groupby(moves["subject"], sort=False).sum().reset_index()
    return counts.assign(name=counts["subject"].map(named)).to_dict("records")


def sources_told(simulation: Simulation) -> dict:
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
