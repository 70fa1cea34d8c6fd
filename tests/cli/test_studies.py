"""The commands about many athletes: compare, sweep, sensitivity, search, reproduce."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pandas as pd
import pytest
from commands import hipext
from scipy.stats import t

from hipext.athletes.population import read_population
from hipext.files.checks import counted
from hipext.files.io import shipped_names
from hipext.plots.studies import sweep_figure
from hipext.studies.sweep_file import read_search_file, read_sweep_file
from hipext.studies.sweeps import read_sweep

PLAN = """
format = 1
name = "Small"
days = ["mon", "thu"]
deload = { every_weeks = 2, sets_fraction = 0.5, load_fraction = 0.9 }
[[phase]]
name = "a"
weeks = 4
[[phase.session]]
name = "A"
[[phase.session.slot]]
exercise = "romanian_deadlift"
sets = "3x8-10 @RIR3"
progress = { rule = "double", add_kg = 2.5 }
"""
HEAD = """
format = 1
name = "{name}"
plan = "p.toml"
population = "novices"
n_athletes = {persons}
"""
SWEEP = HEAD.format(name="A sweep", persons=3) + (
    "[vary]\ndeload_every = [0, 2]\n"
    '"athlete.missed_weeks" = [[], [2, 3]]\n"phase.a.weeks" = [4, 5]\n'
)
INDICES = HEAD.format(name="Indices", persons=2) + (
    '[design]\nkind = "saltelli"\nn = 4\n'
    "[vary]\nstart_load = { low = 0.5, high = 1.0 }\n"
    '"athlete.body_mass_kg" = { low = 60.0, high = 80.0 }\n'
)
SEARCH = HEAD.format(name="A search", persons=2) + (
    '[goals]\nstrength_pct = "highest"\nminutes = "lowest"\n'
    "[search]\ntrials = 8\ngeneration = 4\n"
    "[vary]\nsessions_a_week = [1, 2, 3]\nstart_load = { low = 0.8, high = 1.0 }\n"
)
FILES = {
    "p.toml": PLAN,
    "q.toml": PLAN.replace("3x8-10", "4x8-10").replace("Small", "Larger"),
    "s.toml": SWEEP,
    "i.toml": INDICES,
    "f.toml": SEARCH,
}
COMPARE = ("compare", "p.toml", "--athletes", "4")
TABLES = {"differences.csv", "outcomes.csv", "weekly.csv", "weekly_differences.csv"}
OF_COMPARE = TABLES | {"compare.png", "compare.svg", "record.json"}
COMMANDS = {
    "compare": (*COMPARE, "--vary", "deload_every=0,2,3", "--out", "."),
    "sweep": ("sweep", "s.toml", "--out", "sweep"),
    "search": ("search", "f.toml", "--out", "search"),
}
FOLDERS = {"compare": "compare-p", "sweep": "sweep", "search": "search"}
KINDS = tuple(COMMANDS)


def write(folder, **texts):
    """Write the plans and studies of these tests into a folder."""
    for name, text in (FILES | texts).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path):
    """Return a folder with the plans and studies of these tests."""
    return write(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with the results of each command, and what each printed."""
    folder = write(tmp_path_factory.mktemp("made"))
    printed = {kind: hipext(*COMMANDS[kind], cwd=folder) for kind in KINDS}
    printed["indices"] = hipext("sweep", "i.toml", cwd=folder)
    return folder, printed


