"""The exercise explorer: easier and harder variants of an exercise; sets by muscle."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation, Text
from matplotlib.transforms import ScaledTranslation

from hipext.explorers.explorer import Choice, Definition, Explorer, Number, Settings
from hipext.explorers.panels import Panels, rectangles
from hipext.files.checks import counted, listed
from hipext.files.tables import MUSCLES
from hipext.plans.exercises import (
    Exercise,
    exercise_named,
    muscle_shares,
    read_exercises,
)
from hipext.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, spoken

MAX_SETS = 20
_PLACES = {  # left, bottom, width, height
    "ladder": (0.01, 0.605, 0.98, 0.39),
    "muscles": (0.155, 0.09, 0.795, 0.415),
}
HEADINGS = {  # and the middles of the columns, in parts of the width of the axes
    "regress": (0.155, "easier: regress to"),
    "itself": (0.5, "this exercise"),
    "progress": (0.845, "harder: progress to"),
}
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
MAPPING_LABELS = {  # from the top of every group of bars
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
_EDGES = {  # of the chosen mapping, and of the others
    True: {"alpha": 1.0, "edgecolor": BLACK, "linewidth": 1.6},
    False: {"alpha": 0.45, "edgecolor": GREY, "linewidth": 0.8},
}
_LETTERS = {
    True: {"color": BLACK, "fontweight": "bold"},
    False: {"color": GREY, "fontweight": "normal"},
}
_NAMES, _ROWS = [*map(spoken, MUSCLES)], np.arange(len(MUSCLES))
_ROW_PITCH, _THICKNESS = 0.285, 0.2  # of bars, in rows
_GAP_IN = 0.05  # between a bar and its number
_TICK_STEPS = {5: 1, 10: 2, 20: 4}  # by the few ends of the axis; see `panels`


@dataclass(frozen=True, eq=False)
class ExerciseSets:
    """Weekly sets of one exercise, and the mapping by which they count for muscles."""

    exercise: Exercise
    mapping: str
    n_sets: int

    @cached_property
    def counts(self) -> dict[str, np.ndarray]:
        """Sets by mapping, and in the order of MUSCLES."""
        shares = _shares(self.exercise.id)
        return {mapping: self.n_sets * share for mapping, share in shares.items()}

    @property
    def is_measured(self) -> np.ndarray:
        """Whether the activity of each muscle was measured."""
        return np.array([muscle in self.exercise.emg_pct_mvic for muscle in MUSCLES])

    def table(self) -> pd.DataFrame:
        """Return one row per muscle and mapping."""
        muscles = [*MUSCLES] * len(self.counts)
        activity = self.exercise.emg_pct_mvic
        columns = {
            "exercise": self.exercise.id,
            "sets_a_week": self.n_sets,
            "muscle": muscles,
            "mapping": np.repeat([*self.counts], len(MUSCLES)),
            "sets": np.concatenate([*self.counts.values()]),
            "emg_pct_mvic": [activity.get(name, np.nan) for name in muscles],
        }
        return pd.DataFrame(columns)


@lru_cache(maxsize=256)
def _shares(exercise: str) -> dict[str, np.ndarray]:
    """Return the share of a set for each muscle, by mapping; 0 if it does not count."""
    one = {exercise: read_exercises()[exercise]}
    return {
        mapping: muscle_shares(one, mapping)
        .set_index("muscle")["share"]
        .reindex(MUSCLES, fill_value=0.0)
        .to_numpy()
        for mapping in MAPPING_LABELS
    }


def explore_exercise(exercise: str = "romanian_deadlift") -> Explorer:
    """Return an explorer of the catalogue: one exercise, its ladder and its muscles.

    Three ways of counting the same sets for muscles are shown side by side, because
    they disagree; see `exercises.muscle_shares`.

    Parameters
    ----------
    exercise : str, default "romanian_deadlift"
        Id, name or alias of the exercise to start with.

    Raises
    ------
    InputError
        If there is no such exercise.
    """
    exercises = read_exercises()
    by_name = sorted(exercises.values(), key=lambda one: one.name)
    names = {  # pattern by pattern, as in the catalogue
        one.id: f"{spoken(pattern).capitalize()}: {one.name}"
        for pattern in dict.fromkeys(one.pattern for one in exercises.values())
        for one in by_name
        if one.pattern == pattern
    }
    start = exercise_named(exercise, exercises).id

    def evaluate(settings: Settings) -> ExerciseSets:
        chosen = exercises[settings["exercise"]]
        return ExerciseSets(chosen, settings["mapping"], settings["n_sets"])

    definition = Definition(
        name="exercise",
        title="The ladder around an exercise, and its sets by muscle",
        controls=(
            Choice("exercise", "Exercise", names, start),
            Choice("mapping", "Mapping", MAPPING_LABELS, "fractional"),
            Number("n_sets", "Sets a week", 1, MAX_SETS, step=1, start=6),
        ),
        evaluate=evaluate,
        drawing=ExerciseFigure,
        description=description,
    )
    return Explorer(definition)


class ExerciseFigure(Panels):
    """The ladder around an exercise, above its sets by muscle."""

    def __init__(self, start: ExerciseSets) -> None:
        super().__init__(dict.fromkeys(_PLACES, ""), shares_x=False)
        for name, place in _PLACES.items():
            self.axes[name].set_position(place)
        self.ladder = LadderFigure(self.axes["ladder"])
        self.muscles = MusclePanel(self)
        self._exercise = ""
        self.show(start)

    def update(self, shown: ExerciseSets) -> None:
        """Update the figure."""
        if shown.exercise.id != self._exercise:
            self.ladder.show(shown.exercise, read_exercises())
            self.muscles.set_exercise(shown)
            self.picture.redraw()  # boxes and arrows belong to the background
            self._exercise = shown.exercise.id
        self.muscles.show(shown)


def description(shown: ExerciseSets) -> str:
    """Return sentences with the numbers of the figure."""
    one, counts = shown.exercise, f"{_note(shown)}."
    if one.is_counted:
        sets = shown.counts[shown.mapping]
        largest_first = np.argsort(-sets, kind="stable")[: np.count_nonzero(sets)]
        parts = [f"{_short(sets[row])} for {_NAMES[row]}" for row in largest_first]
        counts = f"they count as {listed(parts)}. {_dispute_text(shown)}"
    return (
        f"{one.name}: {spoken(one.pattern)} pattern, {one.laterality}, "
        f"{_load_text(one)}. Cue: {one.cues[0]} Fault: {one.faults[0]} "
        f"{_headline(shown)}: {counts}"
    )


def _dispute_text(shown: ExerciseSets) -> str:
    """Return for which muscle the mappings differ most."""
    counts, is_known = np.array([*shown.counts.values()]), shown.is_measured
    gaps = np.ptp(counts, axis=0)  # between mappings, by muscle
    if not gaps.any():
        missing = "" if is_known.any() else ", but muscle activity was not measured"
        return f"All mappings agree{missing}."
    row = gaps.argmax()
    primary, fractional, emg = map(_short, counts[:, row])
    hint = "" if is_known[row] else ", not measured: as fractional"
    return (
        f"Mappings differ most for {_NAMES[row]}: {primary} (primary), "
        f"{fractional} (fractional), {emg} (EMG{hint})."
    )


def _headline(shown: ExerciseSets) -> str:
    """Return the number of sets, and the mapping."""
    return f"{counted(shown.n_sets, 'set')} a week by {MAPPING_LABELS[shown.mapping]}"


def _note(shown: ExerciseSets) -> str:
    """Return why no set counts; empty where sets do."""
    if shown.exercise.is_counted:
        return ""
    purpose = shown.exercise.role.replace("_", "-")
    return f"no sets count for muscles, as the purpose is {purpose}"


def _load_text(exercise: Exercise) -> str:
    """Return how an exercise is loaded."""
    load = spoken(exercise.implement)
    if exercise.implement == "none":
        load = "body mass" if exercise.body_mass_share else "no load"
    if exercise.n_implements > 1:
        load = f"{exercise.n_implements} {load}s"
    return f"{load}, held" if exercise.measure == "hold" else load


def _short(sets: float) -> str:
    return f"{round(sets, 1):g}"


class Box(NamedTuple):
    """A box with its text; x of its middle is in parts of the axes."""

    x: float
    patch: Rectangle
    text: Text


class LadderFigure:
    """Boxes and arrows in axes; they are made anew for every exercise.

    The first of `boxes` is the exercise itself. `words` stand outside of boxes, and so
    do `headings`, which are those of every exercise.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def show(self, exercise: Exercise, exercises: Mapping[str, Exercise]) -> None:
        """Draw another exercise."""
        self.axes.clear()
        self.axes.set(xlim=(0, 1), ylim=(0, 1))
        self.axes.set_axis_off()
        self.boxes: list[Box] = []
        self.words: list[Text] = []
        self.arrows: list[Annotation] = []
        self.headings = [
            self._write(x, _HEADING_Y, text, va="top", style="normal")
            for x, text in HEADINGS.values()
        ]
        middle, _ = HEADINGS["itself"]
        self._box(middle, _MIDDLE_Y, exercise, is_itself=True)
        for kind, half in (("regress", -_WIDTH / 2), ("progress", _WIDTH / 2)):
            (x, _), steps = HEADINGS[kind], getattr(exercise, kind)
            for place, step in enumerate(steps):
                y = _MIDDLE_Y + _PITCH * ((len(steps) - 1) / 2 - place)
                self._box(x, y, exercises[step.to])
                self._arrow((middle + half, _MIDDLE_Y), (x - half, y), kind)
            if not steps:
                self.words.append(self._write(x, _MIDDLE_Y, _NONE, va="center"))
        for step in exercise.swap:
            self._box(middle, _SWAP_Y, exercises[step.to])
            top, bottom = _MIDDLE_Y - _HEIGHT / 2, _SWAP_Y + _HEIGHT / 2
            self._arrow((middle, top), (middle, bottom), "swap")
        place, text = (middle, _SWAP_Y), f"swap: {_NONE}"
        if exercise.swap:
            place, text = (middle + 0.012, (_MIDDLE_Y + _SWAP_Y) / 2), "swap with"
        ha = "left" if exercise.swap else "center"
        self.words.append(self._write(*place, text, va="center", ha=ha))

    def _write(self, x: float, y: float, text: str, **style: str) -> Text:
        style = {"ha": "center", "style": "italic", "fontsize": 9} | style
        return self.axes.text(x, y, text, color=GREY, **style)

    def _box(
        self, x: float, y: float, exercise: Exercise, *, is_itself: bool = False
    ) -> None:
        corner, style = (x - _WIDTH / 2, y - _HEIGHT / 2), _BOX_STYLES[is_itself]
        patch = self.axes.add_patch(Rectangle(corner, _WIDTH, _HEIGHT, **style))
        text = f"{exercise.name}\n{_load_text(exercise)}"
        text = self.axes.text(x, y, text, ha="center", va="center", fontsize=9)
        self.boxes.append(Box(x, patch, text))

    def _arrow(
        self, start: tuple[float, float], end: tuple[float, float], kind: str
    ) -> None:
        style = {"shrinkA": 0, "shrinkB": 0, "mutation_scale": 11, "linewidth": 1.2}
        style |= _ARROW_STYLES[kind]
        self.arrows.append(self.axes.annotate("", end, start, arrowprops=style))


