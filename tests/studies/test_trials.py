"""Published trials: one set of constants has to agree with all of them."""

from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from hipext.engine.compiled import can_compile
from hipext.files.evidence import check_sources
from hipext.files.io import data_dir
from hipext.files.parameters import read_parameters, shipped_model
from hipext.plots.studies import plot_predicted
from hipext.studies.trials import (
    PREDICTIONS,
    athletes_like,
    person_of,
    plan_of,
    predicted_and_observed,
    read_trials,
)

CALIBRATE = run_path(str(Path(__file__).parents[1] / "reference" / "calibrate.py"))
TRIALS = {trial.id: trial for trial in read_trials()}
MAY_DIFFER = {"training_status", "one_rm_kg", "familiarity", "body_mass_kg"}
N = 200 if can_compile() else 20  # plain Python takes some 20 ms a person and arm


@pytest.fixture(scope="module")
def average():
    return predicted_and_observed(n=0)


@pytest.fixture(scope="module")
def cohort():
    return predicted_and_observed(n=N, seed=0)


def rows_of(table, trial, **columns):
    rows = table[table["trial"] == trial]
    for name, value in columns.items():
        rows = rows[rows[name] == value]
    return rows


def gain(table, arm, exercise):
    rows = rows_of(table, "hammond2019", arm=arm, exercise=exercise)
    return rows["predicted"].item()


@pytest.mark.parametrize("people", ["average", "cohort"])
def test_every_fitted_outcome_is_near_what_was_observed(people, request):
    table = request.getfixturevalue(people)
    far = table[table["is_fitted"] & ~table["within"]]
    assert far.empty, far.to_string()


@pytest.mark.parametrize("people", ["average", "cohort"])
def test_the_gain_of_the_leg_press_follows_the_observed_course(people, request):
    rows = rows_of(request.getfixturevalue(people), "hammarstrom2020")
    off = rows["predicted"] - rows["observed"]
    assert off.abs().max() < 10
    assert rows["week"].tolist() == 2 * [1, 2, 5, 9, 12]


def test_three_sets_do_more_than_one_and_less_than_three_times_as_much(average):
    rows = rows_of(average, "hammarstrom2020", week=12).set_index("arm")["predicted"]
    assert 1.0 < rows["3 sets"] / rows["1 set"] < 1.5


def test_athletes_differ_as_much_as_those_observed(cohort):
    rows = rows_of(cohort, "hammarstrom2020", week=12)
    ratio = rows["predicted_sd"] / rows["observed_sd"]
    assert ratio.between(1 / 1.5, 1.5).all()


@pytest.mark.parametrize("people", ["average", "cohort"])
def test_men_add_load_nearly_every_time_and_women_stall_half_way(people, request):
    table = request.getfixturevalue(people)
    steps = rows_of(table, "stock2014", outcome="steps")["predicted"].item()
    stall = rows_of(table, "stock2014", outcome="stall_week")["predicted"].item()
    loads = rows_of(table, "stock2014", outcome="load_kg")
    assert 15 <= steps <= 19
    assert 4 <= stall <= 8
    assert (loads["predicted"] / loads["observed"]).between(0.85, 1.15).all()


@pytest.mark.parametrize("people", ["average", "cohort"])
def test_the_new_lift_gains_most_and_the_trained_one_more_than_the_other(
    people, request
):
    table = request.getfixturevalue(people)
    thrust, squat = "barbell_hip_thrust", "back_squat"
    gains = [
        gain(table, "hip thrust", thrust),
        gain(table, "squat", thrust),
        gain(table, "squat", squat),
        gain(table, "hip thrust", squat),
    ]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0


@pytest.mark.parametrize("people", ["average", "cohort"])
def test_a_week_off_does_not_make_stronger(people, request):
    row = rows_of(request.getfixturevalue(people), "coleman2024")
    assert row["predicted"].item() <= 0
    assert row["observed"].isna().all()


@pytest.mark.parametrize("people", ["average", "cohort"])
def test_of_a_trial_not_fitted_the_end_is_met_and_the_way_there_is_too_fast(
    people, request
):
    rows = rows_of(request.getfixturevalue(people), "tjosvoll2020").set_index("week")
    assert not rows["is_fitted"].any()
    assert rows.loc[16, "within"].all()
    assert (rows.loc[8, "off"] > 0).all()


