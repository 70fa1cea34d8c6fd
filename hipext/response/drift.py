"""Likelihood of tests of drifting states (`Kalman`), in time linear in their number.

Fitness and fatigue at the tests are Markov chains, so that the precision matrix of all
of them together has three diagonals on each side at most. LAPACK's banded Cholesky
factor of it takes the place of a dense covariance of the tests: it needs microseconds,
and matrices so small that BLAS starts no threads for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
from scipy.linalg.lapack import dpbtrf, dpbtrs, dtbtrs

from hipext.response.models import SIGNS

STATES = ("fitness", "fatigue")
_STEP = 1e-6  # of a finite difference, relative
_BLOCK = 6000  # numbers in a matrix for which BLAS starts no threads
_LEAST = 1e-8  # variance of a state, in that of a test: stands for 0 in slopes
_EXACT = 1e-5  # least SD of a test, in that of the daily noise of a state
_DEPENDENT = 1e-14  # on the diagonal of a triangle: the column depends on the others
_TINY = 1e-300

Values = Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Chain:
    """States at the tests, in units of what chance adds to each since the last test.

    ``u(k) = after(k) u(k - 1) + w(k)`` with independent w of variance 1. A test is
    ``root (y - curve) = seen u + e`` with an error e of variance 1. The last axes of
    arrays are tests and states; any axes before them are for many chains at once.
    """

    after: np.ndarray  # of every test but the first
    seen: np.ndarray
    root: np.ndarray

    @cached_property
    def triangle(self) -> np.ndarray:
        """Banded Cholesky factor of the precision of u given the tests."""
        band = np.zeros((*self.seen.shape, 3))
        band[..., 0] = 1 + self.seen**2
        band[..., :-1, :, 0] += self.after**2
        band[..., 0, 1] = self.seen[..., 0] * self.seen[..., 1]
        band[..., :-1, :, 2] = -self.after
        triangle, failed = dpbtrf(band.reshape(-1, 3).T, lower=1, overwrite_ab=1)
        if failed:
            raise np.linalg.LinAlgError("The precision of the states is not positive.")
        return triangle

    @property
    def log_det(self) -> np.ndarray:
        """Logarithm of the determinant of the covariance of the tests."""
        # det C = det P / det(root)^2: the chain alone has the determinant 1.
        diagonal = self.triangle[0].reshape(*self.seen.shape[:-2], -1)
        return 2 * np.log(diagonal).sum(-1) - 2 * np.log(self.root).sum(-1)

    def states(self, columns: np.ndarray) -> np.ndarray:
        """Return the likeliest u, given columns of tests (columns, ..., tests)."""
        moments = self.seen * (self.root * columns)[..., np.newaxis]
        moments = moments.reshape(len(columns), -1).T
        found = dpbtrs(self.triangle, moments, lower=1, overwrite_b=1)[0]
        return found.T.reshape(*columns.shape, 2)

    def errors(self, columns: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Return the error of each test and both w: (columns, ..., tests, 3)."""
        # Their squares sum to x' C^-1 x for the likeliest u, and to more for any other.
        errors = np.empty((*columns.shape, 3))
        seen = self.seen * states
        errors[..., 0] = self.root * columns - seen[..., 0] - seen[..., 1]
        errors[..., 1:] = states
        errors[..., 1:, 1:] -= self.after * states[..., :-1, :]
        return errors

    def independent(self, columns: np.ndarray) -> np.ndarray:
        """Return rows w for columns x of tests, with the products w'w = x' C^-1 x."""
        errors = self.errors(columns, self.states(columns))
        return errors.reshape(len(columns), -1).T


