"""A slot's ladder: which harder exercises fit, and the message when one does not."""

import pytest
from hypothesis import given
from strategies import slots

from hipext.cli.schema import plan_schema
from hipext.files.checks import PlanError
from hipext.plans.exercises import read_exercises
from hipext.plans.plan import LADDER_RULES, weeks_of
from hipext.plans.plan_file import check_plan, format_plan, format_text

BRIDGE = {
    "exercise": "glute_bridge",
    "sets": "3x8-12",
    "progress": {"rule": "double"},
    "ladder": ["feet_elevated_glute_bridge", "hip_thrust_bodyweight"],
}
PLACE = "phase 1 (base), session 1 (A), slot 1 (glute_bridge)"


def plan(**changes):
    """Return a plan of one slot: a bridge with a ladder, with changes."""
    session = {"name": "A", "days": ["mon"], "slot": [BRIDGE | changes]}
    phase = {"name": "base", "weeks": 2, "session": [session]}
    values = {"format": 1, "name": "ladder", "phase": [phase]}
    return check_plan(values, source="a plan")


def slot(**changes):
    return plan(**changes).phase[0].session[0].slot[0]


def problems(**changes):
    """Return the problems found in a slot with changes."""
    with pytest.raises(PlanError) as caught:
        plan(**changes)
    return list(caught.value.problems)


def test_rungs_stay_in_their_order():
    assert slot().ladder == ("feet_elevated_glute_bridge", "hip_thrust_bodyweight")


def test_a_rung_may_be_called_by_any_of_its_names():
    assert slot(ladder=["Single-leg glute bridge"]).ladder == (
        "single_leg_glute_bridge",
    )


def test_a_rung_may_work_one_side_and_the_first_exercise_both():
    assert slot(ladder=["single_leg_glute_bridge"]).ladder


def test_an_effort_lets_a_ladder_lead_to_load():
    ladder = ["banded_glute_bridge", "barbell_hip_thrust"]
    assert slot(sets="3x8-12 @RIR3", ladder=ladder).ladder == tuple(ladder)


def test_a_ladder_of_loaded_exercises_needs_no_step():
    ladder = ["romanian_deadlift"]
    loaded = slot(
        exercise="dumbbell_romanian_deadlift", sets="3x8-12 @RIR3", ladder=ladder
    )
    assert loaded.ladder == ("romanian_deadlift",)


def test_a_ladder_of_holds_goes_with_the_rule_hold():
    hold = {"exercise": "adductor_squeeze", "sets": "3x10-30s"}
    rungs = ["copenhagen_short_lever", "copenhagen_long_lever"]
    assert slot(**hold, progress={"rule": "hold"}, ladder=rungs).ladder == tuple(rungs)


def test_a_rung_without_the_effort_that_it_needs_is_reported_with_the_way_to_write_it():
    (problem,) = problems(ladder=["feet_elevated_glute_bridge", "barbell_hip_thrust"])
    assert problem == (
        f"{PLACE}: ladder 2 (barbell_hip_thrust): barbell_hip_thrust needs a load; got "
        "'3x8-12'. Write how hard: '3x8-12 @RIR2', '... @70%' or '... @20kg'."
    )


def test_a_hold_on_a_ladder_of_repetitions_is_reported():
    (problem,) = problems(ladder=["isometric_bridge_hold"])
    assert problem == (
        f"{PLACE}: ladder 1 (isometric_bridge_hold): isometric_bridge_hold is held for "
        "a time; got '3x8-12'. Write '3x20s'."
    )


def test_a_rung_without_load_does_not_fit_a_load():
    (problem,) = problems(
        exercise="romanian_deadlift", sets="3x8-12 @60kg", ladder=["glute_bridge"]
    )
    assert (
        "ladder 1 (glute_bridge): glute_bridge has no external load to set" in problem
    )


def test_sets_per_side_need_rungs_of_one_side():
    (problem,) = problems(
        exercise="low_step_up", sets="3x8-12/side", ladder=["glute_bridge"]
    )
    assert "ladder 1 (glute_bridge): glute_bridge works both sides at once" in problem


def test_a_rung_that_is_not_in_the_catalogue_is_reported_with_its_number():
    (problem,) = problems(ladder=["hip_thrust_bodyweight", "single_leg_glute_brigde"])
    assert problem.startswith(f"{PLACE}, ladder 2: 'single_leg_glute_brigde' is not in")


