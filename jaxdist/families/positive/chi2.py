"""Chi2 distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.families.positive.gamma import Gamma
from jaxdist.parameters import Param, param


class Chi2(Gamma):
    r"""Chi-squared distribution: the sum of the squares of `df` standard normal draws.

    .. math:: p(x) = \frac{x^{a - 1} e^{-x/2}}{2^a\, \Gamma(a)},
              \quad a = \mathrm{df} / 2, \quad x \ge 0

    Args:
      df: positive degrees of freedom, any shape.
    """

    df: Param = param(constraints.positive)

    if TYPE_CHECKING:

        def __init__(self, df: ArrayLike, *, validate_args: bool | None = None) -> None: ...

    @property  # type: ignore[misc]
    def concentration(self) -> Array:  # type: ignore[override]
        """`df / 2`."""
        return self.df / 2

    @property  # type: ignore[misc]
    def rate(self) -> Array:  # type: ignore[override]
        """1/2."""
        return jnp.full_like(self.df, 0.5)
