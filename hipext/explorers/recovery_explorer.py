"""The recovery explorer: pain, soreness, range, and the light weeks they bring."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from hipext.athletes.athlete import Athlete, FlareUp, Recovery, read_athlete
from hipext.engine import decisions as why
from hipext.explorers.cached_runs import CachedRun, cached_run
from hipext.explorers.explorer import Choice, Control, Number, Scene, choice_of
from hipext.explorers.panels import AT_THE_START, Panels, weeks_of_days
from hipext.explorers.plan_explorer import person_control, person_of, plan_of
from hipext.files.checks import DAY_NAMES, spans
from hipext.files.tables import DAYS_PER_WEEK
from hipext.plans.edits import changed, exercise_of, is_work, with_sessions
from hipext.plans.plan import MAX_WEEKS, Gate, Plan, Session, Slot, slot_kind, slots_of
from hipext.plots.style import BLACK, BLUE, GREY, VERMILION
from hipext.simulation.arrays import ById

PANELS = {
    "pain": "reported pain\n(0 to 10)",
    "body": "soreness (0 to 10),\nstiffness (degrees)",
    "range": "hip extension\n(degrees)",
}
_PAIN_TOP, _SIGNS_AT, _FLARES_AT = 13.8, 12.7, 11.2  # heights above all pain
_LINES = {  # column of the table: panel, label, looks
    "pain_reported": ("pain", "reported pain", {"color": VERMILION}),
    "soreness_reported": ("body", "soreness", {"color": BLUE}),
    "stiffness_deg": ("body", "stiffness", {"color": BLACK, "linestyle": "--"}),
    "range_left_deg": ("range", "left", {"color": BLUE}),
    "range_right_deg": ("range", "right", {"color": VERMILION, "linestyle": "--"}),
}
_SIDES = ("range_left_deg", "range_right_deg")
_LIMIT = {"color": GREY, "linestyle": "-.", "linewidth": 1.3, "zorder": 1.7}
_SIGN = {"color": BLACK, "linestyle": "", "markersize": 6, "fillstyle": "none"}
_DECIDED = {  # what was decided about a light week: reason, words, sign
    "scheduled": (why.PLANNED_DELOAD, "light by plan", {"marker": "s"}),
    "by pain": (why.PAIN_DELOAD, "light by pain", {"marker": "^"}),
    "skipped": (why.DELOAD_NOT_STACKED, "by plan: skipped", {"marker": "x"}),
}
AS_PLANNED = "as_planned"
MOBILITY = {
    AS_PLANNED: "as planned",
    "with_work": "only in sessions with work",
    "none": "none",
}
_FLARE_UP = 6.0  # points of pain: enough for a light week by most plans
_HABITS = (  # name, label, ends of what the slider shows, step
    ("sleep_h", "Sleep (hours a night)", 4.0, 10.0, 0.25),
    ("stress", "Stress (0 none to 1)", 0.0, 1.0, 0.05),
    ("nutrition", "Food covers needs (0 to 1)", 0.0, 1.0, 0.05),
    ("hydration", "Drink covers needs (0 to 1)", 0.0, 1.0, 0.05),
)


@dataclass(frozen=True, eq=False)
class Recovered:
    """What a plan came to for a person, and what was set."""

    lived: CachedRun
    athlete: Athlete
    settings: Mapping[str, object]

    @cached_property
    def curves(self) -> dict[str, np.ndarray]:
        """Reports and states of every morning."""
        return {name: self.lived.of_days(name) for name in _LINES}

    @cached_property
    def least_range_deg(self) -> np.ndarray:
        """What the gate of the phase asks of the stiffer side, on every morning."""
        sides = [self.curves[name] for name in _SIDES]
        phases = self.lived.trace.days[:, 0].astype("int64")
        least = np.full(len(phases), np.nan)
        for place in np.unique(phases):
            days = phases == place
            gate = self.lived.plan.phase[place].advance
            if gate is not None:
                least[days] = least_range(gate, *(side[days] for side in sides))
        return least

    @cached_property
    def decided_weeks(self) -> dict[str, np.ndarray]:
        """Weeks that were made light, by what did it, and those that were not."""
        rows = self.lived.trace.decisions
        return {
            name: rows[rows[:, 3] == reason, 0].astype("int64") // DAYS_PER_WEEK + 1
            for name, (reason, *_) in _DECIDED.items()
        }

    @property
    def recovery(self) -> float:
        """How well habits support recovery; 1 for usual ones."""
        return float(self.lived.setting.people.persons[0]["recovery"])

    def table(self) -> pd.DataFrame:
        """Return a row per day."""
        lived, n_days = self.lived, len(self.lived.trace.days)
        days = np.arange(n_days)
        return pd.DataFrame(
            {
                "week": days // DAYS_PER_WEEK + 1,
                "day": days,
                "phase": np.repeat(lived.phases, DAYS_PER_WEEK),
                "is_deload": np.repeat(lived.is_light, DAYS_PER_WEEK),
                **self.curves,
                "least_range_deg": self.least_range_deg,
                "strength_pct": lived.strength_pct,
            }
        )


def least_range(gate: Gate, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the hip extension (degrees) that a gate asks of the stiffer side.

    It is the least range of either side, or what keeps the difference of the sides
    within its limit, whichever is more; missing where a gate asks for neither.
    """
    limits = [np.full(len(left), np.nan)]
    if gate.range_min_deg is not None:
        limits.append(np.full(len(left), gate.range_min_deg))
    if gate.asymmetry_max_deg is not None:
        limits.append(np.maximum(left, right) - gate.asymmetry_max_deg)
    return np.fmax.reduce(limits)


