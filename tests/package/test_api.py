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
    "InputError",
    "PlanError",
    "calibration",
    "changed_athlete",
    "check_answer",
    "cite",
    "cohort",
    "compare",
    "expand_plan",
    "explore_compare",
    "explore_deload",
    "explore_effort",
    "explore_exercise",
    "explore_fit",
    "explore_plan",
    "explore_recovery",
    "find_front",
    "fit",
    "format_plan",
    "intensity",
    "inverse",
    "lint_plan",
    "metrics",
    "one_at_a_time",
    "open_loop",
    "parameter",
    "personalise",
    "plots",
    "predicted_and_observed",
    "read_athlete",
    "read_evidence",
    "read_exercises",
    "read_plan",
    "read_population",
    "read_sweep",
    "report",
    "reproduce",
    "response",
    "scenario_of",
    "search_evidence",
    "simulate",
    "sweep",
    "tables",
    "variations",
    "vary",
    "widgets",
    "write_record",
]
SIGNATURES = {
    "calibration.compare_models": "(fits)",
    "response.posterior": "(fitted, *, n_steps, seed, progress)",
    "cohort": "(n, population, *, seed)",
    "compare": "(scenarios, athletes, *, seeds, noise, level, engine, progress)",
    "expand_plan": "(plan, athlete, *, exercises)",
    "find_front": "(spec, *, engine, progress)",
    "fit": (
        "(model, training_load, performance, *, convention, weights, bounds, "
        "start, level, profile, n_bootstrap, n_blocks, seed, progress)"
    ),
    "format_plan": "(plan)",
    "intensity.adjusted_pct_1rm": "(reps, *, method, adjustment, relation)",
    "intensity.adjusted_reps": "(pct_1rm, *, method, adjustment, relation)",
    "intensity.epley_with": "(k)",
    "intensity.estimate_one_rm": "(sets, *, relation, k, one_rm_kg, load)",
    "intensity.linear_with": "(reps_at_no_load)",
    "intensity.modified_epley_with": "(k)",
    "intensity.one_rm": "(load_kg, reps, *, relation)",
    "intensity.one_rm_range": "(load_kg, reps, rir)",
    "intensity.pct_1rm": "(reps, rir, *, relation)",
    "intensity.pct_from_chart": "(reps, rpe, *, chart)",
    "intensity.read_chart": "(path)",
    "intensity.reps_at": "(pct_1rm, *, relation)",
    "intensity.rir_at": "(pct_1rm, reps, *, relation)",
    "intensity.rpe_at": "(pct_1rm, reps, *, relation)",
    "intensity.rpe_from_chart": "(pct_1rm, reps, *, chart)",
    "intensity.set_scheme": "(name, *, weeks, last_rir, rir_step, relation, reps)",
    "intensity.set_schemes": "()",
    "inverse.largest_load": (
        "(model, training_load, *, performance_at_least, fatigue_at_most, after_d)"
    ),
    "inverse.load_for_equal_performance": "(model, training_load)",
    "inverse.steady_state": "(model, load)",
    "metrics.acwr": (
        "(training_load, method, *, acute_d, chronic_d, start, min_coverage)"
    ),
    "metrics.acwr_parts": (
        "(training_load, method, *, acute_d, chronic_d, start, min_coverage)"
    ),
    "metrics.as_daily": "(loads, *, missing, first, last)",
    "metrics.daily": "(sets, *, n_weeks)",
    "metrics.hard_sets": "(sets, *, max_rir)",
    "metrics.minutes": "(sets)",
    "metrics.monotony": "(training_load, *, ddof, window_d, min_coverage)",
    "metrics.muscle_sets": "(sets, *, mapping, exercises)",
    "metrics.pmc": "(training_load, *, ctl_d, atl_d, decay, start)",
    "metrics.rolling_load": "(training_load, *, window_d, statistic, min_coverage)",
    "metrics.session_rpe": "(sets)",
    "metrics.strain": "(training_load, *, ddof, window_d, min_coverage)",
    "metrics.time_under_tension": "(sets)",
    "metrics.training_load": "(sets, *, definition, n_weeks)",
    "metrics.volume_load": "(sets, *, load)",
    "metrics.weekly": "(sets, *, n_weeks, exercises)",
    "metrics.working_sets": "(sets)",
    "one_at_a_time": (
        "(plan, athletes, *, changes, seeds, noise, level, engine, progress)"
    ),
    "open_loop": "(plan, athlete, *, training_load)",
    "personalise": "(plan, athlete)",
    "read_athlete": "(name_or_path)",
    "read_evidence": "(path)",
    "read_exercises": "(path)",
    "read_plan": "(name_or_path)",
    "read_population": "(name_or_path)",
    "read_sweep": "(folder)",
    "reproduce": "(folder, *, engine, progress)",
    "response.Banister": (
        "(*, baseline, fitness_gain, fitness_tau, fatigue_gain, fatigue_tau, "
        "initial_fitness, initial_fatigue, convention)"
    ),
    "response.Banister.respond": "(self, training_load)",
    "response.FitnessDelay": (
        "(*, baseline, fitness_gain, fitness_tau, fatigue_gain, fatigue_tau, "
        "delay_tau, initial_fitness, initial_fatigue, convention)"
    ),
    "response.Kalman": (
        "(*, baseline, fitness_gain, fitness_tau, fatigue_gain, fatigue_tau, "
        "fitness_noise, fatigue_noise, performance_noise, initial_fitness, "
        "initial_fatigue, convention)"
    ),
    "response.Kalman.filter": "(self, training_load, performance)",
    "response.Kalman.smooth": "(self, training_load, performance)",
    "response.OneComponent": (
        "(*, baseline, fitness_gain, fitness_tau, initial_fitness, convention)"
    ),
    "response.SaturatedDose": (
        "(*, baseline, fitness_gain, fitness_tau, fatigue_gain, fatigue_tau, "
        "half_load, steepness, max_dose, initial_fitness, initial_fatigue, "
        "convention)"
    ),
    "response.VariableDose": (
        "(*, baseline, fitness_gain, fitness_tau, fatigue_gain, fatigue_tau, "
        "gain_tau, initial_fitness, initial_fatigue, convention)"
    ),
    "response.respond_draws": "(model, draws, training_load, *, convention)",
    "scenario_of": "(plan, changes, *, name)",
    "simulate": "(plan, athlete, *, seed, noise, training_load)",
    "sweep": "(spec, out, *, resume, scheduler, n_threads, engine, progress)",
    "variations": "(plan, changes, *, together)",
    "vary": "(plan, changes)",
    "write_record": "(simulation, folder)",
}
DEFAULTS = {
    "cohort": {"population": "novices", "seed": 0},
    "compare": {
        "seeds": (0,),
        "noise": True,
        "level": 0.95,
        "engine": None,
        "progress": True,
    },
    "fit": {
        "convention": "next_day",
        "weights": None,
        "bounds": None,
        "start": None,
        "level": 0.95,
        "profile": True,
        "n_bootstrap": 200,
        "n_blocks": 5,
        "seed": 0,
        "progress": True,
    },
    "intensity.estimate_one_rm": {
        "relation": "epley",
        "k": None,
        "one_rm_kg": None,
        "load": "load_kg",
    },
    "intensity.one_rm": {"relation": "epley"},
    "intensity.one_rm_range": {"rir": 0.0},
    "intensity.pct_1rm": {"rir": 0.0, "relation": "epley"},
    "intensity.reps_at": {"relation": "epley"},
    "metrics.acwr": {
        "method": "ewma",
        "acute_d": 7,
        "chronic_d": 28,
        "start": "first",
        "min_coverage": 1.0,
    },
    "metrics.monotony": {"ddof": 0, "window_d": 7, "min_coverage": 1.0},
    "metrics.muscle_sets": {"mapping": "fractional", "exercises": None},
    "metrics.pmc": {"ctl_d": 42, "atl_d": 7, "decay": "exponential", "start": 0.0},
    "metrics.rolling_load": {"statistic": "mean", "min_coverage": 1.0},
    "metrics.strain": {"ddof": 0, "window_d": 7, "min_coverage": 1.0},
    "metrics.training_load": {"definition": "session_rpe_load", "n_weeks": None},
    "metrics.volume_load": {"load": "external"},
    "open_loop": {"training_load": "session_rpe_load"},
    "response.Banister": {
        "initial_fitness": 0.0,
        "initial_fatigue": 0.0,
        "convention": "next_day",
    },
    "sweep": {
        "resume": False,
        "scheduler": None,
        "n_threads": None,
        "engine": None,
        "progress": True,
    },
    "response.SaturatedDose": {
        "max_dose": 1.0,
        "initial_fitness": 0.0,
        "initial_fatigue": 0.0,
        "convention": "next_day",
    },
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
        AttributeError, match=r"hipext has no 'simulat'; it has InputError"
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
    assert hipext.read_plan is import_module("hipext.plans.plan_file").read_plan
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
