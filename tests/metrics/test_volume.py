"""Load metrics against tables counted by hand, and what must hold for any table."""

from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipext import metrics, tables
from hipext.files.parameters import parameter
from hipext.plans.exercises import read_exercises

NAN = float("nan")
SET = {
    "week": 1,
    "day": 0,
    "phase": "base",
    "is_deload": False,
    "session": "A",
    "slot": 1,
    "group": "",
    "exercise": "deadlift",
    "kind": "work",
    "set": 1,
    "side": "both",
    "reps_target": 8,
    "reps": 8,
    "hold_target_s": NAN,
    "hold_s": NAN,
    "load_kg": 50.0,
    "n_implements": 1,
    "system_load_kg": 90.0,
    "pct_1rm": 60.0,
    "rir_target": 2.0,
    "rir": 2.0,
    "rpe": 8.0,
    "tempo": "2-0-1-0",
    "tut_s": 24.0,
    "rest_s": 60.0,
}
HOLD = {"reps": None, "hold_s": 30.0, "tut_s": 30.0, "rir": NAN, "rpe": NAN}
WARM_UP = {"kind": "warm_up", "slot": 9, "rir": 1.0}
EXERCISES = {  # the shares below are counted by hand from these
    name: read_exercises()[name].model_copy(update=values)
    for name, values in {
        "deadlift": {
            "primary": ("gluteus_maximus", "erector_spinae"),
            "secondary": ("hamstrings",),
            "emg_pct_mvic": {"gluteus_maximus": 60.0, "trunk": 110.0},
            "dominant_joint": "hip",
        },
        "back_squat": {
            "primary": ("quadriceps",),
            "secondary": ("gluteus_maximus",),
            "emg_pct_mvic": {},
            "dominant_joint": "knee",
        },
        "dead_bug": {"dominant_joint": "trunk"},
        "cat_camel": {},
    }.items()
}


def sets_table(*rows):
    return tables.SETS.from_rows([tuple((SET | row).values()) for row in rows])


def pair(**values):
    """Return the two rows of a set that either side does."""
    return [{"side": "left"} | values, {"side": "right"} | values]


def weekly(*rows, **more):
    return metrics.weekly(sets_table(*rows), exercises=EXERCISES, **more)


# --- set by set ---


@pytest.mark.parametrize(
    ("row", "external", "system"),
    [
        ({}, 8 * 50, 8 * 90),
        ({"n_implements": 2}, 8 * 2 * 50, 8 * 90),
        ({"side": "left"}, 8 * 50, 8 * 90),
        ({"side": "each"}, 2 * 8 * 50, 2 * 8 * 90),
        ({"kind": "warm_up"}, 8 * 50, 8 * 90),
        (HOLD, 0, 0),
        ({"load_kg": NAN, "system_load_kg": NAN}, 0, 0),
    ],
)
def test_volume_load_is_repetitions_times_load(row, external, system):
    sets = sets_table(row)
    assert metrics.volume_load(sets).tolist() == [external]
    assert metrics.volume_load(sets, load="external").tolist() == [external]
    assert metrics.volume_load(sets, load="system").tolist() == [system]


@pytest.mark.parametrize(
    ("row", "seconds"),
    [({}, 24), ({"side": "right"}, 24), ({"side": "each"}, 48), ({"tut_s": NAN}, 0)],
)
def test_time_under_tension_is_that_of_all_sides(row, seconds):
    assert metrics.time_under_tension(sets_table(row)).tolist() == [seconds]


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({}, 1.0),
        ({"side": "left"}, 0.5),
        ({"side": "right"}, 0.5),
        ({"side": "each"}, 1.0),
        (HOLD, 1.0),
        ({"kind": "warm_up"}, 0.0),
        ({"kind": "mobility", "side": "left"}, 0.0),
        ({"kind": "recovery"}, 0.0),
    ],
)
def test_two_sides_together_are_one_working_set(row, count):
    assert metrics.working_sets(sets_table(row)).tolist() == [count]


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({"rir": 4.0}, 1.0),
        ({"rir": 4.1}, 0.0),
        ({"rir": 0.0, "side": "left"}, 0.5),
        ({"rir": NAN}, 0.0),
        ({"rir": 0.0, "kind": "warm_up"}, 0.0),
    ],
)
def test_a_hard_set_is_work_with_a_small_known_reserve(row, count):
    assert metrics.hard_sets(sets_table(row), max_rir=4).tolist() == [count]


