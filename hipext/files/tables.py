"""Grain, columns, dtypes and units of every table, in one place.

A simulated plan, an imported log and a published trial all become the same sets
table. Days count from 0, weeks from 1 and start on a Monday; ``day`` 0 is the Monday
of week 1. Percent (``pct_``) is 0-100, a ``fraction`` or ``share`` is 0-1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hipext.files.checks import check_columns

DAYS_PER_WEEK = 7
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SIDES = ("both", "left", "right", "each")  # each: in turn, without saying which
SET_KINDS = ("work", "warm_up", "mobility", "recovery")
MUSCLES = (
    "gluteus_maximus",
    "hamstrings",
    "erector_spinae",
    "hip_abductors",
    "hip_adductors",
    "quadriceps",
    "trunk",
)
MAPPINGS = ("fractional", "primary", "emg")
ACTIONS = (
    "repeat",
    "advance",
    "reduce",
    "deload",
    "pass",
    "extend",
    "regress",
    "stop",
    "skip",
    "change",
    "keep",
)
TRAINING_LOADS = ("system_volume_load_kg", "tut_s", "hard_sets", "session_rpe_load")


@dataclass(frozen=True)
class Column:
    """One column of a table: name, dtype, unit ("" for none) and meaning."""

    name: str
    dtype: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A kind of table: its grain (what one row is) and its columns, in order."""

    name: str
    grain: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def from_rows(self, rows: Sequence[tuple]) -> pd.DataFrame:
        """Return the table of `rows`, each a tuple in the order of the columns."""
        values = zip(*rows, strict=True) if rows else [()] * len(self.columns)
        return self.from_columns(dict(zip(self.names, values, strict=True)))

    def from_columns(self, values: Mapping[str, Sequence]) -> pd.DataFrame:
        """Return the table of columns by name, in order and with their dtypes."""
        given = [values[column.name] for column in self.columns]
        index = next((one.index for one in given if isinstance(one, pd.Series)), None)
        typed = {
            column.name: _typed(one, column.dtype)
            for column, one in zip(self.columns, given, strict=True)
        }
        return pd.DataFrame(typed, index=index)

    def describe(self) -> pd.DataFrame:
        """Return the data dictionary: name, dtype, unit and meaning of each column."""
        return pd.DataFrame([vars(column) for column in self.columns])

    def check(self, table: pd.DataFrame) -> None:
        """Raise ValueError naming the columns of this table that `table` lacks."""
        check_columns(table, self.names, name=self.name)


def _typed(values: Sequence, dtype: str) -> Sequence:
    """Return the values of a column with its dtype."""
    # An array of the right type is taken without a copy.
    if isinstance(values, np.ndarray) and values.dtype == dtype:
        return values
    return pd.Series(values, dtype=dtype).array


