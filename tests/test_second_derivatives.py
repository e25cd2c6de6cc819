"""Gradients and curvatures at confident, tiny and boundary parameters, against mpmath.

Natural gradients and trust regions are made of them. In float32 they are lost where a probability
rounds to 1, or where the square of a small parameter underflows, unless each has a formula.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist.special import log_sech2, log_sigmoid_slope, sigmoid, softplus, tanh, xlog1py, xlogy

LOGITS = np.float32([-200, -80, -30, -15, -3, 0, 1e-8, 3, 15, 30, 80, 200])
PROBS = np.float32([1e-37, 1e-25, 1e-10, 1e-3, 0.5, 0.999, 1 - 6e-8])


class Case(NamedTuple):
    """A log-probability as a function of one parameter.

    Attributes:
      name: of the family.
      make: builds the distribution from the parameter.
      value: where it is evaluated.
      formula: the same of an mpmath number, up to a constant.
      points: parameters.
    """

    name: str
    make: Callable[[jax.Array], jd.Distribution]
    value: object
    formula: Callable[[mp.mpf], mp.mpf]
    points: np.ndarray


def row(x):
    return jnp.stack([x, jnp.zeros_like(x), jnp.zeros_like(x)])


def log_of_exp_plus(x, others=1):
    return mp.log(mp.exp(x) + others)


def trials(successes, failures):
    """The log-probability of a sequence of trials, from its logits."""
    return lambda x: successes * x - (successes + failures) * log_of_exp_plus(x)


def choices(first, others):
    """The log-probability of a sequence of choices among three with the logits (x, 0, 0)."""
    return lambda x: first * x - (first + others) * log_of_exp_plus(x, 2)


def sequence(successes, failures):
    """The log-probability of a sequence of trials, from its probs."""
    return lambda p: (mp.log(p) * successes if successes else 0) + mp.log(1 - p) * failures


CASES = [
    case
    for few in (0, 1)
    for case in (
        Case("Bernoulli", lambda x: jd.Bernoulli(logits=x), few, trials(few, 1 - few), LOGITS),
        Case("Geometric", lambda x: jd.Geometric(logits=x), 3 * few, trials(1, 3 * few), LOGITS),
        Case(
            "Binomial",
            lambda x: jd.Binomial(3, logits=x),
            3 * few,
            trials(3 * few, 3 - 3 * few),
            LOGITS,
        ),
        Case(
            "NegativeBinomial",
            lambda x: jd.NegativeBinomial(3.0, logits=x),
            3 * few,
            trials(3 * few, 3),
            LOGITS,
        ),
        Case(
            "Categorical",
            lambda x: jd.Categorical(logits=row(x)),
            few,
            choices(1 - few, few),
            LOGITS,
        ),
        Case(
            "Categorical of a batch",
            lambda x: jd.Categorical(logits=row(x)),
            np.array([few]),
            choices(1 - few, few),
            LOGITS,
        ),
        Case(
            "OneHotCategorical",
            lambda x: jd.OneHotCategorical(logits=row(x)),
            np.eye(3)[few],
            choices(1 - few, few),
            LOGITS,
        ),
        Case(
            "Multinomial",
            lambda x: jd.Multinomial(3, logits=row(x)),
            np.array([3 * few, 0, 3 - 3 * few]),
            choices(3 * few, 3 - 3 * few),
            LOGITS,
        ),
        Case("Bernoulli probs", jd.Bernoulli, few, sequence(few, 1 - few), PROBS),
        Case("Geometric probs", jd.Geometric, 3 * few, sequence(1, 3 * few), PROBS),
        Case(
            "Binomial probs",
            lambda p: jd.Binomial(3, p),
            3 * few,
            sequence(3 * few, 3 - 3 * few),
            PROBS,
        ),
        Case(
            "NegativeBinomial probs",
            lambda p: jd.NegativeBinomial(3.0, p),
            3 * few,
            sequence(3 * few, 3),
            PROBS,
        ),
        Case(
            "Poisson",
            jd.Poisson,
            3 * few,
            lambda rate: (3 * mp.log(rate) if few else 0) - rate,  # noqa: B023
            np.append(PROBS, np.float32([3, 1e6])),
        )
        if few
        else Case("Poisson", jd.Poisson, 0, lambda rate: -rate, PROBS),
    )
]


def log_series(k):
    """The log-probability of k, up to a constant, from logits."""
    return lambda x: -k * log_of_exp_plus(-x) - mp.log(log_of_exp_plus(x))


PROBITS = np.float32([-40, -12, -3, -1e-3, 0.5, 3, 9])
POSITIVE = np.float32([1e-25, 1e-10, 1e-3, 0.5, 3, 30])
MORE_CASES = [
    *(
        Case("LogSeries", lambda x: jd.LogSeries(logits=x), k, log_series(k), LOGITS)
        for k in (1, 3)
    ),
    *(
        Case(
            "PoissonBinomial",
            lambda x: jd.PoissonBinomial(logits=jnp.stack([x, jnp.zeros_like(x)])),
            k,
            lambda x, sign=sign: -log_of_exp_plus(sign * x),
            LOGITS,
        )
        for k, sign in ((0, 1), (2, -1))
    ),
    *(
        Case(
            "ProbitBernoulli",
            jd.ProbitBernoulli,
            k,
            lambda x, sign=2 * k - 1: mp.log(mp.ncdf(sign * x)),
            PROBITS,
        )
        for k in (0, 1)
    ),
    Case(
        "PlackettLuce",
        lambda x: jd.PlackettLuce(jnp.stack([x, 1.0, 1.0])),
        np.arange(3),
        lambda x: mp.log(x / (x + 2)),
        POSITIVE,
    ),
    Case(
        "Skellam",
        lambda x: jd.Skellam(x, 1.0),
        3,
        lambda x: mp.log(mp.besseli(3, 2 * mp.sqrt(x))) + 1.5 * mp.log(x) - x,
        POSITIVE,
    ),
    Case(
        "DiscreteLaplace",
        jd.DiscreteLaplace,
        3,
        lambda x: mp.log(mp.tanh(x / 2)) - 3 * x,
        POSITIVE,
    ),
    Case(
        "Zipf",
        jd.Zipf,
        3,
        lambda x: -x * mp.log(3) - mp.log(mp.zeta(x)),
        np.float32([1.001, 1.5, 4, 31]),
    ),
    Case(
        "BetaGeometric",
        lambda x: jd.BetaGeometric(x, 2.0),
        3,
        lambda x: mp.log(mp.beta(x + 1, 5) / mp.beta(x, 2)),
        POSITIVE[1:],
    ),
]


def derivatives(function, x):
    """First and second derivative of an mpmath function at a float, rounded to float32."""
    with mp.workdps(250):
        point = mp.mpf(float(x))
        step = (min(abs(point), 1) or 1) * mp.mpf(10) ** -60
        exact = [mp.diff(function, point, order, h=step) for order in (1, 2)]
    with np.errstate(over="ignore"):
        return np.array([float(number) for number in exact]).astype(np.float32)


def assert_close(actual, expected, rtol):
    same = np.asarray(actual) == expected
    with np.errstate(invalid="ignore"):
        near = np.abs(actual - expected) <= rtol * np.maximum(np.abs(expected), 1e-37)
    assert np.all(same | near), (actual, expected)


@pytest.mark.parametrize(
    "case",
    [*CASES, *(pytest.param(case, marks=pytest.mark.slow) for case in MORE_CASES)],
    ids=lambda case: f"{case.name} at {case.value}",
)
def test_derivatives_of_log_prob(case):
    def log_prob(x):
        return jnp.sum(case.make(x).log_prob(case.value))

    first = jax.jit(jax.vmap(jax.grad(log_prob)))(case.points)
    second = jax.jit(jax.vmap(jax.grad(jax.grad(log_prob))))(case.points)
    expected = np.stack([derivatives(case.formula, x) for x in case.points], -1)
    assert_close(np.stack([first, second]), expected, rtol=2e-6)


FUNCTIONS = [
    (sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    (softplus, log_of_exp_plus),
    (tanh, mp.tanh),
    (log_sech2, lambda x: 2 * mp.log(mp.sech(x))),
    (log_sigmoid_slope, lambda x: x - 2 * log_of_exp_plus(x)),
]


@pytest.mark.parametrize(("function", "formula"), FUNCTIONS, ids=lambda f: f.__name__)
def test_derivatives_of_functions_with_two_tails(function, formula):
    x = np.float32([-80, -15, -3, -1e-3, 1e-8, 0.5, 15, 40])
    first = jax.vmap(jax.grad(function))(x)
    second = jax.vmap(jax.grad(jax.grad(function)))(x)
    expected = np.stack([derivatives(formula, number) for number in x], -1)
    assert_close(np.stack([first, second]), expected, rtol=2e-6)


def kl_of_trials(p, q):
    return p * mp.log(p / q) + (1 - p) * mp.log((1 - p) / (1 - q))


def kl_of_choices(x, y):
    """Divergence of choices among three with the logits (x, 0, 0) and (y, 0, 0)."""
    p, q = (mp.exp(z) / (mp.exp(z) + 2) for z in (x, y))
    return kl_of_trials(p, q)


def expit(x):
    return 1 / (1 + mp.exp(-x))


DIVERGENCES = {
    "Bernoulli": (
        lambda x: jd.Bernoulli(logits=x),
        lambda x, y: kl_of_trials(expit(x), expit(y)),
    ),
    "Binomial": (
        lambda x: jd.Binomial(5, logits=x),
        lambda x, y: 5 * kl_of_trials(expit(x), expit(y)),
    ),
    "Geometric": (
        lambda x: jd.Geometric(logits=x),
        lambda x, y: kl_of_trials(expit(x), expit(y)) / expit(x),
    ),
    "NegativeBinomial": (
        lambda x: jd.NegativeBinomial(5.0, logits=x),
        lambda x, y: 5 * kl_of_trials(expit(x), expit(y)) / expit(-x),
    ),
    "Categorical": (lambda x: jd.Categorical(logits=row(x)), kl_of_choices),
    "Multinomial": (
        lambda x: jd.Multinomial(5, logits=row(x)),
        lambda x, y: 5 * kl_of_choices(x, y),
    ),
}


# That of NegativeBinomial is that of Geometric, times a number.
SLOW = ("NegativeBinomial",)


@pytest.mark.parametrize(
    "name", [pytest.param(k, marks=[pytest.mark.slow] * (k in SLOW)) for k in DIVERGENCES]
)
def test_derivatives_of_divergences_in_q(name):
    """At p = q the second one is Fisher's information."""
    make, formula = DIVERGENCES[name]
    points = np.float32([0, 1, 15, -15, 40, -40])
    p, q = (x.ravel() for x in np.meshgrid(points, points))

    def divergence(y, x):
        return jd.kl_divergence(make(x), make(y))

    first = jax.jit(jax.vmap(jax.grad(divergence)))(q, p)
    second = jax.jit(jax.vmap(jax.grad(jax.grad(divergence))))(q, p)
    expected = np.stack(
        [
            derivatives(lambda y, x=x: formula(mp.mpf(float(x)), y), y)
            for x, y in zip(p, q, strict=True)
        ],
        -1,
    )
    assert_close(second, expected[1], rtol=4e-6)
    assert_close(first[p != q], expected[0][p != q], rtol=4e-6)
    assert np.all(np.asarray(first)[p == q] == 0)


