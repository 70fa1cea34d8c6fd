"""The weeks and session days of a plan, in the order in which they happen."""

from collections.abc import Iterator
from dataclasses import dataclass

from hipext.plan import Phase, Plan, Session
from hipext.slot import Slot
from hipext.tables import DAYS_PER_WEEK, WEEKDAYS


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week of a plan: its number from 1, its phase, and whether it is light."""

    number: int
    phase: Phase
    is_deload: bool


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One session on one day, with its slots in order."""

    week: Week
    day: int
    session: Session
    slots: tuple[Slot, ...]
    phase: str  # name of the phase, empty for a session of the whole plan
    is_week_end: bool  # the session's last day in this week


def weeks_of(plan: Plan) -> Iterator[Week]:
    """Yield the weeks of a plan, in order."""
    number = 0
    for phase in plan.phase:
        for _ in range(phase.weeks):
            number += 1
            is_deload = plan.is_deload_week(number)
            yield Week(number=number, phase=phase, is_deload=is_deload)


def slots_of(plan: Plan, session: Session) -> tuple[Slot, ...]:
    """Return all slots of a session, with those of its blocks, in order."""
    blocks = {block.name: block.slot for block in plan.block}
    before = [slot for name in session.begin_with for slot in blocks[name]]
    after = [slot for name in session.end_with for slot in blocks[name]]
    return (*before, *session.slot, *after)


def occasions_of(plan: Plan) -> Iterator[Occasion]:
    """Yield the sessions of a plan, in the order in which they happen."""
    for week in weeks_of(plan):
        sessions = [("", session) for session in plan.session]
        sessions += [(week.phase.name, session) for session in week.phase.session]
        for place, weekday in enumerate(WEEKDAYS):
            for phase, session in sessions:
                days = session.days or plan.days
                if weekday not in days:
                    continue
                yield Occasion(
                    week=week,
                    day=(week.number - 1) * DAYS_PER_WEEK + place,
                    session=session,
                    slots=slots_of(plan, session),
                    phase=phase,
                    is_week_end=place == max(map(WEEKDAYS.index, days)),
                )
