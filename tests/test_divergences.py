"""Divergences: values, zero to themselves, gradients, and how a pair is found."""

import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import jaxdist as jd
from jaxdist.divergences import registered_pairs
from tests.catalog import COSTLY
from tests.kl_pairs import PAIRS

BY_NAME = {pair.name: pair for pair in PAIRS}


# These programs run once or twice, and are many: what counts is how long they compile.
quick_jit = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
divergence = quick_jit(jd.kl_divergence)


@quick_jit
def value_and_gradients(p, q):
    def total(p, q):
        value = jd.kl_divergence(p, q)
        return jnp.sum(value), value

    (_, value), gradients = jax.value_and_grad(total, argnums=(0, 1), has_aux=True)(p, q)
    return value, gradients


def named(*names):
    return pytest.mark.parametrize("pair", [BY_NAME[name] for name in names], ids=str)


def marked(pair):
    """Mark the pairs that compile longest, and those beyond torch's that one formula makes."""
    p, q = pair.make()
    generic = type(q) in (jd.Normal, jd.Uniform, jd.Pareto) and type(p) is not type(q)
    torchs = (jd.Beta, jd.Exponential, jd.Gamma, jd.Gumbel, jd.Laplace, jd.Normal, jd.Uniform)
    slow = isinstance(p, COSTLY) or isinstance(q, COSTLY) or (generic and not isinstance(p, torchs))
    return pytest.param(pair, marks=pytest.mark.slow if slow else (), id=str(pair))


def is_alike(p, q):
    """Whether p and q have one compiled program, whichever way round."""
    shapes = [[(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(d)] for d in (p, q)]
    return jax.tree.structure(p) == jax.tree.structure(q) and shapes[0] == shapes[1]


def is_listed_outside_of_jit(p):
    return isinstance(p, jd.BetaBinomial)


ROUGH = {"TruncatedNormal TruncatedNormal": 5e-6, "LowRankMultivariateNormal": 5e-6}


@pytest.mark.parametrize("pair", [marked(pair) for pair in PAIRS])
def test_value_gradients_and_zero_to_itself(pair):
    p, q = pair.make()
    expected = np.asarray(pair.expected())
    if is_listed_outside_of_jit(p):
        value, gradients = jd.kl_divergence(p, q), ()
    else:
        value, gradients = value_and_gradients(p, q)
    assert value.shape == expected.shape
    assert value.dtype == np.float32
    infinite = np.isinf(expected)
    np.testing.assert_array_equal(np.isinf(value), infinite)
    np.testing.assert_allclose(
        np.asarray(value)[~infinite], expected[~infinite], rtol=2e-5, atol=2e-6
    )
    rough = max((size for name, size in ROUGH.items() if name in pair.name), default=1e-9)
    assert np.all(np.asarray(value) >= -rough)
    for leaf in jax.tree.leaves(gradients):
        assert np.all(np.isfinite(leaf))
        if leaf.shape == expected.shape:
            np.testing.assert_array_equal(np.asarray(leaf)[infinite], 0)
    if is_alike(p, q) and not is_listed_outside_of_jit(p):
        itself, gradients = value_and_gradients(p, p)
        np.testing.assert_allclose(itself, 0, atol=rough)
        if is_smooth(p):
            for leaf in jax.tree.leaves(gradients):
                np.testing.assert_allclose(leaf, 0, atol=10 * rough + 2e-6)


def is_smooth(p):
    """Whether a small change of parameters leaves the support as it is."""
    return not isinstance(p, jd.Uniform | jd.DiscreteUniform | jd.Pareto | jd.TruncatedNormal)


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


@named(*EXACT)
def test_a_small_divergence_is_exact(pair):
    """Twice the step is four times the divergence, of about 1e-8, in float32."""
    p, _ = pair.make()

    def moved(step):
        def move(leaf):
            change = step * np.maximum(np.abs(leaf), 0.1) * (leaf != 0)
            return jnp.asarray(np.where(np.isfinite(leaf), leaf + change, leaf), leaf.dtype)

        named = {name: move(np.asarray(value)) for name, value in p._stored().items()}
        if "probs" in named and p._constraint("probs").event_dim:
            flat = p.probs * (1 + step * np.arange(p.probs.shape[-1]))
            named["probs"] = flat / jnp.sum(flat, -1, keepdims=True)
        if "logits" in named and p._constraint("logits").event_dim:
            named["logits"] = p.logits + step * np.arange(p.logits.shape[-1])
        if "total_count" in named:
            named["total_count"] = p.total_count
        return p._with(**named)

    small, large = (np.asarray(divergence(p, moved(step)), float) for step in (2e-4, 4e-4))
    some = large > 0
    assert np.any(some)
    np.testing.assert_allclose(large[some] / small[some], 4, rtol=0.02)


@named(
    "Normal log_scale", "Gumbel Gumbel", "Gamma Gamma", "Dirichlet", "Categorical logits",
    "ContinuousBernoulli ContinuousBernoulli", "Normal Laplace",
)  # fmt: skip
def test_derivatives_agree_with_finite_differences_in_float64(pair):
    with jax.enable_x64(True):
        p, q = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), pair.make())
        value = jax.jit(lambda p, q: jnp.where(jnp.isfinite(v := jd.kl_divergence(p, q)), v, 0))
        check_grads(value, (p, q), order=1, modes=("rev",), atol=1e-4, rtol=1e-4)
        expected = np.asarray(pair.expected())
        finite = np.isfinite(expected)
        np.testing.assert_allclose(value(p, q)[finite], expected[finite], rtol=1e-6)


@named("Normal Normal", "Beta Normal", "Categorical masked", "Dirichlet", "Wishart", "Joint")
def test_vmap_agrees_with_the_batch_and_half_precision_is_narrowed(pair):
    p, q = (d.expand((2, *d.batch_shape)) for d in pair.make())
    together, apart = jd.kl_divergence(p, q), jax.vmap(jd.kl_divergence)(p, q)
    np.testing.assert_allclose(together, apart, rtol=1e-5)
    small_p, small_q = (
        jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.bfloat16), d) for d in (p, q)
    )
    if pair.name == "Wishart":  # whose factor takes no less than float32 to be one
        return
    half = jd.kl_divergence(small_p, small_q)
    assert half.dtype == jnp.bfloat16
    wide = jd.kl_divergence(
        *(jax.tree.map(lambda leaf: leaf.astype(jnp.float32), d) for d in (small_p, small_q))
    )
    np.testing.assert_allclose(half.astype(jnp.float32), wide, rtol=1e-2)


@pytest.mark.parametrize("pair", PAIRS[1::8], ids=str)
def test_batch_shapes_broadcast(pair):
    p, q = pair.make()
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = p.expand((5, 1, *shape)), q.expand((4, *shape))
    assert jax.eval_shape(jd.kl_divergence, p, q).shape == (5, 4, *shape)


def test_every_registered_pair_has_a_row():
    made = [pair.make() for pair in PAIRS]
    covered = {tuple(map(type, pair)) for pair in made}
    missing = [
        pair
        for pair in registered_pairs()
        if pair[0].__module__.startswith("jaxdist")
        and not any(issubclass(a, pair[0]) and issubclass(b, pair[1]) for a, b in covered)
    ]
    assert missing == []


def test_the_readme_counts_the_pairs():
    ours = [pair for pair in registered_pairs() if pair[0].__module__.startswith("jaxdist")]
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert f"has {len(ours)} pairs of classes in its table" in readme
