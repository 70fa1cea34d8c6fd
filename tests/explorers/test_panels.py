import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from hipext.explorers.panels import Picture, png_bytes


def test_a_written_png_reads_back_to_the_same_pixels(rng):
    pixels = rng.integers(0, 256, size=(7, 5, 3), dtype=np.uint8)
    read = np.asarray(Image.open(io.BytesIO(png_bytes(pixels))))
    np.testing.assert_array_equal(read, pixels)


def test_what_made_a_picture_is_read_back(rng):
    pixels = rng.integers(0, 256, size=(7, 5, 3), dtype=np.uint8)
    picture = Image.open(io.BytesIO(png_bytes(pixels, software="Matplotlib 1")))
    assert picture.info["Software"] == "Matplotlib 1"
    np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_opacity_is_dropped(rng):
    pixels = rng.integers(0, 256, size=(4, 4, 4), dtype=np.uint8)
    read = np.asarray(Image.open(io.BytesIO(png_bytes(pixels))))
    np.testing.assert_array_equal(read, pixels[:, :, :3])


@pytest.fixture
def line_and_picture():
    figure = Figure(figsize=(2, 1), dpi=50)
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    (line,) = axes.plot([0, 1], [0, 1])
    return line, Picture(figure, [line])


def test_an_update_equals_a_figure_drawn_anew(line_and_picture):
    line, picture = line_and_picture
    picture.png()
    line.set_ydata([1, 0])
    updated = picture.png()
    picture.redraw()
    assert updated == picture.png()


def test_what_moved_is_seen_and_leaves_no_trace(line_and_picture):
    line, picture = line_and_picture
    first = picture.png()
    line.set_ydata([1, 0])
    assert picture.png() != first
    line.set_ydata([0, 1])
    assert picture.png() == first
