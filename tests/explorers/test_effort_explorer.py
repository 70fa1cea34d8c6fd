"""The effort explorer against the day loop, the relations and hand counts."""

import io
from itertools import combinations, product

import numpy as np
import pytest
from PIL import Image

from hipext import simulate
from hipext.athletes.athlete import check_athlete
from hipext.explorers.effort_explorer import PrescribedSets, curve_of, performed_sets
from hipext.explorers.widgets import explore_effort
from hipext.files.parameters import parameter, parameters_changed
from hipext.intensity.relations import RELATIONS, reps_at, rir_at
from hipext.plans.notation import seconds_per_rep
from hipext.plans.plan_file import check_plan

ATHLETE = {  # free of pain and skilled, so that only the sets cause fatigue
    "format": 1,
    "name": "Test athlete",
    "body_mass_kg": 80,
    "training_status": "trained",
    "activity": "running",
    "other_sessions_per_week": 0,
    "one_rm_kg": {"romanian_deadlift": 100},
    "hip_extension_deg": {"left": 10, "right": 10},
    "single_leg_bridge_reps": {"left": 20, "right": 20},
    "biering_sorensen_s": 120,
    "technique": 0.97,
    "pain_nprs": 0,
    "recovery": {"sleep_h": 7.5, "nutrition": 0.75, "hydration": 0.75, "stress": 0.35},
}
WARM_UP = [{"exercise": "cat_camel", "sets": "1x8", "kind": "warm_up"}] * 3
USUAL_S = 5.0  # 3-1-1-0
START = {
    "pct_1rm": 75.0,
    "reps": 8,
    "n_sets": 3,
    "rest_s": 120.0,
    "seconds": USUAL_S,
    "usual_seconds": USUAL_S,
    "relation": "epley",
}


@pytest.fixture(scope="module")
def explorer():
    return explore_effort()


@pytest.fixture(autouse=True)
def start_anew(explorer):
    explorer.reset()


def done(**changes):
    return performed_sets(PrescribedSets(**START | changes))


def simulated(pct_1rm, reps, n_sets, rest_s, tempo):
    """Return the working sets of the first session of a plan with this one slot."""
    slot = {
        "exercise": "romanian_deadlift",
        "sets": f"{n_sets}x{reps} @{pct_1rm:g}%",
        "rest_s": rest_s,
        "tempo": tempo,
    }
    session = {"name": "A", "days": ["mon"], "slot": [*WARM_UP, slot]}
    phase = {"name": "only", "weeks": 1, "session": [session]}
    plan = check_plan({"format": 1, "name": "Test", "phase": [phase]}, source="test")
    sets = simulate(plan, check_athlete(ATHLETE, source="test"), noise=False).sets
    return sets[sets["kind"] == "work"]


@pytest.mark.parametrize("tempo", ["3-1-1-0", "2-0-1-0", "6-2-2-0"])
@pytest.mark.parametrize("rest_s", [30, 120, 300])
@pytest.mark.parametrize(
    ("pct_1rm", "reps", "n_sets"),
    [(75, 8, 3), (60, 12, 6), (85, 8, 6), (80, 10, 4), (95, 3, 5), (100, 1, 2)],
)
def test_sets_are_those_of_the_day_loop(pct_1rm, reps, n_sets, rest_s, tempo):
    sets = simulated(pct_1rm, reps, n_sets, rest_s, tempo)
    own = done(
        pct_1rm=float(pct_1rm),
        reps=reps,
        n_sets=n_sets,
        rest_s=float(rest_s),
        seconds=float(seconds_per_rep(tempo)),
    )
    assert sets["load_kg"].tolist() == [pct_1rm] * n_sets
    assert sets["reps"].tolist() == own.done.tolist()
    np.testing.assert_allclose(sets["rir"], np.minimum(own.reserve, 10), atol=1e-6)
    np.testing.assert_allclose(sets["tut_s"], own.tut_s)


@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_the_first_set_goes_by_the_chosen_relation(explorer, relation):
    explorer.restore({"relation": relation, "pct_1rm": 82.5, "reps": 3})
    assert explorer.shown.reserve[0] == rir_at(82.5, 3, relation=relation)


def test_a_second_set_by_hand():
    """75 % by Epley: 10 possible, 2 left, so 0.009 x 6 / (6 + 2) is taken."""
    taken = parameter("effort.drop_per_set") * 6 / (6 + 2)
    wanted = 30 * ((1 - taken) / 0.75 - 1)
    assert done().possible[:2] == pytest.approx([10, wanted])


