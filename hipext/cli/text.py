"""Results as text and JSON for the terminal, and their files."""

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import fill, indent
from typing import TYPE_CHECKING, NamedTuple

from hipext.files.checks import changes_text, shortened
from hipext.files.io import (
    data_dir,
    drop_leftovers,
    read_toml,
    shipped_names,
    write_files,
)

if TYPE_CHECKING:
    import pandas as pd

    from hipext.plans.exercises import Exercise
    from hipext.plans.plan import Plan
    from hipext.simulation.simulation import Simulation

Rows = Sequence[Mapping[str, object]]  # values by column
_WEEKLY_HEADS = {
    "week": "week",
    "phase": "phase",
    "is_deload": "deload",
    "n_sessions": "times",
    "working_sets": "sets",
    "hard_sets": "hard",
    "n_failed_slots": "failed",
    "volume_load_kg": "load kg",
    "system_volume_load_kg": "+body kg",
    "minutes": "min",
    "session_rpe_load": "sRPE",
    "hip_share": "hip %",
    "pain_reported_max": "pain",
    "technique_rated_mean": "tech",
    "strength_pct": "1RM %",
}
# Closed loops show their states instead of these: the table is 80 letters wide.
_OPEN_LOOP_ONLY = ("hard_sets", "volume_load_kg", "session_rpe_load", "hip_share")
_OPEN_LOOP_NOTE = (
    "times: sessions with work; load kg: working repetitions x load; +body kg: with\n"
    "the lifted body mass; sRPE: rating x minutes; hip %: of hip and knee sets."
)
_CLOSED_LOOP_NOTE = (
    "times: sessions with work; failed: times that the sets of an exercise were not\n"
    "completed; +body kg: working repetitions x load with the lifted body mass; pain:\n"
    "highest reported; tech: mean rated technique; 1RM %: of the lifts tested, from\n"
    "100 at the start. States are those of a model, never a claim about a person."
)
_FORMATS = {"pain_reported_max": "{:.1f}", "technique_rated_mean": "{:.2f}"}
_MAX_PHASE_LETTERS = 12


class Written(NamedTuple):
    """The files of results that a command has written."""

    folder: Path
    paths: list[Path]
    is_replaced: bool  # results of other inputs were in the folder

    def facts(self) -> dict[str, object]:
        """Return folder and names of the files, for JSON."""
        names = [path.name for path in self.paths]
        return {"folder": str(self.folder), "files": names}

    def text(self, shown: str = "") -> str:
        """Return where the files are; `shown` is the one to look at."""
        see = f"See {self.folder / shown}; " if shown else ""
        text = f"{see}{len(self.paths)} files are in {self.folder}."
        replaced = "These replace earlier results of other inputs; --out keeps both."
        return f"{text}\n{replaced}" if self.is_replaced else text


def write_results(
    folder: Path,
    record: Mapping[str, bytes],
    figures: Mapping[str, bytes],
    *,
    replaceable: Collection[str] = (),
) -> Written:
    """Write a record and figures; drop `replaceable` files of other inputs."""
    from hipext.files.records import replaces_other_inputs  # not needed for lists

    # Asked before the new record replaces the one that tells.
    is_replaced = replaces_other_inputs(record, folder)
    paths = write_files({**figures, **record}, folder)
    if is_replaced:
        drop_leftovers(folder, {*replaceable} - {path.name for path in paths})
    return Written(folder, paths, is_replaced)


