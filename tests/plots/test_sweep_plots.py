from itertools import product
from math import nan

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hipext.plots.studies import (
    plot_effect,
    plot_front,
    plot_screening,
    plot_sensitivity,
    plot_surface,
)

TWO = {"strength_pct": "highest", "minutes": "lowest"}
THREE = {**TWO, "pain_reported": "lowest"}
PLACES = {"x": "load_step", "y": "deload.every_weeks", "outcome": "strength_pct"}


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


@pytest.fixture
def sobol():
    return pd.DataFrame(
        {
            "knob": ["rest", "load_step", "weeks"],
            "first": [0.1, 0.4, 0.3],
            "first_low": [0.05, 0.3, 0.2],
            "first_high": [0.2, 0.5, 0.35],
            "total": [0.2, 0.6, 0.5],
            "total_low": [0.15, 0.55, 0.4],
            "total_high": [0.3, 0.7, 0.65],
        }
    )


@pytest.fixture
def morris():
    columns = {"mu_star": [3.0, 1.0], "mu_star_low": [2.5, 0.5]}
    columns |= {"mu_star_high": [4.0, 1.25], "sigma": [0.5, 2.0]}
    return pd.DataFrame({"knob": ["load_step", "rest"], **columns})


@pytest.fixture
def trials():
    return pd.DataFrame(
        {
            "strength_pct": [110.0, 120.0, 105.0, 130.0, 100.0],
            "minutes": [60.0, 90.0, 80.0, 70.0, 50.0],
            "pain_reported": [1.0, 2.0, 3.0, 8.0, 4.0],
            "is_allowed": [True, True, True, False, True],
            "is_on_front": [True, True, False, False, True],
        }
    )


def summary(rows, values):
    """Return a table of scenarios: a row of varied values each, and its mean."""
    means = np.array(values, dtype=float)
    columns = {"mean": means, "q05": means - 3, "q50": means, "q95": means + 4}
    table = pd.DataFrame(rows, dtype=object)
    return table.assign(**{f"strength_pct_{name}": v for name, v in columns.items()})


def grid():
    """Return a grid of 3 x 2 scenarios, in no order, whose mean tells their place."""
    pairs = [*product([0.5, 1.0, 2.0], [0, 4])][::-1]
    rows = [
        dict(zip(("load_step", "deload.every_weeks"), p, strict=True)) for p in pairs
    ]
    return summary(rows, [100 * step + weeks for step, weeks in pairs])


def line(ax, label):
    return next(one for one in ax.lines if str(one.get_label()).startswith(label))


def ends(collection):
    """Return where the lines of a collection begin and end."""
    return [tuple(map(tuple, one.vertices)) for one in collection.get_paths()]


def colour_bar(ax):
    """Return the axes of the colour bar."""
    return next(one for one in ax.figure.axes if one is not ax)


def texts(labels):
    return [label.get_text() for label in labels]


def test_knobs_stand_by_their_total_the_largest_at_the_top(sobol, ax):
    assert plot_sensitivity(sobol, ax=ax) is ax
    assert texts(ax.get_yticklabels()) == ["load step", "weeks", "rest"]
    assert ax.yaxis_inverted()
    assert list(line(ax, "total").get_xdata()) == [0.6, 0.5, 0.2]
    assert list(line(ax, "first").get_xdata()) == [0.4, 0.3, 0.1]
    assert ax.get_xlabel() == "Sobol index (share of the variance)"


def test_every_index_has_its_interval_at_its_own_height(sobol, ax):
    plot_sensitivity(sobol, ax=ax)
    first, total = map(ends, ax.collections)
    assert [(left[0], right[0]) for left, right in first] == [
        (0.3, 0.5),
        (0.2, 0.35),
        (0.05, 0.2),
    ]
    assert [(left[0], right[0]) for left, right in total] == [
        (0.55, 0.7),
        (0.4, 0.65),
        (0.15, 0.3),
    ]
    assert [left[1] for left, _ in first] == list(line(ax, "first").get_ydata())
    assert [left[1] for left, _ in total] == list(line(ax, "total").get_ydata())
    assert line(ax, "first").get_ydata()[0] < line(ax, "total").get_ydata()[0]


