"""Tables and values as text for the terminal."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill, indent

import pandas as pd

from hipext.athletes.athlete import read_athlete
from hipext.athletes.population import Population, read_population
from hipext.cli.options import DEFAULT_ATHLETE
from hipext.files import io, records
from hipext.files.checks import shortened
from hipext.files.io import shipped_names
from hipext.plans.exercises import Exercise, ladder
from hipext.plans.plan_file import read_plan
from hipext.plots.report import FILE_NAMES, report_files
from hipext.simulation.explanations import course
from hipext.simulation.simulation import Simulation
from hipext.studies.scenarios import changes_text
from hipext.studies.sweep_file import read_search_file, read_sweep_file

_WEEKLY_HEADS = {
    "week": "week",
    "phase": "phase",
    "is_deload": "deload",
    "n_sessions": "times",
    "working_sets": "sets",
    "hard_sets": "hard",
    "volume_load_kg": "load kg",
    "system_volume_load_kg": "+body kg",
    "minutes": "min",
    "session_rpe": "sRPE",
    "hip_share": "hip %",
}
_WEEKLY_NOTE = (
    "times: sessions with work; load kg: working repetitions x load; +body kg: with\n"
    "the lifted body mass; sRPE: rating x minutes; hip %: of hip and knee sets."
)
_ANSWERED_HEADS = {
    "week": "week",
    "phase": "phase",
    "is_deload": "light",
    "n_sessions": "times",
    "working_sets": "sets",
    "n_failed": "failed",
    "system_volume_load_kg": "+body kg",
    "minutes": "min",
    "pain": "pain",
    "technique": "tech",
    "strength_pct": "1RM %",
}
_ANSWERED_NOTE = (
    "times: sessions with work; failed: times that the sets of an exercise were not\n"
    "completed; +body kg: working repetitions x load with the lifted body mass; pain:\n"
    "highest reported; tech: mean rated technique; 1RM %: of the lifts tested, from\n"
    "100 at the start. States are those of a model, never a claim about a person."
)
_DECIMALS = {"pain": 1, "technique": 2}
_MAX_PHASE_LETTERS = 12


def table(rows: pd.DataFrame) -> str:
    """Return a table as aligned text; a word instead where it is empty."""
    return rows.to_string(index=False, na_rep="-") if len(rows) else "Nothing found."


def weekly_table(weekly: pd.DataFrame) -> str:
    """Return the weekly columns a coach reads first, 80 characters wide at most."""
    is_answered = "n_failed" in weekly
    heads = _ANSWERED_HEADS if is_answered else _WEEKLY_HEADS
    shown = weekly[list(heads)].copy()
    light = "light" if is_answered else "deload"
    shown["is_deload"] = shown["is_deload"].map({True: light, False: ""})
    if is_answered:
        names = [shortened(name, _MAX_PHASE_LETTERS) for name in shown["phase"]]
        shown["phase"] = names
    if "hip_share" in shown:
        shown["hip_share"] *= 100
    for name in _DECIMALS.keys() & heads.keys():
        shown[name] = [_decimals(value, _DECIMALS[name]) for value in shown[name]]
    numbers = shown.select_dtypes("number").columns
    shown[numbers] = shown[numbers].round()
    note = _ANSWERED_NOTE if is_answered else _WEEKLY_NOTE
    return table(_whole(shown).rename(columns=heads)) + f"\n{note}"


def _decimals(value: float, digits: int) -> str:
    return "-" if pd.isna(value) else f"{value:.{digits}f}"


def mode(simulation: Simulation) -> str:
    """Return in a line whether the person answers back."""
    if simulation.mode == "open_loop":
        return "Open loop: every set is assumed to succeed."
    chance = f"seed {simulation.seed}" if simulation.noise else "no chance"
    return f"Closed loop, {chance}: the person answers back."


def run_text(simulation: Simulation) -> str:
    """Return how a run went: whether it is open, week by week, and to which end."""
    parts = [mode(simulation), weekly_table(simulation.weekly)]
    if simulation.mode == "closed_loop":
        facts = course(simulation.plan, simulation.weekly, simulation.decisions)
        parts.append("\n".join(wrapped(x, prefix="", hanging="  ") for x in facts))
    return "\n\n".join(parts)


def run_json(
    simulation: Simulation, folder: Path, paths: list[Path], *, replaced: bool
) -> str:
    """Return what a run has done, as JSON: where its files are, week by week."""
    weekly = json.loads(simulation.weekly.to_json(orient="records"))
    return json.dumps(
        {
            "plan": simulation.plan.name,
            "athlete": simulation.athlete.name,
            "mode": simulation.mode,
            "seed": simulation.seed,
            "noise": simulation.noise,
            "folder": str(folder),
            "files": [path.name for path in paths],
            "replaced": replaced,
            "weekly": weekly,
        },
        indent=2,
        ensure_ascii=False,
        allow_nan=False,
    )


def _whole(shown: pd.DataFrame) -> pd.DataFrame:
    floats = shown.select_dtypes("float").columns
    return shown.astype(dict.fromkeys(floats, "Int64"))


def entries(rows: pd.DataFrame, key: str) -> str:
    """Return one paragraph per row: its key, short facts, and its description."""
    paragraphs = []
    for row in rows.to_dict("records"):
        facts = [f"{value}" for name, value in row.items() if name != "description"]
        head = f"{row[key]:<24}" + " | ".join(facts[1:])
        paragraphs.append(head + "\n" + wrapped(row["description"]))
    return "\n".join(paragraphs)


def wrapped(text: str, *, prefix: str = "    ", hanging: str = "") -> str:
    """Return a text wrapped to the width of the terminal, 100 letters at most."""
    width = min(shutil.get_terminal_size().columns, 100)
    after = prefix + hanging
    return fill(text, width=width, initial_indent=prefix, subsequent_indent=after)


def week(simulation: Simulation, number: int) -> str:
    """Return what happened in a week and why, wrapped for the terminal."""
    lines = simulation.explain(week=number).splitlines()
    return "\n".join(wrapped(line, prefix="", hanging="  ") for line in lines)


def evidence(rows: pd.DataFrame) -> str:
    """Return one paragraph per source: status, kind, claim, value, and where from."""
    if rows.empty:
        return "Nothing found."
    return "\n".join(_source_lines(rows.to_dict("records")))


def _source_lines(rows: list[dict]) -> Iterator[str]:
    for row in rows:
        value = " ".join(part for part in (row["value"], row["unit"]) if part)
        origin = ", ".join(part for part in (row["authors"], row["year"]) if part)
        yield f"{row['id']}  {row['status']}, {row['kind']}, {row['topic']}"
        yield wrapped(f"{row['claim']}: {value}" + _known(row["spread"], " ({})"))
        yield wrapped(_known(row["population"], "in {}; ") + origin)
    yield f"{len(rows)} row(s). Only VERIFIED rows are cited as sources."


def _known(text: str, form: str) -> str:
    return form.format(text) if text else ""


def findings(rows: pd.DataFrame) -> str:
    """Return what the linter found, one finding per paragraph."""
    if rows.empty:
        return "Nothing found."
    lines = [
        f"{row['place']}: {row['message']} [{row['rule']}]\n"
        + wrapped(row["suggestion"])
        for row in rows.to_dict("records")
    ]
    return "\n".join(
        [*lines, f"{len(rows)} finding(s); the plan can be used as it is."]
    )


def exercise(one: Exercise, catalogue: Mapping[str, Exercise]) -> str:
    """Return everything the catalogue says about an exercise."""
    facts = {
        "id": one.id,
        "also called": ", ".join(one.aliases),
        "role": f"{one.role}, {one.pattern}, {one.laterality}",
        "implement": _implement(one),
        "body mass lifted": f"{one.body_mass_share:.0%} (assumption)",
        "tempo": one.tempo,
        "dominant joint": one.dominant_joint,
        "primary muscles": ", ".join(one.primary),
        "secondary muscles": ", ".join(one.secondary),
        "stretches": ", ".join(one.stretches),
        "master first": ", ".join(one.prerequisites),
        "way up": " > ".join(ladder(one.id, catalogue)),
        "guide": ", ".join(one.guide),
        "sources": ", ".join(one.sources),
    }
    lists = {
        "cues": one.cues,
        "faults": one.faults,
        "easier": [f"{step.to}: {step.when}" for step in one.regress],
        "harder": [f"{step.to}: {step.when}" for step in one.progress],
        "instead": [f"{step.to}: {step.when}" for step in one.swap],
    }
    lines = [one.name, *(f"  {key:<18}{text}" for key, text in facts.items() if text)]
    for title, items in lists.items():
        if items:
            lines += [
                f"  {title}",
                indent("\n".join(f"- {it}" for it in items), "    "),
            ]
    return "\n".join(lines)


def _implement(one: Exercise) -> str:
    if not one.is_loaded:
        return one.implement
    step = f"steps of {one.increment_kg:g} kg"
    return f"{one.implement} x {one.n_implements}, {step}"


def folder_name(plan: str, athlete: str) -> str:
    """Return the name of the folder of a run; the usual person is not in it."""
    name = Path(plan).stem
    return name if athlete == DEFAULT_ATHLETE else f"{name}-{Path(athlete).stem}"


def run_summary(
    simulation: Simulation,
    folder: Path,
    *,
    changed: Mapping[str, object],
    explained_week: int | None = None,
    as_json: bool = False,
) -> str:
    """Write the files of a run and return the text, or the JSON, that tells of it."""
    told = "" if explained_week is None else week(simulation, explained_week)
    record = simulation.record_files(simulation)
    replaced = records.replaces_other_inputs(record, folder)
    paths = io.write_files(report_files(simulation) | record, folder)
    if replaced:
        earlier = {*FILE_NAMES, *simulation.ALL_FILES} - {path.name for path in paths}
        io.drop_leftovers(folder, earlier)
    if as_json:
        return run_json(simulation, folder, paths, replaced=replaced)
    lines = [f"{simulation.plan.name} - {simulation.athlete.name}"]
    if changed:
        lines.append(f"Changed: {changes_text(changed)}")
    lines.append(run_text(simulation))
    if told:
        lines.append(f"\n{told}")
    lines.append(
        f"\nRead {folder / 'report.html'}; {len(paths)} files are in {folder}."
    )
    if replaced:
        lines.append(io.REPLACED)
    return "\n".join(lines)


def plan_table() -> pd.DataFrame:
    """Return one row per shipped plan."""
    rows = [(name, read_plan(name)) for name in shipped_names("plans")]
    return pd.DataFrame(
        [(name, plan.n_weeks, plan.name, plan.description) for name, plan in rows],
        columns=["plan", "weeks", "name", "description"],
    )


def athlete_table() -> pd.DataFrame:
    """Return one row per shipped person."""
    rows = [(name, read_athlete(name)) for name in shipped_names("athletes")]
    return pd.DataFrame(
        [
            (name, one.training_status, one.activity, one.name, one.description)
            for name, one in rows
        ],
        columns=["athlete", "training_status", "activity", "name", "description"],
    )


def population_table() -> pd.DataFrame:
    """Return one row per shipped population."""
    rows = [(name, read_population(name)) for name in shipped_names("populations")]
    return pd.DataFrame(
        [
            (name, ", ".join(_statuses(one)), one.name, one.description)
            for name, one in rows
        ],
        columns=["population", "training_status", "name", "description"],
    )


def _statuses(population: Population) -> list[str]:
    own = population.athlete.training_status
    return [group.training_status for group in population.group] or [own]


def study_table() -> pd.DataFrame:
    """Return one row per shipped sweep and search."""
    columns = ["study", "kind", "plan", "people", "name", "description"]
    return pd.DataFrame([*_studies()], columns=columns)


def _studies() -> Iterator[tuple[str, ...]]:
    readers = {
        "sweeps": ("sweep", read_sweep_file),
        "searches": ("search", read_search_file),
    }
    for folder, (kind, read) in readers.items():
        for name in shipped_names(folder):
            one = read(name)
            people = one.population or one.athlete
            yield name, kind, one.plan, people, one.name, one.description
