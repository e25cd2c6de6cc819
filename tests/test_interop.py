"""Conversion from and to other libraries: the same densities over the catalog, and round trips.

The slow tests of torch, numpyro and TFP run where these are installed.
"""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd
from tests.catalog import EXAMPLES

KEY = jax.random.key(11)


def examples():
    """The first distribution of each class in the catalog."""
    first = {}
    for _, d in EXAMPLES:
        first.setdefault(type(d).__name__, d)
    return first


FIRST = examples()
SCIPY = [
    *["Normal", "Laplace", "Cauchy", "Logistic", "Gumbel", "Levy", "Moyal", "HalfNormal"],
    *["HalfCauchy", "Maxwell", "Rayleigh", "StudentT", "SkewNormal", "GeneralizedNormal"],
    *["GeneralizedExtremeValue", "GeneralizedPareto", "AsymmetricLaplace", "Uniform", "Arcsine"],
    *["Triangular", "TruncatedNormal", "LogUniform", "Exponential", "Gamma", "InverseGamma"],
    *["InverseGaussian", "Beta", "LogNormal", "LogLogistic", "Weibull", "Frechet", "Pareto", "Chi"],
    *["Chi2", "FisherSnedecor", "VonMises", "Bernoulli", "Binomial", "BetaBinomial", "Geometric"],
    *["NegativeBinomial", "Poisson", "DiscreteUniform", "BetaNegativeBinomial", "DiscreteLaplace"],
    *["Hypergeometric", "LogSeries", "Skellam", "Zipf", "NoncentralChi2", "Gompertz"],
    *["ExponentiallyModifiedGaussian", "NoncentralF", "NoncentralT", "GeneralizedInverseGaussian"],
    *["FisherNoncentralHypergeometric", "WalleniusNoncentralHypergeometric", "Cosine"],
]
QUICK = {"Normal", "Geometric"}


def log_prob_of_scipy(frozen, x):
    return (frozen.logpmf if hasattr(frozen.dist, "pmf") else frozen.logpdf)(x)


def with_same_leaves(a, b, rtol=1e-6):
    assert type(a) is type(b)
    for name in a.arg_constraints:
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=rtol, atol=1e-6)


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in SCIPY]
)
def test_scipy_has_the_same_density(name):
    d = FIRST[name]
    x = np.asarray(d.sample(KEY, (5,)))
    frozen = jd.interop.to_scipy(d)
    np.testing.assert_allclose(
        d.log_prob(x), log_prob_of_scipy(frozen, x.astype(float)), rtol=1e-4, atol=1e-4
    )
    again = jd.interop.from_scipy(frozen)
    np.testing.assert_allclose(again.log_prob(x), d.log_prob(x), rtol=1e-3, atol=1e-3)
    assert type(again) is type(d)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("d", "frozen"),
    [
        (jd.MultivariateNormal([1.0, 2.0], [[2.0, 0.5], [0.5, 1.0]]), "multivariate_normal"),
        (jd.Dirichlet([1.0, 2.0, 3.0]), "dirichlet"),
        (jd.Wishart(4.0, [[2.0, 0.5], [0.5, 1.0]]), "wishart"),
    ],
)
def test_scipy_has_the_same_vectors_and_matrices(d, frozen):
    theirs = jd.interop.to_scipy(d)
    assert type(theirs).__name__ == f"{frozen}_frozen"
    x = np.asarray(d.sample(KEY), float)
    x = x / x.sum() if frozen == "dirichlet" else x
    np.testing.assert_allclose(d.log_prob(x), theirs.logpdf(x), rtol=1e-5)
    again = jd.interop.from_scipy(theirs)
    np.testing.assert_allclose(again.log_prob(x), d.log_prob(x), rtol=1e-5)


