"""Checks of the values read from files, with errors in plain words; units of mass."""

import ast
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from typing import Annotated, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hipext.files.checks import (
    LINE_PATTERN,
    MAX_DEPTH,
    MAX_WHOLE,
    TEXT_PATTERN,
    InputError,
    PlanError,
    did_you_mean,
    excerpt,
    place,
    text_problem,
)

_LIST = 'a list in square brackets, like [1, 2] or ["a", "b"]'
_TABLE = "a table of values, like { key = 1 }"
_KINDS = {
    "int": "a whole number, like 2",
    "float": "a number, like 2.5",
    "finite": "a finite number, like 2.5",
    "string": 'text in quotes, like "abc"',
    "bool": "true or false",
    "tuple": _LIST,
    "list": _LIST,
    "dict": _TABLE,
    "mapping": _TABLE,
    "model": _TABLE,
}
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
KG_PER_LB = Decimal("0.45359237")  # exactly: international agreement of 1959
KG_PER_UNIT = {"kg": Decimal(1), "lb": KG_PER_LB, "lbs": KG_PER_LB}
MASS_PATTERN = (
    r"^\s*([0-9]{1,6}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})\s*([kK][gG]|[lL][bB][sS]?)\s*$"
)

# Texts of users end in tables, pages and terminals: nothing in them may be hidden.
Text = Annotated[str, Field(pattern=TEXT_PATTERN)]
Line = Annotated[str, Field(pattern=LINE_PATTERN)]
Name = Annotated[Line, Field(min_length=1, max_length=80)]
# JSON has no infinite numbers: records have them as texts.
RecordedNumber = Annotated[
    float,
    Field(allow_inf_nan=True),
    BeforeValidator(lambda x: float(x) if x in ("inf", "-inf") else x),
]


class FileValue(BaseModel):
    """A checked, frozen value of a file; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,  # the text "2" and true are not the number 2
        allow_inf_nan=False,
    )


class RecordPart(FileValue):
    """What a record must have for a rerun; what else is in it is reported later."""

    model_config = ConfigDict(extra="ignore")


Model = TypeVar("Model", bound=FileValue)


def check_values(
    model: type[Model],
    values: Mapping,
    *,
    source: str,
    context: object = None,
    more_problems: Sequence[str] = (),
) -> Model:
    """Return `values` as a checked, frozen `model`, or raise all problems at once.

    Validators look things up in `context`; `more_problems` were found by looking at
    several values at once.
    """
    problems = list(more_problems)
    try:
        values = frozen(values)
    except RecursionError:
        problem = f"it is nested more than {MAX_DEPTH} deep. Write it flatter."
        raise PlanError(source, [problem]) from None
    try:
        checked = model.model_validate(values, context=context)
    except ValidationError as error:
        problems[:0] = [
            f"{_place_of(problem, values)}: {_sentence(problem, model)}"
            for problem in error.errors(include_url=False)
            # pydantic leaves out items that it refuses before it counts them: a list
            # may only seem short because its items have problems.
            if problem["type"] != "too_short"
            or len(problem["input"]) < problem["ctx"]["min_length"]
        ]
    if problems:
        raise PlanError(source, problems)
    return checked


def frozen(value: object) -> object:
    """Return a value with tuples for its lists, also within its tables."""
    if isinstance(value, Mapping):
        return {key: frozen(inner) for key, inner in value.items()}
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else value


def _place_of(problem: Mapping, values: Mapping) -> str:
    keys = tuple(key for key in problem["loc"] if key != "[key]")  # pydantic's word
    names_its_key = problem["type"] in ("missing", "extra_forbidden")
    return place(values, keys[:-1] if names_its_key else keys)


def _sentence(problem: Mapping, model: type[FileValue]) -> str:
    kind, given, context = problem["type"], problem["input"], problem.get("ctx", {})
    *keys, key = problem["loc"] or [""]  # empty: the whole file
    match kind:
        case "missing" if isinstance(key, int):  # of a list of so many items
            return f"must have more than {key} item(s); got {_given(given)}."
        case "missing":
            return f"{key!r} is missing.{_example(problem, model)}"
        case "extra_forbidden":
            known = list(_model_at(model, keys).model_fields)
            guess = did_you_mean(key, known)
            return f"{key!r} is not a known key; known are {', '.join(known)}.{guess}"
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"must be {_one_of(context['expected'], given)}"
        case "union_tag_invalid":
            # The given value is the table; its rule is the word that is wrong.
            return f"rule must be {_one_of(context['expected_tags'], context['tag'])}"
        case "union_tag_not_found":
            return "'rule' is missing. Write, for example, rule = \"linear\"."
        case "string_pattern_mismatch":
            pattern = context["pattern"]
            if pattern in (TEXT_PATTERN, LINE_PATTERN):
                return text_problem(given, is_line=pattern == LINE_PATTERN)
            return f"must have the form {pattern}; got {_given(given)}."
        case "string_unicode":
            return text_problem(given, is_line=False)
    if kind in _BOUNDS:
        key, word = _BOUNDS[kind]
        return f"must be {word} {context[key]}; got {_given(given)}."
    if kind.endswith(("too_short", "too_long")):
        is_short = kind.endswith("short")
        key, word = ("min_length", "least") if is_short else ("max_length", "most")
        unit = "character(s)" if isinstance(given, str) else "item(s)"
        return f"must have at {word} {context[key]} {unit}; got {len(given)}."
    return _wrong_kind(problem, model)


def _one_of(allowed: str, given: object) -> str:
    """Return the allowed words, which pydantic writes as ``'a', 'b' or 'c'``."""
    options = re.findall(r"'[^']*'|\d+", allowed)
    words = [option.strip("'") for option in options if option.startswith("'")]
    one_of = "one of " if len(options) > 1 else ""
    guess = did_you_mean(given, words)
    return f"{one_of}{', '.join(options)}; got {_given(given)}.{guess}"


def _wrong_kind(problem: Mapping, model: type[FileValue]) -> str:
    """Return what kind of value is wanted, in the words of a TOML file."""
    kind = problem["type"].split("_")[0]
    # A table where a list of tables belongs comes from a header with one bracket.
    *_, key = keys = problem["loc"]
    given = problem["input"]
    field = _model_at(model, keys[:-1]).model_fields.get(key)
    if kind == "tuple" and field and models_in(field.annotation):
        return (
            f"must be a list of tables; got {_given(given)}. "
            f"Write its header with two brackets, like {_header(keys)}."
        )
    wanted = _KINDS.get(kind, "another kind of value")
    is_number = isinstance(given, str) and re.fullmatch(r"-?\d+(\.\d+)?", given)
    is_quoted = is_number and kind in ("int", "float")
    hint = f" Write {given} without quotes." if is_quoted else ""
    return f"must be {wanted}; got {_given(given)}.{hint}"


def _given(given: object) -> str:
    """Return the value as written, with its kind where that is the mistake."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, int) and abs(given) > MAX_WHOLE:  # maybe too long to write
        return "a whole number beyond 64 bits"
    if isinstance(given, Mapping):
        return f"a table with {excerpt(', '.join(map(str, given)) or 'nothing')}"
    if isinstance(given, tuple | list):
        return f"the list {excerpt(repr(list(given)))}"
    return excerpt(repr(given) if isinstance(given, str) else str(given))


