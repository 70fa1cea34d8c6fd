"""What the package offers: names and signatures that notebooks and scripts rely on.

The lists are frozen: a name or an argument that goes breaks somebody's notebook.
Whoever changes one says so in the changelog.
"""

import inspect
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import hipext

NAMES = [
    "PlanError",
    "expand_plan",
    "format_plan",
    "intensity",
    "lint_plan",
    "metrics",
    "open_loop",
    "personalise",
    "plots",
    "read_athlete",
    "read_evidence",
    "read_exercises",
    "read_plan",
    "report",
    "response",
    "simulate",
    "tables",
    "vary",
    "widgets",
    "write_record",
]
SIGNATURES = {
    "expand_plan": "(plan, athlete, *, exercises)",
    "format_plan": "(plan)",
    "intensity.one_rm": "(load_kg, reps, *, relation)",
    "intensity.pct_1rm": "(reps, rir, *, relation)",
    "intensity.reps_at": "(pct_1rm, *, relation)",
    "metrics.daily": "(sets, *, n_weeks)",
    "metrics.hard_sets": "(sets, *, max_rir)",
    "metrics.minutes": "(sets)",
    "metrics.muscle_sets": "(sets, *, mapping, exercises)",
    "metrics.session_rpe": "(sets)",
    "metrics.time_under_tension": "(sets)",
    "metrics.training_load": "(sets, *, definition, n_weeks)",
    "metrics.volume_load": "(sets, *, load)",
    "metrics.weekly": "(sets, *, n_weeks, exercises)",
    "metrics.weekly_trend": "(weeks, column, *, deloads)",
    "metrics.working_sets": "(sets)",
    "open_loop": "(plan, athlete, *, training_load)",
    "personalise": "(plan, athlete)",
    "read_athlete": "(name_or_path)",
    "read_evidence": "(path)",
    "read_exercises": "(path)",
    "read_plan": "(name_or_path)",
    "response.Banister": (
        "(*, baseline, fitness_gain, fitness_tau, fatigue_gain, fatigue_tau, "
        "convention)"
    ),
    "response.Banister.respond": "(self, training_load)",
    "simulate": "(plan, athlete, *, seed, noise, training_load)",
    "vary": "(plan, changes)",
    "write_record": "(simulation, folder)",
}
DEFAULTS = {
    "intensity.one_rm": {"relation": "epley"},
    "intensity.pct_1rm": {"rir": 0.0, "relation": "epley"},
    "intensity.reps_at": {"relation": "epley"},
    "metrics.muscle_sets": {"mapping": "fractional", "exercises": None},
    "metrics.training_load": {"definition": "session_rpe", "n_weeks": None},
    "metrics.volume_load": {"load": "external"},
    "metrics.weekly_trend": {"deloads": False},
    "open_loop": {"training_load": "session_rpe"},
    "response.Banister": {"convention": "next_day"},
}


def find(dotted):
    found = hipext
    for name in dotted.split("."):
        found = getattr(found, name)
    return found


def arguments_of(function):
    """Return the arguments of a function without their types and defaults."""
    signature = inspect.signature(function)
    bare = [
        parameter.replace(annotation=parameter.empty, default=parameter.empty)
        for parameter in signature.parameters.values()
    ]
    plain = signature.replace(parameters=bare, return_annotation=signature.empty)
    return str(plain)


def last_line_of(code):
    """Return the last line that a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def test_the_public_names_are_frozen():
    assert sorted(hipext.__all__) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_can_be_imported_and_explains_itself(name):
    found = getattr(hipext, name)
    assert inspect.getdoc(found)
    assert callable(found) or isinstance(found, ModuleType)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_offered_for_completion(name):
    assert name in dir(hipext)


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(
        AttributeError, match=r"hipext has no 'simulat'; it has PlanErr"
    ):
        _ = hipext.simulat


@pytest.mark.parametrize("dotted", SIGNATURES)
def test_the_arguments_of_a_function_are_frozen(dotted):
    assert arguments_of(find(dotted)) == SIGNATURES[dotted]


@pytest.mark.parametrize("dotted", DEFAULTS)
def test_the_defaults_of_a_function_are_frozen(dotted):
    parameters = inspect.signature(find(dotted)).parameters
    given = {name: parameters[name].default for name in DEFAULTS[dotted]}
    assert given == DEFAULTS[dotted]


def test_every_name_in_the_metrics_list_is_there():
    assert [
        name for name in hipext.metrics.__all__ if not hasattr(hipext.metrics, name)
    ] == []


def test_a_name_comes_from_one_place():
    assert hipext.read_plan is import_module("hipext.plan_file").read_plan
    assert hipext.metrics is import_module("hipext.metrics")


def test_importing_the_package_loads_no_library():
    heavy = {"pandas", "numpy", "pydantic", "matplotlib", "ipywidgets", "typer"}
    code = f"import sys, hipext; print(sorted({heavy!r} & set(sys.modules)))"
    assert last_line_of(code) == "[]"


def test_making_tables_loads_neither_plots_nor_notebooks():
    heavy = {"matplotlib", "IPython", "ipywidgets", "numba", "dask", "scipy"}
    code = (
        "import sys, hipext; hipext.open_loop(hipext.read_plan('deadlift_5x5_10wk'), "
        f"hipext.read_athlete('novice')); print(sorted({heavy!r} & set(sys.modules)))"
    )
    assert last_line_of(code) == "[]"
