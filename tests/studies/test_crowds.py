"""Crowds live as their persons would alone, however they are cut and run."""

import io
import sys
from threading import Event, Timer, current_thread, main_thread

import numpy as np
import pytest
from numpy.lib.recfunctions import structured_to_unstructured as numbers_of

from hipext import read_athlete
from hipext.athletes.population import Cohort, Population, check_population, cohort
from hipext.plans.plan_file import check_plan
from hipext.studies.crowds import (
    course_of,
    outcomes_of,
    progress_bar,
    side_by_side,
    simulate_athletes,
)
from hipext.studies.scenarios import athletes_in, scenario_of

FULL_CROWD = 600  # more than two chunks


def small_plan():
    """Return three weeks of deadlifts on two days a week."""
    slot = {
        "exercise": "romanian_deadlift",
        "sets": "3x8-10 @RIR2",
        "progress": {"rule": "double", "add_kg": 2.5},
    }
    session = {"name": "A", "days": ["mon", "thu"], "slot": [slot]}
    phase = {"name": "only", "weeks": 3, "session": [session]}
    return check_plan({"format": 1, "name": "small", "phase": [phase]}, source="small")


def scenario(**changes):
    """Return the small plan with some changes, "__" being a dot in names."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return scenario_of(small_plan(), named)


def crowd(n=20, **athlete):
    """Return persons around a novice who differs in something."""
    average = read_athlete("novice").model_copy(update=athlete)
    return cohort(n, Population(name="around one", athlete=average), seed=2)


@pytest.fixture(scope="module")
def whole():
    """Return the weeks of a crowd of several chunks."""
    return simulate_athletes(scenario(), crowd(FULL_CROWD), seed=5, n_threads=1)


# --- cut and run ---


@pytest.mark.parametrize("n_threads", [2, 7])
def test_threads_change_no_bit(whole, n_threads):
    again = simulate_athletes(
        scenario(), crowd(FULL_CROWD), seed=5, n_threads=n_threads
    )
    assert again.tobytes() == whole.tobytes()


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (255, 258), (597, 600)])
@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_part_of_a_crowd_lives_as_in_the_whole(whole, start, stop, engine):
    part = simulate_athletes(
        scenario(), crowd(FULL_CROWD)[start:stop], seed=5, engine=engine
    )
    np.testing.assert_allclose(*map(numbers_of, (part, whole[start:stop])), rtol=1e-12)


def test_athletes_differ_from_each_other(whole):
    assert len(np.unique(whole["strength"][:, -1])) == FULL_CROWD


def test_copies_of_one_athlete_have_days_of_their_own():
    weeks = simulate_athletes(scenario(), [read_athlete("novice")] * FULL_CROWD)
    assert len(np.unique(outcomes_of(weeks)["soreness"])) > FULL_CROWD / 2


def test_last_athletes_that_have_a_number_live_alike_in_both_engines():
    last = 2**32 - 3
    population = Population(name="around one", athlete=read_athlete("novice"))
    people = Cohort(population=population, n=3, seed=2**63 - 1, first=last)
    compiled, plain = (
        simulate_athletes(scenario(), people, seed=2**63 - 1, engine=engine)
        for engine in ("compiled", "plain")
    )
    np.testing.assert_allclose(*map(numbers_of, (compiled, plain)), rtol=1e-12)
    assert len(np.unique(compiled["strength"][:, -1])) == 3


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_athletes_are_reported_as_they_are_done(engine):
    told, n = [], {"compiled": FULL_CROWD, "plain": 3}[engine]
    simulate_athletes(scenario(), crowd(n), engine=engine, progress=told.append)
    assert sum(told) == n
    assert len(told) == 3


def test_without_noise_the_seed_changes_nothing():
    one, other = (
        simulate_athletes(scenario(), crowd(), seed=s, noise=False) for s in (0, 1)
    )
    assert np.array_equal(*map(numbers_of, (one, other)), equal_nan=True)


def test_seeds_make_other_days_of_the_same_athletes():
    one, other = (
        outcomes_of(simulate_athletes(scenario(), crowd(), seed=s)) for s in (0, 1)
    )
    assert (one["soreness"] != other["soreness"]).mean() > 0.9


# --- what a scenario and a person bring ---


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_missed_weeks_of_the_average_are_missed_by_everybody(engine):
    weeks = simulate_athletes(scenario(), crowd(6, missed_weeks=(2,)), engine=engine)
    assert (course_of(weeks, "n_missed")[:, 1] == 2.0).all()
    assert (course_of(weeks, "n_missed")[:, 0] == 0.0).all()


def test_different_athletes_miss_their_own_weeks():
    novice = read_athlete("novice")
    away = novice.model_copy(update={"missed_weeks": (3,)})
    weeks = simulate_athletes(scenario(), [novice, away, novice])
    missed = course_of(weeks, "n_missed").tolist()
    assert missed == [[0.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]


def test_attendance_is_the_share_of_sessions_that_athletes_come_to():
    weeks = simulate_athletes(scenario(), crowd(FULL_CROWD, attendance=0.7))
    share = outcomes_of(weeks)["n_missed"].sum() / (6 * FULL_CROWD)
    assert share == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / 6 / FULL_CROWD))


def test_flare_up_hurts_everybody_in_its_week():
    flare = ({"week": 2, "pain": 4.0},)
    people = scenario(athlete__flare_ups=flare)
    weeks = simulate_athletes(people, crowd(), noise=False)
    pain = course_of(weeks, "pain_reported")
    assert (pain[:, 0] < 2.0).all()
    assert (pain[:, 1] >= pain[:, 0] + 3.9).all()


def test_athletes_with_other_known_lifts_live_beside_each_other_as_alone():
    novice, lifter = read_athlete("novice"), read_athlete("lifter")
    few = {"romanian_deadlift": 60.0}
    people = [novice.model_copy(update={"one_rm_kg": few}), lifter]
    assert set(few) != set(lifter.one_rm_kg)
    together = outcomes_of(simulate_athletes(scenario(), people, noise=False))
    for place, one in enumerate(people):
        alone = outcomes_of(simulate_athletes(scenario(), [one], noise=False))
        for name in ("strength_pct", "left_pct", "volume_load_kg"):
            assert together[name][place] == pytest.approx(alone[name][0], rel=1e-12)


def test_changes_of_an_athlete_reach_each_of_different_athletes():
    people = [read_athlete("novice"), read_athlete("runner"), read_athlete("novice")]
    people.append(people[0])
    changed = athletes_in(scenario(athlete__response=0.25), people)
    assert [one.response for one in changed] == [0.25] * 4
    assert [one.name for one in changed] == [one.name for one in people]
    assert changed[3] is changed[0]


def test_changes_of_an_athlete_reach_the_average_of_a_cohort_alone():
    people = crowd()
    changed = athletes_in(scenario(athlete__biering_sorensen_s=50.0), people)
    before, after = (one.traits() for one in (people, changed))
    average = people.population.athlete.biering_sorensen_s
    expected = before["sorensen_s"] * (50.0 / average)
    np.testing.assert_allclose(after["sorensen_s"], expected)
    assert np.array_equal(after["response"], before["response"])
    assert changed.first == people.first


def test_athletes_stay_the_same_objects_where_nothing_of_them_changes():
    people = crowd()
    assert athletes_in(scenario(load_step=2), people) is people


def test_constants_of_a_scenario_reach_the_drawing_of_athletes():
    values = {"name": "by the constants", "athlete": "novice"}
    people = cohort(50, check_population(values, source="test"))
    changes = {"parameter__population__response_cv": 0.0}
    usual, alike = (
        outcomes_of(simulate_athletes(one, people, noise=False))["left_pct"]
        for one in (scenario(), scenario(**changes))
    )
    assert alike.std() < usual.std() / 2


def test_athlete_that_was_not_read_is_reported():
    with pytest.raises(TypeError, match=r"what read_athlete\(\) returns; got 'runner'"):
        simulate_athletes(scenario(), ["runner"])


# --- side by side ---


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(n_threads):
    third_is_done = Event()

    def work(task):
        if task == 2:
            third_is_done.set()
        if task == 0 and n_threads > 2:
            assert third_is_done.wait(10)  # the first one ends after the third
        return task * task

    squares = side_by_side(work, range(20), n_threads=n_threads)
    assert list(squares) == [task * task for task in range(20)]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_only_a_few_tasks_are_under_way_at_a_time(n_threads):
    taken = []
    tasks = (taken.append(task) or task for task in range(1000))
    results = side_by_side(abs, tasks, n_threads=n_threads)
    assert next(results) == 0
    assert len(taken) <= n_threads + 1
    results.close()
    assert len(taken) <= n_threads + 1


def test_threads_are_as_many_as_asked_for():
    both_are_there = [Event(), Event()]

    def work(task):
        both_are_there[task].set()
        return both_are_there[1 - task].wait(10)

    assert list(side_by_side(work, range(2), n_threads=2)) == [True, True]


@pytest.mark.parametrize("n_threads", [1, 2])
def test_machine_code_is_never_called_where_ctrl_c_arrives(n_threads):
    threads = side_by_side(lambda _: current_thread(), range(4), n_threads=n_threads)
    assert main_thread() not in threads


def test_one_thread_in_a_thread_is_that_one():
    def work(_):
        return set(side_by_side(lambda _: current_thread(), range(3), n_threads=1))

    (found,) = side_by_side(work, [0], n_threads=1)
    assert len(found) == 1


@pytest.mark.parametrize("n_threads", [1, 2])
def test_tasks_that_are_not_begun_are_dropped(n_threads):
    begun, may_end = [], Event()

    def work(task):
        begun.append(task)
        return task == 0 or may_end.wait(10)

    results = side_by_side(work, range(9), n_threads=n_threads)
    assert next(results)
    Timer(0.2, may_end.set).start()
    results.close()
    assert len(begun) <= n_threads + 1


@pytest.mark.parametrize("n_threads", [1, 2])
def test_fault_of_a_task_comes_out_in_its_place(n_threads):
    results = side_by_side(lambda task: 1 / (3 - task), range(9), n_threads=n_threads)
    assert [next(results) for _ in range(3)] == [1 / 3, 1 / 2, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)


class Stream(io.StringIO):
    """A stream that is a terminal or not."""

    def __init__(self, *, is_terminal):
        super().__init__()
        self.isatty = lambda: is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "is_shown", "has_bar"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_a_bar_moves_on_a_terminal_only(is_terminal, is_shown, has_bar, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Stream(is_terminal=is_terminal))
    with progress_bar(10, "runs", is_shown=is_shown) as advance:
        advance(4)
        advance(6)
    assert ("0/10" in sys.stderr.getvalue()) is has_bar
