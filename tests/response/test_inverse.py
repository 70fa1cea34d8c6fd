"""Inverse questions: every answer, put back into its model, gives the wish."""

from dataclasses import replace
from math import expm1, inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.metrics.workload import CONVENTIONS, acwr, pmc
from hipext.response.inverse import (
    Quadratic,
    days_to_peak,
    days_until_a_session_pays,
    doses_above,
    largest_load,
    largest_load_for_acwr,
    load_for_equal_form,
    load_for_equal_performance,
    steady_load_for,
    steady_state,
    value_at,
)
from hipext.response.models import (
    Banister,
    FitnessDelay,
    Kalman,
    OneComponent,
    SaturatedDose,
    VariableDose,
)

FITNESS = {"baseline": 250.0, "fitness_gain": 1.0, "fitness_tau": 42.0}
TWO = FITNESS | {"fatigue_gain": 2.0, "fatigue_tau": 7.0}
STARTED = {"initial_fitness": 300.0, "initial_fatigue": 200.0}
HILL = {"half_load": 60.0, "steepness": 1.7, "max_dose": 90.0}
NOISE = {"fitness_noise": 1.0, "fatigue_noise": 1.0, "performance_noise": 2.0}
MODELS = {
    "one_component": OneComponent(**FITNESS, initial_fitness=300.0),
    "banister": Banister(**TWO, **STARTED),
    "fitness_delay": FitnessDelay(**TWO, **STARTED, delay_tau=3.0),
    "variable_dose": VariableDose(
        **TWO | STARTED | {"fatigue_gain": 0.004}, gain_tau=2.3
    ),
    "saturated_dose": SaturatedDose(**TWO, **STARTED, **HILL),
    "kalman": Kalman(**TWO, **STARTED, **NOISE),
}
TIRING = [name for name in MODELS if name != "one_component"]
PAST = pd.Series([60.0, 0, 80, 0, 40, 90, 0, 55, 30, 0, 70, 20])
conventions = pytest.mark.parametrize("convention", CONVENTIONS)
models = pytest.mark.parametrize("name", MODELS)
tiring_models = pytest.mark.parametrize("name", TIRING)
decays = pytest.mark.parametrize("decay", ["exponential", "one_over_n"])


def model_named(name, convention):
    return replace(MODELS[name], convention=convention)


def continued(past, *later):
    return pd.concat([past, pd.Series(later)], ignore_index=True)


def performance_of(model, past, *later):
    return model.respond(continued(past, *later))["performance"]


# Equal performance


@models
def test_todays_load_keeps_performance_until_the_next_morning(name):
    model = model_named(name, "next_day")
    load = load_for_equal_performance(model, PAST)
    this_morning, next_morning = performance_of(model, PAST, load, 0.0).iloc[-2:]
    assert load > 0
    assert next_morning == pytest.approx(this_morning, rel=1e-9)


@pytest.mark.parametrize("name", ["one_component", "banister", "kalman"])
def test_counted_today_todays_load_keeps_yesterdays_performance(name):
    model = model_named(name, "same_day")
    load = load_for_equal_performance(model, PAST)
    yesterday, today = performance_of(model, PAST, load).iloc[-2:]
    assert load > 0
    assert today == pytest.approx(yesterday, rel=1e-9)


@pytest.mark.parametrize("name", ["fitness_delay", "variable_dose", "saturated_dose"])
def test_counted_today_todays_load_keeps_the_performance_of_a_tired_yesterday(name):
    model = replace(model_named(name, "same_day"), initial_fatigue=600.0)
    load = load_for_equal_performance(model, PAST)
    yesterday, today = performance_of(model, PAST, load).iloc[-2:]
    assert load > 0
    assert today == pytest.approx(yesterday, rel=1e-9)


def test_of_two_loads_that_keep_performance_the_smaller_is_given():
    model = replace(MODELS["variable_dose"], initial_fatigue=0.0, baseline=0.0)
    load = load_for_equal_performance(model, PAST)
    tried = np.linspace(0, load, 50)[:-1]
    after = [performance_of(model, PAST, one, 0.0).iloc[-1] for one in tried]
    assert max(after) < performance_of(model, PAST, 0.0).iloc[-1]


