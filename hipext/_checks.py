"""Messages for bad input: what is allowed, what was given, and the likely fix."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

import pandas as pd


class PlanError(ValueError):
    """A file that cannot be used, with every problem found in it.

    Parameters
    ----------
    source : str
        The name of the file, or what else the problems are in.
    problems : iterable of str
        One full sentence per problem, each opening with its place.
    """

    def __init__(self, source: str, problems: Iterable[str]):
        self.source = source
        self.problems = tuple(problems)
        lines = [f"{source} has {len(self.problems)} problem(s):"]
        super().__init__("\n  - ".join([*lines, *self.problems]))

    def __reduce__(self) -> tuple:
        """Let it be sent from one process to another."""
        return type(self), (self.source, self.problems)


def did_you_mean(given: object, allowed: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest allowed word, else nothing."""
    words = {word.lower(): word for word in allowed}
    close = get_close_matches(str(given).lower(), words, n=1, cutoff=0.6)
    return f" Did you mean {words[close[0]]!r}?" if close else ""


def check_one_of(given: object, allowed: Collection[str], *, name: str) -> None:
    """Raise ValueError unless `given` is one of the `allowed` words."""
    if given not in allowed:
        options = ", ".join(repr(word) for word in allowed)
        raise ValueError(
            f"{name} must be one of {options}; got {given!r}."
            f"{did_you_mean(given, allowed)}"
        )


def check_positive(given: float, *, name: str, unit: str = "") -> None:
    """Raise ValueError unless `given` is a finite number above zero."""
    if not 0 < given < float("inf"):
        raise ValueError(f"{name} must be a positive number{unit}; got {given}.")


def check_columns(table: pd.DataFrame, columns: Iterable[str], *, name: str) -> None:
    """Raise ValueError naming the columns that `table` lacks."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ValueError(
            f"The {name} table lacks {', '.join(missing)}; "
            f"it has {', '.join(map(str, table.columns))}."
        )
