"""Transforms: invertible maps with log-determinants, as pytrees.

Names and meaning are those of `torch.distributions.transforms`; `t(x)`, `t.inv(y)`,
`t.log_abs_det_jacobian(x, y)`. There are no caches: `t.forward_and_log_det(x)` returns both, and
the joint calls of a `TransformedDistribution` keep the pre-image.
"""

from jaxdist.transforms.combined import ComposeTransform, IndependentTransform
from jaxdist.transforms.elementwise import (
    AbsTransform,
    AffineTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    GreaterThanTransform,
    IdentityTransform,
    IntervalTransform,
    LessThanTransform,
    PowerTransform,
    SigmoidTransform,
    SoftplusTransform,
    TanhTransform,
)
from jaxdist.transforms.flows import (
    MaskedAutoregressive,
    MaskedCoupling,
    RationalQuadraticSpline,
    SplitCoupling,
)
from jaxdist.transforms.matrices import (
    CorrCholeskyTransform,
    LowerCholeskyAffine,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SoftplusLowerCholeskyTransform,
)
from jaxdist.transforms.pieces import CatTransform, StackTransform
from jaxdist.transforms.transform import InverseTransform, Transform
from jaxdist.transforms.vectors import (
    OrderedTransform,
    PermuteTransform,
    ReshapeTransform,
    SimplexToOrderedTransform,
    SoftmaxTransform,
    StickBreakingTransform,
    ZeroSumTransform,
)

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
