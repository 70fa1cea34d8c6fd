"""Every response model against sums written out, under both conventions."""

from math import exp, log, pi

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hipext.metrics.workload import CONVENTIONS
from hipext.response.impulse_response import respond_draws
from hipext.response.models import (
    MODELS,
    Banister,
    FitnessDelay,
    Kalman,
    OneComponent,
    SaturatedDose,
    VariableDose,
    variance_by_day,
)

conventions = pytest.mark.parametrize("convention", CONVENTIONS)
models = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
LOADS = st.lists(st.floats(0, 2000), min_size=1, max_size=60)
PARAMETERS = st.fixed_dictionaries(
    {
        "baseline": st.floats(-500, 500),
        "fitness_gain": st.floats(0, 3),
        "fitness_tau": st.floats(20.5, 120),
        "fatigue_gain": st.floats(0, 3),
        "fatigue_tau": st.floats(0.5, 20),
        "delay_tau": st.floats(0.5, 20),
        "gain_tau": st.floats(0.5, 20),
        "half_load": st.floats(1, 500),
        "steepness": st.floats(0.3, 5),
        "max_dose": st.floats(0.1, 10),
        "initial_fitness": st.floats(0, 50),
        "initial_fatigue": st.floats(0, 50),
        "fitness_noise": st.floats(0, 2),
        "fatigue_noise": st.floats(0, 2),
        "performance_noise": st.floats(0.1, 2),
    }
)


def made(model, parameters, convention="next_day"):
    """Return a model with those of the parameters that it has."""
    names = model.__dataclass_fields__
    own = {name: value for name, value in parameters.items() if name in names}
    return model(**own, convention=convention)


def days_before(n, convention):
    """Return the days whose load counts on day n."""
    return range(n + 1 if convention == "same_day" else n)


def naive_banister(load, p, convention):
    for n in range(len(load)):
        fitness = p["initial_fitness"] * exp(-n / p["fitness_tau"])
        fatigue = p["initial_fatigue"] * exp(-n / p["fatigue_tau"])
        for i in days_before(n, convention):
            fitness += p["fitness_gain"] * load[i] * exp(-(n - i) / p["fitness_tau"])
            fatigue += p["fatigue_gain"] * load[i] * exp(-(n - i) / p["fatigue_tau"])
        yield fitness, fatigue, p["baseline"] + fitness - fatigue


def naive_one_component(load, p, convention):
    alone = {**p, "fatigue_gain": 0.0, "initial_fatigue": 0.0}
    return naive_banister(load, alone, convention)


def naive_fitness_delay(load, p, convention):
    late = {**p, "fitness_tau": p["delay_tau"], "baseline": 0.0, "fatigue_gain": 0.0}
    late |= {"initial_fitness": 0.0, "initial_fatigue": 0.0}
    pairs = zip(
        naive_banister(load, p, convention),
        naive_banister(load, late, convention),
        strict=True,
    )
    for (fitness, fatigue, whole), (held_back, _, _) in pairs:
        yield fitness - held_back, fatigue, whole - held_back


def naive_variable_dose(load, p, convention):
    for n in range(len(load)):
        fitness = p["initial_fitness"] * exp(-n / p["fitness_tau"])
        fatigue = p["initial_fatigue"] * exp(-n / p["fatigue_tau"])
        for i in days_before(n, convention):
            gain = sum(load[j] * exp(-(i - j) / p["gain_tau"]) for j in range(i + 1))
            fitness += p["fitness_gain"] * load[i] * exp(-(n - i) / p["fitness_tau"])
            faded = load[i] * exp(-(n - i) / p["fatigue_tau"])
            fatigue += p["fatigue_gain"] * gain * faded
        yield fitness, fatigue, p["baseline"] + fitness - fatigue


def naive_saturated_dose(load, p, convention):
    power, half = p["steepness"], p["half_load"]
    dose = [p["max_dose"] * w**power / (half**power + w**power) for w in load]
    return naive_banister(dose, p, convention)


NAIVE = {
    OneComponent: naive_one_component,
    Banister: naive_banister,
    FitnessDelay: naive_fitness_delay,
    VariableDose: naive_variable_dose,
    SaturatedDose: naive_saturated_dose,
    Kalman: naive_banister,
}