def test_the_reserve_of_a_hard_set_is_a_parameter_and_zero_is_a_limit():
    limit = parameter("effort.hard_set_max_rir")
    sets = sets_table({"rir": limit}, {"rir": limit + 0.5}, {"rir": 0.0})
    assert metrics.hard_sets(sets).tolist() == [1, 0, 1]
    assert metrics.hard_sets(sets, max_rir=0).tolist() == [0, 0, 1]


def test_minutes_are_work_rest_and_one_setting_up_per_slot():
    sets = sets_table({}, {"set": 2}, {"slot": 2, "side": "each", "rest_s": NAN})
    setup_s = parameter("time.setup_s")
    expected = [(24 + 60 + setup_s) / 60, (24 + 60) / 60, (48 + setup_s) / 60]
    assert metrics.minutes(sets).tolist() == pytest.approx(expected)


def test_every_session_sets_up_anew():
    sets = sets_table({}, {"session": "B"}, {"day": 2}, {"day": 2, "set": 2})
    extra = metrics.minutes(sets) - (24 + 60) / 60
    setup_min = parameter("time.setup_s") / 60
    assert extra.tolist() == pytest.approx([setup_min] * 3 + [0], abs=1e-12)


def test_metrics_are_named_like_the_columns_they_become():
    sets = sets_table({})
    named = [
        metrics.volume_load(sets),
        metrics.time_under_tension(sets),
        metrics.working_sets(sets),
        metrics.hard_sets(sets),
        metrics.minutes(sets),
    ]
    assert [column.name for column in named] == [
        "volume_load_kg",
        "tut_s",
        "working_sets",
        "hard_sets",
        "minutes",
    ]


@pytest.mark.parametrize(
    "name", ["volume_load", "working_sets", "hard_sets", "minutes"]
)
def test_a_metric_keeps_the_index_of_the_sets(name):
    sets = sets_table({}, {}, {}).iloc[[2, 0]]
    assert getattr(metrics, name)(sets).index.tolist() == [2, 0]


@pytest.mark.parametrize(
    "name", ["volume_load", "time_under_tension", "weekly", "daily"]
)
def test_an_unknown_side_is_refused(name):
    with pytest.raises(
        ValueError, match=r"side must be one of .*; got 'lefd'. Did you"
    ):
        getattr(metrics, name)(sets_table({}, {"side": "lefd"}))


def test_an_unknown_kind_of_load_is_refused():
    with pytest.raises(ValueError, match=r"'external', 'system'; got 'sistem'. Did"):
        metrics.volume_load(sets_table({}), load="sistem")


def test_only_the_columns_of_the_load_asked_for_are_needed():
    sets = sets_table({})
    system = sets.drop(columns=["load_kg", "n_implements"])
    assert metrics.volume_load(system, load="system").tolist() == [8 * 90]
    with pytest.raises(ValueError, match=r"The sets table lacks system_load_kg"):
        metrics.volume_load(sets.drop(columns="system_load_kg"), load="system")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("volume_load", "n_implements"),
        ("time_under_tension", "tut_s"),
        ("working_sets", "kind"),
        ("hard_sets", "rir"),
        ("minutes", "rest_s"),
        ("session_rpe", "rpe"),
        ("daily", "is_deload"),
        ("training_load", "day"),
        ("weekly", "phase"),
        ("muscle_sets", "exercise"),
    ],
)
def test_a_table_without_a_needed_column_is_refused(name, column):
    sets = sets_table({}).drop(columns=column)
    with pytest.raises(
        ValueError, match=f"The sets table lacks {column}; it has week|day"
    ):
        getattr(metrics, name)(sets)


# --- by session ---


def test_the_rating_of_a_session_is_the_mean_effort_of_its_working_sets():
    sets = sets_table(
        {"rpe": 8.0}, {"rpe": 6.0}, *pair(rpe=10.0), WARM_UP | {"rpe": 1.0}
    )
    session = metrics.session_rpe(sets).iloc[0]
    assert session["rating"] == pytest.approx((8 + 6 + 10) / 3)
    assert session["minutes"] == pytest.approx(metrics.minutes(sets).sum())
    assert session["session_rpe_load"] == pytest.approx(8 * session["minutes"])


def test_a_set_whose_effort_is_unknown_gets_the_assumed_one():
    session = metrics.session_rpe(sets_table({"rpe": 8.0}, {"rpe": NAN})).iloc[0]
    assert session["rating"] == pytest.approx((8 + parameter("effort.unrated_rpe")) / 2)