@pytest.mark.slow
def test_scipy_has_the_same_means_and_variances():
    pytest.importorskip("scipy", "1.15")
    d = jd.NormalInverseGamma([0.5, -1.0], 3.0, [2.5, 4.0], 1.5)
    theirs, x = jd.interop.to_scipy(d), np.asarray(d.sample(KEY, (3,)), float)
    np.testing.assert_allclose(d.log_prob(x), theirs.logpdf(x[..., 0], x[..., 1]), rtol=1e-5)
    with_same_leaves(jd.interop.from_scipy(theirs), d)


def test_scipy_has_the_same_directions():
    theirs = jd.interop.to_scipy(jd.SphericalUniform(3))
    assert theirs.rvs().shape == (3,)
    assert jd.interop.from_scipy(theirs).dimension == 3
    with pytest.raises(ValueError, match=r"has no batches; got batch shape \(2,\)"):
        jd.interop.to_scipy(jd.SphericalUniform(3).expand(2))


def test_what_cannot_be_converted_is_named():
    with pytest.raises(NotImplementedError, match="no family like Kumaraswamy"):
        jd.interop.to_scipy(jd.Kumaraswamy(1.0, 2.0))
    with pytest.raises(ValueError, match=r"has loc 0 of scipy\.stats\.gamma; got 3"):
        jd.interop.from_scipy(stats.gamma(2.0, loc=3.0))
    with pytest.raises(NotImplementedError, match="no class like"):
        jd.interop.from_scipy(stats.kstwo(3))
    with pytest.raises(TypeError, match="the argument of to_torch"):
        jd.interop.to_torch(3.0)


@pytest.mark.parametrize("name", ["torch", "numpyro", "tfp"])
def test_a_package_that_is_missing_is_named(name, monkeypatch):
    def missing(module):
        raise ImportError(f"No module named {module!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=rf"to_{name} needs {name}.*pip install {name}"):
        getattr(jd.interop, f"to_{name}")(jd.Normal(0.0, 1.0))


# --- torch, numpyro, TFP -------------------------------------------------------------------------

LIBRARIES = {
    "torch": jd.interop.torch_classes.TORCH,
    "numpyro": jd.interop.numpyro_classes.NUMPYRO,
    "tfp": jd.interop.tfp_classes.TFP,
}
NESTED = {
    "Unit": jd.Unit(np.array([1.0, 2.0])),
    "Independent": jd.Independent(jd.Normal(np.zeros(3), 2.0), 1),
    "MixtureSameFamily": jd.MixtureSameFamily(
        jd.Categorical([0.3, 0.7]), jd.Normal(np.array([0.0, 3.0]), 1.0)
    ),
    "Sample": jd.Sample(jd.Normal(0.5, 2.0), (3,)),
    "Masked": jd.Masked(jd.Normal(np.zeros(2), 2.0), np.array([True, False])),
    "Hurdle": jd.Hurdle(jd.Gamma(2.0, 1.0), 0.3),
    "ZeroInflated": jd.ZeroInflated(jd.Poisson(2.0), 0.3),
    "TransformedDistribution": jd.TransformedDistribution(
        jd.Normal(0.5, 2.0), [jd.AffineTransform(1.0, 0.5), jd.ExpTransform()]
    ),
}


def is_finite(d):
    return all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(d))


def families():
    """Every class of each library's table, by all its parameterizations in the catalog."""
    cases = []
    for library, table in LIBRARIES.items():
        names = {entry.ours for entry in table.entries if not entry.ours.endswith("Transform")}
        for name in sorted(names - {"LowerCholeskyAffine"}):
            found = [d for _, d in reversed(EXAMPLES) if type(d).__name__ == name and is_finite(d)]
            by_parameters = {tuple(vars(d)): d for d in found}  # the first row of each
            found = [NESTED[name]] if name in NESTED else by_parameters.values()
            cases += [pytest.param(library, d, id=f"{library} {name}") for d in found]
    return cases


@pytest.mark.slow
def test_torchs_multinomial_has_one_count():
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="has one total_count for the whole batch"):
        jd.interop.to_torch(jd.Multinomial([2, 3], [0.5, 0.5]))


