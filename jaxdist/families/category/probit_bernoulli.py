"""ProbitBernoulli distribution."""

from __future__ import annotations

from jaxdist import constraints
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.parameters import Param, derived, param
from jaxdist.special import log_ndtr, ndtr


class ProbitBernoulli(Bernoulli):
    r"""Bernoulli whose probability is the normal cdf of its parameter, for probit regression.

    .. math:: p(1) = \Phi(\mathrm{probits}), \quad p(0) = \Phi(-\mathrm{probits})

    The parameter is TFP's. Its `logits` are differences of logarithms of the normal cdf, so that
    both log-probabilities are exact far from 0.

    Args:
      probits: quantile of the standard normal distribution at the probability of a 1, any shape.

    Example:
      >>> import jaxdist as jd
      >>> jd.ProbitBernoulli([0.0, 20.0]).log_prob(0).round(3)
      Array([  -0.693, -203.917], dtype=float32)
    """

    probs: Param = derived(lambda d: ndtr(d.probits))
    logits: Param = derived(lambda d: log_ndtr(d.probits) - log_ndtr(-d.probits))
    probits: Param = param(constraints.real)
