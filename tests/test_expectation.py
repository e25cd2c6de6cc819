"""Expectations: defaults, programs, transformations, variances, and what is refused."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd
from jaxdist import estimators as es
from jaxdist.estimators.program import choose
from jaxdist.estimators.rebar import couple
from jaxdist.estimators.subsets import leave_out_ratios
from tests.test_estimators import assert_unbiased

KEY = jax.random.key(3)


# --- what is chosen, and what is refused ---------------------------------------------------------


@pytest.mark.parametrize(
    ("d", "number", "expected"),
    [
        (jd.Normal(0.0, 1.0), 1, es.Pathwise),
        (jd.Independent(jd.Gamma(jnp.ones(3), 1.0), 1), 4, es.Pathwise),
        (jd.Uniform(0.0, 1.0), 1, es.Pathwise),
        (jd.Bernoulli(0.3), 1, es.Enumeration),
        (jd.Bernoulli(jnp.full(6, 0.3)), 1, es.Enumeration),
        (jd.Bernoulli(jnp.full(7, 0.3)), 4, es.LeaveOneOut),
        (jd.Poisson(2.0), 1, es.ScoreFunction),
        (jd.Poisson(2.0), 2, es.LeaveOneOut),
        (jd.Binomial(3, 0.5), 2, es.Enumeration),
        (jd.OneHotCategoricalStraightThrough(jnp.ones(3)), 2, es.Enumeration),
        (jd.Joint([jd.Normal(0.0, 1.0), jd.Gamma(1.0, 1.0)]), 2, es.Pathwise),
        (jd.Joint([jd.Bernoulli(0.5), jd.Categorical(jnp.ones(3))]), 2, es.Enumeration),
        (jd.Joint([jd.Poisson(0.5), jd.Poisson(1.0)]), 2, es.LeaveOneOut),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, jd.Distribution) else None,
)
def test_defaults(d, number, expected):
    assert type(choose(d, number, None)) is expected


def test_the_parts_of_a_mixed_joint_get_each_their_own():
    d = jd.Joint({"a": jd.Bernoulli(0.5), "b": jd.Normal(0.0, 1.0), "c": jd.Poisson(1.0)})
    assert [type(e) for e in choose(d, 2, None)] == [es.Enumeration, es.Pathwise, es.LeaveOneOut]
    asked = {"a": "rebar", "b": None, "c": es.ScoreFunction(2.0)}
    assert [type(e) for e in choose(d, 2, asked)] == [es.Rebar, es.Pathwise, es.ScoreFunction]


@pytest.mark.parametrize(
    ("d", "estimator", "number", "error", "message"),
    [
        (jd.Categorical(jnp.ones(3)), "pathwise", 1, NotImplementedError, "'enumeration'.*"),
        (jd.Poisson(1.0), "pathwise", 1, NotImplementedError, "discrete.*'measure_valued'"),
        (jd.Poisson(1.0), "enumeration", 1, NotImplementedError, "listed.*'score_function'"),
        (jd.Uniform(0.0, 1.0), "score_function", 1, NotImplementedError, "support.*'pathwise'"),
        (jd.Delta(0.0), "leave_one_out", 2, NotImplementedError, "support.*'pathwise'"),
        (jd.Categorical(jnp.ones(3)), "rebar", 1, NotImplementedError, "take OneHotCategorical"),
        (jd.Normal(0.0, 1.0), "gumbel_softmax", 1, NotImplementedError, "Bernoulli and OneHot"),
        (jd.Uniform(0.0, 1.0), es.Relax(jnp.sin), 1, NotImplementedError, "support.*'pathwise'"),
        (jd.Cauchy(0.0, 1.0), "measure_valued", 1, NotImplementedError, "weak_derivatives"),
        (jd.Categorical(jnp.ones(3)), "delta_method", 1, NotImplementedError, "closed form"),
        (jd.Masked(jd.Bernoulli(0.5), True), "enumeration", 1, NotImplementedError, "'pathwise'|"),
        (jd.Bernoulli(jnp.full(20, 0.5)), "enumeration", 1, NotImplementedError, "1048576 values"),
        (jd.Bernoulli(0.5), "without_replacement", 3, ValueError, "from 2 to 2"),
        (jd.Poisson(1.0), "leave_one_out", 1, ValueError, "at least 2; got 1"),
        (jd.Normal(0.0, 1.0), es.Pathwise(draws="antithetic"), 3, ValueError, "even; got 3"),
        (jd.Normal(0.0, 1.0), "reinforce", 1, ValueError, "one of pathwise, score_function"),
        (jd.Normal(0.0, 1.0), 3, 1, TypeError, "a name, one of"),
        (jd.Normal(0.0, 1.0), None, 0, ValueError, "positive integer; got 0"),
        (jd.Normal, None, 1, TypeError, "Distribution to draw from"),
        (jd.Joint([jd.Poisson(1.0)]), ["pathwise", None], 1, ValueError, "got 2 for 1"),
    ],
)
def test_misuse_is_a_clear_error(d, estimator, number, error, message):
    with pytest.raises(error, match=message):
        jd.expectation(jnp.sin, d, KEY, num_samples=number, estimator=estimator)


def test_misuse_of_draws():
    with pytest.raises(ValueError, match=r"independent.*got 'sobol'"):
        es.Pathwise(draws="sobol")
    d = jd.MultivariateNormal(jnp.zeros(2), jnp.eye(2))
    with pytest.raises(NotImplementedError, match="vectors do not have"):
        jd.expectation(jnp.sum, d, KEY, num_samples=2, estimator=es.Pathwise(draws="lattice"))
    with pytest.raises(ValueError, match="at most 64 dimensions; got 65"):
        es.lattice(KEY, 8, 65)


# --- results -------------------------------------------------------------------------------------


def test_trees_and_auxiliary_results_are_averaged():
    def f(x):
        return {"square": x**2, "both": jnp.stack([x, 2 * x])}, (x > 0, x)

    def objective(mu):
        d = jd.Normal(mu, 1.0)
        value, aux = jd.expectation(f, d, KEY, num_samples=1000, has_aux=True)
        return jnp.sum(value["both"]) + aux[1], (value, aux)

    gradient, (value, (positive, mean)) = jax.grad(objective, has_aux=True)(0.5)
    np.testing.assert_allclose(gradient, 3, rtol=1e-5)  # nothing from the auxiliary result
    draws = jd.Normal(0.5, 1.0)
    assert abs(value["square"] - 1.25) < 0.2
    assert abs(mean - 0.5) < 0.15
    assert abs(positive - draws.survival_function(0.0)) < 0.06
    np.testing.assert_allclose(value["both"], [mean, 2 * mean], rtol=1e-5)


@pytest.mark.parametrize("estimator", ["pathwise", "leave_one_out"])
def test_a_batch_is_drawn_as_one_and_vmap_makes_many(estimator):
    loc = jnp.array([0.5, 2.0])

    def product(loc):
        d = jd.Normal(loc, 0.1)
        return jd.expectation(jnp.prod, d, KEY, num_samples=2000, estimator=estimator)

    def each(loc):
        f = lambda x: x**2
        return jd.expectation(f, jd.Normal(loc, 0.1), KEY, num_samples=2000, estimator=estimator)

    np.testing.assert_allclose(jax.grad(product)(loc), loc[::-1], atol=0.2)
    np.testing.assert_allclose(jax.vmap(jax.grad(each))(loc), 2 * loc, atol=0.4)


def test_every_value_is_that_of_f():
    """A control variate changes derivatives, and no values."""
    d = jd.Bernoulli(jnp.array([0.3, 0.6]))
    f = lambda x: (x[0] - 0.45 * x[1]) ** 2
    possible = {f((a, b)) for a in (0, 1) for b in (0, 1)}
    estimators = "rebar", "straight_through", "measure_valued", es.GumbelSoftmax(hard=True)
    values = jax.jit(lambda d: [jd.expectation(f, d, KEY, estimator=e) for e in estimators])(d)
    for value in values:
        assert min(abs(value - p) for p in possible) < 1e-6


def test_impossible_values_are_not_evaluated():
    table = jnp.array([1.0, 2.0, 0.0])

    def objective(logits, estimator):
        d = jd.Categorical(logits=logits)
        return jd.expectation(
            lambda k: jnp.log(table[k]), d, KEY, num_samples=2, estimator=estimator
        )

    logits = jnp.array([0.0, 0.5, -jnp.inf])
    expected = jax.grad(lambda two: jax.nn.softmax(two) @ jnp.log(table[:2]))(logits[:2])
    for estimator in ("enumeration", "without_replacement"):
        gradient = jax.jit(jax.grad(objective), static_argnums=1)(logits, estimator)
        np.testing.assert_allclose(gradient, [*expected, 0], atol=1e-6)


def test_masked_categories_leave_rebar_finite():
    def objective(logits):
        d = jd.OneHotCategorical(logits=logits)
        f = lambda x: jnp.sum(x * jnp.array([1.0, 2.0, 3.0])) ** 2
        return jd.expectation(f, d, KEY, num_samples=50, estimator="rebar")

    gradient = jax.jit(jax.grad(objective))(jnp.array([0.0, 0.5, -jnp.inf]))
    assert np.all(np.isfinite(gradient))
    assert gradient[2] == 0


def test_half_precision():
    d = jd.Normal(jnp.bfloat16(1), jnp.bfloat16(1))
    for estimator in ("pathwise", "leave_one_out"):

        @jax.jit
        @jax.value_and_grad
        def run(d, estimator=estimator):
            return jd.expectation(jnp.square, d, KEY, num_samples=500, estimator=estimator)

        value, gradient = run(d)
        assert value.dtype == gradient.loc.dtype == jnp.bfloat16
        assert abs(float(gradient.loc) - 2) < 0.7


# --- programs ------------------------------------------------------------------------------------

PROGRAMS = {
    "defaults": (None, None, None),
    "scores": (es.ScoreFunction(0.5), es.ScoreFunction(1.0), "score_function"),
    "mixed": ("leave_one_out", "measure_valued", "pathwise"),
    "rebar": (es.Rebar(), "pathwise", "leave_one_out"),
}


@pytest.mark.parametrize(
    "names",
    [pytest.param(n, marks=() if n == "defaults" else pytest.mark.slow) for n in PROGRAMS],
)
def test_programs_are_unbiased(names):
    """heads, then x about c heads, then y about x: E[heads y^2 + c y] = p (2 c^2 + 2)."""
    first, second, third = PROGRAMS[names]
    number = 2 if names != "scores" else 1

    def estimate(theta, key):
        def program(draw):
            heads = draw(jd.Bernoulli(logits=theta[0]), first)
            x = draw(jd.Normal(theta[1] * heads, 1.0), second)
            y = draw(jd.Normal(x, 1.0), third if number == 1 or third != "leave_one_out" else None)
            return heads * y**2 + theta[1] * y

        return jd.program_expectation(program, key, num_samples=number)

    def exact(theta):
        return jax.nn.sigmoid(theta[0]) * (2 * theta[1] ** 2 + 2)

    assert_unbiased(estimate, exact, (0.3, 0.6))


def test_a_program_of_one_draw_is_an_expectation():
    d = jd.Normal(jnp.array([0.5, 1.0]), 1.0)
    for estimator in (None, "leave_one_out"):
        ours = jd.program_expectation(
            lambda draw, e=estimator: jnp.prod(draw(d, e)), KEY, num_samples=5
        )
        assert ours == jd.expectation(jnp.prod, d, KEY, num_samples=5, estimator=estimator)


def test_a_draw_of_a_program_may_be_made_many_times():
    """Each of 3 heads or tails is followed by a set of 2 of 3 categories, then by 4 numbers."""

    def program(draw):
        heads = draw(jd.Poisson(2.0), "leave_one_out")
        k = draw(jd.Categorical(jnp.ones(3)), "without_replacement", num_samples=2)
        x = draw(jd.Normal(heads + k, 1.0), num_samples=4)
        return jnp.stack([heads, k, x])

    def run(key):
        return jd.program_expectation(program, key, num_samples=3)

    heads, k, x = jnp.mean(jax.jit(jax.vmap(run))(jax.random.split(KEY, 4000)), 0)
    np.testing.assert_allclose([heads, k, x], [2, 1, 3], atol=0.1)
    with pytest.raises(ValueError, match="positive integer; got 0"):
        jd.program_expectation(lambda draw: draw(jd.Poisson(2.0), None, 0), KEY)


@pytest.mark.parametrize(("first", "calls"), [("leave_one_out", 3), ("pathwise", 3), (None, 6)])
def test_how_often_a_program_runs_to_its_end(first, calls):
    """The number of draws counts once; what is enumerated multiplies it."""
    ends = []

    def program(draw):
        x = draw(jd.Bernoulli(0.5) if first is None else jd.Normal(0.0, 1.0), first)
        y = draw(jd.Normal(1.0 * x, 1.0))
        jax.debug.callback(lambda _: ends.append(None), y)
        return y

    jax.block_until_ready(jd.program_expectation(program, KEY, num_samples=3))
    jax.effects_barrier()
    assert len(ends) == calls


def test_a_program_without_draws_is_its_result():
    value, aux = jd.program_expectation(lambda draw: (3.0, 4.0), KEY, has_aux=True)
    assert (value, aux) == (3.0, 4.0)


def test_draws_of_a_program_are_independent_of_each_other():
    """Equal distributions in sequence must not share a key."""

    def program(draw):
        x, y = draw(jd.Normal(0.0, 1.0)), draw(jd.Normal(0.0, 1.0))
        return jnp.stack([x * y, x**2, y**2])

    covariance, first, second = jd.program_expectation(program, KEY, num_samples=10_000)
    assert abs(covariance) < 0.05
    assert abs(first - 1) < 0.07
    assert abs(second - 1) < 0.07


def test_a_draw_inside_a_loop_is_a_clear_error():
    def program(draw):
        def step(total, _):
            return total + draw(jd.Normal(total, 1.0)), None

        return jax.lax.scan(step, 0.0, None, length=3)[0]

    with pytest.raises(RuntimeError, match="`draw` outside of"):
        jd.program_expectation(program, KEY)


@pytest.mark.parametrize("estimator", ["leave_one_out", "antithetic"])
def test_the_same_in_and_out_of_jit_scan_and_vmap(estimator):
    estimator = es.Pathwise(draws=estimator) if estimator == "antithetic" else estimator

    def gradient(mu, key):
        def objective(mu):
            d = jd.Normal(mu, 1.0)
            return jd.expectation(jnp.sin, d, key, num_samples=4, estimator=estimator)

        return jax.grad(objective)(mu)

    locations, keys = jnp.arange(3.0), jax.random.split(KEY, 3)
    plain = [gradient(mu, key) for mu, key in zip(locations, keys, strict=True)]

    @jax.jit
    def all_at_once(locations, keys):
        scanned = jax.lax.scan(lambda _, x: (None, gradient(*x)), None, (locations, keys))[1]
        return scanned, jax.vmap(gradient)(locations, keys)

    for transformed in all_at_once(locations, keys):
        np.testing.assert_allclose(transformed, plain, rtol=1e-5, atol=1e-6)


# --- pieces --------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [jd.Bernoulli(0.2), jd.OneHotCategorical(jnp.array([0.2, 0.5, 0.3]))])
def test_the_conditional_draws_of_rebar(d):
    """They give the same discrete value, and without it have the distribution of the others."""
    draws = jax.jit(couple, static_argnums=2)(d, KEY, 40_000)
    if isinstance(d, jd.Bernoulli):
        again = draws.given > 0
    else:
        again = jax.nn.one_hot(jnp.argmax(draws.given, -1), 3)
    np.testing.assert_array_equal(again, draws.hard)
    for power in (1, 2):
        np.testing.assert_allclose(
            jnp.mean(jnp.tanh(draws.soft) ** power, 0),
            jnp.mean(jnp.tanh(draws.given) ** power, 0),
            atol=0.02,
        )
    np.testing.assert_allclose(jnp.mean(draws.hard, 0), d.mean, atol=0.01)


def test_probabilities_of_sets_against_all_orders():
    p = np.array([0.3, 0.05, 0.2, 0.1])
    rest = 0.35

    def chance(members, gone=()):
        """Of drawing these first, in any order, when some values are gone."""
        total = 0.0
        for order in itertools.permutations(members):
            left, product = 1 - sum(p[g] for g in gone), 1.0
            for i in order:
                product, left = product * p[i] / left, left - p[i]
            total += product
        return total

    once, twice = jax.jit(leave_out_ratios)(jnp.array(p), jnp.array(rest))
    for s in range(4):
        others = [i for i in range(4) if i != s]
        np.testing.assert_allclose(once[s], chance(others, [s]) / chance(range(4)), rtol=1e-5)
        for r in others:
            pair = [i for i in others if i != r]
            expected = chance(pair, [s, r]) / chance(others, [s])
            np.testing.assert_allclose(twice[s, r], expected, rtol=1e-5)
        np.testing.assert_allclose(twice[s, s], 1, rtol=1e-6)


def test_all_values_drawn_without_replacement_are_an_enumeration():
    d = jd.Categorical(logits=jnp.array([0.0, 30.0, -30.0, 1.0]))

    def gradient(estimator):
        f = lambda k: jnp.array([1.0, 2.0, 4.0, 8.0])[k]
        return jax.jit(
            jax.value_and_grad(
                lambda d: jd.expectation(f, d, KEY, num_samples=4, estimator=estimator)
            )
        )(d)

    (value, slope), (exact, expected) = map(gradient, ("without_replacement", "enumeration"))
    np.testing.assert_allclose(value, exact, rtol=1e-6)
    np.testing.assert_allclose(slope.logits, expected.logits, rtol=1e-4, atol=1e-11)


def test_lattice_points_fill_the_cube():
    points = es.lattice(KEY, 256, 64)
    assert points.shape == (256, 64)
    assert np.all((points > 0) & (points < 1))
    for column in np.sort(points, 0).T:  # each projection is evenly spaced
        np.testing.assert_allclose(np.diff(column), 1 / 256, atol=1e-5)
    smooth = lambda u: np.mean(np.prod(1 + 0.5 * np.sin(2 * np.pi * u[:, :6]), 1)) - 1
    at_random = jax.vmap(lambda k: jax.random.uniform(k, (256, 6)))(jax.random.split(KEY, 50))
    shifted = jax.vmap(lambda k: es.lattice(k, 256, 6))(jax.random.split(KEY, 50))
    error, expected = (
        np.std([smooth(np.asarray(u)) for u in many]) for many in (shifted, at_random)
    )
    assert error < expected / 10


def test_straight_through_is_exact_for_what_is_linear():
    d = jd.OneHotCategorical(logits=jnp.array([0.1, 0.5, -0.4]))
    f = lambda x: x @ jnp.array([1.0, -2.0, 0.5])
    exact, biased = (
        jax.jit(jax.grad(lambda d, name=name: jd.expectation(f, d, KEY, estimator=name)))(d)
        for name in ("enumeration", "straight_through")
    )
    np.testing.assert_allclose(biased.logits, exact.logits, rtol=1e-5)


def test_the_bias_of_gumbel_softmax_falls_with_the_temperature():
    d = jd.Bernoulli(logits=0.4)
    f = lambda x: (x - 0.2) ** 2
    exact = jax.grad(lambda d: jd.expectation(f, d, KEY, estimator="enumeration"))(d).logits

    def bias(temperature):
        def objective(d):
            estimator = es.GumbelSoftmax(temperature)
            return jd.expectation(f, d, KEY, num_samples=200_000, estimator=estimator)

        return abs(jax.grad(objective)(d).logits - exact)

    warm, cold = jax.lax.map(bias, jnp.array([1.0, 0.2]))
    assert cold < 0.01 < warm


def test_a_moving_average_against_its_definition():
    seen = np.array([3.0, -1.0, 4.0, 1.5])
    weights = 0.8 ** np.arange(4)[::-1]
    average = es.MovingAverage(decay=0.8)
    assert average.value == 0
    average = jax.lax.scan(
        lambda m, x: (m.update(x), None), jax.tree.map(jnp.float32, average), seen
    )[0]
    np.testing.assert_allclose(average.value, seen @ weights / weights.sum(), rtol=1e-6)


def test_baselines_of_a_tree_and_from_a_function_of_what_is_known():
    d = jd.Normal(2.0, 1.0)
    f = lambda x: {"a": x**2, "b": x + 10}
    estimators = es.ScoreFunction(), es.ScoreFunction({"a": 5.0, "b": 12.0})

    @jax.jit
    @jax.vmap
    def gradients(key):
        return [
            jax.jacrev(lambda d, e=e: jd.expectation(f, d, key, estimator=e))(d) for e in estimators
        ]

    plain, helped = gradients(jax.random.split(KEY, 5000))
    for name, slope in (("a", 4), ("b", 1)):
        with_baseline, without = helped[name].loc, plain[name].loc
        assert abs(with_baseline.mean() - slope) < 6 * with_baseline.std() / 5000**0.5
        assert with_baseline.var() < without.var() / 1.5


# --- variances -----------------------------------------------------------------------------------


def variances(f, d, estimators, number=2):
    table = jd.gradient_statistics(
        f, d, KEY, estimators=estimators, num_samples=number, num_keys=4000
    )
    first, *others = table.values()
    for row in others:  # all estimate the same
        for mean, error, mean_0, error_0 in zip(
            *map(jax.tree.leaves, (row.mean, row.standard_error, first.mean, first.standard_error)),
            strict=True,
        ):
            assert np.all(np.abs(mean - mean_0) < 5 * np.hypot(error, error_0) + 1e-5)
    return {name: float(row.variance) for name, row in table.items()}


def test_variances_are_ordered_as_published():
    """The toy problem of Tucker et al. 2017 and Grathwohl et al. 2018: (x - 0.45)^2."""
    v = variances(
        lambda x: (x - 0.45) ** 2,
        jd.Bernoulli(logits=2.0),
        {
            "score_function": "score_function",
            "rebar": es.Rebar(temperature=5.0, strength=1.5),
            "leave_one_out": "leave_one_out",
            "without_replacement": "without_replacement",
        },
    )
    assert v["rebar"] < v["score_function"] / 5
    assert v["leave_one_out"] < v["score_function"] / 5
    assert v["without_replacement"] < 1e-10


def test_even_draws_and_paths_have_less_variance():
    v = variances(
        jnp.exp,
        jd.Normal(0.2, 0.5),
        {
            "score_function": "score_function",
            "leave_one_out": "leave_one_out",
            "delta_method": "delta_method",
            "pathwise": "pathwise",
            "antithetic": es.Pathwise(draws="antithetic"),
            "lattice": es.Pathwise(draws="lattice"),
        },
        number=16,
    )
    assert v["lattice"] < v["antithetic"] < v["pathwise"] < v["leave_one_out"] < v["score_function"]
    assert v["delta_method"] < v["leave_one_out"]


def bent(parameters, z):
    return parameters[0] + parameters[1] * jax.nn.sigmoid(parameters[2] * z)


@pytest.mark.parametrize(
    "estimator",
    [
        es.Rebar(jnp.array(0.5), jnp.array(0.5)),
        es.Relax(jax.tree_util.Partial(bent, jnp.array([0.0, 0.1, 1.0]))),
    ],
    ids=["rebar", "relax"],
)
def test_control_variates_are_learned(estimator):
    """By the gradient of the variance of the gradient, as in the papers of REBAR and RELAX."""

    def gradient(estimator, key):
        def objective(logits):
            f = lambda x: (x - 0.45) ** 2
            return jd.expectation(f, jd.Bernoulli(logits=logits), key, estimator=estimator)

        return jax.grad(objective)(2.0)

    def log_variance(estimator, keys):
        variance = jnp.var(jax.vmap(gradient, (None, 0))(estimator, keys))
        return jnp.log(variance + 1e-5)

    optimiser = optax.adam(0.05)

    @jax.jit
    def learn(estimator):
        def step(carry, key):
            estimator, state = carry
            slope = jax.grad(log_variance)(estimator, jax.random.split(key, 200))
            change, state = optimiser.update(slope, state)
            return (optax.apply_updates(estimator, change), state), None

        start = estimator, optimiser.init(estimator)
        (learned, _), _ = jax.lax.scan(step, start, jax.random.split(KEY, 200))
        keys = jax.random.split(jax.random.key(9), 10_000)
        return learned, log_variance(estimator, keys), log_variance(learned, keys)

    learned, before, after = learn(estimator)
    assert type(learned) is type(estimator)
    assert after < before - jnp.log(5.0)


def test_statistics_have_the_shape_of_the_distribution():
    d = jd.Normal(jnp.zeros(2), 1.0)
    table = jd.gradient_statistics(
        lambda x: jnp.sum(x**2), d, KEY, estimators=["pathwise", "score_function"], num_keys=10
    )
    assert list(table) == ["pathwise", "score_function"]
    for row in table.values():
        assert isinstance(row.mean, jd.Normal)
        assert row.standard_error.loc.shape == (2,)
        assert row.flops > 0
    with pytest.raises(ValueError, match="at least 2; got 1"):
        jd.gradient_statistics(jnp.sum, d, KEY, num_keys=1)


def test_statistics_leave_out_what_parameters_under_grad_do_not_allow():
    """A Binomial is listed by its total count, which `jax.grad` does not tell."""
    d = jd.Binomial(3, probs=0.5)
    table = jd.gradient_statistics(lambda x: 1.0 * x, d, KEY, num_keys=4)
    assert "leave_one_out" in table
    assert "enumeration" not in table
