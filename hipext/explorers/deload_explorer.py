"""The deload explorer: deload weeks in an impulse-response model and in the simulation.

The model adds up fitness and fatigue; in the simulation performance, pain and fatigue
feed back into the plan.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete
from hipext.explorers.cached_runs import CachedRun, cached_run
from hipext.explorers.explorer import Definition, Explorer, Number, Settings
from hipext.explorers.panels import Bands, Bars, Panels, weeks_of_days
from hipext.explorers.plan_explorer import (
    PlanRun,
    ResponseLines,
    athlete_control,
    athlete_of,
    deload_controls,
    deload_weeks,
    edited_plan,
    plan_of,
)
from hipext.files.parameters import parameter
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.plan import Plan
from hipext.plots.style import BLACK, GREEN
from hipext.response.models import Banister
from hipext.simulation.arrays import ById

PANELS = {
    "volume": "volume load with\nbody mass (kg)",
    "response": "impulse-response\nmodel (a.u.)",
    "strength": "simulated strength\n(% of start)",
}
_STRENGTH_STYLES = {
    "with deload weeks": {"color": GREEN, "linewidth": 2},
    "without": {"color": BLACK, "linestyle": "--", "linewidth": 1.2},
}
_CONSTANTS = {  # name: label, lowest, highest, step
    "fitness_tau": ("Fitness fades in (days)", 10.0, 90.0, 1.0),
    "fatigue_tau": ("Fatigue fades in (days)", 1.0, 30.0, 0.5),
    "fitness_gain": ("Fitness gain (a.u. per load)", 0.0, 0.05, 0.001),
    "fatigue_gain": ("Fatigue gain (a.u. per load)", 0.0, 0.1, 0.001),
}


@dataclass(frozen=True, eq=False)
class DeloadComparison:
    """The run of a plan, and that of the same plan without deload weeks."""

    planned: PlanRun
    without: CachedRun

    @cached_property
    def first_deload(self) -> dict[str, float] | None:
        """Change of each state over the first deload week; None where there is none."""
        weeks = np.flatnonzero(self.planned.run.is_deload)
        if not len(weeks):
            return None
        # To the morning after the week, or to the last one of the plan.
        start, end = DAYS_PER_WEEK * weeks[0], DAYS_PER_WEEK * (weeks[0] + 1)
        states = self.planned.response
        end = min(end, len(states["performance"]) - 1)
        return {name: state[end] - state[start] for name, state in states.items()}

    def table(self) -> pd.DataFrame:
        """Return one row per week, with the strength without deload weeks."""
        last = self.without.strength_pct[DAYS_PER_WEEK - 1 :: DAYS_PER_WEEK]
        table = self.planned.table()
        return table.assign(strength_without_pct=pd.Series(last).reindex(table.index))


def explore_deload(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of deload weeks, by two models.

    One model adds up fitness and fatigue; its constants are controls. The other is the
    simulation without noise, once with the deload weeks and once without any.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Name of a shipped athlete, or an athlete, to start with.
    """
    plan = plan_of(plan)
    constants = (
        Number(name, *settings, start=parameter(f"banister.{name}"))
        for name, settings in _CONSTANTS.items()
    )
    controls = (*deload_controls(plan), *constants, athlete_control(athlete))
    never = {control.name: control.start for control in controls}
    never["deload_every_weeks"] = 0

    @lru_cache(maxsize=16)
    def run_without(athlete: ById) -> CachedRun:
        return cached_run(edited_plan(plan, controls, never), athlete.value)

    def evaluate(settings: Settings) -> DeloadComparison:
        chosen = athlete_of(settings, athlete)
        constants = {name: settings[name] for name in _CONSTANTS}
        model = Banister(baseline=parameter("banister.baseline"), **constants)
        run = cached_run(edited_plan(plan, controls, settings), chosen)
        return DeloadComparison(PlanRun(run, model), run_without(ById(chosen)))

    definition = Definition(
        name="deload",
        title="Deload weeks: volume, fitness and fatigue of a model, and strength",
        controls=controls,
        evaluate=evaluate,
        drawing=DeloadFigure,
        description=description,
    )
    return Explorer(definition)


class DeloadFigure(Panels):
    """Weekly volume load, response of the model, strength with and without deloads."""

    def __init__(self, start: DeloadComparison) -> None:
        super().__init__(PANELS, heights=(0.8, 1.2, 1))
        self.axes["strength"].set_xlabel("week")
        self.axes["volume"].yaxis.set_major_formatter("{x:,.0f}")
        self.bands = Bands(self, ["response", "strength"])
        self.bars = Bars(self, "volume")
        self.response = ResponseLines(self, start.planned.response)
        self.strength = [
            self.line("strength", name, **style)
            for name, style in _STRENGTH_STYLES.items()
        ]
        self.legend(*PANELS)

    def show(self, shown: DeloadComparison) -> bytes:
        """Update the figure; return it as PNG."""
        run, without = shown.planned.run, shown.without
        self.fit("volume", 0, run.volume_kg.max())
        self.bars.show(run.volume_kg, run.is_deload)
        self.bands.show(run.is_deload)
        self.response.show(shown.planned.response)
        strengths = (run.strength_pct, without.strength_pct)
        for line, strength in zip(self.strength, strengths, strict=True):
            line.set_data(weeks_of_days(len(strength)), strength)
        both = np.concatenate(strengths)
        self.fit_near("strength", both.min(), both.max())
        self.fit_weeks("strength", max(run.n_weeks, without.n_weeks))
        return self.picture.png()


def description(shown: DeloadComparison) -> str:
    """Return sentences with the numbers of the figure."""
    run, change = shown.planned.run, shown.first_deload
    strength, without = run.strength_pct[-1], shown.without.strength_pct[-1]
    first = "There is no deload week."
    if change is not None:
        first = (
            f"Deload weeks: {deload_weeks(run)}. Over the first of them the model's "
            f"fatigue changes by {change['fatigue']:+.1f}, its fitness by "
            f"{change['fitness']:+.1f} and performance by "
            f"{change['performance']:+.1f} a.u."
        )
    last = shown.planned.response["performance"][-1]
    return (
        f"{first} At the end of {run.n_weeks} weeks performance in the model is "
        f"{last:.1f} a.u. In the simulation strength ends at {strength:.1f} % of the "
        f"start; without deload weeks at {without:.1f} % after "
        f"{shown.without.n_weeks} weeks."
    )
