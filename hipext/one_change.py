"""Change one thing of a plan at a time, or several together, to compare them."""

from collections.abc import Mapping, Sequence
from itertools import product

from hipext.athlete import Athlete
from hipext.comparison import Comparison, compare, grouped
from hipext.knobs import one_change_variants
from hipext.plan import Plan
from hipext.whatif import Scenario, scenario_of


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
