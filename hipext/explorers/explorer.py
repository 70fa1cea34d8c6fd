"""The explorer widget: controls, one figure, its description, reset, share and save."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path

import anywidget
import ipywidgets
import matplotlib
import pandas as pd
import traitlets
from matplotlib import rc_context

from hipext.explorers.panels import Panels
from hipext.files.checks import InputError, check_one_of, did_you_mean
from hipext.files.io import csv_bytes, write_files

_BUTTONS = {  # label, and the kinds of files that it saves
    "Save picture": {".png": "image/png", ".svg": "image/svg+xml"},
    "Save data": {".csv": "text/csv"},
    "Save state": {".json": "application/json"},
}
_LABEL = {"description_width": "15em"}
_FIELD_WIDTH = "22em"
_ROW = {"width": "34.5em", "max_width": "100%"}


@dataclass(frozen=True)
class Number:
    """Control for a number between two limits: a field beside a slider.

    A number typed into the field may be any between the limits, whatever the step.
    """

    name: str
    label: str  # what it is, with its unit
    low: float
    high: float
    step: float  # an integer for whole numbers
    start: float

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are allowed."""
        return isinstance(self.step, int)

    def checked(self, value: object) -> float:
        """Return the value; InputError unless it is allowed."""
        kinds = (int,) if self.is_whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            whole = "a whole number" if self.is_whole else "a number"
            raise InputError(f"{self.name} must be {whole}; got {value!r}.")
        if not self.low <= value <= self.high:
            raise InputError(
                f"{self.name} must be {self.low:g} to {self.high:g}; got {value:g}."
            )
        return value


