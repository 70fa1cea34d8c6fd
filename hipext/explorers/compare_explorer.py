"""The compare explorer: the same people on the same days in two plans."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from hipext.athletes.population import Cohort, cohort
from hipext.explorers.cached_runs import cached_crowd
from hipext.explorers.explorer import Choice, Control, Number, Scene, choice_of
from hipext.explorers.panels import Panels
from hipext.explorers.plan_explorer import (
    GIVEN,
    deload_controls,
    load_step_control,
    plan_of,
    replanned,
    sessions_control,
    usual_sessions,
)
from hipext.files.io import shipped_names
from hipext.plans.edits import apply_knob
from hipext.plans.plan import Plan
from hipext.plots.style import BLACK, BLUE, GREY, VERMILION
from hipext.simulation.arrays import ById
from hipext.studies.comparison import QUANTILES, spreads
from hipext.studies.crowds import OUTCOMES, WEEKLY, course_of, is_simulated, outcomes_of

PANELS = ("courses", "difference", "people")
_PLAN_STYLES = {
    "A": {"color": BLUE, "linestyle": "-", "linewidth": 2},
    "B": {"color": VERMILION, "linestyle": "--", "linewidth": 2},
}
_PERSON = {"color": BLACK, "linewidth": 1.8}
_MEDIAN = {"color": GREY, "linestyle": "--", "linewidth": 1.4}
_DOTS = {"color": GREY, "marker": "o", "markersize": 3.5, "linestyle": ""}
_MARK = {"color": BLACK, "marker": "D", "markersize": 8, "linestyle": ""}
_BAND = {"facecolor": "#BBD7EA", "linewidth": 0, "zorder": 0}
_ZERO = {"color": "0.6", "linewidth": 1, "zorder": 0.5}


@dataclass(frozen=True, eq=False)
class Pair:
    """The weeks of the same people in plan A and plan B, and whom to look at."""

    a: np.ndarray  # [person, week, column]
    b: np.ndarray
    outcome: str
    person: int  # from 0

    @cached_property
    def courses(self) -> tuple[np.ndarray, np.ndarray]:
        """The outcome of everybody, week by week, in A and B: [person, week]."""
        n_weeks = max(self.a.shape[1], self.b.shape[1])
        wide = (np.full((len(self.a), n_weeks), np.nan) for _ in range(2))
        found = []
        for course, weeks in zip(wide, (self.a, self.b), strict=True):
            course[:, : weeks.shape[1]] = course_of(weeks, self.outcome)
            found.append(course)
        return found[0], found[1]

    @cached_property
    def n_weeks(self) -> int:
        """Weeks until this person is done, and half of all are, in either plan."""
        found = [is_simulated(weeks) for weeks in (self.a, self.b)]
        ours = (lived[self.person].sum() for lived in found)
        return int(max(*self.band, *ours))

    @cached_property
    def gap(self) -> np.ndarray:
        """B less A of everybody, week by week: [person, week]."""
        a, b = self.courses
        return b - a

    @cached_property
    def band(self) -> dict[int, tuple]:
        """Number, mean and quantiles of the gap, by week, as `compare` has them."""
        return dict(spreads(self.gap))

    @cached_property
    def at_the_end(self) -> np.ndarray:
        """B less A of everybody when the plans are done: the outcome as a number."""
        a, b = (outcomes_of(weeks)[self.outcome] for weeks in (self.a, self.b))
        return b - a

    def table(self) -> pd.DataFrame:
        """Return the outcome of every person in either plan, and the difference."""
        a, b = (outcomes_of(weeks)[self.outcome] for weeks in (self.a, self.b))
        return pd.DataFrame(
            {
                "person": np.arange(1, len(a) + 1),
                "outcome": self.outcome,
                "unit": OUTCOMES[self.outcome].unit,
                "plan_a": a,
                "plan_b": b,
                "difference": b - a,
            }
        )


def compare_scene(
    a: str | Plan, b: str | Plan | None, population: str, n_persons: int, seed: int
) -> Scene:
    """Return what `widgets.explore_compare` explores."""
    plans = {"plan_a": plan_of(a)}
    plans["plan_b"] = _with_less(plans["plan_a"]) if b is None else plan_of(b)
    controls: tuple[Control, ...] = (
        _plan_control("plan_a", "Plan A", a),
        _plan_control("plan_b", "Plan B", b),
        *deload_controls(plans["plan_b"])[:2],
        load_step_control(),
        sessions_control(plans["plan_b"]),
        choice_of("population", "People", shipped_names("populations"), population),
        Number(name="person", label="Person", low=1, high=n_persons, step=1, start=1),
        _outcome_control(),
    )
    by_name = {control.name: control for control in controls}

    @lru_cache(maxsize=8)
    def people_of(name: str) -> Cohort:
        return cohort(n_persons, name, seed=seed)

    @lru_cache(maxsize=64)
    def lived(plan: ById, people: ById) -> np.ndarray:
        return cached_crowd(plan.value, people.value, seed=seed)

    @lru_cache(maxsize=16)
    def named(which: str, name: str) -> Plan:
        return plans[which] if name == GIVEN else plan_of(name)

    def answer(settings: Mapping[str, object]) -> Pair:
        people = ById(people_of(settings["population"]))
        ours, theirs = (named(which, settings[which]) for which in plans)
        theirs = replanned(theirs, by_name, settings)
        return Pair(
            lived(ById(ours), people),
            lived(ById(theirs), people),
            settings["outcome"],
            settings["person"] - 1,
        )

    return Scene(
        name="compare",
        title="Two plans for the same people: one person, and what differs for all",
        controls=controls,
        answer=answer,
        drawing=CompareFigure,
        in_words=in_words,
        table=Pair.table,
    )


def _with_less(plan: Plan) -> Plan:
    """Return a plan with a session a week less, where it has more than one."""
    return apply_knob(plan, "sessions_a_week", max(usual_sessions(plan) - 1, 1))


def _plan_control(name: str, label: str, plan: str | Plan | None) -> Choice:
    """Return the choice of a plan; one that is not shipped comes first."""
    shipped = {one: one.replace("_", " ") for one in shipped_names("plans")}
    if isinstance(plan, str) and plan in shipped:
        return choice_of(name, label, shipped, plan)
    words = "plan A, a session less" if plan is None else "as given"
    return choice_of(name, label, {GIVEN: words} | shipped, GIVEN)


def _outcome_control() -> Choice:
    known = ((name, OUTCOMES[name]) for name in WEEKLY)
    options = {name: f"{one.words} ({one.unit})" for name, one in known}
    return choice_of("outcome", "Look at", options, "strength_pct")


class CompareFigure:
    """One person in both plans, the difference week by week, and everybody's."""

    def __init__(self, start: Pair) -> None:
        panels = Panels(PANELS, heights=(1.1, 1.1, 0.9), shares_x=False)
        axes = panels.axes
        for name in PANELS[:2]:
            axes[name].set_xlabel("week")
        axes["people"].set_xlabel("people, from the least to the largest difference")
        axes["people"].set_ylabel("B - A\nat the end")
        axes["people"].set_xlim(-0.01 * len(start.a), 1.01 * len(start.a))
        axes["people"].set_xticks([])
        for name in PANELS[1:]:
            axes[name].axhline(0, **_ZERO)
        band = axes["difference"].fill_between([], [], [], **_BAND)
        band.set_label("9 of 10 people")
        self.band = panels.moves(band)
        self.plans = {
            name: panels.line("courses", f"plan {name}", **style)
            for name, style in _PLAN_STYLES.items()
        }
        self.median = panels.line("difference", "median", **_MEDIAN)
        self.gap = panels.line("difference", "this person", **_PERSON)
        self.dots = panels.line("people", "everybody", **_DOTS)
        self.mark = panels.line("people", "this person", **_MARK)
        panels.legend(*PANELS)
        self.panels = panels
        self.figure, self.picture = panels.figure, panels.picture

    def show(self, now: Pair) -> bytes:
        """Draw other plans or another person; return the picture as PNG."""
        one, panels = OUTCOMES[now.outcome], self.panels
        panels.label("courses", f"{one.words}\n({one.unit})")
        panels.label("difference", f"B - A ({one.unit})")
        for line, course in zip(self.plans.values(), now.courses, strict=True):
            line.set_data(_weeks(course), course[now.person])
        self.gap.set_data(_weeks(now.gap), now.gap[now.person])
        weeks = np.array([*now.band])
        rows = np.array([now.band[week][2:] for week in weeks.tolist()])
        rows = rows.reshape(len(weeks), len(QUANTILES))
        self.band.set_data(weeks, rows[:, 0], rows[:, -1])
        self.median.set_data(weeks, rows[:, QUANTILES.index(0.5)])
        order = np.argsort(now.at_the_end, kind="stable")
        self.dots.set_data(np.arange(len(order)) + 0.5, now.at_the_end[order])
        place = int(np.flatnonzero(order == now.person)[0])
        self.mark.set_data([place + 0.5], [now.at_the_end[now.person]])
        courses = np.concatenate([course[now.person] for course in now.courses])
        panels.fit_near("courses", *_span(courses))
        panels.fit_near("difference", *_span(rows, now.gap[now.person], np.zeros(1)))
        panels.fit_near("people", *_span(now.at_the_end, np.zeros(1)))
        for name in PANELS[:2]:
            panels.fit_weeks(name, now.n_weeks)
        return self.picture.png()


