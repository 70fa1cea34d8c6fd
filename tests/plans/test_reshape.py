import pytest

from hipext import expand_plan, read_athlete, read_plan
from hipext.plans.edits import SPREAD, reshape


@pytest.fixture(scope="module")
def guide():
    return read_plan("guide_16wk")


def own_sessions(plan, week):
    """Return the names of the phases' own sessions in one week, day by day."""
    own = [one.name for phase in plan.phase for one in phase.session]
    sets = expand_plan(plan, read_athlete("lifter"))
    rows = sets[(sets["week"] == week) & sets["session"].isin(own)]
    return rows.drop_duplicates(["day", "session"])["session"].tolist()


@pytest.mark.parametrize("weeks", [1, 4, 7, 15, 16, 17, 26, 52])
def test_a_reshaped_plan_has_the_length_asked_for(guide, weeks):
    plan = reshape(guide, weeks=weeks)
    assert plan.n_weeks == weeks
    assert all(phase.weeks >= 1 for phase in plan.phase)


def test_stretching_to_the_same_length_changes_nothing(guide):
    assert reshape(guide, weeks=guide.n_weeks) == guide


def test_doubling_the_weeks_doubles_no_phase_by_more_than_one_week_too_many(guide):
    longer = reshape(guide, weeks=32)
    for before, after in zip(guide.phase, longer.phase, strict=True):
        assert abs(after.weeks - 2 * before.weeks) <= 1


@pytest.mark.parametrize("n_sessions", sorted(SPREAD))
def test_sessions_are_spread_over_the_week(guide, n_sessions):
    plan = reshape(guide, sessions_per_week=n_sessions)
    assert len(own_sessions(plan, 6)) == n_sessions


def test_sessions_keep_their_order(guide):
    plan = reshape(guide, sessions_per_week=4)
    assert own_sessions(plan, 6) == ["A", "B", "A", "A"]  # the old week was A, B, A


def test_a_step_of_zero_keeps_every_load(guide):
    sets = expand_plan(reshape(guide, pct_step_per_week=0), read_athlete("lifter"))
    light = sets[(sets["phase"] == "light") & (sets["kind"] == "work")]
    per_slot = light.groupby(["session", "slot"])["load_kg"].nunique()
    assert per_slot.max() == 1


def test_a_steeper_step_adds_up_to_more(guide):
    lifter = read_athlete("lifter")
    sums = [
        expand_plan(reshape(guide, pct_step_per_week=pct), lifter)["load_kg"].sum()
        for pct in (0, 5, 10)
    ]
    assert sums == sorted(set(sums))


def test_light_weeks_follow_the_new_rhythm_alone(guide):
    plan = reshape(guide, deload_every_weeks=5, deload_sets_fraction=0.25)
    light = [week for week in range(1, 17) if plan.is_deload_week(week)]
    assert light == [5, 10, 15]
    assert plan.deload.sets_fraction == 0.25
    assert plan.deload.load_fraction == guide.deload.load_fraction


def test_reshaping_leaves_the_plan_as_it_was(guide):
    before = guide.model_dump_json()
    reshape(guide, weeks=8, sessions_per_week=2, pct_step_per_week=5)
    assert guide.model_dump_json() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weeks": 0}, r"weeks must be at least 1; got 0"),
        ({"sessions_per_week": 6}, r"sessions_per_week must be 1 to 5; got 6"),
        ({"pct_step_per_week": 51}, r"must be 0 to 50 %; got 51"),
    ],
)
def test_a_knob_out_of_range_is_refused(guide, change, message):
    with pytest.raises(ValueError, match=message):
        reshape(guide, **change)
