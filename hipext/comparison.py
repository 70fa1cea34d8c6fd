"""Compare plans: the same persons on the same days, one thing changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hipext._checks import check_one_of
from hipext._crowd import ENGINES, first_of, lived
from hipext._paired import courses, differences, fans
from hipext._progress import progress_told
from hipext.athlete import Athlete
from hipext.comparison_tables import (
    DIFFERENCES,
    LIVES,
    WEEKLY_DIFFERENCES,
    WEEKLY_FANS,
)
from hipext.outcomes import OUTCOMES, outcomes_of
from hipext.plan import Plan
from hipext.simulation import check_seed
from hipext.whatif import Scenario

MAX_LIVES = 500_000  # persons x seeds x scenarios whose weeks are kept at once
MAX_SCENARIOS = 60


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
    with progress_told(n_lives, "lives", is_shown=progress) as tell:
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
    """Return [person, seed, week, column] of a scenario."""
    options = {"noise": noise, "engine": engine, "tell": tell}
    lives = [lived(scenario, athletes, seed=seed, **options) for seed in seeds]
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
