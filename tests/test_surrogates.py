"""Surrogates: the value is the objective, the gradient an estimator."""

from itertools import chain, combinations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.test_estimators import assert_unbiased

pytestmark = pytest.mark.fast

KEY = jax.random.key(5)
STREAM = {
    "r_t": np.array([1.0, -0.5, 2.0, 0.3, 1.2]),
    "v_t": np.array([0.4, 0.1, -0.3, 0.8, 0.6]),
    "v_tp1": np.array([0.1, -0.3, 0.9, 0.6, 0.2]),
    "terminated_t": np.array([False, True, False, False, False]),
    "truncated_t": np.array([False, False, True, False, False]),
}


def powerset(names):
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


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
    plain, reduced = (jax.jacfwd(mean_of_square)(3.0, b) for b in (0.0, 10.0))
    assert float(jnp.var(reduced)) < float(jnp.var(plain)) / 2
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


# --- shapes --------------------------------------------------------------------------------------

# By surrogate: its arguments of one batch, each an array of the shape of the others or a scalar.
ELEMENTWISE = {
    jd.score_function: ("log_prob", "objective", "baseline"),
    jd.importance_ratio: ("log_prob", "old_log_prob"),
    jd.clipped_ratio: ("log_prob", "old_log_prob", "advantage", "clip"),
    jd.penalized_ratio: ("log_prob", "old_log_prob", "advantage", "divergence", "coefficient"),
    jd.adaptive_kl_coefficient: ("coefficient", "divergence", "target"),
}
# By surrogate of one stream: its arguments of shape [T], and its scalars.
STREAMS = {
    jd.dice: (("log_prob_t", "objective_t"), ()),
    jd.v_trace: (
        ("log_prob_t", "behavior_log_prob_t", *STREAM),
        ("gamma", "lambda_", "clip_rho", "clip_c"),
    ),
}
PAIRS = [(f, a, b) for f, names in ELEMENTWISE.items() for a, b in combinations(names, 2)]
name_of = lambda value: getattr(value, "__name__", value)


@pytest.mark.parametrize(("surrogate", "first", "second"), PAIRS, ids=name_of)
@pytest.mark.parametrize("shape", [(3, 1), (1,), (1, 3), (4,)])
def test_arguments_of_different_shapes_are_an_error(surrogate, first, second, shape):
    arguments = dict.fromkeys(ELEMENTWISE[surrogate], jnp.float32(0.5))
    arguments |= {first: jnp.zeros(3), second: jnp.zeros(shape)}
    with pytest.raises(ValueError, match="must have equal shapes") as error:
        jax.eval_shape(lambda arguments: surrogate(**arguments), arguments)
    message = str(error.value)
    assert message.startswith(f"{surrogate.__name__}: {first} and {second} ")
    assert f"got (3,) and {shape}. Reshape" in message


@pytest.mark.parametrize("surrogate", ELEMENTWISE, ids=name_of)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_arguments_have_equal_shapes_or_are_scalars(surrogate, shape):
    for array_names in powerset(ELEMENTWISE[surrogate]):
        arguments = {
            name: jnp.zeros(shape) if name in array_names else 0.5
            for name in ELEMENTWISE[surrogate]
        }
        expected = shape if array_names else ()
        result = jax.eval_shape(lambda arguments: surrogate(**arguments), arguments)
        assert result.shape == expected


def stream_arguments(surrogate):
    arrays, scalars = STREAMS[surrogate]
    return dict.fromkeys(arrays, jnp.zeros(3)) | dict.fromkeys(scalars, 0.5)


@pytest.mark.parametrize(
    ("surrogate", "name"),
    [(surrogate, name) for surrogate, (arrays, _) in STREAMS.items() for name in arrays],
    ids=name_of,
)
def test_a_stream_has_one_axis_and_one_length(surrogate, name):
    arguments = stream_arguments(surrogate)
    for shape in [(), (3, 1), (1, 3)]:
        with pytest.raises(ValueError, match=rf"{name} must have one axis.*jax\.vmap"):
            surrogate(**arguments | {name: jnp.zeros(shape)})
    for length in (1, 4):
        with pytest.raises(ValueError, match=f"^{surrogate.__name__}: .*{name}.* equal shapes"):
            surrogate(**arguments | {name: jnp.zeros(length)})