@conventions
@models
@settings(max_examples=40)
@given(load=LOADS, parameters=PARAMETERS)
def test_a_model_is_its_sum_written_out(model, convention, load, parameters):
    response = made(model, parameters, convention).respond(pd.Series(load))
    expected = np.array(list(NAIVE[model](load, parameters, convention)))
    size = 1 + np.abs(expected).max()
    np.testing.assert_allclose(response.to_numpy() / size, expected / size, atol=1e-12)


@conventions
@models
@settings(max_examples=20)
@given(
    load=LOADS, parameters=st.lists(PARAMETERS, min_size=1, max_size=4, unique_by=str)
)
def test_many_draws_at_once_are_each_draw_alone(model, convention, load, parameters):
    draws = pd.DataFrame(
        parameters, index=[f"draw {n}" for n in range(len(parameters))]
    )
    load = pd.Series(load)
    performance = respond_draws(model, draws, load, convention=convention)
    alone = [
        made(model, row, convention).respond(load)["performance"] for row in parameters
    ]
    assert performance.columns.tolist() == draws.index.tolist()
    np.testing.assert_allclose(performance.T, alone, rtol=1e-12, atol=1e-9)


def test_more_draws_than_fit_at_once_keep_their_places(rng):
    draws = pd.DataFrame({"baseline": np.arange(5000.0), "fitness_gain": 0.0})
    draws["fitness_tau"] = rng.uniform(1, 100, 5000)
    performance = respond_draws(OneComponent, draws, pd.Series([5.0, 0.0, 0.0]))
    np.testing.assert_array_equal(performance.loc[2], np.arange(5000.0))


@models
def test_a_draw_that_cannot_be_is_named_with_its_fault(model):
    draws = pd.DataFrame([{"fitness_gain": 1.0, "fitness_tau": 42.0}] * 3)
    others = {"baseline": 0.0, "fatigue_gain": 1.0, "fatigue_tau": 7.0, "gain_tau": 2.0}
    others |= {"delay_tau": 5.0, "half_load": 60.0, "steepness": 1.0}
    others |= {"fitness_noise": 0.0, "fatigue_noise": 0.0, "performance_noise": 1.0}
    draws = draws.assign(**others)
    draws.loc[1, "fitness_gain"] = -2.0
    with pytest.raises(ValueError, match=r"^Draw 1: Gains must .* fitness_gain=-2.0"):
        respond_draws(model, draws, pd.Series([1.0]))


def test_a_draw_whose_time_constant_is_0_is_named():
    draws = pd.DataFrame({"baseline": 1, "fitness_gain": 1, "fitness_tau": [9, 0]})
    with pytest.raises(ValueError, match=r"^Draw 1: fitness_tau must be a positive"):
        respond_draws(OneComponent, draws, pd.Series([1.0, 0.0]))


def test_a_draw_lacking_a_parameter_is_refused():
    draws = pd.DataFrame({"baseline": [1.0], "fitness_gain": [1.0]})
    with pytest.raises(ValueError, match="draws table lacks fitness_tau; it has basel"):
        respond_draws(OneComponent, draws, pd.Series([1.0]))


def test_without_delay_gain_memory_or_saturation_the_others_are_banister(rng):
    load = pd.Series(rng.uniform(1, 300, 80))
    common = {"baseline": 50.0, "fitness_gain": 0.3, "fitness_tau": 40.0}
    common |= {"fatigue_gain": 0.5, "fatigue_tau": 9.0}
    expected = Banister(**common).respond(load)["performance"]
    still = {"fitness_noise": 0.0, "fatigue_noise": 0.0, "performance_noise": 1.0}
    at_once = FitnessDelay(**common, delay_tau=1e-3).respond(load)["performance"]
    linear = SaturatedDose(**common, half_load=1e9, steepness=1.0, max_dose=1e9)
    np.testing.assert_allclose(at_once, expected, rtol=1e-12)
    np.testing.assert_allclose(linear.respond(load)["performance"], expected, rtol=1e-5)
    np.testing.assert_array_equal(
        Kalman(**common, **still).respond(load)["performance"], expected
    )


