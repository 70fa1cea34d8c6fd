"""Sensitivity: published test functions, closed forms, and SALib beside ours."""

from math import pi

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol

from hipext.studies.designs import COLUMNS, design_of, sensitivity
from hipext.studies.sweep_file import Range

ISHIGAMI = {name: Range(low=-pi, high=pi) for name in ("x1", "x2", "x3")}
UNIT = {name: Range(low=0, high=1) for name in ("x1", "x2", "x3", "x4")}
G_SIZES = np.array([0.0, 1.0, 4.5, 9.0])
SLOPES = {
    "load_step": (3.0, Range(low=0.5, high=2.5)),
    "rest": (-1.0, Range(low=1, high=4)),
}
LINEAR = {name: varied for name, (_, varied) in SLOPES.items()}


def ishigami(design):
    x1, x2, x3 = design.to_numpy().T
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def g_function(design):
    parts = (np.abs(4 * design.to_numpy() - 2) + G_SIZES) / (1 + G_SIZES)
    return parts.prod(axis=1)


def linear(design):
    return 100 + sum(slope * design[name] for name, (slope, _) in SLOPES.items())


def found(function, vary, kind, n, seed=0, of_resamples=0, level=0.95):
    design = design_of(kind, vary, n, seed)
    return sensitivity(
        design,
        pd.DataFrame({"y": np.asarray(function(design), "float64")}),
        outcome="y",
        kind=kind,
        vary=vary,
        seed=of_resamples,
        level=level,
    )


def test_the_indices_of_the_ishigami_function_are_the_published_ones():
    indices = found(ishigami, ISHIGAMI, "saltelli", 4096).indices
    assert indices["knob"].tolist() == ["x1", "x2", "x3"]
    np.testing.assert_allclose(indices["first"], [0.3139, 0.4424, 0.0], atol=0.01)
    np.testing.assert_allclose(indices["total"], [0.5576, 0.4424, 0.2437], atol=0.01)


def test_the_indices_of_the_g_function_are_its_closed_form():
    parts = 1 / (3 * (1 + G_SIZES) ** 2)
    variance = (1 + parts).prod() - 1
    total = parts * (1 + parts).prod() / (1 + parts) / variance
    indices = found(g_function, UNIT, "saltelli", 4096).indices
    np.testing.assert_allclose(indices["first"], parts / variance, atol=0.01)
    np.testing.assert_allclose(indices["total"], total, atol=0.01)


def test_the_indices_of_a_sum_are_the_shares_of_its_variance():
    parts = np.array([(slope * (v.high - v.low)) ** 2 for slope, v in SLOPES.values()])
    indices = found(linear, LINEAR, "saltelli", 1024).indices
    np.testing.assert_allclose(indices["first"], parts / parts.sum(), atol=0.01)
    np.testing.assert_allclose(indices["total"], parts / parts.sum(), atol=0.01)


def test_indices_and_intervals_agree_with_salib():
    design = design_of("saltelli", ISHIGAMI, 512, 1)
    outcomes = pd.DataFrame({"y": ishigami(design)})
    ours = sensitivity(design, outcomes, outcome="y", kind="saltelli", vary=ISHIGAMI)
    problem = {"num_vars": 3, "names": [*ISHIGAMI], "bounds": [[-pi, pi]] * 3}
    theirs = salib_sobol.analyze(
        problem, outcomes["y"].to_numpy(), False, num_resamples=500, seed=1
    )
    for name, key in (("first", "S1"), ("total", "ST")):
        np.testing.assert_allclose(ours.indices[name], theirs[key], atol=1e-12)
        width = ours.indices[f"{name}_high"] - ours.indices[name]
        np.testing.assert_allclose(width, theirs[f"{key}_conf"], rtol=0.15)


def test_effects_and_intervals_agree_with_salib():
    design = design_of("morris", ISHIGAMI, 40, 1)
    outcomes = pd.DataFrame({"y": ishigami(design)})
    ours = sensitivity(design, outcomes, outcome="y", kind="morris", vary=ISHIGAMI)
    problem = {"num_vars": 3, "names": [*ISHIGAMI], "bounds": [[-pi, pi]] * 3}
    theirs = salib_morris.analyze(
        problem, design.to_numpy(), outcomes["y"].to_numpy(), seed=1
    )
    np.testing.assert_allclose(ours.indices["mu_star"], theirs["mu_star"], atol=1e-9)
    np.testing.assert_allclose(ours.indices["sigma"], theirs["sigma"], atol=1e-9)
    width = ours.indices["mu_star_high"] - ours.indices["mu_star"]
    np.testing.assert_allclose(width, theirs["mu_star_conf"], rtol=0.15, atol=1e-9)


def test_a_linear_outcome_moves_by_slope_times_range_whatever_the_rest():
    indices = found(linear, LINEAR, "morris", 10).indices
    expected = [abs(slope) * (v.high - v.low) for slope, v in SLOPES.values()]
    np.testing.assert_allclose(indices["mu_star"], expected)
    np.testing.assert_allclose(indices["sigma"], 0, atol=1e-12)


