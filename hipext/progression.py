"""Progression rules: what a slot asks for next time, and why.

Every rule is a pure function of what was asked for and how it went. It takes one
micro-step at a time, never advances after a failed, skipped or light session, and
judges the prescribed load.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import floor

from hipext.notation import SetScheme
from hipext.rules import Double, Hold, Linear, LoadRule, NoRule, Rule, Step, Tempo, Wave


@dataclass(frozen=True, kw_only=True)
class Prescription:
    """What a slot asks for in one session.

    `amount` is repetitions or seconds; `load_kg` is not rounded yet; `n_good` and
    `n_failed` count in a row towards the next step or cut; `n_steps` counts steps made.
    """

    n_sets: int
    amount: int
    load_kg: float
    tempo: str
    n_good: int = 0
    n_failed: int = 0
    n_steps: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a session went, as a coach could see it."""

    is_success: bool = True  # all sets, at the prescribed load
    is_skipped: bool = False
    is_deload: bool = False
    is_week_end: bool = True  # the last session of this slot in its week


@dataclass(frozen=True)
class Decision:
    """What is asked for next, what kind of decision that is, and the reason."""

    next: Prescription
    action: str
    reason: str


def rounded(load_kg: float, increment_kg: float) -> float:
    """Return the nearest load that the implement can make, halves upwards."""
    if increment_kg <= 0:
        return load_kg
    steps = floor(load_kg / increment_kg + 0.5 + 1e-9)  # 0.7 x 87.5 is not quite 61.25
    return round(steps * increment_kg, 6)


def decide(
    rule: Rule, now: Prescription, outcome: Outcome, *, scheme: SetScheme
) -> Decision:
    """Return what a slot asks for next.

    Parameters
    ----------
    rule : Rule
        A rule of a plan.
    now : Prescription
        What was asked for.
    outcome : Outcome
        How it went.
    scheme : SetScheme
        The ranges within which the rule may move.

    Returns
    -------
    Decision
        With at most one micro-step.
    """
    if outcome.is_skipped:
        return Decision(now, "hold", "the session was missed")
    if outcome.is_deload:
        return Decision(now, "hold", "a deload week does not count")
    if not outcome.is_success:
        return _after_failure(rule, now, outcome)
    good = replace(now, n_good=now.n_good + 1, n_failed=0)
    return _STEPS[rule.rule](rule, good, outcome, scheme)


def _after_failure(rule: Rule, now: Prescription, outcome: Outcome) -> Decision:
    spoils_week = rule.rule == "step" and not outcome.is_week_end
    failed = replace(now, n_good=-1 if spoils_week else 0, n_failed=now.n_failed + 1)
    on_fail = getattr(rule, "on_fail", None)
    if on_fail is None or failed.n_failed < on_fail.after:
        return Decision(failed, "hold", "not all sets were completed")
    load_kg = now.load_kg * (1 - on_fail.drop_pct / 100)
    return Decision(
        replace(failed, load_kg=load_kg, n_failed=0),
        "reduce",
        f"sets were missed in {on_fail.after} sessions in a row: "
        f"{on_fail.drop_pct:g} % less",
    )


def _stepped(now: Prescription, **changes: float | str) -> Prescription:
    return replace(now, n_good=0, n_steps=now.n_steps + 1, **changes)


def _heavier(rule: LoadRule, load_kg: float) -> float:
    added = rule.add_kg if rule.add_kg is not None else load_kg * rule.add_pct / 100
    return load_kg + added


def _step_words(rule: LoadRule) -> str:
    return f"{rule.add_kg:g} kg" if rule.add_kg is not None else f"{rule.add_pct:g} %"


def _linear(
    rule: Linear, now: Prescription, _outcome: Outcome, _scheme: SetScheme
) -> Decision:
    if now.n_good < rule.every_sessions:
        return Decision(now, "hold", _waiting(now.n_good, rule.every_sessions))
    return Decision(
        _stepped(now, load_kg=_heavier(rule, now.load_kg)),
        "advance",
        f"all sets were completed, the step is {_step_words(rule)}",
    )