def test_a_session_without_work_takes_time_and_has_no_load():
    session = metrics.session_rpe(sets_table({"kind": "mobility"})).iloc[0]
    assert (session["rating"], session["session_rpe_load"]) == (0.0, 0.0)
    assert session["minutes"] > 1


def test_there_is_one_row_per_session_in_the_order_performed():
    sets = sets_table({"session": "B"}, {"session": "A"}, {"day": 3}, {"session": "B"})
    sessions = metrics.session_rpe(sets)
    assert sessions["session"].tolist() == ["B", "A", "A"]
    assert sessions["day"].tolist() == [0, 0, 3]


# --- by day ---


def test_a_day_sums_its_working_sets_and_the_others_are_rest():
    sets = sets_table(
        {"day": 1}, {"day": 1, "rir": 9.0}, *pair(day=1), WARM_UP | {"day": 1}
    )
    days = metrics.daily(sets)
    day = days.iloc[1]
    assert day["working_sets"] == 3
    assert day["hard_sets"] == 2
    assert day["system_volume_load_kg"] == 4 * 8 * 90
    assert day["tut_s"] == 4 * 24
    assert days.drop(index=1)[list(tables.TRAINING_LOADS)].eq(0).all(axis=None)


def test_the_load_of_a_day_by_session_rating_sums_its_sessions():
    sets = sets_table({}, {"session": "B", "rpe": 5.0}, {"day": 2})
    sessions = metrics.session_rpe(sets)["session_rpe_load"]
    loads = metrics.daily(sets)["session_rpe_load"]
    assert loads.iloc[:3].tolist() == pytest.approx(
        [sessions[:2].sum(), 0, sessions[2]]
    )


def test_days_say_which_week_weekday_and_sessions_they_are():
    sets = sets_table(
        {"session": "B"}, {}, {"day": 9, "week": 2, "phase": "next", "is_deload": True}
    )
    days = metrics.daily(sets)
    assert days["day"].tolist() == list(range(14))
    assert days["week"].tolist() == [1] * 7 + [2] * 7
    assert days["weekday"].tolist() == list(tables.WEEKDAYS) * 2
    assert days["sessions"].tolist() == ["B + A", *[""] * 8, "A", *[""] * 4]
    assert days["phase"].tolist() == ["base"] * 7 + ["next"] * 7
    assert days["is_deload"].tolist() == [False] * 7 + [True] * 7


def test_weeks_of_rest_are_added_at_the_end():
    days = metrics.daily(sets_table({}), n_weeks=3)
    assert len(days) == 21
    assert days["system_volume_load_kg"].iloc[7:].eq(0).all()
    assert set(days["phase"].iloc[7:]) == {""}
    pd.testing.assert_frame_equal(days.iloc[:7], metrics.daily(sets_table({})))


def test_a_table_ends_with_the_weeks_asked_for():
    sets = sets_table({}, {"day": 8, "week": 2})
    pd.testing.assert_frame_equal(
        metrics.daily(sets, n_weeks=1), metrics.daily(sets.iloc[:1])
    )
    assert metrics.weekly(sets, n_weeks=1)["working_sets"].tolist() == [1]


def test_no_sets_make_no_days_and_no_weeks():
    none = sets_table()
    assert len(metrics.daily(none)) == len(metrics.weekly(none)) == 0
    assert len(metrics.muscle_sets(none)) == 0
    assert metrics.daily(none, n_weeks=2)["session_rpe_load"].tolist() == [0.0] * 14


@pytest.mark.parametrize("definition", tables.TRAINING_LOADS)
def test_training_load_is_the_column_of_its_definition_by_day(definition):
    sets = sets_table({}, {"day": 10, "week": 2})
    load = metrics.training_load(sets, definition=definition, n_weeks=3)
    expected = metrics.daily(sets, n_weeks=3)[definition]
    assert load.tolist() == expected.tolist()
    assert load.index.tolist() == list(range(21))
    assert (load.name, load.index.name) == ("training_load", "day")
    assert load.dtype == "float64"


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("system_volume_load_kg", 2 * 8 * 90),
        ("tut_s", 2 * 24),
        ("hard_sets", 1),
    ],
)
def test_training_load_is_what_its_definition_says(definition, expected):
    sets = sets_table({}, {"rir": NAN}, WARM_UP)
    assert metrics.training_load(sets, definition=definition)[0] == expected


