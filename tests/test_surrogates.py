"""Surrogates: the value is the objective, the gradient an estimator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.test_estimators import assert_unbiased

KEY = jax.random.key(5)


def mean_of_square(mu, baseline=0.0):
    d = jd.Normal(mu, 1.0)
    x = d.sample(KEY, (400_000,))
    return jd.score_function(d.log_prob(x), x**2, baseline)


@pytest.mark.parametrize("baseline", [0.0, 1.0, -3.0])
def test_score_function_has_the_value_and_the_gradient_of_the_expectation(baseline):
    """E[x^2] under Normal(mu, 1) is mu^2 + 1, its derivatives 2 mu and 2."""
    mu = 1.5
    value = mean_of_square(mu, baseline)
    np.testing.assert_allclose(value, jd.Normal(mu, 1.0).sample(KEY, (400_000,)) ** 2, rtol=1e-6)
    each = jax.jacfwd(mean_of_square)(mu, baseline)
    error = 5 * float(jnp.std(each)) / len(each) ** 0.5
    assert abs(float(jnp.mean(each)) - 2 * mu) < error
    second = jax.jacfwd(jax.jacfwd(mean_of_square))(mu, baseline)
    error = 5 * float(jnp.std(second)) / len(second) ** 0.5
    assert abs(float(jnp.mean(second)) - 2) < error


def test_a_baseline_reduces_the_variance_and_gets_no_gradient():
    plain, helped = (jax.jacfwd(mean_of_square)(3.0, b) for b in (0.0, 10.0))
    assert float(jnp.var(helped)) < float(jnp.var(plain)) / 2
    gradient = jax.grad(lambda b: jnp.mean(jd.score_function(-1.0, 2.0, b)))(0.5)
    assert gradient == 0


def test_score_function_differentiates_the_objective_itself():
    gradient = jax.grad(lambda t: jd.score_function(-1.0, t**2))(3.0)
    assert gradient == 6


def test_score_function_at_an_impossible_draw():
    value, gradient = jax.value_and_grad(jd.score_function)(-jnp.inf, 2.0)
    assert value == 2
    assert gradient == 0


def test_the_discrete_score_function_against_the_exact_gradient():
    logits = jnp.array([0.3, -0.2, 1.0])
    rewards = jnp.array([1.0, 5.0, -2.0])

    def surrogate(logits):
        d = jd.Categorical(logits=logits)
        k = d.sample(KEY, (400_000,))
        return jnp.mean(jd.score_function(d.log_prob(k), rewards[k]))

    exact = jax.grad(lambda logits: jd.Categorical(logits=logits).probs @ rewards)(logits)
    np.testing.assert_allclose(jax.grad(surrogate)(logits), exact, atol=0.02)


def test_clipped_ratio_values():
    """Equation 7 of the paper, by hand: ratio 2 and 1/2 with advantages of both signs."""
    log_prob = np.log([2.0, 2.0, 0.5, 0.5, 1.1])
    advantage = np.array([1.0, -1.0, 1.0, -1.0, 3.0])
    got = jd.clipped_ratio(log_prob, np.zeros(5), advantage, 0.2)
    np.testing.assert_allclose(got, [1.2, -2.0, 0.5, -0.8, 3.3], rtol=1e-6)


def test_clipped_ratio_has_no_gradient_where_it_clips():
    def gradient(log_prob, advantage):
        return jax.grad(jd.clipped_ratio)(log_prob, 0.0, advantage, 0.2)

    assert gradient(np.log(2.0), 1.0) == 0
    np.testing.assert_allclose(gradient(np.log(2.0), -1.0), -2.0, rtol=1e-6)
    assert gradient(np.log(0.5), -1.0) == 0
    np.testing.assert_allclose(gradient(0.0, 3.0), 3.0)
    assert jax.grad(jd.clipped_ratio, argnums=1)(0.1, 0.0, 1.0) == 0
    assert jax.grad(jd.clipped_ratio, argnums=2)(0.1, 0.0, 1.0) == 0


def test_the_ratio_neither_overflows_nor_hides_nan():
    ratio = jd.importance_ratio(jnp.array([1000.0, -1000.0, -jnp.inf]), 0.0)
    assert np.all(np.isfinite(ratio))
    assert np.isfinite(jd.clipped_ratio(1000.0, 0.0, -1e6))
    assert np.isnan(jd.importance_ratio(jnp.nan, 0.0))
    assert np.isnan(jd.clipped_ratio(0.0, jnp.nan, 1.0))


# --- sequences -----------------------------------------------------------------------------------


def dice_of_two_steps(theta, key, with_baseline):
    """Two coins, whose rewards are 2 + x_0 and 1 + c x_0 x_1: E = 3 + p_0 + c p_0 p_1."""
    d = jd.Bernoulli(logits=jnp.stack([theta[0], theta[0] + theta[1]]))
    x = d.sample(key)
    reward = jnp.stack([2.0 + x[0], 1 + theta[1] * x[0] * x[1]])
    baseline = with_baseline * jnp.stack([3.7, 1 + 0.3 * x[0]])  # knows what came before
    return jd.dice(d.log_prob(x), reward, baseline)


@pytest.mark.parametrize("with_baseline", [0.0, 1.0])
def test_dice_is_unbiased_to_second_order(with_baseline):
    def exact(theta):
        p = jax.nn.sigmoid(theta[0])
        return 3 + p + theta[1] * p * jax.nn.sigmoid(theta[0] + theta[1])

    def estimate(theta, key):
        return dice_of_two_steps(theta, key, with_baseline)

    assert_unbiased(estimate, exact, (0.3, 0.6))


def test_a_baseline_helps_first_and_second_derivatives_of_dice():
    @jax.jit
    def spread(with_baseline):
        def slopes(key):
            gradient = jax.grad(dice_of_two_steps)
            theta = jnp.array([0.3, 0.6])
            return gradient(theta, key, with_baseline), jax.jacfwd(gradient)(
                theta, key, with_baseline
            )

        first, second = jax.vmap(slopes)(jax.random.split(KEY, 20_000))
        return jnp.var(first, 0).sum(), jnp.var(second, 0).sum()

    for plain, helped in zip(spread(0.0), spread(1.0), strict=True):
        assert helped < 0.8 * plain


def test_dice_wants_one_sequence():
    with pytest.raises(ValueError, match="one axis, time; got shape"):
        jd.dice(jnp.zeros((3, 2)), jnp.zeros((3, 2)))


def test_the_entropy_bonus_has_the_gradient_of_the_entropy():
    logits = jnp.array([0.3, -0.2, 1.0])

    def bonus(logits):
        d = jd.Categorical(logits=logits)
        return jnp.mean(jd.entropy_bonus(d.log_prob(d.sample(KEY, 400_000))))

    value, gradient = jax.value_and_grad(bonus)(logits)
    d = jd.Categorical(logits=logits)
    np.testing.assert_allclose(value, d.entropy(), atol=0.01)
    np.testing.assert_allclose(gradient, jax.grad(jd.entropy)(d).logits, atol=0.01)


# --- penalties -----------------------------------------------------------------------------------


def test_penalised_ratio():
    """Equation 8 of the paper, by hand; the penalty is differentiated, the advantage is not."""
    got, slopes = jax.value_and_grad(jd.penalised_ratio, argnums=(0, 2, 3))(
        np.log(1.5), 0.0, -2.0, 0.3, 4.0
    )
    np.testing.assert_allclose(got, 1.5 * -2 - 4 * 0.3, rtol=1e-6)
    np.testing.assert_allclose(slopes, [-3.0, 0.0, -4.0], rtol=1e-6)


def test_the_penalty_adapts():
    divergence = jnp.array([0.001, 0.009, 0.011, 0.1])
    np.testing.assert_allclose(jd.adapted_penalty(3.0, divergence, 0.01), [1.5, 3.0, 3.0, 6.0])


# --- natural gradients ---------------------------------------------------------------------------


def softmax_policy(params):
    return jd.Categorical(logits=params["w"] * jnp.array([1.0, -1.0, 2.0]) + params["b"])


def test_the_fisher_vector_product_against_the_matrix():
    """The covariance of the score, of two observations with the same parameters."""
    params = {"b": jnp.array([0.1, 0.5, -0.2]), "w": jnp.array([0.7])}
    vector = {"b": jnp.array([1.0, -2.0, 0.5]), "w": jnp.array([0.3])}

    def scores(k):
        return jax.grad(lambda p: softmax_policy(p).log_prob(k))(params)

    flat = lambda tree: jnp.concatenate([tree["b"], tree["w"]])
    table = jnp.stack([flat(scores(k)) for k in range(3)])
    fisher = table.T @ (softmax_policy(params).probs[:, None] * table)
    product = jd.fisher_vector_product(softmax_policy, params, vector, damping=0.1)
    np.testing.assert_allclose(flat(product), fisher @ flat(vector) + 0.1 * flat(vector), rtol=1e-5)

    solution = jd.natural_gradient(softmax_policy, params, vector, damping=0.1, iterations=20)
    expected = jnp.linalg.solve(fisher + 0.1 * jnp.eye(4), flat(vector))
    np.testing.assert_allclose(flat(solution), expected, rtol=1e-3)


def test_the_natural_gradient_of_a_normal_policy():
    """Its Fisher information is 1/sigma^2 for the mean and 2 for log sigma."""
    policy = lambda p: jd.Normal(p["loc"], log_scale=p["log_scale"])
    params = {"loc": jnp.float32(1.0), "log_scale": jnp.float32(0.7)}
    natural = jd.natural_gradient(policy, params, {"loc": 1.0, "log_scale": 1.0}, damping=0.0)
    np.testing.assert_allclose(natural["loc"], np.exp(1.4), rtol=1e-4)
    np.testing.assert_allclose(natural["log_scale"], 0.5, rtol=1e-4)


# --- off-policy ----------------------------------------------------------------------------------


def test_the_off_policy_score_function_finds_the_gradient_from_the_draws_of_another():
    logits = jnp.array([0.3, -0.2, 1.0])
    rewards = jnp.array([1.0, 5.0, -2.0])
    behaviour = jd.Categorical(logits=jnp.array([0.5, 0.5, 0.0]))
    k = behaviour.sample(KEY, (400_000,))

    def surrogate(logits, clip):
        log_prob = jd.Categorical(logits=logits).log_prob(k)
        return jnp.mean(
            jd.off_policy_score_function(
                log_prob, behaviour.log_prob(k), rewards[k], baseline=1.0, clip=clip
            )
        )

    exact = lambda logits: jd.Categorical(logits=logits).probs @ rewards
    value, gradient = jax.value_and_grad(surrogate)(logits, jnp.inf)
    np.testing.assert_allclose(value, exact(logits), atol=0.05)
    np.testing.assert_allclose(gradient, jax.grad(exact)(logits), atol=0.03)
    assert abs(jax.grad(surrogate)(logits, 0.5)[2] - gradient[2]) > 0.1


STREAM = {
    "r_t": np.array([1.0, -0.5, 2.0, 0.3, 1.2]),
    "v_t": np.array([0.4, 0.1, -0.3, 0.8, 0.6]),
    "v_tp1": np.array([0.1, -0.3, 0.9, 0.6, 0.2]),
    "terminated_t": np.array([False, True, False, False, False]),
    "truncated_t": np.array([False, False, True, False, False]),
}


def test_v_trace_against_its_definition():
    """Equation 1 of the paper, summed term by term within each episode."""
    log_ratio = np.array([0.5, -0.4, 0.2, 1.0, -0.7])
    gamma, lambda_ = 0.9, 0.8
    rho, c = np.minimum(np.exp(log_ratio), 1.5), lambda_ * np.minimum(np.exp(log_ratio), 1.0)
    discount = np.where(STREAM["terminated_t"], 0, gamma)
    delta = rho * (STREAM["r_t"] + discount * STREAM["v_tp1"] - STREAM["v_t"])
    ends = {0: 1, 1: 1, 2: 2, 3: 4, 4: 4}  # the last step of each step's episode
    target = [
        STREAM["v_t"][t] + sum(np.prod(gamma * c[t:s]) * delta[s] for s in range(t, ends[t] + 1))
        for t in range(5)
    ]
    following = [target[1], 0.0, STREAM["v_tp1"][2], target[4], STREAM["v_tp1"][4]]
    advantage = rho * (STREAM["r_t"] + discount * following - STREAM["v_t"])
    got = jd.v_trace(
        log_ratio, np.zeros(5), **STREAM, gamma=gamma, lambda_=lambda_, clip_rho=1.5, clip_c=1.0
    )
    np.testing.assert_allclose(got.target, target, rtol=1e-5)
    np.testing.assert_allclose(got.advantage, advantage, rtol=1e-5)


def test_v_trace_on_policy_is_the_return():
    got = jd.v_trace(np.zeros(5), np.zeros(5), **STREAM, gamma=0.9)
    r, v = STREAM["r_t"], STREAM["v_tp1"]
    expected = [r[0] + 0.9 * r[1], r[1], r[2] + 0.9 * v[2], r[3] + 0.9 * (r[4] + 0.9 * v[4])]
    np.testing.assert_allclose(got.target, [*expected, r[4] + 0.9 * v[4]], rtol=1e-5)
    np.testing.assert_allclose(got.advantage, got.target - STREAM["v_t"], rtol=1e-5)
    gradient = jax.grad(
        lambda lp: jnp.sum(jd.v_trace(lp, np.zeros(5), **STREAM, gamma=0.9).target)
    )(np.zeros(5, np.float32))
    assert np.all(gradient == 0)
