"""The recovery explorer: effects of habits, pain and mobility work on an athlete."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete, FlareUp, Recovery, read_athlete
from hipext.engine import decisions as why
from hipext.explorers.cached_runs import CachedRun, cached_run
from hipext.explorers.explorer import Choice, Definition, Explorer, Number, Settings
from hipext.explorers.panels import AT_THE_START, Bands, Panels, weeks_of_days
from hipext.explorers.plan_explorer import athlete_control, athlete_of, plan_of
from hipext.files.checks import DAY_NAMES, ranges_text
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.edits import changed, exercise_of, is_work, with_sessions
from hipext.plans.plan import MAX_WEEKS, Gate, Plan, Session, slot_kind, slots_of
from hipext.plots.style import BLACK, BLUE, GREY, VERMILION

PANELS = {
    "pain": "reported pain\n(0 to 10)",
    "body": "soreness (0 to 10),\nstiffness (degrees)",
    "range": "hip extension\n(degrees)",
}
_PAIN_TOP, _SIGNS_AT, _FLARE_UPS_AT = 13.8, 12.7, 11.2  # heights above all pain
_LINES = {  # column of the table: panel, label, style
    "pain_reported": ("pain", "reported pain", {"color": VERMILION}),
    "soreness_reported": ("body", "soreness", {"color": BLUE}),
    "stiffness_deg": ("body", "stiffness", {"color": BLACK, "linestyle": "--"}),
    "range_left_deg": ("range", "left", {"color": BLUE}),
    "range_right_deg": ("range", "right", {"color": VERMILION, "linestyle": "--"}),
}
_SIDES = ("range_left_deg", "range_right_deg")
_LIMIT = {"color": GREY, "linestyle": "-.", "linewidth": 1.3, "zorder": 1.7}
_SIGN = {"color": BLACK, "linestyle": "", "markersize": 6, "fillstyle": "none"}
_DECISIONS = {  # about deload weeks: reason, label, marker
    "scheduled": (why.PLANNED_DELOAD, "deload by plan", "s"),
    "by pain": (why.REACTIVE_DELOAD, "deload by pain", "^"),
    "skipped": (why.DELOAD_NOT_STACKED, "by plan: skipped", "x"),
}
AS_PLANNED = "as_planned"
MOBILITY = {
    AS_PLANNED: "as planned",
    "with_work": "only in sessions with work",
    "none": "none",
}
_FLARE_UP = 6.0  # points of pain: enough for a deload week by most plans
_HABITS = {  # name: label, lowest, highest, step
    "sleep_h": ("Sleep (hours a night)", 4.0, 10.0, 0.25),
    "stress": ("Stress (0 none to 1)", 0.0, 1.0, 0.05),
    "nutrition": ("Food covers needs (0 to 1)", 0.0, 1.0, 0.05),
    "hydration": ("Drink covers needs (0 to 1)", 0.0, 1.0, 0.05),
}


@dataclass(frozen=True, eq=False)
class RecoveryRun:
    """A run of a plan, its athlete with the habits that were set, and the settings."""

    run: CachedRun
    athlete: Athlete
    settings: Settings

    @cached_property
    def least_range_deg(self) -> np.ndarray:
        """Hip extension that the gate of the phase requires, on every morning."""
        log = self.run.trace.days
        sides, phases = [log[name] for name in _SIDES], log["phase"]
        least = np.full(len(phases), np.nan)
        for place in np.unique(phases):
            days = phases == place
            gate = self.run.plan.phase[place].advance
            if gate is not None:
                least[days] = least_range(gate, *(side[days] for side in sides))
        return least

    @cached_property
    def decided_weeks(self) -> dict[str, np.ndarray]:
        """Weeks by what was decided about their deload."""
        rows = self.run.trace.decisions
        return {
            name: rows["day"][rows["reason"] == reason] // DAYS_PER_WEEK + 1
            for name, (reason, *_) in _DECISIONS.items()
        }

    def table(self) -> pd.DataFrame:
        """Return one row per day."""
        log = self.run.trace.days
        days = np.arange(len(log))
        columns = {
            "week": days // DAYS_PER_WEEK + 1,
            "day": days,
            "phase": np.repeat(self.run.phases, DAYS_PER_WEEK),
            "is_deload": np.repeat(self.run.is_deload, DAYS_PER_WEEK),
            **{name: log[name] for name in _LINES},
            "least_range_deg": self.least_range_deg,
            "strength_pct": self.run.strength_pct,
        }
        return pd.DataFrame(columns)


def least_range(gate: Gate, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the hip extension (degrees) that a gate requires of the stiffer side.

    It is the larger of two limits: the least range of either side, and the range at
    which the difference between the sides is allowed; NaN where a gate has neither.
    """
    # As numbers, a limit that a gate lacks (None) is NaN, which fmax passes over.
    limits = (gate.range_min_deg, gate.asymmetry_max_deg)
    least_deg, difference_deg = np.array(limits, dtype="float64")
    return np.fmax(least_deg, np.maximum(left, right) - difference_deg)


