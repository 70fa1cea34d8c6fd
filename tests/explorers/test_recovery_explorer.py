from itertools import product

import numpy as np
import pytest

from hipext import open_loop, read_athlete, read_plan, simulate
from hipext.athletes.athlete import FlareUp, Sides
from hipext.engine.compiled import as_python_objects
from hipext.engine.decisions import ASYMMETRY, PHASE_ROW, SHORT_RANGE
from hipext.explorers.recovery_explorer import least_range, without_mobility
from hipext.explorers.widgets import explore_recovery
from hipext.files.parameters import parameter
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.plan import Gate

SHOWN = (
    "pain_reported",
    "soreness_reported",
    "stiffness_deg",
    "range_left_deg",
    "range_right_deg",
    "strength_pct",
)


@pytest.fixture(scope="module")
def plan():
    return read_plan("guide_16wk")


@pytest.fixture(scope="module")
def novice():
    return read_athlete("novice")


@pytest.fixture(scope="module")
def kept():
    return explore_recovery()


@pytest.fixture
def explorer(kept):
    """Return one explorer, as it is at the start."""
    kept.reset()
    return kept


def with_habits(athlete, **habits):
    """Return an athlete with other habits."""
    recovery = athlete.recovery.model_copy(update=habits)
    return athlete.model_copy(update={"recovery": recovery})


def with_flare_ups(athlete, *flare_ups):
    """Return an athlete with flare-ups, each a week and points of pain."""
    made = tuple(FlareUp(week=week, pain=pain) for week, pain in flare_ups)
    return athlete.model_copy(update={"flare_ups": made})


def assert_shows(explorer, plan, athlete):
    """Compare what is shown with the library, day by day."""
    daily = simulate(plan, athlete, noise=False).daily
    table = explorer.definition.table(explorer.shown)
    assert len(table) == len(daily)
    for name in (*SHOWN, "week", "is_deload"):
        np.testing.assert_array_equal(table[name], daily[name], err_msg=name)
    assert table["phase"].tolist() == daily["phase"].tolist()


def test_it_starts_with_the_habits_of_the_athlete(explorer, plan, novice):
    habits = novice.recovery.model_dump()
    assert {name: explorer.settings[name] for name in habits} == habits
    assert_shows(explorer, plan, novice)


@pytest.mark.parametrize(
    ("habit", "value"),
    [("sleep_h", 5.1), ("stress", 0.93), ("nutrition", 0.2), ("hydration", 1.0)],
)
def test_a_habit_is_that_of_the_athlete(explorer, plan, novice, habit, value):
    explorer.knobs[habit].value = value
    assert_shows(explorer, plan, with_habits(novice, **{habit: value}))


def test_a_flare_up_is_one_of_the_athlete(explorer, plan, novice):
    explorer.restore({"flare_up_week": 6, "flare_up_pain": 7.5})
    assert_shows(explorer, plan, with_flare_ups(novice, (6, 7.5)))


def test_a_flare_up_is_added_to_those_of_the_athlete(plan, novice):
    explorer = explore_recovery(plan, with_flare_ups(novice, (3, 2.0)))
    explorer.knobs["flare_up_week"].value = 6
    assert_shows(explorer, plan, with_flare_ups(novice, (3, 2.0), (6, 6.0)))
    weeks = explorer.drawing.flare_up.get_xdata() + 0.5
    assert weeks.tolist() == [3, 6]


def test_another_athlete_keeps_the_habits_that_are_set(explorer, plan, novice):
    explorer.knobs["athlete"].value = "runner"
    habits = novice.recovery.model_dump()
    assert_shows(explorer, plan, with_habits(read_athlete("runner"), **habits))


def test_mobility_work_can_be_left_out(explorer, plan, novice):
    explorer.knobs["mobility"].value = "none"
    assert_shows(explorer, without_mobility(plan, "none"), novice)


def test_without_mobility_all_other_sets_stay(plan, novice):
    before = open_loop(plan, novice).sets
    after = open_loop(without_mobility(plan, "none"), novice).sets
    kept = before[before["kind"] != "mobility"].drop(columns="slot")
    after = after.drop(columns="slot").reset_index(drop=True)
    assert len(kept) < len(before)
    assert after.equals(kept.reset_index(drop=True))


def test_mobility_with_work_stays_in_sessions_with_work(plan, novice):
    before = open_loop(plan, novice).sets
    has_work = before.groupby(["day", "session"])["kind"].transform(
        lambda kinds: (kinds == "work").any()
    )
    kept = before[(before["kind"] != "mobility") | has_work].drop(columns="slot")
    after = open_loop(without_mobility(plan, "with_work"), novice).sets
    assert (after["kind"] == "mobility").any()
    assert len(after) < len(before)
    after = after.drop(columns="slot").reset_index(drop=True)
    assert after.equals(kept.reset_index(drop=True))


