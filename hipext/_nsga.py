"""The genetic search of optuna, asked for trials and told what came of them."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from hipext._front import all_excesses
from hipext._varied import Range, Varied
from hipext.sweep_file import Limit

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import NSGAIISampler

_NEARNESS = 5.0  # of mutants to their parents; came nearer to known fronts than 20
_WAYS = {"highest": "maximize", "lowest": "minimize"}


def study_of(goals: Mapping[str, str], generation: int, seed: int) -> "Study":
    """Return a study in memory; its greeting is not logged."""
    import optuna

    loudness = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            directions=[_WAYS[way] for way in goals.values()],
            sampler=_sampler(generation, seed),
        )
    finally:
        optuna.logging.set_verbosity(loudness)


def _sampler(generation: int, seed: int) -> "NSGAIISampler":
    """Return NSGA-II with the operators of its paper, not those usual in optuna.

    With those, a mutant is drawn from the whole range: chance alone for one name.
    """
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import NSGAIISampler
    from optuna.samplers.nsgaii import PolynomialMutation, SBXCrossover

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return NSGAIISampler(
            population_size=generation,
            crossover=SBXCrossover(),
            mutation=PolynomialMutation(eta=_NEARNESS),
            seed=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        )


def distributions_of(space: Mapping[str, Varied]) -> dict[str, "BaseDistribution"]:
    """Return what is varied in the words of optuna; of a list, places."""
    from optuna import distributions

    found = {}
    for name, varied in space.items():
        if not isinstance(varied, Range):
            places = range(len(varied))
            found[name] = distributions.CategoricalDistribution([*places])
        elif varied.whole:
            found[name] = distributions.IntDistribution(*varied.ends)
        else:
            found[name] = distributions.FloatDistribution(*varied.ends)
    return found


def changes_of(
    space: Mapping[str, Varied], params: Mapping[str, float]
) -> dict[str, object]:
    """Return what a trial of the search sets, by name."""
    return {
        name: params[name] if isinstance(varied, Range) else varied[params[name]]
        for name, varied in space.items()
    }


def tell(
    study: "Study",
    trial: "Trial",
    values: Mapping[str, float],
    goals: Mapping[str, str],
    limits: Mapping[str, Limit],
) -> None:
    """Tell a study what came of a trial; one that cannot be is told as failed."""
    from optuna.trial import TrialState

    if np.isnan([*values.values()]).any():
        study.tell(trial, state=TrialState.FAIL)
        return
    for name, excess in all_excesses(values, limits).items():
        trial.set_constraint(name, excess)
    study.tell(trial, [values[goal] for goal in goals])