def chain_of(
    tau: np.ndarray,
    variance: np.ndarray,
    error: np.ndarray,
    days: np.ndarray,
    weights: np.ndarray,
) -> Chain:
    """Return the chain for both time constants and daily variances, and a test's SD."""
    gaps = _gaps(days)
    tau = tau[..., np.newaxis, :]
    # A geometric sum; expm1 keeps it exact where a time constant is long. Initial
    # states are known: on day 0 chance has added nothing.
    added = np.sqrt(np.expm1(-2 * gaps / tau) / np.expm1(-2 / tau))
    keep = np.exp(-gaps[1:] / tau)
    # Where tests are far more exact than states are steady, how exact makes no
    # difference, and the determinant would drown in rounding.
    noise = np.sqrt(variance)[..., np.newaxis, :]
    root = np.sqrt(weights) / np.maximum(
        np.asarray(error)[..., np.newaxis], _EXACT * noise.max(axis=-1)
    )
    return Chain(
        after=keep * added[..., :-1, :] / added[..., 1:, :],
        seen=root[..., np.newaxis] * added * (noise * SIGNS),
        root=root,
    )


def innovations(chain: Chain, series: np.ndarray, *, undo: bool = False) -> np.ndarray:
    """Return errors of tests as independent ones of variance 1: Kalman's filter.

    Each is what the tests before do not predict, over its standard deviation. With
    `undo`, independent errors become those of the tests.
    """
    given, scale = series.tolist(), chain.root.tolist()
    moves = [*chain.after.tolist(), [0.0, 0.0]]
    mean_1 = mean_2 = var_12 = 0.0
    var_1 = var_2 = 1.0
    found = []
    for one, root, (h_1, h_2), (a_1, a_2) in zip(
        given, scale, chain.seen.tolist(), moves, strict=True
    ):
        across_1, across_2 = var_1 * h_1 + var_12 * h_2, var_12 * h_1 + var_2 * h_2
        spread = sqrt(h_1 * across_1 + h_2 * across_2 + 1)
        predicted = h_1 * mean_1 + h_2 * mean_2
        error = one if undo else (root * one - predicted) / spread
        found.append((predicted + spread * error) / root if undo else error)
        across_1, across_2 = across_1 / spread, across_2 / spread
        # The update by the test, then the step to the next one.
        mean_1 = a_1 * (mean_1 + across_1 * error)
        mean_2 = a_2 * (mean_2 + across_2 * error)
        var_1 = a_1 * a_1 * (var_1 - across_1 * across_1) + 1
        var_2 = a_2 * a_2 * (var_2 - across_2 * across_2) + 1
        var_12 = a_1 * a_2 * (var_12 - across_1 * across_2)
    return np.array(found)


def aged_sums(load: np.ndarray, keep: np.ndarray, convention: str) -> np.ndarray:
    """Return sums of ``age^p w(i) keep^age`` for p = 0, 1, 2: (p, ..., keep, days)."""
    shape = *keep.shape, len(load)
    band = np.ones((*shape, 2))
    band[..., 1] = -keep[..., np.newaxis]
    # The last day of one state is not before the first of another.
    band[..., -1, 1] = 0.0
    band = band.reshape(-1, 2).T

    def recursion(added: np.ndarray) -> np.ndarray:
        # s(n) = keep s(n - 1) + added(n), for both states.
        return dtbtrs(band, added.reshape(-1, 1), uplo="L", diag="U")[0].reshape(shape)

    def later(sums: np.ndarray) -> np.ndarray:
        moved = np.zeros(shape)
        np.multiply(sums[..., :-1], keep[..., np.newaxis], out=moved[..., 1:])
        return moved

    aged = np.empty((3, *shape))
    aged[0] = load
    aged[0] = recursion(aged[0])
    before = later(aged[0])
    aged[1] = recursion(before)
    aged[2] = recursion(later(2 * aged[1]) + before)
    if convention == "next_day":
        aged[0] = before
    return aged


