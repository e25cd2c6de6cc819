"""Conversion from and to torch, TFP and numpyro: one table for each, of what both have."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxdist.distribution import Distribution
from jaxdist.interop.composites import (
    from_bijector,
    from_parts,
    to_bijector,
    to_numpyro_parts,
    to_parts,
)
from jaxdist.interop.correspondence import Library, check_convertible, parse
from jaxdist.interop.imports import require
from jaxdist.transforms import Transform

_TORCH = """
Bernoulli probs
Bernoulli logits
Beta concentration1 concentration0
Binomial total_count probs
Binomial total_count logits
Categorical probs
Categorical logits
Cauchy loc scale
Chi2 df
ContinuousBernoulli probs
ContinuousBernoulli logits
Dirichlet concentration
Exponential rate
FisherSnedecor df1 df2
Gamma concentration rate
GeneralizedPareto loc scale concentration
Geometric probs
Geometric logits
Gumbel loc scale
HalfCauchy scale
HalfNormal scale
Independent base_dist=base_distribution/base_dist reinterpreted_batch_ndims
InverseGamma concentration rate
Kumaraswamy concentration1 concentration0
LKJCholesky dim concentration
Laplace loc scale
LogNormal loc scale
LowRankMultivariateNormal loc cov_factor cov_diag
MixtureSameFamily mixture_distribution component_distribution
Multinomial total_count! probs
Multinomial total_count! logits
MultivariateNormal loc scale_tril
MultivariateNormal loc covariance_matrix
MultivariateNormal loc precision_matrix
NegativeBinomial total_count probs
NegativeBinomial total_count logits
Normal loc scale
OneHotCategorical probs
OneHotCategorical logits
OneHotCategoricalStraightThrough probs
OneHotCategoricalStraightThrough logits
Pareto scale alpha
Poisson rate
RelaxedBernoulli temperature probs
RelaxedBernoulli temperature logits
RelaxedOneHotCategorical temperature! probs
RelaxedOneHotCategorical temperature! logits
StudentT df loc scale
TransformedDistribution base_dist=base_distribution/base_dist transforms
Uniform low high
VonMises loc concentration
Weibull scale concentration
Wishart df scale_tril
Wishart df covariance_matrix
Wishart df precision_matrix
AbsTransform
AffineTransform loc scale event_dim
CorrCholeskyTransform
ExpTransform
IndependentTransform base_transform reinterpreted_batch_ndims
LowerCholeskyTransform
PositiveDefiniteTransform
PowerTransform exponent
ReshapeTransform in_shape out_shape
SigmoidTransform
SoftmaxTransform
SoftplusTransform
StickBreakingTransform
TanhTransform
"""

_NUMPYRO = """
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

_TFP = """
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


def _lines(table: str) -> Any:
    return tuple(map(parse, table.strip().splitlines()))


def _as_tensor(x: Any) -> Any:
    torch = require("to_torch", "torch", "torch")
    if x.dtype == jnp.bfloat16:
        return torch.tensor(np.asarray(x, np.float32)).to(torch.bfloat16)
    return torch.tensor(np.asarray(x))


def _from_tensor(x: Any) -> Any:
    torch = require("from_torch", "torch", "torch")
    tensor = torch.as_tensor(x).detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return jnp.asarray(tensor.float().numpy(), jnp.bfloat16)
    return tensor.numpy()


def _attribute(d: Any, name: str) -> Any:
    """Return an attribute; of `probs` and `logits`, only the one that was given."""
    inner = getattr(d, "_categorical", d)
    other = {"probs": "logits", "logits": "probs"}.get(name)
    if other and name not in vars(inner) and other in vars(inner):
        return None
    return getattr(d, name, None)


def _parameter_of_tfp(d: Any, name: str) -> Any:
    return d.parameters.get(name)


def _as_floats(x: Any) -> Any:
    """Convert counts to floats: TFP wants all parameters of one type."""
    return jnp.asarray(x, jnp.float32) if jnp.issubdtype(x.dtype, jnp.integer) else jnp.asarray(x)


TORCH = Library(
    name="torch",
    package="torch",
    modules=("torch.distributions", "torch.distributions.transforms"),
    entries=_lines(_TORCH),
    as_theirs=_as_tensor,
    as_ours=_from_tensor,
    read=_attribute,
    to_composite=to_parts,
    from_composite=from_parts,
)
NUMPYRO = Library(
    name="numpyro",
    package="numpyro",
    modules=("numpyro.distributions", "numpyro.distributions.transforms"),
    entries=_lines(_NUMPYRO),
    as_theirs=jnp.asarray,
    as_ours=jnp.asarray,
    read=_attribute,
    expanded="ExpandedDistribution",
    to_composite=to_numpyro_parts,
    from_composite=from_parts,
    otherwise=". `as_numpyro` takes any distribution",
)
TFP = Library(
    name="tfp",
    package="tfp-nightly",
    modules=(
        "tensorflow_probability.substrates.jax.distributions",
        "tensorflow_probability.substrates.jax.bijectors",
    ),
    entries=_lines(_TFP),
    as_theirs=_as_floats,
    as_ours=jnp.asarray,
    read=_parameter_of_tfp,
    to_composite=to_bijector,
    from_composite=from_bijector,
)


def to_torch(d: Distribution | Transform) -> Any:
    """Convert to a `torch.distributions.Distribution`, with tensors on the CPU.

    Args:
      d: a distribution or transform that torch has too, or `Independent`, `MixtureSameFamily` and
        `TransformedDistribution` of such; not inside `jax.jit`.

    Returns:
      The distribution of torch.

    Raises:
      ImportError: if torch is not installed.
      NotImplementedError: if torch has no such class; the message lists the known ones.
    """
    return TORCH.convert(check_convertible("to_torch", d))


def from_torch(d: Any) -> Any:
    """Convert a `torch.distributions.Distribution`.

    Args:
      d: a distribution that jaxdist has too; gradients of its tensors are dropped.

    Returns:
      The distribution of jaxdist.

    Raises:
      ImportError: if torch is not installed.
      NotImplementedError: if it is of another class; the message lists the known ones.
    """
    return TORCH.convert_back(d)


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
