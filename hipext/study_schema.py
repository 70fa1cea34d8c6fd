"""JSON Schemas of population, sweep and search files, and of all kinds by name."""

from collections.abc import Callable

from hipext.knobs import KNOBS
from hipext.outcomes import OUTCOMES
from hipext.plan_schema import (
    Schema,
    athlete_schema,
    plan_schema,
    say_lifts,
    schema_of,
)
from hipext.population import Population
from hipext.sweep_file import SearchSpec, SweepSpec

_STUDY_FILE = """
The file is TOML. It needs an athlete, or a population and the number of persons to draw
from it. In [vary], a name is a knob, athlete.PATH for a value of every person,
parameter.ID for a constant, or the dotted path of a value of the plan."""
_VARIED = {"$ref": "#/$defs/Varied"}
_ONE_PERSON = {"required": ["athlete"], "not": {"required": ["population"]}}
_PEOPLE = {"required": ["population", "persons"], "not": {"required": ["athlete"]}}
_IN_A_LIST = ["string", "number", "boolean", "array", "object"]  # TOML but for dates


def population_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of population files.

    What it cannot say, `read_population` checks: whether the shares of all groups
    make 1, and whether a person that is named is there.
    """
    schema = schema_of(Population, "hipext population")
    say_lifts(schema["$defs"]["Athlete"])
    athlete = schema["properties"]["athlete"]
    athlete["anyOf"] = [{"$ref": athlete.pop("$ref")}, {"type": "string"}]
    return schema


def sweep_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of sweep files.

    What it cannot say, `read_sweep_file` checks: whether names and values can be set
    in the plan, whether ranges and sizes fit the design, and whether files are there.

    Examples
    --------
    >>> sweep_schema()["required"]
    ['format', 'name', 'plan', 'vary']
    """
    schema = _study(SweepSpec, "hipext sweep")
    schema["$defs"]["Design"] |= {
        "if": {"properties": {"kind": {"const": "grid"}}},
        "then": {"not": {"required": ["n"]}},
        "else": {"required": ["n"]},
    }
    return schema


def search_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of search files; see `sweep_schema`."""
    schema = _study(SearchSpec, "hipext search")
    for key in ("goals", "limits"):
        schema["properties"][key]["propertyNames"] = {"enum": [*OUTCOMES]}
    limit = schema["$defs"]["Limit"]
    limit["anyOf"] = [{"required": ["at_most"]}, {"required": ["at_least"]}]
    limit["properties"]["of"]["pattern"] = "^(mean|p[1-9][0-9]?)$"
    return schema


def _study(model: type[SweepSpec | SearchSpec], title: str) -> Schema:
    """Return what sweeps and searches have in common."""
    schema = schema_of(model, title)
    schema["description"] += _STUDY_FILE.replace("\n", " ")
    schema["oneOf"] = [_ONE_PERSON, _PEOPLE]
    schema["properties"]["vary"] |= {
        "minProperties": 1,
        "properties": {
            knob.name: {"description": f"{knob.meaning}: {knob.values}.", **_VARIED}
            for knob in KNOBS.values()
        },
        "additionalProperties": _VARIED,
    }
    ends = [{"required": ["low"]}, {"required": ["high"]}]
    schema["$defs"]["Varied"] = {
        "description": "Values in a list, a range, or a table for a path with dots.",
        "anyOf": [
            {"type": "array", "minItems": 1, "items": {"type": _IN_A_LIST}},
            {"$ref": "#/$defs/Range"},
            {
                "type": "object",
                "minProperties": 1,
                "not": {"anyOf": ends},
                "additionalProperties": _VARIED,
            },
        ],
    }
    return schema


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "plan": plan_schema,
    "athlete": athlete_schema,
    "population": population_schema,
    "sweep": sweep_schema,
    "search": search_schema,
}
