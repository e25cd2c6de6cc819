"""Conversion from and to torch.distributions: a table of the classes that both have."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxdist.distribution import Distribution
from jaxdist.interop.composites import (
    from_parts,
    to_parts,
)
from jaxdist.interop.correspondence import (
    Library,
    check_convertible,
    given_parameter,
    parse_table,
)
from jaxdist.interop.imports import require
from jaxdist.transforms import Transform

_CLASSES = """
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


TORCH = Library(
    name="torch",
    package="torch",
    modules=("torch.distributions", "torch.distributions.transforms"),
    entries=parse_table(_CLASSES),
    as_theirs=_as_tensor,
    as_ours=_from_tensor,
    read=given_parameter,
    to_composite=to_parts,
    from_composite=from_parts,
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
