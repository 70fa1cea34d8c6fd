"""Explorers for notebooks: turn a knob, see the curves of the changed plan."""

from base64 import b64encode
from html import escape

import ipywidgets

from hipext.athlete import read_athlete
from hipext.data import shipped_names
from hipext.explorer_figure import DPI, SIZE_IN, ExplorerFigure
from hipext.plan import Plan
from hipext.plan_file import read_plan
from hipext.reshape import SPREAD, reshape
from hipext.schedule import expand_plan
from hipext.simulation import Curves, curves_of
from hipext.tables import DAYS_PER_WEEK, WEEKDAYS

# label, lowest, highest, step, value at the start (None: from the plan)
KNOBS = {
    "weeks": ("Weeks", 4, 26, 1, None),
    "deload_every_weeks": ("Deload every (weeks, 0: never)", 0, 8, 1, None),
    "deload_sets_pct": ("Deload keeps (% of sets)", 0, 100, 5, None),
    "pct_step_per_week": ("Load step (% a week)", 0.0, 10.0, 0.5, 2.5),
    "sessions_per_week": ("Sessions a week", min(SPREAD), max(SPREAD), 1, 3),
}
_WIDE = {"description_width": "15.5em"}


def explore_plan(
    plan: str | Plan = "guide_16wk", athlete: str = "novice"
) -> "PlanExplorer":
    """Return an explorer of a plan: knobs, curves, and the curves in words.

    Parameters
    ----------
    plan : str or Plan, default "guide_16wk"
        Name of a shipped plan, path of a plan file, or a plan.
    athlete : str, default "novice"
        Shipped person to start with.

    Returns
    -------
    PlanExplorer
        A widget. Where no widget can be shown, its picture stands in.
    """
    return PlanExplorer(plan if isinstance(plan, Plan) else read_plan(plan), athlete)


class PlanExplorer(ipywidgets.VBox):
    """Knobs of a plan above the picture of its curves; see `explore_plan`.

    Attributes
    ----------
    knobs : dict
        Number fields by name (`KNOBS`), each tied to a slider; set their ``value``.
    person : ipywidgets.Dropdown
        The shipped persons.
    curves : Curves
        What the picture shows now.
    """

    def __init__(self, plan: Plan, athlete: str) -> None:
        self.plan = plan
        values = {name: knob[-1] for name, knob in KNOBS.items()} | {
            "weeks": plan.n_weeks,
            "deload_every_weeks": plan.deload.every_weeks,
            "deload_sets_pct": round(100 * plan.deload.sets_fraction),
        }
        self.knobs = {name: _number(name, value) for name, value in values.items()}
        self.person = ipywidgets.Dropdown(
            options=shipped_names("athletes"),
            value=athlete,
            description="Person",
            style=_WIDE,
        )
        self.at_start = self.settings
        self.curves = self._curves()
        self.drawing = ExplorerFigure(self.curves)
        self.image = ipywidgets.Image(
            format="png",
            width=SIZE_IN[0] * DPI,
            height=SIZE_IN[1] * DPI,
            layout={"max_width": "100%", "object_fit": "contain"},
        )
        self.words = ipywidgets.HTML()
        reset = ipywidgets.Button(description="Reset", tooltip="Back to the start")
        reset.on_click(lambda _: self.restore(self.at_start))
        rows = [_row(name, field) for name, field in self.knobs.items()]
        super().__init__([self.person, *rows, reset, self.words, self.image])
        for field in (*self.knobs.values(), self.person):
            field.observe(self._draw, names="value")
        self._show()

    @property
    def settings(self) -> dict[str, float | str]:
        """Values of all knobs by name, and the person: enough to come back here."""
        values = {name: field.value for name, field in self.knobs.items()}
        return values | {"person": self.person.value}

    def restore(self, settings: dict[str, float | str]) -> None:
        """Set all knobs at once, to what `settings` gave before."""
        with self.hold_trait_notifications():
            for name, value in settings.items():
                field = self.person if name == "person" else self.knobs[name]
                field.value = value

    def changed_plan(self) -> Plan:
        """Return the plan with the knobs as they are."""
        values = {name: field.value for name, field in self.knobs.items()}
        share = values.pop("deload_sets_pct") / 100
        return reshape(self.plan, deload_sets_fraction=share, **values)

    def _curves(self) -> Curves:
        plan = self.changed_plan()
        sets = expand_plan(plan, read_athlete(self.person.value))
        return curves_of(sets, n_weeks=plan.n_weeks)

    def _draw(self, _change: object) -> None:
        self.curves = self._curves()
        self._show()

    def _show(self) -> None:
        self.image.value = self.drawing.show(self.curves)
        self.words.value = _announced(in_words(self.curves))

    def _repr_mimebundle_(self, **options: object) -> dict:
        """Add the picture, for readers and pages that cannot show the widget."""
        bundle = super()._repr_mimebundle_(**options)
        small = self.drawing.picture.png(level=9)
        bundle["image/png"] = b64encode(small).decode()
        bundle["text/plain"] = in_words(self.curves)
        return bundle


def _number(name: str, value: float) -> ipywidgets.Widget:
    label, low, high, step, _ = KNOBS[name]
    kind = (
        ipywidgets.BoundedFloatText
        if isinstance(step, float)
        else ipywidgets.BoundedIntText
    )
    return kind(
        value=value,
        min=low,
        max=high,
        step=step,
        description=label,
        style=_WIDE,
        layout={"width": "22em"},
    )


def _row(name: str, field: ipywidgets.Widget) -> ipywidgets.HBox:
    _, low, high, step, _ = KNOBS[name]
    kind = ipywidgets.FloatSlider if isinstance(step, float) else ipywidgets.IntSlider
    slider = kind(value=field.value, min=low, max=high, step=step, readout=False)
    ipywidgets.link((slider, "value"), (field, "value"))
    return ipywidgets.HBox([field, slider])


def _announced(text: str) -> str:
    return f'<div role="status" aria-live="polite">{escape(text)}</div>'


def in_words(curves: Curves) -> str:
    """Return what the explorer's picture shows, as sentences with numbers."""
    weekly, response = curves.weekly, curves.response
    light = weekly.loc[weekly["is_deload"], "week"]
    volume = weekly.set_index("week")["system_volume_load_kg"]
    best = response["performance"].idxmax()
    lights = ", ".join(map(str, light)) if len(light) else "none"
    return (
        f"{len(weekly)} weeks, {weekly['working_sets'].sum():.0f} working sets. "
        f"Deload weeks: {lights}. "
        f"Volume is highest in week {volume.idxmax()} ({volume.max():,.0f} kg). "
        f"Modelled performance is highest in week {best // DAYS_PER_WEEK + 1}, "
        f"{WEEKDAYS[best % DAYS_PER_WEEK].capitalize()} "
        f"({response['performance'].max():.1f} a.u.); "
        f"fatigue peaks at {response['fatigue'].max():.1f} a.u."
    )
