"""What all explorers share: controls, one picture, its words, reset, share and save."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Protocol

import anywidget
import ipywidgets
import matplotlib
import pandas as pd
import traitlets
from matplotlib import rc_context
from matplotlib.figure import Figure

from hipext.explorers.panels import Picture
from hipext.files.checks import check_one_of, did_you_mean
from hipext.files.io import write_files

_BUTTONS = {"picture": "Save picture", "data": "Save data", "state": "Save state"}
_LABEL = {"description_width": "15em"}
_FIELD_WIDTH, _ROW_WIDTH = "22em", "34.5em"


class Drawing(Protocol):
    """A figure that is drawn once and then moves."""

    figure: Figure
    picture: Picture

    def show(self, shown: object) -> bytes:
        """Draw what is to be shown now; return it as PNG."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What makes one explorer another than the next."""

    name: str
    """Short name, of files too."""
    title: str
    """What the picture is about: its name for who cannot see it."""
    controls: tuple[Control, ...]
    answer: Callable[[Mapping[str, object]], object]
    """From the settings to what is shown; ValueError where they go not together."""
    drawing: Callable[[object], Drawing]
    """From what is shown at the start to the figure."""
    in_words: Callable[[object], str]
    table: Callable[[object], pd.DataFrame]
    """What is shown as numbers."""


class Companion(anywidget.AnyWidget):
    """Names for screen readers, and files to the browser; it shows nothing itself."""

    _esm = Path(__file__).parent / "templates" / "companion.js"
    names = traitlets.Dict().tag(sync=True)


