"""The catalogue: what holds for every exercise, and the problems of a broken file."""

import csv
import re
from collections import Counter
from graphlib import TopologicalSorter

import pandas as pd
import pytest
import tomlkit

from hipext.files.checks import PlanError
from hipext.files.io import data_dir, read_text, read_toml
from hipext.files.schema import meanings
from hipext.files.tables import MAPPINGS, MUSCLES
from hipext.plans.exercises import (
    ANCHORS,
    EXERCISES,
    MUSCLE_SHARES,
    SECONDARY_SHARE,
    Exercise,
    exercise_named,
    exercise_rows,
    ladder,
    muscle_shares,
    read_exercises,
)

CATALOGUE = read_exercises()
ALL = pytest.mark.parametrize("exercise", CATALOGUE.values(), ids=list(CATALOGUE))
MEASURED = pytest.mark.parametrize(
    ("exercise", "muscle"),
    [
        pytest.param(exercise, muscle, id=f"{exercise.id}-{muscle}")
        for exercise in CATALOGUE.values()
        for muscle in exercise.emg_pct_mvic
    ],
)
LIFTS_THAT_PLANS_USE = """
    glute_squeeze_hold isometric_bridge_hold dowel_hip_hinge wall_hip_hinge
    glute_bridge banded_glute_bridge single_leg_glute_bridge hip_thrust_bodyweight
    banded_hip_thrust barbell_hip_thrust single_leg_hip_thrust
    dumbbell_romanian_deadlift romanian_deadlift supported_single_leg_romanian_deadlift
    single_leg_romanian_deadlift deadlift trap_bar_deadlift kettlebell_deadlift
    good_morning back_extension pull_through kettlebell_swing low_step_up step_up
    split_squat bulgarian_split_squat bird_dog prone_hip_extension
    quadruped_hip_extension side_lying_hip_abduction clam lateral_band_walk
    adductor_squeeze copenhagen_short_lever side_bridge goblet_squat back_squat
    leg_press leg_curl dead_bug front_plank pallof_press sorensen_hold
    half_kneeling_hip_flexor_stretch couch_stretch adductor_rock_back cat_camel
    hip_90_90 leg_swings gluteal_self_massage adductor_self_massage easy_cycling
    brisk_walk hip_openers breathing_90_90 box_breathing
"""
CLAIMS_THAT_EXERCISES_SERVE = """
    G1 G2 G3 G4 G6 G7 G9 G10 G11 G13 G14 G15 G16 G19 G20 G23 G24 G25 G27 G28 G30 G32
    G33 G34 G35 G36 G37 G38 G39 G44 G47
"""
WORD_IN_CLAIM = {
    "gluteus_maximus": "gluteus maximus",
    "hip_abductors": "gluteus medius",
    "hamstrings": "biceps femoris",
    "quadriceps": "vastus lateralis",
}


@pytest.fixture(scope="session")
def evidence():
    """Return the rows of the evidence table by id."""
    rows = csv.DictReader(read_text(data_dir() / "evidence.csv").splitlines())
    return {row["id"]: row for row in rows}


@pytest.fixture
def catalogue_file(tmp_path):
    """Return a function that writes a changed copy of the shipped catalogue."""

    def write(**changes):
        values = read_toml(data_dir() / "exercises.toml")
        by_id = {row["id"]: row for row in values["exercise"]}
        for name, fields in changes.items():
            by_id[name].update(fields)
        path = tmp_path / "mine.toml"
        path.write_text(tomlkit.dumps(values), encoding="utf-8")
        return path

    return write


def problems_of(path):
    """Return the problems that reading the file at `path` reports."""
    with pytest.raises(PlanError) as caught:
        read_exercises(path)
    return caught.value.problems


def rows_about(muscle, ids, evidence):
    """Return the rows of evidence with these `ids` that are about a muscle."""
    rows = [evidence[name] for name in ids]
    return [row for row in rows if WORD_IN_CLAIM[muscle] in row["claim"].lower()]


def numbers_in(text):
    """Return all unsigned numbers of a text."""
    return [float(number) for number in re.findall(r"\d+\.?\d*", text)]


def test_catalogue_has_at_least_fifty_exercises_with_those_that_plans_use():
    assert len(CATALOGUE) >= 50
    assert set(LIFTS_THAT_PLANS_USE.split()) - set(CATALOGUE) == set()


