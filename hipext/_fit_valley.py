"""Tests of one person, the best fit to them, and how other constants meet them."""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
import pandas as pd

from hipext._design import Problem, Solved, columns_at, evaluated, shape_at, solved
from hipext._profile import limit_of
from hipext._search import Screen, deviances_of
from hipext.calibration import Fit, fit
from hipext.response import Banister

LEVEL = 0.95  # of the region of all constants together
_N_STEPS = 100  # of the map, on each side

# The person and the weeks of the notebook 09_fit_your_own_data.
_SEED = 2024
_WEEK = (60.0, 0.0, 60.0, 0.0, 60.0, 60.0, 0.0)  # load, a.u. per day
_SIZES = (  # of the weeks
    *[0.5] * 4,
    *[1.0] * 3,
    *[0.4],
    *[1.2] * 4,
    *[0.3] * 2,
    *[1.1] * 4,
    *[0.4],
    *[1.3] * 5,
    *[0.3] * 2,
)
PERSON = Banister(
    baseline=100.0,  # kg
    fitness_gain=0.02,  # kg per a.u.
    fitness_tau=42.0,  # days
    fatigue_gain=0.05,  # kg per a.u.
    fatigue_tau=8.0,  # days
)


@dataclass(frozen=True, eq=False)
class Tested:
    """Tests of one person by the day, with their best fit and its surroundings."""

    load: pd.Series
    found: Fit
    unit: str
    truth: Banister | None
    """What the tests were made with, where they were made."""

    @property
    def problem(self) -> Problem:
        """The tests as a problem to search."""
        return self.found.problem

    @cached_property
    def best(self) -> Solved:
        """The best fit, with the errors it makes."""
        return self.met_by(self.found.model)

    @cached_property
    def best_curve(self) -> np.ndarray:
        """Performance of every day by the best fit."""
        return self.found.respond(self.load)["performance"].to_numpy()

    @cached_property
    def limit(self) -> float:
        """Deviance above the best up to which constants are in the region."""
        return limit_of(self.problem, LEVEL, together=len(self.problem.free))

    @cached_property
    def valley(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Time constants, and the least RMSE that each pair allows, times the best.

        Three arrays: of fitness and of fatigue (days), and of the RMSE with gains and
        baseline at their best.
        """
        steps = np.linspace(0.0, 1.0, _N_STEPS)
        points = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1)
        points = points.reshape(-1, 2)  # fitness, then fatigue as a share of its room
        taus = shape_at(self.problem, points)
        screen = Screen(points=points, columns=columns_at(self.problem, taus))
        deviances = deviances_of(self.problem, screen)
        rises = deviances - self.best.deviance
        times = np.exp(rises / (2 * len(self.problem.tests)))
        square = (_N_STEPS, _N_STEPS)
        return (
            taus["fitness_tau"].reshape(square),
            taus["fatigue_tau"].reshape(square),
            times.reshape(square),
        )

    @property
    def times_of_limit(self) -> float:
        """How many times the best RMSE the region goes to; infinite for few tests."""
        return float(np.exp(self.limit / (2 * len(self.problem.tests))))

    def met_by(self, model: Banister) -> Solved:
        """Return how a model meets the tests."""
        names = self.problem.bounds
        return evaluated(self.problem, {name: getattr(model, name) for name in names})

    def best_for(self, fitness_tau: float, fatigue_tau: float) -> Banister:
        """Return the model with gains and baseline at their best for time constants."""
        shape = {"fitness_tau": fitness_tau, "fatigue_tau": fatigue_tau}
        return Banister(**solved(self.problem, shape).parameters)

    def rmse(self, met: Solved) -> float:
        """Return the root mean squared error, in the unit of the tests."""
        return sqrt(met.residual @ met.residual / len(met.residual))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model that is set by hand, and how it meets the tests."""

    tested: Tested
    model: Banister
    is_best_for_taus: bool

    @cached_property
    def met(self) -> Solved:
        """The model with the errors that it makes."""
        return self.tested.met_by(self.model)

    @property
    def is_in_region(self) -> bool:
        """Whether the tests cannot tell the model from the best fit."""
        return self.met.deviance - self.tested.best.deviance <= self.tested.limit

    @cached_property
    def curve(self) -> np.ndarray:
        """Performance of every day by the model."""
        return self.model.respond(self.tested.load)["performance"].to_numpy()

    def table(self) -> pd.DataFrame:
        """Return a row per day: load, test, and performance by either model."""
        load, problem = self.tested.load, self.tested.problem
        tests = np.full(len(load), np.nan)
        tests[problem.days] = problem.tests
        return pd.DataFrame(
            {
                "day": np.arange(len(load)),
                "training_load": np.asarray(load, dtype="float64"),
                "test": tests,
                "performance": self.curve,
                "residual": tests - self.curve,
                "performance_of_best_fit": self.tested.best_curve,
            }
        )


def fitted_tests(
    load: pd.Series,
    tests: pd.Series,
    *,
    unit: str = "unit of the tests",
    truth: Banister | None = None,
) -> Tested:
    """Fit tests, and check them, as `calibration.fit` does."""
    options = {"profile": False, "n_bootstrap": 0, "n_blocks": 0, "progress": False}
    found = fit("banister", load, tests, **options)
    return Tested(load=load, found=found, unit=unit, truth=truth)


def example_tests(n_tests: int, error_kg: float) -> Tested:
    """Return tests of the person of notebook 09, spread over 26 weeks.

    Parameters
    ----------
    n_tests : int
        How many.
    error_kg : float
        Standard deviation of the error of a test; results are read to 0.1 kg.
    """
    load = pd.Series([size * today for size in _SIZES for today in _WEEK])
    truth = PERSON.respond(load)["performance"]
    rng = np.random.default_rng(_SEED)
    days = np.linspace(0, len(load) - 1, n_tests).round().astype("int64")
    tests = (truth[days] + rng.normal(0.0, error_kg, n_tests)).round(1)
    return fitted_tests(load, tests, unit="kg", truth=PERSON)
