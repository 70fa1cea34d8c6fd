"""What a sweep file varies, tried on the plan and the person that it names."""

from collections.abc import Iterator, Mapping

from hipext._checks import PlanError
from hipext._varied import Range, Varied
from hipext.athlete import Athlete, read_athlete
from hipext.plan_file import read_plan
from hipext.population import read_population
from hipext.whatif import changed_athlete, scenario_of


def change_problems(
    located: Mapping[str, str], vary: Mapping[str, Varied]
) -> Iterator[str]:
    """Yield why values cannot be set in a plan or person, each tried by itself.

    Parameters
    ----------
    located : Mapping[str, str]
        Where the plan is, and the athlete or population.
    vary : Mapping
        Values or range by name.
    """
    plan, person = read_plan(located["plan"]), _average(located)
    for name, varied in vary.items():
        texts = []
        for value in varied.ends if isinstance(varied, Range) else varied:
            try:
                scenario = scenario_of(plan, {name: value})
                if person is not None:
                    changed_athlete(person, scenario.athlete)
            except PlanError as error:
                texts += error.problems
            except ValueError as error:
                texts.append(str(error))
        yield from (f"vary, {name}: {text}" for text in dict.fromkeys(texts))


def _average(located: Mapping[str, str]) -> Athlete | None:
    """Return the person of a file that is named, or the average one."""
    if "population" in located:
        return read_population(located["population"]).athlete
    return read_athlete(located["athlete"]) if "athlete" in located else None
