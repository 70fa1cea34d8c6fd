"""The sets that the day loop kept, as a table, and where their slots stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hipext._program import slots_in_order
from hipext._run import Setting, Trace
from hipext.exercises import Exercise
from hipext.notation import seconds_per_rep
from hipext.plan import Plan
from hipext.slot import Slot, slot_kind
from hipext.tables import DAYS_PER_WEEK, SETS

SIDE_NAMES = np.array(["left", "right", "both"])  # the last one is -1


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
    day, rung, side, done = (log[:, column].astype("int64") for column in (0, 2, 4, 6))
    kinds = [slot_kind(place.slot, place.ladder[0]) for place in places]
    is_hold = values_at([place.slot.scheme.is_hold for place in places], slot)
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
    kinds_of_tempo, which = np.unique(
        np.column_stack([slot, rung, log[:, 8].astype("int64")]),
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
            "pct_1rm": np.where(
                base_kg > 0, 100 * rated_kg / np.where(base_kg > 0, base_kg, 1), np.nan
            ),
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


def _tempo(place: Place, rung: int, n_steps: int) -> tuple[str, float]:
    """Return the tempo of a set and its seconds per repetition."""
    if place.slot.scheme.is_hold:
        return "", 1.0
    tempo = place.slot.tempo or place.ladder[rung].tempo
    if place.slot.progress.rule == "tempo" and n_steps:
        tempo = place.slot.progress.tempos[n_steps - 1]
    return tempo, float(seconds_per_rep(tempo))
