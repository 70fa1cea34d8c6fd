"""Knobs: one change of a whole plan each, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import plans

from hipext import expand_plan, read_athlete
from hipext.files.checks import InputError, PlanError
from hipext.plans.edits import KNOBS, apply_knob, one_change_variants
from hipext.plans.plan import Plan
from hipext.plans.plan_file import check_plan, read_plan
from hipext.studies.scenarios import scenario_of

# work and a warm-up, loads written in three ways, one pair, one slot without load
SLOTS = (
    {"exercise": "easy_cycling", "sets": "1x5min", "rest_s": 0},
    {"exercise": "glute_bridge", "sets": "2x10"},
    {
        "exercise": "deadlift",
        "sets": "3x5 @80%",
        "rest_s": 120,
        "progress": {"rule": "linear", "add_kg": 2.5, "on_fail": {"after": 3}},
    },
    {
        "exercise": "goblet_squat",
        "sets": "3x8-10 @RIR2",
        "group": "pair",
        "progress": {"rule": "double", "add_pct": 5.0, "add_reps": 2},
    },
    {"exercise": "clam", "sets": "2x12/side", "group": "pair", "tempo": "2-0-2-0"},
    {
        "exercise": "barbell_hip_thrust",
        "sets": "3x6 @40kg",
        "rest_s": 600,
        "progress": {"rule": "tempo", "tempos": ["3-1-1-0"]},
    },
)
WAVE = {
    "exercise": "back_squat",
    "sets": "3x5 @70%",
    "progress": {"rule": "wave", "pct": [70, 80, 95], "add_kg": 2.5},
}


def plan_of(*slots, weeks=8, **more):
    """Return a plan of one phase and one session on two days."""
    session = {"name": "A", "days": ["mon", "thu"], "slot": [*slots]}
    phase = {"name": "hinge", "weeks": weeks, "session": [session]}
    values = {"format": 1, "name": "small", "phase": [phase], **more}
    return check_plan(values, source="small")


@pytest.fixture
def small():
    """Return the plan of all SLOTS."""
    return plan_of(*SLOTS)


def slots_in(plan):
    """Return the slots of the first session of a plan."""
    return plan.phase[0].session[0].slot


def sets_in(plan):
    """Return the sets of the first session of a plan, as they are written."""
    return [slot.sets for slot in slots_in(plan)]


def exercises_in(plan):
    """Return the exercises of the first session of a plan, in order."""
    return [slot.exercise for slot in slots_in(plan)]


NEUTRAL = {
    "load_step": 1,
    "start_load": 1,
    "rest": 1.0,
    "progression": "as_is",
    "swap": "as_is",
    "tempo": "as_is",
    "order": "as_is",
}
OWN = {
    "deload_every": lambda plan: plan.deload.every_weeks,
    "deload_sets": lambda plan: plan.deload.sets_fraction,
    "deload_load": lambda plan: plan.deload.load_fraction,
    "weeks": lambda plan: plan.n_weeks,
}
TRIED = {
    "deload_every": 3,
    "deload_sets": 0.25,
    "deload_load": 0.75,
    "load_step": 0.5,
    "start_load": 0.9,
    "progression": "step",
    "sessions_a_week": 4,
    "weeks": 5,
    "swap": "deadlift>sumo_deadlift",
    "tempo": "4-1-1-0",
    "order": "heavy_first",
    "rest": 1.5,
}


def test_no_knob_is_called_like_a_part_of_a_plan_file():
    assert set(KNOBS) & {*Plan.model_fields, "athlete", "parameter"} == set()


def test_every_knob_tells_its_own_name_meaning_and_values():
    assert [knob.name for knob in KNOBS.values()] == list(KNOBS)
    assert all(knob.meaning and knob.values for knob in KNOBS.values())


@given(plans(max_phases=2), st.sampled_from(sorted(NEUTRAL)))
def test_neutral_value_gives_an_equal_plan(plan, name):
    assert apply_knob(plan, name, NEUTRAL[name]) == plan


@given(plans(max_phases=2), st.sampled_from(sorted(OWN)))
def test_value_that_the_plan_has_gives_an_equal_plan(plan, name):
    bare = plan.deload.model_copy(update={"weeks": (), "sets": None})
    plan = plan.model_copy(update={"deload": bare})
    assert apply_knob(plan, name, OWN[name](plan)) == plan


def n_sessions(plan, phase):
    """Return how many sessions a week has in a phase."""
    return sum(len(session.days or plan.days) for session in phase.session)


@given(plans(max_phases=2), st.integers(1, 5))
def test_phases_that_have_so_many_sessions_stay(plan, count):
    varied = apply_knob(plan, "sessions_a_week", count)
    stay = [n_sessions(plan, phase) == count for phase in plan.phase]
    for is_same, before, after in zip(stay, plan.phase, varied.phase, strict=True):
        assert n_sessions(varied, after) == count
        assert (after == before) >= is_same


def fault_of(plan, name, value):
    """Return what is wrong with a value of a knob, or nothing."""
    try:
        apply_knob(plan, name, value)
    except ValueError as error:
        return str(error)
    return ""


@given(plans(max_phases=2), st.sampled_from(sorted(TRIED)))
def test_plan_stays_as_it_is(plan, name):
    before = plan.model_copy(deep=True)
    fault_of(plan, name, TRIED[name])
    assert plan == before


@given(plans(max_phases=2), st.sampled_from(sorted({*TRIED} - {"swap"})))
def test_every_knob_fits_every_plan_or_says_that_it_fits_nothing(plan, name):
    fault = fault_of(plan, name, TRIED[name])
    assert fault == "" or fault.endswith(f" in {plan.name!r}.")


@pytest.mark.parametrize("name", sorted(TRIED))
def test_every_knob_changes_the_small_plan(small, name):
    assert apply_knob(small, name, TRIED[name]) != small


def test_deloads_come_every_so_many_weeks_and_no_others():
    plan = plan_of(*SLOTS, deload={"every_weeks": 4, "weeks": [7]})
    varied = apply_knob(plan, "deload_every", 3)
    assert [week for week in range(1, 9) if varied.is_deload_week(week)] == [3, 6]
    none = apply_knob(plan, "deload_every", 0)
    assert not any(none.is_deload_week(week) for week in range(1, 9))


def test_depth_of_deloads_replaces_given_sets():
    plan = plan_of(*SLOTS, deload={"weeks": [7], "sets": "2x8"})
    deload = apply_knob(plan, "deload_sets", 0.25).deload
    assert (deload.sets_fraction, deload.sets, deload.weeks) == (0.25, None, (7,))


def test_load_of_deloads_changes_alone():
    plan = plan_of(*SLOTS, deload={"weeks": [7], "sets": "2x8"})
    deload = apply_knob(plan, "deload_load", 1).deload
    assert deload == plan.deload.model_copy(update={"load_fraction": 1.0})


def test_load_step_is_a_factor_in_kg_and_in_percent(small):
    rules = [slot.progress for slot in slots_in(apply_knob(small, "load_step", 0.5))]
    assert (rules[2].add_kg, rules[2].add_pct) == (1.25, None)
    assert (rules[3].add_kg, rules[3].add_pct) == (None, 2.5)


@pytest.mark.parametrize(
    ("step", "factor", "expected"),
    [
        ({"add_kg": 2.27}, 3, {"add_kg": 6.81}),
        ({"add_kg": 2.5}, 0.333, {"add_kg": 0.83}),
        ({"add_kg": 40.0}, 2, {"add_kg": 50.0}),
        ({"add_kg": 0.05}, 0.01, {"add_kg": 0.01}),
        ({"add_pct": 30.0}, 2, {"add_pct": 50.0}),
        ({"add_pct": 1.0}, 0.01, {"add_pct": 0.1}),
    ],
)
def test_load_step_is_rounded_and_stays_within_what_files_allow(step, factor, expected):
    slot = {
        "exercise": "deadlift",
        "sets": "3x5 @80%",
        "progress": {"rule": "step", **step},
    }
    rule = slots_in(apply_knob(plan_of(slot), "load_step", factor))[0].progress
    assert rule.model_dump(exclude_unset=True) == {"rule": "step", **expected}


def test_load_step_of_a_wave_is_scaled_too():
    rule = slots_in(apply_knob(plan_of(WAVE), "load_step", 2))[0].progress
    assert (rule.add_kg, rule.pct) == (5.0, (70, 80, 95))


def test_first_load_is_scaled_as_it_is_written(small):
    # Epley, 8 repetitions with 2 in reserve: 100 / (1 + 10 / 30) = 75 %
    assert sets_in(apply_knob(small, "start_load", 0.9)) == [
        "1x300s",
        "2x10",
        "3x5 @72%",
        "3x8-10 @67.5%",
        "2x12/side",
        "3x6 @36kg",
    ]


def test_first_load_stays_at_most_the_one_repetition_maximum(small):
    sets = sets_in(apply_knob(small, "start_load", 1.5))
    assert (sets[2], sets[3], sets[5]) == ("3x5 @100%", "3x8-10 @100%", "3x6 @60kg")


def test_first_load_stays_what_the_notation_allows(small):
    sets = sets_in(apply_knob(small, "start_load", 0.01))
    assert (sets[2], sets[5]) == ("3x5 @1.01%", "3x6 @0.4kg")


def test_first_load_of_a_wave_scales_all_of_it():
    slot = slots_in(apply_knob(plan_of(WAVE), "start_load", 1.1))[0]
    assert (slot.sets, slot.progress.pct) == ("3x5 @77%", (77, 88, 100))


def test_first_load_stays_where_a_rung_of_the_ladder_has_none():
    slot = {
        "exercise": "goblet_squat",
        "sets": "3x8-10 @RIR2",
        "progress": {"rule": "double"},
        "ladder": ["sit_to_stand"],
    }
    varied = apply_knob(plan_of(slot, *SLOTS), "start_load", 0.9)
    assert sets_in(varied)[0] == "3x8-10 @RIR2"
    assert sets_in(varied)[3] == "3x5 @72%"


def test_rule_comes_with_the_own_step_and_cut_of_the_slot(small):
    rules = [
        slot.progress for slot in slots_in(apply_knob(small, "progression", "step"))
    ]
    given = {"rule": "step", "add_kg": 2.5, "on_fail": {"after": 3}}
    assert rules[2].model_dump(exclude_unset=True) == given
    assert rules[3].model_dump(exclude_unset=True) == {"rule": "step", "add_pct": 5.0}


def test_slots_without_a_step_of_the_load_keep_their_rule(small):
    names = [
        slot.progress.rule
        for slot in slots_in(apply_knob(small, "progression", "none"))
    ]
    assert names == ["none", "none", "none", "none", "none", "tempo"]


def test_slot_that_has_the_rule_keeps_all_of_it(small):
    rules = [
        slot.progress for slot in slots_in(apply_knob(small, "progression", "double"))
    ]
    assert rules == [slot.progress for slot in slots_in(small)]  # 3x5 has no range


def test_wave_keeps_its_rule():
    rules = [
        x.progress
        for x in slots_in(apply_knob(plan_of(WAVE, *SLOTS), "progression", "none"))
    ]
    assert [rules[0].rule, rules[3].rule] == ["wave", "none"]


def test_slot_that_does_not_count_as_work_keeps_its_rule():
    warm_up = SLOTS[2] | {"kind": "warm_up"}
    plan = apply_knob(plan_of(warm_up, *SLOTS), "progression", "none")
    assert slots_in(plan)[0].progress.rule == "linear"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_every_phase_has_so_many_sessions_a_week(count):
    varied = apply_knob(read_plan("guide_16wk"), "sessions_a_week", count)
    n_days = [sum(len(one.days) for one in phase.session) for phase in varied.phase]
    assert n_days == [count] * 7


def test_sessions_keep_their_order():
    plan = apply_knob(read_plan("guide_16wk"), "sessions_a_week", 4)
    own = [session.name for phase in plan.phase for session in phase.session]
    sets = expand_plan(plan, read_athlete("lifter"))
    rows = sets[(sets["week"] == 6) & sets["session"].isin(own)]
    names = rows.drop_duplicates(["day", "session"])["session"].tolist()
    assert names == ["A", "B", "A", "A"]  # the old week was A, B, A


def test_sessions_of_the_whole_plan_stay_on_their_days():
    guide = read_plan("guide_16wk")
    assert apply_knob(guide, "sessions_a_week", 2).session == guide.session


def test_shorter_plan_drops_weeks_listed_beyond_its_end():
    plan = plan_of(
        *SLOTS,
        deload={"weeks": [3, 8]},
        assessment={"weeks": [5, 6], "tests": ["strength_check"]},
    )
    varied = apply_knob(plan, "weeks", 5)
    assert varied.n_weeks == 5
    assert (varied.deload.weeks, varied.assessment.weeks) == ((3,), (5,))


def test_length_that_the_plan_has_moves_no_week_between_phases():
    session = {"name": "A", "days": ["mon"], "slot": [SLOTS[1]]}
    lengths = {"long": 10, "short": 1}
    phases = [
        {"name": name, "weeks": weeks, "session": [session]}
        for name, weeks in lengths.items()
    ]
    values = {"format": 1, "name": "uneven", "phase": phases}
    varied = apply_knob(check_plan(values, source="uneven"), "weeks", 11)
    assert [phase.weeks for phase in varied.phase] == [10, 1]


@pytest.mark.parametrize("weeks", [1, 4, 7, 12, 15, 17, 26, 32, 52, 104])
def test_guide_can_have_any_length(weeks):
    plan = apply_knob(read_plan("guide_16wk"), "weeks", weeks)
    assert plan.n_weeks == weeks
    assert all(phase.weeks >= 1 for phase in plan.phase)


def test_doubling_the_weeks_doubles_no_phase_by_more_than_one_week_too_many():
    guide = read_plan("guide_16wk")
    longer = apply_knob(guide, "weeks", 32)
    for before, after in zip(guide.phase, longer.phase, strict=True):
        assert abs(after.weeks - 2 * before.weeks) <= 1


@pytest.mark.parametrize(
    "value",
    [
        "deadlift>sumo_deadlift",
        "Deadlift > Sumo-Deadlift",
        {"old": "deadlift", "new": "sumo_deadlift"},
    ],
)
def test_exercise_is_swapped_and_everything_else_of_the_slot_stays(small, value):
    varied = apply_knob(small, "swap", value)
    update = {"exercise": "sumo_deadlift"}
    expected = [*slots_in(small)]
    expected[2] = expected[2].model_copy(update=update)
    assert [*slots_in(varied)] == expected


def test_exercise_is_swapped_in_ladders_and_blocks_but_not_in_a_warm_up():
    ladder = {
        "exercise": "sit_to_stand",
        "sets": "3x8-10 @RIR2",
        "progress": {"rule": "double"},
        "ladder": ["low_step_up"],
    }
    step = {"exercise": "low_step_up", "sets": "2x8"}
    block = {"name": "end", "slot": [step]}
    plan = plan_of(ladder, step | {"kind": "warm_up"}, block=[block])
    varied = apply_knob(plan, "swap", "low_step_up>glute_bridge")
    assert slots_in(varied)[0].ladder == ("glute_bridge",)
    assert slots_in(varied)[1].exercise == "low_step_up"
    assert varied.block[0].slot[0].exercise == "glute_bridge"


def test_swap_that_does_not_fit_the_sets_is_reported_by_the_plan(small):
    message = r"slot 3 \(glute_bridge\)(.|\n)*no external load to set; got '3x5 @80%'"
    with pytest.raises(PlanError, match=message) as caught:
        apply_knob(small, "swap", "deadlift>glute_bridge")
    assert caught.value.source == "'small' with swap = deadlift>glute_bridge"


def test_tempo_is_that_of_all_work_in_repetitions_without_a_rule_for_it(small):
    tempos = [slot.tempo for slot in slots_in(apply_knob(small, "tempo", "4-1-1-0"))]
    assert tempos == [None, "4-1-1-0", "4-1-1-0", "4-1-1-0", "4-1-1-0", None]


def test_hold_gets_no_tempo():
    hold = {"exercise": "isometric_bridge_hold", "sets": "3x20s"}
    varied = apply_knob(plan_of(hold, *SLOTS), "tempo", "4-1-1-0")
    assert slots_in(varied)[0].tempo is None


def test_warm_up_keeps_its_tempo():
    warm_up = {"exercise": "leg_swings", "sets": "1x8/side"}
    varied = apply_knob(plan_of(warm_up, *SLOTS), "tempo", "4-1-1-0")
    assert [slot.tempo for slot in slots_in(varied)][:3] == [None, None, "4-1-1-0"]


def test_rest_after_work_is_scaled_up_to_a_quarter_of_an_hour(small):
    rests = [slot.rest_s for slot in slots_in(apply_knob(small, "rest", 1.55))]
    assert rests == [0.0, 93.0, 186.0, 93.0, 93.0, 900.0]


def test_rest_after_a_warm_up_stays():
    warm_up = SLOTS[2] | {"kind": "warm_up"}
    rests = [
        x.rest_s for x in slots_in(apply_knob(plan_of(warm_up, *SLOTS), "rest", 0.5))
    ]
    assert (rests[0], rests[3]) == (120.0, 60.0)


FIRST, BRIDGE, LIFT, PAIR, THRUST = (
    ["easy_cycling"],
    ["glute_bridge"],
    ["deadlift"],
    ["goblet_squat", "clam"],
    ["barbell_hip_thrust"],
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("reversed", FIRST + THRUST + PAIR + LIFT + BRIDGE),
        ("heavy_first", FIRST + LIFT + PAIR + THRUST + BRIDGE),
        ("heavy_last", FIRST + BRIDGE + LIFT + PAIR + THRUST),
    ],
)
def test_work_is_ordered_while_groups_stay_together(small, value, expected):
    assert exercises_in(apply_knob(small, "order", value)) == expected


def test_slot_that_is_no_work_keeps_its_place_among_the_others():
    plan = plan_of(SLOTS[1], SLOTS[0], SLOTS[2])
    names = exercises_in(apply_knob(plan, "order", "heavy_first"))
    assert names == LIFT + FIRST + BRIDGE


def test_loaded_and_unloaded_work_keep_their_own_order():
    plan = plan_of(SLOTS[1], SLOTS[2], WAVE, {"exercise": "clam", "sets": "2x8"})
    varied = apply_knob(plan, "order", "heavy_last")
    assert exercises_in(varied) == ["glute_bridge", "clam", "deadlift", "back_squat"]


def test_session_with_a_group_in_two_places_stays():
    away = SLOTS[4] | {"exercise": "glute_bridge", "sets": "2x12"}
    plan = plan_of(*SLOTS, away)  # both places of 'pair' would come to touch
    assert apply_knob(plan, "order", "heavy_last") == plan


@given(plans(max_phases=2), st.sampled_from(["reversed", "heavy_first", "heavy_last"]))
def test_order_loses_and_adds_no_slot(plan, value):
    varied = apply_knob(plan, "order", value)
    for before, after in zip(plan.phase, varied.phase, strict=True):
        for one, other in zip(before.session, after.session, strict=True):
            assert sorted(map(repr, one.slot)) == sorted(map(repr, other.slot))


@given(plans(max_phases=2))
def test_reversed_twice_is_the_order_as_it_was(plan):
    once = apply_knob(plan, "order", "reversed")
    assert apply_knob(once, "order", "reversed") == plan


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("load_stp", 1, r"knob must be one of .*got 'load_stp'. Did you mean 'load_st"),
        ("deload_every", -1, r"deload_every must be a whole .* 0 to 104; got -1\."),
        ("deload_every", 2.5, r"deload_every must be a whole number .*; got 2\.5\."),
        ("deload_every", True, r"deload_every must be a whole number .*; got True\."),
        ("deload_sets", 50, r"deload_sets must be a share .*like 0\.5; got 50\."),
        ("deload_load", "0.5", r"deload_load must be a share .*; got '0\.5'\."),
        ("load_step", 0, r"load_step must be a factor from 0\.01 to 10, .*; got 0\."),
        ("load_step", None, r"load_step must be a factor .*; got None\."),
        ("start_load", 90, r"start_load must .*like 0\.9 for 90 %; got 90\."),
        ("start_load", float("nan"), r"start_load must be a factor .*; got nan\."),
        ("rest", float("inf"), r"rest must be a factor .*; got inf\."),
        (
            "progression",
            "linaer",
            r"progression must be one of .* got 'linaer'. .* 'linear'\?",
        ),
        ("progression", [1], r"progression must be one of .*; got \[1\]\."),
        ("sessions_a_week", 6, r"sessions_a_week must be .* from 1 to 5; got 6\."),
        ("weeks", 0, r"weeks must be a whole number from 1 to 104; got 0\."),
        ("swap", "deadlift", r"swap names .*'deadlift>sumo_deadlift'; got 'deadlift'"),
        ("swap", {"old": "deadlift"}, r"swap names .*; got \{'old': 'deadlift'\}"),
        ("swap", "deadlft>clam", r"'deadlft' is not in the catalogue. .*'deadlift'"),
        (
            "swap",
            "sumo_deadlift>clam",
            r"'sumo_deadlift' is not among the work \(.*deadlift, .*\) in 'small'\. "
            r"Did you mean 'deadlift'\?",
        ),
        ("tempo", "3-1-1", r"'3-1-1' is not a tempo"),
        ("tempo", 3, r"'3' is not a tempo"),
        ("order", "heavy", r"order must be one of 'as_is', .*; got 'heavy'\."),
    ],
)
def test_value_that_is_not_allowed_is_reported(small, name, value, message):
    with pytest.raises(ValueError, match=message):
        apply_knob(small, name, value)


WALK = {"exercise": "gentle_walk", "sets": "1x20min"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("load_step", 2, r"load_step: no rule has a step of the load in 'small'\."),
        ("start_load", 0.9, r"start_load: no exercise has a load in 'small'\."),
        (
            "progression",
            "linear",
            r"progression 'linear' fits no loaded working slot in 'small'\.",
        ),
        ("swap", "clam>bird_dog", r"swap: 'clam' is not among the work .*'small'\."),
        ("tempo", "3-1-1-0", r"tempo: no working slot .* in 'small'\."),
        ("rest", 2, r"rest: there is no working slot in 'small'\."),
    ],
)
def test_knob_that_changes_nothing_in_a_plan_says_so(name, value, message):
    with pytest.raises(ValueError, match=message):
        apply_knob(plan_of(WALK), name, value)


def test_double_fits_nothing_where_no_slot_has_a_range():
    with pytest.raises(
        ValueError, match=r"progression 'double' fits no .* in 'small'\."
    ):
        apply_knob(plan_of(SLOTS[2]), "progression", "double")


@pytest.mark.parametrize("every", [np.int64(3), np.float64(3), 3.0])
def test_numbers_of_numpy_count_as_numbers(small, every):
    deload = apply_knob(small, "deload_every", every).deload
    assert deload.every_weeks == 3
    assert type(deload.every_weeks) is int


def test_variants_of_the_guide_come_in_ten_groups():
    variants = one_change_variants(read_plan("guide_16wk"))
    assert variants["deload weeks"] == [{"deload_every": n} for n in (0, 3, 4, 5, 6)]
    assert variants["missed weeks"] == [
        {"athlete.missed_weeks": weeks} for weeks in ([], [5], [5, 6])
    ]
    pair = "dumbbell_romanian_deadlift>pull_through"
    assert variants["exercise"] == [{"swap": "as_is"}, {"swap": pair}]
    assert variants["depth of deloads"] == [
        {"deload_sets": share} for share in (0.25, 0.5, 0.75, 1)
    ]
    assert variants["first load"] == [{"start_load": x} for x in (0.8, 0.9, 1, 1.1)]
    assert variants["load step"] == [{"load_step": x} for x in (0.5, 1, 2)]
    others = {"progression", "sessions a week", "tempo", "order"}
    assert others < variants.keys()
    assert len(variants) == 10


@pytest.mark.parametrize("name", ["guide_16wk", "tagliaferri_26wk"])
def test_every_variant_is_one_change_that_makes_another_plan(name):
    plan = read_plan(name)
    for changes in one_change_variants(plan).values():
        scenarios = [scenario_of(plan, one) for one in changes]
        assert all(len(one) == 1 for one in changes)
        made = [(one.plan, one.athlete) for one in scenarios]
        assert all(made.count(one) == 1 for one in made)


def test_plan_without_work_has_no_variants_of_work():
    assert set(one_change_variants(plan_of(WALK, weeks=4))) == {
        "deload weeks",
        "sessions a week",
    }


def test_depth_of_deloads_is_tried_only_where_there_are_some(small):
    assert "depth of deloads" not in one_change_variants(small)
    light = plan_of(*SLOTS, deload={"weeks": [7]})
    assert "depth of deloads" in one_change_variants(light)


@given(plans(max_phases=2))
def test_any_plan_has_variants_that_are_good_plans(plan):
    changes = [one for group in one_change_variants(plan).values() for one in group]
    assert all(isinstance(scenario_of(plan, one).plan, Plan) for one in changes)


def nested(depth):
    """Return a list in a list in a list."""
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": nested(3000)}, "A new value: is nested more than 20 deep."),
        ({"load_step": nested(3000)}, "A new value: is nested more than 20 deep."),
        ({"name": 10**5000}, "A new value: whole numbers go to 9223372036854775807;"),
        ({"name": "\ud800"}, r"has a character that does not show \('.*ud800' is"),
        ({"name": "\x1b[31m"}, "name: has a character that does not show"),
        ({"phase.1.name": "two\nlines"}, "name: must be one line of text"),
    ],
)
def test_a_value_that_no_file_could_hold_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        scenario_of(read_plan("deadlift_5x5_10wk"), changes)
