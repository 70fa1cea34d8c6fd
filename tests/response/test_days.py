"""Days of any kind of index: read alike by every function that takes a daily load."""

import datetime
from functools import cache
from math import exp

import numpy as np
import pandas as pd
import pytest

from hipext import metrics, plots, response
from hipext.files.checks import InputError
from hipext.metrics.days import day_of, read_days

FIRST = pd.Timestamp("2024-03-20")  # the clocks change on the 31st
N_DAYS = 60
TRUTH = response.OneComponent(baseline=100.0, fitness_gain=0.1, fitness_tau=20.0)
GAINS = {"baseline": 100.0, "fitness_gain": 0.1, "fatigue_gain": 0.1}
TAUS = {"fitness_tau": 20.0, "fatigue_tau": 5.0}
QUICK = {"profile": False, "n_bootstrap": 0, "n_blocks": 0, "progress": False}
NOISE = {"fitness_noise": 0.1, "fatigue_noise": 0.1, "performance_noise": 1.0}


def dates(numbers):
    return pd.DatetimeIndex([FIRST + pd.Timedelta(days=n) for n in numbers])


def objects(values):
    return pd.Index(list(values), dtype=object)


def arrow(name):
    return pd.ArrowDtype(getattr(pytest.importorskip("pyarrow"), name)())


KINDS = {
    "whole numbers": pd.Index,
    "floats": lambda n: pd.Index(n, dtype="float64"),
    "small unsigned numbers": lambda n: pd.Index(n, dtype="uint8"),
    "nullable numbers": lambda n: pd.Index(n, dtype="Int64"),
    "numbers of pyarrow": lambda n: pd.Index(n, dtype=arrow("int64")),
    "numbers as objects": objects,
    "numbers as texts": lambda n: pd.Index([str(day) for day in n]),
    "days of time": lambda n: pd.to_timedelta(n, unit="D"),
    "timestamps": dates,
    "timestamps in a time zone": lambda n: dates(n).tz_localize("Europe/Vienna"),
    "timestamps at times of day": lambda n: (
        dates(n) + pd.to_timedelta([5 + day % 9 for day in n], unit="h")
    ),
    "datetimes as objects": lambda n: objects(dates(n).to_pydatetime()),
    "dates as objects": lambda n: objects(dates(n).date),
    "dates as texts": lambda n: pd.Index(dates(n).strftime("%Y-%m-%d")),
    "dates as objects of text": lambda n: objects(dates(n).strftime("%Y-%m-%d")),
    "daily periods": lambda n: dates(n).to_period("D"),
    "categories of dates": lambda n: pd.CategoricalIndex(dates(n)),
    "categories of numbers": pd.CategoricalIndex,
    "categories of texts": lambda n: pd.CategoricalIndex(dates(n).strftime("%Y-%m-%d")),
    "dates of pyarrow": lambda n: objects(dates(n).date).astype(arrow("date32")),
}
kinds = pytest.mark.parametrize("kind", KINDS)
FAULTS = {
    "gap": ([*range(9), *range(10, N_DAYS + 1)], r"day \S+ follows day"),
    "twice": ([*range(9), *range(8, N_DAYS - 1)], r"day \S+ is there twice"),
    "reversed": ([*range(N_DAYS)][::-1], r"day \S+ comes after day"),
}
faults = pytest.mark.parametrize("fault", FAULTS)


@pytest.fixture(scope="module")
def load():
    """Return a load that changes from day to day, by number of the day."""
    return np.random.default_rng(1).uniform(0, 100, N_DAYS)


@pytest.fixture(scope="module")
def tests(load):
    """Return the performance of each day without noise."""
    return TRUTH.respond(load)["performance"].to_numpy()


def fitted(load, tests, **options):
    """Return the time constant that a quick fit finds."""
    found = response.fit("one_component", load, tests, **QUICK, **options)
    return found.parameters.loc["fitness_tau", "estimate"]


@cache
def any_fit():
    load = np.arange(N_DAYS) % 7
    tests = TRUTH.respond(load)["performance"]
    return response.fit("one_component", load, tests, **QUICK)


def one_test(index):
    """Return a test of each day."""
    return pd.Series(np.linspace(100.0, 110.0, len(index)) ** 1.1, index=index)