@pytest.mark.parametrize("claim", CLAIMS_THAT_EXERCISES_SERVE.split())
def test_claim_of_the_guide_is_served_by_an_exercise(claim):
    assert [x.id for x in CATALOGUE.values() if claim in x.guide]


def test_catalogue_cannot_be_changed_by_its_readers():
    with pytest.raises(TypeError, match="does not support item assignment"):
        CATALOGUE["squat"] = CATALOGUE["back_squat"]
    assert read_exercises() is CATALOGUE


def test_ids_names_and_aliases_are_unique():
    words = [
        re.sub(r"[\s_-]+", "_", word).lower()
        for exercise in CATALOGUE.values()
        for word in {exercise.id, *exercise.aliases}
    ]
    assert [word for word, count in Counter(words).items() if count > 1] == []


@ALL
def test_every_exercise_is_cued_and_every_fault_has_a_remedy(exercise):
    assert 2 <= len(exercise.cues) <= 4
    assert 1 <= len(exercise.faults) <= 3
    assert [fault for fault in exercise.faults if fault.count("; ") != 1] == []


@ALL
def test_strength_work_or_control_trains_a_known_muscle(exercise):
    trained = {*exercise.primary, *exercise.secondary, *exercise.emg_pct_mvic}
    assert trained <= set(MUSCLES)
    assert exercise.is_counted == bool(exercise.primary)


@ALL
def test_only_verified_evidence_is_cited(exercise, evidence):
    cited = {*exercise.sources, *exercise.emg_sources}
    assert {evidence[row]["status"] for row in cited} <= {"VERIFIED"}


@MEASURED
def test_measured_activity_lies_within_a_cited_row_about_that_muscle(
    exercise, muscle, evidence
):
    about = rows_about(muscle, exercise.emg_sources, evidence)
    ranges = [numbers_in(row["value"]) for row in about]
    pct = exercise.emg_pct_mvic[muscle]
    assert any(min(values) <= pct <= max(values) for values in ranges)


@MEASURED
def test_measured_activity_is_a_mean_in_percent_of_a_maximal_contraction(
    exercise, muscle, evidence
):
    about = rows_about(muscle, exercise.emg_sources, evidence)
    assert {row["unit"] for row in about} <= {"%MVIC", "%MVIC mean", "%MVIC (mean)"}


def test_prerequisites_and_progressions_never_go_round_in_a_circle():
    before = {
        exercise.id: {*exercise.prerequisites, *(step.to for step in exercise.regress)}
        for exercise in CATALOGUE.values()
    }
    order = list(TopologicalSorter(before).static_order())  # raises CycleError
    assert sorted(order) == sorted(CATALOGUE)


@ALL
def test_advanced_variation_is_reached_from_a_foundation_through_progressions(exercise):
    way = ladder(exercise.id, CATALOGUE)
    steps = [{step.to for step in CATALOGUE[name].progress} for name in way[:-1]]
    assert CATALOGUE[way[0]].is_foundation
    assert [
        there for there, on in zip(way[1:], steps, strict=True) if there not in on
    ] == []
    assert way[-1] == exercise.id


@ALL
def test_progression_and_regression_mirror_each_other(exercise):
    back = [CATALOGUE[step.to].regress for step in exercise.progress]
    forth = [CATALOGUE[step.to].progress for step in exercise.regress]
    assert all(exercise.id in {step.to for step in steps} for steps in back + forth)


@ALL
def test_swap_keeps_the_dominant_joint_or_the_muscles(exercise):
    others = [CATALOGUE[step.to] for step in exercise.swap]
    unlike = [
        other.id
        for other in others
        if other.dominant_joint != exercise.dominant_joint
        and not {*other.primary} & {*exercise.primary}
    ]
    assert unlike == []


@ALL
def test_estimated_one_rm_ends_at_a_lift_that_an_athlete_tests(exercise):
    chain = [exercise]
    while chain[-1].one_rm_from:
        chain.append(CATALOGUE[chain[-1].one_rm_from.exercise])
    assert len(chain) < 6
    assert (chain[-1].id in ANCHORS) == exercise.needs_one_rm


