"""Masses of plan and person files: a number is kilograms, a text has its unit."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

KG_PER_LB = Decimal("0.45359237")  # exactly: international agreement of 1959
KG_PER_UNIT = {"kg": Decimal(1), "lb": KG_PER_LB, "lbs": KG_PER_LB}
MASS_PATTERN = (
    r"^\s*([0-9]{1,6}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})\s*([kK][gG]|[lL][bB][sS]?)\s*$"
)


def kg(number: str, unit: str) -> float:
    """Return a mass in kg; the float nearest to the exact product.

    Examples
    --------
    >>> kg("154", "lb")
    69.85322498
    """
    return float(Decimal(number) * KG_PER_UNIT[unit.lower()])


def as_kg(given: object) -> object:
    """Return a text like ``"154 lb"`` in kg, and everything else as it is.

    Raises
    ------
    ValueError
        If a text is not a number and a unit.
    """
    if not isinstance(given, str):
        return given
    match = re.fullmatch(MASS_PATTERN, given)
    if match:
        return kg(*match.groups())
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{0,12})?", given):
        raise ValueError(
            f"has no unit; got {given!r}. Write {given} without quotes for kg, or "
            f'"{given} lb".'
        )
    raise ValueError(
        f"must be a number of kg, like 2.5, or a text with the unit kg or lb, like "
        f'"5 lb"; got {given[:60]!r}.'
    )


def mass(**bounds: float) -> object:
    """Return the type of a mass in kg within bounds, such as ``gt=0, le=20``."""
    return Annotated[float, Field(**bounds), BeforeValidator(as_kg)]
