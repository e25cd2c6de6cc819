"""Conjugate posteriors against Bayes' formula, estimates against the likelihood around them."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(5)
COVARIANCE = np.array([[2.0, 0.5], [0.5, 1.0]])

# The prior, the class of the likelihood and its other parameters, its unknown one, and data.
CONJUGATE = [
    (jd.Beta(2.0, 3.0), jd.Bernoulli, {}, "probs", [1, 0, 1, 1]),
    (jd.Beta(2.0, 3.0), jd.Binomial, {"total_count": 5}, "probs", [1, 4, 5]),
    (jd.Beta(2.0, 3.0), jd.Geometric, {}, "probs", [0, 2, 7]),
    (jd.Beta(2.0, 3.0), jd.NegativeBinomial, {"total_count": 4.0}, "probs", [0, 2, 7]),
    (jd.Gamma(2.0, 3.0), jd.Poisson, {}, "rate", [0, 2, 7]),
    (jd.Gamma(2.0, 3.0), jd.Exponential, {}, "rate", [0.5, 2.0]),
    (jd.Gamma(2.0, 3.0), jd.Gamma, {"concentration": 1.5}, "rate", [0.5, 2.0]),
    (jd.Gamma(2.0, 3.0), jd.InverseGamma, {"concentration": 1.5}, "rate", [0.5, 2.0]),
    (jd.Gamma(2.0, 3.0), jd.Pareto, {"scale": 0.25}, "alpha", [0.5, 2.0]),
    (jd.Normal(1.0, 2.0), jd.Normal, {"scale": 1.5}, "loc", [0.5, 3.0]),
    (jd.Normal(1.0, 2.0), jd.LogNormal, {"scale": 1.5}, "loc", [0.5, 3.0]),
    (jd.Pareto(1.0, 2.0), jd.Uniform, {}, "high", [0.5, 3.0]),
    (jd.Dirichlet([1.0, 2.0, 0.5]), jd.Categorical, {}, "probs", [0, 2, 2]),
    (jd.Dirichlet([1.0, 2.0, 0.5]), jd.OneHotCategorical, {}, "probs", np.eye(3)[[0, 2, 2]]),
    (
        jd.Dirichlet([1.0, 2.0, 0.5]),
        jd.Multinomial,
        {"total_count": 3},
        "probs",
        [[1, 0, 2], [0, 3, 0]],
    ),
    (jd.GeneralizedDirichlet([1.0, 2.0], [0.5, 3.0]), jd.Categorical, {}, "probs", [0, 2, 2]),
    (
        jd.GeneralizedDirichlet([1.0, 2.0], [0.5, 3.0]),
        jd.Multinomial,
        {"total_count": 3},
        "probs",
        [[1, 0, 2], [0, 3, 0]],
    ),
    (
        jd.MultivariateNormal(jnp.ones(2), scale_tril=[[1.0, 0.0], [0.5, 2.0]]),
        jd.MultivariateNormal,
        {"covariance_matrix": COVARIANCE},
        "loc",
        [[0.5, 1.0], [2.0, -1.0], [0.0, 1.5]],
    ),
    (
        jd.InverseWishart(4.0, COVARIANCE),
        jd.MultivariateNormal,
        {"loc": np.array([0.5, 0.0])},
        "covariance_matrix",
        [[0.5, 1.0], [2.0, -1.0], [0.0, 1.5]],
    ),
    (
        jd.Wishart(4.0, covariance_matrix=COVARIANCE),
        jd.MultivariateNormal,
        {"loc": np.array([0.5, 0.0])},
        "precision_matrix",
        [[0.5, 1.0], [2.0, -1.0], [0.0, 1.5]],
    ),
]


def log_joint(prior, likelihood, known, unknown, data, weights, theta):
    extra = {"low": 0.0} if likelihood is jd.Uniform else known
    if likelihood is jd.Multinomial:
        extra = {"total_count": jnp.asarray(known["total_count"])}
    log_likelihood = likelihood(**{unknown: theta}, **extra).log_prob(jnp.asarray(data))
    return prior.log_prob(theta) + jnp.sum(weights * log_likelihood)


@pytest.mark.parametrize(
    ("prior", "likelihood", "known", "unknown", "data"),
    CONJUGATE,
    ids=lambda x: x.__name__ if isinstance(x, type) else None,
)
def test_the_posterior_is_proportional_to_prior_times_likelihood(
    prior, likelihood, known, unknown, data
):
    other = {} if likelihood is jd.Multinomial else known
    weights = jnp.arange(1.0, len(data) + 1)
    posterior = jd.posterior(prior, likelihood, data, weights=weights, **other)
    assert type(posterior) is type(prior)
    draws = posterior.sample(KEY, 3)
    excess = [
        posterior.log_prob(x) - log_joint(prior, likelihood, known, unknown, data, weights, x)
        for x in draws
    ]
    np.testing.assert_allclose(excess, np.broadcast_to(excess[0], 3), rtol=2e-5, atol=2e-5)


def test_posteriors_of_a_batch():
    data = jnp.array([[0.0, 2.0, 5.0], [1.0, 2.0, 3.0]])
    batch = jd.posterior(jd.Gamma(2.0, 1.0), jd.Poisson, data)
    assert batch.batch_shape == (3,)
    one = jd.posterior(jd.Gamma(2.0, 1.0), jd.Poisson, data[:, 2])
    np.testing.assert_allclose(batch[2].concentration, one.concentration)


def test_what_is_not_conjugate_or_not_known_is_named():
    with pytest.raises(NotImplementedError, match="no conjugate update is known for"):
        jd.posterior(jd.Normal(0.0, 1.0), jd.Poisson, [1.0])
    with pytest.raises(TypeError, match=r"other parameters are \['scale'\]; got \[\]"):
        jd.posterior(jd.Normal(0.0, 1.0), jd.Normal, [1.0])
    with pytest.raises(ValueError, match="weights must have shape"):
        jd.posterior(jd.Beta(1.0, 1.0), jd.Bernoulli, [1, 0], weights=[1.0])
    with pytest.raises(ValueError, match="an axis of observations"):
        jd.fit(jd.Normal, 1.0)
    with pytest.raises(TypeError, match="give 'total_count' of Binomial"):
        jd.fit(jd.Binomial, [1.0], probs=0.5)
    with pytest.raises(TypeError, match="vectors or matrices of parameters; give `init`"):
        jd.fit(jd.Dirichlet, [1.0])
    with pytest.raises(TypeError, match="init must be a StudentT"):
        jd.fit(jd.StudentT, [1.0], init=jd.Normal(0.0, 1.0))
    with pytest.raises(
        TypeError, match=r"init has the parameters \['loc', 'scale'\]; got \['skale'\]"
    ):
        jd.fit(jd.Normal, [1.0], init=jd.Normal(0.0, 1.0), skale=True)


def test_what_is_fitted_by_an_example_alone_asks_for_one():
    for family, field in ((jd.Hurdle, "'base_dist'"), (jd.Joint, "'tree'"), (jd.Bates, "'total_c")):
        name = family.__name__
        message = rf"fit: {name} has no {field}.* give an example: fit\({name}, data, init="
        with pytest.raises(TypeError, match=message):
            jd.fit(family, [1.0, 2.0])


def test_transforms_and_kernels_are_not_fitted_unless_named_as_they_stay():
    """Their parameters may move what those of the distributions move."""
    data = jnp.array([0.5, 1.0, 2.0])
    moved = jd.TransformedDistribution(jd.Exponential(1.0), [jd.AffineTransform(0.0, 2.0)])
    with pytest.raises(TypeError, match=r"what \['transforms'\] hold .* not fitted.* fit_model"):
        jd.fit(jd.TransformedDistribution, data, init=moved)
    fitted = jd.fit(jd.TransformedDistribution, data, init=moved, transforms=True)
    np.testing.assert_allclose(fitted.base_dist.rate, 2 / (3.5 / 3), rtol=1e-5)
    errors = jd.standard_errors(fitted, data, fixed=("transforms",))
    np.testing.assert_array_equal(errors.transforms[0].scale, 0)
    process = jd.GaussianProcess(jd.kernels.RBF(1.0, 1.0), jnp.arange(3.0), noise_scale=0.1)
    with pytest.raises(TypeError, match=r"what \['kernel'\] hold are no parameters"):
        jd.fit(jd.GaussianProcess, jnp.ones((1, 3)), init=process)


def test_parts_of_a_joint_distribution_are_fitted_to_their_own_data():
    data = {"life": jnp.array([0.5, 1.0, 3.0]), "size": jnp.array([1.0, 2.0, 6.0])}
    start = jd.Joint({"life": jd.Exponential(1.0), "size": jd.Normal(0.0, 1.0)})
    fitted = jd.fit(jd.Joint, data, init=start, loc=True).tree
    np.testing.assert_allclose(fitted["life"].rate, 2 / 3, rtol=1e-5)
    np.testing.assert_allclose(fitted["size"].loc, 0)
    np.testing.assert_allclose(fitted["size"].scale, (41 / 3) ** 0.5, rtol=1e-5)
    same = jd.fit(jd.Joint, data, init=start, loc=True, scale=True)
    assert same.tree["size"].scale == 1
    errors = jd.standard_errors(same, data, fixed=("loc", "scale")).tree
    np.testing.assert_allclose(errors["life"].rate, 2 / 3 / 3**0.5, rtol=1e-5)
    with pytest.raises(ValueError, match="fit of Joint: data must be a tree like"):
        jd.fit(jd.Joint, [1.0], init=start)
    with pytest.raises(ValueError, match="there is nothing to fit"):
        jd.fit(jd.Joint, data, init=start, loc=True, scale=True, rate=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: jd.fit(jd.Normal, np.ones((4, 3)), loc=[1.0, 2.0]),
            r"fit of Normal: 'loc' has batch shape \(2,\), which .* that of the data, \(3,\)",
        ),
        (
            lambda: jd.fit(jd.OrderedLogistic, [0, 1], cutpoints=[[0.0], [1.0]]),
            r"'cutpoints' has batch shape \(2,\), which .* of the data, \(\)\. To fit several",
        ),
        (
            lambda: jd.fit(jd.OrderedLogistic, [0, 1], cutpoints=1.0),
            r"fit of OrderedLogistic: 'cutpoints' must have 1 or more axes; got shape \(\)",
        ),
        (
            lambda: jd.fit(jd.Gumbel, [0.0, 1.0], init=jd.Gumbel([1.0, 2.0], 1.0)),
            r"fit of Gumbel: init has batch shape \(2,\), which .* of the data, \(\)",
        ),
    ],
)
def test_what_is_given_for_another_batch_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.slow
def test_a_vector_may_be_given():
    """The others of the first category are as likely as those of the last, by symmetry."""
    fitted = jd.fit(jd.OrderedLogistic, [[0, 0], [2, 2], [1, 2]], cutpoints=[-1.0, 1.0])
    np.testing.assert_array_equal(fitted.cutpoints, [[-1, 1], [-1, 1]])
    np.testing.assert_allclose(fitted.loc[0], 0, atol=1e-4)
    assert fitted.loc[1] > 0.1


def test_nothing_to_fit_is_an_error():
    """All parameters are given, or are counts, or the ends of a support."""
    message = r"fit of Normal: there is nothing to fit; its parameters \(loc, scale\) are given"
    with pytest.raises(ValueError, match=message):
        jd.fit(jd.Normal, [1.0, 2.0], loc=0.0, scale=1.0)
    with pytest.raises(ValueError, match=message):
        jd.fit(jd.Normal, [1.0, 2.0], init=jd.Normal(0.0, 1.0), loc=True, scale=True)
    with pytest.raises(ValueError, match="there is nothing to fit"):
        jd.fit(jd.Uniform, [1.0, 2.0], init=jd.Uniform(0.0, 3.0))
    with pytest.raises(ValueError, match="there is nothing to fit"):
        jd.fit(jd.Masked, [1.0, 2.0], init=jd.Masked(jd.Normal(0.0, 1.0), True), loc=1, scale=1)
    with pytest.raises(ValueError, match=r"init must hold numbers to fit; got \{\}"):
        jd.fit_model(lambda _: jd.Normal(0.0, 1.0), {}, [1.0, 2.0])


def test_standard_errors_of_what_is_given_are_zero():
    errors = jd.standard_errors(jd.Normal(0.0, [1.0, 2.0]), np.ones((3, 2)), fixed=("loc", "scale"))
    assert isinstance(errors, jd.Normal)
    np.testing.assert_array_equal([errors.loc, errors.scale], np.zeros((2, 2)))


SMOOTH = [
    jd.Normal([0.5, -3.0], [1.0, 0.1]),
    jd.LogNormal([0.5, -3.0], [1.0, 0.1]),
    jd.Exponential([0.5, 10.0]),
    jd.Lindley([0.5, 10.0]),
    jd.HalfNormal([0.5, 10.0]),
    jd.Rayleigh([0.5, 10.0]),
    jd.Maxwell([0.5, 10.0]),
    jd.Gamma([0.3, 200.0], [2.0, 0.1]),
    jd.InverseGamma([0.8, 200.0], [2.0, 0.1]),
    jd.Bernoulli([0.3, 0.9]),
    jd.Poisson([0.3, 40.0]),
    jd.Geometric([0.3, 0.05]),
    pytest.param(jd.DiscreteLaplace([0.3, 2.0]), marks=pytest.mark.slow),
    jd.VonMises([0.5, 3.0], [0.3, 400.0]),
    jd.MultivariateNormalDiag(jnp.array([[0.5, 2.0], [-1.0, 3.0]]), jnp.array([0.5, 4.0])),
    jd.MultivariateNormal(jnp.array([0.5, 2.0]), covariance_matrix=COVARIANCE).expand((2,)),
]


@pytest.mark.parametrize("d", SMOOTH, ids=lambda d: type(d).__name__)
def test_the_gradient_of_the_likelihood_is_zero_at_the_estimate(d):
    data = d.sample(KEY, 200)
    weights = jnp.linspace(0.5, 1.5, 200)
    estimate = jd.fit(type(d), data, weights=weights)

    def mean_log_prob(estimate):
        return jnp.sum(weights[:, None] * estimate.log_prob(data)) / 200

    for leaf, slope in zip(
        jax.tree.leaves(estimate), jax.tree.leaves(jax.grad(mean_log_prob)(estimate)), strict=True
    ):
        np.testing.assert_allclose(slope * jnp.maximum(jnp.abs(leaf), 0.01), 0, atol=2e-3)


@pytest.mark.parametrize(
    ("d", "names"),
    [
        (jd.Laplace(2.0, 3.0), ("loc", "scale")),
        (jd.Uniform(-1.0, 5.0), ("low", "high")),
        (jd.Pareto(2.0, 3.0), ("scale", "alpha")),
        (jd.OneHotCategorical([0.2, 0.3, 0.5]), ("probs",)),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, jd.Distribution) else None,
)
def test_estimates_are_near_the_parameters_of_many_draws(d, names):
    estimate = jd.fit(type(d), d.sample(KEY, 20_000))
    for name in names:
        np.testing.assert_allclose(getattr(estimate, name), getattr(d, name), rtol=0.05)


def test_weights_count_observations():
    twice = jd.fit(jd.Laplace, [1.0, 2.0, 2.0, 7.0])
    weighted = jd.fit(jd.Laplace, [1.0, 7.0, 2.0], weights=[1.0, 1.0, 2.0])
    np.testing.assert_allclose(weighted.scale, twice.scale)
    np.testing.assert_allclose(weighted.loc, 2.0)


def test_the_spread_of_normal_data_far_from_zero_does_not_cancel():
    data = np.float32(1e4) + stats.norm.rvs(size=1000, random_state=0).astype(np.float32)
    np.testing.assert_allclose(jd.fit(jd.Normal, data).scale, np.std(data.astype(float)), 1e-5)


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda: jd.fit(jd.Exponential, [2.0, -1.0]), r"fit of Exponential: .*'data' .*at index"),
        (lambda: jd.fit(jd.Bernoulli, [0, 2]), r"'data' must satisfy boolean; got 2"),
        (lambda: jd.fit(jd.Pareto, [0.0, 2.0]), r"'data' must satisfy GreaterThan\(.*; got 0"),
        (lambda: jd.fit(jd.Normal, [np.nan, 2.0]), r"'data' must satisfy real; got nan"),
        (lambda: jd.fit(jd.Normal, []), "fit of Normal: data must have at least one observation"),
        (lambda: jd.fit(jd.Normal, [1.0, 2.0], weights=[-1.0, 3.0]), r"fit: .*'weights'.*got -1"),
        (
            lambda: jd.fit(
                jd.Truncated, [0.5, 2.0], init=jd.Truncated(jd.Exponential(1.0), low=1.0)
            ),
            r"fit of Truncated from init: .*'data' .*; got 0.5",
        ),
        (
            lambda: jd.standard_errors(jd.Exponential(1.0), [-1.0]),
            r"standard_errors of Exponential: .*'data' .*; got -1",
        ),
        (
            lambda: jd.posterior(jd.Beta(1.0, 1.0), jd.Bernoulli, [1, 2]),
            r"posterior of Bernoulli: .*'data' must satisfy boolean; got 2",
        ),
        (
            lambda: jd.posterior(jd.Beta(1.0, 1.0), jd.Binomial, [1, 4], total_count=3),
            r"posterior of Binomial: .*'data' must satisfy IntegerInterval.*; got 4",
        ),
        (
            lambda: jd.posterior(jd.Dirichlet([1.0, 2.0]), jd.Categorical, [0, 2]),
            r"posterior of Categorical: .*'data' must satisfy IntegerInterval.*; got 2",
        ),
    ],
)
def test_observations_that_cannot_be_are_named(fit, message):
    with pytest.raises(ValueError, match=message):
        fit()


@pytest.mark.slow
def test_observations_that_cannot_be_are_named_without_a_closed_form():
    with pytest.raises(ValueError, match=r"fit of Weibull: .*'data' .*; got -1"):
        jd.fit(jd.Weibull, [-1.0, 2.0])


def test_observations_of_weight_zero_may_be_anything():
    estimate = jd.fit(jd.Exponential, [-1.0, 2.0], weights=[0.0, 1.0])
    np.testing.assert_allclose(estimate.rate, 0.5)
    with jd.validation("off"):
        jd.fit(jd.Exponential, [-1.0, 2.0])


# --- without a closed form -----------------------------------------------------------------------

NUMERICAL = [
    jd.StudentT(4.0, 1.0, 2.0),
    jd.Weibull(2.0, 1.5),
    jd.Gumbel(1.0, 2.0),
    jd.Cauchy(3.0, 0.7),
    jd.Beta(0.7, 3.0),
    jd.NegativeBinomial(3.0, 0.4),
    jd.Skellam(3.0, 1.0),
    jd.Zipf(2.5),
    jd.GeneralizedExtremeValue(1.0, 2.0, 0.1),
    jd.InverseGaussian(2.0, 3.0),
    jd.Kumaraswamy(2.0, 0.7),
    jd.JohnsonSU(0.5, 1.5, 1.0, 2.0),
    jd.LambertWNormal(0.5, 1.5, 0.2),
    jd.LogLogistic(0.5, 0.3),
    jd.NoncentralChi2(3.0, 4.0),
]


@pytest.mark.slow
@pytest.mark.parametrize("d", NUMERICAL, ids=lambda d: type(d).__name__)
def test_numerical_estimates_are_within_their_standard_errors(d):
    known = {"total_count": 3.0} if isinstance(d, jd.NegativeBinomial) else {}
    data = d.sample(KEY, 4000)
    estimate = jd.fit(type(d), data, **known)
    errors = jd.standard_errors(estimate, data)
    for name in vars(d):
        distance = abs(float(getattr(estimate, name)) - float(getattr(d, name)))
        assert distance <= 4.5 * float(getattr(errors, name)) + 1e-3, name


@pytest.mark.slow
def test_a_fit_by_newtons_method_of_a_batch():
    data = stats.gumbel_r(1.0, 2.0).rvs((300, 2), random_state=0)
    estimate = jd.fit(jd.Gumbel, data)
    expected = np.array([stats.gumbel_r.fit(data[:, i]) for i in range(2)])
    np.testing.assert_allclose(estimate.loc, expected[:, 0], rtol=1e-3)
    np.testing.assert_allclose(estimate.scale, expected[:, 1], rtol=1e-3)


@pytest.mark.slow
def test_a_fit_from_a_distribution_fits_those_that_it_is_made_of():
    truth = jd.Truncated(jd.Normal(0.0, 1.0), low=0.5)
    data = truth.sample(KEY, 20_000)
    start = jd.Truncated(jd.Normal(1.0, 2.0), low=0.5)
    estimate = jd.fit(jd.Truncated, data, init=start)
    errors = jd.standard_errors(estimate, data)
    assert float(estimate.low) == 0.5
    assert abs(estimate.base_dist.loc) < 4 * errors.base_dist.loc
    given = jd.fit(jd.Truncated, data, init=start, scale=True)
    assert float(given.base_dist.scale) == 2.0


@pytest.mark.slow
@pytest.mark.parametrize("fixed", [0.5, "loc", ("rate",), ([],)])
def test_what_is_fixed_are_names_of_parameters(fixed):
    with pytest.raises(ValueError, match=r"fixed must be a tuple .*, which are loc, scale; got"):
        jd.standard_errors(jd.Normal(0.0, 1.0), [1.0, 2.0], fixed=fixed)


def test_standard_errors_of_the_normal_distribution():
    data = np.random.default_rng(0).normal(1.0, 2.0, 500)
    estimate = jd.fit(jd.Normal, data)
    errors = jd.standard_errors(estimate, data)
    np.testing.assert_allclose(errors.loc, estimate.scale / np.sqrt(500), rtol=1e-4)
    np.testing.assert_allclose(errors.scale, estimate.scale / np.sqrt(1000), rtol=1e-3)


@pytest.mark.parametrize(("loc", "scale"), [(1e4, 0.05), (0.0, 1e-15), (-1e20, 1e18)])
def test_standard_errors_do_not_depend_on_the_units(loc, scale):
    data = loc + scale * np.random.default_rng(0).normal(size=400)
    estimate = jd.fit(jd.Normal, data)
    errors = jd.standard_errors(estimate, data)
    np.testing.assert_allclose(errors.loc / estimate.scale, 1 / 20, rtol=2e-3)
    np.testing.assert_allclose(errors.scale / estimate.scale, 1 / math.sqrt(800), rtol=5e-3)


@pytest.mark.parametrize(
    "d",
    [
        jd.OrderedLogistic(jnp.array([-1.0, 0.5, 2.0]), loc=0.3),
        pytest.param(
            jd.StoppingRatioLogistic(jnp.array([-1.0, 0.5, 2.0]), loc=0.3), marks=pytest.mark.slow
        ),
    ],
    ids=lambda d: type(d).__name__,
)
def test_standard_errors_of_what_data_do_not_determine_are_nan(d):
    """All cutpoints and `loc` may move together; the Hessian is singular up to rounding."""
    data = d.sample(KEY, 20_000)
    errors = jd.standard_errors(d, data)
    assert np.isnan(errors.loc)
    assert np.all(np.isnan(errors.cutpoints))
    of_cutpoints = jd.standard_errors(d, data, fixed=("loc",))
    assert of_cutpoints.loc == 0
    assert np.all((of_cutpoints.cutpoints > 0.01) & (of_cutpoints.cutpoints < 0.04))


def test_what_a_regression_does_not_determine_has_errors_of_nan():
    data = np.random.default_rng(0).normal(size=50)
    fitted = jd.fit_model(lambda p: jd.Normal(p["a"] + p["b"], 1.0), {"a": 0.0, "b": 1.0}, data)
    np.testing.assert_allclose(fitted.parameters["a"] + fitted.parameters["b"], data.mean(), 1e-3)
    assert np.all(np.isnan(fitted.covariance))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("d", "expected"),
    [
        (jd.Normal([0.0, 1.0], [1.0, 3.0]), lambda d: (1 / d.scale**2, 2 / d.scale**2)),
        (jd.Exponential([0.5, 10.0]), lambda d: (1 / d.rate**2,)),
        (jd.Poisson([0.5, 10.0]), lambda d: (1 / d.rate,)),
        (jd.Bernoulli([0.3, 0.9]), lambda d: (1 / d.probs / (1 - d.probs),)),
        (jd.Cauchy(0.0, [1.0, 3.0]), lambda d: (0.5 / d.scale**2, 0.5 / d.scale**2)),
        (jd.Geometric([0.3, 0.9]), lambda d: (1 / d.probs**2 / (1 - d.probs),)),
        (
            jd.Logistic(0.0, [1.0, 2.0]),
            lambda d: (1 / d.scale**2 / 3, (np.pi**2 / 9 + 1 / 3) / d.scale**2),
        ),
    ],
    ids=lambda x: type(x).__name__,
)
def test_the_fisher_information(d, expected):
    got = np.asarray(d.fisher_information())
    assert got.shape == (2, len(expected(d)), len(expected(d)))
    for i, value in enumerate(expected(d)):
        np.testing.assert_allclose(got[:, i, i], value, rtol=2e-5)


@pytest.mark.slow
def test_a_regression_with_censored_observations():
    """Exponential lifetimes of two groups: the estimates are events over time, as logarithms."""
    time, limit = np.array([1.0, 2.0, 5.0, 0.5, 3.0, 5.0]), 5.0
    group = np.array([0, 0, 0, 1, 1, 1])

    def model(log_rate):
        return jd.Censored(jd.Exponential(jnp.exp(log_rate[group])), high=limit)

    fit = jd.fit_model(model, np.zeros(2), time)
    np.testing.assert_allclose(jnp.exp(fit.parameters), [2 / 8, 2 / 8.5], rtol=1e-5)
    np.testing.assert_allclose(fit.standard_errors, [1 / np.sqrt(2)] * 2, rtol=1e-4)
    with pytest.raises(ValueError, match="probability 0 at `init`"):
        jd.fit_model(lambda a: jd.Uniform(0.0, jnp.exp(a)), 0.0, [2.0])


@pytest.mark.slow
def test_the_posterior_of_mean_and_variance_is_proportional_to_prior_times_likelihood():
    prior, data = jd.NormalInverseGamma(0.5, 2.0, 3.0, 4.0), jnp.array([1.0, 2.0, 4.0])
    weights = jnp.array([1.0, 2.0, 3.0])
    posterior = jd.posterior(prior, jd.Normal, data, weights=weights)
    draws = posterior.sample(KEY, 5)
    scale = jnp.sqrt(draws[:, 1:])
    terms = jd.Normal(draws[:, :1] * jnp.ones(3), scale * jnp.ones(3)).log_prob(
        data * jnp.ones((5, 3))
    )
    excess = posterior.log_prob(draws) - prior.log_prob(draws) - terms @ weights
    np.testing.assert_allclose(excess, excess[0], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("weights", [{"logits": jnp.zeros(2)}, {"probs": jnp.array([0.5, 0.5])}])
def test_a_fit_of_a_truncated_mixture(weights):
    def mixture(weights, loc, scale):
        components = jd.Normal(jnp.array(loc), jnp.array(scale))
        return jd.Truncated(jd.MixtureSameFamily(weights, components), low=-1.5, high=4.0)

    truth = mixture(jd.Categorical(jnp.array([0.3, 0.7])), [-1.0, 2.0], [0.5, 1.0])
    data = truth.sample(KEY, 2000)
    start = mixture(jd.Categorical(**weights), [0.0, 1.0], [1.0, 1.0])
    estimate = jd.fit(jd.Truncated, data, init=start)
    assert estimate.log_prob(data).mean() > truth.log_prob(data).mean()
    components = estimate.base_dist.component_distribution
    errors = jd.standard_errors(estimate, data).base_dist
    distance = jnp.abs(components.loc - jnp.array([-1.0, 2.0]))
    assert np.all(distance < 4 * errors.component_distribution.loc)
    (error,) = jax.tree.leaves(errors.mixture_distribution)
    assert np.all(np.isfinite(error))


@pytest.mark.slow
def test_a_fit_of_a_mixture_of_different_supports():
    def mixture(rate, loc):
        parts = [jd.Exponential(rate), jd.Normal(loc, 1.0)]
        return jd.Truncated(jd.Mixture(jd.Categorical(jnp.array([0.5, 0.5])), parts), low=0.0)

    truth = mixture(2.0, 4.0)
    data = truth.sample(KEY, 1000)
    estimate = jd.fit(jd.Truncated, data, init=mixture(1.0, 3.0))
    assert estimate.log_prob(data).mean() > truth.log_prob(data).mean()


@pytest.mark.slow
def test_a_fit_of_masked_logits_leaves_them_masked():
    start = jd.Categorical(logits=jnp.array([0.0, 0.0, -jnp.inf]))
    estimate = jd.fit(jd.Categorical, [0, 0, 0, 1], init=start)
    np.testing.assert_allclose(estimate.probs, [0.75, 0.25, 0.0], rtol=1e-4)


@pytest.mark.slow
def test_fits_of_pairs_begin_somewhere():
    pairs = jd.SineBivariateVonMises(0.5, -1.0, 4.0, 2.0, 1.5).sample(jax.random.key(0), 2000)
    with pytest.raises(TypeError, match="not a distribution of single numbers; give `init`"):
        jd.fit(jd.SineBivariateVonMises, pairs)
    start = jd.SineBivariateVonMises(0.0, 0.0, 1.0, 1.0, 0.0)
    fitted = jd.fit(jd.SineBivariateVonMises, pairs, init=start)
    np.testing.assert_allclose(fitted.phi_concentration, 4, rtol=0.1)


@pytest.mark.parametrize("name", ["covariance_matrix", "scale_tril", "precision_matrix"])
def test_standard_errors_of_the_mean_of_normal_vectors(name):
    """The covariance over n, although half of a triangular matrix moves nothing."""
    x = jax.random.normal(jax.random.key(0), (100, 2)) * jnp.array([1.0, 3.0])
    estimate = jd.fit(jd.MultivariateNormal, x)
    same = jd.MultivariateNormal(estimate.loc, **{name: getattr(estimate, name)})
    errors = jd.standard_errors(same, x)
    np.testing.assert_allclose(errors.loc, jnp.std(x, 0) / 10, rtol=1e-3)
    assert np.all(np.isfinite(jax.tree.leaves(errors)[1]))
