"""Plan files: all problems are reported at once, with their place, in plain words."""

from contextlib import chdir
from copy import deepcopy
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import plan_values

from hipext.files.checks import PlanError
from hipext.files.io import shipped_names
from hipext.plans.plan import Plan
from hipext.plans.plan_file import check_plan, read_plan

JARGON = (
    "Input should",
    "validation error",
    "pydantic",
    "Value error",
    "datetime",
    "<",
)

EIGHT_MISTAKES = """
format = 1
name = "Eight mistakes"
days = ["mon", "thu"]

[deload]
weeks = [2, 9]

[[phase]]
name = "foundation"
weeks = 2

  [[phase.session]]
  name = "A"

    [[phase.session.slot]]
    exercise = "glute_bridge"
    sets = "3x8-5"

    [[phase.session.slot]]
    exercise = "glute_brigde"
    sets = "3x8"

[[phase]]
name = "hinge"
weeks = 2

  [[phase.session]]
  name = "A"

    [[phase.session.slot]]
    exercise = "romanian_deadlift"
    sets = "3x8 @0.75"

    [[phase.session.slot]]
    exercise = "deadlift"

    [[phase.session.slot]]
    exercise = "dumbbell_romanian_deadlift"
    sets = "3x8 @RIR3"
    tempo = "3-1-1"
    rest = 60
    note = 7
"""
PROBLEMS = [
    "phase 1 (foundation), session 1 (A), slot 1 (glute_bridge), sets: '3x8-5': The "
    "reps run downwards (8-5); write 5-8.",
    "phase 1 (foundation), session 1 (A), slot 2 (glute_brigde), exercise: "
    "'glute_brigde' is not in the catalogue. Did you mean 'glute_bridge'?",
    "phase 2 (hinge), session 1 (A), slot 1 (romanian_deadlift), sets: '3x8 @0.75': "
    "@0.75 is written as a fraction; a percentage of the 1RM is 0-100. Write @75%.",
    "phase 2 (hinge), session 1 (A), slot 2 (deadlift): 'sets' is missing. Write, for "
    'example, sets = "3x8-10 @RIR3"',
    "phase 2 (hinge), session 1 (A), slot 3 (dumbbell_romanian_deadlift), tempo: "
    "'3-1-1' is not a tempo. Write four whole seconds, eccentric-pause-concentric-"
    "pause, like '3-1-1-0'.",
    "phase 2 (hinge), session 1 (A), slot 3 (dumbbell_romanian_deadlift), note: must "
    "be "
    'text in quotes, like "abc"; got 7.',
    "phase 2 (hinge), session 1 (A), slot 3 (dumbbell_romanian_deadlift): 'rest' is "
    "not "
    "a known key; known are exercise, sets, tempo, rest_s, kind, group, side_first, "
    "increment_kg, progress, ladder, note. Did you mean 'rest_s'?",
    "deload, weeks: week 9 lies outside the plan (weeks 1 to 4). Remove it or lengthen "
    "a phase.",
]


def problems_of(text, tmp_path):
    """Return the problems found in a file that holds `text`."""
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        read_plan(path)
    return list(caught.value.problems)


def problems_in(values):
    """Return the problems found in the values of a plan file."""
    try:
        check_plan(values, source="a plan")
    except PlanError as error:
        return list(error.problems)
    return []


def good_values(slot=None, **changes):
    """Return the values of a good plan of one slot, with changes."""
    deadlift = {"exercise": "deadlift", "sets": "3x8-10 @RIR2", **(slot or {})}
    session = {"name": "A", "days": ["mon"], "slot": [deadlift]}
    phase = {"name": "hinge", "weeks": 2, "session": [session]}
    return {"format": 1, "name": "good", "phase": [phase], **changes}


def test_eight_mistakes_are_reported_at_once(tmp_path):
    assert problems_of(EIGHT_MISTAKES, tmp_path) == PROBLEMS


def test_the_other_mistakes_are_reported_when_a_length_cannot_be_read(tmp_path):
    text = EIGHT_MISTAKES.replace("note = 7", 'note = "7"')
    text = text.replace("weeks = 2", 'weeks = "2"', 1)
    where = "phase 1 (foundation), weeks"
    wrong = f"{where}: must be a whole number, like 2; got '2'. Write 2 without quotes."
    outside = PROBLEMS[7].replace(
        "the plan (weeks 1 to 4)", "the phases that can be read (weeks 1 to 2)"
    )
    expected = [wrong, *PROBLEMS[:5], PROBLEMS[6], outside]
    assert problems_of(text, tmp_path) == expected


