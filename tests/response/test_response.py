"""The impulse-response model against its published sum, closed forms and invariants."""

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from published import PUBLISHED_FIT, read_cyclist

from hipext import tables
from hipext.files.checks import InputError
from hipext.metrics.workload import CONVENTIONS, checked_load, decayed_sum
from hipext.response.models import Banister

MODEL = {
    "baseline": 250.0,
    "fitness_gain": 1.0,
    "fitness_tau": 42.0,
    "fatigue_gain": 2.0,
    "fatigue_tau": 7.0,
}
LOADS = st.lists(st.floats(0, 2000), min_size=1, max_size=80)
TAUS = st.floats(0.5, 120)
conventions = pytest.mark.parametrize("convention", CONVENTIONS)


def published_sum(load, tau, convention):
    """Return the sum of the papers, term by term."""
    last = 1 if convention == "same_day" else 0
    return [
        sum(load[i] * exp(-(n - i) / tau) for i in range(n + last))
        for n in range(len(load))
    ]


@conventions
@given(load=LOADS, tau=TAUS)
def test_the_recursion_equals_the_published_sum(convention, load, tau):
    sums = decayed_sum(np.array(load), tau, convention=convention)
    expected = published_sum(load, tau, convention)
    np.testing.assert_allclose(sums, expected, rtol=1e-12, atol=1e-200)


@conventions
@given(load=LOADS)
def test_performance_is_baseline_plus_fitness_minus_fatigue(convention, load):
    response = Banister(**MODEL, convention=convention).respond(pd.Series(load))
    fitness = 1.0 * np.array(published_sum(load, 42.0, convention))
    fatigue = 2.0 * np.array(published_sum(load, 7.0, convention))
    np.testing.assert_allclose(response["fitness"], fitness, rtol=1e-12, atol=1e-200)
    np.testing.assert_allclose(response["fatigue"], fatigue, rtol=1e-12, atol=1e-200)
    np.testing.assert_allclose(response["performance"], 250 + fitness - fatigue)


@pytest.mark.parametrize("tau", [1.0, 7.0, 42.0])
def test_a_constant_load_settles_at_its_closed_form(tau):
    load = np.full(int(40 * tau), 30.0)
    settled = 30.0 / (exp(1 / tau) - 1)
    assert decayed_sum(load, tau)[-1] == pytest.approx(settled, rel=1e-12)
    same_day = decayed_sum(load, tau, convention="same_day")
    assert same_day[-1] == pytest.approx(settled + 30.0, rel=1e-12)


def test_a_session_is_felt_from_the_next_day_and_fades_by_1_over_e_per_tau():
    sums = decayed_sum(np.array([100.0] + 8 * [0.0]), 7.0)
    assert sums[0] == 0.0
    assert sums[1] == pytest.approx(100.0 * exp(-1 / 7))
    assert sums[8] / sums[1] == pytest.approx(exp(-1))


def test_a_session_counts_undecayed_on_its_own_day_if_so_agreed():
    sums = decayed_sum(np.array([100.0] + 7 * [0.0]), 7.0, convention="same_day")
    assert sums[0] == 100.0
    assert sums[7] == pytest.approx(100.0 / exp(1))


@given(load=LOADS, tau=TAUS)
def test_the_conventions_differ_by_the_load_of_the_day(load, tau):
    load = np.array(load)
    next_day = decayed_sum(load, tau)
    same_day = decayed_sum(load, tau, convention="same_day")
    np.testing.assert_allclose(same_day - next_day, load, atol=1e-8)


def test_the_next_day_is_the_convention_where_none_is_named():
    assert Banister(**MODEL) == Banister(**MODEL, convention="next_day")
    assert decayed_sum(np.array([1.0]), 7.0).tolist() == [0.0]


@conventions
def test_doubling_the_load_doubles_fitness_and_fatigue(convention, rng):
    load = pd.Series(rng.uniform(0, 500, size=60))
    model = Banister(**MODEL, convention=convention)
    once, twice = model.respond(load), model.respond(2 * load)
    states = ["fitness", "fatigue"]
    pd.testing.assert_frame_equal(2 * once[states], twice[states])


@conventions
def test_training_a_week_later_shifts_the_response_by_a_week(convention, rng):
    load = pd.Series(rng.uniform(0, 500, size=40))
    later = pd.concat([pd.Series(7 * [0.0]), load], ignore_index=True)
    model = Banister(**MODEL, convention=convention)
    shifted = model.respond(later).iloc[7:].reset_index(drop=True)
    pd.testing.assert_frame_equal(shifted, model.respond(load), rtol=1e-12)


@conventions
def test_days_appended_at_the_end_change_nothing_before(convention, rng):
    load = pd.Series(rng.uniform(0, 500, size=40))
    longer = pd.concat([load, pd.Series([0.0, 900.0, 0.0])], ignore_index=True)
    model = Banister(**MODEL, convention=convention)
    pd.testing.assert_frame_equal(model.respond(longer).iloc[:40], model.respond(load))


@given(load=LOADS)
def test_a_rest_day_never_raises_fatigue(load):
    rested = Banister(**MODEL).respond(pd.Series([*load, 0.0, 0.0, 0.0]))
    assert (rested["fatigue"].diff().iloc[-2:] <= 0).all()


def test_one_session_costs_performance_until_the_crossing_time_of_its_closed_form():
    response = Banister(**MODEL).respond(pd.Series([100.0] + 20 * [0.0]))
    crossing = log(2.0 / 1.0) / (1 / 7 - 1 / 42)  # ln(k2/k1) / (1/tau2 - 1/tau1)
    pays = response["performance"][1:] > 250.0
    assert 5 < crossing < 6
    assert pays.idxmax() == 6


