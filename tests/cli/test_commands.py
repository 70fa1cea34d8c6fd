import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
import pytest
from commands import Done, hipext

from hipext.athletes.athlete import read_athlete
from hipext.athletes.population import read_population
from hipext.cli.schema import SCHEMAS
from hipext.files.io import data_dir, shipped_names
from hipext.files.tables import TRAINING_LOADS
from hipext.plans.plan_file import read_plan
from hipext.response.models import MODELS
from hipext.studies.sweep_file import read_search_file, read_sweep_file

RESULTS = {
    "report.html",
    "record.json",
    "sets.csv",
    "daily.csv",
    "weekly.csv",
    "decisions.csv",
    "assessments.csv",
    "response.csv",
    "assumptions.csv",
}


def process(*arguments, cwd, **settings):
    """Run the command line as its own process."""
    return python("-m", "hipext", *arguments, cwd=cwd, **settings)


def python(*arguments, cwd, **settings):
    """Run Python as its own process; `settings` are of its environment."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def guide_run(tmp_path_factory):
    """Return the finished open loop of the guide and the folder it was started in."""
    folder = tmp_path_factory.mktemp("guide")
    return process("run", "guide_16wk", "--open-loop", cwd=folder), folder


@pytest.fixture(scope="module")
def closed_run(tmp_path_factory):
    """Return the finished closed loop of the guide for the desk worker."""
    folder = tmp_path_factory.mktemp("closed")
    return hipext("run", "guide_16wk", "-a", "desk_worker", cwd=folder), folder


def test_run_prints_the_weekly_table_and_where_the_report_is(guide_run):
    done, _ = guide_run
    assert done.returncode == 0
    assert done.stderr == ""
    rows = [line for line in done.stdout.splitlines() if line[:5].strip().isdigit()]
    assert len(rows) == 16
    assert [row.split()[0] for row in rows if " deload " in row] == [
        "4",
        "8",
        "12",
        "16",
    ]
    assert str(Path("out/guide_16wk/report.html")) in done.stdout


def test_run_writes_report_tables_figures_and_record(guide_run):
    _, folder = guide_run
    names = {path.name for path in (folder / "out" / "guide_16wk").iterdir()}
    assert names >= RESULTS
    figures = {name.removesuffix(".png") for name in names if name.endswith(".png")}
    assert len(figures) >= 5
    assert {f"{name}.svg" for name in figures} <= names


@pytest.mark.parametrize(
    ("fixture", "arguments"),
    [("guide_run", ["--open-loop"]), ("closed_run", ["-a", "desk_worker"])],
)
def test_a_second_run_gives_the_same_bytes(fixture, arguments, request, tmp_path):
    _, folder = request.getfixturevalue(fixture)
    hipext("run", "guide_16wk", *arguments, cwd=tmp_path)
    first = {path.name: path for path in (folder / "out").rglob("*.*")}
    second = {path.name: path for path in (tmp_path / "out").rglob("*.*")}
    assert set(first) == set(second)
    different = [x for x in first if first[x].read_bytes() != second[x].read_bytes()]
    assert different == []


@pytest.mark.parametrize("plan", shipped_names("plans"))
@pytest.mark.parametrize(
    "athlete",
    [
        pytest.param(name, marks=() if name == "novice" else pytest.mark.slow)
        for name in shipped_names("athletes")
    ],
)
def test_every_plan_runs_for_every_athlete_as_json(plan, athlete, tmp_path):
    done = hipext("run", plan, "-a", athlete, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (tmp_path / printed["folder"] / "report.html").is_file()
    sets = pd.read_csv(tmp_path / printed["folder"] / "sets.csv")
    working = [week["working_sets"] for week in printed["weekly"]]
    assert len(working) == sets["week"].max()
    assert min(working) > 0


@pytest.mark.usefixtures("undrawn")
def test_a_run_without_deload_weeks_differs_only_from_the_first_of_them_on(
    guide_run, tmp_path
):
    _, folder = guide_run
    change = ("--set", "deload.every_weeks=0")
    hipext("run", "guide_16wk", "--open-loop", *change, cwd=tmp_path)
    before = pd.read_csv(folder / "out" / "guide_16wk" / "sets.csv")
    after = pd.read_csv(tmp_path / "out" / "guide_16wk" / "sets.csv")
    assert before["is_deload"].any()
    assert not after["is_deload"].any()
    pd.testing.assert_frame_equal(before[before["week"] < 4], after[after["week"] < 4])
    calendar = ["week", "day", "phase", "session", "slot", "exercise", "kind"]
    pd.testing.assert_frame_equal(
        before[calendar].drop_duplicates(ignore_index=True),
        after[calendar].drop_duplicates(ignore_index=True),
    )
    idle_before, idle_after = (
        sets[sets["kind"] != "work"].drop(columns=["is_deload"]).reset_index(drop=True)
        for sets in (before, after)
    )
    pd.testing.assert_frame_equal(idle_before, idle_after)


@pytest.mark.usefixtures("undrawn")
def test_two_athletes_do_not_share_a_folder(tmp_path):
    for athlete in ("novice", "runner"):
        hipext("run", "deadlift_5x5_10wk", "-a", athlete, cwd=tmp_path)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "deadlift_5x5_10wk",
        "deadlift_5x5_10wk-runner",
    }


@pytest.mark.usefixtures("undrawn")
def test_other_files_in_the_folder_stay(tmp_path):
    mine = tmp_path / "out" / "deadlift_5x5_10wk" / "my_notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    hipext("run", "deadlift_5x5_10wk", cwd=tmp_path)
    assert mine.read_text() == "mine"
    assert not list(mine.parent.glob(".*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "guide_16w"], "Did you mean 'guide_16wk'?"),
        (["run", "guide_16wk", "-a", "novise"], "Did you mean 'novice'?"),
        (["run", "guide_16wk", "--set", "deload.every_week=0"], "'every_weeks'"),
        (["run", "guide_16wk", "--set", "deload.every_weeks"], "KEY=VALUE"),
        (["run", "guide_16wk", "--set", "phase.hing.weeks=2"], "'hinge'"),
        (["run", "guide_16wk", "--load", "tonnage"], "--load must be one of"),
        (["run", "guide_16wk", "--seed", "one"], "'--seed'"),
        (["run", "guide_16wk", "--seed", "1.5"], "'--seed'"),
        (
            ["run", "guide_16wk", "--seed", "-1"],
            "seed must be 0 to 9223372036854775807",
        ),
        (["run", "guide_16wk", "--seed", str(2**63)], f"got {2**63}."),
        (["run", "guide_16wk", "--open-loop", "--seed", "1"], "leave out --seed"),
        (["run", "guide_16wk", "--open-loop", "--no-noise"], "and --no-noise."),
        (["run", "guide_16wk", "--explain", "99"], "week must be 1 to"),
        (["exercises", "hip trust"], "Did you mean"),
        (
            ["exercises", "\x1b[31m\u202ex"],
            "'\\x1b[31m\\u202ex' is not in the catalogue.",
        ),
        (["run", "\x1b[31m"], r"There is no plan '\x1b[31m'"),
        (["run", "guide_16wk", "--set", "phase.1.weeks=1000000"], "at most 104"),
        (["run", "guide_16wk", "--set", 'name="a\\nb"'], "must be one line of text"),
        (["evidence", "--topic", "deloads"], "deload"),
        (["schema", "plans"], "Did you mean 'plan'?"),
        (["fmt", "guide_16wk", "--write"], "hipext fmt guide_16wk > my_plan.toml"),
        (["lint", "novice"], "'novice' is a shipped athlete, not a plan."),
        (["run", "guide_16wk", "-a", "guide_16wk"], "a shipped plan, not an athlete."),
        (["athletes", "novise"], "Did you mean 'novice'?"),
        (["run", "."], "'.' is a folder; name a file in it."),
        (["run", "nodir/x.toml"], "There is no folder 'nodir'"),
        (["evidence", "E7-001"], "Did you mean 'E07-001'?"),
        (["lab", "--port", "70000"], "--port"),
        (["run"], "Missing argument"),
        (["rum"], "No such command"),
    ],
)
def test_bad_input_is_one_message_and_exit_2_and_nothing_written(
    arguments, message, tmp_path
):
    done = hipext(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_plan_with_eight_mistakes_lists_eight_and_writes_nothing(tmp_path):
    (tmp_path / "bad.toml").write_text(
        """