@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_sets_get_no_easier_by_any_relation(relation):
    possible = done(relation=relation, pct_1rm=80.0, n_sets=6, rest_s=30.0).possible
    assert (np.diff(possible) < 0).all()


def test_a_quarter_of_the_rest_takes_twice_as_much():
    full, short = (done(rest_s=rest_s).possible for rest_s in (120.0, 30.0))
    assert short[0] - short[1] == pytest.approx(2 * (full[0] - full[1]))


def test_twice_the_seconds_leave_the_fifth_root_of_a_half():
    slow = done(seconds=2 * USUAL_S).possible[0]
    assert slow == pytest.approx(10 * 0.5 ** parameter("effort.tempo_power"))
    assert done(seconds=USUAL_S / 2).possible[0] == done().possible[0]


def test_a_set_that_fails_does_the_whole_repetitions_that_are_possible():
    """85 % by Epley: 5.3 possible, and 4.98 after a set to failure."""
    failing, left = done(pct_1rm=85.0, n_sets=2), 1 - parameter("effort.drop_per_set")
    wanted = [30 * (1 / 0.85 - 1), 30 * (left / 0.85 - 1)]
    assert failing.possible == pytest.approx(wanted)
    assert failing.done.tolist() == [5, 4]
    assert failing.missed.tolist() == [3, 4]
    assert failing.reserve.tolist() == [0, 0]
    assert failing.tut_s.tolist() == [25, 20]


def test_after_a_maximum_nothing_is_possible():
    assert done(pct_1rm=100.0, reps=1, relation="brzycki").done.tolist() == [1, 0, 0]


def test_constants_that_are_changed_are_used():
    with parameters_changed({"effort.drop_per_set": 0.0}):
        assert done().possible.tolist() == [done().possible[0]] * 3


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("pct_1rm", 77.77),
        ("reps", 11),
        ("n_sets", 5),
        ("rest_s", 31.5),
        ("seconds", 7.25),
        ("relation", "wathan"),
    ],
)
def test_every_control_changes_picture_and_words_and_reset_undoes_it(
    explorer, knob, value
):
    picture, words = explorer.image.value, explorer.words.value
    explorer.knobs[knob].value = value
    assert explorer.image.value != picture
    assert explorer.words.value != words
    explorer.reset()
    assert (explorer.image.value, explorer.words.value) == (picture, words)


def test_ends_of_all_controls_give_finite_numbers_or_say_why_not(explorer):
    ends = {
        name: (one.low, one.high)
        for name, one in explorer.controls.items()
        if name != "relation"
    }
    for relation, values in product(RELATIONS, product(*ends.values())):
        settings = dict(zip(ends, values, strict=True)) | {"relation": relation}
        one, pct = RELATIONS[relation], settings["pct_1rm"]
        if one.lowest_pct <= pct <= one.highest_pct:
            shown = explorer.definition.evaluate(settings)
            numbers = (shown.possible, shown.done, shown.reserve, shown.tut_s)
            assert np.isfinite(numbers).all()
            assert (np.array(numbers) >= 0).all()
        else:
            with pytest.raises(ValueError, match=f"the range of {relation}; got"):
                explorer.definition.evaluate(settings)


@pytest.mark.parametrize("seconds", [1.0, 12.0])
@pytest.mark.parametrize("rest_s", [30.0, 300.0])
@pytest.mark.parametrize("n_sets", [1, 6])
@pytest.mark.parametrize("reps", [1, 20])
@pytest.mark.parametrize(("pct_1rm", "relation"), [(50.0, "epley"), (100.0, "linear")])
def test_extremes_are_drawn(explorer, pct_1rm, relation, reps, n_sets, rest_s, seconds):
    explorer.restore(
        {
            "pct_1rm": pct_1rm,
            "relation": relation,
            "reps": reps,
            "n_sets": n_sets,
            "rest_s": rest_s,
            "seconds": seconds,
        }
    )
    assert Image.open(io.BytesIO(explorer.image.value)).size == (900, 600)
    assert explorer.words.value.startswith("By ")
    figure = explorer.drawing.figure
    panel, tut = figure.axes[1:]
    assert (
        panel.get_ylim()[1]
        >= (explorer.shown.prescribed.reps + explorer.shown.reserve)[0]
    )
    assert tut.get_ylim()[1] >= explorer.shown.tut_s.max()
    assert_apart([text for text in explorer.drawing.efforts if text.get_text()], figure)


