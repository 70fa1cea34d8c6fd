import re
from itertools import pairwise
from xml.etree import ElementTree

import pandas as pd
import pytest
from html_page import Page

from hipext import (
    changed_athlete,
    open_loop,
    read_athlete,
    read_evidence,
    read_plan,
    simulate,
    vary,
)
from hipext.files.checks import listed
from hipext.files.evidence import cite
from hipext.files.parameters import parameter_table
from hipext.files.tables import TRAINING_LOADS
from hipext.plans.exercises import read_exercises
from hipext.plots import report as report_module
from hipext.plots.report import figure_files, figures, number, report
from hipext.simulation.explanations import course

NAMES = ["phases", "volume", "muscles", "response", "balance", "loads"]
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
LOAD_WORDS = {
    "system_volume_load_kg": "volume load with body mass",
    "tut_s": "time under tension",
    "hard_sets": "hard sets",
    "session_rpe_load": f"session rating {TIMES} minutes",
}


@pytest.fixture(scope="module")
def simulation():
    return open_loop(read_plan("guide_16wk"), read_athlete("novice"))


@pytest.fixture(scope="module")
def files(simulation):
    return figure_files(figures(simulation))


@pytest.fixture(scope="module")
def html(simulation, files):
    return report(simulation, svgs=files)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def bare():
    """Return a run of a plan without load, deload weeks, tests, rules and text."""
    slot = {"exercise": "glute_squeeze_hold", "sets": "3x10s"}
    session = {"name": "A", "slot": [slot]}
    phase = {"name": "only", "weeks": 1, "session": [session]}
    changes = {"phase": [phase], "session": [], "block": [], "days": ["mon"]}
    changes |= {"deload": {}, "assessment": None, "description": "", "assumptions": []}
    return open_loop(vary(read_plan("guide_16wk"), changes), read_athlete("novice"))


def test_there_is_a_figure_of_every_table(simulation):
    assert list(figures(simulation)) == NAMES


def test_figure_files_are_png_and_svg(files):
    assert sorted(files) == sorted(f"{n}.{k}" for n in NAMES for k in ("png", "svg"))
    assert all(files[f"{name}.png"].startswith(b"\x89PNG") for name in NAMES)
    assert all(b"<svg" in files[f"{name}.svg"] for name in NAMES)


def test_the_same_run_gives_the_same_bytes(simulation, files, html):
    assert figure_files(figures(simulation)) == files
    assert report(simulation) == html


def test_figures_stay_unknown_to_pyplot(simulation):
    from matplotlib import pyplot as plt

    figures(simulation)
    assert plt.get_fignums() == []


def test_files_of_a_report_hold_the_page_and_its_figures(simulation, files, html):
    assert report_module.report_files(simulation) == files | {
        "report.html": html.encode()
    }


def test_every_tag_is_closed_in_order(page):
    assert page.faults == []


def test_no_id_is_used_twice_and_every_reference_is_met(html, page):
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    used = re.findall(r'(?:href="|url\()#([^")]+)', html)
    assert len(ids) == len(set(ids))
    assert set(used) <= set(ids)


def test_colours_of_the_figures_stay_as_they_are(html):
    colours = re.findall(r'(?:fill|stroke)(?:="|: ?)(#[^;"]*)', html)
    assert "#fbe3b3" in colours
    assert [one for one in colours if not re.fullmatch(r"#[0-9a-f]{6}", one)] == []


def test_nothing_is_loaded_from_elsewhere(html, page):
    loading = [attrs for _, attrs in page.elements if "src" in attrs]
    tags = {tag for tag, _ in page.elements}
    links = [link["href"] for link in page.all("a")]
    assert loading == []
    assert not tags & {"script", "link", "iframe", "img", "object", "base"}
    assert all(link.startswith(("#", "https://doi.org/")) for link in links)
    assert not re.search(r"@import|url\((?!#)", html)