def test_training_load_is_session_rating_times_minutes_where_nothing_is_said():
    sets = sets_table({})
    load = metrics.training_load(sets)[0]
    assert load == pytest.approx(8 * metrics.minutes(sets).sum())


def test_an_unknown_definition_of_training_load_is_refused():
    with pytest.raises(
        ValueError, match=r"definition must be .*Did you mean 'hard_sets'"
    ):
        metrics.training_load(sets_table({}), definition="hard_set")


# --- by week ---


def test_a_week_is_counted_by_hand():
    week = weekly(
        {},
        {"rir": NAN, "n_implements": 2},
        *pair(exercise="back_squat", slot=2, day=2),
        HOLD | {"exercise": "dead_bug", "slot": 3, "day": 2},
        WARM_UP,
        {"kind": "mobility", "day": 4, "session": "C", "exercise": "cat_camel"},
    ).iloc[0]
    assert week["n_sessions"] == 2
    assert week["working_sets"] == 4
    assert week["hard_sets"] == 2
    assert week["reps"] == 4 * 8
    assert week["volume_load_kg"] == 8 * (50 + 2 * 50 + 50 + 50)
    assert week["system_volume_load_kg"] == 4 * 8 * 90
    assert week["tut_s"] == 4 * 24 + 30
    assert week["hip_share"] == pytest.approx(2 / 3)
    assert week["unilateral_share"] == pytest.approx(1 / 4)
    assert week["left_share"] == 0.5


def test_minutes_of_sessions_without_work_are_kept_apart():
    rows = {}, WARM_UP, {"kind": "mobility", "session": "C"}
    week = weekly(*rows).iloc[0]
    each = metrics.minutes(sets_table(*rows))
    assert week["minutes"] == pytest.approx(each[:2].sum())
    assert week["other_minutes"] == pytest.approx(each[2])


def test_a_row_of_each_side_counts_like_its_two_sides():
    apart = weekly(*pair(exercise="back_squat"))
    together = weekly({"side": "each", "exercise": "back_squat"})
    same = ["working_sets", "hard_sets", "reps", "volume_load_kg"]
    same += ["system_volume_load_kg", "tut_s", "hip_share", "unilateral_share"]
    pd.testing.assert_frame_equal(apart[same], together[same])


def test_the_left_share_is_that_of_the_tension_time_of_one_sided_work():
    left, right = pair(exercise="back_squat")
    week = weekly(
        left | {"tut_s": 30.0}, right | {"tut_s": 10.0}, {}, left | {"kind": "mobility"}
    )
    assert week["left_share"].tolist() == [0.75]


def test_a_share_of_nothing_is_missing():
    shares = ["hip_share", "unilateral_share", "left_share"]
    assert weekly({"kind": "mobility"})[shares].isna().all(axis=None)
    assert weekly({"exercise": "dead_bug"})["hip_share"].isna().all()
    assert weekly({})[shares].iloc[0].tolist()[:2] == [1.0, 0.0]


def test_a_session_counts_once_a_day_and_only_with_work():
    week = weekly({}, {"set": 2}, {"session": "B"}, {"day": 3}, WARM_UP | {"day": 5})
    assert week["n_sessions"].tolist() == [3]


def test_weeks_without_sets_are_there_and_empty():
    weeks = weekly({}, {"week": 3, "day": 14, "is_deload": True}, n_weeks=4)
    assert weeks["week"].tolist() == [1, 2, 3, 4]
    assert weeks["n_sessions"].tolist() == [1, 0, 1, 0]
    assert weeks["working_sets"].tolist() == [1, 0, 1, 0]
    assert weeks["session_rpe_load"].gt(0).tolist() == [True, False, True, False]
    assert weeks["is_deload"].tolist() == [False, False, True, False]
    assert weeks["phase"].tolist() == ["base", "", "base", ""]


def test_warm_up_mobility_and_recovery_never_count_as_work():
    others = [{"kind": kind, "slot": 7} for kind in ("warm_up", "mobility", "recovery")]
    with_them, without = weekly({}, *others), weekly({})
    changed = with_them.compare(without).columns.get_level_values(0).unique()
    assert set(changed) <= {"minutes", "session_rpe_load"}


def test_an_exercise_that_is_not_in_the_catalogue_is_refused():
    with pytest.raises(
        ValueError, match=r"'deadlif' is not in .*Did you mean 'deadlift'"
    ):
        weekly({"exercise": "deadlif"})


