from math import isnan, nan

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hipext.files.tables import OUTCOMES
from hipext.plots.studies import (
    label_of,
    plot_difference,
    plot_differences,
    plot_fan,
    plot_fans,
    plot_one_at_a_time,
    short_names,
)
from hipext.plots.style import figure_files

WEEKS = [1, 2, 3]
DEEP = "phase.{}.session.A.slot.romanian_deadlift.progress.add_kg = {}"


@pytest.fixture
def ax():
    return Figure(figsize=(8, 3.3)).subplots()


def fan(scenario, start, outcome="strength_pct"):
    """Return three weeks of a scenario, each column a constant away from the median."""
    middle = [start, start + 2, start + 5]
    away = {"mean": 0.5, "q05": -4, "q25": -1, "q50": 0, "q75": 1.5, "q95": 6}
    columns = {name: [value + by for value in middle] for name, by in away.items()}
    table = {"scenario": scenario, "week": WEEKS, "outcome": outcome, "n": [9, 9, 7]}
    return pd.DataFrame(table | columns)


def changes(scenario, slope):
    """Return three weeks of differences that grow in a line."""
    away = {
        "mean": 0,
        "ci_low": -0.5,
        "ci_high": 0.25,
        "q05": -3,
        "q25": -1,
        "q50": 0.1,
    }
    away |= {"q75": 1, "q95": 2}
    columns = {name: [slope * week + by for week in WEEKS] for name, by in away.items()}
    table = {"scenario": scenario, "week": WEEKS, "outcome": "minutes", "n": 40}
    return pd.DataFrame(table | columns)


def row(scenario, difference, share_better=0.63, share_equal=0.0, **columns):
    """Return a row of differences; its ends are at hand-made distances."""
    ends = {"ci_low": -1, "ci_high": 2, "q05": -5, "q95": 7}
    return {
        "scenario": scenario,
        "baseline": "as it is",
        "outcome": "strength_pct",
        "difference": difference,
        **{name: difference + by for name, by in ends.items()},
        "share_better": share_better,
        "share_equal": share_equal,
        **columns,
    }


def line(ax, label):
    """Return the line with a label."""
    return next(one for one in ax.lines if one.get_label() == label)


def collection(ax, label):
    """Return the band, or the bars, with a label."""
    return next(one for one in ax.collections if one.get_label() == label)


def edges(ax, label):
    """Return the lowest and the highest value of a band by week."""
    corners = collection(ax, label).get_paths()[0].vertices
    by_week = pd.DataFrame(corners, columns=["week", "y"]).groupby("week")["y"]
    return by_week.min().tolist(), by_week.max().tolist()


def bars(ax, label):
    """Return height, left and right end of horizontal bars."""
    ends = [one.vertices for one in collection(ax, label).get_paths()]
    return [(one[0][1], one[0][0], one[1][0]) for one in ends]


def dots(ax):
    """Return difference and height of the dots that are seen, full ones first."""
    marks = [one for one in ax.lines if one.get_marker() == "o"]
    pairs = [zip(one.get_xdata(), one.get_ydata(), strict=True) for one in marks]
    return [[(x, y) for x, y in some if not isnan(x)] for some in pairs]