def test_message_names_the_file_and_counts_the_problems(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(EIGHT_MISTAKES, encoding="utf-8")
    with pytest.raises(PlanError, match=r"mine\.toml has 8 problem"):
        read_plan(path)


@pytest.mark.parametrize("name", shipped_names("plans"))
def test_shipped_plan_is_good(name):
    assert isinstance(read_plan(name), Plan)


def test_empty_file_lacks_what_every_plan_needs(tmp_path):
    assert problems_of("", tmp_path) == [
        "the file: 'format' is missing. Write, for example, format = 1",
        "the file: 'name' is missing. Write, for example, name = \"Hips first, 8 "
        'weeks"',
        "the file: 'phase' is missing. Write at least one table with the header "
        "[[phase]].",
    ]


def test_a_header_that_lacks_its_phase_is_asked_for_in_full():
    values = good_values()
    values["session"] = values["phase"][0].pop("session")
    assert problems_in(values) == [
        "phase 1 (hinge): 'session' is missing. Write at least one table with the "
        "header [[phase.session]]."
    ]


def test_a_block_without_slots_is_asked_for_them_by_their_header():
    assert problems_in(good_values(block=[{"name": "warm-up"}])) == [
        "block 1 (warm-up): 'slot' is missing. Write at least one table with the "
        "header [[block.slot]]."
    ]


def test_a_header_with_single_brackets_is_shown_with_two_in_full():
    values = good_values()
    session = values["phase"][0]["session"][0]
    session["slot"] = session["slot"][0]
    (problem,) = problems_in(values)
    assert problem.endswith(
        "Write its header with two brackets, like [[phase.session.slot]]."
    )


def test_session_of_the_whole_plan_without_exercises_is_shown_its_own_header():
    values = good_values(session=[{"name": "B", "days": ["sun"]}])
    assert problems_in(values) == [
        "session 1 (B): it has no exercises. Add a [[session.slot]] or a block."
    ]


@pytest.mark.parametrize("key", ["body_mass_kg", "one_rm_kg"])
def test_an_athlete_is_no_plan_and_that_is_all_that_is_reported(key):
    assert problems_in({"format": 1, "name": "Kim", key: 70}) == [
        f"this is an athlete, not a plan (it has {key}). Use it with --athlete."
    ]


def test_a_plan_with_a_key_of_an_athlete_is_still_a_plan():
    (problem,) = problems_in(good_values(body_mass_kg=70))
    assert problem.startswith("the file: 'body_mass_kg' is not a known key;")


def test_weeks_are_not_judged_without_any_phase(tmp_path):
    text = 'format = 1\nname = "x"\n[deload]\nweeks = [4]\n'
    (problem,) = problems_of(text, tmp_path)
    assert problem.startswith("the file: 'phase' is missing.")


def test_toml_error_is_reported_with_its_line(tmp_path):
    (problem,) = problems_of('format = 1\nname = "open\n', tmp_path)
    assert problem.startswith("the file is not TOML: ")
    assert "line 2" in problem


def test_file_that_is_not_utf_8_is_reported(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes('name = "Hüfte"'.encode("latin-1"))
    with pytest.raises(PlanError, match=r"byte 9 is not UTF-8 text. Save the file"):
        read_plan(path)


def test_mark_of_windows_editors_is_no_mistake(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbfformat = 2\r\n")
    with pytest.raises(PlanError, match=r"format: must be 1; got 2\."):
        read_plan(path)


def test_folder_is_no_plan(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path.name}' is a folder; name"):
        read_plan(tmp_path)


def test_missing_folder_is_reported(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"no folder '.*nodir' to find 'x.toml'"
    ):
        read_plan(tmp_path / "nodir" / "x.toml")


def test_a_name_is_that_of_a_shipped_plan_also_beside_a_folder_of_results(tmp_path):
    (tmp_path / "guide_16wk").mkdir()
    with chdir(tmp_path):
        assert read_plan("guide_16wk").n_weeks == 16


def test_the_name_of_a_shipped_athlete_is_no_plan():
    with pytest.raises(FileNotFoundError, match="'novice' is a shipped athlete, not a"):
        read_plan("novice")


def test_missing_file_is_reported_with_a_near_name():
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'guide_16wk'\?"):
        read_plan("guide_16w")


@pytest.mark.parametrize(
    ("progress", "problem"),
    [
        (
            {"rule": "linaer", "add_kg": 2.5},
            "progress: rule must be one of 'linear', 'double', 'step', 'wave', 'hold', "
            "'tempo', 'none'; got 'linaer'. Did you mean 'linear'?",
        ),
        (
            {"add_kg": 2.5},
            "progress: 'rule' is missing. Write, for example, rule = \"linear\".",
        ),
        (
            "linear",
            "progress: must be a table of values, like { key = 1 }; got 'linear'.",
        ),
        (
            {"rule": "linear", "add_kg": "2.5"},
            "progress, add_kg: has no unit; got '2.5'. Write 2.5 without quotes for "
            'kg, or "2.5 lb".',
        ),
        (
            {"rule": "hold", "hold": 3},
            "progress: 'hold' is not a known key; known are rule, add_s.",
        ),
        (
            {"rule": "linear", "add_kg": 2.5, "on_fail": {"after": 0}},
            "progress, on_fail, after: must be at least 1; got 0.",
        ),
        (
            {"rule": "linear", "add_kg": 2.5, "on_fail": {"drop_pct": 0.1}},
            "progress, on_fail, drop_pct: is a percentage (0-100); got 0.1. Write 10 "
            "for 10 %.",
        ),
        (
            {"rule": "wave", "pct": [70]},
            "progress, pct: must have at least 2 item(s); got 1.",
        ),
        (
            {"rule": "wave", "pct": [70] * 13},
            "progress, pct: must have at most 12 item(s); got 13.",
        ),
        (
            {"rule": "wave", "pct": [70] * 12, "reps": [5] * 13},
            "progress: pct and reps must be of one length; got 12 and 13.",
        ),
        (
            {"rule": "tempo", "tempos": ["3-0-3-0"] * 13},
            "progress, tempos: must have at most 12 item(s); got 13.",
        ),
    ],
)
def test_fault_of_a_rule_is_reported_in_its_slot(progress, problem):
    slot = "phase 1 (hinge), session 1 (A), slot 1 (deadlift), "
    assert problems_in(good_values({"progress": progress})) == [slot + problem]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"format": "1"}, "format: must be 1; got '1'."),
        ({"name": ""}, "name: must have at least 1 character(s); got 0."),
        ({"name": "x" * 81}, "name: must have at most 80 character(s); got 81."),
        (
            {"name": date(2024, 1, 2)},
            'name: must be text in quotes, like "abc"; got 2024-01-02.',
        ),
        (
            {"days": "mon"},
            'days: must be a list in square brackets, like [1, 2] or ["a", "b"]; got '
            "'mon'.",
        ),
        ({"phase": []}, "phase: must have at least 1 item(s); got 0."),
        (
            {"phase": {"name": "hinge"}},
            "phase: must be a list of tables; got a table with name. Write its header "
            "with two brackets, like [[phase]].",
        ),
        ({"deload": 4}, "deload: must be a table of values, like { key = 1 }; got 4."),
        (
            {"deload": {"weeks": [True]}},
            "deload, weeks 1: must be a whole number, like 2; got true.",
        ),
        (
            {"deload": {"every_weeks": 2.0}},
            "deload, every_weeks: must be a whole number, like 2; got 2.0.",
        ),
        (
            {"deload": {"every_weeks": 105}},
            "deload, every_weeks: must be at most 104; got 105.",
        ),
        (
            {"deload": {"sets_fraction": 50}},
            "deload, sets_fraction: is a fraction between 0 and 1; got 50. Write 0.5 "
            "for "
            "50 %.",
        ),
        (
            {"deload": {"load_fraction": float("nan")}},
            "deload, load_fraction: must be a finite number, like 2.5; got nan.",
        ),
        (
            {"deload": {"reactive": {}}},
            "deload, reactive: 'pain_above' is missing. Write pain_above = ... "
            "(Reported "
            "pain, 0 to 10, above which a deload week follows).",
        ),
        (
            {"assessment": {"tests": ["fms"], "weeks": [1]}},
            "assessment, tests 1: must be one of 'hip_extension_range', "
            "'single_leg_bridge', 'biering_sorensen', 'strength_check', "
            "'technique_rating'; got 'fms'.",
        ),
    ],
)
def test_fault_is_reported_in_plain_words(changes, problem):
    assert problems_in(good_values(**changes)) == [problem]


