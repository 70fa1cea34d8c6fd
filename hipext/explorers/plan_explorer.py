"""The explorers of a plan and of its deload weeks, and the controls they share.

The plan explorer shows weekly volume and hard sets, fitness and fatigue; the deload
explorer shows deload weeks in an impulse-response model, which adds up fitness and
fatigue, and in the simulation, where performance, pain and fatigue feed back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from statistics import mode

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.explorers.cached_runs import CachedRun, cached_run
from hipext.explorers.explorer import Choice, Definition, Explorer, Number, Settings
from hipext.explorers.panels import AT_THE_START, Bands, Bars, Panels, weeks_of_days
from hipext.files.io import shipped_names
from hipext.files.tables import DAYS_PER_WEEK, WEEKDAYS
from hipext.plans.edits import KNOBS, SPREAD, sessions_per_week
from hipext.plans.plan import Plan
from hipext.plans.plan_file import read_plan
from hipext.plots.style import BLACK, GREEN
from hipext.plots.training import RESPONSE_STYLES
from hipext.response.models import Banister
from hipext.simulation.arrays import ById
from hipext.simulation.simulation import teaching_model

PANELS = {
    "volume_kg": "volume load with\nbody mass (kg)",
    "hard_sets": "hard sets (sets)",
    "response": "model state (a.u.)",
}
_BARS = ("volume_kg", "hard_sets")  # panels, and measures of a run
MAX_WEEKS_SHOWN = 26
GIVEN = "given"  # option for a plan or an athlete that is not shipped
PLAN_CONTROLS = {  # control: knob of `plans.edits`, and the divisor of its value
    "weeks": ("weeks", 1),
    "sessions_per_week": ("sessions_a_week", 1),
    "load_step_pct": ("load_step", 100),
    "deload_every_weeks": ("deload_every", 1),
    "deload_sets_pct": ("deload_sets", 100),
    "deload_load_pct": ("deload_load", 100),
}
LOAD_STEP = Number("load_step_pct", "Load steps (% of the plan's)", 10, 300, 10, 100)

DELOAD_PANELS = {
    "volume_kg": "volume load with\nbody mass (kg)",
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
class PlanRun:
    """A run of a plan, and the response of a model to its training load."""

    run: CachedRun
    model: Banister

    @cached_property
    def response(self) -> dict[str, np.ndarray]:
        """Fitness, fatigue and performance on every morning."""
        states = self.model.respond(pd.Series(self.run.session_rpe))
        return {name: state.to_numpy() for name, state in states.items()}

    def table(self) -> pd.DataFrame:
        """Return one row per week: sums of the week, states of its last morning."""
        run, last = self.run, slice(DAYS_PER_WEEK - 1, None, DAYS_PER_WEEK)
        columns = {
            "week": np.arange(1, run.n_weeks + 1),
            "phase": run.phases,
            "is_deload": run.is_deload,
            "working_sets": run.trace.weeks["working_sets"],
            "hard_sets": run.hard_sets,
            "system_volume_load_kg": run.volume_kg,
            "strength_pct": run.strength_pct[last],
            **{name: state[last] for name, state in self.response.items()},
        }
        return pd.DataFrame(columns)


def explore_plan(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of a plan: volume, hard sets, fitness and fatigue.

    Performance, pain and fatigue feed back into the plan, as in `simulate` without
    noise. At the start the curves are those of the unchanged plan. Where no widget can
    be shown, its picture is shown.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str or Athlete, default "novice"
        Name of a shipped athlete, or an athlete, to start with.
    """
    plan = plan_of(plan)
    longest = max(MAX_WEEKS_SHOWN, plan.n_weeks)
    controls = (
        Number("weeks", "Weeks", 4, longest, step=1, start=plan.n_weeks),
        sessions_control(plan),
        LOAD_STEP,
        *deload_controls(plan),
        athlete_control(athlete),
    )

    def evaluate(settings: Settings) -> PlanRun:
        edited = edited_plan(plan, controls, settings)
        run = cached_run(edited, athlete_of(settings, athlete))
        return PlanRun(run, teaching_model())

    definition = Definition(
        name="plan",
        title="Weekly volume, hard sets, fitness and fatigue of a plan",
        controls=controls,
        evaluate=evaluate,
        drawing=PlanFigure,
        description=description,
    )
    return Explorer(definition)