def test_every_figure_has_a_label_with_a_number_and_a_caption(page):
    labels = [svg["aria-label"] for svg in page.all("svg")]
    assert [one["role"] for one in page.all("svg")] == ["img"] * len(NAMES)
    assert all(re.search(r"\d", label) for label in labels)
    assert len(page.all("figcaption")) == len(NAMES)


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    steps = [after - before for before, after in pairwise(levels)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert max(steps) == 1


def test_page_has_a_language_a_title_and_landmarks(page):
    assert page.all("html") == [{"lang": "en"}]
    assert {"title", "header", "nav", "main", "footer"} <= {x for x, _ in page.elements}
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in (
        page.all("meta")
    )


def test_names_of_a_file_never_become_markup(simulation):
    name = '<b>&" onload="x'
    changes = {"name": name, "phase.2.aim": "<u>", "phase.2.name": "<i>$x&"}
    plan = vary(simulation.plan, changes)
    athlete = simulation.athlete.model_copy(update={"name": "<script>alert(1)"})
    page = Page(report(open_loop(plan, athlete)))
    assert page.faults == []
    assert not {tag for tag, _ in page.elements} & {"b", "i", "u", "script"}
    assert name in page.text
    assert "<script>alert(1)" in page.text


NASTY = """a & b <i> "q" 'p' ]]> <!-- \U0001f3cb $\\bad{x}$ &amp; %s {x}"""


@pytest.mark.parametrize("loop", [simulate, open_loop])
def test_figures_are_strict_xml_and_pages_whole_whatever_the_names_are(loop):
    changes = {"name": NASTY, "description": NASTY, "phase.1.name": NASTY}
    plan = vary(read_plan("deadlift_5x5_10wk"), changes | {"assumptions": [NASTY]})
    athlete = changed_athlete(read_athlete("novice"), {"name": NASTY})
    found = loop(plan, athlete)
    drawn = figure_files(figures(found), kinds=["svg"])
    for content in drawn.values():
        ElementTree.fromstring(content)  # raises where it is no XML
    page = Page(report(found, svgs=drawn))
    assert page.faults == []
    assert NASTY in page.text


def test_names_in_any_script_reach_the_page(simulation):
    plan = vary(simulation.plan, {"phase.2.name": "\u81c0\u90e8 \u05d9\u05e8\u05da"})
    assert plan.phase[1].name in report(open_loop(plan, simulation.athlete))


def test_numbers_of_the_summary_are_those_of_the_tables(simulation, page):
    weekly = simulation.weekly
    highest = weekly.loc[weekly["system_volume_load_kg"].idxmax()]
    assert (
        f"for {weekly['n_sessions'].sum():,} sessions with "
        f"{weekly['working_sets'].sum():,.0f} working sets."
    ) in page.text
    assert (
        "The highest volume load with body mass falls in week "
        f"{highest['week']} ({highest['phase']}) with "
        f"{highest['system_volume_load_kg']:,.0f} kg."
    ) in page.text
    deloads = weekly.loc[weekly["is_deload"], "week"].tolist()
    assert f"Planned as deload (light week): weeks {listed(deloads)}." in page.text


def test_the_page_says_that_success_is_assumed(page):
    assert "Open loop: every set is assumed to succeed" in page.text


def test_deload_weeks_are_marked_by_words_too(simulation, html):
    rows = re.findall(r'<tr class="deload">.*?</tr>', html)
    assert len(rows) == simulation.weekly["is_deload"].sum()
    assert all(">deload</span>" in row for row in rows)


def test_deload_is_explained_once_and_then_called_so(page):
    explained = page.text[
        page.text.index("Over 16 weeks") : page.text.index("The athlete")
    ]
    assert "Planned as deload (light week): weeks" in explained
    assert len(re.findall("light week", explained, re.IGNORECASE)) == 1
    assert "are deload weeks." in explained


def test_volume_that_counts_body_mass_says_so(page):
    for words in (
        "by volume load with body mass",
        "The highest volume load with body mass falls",
        "Planned weekly volume. Volume load with body mass:",
        "Volume load with body mass, kg",
    ):
        assert words in page.text


def test_every_load_that_can_drive_the_response_is_named():
    assert tuple(LOAD_WORDS) == TRAINING_LOADS


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        pytest.param(*item, marks=() if item[0] == "tut_s" else pytest.mark.slow)
        for item in LOAD_WORDS.items()
    ],
)
def test_the_figure_of_the_response_names_the_load_that_drives_it(
    definition, words, simulation
):
    plan, athlete = simulation.plan, simulation.athlete
    page = Page(report(open_loop(plan, athlete, training_load=definition)))
    caption = f"driven by a daily training load: here {words} ({definition})."
    assert caption in page.text


