"""Handouts: questions and room to answer, no answers, and pages that print."""

import base64
import re
import sys
from itertools import pairwise

import numpy as np
import pytest
from commands import hipext
from html_page import Page

from hipext.course import handouts
from hipext.course.handouts import blocks, handout, handout_files, html
from hipext.course.tasks import (
    answers,
    cells_before_solutions,
    course_names,
    read_notebook,
)
from hipext.explorers.panels import png_bytes
from hipext.files.evidence import cite

SHIPPED = course_names()
CLAIM = "States of a model are never claims about a person."


def png(width, height):
    """Return a picture as a notebook stores it."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    return base64.b64encode(png_bytes(pixels)).decode() + "\n"


WIDE, TALL = png(70, 42), png(70, 43)


def markdown(*paragraphs):
    """Return a cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": "\n\n".join(paragraphs)}


def code(source, *outputs):
    """Return a cell of code with its stored outputs."""
    kind = {"cell_type": "code", "metadata": {}, "source": source}
    return kind | {"outputs": list(outputs)}


def drawn(picture):
    """Return the output that holds a picture."""
    return {"output_type": "display_data", "data": {"image/png": picture}}


def printed(text):
    """Return the output that holds a text."""
    return {"output_type": "stream", "name": "stdout", "text": text}


NOTEBOOK = {
    "cells": [
        markdown("# 7 · What & why?", "*You will learn to* <b>guess</b>."),
        code("import hipext"),
        markdown("## First <sight>", "Told in `code`, see [more](other.ipynb)."),
        code("load = 3"),
        markdown("Told as well.", "Set up. **Predict:** how many *one*?", "Left out."),
        code("show()", printed("RESULT\n")),
        markdown("RESULT in words.", "**Predict:** how many two?"),
        code("draw()", drawn(WIDE)),
        markdown("RESULT.", "Second set-up.", "**Predict:** three?", "RESULT."),
        markdown("RESULT by the way. **Predict:** four?"),
        markdown("RESULT.", "Third set-up. **Predict:** five?", "**Predict:** six?"),
        markdown("RESULT.", "So RESULT.", "**Predict:** seven?"),
        markdown("RESULT.", "It is RESULT. **Predict:** eight?"),
        markdown("## Nothing to do here", "Left out."),
        markdown("## Turn the knobs", "Told.", "- What does A do?\n- And *B*?"),
        code("explore()", drawn(TALL), drawn(TALL)),
        markdown("- RESULT?\n- RESULT."),
        markdown("## Your turn", "Left out.", "**Task 01.1** Count.", "With care."),
        code('my_n = None  # your answer: a number of x\ncheck_answer("01.1", my_n)'),
        markdown("**Task 01.2** Again."),
        code('my_m = None\ncheck_answer("01.2", my_m)'),
        markdown("## What the model leaves out", "- Much (E07-005)."),
        code("print(cite())", printed("E11-001  words\n")),
        markdown("After it.", "## Sources", "Left out."),
        code("cite()", printed("E04-018  words\nE04-019, not told\n")),
        markdown("## Solutions", "RESULT."),
        code("RESULT", drawn(png(50, 20))),
    ]
}


@pytest.fixture(scope="module")
def text():
    """Return the handout of the notebook above."""
    return handout(NOTEBOOK, name="07_what")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def lines_after(text, words):
    """Return the number of empty lines that follow `words` directly."""
    after = text.split(words, 1)[1].split('<div class="lines" aria-hidden="true">')[1]
    return re.match(r"(?:<div></div>)*", after)[0].count("<div>")


# --- what is on it ---


def test_title_and_goals_open_the_page(page):
    assert page.text.count("7 · What & why?") == 2  # of the file, and on the page
    assert "You will learn to <b>guess</b>." in page.text


def test_each_prediction_has_lines_to_write_on(text):
    others = ["two", "three", "four", "five", "six", "seven", "eight"]
    questions = ["<em>one</em>?", *(f" {word}?" for word in others)]
    assert [lines_after(text, words) for words in questions] == [2] * 8


def test_text_before_a_result_leads_to_the_question(page):
    assert "Told in code, see more. Told as well. Set up. Predict: how" in page.text


def test_a_paragraph_after_the_result_and_before_the_question_sets_it_up(page):
    assert "Second set-up. Predict: three?" in page.text
    assert "Third set-up. Predict: five? Predict: six? Predict: seven?" in page.text


def test_results_and_solutions_are_left_out(page):
    assert "RESULT" not in page.text


def test_sections_without_anything_to_do_are_left_out(page):
    assert "Nothing to do here" not in page.text
    assert "Left out" not in page.text


def test_each_question_about_the_knobs_has_a_line(text):
    assert lines_after(text, "What does A do?") == 1
    assert lines_after(text, "And <em>B</em>?") == 1


def test_each_task_has_lines_and_a_place_for_its_answer(text, page):
    assert lines_after(text, "With care.") == 3
    assert "Task 01.1 Count. With care. Answer: a number of x Task 01.2" in page.text
    assert text.count('class="blank"') == 2


