"""The sets that the day loop kept, as a table, and where their slots stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hipext.engine.decisions import MISSED_SESSION
from hipext.engine.state import STRENGTH_TEST, WORK
from hipext.files.tables import (
    ASSESSMENTS,
    CAPACITY,
    DAILY_STATES,
    DAYS_PER_WEEK,
    SETS,
    WEEKLY_STATES,
)
from hipext.plans.exercises import Exercise
from hipext.plans.notation import seconds_per_rep
from hipext.plans.plan import TESTS, Plan, Slot, slot_kind
from hipext.simulation.arrays import slots_in_order
from hipext.simulation.run import Setting, Trace

SIDE_NAMES = np.array(["left", "right", "both"])  # the last one is -1
_UNITS = {
    "hip_extension_range": "deg",
    "single_leg_bridge": "reps",
    "biering_sorensen": "s",
    "strength_check": "kg",
    "technique_rating": "0-1",
}
STATES = {  # column of the table: column of the log
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
        start, first = len(places), 0
        for number, slot in enumerate(slots):
            if not slot.group or slot.group != slots[number - 1].group:
                first = number
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


def session_of(setting: Setting, places: Sequence[Place], occasion: int) -> str:
    """Return the name of a session by its number; empty for one without slots."""
    span = setting.program.occasions[occasion]
    return places[span["first_slot"]].session if _n_slots(span) else ""


def _n_slots(span: np.void) -> int:
    return int(span["end_slot"] - span["first_slot"])


def sets_table(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> pd.DataFrame:
    """Return the sets as performed, in the order performed (`tables.SETS`)."""
    first = np.array([place.first for place in places], dtype="int64")
    log, slot = trace.sets, trace.sets[:, 1].astype("int64")
    order = np.lexsort((np.arange(len(log)), slot, log[:, 3], first[slot], log[:, 0]))
    log, slot = log[order], slot[order]
    day, ladder_step, side, done = (
        log[:, column].astype("int64") for column in (0, 2, 4, 6)
    )
    kinds = [slot_kind(place.slot, place.ladder[0]) for place in places]
    is_hold = values_at([place.slot.scheme.is_hold for place in places], slot)
    targets = [place.slot.scheme.rir for place in places]
    target = np.array(targets, dtype="float64")[slot]
    exercise = setting.program.slots["exercise"][slot, ladder_step]
    lifts = setting.program.exercises[exercise]
    person = setting.people.persons[0]
    mass_kg, n_implements = person["body_mass_kg"], lifts["n_implements"]
    load_kg = np.round(log[:, 7], 6)
    rated_kg = n_implements * load_kg + lifts["rated_share"] * mass_kg
    one_rm_kg = np.where(log[:, 12] > 0, log[:, 12], np.nan)
    is_light = log[:, 11] > 0
    kinds_of_tempo, which = np.unique(
        np.column_stack([slot, ladder_step, log[:, 8].astype("int64")]),
        axis=0,
        return_inverse=True,
    )
    tempos = [_tempo(places[s], r, n) for s, r, n in kinds_of_tempo.tolist()]
    seconds = values_at([seconds for _, seconds in tempos], which)
    tut_s = np.where(is_hold, done, done * seconds)
    is_last = _ends(log, slot)
    amounts, asked = done.astype("float64"), log[:, 5]
    return SETS.from_columns(
        {
            "week": day // DAYS_PER_WEEK + 1,
            "day": day,
            "phase": values_at(
                [phase.name for phase in plan.phase], trace.days[day, 0]
            ),
            "is_deload": trace.days[day, 1] > 0,
            "session": values_at([place.session for place in places], slot),
            "slot": values_at([place.number for place in places], slot),
            "group": values_at([place.slot.group for place in places], slot),
            "exercise": values_at(trace.exercises, exercise),
            "kind": values_at(kinds, slot),
            "set": log[:, 3].astype("int64"),
            "side": SIDE_NAMES[side],
            "reps_target": _whole(asked, ~is_hold),
            "reps": _whole(amounts, ~is_hold),
            "hold_target_s": np.where(is_hold, asked, np.nan),
            "hold_s": np.where(is_hold, amounts, np.nan),
            "load_kg": load_kg,
            "n_implements": n_implements.astype("int64"),
            "system_load_kg": n_implements * load_kg + lifts["lifted_share"] * mass_kg,
            "pct_1rm": 100 * rated_kg / one_rm_kg,
            "rir_target": np.where(is_light, np.nan, target),
            "rir": np.round(log[:, 9], 6),
            "rpe": 10.0 - np.round(log[:, 9], 6),
            "tempo": values_at([tempo for tempo, _ in tempos], which),
            "tut_s": tut_s.astype("float64"),
            "rest_s": np.where(
                is_last, values_at([p.slot.rest_s for p in places], slot), 0.0
            ),
        }
    )


def values_at(values: Sequence, index: np.ndarray) -> np.ndarray:
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


def _tempo(place: Place, ladder_step: int, n_steps: int) -> tuple[str, float]:
    """Return the tempo of a set and its seconds per repetition."""
    if place.slot.scheme.is_hold:
        return "", 1.0
    tempo = place.slot.tempo or place.ladder[ladder_step].tempo
    if place.slot.progress.rule == "tempo" and n_steps:
        tempo = place.slot.progress.tempos[n_steps - 1]
    return tempo, float(seconds_per_rep(tempo))


def states_table(setting: Setting, trace: Trace) -> pd.DataFrame:
    """Return the states of every day (`tables.DAILY_STATES`)."""
    of_days = pd.Series(trace.sets[:, 10]).groupby(trace.sets[:, 0].astype("int64"))
    rated = of_days.mean().reindex(range(len(trace.days)))
    states = {name: trace.days[:, column] for name, column in STATES.items()}
    states["technique_rated"] = rated.to_numpy()
    states["strength_pct"] = strength_pct(setting, trace)
    return DAILY_STATES.from_columns(states)


def strength_pct(setting: Setting, trace: Trace) -> np.ndarray:
    """Return the mean 1RM of the tested lifts of every day; the start is 100."""
    tested = (
        setting.program.exercises["is_tested"]
        & setting.people.strengths["is_measured"][0]
    )
    if not tested.any():
        return np.full(len(trace.days), np.nan)
    return 100 * _capacity(setting, trace, tested)["capacity"].mean(axis=(1, 2))


def _capacity(
    setting: Setting, trace: Trace, chosen: np.ndarray | slice = slice(None)
) -> dict[str, np.ndarray]:
    """Return capacity and its parts of chosen lifts as [day, exercise, side]."""
    weight = setting.program.exercises["weight"][chosen]
    muscle, fatigue = (  # sums in one order on every machine
        sum(
            weight[:, place, None] * trace.muscles[:, place, None, :, state]
            for place in range(weight.shape[1])
        )
        for state in (0, 1)
    )
    lifts = trace.lifts[:, chosen]
    skill, familiar = lifts[..., 0], lifts[..., 1]
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
    known = trace.lifts[-1, :, :, 1].any(axis=1) | trace.lifts[..., 2].any(axis=(0, 2))
    slot, ladder_step = (
        trace.sets[:, 1].astype("int64"),
        trace.sets[:, 2].astype("int64"),
    )
    known[setting.program.slots["exercise"][slot, ladder_step]] = True
    base_kg = setting.people.strengths["base_kg"][0]
    shown = np.flatnonzero(known & (base_kg > 0))
    lifts, n_days = setting.program.exercises[shown], len(trace.days)
    body_kg = lifts["rated_share"] * setting.people.persons[0]["body_mass_kg"]
    mass_kg = base_kg[shown, None] * parts["capacity"][:, shown]
    implements = np.maximum(lifts["n_implements"], 1.0)[:, None]
    parts["one_rm_kg"] = np.maximum((mass_kg - body_kg[:, None]) / implements, 0.0)
    names = np.array(trace.exercises, dtype=object)[shown]
    days = np.repeat(np.arange(n_days), 2 * len(shown))
    sides = np.array(["left", "right"], dtype=object)
    columns = {
        name: part[:, shown] if name != "one_rm_kg" else part
        for name, part in parts.items()
    }
    return CAPACITY.from_columns(
        {
            "week": days // DAYS_PER_WEEK + 1,
            "day": days,
            "exercise": np.tile(np.repeat(names, 2), n_days),
            "side": np.tile(sides, n_days * len(shown)),
            **{name: part.ravel() for name, part in columns.items()},
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
        rows.append(
            (week, int(day), name, lift, SIDE_NAMES[int(side)], shown, _UNITS[name])
        )
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
    phases = values_at([phase.name for phase in plan.phase], trace.days[:, 0])
    is_light = trace.days[:, 1] > 0
    daily = pd.concat([daily.assign(phase=phases, is_deload=is_light), states], axis=1)
    mondays = slice(None, None, DAYS_PER_WEEK)
    weekly = weekly.assign(phase=phases[mondays], is_deload=is_light[mondays])
    answers = WEEKLY_STATES.from_columns(_by_week(states, setting, trace))
    return daily, pd.concat([weekly, answers], axis=1)


def _by_week(
    states: pd.DataFrame, setting: Setting, trace: Trace
) -> dict[str, np.ndarray]:
    """Return the columns of `WEEKLY_STATES`."""
    days = {
        name: states[name].to_numpy().reshape(-1, DAYS_PER_WEEK)
        for name in (
            "pain_reported",
            "soreness_reported",
            "range_left_deg",
            "range_right_deg",
            "strength_pct",
        )
    }
    weeks = np.arange(len(states)) // DAYS_PER_WEEK
    return {
        "n_missed": _missed(setting, trace),
        "n_failed": trace.weeks[:, 8],
        "pain": days["pain_reported"].max(axis=1),
        "soreness": days["soreness_reported"].max(axis=1),
        "technique": states["technique_rated"].groupby(weeks).mean().to_numpy(),
        "range_left_deg": days["range_left_deg"][:, -1],
        "range_right_deg": days["range_right_deg"][:, -1],
        "strength_pct": days["strength_pct"][:, -1],
    }


def _missed(setting: Setting, trace: Trace) -> np.ndarray:
    """Return how many sessions with work were missed, week by week."""
    program = setting.program
    has_work = np.array(
        [
            (program.slots["kind"][span["first_slot"] : span["end_slot"]] == WORK).any()
            for span in program.occasions
        ]
    )
    rows = trace.decisions[trace.decisions[:, 3] == MISSED_SESSION]
    rows = rows[has_work[rows[:, 10].astype("int64")]]
    weeks = rows[:, 0].astype("int64") // DAYS_PER_WEEK
    return np.bincount(weeks, minlength=len(trace.weeks))
