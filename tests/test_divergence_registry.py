"""Divergences that are found without a row: infinite ones, those of families, users' own."""

import inspect
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify

import jaxdist as jd
from jaxdist.divergences.registry import _find

KEY = jax.random.key(3)

# torch.distributions.kl, by what it registers.
INFINITE = {
    jd.Normal(0.0, 1.0): "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform",
    jd.Laplace(0.0, 1.0): "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform",
    jd.Gumbel(0.0, 1.0): "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform",
    jd.Exponential(1.0): "Beta ContinuousBernoulli Pareto Uniform",
    jd.Gamma(2.0, 1.0): "Beta ContinuousBernoulli Pareto Uniform",
    jd.Pareto(1.0, 2.0): "Beta ContinuousBernoulli Uniform",
    jd.Beta(2.0, 2.0): "Pareto",
    jd.ContinuousBernoulli(0.3): "Pareto",
    jd.Poisson(2.0): "Bernoulli Binomial",
}
FINITE = {
    "Beta": "Beta ContinuousBernoulli Exponential Gamma Normal Uniform",
    "ContinuousBernoulli": "ContinuousBernoulli Exponential Normal Uniform",
    "Exponential": "Exponential Gamma Gumbel Normal",
    "Gamma": "Exponential Gamma Gumbel Normal",
    "Gumbel": "Gumbel Normal",
    "Laplace": "Laplace Normal",
    "Normal": "Gumbel Laplace Normal",
    "Pareto": "Exponential Gamma Normal Pareto",
    "Uniform": "Beta ContinuousBernoulli Exponential Gamma Gumbel Normal Pareto Uniform",
    "Bernoulli": "Bernoulli Poisson",
    "Binomial": "Binomial",
    "Categorical": "Categorical",
    "Cauchy": "Cauchy",
    "Dirichlet": "Dirichlet",
    "Geometric": "Geometric",
    "HalfNormal": "HalfNormal",
    "Independent": "Independent",
    "LowRankMultivariateNormal": "LowRankMultivariateNormal MultivariateNormal",
    "MultivariateNormal": "LowRankMultivariateNormal MultivariateNormal",
    "OneHotCategorical": "OneHotCategorical",
    "Poisson": "Poisson",
    "TransformedDistribution": "TransformedDistribution",
}
OTHERS = {
    "Beta": jd.Beta(2.0, 3.0),
    "ContinuousBernoulli": jd.ContinuousBernoulli(0.3),
    "Exponential": jd.Exponential(2.0),
    "Gamma": jd.Gamma(2.0, 3.0),
    "Pareto": jd.Pareto(0.5, 2.0),
    "Uniform": jd.Uniform(0.0, 2.0),
    "Bernoulli": jd.Bernoulli(0.3),
    "Binomial": jd.Binomial(3, 0.3),
}


@pytest.mark.parametrize("p", INFINITE, ids=lambda p: type(p).__name__)
def test_a_support_that_is_not_contained_is_infinitely_far_with_gradient_zero(p):
    for name in INFINITE[p].split():
        q = OTHERS[name]
        assert jd.kl_divergence(p, q) == np.inf
        gradients = jax.jit(jax.grad(jd.kl_divergence, argnums=(0, 1)))(p, q)
        assert all(leaf == 0 for leaf in jax.tree.leaves(gradients))


def test_the_pairs_of_torch_are_there():
    for name, others in FINITE.items():
        for other in others.split():
            p, q = getattr(jd, name), getattr(jd, other)
            assert _find(p, q) is not None or p.has_enumerate_support, (name, other)


@pytest.mark.parametrize(
    ("make", "inside"),
    [
        (lambda low: (jd.Uniform(low, 1.0), jd.Beta(2.0, 2.0)), 0.0),
        (lambda low: (jd.Uniform(low, 1.0), jd.Uniform(0.0, 1.0)), 0.0),
        (lambda low: (jd.Uniform(low, 1.0), jd.Gamma(2.0, 2.0)), 0.0),
        (lambda low: (jd.Beta(2.0, 2.0), jd.Uniform(-0.5 - low, 1.0)), 0.5),
        (lambda scale: (jd.Pareto(scale + 2, 3.0), jd.Pareto(2.0, 4.0)), 0.5),
        (lambda low: (jd.TruncatedNormal(0.0, 1.0, low, 1.0), jd.Uniform(-0.5, 2.0)), 0.5),
        (lambda rate: (jd.Poisson(1.0), jd.Poisson(jnp.maximum(rate, 0.0))), 1.0),
        (lambda p: (jd.Bernoulli(0.5), jd.Bernoulli(jnp.maximum(p, 0.0))), 0.5),
        (lambda p: (jd.Geometric(0.5), jd.Geometric(jnp.minimum(1 + p, 1.0))), -0.5),
        (lambda l: (jd.Multinomial(3, [0.5, 0.5]), jd.Multinomial(3, [jnp.maximum(l, 0), 1.0])), 1),
    ],
)
def test_parameters_decide_whether_it_is_infinite(make, inside):
    outside = -1.0 if inside >= 0 else 1.0
    divergence = lambda x: jd.kl_divergence(*make(x))
    assert np.isfinite(divergence(inside))
    assert divergence(outside) == np.inf
    assert jax.grad(divergence)(outside) == 0


