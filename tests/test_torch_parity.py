"""The same names, arguments and numbers as torch.distributions, where torch is installed."""

import inspect

import jax
import numpy as np
import pytest

import jaxdist as jd

torch = pytest.importorskip("torch")
td = torch.distributions
THEIRS = vars(td) | {"LogitRelaxedBernoulli": td.relaxed_bernoulli.LogitRelaxedBernoulli}
LEFT_OUT = {"validate_args", "lims"}  # the latter is where torch turns to a Taylor series
# Here their mode may be 0, and there fractions are counts.
SUPPORTS_DIFFER_AT = {"Weibull": 0.0, "FisherSnedecor": 0.0, "Multinomial": 0.3}

A, B = np.array([0.6, 2.0, 4.0]), np.array([1.5, 0.7, 3.0])
LOC, P = np.array([-1.5, 0.0, 3.0]), np.array([0.1, 0.5, 0.9])
WEIGHTS = np.array([[0.1, 0.6, 0.3], [0.25, 0.5, 0.25]])
TRIL = np.array([[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-0.3, 0.1, 0.7]])
COVARIANCE = TRIL @ TRIL.T
FACTOR, DIAGONAL = np.array([[1.0, 0.2], [0.5, -1.0], [0.0, 2.0]]), np.array([0.5, 1.0, 2.0])

ARGUMENTS = [
    ("Bernoulli", {"probs": P}),
    ("Bernoulli", {"logits": LOC}),
    ("Beta", {"concentration1": A, "concentration0": B}),
    ("Binomial", {"total_count": 7, "probs": P}),
    ("Binomial", {"total_count": 7, "logits": LOC}),
    ("Categorical", {"probs": 2 * WEIGHTS}),
    ("Categorical", {"logits": WEIGHTS}),
    ("Cauchy", {"loc": LOC, "scale": B}),
    ("Chi2", {"df": A}),
    ("ContinuousBernoulli", {"probs": P}),
    ("ContinuousBernoulli", {"logits": LOC}),
    ("Dirichlet", {"concentration": np.array([[0.6, 2.0, 4.0], [1.5, 0.7, 3.0]])}),
    ("Exponential", {"rate": A}),
    ("FisherSnedecor", {"df1": A, "df2": B + 4}),
    ("Gamma", {"concentration": A, "rate": B}),
    ("GeneralizedPareto", {"loc": LOC, "scale": B, "concentration": np.array([0.2, -0.3, 0.1])}),
    ("Geometric", {"probs": P}),
    ("Geometric", {"logits": LOC}),
    ("Gumbel", {"loc": LOC, "scale": B}),
    ("HalfCauchy", {"scale": A}),
    ("HalfNormal", {"scale": A}),
    ("InverseGamma", {"concentration": A + 2, "rate": B}),
    ("Kumaraswamy", {"concentration1": A, "concentration0": B}),
    ("LKJCholesky", {"dim": 3, "concentration": B}),
    ("Laplace", {"loc": LOC, "scale": B}),
    ("LogNormal", {"loc": LOC, "scale": A / 4}),
    ("LogisticNormal", {"loc": LOC, "scale": A}),
    ("LogitRelaxedBernoulli", {"temperature": 0.7, "logits": LOC}),
    ("LowRankMultivariateNormal", {"loc": LOC, "cov_factor": FACTOR, "cov_diag": DIAGONAL}),
    ("Multinomial", {"total_count": 5, "probs": WEIGHTS}),
    ("Multinomial", {"total_count": 5, "logits": WEIGHTS}),
    ("MultivariateNormal", {"loc": LOC, "covariance_matrix": COVARIANCE}),
    ("MultivariateNormal", {"loc": LOC, "precision_matrix": COVARIANCE}),
    ("MultivariateNormal", {"loc": LOC, "scale_tril": TRIL}),
    ("NegativeBinomial", {"total_count": A, "probs": P}),
    ("NegativeBinomial", {"total_count": A, "logits": LOC}),
    ("Normal", {"loc": LOC, "scale": B}),
    ("OneHotCategorical", {"probs": WEIGHTS}),
    ("OneHotCategorical", {"logits": WEIGHTS}),
    ("OneHotCategoricalStraightThrough", {"logits": WEIGHTS}),
    ("Pareto", {"scale": B, "alpha": A + 2}),
    ("Poisson", {"rate": A}),
    ("RelaxedBernoulli", {"temperature": 0.7, "probs": P}),
    ("RelaxedBernoulli", {"temperature": 0.7, "logits": LOC}),
    ("RelaxedOneHotCategorical", {"temperature": 0.7, "probs": WEIGHTS}),
    ("RelaxedOneHotCategorical", {"temperature": 0.7, "logits": WEIGHTS}),
    ("StudentT", {"df": A + 2, "loc": LOC, "scale": B}),
    ("Uniform", {"low": LOC, "high": LOC + B}),
    ("VonMises", {"loc": LOC, "concentration": B}),
    ("Weibull", {"scale": B, "concentration": A}),
    ("Wishart", {"df": 4.5, "covariance_matrix": COVARIANCE}),
    ("Wishart", {"df": 4.5, "precision_matrix": COVARIANCE}),
    ("Wishart", {"df": 4.5, "scale_tril": TRIL}),
]


