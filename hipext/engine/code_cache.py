"""Where machine code of numba is kept, so that the next process need not compile.

numba alone keeps it beside the package or in the cache folder of the user. Without one
that can be written it refuses to compile, and a full disk or a damaged file ends the
program. Here another place follows, and the worst that happens is compiling again.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from inspect import getfile
from pathlib import Path

from numba import config
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    NullCache,
    _CacheLocator,
)
from numba.misc.appdirs import AppDirs

from hipext.files.io import temporary_folder


def _beside(file: Path) -> Path:
    return file.parent / "__pycache__"


def _given(file: Path) -> Path:
    return Path(config.CACHE_DIR, _own_name(file))  # NUMBA_CACHE_DIR


def _of_user(file: Path) -> Path:
    folder = Path(AppDirs("numba", appauthor=False).user_cache_dir)
    if not folder.is_absolute():  # "~/.cache", in whatever folder this was started
        raise FileNotFoundError("there is no home folder")
    return folder / _own_name(file)


def _temporary(file: Path) -> Path:
    return temporary_folder() / _own_name(file)


def _own_name(file: Path) -> str:
    return _CacheLocator.get_suitable_cache_subpath(str(file))


class CodeCache(NullCache):
    """The machine code of a function, in the first place that can be written."""

    def __init__(self, function: Callable):
        self._function = function
        given = (_given,) if config.CACHE_DIR else ()
        self._places = (*given, _beside, _of_user, _temporary)  # as numba has them

    def load_overload(self, sig: object, target_context: object) -> object:
        """Return what was compiled for some types of arguments; None if nothing was."""
        for place in self._places:
            with suppress(OSError):  # no such place, or a damaged file that has to stay
                kept = _cache_in(place, self._function)
                try:
                    found = kept.load_overload(sig, target_context)
                except Exception:  # damaged: reading a pickle can raise anything
                    kept.flush()
                    continue
                if found is not None:
                    return found
        return None

    def save_overload(self, sig: object, data: object) -> None:
        """Keep what was compiled; say where if that is no usual place."""
        reason = ""
        for place in self._places:
            try:
                if place is _temporary:
                    temporary_folder(make=True)
                _cache_in(place, self._function).save_overload(sig, data)
            except OSError as error:  # also of a disk that is full half-way
                reason = reason or error.strerror or str(error)
                continue
            if place is _temporary:
                _say(
                    f"Machine code is kept in {temporary_folder()}, because the usual "
                    f"folders cannot be written ({reason})."
                )
            return
        _say(
            f"Machine code cannot be kept ({reason}): every start will compile again. "
            "Set NUMBA_CACHE_DIR to a folder that can be written."
        )


class _Place(_CacheLocator):
    """A folder, as numba asks for it; it can be read where it cannot be written."""

    def __init__(self, function: Callable, folder: Path, file: Path):
        self._function, self._folder, self._file = function, folder, file

    def from_function(self, _function: Callable, _file: str) -> "_Place":
        return self

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> bytes:
        return sha256(self._file.read_bytes()).digest()

    def get_disambiguator(self) -> str:
        return str(self._function.__code__.co_firstlineno)


def _cache_in(place: Callable[[Path], Path], function: Callable) -> FunctionCache:
    """Return numba's cache of a function in one place; OSError if there is none."""
    file = Path(getfile(function))

    class Implementation(CompileResultCacheImpl):
        _locator_classes = (_Place(function, place(file), file),)

    class Cache(FunctionCache):
        _impl_class = Implementation

    return Cache(function)


@cache  # once in a process
def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
