"""Random numbers: published answers, moments, independence, and no memory."""

from math import log, sqrt

import numpy as np
import pytest

from hipext.engine.random import normals, pair, philox
from hipext.simulation.run import MAX_SEED

ONES = 0xFFFFFFFF
N = 20_000


@pytest.fixture(scope="module")
def drawn():
    """Return four normal numbers of many persons and days, as [draw, number]."""
    return np.array([normals(7, n % 200, n // 200, 1) for n in range(N)])


# Known answers of the authors of Philox 4x32-10: Random123, kat_vectors.
@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0,) * 4, (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_words(counter, key, expected):
    assert philox(*counter, *key) == expected


def test_normal_numbers_follow_box_and_muller():
    a, b, c, d = (
        (word + 0.5) / 2**32 for word in philox(3, 11, 2, 0, 9 & ONES, 9 >> 32)
    )
    expected = [
        sqrt(-2 * log(size)) * wave(2 * np.pi * turn)
        for size, turn in ((a, b), (c, d))
        for wave in (np.cos, np.sin)
    ]
    assert normals(9, 3, 11, 2) == pytest.approx(expected, rel=1e-12)


def test_a_pair_is_the_first_half():
    assert pair(5, 1, 2, 3) == normals(5, 1, 2, 3)[:2]


def test_means_and_deviations_are_those_of_a_standard_normal(drawn):
    assert np.abs(drawn.mean(axis=0)).max() < 4 / sqrt(N)
    assert np.abs(drawn.std(axis=0) - 1).max() < 4 / sqrt(2 * N)


def test_tails_are_those_of_a_standard_normal(drawn):
    shares = [(np.abs(drawn) > limit).mean() for limit in (1, 2, 3)]
    assert shares == pytest.approx([0.3173, 0.0455, 0.0027], rel=0.1)


def test_the_four_numbers_are_independent(drawn):
    between = np.corrcoef(drawn.T) - np.eye(4)
    squares = np.corrcoef((drawn**2).T) - np.eye(4)
    assert np.abs(between).max() < 4 / sqrt(N)
    assert np.abs(squares).max() < 6 / sqrt(N)


NEXT = {
    "seed": (8, 0, 0, 0),
    "seed far off": (7 + 2**32, 0, 0, 0),
    "person": (7, 1, 0, 0),
    "day": (7, 0, 1, 0),
    "channel": (7, 0, 0, 1),
    "channel of a slot": (7, 0, 0, 2**31 + 255),
}


@pytest.mark.parametrize("changed", NEXT)
def test_neighbours_are_independent(changed):
    seed, person, day, channel = NEXT[changed]
    n = 4000
    here = np.array([normals(7, k % 50, k // 50, 1)[0] for k in range(n)])
    there = np.array(
        [
            normals(seed, person * 1000 + k % 50, day * 1000 + k // 50, 1 + channel)[0]
            for k in range(n)
        ]
    )
    assert not np.any(here == there)
    assert abs(np.corrcoef(here, there)[0, 1]) < 4 / sqrt(n)


def test_the_order_of_asking_changes_nothing():
    places = [(3, person, day, 2) for person in range(5) for day in range(5)]
    forwards = {place: normals(*place) for place in places}
    assert {place: normals(*place) for place in reversed(places)} == forwards


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, MAX_SEED])
def test_every_seed_is_a_seed(seed):
    numbers = normals(seed, 0, 0, 1)
    assert np.isfinite(numbers).all()
    assert numbers != normals(seed ^ 1, 0, 0, 1)


def test_the_largest_seed_is_the_largest_whole_number_of_64_bits():
    assert np.iinfo("int64").max == MAX_SEED


@pytest.mark.parametrize("seed", [0, 12345, MAX_SEED])
@pytest.mark.parametrize("channel", [1, 256 + 2**31 - 1])
def test_compiled_numbers_are_the_same_bit_for_bit(seed, channel):
    pytest.importorskip("numba")
    from hipext.engine.compiled import compiled

    for ours in (normals, pair):
        fast = compiled(ours)
        places = [(seed, person, day, channel) for person in (0, 9) for day in (0, 700)]
        assert [fast(*place) for place in places] == [ours(*place) for place in places]
