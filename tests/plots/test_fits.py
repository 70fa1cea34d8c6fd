from math import inf

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import DateFormatter, num2date
from matplotlib.figure import Figure
from scipy import stats

from hipext.plots import fits
from hipext.plots.fits import plot_fit, plot_profile
from hipext.response.calibration import fit
from hipext.response.models import Banister, OneComponent

WEEK = [60.0, 0, 60, 0, 90, 30, 0]
TRUTH = OneComponent(baseline=100, fitness_gain=0.1, fitness_tau=20)


@pytest.fixture
def ax():
    return Figure(figsize=(7, 3)).subplots()


def fitted(load, truth=TRUTH, model="one_component", spread=1.0, **options):
    """Return a fit to a test on every sixth day, with an error."""
    tests = truth.respond(load)["performance"].iloc[5::6]
    errors = np.random.default_rng(1).normal(scale=spread, size=len(tests))
    return fit(model, load, tests + errors, progress=False, **options)


@pytest.fixture(scope="module")
def load():
    return pd.Series(WEEK * 10)


@pytest.fixture(scope="module")
def done(load):
    """Return a fit of ten weeks that identifies the parameters."""
    return fitted(load, n_bootstrap=20)


@pytest.fixture(scope="module")
def open_ended(load):
    """Return a fit of Banister's model to tests that do not identify it."""
    return fitted(load, model="banister", spread=3.0, n_bootstrap=0)


def line(ax, label):
    """Return the line with a label."""
    return next(line for line in ax.lines if line.get_label() == label)


