"""What the recovery explorer changes: habits, a flare-up, and mobility work."""

from collections.abc import Mapping
from functools import lru_cache

from hipext._controls import Choice, Control, Number, choice_of
from hipext._fit import changed, exercise_of, is_work, with_sessions
from hipext._same import Same
from hipext.athlete import Athlete, FlareUp, Recovery
from hipext.plan import Plan, Session
from hipext.slot import Slot, slot_kind
from hipext.timetable import slots_of

AS_PLANNED = "as_planned"
MOBILITY = {
    AS_PLANNED: "as planned",
    "with_work": "only in sessions with work",
    "none": "none",
}
_FLARE_UP = 6.0  # points of pain: enough for a light week by most plans
_HABITS = (  # name, label, ends of what the slider shows, step
    ("sleep_h", "Sleep (hours a night)", 4.0, 10.0, 0.25),
    ("stress", "Stress (0 none to 1)", 0.0, 1.0, 0.05),
    ("nutrition", "Food covers needs (0 to 1)", 0.0, 1.0, 0.05),
    ("hydration", "Drink covers needs (0 to 1)", 0.0, 1.0, 0.05),
)


def recovery_controls(plan: Plan, athlete: Athlete) -> tuple[Control, ...]:
    """Return the controls; they start at the habits of the person."""
    own = athlete.recovery
    habits = (
        Number(
            name=name,
            label=label,
            low=min(low, getattr(own, name)),
            high=max(high, getattr(own, name)),
            step=step,
            start=float(getattr(own, name)),
        )
        for name, label, low, high, step in _HABITS
    )
    flare_up = (
        Number(
            name="flare_up_week",
            label="Flare-up in week (0: none)",
            low=0,
            high=plan.n_weeks,
            step=1,
            start=0,
        ),
        Number(
            name="flare_up_pain",
            label="Flare-up adds (points of pain)",
            low=1.0,
            high=9.0,
            step=0.5,
            start=_FLARE_UP,
        ),
    )
    return (*habits, *_mobility_controls(plan), *flare_up)


def _mobility_controls(plan: Plan) -> tuple[Choice, ...]:
    """Return the choice of mobility work, where the plan has any."""
    if without_mobility(plan, "none") == plan:
        return ()
    return (choice_of("mobility", "Mobility work", MOBILITY, AS_PLANNED),)


@lru_cache(maxsize=8)
def _plan_without(same: Same, where: str) -> Plan:
    return without_mobility(same.value, where)


def plan_with(plan: Plan, settings: Mapping[str, object]) -> Plan:
    """Return the plan with the mobility work of the settings.

    The same settings give the same object, so that what follows is found again.
    """
    where = settings.get("mobility", AS_PLANNED)
    return plan if where == AS_PLANNED else _plan_without(Same(plan), str(where))


def without_mobility(plan: Plan, where: str) -> Plan:
    """Return a plan without slots of mobility work.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    where : str
        ``"none"`` takes them out everywhere; ``"with_work"`` leaves those of sessions
        in which something is work.
    """

    def remade(session: Session) -> Session:
        slots = slots_of(plan, session)
        kept = tuple(slot for slot in slots if not _is_mobility(slot))
        has_work = any(map(is_work, slots))
        if len(kept) == len(slots) or (has_work and where == "with_work"):
            return session
        return changed(session, slot=kept, begin_with=(), end_with=())

    return with_sessions(plan, remade)


def _is_mobility(slot: Slot) -> bool:
    return slot_kind(slot, exercise_of(slot)) == "mobility"


def person_with(athlete: Athlete, settings: Mapping[str, object]) -> Athlete:
    """Return a person with the habits of the settings, and one more flare-up.

    The same settings give the same object, so that what follows is found again.
    """
    habits = tuple(float(settings[name]) for name, *_ in _HABITS)
    week = settings["flare_up_week"]
    pain = settings["flare_up_pain"] if week else 0.0
    return _person_with(Same(athlete), habits, week, pain)


@lru_cache(maxsize=256)
def _person_with(
    same: Same, habits: tuple[float, ...], week: int, pain: float
) -> Athlete:
    athlete = same.value
    names = (name for name, *_ in _HABITS)
    recovery = Recovery(**dict(zip(names, habits, strict=True)))
    more = (FlareUp(week=week, pain=pain),) if week else ()
    flare_ups = (*athlete.flare_ups, *more)
    return changed(athlete, recovery=recovery, flare_ups=flare_ups)