@pytest.mark.parametrize(
    ("slot", "problem"),
    [
        ({"sets": "3x8-10"}, "deadlift needs a load; got '3x8-10'. Write how hard: "),
        (
            {"sets": "3x20s @RIR2"},
            "deadlift is counted in repetitions; got '3x20s @RIR2'.",
        ),
        (
            {"exercise": "front_plank", "sets": "3x8"},
            "front_plank is held for a time; got '3x8'.",
        ),
        (
            {"exercise": "glute_bridge", "sets": "3x8 @70%"},
            "glute_bridge has no external load to set; got '3x8 @70%'.",
        ),
        ({"sets": "3x8/side @RIR2"}, "works both sides at once; leave out '/side' in "),
        (
            {"progress": {"rule": "linear"}},
            "rule 'linear' needs a step. Write add_kg = 2.5.",
        ),
        (
            {"sets": "3x8 @RIR2", "progress": {"rule": "double", "add_kg": 2.5}},
            "rule 'double' needs a range; got '3x8 @RIR2'.",
        ),
    ],
)
def test_slot_that_contradicts_itself_is_reported(slot, problem):
    (found,) = problems_in(good_values(slot))
    assert found.startswith("phase 1 (hinge), session 1 (A), slot 1 (")
    assert problem in found


def test_names_that_refer_to_nothing_are_reported_with_what_there_is():
    values = good_values(
        block=[{"name": "warm-up", "slot": [{"exercise": "clam", "sets": "1x8"}]}]
    )
    values["phase"][0]["session"][0]["begin_with"] = ["warmup"]
    assert problems_in(values) == [
        "phase 1 (hinge), session 1 (A), begin_with: there is no block 'warmup'; there "
        "are warm-up. Did you mean 'warm-up'?"
    ]


