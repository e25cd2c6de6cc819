"""Chi2 distribution."""

from __future__ import annotations

import jax.numpy as jnp

from jaxdist import constraints
from jaxdist.families.positive.gamma import Gamma
from jaxdist.parameters import Param, derived, param
from jaxdist.special.quotient import half


class Chi2(Gamma):
    r"""Chi-squared distribution: the sum of the squares of `df` standard normal draws.

    .. math:: p(x) = \frac{x^{a - 1} e^{-x/2}}{2^a\, \Gamma(a)},
              \quad a = \mathrm{df} / 2, \quad x \ge 0

    Args:
      df: positive degrees of freedom, any shape.
    """

    df: Param = param(constraints.positive)
    concentration: Param = derived(lambda d: half(d.df))
    rate: Param = derived(lambda d: jnp.full_like(d.df, 0.5))