class PlanFigure(Panels):
    """Weekly volume load and hard sets, and the response of the model."""

    def __init__(
        self,
        start: PlanRun,
        labels: Mapping[str, str] = PANELS,
        heights: Sequence[float] = (1, 0.8, 1.2),
    ) -> None:
        super().__init__(labels, heights=heights)
        self.start = start
        self.axes["volume_kg"].yaxis.set_major_formatter("{x:,.0f}")
        self.bands = Bands(self, [name for name in labels if name not in _BARS])
        self.bars = {name: Bars(self, name) for name in _BARS if name in labels}
        weeks, steps = np.arange(1, start.run.n_weeks + 1), {"drawstyle": "steps-mid"}
        for name in self.bars:
            points = weeks, getattr(start.run, name)
            self.line(name, "at the start", points, **AT_THE_START | steps)
        self.response = {
            name: self.line("response", name, **style)
            for name, style in RESPONSE_STYLES.items()
        }
        label, before = "performance\nat the start", start.response["performance"]
        points = weeks_of_days(len(before)), before
        self.line("response", label, points, **AT_THE_START)

    def update(self, shown: PlanRun, *others: CachedRun) -> None:
        """Update the figure, with room for the weeks of others."""
        run, both = shown.run, (shown, self.start)
        for name, bars in self.bars.items():
            heights = getattr(run, name)
            self.fit(name, 0, max(getattr(one.run, name).max() for one in both))
            bars.show(heights, run.is_deload)
        self.bands.show(run.is_deload)
        for name, line in self.response.items():
            line.set_data(
                weeks_of_days(len(shown.response[name])), shown.response[name]
            )
        states = np.concatenate([x for one in both for x in one.response.values()])
        self.fit("response", min(0.0, states.min()), states.max())
        # All panels share the axis of weeks, so one of them sets its limits.
        runs = (run, self.start.run, *others)
        self.fit_weeks([*self.axes][-1], max(one.n_weeks for one in runs))


def description(shown: PlanRun) -> str:
    """Return sentences with the numbers of the figure."""
    run, response = shown.run, shown.response
    n_sets = run.trace.weeks["working_sets"].sum()
    best = int(response["performance"].argmax())
    return (
        f"{run.n_weeks} weeks, {n_sets:.0f} working sets. "
        f"Deload weeks: {deload_weeks(run)}. "
        f"Volume is highest in week {run.volume_kg.argmax() + 1} "
        f"({run.volume_kg.max():,.0f} kg). "
        f"Modelled performance is highest in week {best // DAYS_PER_WEEK + 1}, "
        f"{WEEKDAYS[best % DAYS_PER_WEEK].capitalize()} "
        f"({response['performance'].max():.1f} a.u.); "
        f"fatigue peaks at {response['fatigue'].max():.1f} a.u."
    )


@dataclass(frozen=True, eq=False)
class DeloadRun(PlanRun):
    """The run of a plan, and that of the same plan without deload weeks."""

    without: CachedRun

    @cached_property
    def first_deload(self) -> dict[str, float] | None:
        """Change of each state over the first deload week; None where there is none."""
        weeks = np.flatnonzero(self.run.is_deload)
        if not len(weeks):
            return None
        # To the morning after the week, or to the last one of the plan.
        start, end = DAYS_PER_WEEK * weeks[0], DAYS_PER_WEEK * (weeks[0] + 1)
        end = min(end, len(self.run.trace.days) - 1)
        return {
            name: state[end] - state[start] for name, state in self.response.items()
        }

    def table(self) -> pd.DataFrame:
        """Return one row per week, with the strength without deload weeks."""
        last = self.without.strength_pct[DAYS_PER_WEEK - 1 :: DAYS_PER_WEEK]
        table = super().table()
        return table.assign(strength_without_pct=pd.Series(last).reindex(table.index))


