"""The canonical text: it reads back as the same plan, and no comment gets lost."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import messy_toml, plans

from hipext.files.checks import PlanError
from hipext.files.io import data_dir, parse_toml, shipped_names
from hipext.plans.plan_file import check_plan, format_plan, format_text, read_plan

NOTE = re.compile(r"# note \d+#")
RANDOMS = st.integers(0, 2**32).map(Random)
SHIPPED = shipped_names("plans")

PLAN = """format = 1
name = "a plan"
days = ["mon"]

[deload]
every_weeks = 4

[[phase]]
name = "hinge"
weeks = 2

  [[phase.session]]
  name = "A"

    [[phase.session.slot]]
    exercise = "deadlift"
    sets = "3x8-10 @RPE7"
    rest_s = 120
    progress = { rule = "double", add_kg = 2.5, on_fail = { drop_pct = 7.5 } }
"""


def values_of(plan):
    """Return what was set in a plan, as a file would hold it."""
    return plan.model_dump(mode="json", exclude_unset=True)


def plan_of(text):
    """Return the plan that a text holds."""
    return check_plan(parse_toml(text.removeprefix("\ufeff"), source="t"), source="t")


@given(plans(max_phases=2))
def test_text_of_a_plan_reads_back_as_the_same_plan(plan):
    assert plan_of(format_plan(plan)) == plan


@given(plans(max_phases=2))
def test_canonical_text_stays_as_it_is(plan):
    text = format_plan(plan)
    assert format_text(text) == text


@given(plans(max_phases=2), RANDOMS)
def test_layout_of_the_input_makes_no_difference(plan, random):
    assert format_text(messy_toml(values_of(plan), random)) == format_plan(plan)


@given(plans(max_phases=2), RANDOMS)
def test_every_comment_is_kept_once(plan, random):
    text = messy_toml(values_of(plan), random, comments=True)
    kept = NOTE.findall(format_text(text))
    assert sorted(kept) == sorted(NOTE.findall(text))


@given(plans(max_phases=2), RANDOMS)
def test_comments_change_no_value(plan, random):
    text = messy_toml(values_of(plan), random, comments=True)
    assert plan_of(format_text(text)) == plan


@given(plans(max_phases=2), RANDOMS)
def test_text_with_comments_is_stable_after_one_pass(plan, random):
    once = format_text(messy_toml(values_of(plan), random, comments=True))
    assert format_text(once) == once


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_plan_is_stable_after_one_pass(name):
    text = (data_dir() / "plans" / f"{name}.toml").read_text(encoding="utf-8")
    assert format_text(format_text(text)) == format_text(text)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_plan_reads_back_after_formatting(name):
    assert plan_of(format_plan(read_plan(name))) == read_plan(name)


def test_layout_is_the_one_of_the_guide():
    assert format_text(PLAN) == PLAN


def test_notation_of_the_author_stays():
    assert 'sets = "3x8-10 @RPE7"' in format_text(PLAN)


def test_plan_is_written_in_the_notation_that_plans_keep():
    assert 'sets = "3x8-10 @RIR3"' in format_plan(plan_of(PLAN))


def test_values_that_were_not_set_are_not_written():
    text = format_plan(plan_of(PLAN))
    assert "rest_s = 120\n" in text
    assert "load_fraction" not in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rest_s = 120.0", "rest_s = 120"),
        ("rest_s = 90.50", "rest_s = 90.5"),
        ("rest_s = 1_0e1", "rest_s = 100"),
        ("rest_s = 0.1", "rest_s = 0.1"),
    ],
)
def test_numbers_are_as_short_as_they_can_be(before, after):
    assert f"    {after}\n" in format_text(PLAN.replace("rest_s = 120", before))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name = ", "# above\nname = "),
        ("days = ", "# one\n# two\ndays = "),
        ("days = ", "# one line for TOML\u2028[too]\ndays = "),
        ("days = ", 'description = """\n[no header]  # no comment\n"""\ndays = '),
        ("[deload]", "# above a table\n[deload]"),
        ("[deload]", "[deload]  # beside a table"),
        ("  [[phase.session]]", "  # above\n  [[phase.session]]  # beside"),
        ("    rest_s = 120", "    # above\n    rest_s = 120  # beside"),
        ('days = ["mon"]', 'days = [\n  # first\n  "mon",  # so\n  # last\n]'),
        ('days = ["mon"]', 'days = [  # open\n  "mon",  # so\n]'),
    ],
)
def test_comment_stays_where_it_is(old, new):
    text = PLAN.replace(old, new, 1)
    assert format_text(text) == text


