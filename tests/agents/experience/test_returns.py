import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience.returns import decayed_sums, discounted_returns, gae

pytestmark = pytest.mark.fast

GAMMA, LAMBDA = 0.9, 0.7


def a_stream(seed, length=40):
    """A stream of several episodes, some terminated, some truncated."""
    rng = np.random.default_rng(seed)
    v_t, v_tp1 = rng.normal(size=(2, length))
    fate = rng.choice(["goes on", "terminated", "truncated"], length, p=[0.8, 0.1, 0.1])
    goes_on = fate[:-1] == "goes on"
    v_tp1[:-1] = np.where(goes_on, v_t[1:], v_tp1[:-1])
    return {
        "r_t": rng.normal(size=length),
        "v_t": v_t,
        "v_tp1": v_tp1,
        "terminated_t": fate == "terminated",
        "truncated_t": fate == "truncated",
    }


def float64_returns(r_t, v_tp1, terminated_t, truncated_t, gamma):
    returns, g = [], v_tp1[-1]
    for t in reversed(range(len(r_t))):
        if terminated_t[t]:
            g = 0.0
        elif truncated_t[t]:
            g = v_tp1[t]
        g = r_t[t] + gamma * g
        returns.append(g)
    return np.array(returns[::-1])


def float64_gae(r_t, v_t, v_tp1, terminated_t, truncated_t, gamma, lambda_):
    """Equation 16 of the paper, written as its double sum."""
    length, advantages = len(r_t), []
    for t in range(length):
        total, weight = 0.0, 1.0
        for k in range(t, length):
            total += weight * (r_t[k] + gamma * (not terminated_t[k]) * v_tp1[k] - v_t[k])
            weight *= gamma * lambda_
            if terminated_t[k] or truncated_t[k]:
                break
        advantages.append(total)
    return np.array(advantages)


def without(stream, *names):
    return {name: values for name, values in stream.items() if name not in names}


@pytest.mark.parametrize("seed", range(5))
def test_discounted_returns_agree_with_a_float64_loop(seed):
    stream = without(a_stream(seed), "v_t")
    single = jax.tree.map(jnp.asarray, stream)
    np.testing.assert_allclose(
        discounted_returns(**single, gamma=GAMMA),
        float64_returns(**stream, gamma=GAMMA),
        rtol=2e-6,
        atol=2e-6,
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lambda_", [0.0, LAMBDA, 1.0])
def test_gae_agrees_with_a_float64_loop(seed, lambda_):
    stream = a_stream(seed)
    np.testing.assert_allclose(
        gae(**jax.tree.map(jnp.asarray, stream), gamma=GAMMA, lambda_=lambda_),
        float64_gae(**stream, gamma=GAMMA, lambda_=lambda_),
        rtol=2e-6,
        atol=2e-6,
    )


def test_a_termination_and_a_truncation_mid_stream():
    """Worked by hand: r = 1, v = 10 everywhere, gamma = 1/2, lambda = 1, three steps each."""
    r, v = jnp.ones(3), jnp.full(3, 10.0)
    middle, nowhere = jnp.array([False, True, False]), jnp.zeros(3, bool)
    returns = lambda terminated, truncated: discounted_returns(r, v, terminated, truncated, 0.5)
    np.testing.assert_allclose(returns(middle, nowhere), [1.5, 1.0, 6.0])
    np.testing.assert_allclose(returns(nowhere, middle), [4.0, 6.0, 6.0])
    np.testing.assert_allclose(returns(nowhere, nowhere), [3.0, 4.0, 6.0])


def test_gae_with_lambda_one_is_the_return_minus_the_value():
    stream = jax.tree.map(jnp.asarray, a_stream(0))
    returns = discounted_returns(**without(stream, "v_t"), gamma=GAMMA)
    advantages = gae(**stream, gamma=GAMMA, lambda_=1.0)
    np.testing.assert_allclose(advantages, returns - stream["v_t"], rtol=1e-5, atol=1e-5)


def test_vmap_makes_many_streams():
    streams = [jax.tree.map(jnp.asarray, a_stream(seed)) for seed in range(3)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *streams)
    many = jax.vmap(lambda s: gae(**s, gamma=GAMMA, lambda_=LAMBDA))(stacked)
    one_by_one = [gae(**s, gamma=GAMMA, lambda_=LAMBDA) for s in streams]
    np.testing.assert_allclose(many, jnp.stack(one_by_one), rtol=1e-6)


@pytest.mark.parametrize("name", ["r_t", "v_t", "v_tp1", "terminated_t", "truncated_t"])
@pytest.mark.parametrize("shape", [(40, 1), (39,)], ids=str)
def test_arrays_of_other_shapes_are_errors(name, shape):
    stream = a_stream(0)
    stream[name] = np.zeros(shape, stream[name].dtype)
    with pytest.raises(ValueError, match=rf"gae: .*{name}"):
        gae(**stream, gamma=GAMMA, lambda_=LAMBDA)
    if name != "v_t":
        del stream["v_t"]
        with pytest.raises(ValueError, match=rf"discounted_returns: .*{name}"):
            discounted_returns(**stream, gamma=GAMMA)


@pytest.mark.parametrize("name", ["gamma", "lambda_"])
def test_coefficients_must_be_scalars(name):
    coefficients = {"gamma": GAMMA, "lambda_": LAMBDA} | {name: np.full(40, 0.9)}
    with pytest.raises(ValueError, match=f"gae: .*{name}"):
        gae(**a_stream(0), **coefficients)


@pytest.mark.parametrize("length", [1, 2, 40, 128])
def test_sums_by_doubling_are_the_sums_by_steps(length, on_accelerator):
    rng = np.random.default_rng(length)
    x, last = rng.normal(size=length), rng.normal()
    decay = np.where(rng.random(length) < 0.1, 0.0, 0.99)
    expected, y = [], last
    for term, factor in zip(x[::-1], decay[::-1], strict=True):
        y = term + factor * y
        expected.append(y)
    sums = decayed_sums(*map(jnp.float32, (x, decay, last)))
    np.testing.assert_allclose(sums, expected[::-1], rtol=1e-5, atol=1e-5)
    slope = jax.grad(lambda last: decayed_sums(jnp.float32(x), jnp.float32(decay), last)[0])
    np.testing.assert_allclose(slope(jnp.float32(last)), np.prod(decay), rtol=1e-5)