def thin_qr(tall: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an orthonormal basis of the columns, and their triangle."""
    blocks = _blocks(tall)
    if blocks is tall:
        return np.linalg.qr(tall)
    parts, tops = np.linalg.qr(blocks)
    basis, triangle = thin_qr(_joined(tops))
    basis = _joined(parts @ basis.reshape(tops.shape))
    return basis[..., : tall.shape[-2], :], triangle


def triangle_of(tall: np.ndarray) -> np.ndarray:
    """Return the triangle of the columns alone."""
    blocks = _blocks(tall)
    tops = np.linalg.qr(blocks, mode="r")
    return tops if blocks is tall else triangle_of(_joined(tops))


def _blocks(tall: np.ndarray) -> np.ndarray:
    """Return rows in blocks, the last one filled with 0, if one block is too large.

    BLAS starts threads for a tall matrix: on busy processors, waiting for these takes
    a thousand times the work itself.
    """
    *many, n_rows, n_columns = tall.shape
    n_blocks = -(-n_rows * n_columns // _BLOCK)
    if n_blocks == 1:
        return tall
    each = -(-n_rows // n_blocks)
    blocks = np.zeros((*many, n_blocks * each, n_columns))
    blocks[..., :n_rows, :] = tall
    return blocks.reshape(*many, n_blocks, each, n_columns)


def _joined(blocks: np.ndarray) -> np.ndarray:
    """Return the rows of all blocks below each other."""
    return blocks.reshape(*blocks.shape[:-3], -1, blocks.shape[-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Likelihood:
    """-2 log-likelihood of tests for some time constants and noises.

    It is ``|matrix b - target|^2 + offset`` for linear parameters b: the same as of all
    tests, in as few rows as there are directions of the curve. Values that are arrays,
    and tests with a row for each of them, make many likelihoods at once.
    """

    values: Values
    load: np.ndarray
    days: np.ndarray
    tests: np.ndarray
    weights: np.ndarray
    linear: tuple[str, ...]
    convention: str
    is_restricted: bool

    @cached_property
    def tau(self) -> np.ndarray:
        """Time constants of fitness and fatigue."""
        return np.stack([self.values[f"{state}_tau"] for state in STATES], axis=-1)

    @cached_property
    def variance(self) -> np.ndarray:
        """What chance adds to the variance of both in a day."""
        noise = [self.values[f"{state}_noise"] for state in STATES]
        return np.stack(noise, axis=-1) ** 2

    @cached_property
    def chain(self) -> Chain:
        """States at the tests."""
        error = self.values["performance_noise"]
        return chain_of(self.tau, self.variance, error, self.days, self.weights)

    @cached_property
    def moved(self) -> np.ndarray:
        """Columns, and two derivatives by ln tau: (3, ..., tests, linear)."""
        tau = self.tau[..., np.newaxis]
        sums = aged_sums(self.load, np.exp(-1 / self.tau), self.convention)
        aged = {"gain": sums[..., self.days]}
        if len(self.linear) > len(STATES) + 1:
            decayed = np.exp(-self.days / tau)
            aged["initial"] = np.array([decayed * self.days**p for p in range(3)])
        moved = np.zeros((3, *self.tau.shape[:-1], len(self.days), len(self.linear)))
        moved[0, ..., 0] = 1.0  # the baseline
        for sums in aged.values():
            # d/d(ln tau) of exp(-age / tau) is age / tau times it.
            sums[1] /= tau
            sums[2] = sums[2] / tau**2 - sums[1]
            sums *= SIGNS[:, np.newaxis]
        for place, name in enumerate(self.linear[1:], start=1):
            kind = "gain" if name.endswith("_gain") else "initial"
            moved[..., place] = aged[kind][..., int("fatigue" in name), :]
        return moved

    @cached_property
    def is_fatigue(self) -> np.ndarray:
        """Which linear parameters belong to fatigue."""
        return np.array(["fatigue" in name for name in self.linear])

    @cached_property
    def directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Basis and triangle of all directions in which parameters move the curve."""
        columns, slopes, _ = self.moved
        return thin_qr(np.concatenate([columns, slopes[..., 1:]], axis=-1))

    @cached_property
    def columns(self) -> np.ndarray:
        """Columns of the basis, and the tests last: (columns, ..., tests)."""
        basis = np.moveaxis(self.directions[0], -1, 0)
        return np.concatenate(
            [basis, np.broadcast_to(self.tests, (1, *basis[0].shape))]
        )

    @cached_property
    def states(self) -> np.ndarray:
        """States for each of the columns."""
        return self.chain.states(self.columns)

    @cached_property
    def errors(self) -> np.ndarray:
        """The columns as independent errors: of the tests, and of both states."""
        return self.chain.errors(self.columns, self.states)

    @cached_property
    def reduced(self) -> np.ndarray:
        """Triangle of the basis and the tests, made independent."""
        return triangle_of(_joined(np.moveaxis(self.errors, 0, -1)))

    @cached_property
    def matrix(self) -> np.ndarray:
        """Columns of the linear parameters: a triangle, and rows of 0 below."""
        triangle = self.directions[1]
        return self.reduced[..., :-1] @ triangle[..., : len(self.linear)]

    @property
    def target(self) -> np.ndarray:
        """Tests, in the rows of the matrix."""
        return self.reduced[..., -1]

    @cached_property
    def offset(self) -> np.ndarray:
        """Deviance beside the squares: determinants."""
        log_det = self.chain.log_det
        if self.is_restricted:
            # ln det(J' C^-1 J) - ln det(J' J) for the directions J: what the curve
            # takes up itself. Without it, a slow drift is taken for a curve, and noise
            # of the states comes out too small.
            diagonal = np.abs(np.einsum("...ii->...i", self.reduced)[..., :-1])
            log_det = log_det + 2 * np.log(np.maximum(diagonal, _TINY)).sum(axis=-1)
        return log_det

    def slope(self, linear: np.ndarray) -> np.ndarray:
        """Return derivatives of the deviance, given the best linear parameters.

        By ln tau and the variance of the noise of both states, and ln of the standard
        deviation of a test.
        """
        # At its minimum over linear parameters and states, the deviance changes by its
        # direct dependence on the others alone (envelope theorem). A column x of `mix`
        # adds the derivative of x' C^-1 x: the errors of the fit, and a basis z with
        # z' C^-1 z = 1, for the derivative of ln det(J' C^-1 J).
        n_linear, n_ways = len(self.linear), len(self.columns) - 1
        basis, triangle = self.directions
        mix = np.zeros((*linear.shape[:-1], n_ways + 1, n_ways + 1))
        fitted = triangle[..., :n_linear] @ linear[..., np.newaxis]
        mix[..., :-1, -1] = -fitted[..., 0]
        mix[..., -1, -1] = 1.0
        if self.is_restricted:
            mix[..., :-1, :-1] = np.linalg.inv(self.reduced[..., :n_ways, :-1])
        errors, slope = self._slope_of_chain(mix)
        # C^-1 x is the scaled error of each test.
        pulls = self.chain.root[..., np.newaxis, :] * errors
        _, once, twice = self.moved
        by_column = -pulls[..., -1, :, np.newaxis] * linear[..., np.newaxis, :]
        by_slope = np.zeros_like(by_column)
        if self.is_restricted:
            within = _inverse(triangle)
            ways = mix[..., :-1, :-1] @ pulls[..., :-1, :] - basis.mT
            ways = (within @ ways).mT
            by_column += ways[..., :n_linear]
            by_slope[..., 1:] = ways[..., n_linear:]
        by_tau = 2 * (by_column * once + by_slope * twice).sum(axis=-2)
        slope[..., 0] += by_tau[..., ~self.is_fatigue].sum(axis=-1)
        slope[..., 1] += by_tau[..., self.is_fatigue].sum(axis=-1)
        return slope

    def _slope_of_chain(self, mix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return errors of the tests, and derivatives by their covariance."""
        error = np.asarray(self.values["performance_noise"])
        chain, states, errors = self.chain, self.states, self.errors
        # States are proportional to the root of their variance, and 0 without any.
        least = _LEAST * error[..., np.newaxis] ** 2
        variance = np.maximum(self.variance, least)
        if (variance > self.variance).any():
            chain = chain_of(self.tau, variance, error, self.days, self.weights)
            states = chain.states(self.columns)
            errors = chain.errors(self.columns, states)
        states, errors = (_mixed(mix, one) for one in (states, errors))
        tests, steps = errors[..., 0], errors[..., 1:]
        # Of ln(seen) and ln(after) by ln tau: x / (e^x - 1) for x = 2 days / tau.
        tau = self.tau[..., np.newaxis, :]
        ages = _gaps(self.days) / tau
        grown = (_decline(2 / tau) - _decline(2 * ages)) / 2
        carried = ages[..., 1:, :] + grown[..., :-1, :] - grown[..., 1:, :]
        by_seen = -2 * chain.seen * (tests[..., np.newaxis] * states).sum(axis=-3)
        pushed = (steps[..., 1:, :] * states[..., :-1, :]).sum(axis=-3)
        by_after = -2 * chain.after * pushed
        slope = np.empty((*error.shape, 5))
        slope[..., :2] = (grown * by_seen).sum(axis=-2)
        slope[..., :2] += (carried * by_after).sum(axis=-2)
        slope[..., 2:4] = by_seen.sum(axis=-2) / (2 * variance)
        # The determinant by finite differences: factors of band matrices cost little.
        step = _STEP * (variance + 1e-2 * error[..., np.newaxis] ** 2)
        seen = np.array(4 * [chain.seen])
        after = np.array(4 * [chain.after])
        for one in range(2):
            seen[one, ..., one] *= 1 + _STEP * grown[..., one]
            after[one, ..., one] *= 1 + _STEP * carried[..., one]
            grows = np.sqrt(1 + step / variance)[..., one, np.newaxis]
            seen[2 + one, ..., one] *= grows
        log_det = Chain(seen=seen, after=after, root=chain.root).log_det
        by_det = np.moveaxis(log_det - chain.log_det, 0, -1).copy()
        by_det[..., :2] /= _STEP
        by_det[..., 2:] /= step
        slope[..., :4] += by_det
        # Multiplying all variances by c multiplies the determinant by c^n.
        by_states = (by_det[..., 2:] * variance).sum(axis=-1)
        squares = (tests**2).sum(axis=(-2, -1))
        slope[..., 4] = 2 * (self.tests.shape[-1] - by_states - squares)
        return tests, slope


def _mixed(mix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return combinations of columns: (..., columns, tests, 2 or 3)."""
    columns = np.moveaxis(columns, 0, -3)
    flat = columns.reshape(*columns.shape[:-2], -1)
    return (mix.mT @ flat).reshape(columns.shape)


def _gaps(days: np.ndarray) -> np.ndarray:
    """Return days since the test before, since day 0 for the first, as a column."""
    gaps = days.astype("float64")
    gaps[1:] -= days[:-1]
    return gaps[:, np.newaxis]


def _decline(x: np.ndarray) -> np.ndarray:
    """Return ``x / (e^x - 1)``, which is 1 at 0."""
    x = np.minimum(np.maximum(x, _TINY), 700.0)  # e^x stays finite
    return x / np.expm1(x)


def _inverse(triangle: np.ndarray) -> np.ndarray:
    """Return the inverse of a triangle of columns of any size."""
    size = np.maximum(np.sqrt((triangle**2).sum(axis=-2, keepdims=True)), _TINY)
    scaled = triangle / size
    is_square = scaled.shape[-1] == scaled.shape[-2]
    least = np.abs(np.einsum("...ii->...i", scaled)).min(axis=-1) if is_square else 0.0
    is_safe = np.all(least > _DEPENDENT)
    inverse = np.linalg.inv(scaled) if is_safe else np.linalg.pinv(scaled)
    return inverse / size.mT
