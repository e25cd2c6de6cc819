"""The public names: to add one, import it here."""

from jaxdist import constraints as constraints
from jaxdist import estimators as estimators
from jaxdist import flows as flows
from jaxdist import interop as interop
from jaxdist import kernels as kernels
from jaxdist import losses as losses
from jaxdist import random as random
from jaxdist import special as special
from jaxdist import transforms as transforms
from jaxdist.argument_checks import get_validation as get_validation
from jaxdist.argument_checks import set_validation as set_validation
from jaxdist.argument_checks import validation as validation
from jaxdist.bijections import biject_to as biject_to
from jaxdist.bijections import transform_to as transform_to
from jaxdist.convolution import convolve as convolve
from jaxdist.distribution import Distribution as Distribution
from jaxdist.divergences import KLEstimate as KLEstimate
from jaxdist.divergences import cross_entropy as cross_entropy
from jaxdist.divergences import hellinger as hellinger
from jaxdist.divergences import js_divergence as js_divergence
from jaxdist.divergences import kl_divergence as kl_divergence
from jaxdist.divergences import monte_carlo_kl as monte_carlo_kl
from jaxdist.divergences import register_kl as register_kl
from jaxdist.divergences import renyi_divergence as renyi_divergence
from jaxdist.divergences import wasserstein as wasserstein
from jaxdist.estimators import GradientStatistics as GradientStatistics
from jaxdist.estimators import expectation as expectation
from jaxdist.estimators import gradient_statistics as gradient_statistics
from jaxdist.estimators import program_expectation as program_expectation
from jaxdist.exponential_family import ExponentialFamily as ExponentialFamily
from jaxdist.families.category.bernoulli import Bernoulli as Bernoulli
from jaxdist.families.category.categorical import Categorical as Categorical
from jaxdist.families.category.determinantal_point_process import (
    DeterminantalPointProcess as DeterminantalPointProcess,
)
from jaxdist.families.category.epsilon_greedy import EpsilonGreedy as EpsilonGreedy
from jaxdist.families.category.greedy import Greedy as Greedy
from jaxdist.families.category.one_hot_categorical import OneHotCategorical as OneHotCategorical
from jaxdist.families.category.one_hot_categorical import (
    OneHotCategoricalStraightThrough as OneHotCategoricalStraightThrough,
)
from jaxdist.families.category.ordered_logistic import OrderedLogistic as OrderedLogistic
from jaxdist.families.category.plackett_luce import PlackettLuce as PlackettLuce
from jaxdist.families.category.probit_bernoulli import ProbitBernoulli as ProbitBernoulli
from jaxdist.families.category.softmax import Softmax as Softmax
from jaxdist.families.category.stopping_ratio_logistic import (
    StoppingRatioLogistic as StoppingRatioLogistic,
)
from jaxdist.families.circle.sine_bivariate_von_mises import (
    SineBivariateVonMises as SineBivariateVonMises,
)
from jaxdist.families.circle.von_mises import VonMises as VonMises
from jaxdist.families.count.beta_binomial import BetaBinomial as BetaBinomial
from jaxdist.families.count.beta_geometric import BetaGeometric as BetaGeometric
from jaxdist.families.count.beta_negative_binomial import (
    BetaNegativeBinomial as BetaNegativeBinomial,
)
from jaxdist.families.count.binomial import Binomial as Binomial
from jaxdist.families.count.dirichlet_multinomial import (
    DirichletMultinomial as DirichletMultinomial,
)
from jaxdist.families.count.discrete_laplace import DiscreteLaplace as DiscreteLaplace
from jaxdist.families.count.discrete_uniform import DiscreteUniform as DiscreteUniform
from jaxdist.families.count.fisher_noncentral_hypergeometric import (
    FisherNoncentralHypergeometric as FisherNoncentralHypergeometric,
)
from jaxdist.families.count.geometric import Geometric as Geometric
from jaxdist.families.count.hypergeometric import Hypergeometric as Hypergeometric
from jaxdist.families.count.log_series import LogSeries as LogSeries
from jaxdist.families.count.multinomial import Multinomial as Multinomial
from jaxdist.families.count.negative_binomial import NegativeBinomial as NegativeBinomial
from jaxdist.families.count.poisson import Poisson as Poisson
from jaxdist.families.count.poisson_binomial import PoissonBinomial as PoissonBinomial
from jaxdist.families.count.skellam import Skellam as Skellam
from jaxdist.families.count.wallenius_noncentral_hypergeometric import (
    WalleniusNoncentralHypergeometric as WalleniusNoncentralHypergeometric,
)
from jaxdist.families.count.zipf import Zeta as Zeta
from jaxdist.families.count.zipf import Zipf as Zipf
from jaxdist.families.interval.arcsine import Arcsine as Arcsine
from jaxdist.families.interval.bates import Bates as Bates
from jaxdist.families.interval.beta import Beta as Beta
from jaxdist.families.interval.continuous_bernoulli import (
    ContinuousBernoulli as ContinuousBernoulli,
)
from jaxdist.families.interval.cosine import Cosine as Cosine
from jaxdist.families.interval.kumaraswamy import Kumaraswamy as Kumaraswamy
from jaxdist.families.interval.logit_normal import LogitNormal as LogitNormal
from jaxdist.families.interval.noncentral_beta import NoncentralBeta as NoncentralBeta
from jaxdist.families.interval.pert import PERT as PERT
from jaxdist.families.interval.relaxed_bernoulli import RelaxedBernoulli as RelaxedBernoulli
from jaxdist.families.interval.tanh_normal import TanhNormal as TanhNormal
from jaxdist.families.interval.triangular import Triangular as Triangular
from jaxdist.families.interval.truncated_normal import TruncatedNormal as TruncatedNormal
from jaxdist.families.interval.uniform import Uniform as Uniform
from jaxdist.families.matrix.inverse_wishart import InverseWishart as InverseWishart
from jaxdist.families.matrix.lkj import LKJ as LKJ
from jaxdist.families.matrix.lkj_cholesky import LKJCholesky as LKJCholesky
from jaxdist.families.matrix.matrix_normal import MatrixNormal as MatrixNormal
from jaxdist.families.matrix.matrix_t import MatrixT as MatrixT
from jaxdist.families.matrix.wishart import Wishart as Wishart
from jaxdist.families.positive.chi import Chi as Chi
from jaxdist.families.positive.chi2 import Chi2 as Chi2
from jaxdist.families.positive.exponential import Exponential as Exponential
from jaxdist.families.positive.fisher_snedecor import FisherSnedecor as FisherSnedecor
from jaxdist.families.positive.frechet import Frechet as Frechet
from jaxdist.families.positive.gamma import Gamma as Gamma
from jaxdist.families.positive.generalized_inverse_gaussian import (
    GeneralizedInverseGaussian as GeneralizedInverseGaussian,
)
from jaxdist.families.positive.generalized_pareto import GeneralizedPareto as GeneralizedPareto
from jaxdist.families.positive.gompertz import Gompertz as Gompertz
from jaxdist.families.positive.half_cauchy import HalfCauchy as HalfCauchy
from jaxdist.families.positive.half_normal import HalfNormal as HalfNormal
from jaxdist.families.positive.half_student_t import HalfStudentT as HalfStudentT
from jaxdist.families.positive.inverse_gamma import InverseGamma as InverseGamma
from jaxdist.families.positive.inverse_gaussian import InverseGaussian as InverseGaussian
from jaxdist.families.positive.levy import Levy as Levy
from jaxdist.families.positive.lindley import Lindley as Lindley
from jaxdist.families.positive.log_logistic import LogLogistic as LogLogistic
from jaxdist.families.positive.log_normal import LogNormal as LogNormal
from jaxdist.families.positive.log_uniform import LogUniform as LogUniform
from jaxdist.families.positive.maxwell import Maxwell as Maxwell
from jaxdist.families.positive.noncentral_chi2 import NoncentralChi2 as NoncentralChi2
from jaxdist.families.positive.noncentral_f import NoncentralF as NoncentralF
from jaxdist.families.positive.pareto import Pareto as Pareto
from jaxdist.families.positive.rayleigh import Rayleigh as Rayleigh
from jaxdist.families.positive.weibull import Weibull as Weibull
from jaxdist.families.real.asymmetric_laplace import AsymmetricLaplace as AsymmetricLaplace
from jaxdist.families.real.cauchy import Cauchy as Cauchy
from jaxdist.families.real.delta import Delta as Delta
from jaxdist.families.real.empirical import Empirical as Empirical
from jaxdist.families.real.exponentially_modified_gaussian import (
    ExponentiallyModifiedGaussian as ExponentiallyModifiedGaussian,
)
from jaxdist.families.real.generalized_extreme_value import (
    GeneralizedExtremeValue as GeneralizedExtremeValue,
)
from jaxdist.families.real.generalized_normal import GeneralizedNormal as GeneralizedNormal
from jaxdist.families.real.gumbel import Gumbel as Gumbel
from jaxdist.families.real.horseshoe import Horseshoe as Horseshoe
from jaxdist.families.real.johnson_su import JohnsonSU as JohnsonSU
from jaxdist.families.real.lambert_w_normal import LambertWNormal as LambertWNormal
from jaxdist.families.real.laplace import Laplace as Laplace
from jaxdist.families.real.logistic import Logistic as Logistic
from jaxdist.families.real.logit_relaxed_bernoulli import (
    LogitRelaxedBernoulli as LogitRelaxedBernoulli,
)
from jaxdist.families.real.moyal import Moyal as Moyal
from jaxdist.families.real.noncentral_t import NoncentralT as NoncentralT
from jaxdist.families.real.normal import Normal as Normal
from jaxdist.families.real.normal_inverse_gaussian import (
    NormalInverseGaussian as NormalInverseGaussian,
)
from jaxdist.families.real.sinh_arcsinh import SinhArcsinh as SinhArcsinh
from jaxdist.families.real.skew_normal import SkewNormal as SkewNormal
from jaxdist.families.real.skewed_exponential_power import (
    SkewedExponentialPower as SkewedExponentialPower,
)
from jaxdist.families.real.soft_laplace import SoftLaplace as SoftLaplace
from jaxdist.families.real.student_t import StudentT as StudentT
from jaxdist.families.real.two_piece_normal import TwoPieceNormal as TwoPieceNormal
from jaxdist.families.real.two_piece_student_t import TwoPieceStudentT as TwoPieceStudentT
from jaxdist.families.simplex.dirichlet import Dirichlet as Dirichlet
from jaxdist.families.simplex.generalized_dirichlet import (
    GeneralizedDirichlet as GeneralizedDirichlet,
)
from jaxdist.families.simplex.logistic_normal import LogisticNormal as LogisticNormal
from jaxdist.families.simplex.relaxed_one_hot_categorical import (
    RelaxedOneHotCategorical as RelaxedOneHotCategorical,
)
from jaxdist.families.sphere.power_spherical import PowerSpherical as PowerSpherical
from jaxdist.families.sphere.projected_normal import ProjectedNormal as ProjectedNormal
from jaxdist.families.sphere.spherical_uniform import SphericalUniform as SphericalUniform
from jaxdist.families.sphere.von_mises_fisher import VonMisesFisher as VonMisesFisher
from jaxdist.families.vector.circulant_normal import CirculantNormal as CirculantNormal
from jaxdist.families.vector.gaussian_process import GaussianProcess as GaussianProcess
from jaxdist.families.vector.gaussian_random_walk import GaussianRandomWalk as GaussianRandomWalk
from jaxdist.families.vector.improper_uniform import ImproperUniform as ImproperUniform
from jaxdist.families.vector.low_rank_multivariate_normal import (
    LowRankMultivariateNormal as LowRankMultivariateNormal,
)
from jaxdist.families.vector.multivariate_laplace import MultivariateLaplace as MultivariateLaplace
from jaxdist.families.vector.multivariate_normal import MultivariateNormal as MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import (
    MultivariateNormalDiag as MultivariateNormalDiag,
)
from jaxdist.families.vector.multivariate_student_t import (
    MultivariateStudentT as MultivariateStudentT,
)
from jaxdist.families.vector.normal_inverse_gamma import NormalInverseGamma as NormalInverseGamma
from jaxdist.families.vector.unit import Unit as Unit
from jaxdist.families.vector.variational_gaussian_process import (
    VariationalGaussianProcess as VariationalGaussianProcess,
)
from jaxdist.families.vector.zero_sum_normal import ZeroSumNormal as ZeroSumNormal
from jaxdist.functional import cdf as cdf
from jaxdist.functional import entropy as entropy
from jaxdist.functional import fisher_information as fisher_information
from jaxdist.functional import icdf as icdf
from jaxdist.functional import log_cdf as log_cdf
from jaxdist.functional import log_prob as log_prob
from jaxdist.functional import log_survival_function as log_survival_function
from jaxdist.functional import mean as mean
from jaxdist.functional import mode as mode
from jaxdist.functional import perplexity as perplexity
from jaxdist.functional import rsample as rsample
from jaxdist.functional import rsample_and_log_prob as rsample_and_log_prob
from jaxdist.functional import sample as sample
from jaxdist.functional import sample_and_log_prob as sample_and_log_prob
from jaxdist.functional import stddev as stddev
from jaxdist.functional import survival_function as survival_function
from jaxdist.functional import variance as variance
from jaxdist.generating_functions import characteristic_function as characteristic_function
from jaxdist.generating_functions import (
    cumulant_generating_function as cumulant_generating_function,
)
from jaxdist.generating_functions import moment_generating_function as moment_generating_function
from jaxdist.generating_functions import (
    register_characteristic_function as register_characteristic_function,
)
from jaxdist.generating_functions import (
    register_cumulant_generating_function as register_cumulant_generating_function,
)
from jaxdist.inference import Fit as Fit
from jaxdist.inference import fit as fit
from jaxdist.inference import fit_model as fit_model
from jaxdist.inference import posterior as posterior
from jaxdist.inference import standard_errors as standard_errors
from jaxdist.parameters import Param as Param
from jaxdist.parameters import derived as derived
from jaxdist.parameters import param as param
from jaxdist.programs.conditioned_program import ConditionedProgram as ConditionedProgram
from jaxdist.programs.program import Program as Program
from jaxdist.pytree import Pytree as Pytree
from jaxdist.pytree import static as static
from jaxdist.sequences.autoregressive import Autoregressive as Autoregressive
from jaxdist.sequences.hidden_markov_model import HiddenMarkovModel as HiddenMarkovModel
from jaxdist.sequences.linear_gaussian_state_space import (
    LinearGaussianStateSpace as LinearGaussianStateSpace,
)
from jaxdist.sequences.markov_chain import MarkovChain as MarkovChain
from jaxdist.surrogates import NaturalGradient as NaturalGradient
from jaxdist.surrogates import VTrace as VTrace
from jaxdist.surrogates import adaptive_kl_coefficient as adaptive_kl_coefficient
from jaxdist.surrogates import clipped_ratio as clipped_ratio
from jaxdist.surrogates import dice as dice
from jaxdist.surrogates import entropy_bonus as entropy_bonus
from jaxdist.surrogates import fisher_vector_product as fisher_vector_product
from jaxdist.surrogates import importance_ratio as importance_ratio
from jaxdist.surrogates import natural_gradient as natural_gradient
from jaxdist.surrogates import penalized_ratio as penalized_ratio
from jaxdist.surrogates import score_function as score_function
from jaxdist.surrogates import v_trace as v_trace
from jaxdist.transforms import AbsTransform as AbsTransform
from jaxdist.transforms import AffineTransform as AffineTransform
from jaxdist.transforms import BlockAutoregressiveTransform as BlockAutoregressiveTransform
from jaxdist.transforms import CatTransform as CatTransform
from jaxdist.transforms import CholeskyTransform as CholeskyTransform
from jaxdist.transforms import CirculantTransform as CirculantTransform
from jaxdist.transforms import ComposeTransform as ComposeTransform
from jaxdist.transforms import CorrCholeskyTransform as CorrCholeskyTransform
from jaxdist.transforms import CorrMatrixTransform as CorrMatrixTransform
from jaxdist.transforms import CumulativeDistributionTransform as CumulativeDistributionTransform
from jaxdist.transforms import DiagPlusLowRankAffine as DiagPlusLowRankAffine
from jaxdist.transforms import DiscreteCosineTransform as DiscreteCosineTransform
from jaxdist.transforms import ExpTransform as ExpTransform
from jaxdist.transforms import GreaterThanTransform as GreaterThanTransform
from jaxdist.transforms import HouseholderTransform as HouseholderTransform
from jaxdist.transforms import IdentityTransform as IdentityTransform
from jaxdist.transforms import IndependentTransform as IndependentTransform
from jaxdist.transforms import IntervalTransform as IntervalTransform
from jaxdist.transforms import InverseTransform as InverseTransform
from jaxdist.transforms import Invertible1x1ConvTransform as Invertible1x1ConvTransform
from jaxdist.transforms import JointMapTransform as JointMapTransform
from jaxdist.transforms import L1BallTransform as L1BallTransform
from jaxdist.transforms import LambertWTransform as LambertWTransform
from jaxdist.transforms import LeakyTanhTransform as LeakyTanhTransform
from jaxdist.transforms import LessThanTransform as LessThanTransform
from jaxdist.transforms import LowerCholeskyAffine as LowerCholeskyAffine
from jaxdist.transforms import LowerCholeskyTransform as LowerCholeskyTransform
from jaxdist.transforms import LowerUpperTriangularAffine as LowerUpperTriangularAffine
from jaxdist.transforms import MaskedAutoregressive as MaskedAutoregressive
from jaxdist.transforms import MaskedCoupling as MaskedCoupling
from jaxdist.transforms import OrderedTransform as OrderedTransform
from jaxdist.transforms import PermuteTransform as PermuteTransform
from jaxdist.transforms import PlanarTransform as PlanarTransform
from jaxdist.transforms import PositiveDefiniteTransform as PositiveDefiniteTransform
from jaxdist.transforms import PositiveOrderedTransform as PositiveOrderedTransform
from jaxdist.transforms import PowerTransform as PowerTransform
from jaxdist.transforms import RadialTransform as RadialTransform
from jaxdist.transforms import RationalQuadraticSpline as RationalQuadraticSpline
from jaxdist.transforms import ReshapeTransform as ReshapeTransform
from jaxdist.transforms import RestructureTransform as RestructureTransform
from jaxdist.transforms import SigmoidTransform as SigmoidTransform
from jaxdist.transforms import SimplexToOrderedTransform as SimplexToOrderedTransform
from jaxdist.transforms import SinhArcsinhTransform as SinhArcsinhTransform
from jaxdist.transforms import SoftmaxCenteredTransform as SoftmaxCenteredTransform
from jaxdist.transforms import SoftmaxTransform as SoftmaxTransform
from jaxdist.transforms import SoftplusLowerCholeskyTransform as SoftplusLowerCholeskyTransform
from jaxdist.transforms import SoftplusTransform as SoftplusTransform
from jaxdist.transforms import SplitCoupling as SplitCoupling
from jaxdist.transforms import StackTransform as StackTransform
from jaxdist.transforms import StickBreakingTransform as StickBreakingTransform
from jaxdist.transforms import SylvesterTransform as SylvesterTransform
from jaxdist.transforms import TanhTransform as TanhTransform
from jaxdist.transforms import Transform as Transform
from jaxdist.transforms import UnitVectorTransform as UnitVectorTransform
from jaxdist.transforms import ZeroSumTransform as ZeroSumTransform
from jaxdist.transforms import identity_transform as identity_transform
from jaxdist.wrappers.affine import Scaled as Scaled
from jaxdist.wrappers.affine import Shifted as Shifted
from jaxdist.wrappers.censored import Censored as Censored
from jaxdist.wrappers.censored import Clipped as Clipped
from jaxdist.wrappers.extremes import Maximum as Maximum
from jaxdist.wrappers.extremes import Minimum as Minimum
from jaxdist.wrappers.folded import Folded as Folded
from jaxdist.wrappers.gaussian_copula import GaussianCopula as GaussianCopula
from jaxdist.wrappers.hurdle import Hurdle as Hurdle
from jaxdist.wrappers.independent import Independent as Independent
from jaxdist.wrappers.interval_probability import log_interval_prob as log_interval_prob
from jaxdist.wrappers.joint import Joint as Joint
from jaxdist.wrappers.joint_order_statistics import JointOrderStatistics as JointOrderStatistics
from jaxdist.wrappers.masked import Masked as Masked
from jaxdist.wrappers.mixture import Mixture as Mixture
from jaxdist.wrappers.mixture_same_family import MixtureSameFamily as MixtureSameFamily
from jaxdist.wrappers.order_statistic import OrderStatistic as OrderStatistic
from jaxdist.wrappers.quantized import Quantized as Quantized
from jaxdist.wrappers.reshaped import Reshaped as Reshaped
from jaxdist.wrappers.sample import Sample as Sample
from jaxdist.wrappers.sine_skewed import SineSkewed as SineSkewed
from jaxdist.wrappers.transformed import TransformedDistribution as TransformedDistribution
from jaxdist.wrappers.truncated import Truncated as Truncated
from jaxdist.wrappers.zero_inflated import ZeroInflated as ZeroInflated

__version__: str