def test_first_and_total_differ_in_their_marks(sobol, ax):
    plot_sensitivity(sobol, ax=ax)
    assert line(ax, "first").get_marker() != line(ax, "total").get_marker()


def test_a_knob_that_is_there_twice_is_reported(sobol, morris, ax):
    with pytest.raises(ValueError, match="has 'rest' twice; choose one outcome"):
        plot_sensitivity(pd.concat([sobol, sobol.head(1)]), ax=ax)
    with pytest.raises(ValueError, match="has 'load_step' twice"):
        plot_screening(pd.concat([morris, morris.head(1)]), ax=ax)


def test_a_missing_column_of_the_indices_is_reported(sobol, ax):
    with pytest.raises(ValueError, match="indices table lacks total_low; it has knob"):
        plot_sensitivity(sobol.drop(columns="total_low"), ax=ax)
    with pytest.raises(ValueError, match="lacks mu_star, mu_star_low, mu_star_high"):
        plot_screening(sobol, ax=ax)


def test_a_screened_knob_is_a_point_with_its_interval_and_its_name(morris, ax):
    assert plot_screening(morris, ax=ax) is ax
    point = line(ax, "load step")
    assert (list(point.get_xdata()), list(point.get_ydata())) == ([3.0], [0.5])
    assert ends(ax.collections[0]) == [((2.5, 0.5), (4, 0.5)), ((0.5, 2), (1.25, 2))]
    assert texts(ax.texts) == ["load step", "rest"]
    assert "unit of the outcome" in ax.get_xlabel()
    assert "unit of the outcome" in ax.get_ylabel()


def test_a_line_shows_where_sigma_equals_mu_star(morris, ax):
    plot_screening(morris, ax=ax)
    assert line(ax, "sigma = mu*").get_slope() == 1
    assert line(ax, "sigma = mu*").get_xy1() == (0, 0)


def test_refused_allowed_and_front_differ(trials, ax):
    assert plot_front(trials, goals=TWO, ax=ax) is ax
    kinds = {name: line(ax, name) for name in ("refused (1)", "allowed (1)", "on the")}
    drawn = [(list(one.get_xdata()), list(one.get_ydata())) for one in kinds.values()]
    assert drawn == [
        ([130], [70]),
        ([105], [80]),
        ([100, 110, 120], [50, 60, 90]),  # in order along x
    ]
    assert len({one.get_marker() for one in kinds.values()}) == 3
    assert [one.get_linestyle() for one in kinds.values()] == ["None", "None", "--"]


def test_axes_of_goals_have_units_and_say_which_way_is_better(trials, ax):
    plot_front(trials, goals=TWO, ax=ax)
    below, beside = (
        one.replace("\n", " ") for one in (ax.get_xlabel(), ax.get_ylabel())
    )
    assert "(%); higher is better" in below
    assert "(min); lower is better" in beside


def test_a_third_goal_is_the_colour_and_size_of_the_front(trials, ax):
    plot_front(trials, goals=THREE, ax=ax)
    (front,) = ax.collections
    assert front.get_offsets().tolist() == [[100, 50], [110, 60], [120, 90]]
    assert list(front.get_array()) == [4, 1, 2]
    sizes = list(front.get_sizes())
    assert sizes[1] < sizes[2] < sizes[0]
    words = colour_bar(ax).get_ylabel().replace("\n", " ")
    assert words == "highest reported low-back pain (0-10); lower is better"


def test_goals_are_drawn_where_they_are_wanted(trials, ax):
    plot_front(trials, goals=THREE, x="pain_reported", colour="strength_pct", ax=ax)
    (front,) = ax.collections
    assert front.get_offsets().tolist() == [[1, 60], [2, 90], [4, 50]]
    assert list(front.get_array()) == [110, 120, 100]


@pytest.mark.parametrize("goals", [TWO, THREE])
def test_a_search_that_allowed_nothing_has_no_front(trials, goals, ax):
    none = trials.assign(is_allowed=False, is_on_front=False)
    plot_front(none, goals=goals, ax=ax)
    assert len(line(ax, "refused (5)").get_xdata()) == 5
    assert len(line(ax, "on the front (0)").get_xdata()) == 0


