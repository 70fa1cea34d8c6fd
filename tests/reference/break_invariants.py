"""Break one mechanism at a time and see whether its test notices.

Run from the root of the project: ``python tests/reference/break_invariants.py``, with
words that rows must contain to run these only. It copies the package, its data and the
tests to a folder of its own, changes one text there, runs the test that watches over
it, and prints a table. A row that is not ``noticed`` is a test that cannot fail.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ONE_IS_ENOUGH = """
from hypothesis import Phase
settings.register_profile("first", settings.default, phases=[Phase.generate])
settings.load_profile("first")
"""
INVARIANTS, SESSION = "test_invariants.py", "test_session.py"
DECISIONS = "test_decisions.py"


class Break(NamedTuple):
    """A change of the source, and the tests that must notice."""

    what: str
    module: str
    text: str
    instead: str
    tests: str  # file::part of a name


BREAKS = (
    Break(
        "1 a rest week is trained through",
        "engine/day.py",
        "z_attendance <= athlete.attendance_z_max and not is_missed",
        "z_attendance <= athlete.attendance_z_max",
        f"{INVARIANTS}::rest_week",
    ),
    Break(
        "2 a missed session is followed by a step",
        "engine/day.py",
        "                log_missed_session(run, occasion)\n",
        "                log_missed_session(run, occasion)\n"
        "                for slot in range(len(run.slot_states)):\n"
        "                    run.slot_states[slot].load_kg *= 1.025\n",
        f"{DECISIONS}::missed_session_holds",
    ),
    Break(
        "3 one good session makes two steps",
        "engine/progression.py",
        "            load_kg = increased_load(slot, load_kg)\n",
        "            load_kg = increased_load(slot, increased_load(slot, load_kg))\n",
        f"{INVARIANTS}::one_step",
    ),
    Break(
        "3 a failed slot advances",
        "engine/decisions.py",
        "elif not completed:",
        "elif False:",
        f"{INVARIANTS}::done_as_asked",
    ),
    Break(
        "4 repetitions go beyond the top",
        "engine/progression.py",
        "min(reps_or_s + slot.add_reps_or_s, slot.high)",
        "reps_or_s + slot.add_reps_or_s",
        f"{INVARIANTS}::inside_their_range",
    ),
    Break(
        "5 a light load is cut from the light one before",
        "engine/session.py",
        "    if not is_reduced:\n        slot_state.done_kg = load_kg\n",
        "    slot_state.done_kg = load_kg\n    if not is_reduced:\n",
        f"{INVARIANTS}::load_of_a_light",
    ),
    Break(
        "5 light sets stay",
        "engine/decisions.py",
        "    if is_reduced:\n        pass\n",
        "    if is_reduced:\n"
        "        after = before._replace(n_sets=before.n_sets + 1)\n",
        f"{INVARIANTS}::sets_of_a_light",
    ),
    Break(
        "5 light weeks for pain follow each other",
        "engine/decisions.py",
        "elif pain > pain_limit and weeks_since_deload > apart:",
        "elif pain > pain_limit:",
        f"{INVARIANTS}::keeps_its_distance",
    ),
    Break(
        "6 a harder exercise starts from the 1RM of the one before",
        "engine/decisions.py",
        "slot.first_fraction * run.e1rm_kg[index]",
        "slot.first_fraction * run.e1rm_kg[slot.exercise[0]]",
        f"{INVARIANTS}::own_maximum",
    ),
    Break(
        "6 a light session of a new exercise goes by the load of the old one",
        "engine/decisions.py",
        "        slot_state.done_kg = nan",
        "        slot_state.done_kg *= 1.0",
        f"{INVARIANTS}::own_maximum",
    ),
    Break(
        "7 warm-up sets are work",
        "engine/session.py",
        "if run.slots[slot].kind == state.WORK:",
        "if run.slots[slot].kind in (state.WORK, state.WARM_UP):",
        f"{INVARIANTS}::warm_ups or no_work",
    ),
    Break(
        "8 a pound is another mass",
        "files/schema.py",
        '"0.45359237"',
        '"0.4536"',
        f"{INVARIANTS}::kg_or_lb",
    ),
    Break(
        "9 a run has a memory of the one before",
        "engine/random.py",
        "    a, b, c, d = philox(athlete, day, channel, 0, seed & _WORD, seed >> 32)\n",
        "    _USED.append(1)\n"
        "    a, b, c, d = philox(athlete, day, channel, len(_USED), seed & _WORD, 0)\n",
        f"{INVARIANTS}::same_bytes",
    ),
    Break(
        "9 another process has other numbers",
        "simulation/arrays.py",
        "crc32(text.encode()) >> 1",
        "hash(text) % 2**31",
        f"{INVARIANTS}::another_process",
    ),
    Break(
        "10 a note changes the random numbers",
        "simulation/arrays.py",
        'f"{session}/{slot.exercise}/{before.count(slot.exercise)}"',
        'f"{session}/{slot.exercise}/{before.count(slot.exercise)}/{slot.note}"',
        f"{INVARIANTS}::changes_nothing_changes",
    ),
    Break(
        "10 a light week is felt the week before",
        "engine/decisions.py",
        "run.calendar[observed.plan_week].is_deload",
        "run.calendar[min(observed.plan_week + 1, run.plan.horizon - 1)].is_deload",
        f"{INVARIANTS}::changes_nothing_before",
    ),
    Break(
        "11 everyone is as strong as the first",
        "simulation/run.py",
        "strengths=setting.athletes.strengths[row]",
        "strengths=setting.athletes.strengths[0]",
        f"{INVARIANTS}::single_runs",
    ),
    Break(
        "12 the length of the plan changes the random numbers",
        "simulation/run.py",
        "        seed=seed,\n        athlete_number=number,\n",
        "        seed=seed + setting.plan.horizon,\n        athlete_number=number,\n",
        f"{INVARIANTS}::weeks_appended",
    ),
    Break(
        "13 a person is changed on the way",
        "simulation/run.py",
        "    log = _log(setting, weeks, is_kept=True)\n",
        "    log = _log(setting, weeks, is_kept=True)\n"
        '    setting.athletes.records["technique"] *= 0.99\n',
        f"{INVARIANTS}::stay_as_they_were",
    ),
    Break(
        "14 pain makes a slot advance",
        "engine/decisions.py",
        "elif pain > model.rule_pain_hold:",
        "elif pain < model.rule_pain_hold:",
        f"{INVARIANTS}::more_pain",
    ),
    Break(
        "14 pain opens a gate",
        "engine/decisions.py",
        "if pain > gate.gate_pain:",
        "if pain < gate.gate_pain:",
        f"{INVARIANTS}::more_pain",
    ),
    Break(
        "15 both sides are as strong as the left one",
        "engine/session.py",
        "strength = left if side == LEFT else right",
        "strength = left",
        f"{INVARIANTS}::swapping_the_sides",
    ),
    Break(
        "16 pain goes beyond ten",
        "engine/day.py",
        "min(persistent + model.pain_per_irritation * body.irritation, 10.0)",
        "persistent + model.pain_per_irritation * body.irritation",
        f"{INVARIANTS}::states_are_finite",
    ),
    Break(
        "16 a rating goes beyond one",
        "engine/session.py",
        "rated = min(max(shown + model.technique_rater_sd * z_technique, 0.0), 1.0)",
        "rated = shown + model.technique_rater_sd * z_technique",
        f"{INVARIANTS}::demands_are_finite",
    ),
    Break(
        "term: fatigue",
        "engine/body.py",
        "(muscle.fatigue + fatigue_gain) * run.body.fatigue_decay",
        "muscle.fatigue * run.body.fatigue_decay",
        f"{SESSION}::banisters_model or fatigue_fades",
    ),
    Break(
        "term: adaptation fades",
        "engine/body.py",
        "(muscle.adaptation + adaptation_gain) * decay.muscle",
        "muscle.adaptation + adaptation_gain",
        f"{SESSION}::two_weeks_of_rest",
    ),
    Break(
        "term: room below the ceiling",
        "engine/body.py",
        "room = max(1.0 - share, 0.0)",
        "room = 1.0",
        f"{SESSION}::crowd_those or ceiling",
    ),
    Break(
        "term: further sets count less",
        "engine/body.py",
        "return (1.0 + crowding) * dose / (before * after)",
        "return dose",
        f"{SESSION}::each_further_set",
    ),
    Break(
        "term: familiarity",
        "engine/body.py",
        "most = model.familiarity_size * (1.0",
        "most = 0.0 * (1.0",
        f"{SESSION}::becomes_familiar",
    ),
    Break(
        "term: soreness",
        "engine/body.py",
        "body.pending_soreness += model.soreness_gain * body.soreness_dose\n",
        "body.pending_soreness += 0.0\n",
        f"{SESSION}::soreness_comes",
    ),
    Break(
        "term: what is new makes sorer",
        "engine/session.py",
        "(model.soreness_usual + lift.novelty)",
        "model.soreness_usual",
        f"{SESSION}::soreness_comes or less_sore",
    ),
    Break(
        "term: stiffness",
        "engine/body.py",
        "stiffness = body.stiffness + model.stiffness_gain * body.hard_sets",
        "stiffness = body.stiffness",
        f"{SESSION}::stiffen",
    ),
    Break(
        "term: mobility frees",
        "engine/body.py",
        "stiffness * decay.stiffness / relief",
        "stiffness * decay.stiffness",
        f"{SESSION}::frees",
    ),
    Break(
        "term: range grows",
        "engine/body.py",
        "body.range_deg[side] + model.range_gain * body.mobility[side] * room",
        "body.range_deg[side]",
        f"{SESSION}::range_grows",
    ),
    Break(
        "term: stability grows",
        "engine/body.py",
        "model.stability_gain * body.stability_dose * (1.0 - stability)",
        "0.0",
        f"{SESSION}::becomes_steady",
    ),
    Break(
        "term: stability relieves the back",
        "engine/body.py",
        "body.lumbar * (1.0 - model.lumbar_stability_relief * body.stability)",
        "body.lumbar",
        f"{SESSION}::steady_pelvis_relieves",
    ),
    Break(
        "term: irritation",
        "engine/body.py",
        "(body.irritation + excess) * decay.irritation",
        "body.irritation * decay.irritation",
        f"{SESSION}::irritates",
    ),
    Break(
        "term: flare-ups fade",
        "engine/body.py",
        "    body.flare *= decay.flare\n",
        "",
        f"{SESSION}::flare_up",
    ),
    Break(
        "term: tolerance adapts",
        "engine/body.py",
        "(body.tolerance + raised - start) * decay.tolerance",
        "(body.tolerance - start) * decay.tolerance",
        f"{SESSION}::tolerance_adapts",
    ),
    Break(
        "term: technique is learned",
        "engine/body.py",
        "technique + model.technique_gain * practice * room",
        "technique",
        f"{SESSION}::learned or others or spoils",
    ),
    Break(
        "term: poor technique loads the back",
        "engine/session.py",
        "penalty = 1.0 + model.lumbar_technique_penalty * (1.0 - shown)",
        "penalty = 1.0",
        f"{SESSION}::poor_technique",
    ),
    Break(
        "term: effort costs technique",
        "engine/session.py",
        "shown = skill - model.technique_effort_loss * nearness",
        "shown = skill",
        f"{SESSION}::near_failure",
    ),
    Break(
        "term: earlier sets cost strength",
        "engine/session.py",
        "drop = model.effort_drop_per_set * slot.rest_factor",
        "drop = 0.0",
        f"{SESSION}::third_of_a_point or root_of_the_rest",
    ),
    Break(
        "term: a cold start costs strength",
        "engine/session.py",
        "cold = 1.0 - model.warm_up_loss * (1.0 - body.warmth)",
        "cold = 1.0",
        f"{SESSION}::slow_hasty_and_cold",
    ),
    Break(
        "term: slow repetitions cost repetitions",
        "engine/session.py",
        "possible = slow * possible",
        "possible = 1.0 * possible",
        f"{SESSION}::slow",
    ),
    Break(
        "term: failure costs more",
        "engine/session.py",
        "effort * (1.0 + model.dose_failure_cost) if failed else effort",
        "effort",
        f"{SESSION}::tires_more",
    ),
    Break(
        "a rule reads the body",
        "engine/decisions.py",
        "    elif soreness > model.rule_soreness_hold:",
        "    elif run.body.soreness > model.rule_soreness_hold:",
        f"{SESSION}::nobody_sees or same_observations",
    ),
)


def outcome(one: Break) -> str:
    """Return what the tests of a break say about it."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        for part in ("hipext", "data", "tests"):
            shutil.copytree(
                ROOT / part, there / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        for file in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / file, there)
        with (there / "tests" / "conftest.py").open("a") as settings:
            settings.write(ONE_IS_ENOUGH)
        source = there / "hipext" / one.module
        text = source.read_text()
        if text.count(one.text) != 1:
            return f"the text is there {text.count(one.text)} times"
        text = text.replace(one.text, one.instead)
        source.write_text(text.replace("_ROUNDS = 10\n", "_ROUNDS = 10\n_USED = []\n"))
        file, _, names = one.tests.partition("::")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", names]
        run = subprocess.run(
            [*command, "-p", "no:cacheprovider", f"tests/engine/{file}"],
            cwd=there,
            env=os.environ | {"PYTHONPATH": folder},
            capture_output=True,
            text=True,
        )
    last = run.stdout.strip().splitlines()[-1] if run.stdout.strip() else run.stderr
    is_noticed = run.returncode == 1 and "failed" in last
    return "noticed" if is_noticed else f"NOT NOTICED ({last[:60]})"


def main() -> None:
    """Print what became of every break."""
    wanted = sys.argv[1:]
    for one in BREAKS:
        if all(word in f"{one.what} {one.tests}" for word in wanted):
            start = perf_counter()
            found = outcome(one)
            print(f"{one.what:70} {found} {perf_counter() - start:4.0f} s", flush=True)


if __name__ == "__main__":
    main()
