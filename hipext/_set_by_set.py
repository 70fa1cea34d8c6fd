"""Working sets one after the other, as the day loop does them, by any relation.

What a set takes from the next one, what a slow tempo leaves and how many repetitions
get done are functions of the day loop; it answers by Epley, here any relation answers.
Whoever does them is rested and warm, and nobody stops them for their technique.
"""

from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace

import numpy as np

from hipext._model import shipped_model
from hipext._slot_rows import cost_of_rest
from hipext._state import BOTH, LEFT
from hipext.engine import MOST_SPENT, done_of, effort_of, slowness, strain
from hipext.intensity import RELATIONS, reps_at
from hipext.percentages import RPE_OF_FAILURE


@dataclass(frozen=True, kw_only=True)
class SetsAsked:
    """Equal sets of one lift, by its 1RM."""

    pct_1rm: float
    reps: int
    n_sets: int
    rest_s: float
    seconds: float
    """Of a repetition."""
    usual_seconds: float
    """Of a repetition of this lift; slower ones cost repetitions."""
    relation: str
    """One of `relations.RELATIONS`."""

    @cached_property
    def slowness(self) -> float:
        """Share of the repetitions that stays at the tempo."""
        asked = SimpleNamespace(is_hold=False)
        exercise = SimpleNamespace(usual_seconds=self.usual_seconds)
        return slowness(shipped_model(), asked, self.seconds, exercise)


@dataclass(frozen=True, eq=False)
class SetsDone:
    """What came of sets: a number for each of them."""

    asked: SetsAsked
    possible: np.ndarray
    """Repetitions to failure, not rounded."""
    done: np.ndarray
    """Whole repetitions."""

    @property
    def reserve(self) -> np.ndarray:
        """Repetitions left, not rounded; 0 where a set failed."""
        return np.maximum(self.possible - self.asked.reps, 0.0)

    @property
    def rpe(self) -> np.ndarray:
        """Effort, 10 - reserve; missing where more than 10 are left: see `rpe_at`."""
        rpe = RPE_OF_FAILURE - self.reserve
        return np.where(rpe >= 0, rpe, np.nan)

    @property
    def missed(self) -> np.ndarray:
        """Repetitions asked for and not done."""
        return self.asked.reps - self.done

    @property
    def tut_s(self) -> np.ndarray:
        """Time under tension."""
        return self.done * self.asked.seconds


def sets_done(asked: SetsAsked) -> SetsDone:
    """Return what comes of sets.

    Raises
    ------
    ValueError
        If the load is outside the range of the relation.
    """
    model, slow = shipped_model(), asked.slowness
    drop = model.effort_drop_per_set * cost_of_rest(
        asked.rest_s, model.effort_usual_rest_s
    )
    body, lift = _rested(), SimpleNamespace(novelty=0.0)
    possible, done = [], []
    for _ in range(asked.n_sets):
        left = 1.0 - min(body.slot_drop[LEFT], MOST_SPENT)
        reps = slow * _reps_today(asked, left)
        possible.append(reps)
        done.append(done_of(reps, asked.reps))
        effort = effort_of(model, max(reps - asked.reps, 0.0), done[-1])
        relative, failed = asked.pct_1rm / 100 / left, done[-1] < asked.reps
        strain(model, body, lift, BOTH, effort, relative, failed, False, drop)
    return SetsDone(asked, np.array(possible), np.array(done))


def _reps_today(asked: SetsAsked, left: float) -> float:
    """Return the repetitions to failure once a share of the strength is left."""
    if left == 1.0:
        return reps_at(asked.pct_1rm, relation=asked.relation)
    today_pct = asked.pct_1rm / left
    if today_pct > RELATIONS[asked.relation].highest_pct:
        return 0.0  # too heavy by now for even one repetition
    return reps_at(today_pct, relation=asked.relation)


def _rested() -> SimpleNamespace:
    """Return what `engine.strain` adds to, before the first set of a session."""
    sums = ("slot_dose", "slot_cost", "slot_drop", "slot_skill")
    return SimpleNamespace(**{name: [0.0, 0.0] for name in sums}, strange=0.0, hard=0.0)
