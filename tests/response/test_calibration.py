"""Fits against textbook least squares, known truths, and published data."""

import re
import sys
from dataclasses import replace
from math import inf, log, pi, sqrt

import numpy as np
import pandas as pd
import pytest
from drifting import covariance_of_drift
from published import PUBLISHED_FIT, read_cyclist
from scipy import linalg, stats
from scipy.optimize import lsq_linear

from hipext.files.checks import MissingExtra
from hipext.metrics.workload import CONVENTIONS
from hipext.response import optimisation
from hipext.response.calibration import compare_models, fit
from hipext.response.models import MODELS, Banister, OneComponent
from hipext.response.optimisation import (
    best_fit,
    bounded_least_squares,
    evaluate,
    fit_problem,
    fits_nearby,
    likelihood_at,
    local_fit,
    nonlinear_at,
    screen_cube,
    solution_at,
)
from hipext.response.uncertainty import fit_with_fixed, limit_of, posterior

TRUTHS = {
    "one_component": {"baseline": 100.0, "fitness_gain": 0.05, "fitness_tau": 40.0},
    "banister": {
        "baseline": 100.0,
        "fitness_gain": 0.05,
        "fitness_tau": 45.0,
        "fatigue_gain": 0.1,
        "fatigue_tau": 9.0,
    },
    "fitness_delay": {
        "baseline": 100.0,
        "fitness_gain": 0.08,
        "fitness_tau": 45.0,
        "fatigue_gain": 0.1,
        "fatigue_tau": 12.0,
        "delay_tau": 5.0,
    },
    "variable_dose": {
        "baseline": 100.0,
        "fitness_gain": 0.05,
        "fitness_tau": 40.0,
        "fatigue_gain": 0.0004,
        "fatigue_tau": 12.0,
        "gain_tau": 3.0,
    },
    "saturated_dose": {
        "baseline": 100.0,
        "fitness_gain": 3.0,
        "fitness_tau": 45.0,
        "fatigue_gain": 6.0,
        "fatigue_tau": 9.0,
        "half_load": 70.0,
        "steepness": 2.0,
    },
    "kalman": {
        "baseline": 100.0,
        "fitness_gain": 0.05,
        "fitness_tau": 45.0,
        "fatigue_gain": 0.1,
        "fatigue_tau": 9.0,
        "fitness_noise": 0.3,
        "fatigue_noise": 0.3,
        "performance_noise": 0.5,
    },
}
PLAIN = [name for name in MODELS if name != "kalman"]
ALONE = {"n_bootstrap": 0, "n_blocks": 0, "progress": False}
POINT = ALONE | {"profile": False}
FIXED = {"fitness_tau": (40.0, 40.0), "fatigue_tau": (8.0, 8.0)}


def training(rng, n_days=300):
    """Return a load that comes in waves, with rest days and light weeks."""
    week = np.arange(n_days) // 7
    trains = rng.random(n_days) < 0.65
    load = rng.gamma(4, 15, n_days) * trains * (1 + 0.5 * np.sin(week / 3))
    return pd.Series(np.where(week % 4 == 3, 0.4 * load, load))


def drifted(model, n_days, rng):
    """Return what chance has added to the performance by each day, day by day."""
    keep = np.exp(-1 / np.array([model.fitness_tau, model.fatigue_tau]))
    noise = np.array([model.fitness_noise, model.fatigue_noise])
    state, added = np.zeros(2), []
    for _ in range(n_days):
        added.append(state[0] - state[1])
        state = keep * state + noise * rng.standard_normal(2)
    return np.array(added)


def made_up(name, seed, *, n_tests=60, sd=0.25, **started):
    """Return a load and tests of a model with known parameters."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 7]))
    load = training(rng)
    model = MODELS[name](**TRUTHS[name], **started)
    days = np.sort(rng.choice(np.arange(5, len(load)), n_tests, replace=False))
    performance = model.respond(load)["performance"]
    if name == "kalman":
        performance += drifted(model, len(load), rng)
        sd = model.performance_noise
    tests = performance + sd * rng.standard_normal(len(load))
    return load, tests.iloc[days]


def textbook(load, tests, *, weights=None):
    """Return the design, estimates and covariance of least squares, for FIXED taus."""
    unit = {"baseline": 0.0, "fitness_gain": 1.0, "fatigue_gain": 1.0}
    taus = {name: low for name, (low, _) in FIXED.items()}
    traces = Banister(**unit, **taus).respond(load).loc[tests.index]
    design = np.column_stack(
        [np.ones(len(tests)), traces["fitness"], -traces["fatigue"]]
    )
    weights = np.ones(len(tests)) if weights is None else weights / np.mean(weights)
    normal = design.T @ (weights[:, None] * design)
    best = np.linalg.solve(normal, design.T @ (weights * tests.to_numpy()))
    error = tests.to_numpy() - design @ best
    sse = weights @ error**2
    return design, best, np.linalg.inv(normal) * sse / (len(tests) - 3), sse


LINEAR = ["baseline", "fitness_gain", "fatigue_gain"]


@pytest.fixture
def few():
    """Return a load and twelve tests of an athlete like Banister's model."""
    return made_up("banister", 3, n_tests=12, sd=1.0)


