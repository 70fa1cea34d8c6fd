"""What the day loop kept, as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hipext._notes import MISSED_SESSION
from hipext._program import slots_in_order
from hipext._run import Setting, Trace
from hipext._state import STRENGTH_TEST
from hipext.exercises import Exercise
from hipext.notation import seconds_per_rep
from hipext.plan import TESTS, Plan
from hipext.slot import Slot, slot_kind
from hipext.tables import (
    ASSESSMENTS,
    CAPACITY,
    DAILY_STATES,
    DAYS_PER_WEEK,
    SETS,
    WEEKLY_STATES,
)

_UNITS = {
    "hip_extension_range": "deg",
    "single_leg_bridge": "reps",
    "biering_sorensen": "s",
    "strength_check": "kg",
    "technique_rating": "0-1",
}
_SIDE = np.array(["left", "right", "both"])  # the last one is -1
_STATES = {  # column of the table: column of the log
    "pain_reported": 2,
    "soreness_reported": 3,
    "pain": 4,
    "soreness": 5,
    "stiffness_deg": 6,
    "readiness": 7,
    "range_left_deg": 8,
    "range_right_deg": 9,
    "stability": 10,
    "lumbar_load": 11,
    "tolerance": 12,
    "irritation": 13,
    "endurance": 14,
    "technique": 15,
    "adaptation": 16,
    "fatigue": 17,
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A slot by its number in the day loop: where it stands in the plan."""

    phase: str  # empty for a session of the whole plan
    session: str
    number: int  # in the session, from 1
    first: int  # number in the day loop of the first slot of its group, or its own
    slot: Slot
    ladder: tuple[Exercise, ...]


def places_of(plan: Plan, exercises: Mapping[str, Exercise]) -> list[Place]:
    """Return the slots of a plan by their number in the day loop."""
    places: list[Place] = []
    for phase, session, slots in slots_in_order(plan):
        start, groups = len(places), [slot.group for slot in slots]
        for number, slot in enumerate(slots):
            first = groups.index(slot.group) if slot.group else number
            places.append(
                Place(
                    phase=phase,
                    session=session,
                    number=number + 1,
                    first=start + first,
                    slot=slot,
                    ladder=tuple(exercises[e] for e in (slot.exercise, *slot.ladder)),
                )
            )
    return places


