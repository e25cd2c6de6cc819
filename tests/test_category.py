"""Categories: masks, straight-through draws and policies over preferences."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd

KEY = jax.random.key(7)
MASKED = [0.0, 0.0, -np.inf]
CATEGORICALS = [
    lambda scores: jd.Categorical(logits=scores),
    lambda scores: jd.OneHotCategorical(logits=scores),
    lambda scores: jd.OneHotCategoricalStraightThrough(logits=scores),
    jd.Softmax,
    jd.Greedy,
    lambda scores: jd.EpsilonGreedy(scores, 0.25),
]


def index(d, draws):
    return np.argmax(np.asarray(draws), -1) if d.event_shape else np.asarray(draws)


@pytest.mark.parametrize("make", CATEGORICALS)
def test_masked_categories_are_never_drawn_and_do_not_count(make):
    scores = np.array([0.5, -np.inf, 1.0, -np.inf])
    d, smaller = make(scores), make(scores[[0, 2]])
    drawn = index(d, d.sample(KEY, 20_000))
    assert set(drawn) <= {0, 2}
    np.testing.assert_allclose(d.entropy(), smaller.entropy(), rtol=1e-6)
    np.testing.assert_allclose(d.probs[..., [0, 2]], smaller.probs, rtol=1e-6)
    assert np.all(np.asarray(d.probs)[[1, 3]] == 0)


@pytest.mark.parametrize("make", CATEGORICALS)
def test_gradients_are_those_of_the_smaller_distribution(make):
    scores = np.array([0.5, -np.inf, 1.0, -np.inf], np.float32)

    def gradients(scores, chosen):
        value = (
            np.eye(len(scores), dtype=np.float32)[chosen] if make(scores).event_shape else chosen
        )
        entropy = jax.grad(lambda scores: make(scores).entropy())(scores)
        return entropy, jax.grad(lambda scores: make(scores).log_prob(value))(scores)

    full, smaller = gradients(scores, 2), gradients(scores[[0, 2]], 1)
    for a, b in zip(full, smaller, strict=True):
        np.testing.assert_allclose(a[jnp.array([0, 2])], b, rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(a[jnp.array([1, 3])], 0)


@pytest.mark.parametrize("categories", [32, 300])
def test_icdf_undoes_cdf_however_they_are_rounded(categories):
    scores = 2 * jax.random.normal(KEY, (30, categories)).at[:, categories // 2].set(-jnp.inf)
    batch = jd.Categorical(logits=scores)
    k = jnp.broadcast_to(jnp.arange(categories)[:, None], (categories, 30))
    p, below, after = batch.log_prob(k), batch.cdf(k), batch.survival_function(k)
    resolved = (jnp.exp(p) > 1e-6) & ((after > 1e-6) | (after == 0))
    assert jnp.mean(resolved) > 0.5
    np.testing.assert_array_equal(batch.icdf(below)[resolved], k[resolved])
    first, labels = resolved[:, 0], k[:, 0]  # summed in another order without the batch
    np.testing.assert_array_equal(batch[0].icdf(below[:, 0])[first], labels[first])


def test_icdf_at_the_ends_and_of_no_probability():
    d = jd.Categorical(logits=[-np.inf, 0.0, -np.inf, -30.0, -np.inf])
    np.testing.assert_array_equal(
        d.icdf(np.float32([0, 1e-30, 0.9, 1, 1.5, np.nan])), [1, 1, 1, 3, 3, 3]
    )
    with jd.validation("off"):
        assert jd.Categorical(logits=[-np.inf, -np.inf]).icdf(0.5) == -1


@pytest.mark.parametrize("categories", [3, 100])
@pytest.mark.parametrize("sample_shape", [(), (1,), (1, 1), (0,), (2, 0), (3,)])
@pytest.mark.parametrize("batch_shape", [(), (1,), (2, 3), (0,)])
def test_draws_of_few_and_of_many_have_the_shape_asked_for(categories, sample_shape, batch_shape):
    d = jd.Categorical(logits=jnp.zeros((*batch_shape, categories)))
    draws = jax.eval_shape(lambda d: d.sample(KEY, sample_shape), d)
    assert draws.shape == sample_shape + batch_shape


def test_one_draw_of_many_categories_lies_among_them():
    scores = jnp.where(jnp.arange(100) < 90, -jnp.inf, jnp.zeros((4, 100)))
    draws = jd.Categorical(logits=scores).sample(KEY, (1,))
    assert np.all((np.asarray(draws) >= 90) & (np.asarray(draws) < 100))


@pytest.mark.parametrize("make", CATEGORICALS)
def test_a_common_offset_of_the_scores_changes_nothing(make):
    scores = np.array([0.0, 1.0, -np.inf, 2.0], np.float32)
    d, moved = make(scores), make(scores + 2.0**20)
    np.testing.assert_allclose(moved.probs, d.probs, rtol=1e-6)
    np.testing.assert_allclose(moved.entropy(), d.entropy(), rtol=1e-6)


def test_entropy_with_a_masked_category():
    d = jd.Categorical(logits=MASKED)
    np.testing.assert_allclose(d.entropy(), math.log(2), rtol=1e-7)
    np.testing.assert_array_equal(jax.grad(jd.entropy)(d).logits, [0.0, 0.0, 0.0])
    d = jd.Categorical(probs=[0.5, 0.5, 0.0])
    np.testing.assert_allclose(d.entropy(), math.log(2), rtol=1e-7)
    assert np.all(np.isfinite(jax.grad(jd.entropy)(d).probs))


@pytest.mark.parametrize(
    "make",
    [
        lambda logits: jd.Categorical(logits=logits),
        jd.Softmax,
        jd.Greedy,
        lambda preferences: jd.EpsilonGreedy(preferences, 0.1),
    ],
)
def test_with_everything_masked_an_error_or_the_sentinel(make):
    scores = jnp.array([[0.0, 1.0], [-jnp.inf, -jnp.inf]])
    with pytest.raises(ValueError, match=r"'(logits|preferences)'.*not all -inf.*at index \(1,\)"):
        make(scores)
    d = jax.jit(make)(scores)
    assert np.all(np.asarray(d.sample(KEY, 10))[:, 1] == -1)
    assert np.all(np.asarray(d.sample(KEY, 10))[:, 0] >= 0)
    np.testing.assert_array_equal(d.log_prob(jnp.array([0, 0]))[1], -np.inf)
    for leaf in jax.tree.leaves(jax.grad(lambda d: d.log_prob(jnp.array([1, 1]))[0])(d)):
        assert np.all(np.isfinite(leaf))
    for leaf in jax.tree.leaves(jax.grad(lambda d: jnp.sum(d.entropy()))(d)):
        assert np.all(np.isfinite(leaf))


def test_with_everything_masked_one_hot_draws_are_zero():
    make = jax.jit(lambda logits: jd.OneHotCategorical(logits=logits))
    np.testing.assert_array_equal(make(jnp.full(3, -jnp.inf)).sample(KEY), [0, 0, 0])


def test_draws_from_many_categories_in_bfloat16_are_unbiased():
    d = jd.Categorical(logits=jnp.zeros(10_000, jnp.bfloat16))
    draws = np.asarray(d.sample(KEY, 20_000))
    distinct = len(np.unique(draws))
    assert abs(distinct - 8_647) < 150
    assert abs(draws.mean() - 4_999.5) < 5 * 2_887 / math.sqrt(20_000)


def test_extreme_bernoulli():
    np.testing.assert_allclose(jd.Bernoulli(probs=1e-10).log_prob(1), -23.02585, rtol=1e-6)
    assert jd.Bernoulli(probs=0.0).log_prob(1) == -np.inf
    assert jd.Bernoulli(probs=0.0).log_prob(0) == 0
    np.testing.assert_allclose(jd.Bernoulli(logits=-200.0).log_prob(1), -200.0)
    for probs in (0.0, 1.0):
        assert jd.Bernoulli(probs).entropy() == 0
        assert np.isfinite(jax.grad(jd.entropy)(jd.Bernoulli(probs)).probs)


def test_straight_through_draws_have_the_derivative_of_the_probabilities():
    d = jd.OneHotCategoricalStraightThrough(logits=np.array([0.3, -1.0, 0.8]))
    weights = np.array([1.0, -2.0, 0.5])
    pathwise = jax.grad(lambda d: jnp.dot(d.rsample(KEY), weights))(d)
    of_mean = jax.grad(lambda d: jnp.dot(d.probs, weights))(d)
    np.testing.assert_allclose(pathwise.logits, of_mean.logits, rtol=1e-6)
    np.testing.assert_array_equal(np.sort(d.rsample(KEY)), [0, 0, 1])


def test_softmax_is_the_boltzmann_policy_at_any_temperature():
    preferences = np.array([1.0, 2.0, -np.inf])
    for temperature in (1e-30, 1e-3, 1.0, 1e30):
        d = jd.Softmax(preferences, temperature)
        assert np.all(np.isfinite(d.probs))
        assert d.probs[2] == 0
        gradient = jax.grad(jd.entropy)(d)
        assert np.all(np.isfinite(gradient.preferences))
    np.testing.assert_allclose(jd.Softmax(preferences, 1e-3).probs, [0, 1, 0])
    np.testing.assert_allclose(jd.Softmax(preferences, 1e30).probs, [0.5, 0.5, 0])


def test_greedy_ties_share_evenly():
    tied = jd.Greedy([3.0, 3.0, 1.0, 3.0])
    np.testing.assert_allclose(tied.probs, [1 / 3, 1 / 3, 0, 1 / 3], rtol=1e-6)
    assert tied.mode == 0
    np.testing.assert_array_equal(jax.grad(jd.entropy)(tied).preferences, np.zeros(4))
    explored = jd.EpsilonGreedy([3.0, 3.0, 1.0, -np.inf], 0.3)
    np.testing.assert_allclose(explored.probs, [0.45, 0.45, 0.1, 0], rtol=1e-6)


def test_epsilon_has_a_gradient():
    d = jd.EpsilonGreedy([1.0, 0.0, 0.0, 0.0], 0.2)
    np.testing.assert_allclose(jax.grad(jd.log_prob)(d, 0).epsilon, -0.75 / 0.85, rtol=1e-5)
    np.testing.assert_allclose(jax.grad(jd.log_prob)(d, 1).epsilon, 5.0, rtol=1e-5)


def test_log_prob_of_one_value_for_each_row_and_of_many_agree():
    logits = jnp.array([[0.3, -jnp.inf, 1.2, 1e4], [0.0, 0.5, -2.0, 3.0]])
    many = jnp.array([[0, 3], [1, 2], [2, 0], [3, 1], [3, 3]])

    @jax.jit
    def both(logits):
        d = jd.Categorical(logits=logits)
        return d.log_prob(many), jnp.stack([d.log_prob(one) for one in many])

    np.testing.assert_allclose(*both(logits), rtol=1e-6)
    np.testing.assert_allclose(*jax.jacrev(both)(logits), atol=1e-7)


def test_curvature_at_logits_zero():
    """The log-odds that networks begin with, where pieces of softplus meet."""
    trial = jax.hessian(lambda l: jd.Bernoulli(logits=l).log_prob(1))(0.0)
    np.testing.assert_allclose(trial, -0.25, rtol=1e-6)
    rows = jax.hessian(lambda l: jd.Categorical(logits=l).log_prob(0))(jnp.zeros(2))
    np.testing.assert_allclose(rows, [[-0.25, 0.25], [0.25, -0.25]], rtol=1e-6)