def test_a_gain_without_memory_counts_the_load_of_its_own_day_once():
    gains = {"baseline": 0.0, "fitness_gain": 0.0, "fatigue_gain": 0.001}
    taus = {"fitness_tau": 30.0, "fatigue_tau": 10.0, "gain_tau": 0.01}
    fatigue = VariableDose(**gains, **taus).respond(pd.Series([40.0, 30.0, 0.0]))
    one, two = 0.001 * 40**2 * exp(-0.2), 0.001 * 30**2 * exp(-0.1)
    assert fatigue["fatigue"][2] == pytest.approx(one + two, rel=1e-12)


def test_the_factor_of_the_load_belongs_into_the_fatigue_of_a_variable_dose():
    # 40 and 30 units a day apart; constants of the model as evidence row E04-012 has
    # them; left out, the factor w(i) would make fatigue some hundred times smaller.
    gains = {"baseline": 0.0, "fitness_gain": 0.031, "fatigue_gain": 0.000035}
    taus = {"fitness_tau": 30.8, "fatigue_tau": 16.8, "gain_tau": 2.3}
    fatigue = VariableDose(**gains, **taus).respond(pd.Series([40.0, 30.0, 0.0]))
    second = 30 + 40 * exp(-1 / 2.3)
    expected = 40 * 40 * exp(-2 / 16.8) + second * 30 * exp(-1 / 16.8)
    assert fatigue["fatigue"][2] == pytest.approx(0.000035 * expected, rel=1e-12)


def test_delayed_fitness_of_one_load_peaks_where_its_closed_form_says():
    common = {"baseline": 0.0, "fitness_gain": 1.0, "fatigue_gain": 0.0}
    taus = {"fitness_tau": 30.0, "delay_tau": 8.0, "fatigue_tau": 5.0}
    fitness = FitnessDelay(**common, **taus).respond(pd.Series([1.0] + 40 * [0.0]))
    peak = log(30 / 8) / (1 / 8 - 1 / 30)
    assert abs(fitness["fitness"].idxmax() - peak) <= 0.5


def test_half_the_largest_dose_comes_from_the_half_load():
    common = {"baseline": 0.0, "fitness_gain": 1.0, "fatigue_gain": 1.0}
    taus = {"fitness_tau": 30.0, "fatigue_tau": 5.0}
    hill = {"half_load": 80.0, "steepness": 3.0, "max_dose": 4.0}
    model = SaturatedDose(**common, **taus, **hill)
    dose = model.dose(pd.Series([0.0, 80.0, 1e9], index=[5, 6, 7]))
    expected = pd.Series([0.0, 2.0, 4.0], index=[5, 6, 7], name="dose")
    pd.testing.assert_series_equal(dose, expected)


@pytest.mark.parametrize("power", [0.2, 50.0])
def test_a_steep_dose_of_a_large_load_stays_finite(power):
    common = {"baseline": 0.0, "fitness_gain": 1.0, "fatigue_gain": 1.0}
    taus = {"fitness_tau": 30.0, "fatigue_tau": 5.0, "half_load": 1e-3}
    model = SaturatedDose(**common, **taus, steepness=power)
    assert np.isfinite(model.respond(pd.Series([0.0, 1e9, 1e9]))).all(axis=None)


@models
def test_initial_states_fade_with_their_own_time_constants(model):
    parameters = {"baseline": 10.0, "fitness_gain": 0.0, "fatigue_gain": 0.0}
    parameters |= {"fitness_tau": 40.0, "fatigue_tau": 8.0, "delay_tau": 3.0}
    parameters |= {"gain_tau": 2.0, "half_load": 10.0, "steepness": 1.0}
    parameters |= {"fitness_noise": 0.0, "fatigue_noise": 0.0, "performance_noise": 1.0}
    parameters |= {"initial_fitness": 6.0, "initial_fatigue": 4.0}
    tired = 0.0 if model is OneComponent else 4.0
    response = made(model, parameters).respond(pd.Series([0.0] * 9))
    assert response["fitness"][[0, 8]].tolist() == pytest.approx([6, 6 * exp(-0.2)])
    assert response["fatigue"][[0, 8]].tolist() == pytest.approx(
        [tired, tired * exp(-1)]
    )


