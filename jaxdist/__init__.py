"""torch.distributions for JAX: immutable pytrees, explicit keys, exact in float32."""

from jaxdist import constraints
from jaxdist.distribution import Distribution, Param, param
from jaxdist.families.category import Bernoulli, Categorical, OneHotCategorical
from jaxdist.families.interval import Uniform
from jaxdist.families.real import Delta, Normal
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
from jaxdist.pytree import Pytree, static
from jaxdist.surrogates import clipped_ratio, importance_ratio, score_function
from jaxdist.validation import get_validation, set_validation, validation
from jaxdist.wrappers import Independent

__all__ = [
    "Bernoulli",
    "Categorical",
    "Delta",
    "Distribution",
    "Independent",
    "Normal",
    "OneHotCategorical",
    "Param",
    "Pytree",
    "Uniform",
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
