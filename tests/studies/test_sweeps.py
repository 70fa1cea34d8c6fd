"""A sweep makes the same bytes however it is run, stopped and resumed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hipext import read_athlete, read_plan, simulate
from hipext.athletes.population import cohort
from hipext.files.checks import PlanError
from hipext.files.records import read_record
from hipext.files.tables import OUTCOMES
from hipext.simulation.simulation import write_record
from hipext.studies.batches import (
    batch_size,
    job_from_record,
    n_batches,
    pieces_of,
)
from hipext.studies.comparison import compare
from hipext.studies.designs import sensitivity
from hipext.studies.scenarios import scenario_of
from hipext.studies.sweep_file import check_sweep, inputs_of_study
from hipext.studies.sweeps import (
    JOURNAL,
    parquet_bytes,
    part_name,
    read_sweep,
    sweep,
    sweep_files_from_record,
)

PLAN = "deadlift_5x5_10wk"
TWO = {"deload_every": [0, 4], "load_step": [0.5, 1.0]}
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1"}


def job_of(spec):
    """Return the job of a sweep file."""
    return job_from_record(inputs_of_study(spec))


def spec_of(**values):
    """Return a sweep of ten weeks of deadlifts."""
    spec = {
        "format": 1,
        "name": "test",
        "plan": PLAN,
        "population": "novices",
        "n_athletes": 600,
        "vary": TWO,
    }
    return check_sweep(spec | values, source="test")


def hashes(folder):
    """Return the SHA-256 of every file of a folder by name."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a finished sweep, made in one thread."""
    return sweep(spec_of(), tmp_path_factory.mktemp("sweep") / "one", n_threads=1)


@pytest.fixture
def copy(finished, tmp_path):
    """Return the folder of a copy of the finished sweep."""
    return shutil.copytree(finished.folder, tmp_path / "copy")


# --- what is in it ---


def test_scenarios_are_those_of_the_design(finished):
    assert finished.scenarios.to_numpy().tolist() == [
        [every, step] for every, step in product(*TWO.values())
    ]


def test_outcomes_have_a_row_per_scenario_and_athlete(finished):
    outcomes = finished.outcomes()
    assert len(outcomes) == 4 * 600
    assert list(outcomes) == ["scenario", "athlete", *OUTCOMES]
    pairs = outcomes[["scenario", "athlete"]].to_numpy().tolist()
    assert pairs == [[s, p] for s in range(4) for p in range(1, 601)]


def test_outcomes_are_those_of_a_comparison(finished):
    plan, people = read_plan(PLAN), cohort(600)
    changes = finished.scenarios.to_dict("records")[3]
    alone = compare([scenario_of(plan, changes)], people).outcomes
    ours = finished.outcomes().query("scenario == 3")
    for name in OUTCOMES:
        assert (ours[name].to_numpy() == alone[name].to_numpy()).all()


def test_summary_is_that_of_the_outcomes(finished):
    groups = finished.outcomes().groupby("scenario")
    for name in OUTCOMES:
        column = groups[name]
        for ending, expected in {
            "mean": column.mean(),
            "sd": column.std(),
            "q05": column.quantile(0.05),
            "q10": column.quantile(0.1),
            "q90": column.quantile(0.9),
            "q50": column.median(),
            "q95": column.quantile(0.95),
        }.items():
            found = finished.summary[f"{name}_{ending}"]
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    assert finished.summary["n"].tolist() == [600] * 4


@pytest.mark.parametrize("persons", [1, 511, 513])
def test_summary_does_not_depend_on_how_athletes_are_cut_into_parts(persons, tmp_path):
    vary = {"load_step": [0.5, 1.0, 1.5], "athlete.response": [1.0]}
    found = sweep(spec_of(n_athletes=persons, vary=vary), tmp_path / "cut")
    groups = found.outcomes().groupby("scenario")["soreness"]
    np.testing.assert_allclose(found.summary["soreness_mean"], groups.mean())
    np.testing.assert_allclose(found.summary["soreness_sd"], groups.std())
    np.testing.assert_allclose(found.summary["soreness_q90"], groups.quantile(0.9))
    assert found.summary["n"].tolist() == [persons] * 3


