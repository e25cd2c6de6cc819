"""torch.distributions for JAX: immutable pytrees, explicit keys, exact in float32."""

from jaxdist import (
    constraints,
    estimators,
    flows,
    interop,
    kernels,
    losses,
    random,
    special,
    transforms,
)
from jaxdist.bijections import biject_to, transform_to
from jaxdist.distribution import Distribution
from jaxdist.divergences import (
    KLEstimate,
    cross_entropy,
    hellinger,
    js_divergence,
    kl_divergence,
    monte_carlo_kl,
    register_kl,
    renyi_divergence,
    wasserstein,
)
from jaxdist.estimators import (
    GradientStatistics,
    expectation,
    gradient_statistics,
    program_expectation,
)
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.category.epsilon_greedy import EpsilonGreedy
from jaxdist.families.category.greedy import Greedy
from jaxdist.families.category.one_hot_categorical import (
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from jaxdist.families.category.ordered_logistic import OrderedLogistic
from jaxdist.families.category.plackett_luce import PlackettLuce
from jaxdist.families.category.probit_bernoulli import ProbitBernoulli
from jaxdist.families.category.softmax import Softmax
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.families.count.beta_binomial import BetaBinomial
from jaxdist.families.count.beta_geometric import BetaGeometric
from jaxdist.families.count.beta_negative_binomial import BetaNegativeBinomial
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.dirichlet_multinomial import DirichletMultinomial
from jaxdist.families.count.discrete_laplace import DiscreteLaplace
from jaxdist.families.count.discrete_uniform import DiscreteUniform
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.hypergeometric import Hypergeometric
from jaxdist.families.count.log_series import LogSeries
from jaxdist.families.count.multinomial import Multinomial
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.count.poisson_binomial import PoissonBinomial
from jaxdist.families.count.skellam import Skellam
from jaxdist.families.count.zipf import Zeta, Zipf
from jaxdist.families.interval.arcsine import Arcsine
from jaxdist.families.interval.bates import Bates
from jaxdist.families.interval.beta import Beta
from jaxdist.families.interval.continuous_bernoulli import ContinuousBernoulli
from jaxdist.families.interval.kumaraswamy import Kumaraswamy
from jaxdist.families.interval.logit_normal import LogitNormal
from jaxdist.families.interval.pert import PERT
from jaxdist.families.interval.relaxed_bernoulli import RelaxedBernoulli
from jaxdist.families.interval.tanh_normal import TanhNormal
from jaxdist.families.interval.triangular import Triangular
from jaxdist.families.interval.truncated_normal import TruncatedNormal
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.matrix.inverse_wishart import InverseWishart
from jaxdist.families.matrix.lkj import LKJ
from jaxdist.families.matrix.lkj_cholesky import LKJCholesky
from jaxdist.families.matrix.matrix_normal import MatrixNormal
from jaxdist.families.matrix.matrix_t import MatrixT
from jaxdist.families.matrix.wishart import Wishart
from jaxdist.families.positive.chi import Chi
from jaxdist.families.positive.chi2 import Chi2
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.fisher_snedecor import FisherSnedecor
from jaxdist.families.positive.frechet import Frechet
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.generalized_pareto import GeneralizedPareto
from jaxdist.families.positive.gompertz import Gompertz
from jaxdist.families.positive.half_cauchy import HalfCauchy
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.half_student_t import HalfStudentT
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.families.positive.levy import Levy
from jaxdist.families.positive.log_logistic import LogLogistic
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.log_uniform import LogUniform
from jaxdist.families.positive.maxwell import Maxwell
from jaxdist.families.positive.noncentral_chi2 import NoncentralChi2
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.rayleigh import Rayleigh
from jaxdist.families.positive.weibull import Weibull
from jaxdist.families.real.asymmetric_laplace import AsymmetricLaplace
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.families.real.delta import Delta
from jaxdist.families.real.empirical import Empirical
from jaxdist.families.real.exponentially_modified_gaussian import ExponentiallyModifiedGaussian
from jaxdist.families.real.generalized_extreme_value import GeneralizedExtremeValue
from jaxdist.families.real.generalized_normal import GeneralizedNormal
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.horseshoe import Horseshoe
from jaxdist.families.real.johnson_su import JohnsonSU
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.logit_relaxed_bernoulli import LogitRelaxedBernoulli
from jaxdist.families.real.moyal import Moyal
from jaxdist.families.real.normal import Normal
from jaxdist.families.real.normal_inverse_gaussian import NormalInverseGaussian
from jaxdist.families.real.sinh_arcsinh import SinhArcsinh
from jaxdist.families.real.skew_normal import SkewNormal
from jaxdist.families.real.student_t import StudentT
from jaxdist.families.real.two_piece_normal import TwoPieceNormal
from jaxdist.families.simplex.dirichlet import Dirichlet
from jaxdist.families.simplex.logistic_normal import LogisticNormal
from jaxdist.families.simplex.relaxed_one_hot_categorical import RelaxedOneHotCategorical
from jaxdist.families.sphere.power_spherical import PowerSpherical
from jaxdist.families.sphere.projected_normal import ProjectedNormal
from jaxdist.families.sphere.spherical_uniform import SphericalUniform
from jaxdist.families.sphere.von_mises_fisher import VonMisesFisher
from jaxdist.families.vector.gaussian_process import GaussianProcess
from jaxdist.families.vector.gaussian_random_walk import GaussianRandomWalk
from jaxdist.families.vector.low_rank_multivariate_normal import LowRankMultivariateNormal
from jaxdist.families.vector.multivariate_laplace import MultivariateLaplace
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.families.vector.multivariate_student_t import MultivariateStudentT
from jaxdist.families.vector.normal_inverse_gamma import NormalInverseGamma
from jaxdist.families.vector.zero_sum_normal import ZeroSumNormal
from jaxdist.functional import (
    cdf,
    entropy,
    fisher_information,
    icdf,
    log_cdf,
    log_prob,
    log_survival_function,
    mean,
    mode,
    perplexity,
    rsample,
    rsample_and_log_prob,
    sample,
    sample_and_log_prob,
    stddev,
    survival_function,
    variance,
)
from jaxdist.inference import Fit, fit, fit_model, posterior, standard_errors
from jaxdist.parameters import Param, derived, param
from jaxdist.programs.conditioned_program import ConditionedProgram
from jaxdist.programs.program import Program
from jaxdist.pytree import Pytree, static
from jaxdist.sequences.autoregressive import Autoregressive
from jaxdist.sequences.hidden_markov_model import HiddenMarkovModel
from jaxdist.sequences.linear_gaussian_state_space import LinearGaussianStateSpace
from jaxdist.sequences.markov_chain import MarkovChain
from jaxdist.surrogates import (
    NaturalGradient,
    VTrace,
    adaptive_kl_coefficient,
    clipped_ratio,
    dice,
    entropy_bonus,
    fisher_vector_product,
    importance_ratio,
    natural_gradient,
    penalized_ratio,
    score_function,
    v_trace,
)
from jaxdist.transforms import (
    AbsTransform,
    AffineTransform,
    BlockAutoregressiveTransform,
    CatTransform,
    CholeskyTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CorrMatrixTransform,
    CumulativeDistributionTransform,
    DiagPlusLowRankAffine,
    DiscreteCosineTransform,
    ExpTransform,
    GreaterThanTransform,
    HouseholderTransform,
    IdentityTransform,
    IndependentTransform,
    IntervalTransform,
    InverseTransform,
    Invertible1x1ConvTransform,
    JointMapTransform,
    L1BallTransform,
    LeakyTanhTransform,
    LessThanTransform,
    LowerCholeskyAffine,
    LowerCholeskyTransform,
    LowerUpperTriangularAffine,
    MaskedAutoregressive,
    MaskedCoupling,
    OrderedTransform,
    PermuteTransform,
    PlanarTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    RadialTransform,
    RationalQuadraticSpline,
    ReshapeTransform,
    RestructureTransform,
    SigmoidTransform,
    SimplexToOrderedTransform,
    SinhArcsinhTransform,
    SoftmaxCenteredTransform,
    SoftmaxTransform,
    SoftplusLowerCholeskyTransform,
    SoftplusTransform,
    SplitCoupling,
    StackTransform,
    StickBreakingTransform,
    SylvesterTransform,
    TanhTransform,
    Transform,
    UnitVectorTransform,
    ZeroSumTransform,
    identity_transform,
)
from jaxdist.validation import get_validation, set_validation, validation
from jaxdist.wrappers.affine import Scaled, Shifted
from jaxdist.wrappers.censored import Censored, Clipped
from jaxdist.wrappers.extremes import Maximum, Minimum
from jaxdist.wrappers.folded import Folded
from jaxdist.wrappers.gaussian_copula import GaussianCopula
from jaxdist.wrappers.hurdle import Hurdle
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.joint import Joint
from jaxdist.wrappers.masked import Masked
from jaxdist.wrappers.mixture import Mixture
from jaxdist.wrappers.mixture_same_family import MixtureSameFamily
from jaxdist.wrappers.order_statistic import OrderStatistic
from jaxdist.wrappers.quantized import Quantized
from jaxdist.wrappers.reshaped import Reshaped
from jaxdist.wrappers.sample import Sample
from jaxdist.wrappers.transformed import TransformedDistribution
from jaxdist.wrappers.truncated import Truncated
from jaxdist.wrappers.zero_inflated import ZeroInflated

__version__ = "0.1.0"

__all__ = [
    "LKJ",
    "PERT",
    "AbsTransform",
    "AffineTransform",
    "Arcsine",
    "AsymmetricLaplace",
    "Autoregressive",
    "Bates",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "BetaGeometric",
    "BetaNegativeBinomial",
    "Binomial",
    "BlockAutoregressiveTransform",
    "CatTransform",
    "Categorical",
    "Cauchy",
    "Censored",
    "Chi",
    "Chi2",
    "CholeskyTransform",
    "Clipped",
    "ComposeTransform",
    "ConditionedProgram",
    "ContinuousBernoulli",
    "CorrCholeskyTransform",
    "CorrMatrixTransform",
    "CumulativeDistributionTransform",
    "Delta",
    "DiagPlusLowRankAffine",
    "Dirichlet",
    "DirichletMultinomial",
    "DiscreteCosineTransform",
    "DiscreteLaplace",
    "DiscreteUniform",
    "Distribution",
    "Empirical",
    "EpsilonGreedy",
    "ExpTransform",
    "Exponential",
    "ExponentialFamily",
    "ExponentiallyModifiedGaussian",
    "FisherSnedecor",
    "Fit",
    "Folded",
    "Frechet",
    "Gamma",
    "GaussianCopula",
    "GaussianProcess",
    "GaussianRandomWalk",
    "GeneralizedExtremeValue",
    "GeneralizedNormal",
    "GeneralizedPareto",
    "Geometric",
    "Gompertz",
    "GradientStatistics",
    "GreaterThanTransform",
    "Greedy",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "HalfStudentT",
    "HiddenMarkovModel",
    "Horseshoe",
    "HouseholderTransform",
    "Hurdle",
    "Hypergeometric",
    "IdentityTransform",
    "Independent",
    "IndependentTransform",
    "IntervalTransform",
    "InverseGamma",
    "InverseGaussian",
    "InverseTransform",
    "InverseWishart",
    "Invertible1x1ConvTransform",
    "JohnsonSU",
    "Joint",
    "JointMapTransform",
    "KLEstimate",
    "Kumaraswamy",
    "L1BallTransform",
    "LKJCholesky",
    "Laplace",
    "LeakyTanhTransform",
    "LessThanTransform",
    "Levy",
    "LinearGaussianStateSpace",
    "LogLogistic",
    "LogNormal",
    "LogSeries",
    "LogUniform",
    "Logistic",
    "LogisticNormal",
    "LogitNormal",
    "LogitRelaxedBernoulli",
    "LowRankMultivariateNormal",
    "LowerCholeskyAffine",
    "LowerCholeskyTransform",
    "LowerUpperTriangularAffine",
    "MarkovChain",
    "Masked",
    "MaskedAutoregressive",
    "MaskedCoupling",
    "MatrixNormal",
    "MatrixT",
    "Maximum",
    "Maxwell",
    "Minimum",
    "Mixture",
    "MixtureSameFamily",
    "Moyal",
    "Multinomial",
    "MultivariateLaplace",
    "MultivariateNormal",
    "MultivariateNormalDiag",
    "MultivariateStudentT",
    "NaturalGradient",
    "NegativeBinomial",
    "NoncentralChi2",
    "Normal",
    "NormalInverseGamma",
    "NormalInverseGaussian",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "OrderStatistic",
    "OrderedLogistic",
    "OrderedTransform",
    "Param",
    "Pareto",
    "PermuteTransform",
    "PlackettLuce",
    "PlanarTransform",
    "Poisson",
    "PoissonBinomial",
    "PositiveDefiniteTransform",
    "PowerSpherical",
    "PowerTransform",
    "ProbitBernoulli",
    "Program",
    "ProjectedNormal",
    "Pytree",
    "Quantized",
    "RadialTransform",
    "RationalQuadraticSpline",
    "Rayleigh",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "ReshapeTransform",
    "Reshaped",
    "RestructureTransform",
    "Sample",
    "Scaled",
    "Shifted",
    "SigmoidTransform",
    "SimplexToOrderedTransform",
    "SinhArcsinh",
    "SinhArcsinhTransform",
    "Skellam",
    "SkewNormal",
    "Softmax",
    "SoftmaxCenteredTransform",
    "SoftmaxTransform",
    "SoftplusLowerCholeskyTransform",
    "SoftplusTransform",
    "SphericalUniform",
    "SplitCoupling",
    "StackTransform",
    "StickBreakingTransform",
    "StudentT",
    "SylvesterTransform",
    "TanhNormal",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Triangular",
    "Truncated",
    "TruncatedNormal",
    "TwoPieceNormal",
    "Uniform",
    "UnitVectorTransform",
    "VTrace",
    "VonMises",
    "VonMisesFisher",
    "Weibull",
    "Wishart",
    "ZeroInflated",
    "ZeroSumNormal",
    "ZeroSumTransform",
    "Zeta",
    "Zipf",
    "adaptive_kl_coefficient",
    "biject_to",
    "cdf",
    "clipped_ratio",
    "constraints",
    "cross_entropy",
    "derived",
    "dice",
    "entropy",
    "entropy_bonus",
    "estimators",
    "expectation",
    "fisher_information",
    "fisher_vector_product",
    "fit",
    "fit_model",
    "flows",
    "get_validation",
    "gradient_statistics",
    "hellinger",
    "icdf",
    "identity_transform",
    "importance_ratio",
    "interop",
    "js_divergence",
    "kernels",
    "kl_divergence",
    "log_cdf",
    "log_interval_prob",
    "log_prob",
    "log_survival_function",
    "losses",
    "mean",
    "mode",
    "monte_carlo_kl",
    "natural_gradient",
    "param",
    "penalized_ratio",
    "perplexity",
    "posterior",
    "program_expectation",
    "random",
    "register_kl",
    "renyi_divergence",
    "rsample",
    "rsample_and_log_prob",
    "sample",
    "sample_and_log_prob",
    "score_function",
    "set_validation",
    "special",
    "standard_errors",
    "static",
    "stddev",
    "survival_function",
    "transform_to",
    "transforms",
    "v_trace",
    "validation",
    "variance",
    "wasserstein",
]


def __dir__() -> list[str]:
    """List the public names alone, for completion and `dir`."""
    return [*__all__, "__version__"]
