"""Panels that are drawn once and then move: bars, lines, bands of light weeks."""

import struct
import zlib
from collections.abc import Iterable, Sequence
from math import ceil, floor, log10

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import StrMethodFormatter

from hipext.plots.training import BAR_STYLES

SIZE_IN, DPI = (9.0, 6.0), 100
AT_THE_START = {"color": "#8C8C8C", "linewidth": 1.2, "zorder": 1.5}
_BAR_WIDTH = 0.8
_NAME_LEFT_PX, _NAME_BELOW_PX = 62, 24  # of the names of axes from the axes
_STRIPE_RISE, _STRIPE_STEP = 0.16, 0.05  # of the height of the axes
_BAND = {"facecolor": "#FBE3B3", "alpha": 0.55, "linewidth": 0, "zorder": 0}
# Ends of axes: few of them, so that a whole drawing is seldom needed.
_LAST_WEEKS = (6, 12, 20, 28, 40, 60, 80, 104)
_AIR = 1.25  # room above what is shown first
_ROUND = (1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10)
try:  # ten times as fast, the same pixels
    from isal.isal_zlib import compress as compress_fast
except ImportError:
    from zlib import compress as compress_fast
_PNG_START = b"\x89PNG\r\n\x1a\n"
_RGB_8_BIT = (8, 2, 0, 0, 0)  # bit depth, colour type, compression, filter, interlace


class Picture:
    """A figure whose axes stay while some artists move.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With everything in it that stays.
    moving : iterable of matplotlib.artist.Artist
        What is drawn anew each time, in this order.
    """

    def __init__(self, figure: Figure, moving: Iterable[Artist]) -> None:
        self.figure = figure
        self.canvas = FigureCanvasAgg(figure)
        self.moving = tuple(moving)
        for artist in self.moving:
            artist.set_animated(True)
        self._still = None

    def forget(self) -> None:
        """Draw what stays anew next time: after a change of limits or titles."""
        self._still = None

    def png(self, *, level: int = 1, software: str = "") -> bytes:
        """Return the figure as it is now, as PNG; see `png_bytes`."""
        if self._still is None:
            self.canvas.draw()
            self._still = self.canvas.copy_from_bbox(self.figure.bbox)
        self.canvas.restore_region(self._still)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        pixels = np.asarray(self.canvas.buffer_rgba())
        return png_bytes(pixels, level=level, software=software)