def test_seed_and_noise_are_those_of_the_file(tmp_path):
    vary = {"load_step": [1.0]}
    for values in ({"seed": 5}, {"seed": 5, "noise": False}):
        spec = spec_of(n_athletes=40, vary=vary, **values)
        ours = sweep(spec, tmp_path / str(len(values))).outcomes()
        options = {"seeds": (5,), "noise": spec.noise, "progress": False}
        alone = compare([read_plan(PLAN)], cohort(40, seed=5), **options).outcomes
        assert (ours["soreness"].to_numpy() == alone["soreness"].to_numpy()).all()


def test_any_reader_of_parquet_reads_it(finished):
    table = pd.read_parquet(finished.folder / "outcomes")
    pd.testing.assert_frame_equal(table, finished.outcomes())
    scenarios = pd.read_parquet(finished.folder / "scenarios.parquet")
    assert scenarios["load_step"].tolist() == [0.5, 1.0, 0.5, 1.0]


def test_weeks_are_kept_if_asked_for(tmp_path):
    spec = spec_of(weeks=True, n_athletes=30, vary={"load_step": [1.0]})
    found = sweep(spec, tmp_path / "weeks")
    weeks, outcomes = found.weeks(), found.outcomes()
    assert (weeks.groupby("athlete").size() == outcomes["weeks"].to_numpy()).all()
    ends = weeks.groupby("athlete")["strength_pct"].last()
    assert (ends.to_numpy() == outcomes["strength_pct"].to_numpy()).all()
    pains = weeks.groupby("athlete")["pain_reported"].max()
    assert (pains.to_numpy() == outcomes["pain_reported"].to_numpy()).all()


def test_weeks_that_were_not_kept_are_reported(finished):
    with pytest.raises(FileNotFoundError, match=r"keeps no weeks\. Write weeks = true"):
        finished.weeks()


def test_values_of_every_kind_are_set(tmp_path):
    vary = {"athlete.missed_weeks": [[], [2, 3]], "tempo": ["3-1-1-0", "2-0-1-0"]}
    spec = spec_of(n_athletes=3, vary=vary, population=None, athlete="novice")
    found = sweep(spec, tmp_path / "kinds")
    missed = found.summary["n_missed_mean"]
    assert missed.tolist() == [0.0, 0.0, 4.0, 4.0]
    assert found.scenarios.iloc[3].tolist() == [(2, 3), "2-0-1-0"]
    texts = pd.read_parquet(found.folder / "scenarios.parquet")
    assert texts["athlete.missed_weeks"].tolist() == ["[]", "[]", "[2, 3]", "[2, 3]"]


def test_scenarios_of_mixed_numbers_and_flags_are_columns_of_one_type(tmp_path):
    table = {"mixed": [0, 0.5], "flags": [True, False], "lists": [(1,), ()]}
    path = tmp_path / "table.parquet"
    path.write_bytes(parquet_bytes(table | {"texts": ["a", 1]}))
    found = pd.read_parquet(path)
    assert found["mixed"].dtype == "float64"
    assert found["flags"].dtype == bool
    assert found["lists"].tolist() == ["[1]", "[]"]
    assert found["texts"].tolist() == ['"a"', "1"]


def test_constants_can_be_varied(tmp_path):
    vary = {"parameter.muscle.gain": [0.0], "parameter.skill.gain": [0.0, 0.02]}
    found = sweep(
        spec_of(n_athletes=20, vary=vary, noise=False), tmp_path / "constants"
    )
    none, some = found.summary["strength_pct_mean"]
    assert none < some


# --- batches ---


