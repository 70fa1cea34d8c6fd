from io import BytesIO
from itertools import pairwise
from math import nan

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hipext import plots
from hipext.files.tables import MUSCLE_SETS
from hipext.plots.training import BALANCE_STYLES

MANY = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


@pytest.fixture
def ax():
    return Figure(figsize=(7, 3)).subplots()


@pytest.fixture
def weekly():
    """Return four weeks in two phases; the last is a deload and has no left side."""
    return pd.DataFrame(
        {
            "week": [1, 2, 3, 4],
            "phase": ["hinge", "hinge", "light", "light"],
            "is_deload": [False, False, False, True],
            "working_sets": [10, 12, 14, 7],
            "hard_sets": [1.0, 2.0, 4.5, 0.0],
            "volume_load_kg": [0.0, 100.0, 200.0, 90.0],
            "system_volume_load_kg": [1000.0, 1100.0, 1300.0, 600.0],
            "tut_s": [300.0, 310.0, 320.0, 150.0],
            "session_rpe_load": [500.0, 510.0, 520.0, 250.0],
            "hip_share": [0.8, 0.7, 0.75, 0.75],
            "unilateral_share": [0.5, 0.4, 0.3, 0.0],
            "left_share": [0.5, 0.5, 0.5, nan],
        }
    )


@pytest.fixture
def response():
    days = range(28)
    return pd.DataFrame(
        {
            "fitness": [2.0 * day for day in days],
            "fatigue": [1.0 * day for day in days],
            "performance": [100.0 + day for day in days],
        }
    )


@pytest.fixture
def sets():
    """Return two lifts over three weeks, a lighter second set, and a warm-up."""
    rows = [
        (1, "deadlift", "warm_up", 200.0),
        (1, "deadlift", "work", 60.0),
        (1, "deadlift", "work", 50.0),
        (2, "hip_thrust", "work", 80.0),
        (3, "deadlift", "work", 70.0),
        (3, "bird_dog", "work", 0.0),
    ]
    return pd.DataFrame(rows, columns=["week", "exercise", "kind", "load_kg"])


@pytest.fixture
def muscle_sets():
    return MUSCLE_SETS.from_columns(
        {
            "week": [1, 1, 2, 2],
            "is_deload": [False, False, True, True],
            "muscle": ["hamstrings", "trunk"] * 2,
            "sets": [12.0, 3.0, 6.5, 0.0],
        }
    )


def bars(ax):
    """Return (week, height, hatch) of the bars, by week."""
    found = [
        (bar.get_x() + bar.get_width() / 2, bar.get_height(), bar.get_hatch())
        for container in ax.containers
        for bar in container
    ]
    return sorted((round(week, 6), height, hatch) for week, height, hatch in found)


def bands(ax):
    """Return the start and the end of the shaded weeks."""
    shaded = [patch for patch in ax.patches if patch.get_label() == "_deload week"]
    return [(band.get_x(), band.get_x() + band.get_width()) for band in shaded]


def line(ax, label):
    """Return the line with a label."""
    return next(line for line in ax.lines if line.get_label() == label)


def texts(ax):
    """Return the texts written on the axes."""
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("measure", plots.MEASURES)
def test_every_bar_is_as_high_as_its_week_says(weekly, ax, measure):
    plots.plot_volume(weekly, measure=measure, ax=ax)
    assert [bar[:2] for bar in bars(ax)] == list(
        zip(weekly["week"], weekly[measure], strict=True)
    )


def test_bars_of_deload_weeks_are_hatched_and_of_another_colour(weekly, ax):
    plots.plot_volume(weekly, ax=ax)
    assert [hatch for _, _, hatch in bars(ax)] == [None, None, None, "////"]
    colours = {to_hex(container[0].get_facecolor()) for container in ax.containers}
    assert len(colours) == 2


def test_the_legend_says_deload_week_only_where_there_is_one(weekly):
    legends = [
        [text.get_text() for text in ax.get_legend().get_texts()]
        for ax in (
            plots.plot_volume(weekly, ax=Figure().subplots()),
            plots.plot_volume(weekly[:3], ax=Figure().subplots()),
        )
    ]
    assert legends == [["load week", "deload week"], ["load week"]]


def test_a_deload_week_is_shaded_across_its_bar(weekly, ax):
    assert bands(plots.plot_volume(weekly, ax=ax)) == [(3.5, 4.5)]


def test_a_deload_week_is_shaded_from_monday_to_monday_over_days(response, weekly, ax):
    plots.plot_response(response, weekly=weekly, ax=ax)
    assert bands(ax) == [(4.0, 5.0)]


