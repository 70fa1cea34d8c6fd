from math import nan

import pandas as pd
import pytest
from matplotlib.figure import Figure

from hipext.files.parameters import parameter
from hipext.plots.training import (
    MOVES,
    TURNS,
    plot_decisions,
    plot_pain,
    plot_range,
    plot_strength,
    plot_technique,
    rule_limits,
)


@pytest.fixture
def ax():
    return Figure(figsize=(7, 3)).subplots()


@pytest.fixture
def daily():
    """Return two weeks in two phases; the second is light."""
    days = list(range(14))
    return pd.DataFrame(
        {
            "week": [1] * 7 + [2] * 7,
            "day": days,
            "phase": ["hinge"] * 7 + ["light"] * 7,
            "is_deload": [False] * 7 + [True] * 7,
            "pain": [3.0 - day / 10 for day in days],
            "soreness": [day / 10 for day in days],
            "pain_reported": [3.0 + day % 2 for day in days],
            "soreness_reported": [1.0 for _ in days],
            "technique": [0.5 + day / 100 for day in days],
            "technique_rated": [0.55 if day % 2 else nan for day in days],
            "range_left_deg": [5.0 + day for day in days],
            "range_right_deg": [6.0 + day for day in days],
        }
    )


@pytest.fixture
def assessments():
    """Return a test of range of both sides, and of one lift, on day 7."""
    rows = [
        (7, "hip_extension_range", "", "left", 11.0),
        (7, "hip_extension_range", "", "right", 14.0),
        (7, "strength_check", "deadlift", "both", 104.0),
    ]
    return pd.DataFrame(rows, columns=["day", "test", "exercise", "side", "value"])


@pytest.fixture
def capacity():
    """Return two lifts on two days, the right side stronger."""
    rows = [
        (1, day, lift, side, kg + 2 * day + (10 if side == "right" else 0))
        for day in (0, 1)
        for lift, kg in (("deadlift", 100.0), ("hip_thrust", 60.0))
        for side in ("left", "right")
    ]
    return pd.DataFrame(rows, columns=["week", "day", "exercise", "side", "one_rm_kg"])


