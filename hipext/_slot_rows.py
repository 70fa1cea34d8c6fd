"""The slots of a session as the records that the day loop reads."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import nan
from zlib import crc32

import numpy as np

from hipext._same import Same, Sames
from hipext._state import MAX_RUNGS, MAX_TEMPOS, SLOT
from hipext.exercises import Exercise
from hipext.intensity import RELATIONS, pct_1rm
from hipext.notation import seconds_per_rep
from hipext.progression import rule_record
from hipext.slot import Slot, slot_kind, step_of
from hipext.tables import SET_KINDS

POLICIES = {None: 0, "left": 1, "right": 2, "alternate": 3, "weaker": 4}
RELATION = "epley"  # links repetitions and loads in the day loop
_REST_S = (15.0, 480.0)  # beyond these a rest makes no further difference


@lru_cache(maxsize=256)
def slots_of_session(
    session: str,
    same: Sames,
    catalogue: Same,
    names: tuple[str, ...],
    usual_rest_s: float,
) -> np.ndarray:
    """Return the slots of a session; those of an unchanged one are there already."""
    slots, exercises, rows = same.values, catalogue.value, []
    for slot, nth in zip(slots, _nth(slots), strict=True):
        ladder = [exercises[e] for e in (slot.exercise, *slot.ladder)]
        scheme, channel = slot.scheme, f"{session}/{slot.exercise}/{nth}"
        rule = rule_record(slot.progress, scheme, len(ladder))
        rows.append(
            (
                SET_KINDS.index(slot_kind(slot, ladder[0])),
                scheme.is_hold,
                _first_fraction(slot),
                scheme.load_kg or 0.0,
                nan if scheme.rir is None else scheme.rir,
                _rest_factor(slot, slots, exercises, usual_rest_s),
                slot.rest_s,
                slot.tempo is not None,
                POLICIES[slot.side_first],
                256 + (crc32(channel.encode()) >> 1),
                _filled(_seconds(slot, ladder[0]), MAX_TEMPOS),
                _filled([names.index(e.id) for e in ladder], MAX_RUNGS),
                _filled([step_of(slot, e) for e in ladder], MAX_RUNGS),
                *rule,
            )
        )
    return np.array(rows, dtype=SLOT)


def _nth(slots: Sequence[Slot]) -> list[int]:
    """Return how often the exercise of each slot came before it."""
    names = [slot.exercise for slot in slots]
    return [names[:place].count(name) for place, name in enumerate(names)]


def _filled(row: Sequence[float], length: int) -> list[float]:
    """Return a row filled up with its last value."""
    return [*row, *[row[-1]] * (length - len(row))]


def _first_fraction(slot: Slot) -> float:
    scheme = slot.scheme
    if scheme.pct_1rm is not None:
        return scheme.pct_1rm / 100
    most = RELATIONS[RELATION].max_reps
    if scheme.rir is None or scheme.is_hold or scheme.low + scheme.rir > most:
        return 0.0
    return pct_1rm(scheme.low, scheme.rir, relation=RELATION) / 100


def _seconds(slot: Slot, exercise: Exercise) -> list[float]:
    """Return the seconds a repetition takes at each tempo of a slot."""
    if slot.scheme.is_hold:
        return [1.0]
    tempos = [slot.tempo or exercise.tempo, *getattr(slot.progress, "tempos", ())]
    return [float(seconds_per_rep(tempo)) for tempo in tempos]


def _rest_factor(
    slot: Slot,
    ours: Sequence[Slot],
    exercises: Mapping[str, Exercise],
    usual_rest_s: float,
) -> float:
    """Return how much a set costs the next one of its slot, by the time between."""
    members = [one for one in ours if slot.group and one.group == slot.group] or [slot]
    rest_s = sum(one.rest_s for one in members)
    for one in members:
        if one is not slot:
            exercise = exercises[one.exercise]
            sides = 2 if exercise.is_unilateral else 1
            rest_s += sides * one.scheme.low * _seconds(one, exercise)[0]
    return cost_of_rest(rest_s, usual_rest_s)


def cost_of_rest(between_s: float, usual_rest_s: float) -> float:
    """Return how much a set costs the next one after so many seconds; 1 is usual."""
    between_s = min(max(between_s, _REST_S[0]), _REST_S[1])
    return (usual_rest_s / between_s) ** 0.5