def test_first_and_last_load_of_a_lift_leave_deload_weeks_out(simulation, html):
    rows = simulation.sets.query("exercise == 'romanian_deadlift' and kind == 'work'")
    ordinary = rows[~rows["is_deload"]].groupby("week")["load_kg"].max()
    ends = [(ordinary[week], week) for week in (ordinary.index[0], ordinary.index[-1])]
    row = re.search(r'<th scope="row">Barbell Romanian deadlift</th>.*?</tr>', html)[0]
    cells = re.findall(r"([\d.]+) kg<small>week (\d+)", row)
    shown = [(float(kg), int(week)) for kg, week in cells]
    assert rows["week"].iloc[0] in simulation.weekly.query("is_deload")["week"].tolist()
    assert [shown[0], shown[2]] == ends


def test_a_lift_of_deload_weeks_only_keeps_its_first_and_last_load(simulation):
    plan = vary(simulation.plan, {"deload": {"weeks": list(range(1, 17))}})
    page = Page(report(open_loop(plan, simulation.athlete)))
    assert re.search(r"Leg press [\d.]+ kg week 11 ", page.text)
    assert "unless the lift is done in no other week." in page.text


def test_a_missing_line_is_never_said_to_be_a_missing_lift(page):
    assert "without the lift" not in page.text
    assert "the lift has no working set with added load in that week." in page.text


def test_the_weekly_table_has_every_week(simulation, html):
    table = html[html.index('id="weeks"') : html.index('id="sessions"')]
    weeks = re.findall(r'<tr[^>]*><th scope="row">(\d+)</th>', table)
    assert [int(week) for week in weeks] == simulation.weekly["week"].tolist()


def test_the_first_working_session_of_every_phase_is_shown(simulation, page):
    for phase in simulation.plan.phase:
        rows = simulation.sets.query("phase == @phase.name and kind == 'work'")
        first = rows.iloc[0]
        shown = page.text[page.text.index(f"{phase.name}, week") :]
        assert f"Session {first['session']}, week {first['week']}" in shown
        assert read_exercises()[first["exercise"]].name in shown


def test_repetitions_of_one_side_say_so(page):
    assert re.search(r"\d \N{MULTIPLICATION SIGN} \d+ s per side", page.text)
    assert re.search(r"\d \N{MULTIPLICATION SIGN} \d+ per side", page.text)


def test_all_reasons_and_assumptions_can_be_read(simulation, page):
    reasons = {re.sub(r"\s+", " ", text) for text in simulation.decisions["sentence"]}
    assumed = {re.sub(r"\s+", " ", text) for text in simulation.assumptions["what"]}
    assert [text for text in reasons | assumed if text not in page.text] == []


def test_every_checked_source_is_cited_and_no_other(simulation, page):
    exercises = [read_exercises()[x] for x in simulation.sets["exercise"].unique()]
    ids = {*simulation.plan.sources, *parameter_table()["source"]} - {""}
    ids = ids.union(*(one.sources + one.emg_sources for one in exercises))
    evidence = read_evidence().set_index("id")
    shown = page.text[page.text.rindex("Sources") :]
    checked = {x for x in ids if evidence.loc[x, "status"] == "VERIFIED"}
    assert {x for x in ids if x in shown} == checked
    assert {x for x in checked if cite(x).split(", doi:")[0] not in shown} == set()


def test_a_source_read_in_a_secondary_page_is_marked(page):
    assert "secondary: E11-010" in page.text


@pytest.mark.parametrize("source", report_module.LIMITS)
def test_limits_cite_the_evidence_about_outcomes(source, page):
    limits = page.text[page.text.rindex("Limits") :]
    assert cite(source) in limits


def test_limits_say_how_little_pain_changes(page):
    assert "-5.4 mm of 100 (95 % CI -8.9 to -1.8)" in page.text.replace(MINUS, "-")
    assert "no medical or training advice" in page.text
    assert "never a claim about a person" in page.text


@pytest.mark.parametrize("plan", ["html", "bare"])
def test_missing_values_are_never_printed_raw(plan, request, bare):
    text = report(bare) if plan == "bare" else request.getfixturevalue("html")
    assert not re.search(r"\bnan\b|\bNaN\b|\bNone\b|&lt;NA&gt;|\binf\b", text)


def test_a_plan_with_next_to_nothing_still_has_a_report(bare):
    page = Page(report(bare))
    assert page.faults == []
    for sentence in (
        "No deload (light week) is planned.",
        "The plan asks for no assessment.",
        "No rule of the plan changed an exercise.",
        "No exercise of this plan carries an added load: 0 lifts.",
    ):
        assert sentence in page.text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.4, 0, "1,234"),
        (0.5, 1, "0.5"),
        (20.0, 1, "20"),
        (-0.2, 0, "0"),
        (float("nan"), 1, report_module.MISSING),
        (pd.NA, 0, report_module.MISSING),
        (100.0, 2, "100"),
    ],
)
def test_numbers_are_written_for_readers(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("items", "text"), [([4], "4"), ([4, 8], "4 and 8"), ([4, 8, 12], "4, 8 and 12")]
)
def test_lists_are_written_for_readers(items, text):
    assert listed(items) == text


