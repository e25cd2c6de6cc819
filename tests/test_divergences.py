"""Closed-form divergences: values, gradients, and those to itself, for every registered pair."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import jaxdist as jd
from jaxdist.divergences import registered_pairs
from tests.kl_pairs import PAIRS
from tests.kl_pairs.evaluation import quick_jit, values_and_gradients

BY_NAME = {pair.name: pair for pair in PAIRS}
ROUGH = {
    "TruncatedNormal TruncatedNormal": 5e-6,
    "LowRankMultivariateNormal": 5e-6,
    "SineBivariateVonMises": 5e-6,
}


def named(*names):
    return pytest.mark.parametrize("pair", [BY_NAME[name] for name in names], ids=str)


def rounding_error(pair):
    return max((size for name, size in ROUGH.items() if name in pair.name), default=1e-9)


def is_listed_outside_of_jit(p):
    return isinstance(p, jd.BetaBinomial)


def is_alike(p, q):
    """Whether p and q are of one class, and of the same shapes and dtypes."""
    shapes = [[(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(d)] for d in (p, q)]
    return jax.tree.structure(p) == jax.tree.structure(q) and shapes[0] == shapes[1]


def is_smooth(p):
    """Whether a small change of parameters leaves the support as it is."""
    return not isinstance(p, jd.Uniform | jd.DiscreteUniform | jd.Pareto | jd.TruncatedNormal)


# --- every pair ----------------------------------------------------------------------------------


class Evaluation(NamedTuple):
    """What is computed of a pair; the last two are None where p and q differ in kind."""

    p: jd.Distribution
    value: jax.Array
    gradients: list[jax.Array]
    value_to_itself: jax.Array | None
    gradients_to_itself: list[jax.Array] | None


@functools.cache
def evaluate_group(group):
    """Evaluate all pairs of a group, with one program for their values and gradients."""
    pairs = [pair for pair in PAIRS if pair.group == group]
    made = [pair.make() for pair in pairs]
    if is_listed_outside_of_jit(made[0][0]):
        results = [(jd.kl_divergence(p, q), []) for p, q in made]
        to_itself = [None] * len(made)
    else:
        alike = [is_alike(p, q) for p, q in made]
        results = values_and_gradients(made)
        to_itself = values_and_gradients(
            [(p, p if same else q) for (p, q), same in zip(made, alike, strict=True)]
        )
        to_itself = [x if same else None for x, same in zip(to_itself, alike, strict=True)]
    return {
        pair.name: Evaluation(p, *result, *(itself or (None, None)))
        for pair, (p, _), result, itself in zip(pairs, made, results, to_itself, strict=True)
    }


def evaluate(pair):
    return evaluate_group(pair.group)[pair.name]


# In the scope of the module, all tests of a pair follow each other, in the process that evaluated
# its group.
every_pair = pytest.mark.parametrize(
    "pair",
    [
        pytest.param(pair, marks=pytest.mark.slow if pair.slow else (), id=pair.name)
        for pair in sorted(PAIRS, key=lambda pair: pair.group)
    ],
    scope="module",
)


@every_pair
def test_value_agrees_with_the_reference(pair):
    value, expected = evaluate(pair).value, np.asarray(pair.expected())
    assert value.shape == expected.shape
    assert value.dtype == np.float32
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(np.isinf(value), np.isinf(expected))
    np.testing.assert_allclose(np.asarray(value)[finite], expected[finite], rtol=2e-5, atol=2e-6)


@every_pair
def test_value_is_not_negative(pair):
    assert np.all(np.asarray(evaluate(pair).value) >= -rounding_error(pair))


@every_pair
def test_gradients_are_finite_and_zero_where_the_value_is_infinite(pair):
    value, gradients = evaluate(pair).value, evaluate(pair).gradients
    for leaf in gradients:
        assert np.all(np.isfinite(leaf))
        if leaf.shape == value.shape:
            np.testing.assert_array_equal(np.asarray(leaf)[np.isinf(value)], 0)


@every_pair
def test_divergence_to_itself_is_zero_with_gradient_zero(pair):
    p, _, _, value, gradients = evaluate(pair)
    if value is None:
        return
    tolerance = rounding_error(pair)
    np.testing.assert_allclose(value, 0, atol=tolerance)
    if is_smooth(p):
        for leaf in gradients:
            np.testing.assert_allclose(leaf, 0, atol=10 * tolerance + 2e-6)


@pytest.mark.fast
def test_every_registered_pair_is_in_the_table():
    made = [pair.make() for pair in PAIRS]
    covered = {tuple(map(type, pair)) for pair in made}
    missing = [
        pair
        for pair in registered_pairs()
        if pair[0].__module__.startswith("jaxdist")
        and not any(issubclass(a, pair[0]) and issubclass(b, pair[1]) for a, b in covered)
    ]
    assert missing == []


# --- some pairs ----------------------------------------------------------------------------------

EXACT = [
    "Normal Normal", "Normal log_scale", "LogNormal LogNormal", "HalfNormal HalfNormal",
    "TanhNormal TanhNormal", "LogisticNormal", "Laplace Laplace", "Cauchy Cauchy",
    "HalfCauchy HalfCauchy", "Gumbel Gumbel", "Weibull Weibull", "VonMises",
    "Exponential Exponential", "Gamma Gamma", "InverseGamma InverseGamma", "Chi2", "Beta Beta",
    "Dirichlet", "LKJCholesky", "ContinuousBernoulli ContinuousBernoulli",
    "Poisson Poisson", "Bernoulli Bernoulli", "Bernoulli logits", "Geometric Geometric",
    "Categorical probs", "Categorical logits", "Categorical masked", "Multinomial",
    "MultivariateNormalDiag MultivariateNormalDiag", "MultivariateNormal MultivariateNormal",
]  # fmt: skip


def perturbed_leaf(leaf, step):
    leaf = np.asarray(leaf)
    change = step * np.maximum(np.abs(leaf), 0.1) * (leaf != 0)
    with np.errstate(invalid="ignore"):
        return jnp.asarray(np.where(np.isfinite(leaf), leaf + change, leaf), leaf.dtype)


def perturbed(p, step):
    """Return p with parameters changed by a small relative step; counts stay as they are."""
    changed = {name: perturbed_leaf(value, step) for name, value in p._stored().items()}
    if "probs" in changed and p._constraint("probs").event_dim:
        probs = p.probs * (1 + step * np.arange(p.probs.shape[-1]))
        changed["probs"] = probs / jnp.sum(probs, -1, keepdims=True)
    if "logits" in changed and p._constraint("logits").event_dim:
        changed["logits"] = p.logits + step * np.arange(p.logits.shape[-1])
    if "total_count" in changed:
        changed["total_count"] = p.total_count
    return p._with(**changed)


@pytest.mark.fast
@named(*EXACT)
def test_a_small_divergence_is_exact(pair):
    """Twice the step is four times the divergence, of about 1e-8, in float32."""
    p, _ = pair.make()
    divergence = quick_jit(jd.kl_divergence)
    small, large = (np.asarray(divergence(p, perturbed(p, step)), float) for step in (2e-4, 4e-4))
    positive = large > 0
    assert np.any(positive)
    np.testing.assert_allclose(large[positive] / small[positive], 4, rtol=0.02)


def finite_divergence(p, q):
    value = jd.kl_divergence(p, q)
    return jnp.where(jnp.isfinite(value), value, 0)


@named(
    "Normal log_scale", "Gumbel Gumbel", "Gamma Gamma", "Dirichlet", "Categorical logits",
    "ContinuousBernoulli ContinuousBernoulli", "Normal Laplace",
)  # fmt: skip
def test_derivatives_agree_with_finite_differences_in_float64(pair):
    with jax.enable_x64(True):
        p, q = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), pair.make())
        value = jax.jit(finite_divergence)
        check_grads(value, (p, q), order=1, modes=("rev",), atol=1e-4, rtol=1e-4)
        expected = np.asarray(pair.expected())
        finite = np.isfinite(expected)
        np.testing.assert_allclose(value(p, q)[finite], expected[finite], rtol=1e-6)


def with_new_batch_axis(pair):
    return [d.expand((2, *d.batch_shape)) for d in pair.make()]


def cast(d, dtype):
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), d)


@named("Normal Normal", "Beta Normal", "Categorical masked", "Dirichlet", "Wishart", "Joint")
def test_vmap_agrees_with_the_batch(pair):
    p, q = with_new_batch_axis(pair)
    value, expected = quick_jit(
        lambda p, q: (jax.vmap(jd.kl_divergence)(p, q), jd.kl_divergence(p, q))
    )(p, q)
    np.testing.assert_allclose(value, expected, rtol=1e-5)


# Not Wishart, whose scale_tril takes no less than float32 to be a Cholesky factor.
@named("Normal Normal", "Beta Normal", "Categorical masked", "Dirichlet", "Joint")
def test_half_precision_is_widened_and_the_result_narrowed(pair):
    p, q = (cast(d, jnp.bfloat16) for d in with_new_batch_axis(pair))
    half = jd.kl_divergence(p, q)
    assert half.dtype == jnp.bfloat16
    wide = jd.kl_divergence(cast(p, jnp.float32), cast(q, jnp.float32))
    np.testing.assert_allclose(half.astype(jnp.float32), wide, rtol=1e-2)


# Not BetaBinomial, whose values are listed: their number must be known outside of jit.
@pytest.mark.parametrize(
    "pair", [p for p in PAIRS if not p.name.startswith("BetaBinomial")][1::8], ids=str
)
def test_batch_shapes_broadcast(pair):
    p, q = pair.make()
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = p.expand((5, 1, *shape)), q.expand((4, *shape))
    assert jax.eval_shape(jd.kl_divergence, p, q).shape == (5, 4, *shape)


@pytest.mark.parametrize(
    "make",
    [
        lambda t: jd.Gamma(t, t),
        jd.DiscreteLaplace,
        pytest.param(lambda t: jd.Beta(t, t), marks=pytest.mark.slow),
        pytest.param(
            lambda t: jd.Dirichlet(jnp.stack([t, t, 0 * t + 1], -1)), marks=pytest.mark.slow
        ),
        lambda t: jd.GeneralizedDirichlet(
            jnp.stack([t, 0 * t + 1], -1), jnp.stack([0 * t + 1, t], -1)
        ),
    ],
    ids=["Gamma", "DiscreteLaplace", "Beta", "Dirichlet", "GeneralizedDirichlet"],
)
def test_divergences_of_tiny_and_huge_parameters(make):
    """To itself it is 0, also with parameters of which the square is beyond the range."""
    tiny = jnp.array([1e-37, 1e-30, 1e-21, 1e-10])
    d = make(jnp.append(tiny, 1e30))
    value, vjp = jax.vjp(jd.kl_divergence, d, d)
    np.testing.assert_array_equal(value, 0)
    for leaf in jax.tree.leaves(vjp(jnp.ones_like(value))):
        np.testing.assert_array_equal(leaf, 0)


@pytest.mark.parametrize(
    "make", [jd.DiscreteLaplace, lambda t: jd.Gamma(t, 1.0), lambda t: jd.Beta(t, t)]
)
def test_divergences_of_tiny_parameters_depend_on_their_ratio(make):
    tiny = jnp.array([1e-37, 1e-30, 1e-21, 1e-10])
    divergences = jd.kl_divergence(make(tiny), make(3 * tiny))
    np.testing.assert_allclose(divergences, 2 - np.log(3), rtol=2e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda s: jd.TruncatedNormal(0.0, s, 1.0, 2.0),
        lambda s: jd.LowRankMultivariateNormal(
            jnp.zeros((3, 3)),
            jnp.array([[0.5], [-1.0], [2.0]]),
            s[:, None] ** 2 * jnp.ones((3, 3)),
        ),
    ],
    ids=["TruncatedNormal", "LowRankMultivariateNormal"],
)
def test_divergences_of_what_is_thin(make):
    """Of an exponential variable, and of two normal ones, with the square of half the scale.

    What is truncated lies next to the end of its interval, which is far from the mean.
    """
    scale = jnp.array([3e-18, 1e-10, 1e-4])
    p = make(scale)
    np.testing.assert_allclose(jd.kl_divergence(p, p), 0, atol=1e-6)
    expected = np.log(4) - 1 + 1 / 4
    np.testing.assert_allclose(jd.kl_divergence(p, make(2 * scale)), expected, rtol=1e-5)


def test_divergences_of_rare_events_that_are_nearly_as_rare():
    """By mpmath; the divergence of one trial, which is multiplied by their number, underflows."""
    p = jnp.array([5.71319369e-30, 3e-38, 0.4])
    q = jnp.array([5.71315871e-30, 2.9e-38, 0.41])
    waiting = jd.kl_divergence(jd.Geometric(p), jd.Geometric(q))
    expected = [1.87465272574e-11, 5.68218557106e-4, 5.18063888484e-4]
    np.testing.assert_allclose(waiting, expected, rtol=1e-6)
    many = jd.NegativeBinomial(1e6, 2e-31), jd.NegativeBinomial(1e6, 2.00002e-31)
    np.testing.assert_allclose(jd.kl_divergence(*many), 9.98334455e-36, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda s: jd.Normal(0 * s, s),
        lambda s: jd.Laplace(0 * s, s),
        lambda s: jd.Cauchy(0 * s, s),
        lambda s: jd.Gumbel(0 * s, s),
        lambda s: jd.Uniform(0 * s, s),
        jd.HalfNormal,
        lambda s: jd.Exponential(1 / s),
        lambda s: jd.Gamma(2.0, 1 / s),
        lambda s: jd.Weibull(1 / s, 1.5),
        lambda s: jd.Frechet(1 / s, 1.5),
        lambda s: jd.Pareto(1 / s, 1.5),
        lambda s: jd.MultivariateNormalDiag(jnp.zeros(2), s * jnp.ones(2)),
        lambda s: jd.MultivariateNormal(jnp.zeros(2), scale_tril=s * jnp.eye(2)),
    ],
)
@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_divergences_do_not_depend_on_the_unit(make, scale):
    """Neither they, nor their derivatives in the logarithms of the scales."""

    def of_logs(logs, scale):
        p, q = (make(scale * jnp.exp(log)) for log in logs)
        return jd.kl_divergence(p, q)

    logs = jnp.array([0.0, 0.75])
    of_unit, expected = jax.value_and_grad(of_logs)(logs, 1.0)
    value, slopes = jax.value_and_grad(of_logs)(logs, np.float32(scale))
    np.testing.assert_allclose(value, of_unit, rtol=2e-6)
    np.testing.assert_allclose(slopes, expected, rtol=2e-6)
