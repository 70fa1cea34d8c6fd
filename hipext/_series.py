"""A series to fit: a daily training load, and the tests of the same days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hipext._cells import days_in, numbers_in, rows_told
from hipext._checks import PlanError, check_one_of, did_you_mean
from hipext._phrases import counted

USUAL = {  # names that a column goes by unless another is chosen
    "load": ("training_load",),
    "performance": ("performance",),
    "day": ("day", "date"),
}
MISSING = ("refuse", "rest")  # what to do about a day without a load


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """A daily load and the tests of the same days, ready to be fitted."""

    training_load: pd.Series
    """Load of consecutive days."""
    performance: pd.Series
    """Result of the test of each day; NaN for none."""
    read_as: Mapping[str, str]
    """What was taken as load, performance and day."""
    sentence: str = ""
    """What a reader must know about the performance."""


def daily_series(
    cells: pd.DataFrame,
    given: Mapping[str, str | None],
    *,
    source: str,
    missing: str = "refuse",
) -> Series:
    """Return the series that the cells of a file tell.

    Parameters
    ----------
    cells : pandas.DataFrame
        Texts, as `_cells.read_cells` returns them; an empty performance is no test.
    given : Mapping
        Name of the column by "load", "performance" and "day"; None for the usual one.
    source : str
        Name of the file, for messages.
    missing : {"refuse", "rest"}
        Whether a day without a row, or without a load, is a mistake or a rest day.

    Returns
    -------
    Series
        Of consecutive days: whole numbers, or dates.

    Raises
    ------
    PlanError
        With all that is wrong in the file, by the number of its row.
    """
    check_one_of(missing, MISSING, name="--missing")
    names = _chosen(cells.columns, given, source)
    days, unreadable = days_in(cells[names["day"]], names["day"])
    load, load_problems = numbers_in(
        cells[names["load"]].where(cells[names["load"]] != "", _if_empty(missing)),
        names["load"],
    )
    tests, test_problems = numbers_in(cells[names["performance"]], names["performance"])
    problems = [
        *unreadable,
        *([] if unreadable else _order_problems(days, missing)),
        *load_problems,
        *_load_problems(load, names["load"], unknown=cells[names["load"]] == ""),
        *test_problems,
    ]
    if missing == "refuse":
        problems += _empty_loads(cells[names["load"]], names["load"])
    if problems:
        raise PlanError(source, problems)
    return _on_all_days(days, load, tests, names)


def _if_empty(missing: str) -> str:
    return "0" if missing == "rest" else ""


def _on_all_days(
    days: pd.Series, load: pd.Series, tests: pd.Series, names: Mapping[str, str]
) -> Series:
    """Return the series by day, days without a row as rest."""
    index = pd.Index(days.array, name="day")
    is_date = isinstance(index, pd.DatetimeIndex)
    calendar = (
        pd.date_range(index[0], index[-1], name="day")
        if is_date
        else pd.RangeIndex(index[0], index[-1] + 1, name="day")
    )
    return Series(
        training_load=pd.Series(
            load.array, index=index, name="training_load", dtype="float64"
        ).reindex(calendar, fill_value=0.0),
        performance=pd.Series(
            tests.array, index=index, name="performance", dtype="float64"
        ).reindex(calendar),
        read_as=names,
    )


def _chosen(
    columns: Sequence[str], given: Mapping[str, str | None], source: str
) -> dict[str, str]:
    """Return the name of the column by what it holds."""
    found, unnamed, problems = {}, [], []
    shown = ", ".join(columns)
    for what, usual in USUAL.items():
        name = given.get(what)
        fits = [one for one in columns if one == name or _is_usual(one, name, usual)]
        if fits:
            found[what] = fits[0]
        elif name is None:
            unnamed.append(what)
        else:
            problems.append(
                f"row 1: there is no column {name!r} for --{what}; the columns are "
                f"{shown}.{did_you_mean(name, columns)}"
            )
    if unnamed:
        flags = " ".join(f"--{what} COLUMN" for what in unnamed)
        wanted = "; ".join(" or ".join(USUAL[what]) for what in unnamed)
        problems.append(
            f"row 1: no column has the name {wanted}. Name it with {flags}; the "
            f"columns are {shown}."
        )
    if problems:
        raise PlanError(source, problems)
    return found


def _is_usual(column: str, given: str | None, usual: Sequence[str]) -> bool:
    return given is None and column.lower() in usual


def _load_problems(load: pd.Series, name: str, *, unknown: pd.Series) -> Iterator[str]:
    bad = load[~unknown & (~np.isfinite(load.fillna(0.0)) | (load < 0))]
    if len(bad):
        yield (
            f"{rows_told(bad.index)}: {name} is a training load, 0 or more; got "
            f"{bad.iloc[0]:g}."
        )


def _empty_loads(cells: pd.Series, name: str) -> Iterator[str]:
    empty = cells[cells == ""]
    if len(empty):
        yield (
            f"{rows_told(empty.index)}: {name} is empty. Write 0 for a rest day, or "
            "--missing rest if every day without a load was one."
        )


def _order_problems(days: pd.Series, missing: str) -> Iterator[str]:
    """Tell of days that are there twice, out of order, or not there."""
    for day, rows in days[days.duplicated(keep=False)].groupby(days):
        yield (
            f"{rows_told(rows.index)}: day {_day(day)} is there {len(rows)} times. "
            "Write one row per day."
        )
    ordinals = days.astype("int64") if days.dtype == "int64" else _ordinals(days)
    late = ordinals.index[ordinals.diff() < 0]
    if len(late):
        before = days.shift()[late[0]]
        yield (
            f"{rows_told(late)}: day {_day(days[late[0]])} comes after day "
            f"{_day(before)}. Sort the rows by day."
        )
    rising = ordinals.drop_duplicates().sort_values()
    gaps = rising.diff()[lambda steps: steps > 1]
    if len(gaps) and missing == "refuse":
        before = days[rising.index[rising.index.get_loc(gaps.index[0]) - 1]]
        yield (
            f"{rows_told(gaps.index)}: {counted(gaps.iloc[0] - 1, 'day')} missing "
            f"between day {_day(before)} and day {_day(days[gaps.index[0]])}. Give a "
            "rest day a row with load 0, or write --missing rest."
        )


def _ordinals(days: pd.Series) -> pd.Series:
    return (days - pd.Timestamp(0)).dt.days


def _day(day: object) -> str:
    return f"{day:%Y-%m-%d}" if isinstance(day, pd.Timestamp) else f"{day:.0f}"
