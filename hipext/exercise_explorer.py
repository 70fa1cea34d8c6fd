"""The exercise explorer: its place on the ladder, and its sets muscle by muscle."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from hipext._controls import Choice, Number, choice_of
from hipext._ladder_figure import LadderFigure, load_words
from hipext._muscle_panel import MAPPING_WORDS, MusclePanel, headline_of
from hipext._phrases import listed
from hipext.exercises import Exercise, exercise_named, muscle_shares, read_exercises
from hipext.explorer import Scene
from hipext.explorer_figure import Panels
from hipext.tables import MUSCLES

MAX_SETS = 20
_UNMEASURED = ", but nobody measured muscle activity"
_PLACES = {  # left, bottom, width, height
    "ladder": (0.01, 0.605, 0.98, 0.39),
    "muscles": (0.155, 0.09, 0.795, 0.415),
}


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