def in_words(now: Pair) -> str:
    """Return what the picture shows, as sentences with numbers."""
    one, gaps = OUTCOMES[now.outcome], now.at_the_end
    if not gaps.any():
        return (
            f"B changes nothing for anybody: {one.meaning} differs by exactly 0 "
            f"for all {len(gaps)} people."
        )
    a, b = (outcomes_of(weeks)[now.outcome][now.person] for weeks in (now.a, now.b))
    low, high = np.quantile(gaps, (QUANTILES[0], QUANTILES[-1]))
    return (
        f"{one.meaning[0].upper()}{one.meaning[1:]}: person {now.person + 1} reaches "
        f"{a:.1f} in plan A and {b:.1f} in plan B, {b - a:+.1f}. Over {len(gaps)} "
        f"people the mean difference is {gaps.mean():+.2f}; nine of ten lie between "
        f"{low:+.1f} and {high:+.1f} ({one.unit}). B is higher for "
        f"{(gaps > 0).mean():.0%} of them."
    )


def _weeks(course: np.ndarray) -> np.ndarray:
    return np.arange(1, course.shape[-1] + 1)


def _span(*parts: np.ndarray) -> tuple[float, float]:
    values = np.concatenate([part.ravel() for part in parts])
    return float(np.nanmin(values)), float(np.nanmax(values))
