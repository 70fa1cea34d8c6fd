"""Reproducible random numbers, fixed by seed, athlete, day and source of variation.

There is no state: the same seed, athlete number, day and channel give the same numbers
in any order, chunk, thread or process, as plain Python and compiled. So two variants of
a plan see the same athlete on the same day (common random numbers), and their paired
difference is free of the noise that they share.

The generator is Philox 4x32-10, counter-based: ten rounds of multiplying and exchanging
turn a counter and a key into random bits.

References
----------
.. [1] Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random
   numbers: as easy as 1, 2, 3. Proceedings of SC11, 16. doi:10.1145/2063384.2063405
"""

from math import cos, log, pi, sin, sqrt

_WORD = 0xFFFFFFFF
_ROUNDS = 10
_N_WORDS = 4294967296.0  # 2**32
_FULL_TURN = 2.0 * pi


def philox(
    first: int, second: int, third: int, fourth: int, low_key: int, high_key: int
) -> tuple[int, int, int, int]:
    """Return four random words of 32 bits for a counter and a key (Philox 4x32-10).

    Parameters
    ----------
    first, second, third, fourth : int
        Words of the counter, each 0 to 2**32 - 1.
    low_key, high_key : int
        Words of the key, likewise.

    Returns
    -------
    tuple of int
        Four words, each 0 to 2**32 - 1.

    Examples
    --------
    >>> [hex(word) for word in philox(0, 0, 0, 0, 0, 0)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    for _ in range(_ROUNDS):
        # Compiled, the products overflow 64 signed bits; the bits used stay the same.
        one, two = first * 0xD2511F53, third * 0xCD9E8D57
        first = ((two >> 32) & _WORD) ^ second ^ low_key
        third = ((one >> 32) & _WORD) ^ fourth ^ high_key
        second, fourth = two & _WORD, one & _WORD
        low_key = (low_key + 0x9E3779B9) & _WORD
        high_key = (high_key + 0xBB67AE85) & _WORD
    return first, second, third, fourth


def normals(
    seed: int, athlete: int, day: int, channel: int
) -> tuple[float, float, float, float]:
    """Return four independent standard normal numbers (Box and Muller's transform).

    Parameters
    ----------
    seed : int
        0 to 2**63 - 1.
    athlete, day, channel : int
        0 to 2**32 - 1 each; a channel is one use of randomness on a day.

    Returns
    -------
    tuple of float
        Each within about 6.7 of 0.
    """
    a, b, c, d = philox(athlete, day, channel, 0, seed & _WORD, seed >> 32)
    first, second = _two_normals(a, b)
    third, fourth = _two_normals(c, d)
    return first, second, third, fourth


def pair(seed: int, athlete: int, day: int, channel: int) -> tuple[float, float]:
    """Return the first two numbers of `normals`, in half the time."""
    a, b, _, _ = philox(athlete, day, channel, 0, seed & _WORD, seed >> 32)
    return _two_normals(a, b)


def _two_normals(a: int, b: int) -> tuple[float, float]:
    # A half is added so that log(0) cannot occur; hence the largest is about 6.7.
    radius = sqrt(-2.0 * log((a + 0.5) / _N_WORDS))
    angle = _FULL_TURN * (b + 0.5) / _N_WORDS
    return radius * cos(angle), radius * sin(angle)
