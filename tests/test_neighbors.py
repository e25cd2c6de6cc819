"""Distributions inside other packages: samplers, modules, checkpoints, exported programs."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd

pytestmark = pytest.mark.slow

KEY = jax.random.key(0)
EFFECTS = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0], np.float32)
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0], np.float32)
PRIOR = jd.Joint(
    {
        "mu": jd.Normal(0.0, 5.0),
        "tau": jd.HalfCauchy(5.0),
        "z": jd.Independent(jd.Normal(np.zeros(8, np.float32), 1.0), 1),
    }
)


@pytest.mark.slow
def test_blackjax_samples_eight_schools():
    """The posterior means, of a long run of Stan, are 4.4 for mu and 3.6 for tau."""
    blackjax = pytest.importorskip("blackjax")
    onto = jd.biject_to(PRIOR.support)

    def log_density(free):
        value, log_det = onto.forward_and_log_det(free)
        likelihood = jd.Normal(value["mu"] + value["tau"] * value["z"], ERRORS)
        return PRIOR.log_prob(value) + log_det + likelihood.log_prob(EFFECTS).sum()

    def chain(key):
        warmup_key, draw_key = jax.random.split(key)
        start = {"mu": jnp.array(0.0), "tau": jnp.array(0.0), "z": jnp.zeros(8)}
        adaptation = blackjax.window_adaptation(blackjax.nuts, log_density)
        (state, parameters), _ = adaptation.run(warmup_key, start, num_steps=500)
        step = blackjax.nuts(log_density, **parameters).step

        def draw(state, key):
            state, _ = step(key, state)
            return state, state.position

        return jax.lax.scan(draw, state, jax.random.split(draw_key, 1500))[1]

    draws = jax.jit(jax.vmap(lambda key: onto(chain(key))))(jax.random.split(KEY, 4))
    np.testing.assert_allclose(draws["mu"].mean(), 4.4, atol=0.4)
    np.testing.assert_allclose(draws["tau"].mean(), 3.6, atol=0.5)
    between, within = draws["mu"].mean(1).var(ddof=1), draws["mu"].var(1).mean()
    assert np.sqrt(1 + between / within) < 1.02


def test_an_equinox_module_holds_distributions():
    eqx = pytest.importorskip("equinox")

    class Model(eqx.Module):
        prior: jd.Distribution
        network: eqx.nn.Linear

        def loss(self, x):
            return -self.prior.log_prob(jax.vmap(self.network)(x)).mean()

    model = Model(jd.Laplace(jnp.zeros(2), 1.0), eqx.nn.Linear(3, 2, key=KEY))
    x = jax.random.normal(KEY, (16, 3))
    optimizer = optax.sgd(0.1)

    @eqx.filter_jit
    def step(model):
        loss, gradient = eqx.filter_value_and_grad(Model.loss)(model, x)
        change, _ = optimizer.update(gradient, optimizer.init(eqx.filter(model, eqx.is_array)))
        return eqx.apply_updates(model, change), loss

    trained, first = step(model)
    _, second = step(trained)
    assert second < first
    assert isinstance(trained.prior, jd.Laplace)
    assert not np.array_equal(trained.prior.loc, model.prior.loc)


def test_a_flax_module_holds_distributions():
    nnx = pytest.importorskip("flax.nnx")

    class Model(nnx.Module):
        def __init__(self, rngs):
            self.prior = nnx.Param(jd.Laplace(jnp.zeros(2), 1.0))
            self.network = nnx.Linear(3, 2, rngs=rngs)

    def loss(model, x):
        return -model.prior.get_value().log_prob(model.network(x)).mean()

    model = Model(nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
    x = jax.random.normal(KEY, (16, 3))

    @nnx.jit
    def step(model, optimizer, x):
        value, gradient = nnx.value_and_grad(loss)(model, x)
        optimizer.update(model, gradient)
        return value

    values = [float(step(model, optimizer, x)) for _ in range(3)]
    assert values[2] < values[0]
    assert isinstance(model.prior.get_value(), jd.Laplace)


DISTRIBUTIONS = {
    "mixture": jd.MixtureSameFamily(
        jd.Categorical([0.3, 0.7]), jd.Normal(np.array([0.0, 3.0], np.float32), 1.0)
    ),
    "joint": PRIOR,
    "flow": jd.flows.planar(KEY, 2, num_layers=2),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_programs_of_distributions_are_exported(name):
    d = DISTRIBUTIONS[name]
    flat, structure = jax.tree.flatten(d)
    x = d.sample(KEY)

    def log_prob(leaves, x):
        return jax.tree.unflatten(structure, leaves).log_prob(x)

    exported = jax.export.export(jax.jit(log_prob))(flat, x)
    again = jax.export.deserialize(exported.serialize())
    np.testing.assert_allclose(again.call(flat, x), d.log_prob(x), rtol=1e-6)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_orbax_restores_distributions(name, tmp_path):
    ocp = pytest.importorskip("orbax.checkpoint")
    d = DISTRIBUTIONS[name]
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "state", d)
        checkpointer.wait_until_finished()
        shapes = jax.eval_shape(lambda: d)
        restored = checkpointer.restore(tmp_path / "state", shapes)
    assert jax.tree.structure(restored) == jax.tree.structure(d)
    jax.tree.map(np.testing.assert_array_equal, restored, d)
