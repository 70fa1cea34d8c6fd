"""Plans that can be used but probably do not say what was meant.

Every rule is a function that yields what it found. Its name is the id of the rule.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, pairwise

import pandas as pd

from hipext._lint import (
    Finding,
    Seen,
    large_step,
    lonely_group,
    no_failure_path,
    no_side_policy,
    no_warm_up,
    step_below_increment,
    unused_days,
)
from hipext.athlete import Athlete, read_athlete
from hipext.exercises import Exercise, read_exercises
from hipext.metrics import hard_sets, weekly
from hipext.plan import Plan
from hipext.schedule import expand_plan
from hipext.tables import DAYS_PER_WEEK, WEEKDAYS, Column, Table
from hipext.timetable import weeks_of

MAX_WEEKLY_RISE_PCT = 10  # of sets or volume load; a rule of thumb, assumption
MAX_WEEKS_WITHOUT_DELOAD = (
    8  # 5.6 (SD 2.3) in practice: Rogerson et al. (2024), E07-002
)
MIN_HIP_SHARE = 0.6  # of hip- and knee-dominant sets; assumption

LINT = Table(
    "lint",
    "one finding",
    (
        Column("place", "str", "", "where in the plan"),
        Column("rule", "str", "", "id of the rule"),
        Column("message", "str", "", "what was found, with the number and the limit"),
        Column("suggestion", "str", "", "what to write instead"),
    ),
)


def lint_plan(
    plan: Plan,
    *,
    athlete: Athlete | None = None,
    exercises: Mapping[str, Exercise] | None = None,
) -> pd.DataFrame:
    """Return what is suspicious in a plan that can be used as it is.

    Parameters
    ----------
    plan : Plan
        A checked plan, as `read_plan` returns it.
    athlete : Athlete, optional
        Whose loads are looked at. Default: the shipped ``"novice"``.
    exercises : Mapping[str, Exercise], optional
        The catalogue. Default: the shipped one.

    Returns
    -------
    pandas.DataFrame
        One row per finding (columns: `LINT`), in the order of `RULES`; no rows if
        nothing was found.

    Raises
    ------
    ValueError
        If the 1RM of a lift of the plan is neither known nor to be estimated.

    Notes
    -----
    The limits are consensus, practice or assumptions, never effects that were shown.
    Deload weeks are left out of comparisons.

    Examples
    --------
    >>> from hipext import lint_plan, read_plan
    >>> lint_plan(read_plan("deadlift_5x5_10wk"))["rule"].unique().tolist()[:2]
    ['no_failure_path', 'no_deload_in_reach']
    """
    exercises = read_exercises() if exercises is None else exercises
    athlete = read_athlete("novice") if athlete is None else athlete
    sets = expand_plan(plan, athlete, exercises=exercises)
    weeks = weekly(sets, n_weeks=plan.n_weeks, exercises=exercises)
    seen = Seen(plan=plan, exercises=exercises, sets=sets, weeks=weeks)
    return LINT.from_rows(
        [
            (place, rule.__name__, message, suggestion)
            for rule in RULES
            for place, message, suggestion in rule(seen)
        ]
    )


def weekly_jump(seen: Seen) -> Iterator[Finding]:
    """Find weeks that ask for much more than the ordinary week before."""
    measures = {
        "working_sets": ("Working sets rise", ""),
        "system_volume_load_kg": ("Volume load with body mass rises", " kg"),
    }
    ordinary = seen.weeks[~seen.weeks["is_deload"]]
    for phase, weeks in ordinary.groupby("phase", sort=False):
        for before, after in pairwise(weeks.to_dict("records")):
            for column, (words, unit) in measures.items():
                was, will = before[column], after[column]
                if will <= was * (1 + MAX_WEEKLY_RISE_PCT / 100) or was == 0:
                    continue
                yield (
                    f"{seen.phase(phase)}, week {after['week']}",
                    f"{words} by {100 * (will / was - 1):.1f} %, from {was:g} to "
                    f"{will:g}{unit}; at most {MAX_WEEKLY_RISE_PCT} % is usual.",
                    "Add fewer sets, repetitions or slots at once, or a smaller step.",
                )


def no_deload_in_reach(seen: Seen) -> Iterator[Finding]:
    """Find long runs of weeks without a planned deload."""
    runs = groupby(weeks_of(seen.plan), key=lambda week: week.is_deload)
    for is_deload, weeks in runs:
        numbers = [week.number for week in weeks]
        if not is_deload and len(numbers) > MAX_WEEKS_WITHOUT_DELOAD:
            yield (
                f"weeks {numbers[0]} to {numbers[-1]}",
                f"{len(numbers)} weeks in a row without a planned deload (light "
                f"week); at most {MAX_WEEKS_WITHOUT_DELOAD} is usual.",
                "Write every_weeks = 4 in [deload], or name weeks there.",
            )


def hinge_days_back_to_back(seen: Seen) -> Iterator[Finding]:
    """Find heavy hinges on consecutive days."""
    hinges = {
        name
        for name, exercise in seen.exercises.items()
        if exercise.pattern == "hinge" and exercise.role == "strength"
    }
    sets = seen.sets
    rows = sets[(sets["kind"] == "work") & sets["exercise"].isin(hinges)]
    gaps = ((one, two) for one, two in _day_pairs(rows) if two - one == 1)
    for place, first, second in _per_phase(seen, gaps):
        yield (
            place,
            f"Strength work with a hinge on consecutive days, {first} and {second}; "
            "at least one day between them is usual.",
            "Move one of the sessions, or use another pattern on one of the days.",
        )


def no_mobility_between_heavy(seen: Seen) -> Iterator[Finding]:
    """Find heavy sessions with days between them and no mobility on these days.

    Heavy is a hard set of a strength exercise with load; a week apart is no pair.
    """
    sets = seen.sets
    strength = [one.id for one in seen.exercises.values() if one.role == "strength"]
    is_heavy = sets["exercise"].isin(strength) & (sets["load_kg"] > 0)
    heavy = sets[is_heavy & (hard_sets(sets) > 0)]
    moved = set(sets.loc[sets["kind"] == "mobility", "day"])
    gaps = (
        (one, two)
        for one, two in _day_pairs(heavy)
        if 1 < two - one < DAYS_PER_WEEK and not moved & set(range(one + 1, two))
    )
    for place, first, second in _per_phase(seen, gaps):
        yield (
            place,
            f"No mobility on the days between the heavy sessions of {first} and "
            f"{second}; at least one set is expected (G37).",
            'Add a [[session]] like "daily mobility" for these days.',
        )


def _day_pairs(rows: pd.DataFrame) -> Iterator[tuple[int, int]]:
    return pairwise(sorted(rows["day"].unique().tolist()))


def _per_phase(
    seen: Seen, pairs: Iterator[tuple[int, int]]
) -> Iterator[tuple[str, str, str]]:
    """Yield place and weekdays of pairs of days, once per phase."""
    phases = [week.phase.name for week in weeks_of(seen.plan)]
    known = set()
    for days in pairs:
        first, second = (WEEKDAYS[day % DAYS_PER_WEEK] for day in days)
        week = days[1] // DAYS_PER_WEEK
        place = seen.phase(phases[week])
        if (place, first, second) not in known:
            known.add((place, first, second))
            yield f"{place}, week {week + 1}", first, second


def before_prerequisite(seen: Seen) -> Iterator[Finding]:
    """Find exercises that come before what they build on.

    A plan may start anywhere: the exercises of its first week, and all that these
    build on, count as mastered.
    """
    mastered: set[str] = set()
    for week, rows in seen.sets.groupby("week"):
        for name in rows["exercise"].unique():
            missing = [
                one
                for one in seen.exercises[name].prerequisites
                if one not in mastered and week > 1
            ]
            if missing:
                where = rows[rows["exercise"] == name].iloc[0]
                yield (
                    f"{seen.phase(where['phase'])}, week {week}, "
                    f"session {where['session']}, {name}",
                    f"{name} starts in week {week}; {', '.join(missing)} should come "
                    "in an earlier week, and does not.",
                    f"Put {' and '.join(missing)} into an earlier week.",
                )
        for name in rows["exercise"].unique():
            mastered |= _with_all_before(name, seen.exercises)


def _with_all_before(name: str, exercises: Mapping[str, Exercise]) -> set[str]:
    before = (_with_all_before(one, exercises) for one in exercises[name].prerequisites)
    return {name}.union(*before)


def hip_share_low(seen: Seen) -> Iterator[Finding]:
    """Find phases in which the knee, not the hip, is the prime mover."""
    ordinary = seen.weeks[~seen.weeks["is_deload"]].dropna(subset=["hip_share"])
    for phase, weeks in ordinary.groupby("phase", sort=False):
        lowest = weeks.loc[weeks["hip_share"].idxmin()]
        if lowest["hip_share"] < MIN_HIP_SHARE:
            yield (
                f"{seen.phase(phase)}, week {lowest['week']}",
                f"{lowest['hip_share']:.0%} of the hip- and knee-dominant sets are "
                f"hip-dominant; at least {MIN_HIP_SHARE:.0%} is expected (G25).",
                "Add hinge, thrust or extension work, or take squats and lunges out.",
            )


RULES: tuple[Callable[[Seen], Iterator[Finding]], ...] = (
    no_failure_path,
    weekly_jump,
    large_step,
    step_below_increment,
    no_deload_in_reach,
    unused_days,
    no_side_policy,
    hinge_days_back_to_back,
    before_prerequisite,
    hip_share_low,
    no_mobility_between_heavy,
    no_warm_up,
    lonely_group,
)
