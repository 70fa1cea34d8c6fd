"""Published trials as plans and athletes: what is predicted, what was observed.

Trials, athletes and endpoints are in ``data/trials/trials.toml``, plans beside it. One
set of constants serves all; athletes differ in what an arm names and no more. Trials
that are not fitted show how far off the model is where nothing was adjusted to it.
"""

from collections.abc import Sequence
from functools import cache
from math import exp, log, nan, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from hipext.athletes.athlete import Athlete, check_athlete
from hipext.athletes.traits import TRAIT
from hipext.engine.compiled import can_compile
from hipext.engine.random import pair
from hipext.files.io import data_dir, read_toml
from hipext.files.parameters import shipped_model
from hipext.files.schema import FileValue, check_values
from hipext.files.sums import mean_in_order, sd_in_order, sum_in_order
from hipext.files.tables import DAYS_PER_WEEK, table_of
from hipext.plans.plan import Plan
from hipext.plans.plan_file import read_plan
from hipext.simulation.run import Setting, Trace, setting_of, trace

MEASURES = {"gain_pct": "%", "load_kg": "kg", "steps": "", "stall_week": ""}  # and unit
PREDICTIONS = table_of(
    "predictions",
    "one endpoint of one arm of a published trial",
    """
    trial | str | | first author and year
    arm | str | | name of the arm, or 'one - other' for a difference
    outcome | str | | one of trials.MEASURES
    exercise | str | | id of the lift in the catalogue
    week | int64 | | week of the plan, from 1
    unit | str | | unit of all that is observed and predicted
    observed | float64 | see unit | mean; missing: only a direction
    observed_sd | float64 | see unit | spread between participants
    n_observed | int64 | | participants of the trial
    predicted | float64 | see unit | mean of the simulated athletes
    predicted_sd | float64 | see unit | spread between them
    source | str | | id of the row of evidence
    off | float64 | | predicted - observed, in parts of what is allowed
    within | bool | | whether the prediction is near enough
    is_fitted | bool | | whether constants were fitted to the trial""",
)
_MOST_RESPONSE = 5.0  # that an athlete file may have


class Arm(FileValue):
    """A group of a trial."""

    name: str
    plan: str  # name of its file
    person: dict  # what is different from the average athlete of all trials


class Endpoint(FileValue):
    """What was measured in an arm, and how near a prediction has to come."""

    arm: str
    minus: str = ""  # name of another arm, whose mean is taken off
    # Gain of the 1RM, load of the last session, steps of the load, week of the first
    # session that brought none (the week after the last where there is none).
    measure: Literal[tuple(MEASURES)]
    exercise: str  # id in the catalogue
    day: int = Field(ge=0)  # of the plan, on whose morning it is read
    observed: float = nan  # mean
    observed_sd: float = nan  # spread between participants
    n_observed: int = Field(ge=1)  # participants
    # How far a prediction may be off; what counts as far, where `at_most` is given.
    tolerance: float = Field(gt=0)
    at_most: float = nan  # highest value that agrees, where only a direction was seen
    source: str  # id of a row of the evidence table


class Trial(FileValue):
    """A published trial."""

    id: str  # first author and year
    is_fitted: bool = True  # whether constants were fitted to it
    assumptions: tuple[str, ...] = ()  # filled in where the report is silent
    arm: tuple[Arm, ...]
    outcome: tuple[Endpoint, ...]


class _File(FileValue):
    format: Literal[1]
    person: dict
    trial: tuple[Trial, ...]


@cache
def _file() -> _File:
    path = data_dir() / "trials" / "trials.toml"
    return check_values(_File, read_toml(path), source=str(path))


def read_trials() -> tuple[Trial, ...]:
    """Return the shipped trials."""
    return _file().trial


@cache
def plan_of(arm_plan: str) -> Plan:
    """Return a plan of a trial by its name."""
    return read_plan(data_dir() / "trials" / f"{arm_plan}.toml")


def person_of(arm: Arm) -> Athlete:
    """Return the average athlete of an arm."""
    return check_athlete(_file().person | arm.person, source=f"athlete of {arm.name}")


def athletes_like(athlete: Athlete, n: int, *, seed: int, cv: float) -> list[Athlete]:
    """Return `n` athletes who differ in their response alone: lognormal, mean 1.

    `cv` is the coefficient of variation of the response.
    """
    # exp(s z - s^2 / 2) with s^2 = ln(1 + cv^2) has the mean 1 and the given cv.
    sd = sqrt(log(1.0 + cv**2))
    normal = [pair(seed, number, 0, TRAIT)[0] for number in range(n)]
    responses = [min(exp(sd * z - sd**2 / 2.0), _MOST_RESPONSE) for z in normal]
    return [athlete.model_copy(update={"response": one}) for one in responses]


