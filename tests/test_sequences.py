"""Markov chains and hidden Markov models, against sums over all paths."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(3)
INITIAL = np.array([0.5, 0.3, 0.2])
TRANSITION = np.array([[0.7, 0.2, 0.1], [0.0, 0.6, 0.4], [0.5, 0.25, 0.25]])
LOC, SCALE = np.array([-1.0, 0.5, 2.0]), np.array([0.5, 1.0, 0.7])
STEPS = 5
X = np.array([-1.2, 0.1, 1.5, 2.2, 0.3])


def model(num_steps=STEPS):
    return jd.HiddenMarkovModel(
        jd.Categorical(INITIAL), jd.Categorical(TRANSITION), jd.Normal(LOC, SCALE), num_steps
    )


def weights_of_paths(x, observed=None):
    """Every path, and its joint probability with the observations."""
    observed = np.ones(len(x), bool) if observed is None else observed
    paths = np.array(list(itertools.product(range(3), repeat=len(x))))
    weights = INITIAL[paths[:, 0]] * np.prod(TRANSITION[paths[:, :-1], paths[:, 1:]], 1)
    density = stats.norm.pdf(x, LOC[paths], SCALE[paths])
    return paths, weights * np.prod(np.where(observed, density, 1), 1)


def marginals(paths, weights):
    return np.stack([weights @ (paths == k) for k in range(3)], -1) / weights.sum()


def test_a_hidden_markov_model_sums_over_all_paths():
    np.testing.assert_allclose(model().log_prob(X), np.log(weights_of_paths(X)[1].sum()), rtol=1e-6)


@pytest.mark.slow
def test_states_are_found_among_all_paths():
    d = model()
    paths, weights = weights_of_paths(X)
    np.testing.assert_allclose(d.smooth(X).probs, marginals(paths, weights), atol=1e-6)
    np.testing.assert_array_equal(d.most_likely_states(X), paths[weights.argmax()])
    filtered = [marginals(*weights_of_paths(X[:t]))[-1] for t in range(1, STEPS + 1)]
    np.testing.assert_allclose(d.filter(X).probs, filtered, atol=1e-6)


@pytest.mark.slow
def test_draws_of_hidden_paths_have_their_posterior_probability():
    d = model()
    paths, weights = weights_of_paths(X)
    draws = np.asarray(d.sample_states(KEY, X, 40_000))
    assert draws.shape == (40_000, STEPS)
    code = lambda path: path @ 3 ** np.arange(STEPS)
    found = np.bincount(code(draws), minlength=3**STEPS)[code(paths)] / len(draws)
    np.testing.assert_allclose(found, weights / weights.sum(), atol=0.01)


@pytest.mark.slow
def test_masked_observations_do_not_count():
    d, observed = model(), np.array([True, False, True, True, False])
    paths, weights = weights_of_paths(X, observed)
    x = np.where(observed, X, np.nan)
    np.testing.assert_allclose(d.log_prob(x, observed), np.log(weights.sum()), rtol=1e-6)
    np.testing.assert_allclose(d.smooth(x, observed).probs, marginals(paths, weights), atol=1e-6)
    np.testing.assert_array_equal(d.most_likely_states(x, observed), paths[weights.argmax()])
    gradient = jax.grad(lambda x: d.log_prob(x, observed))(jnp.asarray(x, jnp.float32))
    np.testing.assert_array_equal(gradient[~observed], 0)
    assert np.isnan(d.log_prob(x))
    with pytest.raises(ValueError, match="must broadcast to"):
        d.log_prob(X, np.ones(3, bool))


@pytest.mark.slow
def test_gradients_are_those_of_the_sum_over_paths():
    """Also where a transition has probability 0."""
    paths, _ = weights_of_paths(X)

    def dense(initial, transition, loc, x):
        log_p = jax.nn.log_softmax(initial)[paths[:, 0]]
        log_p += jnp.sum(jax.nn.log_softmax(transition)[paths[:, :-1], paths[:, 1:]], 1)
        log_p += jnp.sum(
            jd.Normal(loc[paths], SCALE[paths]).log_prob(jnp.broadcast_to(x, paths.shape)), 1
        )
        return jax.nn.logsumexp(log_p)

    def ours(initial, transition, loc, x):
        return jd.HiddenMarkovModel(
            jd.Categorical(logits=initial),
            jd.Categorical(logits=transition),
            jd.Normal(loc, SCALE),
            STEPS,
        ).log_prob(x)

    args = [jnp.log(jnp.asarray(a + 1e-3, jnp.float32)) for a in (INITIAL, TRANSITION)]
    args += [jnp.asarray(a, jnp.float32) for a in (LOC, X)]
    wanted = jax.grad(dense, (0, 1, 2, 3))(*args)
    got = jax.jit(jax.grad(ours, (0, 1, 2, 3)))(*args)
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    forbidden = args[1].at[1, 0].set(-jnp.inf)
    assert all(
        np.isfinite(g).all() for g in jax.grad(ours, (0, 1, 2, 3))(args[0], forbidden, *args[2:])
    )


@pytest.mark.slow
def test_batches_of_models_and_of_sequences():
    models = jd.HiddenMarkovModel(
        jd.Categorical(INITIAL),
        jd.Categorical(TRANSITION),
        jd.Normal(LOC + np.array([[0.0], [1.0]]), SCALE),
        5,
    )
    assert models.batch_shape == (2,)
    x = models.sample(KEY, (4,))
    assert x.shape == (4, 2, 5)
    one_by_one = [[models[j].log_prob(x[i, j]) for j in range(2)] for i in range(4)]
    np.testing.assert_allclose(models.log_prob(x), one_by_one, rtol=1e-5)
    np.testing.assert_allclose(jax.vmap(jd.log_prob)(models, x[0]), one_by_one[0], rtol=1e-5)
    assert models.smooth(x).batch_shape == (4, 2, 5)
    assert models.sample_states(KEY, x, (3,)).shape == (3, 4, 2, 5)
    np.testing.assert_array_equal(
        models.most_likely_states(x)[1, 0], models[0].most_likely_states(x[1, 0])
    )


@pytest.mark.slow
def test_draws_have_the_moments_of_the_observations():
    d = model()
    draws = d.sample(KEY, 50_000)
    np.testing.assert_allclose(draws.mean(0), d.mean, atol=0.03)
    np.testing.assert_allclose(draws.var(0), d.variance, atol=0.05)
    lagged = lambda x: np.mean((x[:, 1:] - x[:, 1:].mean(0)) * (x[:, :-1] - x[:, :-1].mean(0)), 0)
    prior = [INITIAL @ np.linalg.matrix_power(TRANSITION, t) for t in range(STEPS)]
    mean = [p @ LOC for p in prior]
    np.testing.assert_allclose(d.mean, mean, atol=1e-5)
    expected = [prior[t] * LOC @ TRANSITION @ LOC - mean[t] * mean[t + 1] for t in range(STEPS - 1)]
    np.testing.assert_allclose(lagged(np.asarray(draws)), expected, atol=0.05)


@pytest.mark.slow
def test_long_chains_in_float32_agree_with_float64():
    """Of 10,000 steps, some of which only one path explains."""
    d = model(10_000)
    x = d.sample(KEY).at[5_000].set(40.0)
    small, probs = d.log_prob(x), d.smooth(x).probs
    gradient = jax.grad(jd.log_prob)(d, x)
    with jax.enable_x64(True):
        wide = model(10_000)
        x = jnp.asarray(x, jnp.float64)
        np.testing.assert_allclose(small, wide.log_prob(x), rtol=3e-7)
        np.testing.assert_allclose(probs, wide.smooth(x).probs, atol=1e-5)
        exact = jax.grad(jd.log_prob)(wide, x)
    for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(exact), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.abs(b).max())


@pytest.mark.slow
def test_impossible_observations_have_density_0():
    d = jd.HiddenMarkovModel(
        jd.Categorical([1.0, 0.0]), jd.Categorical(np.eye(2)), jd.Uniform([0.0, 2.0], [1.0, 3.0]), 3
    )
    assert d.log_prob(jnp.array([0.5, 0.5, 0.5])) == 0
    assert d.log_prob(jnp.array([0.5, 2.5, 0.5])) == -np.inf
    assert d.log_prob(jnp.array([0.5, 1.5, 0.5])) == -np.inf
    assert d.most_likely_states(jnp.array([0.5, 0.5, 0.5])).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: jd.HiddenMarkovModel(INITIAL, TRANSITION, LOC, 3),
            TypeError,
            "initial must be a Cat",
        ),
        (
            lambda: jd.HiddenMarkovModel(
                jd.Categorical(INITIAL), jd.Categorical(INITIAL), jd.Normal(LOC, 1.0), 3
            ),
            ValueError,
            "transition must be 3",
        ),
        (
            lambda: jd.HiddenMarkovModel(
                jd.Categorical(INITIAL), jd.Categorical(TRANSITION), jd.Normal(0.0, 1.0), 3
            ),
            ValueError,
            "observation must be 3",
        ),
        (lambda: model(0), ValueError, "num_steps"),
        (lambda: jd.MarkovChain(NORMAL, 3, 3), TypeError, "kernel must be callable"),
        (lambda: jd.MarkovChain(NORMAL, lambda x: x, 3), TypeError, "what the kernel returns"),
        (
            lambda: jd.MarkovChain(NORMAL, lambda x: jd.Normal(x * jnp.ones(2), 1.0), 3),
            ValueError,
            "Independent",
        ),
        (lambda: jd.MarkovChain(NORMAL, lambda x: jd.Gamma(2.0, 1.0), 3), ValueError, "support"),
    ],
)
def test_errors_name_the_argument(make, error, message):
    with pytest.raises(error, match=message):
        make()


NORMAL = jd.Normal(0.0, 1.0)


@pytest.mark.slow
def test_a_markov_chain_of_vectors_is_a_product_of_its_steps():
    kernel = jax.tree_util.Partial(
        lambda a, x: jd.MultivariateNormal(a @ x, scale_tril=jnp.eye(2)),
        jnp.array([[0.5, 0.2], [0.0, 0.9]]),
    )
    d = jd.MarkovChain(jd.MultivariateNormal(jnp.zeros(2), jnp.eye(2)), kernel, 6)
    x = d.rsample(KEY, (3,))
    assert x.shape == (3, 6, 2)
    expected = d.initial.log_prob(x[:, 0])
    for t in range(5):
        for i in range(3):
            expected = expected.at[i].add(d.kernel(x[i, t]).log_prob(x[i, t + 1]))
    np.testing.assert_allclose(d.log_prob(x), expected, rtol=1e-5)
    slopes = jax.grad(lambda d: jnp.sum(d.rsample(KEY)[-1]))(d)
    assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(slopes.kernel))


@pytest.mark.slow
def test_a_markov_chain_of_categories_counts_its_transitions():
    chain = jd.MarkovChain(
        jd.Categorical(INITIAL), lambda z: jd.Categorical(jnp.asarray(TRANSITION)[z]), 4
    )
    x = jnp.array(list(itertools.product(range(3), repeat=4)))
    np.testing.assert_allclose(jnp.exp(chain.log_prob(x)).sum(), 1, rtol=1e-6)
    draws = chain.sample(KEY, 20_000)
    last = INITIAL @ np.linalg.matrix_power(TRANSITION, 3)
    np.testing.assert_allclose(np.bincount(draws[:, -1]) / 20_000, last, atol=0.02)
    assert chain.log_prob(jnp.array([0, 5, 0, 0])) == -np.inf


# --- random walks and autoregressive distributions -----------------------------------------------


@pytest.mark.slow
def test_a_long_random_walk_in_float32_agrees_with_float64():
    d = jd.GaussianRandomWalk(0.5, 10_000)
    x = d.sample(KEY, 4)
    steps = np.diff(np.asarray(x, np.float64), prepend=0, axis=-1)
    expected = stats.norm.logpdf(steps, 0, 0.5).sum(-1)
    np.testing.assert_allclose(d.log_prob(x), expected, rtol=1e-5)


def lagged(weight, x):
    """Each entry has a mean that is linear in those before it."""
    return jd.Independent(jd.Normal(jnp.tril(weight, -1) @ x, 1.0), 1)


WEIGHT = jnp.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [-1.0, 2.0, 0.0]])


def autoregressive(num_steps=None):
    return jd.Autoregressive(jax.tree_util.Partial(lagged, WEIGHT), jnp.zeros(3), num_steps)


@pytest.mark.slow
def test_an_autoregressive_distribution_is_the_product_of_its_entries():
    """Linear with normal noise, it is a multivariate normal distribution."""
    d = autoregressive()
    factor = np.linalg.inv(np.eye(3) - np.asarray(WEIGHT))
    dense = stats.multivariate_normal(np.zeros(3), factor @ factor.T)
    x = d.sample(KEY, 40_000)
    np.testing.assert_allclose(np.cov(x.T), factor @ factor.T, rtol=0.1, atol=0.05)
    np.testing.assert_allclose(d.log_prob(x[:50]), dense.logpdf(x[:50]), rtol=1e-4)
    slope = jax.grad(lambda d: jnp.sum(d.rsample(KEY)))(d)
    assert np.abs(jax.tree.leaves(slope.distribution_fn)[0]).max() > 0
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf, 2 * leaf]), d)
    mapped = jax.vmap(jd.log_prob, (0, None))(stacked, x[0])
    np.testing.assert_allclose(mapped[0], d.log_prob(x[0]), rtol=1e-5)
    assert np.abs(mapped[1] - mapped[0]) > 1e-3


@pytest.mark.slow
def test_a_draw_needs_as_many_calls_as_entries_depend_on_each_other():
    full = autoregressive().sample(KEY)
    np.testing.assert_array_equal(autoregressive(3).sample(KEY), full)
    assert not np.array_equal(autoregressive(1).sample(KEY), full)


@pytest.mark.slow
def test_an_autoregressive_distribution_of_counts_sums_to_one():
    def after(x):
        before = jnp.concatenate([jnp.zeros(1), x[:-1].astype(jnp.float32)])
        return jd.Independent(jd.Bernoulli(logits=2 * before - 1), 1)

    d = jd.Autoregressive(after, jnp.zeros(4, jnp.int32))
    x = jnp.array(list(itertools.product(range(2), repeat=4)))
    np.testing.assert_allclose(jnp.exp(d.log_prob(x)).sum(), 1, rtol=1e-6)
    assert d.log_prob(jnp.array([0, 2, 0, 0])) == -np.inf
    draws = d.sample(KEY, 20_000)
    found = np.bincount(draws @ np.array([8, 4, 2, 1]), minlength=16) / len(draws)
    np.testing.assert_allclose(found, jnp.exp(d.log_prob(x)), atol=0.015)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: jd.Autoregressive(3, jnp.zeros(3)), TypeError, "distribution_fn must be callable"),
        (lambda: jd.Autoregressive(lambda x: x, jnp.zeros(3)), TypeError, "Distribution"),
        (
            lambda: jd.Autoregressive(lambda x: jd.Normal(x, 1.0), jnp.zeros(3)),
            ValueError,
            "Independent",
        ),
        (lambda: autoregressive(0), ValueError, "num_steps"),
        (lambda: autoregressive().expand((2,)), NotImplementedError, "vmap"),
    ],
)
def test_errors_of_autoregressive_name_the_argument(make, error, message):
    with pytest.raises(error, match=message):
        make()
