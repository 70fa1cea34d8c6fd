"""Small parts of sentences: plurals, lists, numbers beside a limit."""

from collections.abc import Iterable, Sequence
from math import isnan

DAY_NAMES = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)


def counted(number: float, thing: str) -> str:
    """Return a number of things: ``1 session``, ``2 sessions``."""
    return f"{number:g} {thing}" if number == 1 else f"{number:g} {thing}s"


def listed(items: Iterable) -> str:
    """Return items as words: ``4, 8 and 12``."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last


def spans(numbers: Sequence[int]) -> str:
    """Return rising whole numbers as words, neighbours joined: ``1 to 3 and 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return listed(
        f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs
    )


def weeks(numbers: Sequence[int]) -> str:
    """Return weeks as words: ``week 3``, ``weeks 1 to 3 and 7``."""
    return f"week{'s' if len(numbers) > 1 else ''} {spans(numbers)}"


def apart(value: float, limit: float, digits: int) -> str:
    """Return a value with so many digits that it does not read as its limit.

    Examples
    --------
    >>> apart(0.7412, 0.8, 2), apart(0.7996, 0.8, 2)
    ('0.74', '0.7996')
    """
    text = f"{value:.{digits}f}"
    while value != limit and float(text) == limit and digits < 15:
        digits += 1
        text = f"{value:.{digits}f}"
    return text


def told(seen: Iterable[tuple[str, float]]) -> str:
    """Return observations as ``name=value``, missing ones left out."""
    return " ".join(f"{name}={value:.3g}" for name, value in seen if not isnan(value))


def shortened(name: str, n_letters: int) -> str:
    """Return a name cut to so many letters; nothing if too few would be left."""
    if len(name) <= n_letters:
        return name
    return f"{name[: n_letters - 3].rstrip()}…" if n_letters > 5 else ""