@pytest.mark.parametrize("name", STREAMS[jd.v_trace][1])
def test_scalars_of_v_trace(name):
    with pytest.raises(ValueError, match=rf"v_trace: {name} must be a scalar; got shape \(3,\)"):
        jd.v_trace(**stream_arguments(jd.v_trace) | {name: jnp.full(3, 0.5)})


def test_streams_of_a_batch_go_through_vmap():
    for surrogate in STREAMS:
        arrays, scalars = STREAMS[surrogate]
        axes = dict.fromkeys(arrays, 0) | dict.fromkeys(scalars, None)
        batch = dict.fromkeys(arrays, jnp.zeros((2, 3))) | dict.fromkeys(scalars, 0.5)
        batched = jax.vmap(lambda a, f=surrogate: f(**a), (axes,))
        leaves = jax.tree.leaves(jax.eval_shape(batched, batch))
        assert all(leaf.shape[0] == 2 for leaf in leaves)


def test_a_baseline_of_dice_is_a_number_or_one_for_each_draw():
    log_prob, objective = jnp.zeros(3), jnp.ones(3)
    for baseline in (0.5, jnp.zeros(3)):
        assert jd.dice(log_prob, objective, baseline) == 3
    with pytest.raises(ValueError, match="dice: log_prob_t and baseline_t must have equal shapes"):
        jd.dice(log_prob, objective, jnp.zeros((3, 1)))


# --- sequences -----------------------------------------------------------------------------------


def dice_of_two_steps(theta, key, with_baseline):
    """Two coins, whose rewards are 2 + x_0 and 1 + c x_0 x_1: E = 3 + p_0 + c p_0 p_1."""
    d = jd.Bernoulli(logits=jnp.stack([theta[0], theta[0] + theta[1]]))
    x = d.sample(key)
    reward = jnp.stack([2.0 + x[0], 1 + theta[1] * x[0] * x[1]])
    baseline = with_baseline * jnp.stack([3.7, 1 + 0.3 * x[0]])  # may depend on earlier draws
    return jd.dice(d.log_prob(x), reward, baseline)


@pytest.mark.parametrize("with_baseline", [0.0, 1.0])
def test_dice_is_unbiased_to_second_order(with_baseline):
    def exact(theta):
        p = jax.nn.sigmoid(theta[0])
        return 3 + p + theta[1] * p * jax.nn.sigmoid(theta[0] + theta[1])

    def estimate(theta, key):
        return dice_of_two_steps(theta, key, with_baseline)

    assert_unbiased(estimate, exact, (0.3, 0.6))


def test_a_baseline_reduces_the_variance_of_both_derivatives_of_dice():
    gradient = jax.grad(dice_of_two_steps)
    hessian = jax.jacfwd(gradient)

    @jax.jit
    def variances(with_baseline):
        def derivatives(key):
            theta = jnp.array([0.3, 0.6])
            return gradient(theta, key, with_baseline), hessian(theta, key, with_baseline)

        first, second = jax.vmap(derivatives)(jax.random.split(KEY, 20_000))
        return jnp.var(first, 0).sum(), jnp.var(second, 0).sum()

    for plain, reduced in zip(variances(0.0), variances(1.0), strict=True):
        assert reduced < 0.8 * plain


def test_dice_is_for_one_sequence():
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


def test_penalized_ratio():
    """Equation 8 of the paper, by hand; the penalty is differentiated, the advantage is not."""
    got, slopes = jax.value_and_grad(jd.penalized_ratio, argnums=(0, 2, 3))(
        np.log(1.5), 0.0, -2.0, 0.3, 4.0
    )
    np.testing.assert_allclose(got, 1.5 * -2 - 4 * 0.3, rtol=1e-6)
    np.testing.assert_allclose(slopes, [-3.0, 0.0, -4.0], rtol=1e-6)


def test_the_penalty_adapts():
    divergence = jnp.array([0.001, 0.009, 0.011, 0.1])
    np.testing.assert_allclose(
        jd.adaptive_kl_coefficient(3.0, divergence, 0.01), [1.5, 3.0, 3.0, 6.0]
    )


# --- natural gradients ---------------------------------------------------------------------------


def flat(tree):
    return jnp.concatenate([tree["b"], tree["w"]])


