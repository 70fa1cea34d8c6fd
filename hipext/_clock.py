"""How long a slot takes: setting up, work and rest."""

import numpy as np

from hipext._state import Life
from hipext._steps import TEMPO


def seconds_of(asked: np.void, line: np.void, exercise: np.void) -> float:
    """Return the seconds that a repetition takes at the slot's tempo of today."""
    if asked.rule == TEMPO and line.n_steps > 0:
        return asked.seconds[line.n_steps]
    if asked.has_tempo or asked.is_hold:
        return asked.seconds[0]
    return exercise.usual_seconds


def pass_time(life: Life, n_sets: int, worked_s: float, rest_s: float) -> None:
    """Add the time of a slot to that of the session: setting up, work and rest."""
    if n_sets > 0:
        seconds = life.model.time_setup_s + worked_s + n_sets * rest_s
        life.log.count.session_s += seconds