def test_a_plan_without_mobility_work_has_no_such_control():
    assert "mobility" not in explore_recovery("deadlift_5x5_10wk").controls


@pytest.mark.parametrize(
    ("gate", "left", "right", "least"),
    [
        ({"range_min_deg": 5, "asymmetry_max_deg": 10}, 2.0, 14.0, 5.0),
        ({"range_min_deg": 5, "asymmetry_max_deg": 10}, 18.0, 2.0, 8.0),
        ({"range_min_deg": 5}, 2.0, 18.0, 5.0),
        ({"asymmetry_max_deg": 8}, 7.0, 5.0, -1.0),
        ({"pain_max": 3}, 7.0, 5.0, np.nan),
    ],
)
def test_a_gate_requires_range_and_similar_sides(gate, left, right, least):
    found = least_range(Gate(**gate), np.array([left]), np.array([right]))
    np.testing.assert_array_equal(found, [least])


@pytest.mark.parametrize("mobility", ["as_planned", "with_work", "none"])
@pytest.mark.parametrize("athlete", ["novice", "desk_worker", "lifter"])
def test_the_line_of_the_gate_is_what_gates_decide_by(explorer, athlete, mobility):
    explorer.restore({"athlete": athlete, "mobility": mobility})
    run = explorer.shown.run
    decisions = as_python_objects(run.trace.decisions)
    of_phases = [one.observed for one in decisions if one.slot == PHASE_ROW]
    assert len(of_phases)
    for seen in of_phases:
        gate = run.plan.phase[int(seen.gate_phase)].advance
        least = least_range(gate, np.array([seen.left]), np.array([seen.right]))
        is_stiff_or_uneven = int(seen.gate_failures) & (SHORT_RANGE | ASYMMETRY) > 0
        assert is_stiff_or_uneven == (min(seen.left, seen.right) < least[0])


def test_the_line_of_the_gate_goes_by_the_phase_of_the_day(explorer, plan):
    table = explorer.definition.table(explorer.shown)
    gates = {phase.name: phase.advance for phase in plan.phase}
    foundation = table[table["phase"] == "foundation"]
    most = foundation[["range_left_deg", "range_right_deg"]].max(axis=1)
    expected = np.maximum(gates["foundation"].range_min_deg, most - 10)
    np.testing.assert_allclose(foundation["least_range_deg"], expected)
    is_last = table["phase"] == plan.phase[-1].name
    assert gates[plan.phase[-1].name] is None
    assert table.loc[is_last, "least_range_deg"].isna().all()


def test_deload_weeks_are_described_by_the_rule_that_made_them(explorer, plan, novice):
    explorer.restore({"flare_up_week": 6})
    done = simulate(plan, with_flare_ups(novice, (6, 6.0)), noise=False)
    of_weeks = done.decisions[done.decisions["subject"] == "week"]
    by_rule = of_weeks[of_weeks["action"] == "deload"].groupby("trigger")["week"]
    assert by_rule.apply(list).to_dict() == {
        "reactive_deload": [7],
        "scheduled_deload": [4, 12, 16, 20],
    }
    words = explorer.words.value
    assert "deload weeks: 4, 12, 16 and 20 scheduled" in words
    assert "7 by pain above 5" in words
    assert "8 scheduled but skipped after another one" in words
    signs = {name: [*line.get_xdata()] for name, line in explorer.drawing.signs.items()}
    assert signs == {"scheduled": [4, 12, 16, 20], "by pain": [7], "skipped": [8]}


def test_the_words_have_the_numbers_of_the_library(explorer, plan, novice):
    explorer.restore({"sleep_h": 6.0, "flare_up_week": 9})
    athlete = with_flare_ups(with_habits(novice, sleep_h=6.0), (9, 6.0))
    daily = simulate(plan, athlete, noise=False).daily
    words = explorer.words.value
    assert "highest in week 9, Monday" in words
    assert f"({daily['pain_reported'].max():.1f} of 10)" in words
    day = int(daily["soreness_reported"].idxmax())
    assert f"soreness in week {day // DAYS_PER_WEEK + 1}, " in words
    assert f"({daily['soreness_reported'].max():.2f} of 10)" in words
    assert f"took {len(daily) // DAYS_PER_WEEK};" in words
    assert f"Strength ends at {daily['strength_pct'].iloc[-1]:.1f} %" in words


def test_recovery_is_1_for_usual_habits(novice):
    usual = with_habits(
        novice, sleep_h=7.5, nutrition=0.75, hydration=0.75, stress=0.35
    )
    assert "habits give 1.000 of usual" in explore_recovery(athlete=usual).words.value


