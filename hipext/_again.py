"""Each kind of result, made again from nothing but its record."""

from collections.abc import Callable, Iterable, Mapping

from hipext._checks import check_one_of
from hipext._compare_record import compared_again, comparison_tables
from hipext._run import setting_of, trace
from hipext.athlete import check_athlete
from hipext.plan_file import check_plan
from hipext.records import table_files
from hipext.searches import front_again, search_tables
from hipext.simulation import check_seed, open_loop, simulate, told
from hipext.sweeps import files_again


def _run_again(
    record: Mapping[str, object], engine: str | None
) -> Iterable[tuple[str, bytes]]:
    """Return name and content of the tables of a run."""
    check_one_of(record["mode"], ("closed_loop", "open_loop"), name="mode")
    plan = check_plan(record["plan"], source="the plan of the record")
    athlete = check_athlete(record["athlete"], source="the person of the record")
    load = {"training_load": record["training_load"]}
    if record["mode"] == "open_loop":
        return table_files(open_loop(plan, athlete, **load)).items()
    chance = {"seed": record["seed"], "noise": record["noise"]}
    if engine != "compiled":
        return table_files(simulate(plan, athlete, **chance, **load)).items()
    check_seed(record["seed"])
    setting = setting_of(plan, [athlete])
    kept = trace(setting, **chance, is_compiled=True)
    return table_files(told(plan, athlete, setting, kept, **chance, **load)).items()


def _compare_again(
    record: Mapping[str, object], engine: str | None
) -> Iterable[tuple[str, bytes]]:
    """Return name and content of the tables of a comparison."""
    return comparison_tables(compared_again(record, engine=engine)).items()


def _search_again(
    record: Mapping[str, object], engine: str | None
) -> Iterable[tuple[str, bytes]]:
    """Return name and content of the tables of a search."""
    return search_tables(front_again(record, engine=engine, progress=False)).items()


# Each makes the files of a record of its kind again, one at a time: (name, content).
# The constants of the record are in use while it does.
KINDS: dict[str, Callable[[Mapping, str | None], Iterable[tuple[str, bytes]]]] = {
    "run": _run_again,
    "compare": _compare_again,
    "sweep": files_again,
    "search": _search_again,
}
