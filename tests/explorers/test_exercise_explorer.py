"""The exercise explorer against the catalogue and the three mappings."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hipext.explorers.exercise_explorer import LadderFigure
from hipext.explorers.widgets import explore_exercise
from hipext.files.tables import MAPPINGS, MUSCLES
from hipext.metrics.volume import muscle_sets
from hipext.plans.exercises import muscle_shares, read_exercises

EXERCISES = read_exercises()
COUNTED = [name for name, one in EXERCISES.items() if one.is_counted]


@pytest.fixture(scope="module")
def explorer():
    return explore_exercise()


@pytest.fixture(autouse=True)
def start_anew(explorer):
    explorer.reset()


@pytest.fixture(scope="module")
def ladder():
    return LadderFigure(Figure().add_subplot())


def table_of(explorer, **settings):
    explorer.restore(settings)
    return explorer.definition.table(explorer.shown)


def weekly_sets(exercise, n_sets, mapping):
    """Return the sets per muscle of a week with nothing but this exercise."""
    values = {"week": 1, "is_deload": False, "exercise": exercise}
    sets = pd.DataFrame([values | {"kind": "work", "side": "both"}] * n_sets)
    return muscle_sets(sets, mapping=mapping).set_index("muscle")["sets"]


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("exercise", ["barbell_hip_thrust", "clam", "lunge"])
def test_sets_are_those_of_a_week_of_a_plan(explorer, exercise, mapping):
    table = table_of(explorer, exercise=exercise, n_sets=7)
    shown = table[table["mapping"] == mapping].set_index("muscle")["sets"]
    wanted = weekly_sets(exercise, 7, mapping)
    np.testing.assert_allclose(shown[list(MUSCLES)], wanted[list(MUSCLES)])


def test_every_exercise_is_counted_by_its_shares(explorer):
    for mapping in MAPPINGS:
        shares = muscle_shares(EXERCISES, mapping).groupby("exercise")["share"]
        wanted = {name: 6 * rows.to_numpy() for name, rows in shares}
        assert sorted(wanted) == sorted(COUNTED)
        for name in COUNTED:
            settings = explorer.settings | {"exercise": name}
            shown = explorer.definition.evaluate(settings)
            np.testing.assert_array_equal(shown.counts[mapping], wanted[name])


def test_a_hip_thrust_by_hand(explorer):
    """10 sets of 75.41 % for the gluteus maximus, which is primary."""
    table = table_of(explorer, exercise="barbell_hip_thrust", n_sets=10)
    rows = table[table["muscle"] == "gluteus_maximus"].set_index("mapping")["sets"]
    assert rows.to_dict() == pytest.approx(
        {"primary": 10, "fractional": 10, "emg": 7.541}
    )


@pytest.mark.parametrize(
    ("knob", "value"),
    [("exercise", "barbell_hip_thrust"), ("mapping", "emg"), ("n_sets", 7)],
)
@pytest.mark.parametrize("exercise", ["romanian_deadlift", "couch_stretch"])
def test_every_control_changes_picture_and_words(explorer, exercise, knob, value):
    explorer.restore({"exercise": exercise})
    picture, words = explorer.image.value, explorer.words.value
    explorer.knobs[knob].value = value
    assert explorer.image.value != picture
    assert explorer.words.value != words


def test_reset_brings_the_picture_back_to_the_last_byte(explorer):
    picture, words = explorer.image.value, explorer.words.value
    for settings in (
        {"exercise": "box_breathing", "n_sets": 20},
        {"exercise": "glute_bridge", "mapping": "emg", "n_sets": 1},
    ):
        explorer.restore(settings)
    explorer.reset()
    assert explorer.words.value == words
    assert explorer.image.value == picture


def test_what_was_before_leaves_no_trace(explorer):
    explorer.restore({"exercise": "clam", "mapping": "emg", "n_sets": 20})
    there = explorer.image.value
    fresh = explore_exercise("clam")
    fresh.restore({"mapping": "emg", "n_sets": 20})
    assert fresh.image.value == there


@pytest.mark.parametrize(
    "exercise",
    [
        pytest.param(one, marks=pytest.mark.slow if number % 4 else ())
        for number, one in enumerate(EXERCISES)
    ],
)
def test_nothing_overlaps(explorer, exercise):
    explorer.restore({"exercise": exercise, "n_sets": 20, "mapping": "emg"})
    ladder, figure = explorer.drawing.ladder, explorer.drawing.figure
    renderer = figure.canvas.get_renderer()
    boxes = [box.patch.get_window_extent(renderer) for box in ladder.boxes]
    texts = [box.text.get_window_extent(renderer) for box in ladder.boxes]
    outside = [text.get_window_extent(renderer) for text in ladder.words]
    outside += [text.get_window_extent(renderer) for text in ladder.headings]
    muscles = figure.axes[1].get_tightbbox(renderer)
    separate = [*boxes, *outside, muscles]
    assert [1 for a, b in combinations(separate, 2) if a.overlaps(b)] == []
    for box, text in zip(boxes, texts, strict=True):
        assert box.x0 < text.x0 < text.x1 < box.x1
        assert box.y0 < text.y0 < text.y1 < box.y1
    for box in separate:
        assert 0 <= box.x0 < box.x1 <= 900
        assert 0 <= box.y0 < box.y1 <= 600


@pytest.mark.parametrize("exercise", EXERCISES)
def test_boxes_name_the_neighbours_and_arrows_lead_to_them(ladder, exercise):
    one = EXERCISES[exercise]
    ladder.show(one, EXERCISES)
    boxes = ladder.boxes
    assert len(ladder.arrows) == len(boxes) - 1
    middle = boxes[0].x
    found = {
        "itself": [box.text.get_text().split("\n")[0] for box in boxes[:1]],
        "regress": [x.text.get_text().split("\n")[0] for x in boxes if x.x < middle],
        "progress": [x.text.get_text().split("\n")[0] for x in boxes if x.x > middle],
        "swap": [x.text.get_text().split("\n")[0] for x in boxes[1:] if x.x == middle],
    }
    wanted = {
        kind: [EXERCISES[step.to].name for step in getattr(one, kind)]
        for kind in ("regress", "progress", "swap")
    }
    assert found == wanted | {"itself": [one.name]}


@pytest.mark.parametrize(
    ("exercise", "load"),
    [
        ("romanian_deadlift", "barbell"),
        ("dumbbell_romanian_deadlift", "2 dumbbells"),
        ("trap_bar_deadlift", "trap bar"),
        ("glute_bridge", "body mass"),
        ("sorensen_hold", "body mass, held"),
        ("cat_camel", "no load"),
        ("dowel_hip_hinge", "dowel"),
    ],
)
def test_a_box_says_how_an_exercise_is_loaded(explorer, exercise, load):
    explorer.restore({"exercise": exercise})
    assert explorer.drawing.ladder.boxes[0].text.get_text().split("\n")[1] == load
    assert f", {load}. Cue:" in explorer.words.value


def test_missing_activity_is_said_and_not_drawn_as_nothing(explorer):
    explorer.restore({"exercise": "barbell_hip_thrust", "n_sets": 10})
    panel = explorer.drawing.muscles
    measured = {"gluteus_maximus", "hamstrings", "quadriceps"}
    assert set(EXERCISES["barbell_hip_thrust"].emg_pct_mvic) == measured
    said = [text.get_text() for text in panel.still["emg"]]
    for place, muscle in enumerate(MUSCLES):
        counts = explorer.shown.counts["emg"][place]
        is_said = said[place] == "EMG not measured"
        assert is_said == (muscle not in measured and counts == 0)
    solid = [path.vertices[:, 0].max() for path in panel.bars["emg"].get_paths()]
    assert solid == pytest.approx([7.541, 4.08, 9.95])
    hollow = [path.vertices[:, 0].max() for path in panel.hollow.get_paths()]
    is_hollow = ~explorer.shown.is_measured & (explorer.shown.counts["emg"] > 0)
    assert hollow == explorer.shown.counts["fractional"][is_hollow].tolist()
    assert len(hollow) > 0


def test_every_bar_is_as_long_as_its_number(explorer):
    explorer.restore({"exercise": "back_squat", "n_sets": 9})
    panel, counts = explorer.drawing.muscles, explorer.shown.counts
    for mapping in ("primary", "fractional"):
        lengths = [
            path.vertices[:, 0].max() for path in panel.bars[mapping].get_paths()
        ]
        assert lengths == counts[mapping][counts[mapping] > 0].tolist()
        for text, sets in zip(panel.numbers[mapping], counts[mapping], strict=True):
            assert text.get_text() == (f"{sets:g}" if sets else "")
            assert text.get_position()[0] == sets


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_the_chosen_mapping_stands_out(explorer, mapping):
    explorer.restore({"mapping": mapping})
    bars = explorer.drawing.muscles.bars
    widths = {name: one.get_linewidth()[0] for name, one in bars.items()}
    assert max(widths, key=widths.get) == mapping
    assert [one for one in bars.values() if one.get_alpha() == 1] == [bars[mapping]]
    assert len({one.get_hatch() for one in bars.values()}) == 3  # distinct in grey


def test_the_words_name_the_muscle_that_mappings_disagree_about(explorer):
    explorer.restore({"exercise": "glute_bridge", "n_sets": 20, "mapping": "primary"})
    words = explorer.words.value
    assert words.startswith("Glute bridge: thrust pattern, bilateral, body mass. Cue: ")
    text = (
        "20 sets a week by primary muscles only: they count as 20 for gluteus maximus."
    )
    assert text in words
    most = "Mappings differ most for gluteus maximus: 20 (primary), 20 (fractional), 5"
    assert most in words


def test_the_words_have_a_cue_and_a_fault(explorer):
    one = EXERCISES["romanian_deadlift"]
    assert f"Cue: {one.cues[0]} Fault: {one.faults[0]}" in explorer.words.value
    assert "0 (primary), 3 (fractional), 3 (EMG, not measured: as fractional)" in (
        explorer.words.value
    )


def test_mappings_that_agree_are_said_to(explorer):
    explorer.restore({"exercise": "leg_extension"})
    text = "All mappings agree, but muscle activity was not measured."
    assert text in explorer.words.value


def test_exercises_that_train_no_muscle_say_so(explorer):
    explorer.restore({"exercise": "gluteal_self_massage"})
    note = "no sets count for muscles, as the purpose is soft-tissue"
    assert f"6 sets a week by fractional (1 and 0.5): {note}." in explorer.words.value
    panel = explorer.drawing.muscles
    assert panel.note.get_text() == note
    texts = [*panel.still.values(), *panel.numbers.values()]
    assert {text.get_text() for row in texts for text in row} == {""}
    explorer.reset()
    assert panel.note.get_text() == ""


def test_all_exercises_are_found_by_pattern_and_name(explorer):
    options = explorer.controls["exercise"].options
    assert sorted(value for _, value in options) == sorted(EXERCISES)
    assert ("Hinge: Barbell Romanian deadlift", "romanian_deadlift") in options
    patterns = [words.split(":")[0] for words, _ in options]
    changes = sum(a != b for a, b in pairwise(patterns))
    assert changes == len({*patterns}) - 1  # a pattern is in one place
    hinges = [words for words, _ in options if words.startswith("Hinge: ")]
    assert hinges == sorted(hinges)


def test_an_exercise_is_known_by_its_name_or_alias():
    assert explore_exercise("Barbell hip thrust").settings["exercise"] == (
        "barbell_hip_thrust"
    )


def test_an_unknown_exercise_is_refused_with_the_closest_name():
    with pytest.raises(ValueError, match=r"'hip_trust' is not in the catalogue"):
        explore_exercise("hip_trust")