# --- with fixed time constants a fit is linear regression ---


def test_with_fixed_time_constants_the_estimates_are_least_squares(few):
    _, best, _, sse = textbook(*few)
    found = fit(Banister, *few, bounds=FIXED, **POINT)
    assert found.parameters.index.tolist() == LINEAR
    np.testing.assert_allclose(found.parameters["estimate"], best, rtol=1e-8)
    assert found.sse == pytest.approx(sse, rel=1e-9)
    assert found.rmse == pytest.approx(sqrt(sse / 12), rel=1e-9)


def test_with_fixed_time_constants_intervals_are_those_of_students_t(few):
    _, best, covariance, _ = textbook(*few)
    half = stats.t.ppf(0.95, 9) * np.sqrt(np.diag(covariance))
    found = fit(Banister, *few, bounds=FIXED, level=0.9, **ALONE).parameters
    np.testing.assert_allclose(found["low"], best - half, rtol=2e-3)
    np.testing.assert_allclose(found["high"], best + half, rtol=2e-3)


def test_with_fixed_time_constants_regions_are_those_of_f(few):
    _, best, covariance, _ = textbook(*few)
    half = np.sqrt(3 * stats.f.ppf(0.9, 3, 9) * np.diag(covariance))
    found = fit(Banister, *few, bounds=FIXED, level=0.9, **ALONE).parameters
    np.testing.assert_allclose(found["region_low"], best - half, rtol=5e-3)
    np.testing.assert_allclose(found["region_high"], best + half, rtol=5e-3)


def test_weights_count_like_the_inverse_of_a_variance(few):
    weights = np.linspace(1, 4, 12)
    _, best, covariance, sse = textbook(*few, weights=weights)
    half = stats.t.ppf(0.975, 9) * np.sqrt(np.diag(covariance))
    found = fit(Banister, *few, bounds=FIXED, weights=weights, **ALONE)
    np.testing.assert_allclose(found.parameters["estimate"], best, rtol=1e-8)
    np.testing.assert_allclose(found.parameters["high"], best + half, rtol=2e-3)
    assert found.sse == pytest.approx(sse, rel=1e-9)


def test_only_the_ratio_of_weights_counts_and_they_may_come_by_day(few):
    load, tests = few
    by_day = pd.Series(np.linspace(1, 4, len(load)), index=load.index)
    one = fit(Banister, load, tests, weights=by_day, **POINT)
    two = fit(Banister, load, tests, weights=10 * by_day.loc[tests.index], **POINT)
    np.testing.assert_allclose(one.sse, two.sse, rtol=1e-9)


def test_the_corrected_criterion_is_its_formula(few):
    *_, sse = textbook(*few)
    found = fit(Banister, *few, bounds=FIXED, **POINT)
    k = 3 + 1  # and the variance of a test
    twice = 12 * (log(2 * pi * sse / 12) + 1)
    assert found.aicc == pytest.approx(twice + 2 * k + 2 * k * (k + 1) / (12 - k - 1))


@pytest.mark.parametrize(("n_tests", "is_known"), [(4, False), (5, False), (6, True)])
def test_the_correction_of_the_criterion_needs_two_tests_beyond_its_parameters(
    few, n_tests, is_known
):
    load, tests = few
    found = fit(OneComponent, load, tests.iloc[:n_tests], **POINT)
    assert np.isfinite(found.aicc) == is_known  # n - k - 1 with k = 3 + 1


def test_the_condition_number_of_two_columns_is_that_of_their_angle(few):
    load, tests = few
    unit = OneComponent(baseline=0, fitness_gain=1, fitness_tau=40).respond(load)
    column = unit["fitness"].loc[tests.index]
    cosine = column.sum() / sqrt(12 * (column**2).sum())
    fixed = {"fitness_tau": (40, 40)}
    found = fit(OneComponent, load, tests, bounds=fixed, **POINT)
    expected = sqrt((1 + cosine) / (1 - cosine))
    assert found.condition_number == pytest.approx(expected, rel=1e-4)


def test_each_block_of_tests_is_met_by_a_fit_to_the_others(few):
    load, tests = few
    found = fit(Banister, load, tests, bounds=FIXED, **ALONE | {"n_blocks": 4})
    design, *_ = textbook(load, tests)
    out = np.arange(3, 6)
    kept = np.setdiff1d(np.arange(12), out)
    best = np.linalg.lstsq(design[kept], tests.to_numpy()[kept], rcond=None)[0]
    error = tests.to_numpy()[out] - design[out] @ best
    block = found.cross_validation.loc[1]
    assert block[["first_day", "last_day"]].tolist() == tests.index[[3, 5]].tolist()
    assert block["rmse"] == pytest.approx(sqrt((error**2).mean()), rel=1e-6)
    plain = tests.to_numpy()[out] - tests.to_numpy()[kept].mean()
    assert block["rmse_of_mean"] == pytest.approx(sqrt((plain**2).mean()))
    pooled = np.sqrt((found.cross_validation["rmse"] ** 2).mean())
    assert found.cv_rmse == pytest.approx(pooled)