def test_phases_are_named_along_the_top(weekly, ax):
    assert texts(plots.plot_volume(weekly, ax=ax)) == ["hinge", "light"]


def test_a_phase_name_without_room_is_shortened(weekly):
    weekly["phase"] = ["a phase with a name of many words", "b", "b", "b"]
    first, second = texts(plots.plot_volume(weekly, ax=Figure((4, 3)).subplots()))
    assert first.startswith("a phase")
    assert first.endswith("…")
    assert second == "b"


def test_a_name_with_dollar_signs_is_no_formula(weekly, ax):
    weekly["phase"] = [r"$\frac$"] * 4
    plots.plot_phases(weekly, ax=ax)
    plots.plot_volume(weekly, ax=ax)
    ax.figure.savefig(BytesIO())  # a formula would be refused here
    assert texts(ax) == [r"$\frac$"]


@pytest.mark.parametrize(
    ("n_weeks", "marks"),
    [(4, [1, 2, 3, 4]), (26, list(range(2, 27, 2))), (104, list(range(8, 105, 8)))],
)
def test_weeks_are_marked_by_whole_numbers(ax, n_weeks, marks):
    weeks = range(1, n_weeks + 1)
    weekly = pd.DataFrame({"week": weeks, "is_deload": False, "tut_s": 1.0})
    plots.plot_volume(weekly, measure="tut_s", ax=ax)
    assert ax.get_xticks().tolist() == marks


@pytest.mark.parametrize(
    ("draw", "table", "unit"),
    [
        (plots.plot_volume, "weekly", "(kg)"),
        (plots.plot_balance, "weekly", "(%)"),
        (plots.plot_response, "response", "(a.u.)"),
        (plots.plot_lifts, "sets", "(kg per implement)"),
        (plots.plot_muscle_sets, "muscle_sets", "sets)"),
    ],
)
def test_every_axis_says_its_unit(draw, table, unit, ax, request):
    draw(request.getfixturevalue(table), ax=ax)
    assert ax.get_ylabel().endswith(unit)
    assert ax.get_xlabel().startswith("week")


@pytest.mark.parametrize("measure", plots.MEASURES)
def test_every_measure_has_a_unit(measure):
    assert plots.MEASURES[measure].endswith(("(kg)", "(sets)", "(s)", "(a.u.)"))


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (plots.plot_volume, "weekly"),
        (plots.plot_phases, "weekly"),
        (plots.plot_balance, "weekly"),
        (plots.plot_response, "response"),
        (plots.plot_lifts, "sets"),
        (plots.plot_muscle_sets, "muscle_sets"),
    ],
)
def test_drawing_returns_the_axes_and_leaves_the_table_alone(draw, table, ax, request):
    given = request.getfixturevalue(table)
    before = given.copy(deep=True)
    assert draw(given, ax=ax) is ax
    pd.testing.assert_frame_equal(given, before)


@pytest.mark.parametrize(
    ("draw", "table", "column"),
    [
        (plots.plot_volume, "weekly", "system_volume_load_kg"),
        (plots.plot_phases, "weekly", "phase"),
        (plots.plot_balance, "weekly", "left_share"),
        (plots.plot_response, "response", "fatigue"),
        (plots.plot_lifts, "sets", "load_kg"),
        (plots.plot_muscle_sets, "muscle_sets", "muscle"),
    ],
)
def test_a_missing_column_is_named(draw, table, column, ax, request):
    lacking = request.getfixturevalue(table).drop(columns=column)
    with pytest.raises(ValueError, match=f"{table} table lacks {column}; it has"):
        draw(lacking, ax=ax)


def test_an_unknown_measure_gets_a_suggestion(weekly, ax):
    with pytest.raises(ValueError, match=r"got 'hard_set'. Did you mean 'hard_sets'"):
        plots.plot_volume(weekly, measure="hard_set", ax=ax)


def test_the_current_axes_of_pyplot_are_the_default(weekly):
    from matplotlib import pyplot as plt

    current = plt.figure().subplots()
    assert plots.plot_volume(weekly) is current


def test_states_are_drawn_by_the_week_and_distinct_without_colour(response, ax):
    plots.plot_response(response, ax=ax)
    fatigue = line(ax, "fatigue")
    assert fatigue.get_xdata()[[0, 7]].tolist() == [1.0, 2.0]
    assert fatigue.get_ydata().tolist() == response["fatigue"].tolist()
    assert len({line.get_linestyle() for line in ax.lines}) == 3


