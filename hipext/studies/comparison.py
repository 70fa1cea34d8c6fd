"""Compare plans: the same persons on the same days, one thing changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from hipext.athletes.athlete import Athlete, check_athlete
from hipext.athletes.population import Cohort, check_population
from hipext.files.checks import check_one_of
from hipext.files.io import csv_bytes
from hipext.files.records import record_bytes, record_of
from hipext.files.tables import Column, Table
from hipext.plans.edits import one_change_variants
from hipext.plans.plan import Plan
from hipext.plans.plan_file import check_plan
from hipext.simulation.simulation import check_seed
from hipext.studies.crowds import (
    ENGINES,
    OUTCOMES,
    WEEKLY,
    course_of,
    first_of,
    outcomes_of,
    progress_bar,
    simulate_athletes,
)
from hipext.studies.scenarios import Scenario, scenario_of

MAX_LIVES = 500_000  # persons x seeds x scenarios whose weeks are kept at once
MAX_SCENARIOS = 60
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LEAST_SHARE = 0.5  # of persons who still train, for a week to be told
_SCENARIO = Column("scenario", "str", "", "name of the scenario")
_OUTCOME = Column("outcome", "str", "", "one of outcomes.OUTCOMES")
_WEEK = Column("week", "int64", "", "week of the plan, from 1")
_N = Column("n", "int64", "lives", "persons, times seeds, that it is about")
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
TABLES = ("differences", "weekly", "weekly_differences", "outcomes")


def differences(
    theirs: dict[str, np.ndarray], baseline: dict[str, np.ndarray], level: float
) -> Iterator[tuple]:
    """Yield a row of `DIFFERENCES` per outcome, each array being [person, seed]."""
    for name, outcome in OUTCOMES.items():
        ours, before = theirs[name], baseline[name]
        gap = ours - before
        is_there = ~np.isnan(gap)
        has_better = outcome.better and is_there.any()
        p_better = (gap * outcome.better > 0).mean() if has_better else np.nan
        p_equal = (gap == 0).mean() if is_there.any() else np.nan
        yield (
            name,
            outcome.unit,
            gap.size,
            float(before.mean()),
            float(ours.mean()),
            float(gap.mean()),
            *interval_of_mean(gap, level),
            float(p_better),
            float(p_equal),
            *np.quantile(gap, (QUANTILES[0], QUANTILES[-1])).tolist(),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Scenarios beside each other, paired person by person.

    Attributes
    ----------
    scenarios : tuple of Scenario
        What was compared; the first one is the baseline.
    athletes : sequence of Athlete
        Who trained in every scenario.
    seeds, noise, level : tuple of int, bool, float
        Of the random numbers; of the intervals.
    groups : Mapping[str, str]
        Title by scenario, where scenarios belong to groups.
    outcomes : pandas.DataFrame
        One row per scenario, seed and person, by its number from 1: a column per
        outcome of `outcomes.OUTCOMES`.
    differences : pandas.DataFrame
        One row per scenario but the first, and outcome: means, the mean difference
        with its interval (``low``, ``high``), ``p_better`` (share of persons for whom
        the scenario is better; missing where no direction is), ``p_equal``, and what
        nine of ten persons lie between (``q05``, ``q95``).
    weekly : pandas.DataFrame
        One row per scenario, week and outcome: mean and quantiles of persons.
    weekly_differences : pandas.DataFrame
        The same for the difference to the baseline, with the interval of its mean.

    Notes
    -----
    Columns and units are in `comparison_tables`. Tables by week end with the last week
    that half of the persons reach: closed gates make a plan longer for some.
    Differences are those of a model, never a claim about a person.
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
    """Let the same persons live through several plans and compare what comes of it.

    The person with one number sees the same random numbers on the same days in every
    scenario, so that a difference is one of the scenarios and not of chance. A
    scenario that changes nothing differs by exactly zero.

    Parameters
    ----------
    scenarios : sequence, or mapping by name, of Plan or Scenario
        The first one is the baseline. `one_change.variations` and
        `whatif.scenario_of` make scenarios of one plan. A single one has a fan and no
        difference.
    athletes : Athlete or sequence of Athlete
        Who trains; `cohort` draws persons. One person given is one person.
    seeds : sequence of int, default (0,)
        Every person lives once with each of them.
    noise : bool, default True
        Whether days, reports and measurements vary by chance.
    level : float, default 0.95
        Of the intervals of means.
    engine : {"compiled", "plain"}, optional
        Default: compiled where numba is installed. Equal to 1e-12.
    progress : bool, default True
        Whether to show a bar on a terminal.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If there are no scenarios or too many, two of one name, no person, or more
        lives than memory should hold (a sweep streams them instead); if a level is
        not between 0 and 1, a seed out of range, or a 1RM missing.

    Examples
    --------
    >>> from hipext import cohort, read_plan, variations
    >>> guide = read_plan("guide_16wk")
    >>> found = compare(variations(guide, {"deload.every_weeks": [0]}), cohort(20))
    >>> light = found.differences.set_index("outcome").loc["n_light"]
    >>> bool(light["difference"] < 0), light["unit"]
    (True, 'weeks')
    """
    named = _named(scenarios)
    people = [athletes] if isinstance(athletes, Athlete) else athletes
    _check(named, people, seeds, level, engine)
    n_lives = len(named) * len(seeds) * len(people)
    with progress_bar(n_lives, "lives", is_shown=progress) as tell:
        weeks = [
            _weeks(one, people, seeds, noise=noise, engine=engine, tell=tell)
            for one in named
        ]
    outcomes = [_outcomes(one) for one in weeks]
    first, names = named[0].name, [one.name for one in named]
    return Comparison(
        scenarios=named,
        athletes=people,
        seeds=tuple(seeds),
        noise=noise,
        level=level,
        groups={},
        outcomes=_outcome_table(names, outcomes, seeds, first_of(people)),
        differences=DIFFERENCES.from_rows(
            [
                (name, first, *row)
                for name, one in zip(names[1:], outcomes[1:], strict=True)
                for row in differences(one, outcomes[0], level)
            ]
        ),
        weekly=WEEKLY_FANS.from_rows(
            [
                (name, *row)
                for name, one in zip(names, weeks, strict=True)
                for row in fans(one)
            ]
        ),
        weekly_differences=WEEKLY_DIFFERENCES.from_rows(
            [
                (name, *row)
                for name, one in zip(names[1:], weeks[1:], strict=True)
                for row in courses(one, weeks[0], level)
            ]
        ),
    )


def grouped(found: Comparison, groups: Mapping[str, str]) -> Comparison:
    """Return a comparison whose differences begin with the title of each scenario."""
    if not groups:
        return found
    table = found.differences
    named = [groups[name] for name in table["scenario"]]
    differences = table.assign(group=named)[["group", *table]]
    return replace(found, groups=dict(groups), differences=differences)


def _named(
    scenarios: Sequence[Plan | Scenario] | Mapping[str, Plan | Scenario],
) -> tuple[Scenario, ...]:
    """Return scenarios, each with the name that tables are to use."""
    if isinstance(scenarios, Mapping):
        given = list(scenarios.items())
    else:
        given = [(getattr(one, "name", ""), one) for one in scenarios]
    for _, one in given:
        if not isinstance(one, Plan | Scenario):
            raise TypeError(
                "scenarios must be a list, or a mapping by name, of what read_plan() "
                f"or scenario_of() returns; there is {one!r} in it."
            )
    return tuple(
        Scenario(
            name=name,
            plan=one if isinstance(one, Plan) else one.plan,
            athlete={} if isinstance(one, Plan) else one.athlete,
            parameters={} if isinstance(one, Plan) else one.parameters,
        )
        for name, one in given
    )


def _check(
    scenarios: Sequence[Scenario],
    athletes: Sequence[Athlete],
    seeds: Sequence[int],
    level: float,
    engine: str | None,
) -> None:
    names = [one.name for one in scenarios]
    if not 1 <= len(names) <= MAX_SCENARIOS:
        raise ValueError(
            f"A comparison takes 1 to {MAX_SCENARIOS} scenarios; got {len(names)}. "
            "A sweep takes more."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Two scenarios are called {twice[0]!r}; the tables could not tell them "
            "apart. Give a mapping with a name for each."
        )
    if not len(athletes):
        raise ValueError("A comparison needs persons; got none.")
    if not len(seeds):
        raise ValueError("A comparison needs a seed; got none. Write seeds=(0,).")
    for seed in seeds:
        check_seed(seed)
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must differ from each other; got {list(seeds)}.")
    n_lives = len(names) * len(seeds) * len(athletes)
    if n_lives > MAX_LIVES:
        raise ValueError(
            f"{len(names)} scenarios x {len(seeds)} seeds x {len(athletes)} persons "
            f"make {n_lives:,} lives, more than the {MAX_LIVES:,} that a comparison "
            "holds in memory. Take fewer persons, or a sweep, which streams to files."
        )
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1; got {level}. Write 0.95.")
    if engine is not None:
        check_one_of(engine, ENGINES, name="engine")


def _weeks(
    scenario: Scenario,
    athletes: Sequence[Athlete],
    seeds: Sequence[int],
    *,
    noise: bool,
    engine: str | None,
    tell: Callable[[int], object],
) -> np.ndarray:
    """Return [person, seed, week] of a scenario."""
    options = {"noise": noise, "engine": engine, "tell": tell}
    lives = [
        simulate_athletes(scenario, athletes, seed=seed, **options) for seed in seeds
    ]
    return np.stack(lives, axis=1)


def _outcomes(weeks: np.ndarray) -> dict[str, np.ndarray]:
    """Return every outcome as [person, seed]."""
    n_persons, n_seeds = weeks.shape[:2]
    flat = outcomes_of(weeks.reshape(-1, *weeks.shape[2:]))
    return {name: values.reshape(n_persons, n_seeds) for name, values in flat.items()}


def _outcome_table(
    names: Sequence[str],
    outcomes: Sequence[Mapping[str, np.ndarray]],
    seeds: Sequence[int],
    first_person: int,
) -> pd.DataFrame:
    n_persons, n_seeds = outcomes[0]["weeks"].shape
    n_each, persons = n_persons * n_seeds, first_person + np.arange(1, n_persons + 1)
    columns = {
        "scenario": np.repeat(np.array(names, dtype=object), n_each),
        "seed": np.tile(np.repeat(seeds, n_persons), len(names)),
        "person": np.tile(persons, n_seeds * len(names)),
    }
    for name in OUTCOMES:
        columns[name] = np.concatenate([one[name].T.ravel() for one in outcomes])
    return LIVES.from_columns(columns)


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
    plan : Plan
        A checked plan.
    athletes : Athlete or sequence of Athlete
        Who trains.
    changes : Mapping, optional
        Groups of changes by title, as `knobs.one_change_variants` returns them, which
        are the default: light weeks, their depth, load step, rule, sessions a week,
        first load, tempo, order, exercise, missed weeks.
    seeds, noise, level, engine, progress
        As in `compare`.

    Returns
    -------
    Comparison
        ``differences`` begins with a column ``group``, the title.

    Raises
    ------
    ValueError
        As in `compare`.
    """
    groups = one_change_variants(plan) if changes is None else changes
    titles, scenarios = {}, [scenario_of(plan, {})]
    for title, found in groups.items():
        some = [scenario_of(plan, one) for one in found]
        titles |= {one.name: title for one in some}
        scenarios += some
    found = compare(
        scenarios,
        athletes,
        seeds=seeds,
        noise=noise,
        level=level,
        engine=engine,
        progress=progress,
    )
    return grouped(found, titles)


