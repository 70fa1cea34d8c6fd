"""What a slot asks for, and how that changes, in words."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from math import isnan
from typing import NamedTuple

from hipext._decode import Place
from hipext._phrases import apart, counted
from hipext._reasons import JUDGED_BY, OF_SLOT
from hipext._steps import makeable
from hipext.slot import step_of

Numbers = Sequence[float]  # sets, amount, load, good and failed in a row, steps, rung
_COUNTS = ("none", "one", "two", "all")


class Change(NamedTuple):
    """A decision about a slot: why, from what, what was and what will be asked for."""

    place: Place
    reason: int
    seen: Numbers
    was: Numbers
    will: Numbers
    n_rated: int  # sessions of the slot so far


def asked_words(place: Place, asked: Numbers) -> str:
    """Return what a slot asks for: ``3x8 at 40 kg``."""
    n_sets, amount, load_kg, _, _, _, rung = asked
    text = f"{n_sets:g}x{_plain_amount(place, amount)}"
    exercise = place.ladder[int(rung)]
    if exercise.is_loaded and load_kg > 0:
        text += f" at {makeable(load_kg, step_of(place.slot, exercise)):g} kg"
    if place.slot.progress.rule == "tempo":
        text += f", tempo {_tempo(place, asked)}"
    return text


def next_words(place: Place, will: Numbers) -> str:
    """Return the exercise that follows and what it begins with; its load is open."""
    exercise = place.ladder[int(will[6])]
    return f"{exercise.name}, {will[0]:g}x{_plain_amount(place, will[1])}"


def reason_of(change: Change) -> str:
    """Return why, in words."""
    template = OF_SLOT[change.reason]
    facts = {name: _FACTS[name](change) for name in _asked_for(template)}
    return template.format_map(facts)


@cache
def _asked_for(template: str) -> tuple[str, ...]:
    return tuple(re.findall(r"{(\w+)}", template))


def _plain_amount(place: Place, amount: float) -> str:
    return f"{amount:g} s" if place.slot.scheme.is_hold else f"{amount:g}"


def _amount(place: Place, amount: float) -> str:
    is_hold = place.slot.scheme.is_hold
    return f"{amount:g} s" if is_hold else counted(amount, "repetition")


def _tempo(place: Place, asked: Numbers) -> str:
    n_steps, rung = int(asked[5]), int(asked[6])
    if place.slot.progress.rule == "tempo" and n_steps:
        return place.slot.progress.tempos[n_steps - 1]
    return place.slot.tempo or place.ladder[rung].tempo


def _value(change: Change) -> str:
    at, digits = JUDGED_BY[change.reason]
    return apart(change.seen[at], change.seen[5], digits)


def _limit(change: Change) -> str:
    _, digits = JUDGED_BY[change.reason]
    return f"{change.seen[5]:.2f}" if digits == 2 else f"{change.seen[5]:g}"


def _seen_in(change: Change) -> str:
    """Return in how many of the last sessions: at most three count."""
    n_low, of = int(change.seen[6]), min(change.n_rated, 3)
    if of < 2:
        return "in the first session"
    if of == 2:
        return "in both sessions so far" if n_low == 2 else "in one of two sessions"
    return f"in {_COUNTS[n_low]} of the last three sessions"


def _cut(change: Change) -> str:
    was_kg, will_kg = change.was[2], change.will[2]
    if was_kg <= 0 or isnan(was_kg):
        return "but there is no load to cut"
    less = 100 * (1 - will_kg / was_kg)
    return f"so the load is cut by {less:.3g} %{_unseen(change)}"


def _grows(change: Change) -> str:
    return f"the load grows by {_step(change)}{_unseen(change)}"


def _unseen(change: Change) -> str:
    place, was, will = change.place, change.was, change.will
    is_seen = asked_words(place, was) != asked_words(place, will)
    return "" if is_seen else ", which is no whole step yet"


def _step(change: Change) -> str:
    rule = change.place.slot.progress
    if getattr(rule, "add_kg", None) is not None:
        return f"{rule.add_kg:g} kg"
    return f"{getattr(rule, 'add_pct', None) or 0:g} %"


def _longer(change: Change) -> str:
    more = change.will[1] - change.was[1]
    if change.place.slot.scheme.is_hold:
        return f"is {more:g} s longer"
    return f"has {counted(more, 'repetition')} more"


def _every(change: Change) -> int:
    """Return the good sessions, or weeks, that a step takes."""
    names = ("every_sessions", "every_weeks", "after")
    rule = change.place.slot.progress
    return next((getattr(rule, name) for name in names if hasattr(rule, name)), 1)


def _good(change: Change) -> str:
    every, is_weekly = _every(change), change.place.slot.progress.rule == "step"
    if every > 1:
        return f"{every} good {'weeks' if is_weekly else 'sessions'} in a row"
    return "a good week" if is_weekly else "all sets were completed"


def _waiting(change: Change) -> str:
    n_good, every = change.seen[6], _every(change)
    thing = "week" if change.place.slot.progress.rule == "step" else "session"
    if n_good < 1:  # a set was missed earlier in the week
        return f"this {thing} does not count towards {counted(every, f'good {thing}')}"
    return f"{n_good:g} of {counted(every, f'good {thing}')} in a row"


def _often(change: Change) -> str:
    many = change.place.slot.progress.on_fail.after
    return counted(many, "session") + (" in a row" if many > 1 else "")


def _wave(change: Change) -> int:
    return int(change.will[5]) % len(change.place.slot.progress.pct)


_FACTS: dict[str, Callable[[Change], str]] = {
    "value": _value,
    "limit": _limit,
    "seen_in": _seen_in,
    "cut": _cut,
    "grows": _grows,
    "step": _step,
    "longer": _longer,
    "good": _good,
    "waiting": _waiting,
    "often": _often,
    "low": lambda change: _amount(change.place, change.place.slot.scheme.low),
    "tempo": lambda change: _tempo(change.place, change.will),
    "gap": lambda change: f"{change.seen[6]:g}",
    "week": lambda change: f"{_wave(change) + 1}",
    "pct": lambda change: f"{change.place.slot.progress.pct[_wave(change)]:g}",
}