def pairs():
    for name, arguments in ARGUMENTS:
        yield pytest.param(name, arguments, id=f"{name}-{'-'.join(arguments)}")


def both(name, arguments):
    tensors = {
        key: value if isinstance(value, int) else torch.as_tensor(value, dtype=torch.float64)
        for key, value in arguments.items()
    }
    theirs = THEIRS[name](**tensors)
    return getattr(jd, name)(**arguments), theirs


def check(d, theirs, attribute, *arguments, rtol=1e-5):
    """Compare wherever torch has a number."""
    try:
        expected = getattr(theirs, attribute)
        expected = expected(*arguments) if callable(expected) else expected
    except (NotImplementedError, RuntimeError):  # torch's GeneralizedPareto fails in float64
        return
    known = ~np.isnan(expected.numpy())
    if known.any():
        ours = getattr(d, attribute)
        ours = ours(*(x.numpy() for x in arguments)) if callable(ours) else ours
        ours, expected = (np.asarray(x)[known] for x in (ours, expected))
        np.testing.assert_allclose(ours, expected, rtol=rtol, atol=1e-7, err_msg=attribute)


def test_every_distribution_of_torch_is_here():
    classes = {name for name, d in THEIRS.items() if isinstance(d, type)}
    theirs = {name for name in classes if issubclass(THEIRS[name], td.Distribution)}
    assert theirs - {"ExponentialFamily", "TransformedDistribution"} <= set(jd.__all__)


@pytest.mark.parametrize(("name", "arguments"), pairs())
def test_arguments_stand_in_the_same_order(name, arguments):
    theirs = list(inspect.signature(THEIRS[name]).parameters.values())
    ours = list(inspect.signature(getattr(jd, name)).parameters.values())
    for a, b in zip([p for p in theirs if p.name not in LEFT_OUT], ours, strict=False):
        assert a.name == b.name
        assert a.default is inspect.Parameter.empty or b.default is not inspect.Parameter.empty


@pytest.mark.parametrize(("name", "arguments"), pairs())
def test_numbers_agree(name, arguments):
    with jax.enable_x64(True):
        d, theirs = both(name, arguments)
        assert d.batch_shape == tuple(theirs.batch_shape)
        assert d.event_shape == tuple(theirs.event_shape)
        for attribute in ("mean", "variance", "stddev", "mode", "entropy"):
            check(d, theirs, attribute)
        draws = theirs.sample((5,))
        check(d, theirs, "log_prob", draws, rtol=1e-6)
        check(d, theirs, "cdf", draws)
        check(d, theirs, "icdf", torch.full(d.batch_shape, 0.3, dtype=torch.float64))
        if theirs.has_enumerate_support:
            check(d, theirs, "enumerate_support")


@pytest.mark.parametrize(("name", "arguments"), pairs())
def test_supports_agree(name, arguments):
    with jax.enable_x64(True):
        d, theirs = both(name, arguments)
        grid = np.array([-2.0, -1.0, 0.0, 0.3, 1.0, 2.0, 7.0, 8.0])
        grid = grid[grid != SUPPORTS_DIFFER_AT.get(name)]
        values = grid.reshape(-1, *[1] * len(d.batch_shape + d.event_shape))
        values = np.broadcast_to(values, (len(grid), *d.batch_shape, *d.event_shape))
        inside = theirs.support.check(torch.as_tensor(values)).numpy()
        np.testing.assert_array_equal(d.support.check(values), inside)