def recovery_scene(plan: str | Plan, athlete: str | Athlete) -> Scene:
    """Return what `widgets.explore_recovery` explores."""
    plan = plan_of(plan)
    first = athlete if isinstance(athlete, Athlete) else read_athlete(athlete)
    controls: tuple[Control, ...] = (
        *recovery_controls(plan, first),
        person_control(athlete),
    )

    def answer(settings: Mapping[str, object]) -> Recovered:
        who = person_with(person_of(settings, athlete), settings)
        return Recovered(cached_run(plan_with(plan, settings), who), who, settings)

    return Scene(
        name="recovery",
        title="Pain, soreness and hip extension of a person in a plan",
        controls=controls,
        answer=answer,
        drawing=RecoveryFigure,
        in_words=in_words,
        table=Recovered.table,
    )


class RecoveryFigure:
    """Reported pain with light weeks; soreness and stiffness; hip extension."""

    def __init__(self, start: Recovered) -> None:
        panels = Panels(PANELS, heights=(1.25, 0.9, 1.0))
        for name, label in PANELS.items():
            panels.axes[name].set_ylabel(label)
        panels.axes["range"].set_xlabel("week")
        panels.axes["pain"].set(ylim=(0, _PAIN_TOP), yticks=range(0, 11, 2))
        self.bands = panels.bands(PANELS)
        _draw_limit(panels, start.lived.plan)
        self.before = {
            name: panels.line(panel, **(AT_THE_START | _dash(style)))
            for name, (panel, _, style) in _LINES.items()
        }
        self.lines = {
            name: panels.line(panel, label, linewidth=1.8, **style)
            for name, (panel, label, style) in _LINES.items()
        }
        self.least = panels.line("range", "gate: stiffer side\nat least", **_LIMIT)
        self.signs = {
            name: panels.line("pain", label, **(_SIGN | sign))
            for name, (_, label, sign) in _DECIDED.items()
        }
        self.flare_up = panels.line(
            "pain", "flare-up begins", **(_SIGN | {"marker": "v", "color": VERMILION})
        )
        for panel in PANELS:
            panels.axes[panel].plot([], [], label="at the start", **AT_THE_START)
        panels.legend(*PANELS)
        self.panels, self.start = panels, start
        weeks = weeks_of_days(len(start.lived.trace.days))
        for name, line in self.before.items():
            line.set_data(weeks, start.curves[name])
        self.figure, self.picture = panels.figure, panels.picture

    def show(self, now: Recovered) -> bytes:
        """Draw other weeks; return the picture as PNG."""
        days = weeks_of_days(len(now.lived.trace.days))
        for name, line in self.lines.items():
            line.set_data(days, now.curves[name])
        self.least.set_data(days, now.least_range_deg)
        for name, sign in self.signs.items():
            weeks = now.decided_weeks[name]
            sign.set_data(weeks, np.full(len(weeks), _SIGNS_AT))
        begins = np.array([one.week for one in now.athlete.flare_ups]) - 0.5
        self.flare_up.set_data(begins, np.full(len(begins), _FLARES_AT))
        self.bands.show(now.lived.is_light)
        n_weeks = max(now.lived.n_weeks, self.start.lived.n_weeks)
        self.panels.fit_weeks("range", n_weeks)
        both = (now, self.start)
        self.panels.fit("body", 0.0, _highest("body", both))
        least = (np.nanmin([0.0, *one.least_range_deg]) for one in both)
        low = min(*least, *(one.curves[name].min() for one in both for name in _SIDES))
        self.panels.fit("range", low, _highest("range", both))
        return self.picture.png()


