"""Wrappers and mixtures: what the laws of the catalog do not cover."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(6)


def test_masked_entries_add_zero_whatever_their_value():
    base = jd.Uniform(jnp.zeros(3), 2.0)
    d = jd.Masked(base, [True, False, True])
    value = jnp.array([1.0, 99.0, -1.0])
    np.testing.assert_allclose(d.log_prob(value), [-np.log(2), 0, -np.inf], rtol=1e-6)
    np.testing.assert_allclose(d.entropy(), [np.log(2), 0, np.log(2)], rtol=1e-6)
    score = jax.grad(lambda d: jnp.sum(d.log_prob(jnp.ones(3))))(d)
    np.testing.assert_allclose(score.base_dist.high, [-0.5, 0, -0.5], rtol=1e-6)
    assert np.all(np.asarray(score.mask) == 0)


def test_masked_entries_of_an_event_add_zero_whatever_their_value():
    def log_prob(high, value):
        base = jd.Uniform(jnp.zeros((2, 3)), high)
        return jd.Independent(jd.Masked(base, [True, False, True]), 1).log_prob(value)

    value = jnp.array([[1.0, jnp.nan, 0.5], [1.0, 99.0, -1.0]])
    high = jnp.full((2, 3), 2.0)
    np.testing.assert_allclose(log_prob(high, value), [-2 * np.log(2), -np.inf], rtol=1e-6)
    by_high, by_value = jax.grad(lambda *args: jnp.sum(log_prob(*args)), (0, 1))(high, value)
    np.testing.assert_allclose(by_high, [[-0.5, 0, -0.5], [0, 0, 0]], rtol=1e-6)
    assert np.all(np.asarray(by_value) == 0)


WEIGHTS, RATE = jd.Categorical([0.25, 0.75]), jnp.array([1.0, 2.0])


@pytest.mark.slow
def test_the_entropy_of_counts_of_a_number_that_is_a_parameter():
    """Which is not known where the entropy is compiled."""
    d = jd.ZeroInflated(jd.DiscreteUniform(0, [3, 1]), gate=0.2)
    expected = [stats.entropy([0.4, 0.2, 0.2, 0.2]), stats.entropy([0.6, 0.4])]
    np.testing.assert_allclose(d.entropy(), expected, rtol=1e-6)
    mixed = jd.MixtureSameFamily(jd.Categorical([0.5, 0.5]), jd.Binomial([3, 5], 0.3))
    with pytest.raises(NotImplementedError, match="MixtureSameFamily has no closed form for entr"):
        mixed.entropy()


MASK = jnp.array([[True, True], [False, False], [True, False]])


def mixture_of_masked(rate):
    return jd.MixtureSameFamily(WEIGHTS, jd.Masked(jd.Exponential(rate), MASK))


def test_a_mixture_is_masked_where_its_components_are():
    components = [jd.Masked(jd.Exponential(RATE[k]), MASK[:, k]) for k in (0, 1)]
    value = jnp.array([[-1.0] * 3, [jnp.nan] * 3, [0.5] * 3])
    unmasked = jd.MixtureSameFamily(WEIGHTS, jd.Exponential(RATE)).log_prob(0.5)
    second_masked = np.log(0.25 * np.exp(-0.5) + 0.75)
    expected = [
        [-np.inf, 0, np.log(0.75)],
        [np.nan, 0, np.nan],
        [unmasked, 0, second_masked],
    ]
    for d in (mixture_of_masked(RATE), jd.Mixture(WEIGHTS, components)):
        np.testing.assert_allclose(d.log_prob(value), expected, rtol=1e-6, atol=1e-7)


def test_a_masked_component_has_gradient_zero_outside_of_its_support():
    def log_prob(rate):
        return jnp.sum(mixture_of_masked(rate).log_prob(-jnp.ones(3))[1:])

    np.testing.assert_array_equal(jax.grad(log_prob)(RATE), 0)


def test_masked_broadcasts_with_its_base():
    d = jd.Masked(jd.Normal(0.0, 1.0), np.array([[True], [False]]))
    assert d.batch_shape == (2, 1)
    assert d.base_dist.batch_shape == (2, 1)
    draw, log_prob = d.rsample_and_log_prob(KEY, 5)
    assert draw.shape == log_prob.shape == (5, 2, 1)
    assert np.all(np.asarray(log_prob[:, 1]) == 0)


def test_a_mask_that_does_not_broadcast_is_an_error():
    with pytest.raises(ValueError, match="do not broadcast"):
        jd.Masked(jd.Normal(jnp.zeros(3), 1.0), [True, False])


def heads():
    return jd.Joint(
        {
            "move": jd.Categorical(logits=jnp.zeros((4, 3))),
            "aim": [jd.Independent(jd.Normal(jnp.ones((4, 2)), 0.5), 1)],
        }
    )


def test_joint_has_one_batch_shape_and_trees_of_events():
    d = heads()
    assert d.batch_shape == (4,)
    assert d.event_shape == {"move": (), "aim": [(2,)]}
    assert d.mode["move"].shape == (4,)
    assert jax.tree.map(jnp.shape, d.sample(KEY)) == jax.tree.map(jnp.shape, d.mode)


@pytest.mark.fast
def test_joint_draws_trees_and_sums_log_probs():
    d = heads()
    move, aim = d.tree["move"], d.tree["aim"][0]
    value, log_prob = d.sample_and_log_prob(KEY, 5)
    assert value["move"].shape == (5, 4)
    assert value["aim"][0].shape == (5, 4, 2)
    expected = move.log_prob(value["move"]) + aim.log_prob(value["aim"][0])
    np.testing.assert_allclose(log_prob, expected, rtol=1e-6)
    np.testing.assert_allclose(d.log_prob(value), expected, rtol=1e-6)
    np.testing.assert_allclose(d.entropy(), move.entropy() + aim.entropy(), rtol=1e-6)


def test_joint_can_be_mapped_and_indexed():
    d = heads()
    value = d.sample(KEY)
    one_by_one = jax.vmap(jd.log_prob)(d, value)
    np.testing.assert_allclose(one_by_one, d.log_prob(value), rtol=1e-6)
    assert d[1].batch_shape == ()


def test_the_score_of_a_joint_has_its_structure():
    d = heads()
    value = d.sample(KEY)
    score = jax.grad(lambda d: jnp.sum(d.log_prob(value)))(d)
    assert jax.tree.structure(score) == jax.tree.structure(d)


def test_joint_has_pathwise_derivatives_if_all_its_distributions_do():
    with_choices = heads()
    assert not with_choices.has_rsample
    with pytest.raises(NotImplementedError, match="score_function"):
        with_choices.rsample(KEY)
    normals = jd.Joint((jd.Normal(0.0, 1.0), jd.Normal(1.0, 2.0)))
    gradient = jax.grad(lambda d: sum(d.rsample(KEY)))(normals)
    np.testing.assert_allclose([gradient.tree[0].loc, gradient.tree[1].loc], 1.0)


def test_joint_requires_distributions():
    with pytest.raises(TypeError, match="must be a Distribution"):
        jd.Joint((jd.Normal(0.0, 1.0), 3.0))


def test_joint_requires_one_batch_shape():
    with pytest.raises(ValueError, match="one batch shape"):
        jd.Joint((jd.Normal(0.0, 1.0), jd.Normal(jnp.zeros(2), 1.0)))


def mixture_of_vectors(loc, logits):
    scales = jnp.array([[0.5, 1.0], [1.5, 0.7]])
    return jd.MixtureSameFamily(
        jd.Categorical(logits=logits), jd.Independent(jd.Normal(loc, scales), 1)
    )


def test_pathwise_gradient_of_a_factorized_mixture():
    """E[x_0 x_1] = sum_k pi_k loc_k0 loc_k1, whose gradient is known."""
    loc, logits = jnp.array([[-1.0, 0.5], [2.0, 1.0]]), jnp.array([0.4, -0.3])

    def estimate(loc, logits):
        x = mixture_of_vectors(loc, logits).rsample(KEY, (200_000,))
        return jnp.mean(x[:, 0] * x[:, 1])

    def exact(loc, logits):
        return jax.nn.softmax(logits) @ (loc[:, 0] * loc[:, 1])

    gradients = jax.grad(estimate, argnums=(0, 1))(loc, logits)
    expected = jax.grad(exact, argnums=(0, 1))(loc, logits)
    for a, b in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=0.03)


def test_a_component_of_weight_zero_leaves_value_and_gradient_unchanged():
    def log_prob(logits, x):
        components = jd.Normal([0.0, 5.0], 1.0)
        return jd.MixtureSameFamily(jd.Categorical(logits=logits), components).log_prob(x)

    logits = jnp.array([0.0, -jnp.inf])
    value, gradient = jax.value_and_grad(log_prob, argnums=(0, 1))(logits, 0.3)
    np.testing.assert_allclose(value, jd.Normal(0.0, 1.0).log_prob(0.3), rtol=1e-6)
    np.testing.assert_allclose(gradient[0], [0.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(gradient[1], -0.3, rtol=1e-6)


def test_a_component_of_weight_zero_need_not_have_moments():
    d = jd.MixtureSameFamily(jd.Categorical([1.0, 0.0]), jd.StudentT([3.0, 1.0]))
    np.testing.assert_allclose([d.mean, d.variance], [0.0, 3.0], rtol=1e-6)
    gradient = jax.grad(lambda d: d.mean + d.variance)(d)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))


def test_a_component_of_weight_zero_may_have_an_infinite_density():
    d = jd.MixtureSameFamily(jd.Categorical([1.0, 0.0]), jd.Beta([1.0, 0.5], 1.0))
    assert d.log_prob(0.0) == 0


@pytest.mark.fast
@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: jd.MixtureSameFamily(jd.Categorical([0.5, 0.5]), jd.Normal(jnp.zeros(3), 1.0)),
            ValueError,
            r"as there are weights, 2|as long as",
        ),
        (
            lambda: jd.MixtureSameFamily(jd.Normal(0.0, 1.0), jd.Normal(jnp.zeros(3), 1.0)),
            TypeError,
            "must be a Categorical",
        ),
        (
            lambda: jd.Mixture(jd.Categorical([0.5, 0.5]), [jd.Normal(0.0, 1.0)]),
            ValueError,
            "2 weights for 1 components",
        ),
        (
            lambda: jd.Mixture(
                jd.Categorical([0.5, 0.5]), [jd.Normal(0.0, 1.0), jd.Bernoulli(0.5)]
            ),
            ValueError,
            "all continuous or all discrete",
        ),
        (lambda: jd.ZeroInflated(jd.Delta(0.0), 0.5), TypeError, "integers"),
        (lambda: jd.Independent(heads(), 1), TypeError, "must draw arrays"),
        (lambda: jd.Masked(heads(), True), TypeError, "must draw arrays"),
        (
            lambda: jd.MixtureSameFamily(jd.Categorical(jnp.ones(4)), heads()),
            TypeError,
            "must draw arrays",
        ),
        (
            lambda: jd.Mixture(jd.Categorical([0.5, 0.5]), [heads()[0], heads()[1]]),
            TypeError,
            "must draw arrays",
        ),
    ],
)
def test_invalid_arguments_are_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("outer", [lambda d: d, lambda d: jd.Independent(d, 1)])
def test_a_nan_parameter_of_a_masked_entry_does_not_reach_the_gradients_of_others(outer):
    """As where a network with shared weights makes the parameters of all entries."""
    offset = jnp.array([0.0, jnp.nan])

    def policy(weight):
        base = jd.Normal(weight + offset, 1.0, validate_args=False)
        return outer(jd.Masked(base, [True, False]))

    def losses(weight):
        d, other = policy(weight), policy(0.5)
        kl = jd.kl_divergence(d, other)
        return jnp.sum(d.log_prob(jnp.ones(2))), jnp.sum(d.entropy()), jnp.sum(kl)

    np.testing.assert_allclose(jax.jacobian(losses)(2.0), [-1, 0, 1.5])


DIE = jd.DiscreteUniform(1, 6)


def test_zero_inflated_adds_0_to_a_support_without_it():
    d = jd.ZeroInflated(DIE, 0.4)
    counts = jnp.arange(-1, 8)
    probs = np.array([0, 0.4, *[0.1] * 6, 0])
    np.testing.assert_allclose(jnp.exp(d.log_prob(counts)), probs, rtol=1e-6)
    np.testing.assert_allclose(d.cdf(counts), np.cumsum(probs), rtol=1e-6)
    np.testing.assert_allclose(jnp.exp(d.log_cdf(counts)), np.cumsum(probs), rtol=1e-6)
    np.testing.assert_allclose(d.survival_function(counts), 1 - np.cumsum(probs), atol=1e-6)
    q = np.float32([0.0, 0.3, 0.41, 0.59, 1])
    np.testing.assert_array_equal(d.icdf(q), [0, 0, 1, 2, 6])
    np.testing.assert_array_equal(d._isf(1 - q), [0, 0, 1, 2, 6])
    draws = d.sample(jax.random.key(0), 10_000)
    np.testing.assert_allclose(np.mean(draws == 0), 0.4, atol=0.02)
    assert np.all(d.support.check(draws))


@pytest.mark.parametrize(
    ("base", "gate", "expected"),
    [
        (DIE, 0.0, 0.0),  # of a log-probability that is -inf
        (DIE, 0.25, 4.0),
        (jd.Poisson(2.0), 0.0, np.exp(2) - 1),
        (jd.Poisson(0.0), 0.0, 0.0),
        (jd.Poisson(200.0), 0.25, 4.0),
    ],
    ids=str,
)
def test_derivative_in_the_gate_of_the_log_probability_of_0(base, gate, expected):
    derivative = jax.grad(lambda gate: jd.ZeroInflated(base, gate).log_prob(0))(gate)
    np.testing.assert_allclose(derivative, expected, rtol=1e-6)


def test_the_perplexity_of_a_joint_is_the_product():
    d = jd.Joint([jd.Categorical(np.ones(6)), jd.Bernoulli(0.5)])
    np.testing.assert_allclose(d.perplexity(), 12, rtol=1e-6)