@pytest.fixture(scope="module")
def plausible():
    return CALIBRATE["plausible"](shipped_model())


@pytest.mark.parametrize("what", CALIBRATE["LIMITS"])
def test_what_no_trial_tells_is_plausible(plausible, what):
    low, high, _ = CALIBRATE["LIMITS"][what]
    assert low <= plausible[what] <= high


def test_the_shipped_constants_are_the_end_of_a_search():
    shipped = CALIBRATE["shipped"]()
    assert CALIBRATE["objective"](shipped) <= CALIBRATE["objective"](CALIBRATE["GUESS"])
    assert CALIBRATE["is_at_rest"](shipped)


def test_constants_between_two_fitted_ones_are_shipped_as_derived():
    derived = CALIBRATE["all_constants"](CALIBRATE["shipped"]())
    rows = read_parameters()
    assert {name: rows[name].value for name in derived} == derived
    assert {rows[name].kind for name in derived} == {"assumption"}


def test_writing_values_leaves_the_rest_of_the_file_alone():
    text = (data_dir() / "parameters.toml").read_text("utf-8")
    changed = CALIBRATE["written"](text, {"muscle.gain": 9.5})
    before, after = text.splitlines(), changed.splitlines()
    at = [
        n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new
    ]
    assert [after[n] for n in at] == ["value = 9.5"]
    assert after[at[0] - 1] == 'id = "muscle.gain"'


def test_an_unknown_constant_is_not_written():
    with pytest.raises(ValueError, match=r"muscle\.gian stands 0 times"):
        CALIBRATE["written"]("", {"muscle.gian": 1.0})


def test_athletes_of_all_trials_differ_in_what_trials_differ_in():
    given = {
        key for trial in TRIALS.values() for arm in trial.arm for key in arm.person
    }
    assert given == MAY_DIFFER | {"missed_weeks"}


def test_both_first_loads_of_the_deadlift_are_one_share_of_the_1rm():
    shares = []
    for arm in TRIALS["stock2014"].arm:
        scheme = plan_of(arm.plan).phase[0].session[0].slot[0].scheme
        shares.append(scheme.load_kg / person_of(arm).one_rm_kg["deadlift"])
    assert shares == pytest.approx([0.65, 0.65], abs=1e-3)


def test_all_sources_hold():
    sources = {outcome.source for trial in TRIALS.values() for outcome in trial.outcome}
    for trial in TRIALS.values():
        for arm in trial.arm:
            sources |= set(plan_of(arm.plan).sources)
    assert check_sources(sorted(sources), name="trials") is None


def test_responses_have_the_mean_and_the_spread_asked_for():
    average = person_of(TRIALS["hammarstrom2020"].arm[0])
    drawn = [one.response for one in athletes_like(average, 2000, seed=0, cv=0.5)]
    assert np.mean(drawn) == pytest.approx(1, abs=0.03)
    assert np.std(drawn) == pytest.approx(0.5, abs=0.05)


def test_more_athletes_leave_those_before_as_they_were():
    average = person_of(TRIALS["hammarstrom2020"].arm[0])
    few, many = (athletes_like(average, n, seed=7, cv=0.5) for n in (3, 5))
    assert few == many[:3]
    assert few != athletes_like(average, 3, seed=8, cv=0.5)


def test_predictions_are_a_table_with_a_row_per_outcome(average):
    assert tuple(average.columns) == PREDICTIONS.names
    assert len(average) == sum(len(trial.outcome) for trial in TRIALS.values())
    assert average["predicted_sd"].isna().all()


def test_rows_of_the_figure_are_the_observed_and_predicted_means(average):
    ax = plot_predicted(average)
    rows = average[average["unit"] == "%"]
    drawn = {line.get_label(): line.get_xdata() for line in ax.lines[:2]}
    np.testing.assert_array_equal(drawn["observed"], rows["observed"])
    np.testing.assert_array_equal(drawn["predicted"], rows["predicted"])
    assert len(ax.get_yticklabels()) == len(rows)


def test_an_unknown_unit_is_refused(average):
    with pytest.raises(ValueError, match=r"unit must be one of '%', 'kg'; got 'lb'"):
        plot_predicted(average, unit="lb")