@ALL
def test_only_exercises_with_a_load_have_steps_of_load(exercise):
    assert (exercise.increment_kg > 0) == exercise.is_loaded
    assert (exercise.n_implements > 0) == exercise.is_loaded


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("back_squat", "deadlift"),
        ("deadlift", "romanian_deadlift"),
        ("single_leg_romanian_deadlift", "supported_single_leg_romanian_deadlift"),
        ("supported_single_leg_romanian_deadlift", "romanian_deadlift"),
        ("single_leg_glute_bridge", "glute_bridge"),
        ("single_leg_hip_thrust", "hip_thrust_bodyweight"),
        ("hip_thrust_bodyweight", "glute_bridge"),
        ("bulgarian_split_squat", "split_squat"),
        ("copenhagen_long_lever", "copenhagen_short_lever"),
        ("side_bridge", "side_bridge_knees"),
    ],
)
def test_more_of_the_body_is_lifted_where_more_of_it_moves(more, less):
    assert CATALOGUE[more].body_mass_share > CATALOGUE[less].body_mass_share


@pytest.mark.parametrize(
    "name", ["romanian_deadlift", "Romanian-Deadlift", " RDL ", "barbell  rdl"]
)
def test_exercise_is_found_by_id_name_or_alias_however_it_is_spaced(name):
    assert exercise_named(name, CATALOGUE).id == "romanian_deadlift"


def test_unknown_exercise_is_answered_with_the_closest_name():
    message = r"^'hip trust' is not in the catalogue\. Did you mean 'hip_thrust'\?$"
    with pytest.raises(ValueError, match=message):
        exercise_named("hip trust", CATALOGUE)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hip thurst", "hip_thrust"),
        ("kettlebell swings", "kettlebell_swing"),
        ("romanian dead lift", "romanian_deadlift"),
        ("single leg bridge", "single_leg_glute_bridge"),
        ("step ups", "step_up"),
        ("hip abduction", "cable_hip_abduction"),
    ],
)
def test_a_slip_or_a_word_too_few_suggests_the_same_movement(name, meant):
    with pytest.raises(ValueError, match=rf"Did you mean '{meant}'\?$"):
        exercise_named(name, CATALOGUE)


@pytest.mark.parametrize(
    "name",
    ["glute-ham raise", "squat jump", "bench press", "pull up", "calf raise", "xyz"],
)
def test_an_exercise_of_no_kind_that_there_is_gets_no_suggestion(name):
    with pytest.raises(ValueError, match=rf"^'{name}' is not in the catalogue\.$"):
        exercise_named(name, CATALOGUE)


def test_table_has_one_row_per_exercise_in_the_order_of_the_file():
    table = exercise_rows(CATALOGUE)
    assert [row["id"] for row in table] == list(CATALOGUE)
    assert {tuple(row) for row in table} == {EXERCISES.names}
    (secondary,) = (x["secondary"] for x in table if x["id"] == "romanian_deadlift")
    assert secondary == "gluteus_maximus, erector_spinae, trunk"


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_shares_cover_every_muscle_of_every_counted_exercise_once(mapping):
    shares = muscle_shares(CATALOGUE, mapping)
    counted = [x.id for x in CATALOGUE.values() if x.role in ("strength", "control")]
    pairs = pd.MultiIndex.from_product([counted, MUSCLES])
    assert list(zip(shares["exercise"], shares["muscle"], strict=True)) == list(pairs)
    assert shares["share"].between(0, 1).all()
    assert shares.columns.tolist() == list(MUSCLE_SHARES.names)


@pytest.mark.parametrize(
    ("mapping", "sets"),
    [
        ("primary", 5 + 0 + 4 + 4),
        ("fractional", 5 + 5 * 0.5 + 4 + 4),
        ("emg", 5 * 0.531 + 5 * 0.5 + 4 * 0.7541 + 4 * 0.287),
    ],
)
def test_one_week_of_18_sets_has_9_or_13_or_16_sets_for_the_glutes(mapping, sets):
    week = {
        "back_squat": 5,
        "romanian_deadlift": 5,
        "barbell_hip_thrust": 4,
        "low_step_up": 4,
    }
    shares = muscle_shares(CATALOGUE, mapping).set_index(["muscle", "exercise"])[
        "share"
    ]
    glutes = shares.loc["gluteus_maximus"].loc[list(week)]
    assert (glutes * pd.Series(week)).sum() == pytest.approx(sets)


