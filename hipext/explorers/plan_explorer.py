"""The plan explorer: how much a plan asks for, and what fitness and fatigue do."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import mode

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.explorers.cached_runs import CachedRun, cached_run
from hipext.explorers.explorer import Choice, Control, Number, Scene, choice_of
from hipext.explorers.panels import AT_THE_START, Panels, weeks_of_days
from hipext.files.io import shipped_names
from hipext.files.tables import DAYS_PER_WEEK, WEEKDAYS
from hipext.plans.edits import SPREAD, _sessions_of, apply_knob, reshape
from hipext.plans.plan import Plan
from hipext.plans.plan_file import read_plan
from hipext.plots.training import RESPONSE_STYLES
from hipext.response.impulse_response import states
from hipext.response.models import Banister
from hipext.simulation.arrays import ById
from hipext.simulation.simulation import teaching_model

PANELS = {
    "volume": "volume load with\nbody mass (kg)",
    "hard_sets": "hard sets (sets)",
    "response": "model state (a.u.)",
}
MAX_WEEKS_SHOWN = 26
GIVEN = "given"  # in a list: what the explorer was given, beside what is shipped
_TURNS = {  # control: argument of `reshape`
    "weeks": "weeks",
    "sessions_per_week": "sessions_per_week",
    "load_step_pct": "",
    "deload_every_weeks": "deload_every_weeks",
    "deload_sets_pct": "deload_sets_fraction",
    "deload_load_pct": "deload_load_fraction",
}


@dataclass(frozen=True, eq=False)
class Weeks:
    """What a plan came to, and the response of a model to its load."""

    lived: CachedRun
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
        return Weeks(
            cached_run(changed, person_of(settings, athlete)), teaching_model()
        )

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


def light_weeks(lived: CachedRun) -> str:
    """Return the numbers of the light weeks as words."""
    return ", ".join(map(str, np.flatnonzero(lived.is_light) + 1)) or "none"


def plan_of(plan: str | Plan) -> Plan:
    """Return a plan; a text names a shipped one or is a path."""
    return plan if isinstance(plan, Plan) else read_plan(plan)


def weeks_control(plan: Plan) -> Number:
    """Return the control of the length of a plan."""
    high = max(MAX_WEEKS_SHOWN, plan.n_weeks)
    return _number("weeks", "Weeks", 4, high, 1, plan.n_weeks)


def sessions_control(plan: Plan) -> Number:
    """Return the control of the sessions a week; it starts at those of most phases."""
    low, high = min(SPREAD), max(SPREAD)
    start = min(max(usual_sessions(plan), low), high)
    return _number("sessions_per_week", "Sessions a week", low, high, 1, start)


def usual_sessions(plan: Plan) -> int:
    """Return the sessions a week of most phases."""
    return mode(_sessions_of(plan, phase) for phase in plan.phase)


def load_step_control() -> Number:
    """Return the control of the steepness of all rules that add load."""
    return _number("load_step_pct", "Load steps (% of the plan's)", 10, 300, 10, 100)


def deload_controls(plan: Plan) -> tuple[Number, Number, Number]:
    """Return the controls of the light weeks."""
    deload = plan.deload
    sets, load = (round(100 * x) for x in (deload.sets_fraction, deload.load_fraction))
    return (
        _number(
            "deload_every_weeks",
            "Deload every (weeks; 0: no)",
            0,
            max(8, deload.every_weeks),
            1,
            deload.every_weeks,
        ),
        _number("deload_sets_pct", "Deload keeps (% of sets)", 0, 100, 5, sets),
        _number("deload_load_pct", "Deload keeps (% of load)", 0, 100, 5, load),
    )


def person_control(athlete: str | Athlete) -> Choice:
    """Return the control of who trains: the shipped persons, and one that is given."""
    options = {name: read_athlete(name).name for name in shipped_names("athletes")}
    if isinstance(athlete, Athlete):
        options = {GIVEN: athlete.name} | options
    start = GIVEN if isinstance(athlete, Athlete) else athlete
    return choice_of("person", "Person", options, start)


def person_of(settings: Mapping[str, object], athlete: str | Athlete) -> Athlete:
    """Return who trains by the settings; `athlete` is what the explorer was given."""
    name = settings["person"]
    return athlete if name == GIVEN else _shipped_person(name)


@lru_cache(maxsize=32)
def _shipped_person(name: str) -> Athlete:
    return read_athlete(name)


def replanned(
    plan: Plan, controls: Mapping[str, Control], settings: Mapping[str, object]
) -> Plan:
    """Return a plan with the controls that are not where they started.

    The same values give the same object, so that what follows from it is found again.
    """
    moved = tuple(
        (name, settings[name])
        for name in _TURNS
        if name in controls and settings[name] != controls[name].start
    )
    return _apply_knob(ById(plan), moved)


@lru_cache(maxsize=512)
def _apply_knob(same: ById, moved: tuple[tuple[str, float], ...]) -> Plan:
    plan = same.value
    values = dict(moved)
    if "load_step_pct" in values:
        plan = apply_knob(plan, "load_step", values.pop("load_step_pct") / 100)
    options = {_TURNS[name]: value for name, value in values.items()}
    for name in ("deload_sets_fraction", "deload_load_fraction"):
        if name in options:
            options[name] /= 100
    return reshape(plan, **options)


def _number(
    name: str, label: str, low: float, high: float, step: float, start: float
) -> Number:
    return Number(name=name, label=label, low=low, high=high, step=step, start=start)