def test_a_front_of_a_single_trial_can_be_coloured(trials, ax):
    plot_front(trials.head(1), goals=THREE, ax=ax)
    assert list(ax.collections[0].get_array()) == [1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"goals": {"minutes": "lowest"}}, "two different goals; got minutes"),
        ({"goals": TWO, "x": "minutes", "y": "minutes"}, "got minutes, minutes"),
        ({"goals": TWO, "x": "minute"}, "got 'minute'. Did you mean 'minutes'"),
        (
            {"goals": {**TWO, "minutes": "low"}},
            r"goals\['minutes'\] must be one of 'highest', 'lowest'; got 'low'",
        ),
        ({"goals": {**TWO, "soreness": "lowest"}}, "trials table lacks soreness"),
    ],
)
def test_goals_that_cannot_be_drawn_are_reported(trials, options, message, ax):
    with pytest.raises(ValueError, match=message):
        plot_front(trials, **options, ax=ax)


def test_every_scenario_of_a_grid_has_its_cell(ax):
    assert plot_surface(grid(), **PLACES, ax=ax) is ax
    (cells,) = ax.collections
    assert cells.get_array().tolist() == [[50, 100, 200], [54, 104, 204]]
    assert texts(ax.get_xticklabels()) == ["0.5", "1", "2"]
    assert texts(ax.get_yticklabels()) == ["0", "4"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "load step (as set)",
        "deload.every weeks (as set)",
    )
    assert "(%)" in colour_bar(ax).get_ylabel()


def test_a_value_stands_in_the_middle_of_its_cell_and_can_be_read(ax):
    plot_surface(grid(), **PLACES, ax=ax)
    written = {text.get_position(): text for text in ax.texts}
    assert written[2.5, 1.5].get_text() == "204"
    assert written[0.5, 0.5].get_text() == "50"
    assert to_hex(written[2.5, 1.5].get_color()) == "#000000"  # light cell
    assert to_hex(written[0.5, 0.5].get_color()) == "#ffffff"  # dark cell


def test_values_have_as_many_digits_as_tell_them_apart(ax):
    close = grid().assign(strength_pct_mean=[100, 100.4, 101, 102, 103, 105])
    plot_surface(close, **PLACES, ax=ax)
    assert len({*texts(ax.texts)}) == 6


@pytest.mark.parametrize(("n_columns", "n_written"), [(10, 60), (11, 0)])
def test_values_are_written_in_sixty_cells_at_most(n_columns, n_written, ax):
    pairs = [*product(range(n_columns), range(6))]
    table = pd.DataFrame(pairs, columns=["load_step", "deload.every_weeks"])
    plot_surface(table.assign(strength_pct_mean=1.0 * table.index), **PLACES, ax=ax)
    assert len(ax.texts) == n_written


def test_a_scenario_that_is_not_there_leaves_its_cell_empty(ax):
    holes = grid().drop(index=5)  # load step 0.5, no light weeks
    holes.loc[0, "strength_pct_mean"] = nan  # load step 2, every four weeks
    plot_surface(holes, **PLACES, ax=ax)
    shown = np.ma.filled(ax.collections[0].get_array(), nan)
    assert np.isnan(shown).tolist() == [[True, False, False], [False, False, True]]
    assert sorted(texts(ax.texts)) == ["", "", "100", "104", "200", "54"]


def test_a_number_without_any_value_keeps_its_place(ax):
    table = grid()
    table.loc[table["load_step"] == 1.0, "strength_pct_mean"] = nan
    plot_surface(table, **PLACES, ax=ax)
    assert texts(ax.get_xticklabels()) == ["0.5", "1", "2"]


def test_cells_of_one_value_are_drawn(ax):
    plot_surface(grid().assign(strength_pct_mean=7.0), **PLACES, ax=ax)
    assert {*texts(ax.texts)} == {"7.0"}


def test_scattered_scenarios_are_points_in_the_colour_of_their_mean(ax):
    pairs = [(0.1, 3), (0.5, 1), (0.7, 6), (1.1, 2)]
    rows = [
        dict(zip(("load_step", "deload.every_weeks"), p, strict=True)) for p in pairs
    ]
    plot_surface(summary(rows, [7, 8, 9, 10]), **PLACES, ax=ax)
    (points,) = ax.collections
    assert points.get_offsets().tolist() == [list(pair) for pair in pairs]
    assert list(points.get_array()) == [7, 8, 9, 10]


