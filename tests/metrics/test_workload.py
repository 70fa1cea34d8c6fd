"""Workload measures against worked examples, closed forms and naive sums."""

import inspect
from math import exp, inf, isnan, nan, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext import metrics
from hipext.files.checks import InputError
from hipext.metrics import workload
from hipext.metrics.workload import (
    acwr,
    acwr_parts,
    as_daily,
    monotony,
    pmc,
    rolling_load,
    strain,
)

WEEK = pd.Series([600.0, 200, 400, 500, 100, 650, 0])  # evidence row E05-003
MEASURES = [acwr, acwr_parts, monotony, pmc, rolling_load, strain]
MOVING = {"ewma": lambda d: 2 / (d + 1), "half_life": lambda d: 1 - 0.5 ** (1 / d)}
LOADS = st.lists(st.floats(0, 2000), min_size=1, max_size=60)
moving_averages = pytest.mark.parametrize("method", MOVING)
methods = pytest.mark.parametrize(
    "method", ["ewma", "half_life", "rolling", "uncoupled"]
)
measures = pytest.mark.parametrize("measure", [acwr, monotony, pmc, strain])


def dates(*days):
    return pd.DatetimeIndex([f"2024-03-{day:02}" for day in days])


# Loads day by day


def test_days_without_load_become_rest_if_the_caller_says_so():
    daily = as_daily(pd.Series([50.0, 40.0], index=[2, 5]), missing="rest")
    expected = pd.Series([50.0, 0, 0, 40], index=range(2, 6), name="training_load")
    pd.testing.assert_series_equal(daily, expected)


def test_days_without_load_become_unknown_if_the_caller_says_so():
    daily = as_daily(pd.Series([50.0, 40.0], index=[2, 4]), missing="unknown")
    assert daily.to_list() == [50.0, pytest.approx(nan, nan_ok=True), 40.0]


def test_sessions_of_a_day_are_summed_in_any_order():
    sessions = pd.Series([1.0, 20.0, 300.0], index=[1, 0, 1])
    assert as_daily(sessions, missing="rest").to_list() == [20.0, 301.0]


def test_a_session_of_unknown_load_makes_its_day_unknown_even_where_gaps_are_rest():
    sessions = pd.Series([30.0, None, 10.0], index=[0, 0, 2])
    daily = as_daily(sessions, missing="rest")
    np.testing.assert_array_equal(daily, [nan, 0.0, 10.0])


def test_days_may_be_dates_with_a_time():
    times = pd.DatetimeIndex(["2024-03-30 07:00", "2024-03-30 18:30", "2024-04-01"])
    daily = as_daily(pd.Series([1.0, 2.0, 4.0], index=times), missing="rest")
    assert daily.to_list() == [3.0, 0.0, 4.0]
    assert daily.index.equals(pd.date_range("2024-03-30", periods=3))


def test_a_change_of_the_clock_is_no_extra_day():
    times = pd.DatetimeIndex(["2024-03-30 07:00", "2024-04-01 07:00"], tz="Europe/Oslo")
    assert len(as_daily(pd.Series([1.0, 2.0], index=times), missing="rest")) == 3


def test_first_and_last_add_days_at_both_ends():
    daily = as_daily(pd.Series([7.0], index=[1]), missing="rest", first=0, last=3)
    assert daily.to_dict() == {0: 0.0, 1: 7.0, 2: 0.0, 3: 0.0}


def test_first_and_last_may_be_dates_and_words():
    loads = pd.Series([7.0], index=dates(5))
    ends = {"first": pd.Timestamp("2024-03-04 09:00"), "last": "2024-03-06"}
    assert as_daily(loads, missing="rest", **ends).index.equals(dates(4, 5, 6))


def test_the_name_of_the_days_is_kept_and_the_loads_are_not_changed():
    loads = pd.Series([7.0, 1.0], index=pd.Index([3, 1], name="day"))
    before = loads.copy()
    assert as_daily(loads, missing="rest").index.name == "day"
    pd.testing.assert_series_equal(loads, before)


@given(LOADS)
def test_consecutive_days_stay_as_they_are(loads):
    assert as_daily(pd.Series(loads), missing="unknown").to_list() == loads