def test_names_that_are_used_twice_are_reported():
    values = good_values()
    values["phase"] *= 2
    values["phase"][0]["session"] *= 2
    assert problems_in(values) == [
        "phase: the name 'hinge' is used twice. Give each its own name.",
        "phase 1 (hinge), session: the name 'A' is used twice. Give each its own name.",
        "phase 2 (hinge), session: the name 'A' is used twice. Give each its own name.",
    ]


def test_session_of_the_whole_plan_shares_no_name_with_one_of_a_phase():
    session = {
        "name": "A",
        "days": ["sun"],
        "slot": [{"exercise": "clam", "sets": "1x8"}],
    }
    assert problems_in(good_values(session=[session])) == [
        "phase 1 (hinge), session 1 (A): a session of the whole plan is called 'A' "
        "too. "
        "Give each its own name."
    ]


def test_session_without_days_or_exercises_is_reported():
    values = good_values()
    values["phase"][0]["session"] = [{"name": "B"}]
    assert problems_in(values) == [
        "phase 1 (hinge), session 1 (B): it has no exercises. Add a "
        "[[phase.session.slot]] or a block.",
        'phase 1 (hinge), session 1 (B): it has no days. Write days = ["mon", "fri"].',
    ]


def test_plan_of_more_than_two_years_is_reported():
    values = good_values()
    phase = {**values["phase"][0], "weeks": 60}
    values["phase"] = [phase, {**phase, "name": "light"}]
    assert problems_in(values) == [
        "phase: 120 weeks in the plan; at most 104 are allowed."
    ]


def test_alias_becomes_the_id():
    plan = check_plan(good_values({"exercise": "Romanian-Deadlift"}), source="a plan")
    assert plan.phase[0].session[0].slot[0].exercise == "romanian_deadlift"


def test_values_are_left_as_they_are():
    values = good_values({"sets": "3 x 8 @RPE7"})
    before = deepcopy(values)
    check_plan(values, source="a plan")
    assert values == before


JUNK = (
    None,
    0,
    -1,
    7,
    2.5,
    10**400,
    float("nan"),
    float("inf"),
    True,
    "",
    "linear",
    "3x8-5 @0.75",
    date(2024, 1, 2),
    [],
    [1],
    [[]],
    [{}],
    {},
    {"a": 1},
    {"rule": 3},
    {"rule": "wave", "pct": ["x"]},
    [None],
    [{"name": []}],
    {"name": {}},
)


def places(value, keys=()):
    """Return the keys that lead to every value, outermost first."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in pairs:
        found.append((*keys, key))
        if isinstance(inner, dict | list):
            found += places(inner, (*keys, key))
    return found


def spoiled(values, random, n_times):
    """Return the values with some of them deleted, renamed, replaced or swapped."""
    values = deepcopy(values)
    for _ in range(n_times):
        spoil(values, random)
    return values


def spoil(values, random):
    """Delete, rename, replace or swap one of the values."""
    *way, last = random.choice(places(values))
    home = values
    for key in way:
        home = home[key]
    keys = list(home if isinstance(home, dict) else range(len(home)))
    other, mutation = random.choice(keys), random.randrange(4)
    if mutation == 0:
        del home[last]
    elif mutation == 1:
        home[last] = random.choice(JUNK)
    elif mutation == 2 and isinstance(home, dict):
        home[random.choice([f"{last}s", str(last)[1:], "rule", "name"])] = home.pop(
            last
        )
    else:
        home[last], home[other] = home[other], home[last]


@given(plan_values(max_phases=2), st.integers(0, 2**32).map(Random), st.integers(1, 5))
def test_whatever_is_in_a_file_it_is_a_plan_or_plain_words(values, random, n_times):
    problems = problems_in(spoiled(values, random, n_times))
    assert [one for one in problems if any(word in one for word in JARGON)] == []


@pytest.mark.parametrize(
    "sets", ["2x20s", "3x10 @60%", "3x8-10", "2-3x8", "2x8/side", "3x10 @RIR4"]
)
def test_a_deload_asks_for_sets_and_repetitions_alone(sets):
    with pytest.raises(PlanError, match=r"deload, sets: is sets .* alone.*'3x10'"):
        check_plan(good_values() | {"deload": {"weeks": [1], "sets": sets}}, source="x")
