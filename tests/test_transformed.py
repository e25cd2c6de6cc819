"""Transformed distributions: what the laws of the catalog do not cover."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.transform_catalog import Network, affine, quick, spline, weights

KEY = jax.random.key(12)


def transformed(base, *transforms):
    """Return the distribution of draws of `base` after several transforms."""
    return jd.TransformedDistribution(base, transforms)


LOC, SCALE = np.array([0.5, -1.0]), np.array([0.75, 1.5])

# Families, and the same distributions as transforms of others.
EQUAL = {
    "LogNormal": lambda: (
        jd.LogNormal(LOC, SCALE),
        transformed(jd.Normal(LOC, SCALE), jd.ExpTransform()),
    ),
    "LogisticNormal": lambda: (
        jd.LogisticNormal(LOC, SCALE),
        transformed(jd.Normal(LOC, SCALE), jd.StickBreakingTransform()),
    ),
    "TanhNormal": lambda: (
        jd.TanhNormal(LOC, SCALE),
        transformed(jd.Normal(LOC, SCALE), jd.TanhTransform()),
    ),
    "RelaxedBernoulli": lambda: (
        jd.RelaxedBernoulli(0.7, logits=LOC),
        transformed(jd.LogitRelaxedBernoulli(0.7, logits=LOC), jd.SigmoidTransform()),
    ),
    "Kumaraswamy": lambda: (
        jd.Kumaraswamy(SCALE, 2.0),
        transformed(
            jd.Uniform(np.zeros(2), 1.0),
            jd.PowerTransform(1 / 2.0),
            jd.AffineTransform(1.0, -1.0),
            jd.PowerTransform(1 / SCALE),
        ),
    ),
    "Weibull": lambda: (
        jd.Weibull(3.0, SCALE),
        transformed(
            jd.Exponential(1.0), jd.PowerTransform(1 / SCALE), jd.AffineTransform(0.0, 3.0)
        ),
    ),
    "Gumbel": lambda: (
        jd.Gumbel(LOC, SCALE),
        transformed(
            jd.Uniform(np.zeros(2), 1.0),
            jd.ExpTransform().inv,
            jd.AffineTransform(0.0, -1.0),
            jd.ExpTransform().inv,
            jd.AffineTransform(LOC, -SCALE),
        ),
    ),
    "Pareto": lambda: (
        jd.Pareto(2.0, SCALE),
        transformed(jd.Exponential(SCALE), jd.ExpTransform(), jd.AffineTransform(0.0, 2.0)),
    ),
    "Logistic": lambda: (
        jd.Logistic(LOC, SCALE),
        transformed(
            jd.Uniform(np.zeros(2), 1.0), jd.SigmoidTransform().inv, jd.AffineTransform(LOC, SCALE)
        ),
    ),
    "Kumaraswamy of Pareto": lambda: (
        jd.Kumaraswamy(SCALE, 1.0),
        transformed(jd.Pareto(1.0, SCALE), jd.PowerTransform(-1.0)),
    ),
    "Uniform by its cdf": lambda: (
        jd.Uniform(np.zeros(2), 1.0),
        transformed(
            jd.Normal(LOC, SCALE), jd.CumulativeDistributionTransform(jd.Normal(LOC, SCALE))
        ),
    ),
}

CUMULATIVE = ("cdf", "log_survival_function")  # the others are compared in test_values


@pytest.mark.parametrize("name", EQUAL)
def test_a_family_equals_the_transform_of_another(name):
    family, same = EQUAL[name]()
    assert same.batch_shape == family.batch_shape
    assert same.event_shape == family.event_shape

    @quick
    def evaluate(d, x):
        univariate = [getattr(d, method)(x) for method in CUMULATIVE] if not d.event_shape else []
        return d.log_prob(x), *univariate

    x = family.sample(KEY, 7)
    for a, b in zip(evaluate(same, x), evaluate(family, x), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)
    if not family.event_shape:
        q = np.array([[0.01], [0.3], [0.9]]) * np.ones(2)
        np.testing.assert_allclose(same.icdf(q), family.icdf(q), rtol=2e-4, atol=1e-5)


def test_shapes_are_those_of_torch():
    def shapes(base, *transforms):
        d = transformed(base, *transforms)
        return d.batch_shape, d.event_shape

    normal = jd.Normal(np.zeros((4, 3)), 1.0)
    assert shapes(normal, jd.ExpTransform()) == ((4, 3), ())
    assert shapes(normal, jd.StickBreakingTransform()) == ((4,), (4,))
    assert shapes(normal, jd.CorrCholeskyTransform()) == ((4,), (3, 3))
    assert shapes(normal, jd.AffineTransform(np.zeros((5, 1, 1)), 1.0)) == ((5, 4, 3), ())
    assert shapes(normal, jd.AffineTransform(0.0, 1.0, 2)) == ((), (4, 3))
    assert shapes(normal, jd.IndependentTransform(jd.ExpTransform(), 1)) == ((4,), (3,))
    assert shapes(normal, jd.ReshapeTransform((4, 3), (12,))) == ((), (12,))
    vectors = jd.Independent(normal, 1)
    assert shapes(vectors, jd.AffineTransform(np.zeros((5, 1, 3)), 1.0)) == ((5, 4), (3,))
    assert shapes(vectors, jd.AffineTransform(np.zeros(3), 1.0)) == ((4,), (3,))
    assert shapes(vectors, jd.LowerCholeskyAffine(np.zeros((5, 1, 3)), np.eye(3))) == (
        (5, 4),
        (3,),
    )


def flow(size=6):
    """A flow with parameters of all kinds: shared, per entry, and of conditioners."""
    base = jd.Independent(jd.Normal(np.zeros(size), 1.0), 1)
    return transformed(
        base,
        jd.AffineTransform(0.1, np.linspace(0.5, 1.5, size)),
        jd.SplitCoupling(Network(weights(2, 32)), spline, 2),
        jd.PermuteTransform([3, 4, 5, 0, 1, 2]),
        jd.MaskedCoupling(Network(weights(6, 12)), affine, [True, False] * 3),
    )


def batch_of_flows():
    """Three flows with different parameters."""

    def scale(leaf):
        return leaf * (1 + 0.1 * jnp.arange(3.0).reshape(3, *[1] * (leaf.ndim - 1)))

    return jax.tree.map(scale, flow().expand((3,)))


@pytest.fixture(scope="module")
def evaluated():
    """Draws of the flows, their log-probabilities and gradients, all from one program."""

    def sum_at(d, x):
        return jnp.sum(d.log_prob(x))

    def sum_at_draws(d):
        return jnp.sum(d.sample_and_log_prob(KEY, 5)[1])

    @quick
    def evaluate(d):
        x, of_draws = d.sample_and_log_prob(KEY, 5)
        log_probs = of_draws, d.log_prob(x), jax.vmap(jd.log_prob, (0, 1), 1)(d, x)
        return x, log_probs, (jax.grad(sum_at)(d, x), jax.grad(sum_at_draws)(d))

    return evaluate(batch_of_flows())


def test_a_batch_of_flows_can_be_mapped(evaluated):
    d, (x, log_probs, _) = batch_of_flows(), evaluated
    assert (d.batch_shape, d.event_shape) == ((3,), (6,))
    assert x.shape == (5, 3, 6)
    for log_prob in log_probs:
        np.testing.assert_allclose(log_prob, log_probs[0], rtol=1e-4, atol=1e-4)


def test_a_batch_of_flows_can_be_indexed(evaluated):
    one, (x, log_probs, _) = batch_of_flows()[1], evaluated
    assert one.batch_shape == ()
    np.testing.assert_allclose(one.log_prob(x[:, 1]), log_probs[0][:, 1], rtol=1e-4, atol=1e-4)


def test_the_scores_of_flows_are_those_at_fixed_draws(evaluated):
    score, at_fixed_draws = evaluated[2]
    assert jax.tree.structure(score) == jax.tree.structure(batch_of_flows())
    for a, b in zip(jax.tree.leaves(score), jax.tree.leaves(at_fixed_draws), strict=True):
        assert np.all(np.isfinite(a))
        np.testing.assert_allclose(a, b, rtol=5e-3, atol=5e-3)


def test_the_constructor_leaves_a_batch_of_flows_as_it_is():
    d = batch_of_flows()
    for a, b in zip(jax.tree.leaves(dataclasses.replace(d)), jax.tree.leaves(d), strict=True):
        np.testing.assert_array_equal(a, b)


def test_density_of_a_flow_of_two_integrates_to_one():
    d = transformed(
        jd.Independent(jd.Normal(np.zeros(2), 1.0), 1),
        jd.MaskedAutoregressive(Network(np.float32([[0.0, 2.0], [0.0, 0.0]])), shifted),
        jd.RationalQuadraticSpline([1.0, 0.0, -1.0], [0.0, 0.5, 1.0], [0.5, -0.5]),
    )
    grid = np.linspace(-12, 12, 801)
    values = np.stack(np.meshgrid(grid, grid), -1)
    total = np.sum(np.exp(np.asarray(d.log_prob(values), float))) * (grid[1] - grid[0]) ** 2
    np.testing.assert_allclose(total, 1, rtol=1e-4)


def shifted(shift):
    return jd.AffineTransform(shift, 1.5)


def test_a_conditioner_with_parameters_requires_an_empty_batch_shape():
    with pytest.raises(ValueError, match=r"batch shape \(4,\).*expand"):
        transformed(
            jd.Normal(np.zeros((4, 6)), 1.0),
            jd.MaskedCoupling(Network(weights(6, 12)), affine, [True, False] * 3),
        )


def test_a_flow_can_be_constructed_under_vmap():
    plain = transformed(
        jd.Normal(np.zeros((4, 6)), 1.0),
        jd.MaskedCoupling(lambda x: jnp.tanh(x @ weights(6, 12)), affine, [True, False] * 3),
    )
    draws = plain.sample(KEY, 2)
    assert plain.log_prob(draws).shape == (2, 4)
    coupling = jd.MaskedCoupling(Network(weights(6, 12)), affine, [True, False] * 3)
    mapped = jax.vmap(lambda loc: transformed(jd.Normal(loc, 1.0), coupling))(np.zeros((4, 6)))
    assert (mapped.batch_shape, mapped.event_shape) == ((4,), (6,))
    np.testing.assert_allclose(mapped.log_prob(draws), plain.log_prob(draws), rtol=1e-5)


def test_nan_parameters_are_not_hidden():
    with jd.validation("off"):
        d = transformed(jd.Normal(np.nan, 1.0), jd.ExpTransform())
    assert np.isnan(d.log_prob(1.0))
    assert np.isnan(d.cdf(1.0))


def test_joint_calls_keep_the_pre_image():
    """At x = 12, which tanh rounds to 1, and with parameters on both sides of it."""
    d = transformed(jd.Normal(12.0, 1e-3), jd.TanhTransform(), jd.AffineTransform(1.0, 3.0))
    exact = jd.Normal(12.0, 1e-3)
    x, at_x = exact.sample_and_log_prob(KEY, 100)
    log_det = np.log(3) + 2 * (np.log(2) - np.asarray(x) - np.log1p(np.exp(-2 * np.asarray(x))))
    _, log_prob = d.sample_and_log_prob(KEY, 100)
    np.testing.assert_allclose(log_prob, at_x - log_det, rtol=1e-6)
    score = jax.grad(lambda d: jnp.sum(d.rsample_and_log_prob(KEY, 100)[1]))(d)
    np.testing.assert_allclose(score.base_dist.loc, 200, rtol=1e-5)  # d log_det / dx = -2
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(score))


def test_score_at_a_fixed_draw_goes_through_the_pre_image():
    """For y = a x with x ~ N(0, 1): d/da log p(y) = (x^2 - 1) / a."""
    x = jd.Normal(0.0, 1.0).sample(KEY, 5)
    for i in range(5):
        d = transformed(jd.Normal(0.0, 1.0), jd.AffineTransform(0.0, 2.0), jd.TanhTransform())
        score = jax.grad(lambda d, i=i: d.sample_and_log_prob(KEY, 5)[1][i])(d)
        np.testing.assert_allclose(score.transforms[0].scale, (x[i] ** 2 - 1) / 2, rtol=1e-4)


@pytest.mark.parametrize("y", [2.0, 5.0, np.inf])
def test_values_out_of_the_range_of_the_transforms_have_density_zero(y):
    d = transformed(jd.Normal(0.0, 50.0), jd.ExpTransform(), jd.AffineTransform(2.0, -3.0))
    assert d.log_prob(y) == -np.inf
    assert jax.grad(d.log_prob)(y) == 0
    score = jax.grad(jd.log_prob)(d, y)
    assert all(np.all(np.asarray(leaf) == 0) for leaf in jax.tree.leaves(score))
    np.testing.assert_array_equal([d.cdf(y), d.survival_function(y)], [1, 0])
    np.testing.assert_array_equal([d.log_cdf(y), d.log_survival_function(y)], [0, -np.inf])


def test_values_whose_inverse_is_out_of_the_base_support_have_density_zero():
    bounded = transformed(jd.Uniform(0.0, 1.0), jd.AffineTransform(1.0, 2.0))
    np.testing.assert_allclose(
        bounded.log_prob(np.array([0.5, 2.0, 3.5])), [-np.inf, -np.log(2), -np.inf]
    )
    np.testing.assert_allclose(bounded.cdf(np.array([0.5, 1.5, 3.5])), [0, 0.25, 1])


def test_moments_of_affine_transforms():
    d = transformed(jd.Gamma([2.0, 5.0], 2.0), jd.AffineTransform(1.0, -3.0))
    np.testing.assert_allclose(d.mean, [-2.0, -6.5], rtol=1e-6)
    np.testing.assert_allclose(d.variance, [4.5, 11.25], rtol=1e-6)
    np.testing.assert_allclose(d.mode, 1 - 3 * np.array([0.5, 2.0]), rtol=1e-6)
    np.testing.assert_allclose(
        d.entropy(), jd.Gamma([2.0, 5.0], 2.0).entropy() + np.log(3), rtol=1e-6
    )


def test_moments_of_reshaped_and_permuted_vectors():
    reversed_ = transformed(
        jd.Normal(np.arange(6.0), [1.0, 2, 3, 4, 5, 6]),
        jd.AffineTransform(0.0, 2.0),
        jd.PermuteTransform([5, 4, 3, 2, 1, 0]),
        jd.ReshapeTransform((6,), (2, 3)),
    )
    np.testing.assert_allclose(reversed_.mean, 2 * np.arange(5.0, -1, -1).reshape(2, 3), rtol=1e-6)
    np.testing.assert_allclose(reversed_.stddev, 2 * np.arange(6.0, 0, -1).reshape(2, 3), rtol=1e-6)


@pytest.mark.parametrize("summary", ["mean", "mode", "variance"])
def test_moments_of_vectors_require_affine_transforms(summary):
    d = transformed(jd.Independent(jd.Normal([0.0, 1.0], 1.0), 1), jd.ExpTransform())
    with pytest.raises(NotImplementedError, match=f"no closed form for {summary}"):
        getattr(d, summary)


def test_moments_of_numbers_are_averages_over_quantiles():
    """Of a normal variable that is squeezed to an interval and moved, and of a reflected one."""
    base = jd.Normal([0.0, -3.0], [1.0, 0.5])
    d = transformed(base, jd.SigmoidTransform(), jd.AffineTransform(1.0, -2.0))
    closed = jd.LogitNormal(base.loc, base.scale)
    np.testing.assert_allclose(d.mean, 1 - 2 * closed.mean, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(d.variance, 4 * closed.variance, rtol=1e-5)
    reflected = transformed(jd.Gamma(2.0, 1.0), jd.AffineTransform(0.0, -3.0))
    np.testing.assert_allclose(reflected.skewness, -np.sqrt(2.0), rtol=1e-6)


def test_entropy_where_the_log_determinant_is_affine():
    vectors = transformed(
        jd.Independent(jd.Normal([0.5, 1.0, -1.0], 1.0), 1),
        jd.AffineTransform(1.0, 2.0),
        jd.OrderedTransform(),
        jd.AffineTransform(0.0, 3.0),
    )
    draws, log_prob = vectors.sample_and_log_prob(KEY, 100_000)
    np.testing.assert_allclose(vectors.entropy(), -np.mean(log_prob), rtol=0.01)
    assert np.all(np.isfinite(draws))


def test_entropy_where_the_base_has_no_mean():
    cauchy = transformed(jd.Cauchy(0.0, 1.0), jd.AffineTransform(0.0, 2.0))
    np.testing.assert_allclose(cauchy.entropy(), jd.Cauchy(0.0, 2.0).entropy(), rtol=1e-6)


def test_the_entropy_of_vectors_requires_an_affine_log_determinant():
    base = jd.Independent(jd.Normal([0.0, 1.0], 1.0), 1)
    with pytest.raises(NotImplementedError, match="no closed form for entropy"):
        transformed(base, jd.ExpTransform(), jd.ExpTransform()).entropy()


def test_without_transforms_it_is_the_base():
    base = jd.Exponential(2.0)
    d = jd.TransformedDistribution(base, [])
    assert d.support is base.support or repr(d.support) == repr(base.support)
    np.testing.assert_allclose(d.log_prob(0.3), base.log_prob(0.3), rtol=1e-6)


def log_normals():
    """LogNormal(1, 2), as a transformed distribution of batch shape (4, 3)."""
    base = jd.Normal(np.zeros((4, 3)), 1.0)
    return transformed(base, jd.AffineTransform(np.ones(3), 2.0), jd.ExpTransform())


def test_inside_independent():
    product = jd.Independent(log_normals(), 1)
    same = jd.Independent(jd.LogNormal(np.ones((4, 3)), 2.0), 1)
    x = product.sample(KEY, 2)
    np.testing.assert_allclose(product.log_prob(x), same.log_prob(x), rtol=1e-5)


def test_inside_a_mixture():
    mixture = jd.MixtureSameFamily(jd.Categorical(np.ones((4, 3)) / 3), log_normals())
    y = mixture.sample(KEY, 2)
    np.testing.assert_allclose(mixture.log_prob(y), jd.LogNormal(1.0, 2.0).log_prob(y), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: transformed(1.0), TypeError, "base_dist must be a Distribution"),
        (lambda: transformed(jd.Joint((jd.Normal(0.0, 1.0),))), TypeError, "must draw arrays"),
        (
            lambda: transformed(jd.Normal(0.0, 1.0), 1.0),
            TypeError,
            "every entry of transforms must be a Transform; got 1.0",
        ),
        (
            lambda: transformed(jd.Bernoulli(0.5), jd.ExpTransform()),
            ValueError,
            "must be continuous",
        ),
        (
            lambda: transformed(jd.Normal(0.0, 1.0), jd.SoftmaxTransform()),
            ValueError,
            "at least 1 axes",
        ),
        (
            lambda: transformed(
                jd.Independent(jd.Normal(np.zeros(1), 1.0), 1), jd.AffineTransform(np.zeros(3), 1.0)
            ),
            ValueError,
            r"do not fit events of shape \(1,\)",
        ),
        (
            lambda: transformed(
                jd.Normal(np.zeros(2), 1.0), jd.CatTransform([jd.ExpTransform()] * 2)
            ),
            ValueError,
            "must be an axis of the event",
        ),
        (
            lambda: transformed(jd.Normal(np.zeros(2), 1.0), jd.SoftmaxTransform()).log_prob(
                np.array([0.5, 0.5])
            ),
            NotImplementedError,
            "not bijective",
        ),
        (
            lambda: transformed(jd.Normal(0.0, 1.0), jd.AbsTransform()).cdf(1.0),
            NotImplementedError,
            "monotone",
        ),
        (
            lambda: transformed(jd.Normal(np.zeros(2), 1.0), jd.StickBreakingTransform()).cdf(
                np.ones(3) / 3
            ),
            NotImplementedError,
            "univariate distributions only",
        ),
    ],
)
def test_invalid_arguments_are_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


HALF = jd.HalfNormal(1.0)


@pytest.mark.parametrize(
    ("base", "transforms", "bounds"),
    [
        (jd.Beta(2.0, 3.0), jd.AffineTransform(1.0, 1.0), (1, 2)),
        (jd.Beta(2.0, 3.0), jd.AffineTransform(1.0, -2.0), (-1, 1)),
        (HALF, jd.AffineTransform(0.0, -1.0), (-np.inf, 0)),
        (HALF, jd.AffineTransform(3.0, 2.0), (3, np.inf)),
        (HALF, [jd.AffineTransform(0.0, -1.0), jd.ExpTransform()], (0, 1)),
        (HALF, jd.TanhTransform(), (0, 1)),
        (HALF, jd.SigmoidTransform(), (0.5, 1)),
        (jd.Beta(2.0, 3.0), jd.PowerTransform(-1.0), (1, np.inf)),
        (jd.Uniform(1.0, 2.0), jd.PowerTransform(2.0), (1, 4)),
        (jd.Uniform(-1.0, 2.0), jd.ExpTransform(), (np.exp(-1), np.exp(2))),
        (jd.Gamma(2.0, 1.0), jd.ExpTransform().inv, (-np.inf, np.inf)),
        (jd.Normal(0.0, 1.0), [jd.AffineTransform(3.0, -2.0)], (-np.inf, np.inf)),
        (jd.Normal(0.0, 1.0), [jd.AffineTransform(3.0, -2.0), jd.ExpTransform()], (0, np.inf)),
    ],
    ids=str,
)
def test_the_support_is_the_image_of_that_of_the_base_distribution(base, transforms, bounds):
    d = jd.TransformedDistribution(base, transforms)
    np.testing.assert_allclose(d.support.bounds, bounds, rtol=1e-6, atol=2e-38)
    draws = d.sample(jax.random.key(0), 1000)
    assert np.all(d.support.check(draws) & np.isfinite(d.log_prob(draws)))
    lower, upper = bounds
    for x, below in [(lower - 1, 0), (upper + 1, 1)]:
        if np.isfinite(x):
            assert d.log_prob(x) == -np.inf
            assert d.cdf(x) == below


def test_the_support_is_that_of_each_entry_of_a_batch():
    base = jd.Independent(jd.Beta([2.0, 3.0], 3.0), 1)
    d = jd.TransformedDistribution(base, jd.AffineTransform([1.0, 0.0], [1.0, -2.0]))
    assert d.event_shape == (2,)
    np.testing.assert_array_equal(
        d.support.check([[1.5, -1.5], [1.5, 0.5], [0.5, -1.5]]), [1, 0, 0]
    )


@pytest.mark.parametrize(
    ("base", "transforms"),
    [
        (jd.Normal(0.0, 1.0), jd.PowerTransform(3.0)),
        (jd.Normal(0.0, 1.0), [jd.AffineTransform(1.0, 2.0), jd.PowerTransform(3.0)]),
        (jd.Laplace(0.0, 1.0), jd.ExpTransform().inv),
        (jd.Gamma(2.0, 1.0), jd.SigmoidTransform().inv),
    ],
    ids=str,
)
def test_a_base_distribution_with_values_outside_of_the_domain_is_refused(base, transforms):
    with pytest.raises(ValueError, match="Map these into its domain first"):
        jd.TransformedDistribution(base, transforms)


slow = functools.partial(pytest.param, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    "base",
    [
        jd.Normal(0.5, 2.0),
        jd.Laplace(0.5, 2.0),
        jd.Logistic(0.5, 2.0),
        jd.Cauchy(0.5, 2.0),
        jd.Gumbel(0.5, 2.0),
        jd.LogNormal(0.5, 2.0),
        jd.Exponential(2.0),
        jd.Weibull(2.0, 3.0),
        jd.Pareto(2.0, 3.0),
        jd.GeneralizedPareto(0.0, 1.0, 0.25),
        jd.HalfNormal(2.0),
        jd.HalfCauchy(2.0),
        jd.Kumaraswamy(2.0, 30.0),
        jd.ContinuousBernoulli(logits=-100.0),
        *map(
            slow,
            [
                jd.Gamma(2.0, 3.0),
                jd.TruncatedNormal(0.5, 2.0, -1.0, 40.0),
                jd.Mixture(
                    jd.Categorical([0.25, 0.75]), [jd.Laplace(0.5, 2.0), jd.Normal(0.0, 1.0)]
                ),
                jd.StudentT(3.0, 0.5, 2.0),
                jd.InverseGamma(2.0, 3.0),
                jd.FisherSnedecor(3.0, 5.0),
                jd.SkewNormal(0.5, 2.0, 3.0),
                jd.VonMises(0.1, 100.0),
                jd.MixtureSameFamily(
                    jd.Categorical([0.25, 0.75]), jd.Normal([-1.0, 2.0], [1.0, 3.0])
                ),
            ],
        ),
    ],
    ids=lambda d: type(d).__name__,
)
def test_small_quantiles_behind_a_decreasing_map(base):
    """1 - q rounds to 1: they come from the upper tail of the base distribution."""
    d = jd.TransformedDistribution(base, jd.AffineTransform(0.0, -1.0))
    q = np.float32([1e-30, 1e-12, 1e-5, 0.1, 0.5, 0.9])
    x = d.icdf(q)
    # The change of log P(X > x) when x is rounded.
    steps = jax.vmap(jax.grad(base.log_survival_function))(-x) * x
    error = np.abs(base.log_survival_function(-x) - np.log(q))
    assert np.all(error <= 8 * np.finfo(np.float32).eps * (np.abs(steps) - np.log(q) + 1))
    twice = jd.TransformedDistribution(d, jd.AffineTransform(0.0, -1.0))
    np.testing.assert_allclose(twice.icdf(q[1:]), base.icdf(q[1:]), rtol=1e-6)


@pytest.mark.parametrize("transform", [jd.AbsTransform(), jd.SoftmaxTransform()], ids=str)
def test_divergences_behind_transforms_that_merge_points_are_refused(transform):
    """That of the base distributions is an upper bound."""
    base = jd.Independent(jd.Normal(jnp.array([1.0, 2.0]), 1.0), 1)
    p = jd.TransformedDistribution(base, transform)
    with pytest.raises(NotImplementedError, match="not bijective"):
        jd.kl_divergence(p, p)
