"""What a fit on the command line asks for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """The arguments of ``hipext fit``, as they were written."""

    series: str
    model: str = "banister"
    load: str | None = None
    performance: str | None = None
    day: str | None = None
    exercise: str | None = None
    missing: str = "refuse"
    convention: str = "next_day"
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    compare: tuple[str, ...] = ()
    n_bootstrap: int = 200
    level: float = 0.95
    seed: int = 0
    out: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the results go."""
        name = f"fit-{Path(self.series).stem}-{self.model}"
        return self.out or Path("out") / name


def read_bounds(texts: Iterable[str]) -> dict[str, tuple[float, float]]:
    """Return bounds by parameter from texts like ``fitness_tau=1,300``.

    Raises
    ------
    ValueError
        If a text is no name and two numbers, or a name is there twice.
    """
    return {
        name: _pair(value, text)
        for name, value, text in _named(texts, option="--bound")
    }


def read_starts(texts: Iterable[str]) -> dict[str, float]:
    """Return values by parameter from texts like ``fitness_tau=33.6``.

    Raises
    ------
    ValueError
        If a text is no name and one number, or a name is there twice.
    """
    return {
        name: _number(value, text, like="--start needs NAME=VALUE: fitness_tau=33.6")
        for name, value, text in _named(texts, option="--start")
    }


def _named(texts: Iterable[str], *, option: str) -> list[tuple[str, str, str]]:
    """Return name, value and the whole of each text."""
    found = []
    for text in texts:
        name, _, value = text.partition("=")
        if name.strip() in {one[0] for one in found}:
            raise ValueError(f"{option} names {name.strip()} twice. Leave one out.")
        found.append((name.strip(), value, text))
    return found


def _pair(value: str, text: str) -> tuple[float, float]:
    like = "--bound needs NAME=LOWEST,HIGHEST: fitness_tau=1,300, or two equal values"
    like += " to hold it fast"
    low, _, high = value.partition(",")
    return _number(low, text, like=like), _number(high, text, like=like)


def _number(value: str, text: str, *, like: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{like}; got {text!r}.") from None