@conventions
def test_if_no_load_keeps_performance_the_reach_of_loads_is_told(convention):
    fresh = Banister(**TWO | {"fitness_gain": 0.1}, initial_fitness=300.0)
    model = replace(fresh, convention=convention)
    rest = pd.Series([0.0])
    best = performance_of(model, rest, *([0.0] * (1 + (convention == "next_day"))))
    told = rf"at {best.iloc[-2]:.6g}: .* lead to -inf to {best.iloc[-1]:.6g}\."
    with pytest.raises(ValueError, match=told):
        load_for_equal_performance(model, rest)


def test_a_dose_that_saturates_may_not_be_enough():
    model = replace(MODELS["saturated_dose"], fatigue_gain=0.0, initial_fitness=1e5)
    with pytest.raises(ValueError, match="No load today keeps performance"):
        load_for_equal_performance(model, PAST)


def test_a_model_without_gains_keeps_performance_by_rest():
    model = Banister(**TWO | {"fitness_gain": 0.0, "fatigue_gain": 0.0})
    assert load_for_equal_performance(model, PAST) == 0.0


# Thresholds


@conventions
@tiring_models
@pytest.mark.parametrize("after_d", [1, 2, 5])
def test_the_largest_load_leaves_just_the_fatigue_allowed(name, convention, after_d):
    model = model_named(name, convention)
    rests = after_d * [0.0]
    wished = 40 + model.respond(continued(PAST, 0.0, *rests))["fatigue"].iloc[-1]
    wish = {"fatigue_at_most": wished, "after_d": after_d}
    load = largest_load(model, PAST, **wish)
    fatigue = model.respond(continued(PAST, load, *rests))["fatigue"].iloc[-1]
    assert fatigue == pytest.approx(wished, rel=1e-9)


@conventions
@pytest.mark.parametrize("name", ["banister", "variable_dose", "saturated_dose"])
@pytest.mark.parametrize("after_d", [1, 2, 4])
def test_the_largest_load_leaves_just_the_performance_asked(name, convention, after_d):
    model = model_named(name, convention)
    rests = after_d * [0.0]
    wished = performance_of(model, PAST, 0.0, *rests).iloc[-1] - 15
    load = largest_load(model, PAST, performance_at_least=wished, after_d=after_d)
    after = performance_of(model, PAST, load, *rests).iloc[-1]
    assert after == pytest.approx(wished, rel=1e-9)
    more = performance_of(model, PAST, 1.01 * load, *rests).iloc[-1]
    assert more < wished


@tiring_models
def test_counted_today_a_load_may_be_judged_on_its_own_day(name):
    model = model_named(name, "same_day")
    wished = 40 + model.respond(continued(PAST, 0.0))["fatigue"].iloc[-1]
    load = largest_load(model, PAST, fatigue_at_most=wished, after_d=0)
    fatigue = model.respond(continued(PAST, load))["fatigue"].iloc[-1]
    assert fatigue == pytest.approx(wished, rel=1e-9)


def test_of_two_thresholds_the_stricter_one_decides():
    model = MODELS["banister"]
    rested = model.respond(continued(PAST, 0.0, 0.0)).iloc[-1]
    fatigue = {"fatigue_at_most": rested["fatigue"] + 10}
    performance = {"performance_at_least": rested["performance"] - 30}
    alone = [largest_load(model, PAST, **one) for one in (fatigue, performance)]
    assert largest_load(model, PAST, **fatigue, **performance) == min(alone)
    assert alone[0] != alone[1]


@models
def test_a_load_is_without_limit_where_it_pays_by_the_day_asked(name):
    gentle = replace(MODELS[name], **{"fitness_gain": 3.0, "fitness_tau": 90.0})
    gentle = replace(gentle, **{"fatigue_gain": 0.0} if name in TIRING else {})
    level = performance_of(gentle, PAST, *(31 * [0.0])).iloc[-1]
    wish = {"performance_at_least": level, "after_d": 30}
    assert largest_load(gentle, PAST, **wish) == inf


def test_a_dose_that_saturates_may_never_be_too_much():
    model = MODELS["saturated_dose"]
    most = model.respond(continued(PAST, 1e12, 0.0))["fatigue"].iloc[-1]
    assert largest_load(model, PAST, fatigue_at_most=most + 1) == inf
    assert largest_load(model, PAST, fatigue_at_most=most - 1) < inf


