"""Searches: known fronts of published problems, limits, and what a front is."""

import logging

import numpy as np
import optuna
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hipext.studies.search import front_of, search
from hipext.studies.sweep_file import Limit, Range

TWO = {"f1": "lowest", "f2": "lowest"}
SCHAFFER = {"x": Range(low=-10, high=10)}
BINH_KORN = {"x": Range(low=0, high=5), "y": Range(low=0, high=3)}
BINH_KORN_LIMITS = {"g1": Limit(at_most=25), "g2": Limit(at_least=7.7, of="p90")}
UNTIL = {"trials": 400, "generation": 40, "seed": 0}
BRIEF = {"trials": 30, "generation": 10, "seed": 0}

goals_and_tables = st.integers(1, 4).flatmap(
    lambda n_goals: st.tuples(
        st.lists(
            st.sampled_from(["highest", "lowest"]), min_size=n_goals, max_size=n_goals
        ),
        st.lists(
            st.lists(st.integers(0, 4), min_size=n_goals, max_size=n_goals),
            min_size=1,
            max_size=25,
        ),
    )
)


def named(ways, rows):
    goals = {f"g{number}": way for number, way in enumerate(ways)}
    return goals, pd.DataFrame(rows, columns=[*goals], dtype="float64")


def beats(goals, one, other):
    signs = [1 if way == "highest" else -1 for way in goals.values()]
    ahead = [sign * (one[g] - other[g]) for sign, g in zip(signs, goals, strict=True)]
    return min(ahead) >= 0 and max(ahead) > 0


def schaffer(scenarios):
    x = np.array([changes["x"] for changes in scenarios])
    return pd.DataFrame({"f1": x**2, "f2": (x - 2) ** 2})


def binh_korn(scenarios):
    x, y = np.array([[changes["x"], changes["y"]] for changes in scenarios]).T
    return pd.DataFrame(
        {
            "f1": 4 * x**2 + 4 * y**2,
            "f2": (x - 5) ** 2 + (y - 5) ** 2,
            "g1": (x - 5) ** 2 + y**2,
            "g2_p90": (x - 8) ** 2 + (y + 3) ** 2,
        }
    )


@given(goals_and_tables)
def test_a_row_is_on_the_front_exactly_if_no_other_beats_it(case):
    goals, table = named(*case)
    rows = table.to_dict("records")
    expected = {
        place
        for place, row in enumerate(rows)
        if not any(beats(goals, other, row) for other in rows)
    }
    assert set(front_of(table, goals).index) == expected


@given(goals_and_tables)
def test_a_row_that_is_beaten_changes_nothing_about_the_front(case):
    goals, table = named(*case)
    worse = table.iloc[0] - [1 if way == "highest" else -1 for way in case[0]]
    more = pd.concat([table, worse.to_frame().T], ignore_index=True)
    pd.testing.assert_frame_equal(front_of(more, goals), front_of(table, goals))