def variations(
    plan: Plan, changes: Mapping[str, Sequence], *, together: bool = False
) -> list[Scenario]:
    """Return a plan as it is, and with one thing changed at a time.

    Parameters
    ----------
    plan : Plan
        A checked plan.
    changes : Mapping[str, sequence]
        Values to try by name, as `whatif.scenario_of` takes names.
    together : bool, default False
        Whether to change all names at once, in every combination.

    Returns
    -------
    list of Scenario
        The plan as it is comes first.

    Raises
    ------
    ValueError
        If there is nothing of a name, or a value does not fit.
    """
    if together:
        names = list(changes)
        sets = [
            dict(zip(names, values, strict=True))
            for values in product(*changes.values())
        ]
    else:
        sets = [{name: value} for name, values in changes.items() for value in values]
    return [scenario_of(plan, {}), *(scenario_of(plan, one) for one in sets)]


def interval_of_mean(values: np.ndarray, level: float) -> tuple[float, float]:
    """Return the interval of a mean by Student's t; missing limits for one value.

    Parameters
    ----------
    values : numpy.ndarray
        [person, seed], missing where there is none. Seeds of one person are not
        independent of each other: the mean of a person counts as one value, or each
        seed where there is one person only.
    level : float
        For example 0.95.
    """
    is_there = ~np.isnan(values)
    counted = values[0][is_there[0]]
    if len(values) > 1:
        n_seeds = is_there.sum(axis=1)
        sums = np.where(is_there, values, 0.0).sum(axis=1)
        counted = sums[n_seeds > 0] / n_seeds[n_seeds > 0]
    n = len(counted)
    if n < 2:
        return np.nan, np.nan
    mean = float(counted.mean())
    half = stdtrit(n - 1, (1 + level) / 2) * counted.std(ddof=1) / np.sqrt(n)
    return mean - float(half), mean + float(half)