def test_what_a_missing_day_was_has_to_be_said():
    with pytest.raises(TypeError, match="missing"):
        as_daily(WEEK)
    with pytest.raises(
        ValueError, match=r"^missing must .*'rest', 'unknown'; got 'zero'"
    ):
        as_daily(WEEK, missing="zero")


@pytest.mark.parametrize("outside", [{"first": 3}, {"last": 4}])
def test_a_load_outside_first_and_last_is_refused(outside):
    loads = pd.Series([1.0, 2.0], index=[2, 5])
    [(name, day)] = outside.items()
    with pytest.raises(ValueError, match=rf"days 2 to 5, outside .*{name}={day}\b"):
        as_daily(loads, missing="rest", **outside)


@pytest.mark.parametrize("bad", [-3.0, inf])
def test_a_load_that_cannot_be_is_refused_with_its_day(bad):
    loads = pd.Series([1.0, bad], index=[2, 5])
    with pytest.raises(ValueError, match=rf"0 or more, .*; got {bad} on day 5"):
        as_daily(loads, missing="rest")


@pytest.mark.parametrize(
    ("index", "told"),
    [(["monday"], "got 'monday'"), ([1.5], "got .*1.5"), ([pd.NaT], "got NaT")],
)
def test_days_must_be_whole_numbers_or_dates(index, told):
    with pytest.raises(ValueError, match=rf"must be days, .*{told}"):
        as_daily(pd.Series([1.0], index=index), missing="rest")


def test_no_load_at_all_is_refused():
    with pytest.raises(ValueError, match="loads is empty"):
        as_daily(pd.Series([], dtype="float64"), missing="rest")


# Rolling load


@given(LOADS, st.integers(1, 10))
def test_the_rolling_mean_is_the_mean_of_each_full_window(loads, window_d):
    expected = [
        np.mean(loads[day - window_d + 1 : day + 1]) if day >= window_d - 1 else nan
        for day in range(len(loads))
    ]
    rolled = rolling_load(pd.Series(loads), window_d=window_d)
    np.testing.assert_allclose(rolled, expected, rtol=1e-12)


def test_the_rolling_mean_is_over_the_known_days_and_the_sum_is_that_mean_times_days():
    load = pd.Series([8.0, nan, 4.0, 0.0])
    window = {"window_d": 4, "min_coverage": 0.75}
    assert rolling_load(load, **window).iloc[-1] == 4.0
    assert rolling_load(load, statistic="sum", **window).iloc[-1] == 16.0


@pytest.mark.parametrize(
    ("min_coverage", "is_given"), [(0.5, True), (0.51, False), (1.0, False)]
)
def test_a_window_is_judged_only_where_enough_days_are_known(min_coverage, is_given):
    load = pd.Series([nan, 5.0])
    rolled = rolling_load(load, window_d=2, min_coverage=min_coverage)
    assert rolled.notna().to_list() == [False, is_given]


def test_a_window_that_is_not_full_is_not_judged_however_much_of_it_is_known():
    rolled = rolling_load(pd.Series([5.0, 5.0, 5.0]), window_d=3, min_coverage=0.3)
    assert rolled.notna().to_list() == [False, False, True]


def test_a_window_without_any_known_day_has_no_mean():
    rolled = rolling_load(pd.Series([nan, nan]), window_d=1, min_coverage=0.01)
    assert rolled.isna().all()


@pytest.mark.parametrize("min_coverage", [0.0, -0.5, 1.01, nan])
def test_a_coverage_is_a_share_above_zero(min_coverage):
    with pytest.raises(ValueError, match=rf"at most 1; got {min_coverage}"):
        rolling_load(WEEK, window_d=7, min_coverage=min_coverage)


@pytest.mark.parametrize("window_d", [0, -7, 2.5, nan, inf])
def test_a_window_is_whole_days(window_d):
    with pytest.raises(ValueError, match=rf"window_d .* 1 or more; got {window_d}"):
        rolling_load(WEEK, window_d=window_d)


def test_another_statistic_is_refused():
    with pytest.raises(ValueError, match=r"statistic .* got 'means'. Did you mean"):
        rolling_load(WEEK, window_d=7, statistic="means")


