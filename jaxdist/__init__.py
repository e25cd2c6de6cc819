"""torch.distributions for JAX: immutable pytrees, explicit keys, exact in float32."""

from jaxdist import constraints
from jaxdist.distribution import Distribution
from jaxdist.families.category import (
    Bernoulli,
    Categorical,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from jaxdist.families.circle import VonMises
from jaxdist.families.count import (
    Binomial,
    DiscreteUniform,
    Geometric,
    NegativeBinomial,
    Poisson,
)
from jaxdist.families.empirical import Empirical
from jaxdist.families.hazard import Exponential, GeneralizedPareto, Pareto, Weibull
from jaxdist.families.interval import Beta, ContinuousBernoulli, Kumaraswamy, Uniform
from jaxdist.families.matrix import LKJCholesky, Wishart
from jaxdist.families.multinomial import (
    BetaBinomial,
    DirichletMultinomial,
    Multinomial,
)
from jaxdist.families.positive import (
    Chi2,
    FisherSnedecor,
    Gamma,
    HalfCauchy,
    HalfNormal,
    InverseGamma,
    LogNormal,
)
from jaxdist.families.preference import EpsilonGreedy, Greedy, Softmax
from jaxdist.families.real import Cauchy, Delta, Gumbel, Laplace, Logistic, Normal, StudentT
from jaxdist.families.simplex import Dirichlet, LogisticNormal, RelaxedOneHotCategorical
from jaxdist.families.squashed import LogitRelaxedBernoulli, RelaxedBernoulli, TanhNormal
from jaxdist.families.truncated import TruncatedNormal
from jaxdist.families.vector import (
    LowRankMultivariateNormal,
    MultivariateNormal,
    MultivariateNormalDiag,
    MultivariateStudentT,
)
from jaxdist.functional import (
    cdf,
    entropy,
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
from jaxdist.mixtures import Mixture, MixtureSameFamily, ZeroInflated
from jaxdist.parameters import Param, param
from jaxdist.pytree import Pytree, static
from jaxdist.surrogates import clipped_ratio, importance_ratio, score_function
from jaxdist.validation import get_validation, set_validation, validation
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.joint import Joint
from jaxdist.wrappers.masked import Masked

__all__ = [
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ContinuousBernoulli",
    "Delta",
    "Dirichlet",
    "DirichletMultinomial",
    "DiscreteUniform",
    "Distribution",
    "Empirical",
    "EpsilonGreedy",
    "Exponential",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Greedy",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "InverseGamma",
    "Joint",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "Logistic",
    "LogisticNormal",
    "LogitRelaxedBernoulli",
    "LowRankMultivariateNormal",
    "Masked",
    "Mixture",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "MultivariateNormalDiag",
    "MultivariateStudentT",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Param",
    "Pareto",
    "Poisson",
    "Pytree",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "Softmax",
    "StudentT",
    "TanhNormal",
    "TruncatedNormal",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "ZeroInflated",
    "cdf",
    "clipped_ratio",
    "constraints",
    "entropy",
    "get_validation",
    "icdf",
    "importance_ratio",
    "log_cdf",
    "log_prob",
    "log_survival_function",
    "mean",
    "mode",
    "param",
    "perplexity",
    "rsample",
    "rsample_and_log_prob",
    "sample",
    "sample_and_log_prob",
    "score_function",
    "set_validation",
    "static",
    "stddev",
    "survival_function",
    "validation",
    "variance",
]