BANISTER = response.Banister(**GAINS, **TAUS)
KALMAN = response.Kalman(**GAINS, **TAUS, **NOISE)
HILL = response.SaturatedDose(**GAINS, **TAUS, half_load=50.0, steepness=1.0)
DRAWS = pd.DataFrame([{"baseline": 100.0, "fitness_gain": 0.1, "fitness_tau": 20.0}])
TAKE_LOAD = {
    "acwr": metrics.acwr,
    "acwr_parts": lambda load: metrics.acwr_parts(load, "rolling"),
    "monotony": metrics.monotony,
    "strain": metrics.strain,
    "pmc": metrics.pmc,
    "rolling_load": lambda load: metrics.rolling_load(load, window_d=7),
    "OneComponent.respond": TRUTH.respond,
    "Banister.respond": BANISTER.respond,
    "SaturatedDose.dose": HILL.dose,
    "Kalman.filter": lambda load: KALMAN.filter(load, np.full(len(load), 100.0)),
    "respond_draws": lambda load: response.respond_draws(
        response.OneComponent, DRAWS, load
    ),
    "largest_load": lambda load: response.inverse.largest_load(
        BANISTER, load, fatigue_at_most=100.0
    ),
    "load_for_equal_performance": lambda load: (
        response.inverse.load_for_equal_performance(TRUTH, load)
    ),
    "fit": lambda load: fitted(load, one_test(load.index)),
    "plot_fit": lambda load: plots.plot_fit(any_fit(), load),
}


def by_kind(names):
    """Try some functions with days of every kind, the others with two of them."""
    some = {"pmc", "fit"}, {"dates as objects", "numbers as texts"}
    pairs = [(name, kind) for name in names for kind in KINDS]
    tried = [(name, kind) for name, kind in pairs if name in some[0] or kind in some[1]]
    return pytest.mark.parametrize(("name", "kind"), tried)


# A load by numbers, and values that go by the same days.
TAKE_TESTS = {
    "Kalman.filter": KALMAN.filter,
    "fit": fitted,
    "fit with weights": lambda load, weights: fitted(
        load, one_test(load.index), weights=weights
    ),
}


@faults
@by_kind(TAKE_LOAD)
def test_a_load_with_a_gap_a_repeated_or_a_reversed_day_is_refused(
    name, fault, kind, load
):
    numbers, message = FAULTS[fault]
    days = KINDS[kind](numbers)
    with pytest.raises(InputError, match=f"training_load must have .*{message}"):
        TAKE_LOAD[name](pd.Series(load, index=days))


@kinds
@pytest.mark.parametrize("fault", ["twice", "reversed"])
@pytest.mark.parametrize("name", TAKE_TESTS)
def test_tests_and_weights_on_a_repeated_or_a_reversed_day_are_refused(
    name, fault, kind, load
):
    numbers, message = FAULTS[fault]
    daily = pd.Series(load, index=KINDS[kind](range(N_DAYS)))
    values = one_test(KINDS[kind](numbers))
    wanted = f"(performance|weights) must have days in order; {message}"
    with pytest.raises(InputError, match=wanted):
        TAKE_TESTS[name](daily, values)


@kinds
def test_a_time_constant_of_20_is_found_by_days_of_any_kind(kind, load, tests):
    daily = pd.Series(load, index=KINDS[kind](range(N_DAYS)))
    tested = [*range(5, 30, 3), *range(33, N_DAYS, 2)]  # days between have no test
    results = pd.Series(tests[tested], index=KINDS[kind](tested))
    assert fitted(daily, results) == pytest.approx(20, rel=1e-6)


@kinds
def test_tests_may_have_days_of_another_kind_than_the_load(kind, load, tests):
    tested = range(5, N_DAYS, 2)
    results = pd.Series(tests[tested], index=KINDS[kind](tested))
    is_date = isinstance(read_days(results.index, name="x"), pd.DatetimeIndex)
    daily = pd.Series(load, index=(dates if is_date else pd.Index)(range(N_DAYS)))
    assert fitted(daily, results) == pytest.approx(20, rel=1e-6)


def test_dates_of_tests_and_numbers_of_a_load_are_no_common_days(load, tests):
    daily = pd.Series(load)
    results = pd.Series(tests[5:], index=dates(range(5, N_DAYS)))
    message = r"by the same days; got day 2024-03-25 in performance, 0 in training_load"
    with pytest.raises(InputError, match=message):
        fitted(daily, results)


@kinds
def test_a_fit_by_days_of_any_kind_can_be_drawn(kind, load, tests):
    daily, results = (
        pd.Series(values, KINDS[kind](range(N_DAYS))) for values in (load, tests)
    )
    found = response.fit("one_component", daily, results, **QUICK)
    ax = plots.plot_fit(found, daily)
    (x, *_rest) = ax.lines[0].get_xdata()
    assert x in {0, FIRST.to_datetime64()}


