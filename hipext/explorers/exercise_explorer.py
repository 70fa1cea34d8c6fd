"""The exercise explorer: its place on the ladder, and its sets muscle by muscle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from hipext.explorers.explorer import Choice, Number, Scene, choice_of
from hipext.explorers.panels import Panels, rectangles
from hipext.files.checks import counted, listed
from hipext.files.tables import MUSCLES
from hipext.plans.exercises import (
    Exercise,
    exercise_named,
    muscle_shares,
    read_exercises,
)
from hipext.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE

MAX_SETS = 20
_UNMEASURED = ", but nobody measured muscle activity"
_PLACES = {  # left, bottom, width, height
    "ladder": (0.01, 0.605, 0.98, 0.39),
    "muscles": (0.155, 0.09, 0.795, 0.415),
}
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
_ROW_PITCH, _THICKNESS = 0.285, 0.2  # of bars, in rows
_GAP_IN = 0.05  # between a bar and its number
_ENDS = {5: 1, 10: 2, 20: 4}  # of the axis, few, so that it seldom changes; ticks


@dataclass(frozen=True, eq=False)
class ExerciseSets:
    """Sets a week of one exercise, and a mapping by which they are counted."""

    exercise: Exercise
    mapping: str
    n_sets: int

    @cached_property
    def counts(self) -> dict[str, np.ndarray]:
        """Sets per muscle, in the order of MUSCLES, by mapping."""
        shares = _shares(self.exercise.id)
        return {mapping: self.n_sets * share for mapping, share in shares.items()}

    @property
    def is_measured(self) -> np.ndarray:
        """Of which muscles the activity was measured."""
        return np.array([muscle in self.exercise.emg_pct_mvic for muscle in MUSCLES])

    @property
    def disputed(self) -> int:
        """Place of the muscle whose sets differ most between mappings; the first."""
        return int(np.ptp([*self.counts.values()], axis=0).argmax())

    def table(self) -> pd.DataFrame:
        """Return a row per muscle and mapping."""
        activity = self.exercise.emg_pct_mvic
        tables = [
            pd.DataFrame(
                {
                    "exercise": self.exercise.id,
                    "sets_a_week": self.n_sets,
                    "muscle": MUSCLES,
                    "mapping": mapping,
                    "sets": sets,
                    "emg_pct_mvic": [activity.get(name, np.nan) for name in MUSCLES],
                }
            )
            for mapping, sets in self.counts.items()
        ]
        return pd.concat(tables, ignore_index=True)


@lru_cache(maxsize=256)
def _shares(exercise: str) -> dict[str, np.ndarray]:
    """Return shares per muscle by mapping; 0 where sets are not counted."""
    one = {exercise: read_exercises()[exercise]}
    return {
        mapping: muscle_shares(one, mapping)
        .set_index("muscle")["share"]
        .reindex(MUSCLES, fill_value=0.0)
        .to_numpy()
        for mapping in MAPPING_WORDS
    }


def exercise_scene(exercise: str) -> Scene:
    """Return what `widgets.explore_exercise` explores."""
    exercises = read_exercises()

    def answer(settings: Mapping[str, object]) -> ExerciseSets:
        chosen = exercises[settings["exercise"]]
        return ExerciseSets(chosen, settings["mapping"], settings["n_sets"])

    return Scene(
        name="exercise",
        title="The ladder around an exercise, and its sets muscle by muscle",
        controls=(
            exercise_control(exercise_named(exercise, exercises).id),
            choice_of("mapping", "Mapping", MAPPING_WORDS, "fractional"),
            Number(
                name="n_sets",
                label="Sets a week",
                low=1,
                high=MAX_SETS,
                step=1,
                start=6,
            ),
        ),
        answer=answer,
        drawing=ExerciseFigure,
        in_words=in_words,
        table=ExerciseSets.table,
    )


def exercise_control(start: str) -> Choice:
    """Return the choice of exercises, by pattern and then by name."""
    exercises = read_exercises()
    patterns = [*dict.fromkeys(one.pattern for one in exercises.values())]
    in_order = sorted(
        exercises.values(), key=lambda one: (patterns.index(one.pattern), one.name)
    )
    words = {one.id: f"{_pattern(one).capitalize()}: {one.name}" for one in in_order}
    return choice_of("exercise", "Exercise", words, start)


class ExerciseFigure:
    """The ladder around an exercise above its sets per muscle."""

    def __init__(self, start: ExerciseSets) -> None:
        panels = Panels(_PLACES, shares_x=False)
        for name, place in _PLACES.items():
            panels.axes[name].set_position(place)
        self.ladder = LadderFigure(panels.axes["ladder"])
        self.muscles = MusclePanel(panels, "muscles")
        self.figure, self.picture = panels.figure, panels.picture
        self._shown = ""
        self.show(start)

    def show(self, now: ExerciseSets) -> bytes:
        """Draw other sets; return the picture as PNG."""
        if now.exercise.id != self._shown:
            self.ladder.show(now.exercise, read_exercises())
            self.muscles.settle(now.counts, now.is_measured, _note(now))
            self.picture.forget()
            self._shown = now.exercise.id
        self.muscles.show(
            now.counts, now.is_measured, n_sets=now.n_sets, chosen=now.mapping
        )
        return self.picture.png()


def in_words(now: ExerciseSets) -> str:
    """Return what the picture shows, as sentences with numbers."""
    one = now.exercise
    return (
        f"{one.name}: {_pattern(one)} pattern, {one.laterality}, {load_words(one)}. "
        f"Cue: {one.cues[0]} Fault: {one.faults[0]} {_counts(now)}"
    )


def _counts(now: ExerciseSets) -> str:
    """Return what the sets count for, and where the mappings differ most."""
    headline = headline_of(now.n_sets, now.mapping)
    if not now.exercise.is_counted:
        return f"{headline}: {_note(now)}."
    sets = now.counts[now.mapping]
    parts = [
        f"{_short(sets[place])} for {_muscle(place)}"
        for place in np.flatnonzero(sets)[np.argsort(-sets[sets > 0], kind="stable")]
    ]
    return f"{headline}: they count as {listed(parts)}. {_dispute(now)}"


def _dispute(now: ExerciseSets) -> str:
    values = {name: sets[now.disputed] for name, sets in now.counts.items()}
    if len({*values.values()}) == 1:
        return f"All mappings agree{'' if now.is_measured.any() else _UNMEASURED}."
    hint = "" if now.is_measured[now.disputed] else ", not measured: as fractional"
    return (
        f"Mappings differ most for {_muscle(now.disputed)}: "
        f"{_short(values['primary'])} (primary), {_short(values['fractional'])} "
        f"(fractional), {_short(values['emg'])} (EMG{hint})."
    )


def _note(now: ExerciseSets) -> str:
    """Return why nothing is counted; nothing where something is."""
    if now.exercise.is_counted:
        return ""
    purpose = now.exercise.role.replace("_", "-")
    return f"no sets count for muscles, as the purpose is {purpose}"


def _pattern(exercise: Exercise) -> str:
    return exercise.pattern.replace("_", " ")


def _muscle(place: int) -> str:
    return MUSCLES[place].replace("_", " ")


def _short(sets: float) -> str:
    return f"{round(sets, 1):g}"


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
    return row + _ROW_PITCH * ([*_FILLS].index(mapping) - 1)