format = 1
name = "Eight mistakes"
days = ["mon"]
colour = "red"
[deload]
weeks = [9]
[[phase]]
name = "only"
weeks = 4
  [[phase.session]]
  name = "A"
    [[phase.session.slot]]
    exercise = "romanian_deadlit"
    sets = "3x8 @RIR2"
    [[phase.session.slot]]
    exercise = "deadlift"
    sets = "3x8-5 @RIR2"
    tempo = "3-1-1"
    [[phase.session.slot]]
    exercise = "back_squat"
    sets = "4x6 @0.75"
    rest_s = "two minutes"
    [[phase.session.slot]]
    exercise = "glute_bridge"
"""
    )
    done = hipext("run", "bad.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "bad.toml has 8 problem(s):" in done.stderr
    assert done.stderr.count("\n  - ") == 8
    for fix in (
        "Did you mean 'romanian_deadlift'?",
        "'3-1-1-0'",
        "write 5-8",
        "Write @75%",
        "week 9 lies outside the plan (weeks 1 to 4)",
        "slot 4 (glute_bridge): 'sets' is missing",
        "'colour' is not a known key",
        "rest_s: must be a number",
        "'two minutes'",
    ):
        assert fix in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_a_process_that_fails_says_so_without_a_traceback(tmp_path):
    done = process("run", "guide_16w", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no plan 'guide_16w'")
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("undrawn")
def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "out").write_text("a file where the folder should be")
    done = hipext("run", "deadlift_5x5_10wk", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("out")
    assert (tmp_path / "out").read_text() == "a file where the folder should be"


@pytest.mark.parametrize("command", ["run", "lint", "fmt"])
def test_an_athlete_given_as_a_plan_is_one_problem(command, tmp_path):
    text = hipext("athletes", "novice", cwd=tmp_path).stdout
    (tmp_path / "me.toml").write_text(text)
    done = hipext(command, "me.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "me.toml has 1 problem(s):\n"
        "  - this is an athlete, not a plan (it has body_mass_kg). "
        "Use it with --athlete.\n"
    )


def test_a_copy_of_a_shipped_athlete_is_the_same_athlete(tmp_path):
    text = hipext("athletes", "runner", cwd=tmp_path).stdout
    (tmp_path / "me.toml").write_text(text)
    printed = hipext("athletes", "runner", "--json", cwd=tmp_path).stdout
    assert read_athlete(tmp_path / "me.toml") == read_athlete("runner")
    assert json.loads(printed) == read_athlete("runner").model_dump(mode="json")


def test_single_sources_are_shown_by_their_ids(tmp_path):
    found = hipext("evidence", "E07-001", "E07-002", "--json", cwd=tmp_path).stdout
    assert [row["id"] for row in json.loads(found)] == ["E07-001", "E07-002"]


def test_the_version_is_reported(tmp_path):
    assert hipext("--version", cwd=tmp_path).stdout == f"hipext {version('hipext')}\n"


@pytest.mark.usefixtures("undrawn")
def test_a_run_reports_what_was_changed_in_it_and_its_report_does_too(tmp_path):
    change = ("--set", "deload.every_weeks=5", "--set", 'days=["tue"]')
    done = hipext("run", "deadlift_5x5_10wk", *change, cwd=tmp_path)
    words = 'deload.every_weeks = 5, days = ["tue"]'
    assert f"Changed: {words}\n" in done.stdout
    folder = tmp_path / "out" / "deadlift_5x5_10wk"
    plan = json.loads((folder / "record.json").read_bytes())["plan"]
    assert plan["description"] == (
        f"{read_plan('deadlift_5x5_10wk').description.strip()} "
        f"Changed for this run: {words}. "
        "The texts of the plan describe it as it was written."
    )
    assert "Changed for this run: deload.every_weeks = 5" in (
        folder / "report.html"
    ).read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
def test_results_of_other_inputs_are_replaced_aloud(tmp_path):
    words = "These replace earlier results of other inputs; --out keeps both.\n"
    runs = [
        hipext("run", "deadlift_5x5_10wk", "--load", load, cwd=tmp_path)
        for load in ("session_rpe_load", "session_rpe_load", "hard_sets")
    ]
    assert [words in done.stdout for done in runs] == [False, False, True]


@pytest.mark.usefixtures("undrawn")
def test_json_reports_whether_results_of_other_inputs_were_replaced(tmp_path):
    runs = [
        hipext("run", "deadlift_5x5_10wk", "--load", load, "--json", cwd=tmp_path)
        for load in ("hard_sets", "session_rpe_load")
    ]
    assert [json.loads(done.stdout)["replaced"] for done in runs] == [False, True]


def test_the_weekly_table_shows_the_load_with_and_without_body_mass(guide_run):
    done, folder = guide_run
    weekly = pd.read_csv(folder / "out" / "guide_16wk" / "weekly.csv")
    assert "load kg  +body kg  min" in done.stdout
    table = [line for line in done.stdout.splitlines() if line[:5].strip().isdigit()]
    assert max(map(len, table)) <= 80
    last = weekly.iloc[-1]
    pair = f"{last['volume_load_kg']:.0f} {last['system_volume_load_kg']:.0f}"
    assert pair in " ".join(done.stdout.split())


# --- the closed loop ---


def test_the_closed_loop_reports_seed_and_how_the_plan_went(closed_run):
    done, _ = closed_run
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[1] == (
        "Closed loop (seed 0): performance, pain and fatigue feed back into the plan."
    )
    assert "Open loop" not in done.stdout
    for start in ("The plan was ", "Phases extended by gates: ", "Deload weeks: "):
        assert [line for line in lines if line.startswith(start)]


def test_the_table_of_the_closed_loop_has_pain_and_failures_and_fits(closed_run):
    done, folder = closed_run
    weekly = pd.read_csv(folder / "out" / "guide_16wk-desk_worker" / "weekly.csv")
    (head,) = [line for line in done.stdout.splitlines() if "week " in line[:6]]
    rows = [line for line in done.stdout.splitlines() if line[:5].strip().isdigit()]
    assert {"failed", "pain", "tech"} <= set(head.split())
    assert max(map(len, done.stdout.splitlines()[:-2])) <= 80
    assert [line.split()[-3] for line in rows] == [
        f"{x:.1f}" for x in weekly["pain_reported_max"]
    ]


def test_the_open_loop_says_that_every_set_succeeds_and_no_more(guide_run):
    done, _ = guide_run
    assert "\nOpen loop: every set is assumed to succeed.\n\n" in done.stdout
    assert "Closed loop" not in done.stdout
    assert "Deload weeks:" not in done.stdout


@pytest.mark.usefixtures("undrawn")
def test_another_seed_is_another_run_and_none_is_reported(tmp_path):
    runs = [
        hipext("run", "deadlift_5x5_10wk", *more, "--json", cwd=tmp_path)
        for more in (["--seed", "1"], ["--seed", "2"], ["--no-noise"], ["--no-noise"])
    ]
    printed = [json.loads(done.stdout) for done in runs]
    assert [(one["mode"], one["seed"], one["noise"]) for one in printed] == [
        ("closed_loop", 1, True),
        ("closed_loop", 2, True),
        ("closed_loop", 0, False),
        ("closed_loop", 0, False),
    ]
    assert [one["replaced"] for one in printed] == [False, True, True, False]
    assert printed[0]["weekly"] != printed[1]["weekly"]
    assert printed[2]["weekly"] == printed[3]["weekly"]


@pytest.mark.usefixtures("undrawn")
def test_without_noise_there_is_no_seed_to_tell(tmp_path):
    done = hipext("run", "deadlift_5x5_10wk", "--no-noise", cwd=tmp_path)
    assert "\nClosed loop (without noise): performance, " in done.stdout


@pytest.mark.usefixtures("undrawn")
def test_an_open_loop_leaves_nothing_of_a_closed_one_beside_it(tmp_path):
    hipext("run", "deadlift_5x5_10wk", cwd=tmp_path)
    folder = tmp_path / "out" / "deadlift_5x5_10wk"
    (folder / "mine.csv").write_text("mine")
    before = {path.name for path in folder.iterdir()}
    hipext("run", "deadlift_5x5_10wk", "--open-loop", cwd=tmp_path)
    after = {path.name for path in folder.iterdir()}
    assert {"capacity.csv", "pain.svg", "decisions.png"} <= before - after
    assert {"mine.csv", "decisions.csv", "report.html"} <= after


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("loop", [[], ["--open-loop"]])
def test_a_week_is_explained_where_asked_for(loop, tmp_path):
    done = hipext("run", "deadlift_5x5_10wk", "--explain", "2", *loop, cwd=tmp_path)
    assert "\nWeek 2: phase 'deadlift'.\n" in done.stdout
    assert "Barbell deadlift" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.usefixtures("undrawn")
def test_a_plan_that_gates_kept_from_its_end_says_so(tmp_path):
    gate = "phase.hinge.advance.pain_max=0"
    done = hipext("run", "guide_16wk", "--set", gate, cwd=tmp_path)
    assert "The plan was NOT completed: closed gates kept it in phase" in done.stdout
    report = (tmp_path / "out" / "guide_16wk" / "report.html").read_text("utf-8")
    assert "The plan was NOT completed" in report


# --- stopped from outside ---

INTERRUPTED = """
import os, signal, sys
class Interrupter:  # Ctrl-C at the moment at which a module is looked for
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupter())
from hipext.__main__ import main
main()
"""
posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


@posix
@pytest.mark.parametrize(
    "module", ["hipext.cli.commands", "pandas", "hipext.plots.report"]
)
def test_ctrl_c_ends_with_one_word_however_early(module, tmp_path):
    code = INTERRUPTED.format(module=module)
    done = python("-c", code, "run", "guide_16wk", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("undrawn")
@posix
@pytest.mark.parametrize("unbuffered", ["", pytest.param("1", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "deadlift_5x5_10wk"],
        ["evidence"],
        ["fmt", "guide_16wk", "--check"],
        ["--help"],
        ["run", "--help"],
        ["--version"],
    ],
)
def test_a_reader_that_leaves_is_no_fault(arguments, unbuffered, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "hipext", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_output_that_cannot_be_written_is_reported(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hipext", "plans"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("The output cannot be written: No space")
    assert done.stderr.count("\n") == 1


def test_a_character_that_the_terminal_lacks_does_not_stop_a_command(tmp_path):
    plan = hipext("fmt", "deadlift_5x5_10wk", cwd=tmp_path).stdout
    (tmp_path / "mine.toml").write_text(f"# Stärke\n{plan}", encoding="utf-8")
    done = process("fmt", "mine.toml", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# St?rke\n")


@pytest.mark.parametrize("command", ["plans", "exercises", "athletes", "evidence"])
def test_lists_are_valid_json_too(command, tmp_path):
    printed = json.loads(hipext(command, "--json", cwd=tmp_path).stdout)
    assert len(printed) >= 4
    assert hipext(command, cwd=tmp_path).stdout.count("\n") >= len(printed)


def test_an_exercise_is_shown_in_full(tmp_path):
    text = hipext("exercises", "glute bridge", cwd=tmp_path).stdout
    for part in ("cues", "faults", "easier", "harder", "way up", "(assumption)"):
        assert part in text


@pytest.mark.usefixtures("undrawn")
def test_a_copy_of_a_shipped_plan_runs_and_is_canonical(tmp_path):
    text = hipext("fmt", "guide_16wk", cwd=tmp_path).stdout
    (tmp_path / "mine.toml").write_text(text)
    assert hipext("fmt", "mine.toml", "--check", cwd=tmp_path).returncode == 0
    assert hipext("run", "mine.toml", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", shipped_names("plans"))
def test_shipped_plans_are_in_canonical_form(name, tmp_path):
    path = data_dir() / "plans" / f"{name}.toml"
    assert hipext("fmt", str(path), "--check", cwd=tmp_path).returncode == 0


def test_fmt_rewrites_only_with_write_and_keeps_comments(tmp_path):
    text = hipext("fmt", "deadlift_5x5_10wk", cwd=tmp_path).stdout
    path = tmp_path / "mine.toml"
    untidy = text.replace("rest_s = 180", "rest_s   =   180   # three minutes")
    path.write_text(untidy)
    hipext("fmt", "mine.toml", cwd=tmp_path)
    assert path.read_text() == untidy
    assert hipext("fmt", "mine.toml", "--check", cwd=tmp_path).returncode == 1
    hipext("fmt", "mine.toml", "--write", cwd=tmp_path)
    assert "rest_s = 180  # three minutes" in path.read_text()


def test_lint_is_quiet_about_exit_codes_unless_strict(tmp_path):
    printed = json.loads(
        hipext("lint", "tagliaferri_26wk", "--json", cwd=tmp_path).stdout
    )
    assert {row["check"] for row in printed} >= {"no_failure_path"}
    assert hipext("lint", "tagliaferri_26wk", cwd=tmp_path).returncode == 0
    strict = hipext("lint", "tagliaferri_26wk", "--strict", cwd=tmp_path)
    assert strict.returncode == 1


def test_the_plan_of_the_readme_runs(tmp_path):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    plan = readme.split("```toml\n")[1].split("```")[0]
    (tmp_path / "my_plan.toml").write_text(plan)
    done = hipext("run", "my_plan.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert hipext("lint", "my_plan.toml", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "command",
    [
        *["", "run", "fit", "compare", "sweep", "sensitivity", "search", "reproduce"],
        *["populations", "studies", "plans", "exercises", "athletes", "evidence"],
        *["lint", "fmt", "schema", "lab", "app", "assignments", "handouts"],
    ],
)
def test_every_command_explains_itself(command, tmp_path):
    done = hipext(*command.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage:" in done.stdout


def test_no_summary_of_a_command_is_cut(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = hipext("--help", cwd=tmp_path).stdout
    assert "Open JupyterLab on a copy of the notebooks." in text
    assert "..." not in text.partition("Commands:")[2]


@pytest.mark.parametrize(
    ("command", "names"), [("run", TRAINING_LOADS), ("fit", MODELS)]
)
def test_help_names_every_choice(command, names, tmp_path):
    text = hipext(command, "--help", cwd=tmp_path).stdout
    assert [name for name in names if name not in text] == []


SLOW = "SALib dask emcee ipywidgets matplotlib numba numpy optuna pandas pyarrow scipy"


def test_help_waits_for_no_library_of_tables_or_figures(tmp_path):
    slow = {*SLOW.split(), "pydantic"}
    code = f"import sys, hipext.cli.commands; print(*({slow!r} & {{*sys.modules}}))"
    assert python("-c", code, cwd=tmp_path).stdout == "\n"


def test_commands_without_tables_load_no_library_of_tables_or_figures(tmp_path):
    """The commands run one after the other; the first to load one is named."""
    (tmp_path / "me.toml").write_text(hipext("athletes", "novice", cwd=tmp_path).stdout)
    commands = [
        *["--version", "plans", "plans --json", "evidence --topic deload --json"],
        *["athletes", "athletes novice", "athletes me.toml", "athletes novice --json"],
        *["populations", "populations gym", "populations gym --json"],
        *["studies", "studies what_matters", "exercises", "exercises hip_thrust"],
        *["exercises --json", "fmt guide_16wk", "assignments 01", "handouts 01"],
        *(f"schema {kind}" for kind in SCHEMAS),
        *(f"{name} --help" for name in ("run", "compare", "lab", "app")),
    ]
    code = f"""
