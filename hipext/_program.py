"""A plan as the arrays that the day loop reads."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import nan
from typing import NamedTuple
from zlib import crc32

import numpy as np

from hipext._same import Same, Sames
from hipext._slot_rows import slots_of_session
from hipext._state import (
    EXERCISE,
    OCCASION,
    PATTERNS,
    PHASE,
    PLAN,
    SLOT,
    WEEK,
)
from hipext.exercises import SECONDARY_SHARE, Exercise
from hipext.notation import seconds_per_rep
from hipext.plan import MAX_WEEKS, TESTS, Gate, Phase, Plan, Session
from hipext.slot import Slot
from hipext.tables import MUSCLES, WEEKDAYS
from hipext.timetable import slots_of


class Program(NamedTuple):
    """A plan as records; see `_state`."""

    plan: np.void
    phases: np.ndarray
    occasions: np.ndarray
    calendar: np.ndarray
    slots: np.ndarray
    exercises: np.ndarray


def horizon_of(plan: Plan) -> int:
    """Return the most weeks that a plan can take: all extensions and a step back."""
    extra = [p.advance.max_extra_weeks if p.advance else 0 for p in plan.phase]
    longest = [
        phase.weeks + more for phase, more in zip(plan.phase, extra, strict=True)
    ]
    twice = [
        longest[place - 1] + longest[place]
        for place, phase in enumerate(plan.phase)
        if place > 0 and phase.advance
    ]
    return min(plan.n_weeks + sum(extra) + max(twice, default=0), MAX_WEEKS)


def slots_in_order(plan: Plan) -> list[tuple[str, str, tuple[Slot, ...]]]:
    """Return phase (empty: all), session and slots, as the arrays number the slots."""
    sessions = [("", session) for session in plan.session]
    sessions += [(phase.name, s) for phase in plan.phase for s in phase.session]
    return [(name, one.name, slots_of(plan, one)) for name, one in sessions]


def exercises_of(plan: Plan, tested: Sequence[str]) -> list[str]:
    """Return the ids of all exercises of a plan and of its tests, sorted."""
    slots = [slot for _, _, slots in slots_in_order(plan) for slot in slots]
    return sorted(
        {e for slot in slots for e in (slot.exercise, *slot.ladder)} | {*tested}
    )


def program_of(
    plan: Plan,
    exercises: Mapping[str, Exercise],
    tested: Sequence[str],
    model: np.void,
) -> Program:
    """Return a plan as arrays.

    Parameters
    ----------
    plan : Plan
        A checked plan.
    exercises : Mapping[str, Exercise]
        The catalogue.
    tested : sequence of str
        Lifts whose 1RM a strength check measures.
    model : numpy.void
        Constants of the day loop.
    """
    names = exercises_of(plan, tested)
    known = (Same(exercises), tuple(names), tuple(tested))
    return Program(
        _plan_values(plan),
        _phases(plan),
        _occasions(plan),
        _weeks(plan),
        _slots(plan, exercises, names, model),
        _lifts(*known, model.mobility_other_share),
    )


def with_calendar(program: Program, plan: Plan) -> Program:
    """Return a program with the light weeks and tests of a plan; the rest is alike."""
    return program._replace(plan=_plan_values(plan), calendar=_weeks(plan))


def _plan_values(plan: Plan) -> np.void:
    deload, tests = plan.deload, plan.assessment.tests if plan.assessment else ()
    sets, _, reps = (deload.sets or "0x0").partition("x")
    values = (
        horizon_of(plan),
        deload.every_weeks,
        deload.sets_fraction,
        deload.load_fraction,
        int(sets),
        int(reps),
        deload.reactive.pain_above if deload.reactive else nan,
        deload.reactive.min_weeks_between if deload.reactive else 1,
        [test in tests for test in TESTS],
    )
    return np.array([values], dtype=PLAN)[0]


def _phases(plan: Plan) -> np.ndarray:
    rows, n_occasions = [], 0
    for phase in plan.phase:
        gate, first = phase.advance or Gate(), []
        for found in _sessions_by_weekday(plan, phase):
            first.append(n_occasions)
            n_occasions += len(found)
        ends = [*first[1:], n_occasions]
        busy = [d for d, end in enumerate(ends) if end > first[d]]
        limits = (
            gate.technique_min,
            gate.pain_max,
            gate.range_min_deg,
            gate.asymmetry_max_deg,
        )
        rows.append(
            (
                phase.weeks,
                gate.max_extra_weeks if phase.advance else 0,
                phase.advance is not None,
                gate.over_sessions,
                *(nan if limit is None else limit for limit in limits),
                busy[0] if busy else 0,
                [*first, n_occasions],
            )
        )
    return np.array(rows, dtype=PHASE)


def _sessions_by_weekday(plan: Plan, phase: Phase) -> list[list[tuple[str, Session]]]:
    """Return the sessions of each weekday of a phase, with the phase they belong to."""
    sessions = [("", session) for session in plan.session]
    sessions += [(phase.name, session) for session in phase.session]
    return [
        [one for one in sessions if weekday in (one[1].days or plan.days)]
        for weekday in WEEKDAYS
    ]


def _occasions(plan: Plan) -> np.ndarray:
    """Return the slots of every session of every weekday of every phase."""
    spans, end = {}, 0
    for phase, session, slots in slots_in_order(plan):
        spans[phase, session] = (end, end + len(slots))
        end += len(slots)
    rows = []
    for phase in plan.phase:
        for place, found in enumerate(_sessions_by_weekday(plan, phase)):
            for name, session in found:
                days = session.days or plan.days
                is_last = place == max(map(WEEKDAYS.index, days))
                rows.append((*spans[name, session.name], is_last))
    return np.array(rows, dtype=OCCASION)


def _weeks(plan: Plan) -> np.ndarray:
    """Return light weeks, by week of the plan, and weeks with tests, by calendar."""
    horizon, assessment = horizon_of(plan), plan.assessment
    weeks = np.zeros(horizon, dtype=WEEK)
    weeks["is_light"] = [week + 1 in plan.deload.weeks for week in range(horizon)]
    if assessment:
        every = assessment.every_weeks or horizon
        weeks["is_test"] = [
            week % every == 0 or week + 1 in assessment.weeks for week in range(horizon)
        ]
    return weeks


def _slots(
    plan: Plan,
    exercises: Mapping[str, Exercise],
    names: Sequence[str],
    model: np.void,
) -> np.ndarray:
    known = (Same(exercises), tuple(names), model.effort_usual_rest_s)
    parts = [
        slots_of_session(session, Sames(slots), *known)
        for _, session, slots in slots_in_order(plan)
    ]
    rows = np.empty(sum(map(len, parts)), dtype=SLOT)
    ends = np.cumsum([len(part) for part in parts])
    for part, end in zip(parts, ends, strict=True):
        rows[end - len(part) : end] = part
    return rows


@lru_cache(maxsize=64)
def _lifts(
    catalogue: Same, names: tuple[str, ...], tested: tuple[str, ...], other: float
) -> np.ndarray:
    """Return exercises as records; `other` is `_exercise`'s."""
    known = ((catalogue.value[name], name in tested) for name in names)
    rows = [_exercise(exercise, is_tested, other) for exercise, is_tested in known]
    lifts = np.array(rows, dtype=EXERCISE)
    lifts.flags.writeable = False  # many programs hold it
    return lifts


def _exercise(exercise: Exercise, is_tested: bool, other: float) -> tuple:
    """Return the values of an EXERCISE; `other` is what a stretch elsewhere does."""
    shares = [
        float(exercise.is_counted)
        * (
            (muscle in exercise.primary)
            + SECONDARY_SHARE * (muscle in exercise.secondary)
        )
        for muscle in MUSCLES
    ]
    total, share = sum(shares) or 1.0, dict(zip(MUSCLES, shares, strict=True))
    pattern = exercise.pattern if exercise.pattern in PATTERNS else PATTERNS[-1]
    mobility = other if exercise.stretches else 0.0
    return (
        exercise.is_loaded,
        exercise.is_unilateral,
        is_tested,
        exercise.n_implements,
        exercise.body_mass_share,
        exercise.body_mass_share * exercise.rates_body_mass,
        shares,
        [part / total for part in shares],
        PATTERNS.index(pattern),
        float(seconds_per_rep(exercise.tempo)) if exercise.tempo else 1.0,
        share["erector_spinae"],
        share["hip_abductors"] + share["hip_adductors"] + share["trunk"],
        1.0 if "hip_flexors" in exercise.stretches else mobility,
        crc32(exercise.id.encode()) >> 1,
    )