def test_limits_are_kept_whole(page):
    assert "What the model leaves out Much (E07-005). After it. Sources" in page.text


def test_rows_of_one_source_stand_together():
    cells = [*NOTEBOOK["cells"][:3], markdown("As T01-002 and T01-001 say.")]
    told = Page(handout({"cells": cells})).text.split("Sources ")[1]
    assert told.startswith(f"T01-001, T01-002 {cite('T01-001')}")
    assert cite("T01-001") == cite("T01-002")


def test_sources_are_those_that_the_notebook_names(page):
    ids = re.findall(r"E\d\d-\d{3}", page.text.split("Sources")[1])
    assert ids == ["E04-018", "E07-005", "E11-001"]
    assert all(cite(source) in page.text for source in ids)


def test_each_figure_is_shown_once_after_everything_else(text, page):
    before, figures = text.split('<section id="figures"')
    assert [image["src"] for image in page.all("img")] == [
        f"data:image/png;base64,{picture.strip()}" for picture in (WIDE, TALL)
    ]
    assert figures.count("<img") == 2
    assert before.count("Predict:") == 8


def test_figures_are_named_by_their_section_and_have_their_shape(page):
    assert [image["alt"] for image in page.all("img")] == [
        "Figure 1, as the notebook draws it under “First <sight>”",
        "Figure 2, as the notebook draws it under “Turn the knobs”",
    ]
    assert page.all("figure") == [{}, {"class": "tall"}]
    assert "Figure 1. First <sight>" in page.text


def test_figures_can_be_left_out(page):
    without = handout(NOTEBOOK, figures=False)
    assert "<img" not in without
    assert "igures," not in Page(without).text
    assert Page(without).text.count("Predict:") == page.text.count("Predict:") == 8


def test_the_page_says_what_a_model_state_is_not(text, page):
    assert page.text.count(CLAIM) == 1
    assert f'@bottom-center {{ content: "{CLAIM}"' in text  # on every page


def test_html_in_a_notebook_is_text(text):
    assert "&lt;b&gt;guess" in text
    assert "First &lt;sight&gt;" in text


def test_a_table_in_a_notebook_is_a_table():
    table = html(blocks("| a | b |\n|---|---|\n| 1 | *2* |"))
    assert re.findall(r"<(t[hd])>(.*)</t", table) == [
        ("th", "a"),
        ("th", "b"),
        ("td", "1"),
        ("td", "<em>2</em>"),
    ]


def test_links_are_words_on_paper(page):
    assert page.all("a") == []


def test_a_source_that_is_none_is_named():
    cells = [*NOTEBOOK["cells"][:3], markdown("As E01-404 says.")]
    with pytest.raises(ValueError, match="E01-404"):
        handout({"cells": cells})


@pytest.mark.parametrize("word", ["Predict", "Task"])
def test_a_word_in_bold_splits_a_paragraph(word):
    found = blocks(f"Before, **not**. **{word}:** after **{word}**?")[0]
    before, after = handouts.split_at(found, word)
    assert html(before) == "<p>Before, <strong>not</strong>. </p>"
    assert html(after).startswith(f"<p><strong>{word}:</strong> after")
    assert handouts.split_at(found, "Nowhere") == ([found], [])


# --- the shipped notebooks ---


@pytest.fixture(scope="module", params=SHIPPED)
def name(request):
    """Return the name of a shipped notebook."""
    return request.param


@pytest.fixture(scope="module")
def shipped(name):
    """Return the handout of a shipped notebook."""
    return handout(read_notebook(name), name=name)


def texts(notebook):
    """Return the text cells before the solutions."""
    cells = cells_before_solutions(notebook)
    return [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]


