"""The report in a real browser: nothing overflows, everything shows, nothing is asked.

Where playwright or Chromium is missing these tests are skipped, and fail in CI.
"""

from io import BytesIO

import pytest
from PIL import Image

from hipext import open_loop, read_athlete, read_plan, simulate
from hipext.plots.report import report

pytestmark = pytest.mark.browser

WIDTHS = [400, 1400]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    simulation = open_loop(read_plan("guide_16wk"), read_athlete("novice"))
    path.write_text(report(simulation), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(params=WIDTHS)
def page(browser, address, request):
    """Return the opened report; faults and requests are listed on it."""
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    page.asked, page.faults = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("console", lambda message: page.faults.append(message.text))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(address)
    yield page
    page.close()


def test_the_page_never_scrolls_sideways(page):
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]


def test_every_figure_is_visible_and_fits(page):
    frames = [frame.bounding_box() for frame in page.locator("figure .wide").all()]
    boxes = [figure.bounding_box() for figure in page.locator("figure svg").all()]
    widest = page.viewport_size["width"]
    assert len(boxes) == len(frames) == 6
    assert all(300 < frame["width"] <= widest for frame in frames)
    assert all(box["width"] >= 500 and box["height"] > 100 for box in boxes)


def test_text_is_narrower_than_figures_and_tables_which_share_one_width(page):
    wide = {round(one.bounding_box()["width"]) for one in page.locator(".wide").all()}
    lines = [one.bounding_box()["width"] for one in page.locator("main p").all()]
    assert wide - {0} == {min(960, page.viewport_size["width"] - 40)}  # 0: closed
    assert max(lines) <= 42 * 16


def test_what_is_hidden_at_the_side_is_announced_on_narrow_screens_only(page):
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    boxes = page.evaluate(
        """[...document.querySelectorAll(".wide")].map(box => [
            box.scrollWidth > box.clientWidth,
            getComputedStyle(box, "::before").visibility == "visible"
                && getComputedStyle(box, "::before").content != "none"])"""
    )
    is_narrow = page.viewport_size["width"] < 640
    assert any(hides for hides, _ in boxes) == is_narrow
    assert [hides for hides, _ in boxes] == [is_said for _, is_said in boxes]


def test_a_shadow_lies_over_the_side_where_something_is_hidden(page):
    box = page.locator(".wide", has=page.get_by_role("img", name="Balance"))
    start = Image.open(BytesIO(box.screenshot())).convert("L")
    box.evaluate("box => box.scrollTo(10000, 0)")
    end = Image.open(BytesIO(box.screenshot())).convert("L")
    middle, right = start.height // 2, start.width - 1
    is_narrow = page.viewport_size["width"] < 640
    assert (start.getpixel((right, middle)) < 240) == is_narrow
    assert end.getpixel((right, middle)) > 250


def test_every_figure_is_an_image_with_a_name_to_a_screen_reader(page):
    names = [one.get_attribute("aria-label") for one in page.get_by_role("img").all()]
    assert len(names) == 6
    assert all(names)


def test_nothing_is_asked_for_but_the_file(page, address):
    assert page.asked == [address]
    assert page.faults == []


def test_the_list_of_decisions_opens(page):
    reasons = page.get_by_role("region", name="All decisions")
    assert not reasons.is_visible()
    page.get_by_text("decisions, with the reason").click()
    assert reasons.is_visible()


def test_a_link_of_the_contents_leads_to_its_section(page):
    page.get_by_role("link", name="Limits").click()
    heading = page.get_by_role("heading", name="Limits")
    assert -1 < heading.bounding_box()["y"] < 900


# --- the closed loop ---


@pytest.fixture(scope="module")
def lived_address(tmp_path_factory):
    path = tmp_path_factory.mktemp("lived") / "report.html"
    lived = simulate(read_plan("guide_16wk"), read_athlete("desk_worker"))
    path.write_text(report(lived), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(params=WIDTHS)
def lived_page(browser, lived_address, request):
    """Return the opened report of a closed loop, its decisions unfolded."""
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    page.goto(lived_address)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    yield page
    page.close()


def test_the_page_of_a_closed_loop_never_scrolls_sideways(lived_page):
    width = lived_page.evaluate("document.documentElement.scrollWidth")
    assert width <= lived_page.viewport_size["width"]


def test_every_figure_of_a_closed_loop_is_visible(lived_page):
    boxes = [one.bounding_box() for one in lived_page.locator("figure svg").all()]
    assert len(boxes) == 11
    assert all(box["width"] >= 500 and box["height"] > 100 for box in boxes)


def test_reasons_have_room_on_every_screen(lived_page):
    cells = lived_page.locator("#decisions td.reason")
    assert cells.count() > 100
    assert cells.first.bounding_box()["width"] >= 250
