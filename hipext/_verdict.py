"""Whether tests pin down the parameters of a model, and the answer in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt

from hipext._design import Problem, Solved
from hipext._impulse import LINEAR, STATE_NOISE
from hipext._profile import Profile

_RUN_TOGETHER = 0.99  # share of the longer time constant: closer is one, not two
_WIDEST = 10.0  # highest over lowest value of a region that still says something
_MAY_BE_ZERO = (
    "initial_fitness",
    "initial_fatigue",
    *STATE_NOISE,
    "performance_noise",
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether all parameters are identified, and why; true where they are."""

    is_identified: bool
    sentences: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.is_identified

    def __str__(self) -> str:
        word = "identified" if self.is_identified else "not identified"
        return " ".join([f"{word}.", *self.sentences])


def verdict_of(
    problem: Problem, best: Solved, profiles: Sequence[Profile], level: float
) -> Verdict:
    """Judge a fit by its profiles; without them, only by the best fit itself."""
    ends = [_open_end(problem, profile, level) for profile in profiles]
    doubts = [
        *_nothing_left(problem),
        *_lost_time_constants(problem, best),
        *_lost_gains(problem, best),
        *filter(None, ends),
    ]
    if not doubts and not profiles:
        doubts = ["No profile was asked for, so nothing is known about the parameters."]
    if doubts:
        return Verdict(is_identified=False, sentences=tuple(doubts))
    told = (
        f"The {100 * level:g} % region of every parameter, all of them taken together, "
        "ends inside its bounds. That is about these tests and this model, not a claim "
        "about the person."
    )
    return Verdict(is_identified=True, sentences=(told,))


def _nothing_left(problem: Problem) -> list[str]:
    """Tell of a fit that takes all tests for its parameters."""
    if problem.n_spare > 0:
        return []
    return [
        f"{len(problem.tests)} tests fix {len(problem.free)} parameters and leave none "
        "to judge the fit by."
    ]


def _lost_time_constants(problem: Problem, best: Solved) -> list[str]:
    """Tell of time constants that have become one."""
    values, told = best.parameters, []
    for short, long in problem.model.SHORTER:
        are_fixed = problem.is_fixed(short) and problem.is_fixed(long)
        is_one = values[short] >= _RUN_TOGETHER * values[long]
        if are_fixed or not is_one or not _cancel(values, short):
            continue
        gains = "fitness_gain grows"
        if short == "fatigue_tau":
            gains = "fitness_gain and fatigue_gain grow"
        together = sqrt(values[short] * values[long])
        told.append(
            f"The best fit is degenerate: {long} and {short} run together near "
            f"{together:.2f} days and {gains} without bound. "
            f"{_limit_told(problem, best)}"
        )
    return told


def _cancel(values: Mapping[str, float], short: str) -> bool:
    """Return whether what one time constant adds, the other takes away."""
    if short == "delay_tau":
        return True
    return values["fatigue_gain"] > 0.5 * values["fitness_gain"]


def _limit_told(problem: Problem, best: Solved) -> str:
    if problem.noise:
        return "The likelihood has its highest value only in that limit."
    return (
        "The sum of squared errors falls towards "
        f"{best.residual @ best.residual:.4f} on the way, and no pair of values "
        "reaches it."
    )


def _lost_gains(problem: Problem, best: Solved) -> list[str]:
    """Tell of gains that are 0, so that their time constants mean nothing."""
    return [
        f"{name} is 0 in the best fit: these tests give no sign of "
        f"{name.removesuffix('_gain')}, and its time constant means nothing."
        for name in ("fitness_gain", "fatigue_gain")
        if name in problem.free and best.parameters[name] == 0
    ]


def _open_end(problem: Problem, profile: Profile, level: float) -> str:
    """Tell of a region that has no end inside the bounds, or says next to nothing."""
    name, (low, high) = profile.name, profile.region
    lowest, highest = problem.bounds[name]
    is_open_low = low <= lowest and name not in _MAY_BE_ZERO
    is_open_high = high >= highest
    is_wide = name not in (*LINEAR, *_MAY_BE_ZERO) and high > _WIDEST * low
    if not (is_open_low or is_open_high or is_wide):
        return ""
    unit = " days" if name.endswith("_tau") else ""
    if is_open_low and name in LINEAR[1:]:
        told = "can be 0, no effect at all"
    elif low == -inf and high == inf:
        told = "can be anything"
    elif is_open_low and is_open_high:
        told = f"can be anything from {_text(low)} to {_text(high)}{unit}"
    elif high == inf:
        told = f"runs from {_text(low)} upwards without end"
    elif is_open_high:
        told = f"runs from {_text(low)} to beyond {_text(high)}{unit}"
    elif is_open_low:
        told = f"runs from {_text(low)} or less to {_text(high)}{unit}"
    else:
        told = f"runs from {_text(low)} to {_text(high)}{unit}, more than tenfold"
    return f"{name} {told} ({100 * level:g} % region of all parameters)."


def _text(value: float) -> str:
    return "any size" if abs(value) == inf else f"{value:.4g}"
