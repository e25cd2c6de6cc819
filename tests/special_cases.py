"""Special functions, their references in mpmath, and the points at which the two are compared."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np

from jaxdist import special
from tests.formulas import (
    bessel_ratio,
    beta_entropy,
    beta_log_prob,
    betainc,
    betaincc,
    betaprime_entropy,
    betaprime_log_prob,
    binomial_of_logits,
    binomial_of_probs,
    gamma_log_prob,
    gammainc,
    gammaincc,
    lbeta,
    log_choose,
    ndtr,
    poisson_log_prob,
    skellam_log_prob,
    stirling_error,
    student_t_entropy,
    student_t_log_normalizer,
    student_t_log_prob,
)

# --- the table -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    """A function, its reference, and the points (columns) at which the two are compared."""

    name: str
    reference: Callable[..., Any]
    points: tuple[tuple[float, ...], ...]
    value: float = 4.0  # allowed error, in units of eps max(|ref|, condition)
    gradient: float = 16.0  # the same of x_i df/dx_i; infinite where large arguments cancel
    function: Callable[..., Any] | None = None

    @property
    def ours(self) -> Callable[..., Any]:
        return self.function or getattr(special, self.name)


def points_of(text: str) -> tuple[tuple[float, ...], ...]:
    """Parse points, separated by semicolons: `1 2; 3 4` is two points of two arguments."""
    return tuple(tuple(map(float, point.split())) for point in text.split(";"))


POSITIVE = points_of(
    "1e-6; .01; .3; .49; .51; .999; 1; 1.001; 1.46; 2; 2.4; 2.6; 7.9; 9.9; 10; 1e3; 1e6"
)
GAMMA = points_of(
    "1e-3 1e-4; 1e-3 .3; .01 2; .1 .01; .4 .45; .4 .6; .5 .4; .7 20; 1 1; 1 1e-5; 1.5 1.2;"
    "3 .1; 3 12; 10 10; 30 12; 100 131; 1e3 999; 1e4 1e4; 1e4 9700; 1e4 10300"
)
BETA = points_of(
    ".01 .02 .3; .1 3 .01; .5 .5 .999; .7 1.3 .5; 1 1 .25; 1 3 .001; 2 2 .5; 2 40 .01; 40 2 .9;"
    "3 .2 .97; 12 13 .2; 12 13 .9; 100 300 .25; 500 500 .53; 1e3 10 .985; 2.3 4e5 1.2e-5"
)
LARGE_BETA = points_of(
    "1e6 1e6 .5; 1e6 1e6 .501; 3e5 7 .99997; .3 1e6 1e-7; .01 1e-6 1e-36; .4 .3 1e-30; .2 .1 .999"
)
COUNTS = points_of("0 10; 1 10; 3 10; 10 10; 7 1e6; 5e5 1e6; 999990 1e6; 1e4 3e4")
NORMAL = points_of("-1e4; -300; -12; -5.3; -2; -.7; -.01; .01; .7; 2; 4.5")
REAL = points_of("-80; -5; -1.1; -.9; -.1; -1e-6; 1e-6; .3; .9; 1.1; 2.5; 4")
PAIRS = points_of(
    "1e6 1e6; 1e-3 1e6; .5 .5; 1 1; 2 2; 3e5 40; .01 .02; 1 1.01; 5 1e4; 1e6 .5; 7.9 .5"
)
SMALL_STEPS = points_of("1e-5 1e-8; .1 1.3e-3; .57 1.4e-7; .999 1e-8; 1.3 2e-8; 300 1e-3; 1e5 40")
RATIOS = points_of("1e-3 2; .5 3; -.4 2; 1e-9 5; 2 -.3; .04 -2; -.06 1.5; 3 20")
QUOTIENTS = points_of("1e30 1e-15; -1e25 2; 40 1.5; -1 1; .3 2; -1e-12 1; 2e-20 3e-20")
TIMES = points_of("2e6 -95; 12 -41; 3 -39; 7 -.3; .4 2; 5 30")
ODDS = points_of(".5 2 .3; 1 1 2; 3 .4 1e-3; 2 5 40; 30 20 1.5; .3 .2 1e6; 200 300 .6")
STUDENT = points_of(".5 2; 1 1e-3; 3 1.5; 3 40; 8 300; 30 .2; 200 3; 5e3 2")
LOG_P = points_of("-1e5; -300; -90; -21; -19; -5; -1; -.7; -.6; -.1; -1e-3; -1e-6")
KAPPA = points_of("1e-4; .01; .5; .99; 1.01; 3; 12; 39; 41; 200; 1e4; 1e6")


def log_of(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: mp.log(function(*args))


CASES = [
    Case("xlogy", lambda x, y: x * mp.log(y), points_of(".1 .2; 3 1.001; 1e5 1e-30; 2 1e30")),
    Case("xlog1py", lambda x, y: x * mp.log1p(y), points_of(".1 .2; 3 1e-9; 1e5 -.999; 2 1e30")),
    Case("xlogx", lambda x: x * mp.log(x), points_of("1e-30; .1; .999; 1.001; 1e6")),
    Case("log1mexp", lambda x: mp.log(-mp.expm1(-x)), points_of("1e-20; .01; .69; .7; 5; 80")),
    Case("log_expm1", lambda x: mp.log(mp.expm1(x)), points_of("1e-20; .01; .69; .7; 5; 80; 1e4")),
    Case(
        "logdiffexp",
        lambda x, y: mp.log(mp.exp(x) - mp.exp(y)),
        points_of("0 -1; -5 -5.001; -100 -300; 3 -2; -1e-3 -80; -1e4 -1.00001e4"),
    ),
    Case(
        "log1pmx",
        lambda x: mp.log1p(x) - x,
        points_of("-.99; -.51; -.49; -1e-6; 1e-6; .3; 1.1; 50"),
    ),
    Case("expm1", mp.expm1, points_of("-80; -30; -5; -1e-6; 1e-6; .3; 1.1; 50")),
    Case(
        "expm1mx",
        lambda x: mp.expm1(x) - x,
        points_of("-50; -1.1; -.9; -1e-6; 1e-6; .3; 1.1; 50"),
    ),
    Case("lgamma", mp.loggamma, POSITIVE),
    Case(
        "lgamma1p_ratio",
        lambda z: mp.loggamma(1 + z) / z,
        points_of("-.999; -.6; -.4; -1e-3; -1e-20; 1e-20; 1e-6; .3; .99; 1.01; 1.4; 1.6; 7; 1e5"),
    ),
    Case(
        "lgamma1p_curvature",
        lambda z: (mp.loggamma(1 + 2 * z) - 2 * mp.loggamma(1 + z)) / z**2,
        points_of("-.25; -.1; -1e-3; -1e-15; 1e-15; 1e-4; .2; .5; .75"),
    ),
    Case("digamma", lambda x: mp.psi(0, x), POSITIVE, value=6),
    Case("trigamma", lambda x: mp.psi(1, x), POSITIVE, value=10),
    Case("stirling_error", stirling_error, POSITIVE, value=8),
    Case("stirling_slope", lambda n: mp.psi(0, n) - mp.log(n) + 1 / (2 * n), POSITIVE),
    Case("stirling_curvature", lambda n: mp.psi(1, n) - 1 / n - 1 / (2 * n * n), POSITIVE),
    Case(
        "log_central_binomial",
        lambda t: mp.loggamma(1 + 2 * t) - 2 * mp.loggamma(1 + t),
        POSITIVE,
        value=8,
    ),
    Case("gamma_entropy", lambda a: a + mp.loggamma(a) + (1 - a) * mp.psi(0, a), POSITIVE),
    Case("student_t_log_normalizer", student_t_log_normalizer, POSITIVE),
    Case("student_t_entropy", student_t_entropy, POSITIVE),
    Case("log1p_square", lambda x: mp.log1p(x * x), REAL + points_of("1e30")),
    Case("softplus", lambda x: mp.log1p(mp.exp(x)), REAL),
    Case("exp_times_expint", lambda y: mp.exp(y) * mp.e1(y), POSITIVE),
    Case("exp_neg_exp", lambda x: mp.exp(-mp.exp(x)), REAL),
    Case("one_minus_exp_neg_exp", lambda x: -mp.expm1(-mp.exp(x)), REAL),
    Case("log1mexpexp", lambda x: mp.log(-mp.expm1(-mp.exp(x))), REAL),
    Case("log_sinhc", lambda x: mp.log(mp.sinh(x) / x), points_of("-2; -.1; 1e-6; .3; 1.9; 70")),
    Case("log_cosh", lambda x: mp.log(mp.cosh(x)), REAL),
    Case("arcsinh_quotient", lambda x, y: mp.asinh(x / y), QUOTIENTS),
    Case("hypot", mp.hypot, QUOTIENTS),
    Case("log_hypot", lambda x, y: mp.log(mp.hypot(x, y)), QUOTIENTS),
    Case("times_sigmoid", lambda n, x: n / (1 + mp.exp(-x)), TIMES, gradient=math.inf),
    Case("times_softplus", lambda n, x: n * mp.log1p(mp.exp(x)), TIMES, gradient=math.inf),
    Case("log1p_ratio", lambda c, x: mp.log1p(c * x) / c, RATIOS + points_of("50 1e12; .2 1.2")),
    Case("expm1_ratio", lambda c, x: mp.expm1(c * x) / c, RATIOS),
    Case(
        "log_gamma_ratio",
        lambda a, b: mp.loggamma(a + b) - mp.loggamma(a) - b * mp.log(a),
        PAIRS + SMALL_STEPS,
    ),
    Case(
        "digamma_difference",
        lambda a, b: mp.psi(0, a + b) - mp.psi(0, a),
        PAIRS + SMALL_STEPS,
    ),
    Case(
        "lgamma_second_difference",
        lambda y, s, l: (
            mp.loggamma(y + s + l) + mp.loggamma(y) - mp.loggamma(y + s) - mp.loggamma(y + l)
        ),
        points_of("1 1e-6 1e-6; 1 .3 1e-4; 2.5 3 4; .01 1e-6 40; 1e5 3 .5; 1e5 1e-4 200; 9 .7 1e6"),
    ),
    Case("beta_entropy", beta_entropy, PAIRS),
    Case("betaprime_entropy", betaprime_entropy, PAIRS),
    Case(
        "f_entropy",
        lambda a, b: betaprime_entropy(a, b) + mp.log(b / a),
        PAIRS + points_of("6 1766; 106 3210; 1.34 14724"),
    ),
    Case("betaprime_log_prob", betaprime_log_prob, ODDS),
    Case("student_t_log_prob", student_t_log_prob, STUDENT),
    Case(
        "deviance",
        lambda x, m: x * mp.log(x / m) + m - x,
        points_of(
            "1 1.0001; 1e6 1e6; 1e6 1001000; .01 5; 5 .01; 1e-6 1e6; 1e6 1e-6; 3 7; 3 5.9; 3 1.4"
        ),
    ),
    Case(
        "poisson_log_prob",
        poisson_log_prob,
        points_of(
            "1e6 1e6; 1e6 1003000; 1 1; .3 .2; .5 4; 3 1e-10; 1e-3 1e4; 40 35; 1e4 1e-5; 3 1e-35"
        ),
    ),
    Case(
        "gamma_log_prob",
        gamma_log_prob,
        points_of(
            "1e6 1 1e6; 1e-3 2 .1; .9 3 .01; 1 5 .3; 1.2 .1 1e-6; 30 4 8; 1e4 1e-3 1e7;"
            "1e-3 1e-9 1e-36; .49 3 1e-30; .51 3 .1; 30 1 1e-34; .3 100 2"
        ),
    ),
    Case("gammainc", gammainc, GAMMA),
    Case("gammaincc", gammaincc, GAMMA),
    Case("log_gammainc", log_of(gammainc), GAMMA),
    Case("log_gammaincc", log_of(gammaincc), GAMMA),
    Case("lbeta", lbeta, PAIRS),
    Case(
        "binomial_of_probs",
        binomial_of_probs,
        tuple((k, n, (k + 1) / (n + 2)) for k, n in COUNTS)
        + points_of("3 10 .9; 2 1e6 1e-6; 5 9 1e-9"),
        function=lambda k, n, p: special.binomial_log_prob(k, n, probs=p),
    ),
    Case(
        "binomial_of_logits",
        binomial_of_logits,
        tuple((k, n, math.log((k + 1) / (n - k + 1))) for k, n in COUNTS)
        + points_of("500300 1e6 1e-3; 3 9 -300; 3 9 300; 1e4 1e4 9; 1e4 2e4 -1.5"),
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
        points_of("1e-30; 1e-9; .01; .3; .6; .9; .999; .99999"),
    ),
    Case("log_i0e", lambda k: mp.log(mp.besseli(0, k)) - k, KAPPA),
    Case(
        "log_zeta",
        lambda s, a: mp.log(mp.zeta(s, a)),
        points_of("1.001 1; 1.5 1; 2 1; 9 1; 60 1; 1.01 7; 3 40; 1.5 1e6; 30 12; 200 300; 4 .7"),
    ),
    Case(
        "log_power_sum",
        lambda s, n: mp.log(mp.zeta(s) - mp.zeta(s, n + 1)),
        points_of("1.001 1; 1.5 3; 1.001 1e6; 2 8; 9 2; 3 40; 1.5 1e4"),
        value=8,
    ),
    Case(
        "skellam_log_prob",
        skellam_log_prob,
        points_of(
            "0 1 1; 3 4 1; -2 4 1; 0 5 5; 1 .01 200; 40 1e-3 3; 300 900 500; -700 1e3 900;"
            "2.5 12 9; 1000 1 1; 1e5 1e5 .5; 10 1e4 1e4"
        ),
        gradient=64,
    ),
    Case(
        "hypergeometric_log_prob",
        lambda k, s, f, n: log_choose(s, k) + log_choose(f, n - k) - log_choose(s + f, n),
        points_of(
            "2 13 39 5; 0 13 39 5; 5 13 39 5; 3 3 4 5; 1 3 4 5; 70 300 4000 1000; 40 1e3 9 44"
        ),
        gradient=math.inf,
    ),
    Case("bessel_ratio", bessel_ratio, KAPPA),
    Case("bessel_ratio_complement", lambda k: 1 - bessel_ratio(k), KAPPA),
]


@dataclasses.dataclass(frozen=True)
class Reference:
    """Values, gradients, and how much of either rounding of the arguments moves, per eps."""

    value: np.ndarray  # (points,)
    gradient: np.ndarray  # (arguments, points), x_i df/dx_i
    value_condition: np.ndarray  # (points,)
    gradient_condition: np.ndarray  # (arguments, points)


Point = list[Any]


def log_derivative(function: Callable[..., Any], x: Point, i: int) -> Any:
    """Derivative along the logarithm of an argument, `x_i df/dx_i`, by a central difference."""
    step = mp.mpf(10) ** -(mp.mp.dps // 4)
    up, down = (function(*x[:i], x[i] * (1 + h), *x[i + 1 :]) for h in (step, -step))
    return (up - down) / (2 * step)


def log_slope(function: Callable[..., Any], i: int) -> Callable[..., Any]:
    """The function `x_i df/dx_i`."""
    return lambda *x: log_derivative(function, list(x), i)


@functools.cache
def reference(case: Case) -> Reference:
    """Differentiate along the logarithms of the arguments, numerically in many digits."""
    values, gradients, conditions = [], [], []
    with mp.workdps(60):
        for point in np.float32(case.points):
            x = [mp.mpf(float(number)) for number in point]
            arguments = range(len(x))
            slopes = [log_slope(case.reference, i) for i in arguments]
            values.append(float(case.reference(*x)))
            gradients.append([float(slope(*x)) for slope in slopes])
            second = [[log_derivative(slope, x, j) for j in arguments] for slope in slopes]
            conditions.append([sum(abs(float(number)) for number in row) for row in second])
    value, gradient = np.array(values), np.array(gradients).T
    condition = np.maximum(np.abs(value), np.sum(np.abs(gradient), 0)) + 1e-30
    return Reference(value, gradient, condition, np.maximum(condition, np.array(conditions).T))
