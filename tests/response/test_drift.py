"""Likelihood of drifting states, against dense covariances and finite differences."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest
from drifting import covariance_of_drift

from hipext.metrics.workload import CONVENTIONS
from hipext.response import drift
from hipext.response.drift import Likelihood, aged_sums, chain_of, innovations, thin_qr

VALUES = {
    "fitness_tau": 45.0,
    "fatigue_tau": 9.0,
    "fitness_noise": 0.3,
    "fatigue_noise": 0.2,
    "performance_noise": 0.5,
}
NOISES = {
    "both states drift": {},
    "fitness is steady": {"fitness_noise": 0.0},
    "fatigue is steady": {"fatigue_noise": 0.0},
    "both states are steady": {"fitness_noise": 0.0, "fatigue_noise": 0.0},
    "drift is large": {"fitness_noise": 5.0, "performance_noise": 0.05},
    "fitness lasts": {"fitness_tau": 300.0},
}
noises = pytest.mark.parametrize("change", NOISES.values(), ids=NOISES)
GAINS = ("baseline", "fitness_gain", "fatigue_gain")
STARTED = (*GAINS, "initial_fitness", "initial_fatigue")


@pytest.fixture
def days(rng):
    """Return days of thirty tests; the first is on day 0, where nothing has drifted."""
    return np.array([0, *np.sort(rng.choice(np.arange(1, 200), 29, replace=False))])


@pytest.fixture
def weights(rng):
    return rng.uniform(0.5, 2, 30)


def chain(values, days, weights):
    taus, noises = (
        np.array([values[f"{state}_{what}"] for state in ("fitness", "fatigue")])
        for what in ("tau", "noise")
    )
    return chain_of(taus, noises**2, values["performance_noise"], days, weights)


def likelihood(values, days, weights, *, linear=GAINS, is_restricted=True):
    rng = np.random.default_rng(7)
    return Likelihood(
        values=values,
        load=rng.gamma(2, 30, days[-1] + 1) * (rng.random(days[-1] + 1) < 0.7),
        days=days,
        tests=rng.normal(100, 3, len(days)),
        weights=weights,
        linear=linear,
        convention="next_day",
        is_restricted=is_restricted,
    )


def deviance(values, days, weights, **options):
    """Return the deviance at the best linear parameters, and these."""
    given = likelihood(values, days, weights, **options)
    best = np.linalg.lstsq(given.matrix, given.target, rcond=None)[0]
    return float(((given.matrix @ best - given.target) ** 2).sum()) + given.offset, best


@noises
def test_independent_errors_have_the_products_of_the_dense_covariance(
    change, days, weights, rng
):
    values = VALUES | change
    covariance = covariance_of_drift(values, days, weights)
    columns = rng.normal(100, 3, (3, 30))
    independent = chain(values, days, weights).independent(columns)
    expected = columns @ np.linalg.solve(covariance, columns.T)
    np.testing.assert_allclose(independent.T @ independent, expected, rtol=1e-10)


@noises
def test_the_determinant_is_that_of_the_dense_covariance(change, days, weights):
    values = VALUES | change
    expected = np.linalg.slogdet(covariance_of_drift(values, days, weights))[1]
    assert chain(values, days, weights).log_det == pytest.approx(expected, abs=1e-10)


@noises
def test_innovations_are_those_of_the_cholesky_factor(change, days, weights, rng):
    values = VALUES | change
    root = np.linalg.cholesky(covariance_of_drift(values, days, weights))
    errors = rng.normal(size=30)
    found = innovations(chain(values, days, weights), errors)
    np.testing.assert_allclose(found, np.linalg.solve(root, errors), rtol=1e-9)


@noises
def test_innovations_can_be_undone(change, days, weights, rng):
    errors = rng.normal(size=30)
    given = chain(VALUES | change, days, weights)
    back = innovations(given, innovations(given, errors), undo=True)
    np.testing.assert_allclose(back, errors, rtol=1e-10)


def test_tests_far_more_exact_than_states_are_steady_have_a_determinant(days, weights):
    # So exact that the test of each day is the state itself.
    exact = VALUES | {"performance_noise": 1e-12}
    expected = np.linalg.slogdet(covariance_of_drift(exact, days[1:], weights[1:]))[1]
    found = chain(exact, days[1:], weights[1:]).log_det
    assert found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("linear", [GAINS, STARTED])
@pytest.mark.parametrize("is_restricted", [True, False])
@noises
def test_slopes_are_those_of_finite_differences(
    change, is_restricted, linear, days, weights
):
    values = VALUES | change
    options = {"linear": linear, "is_restricted": is_restricted}
    best = deviance(values, days, weights, **options)[1]
    found = likelihood(values, days, weights, **options).slope(best)
    names = ("fitness_tau", "fatigue_tau", "fitness_noise", "fatigue_noise")
    for place, name in enumerate((*names, "performance_noise")):
        ends, steps = [], []
        for step in (-1e-5, 1e-5):
            moved = values[name] * exp(step)
            if place in (2, 3):  # slopes by the variance, which is not negative
                step = max(values[name] ** 2 * step, 2e-6 * (step > 0))
                moved = (values[name] ** 2 + step) ** 0.5
            ends.append(deviance(values | {name: moved}, days, weights, **options)[0])
            steps.append(step)
        expected = (ends[1] - ends[0]) / (steps[1] - steps[0])
        assert found[place] == pytest.approx(expected, rel=2e-3, abs=0.02), name


@pytest.mark.parametrize("n_tests", [30, 1000])
def test_many_likelihoods_at_once_are_those_of_each(n_tests, rng):
    days, weights = np.arange(n_tests), np.ones(n_tests)
    one, other = likelihood(VALUES, days, weights), VALUES | {"fatigue_tau": 4.0}
    both = {name: np.array([VALUES[name], other[name]]) for name in VALUES}
    tests = np.array([one.tests, rng.normal(100, 3, n_tests)])
    linear = rng.normal(0, 1, (2, 3))
    many = replace(one, values=both, tests=tests)
    for place, values in enumerate([VALUES, other]):
        single = replace(one, values=values, tests=tests[place])
        # Rows of a triangle may have either sign.
        products = (one.T @ one for one in (many.reduced[place], single.reduced))
        np.testing.assert_allclose(*products, rtol=1e-9, atol=1e-9)
        assert many.offset[place] == pytest.approx(single.offset, abs=1e-9)
        slope = many.slope(linear)[place]
        np.testing.assert_allclose(slope, single.slope(linear[place]), rtol=1e-6)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_aged_sums_are_sums_of_loads_times_powers_of_their_age(convention, rng):
    load, keeps = rng.uniform(0, 100, 12), np.array([0.9, 0.4])
    found = aged_sums(load, keeps, convention)
    for state, keep in enumerate(keeps):
        for day in range(12):
            ages = day - np.arange(day + (convention == "same_day"))
            earlier = load[: len(ages)] * keep**ages
            expected = [(earlier * ages**p).sum() for p in range(3)]
            np.testing.assert_allclose(found[:, state, day], expected, rtol=1e-12)


def test_a_basis_in_blocks_is_orthonormal_and_gives_the_columns_back(rng):
    tall = rng.normal(size=(5000, 7))
    basis, triangle = thin_qr(tall)
    np.testing.assert_allclose(basis.T @ basis, np.eye(7), atol=1e-12)
    np.testing.assert_allclose(basis @ triangle, tall, atol=1e-12)
    again = drift.triangle_of(tall)
    np.testing.assert_allclose(np.abs(again), np.abs(triangle), atol=1e-10)


def test_a_thousand_tests_need_no_matrix_for_which_blas_starts_threads(monkeypatch):
    sizes = []
    plain = np.linalg.qr

    def watched(matrix, *arguments, **options):
        sizes.append(matrix.shape[-1] * matrix.shape[-2])
        return plain(matrix, *arguments, **options)

    monkeypatch.setattr(np.linalg, "qr", watched)
    given = likelihood(VALUES, np.arange(1000), np.ones(1000))
    given.slope(np.linalg.lstsq(given.matrix, given.target, rcond=None)[0])
    # OpenBLAS multiplies a matrix by a vector in one thread up to 9216 numbers.
    assert max(sizes) < 9216
