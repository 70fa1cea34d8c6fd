"""Notation of sets (such as 3x8) and of tempo, as written in a plan.

``3x8-10 @RIR3`` reads: three sets of eight to ten repetitions with about three left in
reserve. Other forms: ``3x10s`` (a hold of ten seconds), ``1x5min``, ``2x8/side``,
``2-3x6-10`` (two sets, three at most), ``4x6 @75%``, ``3x8 @RPE7``, ``3x5 @60kg``,
``3x5 @135lb``. Pounds are kept in kg.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated

from pydantic import AfterValidator

from hipext.files.checks import InputError
from hipext.files.schema import KG_PER_UNIT, kg

_UNITS = "|".join(KG_PER_UNIT)
_WHOLE = r"([0-9]{1,6})"
SETS_PATTERN = (  # groups: sets, most sets, low, high, unit, per side, effort
    rf"^\s*{_WHOLE}\s*(?:-\s*{_WHOLE}\s*)?[xX\u00d7]"
    rf"\s*{_WHOLE}\s*(?:-\s*{_WHOLE}\s*)?"
    r"(s|min)?\s*(/\s*side)?\s*(?:@\s*(\S.*?))?\s*$"
)
TEMPO_PATTERN = r"^[0-9]{1,2}-[0-9]{1,2}-[0-9]{1,2}-[0-9]{1,2}$"
_EFFORT = re.compile(
    r"(?P<word>RIR|RPE)\s*(?P<count>[0-9]+(?:\.[0-9]+)?)"
    rf"|(?P<number>[0-9]*\.?[0-9]+)\s*(?P<unit>%|{_UNITS})?",
    re.IGNORECASE,
)
_FORMS = "'3x8', '3x8-10 @RIR3', '2x8/side', '3x10s', '4x6 @75%' or '3x5 @60kg'"
_S_PER_MIN = 60
# Larger numbers are taken for slips of the pen.
MAX_SETS, MAX_REPS, MAX_HOLD_S, MAX_LOAD_KG = 20, 100, 7200, 1000


@dataclass(frozen=True, kw_only=True)
class SetScheme:
    """What a slot asks for, per side; at most one of `pct_1rm`, `rir`, `load_kg`."""

    n_sets: int
    n_sets_max: int  # the most that a rule may build up to
    low: int  # repetitions, or seconds where `is_hold`
    high: int
    is_hold: bool = False
    is_per_side: bool = False  # whether "/side" was written
    pct_1rm: float | None = None
    rir: float | None = None  # RPE is kept as 10 - rpe
    load_kg: float | None = None

    def __str__(self) -> str:
        amount = _range(self.low, self.high) + ("s" if self.is_hold else "")
        side = "/side" if self.is_per_side else ""
        text = f"{_range(self.n_sets, self.n_sets_max)}x{amount}{side}"
        efforts = {"{}%": self.pct_1rm, "RIR{}": self.rir, "{}kg": self.load_kg}
        for form, number in efforts.items():
            if number is not None:
                text += " @" + form.format(_exact(number))
        return text


@cache
def parse_sets(text: str) -> SetScheme:
    """Return what a set notation says; InputError with all faults at once.

    >>> str(parse_sets("2 x 8-10/side @RPE7"))
    '2x8-10/side @RIR3'
    """
    match = re.fullmatch(SETS_PATTERN, text)
    if not match:
        raise InputError(f"{text!r} is not a set notation. Write {_FORMS}.")
    sets, sets_max, low, high, unit, side, effort = match.groups()
    scale = _S_PER_MIN if unit == "min" else 1
    numbers = {
        "n_sets": int(sets),
        "n_sets_max": int(sets_max or sets),
        "low": int(low) * scale,
        "high": int(high or low) * scale,
        "is_hold": unit is not None,
    }
    intensity, faults = _parse_effort(effort)
    faults = [*_range_faults(**numbers), *faults]
    if faults:
        raise InputError(f"{text!r}: " + " ".join(faults))
    return SetScheme(**numbers, is_per_side=side is not None, **intensity)


def _range_faults(
    *, n_sets: int, n_sets_max: int, low: int, high: int, is_hold: bool
) -> Iterator[str]:
    word, unit, limit = (
        ("hold", " s", MAX_HOLD_S) if is_hold else ("reps", "", MAX_REPS)
    )
    if n_sets > n_sets_max:
        yield (
            f"The sets run downwards ({n_sets}-{n_sets_max}); "
            f"write {n_sets_max}-{n_sets}."
        )
    if low > high:
        yield f"The {word} run downwards ({low}-{high}); write {high}-{low}."
    if not all(1 <= count <= MAX_SETS for count in (n_sets, n_sets_max)):
        yield f"Sets must be 1 to {MAX_SETS}; got {_range(n_sets, n_sets_max)}."
    if not all(1 <= count <= limit for count in (low, high)):
        yield f"The {word} must be 1 to {limit}{unit}; got {_range(low, high)}."


def _parse_effort(text: str | None) -> tuple[dict[str, float], list[str]]:
    """Return intensity, effort or load as a field of SetScheme, and its faults."""
    if text is None:
        return {}, []
    match = _EFFORT.fullmatch(text)
    if not match:
        return {}, [f"'@{text}' must be @75%, @RIR2, @RPE8, @60kg or @135lb."]
    if match["word"]:
        word, count = match["word"].upper(), float(match["count"])
        # In binary, 10 - 9.1 is not quite 0.9.
        rir = count if word == "RIR" else round(10 - count, 6)
        fault = f"{word} must be 0 to 10; got {count:g}."
        return ({"rir": rir}, []) if 0 <= rir <= 10 else ({}, [fault])
    number, unit = float(match["number"]), (match["unit"] or "").lower()
    load_kg = kg(match["number"], unit) if unit in KG_PER_UNIT else None
    # In kg a tiny number of pounds may underflow to 0.
    if 0 in (number, load_kg) or (load_kg or 0) > MAX_LOAD_KG:
        return {}, [f"@{text} must be above 0 and at most {MAX_LOAD_KG} kg or 100 %."]
    if load_kg:
        return {"load_kg": load_kg}, []
    if number <= 1:
        return {}, [
            f"@{text} is written as a fraction; a percentage of the 1RM is 0-100. "
            f"Write @{number * 100:g}%."
        ]
    if not unit:
        ways = " or ".join(f"@{number:g}{unit}" for unit in ("%", "kg", "lb"))
        return {}, [f"@{text} has no unit. Write {ways}."]
    fault = f"@{text} is above 100 % of the 1RM, which cannot be lifted for sets."
    return {"pct_1rm": number}, [fault] if number > 100 else []


def _exact(number: float) -> str:
    """Return a number with all its digits, without exponent or trailing zeros."""
    return f"{Decimal(repr(number)).normalize():f}"


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}-{high}"


@cache
def parse_tempo(text: str) -> tuple[int, int, int, int]:
    """Return the four phases of a tempo in seconds, eccentric first.

    That is so also where the lift starts with the concentric phase. Zero means without
    a deliberate duration.
    """
    if not re.fullmatch(TEMPO_PATTERN, text):
        raise InputError(
            f"{text!r} is not a tempo. Write four whole seconds, eccentric-pause-"
            "concentric-pause, like '3-1-1-0'."
        )
    eccentric, low_pause, concentric, top_pause = map(int, text.split("-"))
    if eccentric + low_pause + concentric + top_pause == 0:
        raise InputError(f"{text!r} takes no time. Write a tempo like '2-0-1-0'.")
    return eccentric, low_pause, concentric, top_pause


def seconds_per_rep(tempo: str) -> int:
    """Return how long one repetition takes at a tempo, in seconds."""
    return sum(parse_tempo(tempo))


def _checked_tempo(text: str) -> str:
    parse_tempo(text)
    return text


TempoText = Annotated[str, AfterValidator(_checked_tempo)]