def test_a_limit_that_doses_reach_but_for_rounding_is_no_limit():
    curve = Quadratic(at_rest=2.9, slope=-2.2, bend=-1.7, end=0.9)
    level = np.nextafter(value_at(curve, 0.9), inf)
    assert doses_above(curve, level) == (0.0, inf)


def test_rest_may_already_be_at_the_threshold():
    model = MODELS["banister"]
    rested = performance_of(model, PAST, 0.0, 0.0).iloc[-1]
    assert largest_load(model, PAST, performance_at_least=rested) == pytest.approx(0.0)


def test_a_performance_that_only_a_load_can_reach_has_a_largest_load_too():
    model = replace(MODELS["variable_dose"], fatigue_gain=0.001)
    peak = max(performance_of(model, PAST, one, 0.0).iloc[-1] for one in range(0, 900))
    rested = performance_of(model, PAST, 0.0, 0.0).iloc[-1]
    wished = (peak + rested) / 2
    load = largest_load(model, PAST, performance_at_least=wished)
    after = performance_of(model, PAST, load, 0.0).iloc[-1]
    assert after == pytest.approx(wished, rel=1e-9)
    assert performance_of(model, PAST, load - 1, 0.0).iloc[-1] > wished > rested


@conventions
@pytest.mark.parametrize(
    "wish", [{"fatigue_at_most": 1.0}, {"performance_at_least": 1e6}]
)
def test_a_threshold_that_no_load_keeps_is_told_with_what_rest_gives(wish, convention):
    model = model_named("banister", convention)
    rested = model.respond(continued(PAST, 0.0, 0.0)).iloc[-1]
    [(name, level)] = wish.items()
    told = rf"{name}={level} .*after 1 day\(s\): .* {rested['performance']:.6g} and "
    told += rf"fatigue {rested['fatigue']:.6g} then"
    with pytest.raises(ValueError, match=told):
        largest_load(model, PAST, **wish)


def test_two_thresholds_that_no_load_keeps_together_are_refused():
    model = replace(MODELS["variable_dose"], fatigue_gain=0.001)
    rested = model.respond(continued(PAST, 0.0, 0.0)).iloc[-1]
    more = {"performance_at_least": rested["performance"] + 20}
    tired = {"fatigue_at_most": rested["fatigue"] + 0.1}
    loads = [largest_load(model, PAST, **one) for one in (more, tired)]
    assert loads[0] > loads[1] > 0
    told = rf"at_least={more['performance_at_least']} and fatigue_at_most="
    with pytest.raises(ValueError, match=told):
        largest_load(model, PAST, **more, **tired)


def test_the_largest_load_needs_a_threshold():
    with pytest.raises(ValueError, match="or both; got neither"):
        largest_load(MODELS["banister"], PAST)


@pytest.mark.parametrize(
    ("convention", "after_d", "least"),
    [("next_day", 0, 1), ("next_day", 1.5, 1), ("same_day", -1, 0)],
)
def test_the_day_of_a_threshold_is_a_whole_number(convention, after_d, least):
    model = model_named("banister", convention)
    told = rf"after_d .* days, {least} or more; got {after_d}"
    with pytest.raises(ValueError, match=told):
        largest_load(model, PAST, fatigue_at_most=90.0, after_d=after_d)


# Steady states


@conventions
@models
def test_the_same_load_every_day_settles_at_its_steady_state(name, convention):
    model = model_named(name, convention)
    settled = model.respond(pd.Series(2500 * [35.0])).iloc[-1]
    pd.testing.assert_series_equal(
        steady_state(model, 35.0), settled, check_names=False, rtol=1e-9
    )


@conventions
@models
def test_the_steady_load_of_a_steady_performance_is_that_load(name, convention):
    model = model_named(name, convention)
    performance = steady_state(model, 17.0)["performance"]
    assert steady_load_for(model, performance) == pytest.approx(17.0, rel=1e-9)


@conventions
@models
def test_without_load_the_steady_state_is_the_baseline(name, convention):
    model = model_named(name, convention)
    expected = {"fitness": 0.0, "fatigue": 0.0, "performance": 250.0}
    assert steady_state(model, 0.0).to_dict() == expected
    assert steady_load_for(model, 250.0) == 0.0


def test_the_steady_performance_of_the_variable_dose_has_a_top():
    model = MODELS["variable_dose"]
    top = max(steady_state(model, load)["performance"] for load in range(2000))
    assert steady_load_for(model, top - 1) > 0
    with pytest.raises(ValueError, match=r"settle at -inf to \d") as caught:
        steady_load_for(model, top + 1)
    told = float(str(caught.value).removesuffix(".").split()[-1])
    assert told == pytest.approx(top, abs=0.1)