def _example(problem: Mapping, model: type[FileValue]) -> str:
    key = problem["loc"][-1]
    owner = _model_at(model, problem["loc"][:-1])
    field = owner.model_fields[key]
    if field.examples:
        return f" Write, for example, {key} = {field.examples[0]}"
    if get_origin(field.annotation) is tuple and models_in(field.annotation):
        return f" Write at least one table with the header {_header(problem['loc'])}."
    return f" Write {key} = ... ({meanings(owner).get(key, '').strip('.')})."


def _header(keys: Sequence[str | int]) -> str:
    """Return the header of the list of tables that `keys` lead to, in full."""
    return f"[[{'.'.join(key for key in keys if isinstance(key, str))}]]"


def _model_at(model: type[FileValue], keys: Sequence[str | int]) -> type[FileValue]:
    """Return the model that `keys` lead to from `model`."""
    # A key leads to the models of its field, several for a union. A tag of the union
    # narrows them to one; without a tag the first one stands for all.
    models = [model]
    for key in keys:
        if isinstance(key, int):
            continue
        fields = [one.model_fields[key] for one in models if key in one.model_fields]
        inner = [part for field in fields for part in models_in(field.annotation)]
        tagged = [part for part in models if key in _tags(part)]
        models = tagged or inner or models
    return models[0]


def meanings(model: type[FileValue]) -> dict[str, str]:
    """Return what each field of a model means: the text below it in its module."""
    # With use_attribute_docstrings pydantic would look these up whenever a model is
    # defined, at every start; few commands need them.
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, FileValue):
            found |= _texts_below_fields(one.__module__).get(one.__name__, {})
    return found


@cache
def _texts_below_fields(module: str) -> dict[str, dict[str, str]]:
    """Return the texts below fields in a module by class and field."""
    source = ""
    with suppress(OSError):  # there may be compiled modules alone
        source = getsource(sys.modules[module])
    return {
        one.name: {
            field.target.id: cleandoc(text.value.value)
            for field, text in pairwise(one.body)
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
        }
        for one in ast.parse(source).body
        if isinstance(one, ast.ClassDef)
    }


def _tags(model: type[FileValue]) -> tuple:
    rule = model.model_fields.get("rule")
    return get_args(rule.annotation) if rule else ()


def models_in(annotation: object) -> list[type[FileValue]]:
    """Return the models that a type is made of, such as those of a union."""
    if isinstance(annotation, type) and issubclass(annotation, FileValue):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def kg(number: str, unit: str) -> float:
    """Return a mass in kg, the float nearest to the exact product."""
    # Decimal: 154 x 0.45359237 in floats is off in the last place.
    return float(Decimal(number) * KG_PER_UNIT[unit.lower()])


def as_kg(given: object) -> object:
    """Return a text like ``"154 lb"`` in kg, and everything else as it is."""
    if not isinstance(given, str):
        return given
    match = re.fullmatch(MASS_PATTERN, given)
    if match:
        return kg(*match.groups())
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{0,12})?", given):
        raise InputError(
            f"has no unit; got {given!r}. Write {given} without quotes for kg, or "
            f'"{given} lb".'
        )
    raise InputError(
        f"must be a number of kg, like 2.5, or a text with the unit kg or lb, like "
        f'"5 lb"; got {given[:60]!r}.'
    )


def mass(**bounds: float) -> object:
    """Return the type of a mass in kg within bounds, such as ``gt=0, le=20``."""
    return Annotated[float, Field(**bounds), BeforeValidator(as_kg)]