def _highest(panel: str, some: Iterable[Recovered]) -> float:
    """Return the highest value of all curves of a panel."""
    names = [name for name, (where, *_) in _LINES.items() if where == panel]
    return max(one.curves[name].max() for one in some for name in names)


def _dash(style: Mapping[str, object]) -> dict[str, object]:
    """Return the dash of a style, for the same curve at the start."""
    return {"linestyle": style.get("linestyle", "-")}


def _draw_limit(panels: Panels, plan: Plan) -> None:
    """Draw the pain above which the plan has a light week, if it has such a rule."""
    if plan.deload.reactive is not None:
        above = plan.deload.reactive.pain_above
        line = panels.line("pain", "above: light week", **_LIMIT)
        line.set_data([0, MAX_WEEKS + 1], [above, above])


def in_words(now: Recovered) -> str:
    """Return what the picture shows, as sentences with numbers."""
    lived, curves = now.lived, now.curves
    pain, sore = curves["pain_reported"], curves["soreness_reported"]
    left, right = (curves[name][-1] for name in _SIDES)
    return (
        f"{now.athlete.name}: habits give {now.recovery:.3f} of usual recovery, "
        f"{_flare_up(now.settings)}{_mobility(now.settings)}. "
        f"Reported pain is highest in {_when(pain)} ({pain.max():.1f} of 10), "
        f"soreness in {_when(sore)} ({sore.max():.2f} of 10). "
        f"The plan of {lived.plan.n_weeks} weeks {_length(lived)}; "
        f"{_light_weeks(now)}. "
        f"Strength ends at {_strength(lived)}; the hips extend {left:.1f} (left) and "
        f"{right:.1f} degrees (right)."
    )


def _flare_up(settings: Mapping[str, object]) -> str:
    week, pain = settings["flare_up_week"], settings["flare_up_pain"]
    if not week:
        return f"no flare-up added (one of {pain:g} points waits for a week)"
    return f"a flare-up of {pain:g} points begins in week {week}"


def _mobility(settings: Mapping[str, object]) -> str:
    where = settings.get("mobility", AS_PLANNED)
    return "" if where == AS_PLANNED else f", mobility work {MOBILITY[where]}"


def _when(values: np.ndarray) -> str:
    week, weekday = divmod(int(values.argmax()), DAYS_PER_WEEK)
    return f"week {week + 1}, {DAY_NAMES[weekday]}"


def _length(lived: CachedRun) -> str:
    """Return how long the plan took, in words; gates can hold it up for good."""
    names = [phase.name for phase in lived.plan.phase]
    last = lived.phases[-1]
    if last == names[-1]:
        return f"took {lived.n_weeks}"
    place = f"{names.index(last) + 1} of {len(names)}"
    return f"is still in phase {last} ({place}) after {lived.n_weeks}"


