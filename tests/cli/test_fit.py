import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from math import isnan

import numpy as np
import pandas as pd
import pytest
from commands import hipext

from hipext import calibration
from hipext.files.checks import PlanError
from hipext.files.records import read_record, record_bytes
from hipext.response.models import Banister
from hipext.studies.reproduction import reproduce, rmse_of_mean

N_DAYS = 240
TRUTH = Banister(
    baseline=250, fitness_gain=0.1, fitness_tau=45, fatigue_gain=0.14, fatigue_tau=9
)
QUICK = ("--model", "one_component", "--bootstrap", "0")
FILES = {
    "parameters.csv",
    "profiles.csv",
    "draws.csv",
    "bands.csv",
    "tests.csv",
    "cross_validation.csv",
    "fit.png",
    "fit.svg",
    "profiles.png",
    "profiles.svg",
    "fit.json",
    "record.json",
}


def series(n_days=N_DAYS, every=4, first_day=1):
    """Return a simulated series: a varied load, and a test on every fourth day."""
    rng = np.random.default_rng(5)
    load = pd.Series(rng.integers(0, 120, n_days) * (rng.random(n_days) < 0.7))
    tests = TRUTH.respond(load)["performance"] + rng.normal(scale=0.5, size=n_days)
    kept = tests.round(3).where(load.index % every == every - 1)
    days = load.index + first_day
    return pd.DataFrame({"day": days, "training_load": load, "performance": kept})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a series of 60 tests, mine.csv, and a short one."""
    folder = tmp_path_factory.mktemp("fit")
    series().to_csv(folder / "mine.csv", index=False)
    series(60).to_csv(folder / "short.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def told(folder):
    """Return what a fit to mine.csv told as JSON, and its files."""
    arguments = ("--json", "--bootstrap", "30", "--seed", "3")
    done = hipext("fit", "mine.csv", *arguments, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def short(folder):
    """Return what was told of a quick fit to the short series, compared to others."""
    others = ("--compare", "banister", "--compare", "one_component")
    return hipext("fit", "short.csv", *QUICK, *others, cwd=folder)


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("baseline", 5.0),
        ("fitness_gain", 0.05),
        ("fitness_tau", 10.0),
        ("fatigue_gain", 0.05),
        ("fatigue_tau", 3.0),
    ],
)
def test_estimates_are_near_the_truth_which_lies_in_the_region(told, name, within):
    found, truth = told["parameters"][name], getattr(TRUTH, name)
    assert found["estimate"] == pytest.approx(truth, abs=within)
    assert found["region_low"] < truth < found["region_high"]


def test_json_tells_the_fit_and_where_its_files_are(told, folder):
    assert told["is_identified"] is True
    assert told["verdict"].startswith("identified.")
    assert (told["n_days"], told["n_tests"]) == (N_DAYS, 60)
    assert told["fitted"]["rmse"] == pytest.approx(0.5, abs=0.15)
    assert told["fitted"]["cv_rmse"] < 1 < told["rmse_of_mean"]
    assert told["models"] is None
    assert told["folder"].endswith("fit-mine-banister")
    assert {*told["files"]} == FILES
    assert {path.name for path in (folder / told["folder"]).iterdir()} == FILES


def test_an_end_that_is_not_there_is_a_word_in_json_and_in_csv(told, folder):
    assert told["parameters"]["baseline"]["lowest"] == "-inf"
    table = pd.read_csv(folder / told["folder"] / "parameters.csv")
    assert table["lowest"][0] == -np.inf


def test_an_unknown_number_is_null(folder, tmp_path):
    (tmp_path / "short.csv").write_bytes((folder / "short.csv").read_bytes())
    done = hipext("fit", "short.csv", *QUICK, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["parameters"]["baseline"]["bootstrap_low"] is None


@pytest.fixture(scope="module")
def same_fit():
    """Return the fit to mine.csv, made in Python."""
    made = series().set_index("day")
    return calibration.fit(
        "banister",
        made["training_load"],
        made["performance"],
        n_bootstrap=30,
        seed=3,
        progress=False,
    )


@pytest.mark.parametrize("name", ["parameters", "draws", "bands", "tests"])
def test_a_table_is_that_of_the_fit_by_the_days_of_the_file(
    told, same_fit, folder, name
):
    written = pd.read_csv(folder / told["folder"] / f"{name}.csv", index_col=0)
    table = getattr(same_fit, name)
    pd.testing.assert_frame_equal(written, table, check_names=False)


def test_profiles_and_blocks_of_tests_are_those_of_the_fit(told, same_fit, folder):
    home = folder / told["folder"]
    profiles = pd.read_csv(home / "profiles.csv")
    pd.testing.assert_frame_equal(profiles, same_fit.profiles)
    blocks = pd.read_csv(home / "cross_validation.csv")
    assert blocks["first_day"].to_list() == [4, 52, 100, 148, 196]
    assert blocks["last_day"].to_list() == [48, 96, 144, 192, 240]
    error = np.sqrt(np.average(blocks["rmse_of_mean"] ** 2, weights=blocks["n_tests"]))
    assert told["rmse_of_mean"] == pytest.approx(error)


def test_each_test_left_out_counts_alike_in_the_error_of_the_mean(same_fit):
    blocks = pd.DataFrame({"n_tests": [3, 1], "rmse_of_mean": [2.0, 6.0]})
    fit = replace(same_fit, cross_validation=blocks)
    assert rmse_of_mean(fit) == pytest.approx(((3 * 4 + 36) / 4) ** 0.5)
    assert isnan(rmse_of_mean(replace(same_fit, cross_validation=blocks[:0])))


def test_the_record_names_the_input_by_its_content_and_not_by_its_path(told, folder):
    record = read_record(folder / told["folder"])
    assert record["source"]["name"] == "mine.csv"
    content = (folder / "mine.csv").read_bytes()
    assert record["source"]["sha256"] == sha256(content).hexdigest()
    assert (record["kind"], record["model"]) == ("fit", "banister")
    assert (record["seed"], record["n_bootstrap"], record["level"]) == (3, 30, 0.95)
    assert {"hipext", "scipy", "numpy"} <= {*record["versions"]}
    assert str(folder) not in json.dumps(record)


def test_the_record_has_the_series_in_full(told, folder):
    kept, made = read_record(folder / told["folder"])["series"], series()
    assert kept["first_day"] == 1
    assert kept["training_load"] == made["training_load"].tolist()
    tests = [None if isnan(one) else one for one in made["performance"]]
    assert kept["performance"] == tests


def test_the_record_has_the_hash_of_every_table_and_of_the_result(told, folder):
    home = folder / told["folder"]
    names = {name for name in FILES if name.endswith((".csv", ".json"))}
    assert read_record(home)["sha256"] == {
        name: sha256((home / name).read_bytes()).hexdigest()
        for name in names - {"record.json"}
    }


def test_the_result_is_no_second_record(told, folder):
    result = json.loads((folder / told["folder"] / "fit.json").read_bytes())
    assert list(result) == [
        "n_days",
        "n_tests",
        "parameters",
        "fitted",
        "rmse_of_mean",
        "is_identified",
        "verdict",
        "models",
    ]


def test_the_text_names_the_model_and_the_tests(short):
    assert (short.returncode, short.stderr) == (0, "")
    first, *_ = short.stdout.splitlines()
    assert first == (
        "one_component, load acts from the next day on (next_day); 15 tests in 60 days"
    )


@pytest.mark.parametrize(
    "words",
    [
        "fitness_tau",
        "95 % region of all",
        "SSE ",
        "condition number ",
        "Tests left out in turn, in 5 blocks: RMSE ",
        "the plain mean of the other",
        "Verdict: ",
        "See out/fit-short-one_component/fit.png.",
        "13 files are in ",
    ],
)
def test_the_text_tells_parameters_errors_and_verdict(short, words):
    assert words in short.stdout


def test_the_text_fits_the_terminal(short):
    assert max(map(len, short.stdout.splitlines())) <= 80


def test_compared_models_stand_in_a_table_and_a_file(short, folder):
    table = pd.read_csv(folder / "out" / "fit-short-one_component" / "models.csv")
    assert {*table["model"]} == {"banister", "one_component"}
    assert table["aicc"].is_monotonic_increasing
    heading = short.stdout.index("left out identified")
    rows = short.stdout[heading:].splitlines()[1:3]
    assert [row.split()[0] for row in rows] == table["model"].to_list()


@pytest.mark.parametrize(
    ("seed", "is_same"), [("3", True), ("4", False)], ids=["same", "other"]
)
def test_the_bytes_go_by_the_seed(told, folder, tmp_path, seed, is_same):
    (tmp_path / "mine.csv").write_bytes((folder / "mine.csv").read_bytes())
    arguments = ("--bootstrap", "30", "--seed", seed, "--out", "here")
    hipext("fit", "mine.csv", *arguments, cwd=tmp_path)
    home = folder / told["folder"]
    names = (
        FILES
        if is_same
        else {"draws.csv", "bands.csv", "fit.png", "fit.json", "record.json"}
    )
    same = {
        name: (tmp_path / "here" / name).read_bytes() == (home / name).read_bytes()
        for name in names
    }
    assert same == dict.fromkeys(names, is_same)


def test_a_start_and_bounds_are_kept(folder, tmp_path):
    (tmp_path / "short.csv").write_bytes((folder / "short.csv").read_bytes())
    options = ("--bound", "fitness_tau=30,30", "--bound", "fitness_gain=0.01,inf")
    options += ("--start", "baseline=240", "--level", "0.9", "--convention", "same_day")
    done = hipext("fit", "short.csv", *QUICK, *options, "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert {*told["parameters"]} == {"baseline", "fitness_gain"}
    assert told["parameters"]["fitness_gain"]["lowest"] == 0.01
    assert told["bounds"]["fitness_gain"] == [0.01, "inf"]
    assert (told["start"], told["level"]) == ({"baseline": 240.0}, 0.9)
    assert told["convention"] == "same_day"


@pytest.mark.usefixtures("undrawn")
def test_a_new_fit_leaves_no_file_of_an_earlier_one_and_says_so(folder, tmp_path):
    (tmp_path / "short.csv").write_bytes((folder / "short.csv").read_bytes())
    hipext("fit", "short.csv", *QUICK, "--compare", "banister", cwd=tmp_path)
    home = tmp_path / "out" / "fit-short-one_component"
    (home / "notes.txt").write_text("mine")
    assert (home / "models.csv").is_file()
    again = hipext("fit", "short.csv", *QUICK, cwd=tmp_path)
    assert {path.name for path in home.iterdir()} == FILES | {"notes.txt"}
    assert "These replace earlier results of other inputs" in again.stdout
    same = hipext("fit", "short.csv", *QUICK, cwd=tmp_path)
    assert "These replace" not in same.stdout


@pytest.mark.usefixtures("undrawn")
def test_the_sets_of_a_run_can_be_fitted(tmp_path):
    hipext("run", "deadlift_5x5_10wk", "--no-noise", cwd=tmp_path)
    sets = "out/deadlift_5x5_10wk/sets.csv"
    options = (
        "--exercise",
        "deadlift",
        "--load",
        "system_volume_load_kg",
        "--out",
        "here",
    )
    done = hipext("fit", sets, *QUICK, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "Performance is the best 1RM of a day estimated from the working" in words
    assert "An estimate is not a test" in words
    expected = {"load": "system_volume_load_kg", "performance": "e1RM of deadlift (kg)"}
    assert read_record(tmp_path / "here")["source"]["read_as"] == expected
    assert reproduce(tmp_path / "here", progress=False).is_identical


# --- made again ---


@pytest.fixture
def copy(folder, short, tmp_path):
    """Return a copy of the folder of the fit to the short series."""
    assert short.returncode == 0
    return shutil.copytree(folder / "out" / "fit-short-one_component", tmp_path / "fit")


def edit_record(folder, edit):
    """Let a function change the record of a folder in place."""
    record = read_record(folder)
    edit(record)
    (folder / "record.json").write_bytes(record_bytes(record))


def test_a_fit_is_made_again_by_the_command_without_its_file(told, folder, tmp_path):
    shutil.copytree(folder / told["folder"], tmp_path / "fit")
    done = hipext("reproduce", "fit", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "identical: 7 tables, byte for byte\n"


def test_a_fit_compared_with_others_is_made_again(copy):
    again = reproduce(copy, progress=False)
    assert (again.kind, again.n_tables, again.is_identical) == ("fit", 8, True)


@pytest.mark.usefixtures("undrawn")
def test_days_that_are_dates_bounds_and_start_are_made_again(tmp_path):
    days = pd.date_range("2024-02-27", periods=60)
    series(60).assign(day=days).to_csv(tmp_path / "dates.csv", index=False)
    options = ("--bound", "fitness_gain=0,inf", "--start", "fitness_tau=20")
    options += ("--convention", "same_day", "--out", "fit")
    done = hipext("fit", "dates.csv", *QUICK, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    record = read_record(tmp_path / "fit")
    assert record["series"]["first_day"] == "2024-02-27"
    assert record["bounds"] == {"fitness_gain": [0.0, "inf"]}
    assert reproduce(tmp_path / "fit", progress=False).is_identical


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (
            lambda record: record["series"]["training_load"].__setitem__(9, 999.0),
            "series: training_load.10 is 999.0 in the record, which is not what the",
        ),
        (
            lambda record: record.update(convention="same_day"),
            'convention is "same_day" in the record, which is not what the fit was',
        ),
        (
            lambda record: record["bounds"].update(fitness_tau=[5.0, 6.0]),
            "bounds: fitness_tau.1 is 5.0 in the record, but the fit was made without",
        ),
    ],
)
def test_an_edited_input_of_a_fit_is_the_cause_of_what_differs(copy, edit, cause):
    edit_record(copy, edit)
    again = reproduce(copy, progress=False)
    assert not again.is_equal
    assert again.difference.startswith("parameters.csv, row 1 (parameter baseline), ")
    assert cause in again.cause


def test_an_edited_estimate_of_the_result_is_found(copy):
    result = json.loads((copy / "fit.json").read_bytes())
    result["parameters"]["fitness_tau"]["estimate"] = 1.0
    (copy / "fit.json").write_text(json.dumps(result))
    again = reproduce(copy, progress=False)
    assert "fit.json, row " in again.difference
    assert "(path parameters.fitness_tau.estimate), column value: 1.0" in (
        again.difference
    )
    assert again.cause == "table fit.json was changed after the run"


def test_a_fit_of_a_model_that_is_not_there_is_reported(copy):
    edit_record(copy, lambda record: record.update(model="banistr"))
    with pytest.raises(PlanError, match=r"model: must be one of .*Did you mean 'banis"):
        reproduce(copy, progress=False)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (
            lambda record: record["series"].update(first_day="x"),
            "first_day must be a d",
        ),
        (lambda record: record["series"].update(first_day=True), "; got True."),
        (
            lambda record: record["series"].update(first_day="2024-W01-1"),
            "; got '2024-W01-1'.",
        ),
        (lambda record: record["series"].update(performance=[1]), "and 1 performances"),
        (
            lambda record: record.update(bounds={"a": [1]}),
            "bounds, a: must have more than 1 item(s); got the list [1].",
        ),
        (lambda record: record.update(start=[1]), "start: must be a table of values"),
        (lambda record: record.pop("compare"), "'compare' is missing"),
    ],
)
def test_a_fit_edited_into_another_form_is_refused(copy, edit, problem):
    edit_record(copy, edit)
    with pytest.raises(PlanError) as error:
        reproduce(copy, progress=False)
    assert problem in str(error.value)


@pytest.mark.usefixtures("undrawn")
def test_a_file_whose_name_is_no_text_is_fitted_all_the_same(folder, tmp_path):
    name = os.fsdecode(b"a\xff.csv")
    (tmp_path / name).write_bytes((folder / "short.csv").read_bytes())
    done = hipext("fit", name, *QUICK, "--out", "o", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert read_record(tmp_path / "o")["source"]["name"] == r"a\udcff.csv"


@pytest.mark.usefixtures("undrawn")
def test_the_folder_of_another_kind_of_result_is_not_written_over(folder, tmp_path):
    (tmp_path / "short.csv").write_bytes((folder / "short.csv").read_bytes())
    hipext("run", "deadlift_5x5_10wk", "--no-noise", cwd=tmp_path)
    home = "out/deadlift_5x5_10wk"
    done = hipext("fit", "short.csv", *QUICK, "--out", home, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"'{home}' holds a run, not a fit. Name another folder" in done.stderr
    assert read_record(tmp_path / home)["kind"] == "run"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["few.csv", "--bootstrap", str(10**9)], "--bootstrap"),
        (["few.csv", "--bound", "fitness_tau=5,1"], "fitness_tau"),
        (["nowhere.csv"], "nowhere.csv: No such file or directory."),
        (["."], "this is a folder; name a file in it."),
        (["bad.csv"], "bad.csv has 2 problem(s):\n  - row 3: day 1 comes after"),
        (["few.csv"], "4 test(s) cannot determine them"),
        (["few.csv", "-m", "banistr"], "got 'banistr'. Did you mean 'banister'?"),
        (["few.csv", "--compare", "kalmn"], "got 'kalmn'. Did you mean 'kalman'?"),
        (["few.csv", "--load", "lod"], "there is no column 'lod' for --load"),
        (["few.csv", "--missing", "skip"], "--missing must be one of"),
        (["few.csv", "--convention", "today"], "convention must be one of"),
        (["few.csv", "--exercise", "deadlift"], "--exercise deadlift needs a sets"),
        (["few.csv", "--bound", "fitness_tau=5"], "HIGHEST: fitness_tau=1,300, or two"),
        (["few.csv", "--bound", "fitness_tau=nan,inf"], "got 'fitness_tau=nan,inf'."),
        (["few.csv", "--start", "fitness_tau=1e400"], "got 'fitness_tau=1e400'."),
        (["few.csv", "--start", "fitness_tau=nan"], "got 'fitness_tau=nan'."),
        (["few.csv", "--bound", "fitness_tau=5,x"], "got 'fitness_tau=5,x'."),
        (["few.csv", "--bound", "tau=1,2"], "A name in bounds must be one of"),
        (
            ["few.csv", "--bound", "baseline=1,2", "--bound", "baseline=1,3"],
            "--bound names baseline twice. Leave one out.",
        ),
        (["few.csv", "--start", "baseline"], "fitness_tau=33.6; got 'baseline'."),
        (["few.csv", "--bootstrap", "-1"], "--bootstrap"),
        (["few.csv", "--seed", "-1"], "--seed"),
        (["few.csv", *QUICK, "--level", "95"], "Write 0.95 for 95 %."),
        ([], "Missing argument 'SERIES'"),
    ],
)
def test_bad_input_is_one_message_and_exit_2_and_nothing_written(
    arguments, message, tmp_path
):
    heading = "day,training_load,performance\n"
    rows = "0,1,1\n1,2,3\n2,0,6\n3,3,4\n"
    (tmp_path / "few.csv").write_text(heading + rows)
    (tmp_path / "bad.csv").write_text(heading + "2,1,\n1,2,x\n")
    done = hipext("fit", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"bad.csv", "few.csv"}


@pytest.mark.usefixtures("undrawn")
def test_sets_need_no_column_of_days_or_tests(tmp_path):
    hipext("run", "deadlift_5x5_10wk", cwd=tmp_path)
    sets = "out/deadlift_5x5_10wk/sets.csv"
    done = hipext("fit", sets, "--performance", "rir", "--day", "day", cwd=tmp_path)
    assert done.returncode == 2
    assert "Leave out --performance rir and --day day." in done.stderr


def test_a_quotation_mark_without_its_partner_is_told(tmp_path):
    text = 'day,training_load,performance\n1,1,"' + "1" * 140_000
    (tmp_path / "mine.csv").write_text(text)
    done = hipext("fit", "mine.csv", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "line 2: " in done.stderr
    assert "A quotation mark may lack its partner." in done.stderr


def test_a_folder_that_cannot_be_made_is_named(folder, tmp_path):
    (tmp_path / "short.csv").write_bytes((folder / "short.csv").read_bytes())
    (tmp_path / "here").write_text("mine")
    done = hipext("fit", "short.csv", *QUICK, "--out", "here", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("here")
    assert (tmp_path / "here").read_text() == "mine"


def test_help_and_the_package_load_no_scipy(tmp_path):
    code = "import sys; sys.argv = ['hipext', 'fit', '--help']\n"
    code += (
        "from hipext.cli.commands import main\ntry:\n    main()\nexcept SystemExit:\n"
    )
    code += "    pass\nloaded = {'scipy', 'matplotlib', 'emcee'} & {*sys.modules}\n"
    code += "print(sorted(loaded), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage: hipext fit" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]"
