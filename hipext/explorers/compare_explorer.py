"""The compare explorer: the same athletes on the same days in two plans."""

from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
import pandas as pd

from hipext.athletes.population import cohort
from hipext.explorers.cached_runs import cached_crowd
from hipext.explorers.explorer import Choice, Definition, Explorer, Number, Settings
from hipext.explorers.panels import Panels
from hipext.explorers.plan_explorer import (
    GIVEN,
    LOAD_STEP,
    deload_controls,
    edited_plan,
    plan_of,
    sessions_control,
    usual_sessions,
)
from hipext.files.io import shipped_names
from hipext.files.tables import OUTCOMES, WEEKLY_OUTCOMES
from hipext.plans.edits import apply_knob
from hipext.plans.plan import Plan
from hipext.plans.plan_file import read_plan
from hipext.plots.style import BLACK, BLUE, GREY, VERMILION, spoken
from hipext.simulation.arrays import ById
from hipext.studies.comparison import QUANTILES, spreads
from hipext.studies.crowds import course_of, is_simulated, outcomes_of

PANELS = {"courses": "", "difference": "", "athletes": "B - A\nat the end"}
_BY_WEEK = ("courses", "difference")
_PLAN_STYLES = {
    "A": {"color": BLUE, "linestyle": "-", "linewidth": 2},
    "B": {"color": VERMILION, "linestyle": "--", "linewidth": 2},
}
_ATHLETE = {"color": BLACK, "linewidth": 1.8}
_MEDIAN = {"color": GREY, "linestyle": "--", "linewidth": 1.4}
_DOTS = {"color": GREY, "marker": "o", "markersize": 3.5, "linestyle": ""}
_MARK = {"color": BLACK, "marker": "D", "markersize": 8, "linestyle": ""}
_BAND = {"label": "9 of 10 athletes", "facecolor": "#BBD7EA", "lw": 0, "zorder": 0}
_ZERO = {"color": "0.6", "linewidth": 1, "zorder": 0.5}


@dataclass(frozen=True, eq=False)
class PlanPair:
    """The weeks of the same athletes in plans A and B, one outcome, and one athlete."""

    a: np.ndarray  # [athlete, week, column]
    b: np.ndarray
    outcome: str
    athlete: int  # from 0

    @cached_property
    def courses(self) -> np.ndarray:
        """The outcome by week: [A or B, athlete, week]; NaN after the end of a plan."""
        n_weeks = max(self.a.shape[1], self.b.shape[1])
        courses = np.full((2, len(self.a), n_weeks), np.nan)
        for course, weeks in zip(courses, (self.a, self.b), strict=True):
            course[:, : weeks.shape[1]] = course_of(weeks, self.outcome)
        return courses

    @cached_property
    def n_weeks(self) -> int:
        """Weeks until both plans have ended for the athlete, and for half of all."""
        own = (is_simulated(weeks)[self.athlete].sum() for weeks in (self.a, self.b))
        return int(max(*self.band, *own))

    @cached_property
    def gap(self) -> np.ndarray:
        """B - A week by week: [athlete, week]."""
        return self.courses[1] - self.courses[0]

    @cached_property
    def band(self) -> dict[int, tuple]:
        """Number, mean and quantiles of the gap by week, as in `compare`."""
        return dict(spreads(self.gap))

    @cached_property
    def finals(self) -> np.ndarray:
        """The outcome at the end: [A or B, athlete]."""
        return np.array([outcomes_of(x)[self.outcome] for x in (self.a, self.b)])

    @property
    def final_gap(self) -> np.ndarray:
        """B - A of every athlete at the end."""
        return self.finals[1] - self.finals[0]

    def table(self) -> pd.DataFrame:
        """Return the outcome of every athlete in either plan, and the difference."""
        a, b = self.finals
        columns = {
            "athlete": np.arange(1, len(a) + 1),
            "outcome": self.outcome,
            "unit": OUTCOMES[self.outcome].unit,
            "plan_a": a,
            "plan_b": b,
            "difference": self.final_gap,
        }
        return pd.DataFrame(columns)


def explore_compare(
    a: str | Plan = "guide_16wk",
    b: str | Plan | None = None,
    *,
    population: str = "novices",
    n_persons: int = 64,
    seed: int = 0,
) -> Explorer:
    """Return an explorer of two plans: the same athletes on the same days in both.

    Parameters
    ----------
    a : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    b : str or Plan, optional
        The other plan; the controls change it. Default: `a` with a session a week
        less.
    population : str, default "novices"
        Shipped population from which the athletes are drawn.
    n_persons : int, default 64
        Number of athletes. Without numba each takes some 40 ms per picture.
    seed : int, default 0
        Seed of the athletes and of the noise of their days.
    """
    plans = {"plan_a": plan_of(a), "plan_b": plan_of(a if b is None else b)}
    if b is None:  # a session a week less, where there is more than one
        n_sessions = max(usual_sessions(plans["plan_a"]) - 1, 1)
        plans["plan_b"] = apply_knob(plans["plan_a"], "sessions_a_week", n_sessions)
    populations = {name: spoken(name) for name in shipped_names("populations")}
    outcomes = {
        name: f"{OUTCOMES[name].words} ({OUTCOMES[name].unit})"
        for name in WEEKLY_OUTCOMES
    }
    controls = (
        _plan_control("plan_a", "Plan A", a),
        _plan_control("plan_b", "Plan B", b),
        *deload_controls(plans["plan_b"])[:2],
        LOAD_STEP,
        sessions_control(plans["plan_b"]),
        Choice("population", "Population", populations, population),
        Number("athlete", "Athlete", 1, n_persons, step=1, start=1),
        Choice("outcome", "Outcome", outcomes, "strength_pct"),
    )

    # The caches return the same objects every time, which later caches go by.
    athletes_of = lru_cache(maxsize=8)(partial(cohort, n_persons, seed=seed))
    shipped_plan = lru_cache(maxsize=16)(read_plan)

    @lru_cache(maxsize=64)
    def weeks_of(plan: ById, athletes: ById) -> np.ndarray:
        return cached_crowd(plan.value, athletes.value, seed=seed)

    def evaluate(settings: Settings) -> PlanPair:
        athletes = ById(athletes_of(settings["population"]))
        plan_a, plan_b = (
            plan if settings[which] == GIVEN else shipped_plan(settings[which])
            for which, plan in plans.items()
        )
        plan_b = edited_plan(plan_b, controls, settings)
        weeks = (weeks_of(ById(plan), athletes) for plan in (plan_a, plan_b))
        return PlanPair(*weeks, settings["outcome"], settings["athlete"] - 1)

    definition = Definition(
        name="compare",
        title="Two plans for the same athletes: one athlete, and all differences",
        controls=controls,
        evaluate=evaluate,
        drawing=CompareFigure,
        description=description,
    )
    return Explorer(definition)