# --- by muscle ---


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (
            "fractional",
            {
                "gluteus_maximus": 3 + 0.5 * 2,
                "hamstrings": 0.5 * 3,
                "erector_spinae": 3,
                "quadriceps": 2,
            },
        ),
        ("primary", {"gluteus_maximus": 3, "erector_spinae": 3, "quadriceps": 2}),
        (
            "emg",
            {
                "gluteus_maximus": 0.6 * 3 + 0.5 * 2,
                "hamstrings": 0.5 * 3,
                "erector_spinae": 3,
                "quadriceps": 2,
                "trunk": 3,
            },
        ),
    ],
)
def test_sets_per_muscle_are_counted_by_hand(mapping, expected):
    squat = pair(exercise="back_squat")
    sets = sets_table(*[{}] * 3, *squat, *squat, WARM_UP, {"exercise": "cat_camel"})
    counted = metrics.muscle_sets(sets, mapping=mapping, exercises=EXERCISES)
    by_muscle = counted.set_index("muscle")["sets"]
    assert by_muscle.index.tolist() == list(tables.MUSCLES)
    assert by_muscle[by_muscle > 0].to_dict() == pytest.approx(expected)


def test_muscles_are_counted_in_fractions_where_no_mapping_is_named():
    sets = sets_table({}, {"week": 3, "day": 15})
    counted = metrics.muscle_sets(sets, exercises=EXERCISES)
    named = metrics.muscle_sets(sets, mapping="fractional", exercises=EXERCISES)
    pd.testing.assert_frame_equal(counted, named)


def test_muscles_are_counted_by_week_and_deload_weeks_are_marked():
    sets = sets_table({"week": 3, "day": 15, "is_deload": True}, {}, {})
    counted = metrics.muscle_sets(sets, exercises=EXERCISES)
    glutes = counted[counted["muscle"] == "gluteus_maximus"]
    assert glutes["week"].tolist() == [1, 3]
    assert glutes["sets"].tolist() == [2, 1]
    assert glutes["is_deload"].tolist() == [False, True]


def test_a_known_alias_counts_for_the_exercise_it_names():
    alias = EXERCISES["deadlift"].name
    by_alias = metrics.muscle_sets(sets_table({"exercise": alias}), exercises=EXERCISES)
    by_id = metrics.muscle_sets(sets_table({}), exercises=EXERCISES)
    pd.testing.assert_frame_equal(by_alias, by_id)


def test_an_unknown_exercise_is_refused_rather_than_counted_as_nothing():
    with pytest.raises(ValueError, match=r"'squatt' is not in the catalogue"):
        metrics.muscle_sets(sets_table({"exercise": "squatt"}), exercises=EXERCISES)


def test_an_unknown_mapping_is_refused():
    with pytest.raises(
        ValueError, match=r"mapping must be .*got 'EMG'. Did you mean 'emg'"
    ):
        metrics.muscle_sets(sets_table({}), mapping="EMG")


# --- what must hold for any table ---