def test_scenarios_that_share_a_place_are_refused(ax):
    twice = pd.concat([grid(), grid().tail(1)])
    message = r"have load_step = 0.5, deload.every_weeks = 0; choose"
    with pytest.raises(ValueError, match=message):
        plot_surface(twice, **PLACES, ax=ax)


def test_a_surface_of_texts_is_refused(ax):
    with pytest.raises(ValueError, match="load_step must hold numbers; got 'double'"):
        plot_surface(grid().assign(load_step="double"), **PLACES, ax=ax)


@pytest.mark.parametrize("plot", [plot_surface, plot_effect])
def test_an_outcome_or_column_that_is_not_there_is_reported(plot, ax):
    options = {"x": "load_step", "outcome": "strength_pct"}
    options |= {"y": "deload.every_weeks"} if plot is plot_surface else {}
    with pytest.raises(ValueError, match=r"got 'strength'. Did you mean 'strength_pct"):
        plot(grid(), **options | {"outcome": "strength"}, ax=ax)
    with pytest.raises(ValueError, match="summary table lacks rest; it has load_step"):
        plot(grid(), **options | {"x": "rest"}, ax=ax)


def test_numbers_are_joined_in_their_order(ax):
    table = summary({"load_step": [2, 0.5, 1]}, [106, 100, 103])
    assert plot_effect(table, x="load_step", outcome="strength_pct", ax=ax) is ax
    mean = line(ax, "mean")
    assert list(mean.get_xdata()) == [0.5, 1, 2]
    assert list(mean.get_ydata()) == [100, 103, 106]
    assert mean.get_linestyle() == "-"
    assert ends(ax.collections[0]) == [
        ((0.5, 97), (0.5, 104)),
        ((1, 100), (1, 107)),
        ((2, 103), (2, 110)),
    ]
    assert ax.get_xlabel() == "load step (as set)"
    assert ax.get_ylabel().endswith("(%)")


def test_scenarios_that_share_a_number_are_not_joined(ax):
    plot_effect(grid(), x="load_step", outcome="strength_pct", ax=ax)
    assert line(ax, "mean").get_linestyle() == "None"
    assert len(line(ax, "mean").get_xdata()) == 6


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["double", "linear", "double"], ["double", "linear"]),
        ([[3, 4], [], [3, 4]], ["[3, 4]", "[]"]),
        ([True, False, True], ["True", "False"]),
    ],
)
def test_texts_stand_side_by_side_in_their_order(values, names, ax):
    plot_effect(summary({"a": values}, [5, 6, 7]), x="a", outcome="strength_pct", ax=ax)
    assert texts(ax.get_xticklabels()) == names
    mean = line(ax, "mean")
    pairs = {*zip(mean.get_xdata(), mean.get_ydata(), strict=True)}
    assert pairs == {(0, 5), (1, 6), (0, 7)}
    assert mean.get_linestyle() == "None"


def test_long_texts_are_broken_into_short_lines(ax):
    values = ["3x8-10 @RIR3 with a long rest", "4x8-10 @RIR3", "none", "2x5", "1", "2"]
    table = summary({"sets": values}, range(6))
    plot_effect(table, x="sets", outcome="strength_pct", ax=ax)
    lines = [text.split("\n") for text in texts(ax.get_xticklabels())]
    assert len(lines[0]) > 1
    assert max(len(one) for name in lines for one in name) <= 12


@pytest.mark.parametrize("width", [8, 14])
def test_long_names_leave_most_of_the_figure_to_the_axes(sobol, width):
    ax = Figure(figsize=(width, 4), layout="constrained").subplots()
    knob = "phase.hinge.session.A.slot.romanian_deadlift.progress.add_kg"
    plot_sensitivity(sobol.replace("weeks", knob), ax=ax)
    ax.figure.draw_without_rendering()
    assert ax.get_position().width > 0.6


def test_tables_stay_as_they_are(trials, ax):
    table, before = grid(), grid()
    plot_surface(table, **PLACES, ax=ax)
    pd.testing.assert_frame_equal(table, before)
    trials_before = trials.copy()
    plot_front(trials, goals=TWO, ax=ax)
    pd.testing.assert_frame_equal(trials, trials_before)