class Panels:
    """Panels above each other in one picture.

    Parameters
    ----------
    names : sequence of str
        Of the panels, from the top.
    heights : sequence of float, optional
        In proportion. Default: all alike.
    shares_x : bool, default True
        Whether the panels have one horizontal axis.
    right : float, default 0.8
        Where the panels end; legends stand on the right of it.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        heights: Sequence[float] | None = None,
        shares_x: bool = True,
        right: float = 0.8,
    ) -> None:
        self.figure = Figure(figsize=SIZE_IN, dpi=DPI)
        drawn = self.figure.subplots(
            len(names), sharex=shares_x, height_ratios=heights, squeeze=False
        )
        self.axes: dict[str, Axes] = dict(zip(names, drawn[:, 0], strict=True))
        self.figure.subplots_adjust(
            left=0.115,
            right=right,
            top=0.96,
            bottom=0.09,
            hspace=0.16 if shares_x else 0.5,
        )
        self._moving: list[Artist] = []
        self.keys: dict[str, list[Artist]] = {}  # of legends, beside those of lines
        self._room: dict[str, tuple[float, float]] = {}
        self._picture: Picture | None = None

    @property
    def picture(self) -> Picture:
        """The picture; everything that stays must be drawn before the first call."""
        if self._picture is None:
            for panel in self.axes.values():
                panel.spines[["top", "right"]].set_visible(False)
                self._pin_labels(panel)
            self._picture = Picture(self.figure, self._moving)
        return self._picture

    def _pin_labels(self, panel: Axes) -> None:
        """Put the names of axes where they stay: no tick is measured to place them."""
        box = panel.get_window_extent()
        panel.yaxis.set_label_coords(-_NAME_LEFT_PX / box.width, 0.5)
        panel.xaxis.set_label_coords(0.5, -_NAME_BELOW_PX / box.height)

    def moves(self, artist: Artist) -> Artist:
        """Say that an artist is drawn anew each time; return it.

        Raises
        ------
        ValueError
            If the picture is there already: it would leave the artist out.
        """
        if self._picture is not None:
            raise ValueError("What moves must be there before limits and labels are.")
        self._moving.append(artist)
        return artist

    def line(self, panel: str, label: str = "", **style: object) -> Line2D:
        """Return a line that moves, without points yet."""
        (line,) = self.axes[panel].plot([], [], label=label or "_", **style)
        return self.moves(line)

    def bars(self, panel: str) -> "Bars":
        """Return bars of load weeks and deload weeks that move."""
        return Bars(self, panel)

    def bands(self, panels: Iterable[str]) -> "Bands":
        """Return bands behind light weeks that move."""
        return Bands(self, panels)

    def legend(self, *panels: str) -> None:
        """Put the legends of panels beside them."""
        for panel in panels:
            lines, _ = self.axes[panel].get_legend_handles_labels()
            self.axes[panel].legend(
                handles=[*self.keys.get(panel, ()), *lines],
                loc="upper left",
                bbox_to_anchor=(1.01, 1.04),
                frameon=False,
                fontsize=9,
                handlelength=2.4,
            )

    def thousands(self, panel: str) -> None:
        """Write large numbers of a vertical axis with commas."""
        self.axes[panel].yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))

    def fit_weeks(self, panel: str, n_weeks: int) -> None:
        """Let the axis end at the first round number of weeks that is late enough."""
        last = next((last for last in _LAST_WEEKS if last >= n_weeks), n_weeks)
        axes = self.axes[panel]
        if axes.get_xlim() != (0.4, last + 0.6):
            axes.set_xlim(0.4, last + 0.6)
            axes.set_xticks(range(2 if last > 20 else 1, last + 1, 1 + last // 21))
            self.picture.forget()

    def fit_near(self, panel: str, low: float, high: float) -> None:
        """Let a vertical axis span two values closely, 0 or not; see `fit`."""
        air = (_AIR - 1) * max(high - low, 1e-9)
        room = self._room.setdefault(panel, (low - air, high + air))
        low, high = min(low - air / 5, room[0]), max(high + air / 5, room[1])
        step = _rounded_up((high - low) / 4) / 2
        self.keep(panel, step * floor(low / step), step * ceil(high / step))

    def label(self, panel: str, text: str) -> None:
        """Write what a vertical axis shows."""
        if self.axes[panel].get_ylabel() != text:
            self.axes[panel].set_ylabel(text)
            self.picture.forget()

    def keep(self, panel: str, low: float, high: float) -> None:
        """Let a vertical axis span exactly two values."""
        if self.axes[panel].get_ylim() != (low, high):
            self.axes[panel].set_ylim(low, high)
            self.picture.forget()

    def fit(self, panel: str, low: float, high: float) -> None:
        """Let a vertical axis span two values, at round ends that change seldom.

        What is shown first decides how much room there is before they change.
        """
        room = self._room.setdefault(panel, (_AIR * low, _AIR * high))
        wanted = _round_ends(min(low, room[0]), max(high, room[1]))
        self.keep(panel, *wanted)


class Bars:
    """Bars by the week; those of light weeks are pale and striped."""

    def __init__(self, panels: Panels, panel: str) -> None:
        self._axes, self._kinds = panels.axes[panel], {}
        for is_light, style in BAR_STYLES.items():
            look = {"facecolor": style["color"], "edgecolor": style["edgecolor"]}
            bars = PolyCollection([], **look)
            self._axes.add_collection(bars, autolim=False)
            self._kinds[is_light] = panels.moves(bars)
            key = Patch(**look, hatch=style.get("hatch"), label=style["label"])
            panels.keys.setdefault(panel, []).append(key)
        # As hatching looks, which takes ten times as long to draw.
        self._stripes = panels.line(panel, color=BAR_STYLES[True]["edgecolor"], lw=1)

    def show(self, heights: np.ndarray, is_light: np.ndarray) -> None:
        """Show a height for every week, from week 1; limits must be set before."""
        weeks = np.arange(1, len(heights) + 1)
        for kind, bars in self._kinds.items():
            chosen = is_light == kind
            bars.set_verts(_corners(weeks[chosen], heights[chosen]))
        top = self._axes.get_ylim()[1]
        x, y = _stripes(weeks[is_light], heights[is_light] / top)
        self._stripes.set_data(x, y * top)


def _stripes(middles: np.ndarray, tops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slanting lines within bars; heights are in parts of the axis."""
    starts = np.arange(-_STRIPE_RISE, 1.0, _STRIPE_STEP)
    middles, tops = middles[:, np.newaxis], tops[:, np.newaxis]
    first = np.clip((0.0 - starts) / _STRIPE_RISE, 0.0, 1.0) + 0.0 * tops
    last = np.clip((tops - starts) / _STRIPE_RISE, 0.0, 1.0)
    ends = np.stack([first, np.maximum(first, last), np.full(first.shape, np.nan)], 2)
    x = middles[..., np.newaxis] + (ends - 0.5) * _BAR_WIDTH
    y = starts[:, np.newaxis] + ends * _STRIPE_RISE
    is_there = (last > first).ravel()
    return x.reshape(-1, 3)[is_there].ravel(), y.reshape(-1, 3)[is_there].ravel()