# The days of a plan are numbered, not dated: a plan begins on any Monday.
_WHEN = (
    Column("week", "int64", "", "week of the plan, from 1"),
    Column("day", "int64", "d", "day of the plan, from 0; day 0 is a Monday"),
    Column("phase", "str", "", "name of the phase in the plan"),
    Column("is_deload", "bool", "", "whether the week is a planned deload"),
)
SETS = Table(
    "sets",
    "one set of one exercise; a unilateral set has one row per side",
    (
        *_WHEN,
        Column("session", "str", "", "name of the session in the plan"),
        Column("slot", "int64", "", "place of the exercise in the session, from 1"),
        Column("group", "str", "", "pair or circuit it belongs to; empty for none"),
        Column("exercise", "str", "", "id in the catalogue"),
        Column("kind", "str", "", "one of SET_KINDS; only 'work' counts as work"),
        Column("set", "int64", "", "number of the set in its slot, from 1"),
        Column("side", "str", "", "one of SIDES"),
        Column("reps_target", "Int64", "", "repetitions asked for (per side)"),
        Column("reps", "Int64", "", "repetitions done (per side); missing for holds"),
        Column("hold_target_s", "float64", "s", "hold asked for (per side)"),
        Column("hold_s", "float64", "s", "hold done; missing for repetitions"),
        Column("load_kg", "float64", "kg", "external load per implement"),
        Column("n_implements", "int64", "", "implements carried, each of load_kg"),
        Column("system_load_kg", "float64", "kg", "external load and lifted body mass"),
        Column(
            "pct_1rm",
            "float64",
            "%",
            "what effort goes by, of the 1RM as estimated; closed loop: at the start",
        ),
        Column("rir_target", "float64", "reps", "repetitions in reserve asked for"),
        Column("rir", "float64", "reps", "repetitions in reserve at the end"),
        Column("rpe", "float64", "0-10", "effort of the set: 10 - rir"),
        Column("tempo", "str", "s", "eccentric-pause-concentric-pause; empty: a hold"),
        Column("tut_s", "float64", "s", "time under tension"),
        Column("rest_s", "float64", "s", "rest after the set"),
    ),
)
DAILY = Table(
    "daily",
    "one day of the plan, rest days included",
    (
        *_WHEN,
        Column("weekday", "str", "", "one of WEEKDAYS"),
        Column("sessions", "str", "", "names of the sessions, ' + ' between"),
        Column("working_sets", "float64", "sets", "work; one side alone is a half"),
        Column("volume_load_kg", "float64", "kg", "working reps x external load"),
        Column("system_volume_load_kg", "float64", "kg", "working reps x system load"),
        Column("tut_s", "float64", "s", "of the working sets"),
        Column("hard_sets", "float64", "sets", "working sets near enough to failure"),
        Column("session_rpe_load", "float64", "a.u.", "session rating x minutes"),
    ),
)
WEEKLY = Table(
    "weekly",
    "one week of the plan",
    (
        Column("week", "int64", "", "week of the plan, from 1"),
        Column("phase", "str", "", "phase that holds most of the week's days"),
        Column("is_deload", "bool", "", "whether the week is a planned deload"),
        Column("n_sessions", "int64", "", "sessions with at least one working set"),
        Column("working_sets", "float64", "sets", "work; one side alone is a half"),
        Column("hard_sets", "float64", "sets", "working sets near enough to failure"),
        Column("reps", "int64", "reps", "repetitions of the working sets"),
        Column("volume_load_kg", "float64", "kg", "working reps x external load"),
        Column("system_volume_load_kg", "float64", "kg", "the same, system load"),
        Column("tut_s", "float64", "s", "time under tension of the working sets"),
        Column(
            "minutes", "float64", "min", "estimated length of its sessions with work"
        ),
        Column(
            "other_minutes", "float64", "min", "mobility, recovery: no work in them"
        ),
        Column(
            "session_rpe_load", "float64", "a.u.", "sum of session rating x minutes"
        ),
        Column("hip_share", "float64", "0-1", "hip- of hip- and knee-dominant sets"),
        Column("unilateral_share", "float64", "0-1", "unilateral of working sets"),
        Column(
            "left_share", "float64", "0-1", "left of the tension time of one-sided work"
        ),
    ),
)
MUSCLE_SETS = Table(
    "muscle_sets",
    "one muscle group in one week, under one mapping",
    (
        Column("week", "int64", "", "week of the plan, from 1"),
        Column("is_deload", "bool", "", "whether the week is a planned deload"),
        Column("muscle", "str", "", "one of MUSCLES"),
        Column("sets", "float64", "sets", "working sets x share of the muscle"),
    ),
)
DAILY_STATES = Table(
    "daily_states",
    "one day; states of the morning, and what the day added",
    (
        Column("pain_reported", "float64", "0-10", "low-back pain as reported"),
        Column("soreness_reported", "float64", "0-10", "soreness as reported"),
        Column("technique_rated", "float64", "0-1", "mean rating of the day's sets"),
        Column("pain", "float64", "0-10", "low-back pain, the model's state"),
        Column("soreness", "float64", "0-10", "soreness, the model's state"),
        Column("stiffness_deg", "float64", "deg", "hip extension lost to stiffness"),
        Column("readiness", "float64", "0-1", "share of strength available that day"),
        Column("range_left_deg", "float64", "deg", "hip extension, left"),
        Column("range_right_deg", "float64", "deg", "hip extension, right"),
        Column("stability", "float64", "0-1", "steadiness of the pelvis"),
        Column("lumbar_load", "float64", "body masses", "load of the back that day"),
        Column("tolerance", "float64", "body masses", "load of a day that is harmless"),
        Column("irritation", "float64", "a.u.", "of the lower back"),
        Column("endurance", "float64", "0-1", "static hold of the back, added share"),
        Column("technique", "float64", "0-1", "skill of the hip hinge"),
        Column("adaptation", "float64", "0-1", "of the gluteus maximus, added share"),
        Column("fatigue", "float64", "0-1", "of the gluteus maximus, share taken"),
        Column("strength_pct", "float64", "%", "mean 1RM of tested lifts; start: 100"),
    ),
)
WEEKLY_STATES = Table(
    "weekly_states",
    "one week; states and observations of the athlete",
    (
        Column("n_missed", "int64", "", "sessions with work that were missed"),
        Column(
            "n_failed_slots", "int64", "", "times that a slot's sets were not completed"
        ),
        Column("pain_reported_max", "float64", "0-10", "highest reported pain"),
        Column("soreness_reported_max", "float64", "0-10", "highest reported soreness"),
        Column(
            "technique_rated_mean",
            "float64",
            "0-1",
            "mean rated technique; missing for none",
        ),
        Column("range_left_deg", "float64", "deg", "hip extension at its end, left"),
        Column("range_right_deg", "float64", "deg", "hip extension at its end, right"),
        Column("strength_pct", "float64", "%", "mean 1RM of tested lifts at its end"),
    ),
)
CAPACITY = Table(
    "capacity",
    "one side of one lift on one day, for lifts that were done or tested",
    (
        Column("week", "int64", "", "week of the plan, from 1"),
        Column("day", "int64", "d", "day of the plan, from 0"),
        Column("exercise", "str", "", "id in the catalogue"),
        Column("side", "str", "", "left or right"),
        Column("capacity", "float64", "share", "of the 1RM at the start"),
        Column("one_rm_kg", "float64", "kg", "1RM per implement that this makes"),
        Column("familiarity", "float64", "share", "gained by knowing the lift"),
        Column("skill", "float64", "share", "gained in this lift alone"),
        Column("muscle", "float64", "share", "gained by its muscles"),
        Column("fatigue", "float64", "share", "lost to fatigue of its muscles"),
    ),
)
RESPONSE = Table(
    "response",
    "one day; states of the morning",
    (
        Column("fitness", "float64", "a.u.", "slow positive trace of the load"),
        Column("fatigue", "float64", "a.u.", "fast negative trace of the load"),
        Column("performance", "float64", "a.u.", "baseline + fitness - fatigue"),
    ),
)
DECISIONS = Table(
    "decisions",
    "one decision of a rule about one subject",
    (
        Column("week", "int64", "", "week of the plan, from 1"),
        Column("day", "int64", "d", "day on which it was taken"),
        Column("phase", "str", "", "name of the phase in the plan"),
        Column("session", "str", "", "name of the session; empty for the whole week"),
        Column("subject", "str", "", "exercise, or 'week', or 'phase'"),
        Column("action", "str", "", "one of ACTIONS"),
        Column("trigger", "str", "", "id of the rule that decided"),
        Column("observations", "str", "", "what the rule saw, as 'name=value'"),
        Column("sentence", "str", "", "the reason, in words"),
    ),
)
ASSESSMENTS = Table(
    "assessments",
    "one test of one side on one day",
    (
        Column("week", "int64", "", "week of the plan, from 1"),
        Column("day", "int64", "d", "day of the test"),
        Column("test", "str", "", "name of the test"),
        Column("exercise", "str", "", "exercise of a strength check; else empty"),
        Column("side", "str", "", "both, left or right"),
        Column("value", "float64", "see unit", "result; missing where not simulated"),
        Column("unit", "str", "", "unit of the value"),
    ),
)
