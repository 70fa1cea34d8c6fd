"""The log of the daily simulation as tables: sets, states, capacity, assessments."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from hipext.engine.body import MIN_CAPACITY
from hipext.engine.state import DAY_LOG, STRENGTH_TEST
from hipext.files import tables
from hipext.files.sums import mean_in_order, sums_by
from hipext.files.tables import DAYS_PER_WEEK
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


class Place(NamedTuple):
    """A slot by its number in the day loop: where it stands in the plan."""

    session: str
    number: int  # in the session, from 1
    slot: Slot
    ladder: tuple[Exercise, ...]


def places_of(plan: Plan, exercises: Mapping[str, Exercise]) -> list[Place]:
    """Return the slots of a plan by their number in the day loop."""
    places: list[Place] = []
    for _, session, slots in slots_in_order(plan):
        for number, slot in enumerate(slots, start=1):
            ladder = tuple(exercises[e] for e in (slot.exercise, *slot.ladder))
            places.append(Place(session, number, slot, ladder))
    return places


def session_of(setting: Setting, places: Sequence[Place], occasion: int) -> str:
    """Return the name of a session by its number; empty for one without slots."""
    span = setting.plan.occasions[occasion]
    is_empty = span["first_slot"] == span["end_slot"]
    return "" if is_empty else places[span["first_slot"]].session


def sets_table(
    plan: Plan, setting: Setting, trace: Trace, places: Sequence[Place]
) -> pd.DataFrame:
    """Return the sets as performed, in the order performed (`tables.SETS`)."""
    log = sets_as_performed(plan, trace)
    slot, day = log["slot"], log["day"]
    ladder_step, done = log["ladder_step"], log["done"]
    kinds = [slot_kind(place.slot, place.ladder[0]) for place in places]
    is_hold = values_at([place.slot.scheme.is_hold for place in places], slot)
    targets = [place.slot.scheme.rir for place in places]
    rir_target = np.array(targets, dtype="float64")[slot]
    exercise = setting.plan.slots["exercise"][slot, ladder_step]
    lifts = setting.plan.exercises[exercise]
    mass_kg = setting.athletes.records[0]["body_mass_kg"]
    n_implements, load_kg = lifts["n_implements"], np.round(log["load_kg"], 6)
    one_rm_kg = np.where(log["one_rm_kg"] > 0, log["one_rm_kg"], np.nan)
    # %1RM is of the mass that effort goes by: all implements and the body's part.
    rated_kg = n_implements * load_kg + lifts["rated_share"] * mass_kg
    # Few tempos are in use: each is worked out once, and found by its number.
    keys = np.column_stack([slot, ladder_step, log["n_steps"]])
    kinds_of_tempo, which = np.unique(keys, axis=0, return_inverse=True)
    which = which.ravel()  # NumPy 2.0 gives it as a column
    tempos = [tempo_of(places[s], r, n) for s, r, n in kinds_of_tempo.tolist()]
    seconds = [float(seconds_per_rep(tempo)) if tempo else 1.0 for tempo in tempos]
    tut_s = done * values_at(seconds, which)
    rest_s = values_at([place.slot.rest_s for place in places], slot)
    rir = np.round(log["rir"], 6)
    return tables.SETS.from_columns(
        {
            "week": day // DAYS_PER_WEEK + 1,
            "day": day,
            "phase": _phases(plan, trace)[day],
            "is_deload": trace.days["is_deload"][day],
            "session": values_at([place.session for place in places], slot),
            "slot": values_at([place.number for place in places], slot),
            "group": values_at([place.slot.group for place in places], slot),
            "exercise": values_at(trace.exercises, exercise),
            "kind": values_at(kinds, slot),
            "set": log["set_number"],
            "side": SIDE_NAMES[log["side"]],
            "reps_target": _whole(log["target"], ~is_hold),
            "reps": _whole(done, ~is_hold),
            "hold_target_s": np.where(is_hold, log["target"], np.nan),
            "hold_s": np.where(is_hold, done, np.nan),
            "load_kg": load_kg,
            "n_implements": n_implements.astype("int64"),
            "system_load_kg": n_implements * load_kg + lifts["lifted_share"] * mass_kg,
            "pct_1rm": 100 * rated_kg / one_rm_kg,
            "rir_target": np.where(log["is_reduced"], np.nan, rir_target),
            "rir": rir,
            "rpe": 10.0 - rir,
            "tempo": values_at(tempos, which),
            "tut_s": tut_s,
            "rest_s": np.where(is_end_of_set(log), rest_s, 0.0),
        }
    )


def sets_as_performed(plan: Plan, trace: Trace) -> np.ndarray:
    """Return the log of sets, which goes from slot to slot, in the order performed."""
    first: list[int] = []  # number of the first slot of the group of each slot
    for _, _, slots in slots_in_order(plan):
        for number, slot in enumerate(slots):
            is_in_turn = number and slot.group and slot.group == slots[number - 1].group
            first.append(first[-1] if is_in_turn else len(first))
    # The sets of a group (superset) are done in turn.
    log, slot = trace.sets, trace.sets["slot"]
    group = np.array(first, dtype="int64")[slot]
    order = np.lexsort(
        (np.arange(len(log)), slot, log["set_number"], group, log["day"])
    )
    return log[order]


def is_end_of_set(log: np.ndarray) -> np.ndarray:
    """Return which rows are the last of their set, where it is followed by its rest."""
    key = log[["day", "slot", "set_number"]]
    return np.append(key[1:] != key[:-1], True)


def values_at(values: Sequence, index: np.ndarray) -> np.ndarray:
    """Return values by their numbers; texts stay Python texts."""
    kind = object if values and isinstance(values[0], str) else None
    return np.array(values, dtype=kind)[index]


def _phases(plan: Plan, trace: Trace) -> np.ndarray:
    return values_at([phase.name for phase in plan.phase], trace.days["phase"])


def _whole(values: np.ndarray, is_known: np.ndarray) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(np.where(is_known, values, 0), ~is_known)


def tempo_of(place: Place, ladder_step: int, n_steps: int) -> str:
    """Return the tempo of a slot after so many steps; empty for holds."""
    if place.slot.scheme.is_hold:
        return ""
    if place.slot.progress.rule == "tempo" and n_steps:
        return place.slot.progress.tempos[n_steps - 1]
    return place.slot.tempo or place.ladder[ladder_step].tempo


def strength_pct(setting: Setting, trace: Trace) -> np.ndarray:
    """Return the mean 1RM of the tested lifts of every day; the start is 100."""
    tested = setting.plan.exercises["is_tested"].copy()
    tested &= setting.athletes.strengths["is_measured"][0]
    if not tested.any():
        return np.full(len(trace.days), np.nan)
    capacity = _capacity(setting, trace, tested)["capacity"]  # [day, lift, side]
    return 100 * mean_in_order(capacity.reshape(len(capacity), -1), axis=1)


def _capacity(
    setting: Setting, trace: Trace, chosen: np.ndarray | slice = slice(None)
) -> dict[str, np.ndarray]:
    """Return capacity and its parts of chosen lifts as [day, exercise, side]."""
    weight = setting.plan.exercises["weight"][chosen]
    muscle, fatigue = (  # sums in one order on every machine
        sum(
            weight[:, index, None] * trace.muscles[state][:, index, None, :]
            for index in range(weight.shape[1])
        )
        for state in ("adaptation", "fatigue")
    )
    lifts = trace.lifts[:, chosen]
    skill, familiarity = lifts["skill"], lifts["familiarity"]
    capacity = 1.0 + familiarity + skill + muscle - fatigue
    return {
        "capacity": np.maximum(capacity, MIN_CAPACITY),
        "familiarity": familiarity,
        "skill": skill,
        "muscle": muscle,
        "fatigue": fatigue,
    }


def capacity_table(setting: Setting, trace: Trace) -> pd.DataFrame:
    """Return what either side can lift, day by day (`tables.CAPACITY`)."""
    # Shown are lifts that were done or gained by a test, where a 1RM is known.
    done = setting.plan.slots["exercise"][trace.sets["slot"], trace.sets["ladder_step"]]
    known = trace.lifts["familiarity"][-1].any(axis=1)
    known |= trace.lifts["skill_gain"].any(axis=(0, 2))
    known[done] = True
    base_kg = setting.athletes.strengths["base_kg"][0]
    shown = np.flatnonzero(known & (base_kg > 0))
    parts = _capacity(setting, trace, shown)
    lifts, n_days = setting.plan.exercises[shown], len(trace.days)
    body_kg = lifts["rated_share"] * setting.athletes.records[0]["body_mass_kg"]
    mass_kg = base_kg[shown, None] * parts["capacity"]
    implements = np.maximum(lifts["n_implements"], 1.0)[:, None]
    parts["one_rm_kg"] = np.maximum((mass_kg - body_kg[:, None]) / implements, 0.0)
    names = np.array(trace.exercises, dtype=object)[shown]
    days = np.repeat(np.arange(n_days), 2 * len(shown))
    sides = np.array(["left", "right"], dtype=object)
    return tables.CAPACITY.from_columns(
        {
            "week": days // DAYS_PER_WEEK + 1,
            "day": days,
            "exercise": np.tile(np.repeat(names, 2), n_days),
            "side": np.tile(sides, n_days * len(shown)),
            **{name: part.ravel() for name, part in parts.items()},
        }
    )


def assessments_table(setting: Setting, trace: Trace) -> pd.DataFrame:
    """Return the results of the tests (`tables.ASSESSMENTS`); 1RM per implement."""
    mass_kg, rows = setting.athletes.records[0]["body_mass_kg"], []
    for day, test, exercise, side, value in trace.tests.tolist():
        name, lift, result = TESTS[test], "", value
        if test == STRENGTH_TEST:
            lift, own = trace.exercises[exercise], setting.plan.exercises[exercise]
            body_kg = own["rated_share"] * mass_kg
            result = (value - body_kg) / max(own["n_implements"], 1.0)
        week = day // DAYS_PER_WEEK + 1
        rows.append((week, day, name, lift, SIDE_NAMES[side], result, _UNITS[name]))
    return tables.ASSESSMENTS.from_rows(rows)


def with_states(
    daily: pd.DataFrame,
    weekly: pd.DataFrame,
    plan: Plan,
    setting: Setting,
    trace: Trace,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the daily and the weekly table with the athlete's states."""
    days = pd.RangeIndex(len(trace.days))
    logged = [name for name in tables.DAILY_STATES.names if name in DAY_LOG.names]
    states = {name: trace.days[name] for name in logged}
    rated = _mean_by(trace.sets["day"], trace.sets["technique"])
    states["technique_rated"] = rated.reindex(days).to_numpy()
    states["strength_pct"] = strength_pct(setting, trace)
    states = tables.DAILY_STATES.from_columns(states)
    phases = _phases(plan, trace)
    is_deload = trace.days["is_deload"]
    daily = pd.concat([daily.assign(phase=phases, is_deload=is_deload), states], axis=1)
    mondays = slice(None, None, DAYS_PER_WEEK)
    weekly = weekly.assign(phase=phases[mondays], is_deload=is_deload[mondays])
    week = days // DAYS_PER_WEEK
    by_week = states.groupby(week).agg(
        pain_reported_max=("pain_reported", "max"),
        soreness_reported_max=("soreness_reported", "max"),
        range_left_deg=("range_left_deg", "last"),
        range_right_deg=("range_right_deg", "last"),
        strength_pct=("strength_pct", "last"),
    )
    rated = _mean_by(week, states["technique_rated"]).reindex(by_week.index)
    own = {
        "technique_rated_mean": rated,
        "n_missed": trace.weeks["n_missed"],
        "n_failed_slots": trace.weeks["n_failed"],
    }
    by_week = tables.WEEKLY_STATES.from_columns({**by_week, **own})
    return daily, pd.concat([weekly, by_week], axis=1)


def _mean_by(keys: Sequence, values: Sequence) -> pd.Series:
    """Return the mean of the known values by key."""
    is_known = ~np.isnan(values)
    known = {"sum": np.where(is_known, values, 0.0), "n": is_known}
    sums = sums_by(keys, known)
    return (sums["sum"] / sums["n"]).where(sums["n"] > 0)
