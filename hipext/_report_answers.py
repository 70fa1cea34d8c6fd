"""What a report of the closed loop looks up: answers, decisions, results of tests."""

from collections.abc import Iterator

import pandas as pd

from hipext._explain import course
from hipext._report_facts import named, peak
from hipext._report_figures import asked_by_gates, lifts_of
from hipext.simulation import Simulation
from hipext.state_plots import rule_limits

_BACK = ("reduce", "regress")


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