def softmax_policy(params):
    return jd.Categorical(logits=params["w"] * jnp.array([1.0, -1.0, 2.0]) + params["b"])


def test_the_fisher_vector_product_against_the_matrix():
    """The covariance of the score, of two observations with the same parameters."""
    params = {"b": jnp.array([0.1, 0.5, -0.2]), "w": jnp.array([0.7])}
    vector = {"b": jnp.array([1.0, -2.0, 0.5]), "w": jnp.array([0.3])}

    def scores(k):
        return jax.grad(lambda p: softmax_policy(p).log_prob(k))(params)

    score_table = jnp.stack([flat(scores(k)) for k in range(3)])
    fisher = score_table.T @ (softmax_policy(params).probs[:, None] * score_table)
    damped = fisher + 0.1 * jnp.eye(4)
    product = jd.fisher_vector_product(softmax_policy, params, vector, damping=0.1)
    np.testing.assert_allclose(flat(product), damped @ flat(vector), rtol=1e-5)

    x, curvature = jd.natural_gradient(softmax_policy, params, vector, damping=0.1, iterations=20)
    np.testing.assert_allclose(flat(x), jnp.linalg.solve(damped, flat(vector)), rtol=1e-3)
    np.testing.assert_allclose(curvature, flat(x) @ damped @ flat(x), rtol=1e-5)


def test_conjugate_gradients_stop_at_the_tolerance_or_the_number_of_iterations():
    params = {"b": jnp.array([0.1, 0.5, -0.2]), "w": jnp.array([0.7])}
    gradient = {"b": jnp.array([1.0, -2.0, 0.5]), "w": jnp.array([0.3])}

    def relative_residual(**options):
        x, _ = jd.natural_gradient(softmax_policy, params, gradient, damping=0.1, **options)
        product = jd.fisher_vector_product(softmax_policy, params, x, damping=0.1)
        g = flat(gradient)
        return jnp.linalg.norm(flat(product) - g) / jnp.linalg.norm(g)

    assert relative_residual(iterations=20, tolerance=1e-5) < 1e-4
    assert relative_residual(iterations=1) > 1e-2
    assert 1e-2 < relative_residual(iterations=20, tolerance=0.9) < 0.9


def test_the_natural_gradient_of_a_normal_policy():
    """Its Fisher information is 1/sigma^2 for the mean and 2 for log sigma."""
    policy = lambda p: jd.Normal(p["loc"], log_scale=p["log_scale"])
    params = {"loc": jnp.float32(1.0), "log_scale": jnp.float32(0.7)}
    gradient = {"loc": 1.0, "log_scale": 1.0}
    natural, curvature = jd.natural_gradient(policy, params, gradient, damping=0.0)
    np.testing.assert_allclose(natural["loc"], np.exp(1.4), rtol=1e-4)
    np.testing.assert_allclose(natural["log_scale"], 0.5, rtol=1e-4)
    np.testing.assert_allclose(curvature, np.exp(1.4) + 0.5, rtol=1e-4)


# --- off-policy ----------------------------------------------------------------------------------


def test_importance_weights_correct_the_score_function_for_draws_of_another_policy():
    logits = jnp.array([0.3, -0.2, 1.0])
    rewards = jnp.array([1.0, 5.0, -2.0])
    behavior = jd.Categorical(logits=jnp.array([0.5, 0.5, 0.0]))
    k = behavior.sample(KEY, (400_000,))

    def surrogate(logits, clip):
        log_prob = jd.Categorical(logits=logits).log_prob(k)
        ratio = jd.importance_ratio(jax.lax.stop_gradient(log_prob), behavior.log_prob(k))
        weight = jnp.minimum(ratio, clip)
        return jnp.mean(weight * jd.score_function(log_prob, rewards[k], baseline=1.0))

    exact = lambda logits: jd.Categorical(logits=logits).probs @ rewards
    value, gradient = jax.value_and_grad(surrogate)(logits, jnp.inf)
    np.testing.assert_allclose(value, exact(logits), atol=0.05)
    np.testing.assert_allclose(gradient, jax.grad(exact)(logits), atol=0.03)
    assert abs(jax.grad(surrogate)(logits, 0.5)[2] - gradient[2]) > 0.1


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