def test_two_responses_add_up(rng):
    first, second = rng.uniform(0, 500, size=(2, 30))
    model = Banister(**MODEL | {"baseline": 0.0})
    both = model.respond(pd.Series(first + second))
    parts = model.respond(pd.Series(first)) + model.respond(pd.Series(second))
    pd.testing.assert_frame_equal(both, parts)


def test_the_response_has_the_days_of_the_load_and_the_columns_of_its_table():
    load = pd.Series([1.0, 2.0], index=pd.Index([14, 15], name="day"))
    response = Banister(**MODEL).respond(load)
    pd.testing.assert_index_equal(response.index, load.index)
    assert tuple(response.columns) == tables.RESPONSE.names


def test_the_load_is_not_changed():
    load = pd.Series([3, 0, 5])
    before = load.copy()
    Banister(**MODEL).respond(load)
    pd.testing.assert_series_equal(load, before)


def test_a_plan_without_days_has_a_response_without_days():
    assert Banister(**MODEL).respond(pd.Series([], dtype="float64")).shape == (0, 3)


@pytest.mark.parametrize("bad", [float("nan"), -1.0, float("inf"), -float("inf")])
def test_a_load_that_cannot_be_is_refused_with_its_day(bad):
    with pytest.raises(
        ValueError,
        match=rf"0 or more, with 0 for rest; got {bad} on day 2\. "
        r"Fill unknown days before the model sees them\.$",
    ):
        Banister(**MODEL).respond(pd.Series([10.0, 0.0, bad, bad - 1]))


@pytest.mark.parametrize("dtype", ["Int64", "object"])
def test_a_missing_number_is_refused_with_its_day(dtype):
    with pytest.raises(ValueError, match=r"got nan on day 1"):
        checked_load(pd.Series([1, None], dtype=dtype))


@pytest.mark.parametrize(
    ("load", "got"),
    [
        (pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, -3.0]}), "a table. Take one col"),
        (np.array(3.0), "a single value."),
        (3, "a single value."),
        (None, "a single value."),
    ],
)
def test_a_table_or_a_single_value_is_no_training_load(load, got):
    with pytest.raises(InputError, match=f"must be one number per day.*got {got}"):
        Banister(**MODEL).respond(load)


@pytest.mark.parametrize(
    ("fitness_tau", "fatigue_tau"),
    [(42.0, 50.0), (42.0, 42.0), (42.0, 0.0), (42.0, -7.0), (float("inf"), 7.0)],
)
def test_fatigue_must_fade_faster_than_fitness(fitness_tau, fatigue_tau):
    taus = {"fitness_tau": fitness_tau, "fatigue_tau": fatigue_tau}
    message = (
        f"shorter than .*; got fatigue_tau={fatigue_tau}, fitness_tau={fitness_tau}"
    )
    with pytest.raises(ValueError, match=message):
        Banister(**MODEL | taus)


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("gain", ["fitness_gain", "fatigue_gain"])
def test_gains_must_be_finite_and_not_negative(gain, bad):
    with pytest.raises(
        ValueError, match=rf"finite and not negative; got .*{gain}={bad}"
    ):
        Banister(**MODEL | {gain: bad})


@pytest.mark.parametrize("gain", ["fitness_gain", "fatigue_gain"])
def test_a_gain_may_be_zero(gain):
    response = Banister(**MODEL | {gain: 0.0}).respond(pd.Series([5.0, 5.0]))
    assert response[gain.removesuffix("_gain")].tolist() == [0.0, 0.0]


def test_fatigue_may_fade_within_a_day():
    model = Banister(**MODEL | {"fatigue_tau": 0.5})
    fatigue = model.respond(pd.Series([100.0, 0.0]))["fatigue"]
    assert fatigue[1] == pytest.approx(2.0 * 100 * exp(-2))


def test_the_baseline_must_be_finite():
    with pytest.raises(ValueError, match=r"baseline must be finite; got nan"):
        Banister(**MODEL | {"baseline": float("nan")})


def test_an_unknown_convention_is_refused():
    with pytest.raises(ValueError, match=r"convention .*Did you mean 'same_day'"):
        Banister(**MODEL, convention="sameday")


@pytest.fixture
def cyclist():
    return read_cyclist()


def rmse(predicted, cyclist):
    return sqrt(((predicted - cyclist["Test_5min_Power"]) ** 2).mean())


@pytest.mark.acceptance
def test_the_published_fit_is_reproduced_with_todays_load_counted_today(cyclist):
    model = Banister(**PUBLISHED_FIT, convention="same_day")
    performance = model.respond(cyclist["BikeScore"])["performance"]
    print(f"RMSE over 9 tests: {rmse(performance, cyclist):.6f}")
    assert cyclist["Test_5min_Power"].count() == 9
    assert rmse(performance, cyclist) == pytest.approx(1.481182, abs=5e-7)


@pytest.mark.acceptance
def test_the_published_fit_read_one_day_late_is_worse(cyclist):
    model = Banister(**PUBLISHED_FIT, convention="same_day")
    late = model.respond(cyclist["BikeScore"])["performance"].shift(1)
    assert rmse(late, cyclist) == pytest.approx(2.89, abs=0.005)


@pytest.mark.acceptance
def test_the_published_fit_does_not_hold_with_todays_load_counted_tomorrow(cyclist):
    performance = Banister(**PUBLISHED_FIT).respond(cyclist["BikeScore"])["performance"]
    assert rmse(performance, cyclist) > 2.9