def test_shares_keep_their_gaps_and_half_is_marked(weekly, ax):
    plots.plot_balance(weekly, ax=ax)
    left = line(ax, BALANCE_STYLES["left_share"][0])
    assert left.get_ydata()[:3].tolist() == [0.5, 0.5, 0.5]
    assert pd.isna(left.get_ydata()[3])
    assert [0.5, 0.5] in [list(one.get_ydata()) for one in ax.lines]


def test_every_week_lies_in_the_lane_of_its_phase(weekly, ax):
    plots.plot_phases(weekly, ax=ax)
    boxes = [bar for container in ax.containers for bar in container]
    lanes = [round(box.get_y() + box.get_height() / 2, 6) for box in boxes]
    assert [box.get_x() for box in boxes] == [0.5, 1.5, 2.5, 3.5]
    assert lanes == [0, 0, 1, 1]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["hinge", "light"]


def test_names_of_many_phases_shrink_so_that_none_overlaps(ax):
    phases = [f"phase {number}" for number in range(20)]
    weeks = {"week": range(1, 21), "phase": phases, "is_deload": False}
    plots.plot_phases(pd.DataFrame(weeks), ax=ax)
    row_pt = ax.bbox.height / ax.figure.dpi * 72 / 20
    assert max(label.get_fontsize() for label in ax.get_yticklabels()) < row_pt


def test_the_deload_week_of_a_phase_is_hatched(weekly, ax):
    plots.plot_phases(weekly, ax=ax)
    hatches = [bar.get_hatch() for container in ax.containers for bar in container]
    assert hatches == [None, None, None, "////"]


def test_muscles_have_lanes_of_one_scale_and_tell_their_highest_week(muscle_sets, ax):
    plots.plot_muscle_sets(muscle_sets, ax=ax)
    assert line(ax, "hamstrings").get_ydata().tolist() == [15 + 12.0, 15 + 6.5]
    assert line(ax, "trunk").get_ydata().tolist() == [3.0, 0.0]
    assert texts(ax) == ["up to 12", "up to 3"]
    assert "0 to 15 sets" in ax.get_ylabel()


def test_a_lift_shows_its_heaviest_working_set_and_a_gap_without_one(sets, ax):
    plots.plot_lifts(sets, ax=ax)
    loads = line(ax, "deadlift").get_ydata()
    assert loads[[0, 2]].tolist() == [60.0, 70.0]
    assert pd.isna(loads[1])


def test_a_lift_without_load_on_it_is_drawn_as_little_as_an_absent_one(sets, ax):
    sets.loc[len(sets)] = (2, "deadlift", "work", 0.0)
    loads = line(plots.plot_lifts(sets, ax=ax), "deadlift").get_ydata()
    assert pd.isna(loads).tolist() == [False, True, False]


def test_lifts_are_named_beside_the_heaviest_first_and_unloaded_ones_left_out(sets, ax):
    plots.plot_lifts(sets, ax=ax)
    assert [one.get_label() for one in ax.lines] == ["hip_thrust", "deadlift"]
    assert {"hip thrust", "deadlift"} <= set(texts(ax))


def test_names_of_lifts_never_overlap(ax):
    rows = [(1, lift, "work", 50.0) for lift in MANY[:6]]
    sets = pd.DataFrame(rows, columns=["week", "exercise", "kind", "load_kg"])
    plots.plot_lifts(sets, ax=ax)
    ends = sorted(ax.transData.transform((0, text.xyann[1]))[1] for text in ax.texts)
    gaps_pt = [(high - low) / ax.figure.dpi * 72 for low, high in pairwise(ends)]
    assert min(gaps_pt) > max(text.get_fontsize() for text in ax.texts)


def test_loads_start_at_zero_and_stay_below_the_top(sets, ax):
    plots.plot_lifts(sets, ax=ax)
    low, high = ax.get_ylim()
    assert low == 0
    assert high > 80.0


def test_an_unknown_lift_gets_a_suggestion(sets, ax):
    with pytest.raises(ValueError, match=r"got 'dead_lift'. Did you mean 'deadlift'"):
        plots.plot_lifts(sets, exercises=["dead_lift"], ax=ax)


def test_more_lifts_than_styles_are_refused(sets, ax):
    with pytest.raises(ValueError, match=r"At most 6 lifts .* got 7: first, second"):
        plots.plot_lifts(sets, exercises=MANY, ax=ax)


def test_a_plan_without_load_draws_empty_axes(sets, ax):
    plots.plot_lifts(sets[sets["load_kg"] == 0], ax=ax)
    assert len(ax.lines) == 0