# Monotony and strain


@pytest.mark.parametrize(("ddof", "sd"), [(0, 234.5), (1, 253.3)])
def test_the_published_week_has_either_of_two_monotonies(ddof, sd):
    mean = 350.0
    assert mean / monotony(WEEK, ddof=ddof).iloc[-1] == pytest.approx(sd, abs=0.05)


@pytest.mark.parametrize(("ddof", "expected"), [(0, 1.49), (1, 1.38)])
def test_monotony_and_strain_of_the_published_week(ddof, expected):
    last = monotony(WEEK, ddof=ddof).iloc[-1]
    assert last == pytest.approx(expected, abs=0.005)
    assert strain(WEEK, ddof=ddof).iloc[-1] == pytest.approx(2450 * last)


def test_the_days_of_a_week_are_no_sample_unless_the_caller_says_so():
    pd.testing.assert_series_equal(monotony(WEEK), monotony(WEEK, ddof=0))
    pd.testing.assert_series_equal(strain(WEEK), strain(WEEK, ddof=0))


def test_monotony_begins_with_the_first_full_week():
    assert monotony(WEEK).notna().to_list() == 6 * [False] + [True]


@given(st.lists(st.floats(1, 2000), min_size=4, max_size=4), st.floats(0.1, 10))
def test_monotony_has_no_unit_and_strain_the_unit_of_the_load(loads, factor):
    load = pd.Series([*loads, 0.0])
    window = {"window_d": 5, "ddof": 1}
    once, scaled = monotony(load, **window), monotony(factor * load, **window)
    np.testing.assert_allclose(once, scaled, rtol=1e-9)
    np.testing.assert_allclose(
        factor * strain(load, **window), strain(factor * load, **window), rtol=1e-9
    )


@pytest.mark.parametrize("load", [0.1, 1 / 3, 700.0])
def test_equal_loads_are_infinitely_monotonous(load):
    assert monotony(pd.Series(7 * [load])).iloc[-1] == inf
    assert strain(pd.Series(7 * [load])).iloc[-1] == inf


def test_a_week_of_rest_has_no_monotony_and_no_strain():
    rest = pd.Series(7 * [0.0])
    assert isnan(monotony(rest).iloc[-1])
    assert strain(rest).iloc[-1] == 0.0


def test_unknown_days_are_left_out_of_mean_and_sd():
    load = pd.Series([nan, 2.0, 4.0, nan, 6.0])
    window = {"window_d": 5, "min_coverage": 0.6, "ddof": 1}
    assert monotony(load, **window).iloc[-1] == pytest.approx(4 / 2)
    assert strain(load, **window).iloc[-1] == pytest.approx(5 * 4 * 4 / 2)


@pytest.mark.parametrize("measure", [monotony, strain])
def test_an_unknown_day_leaves_the_week_unjudged_by_default(measure):
    assert measure(WEEK.where(WEEK != 500)).isna().all()


@pytest.mark.parametrize("ddof", [0, 1])
def test_one_known_day_says_nothing_about_monotony(ddof):
    load = pd.Series([nan, nan, 5.0])
    one_day = monotony(load, window_d=3, min_coverage=0.1, ddof=ddof)
    assert one_day.isna().all()


@pytest.mark.parametrize("measure", [monotony, strain])
def test_only_two_ways_of_an_sd_are_known(measure):
    with pytest.raises(ValueError, match=r"ddof must be 0 .* or 1 .*; got 2"):
        measure(WEEK, ddof=2)


@pytest.mark.parametrize("measure", [monotony, strain])
def test_one_day_has_no_sd(measure):
    with pytest.raises(ValueError, match=r"window_d .* 2 or more; got 1"):
        measure(WEEK, window_d=1)


# Acute to chronic


def test_a_moving_average_weighs_today_by_its_published_share():
    impulse = pd.Series([0.0, 1.0])  # evidence row E05-006
    parts = acwr_parts(impulse).iloc[1].round(4)
    assert parts[["acute", "chronic"]].to_list() == [0.25, 0.0690]


