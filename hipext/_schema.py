"""What is read from files: frozen pydantic models and their errors in plain words."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from hipext._checks import PlanError, did_you_mean


class FileValue(BaseModel):
    """A checked, frozen value of a file; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=False,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )


Model = TypeVar("Model", bound=FileValue)

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "string": 'text in quotes, like "abc"',
    "bool": "true or false",
    "tuple": "a list in square brackets, like [1, 2]",
    "list": "a list in square brackets, like [1, 2]",
    "dict": "a table of values, like { key = 1 }",
    "mapping": "a table of values, like { key = 1 }",
    "model": "a table of values, like { key = 1 }",
}
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}


def check_values(
    model: type[Model],
    values: Mapping,
    *,
    source: str,
    context: object = None,
    more_problems: Sequence[str] = (),
) -> Model:
    """Return `values` as a checked, frozen `model`.

    Parameters
    ----------
    model : type
        The kind of value, a `FileValue`.
    values : Mapping
        What a file holds.
    source : str
        Name of the file, for the message.
    context : object, optional
        What the validators of the model may look things up in.
    more_problems : sequence of str
        Problems found by looking at several values at once.

    Raises
    ------
    PlanError
        With all problems at once, if there is one.
    """
    problems = list(more_problems)
    try:
        checked = model.model_validate(values, context=context)
    except ValidationError as error:
        problems[:0] = [
            f"{_place_of(problem, values)}: {_sentence(problem, model)}"
            for problem in error.errors(include_url=False)
        ]
    if problems:
        raise PlanError(source, problems)
    return checked


def _place_of(problem: Mapping, values: Mapping) -> str:
    keys = problem["loc"]
    names_its_key = problem["type"] in ("missing", "extra_forbidden")
    return place(values, keys[:-1] if names_its_key else keys)


def place(values: object, keys: Sequence[str | int]) -> str:
    """Return where a value is, as a person would say it: phase 2 (hinge), sets."""
    words: list[str] = []
    for key in keys:
        if isinstance(key, int):
            values = values[key]
            words.append(
                f"{words.pop() if words else 'item'} {key + 1}{_label(values)}"
            )
        elif isinstance(values, Mapping) and key in values:  # else: tag of a union
            values = values[key]
            words.append(key)
    return ", ".join(words) or "the file"


def _label(values: object) -> str:
    """Return `` (hinge)`` for a table that has a name, an exercise or an id."""
    named = values if isinstance(values, Mapping) else {}
    labels = [named[key] for key in ("name", "exercise", "id") if key in named]
    return f" ({labels[0]})" if labels else ""


def _sentence(problem: Mapping, model: type[FileValue]) -> str:
    kind, given = problem["type"], problem["input"]
    context = problem.get("ctx", {})
    if kind == "missing":
        return f"{problem['loc'][-1]!r} is missing.{_example(problem, model)}"
    if kind == "extra_forbidden":
        return _unknown_key(problem, model)
    if kind == "value_error":
        return str(context["error"])
    if kind in ("literal_error", "union_tag_invalid"):
        options = str(context.get("expected") or context["expected_tags"])
        given = context.get("tag", given)
        guess = did_you_mean(given, re.findall(r"'([^']*)'", options))
        return f"must be one of {options.replace(' or ', ', ')}; got {given!r}.{guess}"
    if kind == "union_tag_not_found":
        return "'rule' is missing. Write, for example, rule = \"linear\"."
    if kind in _BOUNDS:
        key, word = _BOUNDS[kind]
        return f"must be {word} {context[key]}; got {given!r}."
    if kind in ("too_short", "string_too_short"):
        return f"must not be empty; got {given!r}."
    if kind == "int_from_float":
        return f"must be a whole number; got {given!r}."
    wanted = _KINDS.get(kind.split("_")[0])
    if wanted is None:
        return f"{problem['msg']}; got {given!r}."
    return f"must be {wanted}; got {_given(given)}."


def _given(given: object) -> str:
    """Return the value as written, with its kind where that is the mistake."""
    kinds = {str: "text", bool: "true or false", Mapping: "a table", list: "a list"}
    kind = next((word for kind, word in kinds.items() if isinstance(given, kind)), "")
    return f"{given!r} ({kind})" if kind else repr(given)


def _unknown_key(problem: Mapping, model: type[FileValue]) -> str:
    key = str(problem["loc"][-1])
    known = list(_fields_at(model, problem["loc"][:-1]))
    guess = did_you_mean(key, known)
    return f"{key!r} is not a known key; known are {', '.join(known)}.{guess}"


def _example(problem: Mapping, model: type[FileValue]) -> str:
    field = _fields_at(model, problem["loc"][:-1]).get(problem["loc"][-1])
    examples = getattr(field, "examples", None)
    return (
        f" Write, for example, {problem['loc'][-1]} = {examples[0]}" if examples else ""
    )


def _fields_at(model: type[FileValue], keys: Sequence[str | int]) -> Mapping:
    """Return the fields of the model that `keys` lead to from `model`."""
    models = [model]
    for key in keys:
        if isinstance(key, int):
            continue
        inner = [
            part
            for candidate in models
            if key in candidate.model_fields
            for part in _models_in(candidate.model_fields[key].annotation)
        ]
        tagged = [part for part in models if key in _tags(part)]
        models = inner or tagged or models
    return models[0].model_fields


def _tags(model: type[FileValue]) -> tuple:
    rule = model.model_fields.get("rule")
    return get_args(rule.annotation) if rule else ()


def _models_in(annotation: object) -> list[type[FileValue]]:
    if isinstance(annotation, type) and issubclass(annotation, FileValue):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