def predicted_and_observed(
    *, n: int = 200, seed: int = 0, model: np.void | None = None
) -> pd.DataFrame:
    """Predict every endpoint of the shipped trials: table `PREDICTIONS`.

    A gain is that of the strength itself, without the error of a test, after the nights
    since the last session.

    Parameters
    ----------
    n : int, default 200
        Athletes of an arm; 0 for the average athlete alone, without any chance.
    seed : int, default 0
        Of the athletes and the random numbers.
    model : numpy.void, optional
        Constants of the day loop. Default: those shipped.
    """
    model = shipped_model() if model is None else model
    rows = [row for trial in read_trials() for row in _predicted(trial, n, seed, model)]
    table = pd.DataFrame(rows)
    # Where only a direction was seen, whatever lies below the highest value agrees.
    is_direction = table["at_most"].notna()
    above = (table["predicted"] - table["at_most"]).clip(lower=0.0)
    off = above.where(is_direction, table["predicted"] - table["observed"])
    table["off"] = off / table["tolerance"]
    table["within"] = table["off"].abs() <= np.where(is_direction, 0.0, 1.0)
    return PREDICTIONS.from_columns(table)


def _predicted(trial: Trial, n: int, seed: int, model: np.void) -> list[dict]:
    """Return the rows of a trial."""
    values = {
        arm.name: _measured_in(arm, trial.outcome, n, seed, model) for arm in trial.arm
    }
    rows = []
    for endpoint in trial.outcome:
        found, arm = values[endpoint.arm][endpoint], endpoint.arm
        if endpoint.minus:
            # Both arms have the same athletes, so the difference is one of each of them
            # and its spread that of a paired design.
            found = found - values[endpoint.minus][endpoint]
            arm = f"{arm} - {endpoint.minus}"
        rows.append(
            {
                **endpoint.model_dump(),
                "trial": trial.id,
                "arm": arm,
                "outcome": endpoint.measure,
                "week": endpoint.day // DAYS_PER_WEEK + 1,
                "unit": MEASURES[endpoint.measure],
                "predicted": float(mean_in_order(found)),
                "predicted_sd": float(sd_in_order(found)) if n > 1 else nan,
                "is_fitted": trial.is_fitted,
            }
        )
    return rows


def _measured_in(
    arm: Arm, endpoints: Sequence[Endpoint], n: int, seed: int, model: np.void
) -> dict[Endpoint, np.ndarray]:
    """Return the endpoints of an arm, a value per athlete."""
    own = [one for one in endpoints if arm.name in (one.arm, one.minus)]
    average, cv = person_of(arm), model["population_response_cv"]
    athletes = athletes_like(average, n, seed=seed, cv=cv) if n else [average]
    setting = setting_of(plan_of(arm.plan), athletes, model=model)
    options = {"noise": n > 0, "is_compiled": n > 1 and can_compile()}
    rows = []
    for row in range(len(athletes)):
        run = trace(setting, row=row, seed=seed, athlete_number=row, **options)
        rows.append([_measured(setting, run, one) for one in own])
    return dict(zip(own, np.transpose(rows), strict=True))


def _measured(setting: Setting, run: Trace, endpoint: Endpoint) -> float:
    """Return what is measured in one athlete; see `Endpoint`."""
    if endpoint.measure == "gain_pct":
        capacity = capacity_on(setting, run, endpoint.exercise, endpoint.day)
        return 100.0 * (capacity - 1.0)
    e = setting.exercises.index(endpoint.exercise)
    done = setting.plan.slots["exercise"][run.sets["slot"], 0]
    sets = run.sets[(done == e) & (run.sets["day"] <= endpoint.day)]
    days, first = np.unique(sets["day"], return_index=True)
    loads_kg = sets["load_kg"][first]
    is_step = np.diff(loads_kg) > 0
    if endpoint.measure == "steps":
        return float(is_step.sum())
    if endpoint.measure == "load_kg":
        return float(loads_kg[-1])
    stalled = [*days[:-1][~is_step], days[-1] + DAYS_PER_WEEK]
    return float(stalled[0] // DAYS_PER_WEEK + 1)


def capacity_on(setting: Setting, run: Trace, exercise: str, day: int) -> float:
    """Return the capacity of a lift on a morning, as a share of the baseline."""
    # 1 + familiarity + skill + sum over muscles of weight x (adaptation - fatigue),
    # the mean of both sides.
    e = setting.exercises.index(exercise)
    weight = setting.plan.exercises["weight"][e]
    muscles, lift = run.muscles[day], run.lifts[day, e]
    adapted = muscles["adaptation"] - muscles["fatigue"]
    learned = lift["skill"] + lift["familiarity"]
    muscle = sum_in_order(weight[:, None] * adapted)
    return float(mean_in_order(1.0 + learned + muscle))