@dataclass(frozen=True)
class Choice:
    """Control for one of several values: a drop-down list."""

    name: str
    label: str
    texts: Mapping[str, str]  # by value, in order
    start: str

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Text and value of every option."""
        return tuple((text, value) for value, text in self.texts.items())

    def checked(self, value: object) -> str:
        """Return the value; InputError unless it is allowed."""
        check_one_of(str(value), [*self.texts], name=self.name)
        return str(value)


Control = Number | Choice
Settings = Mapping[str, float | str]  # values by the names of controls


@dataclass(frozen=True, kw_only=True, eq=False)
class Definition:
    """Definition of an explorer: its controls, and functions of what it shows."""

    name: str  # used in file names
    title: str  # subject of the figure, for screen readers
    controls: tuple[Control, ...]
    # From the settings to what is shown; InputError if they are incompatible.
    evaluate: Callable[[Settings], object]
    drawing: Callable[[object], Panels]  # from what is shown first to the figure
    description: Callable[[object], str]  # from what is shown to its numbers in words

    @staticmethod
    def table(shown: object) -> pd.DataFrame:
        """Return the table that is saved."""
        return shown.table()


class Companion(anywidget.AnyWidget):
    """Invisible widget: names for screen readers, and downloads to the browser."""

    _esm = Path(__file__).parent / "templates" / "companion.js"
    names = traitlets.Dict().tag(sync=True)


class Explorer(ipywidgets.VBox):
    """Controls above one figure and its description; see `widgets.explore_plan` etc.

    `knobs` are fields by the names of controls: set their ``value``. `shown` is what
    the figure `image` shows, as numbers; `words` has its description, or a message.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.controls = {control.name: control for control in definition.controls}
        self.knobs = {name: field_of(one) for name, one in self.controls.items()}
        self._is_setting = False
        self.shown = definition.evaluate(self.settings)
        self.drawing = definition.drawing(self.shown)
        width, height = map(round, self.drawing.figure.bbox.size)
        layout = {"max_width": "100%", "object_fit": "contain", "margin": "0"}
        size = {"width": width, "height": height}
        self.image = ipywidgets.Image(format="png", layout=layout, **size)
        self.image.add_class("hipext-picture")
        # Room for the longest description, so that the figure does not move.
        room = {"max_width": f"{width}px", "min_height": "6em"}
        self.words = ipywidgets.HTML(layout=room)
        self.words.add_class("hipext-words")
        self.state = ipywidgets.Text(
            description="State",
            continuous_update=False,
            tooltip="Copy it to share; paste another and press Enter",
            layout={"width": "33.5em", "max_width": "100%"},
        )
        self.companion = Companion(names=self._names())
        rows = [_row_of(self.controls[name], self.knobs[name]) for name in self.knobs]
        wrapped = {"flex_flow": "row wrap", "max_width": f"{width}px"}
        controls = ipywidgets.HBox(rows, layout=wrapped)
        buttons = ipywidgets.HBox([*self._buttons(), self.state], layout=wrapped)
        super().__init__([controls, buttons, self.words, self.image, self.companion])
        self.add_class("hipext-explorer")
        for field in self.knobs.values():
            field.observe(self._update, names="value")
        self.state.observe(self._restore_typed, names="value")
        self._show()

    @property
    def settings(self) -> dict[str, float | str]:
        """Values of all controls by name; `restore` takes them back."""
        return {name: field.value for name, field in self.knobs.items()}

    def restore(self, settings: Settings | str) -> None:
        """Set several controls at once; others keep their value.

        Values are given by the names of controls, or the same as JSON: the content of
        `settings` and of the field "State". InputError if a name or a value is not
        allowed; then nothing is changed.
        """
        values = self._checked(settings)
        self._is_setting = True  # one update for all, below
        try:
            for name, value in values.items():
                self.knobs[name].value = value
        finally:
            self._is_setting = False
        self._update()

    def reset(self, _button: object = None) -> None:
        """Set all controls to their start values."""
        self.restore({name: one.start for name, one in self.controls.items()})

    def files(self) -> dict[str, bytes]:
        """Return picture (PNG, SVG), data (CSV) and state (JSON), by file name."""
        name, figure = f"hipext_{self.definition.name}", self.drawing.figure
        png, svg = BytesIO(), BytesIO()
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "hipext"}):
            figure.savefig(png, format="png", dpi=2 * figure.dpi)
            figure.savefig(svg, format="svg", metadata={"Date": None})
        table = self.definition.table(self.shown)
        return {
            f"{name}.png": png.getvalue(),
            f"{name}.svg": svg.getvalue(),
            f"{name}.csv": csv_bytes(table),
            f"{name}.json": f"{json.dumps(self.settings, indent=2)}\n".encode(),
        }

    def save(self, folder: str | Path) -> list[Path]:
        """Write picture, data and state into a folder; return the paths.

        Each file replaces one of the same name, whole or not at all.
        """
        return write_files(self.files(), folder)

    def _buttons(self) -> list[ipywidgets.Button]:
        reset = ipywidgets.Button(description="Reset", layout={"width": "7em"})
        reset.on_click(self.reset)
        layout = {"width": "8.5em"}
        savers = [ipywidgets.Button(description=x, layout=layout) for x in _BUTTONS]
        for button in savers:
            button.on_click(self._download)
        return [reset, *savers]

    def _download(self, button: ipywidgets.Button) -> None:
        """Let the browser save the files of one button."""
        kinds = _BUTTONS[button.description]
        for name, content in self.files().items():
            kind = kinds.get(Path(name).suffix)
            if kind:
                self.companion.send({"name": name, "type": kind}, buffers=[content])

    def _names(self) -> dict[str, object]:
        numbers = [one for one in self.definition.controls if isinstance(one, Number)]
        title = self.definition.title
        return {
            "explorer": f"Explorer: {title}",
            "picture": f"{title}. The text above describes it.",
            "sliders": {_slider_class(one): one.label for one in numbers},
        }

    def _checked(self, settings: Settings | str) -> dict[str, float | str]:
        """Return settings that are allowed; InputError names the first that is not."""
        if isinstance(settings, str):
            try:
                settings = json.loads(settings)
            except json.JSONDecodeError as fault:
                raise InputError(f"The state is not JSON: {fault}.") from None
        if not isinstance(settings, Mapping):
            raise InputError(
                "A state is names and values in braces, such as "
                f"{json.dumps(dict([*self.settings.items()][:1]))}; got {settings!r}."
            )
        for name in settings:
            if name not in self.controls:
                raise InputError(
                    f"There is no control {name!r}; there are "
                    f"{', '.join(self.controls)}.{did_you_mean(name, self.controls)}"
                )
        return {
            name: self.controls[name].checked(value) for name, value in settings.items()
        }

    def _restore_typed(self, change: Mapping[str, object]) -> None:
        if change["new"] == json.dumps(self.settings):
            return  # it was written, not typed
        try:
            self.restore(change["new"])
        except InputError as fault:
            self.words.value = escape(str(fault))

    def _update(self, _change: object = None) -> None:
        """Show what the settings give; after an error the figure stays as it was."""
        if self._is_setting:
            return
        try:
            self.shown = self.definition.evaluate(self.settings)
        except InputError as fault:
            self.words.value = escape(f"The picture stays as it was: {fault}")
            return
        self._show()

    def _show(self) -> None:
        self.image.value = self.drawing.show(self.shown)
        self.words.value = escape(self.definition.description(self.shown))
        self.state.value = json.dumps(self.settings)

    def _repr_mimebundle_(self, **options: object) -> dict:
        """Add the figure and its description, for readers that show no widgets."""
        bundle = super()._repr_mimebundle_(**options)
        software = f"Matplotlib version{matplotlib.__version__}"
        small = self.drawing.picture.png(level=9, software=software)
        bundle["image/png"] = b64encode(small).decode()
        bundle["text/plain"] = self.definition.description(self.shown)
        return bundle


def field_of(control: Control) -> ipywidgets.Widget:
    """Return the widget that holds the value of a control."""
    look = {"description": control.label, "style": _LABEL}
    if isinstance(control, Choice):
        values = {"options": control.options, "value": control.start}
        return ipywidgets.Dropdown(**values, **look, layout=_ROW)
    kinds = (ipywidgets.BoundedFloatText, ipywidgets.BoundedIntText)
    layout = {"width": _FIELD_WIDTH}
    return kinds[control.is_whole](**_limits(control), **look, layout=layout)


def _row_of(control: Control, field: ipywidgets.Widget) -> ipywidgets.Widget:
    """Return the row of a control: its field, and for a number a slider beside it."""
    if isinstance(control, Choice):
        return field
    kinds = (ipywidgets.FloatSlider, ipywidgets.IntSlider)
    layout = {"width": "auto", "flex": "1 1 8em", "min_width": "8em"}
    slider = kinds[control.is_whole](readout=False, layout=layout, **_limits(control))
    slider.add_class(_slider_class(control))
    ipywidgets.link((slider, "value"), (field, "value"))
    return ipywidgets.HBox([field, slider], layout=_ROW | {"flex_flow": "row wrap"})


def _limits(control: Number) -> dict[str, float]:
    """Return value, limits and step of a number, as widgets name them."""
    limits = {"min": control.low, "max": control.high, "step": control.step}
    return {"value": control.start, **limits}


def _slider_class(control: Number) -> str:
    """Return the CSS class by which the page finds the slider of a control."""
    return f"hipext-slider-{control.name.replace('_', '-')}"