def test_a_bracket_that_begins_a_line_within_a_text_opens_no_table():
    plain = PLAN.replace('"hinge"', '"[hinge]"').replace("format", "# why\nformat")
    assert format_text(plain.replace('"[hinge]"', '"""\\\n[hinge]"""')) == plain


def test_comments_at_the_end_of_the_file_stay_there():
    text = f"{PLAN}\n# last\n# words\n"
    assert format_text(text) == text


def test_comments_of_an_expanded_table_move_above_its_line():
    expanded = """    # steps
    [phase.session.slot.progress]  # here
    # which
    rule = "linear"  # simple
    # how much
    add_kg = 2.5
"""
    text = "\n".join([*PLAN.split("\n")[:-2], expanded])
    lines = format_text(text).splitlines()
    assert lines[-5:] == [
        "    # steps",
        "    # which",
        "    # simple",
        "    # how much",
        '    progress = { rule = "linear", add_kg = 2.5 }  # here',
    ]


def test_comment_signs_in_texts_are_no_comments():
    text = PLAN.replace('"a plan"', '"a # plan"  # "so"')
    assert format_text(text) == text


def test_tables_that_come_in_parts_keep_their_comments():
    late = '\n# late\n[[phase]]  # so\nname = "light"\nweeks = 1\n'
    late += '[[phase.session]]\nname = "A"\n[[phase.session.slot]]\n'
    late += 'exercise = "deadlift"\nsets = "3x5 @RIR2"\n'
    moved = PLAN.replace("[deload]\nevery_weeks = 4\n\n", "")
    text = f"{moved}\n# easy\n[deload]\nevery_weeks = 4\n{late}"
    assert "\n# easy\n[deload]\n" in format_text(text)
    assert '\n# late\n[[phase]]  # so\nname = "light"\n' in format_text(text)


def test_line_ends_and_mark_of_windows_make_no_difference():
    text = PLAN.replace("name =", "# why\nname =", 1)
    assert format_text("\ufeff" + text.replace("\n", "\r\n")) == format_text(text)


@pytest.mark.parametrize(
    "words",
    ["Hüfte 🏋 \u200d vor", 'say "up"', "C:\\hips", "\ttab", '"""', "'''", ""],
)
def test_text_in_one_line_survives(words):
    plan = read_plan("deadlift_5x5_10wk").model_copy(update={"description": words})
    assert plan_of(format_plan(plan)).description == words


@pytest.mark.parametrize(
    "words",
    ["one\ntwo", "\n", '"""\n""""""', 'ends "so"\n"', "back\\\nslash\\", " \n\t\n "],
)
def test_text_of_several_lines_survives(words):
    plan = read_plan("deadlift_5x5_10wk").model_copy(update={"description": words})
    assert plan_of(format_plan(plan)).description == words


def test_text_of_several_lines_is_written_as_it_reads():
    text = PLAN.replace("days = ", 'description = """\nOne "hip".\nTwo."""\ndays = ')
    assert format_text(text) == text


def test_long_list_gets_one_line_per_item():
    text = PLAN.replace(
        "days = ", f'assumptions = ["{"a" * 50}", "{"b" * 50}"]\ndays = '
    )
    assert f'assumptions = [\n  "{"a" * 50}",\n  "{"b" * 50}",\n]\n' in format_text(
        text
    )


def test_rule_comes_first_in_progress():
    text = PLAN.replace(
        'rule = "double", add_kg = 2.5', 'add_kg = 2.5, rule = "double"'
    )
    assert format_text(text) == PLAN


def test_text_that_is_no_good_plan_is_refused_with_its_name():
    with pytest.raises(PlanError, match=r"(?s)mine\.toml has 1 problem.*deadlfit"):
        format_text(PLAN.replace('"deadlift"', '"deadlfit"'), source="mine.toml")


def test_formatting_leaves_the_plan_as_it_is():
    plan = read_plan("guide_16wk")
    before = plan.model_dump()
    format_plan(plan)
    assert plan.model_dump() == before
