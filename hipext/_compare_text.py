"""What ``hipext compare`` tells of a comparison."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hipext._phrases import shortened
from hipext.athlete import Athlete
from hipext.comparison import Comparison
from hipext.outcomes import OUTCOMES, Outcome
from hipext.parameters import parameter
from hipext.population import Cohort

OVERVIEW = {  # outcomes of the second table, and its words for them
    "strength_pct": "strength",
    "pain_reported": "pain",
    "fatigue_pct": "fatigue",
    "n_failed": "failed",
    "minutes": "min/week",
    "weeks": "weeks",
}
_NAME = 34  # letters of a scenario
_MOST = 12  # scenarios of an overview; files have all
_WORDS = {1: "more is better", -1: "less is better", 0: "neither is better"}


def people_told(athletes: Sequence[Athlete]) -> str:
    """Return who trains, in words."""
    if isinstance(athletes, Cohort):
        persons = "1 person" if len(athletes) == 1 else f"{len(athletes):,} persons"
        return f"{persons} drawn from {athletes.population.name!r}"
    names = list(dict.fromkeys(one.name for one in athletes))
    if len(names) > 1:
        return f"{len(athletes):,} persons"
    times = "once" if len(athletes) == 1 else f"{len(athletes):,} times, other days"
    return f"{names[0]}, {times}"


def comparison_text(found: Comparison, outcome: str) -> str:
    """Return the differences of one outcome, and an overview of others."""
    what = OUTCOMES[outcome]
    lines = [f"{people_told(found.athletes)}; the same ones in every scenario."]
    if len(found.seeds) > 1:
        lines.append(f"Each lives {len(found.seeds)} times.")
    lines += ["", *_differences(found, what)]
    if 1 < len(found.scenarios) <= _MOST:
        lines += ["", *_overview(found, outcome)]
    return "\n".join([*lines, "", *_notes(found, outcome)])


def _differences(found: Comparison, what: Outcome) -> list[str]:
    values = found.outcomes.groupby("scenario", sort=False)[what.name].mean()
    head = (
        f"{what.name}: {what.meaning} ({what.unit or 'count'}; {_WORDS[what.better]})"
    )
    pct = f"{100 * found.level:g} % interval"
    lines = [head, f"{'':<{_NAME}}{'mean':>9}{'differs':>9}{pct:>18}{'better':>8}"]
    lines.append(
        f"{shortened(found.baseline, _NAME - 1):<{_NAME}}{values.iloc[0]:>9.2f}"
    )
    rows = found.differences
    for row in rows[rows["outcome"] == what.name].itertuples():
        between = f"{_signed(row.low)} to {_signed(row.high)}"
        better = "same" if row.p_equal == 1 else _percent(row.p_better)
        lines.append(
            f"{shortened(row.scenario, _NAME - 1):<{_NAME}}{row.mean:>9.2f}"
            f"{_signed(row.difference):>9}{between:>18}{better:>8}"
        )
    return lines


def _overview(found: Comparison, outcome: str) -> list[str]:
    rows = found.differences
    others = {one: word for one, word in OVERVIEW.items() if one != outcome}
    shown = dict(list(others.items())[:5])
    table = rows.pivot_table(
        index="scenario", columns="outcome", values="difference", sort=False
    )
    heads = "".join(f"{word:>9}" for word in shown.values())
    lines = [f"{'mean differences of others':<{_NAME}}{heads}"]
    for name, row in table.iterrows():
        cells = "".join(f"{_signed(row[one]):>9}" for one in shown)
        lines.append(f"{shortened(str(name), _NAME - 1):<{_NAME}}{cells}")
    return lines


def _notes(found: Comparison, outcome: str) -> list[str]:
    lines = [
        "Intervals are those of the mean; single persons differ more (q05, q95 in",
        "differences.csv). Better: share of persons for whom a scenario is better.",
    ]
    if outcome.endswith("_pct") and outcome != "fatigue_pct":
        error = 100 * parameter("strength_test.cv")
        lines.append(
            f"A 1RM test errs by {error:g} %: a smaller difference could not be seen "
            "in one person."
        )
    if (found.outcomes["weeks"] != found.outcomes["weeks"].iloc[0]).any():
        lines.append("Closed gates make a plan longer for some: see weeks.")
    return lines


def _signed(value: float) -> str:
    if pd.isna(value):
        return "-"
    text = f"{value:+.2f}"
    return "0" if value == 0 else text


def _percent(share: float) -> str:
    return "-" if pd.isna(share) else f"{100 * share:.0f} %"


def comparison_json(found: Comparison, folder: Path, files: Sequence[Path]) -> str:
    """Return what was found as JSON for a machine."""
    rows = json.loads(found.differences.to_json(orient="records"))
    told = {
        "baseline": found.baseline,
        "scenarios": [one.name for one in found.scenarios],
        "n_persons": len(found.athletes),
        "seeds": list(found.seeds),
        "differences": rows,
        "folder": str(folder),
        "files": [path.name for path in files],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)