def test_a_gain_that_would_be_negative_stays_at_its_bound():
    load = pd.Series([50.0] * 60)  # fitness rises, whatever its time constant
    falls = pd.Series(
        np.linspace(120, 100, 9) + np.cos(range(9)), index=range(3, 57, 6)
    )
    found = fit(OneComponent, load, falls, **POINT)
    assert found.parameters.loc["fitness_gain", "estimate"] == 0
    assert found.sse == pytest.approx(((falls - falls.mean()) ** 2).sum())
    verdict = str(found.identifiable)
    assert "fitness_gain is 0 in the best fit" in verdict
    assert "no sign of fitness, and its time constant means nothing." in verdict


def test_bounds_of_gains_and_baseline_are_kept(few):
    bounds = FIXED | {"fitness_gain": (0.0, 0.01), "baseline": (110.0, 120.0)}
    found = fit(Banister, *few, bounds=bounds, **POINT).parameters["estimate"]
    assert 110 <= found["baseline"] <= 120
    assert 0 <= found["fitness_gain"] <= 0.01


# --- the truth comes back ---


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", PLAIN)
def test_without_error_the_parameters_come_back(name, convention, rng):
    load = training(rng)
    truth = MODELS[name](**TRUTHS[name], convention=convention)
    tests = truth.respond(load)["performance"].iloc[6::7]
    found = fit(name, load, tests, convention=convention, **POINT)
    assert found.parameters["estimate"].to_dict() == pytest.approx(
        TRUTHS[name], rel=2e-3
    )
    assert found.model.convention == convention
    assert found.r_squared == pytest.approx(1, abs=1e-6)


def inside(name, seeds):
    """Return in how many data sets each true parameter is in its 95 % interval."""
    counts = dict.fromkeys(TRUTHS[name], 0)
    for seed in seeds:
        load, tests = made_up(name, seed)
        options = {"convention": "next_day", "weights": None, "bounds": None}
        problem = fit_problem(name, load, tests, **options)
        screen = screen_cube(problem)
        best = best_fit(problem, screen=screen)
        limit = limit_of(problem, 0.95)
        for parameter, value in TRUTHS[name].items():
            held = fit_with_fixed(problem, parameter, value, best, screen)
            counts[parameter] += held.deviance - best.deviance <= limit
    return counts


def test_the_truth_lies_in_its_interval_in_most_of_twenty_data_sets():
    # At 95 %, 16 or fewer of 20 have a probability of 0.016.
    assert min(inside("banister", range(20)).values()) >= 17


@pytest.mark.slow
def test_the_truth_behind_drifting_states_lies_in_its_interval_mostly():
    assert min(inside("kalman", range(5)).values()) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_the_truth_lies_in_its_interval_in_ninety_of_a_hundred_data_sets(name):
    assert min(inside(name, range(100)).values()) >= 90


@pytest.mark.parametrize("name", ["one_component", "banister"])
def test_sixty_tests_with_little_error_identify_the_model(name):
    found = fit(name, *made_up(name, 1), **ALONE)
    assert found.identifiable
    assert str(found.identifiable).startswith("identified. The 95 % region of every")
    ends = found.parameters[["region_low", "low", "estimate", "high", "region_high"]]
    assert (ends.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "banister" else pytest.mark.slow)
        for name in MODELS
    ],
)
def test_nine_tests_with_much_error_do_not_identify_any_model(name):
    found = fit(name, *made_up(name, 0, n_tests=9, sd=10.0), **ALONE)
    assert not found.identifiable
    assert str(found.identifiable).startswith("not identified. ")


def test_an_end_of_an_interval_lies_where_the_deviance_reaches_its_limit():
    load, tests = made_up("banister", 5)
    found = fit(Banister, load, tests, **ALONE)
    problem = found.problem
    best = best_fit(problem)
    limit = limit_of(problem, 0.95)
    for name in problem.free:
        for end in found.parameters.loc[name, ["low", "high"]]:
            held = fit_with_fixed(problem, name, end, best)
            assert held.deviance - best.deviance == pytest.approx(limit, rel=0.02)


def test_as_many_tests_as_parameters_leave_nothing_to_judge_by(few):
    load, tests = few
    found = fit(OneComponent, load, tests.iloc[:3], **ALONE)
    assert "3 tests fix 3 parameters and leave none" in str(found.identifiable)
    lowest = found.parameters[["lowest", "highest"]].to_numpy()
    np.testing.assert_array_equal(found.parameters[["low", "high"]], lowest)


def test_time_constants_that_run_together_are_degenerate_unless_no_gain_can_grow(few):
    taus = {"fitness_tau": (40.0, 40.4), "fatigue_tau": (39.9, 39.9)}
    none = dict.fromkeys(("fitness_gain", "fatigue_gain"), (0.0, 0.0))
    assert "degenerate" in str(fit(Banister, *few, bounds=taus, **ALONE).identifiable)
    found = fit(Banister, *few, bounds=taus | none, **ALONE)
    assert "degenerate" not in str(found.identifiable)


