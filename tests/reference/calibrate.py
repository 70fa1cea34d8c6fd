"""Fit constants of the day loop to the published trials and write them to their file.

``python tests/reference/calibrate.py`` searches from the guesses below and rewrites the
values in data/parameters.toml; everything else of that file stays. With ``--check`` it
says instead whether the shipped values are those of a search that has ended, with
``--without TRIAL`` how well a search without a trial predicts it.

What is made small is the sum of ((predicted - observed) / tolerance)**2 over all
outcomes of all fitted trials, by the average person without chance, and one more for
each that is not near enough; what is `plausible` but in no trial counts by how far it
lies outside its limits; and a weak pull keeps constants that no trial decides near
their guess.
"""

import argparse
import re
from collections.abc import Mapping

import numpy as np

from hipext.athletes.athlete import Athlete
from hipext.files.io import data_dir
from hipext.files.parameters import parameter, shipped_model
from hipext.files.tables import MUSCLES
from hipext.plans.plan_file import check_plan
from hipext.simulation.run import setting_of, trace
from hipext.studies.trials import (
    capacity_on,
    person_of,
    plan_of,
    predicted_and_observed,
    read_trials,
)

SEEDS = (0, 1)  # of the order in which constants are tried
GUESS = {  # rounded from an earlier search; from far off it ends at other valleys
    "familiarity.size": 0.15,
    "familiarity.sessions": 1.8,
    "muscle.gain": 0.024,
    "muscle.ceiling_untrained": 0.42,
    "muscle.ceiling_trained": 0.09,
    "skill.gain": 0.024,
    "skill.ceiling_untrained": 0.3,
    "skill.ceiling_trained": 0.04,
    "fatigue.gain": 0.0055,
    "dose.crowding": 0.5,
}
DERIVED = {
    "novice": 1 / 3,
    "intermediate": 2 / 3,
}  # of the way from untrained to trained
PULL = 0.05  # of a constant that is e times its guess
STEPS = (0.08, 0.04, 0.02, 0.01)  # of the logarithm of a constant
LEAST_GAIN = 1e-4
REST_GAIN = 0.05
DIGITS = 3  # that are written

KEEPING = {
    "format": 1,
    "name": "Twelve weeks of building, thirteen of keeping",
    "phase": [
        {
            "name": name,
            "weeks": weeks,
            "session": [
                {
                    "name": name,
                    "days": days,
                    "slot": [
                        {
                            "exercise": "deadlift",
                            "sets": sets,
                            "rest_s": 180,
                            "progress": {"rule": "linear", "add_pct": 2.5},
                        }
                    ],
                }
            ],
        }
        for name, weeks, days, sets in (
            ("build", 12, ["mon", "wed", "fri"], "3x8 @RIR2"),
            ("keep", 13, ["mon", "thu"], "2x8 @RIR2"),
        )
    ],
}
LIMITS = {  # lowest, highest, and what counts as far outside
    "fatigue_pct": (3.0, 6.0, 1.0),
    "kept_pct": (90.0, 1000.0, 5.0),
    "lost_in_two_weeks_pct": (0.0, 5.0, 1.0),
}


def plausible(model: np.void) -> dict[str, float]:
    """Return what is known from no trial here, but must not be absurd.

    Mean fatigue of the front of the thigh on mornings after three hard sets of two
    exercises, three times a week; share of a gain kept by four sets a week for 13
    weeks; strength lost in two weeks without training.
    """
    arm = read_trials()[0].arm[1]
    tired = _mornings_after(model, person_of(arm), arm.plan)
    plan = check_plan(KEEPING, source="keeping")
    stays = person_of(read_trials()[1].arm[0])
    away = stays.model_copy(update={"missed_weeks": (13, 14)})
    setting = setting_of(plan, [stays, away], model=model)
    kept, lost = (trace(setting, row=row, noise=False) for row in (0, 1))
    built, at_end = (capacity_on(setting, kept, "deadlift", day) for day in (83, 174))
    after = capacity_on(setting, lost, "deadlift", 97)
    return {
        "fatigue_pct": 100.0 * tired,
        "kept_pct": 100.0 * (at_end - 1.0) / (built - 1.0),
        "lost_in_two_weeks_pct": 100.0 * (1.0 - after / built),
    }


