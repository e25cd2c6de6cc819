"""Conversion from and to TensorFlow Probability: a table of the classes that both have."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxdist.distribution import Distribution
from jaxdist.interop.composites import (
    from_bijector,
    to_bijector,
)
from jaxdist.interop.correspondence import (
    Library,
    check_convertible,
    parse_table,
)
from jaxdist.transforms import Transform

_CLASSES = """
Bernoulli probs
Bernoulli logits
Beta concentration1 concentration0
BetaBinomial total_count concentration1 concentration0
Binomial total_count probs
Binomial total_count logits
Categorical probs
Categorical logits
Cauchy loc scale
Chi df
Chi2 df
ContinuousBernoulli probs
ContinuousBernoulli logits
Delta=Deterministic loc
Dirichlet concentration
DirichletMultinomial total_count concentration
Exponential rate
ExponentiallyModifiedGaussian loc scale rate
Gamma concentration rate
GeneralizedExtremeValue loc scale concentration
GeneralizedNormal loc scale power
GeneralizedPareto loc scale concentration
Geometric probs
Geometric logits
Gumbel loc scale
HalfCauchy scale loc:0
HalfNormal scale
HalfStudentT df scale loc:0
Independent base_dist=distribution reinterpreted_batch_ndims
InverseGamma concentration rate=scale
InverseGaussian loc concentration
JohnsonSU skew=skewness tailweight loc scale
Kumaraswamy concentration1 concentration0
LKJ dim=dimension concentration
LKJCholesky=CholeskyLKJ dim=dimension concentration
Laplace loc scale
LogLogistic loc scale
LogNormal loc scale
Logistic loc scale
LogitNormal loc scale
MixtureSameFamily mixture_distribution component_distribution=components_distribution
Moyal loc scale
Multinomial total_count probs
Multinomial total_count logits
MultivariateNormal=MultivariateNormalTriL loc scale_tril
MultivariateNormal=MultivariateNormalFullCovariance loc covariance_matrix
MultivariateNormalDiag loc scale_diag
NegativeBinomial total_count probs
NegativeBinomial total_count logits
NoncentralChi2 df noncentrality
Normal loc scale
NormalInverseGaussian loc scale tailweight skew=skewness
OneHotCategorical probs
OneHotCategorical logits
OrderedLogistic cutpoints loc
PERT low peak high temperature
Pareto alpha=concentration scale
PlackettLuce scores
Poisson rate
PowerSpherical mean_direction concentration
ProbitBernoulli probits
RelaxedBernoulli temperature probs
RelaxedBernoulli temperature logits
RelaxedOneHotCategorical temperature probs
RelaxedOneHotCategorical temperature logits
Sample base_dist=distribution sample_shape
SinhArcsinh loc scale skew=skewness tailweight
Skellam rate1 rate2
StoppingRatioLogistic cutpoints loc
StudentT df loc scale
Triangular low high peak
TruncatedNormal loc scale low high
TwoPieceNormal loc scale skew=skewness
Uniform low high
VonMises loc concentration
VonMisesFisher mean_direction concentration
Weibull concentration scale
Wishart=WishartTriL df scale_tril
Zipf power
AbsTransform=AbsoluteValue
DiscreteCosineTransform dct_type
ExpTransform=Exp
IdentityTransform=Identity
IntervalTransform=Sigmoid lower_bound=low upper_bound=high
OrderedTransform=Ascending
PermuteTransform=Permute permutation
PowerTransform=Power exponent=power
ReshapeTransform=Reshape in_shape=event_shape_in out_shape=event_shape_out
SigmoidTransform=Sigmoid
SinhArcsinhTransform=SinhArcsinh skew=skewness tailweight
SoftplusTransform=Softplus
StickBreakingTransform=IteratedSigmoidCentered
TanhTransform=Tanh
"""


def _parameter(d: Any, name: str) -> Any:
    return d.parameters.get(name)


def _as_floats(x: Any) -> Any:
    """Convert counts to floats: TFP wants all parameters of one type."""
    return jnp.asarray(x, jnp.float32) if jnp.issubdtype(x.dtype, jnp.integer) else jnp.asarray(x)


TFP = Library(
    name="tfp",
    package="tfp-nightly",
    modules=(
        "tensorflow_probability.substrates.jax.distributions",
        "tensorflow_probability.substrates.jax.bijectors",
    ),
    entries=parse_table(_CLASSES),
    as_theirs=_as_floats,
    as_ours=jnp.asarray,
    read=_parameter,
    to_composite=to_bijector,
    from_composite=from_bijector,
)


def to_tfp(d: Distribution | Transform) -> Any:
    """Convert to a distribution of TensorFlow Probability on JAX.

    Args:
      d: a distribution that TFP has too, or `Independent`, `Sample`, `MixtureSameFamily` and
        `TransformedDistribution` of such; or a transform; its parameters may be traced.

    Returns:
      The distribution, or the bijector, of `tensorflow_probability.substrates.jax`.

    Raises:
      ImportError: if TFP is not installed.
      NotImplementedError: if TFP has no such class; the message lists the known ones.
    """
    return TFP.convert(check_convertible("to_tfp", d))


def from_tfp(d: Any) -> Any:
    """Convert a distribution of TensorFlow Probability on JAX.

    Args:
      d: a distribution or bijector that jaxdist has too; its parameters may be traced.

    Returns:
      The distribution or transform of jaxdist.

    Raises:
      ImportError: if TFP is not installed.
      NotImplementedError: if it is of another class; the message lists the known ones.
      ValueError: if a parameter that jaxdist's class lacks differs from its default.
    """
    return TFP.convert_back(d)