def test_a_delay_that_runs_together_with_fitness_is_degenerate_whatever_fatigue(few):
    bounds = {"fitness_tau": (40.0, 40.4), "delay_tau": (39.9, 39.9)}
    bounds |= {"fatigue_tau": (5.0, 5.0), "fatigue_gain": (0.1, 0.1)}
    found = fit("fitness_delay", *few, bounds=bounds, **ALONE)
    verdict = str(found.identifiable)
    assert "fitness_tau and delay_tau run together near 39.95 days" in verdict
    assert "fitness_tau can be anything from 40 to 40.4 days (95 %" in verdict


def test_a_well_known_parameter_still_has_a_curve_of_points():
    found = fit(OneComponent, *made_up("one_component", 1, sd=1e-4), **ALONE)
    inside = found.profiles.groupby("parameter")["is_in_interval"].sum()
    assert (inside >= 7).all()


def test_a_better_fit_met_on_a_profile_is_taken():
    found = fit(Banister, *made_up("banister", 2, n_tests=9, sd=3.0), **ALONE)
    assert found.profiles["deviance"].min() >= -1e-3


def test_an_initial_state_is_fitted_where_bounds_are_given(rng):
    load = training(rng)
    truth = Banister(**TRUTHS["banister"], initial_fitness=20.0, initial_fatigue=5.0)
    tests = truth.respond(load)["performance"].iloc[3::6]
    bounds = {"initial_fitness": (0, inf), "initial_fatigue": (0, inf)}
    found = fit(Banister, load, tests, bounds=bounds, **POINT)
    assert found.model.initial_fitness == pytest.approx(20, rel=1e-3)
    assert found.model.initial_fatigue == pytest.approx(5, rel=1e-2)


def test_a_model_that_learns_nothing_from_drift_is_banister():
    load, tests = made_up("banister", 4, n_tests=40)
    quiet = {"fitness_noise": (0, 0), "fatigue_noise": (0, 0)}
    drifting = fit("kalman", load, tests, bounds=quiet, **POINT)
    plain = fit("banister", load, tests, **POINT)
    expected = plain.parameters["estimate"]
    estimates = drifting.parameters["estimate"]
    np.testing.assert_allclose(estimates[expected.index], expected, rtol=1e-3)
    noise = sqrt(plain.sse / (40 - 5))  # of what the curve leaves over
    assert estimates["performance_noise"] == pytest.approx(noise, rel=1e-3)
    assert drifting.aicc == pytest.approx(plain.aicc, abs=1e-3)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_deviance_of_drifting_states_is_that_of_the_filter(convention):
    load, tests = made_up("kalman", 2, n_tests=12)
    model = MODELS["kalman"](**TRUTHS["kalman"], convention=convention)
    options = {"convention": convention, "weights": None, "bounds": None}
    problem = fit_problem("kalman", load, tests, **options)
    whole = replace(problem, is_restricted=False)
    deviance = evaluate(whole, TRUTHS["kalman"]).deviance
    seen = model.filter(load, tests).dropna()
    likelihood = stats.norm.logpdf(seen["innovation"], scale=seen["predicted_sd"]).sum()
    assert deviance + 12 * log(2 * pi) == pytest.approx(-2 * likelihood, rel=1e-10)


def test_the_restricted_likelihood_is_that_of_what_no_curve_can_follow():
    load, tests = made_up("kalman", 2, n_tests=12)
    options = {"convention": "next_day", "weights": None, "bounds": None}
    problem = fit_problem("kalman", load, tests, **options)
    truth = TRUTHS["kalman"]
    covariance = covariance_of_drift(truth, problem.days, np.ones(12))
    step = {name: truth[name] * 1.00001 for name in ("fitness_tau", "fatigue_tau")}
    unit = {"fitness_gain": 1.0, "fatigue_gain": 1.0}
    parts = [
        MODELS["kalman"](**truth | change | unit).respond(load).loc[tests.index]
        for change in ({}, step)
    ]
    design = np.column_stack(
        [np.ones(12), *(one[name] for one in parts for name in ("fitness", "fatigue"))]
    )
    contrasts = linalg.null_space(design.T)  # no change of the curve moves them
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, np.column_stack([design[:, :3], tests]))
    squares = np.linalg.lstsq(white[:, :3], white[:, 3], rcond=None)[1][0]
    volume = np.linalg.slogdet(contrasts.T @ covariance @ contrasts)[1]
    assert solution_at(problem, truth).deviance == pytest.approx(
        volume + squares, abs=2e-4
    )


FREE_STARTS = {"initial_fitness": (0, inf), "initial_fatigue": (0, inf)}


def search_above_the_best(seed, n_tests):
    """Return how far a search ends above the best of sixty descents, in deviance."""
    started = {"initial_fitness": 8.0, "initial_fatigue": 3.0}
    load, tests = made_up("kalman", seed, n_tests=n_tests, **started)
    options = {"convention": "next_day", "weights": None, "bounds": FREE_STARTS}
    problem = fit_problem("kalman", load, tests, **options)
    found = best_fit(problem)
    starts = np.random.default_rng(seed).random((60, len(problem.axes)))
    best = min(local_fit(problem, start).deviance for start in starts)
    return found.deviance - best