def test_tags_are_balanced_and_headings_in_order(shipped):
    page = Page(shipped)
    headings = [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert page.faults == []
    assert shipped.startswith("<!DOCTYPE html>\n<html lang=")
    assert headings == ["h1", *["h2"] * (len(headings) - 1)]


def test_every_prediction_and_every_task_is_on_the_handout(name, shipped):
    notebook = read_notebook(name)
    n_predictions = "".join(texts(notebook)).count("**Predict")
    assert shipped.count("<strong>Predict") == n_predictions > 0
    assert shipped.count("<p>Answer:") == len(answers(notebook)) > 0
    for answer in answers(notebook):
        assert f"<strong>Task {answer.task}" in shipped


def test_nothing_printed_and_no_code_is_on_the_handout(name, shipped):
    page = Page(shipped.split('<section id="figures"')[0])
    lines = [
        line.strip()
        for cell in read_notebook(name)["cells"]
        for output in cell.get("outputs", [])
        for line in "".join(output.get("text", "")).splitlines()
    ]
    results = [x for x in lines if len(x) > 15 and not re.match(r"[A-Z]\d\d-", x)]
    assert results
    assert [line for line in results if line in page.text] == []


def test_what_follows_a_result_at_once_is_not_on_the_handout(name, shipped):
    cells = [*cells_before_solutions(read_notebook(name))]
    limits = next(x for x in cells if "## What the model leaves out" in x["source"])
    told_after = [
        blocks(cell["source"])[0]
        for last, cell in pairwise(cells[: cells.index(limits)])
        if last.get("outputs") and cell["cell_type"] == "markdown"
    ]
    prose = [html([x]) for x in told_after if x["type"] == "paragraph"]
    told = [x for x in prose if "<strong>Predict" not in x and "<strong>Task" not in x]
    assert told
    assert [words for words in told if words in shipped] == []


def test_all_handouts_have_limits_and_the_same_bytes_every_time(name, shipped):
    assert "<h2>What the model leaves out</h2>" in shipped
    assert handout_files([name]) == {f"{name}.html": shipped.encode()}


def test_a_handout_loads_nothing(shipped):
    page = Page(shipped)
    loaded = [x for _, attrs in page.elements for x in (attrs.get("src"),) if x]
    assert [x for x in loaded if not x.startswith("data:image/png;base64,")] == []
    assert not re.search(r"url\(|@import|<link|<script|srcset", shipped)


# --- the command ---


def test_command_writes_one_file_for_each_notebook(tmp_path):
    done = hipext("handouts", cwd=tmp_path)
    files = sorted(path.name for path in (tmp_path / "out" / "handouts").iterdir())
    assert (done.returncode, done.stderr) == (0, "")
    assert files == [f"{name}.html" for name in SHIPPED]
    assert done.stdout.splitlines() == [f"out/handouts/{file}" for file in files]


def test_command_leaves_out_figures(tmp_path):
    hipext("handouts", "01", "--no-figures", "--out", "h", cwd=tmp_path)
    assert "<img" not in (tmp_path / "h" / f"{SHIPPED[0]}.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["01_first_plam"], "Did you mean '01_first_plan'?"),
        (["01", "conventions"], "A notebook with tasks must be one of '01_first_plan'"),
        (["--out", "a_file"], "a_file: File exists."),
        (["--figure"], "No such option"),
    ],
)
def test_bad_input_is_one_message_and_no_file(arguments, message, tmp_path):
    (tmp_path / "a_file").write_text("mine")
    done = hipext("handouts", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"]


def test_without_mistune_the_command_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mistune", None)
    handouts._markdowns.cache_clear()
    done = hipext("handouts", "01", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Handouts are made from Markdown, which needs mistune. "
        "Install it with: pip install 'hipext[class]'\n"
    )
    assert list(tmp_path.iterdir()) == []


# --- on paper, and on a screen ---

TEXT_WIDTH = 665  # px: 210 mm less the margins
WIDTHS = {"phone": 400, "paper": TEXT_WIDTH, "screen": 1400}


@pytest.fixture(scope="module")
def opened(browser, shipped, name, tmp_path_factory):
    """Return the handout in a browser; what it asks for is listed on it."""
    path = tmp_path_factory.mktemp("handout") / f"{name}.html"
    path.write_text(shipped, encoding="utf-8")
    page = browser.new_page()
    page.asked = []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.goto(path.as_uri())
    yield page
    page.close()


@pytest.mark.browser
def test_a_handout_prints_on_one_to_four_pages_of_a4(opened):
    pdf = opened.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    sizes = {(round(float(width)), round(float(height))) for width, height in boxes}
    assert sizes == {(595, 842)}
    assert 1 <= len(boxes) <= 4


@pytest.mark.browser
@pytest.mark.parametrize("medium", WIDTHS)
def test_nothing_is_wider_than_the_page_and_nothing_is_asked_for(opened, medium):
    opened.emulate_media(media="print" if medium == "paper" else "screen")
    opened.set_viewport_size({"width": WIDTHS[medium], "height": 900})
    rights = opened.evaluate(
        "[...document.querySelectorAll('body *')]"
        ".map(x => x.getBoundingClientRect().right)"
    )
    assert max(rights) <= WIDTHS[medium]
    widest = opened.evaluate("document.documentElement.scrollWidth")
    assert widest <= WIDTHS[medium]
    assert [url for url in opened.asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.browser
def test_figures_are_seen_undistorted(opened):
    shapes = opened.evaluate(
        "[...document.images].map("
        "x => [x.width, x.height, x.naturalWidth, x.naturalHeight])"
    )
    assert shapes
    for width, height, natural_width, natural_height in shapes:
        assert width > 200
        assert width / height == pytest.approx(natural_width / natural_height, rel=0.02)


@pytest.mark.browser
def test_it_can_be_read_without_colour(opened):
    colours = opened.evaluate(
        "[...document.querySelectorAll('body *')]"
        ".map(x => getComputedStyle(x)).flatMap(s => [s.color, s.borderBottomColor])"
    )
    parts = [re.findall(r"\d+", colour)[:3] for colour in colours]
    assert [x for x in parts if len({*x}) > 1] == []
    assert max(int(x[0]) for x in parts) <= 0x80  # dark enough for a copy of a copy