def _mornings_after(model: np.void, athlete: Athlete, name: str) -> float:
    setting = setting_of(plan_of(name), [athlete], model=model)
    lived = trace(setting, noise=False)
    days = np.unique(lived.sets["day"]) + 1
    fatigue = lived.muscles["fatigue"][days, MUSCLES.index("quadriceps")]
    return float(fatigue.mean())


def all_constants(fitted: Mapping[str, float]) -> dict[str, float]:
    """Return the fitted constants and those between two of them."""
    between = {
        f"{part}.ceiling_{status}": fitted[f"{part}.ceiling_untrained"] ** (1 - way)
        * fitted[f"{part}.ceiling_trained"] ** way
        for part in ("muscle", "skill")
        for status, way in DERIVED.items()
    }
    return {name: rounded(value) for name, value in {**fitted, **between}.items()}


def rounded(value: float) -> float:
    """Return a value as it is written."""
    return float(f"{value:.{DIGITS}g}")


def model_of(fitted: Mapping[str, float]) -> np.void:
    """Return the constants of the day loop with other fitted ones."""
    changes = all_constants(fitted).items()
    return shipped_model(**{name.replace(".", "_"): value for name, value in changes})


def objective(fitted: Mapping[str, float], *, without: str = "") -> float:
    """Return how far predictions are off, a trial left out; see the top."""
    model = model_of(fitted)
    table = predicted_and_observed(n=0, model=model)
    table = table[table["is_fitted"] & (table["trial"] != without)]
    sums = (table["off"] ** 2).sum() + (~table["within"]).sum()
    for name, value in plausible(model).items():
        low, high, scale = LIMITS[name]
        sums += (max(low - value, value - high, 0.0) / scale) ** 2
    pulls = [np.log(fitted[name] / guess) for name, guess in GUESS.items()]
    return float(sums + PULL * np.square(pulls).sum())


def search(
    start: Mapping[str, float], *, seed: int, without: str = ""
) -> dict[str, float]:
    """Return the end of a search: ever smaller steps of one constant at a time."""
    rng = np.random.default_rng(seed)
    best, least = dict(start), objective(start, without=without)
    for step in STEPS:
        has_moved = True
        while has_moved:
            has_moved = False
            for name in rng.permutation(list(best)):
                for tried in neighbours(best, str(name), step):
                    found = objective(tried, without=without)
                    if found < least - LEAST_GAIN:
                        best, least, has_moved = tried, found, True
                        break
    return best


def neighbours(fitted: Mapping[str, float], name: str, step: float) -> list[dict]:
    """Return what is one step of a constant away, up and down."""
    return [
        {**fitted, name: rounded(fitted[name] * np.exp(way))} for way in (step, -step)
    ]


def is_at_rest(fitted: Mapping[str, float]) -> bool:
    """Return whether no smallest step of one constant makes the objective much smaller.

    A little is left free for changes of other constants, as of pain or technique.
    """
    least = objective(fitted) - REST_GAIN
    return all(
        objective(tried) >= least
        for name in fitted
        for tried in neighbours(fitted, name, STEPS[-1])
    )


def shipped() -> dict[str, float]:
    """Return the shipped values of the fitted constants."""
    return {name: parameter(name) for name in GUESS}


def written(text: str, values: Mapping[str, float]) -> str:
    """Return the text of a parameter file with other values."""
    for name, value in values.items():
        row = rf'(id = "{re.escape(name)}"\nvalue = )\S+'
        text, n = re.subn(row, rf"\g<1>{value}", text)
        if n != 1:
            raise ValueError(
                f"{name} stands {n} times in the parameter file; not once."
            )
    return text


def main() -> None:
    """Search and write, check, or predict a trial from the others."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--without", help="fit to the other trials; write nothing")
    given = parser.parse_args()
    if given.check:
        print(f"objective {objective(shipped()):.4f}, at rest: {is_at_rest(shipped())}")
    elif given.without:
        found = search(GUESS, seed=SEEDS[0], without=given.without)
        table = predicted_and_observed(n=0, model=model_of(found))
        shown = ["arm", "outcome", "exercise", "week", "observed", "predicted", "off"]
        print(table.loc[table["trial"] == given.without, shown].round(1).to_string())
    else:
        found = [search(GUESS, seed=seed) for seed in SEEDS]
        print(*(f"{objective(one):.4f} {one}" for one in found), sep="\n")
        best = min(found, key=objective)
        print(f"objective {objective(best):.4f}, at rest: {is_at_rest(best)}")
        path = data_dir() / "parameters.toml"
        text = written(path.read_text("utf-8"), all_constants(best))
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