def test_counts_that_are_surely_zero_are_not_infinitely_far():
    for p in (jd.Poisson(0.0), jd.Geometric(1.0), jd.NegativeBinomial(2.0, 0.0)):
        for q in (jd.Bernoulli(0.25), jd.Binomial(1, 0.25)):
            np.testing.assert_allclose(jd.kl_divergence(p, q), -np.log(0.75), rtol=1e-6)
    assert jd.kl_divergence(jd.Poisson(0.0), jd.Poisson(0.0)) == 0
    assert jd.kl_divergence(jd.Binomial(0, 0.5), jd.Binomial(3, 1.0)) == np.inf
    np.testing.assert_allclose(
        jd.kl_divergence(jd.Binomial(5, 0.0), jd.Binomial(3, 0.5)), 3 * np.log(2), rtol=1e-5
    )


def test_a_masked_category_is_no_distance_to_itself():
    d = jd.Categorical(logits=[0.0, 0.0, -np.inf])
    for p, q in [(d, d), (jd.Softmax(d.logits), d), (jd.Categorical([0.5, 0.5, 0.0]), d)]:
        assert jd.kl_divergence(p, q) == 0
        for leaf in jax.tree.leaves(jax.grad(jd.kl_divergence, argnums=(0, 1))(p, q)):
            np.testing.assert_allclose(leaf, 0, atol=1e-7)


def test_what_torch_gets_wrong():
    """The mean distance of a normal draw from a location that is not its own."""
    p, q = jd.Normal(1.0, 2.0), jd.Laplace(-3.0, 1.5)
    estimate, error = jd.monte_carlo_kl(p, q, KEY, 100_000)
    assert abs(estimate - jd.kl_divergence(p, q)) < 5 * error


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (jd.Wishart(4.0, scale_tril=np.eye(2)), jd.Wishart(6.0, scale_tril=[[0.7, 0], [0.3, 0.6]])),
        (jd.LKJCholesky(3, 1.5), jd.LKJCholesky(3, 2.5)),
        (jd.Multinomial(5, [0.2, 0.3, 0.5]), jd.Multinomial(5, [0.3, 0.3, 0.4])),
        (jd.Normal(np.zeros(2), 1.0), jd.Normal(0.2, [1.1, 0.5])),
        (jd.Uniform(0.0, 1.0), jd.Normal(0.5, 1.0)),
    ],
    ids=lambda d: type(d).__name__,
)
def test_draws_agree_with_the_closed_form(p, q):
    both = jax.jit(
        lambda p, q: (jd.monte_carlo_kl(p, q, KEY, 20_000), jd.kl_divergence(p, q)),
        compiler_options={"xla_backend_optimization_level": 0},
    )
    (estimate, error), exact = both(p, q)
    assert estimate.shape == error.shape == exact.shape
    assert np.all(np.abs(estimate - exact) < 5 * error + 1e-6)


def test_the_derivative_of_the_estimate_is_that_of_the_divergence():
    for p, q in [
        (jd.Normal(0.0, 1.0), jd.Normal(0.3, 1.2)),
        (jd.Bernoulli(logits=0.4), jd.Bernoulli(logits=-0.2)),
    ]:
        estimate = lambda p, q: jd.monte_carlo_kl(p, q, KEY, 200_000).estimate
        sampled = jax.tree.leaves(jax.jit(jax.grad(estimate, argnums=(0, 1)))(p, q))
        exact = jax.tree.leaves(jax.grad(jd.kl_divergence, argnums=(0, 1))(p, q))
        np.testing.assert_allclose(sampled, exact, atol=0.01)


def test_the_estimate_where_q_lacks_what_p_has():
    estimate, error = jd.monte_carlo_kl(jd.Normal(0.0, 1.0), jd.Exponential(1.0), KEY, 100)
    assert estimate == error == np.inf
    with pytest.raises(ValueError, match="at least 2; got 1"):
        jd.monte_carlo_kl(jd.Normal(0.0, 1.0), jd.Normal(0.0, 1.0), KEY, 1)


def test_cross_entropy_is_the_mean_code_length():
    p, q = jd.Categorical([0.25, 0.75]), jd.Categorical([0.5, 0.5])
    np.testing.assert_allclose(jd.cross_entropy(p, q), np.log(2), rtol=1e-6)
    np.testing.assert_allclose(jd.cross_entropy(p, p), p.entropy(), rtol=1e-6)
    assert jd.cross_entropy(jd.Normal(0.0, 1.0), jd.Exponential(1.0)) == np.inf
    half = jnp.bfloat16
    p, q = jd.Normal(half(0.0), half(1.0)), jd.Normal(half(0.5), half(1.5))
    wide = 0.5 * np.log(2 * np.pi * 2.25) + 1.25 / 4.5
    assert jd.cross_entropy(p, q).dtype == half
    np.testing.assert_allclose(float(jd.cross_entropy(p, q)), wide, rtol=4e-3)