def as_array(x):
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


@pytest.mark.slow
@pytest.mark.parametrize(("library", "d"), families())
def test_the_library_has_the_same_density(library, d):
    pytest.importorskip(LIBRARIES[library].modules[0])
    if library == "torch" and isinstance(d, jd.Multinomial | jd.RelaxedOneHotCategorical):
        d = d[0] if d.batch_shape else d
    theirs = getattr(jd.interop, f"to_{library}")(d)
    x = d.sample(KEY, (4,))
    value = LIBRARIES[library].as_theirs(np.asarray(x))
    value = value.float() if library == "torch" else value
    found = as_array(theirs.log_prob(value))
    finite = np.isfinite(found)  # TFP's GeneralizedExtremeValue is not at some draws
    assert np.mean(finite) > 0.9
    expected = np.asarray(d.log_prob(x))
    np.testing.assert_allclose(found[finite], expected[finite], rtol=2e-3, atol=2e-3)
    again = getattr(jd.interop, f"from_{library}")(theirs)
    assert type(again) is type(d)
    np.testing.assert_allclose(again.log_prob(x), d.log_prob(x), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_numpyro_samples_our_distributions():
    """HMC of a Gamma-Poisson model by numpyro, with our densities, and enumeration."""
    numpyro = pytest.importorskip("numpyro")
    from numpyro.infer import MCMC, NUTS

    counts = jnp.array([2, 0, 3, 1, 4])

    def model():
        rate = numpyro.sample("rate", jd.interop.as_numpyro(jd.Gamma(2.0, 1.0)))
        with numpyro.plate("data", 5):
            numpyro.sample("counts", jd.interop.as_numpyro(jd.Poisson(rate)), obs=counts)
        probs = numpyro.sample("probs", jd.interop.as_numpyro(jd.Dirichlet(jnp.ones(3))))
        numpyro.sample("class", jd.interop.as_numpyro(jd.Categorical(probs)), obs=1)

    mcmc = MCMC(NUTS(model), num_warmup=500, num_samples=2000, progress_bar=False)
    mcmc.run(KEY)
    draws = mcmc.get_samples()
    posterior = jd.Gamma(2.0 + 10, 1.0 + 5)
    np.testing.assert_allclose(draws["rate"].mean(), posterior.mean, atol=0.08)
    np.testing.assert_allclose(draws["probs"].mean(0), [0.25, 0.5, 0.25], atol=0.03)
    d = jd.interop.as_numpyro(jd.Normal(jnp.zeros(3), 1.0))
    assert d.log_prob(jnp.zeros((4, 1))).shape == (4, 3)
    assert d.expand((2, 3)).to_event(1).sample(KEY).shape == (2, 3)
    assert jd.interop.from_numpyro(d) is d.jaxdist
    jax.tree.map(jnp.copy, d)


@pytest.mark.slow
def test_numpyros_expanded_distributions_are_converted():
    dist = pytest.importorskip("numpyro.distributions")
    d = jd.interop.from_numpyro(dist.Normal(1.0, 2.0).expand([3]).to_event(1))
    with_same_leaves(d.base_dist, jd.Normal(jnp.full(3, 1.0), 2.0))


@pytest.mark.slow
def test_numpyros_hurdles_of_named_families_are_converted():
    dist = pytest.importorskip("numpyro.distributions")
    for theirs, base in (
        (dist.HurdleGamma(0.3, 2.0, 1.5), jd.Gamma(2.0, 1.5)),
        (dist.HurdleLogNormal(0.3, 0.5, 1.5), jd.LogNormal(0.5, 1.5)),
        (dist.HurdlePoisson(0.3, 2.0), jd.Poisson(2.0)),
    ):
        ours = jd.interop.from_numpyro(theirs)
        assert type(jd.interop.to_numpyro(jd.Hurdle(base, 0.3))).__name__.startswith("Hurdle")
        assert type(ours.base_dist) is type(base)
        x = jnp.array([0, 1, 3])
        np.testing.assert_allclose(ours.log_prob(x), theirs.log_prob(x), rtol=1e-5)


@pytest.mark.slow
def test_densities_and_factors_in_numpyro():
    """Those that numpyro has in a form of its own, not at all, or by our adapter."""
    numpyro = pytest.importorskip("numpyro")
    dist, x = numpyro.distributions, jnp.array([0.0, 0.5, 2.0])
    factor = jd.interop.to_numpyro(jd.Unit([1.0, 2.0]))
    np.testing.assert_array_equal(factor.log_prob(jnp.zeros((2, 0))), [1, 2])
    np.testing.assert_array_equal(jd.interop.from_numpyro(factor).log_factor, [1, 2])
    with pytest.raises(NotImplementedError, match=r"ImproperUniform.*`as_numpyro` takes any"):
        jd.interop.to_numpyro(jd.ImproperUniform(jd.constraints.positive))
    with pytest.raises(NotImplementedError, match=r"zeros of counts alone; .*Use `as_numpyro`"):
        jd.interop.to_numpyro(jd.ZeroInflated(jd.Gamma(2.0, 1.0), 0.3))
    with pytest.raises(NotImplementedError, match=r"no class like.*NegativeBinomial2"):
        jd.interop.from_numpyro(dist.ZeroInflatedNegativeBinomial2(2.0, 3.0, gate=0.3))
    for d in (jd.Hurdle(jd.Gamma(2.0, 1.0), 0.3), jd.ZeroInflated(jd.Normal(0.0, 1.0), 0.3)):
        theirs = jd.interop.as_numpyro(d)
        np.testing.assert_allclose(theirs.log_prob(x), d.log_prob(x))
        assert jd.interop.from_numpyro(theirs) is d

    def model():
        scale = jd.interop.as_numpyro(jd.ImproperUniform(jd.constraints.positive))
        numpyro.sample("x", dist.Normal(0.0, numpyro.sample("scale", scale)), obs=1.0)

    start = numpyro.infer.util.initialize_model(KEY, model)
    np.testing.assert_allclose(  # of the density and of the map, at log(scale) = 0
        start.potential_fn({"scale": 0.0}), -stats.norm.logpdf(1.0), rtol=1e-6
    )


TRANSFORMS = [
    jd.AffineTransform(1.0, [2.0, -0.5]),
    jd.ExpTransform(),
    jd.SigmoidTransform(),
    jd.SoftplusTransform(),
    jd.TanhTransform(),
    jd.IdentityTransform(),
    jd.ComposeTransform([jd.AffineTransform(0.5, 2.0), jd.TanhTransform()]),
    jd.InverseTransform(jd.TanhTransform()),
    jd.StickBreakingTransform(),
    jd.CorrCholeskyTransform(),
    jd.OrderedTransform(),
    jd.PermuteTransform((2, 0, 1)),
    jd.ReshapeTransform((3,), (3, 1)),
    jd.SinhArcsinhTransform(0.3, 1.2),
    jd.IntervalTransform(-1.0, 2.0),
]


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("t", TRANSFORMS, ids=lambda t: type(t).__name__)
def test_the_library_has_the_same_transform(library, t):
    pytest.importorskip(LIBRARIES[library].modules[0])
    try:
        theirs = getattr(jd.interop, f"to_{library}")(t)
    except NotImplementedError:
        pytest.skip(f"{library} has no {type(t).__name__}")
    shape = (2,) if isinstance(t, jd.AffineTransform) else (3,)
    x = np.float32([0.3, -0.2, 0.7])[: shape[0]]
    y = theirs.forward(x) if library == "tfp" else theirs(LIBRARIES[library].as_theirs(x))
    np.testing.assert_allclose(t(x), as_array(y), rtol=1e-4, atol=1e-5)
    again = getattr(jd.interop, f"from_{library}")(theirs)
    np.testing.assert_allclose(again(x), t(x), rtol=1e-5, atol=1e-6)