@pytest.mark.slow
@pytest.mark.parametrize("logits", [79.5, 80.0, 100.0, 1000.0])
def test_divergence_where_the_probability_of_failure_underflows(logits):
    """It is that of gamma distributions, by the ratio t of their rates: 5 (t - 1 - log t)."""
    p = jd.NegativeBinomial(5.0, logits=logits)
    divergence = lambda step: jd.kl_divergence(p, jd.NegativeBinomial(5.0, logits=logits - step))
    np.testing.assert_allclose(divergence(0.5), 5 * (np.exp(0.5) - 1.5), rtol=4e-6)
    np.testing.assert_allclose(jax.grad(divergence)(0.5), 5 * np.expm1(0.5), rtol=4e-6)
    np.testing.assert_allclose(jax.hessian(divergence)(0.0), 5, rtol=4e-6)
    of_both = lambda move: jd.kl_divergence(
        jd.NegativeBinomial(5.0, logits=logits + move), jd.NegativeBinomial(5.0, logits=logits)
    )
    np.testing.assert_allclose(jax.hessian(of_both)(0.0), 5, rtol=4e-6)


@pytest.mark.parametrize(
    ("function", "x", "y", "expected"),
    [
        (xlogy, 0.0, 1e-25, [0, np.log(1e-25)]),
        (xlogy, 0.0, 0.0, [0, 0]),
        (xlog1py, 0.0, -1.0, [0, 0]),
    ],
)
def test_products_with_logarithms_have_no_slope_where_the_factor_is_zero(function, x, y, expected):
    of_x, of_y = jax.grad(function, (0, 1))(x, y)
    np.testing.assert_allclose([of_y, of_x], expected, rtol=1e-6)
    assert jax.grad(jax.grad(function, 1), 1)(x, y) == 0