DOSES_AT_MOST = 250 + 90 * (1 / expm1(1 / 42) - 2 / expm1(1 / 7))


@pytest.mark.parametrize(
    ("name", "best"),
    [("one_component", inf), ("banister", inf), ("saturated_dose", DOSES_AT_MOST)],
)
def test_a_performance_below_the_baseline_is_no_steady_one(name, best):
    told = rf"performance 249; loads .* settle at 250 to {best:.6g}\."
    with pytest.raises(ValueError, match=told):
        steady_load_for(MODELS[name], 249.0)


@pytest.mark.parametrize("load", [-1.0, nan, inf])
def test_a_steady_load_cannot_be_negative_or_infinite(load):
    with pytest.raises(ValueError, match=rf"load must be .* got {load}"):
        steady_state(MODELS["banister"], load)


# When a session pays


@pytest.mark.parametrize("name", ["banister", "kalman", "saturated_dose"])
def test_a_session_costs_until_it_pays_and_pays_most_at_its_peak(name):
    model = replace(MODELS[name], fitness_gain=0.7)
    rest = performance_of(model, pd.Series(61 * [0.0]))
    gain = performance_of(model, pd.Series([100.0] + 60 * [0.0])) - rest
    pays = days_until_a_session_pays(model)
    assert gain[1:].gt(1e-9).idxmax() == int(pays) + 1
    assert abs(gain.idxmax() - days_to_peak(model)) < 1


def test_at_its_peak_the_gain_of_a_session_neither_rises_nor_falls():
    model = MODELS["banister"]
    peak = days_to_peak(model)
    around = peak + np.array([-0.01, 0.0, 0.01])
    gain = np.exp(-around / 42) - 2 * np.exp(-around / 7)
    assert gain.argmax() == 1


@pytest.mark.parametrize("days", [days_until_a_session_pays, days_to_peak])
def test_a_session_pays_at_once_without_fatigue(days):
    assert days(MODELS["one_component"]) == 0.0
    assert days(Banister(**TWO | {"fatigue_gain": 0.0})) == 0.0


@pytest.mark.parametrize("days", [days_until_a_session_pays, days_to_peak])
def test_a_session_never_pays_without_fitness(days):
    assert days(Banister(**TWO | {"fitness_gain": 0.0})) == inf


def test_a_session_may_pay_at_once_and_most_later():
    model = Banister(**TWO | {"fatigue_gain": 0.5})
    assert days_until_a_session_pays(model) == 0.0
    assert days_to_peak(model) > 0


@pytest.mark.parametrize("days", [days_until_a_session_pays, days_to_peak])
@pytest.mark.parametrize("name", ["fitness_delay", "variable_dose"])
def test_other_models_have_no_closed_form_for_it(days, name):
    told = rf"{type(MODELS[name]).__name__} has no closed form .*Banister"
    with pytest.raises(ValueError, match=told):
        days(MODELS[name])


# Workload


@decays
@given(loads=st.lists(st.floats(0, 500), min_size=1, max_size=40))
def test_todays_load_leaves_tomorrows_form_as_it_is(decay, loads):
    past = pd.Series([*loads, 400.0])  # so that form rises at rest
    chart = {"ctl_d": 30, "atl_d": 5, "decay": decay, "start": (40.0, 90.0)}
    load = load_for_equal_form(past, **chart)
    today, tomorrow = pmc(continued(past, load, 0.0), **chart)["tsb"].iloc[-2:]
    assert load >= 0
    assert tomorrow == pytest.approx(today, abs=1e-9)


@decays
def test_form_may_fall_even_with_rest(decay):
    past = pd.Series([0.0, 0.0])
    chart = {"decay": decay, "start": (100.0, 0.0)}
    rested = pmc(continued(past, 0.0, 0.0), **chart)["tsb"]
    fall = rested.iloc[-2] - rested.iloc[-1]
    told = rf"with rest today it falls by {fall:.3g}, because ctl 9\d\.\d"
    with pytest.raises(ValueError, match=told):
        load_for_equal_form(past, **chart)


