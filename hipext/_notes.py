"""Write down what happens, and read what a script says was seen."""

from math import isnan

import numpy as np

from hipext._judge import MISSED_SESSION, WEEK_ROW, write
from hipext._state import LEFT, RIGHT, WORK, Life, Log
from hipext._steps import SKIP


def said(script: np.ndarray, day: int, what: int, observed: float) -> float:
    """Return what the script says about a day, or `observed` where it says nothing.

    `what` is a place in `_state.SCRIPT`.
    """
    if day < len(script) and not isnan(script[day, what]):
        return script[day, what]
    return observed


def note_missed(life: Life, day: int, occasion: int) -> None:
    """Note a session that nobody came to."""
    span = life.occasions[occasion]
    for slot in range(span.first_slot, span.end_slot):
        if life.slots[slot].kind == WORK:
            life.log.count.missed += 1.0
            break
    nothing = float("nan")
    seen = (nothing, nothing, nothing, life.book.pain, nothing, nothing)
    write(life, day, WEEK_ROW, SKIP, MISSED_SESSION, (*seen, 1.0 * occasion, nothing))


def note_set(
    log: Log,
    line: np.void,
    day: int,
    slot: int,
    number: int,
    side: int,
    asked: int,
    done: int,
    load_kg: float,
    rir: float,
    rated: float,
    is_light: bool,
) -> None:
    """Note one set of one side."""
    row = log.count.sets
    log.count.sets = row + 1
    log.sets[row, 0] = day
    log.sets[row, 1] = slot
    log.sets[row, 2] = line.rung
    log.sets[row, 3] = number
    log.sets[row, 4] = side
    log.sets[row, 5] = asked
    log.sets[row, 6] = done
    log.sets[row, 7] = load_kg
    log.sets[row, 8] = line.n_steps
    log.sets[row, 9] = rir
    log.sets[row, 10] = rated
    log.sets[row, 11] = is_light


def note_test(life: Life, day: int, test: int, e: int, side: int, value: float) -> None:
    """Note the result of a test."""
    log = life.log
    if not log.is_kept:
        return
    row = log.count.tests
    log.count.tests = row + 1
    log.tests[row, 0] = day
    log.tests[row, 1] = test
    log.tests[row, 2] = e
    log.tests[row, 3] = side
    log.tests[row, 4] = value


def note_muscle(
    log: Log,
    day: int,
    place: int,
    side: int,
    muscle: np.void,
    grown: float,
    tired: float,
) -> None:
    """Note the adaptation and fatigue of a muscle this morning and what they gained."""
    log.muscles[day, place, side, 0] = muscle.fit
    log.muscles[day, place, side, 1] = muscle.fatigue
    log.muscles[day, place, side, 2] = grown
    log.muscles[day, place, side, 3] = tired


def note_lift(
    log: Log, day: int, e: int, side: int, lift: np.void, grown: float
) -> None:
    """Note the adaptation of a lift alone this morning, its familiarity, the gain."""
    log.lifts[day, e, side, 0] = lift.skill[side]
    log.lifts[day, e, side, 1] = lift.familiar
    log.lifts[day, e, side, 2] = grown


def note_day(life: Life, day: int) -> None:
    """Note every state of a morning and what the day added."""
    log, body, book, muscles = life.log, life.body, life.book, life.muscles
    log.days[day, 0] = book.phase
    log.days[day, 1] = book.is_light
    log.days[day, 2] = book.pain
    log.days[day, 3] = book.soreness
    log.days[day, 4] = body.pain
    log.days[day, 5] = body.soreness
    log.days[day, 6] = body.stiffness
    log.days[day, 7] = body.readiness
    log.days[day, 8] = body.range_deg[LEFT] - body.stiffness
    log.days[day, 9] = body.range_deg[RIGHT] - body.stiffness
    log.days[day, 10] = body.stability
    log.days[day, 11] = body.lumbar
    log.days[day, 12] = body.tolerance
    log.days[day, 13] = body.irritation
    log.days[day, 14] = body.endurance
    log.days[day, 15] = body.technique[0]
    log.days[day, 16] = (muscles[0, LEFT].fit + muscles[0, RIGHT].fit) / 2.0
    log.days[day, 17] = tired_of(life)
    log.days[day, 18] = book.extra
    log.days[day, 19] = book.position


def note_week(life: Life, week: int, left: float, right: float) -> None:
    """Note the sums of a week and its last evening: see `outcomes.WEEK_COLUMNS`."""
    body, book, count, weeks = life.body, life.book, life.log.count, life.log.weeks
    count.weeks = week + 1
    weeks[week, 0] = (left + right) / 2.0
    weeks[week, 1] = body.pain
    weeks[week, 2] = body.soreness
    weeks[week, 3] = body.technique[0]
    weeks[week, 4] = body.range_deg[LEFT] - body.stiffness
    weeks[week, 5] = body.range_deg[RIGHT] - body.stiffness
    weeks[week, 6] = book.phase
    weeks[week, 7] = count.working_sets
    weeks[week, 8] = count.failed
    weeks[week, 9] = count.volume
    weeks[week, 10] = book.pain_of_week
    weeks[week, 11] = count.lumbar
    weeks[week, 12] = count.seconds / 60.0
    weeks[week, 13] = book.is_light
    weeks[week, 14] = left
    weeks[week, 15] = right
    weeks[week, 16] = count.missed
    weeks[week, 17] = tired_of(life)
    count.working_sets = count.failed = count.missed = count.volume = 0.0
    count.lumbar = count.seconds = 0.0


def tired_of(life: Life) -> float:
    """Return the fatigue of the gluteus maximus, mean of the sides."""
    return (life.muscles[0, LEFT].fatigue + life.muscles[0, RIGHT].fatigue) / 2.0