def test_a_search_with_free_initial_states_ends_at_the_best_of_many_descents():
    assert search_above_the_best(1, 30) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("n_tests", [20, 40, 120])
def test_ten_searches_of_ten_with_free_initial_states_end_at_the_best(n_tests):
    assert max(search_above_the_best(seed, n_tests) for seed in range(10)) < 0.1


@pytest.mark.parametrize("place", [0.2, 0.8])
def test_slopes_along_the_axes_of_a_search_are_those_of_its_deviance(place):
    load, tests = made_up("kalman", 1, n_tests=30)
    # The axis of fatigue ends below fitness, or at a bound of its own.
    bounds = {"fatigue_tau": (1.0, 40.0), "fatigue_noise": (0.1, 2.0)}
    options = {"convention": "next_day", "weights": None, "bounds": bounds}
    problem = fit_problem("kalman", load, tests, **options)
    point = np.array([place, 0.7, 0.3, 0.4, 0.6])
    slope = optimisation._slopes([problem], point[np.newaxis])[1][0]
    for axis in range(5):
        step = 1e-6 * (np.arange(5) == axis)
        up, down = (
            solution_at(problem, nonlinear_at(problem, one)).deviance
            for one in (point + step, point - step)
        )
        assert slope[axis] == pytest.approx((up - down) / 2e-6, rel=1e-4)


def test_a_fit_of_drifting_states_needs_few_likelihoods(monkeypatch):
    calls = []
    plain = optimisation.likelihood_at

    def counted(*given):
        calls.append(given)
        return plain(*given)

    monkeypatch.setattr(optimisation, "likelihood_at", counted)
    load, tests = made_up("kalman", 1, n_tests=40)
    fit("kalman", load, tests, **ALONE)
    search = len(calls)
    options = {"n_bootstrap": 20, "n_blocks": 0, "progress": False}
    fit("kalman", load, tests, profile=False, **options)
    # Some 250 fits for profiles, 20 for draws, of 8 likelihoods each: many are found
    # at once.
    assert search < 500
    assert len(calls) - search < 100


def test_descents_that_are_made_together_end_where_each_alone_ends(rng):
    load, tests = made_up("kalman", 1, n_tests=40)
    options = {"convention": "next_day", "weights": None, "bounds": None}
    problem = fit_problem("kalman", load, tests, **options)
    noisy = problem.tests + rng.standard_normal(40)
    problems = [
        problem,
        replace(problem, tests=noisy),
        problem.with_fixed(fitness_gain=0.06),
        problem.with_fixed(fatigue_tau=8.0),
        problem.with_fixed(fitness_noise=0.0, performance_noise=0.6),
    ]
    together = fits_nearby([(one, TRUTHS["kalman"], None) for one in problems])
    for one, found in zip(problems, together, strict=True):
        alone = fits_nearby([(one, TRUTHS["kalman"], None)])[0]
        assert found.deviance == pytest.approx(alone.deviance, abs=1e-6)
        # No search from elsewhere ends much lower.
        assert found.deviance < best_fit(one).deviance + 0.05
        for name, (low, high) in one.bounds.items():
            assert low <= found.parameters[name] <= high


@pytest.mark.parametrize("highest", [0.5, 3.0, inf])
def test_initial_states_of_drifting_states_keep_to_upper_bounds(highest):
    load, tests = made_up("kalman", 1, initial_fitness=8.0, initial_fatigue=3.0)
    bounds = {"initial_fitness": (0, highest), "initial_fatigue": (0, highest)}
    options = {"convention": "next_day", "weights": None, "bounds": bounds}
    problem = fit_problem("kalman", load, tests, **options)
    found = solution_at(problem, TRUTHS["kalman"])
    likelihood = likelihood_at(problem, TRUTHS["kalman"])
    size = np.sqrt((likelihood.matrix**2).sum(axis=0))
    ends = (end * size for end in problem.linear_bounds)
    given = likelihood.matrix / size, likelihood.target
    expected = 2 * lsq_linear(*given, tuple(ends), method="bvls").cost
    assert (found.residual**2).sum() == pytest.approx(expected, rel=1e-9)
    assert found.parameters["initial_fitness"] <= highest


def test_the_noise_of_a_state_without_bound_costs_no_accuracy():
    load, tests = made_up("kalman", 1, n_tests=40)
    narrow = fit("kalman", load, tests, **POINT)
    wide = {"fitness_noise": (0, 1e6), "fatigue_noise": (0, 1e6)}
    found = fit("kalman", load, tests, bounds=wide, **POINT)
    assert found.aicc == pytest.approx(narrow.aicc, abs=1e-3)


def test_noise_alone_can_be_fitted():
    load, tests = made_up("kalman", 1, n_tests=40)
    curve = [name for name in TRUTHS["kalman"] if not name.endswith("_noise")]
    known = {name: (TRUTHS["kalman"][name],) * 2 for name in curve}
    found = fit("kalman", load, tests, bounds=known, **POINT)
    assert found.parameters.index.tolist() == list(TRUTHS["kalman"])[-3:]
    assert found.condition_number == 1


