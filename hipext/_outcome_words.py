"""Names of outcomes and scenarios as figures show them."""

from collections.abc import Iterable

from hipext._marks import spoken
from hipext._phrases import shortened
from hipext.outcomes import OUTCOMES

MAX_LETTERS = 26  # of the name of a scenario


def label_of(name: str) -> str:
    """Return the meaning of an outcome with its unit; of another name, its words."""
    if name not in OUTCOMES:
        return spoken(name)
    return f"{OUTCOMES[name].meaning} ({OUTCOMES[name].unit or 'number'})"


def short_names(names: Iterable[object], n_letters: int = MAX_LETTERS) -> list[str]:
    """Return names as words, cut where they still differ, at the front if possible."""
    words = [spoken(str(name)) for name in names]
    for n in range(n_letters // 2):
        short = [o[:n] + shortened(o[n:][::-1], n_letters - n)[::-1] for o in words]
        if len({*short}) == len({*words}):
            return short
    return words


def weekly_label(outcome: str) -> str:
    """Return what an outcome is in any week, with its unit."""
    one = OUTCOMES[outcome]
    return f"{one.words} ({one.unit or 'number'})"
