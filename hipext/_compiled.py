"""One source, two ways to run: plain Python, or compiled where numba is installed."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from types import FunctionType, SimpleNamespace

import numpy as np


def can_compile() -> bool:
    """Return whether numba is installed."""
    return find_spec("numba") is not None


_OPTIONS = {
    "nogil": True,  # threads may run side by side
    "cache": True,
    "error_model": "numpy",  # no check of every division
    "_nrt": False,  # no counting of references: nothing is allocated inside
}


def compiled(function: Callable) -> Callable:
    """Return a function compiled, with every function of hipext that it calls.

    The first call of the result takes seconds, or less where an earlier process left
    the machine code in numba's cache; that is kept per text of all functions involved.

    Raises
    ------
    ModuleNotFoundError
        If numba is not installed.
    """
    return _compiled(function, is_called_from_python=True)


@cache
def _compiled(function: Callable, *, is_called_from_python: bool) -> Callable:
    import numba

    known = dict(function.__globals__)
    for name, called in _called(function).items():
        known[name] = _compiled(called, is_called_from_python=False)
    copy = FunctionType(function.__code__, known, function.__name__)
    copy.__module__, copy.__defaults__ = function.__module__, function.__defaults__
    copy.__qualname__ = f"{function.__name__}_{_digest(function)[:16]}"
    inner = {} if is_called_from_python else {"no_cpython_wrapper": True}
    inner |= {"no_cfunc_wrapper": True}
    return numba.njit(copy, **_OPTIONS, **inner)


def _called(function: Callable) -> dict[str, Callable]:
    """Return the functions of hipext that a function calls, by their names."""
    found = {
        name: function.__globals__.get(name) for name in function.__code__.co_names
    }
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, FunctionType) and value.__module__.startswith("hipext")
    }


def _digest(function: Callable) -> str:
    """Return what changes with the code or a constant of a function or its callees."""
    code = function.__code__
    names = sorted(code.co_names)
    constants = [
        (name, function.__globals__[name])
        for name in names
        if isinstance(function.__globals__.get(name), int | float | tuple)
    ]
    inner = [_digest(called) for _, called in sorted(_called(function).items())]
    parts = (code.co_code, repr(code.co_consts), repr(constants), repr(inner))
    return sha256(repr(parts).encode()).hexdigest()


def plain(values: object) -> object:
    """Return records and arrays in the form that plain Python reads fastest.

    A record becomes an object with Python numbers, an array of records a list of such
    objects, a table of them (two axes) a `Table`, and an array of numbers a view of the
    same memory. A named tuple is taken apart.
    """
    if isinstance(values, tuple) and not isinstance(values, np.void):
        return type(values)(*map(plain, values))
    if isinstance(values, np.void):
        return SimpleNamespace(
            **dict(zip(values.dtype.names, values.item(), strict=True))
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
