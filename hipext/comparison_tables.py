"""Grain, columns, dtypes and units of the tables of a comparison and of a sweep."""

from hipext.outcomes import OUTCOMES
from hipext.tables import Column, Table

_SCENARIO = Column("scenario", "str", "", "name of the scenario")
_OUTCOME = Column("outcome", "str", "", "one of outcomes.OUTCOMES")
_WEEK = Column("week", "int64", "", "week of the plan, from 1")
_N = Column("n", "int64", "lives", "persons, times seeds, that it is about")


def _quantiles(whose: str) -> tuple[Column, ...]:
    """Return columns of quantiles of persons, in the unit of the outcome."""
    shares = {"q05": 5, "q25": 25, "q50": 50, "q75": 75, "q95": 95}
    return tuple(
        Column(name, "float64", "of outcome", f"{pct} % of persons have less: {whose}")
        for name, pct in shares.items()
    )


def _interval(of_what: str) -> tuple[Column, Column]:
    return (
        Column("low", "float64", "of outcome", f"lower limit of the mean {of_what}"),
        Column("high", "float64", "of outcome", f"upper limit of the mean {of_what}"),
    )


_OF_PERSONS = _quantiles("their own difference")
DIFFERENCES = Table(
    "differences",
    "one outcome of one scenario, beside that of the baseline",
    (
        _SCENARIO,
        Column("baseline", "str", "", "name of the scenario it is compared with"),
        _OUTCOME,
        Column("unit", "str", "", "unit of the outcome; empty for a number"),
        _N,
        Column("mean_baseline", "float64", "of outcome", "mean in the baseline"),
        Column("mean", "float64", "of outcome", "mean in the scenario"),
        Column("difference", "float64", "of outcome", "mean of persons' differences"),
        *_interval("difference"),
        Column(
            "p_better", "float64", "0-1", "share that is better off; missing: no better"
        ),
        Column("p_equal", "float64", "0-1", "share that is exactly the same"),
        _OF_PERSONS[0],
        _OF_PERSONS[-1],
    ),
)
WEEKLY_FANS = Table(
    "weekly",
    "one outcome of one scenario in one week",
    (
        _SCENARIO,
        _WEEK,
        _OUTCOME,
        _N,
        Column("mean", "float64", "of outcome", "mean of those who still train"),
        *_quantiles("the outcome"),
    ),
)
WEEKLY_DIFFERENCES = Table(
    "weekly_differences",
    "one outcome of one scenario in one week, less that of the baseline",
    (
        _SCENARIO,
        _WEEK,
        _OUTCOME,
        _N,
        Column("mean", "float64", "of outcome", "mean of persons' differences"),
        *_interval("difference"),
        *_OF_PERSONS,
    ),
)
LIVES = Table(
    "outcomes",
    "one person with one seed in one scenario",
    (
        _SCENARIO,
        Column("seed", "int64", "", "of the random numbers"),
        Column("person", "int64", "", "number of the person, from 1"),
        *(
            Column(one.name, "float64" if one.of else "int64", one.unit, one.meaning)
            for one in OUTCOMES.values()
        ),
    ),
)
