from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as f_distribution

from hipext.explorers.widgets import explore_fit
from hipext.files.io import notebooks_dir
from hipext.response.calibration import fit
from hipext.response.models import Banister
from hipext.simulation.simulation import teaching_model

ALONE = {"profile": False, "n_bootstrap": 0, "n_blocks": 0, "progress": False}
N_TESTS = {"careful": 60, "rough": 9}
LINEAR = ("baseline", "fitness_gain", "fatigue_gain")
CONSTANTS = (*LINEAR, "fitness_tau", "fatigue_tau")


@pytest.fixture(scope="module")
def kept():
    return explore_fit()


@pytest.fixture
def explorer(kept):
    """Return one explorer, as it is at the start."""
    kept.reset()
    return kept


@pytest.fixture
def load():
    return pd.Series([60.0, 0, 60, 0, 60, 60, 0] * 8 + [20.0, 0, 20, 0, 20, 20, 0] * 4)


def made_tests(load, n_tests, rng, error=1.0):
    """Return tests of a known model, with errors."""
    truth = Banister(
        baseline=80, fitness_gain=0.03, fitness_tau=30, fatigue_gain=0.06, fatigue_tau=6
    )
    performance = truth.respond(load)["performance"]
    days = np.linspace(3, len(load) - 1, n_tests).round().astype(int)
    return performance[days] + error * rng.normal(size=n_tests)


def series_of(explorer, name):
    """Return load and tests of an example, as they are shown."""
    explorer.knobs["tests"].value = name
    table = explorer.definition.table(explorer.shown)
    return table["training_load"], table["test"]


@pytest.mark.parametrize(("name", "rmse"), [("careful", "0.46"), ("rough", "0.95")])
def test_the_tests_are_those_of_the_notebook(explorer, name, rmse):
    found = fit("banister", *series_of(explorer, name), **ALONE)
    assert f"{found.rmse:.2f}" == rmse
    assert explorer.shown.series.best_fit.rmse == found.rmse
    path = notebooks_dir() / "09_fit_your_own_data.ipynb"
    assert f"RMSE {rmse} kg" in path.read_text(encoding="utf-8")


def test_time_constants_start_where_textbooks_have_them(explorer):
    usual = teaching_model()
    assert explorer.settings["fitness_tau"] == usual.fitness_tau == 42
    assert explorer.settings["fatigue_tau"] == usual.fatigue_tau == 7


def test_gains_and_baseline_start_near_the_best_for_them(explorer):
    bounds = {"fitness_tau": (42, 42), "fatigue_tau": (7, 7)}
    best = fit("banister", *series_of(explorer, "careful"), bounds=bounds, **ALONE)
    for name in LINEAR:
        step = explorer.controls[name].step
        assert abs(explorer.settings[name] - getattr(best.model, name)) <= step / 2


def test_the_curve_is_that_of_the_model(explorer):
    settings = {"baseline": 95.0, "fitness_gain": 0.03, "fatigue_gain": 0.02}
    explorer.restore(settings | {"fitness_tau": 60.0, "fatigue_tau": 11.5})
    load, tests = series_of(explorer, "careful")
    model = Banister(**settings, fitness_tau=60.0, fatigue_tau=11.5)
    curve = model.respond(load)["performance"]
    np.testing.assert_allclose(explorer.drawing.curve.get_ydata(), curve)
    errors = (tests - curve).dropna()
    np.testing.assert_allclose(explorer.drawing.points.get_ydata(), errors)
    assert explorer.drawing.points.get_xdata().tolist() == errors.index.tolist()
    rmse = np.sqrt((errors**2).mean())
    assert f"misses the 60 tests by {rmse:.4g} kg" in explorer.words.value
    assert f"RMSE {rmse:.3g} kg" in explorer.drawing.rmse.get_text()


