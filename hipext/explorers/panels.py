"""Figures of stacked panels that redraw quickly: bars, lines, deload bands, PNG."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hipext.files.tables import DAYS_PER_WEEK
from hipext.plots.training import BAR_STYLES

try:  # ten times as fast, the same pixels
    from isal.isal_zlib import compress as compress_fast
except ImportError:
    from zlib import compress as compress_fast

SIZE_IN, DPI = (9.0, 6.0), 100
_EDGES = {"left": 0.115, "right": 0.8, "top": 0.96, "bottom": 0.09}  # of panels
AT_THE_START = {"color": "#8C8C8C", "linewidth": 1.2, "zorder": 1.5}
_BAR_WIDTH = 0.8
_LABEL_LEFT_PX, _LABEL_BELOW_PX = 62, 24  # distance of axis labels from the axes
_STRIPE_RISE, _STRIPE_STEP = 0.16, 0.05  # of the height of the axes
_BAND = {"facecolor": "#FBE3B3", "alpha": 0.55, "linewidth": 0, "zorder": 0}
# Axes end at few values, because every change of limits costs a full drawing.
_LAST_WEEKS = (6, 12, 20, 28, 40, 60, 80, 104)
_ROUND = MaxNLocator(6, steps=(1, 2, 2.5, 5, 10))
_ROOM = 0.25  # around what is shown first, as a part of its span
_PNG_START = b"\x89PNG\r\n\x1a\n"
Points = tuple[Sequence[float], Sequence[float]]  # x and y
_RGB_8_BIT = (8, 2, 0, 0, 0)  # bit depth, colour type, compression, filter, interlace


class Picture:
    """A figure whose background is drawn once, and its moving artists every time.

    The background is what is not in `moving`: the artists that change, in order.
    """

    def __init__(self, figure: Figure, moving: Iterable[Artist]) -> None:
        self.figure = figure
        self.canvas = FigureCanvasAgg(figure)
        self.moving = tuple(moving)
        for artist in self.moving:
            artist.set_animated(True)  # left out of a full drawing
        self._background = None

    def redraw(self) -> None:
        """Draw the background anew next time: after a change of limits or labels."""
        self._background = None

    def png(self, *, level: int = 1, software: str = "") -> bytes:
        """Return the figure as it is now, as PNG; see `png_bytes`."""
        # A full drawing takes some 60 ms, most of it for text. Copying its pixels and
        # drawing a few artists on top (blitting) takes 4 ms, PNG included.
        if self._background is None:
            self.canvas.draw()
            self._background = self.canvas.copy_from_bbox(self.figure.bbox)
        self.canvas.restore_region(self._background)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        pixels = np.asarray(self.canvas.buffer_rgba())
        return png_bytes(pixels, level=level, software=software)


class Panels:
    """Panels above each other in one figure, made once and then updated.

    A subclass is the figure of one explorer: it adds its artists when it is made, and
    changes them in `update`. Legends stand on the right of the panels.
    """

    def __init__(
        self,
        labels: Mapping[str, str],
        *,
        heights: Sequence[float] | None = None,
        shares_x: bool = True,
    ) -> None:
        self.figure = Figure(figsize=SIZE_IN, dpi=DPI)
        rows = [[name] for name in labels]
        self.axes: dict[str, Axes] = self.figure.subplot_mosaic(
            rows, sharex=shares_x, height_ratios=heights
        )
        self.figure.subplots_adjust(**_EDGES, hspace=0.16 if shares_x else 0.5)
        for name, label in labels.items():
            self.axes[name].set_ylabel(label)
        self._moving: list[Artist] = []
        self._first: dict[str, tuple[float, float]] = {}  # limits of what came first
        self._picture: Picture | None = None

    def show(self, shown: object) -> bytes:
        """Update the figure to what is shown; return it as PNG."""
        self.update(shown)
        return self.picture.png()

    def update(self, shown: object) -> None:
        """Update the figure to what is shown."""
        raise NotImplementedError

    @property
    def picture(self) -> Picture:
        """The figure with its background kept; add all artists before the first use."""
        if self._picture is None:
            for name, panel in self.axes.items():
                self._add_legend(name)
                panel.spines[["top", "right"]].set_visible(False)
                # Fixed places of labels, so that no tick is measured to place them.
                box = panel.get_window_extent()
                panel.yaxis.set_label_coords(-_LABEL_LEFT_PX / box.width, 0.5)
                panel.xaxis.set_label_coords(0.5, -_LABEL_BELOW_PX / box.height)
            self._picture = Picture(self.figure, self._moving)
        return self._picture

    def moving(self, artist: Artist) -> Artist:
        """Have an artist drawn every time; return it."""
        self._moving.append(artist)
        return artist

    def line(
        self, panel: str, label: str = "_", points: Points = ([], []), **style: object
    ) -> Line2D:
        """Return a moving line, without points at first unless they are given."""
        (line,) = self.axes[panel].plot([], [], label=label, **style)
        line.set_data(*points)  # not plotted, as limits do not follow from it
        return self.moving(line)

    def polygons(self, panel: str, label: str = "_", **style: object) -> PolyCollection:
        """Return moving polygons, none at first."""
        polygons = PolyCollection([], label=label, **style)
        self.axes[panel].add_collection(polygons, autolim=False)
        return self.moving(polygons)

    def _add_legend(self, panel: str) -> None:
        """Add the legend of a panel beside it, unless it has one or needs none."""
        axes = self.axes[panel]
        if any(axes.get_legend_handles_labels()) and not axes.get_legend():
            axes.legend(
                loc="upper left",
                bbox_to_anchor=(1.01, 1.04),
                frameon=False,
                fontsize=9,
                handlelength=2.4,
            )

    def fit_weeks(self, panel: str, n_weeks: int) -> None:
        """End the axis of weeks at the first of a few round numbers that is enough."""
        last = next((last for last in _LAST_WEEKS if last >= n_weeks), n_weeks)
        ticks = range(2 if last > 20 else 1, last + 1, 1 + last // 21)
        self.set_axes(panel, xlim=(0.4, last + 0.6), xticks=ticks, xlabel="week")

    def fit(self, panel: str, low: float, high: float) -> None:
        """Let a vertical axis span two values, with round limits that change seldom.

        They never span less than what was shown first, and some room around it; an
        axis that begins at 0 has no room below.
        """
        room = _ROOM * max(high - low, 1e-9)
        below = room if low else 0.0
        first = self._first.setdefault(panel, (low - below, high + room))
        low, high = min(low - below / 5, first[0]), max(high + room / 5, first[1])
        # Round numbers that enclose both values; the axis ends at the outer ones.
        ends = _ROUND.tick_values(low, high)
        self.set_axes(panel, ylim=(ends[0], ends[-1]))

    def set_axes(self, panel: str, **values: object) -> None:
        """Set limits, ticks or labels; the background is drawn anew if one changes."""
        axes = self.axes[panel]
        before = [getattr(axes, f"get_{name}")() for name in values]
        if not all(map(np.array_equal, before, values.values())):
            axes.set(**values)
            self.picture.redraw()


class Bars:
    """Bars by week; those of deload weeks are pale and striped."""

    def __init__(self, panels: Panels, panel: str) -> None:
        self._axes, self._bars = panels.axes[panel], {}
        for is_deload, style in BAR_STYLES.items():
            look = {"facecolor": style["color"], "edgecolor": style["edgecolor"]}
            self._bars[is_deload] = panels.polygons(panel, **look)
            legend = {"hatch": style.get("hatch"), "label": style["label"]}
            self._axes.fill([], [], **look, **legend)  # nothing, for the legend
        # Lines that look like hatching, which would take ten times as long to draw.
        self._stripes = panels.line(panel, color=BAR_STYLES[True]["edgecolor"], lw=1)

    def show(self, heights: np.ndarray, is_deload: np.ndarray) -> None:
        """Show a height for every week, from week 1; set the limits before."""
        weeks = np.arange(1, len(heights) + 1)
        for kind, bars in self._bars.items():
            chosen = is_deload == kind
            bars.set_verts(columns(weeks[chosen], heights[chosen]))
        top = self._axes.get_ylim()[1]
        x, y = _stripes(weeks[is_deload], heights[is_deload] / top)
        self._stripes.set_data(x, y * top)


def _stripes(middles: np.ndarray, tops: np.ndarray) -> Iterator[np.ndarray]:
    """Yield x and y of slanting lines within bars; heights are in parts of the axis.

    All lines are one curve with gaps (NaN), drawn at once.
    """
    starts = np.arange(-_STRIPE_RISE, 1.0, _STRIPE_STEP)[:, np.newaxis]
    rise = np.array([0.0, _STRIPE_RISE])
    middles, tops = (values[:, np.newaxis, np.newaxis] for values in (middles, tops))
    # A stripe rises over the width of the bar; it is cut off below 0 and above the top.
    y = np.clip(starts + rise, 0.0, tops)  # bar, stripe, end
    x = middles + ((y - starts) / _STRIPE_RISE - 0.5) * _BAR_WIDTH
    is_seen = y[..., 0] < y[..., 1]
    for ends in (x, y):
        yield np.insert(ends[is_seen], 2, np.nan, axis=1).ravel()


class Bands:
    """Pale bands behind the deload weeks of some panels."""

    def __init__(self, panels: Panels, names: Iterable[str]) -> None:
        # Vertically the bands are in parts of the axes, horizontally in weeks.
        self._bands = [
            panels.polygons(
                name, transform=panels.axes[name].get_xaxis_transform(), **_BAND
            )
            for name in names
        ]

    def show(self, is_deload: np.ndarray) -> None:
        """Show which weeks, from week 1, are deload weeks."""
        weeks = np.flatnonzero(is_deload) + 1
        corners = columns(weeks, np.ones(len(weeks)), width=1.0)
        for band in self._bands:
            band.set_verts(corners)


def columns(
    middles: np.ndarray,
    tops: np.ndarray,
    *,
    bottoms: np.ndarray | float = 0.0,
    width: float = _BAR_WIDTH,
) -> np.ndarray:
    """Return the corners of upright bars: bars x 4 x 2."""
    bottoms = bottoms + np.zeros(len(tops))
    return rectangles(middles - width / 2, middles + width / 2, bottoms, tops)


def rectangles(
    left: np.ndarray, right: np.ndarray, bottom: np.ndarray, top: np.ndarray
) -> np.ndarray:
    """Return the corners of rectangles: rectangles x 4 x 2."""
    across = np.stack([left, left, right, right], axis=1)
    return np.stack([across, np.stack([bottom, top, top, bottom], axis=1)], axis=2)


def weeks_of_days(n_days: int) -> np.ndarray:
    """Return the places of the mornings of days on an axis of weeks."""
    return np.arange(n_days) / DAYS_PER_WEEK + 0.5


def png_bytes(pixels: np.ndarray, *, level: int = 1, software: str = "") -> bytes:
    """Return a picture as PNG, quickly; `software` is its name, written into the file.

    Pixels are height x width x 3 (or 4, opacity is dropped) with 8 bits a channel;
    `level` is the compression from 1 (fast) to 9 (small).
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each row: filter, RGB
    for channel in range(3):  # ten times faster than all at once
        rows[:, 1 + channel :: 3] = pixels[:, :, channel]
    header = struct.pack(">2I5B", width, height, *_RGB_8_BIT)
    packed = compress_fast(rows, level) if level <= 1 else zlib.compress(rows, level)
    start, end = _PNG_START + _chunk(b"IHDR", header), _chunk(b"IEND", b"")
    if software:
        start += _chunk(b"tEXt", f"Software\0{software}".encode("latin-1"))
    return start + _chunk(b"IDAT", packed) + end


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG file: length, kind, content and checksum."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