@pytest.mark.parametrize(
    ("persons", "n_scenarios", "size"),
    [
        (600, 4, 512),
        (1_000_000, 1, 8192),
        (100_000, 1, 1563),
        (1, 1000, 32),
        (10, 1000, 320),
    ],
)
def test_batches_are_neither_too_small_nor_too_large(persons, n_scenarios, size):
    job = job_of(
        spec_of(
            n_athletes=persons,
            vary={"rest": {"low": 0.5, "high": 2.0}},
            design={"kind": "random", "n": n_scenarios},
        )
    )
    assert batch_size(job) == size
    assert n_batches(job) == -(-persons * n_scenarios // size)


def test_pieces_of_all_batches_are_all_athletes_of_all_scenarios_once():
    job = job_of(spec_of(n_athletes=700))
    rows = [
        (piece.scenario, person)
        for batch in range(n_batches(job))
        for piece in pieces_of(job, batch)
        for person in range(piece.first, piece.first + piece.n)
    ]
    assert rows == [(s, p) for s in range(4) for p in range(700)]


# --- the same bytes ---


@pytest.mark.parametrize("n_threads", [2, 5])
def test_threads_change_no_byte(finished, tmp_path, n_threads):
    sweep(spec_of(), tmp_path / "threads", n_threads=n_threads)
    assert hashes(tmp_path / "threads") == hashes(finished.folder)


def test_plain_python_makes_the_same_bytes(tmp_path):
    spec = spec_of(n_athletes=8)
    for engine in ("compiled", "plain"):
        sweep(spec, tmp_path / engine, engine=engine)
    assert hashes(tmp_path / "plain") == hashes(tmp_path / "compiled")


@pytest.mark.parametrize("progress", [False, True])
def test_nothing_is_written_where_there_is_no_terminal(progress, tmp_path, capfd):
    sweep(spec_of(n_athletes=2), tmp_path / "quiet", progress=progress)
    assert capfd.readouterr() == ("", "")


def test_record_has_the_hash_of_every_file(finished):
    record = read_record(finished.folder)
    files = hashes(finished.folder)
    files.pop("record.json")
    assert record["sha256"] == files


def test_record_is_enough_to_make_it_again(finished):
    again = {
        name: sha256(content).hexdigest()
        for name, content in sweep_files_from_record(read_record(finished.folder))
    }
    assert again == read_record(finished.folder)["sha256"]


def test_job_of_a_record_is_that_of_the_file(finished):
    job = job_from_record(read_record(finished.folder))
    assert job.head() == job_of(spec_of()).head()
    pd.testing.assert_frame_equal(job.design, job_of(spec_of()).design)


@pytest.mark.parametrize("kind", ["random", "sobol", "saltelli", "morris"])
def test_design_of_a_record_is_the_same_to_the_last_bit(kind, tmp_path):
    vary = {"load_step": {"low": 0.3, "high": 1.7}, "rest": {"low": 0.5, "high": 2.0}}
    spec = spec_of(n_athletes=1, vary=vary, design={"kind": kind, "n": 2}, seed=9)
    found = sweep(spec, tmp_path / kind)
    pd.testing.assert_frame_equal(found.scenarios, job_of(spec).design)


# --- stopped and resumed ---


def start(folder, path):
    """Start a sweep in a process of its own."""
    command = [sys.executable, "-m", "hipext", "sweep", str(path), "--out", str(folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*command, "--resume"], env=ENVIRONMENT, **quiet)


def n_parts(folder):
    """Return how many parts are there."""
    return len([*(folder / "outcomes").glob("part-*.parquet")])


def toml_of(path, **values):
    """Write a sweep file."""
    lines = ["format = 1", 'name = "test"', f'plan = "{PLAN}"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    lines += ["[vary]", *(f"{key} = {value}" for key, value in TWO.items())]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.slow
def test_killed_sweep_resumes_to_the_same_bytes(tmp_path):
    path = toml_of(tmp_path / "my.toml", population="gym", n_athletes=9000)
    whole = sweep(path, tmp_path / "whole")
    files, folder = hashes(whole.folder), tmp_path / "killed"
    rng = np.random.default_rng(5)
    n_kills = 0
    for wanted in sorted(rng.integers(0, len(files) - 4, 4)):
        running = start(folder, path)
        while running.poll() is None and n_parts(folder) <= wanted:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
        running.send_signal(signal.SIGKILL)
        n_kills += running.wait() == -signal.SIGKILL
    assert n_kills >= 2
    sweep(path, folder, resume=True)
    assert hashes(folder) == files


def unfinished(folder):
    """Take a finished sweep back to its middle: two parts and a torn journal."""
    record = read_record(folder)
    lines = [
        json.dumps(
            {part_name("outcomes", n): record["sha256"][part_name("outcomes", n)]}
        )
        for n in (0, 1)
    ]
    (folder / JOURNAL).write_text("\n".join([*lines, lines[0][:20]]))
    for n in (2, 3, 4):
        (folder / part_name("outcomes", n)).unlink()
    (folder / "summary.csv").unlink()
    (folder / "scenarios.parquet").unlink()
    (folder / "record.json").write_text(json.dumps(record | {"sha256": {}}, indent=2))


def test_unfinished_sweep_is_not_touched_without_resume(copy):
    unfinished(copy)
    before = hashes(copy)
    with pytest.raises(FileExistsError, match=r"unfinished \(2 parts done\).*--resume"):
        sweep(spec_of(), copy)
    assert hashes(copy) == before


def test_unfinished_sweep_is_not_read_as_a_whole(copy):
    unfinished(copy)
    with pytest.raises(
        ValueError, match=r"is not finished\. Run hipext sweep with --res"
    ):
        read_sweep(copy)


def test_parts_that_are_whole_are_kept_and_others_made_again(copy, finished):
    unfinished(copy)
    kept = copy / part_name("outcomes", 0)
    (copy / part_name("outcomes", 1)).write_bytes(b"torn")
    (copy / part_name("outcomes", 2)).write_bytes(b"not in the journal")
    (copy / "outcomes" / ".abc.part").write_bytes(b"half")
    before = kept.stat().st_mtime_ns
    sweep(spec_of(), copy, resume=True)
    assert kept.stat().st_mtime_ns == before
    assert hashes(copy) == hashes(finished.folder)


def test_finished_sweep_is_not_made_again(copy, finished):
    times = {path: path.stat().st_mtime_ns for path in copy.rglob("*.parquet")}
    sweep(spec_of(), copy)
    assert times == {path: path.stat().st_mtime_ns for path in copy.rglob("*.parquet")}
    assert hashes(copy) == hashes(finished.folder)


def test_part_that_was_lost_later_is_made_again(copy, finished):
    (copy / part_name("outcomes", 3)).unlink()
    sweep(spec_of(), copy)
    assert hashes(copy) == hashes(finished.folder)


@pytest.mark.parametrize("name", ["summary.csv", "scenarios.parquet"])
def test_small_file_that_was_lost_or_edited_is_made_again(copy, finished, name):
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"edited")):
        spoil(copy / name)
        sweep(spec_of(), copy)
        assert hashes(copy) == hashes(finished.folder)