@given(goals_and_tables, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_front_does_not_depend_on_the_unit_of_a_goal(case, factor, shift):
    goals, table = named(*case)
    scaled = table.assign(g0=table["g0"] * factor + shift)
    assert front_of(scaled, goals).index.equals(front_of(table, goals).index)


@given(goals_and_tables)
def test_a_goal_turned_round_is_the_goal_of_its_opposite(case):
    goals, table = named(*case)
    apply_knob = {"highest": "lowest", "lowest": "highest"}
    opposite = {goal: apply_knob[way] for goal, way in goals.items()}
    assert front_of(-table, opposite).index.equals(front_of(table, goals).index)


def test_the_best_in_the_first_goal_comes_first_and_equals_stay():
    rows = [[50.0, 1.0], [60.0, 2.0], [60.0, 2.0], [55.0, 3.0], [np.nan, 0.0]]
    goals, table = named(["highest", "lowest"], rows)
    assert front_of(table, goals).index.tolist() == [1, 2, 0]


def test_a_search_finds_the_front_of_schaffer_from_end_to_end():
    found = search(SCHAFFER, TWO, {}, schaffer, **UNTIL)
    x = found.front["x"].to_numpy()  # published: x from 0 to 2
    assert ((x > -0.1) & (x < 2.1)).all()
    assert len(x) > 20
    assert np.diff(np.sort(np.append(x, [0.0, 2.0]))).max() < 0.3
    assert (np.diff(found.front["f1"]) > 0).all()


def test_a_search_keeps_to_limits_and_comes_near_the_front_of_binh_and_korn():
    found = search(BINH_KORN, TWO, BINH_KORN_LIMITS, binh_korn, **UNTIL)
    front = found.front
    assert (front["g1"] <= 25).all()
    assert (front["g2_p90"] >= 7.7).all()
    y = np.minimum(np.sqrt(front["f1"] / 8), 3)  # published: y = x up to 3, then y = 3
    x = np.sqrt(front["f1"] / 4 - y**2)
    above = front["f2"] - (x - 5) ** 2 - (y - 5) ** 2
    assert above.min() > -1e-9
    assert above.mean() < 0.5  # f2 goes from 4 to 50
    assert front["f1"].min() < 8
    assert front["f1"].max() > 100


def test_limits_lead_a_search_to_the_little_that_is_allowed():
    def evaluate(scenarios):
        place = pd.DataFrame(scenarios)
        return place.assign(away=np.hypot(place["x"] - 9, place["y"] - 9))

    space = {"x": Range(low=0, high=10), "y": Range(low=0, high=10)}
    goals = {"x": "lowest", "y": "lowest"}
    found = search(space, goals, {"away": Limit(at_most=0.5)}, evaluate, **UNTIL)
    last = found.trials["generation"] == 10
    assert found.trials["is_allowed"][last].mean() > 0.1  # by chance: 0.008


def test_what_is_allowed_and_on_the_front_is_marked_in_the_trials():
    found = search(BINH_KORN, TWO, BINH_KORN_LIMITS, binh_korn, **BRIEF)
    trials = found.trials
    keeps = (trials["g1"] <= 25) & (trials["g2_p90"] >= 7.7)
    assert trials["is_allowed"].equals(keeps.rename("is_allowed"))
    assert not keeps.all()
    expected = front_of(trials[keeps], TWO)
    assert found.front.index.equals(expected.index)
    assert set(trials.index[trials["is_on_front"]]) == set(expected.index)


def test_the_same_seed_gives_the_same_search_and_another_seed_another():
    first, again, other = (
        search(BINH_KORN, TWO, BINH_KORN_LIMITS, binh_korn, **BRIEF | {"seed": seed})
        for seed in (2**63 - 1, 2**63 - 1, 0)
    )
    pd.testing.assert_frame_equal(first.trials, again.trials)
    assert not first.trials.equals(other.trials)


def test_a_search_comes_nearer_to_the_front_than_chance():
    many = {"trials": 300, "generation": 20, "seed": 1}
    found = search(SCHAFFER, TWO, {}, schaffer, **many)
    late = found.trials[found.trials["generation"] > 5]["x"]
    beside = np.maximum(np.maximum(-late, late - 2), 0)
    assert beside.mean() < 4.1 / 2  # by chance: (10 * 5 + 8 * 4) / 20


def test_no_changes_are_asked_for_twice_and_all_in_generations():
    asked = []

    def evaluate(scenarios):
        asked.append([changes["x"] for changes in scenarios])
        return schaffer(scenarios)

    space = {"x": Range(low=-3, high=3, whole=True)}
    found = search(space, TWO, {}, evaluate, trials=100, generation=20, seed=0)
    flat = [x for scenarios in asked for x in scenarios]
    assert sorted(flat) == [*range(-3, 4)]
    assert {type(x) for x in flat} == {int}
    assert found.trials["x"].tolist() == flat
    assert found.trials["trial"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert sorted(found.front["x"]) == [0, 1, 2]


def test_values_of_a_list_are_chosen_as_they_are():
    space = {"light": [(), (3,), (3, 4)], "flag": [True, 1, "x"]}
    seen = []

    def evaluate(scenarios):
        seen.extend((one["light"], type(one["flag"])) for one in scenarios)
        return pd.DataFrame({"f1": [len(one["light"]) for one in scenarios]})

    found = search(space, {"f1": "highest"}, {}, evaluate, **BRIEF)
    kinds = (bool, int, str)
    assert set(seen) == {(light, kind) for light in space["light"] for kind in kinds}
    assert found.front["light"].tolist() == [(3, 4)] * 3


def test_progress_is_reported_after_each_generation():
    told = []
    search(
        SCHAFFER,
        TWO,
        {},
        schaffer,
        trials=25,
        generation=10,
        seed=0,
        progress=told.append,
    )
    assert told == [10, 10, 5]


def test_a_scenario_that_cannot_be_is_not_allowed():
    def evaluate(scenarios):
        return schaffer(scenarios).where(lambda t: t["f1"] < 1)  # missing elsewhere

    found = search(SCHAFFER, TWO, {}, evaluate, **UNTIL)
    assert (found.trials["is_allowed"] == (found.trials["x"].abs() < 1)).all()
    assert found.front["x"].between(-0.1, 1).all()


def test_where_nothing_can_be_the_front_is_empty_and_says_so():
    def evaluate(scenarios):
        return schaffer(scenarios) * np.nan

    found = search(SCHAFFER, TWO, {}, evaluate, **BRIEF)
    assert found.front.empty
    assert found.report() == (
        "30 scenarios tried, none of which can be done as it was set."
    )


def test_where_nothing_is_allowed_the_nearest_misses_are_reported():
    space = {"x": [3.0, 4.0, 5.0, 6.0]}
    limits = {"f1": Limit(at_most=4), "f2": Limit(at_least=0, at_most=2)}
    found = search(space, TWO, limits, schaffer, **BRIEF)
    assert found.front.empty
    assert [*found.front.columns] == [*found.trials.columns]
    assert found.report() == (  # x = 3 keeps to (x - 2)^2 <= 2
        "4 scenarios tried, none allowed. The nearest misses:\n"
        "- x = 3: f1 is 9, at most 4.\n"
        "- x = 4: f1 is 16, at most 4 and f2 is 4, at most 2.\n"
        "- x = 5: f1 is 25, at most 4 and f2 is 9, at most 2."
    )


def test_misses_are_measured_in_parts_of_each_limit():
    space = {"x": ["a", "b"]}
    table = pd.DataFrame({"kg": [1010.0, 1000.0], "pain": [4.0, 4.4]}, index=["a", "b"])
    found = search(
        space,
        {"kg": "lowest"},
        {"kg": Limit(at_most=1000), "pain": Limit(at_most=4)},
        lambda scenarios: table.loc[[one["x"] for one in scenarios]],
        **BRIEF,
    )
    assert found.report().splitlines()[1] == "- x = a: kg is 1.01e+03, at most 1000."


def test_a_front_is_reported_without_a_best():
    space = {"x": Range(low=-3, high=3, whole=True)}
    found = search(space, TWO, {}, schaffer, **UNTIL)
    assert found.report() == (
        "7 scenarios tried, 7 allowed, 3 on the front, which no other one beats in "
        "f1 and f2 together. Which of them to take is a choice, not a result."
    )


def test_a_value_set_that_is_called_like_an_outcome_keeps_its_own_column():
    space = {"weeks": [8, 10]}
    found = search(
        space,
        {"weeks": "lowest"},
        {},
        lambda scenarios: pd.DataFrame({"weeks": [c["weeks"] + 1 for c in scenarios]}),
        **BRIEF,
    )
    assert found.front[["weeks_set", "weeks"]].to_numpy().tolist() == [[8, 9]]


def test_a_search_leaves_the_log_of_optuna_as_it_was(caplog):
    optuna.logging.set_verbosity(optuna.logging.INFO)  # as it is at first
    with caplog.at_level(logging.DEBUG):
        search(SCHAFFER, TWO, {}, schaffer, **BRIEF)
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    assert caplog.text == ""
