"""Every decision has a reason in words and says what was seen, for everybody."""

import re
from functools import cache

import pytest

from hipext.athletes.athlete import Athlete, read_athlete
from hipext.engine import decisions as codes
from hipext.engine import progression
from hipext.files.checks import counted, distinct_text, ranges_text, weeks_text
from hipext.files.io import shipped_names
from hipext.files.schema import check_values
from hipext.files.tables import ACTIONS, DECISIONS
from hipext.plans.edits import vary
from hipext.plans.exercises import read_exercises
from hipext.plans.plan_file import check_plan, read_plan
from hipext.plans.rules import STEP_REASONS
from hipext.simulation.explanations import (
    GATE_REASONS,
    RULES,
    SLOT_REASONS,
    WEEK_REASONS,
    course,
    is_finished,
)
from hipext.simulation.simulation import simulate

UNLUCKY = {  # illness, absence and pain from elsewhere
    "attendance": 0.7,
    "missed_weeks": [1, 9, 10, 11],
    "flare_ups": [{"week": 3, "pain": 6}, {"week": 6, "pain": 4.5}],
}
KEYS = ["novice", "desk_worker", "lifter", "runner", "unlucky"]
BAD = re.compile(
    r"\bnan\b|\bNone\b|\binf\b|  |[{}]|(?<![\d.])1 \w+s (?:in|of|more|were)\b"
)


def person(name, **changes):
    """Return a shipped person, or the novice with bad luck."""
    if name == "unlucky":
        return person("novice", **UNLUCKY, **changes)
    values = read_athlete(name).model_dump(mode="json", exclude_unset=True)
    return check_values(Athlete, values | changes, source="test")


@cache
def run(plan, who, seed=0):
    return simulate(read_plan(plan), person(who), seed=seed)


@pytest.fixture(params=shipped_names("plans"))
def plan(request):
    return request.param


@pytest.fixture(params=KEYS)
def decisions(plan, request):
    """Return the decisions of a shipped plan for a shipped or an unlucky person."""
    return run(plan, request.param).decisions


# --- every row ---


def test_a_sentence_reads_like_one(decisions):
    told = decisions["sentence"]
    assert told[~told.str.fullmatch(r"[A-Z\d].*[^.]\.")].tolist() == []
    assert told[told.str.contains(BAD)].tolist() == []


def test_a_row_says_what_was_decided_by_which_rule_from_what(decisions):
    assert tuple(decisions.columns) == DECISIONS.names
    assert decisions["action"].isin(ACTIONS).all()
    assert (decisions[["phase", "subject", "trigger"]] != "").all(axis=None)
    seen = r"[a-z_]+=-?[\d.e+-]+(?: [a-z_]+=-?[\d.e+-]+)*"
    assert decisions["observations"].str.fullmatch(seen).all()


def test_a_row_about_an_exercise_names_its_session(decisions):
    of_slot = decisions[decisions["subject"].isin(read_exercises())]
    assert (of_slot["session"] != "").all()
    assert set(decisions["subject"]) - set(of_slot["subject"]) <= {"week", "phase"}


