import io

import numpy as np
import pytest
from PIL import Image

from hipext.widgets import KNOBS, explore_plan, in_words


@pytest.fixture
def explorer():
    return explore_plan("guide_16wk", "novice")


def pixels(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.image.value)), dtype=float)


def test_the_explorer_starts_from_the_plan(explorer):
    assert explorer.settings["weeks"] == 16
    assert explorer.settings["deload_every_weeks"] == 4
    assert explorer.settings["deload_sets_pct"] == 50


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("weeks", 12),
        ("deload_every_weeks", 0),
        ("deload_sets_pct", 20),
        ("pct_step_per_week", 6.0),
        ("sessions_per_week", 5),
    ],
)
def test_every_knob_changes_picture_and_curves(explorer, knob, value):
    picture, curves = explorer.image.value, explorer.curves
    explorer.knobs[knob].value = value
    assert explorer.image.value != picture
    volume = "system_volume_load_kg"
    assert not explorer.curves.weekly[volume].equals(curves.weekly[volume])


def test_another_person_changes_the_picture(explorer):
    picture = explorer.image.value
    explorer.person.value = "lifter"
    assert explorer.image.value != picture


def test_the_words_follow_the_knobs(explorer):
    assert "Deload weeks: 4, 8, 12, 16." in explorer.words.value
    explorer.knobs["deload_every_weeks"].value = 5
    assert "Deload weeks: 5, 10, 15." in explorer.words.value
    explorer.knobs["deload_every_weeks"].value = 0
    assert "Deload weeks: none." in explorer.words.value


def test_the_words_are_announced_and_equal_the_curves(explorer):
    assert 'role="status"' in explorer.words.value
    assert in_words(explorer.curves) in explorer.words.value
    total = explorer.curves.weekly["working_sets"].sum()
    assert f"{total:.0f} working sets" in explorer.words.value


@pytest.mark.parametrize("knob", sorted(KNOBS))
def test_slider_and_number_are_tied(explorer, knob):
    rows = [child for child in explorer.children if hasattr(child, "children")]
    field = explorer.knobs[knob]
    (slider,) = [row.children[1] for row in rows if row.children[0] is field]
    slider.value = KNOBS[knob][1]
    assert field.value == KNOBS[knob][1]
    field.value = KNOBS[knob][2]
    assert slider.value == KNOBS[knob][2]


def test_every_field_has_a_name_for_a_screen_reader(explorer):
    assert all(field.description for field in explorer.knobs.values())
    assert explorer.person.description


def test_reset_brings_picture_and_knobs_back(explorer):
    picture, settings = explorer.image.value, explorer.settings
    explorer.knobs["weeks"].value = 10
    explorer.knobs["deload_every_weeks"].value = 2
    explorer.restore(settings)
    assert explorer.settings == settings
    assert explorer.image.value == picture


def test_extreme_knobs_still_draw(explorer):
    for name, (_, low, high, _, _) in KNOBS.items():
        for value in (low, high):
            explorer.knobs[name].value = value
            assert pixels(explorer).shape == (600, 900, 3)


def test_a_moved_bar_leaves_no_trace(explorer):
    before = explorer.image.value
    explorer.knobs["deload_sets_pct"].value = 100
    explorer.knobs["deload_sets_pct"].value = 50
    assert explorer.image.value == before


def test_the_fallback_is_the_picture_itself(explorer):
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == in_words(explorer.curves)
    assert len(bundle["image/png"]) > 1000


def test_light_weeks_are_seen_without_colour(explorer):
    grey = np.asarray(
        Image.open(io.BytesIO(explorer.image.value)).convert("L"), dtype=float
    )
    explorer.knobs["deload_every_weeks"].value = 0
    grey_without = np.asarray(
        Image.open(io.BytesIO(explorer.image.value)).convert("L"), dtype=float
    )
    assert np.abs(grey - grey_without).max() > 50
