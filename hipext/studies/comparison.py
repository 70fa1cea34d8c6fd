"""Compare scenarios in pairs: the same athletes on the same days in each of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product
from math import prod

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from hipext.athletes.athlete import Athlete
from hipext.files.checks import InputError, check_line
from hipext.files.io import csv_bytes
from hipext.files.records import RECORD, record_bytes, record_of
from hipext.files.schema import FileValue, Line, RecordedNumber, RecordPart
from hipext.files.sums import mean_in_order, sd_in_order, sum_in_order
from hipext.files.tables import OUTCOMES, WEEKLY_OUTCOMES, Table, table_of
from hipext.plans.edits import one_change_variants
from hipext.plans.plan import Plan
from hipext.plans.plan_file import check_plan
from hipext.simulation.simulation import check_seed
from hipext.studies.crowds import (
    check_engine,
    course_of,
    first_of,
    outcomes_of,
    progress_bar,
    simulate_athletes,
)
from hipext.studies.scenarios import (
    ParticipantsRecord,
    Scenario,
    participants_as_json,
    participants_from_json,
    scenario_of,
)

MAX_RUNS = 500_000  # athletes x seeds x scenarios whose weeks are in memory at once
MAX_SCENARIOS = 60
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LEAST_SHARE = 0.5  # of the athletes still train in the last week of a course
TABLES = ("differences", "weekly", "weekly_differences", "outcomes")

# Columns that several tables have, as `table_of` reads them.
_SCENARIO = """
    scenario | str | | name of the scenario"""
_OUTCOME = """
    outcome | str | | one of tables.OUTCOMES"""
_N = """
    n | int64 | runs | athletes, times seeds, that it is about"""
_WEEK = f"{_SCENARIO}\n week | int64 | | week of the plan, from 1{_OUTCOME}{_N}"
_INTERVAL = """
    ci_low | float64 | of outcome | lower limit of the mean difference
    ci_high | float64 | of outcome | upper limit of the mean difference"""


def _quantiles(shares: Sequence[float], of_what: str) -> str:
    return "".join(
        f"\n q{pct:02.0f} | float64 | of outcome | {pct:.0f} % of athletes have less: "
        f"{of_what}"
        for pct in (100 * share for share in shares)
    )


OUTCOME_TABLE = table_of(
    "outcomes",
    "one athlete with one seed in one scenario",
    _SCENARIO
    + """
    seed | int64 | | of the random numbers
    athlete | int64 | | number of the athlete, from 1"""
    + "".join(
        f"\n {name} | {'float64' if name in WEEKLY_OUTCOMES else 'int64'} "
        f"| {one.unit} | {one.meaning}"
        for name, one in OUTCOMES.items()
    ),
)
DIFFERENCES = table_of(
    "differences",
    "one outcome of one scenario, beside that of the baseline",
    _SCENARIO
    + "\n baseline | str | | name of the scenario it is compared with"
    + _OUTCOME
    + "\n unit | str | | unit of the outcome; empty for a number"
    + _N
    + """
    mean_baseline | float64 | of outcome | mean in the baseline
    mean | float64 | of outcome | mean in the scenario
    difference | float64 | of outcome | mean of athletes' differences"""
    + _INTERVAL
    + """
    share_better | float64 | 0-1 | share that is better off; missing: no better
    share_equal | float64 | 0-1 | share without any difference"""
    + _quantiles((QUANTILES[0], QUANTILES[-1]), "their own difference"),
)
WEEKLY_FANS = table_of(
    "weekly",
    "one outcome of one scenario in one week",
    _WEEK
    + "\n mean | float64 | of outcome | mean of those who still train"
    + _quantiles(QUANTILES, "the outcome"),
)
WEEKLY_DIFFERENCES = table_of(
    "weekly_differences",
    "one outcome of one scenario in one week, less that of the baseline",
    _WEEK
    + "\n mean | float64 | of outcome | mean of athletes' differences"
    + _INTERVAL
    + _quantiles(QUANTILES, "their own difference"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Scenarios beside each other, paired athlete by athlete; the first: baseline.

    Attributes
    ----------
    groups : Mapping[str, str]
        Title by scenario, where scenarios belong to groups.
    outcomes : pandas.DataFrame
        One row per scenario, seed and athlete (`OUTCOME_TABLE`).
    differences : pandas.DataFrame
        One row per scenario but the first, and outcome (`DIFFERENCES`).
    weekly, weekly_differences : pandas.DataFrame
        One row per scenario, week and outcome (`WEEKLY_FANS`, `WEEKLY_DIFFERENCES`).

    Notes
    -----
    Tables by week end with the last week that half of the athletes reach: closed gates
    make a plan longer for some. Differences are those of a model, never a claim about a
    person.
    """

    scenarios: tuple[Scenario, ...]
    athletes: Sequence[Athlete]
    seeds: tuple[int, ...]
    noise: bool
    level: float
    groups: Mapping[str, str]
    outcomes: pd.DataFrame
    differences: pd.DataFrame
    weekly: pd.DataFrame
    weekly_differences: pd.DataFrame

    @property
    def baseline(self) -> str:
        """Name of the scenario that the others are compared with."""
        return self.scenarios[0].name


def compare(
    scenarios: Sequence[Plan | Scenario] | Mapping[str, Plan | Scenario],
    athletes: Athlete | Sequence[Athlete],
    *,
    seeds: Sequence[int] = (0,),
    noise: bool = True,
    level: float = 0.95,
    engine: str | None = None,
    progress: bool = True,
) -> Comparison:
    """Simulate the same athletes in several scenarios and compare their outcomes.

    The athlete with a given number sees the same random numbers on the same days in
    every scenario, so that a difference is one of the scenarios and not of chance. A
    scenario that changes nothing differs by exactly zero.

    Parameters
    ----------
    scenarios : sequence, or mapping by name, of Plan or Scenario
        The first one is the baseline. `variations` and `scenario_of` make scenarios of
        one plan. A single one has a fan and no difference.
    athletes : who trains; `cohort` draws athletes
    seeds : every athlete is simulated once with each of them
    noise : whether days, reports and measurements vary by chance
    level : of the intervals of means
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed. Equal to 1e-12.
    progress : whether to show a bar on a terminal

    Raises
    ------
    InputError
        If there are no scenarios or too many, two of one name, no athlete, or more
        runs than memory should hold (a sweep streams them instead).

    Examples
    --------
    >>> from hipext import cohort, read_plan, variations
    >>> guide = read_plan("guide_16wk")
    >>> found = compare(variations(guide, {"deload.every_weeks": [0]}), cohort(20))
    >>> deloads = found.differences.set_index("outcome").loc["n_deload_weeks"]
    >>> bool(deloads["difference"] < 0), deloads["unit"]
    (True, 'weeks')
    """
    named = _as_scenarios(scenarios)
    # Pairs need no bookkeeping: row and seed are the same athlete on the same days in
    # each array, so that a difference of arrays is one of pairs.
    athletes = [athletes] if isinstance(athletes, Athlete) else athletes
    n_runs = _checked_number_of_runs(named, athletes, seeds, level, engine)
    with progress_bar(n_runs, "runs", is_shown=progress) as advance:
        options = {"noise": noise, "engine": engine, "progress": advance}
        weeks = [  # of each scenario [athlete, seed, week]
            np.stack(
                [simulate_athletes(one, athletes, seed=x, **options) for x in seeds],
                axis=1,
            )
            for one in named
        ]
    outcomes = [_outcomes(one) for one in weeks]
    names = [one.name for one in named]
    gaps = (
        [(names[0], *row) for row in differences(one, outcomes[0], level)]
        for one in outcomes[1:]
    )
    weekly_gaps = (courses(one, weeks[0], level) for one in weeks[1:])
    return Comparison(
        scenarios=named,
        athletes=athletes,
        seeds=tuple(seeds),
        noise=noise,
        level=level,
        groups={},
        outcomes=_outcome_table(names, outcomes, seeds, first_of(athletes)),
        differences=_stacked(DIFFERENCES, names[1:], gaps),
        weekly=_stacked(WEEKLY_FANS, names, map(fans, weeks)),
        weekly_differences=_stacked(WEEKLY_DIFFERENCES, names[1:], weekly_gaps),
    )


def one_at_a_time(
    plan: Plan,
    athletes: Athlete | Sequence[Athlete],
    *,
    changes: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    seeds: Sequence[int] = (0,),
    noise: bool = True,
    level: float = 0.95,
    engine: str | None = None,
    progress: bool = True,
) -> Comparison:
    """Change one thing of a plan at a time and compare each with the plan as it is.

    Parameters
    ----------
    plan, athletes : a checked plan, and who trains
    changes : Mapping, optional
        Groups of changes by title, as `edits.one_change_variants` returns them, which
        are the default: deloads, their depth, load step, rule, sessions a week, first
        load, tempo, order, exercise, missed weeks.
    seeds, noise, level, engine, progress
        As in `compare`, whose result this is; ``differences`` begins with ``group``,
        the title.
    """
    titles, scenarios = {}, [scenario_of(plan, {})]
    groups = one_change_variants(plan) if changes is None else changes
    for title, found in groups.items():
        for one in found:
            scenarios.append(scenario_of(plan, one))
            titles[scenarios[-1].name] = title
    options = {"seeds": seeds, "noise": noise, "level": level, "engine": engine}
    found = compare(scenarios, athletes, progress=progress, **options)
    return _grouped(found, titles)


def variations(
    plan: Plan, changes: Mapping[str, Sequence], *, together: bool = False
) -> list[Scenario]:
    """Return a plan as it is, and with one thing changed at a time.

    Parameters
    ----------
    plan : a checked plan
    changes : values to try by name, as `scenario_of` takes names
    together : whether to change all names at once, in every combination
    """
    sizes = [*map(len, changes.values())]
    n = 1 + (prod(sizes) if together else sum(sizes))
    if n > MAX_SCENARIOS:  # before that many plans are made
        raise _too_many(n)
    single = [[(name, value) for value in values] for name, values in changes.items()]
    sets = product(*single) if together else ([pair] for pair in chain(*single))
    return [scenario_of(plan, dict(one)) for one in ((), *sets)]


def differences(
    outcomes: Mapping[str, np.ndarray], baseline: Mapping[str, np.ndarray], level: float
) -> Iterator[tuple]:
    """Yield a row of `DIFFERENCES` per outcome, each array being [athlete, seed]."""
    for name, outcome in OUTCOMES.items():
        ours, before = outcomes[name], baseline[name]
        gap = ours - before
        is_known = not np.isnan(gap).all()
        share_equal = (gap == 0).mean() if is_known else np.nan
        has_better = is_known and outcome.better
        share_better = (gap * outcome.better > 0).mean() if has_better else np.nan
        yield (
            name,
            outcome.unit,
            gap.size,
            *(float(mean_in_order(one.ravel())) for one in (before, ours, gap)),
            *interval_of_mean(gap, level),
            float(share_better),
            float(share_equal),
            *np.quantile(gap, (QUANTILES[0], QUANTILES[-1])).tolist(),
        )


def interval_of_mean(values: np.ndarray, level: float) -> tuple[float, float]:
    """Return the interval of the mean of [athlete, seed]; no limits for one value.

    Of [athlete, seed, week] without missing values, it returns two lists over weeks.
    """
    from scipy.special import stdtrit  # slow to import

    # mean +- t(n - 1, (1 + level) / 2) s / sqrt(n). Seeds of one athlete are not
    # independent of each other: the mean of an athlete counts as one value, or each
    # seed where there is a single athlete.
    is_there = ~np.isnan(values)
    if is_there.all():
        counted = sum_in_order(values, axis=1) / values.shape[1]
        counted = counted if len(values) > 1 else values[0]
    elif len(values) > 1:
        sums = sum_in_order(np.where(is_there, values, 0.0), axis=1)
        counted = (sums / np.maximum(is_there.sum(axis=1), 1))[is_there.any(axis=1)]
    else:
        counted = values[0][is_there[0]]
    n = len(counted)
    if n < 2:
        nothing = np.full(counted.shape[1:], np.nan).tolist()
        return nothing, nothing
    mean = mean_in_order(counted)
    half = stdtrit(n - 1, (1 + level) / 2) * sd_in_order(counted) / np.sqrt(n)
    return (mean - half).tolist(), (mean + half).tolist()


def fans(weeks: np.ndarray) -> Iterator[tuple]:
    """Yield a row of `WEEKLY_FANS` per outcome and week of [athlete, seed, week]."""
    for name in WEEKLY_OUTCOMES:
        for week, spread in spreads(course_of(weeks, name)):
            yield (week, name, *spread)


def courses(weeks: np.ndarray, baseline: np.ndarray, level: float) -> Iterator[tuple]:
    """Yield a row of `WEEKLY_DIFFERENCES` per outcome and week that half reach."""
    # Plans of unequal length are compared as long as both go on.
    n_weeks = min(weeks.shape[2], baseline.shape[2])
    ours, before = weeks[:, :, :n_weeks], baseline[:, :, :n_weeks]
    for name in WEEKLY_OUTCOMES:
        gap = course_of(ours, name) - course_of(before, name)
        # As in `spreads`, one call for all weeks that everybody reaches.
        full = np.flatnonzero(~np.isnan(gap).any(axis=(0, 1)))
        ends = zip(*interval_of_mean(gap[:, :, full], level), strict=True)
        known = dict(zip(full.tolist(), ends, strict=True))
        for week, (n, mean, *quantiles) in spreads(gap):
            values = gap[:, :, week - 1]
            low, high = known.get(week - 1) or interval_of_mean(values, level)
            yield (week, name, n, mean, low, high, *quantiles)


def spreads(course: np.ndarray) -> Iterator[tuple[int, tuple]]:
    """Yield each week of [..., week] that enough reach, with n, mean and quantiles."""
    flat = course.reshape(-1, course.shape[-1])
    is_there = ~np.isnan(flat)
    # Weeks count from 1. Those that fewer than half of the athletes reach are left out,
    # because athletes whom closed gates keep in the plan differ from the others.
    shares = is_there.mean(axis=0)
    # One call of `quantile` for all weeks that everybody reaches: nearly all of the
    # time would go into a call for each week.
    full = np.flatnonzero(shares == 1.0)
    of_all = _spread_of(flat[:, full]).T.tolist()
    known = dict(zip(full.tolist(), of_all, strict=True))
    for week in np.flatnonzero(shares >= LEAST_SHARE).tolist():
        values = flat[is_there[:, week], week]
        spread = known.get(week) or _spread_of(values).tolist()
        yield week + 1, (values.size, *spread)


def _spread_of(values: np.ndarray) -> np.ndarray:
    """Return mean and quantiles along the first axis."""
    return np.stack([mean_in_order(values), *np.quantile(values, QUANTILES, axis=0)])


def comparison_files(found: Comparison) -> dict[str, bytes]:
    """Return the tables of a comparison and its ``record.json`` by file name."""
    # The record has the constants in use now; what a scenario changes is part of it.
    files = comparison_tables(found)
    record = record_of("compare", inputs_of_comparison(found), files)
    return files | {RECORD: record_bytes(record)}


def comparison_tables(found: Comparison) -> dict[str, bytes]:
    """Return the tables of a comparison as CSV by file name."""
    return {f"{name}.csv": csv_bytes(getattr(found, name)) for name in TABLES}


def inputs_of_comparison(found: Comparison) -> dict[str, object]:
    """Return everything a comparison is made of, as values of JSON."""
    # Every plan is there once; scenarios name theirs by number from 1.
    plans: list[Plan] = []
    for one in found.scenarios:
        if one.plan not in plans:
            plans.append(one.plan)
    return {
        "scenarios": [
            vars(one) | {"plan": plans.index(one.plan) + 1} for one in found.scenarios
        ],
        "plans": [plan.model_dump(mode="json", exclude_unset=True) for plan in plans],
        "participants": participants_as_json(found.athletes),
        "seeds": list(found.seeds),
        "noise": found.noise,
        "level": found.level,
        "groups": dict(found.groups),
    }


class _ScenarioRecord(FileValue):
    name: Line
    plan: int = Field(ge=1)
    athlete: dict[str, object]
    parameters: dict[str, RecordedNumber]


class ComparisonRecord(RecordPart):
    """What the record of a comparison must have; see `inputs_of_comparison`."""

    scenarios: tuple[_ScenarioRecord, ...] = Field(min_length=1)
    plans: tuple[dict[str, object], ...]
    participants: ParticipantsRecord
    seeds: tuple[int, ...]
    noise: bool
    level: float
    groups: dict[str, str]

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> "ComparisonRecord":
        for one in self.scenarios:
            if one.plan > len(self.plans):
                raise InputError(
                    f"scenario {one.name!r} has plan {one.plan} of {len(self.plans)}."
                )
        for one in self.scenarios[1:] if self.groups else ():
            if one.name not in self.groups:
                raise InputError(f"groups has no title for {one.name!r}.")
        return self


def comparison_from_record(
    record: Mapping[str, object], *, engine: str | None = None
) -> Comparison:
    """Return the comparison of a record, rerun with the constants in use."""
    plans = [check_plan(one, source="a plan of the record") for one in record["plans"]]
    scenarios = [
        Scenario(
            name=one["name"],
            plan=plans[one["plan"] - 1],
            athlete=one["athlete"],
            # JSON has no infinite numbers: a record has them as texts.
            parameters={key: float(value) for key, value in one["parameters"].items()},
        )
        for one in record["scenarios"]
    ]
    athletes = participants_from_json(record["participants"])
    options = {name: record[name] for name in ("seeds", "noise", "level")}
    found = compare(scenarios, athletes, engine=engine, progress=False, **options)
    return _grouped(found, record["groups"])


def _as_scenarios(
    scenarios: Sequence[Plan | Scenario] | Mapping[str, Plan | Scenario],
) -> tuple[Scenario, ...]:
    """Return scenarios, each with the name that tables are to use."""
    if isinstance(scenarios, Mapping):
        given = scenarios.items()
    else:
        given = [(getattr(one, "name", ""), one) for one in scenarios]
    found = []
    for name, one in given:
        scenario = Scenario(name=name, plan=one) if isinstance(one, Plan) else one
        if not isinstance(scenario, Scenario):
            raise TypeError(
                "scenarios must be a list, or a mapping by name, of what read_plan() "
                f"or scenario_of() returns; there is {one!r} in it."
            )
        found.append(replace(scenario, name=str(name)))
    return tuple(found)


def _too_many(n_scenarios: int) -> InputError:
    return InputError(
        f"A comparison takes 1 to {MAX_SCENARIOS} scenarios; got {n_scenarios}. "
        "A sweep takes more."
    )


def _checked_number_of_runs(
    scenarios: Sequence[Scenario],
    athletes: Sequence[Athlete],
    seeds: Sequence[int],
    level: float,
    engine: str | None,
) -> int:
    names = [one.name for one in scenarios]
    for name in names:
        check_line(name, name="The name of a scenario")
    if not 1 <= len(names) <= MAX_SCENARIOS:
        raise _too_many(len(names))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"Two scenarios are called {twice[0]!r}; the tables could not tell them "
            "apart. Give a mapping with a name for each."
        )
    if not len(athletes):
        raise InputError("A comparison needs athletes; got none.")
    if not len(seeds):
        raise InputError("A comparison needs a seed; got none. Write seeds=(0,).")
    for seed in seeds:
        check_seed(seed)
    if len(set(seeds)) < len(seeds):
        raise InputError(f"seeds must differ from each other; got {list(seeds)}.")
    n_runs = len(names) * len(seeds) * len(athletes)
    if n_runs > MAX_RUNS:
        raise InputError(
            f"{len(names)} scenarios x {len(seeds)} seeds x {len(athletes)} athletes "
            f"make {n_runs:,} runs, more than the {MAX_RUNS:,} that a comparison "
            "holds in memory. Take fewer athletes, or a sweep, which streams to files."
        )
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1; got {level}. Write 0.95.")
    check_engine(engine)
    return n_runs


def _outcomes(weeks: np.ndarray) -> dict[str, np.ndarray]:
    """Return every outcome as [athlete, seed]."""
    n_athletes, n_seeds = weeks.shape[:2]
    flat = outcomes_of(weeks.reshape(-1, *weeks.shape[2:]))
    return {name: values.reshape(n_athletes, n_seeds) for name, values in flat.items()}


def _stacked(
    table: Table, names: Sequence[str], parts: Iterable[Iterable[tuple]]
) -> pd.DataFrame:
    """Return the rows of each scenario one below the other, its name first."""
    named = zip(names, parts, strict=True)
    return table.from_rows([(name, *row) for name, rows in named for row in rows])


def _outcome_table(
    names: Sequence[str],
    outcomes: Sequence[Mapping[str, np.ndarray]],
    seeds: Sequence[int],
    first: int,
) -> pd.DataFrame:
    numbers = range(first + 1, first + 1 + len(outcomes[0]["weeks"]))
    keys = {"scenario": names, "seed": seeds, "athlete": numbers}
    rows = pd.MultiIndex.from_product(keys.values(), names=keys)
    columns = {
        name: np.concatenate([one[name].T.ravel() for one in outcomes])
        for name in OUTCOMES
    }
    return OUTCOME_TABLE.from_columns(pd.DataFrame(columns, rows).reset_index())


def _grouped(found: Comparison, groups: Mapping[str, str]) -> Comparison:
    """Return a comparison whose differences begin with the title of each scenario."""
    if not groups:
        return found
    table = found.differences
    titles = [groups[name] for name in table["scenario"]]
    differences = table.assign(group=titles)[["group", *table]]
    return replace(found, groups=dict(groups), differences=differences)
