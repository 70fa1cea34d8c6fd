"""What came of a plan for a person: one number of each kind, from the weeks lived.

Crowds keep weeks alone: an array [person, week, column] whose columns are those of
`WEEK_COLUMNS`; a week after the end of the plan is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

WEEK_COLUMNS = (  # as `_notes.note_week` writes them
    "strength",
    "pain",
    "soreness",
    "technique",
    "range_left_deg",
    "range_right_deg",
    "phase",
    "working_sets",
    "n_failed",
    "volume_load_kg",
    "pain_reported",
    "lumbar_load",
    "minutes",
    "is_light",
    "left",
    "right",
    "n_missed",
    "fatigue",
)
_LAST, _HIGHEST, _SUM, _MEAN = "at the end", "highest", "sum", "mean of a week"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One kind of number: its name, unit and meaning, and which way is better."""

    name: str
    words: str
    """What is read in any week, in words: "strength"."""
    unit: str
    meaning: str
    """What the outcome is, with what is taken of the weeks."""
    better: int = 0
    """1 if more is better, -1 if less is, 0 if neither."""
    of: str = ""
    """The column of the weeks that it is made of; empty for the number of weeks."""
    taken: str = _LAST
    """What is taken of the weeks."""
    factor: float = 1.0
    """What the column is multiplied by."""


def _named(*outcomes: Outcome) -> Mapping[str, Outcome]:
    return MappingProxyType({outcome.name: outcome for outcome in outcomes})


OUTCOMES = _named(
    Outcome(
        name="weeks",
        words="weeks",
        unit="weeks",
        meaning="weeks that the plan took",
    ),
    Outcome(
        name="strength_pct",
        words="strength",
        unit="%",
        meaning="mean 1RM of tested lifts at the end; start: 100",
        better=1,
        of="strength",
        factor=100.0,
    ),
    Outcome(
        name="left_pct",
        words="strength, left",
        unit="%",
        meaning="mean 1RM of tested lifts at the end, left; start: 100",
        better=1,
        of="left",
        factor=100.0,
    ),
    Outcome(
        name="right_pct",
        words="strength, right",
        unit="%",
        meaning="mean 1RM of tested lifts at the end, right; start: 100",
        better=1,
        of="right",
        factor=100.0,
    ),
    Outcome(
        name="technique",
        words="technique",
        unit="0-1",
        meaning="skill of the hip hinge at the end",
        better=1,
        of="technique",
    ),
    Outcome(
        name="range_left_deg",
        words="hip extension, left",
        unit="deg",
        meaning="hip extension at the end, left",
        better=1,
        of="range_left_deg",
    ),
    Outcome(
        name="range_right_deg",
        words="hip extension, right",
        unit="deg",
        meaning="hip extension at the end, right",
        better=1,
        of="range_right_deg",
    ),
    Outcome(
        name="pain_reported",
        words="highest reported pain",
        unit="0-10",
        meaning="highest reported low-back pain",
        better=-1,
        of="pain_reported",
        taken=_HIGHEST,
    ),
    Outcome(
        name="soreness",
        words="soreness",
        unit="0-10",
        meaning="highest soreness at the end of a week",
        better=-1,
        of="soreness",
        taken=_HIGHEST,
    ),
    Outcome(
        name="fatigue_pct",
        words="fatigue of the gluteus",
        unit="%",
        meaning="highest fatigue of the gluteus at the end of a week, of strength",
        better=-1,
        of="fatigue",
        taken=_HIGHEST,
        factor=100.0,
    ),
    Outcome(
        name="working_sets",
        words="working sets",
        unit="sets",
        meaning="working sets done",
        of="working_sets",
        taken=_SUM,
    ),
    Outcome(
        name="n_failed",
        words="slots not completed",
        unit="",
        meaning="times that the sets of a slot were not completed",
        better=-1,
        of="n_failed",
        taken=_SUM,
    ),
    Outcome(
        name="n_missed",
        words="missed sessions",
        unit="",
        meaning="sessions with work that were missed",
        of="n_missed",
        taken=_SUM,
    ),
    Outcome(
        name="n_light",
        words="light weeks",
        unit="weeks",
        meaning="light weeks",
        of="is_light",
        taken=_SUM,
    ),
    Outcome(
        name="volume_load_kg",
        words="volume load",
        unit="kg",
        meaning="working repetitions x external load",
        of="volume_load_kg",
        taken=_SUM,
    ),
    Outcome(
        name="lumbar_load",
        words="load of the lower back",
        unit="body masses",
        meaning="load of the lower back in its highest week",
        better=-1,
        of="lumbar_load",
        taken=_HIGHEST,
    ),
    Outcome(
        name="minutes",
        words="minutes with work",
        unit="min",
        meaning="length of the sessions with work, a week",
        better=-1,
        of="minutes",
        taken=_MEAN,
    ),
)
WEEKLY = tuple(name for name, one in OUTCOMES.items() if one.of)  # have a course


def outcomes_of(weeks: np.ndarray) -> dict[str, np.ndarray]:
    """Return every outcome of persons.

    Parameters
    ----------
    weeks : numpy.ndarray
        [person, week, column]: see `WEEK_COLUMNS`.

    Returns
    -------
    dict of str to numpy.ndarray
        A value per person by the names of `OUTCOMES`; 'weeks' as whole numbers. All
        others are missing for persons without a week.
    """
    n_weeks = is_lived(weeks).sum(axis=1)
    return {
        name: n_weeks if not one.of else one.factor * _taken(weeks, one, n_weeks)
        for name, one in OUTCOMES.items()
    }


def is_lived(weeks: np.ndarray) -> np.ndarray:
    """Return which weeks of which persons belong to the plan: [person, week]."""
    return ~np.isnan(weeks[:, :, WEEK_COLUMNS.index("phase")])


def course_of(weeks: np.ndarray, name: str) -> np.ndarray:
    """Return an outcome week by week: [..., week], missing after the end."""
    one = OUTCOMES[name]
    return one.factor * weeks[..., WEEK_COLUMNS.index(one.of)]


def _taken(weeks: np.ndarray, one: Outcome, n_weeks: np.ndarray) -> np.ndarray:
    """Return what is taken of the weeks of every person."""
    column = weeks[:, :, WEEK_COLUMNS.index(one.of)]
    if one.taken == _LAST:
        return column[np.arange(len(column)), n_weeks - 1]
    if one.taken == _HIGHEST:
        return np.fmax.reduce(column, axis=1)
    total = np.where(n_weeks > 0, 0.0, np.nan)
    for week in range(column.shape[1]):  # in order, whatever the size of the crowd
        total += np.where(np.isnan(column[:, week]), 0.0, column[:, week])
    return total / np.maximum(n_weeks, 1) if one.taken == _MEAN else total
