"""An explorer on a page: turn its controls as a hand does, see and hear what comes."""

from contextlib import suppress
from io import StringIO
from time import monotonic

import numpy as np
import pandas as pd
from playwright.sync_api import TimeoutError as TooLate

CHANGE_MS = 60_000
N_STEPS = 5
NAMED_ROLES = {"slider", "spinbutton", "combobox", "textbox", "button"}
# A picture may be followed by another one while it is read: then it is read anew.
_PIXELS = """async image => {
    for (;;) {
        const source = image.src;
        try {
            await image.decode();
            const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            const digest = await crypto.subtle.digest("SHA-1", data);
            if (image.src === source) return [...new Uint8Array(digest)].join(" ");
        } catch (fault) {
            if (image.src === source) throw fault;
        }
    }
}"""
# A slider stands on the step that is nearest to its value.
_IS_TOLD = """home => {
    const fields = [...home.querySelectorAll("input[type=number]")];
    const state = home.querySelector("input[type=text]").value;
    const told = Object.values(JSON.parse(state)).filter(x => typeof x === "number");
    const sliders = [...home.querySelectorAll(".noUi-target")];
    return String(told) === String(fields.map(field => Number(field.value)))
        && sliders.every((slider, i) => Math.abs(
            slider.noUiSlider.get(true) - fields[i].value) < 0.51 * fields[i].step);
}"""
_FOCUSABLE = (
    "input:not([disabled]), select:not([disabled]), button:not([disabled]), "
    ".noUi-handle"
)


