"""Programs: joint densities, conditioning, and posteriors of unconstrained values."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(7)
Y = jnp.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
SIGMA = jnp.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def schools(draw, sigma):
    mu = draw("mu", jd.Normal(0.0, 5.0))
    tau = draw("tau", jd.HalfCauchy(5.0))
    theta = draw("theta", jd.Normal(mu, jnp.broadcast_to(tau, sigma.shape)))
    draw("y", jd.Normal(theta, sigma))
    return theta.mean()


PROGRAM = jd.Program(schools, (SIGMA,))
POSTERIOR = PROGRAM.condition(y=Y)
VALUES = {"mu": 4.0, "tau": 3.0, "theta": Y / 2}


def nested(draw):
    """Each support depends on the values before it."""
    x = draw("x", jd.Exponential(1.0))
    p = draw("p", jd.Dirichlet(jnp.ones(3)))
    draw("y", jd.Uniform(-x, jnp.array([x, x + p[0]])))


def test_the_log_density_is_the_sum_of_that_of_each_draw():
    parts = PROGRAM.log_prob_parts({**VALUES, "y": Y})
    theta = np.asarray(VALUES["theta"])
    expected = {
        "mu": stats.norm.logpdf(4, 0, 5),
        "tau": stats.halfcauchy.logpdf(3, 0, 5),
        "theta": stats.norm.logpdf(theta, 4, 3).sum(),
        "y": stats.norm.logpdf(Y, theta, SIGMA).sum(),
    }
    assert list(parts) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(parts[name], value, rtol=1e-6)
    total = sum(expected.values())
    np.testing.assert_allclose(PROGRAM.log_prob({**VALUES, "y": Y}), total, rtol=1e-6)
    np.testing.assert_allclose(POSTERIOR.log_prob(VALUES), total, rtol=1e-6)


def test_conditions_add_up():
    both = POSTERIOR.condition(tau=3.0).condition({"mu": 4.0})
    assert list(both.shapes) == ["theta"]
    expected = PROGRAM.log_prob({**VALUES, "y": Y})
    np.testing.assert_allclose(both.log_prob({"theta": VALUES["theta"]}), expected, rtol=1e-6)


@pytest.mark.slow
def test_values_may_have_sample_axes_and_draws_have_their_density():
    values, log_prob = PROGRAM.sample_and_log_prob(KEY, (2, 3))
    assert {name: x.shape for name, x in values.items()} == {
        "mu": (2, 3),
        "tau": (2, 3),
        "theta": (2, 3, 8),
        "y": (2, 3, 8),
    }
    np.testing.assert_allclose(PROGRAM.log_prob(values), log_prob, rtol=1e-5)
    one = jax.tree.map(lambda x: x[1, 2], values)
    np.testing.assert_allclose(PROGRAM.log_prob(one), log_prob[1, 2], rtol=1e-5)
    assert PROGRAM.evaluate(values).shape == (2, 3)
    same = PROGRAM.sample(KEY, (2, 3))
    np.testing.assert_array_equal(same["theta"], values["theta"])


@pytest.mark.slow
def test_models_are_mapped_by_their_arguments():
    """In jit, over stacked arguments, which are leaves."""
    programs = jax.tree.map(lambda x: jnp.stack([x, 2 * x]), PROGRAM)
    values = {**VALUES, "y": Y}
    mapped = jax.jit(jax.vmap(jd.log_prob, (0, None)))(programs, values)
    one_by_one = [jd.Program(schools, (scale * SIGMA,)).log_prob(values) for scale in (1, 2)]
    np.testing.assert_allclose(mapped, one_by_one, rtol=1e-6)
    score = jax.grad(jd.log_prob)(PROGRAM, values)
    assert jax.tree.structure(score) == jax.tree.structure(PROGRAM)


@pytest.mark.slow
def test_the_bijection_has_the_determinant_of_its_jacobian():
    program = jd.Program(nested)
    bijection = jd.biject_to(program.support)
    z = program.condition().init(KEY)
    flat, unflatten = jax.flatten_util.ravel_pytree(z)

    def forward(flat):
        values = bijection(unflatten(flat))
        return jnp.concatenate([values["x"][None], values["p"][:-1], values["y"]])

    x, log_det = bijection.forward_and_log_det(z)
    expected = np.linalg.slogdet(jax.jacobian(forward)(flat))[1]
    np.testing.assert_allclose(log_det, expected, rtol=1e-5)
    back, inverse = bijection.inv.forward_and_log_det(x)
    np.testing.assert_allclose(inverse, -log_det, rtol=1e-4)
    for name, value in z.items():
        np.testing.assert_allclose(back[name], value, rtol=1e-4, atol=1e-5)
    total = program.condition().unconstrained_log_prob(z)
    np.testing.assert_allclose(total, program.log_prob(x) + log_det, rtol=1e-5)
    assert bool(program.support.check(x))
    assert not bool(program.support.check({**x, "x": x["x"] / 100}))


def test_unconstrained_densities_integrate_to_the_evidence():
    """Of a conjugate model, with the posterior mean; on a grid of unconstrained values."""

    def model(draw):
        rate = draw("rate", jd.Gamma(2.0, 1.0))
        draw("count", jd.Poisson(rate))

    posterior = jd.Program(model).condition(count=3)
    z = jnp.linspace(-12.0, 5.0, 2001)
    density = jnp.exp(posterior.unconstrained_log_prob({"rate": z}))
    rate = posterior.constrain({"rate": z})["rate"]
    evidence = jnp.trapezoid(density, z)
    np.testing.assert_allclose(evidence, 0.5**2 * 0.5**3 * 4, rtol=1e-4)  # negative binomial
    np.testing.assert_allclose(jnp.trapezoid(density * rate, z) / evidence, 5 / 2, rtol=1e-4)


@pytest.mark.slow
def test_a_value_outside_of_its_support_has_density_0_and_does_not_fail_later():
    values = {**VALUES, "tau": -1.0, "y": Y}
    assert PROGRAM.log_prob(values) == -np.inf
    gradient = jax.grad(lambda tau: PROGRAM.log_prob({**values, "tau": tau}))(-1.0)
    assert np.isfinite(gradient)
    assert np.isnan(PROGRAM.log_prob({**values, "tau": np.nan}))


@pytest.mark.slow
def test_a_program_has_the_unconstrained_density_of_its_prior():
    prior = PROGRAM.condition()
    start = PROGRAM.init(KEY)
    assert PROGRAM.unconstrained_log_prob(start) == prior.unconstrained_log_prob(start)
    values = PROGRAM.constrain(start)
    np.testing.assert_allclose(values["tau"], np.exp(start["tau"]), rtol=1e-6)
    np.testing.assert_allclose(PROGRAM.unconstrain(values)["tau"], start["tau"], rtol=1e-5)
    np.testing.assert_allclose(PROGRAM.constrain_and_log_det(start)[1], start["tau"], rtol=1e-6)
    assert jd.Program(lambda draw: draw("k", jd.Poisson(1.0))).discrete_names == ["k"]


def test_what_a_posterior_cannot_do_says_what_to_do_instead():
    with pytest.raises(AttributeError, match=r"'predict': call `program\.predict\(key, values\)`"):
        POSTERIOR.predict(KEY, {})
    for name in ("sample", "rsample_and_log_prob", "mean", "entropy"):
        with pytest.raises(AttributeError, match=f"'{name}': it is a density up to a factor"):
            getattr(POSTERIOR, name)
    with pytest.raises(AttributeError, match="no 'event_shape': its values are dicts"):
        _ = POSTERIOR.event_shape
    assert not hasattr(POSTERIOR, "something")


def test_predictions_keep_what_is_given():
    given = {"mu": jnp.array([0.0, 100.0]), "tau": jnp.array([1e-3, 1e-3])}
    predicted = PROGRAM.predict(KEY, given, 5)
    assert predicted["y"].shape == (5, 2, 8)
    np.testing.assert_allclose(predicted["mu"], jnp.broadcast_to(given["mu"], (5, 2)))
    np.testing.assert_allclose(predicted["theta"][:, 1], 100.0, atol=0.01)


@pytest.mark.slow
def test_the_same_model_has_an_expectation():
    def model(draw, p):
        heads = draw("heads", jd.Bernoulli(p), "enumeration")
        noise = draw("noise", jd.Normal(p * heads, 1.0))
        return noise * heads

    def mean(p):
        return jd.program_expectation(lambda draw: model(draw, p), KEY, num_samples=20_000)

    np.testing.assert_allclose(jax.grad(mean)(0.5), 1.0, atol=0.05)
    program = jd.Program(model, (0.5,))
    values = program.sample(KEY, 1000)
    returned = program.evaluate(values)
    np.testing.assert_allclose(returned, values["noise"] * values["heads"], rtol=1e-6)
    assert not program.has_rsample


@pytest.mark.slow
def test_the_expectation_of_a_function_of_a_program():
    def slope(loc):
        program = jd.Program(lambda draw: draw("y", jd.Normal(draw("x", jd.Normal(loc, 1.0)), 1.0)))
        f = lambda values: values["y"] ** 2
        return jd.expectation(f, program, KEY, num_samples=4000)

    np.testing.assert_allclose(jax.grad(slope)(1.5), 3.0, atol=0.15)


NORMAL = jd.Normal(0.0, 1.0)


def scanned(draw):
    draw("first", jd.Normal(0.0, 1.0))
    jax.lax.scan(lambda x, _: (draw("x", jd.Normal(x, 1.0)), None), 0.0, None, 3)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: jd.Program(3), TypeError, "model must be a function"),
        (lambda: jd.Program(schools, SIGMA), TypeError, "args must be a tuple"),
        (
            lambda: jd.Program(lambda draw: [draw("x", jd.Normal(0.0, 1.0)) for _ in "ab"]).sample(
                KEY
            ),
            ValueError,
            "'x' is drawn twice",
        ),
        (
            lambda: jd.Program(lambda draw: draw(jd.Normal(0, 1), "x")).sample(KEY),
            TypeError,
            "name",
        ),
        (lambda: jd.Program(lambda draw: draw("x", 3.0)).sample(KEY), TypeError, "Distribution"),
        (
            lambda: jd.Program(lambda draw: draw("x", jd.Joint([jd.Normal(0, 1)]))).sample(KEY),
            TypeError,
            "whose draws are trees",
        ),
        (lambda: jd.Program(scanned).sample(KEY), RuntimeError, "outside of jax.jit"),
        (lambda: PROGRAM.log_prob(VALUES), ValueError, r"missing \['y'\]"),
        (lambda: POSTERIOR.log_prob({**VALUES, "z": 1.0}), ValueError, r"unknown \['z'\]"),
        (lambda: POSTERIOR.log_prob({**VALUES, "theta": Y[:3]}), ValueError, "'theta'"),
        (lambda: POSTERIOR.log_prob({**VALUES, "mu": jnp.ones(2)}), ValueError, "same axes"),
        (lambda: POSTERIOR.log_prob([1.0]), TypeError, "dict"),
        (
            lambda: PROGRAM.condition(Y=Y),
            ValueError,
            r"names are \['mu', 'tau', 'theta', 'y'\]; unknown \['Y'\]. Did you mean 'y'\?",
        ),
        (lambda: PROGRAM.condition(thetta=Y), ValueError, "Did you mean 'theta'"),
        (lambda: PROGRAM.condition(zz=Y), ValueError, r"unknown \['zz'\]$"),
        (lambda: PROGRAM.condition(y=Y[:2]), ValueError, r"'y' must be \(8,\); got \(2,\)"),
        (lambda: PROGRAM.condition({"y": Y}, y=Y), ValueError, r"\['y'\] are given both"),
        (lambda: POSTERIOR.condition(y=Y), ValueError, r"\['y'\] are known already"),
        (lambda: POSTERIOR.condition(my=1.0), ValueError, r"\['mu', 'tau', 'theta'\]; unknown"),
        (lambda: jax.jit(lambda x: PROGRAM.condition(z=x).data)(1.0), ValueError, r"\['z'\]"),
        (lambda: PROGRAM.predict(KEY, {"z": 0.0}), ValueError, "unknown"),
        (lambda: PROGRAM.expand((3,)), NotImplementedError, "vmap"),
        (lambda: PROGRAM.mean, NotImplementedError, "Program"),
        (
            lambda: jd.Program(lambda draw: draw("k", jd.Poisson(1.0))).condition().init(KEY),
            NotImplementedError,
            "'k' is discrete",
        ),
        (
            lambda: (
                jd.Program(lambda draw: draw("x", jd.Censored(jd.Normal(0.0, 1.0), 0.0)))
                .condition()
                .unconstrained_log_prob({"x": 0.0})
            ),
            NotImplementedError,
            "'x' is discrete at single points",
        ),
    ],
)
@pytest.mark.slow
def test_errors_name_what_is_wrong(function, error, message):
    with pytest.raises(error, match=message):
        function()


def hamiltonian(log_density, position, key, step, num_leaps):
    """One step of Hamiltonian Monte Carlo over a flat vector."""
    gradient = jax.grad(log_density)
    momentum_key, accept_key = jax.random.split(key)
    momentum = jax.random.normal(momentum_key, position.shape)

    def leap(state, _):
        x, p = state
        p = p + step / 2 * gradient(x)
        x = x + step * p
        return (x, p + step / 2 * gradient(x)), None

    (proposal, end), _ = jax.lax.scan(leap, (position, momentum), None, num_leaps)
    energy = lambda x, p: jnp.sum(p**2) / 2 - log_density(x)
    excess = energy(proposal, end) - energy(position, momentum)
    return jnp.where(jnp.log(jax.random.uniform(accept_key)) < -excess, proposal, position)


def centered_offsets(draw, sigma):
    """The eight schools, with effects of unit scale, whose posterior has no funnel."""
    mu = draw("mu", jd.Normal(0.0, 5.0))
    tau = draw("tau", jd.HalfCauchy(5.0))
    offset = draw("offset", jd.Normal(jnp.zeros(len(sigma)), 1.0))
    draw("y", jd.Normal(mu + tau * offset, sigma))


def moments_of_the_eight_schools():
    """Posterior means of mu and tau, by quadrature: without theta, y_i has variance s_i^2 + t^2."""
    mu, z = np.meshgrid(np.linspace(-25, 35, 401), np.linspace(-9, 6, 401), indexing="ij")
    tau = np.exp(z)
    scale = np.sqrt(np.asarray(SIGMA) ** 2 + tau[..., None] ** 2)
    log_p = stats.norm.logpdf(np.asarray(Y), mu[..., None], scale).sum(-1)
    log_p += stats.norm.logpdf(mu, 0, 5) + stats.halfcauchy.logpdf(tau, 0, 5) + z
    weight = np.exp(log_p - log_p.max())
    return [(weight * x).sum() / weight.sum() for x in (mu, tau)]


@pytest.mark.slow
def test_hamiltonian_monte_carlo_finds_the_eight_schools():
    posterior = jd.Program(centered_offsets, (SIGMA,)).condition(y=Y)
    flat, unflatten = jax.flatten_util.ravel_pytree(posterior.init(KEY))

    def log_density(flat):
        return posterior.unconstrained_log_prob(unflatten(flat))

    @jax.jit
    @jax.vmap
    def chain(key):
        def step(x, key):
            x = hamiltonian(log_density, x, key, 0.15, 15)
            return x, x

        return jax.lax.scan(step, jnp.zeros_like(flat), jax.random.split(key, 3000))[1][500:]

    draws = jax.vmap(jax.vmap(unflatten))(chain(jax.random.split(KEY, 8)))
    values = posterior.constrain(draws)
    mu, tau = moments_of_the_eight_schools()
    np.testing.assert_allclose(values["mu"].mean(), mu, atol=0.2)
    np.testing.assert_allclose(values["tau"].mean(), tau, atol=0.25)


@pytest.mark.slow
def test_blackjax_takes_the_unconstrained_density():
    blackjax = pytest.importorskip("blackjax")
    posterior = jd.Program(centered_offsets, (SIGMA,)).condition(y=Y)
    warmup = blackjax.window_adaptation(blackjax.nuts, posterior.unconstrained_log_prob)
    (state, parameters), _ = warmup.run(KEY, posterior.init(KEY), 500)
    kernel = blackjax.nuts(posterior.unconstrained_log_prob, **parameters).step

    def step(state, key):
        state, _ = kernel(key, state)
        return state, state.position

    _, draws = jax.lax.scan(step, state, jax.random.split(KEY, 4000))
    values = posterior.constrain(draws)
    mu, tau = moments_of_the_eight_schools()
    np.testing.assert_allclose(values["mu"].mean(), mu, atol=0.3)
    np.testing.assert_allclose(values["tau"].mean(), tau, atol=0.3)


@pytest.mark.slow
def test_a_batch_of_programs_is_that_of_each():
    scales = jnp.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    def model(draw, scale, sigma):
        x = draw("x", jd.HalfNormal(scale))
        draw("y", jd.Normal(x, sigma))
        return 2 * x

    batch = jd.Program.batched(model, (scales, jnp.ones((1, 1, 4))), batch_ndim=2)
    assert batch.batch_shape == (2, 3)
    assert batch.event_shape == {"x": (), "y": (4,)}
    values = batch.sample(KEY, (5,))
    assert {name: x.shape for name, x in values.items()} == {"x": (5, 2, 3), "y": (5, 2, 3, 4)}
    one = jd.Program(model, (scales[1, 2], jnp.ones(4)))
    of_one = {name: x[:, 1, 2] for name, x in values.items()}
    log_prob = jax.jit(batch.log_prob)(values)
    np.testing.assert_allclose(log_prob[:, 1, 2], one.log_prob(of_one), rtol=1e-5)
    np.testing.assert_allclose(batch[1, 2].log_prob(of_one), one.log_prob(of_one), rtol=1e-5)
    posterior, of_one = batch.condition(y=jnp.arange(4.0)), one.condition(y=jnp.arange(4.0))
    start = posterior.init(KEY)
    assert start["x"].shape == (2, 3)
    np.testing.assert_allclose(
        posterior.unconstrained_log_prob(start)[1, 2],
        of_one.unconstrained_log_prob({"x": start["x"][1, 2]}),
        rtol=1e-5,
    )
    inside = posterior.constrain(start)
    np.testing.assert_allclose(posterior.unconstrain(inside)["x"], start["x"], rtol=1e-5)
    np.testing.assert_allclose(posterior.evaluate(inside), 2 * inside["x"], rtol=1e-6)
    mapped = jax.vmap(lambda program, x: program.log_prob({"x": x}), (0, 0))(posterior, inside["x"])
    np.testing.assert_allclose(mapped, posterior.log_prob(inside), rtol=1e-5)
    both = batch.condition(x=scales).condition(y=jnp.arange(4.0)).log_prob({})
    expected = one.log_prob({"x": 6.0, "y": jnp.arange(4.0)})
    np.testing.assert_allclose(both[1, 2], expected, rtol=1e-5)
    with pytest.raises(ValueError, match=r"unknown \['z'\]"):
        batch.condition(z=1.0)
    with pytest.raises(ValueError, match=r"\(4,\), after axes that broadcast to \(2, 3\)"):
        batch.condition(y=jnp.zeros((2, 4)))


# --- improper priors and factors -----------------------------------------------------------------


def flat(draw, low, data_shape):
    loc = draw("loc", jd.ImproperUniform(jd.constraints.real))
    scale = draw("scale", jd.ImproperUniform(jd.constraints.greater_than(low)))
    weights = draw("weights", jd.ImproperUniform(jd.constraints.simplex, (3,)))
    draw("x", jd.Normal(jnp.full(data_shape, loc), scale))
    return weights


def test_the_posterior_of_flat_priors_is_the_likelihood():
    data = jnp.array([0.3, -0.5, 1.0, 2.0])
    posterior = jd.Program(lambda draw: flat(draw, 0.5, (4,))).condition(x=data)
    assert posterior.shapes == {"loc": (), "scale": (), "weights": (3,)}
    start = posterior.init(KEY, 5)
    assert {name: x.shape for name, x in start.items()} == {
        "loc": (5,),
        "scale": (5,),
        "weights": (5, 2),
    }
    values, log_det = posterior.constrain_and_log_det(start)
    likelihood = stats.norm(*(np.asarray(values[name], float) for name in ("loc", "scale")))
    expected = likelihood.logpdf(np.asarray(data)[:, None]).sum(0)
    np.testing.assert_allclose(posterior.log_prob(values), expected, rtol=1e-5)
    total = jax.jit(posterior.unconstrained_log_prob)(start)
    np.testing.assert_allclose(total, expected + log_det, rtol=1e-5)
    outside = {**values, "scale": jnp.full(5, 0.4)}
    np.testing.assert_array_equal(posterior.log_prob(outside), -np.inf)


def test_nothing_is_drawn_from_an_improper_distribution():
    d = jd.ImproperUniform(jd.constraints.positive)
    with pytest.raises(NotImplementedError, match="ImproperUniform has no draws"):
        d.sample(KEY)
    with pytest.raises(NotImplementedError, match="ImproperUniform has no draws"):
        jd.Program(lambda draw: flat(draw, 0.0, ())).sample(KEY)
    with pytest.raises(TypeError, match="ImproperUniform: constraint must"):
        jd.ImproperUniform(3.0)
    with pytest.raises(ValueError, match=r"ImproperUniform: values of .* have 1 axes"):
        jd.ImproperUniform(jd.constraints.simplex)


def test_batches_of_improper_distributions():
    """Bounds belong to members of the batch; a batch is mapped over, indexed and expanded."""
    d = jd.ImproperUniform(jd.constraints.interval([0.0, 1.0, 2.0], 4.0), (2,), log_density=-1.0)
    assert d.batch_shape == (3,)
    x = jnp.full((3, 2), 1.5)
    expected = [-1, -1, -np.inf]
    np.testing.assert_array_equal(d.log_prob(x), expected)
    np.testing.assert_array_equal(jax.vmap(jd.log_prob)(d, x), expected)
    np.testing.assert_array_equal(jnp.stack([d[i].log_prob(x[i]) for i in range(3)]), expected)
    assert d.expand((4, 3)).log_prob(x[0]).shape == (4, 3)
    score = jax.grad(lambda d: jnp.sum(d.log_prob(x)))(d)
    np.testing.assert_array_equal(score.log_density, [1, 1, 0])


def test_a_unit_multiplies_the_density_by_a_factor():
    def model(draw):
        x = draw("x", jd.Normal(0.0, 1.0))
        draw("penalty", jd.Unit(-jnp.abs(x)))

    program = jd.Program(model)
    posterior = program.condition(penalty=jnp.zeros(0))
    expected = jd.Normal(0.0, 1.0).log_prob(2.0) - 2
    np.testing.assert_allclose(posterior.unconstrained_log_prob({"x": 2.0}), expected, rtol=1e-6)
    draws = program.sample(KEY, 7)
    assert draws["penalty"].shape == (7, 0)
    np.testing.assert_allclose(
        program.log_prob(draws), posterior.log_prob({"x": draws["x"]}), rtol=1e-6
    )
    d = jd.Unit(jnp.array([1.0, 2.0]))
    np.testing.assert_array_equal(d.log_prob(d.sample(KEY)), [1, 2])
