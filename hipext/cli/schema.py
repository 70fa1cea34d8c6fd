"""JSON Schemas with which a text editor checks plan, athlete and study files."""

from collections.abc import Callable, Iterator
from typing import Any

from hipext.athletes.athlete import Athlete
from hipext.athletes.population import Population
from hipext.files.io import parse_toml
from hipext.files.schema import MASS_PATTERN, FileValue, meanings, models_in
from hipext.files.tables import OUTCOMES
from hipext.plans.edits import KNOBS
from hipext.plans.exercises import read_exercises
from hipext.plans.notation import SETS_PATTERN, TEMPO_PATTERN
from hipext.plans.plan import Plan
from hipext.studies.sweep_file import SearchSpec, SweepSpec

Schema = dict[str, Any]  # JSON
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAN_FILE = """
The file is TOML. A plan has [[phase]] tables; a phase has [[phase.session]] tables; a
session has days and [[phase.session.slot]] tables, one per exercise. What sessions
begin or end with can be a [[block]] with [[block.slot]] tables; sessions of the whole
plan, like daily mobility, are [[session]] with [[session.slot]]. Every session needs
days, its own or those of the plan, and a slot or a block. Names of phases, of blocks
and of the sessions of a phase are used once."""
_MORE = {
    ("Slot", "sets"): """
Sets x repetitions, or x seconds for an exercise that is held; '2-3x' builds from two
sets to three; 'x5min' is minutes; both count per side where one side works at a time.
An exercise with a load needs how hard: @RIR3 (repetitions in reserve), @RPE7, @75% of
the 1RM, @60kg or @135lb. One without a load may have @RIR or nothing.""",
    ("Slot", "ladder"): """
For the rules 'hold' and 'double' without add_kg or add_pct. Every exercise fits sets as
the slot's own does, and is named once.""",
    ("Slot", "progress"): """
'linear' and 'step' add load and need add_kg or add_pct. 'double' and 'hold' need a
range in sets, like 3x8-10 or 3x10-30s; 'double' needs add_kg or add_pct where there is
a load, and neither where there is none. 'wave' needs sets with the first of its
percentages. 'tempo' is for repetitions, 'hold' for holds.""",
}
_STUDY_FILE = """
The file is TOML. It needs an athlete, or a population and n_athletes, the number of
athletes to draw from it. In [vary], a name is a knob, athlete.PATH for a value of every
athlete, parameter.ID for a constant, or the dotted path of a value of the plan."""
_VARIED = {"$ref": "#/$defs/Varied"}
_IN_A_LIST = ["string", "number", "boolean", "array", "object"]  # TOML but for dates


def plan_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of plan files."""
    # Whether sets, tempo and rule fit the exercise, weeks the plan, and names each
    # other, no schema can say: `read_plan` checks it.
    schema = _schema_of(Plan, "hipext plan")
    schema["description"] += _PLAN_FILE.replace("\n", " ")
    one_exercise, one_tempo = {"enum": _words()}, {"pattern": TEMPO_PATTERN}
    more = {
        "exercise": one_exercise,
        "ladder": {"items": one_exercise},
        "sets": {"pattern": SETS_PATTERN},
        "tempo": one_tempo,
    }
    for owner, key, field in _properties(schema):
        field["description"] += _MORE.get((owner, key), "").replace("\n", " ")
        field |= more.get(key, {})
        if key == "tempos":
            field["items"] |= one_tempo
        if key.endswith("_fraction"):
            field |= {"minimum": field.pop("ge"), "maximum": 1}
        if key == "weeks" and field["type"] == "array":
            field["items"]["minimum"] = 1
    return schema


def athlete_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of athlete files."""
    schema = _schema_of(Athlete, "hipext athlete")
    _add_lifts(schema)
    return schema


def population_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of population files."""
    schema = _schema_of(Population, "hipext population")
    _add_lifts(schema["$defs"]["Athlete"])
    # The average athlete is written out, or named as a shipped one.
    athlete = schema["properties"]["athlete"]
    athlete["anyOf"] = [{"$ref": athlete.pop("$ref")}, {"type": "string"}]
    return schema


def sweep_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of sweep files."""
    schema = _study(SweepSpec, "hipext sweep")
    # A grid has every combination; all other designs need their size n.
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
    # A limit of the mean, or of a percentile of the athletes, from 1 to 99.
    limit = schema["$defs"]["Limit"]
    limit["anyOf"] = [{"required": ["at_most"]}, {"required": ["at_least"]}]
    limit["properties"]["of"]["pattern"] = "^(mean|p[1-9][0-9]?)$"
    return schema


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "plan": plan_schema,
    "athlete": athlete_schema,
    "population": population_schema,
    "sweep": sweep_schema,
    "search": search_schema,
}


