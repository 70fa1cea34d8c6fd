"""The search for the best parameters, against least squares and its own inverse."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

from hipext.files.checks import InputError
from hipext.response import MODELS, fit
from hipext.response.optimisation import (
    _solved,
    deviances_of,
    fit_problem,
    nonlinear_at,
    place_of,
    screen_cube,
)

DAYS = np.arange(4, 100, 5)


def problem_of(load, tests, *, model="banister", weights=None, **bounds):
    """Return the problem of fitting tests on some days to a daily load."""
    options = {"convention": "next_day", "weights": weights, "bounds": bounds}
    return fit_problem(model, load, tests, **options)


@pytest.fixture
def load(rng):
    return pd.Series(rng.gamma(2, 30, 100) * (rng.random(100) < 0.6))


@pytest.fixture
def tests(rng):
    """Return tests that training does not explain: gains often would be negative."""
    return pd.Series(rng.normal(100, 5, len(DAYS)), index=DAYS)


@pytest.mark.parametrize("weights", [None, np.linspace(4, 1, len(DAYS))])
def test_a_screened_deviance_is_that_of_non_negative_least_squares(
    weights, load, tests
):
    problem = problem_of(load, tests, weights=weights)
    screen = screen_cube(problem, 60)
    root, n_at_zero = np.sqrt(problem.weights), 0
    for columns, deviance in zip(
        screen.columns, deviances_of(problem, screen), strict=True
    ):
        # A baseline of either sign is the difference of two columns.
        both_ways = np.column_stack([columns, -columns[:, 0]])
        found, left = nnls(root[:, np.newaxis] * both_ways, root * tests.to_numpy())
        assert deviance == pytest.approx(len(DAYS) * np.log(left**2 / len(DAYS)))
        n_at_zero += 0 in found[1:3]
    assert 0 < n_at_zero < 60


def test_a_screened_deviance_does_not_depend_on_the_unit_of_the_load(load, tests):
    expected, found = (
        deviances_of(problem, screen_cube(problem))
        for problem in (problem_of(load, tests), problem_of(1e-9 * load, tests))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_fatigue_that_has_died_away_before_all_tests_leaves_the_rest_to_be_solved():
    load = pd.Series([100.0] + 899 * [0.0])
    days = np.arange(800, 900, 10)  # exp(-800) is 0 in floating-point numbers
    tests = pd.Series(100 + 50 * np.exp(-days / 200), index=days)
    problem = problem_of(load, tests, fitness_tau=(200, 200), fatigue_tau=(1, 1.001))
    screen = screen_cube(problem, 4)
    assert not screen.columns[..., 2].any()
    assert (deviances_of(problem, screen) < -300).all()  # a perfect fit


@pytest.mark.parametrize(
    "name", ["fitness_noise", "fatigue_noise", "performance_noise"]
)
@pytest.mark.parametrize("low", [0.0, 1.5])
def test_the_place_of_noise_is_where_it_came_from(name, low, load, tests):
    problem = problem_of(load, tests, model="kalman", **{name: (low, 4.0)})
    for place in (0.01, 0.3, 0.9):
        point = np.full(len(problem.axes), 0.5)
        point[problem.axes.index(name)] = place
        found = place_of(problem, nonlinear_at(problem, point))
        np.testing.assert_allclose(found, point, rtol=1e-9)


@pytest.mark.parametrize(
    ("powers", "message"),
    [
        ((-110, 0), r"The largest training_load must lie within 1e-30 and 1e\+30; got"),
        ((0, 110), "The largest performance must .*e[+]3.*. Take another unit."),
    ],
)
def test_units_that_overflow_are_refused(powers, message, load, tests):
    by_load, by_test = (2.0**power for power in powers)
    with pytest.raises(InputError, match=message):
        problem_of(by_load * load, by_test * tests)


def test_bounds_that_overflow_are_refused(load, tests):
    with pytest.raises(InputError, match=r"bounds of baseline must be at most 1e\+60"):
        problem_of(load, tests, baseline=(-1e308, 1e308))
    assert problem_of(load, tests, baseline=(-np.inf, np.inf)).free


def test_a_flat_direction_gets_no_step_and_changes_no_other_one():
    steep = np.array([[2.0, 1.0], [1.0, 3.0]])
    flat = np.array([[2.0, 2.0], [2.0, 2.0]])
    targets = np.array([[1.0, 0.5], [4.0, 4.0], [0.3, 0.1]])
    found = _solved(np.array([steep, flat, steep]), targets)
    np.testing.assert_allclose(found[1], [1, 1])  # of all x + y = 2 the shortest
    for place in (0, 2):
        assert (found[place] == np.linalg.solve(steep, targets[place])).all()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("powers", [(-90, 80), (80, -90), (0, -20)])
def test_a_fit_is_as_good_in_every_unit_that_is_allowed(model, powers, load, tests):
    by_load, by_test = (2.0**power for power in powers)
    quick = {"profile": False, "n_bootstrap": 0, "n_blocks": 0, "progress": False}
    expected = fit(model, load, tests, **quick).aicc
    found = fit(model, by_load * load, by_test * tests, **quick).aicc
    # The likelihood is a density per unit of each test.
    found -= 2 * len(tests) * np.log(by_test)
    # Tests without a response leave the likelihood of drifting states almost flat.
    tolerance = 0.1 if model == "kalman" else 1e-4
    assert found == pytest.approx(expected, abs=tolerance)