def _plan_control(name: str, label: str, plan: str | Plan | None) -> Choice:
    """Return the choice of a plan: those shipped, and first one that is not."""
    shipped = {one: spoken(one) for one in shipped_names("plans")}
    if isinstance(plan, str) and plan in shipped:
        return Choice(name, label, shipped, plan)
    text = "plan A, a session less" if plan is None else "as given"
    return Choice(name, label, {GIVEN: text} | shipped, GIVEN)


class CompareFigure(Panels):
    """One athlete in both plans, differences by week, and those of all at the end."""

    def __init__(self, start: PlanPair) -> None:
        super().__init__(PANELS, heights=(1.1, 1.1, 0.9), shares_x=False)
        self.axes["athletes"].set(
            xlabel="athletes, from the smallest to the largest difference",
            xlim=(-0.01 * len(start.a), 1.01 * len(start.a)),
            xticks=[],
        )
        for name in ("difference", "athletes"):
            self.axes[name].axhline(0, **_ZERO)
        band = self.axes["difference"].fill_between([], [], [], **_BAND)
        self.band = self.moving(band)
        self.plans = [
            self.line("courses", f"plan {name}", **style)
            for name, style in _PLAN_STYLES.items()
        ]
        self.median = self.line("difference", "median", **_MEDIAN)
        self.gap = self.line("difference", "this athlete", **_ATHLETE)
        self.dots = self.line("athletes", "all", **_DOTS)
        self.mark = self.line("athletes", "this athlete", **_MARK)

    def update(self, shown: PlanPair) -> None:
        """Update the figure."""
        outcome, own = OUTCOMES[shown.outcome], shown.athlete
        self.set_axes("courses", ylabel=f"{outcome.words}\n({outcome.unit})")
        self.set_axes("difference", ylabel=f"B - A ({outcome.unit})")
        weeks = np.arange(1, shown.gap.shape[1] + 1)
        for line, course in zip(self.plans, shown.courses, strict=True):
            line.set_data(weeks, course[own])
        self.gap.set_data(weeks, shown.gap[own])
        # After number and mean of a week come its quantiles; the outer two are a band.
        rows = np.array([row[2:] for row in shown.band.values()])
        rows = rows.reshape(-1, len(QUANTILES))
        self.band.set_data([*shown.band], rows[:, 0], rows[:, -1])
        self.median.set_data([*shown.band], rows[:, QUANTILES.index(0.5)])
        gaps = shown.final_gap
        order = np.argsort(gaps, kind="stable")
        self.dots.set_data(np.arange(len(order)) + 0.5, gaps[order])
        self.mark.set_data(np.flatnonzero(order == own) + 0.5, [gaps[own]])
        for panel, parts in {
            "courses": [course[own] for course in shown.courses],
            "difference": [rows.ravel(), shown.gap[own], [0.0]],
            "athletes": [gaps, [0.0]],
        }.items():
            values = np.concatenate(parts)
            self.fit(panel, np.nanmin(values), np.nanmax(values))
        for name in _BY_WEEK:
            self.fit_weeks(name, shown.n_weeks)


def description(shown: PlanPair) -> str:
    """Return sentences with the numbers of the figure."""
    outcome, gaps = OUTCOMES[shown.outcome], shown.final_gap
    if not gaps.any():
        return (
            f"B changes nothing for any athlete: {outcome.meaning} differs by exactly "
            f"0 for all {len(gaps)} athletes."
        )
    a, b = shown.finals[:, shown.athlete]
    low, high = np.quantile(gaps, (QUANTILES[0], QUANTILES[-1]))
    return (
        f"{outcome.meaning[0].upper()}{outcome.meaning[1:]}: athlete "
        f"{shown.athlete + 1} reaches {a:.1f} in plan A and {b:.1f} in plan B, "
        f"{b - a:+.1f}. Over {len(gaps)} athletes the mean difference is "
        f"{gaps.mean():+.2f}; nine of ten lie between {low:+.1f} and {high:+.1f} "
        f"({outcome.unit}). B is higher for {(gaps > 0).mean():.0%} of them."
    )
