"""Inverse questions: every answer, put back into its model, gives the wish."""

from dataclasses import replace
from math import exp, expm1, inf, nan

import numpy as np
import pandas as pd
import pytest

from hipext.metrics.workload import CONVENTIONS
from hipext.response.inverse import (
    largest_load,
    load_for_equal_performance,
    steady_state,
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


@conventions
def test_the_load_that_keeps_performance_is_that_of_the_closed_form(convention):
    model = model_named("banister", convention)
    age = 0 if convention == "same_day" else 1
    rest = performance_of(model, PAST, 0.0, 0.0)
    before = rest.iloc[-3 + age]
    per_load = exp(-age / 42) - 2 * exp(-age / 7)
    load = (before - rest.iloc[-2 + age]) / per_load
    assert load_for_equal_performance(model, PAST) == pytest.approx(load, rel=1e-9)


def test_of_two_loads_that_keep_performance_the_smaller_is_given():
    model = replace(MODELS["variable_dose"], initial_fatigue=0.0, baseline=0.0)
    load = load_for_equal_performance(model, PAST)
    tried = np.linspace(0, load, 50)[:-1]
    after = [performance_of(model, PAST, one, 0.0).iloc[-1] for one in tried]
    assert max(after) < performance_of(model, PAST, 0.0).iloc[-1]


@conventions
def test_if_no_load_keeps_performance_the_highest_reached_is_named(convention):
    fresh = Banister(**TWO | {"fitness_gain": 0.1}, initial_fitness=300.0)
    model = replace(fresh, convention=convention)
    rest = pd.Series([0.0])
    best = performance_of(model, rest, *([0.0] * (1 + (convention == "next_day"))))
    message = rf"at {best.iloc[-2]:.6g}: .* lead to at most {best.iloc[-1]:.6g}\."
    with pytest.raises(ValueError, match=message):
        load_for_equal_performance(model, rest)


def test_if_every_load_raises_performance_the_lowest_reached_is_named():
    rest = pd.Series([0.0])
    fresh = Banister(**TWO | {"fatigue_gain": 0.0}, initial_fatigue=300.0)
    lowest = performance_of(fresh, rest, 0.0, 0.0).iloc[-1]
    with pytest.raises(ValueError, match=rf"lead to at least {lowest:.6g}\."):
        load_for_equal_performance(fresh, rest)


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


@pytest.mark.parametrize("after_d", [1, 3])
def test_the_largest_load_is_that_of_the_closed_form(after_d):
    model = MODELS["banister"]
    rested = model.respond(continued(PAST, *([0.0] * (1 + after_d)))).iloc[-1]
    fitness, fatigue = exp(-after_d / 42), 2 * exp(-after_d / 7)
    wish = {"performance_at_least": rested["performance"] - 15, "after_d": after_d}
    expected = 15 / (fatigue - fitness)
    assert largest_load(model, PAST, **wish) == pytest.approx(expected, rel=1e-9)
    wish = {"fatigue_at_most": rested["fatigue"] + 40, "after_d": after_d}
    expected = 40 / fatigue
    assert largest_load(model, PAST, **wish) == pytest.approx(expected, rel=1e-9)


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
def test_a_threshold_that_no_load_keeps_is_refused_with_what_rest_gives(
    wish, convention
):
    model = model_named("banister", convention)
    rested = model.respond(continued(PAST, 0.0, 0.0)).iloc[-1]
    [(name, level)] = wish.items()
    message = rf"{name}={level} .*after 1 day\(s\): .* {rested['performance']:.6g} and "
    message += rf"fatigue {rested['fatigue']:.6g} then"
    with pytest.raises(ValueError, match=message):
        largest_load(model, PAST, **wish)


def test_two_thresholds_that_no_load_keeps_together_are_refused():
    model = replace(MODELS["variable_dose"], fatigue_gain=0.001)
    rested = model.respond(continued(PAST, 0.0, 0.0)).iloc[-1]
    more = {"performance_at_least": rested["performance"] + 20}
    tired = {"fatigue_at_most": rested["fatigue"] + 0.1}
    loads = [largest_load(model, PAST, **one) for one in (more, tired)]
    assert loads[0] > loads[1] > 0
    message = rf"at_least={more['performance_at_least']} and fatigue_at_most="
    with pytest.raises(ValueError, match=message):
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
    message = rf"after_d .* days, {least} or more; got {after_d}"
    with pytest.raises(ValueError, match=message):
        largest_load(model, PAST, fatigue_at_most=90.0, after_d=after_d)


# Steady states


def steady_sum(tau, convention):
    """Return the sum that a load of 1 every day settles at."""
    return 1 / expm1(1 / tau) + (convention == "same_day")


@conventions
@models
def test_the_same_load_every_day_settles_at_its_closed_form(name, convention):
    model = model_named(name, convention)
    fitness = steady_sum(42, convention)
    fatigue = getattr(model, "fatigue_gain", 0) * steady_sum(7, convention)
    dose = 35.0
    if name == "saturated_dose":
        dose = 90 * 35**1.7 / (60**1.7 + 35**1.7)
    if name == "fitness_delay":
        fitness -= steady_sum(3, convention)
    if name == "variable_dose":
        fatigue *= 35 / -expm1(-1 / 2.3)
    states = {"fitness": fitness * dose, "fatigue": fatigue * dose}
    states["performance"] = 250 + states["fitness"] - states["fatigue"]
    assert steady_state(model, 35.0).to_dict() == pytest.approx(states, rel=1e-9)


@conventions
@models
def test_without_load_the_steady_state_is_the_baseline(name, convention):
    model = model_named(name, convention)
    expected = {"fitness": 0.0, "fatigue": 0.0, "performance": 250.0}
    assert steady_state(model, 0.0).to_dict() == expected


@pytest.mark.parametrize("load", [-1.0, nan, inf])
def test_a_steady_load_cannot_be_negative_or_infinite(load):
    with pytest.raises(ValueError, match=rf"load must be .* got {load}"):
        steady_state(MODELS["banister"], load)


# All questions

QUESTIONS = {
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