class Bands:
    """Pale bands behind the light weeks of some panels."""

    def __init__(self, panels: Panels, names: Iterable[str]) -> None:
        self._bands = []
        for name in names:
            axes = panels.axes[name]
            band = PolyCollection([], transform=axes.get_xaxis_transform(), **_BAND)
            axes.add_collection(band, autolim=False)
            self._bands.append(panels.moves(band))

    def show(self, is_light: np.ndarray) -> None:
        """Show the weeks that are light."""
        weeks = np.flatnonzero(is_light) + 1
        corners = _corners(weeks, np.ones(len(weeks)), width=1.0)
        for band in self._bands:
            band.set_verts(corners)


def _corners(
    middles: np.ndarray, tops: np.ndarray, *, width: float = _BAR_WIDTH
) -> np.ndarray:
    """Return the corners of bars from 0 to their tops: bars x 4 x 2."""
    bottoms = np.zeros(len(tops))
    return rectangles(middles - width / 2, middles + width / 2, bottoms, tops)


def rectangles(
    left: np.ndarray, right: np.ndarray, bottom: np.ndarray, top: np.ndarray
) -> np.ndarray:
    """Return the corners of rectangles: rectangles x 4 x 2."""
    across = np.stack([left, left, right, right], axis=1)
    return np.stack([across, np.stack([bottom, top, top, bottom], axis=1)], axis=2)


def weeks_of_days(n_days: int) -> np.ndarray:
    """Return where the mornings of days lie on an axis of weeks."""
    return np.arange(n_days) / 7 + 0.5


def _round_ends(low: float, high: float) -> tuple[float, float]:
    """Return round numbers beyond two values, one of which is 0 or beyond it."""
    top = _rounded_up(high)
    if low >= 0.0:
        return 0.0, top
    return -_rounded_up(max(-low, 0.1 * top)), top


def _rounded_up(value: float) -> float:
    """Return the first round number that is not below a value above 0."""
    power = 10.0 ** floor(log10(max(value, 1e-9)))
    return next(x * power for x in _ROUND if x * power >= value or x == _ROUND[-1])


def png_bytes(pixels: np.ndarray, *, level: int = 1, software: str = "") -> bytes:
    """Return a picture as PNG, quickly.

    Parameters
    ----------
    pixels : numpy.ndarray
        Height x width x 3 (or 4, opacity is dropped), 8 bits a channel.
    level : int, default 1
        Compression, 1 (fast) to 9 (small).
    software : str, optional
        What made the picture; it is written into it.

    Returns
    -------
    bytes
        The same for the same pixels, level and software.
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each row: filter, RGB
    for channel in range(3):  # ten times faster than all at once
        rows[:, 1 + channel :: 3] = pixels[:, :, channel]
    header = struct.pack(">2I5B", width, height, *_RGB_8_BIT)
    packed = compress_fast(rows, level) if level <= 1 else zlib.compress(rows, level)
    made_by = f"Software\0{software}".encode("latin-1")
    chunks = [
        (b"IHDR", header),
        *([(b"tEXt", made_by)] if software else []),
        (b"IDAT", packed),
        (b"IEND", b""),
    ]
    return _PNG_START + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