@moving_averages
@given(loads=LOADS)
def test_a_moving_average_equals_its_sum_of_shrinking_weights(method, loads):
    def average(day, days):
        share = MOVING[method](days)
        faded = sum(
            share * (1 - share) ** (day - i) * loads[i] for i in range(1, day + 1)
        )
        return faded + (1 - share) ** day * loads[0]

    parts = acwr_parts(pd.Series(loads), method, acute_d=3, chronic_d=9)
    n_days = range(len(loads))
    expected = {"acute": [average(n, 3) for n in n_days]}
    expected["chronic"] = [average(n, 9) for n in n_days]
    np.testing.assert_allclose(parts["acute"], expected["acute"], atol=1e-9)
    np.testing.assert_allclose(parts["chronic"], expected["chronic"], atol=1e-9)


def test_half_of_a_load_is_left_after_a_half_life():
    load = pd.Series([0.0, 100.0] + 28 * [0.0])
    parts = acwr_parts(load, "half_life", acute_d=7, chronic_d=28)
    assert parts["acute"][8] / parts["acute"][1] == pytest.approx(0.5)
    assert parts["chronic"][29] / parts["chronic"][1] == pytest.approx(0.5)


@given(st.lists(st.floats(1, 2000), min_size=12, max_size=30))
def test_windows_are_means_with_and_without_the_acute_days(loads):
    days = {"acute_d": 3, "chronic_d": 10}
    coupled = acwr_parts(pd.Series(loads), "rolling", **days).iloc[-1]
    uncoupled = acwr_parts(pd.Series(loads), "uncoupled", **days).iloc[-1]
    acute, long_run, before = (
        np.mean(part) for part in (loads[-3:], loads[-10:], loads[-10:-3])
    )
    np.testing.assert_allclose(coupled, [acute, long_run, acute / long_run])
    np.testing.assert_allclose(uncoupled, [acute, before, acute / before])


@pytest.mark.parametrize("method", ["rolling", "uncoupled"])
def test_windows_begin_when_the_chronic_one_is_full(method):
    ratios = acwr(pd.Series(30 * [100.0]), method)
    assert ratios.first_valid_index() == 27
    assert ratios.iloc[27:].to_list() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("n_days", [0, 1, 3, 7, 20])
@pytest.mark.parametrize("start", ["first", "mean", "zero"])
@methods
def test_a_short_record_has_a_row_per_day(method, start, n_days):
    load = pd.Series(n_days * [5.0])
    assert len(acwr_parts(load, method, start=start)) == n_days


@methods
def test_the_same_load_every_day_has_the_ratio_one(method):
    assert acwr(pd.Series(60 * [80.0]), method).iloc[-1] == pytest.approx(1.0)


@given(st.lists(st.floats(0, 2000), min_size=28, max_size=60))
def test_a_coupled_ratio_never_exceeds_the_ratio_of_its_days(loads):
    ratios = acwr(pd.Series(loads), "rolling").dropna()
    assert (ratios <= 4.0 + 1e-9).all()


def test_the_first_day_alone_has_the_ratio_one_under_first():
    assert acwr(pd.Series([300.0, 0.0])).iloc[0] == 1.0


@moving_averages
def test_after_long_rest_the_first_day_is_all_there_is(method):
    parts = acwr_parts(pd.Series([300.0]), method, start="zero").iloc[0]
    assert parts["acute"] == pytest.approx(300 * MOVING[method](7))
    assert parts["chronic"] == pytest.approx(300 * MOVING[method](28))


@moving_averages
def test_a_start_from_a_mean_stands_on_the_last_day_of_that_mean(method, rng):
    load = pd.Series(rng.uniform(0, 500, 12))
    days = {"acute_d": 4, "chronic_d": 10}
    parts = acwr_parts(load, method, start="mean", **days)
    assert parts.notna().sum().to_dict() == {"acute": 9, "chronic": 3, "ratio": 3}
    seed, share = load[:4].mean(), MOVING[method](4)
    assert parts["acute"][3] == pytest.approx(seed)
    assert parts["acute"][4] == pytest.approx((1 - share) * seed + share * load[4])