def explore_deload(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of deload weeks, by two models.

    One model adds up fitness and fatigue; its constants are controls. The other is the
    simulation without noise, once with the deload weeks and once without any.

    Parameters
    ----------
    plan, athlete
        As in `explore_plan`.
    """
    plan = plan_of(plan)
    usual = teaching_model()
    constants = (
        Number(name, *settings, start=getattr(usual, name))
        for name, settings in _CONSTANTS.items()
    )
    controls = (*deload_controls(plan), *constants, athlete_control(athlete))
    never = {control.name: control.start for control in controls}
    never["deload_every_weeks"] = 0

    @lru_cache(maxsize=16)
    def run_without(athlete: ById) -> CachedRun:
        return cached_run(edited_plan(plan, controls, never), athlete.value)

    def evaluate(settings: Settings) -> DeloadRun:
        chosen = athlete_of(settings, athlete)
        model = replace(usual, **{name: settings[name] for name in _CONSTANTS})
        run = cached_run(edited_plan(plan, controls, settings), chosen)
        return DeloadRun(run, model, run_without(ById(chosen)))

    definition = Definition(
        name="deload",
        title="Deload weeks: volume, fitness and fatigue of a model, and strength",
        controls=controls,
        evaluate=evaluate,
        drawing=DeloadFigure,
        description=deload_description,
    )
    return Explorer(definition)


class DeloadFigure(PlanFigure):
    """Weekly volume load, response of the model, strength with and without deloads."""

    def __init__(self, start: DeloadRun) -> None:
        super().__init__(start, DELOAD_PANELS, heights=(0.8, 1.2, 1))
        self.strength = [
            self.line("strength", name, **style)
            for name, style in _STRENGTH_STYLES.items()
        ]

    def update(self, shown: DeloadRun) -> None:
        """Update the figure."""
        strengths = (shown.run.strength_pct, shown.without.strength_pct)
        for line, strength in zip(self.strength, strengths, strict=True):
            line.set_data(weeks_of_days(len(strength)), strength)
        both = np.concatenate(strengths)
        self.fit("strength", both.min(), both.max())
        super().update(shown, shown.without)


def deload_description(shown: DeloadRun) -> str:
    """Return sentences with the numbers of the figure."""
    run, change = shown.run, shown.first_deload
    strength, without = run.strength_pct[-1], shown.without.strength_pct[-1]
    first = "There is no deload week."
    if change is not None:
        first = (
            f"Deload weeks: {deload_weeks(run)}. Over the first of them the model's "
            f"fatigue changes by {change['fatigue']:+.1f}, its fitness by "
            f"{change['fitness']:+.1f} and performance by "
            f"{change['performance']:+.1f} a.u."
        )
    last = shown.response["performance"][-1]
    return (
        f"{first} At the end of {run.n_weeks} weeks performance in the model is "
        f"{last:.1f} a.u. In the simulation strength ends at {strength:.1f} % of the "
        f"start; without deload weeks at {without:.1f} % after "
        f"{shown.without.n_weeks} weeks."
    )


def deload_weeks(run: CachedRun) -> str:
    """Return the numbers of the deload weeks as text."""
    return ", ".join(map(str, np.flatnonzero(run.is_deload) + 1)) or "none"


def plan_of(plan: str | Plan) -> Plan:
    """Return a plan, read if it is a name or a path."""
    return plan if isinstance(plan, Plan) else read_plan(plan)


def sessions_control(plan: Plan) -> Number:
    """Return the control of the sessions a week; it starts at those of most phases."""
    low, high = min(SPREAD), max(SPREAD)
    start = min(max(usual_sessions(plan), low), high)
    return Number("sessions_per_week", "Sessions a week", low, high, 1, start)


def usual_sessions(plan: Plan) -> int:
    """Return the sessions a week of most phases."""
    return mode(sessions_per_week(plan, phase) for phase in plan.phase)


def deload_controls(plan: Plan) -> tuple[Number, Number, Number]:
    """Return the controls of the deload weeks."""
    every, label = plan.deload.every_weeks, "Deload every (weeks; 0: no)"
    sets_pct = round(100 * plan.deload.sets_fraction)
    load_pct = round(100 * plan.deload.load_fraction)
    return (
        Number("deload_every_weeks", label, 0, max(8, every), 1, every),
        Number("deload_sets_pct", "Deload keeps (% of sets)", 0, 100, 5, sets_pct),
        Number("deload_load_pct", "Deload keeps (% of load)", 0, 100, 5, load_pct),
    )


def athlete_control(athlete: str | Athlete) -> Choice:
    """Return the choice of the athlete: those shipped, and one that is given."""
    options = {name: read_athlete(name).name for name in shipped_names("athletes")}
    if isinstance(athlete, Athlete):
        options = {GIVEN: athlete.name} | options
    start = GIVEN if isinstance(athlete, Athlete) else athlete
    return Choice("athlete", "Athlete", options, start)


def athlete_of(settings: Settings, athlete: str | Athlete) -> Athlete:
    """Return the athlete of the settings; `athlete` is the one that was given."""
    name = settings["athlete"]
    return athlete if name == GIVEN else _shipped_athlete(name)


# The same object every time, for the caches of runs.
_shipped_athlete = lru_cache(maxsize=32)(read_athlete)


def edited_plan(
    plan: Plan, controls: Iterable[Choice | Number], settings: Settings
) -> Plan:
    """Return a plan changed by those controls that are not at their start.

    Equal settings give the same object, so that its run is found in the cache.
    """
    moved = tuple(
        (control.name, settings[control.name])
        for control in controls
        if control.name in PLAN_CONTROLS and settings[control.name] != control.start
    )
    return _edited(ById(plan), moved)


@lru_cache(maxsize=512)
def _edited(plan: ById, moved: tuple[tuple[str, float], ...]) -> Plan:
    edited = plan.value
    for control, value in moved:
        knob, divisor = PLAN_CONTROLS[control]
        # Without the check of `apply_knob`, which reads a whole plan anew: a control
        # allows only what its knob allows, and unchanged parts stay the same objects.
        edited = KNOBS[knob].change(edited, value if divisor == 1 else value / divisor)
    return edited
