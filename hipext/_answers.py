"""What the person answered, as the day loop kept it: states, strength, tests."""

import numpy as np
import pandas as pd

from hipext._decode import SIDE_NAMES, values_at
from hipext._judge import MISSED_SESSION
from hipext._run import Setting, Trace
from hipext._state import STRENGTH_TEST, WORK
from hipext.plan import TESTS, Plan
from hipext.tables import (
    ASSESSMENTS,
    CAPACITY,
    DAILY_STATES,
    DAYS_PER_WEEK,
    WEEKLY_STATES,
)

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
    slot, rung = trace.sets[:, 1].astype("int64"), trace.sets[:, 2].astype("int64")
    known[setting.program.slots["exercise"][slot, rung]] = True
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
