"""What can be changed in the weeks and days of a plan to fit it to a person.

As in `_fit`, a change done twice changes nothing further, and limits are judgements.
"""

from collections.abc import Iterable
from itertools import groupby

from hipext._fit import LEG_PATTERNS, changed, exercise_of, is_work
from hipext.plan import Phase, Plan, Session
from hipext.tables import DAYS_PER_WEEK, WEEKDAYS
from hipext.timetable import slots_of, weeks_of

EASY_EXTRA_WEEKS = 6  # least extra weeks that a gate may add
EARLY_WEEKS = 1  # of each phase before load
LIGHT_EVERY = 3  # weeks

_HEAVY_PATTERNS = ("hinge", "thrust", *LEG_PATTERNS)
_SHIFTS = (0, 1, -1, 2, -2, 3, -3)  # days, the nearest first


def with_patient_gates(plan: Plan) -> Plan:
    """Give every gate more weeks to open."""

    def patient(phase: Phase) -> Phase:
        gate = phase.advance
        if gate is None:
            return phase
        weeks = max(gate.max_extra_weeks, EASY_EXTRA_WEEKS)
        return changed(phase, advance=changed(gate, max_extra_weeks=weeks))

    return changed(plan, phase=tuple(map(patient, plan.phase)))


def with_short_start(plan: Plan) -> Plan:
    """Shorten the phases before load; week numbers of the plan move along."""
    loaded = [_has_work(plan, phase.session, is_heavy=False) for phase in plan.phase]
    n_early = loaded.index(True) if True in loaded else 0
    phases = [
        changed(phase, weeks=min(phase.weeks, EARLY_WEEKS))
        if place < n_early
        else phase
        for place, phase in enumerate(plan.phase)
    ]
    kept = [
        week < short.weeks
        for phase, short in zip(plan.phase, phases, strict=True)
        for week in range(phase.weeks)
    ]

    def moved(weeks: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sum(kept[:week]) for week in weeks if kept[week - 1])

    deload = changed(plan.deload, weeks=moved(plan.deload.weeks))
    tests = plan.assessment
    tests = tests and changed(tests, weeks=moved(tests.weeks))
    return changed(plan, phase=tuple(phases), deload=deload, assessment=tests)


def with_light_weeks(plan: Plan) -> Plan:
    """Make every third week light, where more weeks in a row are not."""
    runs = groupby(weeks_of(plan), key=lambda week: week.is_deload)
    longest = max(
        (len([*weeks]) for is_light, weeks in runs if not is_light), default=0
    )
    if longest < LIGHT_EVERY:
        return plan
    return changed(plan, deload=changed(plan.deload, every_weeks=LIGHT_EVERY, weeks=()))


def with_heavy_days_apart(plan: Plan) -> Plan:
    """Move sessions so that no two heavy days of a phase follow each other.

    Where a week has no room for that, the phase stays as it is.
    """
    fixed = [
        day
        for session in plan.session
        if _has_work(plan, [session], is_heavy=True)
        for day in _days(plan, session)
    ]

    def spread(phase: Phase) -> Phase:
        placed, sessions = [*fixed], []
        for session in phase.session:
            if _has_work(plan, [session], is_heavy=True):
                days = _days(plan, session)
                moved = _moved(days, placed)
                if moved is None:
                    return phase
                placed += moved
                if moved != days:
                    names = tuple(WEEKDAYS[day] for day in sorted(moved))
                    session = changed(session, days=names)
            sessions.append(session)
        return changed(phase, session=tuple(sessions))

    return changed(plan, phase=tuple(map(spread, plan.phase)))


def _moved(days: list[int], placed: list[int]) -> list[int] | None:
    """Return days without a neighbour, near the given ones; None if there are none."""
    moved: list[int] = []
    for day in days:
        for shift in _SHIFTS:
            other = (day + shift) % DAYS_PER_WEEK
            gaps = {abs(other - one) for one in (*placed, *moved)}
            is_taken = shift != 0 and (0 in gaps or other in days)
            if not is_taken and not gaps & {1, DAYS_PER_WEEK - 1}:
                moved.append(other)
                break
        else:
            return None
    return moved


def _days(plan: Plan, session: Session) -> list[int]:
    return [*map(WEEKDAYS.index, session.days or plan.days)]


def _has_work(plan: Plan, sessions: Iterable[Session], *, is_heavy: bool) -> bool:
    """Return whether sessions hold loaded work, or heavy: of hips and legs."""
    return any(
        is_work(slot)
        and exercise_of(slot).is_loaded
        and (not is_heavy or exercise_of(slot).pattern in _HEAVY_PATTERNS)
        for session in sessions
        for slot in slots_of(plan, session)
    )