def sets_table(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> pd.DataFrame:
    """Return the sets as performed, in the order performed (`tables.SETS`)."""
    first = np.array([place.first for place in places], dtype="int64")
    log, slot = trace.sets, trace.sets[:, 1].astype("int64")
    order = np.lexsort((np.arange(len(log)), slot, log[:, 3], first[slot], log[:, 0]))
    log, slot = log[order], slot[order]
    day, rung, side, done = (log[:, column].astype("int64") for column in (0, 2, 4, 6))
    kinds = [slot_kind(place.slot, place.ladder[0]) for place in places]
    is_hold = _of([place.slot.scheme.is_hold for place in places], slot)
    targets = [place.slot.scheme.rir for place in places]
    target = np.array(targets, dtype="float64")[slot]
    exercise = setting.program.slots["exercise"][slot, rung]
    lifts = setting.program.exercises[exercise]
    person = setting.people.persons[0]
    mass_kg, n_implements = person["body_mass_kg"], lifts["n_implements"]
    load_kg = np.round(log[:, 7], 6)
    base_kg = setting.people.strengths["base_kg"][0][exercise]
    rated_kg = n_implements * load_kg + lifts["rated_share"] * mass_kg
    is_light = log[:, 11] > 0
    tempos = [
        _tempo(places[s], int(r), int(n))
        for s, r, n in zip(slot, rung, log[:, 8], strict=True)
    ]
    tut_s = np.where(is_hold, done, done * np.array([s for _, s in tempos]))
    is_last = _ends(log, slot)
    amounts, asked = done.astype("float64"), log[:, 5]
    return SETS.from_columns(
        {
            "week": day // DAYS_PER_WEEK + 1,
            "day": day,
            "phase": _of([phase.name for phase in plan.phase], trace.days[day, 0]),
            "is_deload": trace.days[day, 1] > 0,
            "session": _of([place.session for place in places], slot),
            "slot": _of([place.number for place in places], slot),
            "group": _of([place.slot.group for place in places], slot),
            "exercise": _of(trace.exercises, exercise),
            "kind": _of(kinds, slot),
            "set": log[:, 3].astype("int64"),
            "side": _SIDE[side],
            "reps_target": _whole(asked, ~is_hold),
            "reps": _whole(amounts, ~is_hold),
            "hold_target_s": np.where(is_hold, asked, np.nan),
            "hold_s": np.where(is_hold, amounts, np.nan),
            "load_kg": load_kg,
            "n_implements": n_implements.astype("int64"),
            "system_load_kg": n_implements * load_kg + lifts["lifted_share"] * mass_kg,
            "pct_1rm": np.where(
                base_kg > 0, 100 * rated_kg / np.where(base_kg > 0, base_kg, 1), np.nan
            ),
            "rir_target": np.where(is_light, np.nan, target),
            "rir": np.round(log[:, 9], 6),
            "rpe": 10.0 - np.round(log[:, 9], 6),
            "tempo": [tempo for tempo, _ in tempos],
            "tut_s": tut_s.astype("float64"),
            "rest_s": np.where(
                is_last, _of([p.slot.rest_s for p in places], slot), 0.0
            ),
        }
    )


def _of(values: Sequence, index: np.ndarray) -> np.ndarray:
    """Return values by their numbers; texts stay Python texts."""
    kind = object if values and isinstance(values[0], str) else None
    return np.array(values, dtype=kind)[index.astype("int64")]


def _whole(values: np.ndarray, is_known: np.ndarray) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(
        np.where(is_known, values, 0).astype("int64"), ~is_known
    )


def _ends(log: np.ndarray, slot: np.ndarray) -> np.ndarray:
    """Return which rows are the last of their set: the next one is of another."""
    same = (
        (slot[1:] == slot[:-1])
        & (log[1:, 3] == log[:-1, 3])
        & (log[1:, 0] == log[:-1, 0])
    )
    return np.append(~same, True)


def _tempo(place: Place, rung: int, n_steps: int) -> tuple[str, float]:
    """Return the tempo of a set and its seconds per repetition."""
    if place.slot.scheme.is_hold:
        return "", 1.0
    tempo = place.slot.tempo or place.ladder[rung].tempo
    if place.slot.progress.rule == "tempo" and n_steps:
        tempo = place.slot.progress.tempos[n_steps - 1]
    return tempo, float(seconds_per_rep(tempo))


def states_table(setting: Setting, trace: Trace) -> pd.DataFrame:
    """Return the states of every day (`tables.DAILY_STATES`)."""
    rated = (
        pd.Series(trace.sets[:, 10]).groupby(trace.sets[:, 0].astype("int64")).mean()
    )
    states = {name: trace.days[:, column] for name, column in _STATES.items()}
    states["technique_rated"] = rated.reindex(range(len(trace.days))).to_numpy()
    tested = (
        setting.program.exercises["is_tested"]
        & setting.people.strengths["is_measured"][0]
    )
    shares = _capacity(setting, trace)["capacity"][:, tested]
    states["strength_pct"] = (
        100 * shares.mean(axis=(1, 2))
        if tested.any()
        else np.nan * rated.reindex(range(len(trace.days))).to_numpy()
    )
    return DAILY_STATES.from_columns(states)


def _capacity(setting: Setting, trace: Trace) -> dict[str, np.ndarray]:
    """Return capacity and its parts as [day, exercise, side]."""
    weight = setting.program.exercises["weight"]
    muscle = np.einsum("em,dms->des", weight, trace.muscles[..., 0])
    fatigue = np.einsum("em,dms->des", weight, trace.muscles[..., 1])
    skill, familiar = trace.lifts[..., 0], trace.lifts[..., 1]
    return {
        "capacity": np.maximum(1.0 + familiar + skill + muscle - fatigue, 0.05),
        "familiarity": familiar,
        "skill": skill,
        "muscle": muscle,
        "fatigue": fatigue,
    }


def capacity_table(setting: Setting, trace: Trace) -> pd.DataFrame:
    """Return what either side can lift, day by day (`tables.CAPACITY`)."""
    parts = _capacity(setting, trace)
    done = (trace.lifts[-1, :, :, 1] > 0).any(axis=1) | (
        trace.lifts[..., 2].sum((0, 2)) > 0
    )
    done = done & (setting.people.strengths["base_kg"][0] > 0)
    names = [
        name for name, is_done in zip(trace.exercises, done, strict=True) if is_done
    ]
    n_days = len(trace.days)
    days = np.repeat(np.arange(n_days), 2 * len(names))
    return CAPACITY.from_columns(
        {
            "week": days // DAYS_PER_WEEK + 1,
            "day": days,
            "exercise": np.tile(np.repeat(np.array(names, dtype=object), 2), n_days),
            "side": np.tile(
                np.array(["left", "right"], dtype=object), n_days * len(names)
            ),
            **{name: part[:, done].ravel() for name, part in parts.items()},
        }
    )


def assessments_table(setting: Setting, trace: Trace) -> pd.DataFrame:
    """Return the results of the tests (`tables.ASSESSMENTS`); 1RM per implement."""
    lifts, mass_kg = (
        setting.program.exercises,
        setting.people.persons[0]["body_mass_kg"],
    )
    rows = []
    for day, test, e, side, value in trace.tests.tolist():
        name, lift, shown = TESTS[int(test)], "", value
        if int(test) == STRENGTH_TEST:
            lift, own = trace.exercises[int(e)], lifts[int(e)]
            body_kg = own["rated_share"] * mass_kg
            shown = (value - body_kg) / max(own["n_implements"], 1.0)
        week = int(day) // DAYS_PER_WEEK + 1
        rows.append((week, int(day), name, lift, _SIDE[int(side)], shown, _UNITS[name]))
    return ASSESSMENTS.from_rows(rows)


def with_states(
    daily: pd.DataFrame,
    weekly: pd.DataFrame,
    plan: Plan,
    setting: Setting,
    trace: Trace,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the daily and the weekly table with what the person answered."""
    states = states_table(setting, trace)
    phases = _of([phase.name for phase in plan.phase], trace.days[:, 0])
    is_light = trace.days[:, 1] > 0
    daily = daily.assign(phase=phases, is_deload=is_light)
    daily = pd.concat([daily, states], axis=1)
    by_week = daily.groupby("week", sort=True)
    weeks = len(trace.weeks)
    missed = trace.decisions[trace.decisions[:, 3] == MISSED_SESSION, 0]
    columns = {
        "n_missed": np.bincount(
            missed.astype("int64") // DAYS_PER_WEEK, minlength=weeks
        ),
        "n_failed": trace.weeks[:, 8],
        "pain": by_week["pain_reported"].max(),
        "soreness": by_week["soreness_reported"].max(),
        "technique": by_week["technique_rated"].mean(),
        "range_left_deg": by_week["range_left_deg"].last(),
        "range_right_deg": by_week["range_right_deg"].last(),
        "strength_pct": by_week["strength_pct"].last(),
    }
    columns = {name: np.asarray(values) for name, values in columns.items()}
    extra = WEEKLY_STATES.from_columns(columns)
    firsts = by_week.first()
    weekly = weekly.assign(
        phase=firsts["phase"].to_numpy(), is_deload=firsts["is_deload"].to_numpy()
    )
    return daily, pd.concat([weekly, extra], axis=1)
