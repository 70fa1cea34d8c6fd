"""Many persons, one after the other, in the rooms of one life: nothing is allocated."""

import numpy as np

from hipext._state import Life, Log
from hipext.engine import live


def live_all(
    life: Life,
    persons: np.ndarray,
    strengths: np.ndarray,
    fates: np.ndarray,
    weeks: np.ndarray,
    first_person: int,
) -> None:
    """Let persons live through a plan one after the other, in the rooms of one life."""
    for who in range(len(persons)):
        old, log = life, life.log
        live(
            Life(
                old.plan,
                old.phases,
                old.occasions,
                old.calendar,
                old.slots,
                old.exercises,
                persons[who],
                strengths[who],
                fates[who],
                old.model,
                old.seed,
                first_person + who,
                old.is_noisy,
                old.script,
                old.body,
                old.muscles,
                old.lifts,
                old.book,
                old.lines,
                old.known_kg,
                Log(
                    log.is_kept,
                    log.count,
                    log.sets,
                    log.decisions,
                    log.tests,
                    log.days,
                    log.muscles,
                    log.lifts,
                    weeks[who],
                ),
            )
        )