class MusclePanel:
    """One row per muscle with one bar per mapping; the chosen mapping stands out.

    The bars in `hollow` are of activity that was not measured; the texts in `still`
    stand in place of missing bars.
    """

    def __init__(self, panels: Panels) -> None:
        name = "muscles"
        self._panels, self._axes = panels, panels.axes[name]
        self._axes.set_yticks(_ROWS, labels=_NAMES)
        self._axes.set_ylim(len(MUSCLES) - 0.5, -0.5)
        self._axes.tick_params(axis="y", length=0)
        self._axes.set_xlabel("sets a week that count for the muscle (sets)")
        self.bars = {
            mapping: panels.polygons(name, MAPPING_LABELS[mapping], **fill)
            for mapping, fill in _FILLS.items()
        }
        self.hollow = panels.polygons(name, _NOT_MEASURED, **_HOLLOW)
        self.numbers = self._texts()
        for text in chain(*self.numbers.values()):
            panels.moving(text)
        corner = {"transform": self._axes.transAxes}
        headline = self._axes.text(0.0, 1.13, "", fontweight="bold", **corner)
        self._headline = panels.moving(headline)
        # These change with the exercise alone, and belong to the background.
        self.note = self._axes.text(0.5, 0.5, "", ha="center", **corner)
        self.still = self._texts()
        place = {"loc": "lower left", "bbox_to_anchor": (-0.173, 0.985), "ncol": 4}
        self._axes.legend(**place, frameon=False, fontsize=9, columnspacing=1.4)

    def set_exercise(self, shown: ExerciseSets) -> None:
        """Write the texts that no number of sets changes."""
        note = _note(shown)
        for mapping, texts in self.still.items():
            for row, text in enumerate(texts):
                is_unknown = mapping == "emg" and not shown.is_measured[row]
                is_empty = shown.counts[mapping][row] == 0 and not note
                value = "EMG not measured" if is_unknown else "0"
                text.set_text(value if is_empty else "")
        self.note.set_text(note)

    def show(self, shown: ExerciseSets) -> None:
        """Show the sets by muscle and mapping."""
        end = next(end for end in _TICK_STEPS if end >= shown.n_sets)
        ticks = range(0, end + 1, _TICK_STEPS[end])
        self._panels.set_axes("muscles", xlim=(0, end), xticks=ticks)
        for mapping, bars in self.bars.items():
            sets, is_chosen = shown.counts[mapping], mapping == shown.mapping
            is_full = shown.is_measured if mapping == "emg" else 1
            bars.set(verts=_corners(mapping, sets * is_full), **_EDGES[is_chosen])
            for value, text in zip(sets.tolist(), self.numbers[mapping], strict=True):
                number = _short(value) if value else ""
                text.set(text=number, x=value, **_LETTERS[is_chosen])
        # Bars of muscles without a measured activity, which count as fractional.
        lengths = _corners("emg", shown.counts["emg"] * ~shown.is_measured)
        edges = _EDGES[shown.mapping == "emg"] | {"alpha": 1.0}
        self.hollow.set(verts=lengths, **edges)
        self._headline.set_text(_headline(shown))

    def _texts(self) -> dict[str, list[Text]]:
        """Return texts that stand a little to the right of the ends of bars."""
        scale = self._panels.figure.dpi_scale_trans
        beside = self._axes.transData + ScaledTranslation(_GAP_IN, 0, scale)
        style = {"va": "center_baseline", "fontsize": 8, "color": GREY}
        style["transform"] = beside
        return {
            mapping: [self._axes.text(0, y, "", **style) for y in _heights(mapping)]
            for mapping in _FILLS
        }


def _corners(mapping: str, sets: np.ndarray) -> np.ndarray:
    """Return the corners of bars as long as the sets of every muscle, but not of 0."""
    heights, half = _heights(mapping), _THICKNESS / 2
    corners = rectangles(0 * sets, sets, heights - half, heights + half)
    return corners[sets > 0]


def _heights(mapping: str) -> np.ndarray:
    """Return the middles of bars, in rows from the top."""
    return _ROWS + _ROW_PITCH * ([*_FILLS].index(mapping) - 1)
