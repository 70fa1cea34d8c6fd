"""What ``hipext run`` writes and tells of a finished run."""

from collections.abc import Mapping
from pathlib import Path

from hipext import records, show
from hipext._changes import listed
from hipext._options import DEFAULT_ATHLETE
from hipext.html_report import FILE_NAMES, report_files
from hipext.simulation import Simulation


def folder_name(plan: str, athlete: str) -> str:
    """Return the name of the folder of a run; the usual person is not in it."""
    name = Path(plan).stem
    return name if athlete == DEFAULT_ATHLETE else f"{name}-{Path(athlete).stem}"


def run_told(
    simulation: Simulation,
    folder: Path,
    *,
    changed: Mapping[str, object],
    explained_week: int | None = None,
    as_json: bool = False,
) -> str:
    """Write the files of a run and return the text, or the JSON, that tells of it."""
    told = "" if explained_week is None else show.week(simulation, explained_week)
    record = records.record_files(simulation)
    replaced = records.replaces_other_inputs(record, folder)
    paths = records.write_files(report_files(simulation) | record, folder)
    if replaced:
        earlier = {*FILE_NAMES, *records.ALL_FILES} - {path.name for path in paths}
        records.drop_leftovers(folder, earlier)
    if as_json:
        return show.run_json(simulation, folder, paths, replaced=replaced)
    lines = [f"{simulation.plan.name} - {simulation.athlete.name}"]
    if changed:
        lines.append(f"Changed: {listed(changed)}")
    lines.append(show.run_text(simulation))
    if told:
        lines.append(f"\n{told}")
    lines.append(
        f"\nRead {folder / 'report.html'}; {len(paths)} files are in {folder}."
    )
    if replaced:
        lines.append(records.REPLACED)
    return "\n".join(lines)
