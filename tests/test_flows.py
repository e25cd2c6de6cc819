"""Ready flows: laws of densities, and training on two moons."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd
from tests.transform_catalog import quick

KEY = jax.random.key(7)

FLOWS = {
    "coupling": lambda key: jd.flows.coupling(key, 2, 8, num_layers=2),
    "neural_spline": lambda key: jd.flows.neural_spline(key, 2, 8, num_layers=2, bins=4),
    "masked_autoregressive": lambda key: jd.flows.masked_autoregressive(key, 2, 8, num_layers=2),
    "inverse_autoregressive": lambda key: jd.flows.masked_autoregressive(
        key, 2, (8, 8), num_layers=2, invert=False
    ),
    "block_autoregressive": lambda key: jd.flows.block_autoregressive(key, 2, 4),
    "planar": lambda key: jd.flows.planar(key, 2, num_layers=3),
    "planar for draws": lambda key: jd.flows.planar(key, 2, num_layers=3, invert=False),
}


def perturbed(flow, size=0.3):
    """The flow with other weights: those of the last layers are 0 at first."""
    leaves, structure = jax.tree.flatten(flow)
    keys = jax.random.split(KEY, len(leaves))
    noise = [size * jax.random.normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)]
    return jax.tree.map(jnp.add, flow, jax.tree.unflatten(structure, noise))


@pytest.mark.slow
@pytest.mark.parametrize("name", FLOWS)
def test_densities_of_draws_agree_and_integrate_to_one(name):
    @quick
    def evaluate(key):
        flow = perturbed(FLOWS[name](key))
        x, log_prob = flow.sample_and_log_prob(key, (500,))
        reach = (x.max(0) - x.min(0)) / 3
        low, high = x.min(0) - reach, x.max(0) + reach
        grid = jnp.stack(jnp.meshgrid(*jnp.linspace(low, high, 800).T), -1)
        total = jnp.sum(jnp.exp(flow.log_prob(grid))) * jnp.prod((high - low) / 799)
        return log_prob, flow.log_prob(x), total, jax.grad(lambda f: f.log_prob(x).sum())(flow)

    log_prob, again, total, gradient = evaluate(KEY)
    np.testing.assert_allclose(again, log_prob, atol=2e-3)
    np.testing.assert_allclose(total, 1, atol=2e-2)  # by the cells of the grid
    leaves = jax.tree.leaves(gradient)
    assert all(np.all(np.isfinite(leaf)) for leaf in leaves)
    assert jax.tree.structure(gradient) == jax.tree.structure(FLOWS[name](KEY))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FLOWS.keys() - {"block_autoregressive"}))
def test_flows_begin_near_the_standard_normal_distribution(name):
    flow = FLOWS[name](KEY)
    x = np.array([[0.0, 0.0], [1.0, -0.5]])
    normal = jd.Independent(jd.Normal(np.zeros(2), 1.0), 1)
    np.testing.assert_allclose(flow.log_prob(x), normal.log_prob(x), atol=0.5)


@pytest.mark.slow
def test_flows_are_made_inside_vmap():
    flows = jax.vmap(FLOWS["coupling"])(jax.random.split(KEY, 3))
    assert flows.batch_shape == (3,)
    first = FLOWS["coupling"](jax.random.split(KEY, 3)[0])
    x = np.array([0.3, -1.0])
    np.testing.assert_allclose(flows.log_prob(x)[0], first.log_prob(x), rtol=1e-5)


def test_a_masked_network_is_autoregressive():
    network = perturbed(jd.flows.MaskedMLP.initial(KEY, (3, 5, 5, 6)))
    jacobian = np.asarray(quick(jax.jacfwd(network))(jnp.ones(3))).reshape(3, 2, 3)
    rows, columns = np.indices((3, 3))
    depends = np.any(jacobian != 0, 1)
    np.testing.assert_array_equal(depends, rows > columns)


def two_moons(key, n):
    angle_key, noise_key = jax.random.split(key)
    angle = jd.Uniform(0.0, np.pi).sample(angle_key, (n,))
    moon = jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1)
    lower = jnp.arange(n)[:, None] % 2
    moon = jnp.where(lower, jnp.array([1.0, 0.5]) - moon, moon) - jnp.array([0.5, 0.25])
    return moon + 0.06 * jax.random.normal(noise_key, (n, 2))


def train(flow, num_steps, learning_rate=5e-3, batch=256):
    """Return the trained flow, and its loss at each step."""
    optimizer = optax.adam(optax.cosine_decay_schedule(learning_rate, num_steps))

    def step(carry, key):
        flow, state = carry
        data = two_moons(key, batch)
        loss, gradient = jax.value_and_grad(jd.losses.maximum_likelihood)(flow, data)
        change, state = optimizer.update(gradient, state)
        return (optax.apply_updates(flow, change), state), loss

    keys = jax.random.split(jax.random.key(1), num_steps)
    (flow, _), losses = jax.lax.scan(step, (flow, optimizer.init(flow)), keys)
    return flow, losses


def test_a_flow_learns():
    flow = jd.flows.masked_autoregressive(KEY, 2, 8, num_layers=1)
    losses = quick(lambda flow: train(flow, 60, 0.03, batch=64)[1])(flow)
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) - 0.2


# The entropy of two moons is about log(2 pi) + log(0.06 sqrt(2 pi e)) = 0.44; a normal distribution
# has a loss of about 1.8.
MOONS = {
    "neural_spline": (lambda: jd.flows.neural_spline(KEY, 2, (32,)), 600, 0.7),
    "coupling": (lambda: jd.flows.coupling(KEY, 2, (64, 64)), 1500, 0.9),
    "masked_autoregressive": (lambda: jd.flows.masked_autoregressive(KEY, 2), 1500, 0.9),
    "block_autoregressive": (lambda: jd.flows.block_autoregressive(KEY, 2, (32, 32)), 1500, 0.9),
    "planar": (lambda: jd.flows.planar(KEY, 2), 1500, 1.4),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MOONS)
def test_two_moons_are_learned(name):
    make, num_steps, expected = MOONS[name]
    flow, losses = jax.jit(lambda flow: train(flow, num_steps))(make())
    assert np.mean(losses[-50:]) < expected
    draws = np.asarray(flow.sample(KEY, (2000,)))
    angle = np.linspace(0, np.pi, 200)
    upper = np.stack([np.cos(angle), np.sin(angle)], -1) - [0.5, 0.25]
    moons = np.concatenate([upper, -upper])
    nearest = np.linalg.norm(draws[:, None] - moons, axis=-1).min(1)
    assert np.median(nearest) < 0.15


class Quadratic(jd.Pytree):
    """A network of one vector."""

    weights: jax.Array

    def __call__(self, x):
        assert x.ndim == 1
        return self.weights @ x**2


def test_conditioners_of_the_caller():
    def conditioner(key, num_in, num_out):
        return Quadratic(0.1 * jax.random.normal(key, (num_out, num_in)))

    flow = jd.flows.coupling(KEY, 3, num_layers=1, conditioner=conditioner)
    assert {leaf.shape for leaf in jax.tree.leaves(flow)} == {(3,), (4, 1)}
    with pytest.raises(ValueError, match="must map vectors of 1 numbers to vectors of 4"):
        jd.flows.coupling(KEY, 3, conditioner=lambda *_: lambda x: x)
    with pytest.raises(ValueError, match=r"event_shape \(2,\)"):
        jd.flows.coupling(KEY, 3, num_layers=1, base=jd.Independent(jd.Normal(np.zeros(2), 1.0), 1))
    with pytest.raises(ValueError, match="dim must be an integer of at least 2; got 1"):
        jd.flows.neural_spline(KEY, 1)


@pytest.mark.slow
def test_conditioners_of_equinox():
    import equinox as eqx

    def conditioner(key, num_in, num_out):
        return eqx.nn.MLP(num_in, num_out, 8, 1, key=key)

    flow = jd.flows.neural_spline(KEY, 2, num_layers=2, conditioner=conditioner)
    losses = jax.jit(lambda flow: train(flow, 100)[1])(flow)
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) - 0.2


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [jd.flows.coupling, jd.flows.neural_spline, jd.flows.masked_autoregressive]
)
def test_a_conditional_flow_learns_a_distribution_given_a_context(make):
    """x ~ Normal((c, -c), 0.1), for c in [-1, 1]."""
    key, context_key, noise_key = jax.random.split(jax.random.key(0), 3)
    contexts = jax.random.uniform(context_key, (2000, 1), minval=-1.0)
    noise = 0.1 * jax.random.normal(noise_key, (2000, 2))
    x = jnp.concatenate([contexts, -contexts], -1) + noise
    flow = make(key, 2, hidden=(32,), num_layers=2, context_dim=1)

    def loss(flow):
        return -jnp.mean(flow.log_prob(x, contexts))

    @jax.jit
    def step(flow, moments, number):
        gradient = jax.grad(loss)(flow)
        first, second = moments
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g**2, second, gradient)
        scale = jnp.sqrt(1 - 0.99**number) / (1 - 0.9**number)
        move = lambda p, m, v: p - 1e-2 * scale * m / (jnp.sqrt(v) + 1e-8)
        return jax.tree.map(move, flow, first, second), (first, second)

    zeros = jax.tree.map(jnp.zeros_like, flow)
    moments = (zeros, zeros)
    for number in range(1, 401):
        flow, moments = step(flow, moments, number)
    entropy = 2 * (0.5 * np.log(2 * np.pi * np.e) + np.log(0.1))
    assert loss(flow) < entropy + 0.1
    draws = flow.sample(KEY, jnp.array([[0.5], [-0.5]]), 500)
    assert draws.shape == (2, 500, 2)
    np.testing.assert_allclose(draws.mean(1), [[0.5, -0.5], [-0.5, 0.5]], atol=0.05)
    np.testing.assert_allclose(flow([0.5]).log_prob(x[0]), flow.log_prob(x[0], [0.5]), rtol=1e-5)


def test_every_entry_of_a_masked_network_depends_on_the_context():
    network = jd.flows.MaskedMLP.initial(jax.random.key(0), (1, 8, 2), context_dim=3)
    network = jax.tree.map(lambda w: w + 0.5, network)
    slopes = np.asarray(jax.jacobian(network)(jnp.ones(4)))
    assert np.all(slopes[:, 0] == 0)
    assert np.all(slopes[:, 1:] != 0)


def test_the_context_of_a_flow_is_checked():
    flow = jd.flows.coupling(jax.random.key(0), 2, hidden=4, num_layers=1, context_dim=3)
    with pytest.raises(ValueError, match="must have length 3"):
        flow.log_prob([0.0, 0.0], [1.0])
    with pytest.raises(ValueError, match="call it with one context"):
        flow(jnp.ones((2, 3)))