def row_names(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def words(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_fan_shows_the_quantiles_the_median_and_the_mean_of_the_table(ax):
    assert plot_fan(fan("as it is", 100), ax=ax) is ax
    assert edges(ax, "9 in 10 athletes") == ([96, 98, 101], [106, 108, 111])
    assert edges(ax, "half of them") == ([99, 101, 104], [101.5, 103.5, 106.5])
    assert list(line(ax, "median").get_ydata()) == [100, 102, 105]
    assert list(line(ax, "mean").get_ydata()) == [100.5, 102.5, 105.5]
    assert list(line(ax, "mean").get_xdata()) == WEEKS


def test_mean_and_median_differ_in_their_dash_and_bands_in_their_shade(ax):
    plot_fan(fan("as it is", 100), ax=ax)
    assert line(ax, "median").get_linestyle() != line(ax, "mean").get_linestyle()
    shades = [collection(ax, one) for one in ("9 in 10 athletes", "half of them")]
    assert shades[0].get_alpha() < shades[1].get_alpha()
    assert legend(ax) == ["9 in 10 athletes", "half of them", "median", "mean"]


def test_a_fan_reports_its_unit_and_that_athletes_have_finished(ax):
    plot_fan(fan("as it is", 100), ax=ax)
    assert ax.get_ylabel() == "strength (%)"
    assert ax.get_xlabel() == "week of the plan (9 athletes, 7 where fewest)"


def test_a_fan_of_several_scenarios_shows_the_one_that_is_named(ax):
    both = pd.concat([fan(0, 100), fan(1, 200)])
    plot_fan(both, scenario=1, ax=ax)
    assert list(line(ax, "median").get_ydata()) == [200, 202, 205]


def test_a_fan_of_several_scenarios_asks_which_one(ax):
    both = pd.concat([fan("as it is", 100), fan("weeks = 8", 200)])
    with pytest.raises(ValueError, match=r"name one of 'as it is', 'weeks = 8'\."):
        plot_fan(both, ax=ax)


def test_only_the_rows_of_the_outcome_are_drawn(ax):
    both = pd.concat([fan("as it is", 100), fan("as it is", 3, "pain_reported")])
    plot_fan(both, outcome="pain_reported", ax=ax)
    assert list(line(ax, "median").get_ydata()) == [3, 5, 8]
    assert ax.get_ylabel() == "highest reported pain\n(0-10)"


def test_a_scenario_outcome_or_column_that_is_not_there_is_reported(ax):
    weekly = fan("weeks = 8", 100)
    with pytest.raises(ValueError, match=r"got 'weeks = 9'. Did you mean 'weeks = 8'"):
        plot_fan(weekly, scenario="weeks = 9", ax=ax)
    with pytest.raises(ValueError, match=r"must be one of 'strength_pct'; got 'minut"):
        plot_fans(weekly, outcome="minutes", ax=ax)
    with pytest.raises(ValueError, match=r"table lacks q75; it has scenario, week"):
        plot_fans(weekly.drop(columns="q75"), ax=ax)


def test_fans_have_a_median_a_band_and_a_name_per_scenario(ax):
    plot_fans(pd.concat([fan("as it is", 100), fan("load_step = 2", 110)]), ax=ax)
    assert list(line(ax, "as it is").get_ydata()) == [100, 102, 105]
    assert list(line(ax, "load step = 2").get_ydata()) == [110, 112, 115]
    assert edges(ax, "_load step = 2") == ([109, 111, 114], [111.5, 113.5, 116.5])
    assert words(ax) == ["as it is", "load step = 2"]


def test_lines_of_scenarios_differ_besides_colour_and_bands_have_their_colour(ax):
    six = [f"scenario {number}" for number in range(6)]
    plot_fans(pd.concat([fan(name, 100) for name in six]), ax=ax)
    looks = [(one.get_linestyle(), one.get_marker()) for one in ax.lines]
    assert len({*looks}) == 6
    bands = [collection(ax, f"_{name}").get_facecolor()[0] for name in six]
    assert [to_hex(one) for one in bands] == [
        to_hex(line(ax, name).get_color()) for name in six
    ]


def test_more_than_six_scenarios_are_refused(ax):
    seven = pd.concat([fan(number, 100) for number in range(7)])
    with pytest.raises(ValueError, match=r"At most 6 .* got 7: 0, 1, 2, 3, 4, 5, 6"):
        plot_fans(seven, ax=ax)


def test_one_difference_has_a_line_at_nothing_and_bands_of_mean_and_athletes(ax):
    plot_difference(changes("weeks = 8", 2), outcome="minutes", ax=ax)
    assert list(line(ax, "mean difference").get_ydata()) == [2, 4, 6]
    assert edges(ax, "interval of the mean") == ([1.5, 3.5, 5.5], [2.25, 4.25, 6.25])
    assert edges(ax, "9 in 10 athletes") == ([-1, 1, 3], [4, 6, 8])
    assert [0.0, 0.0] in [list(one.get_ydata()) for one in ax.lines]
    assert ax.get_ylabel() == "difference of minutes with\nwork (min)"
    assert ax.get_xlabel() == "week of the plan (40 athletes)"


def test_several_differences_are_lines_with_their_intervals_of_the_mean(ax):
    both = pd.concat([changes("a", 2), changes("b", -1)])
    plot_difference(both, outcome="minutes", ax=ax)
    assert list(line(ax, "b").get_ydata()) == [-1, -2, -3]
    assert edges(ax, "_b") == ([-1.5, -2.5, -3.5], [-0.75, -1.75, -2.75])
    assert words(ax) == ["b", "a"]
    assert [0.0, 0.0] in [list(one.get_ydata()) for one in ax.lines]


def test_a_named_difference_is_drawn_alone(ax):
    both = pd.concat([changes("a", 2), changes("b", -1)])
    plot_difference(both, outcome="minutes", scenario="b", ax=ax)
    assert list(line(ax, "mean difference").get_ydata()) == [-1, -2, -3]
    assert words(ax) == []


def test_a_row_has_its_difference_its_interval_and_its_athletes(ax):
    table = pd.DataFrame([row("weeks = 8", 3.0), row("load_step = 2", -4.0)])
    assert plot_differences(table, outcome="strength_pct", ax=ax) is ax
    assert dots(ax) == [[(3, 0), (-4, 1)], []]
    assert bars(ax, "interval of the mean") == [(0, 2, 5), (1, -5, -2)]
    assert bars(ax, "9 in 10 athletes") == [(0, -2, 10), (1, -9, 3)]
    assert row_names(ax) == ["weeks = 8", "load step = 2"]
    assert ax.yaxis_inverted()
    assert [0, 0] in [list(one.get_xdata()) for one in ax.lines]


def test_the_interval_of_the_mean_is_the_thicker_bar(ax):
    plot_differences(pd.DataFrame([row("a", 3.0)]), outcome="strength_pct", ax=ax)
    thin, thick = (
        collection(ax, "9 in 10 athletes"),
        collection(ax, "interval of the mean"),
    )
    assert thin.get_linewidth()[0] < thick.get_linewidth()[0]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (row("a", 3.0), "better for 63 %"),
        (row("a", 3.0, 0.63, 0.2), "better for 63 %, same for 20 %"),
        (row("a", 3.0, 0.998), "better for 99.8 %"),
        (row("a", 3.0, 1.0), "better for 100 %"),
        (row("a", 3.0, 0.001, 0.5), "better for 0.1 %, same for 50 %"),
        (row("a", -3.0, 0.0), "better for 0 %"),
        (row("a", 3.0, nan, 0.25), "same for 25 %"),
        (row("a", 3.0, nan), ""),
        (row("a", 0.0, 0.0, 1.0), "the same for all"),
        (row("a", 0.0, 0.4, 0.2), "0 on average, better for 40 %, same for 20 %"),
    ],
)
def test_beside_a_row_stands_for_whom_it_is_better_and_the_same(one, said, ax):
    plot_differences(pd.DataFrame([one]), outcome="strength_pct", ax=ax)
    assert words(ax) == [said]