@by_kind(sorted({*TAKE_LOAD} - {"plot_fit"}))  # it draws
def test_consecutive_days_of_any_kind_give_what_numbers_give(name, kind, load):
    numbers, days = pd.RangeIndex(N_DAYS), KINDS[kind](range(N_DAYS))
    expected = TAKE_LOAD[name](pd.Series(load, index=numbers))
    found = TAKE_LOAD[name](pd.Series(load, index=days))
    np.testing.assert_array_equal(found, expected)
    if hasattr(found, "index"):
        assert found.index.equals(days)


@kinds
@pytest.mark.parametrize("missing", ["rest", "unknown"])
def test_as_daily_sorts_adds_up_and_fills_days_of_any_kind(kind, missing):
    days = KINDS[kind]([5, 1, 2, 5])
    daily = metrics.as_daily(pd.Series([1.0, 2.0, 4.0, 8.0], days), missing=missing)
    gap = {"rest": 0.0, "unknown": np.nan}[missing]
    np.testing.assert_array_equal(daily, [2, 4, gap, gap, 9])
    whole = [range(1, 6), dates(range(1, 6))]
    assert any(daily.index.equals(pd.Index(days)) for days in whole)


@kinds
def test_the_ends_of_as_daily_may_be_days_of_any_kind(kind):
    first, *_between, last = KINDS[kind](range(4))
    loads = pd.Series(1.0, KINDS[kind]([1, 2]))
    daily = metrics.as_daily(loads, missing="rest", first=first, last=last)
    assert daily.to_list() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("first", "message"),
    [("soon", "first must be a date, .* got 'soon'"), (3, "a date, .* got 3")],
)
def test_an_end_of_as_daily_that_is_no_such_day_is_refused(first, message):
    with pytest.raises(InputError, match=message):
        metrics.as_daily(pd.Series(1.0, dates([1])), missing="rest", first=first)


def test_an_end_of_numbered_days_is_no_date():
    with pytest.raises(InputError, match="last must be a whole number, as the days of"):
        metrics.as_daily(pd.Series([1.0]), missing="rest", last="2024-03-20")


# What cannot be a day


NUMBER = "Number the days from 0, or convert them with pandas.to_datetime"
CONVERT = "Numbers that stand for dates become dates with pandas.to_datetime"
NO_DAYS = {
    "levels": (
        pd.MultiIndex.from_product([["a"], range(3)]),
        r"\('a', .*\. Keep one level of a MultiIndex: droplevel\(\)\.$",
    ),
    "truth values": (pd.Index([False, True, False]), r"got (np\.)?False"),
    "fractions": ([0.0, 0.5, 1.0], r"got (np.float64\()?0\.5\)? \(float64\)"),
    "no number": (
        [0.0, np.nan, 1.0],
        r"nan.*\. Drop what has no day: series\[series.index.notna\(\)\]\.$",
    ),
    "infinity": ([0.0, np.inf, 1.0], "inf"),
    "no nullable number": (pd.Index([0, pd.NA, 2], dtype="Int64"), "<NA>.*Drop"),
    "no date": (pd.DatetimeIndex(["2024-03-01", None, None]), "NaT.*Drop"),
    "nothing": (objects([0, None, 2]), "got None.*Drop"),
    "no category": (pd.CategoricalIndex(["2024-03-01", None, None]), "nan.*Drop"),
    "words": (["a", "b", "c"], rf"got 'a' \(\w+\)\. {NUMBER}\.$"),
    "other dates": (["01.03.2024", "02.03.2024", "03.03.2024"], "to_datetime"),
    "a date that is not": (["2024-02-28", "2024-02-29", "2024-02-30"], "02-30"),
    "texts with a time": (["2024-03-01 07:00"] * 3, "2024-03-01 07:00.*to_datetime"),
    "weeks": (
        pd.period_range("2024-03-01", periods=3, freq="W"),
        r"\. Only daily periods are days: asfreq\('D'\)\.$",
    ),
    "months": (pd.period_range("2024-03-01", periods=3, freq="M"), "asfreq"),
    "parts of days": (pd.to_timedelta([0, 12, 24], unit="h"), "0 days 12:00:00"),
    "compact dates": (
        [20240301, 20240302, 20240303],
        rf"20240301\)? \(int64\)\. {CONVERT}\.$",
    ),
    "time stamps": ([1709251200 + 86400 * day for day in range(3)], "to_datetime"),
    "huge numbers": ([0.0, 1e300, 2.0], r"1e\+300"),
    "intervals": (pd.interval_range(0, 3), "Interval"),
    "clock times": (objects([datetime.time(7)] * 3), "datetime.time"),
    "complex numbers": (pd.Index([0j, 1j, 2j]), "0j"),
    "two kinds": (objects([0, 1, FIRST]), r"all whole numbers or all dates; got Time"),
    "dates and a number": (objects(["2024-03-01", "2024-03-02", 3]), "got 3 after '20"),
}
no_days = pytest.mark.parametrize("what", NO_DAYS)