class Explorer(ipywidgets.VBox):
    """Controls above one picture and its words; made by `widgets.explore_plan` etc.

    Attributes
    ----------
    knobs : dict
        Fields by the names of the controls; set their ``value``.
    shown : object
        What the picture shows now, as numbers.
    words : ipywidgets.HTML
        What the picture shows, in words.
    image : ipywidgets.Image
        The picture.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.controls = {control.name: control for control in scene.controls}
        self.knobs = {name: field_of(one) for name, one in self.controls.items()}
        self._is_setting = False
        self.shown = scene.answer(self.settings)
        self.drawing = scene.drawing(self.shown)
        width, height = self.drawing.figure.get_size_inches() * self.drawing.figure.dpi
        self.image = ipywidgets.Image(
            format="png",
            width=round(width),
            height=round(height),
            layout={"max_width": "100%", "object_fit": "contain", "margin": "0"},
        )
        self.image.add_class("hipext-picture")
        # As high as the longest words, so that the picture stays where it is.
        room = {"max_width": f"{width:.0f}px", "min_height": "6em"}
        self.words = ipywidgets.HTML(layout=room)
        self.words.add_class("hipext-words")
        self.state = ipywidgets.Text(
            description="State",
            continuous_update=False,
            tooltip="Copy it to share; paste another and press Enter",
            layout={"width": "33.5em", "max_width": "100%"},
        )
        self.companion = Companion(names=self._names())
        rows = [row_of(self.controls[name], self.knobs[name]) for name in self.knobs]
        wrapped = {"flex_flow": "row wrap", "max_width": f"{width:.0f}px"}
        super().__init__(
            [
                ipywidgets.HBox(rows, layout=wrapped),
                ipywidgets.HBox([*self._buttons(), self.state], layout=wrapped),
                self.words,
                self.image,
                self.companion,
            ]
        )
        self.add_class("hipext-explorer")
        for field in self.knobs.values():
            field.observe(self._draw, names="value")
        self.state.observe(self._restore_typed, names="value")
        self._show()

    @property
    def settings(self) -> dict[str, float | str]:
        """Values of all controls by name: enough to come back here."""
        return {name: field.value for name, field in self.knobs.items()}

    def restore(self, settings: Mapping[str, float | str] | str) -> None:
        """Set some controls at once.

        Parameters
        ----------
        settings : Mapping[str, float or str] or str
            Values by the names of controls, or the same as JSON: what `settings` and
            the field "State" give. What is not named stays as it is.

        Raises
        ------
        ValueError
            If a name or a value is not allowed; then nothing is changed.
        """
        values = self._checked(settings)
        self._is_setting = True
        try:
            for name, value in values.items():
                self.knobs[name].value = value
        finally:
            self._is_setting = False
        self._draw()

    def reset(self, _button: object = None) -> None:
        """Set everything as it was at the start."""
        self.restore({name: one.start for name, one in self.controls.items()})

    def files(self) -> dict[str, bytes]:
        """Return picture (PNG, SVG), data (CSV) and state (JSON), by file name."""
        name, figure = f"hipext_{self.scene.name}", self.drawing.figure
        png, svg = BytesIO(), BytesIO()
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "hipext"}):
            figure.savefig(png, format="png", dpi=2 * figure.dpi)
            figure.savefig(svg, format="svg", metadata={"Date": None})
        table = self.scene.table(self.shown)
        return {
            f"{name}.png": png.getvalue(),
            f"{name}.svg": svg.getvalue(),
            f"{name}.csv": table.to_csv(index=False, lineterminator="\n").encode(),
            f"{name}.json": f"{json.dumps(self.settings, indent=2)}\n".encode(),
        }

    def save(self, folder: str | Path) -> list[Path]:
        """Write picture, data and state into a folder; return the paths.

        Files of the same names are replaced, each at once.
        """
        return write_files(self.files(), folder)

    def _buttons(self) -> list[ipywidgets.Button]:
        reset = ipywidgets.Button(description="Reset", layout={"width": "7em"})
        reset.on_click(self.reset)
        savers = []
        for what, label in _BUTTONS.items():
            button = ipywidgets.Button(description=label, layout={"width": "8.5em"})
            button.on_click(lambda _, what=what: self._hand_over(what))
            savers.append(button)
        return [reset, *savers]

    def _hand_over(self, what: str) -> None:
        """Let the browser save the files of one button."""
        kinds = {
            "picture": {".png": "image/png", ".svg": "image/svg+xml"},
            "data": {".csv": "text/csv"},
            "state": {".json": "application/json"},
        }
        for name, made in self.files().items():
            kind = kinds[what].get(Path(name).suffix)
            if kind:
                self.companion.send({"name": name, "type": kind}, buffers=[made])

    def _names(self) -> dict[str, object]:
        sliders = {
            slider_class(one): one.label
            for one in self.scene.controls
            if isinstance(one, Number)
        }
        return {
            "explorer": f"Explorer: {self.scene.title}",
            "picture": f"{self.scene.title}. The text above says what it shows.",
            "sliders": sliders,
        }

    def _checked(self, settings: Mapping[str, object] | str) -> dict[str, object]:
        if isinstance(settings, str):
            try:
                settings = json.loads(settings)
            except json.JSONDecodeError as fault:
                raise ValueError(f"The state is not JSON: {fault}.") from None
        if not isinstance(settings, Mapping):
            raise ValueError(
                "A state is names and values in braces, such as "
                f"{json.dumps(dict([*self.settings.items()][:1]))}; got {settings!r}."
            )
        for name in settings:
            if name not in self.controls:
                raise ValueError(
                    f"There is no control {name!r}; there are "
                    f"{', '.join(self.controls)}.{did_you_mean(name, self.controls)}"
                )
        return {
            name: self.controls[name].checked(value) for name, value in settings.items()
        }

    def _restore_typed(self, change: Mapping[str, object]) -> None:
        if self._is_setting or change["new"] == self._settings_as_text():
            return
        try:
            self.restore(change["new"])
        except ValueError as fault:
            self._say(str(fault))

    def _settings_as_text(self) -> str:
        return json.dumps(self.settings)

    def _draw(self, _change: object = None) -> None:
        if self._is_setting:
            return
        try:
            self.shown = self.scene.answer(self.settings)
        except ValueError as fault:
            self._say(f"The picture stays as it was: {fault}")
            return
        self._show()

    def _show(self) -> None:
        self.image.value = self.drawing.show(self.shown)
        self._say(self.scene.in_words(self.shown))
        self._is_setting = True
        self.state.value = self._settings_as_text()
        self._is_setting = False

    def _say(self, text: str) -> None:
        self.words.value = escape(text)

    def _repr_mimebundle_(self, **options: object) -> dict:
        """Add the picture, for readers and pages that cannot show the widget."""
        bundle = super()._repr_mimebundle_(**options)
        drawn_by = f"Matplotlib version{matplotlib.__version__}"
        small = self.drawing.picture.png(level=9, software=drawn_by)
        bundle["image/png"] = b64encode(small).decode()
        bundle["text/plain"] = self.scene.in_words(self.shown)
        return bundle


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
