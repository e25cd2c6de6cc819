"""StoppingRatioLogistic distribution."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.bases.categories import softmax_of_logits, take_entries
from jaxdist.families.category.categorical import Categorical
from jaxdist.parameters import Param, derived, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import sigmoid
from jaxdist.transforms.stick_breaking import log_pieces


class StoppingRatioLogistic(Categorical):
    r"""Ordered categories that are reached one after another, each left with some probability.

    .. math:: P(k \mid \text{at least } k) = \sigma(c_k - \mathrm{loc}), \quad
              p(k) = \sigma(c_k - \mathrm{loc}) \prod_{j < k} \sigma(\mathrm{loc} - c_j), \quad
              c = \mathrm{cutpoints}, \; c_{K - 1} = \infty

    for ordinal regression where `loc` is the prediction, and a category needs those before it:
    degrees, stages of a disease, steps of a sale. The parameters are TFP's. Other than those of
    `OrderedLogistic`, cutpoints need not increase.

    Args:
      cutpoints: log-odds of stopping, for a `loc` of 0, shape `(..., K - 1)` for K categories.
      loc: what is subtracted from them, shape `(...)`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.StoppingRatioLogistic([-1.0, 1.0], loc=0.0)
      >>> print(" ".join(f"{p:.4f}" for p in d.probs))
      0.2689 0.5344 0.1966
      >>> jd.StoppingRatioLogistic([-1.0, 1.0], loc=30.0).log_prob([0, 1]).round(2)
      Array([-31., -29.], dtype=float32)

    References:
      Tutz 1991, "Sequential models in categorical regression".
    """

    probs: Param = derived(softmax_of_logits)
    logits: Param = derived(lambda d: d._log_probs())
    cutpoints: Param = param(constraints.real_vector)
    loc: Param = param(constraints.real, default=0.0)

    @property
    def num_categories(self) -> int:
        """One more than the number of cutpoints."""
        return self.cutpoints.shape[-1] + 1

    def _log_prob(self, x: Array) -> Array:
        return _log_prob(self.cutpoints, self.loc, x.astype(jnp.int32))

    def _log_probs(self) -> Array:
        """Return the log-probabilities, shape `(..., K)`."""
        return log_pieces(self.cutpoints - self.loc[..., None])


@custom_jvp
def _log_prob(cutpoints: Array, loc: Array, index: Array) -> Array:
    return take_entries(log_pieces(cutpoints - loc[..., None]), index)


@_log_prob.defjvp
def _log_prob_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Any]
) -> tuple[Array, Array]:
    r"""The slopes in cutpoints are :math:`-\sigma(z)` before the index, :math:`\sigma(-z)` at it.

    That in `loc` is minus their sum, in which those near -1 and 1 cancel: each is such a whole
    number, or 0, and a rest.
    """
    (cutpoints, loc, index), (cutpoints_dot, loc_dot, _) = primals, tangents
    z, positions = cutpoints - loc[..., None], np.arange(cutpoints.shape[-1])
    before, at = positions < index[..., None], positions == index[..., None]
    rest = jnp.where(before | at, jnp.where(z > 0, sigmoid(-z), -sigmoid(z)), 0)
    whole = jnp.where(at & (z <= 0), 1, jnp.where(before & (z > 0), -1, 0))
    slope = jnp.where(before, -sigmoid(z), jnp.where(at, sigmoid(-z), 0))
    in_loc = -(jnp.sum(whole, -1) + jnp.sum(rest, -1))
    dot = jnp.sum(slope * cutpoints_dot, -1) + in_loc * loc_dot
    return _log_prob(cutpoints, loc, index), dot