def test_decisions_lie_within_the_weeks_of_the_run_in_order(plan):
    done = run(plan, "unlucky")
    assert done.decisions["day"].is_monotonic_increasing
    assert (done.decisions["day"] // 7 + 1 == done.decisions["week"]).all()
    assert done.decisions["week"].max() <= len(done.weekly)


def test_a_rule_that_stops_or_holds_for_a_limit_tells_it(decisions):
    limited = ["pain", "soreness", "effort", "technique", "reactive_deload"]
    rows = decisions[decisions["trigger"].isin(limited)]
    assert rows["observations"].str.contains("limit=").all()


# --- single reasons ---


REASONS = {*range(progression.MISSED, progression.HARDER_EXERCISE + 1)} | {
    code
    for code in vars(codes).values()
    if isinstance(code, int) and code >= codes.PAIN_BLOCKS_STEP  # below are actions
}


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_has_words(reason):
    homes = [STEP_REASONS, SLOT_REASONS, WEEK_REASONS, GATE_REASONS]
    assert sum(reason in home for home in homes) == 1


def test_every_reason_but_those_of_progression_and_gates_belongs_to_one_rule():
    of_rules = sorted(reason for reasons in RULES.values() for reason in reasons)
    own = {progression.MISSED, progression.REDUCED_SESSION}
    assert of_rules == sorted(own | {*SLOT_REASONS, *WEEK_REASONS})


def sentences(plan="guide_16wk", who="unlucky", **match):
    """Return the sentences of the rows whose columns have these values."""
    rows = run(plan, who).decisions
    for column, value in match.items():
        rows = rows[rows[column] == value]
    return rows["sentence"].tolist()


def test_a_missed_session_was_not_attended():
    rows = run("guide_16wk", "unlucky").decisions.query("trigger == 'attendance'")
    assert rows["observations"].str.startswith("attended=0").all()
    assert rows["sentence"].iloc[0].startswith("Monday's session 'daily mobility' was")
    assert set(rows["session"]) >= {"A", "B", "daily mobility", "rest day"}


def test_a_deload_by_plan_names_its_week():
    rows = run("guide_16wk", "novice").decisions.query("trigger == 'scheduled_deload'")
    assert rows["observations"].str.startswith("week=").all()
    assert rows["sentence"].iloc[0] == (
        "Week 4 is a planned deload: 50 % of the sets at 90 % of the load; every "
        "progression pauses."
    )


def test_pain_that_brings_a_deload_is_reported_with_its_limit():
    (told, *_) = sentences(trigger="reactive_deload")
    assert re.fullmatch(
        r"Week \d+ becomes a deload because reported pain of \d\.\d+ in the week "
        r"before is above 5: 50 % of the sets at 90 % of the load; every progression "
        r"pauses\.",
        told,
    )


def test_a_light_session_for_pain_names_day_and_session():
    rows = run("guide_16wk", "unlucky").decisions.query(
        "trigger == 'pain' and subject == 'week'"
    )
    assert (rows["session"] != "").all()
    assert re.match(r"\w+day's session '[AB]' is reduced", rows["sentence"].iloc[0])


def test_a_return_after_weeks_is_lighter():
    told = " ".join(sentences("maintenance_2day_13wk", trigger="resume"))
    assert re.search(
        r"\d+ days passed without it, so the load is reduced by \d+ %", told
    )
    assert re.search(r"\d+ days passed without work, so every estimated 1RM", told)


def test_technique_is_reported_with_its_limit_and_how_often():
    told = " ".join(sentences(who="desk_worker", trigger="technique"))
    assert re.search(r"technique of 0\.\d+ is below 0\.60 in the first session\.", told)
    assert re.search(r"in two of the last three sessions\.", told)


def test_a_gate_tells_all_that_it_saw_and_what_it_asks_for():
    rows = run("guide_16wk", "desk_worker").decisions.query("trigger == 'gate'")
    seen = rows["observations"].iloc[0]
    for name in ("sessions", "technique_rated", "pain_reported", "range_left"):
        assert f"{name}=" in seen
    assert "technique_min=0.6" in seen
    assert rows["sentence"].str.contains("is extended by one week: ").any()
    assert rows["sentence"].str.contains("is passed: technique was").any()


@pytest.mark.parametrize(
    ("slot", "step"),
    [
        (
            {"sets": "3x8-10 @10kg", "progress": {"rule": "double", "add_kg": 1}},
            "goes from 3x8 at 10 kg to 3x9 at 10 kg: all sets were completed, so each "
            "set has 1 more repetition.",
        ),
        (
            {"sets": "3x8 @10kg", "progress": {"rule": "linear", "add_kg": 1}},
            "goes from 3x8 at 10 kg to 3x8 at 11 kg: all sets were completed, so the "
            "load increases by 1 kg.",
        ),
        (
            {"sets": "3x8 @10kg", "progress": {"rule": "linear", "add_kg": 0.1}},
            "stays at 3x8 at 10 kg: all sets were completed, so the load increases "
            "by 0.1 kg, which rounding does not show yet.",
        ),
        (
            {"sets": "3x8 @10kg", "progress": {"rule": "step", "add_kg": 1}},
            "goes from 3x8 at 10 kg to 3x8 at 11 kg: a good week, so the load "
            "increases by 1 kg.",
        ),
        (
            {
                "sets": "3x8 @10kg",
                "progress": {"rule": "tempo", "after": 1, "tempos": ["4-0-3-0"]},
            },
            "goes from 3x8 at 10 kg, tempo 3-1-1-0 to 3x8 at 10 kg, tempo 4-0-3-0: all "
            "sets were completed, so the tempo becomes 4-0-3-0.",
        ),
    ],
    ids=["double", "linear", "too small", "step", "tempo"],
)
def test_the_first_step_of_a_rule_is_reported(slot, step):
    exercise = "dumbbell_romanian_deadlift"
    session = {"name": "A", "slot": [{"exercise": exercise} | slot]}
    phase = {"name": "only", "weeks": 2, "session": [session]}
    values = {"format": 1, "name": "T", "days": ["mon"], "phase": [phase]}
    able = person("novice", technique=0.9)
    done = simulate(check_plan(values, source="test"), able, noise=False)
    assert done.decisions["sentence"].iloc[0] == f"Dumbbell Romanian deadlift {step}"


# --- a week, and a whole run ---


def test_a_week_is_explained_from_the_whole_to_the_parts():
    done = run("guide_16wk", "novice")
    first = done.decisions.query("action == 'pass'").iloc[0]
    lines = done.explain(week=first["week"]).splitlines()
    assert lines[0].startswith(f"Week {first['week']}: phase 'hinge'")
    assert re.match(r"Done: 3 sessions with work, [\d.]+ working sets", lines[1])
    assert re.match(r"Observed: highest pain \d\.\d, highest soreness \d\.\d", lines[2])
    assert lines[3].startswith("- Phase 'foundation' is passed: ")
    kinds = [re.match(r"- (Mon|Tue|Wed|Thu|Fri|Sat|Sun)", line) for line in lines[3:]]
    assert [bool(kind) for kind in kinds] == sorted(bool(kind) for kind in kinds)


def test_a_sentence_that_comes_again_in_a_week_is_reported_once_with_its_days():
    lines = run("guide_16wk", "novice").explain(week=4).splitlines()
    told = [line.partition(": ")[2] for line in lines[3:]]
    assert len(set(told)) == len(told)
    assert any(line.startswith("- Mon and Fri: ") for line in lines)


def test_missed_sessions_come_last():
    last = run("guide_16wk", "unlucky").explain(week=1).splitlines()[-1]
    assert last.startswith("- Missed: 'daily mobility' on Mon, Tue, Wed, Thu, Fri, Sat")
    assert "'A' on Mon and Fri" in last


def test_every_week_of_every_run_can_be_explained(plan):
    for who in KEYS:  # texts of a run, one after the other
        done = run(plan, who)
        text = "\n".join(done.explain(week=week) for week in done.weekly["week"])
        assert not BAD.search(text)


@pytest.mark.parametrize("week", [0, 17])
def test_a_week_that_is_not_there_is_refused(week):
    with pytest.raises(ValueError, match=rf"week must be 1 to \d+; got {week}\."):
        run("deadlift_5x5_10wk", "novice").explain(week=week)


def course_of(done):
    return course(done.plan, done.weekly, done.decisions)


def test_a_run_that_gates_kept_from_its_end_says_so():
    plan = vary(read_plan("guide_16wk"), {"phase.hinge.advance.pain_max": 0})
    done = simulate(plan, person("desk_worker"))
    assert not is_finished(done.plan, done.weekly, done.decisions)
    assert re.match(
        r"The plan was NOT completed: closed gates kept it in phase '\w+' \(\d of 7\) "
        r"until its limit of \d+ weeks\.",
        course_of(done)[0],
    )


def test_a_finished_run_says_how_long_it_took():
    done = run("guide_16wk", "novice")
    extra_weeks = len(done.weekly) - 16
    assert course_of(done)[0] == (
        f"The plan was completed in {len(done.weekly)} weeks, {extra_weeks} more than "
        "planned."
    )


@pytest.mark.parametrize("pain_max", [10, 0])
def test_the_gate_of_the_last_phase_counts(pain_max):
    gate = {"pain_max": pain_max, "max_extra_weeks": 1}
    plan = vary(read_plan("deadlift_5x5_10wk"), {"phase.1.advance": gate})
    done = simulate(plan, person("desk_worker"))
    assert is_finished(done.plan, done.weekly, done.decisions) == (pain_max == 10)
    assert len(done.weekly) == (10 if pain_max else 11)


def test_deloads_are_reported_with_their_reason():
    told = course_of(run("guide_16wk", "unlucky"))
    assert re.match(r"Deload weeks: [\d, and]+ as planned; \d+.* for reported", told[2])
    assert re.match(r"Missed: \d+ sessions with work, in weeks 1", told[3])


# --- parts of sentences ---


def test_things_are_counted_in_english():
    assert [counted(n, "session") for n in (0, 1, 2, 0.5)] == [
        "0 sessions",
        "1 session",
        "2 sessions",
        "0.5 sessions",
    ]


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([3], "3"), ([1, 2, 3, 7], "1 to 3 and 7"), ([4, 8, 12], "4, 8 and 12")],
)
def test_neighbours_are_joined(numbers, text):
    assert ranges_text(numbers) == text
    assert weeks_text(numbers) == f"week{'s' if len(numbers) > 1 else ''} {text}"


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [(0.74, 0.8, "0.74"), (0.7996, 0.8, "0.7996"), (0.8, 0.8, "0.80")],
)
def test_a_value_never_reads_as_the_limit_it_misses(value, limit, text):
    assert distinct_text(value, limit, 2) == text
