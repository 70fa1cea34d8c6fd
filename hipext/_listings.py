"""Tables of the plans and persons that are shipped."""

import pandas as pd

from hipext.athlete import read_athlete
from hipext.data import shipped_names
from hipext.plan_file import read_plan


def plan_table() -> pd.DataFrame:
    """Return one row per shipped plan."""
    rows = [(name, read_plan(name)) for name in shipped_names("plans")]
    return pd.DataFrame(
        [(name, plan.n_weeks, plan.name, plan.description) for name, plan in rows],
        columns=["plan", "weeks", "name", "description"],
    )


def athlete_table() -> pd.DataFrame:
    """Return one row per shipped person."""
    rows = [(name, read_athlete(name)) for name in shipped_names("athletes")]
    return pd.DataFrame(
        [
            (name, one.training_status, one.activity, one.name, one.description)
            for name, one in rows
        ],
        columns=["athlete", "training_status", "activity", "name", "description"],
    )
