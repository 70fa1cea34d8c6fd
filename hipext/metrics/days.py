"""Days of a series: read from any index, and checked for order, gaps and repetition.

A day is a whole number or a date. Whole numbers may be numbers of any type, texts or
whole days of time (Timedelta). Dates may be those of pandas or Python, ISO texts like
2024-01-31 or daily periods; a time of day is dropped, and so is a time zone, so that a
date is that of its place. All values of an index must be of one of the two kinds.
"""

import re
from datetime import date, datetime, timedelta
from numbers import Real

import numpy as np
import pandas as pd

from hipext.files.checks import InputError, excerpt, numbers_in

_LARGEST = 9_999_999  # so that neither 20240131 nor a time stamp passes for a day
_WHOLE = re.compile(r"[+-]?\d{1,7}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


def day_of(given: object) -> int | date | None:
    """Return the whole number or the date that a value is; None if it is neither."""
    if isinstance(given, str):
        return _day_in_text(given)
    if isinstance(given, pd.Period):
        return given.start_time.date() if given.freqstr == "D" else None
    if isinstance(given, datetime):  # a Timestamp is one too, and so is NaT
        return None if given is pd.NaT else given.date()
    if isinstance(given, date):
        return given
    if isinstance(given, timedelta):
        given = given / timedelta(days=1)
    is_number = isinstance(given, Real) and not isinstance(given, bool)
    # A NaN fails both comparisons.
    is_day = is_number and abs(given) <= _LARGEST and given % 1 == 0
    return int(given) if is_day else None


def _day_in_text(text: str) -> int | date | None:
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:  # such as 30 February
        return None


def read_days(index: pd.Index, *, name: str) -> pd.Index:
    """Return the days of an index as whole numbers (int64) or dates (no time zone).

    InputError names the first value that is no day, or is of another kind.
    """
    is_plain = isinstance(index.dtype, np.dtype)
    if isinstance(index, pd.DatetimeIndex) and not index.hasnans:
        return index.tz_localize(None).normalize().as_unit("s")
    if is_plain and index.dtype.kind in "iu" and _are_small(index):
        return index.astype("int64")
    days = [day_of(given) for given in index]
    if None in days:
        given = index[days.index(None)]
        raise InputError(
            f"The index of {name} must be days, as whole numbers or dates; got "
            f"{excerpt(repr(given))} ({index.dtype}). {_fix(given)}"
        )
    are_dates = [isinstance(day, date) for day in days]
    if len(set(are_dates)) == 2:
        place = are_dates.index(not are_dates[0])
        raise InputError(
            f"The index of {name} must be all whole numbers or all dates; got "
            f"{index[place]!r} after {index[place - 1]!r}."
        )
    if any(are_dates):
        return pd.DatetimeIndex(np.array(days, dtype="datetime64[s]"))
    return pd.Index(days, dtype="int64")


def _are_small(numbers: pd.Index) -> bool:
    return not len(numbers) or -_LARGEST <= numbers.min() <= numbers.max() <= _LARGEST


def _fix(given: object) -> str:
    """Return how to mend an index with this value, which is no day."""
    if isinstance(given, tuple):
        return "Keep one level of a MultiIndex: droplevel()."
    if isinstance(given, pd.Period):
        return "Only daily periods are days: asfreq('D')."
    if given is None or given is pd.NaT or given is pd.NA or given != given:
        return "Drop what has no day: series[series.index.notna()]."
    if isinstance(given, Real) and abs(given) > _LARGEST:
        return "Numbers that stand for dates become dates with pandas.to_datetime."
    return "Number the days from 0, or convert them with pandas.to_datetime."


def ordered_days(index: pd.Index, *, name: str, gaps: bool = False) -> pd.Index:
    """Return the days of an index, as `read_days`; they must rise one at a time.

    With `gaps`, days may be left out.
    """
    days = read_days(index, name=name)
    one_day = 1 if days.dtype == "int64" else np.timedelta64(1, "D")
    steps = np.diff(days.to_numpy()) / one_day
    wrong = np.flatnonzero((steps <= 0) | ((steps != 1) & (not gaps)))
    if not wrong.size:
        return days
    place = wrong[0]
    before, after = day_text(days[place]), day_text(days[place + 1])
    if steps[place] == 0:
        fix = "Give one value per day" if gaps else "Add up what belongs to one day"
        fault = f"day {after} is there twice. {fix}"
    elif steps[place] < 0:
        fault = f"day {after} comes after day {before}. Sort it: sort_index()"
    else:
        fault = (
            f"day {after} follows day {before}. Give rest days the load 0: "
            'metrics.as_daily(loads, missing="rest")'
        )
    wanted = "days in order" if gaps else "consecutive days in order"
    raise InputError(f"{name} must have {wanted}; {fault}.")


def index_of(values: object) -> pd.Index | None:
    """Return the index of a series; None for arrays and lists, which have none."""
    return values.index if isinstance(values, pd.Series) else None


def days_of(training_load: object) -> pd.Index:
    """Return the days of a load, consecutive and in order; from 0 for an array."""
    index = index_of(training_load)
    if index is None:
        return pd.RangeIndex(len(training_load))
    return ordered_days(index, name="training_load")


def on_days_of(training_load: object, values: object, *, name: str) -> np.ndarray:
    """Return values as floats for each day of a load, NaN where there is none.

    A series goes by its days, which may have gaps; anything else as it stands.
    """
    numbers = numbers_in(values, name=name)
    index = index_of(values)
    if index is None:
        return numbers
    days, own = days_of(training_load), ordered_days(index, name=name, gaps=True)
    if len(own) and len(days) and own.dtype != days.dtype:
        raise InputError(
            f"{name} and training_load must go by the same days; got day "
            f"{day_text(own[0])} in {name}, {day_text(days[0])} in training_load."
        )
    places = days.get_indexer(own)
    unknown = own[(places < 0) & ~np.isnan(numbers)]
    if len(unknown):
        raise InputError(
            f"{name} has a value on day {day_text(unknown[0])}, which training_load "
            "lacks; both go by the same days."
        )
    filled = np.full(len(days), np.nan)
    filled[places[places >= 0]] = numbers[places >= 0]
    return filled


def day_text(day: object) -> str:
    """Return a day as a date, or as its number."""
    return f"{day:%Y-%m-%d}" if isinstance(day, date) else f"{day:.10g}"


def check_whole_days(given: int, *, name: str, least: int = 1) -> None:
    """Raise InputError unless `given` is a whole number of days, `least` or more."""
    if not (least <= given < float("inf") and given == int(given)):
        raise InputError(
            f"{name} must be a whole number of days, {least} or more; got {given}."
        )