def test_sweep_killed_before_its_journal_was_removed_ends_without_it(copy, finished):
    (copy / JOURNAL).write_text("{}\n")
    sweep(spec_of(), copy)
    assert hashes(copy) == hashes(finished.folder)


def test_lost_part_of_weeks_is_made_again(tmp_path):
    spec, folder = spec_of(weeks=True, n_athletes=9), tmp_path / "weeks"
    before = hashes(sweep(spec, folder).folder)
    (folder / part_name("weeks", 0)).unlink()
    assert hashes(sweep(spec, folder).folder) == before


def test_sweep_that_cannot_be_done_leaves_no_folder(tmp_path):
    vary = {"athlete.one_rm_kg": [{"back_squat": 50.0}]}
    with pytest.raises(PlanError, match="has no 1RM for"):
        sweep(spec_of(vary=vary), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"seed": 1}, "sweep.seed is 0 there, 1 here"),
        ({"n_athletes": 601}, "participants.n is 600 there, 601 here"),
        (
            {"population": "gym"},
            'participants.population.name is "Novices" there, "Members of a gym"',
        ),
        (
            {"vary": {"load_step": [0.5]}},
            "sweep.vary.deload_every.1 is 0 there, not here",
        ),
        ({"plan": "guide_16wk"}, "plan.name is"),
    ],
)
def test_another_sweep_in_the_folder_is_reported_and_kept(copy, values, told):
    before = hashes(copy)
    with pytest.raises(FileExistsError, match=f"holds another sweep: .*{told}"):
        sweep(spec_of(**values), copy, resume=True)
    assert hashes(copy) == before


def test_sweep_begun_with_other_code_is_not_gone_on_with(copy):
    unfinished(copy)
    record = json.loads((copy / "record.json").read_text())
    (copy / "record.json").write_text(json.dumps(record | {"code": "0" * 64}))
    with pytest.raises(FileExistsError, match="parts would not fit together: code ver"):
        sweep(spec_of(), copy, resume=True)