def test_no_parameter_passes_a_bound_by_a_rounding_error(rng):
    low = np.array([-inf, 0.0, 0.0, 0.1, 0.3])
    for _ in range(200):
        high = np.array([inf, rng.uniform(0.1, 3), 0.7, 0.9, 5.0])
        matrix = rng.normal(size=(30, 5)) * [1, 50, 50, 1, 1]
        matrix[:, 2] = matrix[:, 1] * (1 + 0.01 * rng.normal(size=30))
        found = bounded_least_squares(matrix, rng.normal(100, 10, 30), low, high)
        assert (low <= found).all()
        assert (found <= high).all()


# --- resampling, bands, posterior ---


def test_bands_hold_the_curve_and_a_band_of_tests_holds_that_of_the_course(few):
    found = fit(Banister, *few, profile=False, n_bootstrap=60, progress=False)
    names = ["test_low", "low", "performance", "high", "test_high"]
    bands = found.bands[names].to_numpy()
    assert (np.diff(bands, axis=1)[:, [0, 3]] >= 0).all()
    assert found.bands.index.equals(few[0].index)
    pd.testing.assert_series_equal(
        found.bands["performance"], found.respond(few[0])["performance"]
    )


def test_the_spread_of_the_bootstrap_is_that_of_least_squares(few):
    _, _, covariance, _ = textbook(*few)
    options = {"profile": False, "n_blocks": 0, "progress": False}
    found = fit(Banister, *few, bounds=FIXED, n_bootstrap=800, **options)
    expected = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.draws[LINEAR].std(), expected, rtol=0.12)


def test_residuals_that_are_off_on_average_do_not_move_the_draws(few):
    fixed = {"baseline": (0.0, 0.0), "fitness_tau": (40.0, 40.0)}
    options = {"profile": False, "n_blocks": 0, "progress": False}
    found = fit(OneComponent, *few, bounds=fixed, n_bootstrap=400, **options)
    assert abs(found.tests["residual"].mean()) > 1
    gain, draws = found.model.fitness_gain, found.draws["fitness_gain"]
    assert draws.mean() == pytest.approx(gain, abs=4 * draws.std() / sqrt(400))


def test_the_same_seed_gives_the_same_draws_and_zero_is_a_seed(few):
    options = {"profile": False, "n_blocks": 0, "progress": False}
    zero, again, one = (
        fit(Banister, *few, n_bootstrap=8, seed=seed, **options).draws
        for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(zero, again)
    assert not zero.equals(one)


def test_a_draw_does_not_depend_on_how_many_there_are(few):
    options = {"profile": False, "n_blocks": 0, "progress": False}
    many, one = (fit(Banister, *few, n_bootstrap=n, **options) for n in (5, 3))
    pd.testing.assert_frame_equal(many.draws.iloc[:3], one.draws)


@pytest.mark.slow
def test_the_posterior_of_linear_parameters_is_that_of_students_t():
    load, tests = made_up("banister", 8, n_tests=40, sd=1.0)
    _, best, covariance, _ = textbook(load, tests)
    found = fit(Banister, load, tests, bounds=FIXED, **POINT)
    drawn = posterior(found, n_steps=3000, seed=0, progress=False)
    spread = np.sqrt(np.diag(covariance) * 37 / 35)  # variance of t with 37 degrees
    assert drawn.has_converged
    assert "is long enough" in drawn.sentence
    np.testing.assert_allclose(drawn.draws.mean(), best, atol=0.1 * spread.max())
    np.testing.assert_allclose(drawn.draws.std(), spread, rtol=0.12)


def test_a_chain_that_is_too_short_says_so(few):
    found = fit(Banister, *few, **POINT)
    drawn = posterior(found, n_steps=30, progress=False)
    assert not drawn.has_converged
    assert "is not long enough" in drawn.sentence
    assert drawn.sentence.endswith("and 50 times that is needed.")


def test_a_posterior_is_that_of_its_seed_which_is_0(few):
    found = fit(Banister, *few, **POINT)
    options = {"n_steps": 10, "progress": False}
    drawn = posterior(found, **options).draws
    pd.testing.assert_frame_equal(drawn, posterior(found, seed=0, **options).draws)
    assert not drawn.equals(posterior(found, seed=1, **options).draws)


def test_a_posterior_needs_emcee_and_says_so(few, monkeypatch):
    found = fit(Banister, *few, **POINT)
    monkeypatch.setitem(sys.modules, "emcee", None)
    with pytest.raises(
        MissingExtra, match=r"posterior distribution is drawn with emcee"
    ):
        posterior(found, progress=False)


def test_inputs_stay_as_they_are(few):
    load, tests = (one.copy() for one in few)
    bounds = dict(FIXED)
    fit(Banister, load, tests, bounds=bounds, **ALONE)
    pd.testing.assert_series_equal(load, few[0])
    pd.testing.assert_series_equal(tests, few[1])
    assert bounds == FIXED


def test_a_day_without_test_may_be_missing_or_nan(few):
    load, tests = few
    absent = fit(Banister, load, tests, **POINT)
    unknown = fit(Banister, load, tests.reindex(load.index), **POINT)
    assert absent.sse == unknown.sse
    assert unknown.tests.index.equals(tests.index)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("banister", "performance per load"),
        ("variable_dose", "performance per squared load"),
        ("saturated_dose", "performance per dose"),
    ],
)
def test_the_unit_of_a_gain_is_that_of_what_it_multiplies(name, unit):
    found = fit(name, *made_up(name, 1, n_tests=12), **POINT)
    units = found.parameters["unit"]
    assert units["fatigue_gain"] == unit
    if name == "saturated_dose":
        assert units[["half_load", "steepness"]].tolist() == ["load", ""]


