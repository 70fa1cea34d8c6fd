"""All explorers on one page: what it shows, and that it is served to nobody else."""

import json
import os
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from browser_explorer import Shown
from browser_pages import app_served, complaints, strangers, watched_page

from hipext import widgets
from hipext.course import lab
from hipext.explorers.widgets import EXPLORERS, ExplorersPage
from hipext.files.checks import did_you_mean

TEMPLATE = Path(lab.__file__).parent / "templates" / "jupyter"


# --- the page, without a browser ---


def test_every_explorer_has_its_tab():
    made = {name for name in vars(widgets) if name.startswith("explore_")}
    assert {f"explore_{name}" for name in EXPLORERS} == made
    assert len(ExplorersPage().tabs.children) == len(EXPLORERS) == 7


def test_only_what_is_looked_at_is_made():
    page = ExplorersPage()
    assert list(page.explorers) == ["plan"]
    page.tabs.selected_index = list(EXPLORERS).index("effort")
    assert list(page.explorers) == ["plan", "effort"]
    first = page.explorers["plan"]
    page.tabs.selected_index = 0
    assert page.explorers["plan"] is first


def test_an_address_opens_an_explorer_with_settings():
    page = ExplorersPage("explorer=deload&deload_every_weeks=3&athlete=runner&token=x")
    (explorer,) = page.explorers.values()
    assert explorer.settings["deload_every_weeks"] == 3
    assert explorer.settings["athlete"] == "runner"
    assert page.tabs.get_title(page.tabs.selected_index) == "Deload weeks"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("deload_every_weeks=99", "deload_every_weeks must be 0 to 8; got 99."),
        ("fitness_tau=nan", "fitness_tau must be 10 to 90; got nan."),
        ("athlete=nobody", "athlete must be one of"),
        ("weaks=3", "There is no control &#x27;weaks&#x27;"),
    ],
)
def test_a_setting_that_is_not_allowed_is_said_by_its_explorer(query, expected):
    (explorer,) = ExplorersPage(f"explorer=deload&{query}").explorers.values()
    assert expected in explorer.words.value
    assert explorer.settings["deload_every_weeks"] == 4


def test_an_explorer_that_is_not_there_is_said():
    page = ExplorersPage("explorer=<b>deloat</b>")
    said = page.children[1].value
    assert list(page.explorers) == ["plan"]
    assert "there are plan, deload" in said
    assert "<b>" not in said
    page = ExplorersPage("explorer=deloat")
    assert did_you_mean("deloat", EXPLORERS).strip() in page.children[1].value.replace(
        "&#x27;", "'"
    )


def test_the_page_says_that_it_is_a_model_and_no_advice():
    text = " ".join(ExplorersPage().children[0].value.split())
    assert "Nothing here is medical or training advice" in text
    assert "drawn by a model" in text


def test_the_link_of_the_introduction_works():
    name, settings = widgets._read("explorer=deload&deload_every_weeks=3")
    assert {"explorer": name, **settings} == widgets._EXAMPLE
    assert 'href="?explorer=deload&amp;deload_every_weeks=3"' in (
        ExplorersPage().children[0].value
    )


# --- the command ---


def test_a_missing_voila_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "voila.app", None)
    with pytest.raises(ValueError, match=r"pip install 'hipext\[app,lab\]'"):
        lab.launch_app(tell=print)


