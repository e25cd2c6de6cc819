"""Transforms: invertible maps with log-determinants, as pytrees.

Names and meaning are those of `torch.distributions.transforms`: `t(x)`, `t.inv(y)`,
`t.log_abs_det_jacobian(x, y)`. There is no cache: `t.forward_and_log_det(x)` returns both values,
and `TransformedDistribution.sample_and_log_prob` evaluates the density at x, without inverting.
"""

from jaxdist.transforms.affine import (
    AffineTransform,
    DiagPlusLowRankAffine,
    IdentityTransform,
    LowerCholeskyAffine,
)
from jaxdist.transforms.autoregressive import MaskedAutoregressive
from jaxdist.transforms.block_autoregressive import BlockAutoregressiveTransform
from jaxdist.transforms.bounds import GreaterThanTransform, IntervalTransform, LessThanTransform
from jaxdist.transforms.cat_stack import CatTransform, StackTransform
from jaxdist.transforms.cholesky import (
    CholeskyTransform,
    CorrCholeskyTransform,
    CorrMatrixTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SoftplusLowerCholeskyTransform,
)
from jaxdist.transforms.circulant import CirculantTransform
from jaxdist.transforms.compose import ComposeTransform
from jaxdist.transforms.coupling import MaskedCoupling, SplitCoupling
from jaxdist.transforms.cumulative_distribution import CumulativeDistributionTransform
from jaxdist.transforms.discrete_cosine import DiscreteCosineTransform
from jaxdist.transforms.elementwise import (
    AbsTransform,
    ExpTransform,
    LambertWTransform,
    LeakyTanhTransform,
    PowerTransform,
    SigmoidTransform,
    SinhArcsinhTransform,
    SoftplusTransform,
    TanhTransform,
)
from jaxdist.transforms.householder import HouseholderTransform
from jaxdist.transforms.independent import IndependentTransform
from jaxdist.transforms.joint_map import JointMapTransform, RestructureTransform
from jaxdist.transforms.l1_ball import L1BallTransform
from jaxdist.transforms.lower_upper import Invertible1x1ConvTransform, LowerUpperTriangularAffine
from jaxdist.transforms.ordered import (
    OrderedTransform,
    PositiveOrderedTransform,
    SimplexToOrderedTransform,
)
from jaxdist.transforms.planar import PlanarTransform
from jaxdist.transforms.radial import RadialTransform
from jaxdist.transforms.rational_quadratic_spline import RationalQuadraticSpline
from jaxdist.transforms.reshape_permute import PermuteTransform, ReshapeTransform
from jaxdist.transforms.softmax import SoftmaxCenteredTransform, SoftmaxTransform
from jaxdist.transforms.stick_breaking import StickBreakingTransform
from jaxdist.transforms.sylvester import SylvesterTransform
from jaxdist.transforms.transform import InverseTransform, Transform
from jaxdist.transforms.unit_vector import UnitVectorTransform
from jaxdist.transforms.zero_sum import ZeroSumTransform

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "BlockAutoregressiveTransform",
    "CatTransform",
    "CholeskyTransform",
    "CirculantTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CorrMatrixTransform",
    "CumulativeDistributionTransform",
    "DiagPlusLowRankAffine",
    "DiscreteCosineTransform",
    "ExpTransform",
    "GreaterThanTransform",
    "HouseholderTransform",
    "IdentityTransform",
    "IndependentTransform",
    "IntervalTransform",
    "InverseTransform",
    "Invertible1x1ConvTransform",
    "JointMapTransform",
    "L1BallTransform",
    "LambertWTransform",
    "LeakyTanhTransform",
    "LessThanTransform",
    "LowerCholeskyAffine",
    "LowerCholeskyTransform",
    "LowerUpperTriangularAffine",
    "MaskedAutoregressive",
    "MaskedCoupling",
    "OrderedTransform",
    "PermuteTransform",
    "PlanarTransform",
    "PositiveDefiniteTransform",
    "PositiveOrderedTransform",
    "PowerTransform",
    "RadialTransform",
    "RationalQuadraticSpline",
    "ReshapeTransform",
    "RestructureTransform",
    "SigmoidTransform",
    "SimplexToOrderedTransform",
    "SinhArcsinhTransform",
    "SoftmaxCenteredTransform",
    "SoftmaxTransform",
    "SoftplusLowerCholeskyTransform",
    "SoftplusTransform",
    "SplitCoupling",
    "StackTransform",
    "StickBreakingTransform",
    "SylvesterTransform",
    "TanhTransform",
    "Transform",
    "UnitVectorTransform",
    "ZeroSumTransform",
    "identity_transform",
]

identity_transform = IdentityTransform()