def explore_recovery(
    plan: str | Plan = "guide_16wk", athlete: str | Athlete = "novice"
) -> Explorer:
    """Return an explorer of recovery: habits, a flare-up of pain, mobility work.

    Performance, pain and fatigue feed back into the plan, as in `simulate` without
    noise. Habits start at those of `athlete` and keep their values when another athlete
    is chosen; a flare-up is added to those of the athlete.

    Parameters
    ----------
    plan, athlete
        As in `explore_plan`.
    """
    plan = plan_of(plan)
    first = athlete if isinstance(athlete, Athlete) else read_athlete(athlete)
    # Made once: the same objects are found in the caches of runs.
    plans = {where: without_mobility(plan, where) for where in MOBILITY}
    plans |= {AS_PLANNED: plan}

    def evaluate(settings: Settings) -> RecoveryRun:
        chosen = with_habits(athlete_of(settings, athlete), settings)
        edited = plans[settings.get("mobility", AS_PLANNED)]
        return RecoveryRun(cached_run(edited, chosen), chosen, settings)

    definition = Definition(
        name="recovery",
        title="Pain, soreness and hip extension of an athlete in a plan",
        controls=(*_controls(plan, first), athlete_control(athlete)),
        evaluate=evaluate,
        drawing=RecoveryFigure,
        description=description,
    )
    return Explorer(definition)


def _controls(plan: Plan, athlete: Athlete) -> Iterable[Choice | Number]:
    """Yield the controls; they start at the habits of the athlete."""
    for name, (label, low, high, step) in _HABITS.items():
        own = float(getattr(athlete.recovery, name))
        yield Number(name, label, min(low, own), max(high, own), step, own)
    if without_mobility(plan, "none") != plan:
        yield Choice("mobility", "Mobility work", MOBILITY, AS_PLANNED)
    yield Number("flare_up_week", "Flare-up in week (0: none)", 0, plan.n_weeks, 1, 0)
    label = "Flare-up adds (points of pain)"
    yield Number("flare_up_pain", label, 1.0, 9.0, step=0.5, start=_FLARE_UP)


class RecoveryFigure(Panels):
    """Reported pain with deload weeks; soreness and stiffness; hip extension."""

    def __init__(self, start: RecoveryRun) -> None:
        super().__init__(PANELS, heights=(1.25, 0.9, 1.0))
        self.start = start
        self.axes["pain"].set(ylim=(0, _PAIN_TOP), yticks=range(0, 11, 2))
        self.bands = Bands(self, PANELS)
        reactive = start.run.plan.deload.reactive
        if reactive is not None:
            points = [0, MAX_WEEKS + 1], [reactive.pain_above] * 2
            self.line("pain", "above: deload week", points, **_LIMIT)
        weeks = weeks_of_days(len(start.run.trace.days))
        for name, (panel, _, style) in _LINES.items():
            dash = {"linestyle": style.get("linestyle", "-")}
            before = weeks, start.run.trace.days[name]
            self.line(panel, points=before, **AT_THE_START | dash)
        self.lines = {
            name: self.line(panel, label, linewidth=1.8, **style)
            for name, (panel, label, style) in _LINES.items()
        }
        self.least = self.line("range", "gate: stiffer side\nat least", **_LIMIT)
        self.signs = {
            name: self.line("pain", label, marker=marker, **_SIGN)
            for name, (_, label, marker) in _DECISIONS.items()
        }
        flare_up = _SIGN | {"marker": "v", "color": VERMILION}
        self.flare_up = self.line("pain", "flare-up begins", **flare_up)
        for panel in PANELS:  # for the legend
            self.axes[panel].plot([], [], label="at the start", **AT_THE_START)

    def update(self, shown: RecoveryRun) -> None:
        """Update the figure."""
        run, both = shown.run, (shown, self.start)
        days = weeks_of_days(len(run.trace.days))
        for name, line in self.lines.items():
            line.set_data(days, run.trace.days[name])
        self.least.set_data(days, shown.least_range_deg)
        for name, sign in self.signs.items():
            weeks = shown.decided_weeks[name]
            sign.set_data(weeks, np.full(len(weeks), _SIGNS_AT))
        begins = np.array([one.week for one in shown.athlete.flare_ups]) - 0.5
        self.flare_up.set_data(begins, np.full(len(begins), _FLARE_UPS_AT))
        self.bands.show(run.is_deload)
        self.fit_weeks("range", max(one.run.n_weeks for one in both))
        self.fit("body", 0.0, _highest("body", both))
        least = (np.nanmin([0.0, *one.least_range_deg]) for one in both)
        logs = [one.run.trace.days for one in both]
        low = min(*least, *(log[name].min() for log in logs for name in _SIDES))
        self.fit("range", low, _highest("range", both))