@pytest.mark.parametrize("start", ["mean", "zero"])
@moving_averages
def test_the_start_of_a_moving_average_fades(method, start, rng):
    load = pd.Series(rng.uniform(0, 500, 900))
    last = acwr(load, method).iloc[-1]
    assert acwr(load, method, start=start).iloc[-1] == pytest.approx(last)


@methods
def test_without_chronic_load_there_is_no_ratio(method):
    assert acwr(pd.Series(60 * [0.0]), method).isna().all()


def test_load_after_long_rest_has_no_uncoupled_ratio():
    assert isnan(acwr(pd.Series(21 * [0.0] + 7 * [50.0]), "uncoupled").iloc[-1])


def test_windows_bear_unknown_days_up_to_the_coverage():
    load = pd.Series([nan, *(27 * [100.0])])
    assert isnan(acwr(load, "rolling").iloc[-1])
    assert acwr(load, "rolling", min_coverage=0.9).iloc[-1] == 1.0
    assert acwr(load, "uncoupled", min_coverage=0.9).iloc[-1] == 1.0


@pytest.mark.parametrize("index", [range(10, 13), dates(10, 11, 12)])
@moving_averages
def test_moving_averages_refuse_unknown_days(method, index):
    load = pd.Series([1.0, nan, 1.0], index=index)
    with pytest.raises(ValueError, match=rf"'{method}' .* day .*11.* is unknown"):
        acwr(load, method)


def test_moving_averages_of_an_array_count_its_days_from_zero():
    with pytest.raises(ValueError, match="day 1 is unknown"):
        acwr(np.array([1.0, nan]))


@pytest.mark.parametrize(("acute_d", "chronic_d"), [(28, 7), (7, 7)])
@methods
def test_acute_is_shorter_than_chronic(method, acute_d, chronic_d):
    told = rf"shorter .*acute_d={acute_d}, chronic_d={chronic_d}"
    with pytest.raises(ValueError, match=told):
        acwr(WEEK, method, acute_d=acute_d, chronic_d=chronic_d)


@pytest.mark.parametrize("name", ["acute_d", "chronic_d"])
@methods
def test_acute_and_chronic_are_whole_days(method, name):
    with pytest.raises(ValueError, match=rf"{name} .* 1 or more; got 0.5"):
        acwr(WEEK, method, **{name: 0.5})


def test_another_method_or_start_is_refused():
    with pytest.raises(ValueError, match=r"method .*got 'emwa'. Did you mean 'ewma'"):
        acwr(WEEK, method="emwa")
    with pytest.raises(ValueError, match=r"start .*got 'fist'. Did you mean 'first'"):
        acwr(WEEK, start="fist")


def test_the_ratio_of_the_parts_is_the_ratio(rng):
    load = pd.Series(rng.uniform(0, 500, 60))
    parts = acwr_parts(load)
    pd.testing.assert_series_equal(acwr(load), parts["ratio"], check_names=False)
    np.testing.assert_allclose(parts["ratio"], parts["acute"] / parts["chronic"])


# Why the ratio is not a gate: random loads make its two halves correlate


def weekly_correlation(column, rng):
    """Return the correlation of acute and chronic load of 1000 people, week 4."""
    weeks = rng.uniform(0, 1000, size=(1000, 4))
    daily = np.repeat(weeks / 7, 7, axis=1)
    parts = [acwr_parts(person, column).iloc[-1] for person in daily]
    table = pd.DataFrame(parts)
    return table["acute"].corr(table["chronic"])


def test_a_part_correlates_with_its_whole_even_if_loads_are_random(rng):
    closed_form = sqrt(1 / 4)  # one of four independent weeks against their mean
    found = weekly_correlation("rolling", rng)
    assert found == pytest.approx(closed_form, abs=0.06)  # 2.4 standard errors
    assert found == pytest.approx(0.52, abs=0.06)  # evidence row E05-008


def test_without_the_shared_week_the_correlation_is_gone(rng):
    assert weekly_correlation("uncoupled", rng) == pytest.approx(0.0, abs=0.08)


# The performance management chart

SHARES = {"exponential": lambda d: 1 - exp(-1 / d), "one_over_n": lambda d: 1 / d}
decays = pytest.mark.parametrize("decay", SHARES)


