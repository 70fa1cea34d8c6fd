from pathlib import Path
from runpy import run_path

import pytest

FREEZE = run_path(str(Path(__file__).parents[1] / "reference" / "freeze.py"))
MEANT = (
    "a shipped number changed: if meant, regenerate with "
    "`python tests/reference/freeze.py` and name it under 'Changed results' in "
    "CHANGELOG.md"
)


def test_no_shipped_number_has_changed_unnoticed():
    found = FREEZE["differences"](
        FREEZE["frozen_numbers"](), FREEZE["shipped_numbers"]()
    )
    assert not found, "\n".join([f"{MEANT}:", *found])


@pytest.mark.parametrize(
    "path",
    [
        "exercises.toml: exercise[romanian_deadlift].body_mass_share",
        "parameters.toml: parameter[banister.fitness_tau].value",
        "athletes/novice.toml: hip_extension_deg.left",
        "plans/guide_16wk.toml: deload.load_fraction",
        "plans/guide_16wk.toml: "
        "phase[moderate].session[A].slot[barbell_hip_thrust].progress.pct[1]",
        "plans/tagliaferri_26wk.toml: phase[slow].session[A].slot[leg_press].tempo",
    ],
)
def test_numbers_of_every_kind_of_file_are_frozen(path):
    assert path in FREEZE["frozen_numbers"]()


def test_change_removal_and_addition_are_each_reported():
    assert FREEZE["differences"]({"a": "1", "b": "2"}, {"a": "3", "c": "4"}) == [
        "changed: a: 1 -> 3",
        "removed: b: 2",
        "added: c: 4",
    ]


def test_numbers_in_notation_and_prose_count_but_ids_do_not():
    slot = {
        "exercise": "hip_90_90",
        "sets": "3x8 @RIR2",
        "note": "Stop at 20 degrees or 1.5 s",
        "sources": ["E01-001"],
        "is_on": True,
        "rest_s": 60.0,
    }
    found = FREEZE["numbers_in"]({"slot": [slot, slot]})
    assert list(found)[:4] == [
        ("slot[hip_90_90].sets", "3x8 @RIR2"),
        ("slot[hip_90_90].note", "20 1.5"),
        ("slot[hip_90_90].rest_s", "60"),
        ("slot[hip_90_90 #2].sets", "3x8 @RIR2"),
    ]
