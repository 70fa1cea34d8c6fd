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
INVARIANTS, ENGINE = "test_invariants.py", "test_engine.py"


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
        "engine.py",
        "wake(life, day) and not life.fate[week].is_missed",
        "wake(life, day)",
        f"{INVARIANTS}::rest_week",
    ),
    Break(
        "2 a missed session is followed by a step",
        "engine.py",
        "                note_missed(life, day, occasion)\n",
        "                note_missed(life, day, occasion)\n"
        "                for slot in range(len(life.lines)):\n"
        "                    life.lines[slot].load_kg *= 1.025\n",
        f"{INVARIANTS}::skipped_session",
    ),
    Break(
        "3 one good session makes two steps",
        "_steps.py",
        "load_kg, reason = heavier(rule, load_kg), MORE_LOAD\n",
        "load_kg, reason = heavier(rule, heavier(rule, load_kg)), MORE_LOAD\n",
        f"{INVARIANTS}::one_step",
    ),
    Break(
        "3 a failed slot advances",
        "_judge.py",
        "elif not completed:",
        "elif False:",
        f"{INVARIANTS}::done_as_asked",
    ),
    Break(
        "4 repetitions go beyond the top",
        "_steps.py",
        "            amount = min(amount + rule.add_amount, rule.high)\n"
        "            moved, reason = True, MORE_AMOUNT\n",
        "            amount = amount + rule.add_amount\n"
        "            moved, reason = True, MORE_AMOUNT\n",
        f"{INVARIANTS}::inside_their_range",
    ),
    Break(
        "5 a light load is cut from the light one before",
        "engine.py",
        "    if not is_light:\n        line.done_kg = load_kg\n",
        "    line.done_kg = load_kg\n    if not is_light:\n",
        f"{INVARIANTS}::load_of_a_light",
    ),
    Break(
        "5 light sets stay",
        "_judge.py",
        "    if is_light:\n        pass\n",
        "    if is_light:\n        will = was._replace(n_sets=was.n_sets + 1)\n",
        f"{INVARIANTS}::sets_of_a_light",
    ),
    Break(
        "5 light weeks for pain follow each other",
        "_gates.py",
        "elif pain > above and since_light > apart:",
        "elif pain > above:",
        f"{INVARIANTS}::keeps_its_distance",
    ),
    Break(
        "6 a harder exercise starts from the 1RM of the one before",
        "_judge.py",
        "    return (asked.first_fraction * life.known_kg[e]",
        "    return (asked.first_fraction * life.known_kg[asked.exercise[0]]",
        f"{INVARIANTS}::own_maximum",
    ),
    Break(
        "6 a light session of a new exercise goes by the load of the old one",
        "_judge.py",
        "        line.done_kg = nan",
        "        line.done_kg *= 1.0",
        f"{INVARIANTS}::own_maximum",
    ),
    Break(
        "7 warm-up sets are work",
        "engine.py",
        "if life.slots[slot].kind == WORK:",
        "if life.slots[slot].kind in (WORK, WARM_UP):",
        f"{INVARIANTS}::warm_ups or no_work",
    ),
    Break(
        "8 a pound is another mass",
        "_units.py",
        '"0.45359237"',
        '"0.4536"',
        f"{INVARIANTS}::kg_or_lb",
    ),
    Break(
        "9 a run has a memory of the one before",
        "random.py",
        "    a, b, c, d = philox(person, day, channel, 0, seed & _WORD, seed >> 32)\n",
        "    _USED.append(1)\n"
        "    a, b, c, d = philox(person, day, channel, len(_USED), seed & _WORD, 0)\n",
        f"{INVARIANTS}::same_bytes",
    ),
    Break(
        "9 another process has other numbers",
        "_program.py",
        "256 + (crc32(channel.encode()) >> 1)",
        "256 + (hash(channel) % 2**31)",
        f"{INVARIANTS}::another_process",
    ),
    Break(
        "10 a note changes the random numbers",
        "_program.py",
        'f"{session}/{slot.exercise}/{nth}"',
        'f"{session}/{slot.exercise}/{nth}/{slot.note}"',
        f"{INVARIANTS}::changes_nothing_changes",
    ),
    Break(
        "10 a light week is felt the week before",
        "_gates.py",
        "life.calendar[book.position].is_light",
        "life.calendar[min(book.position + 1, life.plan.horizon - 1)].is_light",
        f"{INVARIANTS}::changes_nothing_before",
    ),
    Break(
        "11 everyone is as strong as the first",
        "_run.py",
        "strengths=people.strengths[who]",
        "strengths=people.strengths[0]",
        f"{INVARIANTS}::single_runs",
    ),
    Break(
        "12 the length of the plan changes the random numbers",
        "_run.py",
        "        seed=seed,\n        person=person,\n        is_noisy",
        '        seed=seed + int(program.plan["horizon"]),\n'
        "        person=person,\n        is_noisy",
        f"{INVARIANTS}::weeks_appended",
    ),
    Break(
        "13 a person is changed on the way",
        "_run.py",
        "    log = _full_log(setting.program)\n",
        "    log = _full_log(setting.program)\n"
        '    setting.people.persons["technique"] *= 0.99\n',
        f"{INVARIANTS}::stay_as_they_were",
    ),
    Break(
        "14 pain makes a slot advance",
        "_judge.py",
        "elif pain > model.rule_pain_hold:",
        "elif pain < model.rule_pain_hold:",
        f"{INVARIANTS}::more_pain",
    ),
    Break(
        "14 pain opens a gate",
        "_gates.py",
        "is_painful = pain > gate.gate_pain",
        "is_painful = pain < gate.gate_pain",
        f"{INVARIANTS}::more_pain",
    ),
    Break(
        "15 both sides are as strong as the left one",
        "engine.py",
        "strength = left if hand == LEFT else right",
        "strength = left",
        f"{INVARIANTS}::swapping_the_sides",
    ),
    Break(
        "16 pain goes beyond ten",
        "engine.py",
        "body.pain = min(hurt + model.pain_per_irritation * body.irritation, 10.0)",
        "body.pain = hurt + model.pain_per_irritation * body.irritation",
        f"{INVARIANTS}::states_are_finite",
    ),
    Break(
        "16 a rating goes beyond one",
        "engine.py",
        "rated = min(max(shown + model.technique_rater_sd * of_technique, 0.0), 1.0)",
        "rated = shown + model.technique_rater_sd * of_technique",
        f"{INVARIANTS}::demands_are_finite",
    ),
    Break(
        "term: fatigue",
        "_body.py",
        "(muscle.fatigue + tired) * keep.fatigue",
        "muscle.fatigue * keep.fatigue",
        f"{ENGINE}::banisters_model or fatigue_fades",
    ),
    Break(
        "term: adaptation fades",
        "_body.py",
        "(muscle.fit + grown) * keep.muscle",
        "muscle.fit + grown",
        f"{ENGINE}::two_weeks_of_rest",
    ),
    Break(
        "term: room below the ceiling",
        "_body.py",
        "grown = model.muscle_gain * gain * counted * room",
        "grown = model.muscle_gain * gain * counted",
        f"{ENGINE}::crowd_those or ceiling",
    ),
    Break(
        "term: further sets count less",
        "_body.py",
        "return (1.0 + crowding) * dose / (before * after)",
        "return dose",
        f"{ENGINE}::each_further_set",
    ),
    Break(
        "term: familiarity",
        "_body.py",
        "lift.familiar = model.familiarity_size * new",
        "lift.familiar = 0.0 * new",
        f"{ENGINE}::becomes_familiar",
    ),
    Break(
        "term: soreness",
        "_body.py",
        "body.coming += model.soreness_gain * body.strange\n",
        "body.coming += 0.0\n",
        f"{ENGINE}::soreness_comes",
    ),
    Break(
        "term: what is new makes sorer",
        "engine.py",
        "(model.soreness_usual + lift.novelty)",
        "model.soreness_usual",
        f"{ENGINE}::soreness_comes or less_sore",
    ),
    Break(
        "term: stiffness",
        "_body.py",
        "stiffer = body.stiffness + model.stiffness_gain * body.hard",
        "stiffer = body.stiffness",
        f"{ENGINE}::stiffen",
    ),
    Break(
        "term: mobility frees",
        "_body.py",
        "stiffer * keep.stiffness / freed",
        "stiffer * keep.stiffness",
        f"{ENGINE}::frees",
    ),
    Break(
        "term: range grows",
        "_body.py",
        "body.range_deg[side] + model.range_gain * body.mobility[side] * room",
        "body.range_deg[side]",
        f"{ENGINE}::range_grows",
    ),
    Break(
        "term: stability grows",
        "_body.py",
        "    steady += model.stability_gain * body.steadied * (1.0 - steady)\n",
        "",
        f"{ENGINE}::becomes_steady",
    ),
    Break(
        "term: stability relieves the back",
        "_body.py",
        "body.lumbar * (1.0 - model.lumbar_stability_relief * body.stability)",
        "body.lumbar",
        f"{ENGINE}::steady_pelvis_relieves",
    ),
    Break(
        "term: irritation",
        "_body.py",
        "(body.irritation + over) * keep.irritation",
        "body.irritation * keep.irritation",
        f"{ENGINE}::irritates",
    ),
    Break(
        "term: flare-ups fade",
        "_body.py",
        "    body.flare *= keep.flare\n",
        "",
        f"{ENGINE}::flare_up",
    ),
    Break(
        "term: tolerance adapts",
        "_body.py",
        "(body.tolerance + more - start) * keep.tolerance",
        "(body.tolerance - start) * keep.tolerance",
        f"{ENGINE}::tolerance_adapts",
    ),
    Break(
        "term: technique is learned",
        "_body.py",
        "body.technique[pattern] = skill + learned",
        "body.technique[pattern] = skill",
        f"{ENGINE}::learned or others or spoils",
    ),
    Break(
        "term: poor technique loads the back",
        "engine.py",
        "clumsy = 1.0 + model.lumbar_technique_penalty * (1.0 - shown)",
        "clumsy = 1.0",
        f"{ENGINE}::poor_technique",
    ),
    Break(
        "term: effort costs technique",
        "engine.py",
        "shown = skill - model.technique_effort_loss * near",
        "shown = skill",
        f"{ENGINE}::near_failure",
    ),
    Break(
        "term: earlier sets cost strength",
        "engine.py",
        "drop = model.effort_drop_per_set * asked.rest_factor",
        "drop = 0.0",
        f"{ENGINE}::third_of_a_point or root_of_the_rest",
    ),
    Break(
        "term: a cold start costs strength",
        "engine.py",
        "cold = 1.0 - model.warm_up_loss * (1.0 - body.warmth)",
        "cold = 1.0",
        f"{ENGINE}::slow_hasty_and_cold",
    ),
    Break(
        "term: slow repetitions cost repetitions",
        "engine.py",
        "possible = slow * reps_at(",
        "possible = reps_at(",
        f"{ENGINE}::slow",
    ),
    Break(
        "term: failure costs more",
        "engine.py",
        "effort * (1.0 + model.dose_failure_cost) if failed else effort",
        "effort",
        f"{ENGINE}::tires_more",
    ),
    Break(
        "a rule reads the body",
        "_judge.py",
        "    elif soreness > model.rule_soreness_hold:",
        "    elif life.body.soreness > model.rule_soreness_hold:",
        f"{ENGINE}::nobody_sees or same_observations",
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
            [*command, "-p", "no:cacheprovider", f"tests/{file}"],
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
