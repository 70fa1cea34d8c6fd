"""Write every number of the shipped files to shipped_numbers.csv, one a line.

Run it after a number was changed on purpose: ``python tests/reference/freeze.py``.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hipext.files.io import data_dir, read_toml

FROZEN = Path(__file__).with_name("shipped_numbers.csv")
FILES = ("exercises.toml", "parameters.toml", "athletes/*.toml", "plans/*.toml")
NOTATION = ("sets", "tempo", "tempos")  # texts that are numbers
NO_QUANTITY = ("id", "exercise", "to", "name", "aliases", "guide", "sources")
ID_WORDS = (*NO_QUANTITY, "source", "emg_sources", "prerequisites")
LABELS = ("id", "name", "to", "exercise")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


def shipped_numbers() -> dict[str, str]:
    """Return every number of the shipped files by its path."""
    return {
        f"{path.relative_to(data_dir()).as_posix()}: {place}": value
        for pattern in FILES
        for path in sorted(data_dir().glob(pattern))
        for place, value in numbers_in(read_toml(path))
    }


def numbers_in(value: object, place: str = "", key: str = "") -> Iterator[tuple]:
    """Yield path and text of every number in the values of a TOML file."""
    if isinstance(value, Mapping):
        for inner, part in value.items():
            yield from numbers_in(part, f"{place}.{inner}".lstrip("."), inner)
    elif isinstance(value, list):
        for label, part in zip(_labels(value), value, strict=True):
            yield from numbers_in(part, f"{place}[{label}]", key)
    elif isinstance(value, str):
        text = value if key in NOTATION else " ".join(NUMBER.findall(value))
        if text and key not in ID_WORDS:
            yield place, text
    elif not isinstance(value, bool):
        yield place, f"{value:.10g}"


def _labels(values: Sequence) -> Iterator[str]:
    """Yield what each value of a list is called; its number if it has no name."""
    seen: dict[str, int] = {}
    for number, value in enumerate(values, start=1):
        names = [
            value[key] for key in LABELS if isinstance(value, dict) and key in value
        ]
        label = str(names[0]) if names else str(number)
        seen[label] = seen.get(label, 0) + 1
        yield label if seen[label] == 1 else f"{label} #{seen[label]}"


def frozen_numbers() -> dict[str, str]:
    """Return the numbers as they were when they were last written."""
    with FROZEN.open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["value"] for row in csv.DictReader(file)}


def differences(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return a line for every number that was changed, removed or added."""
    changed = [
        f"changed: {place}: {was[place]} -> {now[place]}"
        for place in was
        if place in now and was[place] != now[place]
    ]
    removed = [f"removed: {place}: {was[place]}" for place in was if place not in now]
    added = [f"added: {place}: {now[place]}" for place in now if place not in was]
    return [*changed, *removed, *added]


def write_numbers() -> None:
    """Write the numbers of the shipped files as they are now."""
    with FROZEN.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("path", "value"))
        writer.writerows(shipped_numbers().items())


if __name__ == "__main__":
    write_numbers()
