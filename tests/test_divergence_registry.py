"""How the divergence of a pair is found, and the errors where there is none."""

import inspect
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify

import jaxdist as jd
from jaxdist.divergences.registry import find_entry

# The finite pairs of torch.distributions.kl.
TORCH_PAIRS = {
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


def test_the_pairs_of_torch_are_there():
    for name, others in TORCH_PAIRS.items():
        for other in others.split():
            p, q = getattr(jd, name), getattr(jd, other)
            assert find_entry(p, q) is not None or p.has_enumerate_support, (name, other)


def test_no_pair_of_the_library_is_ambiguous():
    kinds = [
        kind
        for name in jd.__all__
        if inspect.isclass(kind := getattr(jd, name)) and issubclass(kind, jd.Distribution)
    ]
    for pair in itertools.product(kinds, kinds):
        find_entry(*pair)


# --- registering ---------------------------------------------------------------------------------


@pytest.fixture
def classes():
    """A class of distributions and a subclass, of which the table knows nothing yet."""

    class Base(jd.Distribution):
        """A distribution with a scale."""

        scale: jd.Param = jd.param(jd.constraints.positive, default=1.0)
        support = jd.constraints.real

    class Derived(Base):
        """A special case."""

    return Base, Derived


def constant(value):
    return lambda p, q: jnp.full((), value)


def test_a_pair_of_unknown_classes_has_no_closed_form(classes):
    _, derived = classes
    with pytest.raises(NotImplementedError, match=r"known for KL\(Derived, Derived\);"):
        jd.kl_divergence(derived(), derived())


def test_a_registered_pair_holds_for_subclasses(classes):
    base, derived = classes
    jd.register_kl(base, base)(constant(1.0))
    assert jd.kl_divergence(derived(), derived()) == 1


def test_the_most_specific_pair_is_used(classes):
    base, derived = classes
    jd.register_kl(base, base)(constant(1.0))
    jd.register_kl(derived, base)(constant(2.0))
    assert jd.kl_divergence(derived(), derived()) == 2
    assert jd.kl_divergence(base(), derived()) == 1


def test_an_ambiguity_is_an_error_until_the_pair_itself_is_registered(classes):
    base, derived = classes
    jd.register_kl(derived, base)(constant(2.0))
    jd.register_kl(base, derived)(constant(3.0))
    with pytest.raises(TypeError, match=r"\(Derived, Base\) and \(Base, Derived\)"):
        jd.kl_divergence(derived(), derived())
    jd.register_kl(derived, derived)(constant(4.0))
    assert jd.kl_divergence(derived(), derived()) == 4


def test_only_classes_of_distributions_can_be_registered(classes):
    base, _ = classes
    with pytest.raises(TypeError, match="subclass of Distribution; got <class 'int'>"):
        jd.register_kl(int, base)


# --- errors --------------------------------------------------------------------------------------


def test_a_pair_without_closed_form_says_what_to_do():
    with pytest.raises(
        NotImplementedError, match=r"known for KL\(Logistic, Logistic\); .*monte_carlo_kl"
    ) as error:
        jd.kl_divergence(jd.Logistic(0.0, 1.0), jd.Logistic(0.0, 2.0))
    assert "register_kl(Logistic, Logistic)" in str(error.value)


def test_a_pair_without_closed_form_is_named_in_its_order(classes):
    base, derived = classes
    with pytest.raises(NotImplementedError, match=r"known for KL\(Derived, Base\);"):
        jd.kl_divergence(derived(), base())


def test_independent_entries_that_are_not_normal_have_no_closed_form_with_a_full_covariance():
    p, q = jd.Independent(jd.Laplace(np.zeros(2), 1.0), 1), jd.MultivariateNormal([0, 0], np.eye(2))
    with pytest.raises(NotImplementedError, match=r"Independent\(Laplace\).*monte_carlo_kl"):
        jd.kl_divergence(p, q)


def scaled(scale, *more):
    return jd.TransformedDistribution(jd.Normal(0.0, 1.0), [jd.AffineTransform(0.0, scale), *more])


def test_transforms_of_different_classes_leave_no_closed_form():
    with pytest.raises(NotImplementedError, match="monte_carlo_kl"):
        jd.kl_divergence(scaled(1.0), scaled(1.0, jd.ExpTransform()))


@pytest.mark.parametrize(
    "wrap",
    [lambda d: d, lambda d: jd.Independent(d, 1), lambda d: jd.Joint({"a": d})],
    ids=["alone", "Independent", "Joint"],
)
def test_transforms_with_different_parameters_leave_no_closed_form(wrap):
    p, q = wrap(scaled([1.0, 2.0])), wrap(scaled([1.0, 3.0]))
    with pytest.raises(NotImplementedError, match=r"different parameters.*monte_carlo_kl"):
        jd.kl_divergence(p, q)


def test_constant_transforms_are_compared_under_jit_too():
    p, q = scaled([1.0, 2.0]), scaled([1.0, 3.0])
    with pytest.raises(NotImplementedError, match="different parameters"):
        jax.jit(lambda: jd.kl_divergence(p, q))()


def test_transforms_that_are_equal_after_broadcasting_are_equal():
    p, q = scaled([[1.0], [1.0]]), scaled([1.0, 1.0])
    np.testing.assert_array_equal(jd.kl_divergence(p, q), np.zeros((2, 2)))


def test_traced_transforms_that_differ_give_nan():
    p, q = scaled([1.0, 2.0]), scaled([1.0, 3.0])
    np.testing.assert_array_equal(jax.jit(jd.kl_divergence)(p, q), [0.0, np.nan])


def test_traced_transforms_that_differ_are_reported_by_checkify():
    p, q = scaled([1.0, 2.0]), scaled([1.0, 3.0])
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


def test_gated_counts_whose_values_are_listed():
    p = jd.Hurdle(jd.Categorical([0.2, 0.3, 0.5]), gate=0.2)
    q = jd.ZeroInflated(jd.Categorical([0.1, 0.1, 0.8]), gate=0.6)
    probs = np.array([0.2, 0.8 * 3 / 8, 0.8 * 5 / 8]), np.array([0.64, 0.04, 0.32])
    expected = np.sum(probs[0] * np.log(probs[0] / probs[1]))
    np.testing.assert_allclose(jd.kl_divergence(p, q), expected, rtol=1e-6)


def test_a_gated_pair_without_a_closed_form_is_named_as_it_was_given():
    pairs = [(jd.Skellam(1.0, 1.0), jd.Poisson(1.0)), (jd.Laplace(0.0, 1.0), jd.Cauchy(0.0, 1.0))]
    for p, q in pairs:
        names = rf"KL\(Hurdle\({type(p).__name__}\), ZeroInflated\({type(q).__name__}\)\)"
        with pytest.raises(NotImplementedError, match=names):
            jd.kl_divergence(jd.Hurdle(p, gate=0.5), jd.ZeroInflated(q, gate=0.5))