# --- comparison ---


def test_models_are_compared_by_their_criterion_and_their_errors():
    load, tests = made_up("banister", 1)
    fits = [fit(name, load, tests, **POINT) for name in ("one_component", "banister")]
    table = compare_models(fits)
    assert table["model"].tolist() == ["banister", "one_component"]
    assert table["delta_aicc"].tolist() == pytest.approx(
        [0, fits[0].aicc - fits[1].aicc]
    )
    assert table["weight"].sum() == pytest.approx(1)
    likely = np.exp(-table["delta_aicc"] / 2)
    np.testing.assert_allclose(table["weight"], likely / likely.sum())


def test_fits_to_different_tests_are_not_compared():
    load, tests = made_up("banister", 1)
    fits = [fit(OneComponent, load, part, **POINT) for part in (tests, tests.iloc[1:])]
    with pytest.raises(ValueError, match=r"same tests .*has 59 tests, .* has 60, and"):
        compare_models(fits)


def test_no_fits_are_no_comparison():
    with pytest.raises(
        ValueError, match="There is no fit to compare; give two or more"
    ):
        compare_models([])


def test_criteria_that_nobody_knows_carry_no_weight():
    load, tests = made_up("banister", 1, n_tests=6)
    table = compare_models([fit(Banister, load, tests, **POINT)])
    assert table.loc[0, "aicc"] == inf
    assert np.isnan(table.loc[0, "weight"])


def test_a_fit_shows_its_parameters_and_its_verdict():
    text = repr(fit(Banister, *made_up("banister", 1, n_tests=9, sd=10.0), **ALONE))
    assert text.startswith("Banister, 9 tests, SSE ")
    assert "fatigue_tau" in text
    assert "not identified. " in text


def test_a_search_from_a_start_never_lets_time_constants_change_places():
    load, tests = made_up("banister", 6, n_tests=9, sd=10.0)
    near = {"fitness_tau": 20.0, "fatigue_tau": 19.5}
    found = fit(Banister, load, tests, start=near, **POINT).model
    assert found.fatigue_tau < found.fitness_tau


# --- bad input ---

LOAD = training(np.random.default_rng(0), 60)
TESTS = pd.Series(
    np.linspace(100, 110, 8) + 2 * np.cos(range(8)), index=range(4, 60, 7)
)


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (LOAD.where(LOAD.index != 7), "0 or more, with 0 for rest; got nan on day 7"),
        (LOAD.where(LOAD.index != 7, -3.0), r"0 or more, with 0 .*; got -3.0 on day 7"),
        (LOAD.iloc[::-1], "training_load must .* day 58 comes after day 59. Sort it"),
        (
            LOAD.drop(9),
            "training_load must have .* day 10 follows day 8. Give rest days",
        ),
        (LOAD.rename({9: 8}), "training_load must have .* day 8 is there twice"),
        (0 * LOAD, "training_load is 0 on every day up to the last test"),
    ],
)
def test_a_load_that_cannot_be_is_refused(load, message):
    with pytest.raises(ValueError, match=message):
        fit(OneComponent, load, TESTS, **POINT)


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        (TESTS.iloc[::-1], "performance must have .* day 46 comes after day 53. Sort"),
        (
            pd.concat([TESTS, TESTS.iloc[-1:]]),
            "performance must .* day 53 is there twice",
        ),
        (
            TESTS.rename({53: 70}),
            "performance has a value on day 70, which training_load",
        ),
        (TESTS.replace(TESTS[4], inf), "performance must be finite; got inf on day 4"),
        (TESTS * 0 + 300, "performance is 300 in all 8 tests: there is no change that"),
        (
            TESTS.iloc[:2],
            r"OneComponent has 3 free parameters \(baseline, fitness_gain, ",
        ),
        (TESTS.iloc[:0], r"0 test\(s\) cannot determine them. Test more often, take a"),
        (
            TESTS.to_list(),
            "one value per day of training_load, NaN for none; got 8 for",
        ),
    ],
)
def test_tests_that_cannot_be_are_refused(tests, message):
    with pytest.raises(ValueError, match=message):
        fit(OneComponent, LOAD, tests, **POINT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bounds": {"fitnes_tau": (1, 9)}}, "A name in bounds .* mean 'fitness_tau'"),
        ({"bounds": {"fitness_tau": (9, 1)}}, r"bounds of fitness_tau .* got \(9, 1\)"),
        (
            {"bounds": {"fitness_tau": (0, 0)}},
            r"be finite, and the highest above 0; got \(0, 0\)",
        ),
        (
            {"bounds": {"fitness_tau": (1, inf)}},
            r"must be finite, and the highest above 0; got \(1, inf",
        ),
        ({"bounds": {"fitness_gain": (-1, 9)}}, r"0 or more; got \(-1, 9\). Two equal"),
        ({"bounds": {"baseline": 5}}, r"bounds of baseline must be a pair .*; got 5"),
        (
            {"start": {"fitness_tau": 500}},
            "start of fitness_tau must .* 1 to 300; got 500",
        ),
        ({"start": {"tau": 5}}, "A name in start must be one of 'baseline'"),
        (
            {"weights": [1.0, 2.0]},
            r"weights must be .*; got 2 for 8 tests: \[1.0, 2.0\]",
        ),
        ({"weights": [0.0] * 8}, "weights must be one number above 0 per test"),
        ({"level": 95}, "level must be between 0 and 1; got 95. Write 0.95 for 95 %"),
        (
            {"n_bootstrap": -1},
            "n_bootstrap must be a whole number, 0 to 100000; got -1",
        ),
        (
            {"n_blocks": 1},
            "n_blocks must be 0 for no cross-validation, or 2 or more; g",
        ),
        ({"seed": 1.5}, "seed must be a whole number, 0 to [0-9]+; got 1.5"),
        ({"convention": "today"}, "convention must be one of .* got 'today'"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        fit(OneComponent, LOAD, TESTS, **POINT | options)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("bannister", "model must be one of 'one_component', .* mean 'banister'"),
        (
            STEADY := OneComponent(baseline=0, fitness_gain=1, fitness_tau=9),
            "the class",
        ),
    ],
)
def test_a_model_that_is_none_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        fit(model, LOAD, TESTS, **POINT)


