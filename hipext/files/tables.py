"""Every table: what one row stands for, its columns, their types and units.

A simulated plan, an imported log and a published trial all become the same sets
table. Days count from 0, weeks from 1 and start on a Monday; ``day`` 0 is the Monday
of week 1. Percent (``pct_``) is 0-100, a ``fraction`` or ``share`` is 0-1.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from hipext.files.checks import InputError, check_columns, numbers_in
from hipext.files.io import data_dir, read_text

if TYPE_CHECKING:
    import pandas as pd

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


_NEVER_EMPTY = ("phase", "session", "exercise")  # of sets and weeks
# Kinds of numpy types that a column of each dtype may have.
_KINDS = {"bool": "b", "int64": "iu", "Int64": "iu", "float64": "iuf"}


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

    def from_rows(self, rows: Sequence[tuple]) -> "pd.DataFrame":
        """Return the table of `rows`, each a tuple in the order of the columns."""
        values = zip(*rows, strict=True) if rows else [()] * len(self.columns)
        return self.from_columns(dict(zip(self.names, values, strict=True)))

    def from_columns(self, values: Mapping[str, Sequence]) -> "pd.DataFrame":
        """Return the table of columns by name, in order and with their dtypes."""
        import pandas as pd  # here, because columns are known without it

        given = [values[column.name] for column in self.columns]
        index = next((one.index for one in given if isinstance(one, pd.Series)), None)
        typed = {
            column.name: _typed(one, column.dtype)
            for column, one in zip(self.columns, given, strict=True)
        }
        return pd.DataFrame(typed, index=index)

    def describe(self) -> "pd.DataFrame":
        """Return the data dictionary: name, dtype, unit and meaning of each column."""
        import pandas as pd

        return pd.DataFrame([vars(column) for column in self.columns])

    def check(
        self, table: "pd.DataFrame", names: Sequence[str] | None = None
    ) -> "pd.DataFrame":
        """Return a table whose columns are numbers, truth values or texts, as here.

        It must have the columns `names`, by default all of this table; InputError
        names those that are missing, and the first row with an impossible value.
        """
        names = self.names if names is None else names
        table = check_columns(table, names, name=self.name)
        for name in _NEVER_EMPTY if self.name in ("sets", "weekly") else ():
            if name in names and (is_missing := table[name].isna().to_numpy()).any():
                row = table.index[is_missing.argmax()]
                raise InputError(f"{self.name}, row {row}: {name} is missing.")
        changed = {
            column.name: self._numbers(table[column.name], column.dtype)
            for column in self.columns
            if column.name in names
            and column.dtype in _KINDS
            and table[column.name].dtype.kind not in _KINDS[column.dtype]
        }
        return table.assign(**changed) if changed else table

    def _numbers(self, column: "pd.Series", dtype: str) -> "pd.Series":
        """Return a column as floats, or as whole numbers or truth values."""
        import numpy as np
        import pandas as pd

        name = column.name
        if dtype == "bool":
            numbers, is_good = column, column.isin([True, False]).to_numpy()
        else:
            numbers = numbers_in(column, name=f"{name} of the {self.name} table")
            numbers = pd.Series(numbers, index=column.index)
            # A fraction leaves a remainder, and so does a missing value (NaN).
            is_good = (numbers % 1 == 0).to_numpy() | (dtype == "float64")
            if dtype == "Int64":
                is_good |= numbers.isna().to_numpy()
        if not is_good.all():
            place = np.argmin(is_good)
            got = column.iloc[place]
            raise InputError(
                f"{self.name}, row {column.index[place]}: {name} must be "
                f"{'true or false' if dtype == 'bool' else 'a whole number'}; "
                f"got {repr(got) if isinstance(got, str) else got}."
            )
        return numbers.astype("float64" if dtype == "Int64" else dtype)


def table_of(name: str, grain: str, columns: str) -> Table:
    """Return the table whose columns are written in lines, fields between ``|``."""
    lines = columns.strip().splitlines()
    rows = [[field.strip() for field in line.split("|")] for line in lines]
    return Table(name, grain, tuple(Column(*row) for row in rows))


def _typed(values: Sequence, dtype: str) -> Sequence:
    """Return the values of a column with its dtype."""
    import numpy as np
    import pandas as pd

    # An array of the right type is taken without a copy.
    if isinstance(values, np.ndarray) and values.dtype == dtype:
        return values
    return pd.Series(values, dtype=dtype).array


# Fields of a line: name, dtype, unit ("" for none), meaning. The days of a plan are
# numbered, not dated: a plan begins on any Monday.
_WHEN = """
    week | int64 | | week of the plan, from 1
    day | int64 | d | day of the plan, from 0; day 0 is a Monday
    phase | str | | name of the phase in the plan
    is_deload | bool | | whether the week is a deload"""
SETS = table_of(
    "sets",
    "one set of one exercise; a unilateral set has one row per side",
    _WHEN
    + """
    session | str | | name of the session in the plan
    slot | int64 | | place of the exercise in the session, from 1
    group | str | | pair or circuit it belongs to; empty for none
    exercise | str | | id in the catalogue
    kind | str | | one of SET_KINDS; only 'work' counts as work
    set | int64 | | number of the set in its slot, from 1
    side | str | | one of SIDES
    reps_target | Int64 | | repetitions asked for (per side)
    reps | Int64 | | repetitions done (per side); missing for holds
    hold_target_s | float64 | s | hold asked for (per side)
    hold_s | float64 | s | hold done; missing for repetitions
    load_kg | float64 | kg | external load per implement
    n_implements | int64 | | implements carried, each of load_kg
    system_load_kg | float64 | kg | external load and lifted body mass
    pct_1rm | float64 | % | of the 1RM that effort goes by; closed loop: at the start
    rir_target | float64 | reps | repetitions in reserve asked for
    rir | float64 | reps | repetitions in reserve at the end
    rpe | float64 | 0-10 | effort of the set: 10 - rir
    tempo | str | s | eccentric-pause-concentric-pause; empty: a hold
    tut_s | float64 | s | time under tension
    rest_s | float64 | s | rest after the set
    """,
)
DAILY = table_of(
    "daily",
    "one day of the plan, rest days included",
    _WHEN
    + """
    weekday | str | | one of WEEKDAYS
    sessions | str | | names of the sessions, ' + ' between
    working_sets | float64 | sets | work; one side alone is a half
    volume_load_kg | float64 | kg | working reps x external load
    system_volume_load_kg | float64 | kg | working reps x system load
    tut_s | float64 | s | of the working sets
    hard_sets | float64 | sets | working sets near enough to failure
    session_rpe_load | float64 | a.u. | session rating x minutes
    """,
)
WEEKLY = table_of(
    "weekly",
    "one week of the plan",
    """
    week | int64 | | week of the plan, from 1
    phase | str | | phase that holds most of the week's days
    is_deload | bool | | whether the week is a deload
    n_sessions | int64 | | sessions with at least one working set
    working_sets | float64 | sets | work; one side alone is a half
    hard_sets | float64 | sets | working sets near enough to failure
    reps | int64 | reps | repetitions of the working sets
    volume_load_kg | float64 | kg | working reps x external load
    system_volume_load_kg | float64 | kg | the same, system load
    tut_s | float64 | s | time under tension of the working sets
    minutes | float64 | min | estimated length of its sessions with work
    other_minutes | float64 | min | mobility, recovery: no work in them
    session_rpe_load | float64 | a.u. | sum of session rating x minutes
    hip_share | float64 | 0-1 | hip- of hip- and knee-dominant sets
    unilateral_share | float64 | 0-1 | unilateral of working sets
    left_share | float64 | 0-1 | left of the tension time of one-sided work
    """,
)
MUSCLE_SETS = table_of(
    "muscle_sets",
    "one muscle group in one week, under one mapping",
    """
    week | int64 | | week of the plan, from 1
    is_deload | bool | | whether the week is a deload
    muscle | str | | one of MUSCLES
    sets | float64 | sets | working sets x share of the muscle
    """,
)
DAILY_STATES = table_of(
    "daily_states",
    "one day; states of the morning, and what the day added",
    """
    pain_reported | float64 | 0-10 | low-back pain as reported
    soreness_reported | float64 | 0-10 | soreness as reported
    technique_rated | float64 | 0-1 | mean rating of the day's sets
    pain | float64 | 0-10 | low-back pain, the model's state
    soreness | float64 | 0-10 | soreness, the model's state
    stiffness_deg | float64 | deg | hip extension lost to stiffness
    readiness | float64 | 0-1 | share of strength available that day
    range_left_deg | float64 | deg | hip extension, left
    range_right_deg | float64 | deg | hip extension, right
    stability | float64 | 0-1 | steadiness of the pelvis
    lumbar_load | float64 | body masses | load of the back that day
    tolerance | float64 | body masses | load of a day that is harmless
    irritation | float64 | a.u. | of the lower back
    endurance | float64 | 0-1 | static hold of the back, added share
    technique | float64 | 0-1 | skill of the hip hinge
    adaptation | float64 | 0-1 | of the gluteus maximus, added share
    fatigue | float64 | 0-1 | of the gluteus maximus, share taken
    strength_pct | float64 | % | mean 1RM of tested lifts; start: 100
    """,
)
WEEKLY_STATES = table_of(
    "weekly_states",
    "one week; states and observations of the athlete",
    """
    n_missed | int64 | | sessions with work that were missed
    n_failed_slots | int64 | | times that a slot's sets were not completed
    pain_reported_max | float64 | 0-10 | highest reported pain
    soreness_reported_max | float64 | 0-10 | highest reported soreness
    technique_rated_mean | float64 | 0-1 | mean rated technique; missing for none
    range_left_deg | float64 | deg | hip extension at its end, left
    range_right_deg | float64 | deg | hip extension at its end, right
    strength_pct | float64 | % | mean 1RM of tested lifts at its end
    """,
)
CAPACITY = table_of(
    "capacity",
    "one side of one lift on one day, for lifts that were done or tested",
    """
    week | int64 | | week of the plan, from 1
    day | int64 | d | day of the plan, from 0
    exercise | str | | id in the catalogue
    side | str | | left or right
    capacity | float64 | share | of the 1RM at the start
    one_rm_kg | float64 | kg | 1RM per implement that this makes
    familiarity | float64 | share | gained by knowing the lift
    skill | float64 | share | gained in this lift alone
    muscle | float64 | share | gained by its muscles
    fatigue | float64 | share | lost to fatigue of its muscles
    """,
)
RESPONSE = table_of(
    "response",
    "one day; states of the morning",
    """
    fitness | float64 | a.u. | slow positive trace of the load
    fatigue | float64 | a.u. | fast negative trace of the load
    performance | float64 | a.u. | baseline + fitness - fatigue
    """,
)
DECISIONS = table_of(
    "decisions",
    "one decision of a rule about one subject",
    """
    week | int64 | | week of the plan, from 1
    day | int64 | d | day on which it was taken
    phase | str | | name of the phase in the plan
    session | str | | name of the session; empty for the whole week
    subject | str | | exercise, or 'week', or 'phase'
    action | str | | one of ACTIONS
    trigger | str | | id of the rule that decided
    observations | str | | what the rule saw, as 'name=value'
    sentence | str | | the reason, in words
    """,
)
ASSESSMENTS = table_of(
    "assessments",
    "one test of one side on one day",
    """
    week | int64 | | week of the plan, from 1
    day | int64 | d | day of the test
    test | str | | name of the test
    exercise | str | | exercise of a strength check; else empty
    side | str | | both, left or right
    value | float64 | see unit | result; missing where not simulated
    unit | str | | unit of the value
    """,
)


class Outcome(NamedTuple):
    """One outcome of an athlete: its name, unit and meaning, and how it is found."""

    name: str
    words: str  # what is read in any week: "strength"
    unit: str
    better: int  # 1 if more is better, -1 if less is, 0 if neither
    column: str  # of the weeks that it is made of
    taken: str  # how it is taken from the weeks
    meaning: str  # what it is, with how it is taken


def read_outcomes() -> dict[str, Outcome]:
    """Return the outcomes of ``data/outcomes.csv`` by name, in its order."""
    rows = csv.DictReader(read_text(data_dir() / "outcomes.csv").splitlines())
    found = [Outcome(**row | {"better": int(row["better"])}) for row in rows]
    return {one.name: one for one in found}


OUTCOMES = MappingProxyType(read_outcomes())
# Those that have a value in every week.
WEEKLY_OUTCOMES = tuple(
    name for name, one in OUTCOMES.items() if one.taken != "number of weeks"
)
