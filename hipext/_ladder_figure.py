"""An exercise among its neighbours: what is easier, what is harder, what is alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

from hipext.exercises import Exercise
from hipext.plots import BLACK, BLUE, GREY

HEADINGS = {
    "regress": "easier: regress to",
    "itself": "this exercise",
    "progress": "harder: progress to",
}
_MIDDLES = {"regress": 0.155, "itself": 0.5, "progress": 0.845}  # of the axes' width
_WIDTH, _HEIGHT, _PITCH = 0.304, 0.155, 0.185  # of boxes, in parts of the axes
_HEADING_Y, _MIDDLE_Y, _SWAP_Y = 0.995, 0.46, 0.09
_NONE = "none in the catalogue"
_BOX_STYLES = {
    True: {"facecolor": "#D6EBF8", "edgecolor": BLACK, "linewidth": 1.8},
    False: {"facecolor": "white", "edgecolor": GREY, "linewidth": 1.0},
}
_ARROW_STYLES = {
    "regress": {"arrowstyle": "-|>", "color": GREY},
    "progress": {"arrowstyle": "-|>", "color": BLUE},
    "swap": {"arrowstyle": "<|-|>", "color": GREY, "linestyle": "--"},
}


def load_words(exercise: Exercise) -> str:
    """Return how an exercise is loaded."""
    if exercise.implement == "none":
        words = "body mass" if exercise.body_mass_share else "no load"
    else:
        words = exercise.implement.replace("_", " ")
    if exercise.n_implements > 1:
        words = f"{exercise.n_implements} {words}s"
    return f"{words}, held" if exercise.measure == "hold" else words


@dataclass(frozen=True)
class Box:
    """A box with its text; its middle is in parts of the axes."""

    x: float
    y: float
    patch: FancyBboxPatch
    text: Text

    def edge(self, side: int) -> tuple[float, float]:
        """Return the middle of the left (-1) or right (1) edge."""
        return self.x + side * _WIDTH / 2, self.y


class LadderFigure:
    """Boxes and arrows in axes; they are made anew for every exercise.

    Attributes
    ----------
    boxes : list of Box
        The exercise itself first.
    words, headings : list of matplotlib.text.Text
        What stands outside of boxes: for this exercise, and always.
    arrows : list of matplotlib.artist.Artist
        From the exercise to its neighbours.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.set_axis_off()
        self.headings = [
            self._write(_MIDDLES[place], _HEADING_Y, words, va="top", style="normal")
            for place, words in HEADINGS.items()
        ]
        self.boxes: list[Box] = []
        self.words: list[Text] = []
        self.arrows: list[Artist] = []

    def show(self, exercise: Exercise, exercises: Mapping[str, Exercise]) -> None:
        """Draw another exercise."""
        self._clear()
        itself = self._box(_MIDDLES["itself"], _MIDDLE_Y, exercise, is_itself=True)
        for kind, side in (("regress", -1), ("progress", 1)):
            names = [step.to for step in getattr(exercise, kind)]
            x = _MIDDLES[kind]
            for y, name in zip(_heights(names), names, strict=True):
                there = self._box(x, y, exercises[name])
                self._arrow(itself.edge(side), there.edge(-side), kind)
            if not names:
                self.words.append(self._write(x, _MIDDLE_Y, _NONE, va="center"))
        self._show_swap(itself, [exercises[step.to] for step in exercise.swap])

    def _show_swap(self, itself: Box, others: Sequence[Exercise]) -> None:
        words = "swap with" if others else f"swap: {_NONE}"
        y = (_MIDDLE_Y + _SWAP_Y) / 2 if others else _SWAP_Y
        x, ha = (itself.x + 0.012, "left") if others else (itself.x, "center")
        self.words.append(self._write(x, y, words, va="center", ha=ha))
        for other in others:
            there = self._box(itself.x, _SWAP_Y, other)
            top, bottom = itself.y - _HEIGHT / 2, there.y + _HEIGHT / 2
            self._arrow((itself.x, top), (there.x, bottom), "swap")

    def _clear(self) -> None:
        texts = [*self.words, *(box.text for box in self.boxes)]
        for artist in (*texts, *(box.patch for box in self.boxes), *self.arrows):
            artist.remove()
        self.boxes, self.words, self.arrows = [], [], []

    def _write(self, x: float, y: float, words: str, **style: str) -> Text:
        style = {"ha": "center", "style": "italic", "fontsize": 9} | style
        return self.axes.text(x, y, words, color=GREY, **style)

    def _box(
        self, x: float, y: float, exercise: Exercise, *, is_itself: bool = False
    ) -> Box:
        patch = FancyBboxPatch(
            (x - _WIDTH / 2, y - _HEIGHT / 2),
            _WIDTH,
            _HEIGHT,
            boxstyle="square,pad=0",
            **_BOX_STYLES[is_itself],
        )
        self.axes.add_patch(patch)
        words = f"{exercise.name}\n{load_words(exercise)}"
        text = self.axes.text(x, y, words, ha="center", va="center", fontsize=9)
        self.boxes.append(Box(x, y, patch, text))
        return self.boxes[-1]

    def _arrow(
        self, start: tuple[float, float], end: tuple[float, float], kind: str
    ) -> None:
        style = {"shrinkA": 0, "shrinkB": 0, "mutation_scale": 11, "linewidth": 1.2}
        arrow = FancyArrowPatch(start, end, **style | _ARROW_STYLES[kind])
        self.arrows.append(self.axes.add_patch(arrow))


def _heights(names: Sequence[str]) -> list[float]:
    """Return the middles of boxes above each other, from the top."""
    first = _MIDDLE_Y + _PITCH * (len(names) - 1) / 2
    return [first - _PITCH * place for place in range(len(names))]
