"""Transforms: invertible maps with log-determinants, as pytrees.

Names and meaning are those of `torch.distributions.transforms`: `t(x)`, `t.inv(y)`,
`t.log_abs_det_jacobian(x, y)`. There is no cache: `t.forward_and_log_det(x)` returns both values,
and `TransformedDistribution.sample_and_log_prob` evaluates the density at x, without inverting.
"""

from jaxdist.transforms.affine import AffineTransform, IdentityTransform, LowerCholeskyAffine
from jaxdist.transforms.autoregressive import MaskedAutoregressive
from jaxdist.transforms.bounds import GreaterThanTransform, IntervalTransform, LessThanTransform
from jaxdist.transforms.cat_stack import CatTransform, StackTransform
from jaxdist.transforms.cholesky import (
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SoftplusLowerCholeskyTransform,
)
from jaxdist.transforms.compose import ComposeTransform
from jaxdist.transforms.coupling import MaskedCoupling, SplitCoupling
from jaxdist.transforms.cumulative_distribution import CumulativeDistributionTransform
from jaxdist.transforms.elementwise import (
    AbsTransform,
    ExpTransform,
    PowerTransform,
    SigmoidTransform,
    SoftplusTransform,
    TanhTransform,
)
from jaxdist.transforms.independent import IndependentTransform
from jaxdist.transforms.ordered import OrderedTransform, SimplexToOrderedTransform
from jaxdist.transforms.rational_quadratic_spline import RationalQuadraticSpline
from jaxdist.transforms.reshape_permute import PermuteTransform, ReshapeTransform
from jaxdist.transforms.softmax import SoftmaxTransform
from jaxdist.transforms.stick_breaking import StickBreakingTransform
from jaxdist.transforms.transform import InverseTransform, Transform
from jaxdist.transforms.zero_sum import ZeroSumTransform

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "GreaterThanTransform",
    "IdentityTransform",
    "IndependentTransform",
    "IntervalTransform",
    "InverseTransform",
    "LessThanTransform",
    "LowerCholeskyAffine",
    "LowerCholeskyTransform",
    "MaskedAutoregressive",
    "MaskedCoupling",
    "OrderedTransform",
    "PermuteTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "RationalQuadraticSpline",
    "ReshapeTransform",
    "SigmoidTransform",
    "SimplexToOrderedTransform",
    "SoftmaxTransform",
    "SoftplusLowerCholeskyTransform",
    "SoftplusTransform",
    "SplitCoupling",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "ZeroSumTransform",
    "identity_transform",
]

identity_transform = IdentityTransform()