SETS_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 20),
            "kind": st.sampled_from(tables.SET_KINDS),
            "side": st.sampled_from(["both", "each"]),
            "session": st.sampled_from(["A", "B"]),
            "slot": st.integers(1, 3),
            "exercise": st.sampled_from(list(EXERCISES)),
            "reps": st.none() | st.integers(1, 20),
            "load_kg": st.integers(0, 100),
            "rir": st.none() | st.integers(0, 8),
            "rpe": st.none() | st.integers(2, 10),
        }
    ).map(lambda row: row | {"week": row["day"] // 7 + 1}),
    max_size=15,
)
SUMS = {
    "working_sets": metrics.working_sets,
    "hard_sets": metrics.hard_sets,
    "tut_s": lambda sets: metrics.time_under_tension(sets[sets["kind"] == "work"]),
    "system_volume_load_kg": lambda sets: metrics.volume_load(
        sets[sets["kind"] == "work"], load="system"
    ),
}
few = settings(max_examples=12)  # tables take their time


@few
@given(rows=SETS_ROWS)
def test_weeks_days_and_sets_sum_to_the_same(rows):
    sets = sets_table(*rows)
    by_set = {name: total(sets).sum() for name, total in SUMS.items()}
    by_day, by_week = metrics.daily(sets).sum(), weekly(*rows).sum()
    assert by_day[list(SUMS)].to_dict() == pytest.approx(by_set)
    in_week = by_week
    assert in_week[list(SUMS)].to_dict() == pytest.approx(by_set)


def test_sums_are_those_of_the_rows_in_their_order_to_the_last_digit():
    loads_kg = [60.1, 7.7, 1e9 / 3, 0.1, 2.3, 1e-3, 33.3, 59.9, 1.1, 41.7]
    sets = sets_table(*({"load_kg": kg, "system_load_kg": kg} for kg in loads_kg))
    rows = zip(metrics.volume_load(sets), metrics.minutes(sets), strict=True)
    volume_kg, minutes = (reduce(add, column) for column in zip(*rows, strict=True))
    assert metrics.daily(sets)["volume_load_kg"][0] == volume_kg
    assert metrics.weekly(sets)["volume_load_kg"][0] == volume_kg
    assert metrics.weekly(sets)["minutes"][0] == minutes


@few
@given(rows=SETS_ROWS)
def test_weeks_days_and_sessions_have_the_same_load_and_minutes(rows):
    sets = sets_table(*rows)
    sessions, weeks = metrics.session_rpe(sets), weekly(*rows)
    load = pytest.approx(sessions["session_rpe_load"].sum())
    minutes = weeks["minutes"].sum() + weeks["other_minutes"].sum()
    assert metrics.daily(sets)["session_rpe_load"].sum() == load
    assert weeks["session_rpe_load"].sum() == load
    assert minutes == pytest.approx(metrics.minutes(sets).sum())


@few
@given(rows=SETS_ROWS)
def test_doubling_all_loads_doubles_volume_load_and_nothing_else(rows):
    sets = sets_table(*rows)
    loads = ["load_kg", "system_load_kg"]
    double = sets.assign(**{name: 2 * sets[name] for name in loads})
    once = metrics.weekly(sets, exercises=EXERCISES)
    twice = metrics.weekly(double, exercises=EXERCISES)
    volumes = ["volume_load_kg", "system_volume_load_kg"]
    pd.testing.assert_frame_equal(2 * once[volumes], twice[volumes])
    pd.testing.assert_frame_equal(
        once.drop(columns=volumes), twice.drop(columns=volumes)
    )


@few
@given(rows=SETS_ROWS)
def test_measures_of_a_week_are_finite_and_in_range(rows):
    weeks = weekly(*rows)
    shares = weeks[["hip_share", "unilateral_share", "left_share"]]
    numbers = weeks.drop(columns=[*shares, "phase"])
    assert np.isfinite(numbers.to_numpy(dtype="float64")).all()
    assert (numbers >= 0).all(axis=None)
    assert (shares.isna() | ((shares >= 0) & (shares <= 1))).all(axis=None)


@pytest.mark.parametrize(
    "name",
    ["session_rpe", "daily", "weekly", "training_load", "muscle_sets", "minutes"],
)
def test_the_sets_are_not_changed(name):
    sets = sets_table({}, *pair(), HOLD)
    before = sets.copy()
    getattr(metrics, name)(sets)
    pd.testing.assert_frame_equal(sets, before)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("daily", tables.DAILY),
        ("weekly", tables.WEEKLY),
        ("muscle_sets", tables.MUSCLE_SETS),
    ],
)
def test_a_table_has_the_columns_it_is_said_to_have(name, table):
    made = getattr(metrics, name)(sets_table({}))
    assert tuple(made.columns) == table.names
    typed = [pd.Series(dtype=column.dtype).dtype for column in table.columns]
    assert made.dtypes.tolist() == typed


# --- tables with other labels and other kinds of missing numbers ---


def test_every_slot_of_every_session_is_set_up_once():
    places = [(day, slot) for day in (0, 2, 4, 6) for slot in (1, 2)]
    rows = [
        {"day": day, "slot": slot, "set": n} for day, slot in places for n in (1, 2)
    ]
    found = metrics.minutes(sets_table(*rows)) * 60
    setup_s = parameter("time.setup_s")
    assert found.tolist() == pytest.approx([24 + 60 + setup_s, 24 + 60] * 8)


def test_labels_of_rows_play_no_part_in_sessions():
    sets = sets_table({}, {"set": 2}, {"day": 2}, {"day": 2, "session": "B"})
    labelled = sets.set_axis([7, 3, 9, 1])
    pd.testing.assert_frame_equal(
        metrics.session_rpe(labelled), metrics.session_rpe(sets)
    )


def test_repetitions_missing_from_whole_numbers_count_as_none():
    sets = sets_table({}, HOLD).assign(reps=pd.array([8, None], dtype="Int64"))
    assert metrics.volume_load(sets).tolist() == [8 * 50, 0]
