"""The plan explorer: how much a plan asks for, and what fitness and fatigue do."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hipext._controls import Control
from hipext._impulse import states
from hipext._rehearsal import Rehearsal, rehearsed
from hipext._replanned import (
    deload_controls,
    load_step_control,
    person_control,
    person_of,
    plan_of,
    replanned,
    sessions_control,
    weeks_control,
)
from hipext.athlete import Athlete
from hipext.explorer import Scene
from hipext.explorer_figure import AT_THE_START, Panels, weeks_of_days
from hipext.plan import Plan
from hipext.plots import RESPONSE_STYLES
from hipext.response import Banister
from hipext.simulation import teaching_model
from hipext.tables import DAYS_PER_WEEK, WEEKDAYS

PANELS = {
    "volume": "volume load with\nbody mass (kg)",
    "hard_sets": "hard sets (sets)",
    "response": "model state (a.u.)",
}


@dataclass(frozen=True, eq=False)
class Weeks:
    """What a plan came to, and the response of a model to its load."""

    lived: Rehearsal
    model: Banister

    @cached_property
    def response(self) -> dict[str, np.ndarray]:
        """Fitness, fatigue and performance of every morning."""
        load, model = self.lived.session_rpe, self.model
        fitness, fatigue = states(Banister, vars(model), load, model.convention)
        return {
            "fitness": fitness,
            "fatigue": fatigue,
            "performance": model.baseline + fitness - fatigue,
        }

    def table(self) -> pd.DataFrame:
        """Return a row per week: sums of the week, states of its last morning."""
        lived, last = self.lived, slice(DAYS_PER_WEEK - 1, None, DAYS_PER_WEEK)
        return pd.DataFrame(
            {
                "week": np.arange(1, lived.n_weeks + 1),
                "phase": lived.phases,
                "is_deload": lived.is_light,
                "working_sets": lived.of_weeks("working_sets"),
                "hard_sets": lived.hard_sets,
                "system_volume_load_kg": lived.volume_kg,
                "strength_pct": lived.strength_pct[last],
                **{name: state[last] for name, state in self.response.items()},
            }
        )


def plan_scene(plan: str | Plan, athlete: str | Athlete) -> Scene:
    """Return what `widgets.explore_plan` explores."""
    plan = plan_of(plan)
    controls: tuple[Control, ...] = (
        weeks_control(plan),
        sessions_control(plan),
        load_step_control(),
        *deload_controls(plan),
        person_control(athlete),
    )
    by_name = {control.name: control for control in controls}

    def answer(settings: Mapping[str, object]) -> Weeks:
        changed = replanned(plan, by_name, settings)
        return Weeks(rehearsed(changed, person_of(settings, athlete)), teaching_model())

    return Scene(
        name="plan",
        title="Weekly volume, hard sets, fitness and fatigue of a plan",
        controls=controls,
        answer=answer,
        drawing=PlanFigure,
        in_words=in_words,
        table=Weeks.table,
    )


class PlanFigure:
    """Weekly volume load, weekly hard sets and the model's response."""

    def __init__(self, start: Weeks) -> None:
        panels = Panels(PANELS, heights=(1, 0.8, 1.2))
        for name, label in PANELS.items():
            panels.axes[name].set_ylabel(label)
        panels.axes["response"].set_xlabel("week")
        panels.thousands("volume")
        self.bands = panels.bands(["response"])
        self.bars = {name: panels.bars(name) for name in ("volume", "hard_sets")}
        self.states = {
            name: panels.line("response", name, **style)
            for name, style in RESPONSE_STYLES.items()
        }
        self.before = {
            name: panels.line(name, "at the start", **AT_THE_START, **style)
            for name, style in {
                "volume": {"drawstyle": "steps-mid"},
                "hard_sets": {"drawstyle": "steps-mid"},
                "response": {},
            }.items()
        }
        self.before["response"].set_label("performance\nat the start")
        panels.legend(*PANELS)
        self.panels, self.start = panels, start
        weeks = np.arange(1, start.lived.n_weeks + 1)
        self.before["volume"].set_data(weeks, start.lived.volume_kg)
        self.before["hard_sets"].set_data(weeks, start.lived.hard_sets)
        performance = start.response["performance"]
        self.before["response"].set_data(weeks_of_days(len(performance)), performance)
        self.figure, self.picture = panels.figure, panels.picture

    def show(self, now: Weeks) -> bytes:
        """Draw other weeks; return the picture as PNG."""
        lived, start = now.lived, self.start.lived
        heights = {"volume": lived.volume_kg, "hard_sets": lived.hard_sets}
        before = {"volume": start.volume_kg, "hard_sets": start.hard_sets}
        for name, bars in self.bars.items():
            self.panels.fit(name, 0, max(heights[name].max(), before[name].max()))
            bars.show(heights[name], lived.is_light)
        days = weeks_of_days(len(lived.trace.days))
        for name, line in self.states.items():
            line.set_data(days, now.response[name])
        self.bands.show(lived.is_light)
        both = [*now.response.values(), *self.start.response.values()]
        low = min(0.0, *(state.min() for state in both))
        self.panels.fit("response", low, max(state.max() for state in both))
        self.panels.fit_weeks("response", max(lived.n_weeks, start.n_weeks))
        return self.picture.png()


def in_words(now: Weeks) -> str:
    """Return what the picture shows, as sentences with numbers."""
    lived, response = now.lived, now.response
    best = int(response["performance"].argmax())
    return (
        f"{lived.n_weeks} weeks, {lived.of_weeks('working_sets').sum():.0f} working "
        f"sets. Deload weeks: {light_weeks(lived)}. "
        f"Volume is highest in week {lived.volume_kg.argmax() + 1} "
        f"({lived.volume_kg.max():,.0f} kg). "
        f"Modelled performance is highest in week {best // DAYS_PER_WEEK + 1}, "
        f"{WEEKDAYS[best % DAYS_PER_WEEK].capitalize()} "
        f"({response['performance'].max():.1f} a.u.); "
        f"fatigue peaks at {response['fatigue'].max():.1f} a.u."
    )


def light_weeks(lived: Rehearsal) -> str:
    """Return the numbers of the light weeks as words."""
    return ", ".join(map(str, np.flatnonzero(lived.is_light) + 1)) or "none"