class Shown:
    """One explorer on a page.

    Parameters
    ----------
    page : playwright.sync_api.Page
    home : playwright.sync_api.Locator
        Of the whole explorer.
    patience_ms : int, optional
        How long a part of a change may take, after the first one came.
    """

    def __init__(self, page, home, patience_ms=CHANGE_MS):
        self.page, self.home, self.patience_ms = page, home, patience_ms
        self.picture = home.locator("img.hipext-picture")
        self.picture.wait_for()
        self.status = home.locator('[role="status"]')
        self.status.first.wait_for()
        self.handles = home.locator(".noUi-handle")
        self.fields = home.locator('input[type="number"]')
        self.choices = home.locator("select")
        self.state = home.get_by_label("State", exact=True)

    def pixels(self):
        """Return a short name of the pixels that are shown."""
        return self.picture.evaluate(_PIXELS)

    def words(self):
        """Return the words that are shown."""
        return self.status.first.text_content()  # whether in sight or not

    def now(self):
        """Return pixels and words."""
        return self.pixels(), self.words()

    def after(self, move):
        """Return what did not change by a move, or went away by it, in words."""
        self.settle()
        source, pixels = self.picture.get_attribute("src"), self.pixels()
        words, status = self.words(), self.status.first.element_handle()
        state = self.state.input_value()
        move()
        self._until(
            lambda: (
                self.picture.get_attribute("src") != source or self.words() != words
            ),
            CHANGE_MS,
        )
        faults = []
        if not self._until(lambda: self.picture.get_attribute("src") != source):
            faults.append("the picture has the same source")
        elif not self._until(lambda: self.pixels() != pixels):
            faults.append("the picture has the same pixels")
        if not self._until(lambda: self.words() != words):
            faults.append("the words are the same")
        if not self._until(lambda: self.state.input_value() != state):
            faults.append("the state is the same")
        if not status.evaluate("element => element.isConnected"):
            faults.append("the element of the words is another one")
        return faults

    def settle(self):
        """Wait until sliders, fields and the state, which is told last, agree."""
        with suppress(TooLate):  # never, if it is broken
            self.page.wait_for_function(
                _IS_TOLD, arg=self.home.element_handle(), timeout=self.patience_ms
            )

    def _until(self, is_so, patience_ms=None):
        """Return whether something becomes so before patience ends."""
        patience_ms = self.patience_ms if patience_ms is None else patience_ms
        end = monotonic() + patience_ms / 1000
        while not is_so():
            if monotonic() > end:
                return False
            self.page.wait_for_timeout(20)
        return True

    def press_arrow(self, number=0):
        """Move a slider by some steps with an arrow key; one may change nothing."""
        handle = self.handles.nth(number)
        names = ("aria-valuemin", "aria-valuemax", "aria-valuenow")
        low, high, now = (float(handle.get_attribute(name)) for name in names)
        handle.focus()
        for _ in range(N_STEPS):
            is_late = now > (low + high) / 2
            self.page.keyboard.press("ArrowLeft" if is_late else "ArrowRight")

    def type_number(self, number=0):
        """Type another number into a field, not far from the one that is there."""
        field, handle = self.fields.nth(number), self.handles.nth(number)
        names = ("aria-valuemin", "aria-valuemax", "aria-valuenow")
        low, high, now = (float(handle.get_attribute(name)) for name in names)
        step = float(field.get_attribute("step") or 1)
        far = step * max(1, round(0.3 * (high - low) / step))
        value = now - far if now > (low + high) / 2 else now + far
        self.typed = f"{value:.6g}"
        field.fill(self.typed)
        field.press("Enter")

    def choose_next(self, number=0):
        """Choose with an arrow key what stands below, or above, in a list."""
        choice = self.choices.nth(number)
        is_last = choice.evaluate("x => x.selectedIndex === x.options.length - 1")
        choice.focus()
        self.page.keyboard.press("ArrowUp" if is_last else "ArrowDown")

    def paste_state(self, text):
        """Type a state and press Enter, once nothing moves any more."""
        self.settle()
        self.state.fill(text)
        self.state.press("Enter")

    def reset(self):
        """Press the button, with a key, once nothing moves any more."""
        self.settle()
        self.press_reset()

    def press_reset(self):
        """Press the button at once, with a key."""
        self.home.get_by_role("button", name="Reset").press("Enter")

    def saved(self, label):
        """Return the names and contents of the files that a button saves."""
        with self.page.expect_download() as first:
            self.home.get_by_role("button", name=label).click()
        return first.value.suggested_filename, first.value.path().read_bytes()

    def comes_back(self, before):
        """Return what differs from pixels and words before, after some patience."""
        pixels, words = before
        faults = []
        if not self._until(lambda: self.words() == words):
            faults.append(f"the words are {self.words()!r}, not {words!r}")
        if not self._until(lambda: self.pixels() == pixels):
            faults.append("the picture is another one")
        return faults

    def moves(self):
        """Return the ways to move this explorer, by name."""
        ways = {}
        if self.handles.count():
            ways["arrow key on a slider"] = self.press_arrow
            ways["typed number"] = self.type_number
        if self.choices.count():
            ways["arrow key on a choice"] = self.choose_next
        return ways

    def faults_of_moving(self):
        """Return what is wrong where a hand moves one control after the other."""
        faults = []
        for way, move in self.moves().items():
            faults += [f"{way}: {fault}" for fault in self.after(move)]
        return faults

    def tree(self):
        """Return role, name and properties of all that a screen reader finds here."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Accessibility.enable")
        mark = f"hipext-{id(self)}"
        self.home.evaluate("(home, mark) => home.dataset.mark = mark", mark)
        document = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        selector = {"nodeId": document, "selector": f'[data-mark="{mark}"]'}
        node = session.send("DOM.querySelector", selector)["nodeId"]
        found = session.send("Accessibility.queryAXTree", {"nodeId": node})["nodes"]
        session.detach()
        return [
            {
                "role": node["role"]["value"],
                "name": node.get("name", {}).get("value", "").strip(),
                **{x["name"]: x["value"].get("value") for x in node["properties"]},
            }
            for node in found
            if not node["ignored"] and "role" in node
        ]

    def faults_of_names(self):
        """Return what a screen reader cannot name, or names wrongly."""
        tree = self.tree()
        faults = [
            f"a {node['role']} has no name"
            for node in tree
            if node["role"] in NAMED_ROLES and not node["name"]
        ]
        names = {
            role: [node["name"] for node in tree if node["role"] == role]
            for role in ("slider", "spinbutton", "image", "status")
        }
        if names["slider"] != names["spinbutton"]:
            faults.append(f"{names['slider']} slide {names['spinbutton']}")
        if len(names["slider"]) != self.handles.count():
            faults.append("a slider is missing")
        if [bool(name) for name in names["image"]] != [True]:
            faults.append(f"the picture is {names['image']}")
        lives = [node.get("live") for node in tree if node["role"] == "status"]
        if lives != ["polite"]:
            faults.append(f"the statuses are {lives}")
        return faults

    def faults_of_tab(self):
        """Return where the key Tab does not lead from one control to the next."""
        controls = self.home.locator(_FOCUSABLE)
        n = controls.count()
        controls.evaluate_all("all => all.forEach((one, i) => one.dataset.place = i)")
        controls.first.focus()
        reached = []
        for _ in range(n):
            reached.append(
                self.page.evaluate("() => document.activeElement.dataset.place ?? '-'")
            )
            self.page.keyboard.press("Tab")
        in_order = [str(i) for i in range(n)]
        return [] if reached == in_order else [f"Tab reaches {reached}"]

    def cut_labels(self):
        """Return the labels that are wider than their place."""
        return self.home.locator("label").evaluate_all(
            """labels => labels
                .filter(label => label.scrollWidth > label.clientWidth)
                .map(label => label.innerText)"""
        )


def numbers_in(content):
    """Return the columns of numbers of a CSV file, all of them finite or empty."""
    table = pd.read_csv(StringIO(content.decode()))
    numbers = table.select_dtypes("number")
    assert len(table) > 0
    assert not np.isinf(numbers).any(axis=None)
    return numbers.dropna(axis="columns", how="all")