@pytest.fixture
def decisions():
    """Return a decision of every kind that has a mark, one day each."""
    rows = [
        (0, "deadlift", "advance"),
        (1, "deadlift", "repeat"),
        (2, "clam", "reduce"),
        (3, "clam", "regress"),
        (4, "deadlift", "stop"),
        (7, "phase", "pass"),
        (7, "phase", "extend"),
        (7, "phase", "regress"),
        (8, "week", "skip"),
        (7, "week", "deload"),
    ]
    table = pd.DataFrame(rows, columns=["day", "subject", "action"])
    return table.assign(week=table["day"] // 7 + 1)


def line(ax, label):
    """Return the line with a label."""
    return next(line for line in ax.lines if line.get_label() == label)


def data(ax, label):
    return [values.tolist() for values in line(ax, label).get_data()]


def bands(ax):
    return [x.get_x() for x in ax.patches if x.get_label() == "_deload week"]


# --- decisions ---


def test_every_mark_stands_on_its_day_in_the_lane_of_its_exercise(decisions, ax):
    plot_decisions(decisions, ax=ax)
    lanes = [label.get_text() for label in ax.get_yticklabels()]
    assert lanes == ["the plan", "deadlift", "clam"]
    assert data(ax, "advances") == [[1.0], [1]]
    assert data(ax, "goes back") == [[1 + 2 / 7, 1 + 3 / 7], [2, 2]]
    assert data(ax, "gate passed") == [[2.0], [0]]
    assert data(ax, "missed") == [[1 + 8 / 7], [0]]


def test_marks_differ_in_shape_not_only_in_colour(decisions, ax):
    plot_decisions(decisions, ax=ax)
    labels = [*MOVES, *TURNS]
    assert len({line(ax, label).get_marker() for label in labels}) == len(labels)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [*TURNS, *MOVES]


def test_a_plan_without_decisions_is_drawn_empty(decisions, ax):
    plot_decisions(decisions[:0], ax=ax)
    assert ax.get_legend() is None


def test_deloads_of_the_run_are_shaded(decisions, daily, ax):
    weekly = daily.drop_duplicates("week")
    assert bands(plot_decisions(decisions, weekly=weekly, ax=ax)) == [2.0]


# --- states ---


def test_reports_are_dots_and_states_are_lines(daily, ax):
    plot_pain(daily, ax=ax)
    dots, states = line(ax, "pain as reported"), line(ax, "pain, state")
    assert dots.get_ydata().tolist() == daily["pain_reported"].tolist()
    assert states.get_ydata().tolist() == daily["pain"].tolist()
    assert (dots.get_linestyle(), states.get_linestyle()) == ("None", "-")
    assert dots.get_marker() != line(ax, "soreness as reported").get_marker()


def test_limits_of_the_shipped_rules_are_drawn_once_each(daily, ax):
    plot_pain(daily, ax=ax)
    heights = [x.get_ydata()[0] for x in ax.lines if x.get_linestyle() == "-."]
    assert heights == sorted(set(rule_limits().values()))
    assert rule_limits()["pain cuts"] == parameter("rule.pain_cut")


def test_other_limits_can_be_drawn(daily, ax):
    plot_pain(daily, limits={"mine": 7.0}, ax=ax)
    assert "above 7:\nmine" in [text.get_text() for text in ax.texts]


def test_phases_are_named_and_deloads_shaded_over_days(daily, ax):
    plot_technique(daily, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["hinge", "light"]
    assert bands(ax) == [2.0]


def test_a_phase_that_is_repeated_is_named_twice(daily, ax):
    third = daily[daily["week"] == 1].assign(week=3)
    plot_technique(pd.concat([daily, third]), ax=ax)
    assert [text.get_text() for text in ax.texts] == ["hinge", "light", "hinge"]


def test_a_gate_is_drawn_over_the_weeks_of_its_phase(daily, ax):
    plot_technique(daily, gates={"hinge": 0.7}, ax=ax)
    asked = line(ax, "gate: at least").get_ydata()
    assert asked[:7].tolist() == [0.7] * 7
    assert pd.isna(asked[7:]).all()


@pytest.mark.parametrize("gates", [None, {}])
def test_without_a_gate_there_is_none_in_the_legend(daily, ax, gates):
    plot_technique(daily, gates=gates, ax=ax)
    assert "gate: at least" not in [one.get_label() for one in ax.lines]


def test_tests_of_range_are_marks_on_their_day(daily, assessments, ax):
    plot_range(daily, assessments, ax=ax)
    assert data(ax, "left, test") == [[2.0], [11.0]]
    assert data(ax, "right, test") == [[2.0], [14.0]]
    assert line(ax, "left").get_ydata().tolist() == daily["range_left_deg"].tolist()
    assert line(ax, "left").get_linestyle() != line(ax, "right").get_linestyle()


def test_strength_is_the_mean_of_both_sides_of_the_tested_lifts(
    capacity, assessments, ax
):
    plot_strength(capacity, assessments, ax=ax)
    assert data(ax, "deadlift") == [[1.0, 1 + 1 / 7], [105.0, 107.0]]
    assert data(ax, "_test") == [[2.0], [104.0]]
    assert "hip_thrust" not in [one.get_label() for one in ax.lines]


def test_other_lifts_can_be_named(capacity, assessments, ax):
    plot_strength(capacity, assessments, exercises=["hip_thrust"], ax=ax)
    assert data(ax, "hip_thrust")[1] == [65.0, 67.0]


def test_a_table_of_the_open_loop_is_refused(daily, ax):
    with pytest.raises(ValueError, match=r"The daily table lacks pain_reported"):
        plot_pain(daily.drop(columns="pain_reported"), ax=ax)