# --- the closed loop ---

STATES = ["pain", "technique", "range", "strength", "decisions"]


@pytest.fixture(scope="module")
def closed():
    """Return a run with gates that close, failed sets and weeks without sessions."""
    athlete = read_athlete("desk_worker").model_copy(update={"missed_weeks": (1, 7)})
    return simulate(read_plan("guide_16wk"), athlete)


@pytest.fixture(scope="module")
def closed_html(closed):
    return report(closed)


@pytest.fixture(scope="module")
def closed_page(closed_html):
    return Page(closed_html)


def test_the_closed_loop_has_figures_of_the_states_as_well(closed):
    assert list(figures(closed)) == NAMES + STATES


def test_names_of_all_files_are_known_beforehand(closed):
    assert set(figure_files(figures(closed))) == set(report_module.FILE_NAMES)


def test_the_page_of_a_closed_loop_is_sound(closed_page, closed_html):
    ids = [attrs["id"] for _, attrs in closed_page.elements if "id" in attrs]
    used = re.findall(r'(?:href="|url\()#([^")]+)', closed_html)
    assert closed_page.faults == []
    assert len(ids) == len(set(ids))
    assert set(used) <= set(ids)
    assert not re.search(r"\bnan\b|\bNaN\b|\bNone\b|&lt;NA&gt;|\binf\b", closed_html)


def test_the_page_of_a_closed_loop_never_says_that_success_is_assumed(closed_page):
    assert (
        "Closed loop (seed 0): performance, pain and fatigue feed back into the plan."
    ) in closed_page.text
    assert "Open loop" not in closed_page.text
    assert "No set fails" not in closed_page.text
    assert "Left out here" not in closed_page.text


def test_every_figure_of_the_states_has_a_number_and_names_the_model(closed_page):
    labels = [svg["aria-label"] for svg in closed_page.all("svg")]
    assert len(labels) == len(NAMES + STATES)
    assert all(re.search(r"\d", label) for label in labels)
    of_states = [label for label in labels if "of a model" in label]
    assert len(of_states) >= 5
    assert not [label for label in labels if re.search(r"[a-z0-9]\.[A-Z]", label)]


def test_numbers_of_the_states_are_those_of_the_tables(closed, closed_page):
    worst = closed.weekly.loc[closed.weekly["pain_reported_max"].idxmax()]
    assert (
        f"The highest reported pain is {worst['pain_reported_max']:.1f} of 10, in week "
        f"{worst['week']};"
    ) in closed_page.text
    advances = (closed.decisions["action"] == "advance").sum()
    assert f": {advances} times one advanced," in closed_page.text


def test_every_reason_of_a_closed_loop_can_be_read_in_its_week(closed, closed_page):
    reasons = {re.sub(r"\s+", " ", text) for text in closed.decisions["sentence"]}
    assert [text for text in reasons if text not in closed_page.text] == []
    folded = [attrs for attrs in closed_page.all("details") if "week" in attrs.values()]
    assert len(folded) == len(closed.weekly)


def test_the_course_of_the_plan_comes_first(closed, closed_page):
    facts = course(closed.plan, closed.weekly, closed.decisions)
    assert all(fact in closed_page.text for fact in facts)
    assert any(fact.startswith("Missed: 6 sessions") for fact in facts)


def test_results_of_tests_are_shown_by_week(closed, closed_page):
    for week in closed.assessments["week"].unique():
        assert f"Week {week}" in closed_page.text
    assert "Later results are not simulated" not in closed_page.text


def test_a_phase_that_was_not_reached_says_so(closed, closed_page):
    reached = set(closed.weekly["phase"])
    missing = [phase.name for phase in closed.plan.phase if phase.name not in reached]
    assert all(f"{name}, not reached" in closed_page.text for name in missing)


def test_a_closed_loop_with_next_to_nothing_still_has_a_report(bare):
    athlete = bare.athlete.model_copy(update={"missed_weeks": (1,), "one_rm_kg": {}})
    page = Page(report(simulate(bare.plan, athlete)))
    assert page.faults == []
    assert not re.search(r"\bnan\b|\bNone\b", page.text)
    assert "No session was rated in 1 weeks." not in page.text
