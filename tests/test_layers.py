"""Imports point down: the floors of the house, its room sizes and its doors."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "hipext"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
ROOMS = [name for name in MODULES if name not in {"__init__", "__main__"}]

FLOORS = {
    name: floor
    for floor, names in enumerate(
        [
            "_checks _comments _compiled _same _phrases _progress _quadratic _schema"
            " _steps _units data tables",
            "evidence notation _exercise _catalogue exercises intensity parameters"
            " set_metrics metrics response random _model _options _state"
            " _impulse _doses _draws _kalman"
            " _monotony _pmc _trailing workload"
            " relations percentages maxima charts adjustments schemes estimates"
            " _estimable _lines _cells _fit_request _profile_axes outcomes _varied"
            " comparison_tables",
            "athlete rules progression slot _judge _gates _notes _series"
            " _bounded _walk _design _search _profile _problem _resample _scores"
            " _verdict _fitted _posterior inverse _inverse_load _later _payback"
            " _born _traits population",
            "plan plan_file plan_text plan_schema _people _body _begin _assess"
            " _clock"
            " _lift_series",
            "timetable book schedule engine _everyone _slot_rows _program",
            "_run _set_by_set",
            "_answers _assumed _decode _explain _gate_words _reasons _sentences"
            " _step_words",
            "_fit _fit_weeks _lint _signs lint personal simulation",
            "_changes _paths _turns knobs whatif reshape calibration trials logs"
            " records _seals _first_difference",
            "_crowd _who _parquet _paired _tried designs sweep_file",
            "comparison one_change indices _front _nsga pareto _job study_schema",
            "_compare_record _dataset _summary _sweep_record cluster searches",
            "sweeps",
            "_again",
            "reproduction",
            "_marks _terminal plots state_plots decision_plots html_report show lab app"
            " _report_answers _report_facts _report_figures trial_plots whatif_plots"
            " sweep_plots _outcome_words",
            "fit_plots _listings _run_command",
            "_fit_files _fit_text _fit_command _compare_text _compare_figure"
            " _sweep_figure",
            "_compare_command _sweep_command",
            "_course _handout_text picture explorer_figure tasks _controls _rehearsal"
            " _fit_valley",
            "assignments handouts explorer _replanned _ladder_figure _muscle_panel"
            " _effort_figure _recovering _fit_figure _machine_code",
            "plan_explorer deload_explorer compare_explorer exercise_explorer"
            " effort_explorer recovery_explorer fit_explorer",
            "widgets explorers_page _class_commands _study_commands _notebook_commands"
            " cli",
        ]
    )
    for name in names.split()
}

NEIGHBOURS = {  # imports on the same floor
    "_schema": {"_checks"},
    "data": {"_checks"},
    "tables": {"_checks"},
    "_exercise": {"notation"},
    "_catalogue": {"_exercise"},
    "exercises": {"_catalogue", "_exercise"},
    "set_metrics": {"parameters"},
    "metrics": {
        "exercises",
        "parameters",
        "set_metrics",
        "_monotony",
        "_trailing",
        "workload",
    },
    "_doses": {"_impulse"},
    "_draws": {"_impulse"},
    "_kalman": {"_impulse"},
    "response": {"_doses", "_draws", "_impulse", "_kalman"},
    "_design": {"_bounded", "_walk"},
    "_search": {"_design"},
    "_profile": {"_design", "_search"},
    "_problem": {"_design"},
    "_resample": {"_design", "_search", "_walk"},
    "_scores": {"_design", "_profile", "_search"},
    "_verdict": {"_design", "_profile"},
    "_fitted": {"_design", "_profile", "_resample", "_scores", "_verdict"},
    "_posterior": {"_design"},
    "_monotony": {"_trailing"},
    "_pmc": {"_impulse", "_trailing"},
    "_trailing": {"_impulse"},
    "workload": {"_impulse", "_monotony", "_pmc", "_trailing"},
    "inverse": {"_inverse_load", "_later", "_payback"},
    "intensity": {
        "adjustments",
        "charts",
        "estimates",
        "maxima",
        "percentages",
        "relations",
        "schemes",
    },
    "percentages": {"relations"},
    "maxima": {"percentages", "relations"},
    "charts": {"percentages"},
    "adjustments": {"percentages", "relations"},
    "schemes": {"percentages", "relations"},
    "estimates": {"_estimable", "_lines", "relations"},
    "_estimable": {"relations"},
    "progression": {"rules"},
    "slot": {"rules"},
    "plan_file": {"plan"},
    "plan_schema": {"plan"},
    "plan_text": {"plan", "plan_file"},
    "_model": {"parameters"},
    "_gates": {"_judge"},
    "_notes": {"_judge"},
    "_begin": {"_body"},
    "_assess": {"_body"},
    "_everyone": {"engine"},
    "_program": {"_slot_rows", "timetable"},
    "_answers": {"_decode"},
    "_gate_words": {"_reasons"},
    "_step_words": {"_decode", "_reasons"},
    "_sentences": {"_decode", "_gate_words", "_reasons", "_step_words"},
    "book": {"timetable"},
    "schedule": {"book", "timetable"},
    "_fit_weeks": {"_fit"},
    "lint": {"_lint"},
    "personal": {"_fit", "_fit_weeks", "_signs"},
    "html_report": {"plots", "_report_answers", "_report_facts", "_report_figures"},
    "_report_answers": {"_report_facts", "_report_figures", "state_plots"},
    "_report_facts": {"plots"},
    "_report_figures": {"decision_plots", "plots", "state_plots"},
    "decision_plots": {"_marks", "plots"},
    "state_plots": {"_marks", "plots"},
    "plots": {"_marks"},
    "explorer_figure": {"picture"},
    "_options": {"response"},
    "_fit_text": {"_fit_files"},
    "_fit_command": {"_fit_files", "_fit_text"},
    "deload_explorer": {"plan_explorer"},
    "_traits": {"_born", "athlete"},
    "population": {"_born", "_traits", "athlete"},
    "_turns": {"reshape"},
    "knobs": {"_turns", "reshape"},
    "whatif": {"_changes", "_paths", "knobs"},
    "records": {"_seals"},
    "sweep_file": {"_tried", "designs"},
    "_nsga": {"_front"},
    "pareto": {"_front", "_nsga"},
    "trial_plots": {"_marks", "plots"},
    "comparison_tables": {"outcomes"},
    "_outcome_words": {"_marks"},
    "whatif_plots": {"_marks", "_outcome_words", "plots"},
    "sweep_plots": {"_marks", "_outcome_words", "plots"},
    "one_change": {"comparison"},
    "app": {"lab"},
    "cli": {"_class_commands", "_notebook_commands", "_study_commands"},
    "explorers_page": {"widgets"},
}

LATE_IMPORTS = {  # imports inside functions, and why
    ("_marks", "matplotlib"): "pyplot is slow to import, and only notebooks need it",
    ("_lines", "scipy"): "slow to import, and only estimates need it",
    ("_posterior", "emcee"): "optional",
    ("_compiled", "numba"): "slow to import, and optional",
    ("_handout_text", "mistune"): "optional",
    ("lab", "jupyter_server"): "optional",
    ("lab", "jupyterlab"): "optional",
    ("app", "voila"): "optional",
    ("_nsga", "optuna"): "optional, and slow to import",
    ("designs", "SALib"): "optional, and slow to import",
    ("designs", "scipy"): "scipy.stats is slow to import",
    ("_parquet", "pyarrow"): "optional, and slow to import",
    ("_first_difference", "pyarrow"): "optional, and slow to import",
    ("cluster", "distributed"): "optional, and slow to import",
    ("_sweep_command", "dask"): "optional",
}
LAZY_MODULES = {
    "__init__",
    "__main__",
    "cli",
    "_study_commands",
    "_notebook_commands",
    "_class_commands",
}  # load a room when its name is called

MAX_LINES_OF_MODULE = 300
LONGER = {"engine": 400}  # the equations of a day stand together
MAX_STATEMENTS_OF_PACKAGE = 17000  # statements: docstrings may be as long as they need


def source(module):
    """Return the text of a module."""
    return (PACKAGE / f"{module}.py").read_text(encoding="utf-8")


def imported(tree):
    """Return the full names that the import statements below `tree` load."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "hipext":
            names |= {f"hipext.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def rooms_imported(module):
    """Return the modules of hipext that a module imports."""
    names = imported(ast.parse(source(module)))
    return {name.removeprefix("hipext.") for name in names if name.startswith("hipext")}


def imported_late(module):
    """Return the packages, and modules of hipext, imported inside functions."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    walk = ast.walk(ast.parse(source(module)))
    names = set().union(*(imported(x) for x in walk if isinstance(x, functions)))
    return {name if name.startswith("hipext") else name.split(".")[0] for name in names}


def n_lines(module):
    """Return the number of lines of a module."""
    return source(module).count("\n")


@pytest.mark.parametrize("module", ROOMS)
def test_every_module_has_its_floor(module):
    assert module in FLOORS


@pytest.mark.parametrize("module", ROOMS)
def test_module_imports_from_lower_floors_or_a_named_neighbour(module):
    allowed = {name for name in FLOORS if FLOORS[name] < FLOORS[module]}
    allowed |= NEIGHBOURS.get(module, set())
    assert rooms_imported(module) - allowed == set()


def test_neighbours_live_on_one_floor_and_never_import_in_a_circle():
    floors = [{FLOORS[x] for x in (name, *NEIGHBOURS[name])} for name in NEIGHBOURS]
    assert [floor for floor in floors if len(floor) > 1] == []
    TopologicalSorter(NEIGHBOURS).prepare()  # raises CycleError


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_written_in_full(module):
    names = imported(ast.parse(source(module)))
    assert {name for name in names if name.startswith(".")} == set()


@pytest.mark.parametrize("module", sorted({*MODULES} - LAZY_MODULES))
def test_imports_stand_at_the_top_of_the_module(module):
    allowed = {package for name, package in LATE_IMPORTS if name == module}
    assert imported_late(module) - allowed == set()


@pytest.mark.parametrize("module", MODULES)
def test_module_is_short(module):
    assert n_lines(module) <= LONGER.get(module, MAX_LINES_OF_MODULE)


def test_package_is_short():
    statements = sum(
        isinstance(node, ast.stmt)
        for module in MODULES
        for node in ast.walk(ast.parse(source(module)))
    )
    assert statements <= MAX_STATEMENTS_OF_PACKAGE


@pytest.mark.parametrize("module", sorted({*MODULES} - {"cli"}))
def test_only_the_command_line_prints(module):
    calls = (x for x in ast.walk(ast.parse(source(module))) if isinstance(x, ast.Call))
    names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    assert "print" not in names
