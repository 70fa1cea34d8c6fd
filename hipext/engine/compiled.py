"""Run the daily simulation as plain Python or, faster, as code compiled by numba.

numba compiles a function together with the functions that it calls only if these are
marked for numba where they are defined. That would import numba with the package, and
leave no plain Python to run where it is not installed. So nothing is marked: `compiled`
follows the calls of a function through the package, copies every function found, and
puts the compiled copies in place of the originals among the global names of the copies.
Calls are found by their global name, so engine modules import the functions they call
by name (``from x import f``); a call through a module (``x.f()``) would not be found.
Constants and named tuples may be reached either way.
"""

from collections import Counter
from collections.abc import Callable
from dis import get_instructions
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from types import FunctionType, ModuleType, SimpleNamespace

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
    """
    from numba import njit

    from hipext.engine.code_cache import CodeCache

    involved = _with_called(function)
    n_places = Counter(called for one in involved for _, called in _called(one))
    machines: dict[Callable, Callable] = {}
    for one in involved:
        # Those called come before their callers, so that all are compiled by now.
        known = {name: machines[called] for name, called in _called(one)}
        copy = FunctionType(
            one.__code__, one.__globals__ | known, one.__name__, one.__defaults__
        )
        copy.__module__, copy.__qualname__ = one.__module__, one.__qualname__
        if one is function:
            # numba's cache on disk sees changes of the file of this function, but not
            # of those that it calls: a digest in its name stands for all of them.
            copy.__qualname__ += f"_{_digest(involved)[:16]}"
            options = {}
        else:
            # A run state has some 200 values, all of them arguments of a call. Put
            # inline where it is called once, a function needs none of them.
            is_called_once = n_places[one] == 1
            options = {"no_cpython_wrapper": True, "forceinline": is_called_once}
        machines[one] = _for_any_constant(njit(copy, **_OPTIONS, **options))
    machines[function]._cache = CodeCache(copy)  # in place of njit(cache=True)
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

    # A constant has a type of its own (Literal[int](3)), and a new type of argument is
    # a new version. Here it counts as the type of its value.
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
        # Names of attributes are among these too, so that `module.NAME` is found.
        modules = map(known.get, code.co_names)
        homes = [known, *(vars(one) for one in modules if isinstance(one, ModuleType))]
        constants = [
            (name, home[name])
            for home in homes
            for name in code.co_names
            if isinstance(home.get(name), int | float | tuple)
        ]
        parts.append(repr((code.co_code, code.co_consts, code.co_names, constants)))
    return sha256("".join(parts).encode()).hexdigest()


def as_python_objects(values: object) -> object:
    """Return records and arrays in the form that plain Python reads fastest.

    A record becomes an object with Python numbers, lists of them and such objects; an
    array of records a list of such objects, a table of them (two axes) a dict by row
    and column; an array of numbers a view of the same memory. A named tuple becomes one
    of the same kind.
    """
    if isinstance(values, tuple) and not isinstance(values, np.void):
        return type(values)(*map(as_python_objects, values))
    if isinstance(values, np.void):
        return _as_object(values.dtype, values.item())
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.names is None:
        return memoryview(values)
    if values.ndim == 1:
        return [as_python_objects(record) for record in values]
    return {
        (row, column): as_python_objects(values[row, column])
        for row, column in np.ndindex(*values.shape)
    }


def _as_object(record: np.dtype, values: tuple) -> SimpleNamespace:
    """Return an object of the values of a record; NumPy's own is far slower to read."""
    fields = dict(zip(record.names, values, strict=True))
    for name, value in fields.items():
        if isinstance(value, tuple):
            fields[name] = _as_object(record[name], value)
        elif isinstance(value, np.ndarray):
            fields[name] = value.tolist()
    return SimpleNamespace(**fields)


def columns_of(table: np.ndarray) -> object:
    """Return an array of records as an object with one view of its memory per field.

    Plain Python writes a log through it: ``columns.day[row] = 3``, as compiled code
    does in the array itself.
    """
    return SimpleNamespace(
        **{
            name: columns_of(table[name])
            if table.dtype[name].names
            else memoryview(table[name])
            for name in table.dtype.names
        }
    )