@pytest.mark.parametrize("name", N_TESTS)
@pytest.mark.parametrize("taus", [(42.0, 8.0), (150.0, 3.5)])
def test_gains_can_be_the_best_for_time_constants(explorer, name, taus):
    explorer.restore({"fitness_tau": taus[0], "fatigue_tau": taus[1]})
    explorer.knobs["gains"].value = "at_best"
    bounds = {"fitness_tau": (taus[0], taus[0]), "fatigue_tau": (taus[1], taus[1])}
    best = fit("banister", *series_of(explorer, name), bounds=bounds, **ALONE)
    shown = explorer.shown.model
    for constant in CONSTANTS:
        assert getattr(shown, constant) == pytest.approx(getattr(best.model, constant))
    assert explorer.shown.rmse == pytest.approx(best.rmse)


@pytest.mark.parametrize("name", N_TESTS)
@pytest.mark.parametrize("place", [(20, 90), (60, 60), (63, 65), (80, 10), (99, 5)])
def test_the_surface_is_what_fits_with_held_time_constants_reach(explorer, name, place):
    load, tests = series_of(explorer, name)
    shown = explorer.shown.series
    fitness_d, fatigue_d, ratios = (part[place] for part in shown.surface)
    bounds = {
        "fitness_tau": (fitness_d, fitness_d),
        "fatigue_tau": (fatigue_d, fatigue_d),
    }
    held = fit("banister", load, tests, bounds=bounds, **ALONE)
    assert ratios == pytest.approx(held.rmse / shown.best_fit.rmse, rel=1e-6)


def test_the_surface_covers_all_time_constants_of_the_search(explorer):
    fitness_d, fatigue_d, ratios = explorer.shown.series.surface
    assert fitness_d.min() == pytest.approx(1, rel=2e-3)
    assert fitness_d.max() == pytest.approx(300)
    assert (fatigue_d < fitness_d).all()
    assert fatigue_d[-1].max() == pytest.approx(300, rel=2e-3)
    assert ratios.min() >= 1


@pytest.mark.parametrize("name", N_TESTS)
def test_the_region_is_that_of_all_constants_together(explorer, name):
    explorer.knobs["tests"].value = name
    n_spare = N_TESTS[name] - 5
    ratio = 1 + 5 * f_distribution.ppf(0.95, 5, n_spare) / n_spare
    assert explorer.shown.series.limit_ratio == pytest.approx(ratio**0.5)


def test_sixty_tests_distinguish_what_nine_cannot(explorer):
    explorer.restore({"gains": "at_best", "fitness_tau": 100.0, "fatigue_tau": 5.0})
    assert "These tests can distinguish the two" in explorer.words.value
    explorer.knobs["tests"].value = "rough"
    assert "These tests cannot distinguish the two" in explorer.words.value


def test_the_truth_is_described_where_tests_were_made(explorer, load, rng):
    assert "made with 42 and 8 days" in explorer.words.value
    own = explore_fit(load, made_tests(load, 20, rng))
    assert own.words.value.endswith("A good fit is not a true model.")
    labels = [text.get_text() for text in own.drawing.figure.legends[0].get_texts()]
    assert "made with" not in labels


def test_only_the_tests_that_are_chosen_are_seen(explorer):
    for name in ("rough", "careful", "rough"):
        explorer.knobs["tests"].value = name
        panel = explorer.drawing.axes["tests"]
        seen = [line for line in panel.lines if line.get_visible()]
        dots = [line for line in seen if line.get_linestyle() == "None"]
        assert [len(line.get_xdata()) for line in dots] == [N_TESTS[name]]


def test_fatigue_must_fade_faster(explorer):
    picture = explorer.image.value
    explorer.knobs["fatigue_tau"].value = 42.0
    assert explorer.image.value == picture
    assert "picture stays as it was: fatigue_tau must be" in explorer.words.value
    assert "got fatigue_tau=42.0, fitness_tau=42.0 days" in explorer.words.value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tests", "rough"),
        ("fitness_tau", 43.0),
        ("fatigue_tau", 7.5),
        ("gains", "at_best"),
        ("baseline", 100.4),
        ("fitness_gain", 0.0193),
        ("fatigue_gain", 0.05),
    ],
)
def test_every_control_changes_picture_and_words(explorer, name, value):
    picture, words = explorer.image.value, explorer.words.value
    explorer.knobs[name].value = value
    assert explorer.image.value != picture
    assert explorer.words.value != words


