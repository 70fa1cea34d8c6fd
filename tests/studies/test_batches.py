"""A batch of a sweep needs nothing but the head of its job and its pieces."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hipext import PlanError, read_athlete
from hipext.athletes.population import Population, cohort, read_population
from hipext.files.parameters import parameters_changed
from hipext.files.tables import OUTCOMES, WEEKLY_OUTCOMES
from hipext.plans.plan_file import check_plan
from hipext.studies.batches import (
    Job,
    Piece,
    check_first,
    n_batches,
    pieces_of,
    tables_of_batch,
)
from hipext.studies.crowds import course_of, outcomes_of, simulate_athletes
from hipext.studies.designs import design_of
from hipext.studies.scenarios import Copies, scenario_of

STEPS = {"load_step": (0.5, 2.0)}


def small_plan(exercise="romanian_deadlift"):
    """Return two phases; the first one goes on until technique is good."""
    slot = {"exercise": exercise, "sets": "3x8 @RIR2"}
    slot["progress"] = {"rule": "linear", "add_kg": 2.5}
    session = {"name": "A", "days": ["mon", "thu"], "slot": [slot]}
    gate = {"max_extra_weeks": 3, "technique_min": 0.6}
    first = {"name": "first", "weeks": 2, "session": [session], "advance": gate}
    phases = [first, {"name": "second", "weeks": 1, "session": [session]}]
    return check_plan({"format": 1, "name": "small", "phase": phases}, source="small")


def novices(n=5, seed=3):
    """Return athletes drawn from novices."""
    return cohort(n, read_population("novices"), seed=seed)


def job(vary=STEPS, **values):
    """Return a job of a few persons in a few scenarios."""
    usual = {
        "plan": small_plan(),
        "athletes": novices(),
        "seed": 3,
        "noise": True,
        "keeps_weeks": False,
        "design": design_of("grid", vary, None, 0),
    }
    return Job(**usual | values)


def piece(scenario=0, first=0, n=3, **changes):
    """Return a piece of a scenario."""
    return Piece(scenario=scenario, changes=json.dumps(changes), first=first, n=n)


def weeks_of(job, piece):
    """Return the weeks of a piece as a crowd lives them."""
    scenario = scenario_of(job.plan, json.loads(piece.changes))
    weeks = simulate_athletes(scenario, job.athletes, seed=job.seed, noise=job.noise)
    return weeks[piece.first : piece.first + piece.n]


def assert_same(tables, others):
    """Make sure that columns are equal, value by value."""
    assert list(tables) == list(others)
    for table in tables:
        assert list(tables[table]) == list(others[table])
        for name, values in tables[table].items():
            np.testing.assert_array_equal(values, others[table][name])


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_weeks_of_pieces_are_those_of_their_athletes(engine):
    asked = job(keeps_weeks=True)
    pieces = (piece(first=3, n=2, load_step=0.5), piece(1, n=2, load_step=2.0))
    weeks = tables_of_batch(asked.head(), pieces, engine)["weeks"]
    expected = [
        (one.scenario, one.first + who + 1, week + 1, *course_of(values, "minutes"))
        for one in pieces
        for who, lives in enumerate(weeks_of(asked, one))
        for week, values in enumerate(lives[:, np.newaxis])
        if not np.isnan(values["strength"][0])
    ]
    columns = [weeks[name] for name in ("scenario", "athlete", "week", "minutes")]
    np.testing.assert_allclose(np.transpose(columns), expected, rtol=1e-12)
    assert list(weeks)[3:] == list(WEEKLY_OUTCOMES)


def test_plans_of_athletes_last_as_long_as_their_outcome_says():
    tables = tables_of_batch(
        job(keeps_weeks=True, athletes=novices(200)).head(), [piece(n=200)]
    )
    lengths = np.bincount(tables["weeks"]["athlete"])[1:]
    assert np.array_equal(lengths, tables["outcomes"]["weeks"])
    assert len(set(lengths)) > 1


def test_columns_of_a_batch_have_the_types_of_the_format():
    tables = tables_of_batch(job(keeps_weeks=True).head(), [piece()])
    types = {name: values.dtype.name for name, values in tables["outcomes"].items()}
    assert types.pop("scenario") == "int32"
    assert types.pop("athlete") == "int64"
    assert types.pop("weeks") == "int16"
    assert types == dict.fromkeys(
        [name for name in OUTCOMES if name in types], "float64"
    )
    assert tables["weeks"]["week"].dtype.name == "int16"


def test_batch_cut_in_two_is_the_same_batch():
    head = job().head()
    whole = tables_of_batch(head, [piece(n=5)])["outcomes"]
    parts = tables_of_batch(head, [piece(n=2), piece(first=2, n=3)])["outcomes"]
    assert_same({"outcomes": whole}, {"outcomes": parts})


def test_constants_are_those_of_when_the_job_was_made():
    made = job(seed=12)
    usual = tables_of_batch(made.head(), [piece()])["outcomes"]["left_pct"]
    with parameters_changed({"muscle.gain": 0.0, "population.response_cv": 0.1}):
        head = made.head()
        expected = outcomes_of(weeks_of(made, piece()))["left_pct"]
    with ThreadPoolExecutor(1) as other_thread:
        outside = other_thread.submit(tables_of_batch, head, [piece()]).result()
    np.testing.assert_array_equal(outside["outcomes"]["left_pct"], expected)
    assert (usual > expected).all()


@pytest.mark.parametrize("who", ["novices", "novice"])
def test_changes_of_an_athlete_reach_everybody(who):
    athletes = {"novices": novices(), "novice": Copies(read_athlete("novice"), 5)}[who]
    head = job(athletes=athletes).head()
    pieces = (piece(n=2), piece(1, n=3, **{"athlete.missed_weeks": [1, 2]}))
    found = tables_of_batch(head, pieces)["outcomes"]
    assert found["n_missed"].tolist() == [0.0, 0.0, 4.0, 4.0, 4.0]
    assert found["scenario"].tolist() == [0, 0, 1, 1, 1]
    assert found["athlete"].tolist() == [1, 2, 1, 2, 3]


def test_constants_of_a_scenario_do_not_stay_for_the_next():
    head, changed = job().head(), {"parameter.muscle.gain": 0.0}
    pieces = (piece(), piece(1, **changed), piece(2))
    strengths = tables_of_batch(head, pieces)["outcomes"]["strength_pct"].reshape(3, 3)
    assert np.array_equal(strengths[0], strengths[2])
    assert (strengths[1] < strengths[0]).all()


def test_constants_of_a_scenario_reach_the_drawing_of_athletes():
    around = Population(name="around one", athlete=read_athlete("novice"))
    average = cohort(40, around, seed=3)
    head, changes = (
        job(athletes=average, noise=False).head(),
        {
            "parameter.population.response_cv": 0.0,
            "parameter.population.one_rm_cv": 0.0,
        },
    )
    pieces = (piece(n=40), piece(1, n=40, **changes))
    left = tables_of_batch(head, pieces)["outcomes"]["left_pct"].reshape(2, 40)
    assert left[1].std() < left[0].std() / 2


def test_one_athlete_has_days_of_its_own_in_every_life():
    alone = job(athletes=Copies(read_athlete("novice"), 5))
    whole = tables_of_batch(alone.head(), [piece(n=5)])["outcomes"]["soreness"]
    part = tables_of_batch(alone.head(), [piece(first=3, n=2)])["outcomes"]["soreness"]
    assert len(set(whole)) == 5
    assert np.array_equal(part, whole[3:])


def test_noise_is_that_of_the_job():
    heads = [job(noise=noise, athletes=novices(30)).head() for noise in (True, False)]
    found = [tables_of_batch(head, [piece(n=30)])["outcomes"] for head in heads]
    assert not np.array_equal(found[0]["soreness"], found[1]["soreness"])


def test_seed_of_athletes_makes_them_and_seed_of_the_job_their_days():
    seeds, copies = (3, 2**63 - 1), Copies(read_athlete("novice"), 30)
    drawn = [job(athletes=novices(30, seed), noise=False) for seed in seeds]
    for jobs in (drawn, [job(seed=seed, athletes=copies) for seed in seeds]):
        found = [tables_of_batch(one.head(), [piece(n=30)])["outcomes"] for one in jobs]
        assert not np.array_equal(found[0]["soreness"], found[1]["soreness"])


def test_weeks_are_not_there_where_they_are_not_kept():
    assert list(tables_of_batch(job().head(), [piece()])) == ["outcomes"]


def test_values_of_a_design_survive_json():
    vary = {"weeks": (np.int64(3), 4), "load_step": (np.float64(0.1),)}
    made = job(vary=vary | {"athlete.missed_weeks": ((1, 2), ())})
    changes = [json.loads(one.changes) for one in pieces_of(made, 0)]
    assert changes[0] == {
        "weeks": 3,
        "load_step": 0.1,
        "athlete.missed_weeks": [1, 2],
    }
    assert [one["weeks"] for one in changes] == [3, 3, 4, 4]


def test_pieces_of_batches_are_all_rows_once():
    made = job(athletes=novices(300))
    pieces = [one for batch in range(n_batches(made)) for one in pieces_of(made, batch)]
    found = [(one.scenario, one.first, one.n) for one in pieces]
    assert found == [(0, 0, 300), (1, 0, 212), (1, 212, 88)]


def test_last_batch_has_the_rest():
    made = job(athletes=novices(1100), vary={"load_step": (1.0,)})
    sizes = [sum(one.n for one in pieces_of(made, n)) for n in range(n_batches(made))]
    assert sizes == [512, 512, 76]


def test_first_scenario_that_cannot_be_done_is_reported_before_the_sweep():
    weak = read_athlete("novice").model_copy(update={"one_rm_kg": {"back_squat": 50.0}})
    with pytest.raises(PlanError, match="has no 1RM for romanian_deadlift"):
        check_first(job(athletes=[weak]))


IMPOSSIBLE = {"deload.weeks": [3], "phase.second.weeks": 1, "phase.first.weeks": 1}


def test_scenario_that_makes_no_plan_is_missing_and_stops_nobody():
    one = job(keeps_weeks=True)
    pieces = (piece(0, n=2), piece(1, n=2, **IMPOSSIBLE), piece(2, n=1))
    tables = tables_of_batch(one.head(), pieces)
    outcomes = tables["outcomes"]
    assert (outcomes["weeks"] > 0).tolist() == [True, True, False, False, True]
    assert outcomes["scenario"].tolist() == [0, 0, 1, 1, 2]
    for name in set(OUTCOMES) - {"weeks"}:
        missing = np.isnan(outcomes[name]).tolist()
        assert missing == [False, False, True, True, False]
    assert set(tables["weeks"]["scenario"]) == {0, 2}
