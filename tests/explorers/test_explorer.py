"""What holds for every explorer: controls, picture, words, reset, share and save."""

import io
import json
import warnings

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hipext import widgets
from hipext.explorers.explorer import Choice, Number

EXPLORERS = sorted(name for name in vars(widgets) if name.startswith("explore_"))


@pytest.fixture(scope="module", params=EXPLORERS)
def explorer(request):
    return getattr(widgets, request.param)()


@pytest.fixture(autouse=True)
def start_anew(explorer):
    explorer.reset()


def pixels(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.image.value)), dtype=float)


def other_values(control):
    """Return values of a control other than the one at the start."""
    if isinstance(control, Choice):
        return [value for _, value in control.options if value != control.start]
    return [value for value in (control.low, control.high) if value != control.start]


def middle_of(control):
    """Return a number between the ends that is not the one at the start."""
    middle = type(control.step)((control.low + control.high) / 2)
    return middle if middle != control.start else middle + control.step


def sliders(widget):
    """Return the sliders below a widget."""
    kinds = (ipywidgets.IntSlider, ipywidgets.FloatSlider)
    below = [one for x in getattr(widget, "children", ()) for one in sliders(x)]
    return [widget, *below] if isinstance(widget, kinds) else below


def test_all_seven_explorers_are_there():
    what = ("compare", "deload", "effort", "exercise", "fit", "plan", "recovery")
    assert [f"explore_{name}" for name in what] == EXPLORERS


def what_changes(explorer, name, base):
    """Return whether a control changes picture and words of a state."""
    explorer.restore(base)
    start, said = pixels(explorer), explorer.words.value
    is_drawn = is_listed = False
    for value in other_values(explorer.controls[name])[:12]:
        explorer.restore({name: value})
        is_drawn |= not np.array_equal(pixels(explorer), start)
        is_listed |= explorer.words.value != said
    explorer.reset()
    return is_drawn, is_listed


def test_every_control_changes_picture_and_words(explorer):
    numbers = [x for x in explorer.controls.values() if isinstance(x, Number)]
    for name in explorer.controls:
        # The size of a flare-up matters once there is one.
        others = {x.name: middle_of(x) for x in numbers if x.name != name}
        found = (what_changes(explorer, name, base) for base in ({}, others))
        assert (True, True) in found, f"{name} does not change picture and words"


def test_history_leaves_no_trace(explorer):
    before, words = explorer.image.value, explorer.words.value
    for name, control in explorer.controls.items():
        for value in other_values(control)[:3]:
            explorer.restore({name: value})
    explorer.reset()
    assert explorer.words.value == words
    np.testing.assert_array_equal(
        pixels(explorer), np.asarray(Image.open(io.BytesIO(before)), dtype=float)
    )


def test_a_picture_equals_one_drawn_from_nothing(explorer):
    moved = next(x for x in explorer.controls.values() if isinstance(x, Number))
    explorer.restore({moved.name: middle_of(moved)})
    updated = explorer.image.value
    explorer.drawing.picture.redraw()
    assert explorer.drawing.picture.png() == updated


def test_extreme_settings_draw_without_a_warning(explorer):
    numbers = [x for x in explorer.controls.values() if isinstance(x, Number)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for ends in (min, max):
            settings = {x.name: ends(x.low, x.high) for x in numbers}
            explorer.restore(settings)
            assert pixels(explorer).shape == (600, 900, 3)
            assert "nan" not in explorer.words.value


def test_slider_and_number_are_tied(explorer):
    numbers = [x for x in explorer.controls.values() if isinstance(x, Number)]
    tied = sliders(explorer)
    assert len(tied) == len(numbers)
    for control, slider in zip(numbers, tied, strict=True):
        slider.value = middle_of(control)
        assert explorer.knobs[control.name].value == slider.value
        explorer.knobs[control.name].value = control.low
        assert slider.value == control.low
        assert slider.max == control.high


def test_every_control_has_a_name_and_the_picture_too(explorer):
    assert all(field.description for field in explorer.knobs.values())
    assert len({field.description for field in explorer.knobs.values()}) == len(
        explorer.knobs
    )
    assert explorer.companion.names["picture"]
    assert len(explorer.companion.names["sliders"]) == len(sliders(explorer))


def test_labels_fit_beside_their_fields(explorer):
    labels = [field.description for field in explorer.knobs.values()]
    assert [label for label in labels if len(label) > 31] == []


def test_a_state_shared_as_json_comes_back(explorer):
    start = explorer.settings
    name, control = next(iter(explorer.controls.items()))
    value = other_values(control)[0]
    explorer.restore({name: value})
    shared, picture = explorer.state.value, explorer.image.value
    assert json.loads(shared) == explorer.settings == start | {name: value}
    explorer.reset()
    explorer.state.value = shared  # as typed
    assert explorer.settings[name] == value
    assert explorer.image.value == picture


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "names and values in braces"),
        ('{"no_such_knob": 1}', "no control 'no_such_knob'"),
    ],
)
def test_a_state_that_cannot_be_is_refused_in_words(explorer, typed, said):
    settings, picture = explorer.settings, explorer.image.value
    explorer.state.value = typed
    assert said in explorer.words.value.replace("&#x27;", "'")
    assert explorer.settings == settings
    assert explorer.image.value == picture


def test_a_value_out_of_range_is_refused_with_what_is_allowed(explorer):
    control = next(x for x in explorer.controls.values() if isinstance(x, Number))
    told = f"{control.name} must be {control.low:g} to {control.high:g}; got"
    with pytest.raises(ValueError, match=told):
        explorer.restore({control.name: control.high + control.step})
    with pytest.raises(ValueError, match=f"{control.name} must be a"):
        explorer.restore({control.name: "many"})


def test_files_hold_the_picture_the_numbers_and_the_state(explorer, tmp_path):
    name = f"hipext_{explorer.definition.name}"
    written = explorer.save(tmp_path / "new")
    assert [path.name for path in written] == [
        f"{name}.png",
        f"{name}.svg",
        f"{name}.csv",
        f"{name}.json",
    ]
    picture, drawing, data, state = written
    assert Image.open(io.BytesIO(picture.read_bytes())).size == (1800, 1200)
    assert drawing.read_text(encoding="utf-8").count("<path") > 3
    table = pd.read_csv(data)
    assert len(table) == len(explorer.definition.table(explorer.shown))
    assert json.loads(state.read_text(encoding="utf-8")) == explorer.settings


def test_files_are_the_same_twice(explorer):
    assert explorer.files() == explorer.files()


def test_the_fallback_is_picture_and_words(explorer):
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == explorer.definition.description(explorer.shown)
    assert len(bundle["image/png"]) > 1000


def test_the_picture_can_be_read_in_grey(explorer):
    """Lines of one panel differ in dash, width or marker, not in colour alone."""
    for axes in explorer.drawing.figure.axes:
        lines = [x for x in axes.get_lines() if not x.get_label().startswith("_")]
        styles = [
            (str(x.get_linestyle()), x.get_marker(), x.get_linewidth()) for x in lines
        ]
        assert len(set(styles)) == len(styles), [x.get_label() for x in lines]
