"""Special functions against mpmath: values, gradients, second derivatives and edges."""

from __future__ import annotations

import dataclasses
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

EPS = float(jnp.finfo(jnp.float32).eps)
INF = math.inf


# --- references, in arbitrary precision ----------------------------------------------------------


def stirling_error(n: Any) -> Any:
    return mp.loggamma(n + 1) - (n + mp.mpf(1) / 2) * mp.log(n) + n - mp.log(2 * mp.pi) / 2


def poisson_log_prob(k: Any, rate: Any) -> Any:
    return k * mp.log(rate) - rate - mp.loggamma(k + 1)


def gamma_log_prob(c: Any, rate: Any, x: Any) -> Any:
    return c * mp.log(rate) + (c - 1) * mp.log(x) - rate * x - mp.loggamma(c)


def gammainc(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def gammaincc(a: Any, x: Any) -> Any:
    return mp.gammainc(a, x, regularized=True)


def lbeta(a: Any, b: Any) -> Any:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def log_choose(n: Any, k: Any) -> Any:
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)


def binomial_of_probs(k: Any, n: Any, p: Any) -> Any:
    return log_choose(n, k) + k * mp.log(p) + (n - k) * mp.log1p(-p)


def binomial_of_logits(k: Any, n: Any, logits: Any) -> Any:
    return log_choose(n, k) + k * logits - n * mp.log1p(mp.exp(logits))


