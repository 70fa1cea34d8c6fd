"""Controls of an explorer: what can be set, and the widgets that set it."""

from collections.abc import Mapping
from dataclasses import dataclass

import ipywidgets

from hipext._checks import check_one_of

_LABEL = {"description_width": "15em"}
_FIELD_WIDTH, _ROW_WIDTH = "22em", "34.5em"


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number between two ends: a field beside a slider.

    `step` is whole for whole numbers. Every number typed that lies between the ends is
    allowed, whatever the step.
    """

    name: str
    label: str
    """What it is, with its unit."""
    low: float
    high: float
    step: float
    start: float

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are allowed."""
        return isinstance(self.step, int)

    def checked(self, value: object) -> float:
        """Return a value that is allowed; ValueError says what is."""
        kinds = (int,) if self.is_whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            whole = "a whole number" if self.is_whole else "a number"
            raise ValueError(f"{self.name} must be {whole}; got {value!r}.")
        if not self.low <= value <= self.high:
            raise ValueError(
                f"{self.name} must be {self.low:g} to {self.high:g}; got {value:g}."
            )
        return value


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of some names: a list to choose from, with the names as they are read."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    """Words and value of every option."""
    start: str

    def checked(self, value: object) -> str:
        """Return a value that is allowed; ValueError says what is."""
        values = [option for _, option in self.options]
        check_one_of(str(value), values, name=self.name)
        return str(value)


Control = Number | Choice


def choice_of(
    name: str, label: str, values: Mapping[str, str] | tuple[str, ...], start: str
) -> Choice:
    """Return a choice among values, read as words: underscores become spaces."""
    if not isinstance(values, Mapping):
        values = {value: value.replace("_", " ") for value in values}
    options = tuple((words, value) for value, words in values.items())
    return Choice(name=name, label=label, options=options, start=start)


def field_of(control: Control) -> ipywidgets.Widget:
    """Return the widget that holds the value of a control."""
    if isinstance(control, Choice):
        return ipywidgets.Dropdown(
            options=control.options,
            value=control.start,
            description=control.label,
            style=_LABEL,
            layout={"width": _ROW_WIDTH, "max_width": "100%"},
        )
    kinds = (ipywidgets.BoundedFloatText, ipywidgets.BoundedIntText)
    return kinds[control.is_whole](
        value=control.start,
        min=control.low,
        max=control.high,
        step=control.step,
        description=control.label,
        style=_LABEL,
        layout={"width": _FIELD_WIDTH},
    )


def row_of(control: Control, field: ipywidgets.Widget) -> ipywidgets.Widget:
    """Return what is shown of a control: its field, and a slider beside a number."""
    if isinstance(control, Choice):
        return field
    kinds = (ipywidgets.FloatSlider, ipywidgets.IntSlider)
    slider = kinds[control.is_whole](
        value=control.start,
        min=control.low,
        max=control.high,
        step=control.step,
        readout=False,
        layout={"width": "auto", "flex": "1 1 8em", "min_width": "8em"},
    )
    slider.add_class(slider_class(control))
    ipywidgets.link((slider, "value"), (field, "value"))
    layout = {"width": _ROW_WIDTH, "max_width": "100%", "flex_flow": "row wrap"}
    return ipywidgets.HBox([field, slider], layout=layout)


def slider_class(control: Control) -> str:
    """Return the name by which a page finds the slider of a control."""
    return f"hipext-slider-{control.name.replace('_', '-')}"