def test_a_start_out_of_order_is_refused():
    start = {"fitness_tau": 10.0, "fatigue_tau": 20.0}
    with pytest.raises(
        ValueError, match=r"fatigue_tau must be shorter than .* 20 and 10"
    ):
        fit(Banister, LOAD, TESTS, start=start, **POINT)


def test_all_parameters_fixed_leave_nothing_to_fit():
    bounds = {"baseline": (1, 1), "fitness_gain": (1, 1), "fitness_tau": (5, 5)}
    with pytest.raises(ValueError, match="bounds fix all parameters of OneComponent"):
        fit(OneComponent, LOAD, TESTS, bounds=bounds, **POINT)


# --- published data ---


@pytest.fixture
def cyclist():
    days = read_cyclist().set_index("Day")
    return days["BikeScore"], days["Test_5min_Power"]


@pytest.mark.acceptance
def test_the_best_fit_to_the_cyclist_is_degenerate_and_says_so(cyclist):
    found = fit(Banister, *cyclist, convention="same_day", **ALONE)
    assert found.sse == pytest.approx(18.2993, abs=5e-5)
    assert not found.identifiable
    verdict = str(found.identifiable)
    assert "degenerate: fitness_tau and fatigue_tau run together near 27.42" in verdict
    assert "grow without bound" in verdict
    assert "fitness_tau runs from 17.09 to beyond 300 days" in verdict
    assert found.parameters.loc["fitness_gain", "high"] == inf
    low, high = found.parameters.loc["fitness_tau", ["region_low", "region_high"]]
    assert 16 < low < 19
    assert high >= 299


@pytest.mark.acceptance
def test_a_search_from_the_published_fit_ends_there_and_tells_of_a_better_one(cyclist):
    bounds = {"baseline": (0, 302), "fitness_gain": (0, inf), "fatigue_gain": (0, inf)}
    bounds |= {"fitness_tau": (0, 300), "fatigue_tau": (0, 300)}
    options = {"convention": "same_day", "start": PUBLISHED_FIT, "bounds": bounds}
    found = fit(Banister, *cyclist, **options, **ALONE)
    assert found.sse == pytest.approx(19.745, abs=5e-4)
    assert found.model.fitness_tau == pytest.approx(33.64, abs=0.005)
    assert found.model.fatigue_tau == pytest.approx(24.61, abs=0.005)
    assert "falls to 18.2993" in str(found.identifiable)


def test_a_search_with_noise_that_ends_higher_than_another_says_so():
    rng = np.random.default_rng(3)
    load = pd.Series(rng.integers(0, 100, 100).astype(float))
    tests = pd.Series(rng.normal(100, 3, 20), index=range(4, 100, 5))
    start = {"fitness_tau": 50.0, "fatigue_tau": 10.0}
    found = fit("kalman", load, tests, start=start, **POINT)
    here, there = re.match(
        r"The search from the given start ends at a -2 log-likelihood of (\S+); "
        r"elsewhere within the bounds it falls to (\S+)\.$",
        found.identifiable.sentences[0],
    ).groups()
    options = {"convention": "next_day", "weights": None, "bounds": None}
    problem = fit_problem("kalman", load, tests, **options)
    ended = evaluate(problem, found.parameters["estimate"].to_dict()).deviance
    assert float(there) < float(here) == pytest.approx(ended, abs=1e-3)