@no_days
@pytest.mark.parametrize(
    "taken",
    [
        TRUTH.respond,
        metrics.pmc,
        lambda load: metrics.as_daily(load, missing="rest"),
        lambda load: fitted(pd.Series([1.0, 2.0, 3.0]), load),
    ],
)
def test_what_is_no_day_is_refused_with_its_value(taken, what):
    index, message = NO_DAYS[what]
    with pytest.raises(InputError, match=f"The index of .* must be .*{message}"):
        taken(pd.Series([1.0, 2.0, 3.0], index=index))


def test_a_date_is_that_of_its_place():
    late = pd.Timestamp("2024-03-01 23:30", tz="America/New_York")  # 04:30 in UTC
    assert day_of(late) == datetime.date(2024, 3, 1)
    days = read_days(pd.DatetimeIndex([late]), name="x")
    assert days.tolist() == [pd.Timestamp("2024-03-01")]


def test_dates_far_from_today_are_dates():
    years = [datetime.date(1, 1, 1), datetime.date(1, 1, 2)]
    load = pd.Series([1.0, 0.0], index=objects(years))
    fitness = TRUTH.respond(load)["fitness"]
    assert fitness.iloc[1] == pytest.approx(0.1 * exp(-1 / 20))


# Loads and tests without an index


@pytest.mark.parametrize(
    "taken", [list, tuple, np.array, lambda x: pd.array(x, dtype="Float64")]
)
@pytest.mark.parametrize("name", sorted({*TAKE_LOAD} - {"fit", "plot_fit"}))
def test_the_days_of_a_list_count_from_zero(name, taken, load):
    expected = TAKE_LOAD[name](pd.Series(load))
    found = TAKE_LOAD[name](taken(load))
    np.testing.assert_array_equal(found, expected)
    if hasattr(found, "index"):
        assert found.index.equals(pd.RangeIndex(N_DAYS))


@pytest.mark.parametrize("taken", [list, tuple, np.array])
def test_a_list_can_be_fitted_and_drawn(taken, load, tests):
    found = response.fit("one_component", taken(load), taken(tests), **QUICK)
    assert found.parameters.loc["fitness_tau", "estimate"] == pytest.approx(20)
    assert found.bands.index.equals(pd.RangeIndex(N_DAYS))
    plots.plot_fit(found, taken(load))


@faults
def test_the_days_of_tests_count_even_where_the_load_is_an_array(fault, load, tests):
    numbers, _message = FAULTS[fault]
    with pytest.raises(InputError, match="performance"):
        fitted(load, pd.Series(tests, index=numbers))
    tested = range(5, N_DAYS, 2)
    assert fitted(load, pd.Series(tests[tested], tested)) == pytest.approx(20)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["1", "heavy"], "got 'heavy'"),
        ([[1.0], [2.0, 3.0]], r"got \[1.0\]"),
        ([1.0, {}], r"got \{\}"),
        (None, "one number per day"),
        ({0: 1.0}, r"got \{0: 1.0\}"),
        (pd.Series(pd.to_timedelta([1, 2], unit="h")), "got Timedelta"),
        (pd.Series(dates([1, 2])), "got Timestamp"),
        (np.array([1j, 2]), "got 1j"),
    ],
)
def test_loads_that_are_no_numbers_are_refused(wrong, message):
    with pytest.raises(InputError, match=f"training_load must be .*{message}"):
        TRUTH.respond(wrong)


@pytest.mark.parametrize("loads", [[1.0, 2.0], np.ones(2), {0: 1.0}, pd.DataFrame()])
def test_as_daily_needs_days(loads):
    with pytest.raises(InputError, match=r"pandas.Series with days .*Write pandas.Ser"):
        metrics.as_daily(loads, missing="rest")


def test_a_missing_value_in_any_numbers_is_the_same():
    for values in ([1.0, None], pd.array([1, None], dtype="Int64"), [1, pd.NA]):
        load = metrics.rolling_load(pd.Series(values), window_d=1, min_coverage=0.5)
        np.testing.assert_array_equal(load, [1.0, np.nan])
