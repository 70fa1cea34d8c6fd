"""A series to fit, from a sets table: daily load, and the best estimated 1RM of a lift.

A simulated log, or any other sets table, can be fitted in this way. The 1RM of a day is
an estimate by Epley's relation (evidence row E03-001) from repetitions done and in
reserve, and a reported reserve has an error of its own (evidence row E03-013).
"""

import numpy as np
import pandas as pd

from hipext._cells import numbers_in, rows_told
from hipext._checks import PlanError, check_one_of
from hipext._phrases import counted
from hipext._series import Series
from hipext.exercises import read_exercises
from hipext.intensity import RELATIONS, one_rm
from hipext.metrics import training_load
from hipext.tables import SETS, TRAINING_LOADS, Column

RELATION = "epley"


def is_sets_table(cells: pd.DataFrame) -> bool:
    """Return whether cells have all the columns of a sets table."""
    return set(SETS.names) <= set(cells.columns)


def lift_series(
    cells: pd.DataFrame, exercise: str | None, *, load: str | None, source: str
) -> Series:
    """Return the load of each day and the best estimated 1RM of an exercise.

    Parameters
    ----------
    cells : pandas.DataFrame
        Texts of a sets table (columns: `tables.SETS`), as `_cells.read_cells` returns
        them.
    exercise : str or None
        Id of the exercise whose working sets tell the performance.
    load : str or None
        What counts as load: one of `tables.TRAINING_LOADS`; None for session_rpe.
    source : str
        Name of the file, for messages.

    Returns
    -------
    Series
        From day 0 to the end of the last week; performance in kg.

    Raises
    ------
    ValueError
        If the cells are not those of sets, or no set of the exercise can be used.
    """
    definition = load or "session_rpe"
    check_one_of(definition, TRAINING_LOADS, name="--load of a sets table")
    sets = _typed(cells, source)
    can = sets[usable(sets)]
    lifts = sorted(can["exercise"].unique())
    if exercise is None:
        raise ValueError(
            f"{source} is a sets table. Name the exercise whose best estimated 1RM of "
            f"a day is the performance: --exercise NAME, one of {', '.join(lifts)}."
        )
    check_one_of(exercise, lifts, name="--exercise")
    of_lift = can[can["exercise"] == exercise]
    best = best_e1rm_kg(of_lift)
    daily = training_load(sets, definition=definition)
    return Series(
        training_load=daily,
        performance=best.reindex(daily.index),
        read_as={"load": definition, "performance": f"e1RM of {exercise} (kg)"},
        sentence=_told(exercise, n_sets=len(of_lift), n_days=len(best)),
    )


def usable(sets: pd.DataFrame) -> pd.Series:
    """Return which sets tell a 1RM: loaded working sets in the relation's range."""
    possible = _possible(sets)
    most = RELATIONS[RELATION].max_reps
    is_work = (sets["kind"] == "work") & (_rated_kg(sets) > 0)
    return is_work & (possible >= 1) & (possible <= most)


def best_e1rm_kg(sets: pd.DataFrame) -> pd.Series:
    """Return the highest estimated 1RM of each day, in kg.

    A single repetition with none in reserve is the 1RM itself.
    """
    possible, load_kg = _possible(sets).to_numpy(), _rated_kg(sets).to_numpy()
    is_single = possible == 1
    several = np.where(is_single, 2.0, possible)
    e1rm_kg = np.where(is_single, load_kg, one_rm(load_kg, several, relation=RELATION))
    return pd.Series(e1rm_kg, index=sets["day"]).groupby(level=0).max()


def _possible(sets: pd.DataFrame) -> pd.Series:
    """Return the repetitions to failure: done and in reserve; NaN where unknown."""
    return sets["reps"].astype("float64") + sets["rir"]


def _rated_kg(sets: pd.DataFrame) -> pd.Series:
    """Return what effort goes by: the load, with the lifted body mass where it counts.

    An exercise that the catalogue does not know goes by its load alone.
    """
    catalogue = read_exercises()
    rating_body = [one.id for one in catalogue.values() if one.rates_body_mass]
    on_implements_kg = sets["load_kg"] * sets["n_implements"]
    counts_body = sets["exercise"].isin(rating_body) & (on_implements_kg > 0)
    return on_implements_kg.where(~counts_body, sets["system_load_kg"])


def _typed(cells: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the sets table of the cells; PlanError with what is no number."""
    columns, problems = {}, []
    for column in SETS.columns:
        texts = cells[column.name]
        if column.dtype == "str":
            columns[column.name] = texts
        elif column.dtype == "bool":
            columns[column.name] = texts.str.lower() == "true"
        else:
            numbers, faults = numbers_in(texts, column.name)
            problems += faults + _not_whole(numbers, column)
            columns[column.name] = numbers
    if problems:
        raise PlanError(source, problems)
    return SETS.from_columns(columns)


def _not_whole(numbers: pd.Series, column: Column) -> list[str]:
    """Tell of numbers of things that are not whole, or not there."""
    if column.dtype.lower() != "int64":
        return []
    may_miss = column.dtype == "Int64"
    wrong = numbers[(numbers % 1 != 0) & ~(may_miss & numbers.isna())]
    if wrong.empty:
        return []
    given = "nothing" if np.isnan(wrong.iloc[0]) else f"{wrong.iloc[0]:g}"
    return [
        f"{rows_told(wrong.index)}: {column.name} is a whole number, {column.meaning}; "
        f"got {given}."
    ]


def _told(exercise: str, *, n_sets: int, n_days: int) -> str:
    return (
        f"Performance is the best 1RM of a day estimated from the working sets of "
        f"{exercise} ({RELATION}, repetitions done and in reserve; "
        f"{counted(n_sets, 'set')} on {counted(n_days, 'day')}). An estimate is not "
        "a test: its errors are those of the relation and of the reported reserve."
    )