def test_whole_numbers_and_lists_are_crossed_in_parts_of_their_length():
    vary = {"weeks": Range(low=8, high=12, whole=True), "light": ["no", "yes"]}
    weights = {"no": 0.0, "yes": 5.0}
    indices = found(
        lambda design: 3 * design["weeks"] + design["light"].map(weights),
        vary,
        "morris",
        8,
    ).indices
    np.testing.assert_allclose(indices["mu_star"], [12.0, 5.0])
    np.testing.assert_allclose(indices["sigma"], 0, atol=1e-12)


def test_an_effect_that_changes_its_sign_is_not_averaged_away():
    vary = {"x1": Range(low=0, high=1), "x2": Range(low=-1, high=1)}
    indices = found(lambda d: d["x1"] * np.sign(d["x2"]), vary, "morris", 200).indices
    assert indices["mu_star"][0] == pytest.approx(1.0)
    assert indices["sigma"][0] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("kind", "n"), [("saltelli", 256), ("morris", 100)])
def test_intervals_halve_with_four_times_the_samples(kind, n):
    index = {"saltelli": "first", "morris": "mu_star"}[kind]
    few, many = (found(ishigami, ISHIGAMI, kind, size).indices for size in (n, 4 * n))
    widths = [one[f"{index}_high"] - one[index] for one in (few, many)]
    assert widths[0][0] / widths[1][0] == pytest.approx(2, rel=0.25)


def test_intervals_hold_the_published_index_about_as_often_as_they_say():
    held = 0
    for seed in range(40):
        row = found(ishigami, ISHIGAMI, "saltelli", 128, seed).indices.iloc[0]
        held += row["first_low"] <= 0.3139 <= row["first_high"]
    assert held >= 36  # of 40; points of a Sobol' sequence make intervals too wide


def test_a_higher_level_gives_wider_intervals():
    narrow, wide = (
        found(ishigami, ISHIGAMI, "saltelli", 64, level=level).indices
        for level in (0.5, 0.99)
    )
    assert (wide["first_high"] > narrow["first_high"]).all()
    assert (wide["first"] == narrow["first"]).all()


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_same_seed_gives_the_same_intervals(kind):
    first, again, other = (
        found(ishigami, ISHIGAMI, kind, 16, of_resamples=seed).indices
        for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, again)
    estimate, _, high = COLUMNS[kind][1:4]
    assert first[estimate].equals(other[estimate])
    assert not first[high].equals(other[high])


@pytest.mark.parametrize("kind", COLUMNS)
def test_indices_do_not_depend_on_unit_or_origin_of_the_outcome(kind):
    plain = found(ishigami, ISHIGAMI, kind, 32).indices
    moved = found(lambda design: 1e4 - 3 * ishigami(design), ISHIGAMI, kind, 32).indices
    factor = 1 if kind == "saltelli" else 3
    numbers = [*COLUMNS[kind][1:]]
    np.testing.assert_allclose(moved[numbers], factor * plain[numbers], atol=1e-6)


def test_nothing_explains_an_outcome_that_is_always_the_same():
    same = found(lambda design: np.full(len(design), 3.3), ISHIGAMI, "saltelli", 8)
    assert same.is_constant
    assert same.indices.drop(columns="knob").isna().all(axis=None)
    assert same.report() == (
        "y, 40 scenarios: the same in all of them; nothing that was varied matters."
    )


def test_nothing_moves_an_outcome_that_is_always_the_same():
    same = found(lambda design: np.zeros(len(design)), ISHIGAMI, "morris", 8)
    assert same.is_constant
    assert (same.indices.drop(columns="knob") == 0).all(axis=None)


def test_an_outcome_that_differs_only_between_base_samples_is_not_explained():
    def rare(design):
        return np.arange(len(design)) % 5 == 2

    few = found(rare, ISHIGAMI, "saltelli", 8)
    assert not few.is_constant
    assert few.report() == (
        "y, 40 scenarios: too few of them differ to say what matters; take more."
    )


def test_names_are_reported_in_order_of_their_weight():
    told = found(ishigami, ISHIGAMI, "saltelli", 4096).report().splitlines()
    assert [line.split(":")[0] for line in told[1:]] == ["- x1", "- x2", "- x3"]
    assert told[1].startswith("- x1: 31% of the variance alone (")
    assert ", 56% together with others (" in told[1]
    moved = found(linear, LINEAR, "morris", 4).report().splitlines()
    assert moved[0] == "y, 12 scenarios:"
    assert moved[1] == (
        "- load_step: moves it by 6 (6 to 6) from end to end, give or take 0 depending "
        "on the rest."
    )


@pytest.mark.parametrize(
    ("outcomes", "settings", "message"),
    [
        ({"y": np.ones(15)}, {}, r"per scenario of the design, 16; it has 15"),
        ({"y": [1.0, np.nan] * 8}, {}, r"y is missing in 8 of 16 .* first being 1;"),
        ({"y": np.ones(16)}, {"level": 95}, r"between 0 and 1; got 95. Write 0.95"),
    ],
)
def test_what_cannot_be_analysed_is_refused(outcomes, settings, message):
    given = {"outcome": "y", "kind": "morris", "vary": ISHIGAMI} | settings
    design = design_of("morris", ISHIGAMI, 4)
    with pytest.raises(ValueError, match=message):
        sensitivity(design, pd.DataFrame(outcomes), **given)