def test_recovery_falls_with_every_hour_of_sleep_that_is_missed(novice):
    usual = with_habits(
        novice, sleep_h=5.5, nutrition=0.75, hydration=0.75, stress=0.35
    )
    text = f"habits give {1 - 2 * parameter('recovery.sleep_per_h'):.3f} of usual"
    assert text in explore_recovery(athlete=usual).words.value


def test_gates_that_stay_shut_are_described(novice):
    stiff = novice.model_copy(update={"hip_extension_deg": Sides(left=-20, right=14)})
    explorer = explore_recovery(athlete=stiff)
    n_weeks = explorer.shown.run.n_weeks
    text = f"of 16 weeks is still in phase foundation (1 of 7) after {n_weeks};"
    assert text in explorer.words.value


def test_more_weeks_than_planned_are_described(explorer):
    explorer.knobs["mobility"].value = "none"
    n_weeks = explorer.shown.run.n_weeks
    assert n_weeks > 16
    assert f"The plan of 16 weeks took {n_weeks};" in explorer.words.value


def test_a_plan_without_a_rule_for_pain_has_no_limit():
    explorer = explore_recovery("tagliaferri_26wk")
    assert "the plan has none for pain" in explorer.words.value
    labels = [line.get_label() for line in explorer.drawing.figure.axes[0].lines]
    assert "above: deload week" not in labels


def test_a_plan_with_a_rule_for_pain_shows_its_limit(explorer, plan):
    lines = {line.get_label(): line for line in explorer.drawing.figure.axes[0].lines}
    limit = plan.deload.reactive.pain_above
    assert [*lines["above: deload week"].get_ydata()] == [limit, limit]


def test_habits_beyond_the_usual_widen_the_control(novice):
    explorer = explore_recovery(athlete=with_habits(novice, sleep_h=3.5))
    assert explorer.controls["sleep_h"].low == 3.5
    assert explorer.settings["sleep_h"] == 3.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sleep_h", 6.0),
        ("stress", 0.9),
        ("nutrition", 0.75),
        ("hydration", 0.75),
        ("mobility", "with_work"),
        ("flare_up_week", 3),
        ("athlete", "lifter"),
    ],
)
def test_every_control_changes_picture_and_words(explorer, name, value):
    picture, words = explorer.image.value, explorer.words.value
    explorer.knobs[name].value = value
    assert explorer.image.value != picture
    assert explorer.words.value != words


def test_the_size_of_a_flare_up_waits_for_its_week(explorer):
    picture, words = explorer.image.value, explorer.words.value
    explorer.knobs["flare_up_pain"].value = 8.0
    assert explorer.image.value == picture
    assert explorer.words.value != words
    explorer.knobs["flare_up_week"].value = 3
    picture = explorer.image.value
    explorer.knobs["flare_up_pain"].value = 3.0
    assert explorer.image.value != picture


def test_reset_brings_the_picture_back(explorer):
    picture, words = explorer.image.value, explorer.words.value
    explorer.restore({"mobility": "none", "flare_up_week": 8, "athlete": "desk_worker"})
    explorer.knobs["stress"].value = 1.0
    explorer.reset()
    assert explorer.image.value == picture
    assert explorer.words.value == words


EXTREMES = {
    "sleep_h": (4.0, 10.0),
    "stress": (1.0, 0.0),
    "mobility": ("none", "as_planned"),
    "flare_up_week": (1, 16),
    "flare_up_pain": (1.0, 9.0),
    "athlete": ("desk_worker", "lifter"),
}


@pytest.mark.parametrize("chosen", [*product((0, 1), repeat=6)][::7])
def test_extremes_draw(explorer, chosen):
    pairs = zip(EXTREMES.items(), chosen, strict=True)
    explorer.restore({name: values[place] for (name, values), place in pairs})
    table = explorer.definition.table(explorer.shown)
    assert np.isfinite(table[[*SHOWN]].to_numpy()).all()
    assert bytes(explorer.image.value[:4]) == b"\x89PNG"
    for axes in explorer.drawing.figure.axes:
        low, high = axes.get_ylim()
        for line in axes.lines:
            known = np.asarray(line.get_ydata(), dtype=float)
            known = known[np.isfinite(known)]
            assert ((known >= low) & (known <= high)).all()


@pytest.mark.parametrize("plan", ["maintenance_2day_13wk", "deadlift_5x5_10wk"])
@pytest.mark.parametrize("athlete", ["novice", "lifter"])
def test_other_plans_draw(plan, athlete):
    explorer = explore_recovery(plan, athlete)
    picture = explorer.image.value
    explorer.restore({"flare_up_week": 2, "sleep_h": 4.0})
    assert explorer.image.value != picture


def test_labels_are_short(explorer):
    assert max(len(control.label) for control in explorer.controls.values()) <= 30


def test_files_hold_a_row_per_day(explorer):
    lines = explorer.files()["hipext_recovery.csv"].decode().splitlines()
    assert len(lines) == 1 + len(explorer.shown.run.trace.days)