@pytest.mark.parametrize("family", [jd.Normal, jd.Laplace, jd.Logistic, jd.Gumbel, jd.Cauchy])
def test_standardized_values_have_derivatives_at_scales_whose_squares_underflow(family):
    """In units of the scale, derivatives are those at scale 1."""
    scale = np.float32(1e-25)

    def log_prob(point, scale):
        x, loc, ratio = point
        return family(loc * scale, ratio * scale).log_prob(x * scale)

    point = (0.75, 0.25, 1.0)
    expected = jax.grad(log_prob)(point, 1.0)
    np.testing.assert_allclose(jax.grad(log_prob)(point, scale), expected, rtol=1e-5)


def test_derivatives_of_the_entropy_of_confident_choices():
    def entropy(x):
        return jd.Categorical(logits=row(x)).entropy()

    def formula(x):
        total = mp.exp(x) + 2
        return mp.log(total) - x * mp.exp(x) / total

    points = np.float32([-80, -15, -1, 0, 1, 15, 40, 80])
    expected = np.stack([derivatives(formula, x) for x in points], -1)
    first = jax.vmap(jax.grad(entropy))(points)
    second = jax.vmap(jax.grad(jax.grad(entropy)))(points)
    assert_close(first[points != 0], expected[0][points != 0], rtol=4e-6)
    assert_close(second, expected[1], rtol=4e-6)


@pytest.mark.parametrize(
    ("cdf", "x", "expected"),
    [
        (lambda scale: jd.Cauchy(0.0, scale).cdf(1e5), 1.0, 2e-15 / np.pi),
        (lambda x: jd.Cauchy(0.0, 1.0).cdf(x), 1e-20, -2e-20 / np.pi),
        (lambda x: jd.HalfCauchy(1.0).cdf(x), 1e-20, -4e-20 / np.pi),
        (lambda rate: jd.Poisson(rate).cdf(0), 1e-24, 1.0),
        (lambda rate: jd.Poisson(rate).cdf(3), 0.5, -np.exp(-0.5) * (3 * 0.5**2 - 0.5**3) / 6),
    ],
)
def test_second_derivatives_of_a_cdf(cdf, x, expected):
    """Where the difference of two slopes would cancel, and where the square of x underflows."""
    np.testing.assert_allclose(jax.grad(jax.grad(cdf))(np.float32(x)), expected, rtol=1e-5)
