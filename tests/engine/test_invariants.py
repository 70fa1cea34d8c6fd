"""What holds for every legal plan and person who answers back: sixteen invariants.

Plans and persons are drawn. Every invariant was seen to fail when its mechanism was
broken on purpose: see reference/break_invariants.py.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from math import floor, inf, prod
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import (
    EXERCISES,
    athlete_values,
    athletes,
    ladder_slots,
    slots,
    training_plans,
    training_values,
)

from hipext.athletes.athlete import check_athlete, one_rm_of
from hipext.engine.compiled import as_python_objects
from hipext.engine.decisions import (
    ESTIMATES_REDUCED,
    GATE_EXTENDS,
    GATE_PASSED,
    GATE_REGRESSES,
    GATE_STAYS_CLOSED,
    MISSED_SESSION,
    MORE_MOBILITY,
    RANGE_SUFFICIENT,
    REACTIVE_DELOAD,
    SIDES_SIMILAR,
    TRAINING_GAP,
    WEAKER_SIDE_FIRST,
)
from hipext.engine.progression import ADVANCE, PASS, REPEAT, Prescription
from hipext.engine.state import BOTH
from hipext.files.io import parse_toml
from hipext.files.parameters import parameter
from hipext.plans.plan import slot_kind, step_of
from hipext.plans.plan_file import check_plan, format_plan
from hipext.simulation.log_tables import places_of
from hipext.simulation.run import setting_of, trace, weeks_of_all
from hipext.simulation.simulation import simulate

FEW = settings.get_profile("ci").max_examples
MANY = FEW if settings.default.max_examples == FEW else 500
SEEDS = st.integers(0, 2**63 - 1)
WEEKS = st.integers(1, 4)
TABLES = ("sets", "daily", "weekly", "decisions", "assessments", "response", "capacity")
GOOD_DAYS = {"pain": 0, "soreness": 0, "technique": 0.95, "rir": 5, "is_completed": 1}
LB = Decimal("0.45359237")  # kg; international agreement of 1959


def always(**drawn):
    """Return a decorator that tries a test with many plans and persons."""
    return lambda test: settings(max_examples=MANY)(given(**drawn)(test))


def run_of(plan, athlete, *, script=None, **options):
    """Return what happens when a person lives through a plan."""
    setting = setting_of(plan, [athlete])
    days = 7 * setting.plan.horizon
    script = {name: np.full(days, value) for name, value in (script or {}).items()}
    return trace(setting, script=script, **options)


def sets_of(kept):
    return as_python_objects(kept.sets)


def choices_of(kept):
    choices = as_python_objects(kept.decisions)
    for one in choices:
        one.before = Prescription(**vars(one.before))
        one.after = Prescription(**vars(one.after))
    return choices


def of_slots(kept):
    """Return the decisions about what a slot asks for."""
    return [one for one in choices_of(kept) if one.slot >= 0 and one.before.n_sets > 0]


def in_turn(choices):
    """Return pairs of decisions that follow each other in one slot."""
    by_slot = {one.slot: [] for one in choices}
    for one in choices:
        by_slot[one.slot].append(one)
    return [pair for found in by_slot.values() for pair in pairwise(found)]


def demands(asked):
    return asked.n_sets, asked.reps_or_s, asked.load_kg, asked.ladder_step


def is_work(place):
    return slot_kind(place.slot, place.ladder[0]) == "work"


def goes_on(before, after):
    """Return whether a slot asks for what was decided last; a first load may be new."""
    is_new = before.after.load_kg == 0.0
    expected = before.after._replace(load_kg=after.before.load_kg if is_new else 0.0)
    expected = expected if is_new else before.after
    return demands(after.before) == demands(expected)


def bits(kept):
    """Return everything that happened as bytes."""
    return tuple(part.tobytes() for part in kept[1:])


def loadable(load_kg, step_kg):
    """Return the nearest load in whole steps, at least one."""
    return max(floor(load_kg / step_kg + 0.5 + 1e-9), 1) * step_kg


# --- 1 a rest week never raises fatigue ---


@always(plan=training_plans(), athlete=athletes(), week=WEEKS, seed=SEEDS)
def test_a_rest_week_never_raises_fatigue(plan, athlete, week, seed):
    trains = athlete.model_copy(update={"missed_weeks": ()})
    rests = athlete.model_copy(update={"missed_weeks": (week,)})
    days = slice(7 * week - 7, 7 * week + 1)
    with_rest, without = (
        run_of(plan, one, seed=seed).muscles["fatigue"][days] for one in (rests, trains)
    )
    n_days = min(len(with_rest), len(without))
    assert np.all(np.diff(with_rest, axis=0) <= 0)
    assert np.all(with_rest[:n_days] <= without[:n_days])


# --- 2 a skipped session never advances a load ---


@always(
    plan=training_plans(),
    athlete=athletes(),
    weeks=st.sampled_from([(), (1,), (2,), (1, 2), (2, 3)]),
    attendance=st.sampled_from([0.3, 0.7, 1.0]),
    seed=SEEDS,
)
def test_a_skipped_session_advances_nothing(plan, athlete, weeks, attendance, seed):
    changes = {"missed_weeks": weeks, "attendance": attendance}
    kept = run_of(plan, athlete.model_copy(update=changes), seed=seed)
    decided = of_slots(kept)
    skipped = {one.day for one in choices_of(kept) if one.reason == MISSED_SESSION}
    assert not skipped & {one.day for one in decided}
    assert not skipped & {one.day for one in sets_of(kept)}
    assert all(goes_on(before, after) for before, after in in_turn(decided))


# --- 3 one qualifying session is one step ---


def micro_steps(rule, scheme, was: Prescription) -> Iterator[tuple]:
    """Yield what can be asked for after exactly one step of a rule."""
    n_sets, reps_or_s, load_kg, ladder_step = demands(was)
    more_kg = getattr(rule, "add_kg", None) or 0.0
    more_kg += load_kg * (getattr(rule, "add_pct", None) or 0.0) / 100
    more = getattr(rule, "add_reps", 0) or getattr(rule, "add_s", 0)
    if rule.rule in ("linear", "step"):
        yield n_sets, reps_or_s, load_kg + more_kg, ladder_step
    if rule.rule == "tempo":
        yield n_sets, reps_or_s, load_kg, ladder_step
    if rule.rule in ("double", "hold") and reps_or_s < scheme.high:
        yield n_sets, min(reps_or_s + more, scheme.high), load_kg, ladder_step
    elif rule.rule in ("double", "hold"):
        yield n_sets + 1, scheme.low, load_kg, ladder_step
        yield n_sets, scheme.low, load_kg + more_kg, ladder_step
        yield scheme.n_sets, scheme.low, 0.0, ladder_step + 1
    if rule.rule == "wave":
        place = int(was.n_steps + 1) % len(rule.pct)
        next_kg = load_kg * rule.pct[place] / rule.pct[place - 1]
        for last_kg in (next_kg, next_kg + more_kg * next_kg / load_kg):
            yield n_sets, (rule.reps or [reps_or_s] * 12)[place], last_kg, ladder_step


def is_one_step(choice, place):
    steps = micro_steps(place.slot.progress, place.slot.scheme, choice.before)
    return choice.after.n_steps == choice.before.n_steps + 1 and any(
        demands(choice.after) == pytest.approx(step) for step in steps
    )


@always(plan=training_plans(), athlete=athletes(), is_good=st.booleans(), seed=SEEDS)
def test_one_qualifying_session_is_one_step(plan, athlete, is_good, seed):
    kept = run_of(plan, athlete, seed=seed, script=GOOD_DAYS if is_good else None)
    places = places_of(plan, EXERCISES)
    judged = [one for one in of_slots(kept) if one.reason != TRAINING_GAP]
    advanced = [one for one in judged if one.action == ADVANCE]
    held = [one for one in judged if one.action == REPEAT]
    assert len({(one.day, one.slot) for one in judged}) == len(judged)
    assert all(is_one_step(one, places[one.slot]) for one in advanced)
    assert all(demands(one.after) == demands(one.before) for one in held)


@always(plan=training_plans(), athlete=athletes(), seed=SEEDS, noise=st.booleans())
def test_a_slot_advances_when_all_its_sets_were_done_as_asked(
    plan, athlete, seed, noise
):
    kept = run_of(plan, athlete, seed=seed, noise=noise)
    advanced = {
        (one.day, one.slot): one for one in of_slots(kept) if one.action == ADVANCE
    }
    done = [one for one in sets_of(kept) if (one.day, one.slot) in advanced]
    numbers = {(one.day, one.slot): one.set_number for one in done}
    assert all(one.done == one.target and not one.is_reduced for one in done)
    asked = [advanced[one.day, one.slot].before for one in done]
    assert [one.target for one in done] == [one.reps_or_s for one in asked]
    assert all(numbers[key] >= advanced[key].before.n_sets for key in advanced)


# --- 4 repetitions stay inside their range ---


def asked_range(place, deload_reps):
    """Return what a slot may ask for in a set, in ordinary and in light sessions."""
    scheme, rule = place.slot.scheme, place.slot.progress
    ordinary = {*range(scheme.low, scheme.high + 1), *getattr(rule, "reps", ())}
    return ordinary, {deload_reps} if deload_reps and not scheme.is_hold else ordinary


@always(plan=training_plans(), athlete=athletes(), is_good=st.booleans(), seed=SEEDS)
def test_sets_and_repetitions_stay_inside_their_range(plan, athlete, is_good, seed):
    kept = run_of(plan, athlete, seed=seed, script=GOOD_DAYS if is_good else None)
    deload_reps = int((plan.deload.sets or "0x0").partition("x")[2])
    places = places_of(plan, EXERCISES)
    ranges = [asked_range(place, deload_reps) for place in places]
    work = [is_work(place) for place in places]
    assert all(
        one.target in ranges[one.slot][int(one.is_reduced and work[one.slot])]
        for one in sets_of(kept)
    )
    assert all(0 <= one.done <= one.target for one in sets_of(kept))
    assert all(
        places[one.slot].slot.scheme.n_sets
        <= one.after.n_sets
        <= places[one.slot].slot.scheme.n_sets_max
        and one.after.reps_or_s in ranges[one.slot][0]
        for one in of_slots(kept)
    )


# --- 5 deload cuts never stack ---


def light_loads(plan, kept) -> Iterator[tuple[float, float]]:
    """Yield the load of each light slot, and the last ordinary one cut once."""
    places, last = places_of(plan, EXERCISES), {}
    choices = {(one.day, one.slot): one for one in of_slots(kept)}
    gaps = {(x.day, x.slot): x for x in of_slots(kept) if x.reason == TRAINING_GAP}
    firsts = {(one.day, one.slot): one for one in reversed(sets_of(kept))}
    for key in reversed(firsts):
        one, place = firsts[key], places[key[1]]
        exercise, before = place.ladder[one.ladder_step], last.get(one.slot)
        if key in gaps and before:
            last[one.slot] = before = (before[0], before[1] * gap_left(gaps[key]))
        if not (exercise.is_loaded and is_work(place)):
            continue
        if one.is_reduced:
            is_known = before is not None and before[0] == one.ladder_step
            was_kg = before[1] if is_known else choices[key].before.load_kg
            light_kg = was_kg * plan.deload.load_fraction
            yield one.load_kg, loadable(light_kg, step_of(place.slot, exercise))
        else:
            last[one.slot] = one.ladder_step, one.load_kg


def gap_left(choice):
    """Return the share of a load that a long break leaves."""
    return 1.0 - choice.observed.cut_pct / 100.0


def deload_sets(plan, choice, place):
    """Return the sets of a slot in a light session, from those of ordinary ones."""
    deload, n_sets = plan.deload, choice.before.n_sets
    if deload.sets and not place.slot.scheme.is_hold:
        return int(deload.sets.partition("x")[0])
    return max(1, floor(n_sets * deload.sets_fraction + 0.5 + 1e-9))


@always(plan=training_plans(), athlete=athletes(), seed=SEEDS, noise=st.booleans())
def test_the_load_of_a_light_session_is_cut_once(plan, athlete, seed, noise):
    kept = run_of(plan, athlete, seed=seed, noise=noise)
    assert all(
        load_kg == pytest.approx(expected_kg)
        for load_kg, expected_kg in light_loads(plan, kept)
    )


@always(plan=training_plans(), athlete=athletes(), seed=SEEDS, noise=st.booleans())
def test_the_sets_of_a_light_session_are_cut_once(plan, athlete, seed, noise):
    kept, places = (
        run_of(plan, athlete, seed=seed, noise=noise),
        places_of(plan, EXERCISES),
    )
    choices = {(one.day, one.slot): one for one in of_slots(kept)}
    work = [is_work(place) for place in places]
    light = [one for one in sets_of(kept) if one.is_reduced and work[one.slot]]
    decided = [choices[one.day, one.slot] for one in light]
    assert all(demands(one.after) == demands(one.before) for one in decided)
    assert all(
        one.set_number <= deload_sets(plan, choice, places[one.slot])
        for one, choice in zip(light, decided, strict=True)
    )


@always(
    plan=training_plans(),
    athlete=athletes(),
    pain=st.lists(st.sampled_from([0.0, 1.0, 3.0, 9.0]), min_size=4, max_size=4),
)
def test_a_deload_for_pain_keeps_its_distance(plan, athlete, pain):
    script = {"pain": np.repeat(pain, 7)}
    setting = setting_of(plan, [athlete])
    days = 7 * setting.plan.horizon
    kept = trace(setting, script={"pain": np.resize(script["pain"], days)})
    apart = plan.deload.reactive.min_weeks_between if plan.deload.reactive else 0
    weeks = np.flatnonzero(kept.days["is_deload"][::7])
    reactive = [one for one in choices_of(kept) if one.reason == REACTIVE_DELOAD]
    for_pain = {one.day // 7 for one in reactive}
    assert all(
        abs(week - other) > apart
        for week in for_pain
        for other in weeks
        if week != other
    )


# --- 6 swapping an exercise never reuses the other lift's maximum ---

AT_ONCE = {"double": {"add_reps": 10, "after": 1}, "hold": {"add_s": 60}}
QUICK = ladder_slots.filter(lambda slot: "@" in slot["sets"]).map(
    lambda slot: (
        slot | {"progress": slot["progress"] | AT_ONCE[slot["progress"]["rule"]]}
    )
)


def first_loads(plan, athlete, kept) -> Iterator[tuple[float, float]]:
    """Yield the first load of every exercise never done before, and its own share."""
    places, seen, tests = places_of(plan, EXERCISES), set(), kept.tests
    tested = zip(tests["exercise"].tolist(), tests["day"].tolist(), strict=True)
    checks = {(kept.exercises[e], day) for e, day in tested if e >= 0}
    for one in sets_of(kept):
        place = places[one.slot]
        exercise = place.ladder[one.ladder_step]
        known = {lift for lift, day in checks if day <= one.day} | seen
        if is_work(place) and exercise.is_loaded and exercise.id not in known:
            left = estimates_left(kept, one.day)
            own_kg = own_share_kg(place.slot.scheme, athlete, exercise, left)
            cut = plan.deload.load_fraction if one.is_reduced else 1.0
            yield one.load_kg, loadable(own_kg * cut, step_of(place.slot, exercise))
        seen |= {exercise.id} if is_work(place) else set()


def estimates_left(kept, day):
    """Return the share of every estimate that breaks from all training have left."""
    breaks = [one for one in choices_of(kept) if one.reason == ESTIMATES_REDUCED]
    return prod(1 - one.observed.cut_pct / 100 for one in breaks if one.day <= day)


def own_share_kg(scheme, athlete, exercise, left):
    """Return the load to start with, from the 1RM of this exercise alone (Epley)."""
    if scheme.load_kg is not None:
        return scheme.load_kg
    share = 1 / (1 + (scheme.low + (scheme.rir or 0)) / 30)
    share = scheme.pct_1rm / 100 if scheme.pct_1rm is not None else share
    n_implements, body_kg = max(exercise.n_implements, 1), 0.0
    if exercise.rates_body_mass:
        body_kg = exercise.body_mass_share * athlete.body_mass_kg
    one_rm_kg = one_rm_of(athlete, exercise.id, EXERCISES).kg
    known_kg = left * (one_rm_kg * n_implements + body_kg)
    return (share * known_kg - body_kg) / n_implements


@always(
    plan=training_plans(own_slots=QUICK),
    athlete=athletes(),
    is_good=st.sampled_from([True, True, False]),
    seed=SEEDS,
)
def test_another_exercise_starts_from_its_own_maximum(plan, athlete, is_good, seed):
    kept = run_of(plan, athlete, seed=seed, script=GOOD_DAYS if is_good else None)
    assert all(
        load_kg == pytest.approx(expected_kg)
        for load_kg, expected_kg in first_loads(plan, athlete, kept)
    )


# --- 7 warm-up sets never count as work ---


@always(plan=training_plans(), athlete=athletes(), seed=SEEDS)
def test_sets_that_are_no_work_count_nowhere(plan, athlete, seed):
    setting = setting_of(plan, [athlete])
    kept, places = trace(setting, seed=seed), places_of(plan, EXERCISES)
    work = [is_work(place) for place in places]
    done = [one for one in sets_of(kept) if work[one.slot]]
    parts = [1.0 if one.side == BOTH else 0.5 for one in done]
    weeks = [one.day // 7 for one in done]
    counted = np.bincount(weeks, weights=parts, minlength=len(kept.weeks))
    idle = [day for day in range(len(kept.days)) if day not in {x.day for x in done}]
    assert counted == pytest.approx(kept.weeks["working_sets"])
    assert not kept.muscles["adaptation_gain"][idle].any()
    assert not kept.muscles["fatigue_gain"][idle].any()
    assert not kept.lifts["skill_gain"][idle].any()
    assert not kept.days["lumbar_load"][idle].any()


NO_WORK = slots.flatmap(
    lambda slot: st.sampled_from(["warm_up", "mobility", "recovery"]).map(
        lambda kind: slot | {"kind": kind}
    )
)


@always(plan=training_plans(own_slots=NO_WORK), athlete=athletes(), seed=SEEDS)
def test_a_plan_of_warm_ups_trains_nothing(plan, athlete, seed):
    kept = run_of(plan, athlete, seed=seed)
    assert not any(kept.muscles[name].any() for name in kept.muscles.dtype.names)
    work = ("working_sets", "n_failed", "volume_load_kg", "lumbar_load", "minutes")
    assert not any(kept.weeks[name].any() for name in work)
    assert not any(kept.days[name].any() for name in ("lumbar_load", "irritation"))
    assert np.isnan([kept.sets["rir"], kept.sets["technique"]]).all()


# --- 8 kg or lb in, same result out ---


def in_pounds(values, is_lb):
    """Return values of a file with masses rounded to pounds, written in lb or in kg."""
    if isinstance(values, list):
        return [in_pounds(value, is_lb) for value in values]
    if not isinstance(values, dict):
        return values
    changed = {key: in_pounds(value, is_lb) for key, value in values.items()}
    for key in {"add_kg", "increment_kg", "body_mass_kg"} & changed.keys():
        changed[key] = mass_text(changed[key], is_lb)
    if "one_rm_kg" in changed:
        lifts = changed["one_rm_kg"]
        changed["one_rm_kg"] = {key: mass_text(lifts[key], is_lb) for key in lifts}
    text, _, effort = changed.get("sets", "").partition("@")
    if effort.endswith("kg"):
        mass = mass_text(float(effort[:-2]), is_lb)
        mass = mass.replace(" ", "") if is_lb else f"{mass!r}kg"
        changed["sets"] = f"{text}@{mass}"
    return changed


def mass_text(kg, is_lb):
    """Return a mass of whole and half pounds, as a text in lb or a number in kg."""
    halves = min(max(round(2 * kg / float(LB)), 1), 1100)
    pounds = Decimal(max(halves, 134) if kg == 30 else halves) / 2
    return f"{pounds} lb" if is_lb else float(pounds * LB)


@always(plan=training_values(), person=athlete_values, seed=SEEDS)
def test_kg_or_lb_in_gives_the_same_result_out(plan, person, seed):
    in_lb, in_kg = (
        run_of(
            check_plan(in_pounds(plan, is_lb), source="drawn"),
            check_athlete(in_pounds(person, is_lb), source="drawn"),
            seed=seed,
        )
        for is_lb in (True, False)
    )
    assert bits(in_lb) == bits(in_kg)


# --- 9 same plan, person, seed: same bytes ---


@always(plan=training_values(), person=athlete_values, seed=SEEDS, noise=st.booleans())
def test_the_same_plan_athlete_and_seed_give_the_same_bytes(plan, person, seed, noise):
    first, second = (
        run_of(
            check_plan(plan, source=name),
            check_athlete(person, source=name),
            seed=seed,
            noise=noise,
        )
        for name in ("first", "second")
    )
    assert bits(first) == bits(second)


@given(plan=training_plans(), athlete=athletes(), seed=SEEDS)
@settings(max_examples=30)
def test_the_same_plan_athlete_and_seed_give_the_same_files(plan, athlete, seed):
    first, second = (simulate(plan, athlete, seed=seed) for _ in range(2))
    assert [getattr(first, name).to_csv() for name in TABLES] == [
        getattr(second, name).to_csv() for name in TABLES
    ]


PROCESS = """
from hashlib import sha256
from hipext import read_athlete, read_plan, simulate
done = simulate(read_plan("deadlift_5x5_10wk"), read_athlete("novice"), seed=3)
print(sha256((done.sets.to_csv() + done.daily.to_csv()).encode()).hexdigest())
"""


def test_another_process_gives_the_same_bytes():
    digests = {
        subprocess.run(
            [sys.executable, "-c", PROCESS],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


# --- 10 a variant that changes nothing changes no number ---


def shuffled(values, random):
    """Return values of a file with the keys of every table in another order."""
    if isinstance(values, list):
        return [shuffled(value, random) for value in values]
    if not isinstance(values, dict):
        return values
    keys = random.sample(sorted(values), len(values))
    return {key: shuffled(values[key], random) for key in keys}


def renamed(values):
    """Return values of a plan with other names, aims and notes of what stays."""
    phases = [
        phase
        | {
            "name": f"{phase['name']} again",
            "aim": "another",
            "session": [
                session | {"slot": [slot | {"note": "new"} for slot in session["slot"]]}
                for session in phase["session"]
            ],
        }
        for phase in values["phase"]
    ]
    return values | {"name": "another", "description": "new", "phase": phases}


@always(values=training_values(), athlete=athletes(), seed=SEEDS)
def test_a_variant_that_changes_nothing_changes_no_number(values, athlete, seed):
    plan = check_plan(values, source="drawn")
    written = parse_toml(format_plan(plan), source="written")
    other = shuffled(renamed(written), Random(seed))
    variant = check_plan(other, source="variant")
    assert bits(run_of(plan, athlete, seed=seed)) == bits(
        run_of(variant, athlete, seed=seed)
    )


@always(values=training_values(), athlete=athletes(), week=WEEKS, seed=SEEDS)
def test_a_change_in_a_week_changes_nothing_before_it(values, athlete, week, seed):
    plan = check_plan(values, source="drawn")
    week = min(week, plan.n_weeks)
    light = values.get("deload", {})
    weeks = sorted({*light.get("weeks", []), week})
    lighter = values | {"deload": light | {"weeks": weeks}}
    absent = athlete.model_copy(update={"missed_weeks": (week,)})
    stays = athlete.model_copy(update={"missed_weeks": ()})
    first, second = (
        until(run_of(check_plan(one, source="drawn"), who, seed=seed), 7 * week - 7)
        for one, who in ((values, stays), (lighter, absent))
    )
    assert first == second


RESULT = ("day", "test", "side", "value")


def until(kept, day):
    """Return what happened before a day as bytes."""
    sets, decisions, tests = (
        rows[: np.searchsorted(rows["day"], day)] for rows in kept[1:4]
    )
    lifts = [kept.exercises[e] for e in tests["exercise"] if e >= 0]
    states = (kept.days[:day], kept.muscles[:day], kept.weeks[: day // 7])
    parts = (sets, decisions, *states, *(tests[name] for name in RESULT))
    return [*(part.tobytes() for part in parts), lifts]


# --- 11 N people at once are N single runs ---


@always(
    plan=training_plans(),
    people=st.lists(athletes(), min_size=2, max_size=3),
    first=st.integers(0, 1000),
    seed=SEEDS,
)
def test_athletes_at_once_are_single_runs(plan, people, first, seed):
    together = setting_of(plan, people)
    options = {"seed": seed, "is_compiled": False}
    weeks = weeks_of_all(together, first_number=first, **options)
    alone = [
        weeks_of_all(setting_of(plan, [one]), first_number=first + who, **options)
        for who, one in enumerate(people)
    ]
    assert weeks.tobytes() == np.concatenate(alone).tobytes()


# --- 12 weeks appended at the end change nothing before them ---


def longer(values, n_weeks, name):
    """Return values of a plan with weeks more, as a phase of that name if there is."""
    *before, last = values["phase"]
    if name:
        return values | {"phase": [*before, last, last | {"name": name}]}
    return values | {"phase": [*before, last | {"weeks": last["weeks"] + n_weeks}]}


@always(
    values=training_values(),
    athlete=athletes(),
    n_weeks=st.integers(1, 2),
    name=st.sampled_from(["", "another"]),
    seed=SEEDS,
)
def test_weeks_appended_change_nothing_before(values, athlete, n_weeks, name, seed):
    plan = check_plan(values, source="drawn")
    more = check_plan(longer(values, n_weeks, name), source="drawn")
    first, second = (run_of(one, athlete, seed=seed) for one in (plan, more))
    is_last = first.days["phase"][::7] == len(plan.phase) - 1
    last_from = int(is_last.argmax()) if is_last.any() else inf
    end = 7 * min(len(first.weeks), last_from + plan.phase[-1].weeks)
    assert until(first, end) == until(second, end)


# --- 13 inputs are never mutated ---


@always(plan=training_plans(), athlete=athletes(), seed=SEEDS)
def test_inputs_stay_as_they_were(plan, athlete, seed):
    before = plan.model_dump(), athlete.model_dump()
    setting = setting_of(plan, [athlete])
    given_arrays = (*setting.plan, *setting.athletes, setting.model)
    script = {"pain": np.linspace(0, 9, 7)}
    arrays = [part.tobytes() for part in (*given_arrays, script["pain"])]
    trace(setting, seed=seed, script=script)
    weeks_of_all(setting, seed=seed, is_compiled=False)
    assert (plan.model_dump(), athlete.model_dump()) == before
    assert [part.tobytes() for part in (*given_arrays, script["pain"])] == arrays


# --- 14 more pain never makes a rule advance ---


def moves(kept):
    """Return what moves on: slots that advance and phases that are left, by day."""
    found = {}
    for one in choices_of(kept):
        if one.action in (ADVANCE, PASS):
            found.setdefault(one.day, set()).add((one.slot, one.action))
    return found


def first_difference(kept, other):
    """Return the first day on which something else is decided; inf if there is none."""
    decided = ["day", "slot", "action", "reason", "before", "after"]
    n_rows = min(len(kept.decisions), len(other.decisions))
    rows, others = (one.decisions[decided][:n_rows] for one in (kept, other))
    differs = np.flatnonzero(rows != others)
    later = [one.decisions["day"][n_rows : n_rows + 1] for one in (kept, other)]
    days = np.concatenate([rows["day"][differs], others["day"][differs], *later])
    return min(days, default=inf)


PAINS = st.lists(st.integers(0, 12).map(lambda half: half / 2), min_size=7, max_size=7)


@always(
    plan=training_plans(),
    athlete=athletes(),
    pains_reported=PAINS,
    more=st.sampled_from([0.5, 1.0, 2.0, 4.0]),
    day=st.integers(0, 21),
    script=st.sampled_from([{}, GOOD_DAYS]),
)
def test_more_pain_never_makes_a_rule_advance(
    plan, athlete, pains_reported, more, day, script
):
    setting = setting_of(plan, [athlete])
    n_days = 7 * setting.plan.horizon
    others = {name: np.full(n_days, seen) for name, seen in script.items()}
    less_pain = np.resize(pains_reported, n_days)
    more_pain = less_pain + more * (np.arange(n_days) >= day)
    less, worse = (
        trace(setting, script=others | {"pain": pain})
        for pain in (less_pain, more_pain)
    )
    at = first_difference(less, worse)
    assert moves(worse).get(at, set()) <= moves(less).get(at, set())


# --- 15 left and right mirror each other ---

SIDED = (
    WEAKER_SIDE_FIRST,
    SIDES_SIMILAR,
    MORE_MOBILITY,
    RANGE_SUFFICIENT,
    GATE_PASSED,
    GATE_EXTENDS,
    GATE_REGRESSES,
    GATE_STAYS_CLOSED,
)
FIRST = {None: "left", "left": "left", "right": "right", "weaker": "weaker"}
FIRST |= {"alternate": "left"}  # starts left: its mirror cannot be written
SAME = {"left": "left", "right": "right", "weaker": "weaker"}
OTHER = {"left": "right", "right": "left", "weaker": "weaker"}
BY_SIDE = ("hip_extension_deg", "single_leg_bridge_reps", "legs")


def with_sides(values, sides):
    """Return values of a plan whose slots all name the side that starts."""
    if isinstance(values, list):
        return [with_sides(value, sides) for value in values]
    if not isinstance(values, dict):
        return values
    changed = {key: with_sides(value, sides) for key, value in values.items()}
    if "exercise" in values:
        changed["side_first"] = sides[FIRST[values.get("side_first")]]
    return changed


def unlike(person):
    """Return values of a person with a weaker side."""
    reps = person["single_leg_bridge_reps"]
    right = reps["right"] - (reps["left"] == reps["right"] == 200)
    right += reps["left"] == right
    return person | {"single_leg_bridge_reps": reps | {"right": right}}


def swapped(person):
    """Return values of a person with the sides swapped."""
    sides = {
        key: {"left": person[key]["right"], "right": person[key]["left"]}
        for key in BY_SIDE
        if key in person
    }
    return person | sides


def by_side(kept, is_mirrored):
    """Return what happened, with left and right swapped if `is_mirrored`."""
    order, back = ([1, 0], [1, 0, -1]) if is_mirrored else ([0, 1], [0, 1, -1])
    sets, tests, decisions, days, weeks = (
        part.copy()
        for part in (kept.sets, kept.tests, kept.decisions, kept.days, kept.weeks)
    )
    for rows in (sets, tests):
        rows["side"] = np.array(back)[rows["side"]]
    if is_mirrored:
        sided = np.isin(decisions["reason"], SIDED)
        for rows, left, right in (
            (decisions["observed"], "left", "right"),
            (days, "range_left_deg", "range_right_deg"),
            (weeks, "range_left_deg", "range_right_deg"),
            (weeks, "strength_left", "strength_right"),
        ):
            chosen = sided if rows.base is decisions else slice(None)
            lefts = rows[left].copy()
            rows[left][chosen] = rows[right][chosen]
            rows[right][chosen] = lefts[chosen]
    sets.sort(order=("day", "slot", "set_number", "side"))
    tests.sort(order=("day", "test", "exercise", "side"))
    states = (days, kept.muscles[:, :, order], kept.lifts[:, :, order], weeks)
    return (sets, decisions, tests, *states)


@always(values=training_values(), person=athlete_values.map(unlike))
def test_swapping_the_sides_swaps_them_in_the_result(values, person):
    straight, mirrored = (
        run_of(
            check_plan(with_sides(values, sides), source="drawn"),
            check_athlete(one, source="drawn"),
            noise=False,
        )
        for sides, one in ((SAME, person), (OTHER, swapped(person)))
    )
    parts = zip(by_side(straight, False), by_side(mirrored, True), strict=True)
    for part, other in parts:
        assert_alike(part, other)


# --- 16 states are finite and in range ---

BOUNDS = {  # field of the log of days: least and most
    **dict.fromkeys(("pain_reported", "soreness_reported"), (0, 10)),
    **dict.fromkeys(("pain", "soreness"), (0, 10)),
    "stiffness_deg": (0, parameter("stiffness.most_deg")),
    "readiness": (0.5, 1),
    **dict.fromkeys(
        ("range_left_deg", "range_right_deg"),
        (-30 - parameter("stiffness.most_deg"), 200),
    ),
    "stability": (0, 1),
    "lumbar_load": (0, 1e6),
    "tolerance": (5, 1e6),
    "irritation": (0, 1e6),
    "endurance": (0, parameter("endurance.ceiling")),
    "technique": (0, 1),
    **dict.fromkeys(("adaptation", "fatigue"), (0, 10)),
}


def assert_alike(rows, others):
    """Assert that the fields of records differ by rounding alone."""
    for name in rows.dtype.names:
        if rows.dtype[name].names:
            assert_alike(rows[name], others[name])
        else:
            np.testing.assert_allclose(rows[name], others[name], rtol=1e-12, atol=1e-12)


def is_within(values, least, most):
    """Return whether all values are numbers within limits."""
    return bool(np.all((np.asarray(values) >= least) & (np.asarray(values) <= most)))


@always(plan=training_plans(), athlete=athletes(), seed=SEEDS, noise=st.booleans())
def test_states_are_finite_and_in_range(plan, athlete, seed, noise):
    setting = setting_of(plan, [athlete])
    kept, athlete = trace(setting, seed=seed, noise=noise), setting.athletes.records[0]
    crowding = parameter("dose.crowding")
    most_a_day = (
        athlete["response"].max() * athlete["recovery"] * (1 + crowding) / crowding
    )
    grows = {"muscle": kept.muscles["adaptation"], "skill": kept.lifts["skill"]}
    for part, states in grows.items():
        most = np.maximum(
            athlete[f"{part}_ceiling"], parameter(f"{part}.gain") * most_a_day
        )
        assert is_within(states, 0, most)
    assert is_within([kept.muscles[name] for name in kept.muscles.dtype.names], 0, 10)
    assert is_within([kept.lifts[name] for name in kept.lifts.dtype.names], 0, 10)
    within = {name: is_within(kept.days[name], *BOUNDS[name]) for name in BOUNDS}
    assert within == dict.fromkeys(BOUNDS, True)
    assert np.isfinite([kept.weeks[name] for name in kept.weeks.dtype.names]).all()


@always(plan=training_plans(), athlete=athletes(), seed=SEEDS, noise=st.booleans())
def test_sets_tests_and_demands_are_finite_and_in_range(plan, athlete, seed, noise):
    kept = run_of(plan, athlete, seed=seed, noise=noise)
    sets = kept.sets
    rir, rated = (sets[name][~np.isnan(sets[name])] for name in ("rir", "technique"))
    assert is_within(sets["load_kg"], 0, 1500)
    assert is_within(rir, 0, 10)
    assert is_within(rated, 0, 1)
    assert np.isfinite(kept.tests["value"]).all()
    for asked in (kept.decisions["before"], kept.decisions["after"]):
        assert np.isfinite(asked["load_kg"]).all()
