"""Tables of any types and libraries: read alike by every function that takes one."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hipext import intensity, metrics, plots, tables
from hipext.athletes.athlete import read_athlete
from hipext.files.checks import InputError, check_columns
from hipext.plans.plan_file import read_plan
from hipext.response import OneComponent, respond_draws
from hipext.simulation.simulation import simulate


class Frame:
    """A table of another library: only its method `to_pandas` is known."""

    def __init__(self, table):
        self.table, self.columns = table, list(table.columns)

    def to_pandas(self):
        return self.table.copy()

    def __getitem__(self, name):
        return self.table[name].tolist()


def categories(table):
    texts = [name for name in table if table[name].dtype == "str"]
    few = [name for name in ("week", "day", "rir", "reps") if name in table]
    return table.astype(dict.fromkeys([*texts, *few], "category"))


def with_nothing(nothing):
    return lambda table: table.astype(object).where(table.notna(), nothing)


def arrow_table(table):
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.Table.from_pandas(table, preserve_index=False)


def arrow_columns(table):
    pytest.importorskip("pyarrow")
    return table.convert_dtypes(dtype_backend="pyarrow")


KINDS = {
    "nullable": lambda table: table.convert_dtypes(),
    "columns of pyarrow": arrow_columns,
    "categories": categories,
    "objects with None": with_nothing(None),
    "objects with NA": with_nothing(pd.NA),
    "as read from CSV": lambda table: pd.read_csv(StringIO(table.to_csv(index=False))),
    "another library": Frame,
    "a table of pyarrow": arrow_table,
}
QUICK = ("nullable", "objects with None", "a table of pyarrow")
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def run():
    """Return a run whose holds and warm-ups have missing values."""
    return simulate(read_plan("guide_16wk"), read_athlete("novice"))


ENDS = ("mean", "q05", "q95")
COUNTERS = {
    name: getattr(metrics, name)
    for name in (
        *("daily", "weekly", "muscle_sets", "training_load", "volume_load"),
        *("time_under_tension", "working_sets", "hard_sets", "minutes", "session_rpe"),
    )
}


@kinds
@pytest.mark.parametrize("name", COUNTERS)
def test_sets_of_any_types_count_as_those_of_a_run_do(name, kind, run):
    count, sets = COUNTERS[name], run.sets
    assert sets["reps"].isna().any()
    assert sets["rir"].isna().any()
    found, expected = count(KINDS[kind](sets)), count(sets)
    same = pd.testing.assert_series_equal
    if isinstance(expected, pd.DataFrame):
        same = pd.testing.assert_frame_equal
    same(found, expected, check_index_type=False)


@pytest.mark.parametrize(
    "reserve",
    [
        pd.array([2, 0, None, 9], dtype="Int64"),
        pd.array([2.0, 0.0, None, 9.0], dtype="Float64"),
        pd.Categorical([2.0, 0.0, None, 9.0]),
        np.array([2, 0, pd.NA, 9], dtype=object),
    ],
)
def test_a_set_of_unknown_reserve_is_no_hard_set(reserve):
    side, kind = ["both", "left", "both", "both"], ["work"] * 4
    sets = pd.DataFrame({"kind": kind, "side": side, "rir": reserve})
    counted = metrics.hard_sets(sets, max_rir=4)
    expected = pd.Series([1.0, 0.5, 0.0, 0.0], name="hard_sets")
    pd.testing.assert_series_equal(counted, expected)


def test_nullable_numbers_of_single_sets_count_by_hand():
    sets = pd.DataFrame(
        {
            "kind": pd.array(["work", "work", None], dtype="string"),
            "side": pd.Categorical(["each", "both", "both"]),
            "reps": pd.array([5, None, 8], dtype="Int64"),
            "load_kg": pd.array([10.0, 10.0, None], dtype="Float64"),
            "n_implements": pd.array([2, 1, 1], dtype="Int64"),
            "tut_s": pd.array([20.0, None, 30.0], dtype="Float64"),
        }
    )
    assert metrics.working_sets(sets).tolist() == [1, 1, 0]
    assert metrics.volume_load(sets).tolist() == [2 * 5 * 2 * 10, 0, 0]
    assert metrics.time_under_tension(sets).tolist() == [40, 0, 30]


@kinds
def test_a_1rm_is_estimated_from_sets_of_any_types(kind):
    sets = pd.DataFrame({"load_kg": [60.0, 70, 80], "reps": [15, 10, 4], "rir": 1.0})
    found = intensity.estimate_one_rm(KINDS[kind](sets)).one_rm_kg
    assert found == intensity.estimate_one_rm(sets).one_rm_kg


@kinds
def test_draws_of_parameters_may_have_any_types(kind):
    values = {"baseline": [100.0, 90], "fitness_gain": 1.0, "fitness_tau": [42, 7]}
    draws, load = pd.DataFrame(values), pd.Series([1.0, 0.0, 5.0])
    found = respond_draws(OneComponent, KINDS[kind](draws), load)
    np.testing.assert_array_equal(found, respond_draws(OneComponent, draws, load))


DRAWN = {
    "plot_volume": ["weekly"],
    "plot_phases": ["weekly"],
    "plot_balance": ["weekly"],
    "plot_muscle_sets": ["muscle_sets"],
    "plot_lifts": ["sets"],
    "plot_response": ["response"],
    "plot_pain": ["daily"],
    "plot_technique": ["daily"],
    "plot_range": ["daily", "assessments"],
    "plot_strength": ["capacity", "assessments"],
    "plot_decisions": ["decisions"],
}


def tables_for(name, run):
    muscle_sets = metrics.muscle_sets(run.sets)
    return [
        muscle_sets if table == "muscle_sets" else getattr(run, table)
        for table in DRAWN[name]
    ]


def lines_in(ax):
    return [np.asarray(line.get_ydata(), dtype="float64") for line in ax.get_lines()]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow)
        for kind in KINDS
    ],
)
@pytest.mark.parametrize("name", DRAWN)
def test_figures_of_tables_of_any_types_have_the_same_lines(name, kind, run):
    plain = tables_for(name, run)
    drawn = getattr(plots, name)(*plain, ax=Figure().subplots())
    others = [KINDS[kind](table) for table in plain]
    other = getattr(plots, name)(*others, ax=Figure().subplots())
    for own, expected in zip(lines_in(other), lines_in(drawn), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-12)  # CSV rounds in pandas 2


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("wrong", [None, [], {}, {"week": [1]}, np.ones((2, 2)), "x"])
def test_what_is_no_table_is_refused_in_figures(name, wrong, run):
    rest = tables_for(name, run)[1:]
    with pytest.raises(InputError, match=r"table must be a pandas.DataFrame; got \w+"):
        getattr(plots, name)(wrong, *rest, ax=Figure().subplots())


@kinds
def test_columns_may_have_numbers_as_names(kind):
    table = pd.DataFrame({0: [1, 2], "reps": [8.0, None]})
    if kind != "a table of pyarrow":
        checked = check_columns(KINDS[kind](table), ["reps"], name="sets")
        np.testing.assert_array_equal(checked["reps"], [8.0, np.nan])


def test_columns_that_must_be_numbers_are_read_as_such():
    table = pd.DataFrame({"mean": ["1", "2.5"], "place": ["a", "b"]})
    checked = check_columns(table, ["mean"], name="summary", numbers=["mean"])
    assert checked["mean"].tolist() == [1.0, 2.5]
    assert table["mean"].tolist() == ["1", "2.5"]
    message = "place of the summary table must be numbers; got 'a'"
    with pytest.raises(InputError, match=message):
        check_columns(table, ["place"], name="summary", numbers=["place"])


STUDIES = {
    "plot_effect": (
        {"sets": [1, 2], **{f"pain_reported_{x}": [1.0, 2] for x in ENDS}},
        {"x": "sets", "outcome": "pain_reported"},
    ),
    "plot_surface": (
        {"sets": [1, 1, 2, 2], "kg": [1, 2, 1, 2], "minutes_mean": [1.0, 2, 3, 4]},
        {"x": "sets", "y": "kg", "outcome": "minutes"},
    ),
    "plot_front": (
        {
            "strength_pct": [1.0, 2, 3],
            "pain": [2.0, 1, 3],
            "is_allowed": [True, True, False],
            "is_on_front": [True, False, False],
        },
        {"goals": {"strength_pct": "highest", "pain": "lowest"}},
    ),
    "plot_differences": (
        {
            "scenario": ["b", "c"],
            "outcome": "minutes",
            "baseline": "a",
            **dict.fromkeys(["difference", "ci_low", "ci_high", "q05", "q95"], 1.5),
            "share_better": [0.5, None],
            "share_equal": [0.25, None],
        },
        {"outcome": "minutes"},
    ),
}


@kinds
@pytest.mark.parametrize("name", STUDIES)
def test_figures_of_studies_take_tables_of_any_types(name, kind):
    columns, options = STUDIES[name]
    table, plot = pd.DataFrame(columns), getattr(plots, name)
    drawn = plot(table, **options, ax=Figure().subplots())
    other = plot(KINDS[kind](table), **options, ax=Figure().subplots())
    for own, expected in zip(lines_in(other), lines_in(drawn), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-12)  # CSV rounds in pandas 2


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("wrong", [None, [], {"reps": [8]}, pd.Series([1.0]), "x"])
def test_what_is_no_table_is_refused_by_counts(name, wrong):
    with pytest.raises(InputError, match=r"sets table must be .*; got \w+"):
        COUNTERS[name](wrong)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("week", None, "sets, row 3: week must be a whole number; got nan"),
        ("day", 1.5, "sets, row 3: day must be a whole number; got 1.5"),
        ("is_deload", None, "sets, row 3: is_deload must be true or false; got"),
        ("is_deload", "yes", "sets, row 3: is_deload must be true or false; got 'yes'"),
        ("reps", "many", "reps of the sets table must be numbers; got 'many'"),
        ("load_kg", "12,5", "load_kg of the sets table must be numbers; got '12,5'"),
        ("reps", 1.5, "sets, row 3: reps must be a whole number; got 1.5"),
        ("reps", np.inf, "sets, row 3: reps must be a whole number; got inf"),
        ("session", None, "sets, row 3: session is missing."),
        ("exercise", np.nan, "sets, row 3: exercise is missing."),
    ],
)
def test_an_impossible_value_is_named_with_its_column(column, value, message, run):
    sets = run.sets.head(9).astype({column: object})
    sets.loc[3, column] = value
    with pytest.raises(InputError, match=message):
        metrics.daily(sets)


def test_a_column_that_is_there_twice_is_refused(run):
    sets = run.sets.assign(note="", kg=1.0).rename(columns={"kg": "load_kg"})
    sets = pd.concat([sets[["note"]], sets], axis=1)  # one that nobody needs
    metrics.working_sets(sets)
    message = "The sets table has more than one column 'load_kg'. Rename one."
    with pytest.raises(InputError, match=message):
        metrics.volume_load(sets)


def test_a_table_of_plain_types_is_taken_as_it_is(run):
    table = pd.DataFrame({"day": [1, 2], "rir": [1.0, None]})
    assert check_columns(table, table.columns, name="sets") is table
    before = run.sets.copy()
    metrics.weekly(run.sets)
    pd.testing.assert_frame_equal(run.sets, before)


def test_a_checked_table_has_the_types_of_its_kind(run):
    weekly = tables.WEEKLY.check(with_nothing(None)(run.weekly))
    kinds = weekly[["week", "is_deload", "hip_share"]].dtypes.astype("str").tolist()
    assert kinds == ["int64", "bool", "float64"]


def test_only_needed_columns_of_a_table_are_converted():
    table = pd.DataFrame({"day": [1, 2], "note": pd.Categorical(["a", "b"])})
    assert check_columns(table, ["day"], name="sets") is table


@pytest.mark.parametrize("index", [[], pd.DatetimeIndex([])])
def test_a_response_of_no_days_is_an_empty_figure(index):
    table = pd.DataFrame(columns=tables.RESPONSE.names, index=index, dtype="float64")
    assert plots.plot_response(table).lines[0].get_xdata().size == 0