def fans(weeks: np.ndarray) -> Iterator[tuple]:
    """Yield a row of `WEEKLY_FANS` per outcome and week, of persons who still train.

    `weeks` is [person, seed, week]; weeks that fewer than half of the persons
    reach are left out, because who is late differs from who is not.
    """
    for name in WEEKLY:
        for week, spread in spreads(course_of(weeks, name)):
            yield (week, name, *spread)


def courses(weeks: np.ndarray, baseline: np.ndarray, level: float) -> Iterator[tuple]:
    """Yield a row of `WEEKLY_DIFFERENCES` per outcome and week that half reach."""
    n_weeks = min(weeks.shape[2], baseline.shape[2])
    ours, before = weeks[:, :, :n_weeks], baseline[:, :, :n_weeks]
    for name in WEEKLY:
        gap = course_of(ours, name) - course_of(before, name)
        for week, (n, mean, *quantiles) in spreads(gap):
            low, high = interval_of_mean(gap[:, :, week - 1], level)
            yield (week, name, n, mean, low, high, *quantiles)


def spreads(course: np.ndarray) -> Iterator[tuple[int, tuple]]:
    """Yield weeks that enough persons reach, from 1: n, mean and quantiles.

    `course` is [person, seed, week], missing where somebody does not train any more.
    """
    flat = course.reshape(-1, course.shape[-1])
    is_there = ~np.isnan(flat)
    shares = is_there.mean(axis=0)
    full = np.flatnonzero(shares == 1.0)  # all at once: a call for each takes long
    of_all = np.quantile(flat[:, full], QUANTILES, axis=0).T.tolist()
    known = dict(zip(full.tolist(), of_all, strict=True))
    for week in np.flatnonzero(shares >= LEAST_SHARE).tolist():
        values = flat[is_there[:, week], week]
        quantiles = known.get(week) or np.quantile(values, QUANTILES).tolist()
        yield week + 1, (values.size, float(values.mean()), *quantiles)


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