def test_reset_brings_the_picture_back(explorer):
    picture, words = explorer.image.value, explorer.words.value
    explorer.restore({"tests": "rough", "gains": "at_best", "fitness_tau": 250.0})
    explorer.restore({"gains": "by_hand", "fitness_gain": 0.07, "tests": "careful"})
    explorer.reset()
    assert explorer.image.value == picture
    assert explorer.words.value == words


@pytest.mark.parametrize("ends", [*product((0, 1), repeat=5)][::3])
@pytest.mark.parametrize("tests", N_TESTS)
def test_extremes_draw_and_stay_inside(explorer, tests, ends):
    values = {"tests": tests, "fitness_tau": (8.5, 300.0)[ends[0]]}
    values["fatigue_tau"] = (1.0, 8.0)[ends[1]]
    for name, end in zip(LINEAR, ends[2:], strict=True):
        control = explorer.controls[name]
        values[name] = (control.low, control.high)[end]
    explorer.restore(values)
    assert np.isfinite(explorer.shown.curve).all()
    panels = explorer.drawing.axes
    for panel, line in (("tests", "curve"), ("left", "points")):
        low, high = panels[panel].get_ylim()
        heights = getattr(explorer.drawing, line).get_ydata()
        assert low <= min(heights)
        assert max(heights) <= high


@pytest.mark.parametrize("n_tests", [5, 6, 12])
@pytest.mark.parametrize("error", [0.0, 1.0, 20.0])
def test_tests_of_ones_own_draw(load, rng, n_tests, error):
    tests = made_tests(load, n_tests, rng, error)
    explorer = explore_fit(load, tests)
    assert "tests" not in explorer.controls
    assert explorer.shown.series.unit == "unit of the tests"
    picture = explorer.image.value
    explorer.restore({"gains": "at_best", "fatigue_tau": 12.0})
    assert explorer.image.value != picture


def test_five_tests_cannot_distinguish_curves(load, rng):
    words = explore_fit(load, made_tests(load, 5, rng)).words.value
    assert "There are no more tests than constants" in words


def test_a_load_that_no_test_feels_draws(load, rng):
    silent = 0 * load
    silent.iloc[-1] = 50.0  # felt from the next morning on
    explorer = explore_fit(silent, made_tests(load, 8, rng))
    assert np.ptp(explorer.shown.curve) == 0


def test_series_by_date_draw(load, rng):
    tests = made_tests(load, 12, rng)
    by_day = explore_fit(load, tests)
    load.index = pd.date_range("2026-01-05", periods=len(load))
    tests.index = load.index[tests.index]
    assert explore_fit(load, tests).image.value == by_day.image.value


def test_load_and_tests_are_checked_as_a_fit_checks_them(load, rng):
    tests = made_tests(load, 12, rng)
    load.iloc[5] = np.nan
    with pytest.raises(ValueError, match="got nan on day 5"):
        explore_fit(load, tests)
    with pytest.raises(ValueError, match=r"3 test\(s\) cannot determine"):
        explore_fit(load.fillna(0.0), tests.iloc[:3])


def test_load_and_tests_come_together(load):
    with pytest.raises(ValueError, match="tests is missing"):
        explore_fit(load)
    with pytest.raises(ValueError, match="load is missing"):
        explore_fit(tests=load)


def test_what_is_given_is_not_changed(load, rng):
    tests = made_tests(load, 12, rng)
    before = load.copy(), tests.copy()
    explore_fit(load, tests).restore({"fitness_tau": 90.0})
    pd.testing.assert_series_equal(load, before[0])
    pd.testing.assert_series_equal(tests, before[1])


def test_labels_are_short(explorer):
    assert max(len(control.label) for control in explorer.controls.values()) <= 30


def test_files_hold_both_curves(explorer):
    table = explorer.definition.table(explorer.shown)
    found = explorer.shown.series.best_fit
    best = found.respond(table["training_load"])["performance"]
    np.testing.assert_allclose(table["performance_of_best_fit"], best)
    lines = explorer.files()["hipext_fit.csv"].decode().splitlines()
    assert len(lines) == 1 + len(table)
