"""OrderedLogistic distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.categories import softmax_of_logits, take_entries
from jaxdist.families.category.categorical import Categorical
from jaxdist.parameters import Param, derived, param
from jaxdist.special import log1mexp, softplus


class OrderedLogistic(Categorical):
    r"""Ordered categories: the interval between cutpoints in which a logistic draw lies.

    .. math:: p(k) = \sigma(c_k - \mathrm{loc}) - \sigma(c_{k - 1} - \mathrm{loc}), \quad
              c = \mathrm{cutpoints}, \quad c_{-1} = -\infty, \; c_{K - 1} = \infty

    for ordinal regression, where `loc` is the prediction. The parameters are TFP's.

    Args:
      cutpoints: increasing, shape `(..., K - 1)` for K categories.
      loc: location of the logistic draw, shape `(...)`.

    Example:
      >>> import jaxdist as jd
      >>> jd.OrderedLogistic([-1.0, 1.0], loc=[0.0, 30.0]).log_prob(0).round(4)
      Array([ -1.3133, -31.    ], dtype=float32)
    """

    probs: Param = derived(softmax_of_logits)
    logits: Param = derived(lambda d: d._log_probs())
    cutpoints: Param = param(constraints.ordered)
    loc: Param = param(constraints.real, default=0.0)

    @property
    def num_categories(self) -> int:
        """One more than the number of cutpoints."""
        return self.cutpoints.shape[-1] + 1

    def _log_prob(self, x: Array) -> Array:
        """The logits are normalized: other cutpoints than those around x have derivatives of 0."""
        return take_entries(self.logits, x.astype(jnp.int32))

    def _log_probs(self) -> Array:
        r"""Return the log-probabilities, shape `(..., K)`.

        .. math:: \log(\sigma(a) - \sigma(b))
                  = \log \sigma(a) + \log \sigma(-b) + \log(1 - e^{b - a})
        """
        z = self.cutpoints - self.loc[..., None]
        edge = jnp.zeros_like(z[..., :1])
        above_lower = jnp.concatenate([edge, -softplus(z)], -1)
        below_upper = jnp.concatenate([-softplus(-z), edge], -1)
        between = jnp.concatenate([edge, log1mexp(jnp.diff(self.cutpoints, axis=-1)), edge], -1)
        return above_lower + below_upper + between