def test_a_difference_of_exactly_nothing_is_a_hollow_dot_at_nothing(ax):
    table = pd.DataFrame([row("a", 0.0, 0.0, 1.0), row("b", 1e-9)])
    plot_differences(table, outcome="strength_pct", ax=ax)
    full, hollow = (one for one in ax.lines if one.get_marker() == "o")
    assert (full.get_fillstyle(), hollow.get_fillstyle()) == ("full", "none")
    assert dots(ax) == [[(1e-9, 1)], [(0, 0)]]


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [
        ("strength_pct", "\nbetter to the right →"),
        ("minutes", "\n← better to the left"),
        ("working_sets", "(sets)"),
    ],
)
def test_the_axis_says_which_way_is_better(outcome, ending, ax):
    plot_differences(
        pd.DataFrame([row("a", 3.0, outcome=outcome)]), outcome=outcome, ax=ax
    )
    assert ax.get_xlabel().endswith(ending)
    assert ax.get_xlabel().startswith("difference from 'as it is':")
    assert f"({OUTCOMES[outcome].unit})" in ax.get_xlabel()


GROUPED = pd.DataFrame(
    [
        row("load_step = 0.5", -1.0, group="load_step"),
        row("weeks = 8", -6.0, group="weeks"),
        row("load_step = 2", 2.0, group="load_step"),
        row("rest", 0.0, 0.0, 1.0, group="other"),
        row("weeks = 20", 1.0, group="weeks"),
    ]
)


