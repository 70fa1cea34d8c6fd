"""Reshape a plan by the few knobs that a beginner turns first."""

from collections.abc import Iterator, Sequence

from hipext.exercises import read_exercises
from hipext.plan import Phase, Plan, Session
from hipext.rules import LoadRule, NoRule, Step
from hipext.slot import Slot
from hipext.tables import WEEKDAYS

# days of the week that spread so many sessions evenly
SPREAD = {
    1: ("mon",),
    2: ("mon", "thu"),
    3: ("mon", "wed", "fri"),
    4: ("mon", "tue", "thu", "fri"),
    5: ("mon", "tue", "wed", "thu", "fri"),
}


def reshape(
    plan: Plan,
    *,
    weeks: int | None = None,
    sessions_per_week: int | None = None,
    pct_step_per_week: float | None = None,
    deload_every_weeks: int | None = None,
    deload_sets_fraction: float | None = None,
    deload_load_fraction: float | None = None,
) -> Plan:
    """Return a plan with another length, rhythm or steepness.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    weeks : int, optional
        New length. Phases shrink and stretch in proportion, none below one week; a
        plan with fewer weeks than phases keeps the first phases.
    sessions_per_week : int, optional
        1 to 5 training sessions, spread over the week, in the order of the plan.
    pct_step_per_week : float, optional
        Every rule that adds load becomes this step (%) per week; 0 for none.
    deload_every_weeks : int, optional
        Every so many weeks is light; 0 for none.
    deload_sets_fraction : float, optional
        Share (0-1) of the working sets that a light week keeps.
    deload_load_fraction : float, optional
        Share (0-1) of the load last lifted that a light week keeps.

    Returns
    -------
    Plan
        What is not given stays as the plan has it.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    if weeks is not None and weeks != plan.n_weeks:
        plan = plan.model_copy(update={"phase": _stretched(plan.phase, weeks)})
    if sessions_per_week is not None:
        plan = _spread(plan, sessions_per_week)
    if pct_step_per_week is not None:
        plan = _steeper(plan, pct_step_per_week)
    changes = {
        "every_weeks": deload_every_weeks,
        "sets_fraction": deload_sets_fraction,
        "load_fraction": deload_load_fraction,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    if changes:
        values = plan.deload.model_dump(exclude_unset=True) | changes
        deload = type(plan.deload).model_validate(values | {"weeks": ()})
        plan = plan.model_copy(update={"deload": deload})
    return plan


def sessions_a_week(plan: Plan, phase: Phase) -> int:
    """Return how many sessions of its own a phase has in a week."""
    return sum(len(session.days or plan.days) for session in phase.session)


def _stretched(phases: Sequence[Phase], weeks: int) -> tuple[Phase, ...]:
    """Return phases whose lengths sum to `weeks`, by largest remainder."""
    if weeks < 1:
        raise ValueError(f"weeks must be at least 1; got {weeks}.")
    phases = phases[:weeks]
    total = sum(phase.weeks for phase in phases)
    spare = weeks - len(phases)  # each phase has one week for sure
    exact = [spare * phase.weeks / total for phase in phases]
    lengths = [1 + int(share) for share in exact]
    by_remainder = sorted(
        range(len(phases)), key=lambda place: (int(exact[place]) - exact[place], place)
    )
    for place in by_remainder[: weeks - sum(lengths)]:
        lengths[place] += 1
    return tuple(
        phase.model_copy(update={"weeks": length})
        for phase, length in zip(phases, lengths, strict=True)
    )


def _spread(plan: Plan, n_sessions: int) -> Plan:
    if n_sessions not in SPREAD:
        raise ValueError(
            f"sessions_per_week must be {min(SPREAD)} to {max(SPREAD)}; "
            f"got {n_sessions}."
        )
    phases = tuple(
        phase.model_copy(
            update={"session": tuple(_redated(phase, plan, SPREAD[n_sessions]))}
        )
        for phase in plan.phase
    )
    return plan.model_copy(update={"phase": phases})


def _redated(phase: Phase, plan: Plan, days: Sequence[str]) -> Iterator[Session]:
    """Yield the sessions of a phase with the new days dealt out in their old order."""
    turns = [
        session.name
        for weekday in WEEKDAYS
        for session in phase.session
        if weekday in (session.days or plan.days)
    ]
    dealt = {
        name: tuple(
            day for turn, day in enumerate(days) if turns[turn % len(turns)] == name
        )
        for name in turns
    }
    for session in phase.session:
        if dealt.get(session.name):
            yield session.model_copy(update={"days": dealt[session.name]})


def _steeper(plan: Plan, pct_step: float) -> Plan:
    if not 0 <= pct_step <= 50:
        raise ValueError(f"pct_step_per_week must be 0 to 50 %; got {pct_step}.")
    exercises = read_exercises()

    def changed(slot: Slot) -> Slot:
        if not isinstance(slot.progress, LoadRule) or not slot.progress.has_step:
            return slot
        if not exercises[slot.exercise].is_loaded:
            return slot
        rule = NoRule(rule="none")
        if pct_step > 0:
            rule = Step(rule="step", add_pct=pct_step, on_fail=slot.progress.on_fail)
        return slot.model_copy(update={"progress": rule})

    def remade(session: Session) -> Session:
        return session.model_copy(update={"slot": tuple(map(changed, session.slot))})

    phases = tuple(
        phase.model_copy(update={"session": tuple(map(remade, phase.session))})
        for phase in plan.phase
    )
    return plan.model_copy(update={"phase": phases})