def test_activity_above_100_percent_counts_as_one_set():
    shares = muscle_shares(CATALOGUE, "emg").set_index(["exercise", "muscle"])
    assert CATALOGUE["back_squat"].emg_pct_mvic["quadriceps"] == 110.0
    assert shares.loc[("back_squat", "quadriceps"), "share"] == 1.0


def test_share_from_activity_is_named_an_assumption_and_counting_a_convention():
    shares = muscle_shares(CATALOGUE, "emg").set_index(["exercise", "muscle"])["kind"]
    counted = muscle_shares(CATALOGUE, "fractional")["kind"]
    assert shares[("glute_bridge", "hip_abductors")] == "assumption"
    assert shares[("glute_bridge", "hamstrings")] == "convention"
    assert set(counted) == {"convention"}


def test_secondary_share_is_the_published_half_set(evidence):
    assert float(evidence["E06-004"]["value"]) == SECONDARY_SHARE


def test_unknown_mapping_is_answered_with_the_known_ones():
    message = r"'fractional', 'primary', 'emg'; got 'fraction'\. .*'fractional'"
    with pytest.raises(ValueError, match=message):
        muscle_shares(CATALOGUE, "fraction")


def test_shortest_way_up_is_taken_and_ties_go_by_the_alphabet():
    assert ladder("Single-leg hip thrust", CATALOGUE) == [
        "glute_squeeze_hold",
        "isometric_bridge_hold",
        "glute_bridge",
        "hip_thrust_bodyweight",  # single_leg_glute_bridge is as near
        "single_leg_hip_thrust",
    ]


def test_foundation_exercise_is_its_own_way_up():
    assert ladder("clam", CATALOGUE) == ["clam"]


def test_exercise_that_nothing_leads_to_has_no_way_up():
    cut = CATALOGUE["clam"].model_copy(update={"prerequisites": ("dead_bug",)})
    with pytest.raises(ValueError, match="No ladder leads to 'banded_clam'"):
        ladder("banded_clam", {**CATALOGUE, "clam": cut})


