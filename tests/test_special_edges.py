"""Special functions at their edges, in extreme cases, and of other types and shapes."""

from __future__ import annotations

import functools
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
    special.masked_log: [((0.0,), -INF, (0,))],
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


@functools.cache
def evaluate_edges() -> dict[Callable[..., Any], tuple[Any, Any]]:
    """Values and gradients of all functions at their edges, compiled once."""

    points = [np.float32([arguments for arguments, _, _ in cases]).T for cases in EDGES.values()]

    @jax.jit
    def evaluate(points: list[jax.Array]) -> list[Any]:
        results = []
        for function, arguments in zip(EDGES, points, strict=True):
            both = jax.value_and_grad(function, tuple(range(len(arguments))))
            results.append(jax.vmap(both)(*arguments))
        return results

    return dict(zip(EDGES, evaluate(points), strict=True))


@pytest.mark.parametrize("function", EDGES, ids=lambda function: function.__name__)
def test_value_at_the_edges(function: Callable[..., Any]) -> None:
    ours, _ = evaluate_edges()[function]
    expected = [value for _, value, _ in EDGES[function]]
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("function", EDGES, ids=lambda function: function.__name__)
def test_gradient_at_the_edges(function: Callable[..., Any]) -> None:
    _, slopes = evaluate_edges()[function]
    assert not np.any(np.isnan(slopes))
    for slope, (_, _, expected) in zip(np.array(slopes).T, EDGES[function], strict=True):
        if expected is not None:
            np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (special.poisson_log_prob, (1e6, 1e6), -7.826694),
        (special.gamma_log_prob, (1e6, 1.0, 1e6), -7.826694),
        (special.poisson_log_prob, (1e6, 1e-36), -95708581.7),
        (special.gamma_log_prob, (1e-3, 0.5, 1.2e-38), 80.320724),
        (special.beta_log_prob, (1e6, 1e6, 0.5), 7.028537),
        (special.gammainc, (1e6, 1e6), 0.5001329807608735),
        (special.betainc, (1e6, 1e6, 0.5), 0.5),
        (special.log_ndtr, (-20.0,), -203.91716),
    ],
)
def test_cases_that_libraries_get_wrong(
    function: Callable[..., Any], arguments: tuple[float, ...], expected: float
) -> None:
    np.testing.assert_allclose(function(*arguments), expected, rtol=6e-7)


HAZARDS = [1e-6, 1e-3, 0.1, 1.0, 4.0, 22.0, 40.0]


def residual_life(a: float, hazard: float) -> float:
    """Solve log P(X > a + s) = log P(X > a) - hazard for s, with 60 digits."""

    def log_tail(x: Any) -> Any:
        return mp.log(mp.erfc(x / mp.sqrt(2)))

    with mp.workdps(60):
        start = mp.mpf(hazard) / (mp.mpf(a) + 1 + mp.sqrt(hazard))
        return float(mp.findroot(lambda s: log_tail(a) - log_tail(a + s) - hazard, start))


@pytest.mark.parametrize("a", [0.0, 0.3, 1.0, 3.0, 8.0, 1e3])
def test_residual_life(a: float) -> None:
    expected = [residual_life(a, hazard) for hazard in HAZARDS]
    for dtype, tolerance in ((jnp.float32, 4e-7), (jnp.float64, 7e-8)):
        with jax.enable_x64(dtype is jnp.float64):
            start = jnp.asarray(a, dtype)
            ratio = special.mills_ratio(start)
            ours = special.residual_life(start, ratio, jnp.asarray(HAZARDS, dtype))
        np.testing.assert_allclose(ours, expected, rtol=tolerance)


# Successes, trials, and the probability of success.
FEW_COUNTS = np.float32([(0, 5, 0), (0, 5, 0.5), (5, 5, 1), (5, 5, 0.5), (2, 5, 0)]).T


def binomial_of_probs(k: Any, n: Any, p: Any) -> Any:
    return special.binomial_log_prob(k, n, probs=p)


def test_log_prob_of_counts_without_success_or_failure() -> None:
    expected = [0, 5 * math.log(0.5), 0, 5 * math.log(0.5), -INF]
    np.testing.assert_allclose(binomial_of_probs(*FEW_COUNTS), expected, rtol=1e-6)


def test_gradient_of_counts_without_success_or_failure() -> None:
    slopes = jax.vmap(jax.grad(binomial_of_probs, 2))(*FEW_COUNTS)
    np.testing.assert_allclose(slopes[:4], [-5, -10, 5, 10], rtol=1e-6)


def test_binomial_log_prob_takes_one_of_probs_and_logits() -> None:
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


@pytest.mark.parametrize(
    ("function", "reference", "arguments"),
    [
        (special.gammainc, gammainc, (3.7, 2.2)),
        (special.lgamma, mp.loggamma, (3.7,)),
        (special.betainc, betainc, (3.7, 2.2, 0.3)),
    ],
)
def test_float64_is_exact(
    function: Callable[..., Any], reference: Callable[..., Any], arguments: tuple[float, ...]
) -> None:
    with jax.enable_x64(True):
        ours = function(*arguments)
    with mp.workdps(30):
        expected = float(reference(*map(mp.mpf, arguments)))
    np.testing.assert_allclose(ours, expected, rtol=1e-14)


def test_integers_are_promoted() -> None:
    assert special.lgamma(np.arange(1, 4)).dtype == jnp.float32
    assert special.gammainc(2, 3).dtype == jnp.float32


def test_arguments_broadcast() -> None:
    assert special.betainc(np.ones((3, 1)), np.ones(4), 0.5).shape == (3, 4)


def test_vmap_changes_nothing() -> None:
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


@pytest.mark.parametrize(
    ("x", "y"), [(3e-21, 1e-21), (1.5e19, -3e17), (0.0, 1e-30), (1e-3, 1e3), (-3e38, 3e38)]
)
def test_slopes_of_hypot(x, y):
    """JAX's own are infinite or NaN below 1e-20 and wrong above 1e19."""
    x, y = np.float32(x), np.float32(y)
    length = np.hypot(float(x), float(y))
    np.testing.assert_allclose(
        jax.grad(special.hypot, (0, 1))(x, y), (x / length, y / length), rtol=1e-6
    )
    if length < 1e38:
        curvature = jax.grad(jax.grad(special.hypot))(x, y)
        np.testing.assert_allclose(curvature, (float(y) / length) ** 2 / length, rtol=2e-6)


def test_slopes_of_hypot_at_the_origin_are_zero():
    assert jax.grad(special.hypot, (0, 1))(0.0, 0.0) == (0, 0)
    assert jax.grad(special.hypot, (0, 1))(np.inf, 1.0) == (1, 0)
