"""Categories: masks, straight-through draws and policies over preferences."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxdist as jd

KEY = jax.random.key(7)
CATEGORICALS = [
    lambda scores: jd.Categorical(logits=scores),
    lambda scores: jd.OneHotCategorical(logits=scores),
    lambda scores: jd.OneHotCategoricalStraightThrough(logits=scores),
    jd.Softmax,
    jd.Greedy,
    lambda scores: jd.EpsilonGreedy(scores, 0.25),
]


SCORES = np.array([0.5, -np.inf, 1.0, -np.inf], np.float32)
ALLOWED, FORBIDDEN = np.array([0, 2]), np.array([1, 3])


def index(d, draws):
    return np.argmax(np.asarray(draws), -1) if d.event_shape else np.asarray(draws)


def value_of(d, category):
    return np.eye(d.num_categories, dtype=np.float32)[category] if d.event_shape else category


@pytest.mark.parametrize("make", CATEGORICALS)
def test_masked_categories_are_never_drawn(make):
    d = make(SCORES)
    assert set(index(d, d.sample(KEY, 20_000))) <= set(ALLOWED)


@pytest.mark.parametrize("make", CATEGORICALS)
def test_probs_and_entropy_are_those_without_the_masked_categories(make):
    d, smaller = make(SCORES), make(SCORES[ALLOWED])
    np.testing.assert_allclose(d.entropy(), smaller.entropy(), rtol=1e-6)
    np.testing.assert_allclose(d.probs[ALLOWED], smaller.probs, rtol=1e-6)
    assert np.all(np.asarray(d.probs)[FORBIDDEN] == 0)


@pytest.mark.parametrize("make", CATEGORICALS)
def test_gradients_are_those_without_the_masked_categories(make):
    def entropy(scores, category):
        return make(scores).entropy()

    def log_prob(scores, category):
        d = make(scores)
        return d.log_prob(value_of(d, category))

    for function in (entropy, log_prob):
        gradient = jax.grad(function)(SCORES, 2)
        expected = jax.grad(function)(SCORES[ALLOWED], 1)
        np.testing.assert_allclose(gradient[ALLOWED], expected, rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(gradient[FORBIDDEN], 0)


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
    d, shifted = make(scores), make(scores + 2.0**20)
    np.testing.assert_allclose(shifted.probs, d.probs, rtol=1e-6)
    np.testing.assert_allclose(shifted.entropy(), d.entropy(), rtol=1e-6)


def test_entropy_with_a_masked_logit():
    d = jd.Categorical(logits=[0.0, 0.0, -np.inf])
    np.testing.assert_allclose(d.entropy(), math.log(2), rtol=1e-7)
    np.testing.assert_array_equal(jax.grad(jd.entropy)(d).logits, [0.0, 0.0, 0.0])


def test_entropy_with_a_probability_of_zero():
    d = jd.Categorical(probs=[0.5, 0.5, 0.0])
    np.testing.assert_allclose(d.entropy(), math.log(2), rtol=1e-7)
    assert np.all(np.isfinite(jax.grad(jd.entropy)(d).probs))


ALL_MASKED = jnp.array([[0.0, 1.0], [-jnp.inf, -jnp.inf]])  # in the second row
on_labels = pytest.mark.parametrize(
    "make",
    [
        lambda logits: jd.Categorical(logits=logits),
        jd.Softmax,
        jd.Greedy,
        lambda preferences: jd.EpsilonGreedy(preferences, 0.1),
    ],
)


@on_labels
def test_if_all_categories_are_masked_validation_raises(make):
    with pytest.raises(ValueError, match=r"'(logits|preferences)'.*not all -inf.*at index \(1,\)"):
        make(ALL_MASKED)


@on_labels
def test_if_all_categories_are_masked_draws_are_minus_one_and_impossible(make):
    d = jax.jit(make)(ALL_MASKED)
    draws = np.asarray(d.sample(KEY, 10))
    assert np.all(draws[:, 1] == -1)
    assert np.all(draws[:, 0] >= 0)
    np.testing.assert_array_equal(d.log_prob(jnp.array([0, 0]))[1], -np.inf)


@on_labels
def test_if_all_categories_are_masked_gradients_are_finite(make):
    d = jax.jit(make)(ALL_MASKED)
    score = jax.grad(lambda d: d.log_prob(jnp.array([1, 1]))[0])(d)
    of_entropy = jax.grad(lambda d: jnp.sum(d.entropy()))(d)
    for leaf in jax.tree.leaves((score, of_entropy)):
        assert np.all(np.isfinite(leaf))


def test_if_all_categories_are_masked_one_hot_draws_are_zero():
    make = jax.jit(lambda logits: jd.OneHotCategorical(logits=logits))
    np.testing.assert_array_equal(make(jnp.full(3, -jnp.inf)).sample(KEY), [0, 0, 0])


def test_draws_from_many_categories_in_bfloat16_are_unbiased():
    d = jd.Categorical(logits=jnp.zeros(10_000, jnp.bfloat16))
    draws = np.asarray(d.sample(KEY, 20_000))
    distinct = len(np.unique(draws))
    assert abs(distinct - 8_647) < 150
    assert abs(draws.mean() - 4_999.5) < 5 * 2_887 / math.sqrt(20_000)


def test_log_prob_of_extreme_bernoullis():
    np.testing.assert_allclose(jd.Bernoulli(probs=1e-10).log_prob(1), -23.02585, rtol=1e-6)
    assert jd.Bernoulli(probs=0.0).log_prob(1) == -np.inf
    assert jd.Bernoulli(probs=0.0).log_prob(0) == 0
    np.testing.assert_allclose(jd.Bernoulli(logits=-200.0).log_prob(1), -200.0)


@pytest.mark.parametrize("probs", [0.0, 1.0])
def test_the_entropy_of_a_certain_trial_is_zero_with_a_finite_gradient(probs):
    d = jd.Bernoulli(probs)
    assert d.entropy() == 0
    assert np.isfinite(jax.grad(jd.entropy)(d).probs)


def test_straight_through_draws_have_the_derivative_of_the_probabilities():
    d = jd.OneHotCategoricalStraightThrough(logits=np.array([0.3, -1.0, 0.8]))
    weights = np.array([1.0, -2.0, 0.5])
    of_draw = jax.grad(lambda d: jnp.dot(d.rsample(KEY), weights))(d)
    of_probs = jax.grad(lambda d: jnp.dot(d.probs, weights))(d)
    np.testing.assert_allclose(of_draw.logits, of_probs.logits, rtol=1e-6)
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


def test_greedy_ties_have_equal_probabilities():
    tied = jd.Greedy([3.0, 3.0, 1.0, 3.0])
    np.testing.assert_allclose(tied.probs, [1 / 3, 1 / 3, 0, 1 / 3], rtol=1e-6)
    assert tied.mode == 0
    np.testing.assert_array_equal(jax.grad(jd.entropy)(tied).preferences, np.zeros(4))


def test_epsilon_greedy_ties_have_equal_probabilities():
    d = jd.EpsilonGreedy([3.0, 3.0, 1.0, -np.inf], 0.3)
    np.testing.assert_allclose(d.probs, [0.45, 0.45, 0.1, 0], rtol=1e-6)


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
    """The initial logits of networks, at which the branches of softplus meet."""
    bernoulli = jax.hessian(lambda l: jd.Bernoulli(logits=l).log_prob(1))(0.0)
    np.testing.assert_allclose(bernoulli, -0.25, rtol=1e-6)
    categorical = jax.hessian(lambda l: jd.Categorical(logits=l).log_prob(0))(jnp.zeros(2))
    np.testing.assert_allclose(categorical, [[-0.25, 0.25], [0.25, -0.25]], rtol=1e-6)


@pytest.mark.slow
def test_a_determinantal_point_process_of_many_items():
    """Of low rank: no subset is larger, and projections have one size."""
    vectors = np.linalg.qr(np.random.default_rng(1).normal(size=(30, 30)))[0]
    values = np.where(np.arange(30) < 5, 1e6, 0)
    d = jd.DeterminantalPointProcess(values, vectors)
    draws = np.asarray(d.sample(KEY, 2000))
    assert np.mean(draws.sum(-1) == 5) > 0.99
    assert np.all(np.isfinite(d.log_prob(draws)))
    too_many = np.arange(30) < 6
    assert d.log_prob(too_many.astype(np.int32)) == -np.inf
    np.testing.assert_allclose(draws.mean(0), d.mean, atol=0.06)
    with pytest.raises(NotImplementedError, match="12 items"):
        d.entropy()


@pytest.mark.slow
def test_subsets_of_a_determinantal_point_process_have_their_frequencies():
    root = np.random.default_rng(2).normal(size=(5, 5))
    d = jd.DeterminantalPointProcess.from_l_ensemble((root @ root.T).astype(np.float32))
    draws = np.asarray(d.sample(KEY, 50_000))
    expected = np.exp(np.asarray(d.log_prob(d.enumerate_support()), float))
    observed = np.bincount(draws @ 2 ** np.arange(4, -1, -1), minlength=32) / 50_000
    error = np.sqrt(expected / 50_000) + 1e-5
    assert np.all(np.abs(observed - expected) < 5 * error)
    np.testing.assert_allclose(np.cov(draws.T), d.covariance(), atol=0.01)


def test_a_process_has_as_many_eigenvectors_as_eigenvalues():
    with pytest.raises(ValueError, match="as many eigenvectors as eigenvalues"):
        jd.DeterminantalPointProcess([1.0, 1.0], np.eye(3))


def test_similarity_matrices_that_are_none():
    make = jd.DeterminantalPointProcess.from_l_ensemble
    for matrix in ([[1.0, 5.0], [5.0, 1.0]], [[1.0, 0.5], [0.0, 1.0]], [[np.nan]]):
        with pytest.raises(ValueError, match="'matrix' must satisfy positive_semidefinite"):
            make(matrix)
    for matrix in (np.ones((2, 3)), np.ones(2)):
        with pytest.raises(ValueError, match=r"matrix must have shape \(\.\.\., n, n\); got"):
            make(matrix)


@pytest.mark.slow
def test_similarity_matrices_of_any_type():
    matrix = np.array([[2, 1], [1, 2]])
    for dtype in (int, np.float16, jnp.bfloat16):
        d = jd.DeterminantalPointProcess.from_l_ensemble(jnp.asarray(matrix, dtype))
        probs = np.exp(np.asarray(d.log_prob([[0, 0], [0, 1], [1, 1]]), float))
        np.testing.assert_allclose(probs, np.array([1, 2, 3]) / 8, rtol=0.02)


@pytest.mark.slow
def test_derivatives_at_an_eigenvalue_of_zero():
    """In L: those of the logarithm of a minor are its inverse."""
    vectors = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    values, items = np.array([0.0, 0.5, 2.0, 3.0]), [0, 2]
    subset = np.isin(np.arange(4), items)
    minor = ((vectors * values) @ vectors.T)[np.ix_(items, items)]
    own = vectors[items]
    expected = np.einsum("ik,ij,jk->k", own, np.linalg.inv(minor), own) - 1 / (1 + values)
    score = jax.grad(jd.log_prob)(jd.DeterminantalPointProcess(values, vectors), subset)
    np.testing.assert_allclose(score.eigenvalues, expected, rtol=1e-4)
    slopes = np.zeros((4, 4))
    slopes[items] = 2 * np.linalg.inv(minor) @ (own * values)
    np.testing.assert_allclose(score.eigenvectors, slopes, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_subsets_of_no_items():
    d = jd.DeterminantalPointProcess(np.zeros(0), np.zeros((0, 0)))
    assert d.sample(KEY, 3).shape == (3, 0)
    assert d.log_prob(np.zeros(0)) == 0


# --- categories that are reached one after another -----------------------------------------------


def test_a_stopping_ratio_is_a_sigmoid():
    d = jd.StoppingRatioLogistic([-1.0, 3.0, 0.5], 0.25)
    at_least = np.cumsum(np.asarray(d.probs, float)[::-1])[::-1]
    np.testing.assert_allclose(np.sum(d.probs), 1, rtol=1e-6)
    expected = jax.nn.sigmoid(d.cutpoints - d.loc)
    np.testing.assert_allclose(d.probs[:-1] / at_least[:-1], expected, rtol=1e-6)


def test_stopping_ratios_that_are_nearly_sure_are_exact():
    d = jd.StoppingRatioLogistic([40.0, -40.0, 30.0], jnp.array([0.0, 100.0]))
    with mpmath.workdps(40):
        log_sigmoid = lambda z: float(-mpmath.log1p(mpmath.exp(-z)))
        first = log_sigmoid(40), log_sigmoid(-40) + log_sigmoid(-40)
        second = log_sigmoid(-60), log_sigmoid(60) + log_sigmoid(-140)
    log_prob = d.log_prob(jnp.array([[0, 0], [1, 1]]))
    np.testing.assert_allclose(log_prob, np.transpose([first, second]), rtol=1e-6)


def test_slopes_of_stopping_ratios_that_cancel_are_exact():
    """Those at the first two cutpoints are nearly -1 and 1."""
    d = jd.StoppingRatioLogistic([20.0, -30.0, 0.0], 0.0)
    score = jax.grad(jd.log_prob)(d, 1)
    np.testing.assert_allclose(score.loc, -1 / (1 + np.exp(20.0)) + np.exp(-30.0), rtol=1e-6)
    curvature = jax.hessian(lambda loc: jd.StoppingRatioLogistic([0.0, 1.0], loc).log_prob(1))(0.0)
    of_second = np.exp(-1.0) / (1 + np.exp(-1.0)) ** 2
    np.testing.assert_allclose(curvature, -(0.25 + of_second), rtol=1e-6)