def table(text, heading):
    """Return the rows below a heading as lists of words."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(heading))
    block = "\n".join(lines[first + 1 :]).partition("\n\n")[0]
    return [line.split() for line in block.splitlines()]


def hashes(folder):
    """Return the SHA-256 that the record of a folder has of its files."""
    return json.loads((folder / "record.json").read_bytes())["sha256"]


def names_in(folder):
    """Return the names of all files in a folder, and below."""
    paths = folder.rglob("*")
    return {str(path.relative_to(folder)) for path in paths if path.is_file()}


def fault(done):
    """Return the message of a command that found fault, and made nothing else."""
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_each_command_ends_well_and_says_nothing_beside(made):
    _, printed = made
    assert {kind: printed[kind].returncode for kind in printed} == dict.fromkeys(
        printed, 0
    )
    assert {kind: printed[kind].stderr for kind in printed} == dict.fromkeys(
        printed, ""
    )


def test_compare_prints_means_and_differences_of_the_same_athletes(made):
    folder, printed = made
    outcomes = pd.read_csv(folder / "compare-p" / "outcomes.csv")
    means = outcomes.groupby("scenario")["strength_pct"].mean()
    rows = table(printed["compare"].stdout, " " * 34)
    assert rows[0] == ["as", "it", "is", f"{means['as it is']:.2f}"]
    gain = means["deload_every = 0"] - means["as it is"]
    assert rows[1][:5] == [
        "deload_every",
        "=",
        "0",
        f"{means['deload_every = 0']:.2f}",
        f"{gain:+.2f}",
    ]
    assert gain != 0


def test_a_change_that_changes_nothing_is_the_same_to_the_last_digit(made):
    folder, printed = made
    rows = table(printed["compare"].stdout, " " * 34)
    assert rows[2][-5:] == ["0", "0", "to", "0", "same"]
    differences = pd.read_csv(folder / "compare-p" / "differences.csv")
    same = differences[differences["scenario"] == "deload_every = 2"]
    assert (same["difference"] == 0).all()
    assert (same["share_equal"] == 1).all()


def test_compare_writes_tables_figure_and_record(made):
    folder, printed = made
    assert names_in(folder / "compare-p") == OF_COMPARE
    assert "See compare-p/compare.png; 7 files are in compare-p." in (
        printed["compare"].stdout
    )


def test_compare_reports_json_for_a_machine(home):
    done = hipext(*COMPARE, "--vary", "deload_every=0,3", "--json", cwd=home)
    printed = json.loads(done.stdout)
    assert printed["scenarios"] == ["as it is", "deload_every = 0", "deload_every = 3"]
    assert (printed["baseline"], printed["n_athletes"]) == ("as it is", 4)
    assert {*printed["files"]} == names_in(home / printed["folder"]) == OF_COMPARE


def test_plans_are_compared_with_the_first_one_by_their_files(home):
    done = hipext("compare", "q.toml", "p.toml", "--athletes", "2", cwd=home)
    assert done.stdout.startswith("Larger\n2 athletes drawn from 'Novices'")
    assert [row[0] for row in table(done.stdout, " " * 34)] == ["q", "p"]
    assert names_in(home / "out" / "compare-q-p") == OF_COMPARE


def test_of_one_plan_alone_one_thing_is_changed_at_a_time(home):
    done = hipext(*COMPARE, "--outcome", "minutes", cwd=home)
    names = {row[0] for row in table(done.stdout, " " * 34)}
    assert names == {
        "as",
        "deload_every",
        "deload_sets",
        "load_step",
        "progression",
        "sessions_a_week",
        "start_load",
        "swap",
        "tempo",
    }
    groups = pd.read_csv(home / "out" / "compare-p" / "differences.csv")["group"]
    assert groups.nunique() > 5


def test_a_factorial_comparison_has_every_combination(home):
    vary = ("--vary", "deload_every=0,2", "--vary", "rest=1,2", "--factorial")
    printed = json.loads(hipext(*COMPARE, *vary, "--json", cwd=home).stdout)
    assert len(printed["scenarios"]) == 1 + 2 * 2


def test_a_change_of_all_scenarios_is_reported_and_made(home):
    change = ("--set", "phase.a.weeks=6", "--vary", "deload_every=0")
    done = hipext(*COMPARE, *change, cwd=home)
    assert "Changed in all: phase.a.weeks = 6\n" in done.stdout
    outcomes = pd.read_csv(home / "out" / "compare-p" / "outcomes.csv")
    assert {*outcomes["weeks"]} == {6}


def test_one_athlete_without_noise_repeats_the_same_days(home):
    person = ("--athlete", "runner", "--no-noise", "--vary", "deload_every=0")
    done = hipext(*COMPARE, *person, cwd=home)
    assert (
        ", 4 times with other random numbers; the same in every scenario."
        in done.stdout
    )
    outcomes = pd.read_csv(home / "out" / "compare-p" / "outcomes.csv")
    assert outcomes.groupby("scenario")["strength_pct"].nunique().to_list() == [1, 1]


def test_athletes_are_drawn_from_the_population_that_is_named(home):
    gym = ("--population", "gym", "--vary", "deload_every=0")
    done = hipext("compare", "p.toml", "--athletes", "1", *gym, cwd=home)
    assert "\n1 athlete drawn from 'Members of a gym'" in done.stdout
    record = json.loads((home / "out" / "compare-p" / "record.json").read_bytes())
    assert record["participants"]["population"]["name"] == "Members of a gym"


def test_an_interval_is_as_wide_as_students_t_at_its_level(home):
    def width(level):
        vary = ("--vary", "deload_every=0", "--level", level, "--json")
        rows = pd.DataFrame(
            json.loads(hipext(*COMPARE, *vary, cwd=home).stdout)["differences"]
        ).set_index("outcome")
        return rows.loc["strength_pct", "ci_high"] - rows.loc["strength_pct", "ci_low"]

    expected = t.ppf(0.75, df=3) / t.ppf(0.975, df=3)
    assert width("0.5") / width("0.95") == pytest.approx(expected)


def test_a_new_comparison_replaces_an_earlier_one_aloud_and_whole(home):
    words = "These replace earlier results of other inputs; --out keeps both."
    first = hipext(*COMPARE, cwd=home)
    (home / "out" / "compare-p" / "notes.txt").write_text("mine")
    vary = ("--vary", "deload_every=0")
    repeated = [hipext(*COMPARE, *vary, cwd=home) for _ in range(2)]
    printed = [words in done.stdout for done in (first, *repeated)]
    assert printed == [False, True, False]
    assert names_in(home / "out" / "compare-p") == OF_COMPARE | {"notes.txt"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--outcome", "strenght_pct"], "--outcome must be one of 'weeks', 'strength_"),
        (["--outcome", "strenght_pct"], "Did you mean 'strength_pct'?"),
        (["--vary", "deload_every"], "--vary needs KEY=VALUE,VALUE; got 'deload_every"),
        (["--vary", "deload_evry=0"], "There is no 'deload_evry' to change."),
        (["--vary", "deload_evry=0"], "Did you mean 'deload_every'?"),
        (["--vary", "phase.a.wekks=2"], "'wekks' is not a known key; known are name"),
        (["--vary", "phase.a.wekks=2"], "Did you mean 'weeks'?"),
        (["--vary", "deload_every=-1"], "a whole number from 0 to 104; got -1."),
        (["--vary", "rest=1,"], "a value before and after each comma; got 'rest=1,'"),
        (["--set", "deload.evry=1"], "'evry' is not a known key; known are every_week"),
        (["--level", "95"], "level must be between 0 and 1; got 95.0. Write 0.95."),
        (["--athletes", "0"], "--athletes must be 1 to 500000; got 0."),
        (["--athletes", str(10**12)], "got 1000000000000. A sweep takes more."),
        (["--athletes", str(10**12), "-a", "novice"], "A sweep takes more."),
        (["--athletes", str(10**40)], "--athletes must be 1 to 500000; got 1000"),
        (["--vary", f"rest={'9' * 5000}"], "has too many digits, or brackets in each"),
        (["--vary", f"rest=0x{'9' * 50}"], "0x9999999999"),
        (
            ["--vary", f"rest={'[' * 500}{']' * 500}"],
            "digits, or brackets in each other.",
        ),
        (["--vary", "rest=1979-05-27"], "1979-05-27: is a date or time; got 1979-05"),
        (["--level", "1.5"], "level must be between 0 and 1; got 1.5. Write 0.95."),
        (["--seed", "-1"], "seed must be 0 to 2**63 - 1; got -1."),
        (["--athlete", "novic"], "There is no athlete 'novic'"),
        (["--population", "novic"], "Did you mean 'novices'?"),
        (
            ["--athlete", "novice", "--population", "novices"],
            "Name --athlete or --population, not both.",
        ),
        (["p.toml"], "A plan is named twice: p.toml, p.toml."),
        (["q.toml", "--vary", "rest=1"], "several were named (p.toml, q.toml)."),
        (["none.toml"], "There is no plan 'none.toml'"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_one_message(arguments, message, home):
    assert message in fault(hipext(*COMPARE, *arguments, cwd=home))
    assert names_in(home) == {*FILES}


def test_sweep_prints_the_mean_of_every_scenario(made):
    folder, printed = made
    rows = table(printed["sweep"].stdout, "means of 3 athletes in each scenario:")
    assert rows[0][:3] == ["deload_every", "missed_weeks", "phase.a.weeks"]
    summary = read_sweep(folder / "sweep").summary
    assert [row[-1] for row in rows[1:]] == ["4.0", "5.0"] * 4
    shown = [float(row[-5]) for row in rows[1:]]
    assert shown == pytest.approx(summary["strength_pct_mean"], abs=0.006)


def test_sweep_writes_parts_summary_figure_and_record(made):
    folder, printed = made
    parts = {"scenarios.parquet", "outcomes/part-000000.parquet"}
    figures = {"sweep.png", "sweep.svg"}
    names = parts | figures | {"summary.csv", "record.json"}
    assert names_in(folder / "sweep") == names
    assert "athletes: 1 Parquet file in sweep/outcomes." in printed["sweep"].stdout


def test_lists_that_were_set_are_shown_as_files_have_them(made):
    _, printed = made
    assert " [] " in printed["sweep"].stdout
    assert " [2, 3] " in printed["sweep"].stdout
    assert "()" not in printed["sweep"].stdout


def test_of_several_names_the_means_of_scenarios_are_drawn_by_each(made):
    folder, _ = made
    found = read_sweep(folder / "sweep")
    panels = sweep_figure(found, "strength_pct").axes
    assert [len(panel.collections) for panel in panels] == [0, 0, 0]
    for panel in panels:
        drawn = sorted(panel.lines[0].get_ydata())
        assert drawn == sorted(found.summary["strength_pct_mean"])
    places = [label.get_text() for label in panels[1].get_xticklabels()]
    assert places == ["[]", "[2, 3]"]


def test_an_unknown_outcome_is_refused_before_anything_is_drawn(made):
    folder, _ = made
    with pytest.raises(ValueError, match=r"outcome must be one of .*; got 'strenght'"):
        sweep_figure(read_sweep(folder / "sweep"), "strenght")


def test_of_one_name_the_athletes_are_drawn_as_well(home):
    text = HEAD.format(name="One", persons=3) + "[vary]\nrest = [1.0, 2.0]\n"
    (home / "s.toml").write_text(text, encoding="utf-8")
    hipext(*COMMANDS["sweep"], cwd=home)
    (panel,) = sweep_figure(read_sweep(home / "sweep"), "strength_pct").axes
    assert len(panel.collections[0].get_segments()) == 2


def test_two_numbers_are_drawn_as_a_surface_too(made):
    folder, _ = made
    drawn = sweep_figure(read_sweep(folder / "out" / "sweep-i"), "strength_pct")
    *panels, surface, colours = drawn.axes
    assert [len(panel.collections) for panel in panels] == [0, 0]
    assert len(surface.collections) == 1
    assert "mean of mean 1RM" in colours.get_ylabel().replace("\n", " ")


def test_a_design_that_visits_a_place_twice_has_no_surface(home):
    text = INDICES.replace("saltelli", "morris")
    (home / "i.toml").write_text(text, encoding="utf-8")
    done = hipext("sweep", "i.toml", cwd=home)
    assert done.returncode == 0, done.stderr
    found = read_sweep(home / "out" / "sweep-i")
    assert found.summary[[*found.vary]].duplicated().any()
    assert len(sweep_figure(found, "strength_pct").axes) == 2


def test_names_that_are_not_drawn_are_counted(home):
    gains = ("muscle", "skill", "fatigue", "soreness", "stiffness", "range")
    gains += ("stability", "endurance", "tolerance", "technique")
    lines = [f"parameter.{one}.gain = [0.01]\n" for one in gains]
    slow = ("muscle", "skill", "range")
    lines += [f"parameter.{one}.tau_d = [100]\n" for one in slow]
    text = HEAD.format(name="Many", persons=2) + "[vary]\n" + "".join(lines)
    (home / "s.toml").write_text(text, encoding="utf-8")
    done = hipext(*COMMANDS["sweep"], cwd=home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(". 1 more was varied, but is not drawn.\n")
    drawn = sweep_figure(read_sweep(home / "sweep"), "strength_pct")
    columns = {panel.get_subplotspec().colspan.start for panel in drawn.axes}
    assert (len(drawn.axes), columns) == (12, {0, 1})


def test_a_finished_sweep_is_reported_and_not_run_twice(made, tmp_path):
    folder, _ = made
    shutil.copytree(folder, tmp_path / "again")
    done = hipext(*COMMANDS["sweep"], "--json", cwd=tmp_path / "again")
    found = json.loads(done.stdout)
    assert (found["name"], found["n_scenarios"], found["n_athletes"]) == (
        "A sweep",
        8,
        3,
    )
    assert found["summary"][2]["athlete.missed_weeks"] == [2, 3]
    assert hashes(tmp_path / "again" / "sweep") == hashes(folder / "sweep")


@pytest.mark.parametrize("option", ["--threads=1", "--threads=2", "--resume"])
def test_the_same_sweep_makes_the_same_hashes(option, made, home):
    folder, _ = made
    done = hipext(*COMMANDS["sweep"], option, cwd=home)
    assert done.returncode == 0, done.stderr
    assert hashes(home / "sweep") == hashes(folder / "sweep")


def test_all_faults_of_a_sweep_file_are_reported_at_once_and_nothing_is_written(home):
    text = SWEEP.replace("format = 1", "format = 2").replace("name", "nam")
    text = text.replace("n_athletes = 3", "n_athletes = 0").replace("[0, 2]", "[0, -2]")
    (home / "s.toml").write_text(text, encoding="utf-8")
    printed = fault(hipext("sweep", "s.toml", cwd=home))
    assert printed.startswith("s.toml has 5 problem(s):\n")
    for part in (
        "  - format: must be 1; got 2.\n",
        "'name' is missing. Write, for example, name = ",
        "'nam' is not a known key; known are format, name, ",
        "  - n_athletes: must be at least 1; got 0.\n",
        "  - vary, deload_every: deload_every must be a whole number from 0 to 104; ",
    ):
        assert part in printed
    assert names_in(home) == {*FILES}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep", "light_weks"], "There is no sweep 'light_weks': it is neither"),
        (["sweep", "light_weks"], "Did you mean 'light_weeks'?"),
        (
            ["sweep", "less_time"],
            "shipped search, not a sweep. Use it with: hipext sea",
        ),
        (["sweep", "guide_16wk"], "'guide_16wk' is a shipped plan, not a sweep."),
        (["sweep", "p.toml"], "this is a plan, not a sweep (it has phase)."),
        (["sweep", "f.toml"], "a search, not a sweep (it has goals). Use it with: hip"),
        (["sweep", "."], "'.' is a folder; name a file in it."),
        (["sweep", "s.toml", "--outcome", "minuts"], "Did you mean 'minutes'?"),
        (["sweep", "s.toml", "--threads", "0"], "'--threads'"),
        (["sweep", "s.toml", "--out", "p.toml"], "p.toml"),
        (["sweep", "s.toml", "--scheduler", "nowhere", "--out", "new"], "'nowhere'"),
        (
            ["sweep", "s.toml", "--out", "search"],
            "'search' holds a search, not a sweep",
        ),
        (["sweep", "s.toml", "--out", "compare-p"], "holds a compare, not a sweep."),
        (["sweep", "i.toml", "--out", "sweep"], "'sweep' holds another sweep: "),
        (
            ["sweep", "s.toml", "--out", "."],
            "'.' is not empty and holds no sweep. Name",
        ),
        (
            ["search", "les_time"],
            "There is no search 'les_time': it is neither a file ",
        ),
        (["search", "les_time"], "shipped searches (less_time). Did you mean 'less_ti"),
        (["search", "s.toml"], "'goals' is missing. Write, for example, goals ="),
        (["search", "p.toml"], "this is a plan, not a search (it has phase)."),
        (
            ["search", "f.toml", "--out", "sweep"],
            "'sweep' holds a sweep, not a search.",
        ),
        (["search", "f.toml", "--out", "p.toml"], "p.toml"),
        (["run", "s.toml"], "this is a sweep, not a plan (it has vary). Use it with: "),
        (["run", "f.toml"], "this is a search, not a plan (it has goals). Use it with"),
        (["run", "light_weeks"], "is a shipped sweep, not a plan. Use it with: hipext"),
        (
            ["sensitivity", "sweep"],
            "of kind saltelli or morris; that of 'sweep' is grid",
        ),
        (["sensitivity", "search"], "'search' holds no sweep, but a search."),
        (["sensitivity", "nowhere"], "There is no folder 'nowhere'."),
        (["sensitivity", "s.toml"], "'s.toml' is a file; name the folder it is in."),
        (["sensitivity", "out/sweep-i", "--outcome", "wek"], "Did you mean 'weeks'?"),
        (["sensitivity", "out/sweep-i", "--level", "95"], "got 95"),
        (["reproduce", "nowhere"], "There is no folder 'nowhere'."),
        (["reproduce", "s.toml"], "'s.toml' is a file; name the folder it is in."),
        (["reproduce", "."], "There is no record.json in '.'. Name a folder that hip"),
        (["reproduce", "sweep", "--engine", "plian"], "Did you mean 'plain'?"),
        (["studies", "light_weks"], "The name of a study must be one of 'light_weeks'"),
        (["studies", "light_weks"], "got 'light_weks'. Did you mean 'light_weeks'?"),
        (["populations", "gim"], "There is no population 'gim'"),
        (["populations", "novice"], "'novice' is a shipped athlete, not a population."),
        (["schema", "sweeps"], "got 'sweeps'. Did you mean 'sweep'?"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_changes_no_file(
    arguments, message, made
):
    folder, _ = made
    before = {name: (folder / name).read_bytes() for name in names_in(folder)}
    assert message in fault(hipext(*arguments, cwd=folder))
    shutil.rmtree(folder / "new", ignore_errors=True)  # a record, without parts
    assert {name: (folder / name).read_bytes() for name in names_in(folder)} == before


def test_sensitivity_draws_and_reports_each_name_the_largest_first(made):
    folder, _ = made
    done = hipext("sensitivity", "out/sweep-i", cwd=folder)
    printed = [line for line in done.stdout.splitlines() if line.startswith("- ")]
    indices = pd.read_csv(folder / "out" / "sweep-i" / "sensitivity-strength_pct.csv")
    ranked = indices.sort_values("total", ascending=False)["knob"].to_list()
    assert [line[2:].partition(":")[0] for line in printed] == ranked
    assert "See out/sweep-i/sensitivity-strength_pct.png." in done.stdout
    assert (folder / "out" / "sweep-i" / "sensitivity-strength_pct.png").is_file()


def test_sensitivity_reports_json_for_a_machine(made):
    folder, _ = made
    done = hipext("sensitivity", "out/sweep-i", "--json", cwd=folder)
    rows = json.loads(done.stdout)
    assert {row["knob"] for row in rows} == {"start_load", "athlete.body_mass_kg"}


def test_search_prints_its_front_and_writes_every_trial(made):
    folder, printed = made
    front = pd.read_csv(folder / "search" / "front.csv")
    trials = pd.read_csv(folder / "search" / "trials.csv")
    assert f"{len(trials)} scenarios tried, {len(trials)} allowed, {len(front)} on" in (
        printed["search"].stdout
    )
    rows = table(printed["search"].stdout, " trial")
    assert [int(row[0]) for row in rows] == front["trial"].to_list()
    names = {"front.csv", "trials.csv", "record.json", "front.png", "front.svg"}
    assert names_in(folder / "search") == names


def test_search_reports_its_front_as_json(home):
    done = hipext(*COMMANDS["search"], "--json", cwd=home)
    front = pd.read_csv(home / "search" / "front.csv")
    printed = json.loads(done.stdout)
    assert [row["trial"] for row in printed] == front["trial"].to_list()


def test_where_nothing_is_allowed_the_nearest_misses_are_reported(home):
    limit = "[limits]\nstrength_pct = { at_least = 900 }\n"
    (home / "f.toml").write_text(SEARCH + limit, encoding="utf-8")
    done = hipext("search", "f.toml", cwd=home)
    assert done.returncode == 0
    assert "scenarios tried, none allowed. The nearest misses:" in done.stdout
    misses = [line for line in done.stdout.splitlines() if line.startswith("- ")]
    assert all(", at least 900." in line for line in misses)
    assert len(misses) == 3


def test_one_goal_has_no_picture_nor_keeps_an_earlier_one(home):
    hipext(*COMMANDS["search"], cwd=home)
    text = SEARCH.replace('minutes = "lowest"\n', "")
    (home / "f.toml").write_text(text, encoding="utf-8")
    done = hipext(*COMMANDS["search"], cwd=home)
    assert "3 files are in search." in done.stdout
    assert "These replace earlier results of other inputs" in done.stdout
    assert names_in(home / "search") == {"front.csv", "trials.csv", "record.json"}
    goal = pd.read_csv(home / "search" / "trials.csv")["strength_pct"]
    front = pd.read_csv(home / "search" / "front.csv")["strength_pct"]
    assert {*front} == {goal.max()}


def test_all_faults_of_a_search_file_are_reported_at_once_and_nothing_is_written(home):
    text = SEARCH.replace("highest", "more").replace("[1, 2, 3]", "[1, 9]")
    text = text.replace("trials = 8", "trials = 1")
    (home / "f.toml").write_text(text, encoding="utf-8")
    printed = fault(hipext("search", "f.toml", cwd=home))
    assert printed.startswith("f.toml has 3 problem(s):\n")
    assert (
        "goals, strength_pct: must be one of 'highest', 'lowest'; got 'more'" in printed
    )
    assert "search, trials: must be at least 2; got 1." in printed
    assert "vary, sessions_a_week: " in printed
    assert names_in(home) == {*FILES}


def edited(made, kind, tmp_path, edit):
    """Return a copy of the results of a command with an edited record."""
    copy = tmp_path / kind
    shutil.copytree(made[0] / FOLDERS[kind], copy)
    record = json.loads((copy / "record.json").read_bytes())
    edit(record)
    (copy / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return copy


def more_gain(record):
    """Edit a constant."""
    record["parameters"]["muscle.gain"] *= 2


def longer_plan(record):
    """Edit a value of the plan."""
    plan = record["plans"][0] if "plans" in record else record["plan"]
    plan["phase"][0]["weeks"] = 6


@pytest.mark.parametrize("kind", KINDS)
def test_results_are_repeated_from_their_record(kind, made, tmp_path):
    copy = edited(made, kind, tmp_path, lambda _: None)
    done = hipext("reproduce", kind, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"identical: {len(hashes(copy))} tables, byte for by")
    printed = json.loads(hipext("reproduce", kind, "--json", cwd=tmp_path).stdout)
    assert (printed["kind"], printed["is_identical"], printed["cause"]) == (
        kind,
        True,
        "",
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("edit", "cause"),
    [(more_gain, "muscle.gain"), (longer_plan, "phase.1.weeks")],
    ids=["parameter", "plan"],
)
def test_an_edit_of_a_record_is_the_cause_that_is_reported(
    kind, edit, cause, made, tmp_path
):
    edited(made, kind, tmp_path, edit)
    done = hipext("reproduce", kind, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("different: ")
    assert cause in done.stdout.partition("cause: ")[2]
    printed = json.loads(hipext("reproduce", kind, "--json", cwd=tmp_path).stdout)
    assert printed["is_equal"] is False
    assert cause in printed["cause"]


@pytest.mark.parametrize(
    ("kind", "name", "column"),
    [
        ("compare", "outcomes.csv", "minutes"),
        ("sweep", "summary.csv", "minutes_mean"),
        ("search", "front.csv", "minutes"),
    ],
)
def test_an_edit_of_a_cell_is_reported_with_its_place(
    kind, name, column, made, tmp_path
):
    copy = edited(made, kind, tmp_path, lambda _: None)
    cells = pd.read_csv(copy / name)
    cells.loc[0, column] += 1
    cells.to_csv(copy / name, index=False)
    done = hipext("reproduce", kind, cwd=tmp_path)
    assert done.returncode == 1
    assert f"cause: table {name} was changed after the run" in done.stdout
    assert column in done.stdout.partition("cause: ")[0]


@pytest.mark.parametrize(
    ("command", "key", "names"),
    [
        ("populations", "population", shipped_names("populations")),
        ("studies", "study", shipped_names("sweeps") + shipped_names("searches")),
    ],
)
def test_what_is_shipped_is_listed_with_what_it_is(command, key, names, tmp_path):
    rows = json.loads(hipext(command, "--json", cwd=tmp_path).stdout)
    assert [row[key] for row in rows] == names
    text = hipext(command, cwd=tmp_path).stdout
    heads = [line.split()[0] for line in text.splitlines() if line[0] != " "]
    assert heads == names
    assert all("nvented" in row["description"] for row in rows)


@pytest.mark.parametrize("name", shipped_names("sweeps") + shipped_names("searches"))
def test_a_study_says_that_it_is_no_advice(name, tmp_path):
    rows = json.loads(hipext("studies", "--json", cwd=tmp_path).stdout)
    printed = {row["study"]: " ".join(row["description"].split()) for row in rows}
    assert "no advice is given." in printed[name]


@pytest.mark.parametrize("name", shipped_names("populations"))
def test_a_copy_of_a_shipped_population_is_the_same_population(name, tmp_path):
    text = hipext("populations", name, cwd=tmp_path).stdout
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert read_population(tmp_path / "mine.toml") == read_population(name)
    printed = json.loads(hipext("populations", name, "--json", cwd=tmp_path).stdout)
    assert printed == read_population(name).model_dump(mode="json")


@pytest.mark.parametrize(
    ("name", "read"),
    [(name, read_sweep_file) for name in shipped_names("sweeps")]
    + [(name, read_search_file) for name in shipped_names("searches")],
)
def test_a_copy_of_a_shipped_study_is_the_same_study(name, read, tmp_path):
    text = hipext("studies", name, cwd=tmp_path).stdout
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert read(tmp_path / "mine.toml") == read(name)
    printed = json.loads(hipext("studies", name, "--json", cwd=tmp_path).stdout)
    assert printed == read(name).model_dump(mode="json")


@pytest.mark.parametrize("kind", ["plan", "athlete", "population", "sweep", "search"])
def test_the_schema_of_each_kind_of_file_is_printed(kind, tmp_path):
    printed = json.loads(hipext("schema", kind, cwd=tmp_path).stdout)
    assert printed["title"] == f"hipext {kind}"


LARGE = HEAD.format(name="Large", persons=512) + (
    'weeks = true\n[vary]\n"phase.a.weeks" = [4, 6, 30]\n'
)
LIMITED = """
import resource, signal, sys
from hipext.cli.commands import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a fault of the file, not the end
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main(sys.argv[2:])
"""


def process(*arguments, cwd):
    """Run Python with arguments."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Return the folder of a sweep whose last part is larger than the others."""
    home = write(tmp_path_factory.mktemp("large"), **{"l.toml": LARGE})
    hipext("sweep", "l.toml", "--out", "l", cwd=home)
    return home