import contextlib, io, sys
from hipext.cli.commands import main
for command in {commands!r}:
    before, out = {{*sys.modules}}, io.StringIO()
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(out):
        main(command.split())
    loaded = {{*{SLOW!r}.split()}} & {{*sys.modules}} - before
    if loaded or not out.getvalue():
        print(command, *sorted(loaded))
from hipext.course.lab import copy_notebooks
copy_notebooks("notebooks")
print(*{{*{SLOW!r}.split()}} & {{*sys.modules}})
"""
    assert python("-c", code, cwd=tmp_path).stdout == "\n"


def test_a_comparison_loads_nothing_that_only_fits_and_reports_need(tmp_path):
    loaded = (
        "{'scipy.optimize', 'jinja2', 'tqdm', 'matplotlib.pyplot'} & {*sys.modules}"
    )
    code = f"""
import sys
from hipext.cli.commands import main
try:
    main(["compare", "deadlift_5x5_10wk", "--athletes", "2", "--json"])
finally:
    print(*{loaded}, file=sys.stderr)
"""
    done = python("-c", code, cwd=tmp_path)
    assert json.loads(done.stdout)["n_athletes"] == 2
    assert done.stderr == "\n"


@pytest.mark.parametrize(
    ("command", "folder", "fact"),
    [
        ("plans", "plans", lambda plan: str(plan.n_weeks)),
        ("athletes", "athletes", lambda one: f"{one.training_status} | {one.activity}"),
    ],
)
def test_lists_say_of_each_shipped_file_what_its_reader_finds(
    command, folder, fact, tmp_path, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    text = hipext(command, cwd=tmp_path).stdout
    reader = {"plans": read_plan, "athletes": read_athlete}[folder]
    for name in shipped_names(folder):
        found = reader(name)
        assert f"{name:<24}{fact(found)} | {found.name}\n" in text
        assert " ".join(found.description.split()) in " ".join(text.split())


def test_the_list_of_populations_names_the_status_of_every_group(tmp_path):
    listed = json.loads(hipext("populations", "--json", cwd=tmp_path).stdout)
    assert [row["population"] for row in listed] == shipped_names("populations")
    for row in listed:
        found = read_population(row["population"])
        groups = found.group or [found.athlete]
        statuses = ", ".join(group.training_status for group in groups)
        assert row["training_status"] == statuses
        assert (row["name"], row["description"]) == (found.name, found.description)


def test_the_list_of_studies_names_plan_and_athletes(tmp_path):
    listed = json.loads(hipext("studies", "--json", cwd=tmp_path).stdout)
    readers = {"sweep": read_sweep_file, "search": read_search_file}
    names = [*shipped_names("sweeps"), *shipped_names("searches")]
    assert [row["study"] for row in listed] == names
    for row in listed:
        found = readers[row["kind"]](row["study"])
        assert row["plan"] == found.plan
        assert row["athletes"] == (found.population or found.athlete)
        assert (row["name"], row["description"]) == (found.name, found.description)


# --- whose fault it is ---


def let_fail(monkeypatch, error):
    """Let an error arise within hipext when a plan is linted."""

    def fail(*_arguments, **_settings):
        raise error

    monkeypatch.setattr("hipext.lint_plan", fail)


def test_a_fault_of_hipext_is_not_taken_for_one_of_the_input(tmp_path, monkeypatch):
    let_fail(monkeypatch, ValueError("Length 3 does not match length 4"))
    done = hipext("lint", "guide_16wk", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    fault, what_to_do = done.stderr.splitlines()
    assert fault == (
        "This is a fault of hipext, not of your input: ValueError: "
        "Length 3 does not match length 4"
    )
    assert what_to_do.startswith("Please report it to ")
    assert f"hipext {version('hipext')}" in what_to_do
    assert what_to_do.endswith("what it prints with --debug.")


def test_a_fault_of_a_checkout_that_was_not_installed_is_told(tmp_path, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("hipext.cli.commands.requires", missing)
    monkeypatch.setattr("hipext.cli.commands.version", missing)
    let_fail(monkeypatch, ValueError("Length 3 does not match length 4"))
    done = hipext("lint", "guide_16wk", cwd=tmp_path)
    assert done.returncode == 1
    assert "Please report it to whoever gave you hipext: " in done.stderr


@pytest.mark.parametrize(
    ("installed", "is_named"),
    [("1.26.4", True), ("2.0rc1", False), ("2.0.0", False), ("10.1", False)],
)
def test_a_fault_under_an_old_package_names_the_package(
    tmp_path, monkeypatch, installed, is_named
):
    declared = ["numpy>=2.0", 'not-there>=9.0; extra == "fast"', "hipext[fast]"]
    monkeypatch.setattr("hipext.cli.commands.requires", lambda _: declared)
    versions = {"numpy": installed, "hipext": version("hipext")}

    def version_of(name):
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr("hipext.cli.commands.version", version_of)
    let_fail(monkeypatch, AttributeError("module 'numpy' has no attribute 'x'"))
    done = hipext("lint", "guide_16wk", cwd=tmp_path)
    assert done.returncode == 1
    expected = [
        "hipext needs numpy>=2.0; installed: 1.26.4. "
        "Install it with: pip install --upgrade 'numpy>=2.0'",
        "(The error: AttributeError: module 'numpy' has no attribute 'x')",
    ]
    assert (done.stderr.splitlines() == expected) == is_named
    assert ("fault of hipext" in done.stderr) != is_named


@pytest.mark.parametrize(
    "arguments", [("--debug", "lint", "guide_16wk"), ("lint", "guide_16wk", "--debug")]
)
def test_debug_shows_where_a_fault_arose(tmp_path, monkeypatch, arguments):
    let_fail(monkeypatch, ValueError("Length 3 does not match length 4"))
    done = hipext(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert ", in fail\n" in done.stderr
    assert "This is a fault of hipext" in done.stderr


def test_debug_shows_where_a_wrong_value_was_found(tmp_path):
    plain = hipext("lint", "guide_17wk", cwd=tmp_path)
    done = hipext("lint", "guide_17wk", "--debug", cwd=tmp_path)
    assert (plain.returncode, done.returncode) == (2, 2)
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith(plain.stderr)
    assert "Traceback" not in plain.stderr


def test_too_little_memory_is_a_fault_of_neither(tmp_path, monkeypatch):
    let_fail(monkeypatch, MemoryError("Unable to allocate 9 GiB"))
    done = hipext("lint", "guide_16wk", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "There is not enough memory (Unable to allocate 9 GiB"
    )