def test_folder_of_something_else_is_reported(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(FileExistsError, match="is not empty and holds no sweep"):
        sweep(spec_of(), tmp_path, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_faulty_spec_leaves_no_folder(tmp_path):
    path = toml_of(tmp_path / "bad.toml", population="novices", n_athletes=0)
    with pytest.raises(PlanError, match="n_athletes"):
        sweep(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- sensitivity ---


def test_sensitivity_of_another_design_is_reported(finished):
    with pytest.raises(ValueError, match=r"saltelli or morris; that of .* is grid"):
        finished.sensitivity()


def test_results_of_another_kind_are_no_sweep(tmp_path):
    plan, athlete = read_plan(PLAN), read_athlete("novice")
    write_record(simulate(plan, athlete), tmp_path)
    with pytest.raises(ValueError, match="holds no sweep, but a run"):
        read_sweep(tmp_path)


def test_sensitivity_is_that_of_the_means_with_the_level_asked_for(tmp_path):
    vary = {
        "athlete.response": {"low": 0.2, "high": 2.0},
        "start_load": {"low": 0.8, "high": 1.0},
    }
    spec = spec_of(n_athletes=9, vary=vary, design={"kind": "morris", "n": 6}, seed=4)
    found = sweep(spec, tmp_path / "m")
    means = found.outcomes().groupby("scenario")[["soreness"]].mean()
    options = {"outcome": "soreness", "kind": "morris", "vary": found.vary}
    for level in (0.5, 0.9):
        expected = sensitivity(found.scenarios, means, level=level, **options)
        ours = found.sensitivity("soreness", level=level)
        pd.testing.assert_frame_equal(ours.indices, expected.indices, rtol=1e-9)
    with pytest.raises(ValueError, match=r"outcome must be one of .*; got 'strength'"):
        found.sensitivity("strength")


def test_sensitivity_goes_by_the_names_of_scenarios_not_by_their_order(tmp_path):
    vary = {
        "athlete.response": {"low": 0.2, "high": 2.0},
        "start_load": {"low": 0.8, "high": 1.0},
    }
    spec = spec_of(n_athletes=4, vary=vary, design={"kind": "saltelli", "n": 4})
    found = sweep(spec, tmp_path / "s")
    path = tmp_path / "s" / "summary.csv"
    header, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([header, *rows[::-1]]) + "\n", encoding="utf-8")
    moved = read_sweep(tmp_path / "s")
    pd.testing.assert_frame_equal(moved.summary, found.summary)
    pd.testing.assert_frame_equal(
        moved.sensitivity().indices, found.sensitivity().indices
    )


def test_what_nothing_depends_on_has_no_weight(tmp_path):
    vary = {
        "athlete.response": {"low": 0.2, "high": 2.0},
        "athlete.foot_angle_deg": {"low": 0.0, "high": 20.0},
    }
    spec = spec_of(
        n_athletes=1,
        population=None,
        athlete="novice",
        noise=False,
        vary=vary,
        design={"kind": "saltelli", "n": 16},
    )
    weights = sweep(spec, tmp_path / "s").sensitivity().indices.set_index("knob")
    assert weights.loc["athlete.response", "total"] == pytest.approx(1.0, abs=0.35)
    assert weights.loc["athlete.foot_angle_deg", "total"] == 0.0


@pytest.mark.slow
def test_intervals_of_indices_shrink_with_n(tmp_path):
    vary = {
        "athlete.response": {"low": 0.2, "high": 2.0},
        "load_step": {"low": 0.5, "high": 2.0},
        "start_load": {"low": 0.8, "high": 1.0},
    }
    widths = []
    for n in (8, 32, 128):
        spec = spec_of(
            n_athletes=1, noise=False, vary=vary, design={"kind": "saltelli", "n": n}
        )
        one = sweep(spec, tmp_path / str(n)).sensitivity().indices.iloc[0]
        widths.append(one["total_high"] - one["total_low"])
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] < widths[0] / 2


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda _: "", "it is no summary any more: No columns to parse from file."),
        (lambda text: text + '"', "it is no summary any more: Error tokenizing data"),
        (lambda text: text.replace("scenario,", "x,", 1), "Index scenario invalid."),
        (lambda text: text + text.splitlines()[1] + "\n", "scenario 0 is there twice."),
        (
            lambda text: text.replace("strength_pct_mean", "y"),
            "lacks strength_pct_mean",
        ),
        (lambda text: text.replace("\n0,", "\n0,\udcff", 1), "can't decode byte 0xff"),
    ],
)
def test_a_damaged_summary_is_told_as_such(copy, damage, problem):
    text = (copy / "summary.csv").read_text()
    content = damage(text).encode(errors="surrogateescape")
    (copy / "summary.csv").write_bytes(content)
    with pytest.raises(PlanError, match=r"summary\.csv has 1 problem") as error:
        read_sweep(copy)
    assert problem in error.value.problems[0]


def test_a_word_among_the_means_of_a_summary_is_told(copy):
    table = pd.read_csv(copy / "summary.csv", dtype=str)
    table.loc[0, "strength_pct_mean"] = "much"
    table.to_csv(copy / "summary.csv", index=False)
    with pytest.raises(PlanError, match="must be numbers; got 'much'"):
        read_sweep(copy)