@decays
@given(loads=LOADS, ctl=st.floats(0, 500), atl=st.floats(0, 500))
def test_the_chart_equals_its_sum_of_shrinking_weights(decay, loads, ctl, atl):
    def average(days, start):
        share = SHARES[decay](days)
        last = len(loads) - 1
        weights = [share * (1 - share) ** (last - i) for i in range(len(loads))]
        return (1 - share) ** len(loads) * start + np.dot(weights, loads)

    chart = pmc(pd.Series(loads), ctl_d=30, atl_d=5, decay=decay, start=(ctl, atl))
    assert chart["ctl"].iloc[-1] == pytest.approx(average(30, ctl), abs=1e-9)
    assert chart["atl"].iloc[-1] == pytest.approx(average(5, atl), abs=1e-9)


def test_42_and_7_days_and_exponential_decay_are_the_convention():
    chart = pmc(pd.Series([100.0]))
    assert chart["ctl"][0] == pytest.approx(100 * (1 - exp(-1 / 42)))
    assert chart["atl"][0] == pytest.approx(100 * (1 - exp(-1 / 7)))


@decays
def test_form_is_of_the_morning_before_the_load_of_the_day(decay, rng):
    chart = pmc(pd.Series(rng.uniform(0, 500, 40)), decay=decay, start=(60.0, 90.0))
    assert chart["tsb"][0] == -30.0
    evening = (chart["ctl"] - chart["atl"]).shift(1)
    np.testing.assert_allclose(chart["tsb"][1:], evening[1:])


def test_the_load_of_the_last_day_changes_no_form(rng):
    load = pd.Series(rng.uniform(0, 500, 40))
    other = load.where(load.index < 39, 9000.0)
    pd.testing.assert_series_equal(pmc(load)["tsb"], pmc(other)["tsb"])


@decays
def test_one_start_is_the_start_of_both_averages_and_holds_under_the_same_load(decay):
    chart = pmc(pd.Series(20 * [70.0]), decay=decay, start=70.0)
    np.testing.assert_allclose(chart["ctl"], 70.0)
    np.testing.assert_allclose(chart["atl"], 70.0)
    np.testing.assert_allclose(chart["tsb"], 0.0, atol=1e-12)


@pytest.mark.parametrize("start", [-1.0, nan, (1.0, -2.0), (1.0, 2.0, 3.0)])
def test_a_start_is_one_number_or_two(start):
    told = str(start).strip("()")
    with pytest.raises(
        ValueError, match=rf"pair \(ctl, atl\), 0 or more; got .?{told}"
    ):
        pmc(WEEK, start=start)


def test_the_acute_average_is_the_shorter_one():
    with pytest.raises(ValueError, match=r"shorter .*atl_d=50, ctl_d=42 days"):
        pmc(WEEK, atl_d=50)


@pytest.mark.parametrize("name", ["ctl_d", "atl_d"])
def test_a_memory_is_a_positive_number_of_days(name):
    with pytest.raises(ValueError, match=rf"{name} .* number of days; got 0"):
        pmc(WEEK, **{name: 0})


def test_a_memory_below_a_day_has_no_one_over_n():
    with pytest.raises(ValueError, match=r"atl_d must be 1 day or more; got 0.5"):
        pmc(WEEK, atl_d=0.5, decay="one_over_n")
    assert pmc(WEEK, atl_d=0.5)["atl"][0] == pytest.approx(600 * (1 - exp(-2)))


def test_another_decay_is_refused():
    with pytest.raises(ValueError, match=r"decay .*got 'linear'"):
        pmc(WEEK, decay="linear")


def test_the_chart_refuses_unknown_days():
    with pytest.raises(ValueError, match=r"got nan on day 1"):
        pmc(pd.Series([1.0, nan]))


# All measures


@measures
def test_a_measure_keeps_the_days_and_leaves_the_load_as_it_was(measure):
    load = pd.Series(range(40), index=pd.date_range("2024-03-01", periods=40))
    before = load.copy()
    assert measure(load).index.equals(load.index)
    pd.testing.assert_series_equal(load, before)