def _study(model: type[SweepSpec | SearchSpec], title: str) -> Schema:
    """Return what the schemas of sweeps and searches have in common."""
    schema = _schema_of(model, title)
    schema["description"] += _STUDY_FILE.replace("\n", " ")
    schema["oneOf"] = [
        {"required": ["athlete"], "not": {"required": ["population"]}},
        {"required": ["population", "n_athletes"], "not": {"required": ["athlete"]}},
    ]
    schema["properties"]["vary"] |= {
        "minProperties": 1,
        "properties": {
            knob.name: {"description": f"{knob.meaning}: {knob.values}.", **_VARIED}
            for knob in KNOBS.values()
        },
        "additionalProperties": _VARIED,
    }
    # A table with low or high is a range; any other continues the path of its name.
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


def _schema_of(model: type[FileValue], title: str) -> Schema:
    """Return the JSON Schema that pydantic makes of a model, as editors want it."""
    schema = {"$schema": DIALECT, **model.model_json_schema(), "title": title}
    owners = {one.__name__: one for one in _models_below(model)}
    for owner, part in [(model.__name__, schema), *schema["$defs"].items()]:
        words = meanings(owners[owner])
        for key, given in part["properties"].items():
            text = {"description": words[key]} if key in words else {}
            field = _without_null(dict(sorted({**given, **text}.items())))
            is_mass = key.endswith("_kg") and field["type"] == "number"
            part["properties"][key] = _mass(field) if is_mass else field
    for owner, key, field in _properties(schema):
        # pydantic adds titles, and the discriminator of OpenAPI, to every field.
        field.pop("title", None)
        field.pop("discriminator", None)
        model_name = field.get("$ref", "").rpartition("/")[2]
        if model_name:
            field.setdefault("description", schema["$defs"][model_name]["description"])
        if key == "rule":
            field["description"] = schema["$defs"][owner]["description"]
        if "examples" in field:
            field["examples"] = [
                parse_toml(f"x = {text}", source="an example")["x"]
                for text in field["examples"]
            ]
    return schema


def _models_below(model: type[FileValue]) -> set[type[FileValue]]:
    """Return a model and all models that its fields are made of."""
    found, waiting = set(), {model}
    while waiting:
        found |= waiting
        fields = [field for one in waiting for field in one.model_fields.values()]
        waiting = {one for field in fields for one in models_in(field.annotation)}
        waiting -= found
    return found


def _properties(schema: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Yield owner, key and schema of every property; the owner of the top is ""."""
    for owner, part in [("", schema), *schema.get("$defs", {}).items()]:
        for key, field in part.get("properties", {}).items():
            yield owner, key, field


def _without_null(field: Schema) -> Schema:
    """Return a property as a TOML file can have it: there, or left out."""
    # TOML has no null: what may be None in Python is an optional key there.
    field = dict(field)
    if field.get("default", ...) is None:
        del field["default"]
    options = [one for one in field.get("anyOf", []) if one != {"type": "null"}]
    if len(options) == 1:
        del field["anyOf"]
        return options[0] | field
    return field


def _add_lifts(athlete: Schema) -> None:
    """Add which exercises a 1RM can be given for, and how it is written."""
    one_rm_kg = athlete["properties"]["one_rm_kg"]
    one_rm_kg["propertyNames"] = {"enum": _words(needs_one_rm=True)}
    one_rm_kg["additionalProperties"] = _mass(one_rm_kg["additionalProperties"])


def _mass(field: Schema) -> Schema:
    """Return a mass as a file can have it: a number of kg, or a text with its unit."""
    number = {key: value for key, value in field.items() if key != "title"}
    words = {x: number.pop(x) for x in ("description", "examples") if x in number}
    return {**words, "anyOf": [number, {"type": "string", "pattern": MASS_PATTERN}]}


def _words(*, needs_one_rm: bool = False) -> list[str]:
    """Return the ids of exercises, then the other names that files may use."""
    exercises = [*read_exercises().values()]
    if needs_one_rm:
        exercises = [one for one in exercises if one.needs_one_rm]
    aliases = [word for one in exercises for word in (one.name, *one.aliases)]
    return list(dict.fromkeys([*(one.id for one in exercises), *aliases]))
