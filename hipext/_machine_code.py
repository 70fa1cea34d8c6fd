"""Machine code, made before anyone waits for it: ``python -m hipext._machine_code``."""

import os
from contextlib import suppress

from hipext._rehearsal import crowd_rehearsed, rehearsed
from hipext.plan_file import read_plan
from hipext.population import cohort


def make() -> None:
    """Run once all that is compiled; numba keeps it for the processes to come."""
    plan, people = read_plan("maintenance_2day_13wk"), cohort(2)
    rehearsed(plan, people[0], is_compiled=True)
    crowd_rehearsed(plan, people)


if __name__ == "__main__":
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(10)  # whoever moves a slider meanwhile comes first
    make()