@measures
def test_a_measure_takes_an_array_too(measure, rng):
    load = rng.uniform(0, 500, 40)
    np.testing.assert_array_equal(measure(load), measure(pd.Series(load)))


@measures
def test_days_appended_at_the_end_change_no_measure_before(measure, rng):
    load = pd.Series(rng.uniform(0, 500, 50))
    np.testing.assert_allclose(measure(load).iloc[:40], measure(load[:40]))


@measures
@pytest.mark.parametrize("bad", [-5.0, inf])
def test_a_measure_refuses_a_load_that_cannot_be(measure, bad):
    fix = r"Fill unknown days before the model sees them\.$"
    with pytest.raises(ValueError, match=rf"got {bad} on day 1\. {fix}"):
        measure(pd.Series([1.0, bad]))


@measures
def test_a_measure_refuses_days_that_do_not_follow_each_other(measure):
    with pytest.raises(ValueError, match=r"day 3 follows day 1"):
        measure(pd.Series([1.0, 2.0], index=[1, 3]))


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_says_that_it_is_not_a_gate(measure):
    assert "not a gate" in inspect.getdoc(measure)


@pytest.mark.parametrize(
    "name",
    ["acwr", "acwr_parts", "as_daily", "monotony", "pmc", "rolling_load", "strain"],
)
def test_workload_measures_are_offered_with_the_other_metrics(name):
    assert getattr(metrics, name) is getattr(workload, name)
    assert name in metrics.__all__


# Sums that decay


@pytest.mark.parametrize("convention", ["next_day", "same_day"])
@pytest.mark.parametrize("tau", [3.0, 40.0])
def test_a_decayed_sum_is_that_of_all_loads_by_age(tau, convention, rng):
    load, lag = rng.uniform(0, 500, size=30), convention == "next_day"
    expected = [
        sum(load[i] * exp(-(day - i) / tau) for i in range(day + 1 - lag))
        for day in range(30)
    ]
    found = workload.decayed_sum(load, tau, convention=convention)
    np.testing.assert_allclose(found, expected)
    if convention == "next_day":
        np.testing.assert_array_equal(workload.decayed_sum(load, tau), found)


@pytest.mark.parametrize("convention", ["next_day", "same_day"])
def test_decayed_sums_of_many_draws_are_those_of_each(convention, rng):
    taus, loads = np.array([3.0, 12.0, 40.0]), rng.uniform(0, 500, size=(30, 3))
    by_draw = zip(loads.T, taus, strict=True)
    each = [workload.decayed_sum(*one, convention=convention) for one in by_draw]
    of_all = workload.decayed_sum(loads, taus, convention=convention)
    np.testing.assert_allclose(of_all, np.transpose(each))
    one_load = workload.decayed_sum(loads[:, 1], taus, convention=convention)
    np.testing.assert_allclose(one_load[:, 1], each[1])


def test_monotony_needs_two_known_days_and_no_more():
    week = pd.Series([nan] * 5 + [100.0, 300.0])
    found = monotony(week, min_coverage=0.1)
    assert np.isnan(found.iloc[5])
    assert found.iloc[6] == pytest.approx(200 / 100)


@pytest.mark.parametrize("measure", [acwr, monotony, strain])
def test_a_measure_of_workload_has_its_own_name(measure):
    assert measure(pd.Series([100.0] * 40)).name == measure.__name__


@pytest.mark.parametrize("start", ["a", None, (1.0, "b"), (1.0, 2.0, 3.0)])
def test_averages_start_from_numbers(start):
    with pytest.raises(InputError, match="start must be"):
        pmc(pd.Series([1.0]), start=start)


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (5, "one number per day, 0 or more; got a single value."),
        (pd.DataFrame({"kg": [1.0]}), "0 or more; got a table. Take one column of it."),
        (
            pd.Series([1.0, -2.0]),
            "training_load must be one number per day, 0 or more, with 0 for rest; got "
            "-2.0 on day 1. Fill unknown days before the model sees them.",
        ),
    ],
)
def test_what_is_no_daily_load_is_refused_in_words(load, message):
    with pytest.raises(InputError) as error:
        pmc(load)
    assert message in str(error.value)