# --- the Kalman filter against the normal distribution of all tests together ---

NOISY = {
    "baseline": 100.0,
    "fitness_gain": 0.05,
    "fitness_tau": 45.0,
    "fatigue_gain": 0.1,
    "fatigue_tau": 9.0,
    "fitness_noise": 0.3,
    "fatigue_noise": 0.2,
    "performance_noise": 0.5,
    "initial_fitness": 2.0,
}


def joint_covariance(model, n_days):
    """Return the covariance of tests on all days, from sums of the daily errors."""
    covariance = np.zeros((n_days, n_days))
    for tau, noise in (
        (model.fitness_tau, model.fitness_noise),
        (model.fatigue_tau, model.fatigue_noise),
    ):
        for m in range(n_days):
            for n in range(n_days):
                parts = (exp(-(m + n - 2 * e) / tau) for e in range(1, min(m, n) + 1))
                covariance[m, n] += noise**2 * sum(parts)
    return covariance


def test_the_variance_of_a_test_is_that_of_the_drift_until_its_day_and_its_own():
    expected = joint_covariance(Kalman(**NOISY), 20).diagonal() + 0.5**2
    np.testing.assert_allclose(variance_by_day(NOISY, np.arange(20)), expected)


def load_and_tests(rng):
    load = pd.Series(rng.uniform(0, 200, 20))
    tests = pd.Series(np.nan, index=load.index)
    tests.iloc[[0, 3, 4, 11, 19]] = rng.normal(105, 3, 5)
    return load, tests


@conventions
def test_the_likelihood_of_the_filter_is_that_of_the_joint_normal(convention, rng):
    load, tests = load_and_tests(rng)
    model = Kalman(**NOISY, convention=convention)
    known = tests.notna().to_numpy()
    covariance = joint_covariance(model, 20)[np.ix_(known, known)] + 0.25 * np.eye(5)
    error = (tests - model.respond(load)["performance"])[known].to_numpy()
    expected = -0.5 * (
        error @ np.linalg.solve(covariance, error)
        + np.linalg.slogdet(covariance)[1]
        + 5 * log(2 * pi)
    )
    seen = model.filter(load, tests).dropna()
    likelihood = stats.norm.logpdf(seen["innovation"], scale=seen["predicted_sd"]).sum()
    assert likelihood == pytest.approx(expected, rel=1e-12)


def given_all_tests(model, load, tests):
    """Return mean and variance of each day's performance, from the joint normal."""
    known = tests.notna().to_numpy()
    joint = joint_covariance(model, 20)
    seen = joint[np.ix_(known, known)] + 0.25 * np.eye(5)
    mean = model.respond(load)["performance"].to_numpy()
    gain = joint[:, known] @ np.linalg.inv(seen)
    variance = np.diag(joint - gain @ joint[known])
    return mean + gain @ (tests.to_numpy() - mean)[known], variance


@conventions
def test_the_last_day_of_the_filter_is_the_conditional_mean_of_it(convention, rng):
    load, tests = load_and_tests(rng)
    model = Kalman(**NOISY, convention=convention)
    expected, variance = given_all_tests(model, load, tests)
    last = model.filter(load, tests).iloc[-1]
    assert last["performance"] == pytest.approx(expected[-1], rel=1e-10)
    assert last["performance_sd"] == pytest.approx(np.sqrt(variance[-1]), rel=1e-7)


@conventions
@pytest.mark.parametrize("still", [(), ("fitness_noise",), ("fatigue_noise",)])
def test_smoothed_performance_is_the_conditional_mean_given_all_tests(
    convention, still, rng
):
    load, tests = load_and_tests(rng)
    model = Kalman(**NOISY | dict.fromkeys(still, 0.0), convention=convention)
    expected, variance = given_all_tests(model, load, tests)
    smoothed = model.smooth(load, tests)
    np.testing.assert_allclose(smoothed["performance"], expected, rtol=1e-10)
    np.testing.assert_allclose(smoothed["performance_sd"] ** 2, variance, atol=1e-12)