def labels(ax):
    """Return the texts of the legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def edges(ax, label):
    """Return the lowest and highest value of a band, by x."""
    band = next(one for one in ax.collections if one.get_label() == label)
    corners = pd.DataFrame(band.get_paths()[0].vertices, columns=["x", "y"])
    return corners.groupby("x")["y"].agg(["min", "max"])


def loads_axes(ax):
    """Return the second axes of the figure."""
    return next(one for one in ax.figure.axes if one is not ax)


def test_the_curve_the_tests_and_both_bands_are_those_of_the_fit(done, load, ax):
    assert plot_fit(done, load, ax=ax) is ax
    curve, tests = line(ax, "one component, fitted"), line(ax, "test")
    assert curve.get_ydata() == pytest.approx(done.bands["performance"])
    assert list(tests.get_xdata()) == list(range(5, 70, 6))
    assert tests.get_ydata() == pytest.approx(done.tests["performance"])
    course, new = edges(ax, "95 % band, course"), edges(ax, "95 % band, new test")
    assert course.to_numpy() == pytest.approx(done.bands[["low", "high"]].to_numpy())
    expected = done.bands[["test_low", "test_high"]].to_numpy()
    assert new.to_numpy() == pytest.approx(expected)


def test_the_band_of_a_new_test_is_paler_and_the_tests_are_points(done, load, ax):
    plot_fit(done, load, ax=ax)
    course, new = fits.BAND_STYLE, fits.TEST_BAND_STYLE
    assert new["alpha"] < course["alpha"]
    assert line(ax, "test").get_linestyle() == "None"
    assert line(ax, "one component, fitted").get_marker() == "None"


def test_the_load_stands_below_all_that_is_drawn_of_the_performance(done, load, ax):
    plot_fit(done, load, ax=ax)
    (bars,) = loads_axes(ax).containers
    assert [bar.get_height() for bar in bars] == load.tolist()
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars] == list(load.index)
    to_share = ax.transAxes.inverted()
    bar_top = loads_axes(ax).transData.transform((0, load.max()))
    lowest = ax.transData.transform((0, done.bands["test_low"].min()))
    assert to_share.transform(bar_top)[1] < to_share.transform(lowest)[1]
    assert loads_axes(ax).get_zorder() < ax.get_zorder()


def test_every_axis_has_its_unit_and_every_element_its_name(done, load, ax):
    plot_fit(done, load, ax=ax)
    assert labels(ax) == [
        "test",
        "one component, fitted",
        "95 % band, course",
        "95 % band, new test",
        "training load",
    ]
    assert ax.get_xlabel() == "day (as in the series)"
    assert ax.get_ylabel() == "performance (unit of the tests)"
    assert loads_axes(ax).get_ylabel() == "training load (a.u.)"


def test_without_a_bootstrap_there_are_no_bands(open_ended, load, ax):
    plot_fit(open_ended, load, ax=ax)
    assert labels(ax) == ["test", "banister, fitted", "training load"]
    assert [*ax.collections] == []


def test_dates_are_shown_as_dates(load, ax):
    dated = load.set_axis(pd.date_range("2024-01-01", periods=len(load)))
    done = fitted(dated, n_bootstrap=0, profile=False)
    plot_fit(done, dated, ax=ax)
    first = num2date(ax.convert_xunits(line(ax, "test").get_xdata()[0]))
    assert f"{first:%Y-%m-%d}" == "2024-01-06"
    assert ax.get_xlabel() == "date"
    assert not isinstance(ax.xaxis.get_major_formatter(), DateFormatter)


def test_a_load_of_other_days_is_refused(done, load, ax):
    with pytest.raises(ValueError, match="that was fitted, of 70 days; got 69 days"):
        plot_fit(done, load.iloc[1:], ax=ax)


def test_the_current_axes_are_used_where_none_are_given(done, load):
    from matplotlib.pyplot import gca

    assert plot_fit(done, load) is gca()


NAMES = ("baseline", "fitness_gain", "fitness_tau")
ENDS = {  # of the shaded values, and the limit that the curve meets there
    "_interval": (["low", "high"], "95 % limit, this one"),
    "_region": (["region_low", "region_high"], "95 % limit, all together"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_drawn_with_its_estimate(done, name, ax):
    assert plot_profile(done, name, ax=ax) is ax
    rows = done.profiles[done.profiles["parameter"] == name]
    curve = line(ax, "others at their best")
    drawn = pd.Series(curve.get_ydata(), index=curve.get_xdata())
    assert drawn.loc[rows["value"]].tolist() == rows["sse"].tolist()
    assert drawn.index.is_monotonic_increasing
    estimate = done.parameters.loc[name, "estimate"]
    assert list(line(ax, "estimate").get_xdata()) == [estimate] * 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shade", ENDS)
def test_the_curve_meets_the_limit_where_the_shade_ends(done, name, shade, ax):
    plot_profile(done, name, ax=ax)
    ends, label = ENDS[shade]
    values = done.parameters.loc[name, ends].to_numpy(float)
    patch = next(one for one in ax.patches if one.get_label() == shade)
    box = patch.get_extents().transformed(ax.transData.inverted())
    assert (box.x0, box.x1) == pytest.approx(values)
    curve = line(ax, "others at their best")
    met = np.interp(values, curve.get_xdata(), curve.get_ydata())
    limit = line(ax, label).get_ydata()[0]
    assert met == pytest.approx(limit, rel=1e-9)
    assert limit < ax.get_ylim()[1]


@pytest.mark.parametrize(("shade", "together"), [("_interval", 1), ("_region", 3)])
def test_the_limit_is_the_share_that_the_f_distribution_gives(
    done, shade, together, ax
):
    plot_profile(done, "baseline", ax=ax)
    spare = len(done.tests) - 3  # free parameters
    share = together * stats.f.ppf(0.95, together, spare) / spare
    limit = line(ax, ENDS[shade][1]).get_ydata()[0]
    assert limit == pytest.approx(done.sse * (1 + share), rel=1e-6)


def test_an_end_without_end_is_no_point_of_the_curve(load, ax):
    done = fitted(load, n_bootstrap=0, bounds={"fitness_gain": (0, 9)})
    done.parameters.loc["fitness_gain", ["high", "region_high"]] = inf
    plot_profile(done, "fitness_gain", ax=ax)
    assert np.isfinite(line(ax, "others at their best").get_xdata()).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_axis_ends_a_little_beyond_the_region(done, name, ax):
    plot_profile(done, name, ax=ax)
    scale = ax.xaxis.get_transform()
    ends = done.parameters.loc[name, ["region_low", "region_high"]].to_numpy(float)
    low, high = scale.transform(ends)
    left, right = scale.transform(np.array(ax.get_xlim()))
    assert 0 < low - left <= 0.13 * (high - low)
    assert 0 < right - high <= 0.13 * (high - low)


def test_lines_differ_besides_colour(done, ax):
    plot_profile(done, "fitness_tau", ax=ax)
    looks = [(one.get_linestyle(), one.get_marker()) for one in ax.lines]
    assert len(looks) == len(set(looks))


def test_time_constants_are_on_a_logarithmic_axis_and_the_baseline_is_not(done):
    axes = Figure().subplots(2)
    scales = [
        plot_profile(done, name, ax=ax).get_xscale()
        for name, ax in zip(["fitness_tau", "baseline"], axes, strict=True)
    ]
    assert scales == ["log", "linear"]
    assert axes[0].get_xlabel() == "fitness tau (days)"
    assert axes[0].get_ylabel() == (
        "sum of squared errors\n(unit of the tests, squared)"
    )


def test_an_end_within_the_bounds_has_no_arrow(done, ax):
    plot_profile(done, "fitness_tau", ax=ax)
    assert [*ax.texts] == []


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"region_high": 300.0}, ["goes on beyond 300"]),
        ({"region_low": 1.0}, ["goes on below 1"]),
        ({"region_low": 1.0, "region_high": 300.0}, ["below 1", "beyond 300"]),
        ({"region_high": inf, "highest": inf}, ["no end"]),
        ({"region_low": 0.0, "lowest": 0.0}, ["0 is inside"]),
    ],
)
def test_an_open_end_has_an_arrow_and_words(load, ends, words, ax):
    done = fitted(load, n_bootstrap=0)
    for name, value in ends.items():
        done.parameters.loc["fitness_tau", name] = value
    plot_profile(done, "fitness_tau", ax=ax)
    assert all(
        one.get_text().endswith(word) for one, word in zip(ax.texts, words, strict=True)
    )
    sides = ["region_low" in ends, "region_high" in ends]
    reached = {one.xy[0] for one in ax.texts}
    assert reached == {side for side, is_open in enumerate(sides) if is_open}


def test_a_bound_that_the_axis_reaches_is_marked(load, ax):
    done = fitted(load, n_bootstrap=0, bounds={"fitness_tau": (10, 21)})
    plot_profile(done, "fitness_tau", ax=ax)
    assert list(line(ax, "bound").get_xdata()) == [21.0, 21.0]
    assert [one.get_text() for one in ax.texts] == ["goes on beyond 21"]


def test_a_gain_that_can_be_nothing_shows_0_on_its_axis(open_ended, ax):
    plot_profile(open_ended, "fatigue_gain", ax=ax)
    low, high = ax.get_xlim()
    assert low <= 0 < high
    assert 0.0 in ax.get_xticks()


def test_a_model_with_noise_has_deviances(load, ax):
    truth = Banister(
        baseline=100, fitness_gain=0.1, fitness_tau=40, fatigue_gain=0.2, fatigue_tau=8
    )
    bounds = {"fitness_tau": (40, 40), "fatigue_tau": (8, 8)}
    bounds |= {"fitness_noise": (0, 0), "fatigue_noise": (0, 0)}
    done = fitted(load, truth, "kalman", n_bootstrap=0, n_blocks=0, bounds=bounds)
    plot_profile(done, "baseline", ax=ax)
    rows = done.profiles[done.profiles["parameter"] == "baseline"]
    heights = line(ax, "others at their best").get_ydata()
    assert {*rows["deviance"]} <= {*heights}
    assert ax.get_ylabel() == "deviance above the best\n(no unit)"


def test_a_parameter_or_profile_that_is_not_there_is_refused(done, load, ax):
    message = r"parameter must be one of .*; got 'fitnes_tau'. Did you mean 'fitness_t"
    with pytest.raises(ValueError, match=message):
        plot_profile(done, "fitnes_tau", ax=ax)
    without = fitted(load, n_bootstrap=0, profile=False)
    with pytest.raises(ValueError, match=r"no profile of baseline. Fit it with prof"):
        plot_profile(without, "baseline", ax=ax)