# --- errors, and how a pair is found --------------------------------------------------------------


def test_a_pair_without_closed_form_says_what_to_do():
    with pytest.raises(
        NotImplementedError, match=r"Logistic from Logistic.*monte_carlo_kl"
    ) as error:
        jd.kl_divergence(jd.Logistic(0.0, 1.0), jd.Logistic(0.0, 2.0))
    assert "register_kl(Logistic, Logistic)" in str(error.value)


def test_independent_entries_that_are_not_normal_have_no_closed_form_with_a_full_covariance():
    p, q = jd.Independent(jd.Laplace(np.zeros(2), 1.0), 1), jd.MultivariateNormal([0, 0], np.eye(2))
    with pytest.raises(NotImplementedError, match=r"Independent\(Laplace\).*monte_carlo_kl"):
        jd.kl_divergence(p, q)


def scaled(scale, *more):
    return jd.TransformedDistribution(jd.Normal(0.0, 1.0), [jd.AffineTransform(0.0, scale), *more])


def test_transforms_that_differ_leave_no_closed_form():
    with pytest.raises(NotImplementedError, match="monte_carlo_kl"):
        jd.kl_divergence(scaled(1.0), scaled(1.0, jd.ExpTransform()))
    p, q = scaled([1.0, 2.0]), scaled([1.0, 3.0])
    for wrap in (lambda d: d, lambda d: jd.Independent(d, 1), lambda d: jd.Joint({"a": d})):
        with pytest.raises(NotImplementedError, match=r"different parameters.*monte_carlo_kl"):
            jd.kl_divergence(wrap(p), wrap(q))
    with pytest.raises(NotImplementedError, match="different parameters"):
        jax.jit(lambda: jd.kl_divergence(p, q))()
    batch = scaled([[1.0], [1.0]])
    np.testing.assert_array_equal(jd.kl_divergence(batch, scaled([1.0, 1.0])), np.zeros((2, 2)))


def test_where_traced_transforms_differ_it_is_nan_or_reported_by_checkify():
    p, q = scaled([1.0, 2.0]), scaled([1.0, 3.0])
    np.testing.assert_array_equal(jax.jit(jd.kl_divergence)(p, q), [0.0, np.nan])
    with jd.validation("checkify"):
        checked = jax.jit(checkify.checkify(lambda p, q: jd.kl_divergence(p, q)))
        assert checked(p, p)[0].get() is None
        with pytest.raises(checkify.JaxRuntimeError, match="different parameters"):
            checked(p, q)[0].throw()


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"batch shapes.*\(2,\) of Normal, \(3,\) of Laplace"):
        jd.kl_divergence(jd.Normal(np.zeros(2), 1.0), jd.Laplace(np.zeros(3), 1.0))
    with pytest.raises(ValueError, match=r"event shapes.*\(2,\) of Dirichlet, \(3,\) of Dirichlet"):
        jd.kl_divergence(jd.Dirichlet([1.0, 2.0]), jd.Dirichlet([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match=r"numbers of categories.*2 of Categorical, 3 of Softmax"):
        jd.kl_divergence(jd.Categorical([0.5, 0.5]), jd.Softmax([1.0, 2.0, 3.0]))
    with pytest.raises(TypeError, match=r"q must be a Distribution; got 1"):
        jd.kl_divergence(jd.Normal(0.0, 1.0), 1)


class Base(jd.Distribution):
    """A distribution of which nothing else is known."""

    scale: jd.Param = jd.param(jd.constraints.positive, default=1.0)


class Derived(Base):
    """A more special one."""


def test_the_most_specific_pair_is_used_and_ambiguity_is_reported():
    def constant(value):
        return lambda p, q: jnp.full((), value)

    with pytest.raises(NotImplementedError, match="Derived from Derived"):
        jd.kl_divergence(Derived(), Derived())
    jd.register_kl(Base, Base)(constant(1.0))
    assert jd.kl_divergence(Derived(), Derived()) == 1
    jd.register_kl(Derived, Base)(constant(2.0))
    assert jd.kl_divergence(Derived(), Derived()) == 2
    assert jd.kl_divergence(Base(), Derived()) == 1
    jd.register_kl(Base, Derived)(constant(3.0))
    with pytest.raises(TypeError, match=r"\(Derived, Base\) and \(Base, Derived\)"):
        jd.kl_divergence(Derived(), Derived())
    jd.register_kl(Derived, Derived)(constant(4.0))
    assert jd.kl_divergence(Derived(), Derived()) == 4
    with pytest.raises(TypeError, match="subclass of Distribution; got <class 'int'>"):
        jd.register_kl(int, Base)


def test_no_pair_of_the_library_is_ambiguous():
    kinds = [
        kind
        for name in jd.__all__
        if inspect.isclass(kind := getattr(jd, name)) and issubclass(kind, jd.Distribution)
    ]
    for pair in itertools.product(kinds, kinds):
        _find(*pair)
