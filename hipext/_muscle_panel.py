"""Sets per muscle by every mapping side by side, as bars that move."""

from collections.abc import Mapping

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from hipext._phrases import counted
from hipext.explorer_figure import Panels, rectangles
from hipext.plots import BLACK, BLUE, GREEN, GREY, ORANGE
from hipext.tables import MUSCLES

MAPPING_WORDS = {  # from the top of every group of bars
    "primary": "primary muscles only",
    "fractional": "fractional (1 and 0.5)",
    "emg": "muscle activity (EMG)",
}
_FILLS = {
    "primary": {"facecolor": BLUE, "hatch": None},
    "fractional": {"facecolor": ORANGE, "hatch": "////"},
    "emg": {"facecolor": GREEN, "hatch": "...."},
}
_NOT_MEASURED = "EMG not measured: as fractional"
_HOLLOW = {"facecolor": "white", "edgecolor": GREY, "linestyle": (0, (2, 1.5))}
_EDGES = {
    True: {"alpha": 1.0, "edgecolor": BLACK, "linewidth": 1.6},
    False: {"alpha": 0.45, "edgecolor": GREY, "linewidth": 0.8},
}
_LETTERS = {
    True: {"color": BLACK, "fontweight": "bold"},
    False: {"color": GREY, "fontweight": "normal"},
}
_ROWS = np.arange(len(MUSCLES))
_PITCH, _THICKNESS = 0.285, 0.2  # of bars, in rows
_GAP_IN = 0.05  # between a bar and its number
_ENDS = {5: 1, 10: 2, 20: 4}  # of the axis, few, so that it seldom changes; ticks


class MusclePanel:
    """A row per muscle with a bar per mapping; the chosen mapping stands out.

    Attributes
    ----------
    bars, numbers, still : dict
        Bars, their numbers, and the words where there is no bar, by mapping.
    hollow : matplotlib.collections.PolyCollection
        Bars of activity that nobody measured.
    note : matplotlib.text.Text
        Why nothing is counted; empty where something is.
    """

    def __init__(self, panels: Panels, name: str) -> None:
        self._panels, self._axes = panels, panels.axes[name]
        self._set_axes()
        self.bars = {
            mapping: self._collection(MAPPING_WORDS[mapping], **fill)
            for mapping, fill in _FILLS.items()
        }
        self.hollow = self._collection(_NOT_MEASURED, **_HOLLOW)
        self.numbers = {
            mapping: [panels.moves(self._text(row, mapping)) for row in _ROWS]
            for mapping in _FILLS
        }
        corner = {"transform": self._axes.transAxes}
        self._headline = self._axes.text(0.0, 1.13, "", fontweight="bold", **corner)
        panels.moves(self._headline)
        self.note = self._axes.text(0.5, 0.5, "", ha="center", **corner)
        self.still = {  # what stays as long as the exercise does
            mapping: [self._text(row, mapping) for row in _ROWS] for mapping in _FILLS
        }
        self._axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.173, 0.985),
            ncol=4,
            frameon=False,
            fontsize=9,
            columnspacing=1.4,
        )

    def settle(
        self, shares: Mapping[str, np.ndarray], is_measured: np.ndarray, note: str
    ) -> None:
        """Write what no number of sets changes: muscles that get nothing, a note.

        `is_measured` says of which muscles there is an activity; with a note nothing
        is counted at all.
        """
        for mapping, texts in self.still.items():
            for row, text in enumerate(texts):
                is_missing = mapping == "emg" and not is_measured[row]
                words = "EMG not measured" if is_missing else "0"
                is_there = shares[mapping][row] == 0 and not note
                text.set_text(words if is_there else "")
        self.note.set_text(note)

    def show(
        self,
        counts: Mapping[str, np.ndarray],
        is_measured: np.ndarray,
        *,
        n_sets: int,
        chosen: str,
    ) -> None:
        """Show sets per muscle by mapping, from so many sets a week."""
        self._fit(n_sets)
        is_full = {mapping: np.ones_like(is_measured) for mapping in _FILLS}
        is_full["emg"] = is_measured
        for mapping, bars in self.bars.items():
            sets, is_chosen = counts[mapping], mapping == chosen
            self._lengthen(bars, mapping, sets * is_full[mapping])
            bars.set(**_EDGES[is_chosen])
            self._write(mapping, sets, is_chosen)
        self._lengthen(self.hollow, "emg", counts["emg"] * ~is_measured)
        self.hollow.set(**_EDGES[chosen == "emg"] | {"alpha": 1.0})
        self._headline.set_text(headline_of(n_sets, chosen))

    def _set_axes(self) -> None:
        names = [name.replace("_", " ") for name in MUSCLES]
        self._axes.set_yticks(_ROWS, labels=names)
        self._axes.set_ylim(len(MUSCLES) - 0.5, -0.5)
        self._axes.tick_params(axis="y", length=0)
        self._axes.set_xlabel("sets a week that count for the muscle (sets)")

    def _collection(self, label: str, **style: object) -> PolyCollection:
        bars = PolyCollection([], label=label, **style)
        self._axes.add_collection(bars, autolim=False)
        return self._panels.moves(bars)

    def _text(self, row: int, mapping: str) -> Text:
        """Return a number, to stand a little right of where its bar ends."""
        scale = self._panels.figure.dpi_scale_trans
        beside = self._axes.transData + ScaledTranslation(_GAP_IN, 0, scale)
        style = {"va": "center_baseline", "fontsize": 8, "color": GREY}
        return self._axes.text(0, _height(row, mapping), "", transform=beside, **style)

    def _fit(self, n_sets: int) -> None:
        end = next(end for end in _ENDS if end >= n_sets)
        if self._axes.get_xlim() != (0, end):
            self._axes.set_xlim(0, end)
            self._axes.set_xticks(range(0, end + 1, _ENDS[end]))
            self._panels.picture.forget()

    def _lengthen(self, bars: PolyCollection, mapping: str, sets: np.ndarray) -> None:
        heights, half = _height(_ROWS, mapping), _THICKNESS / 2
        corners = rectangles(0 * sets, sets, heights - half, heights + half)
        bars.set_verts(corners[sets > 0])

    def _write(self, mapping: str, counts: np.ndarray, is_chosen: bool) -> None:
        for sets, text in zip(counts.tolist(), self.numbers[mapping], strict=True):
            text.set_text(f"{round(sets, 1):g}" if sets else "")
            text.set_x(sets)
            text.set(**_LETTERS[is_chosen])


def headline_of(n_sets: int, mapping: str) -> str:
    """Return how much is done, and how it is counted."""
    return f"{counted(n_sets, 'set')} a week by {MAPPING_WORDS[mapping]}"


def _height(row: int | np.ndarray, mapping: str) -> float | np.ndarray:
    """Return the middle of a bar, in rows from the top."""
    return row + _PITCH * ([*_FILLS].index(mapping) - 1)
