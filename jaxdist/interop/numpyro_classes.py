"""Conversion from and to numpyro.distributions: a table of the classes that both have."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxdist.distribution import Distribution
from jaxdist.interop.composites import (
    from_parts,
    to_numpyro_parts,
)
from jaxdist.interop.correspondence import (
    Library,
    check_convertible,
    given_parameter,
    parse_table,
)
from jaxdist.transforms import Transform

_CLASSES = """
AsymmetricLaplace loc scale asymmetry
Bernoulli=BernoulliProbs probs
Bernoulli=BernoulliLogits logits
Beta concentration1 concentration0
BetaBinomial concentration1 concentration0 total_count
BetaNegativeBinomial concentration1 concentration0 total_count=n
Binomial=BinomialProbs total_count probs
Binomial=BinomialLogits total_count logits
Categorical=CategoricalProbs probs
Categorical=CategoricalLogits logits
Cauchy loc scale
Chi2 df
CirculantNormal loc covariance_rfft
CirculantNormal loc covariance_row
Delta loc=v
Dirichlet concentration
DirichletMultinomial concentration total_count
DiscreteUniform low high
Exponential rate
Gamma concentration rate
Geometric=GeometricProbs probs
Geometric=GeometricLogits logits
Gompertz concentration rate
Gumbel loc scale
HalfCauchy scale
HalfNormal scale
Hurdle=HurdleProbs base_dist gate
Hurdle=HurdleLogits base_dist gate_logits
Hurdle=HurdleGamma base_dist gate
Hurdle=HurdleLogNormal base_dist gate
Hurdle=HurdlePoisson base_dist gate
Independent base_dist reinterpreted_batch_ndims
InverseGamma concentration rate
InverseWishart df=concentration scale_matrix
Kumaraswamy concentration1 concentration0
LKJ dim=dimension concentration
LKJCholesky dim=dimension concentration
Laplace loc scale
Levy loc scale
LogNormal loc scale
LogUniform low high
Logistic loc scale
LowRankMultivariateNormal loc cov_factor cov_diag
Masked=MaskedDistribution base_dist mask/_mask
MatrixNormal loc scale_tril_row scale_tril_column
MixtureSameFamily mixture_distribution=mixing_distribution component_distribution
Multinomial=MultinomialProbs total_count probs
Multinomial=MultinomialLogits total_count logits
MultivariateNormal loc scale_tril
MultivariateNormal loc covariance_matrix
MultivariateStudentT df loc scale_tril
NegativeBinomial=NegativeBinomialProbs total_count probs
NegativeBinomial=NegativeBinomialLogits total_count logits
Normal loc scale
OrderedLogistic loc=predictor cutpoints
Pareto scale alpha
Poisson rate
ProjectedNormal concentration
StudentT df loc scale
TransformedDistribution base_dist=base_distribution/base_dist transforms
Unit log_factor
Uniform low high
VonMises loc concentration
Weibull scale concentration
Wishart df=concentration scale_tril
Wishart df=concentration covariance_matrix=scale_matrix
ZeroInflated=ZeroInflatedProbs base_dist gate
ZeroInflated=ZeroInflatedLogits base_dist gate_logits
AbsTransform
AffineTransform loc scale
CorrCholeskyTransform
ExpTransform
IdentityTransform
IndependentTransform base_transform reinterpreted_batch_ndims
L1BallTransform
LowerCholeskyAffine loc scale_tril
LowerCholeskyTransform
OrderedTransform
PermuteTransform permutation
PowerTransform exponent
SigmoidTransform
SimplexToOrderedTransform anchor_point
SoftplusTransform
StickBreakingTransform
ZeroSumTransform event_dim=transform_ndims
"""

NUMPYRO = Library(
    name="numpyro",
    package="numpyro",
    modules=("numpyro.distributions", "numpyro.distributions.transforms"),
    entries=parse_table(_CLASSES),
    as_theirs=jnp.asarray,
    as_ours=jnp.asarray,
    read=given_parameter,
    expanded="ExpandedDistribution",
    to_composite=to_numpyro_parts,
    from_composite=from_parts,
    otherwise=". `as_numpyro` takes any distribution",
)


def to_numpyro(d: Distribution | Transform) -> Any:
    """Convert to the class of numpyro; see `as_numpyro` for any distribution in numpyro's models.

    Args:
      d: a distribution or transform that numpyro has too, or `Independent`, `MixtureSameFamily`,
        `Masked`, `Hurdle`, `ZeroInflated` and `TransformedDistribution` of such; its parameters may
        be traced.

    Returns:
      The distribution of numpyro.

    Raises:
      ImportError: if numpyro is not installed.
      NotImplementedError: if numpyro has no such class; the message lists the known ones.
    """
    return NUMPYRO.convert(check_convertible("to_numpyro", d))


def from_numpyro(d: Any) -> Any:
    """Convert a distribution of numpyro.

    Args:
      d: a distribution or transform that jaxdist has too, or what `as_numpyro` returned; its
        parameters may be traced.

    Returns:
      The distribution of jaxdist.

    Raises:
      ImportError: if numpyro is not installed.
      NotImplementedError: if it is of another class; the message lists the known ones.
    """
    wrapped = getattr(d, "jaxdist", None)
    return wrapped if isinstance(wrapped, Distribution) else NUMPYRO.convert_back(d)
