"""Set notation and tempo: one meaning for each text, and messages for slips."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipext.plans.notation import (
    MAX_HOLD_S,
    MAX_LOAD_KG,
    MAX_REPS,
    MAX_SETS,
    SetScheme,
    parse_sets,
    parse_tempo,
    seconds_per_rep,
)

EFFORTS = st.one_of(
    st.just({}),
    st.builds(dict, rir=st.decimals(0, 10, places=2).map(float)),
    st.builds(dict, pct_1rm=st.decimals("1.5", 100, places=3).map(float)),
    st.builds(dict, load_kg=st.floats(1e-3, MAX_LOAD_KG)),
)


@st.composite
def schemes(draw):
    """Return any scheme that can be written."""
    is_hold = draw(st.booleans())
    n_sets = draw(st.integers(1, MAX_SETS))
    low = draw(st.integers(1, MAX_HOLD_S if is_hold else MAX_REPS))
    return SetScheme(
        n_sets=n_sets,
        n_sets_max=draw(st.integers(n_sets, MAX_SETS)),
        low=low,
        high=draw(st.integers(low, MAX_HOLD_S if is_hold else MAX_REPS)),
        is_hold=is_hold,
        is_per_side=draw(st.booleans()),
        **draw(EFFORTS),
    )


@given(schemes())
def test_scheme_survives_being_written_and_read(scheme):
    assert parse_sets(str(scheme)) == scheme


@given(schemes())
def test_canonical_notation_stays_as_it_is(scheme):
    assert str(parse_sets(str(scheme))) == str(scheme)


def fault_of(text):
    """Return what is wrong with a text, or nothing."""
    try:
        parse_sets(text)
    except ValueError as error:
        return str(error)
    return ""


@given(st.text())
def test_any_text_is_a_scheme_or_reported_in_our_words(text):
    fault = fault_of(text)
    assert fault == "" or fault.startswith(repr(text))


@given(st.from_regex(r"\A[0-9x/ -]{1,9}(s|min)?(/side)?( @[0-9.]{1,5}(%|kg|lb)?)?\Z"))
def test_what_looks_like_a_scheme_reads_the_same_twice_or_is_refused(text):
    fault = fault_of(text)
    assert fault or parse_sets(str(parse_sets(text))) == parse_sets(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("3x8", "3x8"),
        ("3x8-10 @RIR3", "3x8-10 @RIR3"),
        (" 3 X 8 - 10@rir 3 ", "3x8-10 @RIR3"),
        ("3\u00d78", "3x8"),
        ("3x8 @RPE7", "3x8 @RIR3"),
        ("3x8 @RPE9.1", "3x8 @RIR0.9"),
        ("2x8/side", "2x8/side"),
        ("2x8 / side @RIR2", "2x8/side @RIR2"),
        ("3x10s", "3x10s"),
        ("1x5min", "1x300s"),
        ("2x20-30s/side", "2x20-30s/side"),
        ("2-3x6-10", "2-3x6-10"),
        ("4x6 @75%", "4x6 @75%"),
        ("4x6 @ 77.5 %", "4x6 @77.5%"),
        ("3x5 @60kg", "3x5 @60kg"),
        ("3x5 @102.0625KG", "3x5 @102.0625kg"),
        ("3x5 @135lb", "3x5 @61.23496995kg"),
        ("3x5 @ 135 Lbs", "3x5 @61.23496995kg"),
        ("3x20s @.5lb", "3x20s @0.226796185kg"),
        ("3-3x8-8", "3x8"),
    ],
)
def test_notation_is_read_in_many_spellings(text, canonical):
    assert str(parse_sets(text)) == canonical


def test_every_part_of_the_notation_has_its_field():
    assert parse_sets("2-3x20-30s/side @12.5kg") == SetScheme(
        n_sets=2,
        n_sets_max=3,
        low=20,
        high=30,
        is_hold=True,
        is_per_side=True,
        load_kg=12.5,
    )


def test_perceived_effort_is_kept_as_reserve():
    assert parse_sets("3x8 @RPE7.5").rir == 2.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3x8-5", "'3x8-5': The reps run downwards (8-5); write 5-8."),
        ("3x30-10s", "'3x30-10s': The hold run downwards (30-10); write 10-30."),
        ("3-2x8", "'3-2x8': The sets run downwards (3-2); write 2-3."),
        ("0x8", "'0x8': Sets must be 1 to 20; got 0."),
        ("2-30x8", "'2-30x8': Sets must be 1 to 20; got 2-30."),
        ("3x0", "'3x0': The reps must be 1 to 100; got 0."),
        ("3x101", "'3x101': The reps must be 1 to 100; got 101."),
        ("1x121min", "'1x121min': The hold must be 1 to 7200 s; got 7260."),
        (
            "3x8 @0.75",
            "@0.75 is written as a fraction; a percentage of the 1RM is 0-100. ",
        ),
        ("3x8 @0.75", "Write @75%."),
        ("3x8 @.8%", "Write @80%."),
        ("3x8 @75", "@75 has no unit. Write @75% or @75kg or @75lb."),
        (
            "3x8 @105%",
            "@105% is above 100 % of the 1RM, which cannot be lifted for sets.",
        ),
        ("3x8 @0kg", "@0kg must be above 0 and at most 1000 kg or 100 %."),
        ("3x8 @1001kg", "@1001kg must be above 0 and at most 1000 kg or 100 %."),
        ("3x8 @2205lb", "@2205lb must be above 0 and at most 1000 kg or 100 %."),
        ("3x8 @0 lb", "@0 lb must be above 0 and at most 1000 kg or 100 %."),
        ("3x8 @RIR11", "RIR must be 0 to 10; got 11."),
        ("3x8 @RPE10.5", "RPE must be 0 to 10; got 10.5."),
        ("3x8 @heavy", "'@heavy' must be @75%, @RIR2, @RPE8, @60kg or @135lb."),
        ("3x8 @RIR2 @75%", "'@RIR2 @75%' must be @75%, @RIR2, @RPE8, @60kg or @135lb."),
        ("three by eight", "'three by eight' is not a set notation. Write '3x8', "),
        ("3x8x10", "'3x8x10' is not a set notation. Write '3x8', '3x8-10 @RIR3', "),
        ("-3x8", "'-3x8' is not a set notation."),
        ("\u0663x8", "'\u0663x8' is not a set notation."),
        ("", "'' is not a set notation."),
    ],
)
def test_slip_is_reported_with_what_was_written(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_sets(text)


def test_all_slips_of_one_notation_are_reported_at_once():
    with pytest.raises(ValueError, match=r"downwards \(8-5\).* Write @75%\."):
        parse_sets("3x8-5 @0.75")


@given(st.lists(st.integers(0, 99), min_size=4, max_size=4).filter(any))
def test_tempo_is_read_phase_by_phase(seconds):
    assert parse_tempo("-".join(map(str, seconds))) == tuple(seconds)


@pytest.mark.parametrize(
    "text",
    ["3-1-1", "3-1-1-0-0", "3110", "3-1-x-0", "3-1-1-100", "3-1-1-0\n", "3 -1-1-0", ""],
)
def test_text_without_four_whole_seconds_is_no_tempo(text):
    message = f"{text!r} is not a tempo. Write four whole seconds"
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_tempo(text)


def test_tempo_takes_time():
    with pytest.raises(ValueError, match=r"'0-0-0-0' takes no time"):
        parse_tempo("0-0-0-0")


def test_repetition_lasts_as_long_as_its_four_phases():
    assert seconds_per_rep("3-1-2-0") == 3 + 1 + 2 + 0