def _light_weeks(now: Recovered) -> str:
    """Return the light weeks by what made them, in words."""
    weeks = {
        name: spans(found.tolist()) if len(found) else ""
        for name, found in now.decided_weeks.items()
    }
    reactive = now.lived.plan.deload.reactive
    parts = [f"light weeks: {weeks['scheduled'] or 'none'} scheduled"]
    if reactive is None:
        parts.append("the plan has none for pain")
    else:
        above = f"by pain above {reactive.pain_above:g}"
        parts.append(f"{weeks['by pain'] or 'none'} {above}")
    if weeks["skipped"]:
        parts.append(f"{weeks['skipped']} scheduled but not stacked on that")
    return ", ".join(parts)


def _strength(lived: CachedRun) -> str:
    strength = lived.strength_pct[-1]
    if np.isnan(strength):
        return "an unknown 1RM, as no lift was tested"
    return f"{strength:.1f} % of the start"


def recovery_controls(plan: Plan, athlete: Athlete) -> tuple[Control, ...]:
    """Return the controls; they start at the habits of the person."""
    own = athlete.recovery
    habits = (
        Number(
            name=name,
            label=label,
            low=min(low, getattr(own, name)),
            high=max(high, getattr(own, name)),
            step=step,
            start=float(getattr(own, name)),
        )
        for name, label, low, high, step in _HABITS
    )
    flare_up = (
        Number(
            name="flare_up_week",
            label="Flare-up in week (0: none)",
            low=0,
            high=plan.n_weeks,
            step=1,
            start=0,
        ),
        Number(
            name="flare_up_pain",
            label="Flare-up adds (points of pain)",
            low=1.0,
            high=9.0,
            step=0.5,
            start=_FLARE_UP,
        ),
    )
    return (*habits, *_mobility_controls(plan), *flare_up)


def _mobility_controls(plan: Plan) -> tuple[Choice, ...]:
    """Return the choice of mobility work, where the plan has any."""
    if without_mobility(plan, "none") == plan:
        return ()
    return (choice_of("mobility", "Mobility work", MOBILITY, AS_PLANNED),)


@lru_cache(maxsize=8)
def _plan_without(same: ById, where: str) -> Plan:
    return without_mobility(same.value, where)


def plan_with(plan: Plan, settings: Mapping[str, object]) -> Plan:
    """Return the plan with the mobility work of the settings.

    The same settings give the same object, so that what follows is found again.
    """
    where = settings.get("mobility", AS_PLANNED)
    return plan if where == AS_PLANNED else _plan_without(ById(plan), str(where))


def without_mobility(plan: Plan, where: str) -> Plan:
    """Return a plan without slots of mobility work.

    Parameters
    ----------
    plan : Plan
        A checked plan; it stays as it is.
    where : str
        ``"none"`` takes them out everywhere; ``"with_work"`` leaves those of sessions
        in which something is work.
    """

    def remade(session: Session) -> Session:
        slots = slots_of(plan, session)
        kept = tuple(slot for slot in slots if not _is_mobility(slot))
        has_work = any(map(is_work, slots))
        if len(kept) == len(slots) or (has_work and where == "with_work"):
            return session
        return changed(session, slot=kept, begin_with=(), end_with=())

    return with_sessions(plan, remade)


def _is_mobility(slot: Slot) -> bool:
    return slot_kind(slot, exercise_of(slot)) == "mobility"


def person_with(athlete: Athlete, settings: Mapping[str, object]) -> Athlete:
    """Return a person with the habits of the settings, and one more flare-up.

    The same settings give the same object, so that what follows is found again.
    """
    habits = tuple(float(settings[name]) for name, *_ in _HABITS)
    week = settings["flare_up_week"]
    pain = settings["flare_up_pain"] if week else 0.0
    return _person_with(ById(athlete), habits, week, pain)


@lru_cache(maxsize=256)
def _person_with(
    same: ById, habits: tuple[float, ...], week: int, pain: float
) -> Athlete:
    athlete = same.value
    names = (name for name, *_ in _HABITS)
    recovery = Recovery(**dict(zip(names, habits, strict=True)))
    more = (FlareUp(week=week, pain=pain),) if week else ()
    flare_ups = (*athlete.flare_ups, *more)
    return changed(athlete, recovery=recovery, flare_ups=flare_ups)