def _double(
    rule: Double, now: Prescription, _outcome: Outcome, scheme: SetScheme
) -> Decision:
    if now.amount < scheme.high:
        amount = min(now.amount + rule.add_reps, scheme.high)
        return Decision(
            _stepped(now, amount=amount),
            "advance",
            f"all sets were completed: {amount} instead of {now.amount}",
        )
    if now.n_good < rule.after:
        return Decision(now, "hold", _waiting(now.n_good, rule.after, "at the top"))
    if now.n_sets < scheme.n_sets_max:
        return Decision(
            _stepped(now, n_sets=now.n_sets + 1, amount=scheme.low),
            "advance",
            f"the top of the range was reached: one more set, from {scheme.low} again",
        )
    if not rule.has_step:
        return Decision(now, "hold", "the top of the range was reached")
    return Decision(
        _stepped(now, load_kg=_heavier(rule, now.load_kg), amount=scheme.low),
        "advance",
        f"the top of the range was reached, the step is {_step_words(rule)}, "
        f"and it goes on from {scheme.low}",
    )


def _step(
    rule: Step, now: Prescription, outcome: Outcome, _scheme: SetScheme
) -> Decision:
    if not outcome.is_week_end:
        kept = replace(now, n_good=now.n_good - 1)  # weeks count here, not sessions
        return Decision(kept, "hold", "the load changes by the week")
    if now.n_good < rule.every_weeks:
        return Decision(
            now, "hold", _waiting(now.n_good, rule.every_weeks, unit="week")
        )
    return Decision(
        _stepped(now, load_kg=_heavier(rule, now.load_kg)),
        "advance",
        f"a good week, the step is {_step_words(rule)}",
    )


def _wave(
    rule: Wave, now: Prescription, outcome: Outcome, _scheme: SetScheme
) -> Decision:
    if not outcome.is_week_end:
        return Decision(now, "hold", "the load changes by the week")
    place = now.n_steps % len(rule.pct)
    coming = (now.n_steps + 1) % len(rule.pct)
    load_kg = now.load_kg * rule.pct[coming] / rule.pct[place]
    reason = f"week {coming + 1} of the wave: {rule.pct[coming]:g} %"
    if coming == 0 and rule.has_step:
        load_kg = _heavier(rule, load_kg)
        reason += f", and {_step_words(rule)} more than last time"
    amount = rule.reps[coming] if rule.reps else now.amount
    was, will = (now.load_kg, now.amount), (load_kg, amount)
    action = "hold" if will == was else "advance" if will > was else "reduce"
    return Decision(_stepped(now, load_kg=load_kg, amount=amount), action, reason)


def _hold(
    rule: Hold, now: Prescription, _outcome: Outcome, scheme: SetScheme
) -> Decision:
    if now.amount >= scheme.high:
        return Decision(now, "hold", "the longest hold was reached")
    amount = min(now.amount + rule.add_s, scheme.high)
    return Decision(
        _stepped(now, amount=amount),
        "advance",
        f"all holds were completed: {amount} s instead of {now.amount} s",
    )


def _tempo(
    rule: Tempo, now: Prescription, _outcome: Outcome, _scheme: SetScheme
) -> Decision:
    if now.n_steps >= len(rule.tempos):
        return Decision(now, "hold", "the last tempo was reached")
    if now.n_good < rule.after:
        return Decision(now, "hold", _waiting(now.n_good, rule.after))
    tempo = rule.tempos[now.n_steps]
    return Decision(
        _stepped(now, tempo=tempo), "advance", f"tempo {tempo} instead of {now.tempo}"
    )


def _none(
    _rule: NoRule, now: Prescription, _outcome: Outcome, _scheme: SetScheme
) -> Decision:
    return Decision(replace(now, n_good=0), "hold", "the plan repeats it")


def _waiting(
    n_good: int, needed: int, where: str = "", *, unit: str = "session"
) -> str:
    words = [f"{n_good} of {needed} good {unit}s in a row", where]
    return " ".join(word for word in words if word)


_STEPS: dict[str, Callable[..., Decision]] = {
    "linear": _linear,
    "double": _double,
    "step": _step,
    "wave": _wave,
    "hold": _hold,
    "tempo": _tempo,
    "none": _none,
}