def _highest(panel: str, runs: Iterable[RecoveryRun]) -> float:
    """Return the highest value of all curves of a panel."""
    names = [name for name, (where, *_) in _LINES.items() if where == panel]
    return max(one.run.trace.days[name].max() for one in runs for name in names)


def description(shown: RecoveryRun) -> str:
    """Return sentences with the numbers of the figure."""
    run, log = shown.run, shown.run.trace.days
    recovery = run.setting.athletes.records[0]["recovery"]
    pain, sore = log["pain_reported"], log["soreness_reported"]
    left, right = (log[name][-1] for name in _SIDES)
    where = shown.settings.get("mobility", AS_PLANNED)
    mobility = "" if where == AS_PLANNED else f", mobility work {MOBILITY[where]}"
    strength = f"{run.strength_pct[-1]:.1f} % of the start"
    if np.isnan(run.strength_pct[-1]):
        strength = "an unknown 1RM, as no lift was tested"
    return (
        f"{shown.athlete.name}: habits give {recovery:.3f} of usual recovery, "
        f"{_flare_up_text(shown.settings)}{mobility}. "
        f"Reported pain is highest in {_day_text(pain)} ({pain.max():.1f} of 10), "
        f"soreness in {_day_text(sore)} ({sore.max():.2f} of 10). "
        f"The plan of {run.plan.n_weeks} weeks {_length_text(run)}; "
        f"{_deload_text(shown)}. "
        f"Strength ends at {strength}; the hips extend {left:.1f} (left) "
        f"and {right:.1f} degrees (right)."
    )


def _flare_up_text(settings: Settings) -> str:
    week, pain = settings["flare_up_week"], settings["flare_up_pain"]
    if not week:
        return f"no flare-up added (choose a week for one of {pain:g} points)"
    return f"a flare-up of {pain:g} points begins in week {week}"


def _day_text(values: np.ndarray) -> str:
    """Return week and weekday of the highest value."""
    week, weekday = divmod(int(values.argmax()), DAYS_PER_WEEK)
    return f"week {week + 1}, {DAY_NAMES[weekday]}"


def _length_text(run: CachedRun) -> str:
    """Return how long the plan took; gates can hold it up for good."""
    names = [phase.name for phase in run.plan.phase]
    last = run.phases[-1]
    if last == names[-1]:
        return f"took {run.n_weeks}"
    place = f"{names.index(last) + 1} of {len(names)}"
    return f"is still in phase {last} ({place}) after {run.n_weeks}"


def _deload_text(shown: RecoveryRun) -> str:
    """Return the deload weeks by their cause."""
    weeks = {
        name: ranges_text(found.tolist()) if len(found) else "none"
        for name, found in shown.decided_weeks.items()
    }
    reactive, by_pain = shown.run.plan.deload.reactive, "the plan has none for pain"
    if reactive is not None:
        by_pain = f"{weeks['by pain']} by pain above {reactive.pain_above:g}"
    text = f"deload weeks: {weeks['scheduled']} scheduled, {by_pain}"
    if len(shown.decided_weeks["skipped"]):
        text += f", {weeks['skipped']} scheduled but skipped after another one"
    return text


def without_mobility(plan: Plan, where: str) -> Plan:
    """Return a plan without slots of mobility work.

    `where` ``"none"`` removes all, ``"with_work"`` keeps those of sessions with work.
    """

    def edited(session: Session) -> Session:
        slots = slots_of(plan, session)
        kept = tuple(
            slot for slot in slots if slot_kind(slot, exercise_of(slot)) != "mobility"
        )
        has_work = any(map(is_work, slots))
        if len(kept) == len(slots) or (has_work and where == "with_work"):
            return session
        # The blocks that a session begins and ends with are part of its slots now.
        return changed(session, slot=kept, begin_with=(), end_with=())

    return with_sessions(plan, edited)


def with_habits(athlete: Athlete, settings: Settings) -> Athlete:
    """Return an athlete with the habits of the settings, and their flare-up besides."""
    habits = Recovery(**{name: float(settings[name]) for name in _HABITS})
    week, pain = settings["flare_up_week"], settings["flare_up_pain"]
    added = (FlareUp(week=week, pain=pain),) if week else ()
    return changed(athlete, recovery=habits, flare_ups=(*athlete.flare_ups, *added))
