"""The deload explorer: why a light week looks good in one model, and not in another."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete
from hipext.explorers.cached_runs import CachedRun, cached_run
from hipext.explorers.explorer import Control, Number, Scene
from hipext.explorers.panels import AT_THE_START, Panels, weeks_of_days
from hipext.explorers.plan_explorer import (
    Weeks,
    deload_controls,
    light_weeks,
    person_control,
    person_of,
    plan_of,
    replanned,
)
from hipext.files.parameters import parameter
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.plan import Plan
from hipext.plots.style import BLACK, GREEN
from hipext.plots.training import RESPONSE_STYLES
from hipext.response.models import Banister
from hipext.simulation.arrays import ById

PANELS = {
    "volume": "volume load with\nbody mass (kg)",
    "response": "impulse-response\nmodel (a.u.)",
    "strength": "strength of the\nperson (% of start)",
}
_STRENGTH_STYLES = {
    "with light weeks": {"color": GREEN, "linewidth": 2},
    "without": {"color": BLACK, "linestyle": "--", "linewidth": 1.2},
}
_CONSTANTS = (  # name, label, lowest, highest, step
    ("fitness_tau", "Fitness fades in (days)", 10.0, 90.0, 1.0),
    ("fatigue_tau", "Fatigue fades in (days)", 1.0, 30.0, 0.5),
    ("fitness_gain", "Fitness gain (a.u. per load)", 0.0, 0.05, 0.001),
    ("fatigue_gain", "Fatigue gain (a.u. per load)", 0.0, 0.1, 0.001),
)


@dataclass(frozen=True, eq=False)
class Deloads:
    """A plan with its light weeks, and the same without any, for the same person."""

    weeks: Weeks
    without: CachedRun

    @cached_property
    def after_the_first(self) -> dict[str, float] | None:
        """What the first light week did to each state; None where there is none."""
        light = np.flatnonzero(self.weeks.lived.is_deload)
        if not len(light):
            return None
        start, end = DAYS_PER_WEEK * light[0], DAYS_PER_WEEK * (light[0] + 1)
        states = self.weeks.response
        end = min(end, len(self.weeks.lived.trace.days) - 1)
        return {name: state[end] - state[start] for name, state in states.items()}

    def table(self) -> pd.DataFrame:
        """Return a row per week, with the strength without light weeks beside it."""
        last = self.without.strength_pct[DAYS_PER_WEEK - 1 :: DAYS_PER_WEEK]
        table = self.weeks.table()
        return table.assign(strength_without_pct=pd.Series(last).reindex(table.index))


def deload_scene(plan: str | Plan, athlete: str | Athlete) -> Scene:
    """Return what `widgets.explore_deload` explores."""
    plan = plan_of(plan)
    controls: tuple[Control, ...] = (
        *deload_controls(plan),
        *map(_constant, _CONSTANTS),
        person_control(athlete),
    )
    by_name = {control.name: control for control in controls}
    no_light = {"deload_every_weeks": 0}

    @lru_cache(maxsize=16)
    def never_light(same: ById) -> CachedRun:
        start = {control.name: control.start for control in controls}
        return cached_run(replanned(plan, by_name, start | no_light), same.value)

    def answer(settings: Mapping[str, object]) -> Deloads:
        person = person_of(settings, athlete)
        constants = {name: settings[name] for name, *_ in _CONSTANTS}
        model = Banister(baseline=parameter("banister.baseline"), **constants)
        lived = cached_run(replanned(plan, by_name, settings), person)
        return Deloads(Weeks(lived, model), never_light(ById(person)))

    return Scene(
        name="deload",
        title="Light weeks: volume, fitness and fatigue of a model, and strength",
        controls=controls,
        answer=answer,
        drawing=DeloadFigure,
        in_words=in_words,
        table=Deloads.table,
    )


def _constant(row: tuple[str, str, float, float, float]) -> Number:
    name, label, low, high, step = row
    start = parameter(f"banister.{name}")
    return Number(name=name, label=label, low=low, high=high, step=step, start=start)


class DeloadFigure:
    """Weekly volume load, the response of the model, and strength with and without."""

    def __init__(self, start: Deloads) -> None:
        panels = Panels(PANELS, heights=(0.8, 1.2, 1))
        for name, label in PANELS.items():
            panels.axes[name].set_ylabel(label)
        panels.axes["strength"].set_xlabel("week")
        panels.thousands("volume")
        self.bands = panels.bands(["response", "strength"])
        self.bars = panels.bars("volume")
        self.states = {
            name: panels.line("response", name, **style)
            for name, style in RESPONSE_STYLES.items()
        }
        self.before = panels.line(
            "response", "performance\nat the start", **AT_THE_START
        )
        self.strength = {
            name: panels.line("strength", name, **style)
            for name, style in _STRENGTH_STYLES.items()
        }
        panels.legend(*PANELS)
        performance = start.weeks.response["performance"]
        self.before.set_data(weeks_of_days(len(performance)), performance)
        self.panels, self.start = panels, start
        self.figure, self.picture = panels.figure, panels.picture

    def show(self, now: Deloads) -> bytes:
        """Draw other light weeks; return the picture as PNG."""
        lived, panels = now.weeks.lived, self.panels
        panels.fit("volume", 0, lived.volume_kg.max())
        self.bars.show(lived.volume_kg, lived.is_deload)
        self.bands.show(lived.is_deload)
        days = weeks_of_days(len(lived.trace.days))
        for name, line in self.states.items():
            line.set_data(days, now.weeks.response[name])
        strengths = (lived.strength_pct, now.without.strength_pct)
        for line, strength in zip(self.strength.values(), strengths, strict=True):
            line.set_data(weeks_of_days(len(strength)), strength)
        states = [*now.weeks.response.values(), *self.start.weeks.response.values()]
        low = min(0.0, *(state.min() for state in states))
        panels.fit("response", low, max(state.max() for state in states))
        ends = [f(strength) for strength in strengths for f in (np.min, np.max)]
        panels.fit_near("strength", min(ends), max(ends))
        panels.fit_weeks("strength", max(lived.n_weeks, now.without.n_weeks))
        return self.picture.png()


def in_words(now: Deloads) -> str:
    """Return what the picture shows, as sentences with numbers."""
    lived, change = now.weeks.lived, now.after_the_first
    strength, without = lived.strength_pct[-1], now.without.strength_pct[-1]
    if change is None:
        first = "There is no light week."
    else:
        first = (
            f"Light weeks: {light_weeks(lived)}. Over the first of them the model's "
            f"fatigue changes by {change['fatigue']:+.1f}, its fitness by "
            f"{change['fitness']:+.1f} and performance by "
            f"{change['performance']:+.1f} a.u."
        )
    last = now.weeks.response["performance"][-1]
    return (
        f"{first} At the end of {lived.n_weeks} weeks performance in the model is "
        f"{last:.1f} a.u. The person, who answers back, ends at {strength:.1f} % of "
        f"the strength at the start; without light weeks at {without:.1f} % after "
        f"{now.without.n_weeks} weeks."
    )