def test_the_last_day_of_the_filter_is_that_of_the_smoother(rng):
    load, tests = load_and_tests(rng)
    model = Kalman(**NOISY)
    tables = model.filter(load, tests), model.smooth(load, tests)
    pd.testing.assert_series_equal(*(table.iloc[-1] for table in tables))


def test_tests_to_come_change_nothing_in_the_filter(rng):
    load, tests = load_and_tests(rng)
    later = tests.copy()
    later.iloc[15] = 300.0
    model = Kalman(**NOISY)
    first, second = (model.filter(load, one).iloc[:15] for one in (tests, later))
    pd.testing.assert_frame_equal(first, second)


def test_a_filter_without_noise_of_the_states_never_learns(rng):
    load, tests = load_and_tests(rng)
    still = Kalman(**NOISY | {"fitness_noise": 0.0, "fatigue_noise": 0.0})
    performance = still.filter(load, tests)["performance"]
    expected = still.respond(load)["performance"]
    np.testing.assert_allclose(performance, expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"fitness_noise": -1.0},
            "Noises .* must be finite and not negative; got fitness_noise=-1",
        ),
        ({"fatigue_noise": float("inf")}, "Noises .* must .*; got .*fatigue_noise=inf"),
        ({"performance_noise": 0.0}, "performance_noise must be a positive .* got 0.0"),
        ({"fatigue_tau": 50.0}, "fatigue_tau=50.0, fitness_tau=45.0 days"),
    ],
)
def test_noise_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Kalman(**NOISY | change)


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        (FitnessDelay, {"delay_tau": 60.0}, "delay_tau must be positive and shorter.*"),
        (VariableDose, {"gain_tau": 0.0}, "gain_tau must be a positive number of days"),
        (SaturatedDose, {"half_load": -1.0}, "half_load must be a positive .* got -1"),
        (SaturatedDose, {"max_dose": 0.0}, "max_dose must be a positive .* got 0.0"),
        (
            OneComponent,
            {"fitness_tau": 0.0},
            "fitness_tau must be a positive number of",
        ),
        (
            OneComponent,
            {"initial_fitness": -1.0},
            "Initial states .*initial_fitness=-1",
        ),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(model, change, message):
    fine = {"baseline": 1.0, "fitness_gain": 1.0, "fitness_tau": 42.0}
    fine |= {"fatigue_gain": 1.0, "fatigue_tau": 7.0, "delay_tau": 5.0, "gain_tau": 2.0}
    fine |= {"half_load": 60.0, "steepness": 1.0}
    with pytest.raises(ValueError, match=message):
        made(model, fine | change)


# --- days ---

STEADY = OneComponent(baseline=0.0, fitness_gain=1.0, fitness_tau=42.0)


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ([4, 5, 5], r"in order; day 5 is there twice. Add up what belongs to one day"),
        ([4, 6, 5], r'day 6 follows day 4. .*as_daily\(loads, missing="rest"\)'),
        ([5, 4, 6], r"day 4 comes after day 5. Sort it: sort_index\(\)"),
        (["2026-01-30", "2026-02-02", "2026-02-03"], "day 2026-02-02 follows day 2026"),
        (["2026-01-30", "2026-01-30", "2026-01-31"], "day 2026-01-30 is there twice"),
    ],
)
def test_days_that_are_not_consecutive_are_refused(days, message):
    index = pd.DatetimeIndex(days) if isinstance(days[0], str) else days
    with pytest.raises(ValueError, match=message):
        STEADY.respond(pd.Series([1.0, 2.0, 3.0], index=index))


@pytest.mark.parametrize(
    "index",
    [
        [7, 8, 9],
        [7.0, 8.0, 9.0],
        ["2026-03-28", "2026-03-29", "2026-03-30"],
        pd.date_range("2026-03-28", periods=3, tz="Europe/Vienna"),  # 23 h in one day
    ],
)
def test_consecutive_days_of_any_kind_are_taken(index):
    response = STEADY.respond(pd.Series([1.0, 2.0, 3.0], index=index))
    assert response["fitness"].iloc[1] == pytest.approx(exp(-1 / 42))