@pytest.mark.parametrize(
    ("ladder", "name"),
    [
        (["glute_bridge"], "glute_bridge"),
        (["hip_thrust_bodyweight"] * 2, "hip_thrust_bodyweight"),
        (["Glute bridge"], "glute_bridge"),
    ],
)
def test_no_exercise_is_twice_on_a_ladder(ladder, name):
    (problem,) = problems(ladder=ladder)
    assert f"ladder: {name} is there 2 times, the slot's own exercise" in problem
    assert problem.endswith("Name each exercise once.")


@pytest.mark.parametrize(
    "progress", [{"rule": "none"}, {"rule": "tempo", "tempos": ["3-0-3-0"]}]
)
def test_a_ladder_needs_a_rule_that_reaches_a_top(progress):
    (problem,) = problems(progress=progress)
    assert problem == (
        f"{PLACE}: a ladder needs rule 'double' or 'hold', which reach a top; got "
        f"{progress['rule']!r}. Change the rule, or leave out ladder."
    )


@pytest.mark.parametrize("step", [{"add_kg": 2.5}, {"add_pct": 2.5}])
def test_a_step_of_load_would_keep_a_ladder_from_being_climbed(step):
    (problem,) = problems(
        exercise="dumbbell_romanian_deadlift",
        sets="3x8-12 @RIR3",
        ladder=["romanian_deadlift"],
        progress={"rule": "double", **step},
    )
    assert problem.endswith(
        "with a ladder the harder exercise is the step at the top of the range; "
        f"leave out {next(iter(step))}."
    )


def test_what_the_own_exercise_lacks_is_reported_once():
    (problem,) = problems(sets="3x10")
    assert problem.count("rule 'double' needs a range") == 1


def test_a_ladder_has_at_most_five_rungs():
    names = [name for name, one in read_exercises().items() if one.measure == "reps"]
    (problem,) = problems(ladder=names[:6])
    assert problem == f"{PLACE}, ladder: must have at most 5 item(s); got 6."


def test_a_slot_without_ladder_says_nothing_of_it():
    text = format_plan(plan(ladder=[]))
    assert format_text(text.replace("ladder = []\n", "")).count("ladder =") == 0


def test_a_ladder_is_written_after_the_rule_and_reads_back():
    text = format_plan(plan())
    ladder = 'ladder = ["feet_elevated_glute_bridge", "hip_thrust_bodyweight"]'
    assert f'progress = {{ rule = "double" }}\n    {ladder}\n' in text
    assert format_text(text) == text


def test_the_schema_names_what_a_ladder_may_hold():
    field = plan_schema()["$defs"]["Slot"]["properties"]["ladder"]
    assert field["maxItems"] == 5
    assert {"hip_thrust_bodyweight", "RDL"} <= {*field["items"]["enum"]}


@given(slots)
def test_drawn_slots_have_ladders_only_where_the_rule_has_a_top(drawn):
    kind = drawn.get("progress", {}).get("rule")
    assert kind in LADDER_RULES or "ladder" not in drawn
    plain = {"ladder": [], "progress": {"rule": "none"}}
    assert slot(**plain | drawn).ladder == tuple(drawn.get("ladder", []))


def test_weeks_are_numbered_from_one_and_know_their_phase_and_deload():
    session = [{"name": "A", "days": ["mon"], "slot": [BRIDGE]}]
    phases = [
        {"name": name, "weeks": weeks, "session": session}
        for name, weeks in (("a", 2), ("b", 3))
    ]
    values = {"format": 1, "name": "two", "phase": phases, "deload": {"weeks": [2, 5]}}
    weeks = [*weeks_of(check_plan(values, source="two"))]
    assert [week.number for week in weeks] == [1, 2, 3, 4, 5]
    assert "".join(week.phase.name for week in weeks) == "aabbb"
    assert [week.number for week in weeks if week.is_deload] == [2, 5]


def test_a_wave_needs_a_load():
    wave = {"rule": "wave", "pct": [70, 80]}
    (problem,) = problems(sets="3x8", progress=wave, ladder=[])
    assert "rule 'wave' adds load, but glute_bridge has none" in problem


def test_a_text_that_is_no_plan_is_reported_by_its_name():
    with pytest.raises(PlanError, match=r"^mine\.toml has 1 problem"):
        format_text("format = ", source="mine.toml")
