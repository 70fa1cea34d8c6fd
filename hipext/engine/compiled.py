"""One source, two ways to run: plain Python, or compiled where numba is installed."""

from collections import Counter
from collections.abc import Callable
from dis import get_instructions
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from types import FunctionType, SimpleNamespace

import numpy as np

_OPTIONS = {
    "nogil": True,  # threads may run side by side
    "error_model": "numpy",  # no check of every division
    "_nrt": False,  # no counting of references: nothing is allocated inside
    "no_cfunc_wrapper": True,
}


def can_compile() -> bool:
    """Return whether numba is installed."""
    return find_spec("numba") is not None


@cache
def compiled(function: Callable) -> Callable:
    """Return a function compiled, with every function of hipext that it calls.

    The first call of the result takes seconds, or less where an earlier process left
    the machine code in numba's cache; that is kept per text of all functions involved.

    Raises
    ------
    ModuleNotFoundError
        If numba is not installed.
    """
    from numba import njit

    involved = _with_called(function)
    n_places = Counter(called for one in involved for _, called in _called(one))
    machines: dict[Callable, Callable] = {}
    for one in involved:
        known = {name: machines[called] for name, called in _called(one)}
        copy = FunctionType(
            one.__code__, one.__globals__ | known, one.__name__, one.__defaults__
        )
        copy.__module__, copy.__qualname__ = one.__module__, one.__qualname__
        if one is function:
            copy.__qualname__ += f"_{_digest(involved)[:16]}"
            options = {"cache": True}
        else:
            # Put where it is called, it need not be handed a life of 200 values.
            is_called_once = n_places[one] == 1
            options = {"no_cpython_wrapper": True, "forceinline": is_called_once}
        machines[one] = _for_any_constant(njit(copy, **_OPTIONS, **options))
    return machines[function]


def _with_called(function: Callable) -> list[Callable]:
    """Return a function and all of hipext below it, the called before the callers."""
    below = [one for _, called in _called(function) for one in _with_called(called)]
    return list(dict.fromkeys([*below, function]))


def _called(function: Callable) -> list[tuple[str, Callable]]:
    """Return name and function of every place where one of hipext is called."""
    names = [
        step.argval
        for step in get_instructions(function.__code__)
        if step.opname == "LOAD_GLOBAL"
    ]
    found = [(name, function.__globals__.get(name)) for name in names]
    return [
        (name, value)
        for name, value in found
        if isinstance(value, FunctionType) and value.__module__.startswith("hipext")
    ]


def _for_any_constant(machine: Callable) -> Callable:
    """Let one version serve every constant passed; numba would compile one for each."""
    from numba.core.types import unliteral

    template_of = machine.get_call_template
    machine.get_call_template = lambda args, kws: template_of(
        tuple(map(unliteral, args)), {name: unliteral(kws[name]) for name in kws}
    )
    return machine


def _digest(functions: list[Callable]) -> str:
    """Return what changes with the code or a constant of any of some functions."""
    parts = [repr(_OPTIONS)]
    for function in functions:
        code, known = function.__code__, function.__globals__
        constants = [
            (name, known[name])
            for name in code.co_names
            if isinstance(known.get(name), int | float | tuple)
        ]
        parts.append(repr((code.co_code, code.co_consts, code.co_names, constants)))
    return sha256("".join(parts).encode()).hexdigest()


def plain(values: object) -> object:
    """Return records and arrays in the form that plain Python reads fastest.

    A record becomes an object with Python numbers and lists of them, an array of
    records a list of such objects, a table of them (two axes) a dict by row and column,
    and an array of numbers a view of the same memory. A named tuple is taken apart.
    """
    if isinstance(values, tuple) and not isinstance(values, np.void):
        return type(values)(*map(plain, values))
    if isinstance(values, np.void):
        fields = zip(values.dtype.names, values.item(), strict=True)
        return SimpleNamespace(
            **{
                name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in fields
            }
        )
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.names is None:
        return memoryview(values)
    if values.ndim == 1:
        return [plain(record) for record in values]
    return {
        (row, column): plain(values[row, column])
        for row, column in np.ndindex(*values.shape)
    }
