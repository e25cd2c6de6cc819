"""Special functions at their edges, in extreme cases, and of other types and shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from jaxdist import special
from tests.special_cases import BETA, GAMMA, betainc, gammainc

EPS = float(jnp.finfo(jnp.float32).eps)
INF = math.inf


EDGES = {  # arguments, value, gradient (None: infinite, or any number)
    special.xlogy: [((0.0, 0.0), 0, (0, 0)), ((0.0, 2.0), 0, (math.log(2), 0))],
    special.xlog1py: [((0.0, -1.0), 0, (0, 0))],
    special.xlogx: [((0.0,), 0, (0,))],
    special.log1mexp: [((0.0,), -INF, (0,))],
    special.log_or_masked: [((0.0,), -INF, (0,))],
    special.deviance: [((0.0, 0.0), 0, (0, 1)), ((0.0, 3.0), 3, (0, 1))],
    special.poisson_log_prob: [
        ((0.0, 0.0), 0, (np.euler_gamma, -1)),
        ((2.0, 0.0), -INF, None),
    ],
    special.gamma_log_prob: [((1.0, 2.0, 0.0), math.log(2), None)],
    special.gammainc: [((2.0, 0.0), 0, (0, 0)), ((2.0, INF), 1, (0, 0))],
    special.log_gammaincc: [((2.0, 0.0), 0, (0, 0)), ((2.0, INF), -INF, (0, 0))],
    special.gammaincinv: [((2.0, 0.0), 0, (0, 0)), ((2.0, 1.0), INF, (0, 0))],
    special.beta_log_prob: [
        ((1.0, 2.0, 0.0), math.log(2), None),
        ((3.0, 2.0, 1.0), -INF, None),
        ((0.5, 2.0, 0.0), INF, None),
    ],
    special.betainc: [((2.0, 3.0, 0.0), 0, (0, 0, 0)), ((2.0, 3.0, 1.0), 1, (0, 0, 0))],
    special.betaincinv: [((2.0, 3.0, 0.0), 0, (0, 0, 0)), ((2.0, 3.0, 1.0), 1, (0, 0, 0))],
    special.log_ndtr: [((INF,), 0, (0,)), ((-INF,), -INF, None)],
    special.ndtri: [((0.0,), -INF, (0,)), ((1.0,), INF, (0,))],
    special.ndtri_exp: [((-INF,), -INF, (0,)), ((0.0,), INF, (0,))],
    special.log_i0e: [((0.0,), 0, (-1,))],
    special.bessel_ratio: [((0.0,), 0, (0.5,)), ((INF,), 1, (0,))],
}


@pytest.mark.parametrize("function", EDGES, ids=lambda function: function.__name__)
def test_edges(function: Callable[..., Any]) -> None:
    args, values, gradients = zip(*EDGES[function], strict=True)
    argnums = tuple(range(len(args[0])))
    both = jax.jit(jax.vmap(jax.value_and_grad(function, argnums)))
    ours, slopes = both(*np.float32(args).T)
    np.testing.assert_allclose(ours, values, rtol=1e-6, atol=1e-7)
    assert not np.any(np.isnan(slopes))
    for slope, gradient in zip(np.array(slopes).T, gradients, strict=True):
        if gradient is not None:
            np.testing.assert_allclose(slope, gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (lambda: special.poisson_log_prob(1e6, 1e6), -7.826694),
        (lambda: special.gamma_log_prob(1e6, 1.0, 1e6), -7.826694),
        (lambda: special.poisson_log_prob(1e6, 1e-36), -95708581.7),
        (lambda: special.gamma_log_prob(1e-3, 0.5, 1.2e-38), 80.320724),
        (lambda: special.beta_log_prob(1e6, 1e6, 0.5), 7.028537),
        (lambda: special.gammainc(1e6, 1e6), 0.5001329807608735),
        (lambda: special.betainc(1e6, 1e6, 0.5), 0.5),
        (lambda: special.log_ndtr(-20.0), -203.91716),
    ],
)
def test_cases_that_libraries_get_wrong(ours: Callable[[], Any], expected: float) -> None:
    np.testing.assert_allclose(ours(), expected, rtol=6e-7)


@pytest.mark.parametrize("a", [0.0, 0.3, 1.0, 3.0, 8.0, 1e3])
def test_residual_life(a: float) -> None:
    hazard = [1e-6, 1e-3, 0.1, 1.0, 4.0, 22.0, 40.0]

    def fall(s: Any) -> Any:
        tail = lambda x: mp.log(mp.erfc(x / mp.sqrt(2)))
        return tail(a) - tail(a + s)

    with mp.workdps(60):
        start = lambda h: mp.mpf(h) / (mp.mpf(a) + 1 + mp.sqrt(h))
        expected = [float(mp.findroot(lambda s, h=h: fall(s) - h, start(h))) for h in hazard]
    for dtype, tolerance in ((jnp.float32, 4e-7), (jnp.float64, 7e-8)):
        with jax.enable_x64(dtype is jnp.float64):
            begin = jnp.asarray(a, dtype)
            ratio = special.mills_ratio(begin)
            found = special.residual_life(begin, ratio, jnp.asarray(hazard, dtype))
        np.testing.assert_allclose(found, expected, rtol=tolerance)


def test_counts_without_success_or_failure() -> None:
    k, n = jnp.array([0.0, 0, 5, 5, 2]), jnp.array([5.0, 5, 5, 5, 5])
    p = jnp.array([0.0, 0.5, 1, 0.5, 0])
    expected = [0, 5 * math.log(0.5), 0, 5 * math.log(0.5), -INF]
    np.testing.assert_allclose(special.binomial_log_prob(k, n, probs=p), expected, rtol=1e-6)
    slopes = jax.vmap(jax.grad(lambda p, k, n: special.binomial_log_prob(k, n, probs=p)))(p, k, n)
    np.testing.assert_allclose(slopes[:4], [-5, -10, 5, 10], rtol=1e-6)
    with pytest.raises(ValueError, match="exactly one"):
        special.binomial_log_prob(1, 2)


@pytest.mark.parametrize(
    ("lower", "upper", "points"),
    [
        (special.gammainc, special.gammaincc, GAMMA),
        (special.betainc, special.betaincc, BETA),
    ],
)
def test_tails_add_up(
    lower: Callable[..., Any], upper: Callable[..., Any], points: tuple[tuple[float, ...], ...]
) -> None:
    args = np.float32(points).T
    np.testing.assert_allclose(lower(*args) + upper(*args), 1, rtol=2 * EPS)


def test_float64_is_exact_and_integers_are_promoted() -> None:
    with jax.enable_x64(True):
        a, x = 3.7, 2.2
        with mp.workdps(30):
            np.testing.assert_allclose(special.gammainc(a, x), float(gammainc(a, x)), rtol=1e-14)
            np.testing.assert_allclose(special.lgamma(a), float(mp.loggamma(a)), rtol=1e-14)
            expected = float(betainc(a, x, mp.mpf(0.3)))
        np.testing.assert_allclose(special.betainc(a, x, 0.3), expected, rtol=1e-14)
    assert special.lgamma(np.arange(1, 4)).dtype == jnp.float32
    assert special.gammainc(2, 3).dtype == jnp.float32


def test_arguments_broadcast() -> None:
    assert special.betainc(np.ones((3, 1)), np.ones(4), 0.5).shape == (3, 4)
    mapped = jax.vmap(special.gammainc, (None, 0))(2.0, jnp.arange(3.0))
    np.testing.assert_array_equal(mapped, special.gammainc(2.0, jnp.arange(3.0)))


@pytest.mark.parametrize(
    "function",
    [
        special.log_i0e,
        special.bessel_ratio,
        lambda x: special.gammainc(x, 2.0),
        lambda x: special.betainc(x, 2.0, 0.3),
    ],
)
def test_values_do_not_depend_on_the_shape(function: Callable[..., Any]) -> None:
    """XLA makes wrong matrix products of weighted sums for shapes such as this one."""
    x = np.linspace(0.5, 5, 48_000, dtype=np.float32).reshape(2, 24_000)
    some = (slice(None), slice(None, None, 1000))
    np.testing.assert_allclose(jax.jit(function)(x)[some], function(x[some]), rtol=1e-6)