def beta_log_prob(a: Any, b: Any, x: Any) -> Any:
    return (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - lbeta(a, b)


def betainc(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(a, b, 0, x, regularized=True)


def betaincc(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(b, a, 0, 1 - x, regularized=True)


def ndtr(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def log_ndtr_difference(a: Any, b: Any) -> Any:
    return mp.log(ndtr(b) - ndtr(a) if a + b < 0 else ndtr(-a) - ndtr(-b))


def bessel_ratio(kappa: Any) -> Any:
    return mp.besseli(1, kappa) / mp.besseli(0, kappa)


@functools.cache
def von_mises_cdf(x: Any, kappa: Any) -> Any:
    """Integrate in pieces that grow from the width of the peak."""
    width = 1 / mp.sqrt(1 + kappa)
    ends = [-abs(x) - width * 2**j for j in range(-1, 8)]
    points = [-mp.pi, *sorted(end for end in ends if end > -mp.pi), -abs(x)]
    tail = mp.quad(lambda t: mp.exp(-2 * kappa * mp.sin(t / 2) ** 2), points)
    tail /= 2 * mp.pi * mp.besseli(0, kappa) * mp.exp(-kappa)
    return tail if x < 0 else 1 - tail


# --- the table -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    """A function, its reference, and the points (columns) at which the two are compared."""

    name: str
    reference: Callable[..., Any]
    points: tuple[tuple[float, ...], ...]
    value: float = 4.0  # allowed error, in units of eps max(|ref|, condition)
    gradient: float = 16.0  # the same of x_i df/dx_i
    function: Callable[..., Any] | None = None
    digits: int = 60

    @property
    def ours(self) -> Callable[..., Any]:
        return self.function or getattr(special, self.name)


def along(points: str) -> tuple[tuple[float, ...], ...]:
    """Read points, one a semicolon: `1 2; 3 4` is two points of two arguments."""
    return tuple(tuple(map(float, point.split())) for point in points.split(";"))


POSITIVE = along("1e-6; .01; .3; .49; .51; .999; 1; 1.001; 1.46; 2; 2.4; 2.6; 9.9; 10; 1e3; 1e6")
GAMMA = along(
    "1e-3 1e-4; 1e-3 .3; .01 2; .1 .01; .4 .45; .4 .6; .5 .4; .7 20; 1 1; 1 1e-5; 1.5 1.2;"
    "3 .1; 3 12; 10 10; 30 12; 100 131; 1e3 999; 1e4 1e4; 1e4 9700; 1e4 10300"
)
BETA = along(
    ".01 .02 .3; .1 3 .01; .5 .5 .999; .7 1.3 .5; 1 1 .25; 1 3 .001; 2 2 .5; 2 40 .01; 40 2 .9;"
    "3 .2 .97; 12 13 .2; 12 13 .9; 100 300 .25; 500 500 .53; 1e3 10 .985; 2.3 4e5 1.2e-5"
)
LARGE_BETA = along(
    "1e6 1e6 .5; 1e6 1e6 .501; 3e5 7 .99997; .3 1e6 1e-7; .01 1e-6 1e-36; .4 .3 1e-30; .2 .1 .999"
)
COUNTS = along("0 10; 1 10; 3 10; 10 10; 7 1e6; 5e5 1e6; 999990 1e6; 1e4 3e4")
NORMAL = along("-1e4; -300; -12; -5.3; -2; -.7; -.01; .01; .7; 2; 4.5")
LOG_P = along("-1e5; -300; -90; -21; -19; -5; -1; -.7; -.6; -.1; -1e-3; -1e-6")
INTERVALS = along(
    "8 9; 8.1 8.10001; -9 -8; -420 -20; -1 1; -.1 .3; -.9 -.2; -7 5; -40 1; 2 60; .3 .3001; -.6 -.4"
)
KAPPA = along("1e-4; .01; .5; .99; 1.01; 3; 12; 39; 41; 200; 1e4; 1e6")
CIRCLE = along("-3 .001; -1 .5; 2 1; -.2 3; -.4 30; .2 100; .004 1e4; -.003 1e5; -1 40")


def log_of(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: mp.log(function(*args))


CASES = [
    Case("xlogy", lambda x, y: x * mp.log(y), along(".1 .2; 3 1.001; 1e5 1e-30; 2 1e30")),
    Case("xlog1py", lambda x, y: x * mp.log1p(y), along(".1 .2; 3 1e-9; 1e5 -.999; 2 1e30")),
    Case("xlogx", lambda x: x * mp.log(x), along("1e-30; .1; .999; 1.001; 1e6")),
    Case("log1mexp", lambda x: mp.log(-mp.expm1(-x)), along("1e-20; .01; .69; .7; 5; 80")),
    Case("log_expm1", lambda x: mp.log(mp.expm1(x)), along("1e-20; .01; .69; .7; 5; 80; 1e4")),
    Case("log1pmx", lambda x: mp.log1p(x) - x, along("-.99; -.51; -.49; -1e-6; 1e-6; .3; 1.1; 50")),
    Case("expm1mx", lambda x: mp.expm1(x) - x, along("-50; -1.1; -.9; -1e-6; 1e-6; .3; 1.1; 50")),
    Case(
        "log_sub_exp",
        lambda a, b: mp.log(mp.exp(a) - mp.exp(b)),
        along("1 .5; 1e4 9999; -1e3 -1003; 0 -60; 3 2.999"),
    ),
    Case("lgamma", mp.loggamma, POSITIVE),
    Case("digamma", lambda x: mp.psi(0, x), POSITIVE, value=6),
    Case("trigamma", lambda x: mp.psi(1, x), POSITIVE, value=10),
    Case("stirling_error", stirling_error, POSITIVE, value=8),
    Case(
        "deviance",
        lambda x, m: x * mp.log(x / m) + m - x,
        along(
            "1 1.0001; 1e6 1e6; 1e6 1001000; .01 5; 5 .01; 1e-6 1e6; 1e6 1e-6; 3 7; 3 5.9; 3 1.4"
        ),
    ),
    Case(
        "poisson_log_prob",
        poisson_log_prob,
        along(
            "1e6 1e6; 1e6 1003000; 1 1; .3 .2; .5 4; 3 1e-10; 1e-3 1e4; 40 35; 1e4 1e-5; 3 1e-35"
        ),
    ),
    Case(
        "gamma_log_prob",
        gamma_log_prob,
        along(
            "1e6 1 1e6; 1e-3 2 .1; .9 3 .01; 1 5 .3; 1.2 .1 1e-6; 30 4 8; 1e4 1e-3 1e7;"
            "1e-3 1e-9 1e-36; .49 3 1e-30; .51 3 .1; 30 1 1e-34; .3 100 2"
        ),
    ),
    Case("gammainc", gammainc, GAMMA),
    Case("gammaincc", gammaincc, GAMMA),
    Case("log_gammainc", log_of(gammainc), GAMMA),
    Case("log_gammaincc", log_of(gammaincc), GAMMA),
    Case(
        "lbeta", lbeta, along("1e6 1e6; 1e-3 1e6; .5 .5; 1 1; 2 2; 3e5 40; .01 .02; 1 1.01; 5 1e4")
    ),
    Case("log_choose", log_choose, tuple((n, k) for k, n in COUNTS)),
    Case(
        "binomial_of_probs",
        binomial_of_probs,
        tuple((k, n, (k + 1) / (n + 2)) for k, n in COUNTS)
        + along("3 10 .9; 2 1e6 1e-6; 5 9 1e-9"),
        function=lambda k, n, p: special.binomial_log_prob(k, n, probs=p),
    ),
    Case(
        "binomial_of_logits",
        binomial_of_logits,
        tuple((k, n, math.log((k + 1) / (n - k + 1))) for k, n in COUNTS)
        + along("500300 1e6 1e-3; 3 9 -300; 3 9 300; 1e4 1e4 9; 1e4 2e4 -1.5"),
        function=lambda k, n, logits: special.binomial_log_prob(k, n, logits=logits),
    ),
    Case("beta_log_prob", beta_log_prob, BETA + LARGE_BETA),
    Case("betainc", betainc, BETA),
    Case("betaincc", betaincc, BETA),
    Case("log_betainc", log_of(betainc), BETA, value=6),
    Case("log_betaincc", log_of(betaincc), BETA, value=6),
    Case("ndtr", ndtr, NORMAL[2:]),
    Case("log_ndtr", log_of(ndtr), NORMAL),
    Case("inverse_mills", lambda x: mp.npdf(x) / ndtr(x), NORMAL),
    Case(
        "ndtri",
        lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1),
        along("1e-30; 1e-9; .01; .3; .6; .9; .999; .99999"),
    ),
    Case("log_ndtr_difference", log_ndtr_difference, INTERVALS),
    Case("log_i0", lambda k: mp.log(mp.besseli(0, k)), KAPPA),
    Case("log_i0e", lambda k: mp.log(mp.besseli(0, k)) - k, KAPPA),
    Case("bessel_ratio", bessel_ratio, KAPPA),
    Case("bessel_ratio_complement", lambda k: 1 - bessel_ratio(k), KAPPA),
    Case("von_mises_cdf", von_mises_cdf, CIRCLE, digits=28),
    Case("log_von_mises_cdf", log_of(von_mises_cdf), CIRCLE, value=8, digits=28),
]


@dataclasses.dataclass(frozen=True)
class Reference:
    """Values, gradients, and how much of either rounding of the arguments moves, per eps."""

    value: np.ndarray  # (points,)
    gradient: np.ndarray  # (arguments, points), x_i df/dx_i
    value_condition: np.ndarray  # (points,)
    gradient_condition: np.ndarray  # (arguments, points)


def reference(case: Case) -> Reference:
    """Differentiate along the logarithms of the arguments, numerically in many digits."""

    def derivative(function: Callable[..., Any], x: list[Any], i: int) -> Any:
        step = mp.mpf(10) ** -(mp.mp.dps // 4)
        up, down = (function(*x[:i], x[i] * (1 + h), *x[i + 1 :]) for h in (step, -step))
        return (up - down) / (2 * step)

    values, gradients, conditions = [], [], []
    with mp.workdps(case.digits):
        for point in np.float32(case.points):
            x = [mp.mpf(float(number)) for number in point]
            n = range(len(x))
            slopes = [lambda *x, i=i: derivative(case.reference, list(x), i) for i in n]
            values.append(float(case.reference(*x)))
            gradients.append([float(slope(*x)) for slope in slopes])
            conditions.append(
                [sum(abs(float(derivative(slope, x, j))) for j in n) for slope in slopes]
            )
    value, gradient = np.array(values), np.array(gradients).T
    condition = np.maximum(np.abs(value), np.sum(np.abs(gradient), 0)) + 1e-30
    return Reference(value, gradient, condition, np.maximum(condition, np.array(conditions).T))


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_value_and_gradient_agree_with_mpmath(case: Case) -> None:
    value, gradient = evaluate(case.points)[case.name]
    expected = reference(case)
    # Logarithms are measured in absolute terms where they are small.
    least = 1.0 if "log" in case.name else 0.0
    error = np.abs(value - expected.value) / np.maximum(expected.value_condition, least)
    assert_small(error, case.value, case)
    error = np.abs(gradient * np.float32(case.points).T - expected.gradient)
    assert_small(np.max(error / expected.gradient_condition, 0), case.gradient, case)


def assert_small(error: np.ndarray, units: float, case: Case) -> None:
    worst = int(np.argmax(error))
    assert np.all(error <= units * EPS), (error[worst] / EPS, case.points[worst])


INVERSES = [
    Case("gammaincinv", gammainc, along(".05 .3; .3 1e-4; .7 .6; 1 .5; 2.5 1e-6; 30 .9; 1e3 .1")),
    Case(
        "betaincinv", betainc, along(".1 .2 .3; .7 3 .6; 1 1 .5; 2.5 4 1e-6; 30 40 .9; 900 30 .1")
    ),
    Case("ndtri_exp", log_of(ndtr), LOG_P),
]


@pytest.mark.parametrize("case", INVERSES, ids=lambda case: case.name)
def test_inverse_undoes_the_function_and_differentiates_implicitly(case: Case) -> None:
    points = np.float32(case.points).T
    argnums = tuple(range(len(points)))
    both = jax.jit(jax.vmap(lambda *x: (case.ours(*x), jax.jacfwd(case.ours, argnums)(*x))))
    x, gradients = np.float64(both(*points)[0]), np.float64(both(*points)[1])
    undone = dataclasses.replace(case, points=tuple(map(tuple, np.vstack([points[:-1], x]).T)))
    there = reference(undone)
    allowed = np.abs(points[-1]) + there.value_condition
    assert_small(np.abs(there.value - points[-1]) / allowed, 8, case)
    slope = there.gradient[-1] / x
    expected = [*(-there.gradient[:-1] / points[:-1] / slope), 1 / slope]
    np.testing.assert_allclose(gradients, expected, rtol=3e-5)


def test_inverses_of_upper_tails() -> None:
    a, q = np.float32([[0.7, 0.3], [1, 0.5], [2.5, 1e-6], [30, 0.9], [1e3, 0.1]]).T
    np.testing.assert_allclose(special.gammaincc(a, special.gammainccinv(a, q)), q, rtol=3e-5)
    x = special.betainccinv(a, 2 * a, q)
    np.testing.assert_allclose(special.betaincc(a, 2 * a, x), q, rtol=3e-5)


# Points at which functions are differentiated twice, along (1, -2, 3).
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
    "log_ndtr_difference": (0.8, 1.7),
    "bessel_ratio": (50.0,),
    "von_mises_cdf": (-1.0, 2.0),
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivatives_agree_with_mpmath(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    point = [float(np.float32(number)) for number in SECOND[name]]
    way = [1.0, -2.0, 3.0][: len(point)]
    ours = _second_derivative(
        lambda t: case.ours(*(x + t * v for x, v in zip(point, way, strict=True)))
    )
    with mp.workdps(40):
        along_way = lambda t: case.reference(
            *(mp.mpf(x) + t * v for x, v in zip(point, way, strict=True))
        )
        up, here, down = (along_way(mp.mpf(t)) for t in ("1e-8", "0", "-1e-8"))
        expected = float((up - 2 * here + down) / mp.mpf("1e-16"))
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


def _second_derivative(function: Callable[[Any], Any]) -> jax.Array:
    def slope(t: Any) -> Any:
        return jax.jvp(function, (t,), (1.0,))[1]

    return jax.jit(lambda t: jax.jvp(slope, (t,), (1.0,))[1])(0.0)


def test_second_derivative_of_an_inverse() -> None:
    """That of x is -y'' / y'^3 along p; P(1, x) = 1 - exp(-x)."""
    second = _second_derivative(lambda t: special.gammaincinv(1.0, 0.3 + t))
    np.testing.assert_allclose(second, 1 / 0.7**2, rtol=1e-5)


# --- edges ---------------------------------------------------------------------------------------


EDGES = {  # arguments, value, gradient (None: infinite, or any number)
    special.xlogy: [((0.0, 0.0), 0, (0, 0)), ((0.0, 2.0), 0, (math.log(2), 0))],
    special.xlog1py: [((0.0, -1.0), 0, (0, 0))],
    special.xlogx: [((0.0,), 0, (0,))],
    special.log1mexp: [((0.0,), -INF, (0,))],
    special.log_sub_exp: [((1.0, -INF), 1, (1, 0))],
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
    special.log_ndtr_difference: [((-INF, INF), 0, (0, 0)), ((2.0, 2.0), -INF, (0, 0))],
    special.log_i0: [((0.0,), 0, (0,))],
    special.bessel_ratio: [((0.0,), 0, (0.5,)), ((INF,), 1, (0,))],
    special.von_mises_cdf: [
        ((-math.pi, 1.0), 0, None),
        ((math.pi, 1.0), 1, None),
        ((0.0, 0.0), 0.5, (0.5 / math.pi, 0)),
    ],
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
        (lambda: special.log_ndtr_difference(8.0, 9.0), -35.013619),
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
        special.log_i0,
        special.bessel_ratio,
        lambda x: special.gammainc(x, 2.0),
        lambda x: special.betainc(x, 2.0, 0.3),
        lambda x: special.von_mises_cdf(0.5, x),
    ],
)
def test_values_do_not_depend_on_the_shape(function: Callable[..., Any]) -> None:
    """XLA makes wrong matrix products of weighted sums for shapes such as this one."""
    x = np.linspace(0.5, 5, 48_000, dtype=np.float32).reshape(2, 24_000)
    some = (slice(None), slice(None, None, 1000))
    np.testing.assert_allclose(jax.jit(function)(x)[some], function(x[some]), rtol=1e-6)