@pytest.mark.parametrize("ratio", [0.9, 1.0, 1.3])
@pytest.mark.parametrize("start", ["first", "mean", "zero"])
@pytest.mark.parametrize("method", ["ewma", "half_life", "rolling", "uncoupled"])
def test_the_largest_load_has_just_the_ratio_allowed(method, start, ratio, rng):
    past = pd.Series(rng.uniform(50, 150, 40))
    past.iloc[-6:] *= 0.2
    options = {"acute_d": 5, "chronic_d": 20, "start": start}
    load = largest_load_for_acwr(past, ratio, method, **options)
    after = acwr(continued(past, load), method, **options).iloc[-1]
    assert after == pytest.approx(ratio, rel=1e-9)
    more = acwr(continued(past, load + 1), method, **options).iloc[-1]
    assert more > ratio


@pytest.mark.parametrize("method", ["rolling", "uncoupled"])
def test_unknown_days_are_left_out_of_the_largest_load(method):
    past = pd.Series(30 * [100.0])
    past.iloc[[12, 26]] = nan
    options = {"method": method, "min_coverage": 0.8}
    load = largest_load_for_acwr(past, 1.3, **options)
    after = acwr(continued(past, load), **options).iloc[-1]
    assert after == pytest.approx(1.3, rel=1e-9)


@pytest.mark.parametrize(
    ("method", "limit"),
    [
        ("rolling", 28 / 7),
        ("ewma", (2 / 8) / (2 / 29)),
        ("half_life", (1 - 0.5 ** (1 / 7)) / (1 - 0.5 ** (1 / 28))),
    ],
)
def test_above_the_ratio_that_loads_approach_no_load_is_too_large(method, limit):
    past = pd.Series(35 * [100.0])
    assert largest_load_for_acwr(past, limit + 1e-3, method) == inf
    assert 1e4 < largest_load_for_acwr(past, limit - 1e-3, method) < inf


def test_a_coupled_ratio_cannot_exceed_the_ratio_of_its_days():
    assert largest_load_for_acwr(pd.Series(30 * [100.0]), 4.0, "rolling") == inf


@pytest.mark.parametrize("method", ["ewma", "half_life", "rolling", "uncoupled"])
def test_rest_may_already_exceed_the_ratio(method):
    past = pd.Series(28 * [10.0] + 6 * [500.0])
    rested = acwr(continued(past, 0.0), method).iloc[-1]
    told = rf"at 1.1 or below: it is {rested:.3g} even with rest"
    with pytest.raises(ValueError, match=told):
        largest_load_for_acwr(past, 1.1, method)


@pytest.mark.parametrize(
    ("past", "method"),
    [(10 * [5.0], "rolling"), (40 * [0.0], "ewma"), (40 * [0.0], "uncoupled")],
)
def test_a_ratio_that_is_not_defined_has_no_largest_load(past, method):
    with pytest.raises(ValueError, match=rf"not defined today after {len(past)} days"):
        largest_load_for_acwr(pd.Series(past), 1.3, method)


@pytest.mark.parametrize("ratio", [0.0, -1.0, nan])
def test_a_ratio_is_above_zero(ratio):
    with pytest.raises(ValueError, match=rf"ratio must be a positive .*got {ratio}"):
        largest_load_for_acwr(PAST, ratio)


# All questions

QUESTIONS = {
    "equal_form": load_for_equal_form,
    "acwr": lambda past: largest_load_for_acwr(past, 1.3),
    "equal_performance": lambda past: load_for_equal_performance(
        MODELS["banister"], past
    ),
    "largest_load": lambda past: largest_load(
        MODELS["banister"], past, fatigue_at_most=500.0
    ),
}
questions = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


@questions
def test_todays_question_needs_a_day_before_today(question):
    with pytest.raises(ValueError, match="has 0 days; give the days up to yesterday"):
        question(pd.Series([], dtype="float64"))


@questions
@pytest.mark.parametrize("bad", [-3.0, inf])
def test_a_past_load_that_cannot_be_is_refused(question, bad):
    with pytest.raises(ValueError, match=rf"got {bad} on day 1"):
        question(pd.Series([1.0, bad]))


@questions
def test_a_question_leaves_the_load_as_it_was_and_takes_dates(question):
    dated = PAST.set_axis(pd.date_range("2024-03-01", periods=len(PAST)))
    before = dated.copy()
    assert question(dated) == question(PAST)
    pd.testing.assert_series_equal(dated, before)
