"""What ``hipext compare`` does: scenarios, persons, tables, a figure and a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hipext._changes import listed
from hipext._checks import check_one_of
from hipext._compare_figure import comparison_figure
from hipext._compare_record import comparison_files
from hipext._compare_text import comparison_json, comparison_text
from hipext._report_figures import figure_files
from hipext.athlete import Athlete, read_athlete
from hipext.comparison import Comparison, compare
from hipext.one_change import one_at_a_time, variations
from hipext.outcomes import OUTCOMES
from hipext.plan import Plan
from hipext.plan_file import read_plan
from hipext.population import cohort
from hipext.records import REPLACED, replaces_other_inputs, write_files
from hipext.whatif import Scenario, vary


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """The arguments of ``hipext compare``, as they were written."""

    plans: Sequence[str]
    varied: Mapping[str, Sequence] = field(default_factory=dict)
    together: bool = False
    changes: Mapping[str, object] = field(default_factory=dict)
    athlete: str | None = None
    population: str | None = None
    persons: int = 1000
    seed: int = 0
    noise: bool = True
    level: float = 0.95
    outcome: str = "strength_pct"
    out: Path = Path("out")

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.out / f"compare-{'-'.join(Path(one).stem for one in self.plans)}"


def compare_told(request: CompareRequest, *, as_json: bool) -> str:
    """Compare what is asked for, write the files, and return the text that tells."""
    check_one_of(request.outcome, OUTCOMES, name="--outcome")
    found = _compared(request)
    files = comparison_files(found)
    drawn = {"compare": comparison_figure(found, request.outcome)}
    folder = request.folder
    is_replaced = replaces_other_inputs(files, folder)
    paths = write_files(figure_files(drawn) | files, folder)
    if as_json:
        return comparison_json(found, folder, paths)
    lines = [found.scenarios[0].plan.name]
    if request.changes:
        lines.append(f"Changed in all: {listed(request.changes)}")
    lines.append(comparison_text(found, request.outcome))
    lines.append(f"\nSee {folder / 'compare.png'}; {len(paths)} files are in {folder}.")
    if is_replaced:
        lines.append(REPLACED)
    return "\n".join(lines)


def _compared(request: CompareRequest) -> Comparison:
    plans = [vary(read_plan(one), request.changes) for one in request.plans]
    people = _people(request)
    options = {
        "seeds": (request.seed,),
        "noise": request.noise,
        "level": request.level,
        "progress": True,
    }
    if len(plans) == 1 and not request.varied:
        return one_at_a_time(plans[0], people, **options)
    return compare(_scenarios(request, plans), people, **options)


def _scenarios(
    request: CompareRequest, plans: Sequence[Plan]
) -> Sequence[Scenario] | Mapping[str, Plan]:
    if len(plans) == 1:
        return variations(plans[0], request.varied, together=request.together)
    if request.varied:
        raise ValueError(
            "--vary changes one plan; several were named "
            f"({', '.join(request.plans)}). Compare plans, or values in one plan."
        )
    names = [Path(one).stem for one in request.plans]
    if len(set(names)) < len(names):
        names = list(request.plans)
    if len(set(names)) < len(names):
        raise ValueError(f"A plan is named twice: {', '.join(request.plans)}.")
    return dict(zip(names, plans, strict=True))


def _people(request: CompareRequest) -> Sequence[Athlete]:
    if request.persons < 1:
        raise ValueError(f"--persons must be at least 1; got {request.persons}.")
    if request.athlete is not None:
        if request.population is not None:
            raise ValueError("Name --athlete or --population, not both.")
        return [read_athlete(request.athlete)] * request.persons
    return cohort(request.persons, request.population or "novices", seed=request.seed)