def comparison_tables(found: Comparison) -> dict[str, bytes]:
    """Return the tables of a comparison as CSV by file name."""
    return {f"{name}.csv": csv_bytes(getattr(found, name)) for name in TABLES}


def comparison_files(found: Comparison) -> dict[str, bytes]:
    """Return the tables of a comparison and its ``record.json`` by file name.

    Constants are those in use now; those that a scenario changes are told with it.
    """
    files = comparison_tables(found)
    record = record_of("compare", inputs_of_comparison(found), files)
    return files | {"record.json": record_bytes(record)}


def inputs_of_comparison(found: Comparison) -> dict[str, object]:
    """Return everything a comparison is made of, as values of JSON.

    Every plan is there once; scenarios name theirs by number from 1.
    """
    plans: list = []
    scenarios = []
    for one in found.scenarios:
        if one.plan not in plans:
            plans.append(one.plan)
        scenarios.append(
            {
                "name": one.name,
                "plan": plans.index(one.plan) + 1,
                "athlete": dict(one.athlete),
                "parameters": dict(one.parameters),
            }
        )
    return {
        "scenarios": scenarios,
        "plans": [plan.model_dump(mode="json", exclude_unset=True) for plan in plans],
        **_inputs_of_people(found.athletes),
        "seeds": list(found.seeds),
        "noise": found.noise,
        "level": found.level,
        "groups": dict(found.groups),
    }


def _inputs_of_people(athletes: Sequence[Athlete]) -> dict[str, object]:
    if isinstance(athletes, Cohort):
        who = athletes.population.model_dump(mode="json", exclude_unset=True)
        drawn = {"n": athletes.n, "seed": athletes.seed, "first": athletes.first}
        return {"population": who, "cohort": drawn}
    alike = {id(one): one for one in athletes}
    places = {key: place for place, key in enumerate(alike, start=1)}
    who = [one.model_dump(mode="json", exclude_unset=True) for one in alike.values()]
    order = [places[id(one)] for one in athletes]
    is_one = len(who) == 1
    return {"athletes": who, "persons": len(order) if is_one else order}


def comparison_from_record(
    record: Mapping[str, object], *, engine: str | None = None
) -> Comparison:
    """Return the comparison of a record, made again with the constants in use."""
    plans = [check_plan(one, source="a plan of the record") for one in record["plans"]]
    scenarios = {
        one["name"]: Scenario(
            name=one["name"],
            plan=plans[one["plan"] - 1],
            athlete=one["athlete"],
            parameters=one["parameters"],
        )
        for one in record["scenarios"]
    }
    found = compare(
        scenarios,
        _people_of(record),
        seeds=tuple(record["seeds"]),
        noise=record["noise"],
        level=record["level"],
        engine=engine,
        progress=False,
    )
    return grouped(found, record["groups"])


def _people_of(record: Mapping[str, object]) -> Sequence[Athlete]:
    if "population" in record:
        who = check_population(record["population"], source="people of the record")
        return Cohort(population=who, **record["cohort"])
    who = [
        check_athlete(one, source="a person of the record")
        for one in record["athletes"]
    ]
    if isinstance(record["persons"], int):
        return who * record["persons"]
    return [who[place - 1] for place in np.asarray(record["persons"]).tolist()]