def test_the_token_is_in_a_file_that_only_its_owner_reads(monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", opened.append)
    lab._open_privately("http://127.0.0.1:1/?token=secret&x=1").join()
    (file,) = tmp_path.iterdir()
    assert opened == [file.as_uri()]
    assert "url=http://127.0.0.1:1/?token=secret&amp;x=1" in file.read_text()
    assert os.name == "nt" or file.stat().st_mode & 0o077 == 0


def test_a_full_disk_opens_no_browser_and_stops_nothing(monkeypatch):
    def full(**_names):
        raise OSError(28, "No space left on device")

    opened = []
    monkeypatch.setattr("tempfile.mkstemp", full)
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert lab._open_privately("http://127.0.0.1:1/?token=secret") is None
    assert opened == []


def test_the_template_asks_no_other_server():
    texts = [path.read_text() for path in TEMPLATE.rglob("*.*") if path.is_file()]
    assert len(texts) == 2
    assert not [text for text in texts if "://" in text]


# --- served ---


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return the address of the page, as ``hipext app`` tells it."""
    with app_served(tmp_path_factory.mktemp("app")) as address:
        yield address


def status(url, **headers):
    """Return the status of an answer, and the address where it came from."""
    try:
        answer = build_opener(HTTPCookieProcessor()).open(Request(url, headers=headers))
    except HTTPError as error:
        return error.code, url
    with answer:
        return answer.status, answer.url


def test_without_its_token_nothing_is_shown(address):
    bare = address.split("?")[0]
    assert "/login" in status(bare)[1]
    assert status(f"{bare}api/kernels/{'-'.join(['1' * 4] * 5)}")[0] in {401, 403, 404}
    assert status(f"{bare}voila/files/explorers.ipynb")[0] in {401, 403}


def test_another_name_for_this_machine_is_refused(address):
    assert status(address, Host="evil.example")[0] == 403


@pytest.fixture(scope="module")
def page(address, browser):
    """Return the page, opened with a link to settings."""
    page = watched_page(browser)
    page.goto(f"{address}&explorer=deload&deload_every_weeks=3")
    page.locator(".hipext-explorer").first.wait_for()
    yield page
    page.close()


def explorer_of(page, name, **options):
    """Open the tab of an explorer and return it."""
    number = list(EXPLORERS).index(name)
    page.get_by_role("tab").nth(number).click()
    place = page.locator(".widget-tab-contents > *").nth(number)
    return Shown(page, place.locator(".hipext-explorer"), **options)


@pytest.mark.browser
def test_a_link_opens_an_explorer_with_settings_and_hides_the_token(page):
    explorer = explorer_of(page, "deload")
    assert "Deload weeks: 3, 6, 9" in explorer.words()
    assert json.loads(explorer.state.input_value())["deload_every_weeks"] == 3
    assert "token" not in page.url
    assert page.url.endswith("?explorer=deload&deload_every_weeks=3")


@pytest.mark.browser
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "deload" else pytest.mark.slow)
        for name in EXPLORERS
    ],
)
def test_an_explorer_in_the_app_moves_has_names_and_a_way_back(page, name):
    explorer = explorer_of(page, name)
    start, state = explorer.now(), explorer.state.input_value()
    assert explorer.faults_of_names() == []
    assert explorer.cut_labels() == []
    assert explorer.faults_of_moving() == []
    explorer.paste_state(state)
    assert explorer.comes_back(start) == []
    assert explorer.faults_of_names() == []


@pytest.mark.browser
def test_tabs_move_with_keys(page):
    page.get_by_role("tab").first.click()
    page.get_by_role("tab").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    selected = page.locator('[role="tab"][aria-selected="true"]')
    selected.get_by_text("Deload weeks").wait_for()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [800, 1400])
def test_nothing_is_cut_and_words_and_picture_are_seen_together(page, width):
    page.set_viewport_size({"width": width, "height": 1000})
    for name in EXPLORERS:
        explorer = explorer_of(page, name)
        assert explorer.cut_labels() == []
        picture, words = explorer.picture.bounding_box(), explorer.status.bounding_box()
        assert picture["x"] >= 0
        assert picture["x"] + picture["width"] <= width
        assert 0 <= picture["y"] - words["y"] - words["height"] < 20
        assert picture["height"] + words["height"] < 1000
        assert abs(picture["width"] / picture["height"] - 1.5) < 0.01
        sides = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter(
                x => x.scrollWidth > x.clientWidth + 1 && x.clientWidth > 0
                && ["auto", "scroll"].includes(getComputedStyle(x).overflowX)
            ).map(x => x.className)"""
        )
        assert sides == []


@pytest.mark.browser
def test_nothing_is_asked_of_another_machine_and_nothing_complains(page, address):
    assert strangers(page, address.split("?")[0]) == []
    assert complaints(page) == []