@pytest.mark.slow
def test_a_full_disk_loses_nothing_and_says_how_to_go_on(large, tmp_path):
    write(tmp_path, **{"l.toml": LARGE})
    sizes = [path.stat().st_size for path in sorted((large / "l/weeks").iterdir())]
    limit = (sizes[1] + sizes[2]) // 2
    command = ("sweep", "l.toml", "--out", "l", "--threads", "1")
    printed = fault(process("-c", LIMITED, limit, *command, cwd=tmp_path))
    assert printed == (
        "l/weeks/part-000002.parquet: File too large. Finished parts are kept. "
        "Resume with: hipext sweep l.toml --out l --resume\n"
    )
    parts = {"weeks/part-000000.parquet", "weeks/part-000001.parquet"}
    assert names_in(tmp_path / "l") >= parts
    assert not [name for name in names_in(tmp_path / "l") if name.endswith(".part")]
    kept = {name: (tmp_path / "l" / name).stat().st_mtime_ns for name in parts}
    done = hipext("sweep", "l.toml", "--out", "l", "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "l") == hashes(large / "l")
    assert {name: (tmp_path / "l" / name).stat().st_mtime_ns for name in parts} == kept


@contextmanager
def disk(folder, n_bytes):
    """Mount a small disk on a folder, and take it away in the end."""
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", folder)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def mount(*options):
    """Mount a disk, or mount it otherwise."""
    subprocess.run(["mount", *map(str, options)], check=True)


def can_mount():
    """Return whether this process may mount: root, and in no jail."""
    if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0


if can_mount():  # else the limit above stands for it

    def test_a_sweep_goes_on_when_there_is_room_on_its_disk(large, tmp_path):
        write(tmp_path, **{"l.toml": LARGE})
        parts = sorted((large / "l").glob("*/part-*.parquet"))
        n_bytes = sum(path.stat().st_size for path in parts)
        command = ("sweep", "l.toml", "--out", "l", "--threads", "1")
        with disk(tmp_path / "l", n_bytes):  # no room for record and journal as well
            printed = fault(hipext(*command, cwd=tmp_path))
            assert printed == (
                "l/weeks/part-000002.parquet: No space left on device. Finished parts "
                "are kept. Resume with: hipext sweep l.toml --out l --resume\n"
            )
            mount("-o", "remount,size=8m", tmp_path / "l")
            done = hipext(*command, "--resume", cwd=tmp_path)
            assert done.returncode == 0, done.stderr
            assert hashes(tmp_path / "l") == hashes(large / "l")


LONG = HEAD.format(name="Long", persons=512) + (
    "[vary]\nstart_load = { low = 0.5, high = 1.0, steps = 16 }\n"
)


def test_a_sweep_that_is_stopped_says_how_to_go_on_and_does(tmp_path):
    home = write(tmp_path, **{"my sweep.toml": LONG})
    command = ("sweep", "my sweep.toml", "--threads", "1")
    running = subprocess.Popen(
        [sys.executable, "-m", "hipext", *command],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = home / "out" / "sweep-my sweep" / "done.jsonl"
    # The file is there a moment before its first line.
    while running.poll() is None and not (
        journal.is_file() and journal.read_text("utf-8").strip()
    ):
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    printed = running.communicate()
    assert (running.returncode, printed[0]) == (130, "")
    assert printed[1] == (
        "Stopped. Finished parts are kept. "
        "Resume with: hipext sweep 'my sweep.toml' --resume\n"
    )
    n_done = sum(map(bool, journal.read_text("utf-8").splitlines()))
    assert 1 <= n_done < 16
    repeated = fault(hipext(*command, cwd=home))
    assert f"holds this sweep, unfinished ({counted(n_done, 'part')} done)." in repeated
    for unfinished in ("sensitivity", "reproduce"):
        done = hipext(unfinished, str(journal.parent), cwd=home)
        assert "is not finished. Run hipext sweep with --resume." in fault(done)
    hipext(*command, "--resume", cwd=home)
    hipext(*command, "--out", "whole", cwd=home)
    assert hashes(journal.parent) == hashes(home / "whole")


def test_a_comparison_on_a_full_disk_leaves_what_was_there(home):
    folder = home / "out" / "compare-p"
    hipext(*COMPARE, "--vary", "deload_every=0", cwd=home)
    before = {name: (folder / name).read_bytes() for name in names_in(folder)}
    limit = len(before["record.json"]) + 100  # the figures are larger
    printed = fault(process("-c", LIMITED, limit, *COMPARE, cwd=home))
    assert printed.splitlines()[-1].startswith("out/compare-p/")
    assert printed.endswith(": File too large.\n")
    assert {name: (folder / name).read_bytes() for name in names_in(folder)} == before