def test_rows_stand_under_their_group_the_widest_first(ax):
    assert plot_one_at_a_time(GROUPED, outcome="strength_pct", ax=ax) is ax
    assert row_names(ax) == [
        "weeks",
        "= 8",
        "= 20",
        "load step",
        "= 0.5",
        "= 2",
        "other",
        "rest",
    ]
    assert dots(ax) == [[(-6, 1), (1, 2), (-1, 4), (2, 5)], [(0, 7)]]
    assert [one[0] for one in bars(ax, "interval of the mean")] == [1, 2, 4, 5, 7]
    assert words(ax)[-1] == "the same for all"


def test_headings_are_bold_and_rows_are_not(ax):
    plot_one_at_a_time(GROUPED, outcome="strength_pct", ax=ax)
    bold = [
        one.get_text() for one in ax.get_yticklabels() if one.get_weight() == "bold"
    ]
    assert bold == ["weeks", "load step", "other"]


def test_the_names_of_many_rows_are_no_higher_than_their_rows(ax):
    many = [row(f"{n} = {v}", n + v, group=str(n)) for n in range(20) for v in (1, 2)]
    plot_one_at_a_time(pd.DataFrame(many), outcome="strength_pct", ax=ax)
    row_pt = 72 * ax.bbox.height / ax.figure.dpi / 60  # 40 rows and 20 headings
    both = [*ax.get_yticklabels(), *ax.texts]
    assert max(one.get_fontsize() for one in both) < row_pt


def test_tables_stay_as_they_are(ax):
    before = GROUPED.copy()
    plot_one_at_a_time(GROUPED, outcome="strength_pct", ax=ax)
    pd.testing.assert_frame_equal(GROUPED, before)


def test_a_short_name_stays_and_a_long_one_keeps_its_end():
    names = ["load_step = 2", DEEP.format("hinge", 2.5), DEEP.format("hinge", 5)]
    short = short_names(names)
    assert short[0] == "load step = 2"
    assert [one.split("=")[1] for one in short[1:]] == [" 2.5", " 5"]
    assert max(map(len, short)) <= 26


def test_long_names_that_differ_are_cut_so_that_they_still_do():
    names = [DEEP.format(phase, 5) for phase in ("hinge", "light", "light")]
    first, second, third = short_names(names)
    assert first != second == third
    assert max(len(first), len(second)) <= 26


def test_names_that_differ_only_where_they_are_cut_are_not_cut():
    names = [f"{'a' * 30}{letter}{'b' * 30}" for letter in "xy"]
    assert short_names(names) == names


def test_an_outcome_is_named_by_its_meaning_and_unit_and_another_name_by_its_words():
    assert label_of("working_sets") == "working sets done (sets)"
    assert label_of("n_failed").endswith("(number)")
    assert label_of("my_goal") == "my goal"


def test_the_current_axes_are_used_where_none_are_given():
    from matplotlib.pyplot import gca

    assert plot_fan(fan("as it is", 100)) is gca()


def test_a_figure_with_a_layout_is_laid_out_once_and_drawn_once_a_file(monkeypatch):
    page = Figure(figsize=(2, 2), layout="constrained")
    page.subplots().set_ylabel("a long name, for which room is made on the left")
    calls = []
    engine, draw, layout = (
        page.get_layout_engine(),
        page.draw,
        type(page.get_layout_engine()).execute,
    )
    monkeypatch.setattr(page, "draw", lambda how: calls.append("draw") or draw(how))
    monkeypatch.setattr(
        type(engine), "execute", lambda *of: calls.append("layout") or layout(*of)
    )
    before = page.axes[0].get_position().x0
    assert list(figure_files({"page": page})) == ["page.png", "page.svg"]
    assert calls == ["layout", "draw", "draw"]
    assert page.axes[0].get_position().x0 > before
