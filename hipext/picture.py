"""A figure that is drawn once and then updated fast enough for a slider."""

import struct
import zlib
from collections.abc import Iterable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

try:  # ten times as fast, the same pixels
    from isal.isal_zlib import compress as compress_fast
except ImportError:
    from zlib import compress as compress_fast

_PNG_START = b"\x89PNG\r\n\x1a\n"
_RGB_8_BIT = (8, 2, 0, 0, 0)  # bit depth, colour type, compression, filter, interlace


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