def test_unchanged_copy_of_the_catalogue_is_read_as_the_shipped_one(catalogue_file):
    assert read_exercises(catalogue_file()) == CATALOGUE


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(
            {"clam": {"aliases": ["glute-Bridge"]}},
            "'glute_bridge' names more than one exercise: glute_bridge, clam.",
            id="alias of another",
        ),
        pytest.param(
            {"leg_press": {"swap": [{"to": "gobletsquat", "when": "taken"}]}},
            "leg_press, swap: 'gobletsquat' is not in the catalogue. "
            "Did you mean 'goblet_squat'?",
            id="unknown step",
        ),
        pytest.param(
            {"good_morning": {"prerequisites": ["romanian_dead_lift"]}},
            "good_morning, prerequisites: 'romanian_dead_lift' is not in the "
            "catalogue. Did you mean 'romanian_deadlift'?",
            id="unknown prerequisite",
        ),
        pytest.param(
            {"leg_press": {"one_rm_from": {"exercise": "squats", "ratio": 1.8}}},
            "leg_press, one_rm_from: 'squats' is not in the catalogue.",
            id="unknown estimate",
        ),
        pytest.param(
            {"clam": {"progress": []}},
            "banded_clam, regress: clam lacks the progress back to banded_clam.",
            id="progress missing",
        ),
        pytest.param(
            {"banded_clam": {"regress": []}},
            "clam, progress: banded_clam lacks the regress back to clam.",
            id="regress missing",
        ),
        pytest.param(
            {"clam": {"prerequisites": ["lateral_band_walk"]}},
            "prerequisites and progress steps form a cycle: clam -> ",
            id="circle",
        ),
        pytest.param(
            {
                "leg_press": {"one_rm_from": {"exercise": "front_squat", "ratio": 2}},
                "front_squat": {"one_rm_from": {"exercise": "leg_press", "ratio": 0.5}},
            },
            "one_rm_from form a cycle: ",
            id="circle of estimates",
        ),
        pytest.param(
            {"leg_press": {"one_rm_from": {"exercise": "clam", "ratio": 2}}},
            "leg_press, one_rm_from: clam has no 1RM; estimates must end at one of "
            "deadlift, barbell_hip_thrust, back_squat.",
            id="estimate without an end",
        ),
        pytest.param(
            {"front_plank": {"tempo": "3-1-1-0"}},
            "a hold has no tempo; got tempo = '3-1-1-0'.",
            id="hold with tempo",
        ),
        pytest.param(
            {"deadlift": {"tempo": "3-1-1"}},
            "tempo must be eccentric-pause-concentric-pause in seconds, like "
            "'3-1-1-0'; got '3-1-1'.",
            id="short tempo",
        ),
        pytest.param(
            {"deadlift": {"increment_kg": 0}},
            "a barbell needs n_implements and increment_kg above 0; got 1 and 0.",
            id="load without step",
        ),
        pytest.param(
            {"dowel_hip_hinge": {"n_implements": 1}},
            "implement 'dowel' has no load, so n_implements and increment_kg must be "
            "0; got 1 and 0.",
            id="step without load",
        ),
        pytest.param(
            {"deadlift": {"secondary": ["gluteus_maximus"]}},
            "gluteus_maximus cannot be both primary and secondary.",
            id="muscle twice",
        ),
        pytest.param(
            {"clam": {"primary": []}},
            "role 'control' needs at least one primary muscle; got none.",
            id="no muscle",
        ),
        pytest.param(
            {"cat_camel": {"stretches": []}},
            "role 'mobility' needs at least one word in stretches; got none.",
            id="no tissue",
        ),
        pytest.param(
            {"deadlift": {"emg_sources": []}},
            "emg_pct_mvic and emg_sources go together; got "
            "{'gluteus_maximus': 61.02} and [].",
            id="figure without source",
        ),
        pytest.param(
            {"deadlift": {"primary": ["gluteus_maximum"]}},
            "got 'gluteus_maximum'. Did you mean 'gluteus_maximus'?",
            id="unknown muscle",
        ),
        pytest.param(
            {"deadlift": {"laterality": "unilaterl"}},
            "got 'unilaterl'. Did you mean 'unilateral'?",
            id="unknown laterality",
        ),
        pytest.param(
            {"deadlift": {"body_mass_share": 75}},
            "body_mass_share: must be at most 1.0; got 75.",
            id="share as percent",
        ),
        pytest.param(
            {"deadlift": {"guide": ["G20", "G52"]}},
            "guide 2: must be a claim of the guide, G1 to G51; got 'G52'.",
            id="unknown claim",
        ),
        pytest.param(
            {"deadlift": {"sources": ["E1-34"]}},
            "must be the id of an evidence row, like 'E01-043'; got 'E1-34'.",
            id="malformed source",
        ),
        pytest.param(
            {"deadlift": {"prerequisites": ["Hip Thrust"]}},
            "must be small letters, digits and _, like 'hip_thrust'; got 'Hip Thrust'.",
            id="name for an id",
        ),
        pytest.param(
            {"deadlift": {"tempos": "3-1-1-0"}},
            "'tempos' is not a known key",
            id="unknown key",
        ),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_reported(catalogue_file, change, problem):
    problems = problems_of(catalogue_file(**change))
    assert [sentence for sentence in problems if problem in sentence]


def test_lift_without_measured_maximum_must_say_what_it_is_estimated_from():
    values = CATALOGUE["leg_press"].model_dump() | {"one_rm_from": None}
    with pytest.raises(ValueError, match=r"one_rm_from is missing: .* \"deadlift\""):
        Exercise.model_validate(values)


def test_all_problems_between_exercises_are_reported_at_once(catalogue_file):
    path = catalogue_file(
        clam={"aliases": ["Bridge"], "prerequisites": ["lateral_band_walk"]},
        leg_press={"swap": [{"to": "gobletsquat", "when": "taken"}]},
    )
    assert len(problems_of(path)) == 3


def test_problem_of_one_exercise_is_reported_with_its_place(catalogue_file):
    problems = problems_of(catalogue_file(standing_glute_squeeze={"tempo": "1-1-1-1"}))
    assert problems[0].startswith("exercise 2 (Glute squeeze, standing): a hold")


def test_every_field_is_described():
    fields = set(Exercise.model_fields)
    assert {name for name, words in meanings(Exercise).items() if words} == fields