def assert_apart(texts, figure):
    """Check that texts overlap neither each other nor the edge of a figure."""
    boxes = [text.get_window_extent(figure.canvas.get_renderer()) for text in texts]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(box.x0 > 0 and box.x1 < 900 and box.y1 < 600 for box in boxes)


def test_a_load_outside_the_range_of_the_relation_keeps_the_picture(explorer):
    picture = explorer.image.value
    explorer.knobs["pct_1rm"].value = 45.0
    text = "pct_1rm must be 50.0 to 100, the range of epley; got 45."
    assert text in explorer.words.value
    assert explorer.image.value == picture


def test_the_words_say_what_the_relations_say(explorer):
    others = [reps_at(75.0, relation=name) for name in RELATIONS if name != "epley"]
    words = explorer.words.value
    assert "By Epley, 75 % of the 1RM allows 10.0 repetitions to failure" in words
    assert f"({min(others):.1f} to {max(others):.1f} by the 8 others" in words
    assert "Set 1 leaves 2.0 in reserve (RPE 8.0), set 3 leaves 1.5" in words
    assert "No set fails. Time under tension: 120 s." in words


def test_only_relations_that_hold_for_a_load_are_described(explorer):
    explorer.knobs["pct_1rm"].value = 52.0
    holding = [name for name, one in RELATIONS.items() if one.lowest_pct <= 52]
    assert len(holding) == 5  # Epley, modified Epley and the three straight lines
    assert "by the 4 others that hold for this load" in explorer.words.value


def test_the_words_count_failures(explorer):
    explorer.restore({"pct_1rm": 85.0, "n_sets": 2})
    words = explorer.words.value
    assert "Set 1 fails after 5 repetitions, set 2 fails after 4 repetitions." in words
    assert "2 sets of 2 failed: 7 repetitions missing." in words


def test_effort_has_no_rating_with_more_than_ten_left(explorer):
    explorer.restore({"pct_1rm": 50.0, "reps": 5, "n_sets": 1})
    table = explorer.definition.table(explorer.shown)
    assert table["rir"].tolist() == pytest.approx([25])
    assert table["rpe"].isna().all()
    assert "RPE" not in explorer.words.value
    assert explorer.drawing.efforts[0].get_text() == "over 10 left"


def test_bars_stand_for_done_left_and_missed(explorer):
    heights = {
        name: [path.vertices[:, 1].max() for path in bars.get_paths()]
        for name, bars in explorer.drawing.bars.items()
    }
    assert heights["done"] == [8, 8, 8]
    assert heights["in reserve"] == pytest.approx(explorer.shown.possible)
    assert heights["missed"] == []
    explorer.restore({"pct_1rm": 85.0, "n_sets": 1})
    bars = explorer.drawing.bars
    (missed,) = bars["missed"].get_paths()
    assert missed.vertices[:, 1].tolist() == [5, 8, 8, 5, 5]
    assert bars["in reserve"].get_paths() == []


@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_curves_keep_to_the_range_of_their_relation(relation):
    reps, pct = curve_of(relation)
    one = RELATIONS[relation]
    assert reps.max() <= one.max_reps + 1e-9
    assert pct.min() == max(one.lowest_pct, 40)
    assert pct.max() == one.highest_pct
    np.testing.assert_allclose(100 * one.fraction_at(reps), pct)


def test_the_slowed_curve_is_there_for_slow_repetitions_only(explorer):
    lines = explorer.drawing.lines
    assert len(lines["at this slow tempo"].get_xdata()) == 0
    explorer.knobs["seconds"].value = 10.0
    slow, usual = lines["at this slow tempo"], lines["the chosen one"]
    share = 0.5 ** parameter("effort.tempo_power")
    np.testing.assert_allclose(slow.get_xdata(), share * usual.get_xdata())
    assert lines["possible in set 1"].get_xdata() == pytest.approx([10 * share])


def test_the_words_say_what_a_slow_tempo_leaves(explorer):
    assert "Slower" not in explorer.words.value
    explorer.knobs["seconds"].value = 10.0
    left = 10 * 0.5 ** parameter("effort.tempo_power")
    text = f"Slower than the usual 5 s, {left:.1f} are possible. Set 1 leaves"
    assert text in explorer.words.value