def json_text(values: object) -> str:
    """Return values as JSON."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)


def table_json(rows: "pd.DataFrame") -> str:
    """Return a table as JSON: a list with an object per row."""
    return rows.to_json(orient="records", indent=2, force_ascii=False)


def table(rows: "pd.DataFrame") -> str:
    """Return a table as aligned text."""
    return rows.to_string(index=False, na_rep="-")


def rows_text(rows: Rows) -> str:
    """Return rows as text, their columns aligned as in `table`."""
    lines = [[*rows[0]], *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(" ".join(map(str.rjust, line, widths)) for line in lines)


def wrapped(text: str, *, prefix: str = "    ", hanging: str = "") -> str:
    """Return a text wrapped to the width of the terminal, 100 letters at most."""
    width = min(shutil.get_terminal_size().columns, 100)
    after = prefix + hanging
    return fill(text, width=width, initial_indent=prefix, subsequent_indent=after)


def wrapped_lines(lines: Iterable[str]) -> str:
    """Return lines wrapped to the width of the terminal, what follows indented."""
    return "\n".join(wrapped(line, prefix="", hanging="  ") for line in lines)


def with_changes_described(plan: "Plan", changes: Mapping[str, object]) -> "Plan":
    """Return a changed plan with a description that lists the changes."""
    if not changes:
        return plan
    description = (
        f"{plan.description.strip()} Changed for this run: {changes_text(changes)}. "
        "The texts of the plan describe it as it was written."
    )
    return plan.model_copy(update={"description": description.strip()})


def run_text(
    simulation: "Simulation",
    written: Written,
    *,
    changed: Mapping[str, object],
    explained: Iterable[str] = (),
) -> str:
    """Return how a run went: its mode, week by week, and what became of the plan."""
    # Lists of shipped files need no simulation, and should not wait for it.
    from hipext.simulation.explanations import course

    plan, weekly = simulation.plan, simulation.weekly
    head = [f"{plan.name} - {simulation.athlete.name}"]
    head += [f"Changed: {changes_text(changed)}"] if changed else []
    chance = f"seed {simulation.seed}" if simulation.noise else "without noise"
    head.append(
        "Open loop: every set is assumed to succeed."
        if simulation.mode == "open_loop"
        else f"Closed loop ({chance}): performance, pain and fatigue feed back into "
        "the plan."
    )
    parts = ["\n".join(head), weekly_table(weekly)]
    if simulation.mode == "closed_loop":
        parts.append(wrapped_lines(course(plan, weekly, simulation.decisions)))
    parts += [wrapped_lines(explained), written.text("report.html")]
    return "\n\n".join(part for part in parts if part)


def weekly_table(weekly: "pd.DataFrame") -> str:
    """Return the weekly columns that a coach reads first, at most 80 letters wide."""
    is_closed = "n_failed_slots" in weekly
    unseen = _OPEN_LOOP_ONLY if is_closed else ()
    columns = [name for name in _WEEKLY_HEADS if name in weekly and name not in unseen]
    shown = weekly[columns].copy()
    shown["is_deload"] = shown["is_deload"].map({True: "deload", False: ""})
    shown["phase"] = [shortened(name, _MAX_PHASE_LETTERS) for name in shown["phase"]]
    if "hip_share" in shown:
        shown["hip_share"] *= 100
    for name in _FORMATS.keys() & {*columns}:
        shown[name] = shown[name].map(_FORMATS[name].format, na_action="ignore")
    # Integers that can be missing: all other numbers are shown without decimals.
    floats = shown.select_dtypes("float").columns
    shown[floats] = shown[floats].round().astype("Int64")
    note = _CLOSED_LOOP_NOTE if is_closed else _OPEN_LOOP_NOTE
    return f"{table(shown.rename(columns=_WEEKLY_HEADS))}\n{note}"


def run_json(simulation: "Simulation", written: Written) -> str:
    """Return what a run has done, as JSON: where its files are, week by week."""
    facts = {
        "plan": simulation.plan.name,
        "athlete": simulation.athlete.name,
        **{name: getattr(simulation, name) for name in ("mode", "seed", "noise")},
        **written.facts(),
        "replaced": written.is_replaced,
        "weekly": json.loads(table_json(simulation.weekly)),
    }
    return json_text(facts)


def entries_text(rows: Rows) -> str:
    """Return a paragraph per row: its name, short facts, and its description."""
    paragraphs = []
    for row in rows:
        name, *facts = (str(row[key]) for key in row if key != "description")
        paragraphs.append(f"{name:<24}{' | '.join(facts)}")
        paragraphs.append(wrapped(row["description"]))
    return "\n".join(paragraphs)


def evidence_text(rows: Rows) -> str:
    """Return a paragraph per source: status, kind, claim, value, and where from."""
    lines = []
    for row in rows:
        value = " ".join(part for part in (row["value"], row["unit"]) if part)
        spread = f" ({row['spread']})" if row["spread"] else ""
        population = f"in {row['population']}; " if row["population"] else ""
        origin = ", ".join(part for part in (row["authors"], row["year"]) if part)
        lines += [
            f"{row['id']}  {row['status']}, {row['kind']}, {row['topic']}",
            wrapped(f"{row['claim']}: {value}{spread}"),
            wrapped(population + origin),
        ]
    end = f"{len(rows)} row(s). Only VERIFIED rows are cited as sources."
    return "\n".join([*lines, end])


def findings_text(rows: Rows) -> str:
    """Return what the linter found, a paragraph per finding."""
    lines = [
        "{place}: {message} [{check}]\n".format(**row) + wrapped(row["suggestion"])
        for row in rows
    ]
    end = f"{len(rows)} finding(s); the plan can be used as it is."
    return "\n".join([*lines, end])


def exercise_text(exercise: "Exercise", catalogue: Mapping[str, "Exercise"]) -> str:
    """Return everything the catalogue says about an exercise."""
    from hipext.plans.exercises import ladder  # not needed for lists

    implement = exercise.implement
    if exercise.is_loaded:
        implement += f" x {exercise.n_implements}, "
        implement += f"steps of {exercise.increment_kg:g} kg"
    facts = {
        "id": exercise.id,
        "also called": ", ".join(exercise.aliases),
        "role": f"{exercise.role}, {exercise.pattern}, {exercise.laterality}",
        "implement": implement,
        "body mass lifted": f"{exercise.body_mass_share:.0%} (assumption)",
        "tempo": exercise.tempo,
        "dominant joint": exercise.dominant_joint,
        "primary muscles": ", ".join(exercise.primary),
        "secondary muscles": ", ".join(exercise.secondary),
        "stretches": ", ".join(exercise.stretches),
        "master first": ", ".join(exercise.prerequisites),
        "way up": " > ".join(ladder(exercise.id, catalogue)),
        "guide": ", ".join(exercise.guide),
        "sources": ", ".join(exercise.sources),
    }
    lists = {"cues": exercise.cues, "faults": exercise.faults}
    steps = {"regress": "easier", "progress": "harder", "swap": "instead"}
    for name, title in steps.items():
        lists[title] = [f"{step.to}: {step.when}" for step in getattr(exercise, name)]
    lines = [exercise.name]
    lines += [f"  {key:<18}{text}" for key, text in facts.items() if text]
    for title, items in lists.items():
        if items:
            bullets = "\n".join(f"- {item}" for item in items)
            lines += [f"  {title}", indent(bullets, "    ")]
    return "\n".join(lines)


def shipped_rows(folders: Iterable[str]) -> list[dict[str, object]]:
    """Return a row per shipped file of some folders: its name, facts, description."""
    # As they are written: to check them takes long, and tests do.
    return [
        {
            **_facts(name, folder, values),
            "name": values["name"],
            "description": values.get("description", ""),
        }
        for folder in folders
        for name in shipped_names(folder)
        for values in [read_toml(data_dir() / folder / f"{name}.toml")]
    ]


def _facts(name: str, folder: str, values: Mapping) -> dict[str, object]:
    """Return the name of a shipped file and its short facts, by column."""
    match folder:
        case "plans":
            return {"plan": name, "weeks": sum(x["weeks"] for x in values["phase"])}
        case "athletes":
            facts = {key: values[key] for key in ("training_status", "activity")}
            return {"athlete": name, **facts}
        case "populations":
            groups = values.get("group", [values["athlete"]])
            statuses = ", ".join(group["training_status"] for group in groups)
            return {"population": name, "training_status": statuses}
    kind = "sweep" if folder == "sweeps" else "search"
    athletes = values.get("population", values.get("athlete"))
    return {"study": name, "kind": kind, "plan": values["plan"], "athletes": athletes}
