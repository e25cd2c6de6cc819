"""Special functions against mpmath: values, gradients, second derivatives and inverses."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from jax.sharding import AxisType, PartitionSpec

from jaxdist import special
from tests.special_cases import (
    CASES,
    LOG_P,
    Case,
    Reference,
    betainc,
    gammainc,
    log_of,
    ndtr,
    points_of,
    reference,
)

EPS = float(jnp.finfo(jnp.float32).eps)


@functools.cache
def evaluate(points: tuple[tuple[float, ...], ...]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Values and gradients of all functions that are compared at the same points, compiled once."""
    cases = [case for case in CASES if case.points == points]
    arguments = tuple(map(jnp.asarray, np.float32(points).T))

    def both(*x: jax.Array) -> list[Any]:
        at = tuple(range(len(x)))
        return [(case.ours(*x), jax.jacfwd(case.ours, at)(*x)) for case in cases]

    results = jax.jit(jax.vmap(both))(*arguments)
    return {
        case.name: (np.float64(value), np.float64(gradient))
        for case, (value, gradient) in zip(cases, results, strict=True)
    }


@pytest.mark.fast
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_value_agrees_with_mpmath(case: Case) -> None:
    value, _ = evaluate(case.points)[case.name]
    expected = reference(case)
    # Logarithms and entropies are measured in absolute terms where they are small.
    least = 1.0 if "log" in case.name or "entropy" in case.name else 0.0
    error = np.abs(value - expected.value) / np.maximum(expected.value_condition, least)
    assert_small(error, case.value, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradient_agrees_with_mpmath(case: Case) -> None:
    _, gradient = evaluate(case.points)[case.name]
    expected = reference(case)
    error = np.abs(gradient * np.float32(case.points).T - expected.gradient)
    assert_small(np.max(error / expected.gradient_condition, 0), case.gradient, case)


def assert_small(error: np.ndarray, units: float, case: Case) -> None:
    worst = int(np.argmax(error))
    assert np.all(error <= units * EPS), (error[worst] / EPS, case.points[worst])


INVERSES = [
    Case(
        "gammaincinv",
        gammainc,
        points_of(".05 .3; .3 1e-4; .7 .6; 1 .5; 2.5 1e-6; 30 .9; 1e3 .1"),
    ),
    Case(
        "betaincinv",
        betainc,
        points_of(".1 .2 .3; .7 3 .6; 1 1 .5; 2.5 4 1e-6; 30 40 .9; 900 30 .1"),
    ),
    Case("ndtri_exp", log_of(ndtr), LOG_P),
]


@functools.cache
def invert(case: Case) -> tuple[np.ndarray, np.ndarray, Reference]:
    """The inverse and its gradients at the points, and the function's reference at the inverse."""
    points = np.float32(case.points).T
    gradient = jax.jacfwd(case.ours, tuple(range(len(points))))
    x, gradients = jax.jit(jax.vmap(lambda *x: (case.ours(*x), gradient(*x))))(*points)
    inverted = np.vstack([points[:-1], x]).T
    function = dataclasses.replace(case, points=tuple(map(tuple, inverted)))
    return np.float64(x), np.float64(gradients), reference(function)


@pytest.mark.parametrize("case", INVERSES, ids=lambda case: case.name)
def test_function_of_the_inverse_is_the_identity(case: Case) -> None:
    _, _, function = invert(case)
    p = np.float32(case.points).T[-1]
    allowed = np.abs(p) + function.value_condition
    assert_small(np.abs(function.value - p) / allowed, 8, case)


@pytest.mark.parametrize("case", INVERSES, ids=lambda case: case.name)
def test_inverse_differentiates_implicitly(case: Case) -> None:
    x, gradients, function = invert(case)
    shapes = np.float32(case.points).T[:-1]
    slope = function.gradient[-1] / x
    expected = [*(-function.gradient[:-1] / shapes / slope), 1 / slope]
    np.testing.assert_allclose(gradients, expected, rtol=3e-5)


def test_inverse_of_an_upper_tail() -> None:
    a, q = np.float32([[0.7, 0.3], [1, 0.5], [2.5, 1e-6], [30, 0.9], [1e3, 0.1]]).T
    np.testing.assert_allclose(special.gammaincc(a, special.gammainccinv(a, q)), q, rtol=3e-5)


# Points at which functions are differentiated twice, in the direction (1, -2, 3).
SECOND = {
    "log1pmx": (0.3,),
    "stirling_error": (10.0,),
    "digamma": (0.3,),
    "trigamma": (7.0,),
    "poisson_log_prob": (3.0, 2.5),
    "gamma_log_prob": (0.3, 2.0, 1.5),
    "lbeta": (2.0, 2.0),
    "beta_log_prob": (0.4, 2.5, 0.3),
    "gammainc": (2.0, 1.5),
    "log_betaincc": (2.0, 3.0, 0.45),
    "log_ndtr": (-30.0,),
    "bessel_ratio": (50.0,),
}


def on_a_line(function: Callable[..., Any], point: list[Any]) -> Callable[[Any], Any]:
    """The function t -> function(point + t (1, -2, 3))."""
    direction = (1, -2, 3)[: len(point)]
    return lambda t: function(*(x + t * v for x, v in zip(point, direction, strict=True)))


def second_derivative(function: Callable[[Any], Any]) -> jax.Array:
    def slope(t: Any) -> Any:
        return jax.jvp(function, (t,), (1.0,))[1]

    return jax.jit(lambda t: jax.jvp(slope, (t,), (1.0,))[1])(0.0)


@pytest.mark.parametrize("name", SECOND)
def test_second_derivatives_agree_with_mpmath(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    point = [float(np.float32(number)) for number in SECOND[name]]
    ours = second_derivative(on_a_line(case.ours, point))
    with mp.workdps(40):
        reference = on_a_line(case.reference, list(map(mp.mpf, point)))
        up, here, down = (reference(mp.mpf(t)) for t in ("1e-8", "0", "-1e-8"))
        expected = float((up - 2 * here + down) / mp.mpf("1e-16"))
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


def test_second_derivative_of_an_inverse() -> None:
    """That of x is -y'' / y'^3 along p; P(1, x) = 1 - exp(-x)."""
    second = second_derivative(lambda t: special.gammaincinv(1.0, 0.3 + t))
    np.testing.assert_allclose(second, 1 / 0.7**2, rtol=1e-5)


def of_several_arguments() -> dict[str, int]:
    """The functions that are decorated with `elementwise`, with their numbers of arguments."""
    found = {}
    for name in special.__all__:
        function = getattr(getattr(special, name), "function", None)
        parameters = inspect.signature(function).parameters.values() if function else ()
        if number := sum(p.default is p.empty for p in parameters):
            found[name] = number
    return {name: number for name, number in found.items() if number > 1}


SOME = ("logit_beta_implicit_derivative", "student_t_sf")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in SOME else pytest.mark.slow) for n in of_several_arguments()],
)
def test_any_of_the_arguments_may_vary_over_devices(name: str) -> None:
    """Under `shard_map` tangents have the types of their arguments."""
    mesh = jax.make_mesh((1,), ("batch",), axis_types=(AxisType.Auto,))
    function, number = getattr(special, name), of_several_arguments()[name]
    arguments = (jnp.full((1, 3), 0.25),) * number

    def total(arguments: tuple[jax.Array, ...]) -> jax.Array:
        return sum(map(jnp.sum, jax.tree.leaves(function(*arguments))), jnp.zeros(()))

    def of_shard(*shards: jax.Array) -> Any:
        slopes = jax.grad(total)(shards), jax.jvp(total, (shards,), (shards,))
        rest = sum(map(jnp.sum, shards), jnp.zeros(()))
        return jax.tree.map(lambda x: jnp.reshape(x + rest, (1, -1)), slopes)

    for varies in itertools.product((True, False), repeat=number):
        if any(varies):
            specs = tuple(PartitionSpec("batch") if each else PartitionSpec() for each in varies)
            out = PartitionSpec("batch")
            jax.eval_shape(
                jax.shard_map(of_shard, mesh=mesh, in_specs=specs, out_specs=out), *arguments
            )
